/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data requests against layouts written out by hand from virtio 1.4, 5.9.9.3 to
 * 5.9.9.8, in each of the four layouts: padded, REVISION_1, the stateless struct in
 * session mode, and stateless.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "req_data.h"
#include "req_test.h"

#define SESSION_ID	0x0102030405060708
#define ID		"0807060504030201"

static const uint8_t key[24];	/* data headers carry lengths, never keys */

enum layout {
	PADDED,
	REVISION_1,
	STATELESS_BIT,		/* session mode with the bit negotiated */
	STATELESS,
	NB_LAYOUTS
};
static const unsigned int layout_flags[NB_LAYOUTS] = {
	0, REQ_F_REVISION_1, REQ_F_REVISION_1 | REQ_F_STATELESS,
	REQ_F_REVISION_1 | REQ_F_STATELESS,
};

static const struct data_case {
	const char *name;
	struct req_session s;
	uint32_t akcipher_opcode;
	struct req_data d;		/* lengths of one operation */
	const char *opcode_algo;	/* first two words of the header */
	const char *fixed;		/* REVISION_1 */
	const char *fixed_bit;		/* stateless struct, session mode */
	const char *fixed_stateless;
	/* bytes after the header and the writable ones, keys apart */
	uint64_t readable, writable;
} data_case[] = {
	{
		"cipher aes-cbc encrypt",
		{ .kind = REQ_CIPHER, .algo = 3, .op = 1, .key = key, .key_len = 16 }, 0,
		{ .iv_len = 16, .src_len = 0x100, .dst_len = 0x100 },
		"00000000 03000000",
		"10000000 00010000 00010000 00000000 00*24 01000000 00000000",
		"00*12 10000000 00010000 00010000 00*48 01000000",
		"03000000 10000000 01000000 10000000 00010000 00010000 00*48 01000000",
		16 + 0x100, 0x100 + 1,
	}, {
		"cipher aes-ecb decrypt: no iv, dst longer than src",
		{ .kind = REQ_CIPHER, .algo = 2, .op = 2, .key = key, .key_len = 24 }, 0,
		{ .src_len = 0x20, .dst_len = 0x30 },
		"01000000 02000000",
		"00000000 20000000 30000000 00000000 00*24 01000000 00000000",
		"00*12 00000000 20000000 30000000 00*48 01000000",
		"02000000 18000000 02000000 00000000 20000000 30000000 00*48 01000000",
		0x20, 0x30 + 1,
	}, {
		"chain hmac-sha1 then 3des-cbc, decrypt",
		{ .kind = REQ_CHAIN, .algo = 8, .op = 2, .key = key, .key_len = 24,
		  .chain_order = 1, .hash_mode = 2, .auth_algo = 2, .auth_key = key,
		  .auth_key_len = 20, .digest_len = 12, .aad_len = 9 }, 0,
		{ .iv_len = 8, .src_len = 0x40, .dst_len = 0x40, .cipher_off = 0x10,
		  .cipher_len = 0x30, .hash_off = 4, .hash_len = 0x3c, .aad_len = 9,
		  .digest_len = 12 },
		"01000000 08000000",
		"08000000 40000000 40000000 10000000 30000000 04000000 3c000000"
		"09000000 0c000000 00000000 02000000 00000000",
		"00*32 08000000 40000000 40000000 10000000 30000000 04000000 3c000000"
		"09000000 0c000000 00000000 02000000",
		"01000000 09000000 08000000 18000000 02000000 02000000 14000000 02000000"
		"08000000 40000000 40000000 10000000 30000000 04000000 3c000000"
		"09000000 0c000000 00000000 02000000",
		8 + 9 + 0x40, 0x40 + 12 + 1,
	}, {
		"chain aes-ctr then sha2-256, encrypt",
		{ .kind = REQ_CHAIN, .algo = 4, .op = 1, .key = key, .key_len = 16,
		  .chain_order = 2, .hash_mode = 1, .auth_algo = 4, .digest_len = 32 }, 0,
		{ .iv_len = 16, .src_len = 0x21, .dst_len = 0x21, .cipher_len = 0x21,
		  .hash_len = 0x21, .digest_len = 32 },
		"00000000 04000000",
		"10000000 21000000 21000000 00000000 21000000 00000000 21000000"
		"00000000 20000000 00000000 02000000 00000000",
		"00*32 10000000 21000000 21000000 00000000 21000000 00000000 21000000"
		"00000000 20000000 00000000 02000000",
		"02000000 00000000 04000000 10000000 01000000 04000000 00000000 01000000"
		"10000000 21000000 21000000 00000000 21000000 00000000 21000000"
		"00000000 20000000 00000000 02000000",
		16 + 0x21, 0x21 + 32 + 1,
	}, {
		"hash sha2-512",
		{ .kind = REQ_HASH, .algo = 6, .digest_len = 64 }, 0,
		{ .src_len = 0x11223344, .digest_len = 64 },
		"00010000 06000000",
		"44332211 40000000",
		"00000000 44332211 40000000 00000000",
		"06000000 44332211 40000000 00000000",
		0x11223344, 64 + 1,
	}, {
		"mac aes-xcbc-mac",
		{ .kind = REQ_MAC, .algo = 53, .key = key, .key_len = 16, .digest_len = 12 }, 0,
		{ .src_len = 0xffffffff, .digest_len = 12 },
		"00020000 35000000",
		"ffffffff 0c000000",
		"00000000 00000000 ffffffff 0c000000",
		"35000000 10000000 ffffffff 0c000000",
		0xffffffff, 12 + 1,
	}, {
		"aead gcm encrypt",
		{ .kind = REQ_AEAD, .algo = 1, .op = 1, .key = key, .key_len = 16,
		  .digest_len = 16, .aad_len = 20 }, 0,
		{ .iv_len = 12, .aad_len = 20, .src_len = 0x20, .dst_len = 0x30,
		  .digest_len = 16 },
		"00030000 01000000",
		"0c000000 14000000 20000000 30000000 10000000 00000000",
		"00*12 0c000000 10000000 14000000 20000000 30000000",
		"01000000 10000000 01000000 0c000000 10000000 14000000 20000000 30000000",
		12 + 20 + 0x20, 0x30 + 1,
	}, {
		"aead ccm decrypt",
		{ .kind = REQ_AEAD, .algo = 2, .op = 2, .key = key, .key_len = 24,
		  .digest_len = 8, .aad_len = 3 }, 0,
		{ .iv_len = 13, .aad_len = 3, .src_len = 0x28, .dst_len = 0x20,
		  .digest_len = 8 },
		"01030000 02000000",
		"0d000000 03000000 28000000 20000000 08000000 00000000",
		"00*12 0d000000 08000000 03000000 28000000 20000000",
		"02000000 18000000 02000000 0d000000 08000000 03000000 28000000 20000000",
		13 + 3 + 0x28, 0x20 + 1,
	}, {
		"akcipher rsa encrypt, raw",
		{ .kind = REQ_AKCIPHER, .algo = 1, .key = key, .key_len = 20, .key_type = 1 },
		VIRTIO_CRYPTO_AKCIPHER_ENCRYPT,
		{ .src_len = 0x80, .dst_len = 0x80 },
		"00040000 01000000",
		"80000000 80000000",
		"00*20 80000000 80000000",
		"01000000 01000000 14000000 00000000 00000000 80000000 80000000",
		0x80, 0x80 + 1,
	}, {
		"akcipher rsa decrypt, pkcs1",
		{ .kind = REQ_AKCIPHER, .algo = 1, .key = key, .key_len = 21, .key_type = 2,
		  .rsa_padding = 1 },
		VIRTIO_CRYPTO_AKCIPHER_DECRYPT,
		{ .src_len = 0x80, .dst_len = 0x75 },
		"01040000 01000000",
		"80000000 75000000",
		"00*20 80000000 75000000",
		"01000000 02000000 15000000 01000000 00000000 80000000 75000000",
		0x80, 0x75 + 1,
	}, {
		"akcipher rsa sign, pkcs1 sha2-256",
		{ .kind = REQ_AKCIPHER, .algo = 1, .key = key, .key_len = 20, .key_type = 2,
		  .rsa_padding = 1, .rsa_hash = 6 },
		VIRTIO_CRYPTO_AKCIPHER_SIGN,
		{ .src_len = 0x20, .dst_len = 0x100 },
		"02040000 01000000",
		"20000000 00010000",
		"00*20 20000000 00010000",
		"01000000 02000000 14000000 01000000 06000000 20000000 00010000",
		0x20, 0x100 + 1,
	}, {
		"akcipher ecdsa verify: signature and data are read, only a status written",
		{ .kind = REQ_AKCIPHER, .algo = 2, .key = key, .key_len = 24, .key_type = 1,
		  .curve = 3 },
		VIRTIO_CRYPTO_AKCIPHER_VERIFY,
		{ .src_len = 0x47, .dst_len = 0x20 },
		"03040000 02000000",
		"47000000 20000000",
		"00*20 47000000 20000000",
		"02000000 01000000 18000000 03000000 00000000 47000000 20000000",
		0x47 + 0x20, 1,
	},
};

static size_t
golden(uint8_t *out, const struct data_case *c, enum layout l)
{
	const char *fixed = l == STATELESS ? c->fixed_stateless :
			l == STATELESS_BIT ? c->fixed_bit : c->fixed;
	size_t n = hex(out, c->opcode_algo);

	n += hex(out + n, l == STATELESS ? "00*16" : ID "01000000 00000000");
	n += hex(out + n, fixed);
	if (l == PADDED) {
		memset(out + n, 0, 72 - n);
		n = 72;
	}
	return n;
}

/* Completes a header as the driver does. */
static void
set_lengths(uint8_t *hdr, const struct data_case *c, enum layout l)
{
	struct req_data d = c->d;

	d.kind = c->s.kind;
	hdr += req_data_shift(d.kind, layout_flags[l]);
	switch (d.kind) {
	case REQ_CIPHER:
		req_set_cipher(hdr, d.src_len, d.dst_len);
		break;
	case REQ_CHAIN:
		req_set_chain(hdr, d.src_len, d.dst_len, d.cipher_off, d.cipher_len,
				d.hash_off, d.hash_len);
		break;
	case REQ_HASH:
	case REQ_MAC:
		req_set_hash(hdr, d.src_len);
		break;
	case REQ_AEAD:
		req_set_aead(hdr, d.aad_len, d.src_len, d.dst_len);
		break;
	case REQ_AKCIPHER:
	case REQ_NB_KINDS:
		req_set_akcipher(hdr, d.src_len, d.dst_len);
		break;
	}
}

static int
build(uint8_t *buf, size_t size, const struct data_case *c, enum layout l)
{
	int n = req_data_header(buf, size, &c->s, SESSION_ID, c->d.iv_len, c->akcipher_opcode,
			layout_flags[l], l == STATELESS);

	if (n > 0)
		set_lengths(buf, c, l);
	return n;
}

static void
flags_for(unsigned int by[VIRTIO_CRYPTO_NB_SERVICES], const struct data_case *c, enum layout l)
{
	memset(by, 0, VIRTIO_CRYPTO_NB_SERVICES * sizeof(by[0]));
	by[req_kind_service(c->s.kind)] = layout_flags[l];
}

static void
shifts_are_those_of_the_standard(void **state)
{
	static const uint8_t shift[REQ_NB_KINDS] = {
		[REQ_CIPHER] = 12, [REQ_CHAIN] = 32, [REQ_HASH] = 4, [REQ_MAC] = 8, [REQ_AEAD] = 16,
		[REQ_AKCIPHER] = 20,
	};
	unsigned int k;

	(void)state;
	for (k = 0; k < REQ_NB_KINDS; k++) {
		assert_int_equal(req_data_shift((enum req_kind)k, REQ_F_REVISION_1 |
				REQ_F_STATELESS), shift[k]);
		assert_int_equal(req_data_shift((enum req_kind)k, REQ_F_REVISION_1), 0);
	}
	assert_int_equal(REQ_DATA_HDR_MAX, 100);
	assert_int_equal(REQ_DATA_HDR_ROOM, 104);
	assert_int_equal(REQ_DATA_HDR_SESSION, 72);
}

static void
flags_follow_the_features(void **state)
{
	const uint64_t all = UINT64_MAX, none = VIRTIO_CRYPTO_F_REVISION_1;
	unsigned int s, t;

	(void)state;
	for (s = 0; s < VIRTIO_CRYPTO_NB_SERVICES; s++) {
		enum virtio_crypto_service service = (enum virtio_crypto_service)s;

		assert_int_equal(req_layout_flags(~VIRTIO_CRYPTO_F_REVISION_1, service), 0);
		assert_int_equal(req_layout_flags(none, service), REQ_F_REVISION_1);
		if (service == VIRTIO_CRYPTO_SERVICE_IPSEC) {
			assert_int_equal(req_layout_flags(all, service), REQ_F_REVISION_1);
			continue;
		}
		assert_int_equal(req_layout_flags(all, service),
				REQ_F_REVISION_1 | REQ_F_STATELESS);
		for (t = 0; t < VIRTIO_CRYPTO_SERVICE_IPSEC; t++)
			assert_int_equal(req_layout_flags(none | VIRTIO_BIT(t + 1), service),
					REQ_F_REVISION_1 | (s == t ? REQ_F_STATELESS : 0));
	}
}

/* Runs fn over every case in every layout. */
static void
each(void (*fn)(const struct data_case *c, enum layout l))
{
	unsigned int i, l;

	for (i = 0; i < DIM(data_case); i++) {
		for (l = 0; l < NB_LAYOUTS; l++) {
			print_message("  %s, layout %u\n", data_case[i].name, l);
			fn(&data_case[i], (enum layout)l);
		}
	}
}

static void
check_bytes(const struct data_case *c, enum layout l)
{
	uint8_t got[REQ_TEST_MAX] __attribute__((aligned(8)));
	uint8_t want[REQ_TEST_MAX];
	size_t n = golden(want, c, l);

	memset(got, 0x5a, sizeof(got));
	assert_int_equal(build(got, sizeof(got), c, l), n);
	assert_memory_equal(got, want, n);
	assert_int_equal(got[n], 0x5a);
	assert_true(n <= REQ_DATA_HDR_MAX);
	if (l <= REVISION_1)
		assert_true(n <= REQ_DATA_HDR_SESSION);
	got[0] = 0x5a;
	assert_int_equal(build(got, n - 1, c, l), -ENOSPC);
	assert_int_equal(got[0], 0x5a);
}

static void
header_has_golden_bytes(void **state)
{
	(void)state;
	each(check_bytes);
}

static void
same_lengths(const struct req_data *got, const struct data_case *c)
{
	assert_int_equal(got->iv_len, c->d.iv_len);
	assert_int_equal(got->aad_len, c->d.aad_len);
	assert_int_equal(got->src_len, c->d.src_len);
	assert_int_equal(got->dst_len, c->d.dst_len);
	assert_int_equal(got->digest_len, c->d.digest_len);
	assert_int_equal(got->cipher_off, c->d.cipher_off);
	assert_int_equal(got->cipher_len, c->d.cipher_len);
	assert_int_equal(got->hash_off, c->d.hash_off);
	assert_int_equal(got->hash_len, c->d.hash_len);
}

static void
same_session(const struct req_data *got, const struct data_case *c)
{
	const struct req_session *s = &got->session;

	assert_int_equal(s->algo, c->s.algo);
	assert_int_equal(s->op, c->s.op);
	assert_int_equal(s->key_len, c->s.key_len);
	assert_null(s->key);
	assert_int_equal(s->chain_order, c->s.chain_order);
	assert_int_equal(s->hash_mode, c->s.hash_mode);
	assert_int_equal(s->auth_algo, c->s.auth_algo);
	assert_int_equal(s->auth_key_len, c->s.auth_key_len);
	assert_null(s->auth_key);
	assert_int_equal(s->digest_len, c->s.digest_len);
	assert_int_equal(s->aad_len, c->s.aad_len);
	assert_int_equal(s->key_type, c->s.key_type);
	assert_int_equal(s->rsa_padding, c->s.rsa_padding);
	assert_int_equal(s->rsa_hash, c->s.rsa_hash);
	assert_int_equal(s->curve, c->s.curve);
	assert_int_equal(got->key_len, c->s.key_len);
	assert_int_equal(got->auth_key_len, c->s.auth_key_len);
}

static void
check_parse(const struct data_case *c, enum layout l)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES];
	uint8_t bytes[REQ_TEST_MAX], *p;
	size_t n = golden(bytes, c, l);
	struct req_data d;
	uint64_t keys = 0;

	flags_for(by, c, l);
	p = exact(bytes, n);
	assert_int_equal(req_data_parse(&d, p, n, by), 0);
	free(p);
	assert_int_equal(d.opcode, bytes[0] | bytes[1] << 8);
	assert_int_equal(d.kind, c->s.kind);
	assert_int_equal(d.session.kind, c->s.kind);
	assert_int_equal(d.session.op, c->s.op);
	assert_int_equal(d.header_len, n);
	assert_int_equal(d.stateless, l == STATELESS);
	same_lengths(&d, c);
	if (l == STATELESS) {
		same_session(&d, c);
		keys = (uint64_t)c->s.key_len + c->s.auth_key_len;
		assert_true(d.session_id == 0);
	} else {
		assert_true(d.session_id == SESSION_ID);
		assert_int_equal(d.key_len + d.auth_key_len, 0);
	}
	assert_true(req_data_readable(&d) == n + keys + c->readable);
	assert_true(req_data_writable(&d) == c->writable);
}

static void
header_parses_back(void **state)
{
	(void)state;
	each(check_parse);
}

static void
check_cut(const struct data_case *c, enum layout l)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES];
	uint8_t bytes[REQ_TEST_MAX], *p;
	size_t n = golden(bytes, c, l), cut;
	struct req_data d;

	flags_for(by, c, l);
	for (cut = 0; cut < n; cut++) {
		p = exact(bytes, cut);
		assert_int_equal(req_data_parse(&d, p, cut, by), -EBADMSG);
		free(p);
	}
}

static void
header_cut_anywhere_is_refused(void **state)
{
	(void)state;
	each(check_cut);
}

static int
opcode_defined(uint32_t op)
{
	static const uint16_t defined[] = { 0x0000, 0x0001, 0x0100, 0x0200, 0x0300, 0x0301,
		0x0400, 0x0401, 0x0402, 0x0403 };
	size_t i;

	for (i = 0; i < DIM(defined); i++)
		if (defined[i] == op)
			return 1;
	return 0;
}

/* Every 16-bit opcode, IPSEC's among the refused, and the high half must be zero. */
static void
other_opcodes_are_refused(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES] = { 0 };
	uint8_t bytes[128];
	struct req_data d;
	uint32_t op;
	int ret;

	(void)state;
	for (op = 0; op < 0x10000; op++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[0] = (uint8_t)op;
		bytes[1] = (uint8_t)(op >> 8);
		ret = req_data_parse(&d, bytes, sizeof(bytes), by);
		/* all-zero fields: no op_type for CIPHER */
		assert_int_equal(ret, opcode_defined(op) && op >= 0x0100 ? 0 : -ENOTSUP);
		bytes[2] = 1;
		assert_int_equal(req_data_parse(&d, bytes, sizeof(bytes), by), -ENOTSUP);
	}
}

/* One word changed, and what that gives; 24 + offset within the fixed part. */
static void
contradictions_are_refused(void **state)
{
	static const struct {
		unsigned int data_case;
		enum layout l;
		unsigned int off;
		uint32_t value;
		int ret;
	} t[] = {
		{ 0, PADDED, 64, 0, -ENOTSUP },		/* op_type none */
		{ 0, PADDED, 64, 3, -ENOTSUP },
		{ 0, STATELESS, 96, 0, -ENOTSUP },
		{ 0, STATELESS_BIT, 96, 3, -ENOTSUP },
		{ 0, PADDED, 28, 0x101, -EBADMSG },	/* src longer than dst */
		{ 0, PADDED, 28, UINT32_MAX, -EBADMSG },
		{ 0, PADDED, 32, 0xff, -EBADMSG },	/* dst shorter than src */
		{ 0, STATELESS, 40, 0x101, -EBADMSG },
		{ 0, STATELESS, 32, 2, -EBADMSG },	/* op against the opcode */
		{ 0, STATELESS, 32, 0, -EBADMSG },
		{ 2, PADDED, 36, 0x11, -EBADMSG },	/* cipher range */
		{ 2, PADDED, 40, 0x31, -EBADMSG },
		{ 2, PADDED, 36, UINT32_MAX - 0x2f, -EBADMSG },	/* the end is 2^32 */
		{ 2, PADDED, 40, UINT32_MAX, -EBADMSG },
		{ 2, PADDED, 44, 5, -EBADMSG },		/* hash range */
		{ 2, PADDED, 48, 0x3d, -EBADMSG },
		{ 2, PADDED, 44, UINT32_MAX - 0x3b, -EBADMSG },
		{ 2, PADDED, 48, UINT32_MAX, -EBADMSG },
		{ 2, PADDED, 28, 0x3f, -EBADMSG },	/* src too short for both */
		{ 2, PADDED, 32, 0x3f, -EBADMSG },	/* dst too short */
		{ 2, STATELESS, 24, 0, -EBADMSG },	/* order */
		{ 2, STATELESS, 24, 3, -EBADMSG },
		{ 2, STATELESS, 28, 8, -EBADMSG },	/* aad_len here and there */
		{ 2, STATELESS, 40, 1, -EBADMSG },	/* op against the opcode */
		{ 2, STATELESS, 52, 0, -EBADMSG },	/* hash mode */
		{ 2, STATELESS, 52, 1, -EBADMSG },	/* plain, with an auth key */
		{ 2, STATELESS, 52, 3, -ENOTSUP },	/* nested */
		{ 2, STATELESS, 52, 4, -EBADMSG },
		{ 2, STATELESS, 68, 0x11, -EBADMSG },	/* cipher range */
		{ 6, PADDED, 36, 0x2f, -EBADMSG },	/* encrypt: no room for the tag */
		{ 6, PADDED, 32, UINT32_MAX, -EBADMSG },
		{ 6, PADDED, 40, 17, -EBADMSG },
		{ 6, PADDED, 40, UINT32_MAX, -EBADMSG },
		{ 6, STATELESS, 52, 0x2f, -EBADMSG },
		{ 6, STATELESS, 32, 2, -EBADMSG },	/* op against the opcode */
		{ 7, PADDED, 32, 7, -EBADMSG },		/* decrypt: less than a tag */
		{ 7, PADDED, 36, 0x1f, -EBADMSG },
		{ 7, PADDED, 40, 0x29, -EBADMSG },
		{ 8, STATELESS, 24, 0, -ENOTSUP },	/* algo */
		{ 8, STATELESS, 24, 3, -ENOTSUP },
		{ 8, STATELESS, 28, 0, -EBADMSG },	/* key type */
		{ 8, STATELESS, 28, 3, -EBADMSG },
		{ 10, STATELESS, 36, 0, -EBADMSG },	/* raw padding for a signature */
		{ 0, REVISION_1, 16, 0, -ENOTSUP },	/* stateless, not negotiated */
		{ 0, REVISION_1, 16, 2, -EBADMSG },	/* undefined flag */
		{ 0, STATELESS_BIT, 16, 2, -EBADMSG },
		{ 0, STATELESS_BIT, 16, 3, -EBADMSG },
		{ 0, STATELESS_BIT, 16, 0, -EBADMSG },	/* stateless without parameters */
		{ 0, PADDED, 16, 0, 0 },		/* flag counts with REVISION_1 */
		{ 0, PADDED, 16, 7, 0 },
		{ 0, PADDED, 24, UINT32_MAX, 0 },	/* any iv_len: sums are 64 bit */
	};
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES];
	uint8_t bytes[REQ_TEST_MAX], *p;
	struct req_data d;
	size_t i, n;
	le32 v;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		n = golden(bytes, &data_case[t[i].data_case], t[i].l);
		flags_for(by, &data_case[t[i].data_case], t[i].l);
		v = cpu_to_le32(t[i].value);
		memcpy(bytes + t[i].off, &v, sizeof(v));
		p = exact(bytes, n);
		print_message("  %s, layout %u, offset %u = %u\n",
				data_case[t[i].data_case].name, t[i].l, t[i].off, t[i].value);
		assert_int_equal(req_data_parse(&d, p, n, by), t[i].ret);
		free(p);
	}
}

/* All lengths at their largest: the sums are exact. */
static void
sums_do_not_wrap(void **state)
{
	struct req_data d = { .opcode = VIRTIO_CRYPTO_CIPHER_ENCRYPT, .kind = REQ_CHAIN,
		.header_len = 100, .key_len = UINT32_MAX, .auth_key_len = UINT32_MAX,
		.iv_len = UINT32_MAX, .aad_len = UINT32_MAX, .src_len = UINT32_MAX,
		.dst_len = UINT32_MAX, .digest_len = UINT32_MAX };

	(void)state;
	assert_true(req_data_readable(&d) == 100 + 5 * (uint64_t)UINT32_MAX);
	assert_true(req_data_writable(&d) == 1 + 2 * (uint64_t)UINT32_MAX);
	d.opcode = VIRTIO_CRYPTO_AKCIPHER_VERIFY;
	d.kind = REQ_AKCIPHER;
	assert_true(req_data_readable(&d) == 100 + 6 * (uint64_t)UINT32_MAX);
	assert_true(req_data_writable(&d) == 1 + (uint64_t)UINT32_MAX);
}

static int
header_ret(const struct req_session *s, uint32_t akcipher_opcode, unsigned int flags,
		int stateless)
{
	uint8_t buf[REQ_DATA_HDR_MAX];

	return req_data_header(buf, sizeof(buf), s, 1, 0, akcipher_opcode, flags, stateless);
}

static void
build_refuses_contradictions(void **state)
{
	struct req_session s = data_case[8].s;
	uint32_t op;

	(void)state;
	/* a stateless request needs the bit */
	assert_int_equal(header_ret(&data_case[0].s, 0, REQ_F_REVISION_1, 1), -EINVAL);
	assert_int_equal(header_ret(&data_case[0].s, 0, 0, 1), -EINVAL);
	/* the four operations of AKCIPHER, and raw padding not for signatures */
	for (op = 0x3f0; op < 0x410; op++)
		assert_int_equal(header_ret(&s, op, 0, 0) > 0, op == 0x400 || op == 0x401);
	s.rsa_padding = VIRTIO_CRYPTO_RSA_PKCS1_PADDING;
	for (op = 0x3f0; op < 0x410; op++)
		assert_int_equal(header_ret(&s, op, 0, 0) > 0, op >= 0x400 && op <= 0x403);
	s.key_type = 0;
	assert_int_equal(header_ret(&s, 0x400, 0, 0), -EINVAL);
	s = data_case[2].s;
	s.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_NESTED;
	assert_int_equal(header_ret(&s, 0, 0, 0), -EINVAL);
	s = data_case[0].s;
	s.op = 0;
	assert_int_equal(header_ret(&s, 0, 0, 0), -EINVAL);
	s.kind = REQ_NB_KINDS;
	assert_int_equal(header_ret(&s, 0, 0, 0), -EINVAL);
}

/* Bytes from nowhere: an answer from the contract, and what is accepted holds. */
static void
random_bytes_are_harmless(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES], i, hits = 0;
	uint64_t seed = 2;
	struct req_data d;
	uint8_t *p;
	size_t n, j;
	int ret;

	(void)state;
	for (i = 0; i < 100000; i++) {
		for (j = 0; j < DIM(by); j++)
			by[j] = prng(&seed) % 4;
		n = prng(&seed) % 120;
		p = malloc(n);
		for (j = 0; j < n; j++)	/* mostly small values: deep into the parser */
			p[j] = prng(&seed) % 4 ? 0 : (uint8_t)(prng(&seed) % 8);
		ret = req_data_parse(&d, p, n, by);
		assert_true(ret == 0 || ret == -EBADMSG || ret == -ENOTSUP);
		if (ret == 0) {
			assert_true(d.header_len <= n);
			assert_true(d.kind != REQ_CHAIN ||
					(uint64_t)d.hash_off + d.hash_len <= d.src_len);
			hits++;
		}
		free(p);
	}
	assert_true(hits > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shifts_are_those_of_the_standard),
		cmocka_unit_test(flags_follow_the_features),
		cmocka_unit_test(header_has_golden_bytes),
		cmocka_unit_test(header_parses_back),
		cmocka_unit_test(header_cut_anywhere_is_refused),
		cmocka_unit_test(other_opcodes_are_refused),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(sums_do_not_wrap),
		cmocka_unit_test(build_refuses_contradictions),
		cmocka_unit_test(random_bytes_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Control requests against layouts written out by hand from virtio 1.4, 5.9.9.2:
 * build gives these bytes, parse gives the parameters back, and whatever is cut off
 * or changed is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "req_ctrl.h"
#include "req_test.h"

#define K16	"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define K20	"b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3"
#define K24	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafd0d1d2d3d4d5d6d7"

static const uint8_t key[24] = {
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
	0xac, 0xad, 0xae, 0xaf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7,
};
static const uint8_t auth_key[20] = {
	0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb,
	0xbc, 0xbd, 0xbe, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3,
};

static const struct create_case {
	const char *name;
	struct req_session s;
	const char *header;	/* general header */
	const char *fixed;	/* fixed part as with REVISION_1 */
	unsigned int pad;	/* zero bytes after it without REVISION_1 */
	const char *keys;
} create_case[] = {
	{
		"cipher aes-cbc encrypt",
		{ .kind = REQ_CIPHER, .algo = 3, .op = 1, .key = key, .key_len = 16 },
		"02000000 03000000 00000000 00000000",
		"03000000 10000000 01000000 00000000 00*32 01000000 00000000", 0,
		K16,
	}, {
		"cipher arc4 decrypt",
		{ .kind = REQ_CIPHER, .algo = 1, .op = 2, .key = key, .key_len = 5 },
		"02000000 01000000 00000000 00000000",
		"01000000 05000000 02000000 00000000 00*32 01000000 00000000", 0,
		"a0a1a2a3a4",
	}, {
		"chain hmac-sha1 then 3des-cbc, decrypt",
		{ .kind = REQ_CHAIN, .algo = 8, .op = 2, .key = key, .key_len = 24,
		  .chain_order = 1, .hash_mode = 2, .auth_algo = 2, .auth_key = auth_key,
		  .auth_key_len = 20, .digest_len = 12, .aad_len = 9 },
		"02000000 08000000 00000000 00000000",
		"01000000 02000000"
		"08000000 18000000 02000000 00000000"
		"02000000 0c000000 14000000 00000000"
		"09000000 00000000 02000000 00000000", 0,
		K24 K20,
	}, {
		"chain aes-ctr then sha2-256, encrypt",
		{ .kind = REQ_CHAIN, .algo = 4, .op = 1, .key = key, .key_len = 16,
		  .chain_order = 2, .hash_mode = 1, .auth_algo = 4, .digest_len = 32 },
		"02000000 04000000 00000000 00000000",
		"02000000 01000000"
		"04000000 10000000 01000000 00000000"
		"04000000 20000000 00000000 00000000"
		"00000000 00000000 02000000 00000000", 0,
		K16,
	}, {
		"hash sha2-512",
		{ .kind = REQ_HASH, .algo = 6, .digest_len = 64 },
		"02010000 06000000 00000000 00000000",
		"06000000 40000000", 48,
		"",
	}, {
		"mac aes-xcbc-mac",
		{ .kind = REQ_MAC, .algo = 53, .key = key, .key_len = 16, .digest_len = 12 },
		"02020000 35000000 00000000 00000000",
		"35000000 0c000000 10000000 00000000", 40,
		K16,
	}, {
		"aead ccm decrypt",
		{ .kind = REQ_AEAD, .algo = 2, .op = 2, .key = key, .key_len = 24,
		  .digest_len = 8, .aad_len = 0x01020304 },
		"02030000 02000000 00000000 00000000",
		"02000000 18000000 08000000 04030201 02000000 00000000", 32,
		K24,
	}, {
		"akcipher rsa private, pkcs1 sha2-256",
		{ .kind = REQ_AKCIPHER, .algo = 1, .key = auth_key, .key_len = 20, .key_type = 2,
		  .rsa_padding = 1, .rsa_hash = 6 },
		"04040000 01000000 00000000 00000000",
		"01000000 02000000 14000000 01000000 06000000 00*36", 0,
		K20,
	}, {
		"akcipher ecdsa public, p-384",
		{ .kind = REQ_AKCIPHER, .algo = 2, .key = key, .key_len = 16, .key_type = 1,
		  .curve = 4 },
		"04040000 02000000 00000000 00000000",
		"02000000 01000000 10000000 04000000 00*40", 0,
		K16,
	},
};

static const struct {
	enum req_kind kind;
	enum req_kind parsed;	/* destroy does not tell CHAIN from CIPHER */
	const char *header;
} destroy_case[] = {
	{ REQ_CIPHER, REQ_CIPHER, "03000000 00*12" },
	{ REQ_CHAIN, REQ_CIPHER, "03000000 00*12" },
	{ REQ_HASH, REQ_HASH, "03010000 00*12" },
	{ REQ_MAC, REQ_MAC, "03020000 00*12" },
	{ REQ_AEAD, REQ_AEAD, "03030000 00*12" },
	{ REQ_AKCIPHER, REQ_AKCIPHER, "05040000 00*12" },
};

static const unsigned int layout[] = { 0, REQ_F_REVISION_1 };

static size_t
create_golden(uint8_t *out, const struct create_case *c, unsigned int flags)
{
	size_t n = hex(out, c->header);

	n += hex(out + n, c->fixed);
	if (!(flags & REQ_F_REVISION_1)) {
		memset(out + n, 0, c->pad);
		n += c->pad;
	}
	return n + hex(out + n, c->keys);
}

static void
all_services(unsigned int by[VIRTIO_CRYPTO_NB_SERVICES], unsigned int flags)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++)
		by[i] = flags;
}

static void
create_has_golden_bytes(void **state)
{
	uint8_t want[REQ_TEST_MAX], got[REQ_TEST_MAX];
	size_t i, l, n;

	(void)state;
	for (i = 0; i < DIM(create_case); i++) {
		for (l = 0; l < DIM(layout); l++) {
			n = create_golden(want, &create_case[i], layout[l]);
			memset(got, 0x5a, sizeof(got));
			print_message("  %s, flags %x\n", create_case[i].name, layout[l]);
			assert_int_equal(req_create_build(got, sizeof(got), &create_case[i].s,
					layout[l]), n);
			assert_memory_equal(got, want, n);
			assert_int_equal(got[n], 0x5a);
		}
	}
}

static void
create_needs_its_size(void **state)
{
	uint8_t want[REQ_TEST_MAX], got[REQ_TEST_MAX];
	size_t i, l, n;

	(void)state;
	for (i = 0; i < DIM(create_case); i++) {
		for (l = 0; l < DIM(layout); l++) {
			n = create_golden(want, &create_case[i], layout[l]);
			memset(got, 0x5a, sizeof(got));
			assert_int_equal(req_create_build(got, n - 1, &create_case[i].s,
					layout[l]), -ENOSPC);
			assert_int_equal(got[0], 0x5a);	/* nothing is half written */
			assert_true(req_create_build(got, n, &create_case[i].s,
					layout[l]) == (int)n);
		}
	}
}

static void
same_bytes(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
	assert_int_equal(a_len, b_len);
	if (b_len != 0)
		assert_memory_equal(a, b, b_len);
	else
		assert_null(a);
}

static void
same_session(const struct req_session *got, const struct req_session *want)
{
	assert_int_equal(got->kind, want->kind);
	assert_int_equal(got->algo, want->algo);
	assert_int_equal(got->op, want->op);
	same_bytes(got->key, got->key_len, want->key, want->key_len);
	assert_int_equal(got->chain_order, want->chain_order);
	assert_int_equal(got->hash_mode, want->hash_mode);
	assert_int_equal(got->auth_algo, want->auth_algo);
	same_bytes(got->auth_key, got->auth_key_len, want->auth_key, want->auth_key_len);
	assert_int_equal(got->digest_len, want->digest_len);
	assert_int_equal(got->aad_len, want->aad_len);
	assert_int_equal(got->key_type, want->key_type);
	assert_int_equal(got->rsa_padding, want->rsa_padding);
	assert_int_equal(got->rsa_hash, want->rsa_hash);
	assert_int_equal(got->curve, want->curve);
}

static void
create_parses_back(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES];
	uint8_t bytes[REQ_TEST_MAX];
	struct req_ctrl c;
	size_t i, l, n;
	uint8_t *p;

	(void)state;
	for (i = 0; i < DIM(create_case); i++) {
		for (l = 0; l < DIM(layout); l++) {
			all_services(by, layout[l]);
			n = create_golden(bytes, &create_case[i], layout[l]);
			p = exact(bytes, n);
			assert_int_equal(req_ctrl_parse(&c, p, n, by), 0);
			assert_int_equal(c.create, 1);
			assert_int_equal(c.opcode, bytes[0] | bytes[1] << 8);
			same_session(&c.session, &create_case[i].s);
			free(p);
		}
	}
}

static void
create_cut_anywhere_is_refused(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES];
	uint8_t bytes[REQ_TEST_MAX];
	size_t i, l, n, cut;
	struct req_ctrl c;
	uint8_t *p;

	(void)state;
	for (i = 0; i < DIM(create_case); i++) {
		for (l = 0; l < DIM(layout); l++) {
			all_services(by, layout[l]);
			n = create_golden(bytes, &create_case[i], layout[l]);
			for (cut = 0; cut < n; cut++) {
				p = exact(bytes, cut);
				assert_int_equal(req_ctrl_parse(&c, p, cut, by), -EBADMSG);
				assert_null(c.session.key);
				free(p);
			}
		}
	}
}

static void
destroy_both_ways(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES];
	uint8_t want[REQ_TEST_MAX], got[REQ_TEST_MAX], *p;
	size_t i, l, n, cut;
	struct req_ctrl c;

	(void)state;
	for (i = 0; i < DIM(destroy_case); i++) {
		for (l = 0; l < DIM(layout); l++) {
			all_services(by, layout[l]);
			n = hex(want, destroy_case[i].header);
			n += hex(want + n, "8877665544332211");
			if (layout[l] == 0)
				n += hex(want + n, "00*48");
			assert_int_equal(req_destroy_build(got, n - 1, destroy_case[i].kind,
					0x1122334455667788, layout[l]), -ENOSPC);
			assert_int_equal(req_destroy_build(got, n, destroy_case[i].kind,
					0x1122334455667788, layout[l]), n);
			assert_memory_equal(got, want, n);
			for (cut = 0; cut <= n; cut++) {
				p = exact(got, cut);
				assert_int_equal(req_ctrl_parse(&c, p, cut, by),
						cut < n ? -EBADMSG : 0);
				free(p);
			}
			assert_int_equal(c.create, 0);
			assert_int_equal(c.session.kind, destroy_case[i].parsed);
			assert_true(c.session_id == 0x1122334455667788);
		}
	}
	assert_int_equal(req_destroy_build(got, sizeof(got), REQ_NB_KINDS, 0, 0), -EINVAL);
}

/* Flags go by service: a padded HASH beside an unpadded CIPHER. */
static void
layout_goes_by_service(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES] = {
		[VIRTIO_CRYPTO_SERVICE_HASH] = REQ_F_REVISION_1,
	};
	uint8_t bytes[REQ_TEST_MAX];
	struct req_ctrl c;
	size_t n;

	(void)state;
	n = create_golden(bytes, &create_case[4], REQ_F_REVISION_1);
	assert_int_equal(req_ctrl_parse(&c, bytes, n, by), 0);
	by[VIRTIO_CRYPTO_SERVICE_HASH] = 0;
	assert_int_equal(req_ctrl_parse(&c, bytes, n, by), -EBADMSG);
}

static int
opcode_defined(uint32_t op)
{
	static const uint16_t defined[] = { 0x0002, 0x0003, 0x0102, 0x0103, 0x0202, 0x0203,
		0x0302, 0x0303, 0x0404, 0x0405 };
	size_t i;

	for (i = 0; i < DIM(defined); i++)
		if (defined[i] == op)
			return 1;
	return 0;
}

/* Every 16-bit opcode, and the high half must be zero. */
static void
other_opcodes_are_refused(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES] = { 0 };
	uint8_t bytes[128];
	struct req_ctrl c;
	uint32_t op;
	int ret;

	(void)state;
	for (op = 0; op < 0x10000; op++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[0] = (uint8_t)op;
		bytes[1] = (uint8_t)(op >> 8);
		ret = req_ctrl_parse(&c, bytes, sizeof(bytes), by);
		if (!opcode_defined(op))
			assert_int_equal(ret, -ENOTSUP);
		/* all-zero fields: no op_type for CIPHER, no algorithm for AKCIPHER */
		else if (op == 0x0002 || op == 0x0404)
			assert_int_equal(ret, -ENOTSUP);
		else
			assert_int_equal(ret, op == 0x0302 ? -EBADMSG : 0);
		assert_int_equal(c.opcode, op);
		bytes[2] = 1;
		assert_int_equal(req_ctrl_parse(&c, bytes, sizeof(bytes), by), -ENOTSUP);
	}
}

/* One field changed, and what that gives.  Offsets from the request's start. */
static void
contradictions_are_refused(void **state)
{
	static const struct {
		unsigned int create_case, off;
		uint32_t value;
		int ret;
	} t[] = {
		{ 0, 64, 0, -ENOTSUP },		/* op_type none */
		{ 0, 64, 3, -ENOTSUP },
		{ 0, 64, UINT32_MAX, -ENOTSUP },
		{ 0, 24, 0, -EBADMSG },		/* op */
		{ 0, 24, 3, -EBADMSG },
		{ 0, 20, 17, -EBADMSG },	/* key_len one more than there is */
		{ 0, 20, UINT32_MAX, -EBADMSG },
		{ 2, 16, 0, -EBADMSG },		/* chain order */
		{ 2, 16, 3, -EBADMSG },
		{ 2, 20, 0, -EBADMSG },		/* hash mode */
		{ 2, 20, 3, -ENOTSUP },		/* nested */
		{ 2, 20, 4, -EBADMSG },
		{ 2, 32, 0, -EBADMSG },		/* op */
		{ 2, 28, 25, -EBADMSG },	/* cipher key */
		{ 2, 28, UINT32_MAX, -EBADMSG },
		{ 2, 48, 21, -EBADMSG },	/* auth key */
		{ 2, 48, UINT32_MAX - 23, -EBADMSG },	/* the sum is 2^32 */
		{ 5, 24, 17, -EBADMSG },	/* mac key */
		{ 6, 20, 25, -EBADMSG },	/* aead key */
		{ 6, 32, 0, -EBADMSG },		/* aead op */
		{ 7, 16, 0, -ENOTSUP },		/* akcipher algo */
		{ 7, 16, 3, -ENOTSUP },
		{ 7, 20, 0, -EBADMSG },		/* key type */
		{ 7, 20, 3, -EBADMSG },
		{ 7, 24, 21, -EBADMSG },	/* key_len */
	};
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES] = { 0 };
	uint8_t bytes[REQ_TEST_MAX], *p;
	struct req_ctrl c;
	size_t i, n;
	le32 v;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		n = create_golden(bytes, &create_case[t[i].create_case], 0);
		v = cpu_to_le32(t[i].value);
		memcpy(bytes + t[i].off, &v, sizeof(v));
		p = exact(bytes, n);
		print_message("  %s, offset %u = %u\n", create_case[t[i].create_case].name,
				t[i].off, t[i].value);
		assert_int_equal(req_ctrl_parse(&c, p, n, by), t[i].ret);
		free(p);
	}
}

static void
build_refuses_contradictions(void **state)
{
	struct req_session good = create_case[2].s, s;
	uint8_t buf[REQ_TEST_MAX];

	(void)state;
#define REFUSED(field, value) do { \
		s = good; \
		s.field = value; \
		assert_int_equal(req_create_build(buf, sizeof(buf), &s, 0), -EINVAL); \
	} while (0)
	REFUSED(kind, REQ_NB_KINDS);
	REFUSED(op, 0);
	REFUSED(op, 3);
	REFUSED(chain_order, 0);
	REFUSED(chain_order, 3);
	REFUSED(hash_mode, 0);
	REFUSED(hash_mode, VIRTIO_CRYPTO_SYM_HASH_MODE_NESTED);
	REFUSED(hash_mode, VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN);	/* with an auth key */
	REFUSED(key, NULL);
	REFUSED(auth_key, NULL);
	good = create_case[0].s;
	REFUSED(op, 0);
	REFUSED(key, NULL);
	good = create_case[6].s;
	REFUSED(op, 3);
	good = create_case[7].s;
	REFUSED(key_type, 0);
	REFUSED(key_type, 3);
	REFUSED(algo, 0);
	REFUSED(algo, 3);
#undef REFUSED
	/* lengths whose sum passes 32 bit: too large, not wrapped to small */
	s = create_case[2].s;
	s.key_len = UINT32_MAX;
	s.auth_key_len = UINT32_MAX;
	assert_int_equal(req_create_build(buf, sizeof(buf), &s, 0), -ENOSPC);
}

/* A key that a HASH session was left with does not reach the device. */
static void
hash_sends_no_key(void **state)
{
	struct req_session s = create_case[4].s;
	uint8_t buf[REQ_TEST_MAX];

	(void)state;
	s.key = key;
	s.key_len = sizeof(key);
	assert_int_equal(req_create_build(buf, sizeof(buf), &s, REQ_F_REVISION_1), 24);
}

/* Bytes from nowhere: an answer from the contract, keys inside the request. */
static void
random_bytes_are_harmless(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES], i, hits = 0;
	uint64_t seed = 1;
	struct req_ctrl c;
	uint8_t *p;
	size_t n, j;
	int ret;

	(void)state;
	for (i = 0; i < 100000; i++) {
		all_services(by, prng(&seed) & REQ_F_REVISION_1);
		n = prng(&seed) % 160;
		p = malloc(n);
		for (j = 0; j < n; j++)	/* mostly small values: deep into the parser */
			p[j] = prng(&seed) % 4 ? 0 : (uint8_t)(prng(&seed) % 8);
		ret = req_ctrl_parse(&c, p, n, by);
		assert_true(ret == 0 || ret == -EBADMSG || ret == -ENOTSUP);
		if (ret == 0 && c.create && c.session.key_len != 0) {
			assert_true(c.session.key >= p);
			assert_true(c.session.key + c.session.key_len +
					c.session.auth_key_len <= p + n);
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
		cmocka_unit_test(create_has_golden_bytes),
		cmocka_unit_test(create_needs_its_size),
		cmocka_unit_test(create_parses_back),
		cmocka_unit_test(create_cut_anywhere_is_refused),
		cmocka_unit_test(destroy_both_ways),
		cmocka_unit_test(layout_goes_by_service),
		cmocka_unit_test(other_opcodes_are_refused),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(build_refuses_contradictions),
		cmocka_unit_test(hash_sends_no_key),
		cmocka_unit_test(random_bytes_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

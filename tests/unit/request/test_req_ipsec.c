/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Security associations against objects written out by hand from virtio 1.4, 5.9.9.9: build
 * gives these bytes, parse gives the parameters back, in each dialect; each field with a
 * hostile value, each length.  Letters are those of req_ipsec.h.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

#include "req_ipsec.h"
#include "req_test.h"

#define TEXT_LEN	196
#define ALIGNED_LEN	208

static const uint8_t key[33] = {
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad,
	0xae, 0xaf, 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb,
	0xbc, 0xbd, 0xbe, 0xbf, 0xff,
};
static const uint8_t auth_key[33] = {
	0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd,
	0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb,
	0xdc, 0xdd, 0xde, 0xdf, 0xff,
};

#define K16	"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define K32	K16 "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define A16	"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define A20	A16 "d0d1d2d3"
#define A32	A16 "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
#define IPV6(n)	{ 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n }

/* The parts of an object; a dialect with gaps has four bytes before each but the first. */
static const struct {
	const char *name;
	struct req_ipsec_sa sa;
	const char *head, *cipher, *auth, *life;
} sa_case[] = {
	{
		"ESP tunnel over IPv4, GCM, outbound, every option",	/* A D E */
		{ .mode = 1, .obj_id = 0x01020304, .spi = 0x11223344, .options = 0x7f,
		  .salt = { 0xe0, 0xe1, 0xe2, 0xe3 },
		  .tunnel = { .src = { 192, 0, 2, 1 }, .dst = { 198, 51, 100, 7 }, .dscp = 0x2e,
			.df = true, .ttl = 64 },
		  .udp_sport = 4501, .udp_dport = 0x1234,
		  .aead = VIRTIO_CRYPTO_AEAD_GCM, .key = key, .key_len = 16,
		  .life = { 1, 0x0203, 0x1122334455667788, UINT64_MAX } },
		"01 01 0000 04030201 44332211 e0e1e2e3 7f 00*7"
		" 01 000000 010200c0 076433c6 2e 01 40 00 00*28 9511 3412 00*4",
		"01 00*7 1000 0000 " K16 "00*16 ", "00*44",
		"01 00*7 0302 00*6 8877665544332211 ff*8",
	}, {
		"ESP tunnel over IPv6, AES-CBC with HMAC-SHA-256, outbound",
		{ .mode = 1, .obj_id = 0, .spi = 1, .options = 0,
		  .tunnel = { .ipv6 = true, .src = IPV6(1), .dst = IPV6(2), .dscp = 0x3f,
			.ttl = 255, .flow_label = 0xfedcb },
		  .cipher = VIRTIO_CRYPTO_CIPHER_AES_CBC, .key = key, .key_len = 32,
		  .auth = VIRTIO_CRYPTO_MAC_HMAC_SHA_256, .auth_key = auth_key,
		  .auth_key_len = 32 },
		"01 01 0000 00*4 01000000 00*4 00*8"
		" 02 000000 20010db8 00*11 01 20010db8 00*11 02 cbed0f00 ff 3f 0000 00*4 00*4",
		"03 00*7 2000 0000 " K32, "04 00*7 2000 0000 " A32, "00*32",
	}, {
		"ESP transport, AES-CTR with HMAC-SHA-1, inbound, ESN, window",
		{ .mode = 2, .inbound = true, .obj_id = 9, .spi = UINT32_MAX, .options = 1,
		  .salt = { 1, 2, 3, 4 }, .replay_win_sz = 0x400,
		  .cipher = VIRTIO_CRYPTO_CIPHER_AES_CTR, .key = key, .key_len = 16,
		  .auth = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .auth_key = auth_key,
		  .auth_key_len = 20 },
		"02 02 0000 09000000 ffffffff 01020304 01 00*7 00*44 00*4 00040000",
		"04 00*7 1000 0000 " K16 "00*16 ", "02 00*7 1400 0000 " A20 "00*12 ", "00*32",
	}, {
		"ESP tunnel, NULL encryption with AES-XCBC, inbound, UDP",	/* A: cipher 0 */
		{ .mode = 1, .inbound = true, .obj_id = 2, .spi = 0x100, .options = 2,
		  .udp_sport = 4500, .udp_dport = 4500,
		  .auth = VIRTIO_CRYPTO_MAC_XCBC_AES, .auth_key = auth_key, .auth_key_len = 16 },
		"01 02 0000 02000000 00010000 00*4 02 00*7 00*44 9411 9411 00*4",
		"00*44", "35 00*7 1000 0000 " A16 "00*16 ", "00*32",
	}, {
		"AH tunnel over IPv4, GMAC, outbound",
		{ .mode = 3, .obj_id = 3, .spi = 0x200, .salt = { 9, 8, 7, 6 },
		  .tunnel = { .src = { 10, 0, 0, 1 }, .dst = { 10, 0, 0, 2 } },
		  .auth = VIRTIO_CRYPTO_MAC_GMAC_AES, .auth_key = auth_key, .auth_key_len = 32 },
		"03 01 0000 03000000 00020000 09080706 00*8"
		" 01 000000 0100000a 0200000a 00*32 00*4 00*4",
		"00*44", "29 00*7 2000 0000 " A32, "00*32",
	}, {
		"AH transport, HMAC-MD5, inbound",
		{ .mode = 4, .inbound = true, .obj_id = 4, .spi = 0x300, .replay_win_sz = 64,
		  .auth = VIRTIO_CRYPTO_MAC_HMAC_MD5, .auth_key = auth_key, .auth_key_len = 16 },
		"04 02 0000 04000000 00030000 00*4 00*8 00*44 00*4 40000000",
		"00*44", "01 00*7 1000 0000 " A16 "00*16 ", "00*32",
	}, {
		"ESP transport, ChaCha20-Poly1305, outbound",
		{ .mode = 2, .obj_id = 5, .spi = 0x400, .salt = { 1, 1, 2, 3 },
		  .aead = VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305, .key = key, .key_len = 32 },
		"02 01 0000 05000000 00040000 01010203 00*8 00*44 00*4 00*4",
		"03 00*7 2000 0000 " K32, "00*44", "00*32",
	},
};

static const unsigned int dialects[] = { 0, REQ_IPSEC_ALIGNED };

static size_t
sa_golden(uint8_t *out, size_t i, unsigned int dialect)
{
	const char *part[] = { sa_case[i].cipher, sa_case[i].auth, sa_case[i].life };
	size_t n = hex(out, sa_case[i].head), p;

	assert_int_equal(n, 76);
	for (p = 0; p < 3; p++) {
		if (dialect & REQ_IPSEC_ALIGNED)
			n += hex(out + n, "00*4");
		n += hex(out + n, part[p]);
	}
	assert_int_equal(n, dialect & REQ_IPSEC_ALIGNED ? ALIGNED_LEN : TEXT_LEN);
	return n;
}

static void
same_key(const uint8_t *got, uint16_t got_len, const uint8_t *want, uint16_t want_len)
{
	assert_int_equal(got_len, want_len);
	if (want_len != 0)
		assert_memory_equal(got, want, want_len);
	else
		assert_null(got);
}

static void
same_sa(const struct req_ipsec_sa *got, const struct req_ipsec_sa *want)
{
	assert_int_equal(got->mode, want->mode);
	assert_int_equal(got->inbound, want->inbound);
	assert_int_equal(got->obj_id, want->obj_id);
	assert_int_equal(got->spi, want->spi);
	assert_int_equal(got->options, want->options);
	assert_memory_equal(got->salt, want->salt, 4);
	assert_int_equal(got->tunnel.ipv6, want->tunnel.ipv6);
	assert_memory_equal(got->tunnel.src, want->tunnel.src, 16);
	assert_memory_equal(got->tunnel.dst, want->tunnel.dst, 16);
	assert_int_equal(got->tunnel.dscp, want->tunnel.dscp);
	assert_int_equal(got->tunnel.df, want->tunnel.df);
	assert_int_equal(got->tunnel.ttl, want->tunnel.ttl);
	assert_int_equal(got->tunnel.flow_label, want->tunnel.flow_label);
	assert_int_equal(got->udp_sport, want->udp_sport);
	assert_int_equal(got->udp_dport, want->udp_dport);
	assert_int_equal(got->replay_win_sz, want->replay_win_sz);
	assert_int_equal(got->aead, want->aead);
	assert_int_equal(got->cipher, want->cipher);
	assert_int_equal(got->auth, want->auth);
	same_key(got->key, got->key_len, want->key, want->key_len);
	same_key(got->auth_key, got->auth_key_len, want->auth_key, want->auth_key_len);
	assert_memory_equal(&got->life, &want->life, sizeof(got->life));
}

static void
objects_have_golden_bytes(void **state)
{
	uint8_t want[REQ_TEST_MAX], got[REQ_TEST_MAX];
	size_t i, d, n;

	(void)state;
	for (i = 0; i < DIM(sa_case); i++) {
		for (d = 0; d < DIM(dialects); d++) {
			n = sa_golden(want, i, dialects[d]);
			print_message("  %s, dialect %u\n", sa_case[i].name, dialects[d]);
			assert_int_equal(req_ipsec_sa_len(dialects[d]), n);
			memset(got, 0x5a, sizeof(got));
			assert_int_equal(req_ipsec_sa_build(got, n - 1, &sa_case[i].sa,
					dialects[d]), -ENOSPC);
			assert_int_equal(got[0], 0x5a);
			assert_int_equal(req_ipsec_sa_build(got, n, &sa_case[i].sa, dialects[d]),
					n);
			assert_memory_equal(got, want, n);
			assert_int_equal(got[n], 0x5a);
		}
	}
}

static void
objects_parse_back(void **state)
{
	uint8_t bytes[REQ_TEST_MAX], *p;
	struct req_ipsec_sa sa;
	size_t i, d, n;

	(void)state;
	for (i = 0; i < DIM(sa_case); i++) {
		for (d = 0; d < DIM(dialects); d++) {
			n = sa_golden(bytes, i, dialects[d]);
			p = exact(bytes, n);
			assert_int_equal(req_ipsec_sa_parse(&sa, sa_case[i].sa.inbound, p, n,
					dialects[d]), 0);
			same_sa(&sa, &sa_case[i].sa);
			/* Keys are where they lie. */
			assert_true(sa.key == NULL || (sa.key > p && sa.key < p + n));
			assert_true(sa.auth_key == NULL ||
					(sa.auth_key > p && sa.auth_key < p + n));
			free(p);
		}
	}
}

/* H: the other dialect's object is refused, never read as other keys. */
static void
dialects_are_not_mixed(void **state)
{
	uint8_t bytes[REQ_TEST_MAX];
	struct req_ipsec_sa sa;
	size_t i, n;

	(void)state;
	for (i = 0; i < DIM(sa_case); i++) {
		n = sa_golden(bytes, i, 0);
		assert_int_not_equal(req_ipsec_sa_parse(&sa, sa_case[i].sa.inbound, bytes, n,
				REQ_IPSEC_ALIGNED), 0);
		n = sa_golden(bytes, i, REQ_IPSEC_ALIGNED);
		assert_int_not_equal(req_ipsec_sa_parse(&sa, sa_case[i].sa.inbound, bytes, n, 0),
				0);
	}
}

/* Bytes that are missing are zero, but not those of a key; bytes beyond are ignored. */
static void
objects_cut_anywhere(void **state)
{
	uint8_t whole[REQ_TEST_MAX], zeros[REQ_TEST_MAX], *p;
	size_t i, d, n, cut, key_at, key_end;
	struct req_ipsec_sa sa, same;
	int rc;

	(void)state;
	for (i = 0; i < DIM(sa_case); i++) {
		for (d = 0; d < DIM(dialects); d++) {
			n = sa_golden(whole, i, dialects[d]);
			for (cut = 0; cut <= n; cut++) {
				p = exact(whole, cut);
				rc = req_ipsec_sa_parse(&sa, sa_case[i].sa.inbound, p, cut,
						dialects[d]);
				memset(zeros, 0, sizeof(zeros));
				memcpy(zeros, whole, cut);
				/* The same as with the zeros, where no key was cut. */
				if (rc == 0) {
					assert_int_equal(req_ipsec_sa_parse(&same,
							sa_case[i].sa.inbound, zeros, n,
							dialects[d]), 0);
					same_sa(&sa, &same);
				} else {
					assert_true(rc == -EBADMSG || rc == -ENOTSUP);
				}
				key_at = n - 32 - (d != 0 ? 4 : 0) - 32;
				key_end = key_at + sa_case[i].sa.auth_key_len;
				if (cut >= key_at)
					assert_int_equal(rc, cut < key_end ? -EBADMSG : 0);
				free(p);
			}
			assert_int_equal(req_ipsec_sa_parse(&sa, sa_case[i].sa.inbound, whole,
					n + 9, dialects[d]), 0);
			same_sa(&sa, &sa_case[i].sa);
		}
	}
}

/* Bytes changed in an object of the text's layout, and what that gives. */
static void
hostile_fields(void **state)
{
	static const struct {
		unsigned int sa_case, off, value;
		int ret;
	} t[] = {
		{ 0, 0, 0, -ENOTSUP }, { 0, 0, 5, -ENOTSUP }, { 0, 0, 0xff, -ENOTSUP },
		{ 0, 0, 3, -EBADMSG },			/* UDP_ENCAP with AH */
		{ 1, 0, 3, -EBADMSG }, { 1, 0, 4, -EBADMSG },	/* a cipher with AH */
		{ 6, 0, 4, -EBADMSG },			/* an AEAD algorithm with AH */
		{ 0, 1, 0, -EBADMSG }, { 0, 1, 2, -EBADMSG }, { 0, 1, 3, -EBADMSG },	/* J */
		{ 2, 1, 1, -EBADMSG }, { 2, 1, 0xff, -EBADMSG },
		{ 0, 2, 0xff, 0 }, { 0, 3, 0xff, 0 },	/* reserved */
		{ 0, 4, 0xff, 0 }, { 0, 7, 0xff, 0 },	/* J: obj_id is any number */
		{ 0, 16, 0xff, -ENOTSUP }, { 0, 17, 1, -ENOTSUP }, { 0, 19, 0x80, -ENOTSUP },
		{ 0, 20, 1, -ENOTSUP }, { 0, 23, 0x80, -ENOTSUP },	/* Q */
		{ 0, 16, 0x3f, -EBADMSG },		/* K */
		{ 0, 24, 0, -EBADMSG }, { 0, 24, 3, -EBADMSG }, { 0, 24, 5, -EBADMSG },
		{ 0, 24, 7, -EBADMSG }, { 0, 24, 0xff, -EBADMSG },	/* C */
		{ 0, 24, 4, 0 }, { 1, 24, 6, 0 }, { 1, 24, 1, -EBADMSG }, { 1, 24, 4, -EBADMSG },
		{ 0, 40, 1, -EBADMSG }, { 0, 67, 1, -EBADMSG },
		{ 0, 25, 0xff, 0 }, { 0, 39, 0xff, 0 }, { 1, 66, 0xff, 0 },	/* reserved */
		{ 0, 36, 0x40, -EBADMSG }, { 0, 36, 0xff, -EBADMSG },	/* DSCP of six bits */
		{ 1, 65, 0x40, -EBADMSG }, { 1, 65, 0x3f, 0 },
		{ 0, 37, 2, -EBADMSG }, { 0, 37, 0xff, -EBADMSG },	/* DF is a bit */
		{ 1, 62, 0x1f, -EBADMSG }, { 1, 63, 1, -EBADMSG },	/* flow label of 20 */
		{ 2, 24, 0xff, 0 }, { 2, 36, 0xff, 0 }, { 5, 60, 0xff, 0 },	/* R: inbound */
		{ 6, 24, 0xff, 0 }, { 6, 36, 0xff, 0 },			/* R: transport */
		{ 1, 68, 0xff, 0 }, { 1, 70, 0xff, 0 },			/* R: no UDP */
		{ 1, 72, 0xff, 0 }, { 1, 75, 0xff, 0 },			/* R: outbound */
		{ 2, 75, 0xff, 0 },			/* a window of any size: the capability's */
		/* Algorithms: undefined, of 64 bits, without a use in ESP. */
		{ 1, 76, 0, -EBADMSG },			/* NULL encryption with a key */
		{ 1, 76, 1, -ENOTSUP }, { 1, 76, 2, -ENOTSUP }, { 1, 76, 13, -ENOTSUP },
		{ 1, 76, 0xff, -ENOTSUP }, { 1, 77, 1, -ENOTSUP }, { 1, 80, 1, -ENOTSUP },
		{ 1, 83, 0x80, -ENOTSUP },
		{ 0, 76, 4, -ENOTSUP }, { 0, 80, 1, -ENOTSUP },
		{ 0, 76, 3, -EBADMSG },			/* ChaCha20 with 16 bytes */
		{ 0, 76, 0, -EBADMSG },			/* nothing at all */
		{ 1, 120, 25, -ENOTSUP }, { 1, 120, 49, -ENOTSUP }, { 1, 120, 54, -ENOTSUP },
		{ 1, 121, 1, -ENOTSUP }, { 1, 124, 1, -ENOTSUP }, { 1, 127, 0x80, -ENOTSUP },
		{ 1, 120, 53, -EBADMSG },		/* XCBC with 32 bytes */
		{ 1, 120, 0, -EBADMSG },		/* A: no MAC, but a key of one */
		{ 1, 120, 41, -ENOTSUP }, { 2, 120, 41, -ENOTSUP },	/* A: CTR with GMAC */
		/* Lengths of keys. */
		{ 1, 84, 0, -EBADMSG }, { 1, 84, 31, -EBADMSG }, { 1, 84, 16, 0 },
		{ 1, 84, 33, -EBADMSG }, { 1, 85, 1, -EBADMSG }, { 1, 85, 0xff, -EBADMSG },
		{ 1, 128, 0, -EBADMSG }, { 1, 128, 1, 0 }, { 1, 128, 33, -EBADMSG },
		{ 1, 128, 0xff, -EBADMSG }, { 1, 129, 0x80, -EBADMSG },
		{ 0, 128, 1, -EBADMSG },		/* AEAD with a key for a MAC */
		{ 4, 84, 16, -EBADMSG },		/* AH with a key for a cipher */
		{ 1, 86, 0xff, 0 }, { 1, 131, 0xff, 0 },	/* reserved */
		{ 1, 119, 0, 0 }, { 1, 88, 0, 0 },	/* a key is any bytes */
		/* K: a lifetime without the option. */
		{ 1, 164, 1, -EBADMSG }, { 1, 179, 1, -EBADMSG }, { 1, 180, 1, -EBADMSG },
		{ 1, 195, 0x80, -EBADMSG },
	};
	uint8_t bytes[REQ_TEST_MAX], *p;
	struct req_ipsec_sa sa;
	size_t i, n;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		n = sa_golden(bytes, t[i].sa_case, 0);
		bytes[t[i].off] = (uint8_t)t[i].value;
		p = exact(bytes, n);
		print_message("  %s, offset %u = %u\n", sa_case[t[i].sa_case].name, t[i].off,
				t[i].value);
		assert_int_equal(req_ipsec_sa_parse(&sa, sa_case[t[i].sa_case].sa.inbound, p, n,
				0), t[i].ret);
		free(p);
	}
	/* The SPI 0 is four bytes. */
	n = sa_golden(bytes, 1, 0);
	bytes[8] = 0;
	assert_int_equal(req_ipsec_sa_parse(&sa, false, bytes, n, 0), -EBADMSG);
	bytes[11] = 1;
	assert_int_equal(req_ipsec_sa_parse(&sa, false, bytes, n, 0), 0);
	assert_int_equal(sa.spi, 0x01000000);
}

static void
build_refuses(void **state)
{
	struct req_ipsec_sa good = sa_case[1].sa, s;
	uint8_t buf[REQ_TEST_MAX] = { 0x5a };

	(void)state;
#define REFUSED(field, value, err) do { \
		s = good; \
		s.field = value; \
		assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &s, 0), err); \
		assert_int_equal(buf[0], 0x5a); \
	} while (0)
	REFUSED(mode, 0, -ENOTSUP);
	REFUSED(mode, 5, -ENOTSUP);
	REFUSED(mode, 3, -EINVAL);
	REFUSED(spi, 0, -EINVAL);
	REFUSED(options, 0x80, -ENOTSUP);
	REFUSED(tunnel.dscp, 64, -EINVAL);
	REFUSED(tunnel.flow_label, 0x100000, -EINVAL);
	REFUSED(cipher, VIRTIO_CRYPTO_CIPHER_AES_XTS, -ENOTSUP);
	REFUSED(cipher, VIRTIO_CRYPTO_CIPHER_3DES_CBC, -EINVAL);	/* 32 bytes of key */
	REFUSED(cipher, VIRTIO_CRYPTO_NO_CIPHER, -EINVAL);
	REFUSED(auth, VIRTIO_CRYPTO_MAC_GMAC_AES, -ENOTSUP);
	REFUSED(auth, VIRTIO_CRYPTO_NO_MAC, -EINVAL);		/* A: no integrity */
	REFUSED(auth, VIRTIO_CRYPTO_MAC_ZUC_EIA3, -ENOTSUP);
	REFUSED(aead, VIRTIO_CRYPTO_AEAD_GCM, -EINVAL);		/* beside a cipher */
	REFUSED(key, NULL, -EINVAL);
	REFUSED(auth_key, NULL, -EINVAL);
	REFUSED(key_len, 33, -EMSGSIZE);
	REFUSED(auth_key_len, 33, -EMSGSIZE);
	REFUSED(auth_key_len, 64, -EMSGSIZE);	/* HMAC-SHA-512's */
	REFUSED(key_len, 17, -EINVAL);
	REFUSED(auth_key_len, 0, -EINVAL);
	REFUSED(life.packets_soft_limit, 1, -EINVAL);
	REFUSED(life.bytes_soft_limit, 1, -EINVAL);
	REFUSED(life.packets_hard_limit, 1, -EINVAL);
	REFUSED(life.bytes_hard_limit, 1, -EINVAL);
	good = sa_case[0].sa;
	REFUSED(auth, VIRTIO_CRYPTO_MAC_HMAC_SHA1, -EINVAL);
	REFUSED(auth_key_len, 1, -EINVAL);
	REFUSED(aead, 4, -ENOTSUP);
	REFUSED(aead, VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305, -EINVAL);
	good = sa_case[4].sa;
	REFUSED(options, VIRTIO_CRYPTO_IPSEC_UDP_ENCAP, -EINVAL);
	REFUSED(key_len, 16, -EINVAL);
#undef REFUSED
	/* The greatest that there are. */
	s = sa_case[1].sa;
	s.tunnel.flow_label = 0xfffff;
	s.tunnel.dscp = 63;
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &s, 0), TEXT_LEN);
	assert_memory_equal(buf + 60, "\xff\xff\x0f\x00", 4);
	/* Of IPv4 there is no flow label. */
	s = sa_case[0].sa;
	s.tunnel.flow_label = UINT32_MAX;
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &s, 0), TEXT_LEN);
}

/* D: one address, two ways to store it, each read by its own dialect. */
static void
addresses(void **state)
{
	struct req_ipsec_sa sa;
	uint8_t buf[TEXT_LEN];

	(void)state;
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &sa_case[0].sa, 0), TEXT_LEN);
	assert_memory_equal(buf + 28, "\x01\x02\x00\xc0\x07\x64\x33\xc6", 8);
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &sa_case[0].sa,
			REQ_IPSEC_ADDR_BYTES), TEXT_LEN);
	assert_memory_equal(buf + 28, "\xc0\x00\x02\x01\xc6\x33\x64\x07", 8);
	assert_int_equal(req_ipsec_sa_parse(&sa, false, buf, sizeof(buf), REQ_IPSEC_ADDR_BYTES),
			0);
	same_sa(&sa, &sa_case[0].sa);
	assert_int_equal(req_ipsec_sa_parse(&sa, false, buf, sizeof(buf), 0), 0);
	assert_memory_equal(sa.tunnel.src, "\x01\x02\x00\xc0", 4);
	/* IPv6 is bytes either way. */
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &sa_case[1].sa,
			REQ_IPSEC_ADDR_BYTES), TEXT_LEN);
	assert_memory_equal(buf + 28, sa_case[1].sa.tunnel.src, 16);
}

/* M: both halves have the port, whichever of them knows the reading. */
static void
udp_ports(void **state)
{
	struct req_ipsec_sa sa = sa_case[0].sa;
	uint8_t buf[TEXT_LEN];

	(void)state;
	sa.udp_sport = 0;
	sa.udp_dport = 0;
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &sa, 0), TEXT_LEN);
	assert_memory_equal(buf + 68, "\x94\x11\x94\x11", 4);
	memset(buf + 68, 0, 4);
	assert_int_equal(req_ipsec_sa_parse(&sa, false, buf, sizeof(buf), 0), 0);
	assert_int_equal(sa.udp_sport, 4500);
	assert_int_equal(sa.udp_dport, 4500);
}

/* R: what does not apply is not sent, even if the caller set it. */
static void
nothing_that_does_not_apply(void **state)
{
	struct req_ipsec_sa sa = sa_case[2].sa;	/* inbound, transport */
	uint8_t buf[TEXT_LEN], want[REQ_TEST_MAX];

	(void)state;
	sa.tunnel = sa_case[0].sa.tunnel;
	sa.udp_sport = 1;
	sa.udp_dport = 2;
	sa_golden(want, 2, 0);
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &sa, 0), TEXT_LEN);
	assert_memory_equal(buf, want, TEXT_LEN);
	sa.mode = VIRTIO_CRYPTO_IPSEC_MODE_ESP_TUNNEL;
	want[0] = sa.mode;
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &sa, 0), TEXT_LEN);
	assert_memory_equal(buf, want, TEXT_LEN);
	sa = sa_case[1].sa;			/* outbound */
	sa.replay_win_sz = 64;
	sa_golden(want, 1, 0);
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &sa, 0), TEXT_LEN);
	assert_memory_equal(buf, want, TEXT_LEN);
}

/* A: AES-CBC without a MAC, as another reading might send it, is not taken for GCM or CCM.  A
 * cipher's number that is an AEAD algorithm's with the same key cannot be told apart.
 */
static void
cipher_alone(void **state)
{
	struct req_ipsec_sa sa;
	uint8_t buf[TEXT_LEN];
	size_t n;

	(void)state;
	assert_int_equal(req_ipsec_sa_build(buf, sizeof(buf), &sa_case[1].sa, 0), TEXT_LEN);
	memset(buf + 120, 0, 44);
	buf[84] = 16;
	assert_int_equal(req_ipsec_sa_parse(&sa, false, buf, sizeof(buf), 0), -EBADMSG);
	for (n = 4; n < 256; n++) {
		buf[76] = (uint8_t)n;
		assert_int_equal(req_ipsec_sa_parse(&sa, false, buf, sizeof(buf), 0), -ENOTSUP);
	}
	buf[76] = VIRTIO_CRYPTO_AEAD_GCM;
	assert_int_equal(req_ipsec_sa_parse(&sa, false, buf, sizeof(buf), 0), 0);
	assert_int_equal(sa.aead, VIRTIO_CRYPTO_AEAD_GCM);
	assert_int_equal(sa.cipher, 0);
}

/* F, G: each algorithm's own sizes, and no others. */
static void
algorithms(void **state)
{
	static const struct {
		enum virtio_crypto_service service;
		unsigned int number, iv, icv, align, salt;
	} t[] = {
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, 0, 0, 0, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, 3, 16, 0, 16, 0 },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, 4, 8, 0, 4, 4 },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, 6, 8, 0, 8, 0 },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, 8, 8, 0, 8, 0 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 1, 0, 12, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 2, 0, 12, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 3, 0, 14, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 4, 0, 16, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 5, 0, 24, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 6, 0, 32, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 26, 0, 12, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 41, 8, 16, 4, 4 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, 53, 0, 12, 4, 0 },
		{ VIRTIO_CRYPTO_SERVICE_AEAD, 1, 8, 16, 4, 4 },
		{ VIRTIO_CRYPTO_SERVICE_AEAD, 2, 8, 16, 4, 3 },	/* E: CCM */
		{ VIRTIO_CRYPTO_SERVICE_AEAD, 3, 8, 16, 4, 4 },
	};
	static const enum virtio_crypto_service service[] = { VIRTIO_CRYPTO_SERVICE_CIPHER,
		VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_SERVICE_AEAD };
	const struct req_ipsec_alg *a;
	uint64_t mask[3] = { 0, 0, 0 };
	size_t i, s;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		a = req_ipsec_alg_find(t[i].service, t[i].number);
		assert_non_null(a);
		assert_int_equal(a->iv_len, t[i].iv);
		assert_int_equal(a->icv_len, t[i].icv);
		assert_int_equal(a->align, t[i].align);
		assert_int_equal(a->salt_len, t[i].salt);
		for (s = 0; s < 3; s++)
			if (service[s] == t[i].service)
				mask[s] |= UINT64_C(1) << t[i].number;
	}
	for (s = 0; s < 3; s++) {
		assert_true(req_ipsec_alg_mask(service[s]) == mask[s]);
		for (i = 0; i < 64; i++)
			assert_int_equal(req_ipsec_alg_find(service[s], i) != NULL,
					mask[s] >> i & 1);
	}
	assert_true(req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_HASH) == 0);
	assert_null(req_ipsec_alg_find(VIRTIO_CRYPTO_SERVICE_CIPHER, UINT64_C(3) << 32 | 3));
}

static void
types(void **state)
{
	(void)state;
	assert_int_equal(req_ipsec_obj_type(false), 0x200);
	assert_int_equal(req_ipsec_obj_type(true), 0x201);
	assert_int_equal(REQ_IPSEC_SA_MAX, ALIGNED_LEN);
}

/* Bytes from nowhere: an answer from the contract, keys inside the object. */
static void
random_bytes_are_harmless(void **state)
{
	uint8_t bytes[REQ_TEST_MAX], *p;
	unsigned int i, hits = 0;
	struct req_ipsec_sa sa;
	uint64_t seed = 3;
	size_t n, j, c;
	int rc;

	(void)state;
	for (i = 0; i < 50000; i++) {
		c = prng(&seed) % DIM(sa_case);
		n = sa_golden(bytes, c, 0);
		for (j = prng(&seed) % 4; j != 0; j--)
			bytes[prng(&seed) % n] = (uint8_t)prng(&seed);
		n = prng(&seed) % 4 ? n : prng(&seed) % (n + 1);
		p = exact(bytes, n);
		rc = req_ipsec_sa_parse(&sa, prng(&seed) & 1, p, n, 0);
		assert_true(rc == 0 || rc == -EBADMSG || rc == -ENOTSUP);
		if (rc == 0) {
			assert_int_equal(req_ipsec_sa_check(&sa), 0);
			assert_true(sa.key == NULL || sa.key + sa.key_len <= p + n);
			assert_true(sa.auth_key == NULL || sa.auth_key + sa.auth_key_len <= p + n);
			hits++;
		}
		free(p);
	}
	assert_true(hits > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_have_golden_bytes),
		cmocka_unit_test(objects_parse_back),
		cmocka_unit_test(dialects_are_not_mixed),
		cmocka_unit_test(objects_cut_anywhere),
		cmocka_unit_test(hostile_fields),
		cmocka_unit_test(build_refuses),
		cmocka_unit_test(addresses),
		cmocka_unit_test(udp_ports),
		cmocka_unit_test(nothing_that_does_not_apply),
		cmocka_unit_test(cipher_alone),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(types),
		cmocka_unit_test(random_bytes_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

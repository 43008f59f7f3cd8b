/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keys and signatures against OpenSSL's encoders, for as many random components as
 * the argument says (default 300), and against bytes written out by hand where
 * OpenSSL would not go: other forms, cuts, flips.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>

#include "req_der.h"
#include "req_test.h"

#define BUF_MAX		8192	/* RSA-8192, private: 4.7 kB */

static unsigned int nb_random = 300;
static uint64_t seed = 3;

static const struct {
	uint32_t curve;
	int nid;
	size_t bytes;
} curve[] = {
	{ VIRTIO_CRYPTO_CURVE_NIST_P192, NID_X9_62_prime192v1, 24 },
	{ VIRTIO_CRYPTO_CURVE_NIST_P224, NID_secp224r1, 28 },
	{ VIRTIO_CRYPTO_CURVE_NIST_P256, NID_X9_62_prime256v1, 32 },
	{ VIRTIO_CRYPTO_CURVE_NIST_P384, NID_secp384r1, 48 },
	{ VIRTIO_CRYPTO_CURVE_NIST_P521, NID_secp521r1, 66 },
};

/* len random bytes; often with leading zeros or a set top bit. */
static void
random_bytes(uint8_t *out, size_t len)
{
	size_t i, zeros = prng(&seed) % 4 == 0 ? prng(&seed) % len : 0;

	for (i = 0; i < len; i++)
		out[i] = i < zeros ? 0 : (uint8_t)prng(&seed);
	out[len - 1] |= 1;	/* not zero */
	if (prng(&seed) % 2)
		out[zeros] |= 0x80;
}

static BIGNUM *
bn(const struct req_num *n)
{
	BIGNUM *b = BN_bin2bn(n->data, (int)n->len, NULL);

	assert_non_null(b);
	return b;
}

static void
same_num(const struct req_num *a, const struct req_num *b)
{
	BIGNUM *x = bn(a), *y = bn(b);

	assert_int_equal(BN_cmp(x, y), 0);
	BN_free(x);
	BN_free(y);
}

/* *want is OpenSSL's, and freed here. */
static void
same_der(const uint8_t *got, int got_len, unsigned char **want, int want_len)
{
	assert_true(want_len > 0);
	assert_int_equal(got_len, want_len);
	assert_memory_equal(got, *want, (size_t)want_len);
	OPENSSL_free(*want);
}

/* A number of 1 to max bytes with its bytes in store. */
static struct req_num
random_num(uint8_t *store, size_t max)
{
	struct req_num n = { store, 1 + prng(&seed) % max };

	random_bytes(store, n.len);
	return n;
}

static void
check_rsa(size_t max)
{
	static uint8_t store[8][1024], buf[BUF_MAX];
	struct req_rsa_private k;
	struct req_rsa_public pub, ppub;
	struct req_num *v = &k.n;
	unsigned char *der = NULL;
	RSA *rsa = RSA_new();
	int len, i;

	for (i = 0; i < 8; i++)
		v[i] = random_num(store[i], max);
	pub.n = k.n;
	pub.e = k.e;
	assert_int_equal(RSA_set0_key(rsa, bn(&k.n), bn(&k.e), bn(&k.d)), 1);
	assert_int_equal(RSA_set0_factors(rsa, bn(&k.p), bn(&k.q)), 1);
	assert_int_equal(RSA_set0_crt_params(rsa, bn(&k.dp), bn(&k.dq), bn(&k.qinv)), 1);

	len = req_der_rsa_private(buf, sizeof(buf), &k);
	same_der(buf, len, &der, i2d_RSAPrivateKey(rsa, &der));

	len = req_der_rsa_public(buf, sizeof(buf), &pub);
	der = NULL;
	same_der(buf, len, &der, i2d_RSAPublicKey(rsa, &der));
	assert_int_equal(req_der_rsa_public_parse(&ppub, buf, (size_t)len), 0);
	same_num(&pub.n, &ppub.n);
	same_num(&pub.e, &ppub.e);
	RSA_free(rsa);
}

static void
rsa_as_openssl(void **state)
{
	static const size_t max[] = { 1, 8, 64, 127, 128, 129, 256, 1024 };
	unsigned int i;

	(void)state;
	for (i = 0; i < nb_random; i++)
		check_rsa(max[i % DIM(max)]);
}

static void
check_ec(unsigned int c, int with_pub)
{
	size_t w = curve[c].bytes;
	uint8_t d_bytes[REQ_EC_MAX], xy[1 + 2 * REQ_EC_MAX], buf[BUF_MAX];
	struct req_ec_point pt = { { xy + 1, w }, { xy + 1 + w, w } };
	struct req_num d = { d_bytes, w - 1 };
	EC_KEY *ec = EC_KEY_new_by_curve_name(curve[c].nid);
	const EC_GROUP *g = EC_KEY_get0_group(ec);
	EC_POINT *q = EC_POINT_new(g);
	unsigned char *der = NULL;
	BIGNUM *b;
	int len;

	random_bytes(d_bytes, d.len);	/* a byte short of the order: below it */
	b = bn(&d);
	assert_int_equal(EC_KEY_set_private_key(ec, b), 1);
	assert_int_equal(EC_POINT_mul(g, q, b, NULL, NULL, NULL), 1);
	assert_int_equal(EC_KEY_set_public_key(ec, q), 1);
	EC_KEY_set_enc_flags(ec, with_pub ? 0 : EC_PKEY_NO_PUBKEY);
	assert_int_equal(EC_POINT_point2oct(g, q, POINT_CONVERSION_UNCOMPRESSED, xy,
			sizeof(xy), NULL), 1 + 2 * w);

	assert_int_equal(req_ec_point(buf, sizeof(buf), curve[c].curve, &pt), 1 + 2 * w);
	assert_memory_equal(buf, xy, 1 + 2 * w);

	len = req_der_ec_private(buf, sizeof(buf), curve[c].curve, &d, with_pub ? &pt : NULL);
	same_der(buf, len, &der, i2d_ECPrivateKey(ec, &der));
	BN_free(b);
	EC_POINT_free(q);
	EC_KEY_free(ec);
}

static void
ec_keys_as_openssl(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < nb_random; i++)
		check_ec(i % DIM(curve), i / DIM(curve) % 2 == 0);
}

static void
check_sig(unsigned int c)
{
	size_t w = curve[c].bytes;
	uint8_t r[REQ_EC_MAX], s[REQ_EC_MAX], rr[REQ_EC_MAX], ss[REQ_EC_MAX], buf[BUF_MAX];
	struct req_num nr = random_num(r, w), ns = random_num(s, w), back;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len;

	assert_int_equal(ECDSA_SIG_set0(sig, bn(&nr), bn(&ns)), 1);
	len = req_der_ecdsa_sig(buf, sizeof(buf), curve[c].curve, &nr, &ns);
	assert_true(len <= REQ_ECDSA_SIG_MAX);
	same_der(buf, len, &der, i2d_ECDSA_SIG(sig, &der));
	assert_int_equal(req_der_ecdsa_sig_parse(rr, ss, curve[c].curve, buf, (size_t)len), 0);
	back = (struct req_num){ rr, w };
	same_num(&nr, &back);
	back.data = ss;
	same_num(&ns, &back);
	ECDSA_SIG_free(sig);
}

static void
signatures_as_openssl(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < nb_random; i++)
		check_sig(i % DIM(curve));
}

static int
sig_parse(const char *der, uint32_t c)
{
	uint8_t bytes[REQ_TEST_MAX], r[REQ_EC_MAX], s[REQ_EC_MAX], *p;
	size_t n = hex(bytes, der);
	int ret;

	p = exact(bytes, n);
	ret = req_der_ecdsa_sig_parse(r, s, c, p, n);
	free(p);
	return ret;
}

/* Strict DER: one form for each value. */
static void
signature_forms(void **state)
{
	static const struct {
		const char *der;
		int ret;
	} t[] = {
		{ "3006 020101 020102", 0 },
		{ "3006 020100 020100", 0 },		/* zero is the verifier's matter */
		{ "3007 02020080 020101", 0 },		/* sign byte */
		{ "301f 02 1a 0080 00*24 020101", -EBADMSG },	/* 25 bytes, P-192 has 24 */
		{ "3006 020181 020101", -EBADMSG },	/* negative */
		{ "3007 02020001 020101", -EBADMSG },	/* a zero that says nothing */
		{ "3005 0200 020101", -EBADMSG },	/* no content */
		{ "308106 020101 020102", -EBADMSG },	/* length not in its shortest form */
		{ "30820006 020101 020102", -EBADMSG },
		{ "3083000006 020101 020102", -EBADMSG },
		{ "3080 020101 020102 0000", -EBADMSG },	/* indefinite */
		{ "3006 02810101 0201", -EBADMSG },
		{ "3006 020101 020102 00", -EBADMSG },	/* bytes behind */
		{ "3009 020101 020102 020103", -EBADMSG },	/* a third number */
		{ "3003 020101", -EBADMSG },		/* s is missing */
		{ "3106 020101 020102", -EBADMSG },	/* a SET */
		{ "3006 040101 020102", -EBADMSG },	/* an OCTET STRING */
		{ "3006 020101 020202", -EBADMSG },	/* longer than what is there */
		{ "30ff 020101 020102", -EBADMSG },
		{ "3006 02ff01 020102", -EBADMSG },
		{ "3000", -EBADMSG },
		{ "30", -EBADMSG },
		{ "", -EBADMSG },
	};
	size_t i;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		print_message("  %s\n", t[i].der);
		assert_int_equal(sig_parse(t[i].der, VIRTIO_CRYPTO_CURVE_NIST_P192), t[i].ret);
	}
	assert_int_equal(sig_parse(t[0].der, VIRTIO_CRYPTO_CURVE_UNKNOWN), -ENOTSUP);
	assert_int_equal(sig_parse(t[0].der, 6), -ENOTSUP);
	assert_int_equal(sig_parse(t[0].der, UINT32_MAX), -ENOTSUP);
}

static void
r_and_s_are_padded(void **state)
{
	uint8_t der[REQ_TEST_MAX], r[REQ_EC_MAX + 1], s[REQ_EC_MAX + 1], want[REQ_EC_MAX] = { 0 };
	size_t n = hex(der, "3008 02020080 02020102");

	(void)state;
	memset(r, 0x5a, sizeof(r));
	memset(s, 0x5a, sizeof(s));
	assert_int_equal(req_der_ecdsa_sig_parse(r, s, VIRTIO_CRYPTO_CURVE_NIST_P521, der, n), 0);
	want[65] = 0x80;
	assert_memory_equal(r, want, 66);
	want[64] = 1;
	want[65] = 2;
	assert_memory_equal(s, want, 66);
	assert_int_equal(r[66], 0x5a);
	assert_int_equal(s[66], 0x5a);
}

/* One encoding of each structure that is decoded, for cuts and flips. */
static size_t
sample(uint8_t *buf, unsigned int which)
{
	static const uint8_t bytes[3] = { 0x00, 0x81, 0x03 };
	const struct req_num n = { bytes, 3 };
	const struct req_rsa_public pub = { n, n };

	if (which == 0)
		return (size_t)req_der_rsa_public(buf, BUF_MAX, &pub);
	return (size_t)req_der_ecdsa_sig(buf, BUF_MAX, 3, &n, &n);
}

static int
parse_any(const uint8_t *der, size_t len, unsigned int which)
{
	uint8_t r[REQ_EC_MAX], s[REQ_EC_MAX];
	struct req_rsa_public pub;

	return which == 0 ? req_der_rsa_public_parse(&pub, der, len) :
		req_der_ecdsa_sig_parse(r, s, 3, der, len);
}

#define NB_SAMPLES	2

static void
cut_anywhere_is_refused(void **state)
{
	uint8_t buf[BUF_MAX], *p;
	unsigned int which;
	size_t n, cut;

	(void)state;
	for (which = 0; which < NB_SAMPLES; which++) {
		n = sample(buf, which);
		for (cut = 0; cut <= n; cut++) {
			p = exact(buf, cut);
			assert_int_equal(parse_any(p, cut, which), cut < n ? -EBADMSG : 0);
			free(p);
		}
		buf[n] = 0;	/* a byte behind */
		assert_int_equal(parse_any(buf, n + 1, which), -EBADMSG);
	}
}

/* Every byte with every value: an answer from the contract, no byte read too many. */
static void
flips_are_harmless(void **state)
{
	uint8_t buf[BUF_MAX], *p;
	unsigned int which, v;
	size_t n, i;
	int ret;

	(void)state;
	for (which = 0; which < NB_SAMPLES; which++) {
		n = sample(buf, which);
		for (i = 0; i < n; i++) {
			p = exact(buf, n);
			for (v = 0; v < 256; v++) {
				p[i] = (uint8_t)v;
				ret = parse_any(p, n, which);
				assert_true(ret == 0 || ret == -EBADMSG || ret == -ENOTSUP);
			}
			free(p);
		}
	}
}

static void
encoders_need_their_size(void **state)
{
	static const uint8_t one[] = { 0x81 };
	const struct req_num n = { one, 1 };
	const struct req_rsa_public pub = { n, n };
	const struct req_rsa_private priv = { n, n, n, n, n, n, n, n };
	const struct req_ec_point pt = { n, n };
	uint8_t buf[BUF_MAX];

	(void)state;
#define SIZED(call_at) do { \
		size_t size = sizeof(buf); \
		int len = call_at; \
		assert_true(len > 0); \
		memset(buf, 0x5a, sizeof(buf)); \
		size = (size_t)len - 1; \
		assert_int_equal(call_at, -ENOSPC); \
		assert_int_equal(buf[0], 0x5a); \
		size = (size_t)len; \
		assert_int_equal(call_at, len); \
		assert_int_equal(buf[len], 0x5a); \
	} while (0)
	SIZED(req_der_rsa_public(buf, size, &pub));
	SIZED(req_der_rsa_private(buf, size, &priv));
	SIZED(req_ec_point(buf, size, 5, &pt));
	SIZED(req_der_ec_private(buf, size, 5, &n, &pt));
	SIZED(req_der_ec_private(buf, size, 1, &n, NULL));
	SIZED(req_der_ecdsa_sig(buf, size, 1, &n, &n));
#undef SIZED
}

static void
encoders_refuse(void **state)
{
	static const uint8_t ones[70000] = { [0] = 1 }, zeros[70000];
	const struct req_num good = { ones, 1 }, empty = { ones, 0 }, none = { NULL, 3 };
	const struct req_num zero = { zeros, 8 }, huge = { ones, REQ_DER_MAX + 1 };
	const struct req_num wide = { ones, 25 }, full = { ones, REQ_DER_MAX };
	const struct req_num *bad[] = { &empty, &none, &zero, &huge, &full };
	struct req_rsa_private priv;
	struct req_rsa_public pub;
	struct req_ec_point pt;
	static uint8_t buf[200000];
	size_t i, j;

	(void)state;
	for (i = 0; i < DIM(bad); i++) {
		for (j = 0; j < 8; j++) {
			priv = (struct req_rsa_private){ good, good, good, good, good, good,
				good, good };
			(&priv.n)[j] = *bad[i];
			assert_int_equal(req_der_rsa_private(buf, sizeof(buf), &priv), -EINVAL);
		}
		pub = (struct req_rsa_public){ *bad[i], good };
		assert_int_equal(req_der_rsa_public(buf, sizeof(buf), &pub), -EINVAL);
		pub = (struct req_rsa_public){ good, *bad[i] };
		assert_int_equal(req_der_rsa_public(buf, sizeof(buf), &pub), -EINVAL);
		assert_int_equal(req_der_ec_private(buf, sizeof(buf), 1, bad[i], NULL), -EINVAL);
	}
	/* longer than the curve, unless leading zeros make it so */
	pt = (struct req_ec_point){ wide, good };
	assert_int_equal(req_ec_point(buf, sizeof(buf), 1, &pt), -EINVAL);
	assert_int_equal(req_der_ec_private(buf, sizeof(buf), 1, &good, &pt), -EINVAL);
	assert_int_equal(req_der_ec_private(buf, sizeof(buf), 1, &wide, NULL), -EINVAL);
	assert_int_equal(req_der_ecdsa_sig(buf, sizeof(buf), 1, &wide, &good), -EINVAL);
	assert_int_equal(req_der_ecdsa_sig(buf, sizeof(buf), 1, &good, &wide), -EINVAL);
	pt = (struct req_ec_point){ { zeros, 60000 }, good };
	assert_int_equal(req_ec_point(buf, sizeof(buf), 1, &pt), 49);
	assert_int_equal(req_der_ecdsa_sig(buf, sizeof(buf), 1, &pt.x, &good), 8);
	/* no such curve */
	pt.x = good;
	for (i = 0; i < 3; i++) {
		static const uint32_t no_curve[] = { 0, 6, UINT32_MAX };

		assert_int_equal(req_ec_bytes(no_curve[i]), 0);
		assert_int_equal(req_ec_point(buf, sizeof(buf), no_curve[i], &pt), -EINVAL);
		assert_int_equal(req_der_ec_private(buf, sizeof(buf), no_curve[i], &good, NULL),
				-EINVAL);
		assert_int_equal(req_der_ecdsa_sig(buf, sizeof(buf), no_curve[i], &good, &good),
				-EINVAL);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa_as_openssl),
		cmocka_unit_test(ec_keys_as_openssl),
		cmocka_unit_test(signatures_as_openssl),
		cmocka_unit_test(signature_forms),
		cmocka_unit_test(r_and_s_are_padded),
		cmocka_unit_test(cut_anywhere_is_refused),
		cmocka_unit_test(flips_are_harmless),
		cmocka_unit_test(encoders_need_their_size),
		cmocka_unit_test(encoders_refuse),
	};

	if (argc > 1)
		nb_random = (unsigned int)strtoul(argv[1], NULL, 10);
	if (nb_random == 0) {
		fprintf(stderr, "usage: %s [number of random keys, at least 1]\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

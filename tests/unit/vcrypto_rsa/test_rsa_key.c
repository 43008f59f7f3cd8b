/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vcrypto_rsa_private_der: what it makes of an exponent and of a quintuple is, byte for
 * byte, what OpenSSL encodes for that key, for as many random keys as the argument says
 * (default 60); what is no key is refused, whichever number is the wrong one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "tests/kat/asym/asym_host.h"
#include "session/vcrypto_rsa_key.h"

static unsigned int nb_random = 60;

static rte_crypto_uint
number(const struct kat_bytes *b)
{
	return (rte_crypto_uint){ .data = b->data, .length = b->len };
}

static struct rte_crypto_rsa_xform
xform(const struct asym_rsa *k, enum rte_crypto_rsa_priv_key_type type)
{
	struct rte_crypto_rsa_xform x = { .n = number(&k->num[RSA_N]),
		.e = number(&k->num[RSA_E]), .key_type = type };

	if (type == RTE_RSA_KEY_TYPE_EXP) {
		x.d = number(&k->num[RSA_D]);
	} else {
		x.qt.p = number(&k->num[RSA_P]);
		x.qt.q = number(&k->num[RSA_Q]);
		x.qt.dP = number(&k->num[RSA_DP]);
		x.qt.dQ = number(&k->num[RSA_DQ]);
		x.qt.qInv = number(&k->num[RSA_QINV]);
	}
	return x;
}

/* x becomes what OpenSSL says of k. */
static void
same(const struct rte_crypto_rsa_xform *x, const struct asym_rsa *k)
{
	uint8_t der[VCRYPTO_RSA_DER_MAX];
	unsigned char *want = NULL;
	int len = i2d_PrivateKey(k->pkey, &want);

	assert_true(len > 0);
	assert_int_equal(vcrypto_rsa_private_der(der, x), len);
	assert_memory_equal(der, want, len);
	OPENSSL_clear_free(want, (size_t)len);
}

static void
refused(const struct rte_crypto_rsa_xform *x)
{
	uint8_t der[VCRYPTO_RSA_DER_MAX];

	assert_int_equal(vcrypto_rsa_private_der(der, x), -EINVAL);
}

/* k with the least d (FIPS 186-4, B.3.1), which OpenSSL makes for long keys alone. */
static void
least_exponent(struct asym_rsa *out, const struct asym_rsa *k)
{
	BIGNUM *p = BN_bin2bn(k->num[RSA_P].data, (int)k->num[RSA_P].len, NULL);
	BIGNUM *q = BN_bin2bn(k->num[RSA_Q].data, (int)k->num[RSA_Q].len, NULL);
	BIGNUM *d = BN_bin2bn(k->num[RSA_D].data, (int)k->num[RSA_D].len, NULL);
	BIGNUM *g = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	uint8_t bytes[ASYM_RSA_BYTES];
	struct kat_bytes num[ASYM_Q + 1];

	BN_sub_word(p, 1);
	BN_sub_word(q, 1);
	assert_true(BN_gcd(g, p, q, ctx) && BN_div(p, NULL, p, g, ctx) && BN_mul(p, p, q, ctx) &&
		BN_mod(d, d, p, ctx));
	memcpy(num, k->num, sizeof(num));	/* n, e, d, p, q, in both */
	num[ASYM_D] = (struct kat_bytes){ bytes, (uint32_t)BN_bn2bin(d, bytes) };
	assert_int_equal(asym_rsa_load(out, num), 0);
	BN_free(p);
	BN_free(q);
	BN_free(d);
	BN_free(g);
	BN_CTX_free(ctx);
}

static void
both_forms(const struct asym_rsa *k)
{
	struct rte_crypto_rsa_xform x = xform(k, RTE_RSA_KEY_TYPE_EXP);
	struct asym_rsa least;

	same(&x, k);
	x = xform(k, RTE_RSA_KEY_TYPE_QT);
	least_exponent(&least, k);
	if (k->bits >= 2048)
		same(&x, k);
	same(&x, &least);
	asym_rsa_free(&least);
}

static void
random_keys(void **state)
{
	static const unsigned int bits[] = { 512, 513, 600, 1024, 1031, 1536, 2048 };
	struct asym_rsa k;
	unsigned int i;

	(void)state;
	for (i = 0; i < nb_random; i++) {
		/* one in ten is of a size that is used */
		assert_int_equal(asym_rsa_generate(&k, bits[i % 10 != 0 ? i % 3 :
				3 + i / 10 % 4]), 0);
		both_forms(&k);
		asym_rsa_free(&k);
	}
}

/* The published keys, e = 3 among them, and the longest. */
static void
stored_keys(void **state)
{
	static const char * const file[] = { "rsa-keys.asym", "rsa-sign.asym",
		"rsa-crypt.asym" };
	unsigned int f, i, nb = 0;
	uint32_t longest = 0;

	(void)state;
	for (f = 0; f < sizeof(file) / sizeof(file[0]); f++) {
		struct asym_set set = { 0 };
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", ASYM_VECTORS, file[f]);
		assert_int_equal(asym_set_load(&set, path), 0);
		for (i = 0; i < set.nb; i++) {
			struct rte_crypto_rsa_xform x;
			struct asym_rsa k;

			if (set.vec[i].f[ASYM_P].len == 0)
				continue;
			assert_int_equal(asym_rsa_load(&k, set.vec[i].f), 0);
			/* Their d may be another one, and p the smaller prime: as they are. */
			x = xform(&k, RTE_RSA_KEY_TYPE_EXP);
			if (memcmp(k.num[RSA_P].data, k.num[RSA_Q].data, 8) > 0)
				same(&x, &k);
			longest = k.bits > longest ? k.bits : longest;
			nb++;
			asym_rsa_free(&k);
		}
		asym_set_free(&set);
	}
	assert_true(nb >= 20);
	assert_int_equal(longest, 8192);
}

/* The key of the tests below. */
static struct asym_rsa key;

static int
make_key(void **state)
{
	(void)state;
	return asym_rsa_generate(&key, 2048);
}

static int
free_key(void **state)
{
	(void)state;
	asym_rsa_free(&key);
	return 0;
}

static rte_crypto_uint *
numbers(struct rte_crypto_rsa_xform *x, unsigned int i)
{
	rte_crypto_uint *v[] = { &x->n, &x->e, &x->qt.p, &x->qt.q, &x->qt.dP, &x->qt.dQ,
		&x->qt.qInv };

	return i < sizeof(v) / sizeof(v[0]) ? v[i] : NULL;
}

/* A number that is a little more, a little less, empty, zero, or not there. */
static void
wrong_ones(struct rte_crypto_rsa_xform *x, rte_crypto_uint *v)
{
	static const uint8_t by[] = { 1, 2, 4, 0x80 };
	uint8_t buf[ASYM_RSA_BYTES];
	rte_crypto_uint good = *v;
	unsigned int i;

	for (i = 0; i < sizeof(by); i++) {
		memcpy(buf, good.data, good.length);
		buf[good.length - 1] ^= by[i];
		v->data = buf;
		refused(x);
	}
	memset(buf, 0, sizeof(buf));
	refused(x);
	v->length = 0;
	refused(x);
	v->data = NULL;
	refused(x);
	v->data = buf;
	v->length = SIZE_MAX;
	buf[0] = 1;
	refused(x);
	*v = good;
}

static void
wrong_numbers(void **state)
{
	struct rte_crypto_rsa_xform x = xform(&key, RTE_RSA_KEY_TYPE_QT);
	unsigned int i;

	(void)state;
	for (i = 0; numbers(&x, i) != NULL; i++)
		wrong_ones(&x, numbers(&x, i));
	both_forms(&key);
	x = xform(&key, RTE_RSA_KEY_TYPE_EXP);
	wrong_ones(&x, &x.n);
	wrong_ones(&x, &x.e);
	wrong_ones(&x, &x.d);
	same(&x, &key);
}

static void
leading_zeros(void **state)
{
	struct rte_crypto_rsa_xform x = xform(&key, RTE_RSA_KEY_TYPE_QT);
	static uint8_t buf[7][3 * ASYM_RSA_BYTES];
	unsigned int i;

	(void)state;
	for (i = 0; numbers(&x, i) != NULL; i++) {
		rte_crypto_uint *v = numbers(&x, i);
		size_t zeros = i == 0 ? 1 : 2 * ASYM_RSA_BYTES;

		memcpy(buf[i] + zeros, v->data, v->length);
		v->data = buf[i];
		v->length += zeros;
	}
	same(&x, &key);
}

/* p and q may change places if all else does. */
static void
exchanged_primes(void **state)
{
	struct rte_crypto_rsa_xform x = xform(&key, RTE_RSA_KEY_TYPE_QT);
	BIGNUM *p = BN_bin2bn(x.qt.p.data, (int)x.qt.p.length, NULL);
	BIGNUM *q = BN_bin2bn(x.qt.q.data, (int)x.qt.q.length, NULL);
	rte_crypto_uint prime = x.qt.p, exponent = x.qt.dP;
	uint8_t der[VCRYPTO_RSA_DER_MAX], qinv[ASYM_RSA_BYTES];
	BN_CTX *ctx = BN_CTX_new();

	(void)state;
	x.qt.p = x.qt.q;
	x.qt.q = prime;
	x.qt.dP = x.qt.dQ;
	x.qt.dQ = exponent;
	refused(&x);		/* qInv is of the other order */
	assert_non_null(BN_mod_inverse(p, p, q, ctx));
	x.qt.qInv = (rte_crypto_uint){ .data = qinv, .length = (size_t)BN_bn2bin(p, qinv) };
	assert_true(vcrypto_rsa_private_der(der, &x) > 0);
	BN_free(p);
	BN_free(q);
	BN_CTX_free(ctx);
}

/* n of three primes, or of one: e and d belong together, and yet it is no key here. */
static void
other_numbers_of_primes(void **state)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_new(), *phi = BN_new(), *prime = BN_new(), *e = BN_new(), *d = BN_new();
	uint8_t bytes[3][ASYM_RSA_BYTES];
	struct rte_crypto_rsa_xform x = { .key_type = RTE_RSA_KEY_TYPE_EXP };
	unsigned int primes, i;

	(void)state;
	BN_set_word(e, 65537);
	for (primes = 1; primes <= 3; primes += 2) {
		do {
			BN_one(n);
			BN_one(phi);
			for (i = 0; i < primes; i++) {
				BN_generate_prime_ex(prime, 256, 0, NULL, NULL, NULL);
				BN_mul(n, n, prime, ctx);
				BN_sub_word(prime, 1);
				BN_mul(phi, phi, prime, ctx);
			}
		} while (BN_mod_inverse(d, e, phi, ctx) == NULL);
		x.n = (rte_crypto_uint){ .data = bytes[0],
			.length = (size_t)BN_bn2bin(n, bytes[0]) };
		x.e = (rte_crypto_uint){ .data = bytes[1],
			.length = (size_t)BN_bn2bin(e, bytes[1]) };
		x.d = (rte_crypto_uint){ .data = bytes[2],
			.length = (size_t)BN_bn2bin(d, bytes[2]) };
		refused(&x);
	}
	BN_free(n);
	BN_free(phi);
	BN_free(prime);
	BN_free(e);
	BN_free(d);
	BN_CTX_free(ctx);
}

/* Whatever the library complained of in here, the program's own errors stay. */
static void
errors_of_others(void **state)
{
	struct rte_crypto_rsa_xform x = xform(&key, RTE_RSA_KEY_TYPE_QT);

	(void)state;
	ERR_clear_error();
	ERR_raise(ERR_LIB_USER, 42);
	x.qt.qInv = x.e;
	refused(&x);
	x.qt.p = x.n;
	refused(&x);
	assert_int_equal(ERR_GET_REASON(ERR_get_error()), 42);
	assert_int_equal(ERR_get_error(), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_keys),
		cmocka_unit_test(stored_keys),
		cmocka_unit_test(wrong_numbers),
		cmocka_unit_test(leading_zeros),
		cmocka_unit_test(exchanged_primes),
		cmocka_unit_test(other_numbers_of_primes),
		cmocka_unit_test(errors_of_others),
	};

	if (argc > 1)
		nb_random = (unsigned int)strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, make_key, free_key);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the completion of RSA private keys: PKCS #1 wants all eight numbers, an
 * rte_crypto xform has d or the quintuple.  The arithmetic is libcrypto's; secrets
 * live in numbers that are cleared when freed.
 */
#include <errno.h>
#include <string.h>

#include <openssl/bn.h>

#include "req_der.h"
#include "vcrypto_asym.h"
#include "vcrypto_mem.h"

/* Tries of a random base before n, e, d are declared no key: each fails with
 * probability at most one half.
 */
#define FACTOR_TRIES	100

enum { N, E, D, P, Q, DP, DQ, QINV, TMP1, TMP2, TMP3, TMP4, NB_NUMS };

struct key {
	BN_CTX *ctx;
	BIGNUM *num[NB_NUMS];
};

static void
key_free(struct key *k)
{
	unsigned int i;

	for (i = 0; i < NB_NUMS; i++)
		BN_clear_free(k->num[i]);
	BN_CTX_free(k->ctx);
}

static int
key_init(struct key *k)
{
	unsigned int i;

	memset(k, 0, sizeof(*k));
	k->ctx = BN_CTX_new();
	if (k->ctx == NULL)
		return -ENOMEM;
	for (i = 0; i < NB_NUMS; i++) {
		k->num[i] = BN_new();
		if (k->num[i] == NULL) {
			key_free(k);
			return -ENOMEM;
		}
		if (i != N && i != E)
			BN_set_flags(k->num[i], BN_FLG_CONSTTIME);
	}
	return 0;
}

static bool
load(struct key *k, unsigned int i, const rte_crypto_uint *v)
{
	return v->data != NULL && v->length != 0 && v->length <= VCRYPTO_RSA_MAX &&
		BN_bin2bn(v->data, (int)v->length, k->num[i]) != NULL && !BN_is_zero(k->num[i]);
}

/* dP, dQ, qInv from d, p, q. */
static bool
fill_crt(struct key *k)
{
	BIGNUM **x = k->num;

	return BN_sub(x[TMP1], x[P], BN_value_one()) &&
		BN_mod(x[DP], x[D], x[TMP1], k->ctx) &&
		BN_sub(x[TMP1], x[Q], BN_value_one()) &&
		BN_mod(x[DQ], x[D], x[TMP1], k->ctx) &&
		BN_mod_inverse(x[QINV], x[Q], x[P], k->ctx) != NULL;
}

/* d from p, q, e: the inverse of e modulo (p - 1)(q - 1). */
static bool
fill_d(struct key *k)
{
	BIGNUM **x = k->num;

	return BN_sub(x[TMP1], x[P], BN_value_one()) &&
		BN_sub(x[TMP2], x[Q], BN_value_one()) &&
		BN_mul(x[TMP3], x[TMP1], x[TMP2], k->ctx) &&
		BN_mod_inverse(x[D], x[E], x[TMP3], k->ctx) != NULL;
}

/* One random base of the probabilistic factoring: a square root of 1 other than 1 and
 * -1 gives a factor.  1 found, 0 not with this base, -1 failed.
 */
static int
try_base(struct key *k, int twos)
{
	BIGNUM **x = k->num;	/* TMP1 is the odd part of ed - 1 */
	int i;

	if (!BN_rand_range(x[TMP2], x[N]) ||
			!BN_mod_exp(x[TMP2], x[TMP2], x[TMP1], x[N], k->ctx))
		return -1;
	for (i = 0; i < twos; i++) {
		if (!BN_mod_sqr(x[TMP3], x[TMP2], x[N], k->ctx) ||
				!BN_sub(x[TMP4], x[N], BN_value_one()))
			return -1;
		if (BN_is_one(x[TMP3]) && !BN_is_one(x[TMP2]) && BN_cmp(x[TMP2], x[TMP4]) != 0) {
			if (!BN_sub(x[TMP4], x[TMP2], BN_value_one()) ||
					!BN_gcd(x[P], x[TMP4], x[N], k->ctx) ||
					!BN_div(x[Q], NULL, x[N], x[P], k->ctx))
				return -1;
			return 1;
		}
		if (BN_copy(x[TMP2], x[TMP3]) == NULL)
			return -1;
	}
	return 0;
}

/* p and q from n, e, d (NIST SP 800-56B, appendix C). */
static int
fill_primes(struct key *k)
{
	BIGNUM **x = k->num;
	int tries, twos = 0, rc = 0;

	if (!BN_is_odd(x[N]) || !BN_mul(x[TMP1], x[E], x[D], k->ctx) ||
			!BN_sub_word(x[TMP1], 1) || BN_is_odd(x[TMP1]) || BN_is_zero(x[TMP1]))
		return -EINVAL;
	while (!BN_is_odd(x[TMP1])) {
		if (!BN_rshift1(x[TMP1], x[TMP1]))
			return -ENOMEM;
		twos++;
	}
	for (tries = 0; tries < FACTOR_TRIES && rc == 0; tries++)
		rc = try_base(k, twos);
	if (rc != 1)
		return rc < 0 ? -ENOMEM : -EINVAL;
	/* PKCS #1 has the greater prime first; devices do not care, readers do. */
	if (BN_cmp(x[P], x[Q]) < 0)
		BN_swap(x[P], x[Q]);
	return 0;
}

static int
fill(struct key *k, const struct rte_crypto_rsa_xform *x)
{
	int rc;

	if (!load(k, N, &x->n) || !load(k, E, &x->e))
		return -EINVAL;
	if (x->key_type == RTE_RSA_KEY_TYPE_QT) {
		if (!load(k, P, &x->qt.p) || !load(k, Q, &x->qt.q) || !load(k, DP, &x->qt.dP) ||
				!load(k, DQ, &x->qt.dQ) || !load(k, QINV, &x->qt.qInv))
			return -EINVAL;
		/* The product must be the modulus, or the device computes nonsense. */
		if (!BN_mul(k->num[TMP1], k->num[P], k->num[Q], k->ctx) ||
				BN_cmp(k->num[TMP1], k->num[N]) != 0)
			return -EINVAL;
		return fill_d(k) ? 0 : -EINVAL;
	}
	if (!load(k, D, &x->d))
		return -EINVAL;
	rc = fill_primes(k);
	return rc != 0 ? rc : fill_crt(k) ? 0 : -EINVAL;
}

int
vcrypto_rsa_private_der(uint8_t *der, const struct rte_crypto_rsa_xform *x)
{
	uint8_t bytes[8][VCRYPTO_RSA_MAX];
	struct req_num num[8];
	struct key k;
	unsigned int i;
	int rc = key_init(&k);

	if (rc != 0)
		return rc;
	rc = fill(&k, x);
	for (i = 0; rc == 0 && i < 8; i++) {
		int len = BN_num_bytes(k.num[N + i]);

		if (len > VCRYPTO_RSA_MAX)
			rc = -EINVAL;
		else
			num[i] = (struct req_num){ bytes[i],
				(size_t)BN_bn2bin(k.num[N + i], bytes[i]) };
	}
	if (rc == 0)
		rc = req_der_rsa_private(der, VCRYPTO_RSA_DER_MAX, &(struct req_rsa_private){
				.n = num[N], .e = num[E], .d = num[D], .p = num[P], .q = num[Q],
				.dp = num[DP], .dq = num[DQ], .qinv = num[QINV] });
	vcrypto_mem_wipe(bytes, sizeof(bytes));
	key_free(&k);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the completion of RSA private keys: PKCS #1 requires all eight numbers, while an
 * rte_crypto xform has either d or the quintuple.  libcrypto does the arithmetic.  Secrets
 * are held in BIGNUMs that are cleared when freed.
 *
 * May call libcrypto's BN functions and lib/request's encoder.  Must not touch the device,
 * and must leave libcrypto's error queue as the program had it.
 */
#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/bnerr.h>
#include <openssl/err.h>

#include "req_der.h"
#include "device/vcrypto_limits.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_rsa_key.h"

/* Random bases to try before n, e and d are refused.  For a valid key each base fails with
 * a probability of at most one half; numbers that are no key fail with the first base.
 */
#define RSA_FACTOR_TRIES	100

enum { N, E, D, P, Q, DP, DQ, QINV, TMP1, TMP2, TMP3, TMP4, NB_NUMS };

struct rsa_key {
	BN_CTX *ctx;
	struct bignum_st *num[NB_NUMS];		/* BIGNUM: checkpatch takes that for a factor */
};

static void
rsa_key_free(struct rsa_key *k)
{
	unsigned int i;

	for (i = 0; i < NB_NUMS; i++)
		BN_clear_free(k->num[i]);
	BN_CTX_free(k->ctx);
}

static int
rsa_key_init(struct rsa_key *k)
{
	unsigned int i;

	memset(k, 0, sizeof(*k));
	k->ctx = BN_CTX_new();
	if (k->ctx == NULL)
		return -ENOMEM;
	for (i = 0; i < NB_NUMS; i++) {
		k->num[i] = BN_new();
		if (k->num[i] == NULL) {
			rsa_key_free(k);
			return -ENOMEM;
		}
		if (i != N && i != E)
			BN_set_flags(k->num[i], BN_FLG_CONSTTIME);
	}
	return 0;
}

static bool
rsa_key_load(struct rsa_key *k, unsigned int i, const rte_crypto_uint *v)
{
	const uint8_t *data = v->data;
	size_t len = v->length;

	if (data == NULL)
		return false;
	for (; len > VCRYPTO_RSA_MAX && *data == 0; len--)
		data++;
	return len != 0 && len <= VCRYPTO_RSA_MAX &&
		BN_bin2bn(data, (int)len, k->num[i]) != NULL && !BN_is_zero(k->num[i]);
}

/* True if a * b is 1 modulo m, or modulo m - 1 if less_one. */
static bool
rsa_inverse(struct rsa_key *k, const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, bool less_one)
{
	BIGNUM **x = k->num;

	return BN_copy(x[TMP1], m) != NULL && (!less_one || BN_sub_word(x[TMP1], 1)) &&
		BN_mod_mul(x[TMP2], a, b, x[TMP1], k->ctx) && BN_is_one(x[TMP2]);
}

/* Checks all equations of PKCS #1, 3.2, instead of testing p and q for primality.  A
 * composite p or q fails them, except in a key that was constructed to pass; such a key
 * harms only its owner.
 */
static bool
rsa_key_is_consistent(struct rsa_key *k)
{
	BIGNUM **x = k->num;

	return BN_mul(x[TMP1], x[P], x[Q], k->ctx) && BN_cmp(x[TMP1], x[N]) == 0 &&
		BN_cmp(x[D], x[N]) < 0 && BN_cmp(x[DP], x[P]) < 0 && BN_cmp(x[DQ], x[Q]) < 0 &&
		BN_cmp(x[QINV], x[P]) < 0 && rsa_inverse(k, x[E], x[DP], x[P], true) &&
		rsa_inverse(k, x[E], x[DQ], x[Q], true) &&
		rsa_inverse(k, x[Q], x[QINV], x[P], false) &&
		rsa_inverse(k, x[E], x[D], x[P], true) &&
		rsa_inverse(k, x[E], x[D], x[Q], true);
}

/* Computes dP, dQ and qInv from d, p and q. */
static bool
rsa_fill_crt(struct rsa_key *k)
{
	BIGNUM **x = k->num;

	return BN_sub(x[TMP1], x[P], BN_value_one()) &&
		BN_mod(x[DP], x[D], x[TMP1], k->ctx) &&
		BN_sub(x[TMP1], x[Q], BN_value_one()) &&
		BN_mod(x[DQ], x[D], x[TMP1], k->ctx) &&
		BN_mod_inverse(x[QINV], x[Q], x[P], k->ctx) != NULL;
}

/* Computes d from p, q and e: the inverse of e modulo the least common multiple of p - 1
 * and q - 1 (FIPS 186-4, B.3.1).
 */
static bool
rsa_fill_d(struct rsa_key *k)
{
	BIGNUM **x = k->num;

	return BN_sub(x[TMP1], x[P], BN_value_one()) &&
		BN_sub(x[TMP2], x[Q], BN_value_one()) &&
		BN_gcd(x[TMP3], x[TMP1], x[TMP2], k->ctx) &&
		BN_div(x[TMP4], NULL, x[TMP1], x[TMP3], k->ctx) &&
		BN_mul(x[TMP3], x[TMP4], x[TMP2], k->ctx) &&
		BN_mod_inverse(x[D], x[E], x[TMP3], k->ctx) != NULL;
}

/* Tries one random base of the probabilistic factoring: a square root of 1 other than 1
 * and -1 gives a factor.  1: p and q are found; 0: not with this base; -EINVAL: ed - 1 is
 * no multiple of the base's order, so the numbers are no key; -ENOMEM.
 */
static int
rsa_try_base(struct rsa_key *k, int twos)
{
	BIGNUM **x = k->num;	/* TMP1 is the odd part of ed - 1 */
	int i;

	do {
		if (!BN_rand_range(x[TMP2], x[N]))
			return -ENOMEM;
	} while (BN_is_zero(x[TMP2]));	/* probability below 2^-1000 */
	if (!BN_mod_exp(x[TMP2], x[TMP2], x[TMP1], x[N], k->ctx))
		return -ENOMEM;
	for (i = 0; i < twos; i++) {
		if (!BN_mod_sqr(x[TMP3], x[TMP2], x[N], k->ctx) ||
				!BN_sub(x[TMP4], x[N], BN_value_one()))
			return -ENOMEM;
		if (BN_is_one(x[TMP3]) && !BN_is_one(x[TMP2]) && BN_cmp(x[TMP2], x[TMP4]) != 0) {
			if (!BN_sub(x[TMP4], x[TMP2], BN_value_one()) ||
					!BN_gcd(x[P], x[TMP4], x[N], k->ctx) ||
					!BN_div(x[Q], NULL, x[N], x[P], k->ctx))
				return -ENOMEM;
			return 1;
		}
		if (BN_copy(x[TMP2], x[TMP3]) == NULL)
			return -ENOMEM;
	}
	return BN_is_one(x[TMP2]) ? 0 : -EINVAL;
}

/* Computes p and q from n, e and d (NIST SP 800-56B, appendix C). */
static int
rsa_fill_primes(struct rsa_key *k)
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
	for (tries = 0; tries < RSA_FACTOR_TRIES && rc == 0; tries++)
		rc = rsa_try_base(k, twos);
	if (rc != 1)
		return rc < 0 ? rc : -EINVAL;
	/* By convention p is the greater prime.  Devices accept either order. */
	if (BN_cmp(x[P], x[Q]) < 0)
		BN_swap(x[P], x[Q]);
	return 0;
}

static int
rsa_key_fill(struct rsa_key *k, const struct rte_crypto_rsa_xform *x)
{
	int rc;

	if (!rsa_key_load(k, N, &x->n) || !rsa_key_load(k, E, &x->e))
		return -EINVAL;
	if (x->key_type == RTE_RSA_KEY_TYPE_QT) {
		if (!rsa_key_load(k, P, &x->qt.p) || !rsa_key_load(k, Q, &x->qt.q) ||
				!rsa_key_load(k, DP, &x->qt.dP) ||
				!rsa_key_load(k, DQ, &x->qt.dQ) ||
				!rsa_key_load(k, QINV, &x->qt.qInv))
			return -EINVAL;
		return rsa_fill_d(k) && rsa_key_is_consistent(k) ? 0 : -EINVAL;
	}
	if (!rsa_key_load(k, D, &x->d))
		return -EINVAL;
	rc = rsa_fill_primes(k);
	return rc != 0 ? rc : rsa_fill_crt(k) && rsa_key_is_consistent(k) ? 0 : -EINVAL;
}

/* True if libcrypto's last error is a lack of memory, for which BN_CTX has a reason of its
 * own.
 */
static bool
rsa_out_of_memory(void)
{
	unsigned long e = ERR_peek_last_error();

	return ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE || (ERR_GET_LIB(e) == ERR_LIB_BN &&
		ERR_GET_REASON(e) == BN_R_TOO_MANY_TEMPORARY_VARIABLES);
}

int
vcrypto_rsa_private_der(uint8_t *der, const struct rte_crypto_rsa_xform *x)
{
	uint8_t bytes[8][VCRYPTO_RSA_MAX];
	struct req_num num[8];
	struct rsa_key k;
	unsigned int i;
	int rc = rsa_key_init(&k);

	if (rc != 0)
		return rc;
	/* The error queue belongs to the program, so it is not cleared.  The error raised
	 * here is the newest one unless libcrypto adds another: older errors of the program
	 * are not mistaken for a lack of memory.
	 */
	ERR_set_mark();
	ERR_raise(ERR_LIB_USER, ERR_R_OPERATION_FAIL);
	rc = rsa_key_fill(&k, x);
	/* A lack of memory does not mean that the key is wrong. */
	if (rc == -EINVAL && rsa_out_of_memory())
		rc = -ENOMEM;
	ERR_pop_to_mark();
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
	rsa_key_free(&k);
	return rc;
}

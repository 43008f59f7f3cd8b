/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the completion of RSA private keys: PKCS #1 wants all eight numbers, an
 * rte_crypto xform has d or the quintuple.  The arithmetic is libcrypto's; secrets
 * live in numbers that are cleared when freed.
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

/* Tries of a random base before n, e, d are declared no key: of a key each fails with
 * probability at most one half; what is no key shows with the first.
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
	const uint8_t *data = v->data;
	size_t len = v->length;

	if (data == NULL)
		return false;
	for (; len > VCRYPTO_RSA_MAX && *data == 0; len--)
		data++;
	return len != 0 && len <= VCRYPTO_RSA_MAX &&
		BN_bin2bn(data, (int)len, k->num[i]) != NULL && !BN_is_zero(k->num[i]);
}

/* a * b is 1 modulo m (modulo m - 1 if less_one). */
static bool
inverse(struct key *k, const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, bool less_one)
{
	BIGNUM **x = k->num;

	return BN_copy(x[TMP1], m) != NULL && (!less_one || BN_sub_word(x[TMP1], 1)) &&
		BN_mod_mul(x[TMP2], a, b, x[TMP1], k->ctx) && BN_is_one(x[TMP2]);
}

/* The equations of PKCS #1, 3.2, all of them, in place of a test of the primes: a prime
 * that is composite fails them, but for keys made to pass, which harm their owner only.
 */
static bool
consistent(struct key *k)
{
	BIGNUM **x = k->num;

	return BN_mul(x[TMP1], x[P], x[Q], k->ctx) && BN_cmp(x[TMP1], x[N]) == 0 &&
		BN_cmp(x[D], x[N]) < 0 && BN_cmp(x[DP], x[P]) < 0 && BN_cmp(x[DQ], x[Q]) < 0 &&
		BN_cmp(x[QINV], x[P]) < 0 && inverse(k, x[E], x[DP], x[P], true) &&
		inverse(k, x[E], x[DQ], x[Q], true) && inverse(k, x[Q], x[QINV], x[P], false) &&
		inverse(k, x[E], x[D], x[P], true) && inverse(k, x[E], x[D], x[Q], true);
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

/* d from p, q, e: the inverse of e modulo the least common multiple of p - 1 and q - 1
 * (FIPS 186-4, B.3.1).
 */
static bool
fill_d(struct key *k)
{
	BIGNUM **x = k->num;

	return BN_sub(x[TMP1], x[P], BN_value_one()) &&
		BN_sub(x[TMP2], x[Q], BN_value_one()) &&
		BN_gcd(x[TMP3], x[TMP1], x[TMP2], k->ctx) &&
		BN_div(x[TMP4], NULL, x[TMP1], x[TMP3], k->ctx) &&
		BN_mul(x[TMP3], x[TMP4], x[TMP2], k->ctx) &&
		BN_mod_inverse(x[D], x[E], x[TMP3], k->ctx) != NULL;
}

/* One random base of the probabilistic factoring: a square root of 1 other than 1 and
 * -1 gives a factor.  1 found; 0 not with this base; -EINVAL: no multiple of the base's
 * order, so no key; -ENOMEM.
 */
static int
try_base(struct key *k, int twos)
{
	BIGNUM **x = k->num;	/* TMP1 is the odd part of ed - 1 */
	int i;

	do {
		if (!BN_rand_range(x[TMP2], x[N]))
			return -ENOMEM;
	} while (BN_is_zero(x[TMP2]));	/* once in 2^1000 */
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
		return rc < 0 ? rc : -EINVAL;
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
		return fill_d(k) && consistent(k) ? 0 : -EINVAL;
	}
	if (!load(k, D, &x->d))
		return -EINVAL;
	rc = fill_primes(k);
	return rc != 0 ? rc : fill_crt(k) && consistent(k) ? 0 : -EINVAL;
}

/* The last error is one of memory.  BN_CTX says so in words of its own. */
static bool
out_of_memory(void)
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
	struct key k;
	unsigned int i;
	int rc = key_init(&k);

	if (rc != 0)
		return rc;
	/* The program's own errors are not ours to clear, and are none of ours: the last one
	 * is one of libcrypto's from here on if it is another than this.
	 */
	ERR_set_mark();
	ERR_raise(ERR_LIB_USER, ERR_R_OPERATION_FAIL);
	rc = fill(&k, x);
	/* No memory says nothing about the key. */
	if (rc == -EINVAL && out_of_memory())
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
	key_free(&k);
	return rc;
}

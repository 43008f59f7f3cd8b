/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A driver's asymmetric keys: DER is read here with every length checked, the numbers
 * are looked at before the library sees them, and what cannot be a key is refused.  A
 * key that is only wrong (composite primes, say) spoils its owner's results and
 * nothing else: the library notices a wrong result of the primes and computes it again
 * with the private exponent, which costs a quarter more than that exponent alone.
 */
#include <errno.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "engine.h"
#include "engine_openssl_key.h"
#include "engine_openssl_lib.h"

#define SMALL_EXPONENT_BITS	64	/* larger public exponents only cost time */
#define SMALL_FACTOR_MAX	255	/* no modulus has a divisor up to this */

/* The rest of some DER. */
struct der {
	const uint8_t *p;
	size_t len;
};

/* Steps into a constructed value or over a primitive one: out is its content.  Definite
 * lengths of at most 4 bytes.  false if there is no such value.
 */
static bool
key_der_get(struct der *out, struct der *in, uint8_t tag)
{
	size_t len, head = 2, i, n;

	if (in->len < 2 || in->p[0] != tag)
		return false;
	len = in->p[1];
	if (len >= 0x80) {
		n = len & 0x7f;
		if (n == 0 || n > 4 || in->len < 2 + n)
			return false;
		for (len = 0, i = 0; i < n; i++)
			len = len << 8 | in->p[2 + i];
		head += n;
	}
	if (len > in->len - head)
		return false;
	out->p = in->p + head;
	out->len = len;
	in->p += head + len;
	in->len -= head + len;
	return true;
}

/* An INTEGER, read as a number without sign; NULL if there is none.  No number of a key is
 * negative, so a set top bit says only that the sign byte (X.690, 8.3) was left out: Linux's
 * own test keys of virtio-crypto-rsa lack it, and QEMU's device takes them.
 */
static BIGNUM *
key_der_integer(struct der *in)
{
	struct der v;

	if (!key_der_get(&v, in, V_ASN1_INTEGER) || v.len == 0 || v.len > INT32_MAX)
		return NULL;
	return BN_bin2bn(v.p, (int)v.len, NULL);
}

/* ---- RSA ---- */

/* In the order of RSAPrivateKey; the first two are RSAPublicKey. */
enum { N, E, D, P, Q, DP, DQ, QINV, NB_RSA };

static const char * const key_rsa_name[NB_RSA] = {
	[N] = OSSL_PKEY_PARAM_RSA_N,
	[E] = OSSL_PKEY_PARAM_RSA_E,
	[D] = OSSL_PKEY_PARAM_RSA_D,
	[P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
	[DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
	[QINV] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/* Fills in v and *nb; what was read is the caller's to free, on failure too. */
static int
key_rsa_read(BIGNUM *v[NB_RSA], unsigned int *nb, struct der in, bool private)
{
	struct der seq;
	BIGNUM *version;
	bool ok;

	*nb = private ? NB_RSA : E + 1;
	if (!key_der_get(&seq, &in, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED) || in.len != 0)
		return -EINVAL;
	if (private) {
		version = key_der_integer(&seq);
		ok = version != NULL && BN_is_zero(version);	/* two primes */
		BN_free(version);
		if (!ok)
			return -EINVAL;
	}
	for (unsigned int i = 0; i < *nb; i++) {
		v[i] = key_der_integer(&seq);
		if (v[i] == NULL)
			return -EINVAL;
	}
	return seq.len == 0 ? 0 : -EINVAL;
}

/* Blinding needs a random number that has an inverse.  With small factors few have one, and the
 * library tries up to 32 numbers for each operation.
 */
static bool
key_rsa_has_small_factor(const BIGNUM *n)
{
	BN_ULONG divisor;

	for (divisor = 3; divisor <= SMALL_FACTOR_MAX; divisor += 2)
		if (BN_mod_word(n, divisor) == 0)
			return true;
	return false;
}

/* The cost of an operation grows with the cube of the longer prime's length: with one of the
 * modulus' own length it is three times that of no primes at all.
 */
static bool
key_rsa_balanced(BIGNUM *v[NB_RSA])
{
	int p = BN_num_bits(v[P]), q = BN_num_bits(v[Q]);
	int longest = BN_num_bits(v[N]) / 16 * 9 + 1;

	return p <= longest && q <= longest;
}

static bool
key_rsa_factors_ok(BIGNUM *v[NB_RSA])
{
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *n = BN_new();
	bool ok;

	ok = ctx != NULL && n != NULL && key_rsa_balanced(v) &&
			BN_is_odd(v[P]) && BN_is_odd(v[Q]) &&
			BN_mul(n, v[P], v[Q], ctx) == 1 && BN_cmp(n, v[N]) == 0 &&
			BN_cmp(v[DP], v[P]) < 0 && BN_cmp(v[DQ], v[Q]) < 0 &&
			BN_cmp(v[QINV], v[P]) < 0 && !BN_is_zero(v[DP]) && !BN_is_zero(v[DQ]);
	BN_clear_free(n);
	BN_CTX_free(ctx);
	return ok;
}

static int
key_rsa_check(BIGNUM *v[NB_RSA], unsigned int *nb)
{
	int bits = BN_num_bits(v[N]);

	if (bits < VCRYPTOD_RSA_BITS_MIN || bits > (int)vcryptod_engine_rsa_bits())
		return -ENOTSUP;
	if (!BN_is_odd(v[N]) || !BN_is_odd(v[E]) || BN_is_one(v[E]) ||
			key_rsa_has_small_factor(v[N]))
		return -EINVAL;
	if (BN_num_bits(v[E]) > SMALL_EXPONENT_BITS)
		return -ENOTSUP;
	if (*nb != NB_RSA)
		return 0;
	if (BN_is_zero(v[D]) || BN_cmp(v[D], v[N]) >= 0)
		return -EINVAL;
	if (BN_is_zero(v[P]) || BN_is_zero(v[Q])) {
		*nb = D + 1;
		return 0;
	}
	return key_rsa_factors_ok(v) ? 0 : -EINVAL;
}

static int
key_from_data(EVP_PKEY **pkey, const char *type, bool private, OSSL_PARAM_BLD *bld)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(vcryptod_ossl.lib, type, NULL);
	int rc = -ENOMEM;

	*pkey = NULL;
	if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		rc = EVP_PKEY_fromdata(ctx, pkey, private ? EVP_PKEY_KEYPAIR :
				EVP_PKEY_PUBLIC_KEY, params) == 1 ? 0 : -EINVAL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return rc;
}

int
vcryptod_ossl_rsa_key(EVP_PKEY **pkey, const struct req_session *p, const uint8_t *der)
{
	bool private = p->key_type == VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	struct der in = { der, p->key_len };
	BIGNUM *v[NB_RSA] = { NULL };
	unsigned int nb, i;
	int rc;

	rc = key_rsa_read(v, &nb, in, private);
	if (rc == 0)
		rc = key_rsa_check(v, &nb);
	if (rc == 0 && bld == NULL)
		rc = -ENOMEM;
	for (i = 0; i < nb && rc == 0; i++)
		if (OSSL_PARAM_BLD_push_BN(bld, key_rsa_name[i], v[i]) != 1)
			rc = -ENOMEM;
	if (rc == 0)
		rc = key_from_data(pkey, "RSA", private, bld);
	OSSL_PARAM_BLD_free(bld);
	for (i = 0; i < NB_RSA; i++)
		BN_clear_free(v[i]);
	return rc;
}

/* ---- ECDSA ---- */

static const struct {
	const char *name;
	int nid;
	uint32_t len;	/* bytes of a field element */
} key_curve[] = {
	[VIRTIO_CRYPTO_CURVE_NIST_P192] = { SN_X9_62_prime192v1, NID_X9_62_prime192v1, 24 },
	[VIRTIO_CRYPTO_CURVE_NIST_P224] = { SN_secp224r1, NID_secp224r1, 28 },
	[VIRTIO_CRYPTO_CURVE_NIST_P256] = { SN_X9_62_prime256v1, NID_X9_62_prime256v1, 32 },
	[VIRTIO_CRYPTO_CURVE_NIST_P384] = { SN_secp384r1, NID_secp384r1, 48 },
	[VIRTIO_CRYPTO_CURVE_NIST_P521] = { SN_secp521r1, NID_secp521r1, 66 },
};

#define NB_CURVES	(sizeof(key_curve) / sizeof(key_curve[0]))

/* ECPrivateKey: version 1, the key, and perhaps the curve, which then must be the session's. */
static BIGNUM *
key_ec_private(struct der in, uint32_t id)
{
	struct der seq, key, params, oid;
	const ASN1_OBJECT *want = OBJ_nid2obj(key_curve[id].nid);
	BIGNUM *version;
	bool ok;

	if (!key_der_get(&seq, &in, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED) || in.len != 0)
		return NULL;
	version = key_der_integer(&seq);
	ok = version != NULL && BN_is_one(version);
	BN_free(version);
	if (!ok || !key_der_get(&key, &seq, V_ASN1_OCTET_STRING) || key.len == 0 ||
			key.len > key_curve[id].len)
		return NULL;
	if (key_der_get(&params, &seq, 0xa0) && (!key_der_get(&oid, &params, V_ASN1_OBJECT) ||
			oid.len != OBJ_length(want) ||
			memcmp(oid.p, OBJ_get0_data(want), oid.len) != 0))
		return NULL;
	return BN_bin2bn(key.p, (int)key.len, NULL);
}

/* The scalar lies in 1 .. order - 1; a point lies on the curve and is not its origin. */
static int
key_ec_check(EVP_PKEY *pkey, bool private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(vcryptod_ossl.lib, pkey, NULL);
	bool ok;

	if (ctx == NULL)
		return -ENOMEM;
	ok = (private ? EVP_PKEY_private_check(ctx) : EVP_PKEY_public_check_quick(ctx)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : -EINVAL;
}

static int
key_ec_push(OSSL_PARAM_BLD *bld, BIGNUM *d, const struct req_session *p, const uint8_t *der)
{
	if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
			key_curve[p->curve].name, 0) != 1)
		return -ENOMEM;
	if (d != NULL)
		return OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1 ? 0 : -ENOMEM;
	return OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, der,
			p->key_len) == 1 ? 0 : -ENOMEM;
}

int
vcryptod_ossl_ec_key(EVP_PKEY **pkey, const struct req_session *p, const uint8_t *der)
{
	bool private = p->key_type == VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE;
	int rc;
	struct der in = { der, p->key_len };
	OSSL_PARAM_BLD *bld;
	BIGNUM *d = NULL;

	*pkey = NULL;
	if (p->curve == VIRTIO_CRYPTO_CURVE_UNKNOWN || p->curve >= NB_CURVES ||
			!(vcryptod_ossl.curves & 1u << p->curve))
		return -ENOTSUP;
	if (private) {
		d = key_ec_private(in, p->curve);
		if (d == NULL)
			return -EINVAL;
		BN_set_flags(d, BN_FLG_CONSTTIME);
	}
	bld = OSSL_PARAM_BLD_new();
	rc = bld == NULL ? -ENOMEM : key_ec_push(bld, d, p, der);
	if (rc == 0)
		rc = key_from_data(pkey, "EC", private, bld);
	if (rc == 0)
		rc = key_ec_check(*pkey, private);
	if (rc != 0) {
		EVP_PKEY_free(*pkey);
		*pkey = NULL;
	}
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(d);
	return rc;
}

unsigned int
vcryptod_ossl_curves(void)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	unsigned int i, have = 0;
	EVP_PKEY_CTX *ctx;

	for (i = 1; i < NB_CURVES; i++) {
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
				(char *)(uintptr_t)key_curve[i].name, 0);
		ctx = EVP_PKEY_CTX_new_from_name(vcryptod_ossl.lib, "EC", NULL);
		if (ctx != NULL && EVP_PKEY_paramgen_init(ctx) == 1 &&
				EVP_PKEY_CTX_set_params(ctx, params) == 1)
			have |= 1u << i;
		EVP_PKEY_CTX_free(ctx);
	}
	return have;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * RSA and ECDSA by OpenSSL 3's own interface: keys from numbers, one function per
 * operation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "asym_host.h"

#define NB(a)		((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	uint32_t len;
	const char *ossl;
} hashes[] = {
	[ASYM_MD5] = { 16, "MD5" },
	[ASYM_SHA1] = { 20, "SHA1" },
	[ASYM_SHA224] = { 28, "SHA224" },
	[ASYM_SHA256] = { 32, "SHA256" },
	[ASYM_SHA384] = { 48, "SHA384" },
	[ASYM_SHA512] = { 64, "SHA512" },
};

const char * const asym_hash_name[ASYM_NB_HASHES] = {
	"md5", "sha1", "sha224", "sha256", "sha384", "sha512"
};

static const struct {
	uint32_t len;
	const char *ossl;
} curves[] = {
	[ASYM_P192] = { 24, "prime192v1" },
	[ASYM_P224] = { 28, "secp224r1" },
	[ASYM_P256] = { 32, "prime256v1" },
	[ASYM_P384] = { 48, "secp384r1" },
	[ASYM_P521] = { 66, "secp521r1" },
};

const char * const asym_curve_name[ASYM_NB_CURVES] = {
	"p192", "p224", "p256", "p384", "p521"
};

static int
find(const char * const *names, int nb, const char *name)
{
	int i;

	for (i = 0; i < nb; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

int
asym_hash_find(const char *name)
{
	return find(asym_hash_name, NB(asym_hash_name), name);
}

int
asym_curve_find(const char *name)
{
	return find(asym_curve_name, NB(asym_curve_name), name);
}

uint32_t
asym_hash_len(enum asym_hash hash)
{
	return hashes[hash].len;
}

static void __attribute__((noreturn))
give_up(const char *what)
{
	fprintf(stderr, "OpenSSL on this machine can't %s\n", what);
	exit(1);
}

uint32_t
asym_digest(uint8_t *out, enum asym_hash hash, const struct kat_bytes *msg)
{
	size_t len;

	if (EVP_Q_digest(NULL, hashes[hash].ossl, NULL, msg->data, msg->len, out, &len) != 1)
		give_up("compute a digest");
	return (uint32_t)len;
}

void
asym_random(uint8_t *out, size_t len)
{
	if (RAND_bytes(out, (int)len) != 1)
		give_up("give random bytes");
}

static EVP_PKEY *
from_data(const char *type, int selection, OSSL_PARAM_BLD *bld)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
			EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

static BIGNUM *
number(const struct kat_bytes *b)
{
	BIGNUM *n = BN_bin2bn(b->data, (int)b->len, NULL);

	if (n == NULL)
		give_up("make a number");
	return n;
}

/* ---- RSA ---- */

static const char * const rsa_param[RSA_NB] = {
	OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static int
set_number(struct kat_bytes *b, const BIGNUM *n)
{
	b->len = (uint32_t)BN_num_bytes(n);
	b->data = malloc(b->len + 1);
	if (b->data == NULL)
		return -1;
	return BN_bn2bin(n, b->data) == (int)b->len ? 0 : -1;
}

/* k's numbers from its pkey. */
static int
rsa_numbers(struct asym_rsa *k, int private_key)
{
	int i, rc = 0;

	for (i = 0; i < (private_key ? RSA_NB : RSA_D) && rc == 0; i++) {
		BIGNUM *n = NULL;

		rc = EVP_PKEY_get_bn_param(k->pkey, rsa_param[i], &n) == 1 ?
			set_number(&k->num[i], n) : -1;
		BN_clear_free(n);
	}
	k->bits = (uint32_t)EVP_PKEY_get_bits(k->pkey);
	k->len = (k->bits + 7) / 8;
	return rc;
}

/* dP, dQ, qInv. */
static int
fill_crt(BIGNUM *v[RSA_NB])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *t = BN_new();
	int ok;

	v[RSA_DP] = BN_new();
	v[RSA_DQ] = BN_new();
	v[RSA_QINV] = BN_new();
	ok = ctx != NULL && t != NULL && v[RSA_QINV] != NULL &&
		BN_sub(t, v[RSA_P], BN_value_one()) && BN_mod(v[RSA_DP], v[RSA_D], t, ctx) &&
		BN_sub(t, v[RSA_Q], BN_value_one()) && BN_mod(v[RSA_DQ], v[RSA_D], t, ctx) &&
		BN_mod_inverse(v[RSA_QINV], v[RSA_Q], v[RSA_P], ctx) != NULL;
	BN_free(t);
	BN_CTX_free(ctx);
	return ok ? 0 : -1;
}

int
asym_rsa_load(struct asym_rsa *k, const struct kat_bytes num[ASYM_Q + 1])
{
	int has_d = num[ASYM_D].len != 0, has_p = has_d && num[ASYM_P].len != 0, i, rc = 0;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *v[RSA_NB] = { NULL };

	memset(k, 0, sizeof(*k));
	for (i = 0; i <= (has_p ? RSA_Q : has_d ? RSA_D : RSA_E); i++)
		v[i] = number(&num[i]);
	if (has_p)
		rc = fill_crt(v);
	for (i = 0; i < RSA_NB && rc == 0; i++)
		if (v[i] != NULL && OSSL_PARAM_BLD_push_BN(bld, rsa_param[i], v[i]) != 1)
			rc = -1;
	if (rc == 0)
		k->pkey = from_data("RSA", has_d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, bld);
	if (k->pkey == NULL || rsa_numbers(k, has_p) != 0) {
		fprintf(stderr, "OpenSSL does not take an RSA key\n");
		rc = -1;
	}
	OSSL_PARAM_BLD_free(bld);
	for (i = 0; i < RSA_NB; i++)
		BN_clear_free(v[i]);
	return rc;
}

int
asym_rsa_generate(struct asym_rsa *k, unsigned int bits)
{
	memset(k, 0, sizeof(*k));
	k->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
	if (k->pkey != NULL && rsa_numbers(k, 1) == 0)
		return 0;
	fprintf(stderr, "OpenSSL does not make an RSA key of %u bits\n", bits);
	return -1;
}

void
asym_rsa_free(struct asym_rsa *k)
{
	int i;

	for (i = 0; i < RSA_NB; i++)
		free(k->num[i].data);
	EVP_PKEY_free(k->pkey);
	memset(k, 0, sizeof(*k));
}

/* A context for one operation with this padding and hash; NULL if refused. */
static EVP_PKEY_CTX *
begin(const struct asym_rsa *k, int (*init)(EVP_PKEY_CTX *), int padding, enum asym_hash hash)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	EVP_MD *md = hash == ASYM_NO_HASH ? NULL : EVP_MD_fetch(NULL, hashes[hash].ossl, NULL);
	int ok = ctx != NULL && init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
		(hash == ASYM_NO_HASH || (md != NULL &&
		EVP_PKEY_CTX_set_signature_md(ctx, md) == 1));

	EVP_MD_free(md);
	if (ok)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

typedef int (*produce_fn)(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *out_len,
		const unsigned char *in, size_t in_len);

static int
produce(uint8_t *out, const struct asym_rsa *k, EVP_PKEY_CTX *ctx, produce_fn run,
		const uint8_t *in, size_t in_len)
{
	size_t len = k->len;
	int ok = ctx != NULL && run(ctx, out, &len, in, in_len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok ? (int)len : -1;
}

int
asym_rsa_public(uint8_t *out, const struct asym_rsa *k, const uint8_t *in)
{
	return produce(out, k, begin(k, EVP_PKEY_encrypt_init, RSA_NO_PADDING, ASYM_NO_HASH),
			EVP_PKEY_encrypt, in, k->len) == (int)k->len ? 0 : -1;
}

int
asym_rsa_private(uint8_t *out, const struct asym_rsa *k, const uint8_t *in)
{
	return produce(out, k, begin(k, EVP_PKEY_decrypt_init, RSA_NO_PADDING, ASYM_NO_HASH),
			EVP_PKEY_decrypt, in, k->len) == (int)k->len ? 0 : -1;
}

int
asym_rsa_encrypt(uint8_t *out, const struct asym_rsa *k, const struct kat_bytes *msg)
{
	return produce(out, k, begin(k, EVP_PKEY_encrypt_init, RSA_PKCS1_PADDING, ASYM_NO_HASH),
			EVP_PKEY_encrypt, msg->data, msg->len);
}

int
asym_rsa_decrypt(uint8_t *out, const struct asym_rsa *k, const struct kat_bytes *cipher)
{
	return produce(out, k, begin(k, EVP_PKEY_decrypt_init, RSA_PKCS1_PADDING, ASYM_NO_HASH),
			EVP_PKEY_decrypt, cipher->data, cipher->len);
}

int
asym_rsa_sign(uint8_t *out, const struct asym_rsa *k, enum asym_hash hash,
		const struct kat_bytes *digest)
{
	return produce(out, k, begin(k, EVP_PKEY_sign_init, RSA_PKCS1_PADDING, hash),
			EVP_PKEY_sign, digest->data, digest->len);
}

int
asym_rsa_verify(const struct asym_rsa *k, enum asym_hash hash, const struct kat_bytes *digest,
		const struct kat_bytes *sig)
{
	EVP_PKEY_CTX *ctx = begin(k, EVP_PKEY_verify_init, RSA_PKCS1_PADDING, hash);
	int ok = ctx != NULL && EVP_PKEY_verify(ctx, sig->data, sig->len, digest->data,
			digest->len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* ---- ECDSA ---- */

static int
ec_number(uint8_t *out, const struct asym_ec *k, const char *param)
{
	BIGNUM *n = NULL;
	int ok = EVP_PKEY_get_bn_param(k->pkey, param, &n) == 1 &&
		BN_bn2binpad(n, out, (int)k->len) == (int)k->len;

	BN_clear_free(n);
	return ok ? 0 : -1;
}

static int
ec_numbers(struct asym_ec *k, enum asym_curve curve, int has_d)
{
	k->curve = curve;
	k->len = curves[curve].len;
	k->has_d = has_d;
	if (k->pkey != NULL && ec_number(k->x, k, OSSL_PKEY_PARAM_EC_PUB_X) == 0 &&
			ec_number(k->y, k, OSSL_PKEY_PARAM_EC_PUB_Y) == 0 &&
			ec_number(k->order, k, OSSL_PKEY_PARAM_EC_ORDER) == 0 &&
			(!has_d || ec_number(k->d, k, OSSL_PKEY_PARAM_PRIV_KEY) == 0))
		return 0;
	fprintf(stderr, "OpenSSL does not take or make a key on %s\n", asym_curve_name[curve]);
	return -1;
}

/* A coordinate at the curve's size; files leave leading zeros out, or have one more. */
static int
pad(uint8_t *out, uint32_t len, const struct kat_bytes *v)
{
	BIGNUM *n = number(v);
	int ok = BN_bn2binpad(n, out, (int)len) == (int)len;

	BN_free(n);
	return ok ? 0 : -1;
}

int
asym_ec_load(struct asym_ec *k, enum asym_curve curve, const struct kat_bytes *d,
		const struct kat_bytes *x, const struct kat_bytes *y)
{
	uint8_t point[1 + 2 * ASYM_EC_BYTES] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	uint32_t len = curves[curve].len;
	BIGNUM *n = d->len != 0 ? number(d) : NULL;

	memset(k, 0, sizeof(*k));
	if (pad(point + 1, len, x) == 0 && pad(point + 1 + len, len, y) == 0 &&
			OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
				curves[curve].ossl, 0) == 1 &&
			OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
				1 + 2 * len) == 1 &&
			(n == NULL || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY,
				n) == 1))
		k->pkey = from_data("EC", n != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, bld);
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(n);
	return ec_numbers(k, curve, d->len != 0);
}

int
asym_ec_generate(struct asym_ec *k, enum asym_curve curve)
{
	memset(k, 0, sizeof(*k));
	k->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[curve].ossl);
	return ec_numbers(k, curve, 1);
}

void
asym_ec_free(struct asym_ec *k)
{
	EVP_PKEY_free(k->pkey);
	memset(k, 0, sizeof(*k));
}

int
asym_ec_sign(uint8_t *r, uint8_t *s, const struct asym_ec *k, const struct kat_bytes *digest)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	unsigned char der[2 * ASYM_EC_BYTES + 16];
	const unsigned char *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig = NULL;
	int ok;

	if (ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
			EVP_PKEY_sign(ctx, der, &len, digest->data, digest->len) == 1)
		sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	ok = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), r, (int)k->len) == (int)k->len &&
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), s, (int)k->len) == (int)k->len;
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : -1;
}

int
asym_ec_verify(const struct asym_ec *k, const struct kat_bytes *digest,
		const struct kat_bytes *r, const struct kat_bytes *s)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len = -1, ok;

	if (sig != NULL && ECDSA_SIG_set0(sig, number(r), number(s)) == 1)
		len = i2d_ECDSA_SIG(sig, &der);
	ok = len > 0 && ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
		EVP_PKEY_verify(ctx, der, (size_t)len, digest->data, digest->len) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

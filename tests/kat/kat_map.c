/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of names and the filling of xforms.  An algorithm of virtio that
 * rte_cryptodev has no number for stands here with -1: its vectors are skipped
 * with that reason instead of vanishing.
 */
#include <stdio.h>
#include <string.h>

#include <rte_version.h>

#include "kat_map.h"

#define NO_NUMBER	(-1)

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define SHAKE_128	RTE_CRYPTO_AUTH_SHAKE_128
#define SHAKE_256	RTE_CRYPTO_AUTH_SHAKE_256
#else
#define SHAKE_128	NO_NUMBER
#define SHAKE_256	NO_NUMBER
#endif

static const struct kat_alg table[] = {
	{ "aes-ecb", KAT_CIPHER, RTE_CRYPTO_CIPHER_AES_ECB, 0 },
	{ "aes-cbc", KAT_CIPHER, RTE_CRYPTO_CIPHER_AES_CBC, 0 },
	{ "aes-ctr", KAT_CIPHER, RTE_CRYPTO_CIPHER_AES_CTR, 0 },
	{ "aes-xts", KAT_CIPHER, RTE_CRYPTO_CIPHER_AES_XTS, 0 },
	{ "aes-f8", KAT_CIPHER, RTE_CRYPTO_CIPHER_AES_F8, 0 },
	{ "des-ecb", KAT_CIPHER, NO_NUMBER, 0 },
	{ "des-cbc", KAT_CIPHER, RTE_CRYPTO_CIPHER_DES_CBC, 0 },
	{ "3des-ecb", KAT_CIPHER, RTE_CRYPTO_CIPHER_3DES_ECB, 0 },
	{ "3des-cbc", KAT_CIPHER, RTE_CRYPTO_CIPHER_3DES_CBC, 0 },
	{ "3des-ctr", KAT_CIPHER, RTE_CRYPTO_CIPHER_3DES_CTR, 0 },
	{ "arc4", KAT_CIPHER, RTE_CRYPTO_CIPHER_ARC4, 0 },
	{ "kasumi-f8", KAT_CIPHER, RTE_CRYPTO_CIPHER_KASUMI_F8, 1 },
	{ "snow3g-uea2", KAT_CIPHER, RTE_CRYPTO_CIPHER_SNOW3G_UEA2, 1 },
	{ "zuc-eea3", KAT_CIPHER, RTE_CRYPTO_CIPHER_ZUC_EEA3, 1 },

	{ "md5", KAT_HASH, RTE_CRYPTO_AUTH_MD5, 0 },
	{ "sha1", KAT_HASH, RTE_CRYPTO_AUTH_SHA1, 0 },
	{ "sha2-224", KAT_HASH, RTE_CRYPTO_AUTH_SHA224, 0 },
	{ "sha2-256", KAT_HASH, RTE_CRYPTO_AUTH_SHA256, 0 },
	{ "sha2-384", KAT_HASH, RTE_CRYPTO_AUTH_SHA384, 0 },
	{ "sha2-512", KAT_HASH, RTE_CRYPTO_AUTH_SHA512, 0 },
	{ "sha3-224", KAT_HASH, RTE_CRYPTO_AUTH_SHA3_224, 0 },
	{ "sha3-256", KAT_HASH, RTE_CRYPTO_AUTH_SHA3_256, 0 },
	{ "sha3-384", KAT_HASH, RTE_CRYPTO_AUTH_SHA3_384, 0 },
	{ "sha3-512", KAT_HASH, RTE_CRYPTO_AUTH_SHA3_512, 0 },
	{ "shake-128", KAT_HASH, SHAKE_128, 0 },
	{ "shake-256", KAT_HASH, SHAKE_256, 0 },

	{ "hmac-md5", KAT_MAC, RTE_CRYPTO_AUTH_MD5_HMAC, 0 },
	{ "hmac-sha1", KAT_MAC, RTE_CRYPTO_AUTH_SHA1_HMAC, 0 },
	{ "hmac-sha2-224", KAT_MAC, RTE_CRYPTO_AUTH_SHA224_HMAC, 0 },
	{ "hmac-sha2-256", KAT_MAC, RTE_CRYPTO_AUTH_SHA256_HMAC, 0 },
	{ "hmac-sha2-384", KAT_MAC, RTE_CRYPTO_AUTH_SHA384_HMAC, 0 },
	{ "hmac-sha2-512", KAT_MAC, RTE_CRYPTO_AUTH_SHA512_HMAC, 0 },
	{ "3des-cmac", KAT_MAC, NO_NUMBER, 0 },
	{ "aes-cmac", KAT_MAC, RTE_CRYPTO_AUTH_AES_CMAC, 0 },
	{ "aes-cbc-mac", KAT_MAC, RTE_CRYPTO_AUTH_AES_CBC_MAC, 0 },
	{ "aes-xcbc-mac", KAT_MAC, RTE_CRYPTO_AUTH_AES_XCBC_MAC, 0 },
	{ "aes-gmac", KAT_MAC, RTE_CRYPTO_AUTH_AES_GMAC, 0 },
	{ "kasumi-f9", KAT_MAC, RTE_CRYPTO_AUTH_KASUMI_F9, 1 },
	{ "snow3g-uia2", KAT_MAC, RTE_CRYPTO_AUTH_SNOW3G_UIA2, 1 },
	{ "zuc-eia3", KAT_MAC, RTE_CRYPTO_AUTH_ZUC_EIA3, 1 },

	{ "aes-gcm", KAT_AEAD, RTE_CRYPTO_AEAD_AES_GCM, 0 },
	{ "aes-ccm", KAT_AEAD, RTE_CRYPTO_AEAD_AES_CCM, 0 },
	{ "chacha20-poly1305", KAT_AEAD, RTE_CRYPTO_AEAD_CHACHA20_POLY1305, 0 },
};

const struct kat_alg *
kat_alg_table(unsigned int *nb)
{
	*nb = RTE_DIM(table);
	return table;
}

const struct kat_alg *
kat_alg_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

int
kat_wanted(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *s;

	for (s = list; s != NULL; s = strchr(s, ',')) {
		s += *s == ',';
		if (strncmp(s, name, n) == 0 && (s[n] == '\0' || s[n] == ','))
			return 1;
	}
	return list == NULL;
}

int
kat_check_names(const char *list)
{
	char name[KAT_NAME_MAX];
	size_t n;

	while (list != NULL && *list != '\0') {
		n = strcspn(list, ",");
		snprintf(name, sizeof(name), "%.*s", (int)n, list);
		if (kat_alg_find(name) == NULL) {
			fprintf(stderr, "no algorithm is named '%s'\n", name);
			return -1;
		}
		list += n + (list[n] == ',');
	}
	return 0;
}

static void
fill_cipher(struct rte_crypto_sym_xform *x, const struct kat_params *p)
{
	x->type = RTE_CRYPTO_SYM_XFORM_CIPHER;
	x->cipher.op = p->encrypt ? RTE_CRYPTO_CIPHER_OP_ENCRYPT : RTE_CRYPTO_CIPHER_OP_DECRYPT;
	x->cipher.algo = (enum rte_crypto_cipher_algorithm)p->alg->number;
	x->cipher.key.data = p->key;
	x->cipher.key.length = p->key_len;
	x->cipher.iv.offset = KAT_IV_OFFSET;
	x->cipher.iv.length = p->iv_len;
}

/* A chain's auth has no iv here; alone it takes the place of the cipher's. */
static void
fill_auth(struct rte_crypto_sym_xform *x, const struct kat_params *p)
{
	int chain = p->service == KAT_CHAIN;

	x->type = RTE_CRYPTO_SYM_XFORM_AUTH;
	x->auth.op = p->encrypt ? RTE_CRYPTO_AUTH_OP_GENERATE : RTE_CRYPTO_AUTH_OP_VERIFY;
	x->auth.algo = (enum rte_crypto_auth_algorithm)
			(chain ? p->auth_alg : p->alg)->number;
	x->auth.key.data = chain ? p->auth_key : p->key;
	x->auth.key.length = chain ? p->auth_key_len : p->key_len;
	x->auth.digest_length = p->digest_len;
	if (!chain) {
		x->auth.iv.offset = KAT_IV_OFFSET;
		x->auth.iv.length = p->iv_len;
	}
}

static void
fill_aead(struct rte_crypto_sym_xform *x, const struct kat_params *p)
{
	x->type = RTE_CRYPTO_SYM_XFORM_AEAD;
	x->aead.op = p->encrypt ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT;
	x->aead.algo = (enum rte_crypto_aead_algorithm)p->alg->number;
	x->aead.key.data = p->key;
	x->aead.key.length = p->key_len;
	x->aead.iv.offset = KAT_IV_OFFSET;
	x->aead.iv.length = p->iv_len;
	x->aead.digest_length = p->digest_len;
	x->aead.aad_length = p->aad_len;
}

void
kat_xforms(struct rte_crypto_sym_xform x[2], const struct kat_params *p)
{
	int auth_first;

	memset(x, 0, 2 * sizeof(x[0]));
	switch (p->service) {
	case KAT_CIPHER:
		fill_cipher(&x[0], p);
		break;
	case KAT_AEAD:
		fill_aead(&x[0], p);
		break;
	case KAT_CHAIN:
		/* decryption undoes the steps in reverse */
		auth_first = (p->order == KAT_AUTH_THEN_CIPHER) == !!p->encrypt;
		fill_cipher(&x[auth_first ? 1 : 0], p);
		fill_auth(&x[auth_first ? 0 : 1], p);
		x[0].next = &x[1];
		break;
	case KAT_HASH:
	case KAT_MAC:
	case KAT_NB_SERVICES:
		fill_auth(&x[0], p);
		break;
	}
}

const struct rte_cryptodev_symmetric_capability *
kat_capability(uint8_t dev_id, const struct kat_alg *alg)
{
	struct rte_cryptodev_sym_capability_idx idx;

	if (alg->number == NO_NUMBER)
		return NULL;
	switch (alg->service) {
	case KAT_CIPHER:
		idx.type = RTE_CRYPTO_SYM_XFORM_CIPHER;
		idx.algo.cipher = (enum rte_crypto_cipher_algorithm)alg->number;
		break;
	case KAT_AEAD:
		idx.type = RTE_CRYPTO_SYM_XFORM_AEAD;
		idx.algo.aead = (enum rte_crypto_aead_algorithm)alg->number;
		break;
	case KAT_HASH:
	case KAT_MAC:
	case KAT_CHAIN:
	case KAT_NB_SERVICES:
	default:
		idx.type = RTE_CRYPTO_SYM_XFORM_AUTH;
		idx.algo.auth = (enum rte_crypto_auth_algorithm)alg->number;
		break;
	}
	return rte_cryptodev_sym_capability_get(dev_id, &idx);
}

/* One xform against the capability of its algorithm. */
static const char *
xform_unsupported(uint8_t dev_id, const struct kat_alg *alg,
		const struct rte_crypto_sym_xform *x)
{
	const struct rte_cryptodev_symmetric_capability *cap;
	int ret;

	if (alg->number == NO_NUMBER)
		return "rte_cryptodev has no number for it";
	cap = kat_capability(dev_id, alg);
	if (cap == NULL)
		return "not in device capabilities";
	switch (x->type) {
	case RTE_CRYPTO_SYM_XFORM_CIPHER:
		ret = rte_cryptodev_sym_capability_check_cipher(cap, x->cipher.key.length,
				x->cipher.iv.length);
		break;
	case RTE_CRYPTO_SYM_XFORM_AEAD:
		ret = rte_cryptodev_sym_capability_check_aead(cap, x->aead.key.length,
				x->aead.digest_length, x->aead.aad_length, x->aead.iv.length);
		break;
	default:
		ret = rte_cryptodev_sym_capability_check_auth(cap, x->auth.key.length,
				x->auth.digest_length, x->auth.iv.length);
		break;
	}
	return ret != 0 ? "lengths not in device capabilities" : NULL;
}

const char *
kat_unsupported(uint8_t dev_id, const struct kat_params *p)
{
	const struct kat_alg *first = p->alg, *second = p->auth_alg;
	struct rte_crypto_sym_xform x[2];
	struct rte_cryptodev_info info;
	const char *why;

	kat_xforms(x, p);
	if (p->service != KAT_CHAIN)
		return xform_unsupported(dev_id, first, &x[0]);
	rte_cryptodev_info_get(dev_id, &info);
	if (!(info.feature_flags & RTE_CRYPTODEV_FF_SYM_OPERATION_CHAINING))
		return "device does not chain operations";
	if (x[0].type == RTE_CRYPTO_SYM_XFORM_AUTH)
		RTE_SWAP(first, second);
	why = xform_unsupported(dev_id, first, &x[0]);
	return why != NULL ? why : xform_unsupported(dev_id, second, &x[1]);
}

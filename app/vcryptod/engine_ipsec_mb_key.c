/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions of the ipsec-mb engine: which of the library's modes serves an algorithm,
 * and the key as that mode wants it.  Runs when a session is created; what is left of
 * keys on the stack is wiped.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "engine_ipsec_mb.h"
#include "engine_openssl_lib.h"

#define DES_KEY		8
#define XCBC_TAG	12	/* bytes */
#define BLOCK_MAX	128	/* bytes: SHA-512's */

static int
key_expand_aes(struct imb_session *s, IMB_MGR *mgr, const uint8_t *key, uint32_t len)
{
	if (len == IMB_KEY_128_BYTES)
		IMB_AES_KEYEXP_128(mgr, key, s->c.aes.enc, s->c.aes.dec);
	else if (len == IMB_KEY_192_BYTES)
		IMB_AES_KEYEXP_192(mgr, key, s->c.aes.enc, s->c.aes.dec);
	else
		IMB_AES_KEYEXP_256(mgr, key, s->c.aes.enc, s->c.aes.dec);
	return 0;
}

static int
key_expand_des(struct imb_session *s, IMB_MGR *mgr, const uint8_t *key, uint32_t len)
{
	unsigned int i;

	/* DES takes its schedule, 3DES three pointers to them. */
	for (i = 0; i < IMB_CTX_KEYS; i++) {
		if (IMB_DES_KEYSCHED(mgr, s->c.des.schedule[i],
				key + (len > DES_KEY ? i * DES_KEY : 0)) != 0)
			return -EINVAL;
		s->c.des.at[i] = s->c.des.schedule[i];
	}
	return 0;
}

static int
key_set_cipher(struct imb_session *s, IMB_MGR *mgr, const struct req_session *p)
{
	s->key_len = p->key_len;
	switch (p->algo) {
	case VIRTIO_CRYPTO_CIPHER_AES_ECB:
		s->cipher = IMB_CIPHER_ECB;
		return key_expand_aes(s, mgr, p->key, p->key_len);
	case VIRTIO_CRYPTO_CIPHER_AES_CBC:
		s->cipher = IMB_CIPHER_CBC;
		return key_expand_aes(s, mgr, p->key, p->key_len);
	case VIRTIO_CRYPTO_CIPHER_AES_CTR:
		s->cipher = IMB_CIPHER_CNTR;
		return key_expand_aes(s, mgr, p->key, p->key_len);
	case VIRTIO_CRYPTO_CIPHER_DES_CBC:
		s->cipher = IMB_CIPHER_DES;
		return key_expand_des(s, mgr, p->key, p->key_len);
	case VIRTIO_CRYPTO_CIPHER_3DES_CBC:
		s->cipher = IMB_CIPHER_DES3;
		return key_expand_des(s, mgr, p->key, p->key_len);
	case VIRTIO_CRYPTO_CIPHER_KASUMI_F8:
		s->cipher = IMB_CIPHER_KASUMI_UEA1_BITLEN;
		return IMB_KASUMI_INIT_F8_KEY_SCHED(mgr, p->key, &s->c.kasumi) == 0 ? 0 : -EINVAL;
	case VIRTIO_CRYPTO_CIPHER_SNOW3G_UEA2:
		s->cipher = IMB_CIPHER_SNOW3G_UEA2_BITLEN;
		return IMB_SNOW3G_INIT_KEY_SCHED(mgr, p->key, &s->c.snow3g) == 0 ? 0 : -EINVAL;
	case VIRTIO_CRYPTO_CIPHER_ZUC_EEA3:
		s->cipher = IMB_CIPHER_ZUC_EEA3;
		memcpy(s->c.raw, p->key, p->key_len);
		return 0;
	default:
		return -ENOTSUP;
	}
}

/* Plain hashes. */
static int
key_hash_mode(struct imb_session *s, uint32_t algo)
{
	static const struct {
		IMB_HASH_ALG hash;
		uint32_t tag_len;
	} row[] = {
		[VIRTIO_CRYPTO_HASH_SHA1] = { IMB_AUTH_SHA_1, 20 },
		[VIRTIO_CRYPTO_HASH_SHA_224] = { IMB_AUTH_SHA_224, 28 },
		[VIRTIO_CRYPTO_HASH_SHA_256] = { IMB_AUTH_SHA_256, 32 },
		[VIRTIO_CRYPTO_HASH_SHA_384] = { IMB_AUTH_SHA_384, 48 },
		[VIRTIO_CRYPTO_HASH_SHA_512] = { IMB_AUTH_SHA_512, 64 },
	};

	if (algo >= sizeof(row) / sizeof(row[0]) || row[algo].tag_len == 0)
		return -ENOTSUP;
	s->hash = row[algo].hash;
	s->tag_len = row[algo].tag_len;
	return 0;
}

/* The states after the first block of HMAC's inner and outer hash. */
static int
key_set_hmac(struct imb_session *s, IMB_MGR *mgr, uint32_t algo, const uint8_t *key, uint32_t len)
{
	static const struct {
		IMB_HASH_ALG hash;
		uint32_t tag_len, block;
	} row[] = {
		[VIRTIO_CRYPTO_MAC_HMAC_MD5] = { IMB_AUTH_MD5, 16, 64 },
		[VIRTIO_CRYPTO_MAC_HMAC_SHA1] = { IMB_AUTH_HMAC_SHA_1, 20, 64 },
		[VIRTIO_CRYPTO_MAC_HMAC_SHA_224] = { IMB_AUTH_HMAC_SHA_224, 28, 64 },
		[VIRTIO_CRYPTO_MAC_HMAC_SHA_256] = { IMB_AUTH_HMAC_SHA_256, 32, 64 },
		[VIRTIO_CRYPTO_MAC_HMAC_SHA_384] = { IMB_AUTH_HMAC_SHA_384, 48, 128 },
		[VIRTIO_CRYPTO_MAC_HMAC_SHA_512] = { IMB_AUTH_HMAC_SHA_512, 64, 128 },
	};
	const hash_one_block_t one_block[] = {
		[VIRTIO_CRYPTO_MAC_HMAC_MD5] = mgr->md5_one_block,
		[VIRTIO_CRYPTO_MAC_HMAC_SHA1] = mgr->sha1_one_block,
		[VIRTIO_CRYPTO_MAC_HMAC_SHA_224] = mgr->sha224_one_block,
		[VIRTIO_CRYPTO_MAC_HMAC_SHA_256] = mgr->sha256_one_block,
		[VIRTIO_CRYPTO_MAC_HMAC_SHA_384] = mgr->sha384_one_block,
		[VIRTIO_CRYPTO_MAC_HMAC_SHA_512] = mgr->sha512_one_block,
	};
	const EVP_MD *md = vcryptod_ossl.md[algo - VIRTIO_CRYPTO_MAC_HMAC_MD5 +
			VIRTIO_CRYPTO_HASH_MD5];
	uint8_t block[BLOCK_MAX] = { 0 };
	uint32_t i;
	int rc = 0;

	s->hash = row[algo].hash;
	s->tag_len = row[algo].tag_len;
	if (len <= row[algo].block)
		memcpy(block, key, len);
	else if (md == NULL || EVP_Digest(key, len, block, NULL, md, NULL) != 1)
		rc = -EINVAL;
	for (i = 0; i < row[algo].block; i++)
		block[i] ^= 0x36;
	one_block[algo](block, s->a.hmac.inner);
	for (i = 0; i < row[algo].block; i++)
		block[i] ^= 0x36 ^ 0x5c;
	one_block[algo](block, s->a.hmac.outer);
	OPENSSL_cleanse(block, sizeof(block));
	return rc;
}

static int
key_set_cmac(struct imb_session *s, IMB_MGR *mgr, const uint8_t *key, uint32_t len)
{
	uint8_t unused[IMB_AES_SCHEDULE];

	s->tag_len = 16;
	if (len == IMB_KEY_128_BYTES) {
		s->hash = IMB_AUTH_AES_CMAC;
		IMB_AES_KEYEXP_128(mgr, key, s->a.cmac.key, unused);
		IMB_AES_CMAC_SUBKEY_GEN_128(mgr, s->a.cmac.key, s->a.cmac.sub1, s->a.cmac.sub2);
	} else if (len == IMB_KEY_256_BYTES) {
		s->hash = IMB_AUTH_AES_CMAC_256;
		IMB_AES_KEYEXP_256(mgr, key, s->a.cmac.key, unused);
		IMB_AES_CMAC_SUBKEY_GEN_256(mgr, s->a.cmac.key, s->a.cmac.sub1, s->a.cmac.sub2);
	} else {
		s->hash = IMB_AUTH_NULL;
		s->always = true;
	}
	OPENSSL_cleanse(unused, sizeof(unused));
	return 0;
}

static int
key_set_mac(struct imb_session *s, IMB_MGR *mgr, uint32_t algo, const uint8_t *key, uint32_t len)
{
	switch (algo) {
	case VIRTIO_CRYPTO_MAC_HMAC_MD5:
	case VIRTIO_CRYPTO_MAC_HMAC_SHA1:
	case VIRTIO_CRYPTO_MAC_HMAC_SHA_224:
	case VIRTIO_CRYPTO_MAC_HMAC_SHA_256:
	case VIRTIO_CRYPTO_MAC_HMAC_SHA_384:
	case VIRTIO_CRYPTO_MAC_HMAC_SHA_512:
		return key_set_hmac(s, mgr, algo, key, len);
	case VIRTIO_CRYPTO_MAC_CMAC_AES:
		return key_set_cmac(s, mgr, key, len);
	case VIRTIO_CRYPTO_MAC_XCBC_AES:
		s->hash = IMB_AUTH_AES_XCBC;
		s->tag_len = XCBC_TAG;	/* IPsec's, and no other */
		s->always = s->p.digest_len > XCBC_TAG;
		IMB_AES_XCBC_KEYEXP(mgr, key, s->a.xcbc.k1, s->a.xcbc.k2, s->a.xcbc.k3);
		return 0;
	case VIRTIO_CRYPTO_MAC_KASUMI_F9:
		s->hash = IMB_AUTH_KASUMI_UIA1;
		s->tag_len = 4;
		return IMB_KASUMI_INIT_F9_KEY_SCHED(mgr, key, &s->a.kasumi) == 0 ? 0 : -EINVAL;
	default:
		return -ENOTSUP;
	}
}

static int
key_set_gcm(struct imb_session *s, IMB_MGR *mgr, const struct req_session *p)
{
	EVP_CIPHER_CTX *ctx = vcryptod_ossl_ctx(vcryptod_ossl.ecb[p->key_len / 8 - 2], p->key,
			p->key_len, 1);
	uint8_t h[16] = { 0 };
	int outl, rc = -ENOMEM;

	s->cipher = IMB_CIPHER_GCM;
	s->hash = IMB_AUTH_AES_GMAC;
	if (p->key_len == IMB_KEY_128_BYTES)
		IMB_AES128_GCM_PRE(mgr, p->key, &s->c.gcm);
	else if (p->key_len == IMB_KEY_192_BYTES)
		IMB_AES192_GCM_PRE(mgr, p->key, &s->c.gcm);
	else
		IMB_AES256_GCM_PRE(mgr, p->key, &s->c.gcm);
	if (ctx != NULL && EVP_CipherUpdate(ctx, h, &outl, h, sizeof(h)) == 1)
		rc = vcryptod_gcm_j0_key(&s->j0, h);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(h, sizeof(h));
	return rc;
}

static int
key_set_aead(struct imb_session *s, IMB_MGR *mgr, const struct req_session *p)
{
	bool encrypt = p->op == VIRTIO_CRYPTO_OP_ENCRYPT;

	s->key_len = p->key_len;
	s->tag_len = p->digest_len;
	s->order = encrypt ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	switch (p->algo) {
	case VIRTIO_CRYPTO_AEAD_GCM:
		return key_set_gcm(s, mgr, p);
	case VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305:
		s->cipher = IMB_CIPHER_CHACHA20_POLY1305;
		s->hash = IMB_AUTH_CHACHA20_POLY1305;
		memcpy(s->c.raw, p->key, p->key_len);
		return 0;
	case VIRTIO_CRYPTO_AEAD_CCM:
		s->cipher = IMB_CIPHER_CCM;
		s->hash = IMB_AUTH_AES_CCM;
		/* The MAC is over the plaintext. */
		s->order = encrypt ? IMB_ORDER_HASH_CIPHER : IMB_ORDER_CIPHER_HASH;
		s->always = p->key_len == IMB_KEY_192_BYTES;
		return key_expand_aes(s, mgr, p->key, p->key_len);
	default:
		return -ENOTSUP;
	}
}

static int
key_set_chain(struct imb_session *s, IMB_MGR *mgr, const struct req_session *p)
{
	int rc = key_set_cipher(s, mgr, p);

	s->order = p->chain_order == VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH ?
			IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	if (rc != 0)
		return rc;
	if (p->hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN)
		return key_hash_mode(s, p->auth_algo);
	return key_set_mac(s, mgr, p->auth_algo, p->auth_key, p->auth_key_len);
}

int
vcryptod_imb_keys(struct imb_session *s, IMB_MGR *mgr, const struct req_session *p)
{
	s->cipher = IMB_CIPHER_NULL;
	s->hash = IMB_AUTH_NULL;
	s->dir = p->op == VIRTIO_CRYPTO_OP_DECRYPT ? IMB_DIR_DECRYPT : IMB_DIR_ENCRYPT;
	s->order = s->dir == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	switch (p->kind) {
	case REQ_CIPHER:
		return key_set_cipher(s, mgr, p);
	case REQ_HASH:
		return key_hash_mode(s, p->algo);
	case REQ_MAC:
		return key_set_mac(s, mgr, p->algo, p->key, p->key_len);
	case REQ_CHAIN:
		return key_set_chain(s, mgr, p);
	case REQ_AEAD:
		return key_set_aead(s, mgr, p);
	case REQ_AKCIPHER:
	case REQ_NB_KINDS:
	default:
		return -ENOTSUP;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * OpenSSL's objects for the engines; see engine_openssl_lib.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>

#include "engine_openssl_lib.h"
#include "secret.h"

struct vcryptod_ossl vcryptod_ossl;

static const char * const ossl_md_name[OSSL_NB_MD] = {
	[VIRTIO_CRYPTO_HASH_MD5] = "MD5",
	[VIRTIO_CRYPTO_HASH_SHA1] = "SHA1",
	[VIRTIO_CRYPTO_HASH_SHA_224] = "SHA224",
	[VIRTIO_CRYPTO_HASH_SHA_256] = "SHA256",
	[VIRTIO_CRYPTO_HASH_SHA_384] = "SHA384",
	[VIRTIO_CRYPTO_HASH_SHA_512] = "SHA512",
	[VIRTIO_CRYPTO_HASH_SHA3_224] = "SHA3-224",
	[VIRTIO_CRYPTO_HASH_SHA3_256] = "SHA3-256",
	[VIRTIO_CRYPTO_HASH_SHA3_384] = "SHA3-384",
	[VIRTIO_CRYPTO_HASH_SHA3_512] = "SHA3-512",
	[VIRTIO_CRYPTO_HASH_SHA3_SHAKE128] = "SHAKE128",
	[VIRTIO_CRYPTO_HASH_SHA3_SHAKE256] = "SHAKE256",
};

static void
ossl_fetch_aes(EVP_CIPHER *set[OSSL_NB_AES], const char *mode)
{
	static const int bits[OSSL_NB_AES] = { 128, 192, 256 };
	char name[32];
	int i;

	for (i = 0; i < OSSL_NB_AES; i++) {
		(void)snprintf(name, sizeof(name), "AES-%d-%s", bits[i], mode);
		set[i] = EVP_CIPHER_fetch(vcryptod_ossl.lib, name, NULL);
	}
}

static void
ossl_fetch(struct vcryptod_ossl *o)
{
	unsigned int i;

	ossl_fetch_aes(o->ecb, "ECB");
	ossl_fetch_aes(o->cbc, "CBC");
	ossl_fetch_aes(o->ctr, "CTR");
	ossl_fetch_aes(o->xts, "XTS");
	ossl_fetch_aes(o->gcm, "GCM");
	ossl_fetch_aes(o->ccm, "CCM");
	o->chacha = EVP_CIPHER_fetch(o->lib, "ChaCha20-Poly1305", NULL);
	o->rc4 = EVP_CIPHER_fetch(o->lib, "RC4", NULL);
	o->des_ecb = EVP_CIPHER_fetch(o->lib, "DES-ECB", NULL);
	o->des_cbc = EVP_CIPHER_fetch(o->lib, "DES-CBC", NULL);
	o->des3_ecb = EVP_CIPHER_fetch(o->lib, "DES-EDE3-ECB", NULL);
	o->des3_cbc = EVP_CIPHER_fetch(o->lib, "DES-EDE3-CBC", NULL);
	for (i = 0; i < OSSL_NB_MD; i++)
		if (ossl_md_name[i] != NULL)
			o->md[i] = EVP_MD_fetch(o->lib, ossl_md_name[i], NULL);
	o->md4 = EVP_MD_fetch(o->lib, "MD4", NULL);
	o->hmac = EVP_MAC_fetch(o->lib, "HMAC", NULL);
	o->cmac = EVP_MAC_fetch(o->lib, "CMAC", NULL);
	ERR_clear_error();
}

void
vcryptod_ossl_unload(void)
{
	struct vcryptod_ossl *o = &vcryptod_ossl;
	EVP_CIPHER **set[] = { o->ecb, o->cbc, o->ctr, o->xts, o->gcm, o->ccm };
	EVP_CIPHER *one[] = { o->chacha, o->rc4, o->des_ecb, o->des_cbc, o->des3_ecb, o->des3_cbc };
	unsigned int i, k;

	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		for (k = 0; k < OSSL_NB_AES; k++)
			EVP_CIPHER_free(set[i][k]);
	for (i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		EVP_CIPHER_free(one[i]);
	for (i = 0; i < OSSL_NB_MD; i++)
		EVP_MD_free(o->md[i]);
	EVP_MD_free(o->md4);
	EVP_MAC_free(o->hmac);
	EVP_MAC_free(o->cmac);
	if (o->legacy != NULL)
		OSSL_PROVIDER_unload(o->legacy);
	if (o->base != NULL)
		OSSL_PROVIDER_unload(o->base);
	OSSL_LIB_CTX_free(o->lib);
	memset(o, 0, sizeof(*o));
}

int
vcryptod_ossl_load(void)
{
	struct vcryptod_ossl *o = &vcryptod_ossl;

	if (!vcryptod_secret_has_openssl()) {
		fprintf(stderr, "vcryptod: OpenSSL allocates from elsewhere: keys would not be "
				"wiped: use a libcrypto that accepts CRYPTO_set_mem_functions\n");
		return -EBUSY;
	}
	o->lib = OSSL_LIB_CTX_new();
	if (o->lib == NULL)
		return -ENOMEM;
	o->base = OSSL_PROVIDER_load(o->lib, "default");
	if (o->base == NULL) {
		fprintf(stderr, "vcryptod: OpenSSL's default provider cannot be loaded: "
				"check the installation of libssl\n");
		vcryptod_ossl_unload();
		return -ENOENT;
	}
	/* Not everywhere installed: without it DES and ARC4 are not offered. */
	o->legacy = OSSL_PROVIDER_load(o->lib, "legacy");
	ossl_fetch(o);
	return 0;
}

EVP_CIPHER_CTX *
vcryptod_ossl_ctx(EVP_CIPHER *evp, const uint8_t *key, size_t key_len, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx == NULL)
		return NULL;
	if (EVP_CipherInit_ex2(ctx, evp, NULL, NULL, encrypt, NULL) != 1)
		goto fail;
	if (EVP_CIPHER_CTX_get_key_length(ctx) != (int)key_len &&
			EVP_CIPHER_CTX_set_key_length(ctx, (int)key_len) != 1)
		goto fail;
	if (EVP_CipherInit_ex2(ctx, NULL, key, NULL, encrypt, NULL) != 1)
		goto fail;
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	return ctx;
fail:
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

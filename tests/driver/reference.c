/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference results; see the header.  What OpenSSL's default provider lacks is
 * built from AES-ECB and 3DES-ECB here: 3DES-CTR, AES-F8, XCBC; DES is 3DES with one
 * key; ARC4 is written out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "lib/wire/virtio_crypto.h"
#include "reference.h"

#define must(cond)	((cond) ? (void)0 : broken(#cond))

static void __attribute__((noreturn))
broken(const char *what)
{
	fprintf(stderr, "reference: %s failed\n", what);
	abort();
}

/* ---- EVP in one call ---- */

static void
evp(const char *name, bool encrypt, const struct ref_key *k, uint8_t *out, const uint8_t *in,
		size_t len)
{
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	must(c != NULL && ctx != NULL);
	must(EVP_CIPHER_get_key_length(c) == (int)k->key_len);
	must(EVP_CipherInit_ex2(ctx, c, k->key, k->iv, encrypt, NULL) == 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	must(len == 0 || EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1);
	must((size_t)n == len);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(c);
}

static void
aes(const char *mode, bool encrypt, const struct ref_key *k, uint8_t *out, const uint8_t *in,
		size_t len)
{
	size_t bits = k->key_len * 8 / (strcmp(mode, "XTS") == 0 ? 2 : 1);
	char name[32];

	snprintf(name, sizeof(name), "AES-%zu-%s", bits, mode);
	evp(name, encrypt, k, out, in, len);
}

static void
ecb(const uint8_t *key, size_t key_len, uint8_t *out, const uint8_t *in)
{
	struct ref_key k = { .key = key, .key_len = key_len };

	aes("ECB", true, &k, out, in, 16);
}

static void
xor(uint8_t *to, const uint8_t *with, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] ^= with[i];
}

/* ---- what OpenSSL has not ---- */

static void
arc4(const struct ref_key *k, uint8_t *out, const uint8_t *in, size_t len)
{
	uint8_t s[256], a, b = 0;
	unsigned int i;
	size_t n;

	for (i = 0; i < 256; i++)
		s[i] = (uint8_t)i;
	for (i = 0; i < 256; i++) {
		b = (uint8_t)(b + s[i] + k->key[i % k->key_len]);
		a = s[i];
		s[i] = s[b];
		s[b] = a;
	}
	b = 0;
	for (n = 0; n < len; n++) {
		i = (n + 1) & 0xff;
		b = (uint8_t)(b + s[i]);
		a = s[i];
		s[i] = s[b];
		s[b] = a;
		out[n] = in[n] ^ s[(uint8_t)(s[i] + s[b])];
	}
}

static void
des_cbc(bool encrypt, const struct ref_key *k, uint8_t *out, const uint8_t *in, size_t len)
{
	uint8_t three[24];
	struct ref_key k3 = { three, sizeof(three), k->iv, k->iv_len };
	unsigned int i;

	for (i = 0; i < 3; i++)
		memcpy(three + 8 * i, k->key, 8);
	evp("DES-EDE3-CBC", encrypt, &k3, out, in, len);
}

static void
des3_ctr(const struct ref_key *k, uint8_t *out, const uint8_t *in, size_t len)
{
	uint8_t counter[8], stream[8];
	size_t at, i;

	memcpy(counter, k->iv, sizeof(counter));
	for (at = 0; at < len; at += 8) {
		evp("DES-EDE3-ECB", true, k, stream, counter, 8);
		for (i = 0; i < 8 && at + i < len; i++)
			out[at + i] = in[at + i] ^ stream[i];
		for (i = 8; i-- > 0 && ++counter[i] == 0;)
			;
	}
}

/* RFC 3711, 4.1.2; the key is followed by the mask, of the same length. */
static void
aes_f8(const struct ref_key *k, uint8_t *out, const uint8_t *in, size_t len)
{
	size_t key_len = k->key_len / 2, at, i;
	uint8_t masked[32], first[16], s[16] = { 0 }, count[16] = { 0 };

	memcpy(masked, k->key, key_len);
	xor(masked, k->key + key_len, key_len);
	ecb(masked, key_len, first, k->iv);
	for (at = 0; at < len; at += 16) {
		xor(s, first, 16);
		xor(s, count, 16);
		ecb(k->key, key_len, s, s);
		for (i = 0; i < 16 && at + i < len; i++)
			out[at + i] = in[at + i] ^ s[i];
		for (i = 16; i-- > 0 && ++count[i] == 0;)
			;
	}
}

static void
stand_in(uint32_t algo, const struct ref_key *k, uint8_t *out, const uint8_t *in, size_t len)
{
	uint8_t iv[16] = { 0 };
	struct ref_key own = { k->key, k->key_len, iv, sizeof(iv) };

	memcpy(iv, k->iv, k->iv_len);
	iv[0] ^= (uint8_t)algo;
	aes("CTR", true, &own, out, in, len);
}

void
ref_cipher(uint32_t algo, bool encrypt, const struct ref_key *k, uint8_t *out, const uint8_t *in,
		size_t len)
{
	switch (algo) {
	case VIRTIO_CRYPTO_CIPHER_ARC4:
		arc4(k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_AES_ECB:
		aes("ECB", encrypt, k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_AES_CBC:
		aes("CBC", encrypt, k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_AES_CTR:
		aes("CTR", encrypt, k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_AES_XTS:
		aes("XTS", encrypt, k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_AES_F8:
		aes_f8(k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_DES_CBC:
		des_cbc(encrypt, k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_3DES_ECB:
		evp("DES-EDE3-ECB", encrypt, k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_3DES_CBC:
		evp("DES-EDE3-CBC", encrypt, k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_3DES_CTR:
		des3_ctr(k, out, in, len);
		break;
	case VIRTIO_CRYPTO_CIPHER_KASUMI_F8:
	case VIRTIO_CRYPTO_CIPHER_SNOW3G_UEA2:
	case VIRTIO_CRYPTO_CIPHER_ZUC_EEA3:
		stand_in(algo, k, out, in, len);
		break;
	default:
		broken("a cipher that has no reference");
	}
}

/* ---- digests ---- */

static const char *const hash_name[] = {
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
};

#define NB_HASHES	(sizeof(hash_name) / sizeof(hash_name[0]))

size_t
ref_hash(uint32_t algo, uint8_t *out, const uint8_t *in, size_t len)
{
	EVP_MD *md;
	unsigned int n = 0;

	must(algo < NB_HASHES && hash_name[algo] != NULL);
	md = EVP_MD_fetch(NULL, hash_name[algo], NULL);
	must(md != NULL && EVP_Digest(in, len, out, &n, md, NULL) == 1);
	EVP_MD_free(md);
	return n;
}

static size_t
evp_mac(const char *mac, const char *param, const char *value, const struct ref_key *k,
		uint8_t *out, const uint8_t *in, size_t len)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(param, (char *)(uintptr_t)value, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *m = EVP_MAC_fetch(NULL, mac, NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(m);
	size_t n = 0;

	must(ctx != NULL && EVP_MAC_init(ctx, k->key, k->key_len, params) == 1);
	must(EVP_MAC_update(ctx, in, len) == 1 && EVP_MAC_final(ctx, out, &n, 64) == 1);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(m);
	return n;
}

static size_t
cbc_mac(const struct ref_key *k, uint8_t *out, const uint8_t *in, size_t len)
{
	size_t at;

	memset(out, 0, 16);
	for (at = 0; at + 16 <= len; at += 16) {
		xor(out, in + at, 16);
		ecb(k->key, k->key_len, out, out);
	}
	return 16;
}

/* RFC 3566, 4. */
static size_t
xcbc(const struct ref_key *k, uint8_t *out, const uint8_t *in, size_t len)
{
	size_t last = len == 0 ? 0 : (len - 1) / 16 * 16, at, i;
	uint8_t k123[3][16], constant[16], block[16] = { 0 };
	struct ref_key k1 = { .key = k123[0], .key_len = 16 };

	for (i = 0; i < 3; i++) {
		memset(constant, (int)i + 1, sizeof(constant));
		ecb(k->key, k->key_len, k123[i], constant);
	}
	cbc_mac(&k1, out, in, last);
	at = len - last;
	memcpy(block, in + last, at);
	if (at < 16)
		block[at] = 0x80;
	xor(out, block, 16);
	xor(out, k123[at < 16 ? 2 : 1], 16);
	ecb(k1.key, 16, out, out);
	return 16;
}

size_t
ref_mac(uint32_t algo, const uint8_t *key, size_t key_len, uint8_t *out, const uint8_t *in,
		size_t len)
{
	struct ref_key k = { .key = key, .key_len = key_len };
	char name[32];

	if (algo >= VIRTIO_CRYPTO_MAC_HMAC_MD5 && algo <= VIRTIO_CRYPTO_MAC_HMAC_SHA_512)
		return evp_mac("HMAC", OSSL_MAC_PARAM_DIGEST, hash_name[algo], &k, out, in, len);
	switch (algo) {
	case VIRTIO_CRYPTO_MAC_CMAC_AES:
		snprintf(name, sizeof(name), "AES-%zu-CBC", key_len * 8);
		return evp_mac("CMAC", OSSL_MAC_PARAM_CIPHER, name, &k, out, in, len);
	case VIRTIO_CRYPTO_MAC_CBCMAC_AES:
		return cbc_mac(&k, out, in, len);
	case VIRTIO_CRYPTO_MAC_XCBC_AES:
		return xcbc(&k, out, in, len);
	default:
		broken("a MAC that has no reference");
	}
}

/* ---- AEAD ---- */

static void
aead_name(char *name, size_t size, uint32_t algo, size_t key_len)
{
	switch (algo) {
	case VIRTIO_CRYPTO_AEAD_GCM:
		snprintf(name, size, "AES-%zu-GCM", key_len * 8);
		break;
	case VIRTIO_CRYPTO_AEAD_CCM:
		snprintf(name, size, "AES-%zu-CCM", key_len * 8);
		break;
	case VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305:
		snprintf(name, size, "ChaCha20-Poly1305");
		break;
	default:
		broken("an AEAD that has no reference");
	}
}

static void
aead_begin(EVP_CIPHER_CTX *ctx, uint32_t algo, bool encrypt, const struct ref_aead *a, size_t len)
{
	static const uint8_t one[4] = { 0, 0, 0, 1 };
	size_t iv_len = a->k.iv_len;
	char name[32];
	EVP_CIPHER *c;
	int n;

	aead_name(name, sizeof(name), algo, a->k.key_len);
	c = EVP_CIPHER_fetch(NULL, name, NULL);
	if (algo == VIRTIO_CRYPTO_AEAD_GCM && iv_len == 16) {
		must(memcmp(a->k.iv + 12, one, sizeof(one)) == 0);
		iv_len = 12;
	}
	must(c != NULL && EVP_CipherInit_ex2(ctx, c, NULL, NULL, encrypt, NULL) == 1);
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)iv_len, NULL) == 1);
	if (!encrypt || algo == VIRTIO_CRYPTO_AEAD_CCM)
		must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)a->tag_len,
				encrypt ? NULL : a->tag) == 1);
	must(EVP_CipherInit_ex2(ctx, NULL, a->k.key, a->k.iv, encrypt, NULL) == 1);
	if (algo == VIRTIO_CRYPTO_AEAD_CCM)
		must(EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)len) == 1);
	if (a->aad_len != 0)
		must(EVP_CipherUpdate(ctx, NULL, &n, a->aad, (int)a->aad_len) == 1);
	EVP_CIPHER_free(c);
}

bool
ref_aead(uint32_t algo, bool encrypt, const struct ref_aead *a, uint8_t *out, const uint8_t *in,
		size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	/* CCM checks the tag in the update, which must therefore come even for nothing. */
	bool ok = true, ccm = algo == VIRTIO_CRYPTO_AEAD_CCM;
	static const uint8_t nothing[1];
	uint8_t sink[16];
	int n = 0;

	must(ctx != NULL);
	aead_begin(ctx, algo, encrypt, a, len);
	if (len != 0 || ccm)
		ok = EVP_CipherUpdate(ctx, len != 0 ? out : sink, &n, len != 0 ? in : nothing,
				(int)len) == 1;
	if (ok && !ccm)
		ok = EVP_CipherFinal_ex(ctx, sink, &n) == 1;
	if (encrypt)
		must(ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)a->tag_len,
				a->tag) == 1);
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

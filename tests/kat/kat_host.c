/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The algorithms on the host: OpenSSL 3 with its legacy provider, intel-ipsec-mb for
 * KASUMI, SNOW 3G and ZUC, and a few lines over a block cipher for the modes that
 * neither has.  Slow and plain on purpose: it is what others are compared with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intel-ipsec-mb.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "kat_host.h"

#define BLOCK		16
#define DIGEST_ROOM	64	/* bytes that out has behind the data */

static IMB_MGR *mb;
static OSSL_PROVIDER *legacy, *deflt;

static const char *
aes_name(const char *mode, uint32_t key_len)
{
	static char name[32];

	snprintf(name, sizeof(name), "AES-%u-%s", key_len * 8, mode);
	return name;
}

/* 0, or -1 for an algorithm that OpenSSL does not have. */
static int
openssl_cipher(uint8_t *out, const char *name, const struct kat_vec *v, const uint8_t *iv)
{
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0, ok;

	ok = c != NULL && EVP_CipherInit_ex2(ctx, c, NULL, NULL, 1, NULL) &&
			EVP_CIPHER_CTX_set_key_length(ctx, (int)v->key.len) &&
			EVP_CipherInit_ex2(ctx, NULL, v->key.data, iv, 1, NULL) &&
			EVP_CIPHER_CTX_set_padding(ctx, 0) &&
			EVP_CipherUpdate(ctx, out, &n, v->in.data + v->cipher.off,
				(int)v->cipher.len) &&
			EVP_CipherFinal_ex(ctx, out + n, &last) &&
			(uint32_t)(n + last) == v->cipher.len;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(c);
	return ok ? 0 : -1;
}

/* One block of AES or triple DES. */
static int
block(uint8_t *out, const char *name, const uint8_t *key, const uint8_t *in, uint32_t len)
{
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, ok;

	ok = c != NULL && EVP_EncryptInit_ex2(ctx, c, key, NULL, NULL) &&
			EVP_CIPHER_CTX_set_padding(ctx, 0) &&
			EVP_EncryptUpdate(ctx, out, &n, in, (int)len) && (uint32_t)n == len;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(c);
	return ok ? 0 : -1;
}

/* RFC 3711, 4.1.2: an output feedback whose start is masked. */
static int
aes_f8(uint8_t *out, const struct kat_vec *v)
{
	const uint8_t *key = v->key.data, *mask = key + v->key.len / 2;
	uint32_t half = v->key.len / 2, i, j;
	uint8_t k2[32], start[BLOCK], s[BLOCK] = { 0 };
	const char *ecb = aes_name("ECB", half);

	for (i = 0; i < half; i++)
		k2[i] = key[i] ^ mask[i];
	if (block(start, ecb, k2, v->iv.data, BLOCK) != 0)
		return -1;
	for (i = 0; i < v->in.len; i += BLOCK) {
		for (j = 0; j < BLOCK; j++)
			s[j] ^= start[j];
		s[BLOCK - 1] ^= (uint8_t)(i / BLOCK);	/* vectors are below 4 kB */
		if (block(s, ecb, key, s, BLOCK) != 0)
			return -1;
		for (j = 0; j < BLOCK && i + j < v->in.len; j++)
			out[i + j] = v->in.data[i + j] ^ s[j];
	}
	return 0;
}

static int
des3_ctr(uint8_t *out, const struct kat_vec *v)
{
	uint8_t ctr[8], s[8];
	uint32_t i, j;

	memcpy(ctr, v->iv.data, sizeof(ctr));
	for (i = 0; i < v->in.len; i += 8) {
		if (block(s, "DES-EDE3", v->key.data, ctr, 8) != 0)
			return -1;
		for (j = 0; j < 8 && i + j < v->in.len; j++)
			out[i + j] = v->in.data[i + j] ^ s[j];
		for (j = 8; j-- > 0 && ++ctr[j] == 0;)
			;
	}
	return 0;
}

static int
snow3g(uint8_t *out, const struct kat_vec *v)
{
	snow3g_key_schedule_t *ks = aligned_alloc(64,
			(IMB_SNOW3G_KEY_SCHED_SIZE(mb) + 63) & ~(size_t)63);

	IMB_SNOW3G_INIT_KEY_SCHED(mb, v->key.data, ks);
	if (v->service == KAT_CIPHER)
		IMB_SNOW3G_F8_1_BUFFER(mb, ks, v->iv.data, v->in.data, out, v->in.len);
	else
		IMB_SNOW3G_F9_1_BUFFER(mb, ks, v->iv.data, v->in.data, v->in.len * 8, out);
	free(ks);
	return 0;
}

static int
kasumi(uint8_t *out, const struct kat_vec *v)
{
	kasumi_key_sched_t *ks = aligned_alloc(64,
			(IMB_KASUMI_KEY_SCHED_SIZE(mb) + 63) & ~(size_t)63);
	uint64_t iv;

	if (v->service == KAT_CIPHER) {
		memcpy(&iv, v->iv.data, sizeof(iv));
		IMB_KASUMI_INIT_F8_KEY_SCHED(mb, v->key.data, ks);
		IMB_KASUMI_F8_1_BUFFER(mb, ks, iv, v->in.data, out, v->in.len);
	} else {
		IMB_KASUMI_INIT_F9_KEY_SCHED(mb, v->key.data, ks);
		IMB_KASUMI_F9_1_BUFFER(mb, ks, v->in.data, v->in.len, out);
	}
	free(ks);
	return 0;
}

/* With keys of 128 bits, as 3GPP has it and virtio names it. */
static int
zuc(uint8_t *out, const struct kat_vec *v)
{
	uint32_t tag;

	if (v->key.len != 16)
		return -1;
	if (v->service == KAT_CIPHER) {
		IMB_ZUC_EEA3_1_BUFFER(mb, v->key.data, v->iv.data, v->in.data, out, v->in.len);
		return 0;
	}
	IMB_ZUC_EIA3_1_BUFFER(mb, v->key.data, v->iv.data, v->in.data, v->in.len * 8, &tag);
	memcpy(out, &tag, sizeof(tag));
	return 0;
}

/* Triple DES by one or two keys: DPDK's drivers take 8 and 16 bytes for K1 K1 K1 and
 * K1 K2 K1.
 */
static int
des3(uint8_t *out, const struct kat_vec *v)
{
	struct kat_vec w = *v;
	uint8_t key[24];
	uint32_t i;

	if (v->key.len == 0 || v->key.len > sizeof(key) || v->key.len % 8 != 0)
		return -1;
	for (i = 0; i < sizeof(key); i++)
		key[i] = v->key.data[i % v->key.len];
	w.key = (struct kat_bytes){ key, sizeof(key) };
	if (strcmp(v->alg, "3des-ctr") == 0)
		return des3_ctr(out, &w);
	return openssl_cipher(out, strcmp(v->alg, "3des-cbc") == 0 ? "DES-EDE3-CBC" :
			"DES-EDE3", &w, v->iv.data);
}

/* The cipher's output of v's cipher range. */
static int
cipher(uint8_t *out, const struct kat_vec *v)
{
	static const struct {
		const char *alg, *openssl;	/* a leading '-': AES of the key's size */
		int (*fn)(uint8_t *out, const struct kat_vec *v);
	} t[] = {
		{ "aes-ecb", "-ECB", NULL }, { "aes-cbc", "-CBC", NULL },
		{ "aes-ctr", "-CTR", NULL }, { "aes-xts", "-XTS", NULL },
		{ "des-ecb", "DES-ECB", NULL }, { "des-cbc", "DES-CBC", NULL },
		{ "3des-ecb", NULL, des3 }, { "3des-cbc", NULL, des3 },
		{ "arc4", "RC4", NULL }, { "aes-f8", NULL, aes_f8 },
		{ "3des-ctr", NULL, des3 }, { "snow3g-uea2", NULL, snow3g },
		{ "kasumi-f8", NULL, kasumi }, { "zuc-eea3", NULL, zuc },
	};
	uint32_t aes_len = v->key.len;
	size_t i;

	if (strcmp(v->alg, "aes-xts") == 0)
		aes_len /= 2;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (strcmp(t[i].alg, v->alg) != 0)
			continue;
		if (t[i].fn != NULL)
			return t[i].fn(out, v);
		return openssl_cipher(out, t[i].openssl[0] == '-' ?
				aes_name(t[i].openssl + 1, aes_len) : t[i].openssl, v,
				v->iv.data);
	}
	return -1;
}

static int
hash(uint8_t *out, const struct kat_vec *v)
{
	static const char * const name[][2] = {
		{ "md5", "MD5" }, { "sha1", "SHA1" }, { "sha2-224", "SHA2-224" },
		{ "sha2-256", "SHA2-256" }, { "sha2-384", "SHA2-384" },
		{ "sha2-512", "SHA2-512" }, { "sha3-224", "SHA3-224" },
		{ "sha3-256", "SHA3-256" }, { "sha3-384", "SHA3-384" },
		{ "sha3-512", "SHA3-512" }, { "shake-128", "SHAKE128" },
		{ "shake-256", "SHAKE256" },
	};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_MD *md = NULL;
	size_t i;
	int ok;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (strcmp(name[i][0], v->alg) == 0)
			md = EVP_MD_fetch(NULL, name[i][1], NULL);
	ok = md != NULL && EVP_DigestInit_ex2(ctx, md, NULL) &&
			EVP_DigestUpdate(ctx, v->in.data, v->in.len);
	if (ok && (EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF))
		ok = EVP_DigestFinalXOF(ctx, out, v->digest.len);
	else if (ok)
		ok = EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_free(md);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}

static int
openssl_mac(uint8_t *out, const char *mac, const char *param, const char *value,
		const struct kat_vec *v)
{
	EVP_MAC *m = EVP_MAC_fetch(NULL, mac, NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(m);
	OSSL_PARAM p[3] = {
		OSSL_PARAM_construct_utf8_string(param, (char *)(uintptr_t)value, 0),
		OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(),
	};
	size_t n;
	int ok;

	if (v->iv.len != 0)
		p[1] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, v->iv.data,
				v->iv.len);
	ok = EVP_MAC_init(ctx, v->key.data, v->key.len, p) &&
			EVP_MAC_update(ctx, v->in.data, v->in.len) &&
			EVP_MAC_final(ctx, out, &n, DIGEST_ROOM);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(m);
	return ok ? 0 : -1;
}

/* CBC with a zero iv; the last block is the MAC. */
static int
cbc_mac(uint8_t *out, const struct kat_vec *v)
{
	static const uint8_t zero[BLOCK];
	static uint8_t all[KAT_HOST_MAX];

	if (v->in.len < BLOCK || v->in.len % BLOCK != 0 ||
			openssl_cipher(all, aes_name("CBC", v->key.len), v, zero) != 0)
		return -1;
	memcpy(out, all + v->in.len - BLOCK, BLOCK);
	return 0;
}

/* RFC 3566: CBC-MAC under K1, the last block mixed with K2 or, padded, with K3. */
static int
xcbc(uint8_t *out, const struct kat_vec *v)
{
	uint8_t k[3][BLOCK], e[BLOCK] = { 0 };
	uint32_t len = v->in.len, off = 0, n, i;

	for (i = 0; i < 3; i++) {
		memset(k[i], (int)i + 1, BLOCK);
		if (block(k[i], "AES-128-ECB", v->key.data, k[i], BLOCK) != 0)
			return -1;
	}
	do {
		n = len - off < BLOCK ? len - off : BLOCK;
		for (i = 0; i < n; i++)
			e[i] ^= v->in.data[off + i];
		off += n;
		if (n < BLOCK)
			e[n] ^= 0x80;
		for (i = 0; off == len && i < BLOCK; i++)
			e[i] ^= k[n < BLOCK ? 2 : 1][i];
		if (block(e, "AES-128-ECB", k[0], e, BLOCK) != 0)
			return -1;
	} while (off < len);
	memcpy(out, e, BLOCK);
	return 0;
}

static int
mac(uint8_t *out, const struct kat_vec *v)
{
	static const struct {
		const char *alg;
		int (*fn)(uint8_t *out, const struct kat_vec *v);
	} own[] = {
		{ "aes-cbc-mac", cbc_mac }, { "aes-xcbc-mac", xcbc }, { "snow3g-uia2", snow3g },
		{ "kasumi-f9", kasumi }, { "zuc-eia3", zuc },
	};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(own[i].alg, v->alg) == 0)
			return own[i].fn(out, v);
	if (strncmp(v->alg, "hmac-", 5) == 0)
		return openssl_mac(out, "HMAC", OSSL_MAC_PARAM_DIGEST, v->alg + 5, v);
	if (strcmp(v->alg, "aes-cmac") == 0)
		return openssl_mac(out, "CMAC", OSSL_MAC_PARAM_CIPHER,
				aes_name("CBC", v->key.len), v);
	if (strcmp(v->alg, "3des-cmac") == 0)
		return openssl_mac(out, "CMAC", OSSL_MAC_PARAM_CIPHER, "DES-EDE3-CBC", v);
	if (strcmp(v->alg, "aes-gmac") == 0)
		return openssl_mac(out, "GMAC", OSSL_MAC_PARAM_CIPHER,
				aes_name("GCM", v->key.len), v);
	return -1;
}

/* Ciphertext, then tag. */
static int
aead(uint8_t *out, const struct kat_vec *v)
{
	int ccm = strcmp(v->alg, "aes-ccm") == 0, n = 0, m = 0, ok;
	const char *name = ccm ? aes_name("CCM", v->key.len) :
			strcmp(v->alg, "aes-gcm") == 0 ? aes_name("GCM", v->key.len) :
			"ChaCha20-Poly1305";
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	static const uint8_t none;
	int in_len = (int)v->in.len;

	ok = c != NULL && EVP_EncryptInit_ex2(ctx, c, NULL, NULL, NULL) &&
			EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)v->iv.len, NULL);
	if (ok && ccm)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)v->digest.len, NULL);
	ok = ok && EVP_EncryptInit_ex2(ctx, NULL, v->key.data, v->iv.data, NULL);
	if (ok && ccm)
		ok = EVP_EncryptUpdate(ctx, NULL, &n, NULL, in_len);
	if (ok && v->aad.len != 0)
		ok = EVP_EncryptUpdate(ctx, NULL, &n, v->aad.data, (int)v->aad.len);
	n = 0;
	if (ok && (in_len != 0 || ccm))
		ok = EVP_EncryptUpdate(ctx, out, &n, in_len != 0 ? v->in.data : &none, in_len);
	ok = ok && EVP_EncryptFinal_ex(ctx, out + n, &m) && n + m == in_len &&
			EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)v->digest.len,
				out + in_len);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(c);
	return ok ? 0 : -1;
}

/* The buffer afterwards, then the digest. */
static int
chain(uint8_t *out, const struct kat_vec *v)
{
	uint8_t *hashed = v->order == KAT_CIPHER_THEN_AUTH ? out : v->in.data;
	struct kat_vec c = *v, m = { .digest = v->digest, .key = v->auth_key };

	memcpy(out, v->in.data, v->in.len);
	c.service = KAT_CIPHER;
	c.in = (struct kat_bytes){ v->in.data + v->cipher.off, v->cipher.len };
	c.cipher = (struct kat_range){ 0, v->cipher.len };
	if (cipher(out + v->cipher.off, &c) != 0)
		return -1;
	m.service = v->auth_key.len == 0 ? KAT_HASH : KAT_MAC;
	m.in = (struct kat_bytes){ hashed + v->auth.off, v->auth.len };
	m.cipher = m.auth = (struct kat_range){ 0, m.in.len };
	memcpy(m.alg, v->auth_alg, sizeof(m.alg));
	return m.service == KAT_HASH ? hash(out + v->in.len, &m) : mac(out + v->in.len, &m);
}

int
kat_host_compute(uint8_t *out, const struct kat_vec *v)
{
	static int (* const fn[KAT_NB_SERVICES])(uint8_t *out, const struct kat_vec *v) = {
		[KAT_CIPHER] = cipher, [KAT_HASH] = hash, [KAT_MAC] = mac,
		[KAT_AEAD] = aead, [KAT_CHAIN] = chain,
	};

	if (v->in.len + DIGEST_ROOM > KAT_HOST_MAX)
		return -1;
	return fn[v->service](out, v);
}

int
kat_host_open(void)
{
	legacy = OSSL_PROVIDER_load(NULL, "legacy");	/* DES, RC4 */
	deflt = OSSL_PROVIDER_load(NULL, "default");
	mb = alloc_mb_mgr(0);
	if (legacy == NULL || deflt == NULL || mb == NULL) {
		fprintf(stderr, "OpenSSL's legacy provider or ipsec-mb is missing\n");
		kat_host_close();
		return -1;
	}
	init_mb_mgr_auto(mb, NULL);
	return 0;
}

void
kat_host_close(void)
{
	if (mb != NULL)
		free_mb_mgr(mb);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(deflt);
	mb = NULL;
	legacy = deflt = NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Digests of the OpenSSL engine: hashes, HMAC, CMAC, and CBC-MAC and XCBC-MAC made of
 * AES-CBC.  Reads spans piece by piece, so that nothing is copied; the result is
 * private until the caller writes it out.
 */
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "engine_openssl_lib.h"
#include "engine_openssl_mac.h"
#include "wipe.h"

#define BLOCK		16
#define CBC_PIECE	512	/* bytes encrypted at a time; the output is thrown away */

/* HASH number of an HMAC. */
static unsigned int
mac_hmac_hash(uint32_t algo)
{
	return algo >= VIRTIO_CRYPTO_MAC_HMAC_MD5 && algo <= VIRTIO_CRYPTO_MAC_HMAC_SHA_512 ?
			algo - VIRTIO_CRYPTO_MAC_HMAC_MD5 + VIRTIO_CRYPTO_HASH_MD5 : 0;
}

static const char *
mac_cmac_cipher(uint32_t algo, uint32_t key_len)
{
	if (algo == VIRTIO_CRYPTO_MAC_CMAC_3DES)
		return "DES-EDE3-CBC";
	if (algo != VIRTIO_CRYPTO_MAC_CMAC_AES)
		return NULL;
	return key_len == 16 ? "AES-128-CBC" : key_len == 24 ? "AES-192-CBC" : "AES-256-CBC";
}

static int
mac_hash_setup(struct ossl_session *s, uint32_t algo)
{
	if (algo > VIRTIO_CRYPTO_HASH_SHA3_SHAKE256 || vcryptod_ossl.md[algo] == NULL)
		return -ENOTSUP;
	s->md = vcryptod_ossl.md[algo];
	s->auth = algo >= VIRTIO_CRYPTO_HASH_SHA3_SHAKE128 ? OSSL_XOF : OSSL_HASH;
	return 0;
}

/* RFC 3566: three keys, the images of three constants. */
static int
mac_xcbc_setup(struct ossl_session *s, const uint8_t *key)
{
	EVP_CIPHER_CTX *ctx = vcryptod_ossl_ctx(vcryptod_ossl.ecb[0], key, BLOCK, 1);
	unsigned int i;
	int outl, ok = 1;

	s->auth = OSSL_XCBC;
	if (ctx == NULL)
		return -ENOMEM;
	for (i = 0; i < 3 && ok; i++) {
		memset(s->xcbc_key[i], (int)i + 1, BLOCK);
		ok = EVP_CipherUpdate(ctx, s->xcbc_key[i], &outl, s->xcbc_key[i], BLOCK) == 1;
	}
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EINVAL;
}

static int
mac_setup(struct ossl_session *s, uint32_t algo, const uint8_t *key, uint32_t key_len)
{
	if (algo == VIRTIO_CRYPTO_MAC_CBCMAC_AES) {
		s->auth = OSSL_CBC_MAC;
		return 0;
	}
	if (algo == VIRTIO_CRYPTO_MAC_XCBC_AES)
		return mac_xcbc_setup(s, key);
	s->auth = OSSL_MAC;
	s->auth_cipher = mac_cmac_cipher(algo, key_len);
	if (s->auth_cipher != NULL)
		return 0;
	s->md = vcryptod_ossl.md[mac_hmac_hash(algo)];
	return s->md != NULL ? 0 : -ENOTSUP;
}

static bool
mac_cbc_ctx(struct ossl_session *s, struct ossl_lane *l, const uint8_t *key, uint32_t key_len)
{
	if (s->auth == OSSL_XCBC)
		key = s->xcbc_key[0];
	l->auth = vcryptod_ossl_ctx(vcryptod_ossl.cbc[key_len / 8 - 2], key, key_len, 1);
	return l->auth != NULL;
}

static bool
mac_ctx(struct ossl_session *s, struct ossl_lane *l, const uint8_t *key, uint32_t key_len)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	const char *name;
	bool ok;

	if (s->auth_cipher != NULL) {
		name = s->auth_cipher;
		l->mac = EVP_MAC_CTX_new(vcryptod_ossl.cmac);
	} else {
		name = EVP_MD_get0_name(s->md);
		l->mac = EVP_MAC_CTX_new(vcryptod_ossl.hmac);
	}
	if (l->mac == NULL)
		return false;
	/* The library takes a char * and only reads it. */
	params[0] = OSSL_PARAM_construct_utf8_string(s->auth_cipher != NULL ?
			OSSL_MAC_PARAM_CIPHER : OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)name, 0);
	ok = EVP_MAC_init(l->mac, key, key_len, params) == 1;
	vcryptod_wipe_stack();
	if (ok)
		return true;
	EVP_MAC_CTX_free(l->mac);
	l->mac = NULL;
	return false;
}

/* Ready for a first byte; false if the library fails. */
static bool
mac_auth_begin(struct ossl_session *s, struct ossl_lane *l)
{
	const uint8_t *key = s->p.kind == REQ_MAC ? s->key : s->auth_key;
	uint32_t key_len = s->p.kind == REQ_MAC ? s->p.key_len : s->p.auth_key_len;
	static const uint8_t zero[BLOCK];

	switch (s->auth) {
	case OSSL_HASH:
	case OSSL_XOF:
		if (l->md == NULL)
			l->md = EVP_MD_CTX_new();
		return l->md != NULL && EVP_DigestInit_ex2(l->md, s->md, NULL) == 1;
	case OSSL_MAC:
		if (l->mac == NULL)
			return mac_ctx(s, l, key, key_len);
		return EVP_MAC_init(l->mac, NULL, 0, NULL) == 1;
	case OSSL_CBC_MAC:
	case OSSL_XCBC:
		if (l->auth == NULL && !mac_cbc_ctx(s, l, key, key_len))
			return false;
		return EVP_CipherInit_ex2(l->auth, NULL, NULL, zero, 1, NULL) == 1;
	case OSSL_AUTH_NONE:
	default:
		return false;
	}
}

static int
mac_auth_find(struct ossl_session *s)
{
	if (s->p.kind == REQ_HASH)
		return mac_hash_setup(s, s->p.algo);
	if (s->p.kind == REQ_MAC)
		return mac_setup(s, s->p.algo, s->key, s->p.key_len);
	if (s->p.hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN)
		return mac_hash_setup(s, s->p.auth_algo);
	return mac_setup(s, s->p.auth_algo, s->auth_key, s->p.auth_key_len);
}

int
vcryptod_ossl_auth_setup(struct ossl_session *s)
{
	int rc = mac_auth_find(s);

	if (rc != 0)
		return rc;
	return mac_auth_begin(s, &s->lane[0]) ? 0 : -EINVAL;
}

/* What CBC-MAC and XCBC-MAC still hold: the last block is treated apart. */
struct cbc_tail {
	uint8_t block[BLOCK];
	uint32_t len;
	uint8_t mac[BLOCK];	/* the chain's value so far */
};

static bool
mac_cbc_blocks(EVP_CIPHER_CTX *ctx, struct cbc_tail *t, const uint8_t *p, uint32_t len)
{
	uint8_t out[CBC_PIECE];
	uint32_t n;
	int outl;

	for (; len != 0; p += n, len -= n) {
		n = len < CBC_PIECE ? len : CBC_PIECE;
		if (EVP_CipherUpdate(ctx, out, &outl, p, (int)n) != 1)
			return false;
		memcpy(t->mac, out + n - BLOCK, BLOCK);
	}
	return true;
}

/* Encrypts whole blocks and keeps 1 to BLOCK bytes (0 while the message is empty). */
static bool
mac_cbc_update(EVP_CIPHER_CTX *ctx, struct cbc_tail *t, const uint8_t *p, uint32_t len)
{
	uint32_t n;

	if (len == 0)
		return true;
	if (t->len != 0) {
		n = len < BLOCK - t->len ? len : BLOCK - t->len;
		memcpy(t->block + t->len, p, n);
		t->len += n;
		p += n;
		len -= n;
		if (len == 0)
			return true;
		if (!mac_cbc_blocks(ctx, t, t->block, BLOCK))
			return false;
	}
	n = (len - 1) / BLOCK * BLOCK;
	if (n != 0 && !mac_cbc_blocks(ctx, t, p, n))
		return false;
	t->len = len - n;
	memcpy(t->block, p + n, t->len);
	return true;
}

static bool
mac_cbc_final(struct ossl_session *s, EVP_CIPHER_CTX *ctx, struct cbc_tail *t)
{
	const uint8_t *k = s->xcbc_key[t->len == BLOCK ? 1 : 2];
	unsigned int i;

	if (s->auth == OSSL_CBC_MAC && t->len == 0)
		return false;
	if (t->len < BLOCK)
		memset(t->block + t->len, 0, BLOCK - t->len);
	if (s->auth == OSSL_XCBC) {
		if (t->len < BLOCK)
			t->block[t->len] = 0x80;
		for (i = 0; i < BLOCK; i++)
			t->block[i] ^= k[i];
	}
	return mac_cbc_blocks(ctx, t, t->block, BLOCK);
}

static bool
mac_auth_bytes(struct ossl_session *s, struct ossl_lane *l, struct cbc_tail *t, const uint8_t *p,
		uint32_t n)
{
	if (s->auth == OSSL_MAC)
		return EVP_MAC_update(l->mac, p, n) == 1;
	if (s->auth == OSSL_CBC_MAC || s->auth == OSSL_XCBC)
		return mac_cbc_update(l->auth, t, p, n);
	return EVP_DigestUpdate(l->md, p, n) == 1;
}

/* *done bytes are behind; false if the library fails, or if the request is halted. */
static bool
mac_auth_update(struct ossl_session *s, struct ossl_lane *l, const struct vcryptod_lane *lane,
		struct cbc_tail *t, uint64_t *done, const struct vcryptod_span *span)
{
	struct vcryptod_span at = *span;
	uint32_t n, piece;
	uint8_t *p;

	for (p = vcryptod_span_next(&at, &n); n != 0; p = vcryptod_span_next(&at, &n)) {
		for (; n != 0; p += piece, n -= piece, *done += piece) {
			piece = VCRYPTOD_PIECE - (uint32_t)(*done % VCRYPTOD_PIECE);
			if (piece > n)
				piece = n;
			if (!vcryptod_lane_goes_on(lane, *done) ||
					!mac_auth_bytes(s, l, t, p, piece))
				return false;
		}
	}
	return true;
}

static bool
mac_auth_final(struct ossl_session *s, struct ossl_lane *l, struct cbc_tail *t,
		uint8_t out[VCRYPTOD_DIGEST_MAX], uint32_t out_len)
{
	size_t len;

	switch (s->auth) {
	case OSSL_HASH:
		return EVP_DigestFinal_ex(l->md, out, NULL) == 1;
	case OSSL_XOF:
		return EVP_DigestFinalXOF(l->md, out, out_len) == 1;
	case OSSL_MAC:
		return EVP_MAC_final(l->mac, out, &len, VCRYPTOD_DIGEST_MAX) == 1;
	case OSSL_CBC_MAC:
	case OSSL_XCBC:
		if (!mac_cbc_final(s, l->auth, t))
			return false;
		memcpy(out, t->mac, BLOCK);
		return true;
	case OSSL_AUTH_NONE:
	default:
		return false;
	}
}

bool
vcryptod_ossl_auth_ranges(struct ossl_session *s, struct ossl_lane *l,
		const struct vcryptod_lane *lane, uint8_t out[VCRYPTOD_DIGEST_MAX],
		uint32_t out_len, const struct vcryptod_span *parts, unsigned int nb)
{
	struct cbc_tail t = { .len = 0 };
	uint64_t done = 0;
	unsigned int i;

	if (out_len > VCRYPTOD_DIGEST_MAX || !mac_auth_begin(s, l))
		return false;
	for (i = 0; i < nb; i++)
		if (!mac_auth_update(s, l, lane, &t, &done, &parts[i]))
			return false;
	return mac_auth_final(s, l, &t, out, out_len);
}

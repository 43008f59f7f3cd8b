/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The OpenSSL engine: what the library has, sessions, and the way of a request to the
 * file that serves its kind.  Everything is fetched once, into a library context of
 * our own, so that a configuration of the machine's programs does not reach in here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>

#include "engine_openssl.h"

struct vcryptod_ossl vcryptod_ossl;
static unsigned int users;	/* of init: the ipsec-mb engine stands on this one */

static const char * const md_name[] = {
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

#define NB_MD	(sizeof(md_name) / sizeof(md_name[0]))

static void
fetch_aes(EVP_CIPHER *set[OSSL_NB_AES], const char *mode)
{
	static const int bits[OSSL_NB_AES] = { 128, 192, 256 };
	char name[32];
	int i;

	for (i = 0; i < OSSL_NB_AES; i++) {
		snprintf(name, sizeof(name), "AES-%d-%s", bits[i], mode);
		set[i] = EVP_CIPHER_fetch(vcryptod_ossl.lib, name, NULL);
	}
}

static void
fetch(struct vcryptod_ossl *o)
{
	unsigned int i;

	fetch_aes(o->ecb, "ECB");
	fetch_aes(o->cbc, "CBC");
	fetch_aes(o->ctr, "CTR");
	fetch_aes(o->xts, "XTS");
	fetch_aes(o->gcm, "GCM");
	fetch_aes(o->ccm, "CCM");
	o->chacha = EVP_CIPHER_fetch(o->lib, "ChaCha20-Poly1305", NULL);
	o->rc4 = EVP_CIPHER_fetch(o->lib, "RC4", NULL);
	o->des_ecb = EVP_CIPHER_fetch(o->lib, "DES-ECB", NULL);
	o->des_cbc = EVP_CIPHER_fetch(o->lib, "DES-CBC", NULL);
	o->des3_ecb = EVP_CIPHER_fetch(o->lib, "DES-EDE3-ECB", NULL);
	o->des3_cbc = EVP_CIPHER_fetch(o->lib, "DES-EDE3-CBC", NULL);
	for (i = 0; i < NB_MD; i++)
		if (md_name[i] != NULL)
			o->md[i] = EVP_MD_fetch(o->lib, md_name[i], NULL);
	o->md4 = EVP_MD_fetch(o->lib, "MD4", NULL);
	o->hmac = EVP_MAC_fetch(o->lib, "HMAC", NULL);
	o->cmac = EVP_MAC_fetch(o->lib, "CMAC", NULL);
	o->curves = vcryptod_ossl_curves();
	ERR_clear_error();
}

static void
offer(struct vcryptod_caps *caps, enum virtio_crypto_service service, unsigned int number,
		const void *have)
{
	if (have != NULL)
		caps->mask[service] |= VIRTIO_BIT(number);
}

static void
offer_ciphers(struct vcryptod_caps *caps, const struct vcryptod_ossl *o)
{
	const struct {
		unsigned int number;
		const void *have;
	} row[] = {
		{ VIRTIO_CRYPTO_CIPHER_ARC4, o->rc4 },
		{ VIRTIO_CRYPTO_CIPHER_AES_ECB, o->ecb[0] },
		{ VIRTIO_CRYPTO_CIPHER_AES_CBC, o->cbc[0] },
		{ VIRTIO_CRYPTO_CIPHER_AES_CTR, o->ctr[0] },
		{ VIRTIO_CRYPTO_CIPHER_AES_F8, o->ecb[0] },
		{ VIRTIO_CRYPTO_CIPHER_AES_XTS, o->xts[0] },
		{ VIRTIO_CRYPTO_CIPHER_DES_ECB, o->des_ecb },
		{ VIRTIO_CRYPTO_CIPHER_DES_CBC, o->des_cbc },
		{ VIRTIO_CRYPTO_CIPHER_3DES_ECB, o->des3_ecb },
		{ VIRTIO_CRYPTO_CIPHER_3DES_CBC, o->des3_cbc },
		{ VIRTIO_CRYPTO_CIPHER_3DES_CTR, o->des3_ecb },
	};
	unsigned int i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		offer(caps, VIRTIO_CRYPTO_SERVICE_CIPHER, row[i].number, row[i].have);
}

static void
offer_digests(struct vcryptod_caps *caps, const struct vcryptod_ossl *o)
{
	unsigned int i;

	for (i = VIRTIO_CRYPTO_HASH_MD5; i < NB_MD; i++)
		offer(caps, VIRTIO_CRYPTO_SERVICE_HASH, i, o->md[i]);
	/* HMACs stand in the order of their hashes, with the same first number. */
	for (i = VIRTIO_CRYPTO_MAC_HMAC_MD5; i <= VIRTIO_CRYPTO_MAC_HMAC_SHA_512; i++)
		offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, i, o->hmac != NULL ? o->md[i] : NULL);
	offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_CMAC_AES, o->cmac);
	offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_CMAC_3DES,
			o->des3_cbc != NULL ? o->cmac : NULL);
	offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_CBCMAC_AES, o->cbc[0]);
	offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_XCBC_AES, o->cbc[0]);
}

static void
ossl_fini(void)
{
	struct vcryptod_ossl *o = &vcryptod_ossl;
	EVP_CIPHER **set[] = { o->ecb, o->cbc, o->ctr, o->xts, o->gcm, o->ccm };
	EVP_CIPHER *one[] = { o->chacha, o->rc4, o->des_ecb, o->des_cbc, o->des3_ecb, o->des3_cbc };
	unsigned int i, k;

	if (users > 1) {
		users--;
		return;
	}
	users = 0;
	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		for (k = 0; k < OSSL_NB_AES; k++)
			EVP_CIPHER_free(set[i][k]);
	for (i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		EVP_CIPHER_free(one[i]);
	for (i = 0; i < NB_MD; i++)
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

static int
load(struct vcryptod_ossl *o)
{
	o->lib = OSSL_LIB_CTX_new();
	if (o->lib == NULL)
		return -ENOMEM;
	o->base = OSSL_PROVIDER_load(o->lib, "default");
	if (o->base == NULL) {
		fprintf(stderr, "vcryptod: OpenSSL's default provider can't be loaded: "
				"check the installation of libssl\n");
		ossl_fini();
		return -ENOENT;
	}
	/* Not everywhere installed: without it DES and ARC4 are not offered. */
	o->legacy = OSSL_PROVIDER_load(o->lib, "legacy");
	fetch(o);
	return 0;
}

static int
ossl_init(struct vcryptod_caps *caps)
{
	struct vcryptod_ossl *o = &vcryptod_ossl;
	int ret = users == 0 ? load(o) : 0;

	if (ret != 0)
		return ret;
	users++;
	memset(caps, 0, sizeof(*caps));
	offer_ciphers(caps, o);
	offer_digests(caps, o);
	offer(caps, VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_GCM, o->gcm[0]);
	offer(caps, VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_CCM, o->ccm[0]);
	offer(caps, VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305, o->chacha);
	offer(caps, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_RSA, o->base);
	offer(caps, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_ECDSA,
			o->curves != 0 ? o->base : NULL);
	caps->max_cipher_key = 256;	/* ARC4 has the longest */
	caps->max_auth_key = 1024;	/* HMAC hashes what is longer than a block */
	return 0;
}

static void
lane_free(struct ossl_lane *l)
{
	EVP_CIPHER_CTX_free(l->cipher);
	EVP_CIPHER_CTX_free(l->cipher2);
	EVP_CIPHER_CTX_free(l->auth);
	EVP_MD_CTX_free(l->md);
	EVP_MAC_CTX_free(l->mac);
}

static void
ossl_session_destroy(void *session)
{
	struct ossl_session *s = session;
	unsigned int i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nb_lanes; i++)
		lane_free(&s->lane[i]);
	EVP_PKEY_free(s->pkey);
	OPENSSL_clear_free(s->key, s->p.key_len);
	OPENSSL_clear_free(s->auth_key, s->p.auth_key_len);
	OPENSSL_clear_free(s, sizeof(*s) + s->nb_lanes * sizeof(s->lane[0]));
}

static int
keys_copy(struct ossl_session *s, const struct req_session *p)
{
	if (p->key_len != 0) {
		s->key = OPENSSL_memdup(p->key, p->key_len);
		if (s->key == NULL)
			return -ENOMEM;
	}
	if (p->auth_key_len != 0) {
		s->auth_key = OPENSSL_memdup(p->auth_key, p->auth_key_len);
		if (s->auth_key == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
setup(struct ossl_session *s)
{
	int ret;

	switch (s->p.kind) {
	case REQ_CIPHER:
		s->run = vcryptod_ossl_cipher;
		return vcryptod_ossl_cipher_setup(s);
	case REQ_CHAIN:
		s->run = vcryptod_ossl_chain;
		ret = vcryptod_ossl_cipher_setup(s);
		return ret != 0 ? ret : vcryptod_ossl_auth_setup(s);
	case REQ_HASH:
	case REQ_MAC:
		s->run = vcryptod_ossl_auth;
		return vcryptod_ossl_auth_setup(s);
	case REQ_AEAD:
		s->run = vcryptod_ossl_aead;
		return vcryptod_ossl_aead_setup(s);
	case REQ_AKCIPHER:
		s->run = vcryptod_ossl_akcipher;
		return vcryptod_ossl_akcipher_setup(s);
	case REQ_NB_KINDS:
	default:
		return -ENOTSUP;
	}
}

static int
ossl_session_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	struct ossl_session *s;
	int ret;

	s = OPENSSL_zalloc(sizeof(*s) + nb_lanes * sizeof(s->lane[0]));
	if (s == NULL)
		return -ENOMEM;
	s->p = *p;
	s->p.key = s->p.auth_key = NULL;
	s->nb_lanes = nb_lanes;
	ret = keys_copy(s, p);
	if (ret == 0)
		ret = setup(s);
	/* The DER of an asymmetric key has served: the library holds the key. */
	if (s->p.kind == REQ_AKCIPHER) {
		OPENSSL_clear_free(s->key, s->p.key_len);
		s->key = NULL;
	}
	if (ret != 0) {
		ossl_session_destroy(s);
		ERR_clear_error();
		return ret;
	}
	*session = s;
	return 0;
}

static void
ossl_process(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	struct ossl_session *s;
	unsigned int i, bad = 0;

	for (i = 0; i < n; i++) {
		s = ops[i]->session;
		vcryptod_scratch_reset(&lane->scratch);
		s->run(s, &s->lane[lane->idx], lane, ops[i]);
		bad |= ops[i]->status;
	}
	/* The library keeps failures per thread: what nobody reads must not pile up. */
	if (bad != 0)
		ERR_clear_error();
}

const struct vcryptod_engine vcryptod_engine_openssl = {
	.name = "openssl",
	.init = ossl_init,
	.fini = ossl_fini,
	.session_create = ossl_session_create,
	.session_destroy = ossl_session_destroy,
	.process = ossl_process,
};

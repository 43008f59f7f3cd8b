/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The OpenSSL engine: what can be had of the library, sessions, and the way of a request
 * to the file that serves its kind.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "engine_openssl_aead.h"
#include "engine_openssl_akcipher.h"
#include "engine_openssl_key.h"
#include "engine_openssl_lib.h"
#include "engine_openssl_mac.h"
#include "engine_openssl_sym.h"
#include "secret.h"

static unsigned int ossl_users;	/* of init: the ipsec-mb engine stands on this one */

static void
ossl_offer(struct vcryptod_caps *caps, enum virtio_crypto_service service, unsigned int number,
		const void *have)
{
	if (have != NULL)
		caps->mask[service] |= VIRTIO_BIT(number);
}

static void
ossl_offer_ciphers(struct vcryptod_caps *caps, const struct vcryptod_ossl *o)
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
		ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_CIPHER, row[i].number, row[i].have);
}

static void
ossl_offer_digests(struct vcryptod_caps *caps, const struct vcryptod_ossl *o)
{
	unsigned int i;

	for (i = VIRTIO_CRYPTO_HASH_MD5; i < OSSL_NB_MD; i++)
		ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_HASH, i, o->md[i]);
	/* HMACs stand in the order of their hashes, with the same first number. */
	for (i = VIRTIO_CRYPTO_MAC_HMAC_MD5; i <= VIRTIO_CRYPTO_MAC_HMAC_SHA_512; i++)
		ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, i, o->hmac != NULL ? o->md[i] : NULL);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_CMAC_AES, o->cmac);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_CMAC_3DES,
			o->des3_cbc != NULL ? o->cmac : NULL);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_CBCMAC_AES, o->cbc[0]);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_XCBC_AES, o->cbc[0]);
}

static void
ossl_fini(void)
{
	if (ossl_users > 0 && --ossl_users == 0)
		vcryptod_ossl_unload();
}

static int
ossl_init(struct vcryptod_caps *caps)
{
	struct vcryptod_ossl *o = &vcryptod_ossl;
	int rc;

	if (ossl_users == 0) {
		rc = vcryptod_ossl_load();
		if (rc != 0)
			return rc;
		o->curves = vcryptod_ossl_curves();
		ERR_clear_error();
	}
	ossl_users++;
	memset(caps, 0, sizeof(*caps));
	ossl_offer_ciphers(caps, o);
	ossl_offer_digests(caps, o);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_GCM, o->gcm[0]);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_CCM, o->ccm[0]);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305,
			o->chacha);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_RSA, o->base);
	ossl_offer(caps, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_ECDSA,
			o->curves != 0 ? o->base : NULL);
	caps->max_cipher_key = 256;	/* ARC4 has the longest */
	caps->max_auth_key = 1024;	/* HMAC hashes what is longer than a block */
	return 0;
}

static void
ossl_lane_free(struct ossl_lane *l)
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
		ossl_lane_free(&s->lane[i]);
	EVP_PKEY_free(s->pkey);
	vcryptod_secret_free(s->key);
	vcryptod_secret_free(s->auth_key);
	vcryptod_secret_free(s);
}

static int
ossl_copy_keys(struct ossl_session *s, const struct req_session *p)
{
	if (p->key_len != 0) {
		s->key = vcryptod_secret_alloc(p->key_len);
		if (s->key == NULL)
			return -ENOMEM;
		memcpy(s->key, p->key, p->key_len);
	}
	if (p->auth_key_len != 0) {
		s->auth_key = vcryptod_secret_alloc(p->auth_key_len);
		if (s->auth_key == NULL)
			return -ENOMEM;
		memcpy(s->auth_key, p->auth_key, p->auth_key_len);
	}
	return 0;
}

static int
ossl_session_setup(struct ossl_session *s)
{
	int rc;

	switch (s->p.kind) {
	case REQ_CIPHER:
		s->run = vcryptod_ossl_cipher;
		return vcryptod_ossl_cipher_setup(s);
	case REQ_CHAIN:
		s->run = vcryptod_ossl_chain;
		rc = vcryptod_ossl_cipher_setup(s);
		return rc != 0 ? rc : vcryptod_ossl_auth_setup(s);
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
	int rc;

	s = vcryptod_secret_alloc(sizeof(*s) + nb_lanes * sizeof(s->lane[0]));
	if (s == NULL)
		return -ENOMEM;
	s->p = *p;
	s->p.key = s->p.auth_key = NULL;
	s->nb_lanes = nb_lanes;
	rc = ossl_copy_keys(s, p);
	if (rc == 0)
		rc = ossl_session_setup(s);
	/* The DER of an asymmetric key has served: the library holds the key. */
	if (s->p.kind == REQ_AKCIPHER) {
		vcryptod_secret_free(s->key);
		s->key = NULL;
	}
	if (rc != 0) {
		ossl_session_destroy(s);
		ERR_clear_error();
		return rc;
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
	/* The library keeps a queue of errors per thread, which would grow. */
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

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files of the OpenSSL engine: the objects fetched once per process, a
 * session, and one thread's contexts of a session.
 *
 * A session keeps its keys, since each lane builds its contexts when it first meets
 * the session; contexts and keys are wiped with it.  A context belongs to one lane and
 * is never shared, so no lock is taken.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_H
#define VCRYPTOD_ENGINE_OPENSSL_H

#include <openssl/evp.h>

#include "engine.h"

#define OSSL_NB_AES	3		/* key lengths: 16, 24, 32 */

/* Fetched once; NULL where the library has no such algorithm. */
struct vcryptod_ossl {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *base, *legacy;
	EVP_CIPHER *ecb[OSSL_NB_AES], *cbc[OSSL_NB_AES], *ctr[OSSL_NB_AES];
	EVP_CIPHER *xts[OSSL_NB_AES];	/* 1: there is no XTS of 192 bits */
	EVP_CIPHER *gcm[OSSL_NB_AES], *ccm[OSSL_NB_AES];
	EVP_CIPHER *chacha, *rc4;
	EVP_CIPHER *des_ecb, *des_cbc, *des3_ecb, *des3_cbc;
	EVP_MD *md[VIRTIO_CRYPTO_HASH_SHA3_SHAKE256 + 1];	/* by HASH number */
	EVP_MD *md4;
	EVP_MAC *hmac, *cmac;
	unsigned int curves;		/* of vcryptod_ossl_curves */
};
extern struct vcryptod_ossl vcryptod_ossl;

/* How a cipher is driven. */
enum ossl_mode {
	OSSL_PLAIN,	/* one update */
	OSSL_RC4,	/* keyed anew for each request */
	OSSL_DES3_CTR,	/* counter mode made of ECB */
	OSSL_AES_F8,	/* output feedback of RFC 3711, made of ECB */
};

enum ossl_auth {
	OSSL_AUTH_NONE,
	OSSL_HASH,
	OSSL_XOF,
	OSSL_MAC,
	OSSL_CBC_MAC,
	OSSL_XCBC,
};

/* Contexts of one lane, built on first use. */
struct ossl_lane {
	EVP_CIPHER_CTX *cipher, *cipher2;	/* cipher2: the masked key of AES-F8 */
	EVP_MD_CTX *md;
	EVP_MAC_CTX *mac;
	EVP_CIPHER_CTX *auth;			/* CBC-MAC and XCBC */
};

struct ossl_session {
	struct req_session p;		/* without key pointers */
	EVP_CIPHER *evp;
	enum ossl_mode mode;

	enum ossl_auth auth;
	EVP_MD *md;			/* HASH, XOF and HMAC */
	const char *auth_cipher;	/* CMAC: its cipher's name */
	uint8_t xcbc_key[3][16];	/* RFC 3566: K1, K2, K3 */

	struct vcryptod_gcm_j0 j0;	/* GCM */
	EVP_PKEY *pkey;			/* AKCIPHER */

	void (*run)(struct ossl_session *s, struct ossl_lane *l, struct vcryptod_lane *lane,
			struct vcryptod_op *op);
	uint8_t *key, *auth_key;	/* p.key_len and p.auth_key_len bytes */
	unsigned int nb_lanes;
	struct ossl_lane lane[];
};

/* engine_openssl_sym.c: CIPHER, HASH, MAC, CHAIN */
int vcryptod_ossl_cipher_setup(struct ossl_session *s);
void vcryptod_ossl_cipher(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);
void vcryptod_ossl_auth(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);
void vcryptod_ossl_chain(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);

/* engine_openssl_mac.c */
int vcryptod_ossl_auth_setup(struct ossl_session *s);
/* The digest of nb spans in turn: out_len bytes of it are good.  1, or 0. */
int vcryptod_ossl_auth_ranges(struct ossl_session *s, struct ossl_lane *l,
		uint8_t out[VCRYPTOD_DIGEST_MAX], uint32_t out_len,
		const struct vcryptod_span *parts, unsigned int nb);

/* engine_openssl_aead.c */
int vcryptod_ossl_aead_setup(struct ossl_session *s);
void vcryptod_ossl_aead(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);

/* engine_openssl_akcipher.c */
int vcryptod_ossl_akcipher_setup(struct ossl_session *s);
void vcryptod_ossl_akcipher(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);
/* engine_openssl_key.c: the curves that the library has, bit n for enum
 * virtio_crypto_curve n.
 */
unsigned int vcryptod_ossl_curves(void);

/* A keyed context for a whole life: key given once, iv per request. */
EVP_CIPHER_CTX *vcryptod_ossl_ctx(EVP_CIPHER *evp, const uint8_t *key, size_t key_len,
		int encrypt);

#endif

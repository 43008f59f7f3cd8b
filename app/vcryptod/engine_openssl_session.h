/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A session of the OpenSSL engine, and one thread's contexts of it; plain data, shared by
 * the engine's files.
 *
 * A session keeps its keys, since each lane builds its contexts when it first meets
 * the session; contexts and keys are wiped with it.  A context belongs to one lane and
 * is never shared, so no lock is taken.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_SESSION_H
#define VCRYPTOD_ENGINE_OPENSSL_SESSION_H

#include <openssl/evp.h>

#include "engine.h"
#include "gcm_j0.h"

/* How a cipher is driven. */
enum ossl_mode {
	OSSL_PLAIN,	/* one update */
	OSSL_RC4,	/* keyed anew for each request */
	OSSL_DES3_CTR,	/* counter mode made of ECB */
	OSSL_AES_F8,	/* output feedback of RFC 3711, made of ECB */
	OSSL_XTS_EQUAL,	/* XTS with two equal keys, which the library refuses, made of ECB */
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
	EVP_CIPHER_CTX *cipher, *cipher2;	/* cipher2: the masked key of AES-F8, or
						 * the tweak's of XTS
						 */
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

#endif

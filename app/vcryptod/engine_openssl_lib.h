/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the engines use of OpenSSL's library: its objects, fetched once per process into
 * a library context of our own, so that a configuration of the machine's programs does
 * not reach in here.  The lowest file of the OpenSSL engine.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_LIB_H
#define VCRYPTOD_ENGINE_OPENSSL_LIB_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "../../lib/wire/virtio_crypto.h"

#define OSSL_NB_AES	3		/* key lengths: 16, 24, 32 */
#define OSSL_NB_MD	(VIRTIO_CRYPTO_HASH_SHA3_SHAKE256 + 1)

/* NULL where the library has no such algorithm. */
struct vcryptod_ossl {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *base, *legacy;
	EVP_CIPHER *ecb[OSSL_NB_AES], *cbc[OSSL_NB_AES], *ctr[OSSL_NB_AES];
	EVP_CIPHER *xts[OSSL_NB_AES];	/* 1: there is no XTS of 192 bits */
	EVP_CIPHER *gcm[OSSL_NB_AES], *ccm[OSSL_NB_AES];
	EVP_CIPHER *chacha, *rc4;
	EVP_CIPHER *des_ecb, *des_cbc, *des3_ecb, *des3_cbc;
	EVP_MD *md[OSSL_NB_MD];		/* by HASH number */
	EVP_MD *md4;
	EVP_MAC *hmac, *cmac;
	unsigned int curves;		/* bit n: enum virtio_crypto_curve n */
};
/* Written by the two functions below and by the owner of curves; else only read. */
extern struct vcryptod_ossl vcryptod_ossl;

/* Fetches all but curves.  0; -ENOMEM; -ENOENT: no default provider (logged); -EBUSY: OpenSSL
 * does not use the memory of secret.h (logged).  From one thread; each load is followed by one
 * unload, which forgets the objects.
 */
int vcryptod_ossl_load(void);
void vcryptod_ossl_unload(void);

/* A context that is keyed once and gets its iv per request.  NULL if there is no
 * memory, or if the key is refused.
 */
EVP_CIPHER_CTX *vcryptod_ossl_ctx(EVP_CIPHER *evp, const uint8_t *key, size_t key_len,
		int encrypt);

#endif

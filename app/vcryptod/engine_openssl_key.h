/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric keys of the OpenSSL engine: from a driver's DER to the library's key.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_KEY_H
#define VCRYPTOD_ENGINE_OPENSSL_KEY_H

#include <openssl/evp.h>

#include "request.h"

/* RSAPublicKey or RSAPrivateKey (PKCS #1) by p->key_type, p->key_len bytes at der.  The
 * values must be possible ones: an odd modulus without a small factor, a public exponent of 64
 * bits at most, a private one below the modulus, primes of about half its length that multiply
 * to it, their exponents below them.  That also bounds what an operation costs, by the
 * modulus' length alone.  Where the primes are 0 the private exponent alone is used.
 * 0, -EINVAL, -ENOTSUP (size), -ENOMEM.
 */
int vcryptod_ossl_rsa_key(EVP_PKEY **pkey, const struct req_session *p, const uint8_t *der);

/* ECPrivateKey (RFC 5915) or a point (SEC 1, without the octet string's header) on
 * p->curve.  0, -EINVAL, -ENOTSUP (curve), -ENOMEM.
 */
int vcryptod_ossl_ec_key(EVP_PKEY **pkey, const struct req_session *p, const uint8_t *der);

/* The curves that the library has: bit n for enum virtio_crypto_curve n. */
unsigned int vcryptod_ossl_curves(void);

#endif

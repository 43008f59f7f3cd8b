/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric keys of the OpenSSL engine: from a driver's DER to the library's key.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_KEY_H
#define VCRYPTOD_ENGINE_OPENSSL_KEY_H

#include <openssl/evp.h>

#include "request.h"

#define OSSL_RSA_BITS_MIN	512
#define OSSL_RSA_BITS_MAX	8192	/* a private operation stays within 0.2 s */

/* RSAPublicKey or RSAPrivateKey (PKCS #1) by p->key_type, p->key_len bytes at der.  The
 * values must be possible ones (odd modulus and exponent, primes that multiply to the
 * modulus); where the primes are 0 the private exponent alone is used.
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

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Private RSA keys in the encoding of the standard.
 */
#ifndef VCRYPTO_RSA_KEY_H
#define VCRYPTO_RSA_KEY_H

#include <stdint.h>

#include <rte_crypto_asym.h>

/* The private key of an RSA xform, in DER, with the numbers
 * that the xform leaves out computed and all of them checked against each other: a
 * wrong one would have the device give the key away with its first result.  Returns
 * its length; -EINVAL if the numbers are no key of two primes; -ENOMEM.  der holds
 * VCRYPTO_RSA_DER_MAX bytes.
 */
#define VCRYPTO_RSA_DER_MAX	5120	/* bytes; 8192 bits take 4700 */
int vcrypto_rsa_private_der(uint8_t *der, const struct rte_crypto_rsa_xform *x);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Encodes private RSA keys in DER, as the AKCIPHER service takes them (virtio 1.4,
 * 5.9.9.8).  Thread-safe; does not touch the device.
 */
#ifndef VCRYPTO_RSA_KEY_H
#define VCRYPTO_RSA_KEY_H

#include <stdint.h>

#include <rte_crypto_asym.h>

/* Writes the private key of an RSA xform into der, which holds VCRYPTO_RSA_DER_MAX bytes.
 * Computes the numbers that the xform leaves out and checks all numbers against each
 * other: with a wrong number the device's first result would reveal the key.  Returns the
 * length in bytes; -EINVAL if the numbers are no key of two primes; -ENOMEM; -ENOTSUP, always, of
 * a driver that was built without libcrypto.
 */
#define VCRYPTO_RSA_DER_MAX	5120	/* bytes; 8192 bits take 4700 */
int vcrypto_rsa_private_der(uint8_t *der, const struct rte_crypto_rsa_xform *x);

#endif

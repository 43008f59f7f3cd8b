/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Takes the place of vcrypto_rsa_key.c where the driver is built without libcrypto: nothing
 * can complete a private key then, and no device gets one that is not whole.  The
 * capabilities say so (device/vcrypto_caps.c).
 */
#include <errno.h>

#include <rte_common.h>

#include "device/vcrypto_log.h"
#include "session/vcrypto_rsa_key.h"

int
vcrypto_rsa_private_der(uint8_t *der __rte_unused,
		const struct rte_crypto_rsa_xform *x __rte_unused)
{
	VCRYPTO_ERR("RSA: private keys need a driver that was built with libcrypto: install "
		"OpenSSL's headers and build it again, or leave the private key out");
	return -ENOTSUP;
}

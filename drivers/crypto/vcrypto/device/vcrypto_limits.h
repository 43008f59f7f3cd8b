/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The limits in the device's configuration space (virtio 1.4, 5.9.5), in host byte order
 * and checked.
 */
#ifndef VCRYPTO_LIMITS_H
#define VCRYPTO_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "req_alg.h"
#include "device/vcrypto_args.h"

/* RSA moduli that the driver accepts, whatever the device supports. */
#define VCRYPTO_RSA_MIN		128	/* bytes: 1024 bits */
#define VCRYPTO_RSA_MAX		1024	/* bytes: 8192 bits */

struct vcrypto_limits {
	bool ready;			/* HW_READY */
	uint32_t max_dataqueues;
	uint32_t services;		/* one bit per enum virtio_crypto_service */
	uint64_t algos[VIRTIO_CRYPTO_NB_SERVICES];	/* one bit per number */
	uint32_t max_cipher_key_len;	/* bytes; UINT32_MAX for the field's 0 */
	uint32_t max_auth_key_len;	/* bytes; UINT32_MAX for the field's 0 */
	uint64_t max_size;		/* bytes; UINT64_MAX for the field's 0 */
};

/* Fills lim from c, the device's configuration, and from args' algos=.  0, or -ERANGE
 * with one line that begins with name if max_dataqueues is 0 or above 65535.
 */
int vcrypto_limits_parse(struct vcrypto_limits *lim, const char *name,
		const struct virtio_crypto_config *c, const struct vcrypto_args *args);

/* Does the device accept this algorithm, alone or within a chain? */
static inline bool
vcrypto_limits_has(const struct vcrypto_limits *lim, enum virtio_crypto_service service,
		uint32_t number)
{
	return number < 64 && (lim->algos[service] >> number & 1) != 0;
}

#endif

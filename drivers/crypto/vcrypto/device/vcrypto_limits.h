/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the device's configuration space says (virtio 1.4, 5.9.5), in host order
 * and with its contradictions resolved.
 */
#ifndef VCRYPTO_LIMITS_H
#define VCRYPTO_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "req_alg.h"
#include "device/vcrypto_args.h"

/* What the driver takes of RSA, whatever the device says. */
#define VCRYPTO_RSA_MIN		128	/* bytes of modulus: 1024 bits */
#define VCRYPTO_RSA_MAX		1024	/* 8192 bits */

struct vcrypto_limits {
	bool ready;			/* HW_READY */
	uint32_t max_dataqueues;
	uint32_t services;		/* bits of enum virtio_crypto_service */
	uint64_t algos[VIRTIO_CRYPTO_NB_SERVICES];	/* bits of algorithm numbers */
	uint32_t max_cipher_key_len;	/* bytes; UINT32_MAX where the device says 0 */
	uint32_t max_auth_key_len;	/* bytes; UINT32_MAX where the device says 0 */
	uint64_t max_size;		/* bytes; UINT64_MAX where the device says 0 */
};

/* Checks c, the device's configuration, and adds devarg algos= of args.  -ERANGE with
 * one line that begins with name for max_dataqueues of 0 or above 65535.
 */
int vcrypto_limits_parse(struct vcrypto_limits *lim, const char *name,
		const struct virtio_crypto_config *c, const struct vcrypto_args *args);

/* Does the device take this algorithm, alone or within a chain? */
static inline bool
vcrypto_limits_has(const struct vcrypto_limits *lim, enum virtio_crypto_service service,
		uint32_t number)
{
	return number < 64 && (lim->algos[service] >> number & 1) != 0;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the device's configuration space says (virtio 1.4, 5.9.5), in host order
 * and with its contradictions resolved, and what follows from it: capabilities.
 */
#ifndef VCRYPTO_LIMITS_H
#define VCRYPTO_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "req_alg.h"

struct rte_cryptodev_capabilities;
struct vcrypto_dev;

struct vcrypto_limits {
	bool ready;			/* HW_READY */
	uint32_t max_dataqueues;
	uint32_t services;		/* bits of enum virtio_crypto_service */
	uint64_t algos[VIRTIO_CRYPTO_NB_SERVICES];	/* bits of algorithm numbers */
	uint32_t max_cipher_key_len;	/* bytes; UINT32_MAX where the device says 0 */
	uint32_t max_auth_key_len;	/* bytes; UINT32_MAX where the device says 0 */
	uint64_t max_size;		/* bytes; UINT64_MAX where the device says 0 */
};

/* Reads and checks the configuration; devarg algos= is added.  -ERANGE with one
 * line for max_dataqueues of 0 or above 65535; read_config's errors.
 */
int vcrypto_limits_read(struct vcrypto_limits *lim, struct vcrypto_dev *dev);

/* Does the device take this algorithm, alone or within a chain? */
static inline bool
vcrypto_limits_has(const struct vcrypto_limits *lim, enum virtio_crypto_service service,
		uint32_t number)
{
	return number < 64 && (lim->algos[service] >> number & 1) != 0;
}

/* Room for the capability array, on the DPDK heap; NULL without memory. */
struct rte_cryptodev_capabilities *vcrypto_caps_create(void);
/* Writes dev->caps, ended by an entry of op type UNDEFINED, and dev->feature_flags
 * from dev->lim.  In place: applications keep pointers into the array.
 */
void vcrypto_caps_fill(struct vcrypto_dev *dev);

#endif

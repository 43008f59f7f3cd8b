/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rte_cryptodev's capabilities and feature flags of a device, computed from its limits.
 */
#ifndef VCRYPTO_CAPS_H
#define VCRYPTO_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "req_alg.h"

struct rte_crypto_param_range;
struct rte_cryptodev_capabilities;
struct vcrypto_dev;

/* Allocates the capability array on DPDK's heap; NULL if there is no memory.  The caller
 * frees it with rte_free.
 */
struct rte_cryptodev_capabilities *vcrypto_caps_create(void);
/* Writes dev->caps, ended by an entry of op type UNDEFINED, and dev->feature_flags, from
 * dev->lim, dev->features and dev->traits.  Writes in place, since applications keep
 * pointers into the array.  Life-cycle calls only.
 */
void vcrypto_caps_fill(struct vcrypto_dev *dev);
/* *out is the range *in, cut at limit (the same unit); false if nothing is left. */
bool vcrypto_caps_range(struct rte_crypto_param_range *out, const struct req_range *in,
		uint32_t limit);

#endif

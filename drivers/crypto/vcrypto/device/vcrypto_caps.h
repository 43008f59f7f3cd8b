/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rte_cryptodev's capabilities and feature flags of a device, computed from its limits.
 */
#ifndef VCRYPTO_CAPS_H
#define VCRYPTO_CAPS_H

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

#endif

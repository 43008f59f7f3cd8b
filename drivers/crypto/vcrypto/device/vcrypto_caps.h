/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rte_cryptodev's capabilities and feature flags of a device, computed from its limits.
 */
#ifndef VCRYPTO_CAPS_H
#define VCRYPTO_CAPS_H

struct rte_cryptodev_capabilities;
struct vcrypto_dev;

/* Room for the capability array, on the DPDK heap; NULL without memory. */
struct rte_cryptodev_capabilities *vcrypto_caps_create(void);
/* Writes dev->caps, ended by an entry of op type UNDEFINED, and dev->feature_flags
 * from dev->lim.  In place: applications keep pointers into the array.
 */
void vcrypto_caps_fill(struct vcrypto_dev *dev);

#endif

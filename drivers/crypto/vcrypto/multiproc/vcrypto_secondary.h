/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The operations and burst functions of a device in a secondary process.
 *
 * Threads: probe and remove.
 */
#ifndef VCRYPTO_SECONDARY_H
#define VCRYPTO_SECONDARY_H

#include "device/vcrypto_compat.h"

/* Gives cdev the operations, burst functions and feature flags of a secondary process, and
 * the lists that bursts need: 0, or -ENOMEM with one line.  remove frees the lists and takes
 * the operations away, so that DPDK does not close the device.
 */
int vcrypto_secondary_install(struct rte_cryptodev *cdev);
void vcrypto_secondary_remove(struct rte_cryptodev *cdev);

#endif

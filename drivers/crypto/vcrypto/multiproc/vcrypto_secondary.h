/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a device answers in a secondary process; installed by vcrypto_share_attach().
 */
#ifndef VCRYPTO_SECONDARY_H
#define VCRYPTO_SECONDARY_H

#include "device/vcrypto_compat.h"

/* Operations, burst functions and feature flags for a secondary process.  0 or -ENOMEM
 * with one line.  remove takes them away; DPDK then closes nothing.
 */
int vcrypto_secondary_install(struct rte_cryptodev *cdev);
void vcrypto_secondary_remove(struct rte_cryptodev *cdev);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What rte_cryptodev calls for a device in the primary process.
 */
#ifndef VCRYPTO_OPS_H
#define VCRYPTO_OPS_H

#include "device/vcrypto_compat.h"

extern struct rte_cryptodev_ops vcrypto_ops;

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of functions that rte_cryptodev calls for a device in the primary process.  A
 * secondary process has a table of its own (multiproc/vcrypto_secondary.c).
 */
#ifndef VCRYPTO_OPS_H
#define VCRYPTO_OPS_H

#include "device/vcrypto_compat.h"

extern struct rte_cryptodev_ops vcrypto_ops;

#endif

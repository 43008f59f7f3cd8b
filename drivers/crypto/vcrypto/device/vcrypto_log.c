/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the driver's log type: one for all rooms, registered when the driver is loaded.
 * Calls rte_log alone.
 */
#ifndef VCRYPTO_IN_TREE
#define RTE_LOG_DEFAULT_LOGTYPE	pmd.crypto.vcrypto	/* which DPDK's own build would say */
#endif
#include "device/vcrypto_log.h"

RTE_LOG_REGISTER_DEFAULT(vcrypto_logtype, NOTICE);

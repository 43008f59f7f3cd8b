/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the driver's log type: one for all rooms, registered when the driver is loaded.
 * Calls rte_log alone.
 */
#include "device/vcrypto_log.h"

RTE_LOG_REGISTER(vcrypto_logtype, pmd.crypto.vcrypto, NOTICE);

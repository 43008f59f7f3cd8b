/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver's log: one log type, pmd.crypto.vcrypto; each macro adds the newline.
 * A message names the device first and states what the reader can do.  Must not be used
 * above level debug on the hot path, and never with keys or payload.
 */
#ifndef VCRYPTO_LOG_H
#define VCRYPTO_LOG_H

#include <rte_log.h>

extern int vcrypto_logtype;

#define VCRYPTO_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, vcrypto_logtype, "crypto_virtio: " fmt "\n", ## __VA_ARGS__)

#define VCRYPTO_ERR(fmt, ...)	VCRYPTO_LOG(ERR, fmt, ## __VA_ARGS__)
#define VCRYPTO_WARN(fmt, ...)	VCRYPTO_LOG(WARNING, fmt, ## __VA_ARGS__)
#define VCRYPTO_INFO(fmt, ...)	VCRYPTO_LOG(INFO, fmt, ## __VA_ARGS__)
#define VCRYPTO_DBG(fmt, ...)	VCRYPTO_LOG(DEBUG, fmt, ## __VA_ARGS__)

#endif

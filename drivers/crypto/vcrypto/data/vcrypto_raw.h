/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The raw data path of rte_cryptodev: vectors instead of ops, and the caller's pointers
 * instead of op addresses.
 *
 * Threads: one per queue pair, as for bursts.  Bursts and the raw data path may be used on
 * a queue pair in turn: either keeps the completions that it finds of the other's requests.
 */
#ifndef VCRYPTO_RAW_H
#define VCRYPTO_RAW_H

#include "data/vcrypto_qp.h"

/* rte_cryptodev_ops.  Size in bytes; 0, -EINVAL, or -ENOTSUP for a session that only
 * bursts support.
 */
int vcrypto_raw_ctx_size(struct rte_cryptodev *cdev);
int vcrypto_raw_configure(struct rte_cryptodev *cdev, uint16_t qp_id,
		struct rte_crypto_raw_dp_ctx *ctx, enum rte_crypto_op_sess_type sess_type,
		union rte_cryptodev_session_ctx session_ctx, uint8_t is_update);

#endif

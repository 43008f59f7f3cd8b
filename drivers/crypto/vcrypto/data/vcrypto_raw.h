/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The raw data path: vectors instead of ops, caller's pointers instead of tokens.
 * One thread per queue pair, as for bursts.  Completions of one API that the other
 * one finds are kept for it, so both may be used on a queue pair in turn.
 */
#ifndef VCRYPTO_RAW_H
#define VCRYPTO_RAW_H

#include "data/vcrypto_qp.h"

/* rte_cryptodev_ops */
int vcrypto_raw_ctx_size(struct rte_cryptodev *cdev);
int vcrypto_raw_configure(struct rte_cryptodev *cdev, uint16_t qp_id,
		struct rte_crypto_raw_dp_ctx *ctx, enum rte_crypto_op_sess_type sess_type,
		union rte_cryptodev_session_ctx session_ctx, uint8_t is_update);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The slow path of enqueue: vcrypto_burst.c enters it for ops that the fast path does not
 * take.
 */
#ifndef VCRYPTO_SYM_OP_H
#define VCRYPTO_SYM_OP_H

#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"

/* Builds and adds the request of an op that does not take the fast path: segments, empty
 * input, ranges in bits, several data units, sessionless ops, asymmetric ops.  Not
 * published.  Any verdict but VCRYPTO_SLOW; nothing was added unless it is VCRYPTO_BUILT.
 * By the thread that uses the queue pair.
 */
enum vcrypto_verdict vcrypto_sym_op_build(struct vcrypto_qp *qp, enum vq_kind kind,
		struct rte_crypto_op *op);

#endif

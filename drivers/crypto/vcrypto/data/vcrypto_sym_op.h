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
 * input, ranges in bits, several data units, NULL algorithms, sessionless ops, asymmetric
 * ops.  A session of the op's is this device's.  Not published.  Any verdict but
 * VCRYPTO_SLOW; nothing was added unless it is VCRYPTO_BUILT.  By the thread that uses the
 * queue pair.
 */
enum vcrypto_verdict vcrypto_sym_op_build(struct vcrypto_qp *qp, enum vq_kind kind,
		struct rte_crypto_op *op);
/* The same for a symmetric op with a session, which is s on this device, or of no device: one
 * of NULL algorithms alone.
 */
enum vcrypto_verdict vcrypto_sym_op_build_with(struct vcrypto_qp *qp, enum vq_kind kind,
		struct rte_crypto_op *op, const struct vcrypto_session *s);

/* Fills in the session and the parameters with keys of a sessionless request (5.9.9); keys
 * in req point into xform, or to expanded, which the caller wipes.  VCRYPTO_BUILT,
 * VCRYPTO_BAD_ARGS, or VCRYPTO_BAD_SESSION if the service's stateless mode was not
 * negotiated, which NULL algorithms do not need.
 */
enum vcrypto_verdict vcrypto_sym_op_stateless(struct vcrypto_session *s, struct req_session *req,
		struct vcrypto_dev *dev, const struct rte_crypto_sym_xform *xform,
		uint8_t expanded[VCRYPTO_KEY_ROOM]);

#endif

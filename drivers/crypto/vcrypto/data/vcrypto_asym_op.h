/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric ops, from enqueue to completion (virtio 1.4, 5.9.9.8).  Operands may lie in
 * memory that the device cannot reach: they are copied through bounce memory of the queue
 * pair, which is wiped on completion.
 *
 * Threads: the one that uses the queue pair.
 */
#ifndef VCRYPTO_ASYM_OP_H
#define VCRYPTO_ASYM_OP_H

#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"
#include "session/vcrypto_asym_keys.h"

/* Builds and adds the request of an asymmetric op; verdicts as vcrypto_sym_op_build().  If
 * the device has no session for the op, the command that creates one is sent and the op
 * waits for it (VCRYPTO_BUILT), while the queue goes on.
 */
enum vcrypto_verdict vcrypto_asym_op_build(struct vcrypto_qp *qp, enum vq_kind kind,
		struct rte_crypto_op *op);
/* For vcrypto_wait_poll(): adds the requests of ops whose sessions are there by now; one
 * whose session could not be created is done, with an error.  Returns how many were added.
 */
unsigned int vcrypto_asym_op_send_waiting(struct vcrypto_qp *qp, enum vq_kind kind);
/* Every op that waits for a session is done, with ERROR. */
void vcrypto_asym_op_abort(struct vcrypto_qp *qp);
/* Completes it.  status: the op's, by the device's; len: bytes that the device claims to have
 * written, or VQ_LEN_UNKNOWN.  Frees post and its piece of bounce memory; returns the op.
 */
struct rte_crypto_op *vcrypto_asym_op_complete(struct vcrypto_qp *qp,
		struct vcrypto_asym_post *post, uint8_t status, uint32_t len);

#endif

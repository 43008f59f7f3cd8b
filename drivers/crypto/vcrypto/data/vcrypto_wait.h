/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ops that are accepted but cannot be sent yet, because their device does not have their
 * session: symmetric ops of a session that another device made, here, and asymmetric ops,
 * in vcrypto_asym_op.h.  Enqueue does not wait for the device; each dequeue looks whether it
 * has answered.
 *
 * The symmetric ones are a queue: they are sent in the order in which they came, and no
 * later op of a session that another device made overtakes them.
 *
 * Threads: the one that uses the queue pair.
 */
#ifndef VCRYPTO_WAIT_H
#define VCRYPTO_WAIT_H

#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"

/* The session that serves a queue pair's ops of the session s, which another device made:
 * its copy, or NULL if there is none yet or earlier ops wait for theirs.
 */
const struct vcrypto_session *vcrypto_wait_session(const struct vcrypto_qp *qp,
		const struct vcrypto_session *s);

/* An op for which the queue pair has no session: builds and adds its request if the copy of
 * its session is there by now, or lets it wait (VCRYPTO_BUILT).  VCRYPTO_FULL: as many ops
 * wait as may, the control queue is full, or more ops are in the done ring than the queue has
 * entries.  Otherwise the verdict that there will be no copy.
 */
enum vcrypto_verdict vcrypto_wait_take(struct vcrypto_qp *qp, enum vq_kind kind,
		struct rte_crypto_op *op);

/* Sends the ops whose sessions are there by now, symmetric and asymmetric, and publishes
 * them; one whose session could not be created is done, with an error.  To be called while
 * VCRYPTO_DETOUR_WAIT or VCRYPTO_DETOUR_COPY is set.
 */
void vcrypto_wait_poll(struct vcrypto_qp *qp, enum vq_kind kind);
/* How many wait. */
static inline uint32_t
vcrypto_wait_count(const struct vcrypto_qp *qp)
{
	return (uint32_t)qp->asym_waiting + (qp->wait_tail - qp->wait_head);
}
/* Every op that waits is done, with ERROR. */
void vcrypto_wait_abort(struct vcrypto_qp *qp);

#endif

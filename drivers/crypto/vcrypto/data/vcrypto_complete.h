/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Completion: turns a used entry of the ring, or the loss of a request, into an op with a
 * status.  On the fast path (success, no post-processing) vcrypto_burst.c does so inline.
 *
 * Threads: the one that uses the queue pair, or stop and the health check once nobody does.
 */
#ifndef VCRYPTO_COMPLETE_H
#define VCRYPTO_COMPLETE_H

#include "data/vcrypto_qp.h"

/* Reads the device's status byte of a slot, once, and presets it for the next request. */
static inline uint8_t
vcrypto_complete_take_status(struct vcrypto_qp *qp, size_t slot)
{
	uint8_t status = __atomic_load_n(&qp->status[slot], __ATOMIC_RELAXED);

	qp->status[slot] = VCRYPTO_STATUS_UNSET;
	return status;
}

/* Completes a request of any kind.  token: as given to vq_add(); dev_status: the device's,
 * or VCRYPTO_STATUS_UNSET if it wrote none; len: bytes that the device claims to have
 * written, or VQ_LEN_UNKNOWN.  Returns the op that is complete now, with its status.  NULL:
 * other requests of the op are in flight, or the result is in the raw data path's done ring.
 */
struct rte_crypto_op *vcrypto_complete_slow(struct vcrypto_qp *qp, uintptr_t token,
		uint16_t slot, uint8_t dev_status, uint32_t len);

/* The same, and puts the op into the done ring. */
void vcrypto_complete(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot,
		uint8_t dev_status, uint32_t len);

/* Completes a request that the device did not complete, with an error, into the done ring. */
void vcrypto_complete_undone(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot);
/* Puts an op that was in flight into the done ring.  The ERROR of one whose buffers the device
 * cannot reach becomes INVALID_ARGS: to look at each op before it is sent would cost the
 * bursts, here it costs them nothing.
 */
void vcrypto_complete_give_back(struct vcrypto_qp *qp, struct rte_crypto_op *op);

/* Takes back the op of a request in flight, so that it can be sent again: frees what the
 * request holds, and leaves the op untouched.  NULL, with nothing done, for a request that
 * is not one symmetric op's alone.
 */
struct rte_crypto_op *vcrypto_complete_reclaim(struct vcrypto_qp *qp, uintptr_t token,
		uint16_t slot);

/* Discards the operations of the raw data path that are enqueued and not submitted: their
 * requests leave the ring, and nothing comes back for them.
 */
void vcrypto_complete_forget(struct vcrypto_qp *qp);

/* Gives the queue up if the device used a request that it was not shown.  True if so. */
bool vcrypto_complete_cheated(struct vcrypto_qp *qp);

/* Completes every request in flight with ERROR, into the done rings.  To be called only
 * once the device cannot touch the requests any more, or the queue is broken.
 */
void vcrypto_complete_abort(struct vcrypto_qp *qp);

/* Completes what the device used, into the done rings, and sends ops whose sessions are there
 * by now.  Returns the number of requests in flight and of ops that wait for a session.
 */
uint16_t vcrypto_complete_drain(struct vcrypto_qp *qp);
/* The same for stop: the ops may be of any process.  One whose digest lies in memory that is
 * not DPDK's, on a queue pair that a secondary used, becomes an ERROR.
 */
uint16_t vcrypto_complete_drain_any(struct vcrypto_qp *qp);
/* Completes what the device used, of any process, and adds nothing: for a queue that is being
 * taken back, whose ring memory is the driver's.
 */
void vcrypto_complete_used(struct vcrypto_qp *qp);

/* Gives up a queue whose device broke a rule of the ring: logs one line and completes
 * everything in flight with ERROR.  Only the first call acts.
 */
void vcrypto_complete_broken(struct vcrypto_qp *qp);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Enqueue and dequeue: what rte_cryptodev's fast path calls, and the two pieces
 * that the life cycle shares with it.
 */
#ifndef VCRYPTO_BURST_H
#define VCRYPTO_BURST_H

#include "data/vcrypto_qp.h"

/* The pair of functions for a kind of virtqueue, vq_is_plain() or not; set before start. */
void vcrypto_burst_select(struct rte_cryptodev *cdev, enum vq_kind kind, bool plain);
/* Accept nothing, return nothing: before start and after stop. */
void vcrypto_burst_none(struct rte_cryptodev *cdev);

/* In whatever process this is: by the queue's kind, not by the cryptodev. */
uint16_t vcrypto_burst_enqueue(struct vcrypto_qp *qp, struct rte_crypto_op **ops,
		uint16_t nb_ops);
uint16_t vcrypto_burst_dequeue(struct vcrypto_qp *qp, struct rte_crypto_op **ops,
		uint16_t nb_ops);

/* After publishing: at most one notification. */
static inline void
vcrypto_tell(struct vcrypto_qp *qp, enum vq_kind kind)
{
	qp->stats.publishes++;
	if (vq_needs_kick(&qp->vq, kind)) {
		qp->stats.kicks++;
		vcrypto_notify(&qp->notify, vq_notify_data(&qp->vq, kind));
	}
}

/* The device's status byte of a slot, read once; preset again for the next use. */
static inline uint8_t
vcrypto_status_take(struct vcrypto_qp *qp, size_t slot)
{
	uint8_t status = __atomic_load_n(&qp->status[slot], __ATOMIC_RELAXED);

	qp->status[slot] = VCRYPTO_STATUS_UNSET;
	return status;
}

/*
 * Finishes a request of any sort and puts its op, if that is complete, into the
 * done ring.  token as given to vq_add; status as the device said, or
 * VCRYPTO_STATUS_UNSET; len: bytes that the device claims to have written.
 */
void vcrypto_complete(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot, uint8_t status,
		uint32_t len);

/* The op of a request in flight that is to be sent again: what the request holds is
 * given back, the op is not touched.  NULL, and nothing is done, for requests that
 * are not simply one op's.
 */
struct rte_crypto_op *vcrypto_token_op(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot);

#endif

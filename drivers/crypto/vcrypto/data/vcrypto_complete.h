/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Completion: from a used entry of the ring, or from its loss, to an op with a status.
 * The fast path's half (a successful op without anything left to do) is inline in
 * vcrypto_burst.c.
 */
#ifndef VCRYPTO_COMPLETE_H
#define VCRYPTO_COMPLETE_H

#include "data/vcrypto_qp.h"

/* The device's status byte of a slot, read once; preset again for the next use. */
static inline uint8_t
vcrypto_complete_take_status(struct vcrypto_qp *qp, size_t slot)
{
	uint8_t status = __atomic_load_n(&qp->status[slot], __ATOMIC_RELAXED);

	qp->status[slot] = VCRYPTO_STATUS_UNSET;
	return status;
}

/* Finishes a request of any kind.  token: as given to vq_add(); dev_status: as the device
 * said, or VCRYPTO_STATUS_UNSET; len: bytes that the device claims to have written.
 * Returns the op that is complete by it, with its status, or NULL: an op of several
 * requests is not complete yet, or the raw data path has it.
 */
struct rte_crypto_op *vcrypto_complete_slow(struct vcrypto_qp *qp, uintptr_t token,
		uint16_t slot, uint8_t dev_status, uint32_t len);

/* The same, into the done ring. */
void vcrypto_complete(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot,
		uint8_t dev_status, uint32_t len);

/* The op of a request in flight that is to be sent again: what the request holds is
 * given back, the op is not touched.  NULL, and nothing is done, for requests that
 * are not simply one op's.
 */
struct rte_crypto_op *vcrypto_complete_reclaim(struct vcrypto_qp *qp, uintptr_t token,
		uint16_t slot);

/* Every request in flight comes back as an op with ERROR, through the done ring.
 * Only once the device cannot touch them any more, or the queue is broken.
 */
void vcrypto_complete_abort(struct vcrypto_qp *qp);

/* Completes what the device completed, into the done ring.  Returns what is still in
 * flight (requests).
 */
uint16_t vcrypto_complete_drain(struct vcrypto_qp *qp);

/* The device broke a rule of the ring: one line, and everything in flight comes back
 * with ERROR, once.
 */
void vcrypto_complete_broken(struct vcrypto_qp *qp);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the completion of requests off the fast path: post-processing of digests and keys,
 * ops of several requests, operations of the raw data path; and the return of
 * requests in flight when a queue is drained, taken back or broken.  Never waits.
 */
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_eal.h>
#include <rte_memory.h>

#include "data/vcrypto_asym_op.h"
#include "data/vcrypto_complete.h"
#include "data/vcrypto_ipsec_op.h"
#include "data/vcrypto_resend.h"
#include "data/vcrypto_wait.h"
#include "device/vcrypto_digest.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"

/* Maps a device's status to an op's: only OK is success, an unknown status is ERROR. */
static uint8_t
complete_status(uint8_t status)
{
	switch (status) {
	case VIRTIO_CRYPTO_OK:
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	case VIRTIO_CRYPTO_BADMSG:
	case VIRTIO_CRYPTO_KEY_REJECTED:
		return RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
	case VIRTIO_CRYPTO_INVSESS:
		return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
	default:
		return RTE_CRYPTO_OP_STATUS_ERROR;
	}
}

/* Post-processing as the slot's vcrypto_post says: wipes keys, and copies or compares the
 * digest of a successful op.  Returns the op's status.
 */
static uint8_t
complete_post(struct vcrypto_qp *qp, uint16_t slot, uint8_t status)
{
	struct vcrypto_post *p = &qp->post[slot];
	uint8_t *computed = vcrypto_slot(qp, slot) + VCRYPTO_SLOT_DIGEST;

	if (p->keys) {
		vcrypto_mem_wipe(qp->keys + (size_t)slot * VCRYPTO_KEYS_MAX, VCRYPTO_KEYS_MAX);
		p->keys = false;
	}
	if (status == RTE_CRYPTO_OP_STATUS_SUCCESS && p->digest_len != 0) {
		if (p->mask)
			vcrypto_digest_mask(p->digest, computed, p->digest_len);
		else if (!p->verify)
			memcpy(p->digest, computed, p->digest_len);
		else if (!vcrypto_digest_equal(p->digest, computed, p->digest_len))
			status = RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
	}
	return status;
}

/* Completes one of an op's several requests; the op after the last one, else NULL. */
static struct rte_crypto_op *
complete_part(struct vcrypto_group *g, uint8_t status)
{
	struct rte_crypto_op *op = g->op;

	if (g->status == RTE_CRYPTO_OP_STATUS_SUCCESS)
		g->status = status;
	if (--g->left != 0)
		return NULL;
	op->status = g->status;
	g->op = NULL;
	return op;
}

/* An operation that was not submitted is the caller's: nothing comes back for it. */
static void
complete_raw(struct vcrypto_qp *qp, struct vcrypto_raw_op *op, uint8_t status)
{
	if (!op->cached) {
		qp->raw_done[qp->raw_tail++ & qp->done_mask] =
			(struct vcrypto_raw_done){ op->user_data, status };
		return;
	}
	op->cached = false;
	/* Either it is taken back from a broken queue, and all the others will be.  Or the
	 * device has used it; the loop that drains the queue must end before the queue may
	 * be broken.
	 */
	if (vq_broken(&qp->vq) == NULL)
		qp->cached_used = true;
	else
		vcrypto_qp_forget_cached(qp);
}

struct rte_crypto_op *
vcrypto_complete_slow(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot, uint8_t dev_status,
		uint32_t len)
{
	uint8_t status = complete_status(dev_status);
	void *p = (void *)(token & ~(uintptr_t)VCRYPTO_TOKEN_BITS);
	struct rte_crypto_op *op = p;

	if ((token & VCRYPTO_TOKEN_POST) && qp->post[slot].ipsec) {
		vcrypto_ipsec_op_complete(qp, op, slot, dev_status, len);
		return op;
	}
	qp->stats.errors[RTE_MIN(dev_status, VCRYPTO_NB_ERRORS - 1)]++;
	/* A digest of an operation that was not submitted goes nowhere. */
	if ((token & VCRYPTO_TOKEN_KIND) == VCRYPTO_TOKEN_RAW &&
			((const struct vcrypto_raw_op *)p)->cached)
		status = RTE_CRYPTO_OP_STATUS_ERROR;
	if (token & VCRYPTO_TOKEN_POST) {
		/* A peer that verifies chains (strict_framing) answers ERR to a forged digest. */
		if (dev_status == VIRTIO_CRYPTO_ERR && qp->dev->traits.strict_framing &&
				qp->post[slot].verify)
			status = RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
		status = complete_post(qp, slot, status);
	}
	switch (token & VCRYPTO_TOKEN_KIND) {
	case VCRYPTO_TOKEN_ASYM:
		return vcrypto_asym_op_complete(qp, p, status, len);
	case VCRYPTO_TOKEN_PART:
		return complete_part(p, status);
	case VCRYPTO_TOKEN_RAW:
		complete_raw(qp, p, status);
		return NULL;
	default:
		op->status = status;
		return op;
	}
}

void
vcrypto_complete(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot, uint8_t status,
		uint32_t len)
{
	struct rte_crypto_op *op = vcrypto_complete_slow(qp, token, slot, status, len);

	if (op != NULL)
		vcrypto_done_put(qp, op);
}

struct rte_crypto_op *
vcrypto_complete_reclaim(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot)
{
	if ((token & VCRYPTO_TOKEN_KIND) != VCRYPTO_TOKEN_OP ||
			((token & VCRYPTO_TOKEN_POST) && qp->post[slot].ipsec))
		return NULL;
	if (token & VCRYPTO_TOKEN_POST)
		(void)complete_post(qp, slot, RTE_CRYPTO_OP_STATUS_ERROR);
	return (struct rte_crypto_op *)(token & ~(uintptr_t)VCRYPTO_TOKEN_BITS);
}

bool
vcrypto_complete_cheated(struct vcrypto_qp *qp)
{
	if (likely(!qp->cached_used))
		return false;
	vq_break(&qp->vq, VQ_USED_IDLE);
	vcrypto_qp_forget_cached(qp);
	vcrypto_complete_broken(qp);
	return true;
}

void
vcrypto_complete_forget(struct vcrypto_qp *qp)
{
	if (qp->nb_cached == 0 || vcrypto_complete_cheated(qp))
		return;
	/* A broken queue's requests are taken back one by one: their owners stay marked. */
	while (vq_broken(&qp->vq) == NULL && qp->nb_cached != 0) {
		const struct vcrypto_placed *p = &qp->cached[--qp->nb_cached];

		if (p->slot == VCRYPTO_NO_SLOT)
			continue;
		vq_cancel(&qp->vq, p->slot);
		qp->raw[p->slot].cached = false;
		if (p->token & VCRYPTO_TOKEN_POST)
			(void)complete_post(qp, p->slot, RTE_CRYPTO_OP_STATUS_ERROR);
	}
	vcrypto_qp_forget_cached(qp);
}

void
vcrypto_complete_broken(struct vcrypto_qp *qp)
{
	if (qp->logged_broken)
		return;
	qp->logged_broken = true;
	qp->detour |= VCRYPTO_DETOUR_BROKEN;
	VCRYPTO_ERR("%s: queue pair %u is broken (%s): it takes no more requests; stop and "
		"start the device to use it again", qp->dev->name, qp->index, vq_broken(&qp->vq));
	vcrypto_complete_abort(qp);
}

void
vcrypto_complete_give_back(struct vcrypto_qp *qp, struct rte_crypto_op *op)
{
	if (op->status == RTE_CRYPTO_OP_STATUS_ERROR && !vcrypto_resend_in_reach(qp->dev, op))
		op->status = RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	vcrypto_done_put(qp, op);
}

void
vcrypto_complete_undone(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot)
{
	struct rte_crypto_op *op = vcrypto_complete_slow(qp, token, slot, VCRYPTO_STATUS_UNSET, 0);

	if (op != NULL)
		vcrypto_complete_give_back(qp, op);
}

void
vcrypto_complete_abort(struct vcrypto_qp *qp)
{
	uint16_t slot;
	void *token;

	vcrypto_wait_abort(qp);
	while ((token = vq_detach(&qp->vq, &slot)) != NULL)
		vcrypto_complete_undone(qp, (uintptr_t)token, slot);
	vcrypto_qp_forget_cached(qp);
}

/* True for a digest in memory that only another process may have. */
static bool
complete_digest_is_foreign(const struct vcrypto_qp *qp, uintptr_t token, uint16_t slot)
{
	return qp->shared && (token & VCRYPTO_TOKEN_POST) != 0 && qp->post[slot].digest_len != 0 &&
		rte_mem_virt2memseg_list(qp->post[slot].digest) == NULL;
}

static __rte_always_inline void
complete_take_used(struct vcrypto_qp *qp, enum vq_kind kind, bool any_process)
{
	uint16_t n = vq_used(&qp->vq, kind, qp->size), slot;
	uint32_t len;
	void *token;

	while (n-- > 0 && (token = vq_take(&qp->vq, kind, &slot, &len)) != NULL) {
		uint8_t status = vcrypto_complete_take_status(qp, slot);

		if (any_process && complete_digest_is_foreign(qp, (uintptr_t)token, slot))
			status = VCRYPTO_STATUS_UNSET;
		vcrypto_complete(qp, (uintptr_t)token, slot, status, len);
	}
}

static __rte_always_inline uint16_t
complete_drain(struct vcrypto_qp *qp, bool any_process)
{
	enum vq_kind kind = qp->dev->kind;

	complete_take_used(qp, kind, any_process);
	if (vq_broken(&qp->vq) == NULL) {
		if (vcrypto_wait_count(qp) != 0)
			vcrypto_wait_poll(qp, kind);
		vcrypto_qp_poll_kick(qp, kind);
	}
	return (uint16_t)(vq_nb_in_flight(&qp->vq) + vcrypto_wait_count(qp));
}

void
vcrypto_complete_used(struct vcrypto_qp *qp)
{
	complete_take_used(qp, qp->dev->kind, rte_eal_process_type() == RTE_PROC_PRIMARY);
}

uint16_t
vcrypto_complete_drain(struct vcrypto_qp *qp)
{
	return complete_drain(qp, false);
}

uint16_t
vcrypto_complete_drain_any(struct vcrypto_qp *qp)
{
	return complete_drain(qp, true);
}

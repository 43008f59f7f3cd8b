/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the queue pair's half of the loss of a device: takes back what is in flight, and
 * keeps the ops that may be sent again until the device is back.  Never touches the device.
 */
#include <rte_cycles.h>

#include "data/vcrypto_complete.h"
#include "data/vcrypto_park.h"
#include "data/vcrypto_resend.h"
#include "data/vcrypto_wait.h"
#include "device/vcrypto_log.h"

/* op->status while an op that was sent again is in flight: no status of rte_crypto's. */
#define PARK_SENT_AGAIN	0xfe

static void
park_give_back(struct vcrypto_qp *qp, struct rte_crypto_op *op)
{
	op->status = RTE_CRYPTO_OP_STATUS_ERROR;
	vcrypto_complete_give_back(qp, op);
}

static void
park_give_back_kept(struct vcrypto_qp *qp)
{
	uint16_t i;

	for (i = 0; i < qp->nb_resend; i++)
		park_give_back(qp, qp->resend[i]);
	qp->nb_resend = 0;
	qp->detour &= ~VCRYPTO_DETOUR_RESEND;
}

/* Keeps an op to be sent again, or gives it back.  *kept_before is set if it was kept for an
 * earlier loss already and has not completed since: then its time began there.
 */
static void
park_keep(struct vcrypto_qp *qp, struct rte_crypto_op *op, uint64_t now, bool *kept_before)
{
	bool before = op->status == PARK_SENT_AGAIN;

	/* One that the device cannot reach would take it down once more. */
	if (!vcrypto_resend_is_safe(op) || !vcrypto_resend_in_reach(qp->dev, op) ||
			(before && now >= qp->keep_until)) {
		park_give_back(qp, op);
		return;
	}
	*kept_before |= before;
	qp->resend[qp->nb_resend++] = op;
}

/* What the device completed before it was lost is as good as ever: its ops come back with
 * their results, under the same checks as before.
 */
static void
park_take_used(struct vcrypto_qp *qp)
{
	bool works = vq_broken(&qp->vq) == NULL;

	vcrypto_complete_used(qp);
	if (works && vq_broken(&qp->vq) != NULL)
		VCRYPTO_WARN("%s: queue pair %u: what the device completed before it was lost "
			"breaks the rules of the ring (%s): the other ops are taken as not done",
			qp->dev->name, qp->index, vq_broken(&qp->vq));
}

/* Moves the ops in flight to the list of those to be sent again, or completes them. */
static void
park_qp(struct vcrypto_qp *qp)
{
	bool again = vcrypto_recovers(qp->dev), kept_before;
	uint64_t now = rte_get_timer_cycles();
	uint16_t slot;
	void *token;

	/* Ops may still wait to be sent again since the last loss: their time goes on. */
	if (qp->nb_resend != 0 && (!again || now >= qp->keep_until))
		park_give_back_kept(qp);
	kept_before = qp->nb_resend != 0;
	park_take_used(qp);
	vq_break(&qp->vq, VQ_LOST);
	qp->logged_broken = true;
	vcrypto_wait_abort(qp);
	while ((token = vq_detach(&qp->vq, &slot)) != NULL) {
		struct rte_crypto_op *op = again ?
			vcrypto_complete_reclaim(qp, (uintptr_t)token, slot) : NULL;

		if (op == NULL)
			vcrypto_complete_undone(qp, (uintptr_t)token, slot);
		else
			park_keep(qp, op, now, &kept_before);
	}
	vcrypto_qp_forget_cached(qp);	/* those that need no request */
	if (!kept_before)
		qp->keep_until = now + (uint64_t)qp->dev->args.recover_timeout_ms *
			rte_get_timer_hz() / 1000;
	__atomic_store_n(&qp->down, VCRYPTO_PARKED, __ATOMIC_RELEASE);
}

void
vcrypto_park_settle(struct vcrypto_qp *qp)
{
	if (qp->down == VCRYPTO_DOWN || qp->down == VCRYPTO_PARKING)
		park_qp(qp);
	park_give_back_kept(qp);
	/* The rings may be new already, and then start leaves them as they are. */
	if (qp->down != VCRYPTO_UP)
		vcrypto_qp_forget_ring(qp);
	qp->down = VCRYPTO_UP;
}

/* The rings are new: the ops that were kept are sent again, unless the device was lost once
 * more meanwhile; then they wait on.
 */
static bool
park_resume(struct vcrypto_qp *qp)
{
	uint32_t resume = VCRYPTO_RESUME;
	uint16_t i;

	if (!__atomic_compare_exchange_n(&qp->down, &resume, VCRYPTO_UP, false, __ATOMIC_RELAXED,
			__ATOMIC_RELAXED))
		return false;
	vcrypto_qp_forget_ring(qp);
	for (i = 0; i < qp->nb_resend; i++)
		qp->resend[i]->status = PARK_SENT_AGAIN;
	return true;
}

bool
vcrypto_park_step(struct vcrypto_qp *qp)
{
	uint32_t down = VCRYPTO_DOWN;

	switch (__atomic_load_n(&qp->down, __ATOMIC_ACQUIRE)) {
	case VCRYPTO_DOWN:
		/* The health check may park a queue pair for a process that died. */
		if (__atomic_compare_exchange_n(&qp->down, &down, VCRYPTO_PARKING, false,
				__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			park_qp(qp);
		return false;
	case VCRYPTO_PARKED:
		if (qp->nb_resend != 0 && (!vcrypto_recovers(qp->dev) ||
				rte_get_timer_cycles() >= qp->keep_until))
			park_give_back_kept(qp);
		return false;
	case VCRYPTO_RESUME:
		return park_resume(qp);
	default:
		return false;
	}
}

void
vcrypto_park_resent(struct vcrypto_qp *qp, uint16_t nb_sent)
{
	uint16_t i;

	qp->stats.enqueued -= nb_sent;	/* counted when first enqueued */
	qp->nb_resend -= nb_sent;
	for (i = 0; i < qp->nb_resend; i++)
		qp->resend[i] = qp->resend[i + nb_sent];
	if (qp->nb_resend == 0)
		return;
	qp->detour |= VCRYPTO_DETOUR_RESEND;
	if (vq_broken(&qp->vq) != NULL || rte_get_timer_cycles() >= qp->keep_until)
		park_give_back_kept(qp);
}

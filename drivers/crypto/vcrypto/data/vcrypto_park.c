/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the queue pair's half of the loss of a device: takes back what is in flight, and
 * keeps the ops that may be sent again until the device is back.  Never touches the device.
 */
#include "data/vcrypto_asym_op.h"
#include "data/vcrypto_complete.h"
#include "data/vcrypto_park.h"

/* May an op be sent twice?  Only if the device cannot have changed its source: the op is
 * out of place, or a digest, which writes no payload.
 */
static bool
park_can_resend(const struct rte_crypto_op *op)
{
	const struct rte_crypto_sym_op *sym = op->sym;
	const struct vcrypto_session *s;

	if (op->type != RTE_CRYPTO_OP_TYPE_SYMMETRIC || op->sess_type != RTE_CRYPTO_OP_WITH_SESSION)
		return false;
	s = CRYPTODEV_GET_SYM_SESS_PRIV(sym->session);
	return s->kind == VCRYPTO_SESS_DIGEST || s->kind == VCRYPTO_SESS_GMAC ||
		(sym->m_dst != NULL && sym->m_dst != sym->m_src);
}

static void
park_give_back(struct vcrypto_qp *qp, struct rte_crypto_op *op)
{
	op->status = RTE_CRYPTO_OP_STATUS_ERROR;
	vcrypto_done_put(qp, op);
}

/* Moves the ops in flight to the list of those to be sent again, or completes them. */
static void
park_qp(struct vcrypto_qp *qp)
{
	bool again = qp->dev->args.recover;
	uint16_t slot;
	void *token;

	vq_break(&qp->vq, VQ_LOST);
	qp->logged_broken = true;
	vcrypto_asym_op_abort(qp);
	while ((token = vq_detach(&qp->vq, &slot)) != NULL) {
		struct rte_crypto_op *op = again ?
			vcrypto_complete_reclaim(qp, (uintptr_t)token, slot) : NULL;

		if (op == NULL)
			vcrypto_complete(qp, (uintptr_t)token, slot, VCRYPTO_STATUS_UNSET, 0);
		else if (park_can_resend(op))
			qp->resend[qp->nb_resend++] = op;
		else
			park_give_back(qp, op);
	}
	__atomic_store_n(&qp->down, VCRYPTO_PARKED, __ATOMIC_RELEASE);
}

void
vcrypto_park_settle(struct vcrypto_qp *qp)
{
	uint16_t i;

	if (qp->down == VCRYPTO_DOWN || qp->down == VCRYPTO_PARKING)
		park_qp(qp);
	for (i = 0; i < qp->nb_resend; i++)
		park_give_back(qp, qp->resend[i]);
	qp->nb_resend = 0;
	qp->down = VCRYPTO_UP;
}

bool
vcrypto_park_step(struct vcrypto_qp *qp)
{
	uint32_t down = VCRYPTO_DOWN, resume = VCRYPTO_RESUME;

	switch (__atomic_load_n(&qp->down, __ATOMIC_ACQUIRE)) {
	case VCRYPTO_DOWN:
		/* The health check may park a queue pair for a process that died. */
		if (__atomic_compare_exchange_n(&qp->down, &down, VCRYPTO_PARKING, false,
				__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			park_qp(qp);
		return false;
	case VCRYPTO_RESUME:
		/* If the device was lost again meanwhile, the ops to be sent again wait on. */
		return __atomic_compare_exchange_n(&qp->down, &resume, VCRYPTO_UP, false,
				__ATOMIC_RELAXED, __ATOMIC_RELAXED);
	default:
		return false;
	}
}

void
vcrypto_park_resent(struct vcrypto_qp *qp, uint16_t nb_sent)
{
	uint16_t i;

	qp->stats.enqueued -= nb_sent;	/* counted when first enqueued */
	for (i = nb_sent; i < qp->nb_resend; i++)
		park_give_back(qp, qp->resend[i]);
	qp->nb_resend = 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the queue of symmetric ops that wait for their session's copy.
 *
 * May call vcrypto_copy.c and the builders.  Must not wait for the device.
 */
#include <errno.h>

#include <rte_eal.h>

#include "data/vcrypto_asym_op.h"
#include "data/vcrypto_sym_op.h"
#include "data/vcrypto_wait.h"
#include "session/vcrypto_copy.h"

static bool
wait_is_empty(const struct vcrypto_qp *qp)
{
	return qp->wait_head == qp->wait_tail;
}

/* One less than the queue's entries: the done ring has room for them (vcrypto_done_put()). */
static bool
wait_has_room(const struct vcrypto_qp *qp)
{
	return qp->wait_tail - qp->wait_head + 1 < qp->size;
}

static void
wait_put(struct vcrypto_qp *qp, struct rte_crypto_op *op)
{
	qp->wait[qp->wait_tail++ & (qp->size - 1u)] = op;
	qp->detour |= VCRYPTO_DETOUR_COPY;
}

static struct rte_crypto_op *
wait_first(const struct vcrypto_qp *qp)
{
	return qp->wait[qp->wait_head & (qp->size - 1u)];
}

static void
wait_drop_first(struct vcrypto_qp *qp)
{
	qp->wait_head++;
	if (wait_is_empty(qp))
		qp->detour &= ~VCRYPTO_DETOUR_COPY;
}

const struct vcrypto_session *
vcrypto_wait_session(const struct vcrypto_qp *qp, const struct vcrypto_session *s)
{
	/* Copies are the primary process's memory. */
	if (!wait_is_empty(qp) || rte_eal_process_type() != RTE_PROC_PRIMARY)
		return NULL;
	return vcrypto_copy_find(s, qp->cookie);
}

/* The verdict on an op whose copy there will not be: ERROR if the device did not answer,
 * INVALID_SESSION if it cannot have the session.
 */
static enum vcrypto_verdict
wait_verdict_of(int rc)
{
	switch (rc) {
	case -EBUSY:
		return VCRYPTO_FULL;
	case -ETIMEDOUT:
	case -EAGAIN:
	case -ENODEV:
	case -ENOMEM:
		return VCRYPTO_FAILED;
	default:
		return VCRYPTO_BAD_SESSION;
	}
}

/* Builds the request of an op whose copy is there; else why not. */
static int
wait_build(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op,
		enum vcrypto_verdict *verdict)
{
	const struct vcrypto_session *copy;
	int rc = vcrypto_copy_get(&copy, qp->dev, CRYPTODEV_GET_SYM_SESS_PRIV(op->sym->session),
			qp->cookie);

	if (rc == 0)
		*verdict = vcrypto_sym_op_build_with(qp, kind, op, copy);
	else if (rc != -EINPROGRESS)
		*verdict = wait_verdict_of(rc);
	return rc;
}

/* Sends ops from the head of the queue.  Returns how many requests were added. */
static unsigned int
wait_send(struct vcrypto_qp *qp, enum vq_kind kind)
{
	enum vcrypto_verdict verdict;
	struct rte_crypto_op *op;
	unsigned int nb = 0;

	while (!wait_is_empty(qp) && vq_nb_free(&qp->vq) != 0) {
		op = wait_first(qp);
		if (wait_build(qp, kind, op, &verdict) == -EINPROGRESS || verdict == VCRYPTO_FULL)
			break;
		wait_drop_first(qp);
		if (verdict == VCRYPTO_BUILT) {
			nb++;
			continue;
		}
		op->status = (uint8_t)verdict;
		vcrypto_done_put(qp, op);
	}
	return nb;
}

/* Has the copy created while earlier ops wait, so that the commands are in flight together.
 * An op that cannot have one waits too, or it would overtake the others.
 */
static bool
wait_request_copy(struct vcrypto_qp *qp, struct rte_crypto_op *op)
{
	const struct vcrypto_session *copy;

	return vcrypto_copy_get(&copy, qp->dev, CRYPTODEV_GET_SYM_SESS_PRIV(op->sym->session),
			qp->cookie) != -EBUSY;
}

enum vcrypto_verdict
vcrypto_wait_take(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op)
{
	enum vcrypto_verdict verdict;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return VCRYPTO_BAD_SESSION;
	if (!wait_is_empty(qp))
		vcrypto_wait_poll(qp, kind);
	/* Ops that failed just now left their places for the done ring. */
	if (vcrypto_done_count(qp) > qp->size || !wait_has_room(qp) ||
			vq_nb_free(&qp->vq) == 0)
		return VCRYPTO_FULL;
	if (!wait_is_empty(qp) && !wait_request_copy(qp, op))
		return VCRYPTO_FULL;
	if (wait_is_empty(qp) && wait_build(qp, kind, op, &verdict) != -EINPROGRESS)
		return verdict;
	wait_put(qp, op);
	return VCRYPTO_BUILT;
}

void
vcrypto_wait_poll(struct vcrypto_qp *qp, enum vq_kind kind)
{
	unsigned int nb = 0;

	/* The control queue is the primary process's, and so are the addresses of copies.
	 * While raw operations can still be discarded, nothing is added behind them.
	 */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY || qp->nb_cached != 0)
		return;
	if (!wait_is_empty(qp))
		nb += wait_send(qp, kind);
	if (qp->asym_waiting != 0)
		nb += vcrypto_asym_op_send_waiting(qp, kind);
	if (nb == 0)
		return;
	vq_publish(&qp->vq, kind);
	vcrypto_qp_kick(qp, kind);
}

void
vcrypto_wait_abort(struct vcrypto_qp *qp)
{
	struct rte_crypto_op *op;

	while (!wait_is_empty(qp)) {
		op = wait_first(qp);
		wait_drop_first(qp);
		op->status = RTE_CRYPTO_OP_STATUS_ERROR;
		vcrypto_done_put(qp, op);
	}
	vcrypto_asym_op_abort(qp);
}

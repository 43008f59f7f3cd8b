/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the watch over a started device, taking it down, and bringing it back.  Runs
 * in EAL's alarm thread, but for vcrypto_health_qp(); touches a queue pair's rings
 * only while its owner has parked it.
 */
#include <errno.h>

#include <rte_alarm.h>

#include "data/vcrypto_burst.h"
#include "vcrypto_dev.h"
#include "vcrypto_health.h"
#include "device/vcrypto_log.h"
#include "data/vcrypto_qp.h"
#include "session/vcrypto_record.h"
#include "multiproc/vcrypto_share.h"

static void
tell(struct vcrypto_dev *dev, enum vcrypto_down down)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		__atomic_store_n(&vcrypto_qp_at(dev, i)->down, down, __ATOMIC_RELEASE);
}

const char *
vcrypto_lost_text(const struct vcrypto_dev *dev)
{
	static const char *const text[VCRYPTO_NB_LOST] = {
		[VCRYPTO_NOT_LOST] = "",
		[VCRYPTO_LOST_GONE] = "the device is gone",
		[VCRYPTO_LOST_NEEDS_RESET] = "the device asks to be reset",
		[VCRYPTO_LOST_NOT_READY] = "the device is not ready any more (HW_READY)",
	};

	return text[dev->lost];
}

static enum vcrypto_lost
look(struct vcrypto_dev *dev)
{
	struct virtio_crypto_config c;
	int rc = dev->t->ops->check(dev->t);

	if (rc == -ENODEV)
		return VCRYPTO_LOST_GONE;
	if (rc != 0)
		return VCRYPTO_LOST_NEEDS_RESET;
	if (dev->t->cheap_config &&
			dev->t->ops->read_config(dev->t, 0, &c, sizeof(c.status)) == 0 &&
			(le32_to_cpu(c.status) & VIRTIO_CRYPTO_S_HW_READY) == 0)
		return VCRYPTO_LOST_NOT_READY;
	return VCRYPTO_NOT_LOST;
}

/* Nothing more is asked of the device; its memory is ours when this returns, unless
 * it is there and does not confirm a reset.
 */
static void
take_down(struct vcrypto_dev *dev, enum vcrypto_lost why)
{
	dev->lost = why;
	dev->recover_ms = VCRYPTO_RECOVER_MS;
	VCRYPTO_ERR("%s: %s: requests in flight come back with errors; %s", dev->name,
		vcrypto_lost_text(dev),
		dev->args.recover ? "trying to bring it back" :
		"stop and start the device to use it again, or use devarg recover=1");
	if (vcrypto_dev_reset(dev) != 0)
		VCRYPTO_ERR("%s: the device does not confirm its reset: do not reuse the buffers "
			"of failed ops before it is gone", dev->name);
	tell(dev, VCRYPTO_DOWN);
	rte_cryptodev_pmd_callback_process(dev->cdev, RTE_CRYPTODEV_EVENT_ERROR);
}

static bool
all_parked(const struct vcrypto_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		if (__atomic_load_n(&vcrypto_qp_at(dev, i)->down, __ATOMIC_ACQUIRE) !=
				VCRYPTO_PARKED)
			return false;
	return true;
}

/* The device from a reset, with the sessions that it had. */
static bool
recover(struct vcrypto_dev *dev)
{
	unsigned int lost;

	if (vcrypto_dev_bring_up(dev) != 0)
		return false;
	lost = vcrypto_record_restore(dev);
	if (lost != 0)
		VCRYPTO_WARN("%s: %u sessions could not be made again: their ops return "
			"INVALID_SESSION", dev->name, lost);
	dev->lost = VCRYPTO_NOT_LOST;
	VCRYPTO_WARN("%s: the device is back", dev->name);
	tell(dev, VCRYPTO_AGAIN);
	return true;
}

static void
look_and_act(struct vcrypto_dev *dev)
{
	enum vcrypto_lost why = look(dev);

	if (why != VCRYPTO_NOT_LOST)
		take_down(dev, why);
}

static void
tick(void *arg)
{
	struct vcrypto_dev *dev = arg;
	unsigned int next = VCRYPTO_HEALTH_MS;

	dev->hints = 0;
	/* A secondary process that calls stop has DPDK say that it is stopped. */
	if (dev->watched)
		dev->data->dev_started = 1;
	if (dev->lost != VCRYPTO_NOT_LOST)
		vcrypto_share_park(dev);
	if (dev->lost == VCRYPTO_NOT_LOST) {
		look_and_act(dev);
	} else if (dev->args.recover && all_parked(dev) && !recover(dev)) {
		/* Each failed try may log a line: fewer and fewer of them. */
		next = dev->recover_ms;
		dev->recover_ms = RTE_MIN(2 * next, (unsigned int)VCRYPTO_RECOVER_MAX_MS);
	}
	if (!dev->watched || (dev->lost != VCRYPTO_NOT_LOST && !dev->args.recover))
		return;
	if (rte_eal_alarm_set(next * 1000u, tick, dev) != 0)
		VCRYPTO_ERR("%s: no alarm: the device is not watched any more", dev->name);
}

/* A look out of turn: the device gave a hint. */
static void
tick_now(void *arg)
{
	struct vcrypto_dev *dev = arg;

	dev->hinted = false;
	if (dev->watched && dev->lost == VCRYPTO_NOT_LOST)
		look_and_act(dev);
}

/* In the interrupt thread, as alarms are: so it ends soon, and what the application is
 * told comes from an alarm, never from here.  False: no more of this.
 */
static bool
hint(void *arg)
{
	struct vcrypto_dev *dev = arg;

	VCRYPTO_DBG("%s: the device says that something has changed", dev->name);
	if (dev->hints++ == VCRYPTO_HINTS_MAX) {
		VCRYPTO_WARN("%s: more than %d interrupts within %d ms: it gets none any more "
			"until it is stopped and started, and is polled alone", dev->name,
			VCRYPTO_HINTS_MAX, VCRYPTO_HEALTH_MS);
		return false;
	}
	if (!dev->hinted)
		dev->hinted = rte_eal_alarm_set(1, tick_now, dev) == 0;
	return true;
}

/* ---- the queue's side ---- */

/* May an op be sent twice?  Its source must be what it was: out of place, or a
 * digest, which writes no payload.
 */
static bool
can_resend(const struct rte_crypto_op *op)
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
give_back(struct vcrypto_qp *qp, struct rte_crypto_op *op)
{
	op->status = RTE_CRYPTO_OP_STATUS_ERROR;
	vcrypto_done_put(qp, op);
}

/* In-flight ops into the ring of those to be sent again, or back with an error. */
static void
park(struct vcrypto_qp *qp)
{
	bool again = qp->dev->args.recover;
	uint16_t slot;
	void *token;

	vq_break(&qp->vq, VQ_LOST);
	qp->broken_said = true;
	while ((token = vq_detach(&qp->vq, &slot)) != NULL) {
		struct rte_crypto_op *op = again ?
			vcrypto_token_op(qp, (uintptr_t)token, slot) : NULL;

		if (op == NULL)
			vcrypto_complete(qp, (uintptr_t)token, slot, VCRYPTO_STATUS_UNSET, 0);
		else if (can_resend(op))
			qp->resend[qp->nb_resend++] = op;
		else
			give_back(qp, op);
	}
	__atomic_store_n(&qp->down, VCRYPTO_PARKED, __ATOMIC_RELEASE);
}

/* ---- life cycle ---- */

void
vcrypto_health_listen(struct vcrypto_dev *dev)
{
	dev->hints = 0;
	dev->hinted = false;
	if (dev->t->ops->listen != NULL)
		dev->t->ops->listen(dev->t, hint, dev);
}

void
vcrypto_health_unlisten(struct vcrypto_dev *dev)
{
	if (dev->t->ops->unlisten != NULL)
		dev->t->ops->unlisten(dev->t);
	while (rte_eal_alarm_cancel(tick_now, dev) > 0)
		;
}

int
vcrypto_health_start(struct vcrypto_dev *dev)
{
	int rc;

	dev->lost = VCRYPTO_NOT_LOST;
	dev->watched = true;
	tell(dev, VCRYPTO_UP);
	rc = rte_eal_alarm_set(VCRYPTO_HEALTH_MS * 1000u, tick, dev);
	if (rc != 0)
		VCRYPTO_ERR("%s: no alarm to watch the device with (%d)", dev->name, rc);
	return rc;
}

/* What the watch left half done with a queue pair, when its owner has gone. */
static void
settle(struct vcrypto_qp *qp)
{
	uint16_t i;

	if (qp->down == VCRYPTO_DOWN || qp->down == VCRYPTO_PARKING)
		park(qp);
	for (i = 0; i < qp->nb_resend; i++)
		give_back(qp, qp->resend[i]);
	qp->nb_resend = 0;
	qp->down = VCRYPTO_UP;
}

void
vcrypto_health_stop(struct vcrypto_dev *dev)
{
	uint16_t i;

	/* Called from the event's callback, the look that runs is our caller: it must not
	 * set itself anew.
	 */
	dev->watched = false;
	vcrypto_health_unlisten(dev);
	/* Waits for a look that runs; one that set itself anew is cancelled too. */
	while (rte_eal_alarm_cancel(tick, dev) > 0)
		;
	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		settle(vcrypto_qp_at(dev, i));
}

/* The rings are new: send again, oldest first. */
static void
resend(struct vcrypto_qp *qp)
{
	uint32_t down = VCRYPTO_AGAIN;
	uint16_t sent;

	/* Lost again meanwhile: then what is to be sent again waits on. */
	if (!__atomic_compare_exchange_n(&qp->down, &down, VCRYPTO_UP, false, __ATOMIC_RELAXED,
			__ATOMIC_RELAXED))
		return;
	if (qp->nb_resend == 0)
		return;
	sent = vcrypto_burst_enqueue(qp, qp->resend, qp->nb_resend);
	qp->stats.enqueued -= sent;	/* they were counted before */
	for (; sent < qp->nb_resend; sent++)
		give_back(qp, qp->resend[sent]);
	qp->nb_resend = 0;
}

void
vcrypto_health_qp(struct vcrypto_qp *qp)
{
	uint32_t down = VCRYPTO_DOWN;

	switch (__atomic_load_n(&qp->down, __ATOMIC_ACQUIRE)) {
	case VCRYPTO_DOWN:
		/* The watch may do it in the place of another process. */
		if (__atomic_compare_exchange_n(&qp->down, &down, VCRYPTO_PARKING, false,
				__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			park(qp);
		break;
	case VCRYPTO_AGAIN:
		resend(qp);
		break;
	default:
		break;
	}
}

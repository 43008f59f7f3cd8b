/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the health check of a started device, the taking down of a lost device, and its
 * recovery.  Runs in EAL's alarm thread, apart from what takes time, which has a thread of
 * its own, and from the life-cycle calls at the end.
 *
 * May call vcrypto_work.c and, in its thread, vcrypto_init.c and both kinds of records.  Must not
 * touch the rings of a queue pair before the thread that owns it has parked it
 * (vcrypto_park.c), and must not wait in the alarm thread.
 */
#include <errno.h>

#include <rte_alarm.h>
#include <rte_errno.h>

#include "data/vcrypto_park.h"
#include "device/vcrypto_log.h"
#include "multiproc/vcrypto_share.h"
#include "session/vcrypto_ipsec_record.h"
#include "session/vcrypto_record.h"
#include "transport/transport.h"
#include "vcrypto_health.h"
#include "vcrypto_init.h"
#include "vcrypto_work.h"

static void
health_set_down(struct vcrypto_dev *dev, enum vcrypto_down down)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		__atomic_store_n(&vcrypto_qp_at(dev, i)->down, down, __ATOMIC_RELEASE);
}

static enum vcrypto_lost
health_check(struct vcrypto_dev *dev)
{
	struct virtio_crypto_config c;
	int rc = dev->t->ops->check(dev->t);

	if (rc == -ENODEV)
		return VCRYPTO_LOST_GONE;
	if (rc != 0)
		return VCRYPTO_LOST_NEEDS_RESET;
	if (dev->traits.cheap_config &&
			dev->t->ops->read_config(dev->t, 0, &c, sizeof(c.status)) == 0 &&
			(le32_to_cpu(c.status) & VIRTIO_CRYPTO_S_HW_READY) == 0)
		return VCRYPTO_LOST_NOT_READY;
	return VCRYPTO_NOT_LOST;
}

/* One more pause of recovery, twice as long as the last: each attempt may log a line. */
static void
health_back_off(struct vcrypto_dev *dev)
{
	dev->next_ms = dev->recover_ms;
	dev->recover_ms = RTE_MIN(2 * dev->next_ms, (unsigned int)VCRYPTO_RECOVER_MAX_MS);
}

static const char *
health_advice(const struct vcrypto_dev *dev)
{
	if (vcrypto_lost_for_good(dev))
		return "stop, close and remove it: it does not come back by itself";
	return dev->args.recover ? "trying to bring it back" :
		"stop and start the device to use it again, or use devarg recover=1";
}

/* ---- in the thread of vcrypto_work.h ---- */

/* Resets a lost device.  After that it does not access memory any more, unless it is present
 * and does not confirm the reset.
 */
static int
health_reset(struct vcrypto_dev *dev)
{
	int rc = vcrypto_init_reset(dev);

	if (rc != 0)
		VCRYPTO_ERR("%s: the device does not confirm its reset: do not reuse the buffers "
			"of failed ops before it is gone", dev->name);
	return rc;
}

/* Initialises the device from a reset and creates its sessions again.  -errno if the device
 * cannot be initialised.
 */
static int
health_recover(struct vcrypto_dev *dev)
{
	unsigned int lost, made;
	int rc;

	dev->t->no_wait = true;
	rc = vcrypto_init_bring_up(dev);
	dev->t->no_wait = false;
	if (rc != 0)
		return rc;
	lost = vcrypto_record_restore(dev);
	if (lost != 0)
		VCRYPTO_WARN("%s: %u sessions could not be made again: their ops return "
			"INVALID_SESSION", dev->name, lost);
	lost = vcrypto_ipsec_record_restore(dev, &made);
	if (made != 0 || lost != 0)
		VCRYPTO_WARN("%s: %u inbound security associations were made again, with empty "
			"replay windows; %u could not be: their ops return INVALID_SESSION",
			dev->name, made, lost);
	return 0;
}

/* ---- one look at the device: short, whatever the device does ---- */

static void
health_lose(struct vcrypto_dev *dev, enum vcrypto_lost lost)
{
	__atomic_store_n(&dev->lost, lost, __ATOMIC_RELAXED);
	dev->watch = VCRYPTO_WATCH_LOST;
	dev->next_ms = VCRYPTO_HEALTH_MS;
	if (dev->nb_well < VCRYPTO_WELL_CHECKS)
		health_back_off(dev);
	else
		dev->recover_ms = VCRYPTO_RECOVER_MS;
	VCRYPTO_ERR("%s: %s: requests in flight come back with errors; %s", dev->name,
		vcrypto_lost_text(dev), health_advice(dev));
}

/* Begins call, during which watch is running.  False if there is no thread: the next look
 * tries again.
 */
static bool
health_begin(struct vcrypto_dev *dev, int (*call)(struct vcrypto_dev *dev),
		enum vcrypto_watch running)
{
	int rc = vcrypto_work_begin(dev, call);

	if (rc == 0) {
		dev->watch = running;
	} else if (!dev->logged_thread) {
		dev->logged_thread = true;
		VCRYPTO_ERR("%s: no thread can be created for the lost device: %s; it is tried "
			"again", dev->name, rte_strerror(-rc));
	}
	return rc == 0;
}

/* The application's callback may stop the device, and start it again. */
static void
health_taken_down(struct vcrypto_dev *dev)
{
	dev->watch = VCRYPTO_WATCH_DOWN;
	health_set_down(dev, VCRYPTO_DOWN);
	rte_cryptodev_pmd_callback_process(dev->cdev, RTE_CRYPTODEV_EVENT_ERROR);
}

/* A lost device may turn out to be gone for good while it is recovered: recovery ends, and
 * queue pairs give back the ops that they keep.
 */
static void
health_check_lost(struct vcrypto_dev *dev)
{
	if (dev->traits.may_return || dev->t->ops->check(dev->t) != -ENODEV)
		return;
	__atomic_store_n(&dev->lost, VCRYPTO_LOST_GONE, __ATOMIC_RELAXED);
	VCRYPTO_ERR("%s: %s: recovery ends; %s", dev->name, vcrypto_lost_text(dev),
		health_advice(dev));
}

static bool
health_all_parked(const struct vcrypto_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		if (__atomic_load_n(&vcrypto_qp_at(dev, i)->down, __ATOMIC_ACQUIRE) !=
				VCRYPTO_PARKED)
			return false;
	return true;
}

/* The end of an attempt to bring the device back.  Returns ms until the next look. */
static unsigned int
health_recovered(struct vcrypto_dev *dev, int rc)
{
	if (rc != 0) {
		dev->watch = VCRYPTO_WATCH_DOWN;
		health_back_off(dev);
		return dev->next_ms;
	}
	__atomic_store_n(&dev->lost, VCRYPTO_NOT_LOST, __ATOMIC_RELAXED);
	dev->watch = VCRYPTO_WATCH_WELL;
	dev->nb_well = 0;
	VCRYPTO_WARN("%s: the device is back", dev->name);
	health_set_down(dev, VCRYPTO_RESUME);
	return VCRYPTO_HEALTH_MS;
}

/* Takes the steps that are due.  Returns ms until the next look; 0: there is none. */
static unsigned int
health_look(struct vcrypto_dev *dev)
{
	enum vcrypto_lost lost;
	int rc;

	switch (dev->watch) {
	case VCRYPTO_WATCH_WELL:
		lost = health_check(dev);
		if (lost == VCRYPTO_NOT_LOST)
			return VCRYPTO_HEALTH_MS;
		health_lose(dev, lost);
		/* fall through */
	case VCRYPTO_WATCH_LOST:
		if (!health_begin(dev, health_reset, VCRYPTO_WATCH_RESETTING))
			return VCRYPTO_HEALTH_MS;
		/* fall through */
	case VCRYPTO_WATCH_RESETTING:
		if (!vcrypto_work_ended(dev, &rc))
			return VCRYPTO_WORK_LOOK_MS;
		health_taken_down(dev);
		/* The next look is the first attempt, which has to wait if the device flaps. */
		return vcrypto_recovers(dev) ? dev->next_ms : 0;
	case VCRYPTO_WATCH_DOWN:
		vcrypto_share_park(dev);
		health_check_lost(dev);
		if (!vcrypto_recovers(dev))
			return 0;
		if (!health_all_parked(dev) ||
				!health_begin(dev, health_recover, VCRYPTO_WATCH_RECOVERING))
			return VCRYPTO_HEALTH_MS;
		/* fall through */
	case VCRYPTO_WATCH_RECOVERING:
		return vcrypto_work_ended(dev, &rc) ? health_recovered(dev, rc) :
			VCRYPTO_WORK_LOOK_MS;
	}
	return 0;
}

static void health_tick(void *arg);

/* The next look is the only one: the application's callback may have set another by a stop
 * and a start.
 */
static void
health_look_in(struct vcrypto_dev *dev, unsigned int ms)
{
	(void)rte_eal_alarm_cancel(health_tick, dev);
	if (rte_eal_alarm_set((uint64_t)ms * 1000, health_tick, dev) != 0)
		VCRYPTO_ERR("%s: no alarm can be set: the device gets no more health checks",
			dev->name);
}

static void
health_tick(void *arg)
{
	struct vcrypto_dev *dev = arg;
	unsigned int next;

	dev->nb_hints = 0;
	/* A stop in a secondary process clears this flag, although the device runs on. */
	if (dev->watched)
		dev->data->dev_started = 1;
	next = health_look(dev);
	dev->nb_well += dev->watch == VCRYPTO_WATCH_WELL && dev->nb_well < VCRYPTO_WELL_CHECKS;
	if (dev->watched && next != 0)
		health_look_in(dev, next);
}

/* An immediate look, which a hint of the device has caused. */
static void
health_tick_now(void *arg)
{
	struct vcrypto_dev *dev = arg;
	unsigned int next;

	dev->hinted = false;
	if (!__atomic_load_n(&dev->watched, __ATOMIC_ACQUIRE) || dev->watch != VCRYPTO_WATCH_WELL)
		return;
	next = health_look(dev);
	if (dev->watched && dev->watch != VCRYPTO_WATCH_WELL && next != 0)
		health_look_in(dev, next);
}

/* Called by the transport when the device reports a change.  Runs in EAL's interrupt
 * thread, where alarms run too, so it only schedules a health check.  The application's
 * callback is called from that alarm, where it may stop the device, never from here.
 * False: the transport makes no more calls.
 */
static bool
health_hint(void *arg)
{
	struct vcrypto_dev *dev = arg;

	VCRYPTO_DBG("%s: the device says that something has changed", dev->name);
	if (dev->nb_hints++ == VCRYPTO_HINTS_MAX) {
		VCRYPTO_WARN("%s: more than %d reports of a change within %d ms: they are "
			"switched off until the device is stopped and started; until then it is "
			"polled alone",
			dev->name, VCRYPTO_HINTS_MAX, VCRYPTO_HEALTH_MS);
		return false;
	}
	if (!dev->hinted)
		dev->hinted = rte_eal_alarm_set(1, health_tick_now, dev) == 0;
	return true;
}

/* ---- life cycle ---- */

void
vcrypto_health_listen(struct vcrypto_dev *dev)
{
	dev->nb_hints = 0;
	dev->hinted = false;
	if (dev->t->ops->listen != NULL)
		dev->t->ops->listen(dev->t, health_hint, dev);
}

void
vcrypto_health_unlisten(struct vcrypto_dev *dev)
{
	if (dev->t->ops->unlisten != NULL)
		dev->t->ops->unlisten(dev->t);
	while (rte_eal_alarm_cancel(health_tick_now, dev) > 0)
		;
}

int
vcrypto_health_start(struct vcrypto_dev *dev)
{
	int rc;

	dev->lost = VCRYPTO_NOT_LOST;
	dev->watch = VCRYPTO_WATCH_WELL;
	dev->logged_thread = false;
	dev->nb_well = VCRYPTO_WELL_CHECKS;
	health_set_down(dev, VCRYPTO_UP);
	/* From here on a hint may find the device lost, and take the queue pairs down. */
	__atomic_store_n(&dev->watched, true, __ATOMIC_RELEASE);
	rc = rte_eal_alarm_set((uint64_t)VCRYPTO_HEALTH_MS * 1000, health_tick, dev);
	if (rc != 0) {
		dev->watched = false;
		VCRYPTO_ERR("%s: no alarm can be set for the health check (%d)", dev->name, rc);
	}
	return rc;
}

/* No look comes any more: ends the work that runs, and takes the step that its end makes
 * due.
 */
static void
health_end_work(struct vcrypto_dev *dev)
{
	int rc = 0;

	(void)vcrypto_work_cancel(dev, &rc);
	switch (dev->watch) {
	case VCRYPTO_WATCH_LOST:	/* no thread could be had */
		(void)health_reset(dev);
		/* fall through */
	case VCRYPTO_WATCH_RESETTING:
		health_set_down(dev, VCRYPTO_DOWN);
		break;
	case VCRYPTO_WATCH_RECOVERING:
		if (rc == 0)
			dev->lost = VCRYPTO_NOT_LOST;
		break;
	default:
		break;
	}
	dev->watch = VCRYPTO_WATCH_WELL;
}

void
vcrypto_health_stop(struct vcrypto_dev *dev)
{
	uint16_t i;

	/* If the application stops the device in its event callback, a health check is the
	 * caller here: this keeps it from scheduling the next one.
	 */
	dev->watched = false;
	/* Waits for a check that runs in another thread, and cancels one that it has
	 * scheduled.
	 */
	while (rte_eal_alarm_cancel(health_tick, dev) > 0)
		;
	while (rte_eal_alarm_cancel(health_tick_now, dev) > 0)
		;
	health_end_work(dev);
	vcrypto_health_unlisten(dev);
	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		vcrypto_park_settle(vcrypto_qp_at(dev, i));
}

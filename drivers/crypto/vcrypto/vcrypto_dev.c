/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the states of a device between probe and remove, and rte_cryptodev's life-cycle
 * calls, each of which is legal in some states only.
 *
 * May call every room below it.  Must not repeat the standard's initialisation sequence,
 * which vcrypto_init.c has; no request passes through this file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "data/vcrypto_burst.h"
#include "data/vcrypto_complete.h"
#include "data/vcrypto_wait.h"
#include "device/vcrypto_caps.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "device/vcrypto_registry.h"
#include "multiproc/vcrypto_share.h"
#include "multiproc/vcrypto_share_fd.h"
#include "session/vcrypto_adminq.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_ipsec_dev.h"
#include "session/vcrypto_ipsec_record.h"
#include "session/vcrypto_record.h"
#include "session/vcrypto_security.h"
#include "transport/transport.h"
#include "vcrypto_dev.h"
#include "vcrypto_health.h"
#include "vcrypto_init.h"

/* ---- states: the legal edges, in one table ---- */

static const char *const dev_state_name[VCRYPTO_NB_STATES] = {
	[VCRYPTO_PROBED] = "probed",
	[VCRYPTO_CONFIGURED] = "configured",
	[VCRYPTO_STARTED] = "started",
	[VCRYPTO_CLOSED] = "closed",
};

static const bool dev_edge[VCRYPTO_NB_STATES][VCRYPTO_NB_STATES] = {
	[VCRYPTO_PROBED] = { [VCRYPTO_CONFIGURED] = true, [VCRYPTO_CLOSED] = true },
	[VCRYPTO_CONFIGURED] = { [VCRYPTO_CONFIGURED] = true, [VCRYPTO_STARTED] = true,
		[VCRYPTO_CLOSED] = true },
	[VCRYPTO_STARTED] = { [VCRYPTO_CONFIGURED] = true },
	/* A closed device may be configured anew, or closed again by its removal. */
	[VCRYPTO_CLOSED] = { [VCRYPTO_CONFIGURED] = true, [VCRYPTO_CLOSED] = true },
};

static int
dev_may_become(struct vcrypto_dev *dev, enum vcrypto_state to)
{
	if (!dev_edge[dev->state][to]) {
		VCRYPTO_ERR("%s: a device that is %s cannot become %s", dev->name,
			dev_state_name[dev->state], dev_state_name[to]);
		return -EBUSY;
	}
	return 0;
}

/* ---- rte_cryptodev_ops ---- */

/* What an application may switch off. */
#define DEV_FF_DISABLE	(RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO | \
	RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_SECURITY)

int
vcrypto_dev_configure(struct rte_cryptodev *cdev, struct rte_cryptodev_config *cfg)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	int rc = dev_may_become(dev, VCRYPTO_CONFIGURED);

	if (rc != 0)
		return rc;
	/* The configuration may have changed since the probe. */
	rc = vcrypto_init_read_limits(dev);
	if (rc != 0)
		return rc;
	vcrypto_caps_fill(dev);
	dev->disabled_flags = cfg->ff_disable & DEV_FF_DISABLE;
	cdev->feature_flags = dev->feature_flags & ~dev->disabled_flags;
	dev->nb_qps = cdev->data->nb_queue_pairs;
	dev->state = VCRYPTO_CONFIGURED;
	return 0;
}

/* True if the device must be initialised from a reset before its queues can be enabled.  An
 * administration queue that is of no use any more is left so while there are SAs, which work.
 */
static bool
dev_needs_bring_up(struct vcrypto_dev *dev, unsigned int nb_sas)
{
	bool ring_reset = (dev->features & VIRTIO_F_RING_RESET) != 0;
	enum vcrypto_ring ring;
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++) {
		ring = vcrypto_qp_at(dev, i)->ring;
		if (ring != VCRYPTO_RING_ENABLED &&
				!(ring == VCRYPTO_RING_DETACHED && ring_reset))
			return true;
	}
	return !dev->live || !vcrypto_ctrlq_usable(dev) ||
		(nb_sas == 0 && !vcrypto_adminq_usable(dev));
}

/* From a reset to DRIVER_OK; no thread uses a queue pair. */
static int
dev_bring_up(struct vcrypto_dev *dev)
{
	uint16_t i;

	/* It was reset, and a start makes no SA again. */
	vcrypto_ipsec_record_drop(dev);
	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		vcrypto_qp_forget_ring(vcrypto_qp_at(dev, i));
	return vcrypto_init_bring_up(dev);
}

/* Gives one queue pair of a live device new rings; no thread uses it. */
static int
dev_enable_qp(struct vcrypto_qp *qp)
{
	vcrypto_qp_forget_ring(qp);
	return vcrypto_init_qp_enable(qp);
}

/* A reset of a live device for the sake of its queues: not while it has SAs. */
static int
dev_reset_for_queues(struct vcrypto_dev *dev, unsigned int nb_sas)
{
	if (nb_sas == 0)
		return vcrypto_init_reset(dev);
	VCRYPTO_ERR("%s: the device is not started: its queues need a reset of it, which would end "
		"%u security associations: destroy their sessions first, or configure the queue "
		"pairs as they were", dev->name, nb_sas);
	return -EBUSY;
}

/* Brings the device from any state to DRIVER_OK with every queue enabled. */
static int
dev_go_live(struct vcrypto_dev *dev)
{
	unsigned int nb_sas;
	uint16_t i;
	int rc = 0;

	/* A stopped device gets no health checks, so it may need a reset by now. */
	if (dev->live && dev->t->ops->check(dev->t) != 0)
		rc = vcrypto_init_reset(dev);
	if (rc != 0)
		return rc;
	nb_sas = vcrypto_ipsec_count(dev);
	if (dev_needs_bring_up(dev, nb_sas)) {
		if (dev->live)
			rc = dev_reset_for_queues(dev, nb_sas);
		return rc == 0 ? dev_bring_up(dev) : rc;
	}
	for (i = 0; rc == 0 && i < dev->data->nb_queue_pairs; i++)
		if (vcrypto_qp_at(dev, i)->ring != VCRYPTO_RING_ENABLED)
			rc = dev_enable_qp(vcrypto_qp_at(dev, i));
	return rc;
}

int
vcrypto_dev_start(struct rte_cryptodev *cdev)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	int rc = dev_may_become(dev, VCRYPTO_STARTED);
	uint16_t i;

	/* rte_cryptodev installs the burst functions even if start fails: ops that were not
	 * dequeued before can be dequeued then, too.
	 */
	vcrypto_burst_stopped(cdev);
	for (i = 0; rc == 0 && i < cdev->data->nb_queue_pairs; i++) {
		if (vcrypto_qp_at(dev, i) != NULL)
			continue;
		VCRYPTO_ERR("%s: queue pair %u is not set up: call "
			"rte_cryptodev_queue_pair_setup() for each before start", dev->name, i);
		rc = -EINVAL;
	}
	if (rc == 0)
		rc = vcrypto_ctrlq_start(dev);
	if (rc != 0)
		return rc;
	vcrypto_health_listen(dev);
	rc = dev_go_live(dev);
	if (rc == 0)
		rc = vcrypto_health_start(dev);
	if (rc != 0) {
		vcrypto_health_unlisten(dev);
		return rc;
	}
	vcrypto_burst_select(cdev, dev->kind, vq_is_plain(&vcrypto_qp_at(dev, 0)->vq));
	dev->state = VCRYPTO_STARTED;
	vcrypto_share_open(dev);
	return 0;
}

/* Security associations are worth a longer wait. */
static unsigned int
dev_drain_ms(struct vcrypto_dev *dev)
{
	return vcrypto_init_has_queue_reset(dev) || vcrypto_ipsec_count(dev) == 0 ?
		VCRYPTO_STOP_DRAIN_MS : VCRYPTO_STOP_DRAIN_SAS_MS;
}

/* Waits for the requests in flight.  False if some did not come back, or if a queue is
 * broken.
 */
static bool
dev_drain(struct vcrypto_dev *dev)
{
	uint64_t end = rte_get_timer_cycles() +
		(uint64_t)dev_drain_ms(dev) * rte_get_timer_hz() / 1000;
	bool broken = false;
	unsigned int left;
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		vcrypto_complete_forget(vcrypto_qp_at(dev, i));
	do {
		left = 0;
		for (i = 0; i < dev->data->nb_queue_pairs; i++) {
			if (vq_broken(&vcrypto_qp_at(dev, i)->vq) != NULL)
				broken = true;	/* left to dev_take_back() */
			else
				left += vcrypto_complete_drain_any(vcrypto_qp_at(dev, i));
		}
		if (left == 0)
			return !broken;
		rte_pause();
	} while (rte_get_timer_cycles() < end && dev->t->ops->check(dev->t) == 0);
	return false;
}

/* Takes back each queue with requests in flight, and each broken one: by queue reset where
 * the device supports it, else by device reset.
 */
static void
dev_take_back(struct vcrypto_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++) {
		struct vcrypto_qp *qp = vcrypto_qp_at(dev, i);

		vcrypto_wait_abort(qp);	/* ops that wait for a session */
		if (vq_nb_in_flight(&qp->vq) == 0 && vq_broken(&qp->vq) == NULL)
			continue;
		if (vcrypto_init_qp_detach(qp) != 0)
			VCRYPTO_ERR("%s: the device does not let go of queue pair %u: do not reuse "
				"the buffers of its ops", dev->name, i);
		vcrypto_complete_used(qp);	/* since dev_drain() looked last */
		vq_break(&qp->vq, VQ_STOPPED);
		qp->logged_broken = true;	/* the raw data path may go on polling */
		vcrypto_complete_abort(qp);
	}
}

void
vcrypto_dev_stop(struct rte_cryptodev *cdev)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);

	if (dev_may_become(dev, VCRYPTO_CONFIGURED) != 0)
		return;
	vcrypto_share_close(dev);
	vcrypto_health_stop(dev);
	if (dev->live && !dev_drain(dev))
		dev_take_back(dev);
	vcrypto_burst_show_stopped(cdev);
	dev->state = VCRYPTO_CONFIGURED;
}

int
vcrypto_dev_close(struct rte_cryptodev *cdev)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	uint16_t i;
	int rc = dev_may_become(dev, VCRYPTO_CLOSED);

	/* A second close must not free memory that the first one had to leave to the
	 * device.
	 */
	if (rc != 0 || dev->state == VCRYPTO_CLOSED)
		return rc;
	rc = vcrypto_init_reset(dev);
	vcrypto_ipsec_record_drop(dev);
	vcrypto_ipsec_fini(dev);
	for (i = 0; i < cdev->data->nb_queue_pairs; i++)
		(void)vcrypto_init_qp_release(cdev, i);
	if (rc == 0) {
		vcrypto_adminq_release(dev);
		vcrypto_ctrlq_release(dev);
	}
	dev->state = VCRYPTO_CLOSED;
	return 0;
}

/* ---- probe and remove ---- */

static int
dev_probe(struct vcrypto_dev *dev)
{
	int rc = vcrypto_init_probe(dev);

	if (rc != 0)
		return rc;
	dev->max_nb_qps = (uint16_t)dev->lim.max_dataqueues;
	dev->caps = vcrypto_caps_create();
	if (dev->caps == NULL) {
		VCRYPTO_ERR("%s: no memory for the list of capabilities: give EAL more memory",
			dev->name);
		return -ENOMEM;
	}
	vcrypto_caps_fill(dev);
	return vcrypto_security_init(dev);
}

/* DPDK allocates the array of queue pairs at the first configure, but a secondary process
 * that attached before would never see it.  So the driver allocates it at probe.
 */
static int
dev_create_qp_arrays(struct vcrypto_dev *dev)
{
	dev->data->queue_pairs = rte_zmalloc_socket("vcrypto_qps",
			dev->max_nb_qps * sizeof(dev->data->queue_pairs[0]), RTE_CACHE_LINE_SIZE,
			vcrypto_mem_socket(dev));
	dev->no_callbacks = rte_zmalloc_socket("vcrypto_qps",
			dev->max_nb_qps * sizeof(dev->no_callbacks[0]), RTE_CACHE_LINE_SIZE,
			vcrypto_mem_socket(dev));
	if (dev->data->queue_pairs != NULL && dev->no_callbacks != NULL)
		return 0;
	VCRYPTO_ERR("%s: no memory for %u queue pairs: give EAL more memory", dev->name,
		dev->max_nb_qps);
	return -ENOMEM;
}

static void
dev_free_qp_arrays(struct vcrypto_dev *dev)
{
	rte_free(dev->no_callbacks);
	rte_free(dev->data->queue_pairs);
	dev->data->queue_pairs = NULL;
}

/* Hands the device over to DPDK and to secondary processes. */
static void
dev_publish(struct vcrypto_dev *dev, struct rte_cryptodev_ops *ops)
{
	struct rte_cryptodev *cdev = dev->cdev;

	if (dev->traits.event_kicks)
		vcrypto_share_fd_offer(dev);
	__atomic_store_n(&dev->build, vcrypto_share_build(), __ATOMIC_RELEASE);
	cdev->driver_id = vcrypto_driver_id;
	cdev->dev_ops = ops;
	cdev->feature_flags = dev->feature_flags;
	vcrypto_burst_stopped(cdev);
	/* Programs index arrays by it.  Memory still comes from any node where it is unknown. */
	if (cdev->data->socket_id < 0)
		cdev->data->socket_id = 0;
	vcrypto_registry_add(dev);
	rte_cryptodev_pmd_probing_finish(cdev);
}

int
vcrypto_dev_create(struct rte_device *rte_dev, const char *name, struct vcrypto_transport *t,
		const struct vcrypto_args *args, struct rte_cryptodev_ops *ops)
{
	struct rte_cryptodev_pmd_init_params params = {
		.private_data_size = sizeof(struct vcrypto_dev),
		.socket_id = t->traits.numa_node,
	};
	struct rte_cryptodev *cdev = rte_cryptodev_pmd_create(name, rte_dev, &params);
	struct vcrypto_dev *dev;
	int rc;

	if (cdev == NULL) {
		VCRYPTO_ERR("%s: cannot create a cryptodev: no memory, the name is taken, or all "
			"%u devices are in use", name, RTE_CRYPTO_MAX_DEVS);
		return -ENOMEM;
	}
	/* DPDK leaves the operations of the slot's last owner here, and would call their
	 * close if the probe fails.
	 */
	cdev->dev_ops = NULL;
	dev = vcrypto_dev_of(cdev);
	dev->cdev = cdev;
	cdev->security_ctx = NULL;	/* the slot's last owner may have left one */
	dev->data = cdev->data;
	dev->t = t;
	dev->driver_id = vcrypto_driver_id;
	dev->traits = t->traits;
	(void)snprintf(dev->transport, sizeof(dev->transport), "%s", t->ops->name);
	dev->args = *args;
	dev->generation = vcrypto_generation_next();
	(void)snprintf(dev->name, sizeof(dev->name), "%s", name);
	vcrypto_ctrlq_init(dev);
	LIST_INIT(&dev->records);
	vcrypto_ipsec_record_init(dev);
	rc = dev_probe(dev);
	if (rc == 0)
		rc = dev_create_qp_arrays(dev);
	if (rc != 0) {
		vcrypto_ctrlq_fini(dev);
		dev_free_qp_arrays(dev);
		vcrypto_security_fini(dev);
		rte_free(dev->caps);
		rte_cryptodev_pmd_destroy(cdev);
		return rc;
	}
	dev_publish(dev, ops);
	return 0;
}

int
vcrypto_dev_destroy(const char *name)
{
	struct rte_cryptodev *cdev = rte_cryptodev_pmd_get_named_dev(name);
	struct vcrypto_transport *t;
	struct vcrypto_dev *dev;

	if (cdev == NULL)
		return -ENODEV;
	dev = vcrypto_dev_of(cdev);
	t = dev->t;
	if (dev->state == VCRYPTO_STARTED) {
		rte_cryptodev_stop(cdev->data->dev_id);
		if (dev->state == VCRYPTO_STARTED)
			vcrypto_dev_stop(cdev);
	}
	vcrypto_share_fd_withdraw(dev);
	(void)vcrypto_dev_close(cdev);
	/* Until here threads that free sessions through other devices take their calls from
	 * this one's control queue; since the reset in close it knows none.
	 */
	vcrypto_registry_remove(dev);
	vcrypto_registry_await(dev);
	vcrypto_record_orphan(dev);
	vcrypto_ctrlq_fini(dev);
	vcrypto_security_fini(dev);
	rte_free(dev->caps);
	/* The functions of a stopped device read these arrays. */
	cryptodev_fp_ops_reset(&rte_crypto_fp_ops[cdev->data->dev_id]);
	dev_free_qp_arrays(dev);
	cdev->data->nb_queue_pairs = 0;
	rte_cryptodev_pmd_destroy(cdev);
	t->ops->destroy(t);
	return 0;
}

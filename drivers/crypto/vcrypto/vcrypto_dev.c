/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the life cycle: the standard's initialisation sequence (virtio 1.4, 3.1.1),
 * written once and transport-blind, and the states between probe and remove.
 * Calls transports, the control queue and queue pairs; no request passes here.
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
#include "vcrypto_dev.h"
#include "vcrypto_health.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "data/vcrypto_qp.h"
#include "session/vcrypto_record.h"
#include "multiproc/vcrypto_share.h"
#include "multiproc/vcrypto_share_fd.h"

/* ---- states: the legal edges, in one table ---- */

static const char *const state_name[VCRYPTO_NB_STATES] = {
	[VCRYPTO_PROBED] = "probed",
	[VCRYPTO_CONFIGURED] = "configured",
	[VCRYPTO_STARTED] = "started",
	[VCRYPTO_CLOSED] = "closed",
};

static const bool edge[VCRYPTO_NB_STATES][VCRYPTO_NB_STATES] = {
	[VCRYPTO_PROBED] = { [VCRYPTO_CONFIGURED] = true, [VCRYPTO_CLOSED] = true },
	[VCRYPTO_CONFIGURED] = { [VCRYPTO_CONFIGURED] = true, [VCRYPTO_STARTED] = true,
		[VCRYPTO_CLOSED] = true },
	[VCRYPTO_STARTED] = { [VCRYPTO_CONFIGURED] = true },
	/* A closed device may be configured anew, or closed again by its removal. */
	[VCRYPTO_CLOSED] = { [VCRYPTO_CONFIGURED] = true, [VCRYPTO_CLOSED] = true },
};

static int
go(struct vcrypto_dev *dev, enum vcrypto_state to)
{
	if (!edge[dev->state][to]) {
		VCRYPTO_ERR("%s: a device that is %s cannot become %s", dev->name,
			state_name[dev->state], state_name[to]);
		return -EBUSY;
	}
	return 0;
}

/* ---- features ---- */

static const struct {
	uint64_t bit;
	const char *name;
} feature_name[] = {
	{ VIRTIO_CRYPTO_F_REVISION_1, "REVISION_1" },
	{ VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE, "CIPHER_STATELESS" },
	{ VIRTIO_CRYPTO_F_HASH_STATELESS_MODE, "HASH_STATELESS" },
	{ VIRTIO_CRYPTO_F_MAC_STATELESS_MODE, "MAC_STATELESS" },
	{ VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE, "AEAD_STATELESS" },
	{ VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE, "AKCIPHER_STATELESS" },
	{ VIRTIO_F_INDIRECT_DESC, "INDIRECT_DESC" },
	{ VIRTIO_F_EVENT_IDX, "EVENT_IDX" },
	{ VIRTIO_F_VERSION_1, "VERSION_1" },
	{ VIRTIO_F_ACCESS_PLATFORM, "ACCESS_PLATFORM" },
	{ VIRTIO_F_RING_PACKED, "RING_PACKED" },
	{ VIRTIO_F_IN_ORDER, "IN_ORDER" },
	{ VIRTIO_F_ORDER_PLATFORM, "ORDER_PLATFORM" },
	{ VIRTIO_F_NOTIFICATION_DATA, "NOTIFICATION_DATA" },
	{ VIRTIO_F_NOTIF_CONFIG_DATA, "NOTIF_CONFIG_DATA" },
	{ VIRTIO_F_RING_RESET, "RING_RESET" },
};

static void
log_features(const struct vcrypto_dev *dev)
{
	char names[256] = "";
	size_t at = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(feature_name) && at < sizeof(names); i++)
		if ((dev->features & feature_name[i].bit) != 0)
			at += (size_t)snprintf(names + at, sizeof(names) - at, " %s",
					feature_name[i].name);
	VCRYPTO_INFO("%s: negotiated 0x%016" PRIx64 ":%s", dev->name, dev->features, names);
}

/* The bits that this driver understands and that its user did not decline. */
static uint64_t
wanted_features(const struct vcrypto_dev *dev)
{
	uint64_t f = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM |
		VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_F_RING_RESET |
		VIRTIO_F_NOTIFICATION_DATA | VIRTIO_F_NOTIF_CONFIG_DATA;

	if (dev->args.packed_vq)
		f |= VIRTIO_F_RING_PACKED;
	if (dev->args.in_order)
		f |= VIRTIO_F_IN_ORDER;
	if (dev->args.revision_1)
		f |= VIRTIO_CRYPTO_F_REVISION_1;
	if (dev->args.stateless)
		f |= VCRYPTO_F_STATELESS;
	return f & dev->t->features_allowed;
}

unsigned int
vcrypto_req_flags(const struct vcrypto_dev *dev, enum virtio_crypto_service service)
{
	static const uint64_t stateless[VIRTIO_CRYPTO_NB_SERVICES] = {
		[VIRTIO_CRYPTO_SERVICE_CIPHER] = VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE,
		[VIRTIO_CRYPTO_SERVICE_HASH] = VIRTIO_CRYPTO_F_HASH_STATELESS_MODE,
		[VIRTIO_CRYPTO_SERVICE_MAC] = VIRTIO_CRYPTO_F_MAC_STATELESS_MODE,
		[VIRTIO_CRYPTO_SERVICE_AEAD] = VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE,
		[VIRTIO_CRYPTO_SERVICE_AKCIPHER] = VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE,
	};
	unsigned int flags = 0;

	if ((dev->features & VIRTIO_CRYPTO_F_REVISION_1) != 0)
		flags |= REQ_F_REVISION_1;
	if ((dev->features & stateless[service]) != 0)
		flags |= REQ_F_STATELESS;
	return flags;
}

/* ---- initialisation (3.1.1) ---- */

static int
add_status(struct vcrypto_dev *dev, uint8_t bits)
{
	return dev->t->ops->set_status(dev->t, dev->t->ops->get_status(dev->t) | bits);
}

/* Say that we gave up; the device is reset before another try (2.1.1). */
static void
fail(struct vcrypto_dev *dev)
{
	(void)add_status(dev, VIRTIO_S_FAILED);
}

static int
choose_features(struct vcrypto_dev *dev)
{
	enum vq_kind kind;
	uint64_t offered, f;
	int rc = dev->t->ops->get_features(dev->t, &offered);

	if (rc != 0)
		return rc;
	f = offered & wanted_features(dev);
	if ((f & VIRTIO_F_VERSION_1) == 0) {
		VCRYPTO_ERR("%s: the device offers no VERSION_1: legacy devices are not supported "
			"(QEMU: disable-legacy=on)", dev->name);
		return -ENOTSUP;
	}
	/* Dependencies (5.9.3.1). */
	if ((f & VIRTIO_CRYPTO_F_REVISION_1) == 0)
		f &= ~VCRYPTO_F_STATELESS;
	kind = (f & VIRTIO_F_RING_PACKED) != 0 ?
		((f & VIRTIO_F_IN_ORDER) != 0 ? VQ_PACKED_IN_ORDER : VQ_PACKED) :
		((f & VIRTIO_F_IN_ORDER) != 0 ? VQ_SPLIT_IN_ORDER : VQ_SPLIT);
	/* Recovery: the burst functions in use are those of the kind at start. */
	if (dev->state == VCRYPTO_STARTED && kind != dev->kind) {
		VCRYPTO_ERR("%s: the device came back with other rings: stop and start it",
			dev->name);
		return -ENOTSUP;
	}
	dev->features = f;
	dev->kind = kind;
	return dev->t->ops->set_features(dev->t, f);
}

/* Bus addresses must mean the same to the device as to us. */
static int
check_iova(const struct vcrypto_dev *dev)
{
	if (dev->t->use_va || (dev->features & VIRTIO_F_ACCESS_PLATFORM) != 0 ||
			rte_eal_iova_mode() != RTE_IOVA_VA)
		return 0;
	VCRYPTO_ERR("%s: the device uses physical addresses (no ACCESS_PLATFORM) but EAL runs in "
		"IOVA mode VA: start the program with --iova-mode=pa, or give the device "
		"iommu_platform=on behind a vIOMMU", dev->name);
	return -ENOTSUP;
}

/* Reset to FEATURES_OK. */
static int
negotiate(struct vcrypto_dev *dev)
{
	int rc = dev->t->ops->reset(dev->t);

	if (rc != 0)
		return rc;
	rc = add_status(dev, VIRTIO_S_ACKNOWLEDGE);
	if (rc == 0)
		rc = add_status(dev, VIRTIO_S_DRIVER);
	if (rc == 0)
		rc = choose_features(dev);
	if (rc == 0)
		rc = check_iova(dev);
	if (rc == 0)
		rc = add_status(dev, VIRTIO_S_FEATURES_OK);
	if (rc == 0 && (dev->t->ops->get_status(dev->t) & VIRTIO_S_FEATURES_OK) == 0) {
		VCRYPTO_ERR("%s: the device refuses the features 0x%016" PRIx64 ": it is not used",
			dev->name, dev->features);
		rc = -ENOTSUP;
	}
	if (rc != 0)
		fail(dev);
	return rc;
}

static int
read_limits(struct vcrypto_dev *dev)
{
	uint16_t nb = dev->t->ops->nb_queues(dev->t);
	int rc = vcrypto_limits_read(&dev->lim, dev);

	if (rc != 0)
		return rc;
	if (!dev->lim.ready) {
		VCRYPTO_ERR("%s: the device is not ready (HW_READY is clear): its back end is "
			"missing or down", dev->name);
		return -EIO;
	}
	if (nb != 0 && nb < dev->lim.max_dataqueues + (dev->t->has_ctrlq ? 1u : 0u)) {
		VCRYPTO_ERR("%s: the device says %" PRIu32 " data queues but has %u virtqueues: "
			"it is faulty and not used", dev->name, dev->lim.max_dataqueues, nb);
		return -ERANGE;
	}
	return 0;
}

/* ---- from reset to live and back ---- */

/* Never 0, and no other device's: what a freed session or one of a device that was
 * removed still holds is no session of anybody.
 */
static uint32_t
next_generation(void)
{
	static uint32_t last;

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

static int
enable_queue(struct vcrypto_dev *dev, const struct rte_memzone *mz, uint16_t index, uint16_t size,
		struct vcrypto_notify *n)
{
	uint64_t addr = vcrypto_mem_addr(dev, mz);
	struct vcrypto_queue_desc q = {
		.index = index,
		.size = size,
		.packed = VQ_IS_PACKED(dev->kind),
	};
	struct vq_areas a;
	int rc;

	vq_ring_areas(&a, dev->kind, size);
	q.desc = addr + a.desc;
	q.driver = addr + a.driver;
	q.device = addr + a.device;
	rc = dev->t->ops->queue_enable(dev->t, &q);
	if (rc == 0)
		dev->t->ops->queue_notify(dev->t, index, n);
	return rc;
}

static int
enable_qp(struct vcrypto_dev *dev, struct vcrypto_qp *qp)
{
	int rc = vcrypto_qp_init_rings(qp);

	if (rc == 0)
		rc = enable_queue(dev, qp->mz, qp->index, qp->size, &qp->notify);
	if (rc == 0)
		qp->live = qp->was_live = true;
	return rc;
}

static int
enable_all(struct vcrypto_dev *dev)
{
	uint16_t i;
	int rc;

	if (dev->data->nb_queue_pairs > dev->lim.max_dataqueues) {
		VCRYPTO_ERR("%s: %u queue pairs are configured, the device now has %" PRIu32
			": configure again", dev->name, dev->data->nb_queue_pairs,
			dev->lim.max_dataqueues);
		return -EINVAL;
	}
	for (i = 0; i < dev->data->nb_queue_pairs; i++) {
		rc = enable_qp(dev, vcrypto_qp_at(dev, i));
		if (rc != 0)
			return rc;
	}
	if (!dev->t->has_ctrlq)
		return 0;
	rc = vcrypto_ctrlq_setup(dev);
	if (rc != 0)
		return rc;
	return enable_queue(dev, dev->ctrlq.mz, dev->ctrlq.index, dev->ctrlq.size,
			&dev->ctrlq.notify);
}

int
vcrypto_dev_bring_up(struct vcrypto_dev *dev)
{
	int rc = negotiate(dev);

	if (rc != 0)
		return rc;
	rc = read_limits(dev);
	if (rc == 0)
		rc = enable_all(dev);
	if (rc == 0)
		rc = add_status(dev, VIRTIO_S_DRIVER_OK);
	if (rc == 0)
		rc = dev->t->ops->check(dev->t);
	if (rc != 0) {
		fail(dev);
		(void)vcrypto_dev_reset(dev);
		return rc;
	}
	rte_spinlock_lock(&dev->ctrlq.lock);
	dev->live = true;
	rte_spinlock_unlock(&dev->ctrlq.lock);
	log_features(dev);
	return 0;
}

int
vcrypto_dev_reset(struct vcrypto_dev *dev)
{
	uint16_t i;
	int rc;

	rte_spinlock_lock(&dev->ctrlq.lock);
	dev->live = false;
	vcrypto_notify_off(&dev->ctrlq.notify);
	dev->generation = next_generation();
	dev->resets++;
	dev->ctrlq.destroyed = dev->ctrlq.created;
	rte_spinlock_unlock(&dev->ctrlq.lock);
	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		if (vcrypto_qp_at(dev, i) != NULL)
			vcrypto_notify_off(&vcrypto_qp_at(dev, i)->notify);
	rc = dev->t->ops->reset(dev->t);
	vcrypto_ctrlq_abort(dev);
	if (rc != 0 && rc != -ENODEV)
		return rc;
	/* Confirmed, or no device is left that could touch anything. */
	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		if (vcrypto_qp_at(dev, i) != NULL)
			vcrypto_qp_at(dev, i)->live = vcrypto_qp_at(dev, i)->was_live = false;
	return 0;
}

/* ---- rte_cryptodev_ops ---- */

int
vcrypto_dev_configure(struct rte_cryptodev *cdev, struct rte_cryptodev_config *cfg)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	int rc = go(dev, VCRYPTO_CONFIGURED);

	if (rc != 0)
		return rc;
	/* The configuration may have changed since the probe. */
	rc = read_limits(dev);
	if (rc != 0)
		return rc;
	vcrypto_caps_fill(dev);
	if ((cfg->ff_disable & RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO) != 0)
		dev->feature_flags &= ~RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO;
	if ((cfg->ff_disable & RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO) != 0)
		dev->feature_flags &= ~RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO;
	cdev->feature_flags = dev->feature_flags;
	dev->nb_qps = cdev->data->nb_queue_pairs;
	dev->state = VCRYPTO_CONFIGURED;
	return 0;
}

/* Does any queue pair need the device to be initialised from a reset? */
static bool
needs_bring_up(const struct vcrypto_dev *dev)
{
	bool again = (dev->features & VIRTIO_F_RING_RESET) == 0;
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		if (!vcrypto_qp_at(dev, i)->live && (again || !vcrypto_qp_at(dev, i)->was_live))
			return true;
	return !dev->live || !vcrypto_ctrlq_usable(dev);
}

/* From where the device is to DRIVER_OK with every queue enabled. */
static int
go_live(struct vcrypto_dev *dev)
{
	uint16_t i;
	int rc = 0;

	/* It may have asked for a reset while nobody watched. */
	if (dev->live && dev->t->ops->check(dev->t) != 0)
		rc = vcrypto_dev_reset(dev);
	if (rc != 0)
		return rc;
	if (needs_bring_up(dev)) {
		if (dev->live)
			rc = vcrypto_dev_reset(dev);
		return rc == 0 ? vcrypto_dev_bring_up(dev) : rc;
	}
	for (i = 0; rc == 0 && i < dev->data->nb_queue_pairs; i++)
		if (!vcrypto_qp_at(dev, i)->live)
			rc = enable_qp(dev, vcrypto_qp_at(dev, i));
	return rc;
}

int
vcrypto_dev_start(struct rte_cryptodev *cdev)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	int rc = go(dev, VCRYPTO_STARTED);
	uint16_t i;

	/* rte_cryptodev installs the burst functions even if start fails. */
	vcrypto_burst_none(cdev);
	for (i = 0; rc == 0 && i < cdev->data->nb_queue_pairs; i++) {
		if (vcrypto_qp_at(dev, i) != NULL)
			continue;
		VCRYPTO_ERR("%s: queue pair %u is not set up: call "
			"rte_cryptodev_queue_pair_setup() for each before start", dev->name, i);
		rc = -EINVAL;
	}
	if (rc != 0)
		return rc;
	vcrypto_health_listen(dev);
	rc = go_live(dev);
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

/* Wait for what is in flight; false if the device keeps something. */
static bool
drain(struct vcrypto_dev *dev)
{
	uint64_t end = rte_get_timer_cycles() +
		(uint64_t)VCRYPTO_STOP_DRAIN_MS * rte_get_timer_hz() / 1000;
	bool broken = false;
	unsigned int left;
	uint16_t i;

	do {
		left = 0;
		for (i = 0; i < dev->data->nb_queue_pairs; i++) {
			if (vq_broken(&vcrypto_qp_at(dev, i)->vq) != NULL)
				broken = true;	/* take_back()'s; the others go on */
			else
				left += vcrypto_qp_drain(vcrypto_qp_at(dev, i));
		}
		if (left == 0)
			return !broken;
		rte_pause();
	} while (rte_get_timer_cycles() < end && dev->t->ops->check(dev->t) == 0);
	return false;
}

/* Take the queues away from the device: one by one where it can, else by reset. */
static void
take_back(struct vcrypto_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++) {
		struct vcrypto_qp *qp = vcrypto_qp_at(dev, i);

		if (vq_nb_in_flight(&qp->vq) == 0 && vq_broken(&qp->vq) == NULL)
			continue;
		if (vcrypto_qp_detach(qp) != 0)
			VCRYPTO_ERR("%s: the device does not let go of queue pair %u: do not reuse "
				"the buffers of its ops", dev->name, i);
		vq_break(&qp->vq, VQ_STOPPED);
		vcrypto_qp_fail_in_flight(qp);
	}
}

void
vcrypto_dev_stop(struct rte_cryptodev *cdev)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);

	if (go(dev, VCRYPTO_CONFIGURED) != 0)
		return;
	vcrypto_share_close(dev);
	vcrypto_health_stop(dev);
	vcrypto_burst_none(cdev);
	if (dev->live && !drain(dev))
		take_back(dev);
	dev->state = VCRYPTO_CONFIGURED;
}

int
vcrypto_dev_close(struct rte_cryptodev *cdev)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	uint16_t i;
	int rc = go(dev, VCRYPTO_CLOSED);

	/* Once is enough; and memory that the first close had to leave to the device
	 * must not be freed by the second.
	 */
	if (rc != 0 || dev->state == VCRYPTO_CLOSED)
		return rc;
	rc = vcrypto_dev_reset(dev);
	for (i = 0; i < cdev->data->nb_queue_pairs; i++)
		(void)vcrypto_qp_release(cdev, i);
	if (rc == 0)
		vcrypto_ctrlq_release(dev);
	dev->state = VCRYPTO_CLOSED;
	return 0;
}

/* ---- probe and remove ---- */

static int
probe(struct vcrypto_dev *dev)
{
	int rc = negotiate(dev);

	if (rc != 0)
		return rc;
	rc = read_limits(dev);
	if (rc != 0) {
		fail(dev);
		return rc;
	}
	dev->max_nb_qps = (uint16_t)dev->lim.max_dataqueues;
	dev->caps = vcrypto_caps_create();
	if (dev->caps == NULL) {
		VCRYPTO_ERR("%s: no memory for the list of capabilities: give EAL more memory",
			dev->name);
		return -ENOMEM;
	}
	vcrypto_caps_fill(dev);
	log_features(dev);
	return 0;
}

/* DPDK would make it at the first configure, and a secondary process that attached
 * before that would never see it.
 */
static int
queue_pairs_array(struct vcrypto_dev *dev)
{
	dev->data->queue_pairs = rte_zmalloc_socket("vcrypto_qps",
			dev->max_nb_qps * sizeof(dev->data->queue_pairs[0]), RTE_CACHE_LINE_SIZE,
			vcrypto_mem_socket(dev));
	if (dev->data->queue_pairs != NULL)
		return 0;
	VCRYPTO_ERR("%s: no memory for %u queue pairs: give EAL more memory", dev->name,
		dev->max_nb_qps);
	return -ENOMEM;
}

int
vcrypto_dev_create(struct rte_device *rte_dev, const char *name, struct vcrypto_transport *t,
		const struct vcrypto_args *args)
{
	struct rte_cryptodev_pmd_init_params params = {
		.private_data_size = sizeof(struct vcrypto_dev),
		.socket_id = t->numa_node,
	};
	struct rte_cryptodev *cdev = rte_cryptodev_pmd_create(name, rte_dev, &params);
	struct vcrypto_dev *dev;
	int rc;

	if (cdev == NULL) {
		VCRYPTO_ERR("%s: cannot create a cryptodev: no memory, the name is taken, or all "
			"%u devices are in use", name, RTE_CRYPTO_MAX_DEVS);
		return -ENOMEM;
	}
	/* DPDK leaves those of the slot's last owner, and would close by them. */
	cdev->dev_ops = NULL;
	dev = vcrypto_dev_of(cdev);
	dev->cdev = cdev;
	dev->data = cdev->data;
	dev->t = t;
	dev->driver_id = vcrypto_driver_id;
	dev->strict_framing = t->strict_framing;
	dev->use_va = t->use_va;
	snprintf(dev->transport, sizeof(dev->transport), "%s", t->ops->name);
	dev->args = *args;
	dev->generation = next_generation();
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	rte_spinlock_init(&dev->ctrlq.lock);
	rte_spinlock_init(&dev->records_lock);
	rc = probe(dev);
	if (rc == 0)
		rc = queue_pairs_array(dev);
	if (rc != 0) {
		rte_free(dev->caps);
		rte_cryptodev_pmd_destroy(cdev);
		return rc;
	}
	if (t->use_va)
		vcrypto_share_fd_offer(dev);
	__atomic_store_n(&dev->build, vcrypto_share_build(), __ATOMIC_RELEASE);
	cdev->driver_id = vcrypto_driver_id;
	cdev->dev_ops = &vcrypto_ops;
	cdev->feature_flags = dev->feature_flags;
	vcrypto_burst_none(cdev);
	rte_cryptodev_pmd_probing_finish(cdev);
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
	vcrypto_record_clear(dev);
	rte_free(dev->caps);
	rte_free(cdev->data->queue_pairs);
	cdev->data->queue_pairs = NULL;
	cdev->data->nb_queue_pairs = 0;
	rte_cryptodev_pmd_destroy(cdev);
	t->ops->destroy(t);
	return 0;
}

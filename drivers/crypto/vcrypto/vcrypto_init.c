/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the standard's initialisation sequence (virtio 1.4, 3.1.1), written once for all
 * transports: from the features to DRIVER_OK, and reset; and the enabling and taking back
 * of virtqueues.
 *
 * May call the transport, the control queue and queue pairs.  Must not decide when a device
 * is initialised or reset: vcrypto_dev.c and vcrypto_health.c do.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include "data/vcrypto_qp.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "multiproc/vcrypto_share.h"
#include "session/vcrypto_adminq.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_ipsec_dev.h"
#include "transport/transport.h"
#include "vcrypto_init.h"

/* ---- features ---- */

static const struct {
	uint64_t bit;
	const char *name;
} init_feature_name[] = {
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
	{ VIRTIO_F_ADMIN_VQ, "ADMIN_VQ" },
};

static void
init_log_features(const struct vcrypto_dev *dev)
{
	char names[256] = "";
	size_t at = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(init_feature_name) && at < sizeof(names); i++)
		if ((dev->features & init_feature_name[i].bit) != 0)
			at += (size_t)snprintf(names + at, sizeof(names) - at, " %s",
					init_feature_name[i].name);
	VCRYPTO_INFO("%s: negotiated 0x%016" PRIx64 ":%s", dev->name, dev->features, names);
}

/* The feature bits that the driver supports, less those that device arguments decline, and
 * ADMIN_VQ only for a device with IPSEC.
 */
static uint64_t
init_wanted_features(const struct vcrypto_dev *dev)
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
		f |= VIRTIO_CRYPTO_F_STATELESS_MODES;
	if (dev->ipsec.offered)
		f |= VIRTIO_F_ADMIN_VQ;
	return f & dev->traits.features_allowed;
}

/* ---- initialisation (3.1.1) ---- */

static int
init_add_status(struct vcrypto_dev *dev, uint8_t bits)
{
	return dev->t->ops->set_status(dev->t, dev->t->ops->get_status(dev->t) | bits);
}

/* Sets FAILED: the driver gives up, and resets the device before another attempt (2.1.1). */
static void
init_fail(struct vcrypto_dev *dev)
{
	(void)init_add_status(dev, VIRTIO_S_FAILED);
}

static int
init_choose_features(struct vcrypto_dev *dev)
{
	enum vq_kind kind;
	uint64_t offered, f;
	int rc = dev->t->ops->get_features(dev->t, &offered);

	if (rc != 0)
		return rc;
	f = offered & init_wanted_features(dev);
	if ((f & VIRTIO_F_VERSION_1) == 0) {
		VCRYPTO_ERR("%s: the device offers no VERSION_1: legacy devices are not supported "
			"(QEMU: disable-legacy=on)", dev->name);
		return -ENOTSUP;
	}
	/* The stateless modes depend on REVISION_1 (5.9.3.1). */
	if ((f & VIRTIO_CRYPTO_F_REVISION_1) == 0)
		f &= ~VIRTIO_CRYPTO_F_STATELESS_MODES;
	kind = (f & VIRTIO_F_RING_PACKED) != 0 ?
		((f & VIRTIO_F_IN_ORDER) != 0 ? VQ_PACKED_IN_ORDER : VQ_PACKED) :
		((f & VIRTIO_F_IN_ORDER) != 0 ? VQ_SPLIT_IN_ORDER : VQ_SPLIT);
	/* In recovery neither ring layout nor form of requests may change: start chose burst
	 * functions for them.
	 */
	if (dev->state == VCRYPTO_STARTED && (kind != dev->kind ||
			((f ^ dev->features) & VIRTIO_F_INDIRECT_DESC) != 0)) {
		VCRYPTO_ERR("%s: the device came back with other rings: stop and start it",
			dev->name);
		return -ENOTSUP;
	}
	dev->features = f;
	dev->kind = kind;
	return dev->t->ops->set_features(dev->t, f);
}

/* Checks that the device and EAL mean the same memory by an address. */
static int
init_check_iova(const struct vcrypto_dev *dev)
{
	if (dev->traits.addr_is_va || (dev->features & VIRTIO_F_ACCESS_PLATFORM) != 0 ||
			rte_eal_iova_mode() != RTE_IOVA_VA)
		return 0;
	VCRYPTO_ERR("%s: the device uses physical addresses (no ACCESS_PLATFORM) but EAL runs in "
		"IOVA mode VA: start the program with --iova-mode=pa, or give the device "
		"iommu_platform=on behind a vIOMMU", dev->name);
	return -ENOTSUP;
}

/* A stop does not wait for more than the step that it meets. */
static int
init_go_on(const struct vcrypto_dev *dev)
{
	return vcrypto_cancelled(dev) ? -ECANCELED : 0;
}

/* From a reset to FEATURES_OK. */
static int
init_negotiate(struct vcrypto_dev *dev)
{
	int rc = dev->t->ops->reset(dev->t);

	if (rc == 0)
		rc = init_go_on(dev);
	if (rc != 0)
		return rc;
	rc = init_add_status(dev, VIRTIO_S_ACKNOWLEDGE);
	if (rc == 0)
		rc = init_go_on(dev);
	if (rc == 0)
		rc = init_add_status(dev, VIRTIO_S_DRIVER);
	if (rc == 0)
		rc = init_choose_features(dev);
	if (rc == 0)
		rc = init_check_iova(dev);
	if (rc == 0)
		rc = init_go_on(dev);
	if (rc == 0)
		rc = init_add_status(dev, VIRTIO_S_FEATURES_OK);
	if (rc == 0 && (dev->t->ops->get_status(dev->t) & VIRTIO_S_FEATURES_OK) == 0) {
		VCRYPTO_ERR("%s: the device refuses the features 0x%016" PRIx64 ": it is not used",
			dev->name, dev->features);
		rc = -ENOTSUP;
	}
	if (rc != 0 && rc != -ECANCELED)
		init_fail(dev);
	return rc;
}

int
vcrypto_init_read_limits(struct vcrypto_dev *dev)
{
	uint16_t nb = dev->t->ops->nb_queues(dev->t);
	struct virtio_crypto_config c;
	int rc = dev->t->ops->read_config(dev->t, 0, &c, sizeof(c));

	dev->queue_size = dev->t->ops->queue_max_size(dev->t, 0);
	if (rc == 0)
		rc = vcrypto_limits_parse(&dev->lim, dev->name, &c, &dev->args);
	if (rc != 0)
		return rc;
	if (!dev->lim.ready) {
		VCRYPTO_ERR("%s: the device is not ready (HW_READY is clear): its back end is "
			"missing or down", dev->name);
		return -EIO;
	}
	if (nb != 0 && nb < dev->lim.max_dataqueues + (dev->traits.has_ctrlq ? 1u : 0u)) {
		VCRYPTO_ERR("%s: the device says %" PRIu32 " data queues but has %u virtqueues: "
			"it is faulty and not used", dev->name, dev->lim.max_dataqueues, nb);
		return -ERANGE;
	}
	return 0;
}

/* ---- from reset to live and back ---- */

static int
init_enable_queue(struct vcrypto_dev *dev, const struct rte_memzone *mz, uint16_t index,
		uint16_t size, struct vcrypto_notify *n)
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
init_enable_cmdq(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq)
{
	return init_enable_queue(dev, cq->mz, cq->index, cq->size, &cq->notify);
}

int
vcrypto_init_qp_enable(struct vcrypto_qp *qp)
{
	struct vcrypto_dev *dev = qp->dev;
	int rc = vcrypto_qp_init_rings(qp);

	if (rc == 0)
		rc = init_enable_queue(dev, qp->mz, qp->index, qp->size, &qp->notify);
	if (rc == 0)
		qp->ring = VCRYPTO_RING_ENABLED;
	return rc;
}

/* Enables the administration queue.  0 also without a usable one, which was logged: the other
 * services do without it.
 */
static int
init_enable_admin(struct vcrypto_dev *dev)
{
	int rc = vcrypto_adminq_setup(dev);

	if (rc == -ENODEV)
		return 0;
	return rc != 0 ? rc : init_enable_cmdq(dev, &dev->adminq);
}

static int
init_enable_all(struct vcrypto_dev *dev)
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
		rc = vcrypto_init_qp_enable(vcrypto_qp_at(dev, i));
		if (rc != 0)
			return rc;
	}
	if (!dev->traits.has_ctrlq)
		return 0;
	rc = vcrypto_ctrlq_setup(dev);
	if (rc == 0)
		rc = init_enable_cmdq(dev, &dev->ctrlq.q);
	if (rc != 0 || (dev->features & VIRTIO_F_ADMIN_VQ) == 0)
		return rc;
	return init_enable_admin(dev);
}

/* Under the lock, since threads that send commands look. */
static void
init_set_live(struct vcrypto_dev *dev)
{
	rte_spinlock_lock(&dev->ctrlq.lock);
	dev->live = true;
	rte_spinlock_unlock(&dev->ctrlq.lock);
}

/* At probe, after FEATURES_OK: DPDK asks for capabilities before the device is started, and
 * commands need DRIVER_OK.  So a device with IPSEC has a short life of its own, with the
 * administration queue alone, and is reset.  0, or why the device is of no use.
 */
static int
init_find_ipsec(struct vcrypto_dev *dev)
{
	int rc;

	dev->ipsec.offered = false;
	if ((dev->features & VIRTIO_F_ADMIN_VQ) == 0 ||
			(dev->lim.services >> VIRTIO_CRYPTO_SERVICE_IPSEC & 1) == 0)
		return 0;
	rc = init_enable_admin(dev);
	if (rc == 0 && dev->adminq.vq != NULL) {
		rc = init_add_status(dev, VIRTIO_S_DRIVER_OK);
		if (rc == 0) {
			init_set_live(dev);
			(void)vcrypto_ipsec_find(dev);
		}
	}
	if (rc == 0)
		rc = dev->t->ops->check(dev->t);
	if (rc != 0)
		dev->ipsec.offered = false;
	/* If the device does not confirm the reset, the memory of the queue is kept. */
	if (vcrypto_init_reset(dev) != 0)
		return -EIO;
	vcrypto_adminq_release(dev);
	dev->resets = 0;		/* counted from probe on */
	return rc == -EIO ? 0 : rc;	/* it was reset since */
}

int
vcrypto_init_probe(struct vcrypto_dev *dev)
{
	int rc;

	dev->ipsec.offered = dev->args.ipsec;	/* until the device has said it */
	rc = init_negotiate(dev);
	if (rc != 0)
		return rc;
	rc = vcrypto_init_read_limits(dev);
	if (rc == 0)
		init_log_features(dev);
	if (rc == 0)
		rc = init_find_ipsec(dev);
	if (rc != 0)
		init_fail(dev);
	return rc;
}

int
vcrypto_init_bring_up(struct vcrypto_dev *dev)
{
	int rc = init_negotiate(dev);

	if (rc != 0)
		return rc;
	rc = vcrypto_init_read_limits(dev);
	if (rc == 0)
		rc = init_enable_all(dev);
	if (rc == 0)
		rc = init_go_on(dev);
	if (rc == 0)
		rc = init_add_status(dev, VIRTIO_S_DRIVER_OK);
	if (rc == 0)
		rc = dev->t->ops->check(dev->t);
	if (rc != 0) {
		init_fail(dev);
		(void)vcrypto_init_reset(dev);
		return rc;
	}
	init_set_live(dev);
	init_log_features(dev);
	/* What fails else is IPSEC alone, and was logged. */
	if (vcrypto_ipsec_agree(dev) != -ECANCELED)
		return 0;
	(void)vcrypto_init_reset(dev);
	return -ECANCELED;
}

static void
init_log_sas(const struct vcrypto_dev *dev, unsigned int nb)
{
	bool again = dev->args.ipsec_recover && vcrypto_recovers(dev) &&
		__atomic_load_n(&dev->lost, __ATOMIC_RELAXED) != VCRYPTO_NOT_LOST;

	if (nb != 0)
		VCRYPTO_WARN("%s: %u security associations end with this reset of the device: %s",
			dev->name, nb, again ? "inbound ones are made again when it is back; "
			"destroy the sessions of the others, and create new ones with new keys" :
			"destroy their sessions, and create new ones with new keys");
}

int
vcrypto_init_reset(struct vcrypto_dev *dev)
{
	unsigned int nb_sas;
	uint16_t i;
	int rc;

	rte_spinlock_lock(&dev->ctrlq.lock);
	dev->live = false;
	nb_sas = vcrypto_ipsec_end(dev);
	vcrypto_notify_off(&dev->ctrlq.q.notify);
	vcrypto_notify_off(&dev->adminq.notify);
	__atomic_store_n(&dev->generation, vcrypto_generation_next(), __ATOMIC_RELAXED);
	dev->resets++;
	__atomic_store_n(&dev->ctrlq.destroyed,
		__atomic_load_n(&dev->ctrlq.created, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	rte_spinlock_unlock(&dev->ctrlq.lock);
	init_log_sas(dev, nb_sas);
	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		if (vcrypto_qp_at(dev, i) != NULL)
			vcrypto_notify_off(&vcrypto_qp_at(dev, i)->notify);
	vcrypto_ctrlq_quiesce(dev);
	rc = dev->t->ops->reset(dev->t);
	vcrypto_ctrlq_abort(dev);
	vcrypto_adminq_abort(dev);
	if (rc != 0 && rc != -ENODEV)
		return rc;
	/* The reset is confirmed, or the device is gone: it does not access memory any more. */
	for (i = 0; i < dev->data->nb_queue_pairs; i++)
		if (vcrypto_qp_at(dev, i) != NULL)
			vcrypto_qp_at(dev, i)->ring = VCRYPTO_RING_ABSENT;
	return 0;
}

/* ---- queue pairs ---- */

/* Entries of a queue pair for nb_descriptors; 0 with a log line if the device's queue is
 * too small.
 */
static uint16_t
init_qp_size(struct vcrypto_dev *dev, uint16_t qp_id, uint32_t nb_descriptors)
{
	uint16_t max = dev->t->ops->queue_max_size(dev->t, qp_id);
	uint32_t want = RTE_MAX(nb_descriptors, (uint32_t)VCRYPTO_QP_MIN_SIZE);

	if (max < VCRYPTO_QP_MIN_DEVICE || nb_descriptors == 0) {
		VCRYPTO_ERR("%s: queue pair %u: %" PRIu32 " descriptors were requested, the "
			"device's queue has %u (at least %u are needed)", dev->name, qp_id,
			nb_descriptors, max, VCRYPTO_QP_MIN_DEVICE);
		return 0;
	}
	/* The size of a split queue is a power of two; that of a packed one need not be. */
	max = (uint16_t)rte_align32prevpow2(max);
	if (want <= max)
		return (uint16_t)rte_align32pow2(want);
	/* A program that counts on its descriptors loses ops: this tells why. */
	VCRYPTO_INFO("%s: queue pair %u has %u descriptors, not %" PRIu32 ": the device's queue "
		"has no more (a virtual device: queue_size=)", dev->name, qp_id, max, want);
	return max;
}

bool
vcrypto_init_has_queue_reset(const struct vcrypto_dev *dev)
{
	return (dev->features & VIRTIO_F_RING_RESET) != 0 && dev->t->ops->queue_reset != NULL;
}

int
vcrypto_init_qp_detach(struct vcrypto_qp *qp)
{
	struct vcrypto_dev *dev = qp->dev;
	int rc = 0;

	vcrypto_notify_off(&qp->notify);
	if (qp->ring != VCRYPTO_RING_ENABLED)
		return 0;
	if (dev->live && vcrypto_init_has_queue_reset(dev))
		rc = dev->t->ops->queue_reset(dev->t, qp->index);
	else
		rc = -ENOTSUP;
	if (rc == 0)
		qp->ring = VCRYPTO_RING_DETACHED;
	else
		rc = vcrypto_init_reset(dev);
	return rc;
}

int
vcrypto_init_qp_setup(struct rte_cryptodev *cdev, uint16_t qp_id,
		const struct rte_cryptodev_qp_conf *conf, int socket_id)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	struct vcrypto_qp *qp = cdev->data->queue_pairs[qp_id];
	uint16_t size = init_qp_size(dev, qp_id, conf->nb_descriptors);
	enum vcrypto_ring ring = VCRYPTO_RING_ABSENT;

	(void)socket_id;	/* memory comes from the device's NUMA node */
	if (size == 0)
		return -EINVAL;
	if (qp != NULL && qp->size == size && vcrypto_qp_nb_kept(qp) == 0) {
		memset(&qp->stats, 0, sizeof(qp->stats));
		return 0;	/* same size, no ops left: the queue pair is kept */
	}
	if (qp != NULL) {
		uint64_t resets = dev->resets;
		bool known = qp->ring != VCRYPTO_RING_ABSENT;
		int rc = vcrypto_init_qp_release(cdev, qp_id);

		if (rc != 0)
			return rc;
		/* The queue was reset alone: it may be enabled again in the same life. */
		if (known && dev->resets == resets)
			ring = VCRYPTO_RING_DETACHED;
	}
	qp = vcrypto_qp_create(dev, qp_id, size);
	if (qp == NULL)
		return -ENOMEM;
	qp->ring = ring;
	qp->holder = VCRYPTO_HELD;
	cdev->data->queue_pairs[qp_id] = qp;
	return 0;
}

/* The application can give up its SAs, or the change of this queue pair. */
static int
init_refuse_to_reset(const struct vcrypto_qp *qp)
{
	struct vcrypto_dev *dev = qp->dev;
	unsigned int nb;

	if (!dev->live || qp->ring != VCRYPTO_RING_ENABLED || vcrypto_init_has_queue_reset(dev))
		return 0;
	nb = vcrypto_ipsec_count(dev);
	if (nb == 0)
		return 0;
	VCRYPTO_ERR("%s: queue pair %u cannot be changed: the device has no RING_RESET, and a "
		"reset of it would end %u security associations: destroy their sessions first",
		dev->name, qp->index, nb);
	return -EBUSY;
}

int
vcrypto_init_qp_release(struct rte_cryptodev *cdev, uint16_t qp_id)
{
	struct vcrypto_qp *qp = cdev->data->queue_pairs[qp_id];
	int rc;

	if (qp == NULL)
		return 0;
	rc = init_refuse_to_reset(qp);
	if (rc != 0)
		return rc;
	if (vcrypto_qp_nb_kept(qp) != 0)
		VCRYPTO_WARN("%s: queue pair %u is released with %" PRIu32 " ops not dequeued (%"
			PRIu32 " of them of the raw data path): after rte_cryptodev_stop(), "
			"dequeue until none is left", qp->dev->name, qp_id,
			vcrypto_qp_nb_kept(qp), vcrypto_raw_count(qp));
	rc = vcrypto_init_qp_detach(qp);
	if (rc != 0) {
		/* The device may still write to this memory, so it is never freed. */
		VCRYPTO_ERR("%s: queue pair %u: the device does not let go of its memory; "
			"%zu bytes stay allocated", qp->dev->name, qp_id, qp->mz->len);
		cdev->data->queue_pairs[qp_id] = NULL;
		return 0;
	}
	cdev->data->queue_pairs[qp_id] = NULL;
	vcrypto_qp_destroy(qp);
	return 0;
}

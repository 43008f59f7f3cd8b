/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns a queue pair's memory: set-up, release, and handing ops back when the
 * device no longer does.  Sends nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include "session/vcrypto_asym_keys.h"
#include "data/vcrypto_burst.h"
#include "vcrypto_dev.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "data/vcrypto_qp.h"
#include "multiproc/vcrypto_share.h"

/* Offsets within the shared and the private memory of a queue pair. */
struct qp_layout {
	size_t slots, status, ext, bounce, shared;
	size_t shadow, post, groups, done, raw_done, raw, resend, asym, expect,
		priv;
	uint16_t ext_tables, ext_entries, nb_bounce;
};

static void
qp_layout(struct qp_layout *l, const struct vcrypto_dev *dev, uint16_t size)
{
	/* Of either layout: after a reset the device may offer the other one. */
	size_t ring = RTE_MAX(vq_ring_size(VQ_SPLIT, size), vq_ring_size(VQ_PACKED, size));
	size_t at = RTE_ALIGN_CEIL(ring, VQ_RING_ALIGN);

	l->slots = at;
	at += (size_t)size * VCRYPTO_SLOT_SIZE;
	l->status = at;
	at += RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE);
	l->ext = at;
	l->ext_tables = RTE_MAX(1, RTE_MIN(VCRYPTO_EXT_TABLES, size / 64));
	l->ext_entries = RTE_MIN(VCRYPTO_EXT_ENTRIES, size);
	at += (size_t)l->ext_tables * VCRYPTO_EXT_ENTRIES * sizeof(struct vq_entry);
	l->nb_bounce = dev->lim.algos[VIRTIO_CRYPTO_SERVICE_AKCIPHER] != 0 ?
		RTE_MIN(VCRYPTO_NB_BOUNCE, size) : 0;
	l->bounce = at;
	at += (size_t)l->nb_bounce * VCRYPTO_BOUNCE_SIZE;
	l->shared = at;

	at = RTE_ALIGN_CEIL(sizeof(struct vcrypto_qp), VQ_SHADOW_ALIGN);
	l->shadow = at;
	at += RTE_ALIGN_CEIL(vq_shadow_size(size), RTE_CACHE_LINE_SIZE);
	l->post = at;
	at += (size_t)size * sizeof(struct vcrypto_post);
	l->groups = at;
	at += (size_t)size * sizeof(struct vcrypto_group);
	l->done = at;
	at += (size_t)size * 2 * sizeof(struct rte_crypto_op *);
	l->raw_done = at;
	at += (size_t)size * 2 * sizeof(struct vcrypto_raw_done);
	l->raw = at;
	at += (size_t)size * sizeof(void *);
	l->resend = at;
	at += (size_t)size * sizeof(struct rte_crypto_op *);
	l->asym = at;
	at += (size_t)l->nb_bounce * sizeof(struct vcrypto_asym_post);
	l->expect = at;
	at += (size_t)l->nb_bounce * VCRYPTO_RSA_MAX;
	l->priv = at;
}

/* Entries of a queue pair for nb_descriptors; 0 with a line if the device cannot. */
static uint16_t
qp_size(struct vcrypto_dev *dev, uint16_t qp_id, uint32_t nb_descriptors)
{
	uint16_t max = dev->t->ops->queue_max_size(dev->t, qp_id);
	uint32_t want = RTE_MAX(nb_descriptors, (uint32_t)VCRYPTO_QP_MIN_SIZE);

	if (max < VCRYPTO_QP_MIN_DEVICE || nb_descriptors == 0) {
		VCRYPTO_ERR("%s: queue pair %u: %" PRIu32 " descriptors asked for, the device's "
			"queue has %u (at least %u are needed)", dev->name, qp_id,
			nb_descriptors, max, VCRYPTO_QP_MIN_DEVICE);
		return 0;
	}
	/* The device's size is a power of two if split; a packed one may not be. */
	max = (uint16_t)rte_align32prevpow2(max);
	return want < max ? (uint16_t)rte_align32pow2(want) : max;
}

int
vcrypto_qp_init_rings(struct vcrypto_qp *qp)
{
	struct vcrypto_dev *dev = qp->dev;
	struct vq_config cfg;
	struct qp_layout l;

	qp_layout(&l, dev, qp->size);
	memset(qp->mz->addr, 0, qp->mz->len);
	memset(qp->status, VCRYPTO_STATUS_UNSET, qp->size);
	memset(qp->groups, 0, qp->size * sizeof(*qp->groups));
	qp->cookie = vcrypto_cookie(dev);
	qp->ext_free = (1u << l.ext_tables) - 1;
	/* Without INDIRECT_DESC a request has no table but the ring itself. */
	qp->ext_entries = (dev->features & VIRTIO_F_INDIRECT_DESC) != 0 ? l.ext_entries : 0;
	if (dev->t->strict_framing)	/* more would stop that peer's queue for good */
		qp->ext_entries = RTE_MIN(qp->ext_entries, VCRYPTO_STRICT_ENTRIES);
	qp->broken_said = false;
	qp->odd &= ~VCRYPTO_ODD_BROKEN;
	cfg = (struct vq_config){
		.kind = dev->kind,
		.size = qp->size,
		.indirect = (dev->features & VIRTIO_F_INDIRECT_DESC) != 0,
		.event_idx = (dev->features & VIRTIO_F_EVENT_IDX) != 0,
		.order_platform = (dev->features & VIRTIO_F_ORDER_PLATFORM) != 0,
		.fifo_slots = dev->t->strict_framing,
		.ring = qp->mz->addr,
		.ring_iova = vcrypto_mem_addr(dev, qp->mz),
		.tables = qp->slots + VCRYPTO_SLOT_TABLE,
		.tables_iova = qp->slots_addr + VCRYPTO_SLOT_TABLE,
		.table_stride = VCRYPTO_SLOT_SIZE,
		.table_entries = RTE_MIN(VCRYPTO_SLOT_ENTRIES, qp->size),
		.shadow = (uint8_t *)qp + l.shadow,
	};
	return vq_init(&qp->vq, &cfg);
}

static void
qp_free(struct vcrypto_qp *qp)
{
	if (qp == NULL)
		return;
	vcrypto_mem_free(&qp->mz);
	rte_free(qp);
}

static struct vcrypto_qp *
qp_create(struct vcrypto_dev *dev, uint16_t qp_id, uint16_t size)
{
	struct vcrypto_qp *qp;
	struct qp_layout l;
	char what[16];

	qp_layout(&l, dev, size);
	qp = rte_zmalloc_socket("vcrypto_qp", l.priv, VQ_SHADOW_ALIGN, vcrypto_mem_socket(dev));
	if (qp == NULL) {
		VCRYPTO_ERR("%s: no %zu bytes for queue pair %u: give EAL more memory",
			dev->name, l.priv, qp_id);
		return NULL;
	}
	snprintf(what, sizeof(what), "q%u", qp_id);
	qp->mz = vcrypto_mem_reserve(dev, what, l.shared);
	if (qp->mz == NULL) {
		rte_free(qp);
		return NULL;
	}
	qp->dev = dev;
	qp->holder = VCRYPTO_HELD;
	qp->index = qp_id;
	qp->size = size;
	qp->iv_entry = dev->t->strict_framing;
	qp->slots = (uint8_t *)qp->mz->addr + l.slots;
	qp->slots_addr = vcrypto_mem_addr(dev, qp->mz) + l.slots;
	qp->status = (uint8_t *)qp->mz->addr + l.status;
	qp->status_addr = vcrypto_mem_addr(dev, qp->mz) + l.status;
	qp->ext = (void *)((uint8_t *)qp->mz->addr + l.ext);
	qp->ext_addr = vcrypto_mem_addr(dev, qp->mz) + l.ext;
	qp->post = (void *)((uint8_t *)qp + l.post);
	qp->groups = (void *)((uint8_t *)qp + l.groups);
	qp->done = (void *)((uint8_t *)qp + l.done);
	qp->done_mask = size * 2u - 1;
	qp->raw_done = (void *)((uint8_t *)qp + l.raw_done);
	qp->raw = (void *)((uint8_t *)qp + l.raw);
	qp->resend = (void *)((uint8_t *)qp + l.resend);
	qp->nb_bounce = l.nb_bounce;
	qp->bounce = (uint8_t *)qp->mz->addr + l.bounce;
	qp->bounce_addr = vcrypto_mem_addr(dev, qp->mz) + l.bounce;
	qp->asym = (void *)((uint8_t *)qp + l.asym);
	qp->asym_expect = (uint8_t *)qp + l.expect;
	return qp;
}

int
vcrypto_qp_detach(struct vcrypto_qp *qp)
{
	struct vcrypto_dev *dev = qp->dev;
	int rc = 0;

	vcrypto_notify_off(&qp->notify);
	if (!qp->live)
		return 0;
	if (dev->live && (dev->features & VIRTIO_F_RING_RESET) != 0 &&
			dev->t->ops->queue_reset != NULL)
		rc = dev->t->ops->queue_reset(dev->t, qp->index);
	else
		rc = -ENOTSUP;
	if (rc != 0)
		rc = vcrypto_dev_reset(dev);
	if (rc == 0)
		qp->live = false;
	return rc;
}

int
vcrypto_qp_setup(struct rte_cryptodev *cdev, uint16_t qp_id,
		const struct rte_cryptodev_qp_conf *conf, int socket_id)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	struct vcrypto_qp *qp = cdev->data->queue_pairs[qp_id];
	uint16_t size = qp_size(dev, qp_id, conf->nb_descriptors);

	(void)socket_id;	/* memory comes from the device's node */
	if (size == 0)
		return -EINVAL;
	if (qp != NULL && qp->size == size && vcrypto_done_count(qp) == 0) {
		memset(&qp->stats, 0, sizeof(qp->stats));
		return 0;	/* the same again: nothing to do, and quickly */
	}
	if (qp != NULL) {
		int rc = vcrypto_qp_release(cdev, qp_id);

		if (rc != 0)
			return rc;
	}
	qp = qp_create(dev, qp_id, size);
	if (qp == NULL)
		return -ENOMEM;
	cdev->data->queue_pairs[qp_id] = qp;
	return 0;
}

int
vcrypto_qp_release(struct rte_cryptodev *cdev, uint16_t qp_id)
{
	struct vcrypto_qp *qp = cdev->data->queue_pairs[qp_id];
	int rc;

	if (qp == NULL)
		return 0;
	rc = vcrypto_qp_detach(qp);
	if (rc != 0) {
		/* The device may still write there: leaking it is the safe end. */
		VCRYPTO_ERR("%s: queue pair %u: the device does not let go of its memory; "
			"%zu bytes stay allocated", qp->dev->name, qp_id, qp->mz->len);
		cdev->data->queue_pairs[qp_id] = NULL;
		return 0;
	}
	if (vcrypto_done_count(qp) != 0)
		VCRYPTO_WARN("%s: queue pair %u: released with %" PRIu32 " ops not dequeued; "
			"dequeue until none is left before releasing", qp->dev->name, qp_id,
			vcrypto_done_count(qp));
	cdev->data->queue_pairs[qp_id] = NULL;
	vq_fini(&qp->vq);
	qp_free(qp);
	return 0;
}

void
vcrypto_qp_fail_in_flight(struct vcrypto_qp *qp)
{
	uint16_t slot;
	void *token;

	while ((token = vq_detach(&qp->vq, &slot)) != NULL)
		vcrypto_complete(qp, (uintptr_t)token, slot, VCRYPTO_STATUS_UNSET, 0);
}

uint16_t
vcrypto_qp_drain(struct vcrypto_qp *qp)
{
	enum vq_kind kind = qp->dev->kind;
	uint16_t n = vq_used(&qp->vq, kind, qp->size), slot;
	uint32_t len;
	void *token;

	while (n-- > 0 && (token = vq_take(&qp->vq, kind, &slot, &len)) != NULL)
		vcrypto_complete(qp, (uintptr_t)token, slot, vcrypto_status_take(qp, slot), len);
	return vq_nb_in_flight(&qp->vq);
}

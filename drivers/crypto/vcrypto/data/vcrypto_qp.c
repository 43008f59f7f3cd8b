/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns a queue pair's memory, described by one table of regions; the state of its rings
 * when they are new; and the sums of the counters.  Adds nothing to a ring.
 */
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include "data/vcrypto_asym_request.h"
#include "data/vcrypto_qp.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"

/* ---- memory: one table of regions ---- */

/* What differs between queue pairs. */
struct qp_shape {
	uint16_t size;		/* entries */
	uint16_t ext_stride, nb_bounce;
	bool keys, ipsec;
};

enum qp_region {
	/* shared with the device */
	QP_RING, QP_SLOTS, QP_STATUS, QP_EXT, QP_KEYS, QP_BOUNCE, QP_IPSEC,
	/* private */
	QP_SELF, QP_SHADOW, QP_POST, QP_GROUPS, QP_DONE, QP_RAW_DONE, QP_RAW, QP_CACHED,
	QP_RESEND, QP_WAIT, QP_ASYM, QP_ASYM_WAIT, QP_EXPECT,
	QP_NB_REGIONS
};
#define QP_FIRST_PRIVATE	QP_SELF

struct qp_layout {
	size_t at[QP_NB_REGIONS];	/* offsets, bytes */
	size_t shared, priv;		/* bytes in all */
};

static size_t
qp_region_size(enum qp_region region, const struct qp_shape *s)
{
	switch (region) {
	case QP_RING:	/* room for either layout: after a reset the device may offer the other */
		return RTE_MAX(vq_ring_size(VQ_SPLIT, s->size), vq_ring_size(VQ_PACKED, s->size));
	case QP_SLOTS:
		return (size_t)s->size * VCRYPTO_SLOT_SIZE;
	case QP_STATUS:
		return s->size;
	case QP_EXT:
		return (size_t)s->size * s->ext_stride * sizeof(struct vq_entry);
	case QP_KEYS:
		return s->keys ? (size_t)s->size * VCRYPTO_KEYS_MAX : 0;
	case QP_BOUNCE:
		return (size_t)s->nb_bounce * VCRYPTO_BOUNCE_SIZE;
	case QP_IPSEC:
		return s->ipsec ? (size_t)s->size * VCRYPTO_IPSEC_BOUNCE : 0;
	case QP_SELF:
		return sizeof(struct vcrypto_qp);
	case QP_SHADOW:
		return vq_shadow_size(s->size);
	case QP_POST:
		return s->size * sizeof(struct vcrypto_post);
	case QP_GROUPS:
		return s->size * sizeof(struct vcrypto_group);
	case QP_DONE:
		return (size_t)s->size * VCRYPTO_DONE_FACTOR * sizeof(struct rte_crypto_op *);
	case QP_RAW_DONE:
		return (size_t)s->size * VCRYPTO_DONE_FACTOR * sizeof(struct vcrypto_raw_done);
	case QP_RAW:
		return s->size * sizeof(struct vcrypto_raw_op);
	case QP_CACHED:
		return s->size * sizeof(struct vcrypto_placed);
	case QP_RESEND:
	case QP_WAIT:
		return s->size * sizeof(struct rte_crypto_op *);
	case QP_ASYM:
		return s->nb_bounce * sizeof(struct vcrypto_asym_post);
	case QP_ASYM_WAIT:
		return s->nb_bounce * sizeof(struct vcrypto_asym_request);
	case QP_EXPECT:
		return (size_t)s->nb_bounce * VCRYPTO_RSA_MAX;
	default:
		return 0;
	}
}

/* Alignment that a region's users need, bytes; the default suits pointers. */
static size_t
qp_region_align(enum qp_region region)
{
	switch (region) {
	case QP_SLOTS:
		return VQ_RING_ALIGN;
	/* NOLINTNEXTLINE(bugprone-branch-clone): equal values by chance */
	case QP_SHADOW:
		return VQ_SHADOW_ALIGN;
	case QP_STATUS:
	case QP_EXT:
	case QP_KEYS:
	case QP_IPSEC:
	case QP_POST:
		return RTE_CACHE_LINE_SIZE;
	default:
		return sizeof(void *);
	}
}

/* No table is longer than the queue (2.7.5.3.1); what a slot's own holds needs no other. */
static struct qp_shape
qp_shape(const struct vcrypto_dev *dev, uint16_t size)
{
	uint16_t entries = RTE_MIN(vcrypto_table_entries(dev), size);

	return (struct qp_shape){
		.size = size,
		.ext_stride = entries > VCRYPTO_SLOT_ENTRIES ? entries : 0,
		.keys = dev->args.stateless,
		.ipsec = dev->ipsec.offered && !dev->args.ipsec_in_place,
		.nb_bounce = dev->lim.algos[VIRTIO_CRYPTO_SERVICE_AKCIPHER] != 0 ?
			RTE_MIN(VCRYPTO_NB_BOUNCE, size) : 0,
	};
}

static size_t
qp_layout_part(struct qp_layout *l, const struct qp_shape *s, enum qp_region first,
		enum qp_region end)
{
	size_t at = 0;
	unsigned int i;

	for (i = first; i < end; i++) {
		at = RTE_ALIGN_CEIL(at, qp_region_align(i));
		l->at[i] = at;
		at += qp_region_size(i, s);
	}
	return at;
}

static struct qp_layout
qp_layout(const struct qp_shape *s)
{
	struct qp_layout l;

	l.shared = qp_layout_part(&l, s, 0, QP_FIRST_PRIVATE);
	l.priv = qp_layout_part(&l, s, QP_FIRST_PRIVATE, QP_NB_REGIONS);
	return l;
}

/* Points the queue pair at its regions. */
static void
qp_carve(struct vcrypto_qp *qp, const struct qp_layout *l, const struct qp_shape *s)
{
	uint8_t *mem = qp->mz->addr, *own = (uint8_t *)qp;
	uint64_t addr = vcrypto_mem_addr(qp->dev, qp->mz);

	qp->slots = mem + l->at[QP_SLOTS];
	qp->slots_addr = addr + l->at[QP_SLOTS];
	qp->status = mem + l->at[QP_STATUS];
	qp->status_addr = addr + l->at[QP_STATUS];
	qp->ext = (void *)(mem + l->at[QP_EXT]);
	qp->ext_addr = addr + l->at[QP_EXT];
	qp->keys = s->keys ? mem + l->at[QP_KEYS] : NULL;
	qp->keys_addr = addr + l->at[QP_KEYS];
	qp->bounce = mem + l->at[QP_BOUNCE];
	qp->bounce_addr = addr + l->at[QP_BOUNCE];
	qp->ipsec = s->ipsec ? mem + l->at[QP_IPSEC] : NULL;
	qp->ipsec_addr = addr + l->at[QP_IPSEC];
	qp->shadow = own + l->at[QP_SHADOW];
	qp->post = (void *)(own + l->at[QP_POST]);
	qp->groups = (void *)(own + l->at[QP_GROUPS]);
	qp->done = (void *)(own + l->at[QP_DONE]);
	qp->raw_done = (void *)(own + l->at[QP_RAW_DONE]);
	qp->raw = (void *)(own + l->at[QP_RAW]);
	qp->cached = (void *)(own + l->at[QP_CACHED]);
	qp->resend = (void *)(own + l->at[QP_RESEND]);
	qp->wait = (void *)(own + l->at[QP_WAIT]);
	qp->asym = (void *)(own + l->at[QP_ASYM]);
	qp->asym_wait = (void *)(own + l->at[QP_ASYM_WAIT]);
	qp->asym_expect = own + l->at[QP_EXPECT];
}

struct vcrypto_qp *
vcrypto_qp_create(struct vcrypto_dev *dev, uint16_t qp_id, uint16_t size)
{
	struct qp_shape shape = qp_shape(dev, size);
	struct qp_layout l = qp_layout(&shape);
	struct vcrypto_qp *qp;
	char what[16];

	qp = rte_zmalloc_socket("vcrypto_qp", l.priv, VQ_SHADOW_ALIGN, vcrypto_mem_socket(dev));
	if (qp == NULL) {
		VCRYPTO_ERR("%s: no %zu bytes for queue pair %u: give EAL more memory",
			dev->name, l.priv, qp_id);
		return NULL;
	}
	(void)snprintf(what, sizeof(what), "q%u", qp_id);
	qp->mz = vcrypto_mem_reserve(dev, what, l.shared);
	if (qp->mz == NULL) {
		rte_free(qp);
		return NULL;
	}
	qp->dev = dev;
	qp->index = qp_id;
	qp->size = size;
	qp->done_mask = size * VCRYPTO_DONE_FACTOR - 1;
	qp->ext_stride = shape.ext_stride;
	qp->nb_bounce = shape.nb_bounce;
	qp_carve(qp, &l, &shape);
	return qp;
}

void
vcrypto_qp_destroy(struct vcrypto_qp *qp)
{
	if (qp == NULL)
		return;
	vq_fini(&qp->vq);
	vcrypto_mem_free(&qp->mz);
	rte_free(qp);
}

/* ---- rings ---- */

/* The most entries of a request.  Without INDIRECT_DESC a chain lies in the ring itself, and
 * comes from the slot's own table.  A chain of more entries than the strict peer takes would
 * stop that peer's queue for good.
 */
static uint16_t
qp_max_entries(const struct vcrypto_qp *qp)
{
	const struct vcrypto_dev *dev = qp->dev;
	uint16_t own = RTE_MIN(VCRYPTO_SLOT_ENTRIES, qp->size);

	if ((dev->features & VIRTIO_F_INDIRECT_DESC) == 0 || qp->ext_stride == 0)
		return own;
	return dev->traits.strict_framing ? RTE_MIN(qp->ext_stride, VCRYPTO_STRICT_ENTRIES) :
		qp->ext_stride;
}

void
vcrypto_qp_kick_owed(struct vcrypto_qp *qp, enum vq_kind kind)
{
	if (!vq_asks_again(&qp->vq, kind))
		return;
	qp->stats.kicks++;
	vcrypto_notify(&qp->notify, vq_notify_data(&qp->vq, kind));
}

void
vcrypto_qp_forget_cached(struct vcrypto_qp *qp)
{
	qp->detour &= ~VCRYPTO_DETOUR_CACHED;
	qp->nb_cached = 0;
	qp->cached_used = false;
}

void
vcrypto_qp_forget_ring(struct vcrypto_qp *qp)
{
	qp->detour &= ~VCRYPTO_DETOUR_BROKEN;
	vcrypto_qp_forget_cached(qp);
}

int
vcrypto_qp_init_rings(struct vcrypto_qp *qp)
{
	struct vcrypto_dev *dev = qp->dev;
	struct vq_config cfg;

	memset(qp->mz->addr, 0, qp->mz->len);
	memset(qp->status, VCRYPTO_STATUS_UNSET, qp->size);
	memset(qp->groups, 0, qp->size * sizeof(*qp->groups));
	qp->cookie = vcrypto_cookie(dev);
	qp->max_entries = qp_max_entries(qp);
	qp->logged_broken = false;
	cfg = (struct vq_config){
		.kind = dev->kind,
		.size = qp->size,
		.indirect = (dev->features & VIRTIO_F_INDIRECT_DESC) != 0,
		.event_idx = (dev->features & VIRTIO_F_EVENT_IDX) != 0,
		.order_platform = (dev->features & VIRTIO_F_ORDER_PLATFORM) != 0,
		.fifo_slots = dev->traits.strict_framing,
		.ring = qp->mz->addr,
		.ring_iova = vcrypto_mem_addr(dev, qp->mz),
		.tables = qp->slots + VCRYPTO_SLOT_TABLE,
		.tables_iova = qp->slots_addr + VCRYPTO_SLOT_TABLE,
		.table_stride = VCRYPTO_SLOT_SIZE,
		.table_entries = RTE_MIN(VCRYPTO_SLOT_ENTRIES, qp->size),
		.shadow = qp->shadow,
	};
	return vq_init(&qp->vq, &cfg);
}

/* ---- counters ---- */

void
vcrypto_qp_stats_get(struct rte_cryptodev *cdev, struct rte_cryptodev_stats *stats)
{
	uint16_t i;

	for (i = 0; i < cdev->data->nb_queue_pairs; i++) {
		const struct vcrypto_qp *qp = cdev->data->queue_pairs[i];

		if (qp == NULL)
			continue;
		stats->enqueued_count += qp->stats.enqueued;
		stats->dequeued_count += qp->stats.dequeued;
		stats->enqueue_err_count += qp->stats.enqueue_err;
		stats->dequeue_err_count += qp->stats.dequeue_err;
	}
}

void
vcrypto_qp_stats_reset(struct rte_cryptodev *cdev)
{
	uint16_t i;

	for (i = 0; i < cdev->data->nb_queue_pairs; i++) {
		struct vcrypto_qp *qp = cdev->data->queue_pairs[i];

		if (qp != NULL)
			memset(&qp->stats, 0, sizeof(qp->stats));
	}
}

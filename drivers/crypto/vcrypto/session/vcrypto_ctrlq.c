/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the control virtqueue: its memory, the one way to send a command, the
 * wiping of keys from memory that the device sees.  Knows requests only as bytes
 * that lib/request builds.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "req_ctrl.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_ctrlq.h"
#include "transport/transport.h"
#include "vq_hot.h"

/* One command's memory: table, answer, request. */
#define SLOT_TABLE_ENTRIES	2
#define SLOT_ANSWER		32	/* offset, bytes; 16 byte aligned */
#define SLOT_REQUEST		64	/* offset, bytes */
#define SLOT_SIZE		(SLOT_REQUEST + VCRYPTO_CTRL_REQ_MAX)

/* Polls before the waiting thread starts to give its core away, and how long then. */
#define CTRL_SPINS		20000
#define CTRL_SLEEP_US		20
/* How often a waiting thread asks the transport whether the device is well. */
#define CTRL_CHECK_EVERY	1024

/* A command on its caller's stack; the reaper fills it in under the lock. */
struct vcrypto_ctrl_call {
	uint16_t answer_len;		/* device-writable bytes: 16 create, 1 destroy */
	bool done;
	int err;			/* -errno if it ended without an answer */
	uint8_t answer[sizeof(struct virtio_crypto_create_session_input)];
};

static inline uint8_t *
slot_at(const struct vcrypto_ctrlq *cq, uint16_t slot)
{
	return cq->slots + (size_t)slot * SLOT_SIZE;
}

static uint16_t
ctrlq_size(struct vcrypto_dev *dev, uint16_t index)
{
	uint16_t max = dev->t->ops->queue_max_size(dev->t, index);

	return (uint16_t)rte_align32prevpow2(RTE_MIN(max, VCRYPTO_CTRLQ_SIZE));
}

/* For the largest size and either layout: kept until close, while a device may come
 * back from each reset with another of both.
 */
static int
ctrlq_alloc(struct vcrypto_dev *dev, struct vcrypto_ctrlq *cq)
{
	size_t ring = RTE_MAX(vq_ring_size(VQ_SPLIT, VCRYPTO_CTRLQ_SIZE),
			vq_ring_size(VQ_PACKED, VCRYPTO_CTRLQ_SIZE));
	size_t vq_len = RTE_ALIGN_CEIL(sizeof(struct vq), VQ_SHADOW_ALIGN);

	ring = RTE_ALIGN_CEIL(ring, VQ_RING_ALIGN);
	cq->mz = vcrypto_mem_reserve(dev, "ctrl", ring + (size_t)VCRYPTO_CTRLQ_SIZE * SLOT_SIZE);
	if (cq->mz == NULL)
		return -ENOMEM;
	cq->priv = rte_zmalloc_socket("vcrypto_ctrlq",
			vq_len + vq_shadow_size(VCRYPTO_CTRLQ_SIZE),
			VQ_SHADOW_ALIGN, vcrypto_mem_socket(dev));
	if (cq->priv == NULL) {
		VCRYPTO_ERR("%s: no memory for the control queue: give EAL more memory", dev->name);
		vcrypto_mem_free(&cq->mz);
		return -ENOMEM;
	}
	cq->slots = (uint8_t *)cq->mz->addr + ring;
	cq->slots_addr = vcrypto_mem_addr(dev, cq->mz) + ring;
	return 0;
}

int
vcrypto_ctrlq_setup(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	size_t vq_len = RTE_ALIGN_CEIL(sizeof(struct vq), VQ_SHADOW_ALIGN);
	struct vq_config cfg;
	uint16_t size;
	int rc;

	/* The device has forgotten the last ring: there is none until this has succeeded. */
	cq->vq = NULL;
	cq->size = 0;
	cq->index = (uint16_t)dev->lim.max_dataqueues;
	size = ctrlq_size(dev, cq->index);
	if (size < SLOT_TABLE_ENTRIES) {
		VCRYPTO_ERR("%s: the device has no usable control queue (virtqueue %u of %u "
			"entries): it cannot hold sessions", dev->name, cq->index, size);
		return -ENODEV;
	}
	if (cq->mz == NULL) {
		rc = ctrlq_alloc(dev, cq);
		if (rc != 0)
			return rc;
	}
	memset(cq->mz->addr, 0, cq->mz->len);
	cfg = (struct vq_config){
		.kind = dev->kind,
		.size = size,
		.indirect = (dev->features & VIRTIO_F_INDIRECT_DESC) != 0,
		.event_idx = (dev->features & VIRTIO_F_EVENT_IDX) != 0,
		.order_platform = (dev->features & VIRTIO_F_ORDER_PLATFORM) != 0,
		.ring = cq->mz->addr,
		.ring_iova = vcrypto_mem_addr(dev, cq->mz),
		.tables = cq->slots,
		.tables_iova = cq->slots_addr,
		.table_stride = SLOT_SIZE,
		.table_entries = SLOT_TABLE_ENTRIES,
		.shadow = (uint8_t *)cq->priv + vq_len,
	};
	rc = vq_init(cq->priv, &cfg);
	if (rc != 0)
		return rc;
	cq->vq = cq->priv;
	cq->size = size;
	cq->logged_broken = false;
	memset(cq->waiter, 0, sizeof(cq->waiter));
	return 0;
}

bool
vcrypto_ctrlq_usable(const struct vcrypto_dev *dev)
{
	const struct vq *vq = dev->ctrlq.vq;

	return vq == NULL || (vq_broken(vq) == NULL && vq_nb_free(vq) != 0);
}

void
vcrypto_ctrlq_release(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;

	vcrypto_ctrlq_abort(dev);
	if (cq->vq != NULL)
		vq_fini(cq->vq);
	cq->vq = NULL;
	rte_free(cq->priv);
	cq->priv = NULL;
	vcrypto_mem_free(&cq->mz);
}

/* ---- one command ---- */

/* Hand a finished slot's answer to its caller, if it still waits; wipe the slot. */
static void
finish(struct vcrypto_ctrlq *cq, uint16_t slot, int err)
{
	struct vcrypto_ctrl_call *call = cq->waiter[slot];
	uint8_t *mem = slot_at(cq, slot);

	if (call != NULL) {
		memcpy(call->answer, mem + SLOT_ANSWER, call->answer_len);
		call->err = err;
		call->done = true;
	}
	cq->waiter[slot] = NULL;
	vcrypto_mem_wipe(mem + SLOT_REQUEST, cq->req_len[slot]);
}

static void
reap(struct vcrypto_dev *dev, struct vcrypto_ctrlq *cq)
{
	uint16_t n = vq_used(cq->vq, dev->kind, cq->size), slot;
	uint32_t len;

	while (n-- > 0 && vq_take(cq->vq, dev->kind, &slot, &len) != NULL)
		finish(cq, slot, 0);
	if (vq_broken(cq->vq) != NULL && !cq->logged_broken) {
		cq->logged_broken = true;
		VCRYPTO_ERR("%s: the device broke the rules of the control queue (%s): no more "
			"sessions until the device is stopped and started", dev->name,
			vq_broken(cq->vq));
	}
}

void
vcrypto_ctrlq_abort(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	uint16_t slot;

	if (cq->vq == NULL)
		return;
	rte_spinlock_lock(&cq->lock);
	while (vq_detach(cq->vq, &slot) != NULL)
		finish(cq, slot, -EIO);
	rte_spinlock_unlock(&cq->lock);
}

/* Under the lock.  The request is in its slot and on its way after this. */
static void
submit(struct vcrypto_dev *dev, struct vcrypto_ctrlq *cq, struct vcrypto_ctrl_call *call,
		uint16_t slot)
{
	uint64_t addr = cq->slots_addr + (uint64_t)slot * SLOT_SIZE;
	struct vq_entry *e = vq_table(cq->vq, slot);

	/* A status that no device says, so that silence is not success. */
	memset(slot_at(cq, slot) + SLOT_ANSWER, 0xff, sizeof(call->answer));
	e[0].addr = cpu_to_le64(addr + SLOT_REQUEST);
	e[0].len = cpu_to_le32(cq->req_len[slot]);
	e[1].addr = cpu_to_le64(addr + SLOT_ANSWER);
	e[1].len = cpu_to_le32(call->answer_len);
	vq_shape(cq->vq, dev->kind, slot, 1, 1);
	cq->waiter[slot] = call;
	vq_add(cq->vq, dev->kind, slot, cq);
	vq_publish(cq->vq, dev->kind);
	if (vq_needs_kick(cq->vq, dev->kind))
		vcrypto_notify(&cq->notify, vq_notify_data(cq->vq, dev->kind));
}

/* The caller gives up: its slot stays with the device, its answer with nobody. */
static void
abandon(struct vcrypto_ctrlq *cq, struct vcrypto_ctrl_call *call)
{
	uint16_t slot;

	for (slot = 0; slot < cq->size; slot++)
		if (cq->waiter[slot] == call)
			cq->waiter[slot] = NULL;
}

struct deadline {
	uint64_t end;		/* TSC */
	uint32_t polls;
};

/* One step of a bounded wait, outside the lock.  0 go on; -errno give up. */
static int
wait_step(struct vcrypto_dev *dev, struct deadline *d)
{
	if (++d->polls % CTRL_CHECK_EVERY == 0) {
		int rc = dev->t->ops->check(dev->t);

		if (rc != 0)
			return rc;
		if (rte_get_timer_cycles() > d->end)
			return -ETIMEDOUT;
	}
	if (d->polls < CTRL_SPINS)
		rte_pause();
	else
		usleep(CTRL_SLEEP_US);
	return 0;
}

/* Sleeping polls are few: look at the clock and the device at each of them. */
static int
wait_more(struct vcrypto_dev *dev, struct deadline *d)
{
	if (d->polls >= CTRL_SPINS)
		d->polls |= CTRL_CHECK_EVERY - 1;
	return wait_step(dev, d);
}

typedef int (*build_fn)(uint8_t *buf, size_t size, const void *what, unsigned int flags);

/* What is to be sent. */
struct request {
	build_fn build;
	const void *what;
	enum virtio_crypto_service service;
	uint64_t cookie;	/* the generation that it is for */
};

/* A free slot; waits for one if need be.  Returns with the lock held on success.  The
 * device may be reset during the wait, and its successor has the same session ids.
 */
static int
reserve_slot(struct vcrypto_dev *dev, struct deadline *d, uint16_t *slot, uint64_t cookie)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	int rc = 0;

	for (;;) {
		rte_spinlock_lock(&cq->lock);
		if (!dev->live || cq->vq == NULL || vcrypto_cookie(dev) != cookie)
			rc = -EAGAIN;
		else if (vq_broken(cq->vq) != NULL)
			rc = -EIO;
		if (rc == 0) {
			reap(dev, cq);
			if (vq_nb_free(cq->vq) > 0) {
				*slot = vq_next_slot(cq->vq, dev->kind);
				return 0;
			}
		}
		rte_spinlock_unlock(&cq->lock);
		if (rc == 0)
			rc = wait_more(dev, d);
		if (rc != 0)
			return rc;
	}
}

/* Wait until the call is done; on giving up, abandon it. */
static int
await(struct vcrypto_dev *dev, struct deadline *d, struct vcrypto_ctrl_call *call)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	int rc = 0;

	for (;;) {
		rte_spinlock_lock(&cq->lock);
		if (!call->done && cq->vq != NULL) {
			reap(dev, cq);
			if (vq_broken(cq->vq) != NULL)
				rc = -EIO;
		}
		if (call->done || rc != 0) {
			if (!call->done)
				abandon(cq, call);
			else
				rc = call->err;
			rte_spinlock_unlock(&cq->lock);
			return rc;
		}
		rte_spinlock_unlock(&cq->lock);
		rc = wait_more(dev, d);
	}
}

/* The one function that sends a command. */
static int
command(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call, const struct request *r)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	struct deadline d = {
		.end = rte_get_timer_cycles() +
			(uint64_t)dev->args.ctrl_timeout_ms * rte_get_timer_hz() / 1000,
	};
	uint16_t slot;
	int rc = reserve_slot(dev, &d, &slot, r->cookie);

	if (rc == 0) {
		uint8_t *req = slot_at(cq, slot) + SLOT_REQUEST;

		rc = r->build(req, VCRYPTO_CTRL_REQ_MAX, r->what,
				vcrypto_req_flags(dev, r->service));
		if (rc >= 0) {
			cq->req_len[slot] = (uint16_t)rc;
			submit(dev, cq, call, slot);
			rc = 0;
		} else {
			vcrypto_mem_wipe(req, VCRYPTO_CTRL_REQ_MAX);
			if (rc == -ENOSPC)
				rc = -EMSGSIZE;
		}
		rte_spinlock_unlock(&cq->lock);
	}
	if (rc == 0)
		rc = await(dev, &d, call);
	if (rc == -ETIMEDOUT)
		VCRYPTO_ERR("%s: no answer on the control queue within %" PRIu32 " ms: the device "
			"hangs, or is slow (devarg " VCRYPTO_ARG_CTRL_TIMEOUT "=)",
			dev->name, dev->args.ctrl_timeout_ms);
	return rc;
}

static int
build_create(uint8_t *buf, size_t size, const void *what, unsigned int flags)
{
	return req_create_build(buf, size, what, flags);
}

struct destroy {
	enum req_kind kind;
	uint64_t session_id;
};

static int
build_destroy(uint8_t *buf, size_t size, const void *what, unsigned int flags)
{
	const struct destroy *d = what;

	return req_destroy_build(buf, size, d->kind, d->session_id, flags);
}

/* ---- sessions ---- */

/* The same by messages, for a transport whose peer keeps the control queue to itself. */
static int
message_create(struct vcrypto_dev *dev, uint64_t *session_id, uint32_t *status,
		const struct req_session *s, uint64_t cookie)
{
	int rc;

	rte_spinlock_lock(&dev->ctrlq.lock);
	rc = !dev->live || vcrypto_cookie(dev) != cookie ? -EAGAIN :
		dev->t->ops->session_create(dev->t, session_id, status, s);
	rte_spinlock_unlock(&dev->ctrlq.lock);
	return rc;
}

static int
message_destroy(struct vcrypto_dev *dev, uint64_t session_id, uint32_t *status, uint64_t cookie)
{
	int rc;

	rte_spinlock_lock(&dev->ctrlq.lock);
	rc = !dev->live || vcrypto_cookie(dev) != cookie ? -EAGAIN :
		dev->t->ops->session_destroy(dev->t, session_id, status);
	rte_spinlock_unlock(&dev->ctrlq.lock);
	return rc;
}

static int
count_create(struct vcrypto_ctrlq *cq, int rc)
{
	uint64_t *c = rc == 0 ? &cq->created : rc == -ETIMEDOUT ? &cq->timed_out : &cq->refused;

	__atomic_add_fetch(c, 1, __ATOMIC_RELAXED);
	return rc;
}

int
vcrypto_ctrl_create(struct vcrypto_dev *dev, uint64_t *session_id, const struct req_session *s,
		uint64_t cookie)
{
	struct virtio_crypto_create_session_input in;
	struct vcrypto_ctrl_call call = { .answer_len = sizeof(in) };
	struct request r = { build_create, s, req_kind_service(s->kind), cookie };
	uint32_t status;
	int rc;

	if (!dev->traits.has_ctrlq) {
		rc = message_create(dev, session_id, &status, s, cookie);
	} else {
		rc = command(dev, &call, &r);
		memcpy(&in, call.answer, sizeof(in));
		status = le32_to_cpu(in.status);
		*session_id = le64_to_cpu(in.session_id);
	}
	return count_create(&dev->ctrlq, rc != 0 ? rc : req_status_errno(status));
}

int
vcrypto_ctrl_destroy(struct vcrypto_dev *dev, enum req_kind kind, uint64_t session_id,
		uint64_t cookie)
{
	struct destroy d = { kind, session_id };
	struct vcrypto_ctrl_call call = {
		.answer_len = sizeof(struct virtio_crypto_destroy_session_input),
	};
	struct request r = { build_destroy, &d, req_kind_service(kind), cookie };
	uint32_t status;
	int rc;

	if (!dev->traits.has_ctrlq) {
		rc = message_destroy(dev, session_id, &status, cookie);
	} else {
		rc = command(dev, &call, &r);
		status = call.answer[0];
	}
	if (rc == 0)
		rc = req_status_errno(status);
	if (rc == 0)
		__atomic_add_fetch(&dev->ctrlq.destroyed, 1, __ATOMIC_RELAXED);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the control virtqueue: its memory, the one function that sends a command, and the
 * wiping of keys from memory that the device can reach.
 *
 * May call lib/request, which builds and checks the bytes of commands, lib/virtqueue and
 * the transport.  Must not hold the spinlock while it waits.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "req_ctrl.h"
#include "req_alg.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_ctrl_message.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_refusal.h"
#include "transport/transport.h"
#include "vq_hot.h"

/* The memory of one command: indirect table, answer, request. */
#define SLOT_TABLE_ENTRIES	2
#define SLOT_ANSWER		32	/* offset, bytes; aligned to 16 bytes */
#define SLOT_REQUEST		64	/* offset, bytes */
#define SLOT_SIZE		(SLOT_REQUEST + VCRYPTO_CTRL_REQ_MAX)

/* Bytes of the ring's private half; the shadow follows it. */
#define CTRLQ_VQ_LEN		RTE_ALIGN_CEIL(sizeof(struct vq), VQ_SHADOW_ALIGN)

/* After so many polls a waiting thread sleeps between polls, for CTRL_SLEEP_US each time. */
#define CTRL_SPINS		20000
#define CTRL_SLEEP_US		20
/* A message takes longer than a command: who waits for one sleeps from the start, and so
 * long after so many polls.
 */
#define CTRL_MESSAGE_POLLS	100
#define CTRL_MESSAGE_SLEEP_US	200
/* A waiting thread checks the device's state and the deadline once in so many polls. */
#define CTRL_CHECK_EVERY	1024

static inline uint8_t *
ctrlq_slot_at(const struct vcrypto_ctrlq *cq, uint16_t slot)
{
	return cq->slots + (size_t)slot * SLOT_SIZE;
}

static uint16_t
ctrlq_size(struct vcrypto_dev *dev, uint16_t index)
{
	uint16_t max = dev->t->ops->queue_max_size(dev->t, index);

	return (uint16_t)rte_align32prevpow2(RTE_MIN(max, VCRYPTO_CTRLQ_SIZE));
}

/* Allocates for the largest size and for either ring layout.  The memory is kept until
 * close, and after each reset the device may offer another size or layout.
 */
static int
ctrlq_alloc(struct vcrypto_dev *dev, struct vcrypto_ctrlq *cq)
{
	size_t ring = RTE_MAX(vq_ring_size(VQ_SPLIT, VCRYPTO_CTRLQ_SIZE),
			vq_ring_size(VQ_PACKED, VCRYPTO_CTRLQ_SIZE));

	ring = RTE_ALIGN_CEIL(ring, VQ_RING_ALIGN);
	cq->mz = vcrypto_mem_reserve(dev, "ctrl", ring + (size_t)VCRYPTO_CTRLQ_SIZE * SLOT_SIZE);
	if (cq->mz == NULL)
		return -ENOMEM;
	cq->priv = rte_zmalloc_socket("vcrypto_ctrlq",
			CTRLQ_VQ_LEN + vq_shadow_size(VCRYPTO_CTRLQ_SIZE),
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

static int
ctrlq_init_ring(struct vcrypto_dev *dev, struct vcrypto_ctrlq *cq, uint16_t size)
{
	struct vq_config cfg = {
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
		.shadow = (uint8_t *)cq->priv + CTRLQ_VQ_LEN,
	};

	memset(cq->mz->addr, 0, cq->mz->len);
	return vq_init(cq->priv, &cfg);
}

/* Lets commands find the ring of so many entries in cq->priv; 0: there is none. */
static void
ctrlq_show(struct vcrypto_ctrlq *cq, uint16_t size)
{
	rte_spinlock_lock(&cq->lock);
	cq->vq = size != 0 ? cq->priv : NULL;
	cq->size = size;
	cq->logged_broken = false;
	cq->full_since = 0;
	cq->refuse_until = 0;
	memset(cq->waiter, 0, sizeof(cq->waiter));
	rte_spinlock_unlock(&cq->lock);
}

int
vcrypto_ctrlq_setup(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	uint16_t size;
	int rc;

	/* The reset ended the device's use of the earlier ring: if set-up fails, there is
	 * no control queue.
	 */
	ctrlq_show(cq, 0);
	cq->index = (uint16_t)dev->lim.max_dataqueues;
	size = ctrlq_size(dev, cq->index);
	if (size < SLOT_TABLE_ENTRIES) {
		VCRYPTO_ERR("%s: the device has no usable control queue (virtqueue %u of %u "
			"entries): it cannot hold sessions", dev->name, cq->index, size);
		return -ENODEV;
	}
	rc = cq->mz != NULL ? 0 : ctrlq_alloc(dev, cq);
	if (rc == 0)
		rc = ctrlq_init_ring(dev, cq, size);
	if (rc == 0)
		ctrlq_show(cq, size);
	return rc;
}

void
vcrypto_ctrlq_init(struct vcrypto_dev *dev)
{
	rte_spinlock_init(&dev->ctrlq.lock);
	vcrypto_ctrl_message_init(dev);
}

void
vcrypto_ctrlq_fini(struct vcrypto_dev *dev)
{
	vcrypto_ctrl_message_fini(dev);
}

int
vcrypto_ctrlq_start(struct vcrypto_dev *dev)
{
	return dev->traits.has_ctrlq ? 0 : vcrypto_ctrl_message_start(dev);
}

void
vcrypto_ctrlq_release(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;

	vcrypto_ctrlq_abort(dev);
	/* A thread that frees a session through another device may look at the queue. */
	rte_spinlock_lock(&cq->lock);
	if (cq->vq != NULL)
		vq_fini(cq->vq);
	cq->vq = NULL;
	rte_spinlock_unlock(&cq->lock);
	rte_free(cq->priv);
	cq->priv = NULL;
	vcrypto_mem_free(&cq->mz);
}

/* ---- the ring: submit and reap, under the lock ---- */

/* Copies a returned slot's answer to its caller, if that still waits, and wipes the slot. */
static void
ctrl_finish(struct vcrypto_ctrlq *cq, uint16_t slot, int err)
{
	struct vcrypto_ctrl_call *call = cq->waiter[slot];
	uint8_t *mem = ctrlq_slot_at(cq, slot);

	if (call != NULL) {
		memcpy(call->answer, mem + SLOT_ANSWER, call->answer_len);
		call->err = err;
		call->done = true;
	}
	if (err == 0)
		cq->refuse_until = 0;
	cq->waiter[slot] = NULL;
	vcrypto_mem_wipe(mem + SLOT_REQUEST, cq->req_len[slot]);
}

static void
ctrl_reap(struct vcrypto_dev *dev, struct vcrypto_ctrlq *cq)
{
	uint16_t n = vq_used(cq->vq, dev->kind, cq->size), slot;
	uint32_t len;

	while (n-- > 0 && vq_take(cq->vq, dev->kind, &slot, &len) != NULL)
		ctrl_finish(cq, slot, 0);
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

	rte_spinlock_lock(&cq->lock);
	while (cq->vq != NULL && vq_detach(cq->vq, &slot) != NULL)
		ctrl_finish(cq, slot, -EIO);
	vcrypto_ctrl_message_abort(dev);
	rte_spinlock_unlock(&cq->lock);
}

bool
vcrypto_ctrlq_usable(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	bool usable = true;

	rte_spinlock_lock(&cq->lock);
	if (cq->vq != NULL) {
		ctrl_reap(dev, cq);
		usable = vq_broken(cq->vq) == NULL && vq_nb_free(cq->vq) != 0;
	}
	rte_spinlock_unlock(&cq->lock);
	return usable;
}

void
vcrypto_ctrlq_quiesce(struct vcrypto_dev *dev)
{
	if (dev->traits.has_ctrlq)
		return;
	pthread_mutex_lock(&dev->ctrlq.messages);
	pthread_mutex_unlock(&dev->ctrlq.messages);
}

/* Sends the request that is in slot; under the lock. */
static void
ctrl_submit(struct vcrypto_dev *dev, struct vcrypto_ctrlq *cq, struct vcrypto_ctrl_call *call,
		uint16_t slot)
{
	uint64_t addr = cq->slots_addr + (uint64_t)slot * SLOT_SIZE;
	struct vq_entry *e = vq_table(cq->vq, slot);

	/* A status that no device writes: an answer that is not written is no success. */
	memset(ctrlq_slot_at(cq, slot) + SLOT_ANSWER, 0xff, sizeof(call->answer));
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

/* The caller gives up; under the lock.  The slot stays with the device until the device
 * returns it, and its answer is dropped.
 */
static void
ctrl_abandon(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	uint16_t slot;

	vcrypto_ctrl_message_abandon(dev, call);
	for (slot = 0; slot < cq->size; slot++)
		if (cq->waiter[slot] == call)
			cq->waiter[slot] = NULL;
}

/* ---- bounded waits, outside the lock ---- */

static void
ctrl_log_timeout(const struct vcrypto_dev *dev)
{
	VCRYPTO_ERR("%s: no answer %s within %" PRIu32 " ms: the device hangs, or is slow (devarg "
		VCRYPTO_ARG_CTRL_TIMEOUT "=)", dev->name, dev->traits.has_ctrlq ?
		"on the control queue" : "to a session message", dev->args.ctrl_timeout_ms);
}

/* One step of a wait.  0: poll again; -ETIMEDOUT; or the error of the transport's check. */
static int
ctrl_wait_step(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	bool message = !dev->traits.has_ctrlq;
	bool asleep = ++call->polls >= CTRL_SPINS || message;

	/* Polls with a sleep are rare enough to check the device and the clock each time. */
	if (asleep || call->polls % CTRL_CHECK_EVERY == 0) {
		/* A message on a connection that was lost ends by itself, with its own error. */
		int rc = message ? 0 : dev->t->ops->check(dev->t);

		if (rc != 0)
			return rc;
		if (rte_get_timer_cycles() > call->end)
			return -ETIMEDOUT;
	}
	if (asleep)
		usleep(message && call->polls >= CTRL_MESSAGE_POLLS ? CTRL_MESSAGE_SLEEP_US :
			CTRL_SLEEP_US);
	else
		rte_pause();
	return 0;
}

/* ---- one command ---- */

/* TSC ticks that a command may take. */
static uint64_t
ctrl_timeout_tsc(const struct vcrypto_dev *dev)
{
	return (uint64_t)dev->args.ctrl_timeout_ms * rte_get_timer_hz() / 1000;
}

/* Under the lock: the queue has no free slot.  -EBUSY; -ETIMEDOUT once that has lasted for
 * as long as a command may take, since nobody waits for the next one.
 */
static int
ctrl_full(struct vcrypto_dev *dev)
{
	uint64_t now = rte_get_timer_cycles();

	if (dev->ctrlq.full_since == 0)
		dev->ctrlq.full_since = now;
	return now - dev->ctrlq.full_since > ctrl_timeout_tsc(dev) ? -ETIMEDOUT : -EBUSY;
}

/* Under the lock: a command was not answered in time.  Bursts send nothing for a while, or
 * each of their ops would have a command of its own time out.
 */
static void
ctrl_set_silent(struct vcrypto_dev *dev)
{
	dev->ctrlq.refuse_until = rte_get_timer_cycles() +
		(uint64_t)VCRYPTO_CTRL_REFUSE_MS * rte_get_timer_hz() / 1000;
}

/* True for VCRYPTO_CTRL_REFUSE_MS after a time-out, unless the device has answered since. */
static bool
ctrl_refuses(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	bool refuses;

	rte_spinlock_lock(&cq->lock);
	if (cq->refuse_until != 0 && cq->vq != NULL)
		ctrl_reap(dev, cq);
	refuses = cq->refuse_until != 0 && rte_get_timer_cycles() < cq->refuse_until;
	rte_spinlock_unlock(&cq->lock);
	return refuses;
}

/* Reserves a free slot, and waits for one if wait is set.  On success the lock is held on
 * return.  The device may be reset during the wait and then gives out the same session
 * ids again, so each attempt checks cookie.
 */
static int
ctrl_reserve_slot(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call, uint16_t *slot,
		uint64_t cookie, bool wait)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	int rc, full = 0;

	for (;;) {
		rte_spinlock_lock(&cq->lock);
		rc = cq->vq == NULL ? -EAGAIN : vcrypto_ctrl_check_live(dev, cookie);
		if (rc == 0 && vq_broken(cq->vq) != NULL)
			rc = -EIO;
		if (rc == 0) {
			ctrl_reap(dev, cq);
			if (vq_nb_free(cq->vq) > 0) {
				*slot = vq_next_slot(cq->vq, dev->kind);
				cq->full_since = 0;
				return 0;
			}
			full = ctrl_full(dev);
		}
		rte_spinlock_unlock(&cq->lock);
		if (rc == 0)
			rc = wait ? ctrl_wait_step(dev, call) : full;
		if (rc != 0)
			return rc;
	}
}

/* Under the lock: writes the command's bytes into slot.  Returns their length or -errno. */
static int
ctrl_build(struct vcrypto_dev *dev, uint16_t slot, const struct vcrypto_ctrl_command *cmd)
{
	unsigned int flags = vcrypto_req_flags(dev, req_kind_service(cmd->kind));
	uint8_t *req = ctrlq_slot_at(&dev->ctrlq, slot) + SLOT_REQUEST;
	int len = cmd->create != NULL ?
		req_create_build(req, VCRYPTO_CTRL_REQ_MAX, cmd->create, flags) :
		req_destroy_build(req, VCRYPTO_CTRL_REQ_MAX, cmd->kind, cmd->session_id, flags);

	if (len < 0)
		vcrypto_mem_wipe(req, VCRYPTO_CTRL_REQ_MAX);
	return len == -ENOSPC ? -EMSGSIZE : len;
}

/* Where sessions are messages: has the device's thread send it, and waits for a place among
 * its posts if wait is set.
 */
static int
ctrl_begin_message(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd, bool wait)
{
	int rc;

	do {
		rc = vcrypto_ctrl_message_post(dev, call, cmd);
		if (rc != -EBUSY || !wait)
			return rc;
		rc = ctrl_wait_step(dev, call);
	} while (rc == 0);
	if (rc == -ETIMEDOUT)
		ctrl_log_timeout(dev);
	return rc;
}

/* The one function that sends a command: all others call it. */
static int
ctrl_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd, bool wait)
{
	uint16_t slot;
	int rc;

	*call = (struct vcrypto_ctrl_call){
		.answer_len = cmd->create != NULL ?
			sizeof(struct virtio_crypto_create_session_input) :
			sizeof(struct virtio_crypto_destroy_session_input),
		.end = rte_get_timer_cycles() + ctrl_timeout_tsc(dev),
		.alg = cmd->create != NULL ? req_alg_find(req_kind_service(cmd->kind),
			cmd->create->algo) : NULL,
	};
	if (!dev->traits.has_ctrlq)
		return ctrl_begin_message(dev, call, cmd, wait);
	rc = ctrl_reserve_slot(dev, call, &slot, cmd->cookie, wait);
	if (rc == -ETIMEDOUT && wait)
		ctrl_log_timeout(dev);
	if (rc != 0)
		return rc;
	rc = ctrl_build(dev, slot, cmd);
	if (rc >= 0) {
		dev->ctrlq.req_len[slot] = (uint16_t)rc;
		ctrl_submit(dev, &dev->ctrlq, call, slot);
		rc = 0;
	}
	rte_spinlock_unlock(&dev->ctrlq.lock);
	return rc;
}

/* Takes what has arrived.  0: the command ended well; or how it failed; or else pending:
 * -EINPROGRESS, or why the caller waits no longer.  Unless -EINPROGRESS is returned, the
 * control queue does not know the call any more.
 */
static int
ctrl_poll(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call, int pending)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	int rc = pending;
	bool silent;

	rte_spinlock_lock(&cq->lock);
	if (!call->done && cq->vq != NULL) {
		ctrl_reap(dev, cq);
		if (vq_broken(cq->vq) != NULL)
			rc = -EIO;
	}
	if (call->done)
		rc = call->err;
	else if (rc != -EINPROGRESS)
		ctrl_abandon(dev, call);
	silent = !call->done && rc == -ETIMEDOUT;
	if (silent)
		ctrl_set_silent(dev);
	rte_spinlock_unlock(&cq->lock);
	if (silent)
		ctrl_log_timeout(dev);
	return rc;
}

void
vcrypto_ctrl_cancel(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	rte_spinlock_lock(&dev->ctrlq.lock);
	ctrl_abandon(dev, call);
	rte_spinlock_unlock(&dev->ctrlq.lock);
}

static int
ctrl_wait(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	int rc, pending = -EINPROGRESS;

	while ((rc = ctrl_poll(dev, call, pending)) == -EINPROGRESS) {
		pending = ctrl_wait_step(dev, call);
		if (pending == 0)
			pending = -EINPROGRESS;
	}
	return rc;
}

/* ---- sessions ---- */

/* Returns rc or, if that is 0, the errno of the device's status; counts the result, and
 * says why a session was refused.
 */
static int
ctrl_create_result(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call, int rc,
		uint64_t *session_id)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	struct virtio_crypto_create_session_input in;
	uint64_t *count;

	memcpy(&in, call->answer, sizeof(in));
	if (rc == 0 && le32_to_cpu(in.status) != VIRTIO_CRYPTO_OK) {
		rc = req_status_errno(le32_to_cpu(in.status));
		vcrypto_refusal_log(dev, call, le32_to_cpu(in.status));
	}
	*session_id = le64_to_cpu(in.session_id);
	count = rc == 0 ? &cq->created : rc == -ETIMEDOUT ? &cq->timed_out : &cq->refused;
	__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	return rc;
}

int
vcrypto_ctrl_create_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct req_session *s, uint64_t cookie, bool wait)
{
	struct vcrypto_ctrl_command cmd = { .create = s, .kind = s->kind, .cookie = cookie };
	uint64_t none;
	int rc;

	if (!wait && ctrl_refuses(dev))
		return -ETIMEDOUT;
	rc = ctrl_begin(dev, call, &cmd, wait);
	if (rc != 0 && rc != -EBUSY)
		(void)ctrl_create_result(dev, call, rc, &none);
	return rc;
}

int
vcrypto_ctrl_create_end(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id)
{
	return ctrl_create_result(dev, call, ctrl_wait(dev, call), session_id);
}

void
vcrypto_ctrl_renew(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	call->end = rte_get_timer_cycles() + ctrl_timeout_tsc(dev);
}

int
vcrypto_ctrl_create_poll(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id)
{
	bool late = rte_get_timer_cycles() > call->end;
	int rc = ctrl_poll(dev, call, late ? -ETIMEDOUT : -EINPROGRESS);

	return rc == -EINPROGRESS ? rc : ctrl_create_result(dev, call, rc, session_id);
}

int
vcrypto_ctrl_create(struct vcrypto_dev *dev, uint64_t *session_id, const struct req_session *s,
		uint64_t cookie)
{
	struct vcrypto_ctrl_call call;
	int rc = vcrypto_ctrl_create_begin(dev, &call, s, cookie, true);

	return rc != 0 ? rc : vcrypto_ctrl_create_end(dev, &call, session_id);
}

int
vcrypto_ctrl_destroy_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		enum req_kind kind, uint64_t session_id, uint64_t cookie)
{
	struct vcrypto_ctrl_command cmd = { .kind = kind, .session_id = session_id,
		.cookie = cookie };

	return ctrl_begin(dev, call, &cmd, true);
}

bool
vcrypto_ctrl_drop_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		enum req_kind kind, bool creating, uint64_t *session_id, uint64_t cookie)
{
	/* The reset that made the cookie stale may still be under way: its end writes into
	 * the calls that the control queue knows.
	 */
	if (cookie != vcrypto_cookie(dev)) {
		if (creating)
			vcrypto_ctrl_cancel(dev, call);
		return false;
	}
	/* Otherwise the device would keep a session whose id nobody knows. */
	if (creating && vcrypto_ctrl_create_end(dev, call, session_id) != 0)
		return false;
	return vcrypto_ctrl_destroy_begin(dev, call, kind, *session_id, cookie) == 0;
}

int
vcrypto_ctrl_destroy_end(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	int rc = ctrl_wait(dev, call);

	if (rc == 0)
		rc = req_status_errno(call->answer[0]);
	if (rc == 0)
		__atomic_add_fetch(&dev->ctrlq.destroyed, 1, __ATOMIC_RELAXED);
	else if (rc == -ETIMEDOUT)
		__atomic_add_fetch(&dev->ctrlq.timed_out, 1, __ATOMIC_RELAXED);
	return rc;
}

int
vcrypto_ctrl_destroy(struct vcrypto_dev *dev, enum req_kind kind, uint64_t session_id,
		uint64_t cookie)
{
	struct vcrypto_ctrl_call call;
	int rc = vcrypto_ctrl_destroy_begin(dev, &call, kind, session_id, cookie);

	return rc != 0 ? rc : vcrypto_ctrl_destroy_end(dev, &call);
}

int
vcrypto_ctrl_destroy_unheard(struct vcrypto_dev *dev, enum req_kind kind, uint64_t session_id,
		uint64_t cookie)
{
	struct vcrypto_ctrl_command cmd = { .kind = kind, .session_id = session_id,
		.cookie = cookie };
	struct vcrypto_ctrl_call call;
	int rc;

	if (ctrl_refuses(dev))
		return -ETIMEDOUT;
	rc = ctrl_begin(dev, &call, &cmd, false);
	if (rc != 0)
		return rc;
	vcrypto_ctrl_cancel(dev, &call);
	__atomic_add_fetch(&dev->ctrlq.destroyed, 1, __ATOMIC_RELAXED);
	return 0;
}

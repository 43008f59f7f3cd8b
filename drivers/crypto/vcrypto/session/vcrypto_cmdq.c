/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the memory of a queue of commands, what is submitted and reaped there, the bounded
 * waits, and the wiping of keys from memory that the device can reach.
 *
 * May call lib/virtqueue and the transport.  Must not know what a command says, nor hold the
 * spinlock while it waits.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_cmdq.h"
#include "session/vcrypto_ctrl_message.h"
#include "transport/transport.h"
#include "vq_hot.h"

/* The memory of one command: indirect table, answer, request. */
#define SLOT_TABLE_ENTRIES	2
#define SLOT_ANSWER		32	/* offset, bytes; aligned to 16 bytes */

/* Bytes of the ring's private half; the shadow follows it. */
#define CMDQ_VQ_LEN		RTE_ALIGN_CEIL(sizeof(struct vq), VQ_SHADOW_ALIGN)

/* After so many polls a waiting thread sleeps between polls, for CMDQ_SLEEP_US each time. */
#define CMDQ_SPINS		20000
#define CMDQ_SLEEP_US		20
/* A message takes longer than a command: who waits for one sleeps from the start, and so
 * long after so many polls.
 */
#define CMDQ_MESSAGE_POLLS	100
#define CMDQ_MESSAGE_SLEEP_US	200
/* A waiting thread checks the device's state and the deadline once in so many polls. */
#define CMDQ_CHECK_EVERY	1024

static inline uint8_t *
cmdq_slot_at(const struct vcrypto_cmdq *cq, uint16_t slot)
{
	return cq->slots + (size_t)slot * cq->slot_size;
}

static uint16_t
cmdq_size(struct vcrypto_dev *dev, uint16_t index)
{
	uint16_t max = dev->t->ops->queue_max_size(dev->t, index);

	return (uint16_t)rte_align32prevpow2(RTE_MIN(max, VCRYPTO_CTRLQ_SIZE));
}

/* Allocates for the largest size and for either ring layout.  The memory is kept until
 * close, and after each reset the device may offer another size or layout.
 */
static int
cmdq_alloc(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq, const struct vcrypto_cmdq_conf *conf)
{
	size_t ring = RTE_MAX(vq_ring_size(VQ_SPLIT, VCRYPTO_CTRLQ_SIZE),
			vq_ring_size(VQ_PACKED, VCRYPTO_CTRLQ_SIZE));

	ring = RTE_ALIGN_CEIL(ring, VQ_RING_ALIGN);
	(void)snprintf(cq->name, sizeof(cq->name), "%s", conf->name);
	cq->request_at = (uint16_t)(SLOT_ANSWER + conf->answer_room);
	cq->slot_size = (uint32_t)cq->request_at + conf->request_room;
	cq->mz = vcrypto_mem_reserve(dev, conf->zone,
			ring + (size_t)VCRYPTO_CTRLQ_SIZE * cq->slot_size);
	if (cq->mz == NULL)
		return -ENOMEM;
	cq->priv = rte_zmalloc_socket("vcrypto_cmdq",
			CMDQ_VQ_LEN + vq_shadow_size(VCRYPTO_CTRLQ_SIZE),
			VQ_SHADOW_ALIGN, vcrypto_mem_socket(dev));
	if (cq->priv == NULL) {
		VCRYPTO_ERR("%s: no memory for the %s queue: give EAL more memory", dev->name,
			cq->name);
		vcrypto_mem_free(&cq->mz);
		return -ENOMEM;
	}
	cq->slots = (uint8_t *)cq->mz->addr + ring;
	cq->slots_addr = vcrypto_mem_addr(dev, cq->mz) + ring;
	return 0;
}

static int
cmdq_init_ring(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq, uint16_t size)
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
		.table_stride = cq->slot_size,
		.table_entries = SLOT_TABLE_ENTRIES,
		.shadow = (uint8_t *)cq->priv + CMDQ_VQ_LEN,
	};

	memset(cq->mz->addr, 0, cq->mz->len);
	return vq_init(cq->priv, &cfg);
}

/* Lets commands find the ring of so many entries in cq->priv; 0: there is none. */
static void
cmdq_show(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq, uint16_t size)
{
	rte_spinlock_lock(&dev->ctrlq.lock);
	cq->vq = size != 0 ? cq->priv : NULL;
	cq->size = size;
	cq->logged_broken = false;
	cq->full_since = 0;
	cq->refuse_until = 0;
	memset(cq->waiter, 0, sizeof(cq->waiter));
	rte_spinlock_unlock(&dev->ctrlq.lock);
}

int
vcrypto_cmdq_setup(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		const struct vcrypto_cmdq_conf *conf)
{
	uint16_t size;
	int rc;

	/* The reset ended the device's use of the earlier ring: if set-up fails, there is
	 * no queue.
	 */
	cmdq_show(dev, cq, 0);
	cq->index = conf->index;
	size = cmdq_size(dev, cq->index);
	if (size < SLOT_TABLE_ENTRIES)
		return -ENODEV;
	rc = cq->mz != NULL ? 0 : cmdq_alloc(dev, cq, conf);
	if (rc == 0)
		rc = cmdq_init_ring(dev, cq, size);
	if (rc == 0)
		cmdq_show(dev, cq, size);
	return rc;
}

void
vcrypto_cmdq_release(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq)
{
	/* A thread that frees a session through another device may look at the queue. */
	rte_spinlock_lock(&dev->ctrlq.lock);
	if (cq->vq != NULL)
		vq_fini(cq->vq);
	cq->vq = NULL;
	rte_spinlock_unlock(&dev->ctrlq.lock);
	rte_free(cq->priv);
	cq->priv = NULL;
	vcrypto_mem_free(&cq->mz);
}

/* ---- the ring: submit and reap, under the lock ---- */

/* Copies a returned slot's answer to its caller, if that still waits, and wipes the slot. */
static void
cmdq_finish(struct vcrypto_cmdq *cq, uint16_t slot, uint32_t used_len, int err)
{
	struct vcrypto_ctrl_call *call = cq->waiter[slot];
	uint8_t *mem = cmdq_slot_at(cq, slot);

	if (call != NULL) {
		memcpy(call->out != NULL ? call->out : call->answer, mem + SLOT_ANSWER,
			call->answer_len);
		call->used_len = used_len;
		call->err = err;
		call->done = true;
	}
	if (err == 0)
		cq->refuse_until = 0;
	cq->waiter[slot] = NULL;
	vcrypto_mem_wipe(mem + cq->request_at, cq->req_len[slot]);
}

static void
cmdq_reap(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq)
{
	uint16_t n = vq_used(cq->vq, dev->kind, cq->size), slot;
	uint32_t len;

	while (n-- > 0 && vq_take(cq->vq, dev->kind, &slot, &len) != NULL)
		cmdq_finish(cq, slot, len, 0);
	if (vq_broken(cq->vq) != NULL && !cq->logged_broken) {
		cq->logged_broken = true;
		VCRYPTO_ERR("%s: the device broke the rules of the %s queue (%s): no more "
			"sessions until the device is stopped and started", dev->name, cq->name,
			vq_broken(cq->vq));
	}
}

void
vcrypto_cmdq_abort(struct vcrypto_cmdq *cq)
{
	uint16_t slot;

	while (cq->vq != NULL && vq_detach(cq->vq, &slot) != NULL)
		cmdq_finish(cq, slot, 0, -EIO);
}

bool
vcrypto_cmdq_usable(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq)
{
	bool usable = true;

	rte_spinlock_lock(&dev->ctrlq.lock);
	if (cq->vq != NULL) {
		cmdq_reap(dev, cq);
		usable = vq_broken(cq->vq) == NULL && vq_nb_free(cq->vq) != 0;
	}
	rte_spinlock_unlock(&dev->ctrlq.lock);
	return usable;
}

/* Sends the request that is in slot. */
static void
cmdq_submit(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq, struct vcrypto_ctrl_call *call,
		uint16_t slot)
{
	uint64_t addr = cq->slots_addr + (uint64_t)slot * cq->slot_size;
	struct vq_entry *e = vq_table(cq->vq, slot);

	/* A status that no device writes: an answer that is not written is no success. */
	memset(cmdq_slot_at(cq, slot) + SLOT_ANSWER, 0xff, call->answer_len);
	e[0].addr = cpu_to_le64(addr + cq->request_at);
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

/* The caller gives up.  The slot stays with the device until the device returns it, and its
 * answer is dropped.
 */
static void
cmdq_abandon(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		const struct vcrypto_ctrl_call *call)
{
	uint16_t slot;

	vcrypto_ctrl_message_abandon(dev, call);
	for (slot = 0; slot < cq->size; slot++)
		if (cq->waiter[slot] == call)
			cq->waiter[slot] = NULL;
}

/* ---- bounded waits, outside the lock ---- */

void
vcrypto_cmdq_log_timeout(const struct vcrypto_dev *dev, const struct vcrypto_cmdq *cq)
{
	if (dev->traits.has_ctrlq)
		VCRYPTO_ERR("%s: no answer on the %s queue within %" PRIu32 " ms: the device "
			"hangs, or is slow (devarg " VCRYPTO_ARG_CTRL_TIMEOUT "=)", dev->name,
			cq->name, dev->args.ctrl_timeout_ms);
	else
		VCRYPTO_ERR("%s: no answer to a session message within %" PRIu32 " ms: the device "
			"hangs, or is slow (devarg " VCRYPTO_ARG_CTRL_TIMEOUT "=)", dev->name,
			dev->args.ctrl_timeout_ms);
}

int
vcrypto_cmdq_wait_step(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	bool message = !dev->traits.has_ctrlq;
	bool asleep = ++call->polls >= CMDQ_SPINS || message;

	/* Polls with a sleep are rare enough to check the device and the clock each time. */
	if (asleep || call->polls % CMDQ_CHECK_EVERY == 0) {
		/* A message on a connection that was lost ends by itself, with its own error. */
		int rc = message ? 0 : dev->t->ops->check(dev->t);

		if (rc != 0)
			return rc;
		if (rte_get_timer_cycles() > call->end)
			return -ETIMEDOUT;
	}
	if (asleep)
		usleep(message && call->polls >= CMDQ_MESSAGE_POLLS ? CMDQ_MESSAGE_SLEEP_US :
			CMDQ_SLEEP_US);
	else
		rte_pause();
	return 0;
}

/* TSC ticks that a command may take. */
static uint64_t
cmdq_timeout_tsc(const struct vcrypto_dev *dev)
{
	return (uint64_t)dev->args.ctrl_timeout_ms * rte_get_timer_hz() / 1000;
}

uint64_t
vcrypto_cmdq_deadline(const struct vcrypto_dev *dev)
{
	return rte_get_timer_cycles() + cmdq_timeout_tsc(dev);
}

/* ---- one command ---- */

/* Under the lock: the queue has no free slot.  -EBUSY; -ETIMEDOUT once that has lasted for
 * as long as a command may take, since nobody waits for the next one.
 */
static int
cmdq_full(const struct vcrypto_dev *dev, struct vcrypto_cmdq *cq)
{
	uint64_t now = rte_get_timer_cycles();

	if (cq->full_since == 0)
		cq->full_since = now;
	return now - cq->full_since > cmdq_timeout_tsc(dev) ? -ETIMEDOUT : -EBUSY;
}

/* Under the lock: a command was not answered in time.  Bursts send nothing for a while, or
 * each of their ops would have a command of its own time out.
 */
static void
cmdq_set_silent(struct vcrypto_cmdq *cq)
{
	cq->refuse_until = rte_get_timer_cycles() +
		(uint64_t)VCRYPTO_CTRL_REFUSE_MS * rte_get_timer_hz() / 1000;
}

bool
vcrypto_cmdq_refuses(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq)
{
	bool refuses;

	rte_spinlock_lock(&dev->ctrlq.lock);
	if (cq->refuse_until != 0 && cq->vq != NULL)
		cmdq_reap(dev, cq);
	refuses = cq->refuse_until != 0 && rte_get_timer_cycles() < cq->refuse_until;
	rte_spinlock_unlock(&dev->ctrlq.lock);
	return refuses;
}

/* Under the lock: 0 if a command of the generation that cookie names may be sent. */
static int
cmdq_check(const struct vcrypto_dev *dev, const struct vcrypto_cmdq *cq, uint64_t cookie)
{
	int rc = cq->vq == NULL ? -EAGAIN : vcrypto_ctrl_check_live(dev, cookie);

	return rc == 0 && vq_broken(cq->vq) != NULL ? -EIO : rc;
}

int
vcrypto_cmdq_reserve(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		struct vcrypto_ctrl_call *call, uint16_t *slot, uint8_t **request, uint64_t cookie,
		bool wait)
{
	int rc, full = 0;

	for (;;) {
		rte_spinlock_lock(&dev->ctrlq.lock);
		rc = cmdq_check(dev, cq, cookie);
		if (rc == 0) {
			cmdq_reap(dev, cq);
			if (vq_nb_free(cq->vq) > 0) {
				*slot = vq_next_slot(cq->vq, dev->kind);
				*request = cmdq_slot_at(cq, *slot) + cq->request_at;
				cq->full_since = 0;
				return 0;
			}
			full = cmdq_full(dev, cq);
		}
		rte_spinlock_unlock(&dev->ctrlq.lock);
		if (rc == 0)
			rc = wait ? vcrypto_cmdq_wait_step(dev, call) : full;
		if (rc == -ETIMEDOUT && wait)
			vcrypto_cmdq_log_timeout(dev, cq);
		if (rc != 0)
			return rc;
	}
}

int
vcrypto_cmdq_send(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		struct vcrypto_ctrl_call *call, uint16_t slot, int len)
{
	if (len >= 0) {
		cq->req_len[slot] = (uint16_t)len;
		cmdq_submit(dev, cq, call, slot);
	} else {
		vcrypto_mem_wipe(cmdq_slot_at(cq, slot) + cq->request_at,
			cq->slot_size - cq->request_at);
	}
	rte_spinlock_unlock(&dev->ctrlq.lock);
	return RTE_MIN(len, 0);
}

int
vcrypto_cmdq_poll(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		struct vcrypto_ctrl_call *call, int pending)
{
	int rc = pending;
	bool silent;

	rte_spinlock_lock(&dev->ctrlq.lock);
	if (!call->done && cq->vq != NULL) {
		cmdq_reap(dev, cq);
		if (vq_broken(cq->vq) != NULL)
			rc = -EIO;
	}
	if (call->done)
		rc = call->err;
	else if (rc != -EINPROGRESS)
		cmdq_abandon(dev, cq, call);
	silent = !call->done && rc == -ETIMEDOUT;
	if (silent)
		cmdq_set_silent(cq);
	rte_spinlock_unlock(&dev->ctrlq.lock);
	if (silent)
		vcrypto_cmdq_log_timeout(dev, cq);
	return rc;
}

int
vcrypto_cmdq_wait(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		struct vcrypto_ctrl_call *call)
{
	int rc, pending = -EINPROGRESS;

	while ((rc = vcrypto_cmdq_poll(dev, cq, call, pending)) == -EINPROGRESS) {
		pending = vcrypto_cmdq_wait_step(dev, call);
		if (pending == 0)
			pending = -EINPROGRESS;
	}
	return rc;
}

void
vcrypto_cmdq_cancel(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		const struct vcrypto_ctrl_call *call)
{
	rte_spinlock_lock(&dev->ctrlq.lock);
	cmdq_abandon(dev, cq, call);
	rte_spinlock_unlock(&dev->ctrlq.lock);
}

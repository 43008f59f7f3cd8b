/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The model's queues: set up and forgotten as the driver's registers say, emptied
 * inline, stepwise or by a thread.  What a request means is in model_serve.c.
 */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_memory.h>

#include "fake_pci_regs.h"
#include "lib/request/req_alg.h"
#include "lib/wire/virtio.h"
#include "model.h"

#define BURST	32

void
model_violate(struct model *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (m->violation[0] == '\0')
		vsnprintf(m->violation, sizeof(m->violation), fmt, ap);
	va_end(ap);
}

const char *
model_violation(const struct model *m)
{
	return m->violation[0] != '\0' ? m->violation : NULL;
}

/* ---- queues ---- */

/* Bus addresses are pointers here, and only to memory that EAL gave out. */
static void *
translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	uint8_t *p = (uint8_t *)(uintptr_t)addr;

	(void)ctx;
	(void)write;
	if (rte_mem_virt2memseg_list(p) == NULL ||
			rte_mem_virt2memseg_list(p + *len - 1) != rte_mem_virt2memseg_list(p))
		return NULL;
	return p;
}

static void
queue_open(struct model *m, uint16_t i)
{
	const struct fake_pci_queue *fq = &m->f->queue[i];
	struct model_queue *q = &m->queue[i];
	uint64_t features = m->f->driver_features;
	struct vqd_config cfg = {
		.packed = (features & VIRTIO_F_RING_PACKED) != 0,
		.indirect = (features & VIRTIO_F_INDIRECT_DESC) != 0,
		.event_idx = (features & VIRTIO_F_EVENT_IDX) != 0,
		.batches = (features & VIRTIO_F_IN_ORDER) != 0,
		.size = fq->size,
		.desc = (void *)(uintptr_t)fq->desc,
		.driver = (void *)(uintptr_t)fq->driver,
		.device = (void *)(uintptr_t)fq->device,
		.translate = translate,
		.ctx = m,
	};

	if (cfg.packed)
		cfg.avail_base = cfg.used_base = 0x8000;
	if (vqd_init(&q->d, &cfg) != 0) {
		model_violate(m, "queue %u: ring areas or size are illegal", i);
		return;
	}
	free(q->held);
	q->held = calloc(cfg.size, sizeof(q->held[0]));
	if (q->held == NULL)
		abort();
	q->size = cfg.size;
	q->nb_held = 0;
	q->enabled = true;
	(void)vqd_notify_on(&q->d);
}

static void
queue_close(struct model *m, uint16_t i)
{
	m->queue[i].enabled = false;
	m->queue[i].nb_held = 0;
}

static bool
is_ctrl(const struct model *m, uint16_t i)
{
	return i + 1u == m->f->nb_queues;
}

/* ---- one request after the other ---- */

static unsigned int
take(struct model *m, uint16_t i, unsigned int max)
{
	struct model_queue *q = &m->queue[i];
	unsigned int n = 0;

	while (q->enabled && n < max && q->nb_held < q->size) {
		struct model_req *h = &q->held[q->nb_held];
		int rc;

		rc = vqd_pop_pool(&q->d, &h->r, 1, h->seg, MODEL_SEGS);
		if (rc == 0)
			break;
		if (rc < 0) {
			model_violate(m, "queue %u: %s", i, vqd_error(&q->d));
			vqd_break(&q->d, "the driver broke a rule");
			break;
		}
		q->nb_held++;
		q->nb_popped++;
		n++;
	}
	return n;
}

static void
complete(struct model *m, uint16_t i, unsigned int at)
{
	struct model_queue *q = &m->queue[i];
	struct model_req h = q->held[at];
	uint32_t len = is_ctrl(m, i) ? model_serve_ctrl(m, &h) : model_serve_data(m, &h);

	if (m->used_len != MODEL_NONE)
		len = (uint32_t)m->used_len;
	vqd_push(&q->d, &h.r, len);
	q->nb_held--;
	memmove(&q->held[at], &q->held[at + 1], (q->nb_held - at) * sizeof(h));
	for (; at < q->nb_held; at++)
		q->held[at].r.seg = q->held[at].seg;
}

/* Everything that is held, in order or not. */
static void
complete_all(struct model *m, uint16_t i)
{
	struct model_queue *q = &m->queue[i];

	while (q->nb_held != 0) {
		unsigned int at = 0;

		if (m->shuffle != 0) {
			m->shuffle = m->shuffle * 1103515245 + 12345;
			at = (m->shuffle >> 16) % q->nb_held;
		}
		complete(m, i, at);
	}
}

static unsigned int
work_queue(struct model *m, uint16_t i)
{
	struct model_queue *q = &m->queue[i];
	unsigned int n, all = 0;

	/* A function that was pulled out reaches no memory any more. */
	if (!q->enabled || fake_pci_regs_gone(m->f) || !(m->f->status & VIRTIO_S_DRIVER_OK) ||
			(m->f->status & VIRTIO_S_NEEDS_RESET) ||
			(is_ctrl(m, i) ? m->ctrl_silent : m->data_silent))
		return 0;
	do {
		n = take(m, i, m->shuffle != 0 ? q->size : BURST);
		complete_all(m, i);
		if (n != 0)
			vqd_publish(&q->d);
		all += n;
	} while (n != 0 || (q->d.broken == NULL && vqd_notify_on(&q->d)));
	return all;
}

static unsigned int
work_all(struct model *m)
{
	unsigned int n = 0;
	uint16_t i;

	for (i = 0; i < m->f->nb_queues; i++)
		n += work_queue(m, i);
	return n;
}

/* ---- what the fake PCI function tells ---- */

static void
on_kick(struct fake_pci *f, void *arg, uint16_t queue, uint32_t value)
{
	struct model *m = arg;

	(void)f;
	(void)value;
	pthread_mutex_lock(&m->lock);
	if (m->mode == MODEL_INLINE)
		work_queue(m, queue);
	pthread_mutex_unlock(&m->lock);
}

static void
on_status(struct fake_pci *f, void *arg, uint8_t status)
{
	struct model *m = arg;
	uint16_t i;

	m->nb_failed += (status & VIRTIO_S_FAILED) != 0;
	if (m->break_at_start && (status & VIRTIO_S_DRIVER_OK) != 0)
		fake_pci_break(f);
	if (status != 0)
		return;
	pthread_mutex_lock(&m->lock);
	for (i = 0; i < f->nb_queues; i++)
		queue_close(m, i);
	model_forget_sessions(m);
	pthread_mutex_unlock(&m->lock);
}

static void
on_queue(struct fake_pci *f, void *arg, uint16_t queue, bool enabled)
{
	struct model *m = arg;

	(void)f;
	pthread_mutex_lock(&m->lock);
	if (enabled)
		queue_open(m, queue);
	else
		queue_close(m, queue);
	pthread_mutex_unlock(&m->lock);
}

/* ---- for tests ---- */

unsigned int
model_work(struct model *m)
{
	unsigned int n;

	pthread_mutex_lock(&m->lock);
	n = work_all(m);
	pthread_mutex_unlock(&m->lock);
	return n;
}

unsigned int
model_work_queue(struct model *m, uint16_t queue)
{
	unsigned int n;

	pthread_mutex_lock(&m->lock);
	n = work_queue(m, queue);
	pthread_mutex_unlock(&m->lock);
	return n;
}

unsigned int
model_take(struct model *m, uint16_t queue, unsigned int max)
{
	unsigned int n;

	pthread_mutex_lock(&m->lock);
	n = take(m, queue, max);
	pthread_mutex_unlock(&m->lock);
	return n;
}

void
model_complete(struct model *m, uint16_t queue, unsigned int i)
{
	pthread_mutex_lock(&m->lock);
	if (i < m->queue[queue].nb_held)
		complete(m, queue, i);
	else
		model_violate(m, "test: nothing is held at %u of queue %u", i, queue);
	pthread_mutex_unlock(&m->lock);
}

void
model_publish(struct model *m, uint16_t queue)
{
	pthread_mutex_lock(&m->lock);
	vqd_publish(&m->queue[queue].d);
	(void)vqd_notify_on(&m->queue[queue].d);
	pthread_mutex_unlock(&m->lock);
}

void
model_push_raw(struct model *m, uint16_t queue, uint16_t id, uint32_t len)
{
	/* Each request had one descriptor, or the ring's order does not matter any more. */
	struct vqd_req r = { .id = id, .nb_desc = 1, .write_len = 1 };

	pthread_mutex_lock(&m->lock);
	vqd_push(&m->queue[queue].d, &r, len);
	vqd_publish(&m->queue[queue].d);
	pthread_mutex_unlock(&m->lock);
}

static void *
run(void *arg)
{
	struct model *m = arg;

	while (!__atomic_load_n(&m->stop, __ATOMIC_ACQUIRE))
		if (model_work(m) == 0)
			sched_yield();
	return NULL;
}

void
model_thread_start(struct model *m)
{
	m->mode = MODEL_THREAD;
	m->stop = false;
	if (pthread_create(&m->thread, NULL, run, m) != 0)
		abort();
}

void
model_thread_stop(struct model *m)
{
	__atomic_store_n(&m->stop, true, __ATOMIC_RELEASE);
	pthread_join(m->thread, NULL);
	m->mode = MODEL_PUMPED;
}

/* ---- life ---- */

/* Every algorithm of a service that has a row in the standard's table. */
static uint64_t
algos(enum virtio_crypto_service service)
{
	unsigned int i, nb;
	const struct req_alg *alg = req_alg_table(&nb);
	uint64_t mask = 0;

	for (i = 0; i < nb; i++)
		if (alg[i].service == service && alg[i].number < 64)
			mask |= UINT64_C(1) << alg[i].number;
	return mask;
}

void
model_config(struct virtio_crypto_config *c, uint32_t nb_data)
{
	uint64_t cipher = algos(VIRTIO_CRYPTO_SERVICE_CIPHER);
	uint64_t mac = algos(VIRTIO_CRYPTO_SERVICE_MAC);

	*c = (struct virtio_crypto_config){
		.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY),
		.max_dataqueues = cpu_to_le32(nb_data),
		.crypto_services = cpu_to_le32(1u << VIRTIO_CRYPTO_SERVICE_CIPHER |
			1u << VIRTIO_CRYPTO_SERVICE_HASH | 1u << VIRTIO_CRYPTO_SERVICE_MAC |
			1u << VIRTIO_CRYPTO_SERVICE_AEAD),
		.cipher_algo_l = cpu_to_le32((uint32_t)cipher),
		.cipher_algo_h = cpu_to_le32((uint32_t)(cipher >> 32)),
		.hash_algo = cpu_to_le32((uint32_t)algos(VIRTIO_CRYPTO_SERVICE_HASH)),
		.mac_algo_l = cpu_to_le32((uint32_t)mac),
		.mac_algo_h = cpu_to_le32((uint32_t)(mac >> 32)),
		.aead_algo = cpu_to_le32((uint32_t)algos(VIRTIO_CRYPTO_SERVICE_AEAD)),
		.max_cipher_key_len = cpu_to_le32(64),
		.max_auth_key_len = cpu_to_le32(512),
		.max_size = cpu_to_le64(INT64_MAX),
	};
}

void
model_init(struct model *m, struct fake_pci *f, enum model_mode mode)
{
	memset(m, 0, sizeof(*m));
	m->f = f;
	m->mode = mode == MODEL_THREAD ? MODEL_PUMPED : mode;
	m->id_step = 1;
	m->ctrl_status = m->data_status = MODEL_NONE;
	m->used_len = MODEL_NONE;
	m->queue = calloc(f->nb_queues, sizeof(m->queue[0]));
	m->session = calloc(MODEL_SESSIONS, sizeof(m->session[0]));
	if (m->queue == NULL || m->session == NULL || pthread_mutex_init(&m->lock, NULL) != 0)
		abort();
	f->hooks = (struct fake_pci_hooks){
		.arg = m,
		.kick = on_kick,
		.status = on_status,
		.queue = on_queue,
	};
	if (mode == MODEL_THREAD)
		model_thread_start(m);
}

void
model_fini(struct model *m)
{
	uint16_t i;

	if (m->mode == MODEL_THREAD)
		model_thread_stop(m);
	for (i = 0; i < m->f->nb_queues; i++)
		free(m->queue[i].held);
	free(m->queue);
	free(m->session);
	pthread_mutex_destroy(&m->lock);
}

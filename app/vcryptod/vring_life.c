/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When the service of a ring begins, pauses and ends, of the thread that handles messages; see
 * vring.h for who may call what.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "loss.h"
#include "vring_parts.h"

#define SEGS_EXTRA	16	/* pieces beyond one per descriptor: buffers over two regions */
#define SEGS_USUAL	16	/* pieces of a usual request */
#define LOCK_NAP_NS	50000	/* between two tries of the lock: a part of a turn */

unsigned int vcryptod_vring_patience_ms = VCRYPTOD_PATIENCE_MS;

int
vcryptod_vring_init(struct vcryptod_vring *v, struct vcryptod_model *model, const char *name,
		uint16_t index, enum vcryptod_vring_kind kind, uint64_t shuffle, int attention_fd)
{
	memset(v, 0, sizeof(*v));
	v->attention_fd = attention_fd;
	v->epoll_fd = -1;
	v->model = model;
	v->name = name;
	v->index = index;
	v->kind = kind;
	v->kick_fd = v->call_fd = -1;
	if (kind == VCRYPTOD_VRING_DATA) {
		v->counters = &model->cfg.figures->queue[index].by[VCRYPTOD_BY_WORKER];
		v->line.counters = &model->cfg.figures->queue[index].by[VCRYPTOD_BY_SLOW];
	}
	/* Each ring has a sequence of its own; never 0, which xorshift maps to 0. */
	if (shuffle != 0 && kind == VCRYPTOD_VRING_DATA)
		v->shuffle = (shuffle * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(2) * index) | 1;
	if (pthread_mutex_init(&v->lock, NULL) != 0)
		return -ENOMEM;
	if (pthread_mutex_init(&v->long_lock, NULL) == 0)
		return 0;
	pthread_mutex_destroy(&v->lock);
	v->model = NULL;
	return -ENOMEM;
}

void
vcryptod_vring_fini(struct vcryptod_vring *v)
{
	uint16_t avail, used;

	if (v->model == NULL)
		return;
	vcryptod_vring_stop(v, &avail, &used);
	pthread_mutex_destroy(&v->lock);
	pthread_mutex_destroy(&v->long_lock);
	memset(v, 0, sizeof(*v));
}

/* ---- the worker leaves the ring, and comes back ---- */

void
vcryptod_vring_pause(struct vcryptod_vring *v)
{
	if (!__atomic_load_n(&v->hold, __ATOMIC_RELAXED))
		v->held_us = vcryptod_now_us();
	__atomic_store_n(&v->hold, true, __ATOMIC_RELEASE);
}

void
vcryptod_vring_hold(struct vcryptod_vring *v)
{
	__atomic_store_n(&v->halt, true, __ATOMIC_RELEASE);
	vcryptod_vring_pause(v);
}

/* A request is a turn of its own, of other memory: at its end the ring forgets what it was told. */
static bool
vring_is_elsewhere(struct vcryptod_vring *v, const struct vcryptod_loss *gone)
{
	const struct vqd_req *req;
	bool elsewhere;

	pthread_mutex_lock(&v->long_lock);
	req = v->taken.req;
	elsewhere = req != NULL && !vcryptod_loss_has_request(gone, req->seg, req);
	v->taken.forget |= elsewhere;
	pthread_mutex_unlock(&v->long_lock);
	return elsewhere;
}

/* Held or paused.  By trying: a lock with a deadline of the monotonic clock is one that clang's
 * thread sanitizer does not know.  False, without the lock: it is not needed for what is gone.
 */
static bool
vring_lock_for(struct vcryptod_vring *v, const struct vcryptod_loss *gone)
{
	const struct timespec nap = { .tv_nsec = LOCK_NAP_NS };
	uint64_t begin = vcryptod_now_us(), now;

	while (pthread_mutex_trylock(&v->lock) != 0) {
		if (gone != NULL && vring_is_elsewhere(v, gone))
			return false;
		now = vcryptod_now_us();
		if (now - begin > VCRYPTOD_PAUSE_MS * UINT64_C(1000))
			vcryptod_vring_hold(v);
		if (now - begin > vcryptod_vring_patience_ms * UINT64_C(1000))
			vcryptod_log_exit(v->name, "queue %u does not stop within %u ms: the "
					"front end makes writes to its call descriptor block, or "
					"a request takes too long; the device starts anew",
					v->index, vcryptod_vring_patience_ms);
		nanosleep(&nap, NULL);
	}
	return true;
}

static void
vring_lock(struct vcryptod_vring *v)
{
	vcryptod_vring_hold(v);
	(void)vring_lock_for(v, NULL);
}

/* Without the lock. */
static void
vring_let_go(struct vcryptod_vring *v)
{
	if (__atomic_exchange_n(&v->halt, false, __ATOMIC_ACQ_REL))
		vcryptod_slow_go_on(&v->line);
	__atomic_store_n(&v->hold, false, __ATOMIC_RELEASE);
}

static void
vring_unlock(struct vcryptod_vring *v)
{
	pthread_mutex_unlock(&v->lock);
	vring_let_go(v);
}

/* ---- start ---- */

/* Duplicates fd; -1 if there is none. */
static int
vring_own_fd(int *own, int fd)
{
	*own = -1;
	if (fd < 0)
		return 0;
	*own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return *own >= 0 ? 0 : -errno;
}

static int
vring_own_call(struct vcryptod_vring *v, int fd)
{
	int rc = vring_own_fd(&v->call_fd, fd), flags;

	if (rc != 0 || fd < 0)
		return rc;
	flags = fcntl(v->call_fd, F_GETFL);
	return flags >= 0 && fcntl(v->call_fd, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : -errno;
}

/* Each write to the kick descriptor, and what else happens to it, wakes the worker once.  It is
 * never read: a read could wait, and its counter does not matter.
 */
static int
vring_own_kick(struct vcryptod_vring *v, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int rc = vring_own_fd(&v->kick_fd, fd);

	if (rc != 0 || fd < 0 || (v->epoll_fd >= 0 &&
			epoll_ctl(v->epoll_fd, EPOLL_CTL_ADD, v->kick_fd, &event) == 0))
		return rc;
	if (v->epoll_fd >= 0)
		vcryptod_log(VCRYPTOD_LOG_GENERAL, v->name, "queue %u: its kick descriptor cannot "
				"be waited for (%s): the queue is polled", v->index,
				strerror(errno));
	close(v->kick_fd);
	v->kick_fd = -1;
	return 0;
}

/* One request may have as many as ring or table allows; a batch has room for the usual. */
static int
vring_alloc_segs(struct vcryptod_vring *v, uint16_t size)
{
	uint32_t most = size > VCRYPTOD_TABLE_MAX ? size : VCRYPTOD_TABLE_MAX;

	v->nb_segs = most + SEGS_EXTRA + (VCRYPTOD_BATCH - 1) * SEGS_USUAL;
	v->segs = calloc(v->nb_segs, sizeof(v->segs[0]));
	return v->segs != NULL ? 0 : -ENOMEM;
}

static void
vring_release_resources(struct vcryptod_vring *v)
{
	if (v->kick_fd >= 0) {
		/* The front end's copy keeps the file, which would stay in the set. */
		if (v->epoll_fd >= 0)
			(void)epoll_ctl(v->epoll_fd, EPOLL_CTL_DEL, v->kick_fd, NULL);
		close(v->kick_fd);
	}
	if (v->call_fd >= 0)
		close(v->call_fd);
	v->kick_fd = v->call_fd = -1;
	free(v->segs);
	v->segs = NULL;
	vqd_fini(&v->vqd);
}

static int
vring_start_locked(struct vcryptod_vring *v, const struct vcryptod_vring_setup *s)
{
	const struct vqd_config cfg = {
		.packed = s->packed, .indirect = s->indirect || s->blind,
		.event_idx = s->event_idx,
		.batches = s->in_order, .size = s->size, .table_max = VCRYPTOD_TABLE_MAX,
		.pop_bytes = v->kind != VCRYPTOD_VRING_DATA ? 0 : VCRYPTOD_TURN_BYTES,
		.desc = s->desc, .driver = s->driver, .device = s->device,
		.avail_base = s->avail_base, .used_base = s->used_base,
		.translate = vcryptod_memory_translate, .ctx = s->memory, .lasting = true,
	};
	int rc;

	rc = vqd_init(&v->vqd, &cfg);
	if (rc == 0)
		rc = vring_alloc_segs(v, s->size);
	if (rc == 0)
		rc = vring_own_kick(v, s->kick_fd);
	if (rc == 0)
		rc = vring_own_call(v, s->call_fd);
	if (rc != 0) {
		vring_release_resources(v);
		return rc;
	}
	v->memory = s->memory;
	vcryptod_vring_areas(v->area, s);
	v->in_order = s->in_order;
	v->avail_event = NULL;
	if (s->blind)
		v->avail_event = (le16 *)((uint8_t *)s->device + sizeof(struct virtq_used) +
				s->size * sizeof(struct virtq_used_elem));
	v->armed = v->next_slow = false;
	v->nb_held = v->nb_tail = 0;
	vqd_notify_off(&v->vqd);
	__atomic_store_n(&v->broken, false, __ATOMIC_RELEASE);
	__atomic_store_n(&v->active, true, __ATOMIC_RELEASE);
	return 0;
}

void
vcryptod_vring_areas(struct vcryptod_area *area, const struct vcryptod_vring_setup *s)
{
	uint64_t event = s->event_idx || s->blind ? sizeof(le16) : 0;
	uint64_t desc = (uint64_t)s->size * sizeof(struct virtq_desc), driver, device;

	driver = device = sizeof(struct pvirtq_event_suppress);
	if (!s->packed) {
		driver = sizeof(struct virtq_avail) + (uint64_t)s->size * sizeof(le16) + event;
		device = sizeof(struct virtq_used) + event +
				(uint64_t)s->size * sizeof(struct virtq_used_elem);
	}
	area[0] = (struct vcryptod_area){ s->desc, desc, false };
	area[1] = (struct vcryptod_area){ s->driver, driver, false };
	area[2] = (struct vcryptod_area){ s->device, device, true };
	area[3] = (struct vcryptod_area){ s->desc, s->packed ? desc : 0, true };
}

int
vcryptod_vring_start(struct vcryptod_vring *v, const struct vcryptod_vring_setup *s)
{
	int rc = -EBUSY;

	vring_lock(v);
	if (v->segs == NULL)
		rc = vring_start_locked(v, s);
	vring_unlock(v);
	return rc;
}

/* ---- jobs that somebody waits for, stop ---- */

static bool
vring_job_uses(const struct vcryptod_slow_job *job, const void *ctx)
{
	return vcryptod_loss_has_request(ctx, job->seg, &job->req);
}

/* Jobs of memory that is gone, or with NULL all, go first; false while there are some. */
static bool
vring_is_settled(struct vcryptod_vring *v, const struct vcryptod_loss *gone)
{
	return vcryptod_slow_settle(&v->line, v->held_us + vcryptod_slow_drain_ms * UINT64_C(1000),
			gone != NULL ? vring_job_uses : NULL, gone);
}

static void
vring_settle(struct vcryptod_vring *v, const struct vcryptod_loss *gone)
{
	const struct timespec nap = { .tv_nsec = LOCK_NAP_NS };
	uint64_t begin = vcryptod_now_us();

	while (!vring_is_settled(v, gone)) {
		if (vcryptod_now_us() - begin > vcryptod_vring_patience_ms * UINT64_C(1000))
			vcryptod_log_exit(v->name, "queue %u does not %s within %u ms: its "
					"requests of AKCIPHER take too long; the device starts "
					"anew", v->index, gone == NULL ? "stop" :
					"let go of memory that was unmapped",
					vcryptod_vring_patience_ms);
		nanosleep(&nap, NULL);
	}
}

/* The jobs of the ring end: those at hand are waited for; those that nothing was taken behind are
 * in the ring again; the rest is computed, for a while (slow.h).
 */
static void
vring_drain(struct vcryptod_vring *v)
{
	struct vcryptod_slow_job *job;

	for (; v->nb_tail != 0 && (job = vcryptod_slow_unput(&v->line)) != NULL; v->nb_tail--) {
		vqd_unpop(&v->vqd, &job->req, 1);
		free(job);
	}
	vring_settle(v, NULL);
}

bool
vcryptod_vring_stop(struct vcryptod_vring *v, uint16_t *avail, uint16_t *used)
{
	bool was;

	vring_lock(v);
	was = v->segs != NULL;
	if (was) {
		__atomic_store_n(&v->active, false, __ATOMIC_RELEASE);
		if (v->line.nb != 0)
			vring_drain(v);
		vcryptod_vring_finish(v);
		*avail = vqd_avail_base(&v->vqd);
		*used = vqd_used_base(&v->vqd);
		vring_release_resources(v);
	}
	vring_unlock(v);
	return was;
}

int
vcryptod_vring_set_call(struct vcryptod_vring *v, int fd)
{
	bool unheard;
	int rc = 0;

	vcryptod_vring_pause(v);
	(void)vring_lock_for(v, NULL);
	if (v->segs != NULL) {
		unheard = v->call_fd < 0;
		vcryptod_vring_call_if(v, vqd_needs_call(&v->vqd));
		if (v->call_fd >= 0)
			close(v->call_fd);
		rc = vring_own_call(v, fd);
		/* Nobody counts what was not heard: a call too many does no harm. */
		vcryptod_vring_call_if(v, unheard);
	}
	vring_unlock(v);
	return rc;
}

/* ---- memory that goes away ---- */

bool
vcryptod_vring_lose(struct vcryptod_vring *v, const void *p, uint64_t len)
{
	const struct vcryptod_loss gone = { .memory = v->memory, .ptr = p, .len = len };
	unsigned int i;

	/* Of the thread that starts and stops it. */
	for (i = 0; i < VCRYPTOD_AREAS && v->segs != NULL; i++)
		if (vcryptod_loss_has(&gone, v->area[i].ptr, v->area[i].len, v->area[i].write))
			return false;
	if (!vring_lock_for(v, &gone)) {
		vring_let_go(v);
		return true;
	}
	if (v->segs != NULL) {
		vqd_forget(&v->vqd);
		/* Jobs change places: none of them can go back into the ring. */
		if (v->line.nb != 0 && !vring_is_settled(v, &gone))
			v->nb_tail = 0;
	}
	vring_unlock(v);
	return true;
}

void
vcryptod_vring_settle(struct vcryptod_vring *v, const void *p, uint64_t len)
{
	const struct vcryptod_loss gone = { .memory = v->memory, .ptr = p, .len = len };

	/* A ring that does not run has no jobs. */
	vring_settle(v, &gone);
}

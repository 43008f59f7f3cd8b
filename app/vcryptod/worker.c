/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The threads that serve rings; see worker.h.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "event.h"
#include "log.h"
#include "thread.h"
#include "wipe.h"
#include "worker.h"

#define EMPTY_ROUNDS	64	/* rounds without work between two readings of the clock */
#define EVENTS		8	/* taken at once; which ring was kicked does not matter */

static void
worker_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Work done, and whether any ring is active. */
static unsigned int
worker_serve_all(struct vcryptod_worker *w, bool *active)
{
	unsigned int n, i = w->first, work = 0;

	*active = false;
	w->lane.spent = false;
	for (n = 0; n < w->nb_rings; n++, i++) {
		bool spent = w->lane.spent;

		if (i == w->nb_rings)
			i = 0;
		if (!vcryptod_vring_is_active(w->ring[i]))
			continue;
		*active = true;
		work += vcryptod_vring_serve(w->ring[i], &w->lane);
		if (w->lane.spent != spent)
			w->first = (i + 1) % w->nb_rings;
	}
	return work;
}

/* Until a kick, a wake-up or the nap's end. */
static void
worker_wait_for_kick(struct vcryptod_worker *w, bool active)
{
	int timeout = active ? VCRYPTOD_NAP_MS : -1, rc;
	struct epoll_event events[EVENTS];
	bool work = false;
	unsigned int i;

	vcryptod_wipe_lane(&w->lane, w->engine);
	for (i = 0; i < w->nb_rings && !work; i++) {
		if (!vcryptod_vring_is_active(w->ring[i]))
			continue;
		rc = vcryptod_vring_arm(w->ring[i]);
		work = rc == -2;
		if (rc == -1)
			timeout = 1;	/* a ring without kicks is polled */
	}
	/* Whatever wakes it, the next round looks at every ring. */
	if (!work && !__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE))
		(void)epoll_wait(w->epoll_fd, events, EVENTS, timeout);
	for (i = 0; i < w->nb_rings; i++)
		vcryptod_vring_disarm(w->ring[i]);
}

/* By the thread that starts it, which may not do so any more later on (cage/cage.h). */
static void
worker_pin(const struct vcryptod_worker *w, pthread_t thread)
{
	cpu_set_t set;

	if (w->cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	if (pthread_setaffinity_np(thread, sizeof(set), &set) != 0)
		vcryptod_log(VCRYPTOD_LOG_GENERAL, NULL, "CPU %d cannot be used (--cpu): the "
				"thread runs on any CPU", w->cpu);
}

/* After empty rounds in vain: whether it goes on polling.  The second thread may want this CPU. */
static bool
worker_polls(const struct vcryptod_worker *w, unsigned int empty, uint64_t *idle_since)
{
	if (vcryptod_slow_is_busy(&w->slow))
		return empty < EMPTY_ROUNDS;
	if (w->cpu >= 0 || empty % EMPTY_ROUNDS != 0)
		return true;
	if (empty == EMPTY_ROUNDS)
		*idle_since = vcryptod_now_us();
	return vcryptod_now_us() - *idle_since < VCRYPTOD_SPIN_US;
}

static void *
worker_main(void *arg)
{
	struct vcryptod_worker *w = arg;
	uint64_t idle_since = 0;
	unsigned int empty = 0;
	bool active;

	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		vcryptod_wipe_lane_if_ended(&w->lane, w->engine);
		if (worker_serve_all(w, &active) != 0) {
			empty = 0;
			continue;
		}
		worker_relax();
		if (active && worker_polls(w, ++empty, &idle_since))
			continue;
		worker_wait_for_kick(w, active);
		empty = 0;
	}
	vcryptod_wipe_lane(&w->lane, w->engine);
	return NULL;
}

int
vcryptod_worker_init(struct vcryptod_worker *w, const struct vcryptod_engine *engine,
		unsigned int idx, int cpu, size_t scratch, unsigned int max_rings)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int rc = -ENOMEM;

	memset(w, 0, sizeof(*w));
	w->engine = engine;
	w->lane.idx = idx;
	w->cpu = cpu;
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epoll_fd < 0 || w->wake_fd < 0 ||
			epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->wake_fd, &event) != 0) {
		rc = -errno;
		goto fail;
	}
	w->ring = calloc(max_rings, sizeof(struct vcryptod_vring *));
	if (w->ring == NULL)
		goto fail;
	rc = scratch != 0 ? vcryptod_scratch_init(&w->lane.scratch, scratch) : 0;
	if (rc != 0)
		goto fail;
	if (scratch != 0 && engine->lane_create != NULL) {
		w->lane.engine = engine->lane_create();
		rc = w->lane.engine != NULL ? 0 : -ENOMEM;
	}
	if (rc == 0 && scratch != 0)
		rc = vcryptod_slow_init(&w->slow, engine, scratch, max_rings);
	if (rc == 0)
		return 0;
fail:
	vcryptod_worker_fini(w);
	return rc;
}

void
vcryptod_worker_add(struct vcryptod_worker *w, struct vcryptod_vring *v)
{
	v->epoll_fd = w->epoll_fd;
	w->ring[w->nb_rings++] = v;
	if (w->slow.engine != NULL)
		vcryptod_slow_add(&w->slow, &v->line, v->model, w->lane.idx, &v->halt, w->wake_fd);
}

int
vcryptod_worker_start(struct vcryptod_worker *w)
{
	int rc = pthread_create(&w->thread, NULL, worker_main, w);

	w->running = rc == 0;
	if (w->running)
		worker_pin(w, w->thread);
	return -rc;
}

int
vcryptod_worker_start_slow(struct vcryptod_worker *w)
{
	int rc = vcryptod_slow_start(&w->slow);

	if (rc == 0)
		worker_pin(w, w->slow.thread);
	return rc;
}

void
vcryptod_worker_wake(struct vcryptod_worker *w)
{
	vcryptod_event_set(w->wake_fd);
}

void
vcryptod_worker_stop(struct vcryptod_worker *w)
{
	unsigned int i;

	if (!w->running)
		return;
	__atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < w->nb_rings; i++)
		vcryptod_vring_hold(w->ring[i]);
	vcryptod_worker_wake(w);
	vcryptod_thread_join(w->thread, vcryptod_vring_patience_ms);
	w->running = false;
}

void
vcryptod_worker_fini(struct vcryptod_worker *w)
{
	unsigned int i;

	if (w->engine == NULL)
		return;
	vcryptod_worker_stop(w);
	vcryptod_slow_stop(&w->slow, vcryptod_vring_patience_ms);
	vcryptod_slow_fini(&w->slow);
	if (w->lane.engine != NULL)
		w->engine->lane_destroy(w->lane.engine);
	vcryptod_scratch_fini(&w->lane.scratch);
	for (i = 0; i < w->nb_rings; i++)
		w->ring[i]->epoll_fd = -1;
	free(w->ring);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	memset(w, 0, sizeof(*w));
}

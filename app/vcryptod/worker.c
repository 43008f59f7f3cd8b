/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The threads that serve rings; see worker.h.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "worker.h"

#define EMPTY_ROUNDS	64	/* rounds without work between two readings of the clock */

static uint64_t
worker_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

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
	unsigned int i, work = 0;

	*active = false;
	for (i = 0; i < w->nb_rings; i++) {
		if (!vcryptod_vring_is_active(w->ring[i]))
			continue;
		*active = true;
		work += vcryptod_vring_serve(w->ring[i], &w->lane);
	}
	return work;
}

/* Until a kick, a wake-up or the nap's end.  fds: room for each ring and one more. */
static void
worker_wait_for_kick(struct vcryptod_worker *w, struct pollfd *fds, bool active)
{
	unsigned int i, nb = 0;
	bool work = false;
	int timeout = active ? VCRYPTOD_NAP_MS : -1, fd;
	uint64_t wakes;

	fds[nb++] = (struct pollfd){ .fd = w->wake_fd, .events = POLLIN };
	for (i = 0; i < w->nb_rings && !work; i++) {
		if (!vcryptod_vring_is_active(w->ring[i]))
			continue;
		fd = vcryptod_vring_arm(w->ring[i]);
		work = fd == -2;
		if (fd >= 0)
			fds[nb++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		else
			timeout = 1;	/* a ring without kicks is polled */
	}
	if (!work && !__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE) && poll(fds, nb, timeout) > 0 &&
			fds[0].revents != 0 && read(w->wake_fd, &wakes, sizeof(wakes)) < 0)
		fds[0].revents = 0;
	for (i = 0; i < w->nb_rings; i++)
		vcryptod_vring_disarm(w->ring[i]);
}

static void
worker_pin(const struct vcryptod_worker *w)
{
	cpu_set_t set;

	if (w->cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0)
		vcryptod_log(VCRYPTOD_LOG_ONCE, NULL, "CPU %d cannot be used (--cpu): the thread "
				"runs on any CPU", w->cpu);
}

static void *
worker_main(void *arg)
{
	struct vcryptod_worker *w = arg;
	uint64_t idle_since = 0;
	unsigned int empty = 0;
	struct pollfd *fds;
	bool active;

	fds = calloc(w->nb_rings + 1, sizeof(fds[0]));
	if (fds == NULL) {
		vcryptod_log(VCRYPTOD_LOG_ONCE, NULL,
				"out of memory: a worker thread does not start");
		return NULL;
	}
	worker_pin(w);
	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		if (worker_serve_all(w, &active) != 0) {
			empty = 0;
			continue;
		}
		worker_relax();
		if (active && (w->cpu >= 0 || ++empty % EMPTY_ROUNDS != 0))
			continue;
		if (empty == EMPTY_ROUNDS)
			idle_since = worker_now_us();
		if (active && worker_now_us() - idle_since < VCRYPTOD_SPIN_US)
			continue;
		worker_wait_for_kick(w, fds, active);
		empty = 0;
	}
	free(fds);
	return NULL;
}

int
vcryptod_worker_init(struct vcryptod_worker *w, const struct vcryptod_engine *engine,
		unsigned int idx, int cpu, size_t scratch, unsigned int max_rings)
{
	int rc = -ENOMEM;

	memset(w, 0, sizeof(*w));
	w->engine = engine;
	w->lane.idx = idx;
	w->cpu = cpu;
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake_fd < 0)
		return -errno;
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
	if (rc == 0)
		return 0;
fail:
	vcryptod_worker_fini(w);
	return rc;
}

void
vcryptod_worker_add(struct vcryptod_worker *w, struct vcryptod_vring *v)
{
	w->ring[w->nb_rings++] = v;
}

int
vcryptod_worker_start(struct vcryptod_worker *w)
{
	int rc = pthread_create(&w->thread, NULL, worker_main, w);

	w->running = rc == 0;
	return -rc;
}

void
vcryptod_worker_wake(struct vcryptod_worker *w)
{
	vcryptod_event_set(w->wake_fd);
}

void
vcryptod_worker_stop(struct vcryptod_worker *w)
{
	if (!w->running)
		return;
	__atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
	vcryptod_worker_wake(w);
	pthread_join(w->thread, NULL);
	w->running = false;
}

void
vcryptod_worker_fini(struct vcryptod_worker *w)
{
	if (w->engine == NULL)
		return;
	vcryptod_worker_stop(w);
	if (w->lane.engine != NULL)
		w->engine->lane_destroy(w->lane.engine);
	vcryptod_scratch_fini(&w->lane.scratch);
	free(w->ring);
	close(w->wake_fd);
	memset(w, 0, sizeof(*w));
}

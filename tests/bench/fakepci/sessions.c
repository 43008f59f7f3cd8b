/* SPDX-License-Identifier: BSD-3-Clause
 *
 * sessions: how many sessions a driver creates and destroys per second.
 *
 * "sessions": one thread, against a device whose thread looks at nothing but the
 * control queue.  "sessions-N": against a device that answers every cfg.period_us
 * only, as one that is far away would: a driver that waits for each answer alone
 * gains nothing from a second thread, one that has commands of both in flight does.
 * That device is a thread of the highest priority which sleeps in between, so that
 * two cores are enough for two callers.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_cycles.h>

#include "bench.h"

#define SAMPLE_MS	100

struct caller {
	struct bdev *b;
	enum algo algo;
	volatile bool *stop;		/* ends it; else time does */
	uint64_t pairs, cycles, failed;
};

static void
caller_run(void *arg)
{
	struct caller *c = arg;
	uint64_t t0 = rte_rdtsc(), t, end = rte_get_tsc_hz() / 1000 * SAMPLE_MS;
	void *s;

	c->pairs = c->failed = 0;
	do {
		s = bdev_session_create(c->b, c->algo);
		if (s == NULL || bdev_session_end(c->b, c->algo, s) != 0) {
			c->failed++;
			break;
		}
		c->pairs++;
		t = rte_rdtsc() - t0;
	} while (c->stop != NULL ? !*c->stop : t < end);
	c->cycles = rte_rdtsc() - t0;
}

static double
rate(const struct caller *c)
{
	return c->pairs * (double)rte_get_tsc_hz() / c->cycles;
}

/* One thread, a device that is always there. */
static uint64_t
sample_one(struct caller *c, struct stat *s)
{
	serve_ctrl_only(c->b->fd);
	caller_run(c);
	serve(NULL);
	if (c->failed == 0)
		stat_add(s, rate(c));
	return c->failed;
}

/* ---- a device that answers now and then -------------------------------------------- */

struct ticker {
	struct fdev *d;
	pthread_t thread;
	volatile bool stop;
	bool realtime;
};

static void *
ticker_main(void *arg)
{
	struct ticker *k = arg;
	struct sched_param p = { .sched_priority = 50 };
	struct timespec next;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(devthread_cpu(), &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	k->realtime = pthread_setschedparam(pthread_self(), SCHED_FIFO, &p) == 0;
	prctl(PR_SET_TIMERSLACK, 1UL);
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!k->stop) {
		while (fdev_poll_ctrl(k->d) > 0)
			;
		next.tv_nsec += cfg.period_us * 1000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return NULL;
}

static int
ticker_start(struct ticker *k, struct fdev *d)
{
	memset(k, 0, sizeof(*k));
	k->d = d;
	devthread_hands_off(true);
	if (pthread_create(&k->thread, NULL, ticker_main, k) != 0) {
		devthread_hands_off(false);
		return -EAGAIN;
	}
	return 0;
}

static void
ticker_stop(struct ticker *k)
{
	k->stop = true;
	pthread_join(k->thread, NULL);
	devthread_hands_off(false);
}

/* One caller, then two at once. */
static uint64_t
sample_ticked(struct bdev *b, enum algo a, struct stat s[2], bool *realtime)
{
	volatile bool stop = false;
	struct caller one = { .b = b, .algo = a }, two = { .b = b, .algo = a, .stop = &stop };
	struct ticker k;

	if (ticker_start(&k, b->fd) != 0)
		return 1;
	caller_run(&one);
	*realtime = k.realtime;
	if (one.failed == 0)
		stat_add(&s[0], rate(&one));
	if (one.failed == 0 && b->mt) {
		devthread_run(caller_run, &two);
		caller_run(&one);
		stop = true;
		devthread_wait();
		if (one.failed + two.failed == 0)
			stat_add(&s[1], rate(&one) + rate(&two));
		one.failed += two.failed;
	}
	ticker_stop(&k);
	return one.failed;
}

/* ---- the run -------------------------------------------------------------------------- */

void
sessions_run(const bool *on, enum algo a)
{
	static struct stat s[MAX_BDEVS][3];
	unsigned int i, m, n, reps = RTE_MIN(cfg.reps, 15u);
	uint64_t bad[MAX_BDEVS] = { 0 };
	bool realtime = true;

	memset(s, 0, sizeof(s));
	for (n = 0; n < reps; n++)
		for (i = 0; i < nb_bdevs; i++) {
			struct caller c = { .b = &bdevs[i], .algo = a };

			if (!on[i] || bdevs[i].fd == NULL || bad[i] > 0)
				continue;
			bad[i] += sample_one(&c, &s[i][0]);
			bad[i] += sample_ticked(&bdevs[i], a, &s[i][1], &realtime);
		}
	for (i = 0; i < nb_bdevs; i++) {
		static const char * const name[] = { "sessions", "sessions-1", "sessions-2" };

		for (m = 0; m < 3; m++)
			if (s[i][m].n > 0)
				row(name[m], &bdevs[i], 1, "pairs/s", &s[i][m]);
		if (bad[i] > 0)
			printf("# %s: a session could not be made or freed\n", bdevs[i].name);
		nb_bad += bad[i];
	}
	csv_meta("session_device_period_us", "%u", cfg.period_us);
	csv_meta("session_device_realtime", "%d", realtime);
	if (!realtime)
		printf("# the device of sessions-N did not get real-time priority\n");
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * devthread: the second core.  It plays the device (data queues of one device at
 * a time, control queues in between), answers the cache line ping that tells how
 * far the cores are apart, or runs a function for a measurement.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include "bench.h"

static struct fdev *volatile serving, *volatile serving_ctrl;
static volatile bool quit, hands_off;
static volatile uint64_t rounds;
static unsigned int device_lcore;

static void (*volatile job)(void *);
static void *volatile job_arg;

static volatile bool ping_on;
static volatile uint64_t ping __rte_cache_aligned;
static volatile uint64_t pong __rte_cache_aligned;

/* What is due now and then: control queues, and a sign of life for resets. */
static void
housekeeping(void)
{
	unsigned int i;

	fdev_heartbeat();
	rounds++;
	for (i = 0; i < MAX_BDEVS && !hands_off; i++)
		if (bdevs[i].fd != NULL)
			fdev_poll_ctrl(bdevs[i].fd);
}

/* true if the round was about something else than data queues */
static bool
special_round(void)
{
	struct fdev *d = serving_ctrl;

	if (ping_on) {
		pong = ping;
		return true;
	}
	if (job != NULL) {
		job(job_arg);
		job = NULL;
		return true;
	}
	if (d != NULL) {
		fdev_heartbeat();
		rounds++;
		fdev_poll_ctrl(d);
		return true;
	}
	return false;
}

static int
device_main(void *arg)
{
	unsigned int i, r = 0;

	(void)arg;
	fdev_thread_alive = true;
	while (!quit) {
		struct fdev *d = serving;

		if (special_round())
			continue;
		if (d == NULL || (r++ & 63) == 0)
			housekeeping();
		if (d == NULL) {
			usleep(50);
			continue;
		}
		for (i = 0; i < d->o.data_queues; i++)
			fdev_poll_data(d, i);
	}
	fdev_thread_alive = false;
	return 0;
}

int
devthread_start(void)
{
	device_lcore = rte_get_next_lcore(-1, 1, 0);
	if (device_lcore == RTE_MAX_LCORE) {
		fprintf(stderr, "needs a second lcore for the device, e.g. -l 0,1\n");
		return -1;
	}
	if (rte_eal_remote_launch(device_main, NULL, device_lcore) != 0)
		return -1;
	while (!fdev_thread_alive)
		rte_pause();
	return 0;
}

void
devthread_stop(void)
{
	quit = true;
	rte_eal_mp_wait_lcore();
}

/* Wait until no round that saw the old values is still going on. */
static void
settle(void)
{
	uint64_t r;

	for (r = rounds; rounds - r < 2; )
		rte_pause();
}

void
serve(struct fdev *d)
{
	serving_ctrl = NULL;
	serving = d;
	settle();
}

void
serve_ctrl_only(struct fdev *d)
{
	serving = NULL;
	serving_ctrl = d;
	settle();
}

void
devthread_hands_off(bool off)
{
	serve(NULL);
	hands_off = off;
	settle();
}

unsigned int
devthread_cpu(void)
{
	return rte_lcore_to_cpu_id(device_lcore);
}

void
devthread_run(void (*f)(void *), void *arg)
{
	serve(NULL);
	job_arg = arg;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	job = f;
}

void
devthread_wait(void)
{
	while (job != NULL)
		rte_pause();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static int
cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double
round_trip(void)
{
	static uint64_t n;
	double v[21];
	unsigned int i, j;

	ping_on = true;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (j = 0; j < 100; j++) {
		ping = ++n;
		while (pong != n)
			;
	}
	for (i = 0; i < RTE_DIM(v); i++) {
		uint64_t t = rte_rdtsc();

		for (j = 0; j < 50; j++) {
			ping = ++n;
			while (pong != n)
				;
		}
		v[i] = (rte_rdtsc() - t) / 50.0;
	}
	ping_on = false;
	qsort(v, RTE_DIM(v), sizeof(v[0]), cmp);
	return v[RTE_DIM(v) / 2];
}

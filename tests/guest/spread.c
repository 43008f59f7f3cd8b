/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One session on several devices of one driver, by DPDK's crypto_scheduler: every result is
 * right, and the devices' own statistics show who has computed it.  Prints a PASS or FAIL
 * line for each case.
 *
 * usage: spread [EAL options] -- MODE
 *   round-robin  every device has its part
 *   fail-over    one device has all; once that is stopped, another one
 * The EAL options make one crypto_scheduler in that mode over all devices of crypto_virtio.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>

#include "block.h"
#include "report.h"

#define NB_OPS		32	/* in a burst */
#define NB_BURSTS	100
#define DEPTH		128
#define MAX_WORKERS	8
#define WAIT_S		120	/* for a burst; only what has failed waits so long, seconds */

static uint8_t scheduler, worker[MAX_WORKERS];
static unsigned int nb_workers;
static struct block_pools pools;
static void *session;
static struct rte_crypto_op *ops[NB_OPS];

/* ---- set-up ---- */

static bool
create_ops(void)
{
	/* The scheduler makes sessions of its own and of its workers out of one pool. */
	return rte_cryptodev_sym_get_private_session_size(worker[0]) >=
			rte_cryptodev_sym_get_private_session_size(scheduler) &&
		block_pools(&pools, worker[0], 2 * NB_OPS - 1) && block_ops(&pools, ops, NB_OPS);
}

static bool
start(void)
{
	if (!block_configure(&pools, scheduler, 1, DEPTH) || rte_cryptodev_start(scheduler) != 0)
		return false;
	session = block_session(&pools, scheduler);
	return session != NULL;
}

/* ---- operations ---- */

/* One burst there and back; false if not all of it is right. */
static bool
spread_burst(void)
{
	uint64_t end = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();
	unsigned int i, sent = 0, back = 0, right = 0;
	struct rte_crypto_op *done[NB_OPS];

	for (i = 0; i < NB_OPS; i++)
		block_op_in_place(ops[i], session);
	while (back < NB_OPS && rte_get_timer_cycles() < end) {
		uint16_t n;

		sent += rte_cryptodev_enqueue_burst(scheduler, 0, &ops[sent],
			(uint16_t)(NB_OPS - sent));
		n = rte_cryptodev_dequeue_burst(scheduler, 0, done, NB_OPS);
		for (i = 0; i < n; i++)
			right += block_is_right(done[i]);
		back += n;
	}
	return back == NB_OPS && right == NB_OPS;
}

static bool
spread_bursts(void)
{
	unsigned int i;

	for (i = 0; i < NB_BURSTS; i++)
		if (!spread_burst())
			return false;
	return true;
}

/* What a worker has computed so far; its errors count as none of it. */
static uint64_t
share(unsigned int i)
{
	struct rte_cryptodev_stats stats;

	if (rte_cryptodev_stats_get(worker[i], &stats) != 0)
		return 0;
	return stats.dequeued_count - stats.dequeue_err_count;
}

static uint64_t
sum_of_shares(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < nb_workers; i++)
		sum += share(i);
	return sum;
}

static void
print_shares(void)
{
	unsigned int i;

	for (i = 0; i < nb_workers; i++)
		printf("%s: %lu operations\n", rte_cryptodev_name_get(worker[i]),
			(unsigned long)share(i));
}

/* ---- modes ---- */

static void
round_robin(void)
{
	bool all = true;
	unsigned int i;

	report("every result is right", spread_bursts());
	print_shares();
	for (i = 0; i < nb_workers; i++)
		all = all && share(i) == sum_of_shares() / nb_workers;
	report("every device has computed as much as the others", all &&
		sum_of_shares() == NB_BURSTS * NB_OPS);
}

/* The device whose share is all that is new since those before; nb_workers: there is none. */
static unsigned int
who_had_all(const uint64_t *before)
{
	unsigned int i, who = nb_workers;
	uint64_t more = 0;

	for (i = 0; i < nb_workers; i++) {
		more += share(i) - before[i];
		if (share(i) - before[i] == NB_BURSTS * NB_OPS)
			who = i;
	}
	return more == NB_BURSTS * NB_OPS ? who : nb_workers;
}

static void
fail_over(void)
{
	uint64_t before[MAX_WORKERS] = { 0 };
	unsigned int i, first, second;

	report("every result is right", spread_bursts());
	print_shares();
	first = who_had_all(before);
	report("one device has computed all of it", first < nb_workers);
	if (first == nb_workers)
		return;
	for (i = 0; i < nb_workers; i++)
		before[i] = share(i);
	rte_cryptodev_stop(worker[first]);
	report("every result is right with that one stopped", spread_bursts());
	print_shares();
	second = who_had_all(before);
	report("another one has computed all of that", second < nb_workers && second != first);
}

static void
leave(void)
{
	bool closed = true;
	unsigned int i;

	rte_cryptodev_sym_session_free(scheduler, session);
	report("no session is left", rte_mempool_avail_count(pools.sessions) ==
		pools.sessions->size);
	rte_cryptodev_stop(scheduler);
	closed = rte_cryptodev_close(scheduler) == 0;
	for (i = 0; i < nb_workers; i++)
		closed = closed && rte_cryptodev_close(worker[i]) == 0;
	report("close", closed);
}

int
main(int argc, char **argv)
{
	int eal_args = rte_eal_init(argc, argv);
	const char *mode = eal_args < 0 || argc - eal_args != 2 ? "" : argv[eal_args + 1];

	if (strcmp(mode, "round-robin") != 0 && strcmp(mode, "fail-over") != 0)
		rte_exit(EXIT_FAILURE, "usage: spread [EAL options] -- round-robin|fail-over\n");
	nb_workers = rte_cryptodev_devices_get("crypto_virtio", worker, MAX_WORKERS);
	if (nb_workers < 2 || rte_cryptodev_devices_get("crypto_scheduler", &scheduler, 1) != 1)
		rte_exit(EXIT_FAILURE, "no scheduler, or no devices for it\n");
	if (!create_ops() || !start())
		rte_exit(EXIT_FAILURE, "the scheduler does not start\n");
	if (strcmp(mode, "fail-over") == 0)
		fail_over();
	else
		round_robin();
	leave();
	rte_eal_cleanup();
	return report_nb_failed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

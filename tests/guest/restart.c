/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walks a cryptodev through its life by the public API: configure, start, stop, start
 * again, configure anew, too many queue pairs, stop with operations in flight, close.
 * After each edge the device has to encrypt one block rightly.  Prints a PASS or FAIL
 * line for each.
 *
 * usage: restart [EAL options] -- DRIVER
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>

#include "block.h"
#include "report.h"

#define NB_OPS 16
#define WAIT_S 120	/* for operations; only what has failed waits so long, seconds */

static uint8_t dev_id;
static struct block_pools pools;
static void *session;
static struct rte_crypto_op *ops[NB_OPS];

static bool
create_pools(void)
{
	return block_pools(&pools, dev_id, 63) && block_ops(&pools, ops, NB_OPS);
}

static bool
configure(uint16_t nb_qps, uint32_t depth)
{
	return block_configure(&pools, dev_id, nb_qps, depth);
}

static bool
create_session(void)
{
	session = block_session(&pools, dev_id);
	return session != NULL;
}

static void
free_session(void)
{
	if (session != NULL)
		rte_cryptodev_sym_session_free(dev_id, session);
	session = NULL;
}

static uint16_t
enqueue(void)
{
	for (int i = 0; i < NB_OPS; i++)
		block_op_in_place(ops[i], session);
	return rte_cryptodev_enqueue_burst(dev_id, 0, ops, NB_OPS);
}

/* Operations that came back, each of ours once; -1 if one came twice or is not ours. */
static int
dequeue(uint16_t wanted)
{
	uint64_t deadline = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();
	struct rte_crypto_op *done[NB_OPS];
	bool seen[NB_OPS] = { false };
	int nb = 0;

	while (nb < wanted && rte_get_timer_cycles() < deadline) {
		uint16_t got = rte_cryptodev_dequeue_burst(dev_id, 0, done, NB_OPS);

		for (uint16_t i = 0; i < got; i++) {
			int k = 0;

			while (k < NB_OPS && ops[k] != done[i])
				k++;
			if (k == NB_OPS || seen[k])
				return -1;
			seen[k] = true;
		}
		nb += got;
	}
	return nb;
}

static bool
encrypts(void)
{
	if (enqueue() != NB_OPS || dequeue(NB_OPS) != NB_OPS)
		return false;
	for (int i = 0; i < NB_OPS; i++)
		if (!block_is_right(ops[i]))
			return false;
	return true;
}

static bool
stop_in_flight(void)
{
	uint16_t sent = enqueue();

	rte_cryptodev_stop(dev_id);
	if (rte_cryptodev_start(dev_id) != 0)
		return false;
	/* whatever their status: each exactly once, and none stays */
	return sent > 0 && dequeue(sent) == sent && dequeue(0) == 0;
}

static void
walk(uint16_t max_qps)
{
	report("configure, start, encrypt", configure(1, 128) &&
		rte_cryptodev_start(dev_id) == 0 && create_session() && encrypts());
	rte_cryptodev_stop(dev_id);
	report("stop, start, encrypt with the session of before",
		rte_cryptodev_start(dev_id) == 0 && encrypts());
	report("stop with operations in flight: each comes back once", stop_in_flight());
	free_session();
	report("a new session encrypts", create_session() && encrypts());
	free_session();
	rte_cryptodev_stop(dev_id);
	report("more queue pairs than the device has are refused",
		!configure((uint16_t)(max_qps + 1), 128));
	for (uint32_t depth = 64; depth <= 4096; depth *= 4) {
		char name[64];

		snprintf(name, sizeof(name), "configure anew with %u descriptors, encrypt", depth);
		report(name, configure(1, depth) && rte_cryptodev_start(dev_id) == 0 &&
			create_session() && encrypts());
		free_session();
		rte_cryptodev_stop(dev_id);
	}
	report("close", rte_cryptodev_close(dev_id) == 0);
}

int
main(int argc, char **argv)
{
	struct rte_cryptodev_info info;
	int eal_args = rte_eal_init(argc, argv);

	if (eal_args < 0 || argc - eal_args != 2)
		rte_exit(EXIT_FAILURE, "usage: restart [EAL options] -- DRIVER\n");
	if (rte_cryptodev_devices_get(argv[eal_args + 1], &dev_id, 1) != 1)
		rte_exit(EXIT_FAILURE, "no cryptodev of driver %s\n", argv[eal_args + 1]);
	rte_cryptodev_info_get(dev_id, &info);
	if (!create_pools())
		rte_exit(EXIT_FAILURE, "no memory\n");
	walk((uint16_t)info.max_nb_queue_pairs);
	rte_eal_cleanup();
	return report_nb_failed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

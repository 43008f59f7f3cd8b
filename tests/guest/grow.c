/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A program whose memory grows and shrinks while its device runs, with operations in flight:
 * the device has to reach data in what was added, and still the rest when some is returned.
 * Needs hugepages that EAL takes when they are wanted.  Prints PASS or FAIL for each.
 *
 * usage: grow [EAL options] -- DRIVER
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_memory.h>

#include "block.h"
#include "report.h"

#define NB_OPS 16
#define NB_MBUFS 4095	/* of a region: several hugepages of 2 MiB */
#define NB_REGIONS 3
#define ROUNDS 5
#define WAIT_S 120	/* for operations; only what has failed waits so long, seconds */

static uint8_t dev_id;
static struct block_pools pools;
static void *session;
static struct rte_crypto_op *ops[NB_OPS];
static struct rte_mbuf *own_mbufs[NB_OPS], *mbufs[NB_MBUFS];
static struct rte_mempool *region[NB_REGIONS];
static unsigned int nb_added, nb_returned;	/* events of EAL */

static void
on_memory(enum rte_mem_event event, const void *addr, size_t len, void *arg)
{
	(void)addr;
	(void)len;
	(void)arg;
	nb_added += event == RTE_MEM_EVENT_ALLOC;
	nb_returned += event == RTE_MEM_EVENT_FREE;
}

static bool
set_up(void)
{
	if (!block_pools(&pools, dev_id, 63) || !block_ops(&pools, ops, NB_OPS) ||
			!block_configure(&pools, dev_id, 1, 128) ||
			rte_cryptodev_start(dev_id) != 0)
		return false;
	for (int i = 0; i < NB_OPS; i++)
		own_mbufs[i] = ops[i]->sym->m_src;
	session = block_session(&pools, dev_id);
	return session != NULL;
}

static bool
enqueue(struct rte_mbuf **m, unsigned int step)
{
	for (unsigned int i = 0; i < NB_OPS; i++) {
		ops[i]->sym->m_src = m[i * step];
		block_op_in_place(ops[i], session);
	}
	return rte_cryptodev_enqueue_burst(dev_id, 0, ops, NB_OPS) == NB_OPS;
}

static bool
dequeue(void)
{
	uint64_t deadline = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();
	struct rte_crypto_op *done[NB_OPS];
	unsigned int nb = 0, nb_right = 0;

	while (nb < NB_OPS && rte_get_timer_cycles() < deadline) {
		uint16_t got = rte_cryptodev_dequeue_burst(dev_id, 0, done, NB_OPS);

		for (uint16_t i = 0; i < got; i++)
			nb_right += block_is_right(done[i]);
		nb += got;
	}
	return nb == NB_OPS && nb_right == NB_OPS;
}

/* In buffers that lie all over the region. */
static bool
encrypts_in(struct rte_mempool *pool)
{
	const unsigned int step = NB_MBUFS / NB_OPS;
	bool good;

	if (rte_pktmbuf_alloc_bulk(pool, mbufs, NB_MBUFS) != 0)
		return false;
	for (unsigned int i = 0; i < NB_OPS; i++)
		rte_pktmbuf_append(mbufs[i * step], BLOCK);
	good = enqueue(mbufs, step) && dequeue();
	rte_pktmbuf_free_bulk(mbufs, NB_MBUFS);
	return good;
}

/* Memory comes while operations are with the device. */
static bool
add_region(unsigned int i)
{
	unsigned int before = nb_added;
	char name[32];
	bool sent = enqueue(own_mbufs, 1);

	snprintf(name, sizeof(name), "region%u", i);
	region[i] = rte_pktmbuf_pool_create(name, NB_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			SOCKET_ID_ANY);
	return sent && dequeue() && region[i] != NULL && nb_added > before;
}

/* And goes. */
static bool
return_region(unsigned int i)
{
	unsigned int before = nb_returned;
	bool sent = enqueue(own_mbufs, 1);

	rte_mempool_free(region[i]);
	region[i] = NULL;
	return sent && dequeue() && nb_returned > before;
}

static bool
add_regions(void)
{
	bool good = true;

	for (unsigned int i = 0; i < NB_REGIONS && good; i++)
		good = region[i] != NULL || add_region(i);
	return good;
}

static bool
all_reached(void)
{
	bool good = true;

	for (unsigned int i = 0; i < NB_REGIONS && good; i++)
		good = region[i] == NULL || encrypts_in(region[i]);
	return good;
}

static void
walk(void)
{
	bool added = true, reached = true, returned = true, rest = true;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		added = added && add_regions();
		reached = reached && added && all_reached();
		/* one after the other, so that each was between others */
		returned = returned && added && return_region(round % NB_REGIONS);
		rest = rest && returned && all_reached();
	}
	report("memory is added while operations are in flight", added);
	report("data there is reached", reached);
	report("memory is returned while operations are in flight", returned);
	report("data in what is left is reached", rest);
	for (unsigned int i = 0; i < NB_REGIONS; i++)
		if (region[i] != NULL)
			returned = return_region(i) && returned;
	report("all of it is returned", returned);
}

int
main(int argc, char **argv)
{
	int eal_args = rte_eal_init(argc, argv);

	if (eal_args < 0 || argc - eal_args != 2)
		rte_exit(EXIT_FAILURE, "usage: grow [EAL options] -- DRIVER\n");
	if (rte_cryptodev_devices_get(argv[eal_args + 1], &dev_id, 1) != 1)
		rte_exit(EXIT_FAILURE, "no cryptodev of driver %s\n", argv[eal_args + 1]);
	if (rte_mem_event_callback_register("grow", on_memory, NULL) != 0 || !set_up())
		rte_exit(EXIT_FAILURE, "no memory that can grow, or no device\n");
	walk();
	rte_cryptodev_sym_session_free(dev_id, session);
	rte_cryptodev_stop(dev_id);
	report("close", rte_cryptodev_close(dev_id) == 0);
	rte_eal_cleanup();
	return report_nb_failed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

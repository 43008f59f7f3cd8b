/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A tenant that must not notice its neighbour: AES-128-CBC over 1 KiB on a virtual device,
 * by DPDK's public API.  Queue pair 0 always has IN_FLIGHT operations in flight; queue pair 1
 * has a single one at regular times, whose latency is taken.  Every result is compared.
 *
 * Where there are more threads than CPUs, the device's worker may have to share one with
 * this program.  It therefore gives the CPU away when nothing came back, and has work enough
 * in flight for a time slice: else it would measure its own polling.
 *
 *     victim EAL-ARGUMENTS -- SOCKET
 *
 * Commands on stdin, a letter a line.  m: prints what happened since the last m.  q, or the
 * end of stdin: takes back what is in flight and prints the sums.
 */
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

#include "block.h"

#define VICTIM_VDEV	"crypto_virtio_user0"
#define LEN		1024		/* bytes of an operation */
#define BURST		32		/* operations taken at once */
#define IN_FLIGHT	512		/* operations in flight on queue pair 0 */
#define DEPTH		1024		/* descriptors of a queue pair */
#define SINGLE_US	10000		/* between the beginnings of two single operations */
#define LOOK_US		1000		/* between two looks at stdin */
#define DRAIN_US	60000000	/* longest wait at the end for what is in flight */
#define MAX_SINGLES	100000		/* of one window; the others are only counted */

static struct block_pools pools;
static uint8_t dev_id;
static void *session;
static uint8_t expected[LEN];
static unsigned int events;

/* Since the last m. */
static struct {
	uint64_t began, ops, failed, wrong;
	unsigned int nb_us;
	uint32_t us[MAX_SINGLES];
} window;

/* Since the start. */
static struct {
	uint64_t sent, back, bad;
} total;

static uint64_t
victim_us(void)
{
	return (uint64_t)((double)rte_get_timer_cycles() * 1e6 / (double)rte_get_timer_hz());
}

static void
victim_count_event(uint8_t id, enum rte_cryptodev_event_type type, void *arg)
{
	(void)id;
	(void)type;
	(void)arg;
	__atomic_fetch_add(&events, 1, __ATOMIC_RELAXED);
}

static bool
victim_device(const char *path)
{
	char args[256];

	snprintf(args, sizeof(args), "path=%s,queues=2,queue_size=%u", path, DEPTH);
	if (rte_vdev_init(VICTIM_VDEV, args) != 0)
		return false;
	dev_id = (uint8_t)rte_cryptodev_get_dev_id(VICTIM_VDEV);
	rte_cryptodev_callback_register(dev_id, RTE_CRYPTODEV_EVENT_ERROR, victim_count_event,
			NULL);
	if (!block_pools(&pools, dev_id, 2 * DEPTH) ||
			!block_configure(&pools, dev_id, 2, DEPTH) ||
			rte_cryptodev_start(dev_id) != 0)
		return false;
	session = block_session(&pools, dev_id);
	return session != NULL;
}

/* An operation whose source stays as it is, so that it can be sent again. */
static struct rte_crypto_op *
victim_op(void)
{
	struct rte_crypto_op *op;
	struct rte_mbuf *dst = rte_pktmbuf_alloc(pools.mbufs);
	uint8_t *src;

	if (dst == NULL || rte_pktmbuf_append(dst, LEN) == NULL ||
			!block_ops(&pools, &op, 1))
		return NULL;
	src = (uint8_t *)rte_pktmbuf_append(op->sym->m_src, LEN - BLOCK);
	if (src == NULL)
		return NULL;
	memset(src, 0x5a, LEN - BLOCK);
	memcpy(rte_pktmbuf_mtod(op->sym->m_src, uint8_t *), block_plain, BLOCK);
	op->sym->m_dst = dst;
	return op;
}

static uint8_t *
victim_result(const struct rte_crypto_op *op)
{
	return rte_pktmbuf_mtod(op->sym->m_dst, uint8_t *);
}

/* Each block of CBC depends on all before it, so one byte at the end tells old from new. */
static bool
victim_send(uint16_t qp, struct rte_crypto_op *op)
{
	block_op(op, session, LEN);
	victim_result(op)[LEN - 1] ^= 0xff;
	if (rte_cryptodev_enqueue_burst(dev_id, qp, &op, 1) != 1)
		return false;
	total.sent++;
	return true;
}

static void
victim_judge(const struct rte_crypto_op *op)
{
	bool failed = op->status != RTE_CRYPTO_OP_STATUS_SUCCESS;
	bool wrong = !failed && memcmp(victim_result(op), expected, LEN) != 0;

	total.back++;
	total.bad += failed || wrong;
	window.ops++;
	window.failed += failed;
	window.wrong += wrong;
}

/* The first block is known, and the rest is what the device says while nobody attacks. */
static bool
victim_learn(struct rte_crypto_op *op)
{
	uint64_t end = victim_us() + DRAIN_US;
	struct rte_crypto_op *done;

	if (!victim_send(1, op))
		return false;
	while (rte_cryptodev_dequeue_burst(dev_id, 1, &done, 1) == 0)
		if (victim_us() > end)
			return false;
	total.back++;
	memcpy(expected, victim_result(done), LEN);
	return done->status == RTE_CRYPTO_OP_STATUS_SUCCESS &&
		memcmp(expected, block_result, BLOCK) == 0;
}

/* ---- the single operation ---- */

static struct {
	struct rte_crypto_op *op;
	bool in_flight;
	uint64_t sent, next;		/* microseconds */
} single;

static void
single_record(uint64_t us)
{
	if (window.nb_us < MAX_SINGLES)
		window.us[window.nb_us++] = (uint32_t)us;
}

static void
single_step(uint64_t now, bool may_send)
{
	struct rte_crypto_op *done;

	if (single.in_flight && rte_cryptodev_dequeue_burst(dev_id, 1, &done, 1) == 1) {
		single.in_flight = false;
		victim_judge(done);
		single_record(victim_us() - single.sent);
	}
	if (single.in_flight || !may_send || now < single.next)
		return;
	single.sent = victim_us();
	single.next = now + SINGLE_US;
	single.in_flight = victim_send(1, single.op);
	if (!single.in_flight)
		window.failed++;
}

/* ---- the closed loop ---- */

static struct rte_crypto_op *idle[IN_FLIGHT];
static unsigned int nb_idle;

/* False if there was nothing to do. */
static bool
burst_step(bool may_send)
{
	struct rte_crypto_op *done[BURST];
	uint16_t i, n = rte_cryptodev_dequeue_burst(dev_id, 0, done, BURST);

	for (i = 0; i < n; i++) {
		victim_judge(done[i]);
		idle[nb_idle++] = done[i];
	}
	while (may_send && nb_idle > 0 && victim_send(0, idle[nb_idle - 1]))
		nb_idle--;
	return n != 0;
}

/* ---- what is printed ---- */

static int
compare_us(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
window_print(void)
{
	uint64_t now = victim_us();
	unsigned int n;

	if (single.in_flight)	/* what is late counts while it is */
		single_record(now - single.sent);
	n = window.nb_us;
	qsort(window.us, n, sizeof(window.us[0]), compare_us);
	printf("window us %" PRIu64 " ops %" PRIu64 " failed %" PRIu64 " wrong %" PRIu64
			" singles %u p50 %u p99 %u max %u events %u\n", now - window.began,
			window.ops, window.failed, window.wrong, n,
			n == 0 ? 0 : window.us[n / 2], n == 0 ? 0 : window.us[n * 99ULL / 100],
			n == 0 ? 0 : window.us[n - 1], __atomic_load_n(&events, __ATOMIC_RELAXED));
	fflush(stdout);
	window.ops = window.failed = window.wrong = 0;
	window.nb_us = 0;
	window.began = victim_us();
}

/* False at the end. */
static bool
command_take(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char c[8];
	ssize_t i, n;

	if (poll(&p, 1, 0) <= 0)
		return true;
	n = read(STDIN_FILENO, c, sizeof(c));
	for (i = 0; i < n; i++) {
		if (c[i] == 'q')
			return false;
		if (c[i] == 'm')
			window_print();
	}
	return n > 0;
}

static void
victim_run(void)
{
	uint64_t now = victim_us(), look = now, end;

	window.began = now;
	for (;; now = victim_us()) {
		if (!burst_step(true))
			sched_yield();
		single_step(now, true);
		if (now < look)
			continue;
		look = now + LOOK_US;
		if (!command_take())
			break;
	}
	for (end = now + DRAIN_US; total.back < total.sent && victim_us() < end;) {
		burst_step(false);
		single_step(0, false);
	}
}

int
main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv);

	if (used < 0 || used + 1 >= argc) {
		fprintf(stderr, "victim: EAL does not start, or no socket is given\n");
		return 2;
	}
	if (!victim_device(argv[used + 1]) || (single.op = victim_op()) == NULL ||
			!victim_learn(single.op)) {
		fprintf(stderr, "victim: %s: no device that works\n", argv[used + 1]);
		return 2;
	}
	while (nb_idle < IN_FLIGHT && (idle[nb_idle] = victim_op()) != NULL)
		nb_idle++;
	printf("ready\n");
	fflush(stdout);
	victim_run();
	printf("end sent %" PRIu64 " back %" PRIu64 " bad %" PRIu64 "\n", total.sent, total.back,
			total.bad);
	fflush(stdout);
	rte_cryptodev_stop(dev_id);
	rte_cryptodev_close(dev_id);
	return total.sent == total.back && total.bad == 0 ? 0 : 1;
}

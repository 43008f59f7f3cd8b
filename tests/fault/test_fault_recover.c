/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A virtual device with recover=1 whose back end is lost with ops in flight: while the
 * watch takes it down and brings it back the nth call fails, for every n until there is
 * no fault.  Each op comes back exactly once whatever fails; the device comes back by
 * itself, or by stop and start where its alarm was lost; it survives the next loss; at
 * the end no descriptor and no memory is left behind.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <rte_cryptodev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <cryptodev_pmd.h>

#include "fake_alarm.h"
#include "fault.h"
#include "log_capture.h"
#include "vdev.h"
#include "virtual_time.h"

#define NB_QPS		2
#define NB_OPS		64	/* of one life */
#define NB_BURST	6	/* of a queue pair at a time */
#define LEN		64	/* bytes of payload */
/* Looks of the watch until a device that nothing hinders is back: one that finds it
 * lost, one that brings it back, and a few of tries that failed.
 */
#define TICKS		8

static struct rte_mempool *sessions, *ops, *mbufs;
static void *session;
static bool seen[NB_OPS], sent[NB_OPS];
static bool outside[NB_OPS];	/* its source is in memory that is not DPDK's */
static unsigned int nb_sent, nb_seen;
static unsigned int nb_invalid;		/* ops outside that came back as INVALID_ARGS, in all */

/* ---- what is in use ---- */

struct in_use {
	struct vdev_usage of;
	unsigned int sessions, ops, mbufs;
};

static void
in_use_now(struct in_use *u)
{
	vdev_usage_now(&u->of);
	u->sessions = rte_mempool_avail_count(sessions);
	u->ops = rte_mempool_avail_count(ops);
	u->mbufs = rte_mempool_avail_count(mbufs);
}

/* ---- the life of the device ---- */

static void
up(void)
{
	assert_int_equal(vdev_up(NB_QPS, 64,
			",queues=2,sessions=message,ctrl_timeout_ms=60000,recover=1"), 0);
	session = vdev_session(sessions);
	assert_non_null(session);
	memset(seen, 0, sizeof(seen));
	memset(sent, 0, sizeof(sent));
	memset(outside, 0, sizeof(outside));
	nb_sent = nb_seen = 0;
}

/* ---- ops ---- */

static uint32_t *
number_of(struct rte_crypto_op *op)
{
	return rte_crypto_op_ctod_offset(op, uint32_t *, VDEV_IV + 16);
}

static void
op_free(struct rte_crypto_op *op)
{
	rte_pktmbuf_free(op->sym->m_src);
	rte_pktmbuf_free(op->sym->m_dst);
	rte_crypto_op_free(op);
}

/* In place, or not: the first kind cannot be sent again.  True if it was taken. */
static bool
send_one(uint16_t q, bool out_of_place, bool is_outside)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);

	assert_non_null(op);
	assert_true(nb_sent < NB_OPS);
	op->sym->m_src = rte_pktmbuf_alloc(mbufs);
	op->sym->m_dst = out_of_place ? rte_pktmbuf_alloc(mbufs) : NULL;
	assert_non_null(rte_pktmbuf_append(op->sym->m_src, LEN));
	if (out_of_place)
		assert_non_null(rte_pktmbuf_append(op->sym->m_dst, LEN));
	if (is_outside)
		vdev_move_outside(op->sym->m_src, LEN);
	op->sym->cipher.data.offset = 0;
	op->sym->cipher.data.length = LEN;
	rte_crypto_op_attach_sym_session(op, session);
	*number_of(op) = nb_sent;
	if (rte_cryptodev_enqueue_burst(VDEV_ID, q, &op, 1) == 1) {
		outside[nb_sent] = is_outside;
		sent[nb_sent++] = true;
		return true;
	}
	op_free(op);
	return false;
}

static void
collect(void)
{
	struct rte_crypto_op *got[8];
	uint16_t q, i, n;
	uint32_t k;

	for (q = 0; q < NB_QPS; q++) {
		n = rte_cryptodev_dequeue_burst(VDEV_ID, q, got, 8);
		for (i = 0; i < n; i++) {
			k = *number_of(got[i]);
			assert_true(k < nb_sent && sent[k]);
			assert_false(seen[k]);
			seen[k] = true;
			nb_seen++;
			/* The back end computes nothing: no op can be a success. */
			assert_int_not_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
			assert_int_not_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
			if (got[i]->status == RTE_CRYPTO_OP_STATUS_INVALID_ARGS) {
				assert_true(outside[k]);
				nb_invalid++;
			} else if (outside[k]) {	/* never sent: the session is lost */
				assert_int_equal(got[i]->status,
						RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
			}
			op_free(got[i]);
		}
	}
}

/* ---- losses ---- */

static bool
is_up(void)
{
	return send_one(0, true, false);
}

/* The watch looks, the queues' owner dequeues. */
static bool
recovers(void)
{
	unsigned int i;

	for (i = 0; i < TICKS; i++) {
		(void)fake_alarm_run(UINT64_MAX);
		collect();
		if (i > 0 && is_up())
			return true;
	}
	return false;
}

static void
lose(void)
{
	uint16_t q;
	unsigned int i;

	for (q = 0; q < NB_QPS; q++)
		for (i = 0; i < NB_BURST; i++)
			assert_true(send_one(q, i % 2 != 0, i == 3));
	backend_hang_up(&vdev_fb);
}

/* One life with the nth call failing while it recovers; what failed, NULL if nothing did. */
static const char *
life(unsigned int n, int err, bool lasting, unsigned int *hindered, unsigned int *restarts)
{
	const char *struck;
	bool back;

	up();
	lose();
	fault_arm(n, err, lasting);
	back = recovers();
	struck = fault_disarm();
	if (struck == NULL && !back)
		fail_msg("call %u: no fault, and the device did not come back", n);
	if (!back) {
		++*hindered;
		if (!recovers()) {
			++*restarts;
			rte_cryptodev_stop(VDEV_ID);
			assert_int_equal(rte_cryptodev_start(VDEV_ID), 0);
			assert_true(is_up());
		}
	}
	lose();
	if (!recovers())
		fail_msg("call %u (%s): the next loss is not survived: %s", n,
			struck != NULL ? struck : "-", log_capture_last());
	/* Lost once more, so that stop need not wait for what is in flight. */
	backend_hang_up(&vdev_fb);
	(void)fake_alarm_run(UINT64_MAX);
	collect();
	rte_cryptodev_stop(VDEV_ID);
	collect();
	collect();
	if (nb_seen != nb_sent)
		fail_msg("call %u (%s): %u of %u ops came back", n, struck, nb_seen, nb_sent);
	assert_int_equal(rte_cryptodev_sym_session_free(VDEV_ID, session), 0);
	vdev_unplug();
	assert_true(backend_wait_idle(&vdev_fb));
	return struck;
}

static void
each_call(int err, bool lasting)
{
	unsigned int n, hindered = 0, restarts = 0;
	struct in_use before, after;
	bool more = true;

	in_use_now(&before);
	for (n = 1; more; n++) {
		assert_true(n < FAULT_MAX);
		log_capture_start();
		more = life(n, err, lasting, &hindered, &restarts) != NULL;
		log_capture_stop();
		in_use_now(&after);
		if (memcmp(&before, &after, sizeof(before)) != 0)
			fail_msg("call %u: fds %u %u, blocks %u %u, memzones %u %u, sessions %u "
				"%u, ops %u %u, mbufs %u %u", n, before.of.fds, after.of.fds,
				before.of.blocks, after.of.blocks, before.of.memzones,
				after.of.memzones,
				before.sessions, after.sessions, before.ops, after.ops,
				before.mbufs, after.mbufs);
	}
	printf("# recovery, %s%s: %u calls; %u kept the device down for a while, %u until stop "
		"and start\n", strerror(err), lasting ? ", lasting" : "", n - 2, hindered,
		restarts);
	assert_true(n - 2 >= 30);
	assert_true(nb_invalid >= n - 2);
}

static void
once(void **state)
{
	(void)state;
	each_call(ENOMEM, false);
}

static void
lasting(void **state)
{
	(void)state;
	each_call(ECONNRESET, true);
}

/* ---- the program ---- */

static int
start_backend(void **state)
{
	unsigned int unused = 0;

	(void)vdev_backend_start(state);
	virtual_time_of(&vdev_fb);
	/* What DPDK sets up once and keeps. */
	log_capture_start();
	(void)life(FAULT_MAX, ENOMEM, false, &unused, &unused);
	log_capture_stop();
	return 0;
}

static int
make_pools(void)
{
	sessions = rte_cryptodev_sym_session_pool_create("sessions", 16, 1024, 0, 0, SOCKET_ID_ANY);
	ops = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, 2 * NB_OPS, 0, 32,
			SOCKET_ID_ANY);
	mbufs = rte_pktmbuf_pool_create("mbufs", 4 * NB_OPS, 0, 0, 256, SOCKET_ID_ANY);
	return sessions == NULL || ops == NULL || mbufs == NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(once, start_backend, vdev_backend_stop),
		cmocka_unit_test_setup_teardown(lasting, start_backend, vdev_backend_stop),
	};
	int rc;

	if (vdev_eal() != 0 || make_pools() != 0)
		return 1;
	rc = cmocka_run_group_tests_name("fault_recover", tests, NULL, NULL);
	rte_mempool_free(mbufs);
	rte_mempool_free(ops);
	rte_mempool_free(sessions);
	rte_eal_cleanup();
	return rc;
}

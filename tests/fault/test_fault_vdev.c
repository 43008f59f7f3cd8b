/* SPDX-License-Identifier: BSD-3-Clause
 *
 * On a virtual device whose back end lives in a thread: in probe, queue-pair set-up,
 * start, session creation and reconnection the nth call fails, for every n until the
 * operation meets no fault: allocations, memzones, eventfds, sockets, messages sent and
 * received.  The operation fails with a negative code (or does without), no descriptor
 * and no memory is left behind, and the next attempt without a fault works.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <cryptodev_pmd.h>

#include "fault.h"
#include "log_capture.h"
#include "vdev.h"
#include "virtual_time.h"

static struct rte_mempool *sessions;
static void *session;

/* ---- what is in use ---- */

struct in_use {
	struct vdev_usage of;
	unsigned int sessions;
};

static void
in_use_now(struct in_use *u)
{
	vdev_usage_now(&u->of);
	u->sessions = rte_mempool_avail_count(sessions);
}

/* ---- the life of the device ---- */

static int
plug(void)
{
	char args[256];

	snprintf(args, sizeof(args), "path=%s,queues=2,sessions=message,ctrl_timeout_ms=60000",
		vdev_fb.path);
	return rte_vdev_init(VDEV_NAME, args);
}

static int
configure(void)
{
	struct rte_cryptodev_config cfg = { .socket_id = SOCKET_ID_ANY, .nb_queue_pairs = 2 };

	return rte_cryptodev_configure(VDEV_ID, &cfg);
}

static int
setup(void)
{
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 64, .mp_session = sessions };
	int rc = rte_cryptodev_queue_pair_setup(VDEV_ID, 0, &qp, SOCKET_ID_ANY);

	return rc != 0 ? rc : rte_cryptodev_queue_pair_setup(VDEV_ID, 1, &qp, SOCKET_ID_ANY);
}

static int
start(void)
{
	return rte_cryptodev_start(VDEV_ID);
}

static int
create_session(void)
{
	static const uint8_t key[16] = { 7, 7, 7 };
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT,
			.algo = RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { key, sizeof(key) },
			.iv = { sizeof(struct rte_crypto_op), 16 },
		},
	};

	session = rte_cryptodev_sym_session_create(VDEV_ID, &x, sessions);
	return session != NULL ? 0 : -rte_errno;
}

/* A message that failed ends the connection: a session needs a new one. */
static int
restart_and_create(void)
{
	int rc = create_session();

	if (rc == 0)
		return 0;
	rte_cryptodev_stop(VDEV_ID);
	rc = start();
	return rc != 0 ? rc : create_session();
}

/* The back end was lost: stop and start connects again. */
static int
reconnect(void)
{
	rte_cryptodev_stop(VDEV_ID);
	return start();
}

/* ---- operations ---- */

struct operation {
	const char *name;
	unsigned int least, fatal;	/* calls that are known to be made, and to be fatal */
	unsigned int steps;		/* of the life before it */
	int (*run)(void);
	int (*again)(void);
};

static int (*const steps[])(void) = { plug, configure, setup, start, create_session };

static const struct operation operations[] = {
	{ "probe", 20, 20, 0, plug, plug },
	{ "set-up", 4, 2, 2, setup, setup },
	{ "start", 20, 20, 3, start, start },
	{ "session", 2, 2, 4, create_session, restart_and_create },
	{ "reconnect", 30, 20, 4, reconnect, reconnect },
};

/* The rest of a life after an operation, to its end.  An operation may have succeeded
 * though its last question to the back end went wrong: the device was lost right after.
 */
static void
live_on(const struct operation *op, bool struck)
{
	unsigned int i = op->run == reconnect ? 4 : op->steps + 1;

	for (; i < RTE_DIM(steps) - 1; i++)
		assert_int_equal(steps[i](), 0);
	if (session == NULL)
		assert_int_equal(struck ? restart_and_create() : create_session(), 0);
	assert_non_null(session);
	assert_int_equal(rte_cryptodev_sym_session_free(VDEV_ID, session), 0);
	session = NULL;
	rte_cryptodev_stop(VDEV_ID);
	vdev_unplug();
	assert_true(backend_wait_idle(&vdev_fb));
}

static const char *
life(const struct operation *op, unsigned int n, int err, bool lasting, unsigned int *failed)
{
	const char *struck;
	unsigned int i;
	int rc;

	for (i = 0; i < op->steps; i++)
		assert_int_equal(steps[i](), 0);
	if (op->run == reconnect)
		backend_hang_up(&vdev_fb);
	log_capture_start();
	fault_arm(n, err, lasting);
	rc = op->run();
	struck = fault_disarm();
	fault_judge(op->name, n, struck, rc);
	if (rc != 0) {
		++*failed;
		log_capture_start();
		rc = op->again();
		if (rc != 0)
			fail_msg("%s after call %u (%s) failed: %d, %s", op->name, n, struck, rc,
				log_capture_last());
	}
	log_capture_start();
	live_on(op, struck != NULL);
	log_capture_stop();
	return struck;
}

static void
each_call(const struct operation *op, int err, bool lasting)
{
	struct in_use before, after;
	unsigned int n, failed = 0;
	bool more = true;

	in_use_now(&before);
	for (n = 1; more; n++) {
		assert_true(n < FAULT_MAX);
		more = life(op, n, err, lasting, &failed) != NULL;
		in_use_now(&after);
		if (memcmp(&before, &after, sizeof(before)) != 0)
			fail_msg("%s, call %u: fds %u %u, blocks %u %u, memzones %u %u, "
				"sessions %u %u", op->name, n, before.of.fds, after.of.fds,
				before.of.blocks, after.of.blocks, before.of.memzones,
				after.of.memzones, before.sessions, after.sessions);
	}
	printf("# %s, %s%s: %u calls, %u of them fatal\n", op->name, strerror(err),
		lasting ? ", lasting" : "", n - 2, failed);
	assert_true(n - 2 >= op->least);
	assert_true(failed >= op->fatal);
}

static void
test_operation(void **state)
{
	each_call(*state, ENOMEM, false);
	each_call(*state, ECONNRESET, true);
}

/* ---- the program ---- */

static int
start_backend(void **state)
{
	unsigned int failed = 0;

	(void)vdev_backend_start(state);
	virtual_time_of(&vdev_fb);
	/* What DPDK sets up once and keeps. */
	(void)life(&operations[4], FAULT_MAX, ENOMEM, false, &failed);
	return 0;
}

int
main(void)
{
	struct CMUnitTest tests[RTE_DIM(operations)];
	unsigned int i;
	int rc;

	if (vdev_eal() != 0)
		return 1;
	sessions = rte_cryptodev_sym_session_pool_create("sessions", 16, 1024, 0, 0, SOCKET_ID_ANY);
	if (sessions == NULL)
		return 1;
	for (i = 0; i < RTE_DIM(operations); i++)
		tests[i] = (struct CMUnitTest){ operations[i].name, test_operation, start_backend,
			vdev_backend_stop, (void *)(uintptr_t)&operations[i] };
	rc = cmocka_run_group_tests_name("fault_vdev", tests, NULL, NULL);
	rte_mempool_free(sessions);
	rte_eal_cleanup();
	return rc;
}

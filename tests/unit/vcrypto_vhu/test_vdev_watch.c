/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The virtual device with recover=1 and a back end that is frozen, or away, under EAL's own
 * alarms and clock: an alarm of the application keeps its rhythm, sessions are refused within
 * their bound, stop has one, and the device comes back once the back end does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_cryptodev.h>
#include <cryptodev_pmd.h>

#include "device/vcrypto_device.h"
#include "log_capture.h"
#include "rhythm.h"
#include "vdev.h"

/* The transport's own bounds are 5 s for a message and 2 s for hanging up: an alarm thread
 * that waits for either is late by more than this, and a loaded machine is not.
 */
#define LATE_MS		1500
#define CTRL_TIMEOUT_MS	200
#define SLACK_MS	1500	/* of a bound, on a loaded machine */
#define STOP_MS		9000	/* a reset: 5 s, and 2 s for hanging up; and slack */
#define AWAY_MS		4000	/* how long nobody connects */
#define PATIENCE_MS	100000	/* only what has failed takes so long */

static struct rte_mempool *pool;

/* ---- the device ---- */

static void
up(const char *more)
{
	char args[256];

	snprintf(args, sizeof(args), ",recover=1,ctrl_timeout_ms=%d%s", CTRL_TIMEOUT_MS, more);
	assert_int_equal(vdev_up(1, 64, args), 0);
	log_capture_start();
	assert_int_equal(rhythm_start(), 0);
}

/* Stops and unplugs it.  Returns ms that the stop took. */
static unsigned int
down(void)
{
	uint64_t begin = rhythm_now_ms();
	unsigned int ms;

	rte_cryptodev_stop(VDEV_ID);
	ms = (unsigned int)(rhythm_now_ms() - begin);
	vdev_unplug();
	log_capture_stop();
	return ms;
}

static void
in_rhythm(const char *what)
{
	unsigned int nb, longest = rhythm_stop(&nb);

	printf("%s: %u alarms, the latest after %u ms\n", what, nb, longest);
	assert_true(longest < LATE_MS);
}

static struct vcrypto_dev *
device(void)
{
	return vcrypto_dev_of(rte_cryptodev_pmd_get_dev(VDEV_ID));
}

static uint32_t
is_lost(void)
{
	return __atomic_load_n(&device()->lost, __ATOMIC_RELAXED);
}

/* The owner of the queue pair looks: without that it is never parked. */
static void
dequeue(void)
{
	struct rte_crypto_op *op;

	assert_int_equal(rte_cryptodev_dequeue_burst(VDEV_ID, 0, &op, 1), 0);
}

static void
await_lost(bool lost)
{
	uint64_t end = rhythm_now_ms() + PATIENCE_MS;

	while ((is_lost() != VCRYPTO_NOT_LOST) != lost) {
		assert_true(rhythm_now_ms() < end);
		dequeue();
		usleep(2000);
	}
}

/* A session cannot be made: nobody serves the control queue.  Said within its time. */
static void
session_is_refused(void)
{
	uint64_t begin = rhythm_now_ms();

	assert_null(vdev_session(pool));
	assert_true(rhythm_now_ms() - begin < CTRL_TIMEOUT_MS + SLACK_MS);
}

/* ---- the tests ---- */

/* Not a word for 5 s; then the link is shut down, which it does not notice either. */
static void
frozen(void **state)
{
	uint64_t end;

	(void)state;
	up("");
	backend_lock(&vdev_fb);
	session_is_refused();
	await_lost(true);
	/* Reset without an answer, then attempts that fail. */
	for (end = rhythm_now_ms() + 2 * AWAY_MS; rhythm_now_ms() < end; ) {
		dequeue();
		session_is_refused();
		usleep(10000);
	}
	in_rhythm("frozen");
	assert_int_not_equal(is_lost(), VCRYPTO_NOT_LOST);
	backend_unlock(&vdev_fb);
	await_lost(false);
	backend_lock(&vdev_fb);
	assert_int_equal(vdev_fb.status, 0xf);
	assert_true(vdev_fb.nb_connections >= 2);
	backend_unlock(&vdev_fb);
	assert_true(down() < STOP_MS);
}

/* Stopped while its reset waits for the back end. */
static void
stopped_in_the_reset(void **state)
{
	uint64_t end;
	unsigned int ms;

	(void)state;
	up("");
	backend_lock(&vdev_fb);
	await_lost(true);
	end = rhythm_now_ms() + PATIENCE_MS;
	/* The reset takes 2 s: it is met unless this thread stood still for so long. */
	while (__atomic_load_n(&device()->watch, __ATOMIC_RELAXED) == VCRYPTO_WATCH_LOST) {
		assert_true(rhythm_now_ms() < end);
		usleep(100);
	}
	assert_int_equal(device()->watch, VCRYPTO_WATCH_RESETTING);
	in_rhythm("before the stop");
	ms = down();
	printf("stop took %u ms\n", ms);
	assert_true(ms < STOP_MS);
}

/* Nobody connects for a while: the listener is looked at, and not waited for. */
static void
server_without_back_end(void **state)
{
	uint64_t end;

	(void)state;
	up(",server=1");
	backend_stop(&vdev_fb);
	await_lost(true);
	for (end = rhythm_now_ms() + AWAY_MS; rhythm_now_ms() < end; usleep(10000)) {
		dequeue();
		session_is_refused();
	}
	in_rhythm("server");
	assert_true(log_capture_count("no back end connected") >= 1);
	assert_int_not_equal(is_lost(), VCRYPTO_NOT_LOST);
	backend_start(&vdev_fb);
	await_lost(false);
	assert_true(down() < STOP_MS);
}

/* Stopped between two attempts, or in one: no wait for a back end that is not there. */
static void
server_stopped_without_back_end(void **state)
{
	(void)state;
	up(",server=1");
	backend_stop(&vdev_fb);
	await_lost(true);
	usleep(500000);
	dequeue();
	usleep(500000);
	in_rhythm("server, stopped");
	assert_true(down() < SLACK_MS);
}

static int
start_client(void **state)
{
	(void)state;
	backend_init(&vdev_fb);
	vdev_fb.client = true;
	backend_start(&vdev_fb);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frozen, vdev_backend_start, vdev_backend_stop),
		cmocka_unit_test_setup_teardown(stopped_in_the_reset, vdev_backend_start,
			vdev_backend_stop),
		cmocka_unit_test_setup_teardown(server_without_back_end, start_client,
			vdev_backend_stop),
		cmocka_unit_test_setup_teardown(server_stopped_without_back_end, start_client,
			vdev_backend_stop),
	};

	if (vdev_eal() != 0)
		return 1;
	pool = rte_cryptodev_sym_session_pool_create("watch", 8, 1024, 0, 0, SOCKET_ID_ANY);
	if (pool == NULL)
		return 1;
	return cmocka_run_group_tests_name("vdev_watch", tests, NULL, NULL);
}

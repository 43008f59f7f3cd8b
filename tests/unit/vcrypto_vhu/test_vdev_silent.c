/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A back end that says nothing for as long as a session message may take, while eight
 * threads create sessions and the device is reset from EAL's alarm thread, as the health
 * check resets it.  The threads give up after ctrl_timeout_ms.  Who waits sleeps: the
 * processor time of all of them is a small part of the time that passes.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_alarm.h>
#include <rte_cryptodev.h>
#include <cryptodev_pmd.h>

#include "device/vcrypto_device.h"
#include "log_capture.h"
#include "vcrypto_init.h"
#include "vdev.h"

#define NB_THREADS	8
#define SILENCE_MS	4000	/* at least; the transport's bound is 5 s */
/* Spinning, each of the threads would take seconds. */
#define CPU_MAX_MS	1000
#define RESET_DELAY_US	500000
#define WAIT_MAX_S	300	/* for the alarm thread, on a loaded machine */

static struct rte_mempool *pool;

static struct {
	uint64_t cpu_ns;	/* of the alarm thread, for the reset */
	int rc;
	bool done;		/* atomic */
} reset;

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static int
setup(void **state)
{
	if (vdev_backend_start(state) != 0 ||
			vdev_up(1, 32, ",sessions=message,ctrl_timeout_ms=100") != 0)
		return -1;
	pool = rte_cryptodev_sym_session_pool_create("silent", 2 * NB_THREADS,
			rte_cryptodev_sym_get_private_session_size(VDEV_ID), 0, 0, 0);
	backend_lock(&vdev_fb);
	vdev_fb.fault.request = VHU_CREATE_CRYPTO_SESSION;
	vdev_fb.fault.act = BACKEND_SILENT;
	backend_unlock(&vdev_fb);
	return pool != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	rte_cryptodev_stop(VDEV_ID);
	vdev_unplug();
	rte_mempool_free(pool);
	return vdev_backend_stop(state);
}

static void *
create_session(void *arg)
{
	(void)arg;
	return vdev_session(pool);
}

/* In EAL's alarm thread, where the health check runs. */
static void
reset_in_alarm(void *arg)
{
	uint64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);

	reset.rc = vcrypto_init_reset(arg);
	reset.cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	__atomic_store_n(&reset.done, true, __ATOMIC_RELEASE);
}

static void
silence_burns_no_cpu(void **state)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(rte_cryptodev_pmd_get_dev(VDEV_ID));
	uint64_t cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID), begin = now_ns(CLOCK_MONOTONIC);
	pthread_t thread[NB_THREADS];
	unsigned int i, waited;
	void *session;

	(void)state;
	log_capture_start();
	for (i = 0; i < NB_THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, create_session, NULL), 0);
	assert_true(backend_wait(&vdev_fb, VHU_CREATE_CRYPTO_SESSION, 1));
	assert_int_equal(rte_eal_alarm_set(RESET_DELAY_US, reset_in_alarm, dev), 0);
	for (i = 0; i < NB_THREADS; i++) {
		pthread_join(thread[i], &session);
		assert_null(session);
	}
	/* They have given up, and the message has not: the reset waits for it. */
	assert_false(__atomic_load_n(&reset.done, __ATOMIC_ACQUIRE));
	assert_int_equal(log_capture_count("no answer to a session message within 100 ms"),
			NB_THREADS);
	for (waited = 0; !__atomic_load_n(&reset.done, __ATOMIC_ACQUIRE); waited++) {
		assert_true(waited < WAIT_MAX_S * 100);
		usleep(10000);
	}
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	begin = now_ns(CLOCK_MONOTONIC) - begin;
	printf("%u threads: %u ms of processor time, %u ms of it the reset's, in %u ms\n",
		NB_THREADS, (unsigned int)(cpu / 1000000), (unsigned int)(reset.cpu_ns / 1000000),
		(unsigned int)(begin / 1000000));
	assert_true(begin / 1000000 >= SILENCE_MS);
	assert_true(cpu / 1000000 < CPU_MAX_MS);
	/* Nothing was sent for the others: the device was gone by then. */
	assert_int_equal(backend_count(&vdev_fb, VHU_CREATE_CRYPTO_SESSION), 1);
	log_capture_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(silence_burns_no_cpu, setup, teardown),
	};

	if (vdev_eal() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

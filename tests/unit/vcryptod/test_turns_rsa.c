/* SPDX-License-Identifier: BSD-3-Clause
 *
 * RSA of a device's queues in its worker's second thread: what need not wait for it, what must,
 * and how it ends: queues that are stopped, a reset, sessions that go, a driver that breaks rules.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "turns_rig.h"

/* ---- beside other requests ---- */

/* A cipher that comes while RSA is computed waits for nothing, in a queue of its own or not. */
static void
nothing_waits_for_rsa(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		tr_offer(0, 0);
	tr_start();
	assert_true(fx_happens(&tr_began));
	tr_offer(0, 16);
	tr_offer(1, 16);
	assert_true(tr_gets_used(0, 1) && tr_gets_used(1, 1));
	assert_true(tr_hands_over(4));
	assert_int_equal(tr_guest->q[0].req[0].status, 0xee);
	assert_int_equal(tr_guest->q[0].req[4].status, VIRTIO_CRYPTO_OK);
	tr_let(4);
	assert_true(tr_gets_used(0, 5));
	assert_true(tr_all_ok(0) && tr_all_ok(1));
}

/* With IN_ORDER its own queue waits, and begins one at a time; another queue does not. */
static void
in_order_waits(void **state)
{
	(void)state;
	tr_rig.dev->features |= VIRTIO_F_IN_ORDER;
	tr_offer(0, 0);
	tr_offer(0, 16);
	tr_offer(0, 0);
	tr_start();
	assert_true(fx_happens(&tr_began));
	tr_offer(1, 16);
	assert_true(tr_gets_used(1, 1));
	tr_offer(1, 16);
	assert_true(tr_gets_used(1, 2));
	assert_int_equal(tr_used_idx(0), 0);
	assert_string_equal(tr_events, "aBB");
	tr_let(1);
	assert_true(fx_happens(&tr_began));
	assert_true(tr_gets_used(0, 2));
	tr_let(1);
	assert_true(tr_gets_used(0, 3) && tr_all_ok(0));
	assert_string_equal(tr_events, "aBBAa");
}

/* Queues with RSA take turns, a request each. */
static void
rsa_takes_turns(void **state)
{
	unsigned int i, q;

	(void)state;
	for (i = 0; i < 3; i++)
		for (q = 0; q < 3; q++)
			tr_offer(q, 0);
	tr_start();
	assert_true(fx_happens(&tr_began));
	assert_true(tr_hands_over(9));
	tr_let(9);
	for (q = 0; q < 3; q++)
		assert_true(tr_gets_used(q, 3) && tr_all_ok(q));
	assert_string_equal(tr_events, "abcabcabc");
}

/* A queue has so many under way, and waits with one more at its head, asleep. */
static void
rsa_is_bounded(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < VCRYPTOD_SLOW_MAX + 4; i++)
		tr_offer(0, 0);
	tr_offer(0, 16);
	tr_offer(1, 16);
	tr_start();
	assert_true(fx_happens(&tr_began));
	assert_true(tr_gets_used(1, 1));
	assert_true(tr_hands_over(VCRYPTOD_SLOW_MAX));
	assert_true(tr_sleeps(2));
	assert_true(tr_hands_over(VCRYPTOD_SLOW_MAX));
	assert_int_equal(tr_used_idx(0), 0);
	tr_let(VCRYPTOD_SLOW_MAX + 4);
	assert_true(tr_gets_used(0, VCRYPTOD_SLOW_MAX + 5) && tr_all_ok(0));
}

/* Its session ends meanwhile: nobody waits, and the request is computed with it. */
static void
rsa_outlives_its_session(void **state)
{
	(void)state;
	tr_start_with_rsa();
	assert_int_equal(vcryptod_model_destroy(&tr_rig.dev->model, tr_rig.rsa), VIRTIO_CRYPTO_OK);
	tr_offer(0, 0);
	tr_let(1);
	assert_true(tr_gets_used(0, 2));
	assert_int_equal(tr_guest->q[0].req[0].status, VIRTIO_CRYPTO_OK);
	assert_int_equal(tr_guest->q[0].req[1].status, VIRTIO_CRYPTO_INVSESS);
}

/* What the second thread has counted for queue 0. */
static uint64_t
row_count(unsigned int row)
{
	const struct vcryptod_row *r =
			&tr_rig.dev->model.cfg.figures->queue[0].by[VCRYPTOD_BY_SLOW].row[row];

	return __atomic_load_n(&r->requests, __ATOMIC_ACQUIRE);
}

/* One that waited for its turn was no wrong request, and is not counted as one that was. */
static void
rsa_waits_for_its_session(void **state)
{
	const struct vcryptod_row *row =
			tr_rig.dev->model.cfg.figures->queue[0].by[VCRYPTOD_BY_SLOW].row;

	(void)state;
	tr_offer(0, 0);
	tr_offer(0, 0);
	tr_start();
	assert_true(fx_happens(&tr_began));
	assert_true(tr_hands_over(2));
	assert_int_equal(vcryptod_model_destroy(&tr_rig.dev->model, tr_rig.rsa), VIRTIO_CRYPTO_OK);
	tr_offer(0, 0);
	assert_true(tr_hands_over(3));
	tr_let(1);
	assert_true(tr_gets_used(0, 3));
	vcryptod_device_stop_all(tr_rig.dev);
	assert_int_equal(tr_guest->q[0].req[1].status, VIRTIO_CRYPTO_INVSESS);
	assert_int_equal(tr_guest->q[0].req[2].status, VIRTIO_CRYPTO_INVSESS);
	assert_int_equal(row_count(VCRYPTOD_ROW_CANCELLED), 1);
	assert_int_equal(row_count(VCRYPTOD_ROW_NONE), 1);
	assert_int_equal(row[VCRYPTOD_ROW_CANCELLED].failed, 1);
	assert_int_equal(row[VCRYPTOD_ROW_NONE].failed, 1);
}

/* ---- the end ---- */

static void *
stop_device(void *arg)
{
	(void)arg;
	vcryptod_device_stop_all(tr_rig.dev);
	return NULL;
}

static void *
stop_worker(void *arg)
{
	(void)arg;
	vcryptod_worker_stop(&tr_rig.worker);
	return NULL;
}

/* All queues are full of RSA, the first request is in the engine when end begins in a thread: no
 * other one is begun.
 */
static void
end_amid_full_queues(void *(*end)(void *))
{
	pthread_t thread;
	unsigned int i, q;

	for (q = 0; q < QUEUES; q++)
		for (i = 0; i < REQUESTS; i++)
			tr_offer(q, 0);
	tr_start();
	assert_true(fx_happens(&tr_began));
	assert_true(tr_hands_over(QUEUES * VCRYPTOD_SLOW_MAX));
	assert_int_equal(pthread_create(&thread, NULL, end, NULL), 0);
	for (q = 0; q < QUEUES; q++)
		assert_true(tr_is_held(q));
	tr_let(1);
	pthread_join(thread, NULL);
	assert_string_equal(tr_events, "a");
}

/* However full the queues are: one request more is computed, and none is lost. */
static void
stop_waits_for_one(void **state)
{
	unsigned int q;

	(void)state;
	end_amid_full_queues(stop_device);
	for (q = 0; q < QUEUES; q++) {
		assert_int_equal(tr_used_idx(q), q == 0);
		assert_int_equal(tr_rig.avail[q], q == 0);
		assert_int_equal(tr_rig.used[q], q == 0);
	}
	tr_let(QUEUES * REQUESTS - 1);
	vcryptod_device_update(tr_rig.dev);
	for (q = 0; q < QUEUES; q++)
		assert_true(tr_gets_used(q, REQUESTS) && tr_all_ok(q));
	assert_int_equal(strlen(tr_events), QUEUES * REQUESTS);
}

/* The stop that follows completes it. */
static void
worker_ends_after_one(void **state)
{
	(void)state;
	end_amid_full_queues(stop_worker);
	vcryptod_device_stop_all(tr_rig.dev);
	assert_int_equal(tr_used_idx(0), 1);
	assert_int_equal(tr_guest->q[0].req[0].status, VIRTIO_CRYPTO_OK);
	assert_string_equal(tr_events, "a");
}

/* A device whose first queue has three of RSA under way, with a cipher behind the second that was
 * done, and is told to stop; the first one is in the engine.
 */
static void
stop_begins(pthread_t *thread)
{
	tr_start_with_rsa();
	tr_offer(0, 0);
	tr_offer(0, 16);
	tr_offer(0, 0);
	assert_true(tr_gets_used(0, 1));
	assert_true(tr_hands_over(3));
	assert_int_equal(pthread_create(thread, NULL, stop_device, NULL), 0);
	assert_true(tr_is_held(0));
}

/* What something was taken behind is computed; what is last is the successor's. */
static void
stop_computes_the_overtaken(void **state)
{
	pthread_t thread;

	(void)state;
	stop_begins(&thread);
	tr_let(2);
	pthread_join(thread, NULL);
	assert_string_equal(tr_events, "aAa");
	assert_true(tr_used_idx(0) == 3 && tr_rig.avail[0] == 3 && tr_rig.used[0] == 3);
	tr_let(1);
	vcryptod_device_update(tr_rig.dev);
	assert_true(tr_gets_used(0, 4) && tr_all_ok(0));
}

/* But not for long. */
static void
stop_gives_up_the_overtaken(void **state)
{
	pthread_t thread;

	(void)state;
	vcryptod_slow_drain_ms = 0;
	stop_begins(&thread);
	tr_let(1);
	pthread_join(thread, NULL);
	vcryptod_slow_drain_ms = VCRYPTOD_SLOW_DRAIN_MS;
	assert_string_equal(tr_events, "aA");
	assert_true(tr_used_idx(0) == 3 && tr_rig.avail[0] == 3);
	assert_int_equal(tr_guest->q[0].req[0].status, VIRTIO_CRYPTO_OK);
	assert_int_equal(tr_guest->q[0].req[1].status, VIRTIO_CRYPTO_ERR);
	assert_int_equal(tr_guest->q[0].req[3].status, 0xee);
	assert_int_equal(row_count(VCRYPTOD_ROW_CANCELLED), 1);
	assert_int_equal(row_count(VCRYPTOD_ROW_NONE), 0);
}

static void *
reset_device(void *arg)
{
	(void)arg;
	vcryptod_device_reset(tr_rig.dev);
	return NULL;
}

/* Stops and starts while queues have both: each request is computed once and used once. */
static void
stops_at_any_time(void **state)
{
	unsigned int q, n, in_order;

	for (in_order = 0; in_order < 2; in_order++) {
		if (in_order != 0)
			tr_set_up(state);
		tr_rig.dev->features |= in_order != 0 ? VIRTIO_F_IN_ORDER : 0;
		tr_let(QUEUES * REQUESTS);
		tr_start();
		for (n = 0; n < REQUESTS; n++) {
			for (q = 0; q < QUEUES; q++)
				tr_offer(q, (n + q) % 3 == 0 ? 16 : 0);
			if (n % 2 != 0)
				continue;
			vcryptod_device_stop_all(tr_rig.dev);
			assert_false(vcryptod_slow_is_busy(&tr_rig.worker.slow));
			for (q = 0; q < QUEUES; q++)
				assert_true(tr_used_idx(q) == tr_rig.avail[q] &&
						tr_used_idx(q) == tr_rig.used[q]);
			vcryptod_device_update(tr_rig.dev);
		}
		for (q = 0; q < QUEUES; q++)
			assert_true(tr_gets_used(q, REQUESTS) && tr_all_ok(q));
		assert_int_equal(strlen(tr_events), QUEUES * REQUESTS);
		if (in_order == 0)
			tr_tear_down(state);
	}
}

/* A reset waits for the request at hand, whose memory goes then, and whose session is gone. */
static void
reset_amid_rsa(void **state)
{
	uint64_t id;

	(void)state;
	end_amid_full_queues(reset_device);
	assert_int_equal(tr_guest->q[0].req[0].status, VIRTIO_CRYPTO_OK);
	assert_int_equal(tr_guest->q[0].req[1].status, 0xee);
	assert_false(vcryptod_slow_is_busy(&tr_rig.worker.slow));
	assert_int_equal(vcryptod_model_create(&tr_rig.dev->model, &id, &fx_rsa), VIRTIO_CRYPTO_OK);
}

/* The driver breaks a rule while RSA is computed: the result is nobody's, the stop is as ever. */
static void
broken_amid_rsa(void **state)
{
	(void)state;
	tr_be_quiet();
	tr_start_with_rsa();
	tr_offer_lost(0, 3);
	assert_true(tr_breaks(0));
	tr_let(1);
	vcryptod_device_stop_all(tr_rig.dev);
	assert_int_equal(tr_used_idx(0), 0);
	assert_false(vcryptod_slow_is_busy(&tr_rig.worker.slow));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, tr_set_up, tr_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_waits_for_rsa),
		TEST(in_order_waits),
		TEST(rsa_takes_turns),
		TEST(rsa_is_bounded),
		TEST(rsa_outlives_its_session),
		TEST(rsa_waits_for_its_session),
		TEST(stop_waits_for_one),
		TEST(worker_ends_after_one),
		TEST(stop_computes_the_overtaken),
		TEST(stop_gives_up_the_overtaken),
		TEST(stops_at_any_time),
		TEST(reset_amid_rsa),
		TEST(broken_amid_rsa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

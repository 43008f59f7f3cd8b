/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The nth system call, allocation or call of EAL of a whole life fails, for every n: nothing
 * crashes, hangs or leaks, and the next life goes well.
 */
#include "test_vcrypto_vdpa.h"

#define LIVES_MAX	200u	/* more than a life has calls */

static bool
fault_hear(void *arg)
{
	(void)arg;
	return true;
}

/* Errors are met by what a driver does: reset, and destroy. */
static int
fault_live(struct fixture *f)
{
	int rc = vcrypto_transport_vhost_vdpa_create(&f->t, &f->args);

	if (rc != 0) {
		f->t = NULL;
		return rc;
	}
	f->t->ops->listen(f->t, fault_hear, NULL);
	rc = try_bring_up(f, VDPA_FEATURES_USED);
	if (rc == 0) {
		memseg_add_one(1, 0, 32);
		memseg_event_alloc(1, 0, 32);
		wraps_now_ms += 1000;
		rc = f->t->ops->check(f->t);
		memseg_event_free(1, 0, 32);
		memseg_remove(1, 0);
	}
	f->t->ops->unlisten(f->t);
	if (f->t->ops->reset(f->t) != 0 && rc == 0)
		rc = -EIO;
	destroy(f);
	return rc;
}

static void
fault_each_call(struct fixture *f, int err)
{
	unsigned int n, failed = 0;
	int rc = 0;

	fake_strike_error = err;
	fake.areas = 5;
	fake.nb_spaces = 2;
	for (n = 1; n <= LIVES_MAX; n++) {
		fake_calls = 0;
		fake_countdown = n;
		log_capture_start();
		fake_trace_clear();
		rc = fault_live(f);
		fake_countdown = 0;
		failed += rc != 0;
		/* What failed was said. */
		if (rc != 0 && log_capture_errors() == 0)
			fail_msg("call %u: %d, and nothing was said", n, rc);
		assert_int_equal(fake.fd, -1);
		assert_false(wraps_registered() || memseg_watched());
		if (fake_calls < n)
			break;
	}
	/* The last life met no fault. */
	assert_true(n <= LIVES_MAX);
	assert_int_equal(rc, 0);
	assert_true(n > 50);
	assert_true(failed > 40);
}

static void
test_no_memory(void **state)
{
	fault_each_call(*state, ENOMEM);
}

static void
test_device_gone(void **state)
{
	fault_each_call(*state, ENODEV);
}

static void
test_io_error(void **state)
{
	fault_each_call(*state, EIO);
}

const struct CMUnitTest fault_tests[] = {
	T(test_no_memory), T(test_device_gone), T(test_io_error),
};
const size_t nb_fault_tests = sizeof(fault_tests) / sizeof(fault_tests[0]);

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A back end that goes away, comes back, comes back as another, needs a reset; and
 * the calls that may come from several threads.
 */
#include <pthread.h>

#include "test_vcrypto_vhu.h"

#define FEATURES	VIRTIO_F_VERSION_1

static void
start(struct fixture *f)
{
	backend_start(&f->fb);
	create(f);
	bring_up(f, FEATURES);
	log_capture_start();
}

static void
test_killed(void **state)
{
	struct fixture *f = *state;
	uint32_t v;

	start(f);
	backend_stop(&f->fb);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	/* Everything answers at once, and one line was said. */
	kick(f, 0);
	assert_int_equal(f->t->ops->set_status(f->t, 0x8f), -ENODEV);
	assert_int_not_equal(f->t->ops->get_status(f->t) & VIRTIO_S_NEEDS_RESET, 0);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &v, 4), -ENODEV);
	assert_int_equal(f->t->ops->queue_reset(f->t, 0), -ENOTSUP);
	assert_int_equal(log_capture_errors(), 1);
	assert_true(log_capture_count("is gone"));
	/* It uses our memory no more. */
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(f->t->ops->get_status(f->t), 0);
	assert_int_equal(log_capture_errors(), 1);
	assert_int_equal(f->t->ops->set_status(f->t, 1), -ENOENT);
	assert_true(log_capture_count("no such file"));
}

static void
test_killed_in_mid_message(void **state)
{
	struct fixture *f = *state;
	uint32_t v;

	start(f);
	backend_lock(&f->fb);
	f->fb.fault.request = VHU_GET_CONFIG;
	f->fb.fault.act = BACKEND_CLOSE_MID;
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &v, 4), -ENODEV);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	assert_int_equal(log_capture_errors(), 1);
	assert_int_equal(f->t->ops->reset(f->t), 0);
}

static void
test_comes_back(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	start(f);
	for (i = 2; i < 6; i++) {
		backend_hang_up(&f->fb);
		assert_int_equal(f->t->ops->check(f->t), -ENODEV);
		assert_int_equal(f->t->ops->reset(f->t), 0);
		bring_up(f, FEATURES);
		assert_int_equal(f->t->ops->check(f->t), 0);
		backend_lock(&f->fb);
		assert_int_equal(f->fb.nb_connections, i);
		assert_int_equal(f->fb.nb_regions, 1);
		assert_true(f->fb.vring[4].enabled);
		backend_unlock(&f->fb);
	}
	/* Once a loss. */
	assert_int_equal(log_capture_errors(), 4);
}

static void
test_comes_back_as_client(void **state)
{
	struct fixture *f = *state;

	f->args.server = true;
	f->fb.client = true;
	start(f);
	backend_hang_up(&f->fb);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	bring_up(f, FEATURES);
}

static void
test_comes_back_as_another(void **state)
{
	struct fixture *f = *state;

	start(f);
	backend_hang_up(&f->fb);
	backend_lock(&f->fb);
	f->fb.config.max_dataqueues = cpu_to_le32(3);
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(f->t->ops->set_status(f->t, 1), -ENOTSUP);
	assert_true(log_capture_count("another one than before"));
	backend_lock(&f->fb);
	f->fb.config.max_dataqueues = cpu_to_le32(4);
	f->fb.serves_config = false;
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->set_status(f->t, 1), -ENOTSUP);
	backend_lock(&f->fb);
	f->fb.serves_config = true;
	backend_unlock(&f->fb);
	bring_up(f, FEATURES);
}

/* A failure is not a reason to connect again. */
static void
test_failed_does_not_connect(void **state)
{
	struct fixture *f = *state;

	start(f);
	backend_hang_up(&f->fb);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(f->t->ops->set_status(f->t, VIRTIO_S_FAILED), -ENODEV);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_connections, 1);
	backend_unlock(&f->fb);
}

/* ---- needs reset ---- */

#define LOOK_EVERY	50u	/* ms */

/* Time passes until check() says something, or so much that it never will. */
static int
check_until(struct fixture *f)
{
	unsigned int ms;
	int rc = 0;

	for (ms = 0; ms < 3 * TIMEOUT && rc == 0; ms += LOOK_EVERY) {
		rc = f->t->ops->check(f->t);
		virtual_time_passes(LOOK_EVERY);
	}
	return rc;
}

static void
test_needs_reset(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_int_equal(f->t->ops->check(f->t), 0);
	backend_set_needs_reset(&f->fb);
	assert_int_not_equal(f->t->ops->get_status(f->t) & VIRTIO_S_NEEDS_RESET, 0);
	assert_int_equal(check_until(f), -EIO);
	assert_int_equal(f->t->ops->check(f->t), -EIO);
	assert_int_equal(log_capture_errors(), 1);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(f->t->ops->check(f->t), 0);
	bring_up(f, FEATURES);
	assert_int_equal(f->t->ops->check(f->t), 0);
}

static void
test_not_ready(void **state)
{
	struct fixture *f = *state;

	f->fb.proto &= ~VHU_PROTO_F_STATUS;
	start(f);
	backend_lock(&f->fb);
	f->fb.config.status = cpu_to_le32(0);
	backend_unlock(&f->fb);
	assert_int_equal(check_until(f), -EIO);
	assert_true(log_capture_count("HW_READY"));
	assert_int_equal(log_capture_errors(), 1);
}

/* check() asks and goes on; the next message first takes the late answer. */
static void
test_check_does_not_wait(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	start(f);
	backend_lock(&f->fb);	/* the back end answers nothing now */
	for (i = 0; i < 1000; i++)
		assert_int_equal(f->t->ops->check(f->t), 0);
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->get_status(f->t), 0xf);
	assert_int_equal(f->t->ops->check(f->t), 0);
}

/* A back end that answers nothing for as long as a message may take is lost. */
static void
test_hangs(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (i == 0)
			start(f);
		else
			bring_up(f, FEATURES);
		log_capture_start();
		backend_lock(&f->fb);
		assert_int_equal(check_until(f), -ENODEV);
		assert_int_equal(f->t->ops->check(f->t), -ENODEV);
		assert_int_equal(log_capture_errors(), 1);
		assert_true(log_capture_count("stop the device, see to the back end"));
		/* It has not hung up: its memory is not ours yet. */
		assert_int_equal(f->t->ops->reset(f->t), -ETIMEDOUT);
		backend_unlock(&f->fb);
		assert_int_equal(f->t->ops->reset(f->t), 0);
	}
}

static void
test_check_meets_nonsense(void **state)
{
	struct fixture *f = *state;
	static const uint32_t request[] = { VHU_GET_STATUS, VHU_GET_CONFIG };
	unsigned int i;

	start(f);
	for (i = 0; i < 2; i++) {
		backend_lock(&f->fb);
		f->fb.fault.request = request[i];
		f->fb.fault.nth = f->fb.count[request[i]] + 1;
		f->fb.fault.act = i == 0 ? BACKEND_OTHER_REQUEST : BACKEND_SHORT;
		backend_unlock(&f->fb);
		log_capture_start();
		assert_int_equal(check_until(f), -ENODEV);
		assert_int_equal(log_capture_errors(), 1);
		bring_up(f, FEATURES);
	}
}

static void
test_check_without_status(void **state)
{
	struct fixture *f = *state;

	f->fb.proto &= ~(VHU_PROTO_F_STATUS | VHU_PROTO_F_CONFIG);
	start(f);
	assert_int_equal(f->t->ops->check(f->t), 0);
	virtual_time_passes(TIMEOUT);
	assert_int_equal(f->t->ops->check(f->t), 0);
	assert_int_equal(backend_count(&f->fb, VHU_GET_STATUS), 0);
	assert_int_equal(backend_count(&f->fb, VHU_GET_CONFIG), 0);
	backend_hang_up(&f->fb);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
}

/* ---- threads ---- */

struct crowd {
	struct fixture *f;
	bool stop;
};

static void *
checker(void *arg)
{
	struct crowd *c = arg;

	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		int rc = c->f->t->ops->check(c->f->t);

		if (rc != 0 && rc != -ENODEV && rc != -EIO)
			return arg;
	}
	return NULL;
}

static void *
kicker(void *arg)
{
	struct crowd *c = arg;
	struct vcrypto_notify n;

	c->f->t->ops->queue_notify(c->f->t, 0, &n);
	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		vcrypto_notify(&n, 0);
		usleep(50);
	}
	return NULL;
}

/* Memory comes and goes, the back end too, and the device is reset, while others check
 * and kick.
 */
static void
test_crowd(void **state)
{
	struct fixture *f = *state;
	struct crowd c = { .f = f };
	pthread_t t[3];
	unsigned int i;
	void *bad[3];

	start(f);
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, i == 0 ? kicker : checker, &c), 0);
	for (i = 0; i < 20; i++) {
		memseg_add(1, i, 1);
		memseg_event_alloc(1, i, 1);
		if (i % 5 == 4)
			backend_hang_up(&f->fb);
		bring_up(f, FEATURES);
		assert_int_equal(f->t->ops->get_status(f->t), 0xf);
	}
	__atomic_store_n(&c.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++) {
		pthread_join(t[i], &bad[i]);
		assert_null(bad[i]);
	}
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 2);
	backend_unlock(&f->fb);
}

const struct CMUnitTest life_tests[] = {
	T(test_killed), T(test_killed_in_mid_message), T(test_comes_back),
	T(test_comes_back_as_client), T(test_comes_back_as_another),
	T(test_failed_does_not_connect), T(test_needs_reset), T(test_not_ready),
	T(test_check_does_not_wait), T(test_hangs),
	T(test_check_meets_nonsense), T(test_check_without_status), T(test_crowd),
};
const size_t nb_life_tests = sizeof(life_tests) / sizeof(life_tests[0]);

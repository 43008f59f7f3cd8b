/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions and ops over a vhost-vdpa device, in the real EAL: the double of the unit tests
 * with the model of a crypto device behind its queues.  Every way of notification, several
 * data queues, and what becomes of ops when the device fails or is removed.
 */
#include <unistd.h>

#include <rte_cryptodev.h>
#include <rte_eal.h>

#include "block.h"
#include "fake_serve.h"
#include "log_capture.h"
#include "test_vcrypto_vdpa.h"
#include "vdev.h"

#define NB_QPS		2
#define CTRL_VRING	4	/* of a device with four data queues */
#define NB_OPS		32
#define ROUNDS		50
#define PATIENCE_MS	20000	/* for what takes milliseconds on a quiet machine */

static struct block_pools pools;
static struct rte_crypto_op *ops[NB_OPS];
static void *session;

static int
device_new(void **state)
{
	(void)state;
	fake_init();
	fake_serve_start();
	strcpy(vdev_fb.path, "/dev/null");	/* any character device */
	return 0;
}

static int
device_old(void **state)
{
	(void)state;
	fake_serve_stop();
	log_capture_stop();
	return fake_is_content() && fake.fd < 0 && rte_cryptodev_count() == 0 ? 0 : -1;
}

static void
up(const char *more)
{
	assert_int_equal(vdev_up(NB_QPS, 64, more), 0);
	if (pools.ops == NULL)
		assert_true(block_pools(&pools, VDEV_ID, 2 * NB_OPS - 1) &&
			block_ops(&pools, ops, NB_OPS));
	session = block_session(&pools, VDEV_ID);
	assert_non_null(session);
}

static void
down(void)
{
	if (session != NULL)
		assert_int_equal(rte_cryptodev_sym_session_free(VDEV_ID, session), 0);
	rte_cryptodev_stop(VDEV_ID);
	vdev_unplug();
	assert_int_equal(fake.fd, -1);
}

static void
send_to(uint16_t qp)
{
	unsigned int i;

	for (i = 0; i < NB_OPS; i++)
		block_op_in_place(ops[i], session);
	assert_int_equal(rte_cryptodev_enqueue_burst(VDEV_ID, qp, ops, NB_OPS), NB_OPS);
}

/* How many of the ops came back right; the others have status other. */
static unsigned int
receive_from(uint16_t qp, enum rte_crypto_op_status other)
{
	struct rte_crypto_op *done[NB_OPS];
	unsigned int ms, nb = 0, nb_right = 0;
	uint16_t i, n;

	for (ms = 0; ms < 10 * PATIENCE_MS && nb < NB_OPS; ms++) {
		n = rte_cryptodev_dequeue_burst(VDEV_ID, qp, done, NB_OPS);
		for (i = 0; i < n; i++) {
			if (block_is_right(done[i]))
				nb_right++;
			else
				assert_int_equal(done[i]->status, other);
		}
		nb += n;
		if (n == 0)
			usleep(100);
	}
	assert_int_equal(nb, NB_OPS);
	return nb_right;
}

static void
encrypts_on(uint16_t qp)
{
	send_to(qp);
	assert_int_equal(receive_from(qp, RTE_CRYPTO_OP_STATUS_NOT_PROCESSED), NB_OPS);
}

/* Event descriptors; pages that take 16 bits; pages that take 32: split and packed each.  The
 * device serves a queue only when that one is notified.
 */
static void
every_notification(void **state)
{
	unsigned int i, round;

	(void)state;
	for (i = 0; i < 6; i++) {
		fake.areas = i < 2 ? 0 : 5;
		fake.features &= ~VIRTIO_F_NOTIFICATION_DATA;
		if (i >= 4)
			fake.features |= VIRTIO_F_NOTIFICATION_DATA;
		up(i & 1 ? ",queues=2,packed_vq=1" : ",queues=2");
		assert_int_equal((fake.agreed_features & VIRTIO_F_NOTIFICATION_DATA) != 0, i >= 4);
		assert_int_equal((fake.agreed_features & VIRTIO_F_RING_PACKED) != 0, i & 1);
		for (round = 0; round < ROUNDS; round++)
			encrypts_on((uint16_t)(round % NB_QPS));
		down();
	}
	assert_true(fake_model.nb_data == 6 * ROUNDS * NB_OPS);
	/* A session is made and freed by the vring behind all data queues, used or not. */
	assert_true(fake_serve_kicks(CTRL_VRING) >= 2 * 6);
	assert_true(fake_serve_kicks(0) != 0 && fake_serve_kicks(1) != 0);
	assert_int_equal(fake_serve_kicks(2) + fake_serve_kicks(3), 0);
}

static void
keep_silent(bool silent)
{
	fake_hold();
	fake_model.data_silent = silent;
	fake_release();
}

static void
on_event(uint8_t dev_id, enum rte_cryptodev_event_type event, void *arg)
{
	(void)dev_id;
	if (event == RTE_CRYPTODEV_EVENT_ERROR)
		__atomic_fetch_add((unsigned int *)arg, 1, __ATOMIC_RELEASE);
}

static void
await_event(unsigned int *events)
{
	unsigned int ms;

	for (ms = 0; ms < PATIENCE_MS && __atomic_load_n(events, __ATOMIC_ACQUIRE) == 0; ms++)
		usleep(1000);
	assert_int_equal(*events, 1);
}

/* Ops that the device has never answered come back with errors, and it reaches no memory; a
 * start brings it back.
 */
static void
fails_with_ops(void **state)
{
	unsigned int events = 0;

	(void)state;
	up(",queues=2");
	assert_int_equal(rte_cryptodev_callback_register(VDEV_ID, RTE_CRYPTODEV_EVENT_ERROR,
		on_event, &events), 0);
	keep_silent(true);
	send_to(1);
	fake_fail();
	await_event(&events);
	assert_int_equal(fake.nb_maps, 0);
	assert_int_equal(receive_from(1, RTE_CRYPTO_OP_STATUS_ERROR), 0);
	keep_silent(false);
	rte_cryptodev_sym_session_free(VDEV_ID, session);
	rte_cryptodev_stop(VDEV_ID);
	assert_int_equal(rte_cryptodev_start(VDEV_ID), 0);
	session = block_session(&pools, VDEV_ID);
	assert_non_null(session);
	encrypts_on(1);
	down();
}

/* recover=1: queue pairs that are polled let it come back, and sessions of before work: they are
 * made again by the control queue of the new start.
 */
static void
comes_back(void **state)
{
	struct rte_crypto_op *op;
	uint64_t creates;
	unsigned int ms;
	uint16_t qp;

	(void)state;
	up(",queues=2,recover=1,packed_vq=1");
	encrypts_on(0);
	creates = fake_model.nb_creates;
	log_capture_start();
	fake_fail();
	for (ms = 0; ms < PATIENCE_MS && log_capture_count("the device is back") == 0; ms++) {
		for (qp = 0; qp < NB_QPS; qp++)
			assert_int_equal(rte_cryptodev_dequeue_burst(VDEV_ID, qp, &op, 1), 0);
		usleep(1000);
	}
	assert_int_equal(log_capture_count("the device is back"), 1);
	assert_int_equal(fake_model.nb_creates, creates + 1);
	for (qp = 0; qp < NB_QPS; qp++) {
		/* the call in which the queue pair takes its ring up again takes no op */
		assert_int_equal(rte_cryptodev_dequeue_burst(VDEV_ID, qp, &op, 1), 0);
		encrypts_on(qp);
	}
	down();
}

/* vdpa dev del, with ops that the device has not answered. */
static void
removed_with_ops(void **state)
{
	unsigned int events = 0;

	(void)state;
	up(",queues=2,recover=1");
	assert_int_equal(rte_cryptodev_callback_register(VDEV_ID, RTE_CRYPTODEV_EVENT_ERROR,
		on_event, &events), 0);
	keep_silent(true);
	send_to(0);
	log_capture_start();
	fake_hold();
	fake.unlisted = true;
	fake_release();
	await_event(&events);
	assert_int_equal(fake_status(), 0);
	assert_int_equal(fake.nb_maps, 0);
	assert_int_equal(receive_from(0, RTE_CRYPTO_OP_STATUS_ERROR), 0);
	assert_int_equal(log_capture_count("is being taken away"), 1);
	assert_int_equal(log_capture_count("the device is back"), 0);
	down();
}

#define TD(f)	cmocka_unit_test_setup_teardown(f, device_new, device_old)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TD(every_notification), TD(fails_with_ops), TD(comes_back), TD(removed_with_ops),
	};
	int rc;

	if (vdev_eal() != 0)
		return 1;
	rc = cmocka_run_group_tests_name("vdev_vdpa_ops", tests, NULL, NULL);
	rte_eal_cleanup();
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How long a security association lives: stops and starts leave it alone, or say what ends; a
 * reset ends all.
 */
#include <string.h>

#include <cryptodev_pmd.h>

#include "drivers/crypto/vcrypto/device/vcrypto_device.h"
#include "sa.h"

#define KEY	0x77

static struct vcrypto_dev *
device(struct rig *r)
{
	return vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id));
}

/* Started with nb_qps queue pairs; without RING_RESET if !ring_reset. */
static struct rig *
up(unsigned int kind, bool ring_reset, uint16_t nb_qps, const char *devargs)
{
	struct rig *r = sa_open(kind, devargs);

	if (!ring_reset)
		r->f->device_features &= ~VIRTIO_F_RING_RESET;
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, nb_qps, 64);
	return r;
}

static void *
one_sa(struct rig *r)
{
	struct sa_conf c;
	void *s;

	sa_gcm(&c, true);
	s = sa_create(r, &c);
	assert_non_null(s);
	return s;
}

/* It is the device's still, and ends there. */
static void
lives(struct rig *r, void *s)
{
	unsigned int before = r->m.admin.nb_sas;

	assert_true(before != 0);
	sa_destroy(r, s);
	assert_int_equal(r->m.admin.nb_sas, before - 1);
}

static void
stop_and_start(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * RTE_DIM(rig_kinds); i++) {
		struct rig *r = up(i / 2, i % 2 != 0, 2, NULL);
		void *s = one_sa(r), *t;
		uint64_t resets = device(r)->resets;

		rte_cryptodev_stop(r->id);
		t = one_sa(r);	/* a stopped device has its queue still */
		assert_int_equal(rte_cryptodev_start(r->id), 0);
		assert_true(device(r)->resets == resets);
		lives(r, s);
		lives(r, t);
		/* So do configure and set-up, if nothing changes. */
		s = one_sa(r);
		rte_cryptodev_stop(r->id);
		rig_start(r, 2, 64);
		assert_true(device(r)->resets == resets);
		lives(r, s);
		rig_close(r);
	}
}

/* A queue that the device does not give back. */
static void
requests_that_stay(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct rig *r = up(0, i != 0, 1, NULL);
		void *s = one_sa(r), *cbc = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		uint64_t resets = device(r)->resets;
		struct rte_crypto_op *op = rig_op(cbc, 16), *back;

		r->m.data_silent = true;
		assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
		rte_cryptodev_stop(r->id);
		assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &back, 1), 1);
		assert_int_equal(back->status, RTE_CRYPTO_OP_STATUS_ERROR);
		rig_op_free(op);
		r->m.data_silent = false;
		if (i != 0) {
			assert_true(device(r)->resets == resets);
			assert_int_equal(rte_cryptodev_start(r->id), 0);
			lives(r, s);
		} else {
			assert_true(device(r)->resets == resets + 1);
			assert_int_equal(log_capture_count("1 security associations end with this "
				"reset"), 1);
			assert_int_equal(rte_cryptodev_start(r->id), 0);
			sa_destroy(r, s);
			assert_int_equal(r->m.admin.nb_sas, 0);
		}
		rig_session_free(r, cbc);
		s = one_sa(r);
		lives(r, s);
		rig_close(r);
	}
}

/* Without RING_RESET only a reset gives a queue other memory: refused while there are SAs. */
static void
changes_of_queues(void **state)
{
	struct rig *r = up(0, false, 2, NULL);
	uint64_t resets = device(r)->resets;
	void *s = one_sa(r);

	(void)state;
	rte_cryptodev_stop(r->id);
	assert_int_equal(rig_setup(r, 0, 128), -EBUSY);
	rig_expect_errors(1, "queue pair 0 cannot be changed");
	assert_int_equal(rig_configure(r, 1), -EBUSY);
	rig_expect_driver_errors(1, "queue pair 1 cannot be changed");
	assert_true(device(r)->resets == resets);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	lives(r, s);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rig_setup(r, 0, 128), 0);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	rig_close(r);

	/* One more queue pair than the device was started with. */
	r = up(0, false, 1, NULL);
	s = one_sa(r);
	resets = device(r)->resets;
	rte_cryptodev_stop(r->id);
	assert_int_equal(rig_configure(r, 2), 0);
	assert_int_equal(rig_setup(r, 0, 64), 0);
	assert_int_equal(rig_setup(r, 1, 64), 0);
	assert_int_not_equal(rte_cryptodev_start(r->id), 0);
	rig_expect_errors(1, "destroy their sessions first");
	assert_true(device(r)->resets == resets);
	lives(r, s);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	rig_close(r);

	/* With it, all goes. */
	r = up(0, true, 2, NULL);
	s = one_sa(r);
	resets = device(r)->resets;
	rte_cryptodev_stop(r->id);
	assert_int_equal(rig_setup(r, 0, 128), 0);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_true(device(r)->resets == resets);
	lives(r, s);
	rig_close(r);
}

/* No command of the administration queue comes back any more: SAs go on until the last is gone,
 * then a start makes the queue anew.
 */
static void
a_dead_administration_queue(void **state)
{
	struct rig *r = up(0, true, 1, "ctrl_timeout_ms=5");
	uint64_t resets = device(r)->resets;
	void *s = one_sa(r);
	struct sa_conf c;
	unsigned int i;

	(void)state;
	sa_gcm(&c, true);
	r->m.admin.silent = true;
	for (i = 0; i < 8; i++)
		assert_null(sa_create(r, &c));
	rig_expect_errors(8, "no answer");
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_true(device(r)->resets == resets);
	sa_destroy(r, s);
	rig_expect_errors(1, "holds its keys until its next reset");
	rte_cryptodev_stop(r->id);
	r->m.admin.silent = false;
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_true(device(r)->resets == resets + 1);
	lives(r, one_sa(r));
	rig_close(r);
}

static void
count_event(uint8_t id, enum rte_cryptodev_event_type event, void *arg)
{
	(void)id;
	assert_int_equal(event, RTE_CRYPTODEV_EVENT_ERROR);
	++*(unsigned int *)arg;
}

/* Sessions end with a loss, and are not made again: one line and one event say so. */
static void
a_loss(void **state)
{
	struct rig *r = up(0, true, 1, "recover=1");
	void *s = one_sa(r), *t = one_sa(r);
	unsigned int i, objects = r->m.admin.nb_objects;
	unsigned int events = 0;
	struct rte_crypto_op *op;
	struct sa_conf c;

	(void)state;
	assert_int_equal(rte_cryptodev_callback_register(r->id, RTE_CRYPTODEV_EVENT_ERROR,
		count_event, &events), 0);
	fake_pci_break(r->f);
	rig_tick();
	assert_int_equal(events, 1);
	sa_gcm(&c, true);
	assert_null(sa_create(r, &c));
	assert_int_equal(log_capture_count("try again when recovery has brought it back"), 1);
	for (i = 0; i < 4; i++) {
		(void)rte_cryptodev_dequeue_burst(r->id, 0, &op, 1);
		rig_tick();
	}
	assert_int_equal(log_capture_count("the device is back"), 1);
	assert_int_equal(log_capture_count("2 security associations end with this reset"), 1);
	assert_int_equal(log_capture_count("made again"), 0);
	assert_int_equal(events, 1);
	assert_int_equal(rte_cryptodev_callback_unregister(r->id, RTE_CRYPTODEV_EVENT_ERROR,
		count_event, &events), 0);
	assert_int_equal(r->m.admin.nb_objects, objects);
	assert_int_equal(r->m.admin.nb_sas, 0);
	sa_destroy(r, s);
	lives(r, one_sa(r));
	sa_destroy(r, t);
	log_capture_start();
	rig_close(r);
}

/* Close ends them; their sessions are destroyed after it, or not before the next life. */
static void
a_close(void **state)
{
	struct rig *r = up(0, true, 1, NULL);
	void *s = one_sa(r), *t = one_sa(r);

	(void)state;
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(r->m.admin.nb_sas, 0);
	sa_destroy(r, s);
	rig_start(r, 1, 64);
	lives(r, one_sa(r));
	sa_destroy(r, t);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_and_start),
		cmocka_unit_test(requests_that_stay),
		cmocka_unit_test(changes_of_queues),
		cmocka_unit_test(a_dead_administration_queue),
		cmocka_unit_test(a_loss),
		cmocka_unit_test(a_close),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

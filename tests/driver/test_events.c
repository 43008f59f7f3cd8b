/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a started device says without being asked: its configuration interrupt, and
 * EAL's event of its removal.  It is looked at at once, by the path that the periodic
 * watch takes; a device that will not stop saying so is only polled; one that has no
 * vector is polled from the start; nothing is left installed.
 */
#include <errno.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_log.h>

#include "drivers/crypto/vcrypto/vcrypto_health.h"
#include "fake_pci_regs.h"
#include "loss.h"

#define KEY	0x3e
#define NB	12
#define NO_VECTOR	VIRTIO_PCI_MSI_NO_VECTOR

enum failure {
	NEEDS_RESET,
	NOT_READY,
	RESET_BY_OTHERS,	/* its status is 0, and nobody here wrote that */
	LEAVING,		/* by EAL's event; no vector needed */
	NB_FAILURES
};

static const struct {
	const char *says;
	bool comes_back;
} expected[NB_FAILURES] = {
	[NEEDS_RESET] = { "has met an error and needs a reset", true },
	[NOT_READY] = { "not ready any more", true },
	[RESET_BY_OTHERS] = { "not by this driver", true },
	[LEAVING] = { "is being removed from the machine", false },
};

static struct rig *
up(const struct rig_variant *v, const char *devargs, bool vectors)
{
	struct rig_conf conf = { .features = v->features, .devargs = devargs,
		.vectors = vectors };

	return loss_up(&conf);
}

static void
down(struct rig *r)
{
	struct fake_pci *f = r->f;

	loss_forget(r);
	rte_cryptodev_stop(r->id);
	assert_null(f->irq_handler);
	assert_false(f->irq_enabled);
	rig_remove(r);
	rte_dev_event_callback_process(f->dev.name, RTE_DEV_EVENT_REMOVE);	/* nobody's */
	assert_int_equal(rig_tick(), 0);
	log_capture_start();
	rig_close(r);
}

static bool
listening(const struct rig *r)
{
	return r->f->irq_handler != NULL && r->f->irq_enabled && r->f->config_msix_vector == 0;
}

/* The device fails, and says so. */
static void
fail_device(struct rig *r, enum failure how)
{
	r->m.data_silent = true;
	switch (how) {
	case NEEDS_RESET:
		fake_pci_break(r->f);
		break;
	case NOT_READY:
		loss_set_ready(r, false);
		break;
	case RESET_BY_OTHERS:
		/* But for the vector, which such a device has no more. */
		r->f->status = 0;
		break;
	default:
		rte_dev_event_callback_process(r->f->dev.name, RTE_DEV_EVENT_REMOVE);
		return;
	}
	assert_true(fake_pci_fire(r->f));
}

static void
repair_device(struct rig *r)
{
	loss_set_ready(r, true);
	r->m.data_silent = false;
}

static void
send(struct rig *r, void *session, struct rte_crypto_op **op)
{
	unsigned int i;

	r->m.data_silent = true;
	for (i = 0; i < NB; i++)
		op[i] = rig_op(session, 64);
	assert_int_equal(rig_enqueue(r, 0, op, NB), NB);
}

static void
all_fail(struct rig *r, struct rte_crypto_op **op)
{
	loss_all_come_back(r, 0, op, NB);
	loss_free_all(op, NB, RTE_CRYPTO_OP_STATUS_ERROR);
}

/* ---- a failure that is told ---- */

/* After a failure, told or not: stop and start, and all is as it was. */
static void
check_restart(struct rig *r, void **session, bool comes_back)
{
	rte_cryptodev_stop(r->id);
	assert_null(r->f->irq_handler);
	assert_int_equal(r->f->config_msix_vector, NO_VECTOR);
	repair_device(r);
	log_capture_start();
	if (!comes_back) {
		assert_int_equal(rte_cryptodev_start(r->id), -ENODEV);
		assert_null(r->f->irq_handler);
		rig_session_free(r, *session);
		return;
	}
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_true(listening(r));
	rig_session_free(r, *session);
	*session = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	rig_traffic(r, 0, KEY, *session, 40);
	assert_int_equal(log_capture_errors(), 0);
	rig_session_free(r, *session);
}

static void
failure_is_told(const struct rig_variant *v, enum failure how)
{
	struct rig *r = up(v, NULL, true);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[NB];

	assert_true(listening(r));
	send(r, s, op);
	fail_device(r, how);
	/* Nothing happens in the interrupt itself. */
	assert_int_equal(loss_events, 0);
	assert_int_equal(rig_tick_now(), 1);
	assert_int_equal(loss_events, 1);
	assert_int_equal(log_capture_count(expected[how].says), 1);
	all_fail(r, op);
	/* The watch in turn has nothing to add, and brings nothing back by itself. */
	repair_device(r);
	assert_int_equal(rig_tick(), 1);
	assert_int_equal(rig_tick(), 0);
	assert_int_equal(loss_events, 1);
	assert_int_equal(r->f->status & VIRTIO_S_DRIVER_OK, 0);
	check_restart(r, &s, expected[how].comes_back);
	down(r);
}

static void
failures_are_told(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_FAILURES; how++)
			failure_is_told(&rig_kinds[k], how);
}

/* The vector went with the reset of each recovery, and is there again. */
static void
told_again_after_recovery(void **state)
{
	unsigned int k, n, q;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(&rig_kinds[k], "recover=1", true);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[NB], *none;

		for (n = 1; n <= 3; n++) {
			assert_true(listening(r));
			send(r, s, op);
			fail_device(r, n % 2 ? NEEDS_RESET : NOT_READY);
			assert_int_equal(rig_tick_now(), 1);
			assert_int_equal(loss_events, n);
			assert_int_equal(r->f->config_msix_vector, NO_VECTOR);
			all_fail(r, op);
			for (q = 0; q < 2; q++)
				rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 0);
			repair_device(r);
			rig_tick();
			for (q = 0; q < 2; q++)
				rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 0);
			rig_traffic(r, 0, KEY, s, 30);
		}
		rig_session_free(r, s);
		down(r);
	}
}

/* One that is being removed is not brought back: the kernel waits for it. */
static void
no_recovery_of_what_leaves(void **state)
{
	struct rig *r = up(&rig_kinds[0], "recover=1", true);
	struct rte_crypto_op *none;
	unsigned int q, i;

	(void)state;
	fail_device(r, LEAVING);
	assert_int_equal(rig_tick_now(), 1);
	for (q = 0; q < 2; q++)
		rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 0);
	repair_device(r);
	for (i = 0; i < 5; i++)
		rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 0);
	assert_int_equal(log_capture_count(expected[LEAVING].says), 1);
	assert_int_equal(loss_events, 1);
	down(r);
}

static void
other_events_mean_nothing(void **state)
{
	struct rig *r = up(&rig_kinds[0], NULL, true);

	(void)state;
	rte_dev_event_callback_process(r->f->dev.name, RTE_DEV_EVENT_ADD);
	rte_dev_event_callback_process("0000:00:00.0", RTE_DEV_EVENT_REMOVE);
	assert_int_equal(rig_tick_now(), 0);
	/* An interrupt without a cause costs a look. */
	assert_true(fake_pci_fire(r->f));
	assert_int_equal(rig_tick_now(), 1);
	assert_int_equal(loss_events, 0);
	assert_int_equal(log_capture_errors(), 0);
	down(r);
}

/* The application may stop the device where it is told of the failure. */
static void
stopped_where_it_is_told(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_FAILURES; how++) {
			struct rig *r = up(&rig_kinds[k], NULL, true);
			void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

			loss_stops = true;
			fail_device(r, how);
			assert_int_equal(rig_tick_now(), 1);
			assert_null(r->f->irq_handler);
			assert_int_equal(rig_tick(), 0);
			assert_int_equal(loss_events, 1);
			loss_stops = false;
			check_restart(r, &s, expected[how].comes_back);
			down(r);
		}
}

/* ---- too much of it ---- */

static void
interrupts_without_end(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(&rig_kinds[k], NULL, true);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

		/* As many as are allowed, look after look. */
		for (i = 0; i < 5 * VCRYPTO_HINTS_MAX; i++) {
			assert_true(fake_pci_fire(r->f));
			if (i % VCRYPTO_HINTS_MAX == VCRYPTO_HINTS_MAX - 1)
				assert_int_equal(rig_tick(), 2);
		}
		assert_true(r->f->irq_enabled);
		/* And more: one look for all of them, the last one is not even heard. */
		for (i = 0; i < 1000 && fake_pci_fire(r->f); i++)
			;
		assert_int_equal(i, VCRYPTO_HINTS_MAX + 1);
		assert_false(r->f->irq_enabled);
		assert_int_equal(log_capture_count("is polled alone"), 1);
		assert_int_equal(rig_tick_now(), 1);
		rig_traffic(r, 1, KEY, s, 40);
		/* It is polled, and has its vector again after a start. */
		fake_pci_break(r->f);
		assert_false(fake_pci_fire(r->f));
		assert_int_equal(rig_tick(), 1);
		assert_int_equal(loss_events, 1);
		check_restart(r, &s, true);
		down(r);
	}
}

/* ---- none of it ---- */

static void
polled_alone(struct rig *r, void (*prepare)(struct fake_pci *f))
{
	rte_cryptodev_stop(r->id);
	prepare(r->f);
	assert_int_equal(rte_log_set_level_pattern("pmd.crypto.vcrypto", RTE_LOG_INFO), 0);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_int_equal(rte_log_set_level_pattern("pmd.crypto.vcrypto", RTE_LOG_NOTICE), 0);
	assert_int_equal(log_capture_count("its state is polled"), 1);
	assert_false(listening(r));
	assert_int_equal(r->f->config_msix_vector, NO_VECTOR);
	assert_int_equal(log_capture_errors(), 0);
	fake_pci_break(r->f);
	assert_false(fake_pci_fire(r->f));
	assert_int_equal(rig_tick(), 1);
	assert_int_equal(loss_events, 1);
	down(r);
}

static void
register_fails(struct fake_pci *f)
{
	f->irq_register_result = -ENOMEM;
}

static void
enable_fails(struct fake_pci *f)
{
	f->irq_enable_result = -1;
}

static void
no_vector_is_left(struct fake_pci *f)
{
	f->no_vector_left = true;
	/* What was mapped before the stop is not any more. */
	f->config_msix_vector = NO_VECTOR;
}

static void
nothing_more(struct fake_pci *f)
{
	(void)f;
}

static void
devices_without_interrupts(void **state)
{
	(void)state;
	polled_alone(up(&rig_kinds[0], NULL, false), nothing_more);
	polled_alone(up(&rig_kinds[1], NULL, true), register_fails);
	polled_alone(up(&rig_kinds[2], NULL, true), enable_fails);
	polled_alone(up(&rig_kinds[3], NULL, true), no_vector_is_left);
}

/* A start that fails leaves no handler behind, and no look on its way. */
static void
starts_that_fail(void **state)
{
	struct rig *r = up(&rig_kinds[0], NULL, true);

	(void)state;
	rte_cryptodev_stop(r->id);
	assert_null(r->f->irq_handler);
	r->f->config_msix_vector = NO_VECTOR;
	fake_pci_break(r->f);			/* so that it is reset */
	r->m.break_at_start = true;
	assert_true(rte_cryptodev_start(r->id) < 0);
	assert_null(r->f->irq_handler);
	assert_false(r->f->irq_enabled);
	assert_int_equal(rig_tick(), 0);
	r->m.break_at_start = false;
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_true(listening(r));
	down(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_are_told),
		cmocka_unit_test(told_again_after_recovery),
		cmocka_unit_test(no_recovery_of_what_leaves),
		cmocka_unit_test(other_events_mean_nothing),
		cmocka_unit_test(stopped_where_it_is_told),
		cmocka_unit_test(interrupts_without_end),
		cmocka_unit_test(devices_without_interrupts),
		cmocka_unit_test(starts_that_fail),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

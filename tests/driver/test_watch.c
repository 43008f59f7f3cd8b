/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A PCI device that is lost, and comes back with a control queue that answers nothing, under
 * EAL's own alarms and clock: an alarm of the application keeps its rhythm, sessions are made
 * or refused within their bound, other threads free sessions at once, and stop has a bound.
 */
#include <unistd.h>

#include <cryptodev_pmd.h>

#include "device/vcrypto_device.h"
#include "fake_alarm.h"
#include "loss.h"
#include "rhythm.h"
#include "vq_hot.h"

#define KEY		0x21
#define NB_SESSIONS	40	/* more than one batch of commands */
/* The alarm thread must not wait for a command: its alarms would be late by this. */
#define CTRL_TIMEOUT_MS	2000
#define LATE_MS		1000
#define SLACK_MS	2000	/* of a bound, on a loaded machine */
#define PATIENCE_MS	100000	/* only what has failed takes so long */

/* The rig's own alarms are EAL's here. */
unsigned int
fake_alarm_run(uint64_t before_us)
{
	(void)before_us;
	return 0;
}

static void *session[NB_SESSIONS];

static struct rig *
up(void)
{
	struct rig_conf conf = {
		.features = rig_kinds[0].features, .mode = MODEL_THREAD,
		.devargs = "recover=1,ctrl_timeout_ms=2000",
	};
	struct rig *r = loss_up(&conf);
	unsigned int i;

	for (i = 0; i < NB_SESSIONS; i++) {
		session[i] = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		assert_non_null(session[i]);
	}
	log_capture_start();
	assert_int_equal(rhythm_start(), 0);
	return r;
}

/* Dequeues meanwhile, as the owner of each queue pair: without that none is parked. */
static void
await_watch(struct rig *r, enum vcrypto_watch watch)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id));
	uint64_t end = rhythm_now_ms() + PATIENCE_MS;
	struct rte_crypto_op *op;
	uint16_t q;

	while (__atomic_load_n(&dev->watch, __ATOMIC_RELAXED) != watch) {
		assert_true(rhythm_now_ms() < end);
		for (q = 0; q < 2; q++)
			assert_int_equal(rte_cryptodev_dequeue_burst(r->id, q, &op, 1), 0);
		usleep(1000);
	}
}

/* Lost, and back as far as its sessions: the first commands for them are in flight. */
static void
lose(struct rig *r)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id));
	uint64_t end = rhythm_now_ms() + PATIENCE_MS;
	unsigned int in_flight = 0;

	r->m.ctrl_silent = true;
	fake_pci_break(r->f);
	await_watch(r, VCRYPTO_WATCH_RECOVERING);
	while (in_flight == 0) {
		assert_true(rhythm_now_ms() < end);
		usleep(1000);
		rte_spinlock_lock(&dev->ctrlq.lock);
		if (dev->live)
			in_flight = vq_nb_in_flight(dev->ctrlq.q.vq);
		rte_spinlock_unlock(&dev->ctrlq.lock);
		/* In time: an attempt that has no answer ends by itself. */
		assert_int_equal(dev->watch, VCRYPTO_WATCH_RECOVERING);
	}
}

static void
end(struct rig *r)
{
	unsigned int i, nb, longest = rhythm_stop(&nb);

	printf("%u alarms, the latest after %u ms\n", nb, longest);
	assert_true(longest < LATE_MS);
	r->m.ctrl_silent = false;
	for (i = 0; i < NB_SESSIONS; i++)
		rig_session_free(r, session[i]);
	log_capture_start();
	loss_forget(r);
	rig_close(r);
}

static void
silent_control_queue(void **state)
{
	struct rig *r = up();
	uint64_t begin;

	(void)state;
	lose(r);
	/* In the middle of it: a session of the batch that is in flight, or of a later one. */
	begin = rhythm_now_ms();
	rig_session_free(r, session[0]);
	rig_session_free(r, session[NB_SESSIONS - 1]);
	assert_true(rhythm_now_ms() - begin < LATE_MS);
	begin = rhythm_now_ms();
	session[0] = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	assert_null(session[0]);
	assert_true(rhythm_now_ms() - begin < CTRL_TIMEOUT_MS + SLACK_MS);
	await_watch(r, VCRYPTO_WATCH_WELL);
	assert_true(log_capture_count("sessions could not be made again") == 1);
	r->m.ctrl_silent = false;
	session[0] = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	session[NB_SESSIONS - 1] = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	assert_non_null(session[0]);
	assert_non_null(session[NB_SESSIONS - 1]);
	end(r);
}

/* Stop ends the recovery: it waits for the command that it meets, and for no other. */
static void
stopped_in_recovery(void **state)
{
	struct rig *r = up();
	uint64_t begin;

	(void)state;
	lose(r);
	begin = rhythm_now_ms();
	rte_cryptodev_stop(r->id);
	printf("stop took %u ms\n", (unsigned int)(rhythm_now_ms() - begin));
	assert_true(rhythm_now_ms() - begin < CTRL_TIMEOUT_MS + SLACK_MS);
	end(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_control_queue),
		cmocka_unit_test(stopped_in_recovery),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

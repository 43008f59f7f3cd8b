/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each op comes back, within bounds that have a name, and before its queue pair is released:
 * from a device that is stopped, whose start fails, or that never comes back.
 */
#include <errno.h>
#include <unistd.h>

#include <cryptodev_pmd.h>

#include "drivers/crypto/vcrypto/data/vcrypto_qp.h"
#include "fake_alarm.h"
#include "fake_pci_regs.h"
#include "loss.h"

#define KEY	0x42
#define SHORT_MS	20	/* recover_timeout_ms where it has to run out */

/* ---- stopped ---- */

/* A stopped device is polled on through everything that may happen to it: a configure that
 * fails, one that works, which free rte_cryptodev's lists of callbacks, a start that fails,
 * the release of queue pairs, close.
 */
static void
stopped_and_polled_on(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features, .nb_data = 3 };
	struct rig *r = rig_up(&conf, 3, 64);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[4], *got;
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		op[i] = rig_op(s, 64);
	r->m.data_silent = true;
	assert_int_equal(rig_enqueue(r, 0, op, 4), 4);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rig_configure(r, 4), -EINVAL);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rig_configure(r, 2), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 2, &got, 1), 0);
	r->f->enable_stuck = true;
	assert_int_equal(rig_setup(r, 1, 32), 0);	/* has to be enabled */
	assert_int_equal(rte_cryptodev_start(r->id), -EIO);
	r->f->enable_stuck = false;
	assert_int_equal(rig_enqueue(r, 0, op, 1), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(op[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
		rig_op_free(op[i]);
	}
	rig_session_free(r, s);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 0);
	assert_int_equal(log_capture_warnings(), 0);
	log_capture_start();
	rig_close(r);
}

/* ---- lost, with recover=1 ---- */

enum hopeless {
	RESET_REFUSED,
	FEATURES_REFUSED,
	NOT_READY,
	COMMANDS_UNANSWERED,	/* comes back, and may be lost again */
	NB_HOPELESS
};

/* A few dequeues return nb ops, with any status. */
static void
take_any(struct rig *r, uint16_t q, unsigned int nb)
{
	struct rte_crypto_op *got[2 * LOSS_NB];
	unsigned int i, n = 0;

	for (i = 0; i < 3; i++)
		n += rte_cryptodev_dequeue_burst(r->id, q, got + n, (uint16_t)(2 * LOSS_NB - n));
	assert_int_equal(n, nb);
	for (i = 0; i < nb; i++) {
		assert_int_not_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
		ops_free(got[i]);
	}
}

/* The device is lost and both queue pairs are parked: half of the ops came back. */
static void
lose(struct rig *r, struct rte_crypto_op *op[2][LOSS_NB], enum hopeless how)
{
	unsigned int q;

	if (how == NOT_READY)
		loss_set_ready(r, false);
	else
		fake_pci_break(r->f);
	if (how == RESET_REFUSED)
		r->f->reset_us = FAKE_PCI_NEVER;
	if (how == FEATURES_REFUSED)
		r->f->refused_features = VIRTIO_F_VERSION_1;
	if (how == COMMANDS_UNANSWERED)
		r->m.ctrl_silent = true;
	rig_tick();
	for (q = 0; q < 2; q++)
		loss_take(r, (uint16_t)q, op[q], LOSS_NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
}

/* A device that never comes back: what is kept comes back after recover_timeout_ms, with
 * nothing but dequeue being called.
 */
static void
kept_until_the_bound(const struct rig_variant *v, enum hopeless how)
{
	struct rig *r = loss_open(v, "recover=1,ctrl_timeout_ms=5,recover_timeout_ms="
			RTE_STR(SHORT_MS));
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][LOSS_NB];
	unsigned int q, i;

	loss_send_both(r, s, op);
	lose(r, op, how);
	for (i = 0; i < 3; i++)
		rig_tick();
	if (how != COMMANDS_UNANSWERED)
		assert_int_equal(log_capture_count("the device is back"), 0);
	usleep(2000 * SHORT_MS);
	if (how == COMMANDS_UNANSWERED) {
		/* Sent again, INVALID_SESSION; or lost once more, and late. */
		for (q = 0; q < 2; q++)
			take_any(r, (uint16_t)q, LOSS_NB / 2);
	} else {
		for (q = 0; q < 2; q++)
			loss_take(r, (uint16_t)q, op[q], LOSS_NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
	}
	rte_cryptodev_stop(r->id);
	loss_forgive(r);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	loss_end(r, s);
}

static void
ops_are_kept_until_the_bound(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_HOPELESS; how++)
			kept_until_the_bound(&rig_kinds[k], how);
}

/* Long before the bound the program gives up: the stopped device hands out what was kept,
 * before or after a start that fails.
 */
static void
kept_until_stop(const struct rig_variant *v, enum hopeless how, bool start)
{
	struct rig *r = loss_open(v, "recover=1,ctrl_timeout_ms=5,recover_timeout_ms=60000");
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][LOSS_NB];
	unsigned int q;

	loss_send_both(r, s, op);
	lose(r, op, how);
	rig_tick();
	for (q = 0; q < 2; q++)		/* kept */
		loss_take(r, (uint16_t)q, op[q], 0, 0);
	rte_cryptodev_stop(r->id);
	if (start)
		assert_int_not_equal(rte_cryptodev_start(r->id), 0);
	for (q = 0; q < 2; q++)
		loss_take(r, (uint16_t)q, op[q], LOSS_NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
	assert_int_equal(log_capture_count("not dequeued"), 0);
	loss_forgive(r);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	loss_end(r, s);
}

static void
ops_are_kept_until_stop(void **state)
{
	unsigned int k, how, start;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < COMMANDS_UNANSWERED; how++)
			for (start = 0; start < 2; start++)
				kept_until_stop(&rig_kinds[k], how, start);
}

/* ---- gone ---- */

/* A function that is unplugged takes nothing with it: with recover=1 too, its ops come back
 * at once, nobody tries to bring it back, and no line says that anybody could.
 */
static void
gone(const struct rig_variant *v, bool recover, bool plain)
{
	struct rig *r = loss_open(v, recover ? "recover=1,recover_timeout_ms=60000" : NULL);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][LOSS_NB], *none;
	unsigned int q;

	loss_send_both(r, s, op);
	if (plain)
		fake_pci_remap(r->f);
	else
		fake_pci_remove(r->f);
	rig_tick();
	assert_int_equal(loss_events, 1);
	for (q = 0; q < 2; q++)
		loss_take(r, (uint16_t)q, op[q], LOSS_NB, RTE_CRYPTO_OP_STATUS_ERROR);
	assert_int_equal(rig_tick(), 0);	/* nothing is tried */
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &none, 1), 0);
	assert_int_equal(log_capture_errors(), 2);	/* what was seen, what follows */
	assert_int_equal(log_capture_count("close and remove it"), 2);
	assert_int_equal(log_capture_count("recover"), 0);
	assert_int_equal(log_capture_count("start"), 0);
	assert_int_equal(log_capture_count("reset"), 0);
	assert_int_equal(log_capture_count("legacy"), 0);
	assert_int_equal(log_capture_warnings(), 0);
	log_capture_start();
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_start(r->id), -ENODEV);
	assert_int_equal(log_capture_count("legacy"), 0);
	loss_end(r, s);
}

static void
gone_is_for_good(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < 4; how++)
			gone(&rig_kinds[k], how & 1, how & 2);
}

/* Lost in another way, it leaves while recovery tries. */
static void
gone_while_it_is_recovered(void **state)
{
	unsigned int k, q, plain;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (plain = 0; plain < 2; plain++) {
			struct rig *r = loss_open(&rig_kinds[k],
					"recover=1,recover_timeout_ms=60000");
			void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
			struct rte_crypto_op *op[2][LOSS_NB];

			loss_send_both(r, s, op);
			lose(r, op, FEATURES_REFUSED);
			rig_tick();
			for (q = 0; q < 2; q++)
				loss_take(r, (uint16_t)q, op[q], 0, 0);
			log_capture_start();
			if (plain)
				fake_pci_remap(r->f);
			else
				fake_pci_remove(r->f);
			rig_tick();
			assert_int_equal(log_capture_count("recovery ends"), 1);
			assert_int_equal(log_capture_count("legacy"), 0);
			for (q = 0; q < 2; q++)
				loss_take(r, (uint16_t)q, op[q], LOSS_NB / 2,
						RTE_CRYPTO_OP_STATUS_ERROR);
			assert_int_equal(rig_tick(), 0);
			log_capture_start();
			loss_end(r, s);
		}
}

/* ---- lost again and again ---- */

/* An op that was sent again is in flight when the device is lost once more: its time began
 * with the first loss, that of an op which was sent since begins now.
 */
static void
sent_again_and_lost(const struct rig_variant *v)
{
	struct rig *r = loss_open(v, "recover=1,recover_timeout_ms=" RTE_STR(SHORT_MS));
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][LOSS_NB], *more[LOSS_NB], *got[2 * LOSS_NB];
	unsigned int q, i, nb_ok = 0;

	loss_send_both(r, s, op);
	lose(r, op, NB_HOPELESS);
	rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 1);
	for (q = 0; q < 2; q++)
		loss_take(r, (uint16_t)q, op[q], 0, 0);
	usleep(2000 * SHORT_MS);
	/* In flight on both queue pairs, which is no loss; now it is one. */
	loss_take(r, 0, op[0], 0, 0);
	loss_send(r, s, 0, more);
	fake_pci_break(r->f);
	rig_tick();
	loss_take(r, 1, op[1], LOSS_NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, 2 * LOSS_NB), LOSS_NB);
	r->m.data_silent = false;
	rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 2);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got + LOSS_NB, LOSS_NB), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got + LOSS_NB, LOSS_NB),
			LOSS_NB / 2);
	for (i = 0; i < LOSS_NB + LOSS_NB / 2; i++) {
		if (got[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS)
			nb_ok++;
		else
			assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
		ops_free(got[i]);
	}
	assert_int_equal(nb_ok, LOSS_NB / 2);
	log_capture_start();
	loss_end(r, s);
}

static void
sent_again_within_the_bound(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		sent_again_and_lost(&rig_kinds[k]);
}

/* The device is back and lost once more before anybody dequeues: the time of what is kept
 * still began with the first loss.
 */
static void
back_unseen_and_lost(void **state)
{
	unsigned int k, q;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = loss_open(&rig_kinds[k],
				"recover=1,recover_timeout_ms=" RTE_STR(SHORT_MS));
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[2][LOSS_NB];

		loss_send_both(r, s, op);
		lose(r, op, NB_HOPELESS);
		rig_tick();
		assert_int_equal(log_capture_count("the device is back"), 1);
		usleep(2000 * SHORT_MS);
		fake_pci_break(r->f);
		rig_tick();
		assert_int_equal(loss_events, 2);
		for (q = 0; q < 2; q++)
			loss_take(r, (uint16_t)q, op[q], LOSS_NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
		log_capture_start();
		loss_end(r, s);
	}
}

/* Recovery runs in a thread of its own, and a parked queue pair is dequeued meanwhile: what
 * belongs to the queue's thread is left to it, up to the dequeue that goes on.
 */
static void
left_to_the_thread(bool stop)
{
	struct rig *r = loss_open(&rig_kinds[0], "recover=1");
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct vcrypto_qp *qp = rte_cryptodev_pmd_get_dev(r->id)->data->queue_pairs[0];
	struct rte_crypto_op *none;
	const uint32_t stale = VCRYPTO_DETOUR_BROKEN | VCRYPTO_DETOUR_CACHED;

	fake_pci_break(r->f);
	rig_tick();
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &none, 1), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 1, &none, 1), 0);
	assert_int_equal(qp->down, VCRYPTO_PARKED);
	qp->detour |= stale;
	qp->nb_cached = 1;
	qp->cached_used = true;
	rig_tick();
	assert_int_equal(qp->down, VCRYPTO_RESUME);
	assert_int_equal(qp->detour, stale);
	assert_int_equal(qp->nb_cached, 1);
	assert_true(qp->cached_used);
	if (stop) {
		rte_cryptodev_stop(r->id);
		assert_int_equal(rte_cryptodev_start(r->id), 0);
	} else {
		assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &none, 1), 0);
	}
	assert_int_equal(qp->alert, 0);
	assert_int_equal(qp->nb_cached, 0);
	assert_false(qp->cached_used);
	rig_traffic(r, 0, KEY, s, 10);
	log_capture_start();
	loss_end(r, s);
}

static void
recovery_leaves_the_threads_words(void **state)
{
	(void)state;
	left_to_the_thread(false);
	left_to_the_thread(true);
}

/* The next periodic check is due in ms, and runs. */
static void
tick_after(unsigned int ms)
{
	assert_int_equal(fake_alarm_run((uint64_t)ms * 1000), 0);
	assert_int_equal(fake_alarm_run((uint64_t)ms * 1000 + 1), 1);
}

/* The device is lost, noticed by the periodic check or by a hint; recovery's first attempt
 * comes after pause_ms and works.
 */
static void
lost_and_back(struct rig *r, bool hint, unsigned int pause_ms)
{
	struct rte_crypto_op *none;
	unsigned int q, back = log_capture_count("the device is back");

	fake_pci_break(r->f);
	if (hint) {
		assert_true(fake_pci_fire(r->f));
		assert_int_equal(rig_tick_now(), 1);
	} else {
		tick_after(100);
	}
	for (q = 0; q < 2; q++)
		assert_int_equal(rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 1), 0);
	tick_after(pause_ms);
	assert_int_equal(log_capture_count("the device is back"), back + 1);
	for (q = 0; q < 2; q++)
		assert_int_equal(rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 1), 0);
}

/* Each loss soon after the last one makes recovery wait longer, so that lines and events
 * become rare; when the device has been well for a while it starts from the beginning.
 */
static void
flaps(const struct rig_variant *v, bool hint)
{
	static const unsigned int pause_ms[] = { 100, 300, 600, 1200, 2400, 4800, 5000, 5000 };
	struct rig_conf conf = { .features = v->features, .devargs = "recover=1",
		.mode = MODEL_INLINE, .vectors = hint };
	struct rig *r = loss_up(&conf);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	unsigned int i, n;

	for (n = 0; n < 2; n++) {
		for (i = 0; i < RTE_DIM(pause_ms); i++) {
			lost_and_back(r, hint, pause_ms[i]);
			/* Not long enough to count as well. */
			for (unsigned int k = 0; k < 98; k++)
				tick_after(100);
		}
		assert_int_equal(loss_events, (n + 1) * RTE_DIM(pause_ms));
		for (i = 0; i < 2; i++)
			tick_after(100);
		log_capture_start();
	}
	rig_traffic(r, 0, KEY, s, 10);
	loss_end(r, s);
}

static void
a_device_that_flaps(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		flaps(&rig_kinds[k], false);
		flaps(&rig_kinds[k], true);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped_and_polled_on),
		cmocka_unit_test(ops_are_kept_until_the_bound),
		cmocka_unit_test(ops_are_kept_until_stop),
		cmocka_unit_test(gone_is_for_good),
		cmocka_unit_test(gone_while_it_is_recovered),
		cmocka_unit_test(sent_again_within_the_bound),
		cmocka_unit_test(back_unseen_and_lost),
		cmocka_unit_test(recovery_leaves_the_threads_words),
		cmocka_unit_test(a_device_that_flaps),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

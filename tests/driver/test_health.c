/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Devices that fail while they are used: they ask for a reset, are not ready any more,
 * or are gone.  The application is told once, every op comes back once, nothing hangs;
 * stop and start, or recover=1, bring the device back.
 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "fake_pci_regs.h"
#include "loss.h"
#include "reference.h"

#define KEY	0x29

enum failure {
	NEEDS_RESET,
	NOT_READY,
	GONE,
	NB_FAILURES
};

static void
fail_device(struct rig *r, enum failure how)
{
	switch (how) {
	case NEEDS_RESET:
		fake_pci_break(r->f);
		break;
	case NOT_READY:
		loss_set_ready(r, false);
		break;
	default:
		fake_pci_remove(r->f);
		break;
	}
	r->m.data_silent = true;
}

static void
repair_device(struct rig *r, enum failure how)
{
	if (how == NOT_READY) {
		loss_set_ready(r, true);
	} else if (how == GONE) {
		r->f->gone_at = FAKE_PCI_NEVER;		/* plugged in again */
		fake_pci_regs_reset(r->f);
	}
	r->m.data_silent = false;
}

/* ---- without recovery ---- */

static void
fails_in_mid_burst(const struct rig_variant *v, enum failure how)
{
	struct rig *r = loss_open(v, NULL);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][LOSS_NB], *more;
	unsigned int q, i;

	assert_int_equal(rig_tick(), 1);
	rig_traffic(r, 0, KEY, s, 30);
	loss_send_both(r, s, op);
	fail_device(r, how);
	for (i = 0; i < 3; i++)
		rig_tick();
	assert_int_equal(loss_events, 1);
	/* What the transport saw, and what became of the device. */
	assert_int_equal(log_capture_errors(), how == NOT_READY ? 1 : 2);
	assert_int_equal(log_capture_count("requests in flight come back with errors"), 1);
	log_capture_start();
	more = rig_op(s, 64);
	for (q = 0; q < 2; q++) {
		assert_int_equal(rig_enqueue(r, (uint16_t)q, &more, 1), 0);
		loss_all_come_back(r, (uint16_t)q, op[q], LOSS_NB);
		loss_free_all(op[q], LOSS_NB, RTE_CRYPTO_OP_STATUS_ERROR);
		assert_int_equal(rig_enqueue(r, (uint16_t)q, &more, 1), 0);
	}
	assert_null(rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT));
	assert_int_equal(rte_errno, EAGAIN);
	rig_op_free(more);
	log_capture_start();
	rte_cryptodev_stop(r->id);
	repair_device(r, how);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	rig_session_free(r, s);
	s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	for (q = 0; q < 2; q++)
		rig_traffic(r, (uint16_t)q, KEY, s, 70);
	assert_int_equal(rig_tick(), 1);
	assert_int_equal(loss_events, 1);
	assert_int_equal(log_capture_errors(), 0);
	loss_end(r, s);
}

static void
failures_in_mid_burst(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_FAILURES; how++)
			fails_in_mid_burst(&rig_kinds[k], how);
}

/* Stopped before anybody noticed, or before the ops were dequeued. */
static void
stopped_when_it_fails(const struct rig_variant *v, enum failure how, bool noticed)
{
	struct rig *r = loss_open(v, NULL);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][LOSS_NB];
	unsigned int q;

	loss_send_both(r, s, op);
	fail_device(r, how);
	if (noticed)
		rig_tick();
	rte_cryptodev_stop(r->id);
	assert_int_equal(loss_events, noticed);
	assert_int_equal(rig_tick(), 0);	/* nobody watches a stopped device */
	repair_device(r, how);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	log_capture_start();
	for (q = 0; q < 2; q++) {
		loss_all_come_back(r, (uint16_t)q, op[q], LOSS_NB);
		loss_free_all(op[q], LOSS_NB, RTE_CRYPTO_OP_STATUS_ERROR);
	}
	rig_session_free(r, s);
	s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	assert_non_null(s);
	for (q = 0; q < 2; q++)
		rig_traffic(r, (uint16_t)q, KEY, s, 70);
	loss_end(r, s);
}

static void
failures_around_stop(void **state)
{
	unsigned int k, how, noticed;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_FAILURES; how++)
			for (noticed = 0; noticed < 2; noticed++)
				stopped_when_it_fails(&rig_kinds[k], how, noticed);
}

static void
removed_when_it_fails(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_FAILURES; how++) {
			struct rig *r = loss_open(&rig_kinds[k], NULL);
			void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
			struct rte_crypto_op *op[2][LOSS_NB];
			unsigned int q, i;

			loss_send_both(r, s, op);
			fail_device(r, how);
			rig_tick();
			log_capture_start();
			rig_session_free(r, s);
			loss_forget(r);
			/* Started: removal stops it, and hands the ops back to nobody. */
			rig_remove(r);
			for (q = 0; q < 2; q++)
				for (i = 0; i < LOSS_NB; i++)
					ops_free(op[q][i]);
			log_capture_start();
			rig_close(r);
		}
}

/* ---- with recover=1 ---- */

/* Did the op come back with the right ciphertext? */
static bool
right(struct rte_crypto_op *op, uint32_t seed)
{
	uint8_t key[16], in[64], want[64];
	struct ref_key k = { key, sizeof(key), rig_iv(op), 16 };
	struct rte_mbuf *m = op->sym->m_dst != NULL ? op->sym->m_dst : op->sym->m_src;

	memset(key, KEY, sizeof(key));
	rig_pattern(in, sizeof(in), seed);
	ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CBC, true, &k, want, in, sizeof(in));
	return memcmp(rte_pktmbuf_mtod(m, uint8_t *), want, sizeof(want)) == 0;
}

/* Ops that can be sent again are, the others come back with an error; each once. */
static void
check_recovered(struct rig *r, uint16_t q, struct rte_crypto_op **op)
{
	struct rte_crypto_op *sent[LOSS_NB];
	unsigned int i, k, nb_ok = 0;

	memcpy(sent, op, sizeof(sent));
	loss_all_come_back(r, q, op, LOSS_NB);
	for (i = 0; i < LOSS_NB; i++) {
		for (k = 0; sent[k] != op[i]; k++)
			;
		if (op[i]->sym->m_dst == NULL) {
			assert_int_equal(op[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
		} else {
			assert_int_equal(op[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
			assert_true(right(op[i], LOSS_SEED(q, k)));
			nb_ok++;
		}
		ops_free(op[i]);
	}
	assert_int_equal(nb_ok, LOSS_NB / 2);
}

static void
recovers(const struct rig_variant *v, enum failure how)
{
	struct rig *r = loss_open(v, "recover=1");
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT), *idle;
	struct rte_crypto_op *op[2][LOSS_NB], *none;
	unsigned int q, i;

	idle = rig_cbc_session(r, 0x77, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	rig_traffic(r, 0, KEY, s, 30);
	loss_send_both(r, s, op);
	fail_device(r, how);
	rig_tick();
	assert_int_equal(loss_events, 1);
	repair_device(r, how);
	/* Not before each queue pair was looked at by its owner. */
	for (i = 0; i < 3; i++)
		rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 0);
	for (q = 0; q < 2; q++)
		rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 0);
	rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 1);
	assert_int_equal(r->m.nb_sessions, 2);
	log_capture_start();
	for (q = 0; q < 2; q++)
		check_recovered(r, (uint16_t)q, op[q]);
	/* Handles are still good, and the device is watched again. */
	for (q = 0; q < 2; q++) {
		rig_traffic(r, (uint16_t)q, KEY, s, 70);
		rig_traffic(r, (uint16_t)q, 0x77, idle, 10);
	}
	assert_int_equal(rig_tick(), 1);
	rig_session_free(r, s);
	rig_session_free(r, idle);
	assert_int_equal(r->m.nb_sessions, 0);
	assert_int_equal(log_capture_errors(), 0);
	loss_down(r);
}

static void
recovery(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < GONE; how++)	/* test_return.c: gone is for good */
			recovers(&rig_kinds[k], how);
}

/* It stays down for a while, and comes back then; or the application gives up. */
static void
recovery_takes_several_tries(void **state)
{
	unsigned int k, i, q;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = loss_open(&rig_kinds[k], "recover=1");
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[2][LOSS_NB], *none;

		loss_send_both(r, s, op);
		fail_device(r, NOT_READY);
		rig_tick();
		for (q = 0; q < 2; q++)
			rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 0);
		for (i = 0; i < 5; i++)
			assert_int_equal(rig_tick(), 1);
		assert_int_equal(log_capture_count("the device is back"), 0);
		if (k % 2 == 0) {
			repair_device(r, NOT_READY);
			rig_tick();
			assert_int_equal(log_capture_count("the device is back"), 1);
			for (q = 0; q < 2; q++)
				check_recovered(r, (uint16_t)q, op[q]);
			rig_traffic(r, 0, KEY, s, 10);
		} else {
			rte_cryptodev_stop(r->id);
			repair_device(r, NOT_READY);
			log_capture_start();
			assert_int_equal(rte_cryptodev_start(r->id), 0);
			for (q = 0; q < 2; q++) {
				loss_all_come_back(r, (uint16_t)q, op[q], LOSS_NB);
				loss_free_all(op[q], LOSS_NB, RTE_CRYPTO_OP_STATUS_ERROR);
			}
		}
		log_capture_start();
		assert_int_equal(loss_events, 1);
		loss_end(r, s);
	}
}

/* The burst functions were chosen at the start: a device that comes back with another
 * ring layout on offer is used with the one it had, or not at all before a restart.
 */
static void
back_with_another_layout(const struct rig_variant *was, const struct rig_variant *is)
{
	bool can;
	struct rig *r = loss_open(was, "recover=1");
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][LOSS_NB], *none;
	unsigned int q;

	rig_traffic(r, 0, KEY, s, 70);
	loss_send_both(r, s, op);
	fail_device(r, NEEDS_RESET);
	rig_tick();
	for (q = 0; q < 2; q++)
		rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 0);
	repair_device(r, NEEDS_RESET);
	r->f->device_features = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | is->features;
	rig_tick();
	can = log_capture_count("the device is back") != 0;
	assert_true(can || was != is);
	if (can) {
		for (q = 0; q < 2; q++)
			check_recovered(r, (uint16_t)q, op[q]);
		rig_traffic(r, 1, KEY, s, 70);
	} else {
		assert_int_equal(log_capture_count("came back with other rings"), 1);
		for (q = 0; q < 2; q++) {
			assert_int_equal(rig_enqueue(r, (uint16_t)q, op[q], 1), 0);
			assert_int_equal(rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 1),
					1);
			ops_free(none);
		}
	}
	rte_cryptodev_stop(r->id);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	if (!can)
		for (q = 0; q < 2; q++) {
			struct rte_crypto_op *rest[LOSS_NB];
			unsigned int i, n = rig_dequeue(r, (uint16_t)q, rest, LOSS_NB);

			assert_int_equal(n, LOSS_NB - 1);
			for (i = 0; i < n; i++) {
				assert_int_equal(rest[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
				ops_free(rest[i]);
			}
		}
	rig_session_free(r, s);
	s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	rig_traffic(r, 0, KEY, s, 70);
	loss_end(r, s);
}

static void
recovery_keeps_the_layout(void **state)
{
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(rig_kinds); i++)
		for (k = 0; k < RTE_DIM(rig_kinds); k++)
			back_with_another_layout(&rig_kinds[i], &rig_kinds[k]);
}

/* INDIRECT_DESC says what a request in the ring is: it may neither go nor come. */
static void
recovery_keeps_the_form(void **state)
{
	const struct rig_variant *direct;
	unsigned int i;

	(void)state;
	for (i = 0; i + 1 < rig_nb_variants; i++) {
		direct = &rig_variants[i];
		if (direct[1].features != (direct->features | VIRTIO_F_INDIRECT_DESC))
			continue;
		back_with_another_layout(direct, direct + 1);
		back_with_another_layout(direct + 1, direct);
	}
}

/* A session that the device does not take again is not used for another one's. */
static void
sessions_that_are_lost(void **state)
{
	struct rig *r = loss_open(&rig_kinds[0], "recover=1");
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op = rig_op(s, 64), *none;
	unsigned int q;

	(void)state;
	fail_device(r, NEEDS_RESET);
	rig_tick();
	for (q = 0; q < 2; q++)
		rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 0);
	repair_device(r, NEEDS_RESET);
	r->m.ctrl_status = VIRTIO_CRYPTO_NOSPC;
	rig_tick();
	assert_int_equal(log_capture_count("1 sessions could not be made again"), 1);
	r->m.ctrl_status = MODEL_NONE;
	log_capture_start();
	for (q = 0; q < 2; q++)
		rte_cryptodev_dequeue_burst(r->id, (uint16_t)q, &none, 0);
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	assert_int_equal(r->m.nb_data, 0);
	rig_op_free(op);
	loss_end(r, s);
}

/* ---- ops of every sort in flight ---- */

enum sort {
	UNITS,			/* several requests */
	SEGMENTS_APART,		/* a table of its own, and can be sent again */
	SEGMENTS_IN_PLACE,
	DIGEST,			/* writes no payload: can be sent again */
	NB_SORTS
};

struct sorts {
	uint8_t key[64];
	void *session[NB_SORTS];
	struct rte_crypto_op *op[NB_SORTS];
	struct ops_buffers b[NB_SORTS];
};

static void
sort_sessions(struct sorts *o, struct rig *r)
{
	struct rte_crypto_sym_xform c = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = { .op = RTE_CRYPTO_CIPHER_OP_ENCRYPT, .iv = { RIG_IV, 16 },
			.key = { o->key, 32 }, .algo = RTE_CRYPTO_CIPHER_AES_XTS,
			.dataunit_len = 64 } };
	struct rte_crypto_sym_xform a = { .type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = { .op = RTE_CRYPTO_AUTH_OP_GENERATE, .key = { o->key, 20 },
			.algo = RTE_CRYPTO_AUTH_SHA1_HMAC, .digest_length = 20 } };

	ops_key(o->key, sizeof(o->key), 1);
	o->session[UNITS] = rig_session(r, &c);
	c.cipher.dataunit_len = 0;
	c.cipher.algo = RTE_CRYPTO_CIPHER_AES_CTR;
	o->session[SEGMENTS_APART] = rig_session(r, &c);
	o->session[SEGMENTS_IN_PLACE] = rig_session(r, &c);
	o->session[DIGEST] = rig_session(r, &a);
}

static void
sort_ops(struct sorts *o)
{
	static const enum ops_shape shape[NB_SORTS] = { OPS_IN_PLACE, OPS_SGL_TO_SGL,
		OPS_IN_PLACE_SGL, OPS_IN_PLACE };
	unsigned int i;

	for (i = 0; i < NB_SORTS; i++) {
		struct rte_crypto_op *op = ops_bare(o->session[i]);

		ops_buffers(op, &o->b[i], shape[i], 6, 0, 256, i);
		op->sym->cipher.data.offset = 0;
		op->sym->cipher.data.length = 256;
		if (i == DIGEST) {
			op->sym->auth.data.offset = 0;
			op->sym->auth.data.length = 256;
			op->sym->auth.digest.data = ops_digest(op);
			op->sym->auth.digest.phys_addr = 0;
		}
		o->op[i] = op;
	}
}

static void
check_sorts(struct sorts *o, bool recovered)
{
	struct ref_key k = { o->key, 32, rig_iv(o->op[SEGMENTS_APART]), 16 };
	uint8_t want[OPS_MAX], digest[64];
	unsigned int i;

	for (i = 0; i < NB_SORTS; i++) {
		bool again = recovered && (i == SEGMENTS_APART || i == DIGEST);

		assert_int_equal(o->op[i]->status, again ? RTE_CRYPTO_OP_STATUS_SUCCESS :
				RTE_CRYPTO_OP_STATUS_ERROR);
	}
	if (!recovered)
		return;
	ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CTR, true, &k, want, o->b[SEGMENTS_APART].src, 256);
	assert_true(ops_result_is(o->op[SEGMENTS_APART], &o->b[SEGMENTS_APART], 0, want, 256));
	ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, o->key, 20, digest, o->b[DIGEST].src, 256);
	assert_memory_equal(ops_digest(o->op[DIGEST]), digest, 20);
}

static void
every_sort_comes_back(const struct rig_variant *v, bool recover)
{
	struct rig *r = loss_open(v, recover ? "recover=1" : NULL);
	struct rte_crypto_op *got[NB_SORTS], *none;
	struct sorts o;
	unsigned int i, n;

	sort_sessions(&o, r);
	sort_ops(&o);
	r->m.data_silent = true;
	memcpy(got, o.op, sizeof(got));
	assert_int_equal(rig_enqueue(r, 0, got, NB_SORTS), NB_SORTS);
	fail_device(r, NEEDS_RESET);
	rig_tick();
	for (i = 0; i < 2; i++)
		rte_cryptodev_dequeue_burst(r->id, (uint16_t)i, &none, 0);
	repair_device(r, NEEDS_RESET);
	if (recover) {
		rig_tick();
	} else {
		rte_cryptodev_stop(r->id);
		assert_int_equal(rte_cryptodev_start(r->id), 0);
	}
	loss_all_come_back(r, 0, got, NB_SORTS);
	check_sorts(&o, recover);
	if (!recover) {
		for (i = 0; i < NB_SORTS; i++)
			rig_session_free(r, o.session[i]);
		sort_sessions(&o, r);
	}
	/* Nothing that they took is gone: tables, groups, slots. */
	for (n = 0; n < 20; n++)
		for (i = 0; i < NB_SORTS; i++) {
			rte_crypto_op_attach_sym_session(o.op[i], o.session[i]);
			assert_int_equal(rig_run(r, o.op[i]), RTE_CRYPTO_OP_STATUS_SUCCESS);
		}
	for (i = 0; i < NB_SORTS; i++) {
		ops_free(o.op[i]);
		rig_session_free(r, o.session[i]);
	}
	loss_down(r);
}

static void
every_sort_of_op(void **state)
{
	unsigned int k, recover;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (recover = 0; recover < 2; recover++)
			every_sort_comes_back(&rig_kinds[k], recover);
}

/* ---- alone ---- */

/* Each failure without anything in flight, and again after it was brought back. */
static void
failures_of_an_idle_device(void **state)
{
	unsigned int k, how, n;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = loss_open(&rig_kinds[k], NULL);

		for (n = 0, how = 0; n < 6; n++, how = n % NB_FAILURES) {
			fail_device(r, how);
			rig_tick();
			assert_int_equal(loss_events, n + 1);
			rte_cryptodev_stop(r->id);
			repair_device(r, how);
			assert_int_equal(rte_cryptodev_start(r->id), 0);
		}
		log_capture_start();
		loss_down(r);
	}
}

/* The library must forget a device that its application has forgotten. */
static void
no_watch_is_left(void **state)
{
	struct rig *r = loss_open(&rig_kinds[0], NULL);

	(void)state;
	assert_int_equal(rig_tick(), 1);
	loss_down(r);
	assert_int_equal(rig_tick(), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_in_mid_burst),
		cmocka_unit_test(failures_around_stop),
		cmocka_unit_test(removed_when_it_fails),
		cmocka_unit_test(recovery),
		cmocka_unit_test(recovery_takes_several_tries),
		cmocka_unit_test(recovery_keeps_the_layout),
		cmocka_unit_test(recovery_keeps_the_form),
		cmocka_unit_test(sessions_that_are_lost),
		cmocka_unit_test(every_sort_of_op),
		cmocka_unit_test(failures_of_an_idle_device),
		cmocka_unit_test(no_watch_is_left),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

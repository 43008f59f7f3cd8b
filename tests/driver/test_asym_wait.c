/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric ops whose session the device does not have yet: what becomes of them, and of
 * other ops of their queue pair, while the control queue is silent.
 */
#include <string.h>
#include <unistd.h>

#include <rte_memory.h>

#include "asym_ops.h"
#include "session/vcrypto_asym_keys.h"

#define CTRL	2	/* the control queue, behind two data queues */
#define WAITING	3

struct waiting {
	struct rig *r;
	void *s, *sym;
	struct rte_crypto_op *op[WAITING];
	unsigned int nb_late;	/* sessions that come too late, and that nobody knows */
};

/* Three ops of one session that the device does not have yet, taken at once. */
static void
wait_begin(struct waiting *w, unsigned int kind, const char *devargs)
{
	struct rig *r = asym_up_with(rig_kinds[kind].features, MODEL_INLINE, devargs);
	struct rte_crypto_op *got;
	unsigned int i;

	w->r = r;
	w->nb_late = 0;
	w->s = asym_session(r, true);
	w->sym = rig_cbc_session(r, 3, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	r->m.ak_result = asym_msg;
	r->m.ak_len = ASYM_N;
	r->m.ctrl_silent = true;
	for (i = 0; i < WAITING; i++)
		w->op[i] = asym_rsa_op(w->s, RTE_CRYPTO_ASYM_OP_ENCRYPT,
				RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL);
	assert_int_equal(rig_enqueue(r, 0, w->op, WAITING), WAITING);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 0);
	assert_int_equal(r->m.nb_data, 0);
}

static void
wait_end(struct waiting *w, uint8_t status)
{
	struct rte_crypto_op *got[WAITING + 1];
	unsigned int i;

	assert_int_equal(rte_cryptodev_dequeue_burst(w->r->id, 0, got, WAITING + 1), WAITING);
	for (i = 0; i < WAITING; i++) {
		assert_int_equal(w->op[i]->status, status);
		rte_crypto_op_free(w->op[i]);
	}
	w->r->m.ctrl_silent = false;
	model_work_queue(&w->r->m, CTRL);
	rig_session_free(w->r, w->sym);
	assert_int_equal(rte_cryptodev_asym_session_free(w->r->id, w->s), 0);
	assert_int_equal(w->r->m.nb_sessions, w->nb_late);
	rig_close(w->r);
}

/* Other ops of the queue pair overtake them; one command makes the session for all. */
static void
ops_wait_for_their_session(void **state)
{
	struct rte_crypto_op *cbc, *got;
	struct waiting w;
	unsigned int k;

	(void)state;
	for (k = 0; k < 4; k++) {
		wait_begin(&w, k, NULL);
		cbc = rig_op(w.sym, 64);
		assert_int_equal(rig_run(w.r, cbc), OK);
		rig_op_free(cbc);
		w.r->m.ctrl_silent = false;
		assert_int_equal(model_work_queue(&w.r->m, CTRL), 1);
		/* This sends them, and the device is quick. */
		got = NULL;
		assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, &got, 0), 0);
		assert_int_equal(w.r->m.nb_data, 1 + WAITING);
		assert_int_equal(w.r->m.nb_creates, 2);
		wait_end(&w, OK);
	}
}

static void
ops_wait_for_a_refusal(void **state)
{
	struct waiting w;

	(void)state;
	wait_begin(&w, 0, NULL);
	w.r->m.ctrl_silent = false;
	w.r->m.ctrl_status = VIRTIO_CRYPTO_NOTSUPP;
	assert_int_equal(model_work_queue(&w.r->m, CTRL), 1);
	w.r->m.ctrl_status = MODEL_NONE;
	wait_end(&w, ILLEGAL);
}

/* The wait has its bound, and whoever polls finds that it is over. */
static void
ops_wait_for_nothing(void **state)
{
	struct rte_crypto_op *none;
	struct waiting w;

	(void)state;
	wait_begin(&w, 0, "ctrl_timeout_ms=1");
	usleep(5000);
	assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, &none, 0), 0);
	rig_expect_errors(1, "no answer on the control queue");
	w.nb_late = 1;
	wait_end(&w, FAILED);
}

/* A stop sends nothing any more, and gives them back. */
static void
ops_that_wait_are_stopped(void **state)
{
	struct waiting w;

	(void)state;
	wait_begin(&w, 0, NULL);
	rte_cryptodev_stop(w.r->id);
	assert_int_equal(rte_cryptodev_start(w.r->id), 0);
	assert_int_equal(w.r->m.nb_data, 0);
	wait_end(&w, FAILED);
}

/* A device that is lost takes nobody's op with it, recover=1 or not. */
static void
ops_that_wait_survive_a_loss(void **state)
{
	struct rte_crypto_op *none;
	struct waiting w;
	unsigned int recover;

	(void)state;
	for (recover = 0; recover < 2; recover++) {
		wait_begin(&w, 0, recover ? "recover=1" : NULL);
		fake_pci_break(w.r->f);
		rig_tick();
		assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, &none, 0), 0);
		log_capture_start();
		wait_end(&w, FAILED);
	}
}

/* Their command is on its way when they are given back; its answer is no other op's. */
static void
late_answers_are_nobody_elses(void **state)
{
	struct rte_crypto_op *op, *got[WAITING + 1];
	struct waiting w;
	struct model *m;
	unsigned int i;

	(void)state;
	wait_begin(&w, 0, NULL);
	m = &w.r->m;
	rte_cryptodev_stop(w.r->id);
	assert_int_equal(rte_cryptodev_start(w.r->id), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, got, WAITING + 1), WAITING);
	op = asym_rsa_op(w.s, RTE_CRYPTO_ASYM_OP_DECRYPT, RTE_CRYPTO_RSA_PADDING_NONE,
			RTE_CRYPTO_AUTH_NULL);
	assert_int_equal(rig_enqueue(w.r, 0, &op, 1), 1);
	/* The first command is that of the others, for the public key. */
	m->ctrl_silent = false;
	assert_int_equal(model_take(m, CTRL, 1), 1);
	model_complete(m, CTRL, 0);
	model_publish(m, CTRL);
	assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, got, 0), 0);
	assert_int_equal(m->nb_data, 0);
	assert_int_equal(model_work_queue(m, CTRL), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, got, 0), 0);
	assert_int_equal(m->nb_data, 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, got, 1), 1);
	assert_int_equal(op->status, OK);
	rte_crypto_op_free(op);
	for (i = 0; i < WAITING; i++)
		rte_crypto_op_free(w.op[i]);
	rig_session_free(w.r, w.sym);
	asym_free_session(w.r, w.s);
	rig_close(w.r);
}

/* A queue pair may be handed over to a secondary process while its ops are in flight or
 * wait: what it releases when they are done must be there too.
 */
static void
references_lie_in_shared_memory(void **state)
{
	struct rte_cryptodev_asym_session *sess;
	struct vcrypto_asym_session s;
	struct waiting w;

	(void)state;
	wait_begin(&w, 0, NULL);
	sess = w.s;
	memcpy(&s, CRYPTODEV_GET_ASYM_SESS_PRIV(sess), sizeof(s));
	assert_non_null(rte_mem_virt2memseg_list(s.keys));
	assert_non_null(s.keys->entries[w.r->id]);
	assert_int_equal(s.keys->entries[w.r->id]->refs, WAITING);
	assert_non_null(rte_mem_virt2memseg_list(s.keys->entries[w.r->id]));
	rte_cryptodev_stop(w.r->id);
	assert_int_equal(s.keys->entries[w.r->id]->refs, 0);
	wait_end(&w, FAILED);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ops_wait_for_their_session),
		cmocka_unit_test(ops_wait_for_a_refusal),
		cmocka_unit_test(ops_wait_for_nothing),
		cmocka_unit_test(ops_that_wait_are_stopped),
		cmocka_unit_test(ops_that_wait_survive_a_loss),
		cmocka_unit_test(late_answers_are_nobody_elses),
		cmocka_unit_test(references_lie_in_shared_memory),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, asym_prepare, asym_done);
}

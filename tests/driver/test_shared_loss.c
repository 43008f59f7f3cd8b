/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Many sessions of one device on another that is lost, or that refuses each of them: more
 * than the control queue takes at a time, and more than may wait.
 */
#include <unistd.h>

#include <cryptodev_pmd.h>

#include "drivers/crypto/vcrypto/data/vcrypto_wait.h"
#include "rig.h"

#define KEY		0x3c
#define CTRL		2	/* the control queue, behind two data queues */
#define NB		40	/* sessions: more than create commands are in flight */
#define BOUND		(4 * NB)	/* dequeues until each op must be back */
#define BAD_SESSION	RTE_CRYPTO_OP_STATUS_INVALID_SESSION

struct foreign {
	struct rig *r[2];		/* r[0] made the sessions, r[1] is used */
	void *s[NB];
	struct rte_crypto_op *op[NB];
};

static struct rig *
open_foreign(unsigned int kind, uint32_t nb_desc, const char *devargs)
{
	struct rig_conf conf = { .features = rig_kinds[kind].features, .mode = MODEL_INLINE,
		.devargs = devargs };

	return rig_up(&conf, 1, nb_desc);
}

/* The ops are out of place, so that they can be sent again. */
static void
foreign_begin(struct foreign *w, unsigned int kind, uint32_t nb_desc, const char *devargs)
{
	unsigned int i;

	w->r[0] = open_foreign((kind + 1) % 4, 64, NULL);
	w->r[1] = open_foreign(kind, nb_desc, devargs);
	for (i = 0; i < NB; i++) {
		w->s[i] = rig_cbc_session(w->r[0], KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		assert_non_null(w->s[i]);
		w->op[i] = rig_op_apart(w->s[i], 64);
	}
}

static void
foreign_end(struct foreign *w)
{
	unsigned int i;

	for (i = 0; i < NB; i++) {
		rig_op_free(w->op[i]);
		rig_session_free(w->r[1], w->s[i]);
	}
	assert_int_equal(w->r[0]->m.nb_sessions + w->r[1]->m.nb_sessions, 0);
	for (i = 2; i-- > 0;) {
		log_capture_start();
		rig_close(w->r[i]);
	}
}

/* Each of the nb ops comes back once, with this status. */
static void
foreign_all_back(struct foreign *w, unsigned int nb, uint8_t status)
{
	struct rte_crypto_op *got[NB + 1];
	bool seen[NB] = { false };
	unsigned int i, k, n = 0;

	for (i = 0; i < BOUND; i++)
		n += rte_cryptodev_dequeue_burst(w->r[1]->id, 0, got + n, (uint16_t)(NB + 1 - n));
	assert_int_equal(n, nb);
	for (i = 0; i < nb; i++) {
		for (k = 0; k < NB && w->op[k] != got[i]; k++)
			;
		assert_in_range(k, 0, NB - 1);
		assert_false(seen[k]);
		seen[k] = true;
		assert_int_equal(got[i]->status, status);
	}
}

/* ---- lost ---- */

/* Each op is in flight when the device is lost; the device is back, and has answered none of
 * the commands that create the sessions again.
 */
static void
lose_in_flight(struct foreign *w)
{
	struct rig *r = w->r[1];
	struct rte_crypto_op *none;
	unsigned int i, creates;

	for (i = 0; i < NB; i++)
		rig_traffic(r, 0, KEY, w->s[i], 1);
	r->m.mode = MODEL_PUMPED;
	assert_int_equal(rig_enqueue(r, 0, w->op, NB), NB);
	fake_pci_break(r->f);
	rig_tick();
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &none, 1), 0);
	r->m.mode = MODEL_INLINE;
	rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 1);
	log_capture_start();
	r->m.ctrl_silent = true;
	creates = (unsigned int)r->m.nb_creates;
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &none, 1), 0);
	assert_int_equal(r->m.nb_creates, creates);
}

/* Enqueue takes nothing that would overtake, and what is counted is what the program did. */
static void
sent_again_bit_by_bit(void **state)
{
	struct rte_cryptodev_stats before, after;
	struct rte_crypto_op *more;
	struct foreign w;
	unsigned int kind;

	(void)state;
	for (kind = 0; kind < 4; kind++) {
		foreign_begin(&w, kind, 64, "recover=1,recover_timeout_ms=60000");
		lose_in_flight(&w);
		assert_int_equal(rte_cryptodev_stats_get(w.r[1]->id, &before), 0);
		assert_int_equal(before.enqueued_count, before.dequeued_count + NB);
		more = rig_op(w.s[0], 64);
		assert_int_equal(rig_enqueue(w.r[1], 0, &more, 1), 0);
		rig_op_free(more);
		w.r[1]->m.ctrl_silent = false;
		model_work_queue(&w.r[1]->m, CTRL);
		foreign_all_back(&w, NB, RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_int_equal(rte_cryptodev_stats_get(w.r[1]->id, &after), 0);
		assert_int_equal(after.enqueued_count, before.enqueued_count);
		assert_int_equal(after.dequeued_count, after.enqueued_count);
		rig_traffic(w.r[1], 0, KEY, w.s[0], 10);
		foreign_end(&w);
	}
}

/* Lost once more, or stopped, while some are sent and others are not: each comes back. */
static void
sent_again_in_part(void **state)
{
	struct foreign w;
	unsigned int how;

	(void)state;
	for (how = 0; how < 2; how++) {
		foreign_begin(&w, how, 64, "recover=1,recover_timeout_ms=60000");
		lose_in_flight(&w);
		if (how == 0) {
			fake_pci_remove(w.r[1]->f);
			rig_tick();
		} else {
			rte_cryptodev_stop(w.r[1]->id);
		}
		foreign_all_back(&w, NB, RTE_CRYPTO_OP_STATUS_ERROR);
		w.r[1]->m.ctrl_silent = false;
		if (how == 0)
			rte_cryptodev_stop(w.r[1]->id);
		else
			model_work_queue(&w.r[1]->m, CTRL);
		foreign_end(&w);
	}
}

/* The sessions do not come in time. */
static void
sent_again_until_the_bound(void **state)
{
	struct rte_crypto_op *got[NB];
	struct foreign w;
	unsigned int n, i;

	(void)state;
	foreign_begin(&w, 0, 64, "recover=1,recover_timeout_ms=20");
	lose_in_flight(&w);
	usleep(40000);
	n = rte_cryptodev_dequeue_burst(w.r[1]->id, 0, got, NB);
	assert_in_range(n, 1, NB - 1);	/* the others wait for commands in flight */
	for (i = 0; i < n; i++)
		assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
	w.r[1]->m.ctrl_silent = false;
	model_work_queue(&w.r[1]->m, CTRL);
	foreign_all_back(&w, NB - n, RTE_CRYPTO_OP_STATUS_SUCCESS);
	foreign_end(&w);
}

/* ---- refused ---- */

/* The device refuses each session just before the next op comes: the op moves from its place
 * among those that wait to the done ring, and makes room for one more.  As within one burst,
 * nobody dequeues meanwhile.
 */
static void
refused_while_others_come(void **state)
{
	enum vcrypto_verdict v = VCRYPTO_BUILT;
	struct vcrypto_qp *qp;
	struct foreign w;
	unsigned int kind, n;

	(void)state;
	for (kind = 0; kind < 4; kind++) {
		foreign_begin(&w, kind, 8, NULL);
		qp = rte_cryptodev_pmd_get_dev(w.r[1]->id)->data->queue_pairs[0];
		assert_true(qp->done_mask + 1 < NB);
		w.r[1]->m.ctrl_status = VIRTIO_CRYPTO_NOSPC;
		for (n = 0; n < NB; n++) {
			w.r[1]->m.ctrl_silent = true;
			v = vcrypto_wait_take(qp, qp->dev->kind, w.op[n]);
			w.r[1]->m.ctrl_silent = false;
			if (v != VCRYPTO_BUILT)
				break;
			assert_int_equal(model_work_queue(&w.r[1]->m, CTRL), 1);
		}
		assert_int_equal(v, VCRYPTO_FULL);
		assert_int_equal(vcrypto_done_count(qp), qp->size + 1);
		foreign_all_back(&w, n, BAD_SESSION);
		w.r[1]->m.ctrl_status = MODEL_NONE;
		foreign_end(&w);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sent_again_bit_by_bit),
		cmocka_unit_test(sent_again_in_part),
		cmocka_unit_test(sent_again_until_the_bound),
		cmocka_unit_test(refused_while_others_come),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

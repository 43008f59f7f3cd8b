/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One session on several devices of the driver: made on one, used and freed on others, while
 * devices are removed, reset, full, or silent.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "asym_ops.h"
#include "ops.h"
#include "device/vcrypto_device.h"

#define KEY		0x3c
#define SIZE		64	/* descriptors of a queue pair */
#define CTRL		2	/* the control queue, behind two data queues */
#define NB_MAX		3	/* devices at a time */
#define BAD_SESSION	RTE_CRYPTO_OP_STATUS_INVALID_SESSION

/* ---- several devices ---- */

static struct rig *
open_one(unsigned int kind, enum model_mode mode, const char *devargs)
{
	struct rig_conf conf = { .features = rig_kinds[kind % 4].features, .mode = mode,
		.devargs = devargs };

	return rig_up(&conf, 1, SIZE);
}

static void
open_all(struct rig *r[], unsigned int nb, unsigned int kind)
{
	unsigned int i;

	/* Each has another kind of ring. */
	for (i = 0; i < nb; i++)
		r[i] = open_one(kind + i, MODEL_INLINE, NULL);
}

/* The last opened first, since each looks at the memory that was in use before it. */
static void
close_all(struct rig *r[], unsigned int nb)
{
	while (nb-- > 0) {
		rig_close(r[nb]);
		log_capture_start();
	}
	log_capture_stop();
}

static void *
cbc(struct rig *r, uint8_t key)
{
	return rig_cbc_session(r, key, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
}

/* ---- use ---- */

/* The first op makes it there, and the device that made it is not asked. */
static void
used_on_every_device(void **state)
{
	struct rig *r[NB_MAX];
	unsigned int kind, i, home;

	(void)state;
	for (kind = 0; kind < 4; kind++)
		for (home = 0; home < NB_MAX; home++) {
			void *s;

			open_all(r, NB_MAX, kind);
			s = cbc(r[home], KEY);
			for (i = 0; i < NB_MAX; i++) {
				rig_traffic(r[i], 0, KEY, s, 100);
				rig_traffic(r[home], 0, KEY, s, 10);
				assert_int_equal(r[i]->m.nb_creates, 1);
			}
			rig_session_free(r[(home + 1) % NB_MAX], s);
			for (i = 0; i < NB_MAX; i++) {
				assert_int_equal(r[i]->m.nb_sessions, 0);
				assert_int_equal(r[i]->m.nb_destroys, 1);
			}
			close_all(r, NB_MAX);
		}
}

/* Made by turns, used on another, freed on a third: the counters meet. */
static void
many_sessions_by_turns(void **state)
{
	struct rig *r[NB_MAX];
	unsigned int n, i;

	(void)state;
	open_all(r, NB_MAX, 0);
	for (n = 0; n < 2000; n++) {
		void *s = cbc(r[n % NB_MAX], (uint8_t)n);

		assert_non_null(s);
		rig_traffic(r[(n + 1) % NB_MAX], 0, (uint8_t)n, s, 1);
		rig_session_free(r[(n / 3) % NB_MAX], s);
	}
	for (i = 0; i < NB_MAX; i++) {
		assert_int_equal(r[i]->m.nb_sessions, 0);
		assert_int_equal(r[i]->m.nb_creates, r[i]->m.nb_destroys);
		assert_true(r[i]->m.nb_creates > 2 * 2000 / NB_MAX - 3);
	}
	close_all(r, NB_MAX);
}

/* Limits are those of the device that an op comes to. */
static void
each_device_has_its_limits(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[2].features };
	struct rig *r[2];
	struct rte_crypto_op *op;
	void *s;

	(void)state;
	r[0] = open_one(0, MODEL_INLINE, NULL);
	r[1] = rig_open(&conf);
	r[1]->f->device_cfg.max_size = cpu_to_le64(16 + 2 * 256);
	assert_int_equal(rig_probe(r[1]), 0);
	rig_start(r[1], 1, SIZE);
	s = cbc(r[0], KEY);
	op = rig_op(s, 272);
	assert_int_equal(rig_run(r[1], op), ILLEGAL);
	assert_int_equal(rig_run(r[0], op), OK);
	rig_op_free(op);
	op = rig_op(s, 256);
	assert_int_equal(rig_run(r[1], op), OK);
	rig_op_free(op);
	rig_session_free(r[0], s);
	close_all(r, 2);
}

/* What the slow path builds: several segments, in a burst with others. */
static void
segments_on_another_device(void **state)
{
	struct rig *r[2];
	struct rte_crypto_op *op[3], *got[3];
	struct rte_mbuf *m;
	unsigned int i;
	void *s;

	(void)state;
	open_all(r, 2, 0);
	s = cbc(r[0], KEY);
	for (i = 0; i < 3; i++)
		op[i] = rig_op(s, 64);
	m = rte_pktmbuf_alloc(rig_mbufs);
	assert_non_null(m);
	assert_non_null(rte_pktmbuf_append(m, 64));
	assert_int_equal(rte_pktmbuf_chain(op[1]->sym->m_src, m), 0);
	op[1]->sym->cipher.data.length = 128;
	for (i = 0; i < 2; i++) {
		assert_int_equal(rig_enqueue(r[1], 0, op, 3), 3);
		assert_int_equal(rig_dequeue(r[1], 0, got, 3), 3);
		assert_ptr_equal(got[1], op[1]);
		assert_int_equal(op[1]->status, OK);
	}
	for (i = 0; i < 3; i++)
		rig_op_free(op[i]);
	rig_session_free(r[1], s);
	assert_int_equal(r[0]->m.nb_sessions + r[1]->m.nb_sessions, 0);
	close_all(r, 2);
}

/* ---- removal, reset, loss ---- */

static void
the_device_that_made_it_is_removed(void **state)
{
	struct rig *r[2];
	unsigned int used;
	void *s;

	(void)state;
	for (used = 0; used < 2; used++) {
		/* The one that stays was opened first. */
		open_all(r, 2, used);
		s = cbc(r[1], KEY);
		if (used)
			rig_traffic(r[0], 0, KEY, s, 10);
		rig_remove(r[1]);
		rig_traffic(r[0], 0, KEY, s, 100);
		rig_session_free(r[0], s);
		assert_int_equal(r[0]->m.nb_sessions, 0);
		close_all(r, 2);
	}
}

/* A device that takes the dev_id of the one that made the session is another device. */
static void
another_device_takes_the_number(void **state)
{
	struct rig *r[3];
	void *s;

	(void)state;
	open_all(r, 2, 0);
	s = cbc(r[1], KEY);
	rig_traffic(r[0], 0, KEY, s, 10);
	rig_remove(r[1]);
	r[2] = open_one(3, MODEL_INLINE, NULL);
	assert_int_equal(r[2]->id, r[1]->id);
	rig_traffic(r[2], 0, KEY, s, 10);
	rig_traffic(r[0], 0, KEY, s, 10);
	rig_session_free(r[2], s);
	assert_int_equal(r[0]->m.nb_sessions + r[2]->m.nb_sessions, 0);
	r[2]->before = r[1]->before;	/* the session was in use when it was opened */
	rig_close(r[2]);
	log_capture_start();
	close_all(r, 2);
}

/* It dies without a word, and the session is freed afterwards. */
static void
a_dead_device_does_not_hold_it(void **state)
{
	struct rig *r[2];
	void *s;

	(void)state;
	open_all(r, 2, 0);
	s = cbc(r[0], KEY);
	rig_traffic(r[1], 0, KEY, s, 10);
	fake_pci_remove(r[1]->f);
	rig_session_free(r[0], s);
	assert_int_equal(r[0]->m.nb_sessions, 0);
	s = cbc(r[0], KEY);
	rig_traffic(r[0], 0, KEY, s, 10);
	rig_session_free(r[0], s);
	rte_cryptodev_stop(r[1]->id);
	rig_remove(r[1]);
	log_capture_start();	/* what there is to say about a device that is gone */
	close_all(r, 2);
}

static void
restart_after_a_reset(struct rig *r)
{
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(r->m.nb_sessions, 0);
	rig_start(r, 1, SIZE);
}

/* The reset ends the device session; the next op makes it again. */
static void
a_reset_renews_it(void **state)
{
	struct rig *r[2];
	unsigned int i;
	void *s;

	(void)state;
	open_all(r, 2, 1);
	s = cbc(r[0], KEY);
	for (i = 0; i < 3; i++) {
		rig_traffic(r[1], 0, KEY, s, 10);
		restart_after_a_reset(r[1]);
	}
	rig_traffic(r[0], 0, KEY, s, 10);
	rig_session_free(r[0], s);	/* that on r[1] has ended already */
	assert_int_equal(r[1]->m.nb_destroys, 0);
	close_all(r, 2);
}

/* Ops in flight on a device that is lost come back; with recover=1 by the same session. */
static void
a_lost_device_comes_back(void **state)
{
	struct rte_crypto_op *op[4], *got[4], *none;
	struct rig *r[2];
	unsigned int i;
	void *s;

	(void)state;
	r[0] = open_one(0, MODEL_INLINE, NULL);
	r[1] = open_one(2, MODEL_PUMPED, "recover=1");
	s = cbc(r[0], KEY);
	r[1]->m.mode = MODEL_INLINE;
	rig_traffic(r[1], 0, KEY, s, 10);
	r[1]->m.mode = MODEL_PUMPED;
	for (i = 0; i < 4; i++)
		op[i] = rig_op_apart(s, 64);
	assert_int_equal(rig_enqueue(r[1], 0, op, 4), 4);
	fake_pci_break(r[1]->f);
	rig_tick();
	assert_int_equal(rte_cryptodev_dequeue_burst(r[1]->id, 0, &none, 0), 0);
	r[1]->m.mode = MODEL_INLINE;
	rig_tick();
	log_capture_start();
	assert_int_equal(rig_dequeue(r[1], 0, got, 4), 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(op[i]->status, OK);
		rig_op_free(op[i]);
	}
	rig_traffic(r[1], 0, KEY, s, 10);
	assert_int_equal(r[1]->m.nb_sessions, 1);
	rig_session_free(r[1], s);
	assert_int_equal(r[0]->m.nb_sessions + r[1]->m.nb_sessions, 0);
	close_all(r, 2);
}

/* ---- a device that has no room, or is silent ---- */

/* One line; and the device is not asked again for each op. */
static void
a_device_without_room(void **state)
{
	struct rig *r[2];
	struct rte_crypto_op *op;
	unsigned int i, asked;
	void *s;

	(void)state;
	open_all(r, 2, 0);
	s = cbc(r[0], KEY);
	op = rig_op(s, 64);
	r[1]->m.ctrl_status = VIRTIO_CRYPTO_NOSPC;
	assert_int_equal(rig_run(r[1], op), BAD_SESSION);
	asked = (unsigned int)r[1]->m.nb_ctrl;
	for (i = 0; i < 50; i++)
		assert_int_equal(rig_run(r[1], op), BAD_SESSION);
	assert_int_equal(r[1]->m.nb_ctrl, asked);
	assert_int_equal(log_capture_warnings(), 1);
	assert_int_equal(log_capture_count("NOSPC"), 1);
	assert_int_equal(log_capture_count("aes-cbc"), 1);
	assert_int_equal(log_capture_count("raise its limit"), 1);
	assert_int_equal(rig_run(r[0], op), OK);
	r[1]->m.ctrl_status = MODEL_NONE;
	rig_session_free(r[1], s);
	assert_int_equal(r[0]->m.nb_sessions, 0);
	rig_op_free(op);
	close_all(r, 2);
}

/* Several threads' worth of refusals at session creation: a line, and errno by the status. */
static void
refusals_are_rate_limited(void **state)
{
	struct rig *r[1];
	unsigned int i;

	(void)state;
	open_all(r, 1, 0);
	r[0]->m.ctrl_status = VIRTIO_CRYPTO_ERR;
	for (i = 0; i < 20; i++) {
		assert_null(cbc(r[0], KEY));
		assert_int_equal(rte_errno, EIO);
	}
	assert_int_equal(log_capture_count("status ERR"), 1);
	r[0]->m.ctrl_status = MODEL_NONE;
	close_all(r, 1);
}

struct waiting {
	struct rig *r[2];
	void *s, *own;
	struct rte_crypto_op *op[SIZE], *mine;
};

/* nb ops of a session of r[0] on r[1], whose control queue is silent. */
static void
wait_begin(struct waiting *w, unsigned int kind, unsigned int nb, const char *devargs)
{
	struct rte_crypto_op *got;
	unsigned int i;

	w->r[0] = open_one(kind + 1, MODEL_INLINE, NULL);
	w->r[1] = open_one(kind, MODEL_INLINE, devargs);
	w->s = cbc(w->r[0], KEY);
	w->own = cbc(w->r[1], KEY + 1);
	w->mine = rig_op(w->own, 64);
	w->r[1]->m.ctrl_silent = true;
	for (i = 0; i < nb; i++)
		w->op[i] = rig_op(w->s, 64);
	assert_int_equal(rig_enqueue(w->r[1], 0, w->op, (uint16_t)nb), nb);
	assert_int_equal(rte_cryptodev_dequeue_burst(w->r[1]->id, 0, &got, 1), 0);
	assert_int_equal(w->r[1]->m.nb_data, 0);
}

/* They come back in order, with status; then all is freed. */
static void
wait_end(struct waiting *w, unsigned int nb, uint8_t status)
{
	struct rte_crypto_op *got[SIZE];
	unsigned int i;

	assert_int_equal(rig_dequeue(w->r[1], 0, got, (uint16_t)nb), nb);
	for (i = 0; i < nb; i++) {
		assert_ptr_equal(got[i], w->op[i]);
		assert_int_equal(w->op[i]->status, status);
		rig_op_free(w->op[i]);
	}
	w->r[1]->m.ctrl_silent = false;
	model_work_queue(&w->r[1]->m, CTRL);
	rig_op_free(w->mine);
	rig_session_free(w->r[1], w->s);
	rig_session_free(w->r[1], w->own);
	log_capture_start();
	close_all(w->r, 2);
}

/* The device's own sessions overtake them; ops that come later do not. */
static void
ops_wait_in_order(void **state)
{
	struct waiting w;
	unsigned int kind, i;

	(void)state;
	for (kind = 0; kind < 4; kind++) {
		wait_begin(&w, kind, 10, NULL);
		assert_int_equal(rig_run(w.r[1], w.mine), OK);
		for (i = 10; i < 20; i++)
			w.op[i] = rig_op(w.s, 64);
		assert_int_equal(rig_enqueue(w.r[1], 0, w.op + 10, 5), 5);
		w.r[1]->m.ctrl_silent = false;
		assert_int_equal(model_work_queue(&w.r[1]->m, CTRL), 1);
		/* Nobody has polled since: these must not be first. */
		assert_int_equal(rig_enqueue(w.r[1], 0, w.op + 15, 4), 4);
		assert_int_equal(rig_enqueue(w.r[1], 0, w.op + 19, 1), 1);
		assert_int_equal(w.r[1]->m.nb_creates, 2);
		wait_end(&w, 20, OK);
	}
}

static void
as_many_wait_as_fit(void **state)
{
	struct waiting w;

	(void)state;
	wait_begin(&w, 0, SIZE - 1, NULL);
	w.op[SIZE - 1] = rig_op(w.s, 64);
	assert_int_equal(rig_enqueue(w.r[1], 0, &w.op[SIZE - 1], 1), 0);
	rig_op_free(w.op[SIZE - 1]);
	assert_int_equal(rig_run(w.r[1], w.mine), OK);
	w.r[1]->m.ctrl_silent = false;
	assert_int_equal(model_work_queue(&w.r[1]->m, CTRL), 1);
	wait_end(&w, SIZE - 1, OK);
}

static void
waiting_ends_with_stop(void **state)
{
	struct waiting w;

	(void)state;
	wait_begin(&w, 2, 10, NULL);
	rte_cryptodev_stop(w.r[1]->id);
	assert_int_equal(rte_cryptodev_start(w.r[1]->id), 0);
	assert_int_equal(w.r[1]->m.nb_data, 0);
	wait_end(&w, 10, FAILED);
}

static void
waiting_ends_with_the_device(void **state)
{
	struct rte_crypto_op *none;
	struct waiting w;
	unsigned int recover;

	(void)state;
	for (recover = 0; recover < 2; recover++) {
		wait_begin(&w, 1, 10, recover ? "recover=1" : NULL);
		fake_pci_break(w.r[1]->f);
		rig_tick();
		assert_int_equal(rte_cryptodev_dequeue_burst(w.r[1]->id, 0, &none, 0), 0);
		log_capture_start();
		wait_end(&w, 10, FAILED);
	}
}

/* After the time-out ops are refused at once, and no command is sent for them. */
static void
a_silent_device_is_left_alone(void **state)
{
	struct waiting w;
	struct rte_crypto_op *got, *more;
	unsigned int i;

	(void)state;
	wait_begin(&w, 0, 4, "ctrl_timeout_ms=1");
	usleep(5000);
	assert_int_equal(rte_cryptodev_dequeue_burst(w.r[1]->id, 0, &got, 0), 0);
	rig_expect_errors(1, "no answer on the control queue");
	more = rig_op(cbc(w.r[0], KEY + 2), 64);
	for (i = 0; i < 10; i++) {
		assert_int_equal(rig_enqueue(w.r[1], 0, &more, 1), 1);
		if (i == 0)
			/* Behind those that have waited. */
			assert_int_equal(rte_cryptodev_dequeue_burst(w.r[1]->id, 0, &got, 0), 0);
	}
	assert_int_equal(w.r[1]->m.nb_ctrl, 1);
	assert_int_equal(model_take(&w.r[1]->m, CTRL, 16), 1);
	for (i = 0; i < 4; i++)
		assert_int_equal(rig_dequeue(w.r[1], 0, &got, 1), 1);
	for (i = 0; i < 10; i++) {
		assert_int_equal(rig_dequeue(w.r[1], 0, &got, 1), 1);
		assert_ptr_equal(got, more);
		assert_int_equal(got->status, FAILED);
	}
	for (i = 0; i < 4; i++) {
		assert_int_equal(w.op[i]->status, FAILED);
		rig_op_free(w.op[i]);
	}
	rig_session_free(w.r[0], more->sym->session);
	rig_op_free(more);
	w.r[1]->m.ctrl_silent = false;
	model_complete(&w.r[1]->m, CTRL, 0);
	model_publish(&w.r[1]->m, CTRL);
	rig_op_free(w.mine);
	rig_session_free(w.r[1], w.s);
	rig_session_free(w.r[1], w.own);
	close_all(w.r, 2);
}

/* ---- the raw data path, and asymmetric sessions ---- */

static void
raw_on_another_device(void **state)
{
	struct rig *r[2];
	union rte_cryptodev_session_ctx ctx_of;
	struct rte_crypto_raw_dp_ctx *ctx;
	void *s, *s2;
	int size;

	(void)state;
	open_all(r, 2, 0);
	s = cbc(r[0], KEY);
	s2 = cbc(r[0], KEY);
	size = rte_cryptodev_get_raw_dp_ctx_size(r[1]->id);
	ctx = calloc(1, (size_t)size);
	assert_non_null(ctx);
	ctx_of.crypto_sess = s;
	assert_int_equal(rte_cryptodev_configure_raw_dp_ctx(r[1]->id, 0, ctx,
			RTE_CRYPTO_OP_WITH_SESSION, ctx_of, 0), 0);
	assert_int_equal(r[1]->m.nb_creates, 1);
	ctx_of.crypto_sess = s2;
	r[1]->m.ctrl_status = VIRTIO_CRYPTO_NOSPC;
	assert_int_equal(rte_cryptodev_configure_raw_dp_ctx(r[1]->id, 0, ctx,
			RTE_CRYPTO_OP_WITH_SESSION, ctx_of, 1), -EINVAL);
	r[1]->m.ctrl_status = MODEL_NONE;
	free(ctx);
	rig_session_free(r[1], s);
	rig_session_free(r[1], s2);
	assert_int_equal(r[0]->m.nb_sessions + r[1]->m.nb_sessions, 0);
	close_all(r, 2);
}

static void
asymmetric_on_another_device(void **state)
{
	struct rig *r[2];
	struct rte_crypto_op *op;
	unsigned int i, round;
	void *s;

	(void)state;
	for (i = 0; i < 2; i++) {
		r[i] = asym_up(rig_kinds[i].features, MODEL_INLINE);
		r[i]->m.ak_result = asym_msg;
		r[i]->m.ak_len = ASYM_N;
	}
	s = asym_session(r[0], true);
	for (round = 0; round < 3; round++)
		for (i = 0; i < 2; i++) {
			op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_ENCRYPT,
					RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL);
			assert_int_equal(rig_run(r[i], op), OK);
			rte_crypto_op_free(op);
			assert_int_equal(r[i]->m.nb_creates, 1);
		}
	assert_int_equal(rte_cryptodev_asym_session_free(r[1]->id, s), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(r[i]->m.nb_sessions, 0);
	close_all(r, 2);
}

/* The device that it was made on goes; another that does not have the service refuses. */
static void
asymmetric_without_its_device(void **state)
{
	struct rig *r[3];
	struct rte_crypto_op *op;
	void *s;

	(void)state;
	r[0] = asym_up(rig_kinds[0].features, MODEL_INLINE);
	r[0]->m.ak_result = asym_msg;
	r[0]->m.ak_len = ASYM_N;
	r[1] = asym_up(rig_kinds[2].features, MODEL_INLINE);
	s = asym_session(r[1], true);
	op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_ENCRYPT, RTE_CRYPTO_RSA_PADDING_NONE,
			RTE_CRYPTO_AUTH_NULL);
	rig_remove(r[1]);
	assert_int_equal(rig_run(r[0], op), OK);
	r[2] = open_one(0, MODEL_INLINE, NULL);
	assert_int_equal(rig_run(r[2], op), ILLEGAL);
	rig_close(r[2]);
	log_capture_start();
	rte_crypto_op_free(op);
	assert_int_equal(rte_cryptodev_asym_session_free(r[0]->id, s), 0);
	assert_int_equal(r[0]->m.nb_sessions, 0);
	close_all(r, 2);
}

/* ---- freed while another device is reset ---- */

/* A session whose command is in flight on r[1], and for which no op waits any more. */
static struct {
	struct rig *r[2];
	void *s;
	bool asym;
	struct vcrypto_dev *dev;	/* r[1]'s */
	void (*status)(struct fake_pci *f, void *arg, uint8_t status);
	unsigned int nb;		/* times that it was freed */
} unheard;

/* Commands whose answer the driver would write into its caller's memory. */
static unsigned int
nb_waiters(void)
{
	unsigned int i, nb = 0;

	for (i = 0; i < VCRYPTO_CTRLQ_SIZE; i++)
		nb += unheard.dev->ctrlq.q.waiter[i] != NULL;
	return nb;
}

static void
unheard_free(void)
{
	assert_int_equal(nb_waiters(), 1);
	if (unheard.asym)
		assert_int_equal(rte_cryptodev_asym_session_free(unheard.r[0]->id, unheard.s), 0);
	else
		rig_session_free(unheard.r[0], unheard.s);
	assert_int_equal(nb_waiters(), 0);
	unheard.nb++;
}

/* As if another thread freed it: the reset has ended, the driver does not know it yet. */
static void
free_in_reset(struct fake_pci *f, void *arg, uint8_t status)
{
	unheard.status(f, arg, status);
	if (status == 0 && unheard.nb == 0)
		unheard_free();
}

/* The command must still be waited for after a stop, however slow the machine is. */
static struct rig *
unheard_open(unsigned int kind)
{
	static const char patient[] = "ctrl_timeout_ms=60000";

	return unheard.asym ? asym_up_with(rig_kinds[kind].features, MODEL_INLINE, patient) :
		open_one(kind, MODEL_INLINE, patient);
}

/* An op on r[1] asks for the session, and the device is stopped before it answers. */
static void
unheard_begin(unsigned int kind, bool asym)
{
	struct rte_crypto_op *op, *got;

	memset(&unheard, 0, sizeof(unheard));
	unheard.asym = asym;
	unheard.r[0] = unheard_open((kind + 1) % 4);
	unheard.r[1] = unheard_open(kind);
	unheard.dev = vcrypto_dev_of(rte_cryptodev_pmd_get_dev(unheard.r[1]->id));
	unheard.s = asym ? asym_session(unheard.r[0], true) : cbc(unheard.r[0], KEY);
	op = asym ? asym_rsa_op(unheard.s, RTE_CRYPTO_ASYM_OP_ENCRYPT,
			RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL) : rig_op(unheard.s, 64);
	unheard.r[1]->m.ctrl_silent = true;
	assert_int_equal(rig_enqueue(unheard.r[1], 0, &op, 1), 1);
	rte_cryptodev_stop(unheard.r[1]->id);
	assert_int_equal(rig_dequeue(unheard.r[1], 0, &got, 1), 1);
	assert_int_equal(got->status, FAILED);
	if (asym)
		rte_crypto_op_free(op);
	else
		rig_op_free(op);
}

static void
unheard_end(void)
{
	assert_int_equal(unheard.nb, 1);
	assert_int_equal(unheard.r[0]->m.nb_sessions, 0);
	log_capture_start();
	close_all(unheard.r, 2);
}

/* The generation is over, the reset not yet begun. */
static void
freed_before_a_reset(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		unheard_begin(i % 4, i >= 4);
		rte_spinlock_lock(&unheard.dev->ctrlq.lock);
		unheard.dev->live = false;
		unheard.dev->generation = vcrypto_generation_next();
		rte_spinlock_unlock(&unheard.dev->ctrlq.lock);
		unheard_free();
		assert_int_equal(rte_cryptodev_close(unheard.r[1]->id), 0);
		unheard_end();
	}
}

/* The device is closed, or removed. */
static void
freed_within_a_reset(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 16; i++) {
		unheard_begin(i % 4, (i & 4) != 0);
		unheard.status = unheard.r[1]->f->hooks.status;
		unheard.r[1]->f->hooks.status = free_in_reset;
		if (i < 8)
			assert_int_equal(rte_cryptodev_close(unheard.r[1]->id), 0);
		else
			rig_remove(unheard.r[1]);
		unheard_end();
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(used_on_every_device),
		cmocka_unit_test(many_sessions_by_turns),
		cmocka_unit_test(each_device_has_its_limits),
		cmocka_unit_test(segments_on_another_device),
		cmocka_unit_test(the_device_that_made_it_is_removed),
		cmocka_unit_test(another_device_takes_the_number),
		cmocka_unit_test(a_dead_device_does_not_hold_it),
		cmocka_unit_test(a_reset_renews_it),
		cmocka_unit_test(a_lost_device_comes_back),
		cmocka_unit_test(a_device_without_room),
		cmocka_unit_test(refusals_are_rate_limited),
		cmocka_unit_test(ops_wait_in_order),
		cmocka_unit_test(as_many_wait_as_fit),
		cmocka_unit_test(waiting_ends_with_stop),
		cmocka_unit_test(waiting_ends_with_the_device),
		cmocka_unit_test(a_silent_device_is_left_alone),
		cmocka_unit_test(raw_on_another_device),
		cmocka_unit_test(asymmetric_on_another_device),
		cmocka_unit_test(asymmetric_without_its_device),
		cmocka_unit_test(freed_before_a_reset),
		cmocka_unit_test(freed_within_a_reset),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, asym_prepare, asym_done);
}

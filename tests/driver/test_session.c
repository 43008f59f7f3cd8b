/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions and the control queue: many threads at once, a device that is silent, late,
 * broken, or answers nonsense.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <rte_errno.h>

#include "ops.h"

#define KEY	0x61
#define CTRL	2	/* the control queue's number, with 2 data queues */
#define SLOTS	16	/* commands that fit into it */

static void *
cbc(struct rig *r)
{
	return rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
}

/* ---- threads ---- */

#define NB_THREADS	8
#define NB_EACH		15

struct worker {
	pthread_t thread;
	struct rig *r;
	unsigned int nb_done, nb_failed;
	bool end;
};

static void *
create_and_destroy(void *arg)
{
	struct worker *w = arg;
	unsigned int i, k;

	for (i = 0; i < NB_EACH; i++) {
		void *s[3];

		for (k = 0; k < 3; k++) {
			s[k] = cbc(w->r);
			w->nb_failed += s[k] == NULL;
		}
		for (k = 0; k < 3; k++)
			if (s[k] != NULL)
				w->nb_failed += rte_cryptodev_sym_session_free(w->r->id, s[k]) != 0;
		w->nb_done++;
	}
	__atomic_store_n(&w->end, true, __ATOMIC_RELEASE);
	return NULL;
}

static bool
all_ended(struct worker *w)
{
	unsigned int i;

	for (i = 0; i < NB_THREADS; i++)
		if (!__atomic_load_n(&w[i].end, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

static void
eight_threads(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features,
			.mode = MODEL_THREAD, .devargs = "ctrl_timeout_ms=60000" };
		struct rig *r = rig_up(&conf, 2, 64);
		struct worker w[NB_THREADS];
		void *s = cbc(r);

		memset(w, 0, sizeof(w));
		for (i = 0; i < NB_THREADS; i++) {
			w[i].r = r;
			assert_int_equal(pthread_create(&w[i].thread, NULL, create_and_destroy,
					&w[i]), 0);
		}
		do {
			rig_traffic(r, 0, KEY, s, 20);
			rig_traffic(r, 1, KEY, s, 20);
		} while (!all_ended(w));
		for (i = 0; i < NB_THREADS; i++) {
			pthread_join(w[i].thread, NULL);
			assert_int_equal(w[i].nb_failed, 0);
			assert_int_equal(w[i].nb_done, NB_EACH);
		}
		assert_int_equal(r->m.nb_sessions, 1);
		assert_int_equal(r->m.nb_creates, 3 * NB_EACH * NB_THREADS + 1);
		rig_session_free(r, s);
		assert_int_equal(r->m.nb_sessions, 0);
		rig_close(r);
	}
}

/* ---- a device that does not answer ---- */

static struct rig *
up_with(const struct rig_variant *v, const char *devargs)
{
	struct rig_conf conf = { .features = v->features, .devargs = devargs };

	return rig_up(&conf, 1, 64);
}

static void
times_out(struct rig *r)
{
	assert_null(cbc(r));
	assert_int_equal(rte_errno, ETIMEDOUT);
	rig_expect_errors(1, "no answer on the control queue within 10 ms");
}

static void
late_answers_change_nothing(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up_with(&rig_kinds[k], "ctrl_timeout_ms=10");
		void *a = cbc(r), *b;

		r->m.ctrl_silent = true;
		for (i = 0; i < 3; i++)
			times_out(r);
		r->m.ctrl_silent = false;
		/* Now they come: three sessions that nobody asked for any more. */
		assert_int_equal(model_work_queue(&r->m, CTRL), 3);
		assert_int_equal(r->m.nb_sessions, 4);
		b = cbc(r);
		assert_non_null(b);
		assert_int_equal(r->m.nb_sessions, 5);
		rig_traffic(r, 0, KEY, a, 10);
		rig_traffic(r, 0, KEY, b, 10);
		rig_session_free(r, a);
		rig_session_free(r, b);
		assert_int_equal(r->m.nb_sessions, 3);
		/* What the device still holds goes with the next reset. */
		rte_cryptodev_stop(r->id);
		assert_int_equal(rte_cryptodev_close(r->id), 0);
		assert_int_equal(r->m.nb_sessions, 0);
		rig_close(r);
	}
}

/* Every slot is with the device: nothing is written there, and the answers free them. */
static void
slots_are_quarantined(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up_with(&rig_kinds[k], "ctrl_timeout_ms=10");
		uint8_t before[SLOTS][72];
		void *s;

		r->m.ctrl_silent = true;
		for (i = 0; i < SLOTS; i++)
			times_out(r);
		assert_int_equal(model_take(&r->m, CTRL, 100), SLOTS);
		for (i = 0; i < SLOTS; i++)
			memcpy(before[i], r->m.queue[CTRL].held[i].seg[0].ptr, 72);
		times_out(r);
		times_out(r);
		assert_int_equal(model_take(&r->m, CTRL, 100), 0);
		for (i = 0; i < SLOTS; i++)
			assert_memory_equal(before[i], r->m.queue[CTRL].held[i].seg[0].ptr, 72);
		r->m.ctrl_silent = false;
		for (i = 0; i < SLOTS; i++)
			model_complete(&r->m, CTRL, 0);
		model_publish(&r->m, CTRL);
		s = cbc(r);
		assert_non_null(s);
		rig_traffic(r, 0, KEY, s, 10);
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* With every slot gone for good, stop and start is the way out. */
static void
restart_frees_the_slots(void **state)
{
	struct rig *r = up_with(&rig_kinds[0], "ctrl_timeout_ms=10");
	unsigned int i;
	void *s;

	(void)state;
	r->m.ctrl_silent = true;
	for (i = 0; i < SLOTS; i++)
		times_out(r);
	r->m.ctrl_silent = false;
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	s = cbc(r);
	assert_non_null(s);
	rig_traffic(r, 0, KEY, s, 10);
	rig_session_free(r, s);
	rig_close(r);
}

static void
destroy_that_times_out(void **state)
{
	struct rig *r = up_with(&rig_kinds[2], "ctrl_timeout_ms=10");
	void *s = cbc(r);

	(void)state;
	r->m.ctrl_silent = true;
	rig_session_free(r, s);
	assert_int_equal(log_capture_errors(), 1);
	assert_int_equal(log_capture_warnings(), 1);
	log_capture_start();
	r->m.ctrl_silent = false;
	assert_int_equal(model_work_queue(&r->m, CTRL), 1);
	assert_int_equal(r->m.nb_sessions, 0);
	s = cbc(r);
	rig_session_free(r, s);
	rig_close(r);
}

/* The wait ends long before its time-out: the device says that it is in trouble. */
static void
trouble_ends_the_wait(void **state)
{
	unsigned int k, gone;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (gone = 0; gone < 2; gone++) {
			struct rig *r = up_with(&rig_kinds[k], "ctrl_timeout_ms=60000");
			void *s;

			r->m.ctrl_silent = true;
			if (gone)
				fake_pci_remove(r->f);
			else
				fake_pci_break(r->f);
			assert_null(cbc(r));
			assert_int_equal(rte_errno, gone ? ENODEV : EIO);
			rig_expect_errors(1, gone ? "the device is gone" : "needs a reset");
			r->m.ctrl_silent = false;
			rte_cryptodev_stop(r->id);
			if (!gone) {
				assert_int_equal(rte_cryptodev_start(r->id), 0);
				s = cbc(r);
				assert_non_null(s);
				rig_traffic(r, 0, KEY, s, 10);
				rig_session_free(r, s);
				rte_cryptodev_stop(r->id);
			}
			rig_remove(r);
			log_capture_start();	/* a device that is gone, again */
			rig_close(r);
		}
}

/* ---- answers ---- */

static int
errno_of(int status)
{
	switch (status) {
	case VIRTIO_CRYPTO_BADMSG:
		return EBADMSG;
	case VIRTIO_CRYPTO_NOTSUPP:
		return ENOTSUP;
	case VIRTIO_CRYPTO_INVSESS:
		return ENOENT;
	case VIRTIO_CRYPTO_NOSPC:
		return ENOSPC;
	case VIRTIO_CRYPTO_KEY_REJECTED:
		return EKEYREJECTED;
	default:
		return EIO;
	}
}

static void
every_status_of_create(void **state)
{
	static const int odd[] = { 256, 0xffff, 0x01000000, 0x7fffffff };
	struct rig *r = up_with(&rig_kinds[0], NULL);
	unsigned int i;
	void *s;

	(void)state;
	for (i = 1; i < 256 + RTE_DIM(odd); i++) {
		int status = i < 256 ? (int)i : odd[i - 256];

		r->m.ctrl_status = status;
		assert_null(cbc(r));
		assert_int_equal(rte_errno, errno_of(status));
		r->m.ctrl_status = MODEL_NONE;
		s = cbc(r);
		assert_non_null(s);
		rig_session_free(r, s);
	}
	assert_int_equal(r->m.nb_sessions, 0);
	assert_int_equal(log_capture_errors(), 0);
	rig_close(r);
}

/* A service that is advertised and refused: said once for each service. */
static void
refusals_are_said_once(void **state)
{
	struct rig *r = up_with(&rig_kinds[0], NULL);
	struct rte_crypto_sym_xform hash = {
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = { .algo = RTE_CRYPTO_AUTH_SHA1, .digest_length = 20 },
	};
	unsigned int i;

	(void)state;
	r->m.ctrl_status = VIRTIO_CRYPTO_NOTSUPP;
	for (i = 0; i < 5; i++)
		assert_null(cbc(r));
	assert_int_equal(log_capture_warnings(), 1);
	assert_int_equal(log_capture_count("refuses the session"), 1);
	assert_int_equal(log_capture_count("CIPHER"), 1);
	for (i = 0; i < 5; i++)
		assert_null(rig_session(r, &hash));
	assert_int_equal(log_capture_warnings(), 2);
	assert_int_equal(log_capture_count("HASH"), 1);
	r->m.ctrl_status = MODEL_NONE;
	rig_close(r);
}

static void
statuses_of_destroy(void **state)
{
	struct rig *r = up_with(&rig_kinds[1], NULL);
	int status;

	(void)state;
	for (status = 0; status < 256; status++) {
		void *s = cbc(r);

		log_capture_start();
		r->m.ctrl_status = status;
		rig_session_free(r, s);
		assert_int_equal(log_capture_warnings(), status != 0);
		r->m.ctrl_status = MODEL_NONE;
	}
	assert_int_equal(log_capture_errors(), 0);
	rig_close(r);
}

/* An answer of OK that the device did not write, or wrote only in part. */
static void
an_answer_that_was_not_written(void **state)
{
	struct rig *r = up_with(&rig_kinds[0], NULL);
	uint16_t id;

	(void)state;
	r->m.ctrl_silent = true;
	r->m.mode = MODEL_PUMPED;
	/* The used element is there before the driver looks. */
	id = r->m.queue[CTRL].d.avail_idx % SLOTS;
	model_push_raw(&r->m, CTRL, id, 16);
	assert_null(cbc(r));
	assert_int_equal(rte_errno, EIO);
	log_capture_start();
	r->m.ctrl_silent = false;
	rig_close(r);
}

static void
session_ids_are_opaque(void **state)
{
	static const struct {
		uint64_t first, step;
	} ids[] = {
		{ 0, 1 }, { UINT64_MAX - 1, 1 }, { UINT64_C(1) << 63, UINT64_C(1) << 32 },
		{ 7, 0 }, { UINT64_MAX, 0 },
	};
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(ids); i++) {
		struct rig *r = up_with(&rig_kinds[i % 4], NULL);
		void *s[6];

		r->m.next_id = ids[i].first;
		r->m.id_step = ids[i].step;
		for (k = 0; k < 6; k++)
			s[k] = cbc(r);
		for (k = 0; k < 6; k++) {
			rig_traffic(r, 0, KEY, s[k], 5);
			assert_true(r->m.last.session_id == ids[i].first + k * ids[i].step);
		}
		for (k = 0; k < 6; k++)
			rig_session_free(r, s[k]);
		assert_int_equal(r->m.nb_destroys, 6);
		rig_close(r);
	}
}

/* ---- used ids that break the rules ---- */

static void
ctrl_id_out_of_range(struct rig *r)
{
	model_push_raw(&r->m, CTRL, 500, 16);
}

static void
ctrl_id_not_in_flight(struct rig *r)
{
	model_push_raw(&r->m, CTRL, 7, 16);
}

/* Its answer, late but well, and once more. */
static void
ctrl_id_twice(struct rig *r)
{
	uint16_t id = r->m.queue[CTRL].held[0].r.id;

	model_complete(&r->m, CTRL, 0);
	model_publish(&r->m, CTRL);
	model_push_raw(&r->m, CTRL, id, 16);
}

static void
move_ctrl_index(struct rig *r, uint16_t by)
{
	struct virtq_used *u = (struct virtq_used *)(uintptr_t)r->f->queue[CTRL].device;

	u->idx = cpu_to_le16((uint16_t)(le16_to_cpu(u->idx) + by));
}

static void
ctrl_index_too_far(struct rig *r)
{
	move_ctrl_index(r, 2);
}

static void
ctrl_index_backwards(struct rig *r)
{
	move_ctrl_index(r, UINT16_MAX);
}

static void
ctrl_rule_is_kept(const struct rig_variant *kind, void (*act)(struct rig *r))
{
	struct rig_conf conf = { .features = kind->features,
		.devargs = "ctrl_timeout_ms=20" };
	struct rig *r = rig_up(&conf, 1, 64);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT), *bad;
	unsigned int i;

	rig_session_free(r, s);
	/* A command has to be in flight for an index to move: one that times out. */
	r->m.ctrl_silent = true;
	bad = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	assert_null(bad);
	rig_expect_driver_errors(1, "no answer");
	assert_int_equal(model_take(&r->m, CTRL, 4), 1);
	act(r);
	for (i = 0; i < 3; i++)
		assert_null(rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT));
	rig_expect_errors(1, "broke the rules of the control queue");
	r->m.ctrl_silent = false;
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	assert_non_null(s);
	rig_traffic(r, 0, KEY, s, 10);
	rig_session_free(r, s);
	rig_close(r);
}

static void
control_queue_rules_are_kept(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		ctrl_rule_is_kept(&rig_kinds[k], ctrl_id_out_of_range);
		if (k % 2 == 0)
			ctrl_rule_is_kept(&rig_kinds[k], ctrl_id_not_in_flight);
		/* Split; in a packed ring the next command lies over such an element. */
		if (k < 2) {
			ctrl_rule_is_kept(&rig_kinds[k], ctrl_id_twice);
			ctrl_rule_is_kept(&rig_kinds[k], ctrl_index_too_far);
			ctrl_rule_is_kept(&rig_kinds[k], ctrl_index_backwards);
		}
	}
}

/* ---- many sessions ---- */

/* Sessions come before the first op, and each other's order does not matter. */
static void
many_sessions(void **state)
{
	struct rig *r = up_with(&rig_kinds[3], NULL);
	void *s[RIG_NB_SESSIONS];
	unsigned int i;

	(void)state;
	for (i = 0; i < RIG_NB_SESSIONS; i++) {
		s[i] = rig_cbc_session(r, (uint8_t)i, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		assert_non_null(s[i]);
	}
	assert_int_equal(r->m.nb_sessions, RIG_NB_SESSIONS);
	for (i = 0; i < RIG_NB_SESSIONS; i++)
		rig_traffic(r, 0, (uint8_t)(i * 7), s[i * 7 % RIG_NB_SESSIONS], 2);
	for (i = 0; i < RIG_NB_SESSIONS; i++)
		rig_session_free(r, s[(i * 13 + 5) % RIG_NB_SESSIONS]);
	assert_int_equal(r->m.nb_sessions, 0);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_threads),
		cmocka_unit_test(late_answers_change_nothing),
		cmocka_unit_test(slots_are_quarantined),
		cmocka_unit_test(restart_frees_the_slots),
		cmocka_unit_test(destroy_that_times_out),
		cmocka_unit_test(trouble_ends_the_wait),
		cmocka_unit_test(every_status_of_create),
		cmocka_unit_test(refusals_are_said_once),
		cmocka_unit_test(statuses_of_destroy),
		cmocka_unit_test(an_answer_that_was_not_written),
		cmocka_unit_test(session_ids_are_opaque),
		cmocka_unit_test(control_queue_rules_are_kept),
		cmocka_unit_test(many_sessions),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

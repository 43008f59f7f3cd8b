/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The raw data path between enqueue and done: what was not submitted is the caller's,
 * until the device is told exactly as many as the caller says.  And contexts for
 * sessionless vectors and for algorithms whose ranges DPDK counts in bits.
 */
#include <errno.h>

#include "raw_ops.h"

#define STATELESS \
	(VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE | \
	 VIRTIO_CRYPTO_F_HASH_STATELESS_MODE | VIRTIO_CRYPTO_F_MAC_STATELESS_MODE | \
	 VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE)

static const union rte_crypto_sym_ofs whole = { .raw = 0 };

static uint32_t
cache(struct raw *w, struct burst *b, unsigned int nb)
{
	int status = -1;
	uint32_t n;

	burst_make(b, nb);
	n = rte_cryptodev_raw_enqueue_burst(w->ctx, &b->vec, whole, b->user, &status);
	assert_int_equal(status, 0);
	return n;
}

/* Dequeues the operations of b from first to end, in order, each with that status. */
static void
take(struct raw *w, struct burst *b, unsigned int first, unsigned int end, uint8_t status)
{
	for (; first < end; first++)
		assert_int_equal(take_one(w, b->user[first]), status);
	assert_int_equal(take_one(w, NULL), RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
}

/* The destinations from first to end are as burst_make() left them. */
static void
untouched(unsigned int first, unsigned int end)
{
	static const uint8_t zero[32];

	for (; first < end; first++)
		assert_memory_equal(buf(30 + first), zero, 32);
}

/* Discards what is cached: configured anew, with another burst behind it, in every layout,
 * long enough to pass each wrap.
 */
static void
configure_discards(void **state)
{
	unsigned int k, round;
	struct burst b;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		bool direct = !(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC);
		unsigned int most = direct ? 7 : NB_BURST;
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);

		raw_up(&w, rig_variants[k].features, &x);
		for (round = 0; round < 200; round++) {
			unsigned int nb = 1 + round % most;
			uint64_t seen = w.r->m.nb_data;

			assert_int_equal(cache(&w, &b, nb), nb);
			assert_int_equal(configure(&w, 0, false), 0);
			assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, nb), -EINVAL);
			take(&w, &b, 0, 0, 0);
			untouched(0, nb);
			assert_int_equal(w.r->m.nb_data, seen);
			nb = 1 + round / 3 % most;
			assert_int_equal(cache(&w, &b, nb), nb);
			assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, nb), 0);
			take(&w, &b, 0, nb, RTE_CRYPTO_OP_STATUS_SUCCESS);
			check_burst(&w, &b, nb);
			assert_int_equal(w.r->m.nb_data, seen + nb);
		}
		raw_down(&w);
	}
}

/* done(n) shows the device n; an update of the context keeps the others. */
static void
done_submits_exactly(void **state)
{
	unsigned int k, n, at;
	struct burst b;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		bool direct = !(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC);
		unsigned int nb = direct ? 7 : NB_BURST;
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);

		raw_up(&w, rig_variants[k].features, &x);
		for (n = 1; n <= 2 * nb; n++) {
			uint64_t seen = w.r->m.nb_data;

			assert_int_equal(cache(&w, &b, nb), nb);
			assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, nb + 1), -EINVAL);
			assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 0), 0);
			assert_int_equal(w.r->m.nb_data, seen);
			for (at = 0; at < nb; at += RTE_MIN(n, nb - at)) {
				unsigned int part = RTE_MIN(n, nb - at);

				assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, part), 0);
				take(&w, &b, at, at + part, RTE_CRYPTO_OP_STATUS_SUCCESS);
				untouched(at + part, nb);
				assert_int_equal(configure(&w, 0, true), 0);
			}
			check_burst(&w, &b, nb);
			assert_int_equal(w.r->m.nb_data, seen + nb);
		}
		raw_down(&w);
	}
}

/* While something is cached an enqueue of ops takes none; either call ends that. */
static void
bursts_wait(void **state)
{
	unsigned int k;
	struct burst b;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);
		struct rte_crypto_op *op[2], *got;
		void *session;

		raw_up(&w, rig_kinds[k].features, &x);
		session = rig_cbc_session(w.r, 0x31, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		op[0] = rig_op_seeded(session, 64, 7);
		op[1] = rig_op_seeded(session, 64, 7);
		assert_int_equal(cache(&w, &b, 3), 3);
		assert_int_equal(rig_enqueue(w.r, 0, op, 2), 0);
		assert_int_equal(rig_enqueue(w.r, 0, op, 1), 0);
		assert_int_equal(w.r->m.nb_data, 0);
		assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 3), 0);
		assert_int_equal(rig_enqueue(w.r, 0, op, 1), 1);
		take(&w, &b, 0, 3, RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_int_equal(rig_dequeue(w.r, 0, &got, 1), 1);
		assert_true(rig_cbc_right(got, 0x31));
		assert_int_equal(cache(&w, &b, 3), 3);
		assert_int_equal(configure(&w, 0, false), 0);
		assert_int_equal(rig_enqueue(w.r, 0, &op[1], 1), 1);
		assert_int_equal(rig_dequeue(w.r, 0, &got, 1), 1);
		assert_true(rig_cbc_right(got, 0x31));
		assert_int_equal(w.r->m.nb_data, 5);
		rig_op_free(op[0]);
		rig_op_free(op[1]);
		rig_session_free(w.r, session);
		raw_down(&w);
	}
}

/* Stop does not wait for what the device never saw, nor gives it back. */
static void
stop_discards(void **state)
{
	unsigned int k;
	struct burst b;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);

		raw_up(&w, rig_kinds[k].features, &x);
		assert_int_equal(cache(&w, &b, 10), 10);
		rte_cryptodev_stop(w.r->id);
		assert_int_equal(rte_cryptodev_start(w.r->id), 0);
		assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 10), -EINVAL);
		take(&w, &b, 0, 0, 0);
		ctr_one(&w, 2);	/* and without a reset: the session lives */
		assert_int_equal(w.r->m.nb_data, 1);
		raw_down(&w);
	}
}

/* A device that uses what it was not shown: what was submitted comes back with ERROR, what
 * was not is the caller's, and its memory stays as it is.
 */
static void
used_before_done(void **state)
{
	unsigned int k;
	struct burst b, later;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);
		bool in_order = (rig_kinds[k].features & VIRTIO_F_IN_ORDER) != 0;
		uint16_t first;

		raw_up(&w, rig_kinds[k].features, &x);
		w.r->m.mode = MODEL_PUMPED;
		assert_int_equal(cache(&w, &b, 2), 2);
		assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 2), 0);
		assert_int_equal(model_take(&w.r->m, 0, 2), 2);
		first = w.r->m.queue[0].held[0].r.id;
		model_complete(&w.r->m, 0, 0);
		model_publish(&w.r->m, 0);
		w.r->m.mode = MODEL_INLINE;	/* it does nothing more by itself */
		assert_int_equal(take_one(&w, b.user[0]), RTE_CRYPTO_OP_STATUS_SUCCESS);
		later = b;
		assert_int_equal(rte_cryptodev_raw_enqueue_burst(w.ctx, &later.vec, whole,
				later.user, &later.status[0]), 2);
		/* Slots are reused last in, first out, or follow in ring order. */
		if (in_order)
			model_push_raw(&w.r->m, 0, 1, 0);
		model_push_raw(&w.r->m, 0, in_order ? 2 : first, 0);
		log_capture_start();
		take(&w, &b, 1, 2, RTE_CRYPTO_OP_STATUS_ERROR);
		assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 2), -EINVAL);
		assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, b.v[0], 1, whole, b.iv, NULL,
				NULL, &b), -ENOSPC);
		rig_expect_errors(1, "is broken");
		raw_down(&w);
	}
}

/* ---- contexts ---- */

/* Ranges of the raw data path are in bytes for every algorithm. */
static void
whole_bytes(void **state)
{
	static const struct {
		enum rte_crypto_cipher_algorithm rte;
		uint32_t number;
		uint16_t iv;
	} c[] = {
		{ RTE_CRYPTO_CIPHER_KASUMI_F8, VIRTIO_CRYPTO_CIPHER_KASUMI_F8, 8 },
		{ RTE_CRYPTO_CIPHER_SNOW3G_UEA2, VIRTIO_CRYPTO_CIPHER_SNOW3G_UEA2, 16 },
		{ RTE_CRYPTO_CIPHER_ZUC_EEA3, VIRTIO_CRYPTO_CIPHER_ZUC_EEA3, 16 },
	};
	union rte_crypto_sym_ofs ofs = { .ofs = { .cipher = { 3, 2 } } };
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (i = 0; i < RTE_DIM(c); i++) {
			struct raw w;
			struct rte_crypto_sym_xform x = ctr_x(&w);
			struct rte_crypto_va_iova_ptr iv = ptr(buf(0));
			struct ref_key key = { w.key, 16, buf(0), c[i].iv };
			struct rte_crypto_vec v[2] = { vec(buf(1), 20), vec(buf(2), 30) };
			uint8_t want[50];

			x.cipher.algo = c[i].rte;
			x.cipher.iv.length = c[i].iv;
			raw_up(&w, rig_kinds[k].features, &x);
			rig_pattern(buf(0), 16, i);
			rig_pattern(want, 50, i + 9);
			memcpy(buf(1), want, 20);
			memcpy(buf(2), want + 20, 30);
			ref_cipher(c[i].number, true, &key, want + 3, want + 3, 45);
			assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, v, 2, ofs, &iv, NULL,
					NULL, &w), 0);
			assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 1), 0);
			assert_int_equal(take_one(&w, &w), RTE_CRYPTO_OP_STATUS_SUCCESS);
			assert_memory_equal(buf(1), want, 20);
			assert_memory_equal(buf(2), want + 20, 30);
			raw_down(&w);
		}
}

static int
configure_xform(struct raw *w, struct rte_crypto_sym_xform *x)
{
	union rte_cryptodev_session_ctx s = { .xform = x };

	return rte_cryptodev_configure_raw_dp_ctx(w->r->id, 0, w->ctx,
			RTE_CRYPTO_OP_SESSIONLESS, s, 0);
}

static void
sessionless(void **state)
{
	unsigned int k, verify;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w), auth = {
			.type = RTE_CRYPTO_SYM_XFORM_AUTH,
			.auth = { .algo = RTE_CRYPTO_AUTH_SHA1_HMAC, .digest_length = 20,
				.op = RTE_CRYPTO_AUTH_OP_GENERATE, .key = { w.key, 20 } },
		};
		struct rte_crypto_va_iova_ptr digest = ptr(buf(70));
		struct rte_crypto_vec v = vec(buf(1), 100);
		uint8_t want[20];

		raw_up_with(&w, rig_kinds[k].features | STATELESS, "stateless=1", NULL);
		assert_int_equal(configure_xform(&w, &x), 0);
		ctr_one(&w, 1);
		ctr_one(&w, 7);
		assert_true(w.r->m.last.stateless);
		assert_int_equal(w.r->m.nb_creates, 0);
		for (verify = 0; verify < 2; verify++) {
			auth.auth.op = verify ? RTE_CRYPTO_AUTH_OP_VERIFY :
				RTE_CRYPTO_AUTH_OP_GENERATE;
			assert_int_equal(configure_xform(&w, &auth), 0);
			rig_pattern(buf(1), 100, k);
			ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, w.key, 20, want, buf(1), 100);
			assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 1, whole, NULL,
					&digest, NULL, &w), 0);
			/* Discarded, and enqueued anew: keys do not stay behind. */
			assert_int_equal(configure_xform(&w, &auth), 0);
			assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 1, whole, NULL,
					&digest, NULL, &w), 0);
			assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 1), 0);
			assert_int_equal(take_one(&w, &w), RTE_CRYPTO_OP_STATUS_SUCCESS);
			assert_memory_equal(buf(70), want, 20);
		}
		raw_down(&w);
	}
}

/* Without the device's stateless mode there is no such context. */
static void
sessionless_not_offered(void **state)
{
	struct raw w;
	struct rte_crypto_sym_xform x = ctr_x(&w);

	(void)state;
	raw_up(&w, rig_kinds[0].features, &x);
	assert_int_equal(configure_xform(&w, &x), -ENOTSUP);
	assert_int_equal(configure_xform(&w, NULL), -EINVAL);
	ctr_one(&w, 1);
	raw_down(&w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configure_discards),
		cmocka_unit_test(done_submits_exactly),
		cmocka_unit_test(bursts_wait),
		cmocka_unit_test(stop_discards),
		cmocka_unit_test(used_before_done),
		cmocka_unit_test(whole_bytes),
		cmocka_unit_test(sessionless),
		cmocka_unit_test(sessionless_not_offered),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, alloc_bufs, free_bufs);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * NULL algorithms, which the device does not know: alone a copy, with another algorithm
 * the request of that one, in every shape, with ops and on the raw data path.
 */
#include <errno.h>

#include "raw_ops.h"

#define OFF	20u
#define LEN	96u

static uint8_t key[16], auth_key[20];

static struct rte_crypto_sym_xform
cipher_x(bool null)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = { .op = RTE_CRYPTO_CIPHER_OP_ENCRYPT,
			.algo = null ? RTE_CRYPTO_CIPHER_NULL : RTE_CRYPTO_CIPHER_AES_CTR,
			.key = { key, null ? 0 : 16 }, .iv = { RIG_IV, null ? 0 : 16 } },
	};
}

static struct rte_crypto_sym_xform
auth_x(bool null, bool verify)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = { .op = verify ? RTE_CRYPTO_AUTH_OP_VERIFY : RTE_CRYPTO_AUTH_OP_GENERATE,
			.algo = null ? RTE_CRYPTO_AUTH_NULL : RTE_CRYPTO_AUTH_SHA1_HMAC,
			.key = { auth_key, null ? 0 : 20 }, .digest_length = null ? 0 : 20 },
	};
}

/* What of a chain is NULL: bit 0 the cipher, bit 1 the digest. */
static void *
session_of(struct rig *r, unsigned int null, bool cipher_first, bool verify)
{
	struct rte_crypto_sym_xform c = cipher_x(null & 1), a = auth_x(null & 2, verify);

	ops_key(key, sizeof(key), 1);
	ops_key(auth_key, sizeof(auth_key), 2);
	if (cipher_first)
		c.next = &a;
	else
		a.next = &c;
	return rig_session(r, cipher_first ? &c : &a);
}

/* The cipher range begins 8 bytes behind the authenticated one, as in ESP. */
static void
set_ranges(struct rte_crypto_op *op)
{
	op->sym->cipher.data.offset = OFF + 8;
	op->sym->cipher.data.length = LEN - 8;
	op->sym->auth.data.offset = OFF;
	op->sym->auth.data.length = LEN;
	op->sym->auth.digest.data = ops_digest(op);
	op->sym->auth.digest.phys_addr = ops_iova(op, RIG_DIGEST);
}

static void
one(struct rig *r, void *session, unsigned int null, bool verify, enum ops_shape shape)
{
	uint8_t want[OFF + LEN], mac[64] = { 0 };
	struct ops_buffers b;
	struct rte_crypto_op *op = ops_bare(session);
	struct ref_key k = { key, 16, rig_iv(op), 16 };
	uint32_t begin = null == 1 ? OFF : OFF + 8;	/* a chain copies the span */
	unsigned int n;

	ops_buffers(op, &b, shape, 3, OFF, LEN, shape);
	set_ranges(op);
	memcpy(want, b.src, OFF + LEN);
	if ((null & 1) == 0)
		ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CTR, true, &k, want + OFF + 8, want + OFF + 8,
				LEN - 8);
	if ((null & 2) == 0)
		ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, mac, b.src + OFF, LEN);
	memset(ops_digest(op), 0, 64);
	memcpy(ops_digest(op), mac, verify ? 20 : 0);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(n, null == 3 ? 0 : 1);
	assert_memory_equal(ops_digest(op), mac, 64);
	assert_true(ops_result_is(op, &b, begin, want + begin, OFF + LEN - begin));
	if (verify && (null & 2) == 0) {
		ops_digest(op)[0] ^= 1;
		assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	}
	op->sym->cipher.data.offset = 4000;
	if (null & 1)
		assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	ops_free(op);
}

static void
chains_with_null(void **state)
{
	unsigned int k, null, how, shape;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, 128);

		for (null = 1; null <= 3; null++)
			for (how = 0; how < 4; how++) {
				void *session = session_of(r, null, how & 1, how & 2);

				assert_non_null(session);
				for (shape = 0; shape < OPS_NB_SHAPES; shape++)
					one(r, session, null, how & 2, shape);
				rig_session_free(r, session);
			}
		rig_close(r);
	}
}

/* Alone, as a burst that is longer than the queue: in order, and all come back. */
static void
null_alone(void **state)
{
	unsigned int k, i, auth;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (auth = 0; auth < 2; auth++) {
			struct rig_conf conf = { .features = rig_kinds[k].features };
			struct rig *r = rig_up(&conf, 1, 64);
			struct rte_crypto_sym_xform x = auth ? auth_x(true, false) : cipher_x(true);
			void *session = rig_session(r, &x);
			struct rte_crypto_op *op[70], *got[70];
			struct ops_buffers b[70];
			uint16_t n;

			assert_non_null(session);
			assert_int_equal(r->m.nb_creates, 0);
			for (i = 0; i < 70; i++) {
				op[i] = ops_bare(session);
				ops_buffers(op[i], &b[i], auth ? OPS_IN_PLACE : OPS_OUT_OF_PLACE,
						1, OFF, LEN, i);
				set_ranges(op[i]);
			}
			n = rte_cryptodev_enqueue_burst(r->id, 0, op, 70);
			assert_int_equal(n, 64);
			assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, 70), 64);
			assert_int_equal(rte_cryptodev_enqueue_burst(r->id, 0, op + 64, 6), 6);
			assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got + 64, 70), 6);
			for (i = 0; i < 70; i++) {
				assert_ptr_equal(got[i], op[i]);
				assert_int_equal(op[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
				assert_true(auth ? ops_untouched(op[i], &b[i]) : ops_result_is(
						op[i], &b[i], OFF + 8, b[i].src + OFF + 8,
						LEN - 8));
			}
			assert_int_equal(r->m.nb_data, 0);
			/* The session is of no generation: it outlives a reset of the device. */
			rte_cryptodev_stop(r->id);
			assert_int_equal(rte_cryptodev_close(r->id), 0);
			rig_start(r, 1, 64);
			assert_int_equal(rig_run(r, op[0]), RTE_CRYPTO_OP_STATUS_SUCCESS);
			for (i = 0; i < 70; i++)
				ops_free(op[i]);
			rig_session_free(r, session);
			assert_int_equal(r->m.nb_destroys, 0);
			rig_close(r);
		}
}

/* Sessionless, which needs no mode of the device's. */
static void
null_sessionless(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_up(&conf, 1, 64);
	struct rte_crypto_sym_xform x = cipher_x(true);
	struct rte_crypto_op *op = ops_bare(NULL);
	struct ops_buffers b;

	(void)state;
	op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
	op->sym->xform = &x;
	ops_buffers(op, &b, OPS_SGL_TO_SGL, 4, OFF, LEN, 5);
	op->sym->cipher.data.offset = OFF;
	op->sym->cipher.data.length = LEN;
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_true(ops_result_is(op, &b, OFF, b.src + OFF, LEN));
	ops_free(op);
	rig_close(r);
}

/* Cached like any other, and discarded like any other. */
static void
null_raw(void **state)
{
	union rte_crypto_sym_ofs whole = { .raw = 0 };
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w), null = cipher_x(true);
		struct burst b;
		void *ctr;
		int status;

		raw_up(&w, rig_kinds[k].features, &x);
		ctr = w.session;
		w.session = rig_session(w.r, &null);
		assert_int_equal(configure(&w, 0, true), 0);
		burst_make(&b, 3);
		assert_int_equal(rte_cryptodev_raw_enqueue_burst(w.ctx, &b.vec, whole, b.user,
				&status), 3);
		assert_int_equal(configure(&w, 0, false), 0);
		assert_int_equal(take_one(&w, NULL), RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
		assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 3), -EINVAL);
		assert_int_equal(rte_cryptodev_raw_enqueue_burst(w.ctx, &b.vec, whole, b.user,
				&status), 3);
		assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 2), 0);
		assert_int_equal(take_one(&w, b.user[0]), RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_int_equal(take_one(&w, b.user[1]), RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_int_equal(take_one(&w, NULL), RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
		assert_int_equal(rte_cryptodev_raw_enqueue_done(w.ctx, 1), 0);
		assert_int_equal(take_one(&w, b.user[2]), RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_memory_equal(buf(31), b.in[1], 32);
		assert_int_equal(w.r->m.nb_data, 0);
		rig_session_free(w.r, w.session);
		w.session = ctr;
		raw_down(&w);
	}
}

/* What a program left in fields that an algorithm without a key does not have. */
static void
stray_keys_are_not_read(void **state)
{
	struct rig *r = rig_up(&(struct rig_conf){ .features = rig_kinds[0].features }, 1, 64);
	struct rte_crypto_sym_xform x[2];
	unsigned int what;
	void *s;

	(void)state;
	/* 0: a plain hash; else what of a chain is NULL. */
	for (what = 0; what < 4; what++) {
		x[0] = cipher_x(what & 1);
		x[1] = auth_x(what & 2, false);
		if (what & 1)
			x[0].cipher.key = (__typeof__(x[0].cipher.key)){ (void *)1, UINT16_MAX };
		if (what & 2)
			x[1].auth.key = (__typeof__(x[1].auth.key)){ (void *)1, UINT16_MAX };
		if (what == 0) {
			x[1].auth.algo = RTE_CRYPTO_AUTH_SHA1;
			x[1].auth.key = (__typeof__(x[1].auth.key)){ (void *)1, UINT16_MAX };
		}
		x[0].next = &x[1];
		s = rig_session(r, what == 0 ? &x[1] : &x[0]);
		assert_non_null(s);
		rig_session_free(r, s);
	}
	assert_int_equal(r->m.nb_sessions, 0);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_with_null),
		cmocka_unit_test(null_alone),
		cmocka_unit_test(null_sessionless),
		cmocka_unit_test(null_raw),
		cmocka_unit_test(stray_keys_are_not_read),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, alloc_bufs, free_bufs);
}

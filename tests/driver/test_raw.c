/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The raw data path: vectors instead of mbufs, the caller's pointers instead of ops.
 * Results against OpenSSL, what is illegal, full queues, and what stop hands back.
 */
#include <errno.h>
#include <string.h>

#include "raw_ops.h"

/* ---- ciphers ---- */

static void
ciphers(void **state)
{
	unsigned int k, nb;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		bool direct = !(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC);
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);

		raw_up(&w, rig_variants[k].features, &x);
		for (nb = 1; nb <= (direct ? 3u : 30u); nb++)
			ctr_one(&w, nb);
		for (nb = 0; nb < 200; nb++)
			ctr_one(&w, 1 + nb % 3);
		raw_down(&w);
	}
}

/* ---- digests, chains, AEAD ---- */

static void
digests(void **state)
{
	unsigned int k, verify;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (verify = 0; verify < 2; verify++) {
			union rte_crypto_sym_ofs ofs = { .ofs = { .auth = { 3, 7 } } };
			struct rte_crypto_va_iova_ptr digest = ptr(buf(70));
			struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_AUTH };
			struct rte_crypto_vec v[2];
			uint8_t in[200], want[64];
			struct raw w;

			ops_key(w.key, 32, 9);
			x.auth.op = verify ? RTE_CRYPTO_AUTH_OP_VERIFY :
				RTE_CRYPTO_AUTH_OP_GENERATE;
			x.auth.algo = RTE_CRYPTO_AUTH_SHA256_HMAC;
			x.auth.key.data = w.key;
			x.auth.key.length = 32;
			x.auth.digest_length = 32;
			raw_up(&w, rig_kinds[k].features, &x);
			rig_pattern(in, 200, 1);
			memcpy(buf(1), in, 120);
			memcpy(buf(2), in + 120, 80);
			v[0] = vec(buf(1), 120);
			v[1] = vec(buf(2), 80);
			ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA_256, w.key, 32, want, in + 3, 190);
			memcpy(buf(70), want, verify ? 32 : 0);
			assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, v, 2, ofs, NULL, &digest,
					NULL, in), 0);
			rte_cryptodev_raw_enqueue_done(w.ctx, 1);
			assert_int_equal(take_one(&w, in), RTE_CRYPTO_OP_STATUS_SUCCESS);
			assert_memory_equal(buf(70), want, 32);
			if (verify) {
				buf(70)[31] ^= 1;
				assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, v, 2, ofs, NULL,
						&digest, NULL, in), 0);
				rte_cryptodev_raw_enqueue_done(w.ctx, 1);
				assert_int_equal(take_one(&w, in),
						RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
			}
			raw_down(&w);
		}
}

static void
aead(void **state)
{
	unsigned int k, encrypt;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (encrypt = 0; encrypt < 2; encrypt++) {
			union rte_crypto_sym_ofs ofs = { .raw = 0 };
			struct rte_crypto_va_iova_ptr iv = ptr(buf(0)), tag = ptr(buf(70)),
				aad = ptr(buf(71));
			struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_AEAD };
			uint8_t text[100], cipher[100], want_tag[16];
			struct ref_aead a;
			struct rte_crypto_vec v = vec(buf(1), 100);
			struct raw w;

			ops_key(w.key, 16, 10);
			x.aead.op = encrypt ? RTE_CRYPTO_AEAD_OP_ENCRYPT :
				RTE_CRYPTO_AEAD_OP_DECRYPT;
			x.aead.algo = RTE_CRYPTO_AEAD_AES_GCM;
			x.aead.key.data = w.key;
			x.aead.key.length = 16;
			x.aead.iv.length = 12;
			x.aead.digest_length = 16;
			x.aead.aad_length = 20;
			raw_up(&w, rig_kinds[k].features, &x);
			rig_pattern(buf(0), 16, 1);
			rig_pattern(buf(71), 20, 2);
			rig_pattern(text, 100, 3);
			a = (struct ref_aead){ { w.key, 16, buf(0), 12 }, buf(71), 20,
				want_tag, 16 };
			ref_aead(VIRTIO_CRYPTO_AEAD_GCM, true, &a, cipher, text, 100);
			memcpy(buf(1), encrypt ? text : cipher, 100);
			memset(buf(70), 0, 16);
			memcpy(buf(70), want_tag, encrypt ? 0 : 16);
			assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 1, ofs, &iv, &tag,
					&aad, text), 0);
			rte_cryptodev_raw_enqueue_done(w.ctx, 1);
			assert_int_equal(take_one(&w, text), RTE_CRYPTO_OP_STATUS_SUCCESS);
			assert_memory_equal(buf(1), encrypt ? cipher : text, 100);
			assert_memory_equal(buf(70), want_tag, 16);
			raw_down(&w);
		}
}

static void
chain(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		/* 8 bytes in front are authenticated only; nothing of the end is. */
		union rte_crypto_sym_ofs ofs = { .ofs = { .cipher = { 8, 0 }, .auth = { 0, 16 } } };
		struct rte_crypto_va_iova_ptr iv = ptr(buf(0)), digest = ptr(buf(70));
		struct rte_crypto_vec v = vec(buf(1), 72);
		uint8_t in[72], want[72], want_digest[64], auth_key[20];
		struct rte_crypto_sym_xform auth = {
			.type = RTE_CRYPTO_SYM_XFORM_AUTH,
			.auth = { .algo = RTE_CRYPTO_AUTH_SHA1_HMAC, .digest_length = 20,
				.op = RTE_CRYPTO_AUTH_OP_GENERATE, .key = { auth_key, 20 } },
		};
		struct ref_key key;
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);

		x.next = &auth;
		ops_key(auth_key, 20, 8);
		raw_up(&w, rig_kinds[k].features, &x);
		rig_pattern(buf(0), 16, 77);
		rig_pattern(in, 72, 78);
		memcpy(buf(1), in, 72);
		memcpy(want, in, 72);
		key = (struct ref_key){ w.key, 16, buf(0), 16 };
		ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CTR, true, &key, want + 8, in + 8, 64);
		ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, want_digest, want, 56);
		assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 1, ofs, &iv, &digest, NULL,
				in), 0);
		rte_cryptodev_raw_enqueue_done(w.ctx, 1);
		assert_int_equal(take_one(&w, in), RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_memory_equal(buf(1), want, 72);
		assert_memory_equal(buf(70), want_digest, 20);
		raw_down(&w);
	}
}

/* Auth, then encrypt: 40 bytes are digested, the digest is at p, 60 bytes are encrypted. */
static int
auth_first(struct raw *w, uint8_t *p, void *user)
{
	union rte_crypto_sym_ofs ofs = { .ofs = { .cipher = { 0, 4 }, .auth = { 0, 24 } } };
	struct rte_crypto_va_iova_ptr iv = ptr(buf(0)), digest = ptr(p);
	struct rte_crypto_vec v[2] = { vec(buf(1), 30), vec(buf(1) + 30, 34) };

	return rte_cryptodev_raw_enqueue(w->ctx, v, 2, ofs, &iv, &digest, NULL, user);
}

/* A stream cipher encrypts the digest with the rest; what cannot be had is refused. */
static void
digest_among_what_is_encrypted(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < 2 * RTE_DIM(rig_kinds); k++) {
		bool cbc = k >= RTE_DIM(rig_kinds);
		uint8_t want[64], auth_key[20];
		struct rte_crypto_sym_xform auth = {
			.type = RTE_CRYPTO_SYM_XFORM_AUTH,
			.auth = { .algo = RTE_CRYPTO_AUTH_SHA1_HMAC, .digest_length = 20,
				.op = RTE_CRYPTO_AUTH_OP_GENERATE, .key = { auth_key, 20 } },
		};
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);
		struct ref_key key = { w.key, 16, buf(0), 16 };

		x.cipher.algo = cbc ? RTE_CRYPTO_CIPHER_AES_CBC : RTE_CRYPTO_CIPHER_AES_CTR;
		auth.next = &x;
		ops_key(auth_key, 20, 8);
		raw_up(&w, rig_kinds[k % RTE_DIM(rig_kinds)].features, &auth);
		rig_pattern(buf(0), 16, 7);
		rig_pattern(buf(1), 64, 8);
		memcpy(want, buf(1), 64);
		ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, want + 40, want, 40);
		ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CTR, true, &key, want, want, 60);
		/* Over the end of what is encrypted. */
		assert_int_equal(auth_first(&w, buf(1) + 41, want), -EINVAL);
		assert_int_equal(auth_first(&w, buf(1) + 40, want), cbc ? -EINVAL : 0);
		if (!cbc) {
			rte_cryptodev_raw_enqueue_done(w.ctx, 1);
			assert_int_equal(take_one(&w, want), RTE_CRYPTO_OP_STATUS_SUCCESS);
			assert_memory_equal(buf(1), want, 64);
		}
		raw_down(&w);
	}
}

/* ---- bursts ---- */

static unsigned int nb_posted, nb_posted_ok;

static void
posted(void *user_data, uint32_t index, uint8_t ok)
{
	assert_non_null(user_data);
	assert_int_equal(index, nb_posted);
	nb_posted++;
	nb_posted_ok += ok;
}

static uint32_t
seven(void *user_data)
{
	assert_non_null(user_data);
	return 7;
}

static void
bursts(void **state)
{
	unsigned int k, round;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		union rte_crypto_sym_ofs ofs = { .raw = 0 };
		uint32_t n_success = 0;
		struct burst b;
		void *out[NB_BURST];
		int status;
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);

		raw_up(&w, rig_kinds[k].features, &x);
		for (round = 0; round < 10; round++) {
			burst_make(&b, NB_BURST);
			assert_int_equal(rte_cryptodev_raw_enqueue_burst(w.ctx, &b.vec, ofs, b.user,
					&status), NB_BURST);
			assert_int_equal(status, 0);
			/* Nothing is on its way yet. */
			assert_int_equal(rte_cryptodev_raw_dequeue_burst(w.ctx, NULL, 5, NULL, out,
					1, &n_success, &status), 0);
			rte_cryptodev_raw_enqueue_done(w.ctx, NB_BURST);
			nb_posted = nb_posted_ok = 0;
			assert_int_equal(rte_cryptodev_raw_dequeue_burst(w.ctx, seven, 100, posted,
					out, 1, &n_success, &status), 7);
			assert_int_equal(n_success, 7);
			assert_int_equal(nb_posted_ok, 7);
			assert_int_equal(rte_cryptodev_raw_dequeue_burst(w.ctx, NULL, 100, NULL,
					out + 7, 1, &n_success, &status), NB_BURST - 7);
			assert_int_equal(n_success, NB_BURST - 7);
			rte_cryptodev_raw_dequeue_done(w.ctx, NB_BURST);
			assert_memory_equal(out, b.user, sizeof(out));
			check_burst(&w, &b, NB_BURST);
		}
		raw_down(&w);
	}
}

/* 64 fit; the rest is not taken, and goes when there is room. */
static void
full(void **state)
{
	unsigned int k, n;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		union rte_crypto_sym_ofs ofs = { .raw = 0 };
		uint32_t n_success = 0;
		void *out[NB_BURST];
		struct burst b;
		int status;
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);

		raw_up(&w, rig_kinds[k].features, &x);
		w.r->m.mode = MODEL_PUMPED;
		burst_make(&b, NB_BURST);
		for (n = 0; n < 2; n++)
			assert_int_equal(rte_cryptodev_raw_enqueue_burst(w.ctx, &b.vec, ofs, b.user,
					&status), NB_BURST);
		assert_int_equal(rte_cryptodev_raw_enqueue_burst(w.ctx, &b.vec, ofs, b.user,
				&status), SIZE - 2 * NB_BURST);
		assert_int_equal(status, 0);
		assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, b.v[0], 1, ofs, b.iv, NULL, NULL,
				&b), -ENOSPC);
		rte_cryptodev_raw_enqueue_done(w.ctx, SIZE);
		model_work(&w.r->m);
		for (n = 0; n < SIZE;)
			n += rte_cryptodev_raw_dequeue_burst(w.ctx, NULL, NB_BURST, NULL, out, 1,
					&n_success, &status);
		assert_int_equal(n, SIZE);
		w.r->m.mode = MODEL_INLINE;
		ctr_one(&w, 2);
		raw_down(&w);
	}
}

/* ---- what is illegal ---- */

static void
illegal(void **state)
{
	union rte_crypto_sym_ofs none = { .raw = 0 }, far_off = { .ofs = { .cipher = { 60, 5 } } },
		all = { .ofs = { .cipher = { 32, 32 } } };
	struct rte_crypto_va_iova_ptr iv = ptr(buf(0)), null = { NULL, 0 };
	struct rte_crypto_vec v = vec(buf(1), 64);
	struct burst b;
	struct raw w;
	struct rte_crypto_sym_xform x = ctr_x(&w);
	int status;

	(void)state;
	raw_up(&w, rig_kinds[0].features, &x);
	assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 1, far_off, &iv, NULL, NULL, &b),
			-EINVAL);
	assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 1, all, &iv, NULL, NULL, &b),
			-EINVAL);
	assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 1, none, NULL, NULL, NULL, &b),
			-EINVAL);
	assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 1, none, &null, NULL, NULL, &b),
			-EINVAL);
	assert_int_equal(rte_cryptodev_raw_enqueue(w.ctx, &v, 0, none, &iv, NULL, NULL, &b),
			-EINVAL);
	/* The fourth of a burst: three are taken. */
	burst_make(&b, 10);
	b.v[3][0].len = 0;
	assert_int_equal(rte_cryptodev_raw_enqueue_burst(w.ctx, &b.vec, none, b.user, &status), 3);
	assert_int_equal(status, -EINVAL);
	rte_cryptodev_raw_enqueue_done(w.ctx, 3);
	assert_int_equal(w.r->m.nb_data, 3);
	assert_int_equal(take_one(&w, b.user[0]), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(take_one(&w, b.user[1]), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(take_one(&w, b.user[2]), RTE_CRYPTO_OP_STATUS_SUCCESS);
	ctr_one(&w, 3);
	raw_down(&w);
}

/* No context for what has no raw form, or for a session of an earlier life. */
static void
no_context(void **state)
{
	union rte_cryptodev_session_ctx s;
	struct raw w;
	struct rte_crypto_sym_xform x = ctr_x(&w);
	void *old, *units;

	(void)state;
	raw_up(&w, rig_kinds[0].features, &x);
	old = w.session;
	s.xform = &x;
	assert_int_equal(rte_cryptodev_configure_raw_dp_ctx(w.r->id, 0, w.ctx,
			RTE_CRYPTO_OP_SESSIONLESS, s, 0), -ENOTSUP);
	x.cipher.algo = RTE_CRYPTO_CIPHER_AES_XTS;
	x.cipher.key.length = 32;
	x.cipher.dataunit_len = 512;
	ops_key(w.key, 32, 1);
	units = rig_session(w.r, &x);
	assert_non_null(units);
	w.session = units;
	assert_int_equal(configure(&w, 0, false), -ENOTSUP);
	rig_session_free(w.r, units);
	rte_cryptodev_stop(w.r->id);
	assert_int_equal(rte_cryptodev_close(w.r->id), 0);
	rig_start(w.r, 1, SIZE);
	w.session = old;
	assert_int_equal(configure(&w, 0, false), -EINVAL);
	log_capture_start();
	raw_down(&w);
}

/* ---- stop ---- */

static void
stop_in_flight(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		union rte_crypto_sym_ofs ofs = { .raw = 0 };
		struct burst b;
		int status;
		struct raw w;
		struct rte_crypto_sym_xform x = ctr_x(&w);

		raw_up(&w, rig_kinds[k].features, &x);
		w.r->m.data_silent = true;
		burst_make(&b, 10);
		assert_int_equal(rte_cryptodev_raw_enqueue_burst(w.ctx, &b.vec, ofs, b.user,
				&status), 10);
		rte_cryptodev_raw_enqueue_done(w.ctx, 10);
		rte_cryptodev_stop(w.r->id);
		w.r->m.data_silent = false;
		/* Some from the stopped device, the others after the next start. */
		for (i = 0; i < 5; i++)
			assert_int_equal(take_one(&w, b.user[i]), RTE_CRYPTO_OP_STATUS_ERROR);
		assert_int_equal(rte_cryptodev_start(w.r->id), 0);
		assert_int_equal(configure(&w, 0, false), 0);
		for (; i < 10; i++)
			assert_int_equal(take_one(&w, b.user[i]), RTE_CRYPTO_OP_STATUS_ERROR);
		ctr_one(&w, 2);
		raw_down(&w);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ciphers),
		cmocka_unit_test(digests),
		cmocka_unit_test(aead),
		cmocka_unit_test(chain),
		cmocka_unit_test(digest_among_what_is_encrypted),
		cmocka_unit_test(bursts),
		cmocka_unit_test(full),
		cmocka_unit_test(illegal),
		cmocka_unit_test(no_context),
		cmocka_unit_test(stop_in_flight),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, alloc_bufs, free_bufs);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ranges of a chain that are empty: they touch nothing wherever they point, in every shape
 * of buffers, in both orders and directions, with ops and on the raw data path; and the
 * other range is served as if it stood alone.
 */
#include "raw_ops.h"

#define OFF	16u
#define LEN	64u

static uint8_t key[16], auth_key[20];

struct how {
	bool cbc, cipher_first, encrypt, verify;
};

static void *
session_of(struct rig *r, const struct how *h, uint16_t iv_off)
{
	struct rte_crypto_sym_xform c = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = h->encrypt ? RTE_CRYPTO_CIPHER_OP_ENCRYPT :
				RTE_CRYPTO_CIPHER_OP_DECRYPT,
			.algo = h->cbc ? RTE_CRYPTO_CIPHER_AES_CBC : RTE_CRYPTO_CIPHER_AES_CTR,
			.key = { key, 16 }, .iv = { iv_off, 16 } },
	};
	struct rte_crypto_sym_xform a = {
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = {
			.op = h->verify ? RTE_CRYPTO_AUTH_OP_VERIFY : RTE_CRYPTO_AUTH_OP_GENERATE,
			.algo = RTE_CRYPTO_AUTH_SHA1_HMAC, .key = { auth_key, 20 },
			.digest_length = 20 },
	};

	ops_key(key, sizeof(key), 5);
	ops_key(auth_key, sizeof(auth_key), 6);
	if (h->cipher_first)
		c.next = &a;
	else
		a.next = &c;
	return rig_session(r, h->cipher_first ? &c : &a);
}

static struct how
how_of(unsigned int i)
{
	return (struct how){ i & 1, i & 2, i & 4, i & 8 };
}

#define NB_HOWS	16

/* Where an empty range may point: inside, at the end, far outside, nowhere at all. */
static const uint32_t places[] = { 0, OFF + 7, OFF + LEN, OFF + LEN + 9, 600, 70000, UINT32_MAX };

static struct rte_crypto_op *
op_of(void *session, struct ops_buffers *b, enum ops_shape shape, bool direct)
{
	struct rte_crypto_op *op = ops_bare(session);

	ops_buffers(op, b, shape, direct ? 2 : 4, OFF, LEN, 3);
	op->sym->auth.digest.data = ops_digest(op);
	op->sym->auth.digest.phys_addr = ops_iova(op, RIG_DIGEST);
	return op;
}

/* Authenticates alone: the cipher range is empty, at place. */
static void
no_cipher(struct rig *r, void *session, const struct how *h, enum ops_shape shape,
		uint32_t place, bool direct)
{
	uint8_t want[64];
	struct ops_buffers b;
	struct rte_crypto_op *op = op_of(session, &b, shape, direct);
	unsigned int n;

	op->sym->cipher.data.offset = place;
	op->sym->cipher.data.length = 0;
	op->sym->auth.data.offset = OFF;
	op->sym->auth.data.length = LEN;
	ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, want, b.src + OFF, LEN);
	memcpy(ops_digest(op), want, h->verify ? 20 : 0);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(n, 1);
	assert_memory_equal(ops_digest(op), want, 20);
	assert_true(ops_untouched(op, &b));
	if (h->verify) {
		ops_digest(op)[3] ^= 1;
		assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	}
	ops_free(op);
}

/* Ciphers alone: the authenticated range is empty, at place. */
static void
no_auth(struct rig *r, void *session, const struct how *h, enum ops_shape shape, uint32_t place,
		bool direct)
{
	uint8_t want[LEN], digest[64];
	struct ops_buffers b;
	struct rte_crypto_op *op = op_of(session, &b, shape, direct);
	struct ref_key k = { key, 16, rig_iv(op), 16 };
	unsigned int n;

	op->sym->cipher.data.offset = OFF;
	op->sym->cipher.data.length = LEN;
	op->sym->auth.data.offset = place;
	op->sym->auth.data.length = 0;
	ref_cipher(h->cbc ? VIRTIO_CRYPTO_CIPHER_AES_CBC : VIRTIO_CRYPTO_CIPHER_AES_CTR,
			h->encrypt, &k, want, b.src + OFF, LEN);
	ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, digest, b.src, 0);
	memcpy(ops_digest(op), digest, h->verify ? 20 : 0);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(n, 1);
	assert_memory_equal(ops_digest(op), digest, 20);
	assert_true(ops_result_is(op, &b, OFF, want, LEN));
	ops_free(op);
}

/* Neither range has a byte: the digest is that of nothing. */
static void
neither(struct rig *r, void *session, const struct how *h, enum ops_shape shape, bool direct)
{
	uint8_t want[64];
	struct ops_buffers b;
	struct rte_crypto_op *op = op_of(session, &b, shape, direct);
	unsigned int n;

	op->sym->cipher.data.offset = 600;
	op->sym->cipher.data.length = 0;
	op->sym->auth.data.offset = 700;
	op->sym->auth.data.length = 0;
	ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, want, b.src, 0);
	memset(ops_digest(op), 0, 20);
	memcpy(ops_digest(op), want, h->verify ? 20 : 0);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_memory_equal(ops_digest(op), want, 20);
	assert_true(ops_untouched(op, &b));
	ops_free(op);
}

static void
empty_ranges_touch_nothing(void **state)
{
	unsigned int k, i, p, shape;

	(void)state;
	for (k = 0; k < rig_nb_variants; k += 2) {
		bool direct = !(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC);
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 128);

		for (i = 0; i < NB_HOWS; i++) {
			struct how h = how_of(i);
			void *session = session_of(r, &h, RIG_IV);

			assert_non_null(session);
			for (shape = 0; shape < OPS_NB_SHAPES; shape++) {
				for (p = 0; p < RTE_DIM(places); p++) {
					no_cipher(r, session, &h, shape, places[p], direct);
					no_auth(r, session, &h, shape, places[p], direct);
				}
				neither(r, session, &h, shape, direct);
			}
			rig_session_free(r, session);
		}
		rig_close(r);
	}
}

/* A session for a device of small max_size judges each length on the slow path. */
static void
small_max_size(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);
	struct how h = { true, true, true, false };
	void *session;
	struct ops_buffers b;
	struct rte_crypto_op *op;
	unsigned int n, len;

	(void)state;
	r->f->device_cfg.max_size = cpu_to_le64(1000);
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 128);
	session = session_of(r, &h, RIG_IV);
	for (len = 16; len < 1600; len += 16) {
		op = ops_bare(session);
		ops_buffers(op, &b, OPS_IN_PLACE, 1, OFF, len, len);
		op->sym->auth.digest.data = ops_digest(op);
		op->sym->auth.digest.phys_addr = ops_iova(op, RIG_DIGEST);
		op->sym->cipher.data.offset = op->sym->auth.data.offset = OFF;
		op->sym->cipher.data.length = op->sym->auth.data.length = len;
		/* iv, digest twice, payload in and out */
		assert_int_equal(ops_run(r, op, &n), 16 + 2 * 20 + 2 * len <= 1000 ?
				RTE_CRYPTO_OP_STATUS_SUCCESS : RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
		ops_free(op);
	}
	rig_session_free(r, session);
	rig_close(r);
}

/* ---- the raw data path ---- */

static void
raw_one(struct raw *w, const struct how *h, bool cipher, unsigned int nb)
{
	union rte_crypto_sym_ofs ofs = { .ofs = { .cipher = { OFF, 4 }, .auth = { OFF, 4 } } };
	uint32_t total = OFF + LEN + 4;
	struct rte_crypto_va_iova_ptr iv = ptr(buf(0)), digest = ptr(buf(70));
	struct rte_crypto_vec v[2] = { vec(buf(1), nb == 1 ? total : 40),
		vec(buf(1) + 40, total - 40) };
	struct ref_key k = { key, 16, buf(0), 16 };
	uint8_t want[OFF + LEN + 4], mac[64];

	rig_pattern(buf(0), 16, 1);
	rig_pattern(buf(1), total, 2);
	memcpy(want, buf(1), total);
	if (cipher) {
		ofs.ofs.auth.head = (uint16_t)total;
		ofs.ofs.auth.tail = 0;
		ref_cipher(h->cbc ? VIRTIO_CRYPTO_CIPHER_AES_CBC : VIRTIO_CRYPTO_CIPHER_AES_CTR,
				h->encrypt, &k, want + OFF, want + OFF, LEN);
		ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, mac, want, 0);
	} else {
		ofs.ofs.cipher.head = 0;
		ofs.ofs.cipher.tail = (uint16_t)total;
		ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, mac, want + OFF, LEN);
	}
	memcpy(buf(70), mac, h->verify ? 20 : 0);
	assert_int_equal(rte_cryptodev_raw_enqueue(w->ctx, v, (uint16_t)nb, ofs, &iv, &digest, NULL,
			w), 0);
	assert_int_equal(rte_cryptodev_raw_enqueue_done(w->ctx, 1), 0);
	assert_int_equal(take_one(w, w), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_memory_equal(buf(1), want, total);
	assert_memory_equal(buf(70), mac, 20);
}

static void
empty_raw_ranges(void **state)
{
	unsigned int k, i, nb;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct raw w;

		raw_up_with(&w, rig_kinds[k].features, NULL, NULL);
		for (i = 0; i < NB_HOWS; i++) {
			struct how h = how_of(i);

			w.session = session_of(w.r, &h, 0);
			assert_int_equal(configure(&w, 0, false), 0);
			for (nb = 1; nb <= 2; nb++) {
				raw_one(&w, &h, true, nb);
				raw_one(&w, &h, false, nb);
			}
			rig_session_free(w.r, w.session);
		}
		w.session = NULL;
		raw_down(&w);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_ranges_touch_nothing),
		cmocka_unit_test(small_max_size),
		cmocka_unit_test(empty_raw_ranges),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, alloc_bufs, free_bufs);
}

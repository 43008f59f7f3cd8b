/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Cipher ops: every algorithm, key size and direction against OpenSSL, buffers of every
 * shape, lengths and offsets; segments up to the limit and one more; data units of
 * AES-XTS; and what is illegal, which reaches no device.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/vcrypto_device.h"
#include "ops.h"
#include "reference.h"

#define STREAM	{ 1, 2, 15, 16, 17, 255, 1000, 1900 }
#define BLOCK8	{ 8, 16, 24, 64, 72, 256, 1024, 1896 }
#define BLOCK16	{ 16, 32, 48, 64, 80, 256, 1024, 1904 }
#define XTS	{ 16, 17, 31, 32, 33, 512, 1023, 1901 }
#define NB_LENS	8

static const struct alg {
	const char *name;
	enum rte_crypto_cipher_algorithm rte;
	uint32_t number;
	uint16_t key[3];		/* bytes; 0: no more */
	uint16_t iv;			/* bytes */
	bool bits;
	uint32_t lens[NB_LENS];		/* bytes */
	uint32_t illegal[3];		/* 0: no more */
} algs[] = {
	{ "arc4", RTE_CRYPTO_CIPHER_ARC4, VIRTIO_CRYPTO_CIPHER_ARC4, { 16, 5, 64 }, 0, false,
		STREAM, { 0 } },
	{ "aes-ecb", RTE_CRYPTO_CIPHER_AES_ECB, VIRTIO_CRYPTO_CIPHER_AES_ECB, { 16, 24, 32 }, 0,
		false, BLOCK16, { 1, 15, 33 } },
	{ "aes-cbc", RTE_CRYPTO_CIPHER_AES_CBC, VIRTIO_CRYPTO_CIPHER_AES_CBC, { 16, 24, 32 }, 16,
		false, BLOCK16, { 1, 17, 40 } },
	{ "aes-ctr", RTE_CRYPTO_CIPHER_AES_CTR, VIRTIO_CRYPTO_CIPHER_AES_CTR, { 16, 24, 32 }, 16,
		false, STREAM, { 0 } },
	{ "aes-f8", RTE_CRYPTO_CIPHER_AES_F8, VIRTIO_CRYPTO_CIPHER_AES_F8, { 32, 48, 64 }, 16,
		false, STREAM, { 0 } },
	{ "aes-xts", RTE_CRYPTO_CIPHER_AES_XTS, VIRTIO_CRYPTO_CIPHER_AES_XTS, { 32, 64 }, 16,
		false, XTS, { 1, 8, 15 } },
	{ "des-cbc", RTE_CRYPTO_CIPHER_DES_CBC, VIRTIO_CRYPTO_CIPHER_DES_CBC, { 8 }, 8, false,
		BLOCK8, { 4, 7, 65 } },
	{ "3des-ecb", RTE_CRYPTO_CIPHER_3DES_ECB, VIRTIO_CRYPTO_CIPHER_3DES_ECB, { 24 }, 0, false,
		BLOCK8, { 4, 9, 1000 - 1 } },
	{ "3des-cbc", RTE_CRYPTO_CIPHER_3DES_CBC, VIRTIO_CRYPTO_CIPHER_3DES_CBC, { 24 }, 8, false,
		BLOCK8, { 1, 12, 23 } },
	{ "3des-ctr", RTE_CRYPTO_CIPHER_3DES_CTR, VIRTIO_CRYPTO_CIPHER_3DES_CTR, { 24 }, 8, false,
		STREAM, { 0 } },
	{ "kasumi-f8", RTE_CRYPTO_CIPHER_KASUMI_F8, VIRTIO_CRYPTO_CIPHER_KASUMI_F8, { 16 }, 8,
		true, STREAM, { 0 } },
	{ "snow3g-uea2", RTE_CRYPTO_CIPHER_SNOW3G_UEA2, VIRTIO_CRYPTO_CIPHER_SNOW3G_UEA2, { 16 },
		16, true, STREAM, { 0 } },
	{ "zuc-eea3", RTE_CRYPTO_CIPHER_ZUC_EEA3, VIRTIO_CRYPTO_CIPHER_ZUC_EEA3, { 16 }, 16, true,
		STREAM, { 0 } },
};

static const struct alg *
alg_of(uint32_t number)
{
	unsigned int i;

	for (i = 0; algs[i].number != number; i++)
		;
	return &algs[i];
}

#define CBC	alg_of(VIRTIO_CRYPTO_CIPHER_AES_CBC)

struct sess {
	const struct alg *a;
	bool encrypt;
	uint8_t key[64];
	size_t key_len;
	void *handle;
};

static void
sess_open(struct sess *s, struct rig *r, const struct alg *a, size_t key_len, bool encrypt,
		uint16_t dataunit)
{
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = encrypt ? RTE_CRYPTO_CIPHER_OP_ENCRYPT :
				RTE_CRYPTO_CIPHER_OP_DECRYPT,
			.algo = a->rte,
			.key = { s->key, (uint16_t)key_len },
			.iv = { RIG_IV, a->iv },
			.dataunit_len = dataunit,
		},
	};

	s->a = a;
	s->encrypt = encrypt;
	s->key_len = key_len;
	ops_key(s->key, key_len, a->number);
	s->handle = rig_session(r, &x);
	if (s->handle == NULL)
		fail_msg("%s with a key of %zu: %s", a->name, key_len, log_capture_last());
}

static void
set_range(struct rte_crypto_op *op, const struct sess *s, uint32_t off, uint32_t len)
{
	op->sym->cipher.data.offset = s->a->bits ? off * 8 : off;
	op->sym->cipher.data.length = s->a->bits ? len * 8 : len;
}

static void
reference(const struct sess *s, const uint8_t *iv, uint8_t *out, const uint8_t *in, uint32_t len)
{
	struct ref_key k = { s->key, s->key_len, iv, s->a->iv };

	ref_cipher(s->a->number, s->encrypt, &k, out, in, len);
}

/* One op in a shape: the right bytes, and nothing else touched. */
static void
one(struct rig *r, struct sess *s, enum ops_shape shape, unsigned int nb_segs, uint32_t off,
		uint32_t len)
{
	struct rte_crypto_op *op = ops_bare(s->handle);
	struct ops_buffers b;
	uint8_t want[OPS_MAX];
	unsigned int n;
	uint8_t status;

	rig_pattern(rig_iv(op), 16, len + off);
	ops_buffers(op, &b, shape, nb_segs, off, len, len * 31 + off);
	set_range(op, s, off, len);
	reference(s, rig_iv(op), want, b.src + off, len);
	status = ops_run(r, op, &n);
	if (status != RTE_CRYPTO_OP_STATUS_SUCCESS || n != 1 ||
			!ops_result_is(op, &b, off, want, len))
		fail_msg("%s %s, key %zu, shape %d of %u, %u + %u bytes: status %u, %u requests",
			s->a->name, s->encrypt ? "encrypt" : "decrypt", s->key_len, shape, nb_segs,
			off, len, status, n);
	ops_free(op);
}

/* ---- results ---- */

static void
algorithm_on(struct rig *r, const struct alg *a, bool direct)
{
	unsigned int shape, i, encrypt;
	struct sess s;

	for (encrypt = 0; encrypt < 2; encrypt++) {
		sess_open(&s, r, a, a->key[0], encrypt, 0);
		for (shape = 0; shape < OPS_NB_SHAPES; shape++)
			for (i = 0; i < NB_LENS; i++)
				one(r, &s, shape, direct ? 2 : 2 + i, i % 3 * 7, a->lens[i]);
		rig_session_free(r, s.handle);
	}
}

/* Every algorithm, both directions, every shape, on every variant of the ring. */
static void
every_algorithm_on_every_variant(void **state)
{
	unsigned int i, k;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 32);

		for (i = 0; i < RTE_DIM(algs); i++)
			algorithm_on(r, &algs[i],
				!(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC));
		rig_close(r);
	}
}

static void
every_key_size(void **state)
{
	unsigned int i, k, encrypt;

	(void)state;
	for (encrypt = 0; encrypt < 2; encrypt++) {
		struct rig_conf conf = { .features = rig_kinds[2].features };
		struct rig *r = rig_up(&conf, 1, 32);

		for (i = 0; i < RTE_DIM(algs); i++)
			for (k = 0; k < 3 && algs[i].key[k] != 0; k++) {
				struct sess s;

				sess_open(&s, r, &algs[i], algs[i].key[k], encrypt, 0);
				one(r, &s, OPS_IN_PLACE, 1, 0, 64);
				one(r, &s, OPS_SGL_TO_SGL, 5, 3, 1024);
				rig_session_free(r, s.handle);
			}
		rig_close(r);
	}
}

/* Every length of a stream cipher and every number of blocks, in one buffer. */
static void
every_length(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_up(&conf, 1, 32);
	struct sess ctr, cbc, xts;
	uint32_t len;

	(void)state;
	sess_open(&ctr, r, alg_of(VIRTIO_CRYPTO_CIPHER_AES_CTR), 16, true, 0);
	sess_open(&cbc, r, CBC, 32, false, 0);
	sess_open(&xts, r, alg_of(VIRTIO_CRYPTO_CIPHER_AES_XTS), 32, true, 0);
	for (len = 1; len <= 300; len++) {
		one(r, &ctr, OPS_IN_PLACE, 1, 300 - len, len);
		if (len % 16 == 0)
			one(r, &cbc, OPS_OUT_OF_PLACE, 1, len % 7, len);
		if (len >= 16)
			one(r, &xts, OPS_IN_PLACE, 1, 0, len);
	}
	rig_session_free(r, ctr.handle);
	rig_session_free(r, cbc.handle);
	rig_session_free(r, xts.handle);
	rig_close(r);
}

static void
a_large_buffer(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[3].features };
	struct rig *r = rig_up(&conf, 1, 32);
	static uint8_t in[RIG_BIG], want[RIG_BIG];
	struct sess s;
	struct rte_crypto_op *op;

	(void)state;
	sess_open(&s, r, CBC, 16, true, 0);
	op = rig_op(s.handle, RIG_BIG / 16 * 16);
	memcpy(in, rte_pktmbuf_mtod(op->sym->m_src, uint8_t *), op->sym->cipher.data.length);
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
	reference(&s, rig_iv(op), want, in, op->sym->cipher.data.length);
	assert_memory_equal(rte_pktmbuf_mtod(op->sym->m_src, uint8_t *), want,
			op->sym->cipher.data.length);
	rig_op_free(op);
	rig_session_free(r, s.handle);
	rig_close(r);
}

/* Sessions take turns in the same slots, and linear ops with segmented ones. */
static void
slots_change_hands(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		bool direct = !(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC);
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 8);
		struct sess s[3];

		sess_open(&s[0], r, CBC, 16, true, 0);
		sess_open(&s[1], r, alg_of(VIRTIO_CRYPTO_CIPHER_3DES_CBC), 24, false, 0);
		sess_open(&s[2], r, alg_of(VIRTIO_CRYPTO_CIPHER_AES_ECB), 32, true, 0);
		for (i = 0; i < 200; i++)
			one(r, &s[i * 7 % 5 % 3], i % 11 % OPS_NB_SHAPES, direct ? 2 : 2 + i % 2,
					i % 5, 16 * (1 + i % 9));
		for (i = 0; i < 3; i++)
			rig_session_free(r, s[i].handle);
		rig_close(r);
	}
}

/* ---- the limit of segments ---- */

/* Ops of nb segments in the shape: legal, and one more is not. */
static void
segments_end_at(struct rig *r, struct sess *s, enum ops_shape shape, unsigned int nb)
{
	struct rte_crypto_op *op = ops_bare(s->handle);
	uint32_t len = RTE_ALIGN_CEIL(nb * 16, 16);
	struct ops_buffers b;
	unsigned int n;

	ops_buffers(op, &b, shape, 1, 0, len, nb);
	rte_pktmbuf_free(op->sym->m_src);
	op->sym->m_src = ops_parts(16, nb + 1);	/* one more than is legal */
	if (shape == OPS_SGL_TO_LINEAR) {
		rte_pktmbuf_free(op->sym->m_dst);
		op->sym->m_dst = ops_chain(len + 16, 1);
	}
	set_range(op, s, 0, len);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(n, 1);
	set_range(op, s, 0, len + 16);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	assert_int_equal(n, 0);
	ops_free(op);
}

static void
segments_up_to_the_limit(void **state)
{
	static const struct {
		bool indirect;
		uint32_t size;
		unsigned int in_place, to_linear;
	} c[] = {
		{ true, 256, 35, 69 },		/* tables of 72 entries: 66 segments and more */
		{ true, 64, 31, 61 },		/* of the queue's size */
		{ true, 8, 3, 5 },
		{ false, 256, 3, 5 },		/* a slot's own table of 8 */
	};
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (i = 0; i < RTE_DIM(c); i++) {
			struct rig_conf conf = { .features = rig_kinds[k].features };
			struct rig *r;
			struct sess s;

			if (!c[i].indirect)
				conf.features &= ~VIRTIO_F_INDIRECT_DESC;
			r = rig_up(&conf, 1, c[i].size);
			sess_open(&s, r, CBC, 16, true, 0);
			segments_end_at(r, &s, OPS_IN_PLACE_SGL, c[i].in_place);
			segments_end_at(r, &s, OPS_SGL_TO_LINEAR, c[i].to_linear);
			rig_session_free(r, s.handle);
			rig_close(r);
		}
}

static void
every_number_of_segments(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[2].features, .devargs = "max_segments=125" };
	struct rig *r = rig_up(&conf, 1, 256);
	unsigned int nb;
	struct sess s;

	(void)state;
	sess_open(&s, r, alg_of(VIRTIO_CRYPTO_CIPHER_AES_CTR), 16, true, 0);
	for (nb = 1; nb <= 63; nb++) {
		one(r, &s, OPS_IN_PLACE_SGL, nb, nb % 4, 1500 + nb);
		if (nb < 63)
			one(r, &s, OPS_SGL_TO_SGL, nb, 0, 700 + nb);
		one(r, &s, OPS_LINEAR_TO_SGL, nb, 5, 300);
	}
	rig_session_free(r, s.handle);
	rig_close(r);
}

/* ---- what is illegal ---- */

static void
refused(struct rig *r, struct rte_crypto_op *op, uint8_t status, const char *what)
{
	unsigned int n;
	uint8_t got = ops_run(r, op, &n);

	if (got != status || n != 0)
		fail_msg("%s: status %u instead of %u, %u requests", what, got, status, n);
}

static void
illegal_lengths(void **state)
{
	static const enum ops_shape shapes[] = { OPS_IN_PLACE, OPS_SGL_TO_SGL };
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_up(&conf, 1, 64);
	unsigned int i, k, n;

	(void)state;
	for (i = 0; i < RTE_DIM(algs); i++)
		for (k = 0; k < RTE_DIM(shapes); k++) {
			struct rte_crypto_op *op;
			struct ops_buffers b;
			struct sess s;

			sess_open(&s, r, &algs[i], algs[i].key[0], true, 0);
			op = ops_bare(s.handle);
			ops_buffers(op, &b, shapes[k], 3, 0, 1024, i);
			set_range(op, &s, 0, 0);
			refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, algs[i].name);
			for (n = 0; n < 3 && algs[i].illegal[n] != 0; n++) {
				set_range(op, &s, 0, algs[i].illegal[n]);
				refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, algs[i].name);
			}
			if (algs[i].bits) {
				op->sym->cipher.data.length = 129;
				refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "bits");
				op->sym->cipher.data.length = 128;
				op->sym->cipher.data.offset = 3;
				refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "bits");
			}
			assert_true(ops_untouched(op, &b));
			ops_free(op);
			rig_session_free(r, s.handle);
		}
	rig_close(r);
}

/* Ranges outside of the buffers, of either one. */
static void
illegal_ranges(void **state)
{
	static const uint32_t ranges[][2] = {
		{ 0, 1024 + 32 }, { 1024 + 16, 16 }, { 1024, 32 }, { UINT32_MAX - 15, 16 },
		{ UINT32_MAX - 15, 32 }, { 16, UINT32_MAX - 15 }, { 0, UINT32_MAX - 15 },
		{ 0x80000000, 0x80000000 },
	};
	struct rig_conf conf = { .features = rig_kinds[2].features };
	struct rig *r = rig_up(&conf, 1, 64);
	unsigned int shape, i;
	struct sess s;

	(void)state;
	sess_open(&s, r, CBC, 16, true, 0);
	for (shape = 0; shape < OPS_NB_SHAPES; shape++) {
		struct rte_crypto_op *op = ops_bare(s.handle);
		struct rte_mbuf *full;
		struct ops_buffers b;

		ops_buffers(op, &b, shape, 3, 0, 1024, shape);
		for (i = 0; i < RTE_DIM(ranges); i++) {
			op->sym->cipher.data.offset = ranges[i][0];
			op->sym->cipher.data.length = ranges[i][1];
			refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "range");
		}
		assert_true(ops_untouched(op, &b));
		/* Only the destination is too short. */
		full = op->sym->m_dst;
		op->sym->m_dst = ops_chain(1000, shape % 2 ? 1 : 3);
		set_range(op, &s, 0, 1024);
		refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "destination");
		rte_pktmbuf_free(op->sym->m_dst);
		op->sym->m_dst = full;
		ops_free(op);
	}
	rig_session_free(r, s.handle);
	rig_close(r);
}

/* A session as another driver's, whose private data says what it likes; to be freed. */
static void *
another_drivers_session(void)
{
	struct rte_cryptodev_sym_session *s = calloc(1, sizeof(*s) + 1024);

	assert_non_null(s);
	s->driver_id = (uint8_t)(vcrypto_driver_id + 1);
	memset(CRYPTODEV_GET_SYM_SESS_PRIV(s), 0xa5, 1024);
	return s;
}

static void
illegal_ops(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[1].features };
	struct rig *r = rig_up(&conf, 1, 64);
	struct rte_crypto_op *op;
	struct ops_buffers b;
	struct sess s;
	struct rte_mbuf *m;

	(void)state;
	sess_open(&s, r, CBC, 16, true, 0);
	op = ops_bare(s.handle);
	ops_buffers(op, &b, OPS_IN_PLACE, 1, 0, 64, 1);
	set_range(op, &s, 0, 64);
	m = op->sym->m_src;
	op->sym->m_src = NULL;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "no source");
	op->sym->m_src = m;
	op->type = RTE_CRYPTO_OP_TYPE_UNDEFINED;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "op type");
	op->type = RTE_CRYPTO_OP_TYPE_SYMMETRIC;
	op->sess_type = RTE_CRYPTO_OP_SECURITY_SESSION;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_SESSION, "security session");
	op->sess_type = 77;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_SESSION, "session type");
	op->sess_type = RTE_CRYPTO_OP_WITH_SESSION;
	op->sym->session = NULL;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_SESSION, "no session");
	op->sym->session = another_drivers_session();
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_SESSION, "another driver's session");
	free(op->sym->session);
	op->sym->session = s.handle;
	assert_true(ops_untouched(op, &b));
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
	ops_free(op);
	rig_session_free(r, s.handle);
	rig_close(r);
}

/* Not negotiated: an op without a session is no op, whatever its xform says. */
static void
no_sessionless_ops(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_up(&conf, 1, 64);
	uint8_t key[16] = { 1 };
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = { .op = RTE_CRYPTO_CIPHER_OP_ENCRYPT, .algo = RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { key, 16 }, .iv = { RIG_IV, 16 } },
	};
	struct rte_crypto_op *op = ops_bare(NULL);
	struct rte_cryptodev_info info;
	struct ops_buffers b;

	(void)state;
	rte_cryptodev_info_get(r->id, &info);
	assert_false(info.feature_flags & RTE_CRYPTODEV_FF_SYM_SESSIONLESS);
	ops_buffers(op, &b, OPS_IN_PLACE, 1, 0, 64, 1);
	op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
	op->sym->cipher.data.offset = 0;
	op->sym->cipher.data.length = 64;
	op->sym->xform = NULL;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "no xform");
	op->sym->xform = &x;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_SESSION, "not negotiated");
	x.cipher.key.length = 17;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "key of 17");
	log_capture_start();
	assert_true(ops_untouched(op, &b));
	ops_free(op);
	rig_close(r);
}

/* Payload counts twice, and the iv: 16 + 2 * 96 are within 208 bytes, no more. */
static void
beyond_max_size(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);
	struct rte_crypto_op *op;
	struct ops_buffers b;
	unsigned int shape;
	struct sess s;

	(void)state;
	r->f->device_cfg.max_size = cpu_to_le64(16 + 2 * 96 + 1);
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 64);
	sess_open(&s, r, CBC, 16, true, 0);
	for (shape = 0; shape < OPS_NB_SHAPES; shape++) {
		one(r, &s, shape, 3, 0, 96);
		op = ops_bare(s.handle);
		ops_buffers(op, &b, shape, 3, 0, 112, 1);
		set_range(op, &s, 0, 112);
		refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "max_size");
		ops_free(op);
	}
	rig_session_free(r, s.handle);
	rig_close(r);
}

/* ---- AES-XTS data units ---- */

static void
xts_reference(const struct sess *s, const uint8_t *iv, uint8_t *out, const uint8_t *in,
		uint32_t unit, uint32_t len)
{
	uint8_t tweak[16];
	uint32_t at;
	unsigned int i;

	memcpy(tweak, iv, sizeof(tweak));
	for (at = 0; at < len; at += unit) {
		reference(s, tweak, out + at, in + at, unit);
		for (i = 0; i < 16 && ++tweak[i] == 0; i++)
			;
	}
}

static void
units(struct rig *r, struct sess *s, enum ops_shape shape, uint32_t unit, uint32_t nb)
{
	struct rte_crypto_op *op = ops_bare(s->handle);
	uint8_t want[OPS_MAX];
	struct ops_buffers b;
	unsigned int n;

	ops_buffers(op, &b, shape, 2, 3, unit * nb, nb);
	/* A tweak that carries from its lowest byte on. */
	memset(rig_iv(op), 0xff, 5);
	set_range(op, s, 3, unit * nb);
	xts_reference(s, rig_iv(op), want, b.src + 3, unit, unit * nb);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(n, nb);
	assert_true(ops_result_is(op, &b, 3, want, unit * nb));
	ops_free(op);
}

static void
data_units(void **state)
{
	unsigned int k, nb, shape, encrypt;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 128);

		for (encrypt = 0; encrypt < 2; encrypt++) {
			struct sess s;

			sess_open(&s, r, alg_of(VIRTIO_CRYPTO_CIPHER_AES_XTS), 64, encrypt, 64);
			for (nb = 1; nb <= 12; nb++)
				for (shape = 0; shape < OPS_NB_SHAPES; shape++)
					units(r, &s, shape, 64, nb);
			rig_session_free(r, s.handle);
		}
		rig_close(r);
	}
}

/* One of the requests fails: its error is the op's, and the op comes back once. */
static void
data_units_that_fail(void **state)
{
	unsigned int k, at;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, 64);
		struct rte_crypto_op *op, *more;
		struct ops_buffers b;
		unsigned int n;
		struct sess s;

		sess_open(&s, r, alg_of(VIRTIO_CRYPTO_CIPHER_AES_XTS), 32, true, 256);
		op = ops_bare(s.handle);
		ops_buffers(op, &b, OPS_IN_PLACE, 1, 0, 1024, 1);
		set_range(op, &s, 0, 1024);
		for (at = 1; at <= 4; at++) {
			r->m.fail_at = at;
			r->m.fail_status = at % 2 ? VIRTIO_CRYPTO_ERR : VIRTIO_CRYPTO_INVSESS;
			assert_int_equal(ops_run(r, op, &n), at % 2 ? RTE_CRYPTO_OP_STATUS_ERROR :
					RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
			assert_int_equal(n, 4);
			assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &more, 1), 0);
		}
		assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
		ops_free(op);
		rig_session_free(r, s.handle);
		rig_close(r);
	}
}

static void
data_units_beyond_the_queue(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_up(&conf, 1, 8);
	struct rte_crypto_op *op[3], *got[3];
	struct ops_buffers b;
	unsigned int i;
	struct sess s;

	(void)state;
	sess_open(&s, r, alg_of(VIRTIO_CRYPTO_CIPHER_AES_XTS), 32, true, 64);
	for (i = 0; i < 3; i++) {
		op[i] = ops_bare(s.handle);
		ops_buffers(op[i], &b, OPS_IN_PLACE, 1, 0, 64 * 9, i);
	}
	set_range(op[0], &s, 0, 64 * 9);
	refused(r, op[0], RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "more units than the queue has");
	set_range(op[0], &s, 0, 96);
	refused(r, op[0], RTE_CRYPTO_OP_STATUS_INVALID_ARGS, "half a unit");
	/* 5 units and 5 units: the second op has to wait. */
	r->m.mode = MODEL_PUMPED;
	for (i = 0; i < 3; i++)
		set_range(op[i], &s, 0, 64 * (i == 1 ? 5 : 3));
	assert_int_equal(rig_enqueue(r, 0, op, 3), 2);
	assert_int_equal(rig_enqueue(r, 0, op + 2, 1), 0);
	assert_int_equal(rig_dequeue(r, 0, got, 3), 2);
	assert_int_equal(rig_enqueue(r, 0, op + 2, 1), 1);
	assert_int_equal(rig_dequeue(r, 0, got + 2, 1), 1);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(got[i], op[i]);
		assert_int_equal(op[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
		ops_free(op[i]);
	}
	r->m.mode = MODEL_INLINE;
	rig_session_free(r, s.handle);
	rig_close(r);
}

/* ---- on the wire ---- */

/* Header and fixed part are what lib/request makes of the same numbers: nothing of an
 * earlier op is left in between, padding is zero.
 */
static void
headers_hold_nothing_else(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_up(&conf, 1, 64);
	struct req_session par = { .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT };
	uint64_t words[32];
	unsigned int i;
	struct sess s;
	int len;

	(void)state;
	sess_open(&s, r, CBC, 16, true, 0);
	for (i = 0; i < 20; i++) {
		one(r, &s, i % 2 ? OPS_IN_PLACE : OPS_SGL_TO_SGL, 4, 0, 64 + 16 * i);
		len = req_data_header((uint8_t *)words, sizeof(words), &par,
				r->m.last.session_id, 16, 0, 0, 0);
		assert_int_equal(len, REQ_DATA_HDR_SESSION);
		req_set_cipher(words, 64 + 16 * i, 64 + 16 * i);
		assert_memory_equal(r->m.last_hdr, words, (size_t)len);
	}
	rig_session_free(r, s.handle);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_on_every_variant),
		cmocka_unit_test(every_key_size),
		cmocka_unit_test(every_length),
		cmocka_unit_test(a_large_buffer),
		cmocka_unit_test(slots_change_hands),
		cmocka_unit_test(segments_up_to_the_limit),
		cmocka_unit_test(every_number_of_segments),
		cmocka_unit_test(illegal_lengths),
		cmocka_unit_test(illegal_ranges),
		cmocka_unit_test(illegal_ops),
		cmocka_unit_test(no_sessionless_ops),
		cmocka_unit_test(beyond_max_size),
		cmocka_unit_test(data_units),
		cmocka_unit_test(data_units_that_fail),
		cmocka_unit_test(data_units_beyond_the_queue),
		cmocka_unit_test(headers_hold_nothing_else),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device model without rings; see fixture.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "fixture.h"

#define UNSET	0xee	/* what writable memory holds before the device writes */

static const uint64_t layout_features[FX_NB_LAYOUTS] = {
	0, VIRTIO_CRYPTO_F_REVISION_1, VCRYPTOD_FEATURES, VCRYPTOD_FEATURES,
};

unsigned int
fx_flags(const struct fx *fx)
{
	static const unsigned int flags[FX_NB_LAYOUTS] = {
		0, REQ_F_REVISION_1, REQ_F_REVISION_1 | REQ_F_STATELESS,
		REQ_F_REVISION_1 | REQ_F_STATELESS,
	};

	return flags[fx->layout];
}

bool
fx_init_config(struct fx *fx, const char *engine, const struct vcryptod_model_config *from)
{
	struct vcryptod_model_config cfg = {
		.engine = vcryptod_engine_find(engine),
		.max_dataqueues = 1,
		.max_size = from->max_size,
		.max_sessions = FX_SESSIONS,
		.nb_lanes = FX_LANES,
		.max_sas = from->max_sas,
		.max_window = from->max_window,
	};
	unsigned int i;

	memset(fx, 0, sizeof(*fx));
	if (cfg.engine == NULL)
		return false;
	assert_int_equal(cfg.engine->init(&fx->caps), 0);
	cfg.caps = fx->caps;
	fx->figures = cfg.figures = vcryptod_figures_open(-1, FX_LANES);
	assert_non_null(cfg.figures);
	assert_int_equal(vcryptod_model_init(&fx->model, &cfg), 0);
	for (i = 0; i < FX_LANES; i++) {
		fx->lane[i].idx = i;
		fx->lane[i].counters = &fx->figures->queue[i].by[VCRYPTOD_BY_WORKER];
		assert_int_equal(vcryptod_scratch_init(&fx->lane[i].scratch,
				vcryptod_model_scratch(cfg.max_size)), 0);
		if (cfg.engine->lane_create != NULL) {
			fx->lane[i].engine = cfg.engine->lane_create();
			assert_non_null(fx->lane[i].engine);
		}
	}
	return true;
}

bool
fx_init(struct fx *fx, const char *engine)
{
	const struct vcryptod_model_config cfg = { .max_size = FX_MAX_SIZE };

	return fx_init_config(fx, engine, &cfg);
}

void
fx_fini(struct fx *fx)
{
	const struct vcryptod_engine *engine = fx->model.cfg.engine;
	unsigned int i;

	vcryptod_model_fini(&fx->model);
	vcryptod_figures_close(fx->figures, FX_LANES);
	for (i = 0; i < FX_LANES; i++) {
		vcryptod_scratch_fini(&fx->lane[i].scratch);
		if (fx->lane[i].engine != NULL)
			engine->lane_destroy(fx->lane[i].engine);
	}
	engine->fini();
}

void
fx_layout(struct fx *fx, enum fx_layout layout)
{
	vcryptod_model_reset(&fx->model);
	vcryptod_model_features(&fx->model, layout_features[layout]);
	fx->layout = layout;
}

struct vqd_seg *
fx_segs(unsigned int *nb, const uint8_t *from, size_t len, uint32_t piece)
{
	unsigned int n = piece == 0 ? 1 : (unsigned int)((len + piece - 1) / piece), i;
	struct vqd_seg *seg = calloc(n + 1, sizeof(*seg));
	size_t at = 0;

	assert_non_null(seg);
	for (i = 0; i < n && at < len; i++, at += seg[i - 1].len) {
		seg[i].len = (uint32_t)(piece != 0 && len - at > piece ? piece : len - at);
		seg[i].ptr = malloc(seg[i].len);
		assert_non_null(seg[i].ptr);
		if (from != NULL)
			memcpy(seg[i].ptr, from + at, seg[i].len);
		else
			memset(seg[i].ptr, UNSET, seg[i].len);
	}
	*nb = i;
	return seg;
}

void
fx_free(void *p, size_t len)
{
	explicit_bzero(p, len);
	free(p);
}

void
fx_segs_free(uint8_t *to, struct vqd_seg *seg, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++) {
		if (to != NULL) {
			memcpy(to, seg[i].ptr, seg[i].len);
			to += seg[i].len;
		}
		fx_free(seg[i].ptr, seg[i].len);
	}
	free(seg);
}

/* ---- control ---- */

static void
ctrl(struct fx *fx, const uint8_t *req, int len, void *answer, size_t answer_len)
{
	struct vqd_seg *readable, *writable;
	unsigned int nb_readable, nb_writable;
	uint32_t written;

	assert_true(len > 0);
	readable = fx_segs(&nb_readable, req, (size_t)len, 24);
	writable = fx_segs(&nb_writable, NULL, answer_len, 5);
	assert_int_equal(vcryptod_model_ctrl(&fx->model, &written, readable, nb_readable,
			writable, nb_writable), 0);
	assert_int_equal(written, answer_len);
	fx_segs_free(answer, writable, nb_writable);
	fx_segs_free(NULL, readable, nb_readable);
}

uint32_t
fx_create(struct fx *fx, uint64_t *id, const struct req_session *s)
{
	struct virtio_crypto_create_session_input in;
	uint8_t req[16384];

	ctrl(fx, req, req_create_build(req, sizeof(req), s, fx_flags(fx)), &in, sizeof(in));
	explicit_bzero(req, sizeof(req));
	if (le32_to_cpu(in.status) == VIRTIO_CRYPTO_OK)
		*id = le64_to_cpu(in.session_id);
	else
		assert_int_equal(le64_to_cpu(in.session_id), 0);
	return le32_to_cpu(in.status);
}

uint32_t
fx_destroy(struct fx *fx, enum req_kind kind, uint64_t id)
{
	struct virtio_crypto_destroy_session_input in;
	uint8_t req[REQ_CTRL_FIXED_MAX];

	ctrl(fx, req, req_destroy_build(req, sizeof(req), kind, id, fx_flags(fx)), &in,
			sizeof(in));
	return in.status;
}

/* ---- data ---- */

static uint32_t
build_header(struct fx *fx, uint8_t hdr[REQ_DATA_HDR_MAX], const struct fx_op *op)
{
	bool verify = op->akcipher_opcode == VIRTIO_CRYPTO_AKCIPHER_VERIFY;
	const struct vcryptod_op *r = &op->range;
	struct req_session s = *op->s;
	struct req_data d = {
		.kind = s.kind, .src_len = op->src.len,
		.dst_len = verify ? op->data.len : op->dst_len, .aad_len = op->aad.len,
		.cipher_off = r->cipher_off, .cipher_len = r->cipher_len,
		.hash_off = r->hash_off, .hash_len = r->hash_len,
	};
	int len;

	s.digest_len = op->digest_len;
	s.aad_len = op->aad.len;
	len = req_data_header(hdr, REQ_DATA_HDR_MAX, &s, op->id, op->iv.len, op->akcipher_opcode,
			fx_flags(fx), fx->layout == FX_STATELESS);
	assert_true(len > 0);
	hdr += req_data_shift(s.kind, fx_flags(fx));
	if (s.kind == REQ_CIPHER)
		req_set_cipher(hdr, d.src_len, d.dst_len);
	else if (s.kind == REQ_CHAIN)
		req_set_chain(hdr, d.src_len, d.dst_len, d.cipher_off, d.cipher_len, d.hash_off,
				d.hash_len);
	else if (s.kind == REQ_AEAD)
		req_set_aead(hdr, d.aad_len, d.src_len, d.dst_len);
	else if (s.kind == REQ_AKCIPHER)
		req_set_akcipher(hdr, d.src_len, d.dst_len);
	else
		req_set_hash(hdr, d.src_len);
	return (uint32_t)len;
}

static uint8_t *
put(uint8_t *at, const struct fx_bytes *b)
{
	if (b->len != 0)
		memcpy(at, b->p, b->len);
	return at + b->len;
}

/* Everything before src (AEAD: before aad, which stands behind src). */
static uint8_t *
put_front(struct fx *fx, uint8_t *at, const struct fx_op *op)
{
	struct fx_bytes key = { op->s->key, op->s->key_len };
	struct fx_bytes auth = { op->s->auth_key, op->s->auth_key_len };

	at += build_header(fx, at, op);
	if (fx->layout == FX_STATELESS) {
		at = put(at, &key);
		at = put(at, &auth);
	}
	at = put(at, &op->iv);
	return op->s->kind == REQ_AEAD ? at : put(at, &op->aad);
}

static uint32_t
run_segs(struct fx *fx, struct fx_op *op, struct vqd_seg *readable, unsigned int nb_readable,
		struct vqd_seg *writable, unsigned int nb_writable)
{
	struct vcryptod_request r = {
		.readable = readable, .nb_readable = nb_readable,
		.writable = writable, .nb_writable = nb_writable,
	}, *rp = &r;
	const struct vqd_seg *last = &writable[nb_writable - 1];

	fx_serve(&fx->model, &fx->lane[0], &rp, 1);
	assert_false(r.malformed);
	op->written = r.written;
	return last->ptr[last->len - 1];
}

/* Parts of their own for what is before src, src, and what is behind it; dst on src. */
static uint32_t
run_in_place(struct fx *fx, struct fx_op *op, uint8_t *dst, uint8_t *digest, uint8_t *front,
		size_t front_len, const struct fx_bytes *back)
{
	uint32_t both = op->src.len > op->dst_len ? op->src.len : op->dst_len, status, i, n = 0;
	uint8_t *data = malloc(both + 1), *rest = malloc(op->digest_len + 1);
	struct vqd_seg readable[3], writable[2];

	assert_non_null(data);
	assert_non_null(rest);
	put(data, &op->src);
	readable[n++] = (struct vqd_seg){ front, (uint32_t)front_len };
	if (op->src.len != 0)
		readable[n++] = (struct vqd_seg){ data, op->src.len };
	if (back->len != 0)
		readable[n++] = (struct vqd_seg){ (uint8_t *)(uintptr_t)back->p, back->len };
	i = 0;
	if (op->dst_len != 0)
		writable[i++] = (struct vqd_seg){ data, op->dst_len };
	writable[i++] = (struct vqd_seg){ rest, op->digest_len + 1 };
	status = run_segs(fx, op, readable, n, writable, i);
	memcpy(dst, data, op->dst_len);
	memcpy(digest, rest, op->digest_len);
	free(rest);
	fx_free(data, both + 1);
	return status;
}

uint32_t
fx_run(struct fx *fx, struct fx_op *op, uint8_t *dst, uint8_t *digest)
{
	uint32_t digest_len = op->s->kind == REQ_AEAD ? 0 : op->digest_len, status;
	size_t total = REQ_DATA_HDR_MAX + op->s->key_len + op->s->auth_key_len + op->iv.len +
			op->aad.len + op->src.len + op->data.len;
	const struct fx_bytes *back = op->s->kind == REQ_AEAD ? &op->aad : &op->data;
	uint8_t *req = malloc(total), *answer, *at;
	struct vqd_seg *readable, *writable;
	unsigned int nb_readable, nb_writable;

	assert_non_null(req);
	at = put_front(fx, req, op);
	if (op->in_place) {
		struct fx_op tail = *op;

		tail.digest_len = digest_len;
		status = run_in_place(fx, &tail, dst, digest, req, (size_t)(at - req), back);
		op->written = tail.written;
		fx_free(req, total);
		return status;
	}
	at = put(at, &op->src);
	at = put(at, back);
	readable = fx_segs(&nb_readable, req, (size_t)(at - req), op->piece);
	writable = fx_segs(&nb_writable, NULL, op->dst_len + digest_len + 1, op->piece);
	status = run_segs(fx, op, readable, nb_readable, writable, nb_writable);
	answer = malloc(op->dst_len + digest_len + 1);
	assert_non_null(answer);
	fx_segs_free(answer, writable, nb_writable);
	fx_segs_free(NULL, readable, nb_readable);
	memcpy(dst, answer, op->dst_len);
	if (digest_len != 0)
		memcpy(digest, answer + op->dst_len, digest_len);
	fx_free(answer, op->dst_len + digest_len + 1);
	fx_free(req, total);
	return status;
}

uint32_t
fx_once(struct fx *fx, struct fx_op *op, uint8_t *dst, uint8_t *digest)
{
	uint32_t status;

	if (fx->layout == FX_STATELESS)
		return fx_run(fx, op, dst, digest);
	status = fx_create(fx, &op->id, op->s);
	if (status != VIRTIO_CRYPTO_OK)
		return status;
	status = fx_run(fx, op, dst, digest);
	assert_int_equal(fx_destroy(fx, op->s->kind, op->id), VIRTIO_CRYPTO_OK);
	return status;
}

void
fx_serve(struct vcryptod_model *m, struct vcryptod_lane *lane, struct vcryptod_request **reqs,
		unsigned int n)
{
	unsigned int done;

	for (; n > 0; n -= done, reqs += done) {
		done = vcryptod_model_turn(m, lane, reqs, n);
		if (done == 0) {
			vcryptod_model_slow(m, lane, reqs[0], false);
			done = 1;
		}
	}
}

bool
fx_happens(sem_t *what)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += FX_WAIT_MS / 1000;
	return sem_timedwait(what, &t) == 0;
}

static const uint8_t no_key[64] = { 0x30 };
const struct req_session fx_rsa = {
	.kind = REQ_AKCIPHER, .algo = VIRTIO_CRYPTO_AKCIPHER_RSA,
	.key_type = VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE, .key = no_key,
	.key_len = sizeof(no_key), .rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING,
};

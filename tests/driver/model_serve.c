/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the model does with one request: parse it by lib/request, compute it by
 * reference.h, write the answer.  All bytes are copied out of the driver's memory
 * first and written back once, as a device with DMA does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "reference.h"

/* ---- bytes of a request ---- */

static uint8_t *
gather(const struct model_req *q)
{
	uint8_t *buf = malloc(q->r.read_len + 1);
	size_t at = 0;
	uint16_t i;

	if (buf == NULL)
		abort();
	for (i = 0; i < q->r.nb_read; i++) {
		memcpy(buf + at, q->seg[i].ptr, q->seg[i].len);
		at += q->seg[i].len;
	}
	return buf;
}

/* Store len bytes from the off-th writable byte on. */
static void
scatter(const struct model_req *q, size_t off, const uint8_t *from, size_t len)
{
	const struct vqd_seg *s = &q->seg[q->r.nb_read];
	uint16_t i;

	for (i = 0; i < q->r.nb_write && len != 0; i++, s++) {
		size_t n;

		if (off >= s->len) {
			off -= s->len;
			continue;
		}
		n = s->len - off < len ? s->len - off : len;
		memcpy(s->ptr + off, from, n);
		from += n;
		len -= n;
		off = 0;
	}
}

static void
layout_flags(unsigned int flags[VIRTIO_CRYPTO_NB_SERVICES], const struct model *m)
{
	static const uint64_t bit[VIRTIO_CRYPTO_NB_SERVICES] = {
		VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE, VIRTIO_CRYPTO_F_HASH_STATELESS_MODE,
		VIRTIO_CRYPTO_F_MAC_STATELESS_MODE, VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE,
		VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE,
	};
	uint64_t features = m->f->driver_features;
	unsigned int s;

	for (s = 0; s < VIRTIO_CRYPTO_NB_SERVICES; s++) {
		flags[s] = features & VIRTIO_CRYPTO_F_REVISION_1 ? REQ_F_REVISION_1 : 0;
		if (features & bit[s])
			flags[s] |= REQ_F_STATELESS;
	}
}

/* ---- sessions ---- */

void
model_forget_sessions(struct model *m)
{
	memset(m->session, 0, MODEL_SESSIONS * sizeof(m->session[0]));
	m->nb_sessions = 0;
}

static struct model_session *
find(struct model *m, uint64_t id)
{
	unsigned int i;

	for (i = 0; i < MODEL_SESSIONS; i++)
		if (m->session[i].used && m->session[i].id == id)
			return &m->session[i];
	return NULL;
}

static uint8_t
session_create(struct model *m, const struct req_session *par, uint64_t *id)
{
	struct model_session *s;

	for (s = m->session; s < m->session + MODEL_SESSIONS && s->used; s++)
		;
	if (s == m->session + MODEL_SESSIONS)
		return VIRTIO_CRYPTO_NOSPC;
	if (par->key_len > MODEL_KEY_MAX || par->auth_key_len > MODEL_KEY_MAX)
		return VIRTIO_CRYPTO_NOTSUPP;
	s->used = true;
	s->id = *id = m->next_id;
	m->next_id += m->id_step;
	s->par = *par;
	memcpy(s->key, par->key != NULL ? par->key : s->key, par->key_len);
	memcpy(s->auth_key, par->auth_key != NULL ? par->auth_key : s->auth_key,
			par->auth_key_len);
	s->par.key = s->key;
	s->par.auth_key = s->auth_key;
	m->nb_creates++;
	m->nb_sessions++;
	return VIRTIO_CRYPTO_OK;
}

static uint8_t
session_destroy(struct model *m, uint64_t id)
{
	struct model_session *s = find(m, id);

	if (s == NULL) {
		model_violate(m, "session %llu is destroyed, which does not exist",
			(unsigned long long)id);
		return VIRTIO_CRYPTO_INVSESS;
	}
	memset(s, 0, sizeof(*s));
	m->nb_destroys++;
	m->nb_sessions--;
	return VIRTIO_CRYPTO_OK;
}

static uint32_t
answer_create(struct model *m, struct model_req *q, const struct req_session *par)
{
	struct virtio_crypto_create_session_input in = { .padding = cpu_to_le32(0) };
	uint64_t id = 0;
	uint32_t status;

	if (q->r.write_len != sizeof(in))
		model_violate(m, "create: %u device-writable bytes", q->r.write_len);
	status = m->ctrl_status != MODEL_NONE ? (uint32_t)m->ctrl_status :
		session_create(m, par, &id);
	in.session_id = cpu_to_le64(id);
	in.status = cpu_to_le32(status);
	scatter(q, 0, (const uint8_t *)&in, sizeof(in));
	return sizeof(in);
}

static uint32_t
answer_destroy(struct model *m, struct model_req *q, uint64_t id)
{
	uint8_t status;

	if (q->r.write_len != 1)
		model_violate(m, "destroy: %u device-writable bytes", q->r.write_len);
	status = m->ctrl_status != MODEL_NONE ? (uint8_t)m->ctrl_status : session_destroy(m, id);
	scatter(q, 0, &status, 1);
	return 1;
}

uint32_t
model_serve_ctrl(struct model *m, struct model_req *q)
{
	unsigned int flags[VIRTIO_CRYPTO_NB_SERVICES];
	uint8_t *buf = gather(q);
	struct req_ctrl c;
	uint32_t len = 0;
	int rc;

	layout_flags(flags, m);
	m->nb_ctrl++;
	rc = req_ctrl_parse(&c, buf, q->r.read_len, flags);
	if (rc != 0)
		model_violate(m, "a control request of %u bytes is malformed: %d",
			q->r.read_len, rc);
	else if (c.create)
		len = answer_create(m, q, &c.session);
	else
		len = answer_destroy(m, q, c.session_id);
	free(buf);
	return len;
}

/* ---- data ---- */

/* A request in work: parameters, where its inputs lie, and its outputs. */
struct work {
	const struct req_session *par;
	const struct req_data *d;
	struct ref_key key;
	const uint8_t *aad, *src;
	uint8_t *out;		/* dst, digest */
};

static uint8_t
work_cipher(struct work *w)
{
	ref_cipher(w->par->algo, w->par->op == VIRTIO_CRYPTO_OP_ENCRYPT, &w->key, w->out, w->src,
			w->d->src_len);
	return VIRTIO_CRYPTO_OK;
}

static void
digest(const struct work *w, uint8_t *out, const uint8_t *in, size_t len)
{
	bool chain = w->par->kind == REQ_CHAIN;
	bool keyed = chain ? w->par->hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH :
		w->par->kind == REQ_MAC;
	uint32_t algo = chain ? w->par->auth_algo : w->par->algo;
	uint8_t full[64];

	if (keyed)
		ref_mac(algo, chain ? w->par->auth_key : w->par->key,
				chain ? w->par->auth_key_len : w->par->key_len, full, in, len);
	else
		ref_hash(algo, full, in, len);
	memcpy(out, full, w->d->digest_len);
}

/* dst mirrors src: what is not ciphered is copied. */
static uint8_t
work_chain(struct work *w)
{
	const struct req_data *d = w->d;

	memcpy(w->out, w->src, d->src_len);
	if (w->par->chain_order == VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_HASH_THEN_CIPHER)
		digest(w, w->out + d->dst_len, w->src + d->hash_off, d->hash_len);
	ref_cipher(w->par->algo, w->par->op == VIRTIO_CRYPTO_OP_ENCRYPT, &w->key,
			w->out + d->cipher_off, w->src + d->cipher_off, d->cipher_len);
	if (w->par->chain_order == VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH)
		digest(w, w->out + d->dst_len, w->out + d->hash_off, d->hash_len);
	return VIRTIO_CRYPTO_OK;
}

static uint8_t
work_aead(struct work *w)
{
	const struct req_data *d = w->d;
	bool encrypt = w->par->op == VIRTIO_CRYPTO_OP_ENCRYPT;
	size_t len = encrypt ? d->src_len : d->dst_len;
	uint8_t tag[16];
	struct ref_aead a = { w->key, w->aad, d->aad_len, tag, w->par->digest_len };

	if (!encrypt)
		memcpy(tag, w->src + len, a.tag_len);
	if (!ref_aead(w->par->algo, encrypt, &a, w->out, w->src, len))
		return VIRTIO_CRYPTO_BADMSG;
	if (encrypt)
		memcpy(w->out + len, tag, a.tag_len);
	return VIRTIO_CRYPTO_OK;
}

static uint8_t
compute(struct work *w)
{
	switch (w->par->kind) {
	case REQ_CIPHER:
		return work_cipher(w);
	case REQ_CHAIN:
		return work_chain(w);
	case REQ_AEAD:
		return work_aead(w);
	case REQ_HASH:
	case REQ_MAC:
		digest(w, w->out, w->src, w->d->src_len);
		return VIRTIO_CRYPTO_OK;
	default:
		return VIRTIO_CRYPTO_NOTSUPP;
	}
}

/* AEAD: iv, src, aad; all others: iv, aad, src (req_data.h). */
static void
locate(struct work *w, const uint8_t *at)
{
	const struct req_data *d = w->d;

	w->key.iv = at;
	w->key.iv_len = d->iv_len;
	at += d->iv_len;
	w->src = d->kind == REQ_AEAD ? at : at + d->aad_len;
	w->aad = d->kind == REQ_AEAD ? at + d->src_len : at;
	w->key.key = w->par->key;
	w->key.key_len = w->par->key_len;
}

/* The session's parameters, or the request's own; NULL: no such session. */
static const struct req_session *
parameters(struct model *m, struct req_data *d, const uint8_t *keys)
{
	struct model_session *s;

	if (d->stateless) {
		d->session.key = keys;
		d->session.key_len = d->key_len;
		d->session.auth_key = keys + d->key_len;
		d->session.auth_key_len = d->auth_key_len;
		return &d->session;
	}
	s = find(m, d->session_id);
	if (s == NULL)
		return NULL;
	if (s->par.kind != d->kind)
		model_violate(m, "a request of kind %d for a session of kind %d", d->kind,
			s->par.kind);
	return s->par.kind == d->kind ? &s->par : NULL;
}

/* Returns the status; out has room for all that the request says. */
static uint8_t
execute(struct model *m, struct req_data *d, const uint8_t *buf, uint8_t *out)
{
	struct work w = { .d = d, .out = out };

	w.par = parameters(m, d, buf + d->header_len);
	if (w.par == NULL)
		return VIRTIO_CRYPTO_INVSESS;
	if (d->kind == REQ_AKCIPHER) {
		if (d->opcode != VIRTIO_CRYPTO_AKCIPHER_VERIFY && m->ak_result != NULL)
			memcpy(out, m->ak_result, m->ak_len < d->dst_len ? m->ak_len : d->dst_len);
		return m->ak_status;
	}
	locate(&w, buf + d->header_len + d->key_len + d->auth_key_len);
	return compute(&w);
}

static void
remember(struct model *m, const struct model_req *q, const struct req_data *d, const uint8_t *buf)
{
	m->last = *d;
	m->last_hdr_len = q->r.read_len < sizeof(m->last_hdr) ? q->r.read_len :
		sizeof(m->last_hdr);
	memcpy(m->last_hdr, buf, m->last_hdr_len);
	m->last_read = q->r.nb_read;
	m->last_write = q->r.nb_write;
}

/* Is this the request that the test wants to fail? */
static bool
fails(struct model *m)
{
	return m->fail_at != 0 && --m->fail_at == 0;
}

static uint32_t
answer(struct model *m, struct model_req *q, struct req_data *d, const uint8_t *buf)
{
	size_t len = q->r.write_len - 1;
	uint8_t *out = calloc(1, len + 1);
	uint8_t status;

	if (out == NULL)
		abort();
	status = fails(m) ? m->fail_status : execute(m, d, buf, out);
	if (status == VIRTIO_CRYPTO_OK)
		scatter(q, 0, out, len);
	scatter(q, len, &status, 1);
	free(out);
	return (uint32_t)len + 1;
}

uint32_t
model_serve_data(struct model *m, struct model_req *q)
{
	unsigned int flags[VIRTIO_CRYPTO_NB_SERVICES];
	uint8_t *buf, status = (uint8_t)m->data_status;
	struct req_data d;
	uint32_t len = 0;
	int rc;

	m->nb_data++;
	if (m->data_no_status)
		return 0;
	if (m->data_status != MODEL_NONE) {
		scatter(q, q->r.write_len - 1, &status, 1);
		return q->r.write_len;
	}
	layout_flags(flags, m);
	buf = gather(q);
	rc = req_data_parse(&d, buf, q->r.read_len, flags);
	if (rc != 0) {
		model_violate(m, "a data request of %u bytes is malformed: %d", q->r.read_len, rc);
	} else if (req_data_readable(&d) != q->r.read_len ||
			req_data_writable(&d) != q->r.write_len) {
		model_violate(m, "a data request of %u + %u bytes says %llu + %llu", q->r.read_len,
			q->r.write_len, (unsigned long long)req_data_readable(&d),
			(unsigned long long)req_data_writable(&d));
	} else {
		remember(m, q, &d, buf);
		len = answer(m, q, &d, buf);
	}
	free(buf);
	return len;
}

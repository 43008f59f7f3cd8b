/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the building of a described request: its table, in the slot or extended, its
 * header, and an op that takes several requests.  Slower than vcrypto_build.h and as
 * exact: everything is checked before anything is added.
 */
#include <string.h>

#include "vcrypto_dev.h"
#include "data/vcrypto_request.h"

/* Constant lengths: what lies before a header is nobody's, in both places. */
static void
put_template(struct vcrypto_qp *qp, uint16_t slot, const struct vcrypto_session *s)
{
	uint8_t *end = vcrypto_slot(qp, slot) + VCRYPTO_SLOT_IV;
	const uint8_t *from = s->hdr + sizeof(s->hdr);

	if (likely(s->hdr_len <= REQ_DATA_HDR_SESSION))
		memcpy(end - REQ_DATA_HDR_SESSION, from - REQ_DATA_HDR_SESSION,
				REQ_DATA_HDR_SESSION);
	else
		memcpy(end - sizeof(s->hdr), s->hdr, sizeof(s->hdr));
	/* An iv of the session before may be longer than this one's. */
	memset(end, 0, VCRYPTO_IV_MAX);
}

void
vcrypto_slot_stamp(struct vcrypto_qp *qp, uint16_t slot, const struct vcrypto_session *s)
{
	struct vq_entry *e = vq_table(&qp->vq, slot), *last;
	uint64_t iv = vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_IV;

	put_template(qp, slot, s);
	vcrypto_entry(&e[0], iv - s->hdr_len, s->hdr_len + (qp->iv_entry ? 0u : s->iv_len));
	if (qp->iv_entry)
		vcrypto_entry(&e[1], iv, s->iv_len);
	last = &e[s->nb_read + s->nb_write - 1];
	vcrypto_entry(last, qp->status_addr + slot, 1);
	if (s->nb_write > 1)	/* a digest, or text whose length each op writes */
		last[-1].len = cpu_to_le32(s->digest_len);
	vq_shape(&qp->vq, qp->dev->kind, slot, s->nb_read, s->nb_write);
	*vq_tag(&qp->vq, slot) = s->stamp;
}

uint64_t
vcrypto_digest_own(struct vcrypto_qp *qp, size_t slot, const struct vcrypto_session *s,
		uint8_t *data)
{
	uint8_t *own = vcrypto_slot(qp, slot) + VCRYPTO_SLOT_DIGEST;

	qp->post[slot] = (struct vcrypto_post){
		.digest = data,
		.digest_len = s->digest_len,
		.verify = s->verify,
		.ext = VCRYPTO_NO_EXT,
	};
	/* A device that says OK and writes nothing must not meet an old one. */
	memset(own, 0, VCRYPTO_DIGEST_MAX);
	if (unlikely(s->device_verifies))
		memcpy(own, data, s->digest_len);
	return vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_DIGEST;
}

/* ---- a table being filled ---- */

struct table {
	struct vcrypto_qp *qp;
	struct vq_entry *e;
	uint16_t n, max;	/* entries */
	uint16_t nb_read;
	uint8_t ext;		/* VCRYPTO_NO_EXT: the slot's own */
};

/* An empty range takes no entry: devices refuse descriptors of length 0. */
static void
table_put(struct table *t, uint64_t addr, uint32_t len)
{
	if (len != 0 && t->n < t->max)
		vcrypto_entry(&t->e[t->n++], addr, len);
}

/* One segment at a time: moves it to the next; false after the last. */
struct cursor {
	const struct vcrypto_sgl *sgl;
	const struct rte_mbuf *m;
	uint32_t i;
};

static bool
cursor_at(const struct cursor *c, uint32_t *len)
{
	if (c->sgl->vec == NULL) {
		if (c->m != NULL)
			*len = c->m->data_len;
		return c->m != NULL;
	}
	if (c->i < c->sgl->nb_vec)
		*len = c->sgl->vec[c->i].len;
	return c->i < c->sgl->nb_vec;
}

static void
cursor_next(struct cursor *c)
{
	if (c->sgl->vec == NULL)
		c->m = c->m->next;
	else
		c->i++;
}

static uint64_t
cursor_addr(const struct cursor *c, const struct vcrypto_session *s, uint32_t off)
{
	const struct rte_crypto_vec *v;

	if (c->sgl->vec == NULL)
		return vcrypto_data_addr(s, c->m, off);
	v = &c->sgl->vec[c->i];
	return (s->use_va ? (uint64_t)(uintptr_t)v->base : v->iova) + off;
}

static void
table_put_sgl(struct table *t, const struct vcrypto_session *s, const struct vcrypto_sgl *sgl,
		uint32_t off, uint32_t len)
{
	struct cursor c = { sgl, sgl->m, 0 };
	uint32_t seg;

	for (; len != 0 && cursor_at(&c, &seg); cursor_next(&c)) {
		uint32_t part;

		if (off >= seg) {
			off -= seg;
			continue;
		}
		part = RTE_MIN(len, seg - off);
		table_put(t, cursor_addr(&c, s, off), part);
		len -= part;
		off = 0;
	}
}

/* Segments that [off, off + len) touches; UINT32_MAX if it leaves the buffer. */
static uint32_t
count_segs(const struct vcrypto_sgl *sgl, uint32_t off, uint32_t len)
{
	struct cursor c = { sgl, sgl->m, 0 };
	uint64_t at = 0, end = (uint64_t)off + len;
	uint32_t n = 0, seg;

	if (len == 0)
		return 0;
	for (; at < end && cursor_at(&c, &seg); cursor_next(&c)) {
		uint64_t seg_end = at + seg;

		if (seg_end > off && seg != 0)
			n++;
		at = seg_end;
	}
	return at >= end ? n : UINT32_MAX;
}

/* ---- sizes ---- */

/* Where in the buffer does memory at p lie?  UINT64_MAX: elsewhere. */
static uint64_t
offset_of(const struct vcrypto_sgl *sgl, const uint8_t *p)
{
	const struct rte_mbuf *m;
	uint64_t at = 0;
	uint32_t i;

	for (m = sgl->m; m != NULL; at += m->data_len, m = m->next) {
		const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

		if (p >= data && p < data + m->data_len)
			return at + (uint64_t)(p - data);
	}
	for (i = 0; sgl->m == NULL && i < sgl->nb_vec; at += sgl->vec[i].len, i++) {
		const uint8_t *data = sgl->vec[i].base;

		if (p >= data && p < data + sgl->vec[i].len)
			return at + (uint64_t)(p - data);
	}
	return UINT64_MAX;
}

/*
 * Auth, then encrypt, with the digest among what is encrypted.  No request says that;
 * but zeros at the digest's place become key stream there if the cipher is a stream,
 * and the digest is encrypted with it on completion.  Block ciphers, and a digest
 * that is only partly inside or out of place, cannot be had.
 */
static bool
digest_within(struct vcrypto_request *r)
{
	bool in_place = r->dst.m == r->src.m && r->dst.vec == r->src.vec;
	uint64_t at = offset_of(&r->src, r->digest), len = r->s->digest_len;
	uint64_t end = (uint64_t)r->cipher_off + r->cipher_len;

	if (at == UINT64_MAX && !in_place)
		at = offset_of(&r->dst, r->digest);
	if (at == UINT64_MAX || at + len <= r->cipher_off || at >= end)
		return true;
	if (r->s->block_mask != 0 || !in_place || at < r->cipher_off || at + len > end)
		return false;
	memset(r->digest, 0, len);
	r->digest_iova = 0;	/* computed into memory of ours */
	r->digest_masked = true;
	return true;
}

int
vcrypto_request_check(struct vcrypto_request *r)
{
	const struct vcrypto_session *s = r->s;
	bool ok = r->digest != NULL;

	switch (s->kind) {
	case VCRYPTO_SESS_CIPHER:
		r->digest = NULL;
		ok = vcrypto_len_ok(s, r->len);
		if (s->dataunit_len != 0)
			ok = r->len != 0 && r->len % s->dataunit_len == 0 &&
				s->dataunit_len <= s->max_len;
		break;
	case VCRYPTO_SESS_CHAIN:
		ok = ok && r->len <= s->max_len && vcrypto_len_ok(s, r->cipher_len) &&
			(!s->auth_first || digest_within(r));
		break;
	case VCRYPTO_SESS_AEAD:
		ok = ok && r->len <= s->max_len && (s->aad_len == 0 || r->aad != 0);
		break;
	case VCRYPTO_SESS_DIGEST:
		ok = ok && r->len >= s->min_len && r->len <= s->max_len;
		break;
	default:
		ok = ok && r->len <= s->max_len;
		break;
	}
	return ok ? VCRYPTO_BUILT : RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
}

/* ---- a table from a description ---- */

/* Entries for len bytes from off: header, payload, AAD, tag or digest, status;
 * UINT32_MAX if the buffers do not hold them.
 */
static uint32_t
count_entries(const struct vcrypto_qp *qp, const struct vcrypto_request *r, uint32_t off,
		uint32_t len)
{
	uint32_t src = count_segs(&r->src, off, len);
	uint32_t dst = r->has_dst ? count_segs(&r->dst, off, len) : 0;

	if (src == UINT32_MAX || dst == UINT32_MAX)
		return UINT32_MAX;
	return src + dst + 2u + (qp->iv_entry || r->req != NULL) + (r->aad != 0) +
		(r->digest != NULL);
}

static bool
needs_ext(const struct vcrypto_qp *qp, const struct vcrypto_request *r, uint32_t entries)
{
	return r->req != NULL || entries > RTE_MIN((uint32_t)VCRYPTO_SLOT_ENTRIES, qp->size);
}

static void
table_open(struct table *t, struct vcrypto_qp *qp, uint16_t slot, bool ext, bool keys)
{
	*t = (struct table){
		.qp = qp,
		.e = (void *)(vcrypto_slot(qp, slot) + VCRYPTO_SLOT_TABLE),
		.max = VCRYPTO_SLOT_ENTRIES,
		.ext = VCRYPTO_NO_EXT,
	};
	if (ext) {
		t->ext = (uint8_t)__builtin_ctz(qp->ext_free);
		qp->ext_free &= ~(1u << t->ext);
		t->e = qp->ext + (size_t)t->ext * VCRYPTO_EXT_ENTRIES;
		t->max = keys ? RTE_MIN(qp->ext_entries, VCRYPTO_KEYS_ENTRY) : qp->ext_entries;
	}
}

/* Copies what may be nothing, and then from nowhere. */
static uint8_t *
put_bytes(uint8_t *at, const uint8_t *from, uint32_t len)
{
	if (len != 0)
		memcpy(at, from, len);
	return at + len;
}

/* Keys of a stateless request and its iv, in the half of the table kept for them. */
static void
put_keys(struct table *t, const struct vcrypto_request *r)
{
	uint8_t *to = (uint8_t *)(t->e + VCRYPTO_KEYS_ENTRY), *at = to;
	uint64_t addr = t->qp->ext_addr + (uint64_t)(to - (uint8_t *)t->qp->ext);

	at = put_bytes(at, r->req->key, r->req->key_len);
	at = put_bytes(at, r->req->auth_key, r->req->auth_key_len);
	at = put_bytes(at, r->iv, r->s->iv_len);
	table_put(t, addr, (uint32_t)(at - to));
}

/* Header, iv and lengths; the slot's header is nobody's template afterwards. */
static void
put_header(struct table *t, uint16_t slot, const struct vcrypto_request *r, uint32_t len)
{
	const struct vcrypto_session *s = r->s;
	struct vcrypto_qp *qp = t->qp;
	uint8_t *hdr = (uint8_t *)vq_table(&qp->vq, slot) + s->lens_at;
	uint64_t iv = vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_IV;
	bool joined = !qp->iv_entry && r->req == NULL;

	*vq_tag(&qp->vq, slot) = 0;
	put_template(qp, slot, s);
	table_put(t, iv - s->hdr_len, s->hdr_len + (joined ? s->iv_len : 0u));
	if (r->req != NULL) {
		put_keys(t, r);
	} else {
		(void)put_bytes(vcrypto_slot(qp, slot) + VCRYPTO_SLOT_IV, r->iv, s->iv_len);
		if (!joined)
			table_put(t, iv, s->iv_len);
	}
	switch (s->kind) {
	case VCRYPTO_SESS_CIPHER:
		req_set_cipher(hdr, len, len);
		break;
	case VCRYPTO_SESS_CHAIN:
		req_set_chain(hdr, len, len, r->cipher_off - r->off, r->cipher_len,
				r->auth_off - r->off, r->auth_len);
		break;
	case VCRYPTO_SESS_AEAD:
		req_set_aead(hdr, s->aad_len, len + (s->decrypt ? s->digest_len : 0u),
				len + (s->decrypt ? 0u : s->digest_len));
		break;
	case VCRYPTO_SESS_GMAC:
		req_set_aead(hdr, len, 0, s->digest_len);
		break;
	default:
		req_set_hash(hdr, len);
		break;
	}
}

/* One request over len bytes from off.  Returns its token. */
static uintptr_t
fill(struct table *t, uint16_t slot, const struct vcrypto_request *r, uint32_t off, uint32_t len,
		uintptr_t token)
{
	const struct vcrypto_session *s = r->s;
	struct vcrypto_qp *qp = t->qp;

	put_header(t, slot, r, len);
	table_put_sgl(t, s, &r->src, off, len);
	if (s->kind == VCRYPTO_SESS_AEAD && s->decrypt)
		table_put(t, vcrypto_tag_addr(qp, slot, s, r->digest, r->digest_iova),
				s->digest_len);
	if (r->aad != 0)
		table_put(t, r->aad, s->aad_len);
	t->nb_read = t->n;
	if (r->has_dst)
		table_put_sgl(t, s, &r->dst, off, len);
	if (r->digest != NULL && !(s->kind == VCRYPTO_SESS_AEAD && s->decrypt))
		table_put(t, vcrypto_digest_target(qp, slot, s, r->digest, r->digest_iova, &token),
				s->digest_len);
	table_put(t, qp->status_addr + slot, 1);
	if (r->digest_masked)
		qp->post[slot].mask = true;
	if (t->ext != VCRYPTO_NO_EXT) {
		if ((token & VCRYPTO_TOKEN_POST) == 0)
			qp->post[slot] = (struct vcrypto_post){ .digest_len = 0 };
		qp->post[slot].ext = t->ext;
		qp->post[slot].keys = r->req != NULL;
		token |= VCRYPTO_TOKEN_POST;
	}
	return token;
}

static void
add(struct table *t, enum vq_kind kind, uint16_t slot, uintptr_t token)
{
	struct vcrypto_qp *qp = t->qp;
	uint16_t nb_write = t->n - t->nb_read;

	if (t->ext == VCRYPTO_NO_EXT) {
		vq_shape(&qp->vq, kind, slot, t->nb_read, nb_write);
		vq_add(&qp->vq, kind, slot, (void *)token);
		return;
	}
	vq_add_ext(&qp->vq, kind, slot, (void *)token, t->e, qp->ext_addr +
			(uint64_t)t->ext * VCRYPTO_EXT_ENTRIES * sizeof(struct vq_entry),
			t->nb_read, nb_write);
}

/* Can a table of so many entries be had now, or ever? */
static int
check_table(const struct vcrypto_qp *qp, const struct vcrypto_request *r, uint32_t entries)
{
	if (!needs_ext(qp, r, entries))
		return VCRYPTO_BUILT;
	if (entries > qp->ext_entries || (r->req != NULL && entries > VCRYPTO_KEYS_ENTRY))
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	return qp->ext_free != 0 ? VCRYPTO_BUILT : VCRYPTO_FULL;
}

static int
build_one(struct vcrypto_qp *qp, enum vq_kind kind, uint16_t slot, const struct vcrypto_request *r)
{
	uint32_t entries = count_entries(qp, r, r->off, r->len);
	struct table t;
	int rc = check_table(qp, r, entries);

	if (rc != VCRYPTO_BUILT)
		return rc;
	table_open(&t, qp, slot, needs_ext(qp, r, entries), r->req != NULL);
	add(&t, kind, slot, fill(&t, slot, r, r->off, r->len, r->token));
	return VCRYPTO_BUILT;
}

/* ---- one op over several data units of AES-XTS ---- */

/* The tweak is a 128 bit little-endian number (IEEE 1619, 5.1). */
static void
tweak_next(uint8_t tweak[16])
{
	unsigned int i;

	for (i = 0; i < 16 && ++tweak[i] == 0; i++)
		;
}

static struct vcrypto_group *
group_find(struct vcrypto_qp *qp)
{
	uint16_t i;

	/* Each group in use has a request in flight: with room, one is free. */
	for (i = 0; i < qp->size; i++)
		if (qp->groups[i].op == NULL)
			return &qp->groups[i];
	return NULL;
}

/* Room, and entries that fit into a slot's own table, for every unit. */
static int
check_units(const struct vcrypto_qp *qp, const struct vcrypto_request *r, uint32_t units)
{
	uint32_t unit = r->s->dataunit_len, i;

	if (units > vq_nb_free(&qp->vq) && vq_nb_in_flight(&qp->vq) == 0)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	for (i = 0; i < units; i++)
		if (needs_ext(qp, r, count_entries(qp, r, r->off + i * unit, unit)))
			return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	return units <= vq_nb_free(&qp->vq) ? VCRYPTO_BUILT : VCRYPTO_FULL;
}

static int
build_units(struct vcrypto_qp *qp, enum vq_kind kind, struct vcrypto_request *r)
{
	uint32_t unit = r->s->dataunit_len, units = r->len / unit, i;
	struct vcrypto_group *g;
	int rc = check_units(qp, r, units);

	if (rc != VCRYPTO_BUILT)
		return rc;
	g = group_find(qp);
	if (g == NULL)
		return VCRYPTO_FULL;
	*g = (struct vcrypto_group){
		.op = (void *)r->token,
		.left = (uint16_t)units,
		.status = RTE_CRYPTO_OP_STATUS_SUCCESS,
	};
	memcpy(r->tweak, r->iv, sizeof(r->tweak));
	r->iv = r->tweak;
	for (i = 0; i < units; i++) {
		uint16_t slot = vq_next_slot(&qp->vq, kind);
		struct table t;

		table_open(&t, qp, slot, false, false);
		add(&t, kind, slot, fill(&t, slot, r, r->off + i * unit, unit,
				(uintptr_t)g | VCRYPTO_TOKEN_PART));
		tweak_next(r->tweak);
	}
	return VCRYPTO_BUILT;
}


int
vcrypto_request_add(struct vcrypto_qp *qp, enum vq_kind kind, uint16_t slot,
		struct vcrypto_request *r)
{
	if (count_entries(qp, r, r->off, r->len) == UINT32_MAX)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	if (r->s->dataunit_len != 0)
		return build_units(qp, kind, r);
	return build_one(qp, kind, slot, r);
}

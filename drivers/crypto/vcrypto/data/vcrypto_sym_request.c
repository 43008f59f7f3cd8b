/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the building of described requests on the slow path: the table, in the slot or a
 * long one, the header, and ops that take several requests.  Checks everything before it
 * adds anything, by the rules of vcrypto_build.h; never publishes.
 */
#include <string.h>

#include "data/vcrypto_sym_request.h"

/* ---- tables ---- */

/* A table that is being filled. */
struct request_table {
	struct vcrypto_qp *qp;
	struct vq_entry *e;
	uint16_t n, max;	/* entries */
	uint16_t nb_read;
	bool ext;		/* the slot's long table */
};

/* Appends an entry.  An empty range takes none: devices refuse descriptors of length 0. */
static void
request_table_put(struct request_table *t, uint64_t addr, uint32_t len)
{
	if (len != 0 && t->n < t->max)
		vcrypto_build_entry(&t->e[t->n++], addr, len);
}

/* A position in a buffer: one of its segments. */
struct sgl_cursor {
	const struct vcrypto_sgl *sgl;
	const struct rte_mbuf *m;
	uint32_t i;
};

/* Length of the segment, bytes; false after the last one. */
static bool
sgl_cursor_len(const struct sgl_cursor *c, uint32_t *len)
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
sgl_cursor_next(struct sgl_cursor *c)
{
	if (c->sgl->vec == NULL)
		c->m = c->m->next;
	else
		c->i++;
}

static uint64_t
sgl_cursor_addr(const struct sgl_cursor *c, const struct vcrypto_session *s, uint32_t off)
{
	const struct rte_crypto_vec *v;

	if (c->sgl->vec == NULL)
		return vcrypto_build_data_addr(s, c->m, off);
	v = &c->sgl->vec[c->i];
	return (s->addr_is_va ? (uint64_t)(uintptr_t)v->base : v->iova) + off;
}

/* Appends len bytes from off of a buffer, an entry for each segment. */
static void
request_table_put_sgl(struct request_table *t, const struct vcrypto_session *s,
		const struct vcrypto_sgl *sgl, uint32_t off, uint32_t len)
{
	struct sgl_cursor c = { sgl, sgl->m, 0 };
	uint32_t seg;

	for (; len != 0 && sgl_cursor_len(&c, &seg); sgl_cursor_next(&c)) {
		uint32_t part;

		if (off >= seg) {
			off -= seg;
			continue;
		}
		part = RTE_MIN(len, seg - off);
		request_table_put(t, sgl_cursor_addr(&c, s, off), part);
		len -= part;
		off = 0;
	}
}

/* Number of segments that hold [off, off + len); UINT32_MAX if it leaves the buffer. */
static uint32_t
sgl_count(const struct vcrypto_sgl *sgl, uint32_t off, uint32_t len)
{
	struct sgl_cursor c = { sgl, sgl->m, 0 };
	uint64_t at = 0, end = (uint64_t)off + len;
	uint32_t n = 0, seg;

	if (len == 0)
		return 0;
	for (; at < end && sgl_cursor_len(&c, &seg); sgl_cursor_next(&c)) {
		uint64_t seg_end = at + seg;

		if (seg_end > off && seg != 0)
			n++;
		at = seg_end;
	}
	return at >= end ? n : UINT32_MAX;
}

/* The bytes of a buffer from off on that lie together: their number, at most len, and where
 * they are.
 */
static uint32_t
sgl_piece(const struct vcrypto_sgl *sgl, uint32_t off, uint32_t len, uint8_t **at)
{
	struct sgl_cursor c = { sgl, sgl->m, 0 };
	uint32_t seg = 0;

	for (; sgl_cursor_len(&c, &seg) && off >= seg; sgl_cursor_next(&c))
		off -= seg;
	*at = sgl->vec == NULL ? rte_pktmbuf_mtod_offset(c.m, uint8_t *, off) :
		(uint8_t *)sgl->vec[c.i].base + off;
	return RTE_MIN(len, seg - off);
}

bool
vcrypto_sym_request_copy(const struct vcrypto_sym_request *r)
{
	bool in_place = r->dst.m == r->src.m && r->dst.vec == r->src.vec;
	uint32_t off = r->off, left = r->len, n;
	uint8_t *from, *to;

	if (sgl_count(&r->src, off, left) == UINT32_MAX ||
			sgl_count(&r->dst, off, left) == UINT32_MAX)
		return false;
	if (in_place || !r->has_dst)
		return true;
	for (; left != 0; off += n, left -= n) {
		n = sgl_piece(&r->src, off, left, &from);
		n = sgl_piece(&r->dst, off, n, &to);
		memmove(to, from, n);
	}
	return true;
}

/* ---- sizes ---- */

/* Offset in the buffer of the memory at p, bytes; UINT64_MAX if it lies elsewhere. */
static uint64_t
sgl_offset_of(const struct vcrypto_sgl *sgl, const uint8_t *p)
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
 * A chain that authenticates first may encrypt its digest too, which no request can
 * express.  With a stream cipher the driver zeroes the digest, so that the device leaves
 * key stream in its place, and XORs the computed digest onto it on completion.  False for
 * such an op with a block cipher, with a digest that is partly encrypted, or out of place.
 */
static bool
request_digest_within(struct vcrypto_sym_request *r)
{
	bool in_place = r->dst.m == r->src.m && r->dst.vec == r->src.vec;
	uint64_t at = sgl_offset_of(&r->src, r->digest), len = r->s->digest_len;
	uint64_t end = (uint64_t)r->cipher_off + r->cipher_len;

	if (at == UINT64_MAX && !in_place)
		at = sgl_offset_of(&r->dst, r->digest);
	if (at == UINT64_MAX || at + len <= r->cipher_off || at >= end || r->cipher_len == 0)
		return true;
	if (r->s->block_mask != 0 || !in_place || at < r->cipher_off || at + len > end)
		return false;
	memset(r->digest, 0, len);
	r->digest_iova = 0;	/* the device writes the slot's digest buffer */
	r->digest_masked = true;
	return true;
}

static bool
request_len_ok(struct vcrypto_sym_request *r)
{
	const struct vcrypto_session *s = r->s;

	switch (s->kind) {
	case VCRYPTO_SESS_CIPHER:
		if (s->dataunit_len != 0)
			return r->len != 0 && r->len % s->dataunit_len == 0 &&
				!vcrypto_build_len_exceeds(s, s->dataunit_len);
		return !vcrypto_build_len_is_bad(s, r->len);
	case VCRYPTO_SESS_CHAIN:	/* len spans both ranges */
		return !vcrypto_build_len_exceeds(s, r->len) && (r->cipher_len == 0 ||
				!vcrypto_build_chain_len_is_bad(s, r->cipher_len));
	case VCRYPTO_SESS_DIGEST:
		return !vcrypto_build_len_is_bad(s, r->len);
	default:
		return !vcrypto_build_len_exceeds(s, r->len);
	}
}

bool
vcrypto_sym_request_set_chain(struct vcrypto_sym_request *r,
		const struct vcrypto_range *cipher, const struct vcrypto_range *auth)
{
	const struct vcrypto_range *a = auth->len != 0 ? auth : cipher;
	const struct vcrypto_range *c = cipher->len != 0 ? cipher : a;
	uint64_t c_end = (uint64_t)c->off + cipher->len, a_end = (uint64_t)a->off + auth->len;
	uint64_t end = RTE_MAX(c_end, a_end);

	r->off = RTE_MIN(c->off, a->off);
	r->len = (uint32_t)(end - r->off);
	r->cipher_off = c->off;
	r->cipher_len = cipher->len;
	r->auth_off = a->off;
	r->auth_len = auth->len;
	r->has_dst = cipher->len != 0;
	return end <= UINT32_MAX;
}

enum vcrypto_verdict
vcrypto_sym_request_check(struct vcrypto_sym_request *r)
{
	const struct vcrypto_session *s = r->s;
	bool ok = request_len_ok(r);

	if (s->kind == VCRYPTO_SESS_CIPHER || s->kind == VCRYPTO_SESS_NULL)
		r->digest = NULL;
	else
		ok = ok && r->digest != NULL;
	if (s->kind == VCRYPTO_SESS_CHAIN)
		ok = ok && (!s->auth_first || request_digest_within(r));
	if (s->kind == VCRYPTO_SESS_AEAD)
		ok = ok && (s->aad_len == 0 || r->aad != 0);
	return ok ? VCRYPTO_BUILT : VCRYPTO_BAD_ARGS;
}

/* ---- tables and headers of a description ---- */

/* Number of entries of a request over len bytes from off: header, payload, AAD, tag or
 * digest, status; UINT32_MAX if the range leaves a buffer.
 */
static uint32_t
request_count_entries(const struct vcrypto_qp *qp, const struct vcrypto_sym_request *r,
		uint32_t off, uint32_t len)
{
	uint32_t src = sgl_count(&r->src, off, len);
	uint32_t dst = r->has_dst ? sgl_count(&r->dst, off, len) : 0;

	if (src == UINT32_MAX || dst == UINT32_MAX)
		return UINT32_MAX;
	return src + dst + 2u + (qp->dev->traits.strict_framing || r->stateless != NULL) +
		(r->aad != 0) + (r->digest != NULL);
}

/* Begins a table that holds so many entries. */
static void
request_table_open(struct request_table *t, struct vcrypto_qp *qp, uint16_t slot,
		uint32_t entries)
{
	*t = (struct request_table){
		.qp = qp,
		.e = (void *)(vcrypto_slot(qp, slot) + VCRYPTO_SLOT_TABLE),
		.max = VCRYPTO_SLOT_ENTRIES,
		.ext = entries > RTE_MIN((uint32_t)VCRYPTO_SLOT_ENTRIES, qp->size),
	};
	if (t->ext) {
		t->e = qp->ext + (size_t)slot * qp->ext_stride;
		t->max = qp->max_entries;
	}
}

/* Copies len bytes, and accepts NULL for none.  Returns the end of the copy. */
static uint8_t *
request_copy(uint8_t *at, const uint8_t *from, uint32_t len)
{
	if (len != 0)
		memcpy(at, from, len);
	return at + len;
}

/* Copies a stateless request's keys and iv into the slot's memory for them. */
static void
request_table_put_keys(struct request_table *t, uint16_t slot,
		const struct vcrypto_sym_request *r)
{
	size_t off = (size_t)slot * VCRYPTO_KEYS_MAX;
	uint8_t *to = t->qp->keys + off, *at = to;
	uint64_t addr = t->qp->keys_addr + off;

	at = request_copy(at, r->stateless->key, r->stateless->key_len);
	at = request_copy(at, r->stateless->auth_key, r->stateless->auth_key_len);
	at = request_copy(at, r->iv, r->s->iv_len);
	memset(at, 0, r->s->iv_tail);
	at += r->s->iv_tail;
	if (r->s->iv_tail != 0)
		at[-1] = 1;	/* the counter, big endian */
	request_table_put(t, addr, (uint32_t)(at - to));
}

/* Writes header, iv and lengths.  Afterwards the slot's tag names no session's template. */
static void
request_table_put_header(struct request_table *t, uint16_t slot,
		const struct vcrypto_sym_request *r, uint32_t len)
{
	const struct vcrypto_session *s = r->s;
	struct vcrypto_qp *qp = t->qp;
	uint8_t *hdr = (uint8_t *)vq_table(&qp->vq, slot) + s->lens_at;
	uint64_t iv = vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_IV;
	uint32_t iv_len = (uint32_t)s->iv_len + s->iv_tail;
	bool joined = !qp->dev->traits.strict_framing && r->stateless == NULL;

	*vq_tag(&qp->vq, slot) = 0;
	vcrypto_slot_template(qp, slot, s);
	request_table_put(t, iv - s->hdr_len, s->hdr_len + (joined ? iv_len : 0u));
	if (r->stateless != NULL) {
		request_table_put_keys(t, slot, r);
	} else {
		(void)request_copy(vcrypto_slot(qp, slot) + VCRYPTO_SLOT_IV, r->iv, s->iv_len);
		if (!joined)
			request_table_put(t, iv, iv_len);
	}
	switch (s->kind) {
	case VCRYPTO_SESS_CIPHER:
		req_set_cipher(hdr, len, len);
		break;
	case VCRYPTO_SESS_CHAIN:
		req_set_chain(hdr, len, r->has_dst ? len : 0, r->cipher_off - r->off, r->cipher_len,
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

/* Fills in the table of one request over len bytes from off.  Returns its token. */
static uintptr_t
request_fill(struct request_table *t, uint16_t slot, const struct vcrypto_sym_request *r,
		uint32_t off, uint32_t len, uintptr_t token)
{
	const struct vcrypto_session *s = r->s;
	struct vcrypto_qp *qp = t->qp;

	request_table_put_header(t, slot, r, len);
	request_table_put_sgl(t, s, &r->src, off, len);
	if (s->kind == VCRYPTO_SESS_AEAD && s->decrypt)
		request_table_put(t, vcrypto_build_tag_addr(qp, slot, s, r->digest, r->digest_iova),
				s->digest_len);
	if (r->aad != 0)
		request_table_put(t, r->aad, s->aad_len);
	t->nb_read = t->n;
	if (r->has_dst)
		request_table_put_sgl(t, s, &r->dst, off, len);
	if (r->digest != NULL && !(s->kind == VCRYPTO_SESS_AEAD && s->decrypt))
		request_table_put(t, vcrypto_build_digest_addr(qp, slot, s, r->digest,
				r->digest_iova, &token), s->digest_len);
	request_table_put(t, qp->status_addr + slot, 1);
	if (r->digest_masked)
		qp->post[slot].mask = true;
	if (r->stateless != NULL) {
		if ((token & VCRYPTO_TOKEN_POST) == 0)
			qp->post[slot] = (struct vcrypto_post){ .digest_len = 0 };
		qp->post[slot].keys = true;
		token |= VCRYPTO_TOKEN_POST;
	}
	return token;
}

void
vcrypto_sym_request_place(struct vcrypto_qp *qp, enum vq_kind kind,
		const struct vcrypto_placed *p)
{
	void *token = (void *)p->token;

	if (p->table != NULL) {
		(void)vq_add_ext(&qp->vq, kind, p->slot, token, p->table, p->table_addr,
				p->nb_read, p->nb_write);
		return;
	}
	vq_shape(&qp->vq, kind, p->slot, p->nb_read, p->nb_write);
	vq_add(&qp->vq, kind, p->slot, token);
}

static struct vcrypto_placed
request_push(struct request_table *t, enum vq_kind kind, uint16_t slot, uintptr_t token)
{
	struct vcrypto_qp *qp = t->qp;
	struct vcrypto_placed p = {
		.token = token,
		.slot = slot,
		.nb_read = t->nb_read,
		.nb_write = t->n - t->nb_read,
	};

	if (t->ext) {
		p.table = t->e;
		p.table_addr = qp->ext_addr + (uint64_t)((uint8_t *)t->e - (uint8_t *)qp->ext);
	}
	vcrypto_sym_request_place(qp, kind, &p);
	return p;
}

static enum vcrypto_verdict
request_build_one(struct vcrypto_qp *qp, enum vq_kind kind, uint16_t slot,
		struct vcrypto_sym_request *r)
{
	uint32_t entries = request_count_entries(qp, r, r->off, r->len);
	struct request_table t;

	if (entries > qp->max_entries)
		return VCRYPTO_BAD_ARGS;
	request_table_open(&t, qp, slot, entries);
	r->placed = request_push(&t, kind, slot,
			request_fill(&t, slot, r, r->off, r->len, r->token));
	return VCRYPTO_BUILT;
}

/* ---- one op over several data units of AES-XTS ---- */

/* Adds 1 to the tweak, a little-endian number of 128 bits (IEEE 1619, 5.1). */
static void
request_tweak_next(uint8_t tweak[16])
{
	unsigned int i;

	for (i = 0; i < 16 && ++tweak[i] == 0; i++)
		;
}

static struct vcrypto_group *
request_group_find(struct vcrypto_qp *qp)
{
	uint16_t i;

	/* Each group in use has a request in flight: while a slot is free, a group is. */
	for (i = 0; i < qp->size; i++)
		if (qp->groups[i].op == NULL)
			return &qp->groups[i];
	return NULL;
}

/* VCRYPTO_BUILT if each unit has a slot, and fits into a table; VCRYPTO_FULL if slots may
 * become free; else VCRYPTO_BAD_ARGS.
 */
static enum vcrypto_verdict
request_check_units(const struct vcrypto_qp *qp, const struct vcrypto_sym_request *r,
		uint32_t units)
{
	uint32_t unit = r->s->dataunit_len, i;

	if (units > vq_nb_free(&qp->vq) && vq_nb_in_flight(&qp->vq) == 0)
		return VCRYPTO_BAD_ARGS;
	for (i = 0; i < units; i++)
		if (request_count_entries(qp, r, r->off + i * unit, unit) > qp->max_entries)
			return VCRYPTO_BAD_ARGS;
	return units <= vq_nb_free(&qp->vq) ? VCRYPTO_BUILT : VCRYPTO_FULL;
}

static enum vcrypto_verdict
request_build_units(struct vcrypto_qp *qp, enum vq_kind kind, struct vcrypto_sym_request *r)
{
	uint32_t unit = r->s->dataunit_len, units = r->len / unit, i;
	struct vcrypto_group *g;
	enum vcrypto_verdict verdict = request_check_units(qp, r, units);

	if (verdict != VCRYPTO_BUILT)
		return verdict;
	g = request_group_find(qp);
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
		uint32_t off = r->off + i * unit;
		struct request_table t;

		request_table_open(&t, qp, slot, request_count_entries(qp, r, off, unit));
		(void)request_push(&t, kind, slot, request_fill(&t, slot, r, off, unit,
				(uintptr_t)g | VCRYPTO_TOKEN_PART));
		request_tweak_next(r->tweak);
	}
	return VCRYPTO_BUILT;
}

enum vcrypto_verdict
vcrypto_sym_request_add(struct vcrypto_qp *qp, enum vq_kind kind, uint16_t slot,
		struct vcrypto_sym_request *r)
{
	if (request_count_entries(qp, r, r->off, r->len) == UINT32_MAX)
		return VCRYPTO_BAD_ARGS;
	if (r->s->dataunit_len != 0)
		return request_build_units(qp, kind, r);
	return request_build_one(qp, kind, slot, r);
}

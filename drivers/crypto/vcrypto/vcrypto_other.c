/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the requests that are not linear buffers with something in them: segments,
 * empty input, ranges in bits, an op of several data units, sessionless ops.  Slower
 * than vcrypto_build.h and as exact: everything is checked before anything is added.
 */
#include <inttypes.h>
#include <string.h>

#include "vcrypto_build.h"
#include "vcrypto_dev.h"

void
vcrypto_slot_stamp(struct vcrypto_qp *qp, uint16_t slot, const struct vcrypto_session *s)
{
	struct vq_entry *e = (void *)(vcrypto_slot(qp, slot) + VCRYPTO_SLOT_TABLE);
	uint64_t hdr = vcrypto_slot_addr(qp, slot) + qp->hdr_off;

	memcpy(vcrypto_slot(qp, slot) + qp->hdr_off, s->hdr, s->hdr_len);
	vcrypto_entry(&e[0], hdr, s->hdr_len + (qp->iv_entry ? 0u : s->iv_len));
	if (qp->iv_entry)
		vcrypto_entry(&e[1], hdr + s->hdr_len, s->iv_len);
	vcrypto_entry(&e[s->nb_read + s->nb_write - 1], qp->status_addr + slot, 1);
	vq_shape(&qp->vq, qp->dev->kind, slot, s->nb_read, s->nb_write);
	qp->stamp[slot] = s->stamp;
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

static void
table_put_mbuf(struct table *t, const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	for (; m != NULL && len != 0; m = m->next) {
		uint32_t part;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		part = RTE_MIN(len, m->data_len - off);
		table_put(t, vcrypto_data_addr(t->qp, m, off), part);
		len -= part;
		off = 0;
	}
}

/* Segments that [off, off + len) touches; UINT32_MAX if it leaves the mbuf. */
static uint32_t
count_segs(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	uint64_t at = 0, end = (uint64_t)off + len;
	uint32_t n = 0;

	if (len == 0)
		return 0;
	for (; m != NULL && at < end; m = m->next) {
		uint64_t seg_end = at + m->data_len;

		if (seg_end > off && m->data_len != 0)
			n++;
		at = seg_end;
	}
	return at >= end ? n : UINT32_MAX;
}

/* ---- what an op asks for, sort by sort, as one description ---- */

struct other {
	const struct vcrypto_session *s;
	const struct req_session *req;	/* stateless request: its keys; else NULL */
	struct rte_crypto_op *op;
	struct rte_mbuf *src, *dst;	/* dst: NULL for digests */
	uint32_t off, len;		/* bytes, of src and dst */
	const uint8_t *iv;
	uint8_t tweak[16];		/* several data units: the next one's iv */
	uint8_t *digest;		/* NULL: none */
	rte_iova_t digest_iova;
	uint64_t aad;			/* address; 0: none */
};

static int
describe_cipher(struct other *o)
{
	const struct rte_crypto_sym_op *sym = o->op->sym;
	uint32_t unit = (1u << o->s->len_shift) - 1;

	if (((sym->cipher.data.offset | sym->cipher.data.length) & unit) != 0)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	o->off = sym->cipher.data.offset >> o->s->len_shift;
	o->len = sym->cipher.data.length >> o->s->len_shift;
	if (o->len == 0)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	if (o->s->dataunit_len != 0)
		return o->len % o->s->dataunit_len == 0 && o->s->dataunit_len <= o->s->max_len ?
			VCRYPTO_BUILT : RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	return vcrypto_len_ok(o->s, o->len) ? VCRYPTO_BUILT : RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
}

static int
describe_chain(struct other *o)
{
	struct rte_crypto_sym_op *sym = o->op->sym;
	struct vcrypto_span span = vcrypto_chain_span(sym);

	if (!span.ok || sym->cipher.data.length == 0 || span.len > o->s->max_len ||
			!vcrypto_len_ok(o->s, sym->cipher.data.length) ||
			sym->auth.digest.data == NULL)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	o->off = span.off;
	o->len = span.len;
	o->digest = sym->auth.digest.data;
	o->digest_iova = sym->auth.digest.phys_addr;
	return VCRYPTO_BUILT;
}

static int
describe_aead(struct vcrypto_qp *qp, uint16_t slot, struct other *o)
{
	struct rte_crypto_sym_op *sym = o->op->sym;

	o->off = sym->aead.data.offset;
	o->len = sym->aead.data.length;
	o->digest = sym->aead.digest.data;
	o->digest_iova = sym->aead.digest.phys_addr;
	if (o->len > o->s->max_len || o->digest == NULL)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	if (o->s->aad_len != 0) {
		o->aad = vcrypto_aad_addr(qp, slot, o->s, sym);
		if (o->aad == 0)
			return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	}
	return VCRYPTO_BUILT;
}

static int
describe_digest(struct other *o)
{
	struct rte_crypto_sym_op *sym = o->op->sym;

	o->off = sym->auth.data.offset;
	o->len = sym->auth.data.length;
	o->digest = sym->auth.digest.data;
	o->digest_iova = sym->auth.digest.phys_addr;
	o->dst = NULL;
	if (o->len > o->s->max_len || o->digest == NULL)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	return VCRYPTO_BUILT;
}

static int
describe(struct vcrypto_qp *qp, uint16_t slot, struct other *o)
{
	const struct rte_crypto_sym_op *sym = o->op->sym;

	o->src = sym->m_src;
	o->dst = sym->m_dst != NULL ? sym->m_dst : sym->m_src;
	o->iv = rte_crypto_op_ctod_offset(o->op, const uint8_t *, o->s->iv_off);
	switch (o->s->kind) {
	case VCRYPTO_SESS_CIPHER:
		return describe_cipher(o);
	case VCRYPTO_SESS_CHAIN:
		return describe_chain(o);
	case VCRYPTO_SESS_AEAD:
		return describe_aead(qp, slot, o);
	default:
		return describe_digest(o);
	}
}

/* ---- a table from a description ---- */

/* Entries for len bytes from off: header, payload, AAD, tag or digest, status;
 * UINT32_MAX if the buffers do not hold them.
 */
static uint32_t
count_entries(const struct vcrypto_qp *qp, const struct other *o, uint32_t off, uint32_t len)
{
	uint32_t src = count_segs(o->src, off, len);
	uint32_t dst = o->dst != NULL ? count_segs(o->dst, off, len) : 0;

	if (src == UINT32_MAX || dst == UINT32_MAX)
		return UINT32_MAX;
	return src + dst + 2u + (qp->iv_entry || o->req != NULL) + (o->aad != 0) +
		(o->digest != NULL);
}

static bool
needs_ext(const struct vcrypto_qp *qp, const struct other *o, uint32_t entries)
{
	return o->req != NULL || entries > RTE_MIN((uint32_t)VCRYPTO_SLOT_ENTRIES, qp->size);
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

/* Keys of a stateless request and its iv, in the half of the table kept for them. */
static void
put_keys(struct table *t, const struct other *o)
{
	uint8_t *to = (uint8_t *)(t->e + VCRYPTO_KEYS_ENTRY), *at = to;
	uint64_t addr = t->qp->ext_addr + (uint64_t)(to - (uint8_t *)t->qp->ext);

	memcpy(at, o->req->key, o->req->key_len);
	at += o->req->key_len;
	memcpy(at, o->req->auth_key, o->req->auth_key_len);
	at += o->req->auth_key_len;
	memcpy(at, o->iv, o->s->iv_len);
	at += o->s->iv_len;
	table_put(t, addr, (uint32_t)(at - to));
}

/* Header, iv and lengths; the slot's header is nobody's template afterwards. */
static void
put_header(struct table *t, uint16_t slot, const struct other *o, uint32_t len)
{
	const struct vcrypto_session *s = o->s;
	const struct rte_crypto_sym_op *sym = o->op->sym;
	struct vcrypto_qp *qp = t->qp;
	uint8_t *hdr = vcrypto_slot(qp, slot) + qp->hdr_off;
	uint64_t addr = vcrypto_slot_addr(qp, slot) + qp->hdr_off;
	bool joined = !qp->iv_entry && o->req == NULL;

	qp->stamp[slot] = 0;
	memcpy(hdr, s->hdr, s->hdr_len);
	table_put(t, addr, s->hdr_len + (joined ? s->iv_len : 0u));
	if (o->req != NULL) {
		put_keys(t, o);
	} else {
		memcpy(hdr + s->hdr_len, o->iv, s->iv_len);
		if (!joined)
			table_put(t, addr + s->hdr_len, s->iv_len);
	}
	hdr += s->hdr_shift;
	switch (s->kind) {
	case VCRYPTO_SESS_CIPHER:
		req_set_cipher(hdr, len, len);
		break;
	case VCRYPTO_SESS_CHAIN:
		req_set_chain(hdr, len, len, sym->cipher.data.offset - o->off,
				sym->cipher.data.length, sym->auth.data.offset - o->off,
				sym->auth.data.length);
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
fill(struct table *t, uint16_t slot, const struct other *o, uint32_t off, uint32_t len,
		uintptr_t token)
{
	const struct vcrypto_session *s = o->s;
	struct vcrypto_qp *qp = t->qp;

	put_header(t, slot, o, len);
	table_put_mbuf(t, o->src, off, len);
	if (s->kind == VCRYPTO_SESS_AEAD && s->decrypt)
		table_put(t, vcrypto_tag_addr(qp, slot, s, o->op->sym), s->digest_len);
	if (o->aad != 0)
		table_put(t, o->aad, s->aad_len);
	t->nb_read = t->n;
	if (o->dst != NULL)
		table_put_mbuf(t, o->dst, off, len);
	if (o->digest != NULL && !(s->kind == VCRYPTO_SESS_AEAD && s->decrypt))
		table_put(t, vcrypto_digest_target(qp, slot, s, o->digest, o->digest_iova, &token),
				s->digest_len);
	table_put(t, qp->status_addr + slot, 1);
	if (t->ext != VCRYPTO_NO_EXT) {
		if ((token & VCRYPTO_TOKEN_POST) == 0)
			qp->post[slot].digest_len = 0;
		qp->post[slot].ext = t->ext;
		qp->post[slot].keys = o->req != NULL;
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
check_table(const struct vcrypto_qp *qp, const struct other *o, uint32_t entries)
{
	if (!needs_ext(qp, o, entries))
		return VCRYPTO_BUILT;
	if (entries > qp->ext_entries || (o->req != NULL && entries > VCRYPTO_KEYS_ENTRY))
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	return qp->ext_free != 0 ? VCRYPTO_BUILT : VCRYPTO_FULL;
}

static int
build_one(struct vcrypto_qp *qp, enum vq_kind kind, uint16_t slot, const struct other *o)
{
	uint32_t entries = count_entries(qp, o, o->off, o->len);
	struct table t;
	int rc = check_table(qp, o, entries);

	if (rc != VCRYPTO_BUILT)
		return rc;
	table_open(&t, qp, slot, needs_ext(qp, o, entries), o->req != NULL);
	add(&t, kind, slot, fill(&t, slot, o, o->off, o->len, (uintptr_t)o->op));
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
check_units(const struct vcrypto_qp *qp, const struct other *o, uint32_t units)
{
	uint32_t unit = o->s->dataunit_len, i;

	if (units > qp->size)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	for (i = 0; i < units; i++)
		if (needs_ext(qp, o, count_entries(qp, o, o->off + i * unit, unit)))
			return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	return units <= vq_nb_free(&qp->vq) ? VCRYPTO_BUILT : VCRYPTO_FULL;
}

static int
build_units(struct vcrypto_qp *qp, enum vq_kind kind, struct other *o)
{
	uint32_t unit = o->s->dataunit_len, units = o->len / unit, i;
	struct vcrypto_group *g;
	int rc = check_units(qp, o, units);

	if (rc != VCRYPTO_BUILT)
		return rc;
	g = group_find(qp);
	if (g == NULL)
		return VCRYPTO_FULL;
	*g = (struct vcrypto_group){ o->op, (uint16_t)units, RTE_CRYPTO_OP_STATUS_SUCCESS };
	memcpy(o->tweak, o->iv, sizeof(o->tweak));
	o->iv = o->tweak;
	for (i = 0; i < units; i++) {
		uint16_t slot = vq_next_slot(&qp->vq, kind);
		struct table t;

		table_open(&t, qp, slot, false, false);
		add(&t, kind, slot, fill(&t, slot, o, o->off + i * unit, unit,
				(uintptr_t)g | VCRYPTO_TOKEN_PART));
		tweak_next(o->tweak);
	}
	return VCRYPTO_BUILT;
}

/* ---- sessionless ops: everything travels with the request (5.9.8) ---- */

static int
build_stateless(struct vcrypto_qp *qp, enum vq_kind kind, struct other *o)
{
	struct vcrypto_dev *dev = qp->dev;
	struct vcrypto_session s;
	struct req_session req;
	unsigned int flags;
	uint16_t slot;
	int rc;

	if (o->op->sym->xform == NULL || vcrypto_session_params(&s, &req, dev,
			o->op->sym->xform) != 0 || s.dataunit_len != 0 || s.device_verifies)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	flags = vcrypto_req_flags(dev, req_kind_service(req.kind));
	if ((flags & REQ_F_STATELESS) == 0)
		return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
	if ((uint64_t)req.key_len + req.auth_key_len + s.iv_len > VCRYPTO_KEYS_MAX)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	rc = vcrypto_session_header(&s, &req, flags, true);
	if (rc != 0)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	o->s = &s;
	o->req = &req;
	slot = vq_next_slot(&qp->vq, kind);
	rc = describe(qp, slot, o);
	if (rc == VCRYPTO_BUILT && count_entries(qp, o, o->off, o->len) == UINT32_MAX)
		rc = RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	return rc == VCRYPTO_BUILT ? build_one(qp, kind, slot, o) : rc;
}

int
vcrypto_build_other(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op)
{
	struct other o = { .op = op };
	uint16_t slot;
	int rc;

	if (op->type != RTE_CRYPTO_OP_TYPE_SYMMETRIC || op->sym->m_src == NULL)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	if (op->sess_type == RTE_CRYPTO_OP_SESSIONLESS)
		return build_stateless(qp, kind, &o);
	if (op->sess_type != RTE_CRYPTO_OP_WITH_SESSION)
		return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
	o.s = CRYPTODEV_GET_SYM_SESS_PRIV(op->sym->session);
	slot = vq_next_slot(&qp->vq, kind);
	rc = describe(qp, slot, &o);
	if (rc != VCRYPTO_BUILT)
		return rc;
	if (count_entries(qp, &o, o.off, o.len) == UINT32_MAX)
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	if (o.s->dataunit_len != 0)
		return build_units(qp, kind, &o);
	return build_one(qp, kind, slot, &o);
}

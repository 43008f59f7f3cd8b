/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data requests of the device model (virtio 1.4, 5.9.9.3 - 5.9.9.8): from memory to
 * operations of the engine and from their results to status bytes.  Any framing: where
 * one descriptor ends and the next begins has no meaning (2.7.4).
 *
 * Steps of a turn, each over its requests: prepare (copy the header, parse, check,
 * find the session, cut the memory into spans), process (the engine), finish.  Those of IPSEC
 * take their own way between header and status (model_ipsec_data.h).  An AKCIPHER
 * request is a turn of its own, from its session on, and so is one of many bytes: it may take
 * tens of milliseconds, or seconds, and holds its session meanwhile (session.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "model_ipsec_data.h"
#include "secret.h"
#include "vq_barrier.h"

#define KEYS_MAX	16384	/* bytes, more than any legal key */
#define AHEAD_MAX	128	/* bytes that are prefetched before the engine reads them */

/* The last writable byte: where the status goes.  NULL if there is none. */
static uint8_t *
data_status_byte(const struct vcryptod_request *r)
{
	unsigned int i;

	for (i = r->nb_writable; i > 0; i--)
		if (r->writable[i - 1].len != 0)
			return r->writable[i - 1].ptr + r->writable[i - 1].len - 1;
	return NULL;
}

/* Blocks are powers of two. */
static bool
data_cipher_len_ok(const struct req_alg *alg, uint32_t len)
{
	return (len & (alg->block - 1u)) == 0 && len >= alg->min_len;
}

static bool
data_digest_ok(const struct vcryptod_session *s, const struct req_alg *alg, uint32_t len)
{
	return len <= s->p.digest_len && len <= VCRYPTOD_DIGEST_MAX &&
			req_range_has(&alg->digest, len);
}

/* Lengths against algorithm and session. */
static bool
data_lengths_ok(const struct vcryptod_session *s, const struct req_data *d)
{
	const struct req_alg *alg = s->alg;
	/* An algorithm without an iv ignores one. */
	bool iv_ok = alg->iv.max == 0 || req_range_has(&alg->iv, d->iv_len);

	switch (d->kind) {
	case REQ_CIPHER:
		return iv_ok && data_cipher_len_ok(alg, d->src_len);
	case REQ_CHAIN:
		/* With nothing to cipher it is authentication alone. */
		return iv_ok && (d->cipher_len == 0 || data_cipher_len_ok(alg, d->cipher_len)) &&
				data_digest_ok(s, s->auth_alg, d->digest_len);
	case REQ_HASH:
		return data_digest_ok(s, alg, d->digest_len);
	case REQ_MAC:
		return data_digest_ok(s, alg, d->digest_len) && data_cipher_len_ok(alg, d->src_len);
	case REQ_AEAD:
		return iv_ok && d->digest_len == s->p.digest_len &&
				req_range_has(&alg->aad, d->aad_len);
	case REQ_AKCIPHER:
		return true;
	case REQ_NB_KINDS:
	default:
		return false;
	}
}

/* A session made of the request's own parameters and of the keys that lie before the
 * iv.  The keys are private for the time of the call and wiped after it.
 */
static int
data_open_stateless(struct vcryptod_request *r, struct vcryptod_model *m, struct vcryptod_span *at)
{
	struct vcryptod_span from = vcryptod_span_cut(at, r->d.key_len + r->d.auth_key_len);
	struct req_session p = r->d.session;
	uint8_t *keys;
	int rc;

	if (from.len > KEYS_MAX)
		return -EINVAL;
	keys = vcryptod_secret_alloc(from.len + 1);
	if (keys == NULL)
		return -ENOMEM;
	vcryptod_span_read(keys, &from);
	p.key = keys;
	p.auth_key = keys + r->d.key_len;
	rc = vcryptod_session_open(&r->own, m, &p);
	r->session = rc == 0 ? r->own : NULL;
	vcryptod_secret_free(keys);
	return rc;
}

static int
data_find_session(struct vcryptod_request *r, struct vcryptod_model *m, struct vcryptod_span *at)
{
	if (r->d.stateless)
		return data_open_stateless(r, m, at);
	r->session = vcryptod_sessions_find(&m->sessions, r->d.session_id);
	if (r->session == NULL)
		return -ENOENT;
	if (r->session->p.kind != r->d.kind)
		return -EBADMSG;
	if (r->d.kind != REQ_AKCIPHER && r->d.kind != REQ_HASH && r->d.kind != REQ_MAC &&
			r->session->p.op != r->d.session.op)
		return -EBADMSG;
	return 0;
}

/* Spans of the readable part; at stands behind the iv.  Order: req_data.h. */
static void
data_cut_readable(struct vcryptod_op *op, const struct req_data *d, struct vcryptod_span *at)
{
	if (d->kind == REQ_AKCIPHER) {
		op->src = vcryptod_span_cut(at, d->src_len);
		op->aad = vcryptod_span_cut(at,
				d->opcode == VIRTIO_CRYPTO_AKCIPHER_VERIFY ? d->dst_len : 0);
	} else if (d->kind != REQ_AEAD) {
		op->aad = vcryptod_span_cut(at, d->aad_len);
		op->src = vcryptod_span_cut(at, d->src_len);
	} else if (d->opcode == VIRTIO_CRYPTO_AEAD_DECRYPT) {
		op->src = vcryptod_span_cut(at, d->src_len - d->digest_len);
		op->digest = vcryptod_span_cut(at, d->digest_len);
		op->aad = vcryptod_span_cut(at, d->aad_len);
	} else {
		op->src = vcryptod_span_cut(at, d->src_len);
		op->aad = vcryptod_span_cut(at, d->aad_len);
	}
}

static void
data_cut_writable(struct vcryptod_op *op, const struct req_data *d, struct vcryptod_span *at)
{
	switch (d->kind) {
	case REQ_AEAD:
		op->dst = vcryptod_span_cut(at, op->src.len);
		if (d->opcode == VIRTIO_CRYPTO_AEAD_ENCRYPT)
			op->digest = vcryptod_span_cut(at, d->digest_len);
		break;
	case REQ_CIPHER:
		op->dst = vcryptod_span_cut(at, d->src_len);
		break;
	case REQ_AKCIPHER:
		op->dst = vcryptod_span_cut(at,
				d->opcode == VIRTIO_CRYPTO_AKCIPHER_VERIFY ? 0 : d->dst_len);
		break;
	case REQ_CHAIN:
	case REQ_HASH:
	case REQ_MAC:
	case REQ_NB_KINDS:
	default:
		op->dst = vcryptod_span_cut(at, d->dst_len);
		op->digest = vcryptod_span_cut(at, d->digest_len);
		break;
	}
}

/* The first bytes of a request, or zeros: the copy that all decisions are made on. */
struct data_header {
	alignas(16) uint8_t byte[REQ_DATA_HDR_SESSION];
};

/* Parts of a header: op_header, then up to three of 16 bytes. */
#define HDR_START	sizeof(struct virtio_crypto_op_header)
#define HDR_PART	((size_t)16)
#define HDR_HASH	(HDR_START + sizeof(struct virtio_crypto_hash_data_flf))
#define HDR_AEAD	(HDR_START + 2 * HDR_PART)	/* and some bytes of its iv */

/* Copies as many bytes as a header of some kind has, out of the first piece: how many.  Part by
 * part, as they are read again: loads out of the middle of recent stores are slow.  0: too few,
 * or the stateless layout is negotiated.
 */
static inline uint32_t
data_copy_header(struct data_header *hdr, const struct vcryptod_request *r,
		const struct vcryptod_model *m)
{
	const struct vqd_seg *first = r->readable;
	const uint8_t *from;

	if (!m->short_headers || r->nb_readable == 0 || first->len < HDR_HASH)
		return 0;
	from = first->ptr;
	vq_copy_once(hdr->byte, from, HDR_START);
	if (first->len >= sizeof(hdr->byte)) {
		vq_copy_once(hdr->byte + HDR_START, from + HDR_START, 3 * HDR_PART);
		return sizeof(hdr->byte);
	}
	memset(hdr->byte + HDR_START, 0, 3 * HDR_PART);
	if (first->len < HDR_AEAD) {
		vq_copy_once(hdr->byte + HDR_START, from + HDR_START, HDR_HASH - HDR_START);
		return HDR_HASH;
	}
	vq_copy_once(hdr->byte + HDR_START, from + HDR_START, 2 * HDR_PART);
	return HDR_AEAD;
}

/* What preparing a request may say, beside 0 and -errno: it is one of another kind. */
enum { DATA_AKCIPHER = 1, DATA_IPSEC };

/* Without IPSEC no opcode is one of it: req_data_parse() refuses them all. */
static bool
data_is_ipsec(const struct vcryptod_model *m, const uint8_t *hdr, size_t len)
{
	le32 opcode;

	if (m->admin == NULL || len < sizeof(opcode))
		return false;
	memcpy(&opcode, hdr, sizeof(opcode));
	return VIRTIO_CRYPTO_OPCODE_SERVICE(le32_to_cpu(opcode)) == VIRTIO_CRYPTO_SERVICE_IPSEC;
}

static int
data_parse_ipsec(struct vcryptod_request *r, const struct vcryptod_model *m, const uint8_t *hdr,
		size_t len)
{
	int rc = vcryptod_ipsec_parse(r, m, hdr, len);

	return rc != 0 ? rc : DATA_IPSEC;
}

/* Any header, of which the first len bytes were copied already: 0, DATA_IPSEC or -errno. */
static int
data_read_header(struct vcryptod_request *r, const struct vcryptod_model *m,
		const struct data_header *start, uint32_t len)
{
	struct vcryptod_span from = { r->readable, 0, 0 };
	uint8_t hdr[REQ_DATA_HDR_MAX];
	uint64_t total;

	/* Whatever was copied holds all of this one. */
	_Static_assert(HDR_HASH >= REQ_IPSEC_HDR_LEN, "a header of IPSEC is copied in part");
	if (len != 0 && data_is_ipsec(m, start->byte, len))
		return data_parse_ipsec(r, m, start->byte, len);
	if (len == sizeof(start->byte))
		return req_data_parse(&r->d, start->byte, len, m->layout);
	total = vcryptod_seg_total(r->readable, r->nb_readable);
	from.len = total < sizeof(hdr) ? (uint32_t)total : (uint32_t)sizeof(hdr);
	total = from.len;
	if (len != 0)
		memcpy(hdr, start->byte, len);
	vcryptod_span_cut(&from, len);
	vcryptod_span_read(hdr + len, &from);
	if (data_is_ipsec(m, hdr, total))
		return data_parse_ipsec(r, m, hdr, total);
	return req_data_parse(&r->d, hdr, total, m->layout);
}

/* Everything between header and engine; 0 or -errno. */
static int
data_prepare(struct vcryptod_request *r, struct vcryptod_model *m)
{
	struct vcryptod_op *op = &r->op;
	struct vcryptod_span at = { r->readable, 0, 0 };
	uint64_t readable, writable;
	int rc;

	r->exact = r->d.kind == REQ_AKCIPHER;
	readable = req_data_readable(&r->d);
	writable = req_data_writable(&r->d);
	rc = vcryptod_request_check(r, m, r->d.header_len, readable, writable);
	if (rc != 0)
		return rc;
	if (r->d.iv_len > VCRYPTOD_IV_MAX)
		return -EBADMSG;
	/* Fits: it is bounded by a header and max_size now. */
	at.len = (uint32_t)readable;
	r->result_len = (uint32_t)writable;
	vcryptod_span_cut(&at, r->d.header_len);
	rc = data_find_session(r, m, &at);
	if (rc != 0)
		return rc;
	if (!data_lengths_ok(r->session, &r->d))
		return -EBADMSG;
	r->row = r->session->row;
	op->session = r->session->engine;
	op->opcode = r->d.opcode;
	op->cipher_off = r->d.cipher_off;
	op->cipher_len = r->d.cipher_len;
	op->hash_off = r->d.hash_off;
	op->hash_len = r->d.hash_len;
	r->src_len = r->d.src_len;
	r->iv = vcryptod_span_cut(&at, r->d.iv_len);
	vcryptod_span_read_short(op->iv, &r->iv);
	op->iv_len = r->d.iv_len;
	op->aad = op->digest = (struct vcryptod_span){ r->readable, 0, 0 };
	data_cut_readable(op, &r->d, &at);
	vcryptod_span_fetch(&op->aad, AHEAD_MAX);
	at = (struct vcryptod_span){ r->writable, 0, (uint32_t)writable };
	data_cut_writable(op, &r->d, &at);
	vcryptod_span_fetch(&op->digest, AHEAD_MAX);
	return 0;
}

/* ---- requests that are alike ----
 *
 * A request whose header and pieces have the same bytes and lengths as those of one that was
 * prepared before it in the same turn would be prepared to the same end: parsed, found legal,
 * its session found, which stays until the turn is over, and its memory cut up at the same
 * places.  Only the addresses and the iv are its own.
 */

#define KNOWN_MAX	8	/* sessions in turn that are told apart; a power of two */

struct data_known {
	struct data_header hdr;
	const struct vcryptod_request *r;	/* NULL: none */
};

/* The place in known for a header's session. */
static inline size_t
data_known_place(const struct data_header *hdr)
{
	return hdr->byte[offsetof(struct virtio_crypto_op_header, session_id)] % KNOWN_MAX;
}

typedef uint64_t data_pair __attribute__((vector_size(16)));

/* What differs between two times 16 bytes: one of the words is not 0. */
static inline data_pair
data_differ(const uint8_t *a, const uint8_t *b)
{
	data_pair x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x ^ y;
}

/* In the parts in which it was copied. */
static inline bool
data_same_header(const struct data_header *a, const struct data_header *b)
{
	data_pair diff = data_differ(a->byte, b->byte);
	uint64_t x, y;
	size_t i;

	_Static_assert(HDR_PART == sizeof(diff) && HDR_START == sizeof(diff) + sizeof(x) &&
			sizeof(*a) >= HDR_START + 3 * HDR_PART, "parts of a header");
	memcpy(&x, a->byte + sizeof(diff), sizeof(x));
	memcpy(&y, b->byte + sizeof(diff), sizeof(y));
	for (i = HDR_START; i < HDR_START + 3 * HDR_PART; i += HDR_PART)
		diff |= data_differ(a->byte + i, b->byte + i);
	return (diff[0] | diff[1] | (x ^ y)) == 0;
}

static inline bool
data_same_pieces(const struct vqd_seg *a, const struct vqd_seg *b, unsigned int nb)
{
	const struct vqd_seg *end = a + nb;
	uint32_t diff = 0;

	for (; a != end; a++, b++)
		diff |= a->len ^ b->len;
	return diff == 0;
}

static inline bool
data_is_alike(const struct vcryptod_request *r, const struct data_header *hdr,
		const struct data_known *known)
{
	const struct vcryptod_request *as = known->r;

	return as != NULL && data_same_header(hdr, &known->hdr) &&
			r->nb_readable == as->nb_readable && r->nb_writable == as->nb_writable &&
			data_same_pieces(r->readable, as->readable, r->nb_readable) &&
			data_same_pieces(r->writable, as->writable, r->nb_writable);
}

/* A span of one request's segments at the same place in another's, whose segments lie by words
 * away.
 */
static inline void
data_move_span(struct vcryptod_span *to, const struct vcryptod_span *from, data_pair by)
{
	data_pair span;

	_Static_assert(sizeof(*to) == sizeof(span) && offsetof(struct vcryptod_span, seg) == 0,
			"a span is a pointer and a word");
	memcpy(&span, from, sizeof(span));
	span += by;
	memcpy(to, &span, sizeof(span));
}

static inline data_pair
data_distance(const struct vqd_seg *from, const struct vqd_seg *to)
{
	return (data_pair){ (uint64_t)(uintptr_t)to - (uint64_t)(uintptr_t)from };
}

/* Prepares r as as was prepared. */
static inline void
data_prepare_alike(struct vcryptod_request *r, const struct vcryptod_request *as)
{
	const data_pair readable = data_distance(as->readable, r->readable);
	const data_pair writable = data_distance(as->writable, r->writable);
	const struct vcryptod_op *like = &as->op;
	struct vcryptod_op *op = &r->op;
	struct vcryptod_span iv;

	r->result_len = as->result_len;
	r->src_len = as->src_len;
	r->row = as->row;
	op->session = like->session;
	op->opcode = like->opcode;
	op->iv_len = like->iv_len;
	op->cipher_off = like->cipher_off;
	op->cipher_len = like->cipher_len;
	op->hash_off = like->hash_off;
	op->hash_len = like->hash_len;
	data_move_span(&iv, &as->iv, readable);
	vcryptod_span_read_short(op->iv, &iv);
	data_move_span(&op->src, &like->src, readable);
	data_move_span(&op->aad, &like->aad, readable);
	data_move_span(&op->dst, &like->dst, writable);
	data_move_span(&op->digest, &like->digest, like->opcode == VIRTIO_CRYPTO_AEAD_DECRYPT ?
			readable : writable);
	vcryptod_span_fetch(&op->aad, AHEAD_MAX);
	vcryptod_span_fetch(&op->digest, AHEAD_MAX);
}

/* ---- turns ---- */

/* What requests of one row that follow each other add to the counters. */
struct tally {
	uint64_t requests, ok, bytes;
	unsigned int row;
};

static void
data_count_status(struct vcryptod_counters *c, uint8_t status, uint64_t n)
{
	if (status >= VCRYPTOD_NB_STATUS)
		status = VIRTIO_CRYPTO_ERR;
	vcryptod_figures_add(&c->status[status], n);
}

static void
data_count(struct vcryptod_counters *c, const struct tally *t)
{
	struct vcryptod_row *row = &c->row[t->row];

	vcryptod_figures_add(&c->requests, t->requests);
	vcryptod_figures_add(&c->bytes, t->bytes);
	data_count_status(c, VIRTIO_CRYPTO_OK, t->ok);
	vcryptod_figures_add(&row->requests, t->requests);
	vcryptod_figures_add(&row->bytes, t->bytes);
}

static __attribute__((noinline)) void
data_next_row(struct vcryptod_counters *c, struct tally *t, unsigned int row)
{
	if (t->requests != 0)
		data_count(c, t);
	*t = (struct tally){ .row = row };
}

static inline void
data_finish(struct vcryptod_request *r, struct vcryptod_model *m, struct vcryptod_counters *c,
		struct tally *t)
{
	if (r->own != NULL)
		vcryptod_session_close(m, r->own);
	*r->status = r->op.status;
	r->written = sizeof(struct virtio_crypto_inhdr);
	if (r->row != t->row)
		data_next_row(c, t, r->row);
	t->requests++;
	if (r->op.status != VIRTIO_CRYPTO_OK) {
		data_count_status(c, r->op.status, 1);
		/* The one that has a result (5.9.9.9). */
		if (r->op.status != VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY) {
			vcryptod_figures_add(&c->row[r->row].failed, 1);
			return;
		}
	} else {
		t->ok++;
	}
	t->bytes += r->src_len;
	/* The result of AKCIPHER or IPSEC is as long as the used length says (5.9.9.8). */
	if (r->exact)
		r->written += r->op.written;
	else
		r->written = r->result_len;
}

/* False if it has no room for a status. */
static inline bool
data_begin(struct vcryptod_request *r)
{
	r->own = NULL;
	r->exact = false;
	r->written = 0;
	r->op.written = 0;
	r->status = data_status_byte(r);
	r->malformed = r->status == NULL;
	return !r->malformed;
}

/* Prepares one request.  0; -errno; else it is not prepared. */
static int
data_prepare_one(struct vcryptod_request *r, struct vcryptod_model *m, struct data_known *known)
{
	struct data_header hdr;
	uint32_t len = data_copy_header(&hdr, r, m);
	int rc;

	if (len != 0) {
		known += data_known_place(&hdr);
		if (data_is_alike(r, &hdr, known)) {
			data_prepare_alike(r, known->r);
			return 0;
		}
	}
	rc = data_read_header(r, m, &hdr, len);
	if (rc == 0 && r->d.kind == REQ_AKCIPHER)
		return DATA_AKCIPHER;
	if (rc == 0)
		rc = data_prepare(r, m);
	/* Only if all of the header can be compared. */
	if (rc == 0 && r->d.header_len <= len)
		*known = (struct data_known){ hdr, r };
	return rc;
}

/* Those of a turn that are ready: for one call of the engine, and of IPSEC. */
struct data_ready {
	struct vcryptod_op *op[VCRYPTOD_BATCH];
	struct vcryptod_request *ipsec[VCRYPTOD_BATCH];
	unsigned int nb_ops, nb_ipsec;
};

/* rc: why it was not prepared. */
static void
data_refuse(struct vcryptod_request *r, int rc)
{
	r->row = VCRYPTOD_ROW_NONE;
	r->op.status = (uint8_t)vcryptod_status(rc);
}

/* Notes with which session a request of AKCIPHER was handed over: its row.  One that has gone
 * until the request's turn comes was not the request's fault.
 */
static void
data_note_session(struct vcryptod_request *r, const struct vcryptod_model *m)
{
	const struct vcryptod_session *s = r->d.stateless ? NULL :
			vcryptod_sessions_find(&m->sessions, r->d.session_id);

	r->row = s != NULL ? s->row : VCRYPTOD_ROW_NONE;
}

/* Prepares what comes before the first one of AKCIPHER.  How many requests that are. */
static unsigned int
data_prepare_turn(struct data_ready *ready, struct vcryptod_model *m,
		struct vcryptod_request **reqs, unsigned int n)
{
	struct data_known known[KNOWN_MAX];
	unsigned int i;
	int rc;

	for (i = 0; i < KNOWN_MAX; i++)
		known[i].r = NULL;
	ready->nb_ops = ready->nb_ipsec = 0;
	for (i = 0; i < n; i++) {
		if (!data_begin(reqs[i]))
			continue;
		rc = data_prepare_one(reqs[i], m, known);
		if (rc == 0)
			ready->op[ready->nb_ops++] = &reqs[i]->op;
		else if (rc < 0)
			data_refuse(reqs[i], rc);
		else if (rc == DATA_IPSEC)
			ready->ipsec[ready->nb_ipsec++] = reqs[i];
		else
			break;
	}
	if (i < n)
		data_note_session(reqs[i], m);
	return i;
}

/* One request that takes long; rc: of reading its header. */
static __attribute__((cold)) void
data_process_slow(struct vcryptod_request *r, struct vcryptod_model *m,
		struct vcryptod_lane *lane, int rc)
{
	struct vcryptod_reader *reader = &m->sessions.reader[lane->idx];
	struct vcryptod_op *op = &r->op;

	vcryptod_reader_enter(reader);
	if (rc == 0)
		rc = data_prepare(r, m);
	if (rc == 0) {
		vcryptod_reader_hold(reader, r->session);
		m->cfg.engine->process(lane, &op, 1);
		vcryptod_reader_release(reader, &m->sessions);
	} else {
		data_refuse(r, rc);
	}
	vcryptod_reader_leave(reader);
}

unsigned int
vcryptod_model_turn(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request **reqs, unsigned int n)
{
	struct vcryptod_reader *reader = &m->sessions.reader[lane->idx];
	struct vcryptod_counters *counters = lane->counters;
	struct tally tally = { .row = VCRYPTOD_ROW_NONE };
	struct data_ready ready;
	unsigned int i, done;

	lane->dirty = true;
	vcryptod_reader_enter(reader);
	done = data_prepare_turn(&ready, m, reqs, n);
	if (ready.nb_ops != 0)
		m->cfg.engine->process(lane, ready.op, ready.nb_ops);
	if (ready.nb_ipsec != 0)
		vcryptod_ipsec_turn(m, lane, ready.ipsec, ready.nb_ipsec);
	vcryptod_reader_leave(reader);
	for (i = 0; i < done; i++)
		if (!reqs[i]->malformed)
			data_finish(reqs[i], m, counters, &tally);
	data_count(counters, &tally);
	vcryptod_figures_add(&counters->turns, done != 0);
	return done;
}

/* A request that is a turn of its own. */
static void
data_finish_one(struct vcryptod_request *r, struct vcryptod_model *m, struct vcryptod_lane *lane)
{
	struct vcryptod_counters *counters = lane->counters;
	struct tally tally = { .row = r->row };

	data_finish(r, m, counters, &tally);
	data_count(counters, &tally);
	vcryptod_figures_add(&counters->turns, 1);
}

/* One of IPSEC in much memory: its data is short all the same. */
static __attribute__((cold)) void
data_process_ipsec(struct vcryptod_request *r, struct vcryptod_model *m,
		struct vcryptod_lane *lane)
{
	struct vcryptod_reader *reader = &m->sessions.reader[lane->idx];

	vcryptod_reader_enter(reader);
	vcryptod_ipsec_turn(m, lane, &r, 1);
	vcryptod_reader_leave(reader);
}

void
vcryptod_model_long(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request *r)
{
	int rc;

	lane->dirty = lane->spent = true;
	if (!data_begin(r))
		return;
	rc = data_read_header(r, m, NULL, 0);
	if (rc == DATA_IPSEC)
		data_process_ipsec(r, m, lane);
	else
		data_process_slow(r, m, lane, rc);
	data_finish_one(r, m, lane);
}

void
vcryptod_model_slow(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request *r, bool late)
{
	bool had_session = r->row != VCRYPTOD_ROW_NONE;

	lane->dirty = true;
	if (late)
		data_refuse(r, -ECANCELED);
	else
		data_process_slow(r, m, lane, 0);
	if (late || (had_session && r->row == VCRYPTOD_ROW_NONE &&
			r->op.status == VIRTIO_CRYPTO_INVSESS))
		r->row = VCRYPTOD_ROW_CANCELLED;
	data_finish_one(r, m, lane);
}

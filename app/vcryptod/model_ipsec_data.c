/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets of the IPSEC service, from memory to operations of the engine and back.  What a packet
 * is made of is in ipsec_*.h; here bytes are moved, and sessions are given work.
 *
 * A turn's packets go to the engine together, in two calls at most: an outbound one is
 * encrypted and then authenticated, an inbound one the other way round; an AEAD is one step.
 *
 * Everything of a request is read before anything of its result is written, so that a result
 * may lie on its source in any way.
 *   Outbound: the result is put together, encrypted and authenticated in the driver's memory if
 *   that is in one piece, else in scratch.  The SA and its keys are the driver's own: if it
 *   changes its memory meanwhile it loses that packet.
 *   Inbound: nothing is written but a packet that proved right.  It is decrypted in scratch,
 *   since it has a trailer that the driver has no room for; without an AEAD it is copied there
 *   first, so that what is decrypted is what was authenticated.
 *
 * Numbers are taken, and the window is marked, in the order of the requests.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "ipsec_proto.h"
#include "model_ipsec_data.h"

/* Scratch for one packet: what its ICV covers, headers without what may change in front, the
 * upper half of a number behind.
 */
#define PACKET_ROOM	(REQ_IPSEC_PACKET_MAX + VCRYPTOD_IPSEC_FRONT_MAX + 64u)

/* One packet on its way. */
struct ipsec_work {
	struct vcryptod_request *r;
	struct vcryptod_ipsec_sa *sa;
	struct vcryptod_span src, dst;	/* of the driver */
	uint64_t number;
	bool soft;			/* a soft limit is reached */
	bool in_dst;			/* outbound: packet is the driver's memory */
	/* Outbound: the result; inbound: the payload.  In one piece. */
	uint8_t *packet;
	union {
		struct vcryptod_ipsec_out out;
		struct vcryptod_ipsec_in in;
	};
	/* What op's spans are made of. */
	struct vqd_seg text[3], cipher[1], icv[1];
	struct vcryptod_op auth_op, cipher_op;
	uint8_t icv_came[VCRYPTOD_DIGEST_MAX], icv_made[VCRYPTOD_DIGEST_MAX];
	struct vcryptod_ipsec_auth auth;
	uint32_t head_len;		/* bytes */
	uint8_t head[VCRYPTOD_IPSEC_HEAD_MAX];
};
_Static_assert(sizeof(struct ipsec_work) <= VCRYPTOD_IPSEC_WORK, "scratch is too small");

/* What one call of the engine does. */
struct ipsec_pass {
	struct vcryptod_op *op[VCRYPTOD_BATCH];
	unsigned int nb;
};

struct ipsec_batch {
	struct vcryptod_model *m;
	struct vcryptod_lane *lane;
	struct ipsec_work *work;
	unsigned int nb;
	unsigned int nb_turn;		/* requests of the turn */
	/* For IVs that must not be foreseen; made when the turn's first one is asked for. */
	unsigned int nb_random;
	uint8_t random[VCRYPTOD_BATCH][VCRYPTOD_IPSEC_IV_MAX];
};

int
vcryptod_ipsec_parse(struct vcryptod_request *r, const struct vcryptod_model *m,
		const uint8_t *hdr, size_t len)
{
	r->exact = true;
	return req_ipsec_data_parse(&r->ipsec, hdr, len, m->layout[VIRTIO_CRYPTO_SERVICE_IPSEC]);
}

/* ---- operations ---- */

static struct vcryptod_span
ipsec_span(struct vqd_seg *seg, uint8_t *p, uint32_t len)
{
	*seg = (struct vqd_seg){ .ptr = p, .len = len };
	return (struct vcryptod_span){ seg, 0, len };
}

/* iv: of the packet; the algorithm that has it is the one of op. */
static void
ipsec_op(struct vcryptod_op *op, void *session, const struct vcryptod_ipsec_form *f,
		const uint8_t *iv)
{
	memset(op, 0, sizeof(*op));
	op->session = session;
	op->status = VIRTIO_CRYPTO_ERR;
	if (iv != NULL)
		op->iv_len = vcryptod_ipsec_nonce(op->iv, f, iv);
}

/* p: bytes that are encrypted or decrypted where they are. */
static void
ipsec_cipher_op(struct ipsec_work *w, const uint8_t *iv, uint8_t *p, uint32_t len)
{
	struct vcryptod_op *op = &w->cipher_op;

	ipsec_op(op, w->sa->cipher, &w->sa->form, iv);
	op->src = op->dst = ipsec_span(w->cipher, p, len);
}

/* What encrypts and authenticates at once; first of w->auth is the additional data. */
static void
ipsec_aead_op(struct ipsec_work *w, const uint8_t *iv, const struct vcryptod_span *src,
		uint8_t *to, uint8_t *icv)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	struct vcryptod_op *op = &w->auth_op;

	ipsec_op(op, w->sa->auth, f, iv);
	op->aad = ipsec_span(w->text, w->auth.first, w->auth.first_len);
	op->dst = ipsec_span(w->cipher, to, w->auth.len);
	op->src = src != NULL ? *src : op->dst;
	op->digest = ipsec_span(w->icv, icv, f->auth->icv_len);
}

/* A MAC; or GMAC, whose text is additional data. */
static void
ipsec_mac_op(struct ipsec_work *w, const uint8_t *iv, const struct vcryptod_span *text,
		uint8_t *icv)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	struct vcryptod_op *op = &w->auth_op;

	if (f->auth->iv_len != 0) {
		ipsec_op(op, w->sa->auth, f, iv);
		op->aad = *text;
	} else {
		ipsec_op(op, w->sa->auth, f, NULL);
		op->src = *text;
	}
	op->digest = ipsec_span(w->icv, icv, f->auth->icv_len);
}

static bool
ipsec_is_aead(const struct vcryptod_ipsec_form *f)
{
	return f->auth->service == VIRTIO_CRYPTO_SERVICE_AEAD;
}

/* ---- outbound ---- */

/* Where the result is put together: in the driver's memory only if that and the source are in
 * one piece each, so that one move is enough.
 */
static int
ipsec_out_place(struct ipsec_batch *b, struct ipsec_work *w)
{
	struct vcryptod_span to = vcryptod_span_sub(&w->dst, 0, w->out.len);

	w->packet = vcryptod_span_linear(&w->src) != NULL ? vcryptod_span_linear(&to) : NULL;
	w->in_dst = w->packet != NULL;
	if (!w->in_dst)
		w->packet = vcryptod_scratch_get(&b->lane->scratch, w->out.len);
	return w->packet != NULL ? 0 : -ENOMEM;
}

/* The packet's IV; random ones are made for all that may come in this turn. */
static int
ipsec_out_random(struct ipsec_batch *b, const uint8_t **random,
		const struct vcryptod_ipsec_form *f)
{
	*random = NULL;
	if (!vcryptod_ipsec_iv_is_random(f))
		return 0;
	if (b->nb_random == 0) {
		if (RAND_bytes(b->random[0], (int)(b->nb_turn * sizeof(b->random[0]))) != 1)
			return -EIO;
		b->nb_random = b->nb_turn;
	}
	*random = b->random[--b->nb_random];
	return 0;
}

/* The payload moves before the rest is written: it may lie there. */
static void
ipsec_out_fill(struct ipsec_work *w, const uint8_t *iv)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	const struct vcryptod_ipsec_out *o = &w->out;
	uint8_t front[VCRYPTOD_IPSEC_FRONT_MAX], trailer[VCRYPTOD_IPSEC_TRAILER_MAX];
	struct vcryptod_span from = vcryptod_span_sub(&w->src, o->kept + o->copied,
			o->payload - o->copied), to;
	struct vqd_seg seg;

	to = ipsec_span(&seg, w->packet + o->front + o->copied, from.len);
	vcryptod_span_copy(&to, &from);
	memcpy(w->packet + o->front, w->head + o->kept, o->copied);
	vcryptod_ipsec_out_write(front, trailer, o, f, w->head, w->number, iv);
	memcpy(w->packet, front, o->front);
	memcpy(w->packet + o->front + o->payload, trailer, o->trailer);
	/* Cannot fail: asked before the number was taken. */
	vcryptod_ipsec_out_auth(&w->auth, o, f, front, w->number);
}

/* Of a MAC.  Mostly that of ESP: all from the SPI to the ICV, in whose place the upper half of an
 * extended number stands first.
 */
static struct vcryptod_span
ipsec_out_text(struct ipsec_work *w)
{
	const struct vcryptod_ipsec_out *o = &w->out;
	struct vcryptod_ipsec_auth *a = &w->auth;

	if (!w->sa->form.ah && a->first_len == VCRYPTOD_IPSEC_ESP_LEN) {
		memcpy(w->packet + o->icv_at, a->last, a->last_len);
		return ipsec_span(w->text, w->packet + o->proto_at,
				o->icv_at - o->proto_at + a->last_len);
	}
	ipsec_span(&w->text[0], a->first, a->first_len);
	ipsec_span(&w->text[1], w->packet + a->at, a->len);
	ipsec_span(&w->text[2], a->last, a->last_len);
	return (struct vcryptod_span){ w->text, 0, a->first_len + a->len + a->last_len };
}

static void
ipsec_out_ops(struct ipsec_work *w, const uint8_t *iv)
{
	const struct vcryptod_ipsec_out *o = &w->out;
	uint8_t *icv = w->packet + o->icv_at;
	struct vcryptod_span text;

	if (ipsec_is_aead(&w->sa->form)) {
		ipsec_aead_op(w, iv, NULL, w->packet + w->auth.at, icv);
		return;
	}
	text = ipsec_out_text(w);
	ipsec_mac_op(w, iv, &text, icv);
	if (w->sa->cipher != NULL)
		ipsec_cipher_op(w, iv, w->packet + o->front, o->payload + o->trailer);
}

/* AH refuses headers that it cannot cover, before a number is taken. */
static int
ipsec_out_check(struct ipsec_work *w)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	uint8_t muted[VCRYPTOD_IPSEC_HEAD_MAX];

	if (!f->ah || f->tunnel)
		return 0;
	memcpy(muted, w->head, w->out.kept);
	return vcryptod_ipsec_ip_mute(muted, &w->out.ip, w->out.kept);
}

static int
ipsec_out_prepare(struct ipsec_batch *b, struct ipsec_work *w)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	uint8_t iv[VCRYPTOD_IPSEC_IV_MAX];
	const uint8_t *random;
	int rc = vcryptod_ipsec_out_plan(&w->out, f, w->head, w->head_len, w->src.len, w->dst.len);

	if (rc == 0)
		rc = ipsec_out_check(w);
	if (rc == 0)
		rc = ipsec_out_place(b, w);
	if (rc == 0)
		rc = ipsec_out_random(b, &random, f);
	/* Last, so that what is refused uses up no number. */
	if (rc == 0)
		rc = vcryptod_ipsec_sa_take(w->sa, &w->number, &w->soft, w->src.len);
	if (rc != 0)
		return rc;
	vcryptod_ipsec_iv(iv, f, w->number, random);
	ipsec_out_fill(w, iv);
	ipsec_out_ops(w, iv);
	return 0;
}

/* Bytes of the result, or -errno. */
static int
ipsec_out_finish(struct ipsec_work *w)
{
	struct vcryptod_span to = vcryptod_span_sub(&w->dst, 0, w->out.len);

	if (w->auth_op.status != VIRTIO_CRYPTO_OK || (w->sa->cipher != NULL &&
			w->cipher_op.status != VIRTIO_CRYPTO_OK)) {
		vcryptod_span_zero(&to);
		return -EIO;
	}
	if (!w->in_dst)
		vcryptod_span_write(&to, w->packet);
	return (int)w->out.len;
}

/* ---- inbound ---- */

/* AH's is part of the head, which was copied; ESP's comes last. */
static void
ipsec_in_icv(struct ipsec_work *w)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	struct vcryptod_span from;

	if (f->ah) {
		memcpy(w->icv_came, w->head + w->in.icv_at, f->auth->icv_len);
		return;
	}
	from = vcryptod_span_sub(&w->src, w->in.icv_at, f->auth->icv_len);
	vcryptod_span_read_short(w->icv_came, &from);
}

static int
ipsec_in_aead(struct ipsec_batch *b, struct ipsec_work *w)
{
	struct vcryptod_span src = vcryptod_span_sub(&w->src, w->in.payload_at, w->in.payload);

	w->packet = vcryptod_scratch_get(&b->lane->scratch, w->in.payload);
	if (w->packet == NULL)
		return -ENOMEM;
	ipsec_aead_op(w, w->head + w->in.iv_at, &src, w->packet, w->icv_came);
	return 0;
}

/* All that the ICV covers in one piece, in which the payload is decrypted then. */
static int
ipsec_in_mac(struct ipsec_batch *b, struct ipsec_work *w)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	const struct vcryptod_ipsec_auth *a = &w->auth;
	const uint32_t len = a->first_len + a->len + a->last_len;
	struct vcryptod_span from = vcryptod_span_sub(&w->src, a->at, a->len), text;
	uint8_t *p = vcryptod_scratch_get(&b->lane->scratch, len), *iv;

	if (p == NULL)
		return -ENOMEM;
	memcpy(p, a->first, a->first_len);
	vcryptod_span_read(p + a->first_len, &from);
	memcpy(p + a->first_len + a->len, a->last, a->last_len);
	w->packet = p + a->first_len + (w->in.payload_at - a->at);
	/* The IV that was authenticated, where there is one. */
	iv = f->ah ? w->head + w->in.iv_at : p + a->first_len;
	text = ipsec_span(w->text, p, len);
	/* GMAC verifies, as an AEAD does. */
	ipsec_mac_op(w, iv, &text, f->auth->iv_len != 0 ? w->icv_came : w->icv_made);
	if (w->sa->cipher != NULL)
		ipsec_cipher_op(w, iv, w->packet, w->in.payload);
	return 0;
}

static int
ipsec_in_prepare(struct ipsec_batch *b, struct ipsec_work *w)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	int rc = vcryptod_ipsec_in_plan(&w->in, f, w->head, w->head_len, w->src.len);

	if (rc == 0)
		rc = vcryptod_ipsec_sa_check(w->sa, &w->number, w->in.low, w->src.len);
	if (rc == 0)
		rc = vcryptod_ipsec_in_auth(&w->auth, &w->in, f, w->head, w->number);
	if (rc != 0)
		return rc;
	ipsec_in_icv(w);
	return ipsec_is_aead(f) ? ipsec_in_aead(b, w) : ipsec_in_mac(b, w);
}

/* enum virtio_crypto_status of the ICV. */
static uint8_t
ipsec_in_verified(const struct ipsec_work *w)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;

	if (w->auth_op.status != VIRTIO_CRYPTO_OK || ipsec_is_aead(f) || f->auth->iv_len != 0)
		return w->auth_op.status;
	return CRYPTO_memcmp(w->icv_came, w->icv_made, f->auth->icv_len) == 0 ?
			VIRTIO_CRYPTO_OK : VIRTIO_CRYPTO_BADMSG;
}

/* What goes out, all of it in memory of our own. */
static int
ipsec_in_result(struct ipsec_work *w, struct vcryptod_ipsec_result *r)
{
	const struct vcryptod_ipsec_form *f = &w->sa->form;
	uint32_t payload = w->in.payload, tail;
	uint8_t next = w->in.next;
	int rc;

	if (!f->ah) {
		tail = payload < VCRYPTOD_IPSEC_TAIL_MAX ? payload : VCRYPTOD_IPSEC_TAIL_MAX;
		rc = vcryptod_ipsec_esp_in_trailer(&next, &payload, &w->in,
				w->packet + payload - tail, tail);
		if (rc != 0)
			return rc;
	}
	rc = vcryptod_ipsec_in_result(r, &w->in, f, w->head, w->packet,
			payload < VCRYPTOD_IPSEC_HEAD_MAX ? payload : VCRYPTOD_IPSEC_HEAD_MAX,
			next, payload);
	return rc == 0 && r->len > w->dst.len ? -EMSGSIZE : rc;
}

/* Bytes of the result, or -errno; the ICV proved right. */
static int
ipsec_in_finish(struct ipsec_work *w)
{
	struct vcryptod_ipsec_result r;
	struct vcryptod_span to;
	int rc;

	if (w->sa->cipher != NULL && w->cipher_op.status != VIRTIO_CRYPTO_OK)
		return -EIO;
	rc = ipsec_in_result(w, &r);
	if (rc == 0)
		rc = vcryptod_ipsec_sa_seen(w->sa, &w->soft, w->number, w->src.len);
	if (rc != 0)
		return rc;
	to = vcryptod_span_sub(&w->dst, 0, r.front_len);
	vcryptod_span_write_short(&to, r.front);
	to = vcryptod_span_sub(&w->dst, r.front_len, r.len - r.front_len);
	vcryptod_span_write(&to, w->packet + r.from);
	return (int)r.len;
}

/* ---- turns ---- */

static int
ipsec_prepare(struct ipsec_batch *b, struct ipsec_work *w, struct vcryptod_request *r)
{
	const struct req_ipsec_data *d = &r->ipsec;
	struct vcryptod_span head;
	int rc = vcryptod_request_check(r, b->m, REQ_IPSEC_HDR_LEN, req_ipsec_data_readable(d),
			req_ipsec_data_writable(d));

	if (rc != 0)
		return rc;
	w->sa = vcryptod_ipsec_sas_find(&b->m->admin->sas, d->inbound, d->obj_id);
	if (w->sa == NULL)
		return -ENOENT;
	w->r = r;
	r->src_len = d->src_len;
	r->row = w->sa->row;
	w->src = (struct vcryptod_span){ r->readable, 0, REQ_IPSEC_HDR_LEN + d->src_len };
	vcryptod_span_cut(&w->src, REQ_IPSEC_HDR_LEN);
	w->dst = (struct vcryptod_span){ r->writable, 0, d->dst_len };
	w->head_len = d->src_len < sizeof(w->head) ? d->src_len : (uint32_t)sizeof(w->head);
	head = vcryptod_span_sub(&w->src, 0, w->head_len);
	vcryptod_span_read(w->head, &head);
	return d->inbound ? ipsec_in_prepare(b, w) : ipsec_out_prepare(b, w);
}

/* What is in use of the lane's scratch stays. */
static void
ipsec_process(struct ipsec_batch *b, struct ipsec_pass *p)
{
	struct vcryptod_scratch whole = b->lane->scratch, *s = &b->lane->scratch;
	const size_t kept = (whole.used + VCRYPTOD_LINE - 1) & ~((size_t)VCRYPTOD_LINE - 1);

	if (p->nb == 0)
		return;
	*s = (struct vcryptod_scratch){ .base = whole.base + kept,
		.size = whole.size > kept ? whole.size - kept : 0 };
	b->m->cfg.engine->process(b->lane, p->op, p->nb);
	if (whole.high < kept + s->high)
		whole.high = kept + s->high;
	*s = whole;
}

static bool
ipsec_is_two_steps(const struct ipsec_work *w)
{
	return w->sa->cipher != NULL;
}

static void
ipsec_first_pass(struct ipsec_batch *b)
{
	struct ipsec_pass p = { .nb = 0 };
	struct ipsec_work *w;
	unsigned int i;

	for (i = 0; i < b->nb; i++) {
		w = &b->work[i];
		p.op[p.nb++] = ipsec_is_two_steps(w) && !w->sa->form.inbound ? &w->cipher_op :
				&w->auth_op;
	}
	ipsec_process(b, &p);
}

/* What did not prove right is not decrypted. */
static void
ipsec_second_pass(struct ipsec_batch *b)
{
	struct ipsec_pass p = { .nb = 0 };
	struct ipsec_work *w;
	unsigned int i;

	for (i = 0; i < b->nb; i++) {
		w = &b->work[i];
		if (w->sa->form.inbound)
			w->r->op.status = ipsec_in_verified(w);
		if (!ipsec_is_two_steps(w))
			continue;
		if (!w->sa->form.inbound)
			p.op[p.nb++] = &w->auth_op;
		else if (w->r->op.status == VIRTIO_CRYPTO_OK)
			p.op[p.nb++] = &w->cipher_op;
	}
	ipsec_process(b, &p);
}

static void
ipsec_finish(struct ipsec_work *w)
{
	struct vcryptod_request *r = w->r;
	int rc;

	if (w->sa->form.inbound && r->op.status != VIRTIO_CRYPTO_OK)
		return;
	rc = w->sa->form.inbound ? ipsec_in_finish(w) : ipsec_out_finish(w);
	if (rc < 0) {
		r->op.status = (uint8_t)vcryptod_status(rc);
		return;
	}
	r->op.status = w->soft ? VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY : VIRTIO_CRYPTO_OK;
	r->op.written = (uint32_t)rc;
}

/* As many requests as scratch has room for: how many. */
static unsigned int
ipsec_fill_batch(struct ipsec_batch *b, struct vcryptod_request **reqs, unsigned int n)
{
	struct vcryptod_scratch *s = &b->lane->scratch;
	unsigned int i;
	int rc;

	vcryptod_scratch_reset(s);
	b->nb = 0;
	b->work = (void *)vcryptod_scratch_get(s, n * sizeof(b->work[0]));
	for (i = 0; i < n; i++) {
		if (i != 0 && s->used > VCRYPTOD_IPSEC_SCRATCH - PACKET_ROOM)
			break;
		reqs[i]->row = VCRYPTOD_ROW_NONE;
		rc = b->work != NULL ? ipsec_prepare(b, &b->work[b->nb], reqs[i]) : -ENOMEM;
		if (rc == 0)
			b->nb++;
		else
			reqs[i]->op.status = (uint8_t)vcryptod_status(rc);
	}
	return i;
}

void
vcryptod_ipsec_turn(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request **reqs, unsigned int n)
{
	struct ipsec_batch b;
	unsigned int done, i;

	/* Not all of it: random is large, and few turns use it. */
	b.m = m;
	b.lane = lane;
	b.nb_turn = n;
	b.nb_random = 0;
	for (; n > 0; n -= done, reqs += done) {
		done = ipsec_fill_batch(&b, reqs, n);
		ipsec_first_pass(&b);
		ipsec_second_pass(&b);
		for (i = 0; i < b.nb; i++)
			ipsec_finish(&b.work[i]);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the way of an op of a security association (SA): checks the packet, knows the length of
 * its result before, finds room for that, adds the request, and takes the result.
 *
 * A device may write the first bytes of a result before it has read all of the source (the
 * text does not forbid it), and in place both are the same bytes, shifted.  So the result of
 * an op in place goes to the slot's piece of bounce memory, and from there to the buffer once
 * the op has succeeded: an op that failed leaves every byte of the packet as it was.  With
 * ipsec_in_place=1 the device writes to the buffer itself.
 *
 * Buffers are the application's: none is freed, and a chain keeps its segments.
 */
#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "data/vcrypto_build.h"
#include "data/vcrypto_ipsec_op.h"
#include "data/vcrypto_sym_request.h"
#include "session/vcrypto_ipsec_sa.h"

#define IPSEC_IPV4_FRAGMENT	0x3fffu	/* more fragments, or an offset */
#define IPSEC_IPV6_FRAGMENT	0xfff9u
#define IPSEC_IPV6_LEN		40u	/* bytes, without extension headers */
/* Extension headers are looked at within so many bytes of a packet. */
#define IPSEC_HEAD_MAX		256u

#define IPSEC_HOP_BY_HOP	0
#define IPSEC_ROUTING		43
#define IPSEC_FRAGMENT		44
#define IPSEC_DESTINATION	60

/* What an op asks for.  Lengths are bytes. */
struct ipsec_job {
	struct vcrypto_ipsec_sa *sa;
	struct rte_mbuf *src, *dst;
	uint32_t src_len, dst_len;
	uint32_t addr_off;	/* from an mbuf to its buffer address */
	uint16_t front;		/* the result begins so far before dst's data */
	bool bounced;
};

/* ---- packets ---- */

static uint32_t
ipsec_get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* IPv6: *kept is what stands before ESP or AH: outbound the headers for nodes on the way, and a
 * fragment header (RFC 4303, 3.1.1); inbound all extension headers.  False for a fragment,
 * and for a header that does not end within len bytes.
 */
static bool
ipsec_kept_v6(uint32_t *kept, const uint8_t *p, uint32_t len, bool inbound)
{
	uint32_t at = IPSEC_IPV6_LEN, n;
	uint8_t proto, this;

	if (len < IPSEC_IPV6_LEN)
		return false;
	*kept = at;
	/* Ends: each header has 8 bytes at least. */
	for (proto = p[6]; proto == IPSEC_HOP_BY_HOP || proto == IPSEC_ROUTING ||
			proto == IPSEC_FRAGMENT || proto == IPSEC_DESTINATION; at += n) {
		if (len - at < 8 || (proto == IPSEC_HOP_BY_HOP && at != IPSEC_IPV6_LEN))
			return false;
		n = proto == IPSEC_FRAGMENT ? 8 : (p[at + 1] + 1u) * 8;
		if (n > len - at || (proto == IPSEC_FRAGMENT &&
				(ipsec_get16(p + at + 2) & IPSEC_IPV6_FRAGMENT) != 0))
			return false;
		this = proto;
		proto = p[at];
		if (inbound || this != IPSEC_DESTINATION)
			*kept = at + n;
	}
	return true;
}

/* The same for both; len is the packet's length at most. */
static bool
ipsec_kept(uint32_t *kept, const uint8_t *p, uint32_t len, bool inbound)
{
	if (p[0] >> 4 == 6)
		return ipsec_kept_v6(kept, p, RTE_MIN(len, IPSEC_HEAD_MAX), inbound);
	*kept = (p[0] & 0xfu) * 4;
	return (ipsec_get16(p + 6) & IPSEC_IPV4_FRAGMENT) == 0;
}

/* Fills in the lengths.  p has the first head_len bytes of a buffer of all bytes.  False for
 * bytes that are no packet, and for a packet that this SA cannot take or that would become
 * longer than an IP header can say.  Bytes behind the packet are not sent.
 */
static bool
ipsec_measure(struct ipsec_job *j, const uint8_t *p, uint32_t head_len, uint32_t all)
{
	const struct req_ipsec_shape *s = &j->sa->shape;
	int n = req_ipsec_packet_len(p, head_len);
	bool inbound = j->sa->inbound, v6;
	uint32_t kept = 0;

	if (unlikely(n < 0 || (uint32_t)n > all))
		return false;
	v6 = p[0] >> 4 == 6;
	j->src_len = (uint32_t)n;
	if ((inbound || !s->tunnel) &&
			unlikely(!ipsec_kept(&kept, p, RTE_MIN(head_len, j->src_len), inbound)))
		return false;
	if (inbound) {
		j->dst_len = req_ipsec_inbound_max(s, j->src_len, kept, v6);
		return j->dst_len >= REQ_IPSEC_PACKET_MIN;
	}
	j->dst_len = req_ipsec_outbound_len(s, j->src_len, kept, v6);
	if (s->tunnel)
		v6 = s->outer == IPSEC_IPV6_LEN;
	return j->dst_len <= UINT16_MAX + (v6 ? IPSEC_IPV6_LEN : 0);
}

/* ---- buffers ---- */

static uint64_t
ipsec_addr(const struct ipsec_job *j, const struct rte_mbuf *m)
{
	return *(const uint64_t *)(const void *)((const char *)m + j->addr_off) + m->data_off;
}

/* Bytes of a destination's segment: its data with what is used before it, and the last one's
 * tailroom.
 */
static inline uint32_t
ipsec_seg_room(const struct rte_mbuf *m, uint32_t front)
{
	return front + (m->next == NULL ? (uint32_t)m->buf_len - m->data_off : m->data_len);
}

/* Where the result begins, and whether it is bounced.  False if it is too long to be. */
static bool
ipsec_place(struct ipsec_job *j, const struct vcrypto_qp *qp)
{
	bool in_place = j->dst == j->src;

	j->front = in_place ? RTE_MIN(j->sa->plan.grows, j->dst->data_off) : 0;
	j->bounced = in_place && qp->ipsec != NULL;
	return !j->bounced || j->dst_len <= VCRYPTO_IPSEC_BOUNCE;
}

static __rte_always_inline uint64_t
ipsec_bounce_at(size_t slot)
{
	return (uint64_t)slot * VCRYPTO_IPSEC_BOUNCE;
}

/* The address of a slot's bounce memory.  A device that says OK and writes nothing must not find
 * an older packet taken for its result: without a version in its first byte there is none.
 */
static __rte_always_inline uint64_t
ipsec_bounce(struct vcrypto_qp *qp, size_t slot)
{
	qp->ipsec[ipsec_bounce_at(slot)] = 0;
	return qp->ipsec_addr + ipsec_bounce_at(slot);
}

/* What completion needs. */
static void
ipsec_set_post(const struct ipsec_job *j, struct vcrypto_qp *qp, size_t slot)
{
	qp->post[slot] = (struct vcrypto_post){
		.result = { .len = j->dst_len, .front = j->front, .bounced = j->bounced,
			.exact = !j->sa->inbound },
		.ipsec = true,
	};
}

/* ---- linear buffers ---- */

/* What the ops of a run have in common. */
struct ipsec_line {
	struct vcrypto_ipsec_sa *sa;
	const void *session;
	const struct vcrypto_ipsec_plan *plan;
	uint32_t addr_off;	/* from an mbuf to its buffer address */
	uint32_t max_in_place;	/* bytes of a result; plan.max_result out of place */
	bool bounced;		/* in place */
	bool exact, easy;	/* vcrypto_post */
};

/* Writes what is the same for each op of an SA over linear buffers. */
static __rte_noinline void
ipsec_stamp(struct vcrypto_qp *qp, uint16_t slot, const struct vcrypto_ipsec_sa *sa)
{
	struct vq_entry *e = vq_table(&qp->vq, slot);

	memcpy((uint8_t *)e - REQ_IPSEC_HDR_LEN, sa->hdr, REQ_IPSEC_HDR_LEN);
	vcrypto_build_entry(&e[0], vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_TABLE -
			REQ_IPSEC_HDR_LEN, REQ_IPSEC_HDR_LEN);
	vcrypto_build_entry(&e[3], qp->status_addr + slot, 1);
	vq_shape(&qp->vq, qp->dev->kind, slot, 2, 2);
	*vq_tag(&qp->vq, slot) = sa->plan.tag;
}

/* Lengths of a packet in the first len bytes of p. */
struct ipsec_lens {
	uint32_t src, dst;	/* bytes; dst 0: the packet is refused */
};

/* Of any packet. */
static __rte_noinline struct ipsec_lens
ipsec_any_lens(struct vcrypto_ipsec_sa *sa, const uint8_t *p, uint32_t len)
{
	struct ipsec_job j = { .sa = sa };

	if (!ipsec_measure(&j, p, len, len))
		return (struct ipsec_lens){ 0, 0 };
	return (struct ipsec_lens){ j.src_len, j.dst_len };
}

/* As ipsec_measure(), which judges all but IPv4 without options.  whole: plan.whole. */
static __rte_always_inline struct ipsec_lens
ipsec_lens_of(const struct ipsec_line *l, const uint8_t *p, uint32_t len, bool whole)
{
	uint32_t word, n, result;

	if (unlikely(len < REQ_IPSEC_PACKET_MIN))
		return (struct ipsec_lens){ 0, 0 };
	word = rte_be_to_cpu_32(*(const unaligned_uint32_t *)(const void *)p);
	if (unlikely(word >> 24 != 0x45))
		return ipsec_any_lens(l->sa, p, len);
	n = word & UINT16_MAX;
	result = ((n + l->plan->add) & l->plan->mask) + l->plan->plus;
	if (unlikely(n < l->plan->min_len || n > len || result > l->plan->max_result ||
			(whole && (ipsec_get16(p + 6) & IPSEC_IPV4_FRAGMENT) != 0)))
		return (struct ipsec_lens){ 0, 0 };
	return (struct ipsec_lens){ n, result };
}

static __rte_always_inline uint64_t
ipsec_line_addr(const struct ipsec_line *l, const struct rte_mbuf *m)
{
	return *(const uint64_t *)(const void *)((const char *)m + l->addr_off) + m->data_off;
}

static __rte_always_inline enum vcrypto_verdict
ipsec_add_linear(const struct ipsec_line *l, struct vcrypto_qp *qp, struct vq_feed *feed,
		struct rte_crypto_op *op, enum vq_kind kind, bool whole)
{
	const struct rte_mbuf *src = op->sym->m_src, *dst = op->sym->m_dst;
	struct vcrypto_post post = { .result = { .exact = l->exact }, .ipsec = true,
		.easy = l->easy };
	struct ipsec_lens n;
	struct vq_entry *e;
	uint64_t to;
	size_t slot;

	if (unlikely(src == NULL))
		return VCRYPTO_BAD_ARGS;
	/* A destination that is the source, by name, is in place: ipsec_place() knows. */
	if (unlikely(src->nb_segs != 1 || (dst != NULL && (dst->nb_segs != 1 || dst == src))))
		return VCRYPTO_SLOW;
	n = ipsec_lens_of(l, rte_pktmbuf_mtod(src, const uint8_t *), src->data_len, whole);
	if (unlikely(n.dst == 0))
		return VCRYPTO_BAD_ARGS;
	slot = vq_feed_slot(feed, kind);
	if (dst != NULL) {
		if (unlikely(n.dst > (uint32_t)dst->buf_len - dst->data_off))
			return VCRYPTO_BAD_ARGS;
		to = ipsec_line_addr(l, dst);
	} else {
		post.result.front = RTE_MIN(l->plan->grows, src->data_off);
		if (unlikely(n.dst > l->max_in_place || n.dst > (uint32_t)post.result.front +
				src->buf_len - src->data_off))
			return VCRYPTO_BAD_ARGS;
		post.result.bounced = l->bounced;
		to = l->bounced ? ipsec_bounce(qp, slot) :
			ipsec_line_addr(l, src) - post.result.front;
	}
	post.result.len = n.dst;
	e = vq_feed_table(feed, slot);
	if (unlikely(*vq_feed_tag(feed, slot) != l->plan->tag))
		ipsec_stamp(qp, (uint16_t)slot, l->sa);
	req_set_ipsec((uint8_t *)e - REQ_IPSEC_HDR_LEN, n.src, n.dst);
	vcrypto_build_entry(&e[1], ipsec_line_addr(l, src), n.src);
	vcrypto_build_entry(&e[2], to, n.dst);
	qp->post[slot] = post;
	vq_feed_add(feed, kind, slot, (void *)((uintptr_t)op | VCRYPTO_TOKEN_POST));
	return VCRYPTO_BUILT;
}

/* ---- segments ---- */

/* Entries for the first len bytes of a source; of a destination, which begins front bytes
 * before its data.  e NULL: they are counted alone.  UINT32_MAX if the buffer is too short.
 */
static uint32_t
ipsec_put_segments(struct vq_entry *e, const struct ipsec_job *j, const struct rte_mbuf *m,
		uint32_t len, uint32_t front, bool is_dst)
{
	uint32_t n = 0;

	for (; len != 0 && m != NULL; m = m->next, front = 0) {
		uint32_t part = RTE_MIN(len, is_dst ? ipsec_seg_room(m, front) : m->data_len);

		if (part == 0)
			continue;	/* devices refuse descriptors of length 0 */
		if (e != NULL)
			vcrypto_build_entry(&e[n], ipsec_addr(j, m) - front, part);
		n++;
		len -= part;
	}
	return len == 0 ? n : UINT32_MAX;
}

/* The destination's entries: of its segments, or of the bounce memory. */
static uint32_t
ipsec_put_dst(struct vq_entry *e, const struct ipsec_job *j, struct vcrypto_qp *qp, uint16_t slot)
{
	if (!j->bounced)
		return ipsec_put_segments(e, j, j->dst, j->dst_len, j->front, true);
	if (e != NULL)
		vcrypto_build_entry(e, ipsec_bounce(qp, slot), j->dst_len);
	/* There must be room for the result when it comes. */
	return ipsec_put_segments(NULL, j, j->dst, j->dst_len, j->front, true) != UINT32_MAX ?
		1 : UINT32_MAX;
}

static void
ipsec_push(const struct ipsec_job *j, struct vcrypto_qp *qp, enum vq_kind kind, uint16_t slot,
		struct vcrypto_placed *p)
{
	struct vq_entry *table = vq_table(&qp->vq, slot), *e = table;
	uint8_t *hdr = (uint8_t *)table - REQ_IPSEC_HDR_LEN;

	if (p->nb_read + p->nb_write > RTE_MIN(VCRYPTO_SLOT_ENTRIES, qp->size)) {
		p->table = table = e = qp->ext + (size_t)slot * qp->ext_stride;
		p->table_addr = qp->ext_addr + (uint64_t)((uint8_t *)e - (uint8_t *)qp->ext);
	}
	*vq_tag(&qp->vq, slot) = 0;
	memcpy(hdr, j->sa->hdr, REQ_IPSEC_HDR_LEN);
	req_set_ipsec(hdr, j->src_len, j->dst_len);
	vcrypto_build_entry(e++, vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_TABLE -
			REQ_IPSEC_HDR_LEN, REQ_IPSEC_HDR_LEN);
	e += ipsec_put_segments(e, j, j->src, j->src_len, 0, false);
	e += ipsec_put_dst(e, j, qp, slot);
	vcrypto_build_entry(e, qp->status_addr + slot, 1);
	ipsec_set_post(j, qp, slot);
	vcrypto_sym_request_place(qp, kind, p);
}

/* An op whose source or destination is a chain, or that names its source as destination; no feed
 * holds requests.
 */
static __rte_noinline enum vcrypto_verdict
ipsec_add_segments(struct vcrypto_ipsec_sa *sa, struct vcrypto_qp *qp, struct rte_crypto_op *op,
		uint32_t addr_off, enum vq_kind kind)
{
	struct ipsec_job job = {
		.sa = sa, .src = op->sym->m_src, .dst = vcrypto_ipsec_op_dst(op),
		.addr_off = addr_off,
	}, *j = &job;
	uint32_t head_len = RTE_MIN(j->src->pkt_len, IPSEC_HEAD_MAX), nb_src, nb_dst;
	uint16_t slot = vq_next_slot(&qp->vq, kind);
	uint8_t copy[IPSEC_HEAD_MAX];
	const uint8_t *head = rte_pktmbuf_read(j->src, 0, head_len, copy);
	struct vcrypto_placed p = { .slot = slot };

	if (head == NULL || !ipsec_measure(j, head, head_len, j->src->pkt_len) ||
			!ipsec_place(j, qp))
		return VCRYPTO_BAD_ARGS;
	nb_src = ipsec_put_segments(NULL, j, j->src, j->src_len, 0, false);
	nb_dst = ipsec_put_dst(NULL, j, qp, slot);
	if (nb_src == UINT32_MAX || nb_dst == UINT32_MAX ||
			nb_src + nb_dst + 2 > qp->max_entries)
		return VCRYPTO_BAD_ARGS;
	p.token = (uintptr_t)op | VCRYPTO_TOKEN_POST;
	p.nb_read = (uint16_t)(1 + nb_src);
	p.nb_write = (uint16_t)(nb_dst + 1);
	ipsec_push(j, qp, kind, slot, &p);
	return VCRYPTO_BUILT;
}

/* ---- runs ---- */

/* The op's SA, which must be of this device and generation; NULL if it is not. */
static __rte_always_inline struct vcrypto_ipsec_sa *
ipsec_sa_of(const struct vcrypto_qp *qp, const struct rte_crypto_op *op)
{
	struct vcrypto_ipsec_sa *sa;

	if (unlikely(op->sym->session == NULL))
		return NULL;
	sa = SECURITY_GET_SESS_PRIV(op->sym->session);
	return likely(sa->cookie == vcrypto_ipsec_cookie_of(qp->cookie)) ? sa : NULL;
}

static __rte_always_inline struct ipsec_line
ipsec_line_of(const struct vcrypto_qp *qp, struct vcrypto_ipsec_sa *sa, const void *session)
{
	struct ipsec_line l = {
		.sa = sa, .session = session, .plan = &sa->plan,
		.addr_off = (uint32_t)vcrypto_mbuf_addr_offset(qp->dev->traits.addr_is_va),
		.bounced = qp->ipsec != NULL, .exact = !sa->inbound, .easy = !sa->counts,
	};

	l.max_in_place = l.bounced ? VCRYPTO_IPSEC_BOUNCE : UINT32_MAX;
	return l;
}

/* Adds ops of one session over linear buffers, at most nb and at least one is looked at.  Returns
 * how many; *verdict is on the one that was not added, or BUILT.  whole: plan.whole.
 */
static __rte_always_inline uint32_t
ipsec_add_line(const struct ipsec_line *l, struct vcrypto_qp *qp, struct vq_feed *feed,
		struct rte_crypto_op **ops, uint32_t nb, enum vcrypto_verdict *verdict,
		enum vq_kind kind, bool whole)
{
	struct rte_crypto_op **at = ops, **end = ops + nb;

	do {
		*verdict = ipsec_add_linear(l, qp, feed, *at, kind, whole);
		if (unlikely(*verdict != VCRYPTO_BUILT))
			break;
	} while (++at < end && vcrypto_ipsec_op_is(*at) && (*at)->sym->session == l->session);
	return (uint32_t)(at - ops);
}

/* The same, and an op for ipsec_add_segments() that follows; the first op's session is sa's. */
static __rte_always_inline uint32_t
ipsec_add_some(struct vcrypto_qp *qp, struct vcrypto_ipsec_sa *sa, struct vq_feed *feed,
		struct rte_crypto_op **ops, uint32_t nb, enum vcrypto_verdict *verdict,
		enum vq_kind kind, bool plain)
{
	struct ipsec_line l = ipsec_line_of(qp, sa, ops[0]->sym->session);
	uint32_t n;

	n = l.plan->whole ? ipsec_add_line(&l, qp, feed, ops, nb, verdict, kind, true) :
		ipsec_add_line(&l, qp, feed, ops, nb, verdict, kind, false);
	if (unlikely(*verdict == VCRYPTO_SLOW)) {
		vq_feed_end(feed, kind);
		*verdict = ipsec_add_segments(sa, qp, ops[n], l.addr_off, kind);
		(void)vq_feed_begin(feed, &qp->vq, kind, plain);
		n += *verdict == VCRYPTO_BUILT;
	}
	if (unlikely(*verdict == VCRYPTO_BAD_ARGS && sa->counts))
		(void)__atomic_fetch_add(&sa->errors, 1, __ATOMIC_RELAXED);
	return n;
}

static __rte_always_inline uint32_t
ipsec_run(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint32_t nb,
		enum vcrypto_verdict *verdict, enum vq_kind kind, bool plain)
{
	struct vcrypto_ipsec_sa *sa;
	struct vq_feed feed;
	uint32_t room = vq_feed_begin(&feed, &qp->vq, kind, plain), n = 0;

	*verdict = room != 0 ? VCRYPTO_BUILT : VCRYPTO_FULL;
	while (*verdict == VCRYPTO_BUILT && n < nb && vcrypto_ipsec_op_is(ops[n])) {
		if (n == room) {
			*verdict = VCRYPTO_FULL;
			break;
		}
		sa = ipsec_sa_of(qp, ops[n]);
		if (unlikely(sa == NULL))
			*verdict = VCRYPTO_BAD_SESSION;
		else
			n += ipsec_add_some(qp, sa, &feed, &ops[n], RTE_MIN(room, nb) - n, verdict,
					kind, plain);
	}
	vq_feed_end(&feed, kind);
	if (n != 0) {
		qp->lens_in_flight = (uint16_t)(qp->lens_in_flight + n);
		qp->detour |= VCRYPTO_DETOUR_LENS;
	}
	return n;
}

uint32_t
vcrypto_ipsec_op_enqueue(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op **ops,
		uint32_t nb, enum vcrypto_verdict *verdict)
{
	if (!vq_is_plain(&qp->vq))
		return ipsec_run(qp, ops, nb, verdict, kind, false);
	switch (kind) {
	case VQ_SPLIT:
		return ipsec_run(qp, ops, nb, verdict, VQ_SPLIT, true);
	case VQ_SPLIT_IN_ORDER:
		return ipsec_run(qp, ops, nb, verdict, VQ_SPLIT_IN_ORDER, true);
	case VQ_PACKED:
		return ipsec_run(qp, ops, nb, verdict, VQ_PACKED, true);
	default:
		return ipsec_run(qp, ops, nb, verdict, VQ_PACKED_IN_ORDER, true);
	}
}

/* ---- results ---- */

int
vcrypto_ipsec_op_result_len(uint64_t start, const struct vcrypto_post *p, uint32_t used_len)
{
	uint8_t head[REQ_IPSEC_PACKET_MIN];
	int n;

	memcpy(head, &start, sizeof(start));
	/* A device that does not say how much it wrote (2.7.9) is taken to have filled the room. */
	if (used_len == VQ_LEN_UNKNOWN)
		used_len = p->result.len + 1;
	n = req_ipsec_result_len(head, REQ_IPSEC_PACKET_MIN, p->result.len, used_len);
	return n >= 0 && p->result.exact && (uint32_t)n != p->result.len ? -EBADMSG : n;
}

/* The first bytes of a destination, as vcrypto_ipsec_op_start() returns them. */
static uint64_t
ipsec_read_start(const struct rte_mbuf *m, uint32_t front)
{
	uint8_t start[sizeof(uint64_t)] = { 0 };
	uint32_t at = 0, part;

	for (; at < sizeof(start) && m != NULL; m = m->next, front = 0) {
		part = RTE_MIN((uint32_t)sizeof(start) - at, ipsec_seg_room(m, front));
		memcpy(start + at, rte_pktmbuf_mtod(m, const uint8_t *) - front, part);
		at += part;
	}
	return vcrypto_ipsec_op_start(start);
}

/* The result becomes the buffer's data: segments that it does not reach are empty then. */
static void
ipsec_take_result(struct rte_mbuf *m, uint32_t len, uint16_t front, const uint8_t *bounce)
{
	m->pkt_len = len;
	for (; m != NULL; m = m->next, front = 0) {
		uint32_t part = RTE_MIN(len, ipsec_seg_room(m, front));

		m->data_off = (uint16_t)(m->data_off - front);
		/* Cannot overflow: a segment's room is within its buf_len. */
		m->data_len = (uint16_t)part;
		if (bounce != NULL) {
			memcpy(rte_pktmbuf_mtod(m, uint8_t *), bounce, part);
			bounce += part;
		}
		len -= part;
	}
}

static void
ipsec_count(struct vcrypto_ipsec_sa *sa, int n)
{
	if (n < 0) {
		(void)__atomic_fetch_add(&sa->errors, 1, __ATOMIC_RELAXED);
		return;
	}
	(void)__atomic_fetch_add(&sa->packets, 1, __ATOMIC_RELAXED);
	(void)__atomic_fetch_add(&sa->bytes, (uint64_t)n, __ATOMIC_RELAXED);
}

void
vcrypto_ipsec_op_complete(struct vcrypto_qp *qp, struct rte_crypto_op *op, uint16_t slot,
		uint8_t status, uint32_t used_len)
{
	const struct vcrypto_post *p = &qp->post[slot];
	struct vcrypto_ipsec_sa *sa = SECURITY_GET_SESS_PRIV(op->sym->session);
	const uint8_t *bounce = p->result.bounced ? qp->ipsec + ipsec_bounce_at(slot) : NULL;
	struct rte_mbuf *m = vcrypto_ipsec_op_dst(op);
	bool soft = status == VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY;
	int n = -EBADMSG;

	if (--qp->lens_in_flight == 0)
		qp->detour &= ~VCRYPTO_DETOUR_LENS;
	if (status == VIRTIO_CRYPTO_OK || soft) {
		n = vcrypto_ipsec_op_result_len(bounce != NULL ? vcrypto_ipsec_op_start(bounce) :
				ipsec_read_start(m, p->result.front), p, used_len);
		if (n < 0)	/* no status of the standard's says that */
			status = VCRYPTO_STATUS_UNSET;
	}
	if (status != VIRTIO_CRYPTO_OK)
		qp->stats.errors[RTE_MIN(status, VCRYPTO_NB_ERRORS - 1)]++;
	if (n >= 0)
		ipsec_take_result(m, (uint32_t)n, p->result.front, bounce);
	op->status = n >= 0 ? RTE_CRYPTO_OP_STATUS_SUCCESS : RTE_CRYPTO_OP_STATUS_ERROR;
	op->aux_flags &= (uint8_t)~RTE_CRYPTO_OP_AUX_FLAGS_IPSEC_SOFT_EXPIRY;
	if (n >= 0 && soft)
		op->aux_flags |= RTE_CRYPTO_OP_AUX_FLAGS_IPSEC_SOFT_EXPIRY;
	if (sa->counts)
		ipsec_count(sa, n);
}

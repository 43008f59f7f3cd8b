/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns enqueue and dequeue.  A burst clamps to the free slots, builds, adds, publishes
 * once and kicks once; dequeue completes what the device used.  The bodies are written
 * once and compiled per kind of virtqueue.  No allocation, no lock, no system call but the
 * kick.
 */
#include <rte_branch_prediction.h>

#include "data/vcrypto_build.h"
#include "data/vcrypto_burst.h"
#include "data/vcrypto_complete.h"
#include "data/vcrypto_ipsec_op.h"
#include "data/vcrypto_park.h"
#include "data/vcrypto_sym_op.h"
#include "data/vcrypto_wait.h"

/* Accepts an op without a request, an illegal one or one that is done: it comes back through
 * dequeue with its status.  False: the done ring holds as many ops as the queue has entries,
 * and the caller keeps this one.
 */
static bool
enqueue_judged(struct vcrypto_qp *qp, struct rte_crypto_op *op, enum vcrypto_verdict verdict)
{
	if (vcrypto_done_count(qp) >= qp->size)
		return false;
	if (verdict == VCRYPTO_DONE) {
		op->status = RTE_CRYPTO_OP_STATUS_SUCCESS;
	} else {
		op->status = (uint8_t)verdict;
		qp->stats.enqueue_err++;
	}
	vcrypto_done_put(qp, op);
	return true;
}

/* The session of an op that takes the fast path; NULL for any other, judged in *verdict. */
static __rte_always_inline const struct vcrypto_session *
burst_session(const struct vcrypto_qp *qp, const struct rte_crypto_op *op,
		enum vcrypto_verdict *verdict)
{
	const struct vcrypto_session *s;

	*verdict = VCRYPTO_SLOW;
	if (unlikely(op->type != RTE_CRYPTO_OP_TYPE_SYMMETRIC ||
			op->sess_type != RTE_CRYPTO_OP_WITH_SESSION))
		return NULL;
	*verdict = VCRYPTO_BAD_SESSION;
	if (unlikely(op->sym->session == NULL))
		return NULL;
	s = CRYPTODEV_GET_SYM_SESS_PRIV(op->sym->session);
	if (unlikely(s->cookie != qp->cookie))
		return NULL;
	*verdict = VCRYPTO_SLOW;
	return likely(!s->slow) ? s : NULL;
}

static __rte_always_inline bool
burst_same_session(const struct rte_crypto_op *op, const void *session)
{
	return op->type == RTE_CRYPTO_OP_TYPE_SYMMETRIC &&
		op->sess_type == RTE_CRYPTO_OP_WITH_SESSION && op->sym->session == session;
}

/* Builds one op's request and adds it to the ring, not yet visible to the device.  alone:
 * the burst is this op; sess_kind is a constant, or the session's kind in a burst of one.
 */
static __rte_always_inline enum vcrypto_verdict
burst_add(struct vcrypto_qp *qp, struct vq_feed *feed, const struct vcrypto_session *s,
		struct rte_crypto_op *op, bool alone, enum vcrypto_sess_kind sess_kind,
		enum vq_kind kind)
{
	size_t slot = vq_feed_slot(feed, kind);
	const struct vcrypto_build_place at = {
		.table = vq_feed_table(feed, slot),
		.next = vq_feed_next_table(feed, slot, kind),
		.stamp = vq_feed_tag(feed, slot),
		.slot = slot,
	};
	uintptr_t token = (uintptr_t)op;
	enum vcrypto_verdict verdict;

	if (sess_kind == VCRYPTO_SESS_CIPHER)
		verdict = vcrypto_build_cipher(qp, &at, s, op);
	else if (sess_kind == VCRYPTO_SESS_CHAIN)
		verdict = vcrypto_build_chain(qp, &at, s, op, &token);
	else if (sess_kind == VCRYPTO_SESS_AEAD)
		verdict = vcrypto_build_aead(qp, &at, s, op, &token);
	else
		verdict = vcrypto_build_digest(qp, &at, s, op, &token);
	if (unlikely(verdict != VCRYPTO_BUILT))
		return verdict;
	vq_feed_add(feed, kind, slot, (void *)token);
	if (alone)
		vcrypto_build_fetch_next(&at);
	return VCRYPTO_BUILT;
}

/*
 * A run: ops of one session, at most nb, as long as each takes the fast path.  Returns how
 * many were added; *verdict is on the op that the fast path did not take, VCRYPTO_BUILT if
 * there was none.  sess_kind is a constant.
 */
static __rte_always_inline uint32_t
burst_run(struct vcrypto_qp *qp, struct vq_feed *feed, const struct vcrypto_session *s,
		struct rte_crypto_op **ops, uint32_t nb, enum vcrypto_verdict *verdict,
		enum vcrypto_sess_kind sess_kind, enum vq_kind kind)
{
	struct rte_crypto_op **at = ops, **end = ops + nb;
	const void *session = ops[0]->sym->session;

	do {
		*verdict = burst_add(qp, feed, s, *at, false, sess_kind, kind);
		if (unlikely(*verdict != VCRYPTO_BUILT))
			break;
	} while (++at < end && burst_same_session(*at, session));
	return (uint32_t)(at - ops);
}

/* Chooses a compiled run by the kind of its session: once per run, not per op. */
static __rte_always_inline uint32_t
burst_run_any(struct vcrypto_qp *qp, struct vq_feed *feed, struct rte_crypto_op **ops,
		uint32_t nb, enum vcrypto_verdict *verdict, enum vq_kind kind)
{
	const struct vcrypto_session *s = burst_session(qp, ops[0], verdict);

	if (unlikely(s == NULL))
		return 0;
	if (s->kind == VCRYPTO_SESS_CIPHER)
		return burst_run(qp, feed, s, ops, nb, verdict, VCRYPTO_SESS_CIPHER, kind);
	if (s->kind == VCRYPTO_SESS_CHAIN)
		return burst_run(qp, feed, s, ops, nb, verdict, VCRYPTO_SESS_CHAIN, kind);
	if (s->kind == VCRYPTO_SESS_AEAD)
		return burst_run(qp, feed, s, ops, nb, verdict, VCRYPTO_SESS_AEAD, kind);
	return burst_run(qp, feed, s, ops, nb, verdict, VCRYPTO_SESS_DIGEST, kind);
}

/* Adds an op whose session another device made: copy is what it is on this one. */
static enum vcrypto_verdict
enqueue_on_copy(struct vcrypto_qp *qp, enum vq_kind kind, const struct vcrypto_session *copy,
		struct rte_crypto_op *op)
{
	enum vcrypto_verdict verdict = VCRYPTO_SLOW;
	struct vq_feed feed;

	if (!copy->slow) {
		if (vq_feed_begin(&feed, &qp->vq, kind, false) == 0)
			return VCRYPTO_FULL;
		verdict = burst_add(qp, &feed, copy, op, false, copy->kind, kind);
		vq_feed_end(&feed, kind);
	}
	return verdict == VCRYPTO_SLOW ? vcrypto_sym_op_build_with(qp, kind, op, copy) : verdict;
}

/* An op without a session, or whose session has ended, is another device's or another
 * driver's: of the latter's private data nothing is believed.
 */
static enum vcrypto_verdict
enqueue_elsewhere(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op)
{
	const struct vcrypto_session *s, *copy;

	if (op->sym->session == NULL ||
			!vcrypto_sym_session_is_of(op->sym->session, qp->dev->driver_id))
		return VCRYPTO_BAD_SESSION;
	s = CRYPTODEV_GET_SYM_SESS_PRIV(op->sym->session);
	if (s->kind == VCRYPTO_SESS_NULL)
		return vcrypto_sym_op_build_with(qp, kind, op, s);
	copy = vcrypto_wait_session(qp, s);
	return copy != NULL ? enqueue_on_copy(qp, kind, copy, op) :
		vcrypto_wait_take(qp, kind, op);
}

/* The slow path, entered while no feed holds requests: builds the first of nb ops, or accepts
 * an illegal one, and what follows an op of a security association.  How many were taken; 0:
 * the caller keeps them, and the burst ends.
 */
static __rte_noinline uint32_t
enqueue_slow(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op **ops, uint32_t nb,
		enum vcrypto_verdict verdict)
{
	struct rte_crypto_op *op = ops[0];
	uint32_t n;

	if (verdict == VCRYPTO_BAD_SESSION) {
		verdict = enqueue_elsewhere(qp, kind, op);
	} else if (vcrypto_ipsec_op_is(op)) {
		n = vcrypto_ipsec_op_enqueue(qp, kind, ops, nb, &verdict);
		if (n != 0 || verdict == VCRYPTO_BUILT)
			return n;	/* the next call judges the next one */
	}
	if (verdict == VCRYPTO_SLOW)
		verdict = vcrypto_sym_op_build(qp, kind, op);
	return verdict == VCRYPTO_BUILT ||
		(verdict != VCRYPTO_FULL && enqueue_judged(qp, op, verdict)) ? 1 : 0;
}

/* The same for a burst of one. */
static __rte_noinline bool
enqueue_slow_one(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op,
		enum vcrypto_verdict verdict)
{
	return enqueue_slow(qp, kind, &op, 1, verdict) != 0;
}

/* A burst was not taken whole.  A program may try on without a poll while the device, which is
 * to make room, sleeps.
 */
static __rte_noinline void
enqueue_full(struct vcrypto_qp *qp, enum vq_kind kind)
{
	qp->stats.full++;
	if (__atomic_load_n(&qp->down, __ATOMIC_RELAXED) == VCRYPTO_UP)
		vcrypto_qp_poll_kick(qp, kind);
}

/* Ends a burst of nb_ops, of which n were taken and published: notifies and counts. */
static __rte_always_inline void
enqueue_end(struct vcrypto_qp *qp, uint32_t n, uint32_t nb_ops, enum vq_kind kind)
{
	if (n != 0)
		vcrypto_qp_kick(qp, kind);
	qp->stats.enqueued += n;
	if (unlikely(n < nb_ops))
		enqueue_full(qp, kind);
}

/* True if the device is lost, if more ops are in the done ring than the queue has entries,
 * if the raw data path has operations in the ring that it must be able to take back, or if
 * ops are to be sent again first.
 */
static __rte_always_inline bool
enqueue_closed(const struct vcrypto_qp *qp)
{
	return unlikely(!vcrypto_all_well(qp)) &&
		(__atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP ||
		vcrypto_done_count(qp) > qp->size ||
		(qp->detour & (VCRYPTO_DETOUR_CACHED | VCRYPTO_DETOUR_RESEND)) != 0);
}

/* Single-op fast path: the set-up that a run amortises over many ops would dominate here. */
static __rte_always_inline uint16_t
enqueue_one(struct vcrypto_qp *qp, struct rte_crypto_op *op, enum vq_kind kind, bool plain)
{
	const struct vcrypto_session *s;
	struct vq_feed feed;
	enum vcrypto_verdict verdict;
	bool taken;

	if (unlikely(enqueue_closed(qp) || vq_feed_begin(&feed, &qp->vq, kind, plain) == 0)) {
		enqueue_end(qp, 0, 1, kind);
		return 0;
	}
	s = burst_session(qp, op, &verdict);
	if (likely(s != NULL))
		verdict = burst_add(qp, &feed, s, op, true, s->kind, kind);
	if (likely(verdict == VCRYPTO_BUILT)) {
		vq_feed_publish(&feed, kind);
		enqueue_end(qp, 1, 1, kind);
		return 1;
	}
	taken = enqueue_slow_one(qp, kind, op, verdict);
	vq_publish(&qp->vq, kind);
	enqueue_end(qp, taken, 1, kind);
	return taken;
}

static __rte_always_inline uint16_t
enqueue_some(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops,
		enum vq_kind kind, bool plain)
{
	uint32_t room, n = 0, nb, taken = 1;
	enum vcrypto_verdict verdict;
	struct vq_feed feed;

	if (unlikely(enqueue_closed(qp))) {
		enqueue_end(qp, 0, nb_ops, kind);
		return 0;
	}
	room = vq_feed_begin(&feed, &qp->vq, kind, plain);
	while (n < nb_ops && room != 0 && taken != 0) {
		nb = burst_run_any(qp, &feed, &ops[n], RTE_MIN(room, nb_ops - n), &verdict, kind);
		n += nb;
		room -= nb;
		if (likely(verdict == VCRYPTO_BUILT))
			continue;
		vq_feed_end(&feed, kind);
		taken = enqueue_slow(qp, kind, &ops[n], nb_ops - n, verdict);
		n += taken;
		room = vq_feed_begin(&feed, &qp->vq, kind, plain);
	}
	vq_feed_publish(&feed, kind);
	enqueue_end(qp, n, nb_ops, kind);
	return (uint16_t)n;
}

/* Takes ops from the done ring, oldest first. */
static __rte_noinline uint16_t
dequeue_done(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	uint16_t n = 0;

	while (n < nb_ops && vcrypto_done_count(qp) != 0) {
		ops[n] = qp->done[qp->done_head++ & qp->done_mask];
		if (ops[n]->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
			qp->stats.dequeue_err++;
		n++;
	}
	if (vcrypto_done_count(qp) == 0)
		qp->detour &= ~VCRYPTO_DETOUR_DONE;
	return n;
}

/* Sends ops again that were kept while the device was lost: as many as there is room for. */
static __rte_noinline void
burst_resend(struct vcrypto_qp *qp)
{
	uint16_t sent;

	qp->detour &= ~VCRYPTO_DETOUR_RESEND;	/* these are what enqueue waits for */
	sent = vcrypto_burst_enqueue(qp, qp->resend, qp->nb_resend);
	qp->stats.full -= sent < qp->nb_resend;	/* no caller kept a part */
	vcrypto_park_resent(qp, sent);
}

/* While the device is lost, or just after: takes the step that is due for the queue pair,
 * and sends the ops again that were kept for it.
 */
static void
burst_park(struct vcrypto_qp *qp)
{
	if (vcrypto_park_step(qp) && qp->nb_resend != 0)
		burst_resend(qp);
}

/* Dequeue while the device is lost: nothing comes from the ring. */
static __rte_noinline uint16_t
dequeue_down(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	uint16_t got;

	burst_park(qp);
	got = dequeue_done(qp, ops, nb_ops);
	qp->stats.dequeued += got;
	return got;
}

void
vcrypto_burst_poll(struct vcrypto_qp *qp)
{
	if (unlikely(__atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP)) {
		burst_park(qp);
		return;
	}
	(void)vcrypto_complete_drain(qp);
	if (unlikely(qp->detour & VCRYPTO_DETOUR_RESEND))
		burst_resend(qp);
	if (unlikely(vcrypto_complete_cheated(qp) || vq_broken(&qp->vq) != NULL))
		vcrypto_complete_broken(qp);
}

/* Completes the request of a used entry.  NULL: no op is complete by it. */
static __rte_always_inline struct rte_crypto_op *
dequeue_complete(struct vcrypto_qp *qp, void *token, size_t slot, uint32_t len)
{
	uint8_t status = vcrypto_complete_take_status(qp, slot);
	struct rte_crypto_op *op = token;

	if (likely(((uintptr_t)token & VCRYPTO_TOKEN_BITS) == 0 && status == VIRTIO_CRYPTO_OK)) {
		op->status = RTE_CRYPTO_OP_STATUS_SUCCESS;
		return op;
	}
	op = vcrypto_complete_slow(qp, (uintptr_t)token, (uint16_t)slot, status, len);
	if (op != NULL && op->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
		qp->stats.dequeue_err++;
	return op;
}

/* The same where ops of security associations are expected. */
static __rte_always_inline struct rte_crypto_op *
dequeue_complete_len(struct vcrypto_qp *qp, void *token, size_t slot, uint32_t len)
{
	struct rte_crypto_op *op = (void *)((uintptr_t)token - VCRYPTO_TOKEN_POST);
	const struct vcrypto_post *p = &qp->post[slot];
	uint8_t status;

	if (unlikely(((uintptr_t)token & VCRYPTO_TOKEN_BITS) != VCRYPTO_TOKEN_POST || !p->easy))
		return dequeue_complete(qp, token, slot, len);
	status = vcrypto_complete_take_status(qp, slot);
	if (likely(status == VIRTIO_CRYPTO_OK && vcrypto_ipsec_op_succeed(qp, op, p, slot, len)))
		return op;
	vcrypto_ipsec_op_complete(qp, op, (uint16_t)slot, status, len);
	if (unlikely(op->status != RTE_CRYPTO_OP_STATUS_SUCCESS))
		qp->stats.dequeue_err++;
	return op;
}

/* Nothing was taken: nothing is used, or the device broke a rule of the ring. */
static __rte_noinline uint16_t
dequeue_none(struct vcrypto_qp *qp, enum vq_kind kind)
{
	if (vq_is_broken(&qp->vq))
		vcrypto_complete_broken(qp);
	else
		vcrypto_qp_poll_kick(qp, kind);
	return 0;
}

/* lens: used lengths are read.  That is done only while requests are in flight whose result has
 * a length that is not known before, or is compared with it: asymmetric ones, and those of
 * security associations.
 */
static __rte_always_inline uint16_t
dequeue_some(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops,
		enum vq_kind kind, bool plain, bool lens)
{
	size_t nb = vq_used_most(&qp->vq, kind, nb_ops), slot;
	uint32_t len = 0;
	uint32_t *want_len = lens ? &len : NULL;
	struct rte_crypto_op *op, **out = ops;
	struct vq_drain drain;
	uint16_t got;
	void *token;

	vq_drain_begin(&drain, &qp->vq, kind, nb, plain);
	while (vq_drain_take(&drain, kind, &token, &slot, want_len)) {
		op = lens ? dequeue_complete_len(qp, token, slot, len) :
			dequeue_complete(qp, token, slot, len);
		if (likely(op != NULL))
			*out++ = op;
	}
	vq_drain_end(&drain, kind);
	got = (uint16_t)(out - ops);
	if (unlikely(got == 0 || vq_is_broken(&qp->vq)))
		dequeue_none(qp, kind);		/* a broken queue's ops come with the next call */
	qp->stats.dequeued += got;
	return got;
}

/* The same for at most one op: without the loop it keeps its state in registers. */
static __rte_always_inline uint16_t
dequeue_one(struct vcrypto_qp *qp, struct rte_crypto_op **ops, enum vq_kind kind, bool plain)
{
	struct vq_drain drain;
	size_t slot;
	void *token;

	vq_drain_begin(&drain, &qp->vq, kind, vq_used_most(&qp->vq, kind, 1), plain);
	if (unlikely(!vq_drain_take(&drain, kind, &token, &slot, NULL)))
		return dequeue_none(qp, kind);
	vq_drain_end(&drain, kind);
	ops[0] = dequeue_complete(qp, token, slot, 0);
	if (unlikely(ops[0] == NULL))
		return 0;
	qp->stats.dequeued++;
	return 1;
}

/* Sends the ops that wait, and then those that are to be sent again. */
static __rte_noinline void
dequeue_send(struct vcrypto_qp *qp, enum vq_kind kind)
{
	if (qp->detour & (VCRYPTO_DETOUR_WAIT | VCRYPTO_DETOUR_COPY))
		vcrypto_wait_poll(qp, kind);
	if (qp->detour & VCRYPTO_DETOUR_RESEND)
		burst_resend(qp);
}

/* Dequeue for a plain queue of which no more is to be said than that used lengths are read. */
#define VCRYPTO_DEQUEUE_LENS(suffix, kind) \
static __rte_noinline uint16_t \
dequeue_lens_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	return dequeue_some(qp, ops, nb_ops, kind, true, true); \
}

VCRYPTO_DEQUEUE_LENS(split, VQ_SPLIT)
VCRYPTO_DEQUEUE_LENS(split_in_order, VQ_SPLIT_IN_ORDER)
VCRYPTO_DEQUEUE_LENS(packed, VQ_PACKED)
VCRYPTO_DEQUEUE_LENS(packed_in_order, VQ_PACKED_IN_ORDER)

static uint16_t
dequeue_lens(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	switch (qp->dev->kind) {
	case VQ_SPLIT:
		return dequeue_lens_split(qp, ops, nb_ops);
	case VQ_SPLIT_IN_ORDER:
		return dequeue_lens_split_in_order(qp, ops, nb_ops);
	case VQ_PACKED:
		return dequeue_lens_packed(qp, ops, nb_ops);
	default:
		return dequeue_lens_packed_in_order(qp, ops, nb_ops);
	}
}

/* The same for a queue that is not plain, or whose ops wait. */
static __rte_noinline uint16_t
dequeue_any_lens(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	return dequeue_some(qp, ops, nb_ops, qp->dev->kind, false, true);
}

/* Dequeue for any queue in any state: not plain, lost, broken, or with ops in the done
 * ring.  One call returns ops of the done ring or completions of the virtqueue, not both;
 * the done ring goes first.
 */
static __rte_noinline uint16_t
dequeue_any(void *p, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	struct vcrypto_qp *qp = p;
	enum vq_kind kind = qp->dev->kind;
	uint16_t got;

	if (__atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP)
		return dequeue_down(qp, ops, nb_ops);
	if (qp->detour == VCRYPTO_DETOUR_LENS && vq_is_plain(&qp->vq))
		return dequeue_lens(qp, ops, nb_ops);
	if (qp->detour & (VCRYPTO_DETOUR_WAIT | VCRYPTO_DETOUR_COPY | VCRYPTO_DETOUR_RESEND))
		dequeue_send(qp, kind);
	if (qp->detour & (VCRYPTO_DETOUR_DONE | VCRYPTO_DETOUR_BROKEN)) {
		got = dequeue_done(qp, ops, nb_ops);
		qp->stats.dequeued += got;
		return got;
	}
	got = qp->lens_in_flight != 0 ? dequeue_any_lens(qp, ops, nb_ops) :
		dequeue_some(qp, ops, nb_ops, kind, false, false);
	(void)vcrypto_complete_cheated(qp);
	return got;
}

/* Enqueue for queues that are not plain. */
static uint16_t
enqueue_any(void *p, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	struct vcrypto_qp *qp = p;

	return enqueue_some(qp, ops, nb_ops, qp->dev->kind, false);
}

/* ---- one pair of functions per kind, for plain queues ---- */

/* The entry points stay short: most polls find nothing, and then need no stack frame. */
#define VCRYPTO_BURST(suffix, kind) \
static __rte_noinline uint16_t \
enqueue_some_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	return enqueue_some(qp, ops, nb_ops, kind, true); \
} \
\
static __rte_noinline uint16_t \
enqueue_one_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op *op) \
{ \
	return enqueue_one(qp, op, kind, true); \
} \
\
static uint16_t \
enqueue_ ## suffix(void *qp, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	return nb_ops == 1 ? enqueue_one_ ## suffix(qp, ops[0]) : \
		enqueue_some_ ## suffix(qp, ops, nb_ops); \
} \
\
static __rte_noinline uint16_t \
dequeue_some_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	return dequeue_some(qp, ops, nb_ops, kind, true, false); \
} \
\
static __rte_noinline uint16_t \
dequeue_one_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops) \
{ \
	return dequeue_one(qp, ops, kind, true); \
} \
\
static uint16_t \
dequeue_ ## suffix(void *p, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	struct vcrypto_qp *qp = p; \
\
	if (unlikely(!vcrypto_all_well(qp))) \
		return dequeue_any(qp, ops, nb_ops); \
	if (likely(vq_is_idle(&qp->vq, kind))) \
		return 0; \
	return nb_ops == 1 ? dequeue_one_ ## suffix(qp, ops) : \
		dequeue_some_ ## suffix(qp, ops, nb_ops); \
}

VCRYPTO_BURST(split, VQ_SPLIT)
VCRYPTO_BURST(split_in_order, VQ_SPLIT_IN_ORDER)
VCRYPTO_BURST(packed, VQ_PACKED)
VCRYPTO_BURST(packed_in_order, VQ_PACKED_IN_ORDER)

/* ---- a device that does not run ---- */

static uint16_t
enqueue_stopped(void *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	(void)qp;
	(void)ops;
	(void)nb_ops;
	return 0;
}

/* Hands out what is in the done ring, and never looks at the virtqueue.  p is NULL for a
 * queue pair that is not set up, or not any more.
 */
static uint16_t
dequeue_stopped(void *p, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	struct vcrypto_qp *qp = p;
	uint16_t got;

	if (qp == NULL)
		return 0;
	got = dequeue_done(qp, ops, nb_ops);
	qp->stats.dequeued += got;
	return got;
}

void
vcrypto_burst_stopped(struct rte_cryptodev *cdev)
{
	cdev->enqueue_burst = enqueue_stopped;
	cdev->dequeue_burst = dequeue_stopped;
}

void
vcrypto_burst_show_stopped(struct rte_cryptodev *cdev)
{
	struct rte_crypto_fp_ops *fp = &rte_crypto_fp_ops[cdev->data->dev_id];

	vcrypto_burst_stopped(cdev);
	cryptodev_fp_ops_set(fp, cdev);
	/* A configure frees the lists of callbacks while programs may still dequeue. */
	fp->qp.enq_cb = fp->qp.deq_cb = vcrypto_dev_of(cdev)->no_callbacks;
}

static const struct {
	enqueue_pkt_burst_t enqueue;
	dequeue_pkt_burst_t dequeue;
} burst[] = {
	[VQ_SPLIT] = { enqueue_split, dequeue_split },
	[VQ_SPLIT_IN_ORDER] = { enqueue_split_in_order, dequeue_split_in_order },
	[VQ_PACKED] = { enqueue_packed, dequeue_packed },
	[VQ_PACKED_IN_ORDER] = { enqueue_packed_in_order, dequeue_packed_in_order },
};

uint16_t
vcrypto_burst_enqueue(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	return vq_is_plain(&qp->vq) ? burst[qp->dev->kind].enqueue(qp, ops, nb_ops) :
		enqueue_any(qp, ops, nb_ops);
}

uint16_t
vcrypto_burst_dequeue(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	return vq_is_plain(&qp->vq) ? burst[qp->dev->kind].dequeue(qp, ops, nb_ops) :
		dequeue_any(qp, ops, nb_ops);
}

void
vcrypto_burst_select(struct rte_cryptodev *cdev, enum vq_kind kind, bool plain)
{
	cdev->enqueue_burst = plain ? burst[kind].enqueue : enqueue_any;
	cdev->dequeue_burst = plain ? burst[kind].dequeue : dequeue_any;
}

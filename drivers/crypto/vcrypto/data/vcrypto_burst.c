/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns enqueue and dequeue: the order clamp, build, add, publish once, kick once;
 * and the completion of what comes back.  The body is written once and compiled
 * per kind of virtqueue.  No allocation, no lock, no system call but the kick.
 */
#include <rte_branch_prediction.h>

#include "session/vcrypto_asym_keys.h"
#include "data/vcrypto_build.h"
#include "data/vcrypto_burst.h"
#include "device/vcrypto_digest.h"
#include "vcrypto_dev.h"
#include "vcrypto_health.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"

/* An illegal op comes back through dequeue with its status; no request is sent.
 * False: too many such ops wait already, the caller keeps this one.
 */
static bool
refuse(struct vcrypto_qp *qp, struct rte_crypto_op *op, int status)
{
	if (vcrypto_done_count(qp) >= qp->size)
		return false;
	op->status = (uint8_t)status;
	vcrypto_done_put(qp, op);
	return true;
}

/* The session of an op that goes the common way; else NULL and what is the matter. */
static __rte_always_inline const struct vcrypto_session *
session_of(const struct vcrypto_qp *qp, const struct rte_crypto_op *op, int *rc)
{
	const struct vcrypto_session *s;

	*rc = VCRYPTO_OTHER;
	if (unlikely(op->type != RTE_CRYPTO_OP_TYPE_SYMMETRIC ||
			op->sess_type != RTE_CRYPTO_OP_WITH_SESSION))
		return NULL;
	*rc = RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
	if (unlikely(op->sym->session == NULL))
		return NULL;
	s = CRYPTODEV_GET_SYM_SESS_PRIV(op->sym->session);
	if (unlikely(s->cookie != qp->cookie))
		return NULL;
	*rc = VCRYPTO_OTHER;
	return likely(!s->other) ? s : NULL;
}

static __rte_always_inline bool
is_of_session(const struct rte_crypto_op *op, const void *session)
{
	return op->type == RTE_CRYPTO_OP_TYPE_SYMMETRIC &&
		op->sess_type == RTE_CRYPTO_OP_WITH_SESSION && op->sym->session == session;
}

/* One op's request into the ring, not yet visible; VCRYPTO_BUILT, _OTHER or a status.
 * alone: of a burst of one.
 */
static __rte_always_inline int
add(struct vcrypto_qp *qp, struct vq_feed *feed, const struct vcrypto_session *s,
		struct rte_crypto_op *op, bool alone, enum vcrypto_sess_kind sort,
		enum vq_kind kind)
{
	size_t slot = vq_feed_slot(feed, kind);
	const struct vcrypto_place at = {
		.table = vq_feed_table(feed, slot),
		.stamp = vq_feed_tag(feed, slot),
		.slot = slot,
	};
	uintptr_t token = (uintptr_t)op;
	int rc;

	if (sort == VCRYPTO_SESS_CIPHER)
		rc = vcrypto_build_cipher(qp, &at, s, op);
	else if (sort == VCRYPTO_SESS_CHAIN)
		rc = vcrypto_build_chain(qp, &at, s, op, &token);
	else if (sort == VCRYPTO_SESS_AEAD)
		rc = vcrypto_build_aead(qp, &at, s, op, &token);
	else
		rc = vcrypto_build_digest(qp, &at, s, op, &token);
	if (unlikely(rc != VCRYPTO_BUILT))
		return rc;
	vq_feed_add(feed, kind, slot, (void *)token);
	if (alone && VQ_IS_IN_ORDER(kind))
		vcrypto_fetch_next(&at);
	return VCRYPTO_BUILT;
}

/*
 * A run of ops of one session, nb at most, as long as each is the common case.
 * Returns how many were added; *rc is what ended the run (VCRYPTO_BUILT: nothing
 * that is the matter with an op).  sort is a constant.
 */
static __rte_always_inline uint32_t
run(struct vcrypto_qp *qp, struct vq_feed *feed, const struct vcrypto_session *s,
		struct rte_crypto_op **ops, uint32_t nb, int *rc, enum vcrypto_sess_kind sort,
		enum vq_kind kind)
{
	struct rte_crypto_op **at = ops, **end = ops + nb;
	const void *session = ops[0]->sym->session;

	do {
		*rc = add(qp, feed, s, *at, false, sort, kind);
		if (unlikely(*rc != VCRYPTO_BUILT))
			break;
	} while (++at < end && is_of_session(*at, session));
	return (uint32_t)(at - ops);
}

/* The sort of session decides once per run. */
static __rte_always_inline uint32_t
run_any(struct vcrypto_qp *qp, struct vq_feed *feed, struct rte_crypto_op **ops, uint32_t nb,
		int *rc, enum vq_kind kind)
{
	const struct vcrypto_session *s = session_of(qp, ops[0], rc);

	if (unlikely(s == NULL))
		return 0;
	if (s->kind == VCRYPTO_SESS_CIPHER)
		return run(qp, feed, s, ops, nb, rc, VCRYPTO_SESS_CIPHER, kind);
	if (s->kind == VCRYPTO_SESS_CHAIN)
		return run(qp, feed, s, ops, nb, rc, VCRYPTO_SESS_CHAIN, kind);
	if (s->kind == VCRYPTO_SESS_AEAD)
		return run(qp, feed, s, ops, nb, rc, VCRYPTO_SESS_AEAD, kind);
	return run(qp, feed, s, ops, nb, rc, VCRYPTO_SESS_DIGEST, kind);
}

/* An op that is not the common case; the feed is closed meanwhile.  False: the caller
 * keeps it, and the burst ends.
 */
static __rte_noinline bool
enqueue_other(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op, int rc)
{
	if (rc == VCRYPTO_OTHER)
		rc = vcrypto_build_other(qp, kind, op);
	return rc == VCRYPTO_BUILT || (rc != VCRYPTO_FULL && refuse(qp, op, rc));
}

/* n ops of nb_ops are published. */
static __rte_always_inline void
enqueued(struct vcrypto_qp *qp, uint32_t n, uint32_t nb_ops, enum vq_kind kind)
{
	if (n != 0)
		vcrypto_tell(qp, kind);
	qp->stats.enqueued += n;
	if (unlikely(n < nb_ops)) {
		qp->stats.enqueue_err += nb_ops - n;
		qp->stats.full++;
	}
}

/* The device is lost, or so many ops wait to be dequeued that no more can be taken. */
static __rte_always_inline bool
closed(const struct vcrypto_qp *qp)
{
	return unlikely(!vcrypto_all_well(qp)) &&
		(__atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP ||
		vcrypto_done_count(qp) > qp->size);
}

/* A burst of one: what a longer one saves per op would cost it more. */
static __rte_always_inline uint16_t
enqueue_one(struct vcrypto_qp *qp, struct rte_crypto_op *op, enum vq_kind kind, bool plain)
{
	const struct vcrypto_session *s;
	struct vq_feed feed;
	bool taken;
	int rc;

	if (unlikely(closed(qp) || vq_feed_begin(&feed, &qp->vq, kind, plain) == 0)) {
		enqueued(qp, 0, 1, kind);
		return 0;
	}
	s = session_of(qp, op, &rc);
	if (likely(s != NULL))
		rc = add(qp, &feed, s, op, true, s->kind, kind);
	if (likely(rc == VCRYPTO_BUILT)) {
		vq_feed_publish(&feed, kind);
		enqueued(qp, 1, 1, kind);
		return 1;
	}
	taken = enqueue_other(qp, kind, op, rc);
	vq_publish(&qp->vq, kind);
	enqueued(qp, taken, 1, kind);
	return taken;
}

static __rte_always_inline uint16_t
enqueue_some(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops,
		enum vq_kind kind, bool plain)
{
	uint32_t room, n = 0, nb;
	struct vq_feed feed;
	bool taken = true;
	int rc;

	if (unlikely(closed(qp))) {
		enqueued(qp, 0, nb_ops, kind);
		return 0;
	}
	room = vq_feed_begin(&feed, &qp->vq, kind, plain);
	while (n < nb_ops && room != 0 && taken) {
		nb = run_any(qp, &feed, &ops[n], RTE_MIN(room, nb_ops - n), &rc, kind);
		n += nb;
		room -= nb;
		if (likely(rc == VCRYPTO_BUILT))
			continue;
		vq_feed_end(&feed, kind);
		taken = enqueue_other(qp, kind, ops[n], rc);
		n += taken;
		room = vq_feed_begin(&feed, &qp->vq, kind, plain);
	}
	vq_feed_publish(&feed, kind);
	enqueued(qp, n, nb_ops, kind);
	return (uint16_t)n;
}

/* ---- completion ---- */

/* A device's status as an op's: only OK is success, what is unknown is ERROR. */
static uint8_t
op_status(uint8_t status)
{
	switch (status) {
	case VIRTIO_CRYPTO_OK:
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	case VIRTIO_CRYPTO_BADMSG:
	case VIRTIO_CRYPTO_KEY_REJECTED:
		return RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
	case VIRTIO_CRYPTO_INVSESS:
		return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
	default:
		return RTE_CRYPTO_OP_STATUS_ERROR;
	}
}

/* What a slot's vcrypto_post says; returns the op's status. */
static uint8_t
post(struct vcrypto_qp *qp, uint16_t slot, uint8_t status)
{
	struct vcrypto_post *p = &qp->post[slot];
	uint8_t *computed = vcrypto_slot(qp, slot) + VCRYPTO_SLOT_DIGEST;

	if (p->ext != VCRYPTO_NO_EXT) {
		if (p->keys)
			vcrypto_mem_wipe(qp->ext + p->ext * VCRYPTO_EXT_ENTRIES +
					VCRYPTO_KEYS_ENTRY, VCRYPTO_KEYS_MAX);
		qp->ext_free |= 1u << p->ext;
		p->ext = VCRYPTO_NO_EXT;
	}
	if (status == RTE_CRYPTO_OP_STATUS_SUCCESS && p->digest_len != 0) {
		if (p->mask)
			vcrypto_digest_mask(p->digest, computed, p->digest_len);
		else if (!p->verify)
			memcpy(p->digest, computed, p->digest_len);
		else if (!vcrypto_digest_equal(p->digest, computed, p->digest_len))
			status = RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
	}
	return status;
}

/* One of several requests of an op; NULL until the last one. */
static struct rte_crypto_op *
part_done(struct vcrypto_group *g, uint8_t status)
{
	struct rte_crypto_op *op = g->op;

	if (g->status == RTE_CRYPTO_OP_STATUS_SUCCESS)
		g->status = status;
	if (--g->left != 0)
		return NULL;
	op->status = g->status;
	g->op = NULL;
	return op;
}

/* The uncommon completions; NULL if no op is complete by this one. */
static __rte_noinline struct rte_crypto_op *
complete_other(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot, uint8_t dev_status,
		uint32_t len)
{
	uint8_t status = op_status(dev_status);
	void *p = (void *)(token & ~(uintptr_t)VCRYPTO_TOKEN_BITS);
	struct rte_crypto_op *op = p;

	qp->stats.errors[RTE_MIN(dev_status, VCRYPTO_NB_ERRORS - 1)]++;
	if ((token & VCRYPTO_TOKEN_ASYM) == VCRYPTO_TOKEN_ASYM)
		return vcrypto_asym_complete(qp, p, status, len);
	if (token & VCRYPTO_TOKEN_POST) {
		/* A peer that verifies chains (strict_framing) has ERR for a forged digest. */
		if (dev_status == VIRTIO_CRYPTO_ERR && qp->iv_entry && qp->post[slot].verify)
			status = RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
		status = post(qp, slot, status);
	}
	if (token & VCRYPTO_TOKEN_PART)
		return part_done(p, status);
	if (token & VCRYPTO_TOKEN_RAW) {
		qp->raw_done[qp->raw_tail++ & qp->done_mask] =
			(struct vcrypto_raw_done){ *(void **)p, status };
		return NULL;
	}
	op->status = status;
	return op;
}

void
vcrypto_complete(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot, uint8_t status,
		uint32_t len)
{
	struct rte_crypto_op *op = complete_other(qp, token, slot, status, len);

	if (op != NULL)
		vcrypto_done_put(qp, op);
}

struct rte_crypto_op *
vcrypto_token_op(struct vcrypto_qp *qp, uintptr_t token, uint16_t slot)
{
	if (token & (VCRYPTO_TOKEN_PART | VCRYPTO_TOKEN_RAW))
		return NULL;
	if (token & VCRYPTO_TOKEN_POST)
		(void)post(qp, slot, RTE_CRYPTO_OP_STATUS_ERROR);
	return (struct rte_crypto_op *)(token & ~(uintptr_t)VCRYPTO_TOKEN_BITS);
}

/* Ops that completed without a completion of their own, oldest first. */
static __rte_noinline uint16_t
take_done(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	uint16_t n = 0;

	while (n < nb_ops && vcrypto_done_count(qp) != 0) {
		ops[n] = qp->done[qp->done_head++ & qp->done_mask];
		if (ops[n]->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
			qp->stats.dequeue_err++;
		n++;
	}
	if (vcrypto_done_count(qp) == 0)
		qp->odd &= ~VCRYPTO_ODD_DONE;
	return n;
}

/* The device broke a rule: everything comes back with an error, once. */
static __rte_noinline void
give_up(struct vcrypto_qp *qp)
{
	if (qp->broken_said)
		return;
	qp->broken_said = true;
	qp->odd |= VCRYPTO_ODD_BROKEN;
	VCRYPTO_ERR("%s: queue pair %u is broken (%s): no more requests; stop and start the "
		"device to use it again", qp->dev->name, qp->index, vq_broken(&qp->vq));
	vcrypto_qp_fail_in_flight(qp);
}

/* The device is lost, or just back: nothing comes from the ring. */
static __rte_noinline uint16_t
dequeue_down(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	uint16_t got;

	vcrypto_health_qp(qp);
	got = take_done(qp, ops, nb_ops);
	qp->stats.dequeued += got;
	return got;
}

void
vcrypto_poll(struct vcrypto_qp *qp)
{
	if (unlikely(__atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP)) {
		vcrypto_health_qp(qp);
		return;
	}
	(void)vcrypto_qp_drain(qp);
	if (unlikely(vq_broken(&qp->vq) != NULL))
		give_up(qp);
}

/* A request that the device completed; NULL if no op is complete by this one. */
static __rte_always_inline struct rte_crypto_op *
complete(struct vcrypto_qp *qp, void *token, size_t slot, uint32_t len)
{
	uint8_t status = vcrypto_status_take(qp, slot);
	struct rte_crypto_op *op = token;

	if (likely(((uintptr_t)token & VCRYPTO_TOKEN_BITS) == 0 && status == VIRTIO_CRYPTO_OK)) {
		op->status = RTE_CRYPTO_OP_STATUS_SUCCESS;
		return op;
	}
	op = complete_other(qp, (uintptr_t)token, (uint16_t)slot, status, len);
	if (op != NULL && op->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
		qp->stats.dequeue_err++;
	return op;
}

/* What looked like completions are none: mostly, a rule was broken. */
static __rte_noinline uint16_t
dequeue_none(struct vcrypto_qp *qp)
{
	if (vq_is_broken(&qp->vq))
		give_up(qp);
	return 0;
}

/* What vq_glance saw says that completions are there.  Lengths are asked for where the
 * queue may hold asymmetric ops: only their results have one that is not known before.
 */
static __rte_always_inline uint16_t
dequeue_some(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops, uint16_t seen,
		enum vq_kind kind, bool plain)
{
	size_t nb = vq_used_seen(&qp->vq, kind, seen, nb_ops), slot;
	uint32_t len = 0;
	uint32_t *want_len = !plain && qp->asym_in_flight != 0 ? &len : NULL;
	struct rte_crypto_op *op, **out = ops;
	struct vq_drain drain;
	uint16_t got;
	void *token;

	if (unlikely(nb == 0))
		return dequeue_none(qp);
	vq_drain_begin(&drain, &qp->vq, kind, nb, plain);
	while (vq_drain_take(&drain, kind, &token, &slot, want_len)) {
		op = complete(qp, token, slot, len);
		if (likely(op != NULL))
			*out++ = op;
	}
	vq_drain_end(&drain, kind);
	got = (uint16_t)(out - ops);
	qp->stats.dequeued += got;
	if (unlikely(vq_is_broken(&qp->vq)))
		give_up(qp);	/* what it held comes with the next call */
	return got;
}

/* The same for one at most, which needs no stack. */
static __rte_always_inline uint16_t
dequeue_one(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t seen, enum vq_kind kind,
		bool plain)
{
	struct vq_drain drain;
	size_t slot;
	void *token;

	if (unlikely(vq_used_seen(&qp->vq, kind, seen, 1) == 0))
		return dequeue_none(qp);
	vq_drain_begin(&drain, &qp->vq, kind, 1, plain);
	if (unlikely(!vq_drain_take(&drain, kind, &token, &slot, NULL)))
		return dequeue_none(qp);
	vq_drain_end(&drain, kind);
	ops[0] = complete(qp, token, slot, 0);
	if (unlikely(ops[0] == NULL))
		return 0;
	qp->stats.dequeued++;
	return 1;
}

/* Whatever the queue is or holds; done ops come alone, before those of the ring. */
static __rte_noinline uint16_t
dequeue_any(void *p, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	struct vcrypto_qp *qp = p;
	enum vq_kind kind = qp->dev->kind;
	uint16_t got, seen;

	if (__atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP)
		return dequeue_down(qp, ops, nb_ops);
	if (qp->odd & (VCRYPTO_ODD_DONE | VCRYPTO_ODD_BROKEN)) {
		got = take_done(qp, ops, nb_ops);
		qp->stats.dequeued += got;
		return got;
	}
	seen = vq_glance(&qp->vq, kind);
	return seen == 0 ? 0 : dequeue_some(qp, ops, nb_ops, seen, kind, false);
}

static uint16_t
enqueue_any(void *p, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	struct vcrypto_qp *qp = p;

	return enqueue_some(qp, ops, nb_ops, qp->dev->kind, false);
}

/* ---- one pair of functions per kind, for plain queues ---- */

/* Entry points are short: most polls find nothing, and need no stack. */
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
dequeue_some_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops, \
		uint16_t seen) \
{ \
	return dequeue_some(qp, ops, nb_ops, seen, kind, true); \
} \
\
static __rte_noinline uint16_t \
dequeue_one_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t seen) \
{ \
	return dequeue_one(qp, ops, seen, kind, true); \
} \
\
static uint16_t \
dequeue_ ## suffix(void *p, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	struct vcrypto_qp *qp = p; \
	uint16_t seen; \
\
	if (unlikely(!vcrypto_all_well(qp))) \
		return dequeue_any(qp, ops, nb_ops); \
	seen = vq_glance(&qp->vq, kind); \
	if (likely(seen == 0)) \
		return 0; \
	return nb_ops == 1 ? dequeue_one_ ## suffix(qp, ops, seen) : \
		dequeue_some_ ## suffix(qp, ops, nb_ops, seen); \
}

VCRYPTO_BURST(split, VQ_SPLIT)
VCRYPTO_BURST(split_in_order, VQ_SPLIT_IN_ORDER)
VCRYPTO_BURST(packed, VQ_PACKED)
VCRYPTO_BURST(packed_in_order, VQ_PACKED_IN_ORDER)

static uint16_t
burst_none(void *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	(void)qp;
	(void)ops;
	(void)nb_ops;
	return 0;
}

void
vcrypto_burst_none(struct rte_cryptodev *cdev)
{
	cdev->enqueue_burst = burst_none;
	cdev->dequeue_burst = burst_none;
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
	return burst[qp->dev->kind].dequeue(qp, ops, nb_ops);
}

void
vcrypto_burst_select(struct rte_cryptodev *cdev, enum vq_kind kind, bool plain)
{
	cdev->enqueue_burst = plain ? burst[kind].enqueue : enqueue_any;
	cdev->dequeue_burst = plain ? burst[kind].dequeue : dequeue_any;
}

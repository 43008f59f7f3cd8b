/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns enqueue and dequeue: the order clamp, build, add, publish once, kick once;
 * and the completion of what comes back.  The body is written once and compiled
 * per kind of virtqueue.  No allocation, no lock, no system call but the kick.
 */
#include <rte_branch_prediction.h>

#include "vcrypto_asym.h"
#include "vcrypto_build.h"
#include "vcrypto_burst.h"
#include "vcrypto_digest.h"
#include "vcrypto_dev.h"
#include "vcrypto_health.h"
#include "vcrypto_log.h"
#include "vcrypto_mem.h"

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
	return likely(s->cookie == qp->cookie) ? s : NULL;
}

static __rte_always_inline bool
same_session(const struct rte_crypto_op *op, const struct rte_crypto_op *first)
{
	return op->type == RTE_CRYPTO_OP_TYPE_SYMMETRIC &&
		op->sess_type == RTE_CRYPTO_OP_WITH_SESSION &&
		op->sym->session == first->sym->session;
}

/* Builds one op's request into the slot; VCRYPTO_BUILT, _OTHER or a status. */
static __rte_always_inline int
build(struct vcrypto_qp *qp, uint16_t slot, const struct vcrypto_session *h,
		const struct vcrypto_session *s, struct rte_crypto_op *op, uintptr_t *token,
		enum vcrypto_sess_kind sort)
{
	if (unlikely(op->sym->m_src == NULL))
		return RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
	if (sort == VCRYPTO_SESS_CIPHER)
		return vcrypto_build_cipher(qp, slot, h, s, op);
	if (sort == VCRYPTO_SESS_CHAIN)
		return vcrypto_build_chain(qp, slot, h, s, op, token);
	if (sort == VCRYPTO_SESS_AEAD)
		return vcrypto_build_aead(qp, slot, s, op, token);
	return vcrypto_build_digest(qp, slot, s, op, token);
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
	const struct vcrypto_session hot = vcrypto_hot(s);
	uintptr_t token;
	uint32_t n = 0;
	uint16_t slot;

	do {
		slot = vq_feed_slot(feed, kind);
		token = (uintptr_t)ops[n];
		*rc = build(qp, slot, &hot, s, ops[n], &token, sort);
		if (unlikely(*rc != VCRYPTO_BUILT))
			break;
		vq_feed_add(feed, kind, slot, (void *)token);
	} while (++n < nb && same_session(ops[n], ops[0]));
	return n;
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

/* What was added becomes visible, with at most one notification; n ops of nb_ops. */
static __rte_always_inline void
publish(struct vcrypto_qp *qp, uint32_t n, uint32_t nb_ops, enum vq_kind kind)
{
	if (n != 0)
		vcrypto_expose(qp, kind);
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
	return __atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP ||
		vcrypto_done_count(qp) > qp->size;
}

/* A burst of one: what a longer one saves per op would cost it more. */
static __rte_always_inline uint16_t
enqueue_one(struct vcrypto_qp *qp, struct rte_crypto_op *op, enum vq_kind kind)
{
	const struct vcrypto_session *s;
	uintptr_t token = (uintptr_t)op;
	struct vq *vq = &qp->vq;
	bool taken = true;
	uint16_t slot;
	int rc;

	if (unlikely(closed(qp) || vq_nb_free(vq) == 0)) {
		publish(qp, 0, 1, kind);
		return 0;
	}
	s = session_of(qp, op, &rc);
	if (likely(s != NULL)) {
		slot = vq_next_slot(vq, kind);
		rc = build(qp, slot, s, s, op, &token, s->kind);
	}
	if (likely(rc == VCRYPTO_BUILT))
		vq_add(vq, kind, slot, (void *)token);
	else
		taken = enqueue_other(qp, kind, op, rc);
	publish(qp, taken, 1, kind);
	return taken;
}

static __rte_always_inline uint16_t
enqueue_some(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops,
		enum vq_kind kind)
{
	uint32_t room, n = 0, nb;
	struct vq_feed feed;
	bool taken = true;
	int rc;

	if (unlikely(closed(qp))) {
		publish(qp, 0, nb_ops, kind);
		return 0;
	}
	room = vq_feed_begin(&feed, &qp->vq, kind);
	while (n < nb_ops && room != 0 && taken) {
		nb = run_any(qp, &feed, &ops[n], RTE_MIN(room, nb_ops - n), &rc, kind);
		n += nb;
		room -= nb;
		if (likely(rc == VCRYPTO_BUILT))
			continue;
		vq_feed_end(&feed, kind);
		taken = enqueue_other(qp, kind, ops[n], rc);
		n += taken;
		room = vq_feed_begin(&feed, &qp->vq, kind);
	}
	vq_feed_end(&feed, kind);
	publish(qp, n, nb_ops, kind);
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
	return n;
}

/* The device broke a rule: everything comes back with an error, once. */
static __rte_noinline void
give_up(struct vcrypto_qp *qp)
{
	if (qp->broken_said)
		return;
	qp->broken_said = true;
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

/* Anything but completions of the ring alone. */
static __rte_noinline uint16_t
dequeue_other(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	uint16_t got;

	if (__atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP)
		return dequeue_down(qp, ops, nb_ops);
	got = take_done(qp, ops, nb_ops);
	qp->stats.dequeued += got;
	return got;
}

/* nb completions, at most, are there. */
static __rte_always_inline uint16_t
dequeue_some(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb, enum vq_kind kind)
{
	/* Only results of asymmetric ops have a length that is not known before. */
	uint32_t len = 0, *want_len = unlikely(qp->asym_in_flight != 0) ? &len : NULL;
	struct vq_drain drain;
	struct rte_crypto_op *op;
	uintptr_t token;
	uint16_t got = 0, slot;
	uint8_t status;

	vq_drain_open(&drain, &qp->vq, kind, nb);
	while ((token = (uintptr_t)vq_drain_take(&drain, kind, &slot, want_len)) != 0) {
		status = vcrypto_status_take(qp, slot);
		op = (struct rte_crypto_op *)token;
		if (likely((token & VCRYPTO_TOKEN_BITS) == 0 && status == VIRTIO_CRYPTO_OK)) {
			op->status = RTE_CRYPTO_OP_STATUS_SUCCESS;
		} else {
			op = complete_other(qp, token, slot, status, len);
			if (op == NULL)
				continue;
			if (op->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
				qp->stats.dequeue_err++;
		}
		ops[got++] = op;
	}
	vq_drain_end(&drain, kind);
	qp->stats.dequeued += got;
	if (unlikely(vq_is_broken(&qp->vq)))
		give_up(qp);	/* what it held comes with the next call */
	return got;
}

/* The one completion that is there, as above. */
static __rte_always_inline uint16_t
dequeue_one(struct vcrypto_qp *qp, struct rte_crypto_op **ops, enum vq_kind kind)
{
	struct rte_crypto_op *op;
	uintptr_t token;
	uint8_t status;
	uint16_t slot;

	if (unlikely(qp->asym_in_flight != 0))
		return dequeue_some(qp, ops, 1, kind);
	token = (uintptr_t)vq_take(&qp->vq, kind, &slot, NULL);
	if (unlikely(token == 0)) {
		if (vq_is_broken(&qp->vq))
			give_up(qp);
		return 0;
	}
	status = vcrypto_status_take(qp, slot);
	op = (struct rte_crypto_op *)token;
	if (likely((token & VCRYPTO_TOKEN_BITS) == 0 && status == VIRTIO_CRYPTO_OK)) {
		op->status = RTE_CRYPTO_OP_STATUS_SUCCESS;
	} else {
		op = complete_other(qp, token, slot, status, 0);
		if (op == NULL)
			return 0;
		if (op->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
			qp->stats.dequeue_err++;
	}
	ops[0] = op;
	qp->stats.dequeued++;
	return 1;
}

/* Short, for most polls find nothing; done ops come alone, before those of the ring. */
static __rte_always_inline uint16_t
dequeue_begin(struct vcrypto_qp *qp, uint16_t nb_ops, enum vq_kind kind, bool *other)
{
	uint16_t nb;

	*other = unlikely((qp->done_head ^ qp->done_tail) |
			__atomic_load_n(&qp->down, __ATOMIC_RELAXED));
	if (*other)
		return 0;
	nb = vq_used(&qp->vq, kind, nb_ops);
	if (unlikely(nb == 0 && vq_is_broken(&qp->vq)))
		give_up(qp);
	return nb;
}

/* ---- one pair of functions per kind ---- */

#define VCRYPTO_BURST(suffix, kind) \
static __rte_noinline uint16_t \
enqueue_some_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	return enqueue_some(qp, ops, nb_ops, kind); \
} \
\
static uint16_t \
enqueue_ ## suffix(void *qp, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	return nb_ops == 1 ? enqueue_one(qp, ops[0], kind) : \
		enqueue_some_ ## suffix(qp, ops, nb_ops); \
} \
\
static __rte_noinline uint16_t \
dequeue_some_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops, uint16_t nb) \
{ \
	return dequeue_some(qp, ops, nb, kind); \
} \
\
static __rte_noinline uint16_t \
dequeue_one_ ## suffix(struct vcrypto_qp *qp, struct rte_crypto_op **ops) \
{ \
	return dequeue_one(qp, ops, kind); \
} \
\
static uint16_t \
dequeue_ ## suffix(void *qp, struct rte_crypto_op **ops, uint16_t nb_ops) \
{ \
	bool other; \
	uint16_t nb = dequeue_begin(qp, nb_ops, kind, &other); \
\
	if (unlikely(other)) \
		return dequeue_other(qp, ops, nb_ops); \
	if (nb == 1) \
		return dequeue_one_ ## suffix(qp, ops); \
	return nb == 0 ? 0 : dequeue_some_ ## suffix(qp, ops, nb); \
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
	return burst[qp->dev->kind].enqueue(qp, ops, nb_ops);
}

void
vcrypto_burst_select(struct rte_cryptodev *cdev, enum vq_kind kind)
{
	cdev->enqueue_burst = burst[kind].enqueue;
	cdev->dequeue_burst = burst[kind].dequeue;
}

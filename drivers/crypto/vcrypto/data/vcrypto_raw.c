/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the raw data path: describes vectors as requests (vcrypto_sym_request.h), adds them
 * unseen by the device, and publishes and kicks when the caller says so.  Takes results
 * from the done ring of the raw data path, which vcrypto_burst_poll() fills.
 */
#include <errno.h>
#include <string.h>

#include <rte_eal.h>

#include "data/vcrypto_burst.h"
#include "data/vcrypto_complete.h"
#include "data/vcrypto_raw.h"
#include "data/vcrypto_sym_op.h"
#include "data/vcrypto_sym_request.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_copy.h"

/* What rte_crypto_raw_dp_ctx.drv_ctx_data holds: no key, for it is the caller's memory. */
struct raw_ctx {
	const struct vcrypto_session *s;	/* NULL: sessionless */
	/* The cookie that s serves, atomic: s->cookie, or the ready word of a copy.  s is read
	 * only while this is the queue pair's.
	 */
	const uint64_t *serves;
	const struct rte_crypto_sym_xform *xform;
	uint64_t cookie;		/* sessionless: of the queue pair when configured */
};

/* The arguments of one operation, apart from its payload. */
struct raw_args {
	union rte_crypto_sym_ofs ofs;
	const struct rte_crypto_va_iova_ptr *iv, *digest, *aad;
	void *user_data;
};

static uint32_t
raw_vec_len(const struct rte_crypto_vec *vec, uint32_t nb)
{
	uint64_t len = 0;
	uint32_t i;

	for (i = 0; i < nb; i++)
		len += vec[i].len;
	return len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
}

/* The range between head and tail of len bytes; false if they overlap. */
static bool
raw_range(uint32_t len, uint32_t head, uint32_t tail, uint32_t *off, uint32_t *out)
{
	if ((uint64_t)head + tail > len)
		return false;
	*off = head;
	*out = len - head - tail;
	return true;
}

/* What a NULL cipher does; false if a range lies outside. */
static bool
raw_copy(const struct vcrypto_sym_request *r, uint32_t len, union rte_crypto_sym_ofs ofs)
{
	struct vcrypto_sym_request span = { .src = r->src, .dst = r->dst };
	struct vcrypto_range cipher, auth = { 0, 0 };

	return raw_range(len, ofs.ofs.cipher.head, ofs.ofs.cipher.tail, &cipher.off, &cipher.len) &&
		(r->s->kind == VCRYPTO_SESS_NULL ||
		raw_range(len, ofs.ofs.auth.head, ofs.ofs.auth.tail, &auth.off, &auth.len)) &&
		vcrypto_sym_request_set_chain(&span, &cipher, &auth) &&
		vcrypto_sym_request_copy(&span);
}

/* Fills in the ranges of a request over len bytes; false if one lies outside. */
static bool
raw_ranges(struct vcrypto_sym_request *r, uint32_t len, union rte_crypto_sym_ofs ofs)
{
	struct vcrypto_range cipher, auth;

	switch (r->s->kind) {
	case VCRYPTO_SESS_CIPHER:
	case VCRYPTO_SESS_AEAD:
		return raw_range(len, ofs.ofs.cipher.head, ofs.ofs.cipher.tail, &r->off, &r->len);
	case VCRYPTO_SESS_CHAIN:
		return raw_range(len, ofs.ofs.cipher.head, ofs.ofs.cipher.tail, &cipher.off,
				&cipher.len) &&
			raw_range(len, ofs.ofs.auth.head, ofs.ofs.auth.tail, &auth.off,
				&auth.len) &&
			vcrypto_sym_request_set_chain(r, &cipher, &auth);
	default:
		if (r->s->null_cipher && !raw_copy(r, len, ofs))
			return false;
		r->has_dst = false;
		return r->s->kind == VCRYPTO_SESS_NULL ||
			raw_range(len, ofs.ofs.auth.head, ofs.ofs.auth.tail, &r->off, &r->len);
	}
}

static bool
raw_session_ok(const struct vcrypto_qp *qp, const struct vcrypto_session *s,
		const uint64_t *serves)
{
	/* Pairs with copy_advance() and vcrypto_session_adopt(): the header is complete. */
	return __atomic_load_n(serves, __ATOMIC_ACQUIRE) == qp->cookie ||
		s->kind == VCRYPTO_SESS_NULL;
}

/* 0 if one more operation can be cached; -ENOSPC: no room now, or the device is lost. */
static int
raw_room(const struct vcrypto_qp *qp)
{
	if (__atomic_load_n(&qp->down, __ATOMIC_RELAXED) != VCRYPTO_UP ||
			vq_nb_free(&qp->vq) == 0 || qp->nb_cached >= qp->size ||
			vcrypto_raw_count(qp) >= qp->size || vcrypto_done_count(qp) > qp->size)
		return -ENOSPC;
	return 0;
}

/* Describes one operation, whose session r has.  False: it is illegal. */
static bool
raw_describe(struct vcrypto_sym_request *r, struct vcrypto_qp *qp, uint16_t slot,
		const struct rte_crypto_sgl *src, const struct rte_crypto_sgl *dst,
		const struct raw_args *a)
{
	const struct vcrypto_session *s = r->s;
	const struct rte_crypto_va_iova_ptr *iv = s->kind == VCRYPTO_SESS_GMAC ? a->aad : a->iv;

	if (s->iv_len != 0 && (iv == NULL || iv->va == NULL))
		return false;
	r->has_dst = true;
	r->src.vec = src->vec;
	r->src.nb_vec = src->num;
	r->dst.vec = dst->vec;
	r->dst.nb_vec = dst->num;
	r->iv = s->iv_len != 0 ? (const uint8_t *)iv->va + s->raw_iv_off : NULL;
	if (a->digest != NULL) {
		r->digest = a->digest->va;
		r->digest_iova = a->digest->iova;
	}
	if (s->aad_len != 0 && a->aad != NULL)
		r->aad = vcrypto_build_aad_addr(qp, slot, s, a->aad->va, a->aad->iova);
	return raw_ranges(r, raw_vec_len(src->vec, src->num), a->ofs) &&
		vcrypto_sym_request_check(r) == VCRYPTO_BUILT;
}

static void
raw_cache(struct vcrypto_qp *qp, const struct vcrypto_placed *p)
{
	qp->cached[qp->nb_cached++] = *p;
	qp->detour |= VCRYPTO_DETOUR_CACHED;
}

/* Adds the request of one operation to the ring, not yet visible to the device. */
static int
raw_add(struct vcrypto_qp *qp, struct vcrypto_sym_request *r, const struct rte_crypto_sgl *src,
		const struct rte_crypto_sgl *dst, const struct raw_args *a)
{
	enum vq_kind kind = qp->dev->kind;
	uint16_t slot = vq_next_slot(&qp->vq, kind);
	enum vcrypto_verdict verdict;

	if (!raw_describe(r, qp, slot, src, dst, a))
		return -EINVAL;
	if (r->s->kind == VCRYPTO_SESS_NULL) {
		raw_cache(qp, &(struct vcrypto_placed){
			.token = (uintptr_t)a->user_data,
			.slot = VCRYPTO_NO_SLOT,
		});
		return 0;
	}
	r->token = (uintptr_t)&qp->raw[slot] | VCRYPTO_TOKEN_RAW;
	verdict = vcrypto_sym_request_add(qp, kind, slot, r);
	if (verdict != VCRYPTO_BUILT)
		return verdict == VCRYPTO_FULL ? -ENOSPC : -EINVAL;
	qp->raw[slot] = (struct vcrypto_raw_op){ a->user_data, true };
	raw_cache(qp, &r->placed);
	return 0;
}

/* Enqueues one operation.  0: it is cached; -ENOSPC as raw_room(); -EINVAL: an illegal
 * operation, or a session of an earlier life of the device.
 */
static int
raw_take(struct vcrypto_qp *qp, const struct raw_ctx *ctx, const struct rte_crypto_sgl *src,
		const struct rte_crypto_sgl *dst, const struct raw_args *a)
{
	struct vcrypto_sym_request r = { .s = ctx->s };
	uint8_t expanded[VCRYPTO_KEY_ROOM];
	struct vcrypto_session own;
	struct req_session req;
	int rc = raw_room(qp);

	if (rc != 0)
		return rc;
	if (ctx->s != NULL)
		return raw_session_ok(qp, ctx->s, ctx->serves) ? raw_add(qp, &r, src, dst, a) :
			-EINVAL;
	rc = -EINVAL;
	if (ctx->cookie == qp->cookie && vcrypto_sym_op_stateless(&own, &req, qp->dev, ctx->xform,
			expanded) == VCRYPTO_BUILT) {
		r.s = &own;
		r.stateless = &req;
		rc = raw_add(qp, &r, src, dst, a);
	}
	vcrypto_mem_wipe(expanded, sizeof(expanded));
	return rc;
}

static int
raw_enqueue(void *qp, uint8_t *drv_ctx, struct rte_crypto_vec *data_vec, uint16_t n_data_vecs,
		union rte_crypto_sym_ofs ofs, struct rte_crypto_va_iova_ptr *iv,
		struct rte_crypto_va_iova_ptr *digest,
		struct rte_crypto_va_iova_ptr *aad_or_auth_iv, void *user_data)
{
	struct rte_crypto_sgl sgl = { .vec = data_vec, .num = n_data_vecs };
	struct raw_args a = { ofs, iv, digest, aad_or_auth_iv, user_data };

	/* 0 means cached (rte_cryptodev.h): raw_enqueue_done() publishes it. */
	return raw_take(qp, (const void *)drv_ctx, &sgl, &sgl, &a);
}

static uint32_t
raw_enqueue_burst(void *qp, uint8_t *drv_ctx, struct rte_crypto_sym_vec *vec,
		union rte_crypto_sym_ofs ofs, void *user_data[], int *enqueue_status)
{
	uint32_t i;
	int rc = 0;

	for (i = 0; i < vec->num; i++) {
		struct raw_args a = {
			.ofs = ofs,
			.iv = vec->iv != NULL ? &vec->iv[i] : NULL,
			.digest = vec->digest != NULL ? &vec->digest[i] : NULL,
			.aad = vec->aad != NULL ? &vec->aad[i] : NULL,
			.user_data = user_data[i],
		};

		rc = raw_take(qp, (const void *)drv_ctx, &vec->src_sgl[i],
				vec->dest_sgl != NULL ? &vec->dest_sgl[i] : &vec->src_sgl[i], &a);
		if (rc != 0)
			break;
	}
	*enqueue_status = rc == -ENOSPC ? 0 : rc;
	return i;
}

static void
raw_submit(struct vcrypto_qp *qp, const struct vcrypto_placed *p)
{
	if (p->slot != VCRYPTO_NO_SLOT)
		qp->raw[p->slot].cached = false;
	else
		qp->raw_done[qp->raw_tail++ & qp->done_mask] = (struct vcrypto_raw_done){
			(void *)p->token, RTE_CRYPTO_OP_STATUS_SUCCESS };
}

/* Submits the n oldest of the cached operations, and keeps the others out of the ring while
 * it publishes and notifies.
 */
static int
raw_enqueue_done(void *p, uint8_t *drv_ctx, uint32_t n)
{
	struct vcrypto_qp *qp = p;
	enum vq_kind kind = qp->dev->kind;
	uint32_t i;

	(void)drv_ctx;
	if (vcrypto_complete_cheated(qp) || n > qp->nb_cached)
		return -EINVAL;
	if (n == 0)
		return 0;
	for (i = qp->nb_cached; i-- > n;)
		if (qp->cached[i].slot != VCRYPTO_NO_SLOT)
			vq_cancel(&qp->vq, qp->cached[i].slot);
	for (i = 0; i < n; i++)
		raw_submit(qp, &qp->cached[i]);
	vq_publish(&qp->vq, kind);
	vcrypto_qp_kick(qp, kind);
	qp->stats.enqueued += n;
	qp->nb_cached -= n;
	memmove(qp->cached, qp->cached + n, qp->nb_cached * sizeof(qp->cached[0]));
	for (i = 0; i < qp->nb_cached; i++)
		if (qp->cached[i].slot != VCRYPTO_NO_SLOT)
			vcrypto_sym_request_place(qp, kind, &qp->cached[i]);
	if (qp->nb_cached == 0)
		qp->detour &= ~VCRYPTO_DETOUR_CACHED;
	return 0;
}

static struct vcrypto_raw_done
raw_pop(struct vcrypto_qp *qp)
{
	struct vcrypto_raw_done d = qp->raw_done[qp->raw_head++ & qp->done_mask];

	qp->stats.dequeued++;
	if (d.status != RTE_CRYPTO_OP_STATUS_SUCCESS)
		qp->stats.dequeue_err++;
	return d;
}

static void *
raw_dequeue(void *p, uint8_t *drv_ctx, int *dequeue_status, enum rte_crypto_op_status *op_status)
{
	struct vcrypto_qp *qp = p;
	struct vcrypto_raw_done d;

	(void)drv_ctx;
	if (vcrypto_raw_count(qp) == 0)
		vcrypto_burst_poll(qp);
	if (vcrypto_raw_count(qp) == 0) {
		*dequeue_status = 0;
		return NULL;
	}
	d = raw_pop(qp);
	*dequeue_status = 1;
	*op_status = d.status;
	return d.user_data;
}

static uint32_t
raw_dequeue_burst(void *p, uint8_t *drv_ctx, rte_cryptodev_raw_get_dequeue_count_t get_count,
		uint32_t max_nb, rte_cryptodev_raw_post_dequeue_t post_dequeue,
		void **out_user_data, uint8_t is_user_data_array, uint32_t *n_success,
		int *dequeue_status)
{
	struct vcrypto_qp *qp = p;
	uint32_t n, i;

	(void)drv_ctx;
	vcrypto_burst_poll(qp);
	*n_success = 0;
	*dequeue_status = 0;
	if (vcrypto_raw_count(qp) == 0)
		return 0;
	n = get_count != NULL ?
		get_count(qp->raw_done[qp->raw_head & qp->done_mask].user_data) : max_nb;
	n = RTE_MIN(n, vcrypto_raw_count(qp));
	for (i = 0; i < n; i++) {
		struct vcrypto_raw_done d = raw_pop(qp);
		bool ok = d.status == RTE_CRYPTO_OP_STATUS_SUCCESS;

		if (i == 0 || is_user_data_array)
			out_user_data[i] = d.user_data;
		*n_success += ok;
		if (post_dequeue != NULL)
			post_dequeue(is_user_data_array ? d.user_data : out_user_data[0], i, ok);
	}
	*dequeue_status = 1;
	return n;
}

/* Nothing is left to do: a slot is free as soon as its request was dequeued. */
static int
raw_dequeue_done(void *qp, uint8_t *drv_ctx, uint32_t n)
{
	(void)qp;
	(void)drv_ctx;
	(void)n;
	return 0;
}

int
vcrypto_raw_ctx_size(struct rte_cryptodev *cdev)
{
	(void)cdev;
	return sizeof(struct raw_ctx);
}

/* The session as this queue pair's device has it: that of another device is created here if
 * need be, which may take ctrl_timeout_ms.  False if it cannot be.
 */
static bool
raw_set_session(struct raw_ctx *raw, struct vcrypto_qp *qp, struct vcrypto_session *s)
{
	const struct vcrypto_session *copy;

	*raw = (struct raw_ctx){ .s = s, .serves = &s->cookie };
	if (raw_session_ok(qp, raw->s, raw->serves))
		return true;
	if (rte_eal_process_type() != RTE_PROC_PRIMARY ||
			vcrypto_copy_wait(&copy, qp->dev, s, qp->cookie) != 0)
		return false;
	*raw = (struct raw_ctx){ .s = copy, .serves = vcrypto_copy_ready(copy) };
	return true;
}

/* The session or xform of a context; s is the session that its operations would have. */
static int
raw_find_session(struct raw_ctx *raw, struct vcrypto_session *s, struct vcrypto_qp *qp,
		enum rte_crypto_op_sess_type sess_type, union rte_cryptodev_session_ctx session_ctx)
{
	uint8_t expanded[VCRYPTO_KEY_ROOM];
	struct req_session req;
	int rc;

	switch (sess_type) {
	case RTE_CRYPTO_OP_WITH_SESSION:
		if (session_ctx.crypto_sess == NULL || !vcrypto_sym_session_is_of(
				session_ctx.crypto_sess, qp->dev->driver_id))
			return -EINVAL;
		if (!raw_set_session(raw, qp,
				CRYPTODEV_GET_SYM_SESS_PRIV(session_ctx.crypto_sess)))
			return -EINVAL;
		*s = *raw->s;
		return 0;
	case RTE_CRYPTO_OP_SESSIONLESS:
		if (session_ctx.xform == NULL)
			return -EINVAL;
		*raw = (struct raw_ctx){ .xform = session_ctx.xform, .cookie = qp->cookie };
		rc = vcrypto_sym_op_stateless(s, &req, qp->dev, raw->xform, expanded) ==
			VCRYPTO_BUILT ? 0 : -ENOTSUP;
		vcrypto_mem_wipe(expanded, sizeof(expanded));
		return rc;
	default:
		return -ENOTSUP;
	}
}

int
vcrypto_raw_configure(struct rte_cryptodev *cdev, uint16_t qp_id,
		struct rte_crypto_raw_dp_ctx *ctx, enum rte_crypto_op_sess_type sess_type,
		union rte_cryptodev_session_ctx session_ctx, uint8_t is_update)
{
	struct vcrypto_qp *qp = cdev->data->queue_pairs[qp_id];
	struct raw_ctx raw;
	struct vcrypto_session s;
	int rc;

	/* A context that is set up anew begins with nothing cached, whatever comes of it. */
	if (!is_update)
		vcrypto_complete_forget(qp);
	rc = raw_find_session(&raw, &s, qp, sess_type, session_ctx);
	if (rc != 0)
		return rc;
	/* An operation cannot have several data units. */
	if (s.dataunit_len != 0 ||
			(qp->dev->traits.strict_framing && s.kind == VCRYPTO_SESS_CHAIN))
		return -ENOTSUP;
	memcpy(ctx->drv_ctx_data, &raw, sizeof(raw));
	if (is_update)
		return 0;
	ctx->qp_data = qp;
	ctx->enqueue = raw_enqueue;
	ctx->enqueue_burst = raw_enqueue_burst;
	ctx->enqueue_done = raw_enqueue_done;
	ctx->dequeue = raw_dequeue;
	ctx->dequeue_burst = raw_dequeue_burst;
	ctx->dequeue_done = raw_dequeue_done;
	return 0;
}

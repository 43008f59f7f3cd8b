/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the slow path's reading of symmetric ops: it describes segments, empty input,
 * ranges in bits, several data units and sessionless ops as requests, for
 * vcrypto_sym_request.c to build.  Asymmetric ops pass through to vcrypto_asym_op.c.
 */
#include <string.h>

#include "data/vcrypto_asym_op.h"
#include "data/vcrypto_sym_request.h"
#include "data/vcrypto_sym_op.h"
#include "device/vcrypto_mem.h"

static enum vcrypto_verdict
sym_describe_cipher(struct vcrypto_sym_request *r, const struct rte_crypto_sym_op *sym)
{
	uint32_t unit = (1u << r->s->len_shift) - 1;

	if (((sym->cipher.data.offset | sym->cipher.data.length) & unit) != 0)
		return VCRYPTO_BAD_ARGS;
	r->off = sym->cipher.data.offset >> r->s->len_shift;
	r->len = sym->cipher.data.length >> r->s->len_shift;
	return VCRYPTO_BUILT;
}

static enum vcrypto_verdict
sym_describe_chain(struct vcrypto_sym_request *r, struct rte_crypto_sym_op *sym)
{
	struct vcrypto_range cipher = { sym->cipher.data.offset, sym->cipher.data.length };
	struct vcrypto_range auth = { sym->auth.data.offset, sym->auth.data.length };

	r->digest = sym->auth.digest.data;
	r->digest_iova = sym->auth.digest.phys_addr;
	return vcrypto_sym_request_set_chain(r, &cipher, &auth) ? VCRYPTO_BUILT : VCRYPTO_BAD_ARGS;
}

/* A peer of strict framing writes a chain's result from the cipher's offset on, and only
 * finds it within the first destination entry; so there must be a result.
 */
static bool
sym_cipher_in_first_entry(const struct vcrypto_sym_request *r)
{
	const struct rte_mbuf *m = r->dst.m;
	uint32_t off = r->off, ahead = r->cipher_off - r->off;

	while (m != NULL && off >= m->data_len) {
		off -= m->data_len;
		m = m->next;
	}
	return m != NULL && r->cipher_len != 0 && ahead < m->data_len - off;
}

static void
sym_describe_aead(struct vcrypto_qp *qp, uint16_t slot, struct vcrypto_sym_request *r,
		struct rte_crypto_sym_op *sym)
{
	r->off = sym->aead.data.offset;
	r->len = sym->aead.data.length;
	r->digest = sym->aead.digest.data;
	r->digest_iova = sym->aead.digest.phys_addr;
	if (r->s->aad_len != 0)
		r->aad = vcrypto_build_aad_addr(qp, slot, r->s, sym->aead.aad.data,
				sym->aead.aad.phys_addr);
}

static enum vcrypto_verdict
sym_describe_digest(struct vcrypto_sym_request *r, struct rte_crypto_sym_op *sym)
{
	uint32_t unit = (1u << r->s->len_shift) - 1;

	if (((sym->auth.data.offset | sym->auth.data.length) & unit) != 0)
		return VCRYPTO_BAD_ARGS;
	r->off = sym->auth.data.offset >> r->s->len_shift;
	r->len = sym->auth.data.length >> r->s->len_shift;
	r->digest = sym->auth.digest.data;
	r->digest_iova = sym->auth.digest.phys_addr;
	r->has_dst = false;
	return VCRYPTO_BUILT;
}

/* Copies out of place what a NULL cipher leaves as it is: the span of both ranges, as a
 * chain with another cipher does.  auth is empty if there is no digest.
 */
static enum vcrypto_verdict
sym_copy(const struct vcrypto_sym_request *r, const struct rte_crypto_sym_op *sym,
		struct vcrypto_range auth)
{
	struct vcrypto_range cipher = { sym->cipher.data.offset, sym->cipher.data.length };
	struct vcrypto_sym_request span = { .src = r->src, .dst = r->dst };

	return vcrypto_sym_request_set_chain(&span, &cipher, &auth) &&
		vcrypto_sym_request_copy(&span) ? VCRYPTO_DONE : VCRYPTO_BAD_ARGS;
}

static enum vcrypto_verdict
sym_describe(struct vcrypto_qp *qp, uint16_t slot, struct vcrypto_sym_request *r,
		struct rte_crypto_op *op)
{
	struct rte_crypto_sym_op *sym = op->sym;
	enum vcrypto_verdict verdict = VCRYPTO_BUILT;

	r->token = (uintptr_t)op;
	r->src.m = sym->m_src;
	r->dst.m = sym->m_dst != NULL ? sym->m_dst : sym->m_src;
	r->has_dst = true;
	r->iv = rte_crypto_op_ctod_offset(op, const uint8_t *, r->s->iv_off);
	switch (r->s->kind) {
	case VCRYPTO_SESS_CIPHER:
		verdict = sym_describe_cipher(r, sym);
		break;
	case VCRYPTO_SESS_CHAIN:
		verdict = sym_describe_chain(r, sym);
		if (verdict == VCRYPTO_BUILT && qp->dev->traits.strict_framing &&
				!sym_cipher_in_first_entry(r))
			verdict = VCRYPTO_BAD_ARGS;
		break;
	case VCRYPTO_SESS_AEAD:
		sym_describe_aead(qp, slot, r, sym);
		break;
	case VCRYPTO_SESS_NULL:
		return r->s->null_cipher ? sym_copy(r, sym, (struct vcrypto_range){ 0, 0 }) :
			VCRYPTO_DONE;
	default:
		verdict = sym_describe_digest(r, sym);
		if (verdict == VCRYPTO_BUILT && r->s->null_cipher && sym_copy(r, sym,
				(struct vcrypto_range){ r->off, r->len }) != VCRYPTO_DONE)
			verdict = VCRYPTO_BAD_ARGS;
		break;
	}
	return verdict == VCRYPTO_BUILT ? vcrypto_sym_request_check(r) : verdict;
}

/* ---- sessionless ops: parameters and keys travel with the request (5.9.9) ---- */

enum vcrypto_verdict
vcrypto_sym_op_stateless(struct vcrypto_session *s, struct req_session *req,
		struct vcrypto_dev *dev, const struct rte_crypto_sym_xform *xform,
		uint8_t expanded[VCRYPTO_KEY_ROOM])
{
	unsigned int flags;
	uint64_t keys;

	if (xform == NULL || vcrypto_session_params(s, req, dev, xform, expanded) != 0 ||
			s->dataunit_len != 0 || s->device_verifies)
		return VCRYPTO_BAD_ARGS;
	if (s->kind == VCRYPTO_SESS_NULL)
		return VCRYPTO_BUILT;
	flags = vcrypto_req_flags(dev, req_kind_service(req->kind));
	if ((flags & REQ_F_STATELESS) == 0)
		return VCRYPTO_BAD_SESSION;
	/* Not offered (vcrypto_caps.c). */
	if ((dev->features & VIRTIO_F_INDIRECT_DESC) == 0)
		return VCRYPTO_BAD_ARGS;
	keys = (uint64_t)req->key_len + req->auth_key_len;
	if (keys + s->iv_len + s->iv_tail > VCRYPTO_KEYS_MAX ||
			vcrypto_session_header(s, req, flags, true) != 0)
		return VCRYPTO_BAD_ARGS;
	/* Keys are in the variable part too, so they reduce the input that max_size leaves. */
	if (dev->lim.max_size != UINT64_MAX) {
		if (keys + s->min_len > s->max_len)
			return VCRYPTO_BAD_ARGS;
		s->max_len -= (uint32_t)keys;
	}
	return VCRYPTO_BUILT;
}

static enum vcrypto_verdict
sym_build_stateless(struct vcrypto_qp *qp, enum vq_kind kind, struct vcrypto_sym_request *r,
		struct rte_crypto_op *op)
{
	uint8_t expanded[VCRYPTO_KEY_ROOM];
	struct vcrypto_session s;
	struct req_session req;
	enum vcrypto_verdict verdict = vcrypto_sym_op_stateless(&s, &req, qp->dev, op->sym->xform,
			expanded);
	uint16_t slot = 0;

	if (verdict == VCRYPTO_BUILT) {
		r->s = &s;
		r->stateless = &req;
		slot = vq_next_slot(&qp->vq, kind);
		verdict = sym_describe(qp, slot, r, op);
	}
	if (verdict == VCRYPTO_BUILT)
		verdict = vcrypto_sym_request_add(qp, kind, slot, r);
	vcrypto_mem_wipe(expanded, sizeof(expanded));
	return verdict;
}

enum vcrypto_verdict
vcrypto_sym_op_build_with(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op,
		const struct vcrypto_session *s)
{
	struct vcrypto_sym_request r = { .s = s };
	enum vcrypto_verdict verdict;
	uint16_t slot;

	if (op->sym->m_src == NULL)
		return VCRYPTO_BAD_ARGS;
	slot = vq_next_slot(&qp->vq, kind);
	verdict = sym_describe(qp, slot, &r, op);
	return verdict == VCRYPTO_BUILT ? vcrypto_sym_request_add(qp, kind, slot, &r) : verdict;
}

enum vcrypto_verdict
vcrypto_sym_op_build(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op)
{
	struct vcrypto_sym_request r = { .s = NULL };

	if (op->type == RTE_CRYPTO_OP_TYPE_ASYMMETRIC)
		return vcrypto_asym_op_build(qp, kind, op);
	if (op->type != RTE_CRYPTO_OP_TYPE_SYMMETRIC || op->sym->m_src == NULL)
		return VCRYPTO_BAD_ARGS;
	if (op->sess_type == RTE_CRYPTO_OP_SESSIONLESS)
		return sym_build_stateless(qp, kind, &r, op);
	if (op->sess_type != RTE_CRYPTO_OP_WITH_SESSION)
		return VCRYPTO_BAD_SESSION;
	return vcrypto_sym_op_build_with(qp, kind, op,
			CRYPTODEV_GET_SYM_SESS_PRIV(op->sym->session));
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ops over buffers of every shape; see the header.
 */
#include <string.h>

#include "ops.h"

struct rte_mbuf *
ops_chain(uint32_t len, unsigned int nb)
{
	struct rte_mbuf *head = NULL, *last = NULL;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(rig_mbufs);
		uint32_t part = i + 1 == nb ? len : RTE_MIN(len, len / (nb - i) + i % 3);

		assert_non_null(m);
		/* An empty one now and then, and data at odd addresses. */
		if (nb > 2 && i % 7 == 1 && i + 1 != nb)
			part = 0;
		m->data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM - i % 5);
		m->data_len = (uint16_t)part;
		assert_true(part <= RIG_BUF);
		len -= part;
		if (head == NULL)
			head = m;
		else
			last->next = m;
		last = m;
		head->pkt_len += part;
		head->nb_segs = (uint16_t)(i + 1);
	}
	return head;
}

void
ops_write(struct rte_mbuf *m, const uint8_t *from, uint32_t len)
{
	for (; m != NULL && len != 0; m = m->next) {
		uint32_t part = RTE_MIN(len, (uint32_t)m->data_len);

		memcpy(rte_pktmbuf_mtod(m, uint8_t *), from, part);
		from += part;
		len -= part;
	}
	assert_int_equal(len, 0);
}

void
ops_read(const struct rte_mbuf *m, uint8_t *to, uint32_t len)
{
	for (; m != NULL && len != 0; m = m->next) {
		uint32_t part = RTE_MIN(len, (uint32_t)m->data_len);

		memcpy(to, rte_pktmbuf_mtod(m, const uint8_t *), part);
		to += part;
		len -= part;
	}
	assert_int_equal(len, 0);
}

void
ops_buffers(struct rte_crypto_op *op, struct ops_buffers *b, enum ops_shape shape,
		unsigned int nb_segs, uint32_t off, uint32_t len, uint32_t seed)
{
	bool sgl_in = shape == OPS_IN_PLACE_SGL || shape == OPS_SGL_TO_SGL ||
		shape == OPS_SGL_TO_LINEAR;
	bool sgl_out = shape == OPS_SGL_TO_SGL || shape == OPS_LINEAR_TO_SGL;
	bool apart = shape != OPS_IN_PLACE && shape != OPS_IN_PLACE_SGL;

	b->total = off + len + OPS_GUARD;
	assert_true(b->total <= OPS_MAX);
	rig_pattern(b->src, b->total, seed);
	rig_pattern(b->dst, b->total, ~seed);
	rte_pktmbuf_free(op->sym->m_src);
	rte_pktmbuf_free(op->sym->m_dst);
	op->sym->m_src = ops_chain(b->total, sgl_in ? nb_segs : 1);
	ops_write(op->sym->m_src, b->src, b->total);
	op->sym->m_dst = NULL;
	if (!apart)
		return;
	op->sym->m_dst = ops_chain(b->total, sgl_out ? nb_segs + (sgl_in ? 1 : 0) : 1);
	ops_write(op->sym->m_dst, b->dst, b->total);
}

bool
ops_result_is(const struct rte_crypto_op *op, const struct ops_buffers *b, uint32_t off,
		const uint8_t *want, uint32_t len)
{
	bool apart = op->sym->m_dst != NULL;
	uint8_t expect[OPS_MAX], got[OPS_MAX];

	memcpy(expect, apart ? b->dst : b->src, b->total);
	memcpy(expect + off, want, len);
	ops_read(apart ? op->sym->m_dst : op->sym->m_src, got, b->total);
	if (memcmp(expect, got, b->total) != 0)
		return false;
	if (!apart)
		return true;
	ops_read(op->sym->m_src, got, b->total);
	return memcmp(b->src, got, b->total) == 0;
}

bool
ops_untouched(const struct rte_crypto_op *op, const struct ops_buffers *b)
{
	return ops_result_is(op, b, 0, b->src, 0);
}

void
ops_key(uint8_t *key, size_t len, uint32_t seed)
{
	rig_pattern(key, len, seed + 77);
}

uint8_t *
ops_place_digest(struct rte_crypto_op *op, enum ops_place where, rte_iova_t *iova)
{
	static uint8_t far_away[64];
	struct rte_mbuf *m = rte_pktmbuf_lastseg(op->sym->m_src);

	switch (where) {
	case OPS_IN_OP:
		*iova = ops_iova(op, RIG_DIGEST);
		return ops_digest(op);
	case OPS_IN_BUFFER:
		*iova = rte_pktmbuf_iova_offset(m, m->data_len);
		return rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len);
	default:
		*iova = 0;
		return far_away;
	}
}

struct rte_crypto_op *
ops_bare(void *session)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(rig_ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);

	assert_non_null(op);
	op->sym->m_src = op->sym->m_dst = NULL;
	rig_pattern(rig_iv(op), 64, 4711);
	if (session != NULL)
		rte_crypto_op_attach_sym_session(op, session);
	return op;
}

void
ops_free(struct rte_crypto_op *op)
{
	rte_pktmbuf_free(op->sym->m_src);
	rte_pktmbuf_free(op->sym->m_dst);
	rte_crypto_op_free(op);
}

uint8_t
ops_run(struct rig *r, struct rte_crypto_op *op, unsigned int *nb_requests)
{
	uint64_t before = r->m.nb_data;
	uint8_t status = rig_run(r, op);

	*nb_requests = (unsigned int)(r->m.nb_data - before);
	return status;
}

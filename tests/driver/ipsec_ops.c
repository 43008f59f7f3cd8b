/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Security associations made by hand, their packets, and what an op did to a buffer; see the
 * header.
 */
#include <string.h>

#include <cryptodev_pmd.h>

#include "ipsec_ops.h"

union ipsec_session ipsec_session[IPSEC_NB_SAS];

struct vcrypto_ipsec_sa *
ipsec_sa(unsigned int which)
{
	return SECURITY_GET_SESS_PRIV(ipsec_session[which].bytes);
}

struct vcrypto_dev *
ipsec_dev_of(const struct rig *r)
{
	return vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id));
}

struct vcrypto_qp *
ipsec_qp(const struct rig *r)
{
	return vcrypto_qp_at(ipsec_dev_of(r), 0);
}

/* ESP with NULL encryption and HMAC-SHA1-96, as the model has it. */
void
ipsec_make_sas(struct rig *r, bool tunnel, bool outer_v6)
{
	unsigned int i;

	for (i = 0; i < IPSEC_NB_SAS; i++) {
		struct vcrypto_ipsec_sa *sa = ipsec_sa(i);

		memset(&ipsec_session[i], 0, sizeof(ipsec_session[i]));
		sa->cookie = vcrypto_ipsec_cookie_of(vcrypto_cookie(ipsec_dev_of(r)));
		sa->inbound = i == IN;
		sa->counts = true;
		sa->id = IPSEC_ID;
		sa->shape = (struct req_ipsec_shape){
			.outer = (uint8_t)(!tunnel || i == IN ? 0 : outer_v6 ? 40 : 20),
			.head = 8, .head_v6 = 8, .tail = 12, .align = 4, .tunnel = tunnel,
		};
		assert_int_equal(req_ipsec_header(sa->hdr, sizeof(sa->hdr), i == IN, IPSEC_ID),
				REQ_IPSEC_HDR_LEN);
		vcrypto_ipsec_sa_plan(sa);
	}
	r->m.ipsec = (struct model_ipsec){
		.tunnel = tunnel, .outer_v6 = outer_v6, .spi = 77, .kept = outer_v6 ? 40 : 20,
	};
}

/* A started device with IPSEC, and its associations. */
struct rig *
ipsec_up(unsigned int kind, const char *devargs, enum model_mode mode)
{
	struct rig_conf conf = {
		.features = rig_kinds[kind].features, .devargs = devargs, .mode = mode,
	};
	struct rig *r = rig_open(&conf);

	model_admin_offer(&r->m, IPSEC_ADMIN_INDEX);
	r->m.mode = MODEL_INLINE;	/* administration commands */
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 64);
	r->m.mode = mode;
	ipsec_make_sas(r, true, false);
	return r;
}

void
ipsec_packet_bytes(uint8_t *p, uint32_t len, bool v6)
{
	rig_pattern(p, len, len);
	p[0] = v6 ? 0x60 : 0x45;
	p[v6 ? 4 : 2] = (uint8_t)((len - (v6 ? 40 : 0)) >> 8);
	p[v6 ? 5 : 3] = (uint8_t)(len - (v6 ? 40 : 0));
	p[6] = v6 ? 17 : 0;
	p[7] = v6 ? 64 : 0;
	p[9] = v6 ? p[9] : 17;
}

/* nb segments with a packet of len bytes, and a pattern all around. */
struct rte_mbuf *
ipsec_packet(uint32_t len, unsigned int nb, bool v6)
{
	struct rte_mbuf *m = ops_chain(len, nb), *seg;
	uint8_t bytes[RIG_BUF];

	for (seg = m; seg != NULL; seg = seg->next)
		rig_pattern(seg->buf_addr, seg->buf_len, 999);
	ipsec_packet_bytes(bytes, len, v6);
	ops_write(m, bytes, len);
	return m;
}

struct rte_crypto_op *
ipsec_op(unsigned int which, struct rte_mbuf *src, struct rte_mbuf *dst)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(rig_ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);

	assert_non_null(op);
	op->sess_type = RTE_CRYPTO_OP_SECURITY_SESSION;
	op->sym->session = (void *)ipsec_session[which].bytes;
	op->sym->m_src = src;
	op->sym->m_dst = dst;
	return op;
}

void
ipsec_shoot(struct ipsec_shot *s, const struct rte_mbuf *m)
{
	*s = (struct ipsec_shot){ .pkt_len = m->pkt_len };
	for (; m != NULL; m = m->next, s->nb++) {
		assert_true(s->nb < IPSEC_SEGS_MAX && m->buf_len <= sizeof(s->seg[0].bytes));
		s->seg[s->nb].data_off = m->data_off;
		s->seg[s->nb].data_len = m->data_len;
		memcpy(s->seg[s->nb].bytes, m->buf_addr, m->buf_len);
	}
}

void
ipsec_assert_unchanged(const struct ipsec_shot *s, const struct rte_mbuf *m)
{
	unsigned int i;

	assert_int_equal(m->pkt_len, s->pkt_len);
	for (i = 0; m != NULL; m = m->next, i++) {
		assert_int_equal(m->data_off, s->seg[i].data_off);
		assert_int_equal(m->data_len, s->seg[i].data_len);
		assert_memory_equal(m->buf_addr, s->seg[i].bytes, m->buf_len);
	}
	assert_int_equal(i, s->nb);
}

/* Bytes that are not the result's are as they were, and so is the chain. */
void
ipsec_assert_around(const struct ipsec_shot *s, const struct rte_mbuf *m)
{
	uint32_t sum = 0, all = m->pkt_len;
	unsigned int i;

	assert_int_equal(m->nb_segs, s->nb);
	for (i = 0; m != NULL; m = m->next, i++) {
		const uint8_t *now = m->buf_addr;
		uint32_t end = m->data_off + m->data_len;

		assert_memory_equal(now, s->seg[i].bytes, m->data_off);
		assert_memory_equal(now + end, s->seg[i].bytes + end, m->buf_len - end);
		sum += m->data_len;
	}
	assert_int_equal(i, s->nb);
	assert_int_equal(sum, all);
}

const struct ipsec_lie ipsec_lies[IPSEC_NB_LIES] = {
	{ 1, 0 }, { 1, 1 }, { 4, 0 }, { 8, 0 }, { 3, 4 }, { 4, 1 }, { 1, 5 },
};

/* One op; the mbuf with its result. */
struct rte_mbuf *
ipsec_run(struct rig *r, unsigned int which, struct rte_mbuf *src, const struct ipsec_lie *l,
		uint32_t room)
{
	struct rte_mbuf *dst = NULL, *m;
	struct rte_crypto_op *op;
	struct ipsec_shot before, src_before;

	if (l->dst != 0)
		dst = ipsec_packet(room, l->dst, false);
	m = dst != NULL ? dst : src;
	ipsec_shoot(&before, m);
	ipsec_shoot(&src_before, src);
	op = ipsec_op(which, src, dst);
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(op->aux_flags, 0);
	ipsec_assert_around(&before, m);
	if (dst != NULL) {
		ipsec_assert_unchanged(&src_before, src);
		rte_pktmbuf_free(src);
	}
	rte_crypto_op_free(op);
	return m;
}

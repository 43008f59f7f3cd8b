/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ops of security associations: buffers of every shape, packets that are none, and sessions
 * that are.
 */
#include <string.h>

#include "ipsec_ops.h"

#define KEY		0x5a

/* ---- what works ---- */

/* There and back. */
static void
round_trip(struct rig *r, uint32_t len, const struct ipsec_lie *l, bool v6, uint32_t outer)
{
	uint8_t want[RIG_BUF], got[RIG_BUF];
	uint32_t esp = outer + len + GROWS(len - (r->m.ipsec.tunnel ? 0 : r->m.ipsec.kept));
	struct rte_mbuf *m = ipsec_packet(len, l->src, v6);

	ipsec_packet_bytes(want, len, v6);
	m = ipsec_run(r, OUT, m, l, esp);
	assert_int_equal(m->pkt_len, esp);
	assert_int_equal(r->m.ipsec.last.dst_len, esp);
	assert_int_equal(r->m.ipsec.last.obj_id, IPSEC_ID);
	m = ipsec_run(r, IN, m, l, len + 8);
	assert_int_equal(m->pkt_len, len);
	ops_read(m, got, len);
	assert_memory_equal(got, want, len);
	rte_pktmbuf_free(m);
}

static void
all_shapes(struct rig *r)
{
	static const uint32_t lens[] = { 40, 41, 63, 64, 65, 66, 67, 512, 1420, 1900 };
	unsigned int i, k, form;

	for (form = 0; form < 4; form++)
		for (k = 0; k < IPSEC_NB_LIES; k++)
			for (i = 0; i < RTE_DIM(lens); i++) {
				ipsec_make_sas(r, form < 2, form == 1 || form == 3);
				ipsec_sa(OUT)->counts = ipsec_sa(IN)->counts = (i & 2) != 0;
				round_trip(r, lens[i], &ipsec_lies[k],
					form >= 2 ? form == 3 : i & 1,
					form == 0 ? 20 : form == 1 ? 40 : 0);
			}
	assert_int_equal(ipsec_qp(r)->lens_in_flight, 0);
	assert_int_equal(ipsec_qp(r)->detour, 0);
}

static void
every_shape_and_layout(void **state)
{
	unsigned int kind, direct;

	(void)state;
	for (kind = 0; kind < RTE_DIM(rig_kinds); kind++)
		for (direct = 0; direct < 2; direct++) {
			struct rig *r = ipsec_up(kind, direct ? "ipsec_in_place=1" : NULL,
					MODEL_INLINE);

			assert_int_equal(ipsec_qp(r)->ipsec == NULL, direct);
			all_shapes(r);
			rig_close(r);
		}
}

/* All the other sets of ring features: direct descriptors, event indexes. */
static void
every_ring(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < rig_nb_variants; i++) {
		struct rig_conf conf = { .features = rig_variants[i].features };
		struct rig *r = rig_open(&conf);

		model_admin_offer(&r->m, IPSEC_ADMIN_INDEX);
		assert_int_equal(rig_probe(r), 0);
		rig_start(r, 1, 16);
		ipsec_make_sas(r, true, false);
		round_trip(r, 100, &ipsec_lies[0], false, 20);
		round_trip(r, 1400, &ipsec_lies[1], true, 20);
		round_trip(r, 1400, &ipsec_lies[2], true, 20);
		rig_close(r);
	}
}

/* IPv6 in transport mode: what stays before ESP, as the model was told. */
static void
extension_headers(void **state)
{
	static const struct {
		uint8_t first, second;	/* headers of 8 bytes; 0xff: none */
		uint32_t kept, kept_proto_at;
	} c[] = {
		{ 0, 0xff, 48, 40 },	/* hop-by-hop */
		{ 43, 0xff, 48, 40 },	/* routing */
		{ 44, 0xff, 48, 40 },	/* a fragment header alone */
		{ 60, 0xff, 40, 6 },	/* destination options */
		{ 60, 43, 56, 48 },		/* the same before a routing header */
		{ 0, 60, 48, 40 },
	};
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(c); i++) {
		struct rte_mbuf *m = ipsec_packet(120, 1 + i % 2 * 2, true);
		uint8_t bytes[120], got[120];

		ipsec_make_sas(r, false, true);
		r->m.ipsec.kept = c[i].kept;
		r->m.ipsec.kept_proto_at = c[i].kept_proto_at;
		ipsec_packet_bytes(bytes, 120, true);
		memset(bytes + 40, 0, 16);
		bytes[6] = c[i].first;
		bytes[40] = c[i].second != 0xff ? c[i].second : 17;
		bytes[48] = c[i].second != 0xff ? 17 : bytes[48];
		ops_write(m, bytes, 120);
		m = ipsec_run(r, OUT, m, &ipsec_lies[0], 0);
		assert_int_equal(m->pkt_len, 120 + GROWS(120 - c[i].kept));
		m = ipsec_run(r, IN, m, &ipsec_lies[0], 0);
		assert_int_equal(m->pkt_len, 120);
		ops_read(m, got, 120);
		assert_memory_equal(got, bytes, 120);
		rte_pktmbuf_free(m);
	}
	rig_close(r);
}

/* Bytes behind the packet, as Ethernet pads short ones, are not sent. */
static void
padding_is_left_out(void **state)
{
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	struct rte_mbuf *m = ipsec_packet(64, 1, false);

	(void)state;
	rte_pktmbuf_mtod(m, uint8_t *)[3] = 46;
	m = ipsec_run(r, OUT, m, &ipsec_lies[0], 0);
	assert_int_equal(m->pkt_len, 20 + 46 + GROWS(46));
	assert_int_equal(r->m.ipsec.last.src_len, 46);
	rte_pktmbuf_free(m);
	rig_close(r);
}

/* ---- bad input ---- */

/* One status, nothing sent, nothing written. */
static void
refused(struct rig *r, unsigned int which, struct rte_mbuf *src, struct rte_mbuf *dst,
		uint8_t status)
{
	uint64_t sent = r->m.nb_data, errors = ipsec_sa(which)->errors;
	struct rte_crypto_op *op = ipsec_op(which, src, dst);
	struct ipsec_shot before, before_dst;

	ipsec_shoot(&before, src);
	ipsec_shoot(&before_dst, dst != NULL ? dst : src);
	assert_int_equal(rig_run(r, op), status);
	assert_int_equal(r->m.nb_data, sent);
	ipsec_assert_unchanged(&before, src);
	ipsec_assert_unchanged(&before_dst, dst != NULL ? dst : src);
	assert_int_equal(ipsec_sa(which)->errors - errors,
			status == RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	rte_pktmbuf_free(dst);
	rte_pktmbuf_free(src);
	rte_crypto_op_free(op);
}

/* A packet with up to two bytes changed. */
static struct rte_mbuf *
changed(uint32_t len, unsigned int nb, bool v6, unsigned int at, uint8_t value)
{
	struct rte_mbuf *m = ipsec_packet(len, nb, v6);
	uint8_t bytes[RIG_BUF];

	ipsec_packet_bytes(bytes, len, v6);
	bytes[at] = value;
	ops_write(m, bytes, len);
	return m;
}

static void
no_packets(void **state)
{
	static const struct {
		uint32_t len;
		bool v6;
		unsigned int at;
		uint8_t value;
		bool transport_only;
	} c[] = {
		{ 64, false, 0, 0x15, false },	/* no IP */
		{ 64, false, 0, 0x44, false },	/* a header shorter than 20 bytes */
		{ 64, false, 3, 65, false },	/* longer than the buffer */
		{ 64, false, 2, 0xff, false },
		{ 64, false, 3, 19, false },	/* shorter than its header */
		{ 64, true, 5, 25, false },
		{ 64, true, 4, 0xff, false },
		{ 64, false, 6, 0x20, true },	/* fragments */
		{ 64, false, 7, 1, true },
		{ 64, true, 6, 0, true },	/* an extension header beyond the packet */
		{ 64, true, 6, 43, true },
	};
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	unsigned int i, nb;

	(void)state;
	for (i = 0; i < RTE_DIM(c); i++)
		for (nb = 1; nb < 6; nb += 4) {
			ipsec_make_sas(r, !c[i].transport_only, false);
			if (c[i].transport_only && c[i].v6)
				assert_true(c[i].at == 6);
			refused(r, OUT, changed(c[i].len, nb, c[i].v6, c[i].at, c[i].value), NULL,
				RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
			refused(r, IN, changed(c[i].len, nb, c[i].v6, c[i].at, c[i].value),
				ipsec_packet(64, 1, false), RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
		}
	for (nb = 1; nb < 6; nb += 4) {
		struct rte_mbuf *m = changed(64, nb, true, 6, 44);
		uint8_t bytes[64];

		ipsec_make_sas(r, false, true);
		ipsec_packet_bytes(bytes, 64, true);
		bytes[6] = 44;
		bytes[43] = 1;		/* more fragments */
		ops_write(m, bytes, 64);
		refused(r, OUT, m, NULL, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	}
	rig_close(r);
}

static void
too_short(void **state)
{
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	struct rte_mbuf *m;
	uint32_t len;

	(void)state;
	/* Inbound: outer header, ESP, trailer, ICV, and a packet of 20 bytes. */
	for (len = 20; len < 20 + 8 + 2 + 12 + 20; len++)
		refused(r, IN, ipsec_packet(len, 1, false), NULL,
			RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	m = ipsec_packet(40, 1, false);
	m->data_len = m->pkt_len = 19;
	refused(r, OUT, m, NULL, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	m = ipsec_packet(40, 1, false);
	m->data_len = 0;
	m->pkt_len = 0;
	refused(r, OUT, m, NULL, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	/* pkt_len lies. */
	m = ipsec_packet(64, 4, false);
	m->pkt_len = 5000;
	refused(r, OUT, changed(64, 1, false, 2, 8), NULL, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	rte_pktmbuf_free(m);
	rig_close(r);
}

/* A packet of 64 bytes, whose result of len bytes needs short_of more than dst has room for. */
static void
result_into(struct rig *r, struct rte_mbuf *dst, uint32_t short_of, uint32_t len)
{
	struct rte_mbuf *src = ipsec_packet(64, 1, false);
	struct rte_crypto_op *op;

	if (short_of != 0) {
		refused(r, OUT, src, dst, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
		return;
	}
	op = ipsec_op(OUT, src, dst);
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(dst->pkt_len, len);
	assert_true(dst->nb_segs != 1 || dst->data_len == len);
	rig_op_free(op);
}

/* The result's last byte fits, or nothing is sent. */
static void
too_little_room(void **state)
{
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	uint32_t esp = 20 + 64 + GROWS(64), short_of;
	struct rte_mbuf *m, *dst;

	(void)state;
	for (short_of = 0; short_of < 2; short_of++) {
		/* Linear, in place: what headroom lacks, tailroom must have. */
		m = ipsec_packet(64, 1, false);
		memmove(m->buf_addr, rte_pktmbuf_mtod(m, uint8_t *), 64);
		m->data_off = 0;
		m->buf_len = (uint16_t)(esp - short_of);
		if (short_of != 0)
			refused(r, OUT, m, NULL, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
		else
			rte_pktmbuf_free(ipsec_run(r, OUT, m, &ipsec_lies[0], 0));
		dst = ipsec_packet(10, 1, false);
		dst->buf_len = (uint16_t)(dst->data_off + esp - short_of);
		result_into(r, dst, short_of, esp);
		/* Chains: the last segment's tailroom counts, the others' does not. */
		dst = ipsec_packet(esp - 4, 3, false);
		dst->next->next->buf_len = (uint16_t)(dst->next->next->data_off +
				dst->next->next->data_len + 4 - short_of);
		result_into(r, dst, short_of, esp);
	}
	rig_close(r);
}

/* m_dst may name the source: that is in place too, and an op that fails changes nothing. */
static void
source_as_destination(void **state)
{
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	uint32_t esp = 20 + 64 + GROWS(64);
	struct ipsec_shot before;
	unsigned int nb;

	(void)state;
	for (nb = 1; nb <= 2; nb++) {
		struct rte_mbuf *m = ipsec_packet(64, nb, false);
		uint16_t off = m->data_off;
		struct rte_crypto_op *op = ipsec_op(OUT, m, m);
		uint8_t want[64], got[64];

		ipsec_make_sas(r, true, false);
		ipsec_shoot(&before, m);
		assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_int_equal(m->pkt_len, esp);
		assert_true(m->data_off < off);
		ipsec_assert_around(&before, m);
		rte_crypto_op_free(op);
		op = ipsec_op(IN, m, m);
		assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
		ipsec_packet_bytes(want, 64, false);
		assert_int_equal(m->pkt_len, 64);
		ops_read(m, got, 64);
		assert_memory_equal(got, want, 64);
		/* What it holds is no ESP any more. */
		ipsec_shoot(&before, m);
		assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_ERROR);
		ipsec_assert_unchanged(&before, m);
		rte_crypto_op_free(op);
		rte_pktmbuf_free(m);
	}
	rig_close(r);
}

/* A packet with a result that no bounce memory holds, and one that no IP header can say. */
static void
too_long(void **state)
{
	struct rig *r = ipsec_up(0, "ipsec_in_place=1", MODEL_INLINE);
	struct rte_mbuf *src, *dst;
	struct rte_crypto_op *op;
	uint32_t len;

	(void)state;
	rte_pktmbuf_free(ipsec_run(r, OUT, ipsec_packet(2020, 1, false), &ipsec_lies[0], 0));
	rig_close(r);
	r = ipsec_up(0, NULL, MODEL_INLINE);
	dst = rte_pktmbuf_alloc(rig_bigs);
	refused(r, OUT, ipsec_packet(2020, 1, false), NULL, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	/* 2020 bytes with a destination of their own. */
	op = ipsec_op(OUT, ipsec_packet(2020, 1, false), dst);
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(dst->data_len, 20 + 2020 + GROWS(2020));
	rig_op_free(op);
	/* Outer IPv4: 65,535 bytes at most.  The sum does not wrap. */
	for (len = 65000; len <= 65535; len += 535) {
		unsigned int i, nb = 33;

		src = ops_parts(2000, nb - 1);
		assert_int_equal(rte_pktmbuf_chain(src, ops_chain(len - 2000 * (nb - 1), 1)), 0);
		dst = rte_pktmbuf_alloc(rig_bigs);
		rte_pktmbuf_mtod(src, uint8_t *)[0] = 0x45;
		rte_pktmbuf_mtod(src, uint8_t *)[2] = (uint8_t)(len >> 8);
		rte_pktmbuf_mtod(src, uint8_t *)[3] = (uint8_t)len;
		op = ipsec_op(OUT, src, dst);
		i = (unsigned int)r->m.nb_data;
		assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
		assert_int_equal(r->m.nb_data, i);
		rig_op_free(op);
	}
	rig_close(r);
}

/* Sessions that are none, of another device, of a generation that is over. */
static void
wrong_sessions(void **state)
{
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	void *cbc = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	uint64_t cookie = ipsec_sa(OUT)->cookie;
	struct rte_crypto_op *op;

	(void)state;
	ipsec_sa(OUT)->cookie = vcrypto_cookie(ipsec_dev_of(r));
	refused(r, OUT, ipsec_packet(64, 1, false), NULL, RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	ipsec_sa(OUT)->cookie = cookie + 1;
	refused(r, OUT, ipsec_packet(64, 3, false), NULL, RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	ipsec_sa(OUT)->cookie = 0;
	refused(r, OUT, ipsec_packet(64, 1, false), NULL, RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	ipsec_sa(OUT)->cookie = cookie;
	op = ipsec_op(OUT, ipsec_packet(64, 1, false), NULL);
	op->sym->session = NULL;
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	op->sym->session = cbc;		/* a session of cryptodev */
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	op->sym->session = ipsec_session[OUT].bytes;
	rte_pktmbuf_free(op->sym->m_src);
	op->sym->m_src = NULL;
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	rte_crypto_op_free(op);
	assert_int_equal(r->m.nb_data, 0);
	rig_session_free(r, cbc);
	rig_close(r);
}

/* The raw data path does not know them. */
static void
not_raw(void **state)
{
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	int size = rte_cryptodev_get_raw_dp_ctx_size(r->id);
	union rte_cryptodev_session_ctx ctx = { .crypto_sess = (void *)ipsec_session[OUT].bytes };
	_Alignas(64) uint8_t room[4096];

	(void)state;
	assert_in_range(size, 1, sizeof(room));
	assert_int_not_equal(rte_cryptodev_configure_raw_dp_ctx(r->id, 0, (void *)room,
			RTE_CRYPTO_OP_SECURITY_SESSION, ctx, 0), 0);
	rig_close(r);
}

/* What the plan of an SA says of IPv4 packets without options is what its shape says. */
static void
plan_is_the_shapes(const struct req_ipsec_shape *s, bool inbound)
{
	struct vcrypto_ipsec_sa sa = { .inbound = inbound, .shape = *s };
	const struct vcrypto_ipsec_plan *p = &sa.plan;
	uint32_t len, n, most;

	vcrypto_ipsec_sa_plan(&sa);
	assert_int_equal(p->whole, inbound || !s->tunnel);
	assert_int_equal(p->grows, inbound ? 0 : s->outer + s->head);
	most = s->outer == 40 ? REQ_IPSEC_PACKET_MAX : UINT16_MAX;
	for (len = REQ_IPSEC_PACKET_MIN; len <= UINT16_MAX; len += len < 300 ? 1 : 61) {
		n = ((len + p->add) & p->mask) + p->plus;
		if (!inbound) {
			assert_int_equal(n, req_ipsec_outbound_len(s, len, 20, false));
			assert_true(len >= p->min_len && (n <= p->max_result) == (n <= most));
		} else if (req_ipsec_inbound_max(s, len, 20, false) >= REQ_IPSEC_PACKET_MIN) {
			assert_int_equal(n, req_ipsec_inbound_max(s, len, 20, false));
			assert_true(len >= p->min_len && n <= p->max_result);
		} else {
			assert_true(len < p->min_len);
		}
	}
}

static void
plans(void **state)
{
	static const uint8_t align[] = { 0, 4, 8, 16 }, outer[] = { 0, 20, 40 };
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(align) * RTE_DIM(outer); i++)
		for (k = 0; k < 2; k++) {
			struct req_ipsec_shape s = {
				.outer = outer[i % RTE_DIM(outer)],
				.align = align[i / RTE_DIM(outer)], .head = 16, .head_v6 = 24,
				.tail = align[i / RTE_DIM(outer)],
			};

			s.tunnel = s.outer != 0;
			plan_is_the_shapes(&s, false);
			s.outer = 0;
			plan_is_the_shapes(&s, true);
			s.head = s.head_v6 = (uint8_t)(8 + k);
			plan_is_the_shapes(&s, true);
		}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_and_layout),
		cmocka_unit_test(every_ring),
		cmocka_unit_test(extension_headers),
		cmocka_unit_test(padding_is_left_out),
		cmocka_unit_test(no_packets),
		cmocka_unit_test(too_short),
		cmocka_unit_test(too_little_room),
		cmocka_unit_test(source_as_destination),
		cmocka_unit_test(too_long),
		cmocka_unit_test(wrong_sessions),
		cmocka_unit_test(not_raw),
		cmocka_unit_test(plans),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

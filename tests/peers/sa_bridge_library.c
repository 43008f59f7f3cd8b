/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Associations of librte_ipsec on symmetric sessions of the device: the scene without a
 * service of IPsec in the device, which shows that the scene itself is right.
 */
#include <string.h>

#include <rte_ip.h>
#include <rte_ipsec.h>
#include <rte_malloc.h>

#include "sa_bridge_sa.h"

struct bridge_library {
	struct rte_ipsec_session session;
	union {
		struct rte_ipv4_hdr v4;
		struct rte_ipv6_hdr v6;
	} outer;
};

/* The outer header of a tunnel, which the library copies before each packet: of the inner one's
 * version. */
static void
library_outer(struct bridge_sa *sa, struct rte_ipsec_sa_prm *prm)
{
	const struct rte_security_ipsec_tunnel_param *t = &sa->ipsec.tunnel;
	struct bridge_library *l = sa->library;
	uint8_t proto = sa->ipsec.options.udp_encap ? IPPROTO_UDP : IPPROTO_ESP;

	if (t->type == RTE_SECURITY_IPSEC_TUNNEL_IPV4) {
		l->outer.v4 = (struct rte_ipv4_hdr){
			.version_ihl = RTE_IPV4_VHL_DEF,
			.time_to_live = t->ipv4.ttl,
			.next_proto_id = proto,
			.src_addr = t->ipv4.src_ip.s_addr,
			.dst_addr = t->ipv4.dst_ip.s_addr,
		};
		prm->tun.hdr_len = sizeof(l->outer.v4);
		prm->tun.next_proto = IPPROTO_IPIP;
	} else {
		l->outer.v6 = (struct rte_ipv6_hdr){
			.vtc_flow = rte_cpu_to_be_32(6u << 28),
			.proto = proto,
			.hop_limits = t->ipv6.hlimit,
		};
		memcpy(l->outer.v6.src_addr, &t->ipv6.src_addr, sizeof(l->outer.v6.src_addr));
		memcpy(l->outer.v6.dst_addr, &t->ipv6.dst_addr, sizeof(l->outer.v6.dst_addr));
		prm->tun.hdr_len = sizeof(l->outer.v6);
		prm->tun.next_proto = IPPROTO_IPV6;
	}
	prm->tun.hdr = &l->outer;
}

static void
library_parameters(struct bridge_sa *sa, struct rte_ipsec_sa_prm *prm)
{
	prm->ipsec_xform = sa->ipsec;
	prm->crypto_xform = sa->xform;
	if (sa->ipsec.mode == RTE_SECURITY_IPSEC_SA_MODE_TUNNEL)
		library_outer(sa, prm);
	else
		prm->trs.proto = IPPROTO_IPIP;
}

void
bridge_library_session(struct bridge_sa *sa)
{
	struct rte_ipsec_sa_prm prm = { .flags = 0 };
	struct rte_ipsec_session *s;
	int size;

	sa->library = rte_zmalloc(NULL, sizeof(*sa->library), 0);
	if (sa->library == NULL)
		bridge_die("no memory");
	library_parameters(sa, &prm);
	size = rte_ipsec_sa_size(&prm);
	s = &sa->library->session;
	s->sa = size < 0 ? NULL : rte_zmalloc(NULL, size, RTE_CACHE_LINE_SIZE);
	if (s->sa == NULL || rte_ipsec_sa_init(s->sa, &prm, size) < 0)
		bridge_die("librte_ipsec makes no association of this");
	sa->sessions = rte_cryptodev_sym_session_pool_create(sa->name, 4,
			rte_cryptodev_sym_get_private_session_size(sa->dev), 0, 0,
			SOCKET_ID_ANY);
	s->type = RTE_SECURITY_ACTION_TYPE_NONE;
	s->crypto.dev_id = sa->dev;
	if (sa->sessions != NULL)
		s->crypto.ses = rte_cryptodev_sym_session_create(sa->dev, sa->xform, sa->sessions);
	if (s->crypto.ses == NULL || rte_ipsec_session_prepare(s) != 0)
		bridge_die("the device makes no session for an association of librte_ipsec");
}

/* It wants to know where headers are. */
static void
library_lengths(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *v4 = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);

	m->l2_len = 0;
	m->l3_len = (v4->version_ihl >> 4) == 4 ? rte_ipv4_hdr_len(v4) :
			sizeof(struct rte_ipv6_hdr);
}

/* The library leaves checksums of IPv4 to the port. */
static void
library_checksum(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *v4 = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	if ((v4->version_ihl >> 4) != 4)
		return;
	v4->hdr_checksum = 0;
	v4->hdr_checksum = rte_ipv4_cksum(v4);
}

uint16_t
bridge_library_process(struct bridge_sa *sa, struct rte_mbuf **mbufs,
		struct rte_crypto_op **ops, uint16_t n)
{
	const struct rte_ipsec_session *s = &sa->library->session;
	uint16_t i, ready, good;

	for (i = 0; i < n; i++)
		library_lengths(mbufs[i]);
	ready = rte_ipsec_pkt_crypto_prepare(s, mbufs, ops, n);
	bridge_sa_exchange(sa, ops, ready);
	for (i = 0; i < ready; i++) {
		mbufs[i] = ops[i]->sym->m_src;
		if (ops[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
			mbufs[i]->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED;
	}
	good = rte_ipsec_pkt_process(s, mbufs, ready);
	for (i = 0; i < good; i++)
		library_checksum(mbufs[i]);
	return good;
}

void
bridge_library_destroy(struct bridge_sa *sa)
{
	struct rte_ipsec_session *s = &sa->library->session;

	if (rte_cryptodev_sym_session_free(sa->dev, s->crypto.ses) != 0)
		bridge_die("a session is not freed");
	rte_ipsec_sa_fini(s->sa);
	rte_free(s->sa);
	rte_free(sa->library);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IP headers: what a packet says of itself, extension headers, outer headers, UDP.  Works on
 * bytes that nobody else writes.  ipsec_ip_mute.c has what AH does not cover.
 */
#include <errno.h>
#include <string.h>

#include "ipsec_bytes.h"
#include "ipsec_ip.h"

#define IP_MAX_LEN	65535u		/* of IPv4, and of an IPv6 payload */
#define IP_TTL		64u		/* of a tunnel that names none */

#define IPV4_DF		0x4000u
#define IPV4_PART	0x3fffu		/* more fragments, or an offset */
#define IPV4_TOS_AT	1u
#define IPV4_LEN_AT	2u
#define IPV4_ID_AT	4u
#define IPV4_FLAGS_AT	6u
#define IPV4_TTL_AT	8u
#define IPV4_PROTO_AT	9u
#define IPV4_SUM_AT	10u
#define IPV6_LEN_AT	4u
#define IPV6_PROTO_AT	6u
#define IPV6_HOPS_AT	7u
#define IPV6_PART	0xfff9u		/* of the second 16 bits of a fragment header */

#define IP_ECN		3u		/* bits of the TOS */
#define IP_ECN_CE	3u		/* congestion was experienced */

/* ---- checksums of IPv4 headers ---- */

static uint16_t
ip_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* Cannot overflow: a header has 30 words at most. */
static void
ip_sum_set(uint8_t *p, unsigned int header_len)
{
	uint32_t sum = 0;
	unsigned int i;

	vcryptod_put16(p + IPV4_SUM_AT, 0);
	for (i = 0; i < header_len; i += 2)
		sum += vcryptod_get16(p + i);
	vcryptod_put16(p + IPV4_SUM_AT, (uint16_t)~ip_fold(sum));
}

/* A word changes, and the sum with it (RFC 1624). */
static void
ip_sum_change(uint8_t *p, uint16_t was, uint16_t is)
{
	uint32_t sum = (uint16_t)~vcryptod_get16(p + IPV4_SUM_AT);

	sum += (uint16_t)~was;
	sum += is;
	vcryptod_put16(p + IPV4_SUM_AT, (uint16_t)~ip_fold(sum));
}

/* ---- read ---- */

static int
ip_parse_v4(struct vcryptod_ipsec_ip *out, const uint8_t *p, size_t len)
{
	uint16_t flags = vcryptod_get16(p + IPV4_FLAGS_AT);

	out->header_len = (uint16_t)((p[0] & 0xfu) * 4);
	if (out->header_len > len)
		return -EBADMSG;
	out->df = (flags & IPV4_DF) != 0;
	out->fragment = (flags & IPV4_PART) != 0;
	out->tos = p[IPV4_TOS_AT];
	out->ttl = p[IPV4_TTL_AT];
	out->proto = p[IPV4_PROTO_AT];
	return 0;
}

static int
ip_parse_v6(struct vcryptod_ipsec_ip *out, const uint8_t *p, size_t len)
{
	out->header_len = VCRYPTOD_IPSEC_IPV6_LEN;
	if (out->header_len > len)
		return -EBADMSG;
	out->v6 = true;
	out->tos = (uint8_t)(vcryptod_get16(p) >> 4);
	out->ttl = p[IPV6_HOPS_AT];
	out->proto = p[IPV6_PROTO_AT];
	return 0;
}

int
vcryptod_ipsec_ip_parse(struct vcryptod_ipsec_ip *out, const uint8_t *p, size_t len,
		uint32_t packet_len)
{
	int n = req_ipsec_packet_len(p, len);

	memset(out, 0, sizeof(*out));
	if (n < 0 || (uint32_t)n > packet_len)
		return -EBADMSG;
	out->len = (uint32_t)n;
	/* The copy ends with the packet. */
	if (len > out->len)
		len = out->len;
	return p[0] >> 4 == 4 ? ip_parse_v4(out, p, len) : ip_parse_v6(out, p, len);
}

/* What is before a header that follows is for the nodes on the way. */
static bool
chain_is_kept(uint8_t proto)
{
	return proto == VCRYPTOD_IPSEC_PROTO_HOP_BY_HOP ||
			proto == VCRYPTOD_IPSEC_PROTO_ROUTING ||
			proto == VCRYPTOD_IPSEC_PROTO_FRAGMENT;
}

static bool
chain_goes_on(uint8_t proto)
{
	return chain_is_kept(proto) || proto == VCRYPTOD_IPSEC_PROTO_DESTINATION;
}

static void
chain_keep(struct vcryptod_ipsec_chain *c)
{
	c->kept = c->upper;
	c->kept_at = c->upper_at;
	c->kept_proto = c->upper_proto;
}

/* One extension header, which begins at upper. */
static int
chain_step(struct vcryptod_ipsec_chain *c, const uint8_t *p, size_t len)
{
	uint8_t proto = c->upper_proto;
	size_t n = 8;

	if (n > len - c->upper)
		return -EBADMSG;
	if (proto == VCRYPTOD_IPSEC_PROTO_HOP_BY_HOP && c->upper != VCRYPTOD_IPSEC_IPV6_LEN)
		return -EBADMSG;
	if (proto == VCRYPTOD_IPSEC_PROTO_FRAGMENT)
		c->fragment = (vcryptod_get16(p + c->upper + 2) & IPV6_PART) != 0;
	else
		n = ((size_t)p[c->upper + 1] + 1) * 8;
	if (n > len - c->upper)
		return -EBADMSG;
	c->upper_at = c->upper;
	c->upper_proto = p[c->upper];
	/* Cannot overflow: len is VCRYPTOD_IPSEC_HEAD_MAX at most. */
	c->upper = (uint16_t)(c->upper + n);
	if (chain_is_kept(proto))
		chain_keep(c);
	return 0;
}

int
vcryptod_ipsec_ip_chain(struct vcryptod_ipsec_chain *out, const struct vcryptod_ipsec_ip *ip,
		const uint8_t *p, size_t len)
{
	int rc;

	if (len > ip->len)
		len = ip->len;
	if (len > VCRYPTOD_IPSEC_HEAD_MAX)
		len = VCRYPTOD_IPSEC_HEAD_MAX;
	*out = (struct vcryptod_ipsec_chain){
		.upper = ip->header_len,
		.upper_at = ip->v6 ? IPV6_PROTO_AT : IPV4_PROTO_AT,
		.upper_proto = ip->proto,
		.fragment = ip->fragment,
	};
	chain_keep(out);
	if (!ip->v6)
		return 0;
	/* Ends: each header has 8 bytes at least.  Behind a fragment's header are data. */
	while (chain_goes_on(out->upper_proto) && !out->fragment) {
		rc = chain_step(out, p, len);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* ---- change ---- */

static int
ip_check_len(bool v6, uint32_t len)
{
	return len > IP_MAX_LEN + (v6 ? VCRYPTOD_IPSEC_IPV6_LEN : 0) ? -EMSGSIZE : 0;
}

int
vcryptod_ipsec_ip_set_next(uint8_t *p, const struct vcryptod_ipsec_ip *ip, uint16_t at,
		uint8_t proto, uint32_t len)
{
	int rc = ip_check_len(ip->v6, len);

	if (rc != 0)
		return rc;
	p[at] = proto;
	if (ip->v6) {
		vcryptod_put16(p + IPV6_LEN_AT, (uint16_t)(len - VCRYPTOD_IPSEC_IPV6_LEN));
		return 0;
	}
	vcryptod_put16(p + IPV4_LEN_AT, (uint16_t)len);
	ip_sum_set(p, ip->header_len);
	return 0;
}

int
vcryptod_ipsec_ip_dec_ttl(uint8_t *p, const struct vcryptod_ipsec_ip *ip)
{
	uint16_t was;

	if (ip->ttl <= 1)
		return -EBADMSG;
	if (ip->v6) {
		p[IPV6_HOPS_AT] = (uint8_t)(ip->ttl - 1);
		return 0;
	}
	was = vcryptod_get16(p + IPV4_TTL_AT);
	p[IPV4_TTL_AT] = (uint8_t)(ip->ttl - 1);
	ip_sum_change(p, was, vcryptod_get16(p + IPV4_TTL_AT));
	return 0;
}

void
vcryptod_ipsec_ip_set_tos(uint8_t *p, const struct vcryptod_ipsec_ip *ip, uint8_t tos)
{
	uint16_t was = vcryptod_get16(p);

	if (ip->v6) {
		vcryptod_put16(p, (uint16_t)((was & 0xf00fu) | (unsigned int)tos << 4));
		return;
	}
	p[IPV4_TOS_AT] = tos;
	ip_sum_change(p, was, vcryptod_get16(p));
}

/* ---- tunnels ---- */

uint8_t
vcryptod_ipsec_tos_outbound(const struct req_ipsec_tunnel *t, uint32_t options, uint8_t inner)
{
	unsigned int tos = (unsigned int)t->dscp << 2;

	if (options & VIRTIO_CRYPTO_IPSEC_COPY_DSCP)
		tos = inner & ~IP_ECN;
	if (options & VIRTIO_CRYPTO_IPSEC_ECN)
		tos |= inner & IP_ECN;
	return (uint8_t)tos;
}

uint8_t
vcryptod_ipsec_tos_inbound(uint32_t options, uint8_t outer, uint8_t inner)
{
	unsigned int tos = inner;

	if (options & VIRTIO_CRYPTO_IPSEC_COPY_DSCP)
		tos = (outer & ~IP_ECN) | (inner & IP_ECN);
	/* Only where the inner packet says that its ends know of ECN (RFC 4301, 5.1.2.1). */
	if ((options & VIRTIO_CRYPTO_IPSEC_ECN) && (outer & IP_ECN) == IP_ECN_CE &&
			(inner & IP_ECN) != 0)
		tos |= IP_ECN_CE;
	return (uint8_t)tos;
}

static int
outer_v4(uint8_t *to, const struct req_ipsec_tunnel *t, bool df, uint8_t proto, uint32_t len,
		uint16_t id)
{
	to[0] = 0x45;
	vcryptod_put16(to + IPV4_LEN_AT, (uint16_t)len);
	vcryptod_put16(to + IPV4_ID_AT, id);
	vcryptod_put16(to + IPV4_FLAGS_AT, df ? IPV4_DF : 0);
	to[IPV4_TTL_AT] = t->ttl != 0 ? t->ttl : IP_TTL;
	to[IPV4_PROTO_AT] = proto;
	memcpy(to + 12, t->src, 4);
	memcpy(to + 16, t->dst, 4);
	ip_sum_set(to, VCRYPTOD_IPSEC_IPV4_LEN);
	return VCRYPTOD_IPSEC_IPV4_LEN;
}

static int
outer_v6(uint8_t *to, const struct req_ipsec_tunnel *t, uint8_t tos, uint8_t proto, uint32_t len)
{
	vcryptod_put32(to, UINT32_C(6) << 28 | (uint32_t)tos << 20 | (t->flow_label & 0xfffff));
	vcryptod_put16(to + IPV6_LEN_AT, (uint16_t)(len - VCRYPTOD_IPSEC_IPV6_LEN));
	to[IPV6_PROTO_AT] = proto;
	to[IPV6_HOPS_AT] = t->ttl != 0 ? t->ttl : IP_TTL;
	memcpy(to + 8, t->src, 16);
	memcpy(to + 24, t->dst, 16);
	return VCRYPTOD_IPSEC_IPV6_LEN;
}

int
vcryptod_ipsec_ip_outer(uint8_t *to, const struct req_ipsec_tunnel *t, uint32_t options,
		const struct vcryptod_ipsec_ip *inner, uint8_t proto, uint32_t len, uint16_t id)
{
	uint8_t tos = vcryptod_ipsec_tos_outbound(t, options, inner->tos);
	bool df = t->df;
	int rc = ip_check_len(t->ipv6, len);

	if (rc != 0)
		return rc;
	if (t->ipv6)
		return outer_v6(to, t, tos, proto, len);
	/* An inner packet of IPv6 has no such bit. */
	if ((options & VIRTIO_CRYPTO_IPSEC_COPY_DF) && !inner->v6)
		df = inner->df;
	to[IPV4_TOS_AT] = tos;
	return outer_v4(to, t, df, proto, len, id);
}

/* ---- UDP ---- */

void
vcryptod_ipsec_udp_build(uint8_t to[VCRYPTOD_IPSEC_UDP_LEN], uint16_t sport, uint16_t dport,
		uint32_t len)
{
	vcryptod_put16(to, sport);
	vcryptod_put16(to + 2, dport);
	vcryptod_put16(to + 4, (uint16_t)len);
	vcryptod_put16(to + 6, 0);
}

int
vcryptod_ipsec_udp_len(const uint8_t *p, uint32_t rest)
{
	uint16_t len = vcryptod_get16(p + 4);

	return len >= VCRYPTOD_IPSEC_UDP_LEN && len <= rest ? len : -EBADMSG;
}

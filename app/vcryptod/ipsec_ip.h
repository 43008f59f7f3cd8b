/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IP headers of packets of the IPSEC service: read, built, changed.
 *
 * A packet lies in memory that the driver may change at any time.  So its first bytes are
 * copied out, VCRYPTOD_IPSEC_HEAD_MAX at most, and all that is here works on the copy: p of len
 * bytes.  Nothing is read or written beyond it, and what a header says of lengths is believed
 * within packet_len, the bytes that the driver lent.
 *
 * Pure functions.  Numbers are the host's, addresses in network order.
 */
#ifndef VCRYPTOD_IPSEC_IP_H
#define VCRYPTOD_IPSEC_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "req_ipsec.h"

/* Bytes of an IP header with options, or with extension headers, that can stand before ESP or
 * AH; a packet with more of them is refused in transport modes.
 */
#define VCRYPTOD_IPSEC_HEAD_MAX		256u
#define VCRYPTOD_IPSEC_IPV4_LEN		20u	/* without options */
#define VCRYPTOD_IPSEC_IPV6_LEN		40u
#define VCRYPTOD_IPSEC_UDP_LEN		8u

/* Numbers of protocols and of extension headers. */
enum vcryptod_ipsec_proto {
	VCRYPTOD_IPSEC_PROTO_HOP_BY_HOP = 0,
	VCRYPTOD_IPSEC_PROTO_IPV4 = 4,
	VCRYPTOD_IPSEC_PROTO_UDP = 17,
	VCRYPTOD_IPSEC_PROTO_IPV6 = 41,
	VCRYPTOD_IPSEC_PROTO_ROUTING = 43,
	VCRYPTOD_IPSEC_PROTO_FRAGMENT = 44,
	VCRYPTOD_IPSEC_PROTO_ESP = 50,
	VCRYPTOD_IPSEC_PROTO_AH = 51,
	VCRYPTOD_IPSEC_PROTO_NONE = 59,
	VCRYPTOD_IPSEC_PROTO_DESTINATION = 60,
};

struct vcryptod_ipsec_ip {
	bool v6;
	bool df;		/* IPv4 */
	bool fragment;		/* IPv4: a part of a packet */
	uint8_t tos;		/* DSCP (6 bits) and ECN (2 bits) */
	uint8_t ttl;		/* IPv6: hop limit */
	uint8_t proto;
	uint16_t header_len;	/* bytes, with IPv4's options; within len */
	uint32_t len;		/* bytes of the packet, within packet_len */
};

/* -EBADMSG: no IP header, or one whose lengths cannot be.  Checksums are not verified. */
int vcryptod_ipsec_ip_parse(struct vcryptod_ipsec_ip *out, const uint8_t *p, size_t len,
		uint32_t packet_len);

/* Where ESP and AH stand in a packet.  Bytes from its start; an at is where the number of the
 * header that follows is.
 */
struct vcryptod_ipsec_chain {
	/* Outbound they are put behind kept bytes: those that are for nodes on the way
	 * (RFC 4303, 3.1.1), hop-by-hop options, routing headers, destination options before
	 * these, and a fragment header.
	 */
	uint16_t kept, kept_at;
	uint8_t kept_proto;	/* what stands there now */
	/* Inbound they are looked for behind all extension headers. */
	uint16_t upper, upper_at;
	uint8_t upper_proto;
	bool fragment;		/* a part of a packet, IPv4 or IPv6 */
};

/* ip is of these bytes.  -EBADMSG: an extension header that does not end within them, or
 * hop-by-hop options that are not the first one.
 */
int vcryptod_ipsec_ip_chain(struct vcryptod_ipsec_chain *out,
		const struct vcryptod_ipsec_ip *ip, const uint8_t *p, size_t len);

/* ---- changes; p has ip->header_len bytes, or at + 1 if that is more ---- */

/* The length of the packet and the number of a header.  -EMSGSIZE: an IP header cannot say
 * len; nothing changes then.
 */
int vcryptod_ipsec_ip_set_next(uint8_t *p, const struct vcryptod_ipsec_ip *ip, uint16_t at,
		uint8_t proto, uint32_t len);
/* One hop less, where a tunnel begins (DEC_TTL).  -EBADMSG if none is left. */
int vcryptod_ipsec_ip_dec_ttl(uint8_t *p, const struct vcryptod_ipsec_ip *ip);
/* A checksum that was wrong stays wrong. */
void vcryptod_ipsec_ip_set_tos(uint8_t *p, const struct vcryptod_ipsec_ip *ip, uint8_t tos);
/* AH: what may change on the way is 0 (RFC 4302, 3.3.3.1), in the IP header and all extension
 * headers within the first kept bytes.  -EBADMSG: options or headers that cannot be told
 * apart, a source route or a routing header that is not at its end, a fragment.
 */
int vcryptod_ipsec_ip_mute(uint8_t *p, const struct vcryptod_ipsec_ip *ip, uint16_t kept);

/* ---- tunnels; options: VIRTIO_CRYPTO_IPSEC_* ---- */

/* Of an outer header, for an inner one: COPY_DSCP, ECN (RFC 4301, 5.1.2.1). */
uint8_t vcryptod_ipsec_tos_outbound(const struct req_ipsec_tunnel *t, uint32_t options,
		uint8_t inner);
/* Of the inner header, when the outer one is taken off. */
uint8_t vcryptod_ipsec_tos_inbound(uint32_t options, uint8_t outer, uint8_t inner);

/* Writes the outer header of a packet of len bytes, it included: VCRYPTOD_IPSEC_IPV4_LEN or
 * _IPV6_LEN bytes, which it returns, or -EMSGSIZE.  id: of IPv4.  A tunnel's TTL of 0 is 64.
 */
int vcryptod_ipsec_ip_outer(uint8_t *to, const struct req_ipsec_tunnel *t, uint32_t options,
		const struct vcryptod_ipsec_ip *inner, uint8_t proto, uint32_t len, uint16_t id);

/* ---- ESP in UDP (RFC 3948) ---- */

/* len: bytes with this header, at most 65535; there is no checksum. */
void vcryptod_ipsec_udp_build(uint8_t to[VCRYPTOD_IPSEC_UDP_LEN], uint16_t sport, uint16_t dport,
		uint32_t len);
/* Bytes of the datagram as it says, header included, within rest, the bytes from it to the
 * packet's end; or -EBADMSG.  p has VCRYPTOD_IPSEC_UDP_LEN bytes.
 */
int vcryptod_ipsec_udp_len(const uint8_t *p, uint32_t rest);

#endif

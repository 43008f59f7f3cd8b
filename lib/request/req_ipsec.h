/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The IPSEC service (virtio 1.4, 5.9.9.9): capabilities, security associations (SA) and data
 * requests, built by the driver and parsed by the device.  Administration commands, which
 * carry the first two, are req_admin.h's.
 *
 * Pure functions over the caller's memory: no allocation, no state.  Keys are borrowed for
 * the time of a call and never kept.
 *
 * The text leaves much open, and no other implementation is known.  Each question is decided
 * in this room alone; the letters stand at the code that decides, in doc/spec.md and in the
 * tests.
 *
 *  A  There is no field for an AEAD algorithm.  auth_algo 0 says that cipher_algo is one, its
 *     key is cipher_key.  (A cipher without integrity thus cannot be asked for.)  cipher_algo
 *     0 with an auth_algo is NULL encryption.  AES-CTR with AES-GMAC is not read as GCM: that
 *     pair is refused.
 *  B  NULL encryption is bit 0 of a capability's cipher_algo.  AH needs no such bit.
 *  C  A tunnel's type: 1 is IPv4, 2 is IPv6.  A device takes 4 and 6 too, and refuses an IPv4
 *     tunnel with bytes of an IPv6 one.
 *  D  An IPv4 address is a number, stored as le32; REQ_IPSEC_ADDR_BYTES: bytes in network order.
 *  E  The salt is bytes in the order in which they stand in the nonce.  CCM uses three of them.
 *  F  An ICV's length follows from the algorithm (req_ipsec_alg).
 *  G  The device chooses the IV; its length follows from the algorithm (req_ipsec_alg).
 *  H  Nothing says that there is no padding between fields: REQ_IPSEC_ALIGNED is for a device
 *     that has gaps.  The length of its capabilities tells.
 *  I  A capability's maximum of 0 for a key's length is no maximum, as in the configuration space.
 *  J  direction repeats the type of the object, and must agree with it.  obj_id is the
 *     object's id when sent, and any number when received.
 *  K  A lifetime of 0 is no limit.  A limit without the option SA_LIFETIME is refused, as it
 *     would not be kept.
 *  L  Of two entries for one mode the first counts.
 *  M  A UDP port of 0 is 4500.
 *  N  The fixed part of a data request is not padded without REVISION_1.
 *  O  The length of a result is that of its IP header, within dst_data_len and the used length.
 *  P  SA_SOFT_EXPIRY is success.
 *  Q  options has 64 bits in an SA and 32 in a capability: the upper ones are undefined.
 *  R  A tunnel's parameters, UDP ports and the window where they do not apply (the parameters of
 *     an inbound SA among them) are 0 when sent and ignored when received.
 *
 * Left to the device that processes packets: first sequence number and overflow, which IV
 * exactly, what counts for a lifetime in bytes, DEC_TTL and DSCP inbound, fragments, the outer
 * IPv4 identification.
 */
#ifndef REQ_IPSEC_H
#define REQ_IPSEC_H

#include <errno.h>

#include "request.h"
#include "../wire/virtio_ipsec.h"

/* A peer's dialect: bits, 0 being the text as it is read here. */
#define REQ_IPSEC_ALIGNED	(1u << 0)	/* H: gaps before fields of 64 bits */
#define REQ_IPSEC_ADDR_BYTES	(1u << 1)	/* D: IPv4 addresses in network order */

/* ---- algorithms ---- */

/* What ESP and AH need to know of an algorithm. */
struct req_ipsec_alg {
	enum virtio_crypto_service service;	/* CIPHER, MAC or AEAD */
	uint8_t number;
	uint8_t iv_len;		/* bytes in each packet */
	uint8_t icv_len;	/* bytes; 0 for a cipher */
	uint8_t align;		/* ESP: payload and trailer are a multiple, bytes */
	uint8_t salt_len;	/* bytes of the salt that are used */
};

/* NULL for an algorithm that no RFC defines for ESP or AH, or that is unknown.  The cipher 0
 * is NULL encryption.
 */
const struct req_ipsec_alg *req_ipsec_alg_find(enum virtio_crypto_service service,
		uint64_t number);
/* Those of a service, as a mask. */
uint64_t req_ipsec_alg_mask(enum virtio_crypto_service service);

/* ---- security associations ---- */

struct req_ipsec_tunnel {
	bool ipv6;
	uint8_t src[16], dst[16];	/* network order; IPv4: the first four bytes */
	uint8_t dscp;			/* 0 to 63 */
	bool df;			/* IPv4 */
	uint8_t ttl;			/* IPv6: hop limit */
	uint32_t flow_label;		/* IPv6, 20 bits */
};

/* 0: no limit. */
struct req_ipsec_life {
	uint64_t packets_soft_limit, bytes_soft_limit;
	uint64_t packets_hard_limit, bytes_hard_limit;
};

struct req_ipsec_sa {
	uint8_t mode;			/* enum virtio_crypto_ipsec_mode */
	bool inbound;
	uint32_t obj_id;
	uint32_t spi;			/* a number, not 0 */
	uint32_t options;		/* VIRTIO_CRYPTO_IPSEC_* */
	uint8_t salt[4];
	struct req_ipsec_tunnel tunnel;	/* outbound tunnel modes */
	uint16_t udp_sport, udp_dport;	/* UDP_ENCAP; 0: 4500 */
	uint32_t replay_win_sz;		/* inbound, in packets; 0: not checked */

	/* An AEAD algorithm with key; or a cipher (0: NULL) with key, and a MAC with auth_key;
	 * AH has the MAC alone.  0 where there is none.
	 */
	uint32_t aead, cipher, auth;	/* VIRTIO_CRYPTO_AEAD_*, _CIPHER_*, _MAC_* */
	const uint8_t *key, *auth_key;
	uint16_t key_len, auth_key_len;	/* bytes */

	struct req_ipsec_life life;
};

static inline bool
req_ipsec_is_ah(unsigned int mode)
{
	return mode == VIRTIO_CRYPTO_IPSEC_MODE_AH_TUNNEL ||
			mode == VIRTIO_CRYPTO_IPSEC_MODE_AH_TRANSPORT;
}

static inline bool
req_ipsec_is_tunnel(unsigned int mode)
{
	return mode == VIRTIO_CRYPTO_IPSEC_MODE_ESP_TUNNEL ||
			mode == VIRTIO_CRYPTO_IPSEC_MODE_AH_TUNNEL;
}

/* The type of the resource object. */
static inline uint16_t
req_ipsec_obj_type(bool inbound)
{
	return inbound ? VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_INBOUND_SA :
			VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_OUTBOUND_SA;
}

/* 0; -ENOTSUP: a mode, an option or an algorithm that is not defined, or a combination that
 * cannot be expressed (A); -EMSGSIZE: a key is longer than its field; -EINVAL: what
 * contradicts itself: no integrity, a cipher with AH, UDP_ENCAP with AH, a length that the
 * algorithm's key cannot have, the SPI 0, a DSCP of more than six bits, a flow label of more
 * than 20, a lifetime without its option (K).  Keys themselves are not looked at.
 */
int req_ipsec_sa_check(const struct req_ipsec_sa *sa);

/* Bytes of the object in the largest dialect. */
#define REQ_IPSEC_SA_MAX	sizeof(struct virtio_crypto_ipsec_sa_aligned)
/* Bytes of the object in this dialect. */
size_t req_ipsec_sa_len(unsigned int dialect);

/* Driver: writes the object; all that does not apply is zero (R).  Returns its length; what
 * req_ipsec_sa_check() says; -EINVAL for a key that is NULL; -ENOSPC if it does not fit into
 * size bytes.  Nothing is written on error.  The caller wipes buf.
 */
int req_ipsec_sa_build(uint8_t *buf, size_t size, const struct req_ipsec_sa *sa,
		unsigned int dialect);

/* Device: an object of the type that inbound names.  Bytes that are missing are zero, bytes
 * beyond are ignored.  Keys point into buf.  0; -EBADMSG for a direction that is not the
 * type's (J), a key that is longer than its field or not all there, a tunnel's type that is
 * none (C), or what contradicts itself; -ENOTSUP as req_ipsec_sa_check().  On error *out means
 * nothing.
 */
int req_ipsec_sa_parse(struct req_ipsec_sa *out, bool inbound, const uint8_t *buf, size_t len,
		unsigned int dialect);

/* ---- capabilities ---- */

/* Of one mode.  Algorithms are masks of 1 << VIRTIO_CRYPTO_CIPHER_* and so on. */
struct req_ipsec_mode_cap {
	bool offered;
	uint32_t max_replay_win_sz;	/* packets */
	uint32_t options;		/* VIRTIO_CRYPTO_IPSEC_* */
	uint64_t ciphers, macs;
	uint32_t aeads;
	uint32_t max_key_len, max_auth_key_len;	/* bytes; 0: no maximum (I) */
};

struct req_ipsec_caps {
	struct req_ipsec_mode_cap mode[VIRTIO_CRYPTO_NB_IPSEC_MODES];	/* a mode's less 1 */
	/* Parsed: there were modes, options or algorithms that are not defined, or a mode
	 * twice (L).  A driver goes on with what is left; a device refuses to be told of them.
	 */
	bool more;
};

struct req_ipsec_limits {
	uint32_t inbound, outbound;	/* objects; ids are below */
};

/* Bytes of both capabilities, the second with all modes in the largest dialect; and what to
 * offer to a device that may list modes to come.
 */
#define REQ_IPSEC_LIMITS_LEN	sizeof(struct virtio_crypto_ipsec_resource_cap)
#define REQ_IPSEC_CAPS_MAX \
	(sizeof(struct virtio_crypto_ipsec_sa_cap_data) + \
	VIRTIO_CRYPTO_NB_IPSEC_MODES * sizeof(struct virtio_crypto_ipsec_mode_cap_aligned))
#define REQ_IPSEC_CAPS_ROOM \
	(sizeof(struct virtio_crypto_ipsec_sa_cap_data) + \
	32 * sizeof(struct virtio_crypto_ipsec_mode_cap_aligned))

/* Both sides.  Return the length (bytes), or -ENOSPC. */
int req_ipsec_limits_build(uint8_t *buf, size_t size, const struct req_ipsec_limits *l);
int req_ipsec_caps_build(uint8_t *buf, size_t size, const struct req_ipsec_caps *caps,
		unsigned int dialect);

/* Both sides.  Never fail: bytes that are missing are zero, an entry of mode 0 is none. */
void req_ipsec_limits_parse(struct req_ipsec_limits *out, const uint8_t *buf, size_t len);
void req_ipsec_caps_parse(struct req_ipsec_caps *out, const uint8_t *buf, size_t len,
		unsigned int dialect);

enum req_ipsec_gaps {
	REQ_IPSEC_GAPS_NONE,	/* the text's layout; also where nothing can be told */
	REQ_IPSEC_GAPS_MAYBE,	/* one mode, and a length that both layouts explain */
	REQ_IPSEC_GAPS_YES,	/* REQ_IPSEC_ALIGNED */
};
/* Driver: which layout the length of a device's SA capability says (H).  A device fills up its
 * results to a multiple of 8 bytes (2.13.1), so that one entry has 48 bytes either way.
 */
enum req_ipsec_gaps req_ipsec_caps_gaps(const uint8_t *buf, size_t len);

/* Whether sub asks for no more than all has (2.12.1.2.5): what a driver may set. */
bool req_ipsec_caps_within(const struct req_ipsec_caps *sub, const struct req_ipsec_caps *all);
/* Whether an SA, which req_ipsec_sa_check() took, is within them: 0 or -ENOTSUP. */
int req_ipsec_caps_allow(const struct req_ipsec_caps *caps, const struct req_ipsec_sa *sa);

/* ---- lengths ---- */

/* What an SA adds to a packet.  Bytes. */
struct req_ipsec_shape {
	uint8_t outer;		/* outbound tunnel: the outer IP header */
	uint8_t head;		/* UDP, ESP and IV; or AH with its ICV */
	uint8_t tail;		/* ESP: ICV */
	uint8_t align;		/* ESP: payload, padding and the trailer's two bytes; AH: 0 */
	uint8_t head_v6;	/* AH: head where the IP header before it is of IPv6 */
	bool tunnel;
};

/* sa is one that req_ipsec_sa_check() took. */
void req_ipsec_shape_of(struct req_ipsec_shape *out, const struct req_ipsec_sa *sa);

/* Bytes of ESP's trailer, padding apart: its length, and the next header. */
#define REQ_IPSEC_TRAILER_LEN	2u

/* The most bytes of an IP packet: IPv6 without jumbograms. */
#define REQ_IPSEC_PACKET_MAX	(40u + 65535u)
/* Bytes of the shortest IP header, which every packet has. */
#define REQ_IPSEC_PACKET_MIN	20u

/* Outbound: bytes of the result of a packet of len bytes, exactly.  Transport modes: kept of
 * them (less than or equal to len) are the IP header and what else stays before ESP or AH;
 * v6: they are of IPv6.  Tunnel modes ignore both.  Cannot overflow: len is
 * REQ_IPSEC_PACKET_MAX at most.
 */
static inline uint32_t
req_ipsec_outbound_len(const struct req_ipsec_shape *s, uint32_t len, uint32_t kept, bool v6)
{
	uint32_t payload = s->tunnel ? len : len - kept;

	if (s->align == 0)
		return len + s->outer + (s->tunnel || !v6 ? s->head : s->head_v6);
	/* A power of two. */
	payload = (payload + 2 + s->align - 1) & ~(uint32_t)(s->align - 1);
	return (s->tunnel ? s->outer : kept) + s->head + payload + s->tail;
}

/* Inbound: the most bytes that a packet of len bytes can give, where kept of them stand before
 * ESP (or its UDP header) or AH; 0 if it is too short for this SA.
 */
uint32_t req_ipsec_inbound_max(const struct req_ipsec_shape *s, uint32_t len, uint32_t kept,
		bool v6);

/* Bytes of an IP packet as its header says, of which len bytes are there to read; -EBADMSG for
 * one that is none, has a length shorter than its header, or shows less than
 * REQ_IPSEC_PACKET_MIN bytes.  A jumbogram is -EBADMSG too.
 */
static inline int
req_ipsec_packet_len(const uint8_t *p, size_t len)
{
	unsigned int header, total;

	if (len < REQ_IPSEC_PACKET_MIN)
		return -EBADMSG;
	if (p[0] >> 4 == 4) {
		header = (p[0] & 0xfu) * 4;
		total = (unsigned int)p[2] << 8 | p[3];
		return header >= REQ_IPSEC_PACKET_MIN && total >= header ? (int)total : -EBADMSG;
	}
	if (p[0] >> 4 != 6)
		return -EBADMSG;
	total = (unsigned int)p[4] << 8 | p[5];
	/* No payload, but a hop-by-hop header: a jumbogram (RFC 2675). */
	if (total == 0 && p[6] == 0)
		return -EBADMSG;
	return (int)(REQ_IPSEC_PACKET_MAX - UINT16_MAX + total);
}

/* ---- data requests ---- */

/* Header and fixed part (N): this long, whatever was negotiated. */
#define REQ_IPSEC_HDR_LEN \
	(sizeof(struct virtio_crypto_op_header) + sizeof(struct virtio_crypto_ipsec_data_flf))

/* Driver: all but the lengths, which are zero.  Returns REQ_IPSEC_HDR_LEN or -ENOSPC. */
int req_ipsec_header(uint8_t *buf, size_t size, bool inbound, uint32_t obj_id);

/* Driver, hot path: the lengths, bytes; hdr is the header's first byte, 4 byte aligned. */
static inline void
req_set_ipsec(void *hdr, uint32_t src_len, uint32_t dst_len)
{
	struct virtio_crypto_ipsec_data_flf *f = (void *)((uint8_t *)hdr +
			sizeof(struct virtio_crypto_op_header));

	f->src_data_len = cpu_to_le32(src_len);
	f->dst_data_len = cpu_to_le32(dst_len);
}

struct req_ipsec_data {
	bool inbound;
	uint32_t obj_id;
	uint32_t src_len, dst_len;	/* bytes */
};
/* Device: a request whose first hdr_len bytes are contiguous.  flags: REQ_F_*.  0; -EBADMSG: too
 * short, a mode that is none, or a packet of an impossible length; -ENOENT: an object's
 * id of more than 32 bits; -ENOTSUP: another opcode, or a stateless request.
 */
int req_ipsec_data_parse(struct req_ipsec_data *out, const uint8_t *hdr, size_t hdr_len,
		unsigned int flags);
/* Device-readable and device-writable bytes that it calls for, header and status included. */
uint64_t req_ipsec_data_readable(const struct req_ipsec_data *d);
uint64_t req_ipsec_data_writable(const struct req_ipsec_data *d);

/* Driver: a status as 0 or -errno (req_status_errno); *soft: a soft limit was reached (P). */
int req_ipsec_status(bool *soft, uint32_t status);
/* Driver: bytes of the result of a request that succeeded (O).  dst has dst_len bytes, of which
 * len (REQ_IPSEC_PACKET_MIN at least) can be read; used_len is the device's word.
 * -EBADMSG: no packet, or one that was not written in full.
 */
static inline int
req_ipsec_result_len(const uint8_t *dst, size_t len, uint32_t dst_len, uint32_t used_len)
{
	uint32_t there;
	int n;

	/* The status is the last byte that was written, behind dst. */
	if (used_len == 0)
		return -EBADMSG;
	there = used_len - 1 < dst_len ? used_len - 1 : dst_len;
	if (there < REQ_IPSEC_PACKET_MIN)
		return -EBADMSG;
	n = req_ipsec_packet_len(dst, len);
	return n >= 0 && (uint32_t)n <= there ? n : -EBADMSG;
}

#endif

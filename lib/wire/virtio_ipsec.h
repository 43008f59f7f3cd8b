/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The IPSEC service of the crypto device (virtio 1.4, 5.9.9.9): its capabilities, the object
 * of a security association (SA), and the fixed part of a data request.  Layouts and numbers
 * only; no code.  Opcodes and statuses are in virtio_crypto.h.
 *
 * The standard's structures have no padding, so fields of 64 bits lie at multiples of 4.  A
 * device that declares them in C without saying so has gaps before these fields: structures
 * named _aligned are such a device's.  lib/request/req_ipsec.h says what the numbers mean where
 * the text leaves that open.
 */
#ifndef WIRE_VIRTIO_IPSEC_H
#define WIRE_VIRTIO_IPSEC_H

#include "attributes.h"
#include "le.h"

/* Ids of capabilities (5.9.7) and types of objects (5.9.8). */
#define VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP		0x0800
#define VIRTIO_CRYPTO_IPSEC_SA_CAP			0x0801
#define VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_OUTBOUND_SA	0x0200
#define VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_INBOUND_SA	0x0201

enum virtio_crypto_ipsec_mode {
	VIRTIO_CRYPTO_IPSEC_MODE_ESP_TUNNEL = 1,
	VIRTIO_CRYPTO_IPSEC_MODE_ESP_TRANSPORT = 2,
	VIRTIO_CRYPTO_IPSEC_MODE_AH_TUNNEL = 3,
	VIRTIO_CRYPTO_IPSEC_MODE_AH_TRANSPORT = 4,
};
#define VIRTIO_CRYPTO_NB_IPSEC_MODES	4

/* Options: bit masks. */
#define VIRTIO_CRYPTO_IPSEC_ESN			(1u << 0)
#define VIRTIO_CRYPTO_IPSEC_UDP_ENCAP		(1u << 1)	/* ESP */
#define VIRTIO_CRYPTO_IPSEC_COPY_DSCP		(1u << 2)
#define VIRTIO_CRYPTO_IPSEC_DEC_TTL		(1u << 3)
#define VIRTIO_CRYPTO_IPSEC_COPY_DF		(1u << 4)
#define VIRTIO_CRYPTO_IPSEC_ECN			(1u << 5)
#define VIRTIO_CRYPTO_IPSEC_SA_LIFETIME		(1u << 6)
#define VIRTIO_CRYPTO_IPSEC_OPTIONS		0x7fu		/* all of them */

#define VIRTIO_CRYPTO_IPSEC_DIR_OUTBOUND	1
#define VIRTIO_CRYPTO_IPSEC_DIR_INBOUND		2

/* ---- capabilities ---- */
struct virtio_crypto_ipsec_resource_cap {
	le32 inb_sa_limit;	/* ids are below it */
	le32 outb_sa_limit;
};
WIRE_SIZE(struct virtio_crypto_ipsec_resource_cap, 8);
WIRE_OFFSET(struct virtio_crypto_ipsec_resource_cap, outb_sa_limit, 4);

struct virtio_crypto_ipsec_sa_cap_data {
	uint8_t count;		/* of the modes that follow */
	uint8_t reserved[7];
};
WIRE_SIZE(struct virtio_crypto_ipsec_sa_cap_data, 8);

struct virtio_crypto_ipsec_mode_cap {
	uint8_t mode;		/* enum virtio_crypto_ipsec_mode */
	uint8_t reserved[3];
	le32 max_replay_win_sz;	/* inbound */
	le32 options;		/* VIRTIO_CRYPTO_IPSEC_* */
	le32 reserved1;
	le64 cipher_algo;	/* masks of 1 << VIRTIO_CRYPTO_CIPHER_*, _MAC_*, _AEAD_* */
	le64 hmac_algo;
	le32 aead_algo;
	le32 max_cipher_key_len;	/* bytes */
	le32 max_auth_key_len;		/* bytes */
} WIRE_PACKED;
WIRE_SIZE(struct virtio_crypto_ipsec_mode_cap, 44);
WIRE_OFFSET(struct virtio_crypto_ipsec_mode_cap, max_replay_win_sz, 4);
WIRE_OFFSET(struct virtio_crypto_ipsec_mode_cap, options, 8);
WIRE_OFFSET(struct virtio_crypto_ipsec_mode_cap, reserved1, 12);
WIRE_OFFSET(struct virtio_crypto_ipsec_mode_cap, cipher_algo, 16);
WIRE_OFFSET(struct virtio_crypto_ipsec_mode_cap, hmac_algo, 24);
WIRE_OFFSET(struct virtio_crypto_ipsec_mode_cap, aead_algo, 32);
WIRE_OFFSET(struct virtio_crypto_ipsec_mode_cap, max_cipher_key_len, 36);
WIRE_OFFSET(struct virtio_crypto_ipsec_mode_cap, max_auth_key_len, 40);

struct virtio_crypto_ipsec_mode_cap_aligned {
	struct virtio_crypto_ipsec_mode_cap cap;
	uint8_t gap[4];
} WIRE_PACKED;
WIRE_SIZE(struct virtio_crypto_ipsec_mode_cap_aligned, 48);

/* ---- the object of an SA ---- */
/* Outer addresses of a tunnel, outbound. */
struct virtio_crypto_ipsec_tunnel_param {
	uint8_t type;		/* no values are defined */
	uint8_t reserved[3];
	union {
		struct {
			le32 src_ip;
			le32 dst_ip;
			uint8_t dscp;
			uint8_t df;
			uint8_t ttl;
			uint8_t reserved1;
		} ipv4;
		struct {
			uint8_t src_addr[16];
			uint8_t dst_addr[16];
			le32 flabel;
			uint8_t hlimit;
			uint8_t dscp;
			uint8_t reserved2[2];
		} ipv6;
		uint8_t bytes[40];
	} u;
} WIRE_PACKED;
WIRE_SIZE(struct virtio_crypto_ipsec_tunnel_param, 44);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv4.src_ip, 4);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv4.dst_ip, 8);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv4.dscp, 12);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv4.df, 13);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv4.ttl, 14);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv6.src_addr, 4);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv6.dst_addr, 20);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv6.flabel, 36);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv6.hlimit, 40);
WIRE_OFFSET(struct virtio_crypto_ipsec_tunnel_param, u.ipv6.dscp, 41);

struct virtio_crypto_ipsec_lifetime {
	le64 packets_soft_limit;
	le64 bytes_soft_limit;
	le64 packets_hard_limit;
	le64 bytes_hard_limit;
} WIRE_PACKED;
WIRE_SIZE(struct virtio_crypto_ipsec_lifetime, 32);
WIRE_OFFSET(struct virtio_crypto_ipsec_lifetime, bytes_soft_limit, 8);
WIRE_OFFSET(struct virtio_crypto_ipsec_lifetime, packets_hard_limit, 16);
WIRE_OFFSET(struct virtio_crypto_ipsec_lifetime, bytes_hard_limit, 24);

#define VIRTIO_CRYPTO_IPSEC_KEY_MAX	32	/* bytes */

/* An SA is cut where the layout with gaps has them: its parts are the same in both. */
struct virtio_crypto_ipsec_sa_head {
	uint8_t mode;		/* enum virtio_crypto_ipsec_mode */
	uint8_t direction;	/* VIRTIO_CRYPTO_IPSEC_DIR_* */
	uint8_t reserved[2];
	le32 obj_id;
	le32 spi;
	uint8_t salt[4];	/* le32 in the text */
	le64 options;		/* VIRTIO_CRYPTO_IPSEC_* */
	struct virtio_crypto_ipsec_tunnel_param param;
	le16 udp_sport;
	le16 udp_dport;
	le32 replay_win_sz;
} WIRE_PACKED;
WIRE_SIZE(struct virtio_crypto_ipsec_sa_head, 76);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, direction, 1);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, obj_id, 4);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, spi, 8);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, salt, 12);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, options, 16);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, param, 24);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, udp_sport, 68);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, udp_dport, 70);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_head, replay_win_sz, 72);

/* An algorithm with its key: cipher_algo and cipher_key, or auth_algo and auth_key. */
struct virtio_crypto_ipsec_sa_key {
	le64 algo;
	le16 length;		/* bytes */
	le16 reserved;
	uint8_t data[VIRTIO_CRYPTO_IPSEC_KEY_MAX];
} WIRE_PACKED;
WIRE_SIZE(struct virtio_crypto_ipsec_sa_key, 44);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_key, length, 8);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_key, data, 12);

struct virtio_crypto_ipsec_sa {
	struct virtio_crypto_ipsec_sa_head head;
	struct virtio_crypto_ipsec_sa_key cipher;
	struct virtio_crypto_ipsec_sa_key auth;
	struct virtio_crypto_ipsec_lifetime life;
} WIRE_PACKED;
WIRE_SIZE(struct virtio_crypto_ipsec_sa, 196);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa, cipher, 76);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa, auth, 120);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa, life, 164);

struct virtio_crypto_ipsec_sa_aligned {
	struct virtio_crypto_ipsec_sa_head head;
	uint8_t gap[4];
	struct virtio_crypto_ipsec_sa_key cipher;
	uint8_t gap1[4];
	struct virtio_crypto_ipsec_sa_key auth;
	uint8_t gap2[4];
	struct virtio_crypto_ipsec_lifetime life;
} WIRE_PACKED;
WIRE_SIZE(struct virtio_crypto_ipsec_sa_aligned, 208);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_aligned, cipher, 80);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_aligned, auth, 128);
WIRE_OFFSET(struct virtio_crypto_ipsec_sa_aligned, life, 176);

/* ---- data requests: the fixed part, never padded ---- */
struct virtio_crypto_ipsec_data_flf {
	le32 src_data_len;	/* bytes */
	le32 dst_data_len;	/* bytes */
};
WIRE_SIZE(struct virtio_crypto_ipsec_data_flf, 8);
WIRE_OFFSET(struct virtio_crypto_ipsec_data_flf, dst_data_len, 4);

#endif

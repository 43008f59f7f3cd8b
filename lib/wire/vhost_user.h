/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vhost-user messages, as a front end and a back end exchange them over a unix
 * socket: header, request numbers, protocol features, payloads.  Layouts and
 * numbers only; no code.
 *
 * All integers are in the order of the host: both ends run on one machine.  The
 * names carry the prefix vhu_, since other headers own vhost_user and VHOST_USER.
 */
#ifndef WIRE_VHOST_USER_H
#define WIRE_VHOST_USER_H

#include <stdint.h>

#include "le.h"
#include "virtio.h"

/* ---- header ---- */
struct vhu_header {
	uint32_t request;	/* enum vhu_request */
	uint32_t flags;		/* VHU_FLAG_* and the version */
	uint32_t size;		/* bytes of payload that follow */
};
WIRE_SIZE(struct vhu_header, 12);
WIRE_OFFSET(struct vhu_header, flags, 4);
WIRE_OFFSET(struct vhu_header, size, 8);

#define VHU_VERSION			0x1u
#define VHU_VERSION_MASK		0x3u
#define VHU_FLAG_REPLY			(1u << 2)	/* set in every reply */
#define VHU_FLAG_NEED_REPLY		(1u << 3)	/* REPLY_ACK: answer with a u64 */

/* ---- requests of the front end ---- */
enum vhu_request {
	VHU_GET_FEATURES = 1,
	VHU_SET_FEATURES = 2,
	VHU_SET_OWNER = 3,
	VHU_RESET_OWNER = 4,		/* deprecated: back ends disagree about it */
	VHU_SET_MEM_TABLE = 5,
	VHU_SET_LOG_BASE = 6,
	VHU_SET_LOG_FD = 7,
	VHU_SET_VRING_NUM = 8,
	VHU_SET_VRING_ADDR = 9,
	VHU_SET_VRING_BASE = 10,
	VHU_GET_VRING_BASE = 11,
	VHU_SET_VRING_KICK = 12,
	VHU_SET_VRING_CALL = 13,
	VHU_SET_VRING_ERR = 14,
	VHU_GET_PROTOCOL_FEATURES = 15,
	VHU_SET_PROTOCOL_FEATURES = 16,
	VHU_GET_QUEUE_NUM = 17,
	VHU_SET_VRING_ENABLE = 18,
	VHU_SET_BACKEND_REQ_FD = 21,
	VHU_IOTLB_MSG = 22,
	VHU_GET_CONFIG = 24,
	VHU_SET_CONFIG = 25,
	VHU_CREATE_CRYPTO_SESSION = 26,
	VHU_CLOSE_CRYPTO_SESSION = 27,
	VHU_GET_INFLIGHT_FD = 31,
	VHU_SET_INFLIGHT_FD = 32,
	VHU_RESET_DEVICE = 34,
	VHU_VRING_KICK = 35,
	VHU_GET_MAX_MEM_SLOTS = 36,
	VHU_ADD_MEM_REG = 37,
	VHU_REM_MEM_REG = 38,
	VHU_SET_STATUS = 39,
	VHU_GET_STATUS = 40,
};

/* Requests of the back end, on the channel of VHU_SET_BACKEND_REQ_FD. */
enum vhu_backend_request {
	VHU_BACKEND_IOTLB_MSG = 1,
	VHU_BACKEND_CONFIG_CHANGE = 2,
};

/* The bit among the virtio features that says "there are protocol features".  Once
 * it is accepted, rings start disabled and wait for VHU_SET_VRING_ENABLE.
 */
#define VHU_F_PROTOCOL_FEATURES		VIRTIO_BIT(30)

/* ---- protocol features ---- */
#define VHU_PROTO_F_MQ			VIRTIO_BIT(0)
#define VHU_PROTO_F_REPLY_ACK		VIRTIO_BIT(3)
#define VHU_PROTO_F_BACKEND_REQ		VIRTIO_BIT(5)
#define VHU_PROTO_F_CRYPTO_SESSION	VIRTIO_BIT(7)
#define VHU_PROTO_F_CONFIG		VIRTIO_BIT(9)
#define VHU_PROTO_F_INFLIGHT_SHMFD	VIRTIO_BIT(12)
#define VHU_PROTO_F_RESET_DEVICE	VIRTIO_BIT(13)
#define VHU_PROTO_F_INBAND_NOTIFY	VIRTIO_BIT(14)
#define VHU_PROTO_F_CONFIGURE_MEM_SLOTS	VIRTIO_BIT(15)
#define VHU_PROTO_F_STATUS		VIRTIO_BIT(16)

/* ---- payloads ---- */

/* SET_VRING_NUM, SET_VRING_BASE, GET_VRING_BASE, SET_VRING_ENABLE. */
struct vhu_vring_state {
	uint32_t index;
	uint32_t num;
};
WIRE_SIZE(struct vhu_vring_state, 8);
WIRE_OFFSET(struct vhu_vring_state, num, 4);

/* SET_VRING_BASE of a packed ring: next available index in bits 0-14 with its wrap
 * counter in bit 15, next used index and wrap counter in bits 16-31.
 */
#define VHU_BASE_PACKED_AVAIL_WRAP	(UINT32_C(1) << 15)
#define VHU_BASE_PACKED_USED_SHIFT	16
#define VHU_BASE_PACKED_USED_WRAP	(UINT32_C(1) << 31)
#define VHU_BASE_PACKED_IDX_MASK	UINT32_C(0x7fff)

/* SET_VRING_ADDR: addresses are user addresses of the memory table. */
struct vhu_vring_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc;
	uint64_t used;		/* the device area */
	uint64_t avail;		/* the driver area */
	uint64_t log;
};
WIRE_SIZE(struct vhu_vring_addr, 40);
WIRE_OFFSET(struct vhu_vring_addr, desc, 8);
WIRE_OFFSET(struct vhu_vring_addr, used, 16);
WIRE_OFFSET(struct vhu_vring_addr, avail, 24);
WIRE_OFFSET(struct vhu_vring_addr, log, 32);

/* SET_VRING_KICK, _CALL, _ERR: a u64 of the index and one flag. */
#define VHU_VRING_INDEX_MASK		UINT64_C(0xff)
#define VHU_VRING_NO_FD			(UINT64_C(1) << 8)
#define VHU_MAX_VRINGS			256

/* One piece of shared memory: mmap_offset bytes into the file that comes with it. */
struct vhu_mem_region {
	uint64_t guest_addr;
	uint64_t size;		/* bytes */
	uint64_t user_addr;
	uint64_t mmap_offset;	/* bytes */
};
WIRE_SIZE(struct vhu_mem_region, 32);
WIRE_OFFSET(struct vhu_mem_region, size, 8);
WIRE_OFFSET(struct vhu_mem_region, user_addr, 16);
WIRE_OFFSET(struct vhu_mem_region, mmap_offset, 24);

/* SET_MEM_TABLE: the whole table, one file descriptor a region.  The message ends
 * with the last region used.
 */
#define VHU_MEM_TABLE_REGIONS		8
struct vhu_mem_table {
	uint32_t nb_regions;
	uint32_t padding;
	struct vhu_mem_region regions[VHU_MEM_TABLE_REGIONS];
};
WIRE_SIZE(struct vhu_mem_table, 264);
WIRE_OFFSET(struct vhu_mem_table, regions, 8);

/* ADD_MEM_REG with one file descriptor, REM_MEM_REG with none. */
struct vhu_mem_one {
	uint64_t padding;
	struct vhu_mem_region region;
};
WIRE_SIZE(struct vhu_mem_one, 40);
WIRE_OFFSET(struct vhu_mem_one, region, 8);

/* GET_CONFIG, SET_CONFIG: these 12 bytes, then size bytes of configuration space.
 * A back end that cannot answer GET_CONFIG sends no payload at all.
 */
struct vhu_config_header {
	uint32_t offset;	/* bytes into the configuration space */
	uint32_t size;		/* bytes */
	uint32_t flags;
};
WIRE_SIZE(struct vhu_config_header, 12);
WIRE_OFFSET(struct vhu_config_header, size, 4);
WIRE_OFFSET(struct vhu_config_header, flags, 8);

#define VHU_CONFIG_SPACE_MAX		256
struct vhu_config {
	struct vhu_config_header hdr;
	uint8_t space[VHU_CONFIG_SPACE_MAX];
};
WIRE_SIZE(struct vhu_config, 268);
WIRE_OFFSET(struct vhu_config, space, 12);

/* ---- CREATE_CRYPTO_SESSION (26): three layouts in the field ----
 *
 * The front end fills in all but session_id; the same message comes back with it:
 * 0 or above is the session's id, below 0 a failure (some back ends send the
 * negative of a virtio crypto status).  Every layout was once the memory image of
 * a program's own structure on a 64-bit machine, pointers and padding included.
 * CLOSE_CRYPTO_SESSION (27) is a u64, the id.
 */
#define VHU_SESSION_CIPHER_KEY_MAX	64	/* bytes */
#define VHU_SESSION_AUTH_KEY_MAX	512	/* bytes */
#define VHU_SESSION_ASYM_KEY_MAX	1024	/* bytes */

/* Parameters of a cipher or of a chain; algorithms, ops, modes and orders are the
 * numbers of virtio_crypto.h, lengths are bytes.
 */
struct vhu_session_sym {
	uint32_t cipher_algo;
	uint32_t cipher_key_len;
	uint32_t hash_algo;	/* HASH or MAC number, by hash_mode */
	uint32_t digest_len;
	uint32_t auth_key_len;
	uint32_t aad_len;
	uint8_t op_type;	/* VIRTIO_CRYPTO_SYM_OP_* */
	uint8_t direction;	/* VIRTIO_CRYPTO_OP_* */
	uint8_t hash_mode;	/* VIRTIO_CRYPTO_SYM_HASH_MODE_* */
	uint8_t chain_order;	/* VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_* */
};
WIRE_SIZE(struct vhu_session_sym, 28);
WIRE_OFFSET(struct vhu_session_sym, op_type, 24);
WIRE_OFFSET(struct vhu_session_sym, chain_order, 27);

/* session_id first, then op_code: QEMU to 7.0, DPDK to 24.11. */
struct vhu_session_opcode {
	int64_t session_id;
	uint32_t op_code;
	struct vhu_session_sym sym;
	uint64_t pointers[2];	/* no meaning between processes: 0 */
	uint8_t cipher_key[VHU_SESSION_CIPHER_KEY_MAX];
	uint8_t auth_key[VHU_SESSION_AUTH_KEY_MAX];
};
WIRE_SIZE(struct vhu_session_opcode, 632);
WIRE_OFFSET(struct vhu_session_opcode, op_code, 8);
WIRE_OFFSET(struct vhu_session_opcode, sym, 12);
WIRE_OFFSET(struct vhu_session_opcode, pointers, 40);
WIRE_OFFSET(struct vhu_session_opcode, cipher_key, 56);
WIRE_OFFSET(struct vhu_session_opcode, auth_key, 120);

/* session_id first, no op_code: QEMU 7.1 to 8.0.  The same size. */
struct vhu_session_plain {
	int64_t session_id;
	struct vhu_session_sym sym;
	uint32_t padding;
	uint64_t pointers[2];
	uint8_t cipher_key[VHU_SESSION_CIPHER_KEY_MAX];
	uint8_t auth_key[VHU_SESSION_AUTH_KEY_MAX];
};
WIRE_SIZE(struct vhu_session_plain, 632);
WIRE_OFFSET(struct vhu_session_plain, sym, 8);
WIRE_OFFSET(struct vhu_session_plain, pointers, 40);
WIRE_OFFSET(struct vhu_session_plain, cipher_key, 56);
WIRE_OFFSET(struct vhu_session_plain, auth_key, 120);

/* op_code first, one of two bodies, session_id last: QEMU from 8.1, DPDK from 25.03. */
struct vhu_session_union_sym {
	struct vhu_session_sym sym;
	uint32_t padding;
	uint64_t pointers[2];
	uint8_t cipher_key[VHU_SESSION_CIPHER_KEY_MAX];
	uint8_t auth_key[VHU_SESSION_AUTH_KEY_MAX];
};
WIRE_SIZE(struct vhu_session_union_sym, 624);
WIRE_OFFSET(struct vhu_session_union_sym, cipher_key, 48);
WIRE_OFFSET(struct vhu_session_union_sym, auth_key, 112);

struct vhu_session_union_asym {
	uint32_t algo;
	uint32_t key_type;	/* VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_* */
	uint32_t key_len;
	uint32_t padding;
	uint64_t pointer;
	uint32_t rsa_padding;	/* VIRTIO_CRYPTO_RSA_*_PADDING */
	uint32_t rsa_hash;	/* enum virtio_crypto_rsa_hash */
	uint8_t key[VHU_SESSION_ASYM_KEY_MAX];
};
WIRE_SIZE(struct vhu_session_union_asym, 1056);
WIRE_OFFSET(struct vhu_session_union_asym, pointer, 16);
WIRE_OFFSET(struct vhu_session_union_asym, rsa_padding, 24);
WIRE_OFFSET(struct vhu_session_union_asym, key, 32);

struct vhu_session_union {
	uint64_t op_code;
	union {			/* chosen by op_code */
		struct vhu_session_union_sym sym;
		struct vhu_session_union_asym asym;
	} u;
	int64_t session_id;
};
WIRE_SIZE(struct vhu_session_union, 1072);
WIRE_OFFSET(struct vhu_session_union, u, 8);
WIRE_OFFSET(struct vhu_session_union, session_id, 1064);

/* The longest payload of all above. */
#define VHU_MAX_PAYLOAD			sizeof(struct vhu_session_union)

/* The payload of any message. */
union vhu_payload {
	uint64_t u64;
	struct vhu_vring_state state;
	struct vhu_vring_addr addr;
	struct vhu_mem_table table;
	struct vhu_mem_one one;
	struct vhu_config config;
	struct vhu_session_opcode opcode;
	struct vhu_session_plain plain;
	struct vhu_session_union both;
	uint8_t bytes[VHU_MAX_PAYLOAD];
};

#endif

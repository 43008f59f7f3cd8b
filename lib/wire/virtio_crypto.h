/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The crypto device (virtio 1.4, 5.9): configuration space, control requests,
 * data requests, status.  Layouts and numbers only; no code.
 *
 * A request is a general header, a fixed part ("flf"), a variable part and the
 * device-writable answer.  Without REVISION_1 the fixed part is padded with zeros
 * to VIRTIO_CRYPTO_*_FLF_LEGACY bytes; with it, it has its own size.
 */
#ifndef WIRE_VIRTIO_CRYPTO_H
#define WIRE_VIRTIO_CRYPTO_H

#include "le.h"
#include "virtio.h"

/* ---- feature bits (5.9.3) ---- */
#define VIRTIO_CRYPTO_F_REVISION_1			VIRTIO_BIT(0)
#define VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE		VIRTIO_BIT(1)
#define VIRTIO_CRYPTO_F_HASH_STATELESS_MODE		VIRTIO_BIT(2)
#define VIRTIO_CRYPTO_F_MAC_STATELESS_MODE		VIRTIO_BIT(3)
#define VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE		VIRTIO_BIT(4)
#define VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE		VIRTIO_BIT(5)
/* That of a service: the bits stand in the order of enum virtio_crypto_service. */
#define VIRTIO_CRYPTO_F_STATELESS_MODE(service)		VIRTIO_BIT((service) + 1)
/* All of them; each needs REVISION_1 (5.9.3.1). */
#define VIRTIO_CRYPTO_F_STATELESS_MODES \
	(VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE | VIRTIO_CRYPTO_F_HASH_STATELESS_MODE | \
	VIRTIO_CRYPTO_F_MAC_STATELESS_MODE | VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE | \
	VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE)

/* ---- services (5.9.4): bit numbers of crypto_services, high byte of an opcode ---- */
enum virtio_crypto_service {
	VIRTIO_CRYPTO_SERVICE_CIPHER = 0,
	VIRTIO_CRYPTO_SERVICE_HASH = 1,
	VIRTIO_CRYPTO_SERVICE_MAC = 2,
	VIRTIO_CRYPTO_SERVICE_AEAD = 3,
	VIRTIO_CRYPTO_SERVICE_AKCIPHER = 4,
	VIRTIO_CRYPTO_SERVICE_IPSEC = 5,
	VIRTIO_CRYPTO_NB_SERVICES
};

/* Algorithms: bit numbers of the configuration masks and values in requests. */
enum virtio_crypto_cipher {
	VIRTIO_CRYPTO_NO_CIPHER = 0,
	VIRTIO_CRYPTO_CIPHER_ARC4 = 1,
	VIRTIO_CRYPTO_CIPHER_AES_ECB = 2,
	VIRTIO_CRYPTO_CIPHER_AES_CBC = 3,
	VIRTIO_CRYPTO_CIPHER_AES_CTR = 4,
	VIRTIO_CRYPTO_CIPHER_DES_ECB = 5,
	VIRTIO_CRYPTO_CIPHER_DES_CBC = 6,
	VIRTIO_CRYPTO_CIPHER_3DES_ECB = 7,
	VIRTIO_CRYPTO_CIPHER_3DES_CBC = 8,
	VIRTIO_CRYPTO_CIPHER_3DES_CTR = 9,
	VIRTIO_CRYPTO_CIPHER_KASUMI_F8 = 10,
	VIRTIO_CRYPTO_CIPHER_SNOW3G_UEA2 = 11,
	VIRTIO_CRYPTO_CIPHER_AES_F8 = 12,
	VIRTIO_CRYPTO_CIPHER_AES_XTS = 13,
	VIRTIO_CRYPTO_CIPHER_ZUC_EEA3 = 14,
};

enum virtio_crypto_hash {
	VIRTIO_CRYPTO_NO_HASH = 0,
	VIRTIO_CRYPTO_HASH_MD5 = 1,
	VIRTIO_CRYPTO_HASH_SHA1 = 2,
	VIRTIO_CRYPTO_HASH_SHA_224 = 3,
	VIRTIO_CRYPTO_HASH_SHA_256 = 4,
	VIRTIO_CRYPTO_HASH_SHA_384 = 5,
	VIRTIO_CRYPTO_HASH_SHA_512 = 6,
	VIRTIO_CRYPTO_HASH_SHA3_224 = 7,
	VIRTIO_CRYPTO_HASH_SHA3_256 = 8,
	VIRTIO_CRYPTO_HASH_SHA3_384 = 9,
	VIRTIO_CRYPTO_HASH_SHA3_512 = 10,
	VIRTIO_CRYPTO_HASH_SHA3_SHAKE128 = 11,
	VIRTIO_CRYPTO_HASH_SHA3_SHAKE256 = 12,
};

enum virtio_crypto_mac {
	VIRTIO_CRYPTO_NO_MAC = 0,
	VIRTIO_CRYPTO_MAC_HMAC_MD5 = 1,
	VIRTIO_CRYPTO_MAC_HMAC_SHA1 = 2,
	VIRTIO_CRYPTO_MAC_HMAC_SHA_224 = 3,
	VIRTIO_CRYPTO_MAC_HMAC_SHA_256 = 4,
	VIRTIO_CRYPTO_MAC_HMAC_SHA_384 = 5,
	VIRTIO_CRYPTO_MAC_HMAC_SHA_512 = 6,
	VIRTIO_CRYPTO_MAC_CMAC_3DES = 25,
	VIRTIO_CRYPTO_MAC_CMAC_AES = 26,
	VIRTIO_CRYPTO_MAC_KASUMI_F9 = 27,
	VIRTIO_CRYPTO_MAC_SNOW3G_UIA2 = 28,
	VIRTIO_CRYPTO_MAC_GMAC_AES = 41,
	VIRTIO_CRYPTO_MAC_GMAC_TWOFISH = 42,
	VIRTIO_CRYPTO_MAC_CBCMAC_AES = 49,
	VIRTIO_CRYPTO_MAC_CBCMAC_KASUMI_F9 = 50,
	VIRTIO_CRYPTO_MAC_XCBC_AES = 53,
	VIRTIO_CRYPTO_MAC_ZUC_EIA3 = 54,
};

enum virtio_crypto_aead {
	VIRTIO_CRYPTO_NO_AEAD = 0,
	VIRTIO_CRYPTO_AEAD_GCM = 1,
	VIRTIO_CRYPTO_AEAD_CCM = 2,
	VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305 = 3,
};

enum virtio_crypto_akcipher {
	VIRTIO_CRYPTO_NO_AKCIPHER = 0,
	VIRTIO_CRYPTO_AKCIPHER_RSA = 1,
	VIRTIO_CRYPTO_AKCIPHER_ECDSA = 2,
};

/* ---- configuration space (5.9.5) ---- */
#define VIRTIO_CRYPTO_S_HW_READY		(1u << 0)
#define VIRTIO_CRYPTO_MAX_DATAQUEUES		65535

struct virtio_crypto_config {
	le32 status;
	le32 max_dataqueues;
	le32 crypto_services;
	le32 cipher_algo_l;
	le32 cipher_algo_h;
	le32 hash_algo;
	le32 mac_algo_l;
	le32 mac_algo_h;
	le32 aead_algo;
	le32 max_cipher_key_len;	/* bytes */
	le32 max_auth_key_len;		/* bytes */
	le32 akcipher_algo;
	le64 max_size;			/* bytes of a request's variable part */
};
WIRE_SIZE(struct virtio_crypto_config, 56);
WIRE_OFFSET(struct virtio_crypto_config, max_dataqueues, 4);
WIRE_OFFSET(struct virtio_crypto_config, crypto_services, 8);
WIRE_OFFSET(struct virtio_crypto_config, cipher_algo_l, 12);
WIRE_OFFSET(struct virtio_crypto_config, cipher_algo_h, 16);
WIRE_OFFSET(struct virtio_crypto_config, hash_algo, 20);
WIRE_OFFSET(struct virtio_crypto_config, mac_algo_l, 24);
WIRE_OFFSET(struct virtio_crypto_config, mac_algo_h, 28);
WIRE_OFFSET(struct virtio_crypto_config, aead_algo, 32);
WIRE_OFFSET(struct virtio_crypto_config, max_cipher_key_len, 36);
WIRE_OFFSET(struct virtio_crypto_config, max_auth_key_len, 40);
WIRE_OFFSET(struct virtio_crypto_config, akcipher_algo, 44);
WIRE_OFFSET(struct virtio_crypto_config, max_size, 48);

/* ---- status of an operation (5.9.9.1) ---- */
enum virtio_crypto_status {
	VIRTIO_CRYPTO_OK = 0,
	VIRTIO_CRYPTO_ERR = 1,
	VIRTIO_CRYPTO_BADMSG = 2,
	VIRTIO_CRYPTO_NOTSUPP = 3,
	VIRTIO_CRYPTO_INVSESS = 4,
	VIRTIO_CRYPTO_NOSPC = 5,
	VIRTIO_CRYPTO_KEY_REJECTED = 6,
	VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY = 7,
};

#define VIRTIO_CRYPTO_OPCODE(service, op)	(((unsigned int)(service) << 8) | (op))
#define VIRTIO_CRYPTO_OPCODE_SERVICE(opcode)	((opcode) >> 8)

/* ---- control queue (5.9.9.2) ---- */
#define VIRTIO_CRYPTO_CIPHER_CREATE_SESSION	0x0002
#define VIRTIO_CRYPTO_CIPHER_DESTROY_SESSION	0x0003
#define VIRTIO_CRYPTO_HASH_CREATE_SESSION	0x0102
#define VIRTIO_CRYPTO_HASH_DESTROY_SESSION	0x0103
#define VIRTIO_CRYPTO_MAC_CREATE_SESSION	0x0202
#define VIRTIO_CRYPTO_MAC_DESTROY_SESSION	0x0203
#define VIRTIO_CRYPTO_AEAD_CREATE_SESSION	0x0302
#define VIRTIO_CRYPTO_AEAD_DESTROY_SESSION	0x0303
#define VIRTIO_CRYPTO_AKCIPHER_CREATE_SESSION	0x0404
#define VIRTIO_CRYPTO_AKCIPHER_DESTROY_SESSION	0x0405

struct virtio_crypto_ctrl_header {
	le32 opcode;
	le32 algo;
	le32 flag;
	le32 reserved;	/* implementations read a queue id here: 0 suits both */
};
WIRE_SIZE(struct virtio_crypto_ctrl_header, 16);
WIRE_OFFSET(struct virtio_crypto_ctrl_header, algo, 4);
WIRE_OFFSET(struct virtio_crypto_ctrl_header, flag, 8);
WIRE_OFFSET(struct virtio_crypto_ctrl_header, reserved, 12);

#define VIRTIO_CRYPTO_CTRL_FLF_LEGACY		56	/* bytes */

struct virtio_crypto_create_session_input {
	le64 session_id;
	le32 status;
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_create_session_input, 16);
WIRE_OFFSET(struct virtio_crypto_create_session_input, status, 8);

struct virtio_crypto_destroy_session_flf {
	le64 session_id;
};
WIRE_SIZE(struct virtio_crypto_destroy_session_flf, 8);

struct virtio_crypto_destroy_session_input {
	uint8_t status;
};
WIRE_SIZE(struct virtio_crypto_destroy_session_input, 1);

struct virtio_crypto_hash_create_session_flf {
	le32 algo;
	le32 hash_result_len;	/* bytes */
};
WIRE_SIZE(struct virtio_crypto_hash_create_session_flf, 8);
WIRE_OFFSET(struct virtio_crypto_hash_create_session_flf, hash_result_len, 4);

struct virtio_crypto_mac_create_session_flf {
	le32 algo;
	le32 hash_result_len;	/* bytes */
	le32 auth_key_len;	/* bytes */
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_mac_create_session_flf, 16);
WIRE_OFFSET(struct virtio_crypto_mac_create_session_flf, hash_result_len, 4);
WIRE_OFFSET(struct virtio_crypto_mac_create_session_flf, auth_key_len, 8);

#define VIRTIO_CRYPTO_OP_ENCRYPT		1
#define VIRTIO_CRYPTO_OP_DECRYPT		2

struct virtio_crypto_cipher_session_flf {
	le32 algo;
	le32 key_len;		/* bytes */
	le32 op;		/* VIRTIO_CRYPTO_OP_* */
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_cipher_session_flf, 16);
WIRE_OFFSET(struct virtio_crypto_cipher_session_flf, key_len, 4);
WIRE_OFFSET(struct virtio_crypto_cipher_session_flf, op, 8);

#define VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_HASH_THEN_CIPHER	1
#define VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH	2

#define VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN	1
#define VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH	2
#define VIRTIO_CRYPTO_SYM_HASH_MODE_NESTED	3

struct virtio_crypto_alg_chain_session_flf {
	le32 alg_chain_order;
	le32 hash_mode;
	struct virtio_crypto_cipher_session_flf cipher_hdr;
	union {			/* chosen by hash_mode */
		struct virtio_crypto_hash_create_session_flf hash;
		struct virtio_crypto_mac_create_session_flf mac;
	} u;
	le32 aad_len;		/* bytes */
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_alg_chain_session_flf, 48);
WIRE_OFFSET(struct virtio_crypto_alg_chain_session_flf, hash_mode, 4);
WIRE_OFFSET(struct virtio_crypto_alg_chain_session_flf, cipher_hdr, 8);
WIRE_OFFSET(struct virtio_crypto_alg_chain_session_flf, u, 24);
WIRE_OFFSET(struct virtio_crypto_alg_chain_session_flf, aad_len, 40);

#define VIRTIO_CRYPTO_SYM_OP_NONE		0
#define VIRTIO_CRYPTO_SYM_OP_CIPHER		1
#define VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING	2

struct virtio_crypto_sym_create_session_flf {
	union {			/* chosen by op_type */
		struct virtio_crypto_cipher_session_flf cipher;
		struct virtio_crypto_alg_chain_session_flf chain;
	} u;
	le32 op_type;		/* VIRTIO_CRYPTO_SYM_OP_* */
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_sym_create_session_flf, 56);
WIRE_OFFSET(struct virtio_crypto_sym_create_session_flf, op_type, 48);

struct virtio_crypto_aead_create_session_flf {
	le32 algo;
	le32 key_len;		/* bytes */
	le32 tag_len;		/* bytes */
	le32 aad_len;		/* bytes */
	le32 op;		/* VIRTIO_CRYPTO_OP_* */
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_aead_create_session_flf, 24);
WIRE_OFFSET(struct virtio_crypto_aead_create_session_flf, key_len, 4);
WIRE_OFFSET(struct virtio_crypto_aead_create_session_flf, tag_len, 8);
WIRE_OFFSET(struct virtio_crypto_aead_create_session_flf, aad_len, 12);
WIRE_OFFSET(struct virtio_crypto_aead_create_session_flf, op, 16);

#define VIRTIO_CRYPTO_RSA_RAW_PADDING		0
#define VIRTIO_CRYPTO_RSA_PKCS1_PADDING		1

enum virtio_crypto_rsa_hash {
	VIRTIO_CRYPTO_RSA_NO_HASH = 0,
	VIRTIO_CRYPTO_RSA_MD2 = 1,
	VIRTIO_CRYPTO_RSA_MD3 = 2,
	VIRTIO_CRYPTO_RSA_MD4 = 3,
	VIRTIO_CRYPTO_RSA_MD5 = 4,
	VIRTIO_CRYPTO_RSA_SHA1 = 5,
	VIRTIO_CRYPTO_RSA_SHA256 = 6,
	VIRTIO_CRYPTO_RSA_SHA384 = 7,
	VIRTIO_CRYPTO_RSA_SHA512 = 8,
	VIRTIO_CRYPTO_RSA_SHA224 = 9,
};

struct virtio_crypto_rsa_session_para {
	le32 padding_algo;
	le32 hash_algo;
};
WIRE_SIZE(struct virtio_crypto_rsa_session_para, 8);
WIRE_OFFSET(struct virtio_crypto_rsa_session_para, hash_algo, 4);

enum virtio_crypto_curve {
	VIRTIO_CRYPTO_CURVE_UNKNOWN = 0,
	VIRTIO_CRYPTO_CURVE_NIST_P192 = 1,
	VIRTIO_CRYPTO_CURVE_NIST_P224 = 2,
	VIRTIO_CRYPTO_CURVE_NIST_P256 = 3,
	VIRTIO_CRYPTO_CURVE_NIST_P384 = 4,
	VIRTIO_CRYPTO_CURVE_NIST_P521 = 5,
};

struct virtio_crypto_ecdsa_session_para {
	le32 curve_id;
};
WIRE_SIZE(struct virtio_crypto_ecdsa_session_para, 4);

#define VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PUBLIC	1
#define VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE	2

struct virtio_crypto_akcipher_create_session_flf {
	le32 algo;
	le32 key_type;
	le32 key_len;		/* bytes */
	union {			/* chosen by algo; 44 bytes on the wire */
		struct virtio_crypto_rsa_session_para rsa;
		struct virtio_crypto_ecdsa_session_para ecdsa;
		uint8_t bytes[44];
	} u;
};
WIRE_SIZE(struct virtio_crypto_akcipher_create_session_flf, 56);
WIRE_OFFSET(struct virtio_crypto_akcipher_create_session_flf, key_type, 4);
WIRE_OFFSET(struct virtio_crypto_akcipher_create_session_flf, key_len, 8);
WIRE_OFFSET(struct virtio_crypto_akcipher_create_session_flf, u, 12);

/* ---- data queues (5.9.9.3) ---- */
#define VIRTIO_CRYPTO_CIPHER_ENCRYPT		0x0000
#define VIRTIO_CRYPTO_CIPHER_DECRYPT		0x0001
#define VIRTIO_CRYPTO_HASH			0x0100
#define VIRTIO_CRYPTO_MAC			0x0200
#define VIRTIO_CRYPTO_AEAD_ENCRYPT		0x0300
#define VIRTIO_CRYPTO_AEAD_DECRYPT		0x0301
#define VIRTIO_CRYPTO_AKCIPHER_ENCRYPT		0x0400
#define VIRTIO_CRYPTO_AKCIPHER_DECRYPT		0x0401
#define VIRTIO_CRYPTO_AKCIPHER_SIGN		0x0402
#define VIRTIO_CRYPTO_AKCIPHER_VERIFY		0x0403
#define VIRTIO_CRYPTO_IPSEC_OUTBOUND		0x0500
#define VIRTIO_CRYPTO_IPSEC_INBOUND		0x0501

#define VIRTIO_CRYPTO_FLAG_SESSION_MODE		1

struct virtio_crypto_op_header {
	le32 opcode;
	le32 algo;
	le64 session_id;
	le32 flag;
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_op_header, 24);
WIRE_OFFSET(struct virtio_crypto_op_header, algo, 4);
WIRE_OFFSET(struct virtio_crypto_op_header, session_id, 8);
WIRE_OFFSET(struct virtio_crypto_op_header, flag, 16);

#define VIRTIO_CRYPTO_DATA_FLF_LEGACY		48	/* bytes */

struct virtio_crypto_inhdr {
	uint8_t status;
};
WIRE_SIZE(struct virtio_crypto_inhdr, 1);

/* HASH (5.9.9.4) and MAC (5.9.9.5) share the session mode's fixed part. */
struct virtio_crypto_hash_data_flf {
	le32 src_data_len;	/* bytes */
	le32 hash_result_len;	/* bytes */
};
WIRE_SIZE(struct virtio_crypto_hash_data_flf, 8);
WIRE_OFFSET(struct virtio_crypto_hash_data_flf, hash_result_len, 4);

struct virtio_crypto_hash_data_flf_stateless {
	le32 algo;
	le32 src_data_len;	/* bytes */
	le32 hash_result_len;	/* bytes */
	le32 reserved;
};
WIRE_SIZE(struct virtio_crypto_hash_data_flf_stateless, 16);
WIRE_OFFSET(struct virtio_crypto_hash_data_flf_stateless, src_data_len, 4);
WIRE_OFFSET(struct virtio_crypto_hash_data_flf_stateless, hash_result_len, 8);

struct virtio_crypto_mac_data_flf_stateless {
	le32 algo;
	le32 auth_key_len;	/* bytes */
	le32 src_data_len;	/* bytes */
	le32 hash_result_len;	/* bytes */
};
WIRE_SIZE(struct virtio_crypto_mac_data_flf_stateless, 16);
WIRE_OFFSET(struct virtio_crypto_mac_data_flf_stateless, auth_key_len, 4);
WIRE_OFFSET(struct virtio_crypto_mac_data_flf_stateless, src_data_len, 8);
WIRE_OFFSET(struct virtio_crypto_mac_data_flf_stateless, hash_result_len, 12);

/* Symmetric (5.9.9.6) */
struct virtio_crypto_cipher_data_flf {
	le32 iv_len;		/* bytes */
	le32 src_data_len;	/* bytes */
	le32 dst_data_len;	/* bytes */
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_cipher_data_flf, 16);
WIRE_OFFSET(struct virtio_crypto_cipher_data_flf, src_data_len, 4);
WIRE_OFFSET(struct virtio_crypto_cipher_data_flf, dst_data_len, 8);

struct virtio_crypto_alg_chain_data_flf {
	le32 iv_len;		/* all lengths and offsets in bytes */
	le32 src_data_len;
	le32 dst_data_len;
	le32 cipher_start_src_offset;
	le32 len_to_cipher;
	le32 hash_start_src_offset;
	le32 len_to_hash;
	le32 aad_len;
	le32 hash_result_len;
	le32 reserved;
};
WIRE_SIZE(struct virtio_crypto_alg_chain_data_flf, 40);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf, src_data_len, 4);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf, dst_data_len, 8);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf, cipher_start_src_offset, 12);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf, len_to_cipher, 16);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf, hash_start_src_offset, 20);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf, len_to_hash, 24);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf, aad_len, 28);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf, hash_result_len, 32);

struct virtio_crypto_sym_data_flf {
	union {			/* chosen by op_type */
		struct virtio_crypto_cipher_data_flf cipher;
		struct virtio_crypto_alg_chain_data_flf chain;
	} u;
	le32 op_type;		/* VIRTIO_CRYPTO_SYM_OP_* */
	le32 padding;
};
WIRE_SIZE(struct virtio_crypto_sym_data_flf, 48);
WIRE_OFFSET(struct virtio_crypto_sym_data_flf, op_type, 40);

struct virtio_crypto_cipher_data_flf_stateless {
	struct {
		le32 algo;
		le32 key_len;	/* bytes */
		le32 op;	/* VIRTIO_CRYPTO_OP_* */
	} sess_para;
	le32 iv_len;		/* bytes */
	le32 src_data_len;	/* bytes */
	le32 dst_data_len;	/* bytes */
};
WIRE_SIZE(struct virtio_crypto_cipher_data_flf_stateless, 24);
WIRE_OFFSET(struct virtio_crypto_cipher_data_flf_stateless, iv_len, 12);
WIRE_OFFSET(struct virtio_crypto_cipher_data_flf_stateless, src_data_len, 16);
WIRE_OFFSET(struct virtio_crypto_cipher_data_flf_stateless, dst_data_len, 20);

struct virtio_crypto_alg_chain_data_flf_stateless {
	struct {
		le32 alg_chain_order;
		le32 aad_len;	/* bytes */
		struct {
			le32 algo;
			le32 key_len;	/* bytes */
			le32 op;
		} cipher;
		struct {
			le32 algo;
			le32 auth_key_len;	/* bytes */
			le32 hash_mode;
		} hash;
	} sess_para;
	struct virtio_crypto_alg_chain_data_flf para;
};
WIRE_SIZE(struct virtio_crypto_alg_chain_data_flf_stateless, 72);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf_stateless, sess_para.cipher, 8);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf_stateless, sess_para.hash, 20);
WIRE_OFFSET(struct virtio_crypto_alg_chain_data_flf_stateless, para, 32);

struct virtio_crypto_sym_data_flf_stateless {
	union {			/* chosen by op_type */
		struct virtio_crypto_cipher_data_flf_stateless cipher;
		struct virtio_crypto_alg_chain_data_flf_stateless chain;
	} u;
	le32 op_type;		/* VIRTIO_CRYPTO_SYM_OP_* */
};
WIRE_SIZE(struct virtio_crypto_sym_data_flf_stateless, 76);
WIRE_OFFSET(struct virtio_crypto_sym_data_flf_stateless, op_type, 72);

/* AEAD (5.9.9.7) */
struct virtio_crypto_aead_data_flf {
	le32 iv_len;		/* all lengths in bytes */
	le32 aad_len;
	le32 src_data_len;
	le32 dst_data_len;
	le32 tag_len;
	le32 reserved;
};
WIRE_SIZE(struct virtio_crypto_aead_data_flf, 24);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf, aad_len, 4);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf, src_data_len, 8);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf, dst_data_len, 12);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf, tag_len, 16);

struct virtio_crypto_aead_data_flf_stateless {
	struct {
		le32 algo;
		le32 key_len;
		le32 op;	/* VIRTIO_CRYPTO_OP_* */
	} sess_para;
	le32 iv_len;		/* all lengths in bytes */
	le32 tag_len;
	le32 aad_len;
	le32 src_data_len;
	le32 dst_data_len;
};
WIRE_SIZE(struct virtio_crypto_aead_data_flf_stateless, 32);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf_stateless, iv_len, 12);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf_stateless, tag_len, 16);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf_stateless, aad_len, 20);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf_stateless, src_data_len, 24);
WIRE_OFFSET(struct virtio_crypto_aead_data_flf_stateless, dst_data_len, 28);

/* AKCIPHER (5.9.9.8) */
struct virtio_crypto_akcipher_data_flf {
	le32 src_data_len;	/* bytes */
	le32 dst_data_len;	/* bytes */
};
WIRE_SIZE(struct virtio_crypto_akcipher_data_flf, 8);
WIRE_OFFSET(struct virtio_crypto_akcipher_data_flf, dst_data_len, 4);

struct virtio_crypto_akcipher_data_flf_stateless {
	struct {
		le32 algo;
		le32 key_type;
		le32 key_len;	/* bytes */
		union {
			struct virtio_crypto_rsa_session_para rsa;
			struct virtio_crypto_ecdsa_session_para ecdsa;
		} u;
	} sess_para;
	le32 src_data_len;	/* bytes */
	le32 dst_data_len;	/* bytes */
};
WIRE_SIZE(struct virtio_crypto_akcipher_data_flf_stateless, 28);
WIRE_OFFSET(struct virtio_crypto_akcipher_data_flf_stateless, sess_para.u, 12);
WIRE_OFFSET(struct virtio_crypto_akcipher_data_flf_stateless, src_data_len, 20);
WIRE_OFFSET(struct virtio_crypto_akcipher_data_flf_stateless, dst_data_len, 24);

#endif

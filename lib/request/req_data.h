/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data requests (virtio 1.4, 5.9.9.3 - 5.9.9.8): the header that the driver
 * sends, prepared once per session and completed per operation; and its reading
 * on the device side.
 *
 * Order of the variable part, device-readable: [keys, stateless only] iv, aad,
 * src for CIPHER and CHAIN (as every implementation reads it; the standard's text
 * for chains in session mode says iv, src, aad), iv, src, aad for AEAD (on
 * decryption src is ciphertext, then tag), src for HASH, MAC and AKCIPHER
 * (verify: signature, then signed data).  Device-writable: dst, digest, status.
 */
#ifndef REQ_DATA_H
#define REQ_DATA_H

#include "request.h"

/* Bytes of header plus fixed part, the most of any kind and mode. */
#define REQ_DATA_HDR_MAX \
	(sizeof(struct virtio_crypto_op_header) + \
	sizeof(struct virtio_crypto_sym_data_flf_stateless))
/* The same, as a multiple of 8: room for a header that is aligned at its end. */
#define REQ_DATA_HDR_ROOM	((REQ_DATA_HDR_MAX + 7) / 8 * 8)
/* The same in session mode without a stateless bit: 24 + 48. */
#define REQ_DATA_HDR_SESSION \
	(sizeof(struct virtio_crypto_op_header) + VIRTIO_CRYPTO_DATA_FLF_LEGACY)

/* Header plus fixed part with everything that does not change between operations:
 * opcode, algo, session id, flag, iv length, op type, tag and digest lengths, and
 * zero lengths.  Returns its length (bytes) or -EINVAL / -ENOSPC.
 * encrypt: the operation for AEAD and ciphers is s->op; for AKCIPHER opcode is
 * given by akcipher_opcode (VIRTIO_CRYPTO_AKCIPHER_*), else ignored.
 * With REQ_F_STATELESS and stateless != 0, flag is 0 and sess_para is filled in;
 * with REQ_F_STATELESS alone, the stateless fixed part is used in session mode.
 */
int req_data_header(uint8_t *buf, size_t size, const struct req_session *s,
		uint64_t session_id, uint32_t iv_len, uint32_t akcipher_opcode,
		unsigned int flags, bool stateless);

/*
 * With a stateless bit negotiated, the fields that change per operation stand in the
 * same order as without, this many bytes later, in session and stateless mode alike.
 */
#define REQ_SHIFT(stateless, session) \
	(offsetof(struct virtio_crypto_##stateless##_data_flf_stateless, src_data_len) - \
	offsetof(struct virtio_crypto_##session##_data_flf, src_data_len))
#define REQ_SHIFT_CIPHER	REQ_SHIFT(cipher, cipher)
#define REQ_SHIFT_CHAIN \
	offsetof(struct virtio_crypto_alg_chain_data_flf_stateless, para)
#define REQ_SHIFT_HASH		REQ_SHIFT(hash, hash)
#define REQ_SHIFT_MAC		REQ_SHIFT(mac, hash)
#define REQ_SHIFT_AEAD		REQ_SHIFT(aead, aead)
#define REQ_SHIFT_AKCIPHER	REQ_SHIFT(akcipher, akcipher)
/* That of a kind under these layout flags; 0 without REQ_F_STATELESS. */
uint8_t req_data_shift(enum req_kind kind, unsigned int flags);

/*
 * Completing a header per operation, hot path: each writes the lengths of one kind.
 * hdr is the header's first byte plus req_data_shift(), 4 byte aligned.  Lengths in
 * bytes.
 */
static inline void
req_set_cipher(void *hdr, uint32_t src_len, uint32_t dst_len)
{
	struct virtio_crypto_cipher_data_flf *f = (void *)((uint8_t *)hdr +
			sizeof(struct virtio_crypto_op_header));

	f->src_data_len = cpu_to_le32(src_len);
	f->dst_data_len = cpu_to_le32(dst_len);
}

static inline void
req_set_chain(void *hdr, uint32_t src_len, uint32_t dst_len,
		uint32_t cipher_off, uint32_t cipher_len,
		uint32_t hash_off, uint32_t hash_len)
{
	struct virtio_crypto_alg_chain_data_flf *f = (void *)((uint8_t *)hdr +
			sizeof(struct virtio_crypto_op_header));

	f->src_data_len = cpu_to_le32(src_len);
	f->dst_data_len = cpu_to_le32(dst_len);
	f->cipher_start_src_offset = cpu_to_le32(cipher_off);
	f->len_to_cipher = cpu_to_le32(cipher_len);
	f->hash_start_src_offset = cpu_to_le32(hash_off);
	f->len_to_hash = cpu_to_le32(hash_len);
}

/* HASH and MAC. */
static inline void
req_set_hash(void *hdr, uint32_t src_len)
{
	struct virtio_crypto_hash_data_flf *f = (void *)((uint8_t *)hdr +
			sizeof(struct virtio_crypto_op_header));

	f->src_data_len = cpu_to_le32(src_len);
}

static inline void
req_set_aead(void *hdr, uint32_t aad_len, uint32_t src_len, uint32_t dst_len)
{
	struct virtio_crypto_aead_data_flf *f = (void *)((uint8_t *)hdr +
			sizeof(struct virtio_crypto_op_header));

	f->aad_len = cpu_to_le32(aad_len);
	f->src_data_len = cpu_to_le32(src_len);
	f->dst_data_len = cpu_to_le32(dst_len);
}

static inline void
req_set_akcipher(void *hdr, uint32_t src_len, uint32_t dst_len)
{
	struct virtio_crypto_akcipher_data_flf *f = (void *)((uint8_t *)hdr +
			sizeof(struct virtio_crypto_op_header));

	f->src_data_len = cpu_to_le32(src_len);
	f->dst_data_len = cpu_to_le32(dst_len);
}

/* Device side: a data request's parameters, from the header at the start of its
 * device-readable bytes (hdr_len of them are contiguous at hdr).
 */
struct req_data {
	uint32_t opcode;
	enum req_kind kind;
	uint64_t session_id;		/* session mode */
	uint32_t header_len;		/* bytes of header plus fixed part as laid out */
	bool stateless;			/* session below is filled in, key pointers unset */

	uint32_t key_len, auth_key_len;	/* stateless: bytes that precede the iv */
	uint32_t iv_len, aad_len, src_len, dst_len, digest_len;	/* bytes */
	uint32_t cipher_off, cipher_len, hash_off, hash_len;	/* CHAIN, bytes in src */

	struct req_session session;	/* stateless: algorithm, op, lengths; else kind and op */
};
/* 0; -EBADMSG: too short or inconsistent; -ENOTSUP: unknown opcode or op type, or a
 * stateless request where the service's bit is not negotiated.
 * Sums of lengths are computed in 64 bit.  Checked: a CHAIN's ranges lie within src,
 * and the ciphered one within dst too (dst mirrors src's offsets); a CIPHER's dst
 * holds src; an AEAD's dst holds src and the tag on encryption, and src (tag
 * included) less the tag on decryption; a stateless request's sess_para agrees with
 * its opcode and lengths.  Not checked: lengths against the algorithm or the
 * session, and against the memory that came with the request
 * (req_data_readable/writable).
 * session.op is set for CIPHER, CHAIN and AEAD in session mode too.
 */
int req_data_parse(struct req_data *out, const uint8_t *hdr, size_t hdr_len,
		const unsigned int flags_by_service[VIRTIO_CRYPTO_NB_SERVICES]);
/* Device-readable and device-writable bytes that the parameters call for, header
 * and status included.
 */
uint64_t req_data_readable(const struct req_data *d);
uint64_t req_data_writable(const struct req_data *d);

#endif

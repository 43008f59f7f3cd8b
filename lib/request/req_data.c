/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data requests, both ways (virtio 1.4, 5.9.9.3 to 5.9.9.8): the header template
 * that the driver prepares per session, and what the device reads from it.
 *
 * Header and fixed part alone: the variable part is the caller's segments, and its
 * order stands in req_data.h.  Works on the caller's bytes; keeps nothing.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "req_data.h"

/* Every fixed part of a data request, as large as the largest. */
union data_fixed {
	uint8_t session[VIRTIO_CRYPTO_DATA_FLF_LEGACY];	/* union data_session_fixed */

	struct virtio_crypto_sym_data_flf_stateless sym_sl;
	struct virtio_crypto_hash_data_flf_stateless hash_sl;
	struct virtio_crypto_mac_data_flf_stateless mac_sl;
	struct virtio_crypto_aead_data_flf_stateless aead_sl;
	struct virtio_crypto_akcipher_data_flf_stateless akcipher_sl;
};
/* Those of session mode without a stateless bit. */
union data_session_fixed {
	struct virtio_crypto_sym_data_flf sym;
	struct virtio_crypto_hash_data_flf hash;	/* MAC too */
	struct virtio_crypto_aead_data_flf aead;
	struct virtio_crypto_akcipher_data_flf akcipher;
};
WIRE_SIZE(union data_session_fixed, VIRTIO_CRYPTO_DATA_FLF_LEGACY);
WIRE_SIZE(union data_fixed, sizeof(struct virtio_crypto_sym_data_flf_stateless));

/* Bytes of a kind's fixed part: with REVISION_1, and with the stateless bit. */
static const struct {
	uint16_t session, stateless;
} data_fixed_size[REQ_NB_KINDS] = {
	[REQ_CIPHER] = { sizeof(struct virtio_crypto_sym_data_flf),
		sizeof(struct virtio_crypto_sym_data_flf_stateless) },
	[REQ_CHAIN] = { sizeof(struct virtio_crypto_sym_data_flf),
		sizeof(struct virtio_crypto_sym_data_flf_stateless) },
	[REQ_HASH] = { sizeof(struct virtio_crypto_hash_data_flf),
		sizeof(struct virtio_crypto_hash_data_flf_stateless) },
	[REQ_MAC] = { sizeof(struct virtio_crypto_hash_data_flf),
		sizeof(struct virtio_crypto_mac_data_flf_stateless) },
	[REQ_AEAD] = { sizeof(struct virtio_crypto_aead_data_flf),
		sizeof(struct virtio_crypto_aead_data_flf_stateless) },
	[REQ_AKCIPHER] = { sizeof(struct virtio_crypto_akcipher_data_flf),
		sizeof(struct virtio_crypto_akcipher_data_flf_stateless) },
};

/* Where a field of session mode's fixed part stands in the stateless one, bytes. */
struct data_piece {
	uint8_t session, stateless, len;	/* len 0: no more */
};

#define DATA_END(type, field) \
	(offsetof(struct type, field) + sizeof(((struct type *)0)->field))
/* From the first field to the last, which stand in a row in both. */
#define DATA_RUN(session, stateless, first, last) { \
	offsetof(struct virtio_crypto_##session##_data_flf, first), \
	offsetof(struct virtio_crypto_##stateless##_data_flf_stateless, first), \
	DATA_END(virtio_crypto_##session##_data_flf, last) - \
	offsetof(struct virtio_crypto_##session##_data_flf, first) }

static const struct data_piece data_pieces[REQ_NB_KINDS][3] = {
	[REQ_CIPHER] = { DATA_RUN(cipher, cipher, iv_len, dst_data_len),
		DATA_RUN(sym, sym, op_type, op_type) },
	[REQ_CHAIN] = { { 0, REQ_SHIFT_CHAIN, sizeof(struct virtio_crypto_alg_chain_data_flf) },
		DATA_RUN(sym, sym, op_type, op_type) },
	[REQ_HASH] = { DATA_RUN(hash, hash, src_data_len, hash_result_len) },
	[REQ_MAC] = { DATA_RUN(hash, mac, src_data_len, hash_result_len) },
	[REQ_AEAD] = { DATA_RUN(aead, aead, aad_len, dst_data_len),
		DATA_RUN(aead, aead, iv_len, iv_len), DATA_RUN(aead, aead, tag_len, tag_len) },
	[REQ_AKCIPHER] = { DATA_RUN(akcipher, akcipher, src_data_len, dst_data_len) },
};

/* Runs are as long in the stateless struct, so that one shift serves all that req_set_*
 * writes; cipher and chain stand at the start of both structs of the CIPHER service.
 */
#define DATA_SAME_RUN(session, stateless, first, last) \
	_Static_assert(offsetof(struct virtio_crypto_##session##_data_flf, last) - \
		offsetof(struct virtio_crypto_##session##_data_flf, first) == \
		offsetof(struct virtio_crypto_##stateless##_data_flf_stateless, last) - \
		offsetof(struct virtio_crypto_##stateless##_data_flf_stateless, first), \
		"fields in another order")
DATA_SAME_RUN(cipher, cipher, iv_len, src_data_len);
DATA_SAME_RUN(cipher, cipher, iv_len, dst_data_len);
DATA_SAME_RUN(hash, hash, src_data_len, hash_result_len);
DATA_SAME_RUN(hash, mac, src_data_len, hash_result_len);
DATA_SAME_RUN(aead, aead, aad_len, src_data_len);
DATA_SAME_RUN(aead, aead, aad_len, dst_data_len);
DATA_SAME_RUN(akcipher, akcipher, src_data_len, dst_data_len);
WIRE_OFFSET(struct virtio_crypto_sym_data_flf, u, 0);
WIRE_OFFSET(struct virtio_crypto_sym_data_flf_stateless, u, 0);

uint8_t
req_data_shift(enum req_kind kind, unsigned int flags)
{
	static const uint8_t shift[REQ_NB_KINDS] = {
		[REQ_CIPHER] = REQ_SHIFT_CIPHER,
		[REQ_CHAIN] = REQ_SHIFT_CHAIN,
		[REQ_HASH] = REQ_SHIFT_HASH,
		[REQ_MAC] = REQ_SHIFT_MAC,
		[REQ_AEAD] = REQ_SHIFT_AEAD,
		[REQ_AKCIPHER] = REQ_SHIFT_AKCIPHER,
	};

	return (flags & REQ_F_STATELESS) != 0 ? shift[kind] : 0;
}

static size_t
data_fixed_len(enum req_kind kind, unsigned int flags)
{
	if (flags & REQ_F_STATELESS)
		return data_fixed_size[kind].stateless;
	if (flags & REQ_F_REVISION_1)
		return data_fixed_size[kind].session;
	return VIRTIO_CRYPTO_DATA_FLF_LEGACY;
}

/* RAW padding is not for signatures (5.9.9.2, AKCIPHER session). */
static bool
data_is_raw_signature(const struct req_session *s, uint32_t opcode)
{
	return s->algo == VIRTIO_CRYPTO_AKCIPHER_RSA &&
			s->rsa_padding == VIRTIO_CRYPTO_RSA_RAW_PADDING &&
			(opcode == VIRTIO_CRYPTO_AKCIPHER_SIGN ||
			opcode == VIRTIO_CRYPTO_AKCIPHER_VERIFY);
}

/* ---- build ---- */

static int
data_opcode_of(uint32_t *opcode, const struct req_session *s, uint32_t akcipher_opcode)
{
	bool decrypt = s->op == VIRTIO_CRYPTO_OP_DECRYPT;

	switch (s->kind) {
	case REQ_CIPHER:
	case REQ_CHAIN:
		*opcode = decrypt ? VIRTIO_CRYPTO_CIPHER_DECRYPT : VIRTIO_CRYPTO_CIPHER_ENCRYPT;
		return 0;
	case REQ_HASH:
		*opcode = VIRTIO_CRYPTO_HASH;
		return 0;
	case REQ_MAC:
		*opcode = VIRTIO_CRYPTO_MAC;
		return 0;
	case REQ_AEAD:
		*opcode = decrypt ? VIRTIO_CRYPTO_AEAD_DECRYPT : VIRTIO_CRYPTO_AEAD_ENCRYPT;
		return 0;
	case REQ_AKCIPHER:
		*opcode = akcipher_opcode;
		if (akcipher_opcode < VIRTIO_CRYPTO_AKCIPHER_ENCRYPT ||
				akcipher_opcode > VIRTIO_CRYPTO_AKCIPHER_VERIFY ||
				data_is_raw_signature(s, akcipher_opcode))
			return -EINVAL;
		return 0;
	case REQ_NB_KINDS:
	default:
		return -EINVAL;
	}
}

static void
data_put_chain(struct virtio_crypto_alg_chain_data_flf *f, const struct req_session *s,
		uint32_t iv_len)
{
	f->iv_len = cpu_to_le32(iv_len);
	f->aad_len = cpu_to_le32(s->aad_len);
	f->hash_result_len = cpu_to_le32(s->digest_len);
}

/* The lengths that a session fixes. */
static void
data_put_session(union data_session_fixed *f, const struct req_session *s, uint32_t iv_len)
{
	switch (s->kind) {
	case REQ_CIPHER:
		f->sym.u.cipher.iv_len = cpu_to_le32(iv_len);
		f->sym.op_type = cpu_to_le32(VIRTIO_CRYPTO_SYM_OP_CIPHER);
		break;
	case REQ_CHAIN:
		data_put_chain(&f->sym.u.chain, s, iv_len);
		f->sym.op_type = cpu_to_le32(VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING);
		break;
	case REQ_HASH:
	case REQ_MAC:
		f->hash.hash_result_len = cpu_to_le32(s->digest_len);
		break;
	case REQ_AEAD:
		f->aead.iv_len = cpu_to_le32(iv_len);
		f->aead.aad_len = cpu_to_le32(s->aad_len);
		f->aead.tag_len = cpu_to_le32(s->digest_len);
		break;
	case REQ_AKCIPHER:
	case REQ_NB_KINDS:
	default:
		break;
	}
}

/* The fixed part of this layout but for sess_para; f is zero before. */
static void
data_put_fixed(union data_fixed *f, const struct req_session *s, uint32_t iv_len,
		unsigned int flags)
{
	const struct data_piece *piece = data_pieces[s->kind];
	union data_session_fixed session;
	unsigned int i;

	memset(&session, 0, sizeof(session));
	data_put_session(&session, s, iv_len);
	if (!(flags & REQ_F_STATELESS)) {
		memcpy(f, &session, sizeof(session));
		return;
	}
	for (i = 0; i < 3 && piece[i].len != 0; i++)
		memcpy((uint8_t *)f + piece[i].stateless, (uint8_t *)&session + piece[i].session,
				piece[i].len);
}

static void
data_put_chain_session(struct virtio_crypto_alg_chain_data_flf_stateless *f,
		const struct req_session *s)
{
	f->sess_para.alg_chain_order = cpu_to_le32(s->chain_order);
	f->sess_para.aad_len = cpu_to_le32(s->aad_len);
	f->sess_para.cipher.algo = cpu_to_le32(s->algo);
	f->sess_para.cipher.key_len = cpu_to_le32(s->key_len);
	f->sess_para.cipher.op = cpu_to_le32(s->op);
	f->sess_para.hash.algo = cpu_to_le32(s->auth_algo);
	f->sess_para.hash.auth_key_len = cpu_to_le32(s->auth_key_len);
	f->sess_para.hash.hash_mode = cpu_to_le32(s->hash_mode);
}

static void
data_put_akcipher_session(struct virtio_crypto_akcipher_data_flf_stateless *f,
		const struct req_session *s)
{
	f->sess_para.algo = cpu_to_le32(s->algo);
	f->sess_para.key_type = cpu_to_le32(s->key_type);
	f->sess_para.key_len = cpu_to_le32(s->key_len);
	if (s->algo == VIRTIO_CRYPTO_AKCIPHER_RSA) {
		f->sess_para.u.rsa.padding_algo = cpu_to_le32(s->rsa_padding);
		f->sess_para.u.rsa.hash_algo = cpu_to_le32(s->rsa_hash);
	} else {
		f->sess_para.u.ecdsa.curve_id = cpu_to_le32(s->curve);
	}
}

/* sess_para: the session's parameters, in a stateless request alone. */
static void
data_put_sess_para(union data_fixed *f, const struct req_session *s)
{
	switch (s->kind) {
	case REQ_CIPHER:
		f->sym_sl.u.cipher.sess_para.algo = cpu_to_le32(s->algo);
		f->sym_sl.u.cipher.sess_para.key_len = cpu_to_le32(s->key_len);
		f->sym_sl.u.cipher.sess_para.op = cpu_to_le32(s->op);
		break;
	case REQ_CHAIN:
		data_put_chain_session(&f->sym_sl.u.chain, s);
		break;
	case REQ_HASH:
		f->hash_sl.algo = cpu_to_le32(s->algo);
		break;
	case REQ_MAC:
		f->mac_sl.algo = cpu_to_le32(s->algo);
		f->mac_sl.auth_key_len = cpu_to_le32(s->key_len);
		break;
	case REQ_AEAD:
		f->aead_sl.sess_para.algo = cpu_to_le32(s->algo);
		f->aead_sl.sess_para.key_len = cpu_to_le32(s->key_len);
		f->aead_sl.sess_para.op = cpu_to_le32(s->op);
		break;
	case REQ_AKCIPHER:
		data_put_akcipher_session(&f->akcipher_sl, s);
		break;
	case REQ_NB_KINDS:
	default:
		break;
	}
}

int
req_data_header(uint8_t *buf, size_t size, const struct req_session *s,
		uint64_t session_id, uint32_t iv_len, uint32_t akcipher_opcode,
		unsigned int flags, bool stateless)
{
	struct virtio_crypto_op_header h = { .algo = cpu_to_le32(s->algo) };
	union data_fixed f;
	uint32_t opcode;
	size_t flf_len;

	if (req_session_check(s) != 0 || data_opcode_of(&opcode, s, akcipher_opcode) != 0)
		return -EINVAL;
	if (stateless && !(flags & REQ_F_STATELESS))
		return -EINVAL;
	flf_len = data_fixed_len(s->kind, flags);
	if (sizeof(h) + flf_len > size)
		return -ENOSPC;

	memset(&f, 0, sizeof(f));
	data_put_fixed(&f, s, iv_len, flags);
	if (stateless)
		data_put_sess_para(&f, s);

	h.opcode = cpu_to_le32(opcode);
	if (!stateless) {
		h.session_id = cpu_to_le64(session_id);
		h.flag = cpu_to_le32(VIRTIO_CRYPTO_FLAG_SESSION_MODE);
	}
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), &f, flf_len);
	return (int)(sizeof(h) + flf_len);
}

/* ---- parse ---- */

/* REQ_CIPHER stands for CHAIN too: op_type tells. */
static int
data_find_opcode(struct req_data *out)
{
	out->session.op = 0;
	switch (out->opcode) {
	case VIRTIO_CRYPTO_CIPHER_ENCRYPT:
		out->kind = REQ_CIPHER;
		out->session.op = VIRTIO_CRYPTO_OP_ENCRYPT;
		return 0;
	case VIRTIO_CRYPTO_CIPHER_DECRYPT:
		out->kind = REQ_CIPHER;
		out->session.op = VIRTIO_CRYPTO_OP_DECRYPT;
		return 0;
	case VIRTIO_CRYPTO_AEAD_ENCRYPT:
		out->kind = REQ_AEAD;
		out->session.op = VIRTIO_CRYPTO_OP_ENCRYPT;
		return 0;
	case VIRTIO_CRYPTO_AEAD_DECRYPT:
		out->kind = REQ_AEAD;
		out->session.op = VIRTIO_CRYPTO_OP_DECRYPT;
		return 0;
	case VIRTIO_CRYPTO_HASH:
		out->kind = REQ_HASH;
		return 0;
	case VIRTIO_CRYPTO_MAC:
		out->kind = REQ_MAC;
		return 0;
	case VIRTIO_CRYPTO_AKCIPHER_ENCRYPT:
	case VIRTIO_CRYPTO_AKCIPHER_DECRYPT:
	case VIRTIO_CRYPTO_AKCIPHER_SIGN:
	case VIRTIO_CRYPTO_AKCIPHER_VERIFY:
		out->kind = REQ_AKCIPHER;
		return 0;
	default:
		return -ENOTSUP;
	}
}

/* The kind that a CIPHER service's op_type names. */
static int
data_find_sym_kind(struct req_data *out, uint32_t op_type)
{
	switch (op_type) {
	case VIRTIO_CRYPTO_SYM_OP_CIPHER:
		out->kind = REQ_CIPHER;
		return 0;
	case VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING:
		out->kind = REQ_CHAIN;
		return 0;
	default:
		return -ENOTSUP;
	}
}

static void
data_get_chain(struct req_data *out, const struct virtio_crypto_alg_chain_data_flf *f)
{
	out->iv_len = le32_to_cpu(f->iv_len);
	out->src_len = le32_to_cpu(f->src_data_len);
	out->dst_len = le32_to_cpu(f->dst_data_len);
	out->cipher_off = le32_to_cpu(f->cipher_start_src_offset);
	out->cipher_len = le32_to_cpu(f->len_to_cipher);
	out->hash_off = le32_to_cpu(f->hash_start_src_offset);
	out->hash_len = le32_to_cpu(f->len_to_hash);
	out->aad_len = le32_to_cpu(f->aad_len);
	out->digest_len = le32_to_cpu(f->hash_result_len);
}

/* An operation's lengths, and for the CIPHER service its kind. */
static int
data_get_session(struct req_data *out, const union data_session_fixed *f)
{
	switch (out->kind) {
	case REQ_HASH:
	case REQ_MAC:
		out->src_len = le32_to_cpu(f->hash.src_data_len);
		out->digest_len = le32_to_cpu(f->hash.hash_result_len);
		return 0;
	case REQ_AEAD:
		out->iv_len = le32_to_cpu(f->aead.iv_len);
		out->aad_len = le32_to_cpu(f->aead.aad_len);
		out->src_len = le32_to_cpu(f->aead.src_data_len);
		out->dst_len = le32_to_cpu(f->aead.dst_data_len);
		out->digest_len = le32_to_cpu(f->aead.tag_len);
		return 0;
	case REQ_AKCIPHER:
		out->src_len = le32_to_cpu(f->akcipher.src_data_len);
		out->dst_len = le32_to_cpu(f->akcipher.dst_data_len);
		return 0;
	case REQ_CIPHER:
	case REQ_CHAIN:
	case REQ_NB_KINDS:
	default:
		break;
	}
	if (data_find_sym_kind(out, le32_to_cpu(f->sym.op_type)) != 0)
		return -ENOTSUP;
	if (out->kind == REQ_CHAIN) {
		data_get_chain(out, &f->sym.u.chain);
		return 0;
	}
	out->iv_len = le32_to_cpu(f->sym.u.cipher.iv_len);
	out->src_len = le32_to_cpu(f->sym.u.cipher.src_data_len);
	out->dst_len = le32_to_cpu(f->sym.u.cipher.dst_data_len);
	return 0;
}

static void
data_get_chain_session(struct req_session *s,
		const struct virtio_crypto_alg_chain_data_flf_stateless *f)
{
	s->chain_order = le32_to_cpu(f->sess_para.alg_chain_order);
	s->aad_len = le32_to_cpu(f->sess_para.aad_len);
	s->algo = le32_to_cpu(f->sess_para.cipher.algo);
	s->key_len = le32_to_cpu(f->sess_para.cipher.key_len);
	s->op = le32_to_cpu(f->sess_para.cipher.op);
	s->auth_algo = le32_to_cpu(f->sess_para.hash.algo);
	s->auth_key_len = le32_to_cpu(f->sess_para.hash.auth_key_len);
	s->hash_mode = le32_to_cpu(f->sess_para.hash.hash_mode);
}

/* -ENOTSUP: an algorithm whose parameters have no layout. */
static int
data_get_akcipher_session(struct req_session *s,
		const struct virtio_crypto_akcipher_data_flf_stateless *f)
{
	s->algo = le32_to_cpu(f->sess_para.algo);
	s->key_type = le32_to_cpu(f->sess_para.key_type);
	s->key_len = le32_to_cpu(f->sess_para.key_len);
	if (s->algo == VIRTIO_CRYPTO_AKCIPHER_RSA) {
		s->rsa_padding = le32_to_cpu(f->sess_para.u.rsa.padding_algo);
		s->rsa_hash = le32_to_cpu(f->sess_para.u.rsa.hash_algo);
		return 0;
	}
	s->curve = le32_to_cpu(f->sess_para.u.ecdsa.curve_id);
	return s->algo == VIRTIO_CRYPTO_AKCIPHER_ECDSA ? 0 : -ENOTSUP;
}

static int
data_get_sess_para(struct req_session *s, const union data_fixed *f)
{
	switch (s->kind) {
	case REQ_CIPHER:
		s->algo = le32_to_cpu(f->sym_sl.u.cipher.sess_para.algo);
		s->key_len = le32_to_cpu(f->sym_sl.u.cipher.sess_para.key_len);
		s->op = le32_to_cpu(f->sym_sl.u.cipher.sess_para.op);
		break;
	case REQ_CHAIN:
		data_get_chain_session(s, &f->sym_sl.u.chain);
		break;
	case REQ_HASH:
		s->algo = le32_to_cpu(f->hash_sl.algo);
		break;
	case REQ_MAC:
		s->algo = le32_to_cpu(f->mac_sl.algo);
		s->key_len = le32_to_cpu(f->mac_sl.auth_key_len);
		break;
	case REQ_AEAD:
		s->algo = le32_to_cpu(f->aead_sl.sess_para.algo);
		s->key_len = le32_to_cpu(f->aead_sl.sess_para.key_len);
		s->op = le32_to_cpu(f->aead_sl.sess_para.op);
		break;
	case REQ_AKCIPHER:
		return data_get_akcipher_session(s, &f->akcipher_sl);
	case REQ_NB_KINDS:
	default:
		break;
	}
	return 0;
}

/* A stateless request's session, which must agree with the opcode and with itself. */
static int
data_get_stateless_session(struct req_data *out, const union data_fixed *f)
{
	uint32_t op = out->session.op;

	if (data_get_sess_para(&out->session, f) != 0)
		return -ENOTSUP;
	if (out->kind == REQ_CHAIN) {
		if (out->session.hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_NESTED)
			return -ENOTSUP;
		if (out->session.aad_len != out->aad_len)
			return -EBADMSG;
	}
	if (out->kind == REQ_AKCIPHER && data_is_raw_signature(&out->session, out->opcode))
		return -EBADMSG;
	if (out->session.op != op || req_session_check(&out->session) != 0)
		return -EBADMSG;
	out->session.digest_len = out->digest_len;
	out->session.aad_len = out->aad_len;
	out->key_len = out->session.key_len;
	out->auth_key_len = out->session.auth_key_len;
	return 0;
}

/* The mode that the header's flag names; it is ignored without REVISION_1. */
static int
data_get_mode(struct req_data *out, uint32_t flag, unsigned int flags)
{
	if (!(flags & (REQ_F_REVISION_1 | REQ_F_STATELESS)))
		return 0;
	if (flag == VIRTIO_CRYPTO_FLAG_SESSION_MODE)
		return 0;
	if (flag != 0)
		return -EBADMSG;
	if (!(flags & REQ_F_STATELESS))
		return -ENOTSUP;
	out->stateless = true;
	return 0;
}

/* false: a result that cannot fit into dst, or a range outside of src.
 * Cannot overflow: sums of two 32-bit values in 64 bit.
 */
static bool
data_lengths_ok(const struct req_data *d)
{
	uint64_t cipher_end = (uint64_t)d->cipher_off + d->cipher_len;
	uint64_t hash_end = (uint64_t)d->hash_off + d->hash_len;

	switch (d->kind) {
	case REQ_CIPHER:
		return d->dst_len >= d->src_len;
	case REQ_CHAIN:
		return cipher_end <= d->src_len && hash_end <= d->src_len &&
				cipher_end <= d->dst_len;
	case REQ_AEAD:
		if (d->opcode == VIRTIO_CRYPTO_AEAD_ENCRYPT)
			return d->dst_len >= (uint64_t)d->src_len + d->digest_len;
		return d->src_len >= d->digest_len && d->dst_len >= d->src_len - d->digest_len;
	case REQ_HASH:
	case REQ_MAC:
	case REQ_AKCIPHER:
	case REQ_NB_KINDS:
	default:
		return true;
	}
}

/* The header; leaves the mode, the kind as far as the opcode tells, header_len. */
static int
data_get_header(struct req_data *out, unsigned int *flags, const uint8_t *hdr, size_t hdr_len,
		const unsigned int flags_by_service[VIRTIO_CRYPTO_NB_SERVICES])
{
	struct virtio_crypto_op_header h;
	int rc;

	if (hdr_len < sizeof(h))
		return -EBADMSG;
	memcpy(&h, hdr, sizeof(h));
	out->opcode = le32_to_cpu(h.opcode);
	rc = data_find_opcode(out);
	if (rc != 0)
		return rc;
	*flags = flags_by_service[VIRTIO_CRYPTO_OPCODE_SERVICE(out->opcode)];
	rc = data_get_mode(out, le32_to_cpu(h.flag), *flags);
	if (rc != 0)
		return rc;
	if (!out->stateless)
		out->session_id = le64_to_cpu(h.session_id);
	out->header_len = (uint32_t)(sizeof(h) + data_fixed_len(out->kind, *flags));
	return hdr_len < out->header_len ? -EBADMSG : 0;
}

/* The fixed part where no stateless bit is negotiated. */
static int
data_parse_session(struct req_data *out, const uint8_t *fixed, size_t len)
{
	union data_session_fixed f;

	/* Mostly: 48 bytes, whatever the kind. */
	if (len == sizeof(f)) {
		memcpy(&f, fixed, sizeof(f));
	} else {
		memset(&f, 0, sizeof(f));
		memcpy(&f, fixed, len);
	}
	return data_get_session(out, &f);
}

/* The stateless struct's lengths, which both modes have. */
static int
data_get_stateless(struct req_data *out, const union data_fixed *f)
{
	const struct data_piece *piece;
	union data_session_fixed session;
	unsigned int i;

	if (out->kind == REQ_CIPHER && data_find_sym_kind(out, le32_to_cpu(f->sym_sl.op_type)) != 0)
		return -ENOTSUP;
	piece = data_pieces[out->kind];
	memset(&session, 0, sizeof(session));
	for (i = 0; i < 3 && piece[i].len != 0; i++)
		memcpy((uint8_t *)&session + piece[i].session,
				(const uint8_t *)f + piece[i].stateless, piece[i].len);
	return data_get_session(out, &session);
}

/* The stateless struct, in either mode. */
static int
data_parse_stateless(struct req_data *out, const uint8_t *fixed, size_t len)
{
	union data_fixed f;
	int rc;

	memset(&f, 0, sizeof(f));
	memcpy(&f, fixed, len);
	rc = data_get_stateless(out, &f);
	if (rc != 0 || !out->stateless)
		return rc;
	out->session = (struct req_session){ .kind = out->kind, .op = out->session.op };
	return data_get_stateless_session(out, &f);
}

int
req_data_parse(struct req_data *out, const uint8_t *hdr, size_t hdr_len,
		const unsigned int flags_by_service[VIRTIO_CRYPTO_NB_SERVICES])
{
	const size_t start = sizeof(struct virtio_crypto_op_header);
	unsigned int flags = 0;
	int rc;

	/* The session is as large as all else, and mostly not looked at. */
	memset(out, 0, offsetof(struct req_data, session));
	rc = data_get_header(out, &flags, hdr, hdr_len, flags_by_service);
	if (rc != 0)
		return rc;
	if (flags & REQ_F_STATELESS)
		rc = data_parse_stateless(out, hdr + start, out->header_len - start);
	else
		rc = data_parse_session(out, hdr + start, out->header_len - start);
	if (rc != 0)
		return rc;
	out->session.kind = out->kind;
	return data_lengths_ok(out) ? 0 : -EBADMSG;
}

/* Cannot overflow: at most seven 32-bit values in 64 bit. */
uint64_t
req_data_readable(const struct req_data *d)
{
	uint64_t n = (uint64_t)d->header_len + d->key_len + d->auth_key_len + d->iv_len +
			d->aad_len + d->src_len;

	/* Verification: src is the signature, and dst_len bytes of signed data follow. */
	if (d->opcode == VIRTIO_CRYPTO_AKCIPHER_VERIFY)
		n += d->dst_len;
	return n;
}

uint64_t
req_data_writable(const struct req_data *d)
{
	uint64_t n = sizeof(struct virtio_crypto_inhdr);

	if (d->opcode != VIRTIO_CRYPTO_AKCIPHER_VERIFY)
		n += d->dst_len;
	/* An AEAD tag lies inside dst. */
	if (d->kind != REQ_AEAD)
		n += d->digest_len;
	return n;
}

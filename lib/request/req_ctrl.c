/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Control requests, both ways (virtio 1.4, 5.9.9.2): create and destroy session.
 * The fixed part has its own size with REVISION_1 and is padded to 56 bytes
 * without.
 *
 * Works on the caller's bytes alone.  Keys are copied into the caller's request
 * when building and pointed at when parsing; no copy stays here.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "req_ctrl.h"

/* Every fixed part of a control request, as large as the padded one. */
union ctrl_fixed {
	struct virtio_crypto_sym_create_session_flf sym;
	struct virtio_crypto_hash_create_session_flf hash;
	struct virtio_crypto_mac_create_session_flf mac;
	struct virtio_crypto_aead_create_session_flf aead;
	struct virtio_crypto_akcipher_create_session_flf akcipher;
	struct virtio_crypto_destroy_session_flf destroy;
	uint8_t bytes[VIRTIO_CRYPTO_CTRL_FLF_LEGACY];
};
WIRE_SIZE(union ctrl_fixed, VIRTIO_CRYPTO_CTRL_FLF_LEGACY);

static const struct {
	uint16_t create, destroy;	/* opcodes */
	uint16_t fixed_len;		/* bytes of create's fixed part with REVISION_1 */
} ctrl_kind[REQ_NB_KINDS] = {
	[REQ_CIPHER] = { VIRTIO_CRYPTO_CIPHER_CREATE_SESSION,
		VIRTIO_CRYPTO_CIPHER_DESTROY_SESSION,
		sizeof(struct virtio_crypto_sym_create_session_flf) },
	[REQ_CHAIN] = { VIRTIO_CRYPTO_CIPHER_CREATE_SESSION,
		VIRTIO_CRYPTO_CIPHER_DESTROY_SESSION,
		sizeof(struct virtio_crypto_sym_create_session_flf) },
	[REQ_HASH] = { VIRTIO_CRYPTO_HASH_CREATE_SESSION,
		VIRTIO_CRYPTO_HASH_DESTROY_SESSION,
		sizeof(struct virtio_crypto_hash_create_session_flf) },
	[REQ_MAC] = { VIRTIO_CRYPTO_MAC_CREATE_SESSION,
		VIRTIO_CRYPTO_MAC_DESTROY_SESSION,
		sizeof(struct virtio_crypto_mac_create_session_flf) },
	[REQ_AEAD] = { VIRTIO_CRYPTO_AEAD_CREATE_SESSION,
		VIRTIO_CRYPTO_AEAD_DESTROY_SESSION,
		sizeof(struct virtio_crypto_aead_create_session_flf) },
	[REQ_AKCIPHER] = { VIRTIO_CRYPTO_AKCIPHER_CREATE_SESSION,
		VIRTIO_CRYPTO_AKCIPHER_DESTROY_SESSION,
		sizeof(struct virtio_crypto_akcipher_create_session_flf) },
};

static size_t
ctrl_fixed_len(size_t own_len, unsigned int flags)
{
	return (flags & REQ_F_REVISION_1) ? own_len : VIRTIO_CRYPTO_CTRL_FLF_LEGACY;
}

/* ---- build ---- */

static void
ctrl_put_cipher(struct virtio_crypto_cipher_session_flf *f, const struct req_session *s)
{
	f->algo = cpu_to_le32(s->algo);
	f->key_len = cpu_to_le32(s->key_len);
	f->op = cpu_to_le32(s->op);
}

static void
ctrl_put_chain(struct virtio_crypto_alg_chain_session_flf *f, const struct req_session *s)
{
	f->alg_chain_order = cpu_to_le32(s->chain_order);
	f->hash_mode = cpu_to_le32(s->hash_mode);
	ctrl_put_cipher(&f->cipher_hdr, s);
	if (s->hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN) {
		f->u.hash.algo = cpu_to_le32(s->auth_algo);
		f->u.hash.hash_result_len = cpu_to_le32(s->digest_len);
	} else {
		f->u.mac.algo = cpu_to_le32(s->auth_algo);
		f->u.mac.hash_result_len = cpu_to_le32(s->digest_len);
		f->u.mac.auth_key_len = cpu_to_le32(s->auth_key_len);
	}
	f->aad_len = cpu_to_le32(s->aad_len);
}

static void
ctrl_put_aead(struct virtio_crypto_aead_create_session_flf *f, const struct req_session *s)
{
	f->algo = cpu_to_le32(s->algo);
	f->key_len = cpu_to_le32(s->key_len);
	f->tag_len = cpu_to_le32(s->digest_len);
	f->aad_len = cpu_to_le32(s->aad_len);
	f->op = cpu_to_le32(s->op);
}

static void
ctrl_put_akcipher(struct virtio_crypto_akcipher_create_session_flf *f,
		const struct req_session *s)
{
	f->algo = cpu_to_le32(s->algo);
	f->key_type = cpu_to_le32(s->key_type);
	f->key_len = cpu_to_le32(s->key_len);
	if (s->algo == VIRTIO_CRYPTO_AKCIPHER_RSA) {
		f->u.rsa.padding_algo = cpu_to_le32(s->rsa_padding);
		f->u.rsa.hash_algo = cpu_to_le32(s->rsa_hash);
	} else {
		f->u.ecdsa.curve_id = cpu_to_le32(s->curve);
	}
}

static void
ctrl_put_fixed(union ctrl_fixed *f, const struct req_session *s)
{
	memset(f, 0, sizeof(*f));
	switch (s->kind) {
	case REQ_CHAIN:
		ctrl_put_chain(&f->sym.u.chain, s);
		f->sym.op_type = cpu_to_le32(VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING);
		break;
	case REQ_HASH:
		f->hash.algo = cpu_to_le32(s->algo);
		f->hash.hash_result_len = cpu_to_le32(s->digest_len);
		break;
	case REQ_MAC:
		f->mac.algo = cpu_to_le32(s->algo);
		f->mac.hash_result_len = cpu_to_le32(s->digest_len);
		f->mac.auth_key_len = cpu_to_le32(s->key_len);
		break;
	case REQ_AEAD:
		ctrl_put_aead(&f->aead, s);
		break;
	case REQ_AKCIPHER:
		ctrl_put_akcipher(&f->akcipher, s);
		break;
	case REQ_CIPHER:
	case REQ_NB_KINDS:
	default:
		ctrl_put_cipher(&f->sym.u.cipher, s);
		f->sym.op_type = cpu_to_le32(VIRTIO_CRYPTO_SYM_OP_CIPHER);
		break;
	}
}

/* Header and fixed part; buf holds at least the sum of both. */
static void
ctrl_put_head(uint8_t *buf, uint32_t opcode, uint32_t algo, const union ctrl_fixed *f,
		size_t flf_len)
{
	struct virtio_crypto_ctrl_header h = {
		.opcode = cpu_to_le32(opcode),
		.algo = cpu_to_le32(algo),
	};

	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), f, flf_len);
}

/* A key that the kind does not have is not sent, even if the caller set one. */
static uint32_t
ctrl_cipher_key_len(const struct req_session *s)
{
	return s->kind == REQ_HASH ? 0 : s->key_len;
}

static uint32_t
ctrl_auth_key_len(const struct req_session *s)
{
	return s->kind == REQ_CHAIN ? s->auth_key_len : 0;
}

int
req_create_build(uint8_t *buf, size_t size, const struct req_session *s,
		unsigned int flags)
{
	uint32_t klen, alen;
	union ctrl_fixed f;
	uint64_t total;
	size_t flf_len;
	uint8_t *p;

	if (req_session_check(s) != 0)
		return -EINVAL;
	klen = ctrl_cipher_key_len(s);
	alen = ctrl_auth_key_len(s);
	if ((klen != 0 && s->key == NULL) || (alen != 0 && s->auth_key == NULL))
		return -EINVAL;

	flf_len = ctrl_fixed_len(ctrl_kind[s->kind].fixed_len, flags);
	/* Cannot overflow: two 32-bit lengths and 72 bytes in 64 bit. */
	total = (uint64_t)sizeof(struct virtio_crypto_ctrl_header) + flf_len + klen + alen;
	if (total > size || total > INT_MAX)
		return -ENOSPC;

	ctrl_put_fixed(&f, s);
	ctrl_put_head(buf, ctrl_kind[s->kind].create, s->algo, &f, flf_len);
	p = buf + sizeof(struct virtio_crypto_ctrl_header) + flf_len;
	if (klen != 0)
		memcpy(p, s->key, klen);
	if (alen != 0)
		memcpy(p + klen, s->auth_key, alen);
	return (int)total;
}

int
req_destroy_build(uint8_t *buf, size_t size, enum req_kind kind, uint64_t session_id,
		unsigned int flags)
{
	union ctrl_fixed f;
	size_t flf_len, total;

	if ((unsigned int)kind >= REQ_NB_KINDS)
		return -EINVAL;
	flf_len = ctrl_fixed_len(sizeof(f.destroy), flags);
	total = sizeof(struct virtio_crypto_ctrl_header) + flf_len;
	if (total > size)
		return -ENOSPC;
	memset(&f, 0, sizeof(f));
	f.destroy.session_id = cpu_to_le64(session_id);
	ctrl_put_head(buf, ctrl_kind[kind].destroy, 0, &f, flf_len);
	return (int)total;
}

/* ---- parse ---- */

static void
ctrl_get_cipher(struct req_session *s, const struct virtio_crypto_cipher_session_flf *f)
{
	s->algo = le32_to_cpu(f->algo);
	s->key_len = le32_to_cpu(f->key_len);
	s->op = le32_to_cpu(f->op);
}

/* -ENOTSUP: nested hashing, which has a number and no parameters. */
static int
ctrl_get_chain(struct req_session *s, const struct virtio_crypto_alg_chain_session_flf *f)
{
	s->chain_order = le32_to_cpu(f->alg_chain_order);
	s->hash_mode = le32_to_cpu(f->hash_mode);
	ctrl_get_cipher(s, &f->cipher_hdr);
	s->aad_len = le32_to_cpu(f->aad_len);
	if (s->hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_NESTED)
		return -ENOTSUP;
	if (s->hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN) {
		s->auth_algo = le32_to_cpu(f->u.hash.algo);
		s->digest_len = le32_to_cpu(f->u.hash.hash_result_len);
	} else {
		s->auth_algo = le32_to_cpu(f->u.mac.algo);
		s->digest_len = le32_to_cpu(f->u.mac.hash_result_len);
		s->auth_key_len = le32_to_cpu(f->u.mac.auth_key_len);
	}
	return 0;
}

static int
ctrl_get_sym(struct req_session *s, const struct virtio_crypto_sym_create_session_flf *f)
{
	switch (le32_to_cpu(f->op_type)) {
	case VIRTIO_CRYPTO_SYM_OP_CIPHER:
		s->kind = REQ_CIPHER;
		ctrl_get_cipher(s, &f->u.cipher);
		return 0;
	case VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING:
		s->kind = REQ_CHAIN;
		return ctrl_get_chain(s, &f->u.chain);
	default:
		return -ENOTSUP;
	}
}

static void
ctrl_get_aead(struct req_session *s, const struct virtio_crypto_aead_create_session_flf *f)
{
	s->algo = le32_to_cpu(f->algo);
	s->key_len = le32_to_cpu(f->key_len);
	s->digest_len = le32_to_cpu(f->tag_len);
	s->aad_len = le32_to_cpu(f->aad_len);
	s->op = le32_to_cpu(f->op);
}

/* -ENOTSUP: an algorithm whose parameters have no layout. */
static int
ctrl_get_akcipher(struct req_session *s,
		const struct virtio_crypto_akcipher_create_session_flf *f)
{
	s->algo = le32_to_cpu(f->algo);
	s->key_type = le32_to_cpu(f->key_type);
	s->key_len = le32_to_cpu(f->key_len);
	switch (s->algo) {
	case VIRTIO_CRYPTO_AKCIPHER_RSA:
		s->rsa_padding = le32_to_cpu(f->u.rsa.padding_algo);
		s->rsa_hash = le32_to_cpu(f->u.rsa.hash_algo);
		return 0;
	case VIRTIO_CRYPTO_AKCIPHER_ECDSA:
		s->curve = le32_to_cpu(f->u.ecdsa.curve_id);
		return 0;
	default:
		return -ENOTSUP;
	}
}

static int
ctrl_get_fixed(struct req_session *s, const union ctrl_fixed *f)
{
	switch (s->kind) {
	case REQ_HASH:
		s->algo = le32_to_cpu(f->hash.algo);
		s->digest_len = le32_to_cpu(f->hash.hash_result_len);
		return 0;
	case REQ_MAC:
		s->algo = le32_to_cpu(f->mac.algo);
		s->digest_len = le32_to_cpu(f->mac.hash_result_len);
		s->key_len = le32_to_cpu(f->mac.auth_key_len);
		return 0;
	case REQ_AEAD:
		ctrl_get_aead(s, &f->aead);
		return 0;
	case REQ_AKCIPHER:
		return ctrl_get_akcipher(s, &f->akcipher);
	case REQ_CIPHER:
	case REQ_CHAIN:
	case REQ_NB_KINDS:
	default:
		return ctrl_get_sym(s, &f->sym);
	}
}

/* Kind and verb of an opcode.  CIPHER stands for CHAIN too: op_type tells them apart. */
static int
ctrl_find_opcode(enum req_kind *kind, bool *create, uint32_t opcode)
{
	unsigned int k;

	for (k = 0; k < REQ_NB_KINDS; k++) {
		if (opcode != ctrl_kind[k].create && opcode != ctrl_kind[k].destroy)
			continue;
		*kind = (enum req_kind)k;
		*create = opcode == ctrl_kind[k].create;
		return 0;
	}
	return -ENOTSUP;
}

/* The keys after the fixed part; left: bytes from p to the request's end. */
static int
ctrl_get_keys(struct req_session *s, const uint8_t *p, size_t left)
{
	/* Cannot overflow: two 32-bit lengths in 64 bit. */
	if ((uint64_t)s->key_len + s->auth_key_len > left)
		return -EBADMSG;
	s->key = s->key_len != 0 ? p : NULL;
	s->auth_key = s->auth_key_len != 0 ? p + s->key_len : NULL;
	return 0;
}

int
req_ctrl_parse(struct req_ctrl *out, const uint8_t *buf, size_t len,
		const unsigned int flags_by_service[VIRTIO_CRYPTO_NB_SERVICES])
{
	struct virtio_crypto_ctrl_header h;
	size_t own_len, flf_len;
	union ctrl_fixed f;
	int rc;

	memset(out, 0, sizeof(*out));
	if (len < sizeof(h))
		return -EBADMSG;
	memcpy(&h, buf, sizeof(h));
	out->opcode = le32_to_cpu(h.opcode);
	rc = ctrl_find_opcode(&out->session.kind, &out->create, out->opcode);
	if (rc != 0)
		return rc;

	own_len = out->create ? ctrl_kind[out->session.kind].fixed_len : sizeof(f.destroy);
	flf_len = ctrl_fixed_len(own_len, flags_by_service[req_kind_service(out->session.kind)]);
	if (len - sizeof(h) < flf_len)
		return -EBADMSG;
	memset(&f, 0, sizeof(f));
	memcpy(&f, buf + sizeof(h), own_len);
	if (!out->create) {
		out->session_id = le64_to_cpu(f.destroy.session_id);
		return 0;
	}

	rc = ctrl_get_fixed(&out->session, &f);
	if (rc != 0)
		return rc;
	if (req_session_check(&out->session) != 0)
		return -EBADMSG;
	return ctrl_get_keys(&out->session, buf + sizeof(h) + flf_len, len - sizeof(h) - flf_len);
}

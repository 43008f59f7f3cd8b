/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Session messages; see vhost_session.h.
 *
 * OPCODE and PLAIN have one size.  In PLAIN, operation and direction are the bytes 32
 * and 33, and 36 to 39 are padding; in OPCODE, 32 to 35 are the AAD length and
 * operation and direction are 36 and 37.  Both can't look right at once unless the
 * padding holds garbage and the AAD is hundreds of bytes: PLAIN needs zero padding.
 */
#include <errno.h>
#include <string.h>

#include "vhost_session.h"

static int
sym_plausible(const struct vhu_session_sym *s)
{
	return (s->op_type == VIRTIO_CRYPTO_SYM_OP_CIPHER ||
			s->op_type == VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING) &&
			(s->direction == VIRTIO_CRYPTO_OP_ENCRYPT ||
			s->direction == VIRTIO_CRYPTO_OP_DECRYPT);
}

/* Which of the two that have one size; AUTO if neither makes sense. */
static enum vcryptod_layout
layout_guess(const uint8_t *msg)
{
	struct vhu_session_opcode o;
	struct vhu_session_plain p;

	memcpy(&o.sym, msg + offsetof(struct vhu_session_opcode, sym), sizeof(o.sym));
	memcpy(&p.sym, msg + offsetof(struct vhu_session_plain, sym), sizeof(p.sym));
	memcpy(&p.padding, msg + offsetof(struct vhu_session_plain, padding), sizeof(p.padding));
	if (sym_plausible(&p.sym) && p.padding == 0)
		return VCRYPTOD_LAYOUT_PLAIN;
	return sym_plausible(&o.sym) ? VCRYPTOD_LAYOUT_OPCODE : VCRYPTOD_LAYOUT_AUTO;
}

static int
layout_find(enum vcryptod_layout *want, const uint8_t *msg, size_t len)
{
	size_t size = *want == VCRYPTOD_LAYOUT_UNION ? sizeof(struct vhu_session_union) :
			sizeof(struct vhu_session_plain);

	if (*want == VCRYPTOD_LAYOUT_AUTO && len == sizeof(struct vhu_session_union)) {
		*want = VCRYPTOD_LAYOUT_UNION;
		return 0;
	}
	if (len != size)
		return -EBADMSG;
	if (*want == VCRYPTOD_LAYOUT_AUTO)
		*want = layout_guess(msg);
	return *want != VCRYPTOD_LAYOUT_AUTO ? 0 : -EBADMSG;
}

static int
get_sym(struct req_session *p, const struct vhu_session_sym *s, const uint8_t *key,
		const uint8_t *auth_key)
{
	if (s->cipher_key_len > VHU_SESSION_CIPHER_KEY_MAX ||
			s->auth_key_len > VHU_SESSION_AUTH_KEY_MAX)
		return -EBADMSG;
	p->kind = s->op_type == VIRTIO_CRYPTO_SYM_OP_CIPHER ? REQ_CIPHER : REQ_CHAIN;
	p->algo = s->cipher_algo;
	p->op = s->direction;
	p->key = key;
	p->key_len = s->cipher_key_len;
	if (!sym_plausible(s))
		return -ENOTSUP;
	if (p->kind == REQ_CIPHER)
		return 0;
	p->chain_order = s->chain_order;
	p->hash_mode = s->hash_mode;
	p->auth_algo = s->hash_algo;
	p->digest_len = s->digest_len;
	p->aad_len = s->aad_len;
	if (s->hash_mode != VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN) {
		p->auth_key = auth_key;
		p->auth_key_len = s->auth_key_len;
	}
	return 0;
}

static int
get_asym(struct req_session *p, const struct vhu_session_union_asym *a, const uint8_t *key)
{
	if (a->key_len > VHU_SESSION_ASYM_KEY_MAX)
		return -EBADMSG;
	p->kind = REQ_AKCIPHER;
	p->algo = a->algo;
	p->key_type = a->key_type;
	p->key = key;
	p->key_len = a->key_len;
	p->rsa_padding = a->rsa_padding;
	p->rsa_hash = a->rsa_hash;
	/* The layout has no field for a curve. */
	return a->algo == VIRTIO_CRYPTO_AKCIPHER_RSA ? 0 : -ENOTSUP;
}

static int
get_union(struct req_session *p, const uint8_t *msg)
{
	const size_t body = offsetof(struct vhu_session_union, u);
	struct vhu_session_union u;
	int ret;

	memcpy(&u, msg, sizeof(u));
	if (u.op_code == VIRTIO_CRYPTO_CIPHER_CREATE_SESSION)
		ret = get_sym(p, &u.u.sym.sym,
				msg + body + offsetof(struct vhu_session_union_sym, cipher_key),
				msg + body + offsetof(struct vhu_session_union_sym, auth_key));
	else if (u.op_code == VIRTIO_CRYPTO_AKCIPHER_CREATE_SESSION)
		ret = get_asym(p, &u.u.asym,
				msg + body + offsetof(struct vhu_session_union_asym, key));
	else
		ret = -ENOTSUP;
	explicit_bzero(&u, sizeof(u));
	return ret;
}

int
vcryptod_session_msg_parse(struct req_session *p, enum vcryptod_layout *want,
		const uint8_t *msg, size_t len)
{
	struct vhu_session_sym sym;
	int ret;

	memset(p, 0, sizeof(*p));
	ret = layout_find(want, msg, len);
	if (ret != 0)
		return ret;
	if (*want == VCRYPTOD_LAYOUT_UNION)
		return get_union(p, msg);
	memcpy(&sym, msg + (*want == VCRYPTOD_LAYOUT_PLAIN ?
			offsetof(struct vhu_session_plain, sym) :
			offsetof(struct vhu_session_opcode, sym)), sizeof(sym));
	/* The keys lie at the same place in both. */
	return get_sym(p, &sym, msg + offsetof(struct vhu_session_plain, cipher_key),
			msg + offsetof(struct vhu_session_plain, auth_key));
}

size_t
vcryptod_session_msg_id(enum vcryptod_layout layout)
{
	return layout == VCRYPTOD_LAYOUT_UNION ? offsetof(struct vhu_session_union, session_id) : 0;
}

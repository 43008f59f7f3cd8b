/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Session messages of vhost-user; see req_vhost_user.h.
 *
 * OPCODE and PLAIN have one size.  In PLAIN, operation and direction are the bytes 32
 * and 33, and 36 to 39 are padding; in OPCODE, 32 to 35 are the AAD length and
 * operation and direction are 36 and 37.  Both cannot look right at once unless the
 * padding holds garbage and the AAD is hundreds of bytes: PLAIN needs zero padding.
 *
 * Works on the caller's bytes alone.  Keys are copied into the caller's message when
 * building and pointed at when parsing; no copy stays here.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "req_vhost_user.h"

/* Where the parts of a layout lie, bytes.  The fields of a symmetric session have one
 * order in all layouts (struct vhu_session_sym).
 */
struct vhu_map {
	const char *name;
	uint16_t len;		/* of the message; 0: no message has this layout */
	uint16_t id;
	uint16_t sym, cipher_key, auth_key;
};

#define UNION_SYM(field)	(offsetof(struct vhu_session_union, u) + \
				offsetof(struct vhu_session_union_sym, field))
#define UNION_ASYM		offsetof(struct vhu_session_union, u)
#define UNION_ASYM_KEY		(UNION_ASYM + offsetof(struct vhu_session_union_asym, key))

static const struct vhu_map vhu_map[REQ_VHU_NB_LAYOUTS] = {
	[REQ_VHU_LAYOUT_AUTO] = { .name = "auto" },
	[REQ_VHU_LAYOUT_OPCODE] = {
		.name = "opcode",
		.len = sizeof(struct vhu_session_opcode),
		.id = offsetof(struct vhu_session_opcode, session_id),
		.sym = offsetof(struct vhu_session_opcode, sym),
		.cipher_key = offsetof(struct vhu_session_opcode, cipher_key),
		.auth_key = offsetof(struct vhu_session_opcode, auth_key),
	},
	[REQ_VHU_LAYOUT_PLAIN] = {
		.name = "plain",
		.len = sizeof(struct vhu_session_plain),
		.id = offsetof(struct vhu_session_plain, session_id),
		.sym = offsetof(struct vhu_session_plain, sym),
		.cipher_key = offsetof(struct vhu_session_plain, cipher_key),
		.auth_key = offsetof(struct vhu_session_plain, auth_key),
	},
	[REQ_VHU_LAYOUT_UNION] = {
		.name = "union",
		.len = sizeof(struct vhu_session_union),
		.id = offsetof(struct vhu_session_union, session_id),
		.sym = UNION_SYM(sym),
		.cipher_key = UNION_SYM(cipher_key),
		.auth_key = UNION_SYM(auth_key),
	},
};

/* NULL for a layout that no message has. */
static const struct vhu_map *
vhu_map_of(enum req_vhu_layout layout)
{
	if ((unsigned int)layout >= REQ_VHU_NB_LAYOUTS || vhu_map[layout].len == 0)
		return NULL;
	return &vhu_map[layout];
}

const char *
req_vhu_layout_name(enum req_vhu_layout layout)
{
	return (unsigned int)layout < REQ_VHU_NB_LAYOUTS ? vhu_map[layout].name : NULL;
}

/* ---- build ---- */

static void
vhu_put_sym(uint8_t *msg, const struct vhu_map *map, const struct req_session *s)
{
	struct vhu_session_sym sym = {
		.cipher_algo = s->algo,
		.cipher_key_len = s->key_len,
		.op_type = VIRTIO_CRYPTO_SYM_OP_CIPHER,
		.direction = (uint8_t)s->op,
	};

	if (s->kind == REQ_CHAIN) {
		sym.op_type = VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING;
		sym.hash_algo = s->auth_algo;
		sym.digest_len = s->digest_len;
		sym.auth_key_len = s->auth_key_len;
		sym.aad_len = s->aad_len;
		sym.hash_mode = (uint8_t)s->hash_mode;
		sym.chain_order = (uint8_t)s->chain_order;
	}
	memcpy(msg + map->sym, &sym, sizeof(sym));
	if (sym.cipher_key_len != 0)
		memcpy(msg + map->cipher_key, s->key, sym.cipher_key_len);
	if (sym.auth_key_len != 0)
		memcpy(msg + map->auth_key, s->auth_key, sym.auth_key_len);
}

/* All of an RSA session's fields but the key, which they end with. */
static void
vhu_put_asym(uint8_t *msg, const struct req_session *s)
{
	struct vhu_session_union_asym asym;

	memset(&asym, 0, offsetof(struct vhu_session_union_asym, key));
	asym.algo = s->algo;
	asym.key_type = s->key_type;
	asym.key_len = s->key_len;
	asym.rsa_padding = s->rsa_padding;
	asym.rsa_hash = s->rsa_hash;
	memcpy(msg + UNION_ASYM, &asym, offsetof(struct vhu_session_union_asym, key));
	if (s->key_len != 0)
		memcpy(msg + UNION_ASYM_KEY, s->key, s->key_len);
}

/* The struct has no field for a curve. */
static bool
vhu_has_room_for(enum req_vhu_layout layout, const struct req_session *s)
{
	if (s->kind == REQ_AKCIPHER)
		return layout == REQ_VHU_LAYOUT_UNION && s->algo == VIRTIO_CRYPTO_AKCIPHER_RSA;
	return s->kind == REQ_CIPHER || s->kind == REQ_CHAIN;
}

static int
vhu_check_keys(const struct req_session *s)
{
	uint32_t auth_key_len = s->kind == REQ_CHAIN ? s->auth_key_len : 0;
	uint32_t key_max = s->kind == REQ_AKCIPHER ? VHU_SESSION_ASYM_KEY_MAX :
			VHU_SESSION_CIPHER_KEY_MAX;

	if (s->key_len > key_max || auth_key_len > VHU_SESSION_AUTH_KEY_MAX)
		return -EMSGSIZE;
	if ((s->key_len != 0 && s->key == NULL) || (auth_key_len != 0 && s->auth_key == NULL))
		return -EINVAL;
	return 0;
}

/* Only OPCODE and UNION have one; its width differs. */
static void
vhu_put_opcode(uint8_t *msg, enum req_vhu_layout layout, const struct req_session *s)
{
	uint64_t wide = s->kind == REQ_AKCIPHER ? VIRTIO_CRYPTO_AKCIPHER_CREATE_SESSION :
			VIRTIO_CRYPTO_CIPHER_CREATE_SESSION;
	uint32_t opcode = (uint32_t)wide;

	if (layout == REQ_VHU_LAYOUT_UNION)
		memcpy(msg + offsetof(struct vhu_session_union, op_code), &wide, sizeof(wide));
	else if (layout == REQ_VHU_LAYOUT_OPCODE)
		memcpy(msg + offsetof(struct vhu_session_opcode, op_code), &opcode,
				sizeof(opcode));
}

int
req_vhu_session_build(uint8_t *msg, size_t size, enum req_vhu_layout layout,
		const struct req_session *s)
{
	const struct vhu_map *map = vhu_map_of(layout);
	const int64_t id = REQ_VHU_ID_UNANSWERED;
	int rc;

	if (map == NULL || req_session_check(s) != 0)
		return -EINVAL;
	if (!vhu_has_room_for(layout, s))
		return -ENOTSUP;
	rc = vhu_check_keys(s);
	if (rc != 0)
		return rc;
	if (size < map->len)
		return -ENOSPC;

	memset(msg, 0, map->len);
	memcpy(msg + map->id, &id, sizeof(id));
	vhu_put_opcode(msg, layout, s);
	if (s->kind == REQ_AKCIPHER)
		vhu_put_asym(msg, s);
	else
		vhu_put_sym(msg, map, s);
	return map->len;
}

/* ---- parse ---- */

static bool
vhu_sym_plausible(const struct vhu_session_sym *sym)
{
	return (sym->op_type == VIRTIO_CRYPTO_SYM_OP_CIPHER ||
			sym->op_type == VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING) &&
			(sym->direction == VIRTIO_CRYPTO_OP_ENCRYPT ||
			sym->direction == VIRTIO_CRYPTO_OP_DECRYPT);
}

/* Which of the two layouts of one size; AUTO if neither makes sense. */
static enum req_vhu_layout
vhu_guess_layout(const uint8_t *msg)
{
	struct vhu_session_sym opcode, plain;
	uint32_t padding;

	memcpy(&opcode, msg + vhu_map[REQ_VHU_LAYOUT_OPCODE].sym, sizeof(opcode));
	memcpy(&plain, msg + vhu_map[REQ_VHU_LAYOUT_PLAIN].sym, sizeof(plain));
	memcpy(&padding, msg + offsetof(struct vhu_session_plain, padding), sizeof(padding));
	if (vhu_sym_plausible(&plain) && padding == 0)
		return REQ_VHU_LAYOUT_PLAIN;
	return vhu_sym_plausible(&opcode) ? REQ_VHU_LAYOUT_OPCODE : REQ_VHU_LAYOUT_AUTO;
}

/* AUTO becomes a layout; -EBADMSG if the message has no such layout. */
static int
vhu_find_layout(enum req_vhu_layout *layout, const uint8_t *msg, size_t len)
{
	if ((unsigned int)*layout >= REQ_VHU_NB_LAYOUTS)
		return -EINVAL;
	if (*layout != REQ_VHU_LAYOUT_AUTO)
		return len == vhu_map[*layout].len ? 0 : -EBADMSG;
	if (len == vhu_map[REQ_VHU_LAYOUT_UNION].len)
		*layout = REQ_VHU_LAYOUT_UNION;
	else if (len == vhu_map[REQ_VHU_LAYOUT_PLAIN].len)
		*layout = vhu_guess_layout(msg);
	return *layout != REQ_VHU_LAYOUT_AUTO ? 0 : -EBADMSG;
}

static int
vhu_get_sym(struct req_session *s, const struct vhu_map *map, const uint8_t *msg)
{
	struct vhu_session_sym sym;

	memcpy(&sym, msg + map->sym, sizeof(sym));
	if (sym.cipher_key_len > VHU_SESSION_CIPHER_KEY_MAX ||
			sym.auth_key_len > VHU_SESSION_AUTH_KEY_MAX)
		return -EBADMSG;
	if (!vhu_sym_plausible(&sym))
		return -ENOTSUP;
	s->kind = sym.op_type == VIRTIO_CRYPTO_SYM_OP_CIPHER ? REQ_CIPHER : REQ_CHAIN;
	s->algo = sym.cipher_algo;
	s->op = sym.direction;
	s->key = msg + map->cipher_key;
	s->key_len = sym.cipher_key_len;
	if (s->kind == REQ_CIPHER)
		return 0;
	s->chain_order = sym.chain_order;
	s->hash_mode = sym.hash_mode;
	s->auth_algo = sym.hash_algo;
	s->digest_len = sym.digest_len;
	s->aad_len = sym.aad_len;
	/* A plain hash has no key, whatever the field says. */
	if (sym.hash_mode != VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN) {
		s->auth_key = msg + map->auth_key;
		s->auth_key_len = sym.auth_key_len;
	}
	return 0;
}

static int
vhu_get_asym(struct req_session *s, const uint8_t *msg)
{
	struct vhu_session_union_asym asym;

	memcpy(&asym, msg + UNION_ASYM, offsetof(struct vhu_session_union_asym, key));
	if (asym.key_len > VHU_SESSION_ASYM_KEY_MAX)
		return -EBADMSG;
	if (asym.algo != VIRTIO_CRYPTO_AKCIPHER_RSA)
		return -ENOTSUP;
	s->kind = REQ_AKCIPHER;
	s->algo = asym.algo;
	s->key_type = asym.key_type;
	s->key = msg + UNION_ASYM_KEY;
	s->key_len = asym.key_len;
	s->rsa_padding = asym.rsa_padding;
	s->rsa_hash = asym.rsa_hash;
	return 0;
}

int
req_vhu_session_parse(struct req_session *s, enum req_vhu_layout *layout,
		const uint8_t *msg, size_t len)
{
	uint64_t opcode = VIRTIO_CRYPTO_CIPHER_CREATE_SESSION;
	int rc;

	memset(s, 0, sizeof(*s));
	rc = vhu_find_layout(layout, msg, len);
	if (rc != 0)
		return rc;
	/* The other layouts carry ciphers and chains alone. */
	if (*layout == REQ_VHU_LAYOUT_UNION)
		memcpy(&opcode, msg + offsetof(struct vhu_session_union, op_code),
				sizeof(opcode));
	switch (opcode) {
	case VIRTIO_CRYPTO_CIPHER_CREATE_SESSION:
		return vhu_get_sym(s, &vhu_map[*layout], msg);
	case VIRTIO_CRYPTO_AKCIPHER_CREATE_SESSION:
		return vhu_get_asym(s, msg);
	default:
		return -ENOTSUP;
	}
}

/* ---- the answer ---- */

int
req_vhu_answer_build(uint8_t *msg, size_t len, enum req_vhu_layout layout, int64_t id)
{
	const struct vhu_map *map = vhu_map_of(layout);

	if (map == NULL || len != map->len)
		return -EBADMSG;
	explicit_bzero(msg, len);
	memcpy(msg + map->id, &id, sizeof(id));
	return 0;
}

int
req_vhu_answer_parse(int64_t *id, enum req_vhu_layout layout, const uint8_t *msg, size_t len)
{
	const struct vhu_map *map = vhu_map_of(layout);

	if (map == NULL || len != map->len)
		return -EBADMSG;
	memcpy(id, msg + map->id, sizeof(*id));
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the three layouts of CREATE_CRYPTO_SESSION: filling them in, and reading the
 * answer.  A message holds keys, and so does its answer: both are wiped.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "req_ctrl.h"
#include "device/vcrypto_log.h"
#include "transport/vhost_user/vhu_session.h"

/* Sent as session_id: a back end that writes its answer elsewhere leaves it there. */
#define ID_UNANSWERED		INT64_MIN

/* vhost_crypto copies a cipher request's data into 2176 bytes, a chain's with its
 * digest into 4096.  max_size counts payload twice, and an AES iv.
 */
#define PEER_MAX_PAYLOAD	2176
#define PEER_MAX_SIZE		(16 + 2 * PEER_MAX_PAYLOAD)

union message {
	struct vhu_session_opcode opcode;
	struct vhu_session_plain plain;
	struct vhu_session_union both;
};

static int
fill_sym(struct vhu_session_sym *m, uint8_t *cipher_key, uint8_t *auth_key,
		const struct req_session *s)
{
	bool chain = s->kind == REQ_CHAIN;

	if (s->key_len > VHU_SESSION_CIPHER_KEY_MAX || s->auth_key_len > VHU_SESSION_AUTH_KEY_MAX)
		return -EMSGSIZE;
	*m = (struct vhu_session_sym){
		.cipher_algo = s->algo,
		.cipher_key_len = s->key_len,
		.hash_algo = s->auth_algo,
		.digest_len = s->digest_len,
		.auth_key_len = s->auth_key_len,
		.aad_len = s->aad_len,
		.op_type = chain ? VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING :
			VIRTIO_CRYPTO_SYM_OP_CIPHER,
		.direction = (uint8_t)s->op,
		.hash_mode = (uint8_t)s->hash_mode,
		.chain_order = (uint8_t)s->chain_order,
	};
	if (s->key_len != 0)
		memcpy(cipher_key, s->key, s->key_len);
	if (s->auth_key_len != 0)
		memcpy(auth_key, s->auth_key, s->auth_key_len);
	return 0;
}

static int
fill_asym(struct vhu_session_union_asym *m, const struct req_session *s)
{
	if (s->key_len > VHU_SESSION_ASYM_KEY_MAX)
		return -EMSGSIZE;
	m->algo = s->algo;
	m->key_type = s->key_type;
	m->key_len = s->key_len;
	m->rsa_padding = s->rsa_padding;
	m->rsa_hash = s->rsa_hash;
	if (s->key_len != 0)
		memcpy(m->key, s->key, s->key_len);
	return 0;
}

/* Can a message of this layout say what the session is? */
static bool
expressible(enum vcrypto_vhu_layout layout, const struct req_session *s)
{
	if (s->kind == REQ_AKCIPHER)
		return layout == VCRYPTO_VHU_LAYOUT_UNION && s->algo == VIRTIO_CRYPTO_AKCIPHER_RSA;
	return s->kind == REQ_CIPHER || s->kind == REQ_CHAIN;
}

static int
fill(union message *m, enum vcrypto_vhu_layout layout, const struct req_ctrl *c)
{
	const struct req_session *s = &c->session;

	memset(m, 0, sizeof(*m));
	switch (layout) {
	case VCRYPTO_VHU_LAYOUT_UNION:
		m->both.op_code = c->opcode;
		m->both.session_id = ID_UNANSWERED;
		if (s->kind == REQ_AKCIPHER)
			return fill_asym(&m->both.u.asym, s);
		return fill_sym(&m->both.u.sym.sym, m->both.u.sym.cipher_key,
				m->both.u.sym.auth_key, s);
	case VCRYPTO_VHU_LAYOUT_PLAIN:
		m->plain.session_id = ID_UNANSWERED;
		return fill_sym(&m->plain.sym, m->plain.cipher_key, m->plain.auth_key, s);
	default:
		m->opcode.session_id = ID_UNANSWERED;
		m->opcode.op_code = c->opcode;
		return fill_sym(&m->opcode.sym, m->opcode.cipher_key, m->opcode.auth_key, s);
	}
}

/* One message in one layout, and the id in its answer. */
static int
ask(struct vcrypto_vhu_link *l, enum vcrypto_vhu_layout layout, const struct req_ctrl *c,
		int64_t *id)
{
	bool both = layout == VCRYPTO_VHU_LAYOUT_UNION;
	union message m;
	struct vhu_out out = {
		.request = VHU_CREATE_CRYPTO_SESSION, .payload = &m, .may_refuse = true,
		.size = both ? sizeof(m.both) : sizeof(m.opcode),
	};
	int rc = fill(&m, layout, c);

	if (rc == 0)
		rc = vcrypto_vhu_link_call(l, &out, &m, out.size);
	/* Both 632-byte layouts begin with the id. */
	if (rc == 0)
		*id = both ? m.both.session_id : m.opcode.session_id;
	explicit_bzero(&m, sizeof(m));
	return rc;
}

/* A negative id is the negative of a status, or just negative. */
static uint32_t
id_status(int64_t id)
{
	if (id >= 0)
		return VIRTIO_CRYPTO_OK;
	return id >= -(int64_t)VIRTIO_CRYPTO_KEY_REJECTED ? (uint32_t)-id : VIRTIO_CRYPTO_ERR;
}

int
vcrypto_vhu_session_create(struct vcrypto_vhu_link *l, enum vcrypto_vhu_layout *layout,
		const uint8_t *req, size_t len, uint64_t *session_id, uint32_t *status)
{
	static const unsigned int no_flags[VIRTIO_CRYPTO_NB_SERVICES];
	enum vcrypto_vhu_layout now = *layout;
	struct req_ctrl c;
	int64_t id = ID_UNANSWERED;
	int rc = req_ctrl_parse(&c, req, len, no_flags);

	if (rc != 0 || !c.create)
		return -EINVAL;
	/* The longest layout is first only where no other will do: back ends that do
	 * not know it drop the connection.
	 */
	if (now == VCRYPTO_VHU_LAYOUT_AUTO)
		now = c.session.kind == REQ_AKCIPHER ? VCRYPTO_VHU_LAYOUT_UNION :
			VCRYPTO_VHU_LAYOUT_OPCODE;
	*status = VIRTIO_CRYPTO_NOTSUPP;
	if (!expressible(now, &c.session))
		return 0;
	rc = ask(l, now, &c, &id);
	if (rc == 0 && id == ID_UNANSWERED && *layout == VCRYPTO_VHU_LAYOUT_AUTO &&
			now != VCRYPTO_VHU_LAYOUT_UNION) {
		/* Read in the layout that has its id at the end: nothing came of it. */
		now = VCRYPTO_VHU_LAYOUT_UNION;
		rc = ask(l, now, &c, &id);
	}
	if (rc == -EIO) {
		*status = VIRTIO_CRYPTO_ERR;
		return 0;
	}
	if (rc != 0)
		return rc;
	*status = id_status(id);
	if (*status == VIRTIO_CRYPTO_OK) {
		*session_id = (uint64_t)id;
		*layout = now;
	}
	return 0;
}

int
vcrypto_vhu_session_destroy(struct vcrypto_vhu_link *l, uint64_t session_id, uint32_t *status)
{
	int rc = vcrypto_vhu_link_set_u64(l, VHU_CLOSE_CRYPTO_SESSION, session_id);

	*status = rc == -EIO ? VIRTIO_CRYPTO_ERR : VIRTIO_CRYPTO_OK;
	return rc == -EIO ? 0 : rc;
}

void
vcrypto_vhu_session_config(struct virtio_crypto_config *cfg, uint16_t queues)
{
	*cfg = (struct virtio_crypto_config){
		.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY),
		.max_dataqueues = cpu_to_le32(queues),
		/* MAC as a half of chains: a session of it alone is NOTSUPP here. */
		.crypto_services = cpu_to_le32(1u << VIRTIO_CRYPTO_SERVICE_CIPHER |
			1u << VIRTIO_CRYPTO_SERVICE_MAC),
		.cipher_algo_l = cpu_to_le32(1u << VIRTIO_CRYPTO_CIPHER_AES_CBC |
			1u << VIRTIO_CRYPTO_CIPHER_3DES_CBC),
		.mac_algo_l = cpu_to_le32(1u << VIRTIO_CRYPTO_MAC_HMAC_SHA1 |
			1u << VIRTIO_CRYPTO_MAC_HMAC_SHA_224 |
			1u << VIRTIO_CRYPTO_MAC_HMAC_SHA_256 |
			1u << VIRTIO_CRYPTO_MAC_HMAC_SHA_384 |
			1u << VIRTIO_CRYPTO_MAC_HMAC_SHA_512 | 1u << VIRTIO_CRYPTO_MAC_CMAC_AES),
		.max_cipher_key_len = cpu_to_le32(VHU_SESSION_CIPHER_KEY_MAX),
		.max_auth_key_len = cpu_to_le32(VHU_SESSION_AUTH_KEY_MAX),
		.max_size = cpu_to_le64(PEER_MAX_SIZE),
	};
}

void
vcrypto_vhu_session_limit(struct virtio_crypto_config *cfg, enum vcrypto_vhu_layout layout)
{
	uint32_t services = 1u << VIRTIO_CRYPTO_SERVICE_CIPHER |
		1u << VIRTIO_CRYPTO_SERVICE_HASH | 1u << VIRTIO_CRYPTO_SERVICE_MAC;

	if (layout == VCRYPTO_VHU_LAYOUT_UNION || layout == VCRYPTO_VHU_LAYOUT_AUTO)
		services |= 1u << VIRTIO_CRYPTO_SERVICE_AKCIPHER;
	cfg->crypto_services = cpu_to_le32(le32_to_cpu(cfg->crypto_services) & services);
	cfg->akcipher_algo = cpu_to_le32(le32_to_cpu(cfg->akcipher_algo) &
			1u << VIRTIO_CRYPTO_AKCIPHER_RSA);
}

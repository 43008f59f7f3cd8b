/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the exchange of session messages: the choice of the layout and the meaning of an
 * answer; lib/request has the layouts.  Calls vhu_link.  Messages and their answers hold
 * keys: both must be wiped.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_user/vhu_session.h"

/* vhost_crypto copies a cipher request's data into 2176 bytes, and a chain's with its
 * digest into 4096.  max_size counts the payload twice, as source and destination, and an
 * AES iv.  All in bytes.
 */
#define SESSION_PEER_PAYLOAD	2176
#define SESSION_PEER_MAX_SIZE	(16 + 2 * SESSION_PEER_PAYLOAD)

/* Sends one message in one layout; *id is the id in its answer. */
static int
session_exchange(struct vcrypto_vhu_link *l, int64_t *id, enum req_vhu_layout layout,
		const struct req_session *s)
{
	uint8_t msg[REQ_VHU_SESSION_MAX];
	struct vhu_out out = {
		.request = VHU_CREATE_CRYPTO_SESSION, .payload = msg, .may_refuse = true,
	};
	int len = req_vhu_session_build(msg, sizeof(msg), layout, s), rc = len;

	if (len >= 0) {
		out.size = (uint32_t)len;
		rc = vcrypto_vhu_link_call(l, &out, msg, out.size);
	}
	if (rc == 0)
		rc = req_vhu_answer_parse(id, layout, msg, out.size);
	explicit_bzero(msg, sizeof(msg));
	return rc;
}

/* The status that an id stands for: a negative id is a negated status, or any other negative
 * number.
 */
static uint32_t
session_id_status(int64_t id)
{
	if (id >= 0)
		return VIRTIO_CRYPTO_OK;
	return id >= -(int64_t)VIRTIO_CRYPTO_KEY_REJECTED ? (uint32_t)-id : VIRTIO_CRYPTO_ERR;
}

int
vcrypto_vhu_session_create(struct vcrypto_vhu_link *l, enum req_vhu_layout *layout,
		uint64_t *session_id, uint32_t *status, const struct req_session *s)
{
	enum req_vhu_layout used_layout = *layout;
	int64_t id = REQ_VHU_ID_UNANSWERED;
	int rc;

	/* The longest layout is tried first only where no other can carry the session:
	 * back ends that do not know it close the connection.
	 */
	if (used_layout == REQ_VHU_LAYOUT_AUTO)
		used_layout = s->kind == REQ_AKCIPHER ? REQ_VHU_LAYOUT_UNION :
			REQ_VHU_LAYOUT_OPCODE;
	rc = session_exchange(l, &id, used_layout, s);
	if (rc == 0 && id == REQ_VHU_ID_UNANSWERED && *layout == REQ_VHU_LAYOUT_AUTO &&
			used_layout != REQ_VHU_LAYOUT_UNION) {
		/* The back end expected the layout that has its id at the end, and made no
		 * session.
		 */
		used_layout = REQ_VHU_LAYOUT_UNION;
		rc = session_exchange(l, &id, used_layout, s);
	}
	/* An error of req_vhu_session_build(): the link never returns it. */
	if (rc == -ENOTSUP) {
		*status = VIRTIO_CRYPTO_NOTSUPP;
		return 0;
	}
	if (rc == -EIO) {
		*status = VIRTIO_CRYPTO_ERR;
		return 0;
	}
	if (rc != 0)
		return rc;
	*status = session_id_status(id);
	if (*status == VIRTIO_CRYPTO_OK) {
		*session_id = (uint64_t)id;
		*layout = used_layout;
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
		/* MAC is for chains: a session of MAC alone is NOTSUPP here. */
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
		.max_size = cpu_to_le64(SESSION_PEER_MAX_SIZE),
	};
}

void
vcrypto_vhu_session_limit(struct virtio_crypto_config *cfg, enum req_vhu_layout layout)
{
	uint32_t services = 1u << VIRTIO_CRYPTO_SERVICE_CIPHER |
		1u << VIRTIO_CRYPTO_SERVICE_HASH | 1u << VIRTIO_CRYPTO_SERVICE_MAC;

	if (layout == REQ_VHU_LAYOUT_UNION || layout == REQ_VHU_LAYOUT_AUTO)
		services |= 1u << VIRTIO_CRYPTO_SERVICE_AKCIPHER;
	cfg->crypto_services = cpu_to_le32(le32_to_cpu(cfg->crypto_services) & services);
	cfg->akcipher_algo = cpu_to_le32(le32_to_cpu(cfg->akcipher_algo) &
			1u << VIRTIO_CRYPTO_AKCIPHER_RSA);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a crypto request is, apart from its bytes: the parameters of a session and
 * the flags that decide the layout.  Shared by req_ctrl (control requests) and
 * req_data (data requests), driver and device side alike.
 *
 * lib/request is pure functions over caller's memory: no allocation, no state, no
 * DPDK.  Keys are borrowed for the time of a call and never kept.
 */
#ifndef REQ_REQUEST_H
#define REQ_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/virtio_crypto.h"

/* The request kinds; CIPHER and CHAIN are both of the CIPHER service. */
enum req_kind {
	REQ_CIPHER,
	REQ_CHAIN,
	REQ_HASH,
	REQ_MAC,
	REQ_AEAD,
	REQ_AKCIPHER,
	REQ_NB_KINDS
};

/* Layout flags: negotiated features that change a request's bytes. */
#define REQ_F_REVISION_1	(1u << 0)	/* fixed parts are not padded */
#define REQ_F_STATELESS		(1u << 1)	/* the service's STATELESS_MODE bit */

/* Parameters of a session, or of a stateless request.  Fields that a kind does
 * not name are zero.
 */
struct req_session {
	enum req_kind kind;
	uint32_t algo;		/* of the kind's service; CHAIN: the cipher */
	uint32_t op;		/* VIRTIO_CRYPTO_OP_*: CIPHER, CHAIN, AEAD */
	const uint8_t *key;	/* CIPHER, CHAIN, AEAD: cipher key; MAC: auth key;
				 * AKCIPHER: encoded key
				 */
	uint32_t key_len;	/* bytes */

	/* CHAIN */
	uint32_t chain_order;	/* VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_* */
	uint32_t hash_mode;	/* VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN or _AUTH */
	uint32_t auth_algo;	/* HASH or MAC number, by hash_mode */
	const uint8_t *auth_key;
	uint32_t auth_key_len;	/* bytes */

	uint32_t digest_len;	/* bytes of hash result or tag: all but CIPHER, AKCIPHER */
	uint32_t aad_len;	/* bytes: CHAIN, AEAD */

	/* AKCIPHER */
	uint32_t key_type;	/* VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_* */
	uint32_t rsa_padding;	/* VIRTIO_CRYPTO_RSA_*_PADDING */
	uint32_t rsa_hash;	/* enum virtio_crypto_rsa_hash */
	uint32_t curve;		/* enum virtio_crypto_curve */
};

/* Service (opcode high byte, bit of crypto_services) of a kind. */
enum virtio_crypto_service req_kind_service(enum req_kind kind);

/* Layout flags of a service's requests under the negotiated feature bits. */
static inline unsigned int
req_layout_flags(uint64_t features, enum virtio_crypto_service service)
{
	if ((features & VIRTIO_CRYPTO_F_REVISION_1) == 0)
		return 0;
	/* Not each service has such a bit. */
	if ((features & VIRTIO_CRYPTO_F_STATELESS_MODES &
			VIRTIO_CRYPTO_F_STATELESS_MODE(service)) == 0)
		return REQ_F_REVISION_1;
	return REQ_F_REVISION_1 | REQ_F_STATELESS;
}

/* 0, or -EINVAL where parameters contradict each other whatever the algorithm: an
 * op that is neither encrypt nor decrypt, an unknown chain order, hash mode or key
 * type, an auth key with a plain hash, an AKCIPHER algorithm without a layout.
 * Lengths are not looked at: those are req_alg.h's.
 */
int req_session_check(const struct req_session *s);

/* A service's name (enum virtio_crypto_service), as options and messages have it; never NULL. */
const char *req_service_name(unsigned int service);

/* A device's status as 0 or -errno: OK 0, BADMSG -EBADMSG, NOTSUPP -ENOTSUP,
 * INVSESS -ENOENT, NOSPC -ENOSPC, KEY_REJECTED -EKEYREJECTED, all else -EIO.
 */
int req_status_errno(uint32_t status);
/* Its name for a message; never NULL. */
const char *req_status_name(uint32_t status);

#endif

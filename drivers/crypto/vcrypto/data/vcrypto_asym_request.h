/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An asymmetric request, described: the key, opcode and padding that its op means, and
 * where operands and result lie.  vcrypto_asym_op.c begins and sends it;
 * vcrypto_asym_rsa.c and vcrypto_asym_ec.c fill it in.  It lives for one enqueue, or, then
 * without keys, until the device has the session that its op waits for.  It holds keys:
 * its owner wipes it.
 */
#ifndef VCRYPTO_ASYM_REQUEST_H
#define VCRYPTO_ASYM_REQUEST_H

#include <string.h>

#include "req_data.h"
#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"
#include "session/vcrypto_asym_keys.h"

struct vcrypto_asym_request {
	struct rte_crypto_op *op;
	struct vcrypto_asym_keys *keys;
	struct req_session params;	/* of the session, or of a stateless request */
	uint8_t der[VCRYPTO_EC_DER_MAX];	/* ECDSA: the key of this op */
	uint32_t opcode;
	uint8_t *mem;			/* a piece of bounce memory: [key] src | dst */
	uint32_t src_at, src_len;	/* bytes; all that the device reads but the key */
	uint32_t sig_len, msg_len;	/* verify: the two parts of src, bytes; else 0 */
	uint32_t dst_len;		/* bytes */
	uint64_t max_size;		/* the device's, bytes */
	struct vcrypto_asym_post post;	/* what completion needs */
};

/* Appends len bytes to src.  VCRYPTO_BUILT, or VCRYPTO_BAD_ARGS for none or too many. */
static inline enum vcrypto_verdict
vcrypto_asym_put_src(struct vcrypto_asym_request *a, const uint8_t *data, size_t len)
{
	/* Cannot overflow: len is added only after it was compared with the room left. */
	if (data == NULL || len == 0 || len > VCRYPTO_BOUNCE_SIZE - a->src_at - a->src_len)
		return VCRYPTO_BAD_ARGS;
	memcpy(a->mem + a->src_at + a->src_len, data, len);
	a->src_len += (uint32_t)len;
	return VCRYPTO_BUILT;
}

/* Chooses a half of the key; params.key is NULL if that half is not known. */
static inline void
vcrypto_asym_use_key(struct vcrypto_asym_request *a, bool private_key)
{
	const struct vcrypto_asym_key *key = private_key ? &a->keys->priv : &a->keys->pub;

	a->params.key_type = private_key ? VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE :
		VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PUBLIC;
	a->params.key = key->der;
	a->params.key_len = key->len;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One asymmetric op, understood: which key, opcode and padding it means, and where its
 * operands and its result lie.  vcrypto_asym_op.c starts it and sends it;
 * vcrypto_asym_rsa.c and vcrypto_asym_ec.c fill it in.  It lives for one enqueue.
 */
#ifndef VCRYPTO_ASYM_REQUEST_H
#define VCRYPTO_ASYM_REQUEST_H

#include <string.h>

#include "req_data.h"
#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"
#include "session/vcrypto_asym_keys.h"

/* An op, understood: session parameters, operands in bounce memory, what then. */
struct vcrypto_asym_request {
	struct rte_crypto_op *op;
	struct vcrypto_asym_keys *keys;
	struct req_session params;
	uint8_t der[VCRYPTO_EC_DER_MAX];	/* ECDSA: the key of this op */
	uint32_t opcode;
	uint8_t *mem;			/* bounce memory: [key] src | dst */
	uint32_t src_at, src_len;	/* bytes; everything that is read, the key apart */
	uint32_t sig_len, msg_len;	/* verify: the parts of src; else 0 */
	uint32_t dst_len;
	uint64_t max_size;		/* of the device, bytes */
	struct vcrypto_asym_post post;
};

/* Functions from here on say what becomes of an op: VCRYPTO_BUILT if it can go on. */
static inline enum vcrypto_verdict
vcrypto_asym_put_src(struct vcrypto_asym_request *a, const uint8_t *data, size_t len)
{
	/* No sum is made of a length that was not compared before. */
	if (data == NULL || len == 0 || len > VCRYPTO_BOUNCE_SIZE - a->src_at - a->src_len)
		return VCRYPTO_BAD_ARGS;
	memcpy(a->mem + a->src_at + a->src_len, data, len);
	a->src_len += (uint32_t)len;
	return VCRYPTO_BUILT;
}

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

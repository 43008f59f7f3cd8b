/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What control and data requests share: the service of a kind, the consistency of
 * a session's parameters, and the meaning of a status.
 *
 * Pure functions over the caller's memory; calls nothing outside this room.
 */
#include <errno.h>

#include "../wire/attributes.h"
#include "request.h"

#define REQUEST_BIT_IS(name) \
	_Static_assert(VIRTIO_CRYPTO_F_STATELESS_MODE(VIRTIO_CRYPTO_SERVICE_##name) == \
		VIRTIO_CRYPTO_F_##name##_STATELESS_MODE, "services and bits in another order")
REQUEST_BIT_IS(CIPHER);
REQUEST_BIT_IS(HASH);
REQUEST_BIT_IS(MAC);
REQUEST_BIT_IS(AEAD);
REQUEST_BIT_IS(AKCIPHER);

enum virtio_crypto_service
req_kind_service(enum req_kind kind)
{
	switch (kind) {
	case REQ_HASH:
		return VIRTIO_CRYPTO_SERVICE_HASH;
	case REQ_MAC:
		return VIRTIO_CRYPTO_SERVICE_MAC;
	case REQ_AEAD:
		return VIRTIO_CRYPTO_SERVICE_AEAD;
	case REQ_AKCIPHER:
		return VIRTIO_CRYPTO_SERVICE_AKCIPHER;
	case REQ_CIPHER:
	case REQ_CHAIN:
	default:
		return VIRTIO_CRYPTO_SERVICE_CIPHER;
	}
}

static bool
request_op_ok(uint32_t op)
{
	return op == VIRTIO_CRYPTO_OP_ENCRYPT || op == VIRTIO_CRYPTO_OP_DECRYPT;
}

static bool
request_chain_ok(const struct req_session *s)
{
	if (s->chain_order != VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_HASH_THEN_CIPHER &&
			s->chain_order != VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH)
		return false;
	/* A plain hash has no key to send; nested mode has no parameters at all. */
	if (s->hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN)
		return s->auth_key_len == 0;
	return s->hash_mode == VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH;
}

static bool
request_akcipher_ok(const struct req_session *s)
{
	if (s->key_type != VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PUBLIC &&
			s->key_type != VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE)
		return false;
	/* The algorithm chooses the parameters' layout: no layout, no request. */
	return s->algo == VIRTIO_CRYPTO_AKCIPHER_RSA ||
			s->algo == VIRTIO_CRYPTO_AKCIPHER_ECDSA;
}

int
req_session_check(const struct req_session *s)
{
	bool ok = false;

	switch (s->kind) {
	case REQ_CIPHER:
	case REQ_AEAD:
		ok = request_op_ok(s->op);
		break;
	case REQ_CHAIN:
		ok = request_op_ok(s->op) && request_chain_ok(s);
		break;
	case REQ_HASH:
	case REQ_MAC:
		ok = true;
		break;
	case REQ_AKCIPHER:
		ok = request_akcipher_ok(s);
		break;
	case REQ_NB_KINDS:
	default:
		break;
	}
	return ok ? 0 : -EINVAL;
}

int
req_status_errno(uint32_t status)
{
	switch (status) {
	case VIRTIO_CRYPTO_OK:
		return 0;
	case VIRTIO_CRYPTO_BADMSG:
		return -EBADMSG;
	case VIRTIO_CRYPTO_NOTSUPP:
		return -ENOTSUP;
	case VIRTIO_CRYPTO_INVSESS:
		return -ENOENT;
	case VIRTIO_CRYPTO_NOSPC:
		return -ENOSPC;
	case VIRTIO_CRYPTO_KEY_REJECTED:
		return -EKEYREJECTED;
	default:
		return -EIO;
	}
}

const char *
req_service_name(unsigned int service)
{
	static const char * const name[VIRTIO_CRYPTO_NB_SERVICES] = {
		[VIRTIO_CRYPTO_SERVICE_CIPHER] = "cipher",
		[VIRTIO_CRYPTO_SERVICE_HASH] = "hash",
		[VIRTIO_CRYPTO_SERVICE_MAC] = "mac",
		[VIRTIO_CRYPTO_SERVICE_AEAD] = "aead",
		[VIRTIO_CRYPTO_SERVICE_AKCIPHER] = "akcipher",
		[VIRTIO_CRYPTO_SERVICE_IPSEC] = "ipsec",
	};

	return service < VIRTIO_CRYPTO_NB_SERVICES ? name[service] : "undefined service";
}

const char *
req_status_name(uint32_t status)
{
	static const char * const name[] = {
		[VIRTIO_CRYPTO_OK] = "OK",
		[VIRTIO_CRYPTO_ERR] = "ERR",
		[VIRTIO_CRYPTO_BADMSG] = "BADMSG",
		[VIRTIO_CRYPTO_NOTSUPP] = "NOTSUPP",
		[VIRTIO_CRYPTO_INVSESS] = "INVSESS",
		[VIRTIO_CRYPTO_NOSPC] = "NOSPC",
		[VIRTIO_CRYPTO_KEY_REJECTED] = "KEY_REJECTED",
		[VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY] = "IPSEC_SA_SOFT_EXPIRY",
	};

	if (status >= WIRE_COUNT(name))
		return "undefined status";
	return name[status];
}

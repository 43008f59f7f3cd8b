/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A request described apart from the API that asked for it: buffers in segments,
 * ranges in bytes, where digest, AAD and iv lie.  vcrypto_sym_op.c describes ops,
 * vcrypto_raw.c vectors; vcrypto_sym_request.c checks the room and sends.
 */
#ifndef VCRYPTO_SYM_REQUEST_H
#define VCRYPTO_SYM_REQUEST_H

#include "data/vcrypto_build.h"

/* A buffer in segments: an mbuf chain, or an array of vectors. */
struct vcrypto_sgl {
	const struct rte_mbuf *m;
	const struct rte_crypto_vec *vec;
	uint32_t nb_vec;
};

struct vcrypto_sym_request {
	const struct vcrypto_session *s;
	const struct req_session *stateless;	/* stateless request: its keys; else NULL */
	uintptr_t token;		/* of vq_add */
	struct vcrypto_sgl src, dst;
	bool has_dst;			/* false: a digest alone */
	uint32_t off, len;		/* bytes, of src and dst */
	uint32_t cipher_off, cipher_len, auth_off, auth_len;	/* chains: bytes, absolute */
	const uint8_t *iv;
	uint8_t tweak[16];		/* several data units: the next one's iv */
	uint8_t *digest;		/* NULL: none */
	rte_iova_t digest_iova;		/* 0: no DMA memory */
	bool digest_masked;		/* what is at digest is its key stream */
	uint64_t aad;			/* address in the device's terms; 0: none */
};

/*
 * Sizes of a described request against session and device, and the span of a
 * chain.  VCRYPTO_BUILT or VCRYPTO_BAD_ARGS.
 */
enum vcrypto_verdict vcrypto_sym_request_check(struct vcrypto_sym_request *r);

/*
 * Builds and adds r in slot, the queue's next.  With data units op completes once
 * for all of them.  VCRYPTO_BUILT; VCRYPTO_FULL: nothing was added, try again
 * later; VCRYPTO_BAD_ARGS: nothing was added.
 */
enum vcrypto_verdict vcrypto_sym_request_add(struct vcrypto_qp *qp, enum vq_kind kind,
		uint16_t slot, struct vcrypto_sym_request *r);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A symmetric request described apart from the API that asked for it: buffers in segments,
 * ranges in bytes, and where digest, AAD and iv lie.  vcrypto_sym_op.c describes ops and
 * vcrypto_raw.c vectors; vcrypto_sym_request.c checks, builds and adds.  A description
 * lives for one call; what it points to is the caller's.
 *
 * Threads: the one that uses the queue pair.
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
	const struct req_session *stateless;	/* parameters and keys; NULL: in session mode */
	uintptr_t token;		/* of vq_add */
	struct vcrypto_sgl src, dst;
	bool has_dst;			/* false: nothing but a digest is written */
	uint32_t off, len;		/* bytes, of src and dst */
	/* chains: bytes; offsets count from the start of src, as off does */
	uint32_t cipher_off, cipher_len, auth_off, auth_len;
	const uint8_t *iv;
	uint8_t tweak[16];		/* several data units: the iv of the next one */
	uint8_t *digest;		/* NULL: none */
	rte_iova_t digest_iova;		/* 0: the device cannot reach digest */
	bool digest_masked;		/* digest will hold key stream: XOR onto it */
	uint64_t aad;			/* address in the device's terms; 0: none */
	struct vcrypto_placed placed;	/* result of adding a request that is one op's alone */
};

/* A range of a buffer, bytes. */
struct vcrypto_range {
	uint32_t off, len;
};

/* Fills in the ranges of a chain.  An empty range touches nothing, wherever it points: it is
 * moved to the start of the other one; and without a cipher range the request has no
 * destination.  False: a range ends beyond 4 GiB.
 */
bool vcrypto_sym_request_set_chain(struct vcrypto_sym_request *r,
		const struct vcrypto_range *cipher, const struct vcrypto_range *auth);

/* Copies off, len of src to dst where has_dst is set and they are not the same buffer.
 * False, with nothing copied: the range leaves one of them.
 */
bool vcrypto_sym_request_copy(const struct vcrypto_sym_request *r);

/*
 * Checks a description's lengths against session and device, and that it has the digest
 * and AAD that its session needs.  May zero a digest that is to be encrypted.
 * VCRYPTO_BUILT or VCRYPTO_BAD_ARGS.
 */
enum vcrypto_verdict vcrypto_sym_request_check(struct vcrypto_sym_request *r);

/*
 * Builds and adds r, which passed vcrypto_sym_request_check(), in slot, the queue's next
 * one.  An op of several data units takes a slot for each, and completes once.
 * VCRYPTO_BUILT; VCRYPTO_FULL: nothing was added, try again later; VCRYPTO_BAD_ARGS:
 * nothing was added.
 */
enum vcrypto_verdict vcrypto_sym_request_add(struct vcrypto_qp *qp, enum vq_kind kind,
		uint16_t slot, struct vcrypto_sym_request *r);

/* Adds a request again that vq_cancel() took back, in the same slot. */
void vcrypto_sym_request_place(struct vcrypto_qp *qp, enum vq_kind kind,
		const struct vcrypto_placed *p);

#endif

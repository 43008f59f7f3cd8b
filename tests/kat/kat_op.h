/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One operation over mbufs laid out in one of several ways: its buffers with guard
 * bytes around the data, and afterwards what became of them.  Public DPDK API only.
 */
#ifndef KAT_OP_H
#define KAT_OP_H

#include "kat_dev.h"

/* How the buffers of an operation lie. */
struct kat_layout {
	const char *name;
	uint16_t head;		/* bytes before the data in its mbuf */
	uint8_t oop;		/* out of place */
	uint8_t src_segs;	/* segments; 1: linear */
	uint8_t dst_segs;
	uint8_t digest_in_buf;	/* digest right after the data instead of apart */
	uint8_t gcm_j0;		/* AEAD: the iv is given as J0, its length as 0 */
	uint64_t needs;		/* feature flags of the device */
};

/* Bytes to work on; what the device needs beyond a session's parameters. */
struct kat_work {
	struct kat_bytes iv, aad, in;
	struct kat_range cipher, auth;
	struct kat_bytes digest;	/* verification: the one to compare with */
};

struct kat_op {
	struct rte_crypto_op *op;
	struct rte_mbuf *src, *dst;	/* dst NULL in place */
	uint8_t *digest;		/* apart: DMA memory; in the buffer: NULL */
	uint8_t *aad;			/* DMA memory */
	uint32_t data_len, digest_len;	/* bytes */
	uint32_t total;			/* head, data, digest if in the buffer, tail */
	struct kat_range cipher;
	const struct kat_layout *l;
};

/* Whether p's operations can be laid out like this at all. */
int kat_layout_fits(const struct kat_layout *l, const struct kat_params *p,
		const struct kat_work *w);

/* Makes the operation; 0, or -ENOMEM with nothing held. */
int kat_op_make(struct kat_op *k, const struct kat_pools *pools, void *session,
		const struct kat_params *p, const struct kat_work *w,
		const struct kat_layout *l);
void kat_op_free(struct kat_op *k);

/* The data (data_len bytes) and the digest as the operation left them. */
void kat_op_result(const struct kat_op *k, uint8_t *data, uint8_t *digest);

/* NULL, or what was written outside the data: guard bytes, a source out of place. */
const char *kat_op_damage(const struct kat_op *k, const struct kat_work *w);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ops over buffers of every shape, for the suites that compare results: chains of
 * mbufs with guard bytes around, xforms by algorithm, and the six ways in which source
 * and destination can lie.
 */
#ifndef OPS_H
#define OPS_H

#include "rig.h"

#define OPS_MAX		4096	/* bytes of a buffer here, guards included */
#define OPS_GUARD	13	/* bytes behind the data that must stay as they are */

/* How source and destination lie. */
enum ops_shape {
	OPS_IN_PLACE,
	OPS_OUT_OF_PLACE,
	OPS_IN_PLACE_SGL,
	OPS_SGL_TO_SGL,
	OPS_SGL_TO_LINEAR,
	OPS_LINEAR_TO_SGL,
	OPS_NB_SHAPES
};

/* Where an op's digest is, for better or worse. */
enum ops_place {
	OPS_IN_OP,		/* DMA memory */
	OPS_NO_IOVA,		/* memory that the device cannot reach, or so it is said */
	OPS_IN_BUFFER,		/* behind the data, in the last segment's tailroom */
	OPS_NB_PLACES
};

/* A chain of nb mbufs, some of them empty if nb allows, that holds len bytes. */
struct rte_mbuf *ops_chain(uint32_t len, unsigned int nb);
void ops_write(struct rte_mbuf *m, const uint8_t *from, uint32_t len);
void ops_read(const struct rte_mbuf *m, uint8_t *to, uint32_t len);

/* A buffer before and after: what the op's memory must hold when it is back. */
struct ops_buffers {
	uint8_t src[OPS_MAX], dst[OPS_MAX];	/* before; dst only if out of place */
	uint32_t total;				/* bytes of each */
};

/* Gives op new buffers of off + len + OPS_GUARD bytes in the given shape, of nb_segs
 * where they are segmented, and fills them.
 */
void ops_buffers(struct rte_crypto_op *op, struct ops_buffers *b, enum ops_shape shape,
		unsigned int nb_segs, uint32_t off, uint32_t len, uint32_t seed);
/* Do the buffers hold want at [off, off + len) of where the result goes, and elsewhere
 * what they held before?
 */
bool ops_result_is(const struct rte_crypto_op *op, const struct ops_buffers *b, uint32_t off,
		const uint8_t *want, uint32_t len);
/* The same for an op that writes no payload. */
bool ops_untouched(const struct rte_crypto_op *op, const struct ops_buffers *b);

/* Keys whose halves differ, as XTS wants them. */
void ops_key(uint8_t *key, size_t len, uint32_t seed);

static inline uint8_t *
ops_digest(struct rte_crypto_op *op)
{
	return rte_crypto_op_ctod_offset(op, uint8_t *, RIG_DIGEST);
}

static inline rte_iova_t
ops_iova(struct rte_crypto_op *op, size_t off)
{
	return rte_crypto_op_ctophys_offset(op, off);
}

/* Room for 64 bytes, and its address. */
uint8_t *ops_place_digest(struct rte_crypto_op *op, enum ops_place where, rte_iova_t *iova);

/* An op without buffers. */
struct rte_crypto_op *ops_bare(void *session);
/* Frees what it has. */
void ops_free(struct rte_crypto_op *op);
/* rig_run, and the number of requests that the device has seen for it. */
uint8_t ops_run(struct rig *r, struct rte_crypto_op *op, unsigned int *nb_requests);

#endif

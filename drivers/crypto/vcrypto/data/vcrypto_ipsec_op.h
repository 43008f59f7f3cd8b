/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ops of security associations (SA): RTE_CRYPTO_OP_SECURITY_SESSION.  vcrypto_burst.c comes
 * here on its slow path, with as many ops as follow; vcrypto_complete.c with each that is
 * complete, or given up.
 *
 * Threads: the one that uses the queue pair.
 */
#ifndef VCRYPTO_IPSEC_OP_H
#define VCRYPTO_IPSEC_OP_H

#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"

static inline bool
vcrypto_ipsec_op_is(const struct rte_crypto_op *op)
{
	return op->sess_type == RTE_CRYPTO_OP_SECURITY_SESSION &&
		op->type == RTE_CRYPTO_OP_TYPE_SYMMETRIC;
}

/* Adds the requests of the ops in front that are of SAs, whichever these are; nb is not 0.  Not
 * published.  Returns how many; *verdict is on the one that was not added, and VCRYPTO_BUILT
 * if the next one is of another kind, or there is none.  Never VCRYPTO_SLOW.
 */
uint32_t vcrypto_ipsec_op_enqueue(struct vcrypto_qp *qp, enum vq_kind kind,
		struct rte_crypto_op **ops, uint32_t nb, enum vcrypto_verdict *verdict);

/* Completes the op of a slot, whose vcrypto_post says ipsec: its status, and if the device made
 * a result, the lengths of the destination.  Any other op comes back with its buffers' lengths
 * as they were.  status is the device's, or VCRYPTO_STATUS_UNSET; used_len its word on the
 * bytes that it wrote, or VQ_LEN_UNKNOWN.
 */
void vcrypto_ipsec_op_complete(struct vcrypto_qp *qp, struct rte_crypto_op *op, uint16_t slot,
		uint8_t status, uint32_t used_len);

#endif

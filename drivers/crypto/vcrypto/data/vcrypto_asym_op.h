/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric ops on their way to the device and back (virtio 1.4, 5.9.9.8).  Operands
 * lie anywhere (no DMA memory is asked of the application): they are copied through
 * bounce memory of the queue pair, which is wiped afterwards.
 */
#ifndef VCRYPTO_ASYM_OP_H
#define VCRYPTO_ASYM_OP_H

#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"
#include "session/vcrypto_asym_keys.h"

/* Builds and adds an asymmetric op; as vcrypto_sym_op_build(). */
enum vcrypto_verdict vcrypto_asym_op_build(struct vcrypto_qp *qp, enum vq_kind kind,
		struct rte_crypto_op *op);
/* Its completion: len is what the device says it wrote, or VQ_LEN_UNKNOWN. */
struct rte_crypto_op *vcrypto_asym_op_complete(struct vcrypto_qp *qp,
		struct vcrypto_asym_post *post, uint8_t status, uint32_t len);

#endif

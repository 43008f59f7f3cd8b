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

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>

#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"
#include "session/vcrypto_ipsec_sa.h"

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

/* ---- inline: a success in a linear buffer ---- */

static inline struct rte_mbuf *
vcrypto_ipsec_op_dst(const struct rte_crypto_op *op)
{
	return op->sym->m_dst != NULL ? op->sym->m_dst : op->sym->m_src;
}

/* The bytes that tell a packet's length, in order; no more of it is read.  Read once: the device
 * may change them.
 */
static __rte_always_inline uint64_t
vcrypto_ipsec_op_start(const uint8_t *packet)
{
	return *(const volatile unaligned_uint64_t *)(const volatile void *)packet;
}

/* Bytes of the result that begins with start, or -EBADMSG: outbound its length is known, and the
 * device's word is compared.  p has its room; used_len as above.
 */
int vcrypto_ipsec_op_result_len(uint64_t start, const struct vcrypto_post *p, uint32_t used_len);

/* The same, 0 for a wrong one.  Not inlined, and static: its callers keep their registers. */
static __rte_noinline __rte_unused uint32_t
vcrypto_ipsec_op_any_len(uint64_t start, const struct vcrypto_post *p, uint32_t used_len)
{
	uint32_t word, len;
	int n;

	/* An inbound result is shorter than its room by its padding. */
	memcpy(&word, &start, sizeof(word));
	word = rte_be_to_cpu_32(word);
	len = word & UINT16_MAX;
	if (likely(!p->result.exact && word >> 24 == 0x45 && len >= REQ_IPSEC_PACKET_MIN &&
			len <= p->result.len && len < used_len))
		return len;
	n = vcrypto_ipsec_op_result_len(start, p, used_len);
	return n < 0 ? 0 : (uint32_t)n;
}

/* An IPv4 packet without options that fills its room, which most results are.  The used length is
 * compared whatever it says: VQ_LEN_UNKNOWN is above each.
 */
static __rte_always_inline bool
vcrypto_ipsec_op_fills(uint64_t start, const struct vcrypto_post *p, uint32_t used_len)
{
	uint32_t word;

	memcpy(&word, &start, sizeof(word));
	return (rte_be_to_cpu_32(word) & 0xff00ffff) == (0x45000000 | p->result.len) &&
		used_len > p->result.len;
}

/* As vcrypto_ipsec_op_complete() for a status of OK, with SUCCESS; the slot's vcrypto_post says
 * easy.  False, and nothing was done, for results that are wrong.
 */
static __rte_always_inline bool
vcrypto_ipsec_op_succeed(struct vcrypto_qp *qp, struct rte_crypto_op *op,
		const struct vcrypto_post *p, size_t slot, uint32_t used_len)
{
	struct rte_mbuf *m = vcrypto_ipsec_op_dst(op);
	uint32_t off = (uint32_t)m->data_off - p->result.front, n = p->result.len;
	const uint8_t *from = p->result.bounced ? qp->ipsec + slot * VCRYPTO_IPSEC_BOUNCE :
		(uint8_t *)m->buf_addr + off;
	uint64_t start = vcrypto_ipsec_op_start(from);

	if (unlikely(!vcrypto_ipsec_op_fills(start, p, used_len))) {
		n = vcrypto_ipsec_op_any_len(start, p, used_len);
		if (n == 0)
			return false;
	}
	m->data_off = (uint16_t)off;
	m->data_len = (uint16_t)n;
	m->pkt_len = n;
	op->status = RTE_CRYPTO_OP_STATUS_SUCCESS;
	op->aux_flags &= (uint8_t)~RTE_CRYPTO_OP_AUX_FLAGS_IPSEC_SOFT_EXPIRY;
	if (p->result.bounced)
		memcpy((uint8_t *)m->buf_addr + off, from, n);
	if (--qp->lens_in_flight == 0)
		qp->detour &= ~VCRYPTO_DETOUR_LENS;
	return true;
}

#endif

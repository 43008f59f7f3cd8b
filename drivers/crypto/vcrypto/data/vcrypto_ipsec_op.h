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

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>

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

/* What tells a packet's length lies in its first 8 bytes, and no more of to is read.  Read once:
 * the device may change them.
 */
static __rte_always_inline void
vcrypto_ipsec_op_copy_start(uint8_t to[REQ_IPSEC_PACKET_MIN], const uint8_t *from)
{
	const volatile unaligned_uint64_t *word = (const volatile void *)from;
	uint64_t start = *word;

	memcpy(to, &start, sizeof(start));
}

/* Bytes of the result whose first ones are in head, or -EBADMSG.  exact: outbound its length is
 * known, and the device's word is compared.  A device that does not say how much it wrote
 * (2.7.9) is taken to have filled the room.
 */
static __rte_always_inline int
vcrypto_ipsec_op_result_len(const uint8_t head[REQ_IPSEC_PACKET_MIN], uint32_t room,
		uint32_t used_len, bool exact)
{
	int n;

	if (used_len == VQ_LEN_UNKNOWN)
		used_len = room + 1;
	n = req_ipsec_result_len(head, REQ_IPSEC_PACKET_MIN, room, used_len);
	return n >= 0 && exact && (uint32_t)n != room ? -EBADMSG : n;
}

/* As vcrypto_ipsec_op_complete() for a status of OK, with SUCCESS.  False, and nothing was done:
 * for chains, SAs that count, and results that are wrong.
 */
static __rte_always_inline bool
vcrypto_ipsec_op_succeed(struct vcrypto_qp *qp, struct rte_crypto_op *op, size_t slot,
		uint32_t used_len)
{
	const struct vcrypto_post *p = &qp->post[slot];
	const struct vcrypto_ipsec_sa *sa = SECURITY_GET_SESS_PRIV(op->sym->session);
	struct rte_mbuf *m = vcrypto_ipsec_op_dst(op);
	uint8_t *to = rte_pktmbuf_mtod(m, uint8_t *) - p->result.front;
	const uint8_t *from = p->result.bounced ? qp->ipsec + slot * VCRYPTO_IPSEC_BOUNCE : to;
	uint8_t head[REQ_IPSEC_PACKET_MIN];
	int n;

	if (unlikely(m->next != NULL || sa->counts))
		return false;
	vcrypto_ipsec_op_copy_start(head, from);
	n = vcrypto_ipsec_op_result_len(head, p->result.len, used_len, !sa->inbound);
	if (unlikely(n < 0))
		return false;
	m->data_off = (uint16_t)(m->data_off - p->result.front);
	m->data_len = (uint16_t)n;
	m->pkt_len = (uint32_t)n;
	op->status = RTE_CRYPTO_OP_STATUS_SUCCESS;
	op->aux_flags &= (uint8_t)~RTE_CRYPTO_OP_AUX_FLAGS_IPSEC_SOFT_EXPIRY;
	if (p->result.bounced)
		memcpy(to, from, (uint32_t)n);
	if (--qp->lens_in_flight == 0)
		qp->detour &= ~VCRYPTO_DETOUR_LENS;
	return true;
}

#endif

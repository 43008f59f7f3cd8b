/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Building on the fast path: an op over linear buffers that are not empty becomes a
 * request in a slot's memory, inline.  Every other op is built by vcrypto_sym_op_build().
 * Nothing here knows the virtqueue's layout, allocates, locks or logs.
 *
 * A vcrypto_build_KIND() that does not return VCRYPTO_BUILT leaves the slot free.
 */
#ifndef VCRYPTO_BUILD_H
#define VCRYPTO_BUILD_H

#include <string.h>

#include <rte_branch_prediction.h>

#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"

/* Address of the byte at off in an mbuf's data, in the device's terms. */
static __rte_always_inline uint64_t
vcrypto_build_data_addr(const struct vcrypto_session *s, const struct rte_mbuf *m, uint64_t off)
{
	return *(const uint64_t *)(const void *)((const char *)m + s->addr_off) +
		m->data_off + off;
}

/* Address, in the device's terms, of memory given by its pointer and its IOVA; 0 if the
 * device cannot reach it.
 */
static __rte_always_inline uint64_t
vcrypto_build_buf_addr(const struct vcrypto_session *s, const void *va, rte_iova_t iova)
{
	if (iova == 0 || iova == RTE_BAD_IOVA)
		return 0;
	return s->addr_is_va ? (uint64_t)(uintptr_t)va : iova;
}

static __rte_always_inline void
vcrypto_build_entry(struct vq_entry *e, uint64_t addr, uint32_t len)
{
	e->addr = cpu_to_le64(addr);
	e->len = cpu_to_le32(len);
}

/* Copies the session's header template into the slot, and zeroes the slot's iv. */
void vcrypto_slot_template(struct vcrypto_qp *qp, uint16_t slot,
		const struct vcrypto_session *s);
/* Prepares a slot for the ops of a session: writes the header template, the table entries
 * that are the same for each op, the length of the digest's entry and the table's shape,
 * and sets the slot's tag to the session's stamp.
 */
void vcrypto_slot_stamp(struct vcrypto_qp *qp, uint16_t slot, const struct vcrypto_session *s);

static __rte_always_inline void
vcrypto_build_copy_iv(uint8_t *to, const uint8_t *from, uint32_t len)
{
	if (likely(len == 16)) {
		memcpy(to, from, 16);
	} else if (len == 12) {
		memcpy(to, from, 8);
		memcpy(to + 8, from + 8, 4);
	} else if (len != 0) {
		memcpy(to, from, len);
	}
}

/* A free slot, as the feed gives it. */
struct vcrypto_build_place {
	struct vq_entry *table;
	const struct vq_entry *next;	/* of the next request; for a prefetch alone */
	uint64_t *stamp;		/* of the session whose header it holds; 0: none */
	size_t slot;
};

/* Puts header and iv in place.  Returns where req_set_*() writes the lengths. */
static __rte_always_inline uint8_t *
vcrypto_build_begin(struct vcrypto_qp *qp, const struct vcrypto_build_place *at,
		const struct vcrypto_session *s, const struct rte_crypto_op *op)
{
	if (unlikely(*at->stamp != s->stamp))
		vcrypto_slot_stamp(qp, (uint16_t)at->slot, s);
	vcrypto_build_copy_iv((uint8_t *)at->table - VCRYPTO_IV_MAX,
			(const uint8_t *)op + s->iv_off, s->iv_len);
	return (uint8_t *)at->table + s->lens_at;
}

/*
 * Prefetches, for writing, the two lines that the next slot's request writes.  The device read
 * them last, and a processor makes stores visible in order: without the hint each op that is
 * published alone waits for its lines one after the other.
 */
static __rte_always_inline void
vcrypto_build_fetch_next(const struct vcrypto_build_place *at)
{
	const uint8_t *next = (const uint8_t *)at->next;

#ifdef RTE_ARCH_X86
	__asm__ volatile("prefetchw %0" : : "m"(*next));
	__asm__ volatile("prefetchw %0" : : "m"(*(next - VCRYPTO_IV_MAX)));
#else
	__builtin_prefetch(next, 1);
	__builtin_prefetch(next - VCRYPTO_IV_MAX, 1);
#endif
}

/* The first entry after those of header and iv. */
static __rte_always_inline struct vq_entry *
vcrypto_build_first_entry(const struct vcrypto_build_place *at, const struct vcrypto_session *s)
{
	return (struct vq_entry *)(void *)((uint8_t *)at->table + s->first_at);
}

/* ---- lengths: one set of rules for the fast path and the slow path (bytes) ----
 *
 * Each says what is wrong, and that of a chain that it is unlikely: said the other way round
 * it costs the bursts of the packed ring up to two instructions with GCC 12.
 */

/* The device's bound alone: max_len, see vcrypto_session.h.  The fast path checks a digest's
 * length against nothing else: a session whose algorithm needs more than one byte never
 * takes it.
 */
static __rte_always_inline bool
vcrypto_build_len_exceeds(const struct vcrypto_session *s, uint32_t len)
{
	return len > s->max_len;
}

/* CIPHER, and digests on the slow path: the algorithm's rules too. */
static __rte_always_inline bool
vcrypto_build_len_is_bad(const struct vcrypto_session *s, uint32_t len)
{
	return len < s->min_len || vcrypto_build_len_exceeds(s, len) ||
		(len & s->block_mask) != 0;
}

/* CHAIN: a cipher range that breaks the algorithm's rules. */
static __rte_always_inline bool
vcrypto_build_chain_len_is_bad(const struct vcrypto_session *s, uint32_t cipher_len)
{
	return unlikely(cipher_len < s->min_len || (cipher_len & s->block_mask) != 0);
}

/* An entry whose length vcrypto_slot_stamp() wrote: a digest's. */
static __rte_always_inline void
vcrypto_build_entry_addr(struct vq_entry *e, uint64_t addr)
{
	e->addr = cpu_to_le64(addr);
}

/* Address of the slot's digest buffer, which the device writes.  The slot's vcrypto_post
 * is set to compare it with data on completion, or to copy it there.
 */
uint64_t vcrypto_build_digest_in_slot(struct vcrypto_qp *qp, size_t slot,
		const struct vcrypto_session *s, uint8_t *data);

/* Address that the device writes a digest to: data itself, or the slot's buffer if the
 * driver compares the digest or the device cannot reach data; *token then says so.
 */
static __rte_always_inline uint64_t
vcrypto_build_digest_addr(struct vcrypto_qp *qp, size_t slot, const struct vcrypto_session *s,
		uint8_t *data, rte_iova_t iova, uintptr_t *token)
{
	uint64_t addr = s->verify ? 0 : vcrypto_build_buf_addr(s, data, iova);

	if (addr != 0)
		return addr;
	*token |= VCRYPTO_TOKEN_POST;
	return vcrypto_build_digest_in_slot(qp, slot, s, data);
}

/* The verdict on a range that ends beyond a buffer's first segment: the slow path if there
 * are more segments, else the op is illegal.
 */
static __rte_always_inline enum vcrypto_verdict
vcrypto_build_beyond(const struct rte_mbuf *m)
{
	return m->nb_segs != 1 ? VCRYPTO_SLOW : VCRYPTO_BAD_ARGS;
}

/* Addresses of [off, end) in the first segments of source and destination; off <= end.
 * VCRYPTO_BUILT, VCRYPTO_BAD_ARGS without a source, or as vcrypto_build_beyond().
 */
static __rte_always_inline enum vcrypto_verdict
vcrypto_build_linear_addrs(const struct vcrypto_session *s, const struct rte_crypto_sym_op *sym,
		uint64_t off, uint64_t end, uint64_t *src, uint64_t *dst)
{
	const struct rte_mbuf *m = sym->m_src;

	if (unlikely(m == NULL))
		return VCRYPTO_BAD_ARGS;
	if (unlikely(end > m->data_len))
		return vcrypto_build_beyond(m);
	*src = *dst = vcrypto_build_data_addr(s, m, off);
	m = sym->m_dst;
	if (m != NULL) {
		if (unlikely(end > m->data_len))
			return vcrypto_build_beyond(m);
		*dst = vcrypto_build_data_addr(s, m, off);
	}
	return VCRYPTO_BUILT;
}

static __rte_always_inline enum vcrypto_verdict
vcrypto_build_cipher(struct vcrypto_qp *qp, const struct vcrypto_build_place *at,
		const struct vcrypto_session *s, struct rte_crypto_op *op)
{
	const struct rte_crypto_sym_op *sym = op->sym;
	uint64_t off = sym->cipher.data.offset, end = off + sym->cipher.data.length;
	uint32_t len = sym->cipher.data.length;
	uint64_t src, dst;
	struct vq_entry *e;
	enum vcrypto_verdict verdict;

	if (unlikely(vcrypto_build_len_is_bad(s, len)))
		return VCRYPTO_BAD_ARGS;
	verdict = vcrypto_build_linear_addrs(s, sym, off, end, &src, &dst);
	if (unlikely(verdict != VCRYPTO_BUILT))
		return verdict;
	req_set_cipher(vcrypto_build_begin(qp, at, s, op), len, len);
	e = vcrypto_build_first_entry(at, s);
	vcrypto_build_entry(&e[0], src, len);
	vcrypto_build_entry(&e[1], dst, len);
	return VCRYPTO_BUILT;
}

/* The range that covers both halves of a chain, neither of which is empty: offsets into the
 * source, bytes.
 */
struct vcrypto_build_span {
	uint64_t off, end;
};

static __rte_always_inline struct vcrypto_build_span
vcrypto_build_chain_span(const struct rte_crypto_sym_op *sym)
{
	uint64_t c = sym->cipher.data.offset, a = sym->auth.data.offset;
	uint64_t c_end = c + sym->cipher.data.length, a_end = a + sym->auth.data.length;

	return (struct vcrypto_build_span){ c < a ? c : a, c_end > a_end ? c_end : a_end };
}

static __rte_always_inline enum vcrypto_verdict
vcrypto_build_chain(struct vcrypto_qp *qp, const struct vcrypto_build_place *at,
		const struct vcrypto_session *s, struct rte_crypto_op *op, uintptr_t *token)
{
	struct rte_crypto_sym_op *sym = op->sym;
	struct vcrypto_build_span span = vcrypto_build_chain_span(sym);
	uint32_t off = (uint32_t)span.off, len = (uint32_t)(span.end - span.off);
	uint64_t src, dst;
	struct vq_entry *e;
	enum vcrypto_verdict verdict;

	/* An empty range may point anywhere: it is left to the slow path. */
	if (unlikely(sym->auth.data.length == 0) ||
			vcrypto_build_chain_len_is_bad(s, sym->cipher.data.length))
		return VCRYPTO_SLOW;
	/* off and len are not truncated if the range is in a segment: it ends below 64 KiB. */
	verdict = vcrypto_build_linear_addrs(s, sym, span.off, span.end, &src, &dst);
	if (unlikely(verdict != VCRYPTO_BUILT))
		return verdict;
	if (unlikely(sym->auth.digest.data == NULL))
		return VCRYPTO_BAD_ARGS;
	req_set_chain(vcrypto_build_begin(qp, at, s, op), len, len,
			sym->cipher.data.offset - off, sym->cipher.data.length,
			sym->auth.data.offset - off, sym->auth.data.length);
	e = vcrypto_build_first_entry(at, s);
	vcrypto_build_entry(&e[0], src, len);
	vcrypto_build_entry(&e[1], dst, len);
	vcrypto_build_entry_addr(&e[2], vcrypto_build_digest_addr(qp, at->slot, s,
			sym->auth.digest.data, sym->auth.digest.phys_addr, token));
	return VCRYPTO_BUILT;
}

/* Address of the AAD: in the application's memory, or of a copy in the slot; 0 if it is
 * neither reachable nor short enough to copy.
 */
static __rte_always_inline uint64_t
vcrypto_build_aad_addr(struct vcrypto_qp *qp, size_t slot, const struct vcrypto_session *s,
		const uint8_t *aad, rte_iova_t iova)
{
	uint64_t addr = vcrypto_build_buf_addr(s, aad, iova);

	if (likely(addr != 0))
		return addr + s->aad_off;
	if (s->aad_len > VCRYPTO_AAD_COPY_MAX || aad == NULL)
		return 0;
	memcpy(vcrypto_slot(qp, slot) + VCRYPTO_SLOT_AAD, aad + s->aad_off, s->aad_len);
	return vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_AAD;
}

/* Address of the received tag: in the application's memory, or of a copy in the slot. */
static __rte_always_inline uint64_t
vcrypto_build_tag_addr(struct vcrypto_qp *qp, size_t slot, const struct vcrypto_session *s,
		const uint8_t *tag, rte_iova_t iova)
{
	uint64_t addr = vcrypto_build_buf_addr(s, tag, iova);

	if (likely(addr != 0))
		return addr;
	memcpy(vcrypto_slot(qp, slot) + VCRYPTO_SLOT_DIGEST, tag, s->digest_len);
	return vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_DIGEST;
}

static __rte_always_inline enum vcrypto_verdict
vcrypto_build_aead(struct vcrypto_qp *qp, const struct vcrypto_build_place *at,
		const struct vcrypto_session *s, struct rte_crypto_op *op, uintptr_t *token)
{
	struct rte_crypto_sym_op *sym = op->sym;
	uint64_t off = sym->aead.data.offset;
	uint32_t len = sym->aead.data.length;
	uint64_t src, dst, aad = 0;
	struct vq_entry *e;
	uint8_t *hdr;
	enum vcrypto_verdict verdict;

	if (unlikely(len == 0))
		return VCRYPTO_SLOW;
	if (unlikely(vcrypto_build_len_exceeds(s, len) || sym->aead.digest.data == NULL))
		return VCRYPTO_BAD_ARGS;
	verdict = vcrypto_build_linear_addrs(s, sym, off, off + len, &src, &dst);
	if (unlikely(verdict != VCRYPTO_BUILT))
		return verdict;
	if (s->aad_len != 0) {
		aad = vcrypto_build_aad_addr(qp, at->slot, s, sym->aead.aad.data,
				sym->aead.aad.phys_addr);
		if (unlikely(aad == 0))
			return VCRYPTO_BAD_ARGS;
	}
	hdr = vcrypto_build_begin(qp, at, s, op);
	e = vcrypto_build_first_entry(at, s);
	/* Order of entries: iv, src (ciphertext, then tag), aad | dst, tag, status (5.9.9.7). */
	vcrypto_build_entry(e++, src, len);
	if (s->decrypt)
		vcrypto_build_entry(e++, vcrypto_build_tag_addr(qp, at->slot, s,
				sym->aead.digest.data, sym->aead.digest.phys_addr), s->digest_len);
	if (aad != 0)
		vcrypto_build_entry(e++, aad, s->aad_len);
	vcrypto_build_entry(e++, dst, len);
	if (s->decrypt) {
		req_set_aead(hdr, s->aad_len, len + s->digest_len, len);
	} else {
		vcrypto_build_entry_addr(e, vcrypto_build_digest_addr(qp, at->slot, s,
				sym->aead.digest.data, sym->aead.digest.phys_addr, token));
		req_set_aead(hdr, s->aad_len, len, len + s->digest_len);
	}
	return VCRYPTO_BUILT;
}

/* HASH, MAC, and GMAC, whose data is the AAD of an AEAD request. */
static __rte_always_inline enum vcrypto_verdict
vcrypto_build_digest(struct vcrypto_qp *qp, const struct vcrypto_build_place *at,
		const struct vcrypto_session *s, struct rte_crypto_op *op, uintptr_t *token)
{
	struct rte_crypto_sym_op *sym = op->sym;
	uint64_t off = sym->auth.data.offset;
	uint32_t len = sym->auth.data.length;
	struct vq_entry *e;
	uint8_t *hdr;

	if (unlikely(len == 0))
		return VCRYPTO_SLOW;
	if (unlikely(vcrypto_build_len_exceeds(s, len) || sym->auth.digest.data == NULL ||
			sym->m_src == NULL))
		return VCRYPTO_BAD_ARGS;
	if (unlikely(off + len > sym->m_src->data_len))
		return vcrypto_build_beyond(sym->m_src);
	hdr = vcrypto_build_begin(qp, at, s, op);
	if (s->kind == VCRYPTO_SESS_GMAC)
		req_set_aead(hdr, len, 0, s->digest_len);
	else
		req_set_hash(hdr, len);
	e = vcrypto_build_first_entry(at, s);
	vcrypto_build_entry(&e[0], vcrypto_build_data_addr(s, sym->m_src, off), len);
	vcrypto_build_entry_addr(&e[1], vcrypto_build_digest_addr(qp, at->slot, s,
			sym->auth.digest.data, sym->auth.digest.phys_addr, token));
	return VCRYPTO_BUILT;
}

#endif

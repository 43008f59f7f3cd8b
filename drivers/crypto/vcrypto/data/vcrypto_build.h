/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's half of building: an op over linear buffers with something in them
 * becomes a request in a slot's memory, inline.  Everything else is
 * vcrypto_sym_op_build()'s.  Nothing here knows the virtqueue's layout.
 */
#ifndef VCRYPTO_BUILD_H
#define VCRYPTO_BUILD_H

#include <string.h>

#include <rte_branch_prediction.h>

#include "data/vcrypto_qp.h"
#include "data/vcrypto_verdict.h"

static __rte_always_inline uint64_t
vcrypto_build_data_addr(const struct vcrypto_session *s, const struct rte_mbuf *m, uint64_t off)
{
	return *(const uint64_t *)(const void *)((const char *)m + s->addr_off) +
		m->data_off + off;
}

/* Address of memory named by pointer and iova; 0 if the device cannot reach it. */
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

/* Copies the session's header template into the slot, and clears its iv. */
void vcrypto_slot_template(struct vcrypto_qp *qp, uint16_t slot,
		const struct vcrypto_session *s);
/* The template, the entries that do not change between a session's ops, the length of
 * the digest's, and the table's shape; the slot's tag becomes the session's stamp.
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

/* A free slot, as the common case needs it. */
struct vcrypto_build_place {
	struct vq_entry *table;
	uint64_t *stamp;		/* the session whose header it holds, 0: none */
	size_t slot;
};

/* Header and iv are in place after this; returns where req_set_*() writes. */
static __rte_always_inline uint8_t *
vcrypto_build_begin(struct vcrypto_qp *qp, const struct vcrypto_build_place *at,
		const struct vcrypto_session *s, const struct rte_crypto_op *op)
{
	if (unlikely(*at->stamp != s->stamp))
		vcrypto_slot_stamp(qp, (uint16_t)at->slot, s);
	vcrypto_build_copy_iv((uint8_t *)at->table - VCRYPTO_IV_MAX,
			rte_crypto_op_ctod_offset(op, const uint8_t *, s->iv_off), s->iv_len);
	return (uint8_t *)at->table + s->lens_at;
}

/*
 * Have the two lines that the next slot's request writes fetched for writing.  The device
 * read them last; where each op is published alone, the full barrier before looking
 * whether the device wants to be notified waits for them.  A hint: there need not be a slot.
 */
static __rte_always_inline void
vcrypto_build_fetch_next(const struct vcrypto_build_place *at)
{
	const uint8_t *next = (const uint8_t *)at->table + VCRYPTO_SLOT_SIZE;

#ifdef RTE_ARCH_X86
	__asm__ volatile("prefetchw %0" : : "m"(*next));
	__asm__ volatile("prefetchw %0" : : "m"(*(next - VCRYPTO_IV_MAX)));
#else
	__builtin_prefetch(next, 1);
	__builtin_prefetch(next - VCRYPTO_IV_MAX, 1);
#endif
}

/* First entry after header and iv. */
static __rte_always_inline struct vq_entry *
vcrypto_build_first_entry(const struct vcrypto_build_place *at, const struct vcrypto_session *s)
{
	return (struct vq_entry *)(void *)((uint8_t *)at->table + s->first_at);
}

/* ---- lengths: the one set of rules, for the fast path and the slow one ---- */

/* What the device's max_size leaves, alone. */
static __rte_always_inline bool
vcrypto_build_len_below_max(const struct vcrypto_session *s, uint32_t len)
{
	return len <= s->max_len;
}

/* What the algorithm takes, alone: a multiple of the block, not below min_len. */
static __rte_always_inline bool
vcrypto_build_len_suits_algo(const struct vcrypto_session *s, uint32_t len)
{
	return len >= s->min_len && (len & s->block_mask) == 0;
}

/* CIPHER; and a digest or MAC, which the fast path asks only for the maximum, since
 * sessions whose algorithm wants more than one byte are on the slow path.
 */
static __rte_always_inline bool
vcrypto_build_len_ok(const struct vcrypto_session *s, uint32_t len)
{
	return len >= s->min_len && vcrypto_build_len_below_max(s, len) &&
		(len & s->block_mask) == 0;
}

/* CHAIN: len covers the ciphered range too, so that max_len bounds both. */
static __rte_always_inline bool
vcrypto_build_chain_len_ok(const struct vcrypto_session *s, uint32_t len, uint32_t cipher_len)
{
	return vcrypto_build_len_below_max(s, len) && vcrypto_build_len_suits_algo(s, cipher_len);
}

/* Where the device writes a digest; its length was stamped. */
static __rte_always_inline void
vcrypto_build_entry_addr(struct vq_entry *e, uint64_t addr)
{
	e->addr = cpu_to_le64(addr);
}

/* The slot's own place for a digest, which is then compared or copied. */
uint64_t vcrypto_build_digest_in_slot(struct vcrypto_qp *qp, size_t slot,
		const struct vcrypto_session *s, uint8_t *data);

/* Where the device writes a digest, and what is left to do with it afterwards. */
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

/* A range that does not end in a buffer's first segment: further on, or nowhere. */
static __rte_always_inline enum vcrypto_verdict
vcrypto_build_beyond(const struct rte_mbuf *m)
{
	return m->nb_segs != 1 ? VCRYPTO_SLOW : VCRYPTO_BAD_ARGS;
}

/* Addresses of [off, end) in linear buffers, or in the first segments of others;
 * off <= end.  VCRYPTO_BUILT, or as vcrypto_build_beyond().
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

	if (unlikely(!vcrypto_build_len_ok(s, len)))
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

/* What both halves of a chain cover together, in bytes of the source. */
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

	/* off and len are true if the range is in a buffer: that ends below 64 KiB. */
	verdict = vcrypto_build_linear_addrs(s, sym, span.off, span.end, &src, &dst);
	if (unlikely(verdict != VCRYPTO_BUILT))
		return verdict;
	if (unlikely(!vcrypto_build_chain_len_ok(s, len, sym->cipher.data.length) ||
			sym->auth.digest.data == NULL))
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

/* AAD where the device can read it: the application's memory, or a copy. */
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

/* The received tag where the device can read it. */
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
	if (unlikely(!vcrypto_build_len_below_max(s, len) || sym->aead.digest.data == NULL))
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
	/* Order: iv, src (ciphertext, then tag), aad | dst, tag, status (5.9.9.7). */
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
	if (unlikely(!vcrypto_build_len_below_max(s, len) || sym->auth.digest.data == NULL ||
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

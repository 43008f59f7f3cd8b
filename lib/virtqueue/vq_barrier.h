/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Access to words that the other side of a virtqueue may touch at the same time:
 * the only fences and ordered accesses in the tree, for the driver half and the
 * device half alike.  Each access is made once; the compiler cannot repeat it.
 *
 *   expose / observe   a word that hands over all that was written before it
 *   settle             a store of this side is visible before its later load
 *   write / read       a word that orders nothing
 *
 * platform says that the other side is a device behind the platform's own barriers
 * (ORDER_PLATFORM, virtio 1.4, 6): an agent outside the processors' shareability
 * domain.  On x86 memory is coherent and ordered alike for both.
 */
#ifndef VQ_BARRIER_H
#define VQ_BARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../wire/attributes.h"
#include "../wire/le.h"

#if defined(__SANITIZE_THREAD__)
#define VQ_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VQ_TSAN 1
#endif
#endif

#define VQ_UNLIKELY(x)	__builtin_expect(!!(x), 0)

/* Inlined always: the kind and the flags given to them are constants, and code
 * for the other kinds must vanish.
 */
#define VQ_HOT		static WIRE_ALWAYS_INLINE
#define VQ_COLD		WIRE_COLD WIRE_NOINLINE

/* Two little-endian halves of a packed descriptor or event structure as one word. */
typedef struct { uint32_t raw; } WIRE_MAY_ALIAS vq_desc_word;

/* Orders accesses before it against accesses after it, as the platform's devices see them. */
VQ_HOT void
vq_platform_full(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("mfence" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dmb osh" ::: "memory");
#elif defined(__riscv)
	__asm__ volatile("fence iorw, iorw" ::: "memory");
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* The same for everything before a store that exposes (out) and everything after a load that
 * observed (in).  They come with a releasing or acquiring access, which is all that x86 needs.
 */
VQ_HOT void
vq_platform_out(bool platform)
{
#if defined(__x86_64__) || defined(__i386__)
	(void)platform;
#else
	if (platform)
		vq_platform_full();
#endif
}

VQ_HOT void
vq_platform_in(bool platform)
{
#if defined(__x86_64__) || defined(__i386__)
	(void)platform;
#elif defined(__aarch64__)
	if (platform)
		__asm__ volatile("dmb oshld" ::: "memory");
#else
	if (platform)
		vq_platform_full();
#endif
}

/* Words that order nothing: suppression words, lengths, ids already handed over. */
VQ_HOT uint16_t
vq_read16(const le16 *p)
{
	return le_swap16(__atomic_load_n(&p->raw, __ATOMIC_RELAXED));
}

VQ_HOT uint32_t
vq_read32(const le32 *p)
{
	return le_swap32(__atomic_load_n(&p->raw, __ATOMIC_RELAXED));
}

VQ_HOT uint64_t
vq_read64(const le64 *p)
{
	return le_swap64(__atomic_load_n(&p->raw, __ATOMIC_RELAXED));
}

VQ_HOT void
vq_write16(le16 *p, uint16_t v)
{
	__atomic_store_n(&p->raw, le_swap16(v), __ATOMIC_RELAXED);
}

VQ_HOT void
vq_write32(le32 *p, uint32_t v)
{
	__atomic_store_n(&p->raw, le_swap32(v), __ATOMIC_RELAXED);
}

/* Bytes out of memory that the other side may write, each read once: the compiler
 * must take the copy for what it is, not the source again.
 */
VQ_HOT void
vq_copy_once(void *copy, const void *shared, size_t len)
{
	memcpy(copy, shared, len);
	__asm__ volatile("" : : "r"(copy) : "memory");
}

/* Two words side by side, each read once, at any address that is a multiple of 8. */
typedef wire_pair vq_pair WIRE_MAY_ALIAS;
typedef vq_pair vq_shared_pair WIRE_ALIGNED(8);

VQ_HOT vq_pair
vq_read_pair(const void *p)
{
	return *(const volatile vq_shared_pair *)p;
}

/* Split: an index that the other side advanced.  Everything it covers (ring
 * entries, descriptors, payload) may be read after this.  Partner: vq_expose_idx.
 */
VQ_HOT uint16_t
vq_observe_idx(const le16 *idx, bool platform)
{
	uint16_t v = le_swap16(__atomic_load_n(&idx->raw, __ATOMIC_ACQUIRE));

	vq_platform_in(platform);
	return v;
}

/* Split: used.flags and used.idx, which lie side by side, as one word in memory's order; or a
 * private copy of them.  Orders nothing: what an index that has moved covers may be read after
 * vq_observe_idx alone.
 */
VQ_HOT uint32_t
vq_read_flags_idx(const le16 *flags)
{
	const vq_desc_word *word = (const vq_desc_word *)(const void *)flags;

	return __atomic_load_n(&word->raw, __ATOMIC_RELAXED);
}

/* Split: hand over everything written so far by advancing an index (2.7.13.3.1;
 * the device's side 2.7.8.2).  Partner: vq_observe_idx on the other side.
 */
VQ_HOT void
vq_expose_idx(le16 *idx, uint16_t v, bool platform)
{
	vq_platform_out(platform);
	__atomic_store_n(&idx->raw, le_swap16(v), __ATOMIC_RELEASE);
}

/* Packed: id and flags of a descriptor as one word, id in bits 0-15.  If the flags
 * hand it to this side, the rest of the descriptor and what it stands for may be
 * read after this.  Partner: vq_expose_desc.
 */
VQ_HOT uint32_t
vq_observe_desc(const vq_desc_word *id_flags, bool platform)
{
	uint32_t v = le_swap32(__atomic_load_n(&id_flags->raw, __ATOMIC_ACQUIRE));

	vq_platform_in(platform);
	return v;
}

/* Packed: hand over a descriptor, and with it all written before (2.8.21.1.1).
 * Partner: vq_observe_desc on the other side.
 */
VQ_HOT void
vq_expose_desc(vq_desc_word *id_flags, uint32_t v, bool platform)
{
	vq_platform_out(platform);
	__atomic_store_n(&id_flags->raw, le_swap32(v), __ATOMIC_RELEASE);
}

/* Packed: a descriptor that the other side cannot reach before one that is exposed
 * later with vq_expose_desc.
 */
VQ_HOT void
vq_write_desc(vq_desc_word *id_flags, uint32_t v)
{
	__atomic_store_n(&id_flags->raw, le_swap32(v), __ATOMIC_RELAXED);
}

/* Packed: an event suppression structure, both halves of one moment. */
VQ_HOT uint32_t
vq_read_event(const void *event)
{
	const vq_desc_word *word = event;

	return le_swap32(__atomic_load_n(&word->raw, __ATOMIC_RELAXED));
}

VQ_HOT void
vq_write_event(void *event, uint32_t v)
{
	vq_desc_word *word = event;

	__atomic_store_n(&word->raw, le_swap32(v), __ATOMIC_RELAXED);
}

/* What was exposed is visible before the suppression word of the other side is read
 * (2.7.13.4.1, 2.8.21.3.1).  Partner: the settle of the other side between its request for a
 * notification and its last read of the ring.
 */
VQ_HOT void
vq_settle(bool platform)
{
#ifdef VQ_TSAN
	/* The sanitizer knows no fences; a locked exchange orders as much.  Of a word
	 * of our own, so that no order is seen that the ring itself does not give;
	 * volatile, or it is optimised out.
	 */
	volatile int word = 0;

	(void)platform;
	__atomic_exchange_n(&word, 1, __ATOMIC_SEQ_CST);
#else
	if (platform)
		vq_platform_full();
	else
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Little-endian integers as they lie in memory shared with a device.
 *
 * Each type wraps its bits in a struct, so that an un-swapped value neither
 * compares, adds nor assigns: only the conversions below compile.  The loads and
 * stores here are plain; ordered ones are in lib/virtqueue/vq_barrier.h.
 */
#ifndef WIRE_LE_H
#define WIRE_LE_H

#include <stdint.h>

typedef struct { uint16_t raw; } le16;
typedef struct { uint32_t raw; } le32;
typedef struct { uint64_t raw; } le64;

/* Swap between host and little-endian order; the same operation both ways. */
static inline uint16_t
le_swap16(uint16_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap16(v);
#else
	return v;
#endif
}

static inline uint32_t
le_swap32(uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap32(v);
#else
	return v;
#endif
}

static inline uint64_t
le_swap64(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(v);
#else
	return v;
#endif
}

static inline uint16_t
le16_to_cpu(le16 v)
{
	return le_swap16(v.raw);
}

static inline uint32_t
le32_to_cpu(le32 v)
{
	return le_swap32(v.raw);
}

static inline uint64_t
le64_to_cpu(le64 v)
{
	return le_swap64(v.raw);
}

static inline le16
cpu_to_le16(uint16_t v)
{
	return (le16){ le_swap16(v) };
}

static inline le32
cpu_to_le32(uint32_t v)
{
	return (le32){ le_swap32(v) };
}

static inline le64
cpu_to_le64(uint64_t v)
{
	return (le64){ le_swap64(v) };
}

/* For tables of constants; v must be a compile-time constant. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LE16_INIT(v)	{ (uint16_t)__builtin_bswap16(v) }
#define LE32_INIT(v)	{ (uint32_t)__builtin_bswap32(v) }
#define LE64_INIT(v)	{ (uint64_t)__builtin_bswap64(v) }
#else
#define LE16_INIT(v)	{ (uint16_t)(v) }
#define LE32_INIT(v)	{ (uint32_t)(v) }
#define LE64_INIT(v)	{ (uint64_t)(v) }
#endif

/* A layout check: every struct of lib/wire states its size and its offsets. */
#define WIRE_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), #type " is not " #size " bytes")
#define WIRE_OFFSET(type, field, off) \
	_Static_assert(__builtin_offsetof(type, field) == (off), \
		#type "." #field " is not at " #off)

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The compiler's attributes, by names of our own: lib/ uses them by these alone.  In DPDK's
 * tree, DPDK's names for the same take their place (tools/dpdk-tree).
 */
#ifndef WIRE_ATTRIBUTES_H
#define WIRE_ATTRIBUTES_H

#include <stdint.h>

#define WIRE_PACKED		__attribute__((packed))
#define WIRE_ALIGNED(bytes)	__attribute__((aligned(bytes)))
#define WIRE_MAY_ALIAS		__attribute__((may_alias))
#define WIRE_ALWAYS_INLINE	inline __attribute__((always_inline))
#define WIRE_NOINLINE		__attribute__((noinline))
#define WIRE_COLD		__attribute__((cold))

/* Two words in one register of the vector unit, where the processor has one. */
typedef uint64_t wire_pair __attribute__((vector_size(16)));

/* The entries of an array. */
#define WIRE_COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#endif

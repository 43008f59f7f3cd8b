/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers of packets, in network order at any address.
 */
#ifndef VCRYPTOD_IPSEC_BYTES_H
#define VCRYPTOD_IPSEC_BYTES_H

#include <stdint.h>

static inline uint16_t
vcryptod_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
vcryptod_get32(const uint8_t *p)
{
	return (uint32_t)vcryptod_get16(p) << 16 | vcryptod_get16(p + 2);
}

static inline void
vcryptod_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
vcryptod_put32(uint8_t *p, uint32_t v)
{
	vcryptod_put16(p, (uint16_t)(v >> 16));
	vcryptod_put16(p + 2, (uint16_t)v);
}

static inline void
vcryptod_put64(uint8_t *p, uint64_t v)
{
	vcryptod_put32(p, (uint32_t)(v >> 32));
	vcryptod_put32(p + 4, (uint32_t)v);
}

#endif

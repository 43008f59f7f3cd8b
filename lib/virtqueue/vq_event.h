/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether the other side wants a notification of what was just handed over: arithmetic
 * of event indices, the same for both halves.  No memory is accessed here.
 */
#ifndef VQ_EVENT_H
#define VQ_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "../wire/virtio_ring.h"

/* Split (2.7.7, 2.7.10): did the index move past event, going from old to idx? */
static inline bool
vq_event_passed(uint16_t event, uint16_t old, uint16_t idx)
{
	return (uint16_t)(event - old) < (uint16_t)(idx - old);
}

/* Packed (2.8.10): the other side wants no notification. */
static inline bool
vq_event_off(uint32_t event)
{
	return (event & (3u << 16)) == (uint32_t)PVIRTQ_EVENT_F_DISABLE << 16;
}

/* Packed (2.8.10): event is the other side's structure, the position in bits 0-15,
 * flags from bit 16; added (1..size) descriptors were handed over from pos, where the
 * wrap counter was wrap.  An undefined value counts as a request for a notification.
 */
static inline bool
vq_event_wanted(uint32_t event, bool event_idx, uint32_t size,
		uint32_t pos, bool wrap, uint32_t added)
{
	uint32_t flags = (event >> 16) & 3;
	uint32_t off = event & 0x7fff;
	uint32_t ahead;

	if (vq_event_off(event))
		return false;
	if (flags != PVIRTQ_EVENT_F_DESC || !event_idx || off >= size)
		return true;
	/* Distance from pos to the event's position, over two rounds: one for each wrap
	 * counter.
	 */
	ahead = off + size - pos;
	if (wrap == ((event & 0x8000) != 0))
		ahead += size;
	if (ahead >= 2 * size)
		ahead -= 2 * size;
	return ahead < added;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A front end's memory table; see memory.h.
 */
#include <errno.h>

#include "memory.h"

int
vcryptod_memory_add(struct vcryptod_memory *m, uint64_t guest, uint64_t size, void *host)
{
	struct vcryptod_region *r;

	if (size == 0)
		return 0;
	if (guest + (size - 1) < guest)
		return -EINVAL;
	if (m->nb == VCRYPTOD_REGIONS)
		return -ENOSPC;
	r = &m->region[m->nb++];
	r->guest = guest;
	r->size = size;
	r->host = host;
	return 0;
}

bool
vcryptod_memory_holds(const struct vcryptod_memory *m, const void *p, uint64_t len)
{
	uint64_t at = (uint64_t)(uintptr_t)p, base;
	unsigned int i;

	for (i = 0; i < m->nb; i++) {
		base = (uint64_t)(uintptr_t)m->region[i].host;
		if (at >= base && at - base < m->region[i].size &&
				len <= m->region[i].size - (at - base))
			return true;
	}
	return false;
}

void *
vcryptod_memory_translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	const struct vcryptod_memory *m = ctx;
	const struct vcryptod_region *r;
	unsigned int i;
	uint64_t left;

	(void)write;	/* the protocol's memory is all writable */
	for (i = 0; i < m->nb; i++) {
		r = &m->region[i];
		if (addr < r->guest || addr - r->guest >= r->size)
			continue;
		left = r->size - (addr - r->guest);
		if (*len > left)
			*len = left;
		return r->host + (addr - r->guest);
	}
	return NULL;
}

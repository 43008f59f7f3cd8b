/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A front end's memory: from the driver's addresses to ours.  The table comes from the
 * front end and is checked when it comes; each address is checked when it is used.
 *
 * Read by the threads that serve rings; changed only while none does.
 */
#ifndef VCRYPTOD_MEMORY_H
#define VCRYPTOD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VCRYPTOD_REGIONS	64	/* more than the protocol has in one message */

struct vcryptod_region {
	uint64_t guest;		/* the driver's address */
	uint64_t size;		/* bytes, not 0; guest + size does not wrap */
	uint8_t *host;		/* this process' address */
};

struct vcryptod_memory {
	unsigned int nb;
	struct vcryptod_region region[VCRYPTOD_REGIONS];
};

/* One more region; one of size 0 is none.  -EINVAL: it wraps; -ENOSPC. */
int vcryptod_memory_add(struct vcryptod_memory *m, uint64_t guest, uint64_t size, void *host);

/* Does [p, p + len) lie in one region? */
bool vcryptod_memory_holds(const struct vcryptod_memory *m, const void *p, uint64_t len);

/* As vqd_translate (vq_device.h); ctx is a struct vcryptod_memory. */
void *vcryptod_memory_translate(void *ctx, uint64_t addr, uint64_t *len, bool write);

#endif

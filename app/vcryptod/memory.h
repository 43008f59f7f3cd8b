/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A front end's memory: from the driver's addresses to ours.  The table comes from the
 * front end and is checked when it comes; each address is checked when it is used.
 *
 * Threads: one changes the table; those that serve rings translate.  Without a lock the table
 * changes only while no ring runs.  With one it may change at any time: a translation has the
 * table before or after a change, and a change waits for translations alone, not for turns.  What
 * was translated before stays with who asked: see vcryptod_device_lose() (device.h).
 */
#ifndef VCRYPTOD_MEMORY_H
#define VCRYPTOD_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VCRYPTOD_REGIONS	64	/* of vhost-user: more than it has in one message */
#define VCRYPTOD_MEMORY_MAX	4096	/* regions of a table */

struct vcryptod_region {
	uint64_t guest;		/* the driver's address */
	uint64_t size;		/* bytes, not 0; guest + size - 1 does not wrap */
	uint8_t *host;		/* this process' address; NULL: cannot be reached, known alone */
	bool readable, writable;	/* by the device */
	/* Regions of one piece (not 0) whose bytes follow each other in both kinds of addresses
	 * are used as one: a page each is what a vIOMMU makes of a buffer.
	 */
	uint32_t piece;
	uint64_t run;		/* bytes from guest on that are so used; set by insert */
};

struct vcryptod_memory {
	pthread_mutex_t *lock;	/* of who changes it while rings run; else NULL */
	unsigned int nb;
	struct vcryptod_region region[VCRYPTOD_MEMORY_MAX];	/* by guest address */
};

/* One more region, which the device may read and write; one of size 0 is none.  As
 * vcryptod_memory_insert.
 */
int vcryptod_memory_add(struct vcryptod_memory *m, uint64_t guest, uint64_t size, void *host);

/* One more region.  -EINVAL: it is empty or wraps; -EEXIST: another has a part of it; -ENOSPC. */
int vcryptod_memory_insert(struct vcryptod_memory *m, const struct vcryptod_region *r);
/* What vcryptod_memory_insert would return. */
int vcryptod_memory_check(const struct vcryptod_memory *m, uint64_t guest, uint64_t size);
/* Takes the region of exactly this address and size out, into *gone.  -ENOENT. */
int vcryptod_memory_remove(struct vcryptod_memory *m, struct vcryptod_region *gone,
		uint64_t guest, uint64_t size);
void vcryptod_memory_clear(struct vcryptod_memory *m);
/* The first region, by guest address, that has addr or begins behind it; NULL: there is none. */
const struct vcryptod_region *vcryptod_memory_from(const struct vcryptod_memory *m, uint64_t addr);

/* Does [p, p + len) lie in one region, or several that are used as one, which the device may read,
 * or with write may write?  For the thread that changes the table.
 */
bool vcryptod_memory_holds(const struct vcryptod_memory *m, const void *p, uint64_t len,
		bool write);

/* As vqd_translate (vq_device.h); ctx is a struct vcryptod_memory. */
void *vcryptod_memory_translate(void *ctx, uint64_t addr, uint64_t *len, bool write);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory that a front end shares by its messages: regions of files, mapped here as
 * mapping.h says, and where they lie in both kinds of the front end's addresses.
 *
 * Threads: one, while no ring runs.
 */
#ifndef VCRYPTOD_MAP_H
#define VCRYPTOD_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../mapping.h"
#include "../memory.h"
#include "vhost_user.h"

struct vcryptod_map_region {
	struct vhu_mem_region r;
	uint8_t *host;		/* where the region's first byte lies */
	struct vcryptod_mapping *mapping;	/* which may begin earlier */
};

struct vcryptod_map {
	unsigned int nb;
	struct vcryptod_map_region region[VCRYPTOD_REGIONS];
};

/* Maps one more region of fd, which stays the caller's and is not needed any more.  0; else
 * -errno, and *why in words: the region wraps, overlaps another or is empty; fd is no regular
 * file or is too short; there are VCRYPTOD_REGIONS; mmap fails.
 */
int vcryptod_map_add(struct vcryptod_map *m, const struct vhu_mem_region *r, int fd,
		const char **why);
/* Unmaps the region of this guest address, user address and size.  -ENOENT. */
int vcryptod_map_remove(struct vcryptod_map *m, const struct vhu_mem_region *r);
void vcryptod_map_clear(struct vcryptod_map *m);

/* Where the front end's user address lies; NULL if in no region. */
void *vcryptod_map_user(const struct vcryptod_map *m, uint64_t user);
/* The table that the rings use to find the driver's addresses. */
void vcryptod_map_to_memory(const struct vcryptod_map *m, struct vcryptod_memory *mem);

#endif

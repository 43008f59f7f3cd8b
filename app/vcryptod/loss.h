/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that went away: whether something still uses it.  What another region has at the same
 * address of this process is still there.
 */
#ifndef VCRYPTOD_LOSS_H
#define VCRYPTOD_LOSS_H

#include "memory.h"
#include "vq_device.h"

struct vcryptod_loss {
	const struct vcryptod_memory *memory;	/* which does not have it any more */
	const uint8_t *ptr;
	uint64_t len;			/* bytes, not 0 */
};

/* Is some of [ptr, ptr + len) gone?  write: as in vcryptod_memory_holds(). */
bool vcryptod_loss_has(const struct vcryptod_loss *l, const uint8_t *ptr, uint64_t len,
		bool write);
/* Is some of a request's memory gone?  seg: its segments. */
bool vcryptod_loss_has_request(const struct vcryptod_loss *l, const struct vqd_seg *seg,
		const struct vqd_req *req);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that went away; see loss.h.
 */
#include "loss.h"

bool
vcryptod_loss_has(const struct vcryptod_loss *l, const uint8_t *ptr, uint64_t len, bool write)
{
	uint64_t at = (uint64_t)(uintptr_t)ptr, from = (uint64_t)(uintptr_t)l->ptr;

	/* Most lies elsewhere, which is known without a look at the table. */
	return len != 0 && at <= from + (l->len - 1) && from <= at + (len - 1) &&
			!vcryptod_memory_holds(l->memory, ptr, len, write);
}

bool
vcryptod_loss_has_request(const struct vcryptod_loss *l, const struct vqd_seg *seg,
		const struct vqd_req *req)
{
	unsigned int i;

	for (i = 0; i < (unsigned int)req->nb_read + req->nb_write; i++)
		if (vcryptod_loss_has(l, seg[i].ptr, seg[i].len, i >= req->nb_read))
			return true;
	return false;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Seldom used steps on struct vq that are the same for both layouts; see vq_state.h.
 *
 * Called by the verbs, by vq.c and by both layouts; calls nothing.
 */
#include "vq_state.h"

void
vq_rule_broken(struct vq *vq, enum vq_error error)
{
	if (vq->broken != VQ_WORKS)
		return;
	vq->broken = (uint8_t)error;
	vq->room = VQ_ROOM_NONE;
	/* From here on vq_take finds nothing, whatever the device writes. */
	if (vq->packed) {
		vq->used_bits = VQ_PACKED_NEVER;
		vq->batch = 0;
	} else {
		vq->used_seen = vq->used_idx;
	}
}

uint16_t
vq_nb_free_other(const struct vq *vq)
{
	if (vq->room == VQ_ROOM_NONE)
		return 0;
	return (uint16_t)(vq->desc_free / vq->table_entries);
}

void
vq_retire_fifo(struct vq *vq, uint32_t slot)
{
	if (slot != vq->fifo_slot) {
		vq->holes++;
		return;
	}
	/* Bounded: each turn but the first uses up a hole. */
	for (;;) {
		vq->base--;
		vq->fifo_slot = (uint16_t)(vq->fifo_slot + 1u == vq->size ? 0 :
				vq->fifo_slot + 1);
		if (vq->holes == 0 || vq->slots[vq->fifo_slot].token != NULL)
			break;
		vq->holes--;
	}
}

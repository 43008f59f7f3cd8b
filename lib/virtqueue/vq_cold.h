/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What vq.c needs of the two layouts; for this room alone, never hot.
 */
#ifndef VQ_COLD_H
#define VQ_COLD_H

#include "vq_hot.h"

/* used_bits of a broken queue: a masked word of id and flags never equals it. */
#define VQ_PACKED_NEVER		1u

/* Ring memory is zeroed and vq->desc set. */
void vq_split_init(struct vq *vq, void *driver, void *device, uint16_t first_idx);
void vq_packed_init(struct vq *vq, void *driver, void *device, uint16_t first_idx);

void vq_split_add_ext(struct vq *vq, enum vq_kind kind, uint16_t slot, void *token,
		struct vq_entry *table, uint64_t table_iova,
		uint16_t nb_read, uint16_t nb_write);
void vq_packed_add_ext(struct vq *vq, uint16_t slot, void *token,
		struct vq_entry *table, uint64_t table_iova,
		uint16_t nb_read, uint16_t nb_write);

/* IN_ORDER, something is in flight: the oldest slot, which is then passed over. */
uint16_t vq_split_oldest(struct vq *vq);
uint16_t vq_packed_oldest(struct vq *vq);

/* Entries of a slot's table in use, as vq_shape was told. */
static inline uint32_t
vq_slot_entries(const struct vq *vq, uint32_t slot)
{
	return vq->shape[slot].table_len / (uint32_t)sizeof(struct vq_entry);
}

#endif

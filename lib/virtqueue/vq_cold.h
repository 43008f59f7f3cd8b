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

/* Write flags and links of a table that is not the slot's own, already noted. */
void vq_split_shape_ext(struct vq *vq, uint16_t slot, struct vq_entry *table,
		uint64_t table_iova, uint16_t nb_read, uint16_t nb_write);
void vq_packed_shape_ext(struct vq_entry *table, uint16_t nb_read, uint16_t nb_write);

/* IN_ORDER, something is in flight: the oldest slot, which is then passed over. */
uint16_t vq_split_oldest(struct vq *vq);
uint16_t vq_packed_oldest(struct vq *vq);

/* Put a request with such a table into the ring; its slot has its token. */
void vq_packed_add_ext(struct vq *vq, uint16_t slot, uint64_t table_iova, uint32_t table_len);

/* Entries of a slot's table in use, as vq_shape was told. */
static inline uint32_t
vq_slot_entries(const struct vq *vq, uint32_t slot)
{
	return vq->slots[slot].table_len / (uint32_t)sizeof(struct vq_entry);
}

/* Our copy of what a slot's own table is given as its shape. */
static inline void
vq_note_shape(struct vq *vq, uint16_t slot, uint16_t nb_read, uint16_t nb_write)
{
	struct vq_slot *s = &vq->slots[slot];

	s->table_len = ((uint32_t)nb_read + nb_write) * (uint32_t)sizeof(struct vq_entry);
	s->shape = (uint32_t)nb_read << 16 | nb_write;
}

#endif

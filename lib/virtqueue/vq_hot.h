/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver half's hot path: struct vq, and the verbs that virtqueue.h documents,
 * each a choice by kind between vq_split.h and vq_packed.h.
 *
 * The kind given to a verb is a compile-time constant, the one given to vq_init.
 * The fields of struct vq are for this room alone.
 */
#ifndef VQ_HOT_H
#define VQ_HOT_H

#include "virtqueue.h"
#include "vq_barrier.h"
#include "vq_event.h"

#define VQ_CACHE_LINE		64	/* bytes */

/* What vq_shape last wrote for a slot: our copy, for the table itself is the
 * device's to scribble on.
 */
struct vq_slot_shape {
	uint32_t shape;		/* nb_read << 16 | nb_write; 0: none */
	uint32_t table_len;	/* bytes of the table in use, 16 per entry */
};

struct vq {
	/* Read-only after set-up.  All that desc, avail, tables point to may be
	 * written by the device; never read back (a chain is copied out of its table
	 * unread).
	 */
	union {
		struct virtq_desc *desc;
		struct pvirtq_desc *pdesc;	/* and used descriptors appear here */
	};
	union {
		struct virtq_avail *avail;
		struct pvirtq_event_suppress *driver_event;
	};
	union {
		const struct virtq_used *used;
		const struct pvirtq_event_suppress *device_event;
	};
	void **token;			/* by slot; NULL: not in flight.  IN_ORDER
					 * goes by its indices and leaves old ones
					 */
	struct vq_slot_shape *shape;	/* by slot */
	uint16_t *free_slot;		/* stack of free slots, see top */
	uint8_t *tables;
	uint64_t tables_iova;

	uint32_t table_stride;	/* bytes */
	uint32_t size;		/* entries */
	uint32_t mask;		/* size - 1; split only */
	uint16_t table_entries;
	bool packed;
	bool direct;		/* no INDIRECT_DESC */
	bool fifo;		/* slots strictly in ring order, device not IN_ORDER */
	bool odd;		/* direct or fifo: vq_take leaves the straight path */
	bool event_idx;
	bool platform;		/* ORDER_PLATFORM */
	uint16_t *link;		/* split, direct: next descriptor of a chain */
	enum vq_kind kind;

	/* Written in each burst; nothing else in this struct is while all is well.
	 *
	 * top: split: height of the stack.  packed: the same, and base - top - holes
	 * requests are in flight (IN_ORDER has no stack and only counts).  fifo: the
	 * stack holds the slots twice over in descending order and top moves down by
	 * requests, up by whole rounds.
	 */
	uint32_t top __attribute__((aligned(VQ_CACHE_LINE)));
	uint32_t base;		/* packed, fifo: top if nothing were in flight */
	uint32_t holes;		/* fifo: done, but not free: behind one in flight */
	uint32_t desc_free;	/* direct: free descriptors of the ring */
	union {
		struct {
			uint16_t avail_idx;	/* requests added, free-running */
			uint16_t used_idx;	/* requests taken, free-running */
			uint16_t used_seen;	/* device's index, once validated */
			uint16_t kick_idx;	/* avail_idx at the last kick check */
			uint16_t used_event;	/* event_idx: as last written */
			uint16_t desc_idx;	/* IN_ORDER direct: descriptors added */
			uint16_t desc_done;	/* IN_ORDER direct: and taken */
			uint16_t len_idx;	/* IN_ORDER: first of the next batch */
			uint32_t len;		/* IN_ORDER: of the last of a batch */
		};
		struct {
			uint32_t avail_pos;	/* the next descriptor goes here */
			uint32_t used_pos;	/* the next used one appears here */
			uint32_t avail_bits;	/* flags << 16 of an available one */
			uint32_t used_bits;	/* flags << 16 of a used one, masked */
			uint32_t head_bits;	/* id and flags held back; 0: none */
			uint32_t head_pos;	/* where they belong */
			uint32_t kick_pos;	/* avail_pos at the last kick check */
			uint32_t kick_bits;	/* avail_bits then */
			uint32_t batch;		/* IN_ORDER: used, not yet taken */
			uint32_t batch_len;	/* IN_ORDER: of the last of a batch */
		};
	};
	uint16_t fifo_slot;	/* fifo: the oldest slot that is not free */

	/* Cold. */
	uint16_t detach_slot;	/* where vq_detach goes on looking */
	const char *broken;
} __attribute__((aligned(VQ_CACHE_LINE)));

_Static_assert(sizeof(struct vq) == 4 * VQ_CACHE_LINE, "struct vq outgrew its lines");

/* A rule of the ring was broken by the device; why is a constant. */
VQ_COLD void vq_rule_broken(struct vq *vq, const char *why);
/* Requests that fit into the ring's free descriptors, without INDIRECT_DESC. */
uint16_t vq_nb_free_direct(const struct vq *vq);
/* A slot is done, with fifo: free it and those done before it that waited for it. */
void vq_retire_fifo(struct vq *vq, uint32_t slot);

#include "vq_split.h"
#include "vq_packed.h"

VQ_HOT uint16_t
vq_nb_in_flight(const struct vq *vq)
{
	if (vq->packed)
		return (uint16_t)(vq->base - vq->top - vq->holes);
	return (uint16_t)(vq->avail_idx - vq->used_idx);
}

VQ_HOT uint16_t
vq_nb_free(const struct vq *vq)
{
	if (VQ_UNLIKELY(vq->broken != NULL))
		return 0;
	if (VQ_UNLIKELY(vq->direct))
		return vq_nb_free_direct(vq);
	return (uint16_t)(vq->size - vq_nb_in_flight(vq) - vq->holes);
}

VQ_HOT uint16_t
vq_next_slot(struct vq *vq, enum vq_kind kind)
{
	return VQ_IS_PACKED(kind) ? vq_packed_next_slot(vq, kind) : vq_split_next_slot(vq, kind);
}

VQ_HOT struct vq_entry *
vq_table(const struct vq *vq, uint16_t slot)
{
	return (struct vq_entry *)(void *)(vq->tables + (size_t)slot * vq->table_stride);
}

VQ_HOT void
vq_shape(struct vq *vq, enum vq_kind kind, uint16_t slot, uint16_t nb_read, uint16_t nb_write)
{
	if (vq->shape[slot].shape == ((uint32_t)nb_read << 16 | nb_write))
		return;
	if (VQ_IS_PACKED(kind))
		vq_packed_shape(vq, slot, nb_read, nb_write);
	else
		vq_split_shape(vq, slot, nb_read, nb_write);
}

VQ_HOT void
vq_add(struct vq *vq, enum vq_kind kind, uint16_t slot, void *token)
{
	if (VQ_IS_PACKED(kind))
		vq_packed_add(vq, kind, slot, token);
	else
		vq_split_add(vq, kind, slot, token);
}

VQ_HOT void
vq_publish(struct vq *vq, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind))
		vq_packed_publish(vq);
	else
		vq_split_publish(vq);
}

VQ_HOT bool
vq_needs_kick(struct vq *vq, enum vq_kind kind)
{
	return VQ_IS_PACKED(kind) ? vq_packed_needs_kick(vq) : vq_split_needs_kick(vq);
}

VQ_HOT uint32_t
vq_notify_data(const struct vq *vq, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind))
		return (vq->avail_pos |
				(vq->avail_bits & VQ_PACKED_AVAIL ? 0x8000u : 0)) << 16;
	return (uint32_t)vq->avail_idx << 16;
}

VQ_HOT uint16_t
vq_used(struct vq *vq, enum vq_kind kind, uint16_t max)
{
	if (VQ_UNLIKELY(vq->broken != NULL))
		return 0;
	return VQ_IS_PACKED(kind) ? vq_packed_used(vq, kind, max) : vq_split_used(vq, kind, max);
}

VQ_HOT void *
vq_take(struct vq *vq, enum vq_kind kind, uint16_t *slot, uint32_t *len)
{
	return VQ_IS_PACKED(kind) ? vq_packed_take(vq, kind, slot, len)
			: vq_split_take(vq, kind, slot, len);
}

#endif

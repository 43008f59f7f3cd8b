/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver half's hot path: struct vq, the two states of a burst, and the verbs
 * that virtqueue.h documents, each a choice by kind between vq_split.h and
 * vq_packed.h.
 *
 * The kind given to a verb is a compile-time constant, the one given to vq_init.
 * The fields of these structs are for this room alone.
 */
#ifndef VQ_HOT_H
#define VQ_HOT_H

#include "virtqueue.h"
#include "vq_barrier.h"
#include "vq_event.h"

#define VQ_CACHE_LINE		64	/* bytes */

/* What we keep of a slot, in private memory: two slots a line. */
struct vq_slot {
	void *token;		/* NULL: not in flight.  IN_ORDER goes by its indices
				 * and leaves old ones
				 */
	uint64_t tag;		/* the caller's, see vq_tag */
	struct vq_entry *table;	/* shared: written by us, never read back */
	/* Of what vq_shape last wrote there, for the table itself is the device's to
	 * scribble on.
	 */
	uint32_t table_len;	/* bytes in use, 16 per entry */
	uint32_t shape;		/* nb_read << 16 | nb_write; 0: none */
};

/* Reasons to leave the straight path, vq->slow. */
#define VQ_SLOW_DIRECT		1u
#define VQ_SLOW_BROKEN		2u

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
		struct pvirtq_desc *pdesc_end;
	};
	union {
		const struct virtq_used *used;
		const struct pvirtq_event_suppress *device_event;
	};
	struct vq_slot *slots;
	uint16_t *free_slot;		/* stack of free slots, see top */
	uint64_t iova_delta;		/* bus address of a table less its own */
	uint32_t size;			/* entries */
	uint32_t mask;			/* size - 1; split only */
	uint8_t slow;			/* VQ_SLOW_* */
	bool odd;			/* direct or fifo: completions need more */
	bool packed;
	bool direct;			/* no INDIRECT_DESC */
	bool fifo;			/* slots strictly in ring order, any device */
	bool event_idx;
	bool platform;			/* ORDER_PLATFORM */
	uint16_t table_entries;
	enum vq_kind kind;
	uint16_t *link;			/* split, direct: next descriptor of a chain */
	/* Seldom written, or only where not vq_is_plain. */
	uint8_t broken;			/* enum vq_why */
	uint16_t detach_slot;		/* vq_detach: where it goes on looking */
	uint16_t fifo_slot;		/* fifo: the oldest slot that is not free */
	uint32_t holes;			/* fifo: done, but not free: behind one in flight */
	uint32_t desc_free;		/* direct: free descriptors of the ring */

	/* Written in each burst; nothing else in this struct is while all is well.
	 *
	 * top: split: height of the stack.  packed: the same, and base - top - holes
	 * requests are in flight (IN_ORDER has no stack and only counts).  fifo: the
	 * stack holds the slots twice over in descending order and top moves down by
	 * requests, up by whole rounds.
	 */
	uint32_t top __attribute__((aligned(VQ_CACHE_LINE)));
	uint32_t base;		/* packed, fifo: top if nothing were in flight */
	union {
		struct {	/* split: indices are free-running, 16 bits count */
			uint32_t avail_idx;	/* requests added */
			uint32_t used_idx;	/* requests taken */
			uint32_t used_seen;	/* device's index, once validated */
			uint32_t kick_idx;	/* avail_idx at the last kick check */
			uint32_t used_event;	/* event_idx: as last written */
			uint32_t desc_idx;	/* direct: descriptors added */
			uint32_t desc_done;	/* direct: and taken */
			uint32_t used_before;	/* IN_ORDER: used_seen the time before */
			uint32_t len_idx;	/* IN_ORDER: first of the next batch */
			uint32_t len;		/* IN_ORDER: of the last of a batch */
		};
		struct {	/* packed */
			struct pvirtq_desc *used_desc;	/* the next used one appears here */
			uint32_t avail_pos;	/* the next descriptor goes here */
			uint32_t avail_bits;	/* flags << 16 of an available one */
			uint32_t used_bits;	/* flags << 16 of a used one, masked */
			uint32_t head_bits;	/* id and flags held back; 0: none */
			uint32_t kick_pos;	/* avail_pos at the last kick check */
			uint32_t kick_bits;	/* avail_bits then */
			uint32_t batch;		/* IN_ORDER: used, not yet taken */
			struct pvirtq_desc *head;	/* where head_bits belong */
			uint32_t batch_len;	/* IN_ORDER: of the last of a batch */
		};
	};
} __attribute__((aligned(VQ_CACHE_LINE)));

_Static_assert(sizeof(struct vq) == 3 * VQ_CACHE_LINE, "struct vq outgrew its lines");

/* What a burst of adding changes of struct vq, where the compiler can keep it in
 * registers across the caller's own stores.
 */
struct vq_feed {
	struct vq *vq;
	struct vq_slot *slots;		/* of vq, as are the next two */
	size_t mask;
	bool direct;			/* a constant where the caller says vq_is_plain */
	size_t top;
	size_t at;			/* avail_idx or avail_pos */
	struct pvirtq_desc *desc;	/* packed: at avail_pos */
	struct pvirtq_desc *head;
	uint32_t bits, head_bits;
};

/* What a burst of taking changes, likewise. */
struct vq_drain {
	struct vq *vq;
	struct vq_slot *slots;		/* of vq, as are the next two */
	size_t mask;
	bool odd;			/* a constant where the caller says vq_is_plain */
	size_t top;
	size_t at;			/* used_idx, or position of used_desc */
	struct pvirtq_desc *desc;	/* packed: used_desc */
	size_t left;			/* takes that may still succeed */
	uint32_t bits, batch;
};

/* A rule of the ring was broken by the device. */
VQ_COLD void vq_rule_broken(struct vq *vq, enum vq_why why);
/* vq_nb_free of a queue that is broken or has no INDIRECT_DESC. */
uint16_t vq_nb_free_slow(const struct vq *vq);
/* A slot is done, with fifo: free it and those done before it that waited for it. */
void vq_retire_fifo(struct vq *vq, uint32_t slot);

#include "vq_split.h"
#include "vq_packed.h"

VQ_HOT uint32_t
vq_count_in_flight(const struct vq *vq, bool packed)
{
	return packed ? vq->base - vq->top - vq->holes : vq->avail_idx - vq->used_idx;
}

VQ_HOT uint32_t
vq_count_free(const struct vq *vq, bool packed)
{
	if (VQ_UNLIKELY(vq->slow != 0))
		return vq_nb_free_slow(vq);
	return packed ? vq->size - vq->base + vq->top :
		vq->size - vq->holes - (vq->avail_idx - vq->used_idx);
}

VQ_HOT uint16_t
vq_nb_in_flight(const struct vq *vq)
{
	return (uint16_t)vq_count_in_flight(vq, vq->packed);
}

VQ_HOT uint16_t
vq_nb_free(const struct vq *vq)
{
	return (uint16_t)vq_count_free(vq, vq->packed);
}

VQ_HOT bool
vq_is_broken(const struct vq *vq)
{
	return VQ_UNLIKELY(vq->slow & VQ_SLOW_BROKEN);
}

VQ_HOT bool
vq_is_plain(const struct vq *vq)
{
	return !vq->odd;
}

VQ_HOT struct vq_entry *
vq_table(const struct vq *vq, uint16_t slot)
{
	return vq->slots[slot].table;
}

VQ_HOT uint64_t *
vq_tag(const struct vq *vq, uint16_t slot)
{
	return &vq->slots[slot].tag;
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
	return vq->avail_idx << 16;
}

/* ---- a burst of adding ---- */

VQ_HOT void
vq_feed_load(struct vq_feed *f, struct vq *vq, enum vq_kind kind, bool plain)
{
	*f = (struct vq_feed){
		.vq = vq,
		.slots = vq->slots,
		.mask = vq->mask,
		.direct = !plain && vq->direct,
	};
	if (VQ_IS_PACKED(kind))
		vq_packed_feed_load(f);
	else
		vq_split_feed_load(f, kind);
}

VQ_HOT uint32_t
vq_feed_begin(struct vq_feed *f, struct vq *vq, enum vq_kind kind, bool plain)
{
	vq_feed_load(f, vq, kind, plain);
	if (!plain || VQ_UNLIKELY(vq->slow != 0))
		return vq_count_free(vq, VQ_IS_PACKED(kind));
	return kind == VQ_SPLIT_IN_ORDER ? vq->size - (vq->avail_idx - vq->used_idx) : vq->top;
}

VQ_HOT size_t
vq_feed_slot(const struct vq_feed *f, enum vq_kind kind)
{
	return VQ_IS_PACKED(kind) ? vq_packed_feed_slot(f, kind) : vq_split_feed_slot(f, kind);
}

VQ_HOT struct vq_entry *
vq_feed_table(const struct vq_feed *f, size_t slot)
{
	return f->slots[slot].table;
}

VQ_HOT uint64_t *
vq_feed_tag(const struct vq_feed *f, size_t slot)
{
	return &f->slots[slot].tag;
}

VQ_HOT void
vq_shape(struct vq *vq, enum vq_kind kind, uint16_t slot, uint16_t nb_read, uint16_t nb_write)
{
	if (vq->slots[slot].shape == ((uint32_t)nb_read << 16 | nb_write))
		return;
	if (VQ_IS_PACKED(kind))
		vq_packed_shape(vq, slot, nb_read, nb_write);
	else
		vq_split_shape(vq, slot, nb_read, nb_write);
}

VQ_HOT void
vq_feed_add(struct vq_feed *f, enum vq_kind kind, size_t slot, void *token)
{
	f->slots[slot].token = token;
	if (VQ_IS_PACKED(kind))
		vq_packed_feed_add(f, kind, slot);
	else
		vq_split_feed_add(f, kind, slot);
}

VQ_HOT void
vq_feed_end(struct vq_feed *f, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind))
		vq_packed_feed_save(f, kind);
	else
		vq_split_feed_save(f, kind);
}

VQ_HOT void
vq_feed_publish(struct vq_feed *f, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind)) {
		vq_packed_feed_publish(f, kind);
	} else {
		vq_split_feed_save(f, kind);
		vq_split_publish(f->vq);
	}
}

/* ---- a burst of taking ---- */

VQ_HOT uint16_t
vq_glance(const struct vq *vq, enum vq_kind kind)
{
	return VQ_IS_PACKED(kind) ? vq_packed_glance(vq, kind) : vq_split_glance(vq);
}

VQ_HOT size_t
vq_used_seen(struct vq *vq, enum vq_kind kind, uint16_t seen, size_t max)
{
	size_t nb;

	if (seen == 0)
		__builtin_unreachable();	/* the caller looked */
	if (vq_is_broken(vq))
		return 0;
	nb = VQ_IS_PACKED(kind) ? vq_count_in_flight(vq, true) : vq_split_used(vq, kind, seen);
	return nb < max ? nb : max;
}

VQ_HOT uint16_t
vq_used(struct vq *vq, enum vq_kind kind, uint16_t max)
{
	uint16_t seen;

	if (vq_is_broken(vq))
		return 0;
	seen = vq_glance(vq, kind);
	return seen == 0 ? 0 : (uint16_t)vq_used_seen(vq, kind, seen, max);
}

VQ_HOT void
vq_drain_begin(struct vq_drain *d, struct vq *vq, enum vq_kind kind, size_t nb, bool plain)
{
	*d = (struct vq_drain){
		.vq = vq,
		.slots = vq->slots,
		.mask = vq->mask,
		.odd = !plain && vq->odd,
		.left = nb,
	};
	if (VQ_IS_PACKED(kind))
		vq_packed_drain_load(d);
	else
		vq_split_drain_load(d, kind);
}

VQ_HOT bool
vq_drain_take(struct vq_drain *d, enum vq_kind kind, void **token, size_t *slot, uint32_t *len)
{
	if (VQ_UNLIKELY(d->left == 0))
		return false;
	switch (kind) {
	case VQ_SPLIT:
		return vq_split_drain_take(d, token, slot, len);
	case VQ_SPLIT_IN_ORDER:
		return vq_split_drain_take_in_order(d, token, slot, len);
	case VQ_PACKED:
		return vq_packed_drain_take(d, token, slot, len);
	default:
		return vq_packed_drain_take_in_order(d, token, slot, len);
	}
}

VQ_HOT void
vq_drain_end(struct vq_drain *d, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind))
		vq_packed_drain_save(d, kind);
	else
		vq_split_drain_save(d, kind);
}

/* ---- one request at a time ---- */

VQ_HOT uint16_t
vq_next_slot(struct vq *vq, enum vq_kind kind)
{
	struct vq_feed f;

	vq_feed_load(&f, vq, kind, false);
	return (uint16_t)vq_feed_slot(&f, kind);
}

VQ_HOT void
vq_add(struct vq *vq, enum vq_kind kind, uint16_t slot, void *token)
{
	struct vq_feed f;

	vq_feed_load(&f, vq, kind, false);
	vq_feed_add(&f, kind, slot, token);
	vq_feed_end(&f, kind);
}

VQ_HOT void
vq_publish(struct vq *vq, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind))
		vq_packed_publish(vq);
	else
		vq_split_publish(vq);
}

VQ_HOT void *
vq_take(struct vq *vq, enum vq_kind kind, uint16_t *slot, uint32_t *len)
{
	uint32_t nb = VQ_IS_PACKED(kind) ? vq_count_in_flight(vq, true) :
		vq->used_seen - vq->used_idx;
	struct vq_drain d;
	void *token;
	size_t at;
	bool taken;

	vq_drain_begin(&d, vq, kind, nb, false);
	taken = vq_drain_take(&d, kind, &token, &at, len);
	vq_drain_end(&d, kind);
	if (!taken)
		return NULL;
	*slot = (uint16_t)at;
	return token;
}

#endif

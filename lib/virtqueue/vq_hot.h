/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver half's hot path: the verbs that virtqueue.h documents, each a choice by
 * kind between vq_split.h and vq_packed.h.
 *
 * The kind given to a verb is a compile-time constant, the one given to vq_init.
 */
#ifndef VQ_HOT_H
#define VQ_HOT_H

#include "vq_packed.h"
#include "vq_split.h"

VQ_HOT uint32_t
vq_count_in_flight(const struct vq *vq, bool packed)
{
	return packed ? vq->base - vq->top - vq->holes : vq->avail_idx - vq->used_idx;
}

VQ_HOT uint32_t
vq_count_free(const struct vq *vq, bool packed)
{
	if (VQ_UNLIKELY(vq->room != VQ_ROOM_SLOTS))
		return vq_nb_free_other(vq);
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
	return VQ_UNLIKELY(vq->broken != VQ_WORKS);
}

VQ_HOT bool
vq_is_plain(const struct vq *vq)
{
	return vq->form == VQ_FORM_PLAIN;
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
vq_asks_kick(struct vq *vq, enum vq_kind kind)
{
	return VQ_IS_PACKED(kind) ? vq_packed_asks_kick(vq) : vq_split_asks_kick(vq);
}

VQ_HOT bool
vq_owes_kick(const struct vq *vq)
{
	return VQ_UNLIKELY(vq->kick_open != VQ_KICK_CLOSED);
}

VQ_HOT bool
vq_asks_again(struct vq *vq, enum vq_kind kind)
{
	return VQ_IS_PACKED(kind) ? vq_packed_asks_again(vq) : vq_split_asks_again(vq);
}

VQ_HOT bool
vq_needs_kick(struct vq *vq, enum vq_kind kind)
{
	vq_settle(vq->platform);
	return vq_asks_kick(vq, kind);
}

VQ_HOT uint32_t
vq_notify_data(const struct vq *vq, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind))
		return (vq->kick_pos |
				(vq->kick_bits & VQ_PACKED_AVAIL ? 0x8000u : 0)) << 16;
	return vq->kick_idx << 16;
}

/* ---- a burst of adding ---- */

VQ_HOT void
vq_feed_load(struct vq_feed *f, struct vq *vq, enum vq_kind kind, bool plain)
{
	*f = (struct vq_feed){
		.vq = vq,
		.slots = vq->slots,
		.mask = vq->mask,
		.direct = !plain && vq->form == VQ_FORM_DIRECT,
	};
	if (VQ_IS_PACKED(kind))
		vq_packed_feed_load(f);
	else
		vq_split_feed_load(f);
}

VQ_HOT uint32_t
vq_feed_begin(struct vq_feed *f, struct vq *vq, enum vq_kind kind, bool plain)
{
	vq_feed_load(f, vq, kind, plain);
	if (!plain || VQ_UNLIKELY(vq->room != VQ_ROOM_SLOTS))
		return vq_count_free(vq, VQ_IS_PACKED(kind));
	return VQ_IS_PACKED(kind) ? vq->top : vq->size - (vq->avail_idx - vq->used_idx);
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

VQ_HOT const struct vq_entry *
vq_feed_next_table(const struct vq_feed *f, size_t slot, enum vq_kind kind)
{
	if (kind == VQ_SPLIT)
		slot = f->vq->free_slot[(f->at + 1) & f->mask];
	else if (kind == VQ_PACKED)
		slot = f->vq->free_slot[f->at + 1];
	else
		slot++;
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
		vq_packed_feed_add(f, slot);
	else
		vq_split_feed_add(f, kind, slot);
}

VQ_HOT void
vq_feed_end(struct vq_feed *f, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind))
		vq_packed_feed_save(f);
	else
		vq_split_feed_save(f);
}

VQ_HOT void
vq_feed_publish(struct vq_feed *f, enum vq_kind kind)
{
	if (VQ_IS_PACKED(kind)) {
		vq_packed_feed_publish(f);
	} else {
		vq_split_feed_save(f);
		vq_split_publish(f->vq);
	}
}

/* ---- a burst of taking ---- */

VQ_HOT bool
vq_is_idle(const struct vq *vq, enum vq_kind kind)
{
	return VQ_IS_PACKED(kind) ? vq_packed_is_idle(vq, kind) : vq_split_is_idle(vq);
}

/* look: a constant, see vq_used and vq_used_most. */
VQ_HOT size_t
vq_count_used(struct vq *vq, enum vq_kind kind, size_t max, bool look)
{
	size_t nb;

	if (vq_is_broken(vq))
		return 0;
	if (!VQ_IS_PACKED(kind))
		nb = look ? vq_split_used(vq, kind) : vq_split_used_most(vq, kind);
	else
		nb = !look || vq_packed_has_used(vq, kind) ? vq_count_in_flight(vq, true) : 0;
	return nb < max ? nb : max;
}

VQ_HOT size_t
vq_used_most(struct vq *vq, enum vq_kind kind, size_t max)
{
	return vq_count_used(vq, kind, max, false);
}

VQ_HOT uint16_t
vq_used(struct vq *vq, enum vq_kind kind, uint16_t max)
{
	return (uint16_t)vq_count_used(vq, kind, max, true);
}

VQ_HOT void
vq_drain_begin(struct vq_drain *d, struct vq *vq, enum vq_kind kind, size_t nb, bool plain)
{
	*d = (struct vq_drain){
		.vq = vq,
		.slots = vq->slots,
		.free_slot = vq->free_slot,
		.mask = vq->mask,
		.form = plain ? VQ_FORM_PLAIN : (enum vq_form)vq->form,
		.left = nb,
	};
	if (VQ_IS_PACKED(kind))
		vq_packed_drain_load(d);
	else
		vq_split_drain_load(d);
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
		vq_split_drain_save(d);
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

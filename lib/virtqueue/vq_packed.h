/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packed layout of the driver half (virtio 1.4, 2.8): its hot path, and what
 * vq_packed.c does for it and for vq.c.
 *
 * A slot is the buffer id.  With IN_ORDER it is also the position of the request's
 * first descriptor.  The flags of the first descriptor of a burst are held back
 * until vq_packed_publish; the device, which reads in ring order, cannot reach
 * those behind it before.
 */
#ifndef VQ_PACKED_H
#define VQ_PACKED_H

#include "vq_event.h"
#include "vq_state.h"

/* The two flags as they stand in the word of id and flags. */
#define VQ_PACKED_AVAIL		((uint32_t)VIRTQ_DESC_F_AVAIL << 16)
#define VQ_PACKED_USED		((uint32_t)VIRTQ_DESC_F_USED << 16)
#define VQ_PACKED_WRAP		(VQ_PACKED_AVAIL | VQ_PACKED_USED)
#define VQ_PACKED_WRITE		((uint32_t)VIRTQ_DESC_F_WRITE << 16)
#define VQ_PACKED_INDIRECT	((uint32_t)VIRTQ_DESC_F_INDIRECT << 16)

/* ---- in vq_packed.c, for vq.c ---- */

/* Ring memory is zeroed and vq->desc set. */
void vq_packed_init(struct vq *vq, void *driver, void *device, uint16_t first_idx);
/* Write flags and links of a table that is not the slot's own, already noted. */
void vq_packed_shape_ext(struct vq_entry *table, uint16_t nb_read, uint16_t nb_write);
/* Put a request with such a table into the ring; its slot has its token. */
void vq_packed_add_ext(struct vq *vq, uint16_t slot, uint64_t table_iova, uint32_t table_len);
/* Take back the request that was added last and is not published. */
void vq_packed_cancel(struct vq *vq, uint32_t slot);
/* IN_ORDER, something is in flight: the oldest slot, which is then passed over. */
uint16_t vq_packed_oldest(struct vq *vq);

/* ---- in vq_packed.c, for the verbs below and vq_hot.h ---- */

void vq_packed_shape(struct vq *vq, uint16_t slot, uint16_t nb_read, uint16_t nb_write);
/* Without INDIRECT_DESC: copy a slot's table into the ring. */
void vq_packed_chain(struct vq *vq, uint16_t slot);
/* Where not vq_is_plain: pass over a slot's descriptors and free the slot (VQ_FORM_FIFO: in
 * its turn; IN_ORDER: only counted).
 */
void vq_packed_retire(struct vq *vq, uint32_t slot);
/* IN_ORDER: requests from the oldest up to the one with this id; 0: none such. */
uint32_t vq_packed_batch(const struct vq *vq, uint32_t at, uint32_t id, uint32_t in_flight);

/* See vq_asks_again. */
bool vq_packed_asks_again(struct vq *vq);

/* id and flags of a descriptor as one word: they are handed over together. */
VQ_HOT vq_desc_word *
vq_packed_id_flags(struct pvirtq_desc *d)
{
	return (vq_desc_word *)(void *)&d->id;
}

/* ---- adding ---- */

VQ_HOT void
vq_packed_feed_load(struct vq_feed *f)
{
	const struct vq *vq = f->vq;

	f->desc = &vq->pdesc[vq->avail_pos];
	f->bits = vq->avail_bits;
	f->head_bits = vq->head_bits;
	f->head = vq->head;
	f->at = vq->avail_pos;
}

/* All but the number of free slots. */
VQ_HOT void
vq_packed_feed_move(struct vq_feed *f)
{
	struct vq *vq = f->vq;

	vq->avail_pos = (uint32_t)f->at;
	vq->avail_bits = f->bits;
	vq->head_bits = f->head_bits;
}

/* Each request took one descriptor, so that the way along the ring tells how many there were. */
VQ_HOT void
vq_packed_feed_count(struct vq_feed *f)
{
	struct vq *vq = f->vq;

	vq->top -= (uint32_t)f->at - vq->avail_pos;
	if (f->bits != vq->avail_bits)
		vq->top -= vq->size;
	vq_packed_feed_move(f);
}

VQ_HOT void
vq_packed_feed_save(struct vq_feed *f)
{
	vq_packed_feed_count(f);
	f->vq->head = f->head;
}

/* As vq_packed_feed_save and vq_packed_publish. */
VQ_HOT void
vq_packed_feed_publish(struct vq_feed *f)
{
	if (f->head_bits != 0)
		vq_expose_desc(vq_packed_id_flags(f->head), f->head_bits, f->vq->platform);
	f->head_bits = 0;
	vq_packed_feed_count(f);
}

VQ_HOT size_t
vq_packed_feed_slot(const struct vq_feed *f, enum vq_kind kind)
{
	if (kind != VQ_PACKED)
		return f->at;
	return f->vq->free_slot[VQ_UNLIKELY(f->direct) ? f->vq->top - 1 : f->at];
}

/* One descriptor into the ring. */
VQ_HOT void
vq_packed_put(struct vq_feed *f, uint64_t addr, uint32_t len, uint32_t id_flags)
{
	f->desc->addr = cpu_to_le64(addr);
	f->desc->len = cpu_to_le32(len);
	if (f->head_bits == 0) {
		f->head_bits = id_flags;
		f->head = f->desc;
	} else {
		vq_write_desc(vq_packed_id_flags(f->desc), id_flags);
	}
	f->at++;
	if (VQ_UNLIKELY(++f->desc == f->vq->pdesc_end)) {
		f->at = 0;
		f->desc = f->vq->pdesc;
		f->bits ^= VQ_PACKED_WRAP;
	}
}

VQ_HOT void
vq_packed_feed_add(struct vq_feed *f, size_t slot)
{
	const struct vq_slot *s = &f->slots[slot];

	if (VQ_UNLIKELY(f->direct)) {
		vq_packed_feed_save(f);
		vq_packed_chain(f->vq, (uint16_t)slot);
		vq_packed_feed_load(f);
		return;
	}
	vq_packed_put(f, (uintptr_t)s->table + f->vq->iova_delta, s->table_len,
			f->bits | (uint32_t)slot);
}

VQ_HOT void
vq_packed_publish(struct vq *vq)
{
	if (vq->head_bits == 0)
		return;
	vq_expose_desc(vq_packed_id_flags(vq->head), vq->head_bits, vq->platform);
	vq->head_bits = 0;
}

VQ_HOT bool
vq_packed_asks_kick(struct vq *vq)
{
	uint32_t pos = vq->kick_pos, bits = vq->kick_bits, event, added;
	bool asks;

	/* Each round has its wrap counter, so that a full round is not taken for none. */
	if (vq->avail_pos == pos && vq->avail_bits == bits)
		return false;
	vq->kick_pos = vq->avail_pos;
	vq->kick_bits = vq->avail_bits;
	event = vq_read_event(vq->device_event);
	if (vq_event_off(event)) {
		vq->kick_open = VQ_KICK_ALL;
		return false;
	}
	added = vq->kick_pos - pos;
	if (vq->kick_bits != bits)
		added += vq->size;
	asks = vq_event_wanted(event, vq->event_idx, vq->size, pos,
			(bits & VQ_PACKED_AVAIL) != 0, added);
	vq->kick_open = asks ? VQ_KICK_CLOSED : vq_kick_open_more(vq->kick_open, added);
	return asks;
}

/* ---- taking ---- */

/* Has the device used anything?  A batch of which requests are left needs no look. */
VQ_HOT bool
vq_packed_has_used(const struct vq *vq, enum vq_kind kind)
{
	if (kind == VQ_PACKED_IN_ORDER && vq->batch != 0)
		return true;
	return (vq_observe_desc(vq_packed_id_flags(vq->used_desc), vq->platform) &
			VQ_PACKED_WRAP) == vq->used_bits;
}

/* A device that asks for no kick needs no second look. */
VQ_HOT bool
vq_packed_is_idle(const struct vq *vq, enum vq_kind kind)
{
	return !vq_packed_has_used(vq, kind) &&
		vq_read16(&vq->device_event->flags) == PVIRTQ_EVENT_F_DISABLE;
}

VQ_HOT void
vq_packed_drain_load(struct vq_drain *d)
{
	const struct vq *vq = d->vq;

	d->top = vq->top;
	d->desc = vq->used_desc;
	d->bits = vq->used_bits;
	d->at = (size_t)(vq->used_desc - vq->pdesc);
	d->batch = vq->batch;
}

VQ_HOT void
vq_packed_drain_save(struct vq_drain *d, enum vq_kind kind)
{
	struct vq *vq = d->vq;

	vq->top = (uint32_t)d->top;
	vq->used_desc = d->desc;
	vq->used_bits = d->bits;
	if (kind == VQ_PACKED_IN_ORDER)
		vq->batch = d->batch;
}

VQ_HOT bool
vq_packed_drain_break(struct vq_drain *d, enum vq_kind kind, enum vq_error error)
{
	vq_packed_drain_save(d, kind);
	vq_rule_broken(d->vq, error);
	vq_packed_drain_load(d);
	d->left = 0;
	return false;
}

/* A request done: pass over its descriptor, or its chain. */
VQ_HOT void
vq_packed_drain_pass(struct vq_drain *d, enum vq_kind kind, uint32_t slot)
{
	struct vq *vq = d->vq;

	if (VQ_UNLIKELY(d->form != VQ_FORM_PLAIN)) {
		vq_packed_drain_save(d, kind);
		vq_packed_retire(vq, slot);
		vq_packed_drain_load(d);
		return;
	}
	if (kind == VQ_PACKED)
		d->free_slot[d->at] = (uint16_t)slot;
	d->top++;
	d->at++;
	if (VQ_UNLIKELY(++d->desc == vq->pdesc_end)) {
		d->at = 0;
		d->desc = vq->pdesc;
		d->bits ^= VQ_PACKED_WRAP;
	}
}

/* The length in a used descriptor.  It is reserved if nothing was written (2.8.4); but QEMU's
 * devices never set the flag that tells so, and give the length all the same: one that is not 0
 * is taken.
 */
VQ_HOT uint32_t
vq_packed_len(const struct pvirtq_desc *desc, uint32_t word)
{
	uint32_t len = vq_read32(&desc->len);

	return len != 0 || (word & VQ_PACKED_WRITE) != 0 ? len : VQ_LEN_UNKNOWN;
}

VQ_HOT bool
vq_packed_drain_take(struct vq_drain *d, void **token, size_t *slot, uint32_t *len)
{
	struct vq *vq = d->vq;
	uint32_t word = vq_observe_desc(vq_packed_id_flags(d->desc), vq->platform);
	uint32_t id = word & 0xffff;

	if ((word & VQ_PACKED_WRAP) != d->bits)
		return false;
	d->left--;
	if (VQ_UNLIKELY(id >= vq->size))
		return vq_packed_drain_break(d, VQ_PACKED, VQ_USED_RANGE);
	*token = d->slots[id].token;
	if (VQ_UNLIKELY(*token == NULL))
		return vq_packed_drain_break(d, VQ_PACKED, VQ_USED_IDLE);
	d->slots[id].token = NULL;
	if (len != NULL)
		*len = vq_packed_len(d->desc, word);
	vq_packed_drain_pass(d, VQ_PACKED, id);
	*slot = id;
	return true;
}

/* One used descriptor stands for all requests up to its id (2.8.8).  False: none. */
VQ_HOT bool
vq_packed_drain_see(struct vq_drain *d, bool want_len)
{
	struct vq *vq = d->vq;
	uint32_t word = vq_observe_desc(vq_packed_id_flags(d->desc), vq->platform);
	uint32_t id = word & 0xffff;

	if ((word & VQ_PACKED_WRAP) != d->bits)
		return false;
	vq->batch_len = want_len ? vq_packed_len(d->desc, word) : VQ_LEN_UNKNOWN;
	d->batch = 1;
	if (id == d->at)
		return true;
	d->batch = vq_packed_batch(vq, (uint32_t)d->at, id, vq->size - (uint32_t)d->top);
	if (VQ_UNLIKELY(d->batch == 0)) {
		vq_packed_drain_break(d, VQ_PACKED_IN_ORDER, VQ_USED_ORDER);
		return false;
	}
	return true;
}

VQ_HOT bool
vq_packed_drain_take_in_order(struct vq_drain *d, void **token, size_t *slot, uint32_t *len)
{
	size_t at = d->at;

	if (d->batch == 0 && !vq_packed_drain_see(d, len != NULL))
		return false;
	d->left--;
	if (len != NULL)
		*len = d->batch == 1 ? d->vq->batch_len : VQ_LEN_UNKNOWN;
	d->batch--;
	*slot = at;
	*token = d->slots[at].token;
	vq_packed_drain_pass(d, VQ_PACKED_IN_ORDER, (uint32_t)at);
	return true;
}

#endif

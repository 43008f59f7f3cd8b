/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The split layout of the driver half (virtio 1.4, 2.7): its hot path, and what
 * vq_split.c does for it and for vq.c.
 *
 * A slot is the number of the request's head descriptor.  With INDIRECT_DESC each
 * ring descriptor was pointed at its slot's table by vq_init and only its length
 * changes, in vq_split_shape.  With IN_ORDER slots are used in ring order; then,
 * with INDIRECT_DESC, entry i of the available ring is always i and was written by
 * vq_init once and for all.
 */
#ifndef VQ_SPLIT_H
#define VQ_SPLIT_H

#include "vq_event.h"
#include "vq_state.h"

/* idle_flags that no device writes: EVENT_IDX, while the question of a kick is open. */
#define VQ_SPLIT_NO_FLAGS	0xffffu

/* ---- in vq_split.c, for vq.c ---- */

/* Ring memory is zeroed and vq->desc set. */
void vq_split_init(struct vq *vq, void *driver, void *device, uint16_t first_idx);
/* Write flags and links of a table that is not the slot's own, already noted. */
void vq_split_shape_ext(struct vq *vq, uint16_t slot, struct vq_entry *table,
		uint64_t table_iova, uint16_t nb_read, uint16_t nb_write);
/* Take back the request that was added last and is not published. */
void vq_split_cancel(struct vq *vq, uint32_t slot);
/* IN_ORDER, something is in flight: the oldest slot, which is then passed over. */
uint16_t vq_split_oldest(struct vq *vq);

/* ---- in vq_split.c, for the verbs below and vq_hot.h ---- */

void vq_split_shape(struct vq *vq, uint16_t slot, uint16_t nb_read, uint16_t nb_write);
/* Without INDIRECT_DESC: copy a slot's table into the ring. */
void vq_split_chain(struct vq *vq, uint16_t slot);
/* Where not vq_is_plain: free the descriptors of a slot's chain, or a slot in its turn. */
void vq_split_retire(struct vq *vq, uint32_t slot);
/* IN_ORDER: the length of request at, or VQ_LEN_UNKNOWN.  False: a rule is broken. */
bool vq_split_len(struct vq *vq, uint32_t at, uint32_t *len);
void vq_split_move_event(struct vq *vq);
/* See vq_asks_again. */
bool vq_split_asks_again(struct vq *vq);

/* ---- adding ---- */

VQ_HOT void
vq_split_feed_load(struct vq_feed *f)
{
	f->at = f->vq->avail_idx;
}

VQ_HOT void
vq_split_feed_save(struct vq_feed *f)
{
	f->vq->avail_idx = (uint32_t)f->at;
}

VQ_HOT size_t
vq_split_feed_slot(const struct vq_feed *f, enum vq_kind kind)
{
	/* A chain takes several descriptors. */
	if (VQ_UNLIKELY(f->direct))
		return kind == VQ_SPLIT ? f->vq->free_slot[f->vq->top - 1] :
			f->vq->desc_idx & f->mask;
	return kind == VQ_SPLIT ? f->vq->free_slot[f->at & f->mask] : f->at & f->mask;
}

VQ_HOT void
vq_split_feed_add(struct vq_feed *f, enum vq_kind kind, size_t slot)
{
	if (VQ_UNLIKELY(f->direct)) {
		vq_split_feed_save(f);
		vq_split_chain(f->vq, (uint16_t)slot);
		vq_split_feed_load(f);
		return;
	}
	if (kind == VQ_SPLIT)
		f->vq->avail->ring[f->at & f->mask] = cpu_to_le16((uint16_t)slot);
	f->at++;
}

VQ_HOT void
vq_split_publish(struct vq *vq)
{
	vq_expose_idx(&vq->avail->idx, (uint16_t)vq->avail_idx, vq->platform);
}

/* EVENT_IDX: did the newest nb requests up to kick_idx pass avail_event, the word behind the
 * used ring's last element (2.7.8, 2.7.10)?
 */
VQ_HOT bool
vq_split_event_asks(const struct vq *vq, uint32_t nb)
{
	const le16 *event = (const le16 *)(const void *)&vq->used->ring[vq->size];

	return vq_event_passed(vq_read16(event), (uint16_t)(vq->kick_idx - nb),
			(uint16_t)vq->kick_idx);
}

/* Without EVENT_IDX: the question is open while idle_flags say NO_NOTIFY. */
VQ_HOT bool
vq_split_flags_ask(struct vq *vq)
{
	uint16_t flags = vq_read16(&vq->used->flags);

	vq->idle_flags = cpu_to_le16(flags);
	return (flags & VIRTQ_USED_F_NO_NOTIFY) == 0;
}

VQ_HOT bool
vq_split_asks_kick(struct vq *vq)
{
	uint32_t idx = vq->avail_idx, added = idx - vq->kick_idx;
	bool asks;

	if (added == 0)
		return false;
	vq->kick_idx = idx;
	if (!vq->event_idx)
		return vq_split_flags_ask(vq);
	/* used_event far ahead of what can be used: no interrupts (2.7.7). */
	if (VQ_UNLIKELY((uint16_t)(vq->used_event - idx) < 0x2000))
		vq_split_move_event(vq);
	asks = vq_split_event_asks(vq, added);
	vq->kick_open = asks ? VQ_KICK_CLOSED : vq_kick_open_more(vq->kick_open, added);
	vq->idle_flags = cpu_to_le16(asks ? 0 : VQ_SPLIT_NO_FLAGS);
	return asks;
}

/* ---- taking ---- */

VQ_HOT bool
vq_split_is_idle(const struct vq *vq)
{
	return vq_read_flags_idx(vq->poll) == vq_read_flags_idx(&vq->idle_flags);
}

/* Completions that the device shows now; seen: used_seen. */
VQ_HOT uint32_t
vq_split_see(struct vq *vq, enum vq_kind kind, uint32_t done, uint32_t seen)
{
	const struct virtq_used *used = vq->used;
	uint32_t added = vq->avail_idx - done;
	uint32_t nb = (uint16_t)(vq_observe_idx(&used->idx, vq->platform) - done);

	vq->poll = &used->flags;
	if (VQ_UNLIKELY(nb > added)) {
		vq_rule_broken(vq, VQ_USED_IDX);
		return 0;
	}
	if (kind == VQ_SPLIT_IN_ORDER)
		vq->used_before = seen;
	vq->used_seen = done + nb;
	return nb;
}

VQ_HOT uint32_t
vq_split_used(struct vq *vq, enum vq_kind kind)
{
	return vq_split_see(vq, kind, vq->used_idx, vq->used_seen);
}

/* Those that were seen before, if any are left. */
VQ_HOT uint32_t
vq_split_used_most(struct vq *vq, enum vq_kind kind)
{
	uint32_t done = vq->used_idx, seen = vq->used_seen;

	return seen != done ? seen - done : vq_split_see(vq, kind, done, done);
}

VQ_HOT void
vq_split_drain_load(struct vq_drain *d)
{
	d->at = d->vq->used_idx;
}

/* The next poll is not to look at the device's line: it finds an index that is not used_idx. */
VQ_HOT void
vq_split_stay_busy(struct vq *vq)
{
	vq->busy_idx.raw = (uint16_t)~vq->idle_idx.raw;
	vq->poll = &vq->busy_flags;
}

VQ_HOT void
vq_split_drain_save(struct vq_drain *d)
{
	d->vq->used_idx = (uint32_t)d->at;
	d->vq->idle_idx = cpu_to_le16((uint16_t)d->at);
	if ((uint32_t)d->at != d->vq->used_seen)
		vq_split_stay_busy(d->vq);
}

VQ_HOT bool
vq_split_drain_break(struct vq_drain *d, enum vq_error error)
{
	vq_split_drain_save(d);
	vq_rule_broken(d->vq, error);
	d->left = 0;
	return false;
}

VQ_HOT bool
vq_split_drain_take(struct vq_drain *d, void **token, size_t *slot, uint32_t *len)
{
	struct vq *vq = d->vq;
	const struct virtq_used_elem *elem = &vq->used->ring[d->at & d->mask];
	uint32_t id = vq_read32(&elem->id);

	d->left--;
	if (VQ_UNLIKELY(id > d->mask))
		return vq_split_drain_break(d, VQ_USED_RANGE);
	*token = d->slots[id].token;
	if (VQ_UNLIKELY(*token == NULL))
		return vq_split_drain_break(d, VQ_USED_IDLE);
	d->slots[id].token = NULL;
	if (len != NULL)
		*len = vq_read32(&elem->len);
	if (VQ_UNLIKELY(d->form != VQ_FORM_PLAIN))
		vq_split_retire(vq, id);
	else
		d->free_slot[d->at & d->mask] = (uint16_t)id;
	d->at++;
	*slot = id;
	return true;
}

VQ_HOT bool
vq_split_drain_take_in_order(struct vq_drain *d, void **token, size_t *slot, uint32_t *len)
{
	struct vq *vq = d->vq;
	size_t head = d->at & d->mask;

	d->left--;
	/* Which one it is follows from the index: nothing is read (2.7.9). */
	if (len != NULL && VQ_UNLIKELY(!vq_split_len(vq, (uint32_t)d->at, len)))
		return vq_split_drain_break(d, VQ_USED_ORDER);
	if (VQ_UNLIKELY(d->form != VQ_FORM_PLAIN)) {
		head = vq->desc_done & vq->mask;
		vq_split_retire(vq, (uint32_t)head);
	}
	d->at++;
	*slot = head;
	*token = d->slots[head].token;
	return true;
}

#endif

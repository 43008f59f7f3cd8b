/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Hot path of the split layout (virtio 1.4, 2.7), included by vq_hot.h alone.
 *
 * A slot is the number of the request's head descriptor.  With INDIRECT_DESC each
 * ring descriptor was pointed at its slot's table by vq_init and only its length
 * changes, in vq_split_shape.  With IN_ORDER slots are used in ring order; then
 * and with INDIRECT_DESC, entry i of the available ring is always i, written by
 * vq_init once and for all.
 */
#ifndef VQ_SPLIT_H
#define VQ_SPLIT_H

void vq_split_shape(struct vq *vq, uint16_t slot, uint16_t nb_read, uint16_t nb_write);
/* Without INDIRECT_DESC: copy a slot's table into the ring / give it back. */
void vq_split_chain(struct vq *vq, uint16_t slot);
void vq_split_retire_odd(struct vq *vq, uint32_t slot);
/* IN_ORDER: the length said for request at, or VQ_LEN_UNKNOWN.  False: broken. */
bool vq_split_len(struct vq *vq, uint16_t at, uint32_t *len);
void vq_split_move_event(struct vq *vq);

VQ_HOT uint16_t
vq_split_next_slot(const struct vq *vq, enum vq_kind kind)
{
	if (kind == VQ_SPLIT)
		return vq->free_slot[vq->top - 1];
	return (uint16_t)((vq->direct ? vq->desc_idx : vq->avail_idx) & vq->mask);
}

VQ_HOT void
vq_split_add(struct vq *vq, enum vq_kind kind, uint16_t slot, void *token)
{
	vq->token[slot] = token;
	if (kind == VQ_SPLIT) {
		vq->avail->ring[vq->avail_idx & vq->mask] = cpu_to_le16(slot);
		vq->top--;
	}
	if (VQ_UNLIKELY(vq->direct))
		vq_split_chain(vq, slot);
	vq->avail_idx++;
}

VQ_HOT void
vq_split_publish(struct vq *vq)
{
	vq_expose_idx(&vq->avail->idx, vq->avail_idx, vq->platform);
}

VQ_HOT bool
vq_split_needs_kick(struct vq *vq)
{
	uint16_t idx = vq->avail_idx;
	uint16_t old = vq->kick_idx;
	uint16_t event;

	if (idx == old)
		return false;
	vq->kick_idx = idx;
	vq_settle(vq->platform);
	if (!vq->event_idx)
		return (vq_read16(&vq->used->flags) & VIRTQ_USED_F_NO_NOTIFY) == 0;

	/* used_event far ahead of what can be used: no interrupts (2.7.7). */
	if (VQ_UNLIKELY((uint16_t)(vq->used_event - idx) < 0x2000))
		vq_split_move_event(vq);
	/* The word behind the used ring's last element (2.7.8). */
	event = vq_read16((const le16 *)(const void *)&vq->used->ring[vq->size]);
	return vq_event_passed(event, old, idx);
}

VQ_HOT uint16_t
vq_split_used(struct vq *vq, enum vq_kind kind, uint16_t max)
{
	uint16_t idx = vq_observe_idx(&vq->used->idx, vq->platform);
	uint16_t nb = (uint16_t)(idx - vq->used_idx);

	if (nb == 0)
		return 0;
	if (VQ_UNLIKELY(nb > (uint16_t)(vq->avail_idx - vq->used_idx))) {
		vq_rule_broken(vq, "used index beyond what is in flight");
		return 0;
	}
	/* The index that a device shows is the end of a batch, the next one's start. */
	if (kind == VQ_SPLIT_IN_ORDER && vq->used_seen == vq->used_idx)
		vq->len_idx = vq->used_idx;
	vq->used_seen = idx;
	return nb < max ? nb : max;
}

VQ_HOT void *
vq_split_take_in_order(struct vq *vq, uint16_t at, uint16_t *slot, uint32_t *len)
{
	uint32_t head = at & vq->mask;

	/* Which one it is follows from the index: nothing is read (2.7.9). */
	if (len != NULL && !vq_split_len(vq, at, len))
		return NULL;
	if (VQ_UNLIKELY(vq->direct)) {
		head = vq->desc_done & vq->mask;
		vq_split_retire_odd(vq, head);
	}
	vq->used_idx = (uint16_t)(at + 1);
	*slot = (uint16_t)head;
	return vq->token[head];
}

VQ_HOT void *
vq_split_take(struct vq *vq, enum vq_kind kind, uint16_t *slot, uint32_t *len)
{
	uint16_t at = vq->used_idx;
	const struct virtq_used_elem *elem;
	void *token;
	uint32_t id;

	if (at == vq->used_seen)
		return NULL;
	if (kind == VQ_SPLIT_IN_ORDER)
		return vq_split_take_in_order(vq, at, slot, len);

	elem = &vq->used->ring[at & vq->mask];
	id = vq_read32(&elem->id);
	if (VQ_UNLIKELY(id >= vq->size)) {
		vq_rule_broken(vq, "used id out of range");
		return NULL;
	}
	token = vq->token[id];
	if (VQ_UNLIKELY(token == NULL)) {
		vq_rule_broken(vq, "used id not in flight");
		return NULL;
	}
	vq->token[id] = NULL;
	vq->used_idx = (uint16_t)(at + 1);
	if (VQ_UNLIKELY(vq->odd))
		vq_split_retire_odd(vq, id);
	else
		vq->free_slot[vq->top++] = (uint16_t)id;
	if (len != NULL)
		*len = vq_read32(&elem->len);
	*slot = (uint16_t)id;
	return token;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Hot path of the packed layout (virtio 1.4, 2.8), included by vq_hot.h alone.
 *
 * A slot is the buffer id.  With IN_ORDER it is also the position of the request's
 * first descriptor.  The flags of the first descriptor of a burst are held back
 * until vq_packed_publish; the device, which reads in ring order, cannot reach
 * those behind it before.
 */
#ifndef VQ_PACKED_H
#define VQ_PACKED_H

/* The two flags as they stand in the word of id and flags. */
#define VQ_PACKED_AVAIL		((uint32_t)VIRTQ_DESC_F_AVAIL << 16)
#define VQ_PACKED_USED		((uint32_t)VIRTQ_DESC_F_USED << 16)
#define VQ_PACKED_WRAP		(VQ_PACKED_AVAIL | VQ_PACKED_USED)
#define VQ_PACKED_WRITE		((uint32_t)VIRTQ_DESC_F_WRITE << 16)
#define VQ_PACKED_INDIRECT	((uint32_t)VIRTQ_DESC_F_INDIRECT << 16)

void vq_packed_shape(struct vq *vq, uint16_t slot, uint16_t nb_read, uint16_t nb_write);
/* Without INDIRECT_DESC: copy a slot's table into the ring. */
void vq_packed_chain(struct vq *vq, uint16_t slot);
void vq_packed_retire_odd(struct vq *vq, uint32_t slot);
bool vq_packed_batch_direct(struct vq *vq, uint32_t id);

/* id and flags of a descriptor as one word: they are handed over together. */
VQ_HOT vq_desc_word *
vq_packed_id_flags(struct pvirtq_desc *d)
{
	return (vq_desc_word *)(void *)&d->id;
}

VQ_HOT uint16_t
vq_packed_next_slot(const struct vq *vq, enum vq_kind kind)
{
	if (kind == VQ_PACKED)
		return vq->free_slot[vq->top - 1];
	return (uint16_t)vq->avail_pos;
}

/* One descriptor into the ring. */
VQ_HOT void
vq_packed_put(struct vq *vq, uint64_t addr, uint32_t len, uint32_t id_flags)
{
	uint32_t pos = vq->avail_pos;
	struct pvirtq_desc *d = &vq->pdesc[pos];

	d->addr = cpu_to_le64(addr);
	d->len = cpu_to_le32(len);
	if (vq->head_bits == 0) {
		vq->head_bits = id_flags;
		vq->head_pos = pos;
	} else {
		vq_write_desc(vq_packed_id_flags(d), id_flags);
	}
	if (VQ_UNLIKELY(++pos == vq->size)) {
		pos = 0;
		vq->avail_bits ^= VQ_PACKED_WRAP;
	}
	vq->avail_pos = pos;
}

VQ_HOT void
vq_packed_add(struct vq *vq, enum vq_kind kind, uint16_t slot, void *token)
{
	(void)kind;
	vq->token[slot] = token;
	vq->top--;
	if (VQ_UNLIKELY(vq->direct)) {
		vq_packed_chain(vq, slot);
		return;
	}
	vq_packed_put(vq, vq->tables_iova + (uint64_t)slot * vq->table_stride,
			vq->shape[slot].table_len, vq->avail_bits | slot);
}

VQ_HOT void
vq_packed_publish(struct vq *vq)
{
	if (vq->head_bits == 0)
		return;
	vq_expose_desc(vq_packed_id_flags(&vq->pdesc[vq->head_pos]), vq->head_bits,
			vq->platform);
	vq->head_bits = 0;
}

VQ_HOT bool
vq_packed_needs_kick(struct vq *vq)
{
	uint32_t pos = vq->kick_pos;
	uint32_t bits = vq->kick_bits;
	uint32_t added = vq->avail_pos - pos;

	/* Each round has its wrap counter, so that a full round is not taken for 0. */
	if (vq->avail_bits != bits)
		added += vq->size;
	if (added == 0)
		return false;
	vq->kick_pos = vq->avail_pos;
	vq->kick_bits = vq->avail_bits;
	vq_settle(vq->platform);
	return vq_event_wanted(vq_read_event(vq->device_event), vq->event_idx, vq->size,
			pos, (bits & VQ_PACKED_AVAIL) != 0, added);
}

/* The word of the next used descriptor; used_bits tell whether it is one. */
VQ_HOT uint32_t
vq_packed_look(const struct vq *vq)
{
	return vq_observe_desc(vq_packed_id_flags(&vq->pdesc[vq->used_pos]), vq->platform);
}

VQ_HOT void
vq_packed_pass(struct vq *vq)
{
	uint32_t pos = vq->used_pos + 1;

	if (VQ_UNLIKELY(pos == vq->size)) {
		pos = 0;
		vq->used_bits ^= VQ_PACKED_WRAP;
	}
	vq->used_pos = pos;
}

/* The length in the used descriptor at used_pos; reserved if nothing was written. */
VQ_HOT uint32_t
vq_packed_len(const struct vq *vq, uint32_t word)
{
	return word & VQ_PACKED_WRITE ? vq_read32(&vq->pdesc[vq->used_pos].len) : VQ_LEN_UNKNOWN;
}

/* IN_ORDER: one used descriptor stands for all requests up to its id (2.8.9). */
VQ_HOT bool
vq_packed_see_batch(struct vq *vq)
{
	uint32_t word = vq_packed_look(vq);
	uint32_t id = word & 0xffff;
	uint32_t ahead = id - vq->used_pos;

	if ((word & VQ_PACKED_WRAP) != vq->used_bits)
		return false;
	vq->batch_len = vq_packed_len(vq, word);
	if (VQ_UNLIKELY(vq->direct))
		return vq_packed_batch_direct(vq, id);
	if (id < vq->used_pos)
		ahead += vq->size;
	if (VQ_UNLIKELY(id >= vq->size || ahead >= vq->size - vq->top)) {
		vq_rule_broken(vq, "used id outside of what is in flight");
		return false;
	}
	vq->batch = ahead + 1;
	return true;
}

VQ_HOT uint16_t
vq_packed_used(struct vq *vq, enum vq_kind kind, uint16_t max)
{
	uint16_t nb = (uint16_t)(vq->base - vq->top - vq->holes);

	if (nb == 0)
		return 0;
	if (kind == VQ_PACKED_IN_ORDER) {
		if (vq->batch == 0 && !vq_packed_see_batch(vq))
			return 0;
	} else if ((vq_packed_look(vq) & VQ_PACKED_WRAP) != vq->used_bits) {
		return 0;
	}
	return nb < max ? nb : max;
}

VQ_HOT void *
vq_packed_take_in_order(struct vq *vq, uint16_t *slot, uint32_t *len)
{
	uint32_t at;

	if (vq->batch == 0 && (vq->top == vq->size || !vq_packed_see_batch(vq)))
		return NULL;
	if (len != NULL)
		*len = vq->batch == 1 ? vq->batch_len : VQ_LEN_UNKNOWN;
	vq->batch--;
	vq->top++;
	at = vq->used_pos;
	if (VQ_UNLIKELY(vq->direct))
		vq_packed_retire_odd(vq, at);
	else
		vq_packed_pass(vq);
	*slot = (uint16_t)at;
	return vq->token[at];
}

VQ_HOT void *
vq_packed_take(struct vq *vq, enum vq_kind kind, uint16_t *slot, uint32_t *len)
{
	uint32_t word, id;
	void *token;

	if (kind == VQ_PACKED_IN_ORDER)
		return vq_packed_take_in_order(vq, slot, len);

	word = vq_packed_look(vq);
	if ((word & VQ_PACKED_WRAP) != vq->used_bits)
		return NULL;
	id = word & 0xffff;
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
	if (len != NULL)
		*len = vq_packed_len(vq, word);
	if (VQ_UNLIKELY(vq->odd)) {
		vq_packed_retire_odd(vq, id);
	} else {
		vq->free_slot[vq->top++] = (uint16_t)id;
		vq_packed_pass(vq);
	}
	*slot = (uint16_t)id;
	return token;
}

#endif

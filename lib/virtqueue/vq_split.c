/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The split layout's cold part (virtio 1.4, 2.7): set-up, changes of a table's
 * shape, chains in the ring without INDIRECT_DESC, lengths of IN_ORDER batches.
 *
 * Called by vq.c and by the verbs in vq_split.h; calls vq_state.c alone.
 */
#include <assert.h>

#include "vq_split.h"

/* used_event is moved to this far ahead of what was made available. */
#define EVENT_AHEAD	0x4000

static le16 *
split_used_event(struct vq *vq)
{
	return &vq->avail->ring[vq->size];
}

void
vq_split_move_event(struct vq *vq)
{
	vq->used_event = vq->avail_idx + EVENT_AHEAD;
	vq_write16(split_used_event(vq), (uint16_t)vq->used_event);
}

/* Point a slot's ring descriptor at a table of nb entries. */
static void
split_aim(struct vq *vq, uint16_t slot, uint64_t table_iova, uint32_t nb)
{
	struct virtq_desc *d = &vq->desc[slot];

	d->addr = cpu_to_le64(table_iova);
	d->len = cpu_to_le32(nb * (uint32_t)sizeof(struct vq_entry));
	d->flags = cpu_to_le16(VIRTQ_DESC_F_INDIRECT);
	d->next = cpu_to_le16(0);
}

static uint64_t
split_own_table(const struct vq *vq, uint16_t slot)
{
	return (uintptr_t)vq->slots[slot].table + vq->iova_delta;
}

void
vq_split_init(struct vq *vq, void *driver, void *device, uint16_t first_idx)
{
	struct virtq_used *used = device;
	uint32_t i;

	vq->avail = driver;
	vq->used = used;
	vq->avail_idx = first_idx;
	vq->used_idx = first_idx;
	vq->used_seen = first_idx;
	vq->used_before = first_idx;
	vq->poll = &vq->used->flags;
	vq->kick_idx = first_idx;
	vq->kick_open = vq->event_idx ? VQ_KICK_CLOSED : VQ_KICK_ALL;
	vq->idle_flags = cpu_to_le16(0);
	vq->idle_idx = cpu_to_le16(first_idx);
	vq->desc_idx = first_idx;
	vq->desc_done = first_idx;
	vq->len_idx = first_idx;
	vq->avail->idx = cpu_to_le16(first_idx);
	used->idx = cpu_to_le16(first_idx);
	if (vq->event_idx)
		vq_split_move_event(vq);
	else
		vq->avail->flags = cpu_to_le16(VIRTQ_AVAIL_F_NO_INTERRUPT);
	if (vq->form == VQ_FORM_DIRECT)
		return;
	for (i = 0; i < vq->size; i++) {
		split_aim(vq, (uint16_t)i, split_own_table(vq, (uint16_t)i), 0);
		vq->avail->ring[i] = cpu_to_le16((uint16_t)i);
	}
}

/* Flags and links of a table: sequential, as IN_ORDER requires (2.7.5.3.1). */
static void
split_shape_table(struct vq_entry *table, uint32_t nb_read, uint32_t nb)
{
	uint32_t i;

	for (i = 0; i < nb; i++) {
		uint16_t flags = i < nb_read ? 0 : VIRTQ_DESC_F_WRITE;
		uint16_t next = 0;

		if (i + 1 < nb) {
			flags |= VIRTQ_DESC_F_NEXT;
			next = (uint16_t)(i + 1);
		}
		table[i].tail[0] = cpu_to_le16(flags);
		table[i].tail[1] = cpu_to_le16(next);
	}
}

void
vq_split_shape(struct vq *vq, uint16_t slot, uint16_t nb_read, uint16_t nb_write)
{
	uint32_t nb = (uint32_t)nb_read + nb_write;

	assert(nb > 0 && nb <= vq->table_entries);
	vq_note_shape(vq, slot, nb_read, nb_write);
	if (vq->form == VQ_FORM_DIRECT)
		return;
	split_shape_table(vq->slots[slot].table, nb_read, nb);
	split_aim(vq, slot, split_own_table(vq, slot), nb);
}

void
vq_split_shape_ext(struct vq *vq, uint16_t slot, struct vq_entry *table,
		uint64_t table_iova, uint16_t nb_read, uint16_t nb_write)
{
	uint32_t nb = (uint32_t)nb_read + nb_write;

	split_shape_table(table, nb_read, nb);
	split_aim(vq, slot, table_iova, nb);
}

/* The next descriptor of a chain; d is the last one so far. */
static uint16_t
split_next_desc(struct vq *vq, uint16_t d)
{
	if (vq->kind == VQ_SPLIT_IN_ORDER)
		return (uint16_t)((d + 1u) & vq->mask);
	return vq->free_slot[--vq->top];
}

void
vq_split_chain(struct vq *vq, uint16_t slot)
{
	const struct vq_entry *table = vq->slots[slot].table;
	uint32_t nb = vq_slot_entries(vq, slot);
	uint32_t nb_read = vq->slots[slot].shape >> 16;
	uint16_t at = slot;
	uint32_t i;

	vq->avail->ring[vq->avail_idx++ & vq->mask] = cpu_to_le16(slot);
	if (vq->kind == VQ_SPLIT)
		vq->top--;	/* the head is on top */
	for (i = 0; i < nb; i++) {
		struct virtq_desc *d = &vq->desc[at];
		uint32_t flags = i < nb_read ? 0 : VIRTQ_DESC_F_WRITE;
		uint16_t next = 0;

		if (i + 1 < nb) {
			flags |= VIRTQ_DESC_F_NEXT;
			next = split_next_desc(vq, at);
			vq->link[at] = next;
		}
		d->addr = table[i].addr;
		d->len = table[i].len;
		d->flags = cpu_to_le16((uint16_t)flags);
		d->next = cpu_to_le16(next);
		at = next;
	}
	vq->desc_free -= nb;
	vq->desc_idx += nb;
}

/* Descriptors go back on the stack in the order in which they came from it. */
static void
split_cancel_chain(struct vq *vq, uint32_t slot)
{
	uint32_t nb = vq_slot_entries(vq, slot);
	uint32_t i;

	vq->desc_free += nb;
	vq->desc_idx -= nb;
	if (vq->kind == VQ_SPLIT_IN_ORDER)
		return;
	vq->top += nb;
	for (i = 1; i <= nb; i++) {
		vq->free_slot[vq->top - i] = (uint16_t)slot;
		slot = vq->link[slot];
	}
}

void
vq_split_cancel(struct vq *vq, uint32_t slot)
{
	vq->avail_idx--;
	if (vq->form == VQ_FORM_DIRECT)
		split_cancel_chain(vq, slot);
}

/* The last descriptor's link is an old one: in range, and not followed. */
static void
split_retire_chain(struct vq *vq, uint32_t slot)
{
	uint32_t nb = vq_slot_entries(vq, slot);
	uint32_t i;

	vq->desc_free += nb;
	vq->desc_done += nb;
	if (vq->kind == VQ_SPLIT_IN_ORDER)
		return;
	for (i = 0; i < nb; i++) {
		vq->free_slot[vq->top++] = (uint16_t)slot;
		slot = vq->link[slot];
	}
}

void
vq_split_retire(struct vq *vq, uint32_t slot)
{
	if (vq->form == VQ_FORM_DIRECT)
		split_retire_chain(vq, slot);
	else
		vq_retire_fifo(vq, slot);
}

uint16_t
vq_split_oldest(struct vq *vq)
{
	uint32_t slot = vq->used_idx & vq->mask;

	if (vq->form == VQ_FORM_DIRECT) {
		slot = vq->desc_done & vq->mask;
		split_retire_chain(vq, slot);
	}
	return (uint16_t)slot;
}

/* IN_ORDER: requests from at up to the one with head id, or 0 if the device has not
 * shown that one as used.
 */
static uint32_t
split_batch_up_to(const struct vq *vq, uint32_t at, uint32_t id)
{
	uint32_t shown = vq->used_seen - at;
	uint32_t head = vq->desc_done & vq->mask;
	uint32_t nb;

	if (id >= vq->size)
		return 0;
	if (vq->form != VQ_FORM_DIRECT) {
		nb = ((id - at) & vq->mask) + 1;
		return nb <= shown ? nb : 0;
	}
	for (nb = 1; nb <= shown; nb++) {
		if (head == id)
			return nb;
		head = (head + vq_slot_entries(vq, head)) & vq->mask;
	}
	return 0;
}

bool
vq_split_len(struct vq *vq, uint32_t at, uint32_t *len)
{
	/* An index that the device showed is the end of a batch, the next one's start:
	 * after requests whose lengths were not read, lengths are known again from there on.
	 */
	if ((int32_t)(vq->len_idx - at) < 0) {
		vq->len_idx = vq->used_before;
		vq->len = VQ_LEN_UNKNOWN;
	}
	if (at == vq->len_idx) {
		const struct virtq_used_elem *elem = &vq->used->ring[at & vq->mask];
		uint32_t nb = split_batch_up_to(vq, at, vq_read32(&elem->id));

		if (nb == 0)
			return false;
		vq->len_idx = at + nb;
		vq->len = vq_read32(&elem->len);
	}
	*len = at + 1 == vq->len_idx ? vq->len : VQ_LEN_UNKNOWN;
	return true;
}

bool
vq_split_asks_again(struct vq *vq)
{
	uint32_t nb, in_flight = vq->kick_idx - vq->used_idx;

	if (!vq->event_idx)
		return (le16_to_cpu(vq->idle_flags) & VIRTQ_USED_F_NO_NOTIFY) != 0 &&
			vq_split_flags_ask(vq) && in_flight != 0;
	if (in_flight != 0 && ++vq->kick_polls < VQ_KICK_POLLS)
		return false;
	nb = vq->kick_open < in_flight ? vq->kick_open : in_flight;
	vq->kick_open = VQ_KICK_CLOSED;
	vq->kick_polls = 0;
	vq->idle_flags = cpu_to_le16(0);
	vq_settle(vq->platform);
	return vq_split_event_asks(vq, nb);
}

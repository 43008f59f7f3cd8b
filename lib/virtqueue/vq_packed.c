/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packed layout's cold part (virtio 1.4, 2.8): set-up, changes of a table's
 * shape, chains in the ring without INDIRECT_DESC, event positions.
 *
 * Called by vq.c and by the verbs in vq_packed.h; calls vq_state.c alone.
 */
#include <assert.h>

#include "vq_packed.h"

/* The ring as a device leaves it in the middle of a round whose wrap counter is 0:
 * the descriptors ahead are the last round's used ones (2.8.1).
 */
static void
packed_age_ring(struct vq *vq, uint32_t pos)
{
	for (; pos < vq->size; pos++)
		vq->pdesc[pos].flags = cpu_to_le16(VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED);
}

void
vq_packed_init(struct vq *vq, void *driver, void *device, uint16_t first_idx)
{
	bool wrap = first_idx / vq->size % 2 == 0;
	struct pvirtq_event_suppress *driver_event = driver;

	driver_event->flags = cpu_to_le16(PVIRTQ_EVENT_F_DISABLE);
	vq->pdesc_end = vq->pdesc + vq->size;
	vq->device_event = device;
	vq->avail_pos = first_idx % vq->size;
	vq->used_desc = &vq->pdesc[vq->avail_pos];
	vq->avail_bits = wrap ? VQ_PACKED_AVAIL : VQ_PACKED_USED;
	if (vq->form != VQ_FORM_DIRECT)
		vq->avail_bits |= VQ_PACKED_INDIRECT;
	vq->used_bits = wrap ? VQ_PACKED_WRAP : 0;
	vq->kick_pos = vq->avail_pos;
	vq->kick_bits = vq->avail_bits;
	vq->kick_open = VQ_KICK_CLOSED;
	if (!wrap)
		packed_age_ring(vq, vq->avail_pos);
}

/* Position order, and WRITE the only flag (2.8.8). */
static void
packed_shape_table(struct vq_entry *table, uint32_t nb_read, uint32_t nb)
{
	uint32_t i;

	for (i = 0; i < nb; i++) {
		table[i].tail[0] = cpu_to_le16(0);
		table[i].tail[1] = cpu_to_le16(i < nb_read ? 0 : VIRTQ_DESC_F_WRITE);
	}
}

void
vq_packed_shape(struct vq *vq, uint16_t slot, uint16_t nb_read, uint16_t nb_write)
{
	uint32_t nb = (uint32_t)nb_read + nb_write;

	assert(nb > 0 && nb <= vq->table_entries);
	vq_note_shape(vq, slot, nb_read, nb_write);
	if (vq->form != VQ_FORM_DIRECT)
		packed_shape_table(vq->slots[slot].table, nb_read, nb);
}

void
vq_packed_shape_ext(struct vq_entry *table, uint16_t nb_read, uint16_t nb_write)
{
	packed_shape_table(table, nb_read, (uint32_t)nb_read + nb_write);
}

void
vq_packed_add_ext(struct vq *vq, uint16_t slot, uint64_t table_iova, uint32_t table_len)
{
	struct vq_feed f = { .vq = vq };

	vq_packed_feed_load(&f);
	vq_packed_put(&f, table_iova, table_len, f.bits | slot);
	vq_packed_feed_save(&f);
}

static uint32_t
packed_chain_flags(uint32_t i, uint32_t nb_read, uint32_t nb)
{
	uint32_t flags = i < nb_read ? 0 : VIRTQ_DESC_F_WRITE;

	return i + 1 < nb ? flags | VIRTQ_DESC_F_NEXT : flags;
}

/* A head is written after the rest of its chain, even if the burst's head is still
 * held back: the device never sees an incomplete chain (2.8.17).
 */
void
vq_packed_chain(struct vq *vq, uint16_t slot)
{
	const struct vq_entry *table = vq->slots[slot].table;
	uint32_t nb = vq_slot_entries(vq, slot);
	uint32_t nb_read = vq->slots[slot].shape >> 16;
	uint32_t burst_bits = vq->head_bits;
	struct pvirtq_desc *burst_head = vq->head;
	struct vq_feed f = { .vq = vq };
	uint32_t i;

	vq_packed_feed_load(&f);
	f.head_bits = 0;
	/* The id goes into each: some devices mark each of a chain used in place. */
	for (i = 0; i < nb; i++)
		vq_packed_put(&f, le64_to_cpu(table[i].addr), le32_to_cpu(table[i].len),
				packed_chain_flags(i, nb_read, nb) << 16 | f.bits | slot);
	vq_packed_feed_move(&f);
	vq->head = f.head;
	vq->top--;
	vq->desc_free -= nb;
	if (burst_bits == 0)
		return;
	vq_packed_publish(vq);
	vq->head_bits = burst_bits;
	vq->head = burst_head;
}

/* Step back over the last descriptor.  Behind the burst's head the flags make it available
 * as soon as the head is: it gets those that the round before left.
 */
static void
packed_unput(struct vq *vq)
{
	struct pvirtq_desc *d;

	if (vq->avail_pos == 0) {
		vq->avail_pos = vq->size;
		vq->avail_bits ^= VQ_PACKED_WRAP;
	}
	d = &vq->pdesc[--vq->avail_pos];
	if (d == vq->head)
		vq->head_bits = 0;
	vq_write_desc(vq_packed_id_flags(d), vq->avail_bits & VQ_PACKED_AVAIL ? 0 :
			VQ_PACKED_WRAP);
}

void
vq_packed_cancel(struct vq *vq, uint32_t slot)
{
	uint32_t nb = vq->form == VQ_FORM_DIRECT ? vq_slot_entries(vq, slot) : 1;
	uint32_t i;

	for (i = 0; i < nb; i++)
		packed_unput(vq);
	if (vq->form == VQ_FORM_DIRECT)
		vq->desc_free += nb;
	if (vq->form == VQ_FORM_DIRECT && vq->kind == VQ_PACKED)
		vq->free_slot[vq->top] = (uint16_t)slot;
	vq->top++;
}

/* Move used_pos over a request's descriptors. */
static void
packed_pass(struct vq *vq, uint32_t slot)
{
	uint32_t nb = vq->form == VQ_FORM_DIRECT ? vq_slot_entries(vq, slot) : 1;

	vq->desc_free += nb;
	vq->used_desc += nb;
	if (vq->used_desc >= vq->pdesc_end) {
		vq->used_desc -= vq->size;
		vq->used_bits ^= VQ_PACKED_WRAP;
	}
}

void
vq_packed_retire(struct vq *vq, uint32_t slot)
{
	packed_pass(vq, slot);
	if (vq->form == VQ_FORM_FIFO) {
		vq_retire_fifo(vq, slot);
		return;
	}
	if (vq->kind == VQ_PACKED)
		vq->free_slot[vq->top] = (uint16_t)slot;
	vq->top++;
}

uint32_t
vq_packed_batch(const struct vq *vq, uint32_t at, uint32_t id, uint32_t in_flight)
{
	uint32_t nb;

	if (id >= vq->size)
		return 0;
	if (vq->form != VQ_FORM_DIRECT) {
		nb = id - at + 1;
		if (id < at)
			nb += vq->size;
		return nb <= in_flight ? nb : 0;
	}
	/* From head to head, no further than what is in flight. */
	for (nb = 1; nb <= in_flight; nb++) {
		if (at == id)
			return nb;
		at += vq_slot_entries(vq, at);
		if (at >= vq->size)
			at -= vq->size;
	}
	return 0;
}

uint16_t
vq_packed_oldest(struct vq *vq)
{
	uint16_t slot = (uint16_t)(vq->used_desc - vq->pdesc);

	packed_pass(vq, slot);
	return slot;
}

/* Descriptors that the device was shown and has not used. */
static uint32_t
packed_kick_in_flight(const struct vq *vq)
{
	uint32_t nb = vq->kick_pos - (uint32_t)(vq->used_desc - vq->pdesc);

	/* The wrap counters differ. */
	return (vq->kick_bits ^ vq->used_bits) & VQ_PACKED_AVAIL ? nb + vq->size : nb;
}

bool
vq_packed_asks_again(struct vq *vq)
{
	uint32_t nb = packed_kick_in_flight(vq), pos = vq->kick_pos, event;
	bool wrap = (vq->kick_bits & VQ_PACKED_AVAIL) != 0;

	if (nb == 0) {
		vq->kick_open = VQ_KICK_CLOSED;
		return false;
	}
	/* A line that is not the ring's: read only while the question is open. */
	event = vq_read_event(vq->device_event);
	if (vq_event_off(event) || (vq->event_idx && ++vq->kick_polls < VQ_KICK_POLLS))
		return false;
	if (nb > vq->kick_open)
		nb = vq->kick_open;
	if (nb > pos) {
		pos += vq->size;
		wrap = !wrap;
	}
	vq->kick_open = VQ_KICK_CLOSED;
	vq->kick_polls = 0;
	vq_settle(vq->platform);
	return vq_event_wanted(vq_read_event(vq->device_event), vq->event_idx, vq->size, pos - nb,
			wrap, nb);
}

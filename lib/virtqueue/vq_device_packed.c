/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half's packed layout (virtio 1.4, 2.8): available descriptors, chains
 * in the ring and tables, used descriptors.
 *
 * Called by vq_device.c alone; calls vq_device_walk.c.
 */
#include <errno.h>

#include "vq_device_packed.h"
#include "vq_event.h"

static vq_desc_word *
packed_id_flags(struct pvirtq_desc *desc)
{
	return (vq_desc_word *)(void *)&desc->id;
}

/* AVAIL as the wrap counter, USED its opposite (2.8.1). */
static bool
packed_is_avail(uint16_t flags, bool wrap)
{
	uint16_t want = wrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED;

	return (flags & (VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED)) == want;
}

/* One position on; the wrap counter changes at the end of the ring. */
static void
packed_step(const struct vqd *d, uint32_t *pos, bool *wrap)
{
	if (++*pos == d->size) {
		*pos = 0;
		*wrap = !*wrap;
	}
}

int
vqd_packed_begin(struct vqd *d, struct vqd_head *heads, uint16_t nb)
{
	uint32_t pos = d->avail_pos;
	bool wrap = d->avail_wrap;
	uint16_t i;

	for (i = 0; i < nb; i++) {
		struct pvirtq_desc *desc = &d->pdesc[pos];
		uint32_t word = vq_observe_desc(packed_id_flags(desc), false);
		struct vqd_head *head = &heads[i];

		if (!packed_is_avail((uint16_t)(word >> 16), wrap))
			break;
		head->entry.lo = (uint16_t)word;
		head->entry.hi = (uint16_t)(word >> 16);
		head->entry.addr = vq_read64(&desc->addr);
		head->entry.len = vq_read32(&desc->len);
		head->at = pos;
		head->wrap = wrap;
		packed_step(d, &pos, &wrap);
		if (head->entry.hi & VIRTQ_DESC_F_INDIRECT)
			vqd_find_table(d, head);
		/* A chain tells only at its end where the next head is. */
		if (head->entry.hi & VIRTQ_DESC_F_NEXT)
			nb = i + 1;
	}
	d->avail_pos = pos;
	d->avail_wrap = wrap;
	return i;
}

/* A table's entries in position order; WRITE is the only flag with a meaning (2.8.8). */
static inline int
packed_walk_table(struct vqd_walk *w, const void *table, const struct vqd_entry *ref)
{
	struct vqd_entry entry;
	uint32_t i, nb;
	int rc;

	w->left += w->d->table_extra;
	rc = vqd_walk_table(w->d, w->left, ref, ref->hi & VIRTQ_DESC_F_NEXT, &nb);
	for (i = 0; rc == 0 && i < nb; i++) {
		rc = vqd_table_entry(w->d, table, ref->addr, i, &entry);
		if (rc == 0)
			rc = vqd_walk_buffer(w, entry.addr, entry.len,
					entry.hi & VIRTQ_DESC_F_WRITE);
	}
	return rc;
}

/* One descriptor of a chain in the ring. */
static inline int
packed_walk_direct(struct vqd_walk *w, const struct vqd_entry *entry)
{
	if (entry->hi & VIRTQ_DESC_F_INDIRECT)
		return vqd_refuse(w->d, -EBADMSG, "indirect table within a chain");
	return vqd_walk_buffer(w, entry->addr, entry->len, entry->hi & VIRTQ_DESC_F_WRITE);
}

/* The chain behind its head; rc is the head's.  Goes on to the end, which alone tells
 * the buffer id and the next head, even when a buffer was refused.
 */
static int
packed_walk_chain(struct vqd_walk *w, struct vqd_req *req, struct vqd_entry *entry, int rc)
{
	struct vqd *d = w->d;

	while (entry->hi & VIRTQ_DESC_F_NEXT) {
		if (req->nb_desc == d->size)
			return vqd_refuse_ring(d, "chain without an end");
		vqd_read_entry(entry, &d->pdesc[d->avail_pos]);
		if (!packed_is_avail(entry->hi, d->avail_wrap))
			return vqd_refuse_ring(d, "chain into descriptors that are not available");
		packed_step(d, &d->avail_pos, &d->avail_wrap);
		req->nb_desc++;
		if (rc == 0)
			rc = packed_walk_direct(w, entry);
	}
	req->id = entry->lo;
	return rc;
}

/* Any request; table: head->table, or a copy of what is there. */
static WIRE_NOINLINE int
packed_finish_any(struct vqd *d, const struct vqd_head *head, const void *table,
		struct vqd_req *req)
{
	struct vqd_walk w = vqd_walk_begin(d, req);
	struct vqd_entry entry = head->entry;
	int rc;

	if (entry.hi & VIRTQ_DESC_F_INDIRECT)
		rc = packed_walk_table(&w, table, &entry);
	else
		rc = vqd_walk_buffer(&w, entry.addr, entry.len, entry.hi & VIRTQ_DESC_F_WRITE);
	/* A head that points to a table has no chain behind it, or wrongly. */
	rc = packed_walk_chain(&w, req, &entry, rc);
	vqd_walk_end(&w, req);
	if (d->nb_desc + req->nb_desc > d->size)
		return vqd_refuse_ring(d, "more descriptors available than the queue has");
	return rc;
}

int
vqd_packed_finish(struct vqd *d, const struct vqd_head *head, struct vqd_req *req)
{
	const void *table = head->table;
	struct vqd_table copy;
	int rc;

	req->id = head->entry.lo;
	req->nb_desc = 1;
	if (VQ_UNLIKELY(d->nb_desc >= d->size) || (head->entry.hi &
			(VIRTQ_DESC_F_INDIRECT | VIRTQ_DESC_F_NEXT)) != VIRTQ_DESC_F_INDIRECT)
		return packed_finish_any(d, head, table, req);
	if (vqd_finish_alike(d, head, req, &copy, &table))
		return 0;
	rc = packed_finish_any(d, head, table, req);
	if (rc == 0 && table != head->table)
		vqd_note_shape(d, table, head->entry.len);
	return rc;
}

bool
vqd_packed_has_avail(const struct vqd *d)
{
	uint32_t word = vq_observe_desc(packed_id_flags(&d->pdesc[d->avail_pos]), false);

	return packed_is_avail((uint16_t)(word >> 16), d->avail_wrap);
}

/* A used descriptor.  The flags of the first since the last publish are held back:
 * the driver reads one position after the other and finds none before it.
 */
static void
packed_put_used(struct vqd *d, uint32_t pos, bool wrap, uint16_t id, uint32_t len)
{
	uint32_t flags = wrap ? VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED : 0;
	uint32_t word;

	if (len > 0)
		flags |= VIRTQ_DESC_F_WRITE;
	word = flags << 16 | id;
	vq_write32(&d->pdesc[pos].len, len);
	if (d->held) {
		vq_write_desc(packed_id_flags(&d->pdesc[pos]), word);
		return;
	}
	d->held = true;
	d->held_pos = pos;
	d->held_word = word;
}

void
vqd_packed_push(struct vqd *d, const struct vqd_req *req, uint32_t written)
{
	if (!d->batches) {
		packed_put_used(d, d->used_pos, d->used_wrap, req->id, written);
	} else {
		if (!d->batch_open) {
			d->batch_open = true;
			d->batch_pos = d->used_pos;
			d->batch_wrap = d->used_wrap;
		}
		d->batch_id = req->id;
		d->batch_len = written;
	}
	d->nb_desc -= req->nb_desc;
	d->used_pos += req->nb_desc;
	if (d->used_pos >= d->size) {
		d->used_pos -= d->size;
		d->used_wrap = !d->used_wrap;
	}
}

/* One descriptor, where the batch's first would be, with the id of its last (2.8.8). */
void
vqd_packed_cut(struct vqd *d)
{
	packed_put_used(d, d->batch_pos, d->batch_wrap, d->batch_id, d->batch_len);
}

void
vqd_packed_publish(struct vqd *d)
{
	if (!d->held)
		return;
	d->held = false;
	vq_expose_desc(packed_id_flags(&d->pdesc[d->held_pos]), d->held_word, false);
}

uint32_t
vqd_packed_call_added(struct vqd *d)
{
	uint32_t added = d->used_pos - d->call_pos;

	if (d->used_wrap != d->call_wrap)
		added += d->size;
	d->call_pos = d->used_pos;
	d->call_wrap = d->used_wrap;
	return added;
}

bool
vqd_packed_call_wanted(const struct vqd *d, uint32_t nb)
{
	uint32_t pos = d->call_pos;
	bool wrap = d->call_wrap;

	if (nb > pos) {
		pos += d->size;
		wrap = !wrap;
	}
	return vq_event_wanted(vq_read_event(d->driver_event), d->event_idx, d->size,
			pos - nb, wrap, nb);
}

void
vqd_packed_notify(struct vqd *d, bool on)
{
	uint32_t event = (uint32_t)PVIRTQ_EVENT_F_DISABLE << 16;

	if (on && d->event_idx)
		event = (uint32_t)PVIRTQ_EVENT_F_DESC << 16 | (uint32_t)d->avail_wrap << 15 |
			d->avail_pos;
	else if (on)
		event = (uint32_t)PVIRTQ_EVENT_F_ENABLE << 16;
	vq_write_event(d->device_event, event);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half's split layout (virtio 1.4, 2.7): available ring, walks over
 * descriptor chains and tables, used ring.
 *
 * Called by vq_device.c alone; calls vq_device_walk.c.
 */
#include <errno.h>

#include "vq_device_split.h"
#include "vq_event.h"

/* While quiet, avail_event is moved to this far ahead of what was popped. */
#define EVENT_AHEAD	0x4000

/* The available index, if it shows more than what was popped. */
static int
split_see_avail(struct vqd *d)
{
	uint16_t idx = vq_observe_idx(&d->avail->idx, false);

	if (idx == d->avail_idx)
		return 0;
	if ((uint16_t)(idx - d->used_idx) > d->size)
		return vqd_refuse_ring(d, "available index further ahead than the queue is long");
	d->avail_seen = idx;
	return 1;
}

static int
split_begin_one(struct vqd *d, struct vqd_head *head)
{
	uint16_t idx = d->avail_idx;
	int rc;

	if (idx == d->avail_seen) {
		rc = split_see_avail(d);
		if (rc <= 0)
			return rc;
	}
	head->at = vq_read16(&d->avail->ring[idx & d->mask]);
	if (head->at >= d->size)
		return vqd_refuse_ring(d, "available head out of range");
	vqd_read_entry(&head->entry, &d->desc[head->at]);
	if (head->entry.lo & VIRTQ_DESC_F_INDIRECT)
		vqd_find_table(d, head);
	d->avail_idx = (uint16_t)(idx + 1);
	return 1;
}

int
vqd_split_begin(struct vqd *d, struct vqd_head *heads, uint16_t nb)
{
	uint16_t i;
	int rc;

	for (i = 0; i < nb; i++) {
		rc = split_begin_one(d, &heads[i]);
		if (rc <= 0)
			return i != 0 ? i : rc;
	}
	return i;
}

/* A table's chain, from entry 0 by next (2.7.5.3). */
static inline int
split_walk_table(struct vqd_walk *w, const void *table, const struct vqd_entry *ref)
{
	struct vqd_entry entry;
	uint32_t i = 0;
	uint32_t nb;
	int rc;

	w->left += w->d->table_extra;
	rc = vqd_walk_table(w->d, w->left, ref, ref->lo & VIRTQ_DESC_F_NEXT, &nb);
	/* Bounded: each turn takes one from w->left. */
	while (rc == 0) {
		rc = vqd_table_entry(w->d, table, ref->addr, i, &entry);
		if (rc != 0)
			break;
		if (entry.lo & VIRTQ_DESC_F_INDIRECT)
			return vqd_refuse(w->d, -EBADMSG, "indirect table within a table");
		rc = vqd_walk_buffer(w, entry.addr, entry.len, entry.lo & VIRTQ_DESC_F_WRITE);
		if (rc != 0 || (entry.lo & VIRTQ_DESC_F_NEXT) == 0)
			break;
		i = entry.hi;
		if (i >= nb)
			return vqd_refuse(w->d, -EBADMSG, "next beyond the indirect table");
	}
	return rc;
}

/* A chain from its head on.  Direct buffers may come before a table (2.7.5.3.2).
 * Bounded by w->left.
 */
static inline int
split_walk_chain(struct vqd_walk *w, const struct vqd_head *head)
{
	struct vqd *d = w->d;
	struct vqd_head at = *head;
	int rc;

	for (;;) {
		if (at.entry.lo & VIRTQ_DESC_F_INDIRECT)
			return split_walk_table(w, at.table, &at.entry);
		rc = vqd_walk_buffer(w, at.entry.addr, at.entry.len,
				at.entry.lo & VIRTQ_DESC_F_WRITE);
		if (rc != 0 || (at.entry.lo & VIRTQ_DESC_F_NEXT) == 0)
			return rc;
		if (at.entry.hi >= d->size)
			return vqd_refuse(d, -EBADMSG, "next out of range");
		vqd_read_entry(&at.entry, &d->desc[at.entry.hi]);
		if (at.entry.lo & VIRTQ_DESC_F_INDIRECT)
			vqd_find_table(d, &at);
	}
}

/* Any request; table: head->table, or a copy of what is there. */
static WIRE_NOINLINE int
split_finish_any(struct vqd *d, const struct vqd_head *head, const void *table,
		struct vqd_req *req)
{
	struct vqd_walk w = vqd_walk_begin(d, req);
	struct vqd_head at = *head;
	int rc;

	at.table = table;
	rc = split_walk_chain(&w, &at);
	vqd_walk_end(&w, req);
	return rc;
}

int
vqd_split_finish(struct vqd *d, const struct vqd_head *head, struct vqd_req *req)
{
	const void *table = head->table;
	struct vqd_table copy;
	int rc;

	req->id = (uint16_t)head->at;
	req->nb_desc = 1;
	if ((head->entry.lo & (VIRTQ_DESC_F_INDIRECT | VIRTQ_DESC_F_NEXT)) != VIRTQ_DESC_F_INDIRECT)
		return split_finish_any(d, head, table, req);
	if (vqd_finish_alike(d, head, req, &copy, &table))
		return 0;
	rc = split_finish_any(d, head, table, req);
	if (rc == 0 && table != head->table)
		vqd_note_shape(d, table, head->entry.len);
	return rc;
}

bool
vqd_split_has_avail(const struct vqd *d)
{
	return vq_observe_idx(&d->avail->idx, false) != d->avail_idx;
}

static void
split_put_used(struct vqd *d, uint16_t idx, uint32_t id, uint32_t len)
{
	struct virtq_used_elem *elem = &d->used->ring[idx & d->mask];

	vq_write32(&elem->id, id);
	vq_write32(&elem->len, len);
}

void
vqd_split_push(struct vqd *d, const struct vqd_req *req, uint32_t written)
{
	if (d->batches) {
		d->batch_id = req->id;
		d->batch_len = written;
		d->batch_open = true;
	} else {
		split_put_used(d, d->used_idx, req->id, written);
	}
	d->used_idx++;
}

/* One element, where the batch's first would be, with the id of its last (2.7.9). */
void
vqd_split_cut(struct vqd *d)
{
	split_put_used(d, d->batch_idx, d->batch_id, d->batch_len);
	d->batch_idx = d->used_idx;
}

static le16 *
split_avail_event(struct vqd *d)
{
	return (le16 *)(void *)&d->used->ring[d->size];
}

static void
split_move_event(struct vqd *d)
{
	d->event = (uint16_t)(d->avail_idx + EVENT_AHEAD);
	vq_write16(split_avail_event(d), d->event);
}

void
vqd_split_publish(struct vqd *d)
{
	if (d->quiet && d->event_idx && (uint16_t)(d->event - d->avail_idx) < EVENT_AHEAD / 2)
		split_move_event(d);
	if (d->used_shown == d->used_idx)
		return;
	d->used_shown = d->used_idx;
	vq_expose_idx(&d->used->idx, d->used_idx, false);
}

uint32_t
vqd_split_call_added(struct vqd *d)
{
	uint16_t added = (uint16_t)(d->used_shown - d->call_idx);

	d->call_idx = d->used_shown;
	return added;
}

bool
vqd_split_call_wanted(const struct vqd *d, uint32_t nb)
{
	if (!d->event_idx)
		return (vq_read16(&d->avail->flags) & VIRTQ_AVAIL_F_NO_INTERRUPT) == 0;
	return vq_event_passed(vq_read16(&d->avail->ring[d->size]),
			(uint16_t)(d->call_idx - nb), d->call_idx);
}

void
vqd_split_notify(struct vqd *d, bool on)
{
	if (!d->event_idx)
		vq_write16(&d->used->flags, on ? 0 : VIRTQ_USED_F_NO_NOTIFY);
	else if (on)
		vq_write16(split_avail_event(d), d->avail_idx);
	else
		split_move_event(d);
}

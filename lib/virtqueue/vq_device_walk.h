/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What vq_device.c shares with the two layouts; for this room alone.
 *
 * A pop has two steps, so that a burst can fetch memory ahead: begin takes the head
 * out of the ring and finds its indirect table, finish walks the chain.
 */
#ifndef VQ_DEVICE_WALK_H
#define VQ_DEVICE_WALK_H

#include "vq_barrier.h"
#include "vq_device.h"

/* A descriptor as it was read, once, in the host's order. */
struct vqd_entry {
	uint64_t addr;
	uint32_t len;
	uint16_t lo, hi;	/* split: flags, next; packed: id, flags */
};

/* A head taken out of the ring. */
struct vqd_head {
	struct vqd_entry entry;
	const void *table;	/* mapped whole, or NULL: fetch entry by entry */
	uint32_t at;		/* split: head; packed: position */
	bool wrap;		/* packed: wrap counter there */
};

/* A chain on its way into a request. */
struct vqd_walk {
	struct vqd *d;
	struct vqd_req *req;
	uint32_t left;		/* entries that it may still have */
	bool writable;		/* the device-writable part has begun */
};

/* Refuse a request: keeps why for vqd_why, returns err. */
int vqd_refuse(struct vqd *d, int err, const char *why);
/* Refuse it and break the queue: the ring itself makes no sense. */
int vqd_refuse_ring(struct vqd *d, const char *why);

/* One buffer: bounds, order, translation, segments. */
int vqd_walk_buffer(struct vqd_walk *w, uint64_t addr, uint32_t len, bool write);
/* Check an INDIRECT descriptor's flags and length; its entries into nb. */
int vqd_walk_table(struct vqd_walk *w, const struct vqd_entry *ref, bool next, uint32_t *nb);
/* Map a table as one piece if it is one, and start fetching it. */
void vqd_find_table(struct vqd *d, struct vqd_head *head);
/* Entry i of a table. */
int vqd_table_entry(struct vqd *d, const void *table, uint64_t addr, uint32_t i,
		struct vqd_entry *entry);

/* A descriptor out of shared memory into ours: each word is read once. */
static inline void
vqd_read_entry(struct vqd_entry *entry, const void *shared)
{
	const le64 *words = shared;
	uint64_t rest = vq_read64(&words[1]);

	entry->addr = vq_read64(&words[0]);
	entry->len = (uint32_t)rest;
	entry->lo = (uint16_t)(rest >> 32);
	entry->hi = (uint16_t)(rest >> 48);
}

/* Per layout.  begin: 1, VQD_BEGUN_CHAIN if it must be finished before the next is
 * begun, 0, -errno.  finish: 0 or -errno; the request's id and nb_desc are set in any
 * case.
 */
#define VQD_BEGUN_CHAIN		2

int vqd_split_begin(struct vqd *d, struct vqd_head *head);
int vqd_split_finish(struct vqd *d, const struct vqd_head *head, struct vqd_req *req);
int vqd_packed_begin(struct vqd *d, struct vqd_head *head);
int vqd_packed_finish(struct vqd *d, const struct vqd_head *head, struct vqd_req *req);

bool vqd_split_has_avail(const struct vqd *d);
bool vqd_packed_has_avail(const struct vqd *d);
void vqd_split_push(struct vqd *d, const struct vqd_req *req, uint32_t written);
void vqd_packed_push(struct vqd *d, const struct vqd_req *req, uint32_t written);
void vqd_split_cut(struct vqd *d);
void vqd_packed_cut(struct vqd *d);
void vqd_split_publish(struct vqd *d);
void vqd_packed_publish(struct vqd *d);
bool vqd_split_needs_call(struct vqd *d);
bool vqd_packed_needs_call(struct vqd *d);
void vqd_split_notify(struct vqd *d, bool on);
void vqd_packed_notify(struct vqd *d, bool on);

#endif

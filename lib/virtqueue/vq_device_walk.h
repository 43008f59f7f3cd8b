/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half's walk over a chain, for its two layouts; for this room alone.
 *
 * Each header of the device half includes those before it alone: vq_device.h,
 * vq_device_walk.h, vq_device_split.h and vq_device_packed.h.
 *
 * A pop has two steps, so that a burst can fetch memory ahead: begin takes the head
 * out of the ring and finds its indirect table, finish walks the chain.
 */
#ifndef VQ_DEVICE_WALK_H
#define VQ_DEVICE_WALK_H

#include "vq_barrier.h"
#include "vq_device.h"

#define VQD_FETCH_MAX	128	/* bytes brought in ahead, at most */

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

/* A chain on its way into a request.  A value, not an object: while its address stays
 * within inlined functions it lives in registers.
 */
struct vqd_walk {
	struct vqd *d;
	struct vqd_seg *seg;	/* of the request: max of them */
	uint32_t max, nb_read, nb_write;
	uint32_t read_len, write_len;
	uint32_t left;		/* entries that it may still have */
	bool writable;		/* the device-writable part has begun */
};

static inline struct vqd_walk
vqd_walk_begin(struct vqd *d, const struct vqd_req *req)
{
	return (struct vqd_walk){ .d = d, .seg = req->seg, .max = req->max_segs,
		.left = d->size };
}

static inline void
vqd_walk_end(const struct vqd_walk *w, struct vqd_req *req)
{
	req->nb_read = (uint16_t)w->nb_read;
	req->nb_write = (uint16_t)w->nb_write;
	req->read_len = w->read_len;
	req->write_len = w->write_len;
}

/* Refuses a request: keeps error for vqd_error, returns rc. */
int vqd_refuse(struct vqd *d, int rc, const char *error);
/* Refuses it with -EIO and breaks the queue: the ring itself contradicts the standard. */
int vqd_refuse_ring(struct vqd *d, const char *error);

/* One buffer: bounds, order, translation, segments. */
int vqd_walk_any(struct vqd_walk *w, uint64_t addr, uint32_t len, bool write);
/* After a walk with lost.on: leaves in req what of its writable part an answer may use. */
void vqd_walk_salvage(struct vqd *d, struct vqd_req *req);
/* Checks an INDIRECT descriptor's flags and length.  left: entries that its table may
 * have; *nb: those that it has.
 */
int vqd_walk_table(struct vqd *d, uint32_t left, const struct vqd_entry *ref, bool next,
		uint32_t *nb);
/* Map a table as one piece if it is one, and start fetching it. */
void vqd_find_table(struct vqd *d, struct vqd_head *head);
/* The entry at addr of a table that is not mapped in one piece, or not aligned. */
int vqd_gather_entry(struct vqd *d, uint64_t addr, struct vqd_entry *entry);

/* Copies a descriptor out of shared memory; each word is read once. */
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

/* Entry i of a table. */
static inline int
vqd_table_entry(struct vqd *d, const void *table, uint64_t addr, uint32_t i,
		struct vqd_entry *entry)
{
	if (table == NULL)
		return vqd_gather_entry(d, addr + i * sizeof(struct virtq_desc), entry);
	vqd_read_entry(entry, (const struct virtq_desc *)table + i);
	return 0;
}

/* Where [addr, addr + len) lies, if it is in the last stretch that translate reported;
 * else NULL.  Cannot overflow: each difference is only used where it is not negative.
 */
static inline uint8_t *
vqd_in_window(const struct vqd *d, uint64_t addr, uint64_t len, bool write)
{
	const struct vqd_window *w = &d->window[write];
	uint64_t off = addr - w->addr;

	return addr >= w->addr && off < w->len && len <= w->len - off ? w->ptr + off : NULL;
}

/* Bring in what is read next, a few cache lines at most: their latencies overlap.
 * Nothing happens where that is not mapped.
 */
static inline void
vqd_fetch(const void *p, uint64_t len)
{
	uint64_t end = (uint64_t)(uintptr_t)p + (len < VQD_FETCH_MAX ? len : VQD_FETCH_MAX);
	uint64_t at = (uint64_t)(uintptr_t)p & ~UINT64_C(63);

	for (; at < end; at += 64)
		__builtin_prefetch((const void *)(uintptr_t)at);
}

/* As vqd_walk_any: the common buffer, which lies where the last one did, without a
 * call.
 */
static inline int
vqd_walk_buffer(struct vqd_walk *w, uint64_t addr, uint32_t len, bool write)
{
	uint32_t at = w->nb_read + w->nb_write;
	uint8_t *ptr = vqd_in_window(w->d, addr, len, write);

	if (VQ_UNLIKELY(ptr == NULL || w->left == 0 || len == 0 || (w->writable && !write) ||
			at >= w->max || len > UINT32_MAX - w->read_len ||
			len > UINT32_MAX - w->write_len)) {
		struct vqd_walk apart = *w;
		int rc = vqd_walk_any(&apart, addr, len, write);

		*w = apart;
		return rc;
	}
	w->left--;
	w->writable = write;
	w->seg[at].ptr = ptr;
	w->seg[at].len = len;
	if (write) {
		w->nb_write++;
		w->write_len += len;
	} else {
		w->nb_read++;
		w->read_len += len;
	}
	return 0;
}

/* begin of either layout: the head's chain must be finished before the next one is begun. */
#define VQD_BEGUN_CHAIN		2

#endif

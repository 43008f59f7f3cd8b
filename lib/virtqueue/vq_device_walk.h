/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half's walk over a chain, for its two layouts; for this room alone.
 *
 * Each header of the device half includes those before it alone: vq_device.h,
 * vq_device_walk.h, vq_device_split.h and vq_device_packed.h.
 *
 * A pop has two steps, so that a burst can fetch memory ahead: begin takes heads out of
 * the ring and finds their indirect tables, finish walks a chain.
 */
#ifndef VQ_DEVICE_WALK_H
#define VQ_DEVICE_WALK_H

#include "vq_barrier.h"
#include "vq_device.h"

#define VQD_FETCH_MAX	128	/* bytes brought in ahead, at most */
#define VQD_WINDOW_MAX	(UINT64_C(1) << 62)	/* bytes of a window that a shape refers to */

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
/* vqd_find_table, for any table. */
void vqd_find_table_any(struct vqd *d, struct vqd_head *head);
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
	uint64_t at = (uint64_t)(uintptr_t)p;

	__builtin_prefetch(p);
	if (len > VQD_FETCH_MAX)
		len = VQD_FETCH_MAX;
	if (len > 64)
		__builtin_prefetch((const void *)(uintptr_t)(at + 64));
	if (len > 1)
		__builtin_prefetch((const void *)(uintptr_t)(at + len - 1));
}

/* Map a table as one piece if it is one, and start fetching it. */
static inline void
vqd_find_table(struct vqd *d, struct vqd_head *head)
{
	uint64_t len = head->entry.len;

	head->table = vqd_in_window(d, head->entry.addr, len, false);
	if (VQ_UNLIKELY(head->table == NULL || len - 1 >= VQD_FETCH_MAX ||
			(uintptr_t)head->table % sizeof(uint64_t) != 0))
		vqd_find_table_any(d, head);
	else
		vqd_fetch(head->table, len);
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

/* ---- tables of the shape of the last ones ----
 *
 * A table of a few entries is copied out of shared memory, once, and decided upon by the copy.
 * If it has the shape of those before it, all of its entries are checked and translated at
 * once.  Everything else is left to the general walk, over the same copy, which alone refuses
 * requests and then notes the shape.
 */

/* An entry is a pair of words and, in this order of bytes, a segment too. */
#define VQD_HAS_PAIRS \
	(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(struct vqd_seg) == sizeof(vq_pair))
#ifdef __clang__
#define VQD_SWAP_PAIR(p)	__builtin_shufflevector(p, p, 1, 0)
#else
#define VQD_SWAP_PAIR(p)	__builtin_shuffle(p, (vq_pair){ 1, 0 })
#endif

struct vqd_table {
	vq_pair entry[VQD_SHAPE_MAX];
};

/* Copies the head's table out of shared memory.  False, with nothing copied, if it is too long,
 * not in one piece, or none.
 */
static inline bool
vqd_copy_table(struct vqd_table *copy, const struct vqd_head *head)
{
	const uint8_t *from = head->table;
	uint32_t i, len = head->entry.len;

	if (from == NULL || len > sizeof(*copy) || len % sizeof(copy->entry[0]) != 0)
		return false;
	for (i = 0; i < len / sizeof(copy->entry[0]); i++)
		copy->entry[i] = vq_read_pair(from + i * sizeof(copy->entry[0]));
	return true;
}

/* What was found of entries. */
struct vqd_found {
	vq_pair words;		/* [offset; flags, link and length less one], ORed */
	vq_pair ends;		/* [bytes of the window behind the entry, -], ORed */
};

/* One entry into a segment, whatever it is.  Both words of sum grow: [-, length less one]. */
static WIRE_ALWAYS_INLINE void
vqd_translate_entry(struct vqd_found *found, vq_pair *sum, struct vqd_seg *seg, vq_pair entry,
		const uint64_t *want, vq_pair size, vq_pair to)
{
	vq_pair at = entry - *(const vq_pair *)want;

	*sum += at;
	found->words |= at;
	found->ends |= size - (at + VQD_SWAP_PAIR(at));
	at += to;
	memcpy(seg, &at, sizeof(*seg));
}

/* Whether the window has each entry, none is empty or longer than 2^31 bytes, and flags and
 * links are those that were wanted (others make the second word negative, or 2^32 - 1 and
 * more).  With offset and window below 2^62 and lengths below 2^32 no difference wraps, so
 * that only one that is negative has one of the two highest bits.
 */
static inline bool
vqd_found_is_good(const struct vqd_found *found, vq_pair sums)
{
	return ((found->words[0] | found->ends[0]) >> 62 |
			(found->words[1] | sums[1]) >> 31) == 0;
}

/* Does what a walk over the head's table does, if it has the shape of the last ones, and copies
 * it; else false.  An entry beyond the window may leave an address in a segment, which nobody
 * uses then.
 */
static WIRE_ALWAYS_INLINE bool
vqd_walk_alike(const struct vqd_shape *shape, struct vqd_req *req, struct vqd_table *copy,
		const struct vqd_head *head)
{
	const vq_pair mask = *(const vq_pair *)shape->mask;
	uint32_t i, nb = shape->len / (uint32_t)sizeof(copy->entry[0]), nb_read = shape->nb_read;
	const struct virtq_desc *table = head->table;
	struct vqd_found found = { { 0 }, { 0 } };
	vq_pair in = { 0 }, out = { 0 }, size, to;
	struct vqd_seg *seg = req->seg;

	size = *(const vq_pair *)shape->size[false];
	to = *(const vq_pair *)shape->to[false];
	for (i = 0; i < nb_read; i++) {
		copy->entry[i] = vq_read_pair(&table[i]);
		vqd_translate_entry(&found, &in, &seg[i], copy->entry[i] & mask, shape->want[i],
				size, to);
	}
	size = *(const vq_pair *)shape->size[true];
	to = *(const vq_pair *)shape->to[true];
	for (; i < nb; i++) {
		copy->entry[i] = vq_read_pair(&table[i]);
		vqd_translate_entry(&found, &out, &seg[i], copy->entry[i] & mask, shape->want[i],
				size, to);
	}
	if (VQ_UNLIKELY(!vqd_found_is_good(&found, in | out)))
		return false;
	req->nb_read = (uint16_t)nb_read;
	req->nb_write = (uint16_t)(nb - nb_read);
	req->read_len = (uint32_t)in[1] + nb_read;
	req->write_len = (uint32_t)out[1] + (nb - nb_read);
	return true;
}

/* The head's table, which is the whole request: true if that is done; else *table is what to
 * walk over, a copy of it or itself.
 */
static WIRE_ALWAYS_INLINE bool
vqd_finish_alike(const struct vqd *d, const struct vqd_head *head, struct vqd_req *req,
		struct vqd_table *copy, const void **table)
{
	const struct vqd_shape *shape = &d->shape;

	if (head->entry.len == shape->len && head->table != NULL &&
			shape->len <= req->max_segs * sizeof(copy->entry[0])) {
		if (vqd_walk_alike(shape, req, copy, head))
			return true;
	} else if (!vqd_copy_table(copy, head)) {
		*table = head->table;
		return false;
	}
	*table = copy->entry;
	return false;
}

/* Notes the shape of a table that was walked over, if it is a usual one; len: its bytes. */
void vqd_note_shape(struct vqd *d, const void *table, uint32_t len);

#endif

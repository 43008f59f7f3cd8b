/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half of a virtqueue, split (virtio 1.4, 2.7) or packed (2.8), for a
 * device in software that does not trust its driver.
 *
 * Owns: the walk over what the driver made available, with every index, flag,
 * length and address checked and each word read once; used entries; suppression of
 * notifications.  Knows no payload, no transport, no allocator: ring areas are
 * mapped by the caller and addresses are translated by its callback.
 *
 * Order in a burst: vqd_pop_pool -> work -> { vqd_push } -> vqd_publish -> vqd_asks_call or
 * vqd_needs_call; a part that is not worked on goes back by vqd_unpop.
 * Threads: one at a time per queue.
 */
#ifndef VQ_DEVICE_H
#define VQ_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/attributes.h"
#include "../wire/virtio_ring.h"

/*
 * Where the *len bytes at a driver's address are mapped, for reading or for writing
 * by the device.  If only the first part is contiguous, *len becomes its length (not
 * 0), and the rest takes another call.  NULL: not mapped, or not for this access.
 */
typedef void *(*vqd_translate)(void *ctx, uint64_t addr, uint64_t *len, bool write);

struct vqd_config {
	bool packed;
	bool indirect;			/* INDIRECT_DESC negotiated */
	bool event_idx;			/* EVENT_IDX negotiated */
	/* IN_ORDER negotiated, and one used entry may stand for many requests; they
	 * are pushed in the order in which they were popped.
	 */
	bool batches;
	uint16_t size;			/* entries: 1..32768, a power of two if split */
	/* The longest chain that ends in an indirect table, where that is more than size
	 * (2.7.5.3.1 allows no more than size): entries, at most 32768.
	 */
	uint16_t table_max;
	void *desc, *driver, *device;	/* ring areas, aligned 16/2/4 or 16/4/4 */
	/* Where to go on: 0 for a fresh split ring; packed: position, and the wrap
	 * counter in bit 15, so 0x8000 for a fresh one.
	 */
	uint16_t avail_base, used_base;
	vqd_translate translate;
	void *ctx;
	/* Device-readable bytes that one vqd_pop_pool takes at most, unless its first request
	 * alone has more; 0: no limit.
	 */
	uint32_t pop_bytes;
	/* An answer of translate holds until vqd_forget or vqd_fini, for the whole stretch
	 * that it reports: each call asks for all that follows an address, not only for a
	 * buffer, and later addresses in the same stretch need no call.
	 */
	bool lasting;
};

struct vqd_seg {
	uint8_t *ptr;
	uint32_t len;			/* bytes, not 0 */
};

struct vqd_req {
	/* Set by vqd_pop_pool; id and nb_desc are what vqd_push needs. */
	struct vqd_seg *seg;		/* nb_read + nb_write of them, in the caller's pool */
	uint16_t max_segs;		/* room there, when it was popped */
	uint16_t nb_read, nb_write;	/* segments: readable ones first, then writable */
	uint16_t id;			/* head descriptor (split), buffer id (packed) */
	uint16_t nb_desc;		/* descriptors of the ring that it takes */
	uint32_t read_len, write_len;	/* bytes */
};

/* The last answer of translate: addr .. addr + len - 1 lie at ptr. */
struct vqd_window {
	uint64_t addr, len;		/* bytes; len 0: none */
	uint8_t *ptr;
};

/* A table as the last ones were: so many entries, of which each is readable or writable and
 * leads to the next.  What its entries point to is looked up in the windows that were used.
 */
#define VQD_SHAPE_MAX	8		/* entries */
struct vqd_shape {
	/* Pairs of words, which go together with an entry's two. */
	uint64_t want[VQD_SHAPE_MAX][2];	/* the window's address; flags, link and 1 */
	uint64_t mask[2];		/* the bits of an entry that have a meaning */
	uint64_t size[2][2];		/* to read, to write: bytes of the window less one */
	uint64_t to[2][2];		/* to read, to write: where it is mapped, and 1 */
	uint32_t len;			/* bytes of the table; 0: none was seen */
	uint32_t nb_read;		/* entries */
} WIRE_ALIGNED(64);

struct vqd {
	/* Read-only after set-up.  The driver may write all of this memory at any
	 * time; nothing is read from it twice.
	 */
	union {
		const struct virtq_desc *desc;
		struct pvirtq_desc *pdesc;	/* and we write used ones here */
	};
	union {
		const struct virtq_avail *avail;
		const struct pvirtq_event_suppress *driver_event;
	};
	union {
		struct virtq_used *used;	/* written by us; never read back */
		struct pvirtq_event_suppress *device_event;
	};
	vqd_translate translate;
	void *ctx;
	uint32_t size, mask;
	uint32_t table_extra;		/* entries beyond size that a table may add */
	bool packed, indirect, event_idx, batches, lasting;
	uint64_t pop_bytes;			/* as configured; no limit: UINT64_MAX */

	struct vqd_window window[2];	/* to read, to write; written rarely */
	struct vqd_shape shape;		/* of tables; written rarely */

	/* Written in each burst. */
	union {
		struct {
			uint16_t avail_idx;	/* next to pop, free-running */
			uint16_t avail_seen;	/* driver's index, once validated */
			uint16_t used_idx;	/* pushed */
			uint16_t used_shown;	/* published */
			uint16_t call_idx;	/* used_shown at the last call check */
			uint16_t batch_idx;	/* first of the open batch */
			uint16_t event;		/* avail_event as last written */
		};
		struct {
			uint32_t avail_pos, used_pos;
			uint32_t call_pos;	/* used_pos at the last call check */
			uint32_t batch_pos;	/* first of the open batch */
			uint32_t held_pos;	/* of the used entry held back */
			uint32_t held_word;	/* its id and flags */
			uint32_t nb_desc;	/* popped and not pushed */
			bool avail_wrap, used_wrap, call_wrap, batch_wrap;
			bool held;
		};
	} WIRE_ALIGNED(64);
	/* Ring entries that the driver was shown, and may want to be called for; see
	 * vqd_asks_call.
	 */
	uint32_t call_open;
	uint32_t call_polls;	/* empty looks at the ring since */
	uint32_t batch_len;	/* length and id of the last request of the open batch */
	uint16_t batch_id;
	bool batch_open;
	bool quiet;		/* notifications were switched off */
	/* The present walk looks for the place of a status, past what is not mapped. */
	struct {
		bool on;
		bool write;		/* some of the device-writable part is not mapped */
		uint16_t nb_write;	/* writable segments found before that */
		uint64_t last;		/* address of the last byte that is not mapped */
	} lost;
	const char *broken;	/* the error that broke the queue; NULL while it works */
	const char *error;	/* of the last refused request */
};

/* 0, or -EINVAL.  Touches no ring memory; follow with vqd_notify_on or _off. */
int vqd_init(struct vqd *d, const struct vqd_config *cfg);
/* Forgets the memory; accepts a zeroed struct and may be called twice. */
void vqd_fini(struct vqd *d);

/* No answer of translate holds any more: memory went away.  The segments of requests that are
 * popped stay as they are, and so do the ring's areas: whether they are still there is the
 * caller's to know.
 */
void vqd_forget(struct vqd *d);

/* Where a successor would go on, as in vqd_config.  What was popped and not pushed
 * is lost to it.
 */
uint16_t vqd_avail_base(const struct vqd *d);
uint16_t vqd_used_base(const struct vqd *d);

/*
 * Up to nb requests into reqs, their segments one after the other into segs, which has
 * room for nb_segs.  Returns how many: less than nb if there are no more, if too few
 * segments are left for the next, or if it would exceed pop_bytes; or for a malformed one,
 * if it is the first:
 * -EBADMSG  its chain breaks a rule: descriptor out of range, loop, readable after
 *           writable, INDIRECT not negotiated or nested or with NEXT, table length 0
 *           or odd or more than size and table_max, more than 2^32 - 1 bytes
 * -EFAULT   an address is not mapped.  If nothing else is wrong, reqs[0] has the place for
 *           an answer: no readable segment, and of the writable part (write_len bytes)
 *           all segments, or its last byte alone; else it has no segment
 * -E2BIG    more segments than nb_segs
 * -EIO      the queue is broken; stays so
 * A malformed request was taken from the ring: hand reqs[0] back with vqd_push (length
 * 0) or call vqd_break.  Where it cannot be handed back, the queue is broken already.
 * vqd_error describes it, for one log line.
 */
int vqd_pop_pool(struct vqd *d, struct vqd_req *reqs, uint16_t nb, struct vqd_seg *segs,
		uint32_t nb_segs);
const char *vqd_error(const struct vqd *d);
/* Gives the last nb requests of the last vqd_pop_pool back to the ring: they are popped
 * again, as the driver describes them then.  None of them was pushed.
 */
void vqd_unpop(struct vqd *d, const struct vqd_req *reqs, uint16_t nb);

/*
 * Complete a request, in any order unless batches is set: written bytes were stored
 * from its first writable byte on.  Not visible before vqd_publish.  Each popped
 * request is pushed at most once.
 */
void vqd_push(struct vqd *d, const struct vqd_req *req, uint32_t written);
/* With batches: completes nb requests (1 and more), as vqd_push one by one.  written is of the
 * last one; the lengths of those before it do not reach the driver.
 */
void vqd_push_all(struct vqd *d, const struct vqd_req *reqs, uint16_t nb, uint32_t written);
/* With batches: end the batch here, so that the length of the request pushed last
 * reaches the driver (else only that of the last before vqd_publish does).
 */
void vqd_cut(struct vqd *d);
/* Shows all that was pushed, with one store. */
void vqd_publish(struct vqd *d);
/*
 * Does the driver want to be called for what it was shown?
 *
 * vqd_asks_call, after vqd_publish: without a full barrier, so that a driver's wish that is
 * younger may be missed; then vqd_owes_call, and vqd_asks_call_again is to be called whenever
 * the ring is found empty.  vqd_needs_call, after vqd_publish or before the ring is not looked
 * at any more (the device sleeps, or stops): with a full barrier, and final.
 *
 * Why no call is lost is said in vq_state.h, of kicks; this is the same with the sides
 * exchanged.  Here, too, an index (EVENT_IDX) is not believed by itself, for a driver may move
 * it as it works: it is asked once more, with a barrier, after VQD_CALL_POLLS empty looks.
 */
#define VQD_CALL_POLLS	64u
bool vqd_asks_call(struct vqd *d);
bool vqd_asks_call_again(struct vqd *d);
bool vqd_needs_call(struct vqd *d);
static inline bool
vqd_owes_call(const struct vqd *d)
{
	return d->call_open != 0;
}

/* Ask the driver for no notifications (a hint; it may send some). */
void vqd_notify_off(struct vqd *d);
/* Ask for a notification of the next request.  True: there is one by now, perhaps
 * without a notification, or an error to find; go on popping.
 */
bool vqd_notify_on(struct vqd *d);

/* Breaks the queue for good; the first error stays. */
void vqd_break(struct vqd *d, const char *error);

#endif

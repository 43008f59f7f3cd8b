/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver half of a virtqueue, split (virtio 1.4, 2.7) or packed (2.8).
 *
 * Owns: ring memory's contents, the private shadow of everything that the device
 * may write, the tokens of what is in flight.  Knows no crypto, no transport, no
 * allocator: memory and bus addresses are handed in by the caller.
 *
 * A request takes one slot.  Each slot has a table of entries (address, length)
 * in memory shared with the device, filled in by the caller: device-readable
 * entries first, then device-writable ones.  With INDIRECT_DESC the table is the
 * request's indirect table and the request takes one ring descriptor, of the
 * same number as the slot (split) or with the slot as its buffer id (packed);
 * without it, vq_add copies the table into the ring as a chain.
 *
 * Verbs of the hot path are static inline and take the kind as a constant
 * argument, so that a caller's loop is compiled once per kind with no test of the
 * layout inside.  Order in a burst: vq_nb_free -> { vq_next_slot -> fill vq_table
 * -> vq_shape -> vq_add } -> vq_publish -> vq_needs_kick; and vq_used ->
 * { vq_take }.
 *
 * Threads: one at a time per virtqueue; the device is the only peer.
 * Trust: the device may write all of ring and table memory at any time.  Nothing
 * read from there is used before a range check, and only used indices, ids,
 * lengths and flags are read at all; a violation breaks the queue for good.
 */
#ifndef VQ_VIRTQUEUE_H
#define VQ_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/virtio_ring.h"

enum vq_kind {
	VQ_SPLIT,
	VQ_SPLIT_IN_ORDER,
	VQ_PACKED,
	VQ_PACKED_IN_ORDER,
};

#define VQ_IS_PACKED(kind)	((kind) >= VQ_PACKED)
#define VQ_IS_IN_ORDER(kind)	((kind) == VQ_SPLIT_IN_ORDER || (kind) == VQ_PACKED_IN_ORDER)

/* vq_take's length where the device gave none: all but the last of an IN_ORDER
 * batch; packed, when WRITE is clear: nothing was written.
 */
#define VQ_LEN_UNKNOWN		UINT32_MAX

/* An entry of a slot's table.  addr and len lie at the same place in both layouts; the last
 * four bytes are the layout's flags and links, kept by vq_shape.
 */
struct vq_entry {
	le64 addr;	/* bus address */
	le32 len;	/* bytes */
	le16 tail[2];	/* owned by the virtqueue; never write these */
};
WIRE_SIZE(struct vq_entry, 16);

struct vq_config {
	enum vq_kind kind;
	uint16_t size;			/* entries: 1..32768, a power of two if split */
	bool indirect;			/* INDIRECT_DESC negotiated */
	bool event_idx;			/* EVENT_IDX negotiated */
	bool order_platform;		/* ORDER_PLATFORM negotiated: device barriers */
	bool fifo_slots;		/* hand slots out strictly in ring order: INDIRECT
					 * only, and says nothing where IN_ORDER does
					 */

	void *ring;			/* vq_ring_size bytes, VQ_RING_ALIGN aligned */
	uint64_t ring_iova;
	void *tables;			/* one every table_stride bytes; which: vq_table */
	uint64_t tables_iova;
	uint32_t table_stride;		/* bytes, a multiple of 16 */
	uint16_t table_entries;		/* capacity of one table, 1..size (2.7.5.3.1) */

	void *shadow;			/* private memory, vq_shadow_size bytes, cache aligned */
	uint16_t first_idx;		/* initial free-running index; 0 but in tests */
};

#define VQ_RING_ALIGN		4096	/* bytes */
#define VQ_SHADOW_ALIGN		64	/* bytes */

struct vq;

/* Bytes of ring memory for a kind and size (entries). */
size_t vq_ring_size(enum vq_kind kind, uint16_t size);
/* Bytes of private memory for a size (entries). */
size_t vq_shadow_size(uint16_t size);
/* Offsets (bytes) of the three areas within ring memory: 2.6 names. */
struct vq_areas {
	size_t desc, driver, device;
};
void vq_ring_areas(struct vq_areas *areas, enum vq_kind kind, uint16_t size);

/*
 * Set up a virtqueue in caller's memory: ring and tables are zeroed, every slot
 * is free, notifications from the device are off.  0, or -EINVAL if a size, an
 * alignment or a combination is not allowed.  vq_fini forgets the memory (never
 * frees it), accepts a zeroed vq and may be called twice.
 */
int vq_init(struct vq *vq, const struct vq_config *cfg);
void vq_fini(struct vq *vq);

/* Why a queue is broken: a number, for struct vq may be shared with other processes,
 * whose constants lie elsewhere.
 */
enum vq_error {
	VQ_WORKS,
	/* rules of the ring, broken by the device */
	VQ_USED_IDX,		/* used index beyond what is in flight */
	VQ_USED_RANGE,		/* used id out of range */
	VQ_USED_IDLE,		/* used id not in flight */
	VQ_USED_ORDER,		/* IN_ORDER: used id outside of what is in flight */
	/* from this side */
	VQ_TAKEN_BACK,		/* requests were taken back (vq_detach) */
	VQ_STOPPED,
	VQ_LOST,		/* the device is gone or was reset */
	VQ_NB_ERRORS
};

/* Why the queue is broken, as text; NULL while it works.  A broken queue stays broken
 * until vq_init; add nothing more, read the device's memory no more.
 */
const char *vq_broken(const struct vq *vq);
/* Break it from outside (transport lost, device needs reset).  The first error stays. */
void vq_break(struct vq *vq, enum vq_error error);

/* Take back one request in flight without the device: its token and slot, or
 * NULL when none is left.  Oldest first where IN_ORDER, else by slot.  Only once
 * the device can no longer touch it (reset, broken).  Breaks a queue that still
 * worked: only vq_init makes it usable again.
 */
void *vq_detach(struct vq *vq, uint16_t *slot);

/* Takes back the request that was added last, in slot, and is not published yet: the ring
 * is as if it had not been added.  Several are taken back newest first.  Not in a broken
 * queue, whose requests vq_detach takes.
 */
void vq_cancel(struct vq *vq, uint16_t slot);

/* vq_add with a table elsewhere (more entries than the slot's own), which the device
 * may use until the request is taken; shapes it too.  0, or -EINVAL and nothing was
 * added: no INDIRECT_DESC, no entries, or more than the queue has (2.7.5.3.1).
 */
int vq_add_ext(struct vq *vq, enum vq_kind kind, uint16_t slot, void *token,
		struct vq_entry *table, uint64_t table_iova,
		uint16_t nb_read, uint16_t nb_write);

/* In vq_hot.h:
 *
 * uint16_t vq_nb_free(const struct vq *vq);
 *	Requests that can be added now; without INDIRECT_DESC those of table_entries
 *	descriptors that the ring has room for.  0 if the queue is broken.
 * uint16_t vq_nb_in_flight(const struct vq *vq);
 * bool vq_is_broken(const struct vq *vq);
 *	vq_broken() != NULL, at the price of one test.
 * uint16_t vq_next_slot(struct vq *vq, enum vq_kind kind);
 *	The slot that the next vq_add takes.  No state changes: not adding is the
 *	abort.  Only if vq_nb_free() > 0.
 * struct vq_entry *vq_table(const struct vq *vq, uint16_t slot);
 * uint64_t *vq_tag(const struct vq *vq, uint16_t slot);
 *	A word of the caller's for each slot, in private memory where the verbs look
 *	anyway; 0 after vq_init, never touched by the virtqueue.
 * void vq_shape(struct vq *vq, enum vq_kind kind, uint16_t slot,
 *		uint16_t nb_read, uint16_t nb_write);
 *	Writes the entries' flags and links unless the slot has that shape already.
 *	1 <= nb_read + nb_write <= table_entries.
 * void vq_add(struct vq *vq, enum vq_kind kind, uint16_t slot, void *token);
 *	Puts the request into the ring, not yet visible.  token is not NULL.
 * void vq_publish(struct vq *vq, enum vq_kind kind);
 *	Makes all added requests available with one store.
 * bool vq_needs_kick(struct vq *vq, enum vq_kind kind);
 *	After each vq_publish: does the device want a notification for what was
 *	published since the last time?  Waits until what was published is visible.
 * bool vq_asks_kick(struct vq *vq, enum vq_kind kind);
 *	The same without the wait.  True is as good as vq_needs_kick's.  False leaves the
 *	question open: the device may be about to sleep.  Then each poll that finds
 *	nothing, and each try to add to a full ring, must call vq_owes_kick, until what
 *	was published is used; vq_state.h says why that is enough.
 * bool vq_owes_kick(const struct vq *vq);
 *	May the question be open?  Then call vq_asks_again.
 * bool vq_asks_again(struct vq *vq, enum vq_kind kind);
 *	True: the device is to be notified, now.
 * uint32_t vq_notify_data(const struct vq *vq, enum vq_kind kind);
 *	next_off and next_wrap for NOTIFICATION_DATA (4.1.5.2), bits 16-31, of what the
 *	last vq_needs_kick or vq_asks_kick was about.
 * uint16_t vq_used(struct vq *vq, enum vq_kind kind, uint16_t max);
 *	An upper bound, at most max, for the completions that vq_take can return
 *	now; 0 if none, or if the queue is (now) broken.
 * void *vq_take(struct vq *vq, enum vq_kind kind, uint16_t *slot, uint32_t *len);
 *	The next completed request: its token, its slot (free again), and the bytes
 *	that the device says it wrote, clamped to nothing: never trust it;
 *	VQ_LEN_UNKNOWN if it did not say.  len NULL: not read at all, which is
 *	cheaper; IN_ORDER, a caller that begins to ask gets the lengths of requests
 *	added after it last did not.  NULL when there is none or the device broke a
 *	rule (see vq_broken).
 *
 * The same for bursts, cheaper per request: what changes of struct vq is held in a
 * local variable, kept in registers as long as its address goes nowhere but into
 * these verbs.  Between _begin and _end use no other verb that changes the queue.
 *
 * plain is a constant, like the kind: true promises vq_is_plain(), false is always
 * right.
 *
 * bool vq_is_plain(const struct vq *vq);
 *	A request takes one descriptor, and its slot is free when it was taken: with
 *	INDIRECT_DESC and without fifo_slots.  Fixed by vq_init.
 * uint32_t vq_feed_begin(struct vq_feed *f, struct vq *vq, enum vq_kind kind, bool plain);
 *	Returns vq_nb_free.
 * size_t vq_feed_slot(const struct vq_feed *f, enum vq_kind kind);
 * struct vq_entry *vq_feed_table(const struct vq_feed *f, size_t slot);
 * const struct vq_entry *vq_feed_next_table(const struct vq_feed *f, size_t slot,
 *		enum vq_kind kind);
 *	Where the request after the one in slot will have its table, if there is room for
 *	it: a hint, to fetch its lines ahead, which is wrong once around a packed ring.
 *	Only of a queue that is plain.
 * uint64_t *vq_feed_tag(const struct vq_feed *f, size_t slot);
 * void vq_feed_add(struct vq_feed *f, enum vq_kind kind, size_t slot, void *token);
 * void vq_feed_end(struct vq_feed *f, enum vq_kind kind);
 * void vq_feed_publish(struct vq_feed *f, enum vq_kind kind);
 *	As vq_next_slot, vq_table, vq_tag, vq_add; vq_shape may be used between them.
 *	_publish is _end and vq_publish in one; after either follows vq_needs_kick
 *	or vq_asks_kick.
 *	If nothing was added, nothing need be ended.  To add one by another verb in the
 *	middle: end, add, begin.
 * bool vq_is_idle(const struct vq *vq, enum vq_kind kind);
 *	For a poll, the cheapest question there is: nothing is used, and the device asks for
 *	no kick that it did not get.  Not to be asked of a broken queue.  False: call
 *	vq_used_most, and if nothing is taken, vq_owes_kick.
 * size_t vq_used_most(struct vq *vq, enum vq_kind kind, size_t max);
 *	As vq_used, but without a look where completions were seen before and not taken
 *	(split), or at all (packed: only vq_drain_take tells).
 * void vq_drain_begin(struct vq_drain *d, struct vq *vq, enum vq_kind kind, size_t nb,
 *		bool plain);
 *	To take nb, at most: what vq_used or vq_used_most just returned.
 * bool vq_drain_take(struct vq_drain *d, enum vq_kind kind, void **token, size_t *slot,
 *		uint32_t *len);
 *	As vq_take, with the token through a pointer; false: none, or nb were taken.
 * void vq_drain_end(struct vq_drain *d, enum vq_kind kind);
 */

#endif

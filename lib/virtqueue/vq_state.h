/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What both layouts of the driver half work on: struct vq, the two states of a burst,
 * and the seldom used steps on them that are the same for both (vq_state.c).
 *
 * Each header of the driver half includes those before it alone: virtqueue.h, vq_state.h,
 * vq_split.h and vq_packed.h, vq_hot.h.  The fields of these structs are for this room
 * alone.
 */
#ifndef VQ_STATE_H
#define VQ_STATE_H

#include "virtqueue.h"
#include "vq_barrier.h"

#define VQ_CACHE_LINE		((size_t)64)	/* bytes */

/* A slot's state in private memory; two slots share a cache line. */
struct vq_slot {
	void *token;		/* NULL: not in flight.  IN_ORDER goes by its indices
				 * and leaves old ones
				 */
	uint64_t tag;		/* the caller's, see vq_tag */
	struct vq_entry *table;	/* shared: written by the driver, never read back */
	/* As vq_shape last wrote it: the table itself may be overwritten by the device. */
	uint32_t table_len;	/* bytes in use, 16 per entry */
	uint32_t shape;		/* nb_read << 16 | nb_write; 0: none */
};

/* How requests lie in the ring, and when a slot is free again; fixed by vq_init. */
enum vq_form {
	/* One indirect descriptor each; the slot is free when its request was taken.
	 * Also IN_ORDER with fifo_slots, which has ring order by itself.
	 */
	VQ_FORM_PLAIN,
	/* The same, but slots become free in the order in which they were handed out:
	 * one taken early waits.  fifo_slots, never IN_ORDER.
	 */
	VQ_FORM_FIFO,
	/* No INDIRECT_DESC: a chain of as many descriptors as its table has entries;
	 * these and the slot are free when the request was taken.
	 */
	VQ_FORM_DIRECT,
};

/* What limits the requests that can be added; anything but slots is vq_nb_free_other's. */
enum vq_room {
	VQ_ROOM_SLOTS,		/* each needs a slot */
	VQ_ROOM_DESC,		/* VQ_FORM_DIRECT: and descriptors, which run out first */
	VQ_ROOM_NONE,		/* the queue is broken, of whatever form */
};

struct vq {
	/* Read-only after set-up.  All that desc, avail, tables point to may be
	 * written by the device; never read back (a chain is copied out of its table
	 * unread).
	 */
	union {
		struct virtq_desc *desc;
		struct pvirtq_desc *pdesc;	/* and used descriptors appear here */
	};
	union {
		struct virtq_avail *avail;
		struct pvirtq_desc *pdesc_end;
	};
	union {
		const struct virtq_used *used;
		const struct pvirtq_event_suppress *device_event;
	};
	struct vq_slot *slots;
	/* The slot of the next request to take each place in the ring, by index or position
	 * modulo size: the one that was freed there.  IN_ORDER needs none.  Direct: a stack
	 * of free descriptors (split) or slots (packed), see top.
	 */
	uint16_t *free_slot;
	uint64_t iova_delta;		/* bus address of a table less its own */
	uint32_t size;			/* entries */
	uint32_t mask;			/* size - 1; split only */
	uint8_t room;			/* enum vq_room; changes when the queue breaks */
	uint8_t broken;			/* enum vq_error; likewise */
	uint8_t form;			/* enum vq_form */
	bool packed;
	bool event_idx;
	bool platform;			/* ORDER_PLATFORM */
	uint16_t table_entries;
	enum vq_kind kind;
	uint16_t *link;			/* split, direct: next descriptor of a chain */
	/* Seldom written, or only where not vq_is_plain. */
	uint16_t detach_slot;		/* vq_detach: where it goes on looking */
	uint16_t fifo_slot;		/* fifo: the oldest slot that is not free */
	uint32_t holes;			/* fifo: done, but not free: behind one in flight */
	uint32_t desc_free;		/* direct: free descriptors of the ring */
	le16 busy_flags WIRE_ALIGNED(4);	/* split: for poll */
	le16 busy_idx;

	/* Written in each burst; the fields above are not, unless the queue breaks.
	 *
	 * top: direct: height of the stack.  packed: base - top - holes requests are in
	 * flight; both only count, modulo 2^32, where there is no stack.
	 */
	WIRE_ALIGNED(VQ_CACHE_LINE) uint32_t top;
	uint32_t base;		/* packed: top if nothing were in flight */
	uint16_t kick_open;	/* VQ_KICK_*, or a number of ring entries */
	uint16_t kick_polls;	/* that found nothing meanwhile */
	uint32_t used_event;	/* split, event_idx: as last written */
	union {
		struct {	/* split: indices are free-running, 16 bits count */
			uint32_t avail_idx;	/* requests added */
			uint32_t used_idx;	/* requests taken */
			uint32_t used_seen;	/* device's index, once validated */
			uint32_t kick_idx;	/* avail_idx when last asked about a kick */
			/* Where a poll looks: used.flags and used.idx as one word; or, while
			 * used_seen is ahead of used_idx, a word of our own that is not idle.
			 * Then there is no reason to fetch the device's line.
			 */
			const le16 *poll;
			/* That word as a poll finds it that has nothing to do: nothing is
			 * used, and no kick is asked for.
			 */
			le16 idle_flags WIRE_ALIGNED(4);
			le16 idle_idx;		/* used_idx */
			uint32_t desc_idx;	/* direct: descriptors added */
			uint32_t desc_done;	/* direct: and taken */
			uint32_t used_before;	/* IN_ORDER: used_seen the time before */
			uint32_t len_idx;	/* IN_ORDER: first of the next batch */
			uint32_t len;		/* IN_ORDER: of the last of a batch */
		};
		struct {	/* packed */
			struct pvirtq_desc *used_desc;	/* the next used one appears here */
			struct pvirtq_desc *head;	/* where head_bits belong */
			uint32_t avail_pos;	/* the next descriptor goes here */
			uint32_t avail_bits;	/* flags << 16 of an available one */
			uint32_t used_bits;	/* flags << 16 of a used one, masked */
			uint32_t head_bits;	/* id and flags held back; 0: none */
			uint32_t kick_pos;	/* avail_pos when last asked about a kick */
			uint32_t kick_bits;	/* avail_bits then */
			uint32_t batch;		/* IN_ORDER: used, not yet taken */
			uint32_t batch_len;	/* IN_ORDER: of the last of a batch */
		};
	};
} WIRE_ALIGNED(VQ_CACHE_LINE);

_Static_assert(sizeof(struct vq) == 3 * VQ_CACHE_LINE, "struct vq outgrew its lines");

/* What a burst of adding changes of struct vq, where the compiler can keep it in
 * registers across the caller's own stores.
 */
struct vq_feed {
	struct vq *vq;
	struct vq_slot *slots;		/* of vq, as are the next two */
	size_t mask;
	bool direct;			/* VQ_FORM_DIRECT; a constant where the caller
					 * promises vq_is_plain
					 */
	size_t at;			/* avail_idx or avail_pos */
	struct pvirtq_desc *desc;	/* packed: at avail_pos */
	struct pvirtq_desc *head;
	uint32_t bits, head_bits;
};

/* What a burst of taking changes, likewise. */
struct vq_drain {
	struct vq *vq;
	struct vq_slot *slots;		/* of vq, as are the next three */
	uint16_t *free_slot;
	size_t mask;
	enum vq_form form;		/* a constant where the caller promises vq_is_plain */
	size_t top;
	size_t at;			/* used_idx, or position of used_desc */
	struct pvirtq_desc *desc;	/* packed: used_desc */
	size_t left;			/* takes that may still succeed */
	uint32_t bits, batch;
};

/*
 * kick_open: is the device still to be asked whether it wants a notification of what it was
 * shown?  A driver that polls needs no full barrier between the store that shows requests and
 * the load of the device's wish (2.7.13.4.1, 2.8.21.3.1).
 *
 * The device stores its wish, has a full barrier, and looks at the ring before it sleeps.  If it
 * sees the driver's store there, it does not sleep.  If not, its wish was stored before that
 * look; stores become visible in finite time, so that a later load of the driver's finds it.
 * Without the barrier the driver's first load may be too early.  So a first load that finds no
 * wish leaves the question open, and polls that find nothing used repeat it, until they find the
 * wish, or until all was used: then the device has looked.  A program that does not poll gets
 * no answers either; for it the notification comes with its next poll.
 *
 * A flag (split without EVENT_IDX; packed, DISABLE) is taken back while the device works, so a
 * poll believes it.  An index (EVENT_IDX) stays where it was, and a device that moves it as it
 * works would get a notification of what it has seen already.  So the index is asked once more
 * only, after VQ_KICK_POLLS such polls and a full barrier, whose answer is final: by then what
 * the barrier waits for has long happened.
 *
 * The value: VQ_KICK_CLOSED; the newest so many ring entries up to kick_idx or kick_pos, less
 * those that are used; or VQ_KICK_ALL of them.  Split without EVENT_IDX it is always the last,
 * and idle_flags say whether the question is open.
 */
#define VQ_KICK_CLOSED	0u
#define VQ_KICK_ALL	0xffffu
/* Polls that find nothing before an open question is answered with a full barrier. */
#define VQ_KICK_POLLS	64u

/* An open question that is now of added entries more. */
static inline uint16_t
vq_kick_open_more(uint32_t open, uint32_t added)
{
	return (uint16_t)(open + added < VQ_KICK_ALL ? open + added : VQ_KICK_ALL);
}

/* used_bits of a broken packed queue: a masked word of id and flags never equals it. */
#define VQ_PACKED_NEVER		1u

/* Breaks the queue: a rule of the ring was broken by the device.  The first reason stays. */
VQ_COLD void vq_rule_broken(struct vq *vq, enum vq_error error);
/* vq_nb_free of a queue that is broken or VQ_FORM_DIRECT. */
uint16_t vq_nb_free_other(const struct vq *vq);
/* VQ_FORM_FIFO, when a slot is done: free it and those done before it that waited for it. */
void vq_retire_fifo(struct vq *vq, uint32_t slot);

/* Entries of a slot's table in use, as given to vq_shape. */
static inline uint32_t
vq_slot_entries(const struct vq *vq, uint32_t slot)
{
	return vq->slots[slot].table_len / (uint32_t)sizeof(struct vq_entry);
}

/* Keeps a private copy of the shape that is written to a slot's own table. */
static inline void
vq_note_shape(struct vq *vq, uint16_t slot, uint16_t nb_read, uint16_t nb_write)
{
	struct vq_slot *s = &vq->slots[slot];

	s->table_len = ((uint32_t)nb_read + nb_write) * (uint32_t)sizeof(struct vq_entry);
	s->shape = (uint32_t)nb_read << 16 | nb_write;
}

#endif

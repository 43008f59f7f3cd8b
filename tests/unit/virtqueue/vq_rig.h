/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A virtqueue in fenced memory, over all variants, and its far side: the simplest device
 * that can be written, after the kernel's own structs and with nothing of ours, which
 * sees what the driver half made available and completes or cheats as told.
 */
#ifndef VQ_RIG_H
#define VQ_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vq_hot.h"

#define RIG_TABLES_IOVA		UINT64_C(0x7000000000)
#define RIG_DATA_IOVA		UINT64_C(0x100000000)	/* buffers of request 0 */
#define RIG_MAX_ENTRIES		6
#define RIG_TABLE_STRIDE	192	/* bytes; poison behind the table */
#define RIG_POISON		0xa5

struct rig_variant {
	enum vq_kind kind;
	bool indirect, event_idx, platform, fifo;
	uint16_t size, first_idx;
};

/* A request as the test made it; its address is the token. */
struct rig_op {
	uint32_t seq;
	uint16_t slot, nb_read, nb_write;
	bool in_flight;
};

/* What the far side found. */
struct far_req {
	uint32_t seq;		/* from the addresses, so that nothing is taken on trust */
	uint16_t id, nb_desc, nb_read, nb_write;
};

struct rig_memory {
	uint8_t *mapping, *base;
	size_t map_len, len;
};

struct rig {
	struct rig_variant v;
	struct vq vq;
	struct vq_config cfg;
	struct vq_areas areas;
	struct rig_memory ring, tables, shadow;
	uint16_t entries;	/* capacity of a table */
	uint32_t seq;		/* of the next request */
	uint32_t done;		/* of the next completion in order */
	struct rig_op *ops;	/* by seq modulo nb_ops */
	uint32_t nb_ops;

	/* the far side's own state */
	uint16_t far_avail, far_used;			/* split */
	uint32_t far_pos, far_used_pos;		/* packed */
	bool far_wrap, far_used_wrap;
	bool far_flagless;	/* packed: WRITE is never set in a used descriptor, as QEMU does */
};

/* The variants, one after the other; a rig is set up for each.  RIG_EACH(r) { ... } */
struct rig *rig_next(struct rig *r);
#define RIG_EACH(r)	for (struct rig *r = rig_next(NULL); r != NULL; r = rig_next(r))
/* The same, for one kind of queue only; nothing is skipped silently elsewhere. */
struct rig *rig_make(const struct rig_variant *v);
void rig_free(struct rig *r);
/* Variants that RIG_EACH went through since the program started. */
unsigned int rig_count(void);
/* Teardown of each test: names the variant that failed. */
int rig_teardown(void **state);
int rig_run(const char *name, const struct CMUnitTest *tests, size_t nb);

/* The verbs with the kind as the constant that a real caller gives. */
uint16_t rig_next_slot(struct rig *r);
void rig_shape(struct rig *r, uint16_t slot, uint16_t nb_read, uint16_t nb_write);
void rig_vq_add(struct rig *r, uint16_t slot, void *token);
void rig_publish(struct rig *r);
bool rig_needs_kick(struct rig *r);
bool rig_asks_kick(struct rig *r);
/* Polls that find nothing, as many as it takes to close the question; whether one kicked. */
bool rig_polls_kick(struct rig *r);
uint32_t rig_notify_data(struct rig *r);
bool rig_is_idle(struct rig *r);
uint16_t rig_used(struct rig *r, uint16_t max);
void *rig_take(struct rig *r, uint16_t *slot, uint32_t *len);

/* A request with the next seq, of a shape that changes with it. */
struct rig_op *rig_add(struct rig *r);
/* nb of them by the verbs of a burst. */
void rig_feed(struct rig *r, uint16_t nb);
/* Take one; checks slot and token against the op.  NULL if there is none. */
struct rig_op *rig_take_op(struct rig *r, uint32_t *len);
struct rig_op *rig_op(struct rig *r, uint32_t seq);
/* Requests that a queue of this variant can hold for certain. */
uint16_t rig_capacity(const struct rig *r);

/* True and the request if one is available; its buffers are checked. */
bool far_pop(struct rig *r, struct far_req *req);
/* Used entry for a request that takes nb_desc descriptors; visible at once. */
void far_push(struct rig *r, uint16_t id, uint16_t nb_desc, uint32_t len);
/* IN_ORDER: one entry for nb requests of nb_desc descriptors in all. */
void far_push_batch(struct rig *r, uint16_t last_id, uint16_t nb, uint16_t nb_desc,
		uint32_t len);
/* A used entry that may say anything; its state stays. */
void far_lie(struct rig *r, uint32_t id, uint32_t len);
/* Split: the used index itself. */
void far_set_used_idx(struct rig *r, uint16_t idx);
/* Suppression of notifications, as the device would write it. */
void far_kicks_off(struct rig *r);
void far_kicks_on(struct rig *r);
/* EVENT_IDX: kick at this many requests (split) or descriptors (packed) from now. */
void far_kick_at(struct rig *r, uint16_t ahead);
/* Would the driver be interrupted for what was pushed since used index old? */
bool far_would_interrupt(struct rig *r, uint16_t old);

#endif

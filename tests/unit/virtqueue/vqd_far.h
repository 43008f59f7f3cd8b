/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The far side for tests of the device half, a driver: memory of its own in three regions,
 * a ring that may be written in any way, good or bad, split or packed.
 */
#ifndef VQD_FAR_H
#define VQD_FAR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vq_device.h"

/* Its memory: A and B follow each other there, not in the device; R cannot
 * be written by the device.  Nothing else is mapped.
 */
#define FAR_A		UINT64_C(0x10000)
#define FAR_B		UINT64_C(0x20000)
#define FAR_R		UINT64_C(0x80000)
#define FAR_LEN		0x10000
#define FAR_BIG	UINT64_C(0x100000000)	/* 8 GiB, said to be there */

#define FAR_MAX_SEGS	16
#define FAR_BURST	40

#define R_	0
#define W_	VIRTQ_DESC_F_WRITE

struct piece {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
};

struct far {
	struct vqd d;
	struct vqd_config cfg;
	bool packed;
	uint16_t size;
	uint8_t mem[3][FAR_LEN] __attribute__((aligned(64)));
	uint8_t ring[3][65536] __attribute__((aligned(64)));	/* desc, driver, device */
	struct vqd_seg segs[FAR_BURST][FAR_MAX_SEGS];
	struct vqd_req req[FAR_BURST];

	/* the driver's side */
	uint16_t next_desc;		/* split: descriptors are taken round and round */
	uint16_t avail_idx, used_idx;
	uint32_t pos, used_pos;
	bool wrap, used_wrap;
	uint16_t next_id;
	uint32_t table;			/* next free place for a table, in A */

	/* If set, run at each translation: a driver that writes while we look. */
	void (*meanwhile)(struct far *g);
	unsigned int translations;
};

/* Rings made from now on: the device may keep what it was told of addresses. */
extern bool far_lasting;

/* A fresh ring; start is the free-running index or position to begin at. */
struct far *far_make(bool packed, bool indirect, bool event_idx, bool batches,
		uint16_t size, uint16_t start);
void far_free(struct far *g);
void far_init_device(struct far *g);
void *far_translate(void *ctx, uint64_t addr, uint64_t *len, bool write);

struct virtq_desc *far_desc(struct far *g, uint16_t i);	/* split */
struct pvirtq_desc *far_pdesc(struct far *g, uint32_t i);	/* packed */
struct virtq_avail *far_avail(struct far *g);
struct virtq_used *far_used(struct far *g);
struct pvirtq_event_suppress *far_driver_event(struct far *g);
struct pvirtq_event_suppress *far_device_event(struct far *g);

/* Raw: a descriptor, and a head made available (split). */
void far_set_desc(struct far *g, uint16_t i, uint64_t addr, uint32_t len,
		uint16_t flags, uint16_t next);
void far_make_avail(struct far *g, uint16_t head);
/* Raw: the next descriptor of the packed ring, available; flags as given besides. */
void far_put_packed(struct far *g, uint64_t addr, uint32_t len, uint16_t id,
		uint16_t flags);

/* A table of these in its memory, well linked; its address. */
uint64_t far_write_table(struct far *g, const struct piece *p, uint32_t nb);
/* Where an address of A is in our memory. */
void *far_ptr(struct far *g, uint64_t addr);

/* A request, directly or with a table: available at once.  Returns its id. */
uint16_t far_direct(struct far *g, const struct piece *p, uint32_t nb);
uint16_t far_indirect(struct far *g, const struct piece *p, uint32_t nb);
/* One more descriptor that refers to a table at addr, len bytes long. */
uint16_t far_refer(struct far *g, uint64_t addr, uint32_t len, uint16_t flags);

/* One request, with room for the segments that req names. */
static inline int
far_pop(struct far *g, struct vqd_req *req)
{
	return vqd_pop_pool(&g->d, req, 1, req->seg, req->max_segs);
}

/* Up to nb of them into g->req, with room for all. */
static inline int
far_pop_burst(struct far *g, uint16_t nb)
{
	return vqd_pop_pool(&g->d, g->req, nb, g->segs[0], FAR_BURST * FAR_MAX_SEGS);
}

/* nb requests are made available, popped, pushed, published and found used. */
void far_complete(struct far *g, uint16_t nb);
/* EVENT_IDX: to be called for the entry so many ahead of the next used one, or behind it if
 * negative; at most one round.
 */
void far_set_used_event(struct far *g, int32_t ahead);

/* What the driver finds used: true, and id and length; or nothing new.  nb_desc: what
 * the request took.
 */
bool far_used_next(struct far *g, uint16_t nb_desc, uint32_t *id, uint32_t *len);

#endif

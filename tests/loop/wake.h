/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What test_vq_wake and test_vqd_wake share: a ring with its two halves, two threads that go
 * round after round together, and the runs over all variants.
 */
#ifndef WAKE_H
#define WAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "vq_device.h"
#include "vq_hot.h"

#define WAKE_ROUNDS	50000u
#define WAKE_SIZE	8		/* entries of the ring */
#define WAKE_MAX_DELAY	4096u		/* turns of wake_pause */
#define WAKE_PATIENCE	(1u << 30)	/* turns of waiting for the other thread */

struct wake_ring {
	enum vq_kind kind;
	bool event_idx;
	struct vq vq;
	struct vqd vqd;
	void *driver_area;	/* the driver's wish to be called lies here */
	uint8_t data[64];	/* the token of each request, and its buffer */
};

/* Rounds, of all runs, in which each side saw the other's store, so that both looked at the same
 * time: without any the test has shown nothing.
 */
extern uint32_t wake_met;

/* The only ring there is. */
bool wake_init(struct wake_ring *r, enum vq_kind kind, bool event_idx);
/* Waits until the other thread has got to round n.  False: it does not. */
bool wake_reached(const uint32_t *word, uint32_t n);
void wake_pause(unsigned int turns);
unsigned int wake_random(unsigned int *rnd, unsigned int mask);
/* Each kind, without and with EVENT_IDX, with a barrier and with polls in its place; the
 * program's exit status, 77 if the threads never met.
 */
int wake_run_all(bool (*run)(enum vq_kind kind, bool event_idx, bool polls));

/* The next request, not published. */
VQ_HOT void
wake_add(struct wake_ring *r, enum vq_kind kind)
{
	uint16_t slot = vq_next_slot(&r->vq, kind);

	vq_table(&r->vq, slot)[0].addr = cpu_to_le64((uintptr_t)r->data);
	vq_table(&r->vq, slot)[0].len = cpu_to_le32(1);
	vq_shape(&r->vq, kind, slot, 1, 0);
	vq_add(&r->vq, kind, slot, r->data);
}

/* Takes the answer to it. */
VQ_HOT bool
wake_take(struct wake_ring *r, enum vq_kind kind)
{
	uint16_t slot;

	return vq_used(&r->vq, kind, 1) == 1 && vq_take(&r->vq, kind, &slot, NULL) == r->data;
}

/* The device pops the request and pushes it; false: the ring is broken. */
bool wake_serve(struct wake_ring *r);

/* of = call(kind), with the kind as the constant that the verbs want. */
#define WAKE_BY_KIND(kind, of, call) do { \
	switch (kind) { \
	case VQ_SPLIT: of = call(VQ_SPLIT); break; \
	case VQ_SPLIT_IN_ORDER: of = call(VQ_SPLIT_IN_ORDER); break; \
	case VQ_PACKED: of = call(VQ_PACKED); break; \
	default: of = call(VQ_PACKED_IN_ORDER); break; \
	} \
} while (0)

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One ring of a device and its service: requests out of the ring, through the device
 * model, back into it.  Knows rings and the model, not how a ring came to be set up.
 *
 * Threads: one worker serves a ring (vcryptod_vring_serve, _arm, _disarm); the thread
 * that handles the front end's messages starts and stops it.  A lock per ring keeps
 * them apart: the worker only tries it and passes by, the other waits for at most one
 * batch.  After stop returned, no thread uses the ring's memory or descriptors.
 */
#ifndef VCRYPTOD_VRING_H
#define VCRYPTOD_VRING_H

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "model.h"
#include "vq_device.h"

/* Entries of the longest chain with an indirect table, also where the queue is shorter.  The
 * standard forbids that (2.7.5.3.1); Linux's driver builds a table as long as its request has
 * pieces, and QEMU's devices take up to this.
 */
#define VCRYPTOD_TABLE_MAX	1024

/* Completions that --out-of-order holds back at most. */
#define VCRYPTOD_HELD_MAX	(2 * VCRYPTOD_BATCH)

/* A ring as the front end described it; areas are mapped and were checked. */
struct vcryptod_vring_setup {
	uint16_t size;			/* entries */
	bool packed, indirect, event_idx, in_order;
	/* The driver's features are not known: a split ring, INDIRECT descriptors accepted,
	 * kicks enabled in both ways.
	 */
	bool blind;
	void *desc, *driver, *device;
	uint16_t avail_base, used_base;	/* as in vqd_config */
	int kick_fd, call_fd;		/* -1: none; duplicated, the caller keeps its own */
	struct vcryptod_memory *memory;	/* stays valid until stop */
};

struct vcryptod_held {
	struct vqd_req req;
	uint32_t written;
	bool exact;			/* the length has a meaning: it must reach the driver */
};

struct vcryptod_vring {
	/* Read-only once the worker runs. */
	struct vcryptod_model *model;
	const char *name;		/* of the socket, for messages */
	uint16_t index;
	bool control;
	int attention_fd;		/* set when the ring breaks; -1: none */

	alignas(64) bool hold;		/* atomic: the message thread waits for the lock */
	bool active;			/* atomic: started and not broken */
	bool broken;			/* atomic: the driver broke a rule; until restart */
	pthread_mutex_t lock;

	/* Under lock. */
	struct vqd vqd;
	int kick_fd, call_fd;
	bool in_order, armed;
	le16 *avail_event;		/* blind: in the ring, else NULL */
	struct vqd_seg *segs;		/* of a batch */
	uint32_t nb_segs;		/* room */
	struct vqd_req reqs[VCRYPTOD_BATCH];
	struct vcryptod_request data[VCRYPTOD_BATCH];
	uint64_t shuffle;		/* state of the generator; 0: complete in order */
	struct vcryptod_held held[VCRYPTOD_HELD_MAX];
	unsigned int nb_held;
};

/* 0 or -ENOMEM.  shuffle: the seed of --out-of-order, 0 for none. */
int vcryptod_vring_init(struct vcryptod_vring *v, struct vcryptod_model *model,
		const char *name, uint16_t index, bool control, uint64_t shuffle,
		int attention_fd);
void vcryptod_vring_fini(struct vcryptod_vring *v);

/* Begins service.  0; -EINVAL for impossible sizes, alignments or bases; -ENOMEM;
 * -errno of dup.
 */
int vcryptod_vring_start(struct vcryptod_vring *v, const struct vcryptod_vring_setup *s);
/* Ends service, with all popped requests completed and the bases for a successor in
 * *avail and *used.  false: it was not running and the bases are not set.
 */
bool vcryptod_vring_stop(struct vcryptod_vring *v, uint16_t *avail, uint16_t *used);

/* Serves one batch at most.  Returns the number of requests. */
unsigned int vcryptod_vring_serve(struct vcryptod_vring *v, struct vcryptod_lane *lane);
/* Enables the driver's kicks.  Returns the descriptor to wait for, -1 if there is none, -2 if
 * there is work already (or the lock is taken).
 */
int vcryptod_vring_arm(struct vcryptod_vring *v);
/* Disables kicks again and consumes those that came. */
void vcryptod_vring_disarm(struct vcryptod_vring *v);

/* Adds one to an eventfd; does not block if it is non-blocking. */
void vcryptod_event_set(int fd);

static inline bool
vcryptod_vring_is_active(const struct vcryptod_vring *v)
{
	return __atomic_load_n(&v->active, __ATOMIC_ACQUIRE);
}

static inline bool
vcryptod_vring_is_broken(const struct vcryptod_vring *v)
{
	return __atomic_load_n(&v->broken, __ATOMIC_ACQUIRE);
}

#endif

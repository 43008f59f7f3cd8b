/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One ring of a device and its service: requests out of the ring, through the device
 * model, back into it.  Knows rings and the model, not how a ring came to be set up.
 *
 * Threads: one worker serves a ring (vcryptod_vring_serve, _arm, _disarm); the thread
 * that handles the front end's messages starts and stops it.  A lock per ring keeps
 * them apart: the worker only tries it and passes by, the other waits for at most one
 * turn.  After stop returned, no thread uses the ring's memory or descriptors.
 *
 * Addresses of this process that were made of the driver's are kept in a turn (those of its
 * requests), in jobs of AKCIPHER, in the ring (its areas, and what it was told last), and nowhere
 * else: what is kept across turns are headers, keys and results, as copies, and completions.  So
 * memory can go away while the ring runs: vcryptod_vring_lose().
 *
 * A turn is VCRYPTOD_TURN_BYTES of requests, VCRYPTOD_BATCH of them at most; a longer
 * request is a turn of its own, of which a worker grants one in a round over all of its
 * rings.  What a turn does not take stays in the ring.
 *
 * A request of AKCIPHER is a turn that only hands it over to the worker's second thread (slow.h);
 * a later turn completes it.  What is behind it in the ring is served meanwhile, but for IN_ORDER:
 * that ring waits for it; and so does a ring that has VCRYPTOD_SLOW_MAX of them under way and one
 * more at its head.
 *
 * The descriptor to call the driver is the front end's too, which can make a write to it
 * wait: it may clear O_NONBLOCK, which is set here, and fill the counter.  The worker then
 * waits with the lock, and whoever wants it ends the process after VCRYPTOD_PATIENCE_MS.
 * A write without the lock would change nothing: the descriptor must not be closed before
 * the write has returned, so stop would have to wait for that all the same.
 */
#ifndef VCRYPTOD_VRING_H
#define VCRYPTOD_VRING_H

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "memory.h"
#include "model.h"
#include "slow.h"
#include "vq_device.h"

/* Entries of the longest chain with an indirect table, also where the queue is shorter.  The
 * standard forbids that (2.7.5.3.1); Linux's driver builds a table as long as its request has
 * pieces, and QEMU's devices take up to this.
 */
#define VCRYPTOD_TABLE_MAX	1024

/* Device-readable bytes of one turn: 10 ms of the slowest algorithm, and still enough long
 * requests for an engine that computes 16 side by side.
 */
#define VCRYPTOD_TURN_BYTES	(256u << 10)

/* How long start and stop wait for the worker's turn to end. */
#define VCRYPTOD_PATIENCE_MS	5000

/* So long a request may take for which a pause waits, if it is one that a worker grants once in a
 * round; then it ends with ERR.
 */
#define VCRYPTOD_PAUSE_MS	1000

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

/* What the requests of a ring are. */
enum vcryptod_vring_kind {
	VCRYPTOD_VRING_DATA,
	VCRYPTOD_VRING_CONTROL,
	VCRYPTOD_VRING_ADMIN		/* administration commands; the model has an admin */
};

struct vcryptod_held {
	struct vqd_req req;
	uint32_t written;
	bool exact;			/* the length has a meaning: it must reach the driver */
};

/* A part of a ring in this process' memory. */
struct vcryptod_area {
	const uint8_t *ptr;
	uint64_t len;			/* bytes */
	bool write;			/* by the device; else it is read alone */
};

/* Descriptors, driver's and device's area; of a packed ring descriptors are written, too. */
#define VCRYPTOD_AREAS	4

struct vcryptod_vring {
	/* Read-only once the worker runs. */
	struct vcryptod_model *model;
	const char *name;		/* of the socket, for messages */
	uint16_t index;
	enum vcryptod_vring_kind kind;
	int attention_fd;		/* set when the ring breaks; -1: none */
	int epoll_fd;			/* of its worker, for kicks; -1: none */

	alignas(64) bool hold;		/* atomic: the worker is to leave the ring */
	bool halt;			/* atomic: and to end what takes long */
	bool active;			/* atomic: started and not broken */
	bool broken;			/* atomic: the driver broke a rule; until restart */
	pthread_mutex_t lock;

	/* Under lock. */
	struct vqd vqd;
	int kick_fd, call_fd;
	bool in_order, armed;
	bool next_slow;			/* the next request is one of AKCIPHER, when last seen */
	unsigned int nb_tail;		/* jobs of line behind which nothing was taken */
	le16 *avail_event;		/* blind: in the ring, else NULL */
	struct vqd_seg *segs;		/* of a batch */
	uint32_t nb_segs;		/* room */
	struct vqd_req reqs[VCRYPTOD_BATCH];
	struct vcryptod_request data[VCRYPTOD_BATCH];
	uint64_t shuffle;		/* state of the generator; 0: complete in order */
	struct vcryptod_counters *counters;	/* NULL: not a data queue */
	struct vcryptod_held held[VCRYPTOD_HELD_MAX];
	unsigned int nb_held;
	struct vcryptod_slow_line line;
	const struct vcryptod_memory *memory;
	struct vcryptod_area area[VCRYPTOD_AREAS];
	uint64_t held_us;		/* when hold was set; of the thread that did it */

	/* Of a request that is a turn of its own, while it is computed. */
	pthread_mutex_t long_lock;
	struct {
		const struct vqd_req *req;	/* NULL: there is none */
		bool forget;			/* what the ring was told before it ends */
	} taken;
};

/* 0 or -ENOMEM.  shuffle: the seed of --out-of-order, 0 for none. */
int vcryptod_vring_init(struct vcryptod_vring *v, struct vcryptod_model *model,
		const char *name, uint16_t index, enum vcryptod_vring_kind kind,
		uint64_t shuffle, int attention_fd);
void vcryptod_vring_fini(struct vcryptod_vring *v);

/* Begins service.  0; -EINVAL for impossible sizes, alignments or bases; -ENOMEM;
 * -errno of dup.
 */
int vcryptod_vring_start(struct vcryptod_vring *v, const struct vcryptod_vring_setup *s);
/* Ends service, with all popped requests completed and the bases for a successor in
 * *avail and *used; the rest of what the driver made available is the successor's.  A
 * request longer than VCRYPTOD_PIECE that is in the engine ends with ERR, and so does one of
 * AKCIPHER that is behind the VCRYPTOD_SLOW_DRAIN_MS of slow.h.  false: it was not running and
 * the bases are not set.
 */
bool vcryptod_vring_stop(struct vcryptod_vring *v, uint16_t *avail, uint16_t *used);
/* The worker leaves the ring, as for a stop, which must follow: to stop many rings in the time
 * of one.
 */
void vcryptod_vring_hold(struct vcryptod_vring *v);

/* A ring that runs calls its driver by another descriptor from now on (-1: none), as in start; what
 * has ended before was told by the old one, and if there was none, the new one is written at once:
 * the driver sleeps through no interrupt.  Nothing else changes: requests go on, and one that is
 * waited for has VCRYPTOD_PAUSE_MS.  To do it for many rings, vcryptod_vring_pause() all of them
 * first.  0; -errno of dup: the ring must be stopped.
 */
int vcryptod_vring_set_call(struct vcryptod_vring *v, int fd);

/* Memory went away, which the table does not have any more: [p, p + len) in this process, with
 * all that it had in common with the ring.  First vcryptod_vring_pause() of all rings, so that
 * their turns end together; then vcryptod_vring_lose() of each: the ring goes on and nothing leads
 * to that memory any more, but jobs of AKCIPHER; or false, if a part of the ring itself lay in it:
 * the worker stays away, and a stop must follow.  A request that is a turn of its own is not waited
 * for if its memory is still there.  Last, vcryptod_vring_settle() of each that goes on returns
 * when its jobs of that memory are done, as at a stop; others are left alone.
 * What a region that is still there has, at the same address of this process, is not gone.
 */
void vcryptod_vring_pause(struct vcryptod_vring *v);
bool vcryptod_vring_lose(struct vcryptod_vring *v, const void *p, uint64_t len);
void vcryptod_vring_settle(struct vcryptod_vring *v, const void *p, uint64_t len);

/* The areas of a ring, VCRYPTOD_AREAS of them; some may have length 0. */
void vcryptod_vring_areas(struct vcryptod_area *area, const struct vcryptod_vring_setup *s);

/* Serves one turn at most.  Returns the number of requests; 1 if one waits for the next round,
 * since lane->spent is set.  Sets lane->spent when it has done one that takes long.
 */
unsigned int vcryptod_vring_serve(struct vcryptod_vring *v, struct vcryptod_lane *lane);
/* Enables the driver's kicks.  0: a kick wakes the worker's epoll; -1: no kick can; -2: there
 * is work already (or the lock is taken).
 */
int vcryptod_vring_arm(struct vcryptod_vring *v);
/* Disables kicks again. */
void vcryptod_vring_disarm(struct vcryptod_vring *v);

/* For tests: another bound than VCRYPTOD_PATIENCE_MS. */
extern unsigned int vcryptod_vring_patience_ms;

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

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The threads that serve rings.  A worker has a fixed list of rings, and a lane if data
 * queues are among them.  While one of them is active it polls; with a CPU of its own it
 * never stops polling, else it asks for kicks and sleeps once nothing came for
 * VCRYPTOD_SPIN_US.  Without an active ring it always sleeps.
 *
 * In a round each ring has one turn (vring.h).  A request of more bytes than a turn has is done
 * once in a round; the next round begins at the ring behind, so that rings with such requests take
 * turns, and all others wait for one of them.  Requests of AKCIPHER go to a second thread (slow.h).
 * While it has some, a worker with a CPU of its own sleeps as one without: they share that CPU.
 */
#ifndef VCRYPTOD_WORKER_H
#define VCRYPTOD_WORKER_H

#include <pthread.h>

#include "slow.h"
#include "vring.h"

#define VCRYPTOD_SPIN_US	100	/* polled in vain before sleeping */
#define VCRYPTOD_NAP_MS		100	/* longest sleep with active rings: a lost kick's cost */

struct vcryptod_worker {
	struct vcryptod_lane lane;
	const struct vcryptod_engine *engine;
	int cpu;			/* -1: none of its own */
	struct vcryptod_vring **ring;
	unsigned int nb_rings;
	unsigned int first;		/* ring that has the first turn of the next round */
	int epoll_fd;			/* edge-triggered: wake_fd, and the kicks of its rings */
	int wake_fd;
	bool stop;			/* atomic */
	bool running;
	pthread_t thread;
	struct vcryptod_slow slow;	/* where there is scratch */
};

/* 0 or -errno.  idx: the lane's.  scratch: bytes, 0 for control queues alone, which need no
 * lane.  max_rings bounds vcryptod_worker_add.
 */
int vcryptod_worker_init(struct vcryptod_worker *w, const struct vcryptod_engine *engine,
		unsigned int idx, int cpu, size_t scratch, unsigned int max_rings);
/* Before start. */
void vcryptod_worker_add(struct vcryptod_worker *w, struct vcryptod_vring *v);
int vcryptod_worker_start(struct vcryptod_worker *w);
/* The second thread, which inherits the caller's priority; while none of the rings runs. */
int vcryptod_worker_start_slow(struct vcryptod_worker *w);
/* Makes the thread look at its rings again after a change.  From any thread. */
void vcryptod_worker_wake(struct vcryptod_worker *w);
/* Ends the thread, within a turn, or the process after VCRYPTOD_PATIENCE_MS; the worker may
 * still be woken, to no effect.  The second thread goes on until fini, so that rings can be
 * stopped in between.  Accepts a zeroed struct; may be called twice, as may fini.
 */
void vcryptod_worker_stop(struct vcryptod_worker *w);
void vcryptod_worker_fini(struct vcryptod_worker *w);

#endif

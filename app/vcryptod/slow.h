/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The second thread of a worker, for requests of AKCIPHER, so that no other request waits behind
 * one.  Knows jobs and lines of them, one line for each of the worker's rings, no ring: the worker
 * takes the request from the ring, hands it over as a job, and takes the job back when it is done,
 * to push it.
 *
 * Lines take turns, a job each.  A job is not begun while its line is held (a stop of its ring is
 * under way).  Jobs that somebody waits for are settled: they go before all others, held or not,
 * for VCRYPTOD_SLOW_DRAIN_MS at most; what is not begun by then ends with ERR.  A stop gives back
 * to the ring what nothing was taken behind, and settles the rest; who takes memory away settles
 * the jobs of it.
 *
 * Threads: the owner of a line's ring (its lock) calls put, take and unput; who stops rings calls
 * settle and go_on, with the lock or without it; the thread runs jobs; init, add, start, stop and
 * fini are as the worker's.  Where the thread does not run (tests that are one thread), put
 * computes the job itself.
 */
#ifndef VCRYPTOD_SLOW_H
#define VCRYPTOD_SLOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "vq_device.h"

/* Jobs of one line, what is done and not taken back included. */
#define VCRYPTOD_SLOW_MAX	16

/* From the moment in which a line is held. */
#define VCRYPTOD_SLOW_DRAIN_MS	1000

struct vcryptod_slow_job {
	struct vqd_req req;		/* for the push */
	struct vcryptod_request r;	/* its header was read */
	uint64_t began;			/* when it was put here, in vcryptod_ticks() */
	struct vqd_seg seg[];		/* of both */
};

struct vcryptod_slow;

struct vcryptod_slow_line {
	/* Read-only once the worker runs; slow is NULL before add and after fini. */
	struct vcryptod_slow *slow;
	struct vcryptod_model *model;
	const bool *hold;		/* atomic: the ring is to be left */
	struct vcryptod_counters *counters;	/* as of a lane; the caller's to set */

	/* Under the ring's lock. */
	unsigned int nb;		/* jobs */

	/* Under slow's lock. */
	struct vcryptod_slow_job *wait[VCRYPTOD_SLOW_MAX];	/* a ring of jobs not begun */
	struct vcryptod_slow_job *done[VCRYPTOD_SLOW_MAX];
	struct vcryptod_slow_job *running;	/* where nb_running is not 0 */
	unsigned int first, nb_wait, nb_running;
	unsigned int nb_urgent;		/* the first of wait, which are settled */
	unsigned int nb_done;		/* atomic: read without the lock, too */
	uint64_t until_us;		/* of those */
};

struct vcryptod_slow {
	struct vcryptod_lane lane;
	const struct vcryptod_engine *engine;
	struct vcryptod_slow_line **line;	/* nb */
	unsigned int nb, next;
	int wake_fd;			/* of the worker */
	bool owes_wake;			/* jobs are done that the worker was not woken for */
	uint64_t woken_us;
	pthread_mutex_t lock;
	pthread_cond_t more;
	unsigned int nb_jobs;		/* atomic: of all lines, not done */
	bool stop;			/* under lock */
	bool running;			/* set under lock; cleared when the thread is gone */
	pthread_t thread;
};

/* 0 or -errno. */
int vcryptod_slow_init(struct vcryptod_slow *s, const struct vcryptod_engine *engine,
		size_t scratch, unsigned int max_lines);
/* Stopped.  Accepts what a failed init left, and a zeroed struct.  Jobs of a ring that was not
 * stopped are lost.
 */
void vcryptod_slow_fini(struct vcryptod_slow *s);
/* Before start; idx: the worker's lane. */
void vcryptod_slow_add(struct vcryptod_slow *s, struct vcryptod_slow_line *line,
		struct vcryptod_model *model, unsigned int idx, const bool *hold, int wake_fd);
int vcryptod_slow_start(struct vcryptod_slow *s);
/* Ends the thread once the job at hand is done, or the process after patience_ms. */
void vcryptod_slow_stop(struct vcryptod_slow *s, unsigned int patience_ms);

/* Copies request and segments.  -EBUSY: the line is full; -ENODEV: its worker has no slow lane;
 * -ENOMEM.
 */
int vcryptod_slow_put(struct vcryptod_slow_line *line, const struct vqd_req *req,
		const struct vcryptod_request *r);
/* A job that is done, to be freed; NULL: none. */
struct vcryptod_slow_job *vcryptod_slow_take(struct vcryptod_slow_line *line);
/* The job put last, if it was not begun, to be freed; else NULL. */
struct vcryptod_slow_job *vcryptod_slow_unput(struct vcryptod_slow_line *line);

/* The line is not held any more: its jobs are begun again. */
void vcryptod_slow_go_on(struct vcryptod_slow_line *line);

/* False while jobs for which uses says true are not done, or with NULL any; for the others nothing
 * changes.  What is not begun until until_us ends with ERR.
 */
bool vcryptod_slow_settle(struct vcryptod_slow_line *line, uint64_t until_us,
		bool (*uses)(const struct vcryptod_slow_job *job, const void *ctx),
		const void *ctx);

/* For tests: another bound than VCRYPTOD_SLOW_DRAIN_MS. */
extern unsigned int vcryptod_slow_drain_ms;

static inline bool
vcryptod_slow_is_busy(const struct vcryptod_slow *s)
{
	return __atomic_load_n(&s->nb_jobs, __ATOMIC_RELAXED) != 0;
}

static inline bool
vcryptod_slow_has_done(const struct vcryptod_slow_line *line)
{
	return __atomic_load_n(&line->nb_done, __ATOMIC_RELAXED) != 0;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sessions of one device, by id.
 *
 * An id is opaque to the driver: a slot number and a counter that starts at random and
 * changes with each use of the slot; slots are used again oldest first, so an id that
 * was destroyed names nothing for a long time.  Ids fit into 62 bits: the vhost-user
 * messages carry them as signed numbers.
 *
 * Threads: create and destroy from any thread (a lock orders them); find from any
 * number of threads, each between enter and leave of its own reader.  What find
 * returned may be used until leave: destroy first takes the session out of the table
 * and then waits until every reader that was inside has left, or has said by hold which
 * one session it goes on with for long.  So destroy waits for short requests alone,
 * VCRYPTOD_BATCH at most of each reader, never for a long one or one of AKCIPHER.  A session
 * that a reader holds is destroyed by the last one that releases it.  A reader waits for
 * nothing but, in release, the lock.  A thread must not destroy while it is inside.
 */
#ifndef VCRYPTOD_SESSION_H
#define VCRYPTOD_SESSION_H

#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>

#include "engine.h"
#include "req_alg.h"

struct vcryptod_session {
	uint64_t id;
	struct req_session p;			/* without key pointers */
	const struct req_alg *alg;
	const struct req_alg *auth_alg;		/* CHAIN */
	void *engine;				/* the engine's part */
	unsigned int row;			/* that counts its requests (figures.h) */
	bool removed;				/* under lock: who releases it last destroys it */
};

struct vcryptod_reader {
	alignas(64) uint64_t seq;		/* odd while the thread is inside */
	struct vcryptod_session *held;		/* atomic: the one that it still uses; NULL: any */
};

struct vcryptod_sessions {
	const struct vcryptod_engine *engine;
	struct vcryptod_session **slot;		/* max entries; NULL: free */
	struct vcryptod_reader *reader;
	uint32_t max, nb;
	unsigned int nb_readers;

	/* Writers only, under lock. */
	pthread_mutex_t lock;
	uint64_t *next_id;			/* per slot */
	uint32_t *free_slot;			/* a ring of max entries */
	uint32_t free_head;			/* oldest */
};

/* 0, -ENOMEM, -EINVAL for max or nb_readers of 0 or max above VCRYPTOD_SESSIONS_MAX. */
#define VCRYPTOD_SESSIONS_MAX	(1u << 20)
int vcryptod_sessions_init(struct vcryptod_sessions *t, const struct vcryptod_engine *engine,
		uint32_t max, unsigned int nb_readers);
/* Destroys the remaining sessions.  No reader is inside. */
void vcryptod_sessions_fini(struct vcryptod_sessions *t);

/* Takes over *s (its id is set) and publishes it.  0, or -ENOSPC: *s stays the caller's. */
int vcryptod_sessions_add(struct vcryptod_sessions *t, struct vcryptod_session *s);
/* Destroys it, keys wiped; where a reader holds it, by that reader.  0, or -ENOENT. */
int vcryptod_sessions_remove(struct vcryptod_sessions *t, uint64_t id);
/* Destroys all of them; how many there were. */
uint32_t vcryptod_sessions_clear(struct vcryptod_sessions *t);

static inline void
vcryptod_reader_enter(struct vcryptod_reader *r)
{
	/* Sequentially consistent: the look-up that follows must not come before it.
	 * Partner: vcryptod_sessions_wait_readers.
	 */
	__atomic_fetch_add(&r->seq, 1, __ATOMIC_SEQ_CST);
}

static inline void
vcryptod_reader_leave(struct vcryptod_reader *r)
{
	__atomic_fetch_add(&r->seq, 1, __ATOMIC_RELEASE);
}

/* Inside: of what was found, s alone is used until release, which comes before leave.  s may be
 * one that was never in the table.
 */
static inline void
vcryptod_reader_hold(struct vcryptod_reader *r, struct vcryptod_session *s)
{
	/* Partner: the acquire in vcryptod_sessions_wait_readers. */
	__atomic_store_n(&r->held, s, __ATOMIC_RELEASE);
}

void vcryptod_reader_release(struct vcryptod_reader *r, struct vcryptod_sessions *t);

/* Waits until each reader that was inside has left, or says which session it goes on with: what
 * was taken out of a table before is no longer used.  Bounded by a turn of short requests.
 */
void vcryptod_sessions_wait_readers(struct vcryptod_sessions *t);

/* NULL if there is no such session. */
static inline struct vcryptod_session *
vcryptod_sessions_find(const struct vcryptod_sessions *t, uint64_t id)
{
	uint64_t n = id & (VCRYPTOD_SESSIONS_MAX - 1);
	struct vcryptod_session *s;

	if (n >= t->max)
		return NULL;
	s = __atomic_load_n(&t->slot[n], __ATOMIC_SEQ_CST);
	return s != NULL && s->id == id ? s : NULL;
}

#endif

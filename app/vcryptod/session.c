/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of sessions: who gets which id, and when a session may go.  Rules for
 * threads are in session.h.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "session.h"
#include "wipe.h"

#define COUNTER_STEP	((uint64_t)VCRYPTOD_SESSIONS_MAX)
#define ID_MASK		((UINT64_C(1) << 62) - 1)

int
vcryptod_sessions_init(struct vcryptod_sessions *t, const struct vcryptod_engine *engine,
		uint32_t max, unsigned int nb_readers)
{
	uint32_t i;

	memset(t, 0, sizeof(*t));
	if (max == 0 || max > VCRYPTOD_SESSIONS_MAX || nb_readers == 0)
		return -EINVAL;
	if (pthread_mutex_init(&t->lock, NULL) != 0)
		return -ENOMEM;
	t->engine = engine;
	t->max = max;
	t->nb_readers = nb_readers;
	t->slot = calloc(max, sizeof(struct vcryptod_session *));
	t->next_id = calloc(max, sizeof(t->next_id[0]));
	t->free_slot = calloc(max, sizeof(t->free_slot[0]));
	t->reader = aligned_alloc(alignof(struct vcryptod_reader),
			nb_readers * sizeof(t->reader[0]));
	if (t->slot == NULL || t->next_id == NULL || t->free_slot == NULL || t->reader == NULL) {
		vcryptod_sessions_fini(t);
		return -ENOMEM;
	}
	memset(t->reader, 0, nb_readers * sizeof(t->reader[0]));
	/* A random start: a driver that takes an id for an index fails at once. */
	if (getrandom(t->next_id, max * sizeof(t->next_id[0]), 0) < 0)
		memset(t->next_id, 0x55, max * sizeof(t->next_id[0]));
	for (i = 0; i < max; i++) {
		t->next_id[i] = (t->next_id[i] & ID_MASK & ~(COUNTER_STEP - 1)) | i;
		t->free_slot[i] = i;
	}
	return 0;
}

void
vcryptod_sessions_fini(struct vcryptod_sessions *t)
{
	if (t->max == 0)
		return;
	if (t->slot != NULL)
		vcryptod_sessions_clear(t);
	free(t->reader);
	free(t->free_slot);
	free(t->next_id);
	free(t->slot);
	pthread_mutex_destroy(&t->lock);
	memset(t, 0, sizeof(*t));
}

int
vcryptod_sessions_add(struct vcryptod_sessions *t, struct vcryptod_session *s)
{
	uint32_t n;

	pthread_mutex_lock(&t->lock);
	if (t->nb == t->max) {
		pthread_mutex_unlock(&t->lock);
		return -ENOSPC;
	}
	n = t->free_slot[t->free_head];
	t->free_head = (t->free_head + 1) % t->max;
	t->nb++;
	s->id = t->next_id[n];
	t->next_id[n] = (t->next_id[n] + COUNTER_STEP) & ID_MASK;
	__atomic_store_n(&t->slot[n], s, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&t->lock);
	return 0;
}

void
vcryptod_sessions_wait_readers(struct vcryptod_sessions *t)
{
	unsigned int i;
	uint64_t seq;

	for (i = 0; i < t->nb_readers; i++) {
		seq = __atomic_load_n(&t->reader[i].seq, __ATOMIC_SEQ_CST);
		if (seq % 2 == 0)
			continue;
		while (__atomic_load_n(&t->reader[i].seq, __ATOMIC_ACQUIRE) == seq &&
				__atomic_load_n(&t->reader[i].held, __ATOMIC_ACQUIRE) == NULL)
			sched_yield();
	}
}

/* Under lock: the slot's session, out of the table. */
static struct vcryptod_session *
sessions_take_out(struct vcryptod_sessions *t, uint32_t n)
{
	struct vcryptod_session *s = t->slot[n];

	__atomic_store_n(&t->slot[n], NULL, __ATOMIC_SEQ_CST);
	t->free_slot[(t->free_head + t->max - t->nb) % t->max] = n;
	t->nb--;
	return s;
}

static void
sessions_destroy(struct vcryptod_sessions *t, struct vcryptod_session *s)
{
	t->engine->session_destroy(s->engine);
	vcryptod_wipe_ended();
	free(s);
}

/* Under lock. */
static bool
sessions_is_held(const struct vcryptod_sessions *t, const struct vcryptod_session *s)
{
	unsigned int i;

	for (i = 0; i < t->nb_readers; i++)
		if (__atomic_load_n(&t->reader[i].held, __ATOMIC_ACQUIRE) == s)
			return true;
	return false;
}

/* Under lock, s out of the table and the readers waited for: false if s is now theirs to destroy.
 * No reader can begin to hold it.
 */
static bool
sessions_take_back(struct vcryptod_sessions *t, struct vcryptod_session *s)
{
	s->removed = sessions_is_held(t, s);
	return !s->removed;
}

void
vcryptod_reader_release(struct vcryptod_reader *r, struct vcryptod_sessions *t)
{
	struct vcryptod_session *s = r->held;
	bool last;

	pthread_mutex_lock(&t->lock);
	__atomic_store_n(&r->held, NULL, __ATOMIC_RELEASE);
	last = s->removed && !sessions_is_held(t, s);
	pthread_mutex_unlock(&t->lock);
	if (last)
		sessions_destroy(t, s);
}

int
vcryptod_sessions_remove(struct vcryptod_sessions *t, uint64_t id)
{
	struct vcryptod_session *s;
	bool ours;

	pthread_mutex_lock(&t->lock);
	s = vcryptod_sessions_find(t, id);
	if (s != NULL)
		s = sessions_take_out(t, (uint32_t)(id & (VCRYPTOD_SESSIONS_MAX - 1)));
	pthread_mutex_unlock(&t->lock);
	if (s == NULL)
		return -ENOENT;
	vcryptod_sessions_wait_readers(t);
	pthread_mutex_lock(&t->lock);
	ours = sessions_take_back(t, s);
	pthread_mutex_unlock(&t->lock);
	if (ours)
		sessions_destroy(t, s);
	return 0;
}

uint32_t
vcryptod_sessions_clear(struct vcryptod_sessions *t)
{
	struct vcryptod_session *s;
	uint32_t i, nb = 0;

	pthread_mutex_lock(&t->lock);
	for (i = 0; i < t->max && t->nb != 0; i++) {
		if (t->slot[i] == NULL)
			continue;
		s = sessions_take_out(t, i);
		vcryptod_sessions_wait_readers(t);
		if (sessions_take_back(t, s))
			sessions_destroy(t, s);
		nb++;
	}
	pthread_mutex_unlock(&t->lock);
	return nb;
}

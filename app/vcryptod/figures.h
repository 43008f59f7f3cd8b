/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The live figures of one device: a page of memory that its process writes and its supervisor
 * reads (supervisor/ctl.h), for `vcryptod ctl`.
 *
 * The page is words of 64 bits, each a number.  There is no pointer, length or string in it, since
 * a device process may have been taken over by its guest: who reads it copies words, and
 * looks at what they say with the care that an unknown file gets (ctl_view.h).
 *
 * Threads: struct vcryptod_counters has one writer, which stores whole words; the rest of the page
 * is written under a lock or by the one thread that the field names.  Readers load words, and may
 * meet some that are newer than others.
 */
#ifndef VCRYPTOD_FIGURES_H
#define VCRYPTOD_FIGURES_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "virtio_crypto.h"

/* Of the meaning of the words: another one with each change. */
#define VCRYPTOD_FIGURES_LAYOUT		2

#define VCRYPTOD_NB_STATUS	(VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY + 1)

/* Kinds of requests by algorithm.  The first row is of requests that were refused before an
 * algorithm ran, the second one of those of AKCIPHER that waited for their turn when their ring
 * stopped or their session went, the last one of all algorithms for which there was no row left.
 */
#define VCRYPTOD_FIGURES_ROWS		32
#define VCRYPTOD_ROW_NONE		0
#define VCRYPTOD_ROW_CANCELLED		1
#define VCRYPTOD_ROW_FIRST		2
#define VCRYPTOD_ROW_REST		(VCRYPTOD_FIGURES_ROWS - 1)

/* Times by their length: two classes for each power of two from 256 ns on, so that each is a third
 * to a half longer than the one before; the first has all that is shorter, the last all that is
 * longer.
 */
#define VCRYPTOD_FIGURES_TIMES		48
#define VCRYPTOD_TIME_SHIFT		8

struct vcryptod_row {
	uint64_t requests;			/* answered */
	uint64_t failed;			/* of those: without a result */
	uint64_t bytes;				/* of source data of the others */
};

/* Of the data requests of one queue that one thread answers. */
struct vcryptod_counters {
	alignas(64) uint64_t requests;		/* answered */
	uint64_t bytes;				/* of their source data */
	uint64_t turns;				/* in how many batches they were computed */
	uint64_t time_ns;			/* the sum of what time[] counts */
	uint64_t status[VCRYPTOD_NB_STATUS];	/* requests by status */
	/* Requests by the time from being taken out of the ring until the result is there. */
	uint64_t time[VCRYPTOD_FIGURES_TIMES];
	struct vcryptod_row row[VCRYPTOD_FIGURES_ROWS];
};

/* Who counts: the worker, and its second thread (slow.h). */
enum { VCRYPTOD_BY_WORKER, VCRYPTOD_BY_SLOW, VCRYPTOD_NB_COUNTERS };

enum vcryptod_queue_state {
	VCRYPTOD_QUEUE_OFF,
	VCRYPTOD_QUEUE_RUNS,
	VCRYPTOD_QUEUE_BROKEN,			/* the driver broke a rule */
	VCRYPTOD_NB_QUEUE_STATES
};

struct vcryptod_queue_figures {
	alignas(64) uint64_t state;		/* of the thread that handles messages */
	struct vcryptod_counters by[VCRYPTOD_NB_COUNTERS];
};

struct vcryptod_figures {
	uint64_t nb_queues;			/* that the device has; the page may have more */
	/* Under the lock of vcryptod_figures_lock. */
	uint64_t row[VCRYPTOD_FIGURES_ROWS];	/* VCRYPTOD_ROW_KEY; 0: none yet */
	uint64_t sessions, sessions_max, sessions_created, sessions_destroyed, sessions_refused;
	uint64_t sas, sas_max, sas_created, sas_destroyed, sas_refused;	/* of both directions */
	uint64_t secret_bytes;			/* in the memory of secret.h */
	uint64_t unlocked_bytes;		/* of it, that the kernel refused to lock so far */

	/* Of the thread that handles messages. */
	uint64_t connected;			/* a front end is: 0 or 1 */
	uint64_t connections;			/* that came so far */
	uint64_t features;			/* that are agreed to */
	uint64_t guest_bytes;			/* of the front end's memory, as mapped */

	struct vcryptod_queue_figures queue[];	/* data queues */
};

/* What a row's requests are: the kind (enum req_kind; VCRYPTOD_ROW_IPSEC), and an algorithm or
 * two of vcryptod_row_alg(); 0: none.
 */
#define VCRYPTOD_ROW_KEY(kind, alg, auth) \
	((uint64_t)((kind) + 1) << 32 | (uint64_t)(alg) << 16 | (uint64_t)(auth))
#define VCRYPTOD_ROW_IPSEC	15

/* By the numbers of the standard, which begin with 1; number 0: none. */
static inline unsigned int
vcryptod_row_alg(enum virtio_crypto_service service, uint32_t number)
{
	return number != 0 ? ((unsigned int)service + 1) << 8 | (number & UINT8_MAX) : 0;
}

/* Bytes of the page of a device with so many data queues. */
static inline size_t
vcryptod_figures_size(unsigned int nb_queues)
{
	return sizeof(struct vcryptod_figures) + nb_queues * sizeof(struct vcryptod_queue_figures);
}

/* The page that fd is, which this closes in any case, or with fd of -1 one of this process alone;
 * zeroed by who made it.  NULL with errno: it is too short, or there is no memory.
 */
struct vcryptod_figures *vcryptod_figures_open(int fd, unsigned int nb_queues);
void vcryptod_figures_close(struct vcryptod_figures *f, unsigned int nb_queues);

/* For what is under lock.  Short: nothing waits while it is held. */
void vcryptod_figures_lock(void);
void vcryptod_figures_unlock(void);

/* The row of these requests, from now on.  From any thread. */
unsigned int vcryptod_figures_row(struct vcryptod_figures *f, uint64_t key);

/* One writer: no read-modify-write is needed, only whole stores. */
static inline void
vcryptod_figures_set(uint64_t *word, uint64_t n)
{
	__atomic_store_n(word, n, __ATOMIC_RELAXED);
}

static inline void
vcryptod_figures_add(uint64_t *word, uint64_t n)
{
	__atomic_store_n(word, *word + n, __ATOMIC_RELAXED);
}

/* The class of a time. */
static inline unsigned int
vcryptod_figures_class(uint64_t ns)
{
	unsigned int log, i;

	if (ns < UINT64_C(1) << VCRYPTOD_TIME_SHIFT)
		return 0;
	log = 63 - (unsigned int)__builtin_clzll(ns);
	i = 1 + 2 * (log - VCRYPTOD_TIME_SHIFT) + (unsigned int)(ns >> (log - 1) & 1);
	return i < VCRYPTOD_FIGURES_TIMES ? i : VCRYPTOD_FIGURES_TIMES - 1;
}

/* The time at which class i ends, ns; that of the last one has no meaning. */
static inline uint64_t
vcryptod_figures_class_end(unsigned int i)
{
	unsigned int log = VCRYPTOD_TIME_SHIFT + i / 2;

	return i % 2 == 0 ? UINT64_C(1) << log : UINT64_C(3) << (log - 1);
}

/* n requests took as long as since began, of vcryptod_ticks(). */
static inline void
vcryptod_figures_time(struct vcryptod_counters *c, uint64_t began, uint64_t n)
{
	uint64_t ns = vcryptod_ticks_ns(vcryptod_ticks() - began);

	vcryptod_figures_add(&c->time[vcryptod_figures_class(ns)], n);
	vcryptod_figures_add(&c->time_ns, ns * n);
}

#endif

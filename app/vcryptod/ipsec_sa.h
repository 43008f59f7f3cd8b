/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The security associations (SA) of one device, by direction and id: what each one says of its
 * packets, its numbers, its lifetime, and the engine's sessions that hold its keys.
 *
 * The driver chooses ids, below the limits that it has set.  One SPI may be in several SAs.
 *
 * Threads: add, remove and clear one at a time, as the caller orders them; count from any thread.
 * find by the readers of the device's sessions (session.h), each between enter and leave: what it
 * returned may be used until leave, since remove waits for them.  No reader holds an SA for long: a
 * packet is short.
 * Requests of one SA come on several queues: the SA has a lock for its numbers and its lifetime,
 * which is held for no longer than it takes to count.
 */
#ifndef VCRYPTOD_IPSEC_SA_H
#define VCRYPTOD_IPSEC_SA_H

#include <pthread.h>

#include "engine.h"
#include "ipsec_form.h"
#include "ipsec_seq.h"
#include "session.h"

/* ---- one association ---- */

struct vcryptod_ipsec_sa {
	/* Read-only after open. */
	uint32_t id;
	struct vcryptod_ipsec_form form;
	struct req_ipsec_life life;
	/* The engine's sessions; NULL: none.  GMAC is a session of AEAD without text. */
	void *cipher, *auth;
	unsigned int row;		/* that counts its requests (figures.h); set by the owner */
	/* The object as it came, keys and salt zero, for QUERY. */
	struct virtio_crypto_ipsec_sa object;

	pthread_mutex_t lock;
	/* Under lock. */
	uint64_t packets, bytes;	/* processed */
	struct vcryptod_ipsec_counter counter;	/* outbound */
	struct vcryptod_ipsec_window window;	/* inbound */
};

/* p is one that req_ipsec_sa_check() took and the capabilities allow; its keys are borrowed for
 * the call.  0, -ENOMEM, or what the engine says of the keys, which it has worked with on the
 * stack.
 */
int vcryptod_ipsec_sa_open(struct vcryptod_ipsec_sa **sa, const struct vcryptod_engine *engine,
		unsigned int nb_lanes, uint32_t id, const struct req_ipsec_sa *p);
/* NULL is nothing.  Nobody uses it any more. */
void vcryptod_ipsec_sa_close(struct vcryptod_ipsec_sa *sa, const struct vcryptod_engine *engine);

/* bytes: of the packet that came; *soft: a soft limit is reached. */

/* Outbound: the number of a packet that nothing else will refuse.  -EOVERFLOW: numbers have come
 * to an end; -ETIME: a hard limit is reached.
 */
int vcryptod_ipsec_sa_take(struct vcryptod_ipsec_sa *sa, uint64_t *number, bool *soft,
		uint32_t bytes);
/* Inbound, before the ICV is verified: the number that low stands for.  -ETIME, or what
 * vcryptod_ipsec_window_check() says.
 */
int vcryptod_ipsec_sa_check(struct vcryptod_ipsec_sa *sa, uint64_t *number, uint32_t low,
		uint32_t bytes);
/* Inbound, once it proved right: asks again, and counts. */
int vcryptod_ipsec_sa_seen(struct vcryptod_ipsec_sa *sa, bool *soft, uint64_t number,
		uint32_t bytes);

/* ---- all of a device ---- */

enum { VCRYPTOD_IPSEC_OUTBOUND, VCRYPTOD_IPSEC_INBOUND, VCRYPTOD_IPSEC_DIRECTIONS };

struct vcryptod_ipsec_sas {
	struct vcryptod_sessions *sessions;	/* whose readers look up here too */
	uint32_t max;				/* of each direction; ids are below */
	struct vcryptod_ipsec_sa **slot[VCRYPTOD_IPSEC_DIRECTIONS];	/* NULL: none */
	uint32_t nb;				/* atomic: of both */
};

/* 0, -ENOMEM, -EINVAL for a max of 0 or above VCRYPTOD_IPSEC_SAS_MAX. */
#define VCRYPTOD_IPSEC_SAS_MAX	(1u << 20)
int vcryptod_ipsec_sas_init(struct vcryptod_ipsec_sas *t, struct vcryptod_sessions *sessions,
		uint32_t max);
/* No reader is inside.  Accepts a zeroed struct. */
void vcryptod_ipsec_sas_fini(struct vcryptod_ipsec_sas *t);

/* Takes over sa.  0; -EEXIST: it stays the caller's.  Its id is below max. */
int vcryptod_ipsec_sas_add(struct vcryptod_ipsec_sas *t, struct vcryptod_ipsec_sa *sa);
/* 0; -ENOENT.  Its keys are wiped when it returns. */
int vcryptod_ipsec_sas_remove(struct vcryptod_ipsec_sas *t, bool inbound, uint32_t id);
/* How many there were. */
uint32_t vcryptod_ipsec_sas_clear(struct vcryptod_ipsec_sas *t);
uint32_t vcryptod_ipsec_sas_count(const struct vcryptod_ipsec_sas *t);

/* NULL if there is none. */
static inline struct vcryptod_ipsec_sa *
vcryptod_ipsec_sas_find(const struct vcryptod_ipsec_sas *t, bool inbound, uint32_t id)
{
	/* Partner: the store in vcryptod_ipsec_sas_remove, which waits for readers then. */
	return id < t->max ? __atomic_load_n(&t->slot[inbound][id], __ATOMIC_SEQ_CST) : NULL;
}

/* ---- what the device offers ---- */

/* By the algorithms of an engine, and windows of up to max_window numbers. */
void vcryptod_ipsec_caps(struct req_ipsec_caps *out, const struct vcryptod_caps *engine,
		uint32_t max_window);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device without a front end, its queues in one worker, and a guest's memory.  The engine notes
 * what it is given, and in which order, and computes RSA only when the test lets it: so an order
 * is proven without a clock.  Links with --wrap=epoll_wait.
 */
#ifndef TURNS_RIG_H
#define TURNS_RIG_H

#include <semaphore.h>

#include "device.h"
#include "fixture.h"

#define GUEST		UINT64_C(0x40000000)
#define QUEUES		4u
#define SIZE		128u	/* entries of a ring */
#define CHAIN		4u	/* descriptors of a request */
#define REQUESTS	(SIZE / CHAIN)
#define LONG_LEN	(VCRYPTOD_TURN_BYTES + 4096u)

extern sem_t tr_began, tr_let_on;	/* a request of RSA is in process; it may end */
/* The first ones: lower case: RSA of queue 'a' ..; upper case: a cipher's. */
extern char tr_events[256];
extern unsigned int tr_nb_events;	/* atomic */
/* Atomic: requests that are a turn of their own wait, too, or are halted. */
extern bool tr_gates_long;
extern bool tr_writes;		/* each result has a place of its own, and is written there */
extern const uint8_t tr_result[16];	/* what it begins with then */
extern const struct req_session tr_cbc;

struct request {
	_Alignas(8) uint8_t hdr[REQ_DATA_HDR_SESSION], iv[16], status;
};

struct queue {
	_Alignas(4096) struct virtq_desc desc[SIZE];
	_Alignas(4) uint8_t avail[6 + 2 * SIZE], used[6 + 8 * SIZE];
	struct request req[REQUESTS];
};

/* A file's memory, parts of which can be given to the device and taken away by page. */
struct tr_guest {
	struct queue q[QUEUES + 1];
	uint8_t ctrl[256];
	struct virtio_crypto_create_session_input answer;
	_Alignas(4096) uint8_t src[LONG_LEN];
	_Alignas(4096) uint8_t dst[LONG_LEN];
	_Alignas(4096) uint8_t apart[4096];
};

struct tr_rig {
	struct vcryptod_device *dev;
	struct vcryptod_worker worker;
	unsigned int offered[QUEUES + 1];
	uint16_t avail[QUEUES + 1], used[QUEUES + 1];	/* bases, as put */
	int kick_fd, call_fd;				/* of queue 0 */
	int quiet_fd;					/* where its lines go, or -1 */
	int memory_fd;		/* of the guest's memory */
	uint8_t *to;		/* where the next request's result goes; NULL: dst */
	int lost;		/* descriptor of the next request that is nobody's memory; or -1 */
	uint64_t rsa, cbc;		/* sessions */
};

extern struct tr_guest *tr_guest;
extern bool tr_shared;	/* before set-up: what the guest writes shows in the file */
extern struct tr_rig tr_rig;

/* cmocka's: the worker does not run yet. */
int tr_set_up(void **state);
int tr_tear_down(void **state);
void tr_start(void);
/* With a request of RSA on queue 0 that is in process on return. */
void tr_start_with_rsa(void);
/* Its lines are the point of some tests, and none of their output. */
void tr_be_quiet(void);

/* The driver's address of the guest's own. */
uint64_t tr_address(const void *p);
void tr_set_desc(unsigned int q, unsigned int i, const void *p, uint32_t len, uint16_t flags);
/* Shows the chain that begins at the next request's first descriptor. */
void tr_show(unsigned int q);
/* A request of queue q: RSA (len 0), or a cipher's of len bytes.  At most REQUESTS are under way;
 * the nth has the place n % REQUESTS.
 */
void tr_offer(unsigned int q, uint32_t len);
/* A request of 16 bytes, one descriptor of which points outside of the memory. */
void tr_offer_lost(unsigned int q, int lost);

unsigned int tr_used_idx(unsigned int q);
/* Polled: the device looks again by itself after VCRYPTOD_NAP_MS. */
bool tr_gets_used(unsigned int q, unsigned int n);
/* Those in all places. */
bool tr_all_ok(unsigned int q);
/* n requests of RSA may end. */
void tr_let(unsigned int n);
/* So many requests of RSA were handed over, on whichever queue, and are not done. */
bool tr_hands_over(unsigned int n);
/* So many of queue q's have gone before all others, for memory that goes. */
bool tr_gets_urgent(unsigned int q, unsigned int n);

/* The message thread waits for queue q. */
bool tr_is_held(unsigned int q);
/* A thread's: lets one request end when queue 0 is held. */
void *tr_let_when_held(void *arg);
/* Queue q is broken. */
bool tr_breaks(unsigned int q);

/* Atomic: waits of the worker that ended without an event, and with one. */
extern unsigned int tr_naps, tr_wakes;
/* It sleeps through n waits more; false if it is woken TR_WAKES_MAX times meanwhile. */
bool tr_sleeps(unsigned int n);
#define TR_WAKES_MAX	100

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A guest's memory with a driver that has queues in it: makes requests available and takes
 * what comes back, and knows what the device may write.  Beside what the driver writes, the
 * memory may be written with anything: then it proves less, which is noted.
 */
#ifndef FUZZ_GUEST_H
#define FUZZ_GUEST_H

#include "fuzz_input.h"
#include "request.h"

#define GUEST_QUEUES	3u		/* the last is the control queue */
#define GUEST_QUEUE	8192u		/* bytes of memory for a queue's areas */
#define GUEST_AVAIL	1024u		/* of a queue, where its areas are */
#define GUEST_USED	2048u
#define GUEST_RINGS	(GUEST_QUEUES * GUEST_QUEUE)
#define GUEST_SLOTS	8u		/* requests of a queue */
#define GUEST_SLOT	512u		/* bytes of one */
#define GUEST_HALF	(GUEST_RINGS)	/* buffers begin there: a region of their own */
#define GUEST_MEM	(GUEST_HALF + 16384u)

struct guest_queue {
	uint16_t size;			/* entries */
	uint16_t avail, used;		/* split: free-running; packed: positions */
	bool avail_wrap, used_wrap;
	uint8_t out[GUEST_SLOTS];	/* descriptors of what is available; 0: it is free */
	bool unclear;			/* others wrote to the ring, or moved it */
};

struct guest {
	uint8_t *mem;			/* GUEST_MEM bytes, shared with the device */
	int fd;				/* of their file */
	uint64_t at;			/* the driver's address of the first */
	bool packed, indirect;
	bool unclear;			/* the device was told something else than the driver */
	struct guest_queue queue[GUEST_QUEUES];
};

void guest_init(struct guest *g, uint64_t at);
/* No queue runs, and nothing has been written. */
void guest_reset(struct guest *g);
/* The ring is empty and not in use: the driver begins with it. */
void guest_begin_queue(struct guest *g, unsigned int q, uint16_t size);

/* One request: readable bytes, and room for what is written.  false: no slot is free.  how:
 * bits of how it is laid out.
 */
#define GUEST_READABLE	304u		/* bytes of a request at most */
#define GUEST_WRITABLE	128u
bool guest_request(struct guest *g, unsigned int q, const uint8_t *req, size_t len, size_t room,
		uint8_t how);
/* Takes what the device has used, and checks that it had been made available. */
void guest_poll(struct guest *g, unsigned int q);

/* Anything, anywhere. */
void guest_scribble(struct guest *g, struct fuzz_input *in);
/* The device wrote nothing but what it may. */
void guest_check(const struct guest *g);

#endif

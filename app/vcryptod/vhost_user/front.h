/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vhost-user back end of one device: accepts a front end, takes its messages, keeps what
 * it says of memory and rings, and answers.  The front end is trusted no more than the driver
 * behind it: a message has a bounded time to arrive and a bounded number of bytes and
 * descriptors, and nothing here ever waits for the front end.
 *
 * A connection ends, with one line, when a message breaks the protocol, does not arrive within
 * VCRYPTOD_FRONT_WAIT_MS once it has begun, or its answer is not read within that time; when a
 * message is refused that asks for no acknowledgement; and after VCRYPTOD_FRONT_REFUSALS
 * refused messages.  There is one front end at a time: another one is sent away.
 *
 * Threads: all calls come from one thread, the device process's main thread.
 */
#ifndef VCRYPTOD_FRONT_H
#define VCRYPTOD_FRONT_H

#include <poll.h>

#include "../device.h"
#include "map.h"
#include "vhu_stream.h"

#define VCRYPTOD_FRONT_FDS	2	/* descriptors to poll: the listener, the connection */
#define VCRYPTOD_FRONT_WAIT_MS	10000	/* for the rest of a message, for an answer to be read */
#define VCRYPTOD_FRONT_REFUSALS	64	/* refused messages of one connection */

/* A ring as messages describe it. */
struct vcryptod_front_ring {
	uint32_t size;			/* entries; 0: not said yet */
	bool has_addr;
	uint64_t desc, driver, device;	/* user addresses */
	uint16_t avail_base, used_base;	/* as in struct vqd_config */
	int kick_fd, call_fd;		/* eventfds; -1: none */
};

struct vcryptod_front {
	struct vcryptod_device *dev;
	uint64_t features, protocol;	/* offered */
	int listen_fd;
	int links_fd;			/* the folder that tells what a descriptor is; -1 */
	uint64_t pause_until;		/* ms: no accept before, since one failed; 0: none */

	/* of the connection */
	int sock;			/* -1: none */
	int channel_fd;			/* BACKEND_REQ; -1: none */
	unsigned int announced;		/* configuration changes sent */
	unsigned int refused;		/* messages */
	uint64_t deadline;		/* ms: for what has begun; 0: nothing has */
	struct vhu_inbox in;
	struct vhu_outbox out;
	struct vcryptod_map map;
	struct vcryptod_front_ring *ring;	/* of each ring of dev */
};

/* Takes over listen_fd, a listening unix stream socket, also when it fails.  features, protocol:
 * virtio and vhost-user protocol feature bits to offer.  0 or -errno.
 */
int vcryptod_front_init(struct vcryptod_front *f, struct vcryptod_device *dev, int listen_fd,
		uint64_t features, uint64_t protocol);
/* Ends the connection.  Accepts a zeroed struct; may be called twice. */
void vcryptod_front_fini(struct vcryptod_front *f);

/* What to poll for now: at most VCRYPTOD_FRONT_FDS entries; and for how long (ms; -1: no end). */
unsigned int vcryptod_front_fds(const struct vcryptod_front *f, struct pollfd *fds);
int vcryptod_front_timeout_ms(const struct vcryptod_front *f);
/* Does what can be done at once; fds as filled in above, with their events.  Call it after each
 * poll, whether anything came or not.
 */
void vcryptod_front_handle(struct vcryptod_front *f, const struct pollfd *fds, unsigned int nb);

/* A ring broke: a configuration change goes out on the back channel, if there is one. */
void vcryptod_front_announce(struct vcryptod_front *f);

#endif

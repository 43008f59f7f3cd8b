/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vhost-user back end of one device: takes a front end's messages, keeps what it says of
 * memory and rings, and answers.  A message has a bounded number of bytes and descriptors; the
 * link (link.h) bounds its time.
 *
 * A connection ends, besides for the link's reasons, when a message is refused that asks for no
 * acknowledgement, and after VCRYPTOD_LINK_REFUSALS refused messages.
 *
 * Threads: as the link's.
 */
#ifndef VCRYPTOD_FRONT_H
#define VCRYPTOD_FRONT_H

#include "../link.h"
#include "map.h"
#include "vhu_stream.h"

/* A ring as messages describe it. */
struct vcryptod_front_ring {
	uint32_t size;			/* entries; 0: not said yet */
	bool has_addr;
	uint64_t desc, driver, device;	/* user addresses */
	uint16_t avail_base, used_base;	/* as in struct vqd_config */
	int kick_fd, call_fd;		/* eventfds; -1: none */
};

struct vcryptod_front {
	struct vcryptod_link link;
	struct vcryptod_device *dev;
	uint64_t features, protocol;	/* offered */

	/* of the connection */
	int channel_fd;			/* BACKEND_REQ; -1: none */
	unsigned int announced;		/* configuration changes sent */
	unsigned int refused;		/* messages */
	struct vhu_inbox in;
	struct vhu_outbox out;
	struct vcryptod_map map;
	struct vcryptod_front_ring *ring;	/* of each ring of dev */
};

/* Takes over listen_fd, a listening unix stream socket, also when it fails.  features, protocol:
 * virtio and vhost-user protocol feature bits to offer.  0 or -errno.  vcryptod_link_fini() of the
 * link ends it.
 */
int vcryptod_front_init(struct vcryptod_front *f, struct vcryptod_device *dev, int listen_fd,
		uint64_t features, uint64_t protocol);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device of vcryptod with two data queues and one worker, and the peer of its front end: what
 * the peer may send, and what must be gone when it has hung up.  Which messages there are is the
 * target's, as is the front end.
 */
#ifndef FUZZ_LINK_H
#define FUZZ_LINK_H

#include "fuzz_input.h"
#include "link.h"

#define FUZZ_LINK_QUEUES	2u
#define FUZZ_LINK_MEM		65536u		/* bytes of the peer's memory */
#define FUZZ_LINK_GUEST		UINT64_C(0x100000)	/* its address, for the driver */
#define FUZZ_LINK_RING		8192u		/* bytes of memory for a ring's areas */
#define FUZZ_LINK_AVAIL		4096u		/* of a ring, where its areas are */
#define FUZZ_LINK_USED		6144u
#define FUZZ_LINK_FILES		8u
#define FUZZ_LINK_FEATURES	(VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | \
	VIRTIO_F_EVENT_IDX | VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER | VIRTIO_F_ADMIN_VQ | \
	VIRTIO_CRYPTO_F_REVISION_1)

struct fuzz_link {
	struct vcryptod_device dev;
	struct vcryptod_worker worker;
	struct vcryptod_link *link;	/* the front end's */
	int peer;			/* -1: no connection */
	/* To be sent: the memory, a short memfd, an eventfd, both ends of a pipe, a device, a
	 * socket, an empty memfd.  A target may put others in their places.
	 */
	int file[FUZZ_LINK_FILES];
	uint8_t *mem;			/* file[0] */
};

/* The target makes the front end afterwards, and sets link. */
void fuzz_link_init(struct fuzz_link *l);

/* As the link lets a front end in; false: there is one. */
bool fuzz_link_join(struct fuzz_link *l);
/* May be dropped, as where the peer has hung up or the device has not read for long. */
void fuzz_link_send(struct fuzz_link *l, const void *bytes, size_t len, const int *fds,
		unsigned int nb_fds);
/* The device does what can be done; the peer reads what comes. */
void fuzz_link_turn(struct fuzz_link *l);
/* turn: the target's, which calls the above.  Nothing of the connection is left in the device. */
void fuzz_link_hang_up(struct fuzz_link *l, void (*turn)(void));

/* Of the peer's memory, anywhere or in the areas of a ring. */
void fuzz_link_change_memory(struct fuzz_link *l, struct fuzz_input *in, uint8_t how);
/* All rings once, as the worker does. */
void fuzz_link_serve(struct fuzz_link *l);

#endif

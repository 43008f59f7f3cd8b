/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The virtqueues as the device knows them: describing and announcing them, and how they are
 * notified, by event descriptors or by stores into mapped pages.  Errors are logged once.
 *
 * Threads: under the transport's lock.
 */
#ifndef VCRYPTO_VDPA_RINGS_H
#define VCRYPTO_VDPA_RINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/vcrypto_notify.h"
#include "transport/transport.h"
#include "transport/vhost_vdpa/vdpa_chr.h"

struct vcrypto_vdpa_ring {
	int kick_fd;		/* open until fini */
	void *area;		/* mapped page for notifications, or NULL */
	uint16_t vring;		/* its number for the device */
	bool set;		/* desc describes it: announced at the next start */
	struct vcrypto_queue_desc desc;
};

struct vcrypto_vdpa_rings {
	struct vcrypto_vdpa_chr *chr;
	size_t page;		/* bytes of a page for notifications */
	bool areas;		/* every ring has such a page */
	uint16_t nb;
	struct vcrypto_vdpa_ring *ring;	/* nb of them, caller's memory */
};

/* ring has nb entries and must outlive rs: data queues, and last the control queue.  Maps
 * their pages if the arguments allow it: either all have one, or none.  0, or -errno with
 * one line.  fini accepts a zeroed struct and may be called twice.
 */
int vcrypto_vdpa_rings_init(struct vcrypto_vdpa_rings *rs, struct vcrypto_vdpa_chr *chr,
		struct vcrypto_vdpa_ring *ring, uint16_t nb);
void vcrypto_vdpa_rings_fini(struct vcrypto_vdpa_rings *rs);

/* Describes ring q->index; asks nothing of the device.  -EBUSY if it is described already. */
int vcrypto_vdpa_rings_set(struct vcrypto_vdpa_rings *rs, const struct vcrypto_queue_desc *q);
/* Announces all rings that are described, then enables them. */
int vcrypto_vdpa_rings_announce(struct vcrypto_vdpa_rings *rs);
/* Drops all rings of a device that was reset or is gone; asks nothing of it. */
void vcrypto_vdpa_rings_forget(struct vcrypto_vdpa_rings *rs);

/* How ring index is notified; with_data: NOTIFICATION_DATA was negotiated. */
void vcrypto_vdpa_rings_notify(const struct vcrypto_vdpa_rings *rs, uint16_t index,
		bool with_data, struct vcrypto_notify *n);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The virtqueues as the back end knows them: announcing, enabling, disabling and
 * stopping them, and their event descriptors.  Errors are those of vhu_link.h, each
 * logged once.
 *
 * Threads: under the transport's lock.
 */
#ifndef VCRYPTO_VHU_RINGS_H
#define VCRYPTO_VHU_RINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/transport.h"
#include "transport/vhost_user/vhu_link.h"

enum vcrypto_vhu_ring_state {
	VCRYPTO_VHU_RING_NONE,
	VCRYPTO_VHU_RING_SET,		/* described here, not yet announced */
	VCRYPTO_VHU_RING_ANNOUNCED,	/* the back end has it, disabled */
	VCRYPTO_VHU_RING_ENABLED,	/* the back end may process it */
};

struct vcrypto_vhu_ring {
	int kick_fd;		/* -1 until first described, then open until fini */
	uint16_t vring;		/* its number for the back end */
	enum vcrypto_vhu_ring_state state;
	struct vcrypto_queue_desc desc;
};

struct vcrypto_vhu_rings {
	struct vcrypto_vhu_link *link;
	int call_fd;		/* of all rings; the back end writes it, nobody reads it */
	uint16_t nb;
	struct vcrypto_vhu_ring *ring;	/* nb of them, caller's memory */
};

/* ring has nb entries and must outlive rs.  0, or -errno with one line.  fini closes the
 * descriptors; it accepts a zeroed struct and may be called twice.
 */
int vcrypto_vhu_rings_init(struct vcrypto_vhu_rings *rs, struct vcrypto_vhu_link *link,
		struct vcrypto_vhu_ring *ring, uint16_t nb);
void vcrypto_vhu_rings_fini(struct vcrypto_vhu_rings *rs);

/* Describes ring q->index, which is number vring for the back end; sends nothing.  -EBUSY
 * if it is described already.
 */
int vcrypto_vhu_rings_set(struct vcrypto_vhu_rings *rs, const struct vcrypto_queue_desc *q,
		uint16_t vring);
/* Announces and enables all rings that are described: first the call descriptors of all,
 * then sizes and addresses, then the enabling, an order that all back ends accept.
 */
int vcrypto_vhu_rings_announce(struct vcrypto_vhu_rings *rs);

/* Disables all rings that are enabled; enables and notifies all that are disabled. */
int vcrypto_vhu_rings_pause(struct vcrypto_vhu_rings *rs);
int vcrypto_vhu_rings_resume(struct vcrypto_vhu_rings *rs);

/* Stops one ring, or all.  0: the back end confirmed each, and they are no longer
 * described.
 */
int vcrypto_vhu_rings_stop_one(struct vcrypto_vhu_rings *rs, uint16_t index);
int vcrypto_vhu_rings_stop(struct vcrypto_vhu_rings *rs);
/* Drops all rings of a back end that was reset or is gone; sends nothing. */
void vcrypto_vhu_rings_forget(struct vcrypto_vhu_rings *rs);

/* Has any ring been announced to the back end? */
bool vcrypto_vhu_rings_any(const struct vcrypto_vhu_rings *rs);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The virtqueues as the back end knows them: telling it where they are, enabling,
 * disabling and stopping them, and their event descriptors.
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
	VCRYPTO_VHU_RING_SET,		/* described, not yet told */
	VCRYPTO_VHU_RING_TOLD,		/* the back end has it; disabled */
	VCRYPTO_VHU_RING_ENABLED,	/* the back end may process it */
};

struct vcrypto_vhu_ring {
	int kick_fd;		/* -1 until first used, then open to the end */
	uint16_t vring;		/* its number for the back end */
	enum vcrypto_vhu_ring_state state;
	struct vcrypto_queue_desc desc;
};

struct vcrypto_vhu_rings {
	struct vcrypto_vhu_link *link;
	int call_fd;		/* of every ring; the back end's to write, never read */
	uint16_t nb;
	struct vcrypto_vhu_ring *ring;	/* nb of them, caller's memory */
};

/* 0, or -errno with one line; fini accepts a zeroed struct. */
int vcrypto_vhu_rings_init(struct vcrypto_vhu_rings *rs, struct vcrypto_vhu_link *link,
		struct vcrypto_vhu_ring *ring, uint16_t nb);
void vcrypto_vhu_rings_fini(struct vcrypto_vhu_rings *rs);

/* Describe ring q->index, number vring for the back end; nothing is sent.  -EBUSY if
 * it is described already.
 */
int vcrypto_vhu_rings_set(struct vcrypto_vhu_rings *rs, const struct vcrypto_queue_desc *q,
		uint16_t vring);
/* Tell and enable all that are described: the call descriptors of all first, then
 * sizes and addresses, then the enabling, as the back ends want it.
 */
int vcrypto_vhu_rings_tell(struct vcrypto_vhu_rings *rs);

/* Disable all that are enabled; enable and notify all that are disabled. */
int vcrypto_vhu_rings_pause(struct vcrypto_vhu_rings *rs);
int vcrypto_vhu_rings_resume(struct vcrypto_vhu_rings *rs);

/* Stop one, or all: 0 means that the back end confirmed it for each, and that they
 * are described no more.
 */
int vcrypto_vhu_rings_stop_one(struct vcrypto_vhu_rings *rs, uint16_t index);
int vcrypto_vhu_rings_stop(struct vcrypto_vhu_rings *rs);
/* The back end has no rings any more. */
void vcrypto_vhu_rings_forget(struct vcrypto_vhu_rings *rs);

/* Does the back end have any? */
bool vcrypto_vhu_rings_any(const struct vcrypto_vhu_rings *rs);

#endif

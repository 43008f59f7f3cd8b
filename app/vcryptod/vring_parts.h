/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between vring.c and vring_life.c; others include vring.h.  All with the ring's lock.
 */
#ifndef VCRYPTOD_VRING_PARTS_H
#define VCRYPTOD_VRING_PARTS_H

#include "vring.h"

/* Completes the jobs that are done and what is held, and tells the driver. */
void vcryptod_vring_finish(struct vcryptod_vring *v);

static inline void
vcryptod_vring_call_if(struct vcryptod_vring *v, bool wanted)
{
	if (wanted && v->call_fd >= 0)
		vcryptod_event_set(v->call_fd);
}

#endif

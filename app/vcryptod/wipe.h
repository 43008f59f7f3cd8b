/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Wiping what a thread keeps of keys and data that it has worked with: on its stack, in its
 * scratch, in the engine's state.  Only the thread itself knows its stack, so that each thread
 * that serves requests does it for its own lane: before it sleeps or ends, and in its first pause
 * after a session has ended.  Neither is on the path of requests.
 */
#ifndef VCRYPTOD_WIPE_H
#define VCRYPTOD_WIPE_H

#include "engine.h"

/* Wipes the stack below its caller. */
void vcryptod_wipe_stack(void);

/* What the lane's thread, the caller, has left behind since the last time. */
void vcryptod_wipe_lane(struct vcryptod_lane *lane, const struct vcryptod_engine *engine);

/* Sessions that have ended in this process: see vcryptod_wipe_ended. */
extern uint64_t vcryptod_wipe_count;

/* A session has ended, and no thread has a request of it at hand. */
static inline void
vcryptod_wipe_ended(void)
{
	__atomic_fetch_add(&vcryptod_wipe_count, 1, __ATOMIC_RELEASE);
}

/* Between two batches: wipes if a session has ended since the last time. */
static inline void
vcryptod_wipe_lane_if_ended(struct vcryptod_lane *lane, const struct vcryptod_engine *engine)
{
	uint64_t count = __atomic_load_n(&vcryptod_wipe_count, __ATOMIC_ACQUIRE);

	if (lane->wipe_count == count)
		return;
	lane->wipe_count = count;
	vcryptod_wipe_lane(lane, engine);
}

#endif

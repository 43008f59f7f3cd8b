/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Wiping a stack and a lane; see wipe.h.
 */
#include <stdint.h>
#include <string.h>

#include "wipe.h"

#define WIPE_STACK_BYTES	32768	/* deeper than any key set-up or request that was seen */

uint64_t vcryptod_wipe_count;

__attribute__((noinline)) void
vcryptod_wipe_stack(void)
{
	uint8_t below[WIPE_STACK_BYTES];

	explicit_bzero(below, sizeof(below));
}

void
vcryptod_wipe_lane(struct vcryptod_lane *lane, const struct vcryptod_engine *engine)
{
	if (!lane->dirty)
		return;
	lane->dirty = false;
	vcryptod_scratch_wipe(&lane->scratch);
	if (engine->lane_wipe != NULL && lane->engine != NULL)
		engine->lane_wipe(lane->engine);
	vcryptod_wipe_stack();
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The daemon's device model with an engine and one lane, made once for all inputs, and the
 * segments of its requests in pieces of memory (fuzz_pieces.h).
 */
#ifndef FUZZ_ENGINE_H
#define FUZZ_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

#define FUZZ_ENGINE_PIECES	24u	/* segments of one part of a request */

struct fuzz_engine {
	struct vcryptod_model m;
	struct vcryptod_lane lane;
	bool ready;
};

/* Made at the first call, with max_sessions, max_sas and max_window of cfg, whose other fields
 * are not looked at.  False: this build has no such engine.
 */
bool fuzz_engine_get(struct fuzz_engine *e, const char *name,
		const struct vcryptod_model_config *cfg);

/* Cut every piece bytes (0: not at all), the rest in the last of FUZZ_ENGINE_PIECES segments.
 * from: NULL for bytes that are FUZZ_UNSET.  Returns how many segments there are.
 */
#define FUZZ_UNSET	0xee
unsigned int fuzz_cut(struct vqd_seg *seg, const uint8_t *from, size_t len, uint8_t piece,
		bool at_page);
/* from: what the segments must still be; NULL: device-writable. */
void fuzz_drop(struct vqd_seg *seg, unsigned int nb, const uint8_t *from);

#endif

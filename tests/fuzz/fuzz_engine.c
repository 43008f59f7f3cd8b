/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device model of a target; see fuzz_engine.h.
 */
#include <string.h>

#include "fuzz_engine.h"
#include "fuzz_input.h"
#include "fuzz_pieces.h"

bool
fuzz_engine_get(struct fuzz_engine *e, const char *name, const struct vcryptod_model_config *from)
{
	struct vcryptod_model_config cfg = {
		.engine = vcryptod_engine_find(name),
		.max_dataqueues = 1, .max_size = 65536, .nb_lanes = 1,
		.max_sessions = from->max_sessions, .max_sas = from->max_sas,
		.max_window = from->max_window,
	};

	if (e->ready || cfg.engine == NULL)
		return e->ready;
	FUZZ_CHECK(cfg.engine->init(&cfg.caps) == 0);
	cfg.figures = vcryptod_figures_open(-1, 1);
	FUZZ_CHECK(cfg.figures != NULL);
	FUZZ_CHECK(vcryptod_model_init(&e->m, &cfg) == 0);
	e->lane.counters = cfg.figures->queue[0].by;
	FUZZ_CHECK(vcryptod_scratch_init(&e->lane.scratch,
			vcryptod_model_scratch(cfg.max_size)) == 0);
	if (cfg.engine->lane_create != NULL)
		e->lane.engine = cfg.engine->lane_create();
	e->ready = true;
	return true;
}

unsigned int
fuzz_cut(struct vqd_seg *seg, const uint8_t *from, size_t len, uint8_t piece, bool at_page)
{
	const unsigned int last = FUZZ_ENGINE_PIECES - 1;
	size_t at = 0, n;
	unsigned int i;

	for (i = 0; i <= last && at < len; i++, at += n) {
		n = piece == 0 || i == last || piece > len - at ? len - at : piece;
		seg[i].len = (uint32_t)n;
		seg[i].ptr = fuzz_piece(n, at_page);
		if (from != NULL)
			memcpy(seg[i].ptr, from + at, n);
		else
			memset(seg[i].ptr, FUZZ_UNSET, n);
	}
	return i;
}

void
fuzz_drop(struct vqd_seg *seg, unsigned int nb, const uint8_t *from)
{
	unsigned int i;

	for (i = 0; i < nb; i++) {
		FUZZ_CHECK(from == NULL || memcmp(seg[i].ptr, from, seg[i].len) == 0);
		from = from != NULL ? from + seg[i].len : NULL;
		fuzz_piece_free(seg[i].ptr, seg[i].len);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device model with an engine, without rings: requests are built by lib/request in
 * any layout, laid out in pieces of any size, each of exactly its bytes on the heap, so
 * that ASan sees a step beyond one.
 */
#ifndef VCRYPTOD_FIXTURE_H
#define VCRYPTOD_FIXTURE_H

#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

enum fx_layout {
	FX_PADDED,		/* without REVISION_1 */
	FX_REVISION_1,
	FX_STATELESS_BIT,	/* the stateless bits negotiated, session mode */
	FX_STATELESS,		/* stateless mode */
	FX_NB_LAYOUTS
};

#define FX_LANES	2
#define FX_SESSIONS	16
#define FX_MAX_SIZE	70000	/* bytes */
#define FX_WAIT_MS	120000	/* only what has failed waits so long */

struct fx {
	struct vcryptod_caps caps;
	struct vcryptod_figures *figures;	/* of a queue for each lane */
	struct vcryptod_model model;
	struct vcryptod_lane lane[FX_LANES];
	enum fx_layout layout;
};

/* False if the engine is not of this build. */
bool fx_init(struct fx *fx, const char *engine);
/* With max_size, max_sas and max_window of cfg, whose other fields are not looked at. */
bool fx_init_config(struct fx *fx, const char *engine, const struct vcryptod_model_config *cfg);
void fx_fini(struct fx *fx);
/* Drops all sessions: the feature bits are negotiated anew. */
void fx_layout(struct fx *fx, enum fx_layout layout);
unsigned int fx_flags(const struct fx *fx);	/* REQ_F_* */

struct fx_bytes {
	const uint8_t *p;
	uint32_t len;
};

/* One data request. */
struct fx_op {
	const struct req_session *s;
	uint64_t id;			/* session mode */
	uint32_t akcipher_opcode;
	struct fx_bytes iv, aad, src;
	struct fx_bytes data;		/* verify: signed data */
	uint32_t dst_len, digest_len;	/* bytes */
	struct vcryptod_op range;	/* CHAIN: its cipher_off .. hash_len */
	uint32_t piece;			/* bytes of a segment; 0: one for each part */
	bool in_place;			/* dst lies on src; needs piece 0 */

	uint32_t written;		/* out: used length */
};

/* Through a control request; the status.  *id only if it is OK. */
uint32_t fx_create(struct fx *fx, uint64_t *id, const struct req_session *s);
uint32_t fx_destroy(struct fx *fx, enum req_kind kind, uint64_t id);
/* The status.  dst and digest get what was written there. */
uint32_t fx_run(struct fx *fx, struct fx_op *op, uint8_t *dst, uint8_t *digest);
/* In stateless mode just fx_run, else create, fx_run, destroy (must be OK); the first
 * status that is not OK.
 */
uint32_t fx_once(struct fx *fx, struct fx_op *op, uint8_t *dst, uint8_t *digest);

/* All of n requests, in as many turns as they take. */
void fx_serve(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request **reqs, unsigned int n);

/* Segments of one memory block cut every piece bytes (0: not at all), each a heap block
 * of its own; *nb of them, to be freed by fx_segs_free.
 */
struct vqd_seg *fx_segs(unsigned int *nb, const uint8_t *from, size_t len, uint32_t piece);
void fx_segs_free(uint8_t *to, struct vqd_seg *seg, unsigned int nb);
/* Waits for FX_WAIT_MS at most. */
bool fx_happens(sem_t *what);
/* A session of RSA for a test's own engine: no library takes its key. */
extern const struct req_session fx_rsa;
/* Wipes first: no test leaves copies of its keys and data for the search of scan.h. */
void fx_free(void *p, size_t len);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data requests of the IPSEC service (virtio 1.4, 5.9.9.9): one packet in, one packet out, by a
 * security association.
 *
 * Threads: as vcryptod_model_turn(), inside as a reader of sessions.
 */
#ifndef VCRYPTOD_MODEL_IPSEC_DATA_H
#define VCRYPTOD_MODEL_IPSEC_DATA_H

#include "model.h"

/* Bytes of a lane's scratch that a turn uses beside an engine: what is known of each of its
 * packets, and packets in one piece.
 */
#define VCRYPTOD_IPSEC_WORK	1536u	/* of one packet */
#define VCRYPTOD_IPSEC_DATA	(256u << 10)
#define VCRYPTOD_IPSEC_SCRATCH	(VCRYPTOD_BATCH * VCRYPTOD_IPSEC_WORK + VCRYPTOD_IPSEC_DATA)

/* r->ipsec of a header of which len bytes were copied, an opcode of the service at its start, in a
 * model that has it.
 * 0 or -errno.
 */
int vcryptod_ipsec_parse(struct vcryptod_request *r, const struct vcryptod_model *m,
		const uint8_t *hdr, size_t len);
/* Does n requests (1 .. VCRYPTOD_BATCH) that were parsed, in order: status, and bytes written
 * in r->op.  Uses the lane's scratch.
 */
void vcryptod_ipsec_turn(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request **reqs, unsigned int n);

#endif

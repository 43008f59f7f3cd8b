/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device model with the IPSEC service, without rings: associations are made as a command makes
 * them, packets go through turns.  Memory of a request lies in pieces with guard bytes between
 * them, which nothing may write to.
 */
#ifndef VCRYPTOD_IPSEC_RIG_H
#define VCRYPTOD_IPSEC_RIG_H

#include "fixture.h"
#include "model_admin.h"

#define IX_PACKET_MAX	66000u	/* bytes of a packet, and of memory for a result */
#define IX_SAS		4u
#define IX_WINDOW	4096u

struct ix {
	struct fx fx;
};

/* False if the engine is not of this build. */
bool ix_init(struct ix *ix, const char *engine);
void ix_fini(struct ix *ix);
/* Of a case, whose state is a struct ix with the engine "auto". */
int ix_setup(void **state);
int ix_teardown(void **state);
#define IX_CASE(f)	cmocka_unit_test_setup_teardown(f, ix_setup, ix_teardown)

/* What both ends say of one association; keys are some bytes. */
struct ix_sa {
	struct req_ipsec_sa p;
	uint8_t key[32], auth_key[32];
};
/* Bytes of a key that the algorithm takes; number 0, no algorithm: 0. */
uint16_t ix_key_len(enum virtio_crypto_service service, uint32_t number);
/* ESP with an AEAD, or cipher and MAC; AH with a MAC alone. */
void ix_sa_aead(struct ix_sa *s, uint8_t mode, uint32_t aead);
void ix_sa_two(struct ix_sa *s, uint8_t mode, uint32_t cipher, uint32_t mac);
/* 0, or -ENOTSUP: the engine has not what it needs. */
int ix_open(struct ix *ix, const struct ix_sa *s, bool inbound, uint32_t id);
void ix_close(struct ix *ix, bool inbound, uint32_t id);
struct vcryptod_ipsec_sa *ix_find(struct ix *ix, bool inbound, uint32_t id);

/* One packet. */
struct ix_packet {
	bool inbound;
	uint32_t id;
	const uint8_t *src;
	uint32_t src_len, dst_len;	/* bytes */
	uint32_t piece;			/* bytes of a segment; 0: one for each part */

	uint8_t status;			/* out */
	uint32_t len;			/* out: of the result, by the used length */
	uint8_t *dst;			/* out: dst_len bytes, at least one; to be freed */
};
/* n packets (1 .. VCRYPTOD_BATCH) in one turn.  Bytes of dst that are not the result's must be
 * what they were, UNSET, and so must guards and source.
 */
#define IX_UNSET	0xee
void ix_turn(struct ix *ix, unsigned int lane, struct ix_packet *p, unsigned int n);
/* One of them: its status. */
uint8_t ix_one(struct ix *ix, struct ix_packet *p);

/* Bytes of what comes out of a packet, or the most that can. */
uint32_t ix_out_len(const struct ix_sa *s, const uint8_t *packet, uint32_t len);

/* An IP packet of len bytes (20 or 40 at least) with a right header; seed: of its payload. */
void ix_ip(uint8_t *p, uint32_t len, bool v6, unsigned int seed);

#endif

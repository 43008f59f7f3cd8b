/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a library of algorithms must provide to serve requests: one table of
 * functions per engine.  The device model (model.h) has checked each parameter that
 * does not depend on the engine: the algorithm is in the capabilities, key, iv,
 * digest and input lengths are legal for it (req_alg.h), spans hold their bytes.
 *
 * An engine must not look at anything of a request twice where a second look could
 * decide differently: its memory is shared with the driver.
 *
 * Threads: init, fini from one thread; session_create and session_destroy from any,
 * at once too, but never while that session is in process; process from several
 * threads at once, each with a lane of its own.
 */
#ifndef VCRYPTOD_ENGINE_H
#define VCRYPTOD_ENGINE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "request.h"
#include "span.h"

/* Algorithms that can be had, as the masks of the configuration space: bit n of
 * mask[service] is algorithm n; no bit, no service.
 */
struct vcryptod_caps {
	uint64_t mask[VIRTIO_CRYPTO_NB_SERVICES];
	uint32_t max_cipher_key, max_auth_key;	/* bytes */
};

/* What one thread works with. */
struct vcryptod_lane {
	unsigned int idx;		/* 0 .. number of lanes - 1 */
	struct vcryptod_scratch scratch;
	void *engine;			/* of lane_create */
	/* This round of the worker has had its one request that takes long. */
	bool spent;
	const bool *halt;		/* atomic: the ring that is served has to stop; or NULL */
	struct vcryptod_counters *counters;	/* of that ring (figures.h) */
	/* wipe.h */
	bool dirty;			/* requests were served since the lane was wiped */
	uint64_t wipe_count;		/* sessions that had ended then */
};

/* Bytes of one request after which its engine looks whether it has to stop.  A request that is
 * not longer is always finished: that takes tens of milliseconds at most.
 */
#define VCRYPTOD_PIECE		(1u << 20)

#define VCRYPTOD_IV_MAX		32	/* bytes; no algorithm has more */
#define VCRYPTOD_DIGEST_MAX	64	/* bytes */
#define VCRYPTOD_BATCH		64	/* requests in one call of process */

/* Does the request at hand end here, with ERR? */
static inline bool
vcryptod_lane_halted(const struct vcryptod_lane *lane)
{
	return lane->halt != NULL && __atomic_load_n(lane->halt, __ATOMIC_RELAXED);
}

/* The same, asked each time when done bytes are behind. */
static inline bool
vcryptod_lane_goes_on(const struct vcryptod_lane *lane, uint64_t done)
{
	return done == 0 || done % VCRYPTOD_PIECE != 0 || !vcryptod_lane_halted(lane);
}

/* One request.  dst is as long as the result, or longer where only the engine knows
 * (AKCIPHER).  The spans may overlap exactly (in place); if they overlap otherwise the
 * result is the driver's loss, no memory but theirs is touched.
 */
struct vcryptod_op {
	void *session;			/* of session_create */
	uint32_t opcode;
	uint32_t iv_len;		/* bytes */
	alignas(16) uint8_t iv[VCRYPTOD_IV_MAX];
	struct vcryptod_span aad;	/* AKCIPHER verify: the signed data */
	struct vcryptod_span src;	/* AEAD decrypt: without the tag */
	struct vcryptod_span dst;	/* AEAD encrypt: without the tag */
	struct vcryptod_span digest;	/* written; AEAD decrypt: read, the tag */
	/* CHAIN, bytes in src and at the same place in dst. */
	uint32_t cipher_off, cipher_len, hash_off, hash_len;

	uint8_t status;			/* out: enum virtio_crypto_status */
	uint32_t written;		/* out, AKCIPHER: bytes of the result in dst */
};

struct vcryptod_engine {
	const char *name;

	/* Once per process: fills in what can be had.  0 or -errno (logged). */
	int (*init)(struct vcryptod_caps *caps);
	void (*fini)(void);

	/* State of a thread, e.g. a scheduler.  All may be NULL.  lane_wipe: nothing of a
	 * request that was served is left in it.
	 */
	void *(*lane_create)(void);
	void (*lane_destroy)(void *lane);
	void (*lane_wipe)(void *lane);

	/* p's keys are borrowed for the call.  0; -ENOTSUP; -EINVAL for a key or
	 * parameter that the algorithm refuses; -ENOMEM.  nb_lanes bounds the lanes that
	 * process will use.  Every copy of a key lies in the memory of secret.h, which
	 * session_destroy frees.
	 */
	int (*session_create)(void **session, const struct req_session *p,
			unsigned int nb_lanes);
	void (*session_destroy)(void *session);

	/* Each of n (1 .. VCRYPTOD_BATCH) requests is done when it returns; never
	 * fails as a whole.  Uses the lane's scratch and may leave it used.  A request that
	 * is longer than VCRYPTOD_PIECE fails where the lane is halted.
	 */
	void (*process)(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n);
};

extern const struct vcryptod_engine vcryptod_engine_auto;
extern const struct vcryptod_engine vcryptod_engine_openssl;
extern const struct vcryptod_engine vcryptod_engine_null;
extern const struct vcryptod_engine vcryptod_engine_ipsec_mb;

/* RSA keys of more bits are refused with NOTSUPP.  One private operation with the worst key that
 * is accepted takes 0.02 s at 4096 bits, 0.16 s at 8192: a queue's RSA waits so long for another
 * queue's, and a stop for one that is under way.
 * Set before the first session; without a call it is VCRYPTOD_RSA_BITS_MAX.
 */
#define VCRYPTOD_RSA_BITS_MIN		512
#define VCRYPTOD_RSA_BITS_MAX		8192
#define VCRYPTOD_RSA_BITS_DEFAULT	4096	/* of the daemon's option */
void vcryptod_engine_limit_rsa(unsigned int bits);
unsigned int vcryptod_engine_rsa_bits(void);

/* NULL if there is none of that name in this build. */
const struct vcryptod_engine *vcryptod_engine_find(const char *name);
/* Their names, as in "auto, openssl": at most size bytes with the final 0. */
void vcryptod_engine_names(char *to, size_t size);
/* A line for each algorithm: which engine serves it for auto, and which ones have it. */
void vcryptod_engine_print(FILE *to);

#endif

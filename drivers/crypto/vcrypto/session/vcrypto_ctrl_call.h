/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A session command, and a command in flight on the control queue or the administration
 * queue with its answer.  Plain data.
 */
#ifndef VCRYPTO_CTRL_CALL_H
#define VCRYPTO_CTRL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "req_alg.h"
#include "request.h"

/* After a command that the device did not answer in time, commands of bursts (wait is not
 * set) fail at once with -ETIMEDOUT for this long, or until the device answers.
 */
#define VCRYPTO_CTRL_REFUSE_MS	1000

/* The session to create, or the id of the session to destroy. */
struct vcrypto_ctrl_command {
	const struct req_session *create;	/* NULL: destroy */
	enum req_kind kind;
	uint64_t session_id;
	uint64_t cookie;	/* of the generation that the session belongs to */
};

/* A command in flight.  The caller owns this memory and must keep it until the command has
 * ended or was cancelled.
 */
struct vcrypto_ctrl_call {
	uint64_t end;		/* deadline, TSC */
	uint32_t polls;		/* number of polls so far */
	uint16_t answer_len;	/* device-writable bytes; sessions: 16 create, 1 destroy */
	const struct req_alg *alg;	/* create: what a log line names; NULL: unknown */
	/* Written under ctrlq.lock by the thread that reaps. */
	bool done;
	int err;		/* -errno if the command ended without an answer */
	uint32_t used_len;	/* bytes that the device says it wrote; unchecked */
	/* answer_len bytes of the caller's, for the answer; NULL: it goes into answer. */
	uint8_t *out;
	uint8_t answer[sizeof(struct virtio_crypto_create_session_input)];
};

#endif

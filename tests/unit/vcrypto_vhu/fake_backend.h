/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A vhost-user back end in a thread, for tests of the front end: it does what its
 * fields say, misbehaves where it is told to, records what it got, and objects to
 * orders of messages that real back ends do not survive.
 *
 * It processes no requests.  Fields above the line are the test's before
 * fake_start; those below are the thread's until fake_stop, but for what is read
 * with fake_wait and the accessors.
 */
#ifndef FAKE_BACKEND_H
#define FAKE_BACKEND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../../lib/wire/virtio_crypto.h"
#include "vhu.h"

enum fake_act {
	FAKE_OBEY,
	FAKE_CLOSE,		/* hang up instead of answering */
	FAKE_CLOSE_MID,		/* hang up in the middle of the answer */
	FAKE_SILENT,		/* no answer */
	FAKE_REFUSE,		/* acknowledge a failure */
	FAKE_SHORT,		/* four bytes of payload are missing, and not counted */
	FAKE_LONG,		/* four more bytes */
	FAKE_EMPTY,		/* no payload */
	FAKE_HUGE,		/* says 4 GiB follow */
	FAKE_OTHER_REQUEST,
	FAKE_NO_REPLY_FLAG,
	FAKE_BAD_VERSION,
	FAKE_ONE_FD,
	FAKE_MANY_FDS,
	FAKE_NB_ACTS,
	/* Not wrong in every answer, so not among those above. */
	FAKE_OTHER_VALUE,	/* the first byte of the payload is another */
};

enum fake_layout {
	FAKE_LAYOUT_OPCODE,
	FAKE_LAYOUT_PLAIN,
	FAKE_LAYOUT_UNION,	/* takes 632 bytes too, and answers them its own way */
};

#define FAKE_MAX_MESSAGES	4096
#define FAKE_MAX_REGIONS	512

struct fake_region {
	struct vhu_mem_region r;
	int fd;
};

struct fake_vring {
	uint32_t num, base;
	struct vhu_vring_addr addr;
	int kick_fd, call_fd;	/* -1: none */
	bool has_addr, enabled;
};

struct fake_session {
	struct vhu_session_sym sym;
	uint64_t op_code;
	uint8_t cipher_key[VHU_SESSION_CIPHER_KEY_MAX];
	uint8_t auth_key[VHU_SESSION_AUTH_KEY_MAX];
	struct vhu_session_union_asym asym;
};

struct fake_backend {
	char path[108];
	bool client;			/* connect there instead of listening */
	uint64_t features;		/* VHU_F_PROTOCOL_FEATURES is the test's to set */
	uint64_t proto;
	uint64_t nb_vrings, mem_slots;
	bool serves_config;		/* else GET_CONFIG is refused */
	struct virtio_crypto_config config;
	enum fake_layout layout;
	int64_t session_answer;		/* below 0: what CREATE answers */
	bool lingers;			/* does not hang up when the front end does */
	bool slow_reset;		/* status 0 is seen at the third look only */
	bool no_reset;			/* and never */

	/* The nth (from 1) of this request is answered so; 0: every one. */
	struct {
		uint32_t request;
		unsigned int nth;
		enum fake_act act;
	} fault;

	/* ---- */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int listener, stop_fd, conn;
	bool running;
	bool held;			/* by the test, with fake_lock */
	bool waiting;			/* for something to read */
	int waiting_fd;			/* from there; -1: only for its end */

	unsigned int nb_connections;
	unsigned int nb_messages;
	uint32_t message[FAKE_MAX_MESSAGES];	/* requests, in order, of all connections */
	unsigned int count[64];		/* of each request */
	uint64_t driver_features, proto_set;
	uint8_t status;
	unsigned int status_looks;	/* GET_STATUS since status 0 was written */
	bool needs_reset;		/* added to the status */
	unsigned int nb_regions;
	struct fake_region region[FAKE_MAX_REGIONS];
	struct fake_vring vring[VHU_MAX_VRINGS];
	struct fake_session session;	/* of the last CREATE */
	uint64_t closed_session;	/* of the last CLOSE */
	const char *objection;		/* the first rule that the front end broke */
};

/* A back end that offers everything and serves a plausible device; path is new. */
void fake_init(struct fake_backend *fb);
/* Listens once this returns. */
void fake_start(struct fake_backend *fb);
/* Ends the thread and closes all it holds; the socket's file is removed. */
void fake_stop(struct fake_backend *fb);
/* Hangs up, as a killed process would; goes on to accept. */
void fake_hang_up(struct fake_backend *fb);

/* Waits (bounded) until the nth of request has been dealt with; false if it never is. */
bool fake_wait(struct fake_backend *fb, uint32_t request, unsigned int nth);
/* Waits (bounded) until no front end is connected and all it sent is closed. */
bool fake_wait_idle(struct fake_backend *fb);
unsigned int fake_count(struct fake_backend *fb, uint32_t request);
void fake_set_needs_reset(struct fake_backend *fb);

/* What the test holds while it looks at the fields below the line; one thread of it.
 * fake_stop may be called with it held, as a failed test leaves it.
 */
void fake_lock(struct fake_backend *fb);
void fake_unlock(struct fake_backend *fb);

/* Nothing comes from it any more unless it gets something: it is not there, is held, or
 * waits and has read all.
 */
bool fake_is_silent(struct fake_backend *fb);
/* For programs that replace the clock: its thread, and who waits for it here, go by the
 * real one.
 */
bool fake_has_real_time(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a vhost-user transport is asked for: plain data, from device arguments.
 */
#ifndef VHU_ARGS_H
#define VHU_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "req_vhost_user.h"

/* How sessions are created and destroyed. */
enum vcrypto_vhu_sessions {
	VCRYPTO_VHU_SESSIONS_AUTO,	/* the control queue where the back end has one */
	VCRYPTO_VHU_SESSIONS_CTRLQ,	/* control queue and GET_CONFIG, or refuse */
	VCRYPTO_VHU_SESSIONS_MESSAGE,	/* messages 26 and 27, or refuse */
};

struct vcrypto_vhu_args {
	const char *name;	/* device name for messages */
	const char *path;	/* of the socket, shorter than sun_path */
	bool server;		/* listen there and wait for the back end */
	uint16_t queues;	/* data queues to use, 1.. */
	uint16_t queue_size;	/* entries, a power of two */
	enum vcrypto_vhu_sessions sessions;
	/* Of session messages; AUTO: opcode, and union once the back end answers so. */
	enum req_vhu_layout layout;
	int numa_node;		/* -1: any */
	uint32_t timeout_ms;	/* of each wait on the socket; 0: the defaults */
};

#endif

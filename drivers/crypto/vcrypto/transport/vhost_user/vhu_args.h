/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The arguments of a vhost-user transport: plain data, which vcrypto_vdev.c fills from the
 * device arguments.
 */
#ifndef VHU_ARGS_H
#define VHU_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "req_vhost_user.h"

/* How sessions are created and destroyed. */
enum vcrypto_vhu_sessions {
	VCRYPTO_VHU_SESSIONS_AUTO,	/* the control queue where the back end has one */
	VCRYPTO_VHU_SESSIONS_CTRLQ,	/* the control queue only; needs GET_CONFIG */
	VCRYPTO_VHU_SESSIONS_MESSAGE,	/* messages 26 and 27 only */
};

struct vcrypto_vhu_args {
	const char *name;	/* device name for messages */
	const char *path;	/* of the socket; must be shorter than sun_path */
	bool server;		/* listen there and wait for the back end */
	uint16_t queues;	/* number of data queues to use, at least 1 */
	uint16_t queue_size;	/* entries, a power of two */
	enum vcrypto_vhu_sessions sessions;
	/* Layout of session messages; AUTO: opcode first, then union if the back end's answer
	 * shows that it uses that.
	 */
	enum req_vhu_layout layout;
	int numa_node;		/* -1: any */
	uint32_t timeout_ms;	/* bound of each wait on the socket; 0: the defaults */
};

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The constructor of the vhost-user transport, the front end of a crypto device
 * that another process is; everything else goes through transport.h.
 */
#ifndef VCRYPTO_TRANSPORT_VHOST_USER_H
#define VCRYPTO_TRANSPORT_VHOST_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "req_vhost_user.h"
#include "transport/transport.h"

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

/*
 * Connect (or listen and wait for the connection), agree on the protocol, read what
 * the back end offers, and collect the memory that it will share.  args and its
 * strings are copied.
 *
 * 0, and ops->destroy() undoes it all; or -errno with nothing left open and one line
 * in the log: -ENOENT, -ECONNREFUSED, -EACCES, ... as connect and bind say;
 * -ENOTSOCK; -ENODEV the back end closed the connection, or never came; -ETIMEDOUT it
 * does not answer; -EPROTO it breaks the protocol; -EIO it refused a request;
 * -ENOTSUP it is no crypto device, or lacks what args ask for; -E2BIG it takes fewer
 * memory regions than there are; -ENOMEM.
 */
int vcrypto_transport_vhost_user_create(struct vcrypto_transport **t,
		const struct vcrypto_vhu_args *args);

#endif

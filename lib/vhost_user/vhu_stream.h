/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One vhost-user message in, one out, in pieces and without waiting: for a back end that
 * serves others meanwhile, and that no front end may hold up by half a message or by an
 * answer that it does not read.  The caller bounds how long a message may take.
 *
 * Owns the descriptors that came until the caller takes them; sockets are the caller's.
 * Errors are those of vhu.h.  Threads: one at a time for each struct.
 */
#ifndef VHU_STREAM_H
#define VHU_STREAM_H

#include "vhu.h"

/* A message that comes in.  Zeroed: nothing has come. */
struct vhu_inbox {
	struct vhu_header hdr;
	union vhu_payload p;
	uint32_t got;		/* bytes of header and payload so far */
	unsigned int nb_fds;
	int fd[VHU_MAX_FDS];	/* -1: the caller took it */
};

/* Takes what has come of one message, and nothing of the next.  0: it is whole, and the caller
 * clears it when it is done.  -EAGAIN: more must come.  Another error: close the connection.
 * The payload's bytes beyond hdr.size are 0.
 */
int vhu_inbox_receive(struct vhu_inbox *in, int sock);
/* Hands descriptor i (below nb_fds) over to the caller. */
int vhu_inbox_take_fd(struct vhu_inbox *in, unsigned int i);
/* Closes the descriptors that were not taken, and wipes the payload, which may hold keys. */
void vhu_inbox_clear(struct vhu_inbox *in);

static inline bool
vhu_inbox_is_empty(const struct vhu_inbox *in)
{
	return in->got == 0;
}

/* A message that goes out; it carries no descriptors.  Zeroed: nothing to send. */
struct vhu_outbox {
	struct vhu_header hdr;
	uint8_t payload[VHU_MAX_PAYLOAD];
	uint32_t len, sent;	/* bytes of header and payload */
};

/* The answer to request, of size bytes (at most VHU_MAX_PAYLOAD).  The outbox must be empty. */
void vhu_outbox_put(struct vhu_outbox *out, uint32_t request, const void *payload, uint32_t size);
/* 0: all is sent, or nothing was to be; -EAGAIN: the other side must read first. */
int vhu_outbox_send(struct vhu_outbox *out, int sock);

static inline bool
vhu_outbox_is_empty(const struct vhu_outbox *out)
{
	return out->len == 0;
}

#endif

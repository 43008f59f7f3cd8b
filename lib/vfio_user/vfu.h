/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One vfio-user message in, one out, in pieces and without waiting: for a server that no client
 * may hold up by half a message or by a reply that it does not read.  The caller bounds how long
 * a message may take.
 *
 * Owns the descriptors that came until the caller takes them; sockets are the caller's.  Header,
 * length and number of descriptors are checked here, the payload in vfu_request.h.  No allocation,
 * no log, no DPDK.
 *
 * Errors: -EAGAIN there is no more to do now; -ECONNRESET the other side is gone; -EPROTO it
 * sent something that breaks the protocol; else the -errno of a system call.  After any error
 * but -EAGAIN the stream may be out of step: close the connection.
 *
 * Threads: one at a time for each struct.
 */
#ifndef VFU_H
#define VFU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/vfio_user.h"

/* Descriptors in one message, which a server announces. */
#define VFU_MAX_FDS	16

/* Bytes of data of one access to a region, which a server announces: all of a function's
 * extended configuration space, which clients read at once.
 */
#define VFU_MAX_DATA	4096

#define VFU_MAX_PAYLOAD	(sizeof(struct vfu_region_access) + VFU_MAX_DATA)

/* A message that comes in.  Zeroed: nothing has come. */
struct vfu_inbox {
	struct vfu_header hdr;
	_Alignas(8) uint8_t payload[VFU_MAX_PAYLOAD];
	uint32_t got;			/* bytes of header and payload so far */
	unsigned int nb_fds;
	int fd[VFU_MAX_FDS];		/* -1: the caller took it */
};

/* Takes what has come of one message, and nothing of the next.  0: it is whole, and the caller
 * clears it when it is done.  The payload's bytes beyond the message are 0.
 */
int vfu_inbox_receive(struct vfu_inbox *in, int sock);
/* Hands descriptor i (below nb_fds) over to the caller. */
int vfu_inbox_take_fd(struct vfu_inbox *in, unsigned int i);
/* Closes the descriptors that were not taken. */
void vfu_inbox_clear(struct vfu_inbox *in);

static inline bool
vfu_inbox_is_empty(const struct vfu_inbox *in)
{
	return in->got == 0;
}

/* Bytes of payload of a whole message. */
static inline uint32_t
vfu_inbox_len(const struct vfu_inbox *in)
{
	return in->hdr.size - (uint32_t)sizeof(in->hdr);
}

/* A message that goes out; it carries no descriptors.  Zeroed: nothing to send. */
struct vfu_outbox {
	struct vfu_header hdr;
	_Alignas(8) uint8_t payload[VFU_MAX_PAYLOAD];
	uint32_t len, sent;		/* bytes of header and payload */
};

/* The reply to command, with size bytes of payload (at most VFU_MAX_PAYLOAD), which are zeroed
 * and which the caller fills in.  The outbox must be empty.
 */
uint8_t *vfu_outbox_reply(struct vfu_outbox *out, const struct vfu_header *command, uint32_t size);
/* The reply that says that command failed; error is an errno, above 0. */
void vfu_outbox_refuse(struct vfu_outbox *out, const struct vfu_header *command, uint32_t error);
/* 0: all is sent, or nothing was to be; -EAGAIN: the other side must read first. */
int vfu_outbox_send(struct vfu_outbox *out, int sock);

static inline bool
vfu_outbox_is_empty(const struct vfu_outbox *out)
{
	return out->len == 0;
}

/* Nothing is to be sent any more. */
static inline void
vfu_outbox_clear(struct vfu_outbox *out)
{
	out->len = out->sent = 0;
}

/* For messages; never NULL. */
const char *vfu_command_name(uint32_t command);

#endif

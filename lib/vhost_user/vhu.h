/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One vhost-user message, with its file descriptors, out or in over a connected
 * unix stream socket; and the exchange of a request and its reply.
 *
 * Owns nothing: sockets and descriptors are the caller's, but a descriptor that
 * comes in and is not handed on is closed here.  Every length, flag and count that
 * the other side sends is checked; every wait ends at a deadline.  No allocation,
 * no log, no DPDK.
 *
 * Errors: -ETIMEDOUT past the deadline; -ECONNRESET the other side is gone;
 * -EPROTO it sent something that breaks the protocol; -EREMOTEIO it refused the
 * request (the connection goes on); -EINVAL a wrong argument; else the -errno of a
 * system call.  After any error but -EREMOTEIO and -EINVAL the stream may be out of
 * step: close the connection.
 *
 * Threads: one at a time per connection.
 */
#ifndef VHU_H
#define VHU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/vhost_user.h"

/* File descriptors in one message, either way: one a region of SET_MEM_TABLE. */
#define VHU_MAX_FDS	VHU_MEM_TABLE_REGIONS

/* A time on the monotonic clock (milliseconds), ms from now. */
uint64_t vhu_deadline(uint32_t ms);

/* Sends header, hdr->size bytes of payload and nb_fds descriptors (at most
 * VHU_MAX_FDS).  The caller keeps the descriptors.
 */
int vhu_send(int sock, const struct vhu_header *hdr, const void *payload, const int *fds,
		unsigned int nb_fds, uint64_t deadline);

/* Receives one message: its payload of at most size bytes, and descriptors.
 * *nb_fds: in, how many the caller takes (fds has that room); out, how many came;
 * they are the caller's to close.  More, or a longer payload, is -EPROTO; after an
 * error no descriptor is left open and *nb_fds is 0.  Bytes of payload past
 * hdr->size are untouched.
 */
int vhu_recv(int sock, struct vhu_header *hdr, void *payload, size_t size, int *fds,
		unsigned int *nb_fds, uint64_t deadline);

/* A front end's connection. */
struct vhu_conn {
	int sock;
	uint32_t timeout_ms;	/* bound of one exchange, request and reply together */
	uint64_t end;		/* deadline of every exchange until it is changed; 0: none */
	bool reply_ack;		/* REPLY_ACK was negotiated */
	bool broken;		/* the stream is out of step: every call is -ECONNRESET */
};

struct vhu_out {
	uint32_t request;	/* enum vhu_request */
	uint32_t size;		/* bytes of payload */
	const void *payload;
	const int *fds;
	unsigned int nb_fds;
	bool may_refuse;	/* vhu_call: see there */
};

/* Sends a request that has a reply of its own and waits for that: the same request,
 * version and reply flag, no descriptors, min to max bytes of payload; *len of them
 * (may be NULL where min is max).
 *
 * A back end that does not know a request drops the connection, unless an
 * acknowledgment was asked for.  may_refuse does so where REPLY_ACK was negotiated:
 * a non-zero u64 instead of a reply is then -EREMOTEIO, if 8 bytes are not within
 * min and max.
 */
int vhu_call(struct vhu_conn *c, const struct vhu_out *out, void *reply, size_t min, size_t max,
		size_t *len);

/* Sends a request that has no reply of its own.  With REPLY_ACK asks for an
 * acknowledgment and waits for it; without, returns as soon as it is sent.
 */
int vhu_command(struct vhu_conn *c, const struct vhu_out *out);

/* The two halves of vhu_call, for a caller that has something else to do meanwhile.
 * Replies come in the order of requests; the caller takes each before the next call.
 */
int vhu_post(struct vhu_conn *c, const struct vhu_out *out, uint64_t deadline);
int vhu_reply(struct vhu_conn *c, uint32_t request, void *reply, size_t min, size_t max,
		size_t *len, uint64_t deadline);

/* Is a reply, or the end of the connection, there to be read?  Never waits. */
bool vhu_readable(const struct vhu_conn *c);
/* Has the other side closed?  Never waits; callable from any thread while the
 * socket is open.
 */
bool vhu_hung_up(const struct vhu_conn *c);
bool vhu_sock_hung_up(int sock);	/* the same of a socket alone */
/* The same, or is the stream out of step? */
bool vhu_gone(const struct vhu_conn *c);

/* The deadline of an exchange that begins now: timeout_ms from now, and end at the latest. */
uint64_t vhu_conn_deadline(const struct vhu_conn *c);

/* For messages; never NULL.  rc is an error of the calls above. */
const char *vhu_request_name(uint32_t request);
const char *vhu_error_text(int rc);

#endif

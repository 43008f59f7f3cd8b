/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Messages in pieces; see vhu_stream.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vhu_io.h"
#include "vhu_stream.h"

/* ---- in ---- */

/* Bytes of header and payload; of the header alone until that is whole. */
static uint32_t
stream_wanted(const struct vhu_inbox *in)
{
	return in->got < sizeof(in->hdr) ? (uint32_t)sizeof(in->hdr) :
		(uint32_t)sizeof(in->hdr) + in->hdr.size;
}

static uint8_t *
stream_place(struct vhu_inbox *in)
{
	return in->got < sizeof(in->hdr) ? (uint8_t *)&in->hdr + in->got :
		in->p.bytes + (in->got - sizeof(in->hdr));
}

static int
stream_receive_piece(struct vhu_inbox *in, int sock)
{
	struct vhu_fd_list l = { .nb = 0 };
	unsigned int i;
	ssize_t n;

	n = vhu_io_recv(sock, stream_place(in), stream_wanted(in) - in->got, &l);
	if (n == -EINTR)
		return 0;
	if (n >= 0 && l.nb > VHU_MAX_FDS - in->nb_fds)
		n = -EPROTO;
	if (n < 0) {
		vhu_io_close_all(&l);
		return (int)n;
	}
	for (i = 0; i < l.nb; i++)
		in->fd[in->nb_fds++] = l.fd[i];
	in->got += (uint32_t)n;
	return 0;
}

static int
stream_check_header(const struct vhu_header *hdr)
{
	return (hdr->flags & VHU_VERSION_MASK) != VHU_VERSION ||
		hdr->size > VHU_MAX_PAYLOAD ? -EPROTO : 0;
}

int
vhu_inbox_receive(struct vhu_inbox *in, int sock)
{
	int rc;

	while (in->got < stream_wanted(in)) {
		rc = stream_receive_piece(in, sock);
		if (rc == 0 && in->got == sizeof(in->hdr))
			rc = stream_check_header(&in->hdr);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
vhu_inbox_take_fd(struct vhu_inbox *in, unsigned int i)
{
	int fd = in->fd[i];

	in->fd[i] = -1;
	return fd;
}

void
vhu_inbox_clear(struct vhu_inbox *in)
{
	unsigned int i;

	for (i = 0; i < in->nb_fds; i++)
		if (in->fd[i] >= 0)
			close(in->fd[i]);
	explicit_bzero(in, sizeof(*in));
}

/* ---- out ---- */

void
vhu_outbox_put(struct vhu_outbox *out, uint32_t request, const void *payload, uint32_t size)
{
	out->hdr = (struct vhu_header){
		.request = request, .flags = VHU_VERSION | VHU_FLAG_REPLY, .size = size,
	};
	if (size != 0)
		memcpy(out->payload, payload, size);
	out->len = (uint32_t)sizeof(out->hdr) + size;
	out->sent = 0;
}

int
vhu_outbox_send(struct vhu_outbox *out, int sock)
{
	ssize_t n;

	_Static_assert(offsetof(struct vhu_outbox, payload) == sizeof(struct vhu_header),
			"the payload follows the header");
	while (out->sent < out->len) {
		n = send(sock, (const uint8_t *)out + out->sent, out->len - out->sent,
				MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EINTR)
			return errno == EPIPE ? -ECONNRESET : -errno;
		if (n > 0)
			out->sent += (uint32_t)n;
	}
	explicit_bzero(out, sizeof(*out));
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Messages in pieces; see vfu.h.  Knows the header's layout and no command.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../wire/attributes.h"
#include "vfu.h"

/* Descriptors of one message as recvmsg carries them. */
union vfu_fd_box {
	struct cmsghdr align;
	unsigned char bytes[CMSG_SPACE(sizeof(int) * VFU_MAX_FDS)];
};

static int
vfu_errno(void)
{
	return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN ? -ECONNRESET : -errno;
}

/* ---- in ---- */

/* Descriptors that came with some bytes.  The kernel closes those beyond the box, which
 * MSG_CTRUNC tells; those beyond the message's room are closed here.
 */
static int
vfu_unbox(struct vfu_inbox *in, struct msghdr *msg)
{
	bool too_many = (msg->msg_flags & MSG_CTRUNC) != 0;
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (in->nb_fds < VFU_MAX_FDS) {
				in->fd[in->nb_fds++] = fd;
			} else {
				close(fd);
				too_many = true;
			}
		}
	}
	return too_many ? -EPROTO : 0;
}

/* One recvmsg of at most len bytes (not 0). */
static int
vfu_receive_piece(struct vfu_inbox *in, int sock, void *to, size_t len)
{
	struct iovec iov = { .iov_base = to, .iov_len = len };
	union vfu_fd_box box;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = box.bytes, .msg_controllen = sizeof(box.bytes),
	};
	ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int rc;

	if (n < 0)
		return errno == EINTR ? 0 : vfu_errno();
	rc = vfu_unbox(in, &msg);
	if (n == 0)
		return -ECONNRESET;
	in->got += (uint32_t)n;
	return rc;
}

/* This server sends no commands, so no reply comes. */
static int
vfu_check_header(const struct vfu_header *hdr)
{
	if (hdr->size < sizeof(*hdr) || hdr->size - sizeof(*hdr) > VFU_MAX_PAYLOAD ||
			(hdr->flags & ~VFU_FLAG_NO_REPLY) != VFU_TYPE_COMMAND)
		return -EPROTO;
	return 0;
}

/* Where the next byte belongs, and how many of this part of the message are missing. */
static uint8_t *
vfu_place(struct vfu_inbox *in, size_t *missing)
{
	if (in->got < sizeof(in->hdr)) {
		*missing = sizeof(in->hdr) - in->got;
		return (uint8_t *)&in->hdr + in->got;
	}
	*missing = in->hdr.size - in->got;
	return in->payload + (in->got - sizeof(in->hdr));
}

int
vfu_inbox_receive(struct vfu_inbox *in, int sock)
{
	size_t missing;
	uint8_t *to;
	int rc;

	for (;;) {
		to = vfu_place(in, &missing);
		if (missing == 0)
			return 0;
		rc = vfu_receive_piece(in, sock, to, missing);
		if (rc == 0 && in->got == sizeof(in->hdr))
			rc = vfu_check_header(&in->hdr);
		if (rc != 0)
			return rc;
	}
}

int
vfu_inbox_take_fd(struct vfu_inbox *in, unsigned int i)
{
	int fd = in->fd[i];

	in->fd[i] = -1;
	return fd;
}

void
vfu_inbox_clear(struct vfu_inbox *in)
{
	unsigned int i;

	for (i = 0; i < in->nb_fds; i++)
		if (in->fd[i] >= 0)
			close(in->fd[i]);
	memset(in, 0, sizeof(*in));
}

/* ---- out ---- */

uint8_t *
vfu_outbox_reply(struct vfu_outbox *out, const struct vfu_header *command, uint32_t size)
{
	out->hdr = (struct vfu_header){
		.id = command->id, .command = command->command,
		.size = (uint32_t)sizeof(out->hdr) + size, .flags = VFU_TYPE_REPLY,
	};
	memset(out->payload, 0, size);
	out->len = out->hdr.size;
	out->sent = 0;
	return out->payload;
}

void
vfu_outbox_refuse(struct vfu_outbox *out, const struct vfu_header *command, uint32_t error)
{
	(void)vfu_outbox_reply(out, command, 0);
	out->hdr.flags |= VFU_FLAG_ERROR;
	out->hdr.error = error;
}

int
vfu_outbox_send(struct vfu_outbox *out, int sock)
{
	ssize_t n;

	_Static_assert(offsetof(struct vfu_outbox, payload) == sizeof(struct vfu_header),
			"the payload follows the header");
	while (out->sent < out->len) {
		n = send(sock, (const uint8_t *)out + out->sent, out->len - out->sent,
				MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EINTR)
			return vfu_errno();
		if (n > 0)
			out->sent += (uint32_t)n;
	}
	vfu_outbox_clear(out);
	return 0;
}

/* ---- words ---- */

const char *
vfu_command_name(uint32_t command)
{
	static const char *const name[] = {
		[VFU_VERSION] = "VERSION",
		[VFU_DMA_MAP] = "DMA_MAP",
		[VFU_DMA_UNMAP] = "DMA_UNMAP",
		[VFU_DEVICE_GET_INFO] = "DEVICE_GET_INFO",
		[VFU_DEVICE_GET_REGION_INFO] = "DEVICE_GET_REGION_INFO",
		[VFU_DEVICE_GET_REGION_IO_FDS] = "DEVICE_GET_REGION_IO_FDS",
		[VFU_DEVICE_GET_IRQ_INFO] = "DEVICE_GET_IRQ_INFO",
		[VFU_DEVICE_SET_IRQS] = "DEVICE_SET_IRQS",
		[VFU_REGION_READ] = "REGION_READ",
		[VFU_REGION_WRITE] = "REGION_WRITE",
		[VFU_DMA_READ] = "DMA_READ",
		[VFU_DMA_WRITE] = "DMA_WRITE",
		[VFU_DEVICE_RESET] = "DEVICE_RESET",
		[VFU_DIRTY_PAGES] = "DIRTY_PAGES",
		[VFU_REGION_WRITE_MULTI] = "REGION_WRITE_MULTI",
		[VFU_DEVICE_FEATURE] = "DEVICE_FEATURE",
		[VFU_MIG_DATA_READ] = "MIG_DATA_READ",
		[VFU_MIG_DATA_WRITE] = "MIG_DATA_WRITE",
	};

	if (command < WIRE_COUNT(name) && name[command] != NULL)
		return name[command];
	return "unknown command";
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the moving of bytes and descriptors over a unix stream socket: partial
 * reads and writes, interruptions, deadlines, and descriptors that the
 * caller does not expect.  Knows the header's layout and no request.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "vhu_io.h"

/* Descriptors of one message as sendmsg and recvmsg carry them. */
union fd_box {
	struct cmsghdr align;
	unsigned char bytes[CMSG_SPACE(sizeof(int) * VHU_MAX_FDS)];
};

static uint64_t
io_now_ms(void)
{
	struct timespec ts;

	/* Cannot fail: the clock exists on every system with poll. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
vhu_deadline(uint32_t ms)
{
	return io_now_ms() + ms;
}

/* Waits until the socket can do events (or has an error to tell), or deadline. */
static int
io_wait(int sock, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = sock, .events = events };

	for (;;) {
		uint64_t now = io_now_ms();
		int left, rc;

		if (now >= deadline)
			return -ETIMEDOUT;
		left = deadline - now > INT32_MAX ? INT32_MAX : (int)(deadline - now);
		rc = poll(&p, 1, left);
		if (rc > 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return -errno;
	}
}

/* What an errno of sendmsg or recvmsg means: 0 to try again, else -errno. */
static int
io_error(int error, int sock, short events, uint64_t deadline)
{
	switch (error) {
	case EINTR:
		return io_now_ms() < deadline ? 0 : -ETIMEDOUT;
	case EAGAIN:
		return io_wait(sock, events, deadline);
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return -ECONNRESET;
	default:
		return -error;
	}
}

void
vhu_io_close_all(struct vhu_fd_list *l)
{
	while (l->nb > 0)
		close(l->fd[--l->nb]);
}

/* ---- out ---- */

static void
io_box_fds(struct msghdr *msg, union fd_box *box, const int *fds, unsigned int nb_fds)
{
	struct cmsghdr *c;

	if (nb_fds == 0)
		return;
	memset(box, 0, sizeof(*box));
	msg->msg_control = box->bytes;
	msg->msg_controllen = CMSG_SPACE(sizeof(int) * nb_fds);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * nb_fds);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * nb_fds);
}

/* Drops the first n bytes of what is left to send. */
static void
io_advance(struct msghdr *msg, size_t n)
{
	while (msg->msg_iovlen > 0 && n >= msg->msg_iov->iov_len) {
		n -= msg->msg_iov->iov_len;
		msg->msg_iov++;
		msg->msg_iovlen--;
	}
	if (msg->msg_iovlen > 0) {
		msg->msg_iov->iov_base = (unsigned char *)msg->msg_iov->iov_base + n;
		msg->msg_iov->iov_len -= n;
	}
}

int
vhu_send(int sock, const struct vhu_header *hdr, const void *payload, const int *fds,
		unsigned int nb_fds, uint64_t deadline)
{
	struct vhu_header h = *hdr;
	/* sendmsg only reads; iovec has no const. */
	struct iovec iov[2] = {
		{ .iov_base = &h, .iov_len = sizeof(h) },
		{ .iov_base = (void *)(uintptr_t)payload, .iov_len = h.size },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = h.size != 0 ? 2 : 1 };
	union fd_box box;

	if (nb_fds > VHU_MAX_FDS || h.size > VHU_MAX_PAYLOAD)
		return -EINVAL;
	io_box_fds(&msg, &box, fds, nb_fds);
	while (msg.msg_iovlen > 0) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0) {
			int rc = io_error(errno, sock, POLLOUT, deadline);

			if (rc != 0)
				return rc;
			continue;
		}
		/* The descriptors went with the first byte. */
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
		io_advance(&msg, (size_t)n);
	}
	return 0;
}

/* ---- in ---- */

/* Descriptors that came with some bytes.  The kernel closes those beyond the box
 * and says so by MSG_CTRUNC; those within it must be closed here unless the caller gets them.
 */
static int
io_unbox_fds(struct msghdr *msg, struct vhu_fd_list *l)
{
	bool too_many = (msg->msg_flags & MSG_CTRUNC) != 0;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t i, n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (l->nb < VHU_MAX_FDS) {
				l->fd[l->nb++] = fd;
			} else {
				close(fd);
				too_many = true;
			}
		}
	}
	return too_many ? -EPROTO : 0;
}

ssize_t
vhu_io_recv(int sock, void *buf, size_t len, struct vhu_fd_list *l)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	union fd_box box;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = box.bytes, .msg_controllen = sizeof(box.bytes),
	};
	ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int rc;

	if (n < 0)
		return -errno;
	if (n == 0)
		return -ECONNRESET;
	rc = io_unbox_fds(&msg, l);
	return rc != 0 ? rc : n;
}

/* Exactly len bytes into buf; descriptors that come with them are added to l. */
static int
io_recv_all(int sock, void *buf, size_t len, struct vhu_fd_list *l, uint64_t deadline)
{
	unsigned char *at = buf;

	while (len > 0) {
		ssize_t n = vhu_io_recv(sock, at, len, l);

		if (n < 0) {
			int rc = io_error((int)-n, sock, POLLIN, deadline);

			if (rc != 0)
				return rc;
			continue;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
io_recv_message(int sock, struct vhu_header *hdr, void *payload, size_t size, struct vhu_fd_list *l,
		uint64_t deadline)
{
	int rc = io_recv_all(sock, hdr, sizeof(*hdr), l, deadline);

	if (rc != 0)
		return rc;
	if ((hdr->flags & VHU_VERSION_MASK) != VHU_VERSION || hdr->size > size)
		return -EPROTO;
	return io_recv_all(sock, payload, hdr->size, l, deadline);
}

int
vhu_recv(int sock, struct vhu_header *hdr, void *payload, size_t size, int *fds,
		unsigned int *nb_fds, uint64_t deadline)
{
	unsigned int room = *nb_fds;
	struct vhu_fd_list l = { .nb = 0 };
	int rc = io_recv_message(sock, hdr, payload, size, &l, deadline);

	*nb_fds = 0;
	if (rc == 0 && l.nb > room)
		rc = -EPROTO;
	if (rc != 0) {
		vhu_io_close_all(&l);
		return rc;
	}
	if (l.nb > 0)
		memcpy(fds, l.fd, sizeof(int) * l.nb);
	*nb_fds = l.nb;
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns connect, listen and accept, and the log lines that explain a path that does not
 * work.  Must not send or receive messages.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "device/vcrypto_log.h"
#include "vhu.h"
#include "transport/vhost_user/vhu_socket.h"

/* How long a connection to a listener with a full backlog is tried, and the pause between
 * attempts.
 */
#define SOCKET_CONNECT_TIMEOUT_MS	5000
#define SOCKET_CONNECT_PAUSE_MS	10
/* How long server=1 waits for the back end. */
#define SOCKET_ACCEPT_TIMEOUT_MS	30000

static uint32_t
socket_timeout_ms(const struct vcrypto_vhu_args *args, uint32_t standard)
{
	return args->timeout_ms != 0 ? args->timeout_ms : standard;
}

static int
socket_create(struct sockaddr_un *un, const struct vcrypto_vhu_args *args)
{
	int fd;

	if (strlen(args->path) >= sizeof(un->sun_path)) {
		VCRYPTO_ERR("%s: path=%s is longer than the %zu bytes of a socket's path",
			args->name, args->path, sizeof(un->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, args->path);	/* fits: checked above */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		return fd;
	fd = -errno;
	VCRYPTO_ERR("%s: cannot open a socket: %s", args->name, strerror(-fd));
	return fd;
}

/* Logs connect's error err for the path with a remedy; returns the negative error. */
static int
socket_connect_error(const struct vcrypto_vhu_args *args, int err)
{
	const char *reason = strerror(err);
	struct stat st;

	if (err == ENOENT) {
		reason = "there is no such file: start the back end first (vhost-vdpa: vdpa dev "
			"add), or correct path=";
	} else if (stat(args->path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		err = ENOTSOCK;
		reason = "this is no socket, nor the character device of a vDPA device: give the "
			"path that the back end listens on";
	} else if (err == ECONNREFUSED) {
		reason = "nobody listens on this socket: start the back end, or start it again";
	} else if (err == EACCES) {
		reason = "permission denied: the socket and its folders must be open to this user";
	} else if (err == EAGAIN) {
		err = ETIMEDOUT;
		reason = "its listener is busy: a back end serves one front end per socket";
	} else if (err == EPROTOTYPE) {
		reason = "this is not a stream socket: it belongs to no vhost-user back end";
	}
	VCRYPTO_ERR("%s: cannot connect to path=%s: %s", args->name, args->path, reason);
	return -err;
}

int
vcrypto_vhu_socket_connect(int *sock, const struct vcrypto_vhu_args *args, bool wait)
{
	uint64_t deadline = vhu_deadline(wait ?
			socket_timeout_ms(args, SOCKET_CONNECT_TIMEOUT_MS) : 0);
	struct sockaddr_un un;
	int fd = socket_create(&un, args), err;

	if (fd < 0)
		return fd;
	/* A unix socket connects at once or not at all; EAGAIN is a full backlog. */
	while (connect(fd, (struct sockaddr *)&un, sizeof(un)) != 0) {
		err = errno;
		if (err == EISCONN)
			break;
		if ((err == EAGAIN || err == EINTR) && vhu_deadline(0) < deadline) {
			usleep(SOCKET_CONNECT_PAUSE_MS * 1000);
			continue;
		}
		close(fd);
		return socket_connect_error(args, err == EINTR ? EAGAIN : err);
	}
	*sock = fd;
	return 0;
}

int
vcrypto_vhu_socket_listen(int *listener, const struct vcrypto_vhu_args *args)
{
	struct sockaddr_un un;
	int fd = socket_create(&un, args), err;

	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) != 0) {
		err = errno;
		VCRYPTO_ERR("%s: cannot listen on path=%s: %s", args->name, args->path,
			err == EADDRINUSE ? "the file exists: remove it, unless a process listens "
			"there" : strerror(err));
		close(fd);
		return -err;
	}
	if (listen(fd, 1) != 0) {
		err = errno;
		VCRYPTO_ERR("%s: cannot listen on path=%s: %s", args->name, args->path,
			strerror(err));
		unlink(args->path);
		close(fd);
		return -err;
	}
	*listener = fd;
	return 0;
}

int
vcrypto_vhu_socket_accept(int *sock, int listener, const struct vcrypto_vhu_args *args, bool wait)
{
	uint32_t ms = wait ? socket_timeout_ms(args, SOCKET_ACCEPT_TIMEOUT_MS) : 0;
	uint64_t deadline = vhu_deadline(ms), now;
	struct pollfd p = { .fd = listener, .events = POLLIN };
	int fd;

	if (wait)
		VCRYPTO_INFO("%s: waiting up to %" PRIu32 " ms for a back end on path=%s",
			args->name, ms, args->path);
	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			*sock = fd;
			return 0;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			fd = -errno;
			VCRYPTO_ERR("%s: cannot accept a connection on path=%s: %s", args->name,
				args->path, strerror(-fd));
			return fd;
		}
		now = vhu_deadline(0);
		if (now >= deadline) {
			VCRYPTO_ERR("%s: no back end connected to path=%s%s: start it as a client "
				"of this socket", args->name, args->path, wait ? " in time" : "");
			return -ENODEV;
		}
		poll(&p, 1, (int)(deadline - now));
	}
}

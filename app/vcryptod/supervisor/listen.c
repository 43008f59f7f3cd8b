/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Listening sockets and their paths; see listen.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listen.h"

#define LISTEN_BACKLOG	128	/* front ends that wait while a device process starts again */

static struct sockaddr_un
listen_address(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, path, strlen(path));
	return un;
}

static int
listen_error(struct vcryptod_listen *l, int rc, const char *what)
{
	l->why = what;
	return rc;
}

/* Does anybody listen there?  1, 0, or -errno.  Does not block: where the backlog is full,
 * the answer is EAGAIN, and somebody listens.
 */
static int
listen_is_served(const char *path)
{
	struct sockaddr_un un = listen_address(path);
	int fd, rc;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0 ? 1 : -errno;
	close(fd);
	if (rc == -EAGAIN || rc == -EPROTOTYPE)
		return 1;
	return rc == -ECONNREFUSED || rc == -ENOENT ? 0 : rc;
}

/* Removes the socket of a daemon that was killed, and nothing else. */
static int
listen_clear_path(struct vcryptod_listen *l)
{
	struct stat st;
	int rc;

	if (lstat(l->path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return listen_error(l, -EEXIST, "this exists and is not a socket: choose "
				"another path");
	rc = listen_is_served(l->path);
	if (rc > 0)
		return listen_error(l, -EADDRINUSE, "another process listens there: end "
				"it, or choose another path");
	if (rc == 0 && unlink(l->path) != 0 && errno != ENOENT)
		rc = -errno;
	if (rc == 0)
		return 0;
	return listen_error(l, rc, "a socket is there that this user may not replace: "
			"remove it, or choose another path");
}

/* Why bind could not make the file, and what to do. */
static const char *
listen_bind_why(int rc)
{
	switch (rc) {
	case -EADDRINUSE:
		return "another process has just made a file there: choose another path";
	case -ENOENT:
		return "the folder of the socket does not exist: make it, or choose another path";
	case -ENOTDIR:
		return "a part of the path is not a folder: choose another path";
	case -EACCES:
	case -EPERM:
		return "this user may not make a socket in that folder: change its permissions, "
			"or choose another path";
	case -EROFS:
		return "the file system is read-only: choose another path";
	case -ENOSPC:
		return "the file system is full: make room, or choose another path";
	default:
		return "no socket can be made there: choose another path";
	}
}

/* The file never has more than its final permissions, and none for a group before it is the
 * right group.
 */
static int
listen_bind(struct vcryptod_listen *l)
{
	struct sockaddr_un un = listen_address(l->path);
	bool group = l->gid != (gid_t)-1;
	mode_t before, mode = l->mode;
	int rc;

	before = umask(0777 & ~(group ? mode & S_IRWXU : mode));
	rc = bind(l->fd, (struct sockaddr *)&un, sizeof(un)) == 0 ? 0 : -errno;
	umask(before);
	if (rc != 0)
		return listen_error(l, rc, listen_bind_why(rc));
	if (group && (lchown(l->path, (uid_t)-1, l->gid) != 0 || chmod(l->path, mode) != 0)) {
		rc = listen_error(l, -errno, "the socket cannot have this group: name one "
				"that this user is a member of (--socket-group)");
		unlink(l->path);
	}
	return rc;
}

/* fd is none; path, mode and gid are known. */
static int
listen_make(struct vcryptod_listen *l)
{
	struct stat st;
	int rc;

	rc = listen_clear_path(l);
	if (rc != 0)
		return rc;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return listen_error(l, -errno, "no socket can be made: check the limit of "
				"descriptors");
	rc = listen_bind(l);
	if (rc != 0)
		goto close;
	rc = listen(l->fd, LISTEN_BACKLOG) == 0 && lstat(l->path, &st) == 0 ? 0 : -errno;
	if (rc == 0) {
		l->dev = st.st_dev;
		l->ino = st.st_ino;
		return 0;
	}
	listen_error(l, rc, "the socket that was made there does not listen");
	unlink(l->path);
close:
	close(l->fd);
	l->fd = -1;
	return rc;
}

int
vcryptod_listen_init(struct vcryptod_listen *l, const char *path, mode_t mode, gid_t gid)
{
	*l = (struct vcryptod_listen){ .path = path, .fd = -1, .mode = mode, .gid = gid };
	return listen_make(l);
}

static int
listen_option(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -errno;
}

int
vcryptod_listen_adopt(struct vcryptod_listen *l, int fd, const char *path)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	int domain = listen_option(fd, SO_DOMAIN);

	*l = (struct vcryptod_listen){ .path = path, .fd = -1, .given = true };
	if (domain == -EBADF)
		return listen_error(l, domain, "this descriptor is not open: whoever starts the "
				"daemon must pass it on");
	if (domain != AF_UNIX || listen_option(fd, SO_TYPE) != SOCK_STREAM)
		return listen_error(l, -ENOTSOCK, "this descriptor is no unix stream socket");
	l->connected = listen_option(fd, SO_ACCEPTCONN) == 0;
	if (l->connected && getpeername(fd, (struct sockaddr *)&un, &len) != 0)
		return listen_error(l, -ENOTCONN, "this socket neither listens nor is it "
				"connected");
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return listen_error(l, -errno, "this descriptor cannot be used");
	l->fd = fd;
	return 0;
}

bool
vcryptod_listen_is_shut(const struct vcryptod_listen *l)
{
	struct pollfd p = { .fd = l->fd, .events = VCRYPTOD_LISTEN_SHUT };

	return poll(&p, 1, 0) == 1 && p.revents != 0;
}

int
vcryptod_listen_renew(struct vcryptod_listen *l)
{
	/* O_NONBLOCK is of the description, which all processes share. */
	if (l->fd >= 0 && !vcryptod_listen_is_shut(l) && fcntl(l->fd, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	vcryptod_listen_fini(l);
	if (l->given)
		return listen_error(l, -ESHUTDOWN, "the socket was given, and is shut: start the "
				"daemon again with another one");
	return listen_make(l);
}

void
vcryptod_listen_fini(struct vcryptod_listen *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	if (!l->given && lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
}

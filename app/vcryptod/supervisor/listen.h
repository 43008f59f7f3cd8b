/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Listening sockets and their paths: made with their final permissions, so that nobody
 * connects before those are in force; taken over from a daemon that was killed, and from
 * nobody else.
 */
#ifndef VCRYPTOD_LISTEN_H
#define VCRYPTOD_LISTEN_H

#include <sys/types.h>

struct vcryptod_listen {
	const char *path;	/* the caller's */
	int fd;			/* -1: none.  Non-blocking, close-on-exec */
	dev_t dev;		/* which file it is */
	ino_t ino;
};

/* Listens on path, which is shorter than sun_path.  The socket's file has this mode and, if
 * gid is not (gid_t)-1, this group.  0 or -errno, logged to stderr, nothing left behind.
 * Changes the umask for a moment: the process has one thread.
 */
int vcryptod_listen_init(struct vcryptod_listen *l, const char *path, mode_t mode, gid_t gid);
/* Closes the socket, and removes the path if it is still this socket's.  May be called twice. */
void vcryptod_listen_fini(struct vcryptod_listen *l);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Listening sockets and their paths: made with their final permissions, so that nobody
 * connects before those are in force; taken over from a daemon that was killed, and from
 * nobody else.
 */
#ifndef VCRYPTOD_LISTEN_H
#define VCRYPTOD_LISTEN_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#define VCRYPTOD_LISTEN_SHUT	POLLRDHUP	/* what poll tells of a socket that was shut */

struct vcryptod_listen {
	const char *path;	/* the caller's */
	mode_t mode;
	gid_t gid;
	const char *why;	/* in words, if it could not be had */
	bool given;		/* by whoever started the daemon, whose file stays */
	bool connected;		/* given, and no listener: one front end, and no more */
	int fd;			/* -1: none.  Non-blocking, close-on-exec */
	dev_t dev;		/* which file it is */
	ino_t ino;
};

/* Listens on path, which is shorter than sun_path.  The socket's file has this mode and, if
 * gid is not (gid_t)-1, this group.  0 or -errno with l->why, nothing left behind.
 * Changes the umask for a moment, in which no other thread may make a file.
 */
int vcryptod_listen_init(struct vcryptod_listen *l, const char *path, mode_t mode, gid_t gid);
/* Takes over fd, a unix stream socket that listens or is connected, and that others call path.
 * 0 or -errno with l->why, and fd stays the caller's.
 */
int vcryptod_listen_adopt(struct vcryptod_listen *l, int fd, const char *path);
/* A device process shares the socket.  It can shut it down, for good: nobody connects any more. */
bool vcryptod_listen_is_shut(const struct vcryptod_listen *l);
/* Before the next device process has it: as it was made, at the same path, whatever the process
 * before did to it; it may be another socket then, but for one that was given, which must not
 * have been shut.  0, or as vcryptod_listen_init, with no socket.
 */
int vcryptod_listen_renew(struct vcryptod_listen *l);
/* Closes the socket, and removes the path if it is still this socket's.  May be called twice. */
void vcryptod_listen_fini(struct vcryptod_listen *l);

#endif

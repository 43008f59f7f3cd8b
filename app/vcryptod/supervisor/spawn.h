/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Starts a device process: the same program with the same arguments and one more, which
 * says which socket is its own.  It has no other descriptor of this process than
 * /dev/null, two pipes for what it says, its listening socket, its end of the watch and, where it
 * has one, its page of figures.
 */
#ifndef VCRYPTOD_SPAWN_H
#define VCRYPTOD_SPAWN_H

#include <sys/types.h>

/* The argument: --device-process=INDEX,LISTEN_FD,WATCH_FD[,FIGURES_FD], before all others. */
#define VCRYPTOD_SPAWN_OPTION	"--device-process="

struct vcryptod_spawn {
	pid_t pid;
	int watch_fd, out_fd, err_fd;	/* this end of each; non-blocking, close-on-exec */
};

/* program: the path to execute; argv: its arguments, NULL at their end.  0 or -errno, nothing
 * left behind.  A program that cannot be executed says so on its stderr and ends with 127.
 * The child dies with the thread that calls this.  figures_fd: -1: none; it and listen_fd stay
 * the caller's.
 */
int vcryptod_spawn(struct vcryptod_spawn *s, const char *program, char *const argv[],
		unsigned int index, int listen_fd, int figures_fd);

#endif

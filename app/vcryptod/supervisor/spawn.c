/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Starts a device process; see spawn.h.  Between fork and exec, only what is safe in a
 * signal handler is called: another thread may have held any lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spawn.h"

enum {
	SPAWN_LISTEN = 3,	/* the child's descriptors after 0, 1 and 2 */
	SPAWN_WATCH,
	SPAWN_FIGURES,		/* if it has one */
	SPAWN_NB,
};

/* The child's ends: blocking is up to the reader of each. */
struct spawn_ends {
	int null, out, err, listen, watch, figures;
	pid_t parent;
};

/* Numbers that are in nobody's way first. */
static int
spawn_place(const struct spawn_ends *e)
{
	const int from[SPAWN_NB] = { e->null, e->out, e->err, e->listen, e->watch, e->figures };
	int high[SPAWN_NB], i, nb = e->figures >= 0 ? SPAWN_NB : SPAWN_FIGURES;

	for (i = 0; i < nb; i++) {
		high[i] = fcntl(from[i], F_DUPFD, SPAWN_NB);
		if (high[i] < 0)
			return -1;
	}
	for (i = 0; i < nb; i++)
		if (dup2(high[i], i) < 0)
			return -1;
	/* All others are close-on-exec anyway, unless whoever started this process left some. */
	(void)close_range((unsigned int)nb, ~0u, 0);
	return 0;
}

static void __attribute__((noreturn))
spawn_become(const struct spawn_ends *e, const char *program, char *const argv[])
{
	static const char error[] = "vcryptod: the device process cannot execute the program "
			"of this daemon: is /proc mounted?\n";
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == e->parent &&
			sigprocmask(SIG_UNBLOCK, &chld, NULL) == 0 && spawn_place(e) == 0) {
		execv(program, argv);
		(void)!write(STDERR_FILENO, error, sizeof(error) - 1);
	}
	_exit(127);
}

/* The arguments with the additional one, in one allocation with it; NULL: no memory. */
static char **
spawn_arguments(char *const argv[], unsigned int index, bool figures)
{
	char **copy, *option;
	size_t nb = 0, size = 64;

	while (argv[nb] != NULL)
		nb++;
	copy = malloc((nb + 2) * sizeof(copy[0]) + size);
	if (copy == NULL)
		return NULL;
	option = (char *)(copy + nb + 2);
	(void)snprintf(option, size, figures ? VCRYPTOD_SPAWN_OPTION "%u,%d,%d,%d" :
			VCRYPTOD_SPAWN_OPTION "%u,%d,%d", index, SPAWN_LISTEN, SPAWN_WATCH,
			SPAWN_FIGURES);
	copy[0] = argv[0];
	copy[1] = option;
	memcpy(copy + 2, argv + 1, nb * sizeof(copy[0]));	/* NULL, too */
	return copy;
}

static void
spawn_close(const int *fd, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

int
vcryptod_spawn(struct vcryptod_spawn *s, const char *program, char *const argv[],
		unsigned int index, int listen_fd, int figures_fd)
{
	int fd[7] = { -1, -1, -1, -1, -1, -1, -1 };	/* watch, out, err: two each; null */
	struct spawn_ends ends;
	char **arguments;
	int rc = 0;

	arguments = spawn_arguments(argv, index, figures_fd >= 0);
	if (arguments == NULL)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, &fd[0]) != 0 ||
			pipe2(&fd[2], O_NONBLOCK | O_CLOEXEC) != 0 ||
			pipe2(&fd[4], O_NONBLOCK | O_CLOEXEC) != 0)
		rc = -errno;
	if (rc == 0) {
		fd[6] = open("/dev/null", O_RDWR | O_CLOEXEC);
		rc = fd[6] >= 0 ? 0 : -errno;
	}
	if (rc == 0) {
		ends = (struct spawn_ends){ .null = fd[6], .out = fd[3], .err = fd[5],
			.listen = listen_fd, .watch = fd[1], .figures = figures_fd,
			.parent = getpid() };
		s->pid = fork();
		if (s->pid == 0)
			spawn_become(&ends, program, arguments);
		rc = s->pid > 0 ? 0 : -errno;
	}
	free(arguments);
	if (rc != 0) {
		spawn_close(fd, 7);
		return rc;
	}
	s->watch_fd = fd[0];
	s->out_fd = fd[2];
	s->err_fd = fd[4];
	spawn_close((int[]){ fd[1], fd[3], fd[5], fd[6] }, 4);
	return 0;
}

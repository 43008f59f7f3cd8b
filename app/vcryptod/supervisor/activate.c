/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sockets of a service manager; see activate.h.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "activate.h"

#define ACTIVATE_MAX	1024	/* descriptors that are believed in */

/* How many descriptors are meant for this process; -EINVAL, said. */
static int
activate_count(void)
{
	const char *pid = getenv("LISTEN_PID"), *nb = getenv("LISTEN_FDS");
	unsigned long n = 0;
	char *end = NULL;

	if (pid != NULL && nb != NULL && strtoul(pid, NULL, 10) == (unsigned long)getpid())
		n = strtoul(nb, &end, 10);
	if (end != NULL && (*end != '\0' || n > ACTIVATE_MAX)) {
		fprintf(stderr, "vcryptod: LISTEN_FDS: \"%s\" is no number of 0 to %d\n", nb,
				ACTIVATE_MAX);
		return -EINVAL;
	}
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return (int)n;
}

/* The path that fd is bound to, or what it is instead. */
static void
activate_name(struct sockaddr_un *un, int fd)
{
	socklen_t len = sizeof(*un) - 1;	/* a name of full length has no 0 of its own */

	memset(un, 0, sizeof(*un));
	if (getsockname(fd, (struct sockaddr *)un, &len) != 0 || un->sun_family != AF_UNIX)
		strcpy(un->sun_path, "(no unix socket)");
}

int
vcryptod_activate(int *given, const char *const *path, unsigned int nb)
{
	int nb_fds = activate_count(), k, fd;
	struct sockaddr_un un;
	unsigned int i;

	if (nb_fds < 0)
		return nb_fds;
	for (k = 0; k < nb_fds; k++) {
		fd = VCRYPTOD_ACTIVATE_FIRST + k;
		activate_name(&un, fd);
		for (i = 0; i < nb && strcmp(path[i], un.sun_path) != 0; i++)
			;
		if (i == nb) {
			fprintf(stderr, "vcryptod: LISTEN_FDS: descriptor %d is bound to %s: name "
					"that path with --socket or --vfio-user\n", fd,
					un.sun_path);
			return -EINVAL;
		}
		if (given[i] >= 0) {
			fprintf(stderr, "vcryptod: LISTEN_FDS: descriptors %d and %d are both "
					"bound to %s: give one\n", given[i], fd, un.sun_path);
			return -EINVAL;
		}
		given[i] = fd;
	}
	return 0;
}

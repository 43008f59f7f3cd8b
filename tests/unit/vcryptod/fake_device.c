/* SPDX-License-Identifier: BSD-3-Clause
 *
 * In place of a device process, for tests of the supervisor: it has no device, and ends,
 * hangs or talks as the argument of its index says.
 *
 *	fake_device --device-process=INDEX,LISTEN_FD,WATCH_FD BEHAVIOUR...
 *
 * Each says "fake INDEX: ready: pid N descriptors N" when it is ready, "fake INDEX: counters"
 * at SIGUSR1, and "fake INDEX: asked" when it is asked whether it answers.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"

#define FLOOD	"fake: a line that says nothing, again and again and again\n"

static unsigned int fake_index;
static int listen_fd, watch_fd;

static unsigned int
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 3;	/* two dots, and the folder's own */
}

/* false: told to end, or alone. */
static bool
serve(int signal_fd, const char *how)
{
	struct pollfd p[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = watch_fd, .events = POLLIN },
		{ .fd = strcmp(how, "flood") == 0 ? STDERR_FILENO : -1, .events = POLLOUT },
	};
	struct signalfd_siginfo info;
	char what;
	ssize_t n;

	if (poll(p, 3, -1) < 0)
		return true;
	if (p[2].revents != 0)
		(void)!write(STDERR_FILENO, FLOOD, strlen(FLOOD));
	if (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGUSR1)
			return strcmp(how, "stubborn") == 0;
		printf("fake %u: counters\n", fake_index);
		fflush(stdout);
		if (strcmp(how, "shuts") == 0)
			(void)shutdown(listen_fd, SHUT_RD);
	}
	if (p[1].revents == 0)
		return true;
	n = recv(watch_fd, &what, 1, MSG_DONTWAIT);
	if (n == 1 && what == VCRYPTOD_WATCH_PING && strcmp(how, "deaf") != 0) {
		printf("fake %u: asked\n", fake_index);
		fflush(stdout);
		send(watch_fd, &what, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	return n != 0;
}

static void
be_ready(const char *how)
{
	const char ready = VCRYPTOD_WATCH_READY;
	int on = 0;
	socklen_t len = sizeof(on);

	if (getsockopt(listen_fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) != 0 || !on)
		exit(9);
	printf("fake %u: ready: pid %d descriptors %u\n", fake_index, getpid(), descriptors());
	fflush(stdout);
	if (send(watch_fd, &ready, 1, MSG_NOSIGNAL) != 1)
		exit(9);
	if (strcmp(how, "dies") == 0)
		raise(SIGABRT);
	if (strcmp(how, "chatters") == 0)
		(void)!send(watch_fd, "x", 1, MSG_NOSIGNAL);
	if (strcmp(how, "boasts") == 0)
		(void)!send(watch_fd, &ready, 1, MSG_NOSIGNAL);
	if (strcmp(how, "exits") == 0)
		exit(3);
	if (strcmp(how, "mutters") == 0)
		fputs("fake: last\033 words", stderr);
	if (strcmp(how, "mutters") == 0)
		raise(SIGKILL);
}

int
main(int argc, char **argv)
{
	sigset_t set;
	const char *how;
	int signal_fd;

	if (argc < 2 || sscanf(argv[1], VCRYPTOD_SPAWN_OPTION "%u,%d,%d", &fake_index, &listen_fd,
			&watch_fd) != 3 || argc < 3 + (int)fake_index)
		return 2;
	how = argv[2 + fake_index];
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (strcmp(how, "fails") == 0) {
		fputs("fake: this is why\n", stderr);
		return 1;
	}
	if (strcmp(how, "crashes") == 0)
		raise(SIGSYS);
	be_ready(how);
	while (serve(signal_fd, how))
		;
	if (strcmp(how, "tells") == 0)
		return VCRYPTOD_CHILD_TOLD;
	return strcmp(how, "leaks") == 0 ? 23 : 0;	/* as a sanitizer makes it end */
}

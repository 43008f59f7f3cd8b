/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The supervisor in a process of its own, with fake_device.c in place of device processes:
 * it starts, watches, restarts and ends them whatever they do.  Nothing is measured: each
 * case waits for what is said or for an end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "supervisor.h"

#define WAIT_MS		120000	/* only a case that has failed waits so long */
#define MAX_DEVICES	3
#define SAID_MAX	(1 << 20)

/* The supervisor under test, and what it has said on each of the two. */
struct rig {
	pid_t pid;
	char folder[32], path[MAX_DEVICES][64];
	int fd[2];
	char *said[2];
	size_t len[2], seen[2];		/* seen: a line is found once */
};

enum { OUT, ERR };

static void
rig_become(struct rig *r, const char *const *how, unsigned int nb, unsigned int watchdog,
		const int *out, const int *err)
{
	const char *argv[2 + MAX_DEVICES] = { "fake" }, *socket[MAX_DEVICES];
	const int none[MAX_DEVICES] = { -1, -1, -1 };
	char *const *each[MAX_DEVICES];
	struct vcryptod_supervisor_config cfg = {
		.program = FAKE_DEVICE, .argv = each, .socket = socket, .given = none,
		.nb_sockets = nb, .mode = 0600, .gid = (gid_t)-1, .watchdog = watchdog,
		.log_level = 7,
	};
	unsigned int i;

	for (i = 0; i < nb; i++) {
		argv[1 + i] = how[i];
		each[i] = (char *const *)(uintptr_t)argv;
		socket[i] = r->path[i];
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out[1], STDOUT_FILENO);
	dup2(err[1], STDERR_FILENO);
	close(out[0]);
	close(err[0]);
	close(out[1]);
	close(err[1]);
	_exit(vcryptod_supervise(&cfg));
}

static void
rig_start(struct rig *r, const char *const *how, unsigned int nb, unsigned int watchdog)
{
	int out[2], err[2];
	unsigned int i;

	memset(r, 0, sizeof(*r));
	strcpy(r->folder, "/tmp/supervisorXXXXXX");
	assert_non_null(mkdtemp(r->folder));
	for (i = 0; i < nb; i++)
		snprintf(r->path[i], sizeof(r->path[i]), "%s/%u", r->folder, i);
	r->said[OUT] = calloc(1, SAID_MAX);
	r->said[ERR] = calloc(1, SAID_MAX);
	assert_true(r->said[OUT] != NULL && r->said[ERR] != NULL);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0)
		rig_become(r, how, nb, watchdog, out, err);
	close(out[1]);
	close(err[1]);
	r->fd[OUT] = out[0];
	r->fd[ERR] = err[0];
}

/* More of what it says; false: nothing more will come. */
static bool
rig_read(struct rig *r, unsigned int which)
{
	struct pollfd p = { .fd = r->fd[which], .events = POLLIN };
	ssize_t n;

	if (r->len[which] == SAID_MAX - 1) {	/* of a flood, the last half */
		memmove(r->said[which], r->said[which] + SAID_MAX / 2, SAID_MAX / 2);
		r->len[which] -= SAID_MAX / 2;
		r->seen[which] = 0;
	}
	if (poll(&p, 1, WAIT_MS) != 1)
		fail_msg("silent; it has said: %s%s", r->said[OUT], r->said[ERR]);
	n = read(p.fd, r->said[which] + r->len[which], SAID_MAX - 1 - r->len[which]);
	if (n <= 0)
		return false;
	r->len[which] += (size_t)n;
	r->said[which][r->len[which]] = '\0';
	return true;
}

/* Waits until it says this, after what was waited for before. */
static const char *
rig_hear(struct rig *r, unsigned int which, const char *text)
{
	char *at;

	while ((at = strstr(r->said[which] + r->seen[which], text)) == NULL ||
			strchr(at, '\n') == NULL)
		if (!rig_read(r, which))
			fail_msg("never said: %s; but: %s%s", text, r->said[OUT], r->said[ERR]);
	r->seen[which] = (size_t)(at - r->said[which]) + strlen(text);
	return at;
}

static bool
rig_has_said(const struct rig *r, unsigned int which, const char *text)
{
	return strstr(r->said[which], text) != NULL;
}

/* Waits for the ready line of a device process; its pid. */
static pid_t
rig_ready(struct rig *r, unsigned int index)
{
	unsigned int descriptors;
	char text[32];
	int pid;

	snprintf(text, sizeof(text), "fake %u: ready: ", index);
	assert_int_equal(sscanf(rig_hear(r, OUT, text) + strlen(text), "pid %d descriptors %u",
			&pid, &descriptors), 2);
	/* Its five and the one for signals: no socket or pipe of another one. */
	assert_int_equal(descriptors, 6);
	return (pid_t)pid;
}

/* Waits for the end; what the supervisor exits with. */
static int
rig_wait(struct rig *r)
{
	int how;

	while (rig_read(r, ERR))
		;
	while (rig_read(r, OUT))
		;
	assert_int_equal(waitpid(r->pid, &how, 0), r->pid);
	assert_true(WIFEXITED(how));
	return WEXITSTATUS(how);
}

static void
rig_fini(struct rig *r)
{
	unsigned int i;

	for (i = 0; i < MAX_DEVICES; i++)
		if (r->path[i][0] != '\0')
			assert_int_equal(access(r->path[i], F_OK), -1);	/* removed by it */
	assert_int_equal(rmdir(r->folder), 0);
	close(r->fd[OUT]);
	close(r->fd[ERR]);
	free(r->said[OUT]);
	free(r->said[ERR]);
}

static void
rig_end(struct rig *r)
{
	assert_int_equal(kill(r->pid, SIGTERM), 0);
	assert_int_equal(rig_wait(r), 0);
	rig_fini(r);
}

/* One of its processes dies all the time, perhaps just now: that is in its status. */
static void
rig_end_dying(struct rig *r)
{
	assert_int_equal(kill(r->pid, SIGTERM), 0);
	assert_int_equal(rig_wait(r), rig_has_said(r, ERR, " when it was to end\n"));
	rig_fini(r);
}

/* ---- cases ---- */

static void
starts_and_ends(void **state)
{
	const char *const how[] = { "idle", "idle", "idle" };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct rig r;
	struct stat st;
	int sock;

	(void)state;
	rig_start(&r, how, 3, 0);
	rig_ready(&r, 0);
	while (!rig_has_said(&r, OUT, "fake 1: ready") || !rig_has_said(&r, OUT, "fake 2: ready"))
		assert_true(rig_read(&r, OUT));
	assert_int_equal(stat(r.path[2], &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	sock = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(un.sun_path, r.path[1]);
	assert_int_equal(connect(sock, (struct sockaddr *)&un, sizeof(un)), 0);
	close(sock);
	kill(r.pid, SIGUSR1);
	while (!rig_has_said(&r, OUT, "fake 0: counters\n") ||
			!rig_has_said(&r, OUT, "fake 1: counters\n") ||
			!rig_has_said(&r, OUT, "fake 2: counters\n"))
		assert_true(rig_read(&r, OUT));
	rig_end(&r);
	/* SIGINT is the same. */
	rig_start(&r, how, 1, 0);
	rig_ready(&r, 0);
	kill(r.pid, SIGINT);
	assert_int_equal(rig_wait(&r), 0);
	assert_int_equal(r.len[ERR], 0);
	rig_fini(&r);
}

static void
fails_to_start(void **state)
{
	const char *const fails[] = { "fails", "fails" }, *const second[] = { "idle", "fails" },
		*const crashes[] = { "crashes" };
	char said[128];
	struct rig r;

	(void)state;
	rig_start(&r, fails, 2, 0);
	rig_hear(&r, ERR, "fake: this is why");
	assert_int_equal(rig_wait(&r), 1);
	/* Once, and nobody says it again in other words. */
	snprintf(said, sizeof(said), "vcryptod: %s: fake: this is why\n", r.path[0]);
	assert_string_equal(r.said[ERR], said);
	rig_fini(&r);
	rig_start(&r, second, 2, 0);
	rig_hear(&r, ERR, "fake: this is why");
	assert_int_equal(rig_wait(&r), 1);
	rig_fini(&r);
	rig_start(&r, crashes, 1, 0);
	rig_hear(&r, ERR, "/0: the device process was killed by SIGSYS before it was ready");
	assert_int_equal(rig_wait(&r), 1);
	rig_fini(&r);
}

/* A line for each death with socket and signal; the wait doubles; the others live on. */
static void
starts_again(void **state)
{
	const char *const how[] = { "idle", "dies" };
	struct rig r;
	pid_t first;

	(void)state;
	rig_start(&r, how, 2, 0);
	first = rig_ready(&r, 0);
	rig_hear(&r, ERR, "/1: the device process was killed by SIGABRT: it starts again in "
			"100 ms");
	rig_hear(&r, ERR, "/1: the device process was killed by SIGABRT: it starts again in "
			"200 ms");
	rig_hear(&r, ERR, "/1: the device process was killed by SIGABRT: it starts again in "
			"400 ms");
	assert_int_equal(kill(first, 0), 0);
	kill(first, SIGKILL);
	rig_hear(&r, ERR, "/0: the device process was killed by SIGKILL: it starts again in "
			"100 ms");
	assert_true(rig_ready(&r, 0) != first);
	rig_end_dying(&r);
}

static void
other_ends(void **state)
{
	const char *const exits[] = { "exits" }, *const idle[] = { "idle" },
		*const mutters[] = { "mutters" };
	struct rig r;

	(void)state;
	rig_start(&r, exits, 1, 0);
	rig_hear(&r, ERR, "/0: the device process ended with status 3: it starts again in 100 ms");
	rig_end_dying(&r);
	/* Told to end by somebody else: it is started again. */
	rig_start(&r, idle, 1, 0);
	kill(rig_ready(&r, 0), SIGTERM);
	rig_hear(&r, ERR, "/0: the device process was told to end, but not by this daemon");
	rig_ready(&r, 0);
	rig_end(&r);
	/* What it said last is heard, a line without an end and a control character, too. */
	rig_start(&r, mutters, 1, 0);
	rig_hear(&r, ERR, "fake: last? words\n");
	rig_hear(&r, ERR, "was killed by SIGKILL");
	rig_end_dying(&r);
}

static bool
rig_can_connect(const struct rig *r, unsigned int index)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0), rc;

	strcpy(un.sun_path, r->path[index]);
	rc = connect(sock, (struct sockaddr *)&un, sizeof(un));
	close(sock);
	return rc == 0;
}

/* One shuts its listening socket down: front ends connect to a new one, at the same path. */
static void
socket_is_made_again(void **state)
{
	const char *const how[] = { "shuts", "idle" };
	unsigned int i;
	struct stat st;
	struct rig r;
	pid_t pid;

	(void)state;
	rig_start(&r, how, 2, 0);
	pid = rig_ready(&r, 0);
	rig_ready(&r, 1);
	for (i = 0; i < 2; i++) {
		assert_true(rig_can_connect(&r, 0));
		kill(pid, SIGUSR1);
		rig_hear(&r, ERR, "has shut its socket down: killed");
		rig_hear(&r, ERR, "/0: the device process was killed by SIGKILL: it starts again");
		pid = rig_ready(&r, 0);
	}
	assert_true(rig_can_connect(&r, 0));
	assert_int_equal(stat(r.path[0], &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	/* The other one noticed nothing. */
	assert_true(rig_can_connect(&r, 1));
	assert_false(rig_has_said(&r, ERR, "/1: the device process"));
	rig_end(&r);
}

/* SIGTERM has no effect on one, and another is stopped. */
static void
kills_the_stubborn(void **state)
{
	const char *const how[] = { "stubborn", "idle" };
	struct rig r;

	(void)state;
	rig_start(&r, how, 2, 0);
	rig_ready(&r, 0);
	assert_int_equal(kill(rig_ready(&r, 1), SIGSTOP), 0);
	kill(r.pid, SIGTERM);
	rig_hear(&r, ERR, "has not ended 1500 ms after SIGTERM: killed");
	assert_int_equal(rig_wait(&r), 0);
	assert_true(rig_has_said(&r, ERR, "/0: the device process (pid "));
	assert_true(rig_has_said(&r, ERR, "/1: the device process (pid "));
	rig_fini(&r);
}

static void
kills_the_deaf(void **state)
{
	const char *const how[] = { "deaf", "idle" };
	struct rig r;
	pid_t first;

	(void)state;
	rig_start(&r, how, 2, 1);
	first = rig_ready(&r, 0);
	rig_hear(&r, ERR, "/0: the device process (pid ");
	rig_hear(&r, ERR, "has not answered for 1 s (--watchdog): killed");
	rig_hear(&r, ERR, "was killed by SIGKILL: it starts again in 100 ms");
	assert_true(rig_ready(&r, 0) != first);
	/* The other one is asked again since it answers. */
	rig_hear(&r, OUT, "fake 1: asked\n");
	rig_hear(&r, OUT, "fake 1: asked\n");
	rig_end_dying(&r);
}

/* Nothing but what is asked for is taken from a device process. */
static void
kills_the_talkative(void **state)
{
	const char *const how[] = { "idle", "chatters", "boasts" };
	struct rig r;

	(void)state;
	rig_start(&r, how, 3, 0);
	rig_ready(&r, 0);
	while (!rig_has_said(&r, ERR, "/1: the device process was killed by SIGKILL: it starts") ||
			!rig_has_said(&r, ERR, "/2: the device process was killed by SIGKILL: it "
			"starts"))
		assert_true(rig_read(&r, ERR));
	assert_true(rig_has_said(&r, ERR, "says what it may not: killed"));
	rig_end_dying(&r);
}

/* A process that does not end as it should makes the daemon's status. */
static void
ends_badly(void **state)
{
	const char *const how[] = { "idle", "leaks" }, *const tells[] = { "tells" };
	struct rig r;

	(void)state;
	rig_start(&r, how, 2, 0);
	rig_ready(&r, 0);
	rig_ready(&r, 1);
	kill(r.pid, SIGTERM);
	rig_hear(&r, ERR, "/1: the device process ended with status 23 when it was to end");
	assert_int_equal(rig_wait(&r), 1);
	rig_fini(&r);
	/* Its own line has told that its peer is to blame. */
	rig_start(&r, tells, 1, 0);
	rig_ready(&r, 0);
	rig_end(&r);
}

/* Until a pipe that is not read has no room left. */
static void
rig_wait_full(const struct rig *r, unsigned int which)
{
	struct pollfd p = { .events = POLLOUT };
	char name[32];
	unsigned int i;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", r->fd[which]);
	p.fd = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);	/* its other end */
	assert_true(p.fd >= 0);
	for (i = 0; i < WAIT_MS / 10 && poll(&p, 1, 0) != 0; i++)
		usleep(10000);
	assert_true(i < WAIT_MS / 10);
	close(p.fd);
}

/* Nobody reads stderr, which a device process floods: all else works. */
static void
full_pipe(void **state)
{
	const char *const how[] = { "idle", "flood" };
	struct rig r;
	pid_t first;

	(void)state;
	rig_start(&r, how, 2, 0);
	first = rig_ready(&r, 0);
	rig_ready(&r, 1);
	rig_wait_full(&r, ERR);
	kill(first, SIGKILL);
	assert_true(rig_ready(&r, 0) != first);
	kill(r.pid, SIGUSR1);
	rig_hear(&r, OUT, "fake 1: counters");
	kill(r.pid, SIGTERM);
	while (rig_read(&r, OUT))
		;
	assert_int_equal(rig_wait(&r), 0);	/* stdout had its end while stderr was full */
	rig_fini(&r);
}

/* Its children end with it, a stubborn one, too; the sockets stay, and are taken over. */
static void
killed_itself(void **state)
{
	const char *const how[] = { "stubborn", "idle" };
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct rig r;
	unsigned int i;
	int status;

	(void)state;
	rig_start(&r, how, 2, 0);
	for (i = 0; i < 2; i++) {
		p[i].fd = pidfd_open(rig_ready(&r, i), 0);
		assert_true(p[i].fd >= 0);
	}
	kill(r.pid, SIGKILL);
	assert_int_equal(waitpid(r.pid, &status, 0), r.pid);
	for (i = 0; i < 2; i++) {
		assert_int_equal(poll(&p[i], 1, WAIT_MS), 1);
		close(p[i].fd);
		assert_int_equal(access(r.path[i], F_OK), 0);
		assert_int_equal(unlink(r.path[i]), 0);
	}
	rig_fini(&r);
}

/* A program that is not there. */
static void
no_program(void **state)
{
	char *argv[] = { (char[]){ "fake" }, NULL }, folder[] = "/tmp/supervisorXXXXXX", path[64];
	const char *socket[] = { path };
	char *const *each[] = { argv };
	const int none[] = { -1 };
	struct vcryptod_supervisor_config cfg = {
		.program = "/nowhere", .argv = each, .socket = socket, .given = none,
		.nb_sockets = 1, .mode = 0600, .gid = (gid_t)-1, .log_level = 7,
	};
	pid_t pid;
	int how;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/0", folder);
	pid = fork();
	if (pid == 0)
		_exit(vcryptod_supervise(&cfg));
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 1);
	assert_int_equal(rmdir(folder), 0);
}

/* ---- a service manager ---- */

struct manager {
	int fd;
	char folder[32], path[64];
};

static void
manager_init(struct manager *m)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	strcpy(m->folder, "/tmp/managerXXXXXX");
	assert_non_null(mkdtemp(m->folder));
	snprintf(m->path, sizeof(m->path), "%s/notify", m->folder);
	strcpy(un.sun_path, m->path);
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(m->fd, (struct sockaddr *)&un, sizeof(un)), 0);
	setenv("NOTIFY_SOCKET", m->path, 1);
}

/* Fills it; how many messages it holds. */
static unsigned int
manager_fill(const struct manager *m)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	unsigned int nb = 0;
	int fd;

	strcpy(un.sun_path, m->path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	while (sendto(fd, "X", 1, 0, (struct sockaddr *)&un, sizeof(un)) == 1)
		nb++;
	assert_int_equal(errno, EAGAIN);
	close(fd);
	return nb;
}

/* The next thing that the manager is told begins so.  A STATUS that is not waited for is passed
 * over: a device may just have ended.
 */
static void
manager_hear(const struct manager *m, const char *text)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	char line[64];
	ssize_t n;

	do {
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		n = recv(m->fd, line, sizeof(line) - 1, 0);
		assert_true(n > 0);
		line[n] = '\0';
	} while (strncmp(line, "STATUS=", 7) == 0 && strncmp(line, text, strlen(text)) != 0);
	line[strlen(text) < (size_t)n ? strlen(text) : (size_t)n] = '\0';
	assert_string_equal(line, text);
}

static void
manager_fini(struct manager *m)
{
	char c;

	assert_int_equal(recv(m->fd, &c, 1, MSG_DONTWAIT), -1);	/* no word more */
	unsetenv("NOTIFY_SOCKET");
	close(m->fd);
	unlink(m->path);
	assert_int_equal(rmdir(m->folder), 0);
}

/* Once, when all are ready; a device process does not learn the address. */
static void
tells_its_manager(void **state)
{
	const char *const how[] = { "idle", "idle" }, *const second[] = { "idle", "fails" };
	char path[64], environment[4096] = "";
	struct manager m;
	struct rig r;
	pid_t pid;
	int fd;

	(void)state;
	manager_init(&m);
	rig_start(&r, how, 2, 0);
	pid = rig_ready(&r, 0);
	manager_hear(&m, "READY=1\nSTATUS=2 of 2 devices served");
	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY);
	assert_true(read(fd, environment, sizeof(environment) - 1) > 0);
	close(fd);
	assert_null(memmem(environment, sizeof(environment), "NOTIFY", 6));
	kill(pid, SIGKILL);
	rig_ready(&r, 0);
	manager_hear(&m, "STATUS=1 of 2 devices served");
	manager_hear(&m, "STATUS=2 of 2 devices served");
	rig_end(&r);
	manager_hear(&m, "STOPPING=1");
	/* One that is never ready. */
	rig_start(&r, second, 2, 0);
	assert_int_equal(rig_wait(&r), 1);
	rig_fini(&r);
	manager_hear(&m, "STOPPING=1");
	manager_fini(&m);
}

/* It is not waited for, and told as soon as it has room. */
static void
manager_is_late(void **state)
{
	const char *const how[] = { "idle" };
	struct manager m;
	struct rig r;
	unsigned int nb;
	pid_t pid;

	(void)state;
	manager_init(&m);
	nb = manager_fill(&m);
	rig_start(&r, how, 1, 0);
	pid = rig_ready(&r, 0);
	/* It says its line before the supervisor learns that it is ready. */
	kill(pid, SIGUSR1);
	rig_hear(&r, OUT, "fake 0: counters\n");
	kill(pid, SIGKILL);
	assert_true(rig_ready(&r, 0) != pid);
	for (; nb > 0; nb--)
		manager_hear(&m, "X");
	manager_hear(&m, "READY=1");
	rig_end(&r);
	manager_hear(&m, "STOPPING=1");
	manager_fini(&m);
	/* One that is gone, and what is no address. */
	setenv("NOTIFY_SOCKET", m.path, 1);
	rig_start(&r, how, 1, 0);
	rig_hear(&r, ERR, "the service manager cannot be told that the daemon is ready");
	rig_end(&r);
	setenv("NOTIFY_SOCKET", "notify", 1);
	rig_start(&r, how, 1, 0);
	rig_hear(&r, ERR, "NOTIFY_SOCKET is no address of a socket");
	rig_ready(&r, 0);
	rig_end(&r);
	unsetenv("NOTIFY_SOCKET");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_and_ends),
		cmocka_unit_test(fails_to_start),
		cmocka_unit_test(starts_again),
		cmocka_unit_test(other_ends),
		cmocka_unit_test(socket_is_made_again),
		cmocka_unit_test(kills_the_talkative),
		cmocka_unit_test(ends_badly),
		cmocka_unit_test(kills_the_stubborn),
		cmocka_unit_test(kills_the_deaf),
		cmocka_unit_test(full_pipe),
		cmocka_unit_test(killed_itself),
		cmocka_unit_test(no_program),
		cmocka_unit_test(tells_its_manager),
		cmocka_unit_test(manager_is_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

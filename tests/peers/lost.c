/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device in another process that is not there, goes away and comes back, as a
 * program sees it: paths that lead nowhere, vcryptod killed with operations in flight,
 * restarted, and recover=1.  Prints a PASS or FAIL line for each case.
 *
 * usage: lost [EAL options] -- VCRYPTOD FOLDER [DEVARGS, beginning with a comma]
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_malloc.h>

#include "lost.h"
#include "report.h"

#define ALL	(NB_QPS * NB_OPS)
#define KILLS	3	/* in one life of a recovering device */

static char devargs[128];

static void
report_tally(const char *name, bool good, const struct tally *t)
{
	char line[256];

	snprintf(line, sizeof(line), "%s (%u came, %u right, %u of no session, in %u ms)", name,
		t->back, t->right, t->invalid_session, t->ms);
	report(line, good);
}

/* ---- paths ---- */

static unsigned int
nb_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int nb = 0;

	while (dir != NULL && readdir(dir) != NULL)
		nb++;
	if (dir != NULL)
		closedir(dir);
	return nb;
}

static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats stats;
	size_t used = 0;
	int i;

	for (i = 0; i < RTE_MAX_NUMA_NODES; i++)
		if (rte_malloc_get_socket_stats(i, &stats) == 0)
			used += stats.heap_allocsz_bytes;
	return used;
}

/* A socket that nobody listens on. */
static void
deaf_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		rte_exit(EXIT_FAILURE, "no socket at %s\n", path);
	close(fd);
}

static bool
refused(const char *path, const char *more)
{
	bool good;
	unsigned int fds;
	size_t heap;

	/* once before it is counted: what EAL keeps for good it has then */
	good = !device_create(path, more);
	fds = nb_fds();
	heap = heap_used();
	good = good && !device_create(path, more);
	return good && nb_fds() == fds && heap_used() == heap;
}

static void
paths(const char *folder)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/missing", folder);
	report("a path that is missing is refused, nothing leaks", refused(path, ""));
	snprintf(path, sizeof(path), "%s/file", folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	report("a file that is no socket is refused, nothing leaks", refused(path, ""));
	report("a folder is refused, nothing leaks", refused(folder, ""));
	snprintf(path, sizeof(path), "%s/deaf", folder);
	deaf_socket(path);
	report("a socket that nobody listens on is refused, nothing leaks", refused(path, ""));
	report("devargs out of range are refused, nothing leaks",
		refused(vcryptod.socket, ",queue_size=3") &&
		refused(vcryptod.socket, ",recover=2") &&
		refused(vcryptod.socket, ",sessions=never") &&
		refused(vcryptod.socket, ",no_such_key=1"));
}

/* ---- a daemon that is killed ---- */

static bool
open_device(const char *more)
{
	char args[160];

	snprintf(args, sizeof(args), "%s%s", devargs, more);
	return device_create(vcryptod.socket, args) && device_configure() && device_start() &&
		session_create();
}

static bool
wait_events(unsigned int wanted)
{
	uint64_t end = now_ms() + WAIT_MS;

	while (device_events() < wanted && now_ms() < end)
		ops_poll();
	return device_events() == wanted;
}

static void
killed(void)
{
	struct tally t;
	unsigned int sent;

	report("a device made at run time encrypts", open_device("") && ops_encrypt());
	daemon_freeze(&vcryptod);
	sent = ops_send(false);
	daemon_kill(&vcryptod);
	t = ops_collect(sent);
	report_tally("killed: each op in flight comes back once, with an error",
		sent == ALL && t.back == ALL && t.right == 0 && !t.twice, &t);
	report("killed: the program is told once", wait_events(1));
	report("killed: nothing more is taken", ops_send(false) == 0);
	device_stop();
	report("killed: start says that nobody is there", !device_start());
	report("killed: the daemon starts again", daemon_start(&vcryptod, NULL));
	report("restarted: so does the device", device_start());
	sent = ops_send(false);
	t = ops_collect(sent);
	report_tally("restarted: the session of before is known to be gone", sent == ALL &&
		t.back == ALL && t.invalid_session == ALL && !t.twice, &t);
	session_free();
	report("restarted: a new session encrypts", session_create() && ops_encrypt());
}

/* Operations come and go while the daemon dies. */
static void
killed_under_load(void)
{
	unsigned int i, sent = 0, back = 0;
	bool twice = false;
	struct tally t;

	for (i = 0; i < 200; i++) {
		unsigned int n = ops_send(false);

		if (i == 100)
			daemon_kill(&vcryptod);
		t = ops_collect(n);
		sent += n;
		back += t.back;
		twice = twice || t.twice;
	}
	report("killed under load: each op comes back once", sent > 100 * ALL && back == sent &&
		!twice);
	session_free();
	device_stop();
	report("killed under load: stop and close end", device_close());
	report("killed under load: the device is removed", device_remove());
}

/* ---- a daemon that is frozen ---- */

/* Start succeeds once the daemon has seen that it was hung up on. */
static bool
starts_again(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	bool up = false;

	while (!up && now_ms() < end)
		up = device_start();
	return up;
}

static bool
new_session_encrypts(void)
{
	session_free();
	return session_create() && ops_encrypt();
}

static void
frozen_for_a_while(void)
{
	uint64_t end = now_ms() + 1000;
	unsigned int sent, events = device_events();
	struct tally t;

	daemon_freeze(&vcryptod);
	sent = ops_send(false);
	while (now_ms() < end)
		ops_poll();
	daemon_continue(&vcryptod);
	t = ops_collect(sent);
	report_tally("frozen for a second: each op is answered", all_right(&t, sent) &&
		sent == ALL && device_events() == events, &t);
}

/* Until the watch notices. */
static void
frozen_for_good(bool goes_on)
{
	const char *how = goes_on ? "frozen" : "frozen and killed";
	char name[128];
	unsigned int sent, events = device_events();
	struct tally t;

	daemon_freeze(&vcryptod);
	sent = ops_send(false);
	t = ops_collect(sent);
	snprintf(name, sizeof(name), "%s: each op in flight comes back once, with an error", how);
	report_tally(name, sent == ALL && t.back == ALL && t.failed == ALL && !t.twice, &t);
	snprintf(name, sizeof(name), "%s: the program is told once, nothing more is taken", how);
	report(name, wait_events(events + 1) && ops_send(false) == 0);
	device_stop();
	snprintf(name, sizeof(name), "%s: start says that it does not let go", how);
	report(name, !device_start());
	if (goes_on)
		daemon_continue(&vcryptod);
	else
		daemon_kill(&vcryptod);
	snprintf(name, sizeof(name), "%s: it goes on, and so does the device", how);
	report(name, (goes_on || daemon_start(&vcryptod, NULL)) && starts_again() &&
		new_session_encrypts());
}

/* Stopped before anybody has noticed. */
static void
frozen_at_stop(void)
{
	unsigned int sent;
	struct tally t;

	daemon_freeze(&vcryptod);
	sent = ops_send(false);
	device_stop();
	daemon_continue(&vcryptod);
	report("frozen at stop: it goes on, and so does the device", starts_again());
	t = ops_collect(sent);
	report_tally("frozen at stop: each op in flight comes back once, with an error",
		sent == ALL && t.back == ALL && t.failed == ALL && !t.twice, &t);
	report("frozen at stop: a new session encrypts", new_session_encrypts());
}

static void
frozen(void)
{
	report("frozen: a device encrypts", open_device("") && ops_encrypt());
	frozen_for_a_while();
	frozen_for_good(true);
	frozen_for_good(false);
	frozen_at_stop();
	session_free();
	device_stop();
	report("frozen: close and removal end", device_close() && device_remove());
}

/* ---- recover=1 ---- */

/* The device is back when it takes operations. */
static bool
comes_back(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	unsigned int sent = 0;
	struct tally t;

	while (sent == 0 && now_ms() < end) {
		ops_poll();
		sent = ops_send(false);
	}
	t = ops_collect(sent);
	return all_right(&t, sent) && ops_encrypt();
}

static void
recovers_once(unsigned int round, bool out_of_place)
{
	char name[128];
	unsigned int sent;
	struct tally t;

	daemon_freeze(&vcryptod);
	sent = ops_send(out_of_place);
	daemon_kill(&vcryptod);
	if (!daemon_start(&vcryptod, NULL))
		report("the daemon starts again", false);
	t = ops_collect(sent);
	snprintf(name, sizeof(name), "recover=1, kill %u: each op out of place is answered once",
		round);
	if (!out_of_place)
		snprintf(name, sizeof(name), "recover=1, kill %u: each op in place comes back "
			"once, with an error", round);
	report_tally(name, sent == ALL && t.back == ALL && !t.twice &&
		t.right == (out_of_place ? ALL : 0), &t);
	snprintf(name, sizeof(name), "recover=1, kill %u: the same session goes on", round);
	report(name, comes_back());
	report("recover=1: the program is told once", wait_events(round));
}

/* Not brought back before the frozen daemon has let go, by itself or by its end. */
static void
recovers_from_frost(void)
{
	unsigned int sent, events = device_events();
	struct tally t;

	daemon_freeze(&vcryptod);
	sent = ops_send(true);
	report("recover=1, frozen: the program is told once", wait_events(events + 1));
	daemon_continue(&vcryptod);
	t = ops_collect(sent);
	report_tally("recover=1, frozen: it goes on, and each op out of place is answered once",
		sent == ALL && t.back == ALL && t.right == ALL && !t.twice, &t);
	report("recover=1, frozen: the same session goes on", comes_back());

	daemon_freeze(&vcryptod);
	sent = ops_send(false);
	report("recover=1, frozen again: the program is told once", wait_events(events + 2));
	daemon_kill(&vcryptod);
	report("recover=1, frozen and killed: the daemon starts again",
		daemon_start(&vcryptod, NULL));
	report("recover=1, frozen and killed: the same session goes on", comes_back());
}

static void
recovers(void)
{
	unsigned int round, sent;
	struct tally t;

	report("recover=1: encrypts", open_device(",recover=1,recover_timeout_ms=60000") &&
		ops_encrypt());
	for (round = 1; round <= KILLS; round++)
		recovers_once(round, round != KILLS);
	recovers_from_frost();
	daemon_freeze(&vcryptod);
	sent = ops_send(true);
	daemon_kill(&vcryptod);
	wait_events(KILLS + 3);
	device_stop();
	report("recover=1: the daemon starts again, and the device",
		daemon_start(&vcryptod, NULL) && device_start());
	t = ops_collect(sent);
	report_tally("recover=1: ops that a stop found waiting come back once, with an error",
		sent == ALL && t.back == ALL && t.right == 0 && !t.twice, &t);
	session_free();
	report("recover=1: a new session encrypts", session_create() && ops_encrypt());
	session_free();
	device_stop();
	report("recover=1: close and removal end", device_close() && device_remove());
}

int
main(int argc, char **argv)
{
	int eal_args = rte_eal_init(argc, argv);
	char socket[96];

	if (eal_args < 0 || argc - eal_args < 3)
		rte_exit(EXIT_FAILURE, "usage: lost [EAL options] -- VCRYPTOD FOLDER [DEVARGS]\n");
	argv += eal_args;
	if (argv[3] != NULL)
		snprintf(devargs, sizeof(devargs), "%s", argv[3]);
	snprintf(socket, sizeof(socket), "%s/lost.sock", argv[2]);
	daemon_init(&vcryptod, argv[1], socket, argv[2]);
	if (!daemon_start(&vcryptod, NULL))
		rte_exit(EXIT_FAILURE, "no daemon\n");
	paths(argv[2]);
	killed();
	killed_under_load();
	if (!daemon_start(&vcryptod, NULL))
		rte_exit(EXIT_FAILURE, "the daemon does not start again\n");
	frozen();
	recovers();
	daemon_kill(&vcryptod);
	rte_eal_cleanup();
	report("end", report_nb_failed() == 0);
	return report_nb_failed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

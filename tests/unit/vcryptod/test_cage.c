/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The cage of a device process, part by part: what is in force is read back from the kernel by
 * way of descriptors that were opened before, and what is forbidden is tried.  Each case runs
 * in a child, as the user of the test and, where that is root, as an ordinary user too.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cage/cage.h"

#define ORDINARY	54321	/* a user and a group that nobody has */
#define FDS		64
#define SKIPPED		77	/* exit status of a child that the kernel refused something */

#define BIT(part)	VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_##part)

static pid_t far_pid;	/* the test, from a child's view */

/* What a child looks at when nothing can be opened any more. */
struct before {
	int status_fd, ns_fd, links_fd;
	char ns[3][64];
};

static const char * const ns_name[3] = { "mnt", "net", "ipc" };

/* In a child: a failed check is an exit status, and a line. */
#define CHECK(x) \
	do { \
		if (!(x)) { \
			fprintf(stderr, "%s:%d: " #x " is false\n", __FILE__, __LINE__); \
			_exit(1); \
		} \
	} while (0)

/* ---- children ---- */

typedef void (*child_fn)(struct vcryptod_cage *c, const void *arg);

static void
become_ordinary(void)
{
	if (geteuid() == 0)
		CHECK(syscall(SYS_setgroups, 0, NULL) == 0 &&
				setresgid(ORDINARY, ORDINARY, ORDINARY) == 0 &&
				setresuid(ORDINARY, ORDINARY, ORDINARY) == 0);
	/* As after an exec, which a device process begins with. */
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
}

/* The status of a child that calls fn with a cage of these parts. */
static int
run_child(child_fn fn, const void *arg, uint32_t parts, bool ordinary)
{
	struct vcryptod_cage c;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (ordinary)
			become_ordinary();
		vcryptod_cage_init(&c);
		c.parts = parts;
		fn(&c, arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Both kinds of users; false if the kernel refuses what fn needs. */
static bool
run_good(child_fn fn, const void *arg, uint32_t parts)
{
	bool done = true;
	int kind, status;

	for (kind = geteuid() == 0 ? 0 : 1; kind < 2; kind++) {
		status = run_child(fn, arg, parts, kind == 1);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == SKIPPED) {
			print_message("%s: refused by this kernel or container\n",
					kind == 1 ? "as an ordinary user" : "as root");
			done = false;
			continue;
		}
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	return done;
}

static void
look_before(struct before *b)
{
	unsigned int i;

	b->status_fd = open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
	b->ns_fd = open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	b->links_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(b->status_fd >= 0 && b->ns_fd >= 0 && b->links_fd >= 0);
	for (i = 0; i < 3; i++) {
		memset(b->ns[i], 0, sizeof(b->ns[i]));
		CHECK(readlinkat(b->ns_fd, ns_name[i], b->ns[i], sizeof(b->ns[i]) - 1) > 0);
	}
}

static void
enter(struct vcryptod_cage *c, int links_fd)
{
	CHECK(vcryptod_cage_begin(c, "test", FDS) == 0);
	CHECK(vcryptod_cage_enter(c, "test", links_fd) == 0);
}

static void
go_in(struct vcryptod_cage *c, int links_fd)
{
	enter(c, links_fd);
	CHECK(vcryptod_cage_shut(c, "test") == 0);
}

/* A line of the status file, from behind its name. */
static unsigned long long
status_number(const struct before *b, const char *name, int base)
{
	char text[4096], *at;
	ssize_t n = pread(b->status_fd, text, sizeof(text) - 1, 0);

	CHECK(n > 0);
	text[n] = '\0';
	at = strstr(text, name);
	CHECK(at != NULL && at[strlen(name)] == ':');
	return strtoull(at + strlen(name) + 1, NULL, base);
}

/* ---- limits, dumps ---- */

static void
check_limits(struct vcryptod_cage *c, const void *arg)
{
	bool on = (c->parts & BIT(LIMITS)) != 0, dumps = (c->parts & BIT(DUMPS)) != 0;
	struct rlimit core = { 1, RLIM_INFINITY }, fds, locked[2];
	unsigned int nb = 0;
	int fd;

	(void)arg;
	(void)setrlimit(RLIMIT_CORE, &core);
	CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && getrlimit(RLIMIT_MEMLOCK, &locked[0]) == 0);
	CHECK(prctl(PR_GET_DUMPABLE) == 1);
	go_in(c, -1);
	CHECK(getrlimit(RLIMIT_NOFILE, &fds) == 0 && getrlimit(RLIMIT_MEMLOCK, &locked[1]) == 0);
	CHECK(on == (fds.rlim_cur == FDS && fds.rlim_max == FDS));
	CHECK(memcmp(&locked[0], &locked[1], sizeof(locked[0])) == 0);
	CHECK(getrlimit(RLIMIT_CORE, &fds) == 0);
	CHECK(on ? fds.rlim_cur == 0 && fds.rlim_max == 0 : fds.rlim_max == core.rlim_max);
	CHECK(prctl(PR_GET_DUMPABLE) == !dumps);
	for (fd = 0; on && fd >= 0; nb++)
		fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
	CHECK(nb <= FDS);
}

static void
limits(void **state)
{
	(void)state;
	assert_true(run_good(check_limits, NULL, BIT(LIMITS) | BIT(DUMPS)));
	assert_true(run_good(check_limits, NULL, BIT(LIMITS)));
	assert_true(run_good(check_limits, NULL, BIT(DUMPS)));
	assert_true(run_good(check_limits, NULL, 0));
}

static void
check_refusal(struct vcryptod_cage *c, const void *arg)
{
	const struct rlimit low = { 10, 10 };

	(void)arg;
	CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
	/* Whoever may raise the limit has it raised. */
	if (geteuid() == 0 && vcryptod_cage_begin(c, "test", FDS) == 0)
		return;
	CHECK(vcryptod_cage_begin(c, "test", FDS) == -EMFILE);
	CHECK(c->in_force == 0);
	c->parts = 0;
	CHECK(vcryptod_cage_begin(c, "test", FDS) == 0);
}

/* One line names the limit that is needed. */
static void
too_few_descriptors(void **state)
{
	(void)state;
	assert_true(run_good(check_refusal, NULL, BIT(LIMITS)));
}

/* ---- namespaces, root ---- */

static void
check_spaces(struct vcryptod_cage *c, const void *arg)
{
	bool spaces = (c->parts & BIT(NAMESPACES)) != 0;
	char now[64], line[VCRYPTOD_CAGE_LINE];
	struct before b;
	unsigned int i;

	(void)arg;
	look_before(&b);
	go_in(c, b.links_fd);
	vcryptod_cage_line(c, line, sizeof(line));
	if (c->refused[VCRYPTOD_CAGE_NAMESPACES] != 0) {
		CHECK(strstr(line, "refused: namespaces (") != NULL);
		_exit(SKIPPED);
	}
	CHECK(spaces || strstr(line, "; off:") != NULL);
	for (i = 0; i < 3; i++) {
		memset(now, 0, sizeof(now));
		CHECK(readlinkat(b.ns_fd, ns_name[i], now, sizeof(now) - 1) > 0);
		CHECK((spaces || (i == 0 && (c->parts & BIT(ROOT)) != 0)) ==
				(strcmp(now, b.ns[i]) != 0));
	}
}

static void
namespaces(void **state)
{
	bool all;

	(void)state;
	assert_true(run_good(check_spaces, NULL, 0));
	all = run_good(check_spaces, NULL, BIT(NAMESPACES));
	all = run_good(check_spaces, NULL, BIT(NAMESPACES) | BIT(ROOT)) && all;
	all = run_good(check_spaces, NULL, VCRYPTOD_CAGE_ALL) && all;
	if (!all)
		skip();
}

/* Everything but the root, so that it can be looked for. */
static void
check_root(struct vcryptod_cage *c, const void *arg)
{
	struct before b;
	struct stat st;
	char link[64] = "";

	(void)arg;
	look_before(&b);
	enter(c, b.links_fd);
	if (c->refused[VCRYPTOD_CAGE_ROOT] != 0)
		_exit(SKIPPED);
	if ((c->parts & BIT(ROOT)) == 0) {
		CHECK(stat("/proc/self/exe", &st) == 0);
		return;
	}
	CHECK(stat("/", &st) == 0 && st.st_nlink <= 2);
	CHECK(stat("/proc", &st) != 0 && stat("/tmp", &st) != 0 && stat("/etc", &st) != 0);
	CHECK(mkdir("/x", 0700) != 0 && mkdir("x", 0700) != 0);
	CHECK(open("/x", O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0);
	CHECK(stat("..", &st) == 0 && stat("../../etc", &st) != 0);
	/* The links serve, and lead to no other folder. */
	CHECK(readlinkat(b.links_fd, "0", link, sizeof(link) - 1) > 0);
	if (!c->is_chroot) {
		CHECK(fstatat(b.links_fd, "../status", &st, 0) != 0);
		CHECK(fstatat(b.links_fd, "../../../etc", &st, 0) != 0);
	}
}

static void
root(void **state)
{
	bool all;

	(void)state;
	assert_true(run_good(check_root, NULL, 0));
	all = run_good(check_root, NULL, BIT(ROOT));
	all = run_good(check_root, NULL, VCRYPTOD_CAGE_ALL & ~BIT(SECCOMP)) && all;
	if (!all)
		skip();
}

/* ---- user, capabilities, privileges ---- */

static void
check_bare(struct vcryptod_cage *c, const void *arg)
{
	bool caps = (c->parts & BIT(CAPABILITIES)) != 0, root = geteuid() == 0;
	struct before b;

	look_before(&b);
	if (arg != NULL)
		CHECK(vcryptod_cage_parse_user(c, arg) == NULL);
	if (arg != NULL)
		root = false;
	go_in(c, -1);
	if (arg != NULL) {
		CHECK(status_number(&b, "Uid", 10) == ORDINARY);
		CHECK(status_number(&b, "Gid", 10) == ORDINARY + 1);
		CHECK(getgroups(0, NULL) == 0);
	}
	CHECK(status_number(&b, "NoNewPrivs", 10) ==
			((c->parts & (BIT(PRIVILEGES) | BIT(SECCOMP))) != 0));
	CHECK(status_number(&b, "Seccomp", 10) == ((c->parts & BIT(SECCOMP)) != 0 ? 2 : 0));
	if (!caps && root) {
		CHECK(status_number(&b, "CapEff", 16) != 0);
		return;
	}
	if (!caps && c->in_user_ns)
		return;		/* has all of those of its namespace, which is not told here */
	CHECK(status_number(&b, "CapInh", 16) == 0 && status_number(&b, "CapPrm", 16) == 0);
	CHECK(status_number(&b, "CapEff", 16) == 0 && status_number(&b, "CapAmb", 16) == 0);
	if (caps)
		CHECK(c->has_bounds == (status_number(&b, "CapBnd", 16) != 0));
	if (caps && (root || c->in_user_ns))
		CHECK(!c->has_bounds);
}

static void
bare(void **state)
{
	static const uint32_t parts[] = {
		0, BIT(CAPABILITIES), BIT(PRIVILEGES), BIT(CAPABILITIES) | BIT(PRIVILEGES),
		BIT(NAMESPACES) | BIT(CAPABILITIES),
		BIT(NAMESPACES) | BIT(ROOT) | BIT(CAPABILITIES),
		VCRYPTOD_CAGE_ALL & ~BIT(SECCOMP),
	};
	static const char user[] = "54321:54322";
	unsigned int i;
	int status;

	(void)state;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		assert_true(run_good(check_bare, NULL, parts[i]));
		if (geteuid() != 0)
			continue;
		status = run_child(check_bare, user, parts[i], false);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static void
check_no_user(struct vcryptod_cage *c, const void *arg)
{
	CHECK(vcryptod_cage_parse_user(c, arg) == NULL);
	CHECK(vcryptod_cage_begin(c, "test", FDS) == 0);
	CHECK(vcryptod_cage_enter(c, "test", -1) == -EPERM);
}

static void
user_needs_root(void **state)
{
	int status = run_child(check_no_user, "54320:54320", VCRYPTOD_CAGE_ALL, true);

	(void)state;
	if (geteuid() != 0)
		skip();		/* the child is this user then, whoever that is */
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The signal is the supervisor's end, which a change of user would have undone. */
static void
check_parent(struct vcryptod_cage *c, const void *arg)
{
	int sig = 0;

	(void)arg;
	if (geteuid() == 0)
		CHECK(vcryptod_cage_parse_user(c, "54321:54321") == NULL);
	enter(c, -1);
	CHECK(prctl(PR_GET_PDEATHSIG, &sig) == 0 && sig == SIGKILL);
}

static void
ends_with_its_parent(void **state)
{
	(void)state;
	assert_true(run_good(check_parent, NULL, VCRYPTOD_CAGE_ALL));
}

/* ---- system calls ---- */

static void
call_socket(void)
{
	(void)!socket(AF_UNIX, SOCK_STREAM, 0);
}

static void
call_open(void)
{
	(void)!open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void
call_exec(void)
{
	char *const none[] = { NULL };

	(void)execve("/nothing", none, none);
}

static void
call_ptrace(void)
{
	(void)ptrace(PTRACE_CONT, far_pid, NULL, NULL);
}

static void
call_map_code(void)
{
	(void)!mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
call_make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void
call_fork(void)
{
	if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0)
		_exit(0);
}

static void
call_kill(void)
{
	(void)syscall(SYS_kill, far_pid, 0);
}

static void
call_tgkill(void)
{
	(void)syscall(SYS_tgkill, far_pid, far_pid, 0);
}

static void
call_read_other(void)
{
	(void)syscall(SYS_process_vm_readv, far_pid, NULL, 0, NULL, 0, 0);
}

static void
call_limit(void)
{
	const struct rlimit r = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &r);
}

static void
call_set_owner(void)
{
	(void)fcntl(0, F_SETOWN, far_pid);
}

static void
call_send_far(void)
{
	(void)syscall(SYS_sendto, 0, "", 1, 0, "", 1);
}

static void
call_sendmsg(void)
{
	(void)syscall(SYS_sendmsg, 0, NULL, 0);
}

static void
call_peer(void)
{
	(void)getsockopt(0, SOL_SOCKET, SO_PEERSEC, NULL, NULL);
}

static void
call_option_of_tcp(void)
{
	(void)getsockopt(0, IPPROTO_TCP, SO_TYPE, NULL, NULL);	/* a number that is free above */
}

static void
call_link_of_cwd(void)
{
	char link[64];

	(void)!readlinkat(AT_FDCWD, "x", link, sizeof(link));
}

static void
call_stat(void)
{
	struct stat st;

	(void)!syscall(SYS_newfstatat, AT_FDCWD, "/", &st, 0);
}

static void
call_unlink(void)
{
	(void)unlinkat(AT_FDCWD, "/nothing", 0);
}

static void
call_prctl(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1);
}

struct call {
	const char *name;
	void (*fn)(void);
	bool sanitized;		/* forbidden in a build with a sanitizer, too */
};

static const struct call forbidden[] = {
	{ "socket", call_socket, true },
	{ "open", call_open, false },
	{ "execve", call_exec, false },
	{ "ptrace", call_ptrace, false },
	{ "mmap of code", call_map_code, true },
	{ "mprotect to code", call_make_code, true },
	{ "clone", call_fork, false },
	{ "kill", call_kill, false },
	{ "tgkill of others", call_tgkill, false },
	{ "process_vm_readv", call_read_other, false },
	{ "setrlimit", call_limit, false },
	{ "fcntl F_SETOWN", call_set_owner, false },
	{ "sendto an address", call_send_far, true },
	{ "sendmsg", call_sendmsg, true },
	{ "getsockopt SO_PEERSEC", call_peer, true },
	{ "getsockopt of TCP", call_option_of_tcp, true },
	{ "readlinkat of a path", call_link_of_cwd, false },
	{ "newfstatat of a path", call_stat, false },
	{ "unlinkat", call_unlink, true },
	{ "prctl", call_prctl, false },
};

#define NB_FORBIDDEN	(sizeof(forbidden) / sizeof(forbidden[0]))

struct try {
	const struct call *call;
	unsigned int thread;	/* 0: the main thread */
	bool tell;
};

#define THREADS	2

static struct {
	const struct try *try;
	int go_fd[THREADS], up_fd;
} trying;

/* As a worker: it runs before the filter comes, and waits. */
static void *
try_in_thread(void *arg)
{
	unsigned int i = (unsigned int)(uintptr_t)arg;
	uint64_t n = 1;

	CHECK(write(trying.up_fd, &n, sizeof(n)) == sizeof(n));
	CHECK(read(trying.go_fd[i], &n, sizeof(n)) == sizeof(n));
	if (trying.try->thread == i + 1)
		trying.try->call->fn();
	return NULL;
}

static void
check_call(struct vcryptod_cage *c, const void *arg)
{
	pthread_t thread[THREADS];
	uint64_t n, one = 1;
	uintptr_t i;

	trying.try = arg;
	c->tell = trying.try->tell;
	trying.up_fd = eventfd(0, EFD_SEMAPHORE);
	CHECK(trying.up_fd >= 0);
	enter(c, -1);
	for (i = 0; i < THREADS; i++) {
		trying.go_fd[i] = eventfd(0, 0);
		CHECK(trying.go_fd[i] >= 0);
		CHECK(pthread_create(&thread[i], NULL, try_in_thread, (void *)i) == 0);
	}
	for (i = 0; i < THREADS; i++)
		CHECK(read(trying.up_fd, &n, sizeof(n)) == sizeof(n));
	CHECK(vcryptod_cage_shut(c, "test") == 0);
	if (trying.try->thread == 0)
		trying.try->call->fn();
	for (i = 0; i < THREADS; i++) {
		CHECK(write(trying.go_fd[i], &one, sizeof(one)) == sizeof(one));
		CHECK(pthread_join(thread[i], NULL) == 0);
	}
}

static void
calls_that_end_it(void **state)
{
	const uint32_t parts = VCRYPTOD_CAGE_ALL & ~BIT(DUMPS);
	unsigned int i, thread, nb = 0;
	struct try t;
	int status;

	(void)state;
	far_pid = getpid();
	for (i = 0; i < NB_FORBIDDEN; i++) {
		if (vcryptod_cage_is_sanitized() && !forbidden[i].sanitized)
			continue;
		for (thread = 0; thread <= THREADS; thread++, nb++) {
			t = (struct try){ &forbidden[i], thread, thread == 1 };
			status = run_child(check_call, &t, parts, thread == 2);
			if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
				fail_msg("%s, thread %u: status %x", t.call->name, thread,
						(unsigned int)status);
		}
		/* The premise: it is the list that ends the process. */
		t.thread = 1;
		status = run_child(check_call, &t, 0, true);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("%s, without: status %x", t.call->name, (unsigned int)status);
	}
	assert_true(nb >= 4 * (THREADS + 1));
}

/* More than malloc keeps, in a thread: glibc would look into /proc before it gives memory of a
 * second arena back.
 */
static void *
use_memory(void *arg)
{
	void *p[64];
	unsigned int round, i;
	uint64_t n;

	CHECK(read(*(int *)arg, &n, sizeof(n)) == sizeof(n));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 64; i++) {
			p[i] = malloc(100000);
			CHECK(p[i] != NULL);
			memset(p[i], 1, 100000);
		}
		for (i = 64; i-- > 0;)
			free(p[i]);
		p[0] = malloc(10 << 20);
		p[0] = realloc(p[0], 20 << 20);
		CHECK(p[0] != NULL);
		free(p[0]);
	}
	return NULL;
}

static void
handle_nothing(int sig)
{
	(void)sig;
}

static void
check_ordinary_work(struct vcryptod_cage *c, const void *arg)
{
	struct sigaction act = { .sa_handler = handle_nothing };
	int fd = eventfd(0, 0), sv[2], kind = -1;
	socklen_t len = sizeof(kind);
	pthread_t thread;
	uint64_t one = 1;
	struct rlimit r;
	struct stat st;

	(void)arg;
	CHECK(fd >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	CHECK(vcryptod_cage_begin(c, "test", FDS) == 0);
	CHECK(pthread_create(&thread, NULL, use_memory, &fd) == 0);
	CHECK(vcryptod_cage_shut(c, "test") == 0);
	CHECK(write(fd, &one, sizeof(one)) == sizeof(one));
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(sigaction(SIGUSR2, &act, NULL) == 0 && raise(SIGUSR2) == 0);
	CHECK(fstat(sv[0], &st) == 0 && S_ISSOCK(st.st_mode));
	CHECK(send(sv[0], "a", 1, MSG_NOSIGNAL) == 1 && recv(sv[1], &one, 1, 0) == 1);
	CHECK(fcntl(sv[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(sv[0], F_GETFL) >= 0);
	CHECK(getsockopt(sv[0], SOL_SOCKET, SO_DOMAIN, &kind, &len) == 0 && kind == AF_UNIX);
	CHECK(getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &kind, &len) == 0 && kind == SOCK_STREAM);
	CHECK(getrlimit(RLIMIT_MEMLOCK, &r) == 0);
	printf("%d\n", 1);
	fflush(stdout);
	/* The leak check of a sanitizer is not this test's. */
	if (!vcryptod_cage_is_sanitized())
		exit(0);
}

/* abort still ends it as it would outside. */
static void
check_abort(struct vcryptod_cage *c, const void *arg)
{
	(void)arg;
	go_in(c, -1);
	abort();
}

static void
calls_that_are_free(void **state)
{
	int status;

	(void)state;
	assert_true(run_good(check_ordinary_work, NULL, BIT(LIMITS) | BIT(SECCOMP)));
	status = run_child(check_abort, NULL, VCRYPTOD_CAGE_ALL, false);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* ---- options ---- */

static void
options(void **state)
{
	static const char * const bad[] = { "", "x", "seccomp,", "-all", "-none", "-tell", "all,x",
		"-seccomp,,root", "seccomps", "secc" };
	static const char * const bad_user[] = { "", "nobody-has-this", "root:nobody-has-this",
		"54321", "4294967295:1", "1:4294967295", "54321:", "99999999999:1" };
	char line[VCRYPTOD_CAGE_LINE];
	struct vcryptod_cage c, fresh;
	unsigned int i;

	(void)state;
	vcryptod_cage_init(&fresh);
	c = fresh;
	assert_null(vcryptod_cage_parse(&c, "all"));
	assert_int_equal(c.parts, VCRYPTOD_CAGE_ALL);
	assert_null(vcryptod_cage_parse(&c, "-seccomp,-namespaces"));
	assert_int_equal(c.parts, VCRYPTOD_CAGE_ALL & ~(BIT(SECCOMP) | BIT(NAMESPACES)));
	assert_null(vcryptod_cage_parse(&c, "limits,seccomp,tell"));
	assert_true(c.parts == (BIT(LIMITS) | BIT(SECCOMP)) && c.tell);
	assert_null(vcryptod_cage_parse(&c, "all,-root"));
	assert_true(c.parts == (VCRYPTOD_CAGE_ALL & ~BIT(ROOT)) && !c.tell);
	assert_null(vcryptod_cage_parse(&c, "none"));
	assert_int_equal(c.parts, 0);
	vcryptod_cage_line(&c, line, sizeof(line));
	assert_non_null(strstr(line, "cage: none"));
	assert_non_null(strstr(line, "; off: limits dumps namespaces root capabilities "
			"no-new-privs seccomp"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = fresh;
		assert_non_null(vcryptod_cage_parse(&c, bad[i]));
		assert_memory_equal(&c, &fresh, sizeof(c));
	}
	for (i = 0; i < sizeof(bad_user) / sizeof(bad_user[0]); i++) {
		c = fresh;
		assert_non_null(vcryptod_cage_parse_user(&c, bad_user[i]));
		assert_false(c.has_user);
	}
	assert_null(vcryptod_cage_parse_user(&c, "root"));
	assert_true(c.has_user && c.uid == 0 && c.gid == 0);
	assert_null(vcryptod_cage_parse_user(&c, "54321:54322"));
	assert_true(c.uid == 54321 && c.gid == 54322);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(limits),
		cmocka_unit_test(too_few_descriptors),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(root),
		cmocka_unit_test(bare),
		cmocka_unit_test(user_needs_root),
		cmocka_unit_test(ends_with_its_parent),
		cmocka_unit_test(calls_that_end_it),
		cmocka_unit_test(calls_that_are_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

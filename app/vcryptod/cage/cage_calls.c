/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The system calls of a device process that serves; see cage.h.  Any other call ends it.
 *
 * Each group says who makes its calls.  They were found by running the engines' and the rings'
 * tests under strace; tests/unit/vcryptod runs the engines' tests inside of the cage, so that a
 * call that is missing is noticed.  The names are those of x86-64 and of the 64-bit
 * architectures after it; one that an architecture does not have is left out there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <seccomp.h>

#include "cage.h"

/* Registers have 64 bits, an int's upper half may hold anything. */
#define INT_IS(n, value)	{ n, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)(value) }
#define HAS(n, bits)		{ n, SCMP_CMP_MASKED_EQ, bits, bits }
#define LACKS(n, bits)		{ n, SCMP_CMP_MASKED_EQ, bits, 0 }
#define IS_NULL(n)		{ n, SCMP_CMP_EQ, 0, 0 }

#define FD_SIGN			UINT32_C(0x80000000)	/* AT_FDCWD has it, no descriptor has */

struct cage_call {
	const char *name;
	unsigned int nb_args;
	struct scmp_arg_cmp arg[2];
};

static const struct cage_call cage_call[] = {
	/* Memory: glibc's malloc, the allocator of secrets, mappings of front ends.  Nothing can be
	 * made executable.
	 */
	{ "brk" },
	{ "mmap", 1, { LACKS(2, PROT_EXEC) } },
	{ "mprotect", 1, { LACKS(2, PROT_EXEC) } },
	{ "munmap" },
	{ "mremap" },
	{ "madvise" },
	{ "mlock" },
	{ "mlock2" },
	{ "munlock" },

	/* Threads: locks, the wait for readers of a session, the first and the last steps of a
	 * thread that glibc makes (one may not have begun yet when the filter comes), the end.
	 */
	{ "futex" },
	{ "sched_yield" },
	{ "set_robust_list" },
	{ "rseq" },
	{ "gettid" },
	{ "exit" },
	{ "exit_group" },

	/* Signals: the handler of SIGBUS and its return, abort of glibc, waits that go on after
	 * SIGCONT.  tgkill to itself alone: see cage_add_all.
	 */
	{ "rt_sigaction" },
	{ "rt_sigprocmask" },
	{ "rt_sigreturn" },
	{ "restart_syscall" },

	/* Descriptors: eventfds, signalfd, log lines (writev: glibc's last words), those that come
	 * with a message: what they are, their flags, copies.
	 */
	{ "read" },
	{ "write" },
	{ "writev" },
	{ "close" },
	{ "fcntl", 1, { INT_IS(1, F_GETFD) } },
	{ "fcntl", 1, { INT_IS(1, F_SETFD) } },
	{ "fcntl", 1, { INT_IS(1, F_GETFL) } },
	{ "fcntl", 1, { INT_IS(1, F_SETFL) } },
	{ "fcntl", 1, { INT_IS(1, F_DUPFD_CLOEXEC) } },
	{ "fcntl", 1, { INT_IS(1, F_GET_SEALS) } },
	{ "fstat" },
	{ "newfstatat", 1, { HAS(3, AT_EMPTY_PATH) } },
	{ "statx", 1, { HAS(2, AT_EMPTY_PATH) } },
	{ "readlinkat", 1, { LACKS(0, FD_SIGN) } },

	/* Sockets: the listener, the front end's connection, the back channel, the supervisor's
	 * questions.  No address can be named, and no descriptor sent.
	 */
	{ "accept4" },
	{ "recvmsg" },
	{ "recvfrom" },
	{ "sendto", 1, { IS_NULL(4) } },
	/* What kind of socket the back channel is; it is only written to. */
	{ "getsockopt", 2, { INT_IS(1, SOL_SOCKET), INT_IS(2, SO_DOMAIN) } },
	{ "getsockopt", 2, { INT_IS(1, SOL_SOCKET), INT_IS(2, SO_TYPE) } },
	/* Which process a front end is, for a log line. */
	{ "getsockopt", 2, { INT_IS(1, SOL_SOCKET), INT_IS(2, SO_PEERCRED) } },
	{ "shutdown", 1, { INT_IS(1, SHUT_RD) } },

	/* Waits: the main thread's and the workers'.  The second of each pair is what other
	 * architectures have.
	 */
	{ "poll" },
	{ "ppoll" },
	{ "epoll_wait" },
	{ "epoll_pwait" },
	{ "epoll_ctl" },
	/* While a ring is taken from its worker; glibc makes one of the two. */
	{ "clock_nanosleep" },
	{ "nanosleep" },

	/* Time, where the clock cannot be read without a call. */
	{ "clock_gettime" },
	{ "gettimeofday" },
	{ "time" },

	/* OpenSSL: random numbers, for ids of sessions too, and whether it was forked. */
	{ "getrandom" },
	{ "getpid" },

	/* The limit of locked memory, for a log line; it cannot be set. */
	{ "prlimit64", 2, { INT_IS(0, 0), IS_NULL(2) } },
};

/* What sanitizers do besides: stacks and symbols for a report, the leak check at the end. */
static const struct cage_call cage_call_sanitized[] = {
	{ "access" }, { "arch_prctl" }, { "clock_nanosleep" }, { "clone" }, { "clone3" },
	{ "dup2" }, { "dup3" }, { "execve" }, { "faccessat" }, { "fcntl" }, { "fork" },
	{ "getdents64" }, { "getppid" }, { "getrusage" }, { "gettid" }, { "kill" }, { "lseek" },
	{ "mincore" }, { "nanosleep" }, { "newfstatat" }, { "open" }, { "openat" },
	{ "personality" }, { "pipe" }, { "pipe2" }, { "prctl" }, { "pread64" }, { "prlimit64" },
	{ "process_vm_readv" }, { "ptrace" }, { "readlink" }, { "readlinkat" },
	{ "rt_sigtimedwait" }, { "sched_getaffinity" }, { "set_tid_address" }, { "sigaltstack" },
	{ "stat" }, { "statx" }, { "sysinfo" }, { "tgkill" }, { "uname" }, { "unlink" },
	{ "vfork" }, { "wait4" },
};

/* ---- a line for the call that ends the process ---- */

static const char *cage_path;

static size_t
cage_put(char *at, const char *text)
{
	return (size_t)(stpcpy(at, text) - at);
}

/* In a signal handler.  The second SIGSYS has its usual effect. */
static void
cage_on_sigsys(int sig, siginfo_t *info, void *context)
{
	char line[256], number[12], *digit = number + sizeof(number) - 1;
	unsigned int n = (unsigned int)info->si_syscall;
	size_t len;

	(void)context;
	*digit = '\0';
	do {
		*--digit = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	len = cage_put(line, "vcryptod: ");
	len += cage_put(line + len, cage_path);
	len += cage_put(line + len, ": system call ");
	len += cage_put(line + len, digit);
	len += cage_put(line + len, " is not in the list of the cage (scmp_sys_resolver names it): "
			"the process ends\n");
	if (write(STDERR_FILENO, line, len) < 0)
		len = 0;
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

static int
cage_catch_sigsys(const char *path)
{
	struct sigaction act = { .sa_sigaction = cage_on_sigsys, .sa_flags = SA_SIGINFO };

	if (strlen(path) > 107)		/* a socket's path is not longer, so that a line fits */
		return -ENAMETOOLONG;
	cage_path = path;
	sigemptyset(&act.sa_mask);
	return sigaction(SIGSYS, &act, NULL) == 0 ? 0 : -errno;
}

/* ---- the filter ---- */

/* *nb counts what this architecture has, a name that comes again not. */
static int
cage_add(scmp_filter_ctx ctx, unsigned int *nb, const struct cage_call *call, unsigned int len)
{
	unsigned int i;
	int nr, rc;

	for (i = 0; i < len; i++) {
		nr = seccomp_syscall_resolve_name(call[i].name);
		if (nr < 0)
			continue;
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, call[i].nb_args, call[i].arg);
		if (rc != 0)
			return rc;
		*nb += i == 0 || strcmp(call[i].name, call[i - 1].name) != 0;
	}
	return 0;
}

static int
cage_add_all(scmp_filter_ctx ctx, unsigned int *nb)
{
	const struct cage_call own[] = {
		{ "tgkill", 1, { INT_IS(0, getpid()) } },
	};
	int rc;

	rc = cage_add(ctx, nb, cage_call, sizeof(cage_call) / sizeof(cage_call[0]));
	if (rc == 0)
		rc = cage_add(ctx, nb, own, 1);
	if (rc == 0 && vcryptod_cage_is_sanitized())
		rc = cage_add(ctx, nb, cage_call_sanitized,
				sizeof(cage_call_sanitized) / sizeof(cage_call_sanitized[0]));
	/* glibc asks once whether stdout or stderr is a terminal, and takes no for an answer. */
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
	return rc;
}

static int
cage_set_attributes(scmp_filter_ctx ctx, uint32_t action)
{
	int rc;

	/* All threads; a call of another architecture is as any other that is not listed. */
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, action);
	if (rc != 0)
		return rc;
	/* What these two do is speed: a search instead of a walk; and no mitigation on kernels
	 * before 5.16 against foreign code in the same process, since there is none.
	 */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_SSB, 1);
	return 0;
}

int
vcryptod_cage_load_calls(struct vcryptod_cage *c, const char *path)
{
	uint32_t action = c->tell ? SCMP_ACT_TRAP : SCMP_ACT_KILL_PROCESS;
	scmp_filter_ctx ctx;
	int rc;

	if (c->tell) {
		rc = cage_catch_sigsys(path);
		if (rc != 0)
			return rc;
	}
	ctx = seccomp_init(action);
	if (ctx == NULL)
		return -ENOMEM;
	c->nb_calls = 0;
	rc = cage_set_attributes(ctx, action);
	if (rc == 0)
		rc = cage_add_all(ctx, &c->nb_calls);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc;
}

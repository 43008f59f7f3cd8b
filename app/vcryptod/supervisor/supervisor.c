/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The supervisor's loop; see supervisor.h.  Nothing in it blocks but poll: lines are
 * written by the relay's threads.
 *
 * The first device process starts alone: what is wrong with the command line or the
 * machine is said once.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "ctl.h"
#include "notify.h"
#include "supervisor.h"

/* After SIGTERM, in ms: when what still is there is killed, and when it is left alone.  The
 * rest of the time is for the last lines.
 */
#define SUPERVISOR_KILL_MS	1500
#define SUPERVISOR_LEAVE_MS	1800
#define SUPERVISOR_FLUSH_MS	(VCRYPTOD_END_MS - SUPERVISOR_LEAVE_MS - 100)

#define SUPERVISOR_FDS		(1 + VCRYPTOD_CTL_FDS)	/* to poll, beside the children's */

/* Descriptors that are open at once, at most: of each child its socket, its watch, two pipes and
 * what memory it has; and of all else, those that a child begins with included.
 */
#define SUPERVISOR_CHILD_OPEN	5
#define SUPERVISOR_OPEN		(32 + VCRYPTOD_CTL_FDS)

#define SUPERVISOR_TELL_MS	100	/* to the next attempt, where there was no room */

#define SUPERVISOR_NEVER	UINT64_MAX
#define SUPERVISOR_SAID		1	/* in place of an errno: a line has said what is wrong */

struct supervisor {
	struct vcryptod_relay relay;
	struct vcryptod_notify notify;
	struct vcryptod_child_config child_cfg;
	struct vcryptod_child *child;
	struct vcryptod_ctl ctl;
	/* The signals', VCRYPTOD_CTL_FDS, then VCRYPTOD_CHILD_FDS of each. */
	struct pollfd *fds;
	unsigned int nb;
	int signal_fd;
	const char *log_file;		/* NULL: none */
	int log_fd;			/* of it; -1: none */
	unsigned int served;		/* devices, as the manager knows */
	uint64_t ask_ms;		/* when the children are asked next */
	bool first_only;		/* the others wait for the first child */
	bool told;			/* that all are ready */
	bool ending, killed, failed;
	uint64_t ending_ms;		/* when that began */
};

static uint64_t
supervisor_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
supervisor_earlier(uint64_t *until, uint64_t t)
{
	if (t < *until)
		*until = t;
}

/* ---- start ---- */

/* A descriptor of ours below 3 would be taken for a standard one. */
static int
supervisor_fill_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int
supervisor_start_signals(struct supervisor *s)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD };
	sigset_t set;
	unsigned int i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return -EINVAL;
	/* Inherited SIG_IGN would reap the children unseen.  A log that has reached RLIMIT_FSIZE is
	 * as a full disk (relay.h), for device processes, too, which inherit this.
	 */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
			signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return -errno;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd >= 0 ? 0 : -errno;
}

/* A descriptor, or -1 with errno.  Nobody is waited for, as the reader of a FIFO would be. */
static int
supervisor_open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			0640);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode))))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* The lines of all processes go there from here on. */
static int
supervisor_start_relay(struct supervisor *s, const struct vcryptod_supervisor_config *cfg)
{
	int rc;

	s->log_file = cfg->log_file;
	if (s->log_file != NULL) {
		s->log_fd = supervisor_open_log(s->log_file);
		if (s->log_fd < 0) {
			fprintf(stderr, "vcryptod: --log-file %s: %s: choose another file\n",
					s->log_file, strerror(errno));
			return SUPERVISOR_SAID;
		}
	}
	rc = vcryptod_relay_start(&s->relay, STDOUT_FILENO,
			s->log_fd >= 0 ? s->log_fd : STDERR_FILENO);
	s->relay.level = cfg->log_level;
	s->relay.form = cfg->log_form;
	return rc;
}

static int
supervisor_start_ctl(struct supervisor *s, const struct vcryptod_supervisor_config *cfg)
{
	const struct vcryptod_ctl_head head = { .layout = cfg->layout,
		.nb_devices = cfg->nb_sockets, .nb_queues = cfg->nb_queues,
		.page_size = cfg->page_size };
	int rc;

	rc = vcryptod_ctl_init(&s->ctl, cfg->ctl, &head, s->child, &s->relay);
	if (rc == 0)
		return 0;
	fprintf(stderr, "vcryptod: %s: %s\n", cfg->ctl, s->ctl.listen.why);
	return SUPERVISOR_SAID;
}

static int
supervisor_get_socket(struct vcryptod_child *c, const struct vcryptod_supervisor_config *cfg,
		unsigned int i)
{
	int rc;

	if (cfg->given[i] >= 0)
		rc = vcryptod_listen_adopt(&c->listen, cfg->given[i], cfg->socket[i]);
	else
		rc = vcryptod_listen_init(&c->listen, cfg->socket[i], cfg->mode, cfg->gid);
	if (rc == 0)
		return 0;
	fprintf(stderr, "vcryptod: %s: %s\n", cfg->socket[i], c->listen.why);
	return SUPERVISOR_SAID;
}

/* Room for all descriptors; poll refuses more than the limit, too. */
static int
supervisor_raise_limit(unsigned int nb_sockets)
{
	rlim_t need = SUPERVISOR_OPEN + (rlim_t)nb_sockets * SUPERVISOR_CHILD_OPEN;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return -errno;
	if (r.rlim_cur >= need)
		return 0;
	if (r.rlim_max >= need) {
		r.rlim_cur = need;
		return setrlimit(RLIMIT_NOFILE, &r) == 0 ? 0 : -errno;
	}
	fprintf(stderr, "vcryptod: %u devices need %ju descriptors, and no more than %ju are "
			"allowed: raise the limit (RLIMIT_NOFILE, ulimit -n)\n", nb_sockets,
			(uintmax_t)need, (uintmax_t)r.rlim_max);
	return SUPERVISOR_SAID;
}

/* 0; -errno; SUPERVISOR_SAID. */
static int
supervisor_start(struct supervisor *s, const struct vcryptod_supervisor_config *cfg)
{
	unsigned int i;
	int rc;

	s->child_cfg = (struct vcryptod_child_config){ .program = cfg->program,
		.argv = cfg->argv, .watchdog = cfg->watchdog, .page_size = cfg->page_size,
		.relay = &s->relay };
	s->child = calloc(cfg->nb_sockets, sizeof(s->child[0]));
	s->fds = calloc(SUPERVISOR_FDS + cfg->nb_sockets * VCRYPTOD_CHILD_FDS,
			sizeof(s->fds[0]));
	if (s->child == NULL || s->fds == NULL)
		return -ENOMEM;
	rc = supervisor_fill_standard();
	if (rc == 0)
		rc = supervisor_raise_limit(cfg->nb_sockets);
	if (rc == 0 && vcryptod_notify_init(&s->notify) != 0)
		fprintf(stderr, "vcryptod: NOTIFY_SOCKET is no address of a socket: the service "
				"manager is told nothing\n");
	for (i = 0; i < cfg->nb_sockets && rc == 0; i++) {
		vcryptod_child_init(&s->child[i], &s->child_cfg, i);
		s->nb++;
		rc = supervisor_get_socket(&s->child[i], cfg, i);
	}
	if (rc == 0)
		rc = supervisor_start_ctl(s, cfg);
	if (rc == 0)
		rc = supervisor_start_signals(s);
	if (rc == 0)
		rc = supervisor_start_relay(s, cfg);
	return rc;
}

/* ---- run ---- */

/* The sockets go first: nobody connects to a daemon that ends. */
static void
supervisor_end(struct supervisor *s, bool failed, uint64_t now)
{
	unsigned int i;

	if (s->ending)
		return;
	s->ending = true;
	s->failed = failed;
	s->ending_ms = now;
	(void)vcryptod_notify_say(&s->notify, "STOPPING=1");
	vcryptod_ctl_fini(&s->ctl);
	for (i = 0; i < s->nb; i++) {
		vcryptod_listen_fini(&s->child[i].listen);
		vcryptod_child_signal(&s->child[i], SIGTERM);
	}
}

static void
supervisor_kill_rest(struct supervisor *s)
{
	unsigned int i;

	s->killed = true;
	for (i = 0; i < s->nb; i++) {
		if (s->child[i].pid == 0)
			continue;
		vcryptod_relay_say(&s->relay, VCRYPTOD_RELAY_ERR, "%s: the device process "
				"(pid %d) has not ended %u ms after SIGTERM: killed",
				s->child[i].listen.path, s->child[i].pid, SUPERVISOR_KILL_MS);
		vcryptod_child_signal(&s->child[i], SIGKILL);
	}
}

/* A device process prints its own line, as soon as it serves; one that is not there has none.
 * The signal is blocked in a new process (supervisor_start_signals), so that it does no harm.
 */
static void
supervisor_hand_on_counters(struct supervisor *s, uint64_t now)
{
	const struct vcryptod_child *c;

	for (c = s->child; c < s->child + s->nb; c++) {
		if (c->pid != 0)
			vcryptod_child_signal(c, SIGUSR1);
		else if (c->again_ms > now)
			vcryptod_relay_say(&s->relay, VCRYPTOD_RELAY_OUT, "%s: not there: it "
					"starts again in %u ms", c->listen.path,
					(unsigned int)(c->again_ms - now));
	}
}

/* A descriptor is replaced at once, while a thread may write to it. */
static void
supervisor_reopen_log(struct supervisor *s)
{
	int fd = supervisor_open_log(s->log_file);

	if (fd < 0 || dup3(fd, s->log_fd, O_CLOEXEC) < 0)
		vcryptod_relay_say(&s->relay, VCRYPTOD_RELAY_ERR, "the log file %s cannot be "
				"opened again: %s: the old one goes on", s->log_file,
				strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void
supervisor_read_signals(struct supervisor *s, uint64_t now)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			supervisor_hand_on_counters(s, now);
		else if (info.ssi_signo == SIGHUP && s->log_fd >= 0)
			supervisor_reopen_log(s);
		else if (info.ssi_signo != SIGCHLD)
			supervisor_end(s, false, now);
	}
}

static void
supervisor_reap(struct supervisor *s, uint64_t now)
{
	struct vcryptod_child *c;
	bool over;
	int how;

	for (c = s->child; c < s->child + s->nb; c++) {
		if (!vcryptod_child_reap(c, &how))
			continue;
		if (!s->ending) {
			over = c->listen.connected && WIFEXITED(how) && WEXITSTATUS(how) == 0;
			if (!over)
				vcryptod_child_lost(c, how, now);
			if (!c->was_ready || c->listen.connected)
				supervisor_end(s, !over, now);
		} else if (!s->killed && !vcryptod_child_ended_well(c, how)) {
			s->failed = true;
		}
	}
}

/* Starts whoever is due. */
static void
supervisor_start_due(struct supervisor *s, uint64_t now, uint64_t *until)
{
	struct vcryptod_child *c;

	for (c = s->child; c < s->child + s->nb && !s->ending; c++) {
		if (c->pid == 0 && c->again_ms <= now && (c == s->child || !s->first_only) &&
				!vcryptod_child_start(c, now) && !c->was_ready)
			supervisor_end(s, true, now);
		if (c->pid == 0 && c->again_ms != 0)
			supervisor_earlier(until, c->again_ms);
		vcryptod_child_check_start(c, now, until);
	}
}

static void
supervisor_ask_all(struct supervisor *s, uint64_t now, uint64_t *until)
{
	unsigned int every = vcryptod_child_ask_ms(s->child_cfg.watchdog), i;

	if (every == 0)
		return;
	if (now >= s->ask_ms) {
		s->ask_ms = now + every;
		for (i = 0; i < s->nb; i++)
			vcryptod_child_ask(&s->child[i]);
	}
	supervisor_earlier(until, s->ask_ms);
}

/* Sockets listen from the first moment on; a manager waits to learn that all devices start, and
 * is told from then on how many are served.
 */
static void
supervisor_tell_ready(struct supervisor *s, uint64_t now, uint64_t *until)
{
	unsigned int i, started = 0, served = 0;
	char what[64];
	int rc;

	for (i = 0; i < s->nb; i++) {
		started += s->child[i].was_ready;
		served += s->child[i].ready;
	}
	if (started < s->nb || (s->told && served == s->served))
		return;
	(void)snprintf(what, sizeof(what), "%sSTATUS=%u of %u device%s served",
			s->told ? "" : "READY=1\n", served, s->nb, s->nb == 1 ? "" : "s");
	rc = vcryptod_notify_say(&s->notify, what);
	if (rc == -EAGAIN) {
		supervisor_earlier(until, now + SUPERVISOR_TELL_MS);
		return;
	}
	s->served = served;
	if (rc != 0 && !s->told)
		vcryptod_relay_say(&s->relay, VCRYPTOD_RELAY_ERR, "the service manager cannot be "
				"told that the daemon is ready (NOTIFY_SOCKET): %s", strerror(-rc));
	s->told = true;
}

static bool
supervisor_is_done(const struct supervisor *s, uint64_t now)
{
	unsigned int i, there = 0;

	for (i = 0; i < s->nb; i++)
		there += s->child[i].pid != 0;
	return s->ending && (there == 0 || now - s->ending_ms >= SUPERVISOR_LEAVE_MS);
}

/* What is due now; the time of what is due next. */
static uint64_t
supervisor_do_due(struct supervisor *s, uint64_t now)
{
	uint64_t until = SUPERVISOR_NEVER;

	if (!s->ending) {
		supervisor_start_due(s, now, &until);
		supervisor_ask_all(s, now, &until);
		supervisor_tell_ready(s, now, &until);
	}
	if (s->ending && !s->killed && now - s->ending_ms >= SUPERVISOR_KILL_MS)
		supervisor_kill_rest(s);
	if (s->ending)
		supervisor_earlier(&until, s->ending_ms +
				(s->killed ? SUPERVISOR_LEAVE_MS : SUPERVISOR_KILL_MS));
	return until;
}

static int
supervisor_poll_timeout(uint64_t until, uint64_t now)
{
	if (until == SUPERVISOR_NEVER)
		return -1;
	return until > now ? (int)(until - now) : 0;
}

static void
supervisor_run(struct supervisor *s)
{
	struct pollfd *fds = s->fds + SUPERVISOR_FDS;	/* of the children */
	uint64_t now = supervisor_now(), until;
	size_t i;

	while (!supervisor_is_done(s, now)) {
		until = supervisor_do_due(s, now);
		s->fds[0] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
		vcryptod_ctl_fds(&s->ctl, &s->fds[1], now, &until);
		for (i = 0; i < s->nb; i++)
			vcryptod_child_fds(&s->child[i], &fds[i * VCRYPTOD_CHILD_FDS], now,
					&until);
		if (poll(s->fds, SUPERVISOR_FDS + s->nb * VCRYPTOD_CHILD_FDS,
				supervisor_poll_timeout(until, now)) < 0) {
			now = supervisor_now();
			continue;	/* EINTR alone: the arguments are right */
		}
		now = supervisor_now();
		for (i = 0; i < s->nb; i++)
			if (vcryptod_child_handle(&s->child[i], &fds[i * VCRYPTOD_CHILD_FDS], now))
				s->first_only = false;
		vcryptod_ctl_handle(&s->ctl, &s->fds[1], now);
		supervisor_read_signals(s, now);
		supervisor_reap(s, now);
	}
}

int
vcryptod_supervise(const struct vcryptod_supervisor_config *cfg)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	unsigned int i;
	int rc = s != NULL ? 0 : -ENOMEM;
	bool failed;

	if (rc == 0) {
		s->signal_fd = s->log_fd = -1;
		s->first_only = true;
		rc = supervisor_start(s, cfg);
	}
	if (rc == 0)
		supervisor_run(s);
	else if (rc != SUPERVISOR_SAID)
		fprintf(stderr, "vcryptod: the daemon does not start: %s\n", strerror(-rc));
	if (s == NULL)
		return 1;
	failed = rc != 0 || s->failed;
	vcryptod_ctl_fini(&s->ctl);
	for (i = 0; i < s->nb; i++)
		vcryptod_child_fini(&s->child[i]);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	free(s->child);
	free(s->fds);
	/* A thread that writes to where nobody reads has it still. */
	if (vcryptod_relay_stop(&s->relay, SUPERVISOR_FLUSH_MS)) {
		if (s->log_fd >= 0)
			close(s->log_fd);
		free(s);
	}
	return failed ? 1 : 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One device process; see child.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#define CHILD_BACKOFF_MIN	100	/* ms until it is started again, doubled each time */
#define CHILD_BACKOFF_MAX	10000
#define CHILD_LONG_LIFE		60000	/* ms, after which a death is the first one again */
#define CHILD_START_MAX		120000	/* ms until it is ready */
#define CHILD_ASK_MAX		2000	/* ms from one ping to the next */
#define CHILD_ASK_TIMES		5	/* at least so many pings in the time of the watchdog */

void
vcryptod_child_init(struct vcryptod_child *c, const struct vcryptod_child_config *cfg,
		unsigned int index)
{
	memset(c, 0, sizeof(*c));
	c->cfg = cfg;
	c->index = index;
	c->page.size = cfg->page_size;
	c->listen.fd = c->watch_fd = c->out.fd = c->err.fd = c->statm_fd = -1;
}

/* ---- start ---- */

static void
child_wait_longer(struct vcryptod_child *c, uint64_t now_ms)
{
	if (c->backoff_ms == 0 || now_ms - c->started_ms >= CHILD_LONG_LIFE)
		c->backoff_ms = CHILD_BACKOFF_MIN;
	else
		c->backoff_ms *= 2;
	if (c->backoff_ms > CHILD_BACKOFF_MAX)
		c->backoff_ms = CHILD_BACKOFF_MAX;
	c->again_ms = now_ms + c->backoff_ms;
}

static bool
child_cannot_start(struct vcryptod_child *c, uint64_t now_ms, const char *what, const char *why)
{
	c->started_ms = now_ms;
	child_wait_longer(c, now_ms);
	if (c->was_ready)
		vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: %s: %s: next attempt in "
				"%u ms", c->listen.path, what, why, c->backoff_ms);
	else
		vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: %s: %s: the daemon does "
				"not start", c->listen.path, what, why);
	return false;
}

/* Opened as long as the process is to be seen in /proc: it may hide itself later on. */
static void
child_open_statm(struct vcryptod_child *c)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)c->pid);
	c->statm_fd = open(path, O_RDONLY | O_CLOEXEC);
}

static int
child_spawn(struct vcryptod_child *c, struct vcryptod_spawn *s)
{
	int fd = -1, rc;

	if (c->page.size != 0) {
		fd = vcryptod_page_renew(&c->page);
		if (fd < 0)	/* it counts for itself */
			vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: there are no "
					"live figures: %s", c->listen.path, strerror(-fd));
	}
	rc = vcryptod_spawn(s, c->cfg->program, c->cfg->argv[c->index], c->index, c->listen.fd, fd);
	if (fd >= 0)
		close(fd);
	return rc;
}

bool
vcryptod_child_start(struct vcryptod_child *c, uint64_t now_ms)
{
	struct vcryptod_spawn s;
	int rc;

	if (c->quiet)
		vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device process "
				"was told to end, but not by this daemon: it starts again",
				c->listen.path);
	c->quiet = false;
	c->again_ms = 0;
	if (!c->listen.connected && vcryptod_listen_renew(&c->listen) != 0)
		return child_cannot_start(c, now_ms, "its socket cannot be made again",
				c->listen.why);
	rc = child_spawn(c, &s);
	if (rc != 0)
		return child_cannot_start(c, now_ms, "no device process can be started",
				strerror(-rc));
	if (c->listen.connected)
		vcryptod_listen_fini(&c->listen);	/* its end is seen when the process ends */
	c->pid = s.pid;
	c->starts++;
	child_open_statm(c);
	c->watch_fd = s.watch_fd;
	vcryptod_relay_open(&c->out, s.out_fd, VCRYPTOD_RELAY_OUT, c->listen.path);
	vcryptod_relay_open(&c->err, s.err_fd, VCRYPTOD_RELAY_ERR, c->listen.path);
	c->started_ms = now_ms;
	c->missed = 0;
	c->ready = c->asked = c->shut = false;
	return true;
}

/* ---- what it says ---- */

static void
child_close_watch(struct vcryptod_child *c)
{
	close(c->watch_fd);
	c->watch_fd = -1;
}

/* It is not trusted: it may be ready once, and answer once when it is asked. */
static bool
child_read_watch(struct vcryptod_child *c)
{
	bool now_ready = false;
	ssize_t n;
	char what;

	while (c->watch_fd >= 0) {
		n = recv(c->watch_fd, &what, sizeof(what), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			/* It has closed its end: either it ends now, or it never answers. */
			child_close_watch(c);
		} else if (what == VCRYPTOD_WATCH_READY && !c->ready) {
			now_ready = c->ready = c->was_ready = true;
		} else if (what == VCRYPTOD_WATCH_PING && c->asked) {
			c->asked = false;
			c->missed = 0;
		} else {
			vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device "
					"process (pid %d) says what it may not: killed",
					c->listen.path, c->pid);
			vcryptod_child_signal(c, SIGKILL);
			child_close_watch(c);
		}
	}
	return now_ready;
}

/* Its socket is made anew when it starts again. */
static void
child_end_shut(struct vcryptod_child *c)
{
	c->shut = true;
	vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device process (pid %d) has "
			"shut its socket down: killed", c->listen.path, c->pid);
	vcryptod_child_signal(c, SIGKILL);
}

bool
vcryptod_child_handle(struct vcryptod_child *c, const struct pollfd *fds, uint64_t now_ms)
{
	if (fds[1].revents != 0)
		vcryptod_relay_read(c->cfg->relay, &c->out, now_ms);
	if (fds[2].revents != 0)
		vcryptod_relay_read(c->cfg->relay, &c->err, now_ms);
	if (fds[3].revents != 0)
		child_end_shut(c);
	return fds[0].revents != 0 && child_read_watch(c);
}

static int
child_pipe_fd(const struct vcryptod_relay_pipe *p, uint64_t now_ms, uint64_t *until)
{
	uint64_t t;

	if (!vcryptod_relay_is_held(p, now_ms, &t))
		return p->fd;
	if (t < *until)
		*until = t;
	return -1;
}

void
vcryptod_child_fds(const struct vcryptod_child *c, struct pollfd *fds, uint64_t now_ms,
		uint64_t *until)
{
	const int fd[VCRYPTOD_CHILD_FDS] = { c->watch_fd, child_pipe_fd(&c->out, now_ms, until),
		child_pipe_fd(&c->err, now_ms, until),
		c->pid != 0 && !c->shut ? c->listen.fd : -1 };
	unsigned int i;

	for (i = 0; i < VCRYPTOD_CHILD_FDS; i++)
		fds[i] = (struct pollfd){ .fd = fd[i], .events =
				i == 3 ? VCRYPTOD_LISTEN_SHUT : POLLIN };
}

/* ---- does it still answer ---- */

unsigned int
vcryptod_child_ask_ms(unsigned int watchdog)
{
	unsigned int ms = watchdog * (1000 / CHILD_ASK_TIMES);

	return ms < CHILD_ASK_MAX ? ms : CHILD_ASK_MAX;
}

/* Counts occasions instead of time: while the machine or this process is stopped, the device
 * process may be so, too, and no occasion comes.
 */
void
vcryptod_child_ask(struct vcryptod_child *c)
{
	const char ping = VCRYPTOD_WATCH_PING;

	if (c->pid == 0 || !c->ready)
		return;
	if (!c->asked) {
		c->asked = true;
		if (c->watch_fd >= 0)
			(void)send(c->watch_fd, &ping, sizeof(ping), MSG_DONTWAIT | MSG_NOSIGNAL);
		return;
	}
	c->missed++;
	if (c->missed * vcryptod_child_ask_ms(c->cfg->watchdog) < c->cfg->watchdog * 1000)
		return;
	vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device process (pid %d) has "
			"not answered for %u s (--watchdog): killed", c->listen.path, c->pid,
			c->cfg->watchdog);
	vcryptod_child_signal(c, SIGKILL);
	c->missed = 0;
}

void
vcryptod_child_check_start(struct vcryptod_child *c, uint64_t now_ms, uint64_t *until)
{
	uint64_t end = c->started_ms + CHILD_START_MAX;

	if (c->pid == 0 || c->ready)
		return;
	if (now_ms < end) {
		*until = end < *until ? end : *until;
		return;
	}
	vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device process (pid %d) is "
			"not ready after %u s: killed", c->listen.path, c->pid,
			CHILD_START_MAX / 1000);
	vcryptod_child_signal(c, SIGKILL);
	c->started_ms = now_ms;		/* the line is not repeated at once */
}

void
vcryptod_child_signal(const struct vcryptod_child *c, int number)
{
	if (c->pid > 0)
		(void)kill(c->pid, number);
}

/* ---- its end ---- */

bool
vcryptod_child_reap(struct vcryptod_child *c, int *how)
{
	if (c->pid == 0 || waitpid(c->pid, how, WNOHANG) != c->pid)
		return false;
	(void)child_read_watch(c);	/* was it ready? */
	if (c->watch_fd >= 0)
		child_close_watch(c);
	vcryptod_relay_close(c->cfg->relay, &c->out);
	vcryptod_relay_close(c->cfg->relay, &c->err);
	if (c->statm_fd >= 0)
		close(c->statm_fd);
	c->statm_fd = -1;
	c->pid = 0;
	c->ready = false;
	return true;
}

static void
child_describe_end(char *text, size_t size, int how)
{
	const char *name = WIFSIGNALED(how) ? sigabbrev_np(WTERMSIG(how)) : NULL;

	if (name != NULL)
		(void)snprintf(text, size, "was killed by SIG%s", name);
	else if (WIFSIGNALED(how))
		(void)snprintf(text, size, "was killed by signal %d", WTERMSIG(how));
	else
		(void)snprintf(text, size, "ended with status %d", WEXITSTATUS(how));
}

bool
vcryptod_child_ended_well(const struct vcryptod_child *c, int how)
{
	char text[64];

	if (WIFEXITED(how) && (WEXITSTATUS(how) == 0 || WEXITSTATUS(how) == VCRYPTOD_CHILD_TOLD))
		return true;
	child_describe_end(text, sizeof(text), how);
	vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device process %s when it "
			"was to end", c->listen.path, text);
	return false;
}

void
vcryptod_child_lost(struct vcryptod_child *c, int how, uint64_t now_ms)
{
	char text[64];

	child_wait_longer(c, now_ms);
	child_describe_end(text, sizeof(text), how);
	if (!c->was_ready && WIFEXITED(how) && WEXITSTATUS(how) == VCRYPTOD_CHILD_FAILED)
		return;
	if (!c->was_ready) {
		vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device process %s "
				"before it was ready: the daemon does not start",
				c->listen.path, text);
		return;
	}
	if (c->listen.connected) {
		vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device process %s, "
				"and its connection with it: the daemon ends", c->listen.path,
				text);
		return;
	}
	/* Whoever ends all processes of a service at once means the daemon, too: its own
	 * signal may be on the way.
	 */
	c->quiet = WIFEXITED(how) && WEXITSTATUS(how) == 0;
	if (!c->quiet)
		vcryptod_relay_say(c->cfg->relay, VCRYPTOD_RELAY_ERR, "%s: the device process %s: "
				"it starts again in %u ms", c->listen.path, text, c->backoff_ms);
}

void
vcryptod_child_fini(struct vcryptod_child *c)
{
	if (c->watch_fd >= 0)
		close(c->watch_fd);
	if (c->out.fd >= 0)
		close(c->out.fd);
	if (c->err.fd >= 0)
		close(c->err.fd);
	if (c->statm_fd >= 0)
		close(c->statm_fd);
	c->watch_fd = c->out.fd = c->err.fd = c->statm_fd = -1;
	vcryptod_page_fini(&c->page);
	vcryptod_listen_fini(&c->listen);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The screen of figures; see ctl_top.h.  Plain ANSI sequences: the other screen of the terminal,
 * its home position, the ends of lines.  Nothing is printed there but what ctl_text.c
 * makes, cut to the screen.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "ctl_print.h"
#include "ctl_top.h"

#define TOP_ENTER	"\033[?1049h\033[?25l\033[H\033[2J"
#define TOP_LEAVE	"\033[?25h\033[?1049l"
#define TOP_HOME	"\033[H"
#define TOP_END_LINE	"\033[K\r\n"
#define TOP_END_SCREEN	"\033[J"
#define TOP_INVERSE	"\033[7m"
#define TOP_NORMAL	"\033[0m"

#define TOP_CTRL_C	3

struct top {
	const char *path;
	unsigned int interval_ms;
	struct termios before;
	int signal_fd;
	unsigned int shown;		/* device */
	struct vcryptod_view now, last;
	bool quit;
};

/* As the terminal says, or the usual one. */
static void
top_size(unsigned int *rows, unsigned int *columns)
{
	struct winsize w;

	*rows = 24;
	*columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 2 && w.ws_col > 0) {
		*rows = w.ws_row;
		*columns = w.ws_col;
	}
}

/* The last line of the screen stays for keys; what does not fit is said there. */
static void
top_draw(struct top *t, const char *text)
{
	unsigned int rows, columns, row, hidden = 0;
	const char *end;
	char keys[128];
	int len;

	top_size(&rows, &columns);
	fputs(TOP_HOME, stdout);
	for (row = 0; *text != '\0'; text = end + 1) {
		end = strchr(text, '\n');
		len = (int)(end - text);
		if (row == rows - 1) {
			hidden++;
			continue;
		}
		printf("%.*s" TOP_END_LINE, len < (int)columns ? len : (int)columns, text);
		row++;
	}
	fputs(TOP_END_SCREEN, stdout);
	len = snprintf(keys, sizeof(keys), " q quit   n next device   p previous   %u of %u",
			t->shown + 1, t->now.nb_devices);
	if (hidden != 0)
		len += snprintf(keys + len, sizeof(keys) - (size_t)len, "   %u more line%s",
				hidden, hidden == 1 ? "" : "s");
	printf("\033[%u;1H" TOP_INVERSE "%.*s" TOP_NORMAL "\033[K", rows, (int)columns, keys);
	fflush(stdout);
}

static void
top_show(struct top *t)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		return;
	if (t->shown >= t->now.nb_devices)
		t->shown = 0;
	vcryptod_print_text(to, &t->now.device[t->shown], &t->last);
	if (fclose(to) == 0)
		top_draw(t, text);
	free(text);
}

/* 0; -errno, with *why. */
static int
top_fetch(struct top *t, const char **why)
{
	struct vcryptod_view v;
	int rc = vcryptod_view_fetch(&v, t->path, why);

	if (rc != 0)
		return rc;
	vcryptod_view_fini(&t->last);
	t->last = t->now;
	t->now = v;
	return 0;
}

static void
top_obey(struct top *t, char key)
{
	unsigned int nb = t->now.nb_devices;

	if (key == 'q' || key == 'Q' || key == TOP_CTRL_C)
		t->quit = true;
	else if (key == 'n')
		t->shown = (t->shown + 1) % nb;
	else if (key == 'p')
		t->shown = (t->shown + nb - 1) % nb;
}

/* Until the next drawing is due, or something has changed. */
static void
top_wait(struct top *t, uint64_t until_us)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = t->signal_fd, .events = POLLIN } };
	uint64_t now = vcryptod_now_us();
	struct signalfd_siginfo info;
	ssize_t n;
	char key;

	if (poll(p, 2, now < until_us ? (int)((until_us - now + 999) / 1000) : 0) <= 0)
		return;
	if (p[0].revents != 0) {
		n = read(STDIN_FILENO, &key, 1);
		if (n == 1)
			top_obey(t, key);
		else if (n == 0 || errno != EINTR)
			t->quit = true;		/* the terminal is gone */
	}
	if (read(t->signal_fd, &info, sizeof(info)) == sizeof(info) &&
			info.ssi_signo != SIGWINCH)
		t->quit = true;
}

static int
top_loop(struct top *t, const char **why)
{
	uint64_t due = vcryptod_now_us();
	int rc = 0;

	while (!t->quit && rc == 0) {
		if (vcryptod_now_us() >= due) {
			rc = top_fetch(t, why);
			due = vcryptod_now_us() + (uint64_t)t->interval_ms * 1000;
		}
		if (rc == 0) {
			top_show(t);
			top_wait(t, due);
		}
	}
	return rc;
}

/* Keys come one by one and are not shown; none of them is a signal. */
static int
top_enter(struct top *t)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
	struct termios raw;
	sigset_t set;
	unsigned int i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	if (tcgetattr(STDIN_FILENO, &t->before) != 0 || !isatty(STDOUT_FILENO))
		return -ENOTTY;
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	t->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signal_fd < 0)
		return -errno;
	raw = t->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) {
		close(t->signal_fd);
		return -errno;
	}
	fputs(TOP_ENTER, stdout);
	return 0;
}

static void
top_leave(struct top *t)
{
	fputs(TOP_LEAVE, stdout);
	fflush(stdout);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &t->before);
	close(t->signal_fd);
}

int
vcryptod_top_run(const char *path, unsigned int interval_ms)
{
	struct top t = { .path = path, .interval_ms = interval_ms };
	const char *why = "";
	int rc;

	/* Before the screen changes: what is wrong with the path is said where it can be read. */
	rc = top_fetch(&t, &why);
	if (rc == 0) {
		rc = top_enter(&t);
		why = "--top needs a terminal";
	}
	if (rc == 0) {
		rc = top_loop(&t, &why);
		top_leave(&t);
	}
	if (rc != 0)
		fprintf(stderr, "vcryptod: ctl: %s: %s\n", path, why);
	vcryptod_view_fini(&t.now);
	vcryptod_view_fini(&t.last);
	return rc == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines to standard error, limited; see log.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define LOG_TAIL	40	/* bytes: " (N more)" of any number, and the line's end */

struct log_limit {
	unsigned int used;	/* lines of the burst */
	uint64_t since;		/* milliseconds: when the next one is given back counts from here */
	uint64_t more;		/* held back or dropped, not told yet */
};

static struct {
	pthread_mutex_t lock;	/* of all below; held for a few instructions */
	struct log_limit limit[VCRYPTOD_LOG_NB_KINDS];
	uint64_t missing;
	bool levels;		/* set before there is another thread */
	int fd;
	uint64_t (*now_ms)(void);
} log_state = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = STDERR_FILENO };

/* As syslog has them: 3 is an error, 4 a warning, 6 information. */
static const char log_kind_level[VCRYPTOD_LOG_NB_KINDS] = {
	[VCRYPTOD_LOG_ONCE] = '6',
	[VCRYPTOD_LOG_FAILED] = '3',
	[VCRYPTOD_LOG_REFUSED] = '4',
	[VCRYPTOD_LOG_BROKEN] = '3',
	[VCRYPTOD_LOG_CONNECTION] = '4',
	[VCRYPTOD_LOG_PEER] = '6',
	[VCRYPTOD_LOG_SESSIONS] = '4',
	[VCRYPTOD_LOG_MEMORY] = '4',
	[VCRYPTOD_LOG_GENERAL] = '4',
};

static const char * const log_kind_name[VCRYPTOD_LOG_NB_KINDS] = {
	[VCRYPTOD_LOG_ONCE] = "start and end",
	[VCRYPTOD_LOG_FAILED] = "failures",
	[VCRYPTOD_LOG_REFUSED] = "refused messages and requests",
	[VCRYPTOD_LOG_BROKEN] = "stopped queues",
	[VCRYPTOD_LOG_CONNECTION] = "failed connections",
	[VCRYPTOD_LOG_PEER] = "front ends that came and went",
	[VCRYPTOD_LOG_SESSIONS] = "refused sessions",
	[VCRYPTOD_LOG_MEMORY] = "memory",
	[VCRYPTOD_LOG_GENERAL] = "other events",
};

static uint64_t
log_now(void)
{
	return log_state.now_ms != NULL ? log_state.now_ms() : vcryptod_now_us() / 1000;
}

/* May a line of this kind be written now?  *more: those that it speaks for, too. */
static bool
log_may_write(enum vcryptod_log_kind kind, uint64_t *more)
{
	struct log_limit *l = &log_state.limit[kind];
	uint64_t now = log_now(), back;
	bool may = true;

	pthread_mutex_lock(&log_state.lock);
	if (kind != VCRYPTOD_LOG_ONCE && kind != VCRYPTOD_LOG_FAILED) {
		back = (now - l->since) / VCRYPTOD_LOG_EVERY_MS;
		l->used = back < l->used ? l->used - (unsigned int)back : 0;
		l->since = l->used == 0 ? now : l->since + back * VCRYPTOD_LOG_EVERY_MS;
		may = l->used < VCRYPTOD_LOG_BURST;
		l->used += may;
	}
	*more = l->more;
	l->more = may ? 0 : l->more + 1;
	log_state.missing += !may;
	pthread_mutex_unlock(&log_state.lock);
	return may;
}

/* The pipe is full: this line and those that it spoke for are still to be told. */
static void
log_count_dropped(enum vcryptod_log_kind kind, uint64_t more)
{
	pthread_mutex_lock(&log_state.lock);
	log_state.limit[kind].more += more + 1;
	log_state.missing++;
	pthread_mutex_unlock(&log_state.lock);
}

size_t
vcryptod_log_text(char *line, size_t at, size_t room, const char *part)
{
	static const char hex[] = "0123456789abcdef";

	for (; *part != '\0'; part++) {
		unsigned char c = (unsigned char)*part;
		bool plain = c >= 0x20 && c < 0x7f;

		if (at + (plain ? 1 : 4) > room)
			break;
		if (plain) {
			line[at++] = *part;
			continue;
		}
		line[at++] = '\\';
		line[at++] = 'x';
		line[at++] = hex[c >> 4];
		line[at++] = hex[c & 15];
	}
	return at;
}

static void
log_write(enum vcryptod_log_kind kind, const char *path, const char *text, uint64_t more)
{
	char line[VCRYPTOD_LOG_LINE], tail[LOG_TAIL];
	const char level[] = { '<', log_kind_level[kind], '>', '\0' };
	size_t room = sizeof(line) - LOG_TAIL, at;

	at = vcryptod_log_text(line, 0, room, log_state.levels ? level : "");
	at = vcryptod_log_text(line, at, room, "vcryptod: ");
	if (path != NULL) {
		at = vcryptod_log_text(line, at, room, path);
		at = vcryptod_log_text(line, at, room, ": ");
	}
	at = vcryptod_log_text(line, at, room, text);
	if (more != 0) {
		(void)snprintf(tail, sizeof(tail), " (%" PRIu64 " more)", more);
		at = vcryptod_log_text(line, at, sizeof(line) - 1, tail);
	}
	line[at++] = '\n';
	/* Not more than PIPE_BUF: all of it or nothing. */
	if (write(log_state.fd, line, at) != (ssize_t)at)
		log_count_dropped(kind, more);
}

static void
log_line(enum vcryptod_log_kind kind, const char *path, const char *format, va_list args)
{
	int saved = errno;
	char text[VCRYPTOD_LOG_LINE];
	uint64_t more;

	if (log_may_write(kind, &more)) {
		(void)vsnprintf(text, sizeof(text), format, args);
		log_write(kind, path, text, more);
	}
	errno = saved;
}

void
vcryptod_log(enum vcryptod_log_kind kind, const char *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(kind, path, format, args);
	va_end(args);
}

void
vcryptod_log_exit(const char *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(VCRYPTOD_LOG_FAILED, path, format, args);
	va_end(args);
	_exit(VCRYPTOD_EXIT_AGAIN);
}

void
vcryptod_log_show_levels(void)
{
	log_state.levels = true;
}

void
vcryptod_log_rest(const char *path)
{
	enum vcryptod_log_kind kind;
	uint64_t more;

	for (kind = VCRYPTOD_LOG_ONCE; kind < VCRYPTOD_LOG_NB_KINDS; kind++) {
		pthread_mutex_lock(&log_state.lock);
		more = log_state.limit[kind].more;
		log_state.limit[kind].more = 0;
		pthread_mutex_unlock(&log_state.lock);
		if (more != 0)
			vcryptod_log(VCRYPTOD_LOG_ONCE, path, "%" PRIu64 " lines about %s were "
					"not written", more, log_kind_name[kind]);
	}
}

uint64_t
vcryptod_log_missing(void)
{
	uint64_t n;

	pthread_mutex_lock(&log_state.lock);
	n = log_state.missing;
	pthread_mutex_unlock(&log_state.lock);
	return n;
}

void
vcryptod_log_redirect(int fd, uint64_t (*now_ms)(void))
{
	pthread_mutex_lock(&log_state.lock);
	memset(log_state.limit, 0, sizeof(log_state.limit));
	log_state.missing = 0;
	log_state.fd = fd;
	log_state.now_ms = now_ms;
	pthread_mutex_unlock(&log_state.lock);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines to stdout and stderr that wait for nobody; see relay.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "relay.h"

#define RELAY_READ	4096	/* bytes taken at a time */
#define RELAY_LAST	(65536 / RELAY_READ)	/* reads for what an ended process left */
#define RELAY_FORM	32	/* bytes of the time or the level */
#define RELAY_LOST	192	/* bytes of the line that tells of others */
#define RELAY_SECOND	1000	/* ms */
#define RELAY_PROGRAM	"vcryptod: "

_Static_assert((VCRYPTOD_RELAY_BUFFER & (VCRYPTOD_RELAY_BUFFER - 1)) == 0, "a power of two");

/* ---- what a line begins with ---- */

/* "2026-01-31T23:59:59.999Z " */
static size_t
relay_time(char *to)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(to, RELAY_FORM, "%Y-%m-%dT%H:%M:%S", &tm);
	return n + (size_t)snprintf(to + n, RELAY_FORM - n, ".%03uZ ",
			(unsigned int)(now.tv_nsec / 1000000) % 1000);
}

static size_t
relay_begin(char *to, enum vcryptod_relay_form form, int level)
{
	if (form == VCRYPTOD_RELAY_TIME)
		return relay_time(to);
	if (form == VCRYPTOD_RELAY_JOURNAL)
		return (size_t)snprintf(to, RELAY_FORM, "<%d>", level);
	return 0;
}

/* RELAY_FORM + RELAY_LOST bytes at most: what is said in place of lines. */
static size_t
relay_lost(char *to, enum vcryptod_relay_form form, uint64_t lost, const char *why)
{
	size_t n = relay_begin(to, form, VCRYPTOD_RELAY_ERROR);

	return n + (size_t)snprintf(to + n, RELAY_LOST, RELAY_PROGRAM "%" PRIu64
			" lines were lost here: %s%s\n", lost,
			why != NULL ? "they could not be written: " : "nobody read them in time",
			why != NULL ? why : "");
}

/* ---- the threads ---- */

/* What one thread has written so far, and could not write: a disk is full, a limit of the user or
 * of the process is reached, or nobody will ever read.
 */
struct relay_writer {
	int fd;
	bool torn;		/* what is there ends amid a line */
	bool amid;		/* what comes next begins amid a line that is counted as lost */
	uint64_t lost;		/* lines, told of before the next one that is written */
	int why;		/* the errno of those */
};

/* How many bytes were written: all, or as many as could be.  A descriptor that is shared with
 * others may be non-blocking: it is waited for here.
 */
static size_t
relay_write(struct relay_writer *w, const char *data, size_t len)
{
	struct pollfd p = { .fd = w->fd, .events = POLLOUT };
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(w->fd, data + done, len - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			(void)poll(&p, 1, -1);
		} else if (n == 0 || errno != EINTR) {
			w->why = n == 0 ? EIO : errno;
			break;
		}
	}
	if (done != 0)
		w->torn = data[done - 1] != '\n';
	return done;
}

/* Lines of which some bytes are not written: one of which others are is lost, too. */
static void
relay_lose(struct relay_writer *w, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		w->lost += data[i] == '\n';
	w->amid = data[len - 1] != '\n';
	w->lost += w->amid;
}

/* False: nothing can be written yet. */
static bool
relay_tell_lost(struct relay_writer *w, enum vcryptod_relay_form form)
{
	char line[1 + RELAY_FORM + RELAY_LOST];
	size_t n = 0;

	if (w->torn)
		line[n++] = '\n';
	n += relay_lost(line + n, form, w->lost, strerror(w->why));
	if (relay_write(w, line, n) != n)
		return false;
	w->lost = 0;
	return true;
}

/* One attempt. */
static void
relay_write_part(struct relay_writer *w, const char *data, size_t len,
		enum vcryptod_relay_form form)
{
	const char *end;
	size_t n;

	if (w->amid) {
		end = memchr(data, '\n', len);
		if (end == NULL)
			return;
		len -= (size_t)(end + 1 - data);
		data = end + 1;
		w->amid = false;
	}
	if (len == 0)
		return;
	n = w->lost == 0 || relay_tell_lost(w, form) ? relay_write(w, data, len) : 0;
	if (n < len)
		relay_lose(w, data + n, len - n);
}

static void *
relay_main(void *arg)
{
	struct vcryptod_relay_sink *s = arg;
	struct relay_writer w = { .fd = s->fd };
	enum vcryptod_relay_form form;
	char part[RELAY_READ];
	uint32_t at, n;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (s->head == s->tail && !s->end)
			pthread_cond_wait(&s->more, &s->lock);
		if (s->head == s->tail)
			break;
		at = s->tail % VCRYPTOD_RELAY_BUFFER;
		n = s->head - s->tail;
		if (n > VCRYPTOD_RELAY_BUFFER - at)
			n = VCRYPTOD_RELAY_BUFFER - at;
		if (n > sizeof(part))
			n = sizeof(part);
		memcpy(part, s->buffer + at, n);
		s->tail += n;
		form = s->form;
		pthread_mutex_unlock(&s->lock);
		relay_write_part(&w, part, n, form);
		pthread_mutex_lock(&s->lock);
	}
	form = s->form;
	pthread_mutex_unlock(&s->lock);
	if (w.lost != 0)
		(void)relay_tell_lost(&w, form);
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	pthread_cond_signal(&s->idle);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int
relay_start_sink(struct vcryptod_relay_sink *s, int fd)
{
	pthread_condattr_t monotonic;
	int rc;

	s->fd = fd;
	rc = pthread_condattr_init(&monotonic);
	if (rc != 0)
		return -rc;
	/* None of these can fail on Linux with these arguments. */
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->more, NULL);
	(void)pthread_cond_init(&s->idle, &monotonic);
	pthread_condattr_destroy(&monotonic);
	rc = pthread_create(&s->thread, NULL, relay_main, s);
	return -rc;
}

int
vcryptod_relay_start(struct vcryptod_relay *r, int out_fd, int err_fd)
{
	const int fd[VCRYPTOD_RELAY_NB] = { out_fd, err_fd };
	int rc;

	memset(r, 0, sizeof(*r));
	r->level = INT_MAX;
	for (; r->nb < VCRYPTOD_RELAY_NB; r->nb++) {
		rc = relay_start_sink(&r->sink[r->nb], fd[r->nb]);
		if (rc != 0) {
			(void)vcryptod_relay_stop(r, RELAY_SECOND);	/* nothing was said yet */
			return rc;
		}
	}
	return 0;
}

/* The time of pthread_cond_timedwait. */
static struct timespec
relay_after(unsigned int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	t.tv_sec += (time_t)(ms / 1000) + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

bool
vcryptod_relay_stop(struct vcryptod_relay *r, unsigned int timeout_ms)
{
	struct timespec end = relay_after(timeout_ms);
	struct vcryptod_relay_sink *s;
	bool all = true;
	int rc;

	for (s = r->sink; s < r->sink + r->nb; s++) {
		rc = 0;
		pthread_mutex_lock(&s->lock);
		s->end = true;
		pthread_cond_signal(&s->more);
		while (!s->ended && rc == 0)
			rc = pthread_cond_timedwait(&s->idle, &s->lock, &end);
		pthread_mutex_unlock(&s->lock);
		if (rc == 0)
			pthread_join(s->thread, NULL);
		else
			all = false;
	}
	r->nb = 0;
	return all;
}

/* ---- what they write ---- */

/* With the lock held, and room. */
static void
relay_append(struct vcryptod_relay_sink *s, const char *data, size_t len)
{
	uint32_t at = s->head % VCRYPTOD_RELAY_BUFFER;
	size_t first = len;

	if (first > VCRYPTOD_RELAY_BUFFER - at)
		first = VCRYPTOD_RELAY_BUFFER - at;
	memcpy(s->buffer + at, data, first);
	memcpy(s->buffer, data + first, len - first);
	s->head += (uint32_t)len;
}

void
vcryptod_relay_put(struct vcryptod_relay *r, enum vcryptod_relay_stream stream,
		const char *line, size_t len)
{
	struct vcryptod_relay_sink *s = &r->sink[stream];
	char lost[RELAY_FORM + RELAY_LOST];
	size_t room;

	pthread_mutex_lock(&s->lock);
	s->form = stream == VCRYPTOD_RELAY_ERR ? r->form : VCRYPTOD_RELAY_PLAIN;
	room = VCRYPTOD_RELAY_BUFFER - (s->head - s->tail);
	if (len > room || (s->lost != 0 && len + sizeof(lost) > room)) {
		s->lost++;
	} else {
		if (s->lost != 0) {
			relay_append(s, lost, relay_lost(lost, s->form, s->lost, NULL));
			s->lost = 0;
		}
		relay_append(s, line, len);
		pthread_cond_signal(&s->more);
	}
	pthread_mutex_unlock(&s->lock);
}

/* A line of stderr with its newline. */
static void
relay_log(struct vcryptod_relay *r, int level, const char *line, size_t len)
{
	char out[RELAY_FORM + VCRYPTOD_RELAY_NAME + VCRYPTOD_RELAY_LINE];
	size_t n;

	if (level > r->level)
		return;
	n = relay_begin(out, r->form, level);
	memcpy(out + n, line, len);
	vcryptod_relay_put(r, VCRYPTOD_RELAY_ERR, out, n + len);
}

void
vcryptod_relay_say(struct vcryptod_relay *r, enum vcryptod_relay_stream stream,
		const char *format, ...)
{
	char line[VCRYPTOD_RELAY_LINE] = RELAY_PROGRAM;
	size_t used = strlen(line), room = sizeof(line) - used - 1;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line + used, room, format, args);
	va_end(args);
	if (n < 0)
		return;
	used += (size_t)n < room ? (size_t)n : room - 1;
	line[used++] = '\n';
	if (stream == VCRYPTOD_RELAY_ERR)
		relay_log(r, VCRYPTOD_RELAY_ERROR, line, used);
	else
		vcryptod_relay_put(r, stream, line, used);
}

/* ---- pipes of device processes ---- */

/* What no terminal obeys, and no reader takes for the end of a line. */
static char
relay_plain(char c)
{
	if (((unsigned char)c < ' ' && c != '\t') || (unsigned char)c >= 0x7f)
		return '?';
	return c;
}

void
vcryptod_relay_open(struct vcryptod_relay_pipe *p, int fd, enum vcryptod_relay_stream stream,
		const char *name)
{
	size_t i;

	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->stream = stream;
	(void)snprintf(p->name, sizeof(p->name), RELAY_PROGRAM "%.*s: ",
			(int)(sizeof(p->name) - sizeof(RELAY_PROGRAM ": ")), name);
	p->name_len = strlen(p->name);
	for (i = 0; i < p->name_len; i++)
		p->name[i] = relay_plain(p->name[i]);
}

bool
vcryptod_relay_is_held(const struct vcryptod_relay_pipe *p, uint64_t now_ms, uint64_t *until)
{
	*until = p->second + RELAY_SECOND;
	return p->fd >= 0 && p->heard >= VCRYPTOD_RELAY_RATE && now_ms < *until;
}

static bool
relay_begins_with(const char *text, size_t len, const char *start, size_t start_len)
{
	return len >= start_len && memcmp(text, start, start_len) == 0;
}

/* A line with its newline.  The name that it begins with is its process's own: what follows may be
 * any text, and may name another one.
 */
static void
relay_pass_on(struct vcryptod_relay *r, struct vcryptod_relay_pipe *p, int level,
		const char *text, size_t len)
{
	char line[VCRYPTOD_RELAY_NAME + VCRYPTOD_RELAY_LINE];
	size_t n = 0, skip;

	if (!relay_begins_with(text, len, p->name, p->name_len)) {
		memcpy(line, p->name, p->name_len);
		n = p->name_len;
		p->heard += (uint32_t)n;
		skip = sizeof(RELAY_PROGRAM) - 1;
		if (relay_begins_with(text, len, RELAY_PROGRAM, skip)) {
			text += skip;
			len -= skip;
		}
	}
	memcpy(line + n, text, len);
	if (p->stream == VCRYPTOD_RELAY_ERR)
		relay_log(r, level, line, n + len);
	else
		vcryptod_relay_put(r, p->stream, line, n + len);
}

static void
relay_end_line(struct vcryptod_relay *r, struct vcryptod_relay_pipe *p)
{
	size_t skip = 0;
	int level = VCRYPTOD_RELAY_ERROR;

	p->line[p->len++] = '\n';
	if (p->stream == VCRYPTOD_RELAY_ERR && p->len > 3 && p->line[0] == '<' &&
			p->line[1] >= '0' + VCRYPTOD_RELAY_ERROR && p->line[1] <= '7' &&
			p->line[2] == '>') {
		level = p->line[1] - '0';
		skip = 3;
	}
	relay_pass_on(r, p, level, p->line + skip, p->len - skip);
	p->len = 0;
}

static void
relay_take(struct vcryptod_relay *r, struct vcryptod_relay_pipe *p, const char *data, size_t len)
{
	size_t i;
	char c;

	for (i = 0; i < len; i++) {
		c = data[i];
		if (c == '\n' || p->len == sizeof(p->line) - 1)
			relay_end_line(r, p);
		if (c == '\n')
			continue;
		p->line[p->len++] = relay_plain(c);
	}
}

/* Bytes that were there; 0 at the end, or when there are none. */
static size_t
relay_read_some(struct vcryptod_relay *r, struct vcryptod_relay_pipe *p)
{
	char data[RELAY_READ];
	ssize_t n;

	n = read(p->fd, data, sizeof(data));
	if (n > 0) {
		relay_take(r, p, data, (size_t)n);
		return (size_t)n;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(p->fd);
		p->fd = -1;
	}
	return 0;
}

void
vcryptod_relay_read(struct vcryptod_relay *r, struct vcryptod_relay_pipe *p, uint64_t now_ms)
{
	uint32_t n;

	if (p->fd < 0)
		return;
	if (now_ms - p->second >= RELAY_SECOND) {
		p->second = now_ms;
		p->heard = 0;
	}
	n = (uint32_t)relay_read_some(r, p);
	p->heard += n > VCRYPTOD_RELAY_LEAST ? n : VCRYPTOD_RELAY_LEAST;
}

void
vcryptod_relay_close(struct vcryptod_relay *r, struct vcryptod_relay_pipe *p)
{
	unsigned int i;

	for (i = 0; i < RELAY_LAST && p->fd >= 0; i++)
		if (relay_read_some(r, p) == 0)
			break;
	if (p->len > 0)
		relay_end_line(r, p);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

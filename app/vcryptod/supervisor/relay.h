/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the processes say, to stdout and stderr.  A thread for each of the two does nothing
 * but write from a bounded buffer: where nobody reads, or a disk is full, lines are lost and
 * counted, and the supervisor goes on.  A write that fails is not repeated: each further line is
 * one more attempt, and the first one that succeeds comes behind a line with that number.  A
 * device process that says more than VCRYPTOD_RELAY_RATE is not heard until the next second, and
 * finds its pipe full.
 *
 * Bytes of a device process are not trusted: lines are cut at VCRYPTOD_RELAY_LINE bytes, and what
 * is not printable ASCII is replaced, so that no terminal obeys it.  Each line begins with
 * "vcryptod: NAME: ", the name of that process's own socket: one that does not gets it, whatever
 * else it says.  A line of its stderr may begin with its level, as "<4>", of error and below; one
 * that does not is an error.
 *
 * Threads: everything here is called from the supervisor's one thread.
 */
#ifndef VCRYPTOD_RELAY_H
#define VCRYPTOD_RELAY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VCRYPTOD_RELAY_BUFFER	65536	/* bytes that wait for a reader */
#define VCRYPTOD_RELAY_LINE	1024	/* bytes, the newline included */
#define VCRYPTOD_RELAY_NAME	160	/* bytes of what says whose line it is */
#define VCRYPTOD_RELAY_RATE	65536	/* bytes a second of one pipe */
#define VCRYPTOD_RELAY_LEAST	64	/* bytes that a reading counts at least: it costs time */

#define VCRYPTOD_RELAY_ERROR	3	/* the level of syslog that a line without one has */

/* What a line of stderr begins with. */
enum vcryptod_relay_form {
	VCRYPTOD_RELAY_PLAIN,		/* nothing */
	VCRYPTOD_RELAY_TIME,		/* the time, UTC */
	VCRYPTOD_RELAY_JOURNAL,		/* <N>: its level, for systemd and logger */
};

enum vcryptod_relay_stream { VCRYPTOD_RELAY_OUT, VCRYPTOD_RELAY_ERR, VCRYPTOD_RELAY_NB };

struct vcryptod_relay_sink {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, idle;
	/* under lock */
	char buffer[VCRYPTOD_RELAY_BUFFER];
	enum vcryptod_relay_form form;	/* of its last line */
	uint32_t head, tail;		/* free-running */
	uint64_t lost;			/* lines, since the last one that found room */
	bool end, ended;
};

struct vcryptod_relay {
	struct vcryptod_relay_sink sink[VCRYPTOD_RELAY_NB];
	unsigned int nb;		/* that run */
	/* The supervisor's thread may change these after the start, which takes every line as it
	 * is.
	 */
	int level;			/* lines of stderr above it are dropped */
	enum vcryptod_relay_form form;	/* of the others */
};

/* One pipe of a device process, and its line so far. */
struct vcryptod_relay_pipe {
	int fd;				/* -1: none.  Non-blocking, owned */
	enum vcryptod_relay_stream stream;
	uint64_t second;		/* the present one, in ms */
	uint32_t heard;			/* bytes in it, with the names that were added */
	char name[VCRYPTOD_RELAY_NAME];	/* "vcryptod: NAME: ", printable; name_len bytes */
	size_t name_len;
	size_t len;
	char line[VCRYPTOD_RELAY_LINE];
};

/* Starts both threads.  0 or -errno, unwound. */
int vcryptod_relay_start(struct vcryptod_relay *r, int out_fd, int err_fd);
/* Waits until all is written, but not longer than that.  False: a thread still writes, and r
 * must stay until the process ends.
 */
bool vcryptod_relay_stop(struct vcryptod_relay *r, unsigned int timeout_ms);

/* A line with its newline, all of it or nothing. */
void vcryptod_relay_put(struct vcryptod_relay *r, enum vcryptod_relay_stream stream,
		const char *line, size_t len);
/* A line of the supervisor's own: "vcryptod: " and a newline are added. */
void vcryptod_relay_say(struct vcryptod_relay *r, enum vcryptod_relay_stream stream,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* name: of the process's socket. */
void vcryptod_relay_open(struct vcryptod_relay_pipe *p, int fd,
		enum vcryptod_relay_stream stream, const char *name);
/* Has it said enough for this second?  Then *until is when it is heard again, in ms. */
bool vcryptod_relay_is_held(const struct vcryptod_relay_pipe *p, uint64_t now_ms,
		uint64_t *until);
/* Takes some of what is there. */
void vcryptod_relay_read(struct vcryptod_relay *r, struct vcryptod_relay_pipe *p,
		uint64_t now_ms);
/* Its process has ended: takes the rest, a pipe's content at most, and closes it. */
void vcryptod_relay_close(struct vcryptod_relay *r, struct vcryptod_relay_pipe *p);

#endif

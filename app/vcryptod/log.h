/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The one way in which a device process says something: a line at a time to standard
 * error, which is a non-blocking pipe there.  A line that the pipe does not take is
 * dropped and counted, so that a slow reader stops nobody.
 *
 * What a guest or a front end can cause again and again is limited for each kind of line:
 * VCRYPTOD_LOG_BURST lines at once, then one in VCRYPTOD_LOG_EVERY_MS, which also tells how many
 * were held back.  The limits are the process', which serves one device.
 *
 * Threads: any, at once.  No function waits for anything but a short lock.
 */
#ifndef VCRYPTOD_LOG_H
#define VCRYPTOD_LOG_H

#include <stdint.h>

#define VCRYPTOD_LOG_LINE	512	/* bytes of a line at most; a pipe takes it whole or not */
#define VCRYPTOD_LOG_BURST	5	/* lines of a kind at once */
#define VCRYPTOD_LOG_EVERY_MS	10000	/* then one line each */

/* Exit status of a device process that has said why it ends and is to be started again. */
#define VCRYPTOD_EXIT_AGAIN	3

enum vcryptod_log_kind {
	VCRYPTOD_LOG_ONCE,	/* at start and end alone: not limited */
	VCRYPTOD_LOG_FAILED,	/* why the process does not start or ends: not limited */
	VCRYPTOD_LOG_REFUSED,	/* a message or a request that is refused */
	VCRYPTOD_LOG_BROKEN,	/* a queue that stopped or cannot run */
	VCRYPTOD_LOG_CONNECTION,	/* one that failed or was sent away */
	VCRYPTOD_LOG_PEER,	/* who is connected, who is gone */
	VCRYPTOD_LOG_SESSIONS,	/* all of them are in use */
	VCRYPTOD_LOG_MEMORY,	/* the front end's memory table, or none left of ours */
	VCRYPTOD_LOG_GENERAL,
	VCRYPTOD_LOG_NB_KINDS
};

/* "vcryptod: PATH: ..."; path may be NULL.  Bytes that are not printable ASCII come out as
 * \xNN; a longer line is cut.  Keeps errno.
 */
void vcryptod_log(enum vcryptod_log_kind kind, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same without a limit, then the process ends with VCRYPTOD_EXIT_AGAIN, whatever its
 * threads are doing.
 */
_Noreturn void vcryptod_log_exit(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* From now on each line begins with its level, "<6>" for information, "<4>" for a warning, "<3>"
 * for an error, which the supervisor takes off (relay.h).
 */
void vcryptod_log_show_levels(void);

/* Puts the text of a part at line + at, as far as line has room for, without a final 0; what is not
 * printable ASCII is \xNN.  Where it ends.
 */
size_t vcryptod_log_text(char *line, size_t at, size_t room, const char *part);

/* At the end: tells of each kind how many lines were held back and not told yet. */
void vcryptod_log_rest(const char *path);

/* For tests: lines that were held back or dropped since the process began. */
uint64_t vcryptod_log_missing(void);

/* For tests: another descriptor and another clock (milliseconds), every limit as new. */
void vcryptod_log_redirect(int fd, uint64_t (*now_ms)(void));

#endif

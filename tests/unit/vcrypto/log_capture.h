/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the driver logs, for tests that ask for one clear line per error: DPDK's log
 * stream is replaced by one that counts and keeps.  Needs no EAL.
 */
#ifndef LOG_CAPTURE_H
#define LOG_CAPTURE_H

/* From now on keep messages instead of printing them; also forgets earlier ones. */
void log_capture_start(void);
/* Print again. */
void log_capture_stop(void);

/* Lines since log_capture_start at level error and worse, and at warning. */
unsigned int log_capture_errors(void);
unsigned int log_capture_warnings(void);
/* Lines with text in them, of any level; of the first 64 KiB only. */
unsigned int log_capture_count(const char *text);
/* The last line of any level, without its newline; "" if there was none. */
const char *log_capture_last(void);

#endif

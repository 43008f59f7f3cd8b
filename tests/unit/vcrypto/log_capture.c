/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A stream that receives DPDK's log; rte_log flushes it once per message, so one
 * write is one message, and the level is the one of the message in progress.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_log.h>

#include "log_capture.h"

static FILE *stream;
static unsigned int errors, warnings;
static char last[1024];
static char all[65536];			/* every message, ended by newlines */
static size_t all_len;

static ssize_t
keep(void *cookie, const char *buf, size_t len)
{
	size_t n = len < sizeof(last) ? len : sizeof(last) - 1;
	int level = rte_log_cur_msg_loglevel();

	(void)cookie;
	if (level <= (int)RTE_LOG_ERR)
		errors++;
	else if (level == (int)RTE_LOG_WARNING)
		warnings++;
	memcpy(last, buf, n);
	last[n] = '\0';
	last[strcspn(last, "\n")] = '\0';
	if (len < sizeof(all) - all_len) {
		memcpy(all + all_len, buf, len);
		all_len += len;
		all[all_len] = '\0';
	}
	return (ssize_t)len;
}

void
log_capture_start(void)
{
	if (stream == NULL) {
		stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = keep });
		if (stream == NULL || setvbuf(stream, NULL, _IOFBF, 4096) != 0)
			abort();
	}
	rte_openlog_stream(stream);
	errors = warnings = 0;
	last[0] = all[0] = '\0';
	all_len = 0;
}

void
log_capture_stop(void)
{
	rte_openlog_stream(NULL);
	if (stream != NULL)
		fclose(stream);
	stream = NULL;
}

unsigned int
log_capture_errors(void)
{
	return errors;
}

unsigned int
log_capture_warnings(void)
{
	return warnings;
}

unsigned int
log_capture_count(const char *text)
{
	const char *line = all;
	unsigned int n = 0;

	while (*line != '\0') {
		const char *end = strchr(line, '\n');
		size_t len = end != NULL ? (size_t)(end - line) : strlen(line);

		n += memmem(line, len, text, strlen(text)) != NULL;
		line += len + (end != NULL);
	}
	return n;
}

const char *
log_capture_last(void)
{
	return last;
}

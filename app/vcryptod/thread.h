/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The end of a worker's threads.
 */
#ifndef VCRYPTOD_THREAD_H
#define VCRYPTOD_THREAD_H

#include <pthread.h>
#include <time.h>

#include "log.h"

/* Waits for a thread that was told to end; ends the process after patience_ms. */
static inline void
vcryptod_thread_join(pthread_t thread, unsigned int patience_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(patience_ms / 1000) + 1;
	if (pthread_timedjoin_np(thread, NULL, &until) != 0)
		vcryptod_log_exit(NULL, "a thread does not end within %u ms: the process ends "
				"without it", patience_ms);
}

#endif

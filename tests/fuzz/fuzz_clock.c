/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The time of targets whose peer is in the same thread: clock, poll and usleep, in place of
 * libc's.  While code waits nobody acts, so what is not there at once never comes: a wait
 * takes no time, and the clock advances by as much as was to be waited at most.  So no
 * bound of the code under test passes early on a slow machine.
 */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_input.h"

static uint64_t clock_us = 1000000;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	ts->tv_sec = (time_t)(clock_us / 1000000);
	ts->tv_nsec = (long)(clock_us % 1000000 * 1000);
	return 0;
}

int __real_poll(struct pollfd *fds, nfds_t nb, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t nb, int timeout_ms);
int
__wrap_poll(struct pollfd *fds, nfds_t nb, int timeout_ms)
{
	int rc = __real_poll(fds, nb, 0);

	FUZZ_CHECK(timeout_ms >= 0);	/* else it would never end */
	if (rc == 0)
		clock_us += (uint64_t)timeout_ms * 1000;
	return rc;
}

int __wrap_usleep(useconds_t us);
int
__wrap_usleep(useconds_t us)
{
	clock_us += us;
	return 0;
}

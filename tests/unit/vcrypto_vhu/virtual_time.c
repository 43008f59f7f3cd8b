/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Time as the transport sees it.  Its clock stands still while the back end has
 * anything to do, however long the machine takes for that, and jumps once nothing can
 * come any more: a wait runs out because of the back end's silence and of nothing else,
 * and at once.  The linker leads the clock, poll and usleep here (--wrap); the back
 * end's thread, and a test that waits for it, have the real ones.
 */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "test_vcrypto_vhu.h"

#define SLICE_MS	1	/* of a real wait, between two looks at the back end */

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_poll(struct pollfd *fds, nfds_t nb, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t nb, int timeout);
int __real_usleep(useconds_t us);
int __wrap_usleep(useconds_t us);

static struct fake_backend *backend;
static uint64_t now_us = 1000000;	/* atomic; where it begins does not matter */

void
virtual_time_of(struct fake_backend *fb)
{
	backend = fb;
}

/* After this is true, whatever the back end has said is there to be read. */
static bool
is_silent(void)
{
	return backend == NULL || fake_is_silent(backend);
}

static void
jump(uint64_t us)
{
	__atomic_fetch_add(&now_us, us, __ATOMIC_RELAXED);
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	uint64_t us = __atomic_load_n(&now_us, __ATOMIC_RELAXED);

	if (clock != CLOCK_MONOTONIC || fake_has_real_time())
		return __real_clock_gettime(clock, t);
	t->tv_sec = (time_t)(us / 1000000);
	t->tv_nsec = (long)(us % 1000000) * 1000;
	return 0;
}

int
__wrap_poll(struct pollfd *fds, nfds_t nb, int timeout)
{
	bool silent;
	int rc;

	if (fake_has_real_time() || timeout <= 0)
		return __real_poll(fds, nb, timeout);
	do {
		silent = is_silent();
		rc = __real_poll(fds, nb, silent ? 0 : SLICE_MS);
	} while (rc == 0 && !silent);
	if (rc == 0)
		jump((uint64_t)timeout * 1000);
	return rc;
}

int
__wrap_usleep(useconds_t us)
{
	if (fake_has_real_time())
		return __real_usleep(us);
	if (is_silent()) {
		jump(us);
		return 0;
	}
	return __real_usleep(us < SLICE_MS * 1000 ? us : SLICE_MS * 1000);
}

void
virtual_time_passes(unsigned int ms)
{
	while (!is_silent())
		__real_usleep(100);
	jump((uint64_t)ms * 1000);
}

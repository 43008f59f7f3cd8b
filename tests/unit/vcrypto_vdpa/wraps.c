/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls of the transport that the linker leads here, with faults in them: see
 * test_vcrypto_vdpa.h.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_interrupts.h>

#include "test_vcrypto_vdpa.h"

unsigned int wraps_slept;
uint64_t wraps_now_ms;

static struct {
	rte_intr_callback_fn fn;
	void *arg;
	int fd;
} wraps_handler;

void
wraps_reset(void)
{
	wraps_slept = 0;
	wraps_now_ms = 1000;
	fake_countdown = 0;
	wraps_handler.fn = NULL;
}

bool
wraps_registered(void)
{
	return wraps_handler.fn != NULL;
}

bool
wraps_interrupt(void)
{
	struct pollfd p = { .fd = wraps_handler.fd, .events = POLLIN };

	if (wraps_handler.fn == NULL || poll(&p, 1, 0) != 1)
		return false;
	wraps_handler.fn(wraps_handler.arg);
	return true;
}

void *__real_calloc(size_t nb, size_t size);
void *__wrap_calloc(size_t nb, size_t size);
int __real_eventfd(unsigned int count, int flags);
int __wrap_eventfd(unsigned int count, int flags);
int __wrap_usleep(useconds_t us);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_rte_intr_callback_register(const struct rte_intr_handle *h, rte_intr_callback_fn fn,
		void *arg);
int __wrap_rte_intr_callback_unregister_sync(const struct rte_intr_handle *h,
		rte_intr_callback_fn fn, void *arg);
int __wrap_rte_intr_callback_unregister_pending(const struct rte_intr_handle *h,
		rte_intr_callback_fn fn, void *arg, rte_intr_unregister_callback_fn end);

void *
__wrap_calloc(size_t nb, size_t size)
{
	return fake_strikes() != 0 ? NULL : __real_calloc(nb, size);
}

int
__wrap_eventfd(unsigned int count, int flags)
{
	return fake_strikes() != 0 ? -1 : __real_eventfd(count, flags);
}

int
__wrap_usleep(useconds_t us)
{
	wraps_now_ms += us / 1000;
	wraps_slept++;
	return 0;
}

int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	ts->tv_sec = (time_t)(wraps_now_ms / 1000);
	ts->tv_nsec = (long)(wraps_now_ms % 1000) * 1000000;
	return 0;
}

int
__wrap_rte_intr_callback_register(const struct rte_intr_handle *h, rte_intr_callback_fn fn,
		void *arg)
{
	if (fake_strikes() != 0)
		return -fake_strike_error;
	assert_null(wraps_handler.fn);
	wraps_handler.fn = fn;
	wraps_handler.arg = arg;
	wraps_handler.fd = rte_intr_fd_get(h);
	return 0;
}

int
__wrap_rte_intr_callback_unregister_sync(const struct rte_intr_handle *h,
		rte_intr_callback_fn fn, void *arg)
{
	(void)h;
	if (wraps_handler.fn == NULL)
		return -ENOENT;
	assert_true(fn == wraps_handler.fn && arg == wraps_handler.arg);
	wraps_handler.fn = NULL;
	return 1;
}

int
__wrap_rte_intr_callback_unregister_pending(const struct rte_intr_handle *h,
		rte_intr_callback_fn fn, void *arg, rte_intr_unregister_callback_fn end)
{
	assert_null(end);
	return __wrap_rte_intr_callback_unregister_sync(h, fn, arg);
}

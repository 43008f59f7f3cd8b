/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clock of a device process: monotonic, read without a system call.
 */
#ifndef VCRYPTOD_CLOCK_H
#define VCRYPTOD_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds since some moment before the process began. */
static inline uint64_t
vcryptod_now_us(void)
{
	struct timespec t;

	/* Cannot fail: the clock exists on every Linux. */
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

#endif

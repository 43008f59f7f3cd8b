/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clocks of a device process: monotonic, read without a system call.
 */
#ifndef VCRYPTOD_CLOCK_H
#define VCRYPTOD_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some moment before the process began. */
static inline uint64_t
vcryptod_now_ns(void)
{
	struct timespec t;

	/* Cannot fail: the clock exists on every Linux. */
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Microseconds since the same moment. */
static inline uint64_t
vcryptod_now_us(void)
{
	return vcryptod_now_ns() / 1000;
}

/* What the hot path measures with: on x86-64 the TSC, where it runs at one rate, for it costs less
 * than the clock; else the clock.  ns of a tick, times 2^32; 0: ticks are ns.
 */
extern uint64_t vcryptod_ticks_rate;

/* Measures that rate, in VCRYPTOD_TICKS_MS.  Before the threads that measure. */
#define VCRYPTOD_TICKS_MS	1	/* to some 1/10000, while a class of times is a third */
void vcryptod_ticks_init(void);

static inline uint64_t
vcryptod_ticks(void)
{
#ifdef __x86_64__
	if (vcryptod_ticks_rate != 0)
		return __builtin_ia32_rdtsc();
#endif
	return vcryptod_now_ns();
}

/* The ns of a difference of two.  0: it is below 0, as CPUs that disagree can have it, or longer
 * than half a day.
 */
static inline uint64_t
vcryptod_ticks_ns(uint64_t ticks)
{
	if (ticks >= UINT64_C(1) << 47)
		return 0;
	if (vcryptod_ticks_rate == 0)
		return ticks;
	return (uint64_t)((unsigned __int128)ticks * vcryptod_ticks_rate >> 32);
}

#endif

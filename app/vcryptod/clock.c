/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rate of the TSC; see clock.h.
 */
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "clock.h"

uint64_t vcryptod_ticks_rate;

#ifdef __x86_64__
#define LEAF_POWER	0x80000007u
#define TICKS_READINGS	20
#define POWER_INVARIANT	(1u << 8)	/* EDX */

/* Does it run at one rate, whatever the CPU's frequency and sleep? */
static int
ticks_are_steady(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(LEAF_POWER, &eax, &ebx, &ecx, &edx) != 0 &&
			(edx & POWER_INVARIANT) != 0;
}

/* Both clocks at one moment: of some readings the one that was interrupted least. */
static void
ticks_read_both(uint64_t *ticks, uint64_t *ns)
{
	uint64_t before, after, now, best = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < TICKS_READINGS; i++) {
		before = vcryptod_now_ns();
		now = __builtin_ia32_rdtsc();
		after = vcryptod_now_ns();
		if (after - before >= best)
			continue;
		best = after - before;
		*ticks = now;
		*ns = before;
	}
}

void
vcryptod_ticks_init(void)
{
	const struct timespec wait = { .tv_nsec = VCRYPTOD_TICKS_MS * 1000000L };
	uint64_t ticks, ns, ticks_then, ns_then;

	if (vcryptod_ticks_rate != 0 || !ticks_are_steady())
		return;
	ticks_read_both(&ticks_then, &ns_then);
	/* If a signal ends it early, the rate is less exact. */
	(void)nanosleep(&wait, NULL);
	ticks_read_both(&ticks, &ns);
	ticks -= ticks_then;
	ns -= ns_then;
	/* Slower than 100 MHz, or stopped: not one to trust. */
	if (ticks < ns / 10 || ns == 0 || ns >> 32 != 0)
		return;
	vcryptod_ticks_rate = (ns << 32) / ticks;
}
#else
void
vcryptod_ticks_init(void)
{
}
#endif

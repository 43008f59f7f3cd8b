/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See the header.
 */
#include <sched.h>
#include <time.h>
#include <ucontext.h>

#include "fuzz_input.h"
#include "fuzz_turn.h"

#define STACK	(1u << 20)	/* bytes; sanitizers make frames large */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_TURN_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#endif

/* A global, so that what it refers to is no leak. */
static uint8_t stack[STACK] __attribute__((aligned(64)));
static ucontext_t outside, inside;
static void (*turn_body)(void);
static bool on, is_inside, watched;
static unsigned int points_left;
static const void *outer_stack;		/* of the harness, as ASan knows it */
static size_t outer_size;

/* Tells ASan where the stack is. */
static void
change_stack(ucontext_t *from, ucontext_t *to, const void *to_stack, size_t size)
{
#ifdef FUZZ_TURN_ASAN
	void *fake;

	__sanitizer_start_switch_fiber(&fake, to_stack, size);
	FUZZ_CHECK(swapcontext(from, to) == 0);
	__sanitizer_finish_switch_fiber(fake, is_inside ? &outer_stack : NULL,
			is_inside ? &outer_size : NULL);
#else
	(void)to_stack;
	(void)size;
	FUZZ_CHECK(swapcontext(from, to) == 0);
#endif
}

static void
leave(void)
{
	is_inside = false;
	change_stack(&inside, &outside, outer_stack, outer_size);
}

static void
run_turns(void)
{
#ifdef FUZZ_TURN_ASAN
	__sanitizer_finish_switch_fiber(NULL, &outer_stack, &outer_size);
#endif
	for (;;) {
		turn_body();
		on = false;
		leave();
	}
}

void
fuzz_turn_init(void (*body)(void))
{
	turn_body = body;
	FUZZ_CHECK(getcontext(&inside) == 0);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = sizeof(stack);
	inside.uc_link = NULL;
	makecontext(&inside, run_turns, 0);
}

void
fuzz_turn_watch(bool watch)
{
	watched = watch;
}

bool
fuzz_turn_is_on(void)
{
	return on;
}

void
fuzz_turn_go(unsigned int pause)
{
	FUZZ_CHECK(!is_inside);
	on = true;
	points_left = pause;
	is_inside = true;
	change_stack(&outside, &inside, stack, sizeof(stack));
}

void
fuzz_turn_point(void)
{
	if (is_inside && points_left != FUZZ_TURN_NO_PAUSE && points_left-- == 0)
		leave();
}

/* ---- waits ---- */

/* For something that only a turn can change: so there must be one, and it ends. */
static void
wait_for_turn(void)
{
	FUZZ_CHECK(on && !is_inside);
	while (on)
		fuzz_turn_go(FUZZ_TURN_NO_PAUSE);
}

int __real_nanosleep(const struct timespec *for_ts, struct timespec *left);
int __wrap_nanosleep(const struct timespec *for_ts, struct timespec *left);
int
__wrap_nanosleep(const struct timespec *for_ts, struct timespec *left)
{
	if (!watched)
		return __real_nanosleep(for_ts, left);
	wait_for_turn();
	return 0;
}

int __real_sched_yield(void);
int __wrap_sched_yield(void);
int
__wrap_sched_yield(void)
{
	if (!watched)
		return __real_sched_yield();
	wait_for_turn();
	return 0;
}

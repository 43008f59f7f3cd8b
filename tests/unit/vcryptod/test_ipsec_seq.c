/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sequence numbers of security associations: outbound ones to their end; the window against a
 * model that remembers every number, of many sizes, and at its edges; upper halves of extended
 * numbers against RFC 4303's A2 as its text has it, and across 2^32.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipsec_seq.h"

#define TWO_32		(UINT64_C(1) << 32)
#define GUARD		UINT64_C(0x5aa5f00d5aa5f00d)

struct window {
	struct vcryptod_ipsec_window w;
	uint64_t *mem;		/* a guard word, the bits, a guard word */
	uint32_t words;
};

static void
window_make(struct window *f, uint32_t size, bool esn)
{
	f->words = vcryptod_ipsec_window_words(size);
	f->mem = malloc((f->words + 2) * sizeof(*f->mem));
	assert_non_null(f->mem);
	memset(f->mem, 0xff, (f->words + 2) * sizeof(*f->mem));
	f->mem[0] = f->mem[f->words + 1] = GUARD;
	vcryptod_ipsec_window_init(&f->w, f->mem + 1, size, esn);
}

static void
window_free(struct window *f)
{
	assert_true(f->mem[0] == GUARD && f->mem[f->words + 1] == GUARD);
	free(f->mem);
}

static void
counters_end(void **state)
{
	struct vcryptod_ipsec_counter c;

	(void)state;
	vcryptod_ipsec_counter_init(&c, false);
	assert_int_equal(vcryptod_ipsec_counter_take(&c), 1);
	assert_int_equal(vcryptod_ipsec_counter_take(&c), 2);
	c.last = UINT32_MAX - 1;
	assert_true(vcryptod_ipsec_counter_take(&c) == UINT32_MAX);
	assert_int_equal(vcryptod_ipsec_counter_take(&c), 0);
	assert_int_equal(vcryptod_ipsec_counter_take(&c), 0);
	assert_true(c.last == UINT32_MAX);

	vcryptod_ipsec_counter_init(&c, true);
	assert_int_equal(vcryptod_ipsec_counter_take(&c), 1);
	c.last = UINT32_MAX;
	assert_true(vcryptod_ipsec_counter_take(&c) == TWO_32);
	c.last = UINT64_MAX - 1;
	assert_true(vcryptod_ipsec_counter_take(&c) == UINT64_MAX);
	assert_int_equal(vcryptod_ipsec_counter_take(&c), 0);
	assert_int_equal(vcryptod_ipsec_counter_take(&c), 0);
}

/* One number at each edge; nothing changes before update, nor by an update that is refused. */
static void
window_edges(void **state)
{
	static const uint32_t size[] = { 1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 1024 };
	struct window f;
	uint32_t s, i;
	uint64_t top, low;

	(void)state;
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		s = size[i];
		window_make(&f, s, false);
		top = 5000;
		assert_int_equal(vcryptod_ipsec_window_check(&f.w, 0), -EINVAL);
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, 0), -EINVAL);
		assert_int_equal(vcryptod_ipsec_window_check(&f.w, top), 0);
		assert_int_equal(vcryptod_ipsec_window_check(&f.w, top), 0);
		assert_int_equal(f.w.top, 0);
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, top), 0);
		assert_int_equal(vcryptod_ipsec_window_check(&f.w, top), -EALREADY);
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, top), -EALREADY);
		assert_int_equal(vcryptod_ipsec_window_check(&f.w, top - s), -ESTALE);
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, top - s), -ESTALE);
		if (s > 1) {
			low = top - s + 1;
			assert_int_equal(vcryptod_ipsec_window_update(&f.w, low), 0);
			assert_int_equal(vcryptod_ipsec_window_update(&f.w, low), -EALREADY);
			/* The next number pushes it out. */
			assert_int_equal(vcryptod_ipsec_window_update(&f.w, top + 1), 0);
			assert_int_equal(vcryptod_ipsec_window_check(&f.w, low), -ESTALE);
			assert_int_equal(vcryptod_ipsec_window_check(&f.w, top), -EALREADY);
		}
		/* A leap over more than the ring leaves nothing set. */
		top += 64 * (uint64_t)f.words * 3 + 7;
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, top), 0);
		for (uint32_t j = 1; j < s; j++)
			assert_int_equal(vcryptod_ipsec_window_check(&f.w, top - j), 0);
		/* The last number without ESN. */
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, UINT32_MAX), 0);
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, UINT32_MAX), -EALREADY);
		window_free(&f);
	}
}

/* A replayed packet whose first copy is still being verified: both pass check, one update. */
static void
second_of_two_loses(void **state)
{
	struct window f;

	(void)state;
	window_make(&f, 64, false);
	assert_int_equal(vcryptod_ipsec_window_check(&f.w, 9), 0);
	assert_int_equal(vcryptod_ipsec_window_check(&f.w, 9), 0);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, 9), 0);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, 9), -EALREADY);
	/* One that was checked and overtaken by a whole window. */
	assert_int_equal(vcryptod_ipsec_window_check(&f.w, 10), 0);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, 10 + 64), 0);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, 10), -ESTALE);
	window_free(&f);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

#define SPACE		20000u

/* Random numbers forth and back, against a table of all numbers. */
static void
window_like_a_table(void **state)
{
	static const uint32_t size[] = { 1, 3, 32, 61, 64, 66, 190, 192, 193, 500, 4096 };
	static uint8_t seen[SPACE];
	uint32_t seed = 7, i, k, n, accepted, top;
	struct window f;
	int want;

	(void)state;
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		window_make(&f, size[i], false);
		memset(seen, 0, sizeof(seen));
		for (k = accepted = top = 0; k < 30000; k++) {
			if (next_random(&seed) % 50 == 0)
				n = top + next_random(&seed) % (2 * size[i] + 70);
			else
				n = top + next_random(&seed) % 4 + 2 -
						next_random(&seed) % (size[i] + 5);
			if (n >= SPACE)
				continue;
			want = n == 0 ? -EINVAL : n + size[i] <= top ? -ESTALE :
					seen[n] ? -EALREADY : 0;
			assert_int_equal(vcryptod_ipsec_window_check(&f.w, n), want);
			assert_int_equal(vcryptod_ipsec_window_update(&f.w, n), want);
			if (want != 0)
				continue;
			seen[n] = 1;
			accepted++;
			if (n > top)
				top = n;
			assert_int_equal(f.w.top, top);
		}
		assert_true(accepted > 500);
		window_free(&f);
	}
}

/* RFC 4303, A2.2, case by case. */
static uint64_t
a2_as_written(uint64_t top, uint32_t size, uint32_t low)
{
	uint32_t th = (uint32_t)(top >> 32), tl = (uint32_t)top, high;

	if (tl >= size - 1)
		high = low >= tl - size + 1 ? th : th + 1;
	else
		high = low >= (uint32_t)(tl - size + 1) ? th - 1 : th;
	return (uint64_t)high << 32 | low;
}

static void
upper_halves_as_written(void **state)
{
	static const uint32_t size[] = { 1, 2, 32, 64, 1000, VCRYPTOD_IPSEC_WINDOW_MAX };
	static const uint32_t edge[] = { 0, 1, 2, 31, 32, 63, 64, 999, 1000,
		VCRYPTOD_IPSEC_WINDOW_MAX - 1, VCRYPTOD_IPSEC_WINDOW_MAX, 0x7fffffff, 0x80000000,
		0xffff0000, 0xfffffff0, 0xfffffffe, 0xffffffff };
	const size_t nb = sizeof(edge) / sizeof(edge[0]);
	struct vcryptod_ipsec_window w = { .esn = true };
	uint64_t high;
	size_t i, t, l;

	(void)state;
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++)
		for (high = 1; high <= 0x80000000; high *= 2)
			for (t = 0; t < nb; t++)
				for (l = 0; l < nb; l++) {
					w.size = size[i];
					w.top = high << 32 | edge[t];
					assert_true(vcryptod_ipsec_window_recover(&w, edge[l]) ==
						a2_as_written(w.top, size[i], edge[l]));
				}
}

/* A sender's numbers across the boundary, received in disorder. */
static void
across_two_to_the_32(void **state)
{
	static const int order[] = { -40, -38, -39, 3, 1, 2, -2, -1, 0, -31, 20, 5 };
	struct window f;
	uint64_t n;
	size_t i;

	(void)state;
	window_make(&f, 64, true);
	f.w.top = TWO_32 - 100;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		n = TWO_32 + (uint64_t)(int64_t)order[i];
		assert_true(vcryptod_ipsec_window_recover(&f.w, (uint32_t)n) == n);
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, n), 0);
		assert_true(vcryptod_ipsec_window_recover(&f.w, (uint32_t)n) == n);
		assert_int_equal(vcryptod_ipsec_window_update(&f.w, n), -EALREADY);
	}
	/* Top is 2^32 + 20: the lowest number of the window, and the one below it, which is
	 * taken for a later one.
	 */
	assert_true(vcryptod_ipsec_window_recover(&f.w, (uint32_t)-43) == TWO_32 - 43);
	assert_true(vcryptod_ipsec_window_recover(&f.w, (uint32_t)-44) == 2 * TWO_32 - 44);
	window_free(&f);
}

static void
first_and_last_extended_numbers(void **state)
{
	struct window f;
	uint64_t n;

	(void)state;
	window_make(&f, 64, true);
	/* Nothing is below 0. */
	assert_true(vcryptod_ipsec_window_recover(&f.w, 1) == 1);
	assert_true(vcryptod_ipsec_window_recover(&f.w, UINT32_MAX) == UINT32_MAX);
	assert_int_equal(vcryptod_ipsec_window_check(&f.w, 0), -EINVAL);
	/* What would be beyond 2^64 is not new. */
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, UINT64_MAX - 10), 0);
	n = vcryptod_ipsec_window_recover(&f.w, 5);
	assert_int_equal(vcryptod_ipsec_window_check(&f.w, n), -ESTALE);
	n = vcryptod_ipsec_window_recover(&f.w, UINT32_MAX);
	assert_true(n == UINT64_MAX);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, n), 0);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, n), -EALREADY);
	window_free(&f);
}

/* Replayed packets are accepted, and upper halves still follow. */
static void
without_a_window(void **state)
{
	struct window f;

	(void)state;
	assert_int_equal(vcryptod_ipsec_window_words(0), 0);
	window_make(&f, 0, false);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, 7), 0);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, 7), 0);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, 0), 0);
	window_free(&f);
	window_make(&f, 0, true);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, TWO_32 - 1), 0);
	assert_int_equal(vcryptod_ipsec_window_check(&f.w, 0), -EINVAL);
	assert_true(vcryptod_ipsec_window_recover(&f.w, 4) == TWO_32 + 4);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, TWO_32 + 4), 0);
	assert_int_equal(vcryptod_ipsec_window_update(&f.w, TWO_32 - 1), 0);
	assert_true(f.w.top == TWO_32 + 4);
	window_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_end),
		cmocka_unit_test(window_edges),
		cmocka_unit_test(second_of_two_loses),
		cmocka_unit_test(window_like_a_table),
		cmocka_unit_test(upper_halves_as_written),
		cmocka_unit_test(across_two_to_the_32),
		cmocka_unit_test(first_and_last_extended_numbers),
		cmocka_unit_test(without_a_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

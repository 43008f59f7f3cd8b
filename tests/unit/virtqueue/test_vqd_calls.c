/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls without a full barrier: a wish of the driver's that was missed is found by later
 * looks, and by the last one at the latest.
 */
#include "vqd_far.h"

#define SIZE	16

/* Without EVENT_IDX: the value is the same in both layouts. */
static void
want(struct far *g, bool on)
{
	le16 *flags = g->packed ? &far_driver_event(g)->flags : &far_avail(g)->flags;

	*flags = cpu_to_le16(!on);
}

/* The look that has a barrier, if none before it is to find anything. */
static bool
last_poll(struct far *g)
{
	unsigned int i;

	for (i = 1; i < VQD_CALL_POLLS; i++) {
		assert_true(vqd_owes_call(&g->d));
		assert_false(vqd_asks_call_again(&g->d));
	}
	return vqd_asks_call_again(&g->d);
}

static void
nothing_is_owed(struct far *g)
{
	assert_false(vqd_owes_call(&g->d));
	assert_false(vqd_asks_call_again(&g->d));
	assert_false(vqd_needs_call(&g->d));
}

#define LAYOUTS(packed)	for (int packed = 0; packed < 2; packed++)

static void
a_flag_is_found_by_the_next_look(void **state)
{
	uint16_t nb;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, SIZE, 65530);

		assert_false(vqd_asks_call(&g->d));
		nothing_is_owed(g);
		for (nb = 1; nb <= SIZE; nb++) {
			want(g, true);
			far_complete(g, nb);
			assert_true(vqd_asks_call(&g->d));
			nothing_is_owed(g);
			want(g, false);
			far_complete(g, nb);
			assert_false(vqd_asks_call(&g->d));
			assert_true(vqd_owes_call(&g->d));
			assert_false(vqd_asks_call_again(&g->d));
			want(g, true);
			assert_true(vqd_asks_call_again(&g->d));
			nothing_is_owed(g);
		}
		far_free(g);
	}
}

static void
the_question_has_an_end(void **state)
{
	unsigned int event_idx;

	(void)state;
	LAYOUTS(packed) {
		for (event_idx = 0; event_idx < 2; event_idx++) {
			struct far *g = far_make(packed, true, event_idx, false, SIZE, 65530);

			far_complete(g, 3);
			if (event_idx)
				far_set_used_event(g, 0);
			else
				want(g, false);
			assert_false(vqd_asks_call(&g->d));
			assert_false(last_poll(g));
			nothing_is_owed(g);
			/* The next one begins anew. */
			far_complete(g, 1);
			if (event_idx)
				far_set_used_event(g, 0);
			assert_false(vqd_asks_call(&g->d));
			assert_false(last_poll(g));
			nothing_is_owed(g);
			far_free(g);
		}
	}
}

/* An index among what was shown is believed by the last look alone: a driver moves it as it
 * works.  What it was shown several times ago counts, as far as the ring is long.
 */
static void
an_index_is_found_by_the_last_look(void **state)
{
	int32_t back;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, true, false, SIZE, 65530);

		for (back = 1; back <= SIZE; back++) {
			far_set_used_event(g, -SIZE);
			far_complete(g, 9);
			far_set_used_event(g, 0);
			assert_false(vqd_asks_call(&g->d));
			far_complete(g, 10);
			far_set_used_event(g, 0);
			assert_false(vqd_asks_call(&g->d));
			far_set_used_event(g, -back);
			assert_true(last_poll(g));
			nothing_is_owed(g);
		}
		if (!packed) {	/* positions in a packed ring reach no further */
			far_complete(g, 9);
			far_set_used_event(g, 0);
			assert_false(vqd_asks_call(&g->d));
			far_complete(g, 10);
			far_set_used_event(g, -SIZE - 1);
			assert_false(vqd_asks_call(&g->d));
			assert_false(vqd_needs_call(&g->d));
		}
		far_free(g);
	}
}

/* The question that is put before the device sleeps or stops closes it, either way. */
static void
the_last_question_is_final(void **state)
{
	unsigned int event_idx, wanted;

	(void)state;
	LAYOUTS(packed) {
		for (event_idx = 0; event_idx < 2; event_idx++) {
			struct far *g = far_make(packed, true, event_idx, false, SIZE, 65530);

			for (wanted = 0; wanted < 2; wanted++) {
				if (!event_idx)
					want(g, false);
				far_complete(g, 2);
				if (event_idx)
					far_set_used_event(g, 0);
				assert_false(vqd_asks_call(&g->d));
				if (event_idx)
					far_set_used_event(g, wanted ? -2 : 0);
				else
					want(g, wanted);
				assert_int_equal(vqd_needs_call(&g->d), wanted);
				nothing_is_owed(g);
			}
			far_free(g);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flag_is_found_by_the_next_look),
		cmocka_unit_test(the_question_has_an_end),
		cmocka_unit_test(an_index_is_found_by_the_last_look),
		cmocka_unit_test(the_last_question_is_final),
	};

	return cmocka_run_group_tests_name("vqd calls", tests, NULL, NULL);
}

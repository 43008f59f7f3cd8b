/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls without a full barrier: a wish of the driver's that was missed is found by later
 * looks, and by the last one at the latest.
 */
#include "vqd_far.h"

#define SIZE	16

static const struct piece three[] = { { FAR_A, 16, R_ }, { FAR_A + 64, 8, R_ }, { FAR_B, 1, W_ } };

/* nb requests are used and shown, none of them a table's last place. */
static void
show(struct far *g, uint32_t nb)
{
	uint32_t i, got, len;

	for (i = 0; i < nb; i++)
		far_indirect(g, three, 3);
	assert_int_equal(far_pop_burst(g, (uint16_t)nb), nb);
	for (i = 0; i < nb; i++)
		vqd_push(&g->d, &g->req[i], 1);
	vqd_publish(&g->d);
	for (i = 0; i < nb; i++)
		assert_true(far_used_next(g, 1, &got, &len));
}

/* EVENT_IDX: to be called for the entry so far before the next used one; 0: for that. */
static void
want_back(struct far *g, uint32_t back)
{
	uint32_t pos = g->used_pos;
	bool wrap = g->used_wrap;

	if (!g->packed) {
		far_avail(g)->ring[g->size] = cpu_to_le16((uint16_t)(g->used_idx - back));
		return;
	}
	for (; back > pos; pos += g->size)
		wrap = !wrap;
	far_driver_event(g)->desc = cpu_to_le16((uint16_t)((pos - back) | (uint32_t)wrap << 15));
	far_driver_event(g)->flags = cpu_to_le16(PVIRTQ_EVENT_F_DESC);
}

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
	uint32_t nb;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, SIZE, 65530);

		assert_false(vqd_asks_call(&g->d));
		nothing_is_owed(g);
		for (nb = 1; nb <= SIZE; nb++) {
			want(g, true);
			show(g, nb);
			assert_true(vqd_asks_call(&g->d));
			nothing_is_owed(g);
			want(g, false);
			show(g, nb);
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

			show(g, 3);
			if (event_idx)
				want_back(g, 0);
			else
				want(g, false);
			assert_false(vqd_asks_call(&g->d));
			assert_false(last_poll(g));
			nothing_is_owed(g);
			/* The next one begins anew. */
			show(g, 1);
			if (event_idx)
				want_back(g, 0);
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
	uint32_t back;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, true, false, SIZE, 65530);

		for (back = 1; back <= SIZE; back++) {
			want_back(g, SIZE);
			show(g, 9);
			want_back(g, 0);
			assert_false(vqd_asks_call(&g->d));
			show(g, 10);
			want_back(g, 0);
			assert_false(vqd_asks_call(&g->d));
			want_back(g, back);
			assert_true(last_poll(g));
			nothing_is_owed(g);
		}
		if (!packed) {	/* positions in a packed ring reach no further */
			show(g, 9);
			want_back(g, 0);
			assert_false(vqd_asks_call(&g->d));
			show(g, 10);
			want_back(g, SIZE + 1);
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
				show(g, 2);
				if (event_idx)
					want_back(g, 0);
				assert_false(vqd_asks_call(&g->d));
				if (event_idx)
					want_back(g, wanted ? 2 : 0);
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

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Slots: where their tables lie, in which order they are used again, and which lines of the
 * device a poll needs not to read.
 */
#include "vq_rig.h"

#define GROUP	64u	/* slots whose tables lie in an order of their own */

/* A table's place, counted in tables from the first. */
static uint32_t
place(struct rig *r, uint32_t slot)
{
	size_t off = (size_t)((uint8_t *)vq_table(&r->vq, (uint16_t)slot) - r->tables.base);

	assert_int_equal(off % r->cfg.table_stride, 0);
	return (uint32_t)(off / r->cfg.table_stride);
}

/* Each slot has a table of its own, and all lie in the caller's memory. */
static void
tables_are_all_different(void **state)
{
	static uint8_t taken[VIRTQ_MAX_SIZE];
	uint32_t i;

	(void)state;
	RIG_EACH(r) {
		memset(taken, 0, sizeof(taken));
		for (i = 0; i < r->v.size; i++) {
			uint32_t at = place(r, i);

			assert_true(at < r->v.size);
			assert_int_equal(taken[at]++, 0);
		}
	}
}

/* Slot by slot there is no stride that a processor could go on with. */
static void
tables_have_no_stride(void **state)
{
	unsigned int groups = 0;
	uint32_t i, first;

	(void)state;
	RIG_EACH(r) {
		for (first = 0; first + GROUP <= r->v.size; first += GROUP, groups++) {
			uint8_t seen[2 * GROUP] = { 0 };

			for (i = first + 1; i < first + GROUP; i++) {
				uint32_t way = place(r, i) + GROUP - place(r, i - 1);

				assert_true(way < 2 * GROUP);
				assert_int_equal(seen[way]++, 0);
			}
		}
	}
	assert_true(groups > 4);
}

/* All in flight that the queue holds; what the far side was shown goes to req. */
static uint32_t
fill(struct rig *r, struct far_req *req)
{
	uint32_t i, nb = rig_capacity(r);

	for (i = 0; i < nb; i++)
		rig_add(r);
	rig_publish(r);
	for (i = 0; i < nb; i++)
		assert_true(far_pop(r, &req[i]));
	return nb;
}

/* The slot that was free first is used first, in whatever order the device used them. */
static void
first_freed_is_first_used(void **state)
{
	static struct far_req req[VIRTQ_MAX_SIZE];
	static uint16_t freed[VIRTQ_MAX_SIZE];
	unsigned int lap, variants = 0;
	uint32_t i, nb;

	(void)state;
	RIG_EACH(r) {
		if (!vq_is_plain(&r->vq) || VQ_IS_IN_ORDER(r->v.kind))
			continue;
		variants++;
		nb = fill(r, req);
		for (lap = 0; lap < 3; lap++) {
			/* Every other one from the front, the rest from the back. */
			for (i = 0; i < nb; i++) {
				uint32_t pick = i < (nb + 1) / 2 ? 2 * i : 2 * (nb - 1 - i) + 1;

				freed[i] = req[pick].id;
				far_push(r, req[pick].id, req[pick].nb_desc, 1);
			}
			assert_int_equal(rig_used(r, (uint16_t)nb), nb);
			for (i = 0; i < nb; i++)
				assert_non_null(rig_take_op(r, NULL));
			assert_int_equal(fill(r, req), nb);
			for (i = 0; i < nb; i++)
				assert_int_equal(req[i].id, freed[i]);
		}
	}
	assert_true(variants > 4);
}

/* The table that is said to be the next one's is, once around and more. */
static void
next_table_is_known(void **state)
{
	const struct vq_entry *next = NULL;
	struct far_req req;
	struct vq_feed f;
	uint16_t slot;
	uint32_t i;

	(void)state;
	RIG_EACH(r) {
		if (!vq_is_plain(&r->vq) || rig_capacity(r) < 2)
			continue;
		for (i = 0; i < 2u * r->v.size + 1; i++) {
			slot = rig_next_slot(r);
			if (i != 0)
				assert_ptr_equal(vq_table(&r->vq, slot), next);
#define NEXT(k) vq_feed_load(&f, &r->vq, k, true); next = vq_feed_next_table(&f, slot, k); break
			switch (r->v.kind) {
			case VQ_SPLIT: NEXT(VQ_SPLIT);
			case VQ_SPLIT_IN_ORDER: NEXT(VQ_SPLIT_IN_ORDER);
			case VQ_PACKED: NEXT(VQ_PACKED);
			case VQ_PACKED_IN_ORDER: NEXT(VQ_PACKED_IN_ORDER);
			}
#undef NEXT
			rig_add(r);
			rig_publish(r);
			assert_true(far_pop(r, &req));
			far_push(r, req.id, req.nb_desc, 1);
			assert_int_equal(rig_used(r, 1), 1);
			assert_non_null(rig_take_op(r, NULL));
		}
	}
}

static size_t
used_most(struct rig *r, size_t max)
{
	return r->v.kind == VQ_SPLIT ? vq_used_most(&r->vq, VQ_SPLIT, max) :
		vq_used_most(&r->vq, VQ_SPLIT_IN_ORDER, max);
}

/* Split: completions that were seen are taken without a look at the device's index, which the
 * device turns into nonsense meanwhile; the first look after them finds it.
 */
static void
seen_completions_need_no_look(void **state)
{
	static struct far_req req[VIRTQ_MAX_SIZE];
	unsigned int variants = 0;
	uint32_t i;

	(void)state;
	RIG_EACH(r) {
		if (VQ_IS_PACKED(r->v.kind) || rig_capacity(r) < 4)
			continue;
		variants++;
		fill(r, req);
		assert_int_equal(used_most(r, 9), 0);
		for (i = 0; i < 3; i++)
			far_push(r, req[i].id, req[i].nb_desc, 1);
		assert_false(rig_is_idle(r));
		assert_int_equal(used_most(r, 2), 2);
		assert_non_null(rig_take_op(r, NULL));
		far_push(r, req[3].id, req[3].nb_desc, 1);
		assert_int_equal(used_most(r, 9), 2);
		assert_int_equal(rig_used(r, 9), 3);
		assert_non_null(rig_take_op(r, NULL));
		far_set_used_idx(r, (uint16_t)(r->far_used + r->v.size + 1));
		for (i = 0; i < 2; i++) {
			assert_false(rig_is_idle(r));
			assert_int_equal(used_most(r, 9), 2 - i);
			assert_non_null(rig_take_op(r, NULL));
		}
		assert_null(vq_broken(&r->vq));
		assert_false(rig_is_idle(r));
		assert_int_equal(used_most(r, 9), 0);
		assert_string_equal(vq_broken(&r->vq), "used index beyond what is in flight");
	}
	assert_true(variants > 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(tables_are_all_different, rig_teardown),
		cmocka_unit_test_teardown(tables_have_no_stride, rig_teardown),
		cmocka_unit_test_teardown(first_freed_is_first_used, rig_teardown),
		cmocka_unit_test_teardown(next_table_is_known, rig_teardown),
		cmocka_unit_test_teardown(seen_completions_need_no_look, rig_teardown),
	};

	return rig_run("vq slots", tests, sizeof(tests) / sizeof(tests[0]));
}

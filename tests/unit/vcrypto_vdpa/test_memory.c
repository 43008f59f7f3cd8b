/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that the device reaches: pieces, additions and removals while it runs, failures.
 */
#include "test_vcrypto_vdpa.h"

#define HUGE_PAGES	32u	/* small pages of a segment that counts as a huge one */

/* Small pages are joined, huge ones are not: those are returned one by one. */
static void
test_pieces(void **state)
{
	struct fixture *f = *state;

	memseg_add(0, 20, 4);			/* after a gap */
	memseg_add_one(1, 0, HUGE_PAGES);
	memseg_add_one(1, HUGE_PAGES, HUGE_PAGES);
	memseg_external();
	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(fake.nb_maps, 4);
	assert_int_equal(fake.batches, 1);
	assert_true(fake_maps(memseg_at(0, 0), 16 * MEMSEG_PAGE));
	assert_false(fake_maps(memseg_at(0, 0), 17 * MEMSEG_PAGE));
	assert_true(fake_maps(memseg_at(0, 20), 4 * MEMSEG_PAGE));
	assert_true(fake_maps(memseg_at(1, HUGE_PAGES), HUGE_PAGES * MEMSEG_PAGE));
}

static void
test_added_and_removed(void **state)
{
	struct fixture *f = *state;

	memseg_add_one(1, 0, HUGE_PAGES);
	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(fake.nb_maps, 2);
	memseg_add_one(1, HUGE_PAGES, HUGE_PAGES);
	fake_trace_clear();
	memseg_event_alloc(1, HUGE_PAGES, HUGE_PAGES);
	/* Nothing else is touched, and no ring is stopped. */
	assert_string_equal(fake.trace, "[ MAP ]");
	assert_true(fake_maps(memseg_at(1, HUGE_PAGES), HUGE_PAGES * MEMSEG_PAGE));
	fake_trace_clear();
	memseg_event_free(1, 0, HUGE_PAGES);
	memseg_remove(1, 0);
	assert_string_equal(fake.trace, "[ UNMAP ]");
	assert_false(fake_maps(memseg_at(1, 0), 1));
	assert_true(fake_maps(memseg_at(1, HUGE_PAGES), HUGE_PAGES * MEMSEG_PAGE));
	assert_true(fake_maps(memseg_at(0, 0), 16 * MEMSEG_PAGE));
	assert_int_equal(f->t->ops->check(f->t), 0);
}

/* While the device does not run it has no memory, and changes do not reach it. */
static void
test_not_running(void **state)
{
	struct fixture *f = *state;

	create(f);
	memseg_add_one(1, 0, HUGE_PAGES);
	fake_trace_clear();
	memseg_event_alloc(1, 0, HUGE_PAGES);
	assert_string_equal(fake.trace, "");
	bring_up(f, VDPA_FEATURES_USED);
	assert_true(fake_maps(memseg_at(1, 0), HUGE_PAGES * MEMSEG_PAGE));
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(fake.nb_maps, 0);
	fake_trace_clear();
	memseg_event_free(1, 0, HUGE_PAGES);
	assert_string_equal(fake.trace, "");
	memseg_remove(1, 0);
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(fake.nb_maps, 1);
}

/* What another life, or another driver, has left is removed first. */
static void
test_left_over(void **state)
{
	struct fixture *f = *state;

	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	fake.iotlb_refused = VDPA_IOTLB_INVALIDATE;
	fake.iotlb_error = EIO;
	assert_int_equal(f->t->ops->reset(f->t), 0);	/* it was confirmed */
	assert_true(log_capture_count("does not unmap"));
	assert_int_equal(fake.nb_maps, 1);
	assert_false(fake.batch);
	fake.iotlb_error = 0;
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(fake.nb_maps, 1);
}

static void
test_limit_of_locked_memory(void **state)
{
	struct fixture *f = *state;

	create(f);
	fake.iotlb_refused = VDPA_IOTLB_UPDATE;
	fake.iotlb_error = EFAULT;		/* the kernel's, for any reason */
	assert_int_equal(try_bring_up(f, VDPA_FEATURES_USED), -EFAULT);
	assert_true(log_capture_count("ulimit -l"));
	assert_int_equal(log_capture_errors(), 1);
	assert_false(fake.batch);
	assert_int_equal(fake.status & VIRTIO_S_DRIVER_OK, 0);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	fake.iotlb_error = 0;
	bring_up(f, VDPA_FEATURES_USED);
}

static void
test_change_fails(void **state)
{
	struct fixture *f = *state;

	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	fake.iotlb_refused = VDPA_IOTLB_UPDATE;
	fake.iotlb_error = ENOMEM;
	memseg_add_one(1, 0, HUGE_PAGES);
	memseg_event_alloc(1, 0, HUGE_PAGES);
	assert_int_equal(f->t->ops->check(f->t), -EIO);
	assert_true(log_capture_count("cannot follow a change"));
	fake.iotlb_error = 0;
	assert_int_equal(f->t->ops->reset(f->t), 0);
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(fake.nb_maps, 2);
}

/* A device that addresses less than a process: what comes later is looked at too. */
static void
test_added_out_of_range(void **state)
{
	struct fixture *f = *state;

	fake.range.first = (uintptr_t)memseg_at(0, 0);
	fake.range.last = fake.range.first + 16 * MEMSEG_PAGE - 1;
	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	memseg_add_one(0, 16, HUGE_PAGES);
	memseg_event_alloc(0, 16, HUGE_PAGES);
	assert_int_equal(f->t->ops->check(f->t), -EIO);
	assert_true(log_capture_count("--base-virtaddr"));
	assert_int_equal(fake.nb_maps, 1);
}

/* As with --no-huge, where nobody can listen. */
static void
test_fixed_memory(void **state)
{
	struct fixture *f = *state;

	memseg_dynamic(false);
	create(f);
	assert_false(memseg_watched());
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(fake.nb_maps, 1);
}

const struct CMUnitTest memory_tests[] = {
	T(test_pieces), T(test_added_and_removed), T(test_not_running), T(test_left_over),
	T(test_limit_of_locked_memory), T(test_change_fails), T(test_added_out_of_range),
	T(test_fixed_memory),
};
const size_t nb_memory_tests = sizeof(memory_tests) / sizeof(memory_tests[0]);

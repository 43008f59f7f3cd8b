/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory table: regions from segments, what the back end maps, more than it
 * takes, and memory that comes and goes while rings run.
 */
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "test_vcrypto_vhu.h"

#define FEATURES	VIRTIO_F_VERSION_1

static void
expect_region(const struct fixture *f, unsigned int file, unsigned int off, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < f->fb.nb_regions; i++) {
		const struct vhu_mem_region *r = &f->fb.region[i].r;

		if (r->user_addr != (uintptr_t)memseg_at(file, off))
			continue;
		assert_int_equal(r->guest_addr, r->user_addr);
		assert_int_equal(r->size, nb * MEMSEG_PAGE);
		assert_int_equal(r->mmap_offset, off * MEMSEG_PAGE);
		return;
	}
	fail_msg("no region at file %u page %u", file, off);
}

static void
start(struct fixture *f)
{
	backend_start(&f->fb);
	create(f);
	bring_up(f, FEATURES);
}

/* The back end sees our memory through what it was sent, and we see its. */
static void
test_shared(void **state)
{
	struct fixture *f = *state;
	const struct backend_region *r = &f->fb.region[0];
	char *there, *here = memseg_at(0, 5);

	start(f);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 1);
	expect_region(f, 0, 0, 16);
	there = mmap(NULL, r->r.mmap_offset + r->r.size, PROT_READ | PROT_WRITE, MAP_SHARED,
			r->fd, 0);
	assert_ptr_not_equal(there, MAP_FAILED);
	strcpy(here, "front end");
	assert_string_equal(there + r->r.mmap_offset + 5 * MEMSEG_PAGE, "front end");
	strcpy(there + r->r.mmap_offset + 5 * MEMSEG_PAGE, "back end");
	assert_string_equal(here, "back end");
	munmap(there, r->r.mmap_offset + r->r.size);
	backend_unlock(&f->fb);
}

/* Neighbours in one file are one region, with what lies between; files are not joined. */
static void
test_regions(void **state)
{
	struct fixture *f = *state;

	memseg_add(1, 10, 3);
	memseg_add(1, 20, 5);
	memseg_add(2, 0, 2);
	memseg_add(1, 4, 1);
	start(f);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 3);
	expect_region(f, 0, 0, 16);
	expect_region(f, 1, 4, 21);
	expect_region(f, 2, 0, 2);
	backend_unlock(&f->fb);
}

/* Two files side by side, at addresses that fit together: still two. */
static void
test_files_are_not_joined(void **state)
{
	struct fixture *f = *state;

	memseg_alias(1);
	memseg_add(1, 16, 4);
	start(f);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 2);
	expect_region(f, 0, 0, 16);
	backend_unlock(&f->fb);
}

static void
add_files(unsigned int from, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		memseg_add(from + i, 0, 1);
}

static void
test_as_many_as_taken(void **state)
{
	struct fixture *f = *state;

	add_files(1, 7);
	start(f);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 8);
	backend_unlock(&f->fb);
}

static void
test_more_than_taken(void **state)
{
	struct fixture *f = *state;

	add_files(1, 8);
	backend_start(&f->fb);
	create_fails(f, -E2BIG, "9 pieces", "takes 8", "--single-file-segments", NULL);
	assert_int_equal(backend_count(&f->fb, VHU_SET_MEM_TABLE), 0);
	assert_false(memseg_watched());
}

static void
test_slots(void **state)
{
	struct fixture *f = *state;

	add_files(1, 19);
	f->fb.proto |= VHU_PROTO_F_CONFIGURE_MEM_SLOTS;
	f->fb.mem_slots = 20;
	start(f);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 20);
	expect_region(f, 19, 0, 1);
	backend_unlock(&f->fb);
	assert_int_equal(backend_count(&f->fb, VHU_ADD_MEM_REG), 20);
	assert_int_equal(backend_count(&f->fb, VHU_SET_MEM_TABLE), 0);
	/* Over a reset they stay: none is added again. */
	bring_up(f, FEATURES);
	assert_int_equal(backend_count(&f->fb, VHU_ADD_MEM_REG), 20);
}

/* A new back end knows of nothing. */
static void
test_slots_reconnected(void **state)
{
	struct fixture *f = *state;

	add_files(1, 3);
	f->fb.proto |= VHU_PROTO_F_CONFIGURE_MEM_SLOTS;
	start(f);
	backend_hang_up(&f->fb);
	bring_up(f, FEATURES);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 4);
	backend_unlock(&f->fb);
}

static void
test_slots_too_few(void **state)
{
	struct fixture *f = *state;

	add_files(1, 20);
	f->fb.proto |= VHU_PROTO_F_CONFIGURE_MEM_SLOTS;
	f->fb.mem_slots = 20;
	backend_start(&f->fb);
	create_fails(f, -E2BIG, "21 pieces", "takes 20", "--single-file-segments", NULL);
}

/* A back end that promises more than this side keeps. */
static void
test_slots_absurd(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < 530; i++)	/* every other page at changing distance: no merging */
		memseg_add(1 + i % 30, 2 * (i / 30), 1);
	f->fb.proto |= VHU_PROTO_F_CONFIGURE_MEM_SLOTS;
	f->fb.mem_slots = UINT64_MAX;
	start(f);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 31);
	backend_unlock(&f->fb);
}

static void
test_external(void **state)
{
	struct fixture *f = *state;

	memseg_external();
	start(f);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 1);
	backend_unlock(&f->fb);
	assert_int_equal(log_capture_errors(), 0);
}

static void
test_no_file(void **state)
{
	struct fixture *f = *state;

	memseg_no_fd(true);
	backend_start(&f->fb);
	create_fails(f, -ENOTSUP, "no file to share", "--in-memory --single-file-segments",
		"--no-huge", NULL);
	assert_false(memseg_watched());
}

/* With --no-huge nobody is told of changes, since there are none. */
static void
test_fixed_memory(void **state)
{
	struct fixture *f = *state;

	memseg_dynamic(false);
	start(f);
	assert_false(memseg_watched());
}

/* ---- memory that comes and goes ---- */

/* Take what has been kicked so far. */
static void
drain_kicks(struct fixture *f, unsigned int vring)
{
	uint64_t n;

	backend_lock(&f->fb);
	assert_int_equal(read(f->fb.vring[vring].kick_fd, &n, sizeof(n)), sizeof(n));
	backend_unlock(&f->fb);
}

static void
come_and_go(struct fixture *f)
{
	unsigned int enables;

	assert_true(memseg_watched());
	enables = backend_count(&f->fb, VHU_SET_VRING_ENABLE);
	memseg_add(1, 8, 4);
	memseg_event_alloc(1, 8, 4);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 2);
	expect_region(f, 1, 8, 4);
	/* That no ring was enabled meanwhile is the back end's to check. */
	assert_int_equal(f->fb.count[VHU_SET_VRING_ENABLE], enables + 6);
	assert_true(f->fb.vring[0].enabled && f->fb.vring[1].enabled && f->fb.vring[4].enabled);
	backend_unlock(&f->fb);
	/* Each ring is looked at again. */
	drain_kicks(f, 0);
	drain_kicks(f, 1);
	drain_kicks(f, 4);

	memseg_add(1, 12, 2);
	memseg_event_alloc(1, 12, 2);
	memseg_event_free(1, 8, 1);
	memseg_remove(1, 8);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 2);
	expect_region(f, 1, 9, 5);
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->check(f->t), 0);
	assert_int_equal(log_capture_errors(), 0);
}

static void
test_later_by_table(void **state)
{
	struct fixture *f = *state;

	start(f);
	come_and_go(f);
	assert_int_equal(backend_count(&f->fb, VHU_SET_MEM_TABLE), 4);
}

static void
test_later_by_slots(void **state)
{
	struct fixture *f = *state;

	f->fb.proto |= VHU_PROTO_F_CONFIGURE_MEM_SLOTS;
	start(f);
	come_and_go(f);
	assert_int_equal(backend_count(&f->fb, VHU_SET_MEM_TABLE), 0);
	assert_int_equal(backend_count(&f->fb, VHU_ADD_MEM_REG), 4);
	assert_int_equal(backend_count(&f->fb, VHU_REM_MEM_REG), 2);
}

/* Without acknowledgements something with an answer tells that all is dealt with. */
static void
test_later_without_acks(void **state)
{
	struct fixture *f = *state;
	unsigned int asked;

	f->fb.proto &= ~VHU_PROTO_F_REPLY_ACK;
	backend_start(&f->fb);
	create(f);
	bring_up(f, FEATURES);
	asked = backend_count(&f->fb, VHU_GET_FEATURES);
	memseg_add(1, 0, 1);
	memseg_event_alloc(1, 0, 1);
	assert_int_equal(backend_count(&f->fb, VHU_GET_FEATURES), asked + 1);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 2);
	backend_unlock(&f->fb);
}

/* Changes that do not change the table, or that nobody needs to know of yet. */
static void
test_later_without_effect(void **state)
{
	struct fixture *f = *state;

	backend_start(&f->fb);
	create(f);
	memseg_add(1, 0, 1);
	memseg_event_alloc(1, 0, 1);
	assert_int_equal(backend_count(&f->fb, VHU_SET_MEM_TABLE), 0);
	bring_up(f, FEATURES);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 2);
	backend_unlock(&f->fb);
	/* In the middle of a region, and outside of DPDK's own memory. */
	memseg_event_free(0, 4, 1);
	memseg_remove(0, 4);
	memseg_external();
	memseg_event_alloc(2, 0, 1);
	assert_int_equal(backend_count(&f->fb, VHU_SET_MEM_TABLE), 1);
}

static void
test_later_too_many(void **state)
{
	struct fixture *f = *state;

	add_files(1, 7);
	start(f);
	memseg_add(8, 0, 1);
	memseg_event_alloc(8, 0, 1);
	assert_true(log_capture_count("--single-file-segments"));
	assert_int_equal(f->t->ops->check(f->t), -EIO);
	backend_lock(&f->fb);
	assert_true(f->fb.vring[0].enabled);
	assert_int_equal(f->fb.nb_regions, 8);
	backend_unlock(&f->fb);
	/* It does not start again with that many, and does with fewer. */
	assert_int_equal(f->t->ops->reset(f->t), 0);
	negotiate(f, FEATURES);
	enable_queue(f, 0, 16, false);
	assert_int_equal(f->t->ops->set_status(f->t, 0xf), -E2BIG);
	memseg_event_free(8, 0, 1);
	memseg_remove(8, 0);
	bring_up(f, FEATURES);
	assert_int_equal(f->t->ops->check(f->t), 0);
}

static void
later_fails(struct fixture *f, uint32_t request, enum backend_act act, int rc)
{
	backend_init(&f->fb);
	f->args.path = f->fb.path;
	start(f);
	backend_lock(&f->fb);
	f->fb.fault.request = request;
	f->fb.fault.nth = f->fb.count[request] + 1;
	f->fb.fault.act = act;
	backend_unlock(&f->fb);
	log_capture_start();
	memseg_add(1, 0, 1);
	memseg_event_alloc(1, 0, 1);
	assert_true(log_capture_errors() >= 1);
	assert_int_equal(f->t->ops->check(f->t), rc);
	memseg_event_free(1, 0, 1);
	memseg_remove(1, 0);
	bring_up(f, FEATURES);
	assert_int_equal(f->t->ops->check(f->t), 0);
	destroy(f);
	backend_stop(&f->fb);
}

static void
test_later_refused(void **state)
{
	later_fails(*state, VHU_SET_MEM_TABLE, BACKEND_REFUSE, -EIO);
	later_fails(*state, VHU_SET_MEM_TABLE, BACKEND_SILENT, -ENODEV);
	later_fails(*state, VHU_SET_MEM_TABLE, BACKEND_CLOSE, -ENODEV);
	later_fails(*state, VHU_SET_VRING_ENABLE, BACKEND_SHORT, -ENODEV);
	later_fails(*state, VHU_SET_VRING_ENABLE, BACKEND_REFUSE, -EIO);
}

static void
test_later_without_back_end(void **state)
{
	struct fixture *f = *state;

	start(f);
	backend_hang_up(&f->fb);
	memseg_add(1, 0, 1);
	memseg_event_alloc(1, 0, 1);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	bring_up(f, FEATURES);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_regions, 2);
	backend_unlock(&f->fb);
}

const struct CMUnitTest memory_tests[] = {
	T(test_shared), T(test_regions), T(test_files_are_not_joined),
	T(test_as_many_as_taken), T(test_more_than_taken),
	T(test_slots), T(test_slots_reconnected), T(test_slots_too_few), T(test_slots_absurd),
	T(test_external),
	T(test_no_file), T(test_fixed_memory), T(test_later_by_table), T(test_later_by_slots),
	T(test_later_without_acks), T(test_later_without_effect), T(test_later_too_many),
	T(test_later_refused), T(test_later_without_back_end),
};
const size_t nb_memory_tests = sizeof(memory_tests) / sizeof(memory_tests[0]);

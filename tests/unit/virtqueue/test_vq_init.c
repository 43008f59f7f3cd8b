/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Set-up: what vq_init refuses, what it leaves in memory, where the areas lie, and
 * that the structs are those of the kernel's header.
 */
#include <errno.h>
#include <linux/virtio_ring.h>

#include "vq_rig.h"

static struct vq_config
good(enum vq_kind kind, uint16_t size)
{
	static uint8_t ring[65536] __attribute__((aligned(VQ_RING_ALIGN)));
	static uint8_t tables[256 * 64] __attribute__((aligned(64)));
	static uint8_t shadow[65536] __attribute__((aligned(VQ_SHADOW_ALIGN)));

	assert_in_range(vq_ring_size(kind, size), 1, sizeof(ring));
	assert_in_range(vq_shadow_size(size), 1, sizeof(shadow));
	return (struct vq_config){
		.kind = kind, .size = size, .indirect = true,
		.ring = ring, .ring_iova = 0x10000,
		.tables = tables, .tables_iova = 0x100000, .table_stride = 64, .table_entries = 4,
		.shadow = shadow,
	};
}

static void
refused(struct vq_config cfg)
{
	struct vq vq;
	uint16_t slot;

	memset(&vq, 0xff, sizeof(vq));
	assert_int_equal(vq_init(&vq, &cfg), -EINVAL);
	assert_int_equal(vq_nb_free(&vq), 0);
	assert_null(vq_detach(&vq, &slot));
	vq_fini(&vq);
}

static void
accepted(struct vq_config cfg)
{
	struct vq vq;

	assert_int_equal(vq_init(&vq, &cfg), 0);
	assert_int_equal(vq_nb_free(&vq), cfg.indirect ? cfg.size : cfg.size / cfg.table_entries);
	assert_null(vq_broken(&vq));
	vq_fini(&vq);
	vq_fini(&vq);
}

/* One thing wrong at a time; the same without it is accepted. */
#define WRONG(field, value) do { \
	struct vq_config c = good(kind, 8); \
	accepted(c); \
	c.field = (value); \
	refused(c); \
} while (0)

static void
refusals(void **state)
{
	enum vq_kind kind;

	(void)state;
	for (kind = VQ_SPLIT; kind <= VQ_PACKED_IN_ORDER; kind++) {
		struct vq_config c = good(kind, 8);

		WRONG(kind, (enum vq_kind)4);
		WRONG(size, 0);
		WRONG(size, 32769);
		WRONG(size, 3);			/* tables longer than the queue */
		WRONG(ring, NULL);
		WRONG(ring, (uint8_t *)c.ring + 16);
		WRONG(ring_iova, 0x10010);
		WRONG(tables, NULL);
		WRONG(tables, (uint8_t *)c.tables + 8);
		WRONG(tables_iova, 0x100008);
		WRONG(tables_iova, UINT64_MAX & ~UINT64_C(15));
		WRONG(table_stride, 48);	/* shorter than the table */
		WRONG(table_stride, 72);
		WRONG(table_entries, 0);
		WRONG(table_entries, 9);	/* 2.7.5.3.1: no longer than the queue */
		WRONG(shadow, NULL);
		WRONG(shadow, (uint8_t *)c.shadow + 8);
		c = good(kind, 256);
		c.ring_iova = UINT64_MAX & ~UINT64_C(4095);	/* and no room behind */
		refused(c);
		c = good(kind, 8);
		if (!VQ_IS_PACKED(kind)) {
			c.size = 24;	/* 2.7: a power of two */
			refused(c);
		} else {
			c.size = 24;
			accepted(c);
		}
	}
}

static void
fifo_wants_tables(void **state)
{
	enum vq_kind kind;

	(void)state;
	for (kind = VQ_SPLIT; kind <= VQ_PACKED_IN_ORDER; kind++) {
		struct vq_config c = good(kind, 8);

		c.fifo_slots = true;
		accepted(c);
		c.indirect = false;
		if (VQ_IS_IN_ORDER(kind))
			accepted(c);
		else
			refused(c);
	}
}

/* Which form a queue has, what limits its requests, and that breaking changes the latter. */
static void
form_and_room(struct vq_config c, enum vq_form form)
{
	struct vq vq;

	accepted(c);
	assert_int_equal(vq_init(&vq, &c), 0);
	assert_int_equal(vq.form, form);
	assert_int_equal(vq.room, form == VQ_FORM_DIRECT ? VQ_ROOM_DESC : VQ_ROOM_SLOTS);
	assert_true(vq_is_plain(&vq) == (form == VQ_FORM_PLAIN));
	assert_false(vq_is_broken(&vq));
	vq_break(&vq, VQ_STOPPED);
	assert_int_equal(vq.form, form);
	assert_int_equal(vq.room, VQ_ROOM_NONE);
	assert_true(vq_is_broken(&vq));
	assert_int_equal(vq_nb_free(&vq), 0);
}

static void
forms(void **state)
{
	enum vq_kind kind;

	(void)state;
	for (kind = VQ_SPLIT; kind <= VQ_PACKED_IN_ORDER; kind++) {
		struct vq_config c = good(kind, 8);

		form_and_room(c, VQ_FORM_PLAIN);
		c.fifo_slots = true;
		form_and_room(c, VQ_IS_IN_ORDER(kind) ? VQ_FORM_PLAIN : VQ_FORM_FIFO);
		c.indirect = false;
		if (VQ_IS_IN_ORDER(kind))
			form_and_room(c, VQ_FORM_DIRECT);
		c.fifo_slots = false;
		form_and_room(c, VQ_FORM_DIRECT);
	}
}

static void
fini_accepts_nothing(void **state)
{
	struct vq vq;

	(void)state;
	memset(&vq, 0, sizeof(vq));
	vq_fini(&vq);
	vq_fini(&vq);
	assert_null(vq_broken(&vq));
}

/* 2.7, 2.8: alignment and room of each area; what the two sides write shares no line. */
static void
areas(void **state)
{
	static const uint16_t sizes[] = { 1, 2, 3, 4, 100, 256, 1024, 32768 };
	struct vq_areas a;
	enum vq_kind kind;
	unsigned int i;

	(void)state;
	for (kind = VQ_SPLIT; kind <= VQ_PACKED_IN_ORDER; kind++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			size_t n = sizes[i], total = vq_ring_size(kind, sizes[i]);
			bool packed = VQ_IS_PACKED(kind);

			vq_ring_areas(&a, kind, sizes[i]);
			assert_int_equal(a.desc % VIRTQ_DESC_ALIGN, 0);
			assert_true(a.driver >= a.desc + 16 * n);
			assert_true(a.device >= a.driver + (packed ? 4 : 6 + 2 * n));
			assert_true(total >= a.device + (packed ? 4 : 6 + 8 * n));
			assert_int_equal(a.driver % 64, 0);
			assert_int_equal(a.device % 64, 0);
			/* Padding stays small: three gaps at most. */
			assert_true(total <= (packed ? 16 * n + 8 : 26 * n + 12) + 3 * 128);
		}
	}
}

/* Zeroed (2.7.8, 2.8.13), nobody is to interrupt, and nothing is available. */
static void
fresh_memory(void **state)
{
	struct far_req none;
	uint32_t i, set = 0;

	(void)state;
	RIG_EACH(r) {
		for (i = 0; i < r->entries * sizeof(struct vq_entry); i++)
			assert_int_equal(r->tables.base[i], 0);
		assert_false(far_pop(r, &none));
		assert_false(far_would_interrupt(r, r->far_used));
		assert_int_equal(vq_nb_free(&r->vq), rig_capacity(r));
		assert_int_equal(vq_nb_in_flight(&r->vq), 0);
		if (r->v.first_idx != 0 || r->v.indirect)
			continue;
		/* All but the driver's word against interrupts. */
		for (i = 0; i < r->ring.len; i++)
			set += r->ring.base[i] != 0;
		assert_int_equal(set, 1);
		set = 0;
	}
}

/* The kernel's header is another reading of the same standard. */
static void
same_as_the_kernel(void **state)
{
	(void)state;
#define SAME(ours, our_field, theirs, their_field) do { \
	assert_int_equal(sizeof(ours), sizeof(theirs)); \
	assert_int_equal(offsetof(ours, our_field), offsetof(theirs, their_field)); \
} while (0)
	SAME(struct virtq_desc, addr, struct vring_desc, addr);
	SAME(struct virtq_desc, len, struct vring_desc, len);
	SAME(struct virtq_desc, flags, struct vring_desc, flags);
	SAME(struct virtq_desc, next, struct vring_desc, next);
	SAME(struct virtq_avail, idx, struct vring_avail, idx);
	SAME(struct virtq_avail, ring, struct vring_avail, ring);
	SAME(struct virtq_used, idx, struct vring_used, idx);
	SAME(struct virtq_used, ring, struct vring_used, ring);
	SAME(struct virtq_used_elem, id, struct vring_used_elem, id);
	SAME(struct virtq_used_elem, len, struct vring_used_elem, len);
	SAME(struct pvirtq_desc, addr, struct vring_packed_desc, addr);
	SAME(struct pvirtq_desc, len, struct vring_packed_desc, len);
	SAME(struct pvirtq_desc, id, struct vring_packed_desc, id);
	SAME(struct pvirtq_desc, flags, struct vring_packed_desc, flags);
	SAME(struct pvirtq_event_suppress, desc, struct vring_packed_desc_event, off_wrap);
	SAME(struct pvirtq_event_suppress, flags, struct vring_packed_desc_event, flags);
	/* A slot's entries are filled alike for both layouts. */
	SAME(struct vq_entry, addr, struct vring_desc, addr);
	SAME(struct vq_entry, len, struct vring_packed_desc, len);
	SAME(struct vq_entry, tail[0], struct vring_desc, flags);
	SAME(struct vq_entry, tail[1], struct vring_packed_desc, flags);
	assert_int_equal(VIRTQ_DESC_F_NEXT, VRING_DESC_F_NEXT);
	assert_int_equal(VIRTQ_DESC_F_WRITE, VRING_DESC_F_WRITE);
	assert_int_equal(VIRTQ_DESC_F_INDIRECT, VRING_DESC_F_INDIRECT);
	assert_int_equal(VIRTQ_DESC_F_AVAIL, 1 << VRING_PACKED_DESC_F_AVAIL);
	assert_int_equal(VIRTQ_DESC_F_USED, 1 << VRING_PACKED_DESC_F_USED);
	assert_int_equal(VIRTQ_AVAIL_F_NO_INTERRUPT, VRING_AVAIL_F_NO_INTERRUPT);
	assert_int_equal(VIRTQ_USED_F_NO_NOTIFY, VRING_USED_F_NO_NOTIFY);
	assert_int_equal(PVIRTQ_EVENT_F_ENABLE, VRING_PACKED_EVENT_FLAG_ENABLE);
	assert_int_equal(PVIRTQ_EVENT_F_DISABLE, VRING_PACKED_EVENT_FLAG_DISABLE);
	assert_int_equal(PVIRTQ_EVENT_F_DESC, VRING_PACKED_EVENT_FLAG_DESC);
}

/* No line of a queue that is written is another queue's: structs in an array, private
 * memory back to back.
 */
static void
queues_share_no_line(void **state)
{
	uint16_t size;

	(void)state;
	assert_int_equal(sizeof(struct vq) % VQ_CACHE_LINE, 0);
	assert_int_equal(_Alignof(struct vq) % VQ_CACHE_LINE, 0);
	assert_int_equal(offsetof(struct vq, top) % VQ_CACHE_LINE, 0);
	for (size = 1; size < 300; size++) {
		assert_int_equal(vq_shadow_size(size) % VQ_CACHE_LINE, 0);
		assert_int_equal(vq_ring_size(VQ_SPLIT, size) % VQ_CACHE_LINE, 0);
		assert_int_equal(vq_ring_size(VQ_PACKED, size) % VQ_CACHE_LINE, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(refusals, rig_teardown),
		cmocka_unit_test_teardown(fifo_wants_tables, rig_teardown),
		cmocka_unit_test_teardown(forms, rig_teardown),
		cmocka_unit_test_teardown(fini_accepts_nothing, rig_teardown),
		cmocka_unit_test_teardown(areas, rig_teardown),
		cmocka_unit_test_teardown(fresh_memory, rig_teardown),
		cmocka_unit_test_teardown(same_as_the_kernel, rig_teardown),
		cmocka_unit_test_teardown(queues_share_no_line, rig_teardown),
	};

	return rig_run("vq init", tests, sizeof(tests) / sizeof(tests[0]));
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Notifications: a kick exactly when the device asks for one, in all three ways to
 * ask; what NOTIFICATION_DATA carries; and a device that never has a reason to
 * interrupt a driver that polls.
 */
#include <linux/virtio_ring.h>

#include "vq_rig.h"

/* nb requests through the queue, all done again; returns whether a kick was due. */
static bool
pass(struct rig *r, uint32_t nb)
{
	struct far_req req[256];
	bool kick;
	uint32_t i;

	for (i = 0; i < nb; i++)
		rig_add(r);
	rig_publish(r);
	kick = rig_needs_kick(r);
	for (i = 0; i < nb; i++)
		assert_true(far_pop(r, &req[i]));
	for (i = 0; i < nb; i++)
		far_push(r, req[i].id, req[i].nb_desc, 1);
	while (rig_used(r, 100) != 0)
		assert_non_null(rig_take_op(r, NULL));
	assert_int_equal(vq_nb_in_flight(&r->vq), 0);
	return kick;
}

static void
on_and_off(void **state)
{
	uint32_t i;

	(void)state;
	RIG_EACH(r) {
		/* A fresh ring asks for kicks; with EVENT_IDX split, for index 0. */
		if (!r->v.event_idx || VQ_IS_PACKED(r->v.kind))
			assert_true(pass(r, 1));
		for (i = 0; i < 3; i++) {
			far_kicks_off(r);
			assert_false(pass(r, 1));
			far_kicks_on(r);
			assert_true(pass(r, 1));
		}
	}
}

static void
nothing_new_is_no_kick(void **state)
{
	(void)state;
	RIG_EACH(r) {
		assert_false(rig_needs_kick(r));
		rig_publish(r);
		assert_false(rig_needs_kick(r));
		far_kicks_on(r);
		assert_true(pass(r, 1));
		assert_false(rig_needs_kick(r));
	}
}

/* EVENT_IDX: due when, and only when, the one named is among those just published. */
static void
event_is_hit_or_not(void **state)
{
	uint32_t lap, unit, nb, at;

	(void)state;
	RIG_EACH(r) {
		if (!r->v.event_idx || !r->v.indirect)
			continue;
		for (lap = 0; lap < 3u * r->v.size && lap < 40; lap++) {
			nb = lap % r->v.size + 1;
			for (unit = 0; unit < 3; unit++) {
				/* just in front, the last one, just behind */
				at = unit == 0 ? 0 : unit == 1 ? nb - 1 : nb;
				if (at == 2u * r->v.size)
					continue;
				far_kick_at(r, (uint16_t)at);
				assert_int_equal(pass(r, nb), at < nb);
			}
		}
	}
}

/* The same in a full round and across the wrap, against the kernel's formula. */
static void
event_agrees_with_the_kernel(void **state)
{
	uint32_t lap, nb, ahead;
	uint16_t old, idx;

	(void)state;
	RIG_EACH(r) {
		if (!r->v.event_idx || !r->v.indirect || VQ_IS_PACKED(r->v.kind))
			continue;
		for (lap = 0; lap < 60; lap++) {
			nb = lap * 5 % r->v.size + 1;
			ahead = lap * 7919;
			old = r->far_avail;
			idx = (uint16_t)(old + nb);
			far_kick_at(r, (uint16_t)ahead);
			assert_int_equal(pass(r, nb),
					vring_need_event((uint16_t)(old + ahead), idx, old));
		}
	}
}

/* A position outside of the ring, flags that are reserved, DESC without EVENT_IDX:
 * better one kick too many.
 */
static void
nonsense_is_a_kick(void **state)
{
	struct pvirtq_event_suppress *e;

	(void)state;
	RIG_EACH(r) {
		if (!VQ_IS_PACKED(r->v.kind))
			continue;
		e = (void *)(r->ring.base + r->areas.device);
		e->flags = cpu_to_le16(PVIRTQ_EVENT_F_DESC);
		e->desc = cpu_to_le16(r->v.size);
		assert_true(pass(r, 1));
		e->flags = cpu_to_le16(3);
		assert_true(pass(r, 1));
		e->flags = cpu_to_le16(PVIRTQ_EVENT_F_DISABLE);
		assert_false(pass(r, 1));
		e->flags = cpu_to_le16(PVIRTQ_EVENT_F_DESC);
		e->desc = cpu_to_le16((uint16_t)((r->far_pos + 1) % r->v.size));
		if (!r->v.event_idx)
			assert_true(pass(r, 1));
	}
}

/* Split without EVENT_IDX: avail_event is not looked at; with it, flags are not
 * (2.7.10).
 */
static void
the_other_word_is_ignored(void **state)
{
	(void)state;
	RIG_EACH(r) {
		struct virtq_used *used = (void *)(r->ring.base + r->areas.device);

		if (VQ_IS_PACKED(r->v.kind))
			continue;
		if (r->v.event_idx) {
			far_kicks_on(r);
			used->flags = cpu_to_le16(VIRTQ_USED_F_NO_NOTIFY);
			assert_true(pass(r, 1));
		} else {
			memset(&used->ring[r->v.size], 0x5a, 2);
			assert_true(pass(r, 1));
		}
	}
}

/* 2.9: the position after the last one published, with its wrap counter. */
static void
notification_data(void **state)
{
	uint32_t lap, data;

	(void)state;
	RIG_EACH(r) {
		for (lap = 0; lap < 3u * r->v.size && lap < 300; lap++) {
			pass(r, lap % rig_capacity(r) + 1);
			data = rig_notify_data(r);
			assert_int_equal(data & 0xffff, 0);
			if (VQ_IS_PACKED(r->v.kind)) {
				assert_int_equal(data >> 16 & 0x7fff, r->far_pos);
				assert_int_equal(data >> 31, r->far_wrap);
			} else {
				assert_int_equal(data >> 16, r->far_avail);
			}
		}
	}
}

/* More than all of the index's 65536 values: the device has no reason to interrupt. */
static void
never_interrupted(void **state)
{
	uint32_t i;
	uint16_t old;

	(void)state;
	RIG_EACH(r) {
		if (r->v.size < 100 || !r->v.indirect || r->v.platform)
			continue;
		for (i = 0; i < 90000; i += 100) {
			old = r->far_used;
			pass(r, 100);
			assert_false(far_would_interrupt(r, old));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(on_and_off, rig_teardown),
		cmocka_unit_test_teardown(nothing_new_is_no_kick, rig_teardown),
		cmocka_unit_test_teardown(event_is_hit_or_not, rig_teardown),
		cmocka_unit_test_teardown(event_agrees_with_the_kernel, rig_teardown),
		cmocka_unit_test_teardown(nonsense_is_a_kick, rig_teardown),
		cmocka_unit_test_teardown(the_other_word_is_ignored, rig_teardown),
		cmocka_unit_test_teardown(notification_data, rig_teardown),
		cmocka_unit_test_teardown(never_interrupted, rig_teardown),
	};

	return rig_run("vq kick", tests, sizeof(tests) / sizeof(tests[0]));
}

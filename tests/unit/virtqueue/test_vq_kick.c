/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Notifications: a kick exactly when the device asks for one, in all three ways to
 * ask; what NOTIFICATION_DATA carries; and a device that never has a reason to
 * interrupt a driver that polls.
 */
#include <linux/virtio_ring.h>

#include "vq_rig.h"

/* The device takes nb requests and completes them. */
static void
serve(struct rig *r, uint32_t nb)
{
	struct far_req req[256];
	uint32_t i;

	for (i = 0; i < nb; i++)
		assert_true(far_pop(r, &req[i]));
	for (i = 0; i < nb; i++)
		far_push(r, req[i].id, req[i].nb_desc, 1);
	while (rig_used(r, 100) != 0)
		assert_non_null(rig_take_op(r, NULL));
}

static void
publish(struct rig *r, uint32_t nb)
{
	while (nb-- > 0)
		rig_add(r);
	rig_publish(r);
}

/* nb requests through the queue, all done again; returns whether a kick was due.  The one
 * question after publishing and the other have the same answer when nothing changes meanwhile.
 */
static bool
pass(struct rig *r, uint32_t nb)
{
	static bool turn;
	bool kick;

	publish(r, nb);
	turn = !turn;
	kick = turn ? rig_needs_kick(r) : rig_asks_kick(r);
	if (!turn && !kick)
		assert_false(rig_polls_kick(r));
	serve(r, nb);
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

/* The device's wish, made at the same time, is seen only after the publish. */
static void
late_wish_is_a_kick(void **state)
{
	uint32_t lap, nb, data;

	(void)state;
	RIG_EACH(r) {
		for (lap = 0; lap < 3u * r->v.size && lap < 100; lap++) {
			nb = lap % rig_capacity(r) + 1;
			far_kicks_off(r);
			publish(r, nb);
			assert_false(rig_asks_kick(r));
			data = rig_notify_data(r);
			/* avail_event has no value that says off: a barrier would close it. */
			if (!r->v.event_idx || VQ_IS_PACKED(r->v.kind))
				assert_false(rig_polls_kick(r));
			far_kicks_on(r);
			assert_true(vq_owes_kick(&r->vq));
			assert_true(rig_polls_kick(r));
			assert_int_equal(rig_notify_data(r), data);
			/* Once: the device wakes up. */
			assert_false(rig_polls_kick(r));
			serve(r, nb);
			assert_false(rig_polls_kick(r));
		}
	}
}

/* It has used what was published, and wants to hear of what comes next. */
static void
wish_after_use_is_none(void **state)
{
	uint32_t lap, nb;

	(void)state;
	RIG_EACH(r) {
		for (lap = 0; lap < 3u * r->v.size && lap < 100; lap++) {
			nb = lap % rig_capacity(r) + 1;
			far_kicks_off(r);
			publish(r, nb);
			assert_false(rig_asks_kick(r));
			serve(r, nb);
			far_kicks_on(r);
			assert_false(rig_polls_kick(r));
			assert_false(rig_polls_kick(r));
			assert_true(pass(r, 1));
		}
	}
}

/* A wish for the middle of what is in flight: of what the device used nothing is asked. */
static void
late_wish_in_the_middle(void **state)
{
	uint32_t lap, nb;

	(void)state;
	RIG_EACH(r) {
		if (rig_capacity(r) < 2)
			continue;
		for (lap = 0; lap < 3u * r->v.size && lap < 100; lap++) {
			nb = 2 + lap % (rig_capacity(r) - 1);
			far_kicks_off(r);
			publish(r, nb);
			assert_false(rig_asks_kick(r));
			serve(r, nb - 1);
			far_kicks_on(r);
			assert_true(rig_polls_kick(r));
			serve(r, 1);
			far_kicks_on(r);
			assert_false(rig_polls_kick(r));
		}
	}
}

/* One kick for all that was published until then; the next publish asks for itself alone. */
static void
no_second_kick_for_the_same(void **state)
{
	(void)state;
	RIG_EACH(r) {
		if (!r->v.event_idx || rig_capacity(r) < 3)
			continue;
		far_kick_at(r, 0);
		publish(r, 1);
		assert_true(rig_asks_kick(r));
		publish(r, 1);		/* the device has not woken up yet */
		assert_false(rig_asks_kick(r));
		assert_false(rig_polls_kick(r));
		publish(r, 1);
		assert_false(rig_asks_kick(r));
		serve(r, 3);
	}
}

/* Requests that are added and not published are none of the device's. */
static void
unpublished_are_not_asked_for(void **state)
{
	uint32_t data;

	(void)state;
	RIG_EACH(r) {
		if (rig_capacity(r) < 2)
			continue;
		far_kicks_off(r);
		publish(r, 1);
		assert_false(rig_asks_kick(r));
		data = rig_notify_data(r);
		rig_add(r);
		far_kicks_on(r);
		assert_true(rig_polls_kick(r));
		assert_int_equal(rig_notify_data(r), data);
		serve(r, 1);
		far_kicks_on(r);
		assert_false(rig_polls_kick(r));
		rig_publish(r);
		assert_true(rig_asks_kick(r));
		assert_int_not_equal(rig_notify_data(r), data);
		serve(r, 1);
	}
}

/* A poll is idle when nothing is used and no kick can be owed; never when there is one. */
static void
look_of_a_poll(void **state)
{
	struct far_req req;
	uint32_t lap;

	(void)state;
	RIG_EACH(r) {
		for (lap = 0; lap < 3u * r->v.size && lap < 100; lap++) {
			far_kicks_off(r);
			publish(r, 1);
			assert_false(rig_asks_kick(r));
			assert_false(rig_polls_kick(r));
			assert_true(rig_is_idle(r));
			far_kicks_on(r);
			/* avail_event was asked with a barrier, and flags are 0 there. */
			assert_int_equal(rig_is_idle(r),
					r->v.event_idx && !VQ_IS_PACKED(r->v.kind));
			assert_int_equal(rig_used(r, 100), 0);
			(void)rig_polls_kick(r);
			assert_true(far_pop(r, &req));
			far_push(r, req.id, req.nb_desc, 1);
			assert_false(rig_is_idle(r));
			assert_int_equal(rig_used(r, 100), 1);
			assert_non_null(rig_take_op(r, NULL));
		}
	}
}

/* EVENT_IDX, split: flags have no meaning, and while the question is open no poll is idle. */
static void
look_while_open(void **state)
{
	(void)state;
	RIG_EACH(r) {
		struct virtq_used *used = (void *)(r->ring.base + r->areas.device);
		uint16_t flags;

		if (VQ_IS_PACKED(r->v.kind) || !r->v.event_idx)
			continue;
		for (flags = 0; flags < 2; flags++) {
			used->flags = cpu_to_le16(flags);
			far_kicks_off(r);
			publish(r, 1);
			assert_false(rig_asks_kick(r));
			assert_false(rig_is_idle(r));
			assert_int_equal(rig_used(r, 100), 0);
			assert_false(rig_polls_kick(r));
			serve(r, 1);
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
		cmocka_unit_test_teardown(late_wish_is_a_kick, rig_teardown),
		cmocka_unit_test_teardown(wish_after_use_is_none, rig_teardown),
		cmocka_unit_test_teardown(late_wish_in_the_middle, rig_teardown),
		cmocka_unit_test_teardown(no_second_kick_for_the_same, rig_teardown),
		cmocka_unit_test_teardown(unpublished_are_not_asked_for, rig_teardown),
		cmocka_unit_test_teardown(look_of_a_poll, rig_teardown),
		cmocka_unit_test_teardown(look_while_open, rig_teardown),
		cmocka_unit_test_teardown(never_interrupted, rig_teardown),
	};

	return rig_run("vq kick", tests, sizeof(tests) / sizeof(tests[0]));
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device that breaks the rules of the ring: each breach stops the queue for good,
 * nothing of what the device said is acted on, and everything in flight stays to be
 * taken back.
 */
#include "vq_rig.h"

/* nb requests in flight, seen by the far side. */
static void
in_flight(struct rig *r, uint32_t nb, struct far_req *req)
{
	uint32_t i;

	for (i = 0; i < nb; i++)
		rig_add(r);
	rig_publish(r);
	for (i = 0; i < nb; i++)
		assert_true(far_pop(r, &req[i]));
}

/* The queue is broken, says why, gives nothing and takes nothing, whatever the device
 * writes from now on; and nb requests come back by vq_detach.
 */
static void
is_broken(struct rig *r, uint32_t nb)
{
	const char *why = vq_broken(&r->vq);
	uint16_t slot, idx;
	uint32_t len;

	assert_non_null(why);
	assert_int_equal(vq_nb_free(&r->vq), 0);
	assert_int_equal(vq_nb_in_flight(&r->vq), nb);
	for (idx = 0; idx < 3; idx++) {
		memset(r->ring.base, idx == 0 ? 0 : idx == 1 ? 0xff : 0x80, r->ring.len);
		assert_int_equal(rig_used(r, 100), 0);
		assert_null(rig_take(r, &slot, &len));
	}
	vq_break(&r->vq, VQ_LOST);
	assert_ptr_equal(vq_broken(&r->vq), why);
	for (; nb > 0; nb--) {
		struct rig_op *op = vq_detach(&r->vq, &slot);

		assert_non_null(op);
		assert_true(op->in_flight);
		op->in_flight = false;
	}
	assert_null(vq_detach(&r->vq, &slot));
}

/* A rule that shows when a used entry is looked at. */
static void
take_finds_it(struct rig *r, uint32_t nb)
{
	uint16_t slot = 0x5555;
	uint32_t len;

	if (rig_used(r, 100) != 0)
		assert_null(rig_take(r, &slot, &len));
	assert_int_equal(slot, 0x5555);
	is_broken(r, nb);
}

/* Requests for the cases below: at least 1, at most 3, fewer than the queue has. */
static uint32_t
some(const struct rig *r)
{
	return rig_capacity(r) < 4 ? 1 : 3;
}

static void
id_out_of_range(void **state)
{
	static const uint32_t off[] = { 0, 1, 0x7fff };
	struct far_req req[3];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		RIG_EACH(r) {
			uint32_t nb = some(r);

			/* Without reading an entry there is no id to be wrong: see below. */
			in_flight(r, nb, req);
			far_lie(r, r->v.size + off[i], 1);
			take_finds_it(r, nb);
		}
	}
}

/* Split ids are 32 bits wide: the upper ones count. */
static void
id_with_upper_bits(void **state)
{
	struct far_req req[3];

	(void)state;
	RIG_EACH(r) {
		if (VQ_IS_PACKED(r->v.kind))
			continue;
		in_flight(r, some(r), req);
		far_lie(r, UINT32_C(0x10000) | req[0].id, 1);
		take_finds_it(r, some(r));
	}
}

static void
id_not_in_flight(void **state)
{
	struct far_req req[3];
	uint16_t other;

	(void)state;
	RIG_EACH(r) {
		uint32_t nb = some(r);

		if (r->v.size < 4)
			continue;
		in_flight(r, nb, req);
		other = rig_next_slot(r);	/* free */
		far_lie(r, other, 1);
		take_finds_it(r, nb);
	}
}

/* Direct chains: a descriptor that is not a head. */
static void
id_within_a_chain(void **state)
{
	struct far_req req[3];
	struct rig_op *op;
	uint16_t slot;

	(void)state;
	RIG_EACH(r) {
		if (r->v.indirect || r->v.size < 4 || r->v.kind == VQ_PACKED)
			continue;
		while ((r->seq % r->entries) + 1 < 3)
			r->seq++;
		op = rig_add(r);
		rig_publish(r);
		assert_true(far_pop(r, &req[0]));
		/* The second descriptor of the chain. */
		slot = VQ_IS_PACKED(r->v.kind) || VQ_IS_IN_ORDER(r->v.kind) ?
				(uint16_t)((op->slot + 1u) % r->v.size) :
				(uint16_t)(op->slot == 0 ? 1 : op->slot - 1);
		far_lie(r, slot, 1);
		take_finds_it(r, 1);
	}
}

static void
id_used_twice(void **state)
{
	struct far_req req[3];

	(void)state;
	RIG_EACH(r) {
		uint32_t nb = some(r), len;

		if (nb < 3)
			continue;
		in_flight(r, nb, req);
		far_push(r, req[0].id, req[0].nb_desc, 1);
		assert_int_not_equal(rig_used(r, 100), 0);
		assert_int_equal(rig_take_op(r, &len)->seq, req[0].seq);
		far_lie(r, req[0].id, 1);
		take_finds_it(r, nb - 1);
	}
}

/* Both in one look at the used ring. */
static void
id_twice_at_once(void **state)
{
	struct far_req req[3];

	(void)state;
	RIG_EACH(r) {
		uint32_t nb = some(r), len;

		if (nb < 3)
			continue;
		in_flight(r, nb, req);
		far_push(r, req[0].id, req[0].nb_desc, 1);
		far_lie(r, req[0].id, 1);
		assert_int_not_equal(rig_used(r, 100), 0);
		assert_int_equal(rig_take_op(r, &len)->seq, req[0].seq);
		take_finds_it(r, nb - 1);
	}
}

/* Nothing was ever made available. */
static void
used_when_nothing_is_in_flight(void **state)
{
	struct far_req req[3];
	uint16_t slot;
	uint32_t len;

	(void)state;
	RIG_EACH(r) {
		if (VQ_IS_PACKED(r->v.kind)) {
			/* Not even looked at. */
			far_lie(r, 0, 1);
			assert_int_equal(rig_used(r, 100), 0);
			assert_null(rig_take(r, &slot, &len));
			assert_null(vq_broken(&r->vq));
			in_flight(r, 1, req);
			far_push(r, req[0].id, req[0].nb_desc, 1);
			assert_int_equal(rig_used(r, 100), 1);
			assert_non_null(rig_take_op(r, &len));
		} else {
			far_lie(r, 0, 1);
			assert_int_equal(rig_used(r, 100), 0);
			is_broken(r, 0);
		}
	}
}

/* H2: the used index advances by no more than what is in flight. */
static void
index_jump(void **state)
{
	static const uint16_t jumps[] = { 1, 2, 0x100, 0x7fff, 0x8000, 0xff00 };
	struct far_req req[3];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		RIG_EACH(r) {
			uint32_t nb = some(r);

			if (VQ_IS_PACKED(r->v.kind))
				continue;
			in_flight(r, nb, req);
			far_set_used_idx(r, (uint16_t)(r->v.first_idx + nb + jumps[i]));
			assert_int_equal(rig_used(r, 100), 0);
			is_broken(r, nb);
		}
	}
}

static void
index_goes_back(void **state)
{
	struct far_req req[3];
	uint32_t len;

	(void)state;
	RIG_EACH(r) {
		if (VQ_IS_PACKED(r->v.kind))
			continue;
		in_flight(r, 1, req);
		far_push(r, req[0].id, req[0].nb_desc, 1);
		assert_int_equal(rig_used(r, 100), 1);
		assert_non_null(rig_take_op(r, &len));
		in_flight(r, 1, req);
		far_set_used_idx(r, r->v.first_idx);
		assert_int_equal(rig_used(r, 100), 0);
		is_broken(r, 1);
	}
}

/* The index was good when it was read; what it becomes later does not matter. */
static void
index_is_read_once(void **state)
{
	struct far_req req[3];
	uint32_t i, len;

	(void)state;
	RIG_EACH(r) {
		if (VQ_IS_PACKED(r->v.kind) || some(r) < 3)
			continue;
		in_flight(r, 3, req);
		for (i = 0; i < 2; i++)
			far_push(r, req[i].id, req[i].nb_desc, 1);
		assert_int_equal(rig_used(r, 100), 2);
		far_set_used_idx(r, (uint16_t)(r->v.first_idx + 0x4000));
		for (i = 0; i < 2; i++)
			assert_int_equal(rig_take_op(r, &len)->seq, req[i].seq);
		assert_null(rig_take_op(r, &len));
		assert_null(vq_broken(&r->vq));
	}
}

/* Packed: flags that are not both the wrap counter's are not used yet, no more. */
static void
wrong_flags_are_not_used_yet(void **state)
{
	static const uint16_t wrong[2][3] = {
		{ 0x8080, 0x0080, 0x8000 },	/* wrap counter 0: used is 0x0000 */
		{ 0x0000, 0x0080, 0x8000 },
	};
	struct far_req req[3];
	uint16_t slot;
	uint32_t i, len;

	(void)state;
	RIG_EACH(r) {
		struct pvirtq_desc *d;

		if (!VQ_IS_PACKED(r->v.kind))
			continue;
		in_flight(r, 1, req);
		d = (struct pvirtq_desc *)(void *)r->ring.base + r->far_used_pos;
		for (i = 0; i < 3; i++) {
			d->flags = cpu_to_le16(wrong[r->far_used_wrap][i]);
			assert_int_equal(rig_used(r, 100), 0);
			assert_null(rig_take(r, &slot, &len));
			assert_null(vq_broken(&r->vq));
		}
		far_push(r, req[0].id, req[0].nb_desc, 1);
		assert_int_equal(rig_used(r, 100), 1);
		assert_non_null(rig_take_op(r, &len));
	}
}

/* IN_ORDER: an id beyond what is in flight, and one that is done. */
static void
batch_outside_of_the_window(void **state)
{
	struct far_req req[3];
	uint32_t len;

	(void)state;
	RIG_EACH(r) {
		uint32_t nb = some(r);

		if (!VQ_IS_IN_ORDER(r->v.kind) || nb < 3)
			continue;
		in_flight(r, nb, req);
		far_push(r, req[0].id, req[0].nb_desc, 1);
		assert_int_not_equal(rig_used(r, 100), 0);
		assert_non_null(rig_take_op(r, &len));
		/* The whole ring round and one further. */
		far_lie(r, req[0].id, 1);
		take_finds_it(r, nb - 1);
	}
}

/* Split IN_ORDER: an entry that stands for more than the index says. */
static void
batch_longer_than_the_index_says(void **state)
{
	struct far_req req[3];

	(void)state;
	RIG_EACH(r) {
		if (r->v.kind != VQ_SPLIT_IN_ORDER || some(r) < 3)
			continue;
		in_flight(r, 3, req);
		far_lie(r, req[2].id, 1);	/* the index moves by one */
		take_finds_it(r, 3);
	}
}

/* A caller who wants no lengths reads no id either: the index alone counts. */
static void
no_length_reads_no_entry(void **state)
{
	struct far_req req[3];
	uint32_t i;

	(void)state;
	RIG_EACH(r) {
		if (r->v.kind != VQ_SPLIT_IN_ORDER || some(r) < 3)
			continue;
		in_flight(r, 3, req);
		far_lie(r, 0xffffffff, 1);
		far_set_used_idx(r, (uint16_t)(r->v.first_idx + 3));
		assert_int_equal(rig_used(r, 100), 3);
		for (i = 0; i < 3; i++)
			assert_int_equal(rig_take_op(r, NULL)->seq, req[i].seq);
		assert_null(vq_broken(&r->vq));
	}
}

static void
broken_from_outside(void **state)
{
	struct far_req req[3];

	(void)state;
	RIG_EACH(r) {
		uint32_t nb = some(r);

		in_flight(r, nb, req);
		far_push(r, req[0].id, req[0].nb_desc, 1);
		assert_int_not_equal(rig_used(r, 100), 0);
		vq_break(&r->vq, VQ_LOST);
		assert_string_equal(vq_broken(&r->vq), "the device was lost");
		is_broken(r, nb);
	}
}

/* A burst of taking that finds a breach keeps what it took before. */
static void
burst_keeps_what_it_took(void **state)
{
	struct far_req req[3];
	struct vq_drain d;
	void *token = NULL;
	struct rig_op *op;
	size_t slot;

	(void)state;
	RIG_EACH(r) {
		if (some(r) < 3 || r->v.kind == VQ_SPLIT_IN_ORDER)
			continue;
		in_flight(r, 3, req);
		far_push(r, req[0].id, req[0].nb_desc, 1);
		far_lie(r, r->v.size, 1);
		if (r->v.kind == VQ_SPLIT)
			far_set_used_idx(r, (uint16_t)(r->v.first_idx + 2));
#define TWO(k) \
		vq_drain_begin(&d, &r->vq, k, vq_used(&r->vq, k, 32), false); \
		assert_true(vq_drain_take(&d, k, &token, &slot, NULL)); \
		op = token; \
		assert_ptr_equal(op, rig_op(r, req[0].seq)); \
		op->in_flight = false; \
		assert_false(vq_drain_take(&d, k, &token, &slot, NULL)); \
		assert_false(vq_drain_take(&d, k, &token, &slot, NULL)); \
		vq_drain_end(&d, k)
		if (r->v.kind == VQ_SPLIT) {
			TWO(VQ_SPLIT);
		} else if (r->v.kind == VQ_PACKED) {
			TWO(VQ_PACKED);
		} else {
			TWO(VQ_PACKED_IN_ORDER);
		}
		is_broken(r, 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(id_out_of_range, rig_teardown),
		cmocka_unit_test_teardown(id_with_upper_bits, rig_teardown),
		cmocka_unit_test_teardown(id_not_in_flight, rig_teardown),
		cmocka_unit_test_teardown(id_within_a_chain, rig_teardown),
		cmocka_unit_test_teardown(id_used_twice, rig_teardown),
		cmocka_unit_test_teardown(id_twice_at_once, rig_teardown),
		cmocka_unit_test_teardown(used_when_nothing_is_in_flight, rig_teardown),
		cmocka_unit_test_teardown(index_jump, rig_teardown),
		cmocka_unit_test_teardown(index_goes_back, rig_teardown),
		cmocka_unit_test_teardown(index_is_read_once, rig_teardown),
		cmocka_unit_test_teardown(wrong_flags_are_not_used_yet, rig_teardown),
		cmocka_unit_test_teardown(batch_outside_of_the_window, rig_teardown),
		cmocka_unit_test_teardown(batch_longer_than_the_index_says, rig_teardown),
		cmocka_unit_test_teardown(no_length_reads_no_entry, rig_teardown),
		cmocka_unit_test_teardown(broken_from_outside, rig_teardown),
		cmocka_unit_test_teardown(burst_keeps_what_it_took, rig_teardown),
	};

	return rig_run("vq rules", tests, sizeof(tests) / sizeof(tests[0]));
}

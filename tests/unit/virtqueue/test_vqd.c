/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half with a driver that behaves: chains of every form, regions that do
 * not lie together, completion in any order or in batches, calls and notifications,
 * going on where a predecessor stopped.
 */
#include <errno.h>

#include "vqd_far.h"

#define LAYOUTS(packed)	for (unsigned int packed = 0; packed < 2; packed++)

static const struct piece three[] = {
	{ FAR_A + 0x9000, 72, R_ }, { FAR_A + 0xa000, 1000, R_ }, { FAR_B + 0x10, 17, W_ } };

static void
is_three(struct far *g, const struct vqd_req *req, uint16_t id)
{
	assert_int_equal(req->id, id);
	assert_int_equal(req->nb_read, 2);
	assert_int_equal(req->nb_write, 1);
	assert_int_equal(req->read_len, 1072);
	assert_int_equal(req->write_len, 17);
	assert_ptr_equal(req->seg[0].ptr, g->mem[0] + 0x9000);
	assert_int_equal(req->seg[0].len, 72);
	assert_ptr_equal(req->seg[1].ptr, g->mem[0] + 0xa000);
	assert_int_equal(req->seg[1].len, 1000);
	assert_ptr_equal(req->seg[2].ptr, g->mem[1] + 0x10);
	assert_int_equal(req->seg[2].len, 17);
}

static void
chains_and_tables(void **state)
{
	static const uint16_t starts[] = { 0, 5, 65530, 65535 };
	uint32_t got, len, s, lap;
	uint16_t id;

	(void)state;
	LAYOUTS(packed) {
		for (s = 0; s < 4; s++) {
			struct far *g = far_make(packed, true, false, false, 8, starts[s]);

			assert_int_equal(far_pop(g, &g->req[0]), 0);
			for (lap = 0; lap < 40; lap++) {
				id = lap % 3 ? far_direct(g, three, 3) :
						far_indirect(g, three, 3);
				assert_true(vqd_notify_on(&g->d));
				assert_int_equal(far_pop(g, &g->req[0]), 1);
				is_three(g, &g->req[0], id);
				if (packed)
					assert_int_equal(g->req[0].nb_desc, lap % 3 ? 3 : 1);
				assert_false(vqd_notify_on(&g->d));
				assert_int_equal(far_pop_burst(g, 4), 0);
				vqd_push(&g->d, &g->req[0], lap);
				assert_false(far_used_next(g, g->req[0].nb_desc, &got, &len));
				vqd_publish(&g->d);
				assert_true(far_used_next(g, g->req[0].nb_desc, &got, &len));
				assert_int_equal(got, id);
				assert_int_equal(len, lap);
			}
			far_free(g);
		}
	}
}

/* Sizes that are no power of two, and the smallest ones. */
static void
odd_sizes(void **state)
{
	static const uint16_t sizes[] = { 1, 2, 3, 7, 100 };
	uint32_t i, lap, got, len;
	uint16_t id;

	(void)state;
	LAYOUTS(packed) {
		for (i = 0; i < 5; i++) {
			struct far *g;
			uint16_t n = sizes[i] < 3 ? sizes[i] : 3;

			if (!packed && (sizes[i] & (sizes[i] - 1)) != 0)
				continue;
			g = far_make(packed, false, false, false, sizes[i], 65533);
			for (lap = 0; lap < 4u * sizes[i]; lap++) {
				id = far_direct(g, three, n);
				assert_int_equal(far_pop_burst(g, 4), 1);
				assert_int_equal(g->req[0].id, id);
				vqd_push(&g->d, &g->req[0], 5);
				vqd_publish(&g->d);
				assert_true(far_used_next(g, n, &got, &len));
				assert_int_equal(got, id);
			}
			far_free(g);
		}
	}
}

/* Split: buffers in the ring, then a table (2.7.5.3.2). */
static void
table_behind_buffers(void **state)
{
	struct far *g = far_make(false, true, false, false, 8, 0);

	(void)state;
	far_set_desc(g, 4, three[0].addr, three[0].len, VIRTQ_DESC_F_NEXT, 6);
	far_set_desc(g, 6, far_write_table(g, three + 1, 2), 32, VIRTQ_DESC_F_INDIRECT, 0);
	far_make_avail(g, 4);
	assert_int_equal(far_pop(g, &g->req[0]), 1);
	is_three(g, &g->req[0], 4);
	far_free(g);
}

/* Split: a table's entries in any order, as next says. */
static void
table_in_any_order(void **state)
{
	struct far *g = far_make(false, true, false, false, 8, 0);
	const struct piece p[] = { three[0], three[2], three[1] };
	uint64_t addr = far_write_table(g, p, 3);
	struct virtq_desc *d = far_ptr(g, addr);

	(void)state;
	d[0].next = cpu_to_le16(2);
	d[1].flags = cpu_to_le16(W_);
	d[2].flags = cpu_to_le16(VIRTQ_DESC_F_NEXT);
	d[2].next = cpu_to_le16(1);
	far_refer(g, addr, 48, 0);
	assert_int_equal(far_pop(g, &g->req[0]), 1);
	is_three(g, &g->req[0], 0);
	far_free(g);
}

/* Packed: flags other than WRITE mean nothing in a table (2.8.8). */
static void
reserved_flags_in_a_table(void **state)
{
	struct far *g = far_make(true, true, false, false, 8, 0);
	uint64_t addr = far_write_table(g, three, 3);
	struct pvirtq_desc *d = far_ptr(g, addr);
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++)
		d[i].flags = cpu_to_le16(le16_to_cpu(d[i].flags) | 0xfffd);
	far_refer(g, addr, 48, 0);
	assert_int_equal(far_pop(g, &g->req[0]), 1);
	is_three(g, &g->req[0], 0);
	far_free(g);
}

/* A buffer over the border of two regions is two segments. */
static void
buffer_over_two_regions(void **state)
{
	static const struct piece p[] = { { FAR_A + FAR_LEN - 3, 10, R_ },
		{ FAR_A + FAR_LEN - 1, 2, W_ } };

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 8, 0);

		far_indirect(g, p, 2);
		assert_int_equal(far_pop(g, &g->req[0]), 1);
		assert_int_equal(g->req[0].nb_read, 2);
		assert_int_equal(g->req[0].nb_write, 2);
		assert_int_equal(g->req[0].read_len, 10);
		assert_ptr_equal(g->segs[0][0].ptr, g->mem[0] + FAR_LEN - 3);
		assert_int_equal(g->segs[0][0].len, 3);
		assert_ptr_equal(g->segs[0][1].ptr, g->mem[1]);
		assert_int_equal(g->segs[0][1].len, 7);
		far_free(g);
	}
}

/* A table over the border, even with an entry cut in two; and one that is not
 * aligned: the standard asks for neither.
 */
static void
table_in_two_regions(void **state)
{
	static const uint32_t off[] = { 48, 32, 16, 8, 5, 40 };
	unsigned int i;
	uint64_t addr;

	(void)state;
	LAYOUTS(packed) {
		for (i = 0; i < 6; i++) {
			struct far *g = far_make(packed, true, false, false, 8, 0);
			const uint8_t *t = far_ptr(g, far_write_table(g, three, 3));
			uint32_t first = off[i];

			memcpy(g->mem[0] + FAR_LEN - first, t, first < 48 ? first : 48);
			if (first < 48)
				memcpy(g->mem[1], t + first, 48 - first);
			addr = FAR_A + FAR_LEN - first;
			far_refer(g, addr, 48, 0);
			assert_int_equal(far_pop(g, &g->req[0]), 1);
			/* The third buffer lies at the start of B, over the table's end. */
			assert_int_equal(g->req[0].read_len, 1072);
			assert_int_equal(g->req[0].write_len, 17);
			assert_int_equal(g->req[0].nb_read, 2);
			far_free(g);
		}
		for (i = 1; i < 16; i++) {
			struct far *g = far_make(packed, true, false, false, 8, 0);
			const uint8_t *t = far_ptr(g, far_write_table(g, three, 3));

			memcpy(g->mem[0] + 0xf000 + i, t, 48);
			far_refer(g, FAR_A + 0xf000 + i, 48, 0);
			assert_int_equal(far_pop(g, &g->req[0]), 1);
			is_three(g, &g->req[0], 0);
			far_free(g);
		}
	}
}

static void
buffers_without_bytes(void **state)
{
	static const struct piece p[] = { { 0, 0, R_ }, { FAR_A + 0x9000, 4, R_ },
		{ UINT64_MAX, 0, R_ }, { FAR_A + 0x9000, 1, W_ } };

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 8, 0);

		far_direct(g, p, 4);
		assert_int_equal(far_pop(g, &g->req[0]), 1);
		assert_int_equal(g->req[0].nb_read, 1);
		assert_int_equal(g->req[0].nb_write, 1);
		assert_int_equal(g->req[0].read_len, 4);
		far_free(g);
	}
}

/* The longest that is allowed: as many as the queue has; 2^32 - 1 bytes. */
static void
just_within_bounds(void **state)
{
	static const struct piece big[] = {
		{ FAR_BIG, 0x80000000, R_ }, { FAR_BIG + 0x80000000, 0x7fffffff, R_ },
		{ FAR_BIG, UINT32_MAX, W_ } };
	struct piece p[8];
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++)
		p[i] = (struct piece){ FAR_A + 0x9000 + i, 1, i < 4 ? R_ : W_ };
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 8, 3);

		far_direct(g, p, 8);
		g->req[0].max_segs = 8;
		assert_int_equal(far_pop(g, &g->req[0]), 1);
		assert_int_equal(g->req[0].nb_read + g->req[0].nb_write, 8);
		vqd_push(&g->d, &g->req[0], 0);
		vqd_publish(&g->d);
		far_indirect(g, p, 8);
		assert_int_equal(far_pop(g, &g->req[0]), 1);
		assert_int_equal(g->req[0].nb_read + g->req[0].nb_write, 8);
		far_indirect(g, big, 3);
		assert_int_equal(far_pop(g, &g->req[1]), 1);
		assert_int_equal(g->req[1].read_len, UINT32_MAX);
		assert_int_equal(g->req[1].write_len, UINT32_MAX);
		far_free(g);
	}
}

/* One window of memory that is known serves what lies in it, for each direction. */
static void
addresses_are_kept(void **state)
{
	static const struct piece first[] = {
		{ FAR_A + 0x9000, 4, R_ }, { FAR_A + 0x9800, 1, W_ } };
	static const struct piece below[] = {
		{ FAR_A + 0x8000, 4, R_ }, { FAR_A + 0x8800, 1, W_ } };
	static const struct piece other[] = {
		{ FAR_R, 4, R_ }, { FAR_A + 0x9801, 1, W_ } };
	static const struct piece denied[] = {
		{ FAR_A + 0x9000, 4, R_ }, { FAR_R, 1, W_ } };

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 16, 0);
		bool kept = g->cfg.lasting;

		far_direct(g, first, 2);
		far_direct(g, first, 2);
		assert_int_equal(far_pop_burst(g, 4), 2);
		assert_int_equal(g->translations, kept ? 2 : 4);
		far_direct(g, below, 2);
		far_direct(g, first, 2);
		assert_int_equal(far_pop_burst(g, 4), 2);
		assert_int_equal(g->translations, kept ? 4 : 8);
		assert_ptr_equal(g->req[0].seg[0].ptr, g->mem[0] + 0x8000);
		assert_ptr_equal(g->req[1].seg[1].ptr, g->mem[0] + 0x9800);
		far_direct(g, other, 2);
		assert_int_equal(far_pop(g, &g->req[0]), 1);
		assert_int_equal(g->translations, kept ? 5 : 10);
		assert_ptr_equal(g->req[0].seg[0].ptr, g->mem[2]);
		/* That it may be read says nothing about writing. */
		far_direct(g, denied, 2);
		assert_int_equal(far_pop(g, &g->req[0]), -EFAULT);
		far_free(g);
	}
}

/* Segments of a burst lie behind each other; what has no room left comes next time. */
static void
shared_segments(void **state)
{
	static const struct piece many[] = {
		{ FAR_A + 0x9000, 1, R_ }, { FAR_A + 0x9001, 1, R_ },
		{ FAR_A + 0x9002, 1, R_ }, { FAR_A + 0x9003, 1, W_ },
		{ FAR_A + 0x9004, 1, W_ }, { FAR_A + 0x9005, 1, W_ } };
	struct vqd_seg segs[8];

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 16, 65530);

		far_indirect(g, many, 3);
		far_indirect(g, many, 6);
		far_direct(g, many, 2);
		/* 3 and 6 are more than 8. */
		assert_int_equal(vqd_pop_pool(&g->d, g->req, 4, segs, 8), 1);
		assert_ptr_equal(g->req[0].seg, segs);
		assert_int_equal(g->req[0].nb_read, 3);
		assert_int_equal(vqd_pop_pool(&g->d, g->req, 4, segs, 8), 2);
		assert_ptr_equal(g->req[0].seg, segs);
		assert_int_equal(g->req[0].nb_read + g->req[0].nb_write, 6);
		assert_ptr_equal(g->req[1].seg, segs + 6);
		assert_ptr_equal(segs[7].ptr, g->mem[0] + 0x9001);
		assert_int_equal(vqd_pop_pool(&g->d, g->req, 4, segs, 8), 0);
		far_indirect(g, many, 6);
		assert_int_equal(vqd_pop_pool(&g->d, g->req, 4, segs, 5), -E2BIG);
		assert_int_equal(vqd_pop_pool(&g->d, g->req, 4, segs, 5), 0);
		far_free(g);
	}
}

/* Completed backwards: the driver finds them in that order. */
static void
out_of_order(void **state)
{
	uint32_t lap, i, got, len;
	uint16_t id[6];

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 16, 65530);

		for (lap = 0; lap < 9; lap++) {
			for (i = 0; i < 6; i++)
				id[i] = i % 2 ? far_direct(g, three, 3) :
						far_indirect(g, three, 3);
			assert_int_equal(far_pop_burst(g, 40), 6);
			for (i = 6; i-- > 0;)
				vqd_push(&g->d, &g->req[i], i + 1);
			assert_false(far_used_next(g, 1, &got, &len));
			vqd_publish(&g->d);
			for (i = 6; i-- > 0;) {
				assert_true(far_used_next(g, g->req[i].nb_desc, &got, &len));
				assert_int_equal(got, id[i]);
				assert_int_equal(len, i + 1);
			}
			assert_false(far_used_next(g, 1, &got, &len));
		}
		far_free(g);
	}
}

/* One entry for all that was pushed since the last cut or publish: at the place of
 * the first, with the id and the length of the last.
 */
static void
in_batches(void **state)
{
	uint32_t lap, i, got, len, before;
	uint16_t id[6];

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, true, 16, 65530);

		for (lap = 0; lap < 9; lap++) {
			for (before = 0, i = 0; i < 6; i++) {
				id[i] = i % 2 ? far_direct(g, three, 2) :
						far_indirect(g, three, 3);
				before += i < 4 ? 1 + i % 2 : 0;
			}
			assert_int_equal(far_pop_burst(g, 40), 6);
			for (i = 0; i < 6; i++) {
				vqd_push(&g->d, &g->req[i], i + 1);
				if (i == 3)
					vqd_cut(&g->d);
			}
			assert_false(far_used_next(g, 1, &got, &len));
			vqd_publish(&g->d);
			assert_true(far_used_next(g, (uint16_t)before, &got, &len));
			assert_int_equal(got, id[3]);
			assert_int_equal(len, 4);
			/* Split: the second entry is at the place of the fifth request. */
			g->used_idx = (uint16_t)(g->used_idx + 3);
			assert_true(far_used_next(g, 3, &got, &len));
			assert_int_equal(got, id[5]);
			assert_int_equal(len, 6);
			g->used_idx = (uint16_t)(g->used_idx + 1);
			assert_false(far_used_next(g, 1, &got, &len));
		}
		far_free(g);
	}
}

/* All of a batch pushed in one call, or one by one: the ring has the same bytes after it, lap
 * for lap, and so has a batch that began with requests of their own.
 */
static void
batches_at_once(void **state)
{
	uint32_t lap, i, k, n;

	(void)state;
	LAYOUTS(packed) {
		struct far *g[2];

		for (k = 0; k < 2; k++)
			g[k] = far_make(packed, true, false, true, 16, 65530);
		for (lap = 0; lap < 40; lap++) {
			n = 1 + lap % 6;
			for (k = 0; k < 2; k++) {
				for (i = 0; i < n; i++)
					if ((lap + i) % 3 == 0)
						far_direct(g[k], three, 2);
					else
						far_indirect(g[k], three, 3);
				assert_int_equal(far_pop_burst(g[k], 40), n);
			}
			if (n > 2 && lap % 4 == 0)
				vqd_push(&g[1]->d, &g[1]->req[0], 7);
			i = n > 2 && lap % 4 == 0;
			vqd_push_all(&g[1]->d, &g[1]->req[i], (uint16_t)(n - i), n);
			for (i = 0; i < n; i++)
				vqd_push(&g[0]->d, &g[0]->req[i], i + 1);
			for (k = 0; k < 2; k++)
				vqd_publish(&g[k]->d);
			assert_memory_equal(g[0]->ring, g[1]->ring, sizeof(g[0]->ring));
			assert_int_equal(vqd_used_base(&g[0]->d), vqd_used_base(&g[1]->d));
		}
		for (k = 0; k < 2; k++)
			far_free(g[k]);
	}
}

/* ---- calls and notifications ---- */

static bool
complete(struct far *g, uint32_t nb)
{
	far_complete(g, (uint16_t)nb);
	return vqd_needs_call(&g->d);
}

static void
calls_by_flag(void **state)
{
	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 16, 65530);
		le16 *flags = packed ? &far_driver_event(g)->flags : &far_avail(g)->flags;

		assert_false(vqd_needs_call(&g->d));	/* nothing was published */
		assert_true(complete(g, 3));
		assert_false(vqd_needs_call(&g->d));
		*flags = cpu_to_le16(1);	/* the same value in both layouts */
		assert_false(complete(g, 3));
		*flags = cpu_to_le16(0);
		assert_true(complete(g, 16));	/* a whole round is not nothing */
		far_free(g);
	}
}

static void
calls_by_event(void **state)
{
	uint32_t lap, nb;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, true, false, 16, 65530);

		for (lap = 0; lap < 64; lap++) {
			nb = lap % 16 + 1;
			far_set_used_event(g, 0);
			assert_true(complete(g, nb));
			far_set_used_event(g, (int32_t)nb - 1);
			assert_true(complete(g, nb));
			far_set_used_event(g, (int32_t)nb);
			assert_false(complete(g, nb));
		}
		if (!packed) {	/* flags are ignored then (2.7.7) */
			far_avail(g)->flags = cpu_to_le16(1);
			far_set_used_event(g, 0);
			assert_true(complete(g, 1));
		}
		far_free(g);
	}
}

/* What a driver would find, in the driver's terms. */
static bool
would_notify(struct far *g, uint16_t old)
{
	uint16_t event;

	if (g->packed)
		return le16_to_cpu(far_device_event(g)->flags) != PVIRTQ_EVENT_F_DISABLE;
	if (!g->cfg.event_idx)
		return (le16_to_cpu(far_used(g)->flags) & VIRTQ_USED_F_NO_NOTIFY) == 0;
	assert_int_equal(le16_to_cpu(far_used(g)->flags), 0);
	memcpy(&event, &far_used(g)->ring[g->size], 2);
	event = le_swap16(event);
	return (uint16_t)(g->avail_idx - event - 1) < (uint16_t)(g->avail_idx - old);
}

static void
notifications_off_and_on(void **state)
{
	unsigned int event_idx, lap;
	uint32_t id, len;
	uint16_t old;

	(void)state;
	LAYOUTS(packed) {
		for (event_idx = 0; event_idx < 2; event_idx++) {
			struct far *g = far_make(packed, true, event_idx, false, 16, 65530);

			for (lap = 0; lap < 20; lap++) {
				vqd_notify_off(&g->d);
				old = g->avail_idx;
				complete(g, lap % 16 + 1);
				assert_false(would_notify(g, old));
				assert_false(vqd_notify_on(&g->d));
				if (packed && event_idx) {
					/* For the next one, with its wrap counter. */
					assert_int_equal(le16_to_cpu(far_device_event(g)->desc),
							g->pos | (uint32_t)g->wrap << 15);
					assert_int_equal(le16_to_cpu(far_device_event(g)->flags),
							PVIRTQ_EVENT_F_DESC);
				}
				old = g->avail_idx;
				far_indirect(g, three, 3);
				assert_true(would_notify(g, old));
				/* One came while we asked: we are told to look again. */
				assert_true(vqd_notify_on(&g->d));
				assert_int_equal(far_pop(g, &g->req[0]), 1);
				vqd_push(&g->d, &g->req[0], 1);
				vqd_publish(&g->d);
				assert_true(far_used_next(g, 1, &id, &len));
			}
			far_free(g);
		}
	}
}

/* Off stays off over all values of the index. */
static void
off_for_long(void **state)
{
	unsigned int i, event_idx;
	uint16_t old;

	(void)state;
	for (event_idx = 0; event_idx < 2; event_idx++) {
		struct far *g = far_make(false, true, event_idx, false, 64, 65530);

		vqd_notify_off(&g->d);
		for (i = 0; i < 150000; i += 30) {
			old = g->avail_idx;
			complete(g, 30);
			assert_false(would_notify(g, old));
		}
		far_free(g);
	}
}

/* ---- going on elsewhere ---- */

static void
bases_carry_on(void **state)
{
	uint32_t i, got, len;
	uint16_t id;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 8, 65532);

		for (i = 0; i < 40; i++) {
			complete(g, 3);
			id = far_direct(g, three, 3);
			/* A successor finds the next request and the next used place. */
			g->cfg.avail_base = vqd_avail_base(&g->d);
			g->cfg.used_base = vqd_used_base(&g->d);
			assert_int_equal(g->cfg.avail_base, packed ?
					(g->used_pos | (uint32_t)g->used_wrap << 15) : g->used_idx);
			vqd_fini(&g->d);
			far_init_device(g);
			assert_int_equal(far_pop(g, &g->req[0]), 1);
			is_three(g, &g->req[0], id);
			vqd_push(&g->d, &g->req[0], 9);
			vqd_publish(&g->d);
			assert_true(far_used_next(g, g->req[0].nb_desc, &got, &len));
			assert_int_equal(got, id);
			assert_false(vqd_notify_on(&g->d));
		}
		far_free(g);
	}
}

/* What was popped and not pushed is not free for the driver: it counts. */
static void
bases_apart(void **state)
{
	uint32_t i;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 4, 2);

		for (i = 0; i < 3; i++)
			far_indirect(g, three, 3);
		assert_int_equal(far_pop_burst(g, 4), 3);
		g->cfg.avail_base = vqd_avail_base(&g->d);
		g->cfg.used_base = vqd_used_base(&g->d);
		far_init_device(g);
		far_indirect(g, three, 3);
		assert_int_equal(far_pop(g, &g->req[3]), 1);
		far_indirect(g, three, 3);	/* one more than there is room for */
		assert_int_equal(far_pop(g, &g->req[4]), -EIO);
		far_free(g);
	}
}

#define WRONG(field, value) do { \
	struct vqd_config c = g->cfg; \
	assert_int_equal(vqd_init(&d, &c), 0); \
	c.field = (value); \
	assert_int_equal(vqd_init(&d, &c), -EINVAL); \
} while (0)

static void
refusals(void **state)
{
	struct vqd d;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = far_make(packed, true, false, false, 8, 0);

		WRONG(size, 0);
		WRONG(size, 32769);
		WRONG(table_max, 32769);
		WRONG(translate, NULL);
		WRONG(desc, NULL);
		WRONG(driver, NULL);
		WRONG(device, NULL);
		WRONG(desc, g->ring[0] + 8);
		WRONG(driver, g->ring[1] + 1);
		WRONG(device, g->ring[2] + 2);
		WRONG(used_base, (uint16_t)(g->cfg.used_base - (packed ? 0x8000 - 9 : 9)));
		if (packed) {
			WRONG(driver, g->ring[1] + 2);
			WRONG(avail_base, 0x8008);
			WRONG(used_base, 0x8008);
			WRONG(avail_base, 1);	/* nine ahead */
		} else {
			WRONG(size, 7);
			WRONG(avail_base, 9);
		}
		far_free(g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_and_tables),
		cmocka_unit_test(odd_sizes),
		cmocka_unit_test(table_behind_buffers),
		cmocka_unit_test(table_in_any_order),
		cmocka_unit_test(reserved_flags_in_a_table),
		cmocka_unit_test(buffer_over_two_regions),
		cmocka_unit_test(table_in_two_regions),
		cmocka_unit_test(buffers_without_bytes),
		cmocka_unit_test(just_within_bounds),
		cmocka_unit_test(addresses_are_kept),
		cmocka_unit_test(shared_segments),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(in_batches),
		cmocka_unit_test(batches_at_once),
		cmocka_unit_test(calls_by_flag),
		cmocka_unit_test(calls_by_event),
		cmocka_unit_test(notifications_off_and_on),
		cmocka_unit_test(off_for_long),
		cmocka_unit_test(bases_carry_on),
		cmocka_unit_test(bases_apart),
		cmocka_unit_test(refusals),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	far_lasting = true;
	return failed + cmocka_run_group_tests_name("addresses kept", tests, NULL, NULL);
}

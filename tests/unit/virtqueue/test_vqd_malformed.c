/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half against every malformed chain: refused for its reason, nothing out
 * of bounds is touched, the request can be handed back or the queue is broken, and
 * the good request behind it is served.
 */
#include <errno.h>

#include "vqd_far.h"

#define NEXT		VIRTQ_DESC_F_NEXT
#define INDIRECT	VIRTQ_DESC_F_INDIRECT
#define SIZE		8

static const struct piece small[] = {
	{ FAR_A + 0x9000, 4, R_ }, { FAR_A + 0x9100, 1, W_ } };

/* What a case writes into the ring; the request's id, where it has one. */
typedef uint16_t (*bad_maker)(struct far *g);

struct bad_case {
	const char *name;
	bad_maker make;
	int err;
	bool split, packed, no_indirect;
	const char *why;	/* part of vqd_error */
};

/* ---- split and packed ---- */

static uint16_t
readable_after_writable(struct far *g)
{
	static const struct piece p[] = {
		{ FAR_A + 0x9000, 4, R_ }, { FAR_A + 0x9100, 1, W_ },
		{ FAR_A + 0x9200, 1, R_ } };

	return far_direct(g, p, 3);
}

static uint16_t
readable_after_writable_in_table(struct far *g)
{
	static const struct piece p[] = {
		{ FAR_A + 0x9100, 1, W_ }, { FAR_A + 0x9200, 1, R_ } };

	return far_indirect(g, p, 2);
}

/* Even one that has no bytes is a place in the order. */
static uint16_t
readable_after_empty_writable(struct far *g)
{
	static const struct piece p[] = {
		{ FAR_A + 0x9100, 0, W_ }, { FAR_A + 0x9200, 1, R_ } };

	return far_indirect(g, p, 2);
}

static uint16_t
table(struct far *g)
{
	return far_indirect(g, small, 2);
}

static uint16_t
table_with_next(struct far *g)
{
	uint64_t addr = far_write_table(g, small, 2);
	uint16_t id = g->next_id;

	if (g->packed) {
		far_put_packed(g, addr, 32, id, INDIRECT | NEXT);
		far_put_packed(g, FAR_A + 0x9100, 1, id, W_);
		g->next_id++;
		return id;
	}
	far_set_desc(g, 5, addr, 32, INDIRECT | NEXT, 6);
	far_set_desc(g, 6, FAR_A + 0x9100, 1, W_, 0);
	far_make_avail(g, 5);
	return 5;
}

static uint16_t
table_without_length(struct far *g)
{
	return far_refer(g, far_write_table(g, small, 2), 0, 0);
}

static uint16_t
table_with_odd_length(struct far *g)
{
	return far_refer(g, far_write_table(g, small, 2), 33, 0);
}

static uint16_t
table_with_less_than_an_entry(struct far *g)
{
	return far_refer(g, far_write_table(g, small, 2), 15, 0);
}

static uint16_t
table_longer_than_queue(struct far *g)
{
	struct piece p[SIZE + 1];
	unsigned int i;

	for (i = 0; i <= SIZE; i++)
		p[i] = (struct piece){ FAR_A + 0x9000 + i, 1, W_ };
	return far_indirect(g, p, SIZE + 1);
}

static uint16_t
huge_table(struct far *g)
{
	return far_refer(g, far_write_table(g, small, 2), UINT32_C(0xfffffff0), 0);
}

static uint16_t
table_unmapped(struct far *g)
{
	return far_refer(g, 0x5000, 32, 0);
}

static uint16_t
table_ends_unmapped(struct far *g)
{
	memset(g->mem[1] + FAR_LEN - 16, 0, 16);
	((struct virtq_desc *)(void *)(g->mem[1] + FAR_LEN - 16))->addr = cpu_to_le64(FAR_A);
	((struct virtq_desc *)(void *)(g->mem[1] + FAR_LEN - 16))->len = cpu_to_le32(1);
	((struct virtq_desc *)(void *)(g->mem[1] + FAR_LEN - 16))->flags =
			cpu_to_le16(g->packed ? 0 : NEXT);
	((struct virtq_desc *)(void *)(g->mem[1] + FAR_LEN - 16))->next =
			cpu_to_le16(g->packed ? 0 : 1);
	return far_refer(g, FAR_B + FAR_LEN - 16, 32, 0);
}

static uint16_t
table_beyond_addresses(struct far *g)
{
	return far_refer(g, UINT64_MAX - 15, 32, 0);
}

static uint16_t
buffer_unmapped(struct far *g)
{
	static const struct piece p[] = { { FAR_A + 0x9000, 4, R_ }, { 0x5000, 1, W_ } };

	return far_direct(g, p, 2);
}

static uint16_t
buffer_unmapped_in_table(struct far *g)
{
	static const struct piece p[] = { { 0, 4, R_ }, { FAR_A, 1, W_ } };

	return far_indirect(g, p, 2);
}

static uint16_t
buffer_ends_unmapped(struct far *g)
{
	static const struct piece p[] = { { FAR_B + FAR_LEN - 8, 9, R_ } };

	return far_direct(g, p, 1);
}

static uint16_t
write_where_only_reading(struct far *g)
{
	static const struct piece p[] = { { FAR_R, 8, R_ }, { FAR_R + 8, 1, W_ } };

	return far_direct(g, p, 2);
}

static uint16_t
buffer_beyond_addresses(struct far *g)
{
	static const struct piece p[] = { { UINT64_MAX - 3, 5, R_ } };

	return far_direct(g, p, 1);
}

static uint16_t
too_many_pieces(struct far *g)
{
	struct piece p[SIZE];
	unsigned int i;

	for (i = 0; i < SIZE; i++)
		p[i] = (struct piece){ FAR_A + 0x9000 + i, 1, W_ };
	g->req[0].max_segs = SIZE - 1;
	return far_indirect(g, p, SIZE);
}

/* The regions' border makes two pieces of one. */
static uint16_t
too_many_pieces_by_mapping(struct far *g)
{
	static const struct piece p[] = { { FAR_A + FAR_LEN - 1, 2, R_ } };

	g->req[0].max_segs = 1;
	return far_indirect(g, p, 1);
}

static uint16_t
too_many_bytes(struct far *g)
{
	static const struct piece p[] = {
		{ FAR_BIG, 0x80000000, W_ }, { FAR_BIG + 0x80000000, 0x80000000, W_ } };

	return far_direct(g, p, 2);
}

static const struct bad_case both[] = {
#define BOTH(f, e, w)	{ #f, f, e, true, true, false, w }
	BOTH(readable_after_writable, -EBADMSG, "readable"),
	BOTH(readable_after_writable_in_table, -EBADMSG, "readable"),
	BOTH(readable_after_empty_writable, -EBADMSG, "readable"),
	{ "table, not negotiated", table, -EBADMSG, true, true, true, "negotiated" },
	BOTH(table_with_next, -EBADMSG, "NEXT"),
	BOTH(table_without_length, -EBADMSG, "length"),
	BOTH(table_with_odd_length, -EBADMSG, "length"),
	BOTH(table_with_less_than_an_entry, -EBADMSG, "length"),
	BOTH(table_longer_than_queue, -EBADMSG, "longer"),
	BOTH(huge_table, -EBADMSG, "longer"),
	BOTH(table_unmapped, -EFAULT, "table"),
	BOTH(table_ends_unmapped, -EFAULT, "table"),
	BOTH(table_beyond_addresses, -EFAULT, "wraps"),
	BOTH(buffer_unmapped, -EFAULT, "buffer"),
	BOTH(buffer_unmapped_in_table, -EFAULT, "buffer"),
	BOTH(buffer_ends_unmapped, -EFAULT, "buffer"),
	BOTH(write_where_only_reading, -EFAULT, "buffer"),
	BOTH(buffer_beyond_addresses, -EFAULT, "wraps"),
	BOTH(too_many_pieces, -E2BIG, "pieces"),
	BOTH(too_many_pieces_by_mapping, -E2BIG, "pieces"),
	BOTH(too_many_bytes, -EBADMSG, "bytes"),
};

/* ---- split ---- */

static uint16_t
next_out_of_range(struct far *g)
{
	far_set_desc(g, 3, FAR_A, 1, NEXT, SIZE);
	far_make_avail(g, 3);
	return 3;
}

static uint16_t
loop_on_itself(struct far *g)
{
	far_set_desc(g, 3, FAR_A, 1, NEXT, 3);
	far_make_avail(g, 3);
	return 3;
}

static uint16_t
loop_of_all(struct far *g)
{
	uint16_t i;

	for (i = 0; i < SIZE; i++)
		far_set_desc(g, i, FAR_A, 1, NEXT, (uint16_t)((i + 1) % SIZE));
	far_make_avail(g, 2);
	return 2;
}

static uint16_t
next_beyond_table(struct far *g)
{
	uint64_t addr = far_write_table(g, small, 2);

	((struct virtq_desc *)far_ptr(g, addr))->next = cpu_to_le16(2);
	return far_refer(g, addr, 32, 0);
}

static uint16_t
loop_in_table(struct far *g)
{
	uint64_t addr = far_write_table(g, small, 2);

	((struct virtq_desc *)far_ptr(g, addr))->next = cpu_to_le16(0);
	return far_refer(g, addr, 32, 0);
}

static uint16_t
table_in_table(struct far *g)
{
	static const struct piece p[] = { { FAR_A + 0x9000, 16, INDIRECT } };

	return far_indirect(g, p, 1);
}

static uint16_t
table_behind_buffers_too_long(struct far *g)
{
	struct piece p[SIZE];
	unsigned int i;

	for (i = 0; i < SIZE; i++)
		p[i] = (struct piece){ FAR_A + 0x9000 + i, 1, R_ };
	far_set_desc(g, 1, FAR_A, 1, NEXT, 2);
	far_set_desc(g, 2, far_write_table(g, p, SIZE), SIZE * 16, INDIRECT, 0);
	far_make_avail(g, 1);
	return 1;
}

static uint16_t
head_out_of_range(struct far *g)
{
	far_make_avail(g, SIZE);
	return 0;
}

static uint16_t
head_far_out_of_range(struct far *g)
{
	far_make_avail(g, 0xffff);
	return 0;
}

static uint16_t
index_too_far(struct far *g)
{
	far_avail(g)->idx = cpu_to_le16((uint16_t)(g->avail_idx + SIZE + 1));
	return 0;
}

static uint16_t
index_back(struct far *g)
{
	far_avail(g)->idx = cpu_to_le16((uint16_t)(g->avail_idx - 1));
	return 0;
}

static const struct bad_case split_only[] = {
#define SPLIT(f, e, w)	{ #f, f, e, true, false, false, w }
	SPLIT(next_out_of_range, -EBADMSG, "next"),
	SPLIT(loop_on_itself, -EBADMSG, "loop"),
	SPLIT(loop_of_all, -EBADMSG, "loop"),
	SPLIT(next_beyond_table, -EBADMSG, "next"),
	SPLIT(loop_in_table, -EBADMSG, "loop"),
	SPLIT(table_in_table, -EBADMSG, "table"),
	SPLIT(table_behind_buffers_too_long, -EBADMSG, "longer"),
	SPLIT(head_out_of_range, -EIO, "head"),
	SPLIT(head_far_out_of_range, -EIO, "head"),
	SPLIT(index_too_far, -EIO, "index"),
	SPLIT(index_back, -EIO, "index"),
};

/* ---- packed ---- */

static uint16_t
table_within_chain(struct far *g)
{
	uint64_t addr = far_write_table(g, small, 2);
	uint16_t id = g->next_id++;

	far_put_packed(g, FAR_A, 1, id, NEXT);
	far_put_packed(g, addr, 32, id, INDIRECT);
	return id;
}

static uint16_t
chain_without_end(struct far *g)
{
	unsigned int i;

	for (i = 0; i < SIZE; i++)
		far_put_packed(g, FAR_A, 1, 0, NEXT);
	return 0;
}

static uint16_t
chain_into_nothing(struct far *g)
{
	far_put_packed(g, FAR_A, 1, 0, NEXT);
	return 0;
}

static const struct bad_case packed_only[] = {
#define PACKED(f, e, w)	{ #f, f, e, false, true, false, w }
	PACKED(table_within_chain, -EBADMSG, "table"),
	PACKED(chain_without_end, -EIO, "end"),
	PACKED(chain_into_nothing, -EIO, "available"),
};

/* ---- the run ---- */

/* The queue is of no use any more, and says so. */
static void
stays_broken(struct far *g, const char *why)
{
	uint32_t id, len;

	assert_non_null(g->d.broken);
	assert_non_null(strstr(g->d.broken, why));
	far_direct(g, small, 2);
	assert_int_equal(far_pop(g, &g->req[0]), -EIO);
	assert_int_equal(far_pop_burst(g, 4), -EIO);
	vqd_push(&g->d, &g->req[0], 1);
	vqd_publish(&g->d);
	assert_false(far_used_next(g, 1, &id, &len));
}

/* The request goes back with length 0; the one behind it is served. */
static void
hands_back(struct far *g, uint16_t id, struct vqd_req *req)
{
	uint32_t got, len;

	assert_null(g->d.broken);
	assert_int_equal(req->id, id);
	vqd_push(&g->d, req, 0);
	vqd_publish(&g->d);
	assert_true(far_used_next(g, req->nb_desc, &got, &len));
	assert_int_equal(got, id);
	assert_int_equal(len, 0);
	req->max_segs = FAR_MAX_SEGS;
	id = far_direct(g, small, 2);
	assert_int_equal(far_pop(g, req), 1);
	assert_int_equal(req->id, id);
	assert_int_equal(req->nb_read + req->nb_write, 2);
}

static void
run_case(const struct bad_case *c, bool packed, uint16_t start, bool burst)
{
	struct far *g = far_make(packed, !c->no_indirect, false, false, SIZE, start);
	uint16_t id = c->make(g);
	int rc = vqd_pop_pool(&g->d, g->req, burst ? 3 : 1, g->segs[0], g->req[0].max_segs);

	if (rc != c->err || strstr(vqd_error(&g->d), c->why) == NULL)
		fail_msg("%s, %s: %d (%s)", c->name, packed ? "packed" : "split", rc,
				vqd_error(&g->d));
	if (rc == -EIO)
		stays_broken(g, c->why);
	else
		hands_back(g, id, &g->req[0]);
	far_free(g);
}

static unsigned int
run_cases(const struct bad_case *c, size_t nb, bool packed)
{
	static const uint16_t starts[] = { 0, 5, 65530, 65535 };
	size_t i, s;

	for (i = 0; i < nb; i++)
		for (s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
			run_case(&c[i], packed, starts[s], false);
			run_case(&c[i], packed, starts[s], true);
		}
	return (unsigned int)nb;
}

#define NB(array)	(sizeof(array) / sizeof((array)[0]))

static void
split_malformed(void **state)
{
	(void)state;
	assert_int_equal(run_cases(both, NB(both), false), NB(both));
	assert_int_equal(run_cases(split_only, NB(split_only), false), NB(split_only));
}

static void
packed_malformed(void **state)
{
	(void)state;
	assert_int_equal(run_cases(both, NB(both), true), NB(both));
	assert_int_equal(run_cases(packed_only, NB(packed_only), true), NB(packed_only));
}

/* A table of nb entries, direct buffers before it in a split ring; the result of its pop. */
static int
pop_long_table(struct far *g, unsigned int nb_direct, unsigned int nb)
{
	struct piece p[3 * SIZE];
	uint64_t addr;
	unsigned int i;

	for (i = 0; i < nb; i++)
		p[i] = (struct piece){ FAR_A + 0x9000 + i, 1, R_ };
	if (nb_direct == 0) {
		far_indirect(g, p, nb);
	} else {
		addr = far_write_table(g, p, nb);
		for (i = 0; i < nb_direct; i++)
			far_set_desc(g, (uint16_t)i, FAR_A, 1, NEXT, (uint16_t)(i + 1));
		far_set_desc(g, (uint16_t)i, addr, nb * 16, INDIRECT, 0);
		far_make_avail(g, 0);
	}
	return vqd_pop_pool(&g->d, g->req, 1, g->segs[0], FAR_BURST * FAR_MAX_SEGS);
}

/* Where it is allowed, a table is longer than the queue, and a chain in the ring is not. */
static void
long_tables(void **state)
{
	static const struct {
		unsigned int nb_direct, nb;
		int rc;
	} t[] = {
		{ 0, SIZE + 1, 1 }, { 0, 2 * SIZE, 1 }, { 0, 2 * SIZE + 1, -EBADMSG },
		{ 3, 2 * SIZE - 3, 1 }, { 3, 2 * SIZE - 2, -EBADMSG },
		{ SIZE - 1, SIZE + 1, 1 }, { SIZE - 1, SIZE + 2, -EBADMSG },
	};
	unsigned int packed, i;
	struct far *g;

	(void)state;
	for (packed = 0; packed < 2; packed++)
		for (i = 0; i < NB(t); i++) {
			if (packed && t[i].nb_direct != 0)
				continue;
			g = far_make(packed, true, false, false, SIZE, 0);
			g->cfg.table_max = 2 * SIZE;
			far_init_device(g);
			assert_int_equal(pop_long_table(g, t[i].nb_direct, t[i].nb), t[i].rc);
			if (t[i].rc > 0)
				assert_int_equal(g->req[0].nb_read, t[i].nb_direct + t[i].nb);
			else
				assert_non_null(strstr(vqd_error(&g->d), "longer"));
			far_free(g);
		}
	g = far_make(false, true, false, false, SIZE, 0);
	g->cfg.table_max = 2 * SIZE;
	far_init_device(g);
	far_set_desc(g, 1, FAR_A, 1, NEXT, 1);
	far_make_avail(g, 1);
	assert_int_equal(vqd_pop_pool(&g->d, g->req, 1, g->segs[0], SIZE), -EBADMSG);
	assert_non_null(strstr(vqd_error(&g->d), "loop"));
	far_free(g);
}

/* Among good ones in a burst: those before it come, then its error, then the rest. */
static void
within_a_burst(void **state)
{
	unsigned int layout, where;
	uint16_t bad, id;
	int i;

	(void)state;
	for (layout = 0; layout < 2; layout++) {
		for (where = 0; where < 4; where++) {
			struct far *g = far_make(layout, true, false, false, 32, 65530);

			for (i = 0; i < (int)where; i++)
				far_indirect(g, small, 2);
			bad = buffer_unmapped_in_table(g);
			id = far_direct(g, small, 2);
			far_indirect(g, small, 2);
			if (where > 0)
				assert_int_equal(far_pop_burst(g, 32), where);
			assert_int_equal(far_pop_burst(g, 32), -EFAULT);
			assert_int_equal(g->req[0].id, bad);
			assert_int_equal(far_pop_burst(g, 1), 1);
			assert_int_equal(g->req[0].id, id);
			assert_int_equal(far_pop_burst(g, 32), 1);
			assert_int_equal(far_pop_burst(g, 32), 0);
			far_free(g);
		}
	}
}

/* More than a burst's worth, a bad one in the second part. */
static void
behind_a_whole_burst(void **state)
{
	unsigned int layout, i;

	(void)state;
	for (layout = 0; layout < 2; layout++) {
		struct far *g = far_make(layout, true, false, false, 64, 40);

		for (i = 0; i < 32; i++)
			far_indirect(g, small, 2);
		buffer_unmapped_in_table(g);
		far_indirect(g, small, 2);
		assert_int_equal(far_pop_burst(g, 40), 32);
		assert_int_equal(far_pop_burst(g, 40), -EFAULT);
		assert_int_equal(far_pop_burst(g, 40), 1);
		far_free(g);
	}
}

/* Descriptors made available again before they were used. */
static void
more_in_flight_than_the_queue_has(void **state)
{
	struct far *g = far_make(true, true, false, false, 4, 2);
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		far_indirect(g, small, 2);
	for (i = 0; i < 4; i++)
		assert_int_equal(far_pop(g, &g->req[i]), 1);
	far_indirect(g, small, 2);
	assert_int_equal(far_pop(g, &g->req[4]), -EIO);
	far_free(g);

	g = far_make(false, true, false, false, 4, 65534);
	for (i = 0; i < 4; i++)
		far_indirect(g, small, 2);
	for (i = 0; i < 4; i++)
		assert_int_equal(far_pop(g, &g->req[i]), 1);
	far_indirect(g, small, 2);
	assert_int_equal(far_pop(g, &g->req[4]), -EIO);
	far_free(g);
}

/* A driver that rewrites all it may at the first translation: what was read counts. */
static void
rewrite(struct far *g)
{
	if (g->translations != 1)
		return;
	memset(g->ring[0], 0xff, sizeof(g->ring[0]));
	memset(g->ring[1], 0xff, sizeof(g->ring[1]));
}

static void
each_word_is_read_once(void **state)
{
	unsigned int layout;

	(void)state;
	for (layout = 0; layout < 2; layout++) {
		struct far *g = far_make(layout, true, false, false, SIZE, 0);
		uint16_t id = far_indirect(g, small, 2);

		g->meanwhile = rewrite;
		assert_int_equal(far_pop(g, &g->req[0]), 1);
		assert_int_equal(g->req[0].id, id);
		assert_int_equal(g->req[0].nb_read, 1);
		assert_int_equal(g->req[0].read_len, 4);
		assert_int_equal(g->req[0].nb_write, 1);
		assert_int_equal(g->req[0].write_len, 1);
		far_free(g);
	}
}

static void
broken_by_the_caller(void **state)
{
	unsigned int layout;

	(void)state;
	for (layout = 0; layout < 2; layout++) {
		struct far *g = far_make(layout, true, false, false, SIZE, 0);

		far_indirect(g, small, 2);
		vqd_break(&g->d, "enough");
		vqd_break(&g->d, "more than enough");
		assert_string_equal(g->d.broken, "enough");
		assert_true(vqd_notify_on(&g->d));	/* an error is to be found */
		stays_broken(g, "enough");
		far_free(g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_malformed),
		cmocka_unit_test(packed_malformed),
		cmocka_unit_test(long_tables),
		cmocka_unit_test(within_a_burst),
		cmocka_unit_test(behind_a_whole_burst),
		cmocka_unit_test(more_in_flight_than_the_queue_has),
		cmocka_unit_test(each_word_is_read_once),
		cmocka_unit_test(broken_by_the_caller),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	far_lasting = true;
	return failed + cmocka_run_group_tests_name("addresses kept", tests, NULL, NULL);
}

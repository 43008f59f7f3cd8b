/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half against requests that lie partly outside of the driver's memory: what of
 * them an answer may use, in chains and tables, split and packed, while the driver writes.
 */
#include <errno.h>

#include "vqd_far.h"

#define SIZE		8
#define NB(array)	(sizeof(array) / sizeof((array)[0]))

static const struct piece small[] = {
	{ FAR_A + 0x9000, 4, R_ }, { FAR_A + 0x9100, 1, W_ } };

/* Readable and writable pieces, and what of them is left for an answer. */
struct lost_case {
	struct piece p[4];
	unsigned int nb;
	uint16_t nb_write;		/* segments */
	uint64_t at;			/* the last byte's address */
};

#define HOLE	UINT64_C(0x5000)	/* nothing is mapped there */

static const struct lost_case lost_cases[] = {
	/* All of the writable part, where only readable bytes are lost. */
	{ { { HOLE, 4, R_ }, { FAR_A + 0x9100, 8, W_ } }, 2, 1, FAR_A + 0x9107 },
	{ { { FAR_A, 4, R_ }, { HOLE, 4, R_ }, { FAR_A + 0x9100, 8, W_ },
		{ FAR_A + 0x9200, 1, W_ } }, 4, 2, FAR_A + 0x9200 },
	{ { { FAR_B + FAR_LEN - 2, 4, R_ }, { FAR_A + 0x9100, 8, W_ } }, 2, 1, FAR_A + 0x9107 },
	{ { { UINT64_MAX - 2, 4, R_ }, { FAR_A + 0x9100, 8, W_ } }, 2, 1, FAR_A + 0x9107 },
	{ { { HOLE, 4, R_ }, { FAR_A + 0x9100, 8, W_ }, { FAR_A, 0, W_ } }, 3, 1,
		FAR_A + 0x9107 },
	/* The last byte alone, where some of the writable part is lost. */
	{ { { FAR_A, 4, R_ }, { HOLE, 8, W_ }, { FAR_A + 0x9200, 3, W_ } }, 3, 1,
		FAR_A + 0x9202 },
	{ { { HOLE, 4, R_ }, { FAR_R, 8, W_ }, { FAR_A + 0x9200, 3, W_ } }, 3, 1,
		FAR_A + 0x9202 },
	{ { { FAR_A, 4, R_ }, { FAR_B + FAR_LEN - 4, 8, W_ }, { FAR_A + 0x9200, 1, W_ } }, 3, 1,
		FAR_A + 0x9200 },
	/* A buffer that begins before the memory and ends in it. */
	{ { { FAR_A, 4, R_ }, { FAR_A - 4, 8, W_ } }, 2, 1, FAR_A + 3 },
	/* No place for a status. */
	{ { { FAR_A, 4, R_ }, { FAR_A + 0x9100, 1, W_ }, { HOLE, 8, W_ } }, 3, 0, 0 },
	{ { { FAR_A, 4, R_ }, { FAR_R, 8, W_ } }, 2, 0, 0 },
	{ { { HOLE, 4, R_ } }, 1, 0, 0 },
	{ { { HOLE, 4, R_ }, { FAR_A, 0, W_ } }, 2, 0, 0 },
};

static uint32_t
lost_len(const struct lost_case *c, uint16_t flags)
{
	uint32_t len = 0;
	unsigned int i;

	for (i = 0; i < c->nb; i++)
		if (c->p[i].flags == flags)
			len += c->p[i].len;
	return len;
}

static void
run_lost(const struct lost_case *c, bool packed, bool table, bool lasting)
{
	struct far *g;
	const struct vqd_seg *last;
	uint32_t got, len;
	uint16_t id;

	far_lasting = lasting;
	g = far_make(packed, true, false, false, SIZE, 6);
	far_lasting = false;
	id = table ? far_indirect(g, c->p, c->nb) : far_direct(g, c->p, c->nb);
	assert_int_equal(far_pop_burst(g, 4), -EFAULT);
	assert_int_equal(g->req[0].id, id);
	assert_int_equal(g->req[0].nb_read, 0);
	assert_int_equal(g->req[0].nb_write, c->nb_write);
	if (c->nb_write != 0) {
		last = &g->req[0].seg[c->nb_write - 1];
		assert_ptr_equal(last->ptr + last->len - 1, far_ptr(g, c->at));
		assert_int_equal(g->req[0].write_len, lost_len(c, W_));
	}
	assert_null(g->d.broken);
	vqd_push(&g->d, &g->req[0], 1);
	vqd_publish(&g->d);
	assert_true(far_used_next(g, g->req[0].nb_desc, &got, &len));
	assert_int_equal(got, id);
	assert_int_equal(len, 1);
	id = far_direct(g, small, 2);
	assert_int_equal(far_pop_burst(g, 4), 1);
	assert_int_equal(g->req[0].id, id);
	far_free(g);
}

/* A request that lies partly outside of the memory is lost, and its answer need not be. */
static void
lost_requests(void **state)
{
	unsigned int i, how;

	(void)state;
	for (i = 0; i < NB(lost_cases); i++)
		for (how = 0; how < 8; how++)
			run_lost(&lost_cases[i], how & 1, how & 2, how & 4);
}

/* It breaks another rule, too, behind the byte that is not mapped: no answer. */
static void
lost_and_malformed(void **state)
{
	static const struct piece p[] = {
		{ HOLE, 4, R_ }, { FAR_A + 0x9100, 8, W_ }, { FAR_A, 4, R_ } };
	unsigned int how;

	(void)state;
	for (how = 0; how < 4; how++) {
		struct far *g = far_make(how & 1, true, false, false, SIZE, 6);

		if (how & 2)
			far_indirect(g, p, 3);
		else
			far_direct(g, p, 3);
		assert_int_equal(far_pop_burst(g, 4), -EBADMSG);
		assert_int_equal(g->req[0].nb_read + g->req[0].nb_write, 0);
		far_free(g);
	}
}

static struct far *rewritten;
static unsigned int rewrite_at;

/* The driver mends its request at the n-th translation. */
static void
mend(struct far *g)
{
	assert_ptr_equal(g, rewritten);
	if (g->translations == rewrite_at)
		far_set_desc(g, 6, FAR_A, 4, VIRTQ_DESC_F_NEXT, 7);
}

/* The second walk takes what it finds then, and the answer stays a refusal. */
static void
lost_and_mended(void **state)
{
	static const struct piece p[] = { { HOLE, 4, R_ }, { FAR_A + 0x9100, 8, W_ } };
	unsigned int refused = 0;

	(void)state;
	for (rewrite_at = 1; rewrite_at < 6; rewrite_at++) {
		struct far *g = far_make(false, true, false, false, SIZE, 6);

		rewritten = g;
		g->meanwhile = mend;
		assert_int_equal(far_direct(g, p, 2), 6);
		if (far_pop_burst(g, 1) == -EFAULT) {
			assert_int_equal(g->req[0].nb_read, 0);
			assert_int_equal(g->req[0].nb_write, 1);
			refused++;
		}
		far_free(g);
	}
	assert_int_equal(refused, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_requests),
		cmocka_unit_test(lost_and_malformed),
		cmocka_unit_test(lost_and_mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

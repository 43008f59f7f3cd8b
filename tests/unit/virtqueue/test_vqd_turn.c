/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How much one pop of the device half takes: bounded by device-readable bytes, and what the
 * device does not work on goes back to the ring.
 */
#include "vqd_far.h"

#define SIZE		16
#define LAYOUTS(l)	for (unsigned int l = 0; l < 2; l++)

/* Chains of two descriptors or tables, of len readable bytes. */
static uint16_t
offer(struct far *g, uint32_t len, bool table)
{
	const struct piece p[] = { { FAR_A + 0x9000, len, R_ }, { FAR_A + 0x8000, 1, W_ } };

	return table ? far_indirect(g, p, 2) : far_direct(g, p, 2);
}

static struct far *
bounded(bool packed, uint32_t bytes)
{
	struct far *g = far_make(packed, true, false, false, SIZE, 65530);

	g->cfg.pop_bytes = bytes;
	far_init_device(g);
	return g;
}

static void
complete(struct far *g, unsigned int n)
{
	uint32_t id, len;
	unsigned int i;

	for (i = 0; i < n; i++)
		vqd_push(&g->d, &g->req[i], 1);
	vqd_publish(&g->d);
	for (i = 0; i < n; i++) {
		assert_true(far_used_next(g, g->req[i].nb_desc, &id, &len));
		assert_int_equal(id, g->req[i].id);
	}
}

/* Up to the bound, exactly; a larger request is taken alone; nothing is lost or moved. */
static void
bound_by_bytes(void **state)
{
	static const uint32_t len[] = { 100, 200, 700, 1, 1001, 999, 1, 5000, 2000, 1000 };
	static const unsigned int turn[] = { 3, 1, 1, 2, 1, 1, 1 };
	uint16_t id[10];
	unsigned int i, t, at;

	(void)state;
	LAYOUTS(packed) {
		LAYOUTS(table) {
			struct far *g = bounded(packed, 1000);

			for (i = 0, at = 0, t = 0; t < 7; t++) {
				while (i < 10 && i < at + 5) {
					id[i] = offer(g, len[i], table);
					i++;
				}
				assert_int_equal(far_pop_burst(g, 8), turn[t]);
				for (unsigned int n = 0; n < turn[t]; n++, at++) {
					assert_int_equal(g->req[n].id, id[at]);
					assert_int_equal(g->req[n].read_len, len[at]);
				}
				complete(g, turn[t]);
			}
			assert_int_equal(at, 10);
			assert_int_equal(far_pop_burst(g, 8), 0);
			far_free(g);
		}
	}
}

/* What comes back is popped again, in the order in which it came, across the ring's end. */
static void
goes_back(void **state)
{
	unsigned int round, i, back, n, done;
	uint16_t id[6];

	(void)state;
	LAYOUTS(packed) {
		LAYOUTS(table) {
			struct far *g = bounded(packed, 0);

			for (round = 0; round < 40; round++) {
				for (i = 0; i < 6; i++)
					id[i] = offer(g, 10 + i, table);
				for (done = 0; done < 6; done += n - back) {
					n = 6 - done;
					assert_int_equal(far_pop_burst(g, 8), n);
					for (i = 0; i < n; i++)
						assert_int_equal(g->req[i].id, id[done + i]);
					back = (round + done) % n;
					vqd_unpop(&g->d, &g->req[n - back], (uint16_t)back);
					complete(g, n - back);
				}
				assert_int_equal(far_pop_burst(g, 8), 0);
			}
			far_free(g);
		}
	}
}

/* A successor that begins at the bases serves what was given back. */
static void
goes_to_a_successor(void **state)
{
	uint16_t id[3];
	unsigned int i;

	(void)state;
	LAYOUTS(packed) {
		struct far *g = bounded(packed, 0);

		for (i = 0; i < 3; i++)
			id[i] = offer(g, 10, false);
		assert_int_equal(far_pop_burst(g, 8), 3);
		vqd_unpop(&g->d, &g->req[1], 2);
		complete(g, 1);
		g->cfg.avail_base = vqd_avail_base(&g->d);
		g->cfg.used_base = vqd_used_base(&g->d);
		assert_int_equal(g->cfg.avail_base, g->cfg.used_base);
		far_init_device(g);
		assert_int_equal(far_pop_burst(g, 8), 2);
		assert_int_equal(g->req[0].id, id[1]);
		assert_int_equal(g->req[1].id, id[2]);
		far_free(g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bound_by_bytes),
		cmocka_unit_test(goes_back),
		cmocka_unit_test(goes_to_a_successor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

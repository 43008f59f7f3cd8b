/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tables of one shape, which the device half checks and translates at once: whatever is in
 * them, the result is that of its general walk.  Two device halves look at one ring, of which
 * one has to ask for each address and so always walks.
 */
#include <errno.h>
#include <stdlib.h>

#include "vqd_far.h"

/* Without it every table is walked (vq_device_walk.h). */
#define AT_ONCE		(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && VQD_SHAPE_MAX >= 4)

#define SIZE		64
#define ROUNDS		60000u
#define MAX_ENTRIES	9	/* one more than is done at once */
#define FROM		0xa000	/* data, behind the tables of vqd_far.c */

/* As far_translate; what is only said to be there lies in one piece too, for an answer lasts.
 * Nothing is read or written there.
 */
static void *
translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	uint8_t *p = far_translate(ctx, addr, len, write);

	if (p != NULL && addr >= FAR_BIG)
		p = (uint8_t *)((uintptr_t)p + (uintptr_t)(addr - FAR_BIG));
	return p;
}

/* Mostly small; or all so long that their sum does not fit into 32 bits. */
static struct piece
random_piece(bool write, bool big)
{
	static const uint32_t len[] = { 1, 0x40000000, 0x7fffffff, 0x80000000 };
	struct piece p = { FAR_A + FROM + (unsigned int)rand() % 0x3000,
		1 + (uint32_t)rand() % 100, write ? W_ : R_ };

	if (big) {
		p.addr = FAR_BIG + (unsigned int)rand() % 0x3000;
		p.len = len[rand() % 4];
	}
	return p;
}

/* What is mostly left as it is. */
static void
spoil(struct piece *p, unsigned int nb)
{
	static const uint64_t edge[] = { 0, FAR_A - 1, FAR_A + FAR_LEN - 1, FAR_A + FAR_LEN,
		FAR_B + FAR_LEN - 8, FAR_B + FAR_LEN, FAR_R, FAR_R + FAR_LEN, FAR_BIG,
		FAR_BIG + (UINT64_C(1) << 33) - 1, UINT64_C(1) << 62, UINT64_C(1) << 63,
		UINT64_MAX - 15, UINT64_MAX };
	static const uint32_t len[] = { 0, 1, 16, FAR_LEN, 0x7fffffff, 0x80000000, 0x80000001,
		UINT32_MAX };
	struct piece *q = &p[(unsigned int)rand() % nb];

	switch (rand() % 6) {
	case 0: q->addr = edge[(unsigned int)rand() % (sizeof(edge) / sizeof(edge[0]))]; break;
	case 1: q->len = len[(unsigned int)rand() % (sizeof(len) / sizeof(len[0]))]; break;
	case 2: q->flags ^= W_; break;
	case 3: q->flags ^= (uint16_t)(1u << rand() % 16); break;
	case 4: q->addr += (uint64_t)rand() << (unsigned int)rand() % 34; break;
	default: q->addr = FAR_B + (unsigned int)rand() % FAR_LEN; break;
	}
}

/* Words of a table in place, which far_write_table links well. */
static void
spoil_table(struct far *g, uint64_t addr, unsigned int nb)
{
	struct virtq_desc *d = (struct virtq_desc *)far_ptr(g, addr) + (unsigned int)rand() % nb;

	if (rand() % 2)
		d->next = cpu_to_le16((uint16_t)(le16_to_cpu(d->next) ^ 1u << rand() % 16));
	else
		d->flags = cpu_to_le16((uint16_t)(le16_to_cpu(d->flags) ^ 1u << rand() % 4));
	if (rand() % 4 == 0)
		d->len = cpu_to_le32(0);
}

/* Another table, or the last one again; big: which ones there are at present. */
static void
offer(struct far *g, unsigned int nb, unsigned int nb_read, bool big)
{
	static struct piece p[MAX_ENTRIES];
	static uint64_t addr;
	static unsigned int last;
	unsigned int i;

	if (last == nb && rand() % 4 == 0) {
		far_refer(g, addr, nb * 16, 0);
		return;
	}
	last = nb;
	for (i = 0; i < nb; i++)
		p[i] = random_piece(i >= nb_read, big);
	if (rand() % 4 == 0)
		spoil(p, nb);
	addr = far_write_table(g, p, nb);
	if (rand() % 8 == 0)
		spoil_table(g, addr, nb);
	far_refer(g, addr, nb * 16 - (rand() % 64 == 0), 0);
}

/* What both report of the request that they popped last. */
static void
compare(const struct far *g, const struct vqd *walks, const struct vqd_req *a,
		const struct vqd_req *b, int rc_a, int rc_b)
{
	unsigned int i;

	assert_int_equal(rc_a, rc_b);
	if (rc_a < 0)
		assert_string_equal(vqd_error(&g->d), vqd_error(walks));
	assert_ptr_equal(g->d.broken, walks->broken);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->nb_desc, b->nb_desc);
	if (rc_a < 0 && rc_a != -EFAULT)
		return;
	assert_int_equal(a->nb_read, b->nb_read);
	assert_int_equal(a->nb_write, b->nb_write);
	assert_int_equal(a->read_len, b->read_len);
	assert_int_equal(a->write_len, b->write_len);
	for (i = 0; i < (unsigned int)a->nb_read + a->nb_write; i++) {
		assert_ptr_equal(a->seg[i].ptr, b->seg[i].ptr);
		assert_int_equal(a->seg[i].len, b->seg[i].len);
	}
}

static void
same_result(bool packed)
{
	struct far *g = far_make(packed, true, false, false, SIZE, 65000);
	struct vqd_seg seg[FAR_MAX_SEGS];
	unsigned int round, nb = 4, nb_read = 2, alike = 0, good = 0;
	bool big = false;
	struct vqd_req other = { .seg = seg };
	struct vqd_config cfg = g->cfg;
	struct vqd walks;
	int rc;

	cfg.translate = translate;
	assert_int_equal(vqd_init(&g->d, &cfg), 0);
	cfg.lasting = false;
	assert_int_equal(vqd_init(&walks, &cfg), 0);
	for (round = 0; round < ROUNDS; round++) {
		uint32_t room = rand() % 16 == 0 ? 1 + (uint32_t)rand() % 8 : FAR_MAX_SEGS;

		if (rand() % 16 == 0) {
			nb = 1 + (unsigned int)rand() % MAX_ENTRIES;
			nb_read = (unsigned int)rand() % (nb + 1);
			big = rand() % 4 == 0;
		}
		offer(g, nb, nb_read, big);
		alike += g->d.shape.len == nb * 16;
		rc = vqd_pop_pool(&g->d, &g->req[0], 1, g->segs[0], room);
		compare(g, &walks, &g->req[0], &other, rc,
				vqd_pop_pool(&walks, &other, 1, seg, room));
		assert_int_equal(walks.shape.len, 0);
		good += rc == 1;
		assert_null(g->d.broken);
		vqd_push(&g->d, &g->req[0], 0);
		vqd_push(&walks, &other, 0);
		vqd_publish(&g->d);
		vqd_publish(&walks);
	}
	/* Neither side of a comparison was rare. */
	assert_true(AT_ONCE ? alike > ROUNDS / 2 : alike == 0);
	assert_true(good > ROUNDS / 2 && good < ROUNDS * 9 / 10);
	print_message("%s: %u of the shape before, %u good\n", packed ? "packed" : "split", alike,
			good);
	vqd_fini(&walks);
	far_free(g);
}

static void
same_result_split(void **state)
{
	(void)state;
	same_result(false);
}

static void
same_result_packed(void **state)
{
	(void)state;
	same_result(true);
}

/* Linux leaves the ids of a packed table and the next of a split table's last entry as they
 * were in its memory.
 */
static void
meaningless_words(struct far *g, uint64_t addr, unsigned int nb)
{
	struct virtq_desc *d = far_ptr(g, addr);
	unsigned int i;

	for (i = 0; i < nb; i++)
		if (g->packed)
			d[i].flags = cpu_to_le16((uint16_t)rand());	/* the id there */
	if (!g->packed)
		d[nb - 1].next = cpu_to_le16((uint16_t)nb);
}

/* A usual table is really done at once: a pointer that was moved by hand shows. */
static void
done_at_once(void **state)
{
	static const struct piece p[] = { { FAR_A + FROM, 88, R_ }, { FAR_A + FROM + 100, 64, R_ },
		{ FAR_A + FROM + 100, 64, W_ }, { FAR_A + FROM + 300, 1, W_ } };
	unsigned int packed, i, round;
	struct far *g;
	uint64_t addr;

	(void)state;
	for (packed = 0; packed < 2; packed++) {
		g = far_make(packed, true, false, false, SIZE, 0);
		for (round = 0; round < 3; round++) {
			addr = far_write_table(g, p, 4);
			meaningless_words(g, addr, 4);
			far_refer(g, addr, 64, 0);
			assert_int_equal(far_pop(g, &g->req[0]), 1);
			assert_int_equal(g->d.shape.len, AT_ONCE ? 64 : 0);
			assert_int_equal(g->req[0].nb_read, 2);
			assert_int_equal(g->req[0].nb_write, 2);
			for (i = 0; i < 4; i++)
				assert_ptr_equal(g->req[0].seg[i].ptr, (uint8_t *)far_ptr(g,
						p[i].addr) + (AT_ONCE && round == 2 ?
						1 + i / 2 : 0));
			if (round == 1) {
				g->d.shape.to[false][0] += 1;
				g->d.shape.to[true][0] += 2;
			}
		}
		far_free(g);
	}
}

/* ---- answers that hold no more ---- */

static uint8_t *moved;		/* where A lies now; NULL: nowhere */

static void *
translate_moved(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	struct far *g = ctx;
	uint8_t *p = far_translate(ctx, addr, len, write);

	if (p == NULL || p < g->mem[0] || p >= g->mem[0] + FAR_LEN)
		return p;
	return moved != NULL ? moved + (p - g->mem[0]) : NULL;
}

static void
pop_table(struct far *g, uint64_t table, int want, const struct piece *p, const uint8_t *at)
{
	unsigned int i;

	far_refer(g, table, 64, 0);
	assert_int_equal(far_pop(g, &g->req[0]), want);
	for (i = 0; want == 1 && i < 4; i++)
		assert_ptr_equal(g->req[0].seg[i].ptr, at + (p[i].addr - FAR_A));
	vqd_push(&g->d, &g->req[0], 0);
}

/* Neither a window nor the shape of a table leads to where memory was. */
static void
nothing_is_kept(void **state)
{
	static const struct piece p[] = { { FAR_A + FROM, 88, R_ }, { FAR_A + FROM + 100, 64, R_ },
		{ FAR_A + FROM + 100, 64, W_ }, { FAR_A + FROM + 300, 1, W_ } };
	uint8_t *other = malloc(FAR_LEN);
	unsigned int packed, round;
	struct vqd_config cfg;
	struct far *g;
	uint64_t addr;

	(void)state;
	assert_non_null(other);
	for (packed = 0; packed < 2; packed++) {
		g = far_make(packed, true, false, false, SIZE, 65000);
		cfg = g->cfg;
		cfg.translate = translate_moved;
		moved = g->mem[0];
		assert_int_equal(vqd_init(&g->d, &cfg), 0);
		addr = far_write_table(g, p, 4);
		memcpy(other, g->mem[0], FAR_LEN);
		for (round = 0; round < 3; round++)
			pop_table(g, addr, 1, p, g->mem[0]);
		assert_int_equal(g->d.shape.len, AT_ONCE ? 64 : 0);
		/* The premise: what was answered is used until it is forgotten. */
		moved = other;
		pop_table(g, addr, 1, p, g->mem[0]);
		vqd_forget(&g->d);
		assert_int_equal(g->d.shape.len, 0);
		for (round = 0; round < 3; round++)
			pop_table(g, addr, 1, p, other);
		moved = NULL;
		vqd_forget(&g->d);
		pop_table(g, addr, -EFAULT, p, NULL);
		far_free(g);
	}
	free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_result_split),
		cmocka_unit_test(same_result_packed),
		cmocka_unit_test(done_at_once),
		cmocka_unit_test(nothing_is_kept),
	};

	far_lasting = true;
	srand(13);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

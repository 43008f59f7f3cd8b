/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of a front end's memory: whatever comes and goes, each address leads where a plain
 * list of all bytes says.  The list lies at the end of the address space.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"

#define BYTES	1024u
#define FIRST	(UINT64_MAX - (BYTES - 1))	/* the last byte has the last address */
#define ROUNDS	60000u
#define PIECES	3u

static uint8_t host[PIECES + 1][2 * BYTES];
static struct vcryptod_memory m;

/* What each byte is. */
static struct byte {
	bool known, readable, writable, first;	/* first of its region */
	uint32_t piece;
	uint8_t *host;
} list[BYTES];
static struct vcryptod_region at[BYTES];		/* the region that begins there */
static unsigned int over_seams;			/* translations that went on in another region */

static bool
joined(unsigned int i)
{
	const struct byte *a = &list[i], *b = &list[i + 1];

	if (!a->known || !b->known || a->host == NULL || b->host == NULL || a->host + 1 != b->host)
		return false;
	return !b->first || (a->piece != 0 && a->piece == b->piece &&
			a->readable == b->readable && a->writable == b->writable);
}

static void
check_address(unsigned int i, uint64_t want, bool write)
{
	const struct byte *b = &list[i];
	uint64_t len = want, stretch = 1;
	bool there = b->known && b->host != NULL && (write ? b->writable : b->readable);
	uint8_t *p = vcryptod_memory_translate(&m, FIRST + i, &len, write);

	assert_ptr_equal(p, there ? b->host : NULL);
	if (!there)
		return;
	while (i + stretch < BYTES && joined((unsigned int)(i + stretch - 1)))
		over_seams += list[i + stretch++].first;
	assert_int_equal(len, want < stretch ? want : stretch);
	assert_true(vcryptod_memory_holds(&m, p, len, write));
	assert_true(len == want || m.nb > 1 ||
			!vcryptod_memory_holds(&m, p, len + 1, write));
}

/* A region that is mostly a neighbour of others, in the same way in both kinds of addresses. */
static struct vcryptod_region
random_region(unsigned int *i)
{
	struct vcryptod_region r = { .piece = rand() % 8 != 0 ? 1 : (uint32_t)rand() % (PIECES + 1),
		.readable = rand() % 16 != 0, .writable = rand() % 16 != 0 };

	*i = (unsigned int)rand() % (BYTES / 16) * 16;
	r.guest = FIRST + *i;
	r.size = rand() % 4 == 0 ? 1 + (unsigned int)rand() % 40 : 16;
	r.host = rand() % 16 == 0 ? NULL : host[r.piece] + *i + (rand() % 16 == 0 ? 16 : 0);
	return r;
}

static int
list_insert(unsigned int i, const struct vcryptod_region *r)
{
	uint64_t k;

	if (r->size > BYTES - i)
		return -EINVAL;
	for (k = 0; k < r->size; k++)
		if (list[i + k].known)
			return -EEXIST;
	for (k = 0; k < r->size; k++)
		list[i + k] = (struct byte){ .known = true, .first = k == 0, .piece = r->piece,
			.readable = r->readable, .writable = r->writable,
			.host = r->host != NULL ? r->host + k : NULL };
	at[i] = *r;
	return 0;
}

static int
list_remove(unsigned int i, uint64_t size)
{
	if (!list[i].known || !list[i].first || at[i].size != size)
		return -ENOENT;
	memset(&list[i], 0, (size_t)size * sizeof(list[0]));
	return 0;
}

static void
as_a_list(void **state)
{
	unsigned int round, i, nb = 0, refused = 0, removed = 0;
	struct vcryptod_region r, gone;
	int rc;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		r = random_region(&i);
		if (rand() % 3 != 0) {
			rc = vcryptod_memory_check(&m, r.guest, r.size);
			assert_int_equal(vcryptod_memory_insert(&m, &r), rc);
			assert_int_equal(rc, list_insert(i, &r));
			nb += rc == 0;
			refused += rc != 0;
		} else {
			rc = list_remove(i, rand() % 4 == 0 ? r.size : at[i].size);
			if (rc == 0)
				r = at[i];
			assert_int_equal(vcryptod_memory_remove(&m, &gone, FIRST + i,
					rc == 0 ? r.size : 41), rc);
			assert_true(rc != 0 || (gone.host == r.host && gone.piece == r.piece));
			nb -= rc == 0;
			removed += rc == 0;
		}
		assert_int_equal(m.nb, nb);
		for (i = 0; i < 8; i++)
			check_address((unsigned int)rand() % BYTES, rand() % 2 == 0 ? UINT64_MAX :
					1 + (unsigned int)rand() % 50, rand() % 2 == 0);
	}
	assert_true(refused > ROUNDS / 10 && removed > ROUNDS / 20 && over_seams > ROUNDS / 4);
	vcryptod_memory_clear(&m);
	assert_int_equal(m.nb, 0);
	for (i = 0; i < BYTES; i++)
		assert_null(vcryptod_memory_translate(&m, FIRST + i, &(uint64_t){ 1 }, false));
}

/* Every place that a region may have beside another one. */
static void
overlaps(void **state)
{
	static const struct {
		uint64_t guest, size;
		int rc;
	} with[] = {
		{ 0x1000, 0x1000, -EEXIST }, { 0xfff, 1, 0 }, { 0xfff, 2, -EEXIST },
		{ 0x1fff, 1, -EEXIST }, { 0x2000, 1, 0 }, { 0, UINT64_MAX, -EEXIST },
		{ 0x1400, 16, -EEXIST }, { 0xf00, 0x2000, -EEXIST }, { 0x1000, 0, -EINVAL },
		{ 0x2000, UINT64_MAX - 0x1fff, 0 }, { 0x2000, UINT64_MAX - 0x1ffe, -EINVAL },
		{ 1, UINT64_MAX, -EEXIST }, { 2, UINT64_MAX, -EINVAL }, { 0, 0x1000, 0 },
	};
	unsigned int i;
	struct vcryptod_region r = { .guest = 0x1000, .size = 0x1000 }, gone;

	(void)state;
	assert_int_equal(vcryptod_memory_insert(&m, &r), 0);
	for (i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		r.guest = with[i].guest;
		r.size = with[i].size;
		assert_int_equal(vcryptod_memory_insert(&m, &r), with[i].rc);
		assert_int_equal(vcryptod_memory_remove(&m, &gone, r.guest, r.size),
				r.guest == 0x1000 && r.size != 0 ? 0 :
				with[i].rc == 0 ? 0 : -ENOENT);
		if (m.nb == 0) {
			r.guest = 0x1000;
			r.size = 0x1000;
			assert_int_equal(vcryptod_memory_insert(&m, &r), 0);
		}
		assert_int_equal(m.nb, 1);
	}
	vcryptod_memory_clear(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_list), cmocka_unit_test(overlaps),
	};

	srand(17);
	return cmocka_run_group_tests_name("vcryptod_memory", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See the header.
 */
#include <sys/mman.h>

#include "fuzz_input.h"
#include "fuzz_pieces.h"

#define NB_SLOTS	128u
#define SLOT		12288u	/* bytes: two pages, and one that is inaccessible */
#define SLOT_USED	8192u
#define GUARD		0x6b

/* Of the compiler; empty without ASan. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(p, len)	((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len)	((void)(p), (void)(len))
#endif

static uint8_t *slots;
static unsigned int next_slot, nb_slots;	/* of all that are not free: used again at 0 */

static void
map_slots(void)
{
	unsigned int i;

	slots = mmap(NULL, NB_SLOTS * SLOT, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FUZZ_CHECK(slots != MAP_FAILED);
	for (i = 0; i < NB_SLOTS; i++)
		FUZZ_CHECK(mprotect(slots + i * SLOT + SLOT_USED, SLOT - SLOT_USED,
				PROT_NONE) == 0);
}

static bool
lies_in_slot(const uint8_t *p)
{
	return slots != NULL && p >= slots && p < slots + NB_SLOTS * SLOT;
}

uint8_t *
fuzz_piece(size_t len, bool at_page)
{
	uint8_t *p;

	if (at_page && slots == NULL)
		map_slots();
	if (at_page && len <= FUZZ_PIECE_MAX && next_slot < NB_SLOTS) {
		nb_slots++;
		p = slots + next_slot++ * SLOT + SLOT_USED - len;
		memset(p - FUZZ_PIECE_GUARD, GUARD, FUZZ_PIECE_GUARD);
		return p;
	}
	p = malloc(len + FUZZ_PIECE_GUARD + FUZZ_PIECE_GUARD);
	FUZZ_CHECK(p != NULL);
	memset(p, GUARD, len + FUZZ_PIECE_GUARD + FUZZ_PIECE_GUARD);
	p += FUZZ_PIECE_GUARD;
	ASAN_POISON_MEMORY_REGION(p - FUZZ_PIECE_GUARD, FUZZ_PIECE_GUARD);
	ASAN_POISON_MEMORY_REGION(p + len, FUZZ_PIECE_GUARD);
	return p;
}

static void
check_guard(const uint8_t *guard)
{
	unsigned int i;

	for (i = 0; i < FUZZ_PIECE_GUARD; i++)
		FUZZ_CHECK(guard[i] == GUARD);
}

void
fuzz_piece_free(uint8_t *p, size_t len)
{
	if (lies_in_slot(p - FUZZ_PIECE_GUARD)) {
		check_guard(p - FUZZ_PIECE_GUARD);
		if (--nb_slots == 0)
			next_slot = 0;
		return;
	}
	ASAN_UNPOISON_MEMORY_REGION(p - FUZZ_PIECE_GUARD, FUZZ_PIECE_GUARD);
	ASAN_UNPOISON_MEMORY_REGION(p + len, FUZZ_PIECE_GUARD);
	check_guard(p - FUZZ_PIECE_GUARD);
	check_guard(p + len);
	free(p - FUZZ_PIECE_GUARD);
}

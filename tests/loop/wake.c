/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See wake.h.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "wake.h"

#define STRIDE	64	/* bytes from table to table */
#define SKIPPED	77	/* exit status */

uint32_t wake_met;

static void *
wake_translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	(void)ctx;
	(void)len;
	(void)write;
	return (void *)(uintptr_t)addr;
}

bool
wake_init(struct wake_ring *r, enum vq_kind kind, bool event_idx)
{
	static uint8_t ring[8192] __attribute__((aligned(VQ_RING_ALIGN)));
	static uint8_t tables[WAKE_SIZE * STRIDE] __attribute__((aligned(64)));
	static uint8_t shadow[4096] __attribute__((aligned(VQ_SHADOW_ALIGN)));
	bool packed = VQ_IS_PACKED(kind);
	const struct vq_config cfg = {
		.kind = kind, .size = WAKE_SIZE, .indirect = true, .event_idx = event_idx,
		.ring = ring, .ring_iova = (uintptr_t)ring, .tables = tables,
		.tables_iova = (uintptr_t)tables, .table_stride = STRIDE, .table_entries = 2,
		.shadow = shadow,
	};
	struct vqd_config dcfg = {
		.packed = packed, .indirect = true, .event_idx = event_idx, .size = WAKE_SIZE,
		.translate = wake_translate, .avail_base = packed ? 0x8000 : 0,
		.used_base = packed ? 0x8000 : 0,
	};
	struct vq_areas a;

	memset(r, 0, sizeof(*r));
	r->kind = kind;
	r->event_idx = event_idx;
	vq_ring_areas(&a, kind, WAKE_SIZE);
	dcfg.desc = ring + a.desc;
	dcfg.driver = r->driver_area = ring + a.driver;
	dcfg.device = ring + a.device;
	return vq_ring_size(kind, WAKE_SIZE) <= sizeof(ring) &&
		vq_shadow_size(WAKE_SIZE) <= sizeof(shadow) && vq_init(&r->vq, &cfg) == 0 &&
		vqd_init(&r->vqd, &dcfg) == 0;
}

bool
wake_reached(const uint32_t *word, uint32_t n)
{
	uint32_t i;

	for (i = 0; __atomic_load_n(word, __ATOMIC_ACQUIRE) != n; i++) {
		if (i == WAKE_PATIENCE)
			return false;
		if (i % 256 == 255)
			sched_yield();
	}
	return true;
}

void
wake_pause(unsigned int turns)
{
	volatile unsigned int left;

	for (left = turns; left > 0; left--)
		;
}

unsigned int
wake_random(unsigned int *rnd, unsigned int mask)
{
	*rnd = *rnd * 1103515245u + 12345u;
	return *rnd >> 16 & mask;
}

bool
wake_serve(struct wake_ring *r)
{
	struct vqd_seg seg[2];
	struct vqd_req req;

	while (vqd_pop_pool(&r->vqd, &req, 1, seg, 2) != 1)
		if (r->vqd.broken != NULL)
			return false;
	vqd_push(&r->vqd, &req, 0);
	return true;
}

int
wake_run_all(bool (*run)(enum vq_kind kind, bool event_idx, bool polls))
{
	unsigned int passed = 0, failed = 0, i;

	for (i = 0; i < 16; i++) {
		if (run((enum vq_kind)(i & 3), i & 4, i & 8))
			passed++;
		else
			failed++;
	}
	printf("%u passed, %u failed, both looked at once in %u rounds\n", passed, failed,
			wake_met);
	if (failed == 0 && wake_met == 0) {
		printf("SKIP: the two threads never looked at once: a CPU for each is needed\n");
		return SKIPPED;
	}
	return failed != 0;
}

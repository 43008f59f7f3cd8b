/* SPDX-License-Identifier: BSD-3-Clause
 *
 * test_vq_wake with the sides exchanged: the one moment that a lost call comes from.  The
 * device shows a used entry and looks whether it is to call, while the driver asks for calls
 * and looks for used entries.  The device either has a full barrier in between, or has none
 * and goes on looking while the ring is empty; with neither some rounds are lost.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "vq_device.h"
#include "vq_event.h"
#include "vq_hot.h"

#define ROUNDS		50000u
#define SIZE		8
#define STRIDE		64
#define MAX_DELAY	4096u	/* turns */
#define PATIENCE	(1u << 30)	/* turns of waiting for the other thread */

struct wake {
	enum vq_kind kind;
	bool event_idx;
	bool polls;		/* the device has no barrier, and polls */
	struct vq vq;
	struct vqd vqd;
	void *driver_area;
	uint32_t round;		/* atomic: the driver has published this one's request */
	uint32_t ready;		/* atomic: the device has popped it */
	uint32_t asked;		/* atomic: the driver is done with its half */
	uint32_t looked;	/* atomic: the device is done with its half */
	bool called, late;	/* the device's half */
	unsigned int delay;	/* turns that the device waits in the next round */
	bool failed;
};

static bool
reached(const uint32_t *word, uint32_t n)
{
	uint32_t i;

	for (i = 0; __atomic_load_n(word, __ATOMIC_ACQUIRE) != n; i++) {
		if (i == PATIENCE)
			return false;
		if (i % 256 == 255)
			sched_yield();
	}
	return true;
}

static void
pause_for(unsigned int turns)
{
	volatile unsigned int left;

	for (left = turns; left > 0; left--)
		;
}

static unsigned int
random_bits(unsigned int *rnd, unsigned int mask)
{
	*rnd = *rnd * 1103515245u + 12345u;
	return *rnd >> 16 & mask;
}

static void *
translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	(void)ctx;
	(void)len;
	(void)write;
	return (void *)(uintptr_t)addr;
}

/* The driver's wish: to be called for the next used entry, or not at all. */
static void
want_call(struct wake *w, bool on)
{
	uint32_t pos = (uint32_t)(w->vq.used_desc - w->vq.pdesc);
	struct virtq_avail *avail = w->driver_area;

	if (!VQ_IS_PACKED(w->kind)) {
		if (w->event_idx)
			vq_write16(&avail->ring[SIZE], (uint16_t)(w->vq.used_idx - !on));
		else
			vq_write16(&avail->flags, on ? 0 : VIRTQ_AVAIL_F_NO_INTERRUPT);
		return;
	}
	if (!on)
		vq_write_event(w->driver_area, (uint32_t)PVIRTQ_EVENT_F_DISABLE << 16);
	else if (w->event_idx)
		vq_write_event(w->driver_area, (uint32_t)PVIRTQ_EVENT_F_DESC << 16 | pos |
				(w->vq.used_bits != 0 ? 0x8000u : 0));
	else
		vq_write_event(w->driver_area, (uint32_t)PVIRTQ_EVENT_F_ENABLE << 16);
}

/* Looks at an empty ring until one calls.  Once the driver is done with its half, a barrier
 * comes within VQD_CALL_POLLS, and nothing would change any more.
 */
static bool
poll_call(struct wake *w, uint32_t n)
{
	uint32_t i, after = 0;
	bool asked;

	for (i = 0; i < PATIENCE && after < 2 * VQD_CALL_POLLS; i++) {
		asked = __atomic_load_n(&w->asked, __ATOMIC_ACQUIRE) == n;
		if (vqd_owes_call(&w->vqd) && vqd_asks_call_again(&w->vqd))
			return true;
		after += asked;
		if (i % 256 == 255)
			sched_yield();
	}
	return false;
}

static void *
device(void *arg)
{
	struct vqd_seg seg[2];
	struct vqd_req req;
	struct wake *w = arg;
	unsigned int rnd = 1;
	uint32_t n;

	for (n = 1; n <= ROUNDS; n++) {
		if (!reached(&w->round, n))
			break;
		while (vqd_pop_pool(&w->vqd, &req, 1, seg, 2) != 1)
			if (w->vqd.broken != NULL)
				return NULL;
		vqd_push(&w->vqd, &req, 0);
		__atomic_store_n(&w->ready, n, __ATOMIC_RELEASE);
		pause_for(w->delay + random_bits(&rnd, 31));
		vqd_publish(&w->vqd);
		w->called = w->polls ? vqd_asks_call(&w->vqd) : vqd_needs_call(&w->vqd);
		w->late = !w->called && w->polls && poll_call(w, n);
		__atomic_store_n(&w->looked, n, __ATOMIC_RELEASE);
		if (!reached(&w->asked, n))
			break;
	}
	return NULL;
}

/* Rounds in which neither saw the other. */
VQ_HOT uint32_t
driver(struct wake *w, enum vq_kind kind, uint8_t *data)
{
	uint32_t n, lost = 0, seen = 0, called = 0, saved = 0;
	unsigned int rnd = 5;
	uint16_t slot;
	bool more;

	for (n = 1; n <= ROUNDS; n++) {
		want_call(w, false);
		slot = vq_next_slot(&w->vq, kind);
		vq_table(&w->vq, slot)[0].addr = cpu_to_le64((uintptr_t)data);
		vq_table(&w->vq, slot)[0].len = cpu_to_le32(1);
		vq_shape(&w->vq, kind, slot, 1, 0);
		vq_add(&w->vq, kind, slot, data);
		vq_publish(&w->vq, kind);
		__atomic_store_n(&w->round, n, __ATOMIC_RELEASE);
		if (!reached(&w->ready, n)) {
			w->failed = true;
			return lost;
		}
		pause_for(random_bits(&rnd, 31));
		want_call(w, true);
		vq_settle(false);
		more = vq_used(&w->vq, kind, 1) != 0;
		__atomic_store_n(&w->asked, n, __ATOMIC_RELEASE);
		/* Asleep, as it were, until the device has looked. */
		if (!reached(&w->looked, n)) {
			w->failed = true;
			return lost;
		}
		lost += !w->called && !w->late && !more;
		saved += w->late && !more;
		called += w->called;
		seen += more;
		/* Alone in seeing the other is the one who was later: meet halfway. */
		if (more && !w->called && w->delay < MAX_DELAY)
			w->delay++;
		else if (w->called && !more && w->delay > 0)
			w->delay--;
		if (vq_used(&w->vq, kind, 1) != 1 || vq_take(&w->vq, kind, &slot, NULL) != data)
			w->failed = true;
	}
	printf("%u rounds: %u calls, %u seen by the driver, %u by a later look, %u lost\n", n - 1,
		called, seen, saved, lost);
	return lost;
}

static bool
run(enum vq_kind kind, bool event_idx, bool polls)
{
	static uint8_t ring[8192] __attribute__((aligned(VQ_RING_ALIGN)));
	static uint8_t tables[SIZE * STRIDE] __attribute__((aligned(64)));
	static uint8_t shadow[4096] __attribute__((aligned(VQ_SHADOW_ALIGN)));
	struct wake w = { .kind = kind, .event_idx = event_idx, .polls = polls };
	bool packed = VQ_IS_PACKED(kind);
	const struct vq_config cfg = {
		.kind = kind, .size = SIZE, .indirect = true, .event_idx = event_idx,
		.ring = ring, .ring_iova = (uintptr_t)ring, .tables = tables,
		.tables_iova = (uintptr_t)tables, .table_stride = STRIDE, .table_entries = 2,
		.shadow = shadow,
	};
	struct vqd_config dcfg = {
		.packed = packed, .indirect = true, .event_idx = event_idx, .size = SIZE,
		.translate = translate, .avail_base = packed ? 0x8000 : 0,
		.used_base = packed ? 0x8000 : 0,
	};
	struct vq_areas a;
	pthread_t thread;
	uint8_t data[64];
	uint32_t lost;

	vq_ring_areas(&a, kind, SIZE);
	dcfg.desc = ring + a.desc;
	dcfg.driver = w.driver_area = ring + a.driver;
	dcfg.device = ring + a.device;
	if (vq_ring_size(kind, SIZE) > sizeof(ring) || vq_shadow_size(SIZE) > sizeof(shadow) ||
			vq_init(&w.vq, &cfg) != 0 || vqd_init(&w.vqd, &dcfg) != 0 ||
			pthread_create(&thread, NULL, device, &w) != 0)
		return false;
	memset(data, 0, sizeof(data));
	switch (kind) {
	case VQ_SPLIT: lost = driver(&w, VQ_SPLIT, data); break;
	case VQ_SPLIT_IN_ORDER: lost = driver(&w, VQ_SPLIT_IN_ORDER, data); break;
	case VQ_PACKED: lost = driver(&w, VQ_PACKED, data); break;
	default: lost = driver(&w, VQ_PACKED_IN_ORDER, data); break;
	}
	pthread_join(thread, NULL);
	return !w.failed && lost == 0;
}

int
main(void)
{
	unsigned int passed = 0, failed = 0, i;

	for (i = 0; i < 16; i++) {
		if (run((enum vq_kind)(i & 3), i & 4, i & 8))
			passed++;
		else
			failed++;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0 || passed == 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The one moment that a lost kick comes from: the driver publishes and looks whether
 * it is to kick, while the device asks for kicks and looks for requests.  Both may
 * see the other's store, but never neither of them for good.  Round after round, two threads
 * do this at the same time.  The driver either has a full barrier between its store and its
 * look, or has none and goes on looking in its polls; with neither some rounds are lost.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vq_device.h"
#include "vq_hot.h"

#define ROUNDS		50000u
#define SIZE		8
#define STRIDE		64
#define MAX_DELAY	4096u	/* turns */
#define PATIENCE	(1u << 30)	/* turns of waiting for the other thread */

struct wake {
	enum vq_kind kind;
	bool event_idx;
	bool polls;		/* the driver has no barrier, and polls */
	struct vq vq;
	struct vqd vqd;
	uint32_t round;		/* atomic: the driver began this one */
	uint32_t asked;		/* atomic: the device is done with its half */
	uint32_t looked;	/* atomic: the driver is done with its half */
	uint32_t served;	/* atomic: and has completed the request */
	bool more;		/* the device's half: it saw the request */
	bool failed;
};

/* Waits until the other thread has got to round n. */
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

static void *
device(void *arg)
{
	struct vqd_seg seg[2];
	struct vqd_req req;
	struct wake *w = arg;
	unsigned int rnd = 1;
	uint32_t n;

	for (n = 1; n <= ROUNDS; n++) {
		vqd_notify_off(&w->vqd);
		if (!reached(&w->round, n))
			break;
		pause_for(random_bits(&rnd, 31));
		w->more = vqd_notify_on(&w->vqd);
		__atomic_store_n(&w->asked, n, __ATOMIC_RELEASE);
		/* Asleep, as it were: it takes nothing and takes back no wish before the
		 * driver has looked.
		 */
		if (!reached(&w->looked, n))
			break;
		while (vqd_pop_pool(&w->vqd, &req, 1, seg, 2) != 1)
			if (w->vqd.broken != NULL)
				return NULL;
		vqd_push(&w->vqd, &req, 0);
		vqd_publish(&w->vqd);
		__atomic_store_n(&w->served, n, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Polls of a driver that saw no wish; true: one of them kicked.  Once the device is done with
 * its half, a barrier comes within VQ_KICK_POLLS, and nothing would change any more.
 */
VQ_HOT bool
poll_kick(struct wake *w, enum vq_kind kind, uint32_t n)
{
	uint32_t i, after = 0;
	bool asked;

	for (i = 0; i < PATIENCE && after < 2 * VQ_KICK_POLLS; i++) {
		asked = __atomic_load_n(&w->asked, __ATOMIC_ACQUIRE) == n;
		if (vq_owes_kick(&w->vq) && vq_asks_again(&w->vq, kind))
			return true;
		after += asked;
		if (i % 256 == 255)
			sched_yield();
	}
	return false;
}

/* Rounds in which neither saw the other. */
VQ_HOT uint32_t
driver(struct wake *w, enum vq_kind kind, uint8_t *data)
{
	uint32_t n, lost = 0, seen = 0, kicked = 0, saved = 0;
	unsigned int rnd = 5, delay = 0;
	uint16_t slot;
	bool kick, late;

	for (n = 1; n <= ROUNDS; n++) {
		slot = vq_next_slot(&w->vq, kind);
		vq_table(&w->vq, slot)[0].addr = cpu_to_le64((uintptr_t)data);
		vq_table(&w->vq, slot)[0].len = cpu_to_le32(1);
		vq_shape(&w->vq, kind, slot, 1, 0);
		vq_add(&w->vq, kind, slot, data);
		__atomic_store_n(&w->round, n, __ATOMIC_RELEASE);
		pause_for(delay + random_bits(&rnd, 31));
		vq_publish(&w->vq, kind);
		kick = w->polls ? vq_asks_kick(&w->vq, kind) : vq_needs_kick(&w->vq, kind);
		late = !kick && w->polls && poll_kick(w, kind, n);
		__atomic_store_n(&w->looked, n, __ATOMIC_RELEASE);
		if (!reached(&w->asked, n) || !reached(&w->served, n)) {
			w->failed = true;
			return lost;
		}
		lost += !kick && !late && !w->more;
		saved += late && !w->more;
		kicked += kick;
		seen += w->more;
		/* Alone in seeing the other is the one who was later: meet halfway. */
		if (w->more && !kick && delay < MAX_DELAY)
			delay++;
		else if (kick && !w->more && delay > 0)
			delay--;
		if (vq_used(&w->vq, kind, 1) != 1 || vq_take(&w->vq, kind, &slot, NULL) != data)
			w->failed = true;
	}
	printf("%u rounds: %u kicks, %u seen by the device, %u for a poll, %u lost\n", n - 1,
		kicked, seen, saved, lost);
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
	dcfg.driver = ring + a.driver;
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

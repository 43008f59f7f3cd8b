/* SPDX-License-Identifier: BSD-3-Clause
 *
 * test_vq_wake with the sides exchanged: the one moment that a lost call comes from.  The
 * device shows a used entry and looks whether it is to call, while the driver asks for calls
 * and looks for used entries.  The device either has a full barrier in between, or has none
 * and goes on looking while the ring is empty; with neither some rounds are lost.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "wake.h"

struct wake {
	struct wake_ring r;
	bool polls;		/* the device has no barrier, and polls */
	uint32_t round;		/* atomic: the driver has published this one's request */
	uint32_t ready;		/* atomic: the device has popped it */
	uint32_t asked;		/* atomic: the driver is done with its half */
	uint32_t looked;	/* atomic: the device is done with its half */
	bool called, late;	/* the device's half */
	unsigned int delay;	/* turns that the device waits in the next round */
	bool failed;
};

/* The driver's wish: to be called for the next used entry, or not at all. */
static void
want_call(struct wake_ring *r, bool on)
{
	uint32_t pos = (uint32_t)(r->vq.used_desc - r->vq.pdesc);
	struct virtq_avail *avail = r->driver_area;

	if (!VQ_IS_PACKED(r->kind)) {
		if (r->event_idx)
			vq_write16(&avail->ring[WAKE_SIZE], (uint16_t)(r->vq.used_idx - !on));
		else
			vq_write16(&avail->flags, on ? 0 : VIRTQ_AVAIL_F_NO_INTERRUPT);
		return;
	}
	if (!on)
		vq_write_event(r->driver_area, (uint32_t)PVIRTQ_EVENT_F_DISABLE << 16);
	else if (r->event_idx)
		vq_write_event(r->driver_area, (uint32_t)PVIRTQ_EVENT_F_DESC << 16 | pos |
				(r->vq.used_bits != 0 ? 0x8000u : 0));
	else
		vq_write_event(r->driver_area, (uint32_t)PVIRTQ_EVENT_F_ENABLE << 16);
}

/* Looks at an empty ring until one calls.  Once the driver is done with its half, a barrier
 * comes within VQD_CALL_POLLS, and nothing would change any more.
 */
static bool
poll_call(struct wake *w, uint32_t n)
{
	uint32_t i, after = 0;
	bool asked;

	for (i = 0; i < WAKE_PATIENCE && after < 2 * VQD_CALL_POLLS; i++) {
		asked = __atomic_load_n(&w->asked, __ATOMIC_ACQUIRE) == n;
		if (vqd_owes_call(&w->r.vqd) && vqd_asks_call_again(&w->r.vqd))
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
	struct wake *w = arg;
	unsigned int rnd = 1;
	uint32_t n;

	for (n = 1; n <= WAKE_ROUNDS; n++) {
		if (!wake_reached(&w->round, n) || !wake_serve(&w->r))
			break;
		__atomic_store_n(&w->ready, n, __ATOMIC_RELEASE);
		wake_pause(w->delay + wake_random(&rnd, 31));
		vqd_publish(&w->r.vqd);
		w->called = w->polls ? vqd_asks_call(&w->r.vqd) : vqd_needs_call(&w->r.vqd);
		w->late = !w->called && w->polls && poll_call(w, n);
		__atomic_store_n(&w->looked, n, __ATOMIC_RELEASE);
		if (!wake_reached(&w->asked, n))
			break;
	}
	return NULL;
}

/* Rounds in which neither saw the other. */
VQ_HOT uint32_t
driver(struct wake *w, enum vq_kind kind)
{
	uint32_t n, lost = 0, seen = 0, called = 0, saved = 0;
	unsigned int rnd = 5;
	bool more;

	for (n = 1; n <= WAKE_ROUNDS; n++) {
		want_call(&w->r, false);
		wake_add(&w->r, kind);
		vq_publish(&w->r.vq, kind);
		__atomic_store_n(&w->round, n, __ATOMIC_RELEASE);
		if (!wake_reached(&w->ready, n)) {
			w->failed = true;
			return lost;
		}
		wake_pause(wake_random(&rnd, 31));
		want_call(&w->r, true);
		vq_settle(false);
		more = vq_used(&w->r.vq, kind, 1) != 0;
		__atomic_store_n(&w->asked, n, __ATOMIC_RELEASE);
		/* Asleep, as it were, until the device has looked. */
		if (!wake_reached(&w->looked, n)) {
			w->failed = true;
			return lost;
		}
		lost += !w->called && !w->late && !more;
		saved += w->late && !more;
		wake_met += w->called && more;
		called += w->called;
		seen += more;
		/* Alone in seeing the other is the one who was later: meet halfway. */
		if (more && !w->called && w->delay < WAKE_MAX_DELAY)
			w->delay++;
		else if (w->called && !more && w->delay > 0)
			w->delay--;
		w->failed |= !wake_take(&w->r, kind);
	}
	printf("%u rounds: %u calls, %u seen by the driver, %u by a later look, %u lost\n", n - 1,
		called, seen, saved, lost);
	return lost;
}

static bool
run(enum vq_kind kind, bool event_idx, bool polls)
{
	struct wake w = { .polls = polls };
	pthread_t thread;
	uint32_t lost;

	if (!wake_init(&w.r, kind, event_idx) ||
			pthread_create(&thread, NULL, device, &w) != 0)
		return false;
#define DRIVER(k) driver(&w, k)
	WAKE_BY_KIND(kind, lost, DRIVER);
	pthread_join(thread, NULL);
	return !w.failed && lost == 0;
}

int
main(void)
{
	return wake_run_all(run);
}

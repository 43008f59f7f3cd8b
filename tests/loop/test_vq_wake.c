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
#include <stdio.h>

#include "wake.h"

struct wake {
	struct wake_ring r;
	bool polls;		/* the driver has no barrier, and polls */
	uint32_t round;		/* atomic: the driver began this one */
	uint32_t asked;		/* atomic: the device is done with its half */
	uint32_t looked;	/* atomic: the driver is done with its half */
	uint32_t served;	/* atomic: and has completed the request */
	bool more;		/* the device's half: it saw the request */
	bool failed;
};

static void *
device(void *arg)
{
	struct wake *w = arg;
	unsigned int rnd = 1;
	uint32_t n;

	for (n = 1; n <= WAKE_ROUNDS; n++) {
		vqd_notify_off(&w->r.vqd);
		if (!wake_reached(&w->round, n))
			break;
		wake_pause(wake_random(&rnd, 31));
		w->more = vqd_notify_on(&w->r.vqd);
		__atomic_store_n(&w->asked, n, __ATOMIC_RELEASE);
		/* Asleep, as it were: it takes nothing and takes back no wish before the
		 * driver has looked.
		 */
		if (!wake_reached(&w->looked, n) || !wake_serve(&w->r))
			break;
		vqd_publish(&w->r.vqd);
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

	for (i = 0; i < WAKE_PATIENCE && after < 2 * VQ_KICK_POLLS; i++) {
		asked = __atomic_load_n(&w->asked, __ATOMIC_ACQUIRE) == n;
		if (vq_owes_kick(&w->r.vq) && vq_asks_again(&w->r.vq, kind))
			return true;
		after += asked;
		if (i % 256 == 255)
			sched_yield();
	}
	return false;
}

/* Rounds in which neither saw the other. */
VQ_HOT uint32_t
driver(struct wake *w, enum vq_kind kind)
{
	uint32_t n, lost = 0, seen = 0, kicked = 0, saved = 0;
	unsigned int rnd = 5, delay = 0;
	bool kick, late;

	for (n = 1; n <= WAKE_ROUNDS; n++) {
		wake_add(&w->r, kind);
		__atomic_store_n(&w->round, n, __ATOMIC_RELEASE);
		wake_pause(delay + wake_random(&rnd, 31));
		vq_publish(&w->r.vq, kind);
		kick = w->polls ? vq_asks_kick(&w->r.vq, kind) : vq_needs_kick(&w->r.vq, kind);
		late = !kick && w->polls && poll_kick(w, kind, n);
		__atomic_store_n(&w->looked, n, __ATOMIC_RELEASE);
		if (!wake_reached(&w->asked, n) || !wake_reached(&w->served, n)) {
			w->failed = true;
			return lost;
		}
		lost += !kick && !late && !w->more;
		saved += late && !w->more;
		wake_met += kick && w->more;
		kicked += kick;
		seen += w->more;
		/* Alone in seeing the other is the one who was later: meet halfway. */
		if (w->more && !kick && delay < WAKE_MAX_DELAY)
			delay++;
		else if (kick && !w->more && delay > 0)
			delay--;
		w->failed |= !wake_take(&w->r, kind);
	}
	printf("%u rounds: %u kicks, %u seen by the device, %u for a poll, %u lost\n", n - 1,
		kicked, seen, saved, lost);
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

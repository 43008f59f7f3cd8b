/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Driver half against device half in two threads: every request carries its number,
 * the device answers with a function of it, and the driver checks the answer.  The
 * device polls, or sleeps until it is kicked, so that a kick too few shows as a
 * queue that stands still.
 *
 * Argument: the kind of queue.  To be run under the thread sanitizer too.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "vq_device.h"
#include "vq_hot.h"

#define NB_REQUESTS	200000u
#define STUCK_S		100	/* without a completion: a kick or an index was lost */
#define MAX_SIZE	256
#define STRIDE		512	/* bytes of a slot: table, then data */
#define DATA_OFF	256
#define ENTRIES		6
#define BURST		32
#define HELD		64	/* requests that the device keeps back, at most */

struct config {
	enum vq_kind kind;
	uint16_t size;
	bool indirect, event_idx, fifo;
	bool batches;		/* device: one used entry for many */
	bool shuffle;		/* device: completes out of order */
	bool sleeps;		/* device: waits for kicks */
};

struct loop {
	struct config c;
	struct vq vq;
	struct vqd vqd;
	uint8_t *ring, *tables, *shadow;
	uint64_t *token;		/* by slot: what the driver put in */
	int kick_fd;
	bool stop;			/* atomic */
	bool failed;			/* atomic */
	bool asleep;			/* atomic: the device waits for a kick */
	unsigned int kicks, sleeps;
	struct timespec last;		/* when last_done changed */
	uint64_t last_done;
};

static void
fail(struct loop *l, const char *what)
{
	if (!__atomic_exchange_n(&l->failed, true, __ATOMIC_RELAXED))
		fprintf(stderr, "%s\n", what);
}

/* For the driver's thread: has nothing come back for a long time? */
static bool
stuck(struct loop *l, uint64_t done)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (done != l->last_done) {
		l->last_done = done;
		l->last = now;
	}
	if (now.tv_sec - l->last.tv_sec < STUCK_S)
		return false;
	fail(l, "the queue stands still");
	return true;
}

static bool
over(struct loop *l)
{
	return __atomic_load_n(&l->failed, __ATOMIC_RELAXED) ||
			__atomic_load_n(&l->stop, __ATOMIC_RELAXED);
}

static bool
asleep(struct loop *l)
{
	return __atomic_load_n(&l->asleep, __ATOMIC_RELAXED);
}

static uint64_t
answer(uint64_t seq)
{
	return (seq + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* ---- the device's thread ---- */

static void *
translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	struct loop *l = ctx;
	uint64_t base = (uintptr_t)l->tables;

	(void)write;
	if (addr < base || addr - base + *len > (uint64_t)l->c.size * STRIDE)
		return NULL;
	return (void *)(uintptr_t)addr;
}

/* Reads the number from the readable bytes, writes the answer into the writable. */
static bool
serve(const struct vqd_req *req, uint32_t *written)
{
	uint64_t seq, got;
	uint16_t i;

	if (req->nb_read == 0 || req->nb_write == 0)
		return false;
	memcpy(&seq, req->seg[0].ptr, sizeof(seq));
	for (i = 1; i < req->nb_read; i++) {
		memcpy(&got, req->seg[i].ptr, sizeof(got));
		if (got != seq + i)
			return false;
	}
	if (req->nb_read != 1 + seq % (ENTRIES - 2))
		return false;
	for (i = 0; i < req->nb_write; i++) {
		uint64_t out = answer(seq + i);

		memcpy(req->seg[req->nb_read + i].ptr, &out, sizeof(out));
	}
	*written = req->write_len;
	return true;
}

/* Give back nb of the held requests: the oldest, or ones from anywhere. */
static void
give_back(struct loop *l, struct vqd_req *held, uint16_t *nb_held, uint16_t nb, unsigned int *rnd)
{
	uint32_t written;
	uint16_t at;

	while (nb-- > 0) {
		struct vqd_req req;

		*rnd = *rnd * 1103515245u + 12345u;
		at = l->c.shuffle ? (uint16_t)((*rnd >> 16) % *nb_held) : 0;
		req = held[at];
		if (!serve(&req, &written)) {
			fail(l, "the device read something else than the driver wrote");
			return;
		}
		vqd_push(&l->vqd, &req, written);
		if (l->c.batches && (*rnd >> 28) == 0)
			vqd_cut(&l->vqd);
		/* The array of segments goes to the end, to be used again. */
		memmove(&held[at], &held[at + 1], (size_t)(*nb_held - at - 1) * sizeof(*held));
		held[--*nb_held] = req;
	}
	vqd_publish(&l->vqd);
	if (vqd_asks_call(&l->vqd) || vqd_asks_call_again(&l->vqd) || vqd_needs_call(&l->vqd))
		fail(l, "the driver polls, but is to be called");
}

static void
wait_for_kick(struct loop *l)
{
	struct pollfd p = { .fd = l->kick_fd, .events = POLLIN };
	uint64_t nb;

	if (vqd_notify_on(&l->vqd))
		return;
	l->sleeps++;
	__atomic_store_n(&l->asleep, true, __ATOMIC_RELAXED);
	/* Wakes now and then only to see whether all is over. */
	while (poll(&p, 1, 200) == 0)
		if (over(l))
			return;
	__atomic_store_n(&l->asleep, false, __ATOMIC_RELAXED);
	if (read(l->kick_fd, &nb, sizeof(nb)) != sizeof(nb))
		fail(l, "reading the eventfd");
	vqd_notify_off(&l->vqd);
}

/* Takes up to nb more requests; each held one keeps its segments in an array of its own. */
static int
take(struct loop *l, struct vqd_req *held, uint16_t nb_held, uint16_t nb)
{
	static struct vqd_seg pool[HELD * ENTRIES];
	struct vqd_seg *own[HELD];
	int rc, i;

	for (i = nb_held; i < HELD; i++)
		own[i] = held[i].seg;
	rc = vqd_pop_pool(&l->vqd, held + nb_held, nb, pool, HELD * ENTRIES);
	for (i = nb_held; i < HELD; i++) {
		if (i < nb_held + rc)
			memcpy(own[i], held[i].seg, (held[i].nb_read + held[i].nb_write) *
					sizeof(*own[i]));
		held[i].seg = own[i];
	}
	return rc;
}

static void *
device(void *arg)
{
	static struct vqd_seg segs[HELD][ENTRIES];
	struct vqd_req held[HELD];
	struct loop *l = arg;
	unsigned int rnd = 1, idle = 0;
	uint16_t nb_held = 0, i;
	int nb;

	memset(held, 0, sizeof(held));
	for (i = 0; i < HELD; i++)
		held[i].seg = segs[i];
	while (!over(l)) {
		rnd = rnd * 1103515245u + 12345u;
		nb = take(l, held, nb_held, (uint16_t)(1 + (rnd >> 16) % (HELD - nb_held)));
		if (nb < 0) {
			fail(l, vqd_error(&l->vqd));
			break;
		}
		nb_held = (uint16_t)(nb_held + nb);
		if (nb_held > 0) {
			idle = 0;
			/* One stays back at times; at most HELD / 2, so that there is room. */
			nb = (int)((rnd >> 8) % (nb_held + 1u));
			if (nb_held - nb > HELD / 2 || nb == 0)
				nb = nb_held;
			give_back(l, held, &nb_held, (uint16_t)nb, &rnd);
		} else if (l->c.sleeps && ++idle > 4) {
			wait_for_kick(l);
		} else {
			sched_yield();
		}
	}
	return NULL;
}

/* ---- the driver's thread ---- */

/* Data lies behind the table: up to four words to read, two to write. */
static uint64_t *
slot_data(struct loop *l, uint16_t slot)
{
	return (uint64_t *)(void *)(l->tables + slot * (size_t)STRIDE + DATA_OFF);
}

static uint16_t
nb_read_of(uint64_t seq)
{
	return (uint16_t)(1 + seq % (ENTRIES - 2));
}

static void
fill(struct loop *l, uint16_t slot, uint64_t seq)
{
	struct vq_entry *e = vq_table(&l->vq, slot);
	uint64_t *data = slot_data(l, slot);
	uint16_t nb_read = nb_read_of(seq), i;

	for (i = 0; i < nb_read + 2; i++) {
		uint64_t *at = i < nb_read ? &data[i] : &data[ENTRIES + i - nb_read];

		*at = i < nb_read ? seq + i : 0;
		e[i].addr = cpu_to_le64((uintptr_t)at);
		e[i].len = cpu_to_le32(sizeof(*at));
	}
	l->token[slot] = seq;
}

static bool
check(struct loop *l, uint16_t slot, uint64_t *token, uint32_t len)
{
	uint64_t *data = slot_data(l, slot);
	uint64_t seq = *token;

	if (token != &l->token[slot])
		return false;
	if (len != VQ_LEN_UNKNOWN && len != 2 * sizeof(uint64_t))
		return false;
	return data[ENTRIES] == answer(seq) && data[ENTRIES + 1] == answer(seq + 1);
}

static void
kick(struct loop *l)
{
	l->kicks++;
	if (write(l->kick_fd, &(uint64_t){ 1 }, 8) != 8)
		fail(l, "writing the eventfd");
}

VQ_HOT uint32_t
feed(struct loop *l, enum vq_kind kind, uint64_t seq, uint64_t end, uint32_t max)
{
	struct vq_feed f;
	uint32_t nb = vq_feed_begin(&f, &l->vq, kind, false);
	uint32_t i;

	if (nb > max)
		nb = max;
	if (nb > end - seq)
		nb = (uint32_t)(end - seq);
	for (i = 0; i < nb; i++) {
		uint16_t slot = (uint16_t)vq_feed_slot(&f, kind);

		fill(l, slot, seq + i);
		vq_shape(&l->vq, kind, slot, nb_read_of(seq + i), 2);
		vq_feed_add(&f, kind, slot, &l->token[slot]);
	}
	vq_feed_end(&f, kind);
	vq_publish(&l->vq, kind);
	if (vq_asks_kick(&l->vq, kind))
		kick(l);
	return nb;
}

VQ_HOT uint32_t
drain(struct loop *l, enum vq_kind kind, uint64_t *next)
{
	uint32_t nb = 0, len;
	struct vq_drain d;
	size_t slot;
	uint64_t *token;
	void *p;

	if (vq_is_idle(&l->vq, kind))
		return 0;
	if (vq_used(&l->vq, kind, BURST) == 0) {
		if (vq_owes_kick(&l->vq) && vq_asks_again(&l->vq, kind))
			kick(l);
		return 0;
	}
	vq_drain_begin(&d, &l->vq, kind, vq_used_most(&l->vq, kind, BURST), false);
	while (vq_drain_take(&d, kind, &p, &slot, &len)) {
		token = p;
		if (!check(l, (uint16_t)slot, token, len))
			fail(l, "an answer that is not the request's");
		if (!l->c.shuffle && *token != *next)
			fail(l, "out of order");
		++*next;
		nb++;
	}
	vq_drain_end(&d, kind);
	return nb;
}

VQ_HOT void
driver(struct loop *l, enum vq_kind kind)
{
	uint64_t seq = 0, next = 0;
	unsigned int rnd = 7;
	uint32_t nb;

	while (next < NB_REQUESTS && !over(l)) {
		rnd = rnd * 1103515245u + 12345u;
		nb = feed(l, kind, seq, NB_REQUESTS, 1 + (rnd >> 16) % BURST);
		seq += nb;
		nb += drain(l, kind, &next);
		/* Now and then wait until all is done, so that the device falls asleep:
		 * half the times until it has, half the times just about then.
		 */
		if (l->c.sleeps && rnd >> 27 == 0)
			while ((next < seq || ((rnd & 1u << 25) != 0 && !asleep(l))) &&
					!over(l) && !stuck(l, next))
				if (drain(l, kind, &next) == 0)
					sched_yield();
		if (vq_broken(&l->vq) != NULL)
			fail(l, vq_broken(&l->vq));
		if (nb == 0 && !stuck(l, next))
			sched_yield();
	}
	if (vq_nb_in_flight(&l->vq) != 0)
		fail(l, "requests were lost");
	if (vq_nb_free(&l->vq) < (l->c.indirect ? l->c.size : l->c.size / ENTRIES))
		fail(l, "slots were lost");
}

/* ---- one configuration ---- */

static void
set_up(struct loop *l)
{
	const struct config *c = &l->c;
	struct vq_config cfg = {
		.kind = c->kind, .size = c->size, .indirect = c->indirect,
		.event_idx = c->event_idx, .fifo_slots = c->fifo,
		.ring = l->ring, .ring_iova = (uintptr_t)l->ring,
		.tables = l->tables, .tables_iova = (uintptr_t)l->tables,
		.table_stride = STRIDE, .table_entries = ENTRIES, .shadow = l->shadow,
		.first_idx = VQ_IS_PACKED(c->kind) ? 0 : 65530,
	};
	struct vqd_config dcfg = {
		.packed = VQ_IS_PACKED(c->kind), .indirect = c->indirect,
		.event_idx = c->event_idx, .batches = c->batches, .size = c->size,
		.translate = translate, .ctx = l,
		.avail_base = VQ_IS_PACKED(c->kind) ? 0x8000 : 65530,
		.used_base = VQ_IS_PACKED(c->kind) ? 0x8000 : 65530,
	};
	struct vq_areas areas;

	vq_ring_areas(&areas, c->kind, c->size);
	dcfg.desc = l->ring + areas.desc;
	dcfg.driver = l->ring + areas.driver;
	dcfg.device = l->ring + areas.device;
	if (vq_init(&l->vq, &cfg) != 0 || vqd_init(&l->vqd, &dcfg) != 0)
		fail(l, "set-up");
	if (c->sleeps)
		vqd_notify_on(&l->vqd);
	else
		vqd_notify_off(&l->vqd);
}

static bool
run(const struct config *c)
{
	static uint64_t token[MAX_SIZE];
	struct loop l = { .c = *c, .token = token };
	pthread_t thread;

	l.ring = aligned_alloc(VQ_RING_ALIGN, 16384);
	l.tables = aligned_alloc(4096, MAX_SIZE * STRIDE);
	l.shadow = aligned_alloc(4096, 16384);
	l.kick_fd = eventfd(0, EFD_CLOEXEC);
	clock_gettime(CLOCK_MONOTONIC, &l.last);
	if (vq_ring_size(c->kind, c->size) > 16384 || vq_shadow_size(c->size) > 16384)
		fail(&l, "too large");
	else
		set_up(&l);
	if (l.failed || pthread_create(&thread, NULL, device, &l) != 0)
		return false;
	switch (c->kind) {
	case VQ_SPLIT: driver(&l, VQ_SPLIT); break;
	case VQ_SPLIT_IN_ORDER: driver(&l, VQ_SPLIT_IN_ORDER); break;
	case VQ_PACKED: driver(&l, VQ_PACKED); break;
	default: driver(&l, VQ_PACKED_IN_ORDER); break;
	}
	__atomic_store_n(&l.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (!c->sleeps && l.kicks != 0)
		fail(&l, "kicks, though the device polls");
	/* The last sleep may end with the run. */
	if (c->sleeps && (l.sleeps == 0 || l.kicks + 1 < l.sleeps))
		fail(&l, "the device did not sleep");
	printf("%s size %u %s%s%s%s%s%s: %u kicks, %u sleeps\n", l.failed ? "FAIL" : "ok", c->size,
			c->indirect ? "indirect" : "direct", c->event_idx ? " event-idx" : "",
			c->fifo ? " fifo" : "", c->batches ? " batches" : "",
			c->shuffle ? " out-of-order" : "", c->sleeps ? " sleeping" : " polling",
			l.kicks, l.sleeps);
	free(l.ring);
	free(l.tables);
	free(l.shadow);
	close(l.kick_fd);
	return !l.failed;
}

int
main(int argc, char **argv)
{
	static const char *const kinds[] = {
		"split", "split-in-order", "packed", "packed-in-order" };
	enum vq_kind kind = VQ_SPLIT;
	unsigned int i, failed = 0, nb = 0;

	while (argc != 2 || strcmp(argv[1], kinds[kind]) != 0) {
		if (argc != 2 || ++kind > VQ_PACKED_IN_ORDER) {
			fprintf(stderr, "usage: %s KIND\n", argv[0]);
			return 2;
		}
	}
	/* With tables or without, EVENT_IDX or not, polling or not: each once.  A short
	 * ring is for tables: without, it held a single request.
	 */
	for (i = 0; i < 8; i++) {
		struct config c = {
			.kind = kind,
			.size = i & 1 ? i & 2 ? 8 : 256 : 128,
			.indirect = i & 1, .event_idx = i & 2, .sleeps = i & 4,
			.batches = VQ_IS_IN_ORDER(kind) && (i ^ i >> 1 ^ i >> 2) & 1,
			.shuffle = !VQ_IS_IN_ORDER(kind),
			.fifo = kind == VQ_SPLIT && i == 5,
		};

		if (VQ_IS_PACKED(kind) && c.size < 256)
			c.size = c.size == 8 ? 7 : 100;
		failed += !run(&c);
		nb++;
	}
	printf("%u passed, %u failed\n", nb - failed, failed);
	return failed != 0 || nb == 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * floor: what the memory system alone costs a driver whose device is on the other
 * core.  No driver and no virtqueue: one core writes a descriptor of 16 bytes and
 * some request lines for each op, the other reads them, writes a used entry of 8
 * bytes and a status, and the first reads those back.  Windows and timing are those
 * of the thread run, so a figure here is a lower bound for one there that moves as
 * many cache lines.  floor-loop is the same exchange as a closed loop, as tput is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "bench.h"

#define SLOTS		1024
#define MAX_LINES	4
#define LOOPS		2000
#define WINDOW_MAX	64	/* ops in a window, at most */
#define TRIES		100	/* for one sample */
#define CHUNK		1024	/* ops of the closed loop between looks at the clock */
#define CHUNKS		100

struct line {
	volatile uint64_t w[8];
} __rte_cache_aligned;

/* What the two cores share.  One index a line, as in a ring. */
static struct {
	struct line avail_idx, used_idx;
	volatile uint64_t desc[SLOTS][2] __rte_cache_aligned;
	volatile uint64_t used[SLOTS] __rte_cache_aligned;
	struct line request[SLOTS][MAX_LINES];
	struct line status[SLOTS];		/* a line for each op, or ... */
	volatile uint8_t packed[SLOTS] __rte_cache_aligned;	/* ... 64 in one */
} *mem;

struct variant {
	const char *name;
	unsigned int lines;		/* request lines written and read per op */
	bool status;			/* a status is read back */
	bool status_apart;		/* from a line of its own */
};

static const struct variant variants[] = {
	{ "rings only", 0, false, false },
	{ "rings + packed status", 0, true, false },
	{ "rings + 1 line + packed status", 1, true, false },
	{ "rings + 2 lines + packed status", 2, true, false },
	{ "rings + 3 lines + packed status", 3, true, false },
	{ "rings + 2 lines + status line", 2, true, true },
};

static const struct variant *volatile now;
static volatile bool stop;

/* The device: what it reads, it reads wholly, so that the lines do move. */
static void
consume(void *arg)
{
	const struct variant *v = now;
	uint64_t done = 0, sum = 0;
	unsigned int l, s;

	(void)arg;
	while (!stop) {
		uint64_t n = __atomic_load_n(&mem->avail_idx.w[0], __ATOMIC_ACQUIRE);

		if (n == done)
			continue;
		for (; done != n; done++) {
			s = done % SLOTS;
			sum += mem->desc[s][0] + mem->desc[s][1];
			for (l = 0; l < v->lines; l++)
				sum += mem->request[s][l].w[7];
			if (v->status_apart)
				mem->status[s].w[0] = 0;
			else if (v->status)
				mem->packed[s] = 0;
			mem->used[s] = s;
		}
		__atomic_store_n(&mem->used_idx.w[0], done, __ATOMIC_RELEASE);
	}
	mem->used_idx.w[7] = sum;
}

static inline void
produce(const struct variant *v, uint64_t first, unsigned int n, unsigned int burst)
{
	unsigned int i, l, k, s;

	for (i = 0; i < n; i++) {
		s = (first + i) % SLOTS;
		for (l = 0; l < v->lines; l++)
			for (k = 0; k < 8; k++)
				mem->request[s][l].w[k] = first + k;
		mem->desc[s][0] = first + i;
		mem->desc[s][1] = i;
		if ((i + 1) % burst == 0 || i + 1 == n)
			__atomic_store_n(&mem->avail_idx.w[0], first + i + 1, __ATOMIC_RELEASE);
	}
}

static inline uint64_t
reap(const struct variant *v, uint64_t first, unsigned int n)
{
	uint64_t sum = __atomic_load_n(&mem->used_idx.w[0], __ATOMIC_ACQUIRE);
	unsigned int i, s;

	for (i = 0; i < n; i++) {
		s = (first + i) % SLOTS;
		sum += mem->used[s];
		if (v->status_apart)
			sum += mem->status[s].w[0];
		else if (v->status)
			sum += mem->packed[s];
	}
	return sum;
}

static void
exchange_start(const struct variant *v)
{
	memset(mem, 0, sizeof(*mem));
	now = v;
	stop = false;
	devthread_run(consume, NULL);
}

/* sum: of all that was read, so that no read is left out. */
static void
exchange_stop(uint64_t sum)
{
	stop = true;
	devthread_wait();
	mem->avail_idx.w[7] = sum;
}

/* Cycles per op of one variant. */
static double
sample(const struct variant *v, unsigned int burst)
{
	static uint32_t smp[LOOPS];
	unsigned int w = RTE_MIN(cfg.window, (unsigned int)WINDOW_MAX), l;
	uint64_t first = 0, sum = 0, t;

	exchange_start(v);
	for (l = 0; l < LOOPS; l++, first += w) {
		t = tsc_begin();
		produce(v, first, w, burst);
		t = tsc_end() - t;
		while (mem->used_idx.w[0] != first + w)
			rte_pause();
		smp[l] = t;
		t = tsc_begin();
		sum += reap(v, first, w);
		smp[l] += tsc_end() - t;
	}
	exchange_stop(sum);
	return (trimmed(smp, LOOPS) - 2 * tsc_cost) / w;
}

/* Closed loop: at most cfg.depth ops between the cores.  Thousands of ops per second. */
static double
sample_loop(const struct variant *v, unsigned int burst)
{
	static uint32_t smp[CHUNKS];
	uint64_t first = 0, done = 0, sum = 0, t, last = 0;
	unsigned int chunk = 0, k;

	exchange_start(v);
	while (chunk < CHUNKS) {
		k = RTE_MIN(mem->used_idx.w[0] - done, (uint64_t)burst);
		if (k > 0)
			sum += reap(v, done, k);
		done += k;
		if (first - done + burst <= RTE_MIN(cfg.depth, (unsigned int)SLOTS)) {
			produce(v, first, burst, burst);
			first += burst;
		}
		if (done < (chunk + 1) * (uint64_t)CHUNK)
			continue;
		t = rte_rdtsc();
		if (last != 0)
			smp[chunk - 1] = RTE_MIN(t - last, (uint64_t)UINT32_MAX);
		last = t;
		chunk++;
	}
	exchange_stop(sum);
	return rte_get_tsc_hz() / (trimmed(smp, CHUNKS - 1) / CHUNK) / 1e3;
}

static const struct {
	const char *name[2];		/* near, far */
	const char *metric;
	double (*sample)(const struct variant *v, unsigned int burst);
} floors[] = {
	{ { "floor", "floor-far" }, "enq+deq/op", sample },
	{ { "floor-loop", "floor-loop-far" }, "kops/s", sample_loop },
};

/* One sample with the cores in one place from begin to end. */
static void
floor_sample(struct stat s[2], unsigned int f, const struct variant *v, unsigned int burst)
{
	unsigned int t;
	double value;
	bool far;

	for (t = 0; t < TRIES; t++) {
		far = cores_far();
		value = floors[f].sample(v, burst);
		if (cores_far() == far) {
			stat_add(&s[far], value);
			return;
		}
	}
}

static void
floor_rows(unsigned int f, unsigned int burst)
{
	static struct stat s[RTE_DIM(variants)][2];
	unsigned int i, n, far;

	memset(s, 0, sizeof(s));
	for (n = 0; n < cfg.reps; n++)
		for (i = 0; i < RTE_DIM(variants); i++)
			floor_sample(s[i], f, &variants[i], burst);
	for (i = 0; i < RTE_DIM(variants); i++) {
		struct bdev b = { .size = 64, .algo = ALGO_CBC };

		snprintf(b.name, sizeof(b.name), "%s", variants[i].name);
		for (far = 0; far < 2; far++)
			if (s[i][far].n > 0)
				row(floors[f].name[far], &b, burst, floors[f].metric, &s[i][far]);
	}
}

void
floor_run(unsigned int burst)
{
	unsigned int f;

	if (mem == NULL && posix_memalign((void **)&mem, 4096, sizeof(*mem)) != 0)
		return;
	for (f = 0; f < RTE_DIM(floors); f++)
		floor_rows(f, burst);
}

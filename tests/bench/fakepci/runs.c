/* SPDX-License-Identifier: BSD-3-Clause
 *
 * runs: the timed measurements: inline, thread, tput, empty, pairs.  README.md
 * says what each means.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "bench.h"

#define MAX_TRIES	500	/* for one sample */
#define FAR_ENOUGH	5	/* samples of a point with the cores far apart */
#define WAIT_US		20000	/* between looks at where the cores are */
#define MAX_SPINS	100000	/* polls that bring nothing before ops count as lost */
#define PREEMPTED	100000	/* cycles: a call this long was interrupted */
#define CHUNK		1024	/* completions per throughput sample */
#define TPUT_SECONDS	200	/* a closed loop that takes longer has lost something */

static uint32_t smp_enq[MAX_QPS][MAX_SAMPLES], smp_deq[MAX_QPS][MAX_SAMPLES];

/* ---- windows: enqueue, complete, dequeue ----------------------------------------- */

/* One core's work on one queue pair. */
struct lane {
	struct bdev *b;
	uint16_t queue;
	unsigned int burst;
	bool thread;			/* the device thread completes, not this one */
	struct rte_crypto_op **ops;
	unsigned int pool;
	uint32_t *smp_enq, *smp_deq;
	volatile bool *stop;		/* go on until it is set */
	double enq, deq;		/* cycles per op */
	uint64_t bad;
} __rte_aligned(2 * RTE_CACHE_LINE_SIZE);	/* two cores write one each */

/* Both return the ops that went through. */
static inline unsigned int
enqueue_window(const struct lane *l, struct rte_crypto_op **o, unsigned int w)
{
	unsigned int n, spins, k;

	for (n = 0, spins = 0; n < w && spins < MAX_SPINS; ) {
		k = rte_cryptodev_enqueue_burst(l->b->id, l->queue, o + n,
			RTE_MIN(l->burst, w - n));
		n += k;
		spins += unlikely(k == 0);
	}
	return n;
}

static inline unsigned int
dequeue_window(const struct lane *l, struct rte_crypto_op **out, unsigned int w)
{
	unsigned int n, spins, k;

	for (n = 0, spins = 0; n < w && spins < MAX_SPINS; ) {
		k = rte_cryptodev_dequeue_burst(l->b->id, l->queue, out + n,
			RTE_MIN(l->burst, w - n));
		n += k;
		spins += unlikely(k == 0);
	}
	return n;
}

static void
complete_window(const struct lane *l, uint64_t target)
{
	const struct fdev_queue *q = l->b->fd != NULL ? &l->b->fd->q[l->queue] : NULL;

	if (!l->thread)
		inline_device(l->b, l->queue);
	else
		while (q->done < target)
			rte_pause();
}

/* Wrong: a status other than success, or another order than that of a null device. */
static uint64_t
wrong(const struct lane *l, struct rte_crypto_op **in, struct rte_crypto_op **out,
		unsigned int w)
{
	uint64_t bad = 0;
	unsigned int i;

	for (i = 0; i < w; i++)
		bad += out[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS ||
			(l->b->fd != NULL && out[i] != in[i]);
	return bad;
}

/*
 * Fill a window in bursts, let the device complete it, empty it in bursts.
 * The two loops are timed apart; the device's work is in neither.
 */
static void
lane_run(void *arg)
{
	struct lane *l = arg;
	struct rte_crypto_op *out[MAX_OPS], **in;
	unsigned int w = cfg.window, base = 0, i, n, s;
	unsigned int loops = RTE_MIN(cfg.nb_ops / w, (uint64_t)MAX_SAMPLES);
	uint64_t t0, t1, target = l->thread ? l->b->fd->q[l->queue].done : 0;

	l->bad = 0;
	for (n = 0; l->stop != NULL ? !*l->stop : n < loops; n++) {
		in = &l->ops[base];
		s = n % MAX_SAMPLES;
		for (i = 0; i < w; i++)
			op_refill(l->b, in[i], l->b->size);
		t0 = tsc_begin();
		i = enqueue_window(l, in, w);
		t1 = tsc_end();
		l->smp_enq[s] = RTE_MIN(t1 - t0, (uint64_t)UINT32_MAX);
		if (i < w) {
			l->bad += w - i;
			return;
		}
		target += w;
		complete_window(l, target);
		t0 = tsc_begin();
		i = dequeue_window(l, out, w);
		t1 = tsc_end();
		l->smp_deq[s] = RTE_MIN(t1 - t0, (uint64_t)UINT32_MAX);
		if (i < w) {
			l->bad += w - i;
			return;
		}
		l->bad += wrong(l, in, out, w);
		base = base + 2 * w > l->pool ? 0 : base + w;
	}
	n = RTE_MIN(n, (unsigned int)MAX_SAMPLES);
	if (n == 0)
		return;
	l->enq = (trimmed(l->smp_enq, n) - tsc_cost) / w;
	l->deq = (trimmed(l->smp_deq, n) - tsc_cost) / w;
}

static void
lane_init(struct lane *l, struct bdev *b, uint16_t queue, unsigned int burst)
{
	memset(l, 0, sizeof(*l));
	l->b = b;
	l->queue = queue;
	l->burst = burst;
	l->ops = ops;
	l->pool = cfg.pool;
	l->smp_enq = smp_enq[queue];
	l->smp_deq = smp_deq[queue];
	l->enq = l->deq = NAN;
}

static uint64_t
sample_window(struct bdev *b, unsigned int burst, uint32_t size, double *v, bool thread)
{
	struct lane l;

	bdev_bind(b, cfg.pool, size);
	lane_init(&l, b, 0, burst);
	l.thread = thread;
	serve(thread ? b->fd : NULL);
	lane_run(&l);
	serve(NULL);
	v[0] = l.enq;
	v[1] = l.deq;
	v[2] = l.enq + l.deq;
	return l.bad;
}

static uint64_t
sample_inline(struct bdev *b, unsigned int burst, uint32_t size, double *v)
{
	return sample_window(b, burst, size, v, false);
}

static uint64_t
sample_thread(struct bdev *b, unsigned int burst, uint32_t size, double *v)
{
	return sample_window(b, burst, size, v, true);
}

const struct run run_inline = {
	.name = "inline", .whole_window = true, .sample = sample_inline,
	.metric = { "enq/op", "deq/op", "enq+deq/op" },
};

const struct run run_thread = {
	.name = "thread", .fake_only = true, .two_cores = true, .whole_window = true,
	.sample = sample_thread, .metric = { "enq/op", "deq/op", "enq+deq/op" },
};

/* ---- two queue pairs --------------------------------------------------------------- */

struct pair_job {
	struct lane *l;
	volatile bool *go;
	volatile bool ready;
};

static void
pair_second(void *arg)
{
	struct pair_job *j = arg;

	j->ready = true;
	while (!*j->go)
		;
	lane_run(j->l);
}

/*
 * Each core its own queue pair and its own inline device: alone, then both at once.
 * What the second costs the first is what they share.
 */
static uint64_t
sample_pairs(struct bdev *b, unsigned int burst, uint32_t size, double *v)
{
	static volatile bool go __rte_aligned(2 * RTE_CACHE_LINE_SIZE);
	static volatile bool stop __rte_aligned(2 * RTE_CACHE_LINE_SIZE);
	struct lane l[2];
	struct pair_job j = { &l[1], &go, false };
	uint64_t bad;
	double alone[2];

	bdev_bind(b, 2 * cfg.pool, size);
	lane_init(&l[0], b, 0, burst);
	lane_init(&l[1], b, 1, burst);
	l[1].ops = ops + cfg.pool;
	serve(NULL);
	lane_run(&l[0]);
	devthread_run(lane_run, &l[1]);
	devthread_wait();
	alone[0] = l[0].enq + l[0].deq;
	alone[1] = l[1].enq + l[1].deq;
	bad = l[0].bad + l[1].bad;

	go = stop = false;
	l[1].stop = &stop;
	devthread_run(pair_second, &j);
	while (!j.ready)
		;
	go = true;
	lane_run(&l[0]);
	stop = true;
	devthread_wait();
	v[0] = (alone[0] + alone[1]) / 2;
	v[1] = (l[0].enq + l[0].deq + l[1].enq + l[1].deq) / 2;
	v[2] = alone[0] / (l[0].enq + l[0].deq) + alone[1] / (l[1].enq + l[1].deq);
	return bad + l[0].bad + l[1].bad;
}

const struct run run_pairs = {
	.name = "pairs", .fake_only = true, .whole_window = true, .sample = sample_pairs,
	.metric = { "alone/op", "both/op", "scale" },
};

/* ---- closed loop ----------------------------------------------------------------------- */

/* Cycles spent in calls, and what they brought. */
struct tally {
	uint64_t enq_t, deq_t, empty_t;
	uint64_t enq_n, deq_n, empty_n, deq_calls;
};

struct loop {
	struct bdev *b;
	unsigned int burst;
	struct rte_crypto_op *free_ops[MAX_OPS];
	unsigned int nb_free, in_flight, nb_samples;
	uint64_t done, mark, last, bad;
	struct tally t;
};

static inline unsigned int
loop_dequeue(struct loop *x, struct rte_crypto_op **out, bool timed)
{
	uint64_t a = timed ? rte_rdtsc() : 0;
	unsigned int k = rte_cryptodev_dequeue_burst(x->b->id, 0, out, x->burst);

	if (!timed)
		return k;
	a = rte_rdtsc() - a;
	if (a > PREEMPTED)
		return k;
	if (k > 0) {
		x->t.deq_t += a;
		x->t.deq_n += k;
		x->t.deq_calls++;
	} else {
		x->t.empty_t += a;
		x->t.empty_n++;
	}
	return k;
}

static inline void
loop_enqueue(struct loop *x, bool timed)
{
	struct rte_crypto_op **top = x->free_ops + x->nb_free - x->burst;
	uint64_t a = timed ? rte_rdtsc() : 0;
	unsigned int k = rte_cryptodev_enqueue_burst(x->b->id, 0, top, x->burst);

	if (timed) {
		a = rte_rdtsc() - a;
		if (a <= PREEMPTED) {
			x->t.enq_t += a;
			x->t.enq_n += k;
		}
	}
	/* Keep what was refused at the top of the stack. */
	if (unlikely(k < x->burst))
		memmove(top, top + k, (x->burst - k) * sizeof(top[0]));
	x->nb_free -= k;
	x->in_flight += k;
}

static inline void
loop_account(struct loop *x, struct rte_crypto_op **out, unsigned int k)
{
	unsigned int i;
	uint64_t t;

	for (i = 0; i < k; i++) {
		x->bad += out[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS;
		out[i]->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
		x->free_ops[x->nb_free++] = out[i];
	}
	x->in_flight -= k;
	x->done += k;
	if (x->done < x->mark)
		return;
	t = rte_rdtsc();
	/* the first chunk fills the ring: not a sample */
	if (x->mark > CHUNK && x->nb_samples < MAX_SAMPLES)
		smp_enq[0][x->nb_samples++] = RTE_MIN((t - x->last) * CHUNK /
			(x->done - x->mark + CHUNK), (uint64_t)UINT32_MAX);
	x->last = t;
	x->mark = x->done + CHUNK;
}

/* At most cfg.depth requests in flight, device on its own core; cycles per op. */
static double
closed_loop(struct loop *x, uint64_t nb, bool timed)
{
	uint64_t t0 = rte_rdtsc(), limit = rte_get_tsc_hz() * TPUT_SECONDS;
	struct rte_crypto_op *out[MAX_OPS];
	unsigned int i, k;

	x->mark = CHUNK;
	x->nb_free = cfg.depth;
	memcpy(x->free_ops, ops, x->nb_free * sizeof(ops[0]));
	while (x->done < nb) {
		k = loop_dequeue(x, out, timed);
		loop_account(x, out, k);
		if (x->nb_free >= x->burst)
			loop_enqueue(x, timed);
		if (unlikely(rte_rdtsc() - t0 > limit)) {
			x->bad += x->in_flight;
			return NAN;
		}
	}
	for (i = 0; x->in_flight > 0 && i < 1000 * MAX_SPINS; i++)
		x->in_flight -= rte_cryptodev_dequeue_burst(x->b->id, 0, out, x->burst);
	x->bad += x->in_flight;
	return x->nb_samples > 0 ? trimmed(smp_enq[0], x->nb_samples) / CHUNK : NAN;
}

static uint64_t
sample_tput(struct bdev *b, unsigned int burst, uint32_t size, double *v)
{
	static struct loop x, y;

	bdev_bind(b, cfg.depth, size);
	memset(&x, 0, sizeof(x));
	memset(&y, 0, sizeof(y));
	x.b = y.b = b;
	x.burst = y.burst = burst;
	serve(b->fd);
	v[0] = closed_loop(&x, cfg.nb_ops, false);
	v[1] = rte_get_tsc_hz() / v[0] / 1e3;
	closed_loop(&y, cfg.nb_ops / 2, true);
	serve(NULL);
	v[2] = (double)y.t.enq_t / y.t.enq_n;
	v[3] = (double)y.t.deq_t / y.t.deq_n;
	v[4] = y.t.empty_n > 0 ? (double)y.t.empty_t / y.t.empty_n : 0;
	v[5] = (double)y.t.deq_n / y.t.deq_calls;
	v[6] = 100.0 * y.t.empty_t / (y.t.empty_t + y.t.deq_t + y.t.enq_t);
	return x.bad + y.bad;
}

const struct run run_tput = {
	.name = "tput", .two_cores = true, .sample = sample_tput,
	.metric = { "cyc/op", "kops/s", "enq/op", "deq/op", "empty/poll", "ops/deq", "idle%" },
};

/* ---- empty polls -------------------------------------------------------------------------- */

static uint64_t
sample_empty(struct bdev *b, unsigned int burst, uint32_t size, double *v)
{
	enum { SAMPLES = 200, POLLS = 100 };
	struct rte_crypto_op *out[MAX_OPS];
	unsigned int i, j;
	uint64_t t, k = 0;

	b->size = size;
	for (j = 0; j < SAMPLES; j++) {
		t = tsc_begin();
		for (i = 0; i < POLLS; i++)
			k += rte_cryptodev_dequeue_burst(b->id, 0, out, burst);
		t = tsc_end() - t;
		smp_deq[0][j] = RTE_MIN(t, (uint64_t)UINT32_MAX);
	}
	v[0] = (trimmed(smp_deq[0], SAMPLES) - tsc_cost) / POLLS;
	return k;
}

const struct run run_empty = {
	.name = "empty", .sample = sample_empty, .metric = { "cyc/poll" },
};

/* ---- samples, device by device -------------------------------------------------------------- */

static struct stat trips[2];		/* near, far */
static unsigned int moved, waits;

bool
cores_far(void)
{
	double t = round_trip();
	bool far = t > cfg.far;

	stat_add(&trips[far], t);
	return far;
}

/*
 * The same, after a wait for the host to bring the cores together if there are far
 * samples enough.  Patience is for the whole process: the host may never do it.
 */
static bool
cores_far_now(bool far_enough)
{
	bool far = cores_far();

	while (far && far_enough && waits < cfg.near_seconds * (1000000 / WAIT_US)) {
		waits++;
		usleep(WAIT_US);
		far = round_trip() > cfg.far;
	}
	return far;
}

/* One sample with the cores in one place from begin to end; false: none to be had. */
static bool
sample_placed(const struct run *r, struct bdev *b, unsigned int burst, uint32_t size,
		bool far_enough, double *v, uint64_t *bad, bool *far)
{
	bool place = r->two_cores && b->fd != NULL;
	unsigned int t;

	*far = false;
	for (t = 0; t < MAX_TRIES; t++) {
		if (place)
			*far = cores_far_now(far_enough);
		*bad += r->sample(b, burst, size, v);
		if (*bad > 0)
			break;
		if (isnan(v[0]) || isnan(v[1]))		/* a core was away all the time */
			continue;
		if (!place || cores_far() == *far)
			break;
		moved++;
	}
	return t < MAX_TRIES;
}

static bool
runs_on(const struct run *r, const struct bdev *b)
{
	if (r->fake_only && b->fd == NULL)
		return false;
	return r != &run_pairs || b->nb_qps >= 2;
}

/* All devices side by side: repetition by repetition, so that noise is shared. */
void
measure(const struct run *r, const bool *on, unsigned int burst, uint32_t size)
{
	static struct stat s[2][MAX_BDEVS][MAX_METRICS];
	uint64_t bad[MAX_BDEVS] = { 0 };
	unsigned int i, m, n, far;
	double v[MAX_METRICS] = { 0 };
	char name[32];
	bool is_far;

	if (r->whole_window && burst > cfg.window)
		return;
	memset(s, 0, sizeof(s));
	for (n = 0; n < cfg.reps + 1; n++)
		for (i = 0; i < nb_bdevs; i++) {
			if (!on[i] || bad[i] > 0 || !runs_on(r, &bdevs[i]))
				continue;
			if (!sample_placed(r, &bdevs[i], burst, size, s[1][i][0].n >= FAR_ENOUGH,
					v, &bad[i], &is_far) || n == 0)	/* the first warms up */
				continue;
			for (m = 0; r->metric[m] != NULL; m++)
				stat_add(&s[is_far][i][m], v[m]);
		}
	for (i = 0; i < nb_bdevs; i++) {
		for (far = 0; far < 2; far++)
			for (m = 0; r->metric[m] != NULL && s[far][i][m].n > 0; m++) {
				snprintf(name, sizeof(name), "%s%s", r->name, far ? "-far" : "");
				row(name, &bdevs[i], burst, r->metric[m], &s[far][i][m]);
			}
		if (bad[i] > 0)
			printf("# %s: %s: %" PRIu64 " wrong completions\n", bdevs[i].name,
				r->name, bad[i]);
		nb_bad += bad[i];
	}
}

static void
memory_row(const struct bdev *b, const char *metric, double v)
{
	struct stat s = { .v = { v }, .n = 1 };

	row("memory", b, 0, metric, &s);
}

void
memory_report(const struct bdev *b)
{
	memory_row(b, "dma/slot", b->dma_per_slot);
	memory_row(b, "all/slot", b->heap_per_slot);
	memory_row(b, "session", rte_cryptodev_sym_get_private_session_size(b->id));
}

void
report_trips(void)
{
	static const char * const name[] = { "near", "far" };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (trips[i].n == 0)
			continue;
		stat_done(&trips[i]);
		printf("# core-to-core round trip, %s: median %.0f (%.0f to %.0f) cycles\n",
			name[i], trips[i].med, trips[i].min, trips[i].max);
		csv_meta(i ? "round_trip_far" : "round_trip", "%.0f,%.0f,%.0f", trips[i].med,
			trips[i].min, trips[i].max);
	}
	if (moved > 0)
		printf("# %u samples set aside, in which the distance changed\n", moved);
}

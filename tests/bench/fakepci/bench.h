/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the parts of the benchmark share: the devices under test, the thread that
 * plays the device, statistics, and the runs.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_crypto.h>
#include <rte_cryptodev.h>

#include "fakebus.h"
#include "fakedev.h"

/* ---- devices under test (bdev.c) ------------------------------------------------ */

/* The last three are of security associations, ESP with AES-GCM in tunnel mode, for a fake device
 * with the option ipsec alone: in place, out of place, and inbound in place.
 */
enum algo {
	ALGO_CBC, ALGO_CHAIN, ALGO_GCM, ALGO_HMAC, ALGO_ESP_OUT, ALGO_ESP_OUT_DST, ALGO_ESP_IN,
	NB_ALGOS
};
static inline bool
algo_is_esp(enum algo a)
{
	return a >= ALGO_ESP_OUT && a <= ALGO_ESP_IN;
}

extern const char * const algo_name[NB_ALGOS];

#define IV_OFF		(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define MAX_OPS		8192
#define MAX_BDEVS	16
#define MAX_QPS		2

/* One device under test: a fake PCI device driven by some PMD, or a vdev. */
struct bdev {
	char name[64];
	uint8_t id;
	struct fdev *fd;		/* NULL for a vdev */
	struct rte_pci_device *pci;
	uint32_t nb_desc;
	uint16_t nb_qps;
	double dma_per_slot;		/* bytes of memzones that queue set-up took, per entry */
	double heap_per_slot;		/* the same of all DPDK memory */
	bool mt;			/* option "mt": sessions may be made by two threads */
	void *sess;
	enum algo algo;
	uint32_t size;
};

extern struct bdev bdevs[MAX_BDEVS];
extern unsigned int nb_bdevs;
extern struct rte_crypto_op *ops[MAX_OPS];

/* Probe a driver on a new fake device: "NAME[@PATH-PART][,OPTION[=VALUE]...]" over
 * the defaults in o (see usage()).  0 or -1, with a message.
 */
int bdev_add_drv(const char *spec, const struct fdev_opts *o);
int bdev_add_vdev(const char *name);
/* Pools for sessions, for nb_ops operations and their buffers of max_size bytes. */
int bdev_pools(unsigned int nb_ops, uint32_t max_size);
int bdev_start(struct bdev *b);
void bdev_stop(struct bdev *b);
/* Take a fake PCI device away from its driver; it must be stopped. */
int bdev_remove(struct bdev *b);
int bdev_session(struct bdev *b, enum algo a);
void bdev_session_free(struct bdev *b);
/* Create one more session; free it again with bdev_session_end. */
void *bdev_session_create(struct bdev *b, enum algo a);
int bdev_session_end(struct bdev *b, enum algo a, void *session);

/* Sessions of rte_security (esp.c): their pool, for any device that makes them; the same as
 * above; and the binding of an op, destination included.  NULL, or -1: none can be had.
 */
int esp_pools(unsigned int nb_ops, uint32_t max_size);
void *esp_session_create(struct bdev *b, enum algo a);
int esp_session_end(struct bdev *b, void *session);
void esp_bind(struct bdev *b, struct rte_crypto_op *op, unsigned int i);
/* Point nb ops at the session and at size bytes of their mbufs. */
void bdev_bind(struct bdev *b, unsigned int nb, uint32_t size);

/* The same for an op of a security association (esp.c), whose source becomes a packet again: of
 * size bytes, ESP apart.
 */
void esp_refill(const struct bdev *b, struct rte_crypto_op *op, uint32_t size);

/* Make an op ready to be enqueued again. */
static inline void
op_refill(const struct bdev *b, struct rte_crypto_op *op, uint32_t size)
{
	struct rte_crypto_sym_op *s = op->sym;

	op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	if (algo_is_esp(b->algo)) {
		esp_refill(b, op, size);
		return;
	}
	if (b->algo == ALGO_GCM) {
		s->aead.data.offset = 0;
		s->aead.data.length = size;
		return;
	}
	s->cipher.data.offset = 0;
	s->cipher.data.length = b->algo == ALGO_HMAC ? 0 : size;
	s->auth.data.offset = 0;
	s->auth.data.length = b->algo == ALGO_CBC ? 0 : size;
}

/* The null device, run by whoever calls: complete everything on a queue. */
static inline void
inline_device(struct bdev *b, unsigned int queue)
{
	if (b->fd != NULL)
		while (fdev_poll_data(b->fd, queue) > 0)
			;
}

/* ---- the device thread (devthread.c) --------------------------------------------- */

int devthread_start(void);
void devthread_stop(void);
/* Which device's data queues the thread serves; NULL for none. */
void serve(struct fdev *d);
/* Serve one device's control queue and nothing else, without a pause. */
void serve_ctrl_only(struct fdev *d);
/* Leave control queues alone: somebody else serves them. */
void devthread_hands_off(bool off);
/* Run f(arg) on the device thread's core instead; devthread_wait for its end. */
void devthread_run(void (*f)(void *), void *arg);
void devthread_wait(void);
unsigned int devthread_cpu(void);
/* Round trip of a cache line between the two cores, in cycles. */
double round_trip(void);

/* ---- statistics (stats.c) ---------------------------------------------------------- */

#define MAX_REPS	101
#define MAX_SAMPLES	65536

struct stat {
	double v[MAX_REPS];
	unsigned int n;
	double med, min, max, q1, q3;
};

void stat_add(struct stat *s, double v);
void stat_done(struct stat *s);
/* Mean of all but the slowest share of samples: other tenants of the machine take
 * the core away for milliseconds, while what the driver does itself now and then
 * (refill a cache, say) happens often enough to stay in.  Sorts v.
 */
double trimmed(uint32_t *v, unsigned int n);
extern double trim_share;

extern double tsc_cost;			/* cycles of one tsc_begin .. tsc_end */
void calibrate(void);

/* Rows go to standard output and, where csv_open was called, to a file too. */
int csv_open(const char *path);
void csv_close(void);
void csv_meta(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void row_header(void);
void row(const char *run, const struct bdev *b, unsigned int burst, const char *metric,
		struct stat *s);

static inline uint64_t
tsc_begin(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t
tsc_end(void)
{
	uint32_t lo, hi, c;

	__asm__ volatile("rdtscp; lfence" : "=a"(lo), "=d"(hi), "=c"(c) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

/* ---- runs ---------------------------------------------------------------------------- */

struct bench_cfg {
	unsigned int window, pool, depth, reps;
	uint64_t nb_ops;
	double far;			/* round trips above (cycles) are reported apart */
	unsigned int near_seconds;	/* patience for the cores to come near each other */
	unsigned int period_us;		/* of the device that answers now and then */
};
extern struct bench_cfg cfg;

/* Completions that were wrong, protocol errors: the process ends non-zero. */
extern uint64_t nb_bad;

#define MAX_METRICS	7

/*
 * A run takes one sample of some metrics of one device at a time, so that devices
 * alternate and share the noise.  sample returns wrong completions.
 */
struct run {
	const char *name;
	bool fake_only;			/* not for vdevs */
	bool two_cores;			/* its figures depend on how far they are apart */
	bool whole_window;		/* bursts longer than the window make no sense */
	const char *metric[MAX_METRICS + 1];
	uint64_t (*sample)(struct bdev *b, unsigned int burst, uint32_t size, double *v);
};

extern const struct run run_inline, run_thread, run_tput, run_empty, run_pairs;
void measure(const struct run *r, const bool *on, unsigned int burst, uint32_t size);
void report_trips(void);
/* Are the cores further apart than cfg.far now? */
bool cores_far(void);

/* Bytes per descriptor and per session. */
void memory_report(const struct bdev *b);

/* Exact instruction counts of single calls (icount.c). */
void icount_init(void);
void icount_run(struct bdev *b, unsigned int burst, uint32_t size);

/* Sessions created and destroyed per second (sessions.c). */
void sessions_run(const bool *on, enum algo a);

/* What the memory system alone costs (floor.c). */
void floor_run(unsigned int burst);

int run_bug(struct bdev *b, const char *name);

#endif

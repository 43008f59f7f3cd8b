/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fakepci: cost of crypto poll-mode drivers' data paths, without a VM.
 *
 * Loads virtio-crypto PMDs against an in-process fake PCI device whose back end
 * completes every request without doing any crypto, and measures what the
 * driver costs the core that calls it.  Virtual devices (crypto_null,
 * crypto_openssl, ...) can be measured by the same loops for reference.
 *
 *   fakepci [EAL options] -- --drv crypto_virtio [--drv NAME[@PART-OF-PATH][,OPTION]]
 *	[--vdev NAME] [--run inline,thread,tput,empty,icount,pairs,sessions] ...
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_lcore.h>

#include "bench.h"

#define MAX_LIST	16

struct bench_cfg cfg = {
	.window = 64, .depth = 256, .reps = 15, .nb_ops = 200000,
	.far = 450, .period_us = 50,
};
uint64_t nb_bad;

/* What is measured, and on what. */
static struct {
	unsigned int burst[MAX_LIST], nb_burst;
	unsigned int size[MAX_LIST], nb_size;
	enum algo algo[NB_ALGOS];
	unsigned int nb_algo;
	const char *drv[MAX_BDEVS], *vdev[MAX_BDEVS];
	unsigned int nb_drv, nb_vdev;
	const char *run, *bug, *csv;
	struct fdev_opts dev;
} plan = {
	.burst = { 1, 8, 32, 64 }, .nb_burst = 4,
	.size = { 64 }, .nb_size = 1,
	.algo = { ALGO_CBC, ALGO_CHAIN, ALGO_GCM, ALGO_HMAC }, .nb_algo = 4,
	.run = "inline,thread,tput,empty,icount",
	.dev = {
		.features = FDEV_F(VIRTIO_F_VERSION_1) | FDEV_F(VIRTIO_F_ACCESS_PLATFORM) |
			FDEV_F(VIRTIO_RING_F_INDIRECT_DESC) | FDEV_F(FDEV_F_RING_RESET),
		.data_queues = 2, .data_size = 1024, .ctrl_size = 64,
	},
};

static bool
wants(const char *what)
{
	const char *p = plan.run;
	size_t n = strlen(what);

	for (; p != NULL && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (strncmp(p, what, n) == 0 && (p[n] == ',' || p[n] == 0))
			return true;
	return false;
}

static void
measure_burst(const bool *on, unsigned int burst, uint32_t size)
{
	static const struct run * const runs[] = {
		&run_inline, &run_thread, &run_tput, &run_empty, &run_pairs,
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(runs); i++)
		if (wants(runs[i]->name))
			measure(runs[i], on, burst, size);
	if (!wants("icount"))
		return;
	for (i = 0; i < nb_bdevs; i++)
		if (on[i])
			icount_run(&bdevs[i], burst, size);
}

static void
measure_algo(enum algo a)
{
	bool on[MAX_BDEVS];
	unsigned int i, j;

	for (i = 0; i < nb_bdevs; i++) {
		on[i] = bdev_session(&bdevs[i], a) == 0;
		bdevs[i].size = 0;
		if (!on[i])
			printf("# %s: no %s session\n", bdevs[i].name, algo_name[a]);
	}
	for (j = 0; j < plan.nb_size; j++)
		for (i = 0; i < plan.nb_burst; i++)
			measure_burst(on, plan.burst[i], plan.size[j]);
	serve(NULL);
	if (wants("sessions"))
		sessions_run(on, a);
	for (i = 0; i < nb_bdevs; i++)
		bdev_session_free(&bdevs[i]);
}

/* Features, notifications and complaints of a device after its runs. */
static void
report_device(const struct bdev *b)
{
	const struct fdev *d = b->fd;
	unsigned int j;

	if (d == NULL)
		return;
	printf("# %s: negotiated features %#" PRIx64 ", %" PRId64 " sessions left in the device\n",
		b->name, d->guest_features, d->sessions);
	csv_meta("features", "%s,%#" PRIx64, b->name, d->guest_features);
	for (j = 0; j < d->nb_queues; j++) {
		const struct fdev_queue *q = &d->q[j];

		if (q->kicks)
			printf("#   queue %u: %" PRIu64 " kicks\n", j, q->kicks);
		if (q->indirect_bad)
			printf("#   queue %u: %" PRIu64 " indirect tables without "
				"VIRTIO_RING_F_INDIRECT_DESC\n", j, q->indirect_bad);
		if (q->bad)
			printf("#   queue %u: %" PRIu64 " protocol errors, first: %s\n", j,
				q->bad, q->badmsg);
		nb_bad += q->bad;
	}
}

static unsigned int
numbers(const char *s, unsigned int *v)
{
	unsigned int n = 0;
	char *end;

	while (*s && n < MAX_LIST) {
		v[n++] = strtoul(s, &end, 0);
		if (end == s || (*end != ',' && *end != 0))
			return 0;
		s = *end == ',' ? end + 1 : end;
	}
	return n;
}

static unsigned int
algos(char *list)
{
	unsigned int i, n = 0;
	char *p, *save;

	for (p = strtok_r(list, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < NB_ALGOS && strcmp(p, algo_name[i]) != 0; i++)
			;
		if (i == NB_ALGOS || n == NB_ALGOS)
			return 0;
		plan.algo[n++] = i;
	}
	return n;
}

static void
usage(void)
{
	printf("fakepci [EAL options] -- options\n"
"  --drv NAME[@PATH-PART][,OPTION...]  PCI driver to probe on a fake device (repeatable)\n"
"     options: label=TEXT ring=N queues=N desc=N batch=N features=HEX, a feature or\n"
"     no-FEATURE (indirect event-idx platform packed in-order order-platform\n"
"     notification-data ring-reset), lax strict kick brief walk check trace (fakedev.h),\n"
"     mt (its sessions may be made by two threads at once)\n"
"  --vdev NAME             existing cryptodev to measure as well (repeatable)\n"
"  --run LIST              of inline,thread,tput,empty,icount,pairs,sessions,floor,\n"
"                          memory, place (default: the first five)\n"
"  --algo LIST             of aes-cbc,cbc+sha1,aes-gcm,sha256-hmac (default), and of\n"
"                          esp-out,esp-out-dst,esp-in for devices with ipsec\n"
"  --size LIST --burst LIST\n"
"  --window N              requests enqueued before any is dequeued (64)\n"
"  --pool N                distinct ops cycled through, default one window\n"
"  --depth N               requests in flight in tput (256)\n"
"  --reps N --ops N        repetitions (15), requests in each (200000)\n"
"  --trim SHARE            slowest samples left out (0.03); raise it on a busy machine\n"
"  --far N                 what was measured with a core-to-core cache line round trip\n"
"                          of more cycles is reported apart, as RUN-far (450)\n"
"  --near SECONDS          wait so long in all for the cores to come nearer, where a\n"
"                          figure has samples of RUN-far enough (0)\n"
"  --period US             the slow device of sessions-N answers this often (50)\n"
"  --csv FILE              rows as comma separated values too\n"
"  --bug NAME              run one misbehaviour scenario, see bugs.c\n");
}

enum {
	O_DRV = 256, O_VDEV, O_RUN, O_ALGO, O_SIZE, O_BURST, O_WINDOW, O_POOL, O_DEPTH,
	O_REPS, O_OPS, O_TRIM, O_NEAR, O_FAR, O_PERIOD, O_CSV, O_BUG, O_HELP
};

/* 0, or -1 for what makes no sense. */
static int
option(int c, char *arg)
{
	switch (c) {
	case O_DRV:
		if (plan.nb_drv == MAX_BDEVS)
			return -1;
		plan.drv[plan.nb_drv++] = arg;
		return 0;
	case O_VDEV:
		if (plan.nb_vdev == MAX_BDEVS)
			return -1;
		plan.vdev[plan.nb_vdev++] = arg;
		return 0;
	case O_ALGO: return (plan.nb_algo = algos(arg)) > 0 ? 0 : -1;
	case O_SIZE: return (plan.nb_size = numbers(arg, plan.size)) > 0 ? 0 : -1;
	case O_BURST: return (plan.nb_burst = numbers(arg, plan.burst)) > 0 ? 0 : -1;
	case O_RUN: plan.run = arg; return 0;
	case O_CSV: plan.csv = arg; return 0;
	case O_BUG: plan.bug = arg; return 0;
	case O_WINDOW: cfg.window = atoi(arg); return 0;
	case O_POOL: cfg.pool = atoi(arg); return 0;
	case O_DEPTH: cfg.depth = atoi(arg); return 0;
	case O_REPS: cfg.reps = RTE_MIN(atoi(arg), MAX_REPS - 1); return 0;
	case O_OPS: cfg.nb_ops = strtoull(arg, NULL, 0); return 0;
	case O_TRIM: trim_share = RTE_MIN(0.9, atof(arg)); return 0;
	case O_FAR: cfg.far = atof(arg); return 0;
	case O_NEAR: cfg.near_seconds = atoi(arg); return 0;
	case O_PERIOD: cfg.period_us = atoi(arg); return 0;
	default: return -1;
	}
}

static int
options(int argc, char **argv)
{
	static const struct option lo[] = {
		{ "drv", 1, NULL, O_DRV }, { "vdev", 1, NULL, O_VDEV },
		{ "run", 1, NULL, O_RUN }, { "algo", 1, NULL, O_ALGO },
		{ "size", 1, NULL, O_SIZE }, { "burst", 1, NULL, O_BURST },
		{ "window", 1, NULL, O_WINDOW }, { "pool", 1, NULL, O_POOL },
		{ "depth", 1, NULL, O_DEPTH }, { "reps", 1, NULL, O_REPS },
		{ "ops", 1, NULL, O_OPS }, { "trim", 1, NULL, O_TRIM },
		{ "near", 1, NULL, O_NEAR }, { "far", 1, NULL, O_FAR },
		{ "period", 1, NULL, O_PERIOD }, { "csv", 1, NULL, O_CSV },
		{ "bug", 1, NULL, O_BUG }, { "help", 0, NULL, O_HELP }, { 0 }
	};
	unsigned int i, longest = 0;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", lo, NULL)) != -1)
		if (option(c, optarg) != 0) {
			usage();
			return -1;
		}
	for (i = 0; i < plan.nb_burst; i++)
		longest = RTE_MAX(longest, plan.burst[i]);
	cfg.pool = cfg.pool == 0 ? cfg.window : cfg.pool;
	if (2 * cfg.pool > MAX_OPS || cfg.window == 0 || cfg.pool < cfg.window ||
			cfg.depth > MAX_OPS || cfg.depth < longest ||
			cfg.nb_ops < 4096 || cfg.reps == 0 || cfg.period_us == 0) {
		fprintf(stderr, "--pool, --window, --depth, --burst, --ops, --reps or --period "
			"out of range\n");
		return -1;
	}
	if (plan.nb_drv + plan.nb_vdev == 0) {
		usage();
		return -1;
	}
	return 0;
}

static int
devices(void)
{
	unsigned int i, nb_ops, size = 4096;

	for (i = 0; i < plan.nb_drv; i++)
		if (bdev_add_drv(plan.drv[i], &plan.dev) != 0)
			return -1;
	for (i = 0; i < plan.nb_vdev; i++)
		if (bdev_add_vdev(plan.vdev[i]) != 0)
			return -1;
	for (i = 0; i < plan.nb_size; i++)
		size = RTE_MAX(size, plan.size[i]);
	nb_ops = plan.bug != NULL ? MAX_OPS : RTE_MAX(2 * cfg.pool, cfg.depth);
	for (i = 0; i < nb_bdevs && wants("icount"); i++)	/* it fills rings */
		nb_ops = RTE_MAX(nb_ops, RTE_MIN(bdevs[i].nb_desc, (unsigned int)MAX_OPS));
	if (bdev_pools(nb_ops, size) != 0)
		return -1;
	for (i = 0; i < nb_bdevs && plan.bug == NULL; i++)
		if (bdev_start(&bdevs[i]) != 0)
			return -1;
	return 0;
}

static int
everything(void)
{
	unsigned int i;

	if (devices() != 0)
		return 1;
	if (plan.bug != NULL) {
		i = run_bug(&bdevs[0], plan.bug);
		bdev_stop(&bdevs[0]);
		return bdev_remove(&bdevs[0]) != 0 && i == 0 ? 1 : (int)i;
	}
	if (plan.csv != NULL && csv_open(plan.csv) != 0)
		return 1;
	calibrate();
	icount_init();
	row_header();
	for (i = 0; i < nb_bdevs && wants("memory"); i++)
		memory_report(&bdevs[i]);
	for (i = 0; i < plan.nb_burst && wants("floor"); i++)
		floor_run(plan.burst[i]);
	for (i = 0; i < cfg.reps && wants("place"); i++)
		cores_far();
	for (i = 0; i < plan.nb_algo; i++)
		measure_algo(plan.algo[i]);
	report_trips();
	for (i = 0; i < nb_bdevs; i++) {
		report_device(&bdevs[i]);
		bdev_stop(&bdevs[i]);
		nb_bad += bdev_remove(&bdevs[i]) != 0;
		if (bdevs[i].fd != NULL && bdevs[i].fd->o.trace)
			fdev_trace_dump(bdevs[i].fd, stdout);
	}
	csv_close();
	if (nb_bad > 0)
		printf("# %" PRIu64 " errors: these figures mean nothing\n", nb_bad);
	return nb_bad > 0 ? 3 : 0;
}

int
main(int argc, char **argv)
{
	int n, rc;

	setvbuf(stdout, NULL, _IOLBF, 0);
	n = rte_eal_init(argc, argv);
	if (n < 0 || options(argc - n, argv + n) != 0)
		return 1;
	if (rte_eal_iova_mode() != RTE_IOVA_VA) {
		fprintf(stderr, "needs --iova-mode=va: the fake device uses IOVAs as pointers\n");
		return 1;
	}
	if (fdev_signals_init() != 0 || devthread_start() != 0)
		return 1;
	rc = everything();
	devthread_stop();
	return rc;
}

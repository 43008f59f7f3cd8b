/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The soak: three devices under mixed load at once, two that share their sessions, behind
 * daemons that are killed and frozen, and one that breaks every rule (soak.h).  At the end
 * every op must have come back once, and pools, memory, descriptors and threads must be as
 * at the start.  Ends with PASS and FAIL lines, and a line that says it all.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_log.h>

#include "fds.h"
#include "soak.h"
#include "usage.h"

#define PROBLEMS_SHOWN	20
#define LOG_MAX		(8l << 20)	/* bytes of the driver's lines that are kept */
#define END_S		180		/* longest wait for the units to end */
/* What the C library, OpenSSL and DPDK may keep of a long run, bytes. */
#define RSS_BOUND	(16l << 20)

static struct options {
	double seconds, every;
	uint64_t seed;
	const char *daemon, *folder, *socket;
	enum soak_plant plant;
	bool only[2];
} opt = { .seconds = 60, .every = 5, .folder = ".", .socket = "soak.sock" };

static struct soak_unit unit[2];
enum { DAEMON, EVIL };
static const char * const unit_name[] = { "daemon", "evil" };
static unsigned int problems;
static bool ended, planted;
pthread_mutex_t soak_bus = PTHREAD_MUTEX_INITIALIZER;

/* ---- for the units ---- */

void
soak_problem(const struct soak_unit *u, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (__atomic_fetch_add(&problems, 1, __ATOMIC_RELAXED) >= PROBLEMS_SHOWN)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("    %s: %s\n", u->name, text);
	fflush(stdout);
}

bool
soak_ended(void)
{
	return __atomic_load_n(&ended, __ATOMIC_ACQUIRE);
}

bool
soak_plant(enum soak_plant what)
{
	return opt.plant == what && !__atomic_exchange_n(&planted, true, __ATOMIC_RELAXED);
}

static void
on_signal(int sig)
{
	(void)sig;
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
}

/* ---- alarms ---- */

static __thread bool by_hand;
static struct {
	rte_eal_alarm_callback cb;	/* NULL: free */
	void *arg;
} alarms[16];

void
alarms_by_hand(void)
{
	by_hand = true;
}

unsigned int
alarms_run(void)
{
	unsigned int i, n = 0;

	/* One that sets itself anew may be run once more: as if time had passed. */
	for (i = 0; i < RTE_DIM(alarms); i++) {
		rte_eal_alarm_callback cb = alarms[i].cb;

		alarms[i].cb = NULL;
		if (cb == NULL)
			continue;
		cb(alarms[i].arg);
		n++;
	}
	return n;
}

/* In front of EAL's own. */
int
rte_eal_alarm_set(uint64_t us, rte_eal_alarm_callback cb, void *arg)
{
	int (*eal)(uint64_t, rte_eal_alarm_callback, void *);
	unsigned int i;

	if (!by_hand) {
		*(void **)&eal = dlsym(RTLD_NEXT, "rte_eal_alarm_set");
		return eal(us, cb, arg);
	}
	for (i = 0; i < RTE_DIM(alarms); i++)
		if (alarms[i].cb == NULL) {
			alarms[i].cb = cb;
			alarms[i].arg = arg;
			return 0;
		}
	return -ENOMEM;
}

int
rte_eal_alarm_cancel(rte_eal_alarm_callback cb, void *arg)
{
	int (*eal)(rte_eal_alarm_callback, void *);
	unsigned int i;
	int n = 0;

	if (!by_hand) {
		*(void **)&eal = dlsym(RTLD_NEXT, "rte_eal_alarm_cancel");
		return eal(cb, arg);
	}
	for (i = 0; i < RTE_DIM(alarms); i++)
		if (alarms[i].cb == cb && (alarms[i].arg == arg || arg == (void *)-1)) {
			alarms[i].cb = NULL;
			n++;
		}
	return n;
}

/* ---- what must be as it was ---- */

static struct in_use {
	struct usage of;
	unsigned int fds, threads;
	long rss;			/* bytes */
} before, after;

static unsigned int
nb_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned int nb = 0;

	while (dir != NULL && readdir(dir) != NULL)
		nb++;
	if (dir != NULL)
		closedir(dir);
	return nb - 2;			/* without "." and ".." */
}

static long
rss_now(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size, resident = 0;

	if (f != NULL && fscanf(f, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	if (f != NULL)
		fclose(f);
	return resident * sysconf(_SC_PAGESIZE);
}

static struct in_use
in_use_now(void)
{
	struct in_use u;

	usage_now(&u.of);
	u.fds = fds_open();
	u.threads = nb_threads();
	u.rss = rss_now();
	return u;
}

/* ---- report ---- */

static struct soak_tally
tally_all(void)
{
	struct soak_tally a = unit_tally(&unit[0]), b = unit_tally(&unit[1]);
	unsigned int k;

	for (k = 0; k < sizeof(a) / sizeof(uint64_t); k++)
		((uint64_t *)&a)[k] += ((uint64_t *)&b)[k];
	return a;
}

static void
progress(double seconds)
{
	struct soak_tally t = tally_all();

	printf("soak: %.0f s: %" PRIu64 " submitted, %" PRIu64 " returned, %" PRIu64
		" compared; %" PRIu64 " kills, %" PRIu64 " freezes, %" PRIu64 " restarts, %" PRIu64
		" hostile acts; %u problems; rss %ld MiB\n", seconds, t.submitted, t.returned,
		t.right, unit[DAEMON].ev.kills, unit[DAEMON].ev.freezes,
		unit[DAEMON].ev.restarts + unit[EVIL].ev.restarts, unit[EVIL].ev.acts,
		__atomic_load_n(&problems, __ATOMIC_RELAXED), rss_now() >> 20);
	fflush(stdout);
}

static void
row(const char *name, uint64_t a, uint64_t b)
{
	printf("    %-34s %12" PRIu64 " %12" PRIu64 "\n", name, a, b);
}

static void
table_ops(void)
{
	static const char * const family[] = { "ciphers", "hashes and MACs", "chains", "AEAD",
		"RSA", "ECDSA" };
	struct soak_tally a = unit_tally(&unit[DAEMON]), b = unit_tally(&unit[EVIL]);
	unsigned int i;

	printf("    %-34s %12s %12s\n", "", unit_name[DAEMON], unit_name[EVIL]);
	row("ops submitted", a.submitted, b.submitted);
	row("ops returned", a.returned, b.returned);
	row("  SUCCESS", a.ok, b.ok);
	row("    compared with OpenSSL", a.right, b.right);
	row("    with another device's session", a.shared, b.shared);
	row("  AUTH_FAILED, forged", a.forged, b.forged);
	row("  ERROR, around a fault", a.lost, b.lost);
	row("  INVALID_SESSION, the same", a.no_session, b.no_session);
	for (i = 0; i < SOAK_NB_FAMILIES; i++)
		row(family[i], a.family[i], b.family[i]);
	row("MiB sent", a.bytes >> 20, b.bytes >> 20);
}

static void
table_events(void)
{
	const struct soak_events *a = &unit[DAEMON].ev, *b = &unit[EVIL].ev;
	uint64_t times;
	const char *name;
	unsigned int i;

	row("devices made and removed", a->lives, b->lives);
	row("sessions made", a->sessions, b->sessions);
	row("sessions destroyed", a->destroyed, b->destroyed);
	row("  by another device", a->freed_elsewhere, b->freed_elsewhere);
	row("sessions refused", a->refused, b->refused);
	row("stops and starts", a->restarts, b->restarts);
	row("removed and made anew", a->replaced, b->replaced);
	row("recoveries", a->recoveries, b->recoveries);
	row("daemon killed", a->kills, b->kills);
	row("daemon frozen", a->freezes, b->freezes);
	row("RTE_CRYPTODEV_EVENT_ERROR", a->told, b->told);
	for (i = 0; (name = evil_act(i, &times)) != NULL; i++)
		printf("    act: %-29s %12s %12" PRIu64 "\n", name, "", times);
}

static bool
verdict(const char *name, bool good)
{
	printf("%s %s\n", good ? "PASS" : "FAIL", name);
	return good;
}

static bool
verdicts(const struct soak_tally *t)
{
	bool all = true;

	all &= verdict("every op came back exactly once", t->submitted == t->returned);
	all &= verdict("no result was wrong, no status without a reason, all pools full",
		problems == 0);
	all &= verdict("there was something to judge", t->right != 0 && t->forged != 0 &&
		(opt.only[EVIL] || (unit[DAEMON].ev.kills != 0 &&
		t->shared != 0 && unit[DAEMON].ev.freed_elsewhere != 0)) &&
		(opt.only[DAEMON] || unit[EVIL].ev.acts != 0));
	all &= verdict("DPDK's heap and memzones are as at the start",
		memcmp(&after.of, &before.of, sizeof(after.of)) == 0);
	all &= verdict("descriptors are as at the start", after.fds == before.fds);
	all &= verdict("threads are as at the start", after.threads == before.threads);
	all &= verdict("resident memory grew within bounds", after.rss - before.rss <= RSS_BOUND);
	return all;
}

static bool
report(void)
{
	struct soak_tally t = tally_all();
	bool good;

	table_ops();
	table_events();
	good = verdicts(&t);
	printf("soak: %" PRIu64 " submitted == %" PRIu64 " returned; %u problems; heap %zu == %zu "
		"bytes; memzones %u == %u; fds %u == %u; threads %u == %u; rss %+.1f MiB of %ld at "
		"most; seed %" PRIu64 ": %s\n", t.submitted, t.returned, problems,
		before.of.heap_bytes, after.of.heap_bytes, before.of.memzones, after.of.memzones,
		before.fds, after.fds, before.threads, after.threads,
		(double)(after.rss - before.rss) / (1 << 20), RSS_BOUND >> 20, opt.seed,
		good ? "passed" : "FAILED");
	return good;
}

/* ---- running ---- */

static double
clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *
run_daemon(void *arg)
{
	daemon_run(&unit[DAEMON], arg != NULL);
	return NULL;
}

static void *
run_evil(void *arg)
{
	evil_run(&unit[EVIL], arg != NULL);
	return NULL;
}

/* A unit that does not end holds ops for ever: say so, and end without it. */
static void
join(pthread_t thread, const char *name)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_S;
	if (pthread_timedjoin_np(thread, NULL, &until) == 0)
		return;
	printf("FAIL the %s unit does not end\n", name);
	table_ops();
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static void
run(double seconds, bool once)
{
	void *(*const start[])(void *) = { run_daemon, run_evil };
	double began = clock_s(), next = opt.every;
	pthread_t thread[2];
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (!opt.only[1 - i] && pthread_create(&thread[i], NULL, start[i],
				once ? &unit : NULL) != 0)
			abort();
	while (!once && !soak_ended() && clock_s() - began < seconds) {
		usleep(50000);
		if (clock_s() - began < next)
			continue;
		progress(clock_s() - began);
		next += opt.every;
	}
	if (!once)
		__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		if (!opt.only[1 - i])
			join(thread[i], unit_name[i]);
}

static FILE *
open_log(void)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/driver.log", opt.folder);
	f = fopen(path, "w");
	if (f == NULL || rte_openlog_stream(f) != 0) {
		fprintf(stderr, "soak: cannot write %s\n", path);
		exit(2);
	}
	return f;
}

/* The log's size is bounded by the file system: what is beyond LOG_MAX starts over. */
static void *
bound_log(void *arg)
{
	FILE *f = arg;
	struct stat s;

	while (!soak_ended()) {
		if (fstat(fileno(f), &s) == 0 && s.st_size > LOG_MAX) {
			if (ftruncate(fileno(f), 0) == 0)
				rewind(f);
		}
		sleep(1);
	}
	return NULL;
}

/* ---- command line ---- */

static void
usage(FILE *to)
{
	fputs("usage: soak [EAL options] -- --daemon PROGRAM [--folder DIR] [--socket PATH]\n"
		"            [--seconds N] [--seed N] [--every SECONDS] [--only daemon|evil]\n"
		"            [--plant lost|twice|wrong|leak|fd]\n", to);
}

static int
index_of(const char *word, const char *const words[], int nb)
{
	int i;

	for (i = 0; i < nb; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	usage(stderr);
	exit(2);
}

static void
parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "daemon", 1, NULL, 'd' }, { "folder", 1, NULL, 'f' },
		{ "seconds", 1, NULL, 's' }, { "seed", 1, NULL, 'r' },
		{ "every", 1, NULL, 'e' }, { "only", 1, NULL, 'o' },
		{ "plant", 1, NULL, 'p' }, { "socket", 1, NULL, 'k' }, { NULL, 0, NULL, 0 },
	};
	static const char * const plants[] = { "none", "lost", "twice", "wrong", "leak", "fd" };
	int c;

	opt.seed = (uint64_t)time(NULL);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'd': opt.daemon = optarg; break;
		case 'k': opt.socket = optarg; break;
		case 'f': opt.folder = optarg; break;
		case 's': opt.seconds = atof(optarg); break;
		case 'r': opt.seed = strtoull(optarg, NULL, 0); break;
		case 'e': opt.every = atof(optarg); break;
		case 'o': opt.only[index_of(optarg, unit_name, 2)] = true; break;
		case 'p': opt.plant = (enum soak_plant)index_of(optarg, plants, PLANT_NB); break;
		default: usage(stderr); exit(2);
		}
	if (opt.daemon == NULL || opt.seconds <= 0 || opt.every <= 0) {
		usage(stderr);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	int eal_args = rte_eal_init(argc, argv);
	pthread_t log_thread;
	unsigned int i;
	bool good;

	if (eal_args < 0)
		return 2;
	parse(argc - eal_args, argv + eal_args);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	daemon_setup(opt.daemon, opt.folder, opt.socket);
	if (asym_init() != 0)
		return 2;
	for (i = 0; i < 2; i++)
		if (unit_init(&unit[i], unit_name[i], i == DAEMON ? SOAK_DEVS : 1,
				opt.seed * 1000 + 100 * i) != 0)
			return 2;
	printf("soak: %.0f s, seed %" PRIu64 "\n", opt.seconds, opt.seed);
	if (pthread_create(&log_thread, NULL, bound_log, open_log()) != 0)
		return 2;
	/* What DPDK, OpenSSL and the C library keep for good they have after this. */
	run(0, true);
	before = in_use_now();
	if (soak_plant(PLANT_FD) && dup(1) < 0)
		return 2;
	run(opt.seconds, false);
	pthread_join(log_thread, NULL);
	after = in_use_now();
	after.threads++;		/* the log's, which was there before */
	good = report();
	for (i = 0; i < 2; i++)
		unit_fini(&unit[i]);
	asym_fini();
	rte_eal_cleanup();
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

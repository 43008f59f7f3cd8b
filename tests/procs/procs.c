/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two processes and one device: a primary that owns it and uses queue pair 0, and
 * secondaries, this program again, one after the other on queue pair 1.
 *
 *	procs EAL_ARG... -- --dev NAME --log FILE [--rounds N] [--qps 1] [--daemon PROGRAM SOCKET]
 *
 * With "--refused TEXT" secondaries must say that they do not use the device, and not
 * harm it.  With a daemon, which it starts before EAL and kills and starts again later, recovery
 * is tried too.  A line for each case; the exit code is 0 if all passed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memzone.h>

#include "daemon.h"
#include "work.h"

#define WAIT_MS		120000	/* for anything that another process has to do */
#define MAX_ARGS	64
#define QP_OWN		0
#define STOPS		5	/* while a secondary polls */

static const char *dev_name, *log_path, *mode, *refusal;
static uint32_t rounds = 100;
static uint16_t nb_qps = 2, qp_second = 1;	/* one: in turn */
static char **eal_args;
static int nb_eal_args;
static struct daemon vcryptod;		/* program NULL: there is none */
static uint8_t dev_id;
static struct shared *shared;
static unsigned int failed;
static unsigned int nb_both;	/* rounds here in which the secondary got further, too */

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
verdict(const char *what, bool ok)
{
	printf("%s secondary: %s\n", ok ? "PASS" : "FAIL", what);
	fflush(stdout);
	failed += !ok;
}

/* ---- the daemon ---- */

static void
daemon_begin(void)
{
	if (daemon_start(&vcryptod, NULL))
		return;
	fprintf(stderr, "%s does not run: see %s\n", vcryptod.program, vcryptod.log);
	exit(2);
}

static void
daemon_end(void)
{
	daemon_kill(&vcryptod);
}

/* ---- the secondary, as the primary sees it ---- */

static bool
has_value(const char *arg)
{
	return strcmp(arg, "--vdev") == 0 || strcmp(arg, "-m") == 0 || strcmp(arg, "--lcores") == 0;
}

/* The same EAL arguments, but for memory, virtual devices and the core. */
static pid_t
second_start(const char *what)
{
	const char *argv[MAX_ARGS];
	char nb_rounds[16], lcores[16];
	int i, n = 0;
	pid_t pid;

	for (i = 0; i < nb_eal_args && n < MAX_ARGS - 16; i++) {
		if (has_value(eal_args[i]))
			i++;
		else
			argv[n++] = eal_args[i];
	}
	snprintf(nb_rounds, sizeof(nb_rounds), "%u", rounds);
	snprintf(lcores, sizeof(lcores), "1@%d", sysconf(_SC_NPROCESSORS_ONLN) > 1);
	argv[n++] = "--proc-type=secondary";
	argv[n++] = "--lcores";
	argv[n++] = lcores;
	argv[n++] = "--";
	argv[n++] = "--second";
	argv[n++] = what;
	argv[n++] = "--dev";
	argv[n++] = dev_name;
	argv[n++] = "--rounds";
	argv[n++] = nb_rounds;
	argv[n++] = "--qps";
	argv[n++] = nb_qps == 1 ? "1" : "2";
	argv[n] = NULL;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, 1);
		dup2(fd, 2);
		execv("/proc/self/exe", (char **)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static void
show_log(void)
{
	char line[512];
	FILE *f = fopen(log_path, "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		printf("    %s", line);
	if (f != NULL)
		fclose(f);
}

static bool
log_has(const char *text)
{
	char line[512];
	FILE *f = fopen(log_path, "r");
	bool has = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		has = has || strstr(line, text) != NULL;
	if (f != NULL)
		fclose(f);
	return has;
}

static bool
round_of_both(uint32_t seed)
{
	uint64_t from = __atomic_load_n(&shared->rounds, __ATOMIC_RELAXED);
	bool good = work_round(shared, dev_id, QP_OWN, seed, NULL);

	nb_both += __atomic_load_n(&shared->rounds, __ATOMIC_RELAXED) != from;
	return good;
}

/* Waits for its end; meanwhile queue pair 0 is in use, unless the device is stopped. */
static int
second_end(pid_t pid, bool busy)
{
	uint64_t end = now_ms() + WAIT_MS;
	uint32_t seed = 0;
	int status;

	busy = busy && nb_qps > 1;
	nb_both = 0;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() > end) {
			printf("    it does not end\n");
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
		if (!busy)
			usleep(1000);
		else
			failed += !round_of_both(seed++);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		printf("    ended with 0x%x\n", (unsigned int)status);
		show_log();
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
second(const char *what, const char *name, bool busy)
{
	bool ok = second_end(second_start(what), busy) == 0;

	verdict(name, ok && (!busy || work_round(shared, dev_id, QP_OWN, 1, NULL)));
}

/* Does the secondary that polls get some further?  Meanwhile queue pair 0 is looked at,
 * as each has to be for a recovery.
 */
static bool
advances(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	struct rte_crypto_op *op;
	uint64_t from = __atomic_load_n(&shared->rounds, __ATOMIC_RELAXED);

	while (__atomic_load_n(&shared->rounds, __ATOMIC_RELAXED) < from + 3) {
		if (now_ms() > end || (nb_qps > 1 &&
				rte_cryptodev_dequeue_burst(dev_id, QP_OWN, &op, 1) != 0))
			return false;
		usleep(1000);
	}
	return true;
}

/* ---- cases of the primary ---- */

static bool
set_up(void)
{
	struct rte_cryptodev_config conf = {
		.nb_queue_pairs = nb_qps,
		.socket_id = SOCKET_ID_ANY,
	};
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 128 };
	uint16_t i;

	if (rte_cryptodev_configure(dev_id, &conf) != 0)
		return false;
	for (i = 0; i < nb_qps; i++)
		if (rte_cryptodev_queue_pair_setup(dev_id, i, &qp, SOCKET_ID_ANY) != 0)
			return false;
	return rte_cryptodev_start(dev_id) == 0;
}

/* What a process that is gone had in flight: want at least, within the time. */
static uint16_t
collect(uint16_t want)
{
	uint64_t end = now_ms() + WAIT_MS;
	struct rte_crypto_op *ops[WORK_BURST];
	uint16_t got = 0, n, i;

	do {
		n = rte_cryptodev_dequeue_burst(dev_id, qp_second, ops, WORK_BURST);
		for (i = 0; i < n; i++) {
			rte_pktmbuf_free(ops[i]->sym->m_src);
			rte_crypto_op_free(ops[i]);
		}
		got += n;
	} while (n != 0 || (got < want && now_ms() < end));
	return got;
}

static pid_t
start_polling(const char *what)
{
	__atomic_store_n(&shared->quit, 0, __ATOMIC_RELAXED);
	return second_start(what);
}

static void
end_polling(pid_t pid, const char *name, bool ok)
{
	__atomic_store_n(&shared->quit, 1, __ATOMIC_RELAXED);
	verdict(name, second_end(pid, false) == 0 && ok);
}

static void
stops_while_polled(void)
{
	pid_t pid = start_polling("poll");
	bool ok = advances();
	int i;

	for (i = 0; i < STOPS && ok; i++) {
		rte_cryptodev_stop(dev_id);
		ok = rte_cryptodev_start(dev_id) == 0 && advances();
	}
	end_polling(pid, "the primary stops and starts while it polls", ok);
}

/* DPDK lets a secondary say that the device is stopped; the driver's watch knows. */
static void
misuse(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	int rc;

	second("misuse", "calls that are not a secondary's change nothing", true);
	do {
		rte_cryptodev_stop(dev_id);
		rc = rte_cryptodev_start(dev_id);
	} while (rc != 0 && now_ms() < end);
	verdict("the primary stops and starts after that", rc == 0);
}

static void
dies(void)
{
	int code = second_end(second_start("die"), true);

	verdict("one dies with ops in flight", code == 128 + SIGKILL);
	verdict("the primary dequeues what it left", collect(WORK_BURST) == WORK_BURST);
	second("work", "another one takes its place", true);
}

static void
recovers(void)
{
	pid_t pid = start_polling("poll");
	bool ok = advances();

	daemon_kill(&vcryptod);
	daemon_begin();
	ok = ok && advances();
	end_polling(pid, "the device is lost and comes back while it polls", ok);
	(void)second_end(second_start("die"), true);
	daemon_kill(&vcryptod);
	daemon_begin();
	/* Its queue pair is parked in its place, or else nothing would come back. */
	ok = work_round(shared, dev_id, QP_OWN, 1, &shared->errors) &&
		work_round(shared, dev_id, QP_OWN, 2, NULL);
	verdict("a dead one does not keep the device from coming back", ok);
	verdict("what it left comes back", collect(WORK_BURST) == WORK_BURST);
	second("work", "one that comes later works", true);
}

/* At any point of a burst: what it had in hand is lost with it. */
static void
killed_while_it_polls(void)
{
	pid_t pid = start_polling("churn");
	bool ok = advances();
	int i;

	for (i = 0; i < STOPS && ok; i++) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		rte_cryptodev_stop(dev_id);
		ok = rte_cryptodev_start(dev_id) == 0;
		(void)collect(0);
		pid = start_polling("churn");
		ok = ok && advances();
	}
	end_polling(pid, "killed while they poll, each is replaced", ok);
}

/* Where secondaries cannot use it. */
static void
refused_cases(void)
{
	int i, code;

	verdict("the primary sets the device up", set_up());
	work_create(shared, dev_id);
	code = second_end(second_start("idle"), false);
	verdict("it does not use the device, and says why", code == 1 && log_has(refusal));
	for (i = 0; i < STOPS && work_round(shared, dev_id, QP_OWN, (uint32_t)i, NULL); i++)
		;
	verdict("the primary goes on", i == STOPS);
	work_free(shared, dev_id);
	rte_cryptodev_stop(dev_id);
	verdict("close", rte_cryptodev_close(dev_id) == 0);
}

static void
primary_cases(void)
{
	struct rte_cryptodev_stats stats;
	uint64_t before;
	pid_t early;

	second("idle", "one that does not use the device", false);
	verdict("it said nothing", !log_has("crypto_virtio:"));
	early = second_start("early");
	verdict("the primary sets the device up", set_up());
	work_create(shared, dev_id);
	if (vcryptod.program != NULL)
		verdict("there is a session of each kind", shared->session[WORK_HMAC] != NULL &&
			shared->session[WORK_GCM] != NULL);
	strcpy(shared->dev, dev_name);
	verdict("one that was there before that", second_end(early, true) == 0);
	rte_cryptodev_stats_get(dev_id, &stats);
	before = stats.enqueued_count;
	second("work", "known answers, both at once", true);
	if (nb_qps > 1)
		verdict("both have computed at the same time", nb_both > 0);
	rte_cryptodev_stats_get(dev_id, &stats);
	verdict("its ops are in the primary's statistics",
		stats.enqueued_count >= before + (uint64_t)rounds * WORK_BURST);
	rte_cryptodev_stop(dev_id);
	second("stopped", "control calls are refused", false);
	verdict("the primary starts again", rte_cryptodev_start(dev_id) == 0);
	second("work", "known answers after stop and start", true);
	misuse();
	stops_while_polled();
	dies();
	if (vcryptod.program != NULL)
		recovers();
	verdict("every op came back", work_ops_left() == 0);
	rounds /= 4;
	if (vcryptod.program != NULL)
		killed_while_it_polls();
	work_free(shared, dev_id);
	rte_cryptodev_stop(dev_id);
	verdict("close", rte_cryptodev_close(dev_id) == 0);
}

/* ---- the secondary's side ---- */

static int
fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", mode, what);
	return 1;
}

static int
wait_shared(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	const struct rte_memzone *mz;

	while ((mz = rte_memzone_lookup(SHARED_NAME)) == NULL ||
			*(volatile char *)((struct shared *)mz->addr)->dev == '\0') {
		if (now_ms() > end)
			return fail("the primary shares nothing");
		usleep(1000);
	}
	shared = mz->addr;
	work_find();
	return 0;
}

static int
work(void)
{
	struct rte_cryptodev_stats before, after;
	struct rte_cryptodev_info info;
	uint32_t i;

	rte_cryptodev_info_get(dev_id, &info);
	if (info.max_nb_queue_pairs < nb_qps || info.capabilities == NULL ||
			info.capabilities->op == RTE_CRYPTO_OP_TYPE_UNDEFINED ||
			(info.feature_flags & RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO) == 0 ||
			(info.feature_flags & RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO) != 0)
		return fail("device information is wrong");
	if (rte_cryptodev_stats_get(dev_id, &before) != 0)
		return fail("no statistics");
	for (i = 0; i < rounds; i++) {
		if (!work_round(shared, dev_id, qp_second, i, NULL))
			return 1;
		__atomic_fetch_add(&shared->rounds, 1, __ATOMIC_RELAXED);
	}
	if (rte_cryptodev_stats_get(dev_id, &after) != 0 ||
			after.dequeued_count - before.dequeued_count <
			(uint64_t)rounds * WORK_BURST)
		return fail("statistics are wrong");
	return 0;
}

static int
no_session(void)
{
	const uint16_t iv_off = sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op);
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.algo = RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { (const uint8_t *)"0123456789abcdef", 16 },
			.iv = { iv_off, 16 },
		},
	};
	struct rte_mempool *pool = rte_mempool_lookup("procs_sessions");

	rte_errno = 0;
	return rte_cryptodev_sym_session_create(dev_id, &x, pool) == NULL &&
		rte_errno == ENOTSUP ? 0 : fail("a session was created");
}

static int
stopped(void)
{
	struct rte_cryptodev_config conf = {
		.nb_queue_pairs = nb_qps,
		.socket_id = SOCKET_ID_ANY,
	};
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 64 };
	struct rte_crypto_op *op;

	if (rte_cryptodev_configure(dev_id, &conf) != -ENOTSUP)
		return fail("configure");
	conf.nb_queue_pairs = 1;
	if (nb_qps > 1 && rte_cryptodev_configure(dev_id, &conf) != -ENOTSUP)
		return fail("configure with less");
	if (rte_cryptodev_queue_pair_count(dev_id) != nb_qps)
		return fail("configure has changed something");
	if (rte_cryptodev_queue_pair_setup(dev_id, qp_second, &qp, SOCKET_ID_ANY) != -ENOTSUP)
		return fail("queue pair set-up");
	if (rte_cryptodev_start(dev_id) != -ENOTSUP)
		return fail("start");
	if (rte_cryptodev_close(dev_id) != -ENOTSUP)
		return fail("close");
	if (work_leave(shared, dev_id, qp_second) != 0 ||
			rte_cryptodev_dequeue_burst(dev_id, qp_second, &op, 1) != 0)
		return fail("a stopped device takes or gives ops");
	return no_session();
}

static int
misused(void)
{
	struct rte_cryptodev_stats before, after;

	rte_cryptodev_stats_get(dev_id, &before);
	rte_cryptodev_stats_reset(dev_id);
	rte_cryptodev_stats_get(dev_id, &after);
	if (before.enqueued_count == 0 || after.enqueued_count < before.enqueued_count)
		return fail("statistics were reset");
	rte_cryptodev_stop(dev_id);
	if (no_session() != 0)
		return 1;
	return work();
}

static int
poll_on(void)
{
	uint32_t seed = 0;

	while (__atomic_load_n(&shared->quit, __ATOMIC_RELAXED) == 0) {
		if (!work_round(shared, dev_id, qp_second, seed++, &shared->errors))
			return 1;
		__atomic_fetch_add(&shared->rounds, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

static int
churn(void)
{
	work_churn(shared, dev_id, qp_second);
	return 0;
}

static int
die(void)
{
	if (work_leave(shared, dev_id, qp_second) == WORK_BURST)
		kill(getpid(), SIGKILL);
	return fail("the device takes no burst");
}

static int
second_main(void)
{
	static const struct {
		const char *mode;
		int (*run)(void);
	} modes[] = {
		{ "work", work }, { "early", work }, { "stopped", stopped },
		{ "misuse", misused }, { "poll", poll_on }, { "churn", churn },
		{ "die", die },
	};
	unsigned int i;
	int rc = rte_cryptodev_get_dev_id(dev_name);

	if (rc < 0)
		return fail("no such device");
	dev_id = (uint8_t)rc;
	if (strcmp(mode, "idle") == 0)
		return rte_eal_cleanup();
	rc = wait_shared();
	for (i = 0; rc == 0 && i < RTE_DIM(modes); i++)
		if (strcmp(mode, modes[i].mode) == 0) {
			rc = modes[i].run();
			rte_eal_cleanup();
			return rc;
		}
	return 2;
}

/* ---- start ---- */

/* Its log is beside its socket. */
static void
parse_daemon(const char *program, const char *socket)
{
	const char *slash = strrchr(socket, '/');
	char folder[96] = ".";

	if (slash != NULL)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - socket), socket);
	daemon_init(&vcryptod, program, socket, folder);
}

static void
parse(int argc, char **argv)
{
	int i = 1;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	eal_args = argv;
	nb_eal_args = i;
	for (i++; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--dev") == 0) {
			dev_name = argv[i + 1];
		} else if (strcmp(argv[i], "--log") == 0) {
			log_path = argv[i + 1];
		} else if (strcmp(argv[i], "--rounds") == 0) {
			rounds = (uint32_t)atoi(argv[i + 1]);
		} else if (strcmp(argv[i], "--qps") == 0) {
			nb_qps = strcmp(argv[i + 1], "1") == 0 ? 1 : 2;
			qp_second = (uint16_t)(nb_qps - 1);
		} else if (strcmp(argv[i], "--refused") == 0) {
			refusal = argv[i + 1];
		} else if (strcmp(argv[i], "--second") == 0) {
			mode = argv[i + 1];
		} else if (strcmp(argv[i], "--daemon") == 0 && i + 2 < argc) {
			parse_daemon(argv[i + 1], argv[i + 2]);
			i++;
		}
	}
	if (dev_name == NULL || (mode == NULL && log_path == NULL)) {
		fprintf(stderr, "usage: procs EAL_ARG... -- --dev NAME --log FILE [--rounds N] "
			"[--qps 1] [--daemon PROGRAM SOCKET]\n");
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	const struct rte_memzone *mz;
	int rc;

	parse(argc, argv);
	atexit(daemon_end);
	if (vcryptod.program != NULL)
		daemon_begin();
	if (rte_eal_init(nb_eal_args, eal_args) < 0) {
		fprintf(stderr, "EAL does not start: %s\n", rte_strerror(rte_errno));
		return 2;
	}
	if (mode != NULL)
		return second_main();
	rc = rte_cryptodev_get_dev_id(dev_name);
	mz = rte_memzone_reserve(SHARED_NAME, sizeof(*shared), SOCKET_ID_ANY, 0);
	if (rc < 0 || mz == NULL) {
		fprintf(stderr, "no device %s, or no memory\n", dev_name);
		return 2;
	}
	dev_id = (uint8_t)rc;
	shared = mz->addr;
	memset(shared, 0, sizeof(*shared));
	if (refusal != NULL)
		refused_cases();
	else
		primary_cases();
	rte_eal_cleanup();
	return failed != 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device that goes while operations run, seen by an application that knows no more
 * of it than RTE_CRYPTODEV_EVENT_ERROR: every operation comes back once, with its result
 * or with an error, and the end is clean.  Prints PASS or FAIL for each.
 *
 * The application never dequeues the youngest KEPT operations before it is told, so that
 * some are in flight at that moment, however fast the device is.  Whether these come back
 * with an error depends on what the device had completed: a function that is asked to
 * leave completes what it has.  Only what no device can have completed must be an error.
 *
 * usage: outage [EAL options] -- MODE [oop] [replug FILE DEVARGS | until FILE]
 *   removed    runs until somebody takes the function out of the machine; then stops,
 *              closes and removes the cryptodev
 *   unmapped   the same where the kernel takes the function without asking (uio): EAL's
 *              handling of that is switched on
 *   scribbled  makes the device fail, by writing nonsense into its ring from a thread;
 *              then stops, starts and encrypts again
 *   recovered  the same of a device with recover=1, which the driver brings back by itself;
 *              then encrypts on, and sends again what was in flight if oop says that it can
 *   killed     is killed, by itself, while operations run
 *   steady     the device stands still at times, or for ever: prints a line for so many
 *              operations that are well, until there is FILE
 * oop: the operations write to buffers of their own, so that they may be sent twice.
 * replug: once the function is removed, asks for it back ("REPLUG" on a line), waits for
 * FILE, plugs the function in with DEVARGS and encrypts.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#include "block.h"
#include "report.h"

#define NB_OPS 64
#define OUTAGE_S 300	/* for it; only what has failed waits so long, seconds */
#define DRAIN_S 120	/* for operations */
#define DEPTH 64	/* of the queue pair; as many descriptors begin its memory */
#define KEPT 16		/* operations that stay in flight until the event */
#define ENOUGH 1000	/* operations that came back, before a program is killed */
#define IN_FLIGHT 1	/* in hash.usr of an operation's buffer, else 0 */
/* The second half of a descriptor: an indirect table of one byte. */
#define NONSENSE UINT64_C(0x0000000400000001)

static const char *mode, *replug_file, *replug_args, *until_file = "/none";
static uint8_t dev_id;
static struct block_pools pools;
static void *session;
static struct rte_crypto_op *idle[NB_OPS];
static unsigned int nb_idle, nb_well, nb_error, nb_other, nb_wrong;
static bool out_of_place;
static char name[RTE_CRYPTODEV_NAME_MAX_LEN];
static unsigned int nb_well_at_last;	/* when the function had gone */
static char sysfs_path[128];	/* of the function; empty: not looked at */
static bool in_vain;		/* operations are with a function that has gone */
static unsigned int nb_events;	/* written by EAL's interrupt thread */
static bool scribbling;

static bool
is_mode(const char *wanted)
{
	return strcmp(mode, wanted) == 0;
}

static void
on_event(uint8_t id, enum rte_cryptodev_event_type event, void *arg)
{
	(void)arg;
	if (id == dev_id && event == RTE_CRYPTODEV_EVENT_ERROR)
		__atomic_fetch_add(&nb_events, 1, __ATOMIC_RELEASE);
}

static unsigned int
events(void)
{
	return __atomic_load_n(&nb_events, __ATOMIC_ACQUIRE);
}

/* ---- set-up ---- */

static bool
create_pools(void)
{
	if (!block_pools(&pools, dev_id, 4 * NB_OPS - 1) ||
			rte_crypto_op_bulk_alloc(pools.ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC, idle,
				NB_OPS) != NB_OPS)
		return false;
	for (nb_idle = 0; nb_idle < NB_OPS; nb_idle++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pools.mbufs);

		if (m == NULL)
			return false;
		memset(rte_pktmbuf_append(m, 4 * BLOCK), 0x11, 4 * BLOCK);
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), block_plain, BLOCK);
		idle[nb_idle]->sym->m_src = m;
		if (!out_of_place)
			continue;
		m = rte_pktmbuf_alloc(pools.mbufs);
		if (m == NULL)
			return false;
		rte_pktmbuf_append(m, 4 * BLOCK);
		idle[nb_idle]->sym->m_dst = m;
	}
	return true;
}

static bool
create_session(void)
{
	session = block_session(&pools, dev_id);
	return session != NULL;
}

static bool
start(void)
{
	return block_configure(&pools, dev_id, 1, DEPTH) &&
		rte_cryptodev_callback_register(dev_id, RTE_CRYPTODEV_EVENT_ERROR, on_event,
			NULL) == 0 &&
		rte_cryptodev_start(dev_id) == 0 && create_session();
}

/* ---- operations ---- */

/* All that are idle, to the device; how many it took. */
static unsigned int
send(void)
{
	unsigned int i, sent;

	for (i = 0; i < nb_idle; i++) {
		block_op(idle[i], session, 4 * BLOCK);
		if (out_of_place)
			memset(rte_pktmbuf_mtod(idle[i]->sym->m_dst, uint8_t *), 0, 4 * BLOCK);
	}
	sent = rte_cryptodev_enqueue_burst(dev_id, 0, idle, (uint16_t)nb_idle);
	for (i = 0; i < sent; i++)
		idle[i]->sym->m_src->hash.usr = IN_FLIGHT;
	memmove(idle, idle + sent, (nb_idle - sent) * sizeof(idle[0]));
	nb_idle -= sent;
	return sent;
}

/* Out of place the source stays, and so the result is always the same. */
static bool
is_wrong(const struct rte_crypto_op *op)
{
	return out_of_place && op->status == RTE_CRYPTO_OP_STATUS_SUCCESS &&
		memcmp(rte_pktmbuf_mtod(op->sym->m_dst, uint8_t *), block_result, BLOCK) != 0;
}

/* What is back, all but the youngest nb_kept; false if one came that was not in flight. */
static bool
receive(unsigned int nb_kept)
{
	struct rte_crypto_op *done[NB_OPS];
	unsigned int in_flight = NB_OPS - nb_idle;
	uint16_t i, n;

	if (in_flight <= nb_kept)
		return true;
	n = rte_cryptodev_dequeue_burst(dev_id, 0, done, (uint16_t)(in_flight - nb_kept));
	if (n > in_flight - nb_kept)
		return false;
	for (i = 0; i < n; i++) {
		if (done[i]->sym->m_src->hash.usr != IN_FLIGHT)
			return false;
		done[i]->sym->m_src->hash.usr = 0;
		nb_wrong += is_wrong(done[i]);
		nb_well += done[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
		nb_error += done[i]->status == RTE_CRYPTO_OP_STATUS_ERROR;
		nb_other += done[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS &&
			done[i]->status != RTE_CRYPTO_OP_STATUS_ERROR;
		idle[nb_idle++] = done[i];
	}
	return true;
}

static uint64_t
deadline(unsigned int seconds)
{
	return rte_get_timer_cycles() + seconds * rte_get_timer_hz();
}

/* Everything back, within a while. */
static bool
drain(void)
{
	uint64_t end = deadline(DRAIN_S);

	while (nb_idle < NB_OPS && rte_get_timer_cycles() < end)
		if (!receive(0))
			return false;
	return nb_idle == NB_OPS;
}

/* Runs in EAL's interrupt thread, which hears of the removal and where the driver looks
 * after its device: both wait until operations are in flight that nothing can answer.
 */
static void
hold_interrupts(void *arg)
{
	uint64_t end = deadline(OUTAGE_S);

	(void)arg;
	while (!__atomic_load_n(&in_vain, __ATOMIC_ACQUIRE) && rte_get_timer_cycles() < end)
		rte_delay_us_sleep(1000);
}

/* The kernel has disabled the function before it takes its entry away: what is in flight
 * after the last dequeue that found something stays so.
 */
static bool
send_in_vain(void)
{
	unsigned int before;

	do {
		before = nb_idle;
		if (!receive(0))
			return false;
	} while (nb_idle != before);
	send();
	nb_well_at_last = nb_well;
	__atomic_store_n(&in_vain, nb_idle < NB_OPS, __ATOMIC_RELEASE);
	return true;
}

/* Operations in flight all the time, until the device is lost. */
static bool
run_until_event(void)
{
	uint64_t end = deadline(OUTAGE_S);

	while (events() == 0 && rte_get_timer_cycles() < end) {
		if (sysfs_path[0] != '\0' && !in_vain && access(sysfs_path, F_OK) != 0 &&
				!send_in_vain())
			return false;
		send();
		if (!receive(KEPT))
			return false;
	}
	return events() != 0;
}

/* ---- the outage ---- */

static void
find_queue(const struct rte_memzone *mz, void *arg)
{
	if (strncmp(mz->name, "vcrypto", 7) == 0 && strstr(mz->name, "_q0_") != NULL)
		*(const struct rte_memzone **)arg = mz;
}

/* Lengths and flags of a split ring's descriptors that no driver may write. */
static void *
scribble(void *arg)
{
	const struct rte_memzone *mz = arg;
	volatile uint64_t *ring = mz->addr;
	size_t i;

	while (__atomic_load_n(&scribbling, __ATOMIC_ACQUIRE))
		for (i = 0; i < DEPTH; i++)
			ring[2 * i + 1] = NONSENSE;
	return NULL;
}

static bool
run_scribbled(void)
{
	const struct rte_memzone *mz = NULL;
	pthread_t thread;
	bool seen;

	rte_memzone_walk(find_queue, &mz);
	if (mz == NULL)
		return false;
	__atomic_store_n(&scribbling, true, __ATOMIC_RELEASE);
	if (pthread_create(&thread, NULL, scribble, (void *)(uintptr_t)mz) != 0)
		return false;
	seen = run_until_event();
	__atomic_store_n(&scribbling, false, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	return seen;
}

/* How often vfio's first vector came, over all processors; -1 if there is none. */
static long
vector_count(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	char line[512], *at;
	long sum = -1;

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strstr(line, "vfio-msix[0]") == NULL)
			continue;
		sum = 0;
		at = strchr(line, ':') + 1;
		for (char *end; ; at = end) {
			long n = strtol(at, &end, 10);

			if (end == at || (*end != ' ' && *end != '\t'))
				break;
			sum += n;
		}
	}
	fclose(f);
	return sum;
}

/* A device that fails and is brought back without the application's help: the operations
 * that were in flight go through once more, and others behind them.
 */
static void
check_recovered(void)
{
	unsigned int nb_in_flight = NB_OPS - nb_idle;
	uint64_t end = deadline(OUTAGE_S);

	report("operations are in flight when it is told", nb_in_flight >= KEPT);
	report("every operation comes back once", drain());
	report("each with its result", nb_error + nb_other + nb_wrong == 0);
	nb_well = 0;
	while (nb_well < ENOUGH && rte_get_timer_cycles() < end) {
		send();
		if (!receive(0))
			break;
	}
	report("the device goes on, with the sessions that it had", nb_well >= ENOUGH && drain() &&
		nb_error + nb_other + nb_wrong == 0);
	report("the event was raised once", events() == 1);
	printf("%u operations in flight\n", nb_in_flight);
	rte_cryptodev_stop(dev_id);
	rte_cryptodev_sym_session_free(dev_id, session);
	report("close", rte_cryptodev_close(dev_id) == 0);
}

static void
check_lost(void)
{
	unsigned int nb_in_flight = NB_OPS - nb_idle;

	report("operations are in flight when it is told", nb_in_flight >= KEPT);
	report("every operation comes back once", drain());
	report("each with its result or an error", nb_other == 0 && nb_wrong == 0);
	if (is_mode("scribbled"))
		report("that of the descriptor that is none with an error", nb_error > 0);
	if (is_mode("unmapped"))
		report("those sent after the function had gone with an error", in_vain &&
			nb_error > 0 && nb_well == nb_well_at_last);
	report("nothing more is taken", send() == 0);
	report("the event was raised once", events() == 1);
	printf("%u operations in flight, %u well, %u with an error in all\n", nb_in_flight,
		nb_well, nb_error);
}

static bool
handle_removal(void)
{
	snprintf(sysfs_path, sizeof(sysfs_path), "/sys/bus/pci/devices/%s", name);
	return rte_dev_hotplug_handle_enable() == 0 && rte_dev_event_monitor_start() == 0;
}

static void
leave(struct rte_device *device)
{
	rte_cryptodev_sym_session_free(dev_id, session);
	rte_cryptodev_stop(dev_id);
	report("close", rte_cryptodev_close(dev_id) == 0);
	report("remove", rte_dev_remove(device) == 0);
	report("no cryptodev is left", rte_cryptodev_count() == 0);
}

/* The function, once more in the machine and bound when there is a file. */
static bool
plug_in(const char *file, const char *args)
{
	uint64_t end = deadline(OUTAGE_S);

	printf("REPLUG\n");
	fflush(stdout);
	while (access(file, F_OK) != 0) {
		if (rte_get_timer_cycles() > end)
			return false;
		rte_delay_us_sleep(1000);
	}
	return rte_eal_hotplug_add("pci", name, args) == 0 &&
		rte_cryptodev_devices_get("crypto_virtio", &dev_id, 1) == 1;
}

static void
replug(const char *file, const char *args)
{
	nb_well = nb_error = nb_other = nb_wrong = 0;
	report("plugged in again, the function is a cryptodev", plug_in(file, args));
	report("it encrypts", start() && send() > 0 && drain() && nb_well > 0 &&
		nb_error + nb_other + nb_wrong == 0);
	rte_cryptodev_stop(dev_id);
	rte_cryptodev_sym_session_free(dev_id, session);
	report("it closes", rte_cryptodev_close(dev_id) == 0);
}

/* No return: the device has operations when its driver's process is gone. */
static void
be_killed(void)
{
	uint64_t end = deadline(OUTAGE_S);

	while (nb_well < ENOUGH && rte_get_timer_cycles() < end) {
		send();
		if (!receive(KEPT))
			rte_exit(EXIT_FAILURE, "an operation came that was not in flight\n");
	}
	send();
	printf("KILLED with %u operations in flight, after %u\n", NB_OPS - nb_idle, nb_well);
	fflush(stdout);
	kill(getpid(), SIGKILL);
}

/* Without end, if the machine ends meanwhile. */
static void
be_steady(void)
{
	unsigned int told = 0;
	bool good = true;

	while (good && access(until_file, F_OK) != 0) {
		send();
		good = receive(KEPT);
		if (nb_well - told < ENOUGH)
			continue;
		told = nb_well;
		printf("MORE: %u operations\n", told);
		fflush(stdout);
	}
	report("every operation comes back once", good && drain());
	report("each with its result", nb_error + nb_other + nb_wrong == 0 && told > 0);
	report("there was no event", events() == 0);
	rte_cryptodev_stop(dev_id);
	rte_cryptodev_sym_session_free(dev_id, session);
	report("close", rte_cryptodev_close(dev_id) == 0);
}

static void
start_again(void)
{
	rte_cryptodev_stop(dev_id);
	rte_cryptodev_sym_session_free(dev_id, session);
	nb_well = nb_error = 0;
	report("stop, start, encrypt", rte_cryptodev_start(dev_id) == 0 && create_session() &&
		send() > 0 && drain() && nb_well > 0 && nb_error == 0);
	rte_cryptodev_stop(dev_id);
	rte_cryptodev_sym_session_free(dev_id, session);
	report("close", rte_cryptodev_close(dev_id) == 0);
}

/* MODE, and what follows it; false if that is none. */
static bool
parse(int argc, char **argv)
{
	static const char * const modes[] = { "removed", "unmapped", "scribbled",
		"recovered", "killed", "steady" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(modes) && argc > 1; i++)
		if (strcmp(argv[1], modes[i]) == 0)
			mode = modes[i];
	argc -= 2;
	argv += 2;
	if (argc > 0 && strcmp(argv[0], "oop") == 0) {
		out_of_place = true;
		argc--;
		argv++;
	}
	if (argc == 3 && strcmp(argv[0], "replug") == 0) {
		replug_file = argv[1];
		replug_args = argv[2];
	} else if (argc == 2 && strcmp(argv[0], "until") == 0) {
		until_file = argv[1];
	} else if (argc != 0) {
		return false;
	}
	return mode != NULL;
}

static void
set_up(void)
{
	if (rte_cryptodev_devices_get("crypto_virtio", &dev_id, 1) != 1)
		rte_exit(EXIT_FAILURE, "no cryptodev\n");
	snprintf(name, sizeof(name), "%s", rte_cryptodev_name_get(dev_id));
	if (is_mode("unmapped") && !handle_removal())
		rte_exit(EXIT_FAILURE, "no handling of removal\n");
	if (!create_pools() || !start() || send() == 0 || !drain())
		rte_exit(EXIT_FAILURE, "the device does not work\n");
	if (is_mode("unmapped") && rte_eal_alarm_set(1, hold_interrupts, NULL) != 0)
		rte_exit(EXIT_FAILURE, "no alarm\n");
}

static void
lose(struct rte_device *device)
{
	bool scribbles = is_mode("scribbled") || is_mode("recovered");

	report("the application is told", scribbles ? run_scribbled() : run_until_event());
	/* vp_vdpa gives its vectors back when the driver resets the device. */
	if (is_mode("scribbled") && strncmp(name, "crypto_virtio_user", 18) != 0)
		report("the device sent its interrupt", vector_count() > 0);
	if (is_mode("recovered")) {
		check_recovered();
		return;
	}
	check_lost();
	if (is_mode("scribbled"))
		start_again();
	else
		leave(device);
}

int
main(int argc, char **argv)
{
	struct rte_cryptodev_info info;
	int eal_args = rte_eal_init(argc, argv);

	if (eal_args < 0 || !parse(argc - eal_args, argv + eal_args))
		rte_exit(EXIT_FAILURE, "usage: outage [EAL options] -- MODE [oop] "
			"[replug FILE DEVARGS | until FILE]\n");
	set_up();
	rte_cryptodev_info_get(dev_id, &info);
	if (is_mode("killed"))
		be_killed();
	printf("RUNNING %s\n", mode);
	fflush(stdout);
	if (is_mode("steady"))
		be_steady();
	else
		lose(info.device);
	if (replug_file != NULL)
		replug(replug_file, replug_args);
	rte_eal_cleanup();
	return report_nb_failed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

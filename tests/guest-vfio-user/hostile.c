/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The application on a PCI function that breaks rules, hostile.py: for each act it sees that
 * each operation comes back exactly once, that the driver's log names the fault, and that the
 * function works again once it is honest and was stopped and started.  Prints PASS or FAIL for
 * each.
 *
 * usage: hostile [EAL options] -- NAME, the function's PCI address
 */
#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_log.h>
#include <rte_mbuf.h>

#include "block.h"
#include "report.h"

#define NB_OPS		32
#define DEPTH		64	/* entries of the device's ring */
#define ENOUGH		2000	/* operations on a device that goes on */
#define PATIENCE_S	120	/* for what comes in milliseconds on an idle machine */
#define CHOICE		0xf0	/* see hostile.py */
#define LOSES_IT	9	/* an act after which the device has to be initialised */
#define LOG		"/tmp/hostile.log"

enum outcome {
	WELL,		/* each operation is right */
	ERRORS,		/* each is an error, and the device goes on */
	BREAKS,		/* the ring is given up: errors, nothing more is taken, no event */
	LOST,		/* the device is given up: the same, and one event */
	NO_START,	/* the driver cannot initialise it after it was lost */
};

static const struct act {
	unsigned char number;
	enum outcome outcome;
	const char *name, *log;		/* NULL: nothing is said */
} acts[] = {
	{ 1, BREAKS, "id out of range", "queue pair 0 is broken" },
	{ 2, BREAKS, "id not in flight", "queue pair 0 is broken" },
	{ 3, BREAKS, "id twice", "queue pair 0 is broken" },
	{ 4, BREAKS, "index jumps", "queue pair 0 is broken" },
	{ 5, WELL, "lengths absurd", NULL },
	{ 6, ERRORS, "status undefined", NULL },
	{ 7, ERRORS, "status unwritten", NULL },
	{ 8, LOST, "NEEDS_RESET comes and goes", "requests in flight come back with errors" },
	{ 9, LOST, "HW_READY cleared", "requests in flight come back with errors" },
	{ 10, LOST, "registers read ones", "the device is gone" },
	{ 11, WELL, "interrupts out of nothing", "says that something has changed" },
	{ 12, NO_START, "reset never ends", "did not finish a reset" },
	{ 13, NO_START, "configuration changes all the time",
		"configuration changed during each of" },
	{ 14, NO_START, "FEATURES_OK does not stick", "refuses the features" },
	{ 15, NO_START, "queue size is 3", "allows up to 3" },
};

static uint8_t dev_id;
static struct block_pools pools;
static void *session;
static struct rte_crypto_op *idle[NB_OPS];
static bool in_flight[NB_OPS];
static struct rte_crypto_op *all[NB_OPS];
static unsigned int nb_idle, nb_well, nb_error, nb_other;
static bool twice;
static unsigned int nb_events;		/* written by EAL's interrupt thread */
static int config_fd;
static long log_end;

static void
on_event(uint8_t id, enum rte_cryptodev_event_type event, void *arg)
{
	(void)arg;
	if (id == dev_id && event == RTE_CRYPTODEV_EVENT_ERROR)
		__atomic_fetch_add(&nb_events, 1, __ATOMIC_RELEASE);
}

static bool
choose(unsigned char number)
{
	return pwrite(config_fd, &number, 1, CHOICE) == 1;
}

/* ---- the log ---- */

/* What was logged since the last time has the text. */
static bool
log_says(const char *text)
{
	static char said[1 << 20];
	FILE *f = fopen(LOG, "r");
	regex_t wanted;
	size_t n;
	bool found;

	if (f == NULL || fseek(f, log_end, SEEK_SET) != 0 ||
			regcomp(&wanted, text, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	fclose(f);
	found = regexec(&wanted, said, 0, NULL, 0) == 0;
	regfree(&wanted);
	return found;
}

static void
log_forget(void)
{
	FILE *f = fopen(LOG, "r");

	if (f != NULL && fseek(f, 0, SEEK_END) == 0)
		log_end = ftell(f);
	if (f != NULL)
		fclose(f);
}

/* ---- operations ---- */

static unsigned int
number_of(const struct rte_crypto_op *op)
{
	unsigned int i = 0;

	while (i < NB_OPS && all[i] != op)
		i++;
	return i;
}

static unsigned int
send_idle(void)
{
	unsigned int i, sent;

	for (i = 0; i < nb_idle; i++)
		block_op_in_place(idle[i], session);
	sent = rte_cryptodev_enqueue_burst(dev_id, 0, idle, (uint16_t)nb_idle);
	for (i = 0; i < sent; i++)
		in_flight[number_of(idle[i])] = true;
	memmove(idle, idle + sent, (nb_idle - sent) * sizeof(idle[0]));
	nb_idle -= sent;
	return sent;
}

static unsigned int
receive(void)
{
	struct rte_crypto_op *done[NB_OPS];
	uint16_t i, n = rte_cryptodev_dequeue_burst(dev_id, 0, done, NB_OPS);

	for (i = 0; i < n; i++) {
		unsigned int number = number_of(done[i]);

		if (number == NB_OPS || !in_flight[number]) {
			twice = true;
			continue;
		}
		in_flight[number] = false;
		nb_well += block_is_right(done[i]);
		nb_error += done[i]->status == RTE_CRYPTO_OP_STATUS_ERROR;
		nb_other += done[i]->status != RTE_CRYPTO_OP_STATUS_ERROR &&
			!block_is_right(done[i]);
		idle[nb_idle++] = done[i];
	}
	return n;
}

static uint64_t
deadline(void)
{
	return rte_get_timer_cycles() + PATIENCE_S * rte_get_timer_hz();
}

/* Until the device takes nothing more and all is back, or enough has gone through. */
static bool
run_ops(const struct act *act)
{
	bool goes_on = act->outcome == WELL || act->outcome == ERRORS;
	uint64_t end = deadline();
	unsigned int done = 0, refused = 0;

	nb_well = nb_error = nb_other = 0;
	while (rte_get_timer_cycles() < end) {
		refused = send_idle() == 0 && nb_idle == NB_OPS ? refused + 1 : 0;
		done += receive();
		if (goes_on ? done >= ENOUGH : refused > 1000)
			break;
	}
	while (nb_idle < NB_OPS && rte_get_timer_cycles() < end)
		receive();
	return nb_idle == NB_OPS && !twice && (goes_on ? done >= ENOUGH : refused > 1000);
}

/* ---- an act ---- */

static void
report_act(const struct act *act, const char *what, bool good)
{
	char line[160];

	snprintf(line, sizeof(line), "%s: %s", act->name, what);
	report(line, good);
}

static bool
results_are_those(const struct act *act)
{
	unsigned int events = __atomic_load_n(&nb_events, __ATOMIC_ACQUIRE);

	if (nb_other != 0 || events != (act->outcome == LOST))
		return false;
	if (act->outcome == WELL)
		return nb_error == 0 && nb_well >= ENOUGH;
	if (act->outcome == ERRORS)
		return nb_well == 0 && nb_error >= ENOUGH;
	return nb_error > 0 && nb_well > 0;
}

static bool
start_again(void)
{
	static const struct act honest = { 0, WELL, "honest", NULL };

	if (rte_cryptodev_start(dev_id) != 0)
		return false;
	session = block_session(&pools, dev_id);
	if (session == NULL)
		return false;
	return run_ops(&honest) && nb_error + nb_other == 0;
}

static void
be_stopped(void)
{
	rte_cryptodev_stop(dev_id);
	if (session != NULL)
		rte_cryptodev_sym_session_free(dev_id, session);
	session = NULL;
}

/* false: the device does not work any more, and no act can follow. */
static bool
play(const struct act *act)
{
	bool was_chosen, works;

	log_forget();
	__atomic_store_n(&nb_events, 0, __ATOMIC_RELEASE);
	if (act->outcome == NO_START) {
		report_act(act, "the device is lost", choose(LOSES_IT) && run_ops(act));
		be_stopped();
		was_chosen = choose(act->number);
		report_act(act, "start fails", was_chosen && rte_cryptodev_start(dev_id) != 0);
	} else {
		was_chosen = choose(act->number);
		report_act(act, "each operation comes back once", was_chosen && run_ops(act));
		report_act(act, "with the result or the error that fits", results_are_those(act));
		printf("%u well, %u with an error, %u other, %u events\n", nb_well, nb_error,
			nb_other, nb_events);
	}
	if (act->log != NULL)
		report_act(act, "the driver names it", log_says(act->log));
	if (!choose(0))
		report_act(act, "the device is honest again", false);
	if (act->outcome != NO_START)
		be_stopped();
	works = start_again();
	report_act(act, "stop, start, encrypt", works);
	return works;
}

static bool
set_up(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", name);
	config_fd = open(path, O_RDWR);
	if (config_fd < 0 || rte_cryptodev_devices_get("crypto_virtio", &dev_id, 1) != 1 ||
			!block_pools(&pools, dev_id, 4 * NB_OPS - 1) ||
			!block_ops(&pools, all, NB_OPS))
		return false;
	memcpy(idle, all, sizeof(idle));
	nb_idle = NB_OPS;
	return block_configure(&pools, dev_id, 1, DEPTH) &&
		rte_cryptodev_callback_register(dev_id, RTE_CRYPTODEV_EVENT_ERROR, on_event,
			NULL) == 0 && start_again();
}

int
main(int argc, char **argv)
{
	FILE *log = fopen(LOG, "w");
	int eal_args;
	unsigned int i;

	if (log == NULL || rte_openlog_stream(log) != 0)
		rte_exit(EXIT_FAILURE, "no log file\n");
	setvbuf(log, NULL, _IOLBF, 0);
	eal_args = rte_eal_init(argc, argv);
	if (eal_args < 0 || argc - eal_args != 2)
		rte_exit(EXIT_FAILURE, "usage: hostile [EAL options] -- NAME\n");
	report("honest at first, the function encrypts", set_up(argv[eal_args + 1]));
	for (i = 0; i < RTE_DIM(acts) && session != NULL && play(&acts[i]); i++)
		;
	printf("%u acts\n", i);
	be_stopped();
	report("close", rte_cryptodev_close(dev_id) == 0);
	rte_eal_cleanup();
	return report_nb_failed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

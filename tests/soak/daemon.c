/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A unit in another process: vcryptod behind the virtual device, killed, frozen and
 * started again while each queue pair has a thread and sessions have one more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_errno.h>

#include "daemon.h"
#include "soak.h"

#define VDEV		"crypto_virtio_user_soak"
#define WAIT_MS		60000	/* longest wait for anything: a loaded machine is slow */
#define IDLE_US		100	/* of a thread that has nothing to do */

static struct daemon vcryptod;

/* One life's threads. */
static struct {
	bool end;
	bool running;			/* started; under the gate */
	bool recover;
	pthread_t worker[SOAK_QPS], sessions;
	unsigned int nb_workers;
	struct rng rng;			/* of the sessions' thread */
} life;

static uint64_t
now_ms(void)
{
	return rte_get_timer_cycles() * 1000 / rte_get_timer_hz();
}

static void
sleep_ms(struct rng *rng, unsigned int least, unsigned int most)
{
	usleep(1000 * (least + rng_below(rng, most - least + 1)));
}

/* ---- the process ---- */

static void
kill_vcryptod(void)
{
	daemon_kill(&vcryptod);
}

void
daemon_setup(const char *program, const char *folder, const char *socket)
{
	daemon_init(&vcryptod, program, socket, folder);
	atexit(kill_vcryptod);
}

/* Ready, or a problem. */
static bool
start_child(struct soak_unit *u)
{
	const char *more[] = { "--out-of-order", NULL, NULL };
	char seed[12];

	if (rng_one_in(&u->rng, 3)) {
		snprintf(seed, sizeof(seed), "%u", 1 + rng_below(&u->rng, 1000));
		more[1] = seed;
	}
	if (daemon_start(&vcryptod, more[1] != NULL ? more : NULL))
		return true;
	soak_problem(u, "the daemon is not ready: see %s", vcryptod.log);
	return false;
}

/* A daemon that ended by itself is a problem; all others are killed here. */
static void
end_child(struct soak_unit *u)
{
	int how;

	if (vcryptod.pid == 0)
		return;
	if (daemon_has_ended(&vcryptod, &how))
		soak_problem(u, "the daemon has ended by itself, status 0x%x: see %s", how,
			vcryptod.log);
	daemon_kill(&vcryptod);
}

/* ---- threads ---- */

static void *
work(void *arg)
{
	struct soak_worker *w = arg;
	unsigned int moved;

	while (!__atomic_load_n(&life.end, __ATOMIC_ACQUIRE)) {
		pthread_rwlock_rdlock(&w->u->gate);
		moved = life.running ? worker_step(w) : 0;
		pthread_rwlock_unlock(&w->u->gate);
		if (moved == 0)
			usleep(IDLE_US);
	}
	return NULL;
}

static void *
change_sessions(void *arg)
{
	struct soak_unit *u = arg;

	while (!__atomic_load_n(&life.end, __ATOMIC_ACQUIRE)) {
		pthread_rwlock_rdlock(&u->gate);
		if (life.running && !__atomic_load_n(&u->quiet, __ATOMIC_ACQUIRE))
			unit_session_step(u, &life.rng);
		pthread_rwlock_unlock(&u->gate);
		usleep(rng_below(&life.rng, 8 * IDLE_US));
	}
	return NULL;
}

static void
threads_start(struct soak_unit *u)
{
	unsigned int i;

	life.end = false;
	life.nb_workers = u->nb_qps;
	life.rng.x = rng_next(&u->rng);
	for (i = 0; i < life.nb_workers; i++)
		if (pthread_create(&life.worker[i], NULL, work, &u->worker[i]) != 0)
			abort();
	if (pthread_create(&life.sessions, NULL, change_sessions, u) != 0)
		abort();
}

static void
threads_end(void)
{
	unsigned int i;

	__atomic_store_n(&life.end, true, __ATOMIC_RELEASE);
	for (i = 0; i < life.nb_workers; i++)
		pthread_join(life.worker[i], NULL);
	pthread_join(life.sessions, NULL);
}

static unsigned int
in_flight(const struct soak_unit *u)
{
	return __atomic_load_n(&u->worker[0].in_flight, __ATOMIC_RELAXED) +
		__atomic_load_n(&u->worker[1].in_flight, __ATOMIC_RELAXED);
}

/* Sends nothing more, and waits for what was sent. */
static void
drain(struct soak_unit *u)
{
	uint64_t end = now_ms() + WAIT_MS;

	__atomic_store_n(&u->quiet, true, __ATOMIC_RELEASE);
	/* A worker that looked before may be sending still. */
	pthread_rwlock_wrlock(&u->gate);
	pthread_rwlock_unlock(&u->gate);
	while (in_flight(u) != 0 && now_ms() < end)
		usleep(1000);
	if (in_flight(u) != 0)
		soak_problem(u, "%u ops do not come back", in_flight(u));
}

/* ---- what happens to it ---- */

static void
stop(struct soak_unit *u)
{
	pthread_rwlock_wrlock(&u->gate);
	life.running = false;
	pthread_rwlock_unlock(&u->gate);
	rte_cryptodev_stop(u->id);
}

/* Must it work?  It fails where nobody is there. */
static bool
start(struct soak_unit *u, bool must)
{
	int rc = rte_cryptodev_start(u->id);

	if (rc != 0 && must)
		soak_problem(u, "start fails: %s", rte_strerror(-rc));
	pthread_rwlock_wrlock(&u->gate);
	life.running = rc == 0;
	pthread_rwlock_unlock(&u->gate);
	return rc == 0;
}

static void
restart(struct soak_unit *u)
{
	unit_shock(u);
	u->ev.restarts++;
	stop(u);
	start(u, true);
	unit_shock(u);
}

static void
freeze(struct soak_unit *u)
{
	u->ev.freezes++;
	daemon_freeze(&vcryptod);
	sleep_ms(&u->rng, 10, 700);
	daemon_continue(&vcryptod);
}

/* Stopped and started while the daemon sleeps: the start may wait in vain. */
static void
freeze_and_restart(struct soak_unit *u)
{
	unit_shock(u);
	u->ev.freezes++;
	u->ev.restarts++;
	daemon_freeze(&vcryptod);
	sleep_ms(&u->rng, 10, 100);
	stop(u);
	if (rng_one_in(&u->rng, 2))
		start(u, false);
	daemon_continue(&vcryptod);
	if (!life.running)
		start(u, true);
	unit_shock(u);
}

/* By itself, when its queue pairs have been looked at: ops are answered again. */
static void
wait_recovery(struct soak_unit *u)
{
	uint64_t end = now_ms() + WAIT_MS, ok = unit_tally(u).ok;

	while (unit_tally(u).ok == ok && now_ms() < end)
		usleep(1000);
	if (unit_tally(u).ok == ok)
		soak_problem(u, "the device does not recover");
	u->ev.recoveries++;
}

static void
kill_and_start(struct soak_unit *u)
{
	bool by_itself = life.recover && !rng_one_in(&u->rng, 4);

	unit_shock(u);
	u->ev.kills++;
	if (rng_one_in(&u->rng, 3)) {	/* with ops in flight for certain */
		daemon_freeze(&vcryptod);
		sleep_ms(&u->rng, 1, 50);
	}
	end_child(u);
	sleep_ms(&u->rng, 0, 400);
	if (!by_itself) {
		u->ev.restarts++;
		stop(u);
		if (rng_one_in(&u->rng, 3) && start(u, false)) {
			soak_problem(u, "a start works with no daemon there");
			stop(u);
		}
	}
	if (start_child(u)) {
		if (by_itself)
			wait_recovery(u);
		else
			start(u, true);
	}
	unit_shock(u);
}

static void
event(struct soak_unit *u)
{
	switch (rng_below(&u->rng, 12)) {
	case 0:
	case 1:
		restart(u);
		break;
	case 2:
	case 3:
		freeze(u);
		break;
	case 4:
		freeze_and_restart(u);
		break;
	default:
		kill_and_start(u);
		break;
	}
}

/* ---- one life ---- */

static bool
create(struct soak_unit *u)
{
	static const unsigned int timeout[] = { 100, 1000, 5000 };
	char args[256];
	int rc;

	life.recover = rng_one_in(&u->rng, 2);
	snprintf(args, sizeof(args), "path=%s,queues=2,packed_vq=%u,in_order=%u,recover=%u,"
		"stateless=%u,revision_1=%u,ctrl_timeout_ms=%u,queue_size=%u", vcryptod.socket,
		rng_below(&u->rng, 2), rng_below(&u->rng, 2), life.recover,
		rng_one_in(&u->rng, 3),
		rng_below(&u->rng, 2), timeout[rng_below(&u->rng, RTE_DIM(timeout))],
		64u << rng_below(&u->rng, 3));
	pthread_mutex_lock(&soak_bus);
	rc = rte_vdev_init(VDEV, args);
	pthread_mutex_unlock(&soak_bus);
	if (rc != 0) {
		soak_problem(u, "no device with %s: %s", args, rte_strerror(-rc));
		return false;
	}
	u->id = (uint8_t)rte_cryptodev_get_dev_id(VDEV);
	u->nb_qps = (uint16_t)(1 + rng_below(&u->rng, SOAK_QPS));
	u->asym = true;
	if (u->asym_sess == NULL)
		u->asym_sess = rte_cryptodev_asym_session_pool_create("soak_asym", SOAK_ASYM, 0, 0,
				SOCKET_ID_ANY);
	unit_listen(u);
	return true;
}

static void
destroy(struct soak_unit *u)
{
	int rc = 0;

	pthread_mutex_lock(&soak_bus);
	unit_forget_callbacks(u);
	if (rng_one_in(&u->rng, 2))
		rc = rte_cryptodev_close(u->id);
	if (rc != 0)
		soak_problem(u, "close fails: %s", rte_strerror(-rc));
	rc = rte_vdev_uninit(VDEV);
	if (rc != 0)
		soak_problem(u, "removal fails: %s", rte_strerror(-rc));
	pthread_mutex_unlock(&soak_bus);
}

static void
live(struct soak_unit *u, unsigned int events)
{
	unsigned int left;

	if (unit_configure(u, 32u << rng_below(&u->rng, 4)) != 0 || !start(u, false)) {
		soak_problem(u, "the device cannot be set up");
		return;
	}
	u->quiet = false;
	threads_start(u);
	while (events-- > 0 && !soak_ended()) {
		sleep_ms(&u->rng, 50, 900);
		event(u);
	}
	drain(u);
	threads_end();
	left = unit_sessions_end(u);
	if (left != 0)
		soak_problem(u, "%u sessions have ops that did not come back", left);
	rte_cryptodev_stop(u->id);
	life.running = false;
}

void
daemon_run(struct soak_unit *u, bool once)
{
	do {
		if (!start_child(u))
			return;
		u->ev.lives++;
		if (create(u)) {
			live(u, once ? 2 : 2 + rng_below(&u->rng, 6));
			destroy(u);
		}
		end_child(u);
		unit_check_pools(u);
	} while (!once && !soak_ended());
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A unit in other processes: two virtual devices, each with a vcryptod of its own, which is
 * killed, frozen and started again, while each queue pair has a thread and sessions have
 * one more.  Sessions are made on either device, used on both and freed by either, while one
 * of them is stopped, lost, or removed and made anew.
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

#define WAIT_MS		60000	/* longest wait for anything: a loaded machine is slow */
#define IDLE_US		100	/* of a thread that has nothing to do */

/* What the unit's device of the same index is served by. */
static struct served {
	struct daemon daemon;
	char name[32];			/* of the virtual device */
	bool there;			/* the device was made */
	bool running;			/* started; under the gate */
	bool recover;
} served[SOAK_DEVS];

/* One life's threads. */
static struct {
	bool end;
	pthread_t worker[SOAK_WORKERS], sessions;
	struct rng rng;			/* of the sessions' thread */
} life;

static struct served *
served_of(const struct soak_unit *u, const struct soak_dev *dev)
{
	return &served[dev - u->dev];
}

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

/* ---- the processes ---- */

static void
kill_all(void)
{
	unsigned int i;

	for (i = 0; i < SOAK_DEVS; i++)
		daemon_kill(&served[i].daemon);
}

void
daemon_setup(const char *program, const char *folder, const char *socket)
{
	char path[96];
	unsigned int i;

	for (i = 0; i < SOAK_DEVS; i++) {
		struct served *v = &served[i];

		snprintf(path, sizeof(path), "%s%u", socket, i);
		snprintf(v->name, sizeof(v->name), "crypto_virtio_user_soak%u", i);
		daemon_init(&v->daemon, program, path, folder);
		snprintf(v->daemon.log, sizeof(v->daemon.log), "%s/vcryptod%u.log", folder, i);
	}
	atexit(kill_all);
}

/* Ready, or a problem. */
static bool
start_child(struct soak_unit *u, struct served *v)
{
	const char *more[] = { "--out-of-order", NULL, NULL };
	char seed[12];

	if (rng_one_in(&u->rng, 3)) {
		snprintf(seed, sizeof(seed), "%u", 1 + rng_below(&u->rng, 1000));
		more[1] = seed;
	}
	if (daemon_start(&v->daemon, more[1] != NULL ? more : NULL))
		return true;
	soak_problem(u, "the daemon is not ready: see %s", v->daemon.log);
	return false;
}

/* A daemon that ended by itself is a problem; all others are killed here. */
static void
end_child(struct soak_unit *u, struct served *v)
{
	int how;

	if (v->daemon.pid == 0)
		return;
	if (daemon_has_ended(&v->daemon, &how))
		soak_problem(u, "the daemon has ended by itself, status 0x%x: see %s", how,
			v->daemon.log);
	daemon_kill(&v->daemon);
}

/* ---- threads ---- */

static void *
work(void *arg)
{
	struct soak_worker *w = arg;
	const struct served *v = served_of(w->u, w->dev);
	unsigned int moved;

	while (!__atomic_load_n(&life.end, __ATOMIC_ACQUIRE)) {
		pthread_rwlock_rdlock(&w->u->gate);
		moved = v->running && w->qp < w->dev->nb_qps ? worker_step(w) : 0;
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
	unsigned int i;

	while (!__atomic_load_n(&life.end, __ATOMIC_ACQUIRE)) {
		pthread_rwlock_rdlock(&u->gate);
		i = rng_below(&life.rng, u->nb_devs);
		if (served[i].running && !dev_is_quiet(&u->dev[i]))
			unit_session_step(u, &u->dev[i], &life.rng);
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
	life.rng.x = rng_next(&u->rng);
	for (i = 0; i < SOAK_WORKERS; i++)
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
	for (i = 0; i < SOAK_WORKERS; i++)
		pthread_join(life.worker[i], NULL);
	pthread_join(life.sessions, NULL);
}

static unsigned int
in_flight(const struct soak_unit *u, const struct soak_dev *dev)
{
	unsigned int i, sum = 0;

	for (i = 0; i < SOAK_WORKERS; i++)
		if (u->worker[i].dev == dev)
			sum += __atomic_load_n(&u->worker[i].in_flight, __ATOMIC_RELAXED);
	return sum;
}

/* Was an op SUCCESS that was sent in this fault? */
static bool
answers(const struct soak_unit *u, const struct soak_dev *dev)
{
	unsigned int i;

	for (i = 0; i < SOAK_WORKERS; i++)
		if (u->worker[i].dev == dev && __atomic_load_n(&u->worker[i].ok_shocks,
				__ATOMIC_RELAXED) == dev_shocks(dev))
			return true;
	return false;
}

/* Sends nothing more to a device, and waits for what was sent. */
static void
drain(struct soak_unit *u, struct soak_dev *dev)
{
	uint64_t end = now_ms() + WAIT_MS;

	dev_hush(dev, true);
	/* A worker that looked before may be sending still. */
	pthread_rwlock_wrlock(&u->gate);
	pthread_rwlock_unlock(&u->gate);
	while (in_flight(u, dev) != 0 && now_ms() < end)
		usleep(1000);
	if (in_flight(u, dev) != 0)
		soak_problem(u, "%u ops do not come back", in_flight(u, dev));
}

/* ---- what happens to a device ---- */

static void
set_running(struct soak_unit *u, struct served *v, bool running)
{
	pthread_rwlock_wrlock(&u->gate);
	v->running = running;
	pthread_rwlock_unlock(&u->gate);
}

static void
stop(struct soak_unit *u, struct soak_dev *dev)
{
	set_running(u, served_of(u, dev), false);
	rte_cryptodev_stop(dev->id);
}

/* Must it work?  It fails where nobody is there. */
static bool
start(struct soak_unit *u, struct soak_dev *dev, bool must)
{
	int rc = rte_cryptodev_start(dev->id);

	if (rc != 0 && must)
		soak_problem(u, "start fails: %s", rte_strerror(-rc));
	set_running(u, served_of(u, dev), rc == 0);
	return rc == 0;
}

static void
restart(struct soak_unit *u, struct soak_dev *dev)
{
	dev_shock(dev);
	u->ev.restarts++;
	stop(u, dev);
	start(u, dev, true);
	dev_shock(dev);
}

static void
freeze(struct soak_unit *u, struct soak_dev *dev)
{
	struct served *v = served_of(u, dev);

	u->ev.freezes++;
	daemon_freeze(&v->daemon);
	sleep_ms(&u->rng, 10, 700);
	daemon_continue(&v->daemon);
}

/* Stopped and started while the daemon sleeps: the start may wait in vain. */
static void
freeze_and_restart(struct soak_unit *u, struct soak_dev *dev)
{
	struct served *v = served_of(u, dev);

	dev_shock(dev);
	u->ev.freezes++;
	u->ev.restarts++;
	daemon_freeze(&v->daemon);
	sleep_ms(&u->rng, 10, 100);
	stop(u, dev);
	if (rng_one_in(&u->rng, 2))
		start(u, dev, false);
	daemon_continue(&v->daemon);
	if (!v->running)
		start(u, dev, true);
	dev_shock(dev);
}

/* By itself, when its queue pairs have been looked at.  What the dead daemon had completed
 * may come back as SUCCESS at any time, and is no sign of it.
 */
static void
wait_recovery(struct soak_unit *u, struct soak_dev *dev)
{
	uint64_t end = now_ms() + WAIT_MS;

	while (!answers(u, dev) && now_ms() < end)
		usleep(1000);
	if (!answers(u, dev))
		soak_problem(u, "the device does not recover");
	u->ev.recoveries++;
}

static void
kill_and_start(struct soak_unit *u, struct soak_dev *dev)
{
	struct served *v = served_of(u, dev);
	bool by_itself = v->recover && !rng_one_in(&u->rng, 4);

	dev_shock(dev);
	u->ev.kills++;
	if (rng_one_in(&u->rng, 3)) {	/* with ops in flight for certain */
		daemon_freeze(&v->daemon);
		sleep_ms(&u->rng, 1, 50);
	}
	end_child(u, v);
	dev_shock_again(dev);
	sleep_ms(&u->rng, 0, 400);
	if (!by_itself) {
		u->ev.restarts++;
		stop(u, dev);
		if (rng_one_in(&u->rng, 3) && start(u, dev, false)) {
			soak_problem(u, "a start works with no daemon there");
			stop(u, dev);
		}
	}
	if (start_child(u, v)) {
		if (by_itself)
			wait_recovery(u, dev);
		else
			start(u, dev, true);
	}
	dev_shock(dev);
}

/* ---- it comes and goes ---- */

static bool
create(struct soak_unit *u, struct soak_dev *dev)
{
	static const unsigned int timeout[] = { 100, 1000, 5000 };
	struct served *v = served_of(u, dev);
	bool stateless = rng_one_in(&u->rng, 3);
	char args[256];
	int rc;

	v->recover = rng_one_in(&u->rng, 2);
	snprintf(args, sizeof(args), "path=%s,queues=2,packed_vq=%u,in_order=%u,recover=%u,"
		"stateless=%u,revision_1=%u,ctrl_timeout_ms=%u,queue_size=%u", v->daemon.socket,
		rng_below(&u->rng, 2), rng_below(&u->rng, 2), v->recover, stateless,
		stateless || rng_one_in(&u->rng, 2),
		timeout[rng_below(&u->rng, RTE_DIM(timeout))], 64u << rng_below(&u->rng, 3));
	pthread_mutex_lock(&soak_bus);
	rc = rte_vdev_init(v->name, args);
	pthread_mutex_unlock(&soak_bus);
	v->there = rc == 0;
	if (rc != 0) {
		soak_problem(u, "no device with %s: %s", args, rte_strerror(-rc));
		return false;
	}
	u->ev.lives++;
	dev->id = (uint8_t)rte_cryptodev_get_dev_id(v->name);
	dev->nb_qps = (uint16_t)(1 + rng_below(&u->rng, SOAK_QPS));
	dev_hush(dev, false);
	/* DPDK asks the devices that are there how large its objects have to be. */
	if (u->asym_sess == NULL)
		u->asym_sess = rte_cryptodev_asym_session_pool_create("soak_asym", SOAK_ASYM, 0, 0,
				SOCKET_ID_ANY);
	dev_listen(u, dev);
	if (dev_configure(u, dev, 32u << rng_below(&u->rng, 4)) == 0 && start(u, dev, false))
		return true;
	soak_problem(u, "the device cannot be set up");
	return false;
}

static void
destroy(struct soak_unit *u, struct soak_dev *dev)
{
	struct served *v = served_of(u, dev);
	int rc = 0;

	if (!v->there)
		return;
	v->there = false;
	pthread_mutex_lock(&soak_bus);
	dev_forget_callbacks(u, dev);
	if (rng_one_in(&u->rng, 2))
		rc = rte_cryptodev_close(dev->id);
	if (rc != 0)
		soak_problem(u, "close fails: %s", rte_strerror(-rc));
	rc = rte_vdev_uninit(v->name);
	if (rc != 0)
		soak_problem(u, "removal fails: %s", rte_strerror(-rc));
	pthread_mutex_unlock(&soak_bus);
}

/* Removed and made anew, with other arguments, while the other device works on.  Sessions
 * that were made on it are still the application's.
 */
static void
replace(struct soak_unit *u, struct soak_dev *dev)
{
	dev_shock(dev);
	drain(u, dev);
	stop(u, dev);
	destroy(u, dev);
	if (create(u, dev))
		u->ev.replaced++;
	dev_shock(dev);
}

/* ---- one life ---- */

static void
event(struct soak_unit *u)
{
	struct soak_dev *dev = &u->dev[rng_below(&u->rng, u->nb_devs)];

	switch (rng_below(&u->rng, 14)) {
	case 0:
	case 1:
		restart(u, dev);
		break;
	case 2:
	case 3:
		freeze(u, dev);
		break;
	case 4:
		freeze_and_restart(u, dev);
		break;
	case 12:
	case 13:
		replace(u, dev);
		break;
	default:
		kill_and_start(u, dev);
		break;
	}
}

static void
live(struct soak_unit *u, unsigned int events)
{
	unsigned int left, i;

	threads_start(u);
	while (events-- > 0 && !soak_ended()) {
		sleep_ms(&u->rng, 50, 900);
		event(u);
	}
	for (i = 0; i < u->nb_devs; i++)
		drain(u, &u->dev[i]);
	threads_end();
	left = unit_sessions_end(u);
	if (left != 0)
		soak_problem(u, "%u sessions have ops that did not come back", left);
	for (i = 0; i < u->nb_devs; i++)
		if (served[i].there)
			stop(u, &u->dev[i]);
}

void
daemon_run(struct soak_unit *u, bool once)
{
	unsigned int i, nb;

	u->asym = true;
	do {
		for (i = 0; i < u->nb_devs && start_child(u, &served[i]); i++)
			;
		if (i < u->nb_devs)
			return;
		for (nb = 0; nb < u->nb_devs && create(u, &u->dev[nb]); nb++)
			;
		if (nb == u->nb_devs)
			live(u, once ? 2 : 2 + rng_below(&u->rng, 6));
		for (i = 0; i < u->nb_devs; i++) {
			destroy(u, &u->dev[i]);
			end_child(u, &served[i]);
		}
		unit_check_pools(u);
	} while (!once && !soak_ended());
}

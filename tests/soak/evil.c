/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A unit that lies: the device of the driver suite's model behind a PCI function made of
 * memory.  Honest traffic, one random act against the rules, some more traffic, then the
 * device is put right and stop and start, or recovery, must bring it back, with every op.
 * One thread does it all, but for the driver's own that recovers, so that a seed nearly repeats
 * it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_pci.h>
#include <rte_cycles.h>
#include <rte_devargs.h>
#include <rte_errno.h>

#include <cryptodev_pmd.h>

#include "fake_bus.h"
#include "fake_pci_regs.h"
#include "model.h"
#include "soak.h"
#include "vcrypto_dev.h"

#define CTRL		SOAK_QPS	/* the control queue's number */
#define DRAIN_S		60		/* bound on a wait for ops */
#define DRAIN_STEPS	200000		/* the same, of a device that is live */
#define RECOVER_S	60		/* bound on a wait for recovery */
#define ROUND_US	1000		/* leaves the machine to others */

struct evil {
	struct soak_unit *u;
	struct fake_pci *f;
	struct model m;
	struct rte_devargs devargs;
	char args[128];
	bool recover, in_order, packed;
	uint16_t size;			/* entries of a queue */
	bool stepwise;			/* requests are taken and completed one by one */
};

/* ---- the device's side of traffic ---- */

/* Some requests of a queue, one by one, in the order that was promised or in none. */
static void
serve_some(struct evil *e, uint16_t q)
{
	struct rng *rng = &e->u->rng;
	unsigned int n, held;

	model_take(&e->m, q, 1 + rng_below(rng, 40));
	held = e->m.queue[q].nb_held;
	n = held == 0 ? 0 : 1 + rng_below(rng, held);
	while (n-- > 0) {
		held = e->m.queue[q].nb_held;
		model_complete(&e->m, q, e->in_order ? 0 : rng_below(rng, held));
		if (rng_one_in(rng, 8))
			model_publish(&e->m, q);
	}
	model_publish(&e->m, q);
}

/* One step of the program, and what the device does meanwhile. */
static void
step(struct evil *e, bool honest)
{
	struct rng *rng = &e->u->rng;
	uint16_t q = (uint16_t)rng_below(rng, e->u->dev[0].nb_qps);

	if (honest && e->stepwise && e->m.queue[q].enabled)
		serve_some(e, q);
	else if (honest && rng_one_in(rng, 4))
		model_work(&e->m);	/* what came while it was silent */
	worker_step(&e->u->worker[q]);
	if (rng_one_in(rng, 6) && !dev_is_quiet(&e->u->dev[0]))
		unit_session_step(e->u, &e->u->dev[0], rng);
	if (rng_one_in(rng, 20))
		alarms_run();
	/* An interrupt means "look", with a reason or without. */
	if (rng_one_in(rng, 40))
		fake_pci_fire(e->f);
}

static unsigned int
in_flight(const struct evil *e)
{
	unsigned int q, n = 0;

	for (q = 0; q < e->u->dev[0].nb_qps; q++)
		n += e->u->worker[q].in_flight;
	return n;
}

/* Recovery has a thread, which may get no turn for a while. */
static bool
is_live(const struct evil *e)
{
	const struct vcrypto_dev *dev =
		vcrypto_dev_of(rte_cryptodev_pmd_get_dev(e->u->dev[0].id));

	return __atomic_load_n(&dev->live, __ATOMIC_RELAXED);
}

static void
drain(struct evil *e)
{
	uint64_t end = rte_get_timer_cycles() + DRAIN_S * rte_get_timer_hz();
	unsigned int steps = 0;

	dev_hush(&e->u->dev[0], true);
	while (in_flight(e) != 0 && steps < DRAIN_STEPS && rte_get_timer_cycles() < end) {
		step(e, true);
		steps++;
		if (is_live(e))
			continue;
		steps = 0;
		usleep(ROUND_US);
	}
	dev_hush(&e->u->dev[0], false);
	if (in_flight(e) != 0) {
		soak_problem(e->u, "%u ops do not come back", in_flight(e));
		e->u->worker[0].in_flight = e->u->worker[1].in_flight = 0;
	}
}

/* ---- acts ---- */

static uint16_t
random_queue(struct evil *e)
{
	return (uint16_t)rng_below(&e->u->rng, e->u->dev[0].nb_qps);
}

static void
id_out_of_range(struct evil *e)
{
	uint32_t id = e->size + rng_below(&e->u->rng, 0x10000u - e->size);

	model_push_raw(&e->m, random_queue(e), (uint16_t)id, 16);
}

static void
id_random(struct evil *e)
{
	model_push_raw(&e->m, random_queue(e), (uint16_t)rng_below(&e->u->rng, e->size), 16);
}

static void
id_twice(struct evil *e)
{
	uint16_t q = random_queue(e), id;

	model_take(&e->m, q, 8);
	if (e->m.queue[q].nb_held == 0)
		return;
	id = e->m.queue[q].held[0].r.id;
	model_complete(&e->m, q, 0);
	model_publish(&e->m, q);
	if (rng_one_in(&e->u->rng, 2))
		worker_step(&e->u->worker[q]);
	model_push_raw(&e->m, q, id, 16);
}

/* Split: the used index; packed: descriptors far ahead say that they are used. */
static void
index_jumps(struct evil *e)
{
	uint16_t q = random_queue(e), by = (uint16_t)(1 + rng_below(&e->u->rng, 0xffff)), i;
	struct pvirtq_desc *d = (void *)(uintptr_t)e->f->queue[q].desc;
	struct virtq_used *used = (void *)(uintptr_t)e->f->queue[q].device;

	if (!e->packed) {
		used->idx = cpu_to_le16((uint16_t)(le16_to_cpu(used->idx) + by));
		return;
	}
	for (i = 0; i < e->size; i++) {
		d[i].id = cpu_to_le16((uint16_t)rng_below(&e->u->rng, e->size));
		d[i].flags = cpu_to_le16(rng_one_in(&e->u->rng, 2) ?
				VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED : 0);
	}
}

/* Packed: any bits at all; split: any elements. */
static void
flags_random(struct evil *e)
{
	uint16_t q = random_queue(e), n = (uint16_t)(1 + rng_below(&e->u->rng, e->size)), i, at;
	struct pvirtq_desc *d = (void *)(uintptr_t)e->f->queue[q].desc;
	struct virtq_used *used = (void *)(uintptr_t)e->f->queue[q].device;

	for (i = 0; i < n; i++) {
		at = (uint16_t)rng_below(&e->u->rng, e->size);
		if (e->packed) {
			d[at].flags = cpu_to_le16((uint16_t)rng_next(&e->u->rng));
		} else {
			used->ring[at].id = cpu_to_le32((uint32_t)rng_next(&e->u->rng));
			used->ring[at].len = cpu_to_le32((uint32_t)rng_next(&e->u->rng));
		}
	}
	if (!e->packed)
		used->idx = cpu_to_le16((uint16_t)(le16_to_cpu(used->idx) + n % 4));
}

static void
length_absurd(struct evil *e)
{
	e->m.used_len = (uint32_t)rng_next(&e->u->rng);
}

static void
status_undefined(struct evil *e)
{
	e->m.data_status = (int)(1 + rng_below(&e->u->rng, 255));
}

static void
status_unwritten(struct evil *e)
{
	e->m.data_no_status = true;
}

/* OK, and nothing else. */
static void
status_ok_alone(struct evil *e)
{
	e->m.data_status = VIRTIO_CRYPTO_OK;
}

static void
ctrl_silent(struct evil *e)
{
	e->m.ctrl_silent = true;
}

/* Silence, and then all the answers to those who have gone. */
static void
ctrl_late(struct evil *e)
{
	unsigned int i;

	e->m.ctrl_silent = true;
	for (i = 0; i < 12; i++)
		unit_session_step(e->u, &e->u->dev[0], &e->u->rng);
	e->m.ctrl_silent = false;
	model_work_queue(&e->m, CTRL);
}

static void
ctrl_status(struct evil *e)
{
	e->m.ctrl_status = (int)(1 + rng_below(&e->u->rng, 0x7fffffff));
}

static void
ctrl_id_random(struct evil *e)
{
	model_push_raw(&e->m, CTRL, (uint16_t)rng_next(&e->u->rng), 16);
}

static void
session_ids_huge(struct evil *e)
{
	e->m.next_id = rng_next(&e->u->rng) | UINT64_C(1) << 63;
}

static void
needs_reset(struct evil *e)
{
	fake_pci_break(e->f);
}

static void
not_ready(struct evil *e)
{
	e->f->device_cfg.status = cpu_to_le32(0);
	fake_pci_config_changed(e->f);
}

static void
gone(struct evil *e)
{
	fake_pci_remove(e->f);
}

static void
no_completion(struct evil *e)
{
	(void)e;
}

/* All that a device can write of queue pair's rings and requests. */
static void
scribble(const struct rte_memzone *mz, void *arg)
{
	struct evil *e = arg;
	char begin[24];

	snprintf(begin, sizeof(begin), "vcrypto%u_", e->u->dev[0].id);
	if (strncmp(mz->name, begin, strlen(begin)) == 0)
		rng_fill(mz->addr, mz->len, rng_next(&e->u->rng));
}

static void
scribbles(struct evil *e)
{
	rte_memzone_walk(scribble, e);
}

/* Acts after which the device goes on serving; else it is silent until it is repaired,
 * since its rings are not what they were.
 */
#define SERVES	1u
/* The device is lost: recovery may bring it back. */
#define LOSES	2u
/* Rings say what the driver does not know. */
#define SPOILS	4u
/* It is lost for good: only stop and start find the one that comes in its place. */
#define LEAVES	8u

static struct act {
	const char *name;
	void (*act)(struct evil *e);
	unsigned int flags;
	uint64_t times;
} acts[] = {
	{ "id out of range", id_out_of_range, SPOILS, 0 },
	{ "id at random", id_random, SPOILS, 0 },
	{ "id twice", id_twice, SPOILS, 0 },
	{ "index jumps", index_jumps, SPOILS, 0 },
	{ "used entries at random", flags_random, SPOILS, 0 },
	{ "length absurd", length_absurd, SERVES, 0 },
	{ "status undefined", status_undefined, SERVES, 0 },
	{ "status unwritten", status_unwritten, SERVES, 0 },
	{ "status OK, no data", status_ok_alone, SERVES, 0 },
	{ "no control answer", ctrl_silent, SERVES, 0 },
	{ "late control answers", ctrl_late, SERVES, 0 },
	{ "control status undefined", ctrl_status, SERVES, 0 },
	{ "control id at random", ctrl_id_random, SERVES | SPOILS, 0 },
	{ "session ids huge", session_ids_huge, SERVES, 0 },
	{ "NEEDS_RESET", needs_reset, LOSES, 0 },
	{ "HW_READY cleared", not_ready, LOSES, 0 },
	{ "pulled out", gone, LOSES | LEAVES, 0 },
	{ "no completion", no_completion, 0, 0 },
	{ "memory scribbled over", scribbles, SPOILS, 0 },
};

const char *
evil_act(unsigned int i, uint64_t *times)
{
	if (i >= RTE_DIM(acts))
		return NULL;
	*times = __atomic_load_n(&acts[i].times, __ATOMIC_RELAXED);
	return acts[i].name;
}

/* ---- putting it right ---- */

static void
repair(struct evil *e)
{
	if (e->f->gone_at != FAKE_PCI_NEVER) {
		e->f->gone_at = FAKE_PCI_NEVER;
		fake_pci_regs_reset(e->f);
	}
	if (le32_to_cpu(e->f->device_cfg.status) != VIRTIO_CRYPTO_S_HW_READY) {
		e->f->device_cfg.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY);
		fake_pci_config_changed(e->f);
	}
	e->m.used_len = e->m.data_status = e->m.ctrl_status = MODEL_NONE;
	e->m.data_no_status = e->m.ctrl_silent = false;
}

/* By itself: some looks of the watch, and the driver's thread, while the queue pairs are
 * dequeued from.
 */
static void
recover(struct evil *e)
{
	uint64_t end = rte_get_timer_cycles() + RECOVER_S * rte_get_timer_hz();
	unsigned int i;

	repair(e);
	e->m.data_silent = e->stepwise;
	for (i = 0; i < 50 || (!is_live(e) && rte_get_timer_cycles() < end); i++) {
		worker_step(&e->u->worker[0]);
		worker_step(&e->u->worker[1]);
		alarms_run();
		if (!is_live(e))
			usleep(ROUND_US);
	}
	if (!is_live(e))
		soak_problem(e->u, "the device does not recover");
	e->u->ev.recoveries++;
}

static void
restart(struct evil *e)
{
	bool first = rng_one_in(&e->u->rng, 2);
	int rc;

	if (first)
		repair(e);
	rte_cryptodev_stop(e->u->dev[0].id);
	repair(e);
	/* What it held is nobody's any more, and must not be served. */
	e->m.data_silent = e->stepwise;
	rc = rte_cryptodev_start(e->u->dev[0].id);
	if (rc != 0)
		soak_problem(e->u, "start fails: %s", rte_strerror(-rc));
	e->u->ev.restarts++;
}

/* How often queues were enabled: more often means that the driver has reset them. */
static void
count_enables(const struct evil *e, unsigned int nb[SOAK_QPS + 1])
{
	unsigned int q;

	for (q = 0; q <= SOAK_QPS; q++)
		nb[q] = e->f->queue[q].nb_enables;
}

/* A queue that the device has spoilt, and that the driver had no reason to reset, breaks
 * later, when nothing is forgiven.
 */
static bool
still_spoilt(const struct evil *e, const unsigned int enables[SOAK_QPS + 1])
{
	unsigned int q;

	for (q = 0; q <= SOAK_QPS; q++)
		if (e->f->queue[q].nb_enables == enables[q])
			return true;
	return false;
}

/* False: the device has to be made anew. */
static bool
one_act(struct evil *e)
{
	struct rng *rng = &e->u->rng;
	struct act *a = &acts[rng_below(rng, RTE_DIM(acts))];
	bool serves = (a->flags & SERVES) != 0;
	unsigned int n, enables[SOAK_QPS + 1];

	count_enables(e, enables);
	__atomic_store_n(&a->times, a->times + 1, __ATOMIC_RELAXED);
	e->u->ev.acts++;
	dev_shock(&e->u->dev[0]);
	/* Ops in flight, most of the time. */
	e->m.data_silent = true;
	for (n = rng_below(rng, 8); n > 0; n--)
		step(e, false);
	a->act(e);
	e->m.data_silent = !serves || e->stepwise;
	for (n = rng_below(rng, 40); n > 0; n--)
		step(e, serves);
	e->m.data_silent = true;
	/* One that was pulled out comes back as another one: that has to be noticed. */
	if (a->flags & LOSES)
		alarms_run();
	if ((a->flags & (LOSES | LEAVES)) == LOSES && e->recover && rng_one_in(rng, 2))
		recover(e);
	else
		restart(e);
	drain(e);
	/* It complains about what it wrote itself. */
	e->m.violation[0] = '\0';
	dev_shock(&e->u->dev[0]);
	return (a->flags & SPOILS) == 0 || !still_spoilt(e, enables);
}

/* ---- one life ---- */

/* fake_pci's names come again after 32 devices. */
static void
name_device(struct fake_pci *f)
{
	static unsigned int n;

	f->dev.addr.bus = (uint8_t)(n >> 5);
	f->dev.addr.devid = n++ & 0x1f;
	rte_pci_device_name(&f->dev.addr, f->dev.name, sizeof(f->dev.name));
}

static uint64_t
random_features(struct evil *e)
{
	struct rng *rng = &e->u->rng;
	uint64_t features = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM;

	e->packed = rng_one_in(rng, 2);
	e->in_order = rng_one_in(rng, 2);
	features |= e->packed ? VIRTIO_F_RING_PACKED : 0;
	features |= e->in_order ? VIRTIO_F_IN_ORDER : 0;
	features |= rng_one_in(rng, 5) ? 0 : VIRTIO_F_INDIRECT_DESC;
	features |= rng_one_in(rng, 2) ? VIRTIO_F_EVENT_IDX : 0;
	features |= rng_one_in(rng, 2) ? VIRTIO_F_RING_RESET : 0;
	features |= rng_one_in(rng, 2) ? VIRTIO_F_NOTIFICATION_DATA : 0;
	if (rng_one_in(rng, 3))
		features |= VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE |
			VIRTIO_CRYPTO_F_HASH_STATELESS_MODE | VIRTIO_CRYPTO_F_MAC_STATELESS_MODE |
			VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE;
	return features;
}

static void
plug_in(struct evil *e, struct soak_unit *u)
{
	memset(e, 0, sizeof(*e));
	e->u = u;
	e->size = (uint16_t)(64u << rng_below(&u->rng, 3));
	e->f = fake_pci_create(SOAK_QPS + 1, e->size);
	name_device(e->f);
	e->f->device_features = random_features(e);
	e->f->dev.device.driver = &fake_bus_driver()->driver;
	e->recover = rng_one_in(&u->rng, 2);
	snprintf(e->args, sizeof(e->args), "ctrl_timeout_ms=10,recover=%u,stateless=1",
		e->recover);
	snprintf(e->devargs.name, sizeof(e->devargs.name), "%s", e->f->dev.name);
	e->devargs.args = e->args;
	e->f->dev.device.devargs = &e->devargs;
	if (rng_one_in(&u->rng, 2))
		fake_pci_add_vectors(e->f);
	model_config(&e->f->device_cfg, SOAK_QPS);
	model_init(&e->m, e->f, MODEL_INLINE);
	if (!e->in_order && rng_one_in(&u->rng, 2))
		e->m.shuffle = 1 + rng_below(&u->rng, 1000);
}

static bool
up(struct evil *e)
{
	int rc, id;

	pthread_mutex_lock(&soak_bus);
	rc = fake_bus_driver()->probe(fake_bus_driver(), &e->f->dev);
	id = rc == 0 ? rte_cryptodev_get_dev_id(e->f->dev.name) : -1;
	pthread_mutex_unlock(&soak_bus);
	if (id < 0) {
		soak_problem(e->u, "probe fails: %s", rte_strerror(-rc));
		return false;
	}
	e->u->dev[0].id = (uint8_t)id;
	e->u->dev[0].nb_qps = SOAK_QPS;
	dev_listen(e->u, &e->u->dev[0]);
	rc = dev_configure(e->u, &e->u->dev[0], e->size);
	if (rc == 0)
		rc = rte_cryptodev_start(e->u->dev[0].id);
	if (rc != 0)
		soak_problem(e->u, "the device cannot be set up: %s", rte_strerror(-rc));
	return rc == 0;
}

static void
down(struct evil *e)
{
	unsigned int left = unit_sessions_end(e->u);
	int rc;

	if (left != 0)
		soak_problem(e->u, "%u sessions have ops that did not come back", left);
	rte_cryptodev_stop(e->u->dev[0].id);
	pthread_mutex_lock(&soak_bus);
	dev_forget_callbacks(e->u, &e->u->dev[0]);
	if (rng_one_in(&e->u->rng, 2))
		rte_cryptodev_close(e->u->dev[0].id);
	rc = fake_bus_driver()->remove(&e->f->dev);
	pthread_mutex_unlock(&soak_bus);
	if (rc != 0)
		soak_problem(e->u, "removal fails: %s", rte_strerror(-rc));
}

static void
unplug(struct evil *e)
{
	if (alarms_run() != 0)
		soak_problem(e->u, "an alarm is left of a device that was removed");
	if (e->f->nb_mapped != 0)
		soak_problem(e->u, "BARs are left mapped");
	if (fake_pci_violation(e->f) != NULL)
		soak_problem(e->u, "the driver broke a rule: %s", fake_pci_violation(e->f));
	model_fini(&e->m);
	fake_pci_destroy(e->f);
	unit_check_pools(e->u);
}

static void
live(struct evil *e, unsigned int rounds)
{
	unsigned int n;

	while (rounds-- > 0 && !soak_ended()) {
		e->stepwise = rng_one_in(&e->u->rng, 2);
		e->m.data_silent = e->stepwise;
		for (n = 20 + rng_below(&e->u->rng, 100); n > 0; n--)
			step(e, true);
		drain(e);
		if (model_violation(&e->m) != NULL)
			soak_problem(e->u, "the driver broke a rule: %s", model_violation(&e->m));
		if (!one_act(e))
			break;
		usleep(ROUND_US);
	}
}

void
evil_run(struct soak_unit *u, bool once)
{
	static struct evil e;

	alarms_by_hand();
	u->hostile = true;
	do {
		plug_in(&e, u);
		u->ev.lives++;
		if (up(&e)) {
			live(&e, once ? 3 : 5 + rng_below(&u->rng, 60));
			down(&e);
		}
		unplug(&e);
	} while (!once && !soak_ended());
}

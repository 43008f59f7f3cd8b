/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rig; see the header.  It takes the place of the PCI bus: the driver registers
 * here, and is probed and removed by hand.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <cryptodev_pmd.h>

#include "reference.h"
#include "rig.h"

/* Of a device that has done its work: an op of many requests takes a dequeue for each. */
#define IDLE_POLLS	200
#define THREAD_WAIT_S	60	/* for a device in a thread; only what has failed waits so long */

struct rte_mempool *rig_sessions, *rig_ops, *rig_mbufs, *rig_bigs;
static struct rte_pci_driver *driver;

#define IND	VIRTIO_F_INDIRECT_DESC
#define EVT	VIRTIO_F_EVENT_IDX
#define RST	VIRTIO_F_RING_RESET
#define NDT	VIRTIO_F_NOTIFICATION_DATA
#define NCD	VIRTIO_F_NOTIF_CONFIG_DATA
#define ORD	VIRTIO_F_ORDER_PLATFORM
#define ORDER	VIRTIO_F_IN_ORDER
#define PACKED	VIRTIO_F_RING_PACKED

#define FLAVOURS(name, f) \
	{ name " direct", f }, \
	{ name " indirect", (f) | IND }, \
	{ name " direct event-idx reset", (f) | EVT | RST }, \
	{ name " indirect event-idx reset", (f) | IND | EVT | RST }, \
	{ name " direct notify-data reset", (f) | NDT | RST }, \
	{ name " indirect notify-data", (f) | IND | NDT | NCD }, \
	{ name " everything", (f) | IND | EVT | NDT | NCD | RST | ORD }

const struct rig_variant rig_variants[] = {
	FLAVOURS("split", 0),
	FLAVOURS("split in-order", ORDER),
	FLAVOURS("packed", PACKED),
	FLAVOURS("packed in-order", PACKED | ORDER),
};
const unsigned int rig_nb_variants = RTE_DIM(rig_variants);

const struct rig_variant rig_kinds[4] = {
	{ "split", IND | RST },
	{ "split in-order", IND | RST | ORDER },
	{ "packed", IND | RST | PACKED },
	{ "packed in-order", IND | RST | PACKED | ORDER },
};

/* ---- the bus ---- */

/* In place of librte_bus_pci's. */
void
rte_pci_register(struct rte_pci_driver *drv)
{
	driver = drv;
}

void
rte_pci_unregister(struct rte_pci_driver *drv)
{
	(void)drv;
	driver = NULL;
}

/* ---- alarms, in place of EAL's thread ---- */

static struct alarm {
	rte_eal_alarm_callback cb;	/* NULL: free */
	void *arg;
	uint64_t us;
} alarms[16];

int
rte_eal_alarm_set(uint64_t us, rte_eal_alarm_callback cb, void *arg)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(alarms); i++)
		if (alarms[i].cb == NULL) {
			alarms[i] = (struct alarm){ cb, arg, us };
			return 0;
		}
	return -ENOMEM;
}

int
rte_eal_alarm_cancel(rte_eal_alarm_callback cb, void *arg)
{
	unsigned int i;
	int n = 0;

	for (i = 0; i < RTE_DIM(alarms); i++)
		if (alarms[i].cb == cb && (alarms[i].arg == arg || arg == (void *)-1)) {
			alarms[i].cb = NULL;
			n++;
		}
	return n;
}

/* Run what is set, each unless one that ran before has cancelled it. */
static unsigned int
run_alarms(uint64_t before_us)
{
	struct alarm due[RTE_DIM(alarms)];
	unsigned int i, n = 0;

	memcpy(due, alarms, sizeof(due));
	for (i = 0; i < RTE_DIM(due); i++)
		if (due[i].cb != NULL && due[i].us < before_us && alarms[i].cb == due[i].cb &&
				alarms[i].arg == due[i].arg) {
			alarms[i].cb = NULL;
			due[i].cb(due[i].arg);
			n++;
		}
	return n;
}

unsigned int
rig_tick(void)
{
	return run_alarms(UINT64_MAX);
}

unsigned int
rig_tick_now(void)
{
	return run_alarms(1000);
}

/* ---- once per program ---- */

static void
die(const char *what)
{
	fprintf(stderr, "rig: %s: %s\n", what, rte_strerror(rte_errno));
	exit(2);
}

static void
init_eal(const char *program, bool telemetry)
{
	static char name[64];
	static char *argv[] = { name, "--no-huge", "-m", "192", "--no-pci", "--no-shconf",
		"--iova-mode=va", "-l", "0", "--log-level=lib.eal:error",
		"--log-level=lib.cryptodev:error", "--no-telemetry",
		NULL };

	snprintf(name, sizeof(name), "%s", program);
	if (rte_eal_init(RTE_DIM(argv) - (telemetry ? 2 : 1), argv) < 0)
		die("EAL");
}

static void
init(const char *program, bool telemetry)
{
	init_eal(program, telemetry);
	if (driver == NULL)
		die("no driver has registered");
	/* Larger than any session of this driver. */
	rig_sessions = rte_cryptodev_sym_session_pool_create("sessions", RIG_NB_SESSIONS, 1024, 0,
			0, SOCKET_ID_ANY);
	rig_ops = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, RIG_NB_OPS, 0,
			RIG_PRIV, SOCKET_ID_ANY);
	rig_mbufs = rte_pktmbuf_pool_create("mbufs", RIG_NB_MBUFS, 0, 0,
			RIG_BUF + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	rig_bigs = rte_pktmbuf_pool_create("bigs", RIG_NB_BIG, 0, 0,
			RIG_BIG + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	if (rig_sessions == NULL || rig_ops == NULL || rig_mbufs == NULL || rig_bigs == NULL)
		die("pools");
}

void
rig_init(const char *program)
{
	init(program, false);
}

void
rig_init_telemetry(const char *program)
{
	init(program, true);
}

static void
count_memzone(const struct rte_memzone *mz, void *arg)
{
	(void)mz;
	++*(unsigned int *)arg;
}

void
rig_usage_now(struct rig_usage *u)
{
	struct rte_malloc_socket_stats s;
	int socket;

	memset(u, 0, sizeof(*u));
	for (socket = 0; socket < RTE_MAX_NUMA_NODES; socket++) {
		if (rte_malloc_get_socket_stats(socket, &s) != 0)
			continue;
		u->heap_bytes += s.heap_allocsz_bytes;
		u->heap_blocks += s.alloc_count;
	}
	rte_memzone_walk(count_memzone, &u->memzones);
	u->sessions = rte_mempool_avail_count(rig_sessions);
	u->ops = rte_mempool_avail_count(rig_ops);
	u->mbufs = rte_mempool_avail_count(rig_mbufs);
	u->bigs = rte_mempool_avail_count(rig_bigs);
}

/* ---- one device ---- */

/* fake_pci's names come again after 32 devices; a device here may live longer. */
static void
name_device(struct fake_pci *f)
{
	static unsigned int n;

	f->dev.addr.bus = (uint8_t)(n >> 5);
	f->dev.addr.devid = n++ & 0x1f;
	rte_pci_device_name(&f->dev.addr, f->dev.name, sizeof(f->dev.name));
}

struct rig *
rig_open(const struct rig_conf *conf)
{
	uint16_t nb_data = conf->nb_data != 0 ? conf->nb_data : 2;
	const char *devargs = conf->devargs;
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->f = fake_pci_create((uint16_t)(nb_data + 1), conf->size != 0 ? conf->size : 256);
	name_device(r->f);
	r->f->device_features = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | conf->features;
	r->f->dev.device.driver = &driver->driver;
	model_config(&r->f->device_cfg, nb_data);
	model_init(&r->m, r->f, conf->mode);
	if (conf->vectors)
		fake_pci_add_vectors(r->f);
	/* A device in a thread is as slow as the machine is busy. */
	if (devargs == NULL && conf->mode == MODEL_THREAD)
		devargs = "ctrl_timeout_ms=60000";
	if (devargs != NULL) {
		snprintf(r->devargs.name, sizeof(r->devargs.name), "%s", r->f->dev.name);
		r->devargs.args = (char *)(uintptr_t)devargs;
		r->f->dev.device.devargs = &r->devargs;
	}
	rig_usage_now(&r->before);
	log_capture_start();
	return r;
}

int
rig_probe(struct rig *r)
{
	int rc = driver->probe(driver, &r->f->dev);

	if (rc != 0)
		return rc;
	r->probed = true;
	rc = rte_cryptodev_get_dev_id(r->f->dev.name);
	assert_in_range(rc, 0, RTE_CRYPTO_MAX_DEVS - 1);
	r->id = (uint8_t)rc;
	return 0;
}

/* DPDK 22.11 forgets its own callbacks' memory when a device is released. */
static void
free_callbacks(struct rig *r)
{
	struct rte_cryptodev *cdev = rte_cryptodev_pmd_get_dev(r->id);
	uint16_t i;

	for (i = 0; cdev->enq_cbs != NULL && i < cdev->data->nb_queue_pairs; i++) {
		rte_free(cdev->enq_cbs[i].qsbr);
		rte_free(cdev->deq_cbs[i].qsbr);
	}
	rte_free(cdev->enq_cbs);
	rte_free(cdev->deq_cbs);
	cdev->enq_cbs = cdev->deq_cbs = NULL;
}

void
rig_remove(struct rig *r)
{
	if (!r->probed)
		return;
	free_callbacks(r);
	assert_int_equal(driver->remove(&r->f->dev), 0);
	r->probed = false;
}

int
rig_configure(struct rig *r, uint16_t nb_qps)
{
	struct rte_cryptodev_config cfg = { .socket_id = SOCKET_ID_ANY, .nb_queue_pairs = nb_qps };

	return rte_cryptodev_configure(r->id, &cfg);
}

int
rig_setup(struct rig *r, uint16_t qp, uint32_t nb_desc)
{
	struct rte_cryptodev_qp_conf cfg = { .nb_descriptors = nb_desc,
		.mp_session = rig_sessions };

	return rte_cryptodev_queue_pair_setup(r->id, qp, &cfg, SOCKET_ID_ANY);
}

void
rig_start(struct rig *r, uint16_t nb_qps, uint32_t nb_desc)
{
	uint16_t i;

	assert_int_equal(rig_configure(r, nb_qps), 0);
	for (i = 0; i < nb_qps; i++)
		assert_int_equal(rig_setup(r, i, nb_desc), 0);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
}

struct rig *
rig_up(const struct rig_conf *conf, uint16_t nb_qps, uint32_t nb_desc)
{
	struct rig *r = rig_open(conf);

	assert_int_equal(rig_probe(r), 0);
	rig_start(r, nb_qps, nb_desc);
	return r;
}

static void
check_usage(const struct rig_usage *before)
{
	struct rig_usage now;

	rig_usage_now(&now);
	assert_int_equal(now.ops, before->ops);
	assert_int_equal(now.mbufs, before->mbufs);
	assert_int_equal(now.bigs, before->bigs);
	assert_int_equal(now.sessions, before->sessions);
	assert_int_equal(now.memzones, before->memzones);
	assert_int_equal(now.heap_blocks, before->heap_blocks);
	assert_int_equal(now.heap_bytes, before->heap_bytes);
}

void
rig_close(struct rig *r)
{
	struct rig_usage before = r->before;
	bool memory_lost = r->memory_lost;
	unsigned int errors;
	char last[256];

	rig_remove(r);
	errors = log_capture_errors();
	snprintf(last, sizeof(last), "%s", log_capture_last());
	log_capture_stop();
	model_fini(&r->m);
	if (fake_pci_violation(r->f) != NULL)
		fail_msg("the driver broke a rule: %s", fake_pci_violation(r->f));
	if (model_violation(&r->m) != NULL)
		fail_msg("the driver broke a rule: %s", model_violation(&r->m));
	if (errors != 0)
		fail_msg("%u error lines, the last: %s", errors, last);
	assert_int_equal(r->f->nb_mapped, 0);
	fake_pci_destroy(r->f);
	free(r);
	if (!memory_lost)
		check_usage(&before);
}

void
rig_expect_errors(unsigned int nb, const char *text)
{
	if (log_capture_errors() != nb)
		fail_msg("%u error lines instead of %u, the last: %s", log_capture_errors(), nb,
			log_capture_last());
	if (nb != 0 && strstr(log_capture_last(), text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", log_capture_last(), text);
	log_capture_start();
}

void
rig_expect_driver_errors(unsigned int nb, const char *text)
{
	unsigned int lines = log_capture_count("crypto_virtio: "), with = log_capture_count(text);

	if (lines != nb || (nb != 0 && with == 0))
		fail_msg("%u driver lines instead of %u, %u with \"%s\"; the last line: %s", lines,
			nb, with, text, log_capture_last());
	log_capture_start();
}

/* ---- sessions and ops ---- */

void
rig_pattern(uint8_t *to, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		to[i] = (uint8_t)x;
	}
}

void *
rig_session(struct rig *r, struct rte_crypto_sym_xform *xform)
{
	return rte_cryptodev_sym_session_create(r->id, xform, rig_sessions);
}

void
rig_session_free(struct rig *r, void *session)
{
	assert_int_equal(rte_cryptodev_sym_session_free(r->id, session), 0);
}

void *
rig_cbc_session(struct rig *r, uint8_t key_byte, enum rte_crypto_cipher_operation op)
{
	uint8_t key[16];
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = op,
			.algo = RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { key, sizeof(key) },
			.iv = { RIG_IV, 16 },
		},
	};

	memset(key, key_byte, sizeof(key));
	return rig_session(r, &x);
}

struct rte_crypto_op *
rig_op(void *session, uint32_t len)
{
	static uint32_t seed;
	struct rte_crypto_op *op = rte_crypto_op_alloc(rig_ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	struct rte_mbuf *m = rte_pktmbuf_alloc(len > RIG_BUF ? rig_bigs : rig_mbufs);

	assert_non_null(op);
	assert_non_null(m);
	rig_pattern((uint8_t *)rte_pktmbuf_append(m, (uint16_t)len), len, ++seed);
	rig_pattern(rig_iv(op), 16, ~seed);
	op->sym->m_src = m;
	op->sym->cipher.data.offset = 0;
	op->sym->cipher.data.length = len;
	if (session != NULL)
		rte_crypto_op_attach_sym_session(op, session);
	return op;
}

void
rig_op_free(struct rte_crypto_op *op)
{
	if (op->sym->m_dst != NULL && op->sym->m_dst != op->sym->m_src)
		rte_pktmbuf_free(op->sym->m_dst);
	rte_pktmbuf_free(op->sym->m_src);
	rte_crypto_op_free(op);
}

/* ---- running them ---- */

uint16_t
rig_enqueue(struct rig *r, uint16_t qp, struct rte_crypto_op **ops, uint16_t nb)
{
	return rte_cryptodev_enqueue_burst(r->id, qp, ops, nb);
}

uint16_t
rig_dequeue(struct rig *r, uint16_t qp, struct rte_crypto_op **ops, uint16_t nb)
{
	uint64_t end = rte_get_timer_cycles() + THREAD_WAIT_S * rte_get_timer_hz();
	bool thread = r->m.mode == MODEL_THREAD, more = true;
	unsigned int polls = 0;
	uint16_t n = 0;

	while (n < nb && more) {
		uint16_t got;

		if (r->m.mode == MODEL_PUMPED)
			model_work(&r->m);
		got = rte_cryptodev_dequeue_burst(r->id, qp, ops + n, (uint16_t)(nb - n));
		n = (uint16_t)(n + got);
		polls++;
		if (got == 0 && thread)
			sched_yield();
		if (got == 0)
			more = thread ? rte_get_timer_cycles() < end : polls <= IDLE_POLLS;
	}
	return n;
}

uint8_t
rig_run(struct rig *r, struct rte_crypto_op *op)
{
	struct rte_crypto_op *got = NULL;

	op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
	assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
	assert_ptr_equal(got, op);
	return op->status;
}

/* The plaintext cannot be kept in the op: decrypting gives the pattern back. */
bool
rig_cbc_right(struct rte_crypto_op *op, uint8_t key_byte)
{
	uint8_t key[16], plain[RIG_BUF], first[RIG_BUF];
	struct ref_key k = { key, sizeof(key), rig_iv(op), 16 };
	uint32_t len = op->sym->cipher.data.length, seed;

	memset(key, key_byte, sizeof(key));
	ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CBC, false, &k, plain,
			rte_pktmbuf_mtod(op->sym->m_src, uint8_t *), len);
	memcpy(&seed, rte_crypto_op_ctod_offset(op, uint8_t *, RIG_AAD), sizeof(seed));
	rig_pattern(first, len, seed);
	return memcmp(plain, first, len) == 0;
}

/* An op whose pattern is known to rig_cbc_right. */
static struct rte_crypto_op *
seeded_op(void *session, uint32_t len, uint32_t seed)
{
	struct rte_crypto_op *op = rig_op(session, len);

	rig_pattern(rte_pktmbuf_mtod(op->sym->m_src, uint8_t *), len, seed);
	memcpy(rte_crypto_op_ctod_offset(op, uint8_t *, RIG_AAD), &seed, sizeof(seed));
	return op;
}

void
rig_traffic(struct rig *r, uint16_t qp, uint8_t key_byte, void *session, unsigned int nb)
{
	struct rte_crypto_op *ops[32];
	unsigned int done = 0, i;

	while (done < nb) {
		unsigned int n = RTE_MIN(nb - done, RTE_DIM(ops)), sent;

		for (i = 0; i < n; i++)
			ops[i] = seeded_op(session, 16 * (1 + (done + i) % 20), done + i);
		for (sent = 0; sent < n;) {
			uint16_t k = rig_enqueue(r, qp, ops + sent, (uint16_t)(n - sent));

			assert_int_not_equal(k, 0);
			assert_int_equal(rig_dequeue(r, qp, ops + sent, k), k);
			sent += k;
		}
		for (i = 0; i < n; i++) {
			assert_int_equal(ops[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
			assert_true(rig_cbc_right(ops[i], key_byte));
			rig_op_free(ops[i]);
		}
		done += n;
	}
}

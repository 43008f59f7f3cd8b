/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device and its guest, for turns; see turns_rig.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "turns_rig.h"

/* ---- the engine ---- */

sem_t tr_began, tr_let_on;	/* a request of RSA is in process; it may end */
const uint8_t tr_result[16] = "a good result.";
bool tr_gates_long, tr_writes;
char tr_events[256];	/* lower case: RSA of queue 'a' ..; upper case: a cipher's */
unsigned int tr_nb_events;	/* atomic */

static int
engine_init(struct vcryptod_caps *caps)
{
	memset(caps, 0, sizeof(*caps));
	caps->mask[VIRTIO_CRYPTO_SERVICE_AKCIPHER] = VIRTIO_BIT(VIRTIO_CRYPTO_AKCIPHER_RSA);
	caps->mask[VIRTIO_CRYPTO_SERVICE_CIPHER] = VIRTIO_BIT(VIRTIO_CRYPTO_CIPHER_AES_CBC);
	caps->max_cipher_key = 64;
	return 0;
}

static void
engine_fini(void)
{
}

static int
engine_session_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	bool *slow = malloc(sizeof(*slow));

	(void)nb_lanes;
	*session = slow;
	if (slow == NULL)
		return -ENOMEM;
	*slow = p->kind == REQ_AKCIPHER;
	return 0;
}

/* The iv's first byte or the source's length names the queue. */
static void
engine_note(const struct vcryptod_op *op, bool slow)
{
	unsigned int at = __atomic_fetch_add(&tr_nb_events, 1, __ATOMIC_ACQ_REL);

	if (at < sizeof(tr_events) - 1)
		tr_events[at] = (char)(slow ? 'a' + (int)(op->src.len - 64) : 'A' + op->iv[0]);
}

/* False if its ring has to stop. */
static bool
engine_waits(const struct vcryptod_lane *lane, bool slow)
{
	sem_post(&tr_began);
	if (slow)
		sem_wait(&tr_let_on);
	while (!slow && sem_trywait(&tr_let_on) != 0) {
		if (vcryptod_lane_halted(lane))
			return false;
		usleep(1000);
	}
	return true;
}

static void
engine_process(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		bool slow = *(bool *)ops[i]->session;
		struct vcryptod_span begin = vcryptod_span_sub(&ops[i]->dst, 0, 16);

		engine_note(ops[i], slow);
		ops[i]->status = VIRTIO_CRYPTO_ERR;
		if ((slow || (__atomic_load_n(&tr_gates_long, __ATOMIC_ACQUIRE) &&
				ops[i]->src.len > VCRYPTOD_TURN_BYTES)) &&
				!engine_waits(lane, slow))
			continue;
		if (tr_writes)
			vcryptod_span_write(&begin, tr_result);
		ops[i]->status = VIRTIO_CRYPTO_OK;
	}
}

static const struct vcryptod_engine engine = {
	.name = "noting", .init = engine_init, .fini = engine_fini,
	.session_create = engine_session_create, .session_destroy = free,
	.process = engine_process,
};

static const uint8_t key[16];
const struct req_session tr_cbc = {
	.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .op = VIRTIO_CRYPTO_OP_ENCRYPT,
	.key = key, .key_len = sizeof(key),
};

/* ---- the guest ---- */

struct tr_guest *tr_guest;
bool tr_shared;
struct tr_rig tr_rig;

uint64_t
tr_address(const void *p)
{
	return GUEST + (uint64_t)((const uint8_t *)p - (const uint8_t *)tr_guest);
}

static void *
host_address(struct vcryptod_device *dev, const void *p)
{
	uint64_t len = 1;

	return vcryptod_memory_translate(&dev->memory, tr_address(p), &len, false);
}

static int
ring_get(struct vcryptod_device *dev, unsigned int index, struct vcryptod_vring_setup *s)
{
	s->size = SIZE;
	s->desc = host_address(dev, tr_guest->q[index].desc);
	s->driver = host_address(dev, tr_guest->q[index].avail);
	s->device = host_address(dev, tr_guest->q[index].used);
	s->avail_base = tr_rig.avail[index];
	s->used_base = tr_rig.used[index];
	if (index == 0) {
		s->kick_fd = tr_rig.kick_fd;
		s->call_fd = tr_rig.call_fd;
	}
	return 0;
}

static void
ring_put(struct vcryptod_device *dev, unsigned int index, uint16_t avail, uint16_t used)
{
	(void)dev;
	tr_rig.avail[index] = avail;
	tr_rig.used[index] = used;
}

void
tr_set_desc(unsigned int q, unsigned int i, const void *p, uint32_t len, uint16_t flags)
{
	tr_guest->q[q].desc[i] = (struct virtq_desc){ cpu_to_le64(tr_address(p)),
		cpu_to_le32(len), cpu_to_le16(flags), cpu_to_le16((uint16_t)(i + 1)) };
}

/* Shows the chain that begins at the next request's first descriptor. */
void
tr_show(unsigned int q)
{
	struct virtq_avail *avail = (void *)tr_guest->q[q].avail;
	unsigned int n = tr_rig.offered[q]++;

	avail->ring[n % SIZE] = cpu_to_le16((uint16_t)(n % REQUESTS * CHAIN));
	__atomic_store_n(&avail->idx.raw, cpu_to_le16((uint16_t)(n + 1)).raw, __ATOMIC_RELEASE);
}

/* A request of queue q: RSA, or a cipher's of len bytes. */
void
tr_offer(unsigned int q, uint32_t len)
{
	unsigned int n = tr_rig.offered[q] % REQUESTS, at = n * CHAIN;
	struct request *r = &tr_guest->q[q].req[n];
	bool slow = len == 0;
	uint32_t src_len = slow ? 64 + q : len, dst_len = slow ? 64 : len;

	assert_true((uint16_t)(tr_rig.offered[q] - tr_used_idx(q)) < REQUESTS);
	assert_true(req_data_header(r->hdr, sizeof(r->hdr), slow ? &fx_rsa : &tr_cbc,
			slow ? tr_rig.rsa : tr_rig.cbc, slow ? 0 : 16,
			slow ? VIRTIO_CRYPTO_AKCIPHER_DECRYPT : 0, 0, false) > 0);
	if (slow)
		req_set_akcipher(r->hdr, src_len, dst_len);
	else
		req_set_cipher(r->hdr, src_len, dst_len);
	memset(r->iv, (int)q, sizeof(r->iv));
	r->status = 0xee;
	tr_set_desc(q, at, r->hdr, sizeof(r->hdr) + (slow ? 0 : 16), VIRTQ_DESC_F_NEXT);
	tr_set_desc(q, at + 1, tr_guest->src, src_len, VIRTQ_DESC_F_NEXT);
	tr_set_desc(q, at + 2, tr_rig.to != NULL ? tr_rig.to : tr_guest->dst, dst_len,
			VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
	tr_set_desc(q, at + 3, &r->status, 1, VIRTQ_DESC_F_WRITE);
	if (tr_rig.lost >= 0)
		tr_guest->q[q].desc[at + (unsigned int)tr_rig.lost].addr = cpu_to_le64(0x1000);
	tr_rig.lost = -1;
	tr_rig.to = NULL;
	tr_show(q);
}

/* A request of 16 bytes, one descriptor of which points outside of the memory. */
void
tr_offer_lost(unsigned int q, int lost)
{
	tr_rig.lost = lost;
	tr_offer(q, 16);
}

unsigned int
tr_used_idx(unsigned int q)
{
	struct virtq_used *used = (void *)tr_guest->q[q].used;
	le16 idx = { __atomic_load_n(&used->idx.raw, __ATOMIC_ACQUIRE) };

	return le16_to_cpu(idx);
}

/* Polled: the device looks again by itself after VCRYPTOD_NAP_MS. */
bool
tr_gets_used(unsigned int q, unsigned int n)
{
	unsigned int ms;

	for (ms = 0; ms < FX_WAIT_MS && tr_used_idx(q) < n; ms++)
		usleep(1000);
	return tr_used_idx(q) == n;
}

bool
tr_all_ok(unsigned int q)
{
	unsigned int i;

	for (i = 0; i < tr_rig.offered[q] && i < REQUESTS; i++)
		if (tr_guest->q[q].req[i].status != VIRTIO_CRYPTO_OK)
			return false;
	return tr_gets_used(q, tr_rig.offered[q]);
}

void
tr_let(unsigned int n)
{
	for (; n > 0; n--)
		sem_post(&tr_let_on);
}

/* ---- the device ---- */

static void
make_memory(void)
{
	tr_rig.memory_fd = memfd_create("turns", MFD_CLOEXEC);
	assert_true(tr_rig.memory_fd >= 0);
	assert_int_equal(ftruncate(tr_rig.memory_fd, sizeof(*tr_guest)), 0);
	tr_guest = mmap(NULL, sizeof(*tr_guest), PROT_READ | PROT_WRITE,
			tr_shared ? MAP_SHARED : MAP_PRIVATE, tr_rig.memory_fd, 0);
	assert_ptr_not_equal(tr_guest, MAP_FAILED);
}

int
tr_set_up(void **state)
{
	struct vcryptod_model_config cfg = {
		.engine = &engine, .max_dataqueues = QUEUES, .max_size = 4 * LONG_LEN,
		.max_sessions = 4, .nb_lanes = 1,
	};
	struct vcryptod_device *dev = aligned_alloc(64, (sizeof(*dev) + 63) & ~63ul);
	unsigned int i;

	(void)state;
	assert_non_null(dev);
	memset(&tr_rig, 0, sizeof(tr_rig));
	make_memory();
	memset(tr_events, 0, sizeof(tr_events));
	tr_nb_events = 0;
	tr_gates_long = tr_writes = false;
	tr_rig.dev = dev;
	tr_rig.kick_fd = tr_rig.call_fd = tr_rig.quiet_fd = tr_rig.lost = -1;
	assert_int_equal(sem_init(&tr_began, 0, 0), 0);
	assert_int_equal(sem_init(&tr_let_on, 0, 0), 0);
	assert_int_equal(engine.init(&cfg.caps), 0);
	cfg.figures = vcryptod_figures_open(-1, QUEUES);
	assert_non_null(cfg.figures);
	assert_int_equal(vcryptod_device_init(dev, "test", &cfg, REQ_VHU_LAYOUT_AUTO, 0, -1), 0);
	assert_int_equal(vcryptod_worker_init(&tr_rig.worker, &engine, 0, -1,
			vcryptod_model_scratch(cfg.max_size), QUEUES), 0);
	dev->ring_get = ring_get;
	dev->ring_put = ring_put;
	for (i = 0; i < QUEUES; i++) {
		dev->ring[i].worker = &tr_rig.worker;
		vcryptod_worker_add(&tr_rig.worker, &dev->ring[i].vring);
	}
	dev->connected = true;
	dev->features = VIRTIO_F_VERSION_1;
	assert_int_equal(vcryptod_memory_add(&dev->memory, GUEST, sizeof(*tr_guest), tr_guest),
			0);
	dev->memory_ok = true;
	for (i = 0; i <= QUEUES; i++)
		dev->ring[i].enabled = dev->ring[i].kicked = true;
	assert_int_equal(vcryptod_model_create(&dev->model, &tr_rig.rsa, &fx_rsa),
			VIRTIO_CRYPTO_OK);
	assert_int_equal(vcryptod_model_create(&dev->model, &tr_rig.cbc, &tr_cbc),
			VIRTIO_CRYPTO_OK);
	return 0;
}

int
tr_tear_down(void **state)
{
	struct vcryptod_figures *figures = tr_rig.dev->model.cfg.figures;

	(void)state;
	vcryptod_worker_stop(&tr_rig.worker);
	vcryptod_device_stop_all(tr_rig.dev);
	vcryptod_worker_fini(&tr_rig.worker);
	vcryptod_device_fini(tr_rig.dev);
	vcryptod_figures_close(figures, QUEUES);
	free(tr_rig.dev);
	munmap(tr_guest, sizeof(*tr_guest));
	close(tr_rig.memory_fd);
	if (tr_rig.kick_fd >= 0)
		close(tr_rig.kick_fd);
	if (tr_rig.call_fd >= 0)
		close(tr_rig.call_fd);
	vcryptod_log_redirect(STDERR_FILENO, NULL);
	if (tr_rig.quiet_fd >= 0)
		close(tr_rig.quiet_fd);
	return 0;
}

/* Its lines are the point of some tests, and none of their output. */
void
tr_be_quiet(void)
{
	tr_rig.quiet_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(tr_rig.quiet_fd >= 0);
	vcryptod_log_redirect(tr_rig.quiet_fd, NULL);
}

void
tr_start(void)
{
	assert_int_equal(vcryptod_worker_start_slow(&tr_rig.worker), 0);
	vcryptod_device_update(tr_rig.dev);
	assert_int_equal(vcryptod_worker_start(&tr_rig.worker), 0);
}

void
tr_start_with_rsa(void)
{
	tr_offer(0, 0);
	tr_start();
	assert_true(fx_happens(&tr_began));
}

/* So many requests of RSA were handed over, on whichever queue, and are not done. */
bool
tr_hands_over(unsigned int n)
{
	unsigned int ms;

	for (ms = 0; ms < FX_WAIT_MS; ms++) {
		if (__atomic_load_n(&tr_rig.worker.slow.nb_jobs, __ATOMIC_ACQUIRE) == n)
			return true;
		usleep(1000);
	}
	return false;
}

bool
tr_gets_urgent(unsigned int q, unsigned int n)
{
	struct vcryptod_slow *s = &tr_rig.worker.slow;
	unsigned int ms, nb = n + 1;

	for (ms = 0; ms < FX_WAIT_MS && nb != n; ms++) {
		usleep(1000);
		pthread_mutex_lock(&s->lock);
		nb = tr_rig.dev->ring[q].vring.line.nb_urgent;
		pthread_mutex_unlock(&s->lock);
	}
	return nb == n;
}

bool
tr_is_held(unsigned int q)
{
	unsigned int ms;

	for (ms = 0; ms < FX_WAIT_MS; ms++) {
		if (__atomic_load_n(&tr_rig.dev->ring[q].vring.hold, __ATOMIC_ACQUIRE))
			return true;
		usleep(1000);
	}
	return false;
}

void *
tr_let_when_held(void *arg)
{
	(void)arg;
	(void)tr_is_held(0);
	tr_let(1);
	return NULL;
}

bool
tr_breaks(unsigned int q)
{
	const struct vcryptod_vring *v = &tr_rig.dev->ring[q].vring;
	unsigned int ms;

	for (ms = 0; ms < FX_WAIT_MS && !vcryptod_vring_is_broken(v); ms++)
		usleep(1000);
	return vcryptod_vring_is_broken(v);
}

/* ---- its sleep ---- */

int __wrap_epoll_wait(int fd, struct epoll_event *e, int max, int timeout);
int __real_epoll_wait(int fd, struct epoll_event *e, int max, int timeout);

unsigned int tr_naps, tr_wakes;

int
__wrap_epoll_wait(int fd, struct epoll_event *e, int max, int timeout)
{
	int rc = __real_epoll_wait(fd, e, max, timeout);

	/* The control queue's worker does not run. */
	__atomic_fetch_add(rc > 0 ? &tr_wakes : &tr_naps, 1, __ATOMIC_ACQ_REL);
	return rc;
}

/* It sleeps through n waits more; false if it is woken TR_WAKES_MAX times meanwhile. */
bool
tr_sleeps(unsigned int n)
{
	unsigned int from = __atomic_load_n(&tr_naps, __ATOMIC_ACQUIRE);
	unsigned int woken = __atomic_load_n(&tr_wakes, __ATOMIC_ACQUIRE), ms;

	for (ms = 0; ms < FX_WAIT_MS; ms++) {
		if (__atomic_load_n(&tr_naps, __ATOMIC_ACQUIRE) - from >= n)
			return true;
		if (__atomic_load_n(&tr_wakes, __ATOMIC_ACQUIRE) - woken > TR_WAKES_MAX)
			return false;
		usleep(1000);
	}
	return false;
}

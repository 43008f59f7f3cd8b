/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Turns of a device's queues in one worker.  The engine notes what it is given, and in which
 * order, and computes RSA only when the test lets it: so an order is proven without a clock.
 * Then what a front end does to the descriptors: kicks that are dead or never read, calls that
 * block; and requests that lie outside of the memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "device.h"
#include "log.h"

#define GUEST		UINT64_C(0x40000000)
#define QUEUES		4u
#define SIZE		64u	/* entries of a ring */
#define CHAIN		4u	/* descriptors of a request */
#define REQUESTS	(SIZE / CHAIN)
#define LONG_LEN	(VCRYPTOD_TURN_BYTES + 4096u)
#define WAIT_MS		120000	/* only what has failed waits so long */

/* ---- the engine ---- */

static sem_t began, let_on;	/* a request of RSA is in process; it may end */
static char events[256];	/* lower case: RSA of queue 'a' ..; upper case: a cipher's */
static unsigned int nb_events;	/* atomic */

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

static void
engine_session_destroy(void *session)
{
	free(session);
}

/* The iv's first byte or the source's length names the queue. */
static void
engine_process(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	unsigned int i;

	(void)lane;
	for (i = 0; i < n; i++) {
		bool slow = *(bool *)ops[i]->session;
		unsigned int at = __atomic_load_n(&nb_events, __ATOMIC_RELAXED);

		events[at] = (char)(slow ? 'a' + (int)(ops[i]->src.len - 64) :
				'A' + ops[i]->iv[0]);
		__atomic_store_n(&nb_events, at + 1, __ATOMIC_RELEASE);
		if (slow) {
			sem_post(&began);
			sem_wait(&let_on);
		}
		ops[i]->status = VIRTIO_CRYPTO_OK;
	}
}

static const struct vcryptod_engine engine = {
	.name = "noting", .init = engine_init, .fini = engine_fini,
	.session_create = engine_session_create, .session_destroy = engine_session_destroy,
	.process = engine_process,
};

static const uint8_t key[64] = { 0x30 };
static const struct req_session rsa = {
	.kind = REQ_AKCIPHER, .algo = VIRTIO_CRYPTO_AKCIPHER_RSA,
	.key_type = VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE, .key = key, .key_len = sizeof(key),
	.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING,
};
static const struct req_session cbc = {
	.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .key = key, .key_len = 16,
	.op = VIRTIO_CRYPTO_OP_ENCRYPT,
};

/* ---- the guest ---- */

struct request {
	_Alignas(8) uint8_t hdr[REQ_DATA_HDR_SESSION], iv[16], status;
};

struct queue {
	_Alignas(16) struct virtq_desc desc[SIZE];
	_Alignas(4) uint8_t avail[6 + 2 * SIZE], used[6 + 8 * SIZE];
	struct request req[REQUESTS];
};

static struct guest {
	struct queue q[QUEUES + 1];
	uint8_t ctrl[256];
	struct virtio_crypto_create_session_input answer;
	uint8_t src[LONG_LEN], dst[LONG_LEN];
} guest;

static struct rig {
	struct vcryptod_device *dev;
	struct vcryptod_worker worker;
	unsigned int offered[QUEUES + 1];
	uint16_t avail[QUEUES + 1], used[QUEUES + 1];	/* bases, as put */
	int kick_fd, call_fd;				/* of queue 0 */
	int quiet_fd;					/* where its lines go, or -1 */
	int lost;		/* descriptor of the next request that is nobody's memory; or -1 */
	uint64_t rsa, cbc;
} rig;

static int
ring_get(struct vcryptod_device *dev, unsigned int index, struct vcryptod_vring_setup *s)
{
	(void)dev;
	s->size = SIZE;
	s->desc = guest.q[index].desc;
	s->driver = guest.q[index].avail;
	s->device = guest.q[index].used;
	s->avail_base = rig.avail[index];
	s->used_base = rig.used[index];
	if (index == 0) {
		s->kick_fd = rig.kick_fd;
		s->call_fd = rig.call_fd;
	}
	return 0;
}

static void
ring_put(struct vcryptod_device *dev, unsigned int index, uint16_t avail, uint16_t used)
{
	(void)dev;
	rig.avail[index] = avail;
	rig.used[index] = used;
}

static void
set_desc(unsigned int q, unsigned int i, const void *p, uint32_t len, uint16_t flags)
{
	uint64_t addr = GUEST + (uint64_t)((const uint8_t *)p - (const uint8_t *)&guest);

	guest.q[q].desc[i] = (struct virtq_desc){ cpu_to_le64(addr), cpu_to_le32(len),
		cpu_to_le16(flags), cpu_to_le16((uint16_t)(i + 1)) };
}

/* Shows the chain that begins at the next request's first descriptor. */
static void
show(unsigned int q)
{
	struct virtq_avail *avail = (void *)guest.q[q].avail;
	unsigned int n = rig.offered[q]++;

	avail->ring[n % SIZE] = cpu_to_le16((uint16_t)(n * CHAIN));
	__atomic_store_n(&avail->idx.raw, cpu_to_le16((uint16_t)(n + 1)).raw, __ATOMIC_RELEASE);
}

/* A request of queue q: RSA, or a cipher's of len bytes. */
static void
offer(unsigned int q, uint32_t len)
{
	unsigned int n = rig.offered[q], at = n * CHAIN;
	struct request *r = &guest.q[q].req[n];
	bool slow = len == 0;
	uint32_t src_len = slow ? 64 + q : len, dst_len = slow ? 64 : len;

	assert_true(n < REQUESTS);
	assert_true(req_data_header(r->hdr, sizeof(r->hdr), slow ? &rsa : &cbc,
			slow ? rig.rsa : rig.cbc, slow ? 0 : 16,
			slow ? VIRTIO_CRYPTO_AKCIPHER_DECRYPT : 0, 0, false) > 0);
	if (slow)
		req_set_akcipher(r->hdr, src_len, dst_len);
	else
		req_set_cipher(r->hdr, src_len, dst_len);
	memset(r->iv, (int)q, sizeof(r->iv));
	r->status = 0xee;
	set_desc(q, at, r->hdr, sizeof(r->hdr) + (slow ? 0 : 16), VIRTQ_DESC_F_NEXT);
	set_desc(q, at + 1, guest.src, src_len, VIRTQ_DESC_F_NEXT);
	set_desc(q, at + 2, guest.dst, dst_len, VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
	set_desc(q, at + 3, &r->status, 1, VIRTQ_DESC_F_WRITE);
	if (rig.lost >= 0)
		guest.q[q].desc[at + (unsigned int)rig.lost].addr = cpu_to_le64(0x1000);
	rig.lost = -1;
	show(q);
}

/* A request of 16 bytes, one descriptor of which points outside of the memory. */
static void
offer_lost(unsigned int q, int lost)
{
	rig.lost = lost;
	offer(q, 16);
}

static unsigned int
used_idx(unsigned int q)
{
	struct virtq_used *used = (void *)guest.q[q].used;
	le16 idx = { __atomic_load_n(&used->idx.raw, __ATOMIC_ACQUIRE) };

	return le16_to_cpu(idx);
}

/* Polled: the device looks again by itself after VCRYPTOD_NAP_MS. */
static bool
gets_used(unsigned int q, unsigned int n)
{
	unsigned int ms;

	for (ms = 0; ms < WAIT_MS && used_idx(q) < n; ms++)
		usleep(1000);
	return used_idx(q) == n;
}

static bool
all_ok(unsigned int q)
{
	unsigned int i;

	for (i = 0; i < rig.offered[q]; i++)
		if (guest.q[q].req[i].status != VIRTIO_CRYPTO_OK)
			return false;
	return gets_used(q, rig.offered[q]);
}

static bool
happens(sem_t *what)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += WAIT_MS / 1000;
	return sem_timedwait(what, &t) == 0;
}

static void
let(unsigned int n)
{
	for (; n > 0; n--)
		sem_post(&let_on);
}

/* ---- the device ---- */

static int
set_up(void **state)
{
	struct vcryptod_model_config cfg = {
		.engine = &engine, .max_dataqueues = QUEUES, .max_size = 4 * LONG_LEN,
		.max_sessions = 4, .nb_lanes = 1,
	};
	struct vcryptod_device *dev = aligned_alloc(64, (sizeof(*dev) + 63) & ~63ul);
	unsigned int i;

	(void)state;
	assert_non_null(dev);
	memset(&guest, 0, sizeof(guest));
	memset(&rig, 0, sizeof(rig));
	memset(events, 0, sizeof(events));
	nb_events = 0;
	rig.dev = dev;
	rig.kick_fd = rig.call_fd = rig.quiet_fd = rig.lost = -1;
	assert_int_equal(sem_init(&began, 0, 0), 0);
	assert_int_equal(sem_init(&let_on, 0, 0), 0);
	assert_int_equal(engine.init(&cfg.caps), 0);
	assert_int_equal(vcryptod_device_init(dev, "test", &cfg, REQ_VHU_LAYOUT_AUTO, 0, -1), 0);
	assert_int_equal(vcryptod_worker_init(&rig.worker, &engine, 0, -1,
			vcryptod_model_scratch(cfg.max_size), QUEUES), 0);
	dev->ring_get = ring_get;
	dev->ring_put = ring_put;
	for (i = 0; i < QUEUES; i++) {
		dev->ring[i].worker = &rig.worker;
		vcryptod_worker_add(&rig.worker, &dev->ring[i].vring);
	}
	dev->connected = true;
	dev->features = VIRTIO_F_VERSION_1;
	assert_int_equal(vcryptod_memory_add(&dev->memory, GUEST, sizeof(guest), &guest),
			0);
	dev->memory_ok = true;
	for (i = 0; i <= QUEUES; i++)
		dev->ring[i].enabled = dev->ring[i].kicked = true;
	assert_int_equal(vcryptod_model_create(&dev->model, &rig.rsa, &rsa), VIRTIO_CRYPTO_OK);
	assert_int_equal(vcryptod_model_create(&dev->model, &rig.cbc, &cbc), VIRTIO_CRYPTO_OK);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	vcryptod_worker_stop(&rig.worker);
	vcryptod_device_stop_all(rig.dev);
	vcryptod_worker_fini(&rig.worker);
	vcryptod_device_fini(rig.dev);
	free(rig.dev);
	if (rig.kick_fd >= 0)
		close(rig.kick_fd);
	if (rig.call_fd >= 0)
		close(rig.call_fd);
	vcryptod_log_redirect(STDERR_FILENO, NULL);
	if (rig.quiet_fd >= 0)
		close(rig.quiet_fd);
	return 0;
}

/* Its lines are the point of some tests, and none of their output. */
static void
be_quiet(void)
{
	rig.quiet_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(rig.quiet_fd >= 0);
	vcryptod_log_redirect(rig.quiet_fd, NULL);
}

static void
start(void)
{
	vcryptod_device_update(rig.dev);
	assert_int_equal(vcryptod_worker_start(&rig.worker), 0);
}

/* ---- turns ---- */

/* A cipher that comes while RSA is computed waits for the rest of that one request. */
static void
neighbour_waits_for_one(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		offer(0, 0);
	start();
	assert_true(happens(&began));
	offer(1, 16);
	let(4);
	assert_true(gets_used(1, 1));
	assert_true(gets_used(0, 4));
	assert_string_equal(events, "aBaaa");
	assert_true(all_ok(0) && all_ok(1));
}

/* Queues with requests that take long take turns; a queue with short ones has one in each. */
static void
long_ones_take_turns(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		offer(0, 0);
		offer(1, 0);
		offer(2, LONG_LEN);
		offer(3, 16);
	}
	let(6);
	start();
	for (i = 0; i < QUEUES; i++)
		assert_true(gets_used(i, 3) && all_ok(i));
	assert_string_equal(events, "aDDDbCabCabC");
}

/* Within a queue nothing overtakes, and a turn ends at its bytes. */
static void
order_within_a_queue(void **state)
{
	unsigned int in_order, i;

	for (in_order = 0; in_order < 2; in_order++) {
		if (in_order != 0)
			set_up(state);
		rig.dev->features |= in_order != 0 ? VIRTIO_F_IN_ORDER : 0;
		for (i = 0; i < 2; i++) {
			offer(0, 0);
			offer(0, 16);
			offer(0, 32);
			offer(0, LONG_LEN);
		}
		for (i = 0; i < 3; i++)
			offer(1, VCRYPTOD_TURN_BYTES / 2);
		let(2);
		start();
		assert_true(gets_used(0, 8) && gets_used(1, 3));
		assert_true(all_ok(0) && all_ok(1));
		/* Header and iv make two halves more than a turn. */
		assert_string_equal(events, "aBBABAAaAAA");
		if (in_order == 0)
			tear_down(state);
	}
}

/* ---- the end of a turn ---- */

static void *
stop_device(void *arg)
{
	(void)arg;
	vcryptod_device_stop_all(rig.dev);
	return NULL;
}

static void *
stop_worker(void *arg)
{
	(void)arg;
	vcryptod_worker_stop(&rig.worker);
	return NULL;
}

static bool
is_held(unsigned int q)
{
	unsigned int ms;

	for (ms = 0; ms < WAIT_MS; ms++) {
		if (__atomic_load_n(&rig.dev->ring[q].vring.hold, __ATOMIC_ACQUIRE))
			return true;
		usleep(1000);
	}
	return false;
}

/* All queues are full, the first request is in the engine when end begins in a thread: it waits
 * for that request, and no other one is begun.
 */
static void
end_amid_full_queues(void *(*end)(void *))
{
	pthread_t thread;
	unsigned int i, q;

	for (q = 0; q < QUEUES; q++)
		for (i = 0; i < REQUESTS; i++)
			offer(q, 0);
	start();
	assert_true(happens(&began));
	assert_int_equal(pthread_create(&thread, NULL, end, NULL), 0);
	for (q = 0; q < QUEUES; q++)
		assert_true(is_held(q));
	let(1);
	pthread_join(thread, NULL);
	assert_string_equal(events, "a");
}

/* However full the queues are: one request more is computed, and none is lost. */
static void
stop_waits_for_one(void **state)
{
	unsigned int q;

	(void)state;
	end_amid_full_queues(stop_device);
	for (q = 0; q < QUEUES; q++) {
		assert_int_equal(used_idx(q), q == 0);
		assert_int_equal(rig.avail[q], q == 0);
		assert_int_equal(rig.used[q], q == 0);
	}
	let(QUEUES * REQUESTS - 1);
	vcryptod_device_update(rig.dev);
	for (q = 0; q < QUEUES; q++)
		assert_true(gets_used(q, REQUESTS) && all_ok(q));
	assert_int_equal(strlen(events), QUEUES * REQUESTS);
}

static void
worker_ends_after_one(void **state)
{
	(void)state;
	end_amid_full_queues(stop_worker);
	assert_int_equal(used_idx(0), 1);
}

/* ---- descriptors of the front end ---- */

int __wrap_epoll_wait(int fd, struct epoll_event *e, int max, int timeout);
int __real_epoll_wait(int fd, struct epoll_event *e, int max, int timeout);

#define WAKES_MAX	100

/* Atomic: waits that ended without an event, and with one. */
static unsigned int naps, wakes;

int
__wrap_epoll_wait(int fd, struct epoll_event *e, int max, int timeout)
{
	int rc = __real_epoll_wait(fd, e, max, timeout);

	/* The control queue's worker does not run. */
	__atomic_fetch_add(rc > 0 ? &wakes : &naps, 1, __ATOMIC_ACQ_REL);
	return rc;
}

/* It sleeps through n waits more; false if it is woken WAKES_MAX times meanwhile. */
static bool
sleeps(unsigned int n)
{
	unsigned int from = __atomic_load_n(&naps, __ATOMIC_ACQUIRE);
	unsigned int woken = __atomic_load_n(&wakes, __ATOMIC_ACQUIRE), ms;

	for (ms = 0; ms < WAIT_MS; ms++) {
		if (__atomic_load_n(&naps, __ATOMIC_ACQUIRE) - from >= n)
			return true;
		if (__atomic_load_n(&wakes, __ATOMIC_ACQUIRE) - woken > WAKES_MAX)
			return false;
		usleep(1000);
	}
	return false;
}

static bool
kick_wakes(void)
{
	unsigned int from = __atomic_load_n(&wakes, __ATOMIC_ACQUIRE), ms;

	vcryptod_event_set(rig.kick_fd);
	for (ms = 0; ms < WAIT_MS; ms++) {
		if (__atomic_load_n(&wakes, __ATOMIC_ACQUIRE) != from)
			return true;
		usleep(1000);
	}
	return false;
}

/* A kick wakes the worker, and its counter is left to the front end, as are its flags. */
static void
kick_is_not_read(void **state)
{
	uint64_t count;
	int flags;

	(void)state;
	rig.kick_fd = eventfd(0, EFD_CLOEXEC);
	start();
	assert_true(sleeps(2));
	offer(0, 16);
	assert_true(kick_wakes());
	assert_true(gets_used(0, 1));
	assert_true(sleeps(2));
	assert_true(kick_wakes());
	flags = fcntl(rig.kick_fd, F_GETFL);
	assert_true(flags >= 0 && (flags & O_NONBLOCK) == 0);
	assert_int_equal(read(rig.kick_fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 2);
}

/* The end of a pipe whose writer is gone is readable for ever; the worker sleeps all the same,
 * and the ring is served.
 */
static void
dead_kick(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	rig.kick_fd = fds[0];
	start();
	assert_true(sleeps(5));
	offer(0, 16);
	assert_true(gets_used(0, 1) && all_ok(0));
	vcryptod_device_stop_all(rig.dev);
	vcryptod_device_update(rig.dev);
	assert_true(sleeps(5));
}

/* A kick descriptor that no epoll takes: the ring is polled. */
static void
kick_of_a_file(void **state)
{
	(void)state;
	rig.kick_fd = memfd_create("kick", MFD_CLOEXEC);
	assert_true(rig.kick_fd >= 0);
	be_quiet();
	start();
	offer(0, 16);
	assert_true(gets_used(0, 1) && all_ok(0));
}

/* In a process of its own: the front end makes the worker's write to the call descriptor wait
 * for ever.
 */
static _Noreturn void
block_the_call(bool end_worker)
{
	const uint64_t full = UINT64_MAX - 1;

	rig.call_fd = eventfd(0, EFD_CLOEXEC);
	vcryptod_device_update(rig.dev);
	if (fcntl(rig.call_fd, F_SETFL, 0) != 0 ||
			write(rig.call_fd, &full, sizeof(full)) != sizeof(full))
		_exit(100);
	offer(0, 16);
	if (vcryptod_worker_start(&rig.worker) != 0 || !gets_used(0, 1))
		_exit(101);
	vcryptod_vring_patience_ms = 100;
	if (end_worker)
		vcryptod_worker_stop(&rig.worker);
	else
		vcryptod_device_stop_all(rig.dev);
	_exit(102);
}

static void
blocked_call(void **state)
{
	static const char * const why[] = { "call descriptor", "thread does not end" };
	int fds[2], status, i;
	char text[4096];
	ssize_t len;
	pid_t pid;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			vcryptod_log_redirect(fds[1], NULL);
			block_the_call(i == 1);
		}
		close(fds[1]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), VCRYPTOD_EXIT_AGAIN);
		len = read(fds[0], text, sizeof(text) - 1);
		assert_true(len > 0);
		text[len] = '\0';
		assert_non_null(strstr(text, why[i]));
		assert_ptr_equal(strchr(text, '\n'), text + len - 1);
		close(fds[0]);
	}
}

/* ---- requests outside of the memory ---- */

static void
lost_requests(void **state)
{
	unsigned int i;

	(void)state;
	be_quiet();
	/* The source, and the result. */
	offer_lost(0, 1);
	offer_lost(0, 2);
	offer(0, 16);
	start();
	assert_true(gets_used(0, 3));
	for (i = 0; i < 2; i++)
		assert_int_equal(guest.q[0].req[i].status, VIRTIO_CRYPTO_ERR);
	assert_int_equal(guest.q[0].req[2].status, VIRTIO_CRYPTO_OK);
	assert_string_equal(events, "A");
	assert_true(vcryptod_vring_is_active(&rig.dev->ring[0].vring));
	/* The place of the status: nobody can answer. */
	offer_lost(0, 3);
	for (i = 0; i < WAIT_MS && !vcryptod_vring_is_broken(&rig.dev->ring[0].vring); i++)
		usleep(1000);
	assert_true(vcryptod_vring_is_broken(&rig.dev->ring[0].vring));
}

/* The control queue's answers are written whole or not at all. */
static void
lost_control_requests(void **state)
{
	struct vcryptod_vring *v = &rig.dev->ring[QUEUES].vring;
	int len = req_create_build(guest.ctrl, sizeof(guest.ctrl), &rsa, 0);
	unsigned int i;

	(void)state;
	be_quiet();
	assert_true(len > 0);
	set_desc(QUEUES, 0, guest.ctrl, (uint32_t)len, VIRTQ_DESC_F_NEXT);
	guest.q[QUEUES].desc[0].addr = cpu_to_le64(0x1000);
	set_desc(QUEUES, 1, &guest.answer, sizeof(guest.answer), VIRTQ_DESC_F_WRITE);
	show(QUEUES);
	vcryptod_device_update(rig.dev);
	assert_int_equal(vcryptod_worker_start(&rig.dev->control), 0);
	assert_true(gets_used(QUEUES, 1));
	assert_int_equal(le32_to_cpu(guest.answer.status), VIRTIO_CRYPTO_ERR);
	set_desc(QUEUES, CHAIN, guest.ctrl, (uint32_t)len, VIRTQ_DESC_F_NEXT);
	set_desc(QUEUES, CHAIN + 1, &guest.answer, 8, VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
	set_desc(QUEUES, CHAIN + 2, &guest.answer.status, 8, VIRTQ_DESC_F_WRITE);
	guest.q[QUEUES].desc[CHAIN + 1].addr = cpu_to_le64(0x1000);
	show(QUEUES);
	for (i = 0; i < WAIT_MS && !vcryptod_vring_is_broken(v); i++)
		usleep(1000);
	assert_true(vcryptod_vring_is_broken(v));
	assert_int_equal(used_idx(QUEUES), 1);
	vcryptod_worker_stop(&rig.dev->control);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(neighbour_waits_for_one),
		TEST(long_ones_take_turns),
		TEST(order_within_a_queue),
		TEST(stop_waits_for_one),
		TEST(worker_ends_after_one),
		TEST(kick_is_not_read),
		TEST(dead_kick),
		TEST(kick_of_a_file),
		TEST(blocked_call),
		TEST(lost_requests),
		TEST(lost_control_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

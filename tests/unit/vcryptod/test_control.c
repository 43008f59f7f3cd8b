/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Control requests beside data requests that take long: an engine computes RSA only when
 * the test lets it, one step at a time.  A session that is destroyed waits for one such
 * request, not for a batch; a device's control queue is served while its data queue waits.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "device.h"
#include "fixture.h"

#define NB_SLOW		3u
#define DATA_LEN	64u

/* ---- the engine ---- */

static sem_t began, let_on;	/* a slow request is in process; it may end */

static int
engine_init(struct vcryptod_caps *caps)
{
	memset(caps, 0, sizeof(*caps));
	caps->mask[VIRTIO_CRYPTO_SERVICE_AKCIPHER] = VIRTIO_BIT(VIRTIO_CRYPTO_AKCIPHER_RSA);
	return 0;
}

static void
engine_fini(void)
{
}

static int
engine_session_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	(void)p;
	(void)nb_lanes;
	*session = malloc(1);
	return *session != NULL ? 0 : -ENOMEM;
}

static void
engine_process(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	unsigned int i;

	(void)lane;
	for (i = 0; i < n; i++) {
		sem_post(&began);
		sem_wait(&let_on);
		ops[i]->status = VIRTIO_CRYPTO_OK;
	}
}

static const struct vcryptod_engine slow = {
	.name = "slow", .init = engine_init, .fini = engine_fini,
	.session_create = engine_session_create, .session_destroy = free,
	.process = engine_process,
};

static struct vcryptod_model_config
model_config(void)
{
	struct vcryptod_model_config cfg = {
		.engine = &slow, .max_dataqueues = 1, .max_size = FX_MAX_SIZE,
		.max_sessions = FX_SESSIONS, .nb_lanes = 1,
		.figures = vcryptod_figures_open(-1, 1),
	};

	assert_non_null(cfg.figures);
	assert_int_equal(slow.init(&cfg.caps), 0);
	assert_int_equal(sem_init(&began, 0, 0), 0);
	assert_int_equal(sem_init(&let_on, 0, 0), 0);
	return cfg;
}

/* ---- requests ---- */

struct memory {
	_Alignas(8) uint8_t readable[REQ_DATA_HDR_SESSION + DATA_LEN];
	uint8_t writable[DATA_LEN + 1];
};

static void
write_request(struct memory *to, uint64_t id)
{
	assert_int_equal(req_data_header(to->readable, sizeof(to->readable), &fx_rsa, id, 0,
			VIRTIO_CRYPTO_AKCIPHER_DECRYPT, 0, false), REQ_DATA_HDR_SESSION);
	req_set_akcipher(to->readable, DATA_LEN, DATA_LEN);
	to->writable[DATA_LEN] = 0xee;
}

/* ---- destroy ---- */

struct batch {
	struct vcryptod_model m;
	struct memory mem[NB_SLOW];
	uint64_t id, other;
	sem_t gone;
};

static void *
serve_batch(void *arg)
{
	struct batch *b = arg;
	struct vcryptod_request r[NB_SLOW], *rp[NB_SLOW];
	struct vqd_seg readable[NB_SLOW], writable[NB_SLOW];
	struct vcryptod_lane lane = { .counters = b->m.cfg.figures->queue[0].by };
	unsigned int i;

	memset(r, 0, sizeof(r));
	for (i = 0; i < NB_SLOW; i++) {
		readable[i] = (struct vqd_seg){ b->mem[i].readable, sizeof(b->mem[i].readable) };
		writable[i] = (struct vqd_seg){ b->mem[i].writable, sizeof(b->mem[i].writable) };
		r[i].readable = &readable[i];
		r[i].writable = &writable[i];
		r[i].nb_readable = r[i].nb_writable = 1;
		rp[i] = &r[i];
	}
	fx_serve(&b->m, &lane, rp, NB_SLOW);
	return NULL;
}

static void *
destroy_other(void *arg)
{
	struct batch *b = arg;

	if (vcryptod_model_destroy(&b->m, b->other) == VIRTIO_CRYPTO_OK)
		sem_post(&b->gone);
	return NULL;
}

/* Out of the table, it waits for the reader, which is inside: looking at it is safe. */
static bool
leaves_the_table(struct batch *b)
{
	unsigned int ms;

	for (ms = 0; ms < FX_WAIT_MS; ms++) {
		if (vcryptod_sessions_find(&b->m.sessions, b->other) == NULL)
			return true;
		usleep(1000);
	}
	return false;
}

/* While the second of three requests is computed, a session that was destroyed during the
 * first is gone; the third request, whose session that was, says so.
 */
static void
destroy_waits_for_one(void **state)
{
	struct vcryptod_model_config cfg = model_config();
	struct batch *b = calloc(1, sizeof(*b));
	pthread_t data, control;

	(void)state;
	assert_non_null(b);
	assert_int_equal(sem_init(&b->gone, 0, 0), 0);
	assert_int_equal(vcryptod_model_init(&b->m, &cfg), 0);
	vcryptod_model_features(&b->m, 0);
	assert_int_equal(vcryptod_model_create(&b->m, &b->id, &fx_rsa), VIRTIO_CRYPTO_OK);
	assert_int_equal(vcryptod_model_create(&b->m, &b->other, &fx_rsa), VIRTIO_CRYPTO_OK);
	write_request(&b->mem[0], b->id);
	write_request(&b->mem[1], b->id);
	write_request(&b->mem[2], b->other);
	assert_int_equal(pthread_create(&data, NULL, serve_batch, b), 0);
	assert_true(fx_happens(&began));
	assert_int_equal(pthread_create(&control, NULL, destroy_other, b), 0);
	assert_true(leaves_the_table(b));
	sem_post(&let_on);
	assert_true(fx_happens(&began));
	assert_true(fx_happens(&b->gone));
	sem_post(&let_on);
	pthread_join(data, NULL);
	pthread_join(control, NULL);
	assert_int_equal(b->mem[0].writable[DATA_LEN], VIRTIO_CRYPTO_OK);
	assert_int_equal(b->mem[1].writable[DATA_LEN], VIRTIO_CRYPTO_OK);
	assert_int_equal(b->mem[2].writable[DATA_LEN], VIRTIO_CRYPTO_INVSESS);
	assert_int_equal(sem_trywait(&began), -1);
	vcryptod_model_fini(&b->m);
	vcryptod_figures_close(cfg.figures, 1);
	free(b);
}

/* ---- a device ---- */

#define GUEST	UINT64_C(0x40000000)
#define SIZE	4u	/* entries */

/* Split rings of SIZE entries, and one request's memory for each. */
struct guest {
	struct {
		_Alignas(16) struct virtq_desc desc[SIZE];
		_Alignas(4) uint8_t avail[64], used[64];
	} ring[2];
	struct memory data;
	uint8_t request[256];
	struct virtio_crypto_create_session_input answer;
};

static struct guest guest;

static int
ring_get(struct vcryptod_device *dev, unsigned int index, struct vcryptod_vring_setup *s)
{
	(void)dev;
	s->size = SIZE;
	s->desc = guest.ring[index].desc;
	s->driver = guest.ring[index].avail;
	s->device = guest.ring[index].used;
	return 0;
}

static void
ring_put(struct vcryptod_device *dev, unsigned int index, uint16_t avail, uint16_t used)
{
	(void)dev;
	(void)index;
	(void)avail;
	(void)used;
}

static le64
guest_addr(const void *p)
{
	return cpu_to_le64(GUEST + (uint64_t)((const uint8_t *)p - (const uint8_t *)&guest));
}

/* A chain of one readable and one writable descriptor, the ring's only one. */
static void
make_available(unsigned int index, const void *readable, uint32_t len, const void *writable,
		uint32_t room)
{
	struct virtq_desc *d = guest.ring[index].desc;
	struct virtq_avail *avail = (void *)guest.ring[index].avail;

	d[0] = (struct virtq_desc){ guest_addr(readable), cpu_to_le32(len),
		cpu_to_le16(VIRTQ_DESC_F_NEXT), cpu_to_le16(1) };
	d[1] = (struct virtq_desc){ guest_addr(writable), cpu_to_le32(room),
		cpu_to_le16(VIRTQ_DESC_F_WRITE), cpu_to_le16(0) };
	__atomic_store_n(&avail->idx.raw, cpu_to_le16(1).raw, __ATOMIC_RELEASE);
}

static uint16_t
used_idx(unsigned int index)
{
	struct virtq_used *used = (void *)guest.ring[index].used;
	le16 idx = { __atomic_load_n(&used->idx.raw, __ATOMIC_ACQUIRE) };

	return le16_to_cpu(idx);
}

/* Polled: the device looks again by itself after VCRYPTOD_NAP_MS. */
static bool
gets_used(unsigned int index)
{
	unsigned int ms;

	for (ms = 0; ms < FX_WAIT_MS && used_idx(index) == 0; ms++)
		usleep(1000);
	return used_idx(index) == 1;
}

static void
start_device(struct vcryptod_device *dev, struct vcryptod_worker *data)
{
	struct vcryptod_model_config cfg = model_config();
	unsigned int i;

	memset(&guest, 0, sizeof(guest));
	assert_int_equal(vcryptod_device_init(dev, "test", &cfg, REQ_VHU_LAYOUT_AUTO, 0, -1), 0);
	assert_int_equal(vcryptod_worker_init(data, &slow, 0, -1,
			vcryptod_model_scratch(FX_MAX_SIZE), 1), 0);
	dev->ring_get = ring_get;
	dev->ring_put = ring_put;
	dev->ring[0].worker = data;
	vcryptod_worker_add(data, &dev->ring[0].vring);
	assert_int_equal(vcryptod_worker_start(data), 0);
	assert_int_equal(vcryptod_worker_start(&dev->control), 0);
	dev->connected = true;
	dev->features = VIRTIO_F_VERSION_1;
	assert_int_equal(vcryptod_memory_add(&dev->memory, GUEST, sizeof(guest), &guest), 0);
	dev->memory_ok = true;
	for (i = 0; i < dev->nb_rings; i++)
		dev->ring[i].enabled = dev->ring[i].kicked = true;
}

static void
control_queue_goes_on(void **state)
{
	struct vcryptod_figures *figures;
	struct vcryptod_device *dev = aligned_alloc(64, (sizeof(*dev) + 63) & ~63ul);
	struct vcryptod_worker data;
	uint64_t id;
	int len;

	(void)state;
	assert_non_null(dev);
	start_device(dev, &data);
	assert_int_equal(vcryptod_model_create(&dev->model, &id, &fx_rsa), VIRTIO_CRYPTO_OK);
	write_request(&guest.data, id);
	make_available(0, guest.data.readable, sizeof(guest.data.readable), guest.data.writable,
			sizeof(guest.data.writable));
	len = req_create_build(guest.request, sizeof(guest.request), &fx_rsa, 0);
	assert_true(len > 0);
	make_available(1, guest.request, (uint32_t)len, &guest.answer, sizeof(guest.answer));
	vcryptod_device_update(dev);
	assert_true(fx_happens(&began));
	/* The data queue's thread is in the engine, and stays there. */
	assert_true(gets_used(1));
	assert_int_equal(le32_to_cpu(guest.answer.status), VIRTIO_CRYPTO_OK);
	assert_int_equal(used_idx(0), 0);
	sem_post(&let_on);
	assert_true(gets_used(0));
	assert_int_equal(guest.data.writable[DATA_LEN], VIRTIO_CRYPTO_OK);
	vcryptod_worker_stop(&data);
	vcryptod_worker_stop(&dev->control);
	vcryptod_worker_wake(&data);	/* by a message that comes late */
	vcryptod_device_stop_all(dev);
	vcryptod_worker_fini(&data);
	figures = dev->model.cfg.figures;
	vcryptod_device_fini(dev);
	vcryptod_figures_close(figures, 1);
	free(dev);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destroy_waits_for_one),
		cmocka_unit_test(control_queue_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

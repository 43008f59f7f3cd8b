/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rings, workers and the device model together, without vhost-user: the driver half of
 * lib/virtqueue in this thread, a worker of the daemon in another.  Every layout, with
 * and without INDIRECT and EVENT_IDX, completions in order and shuffled, RSA among the
 * requests, the ring stopped and started again at random, kicks and calls by eventfds;
 * sessions through the control queue; rings that break rules.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "fixture.h"
#include "vq_hot.h"
#include "worker.h"

#define GUEST_OFF	UINT64_C(0x7000000000)	/* the driver's addresses are not ours */
#define MEM_SIZE	(4u << 20)
#define RING_OFF	0x1000u
#define TABLES_OFF	0x40000u
#define LONG_TABLE_OFF	0x80000u
#define SLOTS_OFF	0x100000u
#define SLOT_SIZE	1024u
#define ENTRIES		5
#define DATA_LEN	96u
#define REQUESTS	3000u
#define WAIT_MS		60000	/* only what has failed waits so long */
#define KINDS		8	/* different requests, known answers */
#define RSA_KIND	3	/* this one is of RSA */
#define RSA_BITS	(8 * DATA_LEN)

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct variant {
	enum vq_kind kind;
	bool indirect, event_idx;
	uint16_t size;
	uint64_t shuffle;
};

/* One request's memory, by slot. */
struct slot {
	alignas(8) uint8_t hdr[REQ_DATA_HDR_SESSION];
	uint8_t iv[16], src[DATA_LEN], dst[DATA_LEN], status;
};

struct rig {
	struct variant v;
	struct fx fx;
	struct vcryptod_worker worker;
	struct vcryptod_vring vring;
	struct vcryptod_vring_setup setup;
	struct vcryptod_memory memory;
	uint8_t *mem;
	struct vq vq;
	void *shadow;
	uint64_t id, rsa_id;
	uint8_t answer[KINDS][DATA_LEN];
	uint8_t iv[KINDS][16];
	unsigned int calls;
};

static const uint8_t key[16] = { 7 };
static uint8_t data[DATA_LEN];
static const struct req_session cbc = {
	.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
	.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = 16,
};
static struct req_session rsa = {
	.kind = REQ_AKCIPHER, .algo = VIRTIO_CRYPTO_AKCIPHER_RSA,
	.key_type = VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE,
	.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING,
};

/* ---- set-up ---- */

static void
make_rsa(struct rig *r)
{
	EVP_PKEY *pkey = EVP_RSA_gen(RSA_BITS);
	uint8_t der[1024], *at = der;
	int len = pkey != NULL ? i2d_PrivateKey(pkey, NULL) : -1;

	assert_true(len > 0 && len <= (int)sizeof(der));
	rsa.key_len = (uint32_t)i2d_PrivateKey(pkey, &at);
	rsa.key = der;
	assert_int_equal(fx_create(&r->fx, &r->rsa_id, &rsa), VIRTIO_CRYPTO_OK);
	rsa.key = NULL;
	rsa.key_len = 0;
	EVP_PKEY_free(pkey);
}

static void
known_answers(struct rig *r)
{
	uint8_t digest[1];
	unsigned int i;

	for (i = 0; i < DATA_LEN; i++)
		data[i] = (uint8_t)(i * 3);
	assert_int_equal(fx_create(&r->fx, &r->id, &cbc), VIRTIO_CRYPTO_OK);
	make_rsa(r);
	for (i = 0; i < KINDS; i++) {
		struct fx_op op = {
			.s = &cbc, .id = r->id, .iv = { r->iv[i], 16 }, .src = { data, DATA_LEN },
			.dst_len = DATA_LEN,
		};

		if (i == RSA_KIND)
			op = (struct fx_op){ .s = &rsa, .id = r->rsa_id,
				.akcipher_opcode = VIRTIO_CRYPTO_AKCIPHER_DECRYPT,
				.src = { data, DATA_LEN }, .dst_len = DATA_LEN };

		memset(r->iv[i], (int)(i + 1), 16);
		assert_int_equal(fx_run(&r->fx, &op, r->answer[i], digest), VIRTIO_CRYPTO_OK);
	}
}

static void
make_ring(struct rig *r)
{
	const struct variant *v = &r->v;
	bool packed = VQ_IS_PACKED(v->kind);
	struct vq_config cfg = {
		.kind = v->kind, .size = v->size, .indirect = v->indirect,
		.event_idx = v->event_idx, .ring = r->mem + RING_OFF,
		.tables = r->mem + TABLES_OFF, .table_stride = ENTRIES * sizeof(struct vq_entry),
		.table_entries = ENTRIES, .first_idx = packed ? 0 : 65500,
	};
	struct vq_areas areas;

	cfg.ring_iova = GUEST_OFF + (uint64_t)(uintptr_t)cfg.ring;
	cfg.tables_iova = GUEST_OFF + (uint64_t)(uintptr_t)cfg.tables;
	r->shadow = aligned_alloc(VQ_SHADOW_ALIGN,
			(vq_shadow_size(v->size) + VQ_SHADOW_ALIGN - 1) & ~(VQ_SHADOW_ALIGN - 1ul));
	cfg.shadow = r->shadow;
	assert_non_null(cfg.shadow);
	assert_int_equal(vq_init(&r->vq, &cfg), 0);
	vq_ring_areas(&areas, v->kind, v->size);
	r->setup = (struct vcryptod_vring_setup){
		.size = v->size, .packed = packed, .indirect = v->indirect,
		.event_idx = v->event_idx, .in_order = VQ_IS_IN_ORDER(v->kind),
		.desc = r->mem + RING_OFF + areas.desc, .driver = r->mem + RING_OFF + areas.driver,
		.device = r->mem + RING_OFF + areas.device,
		.avail_base = packed ? 0x8000 : 65500, .used_base = packed ? 0x8000 : 65500,
		.memory = &r->memory,
	};
	r->setup.kick_fd = eventfd(0, EFD_CLOEXEC);
	r->setup.call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static struct rig *
rig_create(const struct variant *v, bool control)
{
	struct rig *r = aligned_alloc(64, (sizeof(*r) + 63) & ~63ul);

	assert_non_null(r);
	memset(r, 0, sizeof(*r));
	r->v = *v;
	assert_true(fx_init(&r->fx, "openssl"));
	fx_layout(&r->fx, FX_PADDED);
	r->mem = aligned_alloc(4096, MEM_SIZE);
	assert_non_null(r->mem);
	memset(r->mem, 0, MEM_SIZE);
	assert_int_equal(vcryptod_memory_add(&r->memory, GUEST_OFF + (uint64_t)(uintptr_t)r->mem,
			MEM_SIZE, r->mem), 0);
	known_answers(r);
	/* Those were counted, too. */
	memset(r->fx.model.cfg.figures->queue, 0, sizeof(r->fx.model.cfg.figures->queue[0]));
	make_ring(r);
	assert_int_equal(vcryptod_vring_init(&r->vring, &r->fx.model, "test", 0,
			control ? VCRYPTOD_VRING_CONTROL : VCRYPTOD_VRING_DATA, v->shuffle, -1), 0);
	assert_int_equal(vcryptod_worker_init(&r->worker, r->fx.model.cfg.engine, 1, -1,
			vcryptod_model_scratch(FX_MAX_SIZE), 1), 0);
	vcryptod_worker_add(&r->worker, &r->vring);
	assert_int_equal(vcryptod_vring_start(&r->vring, &r->setup), 0);
	assert_int_equal(vcryptod_worker_start_slow(&r->worker), 0);
	assert_int_equal(vcryptod_worker_start(&r->worker), 0);
	return r;
}

static void
rig_destroy(struct rig *r)
{
	vcryptod_worker_fini(&r->worker);
	vcryptod_vring_fini(&r->vring);
	close(r->setup.kick_fd);
	close(r->setup.call_fd);
	vq_fini(&r->vq);
	free(r->shadow);
	free(r->mem);
	fx_fini(&r->fx);
	free(r);
}

/* ---- the driver ---- */

static void
entry(const struct rig *r, struct vq_entry *e, const void *p, uint32_t len)
{
	(void)r;
	e->addr = cpu_to_le64(GUEST_OFF + (uint64_t)(uintptr_t)p);
	e->len = cpu_to_le32(len);
}

static struct slot *
slot_of(const struct rig *r, uint16_t slot)
{
	return (struct slot *)(r->mem + SLOTS_OFF + slot * SLOT_SIZE);
}

/* Request k in the next slot. */
static inline __attribute__((always_inline)) void
add(struct rig *r, enum vq_kind kind, uintptr_t k)
{
	uint16_t slot = vq_next_slot(&r->vq, kind);
	struct vq_entry *t = vq_table(&r->vq, slot);
	struct slot *s = slot_of(r, slot);

	if (k % KINDS == RSA_KIND) {
		assert_true(req_data_header(s->hdr, sizeof(s->hdr), &rsa, r->rsa_id, 0,
				VIRTIO_CRYPTO_AKCIPHER_DECRYPT, 0, 0) > 0);
		req_set_akcipher(s->hdr, DATA_LEN, DATA_LEN);
	} else {
		assert_true(req_data_header(s->hdr, sizeof(s->hdr), &cbc, r->id, 16, 0, 0, 0) > 0);
		req_set_cipher(s->hdr, DATA_LEN, DATA_LEN);
	}
	memcpy(s->iv, r->iv[k % KINDS], 16);
	memcpy(s->src, data, DATA_LEN);
	memset(s->dst, 0, DATA_LEN);
	s->status = 0xff;
	/* The iv lies behind; RSA has none. */
	entry(r, &t[0], s->hdr, sizeof(s->hdr) + (k % KINDS == RSA_KIND ? 0 : 16));
	entry(r, &t[1], s->src, 40);
	entry(r, &t[2], s->src + 40, DATA_LEN - 40);
	entry(r, &t[3], s->dst, DATA_LEN);
	entry(r, &t[4], &s->status, 1);
	vq_shape(&r->vq, kind, slot, 3, 2);
	vq_add(&r->vq, kind, slot, (void *)(k + 1));
}

static inline __attribute__((always_inline)) unsigned int
take(struct rig *r, enum vq_kind kind)
{
	unsigned int n = vq_used(&r->vq, kind, 64), done = 0;
	uint16_t slot;
	uint32_t len;
	void *token;

	for (; n > 0; n--, done++) {
		token = vq_take(&r->vq, kind, &slot, &len);
		if (token == NULL)
			break;
		assert_int_equal(slot_of(r, slot)->status, VIRTIO_CRYPTO_OK);
		assert_memory_equal(slot_of(r, slot)->dst,
				r->answer[((uintptr_t)token - 1) % KINDS], DATA_LEN);
		assert_true(len == DATA_LEN + 1 || len == VQ_LEN_UNKNOWN);
	}
	if (vq_broken(&r->vq) != NULL)
		fail_msg("the device broke the ring: %s", vq_broken(&r->vq));
	return done;
}

static void
kick(struct rig *r)
{
	vcryptod_event_set(r->setup.kick_fd);
}

static bool
breaks(struct rig *r, unsigned int ms)
{
	for (; ms > 0; ms--) {
		if (vcryptod_vring_is_broken(&r->vring))
			return true;
		kick(r);
		poll(NULL, 0, 1);
	}
	return false;
}

static inline __attribute__((always_inline)) unsigned int
feed(struct rig *r, enum vq_kind kind, unsigned int k, unsigned int most)
{
	unsigned int n = 0;

	while (n < most && vq_nb_free(&r->vq) > 0)
		add(r, kind, k + n++);
	if (n == 0)
		return 0;
	vq_publish(&r->vq, kind);
	if (vq_needs_kick(&r->vq, kind))
		kick(r);
	return n;
}

/* The message thread's part, now and then: the ring stops and goes on. */
static void
restart(struct rig *r)
{
	assert_true(vcryptod_vring_stop(&r->vring, &r->setup.avail_base, &r->setup.used_base));
	assert_int_equal(vcryptod_vring_start(&r->vring, &r->setup), 0);
	vcryptod_worker_wake(&r->worker);
}

static inline __attribute__((always_inline)) void
run(struct rig *r, enum vq_kind kind)
{
	unsigned int sent = 0, done = 0, n, idle = 0;
	uint64_t last = now_ms();

	while (done < REQUESTS) {
		n = REQUESTS - sent;
		sent += feed(r, kind, sent, n > 20 ? 1 + (unsigned int)rand() % 20 : n);
		n = take(r, kind);
		done += n;
		if (rand() % 200 == 0)
			restart(r);
		if (n == 0) {
			assert_true(now_ms() - last < WAIT_MS);
			poll(NULL, 0, ++idle % 8 == 0);
		} else {
			last = now_ms();
		}
		/* So that the worker falls asleep now and then. */
		if (rand() % 1000 == 0)
			usleep(2000);
	}
	assert_int_equal(sent, REQUESTS);
	assert_int_equal(vq_nb_in_flight(&r->vq), 0);
}

/* Each request is counted once, with a time and in a row. */
static void
check_counters(const struct vcryptod_counters *c)
{
	const struct vcryptod_counters *end = c + VCRYPTOD_NB_COUNTERS;
	uint64_t timed, rows;
	unsigned int i;

	assert_int_equal(c[VCRYPTOD_BY_SLOW].requests, REQUESTS / KINDS);
	assert_int_equal(c[VCRYPTOD_BY_WORKER].requests, REQUESTS - REQUESTS / KINDS);
	for (; c < end; c++) {
		timed = rows = 0;
		for (i = 0; i < VCRYPTOD_FIGURES_TIMES; i++)
			timed += c->time[i];
		for (i = 0; i < VCRYPTOD_FIGURES_ROWS; i++)
			rows += c->row[i].requests;
		assert_int_equal(timed, c->requests);
		assert_int_equal(rows, c->requests);
		assert_true(c->turns != 0 && c->turns <= c->requests);
	}
}

static void
run_variant(const struct variant *v)
{
	struct rig *r = rig_create(v, false);

	switch (v->kind) {
	case VQ_SPLIT:
		run(r, VQ_SPLIT);
		break;
	case VQ_SPLIT_IN_ORDER:
		run(r, VQ_SPLIT_IN_ORDER);
		break;
	case VQ_PACKED:
		run(r, VQ_PACKED);
		break;
	case VQ_PACKED_IN_ORDER:
		run(r, VQ_PACKED_IN_ORDER);
		break;
	}
	check_counters(r->fx.model.cfg.figures->queue[0].by);
	rig_destroy(r);
}

static void
every_variant(void **state)
{
	struct variant v;
	unsigned int i, n = 0;

	(void)state;
	srand(3);
	for (v.kind = VQ_SPLIT; v.kind <= VQ_PACKED_IN_ORDER; v.kind++) {
		for (i = 0; i < 8; i++) {
			v.indirect = i & 1;
			v.event_idx = i & 2;
			v.shuffle = i & 4 ? 42 + i : 0;
			v.size = v.indirect ? 64 : 256;
			if (VQ_IS_PACKED(v.kind) && v.indirect)
				v.size = 37;
			run_variant(&v);
			n++;
		}
	}
	print_message("%u variants, %u requests each\n", n, REQUESTS);
}

/* Shuffled completions really come in another order. */
static void
shuffled(void **state)
{
	struct variant v = { .kind = VQ_SPLIT, .indirect = true, .size = 64, .shuffle = 7 };
	struct rig *r = rig_create(&v, false);
	unsigned int got = 0, idle = 0, swapped = 0;
	uintptr_t last = 0;
	uint16_t slot;
	uint32_t len;
	void *token;

	(void)state;
	assert_int_equal(feed(r, VQ_SPLIT, 0, 64), 64);
	while (got < 64 && idle++ < WAIT_MS) {
		poll(NULL, 0, 1);
		while (vq_used(&r->vq, VQ_SPLIT, 64) != 0) {
			token = vq_take(&r->vq, VQ_SPLIT, &slot, &len);
			if (token == NULL)
				break;
			swapped += (uintptr_t)token < last;
			last = (uintptr_t)token;
			got++;
		}
	}
	assert_int_equal(got, 64);
	assert_true(swapped > 5);
	rig_destroy(r);
}

/* A device that sleeps is woken by a kick, and calls where it is asked to. */
static void
kick_and_call(void **state)
{
	struct variant v = { .kind = VQ_SPLIT, .indirect = true, .size = 64 };
	struct rig *r = rig_create(&v, false);
	struct virtq_avail *avail = r->setup.driver;
	struct pollfd p = { .fd = r->setup.call_fd, .events = POLLIN };
	unsigned int i;

	(void)state;
	/* The driver half asks for no calls; this driver does. */
	for (i = 0; i < 20; i++) {
		__atomic_store_n(&avail->flags.raw, 0, __ATOMIC_SEQ_CST);
		usleep(3000);
		assert_int_equal(feed(r, VQ_SPLIT, i, 1), 1);
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		assert_int_equal(take(r, VQ_SPLIT), 1);
		assert_true(read(p.fd, &(uint64_t){ 0 }, 8) == 8);
	}
	rig_destroy(r);
}

/* A wish to be called that the answers of a request came too early for: an empty look finds it,
 * and at the latest the one before the worker sleeps, or that of the end.  No worker runs here.
 */
static void
late_wish(void **state)
{
	enum { LOOK, SLEEP, STOP, NB_WAYS } way;
	struct variant v = { .kind = VQ_SPLIT, .indirect = true, .size = 64 };
	struct rig *r = rig_create(&v, false);
	struct virtq_avail *avail = r->setup.driver;
	struct pollfd p = { .fd = r->setup.call_fd, .events = POLLIN };
	uint16_t at, used;

	(void)state;
	vcryptod_worker_stop(&r->worker);
	for (way = LOOK; way < NB_WAYS; way++) {
		assert_true(vcryptod_vring_stop(&r->vring, &r->setup.avail_base,
				&r->setup.used_base));
		assert_int_equal(vcryptod_vring_start(&r->vring, &r->setup), 0);
		avail->flags = cpu_to_le16(VIRTQ_AVAIL_F_NO_INTERRUPT);
		add(r, VQ_SPLIT, way);
		vq_publish(&r->vq, VQ_SPLIT);
		assert_int_equal(vcryptod_vring_serve(&r->vring, &r->worker.lane), 1);
		assert_int_equal(vcryptod_vring_serve(&r->vring, &r->worker.lane), 0);
		assert_int_equal(poll(&p, 1, 0), 0);
		avail->flags = cpu_to_le16(0);
		if (way == LOOK)
			assert_int_equal(vcryptod_vring_serve(&r->vring, &r->worker.lane), 0);
		else if (way == SLEEP)
			assert_int_equal(vcryptod_vring_arm(&r->vring), 0);
		else
			assert_true(vcryptod_vring_stop(&r->vring, &at, &used));
		assert_int_equal(poll(&p, 1, 0), 1);
		assert_true(read(p.fd, &(uint64_t){ 0 }, 8) == 8);
		assert_int_equal(take(r, VQ_SPLIT), 1);
	}
	rig_destroy(r);
}

/* The next request again, its source in pairs of bytes and empty pieces: nb entries in all. */
static void
add_long_table(struct rig *r, enum vq_kind kind, unsigned int nb)
{
	bool packed = VQ_IS_PACKED(kind);
	struct virtq_desc *desc = r->setup.desc, *t = (void *)(r->mem + LONG_TABLE_OFF);
	uint16_t slot = packed ? vq_next_slot(&r->vq, VQ_PACKED) : vq_next_slot(&r->vq, VQ_SPLIT);
	struct slot *s = slot_of(r, slot);
	unsigned int i;

	if (packed)
		add(r, VQ_PACKED, 0);
	else
		add(r, VQ_SPLIT, 0);
	for (i = 0; i < nb; i++) {
		bool write = i >= nb - 2;
		uint16_t flags = (uint16_t)((write ? VIRTQ_DESC_F_WRITE : 0) |
				(!packed && i < nb - 1 ? VIRTQ_DESC_F_NEXT : 0));
		const uint8_t *p = i == 0 ? s->hdr : i == nb - 2 ? s->dst :
				i == nb - 1 ? &s->status : s->src + 2 * (i - 1) % DATA_LEN;
		uint32_t len = i == 0 ? sizeof(s->hdr) + 16 : i == nb - 2 ? DATA_LEN :
				i == nb - 1 ? 1 : 2 * (i - 1) < DATA_LEN ? 2 : 0;

		t[i].addr = cpu_to_le64(GUEST_OFF + (uint64_t)(uintptr_t)p);
		t[i].len = cpu_to_le32(len);
		t[i].flags = cpu_to_le16(packed ? 0 : flags);
		t[i].next = cpu_to_le16(packed ? flags : (uint16_t)(i + 1));
	}
	/* Address and length lie where they do in the packed layout's descriptor. */
	desc[slot].addr = cpu_to_le64(GUEST_OFF + (uint64_t)(uintptr_t)t);
	desc[slot].len = cpu_to_le32(nb * (uint32_t)sizeof(t[0]));
}

/* Tables of Linux's driver, longer than the queue: served up to the bound, and not beyond. */
static void
long_tables(void **state)
{
	static const unsigned int nb[] = { 65, 275, VCRYPTOD_TABLE_MAX, VCRYPTOD_TABLE_MAX + 1 };
	struct variant v = { .indirect = true, .size = 64 };
	unsigned int i, idle, n;
	struct rig *r;

	(void)state;
	for (i = 0; i < 8; i++) {
		v.kind = i / 4 ? VQ_PACKED : VQ_SPLIT;
		r = rig_create(&v, false);
		vcryptod_vring_stop(&r->vring, &r->setup.avail_base, &r->setup.used_base);
		add_long_table(r, v.kind, nb[i % 4]);
		if (v.kind == VQ_PACKED)
			vq_publish(&r->vq, VQ_PACKED);
		else
			vq_publish(&r->vq, VQ_SPLIT);
		assert_int_equal(vcryptod_vring_start(&r->vring, &r->setup), 0);
		vcryptod_worker_wake(&r->worker);
		if (nb[i % 4] > VCRYPTOD_TABLE_MAX) {
			assert_true(breaks(r, WAIT_MS));
			rig_destroy(r);
			continue;
		}
		for (idle = 0, n = 0; n == 0; idle++) {
			assert_true(idle < WAIT_MS);
			poll(NULL, 0, 1);
			n = v.kind == VQ_PACKED ? take(r, VQ_PACKED) : take(r, VQ_SPLIT);
		}
		rig_destroy(r);
	}
}

/* ---- control queue ---- */

static void
control_queue(void **state)
{
	struct variant v = { .kind = VQ_SPLIT, .indirect = true, .size = 16 };
	struct virtio_crypto_create_session_input *in;
	struct rig *r = rig_create(&v, true);
	uint8_t *buf = r->mem + SLOTS_OFF;
	unsigned int i, idle;
	struct vq_entry *t;
	uint16_t slot;
	uint32_t used;
	int len;

	(void)state;
	in = (void *)(buf + 512);
	for (i = 0; i < 40; i++) {
		/* Create, destroy what was created, ... */
		if (i % 2 == 0)
			len = req_create_build(buf, 512, &cbc, 0);
		else
			len = req_destroy_build(buf, 512, REQ_CIPHER, le64_to_cpu(in->session_id),
					0);
		slot = vq_next_slot(&r->vq, VQ_SPLIT);
		t = vq_table(&r->vq, slot);
		entry(r, &t[0], buf, (uint32_t)len);
		entry(r, &t[1], i % 2 == 0 ? (uint8_t *)in : buf + 600, i % 2 == 0 ? 16 : 1);
		vq_shape(&r->vq, VQ_SPLIT, slot, 1, 1);
		vq_add(&r->vq, VQ_SPLIT, slot, r);
		vq_publish(&r->vq, VQ_SPLIT);
		if (vq_needs_kick(&r->vq, VQ_SPLIT))
			kick(r);
		for (idle = 0; vq_used(&r->vq, VQ_SPLIT, 1) == 0; idle++) {
			assert_true(idle < WAIT_MS);
			poll(NULL, 0, 1);
		}
		assert_ptr_equal(vq_take(&r->vq, VQ_SPLIT, &slot, &used), r);
		assert_int_equal(used, i % 2 == 0 ? 16 : 1);
		assert_int_equal(i % 2 == 0 ? le32_to_cpu(in->status) : buf[600], VIRTIO_CRYPTO_OK);
	}
	assert_int_equal(r->fx.model.sessions.nb, 2);	/* the rig's */
	rig_destroy(r);
}

/* ---- rules broken ---- */

static void
broken_rings(void **state)
{
	struct variant v = { .kind = VQ_SPLIT, .indirect = true, .size = 64 };
	struct virtq_avail *avail;
	struct virtq_desc *desc;
	unsigned int i;
	struct rig *r;

	(void)state;
	for (i = 0; i < 5; i++) {
		r = rig_create(&v, false);
		avail = r->setup.driver;
		/* Good requests first: they are answered all the same. */
		feed(r, VQ_SPLIT, 0, 8);
		vcryptod_vring_stop(&r->vring, &r->setup.avail_base, &r->setup.used_base);
		desc = (struct virtq_desc *)r->setup.desc + vq_next_slot(&r->vq, VQ_SPLIT);
		add(r, VQ_SPLIT, 8);
		switch (i) {
		case 0:	/* an address of nobody */
			desc->addr = cpu_to_le64(0x1000);
			break;
		case 1:	/* a table that is no table */
			desc->len = cpu_to_le32(17);
			break;
		case 2:	/* nothing writable, so no room for a status */
			desc->addr = cpu_to_le64(GUEST_OFF + (uint64_t)(uintptr_t)r->mem);
			desc->flags = cpu_to_le16(0);
			break;
		case 3:	/* an index from nowhere */
			avail->idx = cpu_to_le16(0x4000);
			break;
		default: /* a descriptor beyond the ring */
			avail->ring[(65500 + 8) % 64] = cpu_to_le16(64);
			break;
		}
		if (i != 3)
			vq_publish(&r->vq, VQ_SPLIT);
		assert_int_equal(vcryptod_vring_start(&r->vring, &r->setup), 0);
		vcryptod_worker_wake(&r->worker);
		assert_true(breaks(r, WAIT_MS));
		assert_false(vcryptod_vring_is_active(&r->vring));
		/* Stopping still works, and so does a new life. */
		assert_true(vcryptod_vring_stop(&r->vring, &r->setup.avail_base,
				&r->setup.used_base));
		rig_destroy(r);
	}
}

static void
bad_setups(void **state)
{
	struct variant v = { .kind = VQ_SPLIT, .indirect = true, .size = 64 };
	struct rig *r = rig_create(&v, false);
	struct vcryptod_vring_setup s = r->setup;
	uint16_t avail, used;

	(void)state;
	assert_int_equal(vcryptod_vring_start(&r->vring, &s), -EBUSY);
	assert_true(vcryptod_vring_stop(&r->vring, &avail, &used));
	assert_false(vcryptod_vring_stop(&r->vring, &avail, &used));
	s.size = 0;
	assert_int_equal(vcryptod_vring_start(&r->vring, &s), -EINVAL);
	s.size = 65;
	assert_int_equal(vcryptod_vring_start(&r->vring, &s), -EINVAL);
	s.size = 64;
	s.desc = (uint8_t *)s.desc + 8;
	assert_int_equal(vcryptod_vring_start(&r->vring, &s), -EINVAL);
	s.desc = r->setup.desc;
	s.kick_fd = 1000000;
	assert_int_equal(vcryptod_vring_start(&r->vring, &s), -EBADF);
	s.kick_fd = s.call_fd = -1;
	assert_int_equal(vcryptod_vring_start(&r->vring, &s), 0);
	vcryptod_worker_wake(&r->worker);
	rig_destroy(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variant),
		cmocka_unit_test(shuffled),
		cmocka_unit_test(kick_and_call),
		cmocka_unit_test(late_wish),
		cmocka_unit_test(long_tables),
		cmocka_unit_test(control_queue),
		cmocka_unit_test(broken_rings),
		cmocka_unit_test(bad_setups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

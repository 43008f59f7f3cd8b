/* SPDX-License-Identifier: BSD-3-Clause
 *
 * device_alone: what a turn of vcryptod's ring costs with nothing around it.  One thread is
 * driver and device in turn: it makes 64 requests available, as the crypto driver lays them
 * out, and serves them, with all lines in its own caches.
 *
 *	device_alone ENGINE ALGORITHM BYTES LAYOUT [TURNS [CPU]]
 *
 * ALGORITHM is cbc, gcm or chain, LAYOUT split, split-io, packed or packed-io.  Prints the TSC
 * cycles of a request: the fastest twentieth of the turns, and the median.  Instructions, which
 * are exact:
 *
 *	valgrind --tool=callgrind --toggle-collect=vcryptod_vring_serve device_alone ...
 */
#include <sched.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "device/vcrypto_slot.h"
#include "vq_hot.h"
#include "vring.h"

#define GUEST_OFF	UINT64_C(0x7000000000)	/* the driver's addresses are not ours */
#define RING_SIZE	256
#define TURN		VCRYPTOD_BATCH
#define MEM_SIZE	(64u << 20)
#define RING_OFF	0x1000u
#define STATUS_OFF	0x80000u
#define SLOTS_OFF	0x100000u
#define DATA_OFF	0x400000u
#define DATA_HEAD	640u			/* of an op and its buffer, before the data */
#define BYTES_MAX	16384u

static const uint8_t key[32] = { 7 };

static const struct algorithm {
	const char *name;
	uint32_t iv_len;
	uint16_t nb_read, nb_write;
	struct req_session s;
} algorithms[] = {
	{ "cbc", 16, 2, 2, { .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = 16 } },
	{ "gcm", 12, 3, 3, { .kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_GCM,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = 16, .digest_len = 16,
		.aad_len = 16 } },
	{ "chain", 16, 2, 3, { .kind = REQ_CHAIN, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = 16,
		.chain_order = VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH,
		.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH,
		.auth_algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .auth_key = key, .auth_key_len = 20,
		.digest_len = 20 } },
};
#define NB_ALGORITHMS	(sizeof(algorithms) / sizeof(algorithms[0]))

static const char *const layouts[] = {
	[VQ_SPLIT] = "split", [VQ_SPLIT_IN_ORDER] = "split-io", [VQ_PACKED] = "packed",
	[VQ_PACKED_IN_ORDER] = "packed-io",
};

struct bench {
	const struct algorithm *alg;
	enum vq_kind kind;
	uint32_t len;
	uint8_t *mem;
	uint64_t id;
	struct vcryptod_memory memory;
	struct vcryptod_model model;
	struct vcryptod_lane lane;
	struct vq vq;
	alignas(64) struct vcryptod_vring vring;
};

static void
fail(const char *what)
{
	fprintf(stderr, "device_alone: %s\n", what);
	exit(1);
}

/* ---- the driver ---- */

static uint64_t
guest(const void *p)
{
	return GUEST_OFF + (uint64_t)(uintptr_t)p;
}

static void
entry(struct vq_entry **e, const void *p, uint32_t len)
{
	(*e)->addr = cpu_to_le64(guest(p));
	(*e)->len = cpu_to_le32(len);
	(*e)++;
}

static inline __attribute__((always_inline)) void
fill_slot(struct bench *b, enum vq_kind kind, uint16_t slot)
{
	uint8_t *op = b->mem + DATA_OFF + slot * (b->len + DATA_HEAD + 64), *data = op + DATA_HEAD;
	const struct algorithm *a = b->alg;
	struct vq_entry *e = vq_table(&b->vq, slot);
	uint8_t *iv = (uint8_t *)e - VCRYPTO_SLOT_TABLE + VCRYPTO_SLOT_IV;
	uint8_t hdr[REQ_DATA_HDR_SESSION];
	int n = req_data_header(hdr, sizeof(hdr), &a->s, b->id, a->iv_len, 0, REQ_F_REVISION_1,
			false);

	if (n < 0)
		fail("no header");
	if (a->s.kind == REQ_CIPHER)
		req_set_cipher(hdr, b->len, b->len);
	else if (a->s.kind == REQ_AEAD)
		req_set_aead(hdr, a->s.aad_len, b->len, b->len + a->s.digest_len);
	else
		req_set_chain(hdr, b->len, b->len, 0, b->len, 0, b->len);
	memcpy(iv - n, hdr, (size_t)n);
	entry(&e, iv - n, (uint32_t)n + a->iv_len);
	entry(&e, data, b->len);
	if (a->s.aad_len != 0)
		entry(&e, op + 64, a->s.aad_len);
	entry(&e, data, b->len);
	if (a->s.digest_len != 0)
		entry(&e, data + b->len, a->s.digest_len);
	entry(&e, b->mem + STATUS_OFF + slot, 1);
	vq_shape(&b->vq, kind, slot, a->nb_read, a->nb_write);
}

/* One turn; the cycles of the device's part. */
static inline __attribute__((always_inline)) uint64_t
run_turn(struct bench *b, enum vq_kind kind)
{
	unsigned int i, n;
	uint64_t cycles;
	uint16_t slot;
	uint32_t len;

	for (i = 0; i < TURN; i++)
		vq_add(&b->vq, kind, vq_next_slot(&b->vq, kind), b);
	vq_publish(&b->vq, kind);
	cycles = __rdtsc();
	n = vcryptod_vring_serve(&b->vring, &b->lane);
	cycles = __rdtsc() - cycles;
	if (n != TURN || vq_used(&b->vq, kind, TURN) != TURN)
		fail("the device did not serve the turn");
	for (i = 0; i < TURN; i++)
		if (vq_take(&b->vq, kind, &slot, &len) == NULL ||
				b->mem[STATUS_OFF + slot] != VIRTIO_CRYPTO_OK)
			fail("a request failed");
	return cycles;
}

static inline __attribute__((always_inline)) void
run_turns(struct bench *b, enum vq_kind kind, double *result, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < RING_SIZE; i++)
		fill_slot(b, kind, (uint16_t)i);
	for (i = 0; i < nb; i++)
		result[i] = (double)run_turn(b, kind) / TURN;
}

/* ---- the device ---- */

static void
make_device(struct bench *b, const char *engine)
{
	struct vcryptod_model_config cfg = {
		.engine = vcryptod_engine_find(engine), .max_dataqueues = 1,
		.max_size = 1u << 20, .max_sessions = 1, .nb_lanes = 1,
		.figures = vcryptod_figures_open(-1, 1),
	};

	if (cfg.engine == NULL || cfg.engine->init(&cfg.caps) != 0 ||
			vcryptod_model_init(&b->model, &cfg) != 0)
		fail("no such engine in this build");
	vcryptod_model_features(&b->model, VIRTIO_CRYPTO_F_REVISION_1);
	if (vcryptod_scratch_init(&b->lane.scratch, vcryptod_model_scratch(cfg.max_size)) != 0)
		fail("no memory");
	if (cfg.engine->lane_create != NULL)
		b->lane.engine = cfg.engine->lane_create();
	if (vcryptod_model_create(&b->model, &b->id, &b->alg->s) != VIRTIO_CRYPTO_OK)
		fail("no session");
}

static void
make_ring(struct bench *b)
{
	bool packed = VQ_IS_PACKED(b->kind);
	struct vq_config cfg = {
		.kind = b->kind, .size = RING_SIZE, .indirect = true, .ring = b->mem + RING_OFF,
		.tables = b->mem + SLOTS_OFF + VCRYPTO_SLOT_TABLE,
		.table_stride = VCRYPTO_SLOT_SIZE, .table_entries = VCRYPTO_SLOT_ENTRIES,
	};
	struct vcryptod_vring_setup s = {
		.size = RING_SIZE, .packed = packed, .indirect = true,
		.in_order = VQ_IS_IN_ORDER(b->kind), .avail_base = packed ? 0x8000 : 0,
		.used_base = packed ? 0x8000 : 0, .kick_fd = -1, .call_fd = -1,
		.memory = &b->memory,
	};
	struct vq_areas areas;

	cfg.ring_iova = guest(cfg.ring);
	cfg.tables_iova = guest(cfg.tables);
	cfg.shadow = aligned_alloc(VQ_SHADOW_ALIGN, (vq_shadow_size(RING_SIZE) +
			VQ_SHADOW_ALIGN - 1) & ~(VQ_SHADOW_ALIGN - 1ul));
	vq_ring_areas(&areas, b->kind, RING_SIZE);
	s.desc = b->mem + RING_OFF + areas.desc;
	s.driver = b->mem + RING_OFF + areas.driver;
	s.device = b->mem + RING_OFF + areas.device;
	if (cfg.shadow == NULL || vq_init(&b->vq, &cfg) != 0 ||
			vcryptod_memory_add(&b->memory, guest(b->mem), MEM_SIZE, b->mem) != 0 ||
			vcryptod_vring_init(&b->vring, &b->model, "ring", 0, VCRYPTOD_VRING_DATA,
				0, -1) != 0 ||
			vcryptod_vring_start(&b->vring, &s) != 0)
		fail("no ring");
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
choose(struct bench *b, const char *algorithm, const char *bytes, const char *layout)
{
	unsigned int i;

	for (i = 0; i < NB_ALGORITHMS; i++)
		if (strcmp(algorithm, algorithms[i].name) == 0)
			b->alg = &algorithms[i];
	for (i = VQ_SPLIT; i <= VQ_PACKED_IN_ORDER; i++)
		if (strcmp(layout, layouts[i]) == 0)
			break;
	b->kind = (enum vq_kind)i;
	b->len = (uint32_t)atoi(bytes);
	if (b->alg == NULL || i > VQ_PACKED_IN_ORDER || b->len == 0 || b->len % 16 != 0 ||
			b->len > BYTES_MAX)
		fail("no such algorithm or layout, or bytes that are no blocks");
}

int
main(int argc, char **argv)
{
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~63ul);
	unsigned int nb = argc > 5 ? (unsigned int)atoi(argv[5]) : 3000;
	double *result = calloc(nb, sizeof(*result));
	cpu_set_t set;

	if (argc < 5 || b == NULL || result == NULL || nb == 0)
		fail("usage: device_alone ENGINE ALGORITHM BYTES LAYOUT [TURNS [CPU]]");
	memset(b, 0, sizeof(*b));
	b->mem = aligned_alloc(1u << 21, MEM_SIZE);
	if (b->mem == NULL)
		fail("no memory");
	memset(b->mem, 0, MEM_SIZE);
	CPU_ZERO(&set);
	CPU_SET(argc > 6 ? (unsigned int)atoi(argv[6]) : 0, &set);
	if (argc > 6 && sched_setaffinity(0, sizeof(set), &set) != 0)
		fail("no such CPU");
	choose(b, argv[2], argv[3], argv[4]);
	make_device(b, argv[1]);
	make_ring(b);
	switch (b->kind) {
	case VQ_SPLIT: run_turns(b, VQ_SPLIT, result, nb); break;
	case VQ_SPLIT_IN_ORDER: run_turns(b, VQ_SPLIT_IN_ORDER, result, nb); break;
	case VQ_PACKED: run_turns(b, VQ_PACKED, result, nb); break;
	default: run_turns(b, VQ_PACKED_IN_ORDER, result, nb); break;
	}
	qsort(result, nb, sizeof(*result), by_value);
	printf("%s, %s, %u B, %s: %.1f cycles, median %.1f, of %u requests\n", argv[1],
			b->alg->name, b->len, layouts[b->kind], result[nb / 20], result[nb / 2],
			nb * TURN);
	return 0;
}

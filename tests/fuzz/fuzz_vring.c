/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A ring of the daemon and its service, against a driver that owns all of the memory.
 *
 * Input: variant, what the front end said about the ring, then calls: bytes or plausible
 * descriptors and requests into guest memory, the worker's verbs, stop and start, and half of
 * the memory that goes away or comes back.  ASan watches the memory; the ring's areas and all
 * requests lie in it.  What is away is poisoned, but for the driver.
 */
#include <fcntl.h>
#include <sanitizer/asan_interface.h>

#include "fuzz_input.h"
#include "log.h"
#include "vring.h"

#define MEM_BYTES	16384u
#define HALF		(MEM_BYTES / 2)
#define GUEST		UINT64_C(0x40000000)
#define MAX_CALLS	200u
#define AREA		2048u		/* bytes of each of three ring areas */
#define REQUESTS	(3 * AREA)	/* requests' bytes begin here */

struct rig {
	struct vcryptod_vring v;
	struct vcryptod_vring_setup setup;
	bool running;
	uint16_t next;			/* split: available index; packed: position */
	bool wrap;
};

static struct vcryptod_model model;
static struct vcryptod_lane lane;
static struct vcryptod_memory memory;
static uint8_t *mem;
static bool away[2];			/* a half of it */

/* Lines about broken rings are the point, and would be most of the time. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct vcryptod_model_config cfg = {
		.engine = &vcryptod_engine_null, .max_dataqueues = 1, .max_size = 65536,
		.max_sessions = 4, .nb_lanes = 1, .max_sas = 2, .max_window = 64,
	};
	int fd;

	(void)argc;
	(void)argv;
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	FUZZ_CHECK(fd >= 0);
	vcryptod_log_redirect(fd, NULL);
	FUZZ_CHECK(cfg.engine->init(&cfg.caps) == 0);
	cfg.figures = vcryptod_figures_open(-1, 1);
	FUZZ_CHECK(cfg.figures != NULL);
	FUZZ_CHECK(vcryptod_model_init(&model, &cfg) == 0);
	FUZZ_CHECK(vcryptod_scratch_init(&lane.scratch, vcryptod_model_scratch(65536)) == 0);
	mem = aligned_alloc(4096, MEM_BYTES);
	FUZZ_CHECK(mem != NULL);
	FUZZ_CHECK(vcryptod_memory_add(&memory, GUEST, HALF, mem) == 0);
	FUZZ_CHECK(vcryptod_memory_add(&memory, GUEST + HALF, HALF, mem + HALF) == 0);
	return 0;
}

static void
let_driver_write(bool on)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (away[i] && !on)
			ASAN_POISON_MEMORY_REGION(mem + i * HALF, HALF);
		else
			ASAN_UNPOISON_MEMORY_REGION(mem + i * HALF, HALF);
	}
}

/* ---- the driver ---- */

static void
scribble(struct fuzz_input *in)
{
	uint16_t at = fuzz_u16(in);
	uint8_t bytes[64], len = fuzz_u8(in) & 63;

	fuzz_take(in, bytes, len);
	memcpy(mem + at % (MEM_BYTES - len), bytes, len);
}

/* The request's first bytes: a control or data header with the input's lengths. */
static void
write_request(struct fuzz_input *in, uint8_t *to)
{
	uint8_t how = fuzz_u8(in), bytes[72];

	fuzz_take(in, bytes, sizeof(bytes));
	bytes[0] = how & 7;
	bytes[1] = how >> 3 & 7;
	memcpy(to, bytes, sizeof(bytes));
}

static void
put_desc(struct rig *r, uint16_t i, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	uint16_t ring_flags = flags;

	if (r->setup.packed) {
		ring_flags |= r->wrap ? 0x80 : 0x8000;
		struct pvirtq_desc d = { cpu_to_le64(addr), cpu_to_le32(len), cpu_to_le16(next),
			cpu_to_le16(ring_flags) };

		memcpy(mem + i * 16u, &d, sizeof(d));
	} else {
		struct virtq_desc d = { cpu_to_le64(addr), cpu_to_le32(len),
			cpu_to_le16(ring_flags), cpu_to_le16(next) };

		memcpy(mem + i * 16u, &d, sizeof(d));
	}
}

/* One request of two descriptors, well linked, made available. */
static void
request(struct rig *r, struct fuzz_input *in)
{
	uint8_t where = fuzz_u8(in), lens = fuzz_u8(in), flags = fuzz_u8(in);
	uint16_t size = r->setup.size, i;
	uint64_t at = REQUESTS + where * 32u;
	struct virtq_avail *avail = (void *)(mem + AREA);

	if (size < 2 || size * 16u > AREA)
		return;
	write_request(in, mem + at % (MEM_BYTES - 256));
	for (i = 0; i < 2; i++) {
		uint16_t pos = r->setup.packed ? r->next : (uint16_t)(r->next * 2 + i) % size;

		put_desc(r, pos, GUEST + at + i * 128u, i == 0 ? 72u + (lens & 63) : 1u + lens,
			(uint16_t)((i == 0 ? 1 : 2) ^ (flags & 64 ? flags & 7 : 0)),
			(uint16_t)((pos + 1) % size));
		if (r->setup.packed && ++r->next >= size) {
			r->next = 0;
			r->wrap = !r->wrap;
		}
	}
	if (!r->setup.packed) {
		avail->ring[r->next % size] = cpu_to_le16((uint16_t)(r->next * 2 % size));
		avail->idx = cpu_to_le16(++r->next);
	}
}

/* ---- the daemon ---- */

static void
start(struct rig *r, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in), size = fuzz_u8(in);
	uint16_t off = how & 64 ? fuzz_u16(in) % 64 : 0;

	/* The device looks whether the areas are there. */
	if (r->running || away[0])
		return;
	r->setup = (struct vcryptod_vring_setup){
		.size = size & 128 ? size : (uint16_t)(1u << (size & 7)),
		.packed = how & 1, .indirect = (how & 2) != 0, .event_idx = (how & 4) != 0,
		.in_order = (how & 8) != 0, .blind = (how & 17) == 16,
		.desc = mem + off, .driver = mem + AREA + off, .device = mem + 2 * AREA + off,
		.kick_fd = -1, .call_fd = -1, .memory = &memory,
	};
	r->setup.avail_base = r->setup.used_base = r->setup.packed ? 0x8000 : 0;
	if (how & 32)
		r->setup.avail_base = fuzz_u16(in);
	r->next = r->setup.packed ? r->setup.avail_base & 0x7fff : r->setup.avail_base;
	r->next = r->setup.packed && r->next >= r->setup.size ? 0 : r->next;
	r->wrap = true;
	r->running = vcryptod_vring_start(&r->v, &r->setup) == 0;
}

static void
stop(struct rig *r)
{
	uint16_t avail, used;

	FUZZ_CHECK(vcryptod_vring_stop(&r->v, &avail, &used) || !r->running);
	r->running = false;
}

static void
take_away(struct rig *r, unsigned int i)
{
	struct vcryptod_region gone;

	FUZZ_CHECK(vcryptod_memory_remove(&memory, &gone, GUEST + i * HALF, HALF) == 0);
	vcryptod_vring_pause(&r->v);
	if (vcryptod_vring_lose(&r->v, gone.host, gone.size))
		vcryptod_vring_settle(&r->v, gone.host, gone.size);
	else
		stop(r);
	away[i] = true;
}

static void
give_back(unsigned int i)
{
	if (away[i])
		FUZZ_CHECK(vcryptod_memory_add(&memory, GUEST + i * HALF, HALF, mem + i * HALF) ==
				0);
	away[i] = false;
}

static void
change(struct rig *r, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in);

	if ((how & 6) == 6 && away[how >> 3 & 1])
		give_back(how >> 3 & 1);
	else if ((how & 6) == 6)
		take_away(r, how >> 3 & 1);
	else if (how & 1)
		stop(r);
	else
		start(r, in);
}

static void
call(struct rig *r, struct fuzz_input *in)
{
	uint8_t what = fuzz_u8(in) % 8;
	unsigned int n;
	int fd;

	let_driver_write(what < 4);
	switch (what) {
	case 0: scribble(in); break;
	case 1: case 2: case 3: request(r, in); break;
	case 4: case 5:
		lane.spent = false;
		n = vcryptod_vring_serve(&r->v, &lane);
		FUZZ_CHECK(n <= VCRYPTOD_BATCH);
		FUZZ_CHECK(n == 0 || r->running);
		break;
	case 6:
		fd = vcryptod_vring_arm(&r->v);
		FUZZ_CHECK(fd == -1 || fd == -2);
		vcryptod_vring_disarm(&r->v);
		break;
	case 7: change(r, in); break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	enum vcryptod_vring_kind kind = VCRYPTOD_VRING_DATA;
	static struct rig r;
	unsigned int calls = 0;

	memset(&r, 0, sizeof(r));
	memset(mem, 0, MEM_BYTES);
	vcryptod_model_features(&model, how & 2 ? VCRYPTOD_FEATURES : 0);
	if (how & 1)
		kind = how & 8 ? VCRYPTOD_VRING_ADMIN : VCRYPTOD_VRING_CONTROL;
	FUZZ_CHECK(vcryptod_vring_init(&r.v, &model, "fuzz", 0, kind, how & 4 ? how : 0, -1) == 0);
	start(&r, &in);
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&r, &in);
	stop(&r);
	vcryptod_vring_fini(&r.v);
	give_back(0);
	give_back(1);
	let_driver_write(true);
	vcryptod_model_reset(&model);
	return 0;
}

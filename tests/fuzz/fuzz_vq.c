/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver half of a virtqueue against a device that writes what it likes.
 *
 * Input: variant, then calls.  A call adds, publishes, takes, or lets the device work
 * honestly (the device half over the same ring) or write bytes anywhere in the memory
 * that it shares.  Whatever it writes: each token comes back exactly once, with the slot
 * that it was added with, and a broken queue gives nothing but by vq_detach.
 */
#include "fuzz_input.h"
#include "vq_device.h"
#include "vq_hot.h"

#define MAX_SIZE	16u
#define MAX_ENTRIES	4u
#define MAX_CALLS	400u
#define RING_BYTES	(3u * VQ_RING_ALIGN)
#define NB_HELD		32u

struct token {
	uint16_t slot;
	bool in_flight;
};

struct rig {
	struct vq vq;
	enum vq_kind kind;
	uint16_t size, entries;
	bool indirect;
	struct vqd d;
	struct vqd_req held[NB_HELD];	/* popped by the honest device */
	unsigned int nb_held;
	struct token token[MAX_SIZE];	/* by slot: one request a slot */
	unsigned int in_flight;
};

static uint8_t ring[RING_BYTES] __attribute__((aligned(VQ_RING_ALIGN)));
static struct vq_entry tables[MAX_SIZE][MAX_ENTRIES];
static struct vq_entry ext_table[MAX_SIZE][MAX_SIZE];
static uint8_t buffer[64];

static void *
translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	uint64_t at = addr - (uintptr_t)tables;

	(void)ctx;
	(void)write;
	if (at < sizeof(tables) && *len <= sizeof(tables) - at)
		return (uint8_t *)tables + at;
	at = addr - (uintptr_t)ext_table;
	if (at < sizeof(ext_table) && *len <= sizeof(ext_table) - at)
		return (uint8_t *)ext_table + at;
	return *len <= sizeof(buffer) ? buffer : NULL;
}

/* ---- the driver's calls ---- */

static void
fill(struct vq_entry *table, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++) {
		table[i].addr = cpu_to_le64((uintptr_t)buffer);
		table[i].len = cpu_to_le32(8);
	}
}

static struct token *
mark(struct rig *r, uint16_t slot)
{
	struct token *t = &r->token[slot];

	FUZZ_CHECK(slot < r->size);
	FUZZ_CHECK(!t->in_flight);
	t->in_flight = true;
	t->slot = slot;
	r->in_flight++;
	return t;
}

static void
add(struct rig *r, uint8_t shape)
{
	uint16_t nb_read = (uint16_t)(shape % (r->entries + 1)), slot;
	uint16_t nb_write = (uint16_t)(shape / 16 % (r->entries + 1 - nb_read));

	if (vq_nb_free(&r->vq) == 0)
		return;
	nb_write = (uint16_t)(nb_write + (nb_read + nb_write == 0));
	slot = vq_next_slot(&r->vq, r->kind);
	FUZZ_CHECK(slot < r->size);
	fill(vq_table(&r->vq, slot), nb_read + nb_write);
	vq_shape(&r->vq, r->kind, slot, nb_read, nb_write);
	vq_add(&r->vq, r->kind, slot, mark(r, slot));
}

static void
add_ext(struct rig *r, uint8_t shape)
{
	uint16_t nb = (uint16_t)(1 + shape % MAX_SIZE), slot;

	if (vq_nb_free(&r->vq) == 0)
		return;
	slot = vq_next_slot(&r->vq, r->kind);
	FUZZ_CHECK(slot < r->size);
	fill(ext_table[slot], nb);
	if (vq_add_ext(&r->vq, r->kind, slot, &r->token[slot], ext_table[slot],
			(uintptr_t)ext_table[slot], nb, 0) == 0)
		mark(r, slot);
}

static void
feed(struct rig *r, uint8_t nb)
{
	struct vq_feed f;
	uint32_t room = vq_feed_begin(&f, &r->vq, r->kind, vq_is_plain(&r->vq));
	uint16_t slot;

	for (nb &= 7; nb > 0 && room > 0; nb--, room--) {
		slot = (uint16_t)vq_feed_slot(&f, r->kind);
		FUZZ_CHECK(slot < r->size);
		fill(vq_feed_table(&f, slot), 1);
		vq_shape(&r->vq, r->kind, slot, 0, 1);
		vq_feed_add(&f, r->kind, slot, mark(r, slot));
	}
	vq_feed_end(&f, r->kind);
}

static void
came_back(struct rig *r, struct token *t, uint16_t slot)
{
	FUZZ_CHECK(slot < r->size);
	FUZZ_CHECK(t == &r->token[slot]);
	FUZZ_CHECK(t->in_flight);
	t->in_flight = false;
	r->in_flight--;
}

static void
take(struct rig *r, uint8_t how)
{
	uint16_t n = vq_used(&r->vq, r->kind, how & 15), slot = UINT16_MAX;
	uint32_t len;
	void *token;

	FUZZ_CHECK(n <= (how & 15));
	FUZZ_CHECK(n == 0 || !vq_is_broken(&r->vq));
	for (; n > 0; n--) {
		token = vq_take(&r->vq, r->kind, &slot, how & 16 ? NULL : &len);
		if (token == NULL)
			break;
		came_back(r, token, slot);
	}
}

static void
drain(struct rig *r, uint8_t how)
{
	uint16_t nb = vq_used(&r->vq, r->kind, how & 15);
	struct vq_drain d;
	uint32_t len;
	void *token;
	size_t slot;

	vq_drain_begin(&d, &r->vq, r->kind, nb, vq_is_plain(&r->vq));
	while (vq_drain_take(&d, r->kind, &token, &slot, how & 16 ? NULL : &len))
		came_back(r, token, (uint16_t)slot);
	vq_drain_end(&d, r->kind);
}

/* ---- the device ---- */

static void
pop(struct rig *r, unsigned int nb)
{
	static struct vqd_seg seg[2 * MAX_SIZE];
	struct vqd_req *q;

	while (nb-- > 0 && r->nb_held < NB_HELD) {
		q = &r->held[r->nb_held];
		if (vqd_pop_pool(&r->d, q, 1, seg, 2 * MAX_SIZE) != 1)
			return;
		r->nb_held++;
	}
}

/* Completes the which-th that it holds. */
static void
push(struct rig *r, uint8_t which, uint32_t len)
{
	if (r->nb_held == 0)
		return;
	which = VQ_IS_IN_ORDER(r->kind) ? 0 : (uint8_t)(which % r->nb_held);
	vqd_push(&r->d, &r->held[which], len);
	r->nb_held--;
	memmove(&r->held[which], &r->held[which + 1],
		(r->nb_held - which) * sizeof(r->held[0]));
	vqd_publish(&r->d);
	(void)vqd_needs_call(&r->d);
}

static void
scribble(struct fuzz_input *in, bool table)
{
	uint16_t at = fuzz_u16(in);
	uint8_t len = fuzz_u8(in) & 31;
	uint8_t bytes[32];

	fuzz_take(in, bytes, len);
	if (table)
		memcpy((uint8_t *)tables + at % (sizeof(tables) - len), bytes, len);
	else
		memcpy(ring + at % (sizeof(ring) - len), bytes, len);
}

/* A word where the device's words are, relative to what is there. */
static void
nudge(struct rig *r, struct fuzz_input *in)
{
	struct vq_areas areas;
	uint8_t at = fuzz_u8(in), by = fuzz_u8(in);

	vq_ring_areas(&areas, r->kind, r->size);
	if (VQ_IS_PACKED(r->kind))
		ring[areas.desc + at] = (uint8_t)(ring[areas.desc + at] + by);
	else
		ring[areas.device + at] = (uint8_t)(ring[areas.device + at] + by);
}

/* ---- one input ---- */

static void
set_up(struct rig *r, struct fuzz_input *in, void *shadow)
{
	uint8_t how = fuzz_u8(in), what = fuzz_u8(in);
	struct vq_config cfg = {
		.kind = (enum vq_kind)(how & 3), .indirect = (how & 4) != 0,
		.event_idx = (how & 8) != 0, .order_platform = (how & 16) != 0,
		.fifo_slots = (how & 36) == 36, .ring = ring, .ring_iova = (uintptr_t)ring,
		.tables = tables, .tables_iova = (uintptr_t)tables,
		.table_stride = sizeof(tables[0]), .shadow = shadow,
	};
	struct vqd_config dcfg = { .translate = translate };
	struct vq_areas areas;

	r->kind = cfg.kind;
	r->indirect = cfg.indirect;
	cfg.size = (uint16_t)(1 + what % MAX_SIZE);
	if (!VQ_IS_PACKED(r->kind))
		cfg.size = (uint16_t)(1u << (what % 5));
	cfg.table_entries = cfg.size < MAX_ENTRIES ? cfg.size : MAX_ENTRIES;
	cfg.first_idx = VQ_IS_PACKED(r->kind) ? 0 : (uint16_t)(0u - (what >> 4));
	r->size = cfg.size;
	r->entries = cfg.table_entries;
	FUZZ_CHECK(vq_init(&r->vq, &cfg) == 0);
	vq_ring_areas(&areas, r->kind, r->size);
	dcfg.packed = VQ_IS_PACKED(r->kind);
	dcfg.indirect = cfg.indirect;
	dcfg.event_idx = cfg.event_idx;
	dcfg.batches = VQ_IS_IN_ORDER(r->kind);
	dcfg.size = cfg.size;
	dcfg.desc = ring + areas.desc;
	dcfg.driver = ring + areas.driver;
	dcfg.device = ring + areas.device;
	dcfg.avail_base = dcfg.used_base = dcfg.packed ? 0x8000 : cfg.first_idx;
	FUZZ_CHECK(vqd_init(&r->d, &dcfg) == 0);
}

static void
call(struct rig *r, struct fuzz_input *in)
{
	uint8_t op = fuzz_u8(in), arg = fuzz_u8(in);

	switch (op % 12) {
	case 0: add(r, arg); break;
	case 1: feed(r, arg); break;
	case 2: add_ext(r, arg); break;
	case 3:
		vq_publish(&r->vq, r->kind);
		(void)vq_needs_kick(&r->vq, r->kind);
		(void)vq_notify_data(&r->vq, r->kind);
		break;
	case 4: take(r, arg); break;
	case 5: drain(r, arg); break;
	case 6: pop(r, arg & 15); break;
	case 7: push(r, arg, arg); break;
	case 8: scribble(in, false); break;
	case 9: scribble(in, true); break;
	case 10: nudge(r, in); break;
	case 11:
		if (arg == 0xff)
			vq_break(&r->vq, VQ_LOST);
		break;
	}
	FUZZ_CHECK(vq_nb_in_flight(&r->vq) == r->in_flight);
	FUZZ_CHECK(vq_nb_free(&r->vq) <= r->size - r->in_flight);
	FUZZ_CHECK(!vq_is_broken(&r->vq) || vq_nb_free(&r->vq) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	static struct rig r;
	unsigned int calls = 0;
	uint16_t slot = UINT16_MAX;
	void *shadow, *token;

	memset(&r, 0, sizeof(r));
	memset(ring, 0, sizeof(ring));
	memset(tables, 0, sizeof(tables));
	if (posix_memalign(&shadow, VQ_SHADOW_ALIGN, vq_shadow_size(MAX_SIZE)) != 0)
		abort();
	set_up(&r, &in, shadow);
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&r, &in);
	while ((token = vq_detach(&r.vq, &slot)) != NULL)
		came_back(&r, token, slot);
	FUZZ_CHECK(r.in_flight == 0);
	vq_fini(&r.vq);
	vqd_fini(&r.d);
	free(shadow);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half of a virtqueue against a driver that writes what it likes.
 *
 * Input: variant, then calls: the driver writes bytes anywhere in rings and memory, or
 * a well-formed descriptor; the device pops, pushes, publishes, asks.  Segments must lie
 * in the memory that was mapped, be writable where they are to be written, and add up.
 */
#include <errno.h>

#include "fuzz_input.h"
#include "vq_device.h"

#define MAX_SIZE	32u
#define MAX_SEGS	24u
#define POOL_SEGS	(2 * MAX_SEGS)	/* that a burst shares, if it does */
#define BURST		8u
#define MAX_CALLS	300u
#define MEM_BYTES	4096u
#define MEM_ADDR	UINT64_C(0x10000)
#define GAP_ADDR	UINT64_C(0x12000)	/* the second half, read-only */

struct rig {
	struct vqd d;
	struct vqd_config cfg;
	struct vqd_seg seg[BURST][MAX_SEGS];
	struct vqd_req req[BURST];
	struct vqd_req held[64];
	unsigned int nb_held;
	bool pool;
};

static uint8_t area[3][MAX_SIZE * 16 + 8] __attribute__((aligned(16)));
static uint8_t mem[MEM_BYTES] __attribute__((aligned(16)));

static void *
translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	uint64_t at = addr - MEM_ADDR, end = MEM_BYTES / 2;

	(void)ctx;
	if (at >= end) {
		at = addr - GAP_ADDR;
		if (at >= end || write)
			return NULL;
		at += end;
		end = MEM_BYTES;
	}
	if (*len > end - at)
		*len = end - at;
	return mem + at;
}

/* ---- the driver ---- */

static void
scribble(struct fuzz_input *in, uint8_t *to, size_t room)
{
	uint16_t at = fuzz_u16(in);
	uint8_t bytes[32], len = fuzz_u8(in) & 31;

	fuzz_take(in, bytes, len);
	memcpy(to + at % (room - len), bytes, len);
}

/* A descriptor whose fields are mostly plausible, in a ring or in a table. */
static void
plausible(struct rig *r, struct fuzz_input *in, bool table)
{
	uint8_t slot = fuzz_u8(in), where = fuzz_u8(in);
	uint64_t addr = (where & 1 ? GAP_ADDR : MEM_ADDR) + (where & ~15u);
	uint32_t len = fuzz_u8(in) * (where & 2 ? 16u : 1u);
	uint16_t flags = fuzz_u8(in), next = fuzz_u8(in);
	uint8_t *to = table ? mem + (slot & 127) * 16 :
			area[0] + slot % r->cfg.size * 16u;

	if (r->cfg.packed) {
		struct pvirtq_desc d = { cpu_to_le64(addr), cpu_to_le32(len), cpu_to_le16(next),
			cpu_to_le16((uint16_t)((flags & 7) | (flags & 0x18) << 4 |
				(flags & 0x60) << 9)) };

		memcpy(to, &d, sizeof(d));
	} else {
		struct virtq_desc d = { cpu_to_le64(addr), cpu_to_le32(len),
			cpu_to_le16(flags & 7), cpu_to_le16(next) };

		memcpy(to, &d, sizeof(d));
	}
}

/* Split: one more head.  Packed: the descriptor at a place becomes available. */
static void
avail(struct rig *r, struct fuzz_input *in)
{
	uint8_t head = fuzz_u8(in), place = fuzz_u8(in);
	struct virtq_avail *a = (void *)area[1];
	struct pvirtq_desc *d = (void *)area[0];
	uint16_t idx;

	if (r->cfg.packed) {
		bool wrap = (vqd_avail_base(&r->d) & 0x8000) != 0;

		idx = (uint16_t)(vqd_avail_base(&r->d) + place % 4) & 0x7fff;
		if (idx < r->cfg.size)
			d[idx].flags = cpu_to_le16((uint16_t)((head & 7) |
				(wrap ? 0x80 : 0x8000)));
		return;
	}
	idx = le16_to_cpu(a->idx);
	a->ring[idx % r->cfg.size] = cpu_to_le16(head % (r->cfg.size + 1));
	a->idx = cpu_to_le16((uint16_t)(idx + 1));
}

/* ---- the device ---- */

static void
check_segs(const struct vqd_req *q, const struct vqd_seg *seg, bool whole)
{
	uint64_t read = 0, write = 0;
	unsigned int i, n = q->nb_read + q->nb_write;

	FUZZ_CHECK(n <= POOL_SEGS);
	for (i = 0; i < n; i++) {
		FUZZ_CHECK(seg[i].len != 0);
		FUZZ_CHECK(seg[i].ptr >= mem && seg[i].len <= MEM_BYTES -
			(size_t)(seg[i].ptr - mem));
		FUZZ_CHECK(i < q->nb_read || seg[i].ptr + seg[i].len <= mem + MEM_BYTES / 2);
		*(i < q->nb_read ? &read : &write) += seg[i].len;
	}
	FUZZ_CHECK(whole ? read == q->read_len && write == q->write_len :
		n == 0 || write == q->write_len || write == 1);
}

static void
hold(struct rig *r, const struct vqd_req *q)
{
	FUZZ_CHECK(q->nb_desc >= 1);
	if (r->nb_held < sizeof(r->held) / sizeof(r->held[0]))
		r->held[r->nb_held++] = *q;
	else
		vqd_break(&r->d, "more than the queue holds");
}

static void
pop(struct rig *r, uint8_t nb)
{
	/* A pool for one, for few, or for all that a burst may have. */
	uint32_t room = nb % (BURST + 1) == 0 ? MAX_SEGS : r->pool ? POOL_SEGS :
		BURST * MAX_SEGS;
	uint8_t back = (uint8_t)(nb / (BURST + 1));
	unsigned int i;
	int rc;

	nb = (uint8_t)(nb % (BURST + 1));
	rc = vqd_pop_pool(&r->d, r->req, nb == 0 ? 1 : nb, r->seg[0], room);
	FUZZ_CHECK(rc <= (nb == 0 ? 1 : nb));
	FUZZ_CHECK(r->d.broken == NULL || rc < 0 || nb > 0);
	for (i = 0; rc > 0 && i < (unsigned int)rc; i++) {
		check_segs(&r->req[i], r->req[i].seg, true);
		FUZZ_CHECK((size_t)(r->req[i].seg - r->seg[0]) + r->req[i].nb_read +
			r->req[i].nb_write <= room);
	}
	/* Some go back at once. */
	if (rc > 0 && back % 4 == 0) {
		vqd_unpop(&r->d, &r->req[rc - 1], 1);
		rc--;
	}
	for (i = 0; rc > 0 && i < (unsigned int)rc; i++)
		hold(r, &r->req[i]);
	if (rc < 0) {
		if (rc == -EFAULT) {
			FUZZ_CHECK(r->req[0].nb_read == 0);
			check_segs(&r->req[0], r->req[0].seg, false);
		}
		FUZZ_CHECK(vqd_error(&r->d) != NULL || r->d.broken != NULL);
		/* It was taken from the ring and can be handed back. */
		if (r->d.broken == NULL)
			hold(r, &r->req[0]);
	}
}

static void
push(struct rig *r, uint8_t which)
{
	if (r->nb_held == 0)
		return;
	which = r->cfg.batches ? 0 : (uint8_t)(which % r->nb_held);
	vqd_push(&r->d, &r->held[which], which);
	r->nb_held--;
	memmove(&r->held[which], &r->held[which + 1],
		(r->nb_held - which) * sizeof(r->held[0]));
}

static void
call(struct rig *r, struct fuzz_input *in)
{
	uint8_t op = fuzz_u8(in), arg = fuzz_u8(in);

	switch (op % 14) {
	case 0: scribble(in, area[arg % 3], sizeof(area[0])); break;
	case 1: scribble(in, mem, sizeof(mem)); break;
	case 2: case 3: plausible(r, in, false); break;
	case 4: case 5: plausible(r, in, true); break;
	case 6: case 7: avail(r, in); break;
	case 8: case 9: pop(r, arg); break;
	case 10: push(r, arg); break;
	case 11:
		vqd_publish(&r->d);
		if (arg & 1)
			(void)vqd_needs_call(&r->d);
		else if (arg & 2)
			(void)vqd_asks_call(&r->d);
		else
			(void)vqd_asks_call_again(&r->d);
		break;
	case 12:
		if (arg & 1)
			vqd_notify_off(&r->d);
		else
			(void)vqd_notify_on(&r->d);
		break;
	case 13:
		if (r->cfg.batches)
			vqd_cut(&r->d);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in), what = fuzz_u8(&in);
	static struct rig r;
	unsigned int calls = 0;

	memset(&r, 0, sizeof(r));
	memset(area, 0, sizeof(area));
	memset(mem, 0, sizeof(mem));
	r.cfg = (struct vqd_config){
		.packed = how & 1, .indirect = (how & 2) != 0, .event_idx = (how & 4) != 0,
		.batches = (how & 8) != 0, .desc = area[0], .driver = area[1], .device = area[2],
		.translate = translate, .size = (uint16_t)(1 + what % MAX_SIZE),
		.lasting = (how & 32) != 0, .table_max = how & 128 ? 2 * MAX_SIZE : 0,
		.pop_bytes = what & 128 ? 64 : 0,
	};
	r.pool = (how & 64) != 0;
	if (!r.cfg.packed)
		r.cfg.size = (uint16_t)(1u << what % 6);
	r.cfg.avail_base = r.cfg.used_base = r.cfg.packed ? 0x8000 : 0;
	if (how & 16) {
		r.cfg.avail_base = fuzz_u16(&in);
		r.cfg.used_base = fuzz_u16(&in);
	}
	if (vqd_init(&r.d, &r.cfg) != 0)
		return 0;
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&r, &in);
	vqd_fini(&r.d);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See the header.
 *
 * What the driver wrote is kept twice; what the device may write is marked, a byte for each.
 * A slot: an indirect table, readable bytes, unmarked ones, writable ones, unmarked ones.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_guest.h"
#include "virtio_ring.h"

#define SLOT_READABLE	32u		/* bytes into a slot */
#define SLOT_WRITABLE	352u
#define PACKED_AVAIL	(1u << 7)
#define PACKED_USED	(1u << 15)

static uint8_t written[GUEST_MEM], marked[GUEST_MEM];

void
guest_init(struct guest *g, uint64_t at)
{
	g->fd = memfd_create("guest", 0);
	FUZZ_CHECK(g->fd >= 0 && ftruncate(g->fd, GUEST_MEM) == 0);
	g->mem = mmap(NULL, GUEST_MEM, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, 0);
	FUZZ_CHECK(g->mem != MAP_FAILED);
	g->at = at;
}

void
guest_reset(struct guest *g)
{
	memset(g->queue, 0, sizeof(g->queue));
	memset(g->mem, 0, GUEST_MEM);
	memset(written, 0, GUEST_MEM);
	memset(marked, 0, GUEST_MEM);
	g->unclear = g->packed = g->indirect = false;
}

static size_t
slot_at(unsigned int q, uint32_t slot)
{
	return GUEST_HALF + (q * GUEST_SLOTS + slot) * GUEST_SLOT;
}

/* By the driver. */
static void
guest_write(struct guest *g, size_t at, const void *from, size_t len)
{
	memcpy(g->mem + at, from, len);
	memcpy(written + at, from, len);
}

static void
guest_clear(struct guest *g, size_t at, size_t len)
{
	memset(g->mem + at, 0, len);
	memset(written + at, 0, len);
}

void
guest_begin_queue(struct guest *g, unsigned int q, uint16_t size)
{
	size_t base = q * GUEST_QUEUE;

	guest_clear(g, base, GUEST_QUEUE);
	memset(marked + base, 0, GUEST_QUEUE);
	memset(marked + slot_at(q, 0), 0, GUEST_SLOTS * GUEST_SLOT);
	guest_clear(g, slot_at(q, 0), GUEST_SLOTS * GUEST_SLOT);
	if (g->packed) {
		memset(marked + base, 1, size * sizeof(struct pvirtq_desc));
		memset(marked + base + GUEST_USED, 1, sizeof(struct pvirtq_event_suppress));
	} else {
		memset(marked + base + GUEST_USED, 1, sizeof(struct virtq_used) + 2 +
			size * sizeof(struct virtq_used_elem));
	}
	g->queue[q] = (struct guest_queue){ .size = size, .avail_wrap = true,
		.used_wrap = true };
}

/* ---- requests ---- */

static void
put_split(struct guest *g, size_t at, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	struct virtq_desc d = { cpu_to_le64(addr), cpu_to_le32(len), cpu_to_le16(flags),
		cpu_to_le16(next) };

	guest_write(g, at, &d, sizeof(d));
}

static void
put_packed(struct guest *g, size_t at, uint64_t addr, uint32_t len, uint16_t flags, uint16_t id)
{
	struct pvirtq_desc d = { cpu_to_le64(addr), cpu_to_le32(len), cpu_to_le16(id),
		cpu_to_le16(flags) };

	guest_write(g, at, &d, sizeof(d));
}

/* The next descriptor of a packed ring. */
static void
add_packed(struct guest *g, unsigned int q, uint64_t addr, uint32_t len, uint16_t flags,
		uint16_t id)
{
	struct guest_queue *k = &g->queue[q];

	flags |= k->avail_wrap ? PACKED_AVAIL : PACKED_USED;
	put_packed(g, q * GUEST_QUEUE + k->avail * sizeof(struct pvirtq_desc), addr, len, flags,
		id);
	if (++k->avail == k->size) {
		k->avail = 0;
		k->avail_wrap = !k->avail_wrap;
	}
}

/* slot: of its memory. */
static void
add_request(struct guest *g, unsigned int q, uint16_t slot, size_t at, size_t len, size_t room,
		bool indirect)
{
	uint64_t readable = g->at + at + SLOT_READABLE, writable = g->at + at + SLOT_WRITABLE;
	size_t desc = q * GUEST_QUEUE + 2u * slot * sizeof(struct virtq_desc);
	void (*put)(struct guest *, size_t, uint64_t, uint32_t, uint16_t, uint16_t) =
		g->packed ? put_packed : put_split;

	if (indirect) {
		put(g, at, readable, (uint32_t)len, g->packed ? 0 : VIRTQ_DESC_F_NEXT, 1);
		put(g, at + 16, writable, (uint32_t)room, VIRTQ_DESC_F_WRITE, 0);
	}
	if (g->packed && indirect) {
		add_packed(g, q, g->at + at, 32, VIRTQ_DESC_F_INDIRECT, slot);
	} else if (g->packed) {
		add_packed(g, q, readable, (uint32_t)len, VIRTQ_DESC_F_NEXT, slot);
		add_packed(g, q, writable, (uint32_t)room, VIRTQ_DESC_F_WRITE, slot);
	} else if (indirect) {
		put(g, desc, g->at + at, 32, VIRTQ_DESC_F_INDIRECT, 0);
	} else {
		put(g, desc, readable, (uint32_t)len, VIRTQ_DESC_F_NEXT,
			(uint16_t)(2 * slot + 1));
		put(g, desc + sizeof(struct virtq_desc), writable, (uint32_t)room,
			VIRTQ_DESC_F_WRITE, 0);
	}
}

/* A split ring's available index shows the request. */
static void
show_request(struct guest *g, unsigned int q, uint16_t slot)
{
	struct guest_queue *k = &g->queue[q];
	size_t avail = q * GUEST_QUEUE + GUEST_AVAIL;
	le16 v = cpu_to_le16((uint16_t)(2 * slot));

	if (g->packed)
		return;
	guest_write(g, avail + sizeof(struct virtq_avail) + k->avail % k->size * sizeof(v), &v,
		sizeof(v));
	v = cpu_to_le16(++k->avail);
	guest_write(g, avail + offsetof(struct virtq_avail, idx), &v, sizeof(v));
}

bool
guest_request(struct guest *g, unsigned int q, const uint8_t *req, size_t len, size_t room,
		uint8_t how)
{
	struct guest_queue *k = &g->queue[q];
	bool indirect = g->indirect && (how & 1);
	uint16_t slot = 0;
	size_t at;

	FUZZ_CHECK(len <= GUEST_READABLE && room <= GUEST_WRITABLE);
	while (slot < GUEST_SLOTS && 2u * slot + 1 < k->size && k->out[slot])
		slot++;
	if (k->size == 0 || slot == GUEST_SLOTS || 2u * slot + 1 >= k->size || len == 0 ||
			room == 0)
		return false;
	at = slot_at(q, slot);
	/* What the device wrote in it for the slot's last request. */
	guest_clear(g, at, GUEST_SLOT);
	guest_write(g, at + SLOT_READABLE, req, len);
	memset(marked + at, 0, GUEST_SLOT);
	memset(marked + at + SLOT_WRITABLE, 1, room);
	add_request(g, q, slot, at, len, room, indirect);
	k->out[slot] = indirect ? 1 : 2;
	show_request(g, q, slot);
	return true;
}

/* ---- what comes back ---- */

/* Only where it may has the device written. */
static void
check_range(const struct guest *g, size_t at, size_t len)
{
	uint8_t wrong = 0;
	size_t i;

	for (i = at; i < at + len; i++)
		wrong |= (uint8_t)((g->mem[i] ^ written[i]) & (marked[i] - 1));
	FUZZ_CHECK(wrong == 0);
}

/* From now on the device may not write there.  How many descriptors it had. */
static uint16_t
take(struct guest *g, unsigned int q, uint32_t slot)
{
	struct guest_queue *k = &g->queue[q];
	size_t at = slot_at(q, slot);
	uint16_t nb;

	FUZZ_CHECK(slot < GUEST_SLOTS && k->out[slot] != 0);
	nb = k->out[slot];
	k->out[slot] = 0;
	check_range(g, at, GUEST_SLOT);
	memcpy(written + at, g->mem + at, GUEST_SLOT);
	memset(marked + at, 0, GUEST_SLOT);
	return nb;
}

static void
poll_split(struct guest *g, unsigned int q)
{
	struct guest_queue *k = &g->queue[q];
	const struct virtq_used *used = (void *)(g->mem + q * GUEST_QUEUE + GUEST_USED);
	const struct virtq_used_elem *ring = (const void *)(used + 1);
	uint16_t n = (uint16_t)(le16_to_cpu(used->idx) - k->used);
	uint32_t id;

	FUZZ_CHECK(n <= GUEST_SLOTS);
	for (; n > 0; n--, k->used++) {
		id = le32_to_cpu(ring[k->used % k->size].id);
		FUZZ_CHECK(id % 2 == 0);
		(void)take(g, q, id / 2);
	}
}

static void
poll_packed(struct guest *g, unsigned int q)
{
	struct guest_queue *k = &g->queue[q];
	const struct pvirtq_desc *ring = (void *)(g->mem + q * GUEST_QUEUE), *d;
	uint16_t flags;
	unsigned int i;

	for (i = 0; i <= GUEST_SLOTS; i++) {
		d = &ring[k->used];
		flags = le16_to_cpu(d->flags);
		if (((flags & PACKED_AVAIL) != 0) != k->used_wrap ||
				((flags & PACKED_USED) != 0) != k->used_wrap)
			return;
		k->used = (uint16_t)(k->used + take(g, q, le16_to_cpu(d->id)));
		if (k->used >= k->size) {
			k->used = (uint16_t)(k->used - k->size);
			k->used_wrap = !k->used_wrap;
		}
	}
	FUZZ_CHECK(i <= GUEST_SLOTS);	/* more than there can be */
}

void
guest_poll(struct guest *g, unsigned int q)
{
	struct guest_queue *k = &g->queue[q];

	if (k->size == 0 || k->unclear || g->unclear)
		return;
	if (g->packed)
		poll_packed(g, q);
	else
		poll_split(g, q);
}

/* ---- anything ---- */

void
guest_scribble(struct guest *g, struct fuzz_input *in)
{
	uint16_t at = fuzz_u16(in);
	uint8_t bytes[32], len = 1 + (fuzz_u8(in) & 31);
	unsigned int q;

	/* Half of the time where requests lie, which proves as much as before. */
	at = at & 0x8000 ? at % (GUEST_RINGS - len) :
		GUEST_HALF + at % (GUEST_MEM - GUEST_HALF - len);
	fuzz_take(in, bytes, len);
	guest_write(g, at, bytes, len);
	/* A descriptor may name any memory then, and so may a table. */
	if (at < GUEST_HALF || (at % GUEST_SLOT < 32 && g->indirect) ||
			at % GUEST_SLOT + len > GUEST_SLOT) {
		g->unclear = true;
		for (q = 0; q < GUEST_QUEUES; q++)
			g->queue[q].unclear = true;
	}
}

void
guest_check(const struct guest *g)
{
	if (!g->unclear)
		check_range(g, 0, GUEST_MEM);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See the header: nothing is checked here, any ring can be written.
 */
#include <stdlib.h>

#include "vqd_far.h"

bool far_lasting;

void *
far_translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	static const uint64_t start[] = { FAR_A, FAR_B, FAR_R };
	struct far *g = ctx;
	unsigned int i;

	g->translations++;
	if (g->meanwhile != NULL)
		g->meanwhile(g);
	if (addr >= FAR_BIG && addr - FAR_BIG < UINT64_C(1) << 33) {
		if (*len > (UINT64_C(1) << 33) - (addr - FAR_BIG))
			*len = (UINT64_C(1) << 33) - (addr - FAR_BIG);
		return g->mem[0];
	}
	for (i = 0; i < 3; i++) {
		if (addr < start[i] || addr - start[i] >= FAR_LEN)
			continue;
		if (i == 2 && write)
			return NULL;
		if (*len > FAR_LEN - (addr - start[i]))
			*len = FAR_LEN - (addr - start[i]);
		return g->mem[i] + (addr - start[i]);
	}
	return NULL;
}

void
far_init_device(struct far *g)
{
	assert_int_equal(vqd_init(&g->d, &g->cfg), 0);
}

struct far *
far_make(bool packed, bool indirect, bool event_idx, bool batches,
		uint16_t size, uint16_t start)
{
	struct far *g = NULL;
	unsigned int i;

	assert_int_equal(posix_memalign((void **)&g, 64, sizeof(*g)), 0);
	memset(g, 0, sizeof(*g));
	g->packed = packed;
	g->size = size;
	g->avail_idx = start;
	g->used_idx = start;
	g->pos = start % size;
	g->used_pos = g->pos;
	g->wrap = start / size % 2 == 0;
	g->used_wrap = g->wrap;
	g->next_desc = start % size;
	if (packed && !g->wrap)
		for (i = g->pos; i < size; i++)
			far_pdesc(g, i)->flags = cpu_to_le16(0x8080);
	for (i = 0; i < FAR_BURST; i++) {
		g->req[i].seg = g->segs[i];
		g->req[i].max_segs = FAR_MAX_SEGS;
	}
	g->cfg = (struct vqd_config){
		.packed = packed, .indirect = indirect, .event_idx = event_idx,
		.batches = batches, .size = size,
		.desc = g->ring[0], .driver = g->ring[1], .device = g->ring[2],
		.translate = far_translate, .ctx = g, .lasting = far_lasting,
	};
	g->cfg.avail_base = packed ? (uint16_t)(g->pos | (uint32_t)g->wrap << 15) : start;
	g->cfg.used_base = g->cfg.avail_base;
	far_avail(g)->idx = cpu_to_le16(packed ? 0 : start);
	far_used(g)->idx = cpu_to_le16(packed ? 0 : start);
	far_init_device(g);
	return g;
}

void
far_free(struct far *g)
{
	vqd_fini(&g->d);
	vqd_fini(&g->d);
	free(g);
}

struct virtq_desc *
far_desc(struct far *g, uint16_t i)
{
	return (struct virtq_desc *)(void *)g->ring[0] + i;
}

struct pvirtq_desc *
far_pdesc(struct far *g, uint32_t i)
{
	return (struct pvirtq_desc *)(void *)g->ring[0] + i;
}

struct virtq_avail *
far_avail(struct far *g)
{
	return (void *)g->ring[1];
}

struct virtq_used *
far_used(struct far *g)
{
	return (void *)g->ring[2];
}

struct pvirtq_event_suppress *
far_driver_event(struct far *g)
{
	return (void *)g->ring[1];
}

struct pvirtq_event_suppress *
far_device_event(struct far *g)
{
	return (void *)g->ring[2];
}

void *
far_ptr(struct far *g, uint64_t addr)
{
	return g->mem[0] + (addr - FAR_A);
}

void
far_set_desc(struct far *g, uint16_t i, uint64_t addr, uint32_t len,
		uint16_t flags, uint16_t next)
{
	*far_desc(g, i) = (struct virtq_desc){ cpu_to_le64(addr), cpu_to_le32(len),
		cpu_to_le16(flags), cpu_to_le16(next) };
}

void
far_make_avail(struct far *g, uint16_t head)
{
	far_avail(g)->ring[g->avail_idx % g->size] = cpu_to_le16(head);
	g->avail_idx++;
	far_avail(g)->idx = cpu_to_le16(g->avail_idx);
}

void
far_put_packed(struct far *g, uint64_t addr, uint32_t len, uint16_t id, uint16_t flags)
{
	flags |= g->wrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED;
	*far_pdesc(g, g->pos) = (struct pvirtq_desc){ cpu_to_le64(addr), cpu_to_le32(len),
		cpu_to_le16(id), cpu_to_le16(flags) };
	if (++g->pos == g->size) {
		g->pos = 0;
		g->wrap = !g->wrap;
	}
}

uint64_t
far_write_table(struct far *g, const struct piece *p, uint32_t nb)
{
	uint64_t addr = FAR_A + g->table;
	uint32_t i;

	for (i = 0; i < nb; i++) {
		struct virtq_desc *d = (struct virtq_desc *)far_ptr(g, addr) + i;
		uint16_t next = i + 1 < nb && !g->packed ? VIRTQ_DESC_F_NEXT : 0;

		d->addr = cpu_to_le64(p[i].addr);
		d->len = cpu_to_le32(p[i].len);
		if (g->packed) {
			d->flags = cpu_to_le16(0);
			d->next = cpu_to_le16(p[i].flags);	/* where the flags are there */
		} else {
			d->flags = cpu_to_le16(p[i].flags | next);
			d->next = cpu_to_le16(next ? (uint16_t)(i + 1) : 0);
		}
	}
	g->table = (uint32_t)((g->table + nb * sizeof(struct virtq_desc)) % 0x8000);
	return addr;
}

uint16_t
far_direct(struct far *g, const struct piece *p, uint32_t nb)
{
	uint16_t id = g->packed ? g->next_id++ : g->next_desc;
	uint32_t i;

	for (i = 0; i < nb; i++) {
		uint16_t flags = (uint16_t)(p[i].flags | (i + 1 < nb ? VIRTQ_DESC_F_NEXT : 0));

		/* The id is in the last descriptor; elsewhere a device must not look. */
		if (g->packed)
			far_put_packed(g, p[i].addr, p[i].len,
					i + 1 < nb ? (uint16_t)0xdead : id, flags);
		else
			far_set_desc(g, (uint16_t)((id + i) % g->size), p[i].addr, p[i].len,
					flags, (uint16_t)((id + i + 1) % g->size));
	}
	if (!g->packed) {
		g->next_desc = (uint16_t)((id + nb) % g->size);
		far_make_avail(g, id);
	}
	return id;
}

uint16_t
far_refer(struct far *g, uint64_t addr, uint32_t len, uint16_t flags)
{
	uint16_t id;

	if (g->packed) {
		far_put_packed(g, addr, len, g->next_id, VIRTQ_DESC_F_INDIRECT | flags);
		return g->next_id++;
	}
	id = g->next_desc;
	g->next_desc = (uint16_t)((id + 1) % g->size);
	far_set_desc(g, id, addr, len, VIRTQ_DESC_F_INDIRECT | flags, 0);
	far_make_avail(g, id);
	return id;
}

uint16_t
far_indirect(struct far *g, const struct piece *p, uint32_t nb)
{
	/* A device must not mind WRITE here (2.7.5.3.2, 2.8.7). */
	return far_refer(g, far_write_table(g, p, nb), nb * 16, g->next_id % 2 ? W_ : 0);
}

bool
far_used_next(struct far *g, uint16_t nb_desc, uint32_t *id, uint32_t *len)
{
	struct pvirtq_desc *d = far_pdesc(g, g->used_pos);
	uint16_t flags = le16_to_cpu(d->flags);

	if (!g->packed) {
		const struct virtq_used_elem *e = &far_used(g)->ring[g->used_idx % g->size];

		if (le16_to_cpu(far_used(g)->idx) == g->used_idx)
			return false;
		*id = le32_to_cpu(e->id);
		*len = le32_to_cpu(e->len);
		g->used_idx++;
		return true;
	}
	if (!!(flags & VIRTQ_DESC_F_AVAIL) != g->used_wrap ||
			!!(flags & VIRTQ_DESC_F_USED) != g->used_wrap)
		return false;
	*id = le16_to_cpu(d->id);
	*len = le32_to_cpu(d->len);
	assert_int_equal(!!(flags & VIRTQ_DESC_F_WRITE), *len != 0);
	g->used_pos += nb_desc;
	if (g->used_pos >= g->size) {
		g->used_pos -= g->size;
		g->used_wrap = !g->used_wrap;
	}
	return true;
}

void
far_complete(struct far *g, uint16_t nb)
{
	static const struct piece two[] = { { FAR_A, 16, R_ }, { FAR_B, 1, W_ } };
	uint32_t got, len;
	uint16_t i;

	for (i = 0; i < nb; i++)
		far_indirect(g, two, 2);
	assert_int_equal(far_pop_burst(g, nb), nb);
	for (i = 0; i < nb; i++)
		vqd_push(&g->d, &g->req[i], 1);
	vqd_publish(&g->d);
	for (i = 0; i < nb; i++)
		assert_true(far_used_next(g, 1, &got, &len));
}

void
far_set_used_event(struct far *g, int32_t ahead)
{
	int32_t pos = (int32_t)g->used_pos + ahead, size = g->size;
	bool wrap = g->used_wrap;

	if (!g->packed) {
		far_avail(g)->ring[g->size] = cpu_to_le16((uint16_t)(g->used_idx + ahead));
		return;
	}
	for (; pos >= size; pos -= size)
		wrap = !wrap;
	for (; pos < 0; pos += size)
		wrap = !wrap;
	far_driver_event(g)->desc = cpu_to_le16((uint16_t)(pos | wrap << 15));
	far_driver_event(g)->flags = cpu_to_le16(PVIRTQ_EVENT_F_DESC);
}

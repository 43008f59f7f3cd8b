/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The far side: a device after <linux/virtio_ring.h>, for a queue whose driver behaves.
 */
#include <linux/virtio_ring.h>
#include <endian.h>

#include "vq_rig.h"

static struct vring_desc *
desc_ring(struct rig *r)
{
	return (void *)(r->ring.base + r->areas.desc);
}

static struct vring_packed_desc *
packed_ring(struct rig *r)
{
	return (void *)(r->ring.base + r->areas.desc);
}

static struct vring_avail *
avail_ring(struct rig *r)
{
	return (void *)(r->ring.base + r->areas.driver);
}

static struct vring_used *
used_ring(struct rig *r)
{
	return (void *)(r->ring.base + r->areas.device);
}

/* Our own view of an address that the driver gave: only tables are looked into. */
static const void *
table_at(struct rig *r, uint64_t iova)
{
	assert_in_range(iova, RIG_TABLES_IOVA, RIG_TABLES_IOVA + r->tables.len - 1);
	return r->tables.base + (iova - RIG_TABLES_IOVA);
}

/* A buffer of a request: its place and length tell which request and entry it is. */
static void
take_buffer(struct far_req *req, uint64_t addr, uint32_t len, bool write)
{
	uint32_t at = (uint32_t)req->nb_read + req->nb_write;
	uint64_t off = addr - RIG_DATA_IOVA;

	if (at == 0)
		req->seq = (uint32_t)(off / 4096);
	assert_int_equal(off, req->seq * UINT64_C(4096) + at);
	assert_int_equal(len, req->seq % 1000 + at + 1);
	if (write) {
		req->nb_write++;
	} else {
		assert_int_equal(req->nb_write, 0);
		req->nb_read++;
	}
}

static void
walk_split(struct rig *r, const struct vring_desc *d, uint32_t nb, uint16_t at,
		struct far_req *req, bool table)
{
	uint32_t steps = 0;
	uint16_t flags;

	for (;;) {
		assert_in_range(at, 0, nb - 1);
		assert_in_range(++steps, 1, nb);
		flags = le16toh(d[at].flags);
		assert_int_equal(flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE), 0);
		take_buffer(req, le64toh(d[at].addr), le32toh(d[at].len),
				flags & VRING_DESC_F_WRITE);
		if ((flags & VRING_DESC_F_NEXT) == 0)
			break;
		/* 2.7.5, 2.7.5.3: IN_ORDER links to the next in place. */
		if (table || VQ_IS_IN_ORDER(r->v.kind))
			assert_int_equal(le16toh(d[at].next), (at + 1u) % (table ? nb + 1 : nb));
		at = le16toh(d[at].next);
	}
	if (table)
		assert_int_equal(steps, nb);
	else
		req->nb_desc = (uint16_t)steps;
}

static bool
pop_split(struct rig *r, struct far_req *req)
{
	const struct vring_avail *avail = avail_ring(r);
	const struct vring_desc *d = desc_ring(r);
	uint16_t head;

	if (le16toh(avail->idx) == r->far_avail)
		return false;
	head = le16toh(avail->ring[r->far_avail % r->v.size]);
	assert_in_range(head, 0, r->v.size - 1u);
	req->id = head;
	req->nb_desc = 1;
	if (r->v.indirect) {
		assert_int_equal(le16toh(d[head].flags), VRING_DESC_F_INDIRECT);
		assert_int_equal(le32toh(d[head].len) % 16, 0);
		walk_split(r, table_at(r, le64toh(d[head].addr)), le32toh(d[head].len) / 16, 0,
				req, true);
	} else {
		walk_split(r, d, r->v.size, head, req, false);
	}
	r->far_avail++;
	return true;
}

static bool
packed_avail(const struct rig *r, uint16_t flags, bool wrap)
{
	(void)r;
	return !!(flags & 1 << VRING_PACKED_DESC_F_AVAIL) == wrap &&
			!!(flags & 1 << VRING_PACKED_DESC_F_USED) != wrap;
}

static void
far_step(struct rig *r, uint32_t *pos, bool *wrap, uint32_t nb)
{
	*pos += nb;
	if (*pos >= r->v.size) {
		*pos -= r->v.size;
		*wrap = !*wrap;
	}
}

static void
walk_packed_table(const struct vring_packed_desc *t, uint32_t nb, struct far_req *req)
{
	uint32_t i;

	for (i = 0; i < nb; i++) {
		uint16_t flags = le16toh(t[i].flags);

		assert_int_equal(flags & ~VRING_DESC_F_WRITE, 0);
		take_buffer(req, le64toh(t[i].addr), le32toh(t[i].len), flags);
	}
}

static void
walk_packed_chain(struct rig *r, struct far_req *req)
{
	const struct vring_packed_desc *d = packed_ring(r);
	uint16_t flags;

	do {
		const struct vring_packed_desc *at = &d[r->far_pos];

		flags = le16toh(at->flags);
		assert_true(packed_avail(r, flags, r->far_wrap));
		assert_int_equal(flags & VRING_DESC_F_INDIRECT, 0);
		/* In each of the chain, not only in the last. */
		assert_int_equal(le16toh(at->id), req->id);
		take_buffer(req, le64toh(at->addr), le32toh(at->len), flags & VRING_DESC_F_WRITE);
		req->nb_desc++;
		far_step(r, &r->far_pos, &r->far_wrap, 1);
	} while (flags & VRING_DESC_F_NEXT);
}

static bool
pop_packed(struct rig *r, struct far_req *req)
{
	const struct vring_packed_desc *d = &packed_ring(r)[r->far_pos];
	uint16_t flags = le16toh(d->flags);

	if (!packed_avail(r, flags, r->far_wrap))
		return false;
	req->id = le16toh(d->id);
	if (!r->v.indirect) {
		walk_packed_chain(r, req);
		return true;
	}
	assert_int_equal(flags & (VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT | VRING_DESC_F_WRITE),
			VRING_DESC_F_INDIRECT);
	assert_int_equal(le32toh(d->len) % 16, 0);
	walk_packed_table(table_at(r, le64toh(d->addr)), le32toh(d->len) / 16, req);
	req->nb_desc = 1;
	far_step(r, &r->far_pos, &r->far_wrap, 1);
	return true;
}

bool
far_pop(struct rig *r, struct far_req *req)
{
	const struct rig_op *op;

	memset(req, 0, sizeof(*req));
	if (!(VQ_IS_PACKED(r->v.kind) ? pop_packed(r, req) : pop_split(r, req)))
		return false;
	op = rig_op(r, req->seq);
	assert_int_equal(op->seq, req->seq);
	assert_true(op->in_flight);
	assert_int_equal(op->nb_read, req->nb_read);
	assert_int_equal(op->nb_write, req->nb_write);
	assert_int_equal(op->slot, req->id);
	return true;
}

void
far_lie(struct rig *r, uint32_t id, uint32_t len)
{
	if (VQ_IS_PACKED(r->v.kind)) {
		struct vring_packed_desc *d = &packed_ring(r)[r->far_used_pos];
		uint16_t flags = len != 0 && !r->far_flagless ? VRING_DESC_F_WRITE : 0;

		if (r->far_used_wrap)
			flags |= 1 << VRING_PACKED_DESC_F_AVAIL | 1 << VRING_PACKED_DESC_F_USED;
		d->len = htole32(len);
		d->id = htole16((uint16_t)id);
		d->flags = htole16(flags);
	} else {
		struct vring_used *used = used_ring(r);

		used->ring[r->far_used % r->v.size].id = htole32(id);
		used->ring[r->far_used % r->v.size].len = htole32(len);
		used->idx = htole16((uint16_t)(r->far_used + 1));
	}
}

void
far_push_batch(struct rig *r, uint16_t last_id, uint16_t nb, uint16_t nb_desc, uint32_t len)
{
	far_lie(r, last_id, len);
	if (VQ_IS_PACKED(r->v.kind)) {
		far_step(r, &r->far_used_pos, &r->far_used_wrap, nb_desc);
	} else {
		r->far_used = (uint16_t)(r->far_used + nb);
		far_set_used_idx(r, r->far_used);
	}
}

void
far_push(struct rig *r, uint16_t id, uint16_t nb_desc, uint32_t len)
{
	far_push_batch(r, id, 1, nb_desc, len);
}

void
far_set_used_idx(struct rig *r, uint16_t idx)
{
	used_ring(r)->idx = htole16(idx);
}

static void
set_device_event(struct rig *r, uint16_t off_wrap, uint16_t flags)
{
	struct vring_packed_desc_event *e = (void *)(r->ring.base + r->areas.device);

	e->off_wrap = htole16(off_wrap);
	e->flags = htole16(flags);
}

static void
set_avail_event(struct rig *r, uint16_t idx)
{
	uint8_t *at = (uint8_t *)&used_ring(r)->ring[r->v.size];

	at[0] = (uint8_t)idx;
	at[1] = (uint8_t)(idx >> 8);
}

void
far_kicks_off(struct rig *r)
{
	if (VQ_IS_PACKED(r->v.kind))
		set_device_event(r, 0, VRING_PACKED_EVENT_FLAG_DISABLE);
	else if (r->v.event_idx)
		set_avail_event(r, (uint16_t)(r->far_avail - 1));
	else
		used_ring(r)->flags = htole16(VRING_USED_F_NO_NOTIFY);
}

void
far_kicks_on(struct rig *r)
{
	if (VQ_IS_PACKED(r->v.kind))
		set_device_event(r, 0, VRING_PACKED_EVENT_FLAG_ENABLE);
	else if (r->v.event_idx)
		set_avail_event(r, r->far_avail);
	else
		used_ring(r)->flags = 0;
}

void
far_kick_at(struct rig *r, uint16_t ahead)
{
	uint32_t pos = r->far_pos;
	bool wrap = r->far_wrap;

	assert_true(r->v.event_idx);
	if (!VQ_IS_PACKED(r->v.kind)) {
		set_avail_event(r, (uint16_t)(r->far_avail + ahead));
		return;
	}
	far_step(r, &pos, &wrap, ahead);
	set_device_event(r, (uint16_t)(pos | (uint32_t)wrap << VRING_PACKED_EVENT_F_WRAP_CTR),
			VRING_PACKED_EVENT_FLAG_DESC);
}

bool
far_would_interrupt(struct rig *r, uint16_t old)
{
	const struct vring_avail *avail = avail_ring(r);

	if (VQ_IS_PACKED(r->v.kind)) {
		const struct vring_packed_desc_event *e = (const void *)avail;

		return le16toh(e->flags) != VRING_PACKED_EVENT_FLAG_DISABLE;
	}
	if (!r->v.event_idx)
		return (le16toh(avail->flags) & VRING_AVAIL_F_NO_INTERRUPT) == 0;
	/* With EVENT_IDX flags must be 0 (2.7.7). */
	assert_int_equal(avail->flags, 0);
	return vring_need_event(le16toh(avail->ring[r->v.size]), r->far_used, old);
}

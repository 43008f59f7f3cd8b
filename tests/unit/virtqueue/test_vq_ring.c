/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver half against a device that behaves, in every variant: laps over every
 * wrap, full rings, visibility, ring order, lengths, batches, tables elsewhere.
 */
#include <errno.h>

#include "vq_rig.h"

/* What the far side holds. */
struct held {
	struct far_req req[257];	/* the last is what far_pop found nothing for */
	uint32_t nb;
};

static void
pop_all(struct rig *r, struct held *h)
{
	h->nb = 0;
	while (far_pop(r, &h->req[h->nb]))
		h->nb++;
}

static uint32_t
said_len(uint32_t seq)
{
	return seq * 7 % 4096 + 1;
}

/* Complete what is held, oldest first or newest first; then all of it comes back. */
static void
complete_all(struct rig *r, const struct held *h, bool backwards)
{
	uint32_t i, len;

	for (i = 0; i < h->nb; i++) {
		const struct far_req *req = &h->req[backwards ? h->nb - 1 - i : i];

		far_push(r, req->id, req->nb_desc, said_len(req->seq));
	}
	for (i = 0; i < h->nb; i++) {
		uint32_t want = h->req[backwards ? h->nb - 1 - i : i].seq;
		struct rig_op *op;

		assert_in_range(rig_used(r, UINT16_MAX), 1, h->nb - i);
		op = rig_take_op(r, &len);
		assert_non_null(op);
		assert_int_equal(op->seq, want);
		assert_int_equal(len, said_len(want));
	}
	assert_int_equal(rig_used(r, UINT16_MAX), 0);
	assert_null(rig_take_op(r, &len));
	assert_null(vq_broken(&r->vq));
}

/* Bursts of every length up to the capacity, long enough to pass every wrap twice. */
static void
laps(struct rig *r, bool backwards, bool feed)
{
	uint32_t end = r->seq + 4u * r->v.size + 20, burst = 1;
	struct held h;

	while (r->seq < end) {
		uint32_t nb = burst++ % rig_capacity(r) + 1, i;

		if (feed) {
			rig_feed(r, (uint16_t)nb);
		} else {
			for (i = 0; i < nb; i++)
				rig_add(r);
		}
		assert_int_equal(vq_nb_in_flight(&r->vq), nb);
		rig_publish(r);
		pop_all(r, &h);
		assert_int_equal(h.nb, nb);
		complete_all(r, &h, backwards);
		assert_int_equal(vq_nb_in_flight(&r->vq), 0);
		assert_int_equal(vq_nb_free(&r->vq), rig_capacity(r));
	}
}

static void
laps_in_order(void **state)
{
	(void)state;
	RIG_EACH(r)
		laps(r, false, false);
}

static void
laps_out_of_order(void **state)
{
	(void)state;
	RIG_EACH(r)
		laps(r, !VQ_IS_IN_ORDER(r->v.kind), false);
}

/* The verbs of a burst, and taking by them. */
static void
laps_in_bursts(void **state)
{
	(void)state;
	RIG_EACH(r)
		laps(r, !VQ_IS_IN_ORDER(r->v.kind), true);
}

#define DRAIN_BY(k, plain) \
	vq_drain_begin(&d, &r->vq, k, vq_used_most(&r->vq, k, max), plain); \
	while (vq_drain_take(&d, k, &token, &slot, NULL)) { \
		op = token; \
		assert_int_equal(slot, op->slot); \
		op->in_flight = false; \
		got++; \
	} \
	vq_drain_end(&d, k)
/* By turns with the promise, where it can be given, and without. */
#define DRAIN(k) \
	if (vq_is_plain(&r->vq) && turn++ % 2 != 0) { \
		DRAIN_BY(k, true); \
	} else { \
		DRAIN_BY(k, false); \
	}

static uint32_t
drain(struct rig *r, uint16_t max)
{
	static unsigned int turn;
	uint32_t got = 0;
	size_t slot;
	struct vq_drain d;
	struct rig_op *op;
	void *token;

	switch (r->v.kind) {
	case VQ_SPLIT: DRAIN(VQ_SPLIT); break;
	case VQ_SPLIT_IN_ORDER: DRAIN(VQ_SPLIT_IN_ORDER); break;
	case VQ_PACKED: DRAIN(VQ_PACKED); break;
	default: DRAIN(VQ_PACKED_IN_ORDER); break;
	}
	assert_in_range(got, 0, max);
	return got;
}

static void
bursts_of_taking_end_at_max(void **state)
{
	uint32_t lap, i, left, got;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		for (lap = 0; lap < 5; lap++) {
			rig_feed(r, rig_capacity(r));
			rig_publish(r);
			pop_all(r, &h);
			for (i = 0; i < h.nb; i++)
				far_push(r, h.req[i].id, h.req[i].nb_desc, 1);
			for (left = h.nb; left > 0; left -= got) {
				got = drain(r, 3);
				assert_int_equal(got, left < 3 ? left : 3);
			}
			assert_int_equal(drain(r, 3), 0);
		}
	}
}

static void
full_means_full(void **state)
{
	struct held h;
	uint32_t nb;

	(void)state;
	RIG_EACH(r) {
		for (nb = 0; vq_nb_free(&r->vq) > 0; nb++)
			rig_add(r);
		/* Chains that take less than the most leave room for more of them. */
		assert_in_range(nb, rig_capacity(r), r->v.size);
		if (r->v.indirect)
			assert_int_equal(nb, r->v.size);
		rig_publish(r);
		pop_all(r, &h);
		assert_int_equal(h.nb, nb);
		complete_all(r, &h, false);
		assert_int_equal(vq_nb_free(&r->vq), rig_capacity(r));
		laps(r, false, false);
	}
}

/* Before vq_publish the device finds nothing, whatever was added; after it, all. */
static void
nothing_shows_before_publish(void **state)
{
	struct far_req none;
	struct held h;
	uint32_t i;

	(void)state;
	RIG_EACH(r) {
		for (i = 0; i < rig_capacity(r); i++) {
			rig_add(r);
			assert_false(far_pop(r, &none));
			assert_int_equal(rig_used(r, 10), 0);
		}
		rig_publish(r);
		pop_all(r, &h);
		assert_int_equal(h.nb, rig_capacity(r));
		rig_publish(r);	/* nothing new */
		assert_false(far_pop(r, &none));
		complete_all(r, &h, false);
	}
}

static void
not_adding_is_the_abort(void **state)
{
	struct held h;
	uint16_t slot;

	(void)state;
	RIG_EACH(r) {
		slot = rig_next_slot(r);
		assert_int_equal(rig_next_slot(r), slot);
		rig_shape(r, slot, 1, 0);
		assert_int_equal(vq_nb_in_flight(&r->vq), 0);
		assert_int_equal(rig_add(r)->slot, slot);
		rig_publish(r);
		pop_all(r, &h);
		assert_int_equal(h.nb, 1);
		complete_all(r, &h, false);
	}
}

static void
cancel_last(struct rig *r)
{
	struct rig_op *op = rig_op(r, --r->seq);

	vq_cancel(&r->vq, op->slot);
	op->in_flight = false;
}

/* Completes what is held while more was added than published. */
static void
complete_beside(struct rig *r, struct held *h)
{
	uint32_t i;

	for (i = 0; i < h->nb; i++)
		far_push(r, h->req[i].id, h->req[i].nb_desc, 1);
	for (i = 0; i < h->nb; i++) {
		assert_true(rig_used(r, UINT16_MAX) >= 1);
		assert_int_equal(rig_take_op(r, NULL)->seq, h->req[i].seq);
	}
	h->nb = 0;
}

/* Of what was added some is taken back, while what was published before completes: the far
 * side sees the rest alone, and the ring works on over every wrap.
 */
static void
cancelled_is_never_seen(void **state)
{
	uint32_t lap, i, old, added, back;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		for (lap = 0; lap < 6u * r->v.size + 20; lap++) {
			old = lap % (rig_capacity(r) + 1u);
			added = lap / 3 % (rig_capacity(r) - old + 1u);
			back = lap / 2 % (added + 1);
			rig_feed(r, (uint16_t)old);
			rig_publish(r);
			pop_all(r, &h);
			for (i = 0; i < added; i++)
				rig_add(r);
			if (lap % 2 == 0)
				complete_beside(r, &h);
			for (i = 0; i < back; i++)
				cancel_last(r);
			assert_int_equal(vq_nb_in_flight(&r->vq), h.nb + added - back);
			complete_beside(r, &h);
			rig_publish(r);
			pop_all(r, &h);
			assert_int_equal(h.nb, added - back);
			complete_all(r, &h, false);
			assert_int_equal(vq_nb_in_flight(&r->vq), 0);
			assert_int_equal(vq_nb_free(&r->vq), rig_capacity(r));
		}
	}
}

/* Slots in ring order, though the device completes backwards: one that is done waits
 * for those before it.
 */
static void
fifo_keeps_ring_order(void **state)
{
	uint32_t lap, i, half;
	uint16_t slot;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		if (!r->v.fifo)
			continue;
		slot = r->v.first_idx % r->v.size;
		half = (r->v.size + 1u) / 2;
		for (lap = 0; lap < 9; lap++) {
			for (i = 0; i < half; i++) {
				assert_int_equal(rig_add(r)->slot, slot);
				slot = (uint16_t)((slot + 1u) % r->v.size);
			}
			rig_publish(r);
			pop_all(r, &h);
			for (i = h.nb; i-- > 0;) {
				assert_int_equal(vq_nb_free(&r->vq), r->v.size - half);
				assert_int_equal(vq_nb_in_flight(&r->vq), i + 1);
				far_push(r, h.req[i].id, 1, 0);
				assert_in_range(rig_used(r, 9), 1, i + 1);
				assert_non_null(rig_take_op(r, NULL));
			}
			assert_int_equal(vq_nb_free(&r->vq), r->v.size);
		}
	}
}

/* The last, the first, the one between: only what is done from the front on is free. */
static void
fifo_stops_at_what_is_in_flight(void **state)
{
	static const uint32_t order[] = { 2, 0, 1 }, freed[] = { 0, 1, 3 };
	uint32_t lap, i;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		if (!r->v.fifo || r->v.size < 4)
			continue;
		for (lap = 0; lap < 2u * r->v.size; lap++) {
			rig_feed(r, 3);
			rig_publish(r);
			pop_all(r, &h);
			for (i = 0; i < 3; i++) {
				far_push(r, h.req[order[i]].id, 1, 0);
				assert_in_range(rig_used(r, 9), 1, 3 - i);
				assert_int_equal(rig_take_op(r, NULL)->seq, h.req[order[i]].seq);
				assert_int_equal(vq_nb_free(&r->vq), r->v.size - 3 + freed[i]);
				assert_int_equal(vq_nb_in_flight(&r->vq), 2 - i);
			}
		}
	}
}

/* IN_ORDER has it by itself (virtio 1.4, 2.7.5), and so has a plain queue not. */
static void
in_order_uses_ring_order(void **state)
{
	uint32_t i, at;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		if (!VQ_IS_IN_ORDER(r->v.kind))
			continue;
		at = r->v.first_idx % r->v.size;
		for (i = 0; i < 3u * r->v.size; i++) {
			assert_int_equal(rig_add(r)->slot, at);
			rig_publish(r);
			pop_all(r, &h);
			at = (at + h.req[0].nb_desc) % r->v.size;
			complete_all(r, &h, false);
		}
	}
}

/* One used entry for several requests: their number follows from it alone. */
static void
batches_retire_many(void **state)
{
	uint32_t lap, i, nb, nb_desc, len;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		if (!VQ_IS_IN_ORDER(r->v.kind))
			continue;
		for (lap = 0; lap < 12; lap++) {
			nb = lap % rig_capacity(r) + 1;
			rig_feed(r, (uint16_t)nb);
			rig_publish(r);
			pop_all(r, &h);
			for (nb_desc = 0, i = 0; i < nb; i++)
				nb_desc += h.req[i].nb_desc;
			far_push_batch(r, h.req[nb - 1].id, (uint16_t)nb, (uint16_t)nb_desc, 77);
			for (i = 0; i < nb; i++) {
				assert_int_not_equal(rig_used(r, 2), 0);
				assert_int_equal(rig_take_op(r, &len)->seq, h.req[i].seq);
				assert_int_equal(len, i + 1 == nb ? 77 : VQ_LEN_UNKNOWN);
			}
			assert_int_equal(rig_used(r, 2), 0);
			assert_null(rig_take_op(r, &len));
		}
	}
}

/* Batches that the driver finds one behind the other, and takes in part. */
static void
batches_behind_each_other(void **state)
{
	uint32_t lap, i, first, len;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		if (!VQ_IS_IN_ORDER(r->v.kind) || rig_capacity(r) < 3)
			continue;
		for (lap = 0; lap < 9; lap++) {
			rig_feed(r, 3);
			rig_publish(r);
			pop_all(r, &h);
			first = lap % 2 + 1;	/* 1 + 2 or 2 + 1 */
			for (i = 0; i < 3; i += i == 0 ? first : 3 - first) {
				uint32_t nb = i == 0 ? first : 3 - first;
				uint32_t nb_desc = h.req[i].nb_desc +
						(nb == 2 ? h.req[i + 1].nb_desc : 0);

				far_push_batch(r, h.req[i + nb - 1].id, (uint16_t)nb,
						(uint16_t)nb_desc, 50 + i + nb);
			}
			assert_int_not_equal(rig_used(r, 1), 0);
			for (i = 0; i < 3; i++) {
				if (i == 1)
					assert_int_not_equal(rig_used(r, 9), 0);
				assert_int_equal(rig_take_op(r, &len)->seq, h.req[i].seq);
				assert_int_equal(len, i + 1 == first || i == 2 ? 51 + i :
						VQ_LEN_UNKNOWN);
			}
			assert_null(rig_take_op(r, &len));
			assert_null(vq_broken(&r->vq));
		}
	}
}

/* Who asks for lengths now and then is told the right ones, or none. */
static void
batches_asked_now_and_then(void **state)
{
	uint32_t lap, i, nb, taken, nb_desc, len;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		if (!VQ_IS_IN_ORDER(r->v.kind) || rig_capacity(r) < 4)
			continue;
		for (lap = 0; lap < 64; lap++) {
			uint32_t asked_from = lap % 5;	/* the fifth is never taken */

			rig_feed(r, 4);
			rig_publish(r);
			pop_all(r, &h);
			/* Two looks at the ring: after the first batch, after the second. */
			for (taken = 0, i = 0; i < 4; i += nb) {
				nb = i == 0 ? lap / 5 % 4 + 1 : 4 - i;
				for (nb_desc = 0, len = 0; len < nb; len++)
					nb_desc += h.req[i + len].nb_desc;
				far_push_batch(r, h.req[i + nb - 1].id, (uint16_t)nb,
						(uint16_t)nb_desc, 100 + lap);
				assert_int_not_equal(rig_used(r, 1), 0);
				/* One stays behind for the next look. */
				for (; taken + (i + nb < 4) < i + nb; taken++) {
					bool ask = taken >= asked_from;

					assert_int_equal(rig_take_op(r, ask ? &len : NULL)->seq,
							h.req[taken].seq);
					if (ask && len != VQ_LEN_UNKNOWN)
						assert_true(len == 100 + lap && (taken == 3 ||
								taken == lap / 5 % 4));
				}
			}
			assert_null(rig_take_op(r, NULL));
			assert_null(vq_broken(&r->vq));
			/* From here on all is new: each batch's last one has its length. */
			rig_feed(r, 2);
			rig_publish(r);
			pop_all(r, &h);
			far_push_batch(r, h.req[1].id, 2, (uint16_t)(h.req[0].nb_desc +
					h.req[1].nb_desc), 9);
			assert_int_not_equal(rig_used(r, 9), 0);
			assert_non_null(rig_take_op(r, &len));
			assert_int_equal(len, VQ_LEN_UNKNOWN);
			assert_non_null(rig_take_op(r, &len));
			assert_int_equal(len, 9);
		}
	}
}

/* What the driver half says of the length of a request that is used with len. */
static uint32_t
length_of_one(struct rig *r, uint32_t len)
{
	struct held h;

	rig_add(r);
	rig_publish(r);
	pop_all(r, &h);
	far_push(r, h.req[0].id, h.req[0].nb_desc, len);
	assert_int_equal(rig_used(r, 1), 1);
	assert_non_null(rig_take_op(r, &len));
	return len;
}

/* Packed: a length is there only with the flag that something was written (2.8.4). */
static void
nothing_written_is_no_length(void **state)
{
	(void)state;
	RIG_EACH(r)
		assert_int_equal(length_of_one(r, 0),
				VQ_IS_PACKED(r->v.kind) ? VQ_LEN_UNKNOWN : 0);
}

/* But where the flag is missing and a length is there, it is that of QEMU. */
static void
a_length_without_its_flag(void **state)
{
	(void)state;
	RIG_EACH(r) {
		r->far_flagless = true;
		assert_int_equal(length_of_one(r, 257), 257);
	}
}

/* A table elsewhere is used once; then the slot has its own again. */
static void
tables_elsewhere(void **state)
{
	struct vq_entry *ext;
	uint32_t lap, i;
	uint64_t iova;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		/* Behind the slots' tables. */
		ext = (void *)(r->tables.base + (size_t)r->v.size * RIG_TABLE_STRIDE);
		iova = RIG_TABLES_IOVA + (size_t)r->v.size * RIG_TABLE_STRIDE;
		for (lap = 0; lap < 4u * r->v.size; lap++) {
			struct rig_op *op = rig_op(r, r->seq);
			uint16_t slot = rig_next_slot(r);

			if (!r->v.indirect) {
				assert_int_equal(vq_add_ext(&r->vq, r->v.kind, slot, op, ext, iova,
						1, 0), -EINVAL);
				break;
			}
			if (lap % 3 == 0) {
				rig_add(r);
			} else {
				uint16_t nb = r->entries;

				for (i = 0; i < nb; i++) {
					ext[i].addr = cpu_to_le64(RIG_DATA_IOVA +
							r->seq * UINT64_C(4096) + i);
					ext[i].len = cpu_to_le32(r->seq % 1000 + i + 1);
				}
				*op = (struct rig_op){ .seq = r->seq++, .slot = slot, .nb_read = 1,
					.nb_write = (uint16_t)(nb - 1), .in_flight = true };
				assert_int_equal(vq_add_ext(&r->vq, r->v.kind, slot, op, ext,
						iova, 1, op->nb_write), 0);
			}
			rig_publish(r);
			pop_all(r, &h);
			assert_int_equal(h.nb, 1);
			complete_all(r, &h, false);
		}
	}
}

static void
tables_elsewhere_are_bounded(void **state)
{
	struct far_req none;
	uint16_t slot;

	(void)state;
	RIG_EACH(r) {
		struct vq_entry *ext = (void *)r->tables.base;

		slot = rig_next_slot(r);
		assert_int_equal(vq_add_ext(&r->vq, r->v.kind, slot, r, ext, RIG_TABLES_IOVA,
				0, 0), -EINVAL);
		assert_int_equal(vq_add_ext(&r->vq, r->v.kind, slot, r, ext, RIG_TABLES_IOVA,
				r->v.size, 1), -EINVAL);
		assert_int_equal(vq_nb_in_flight(&r->vq), 0);
		rig_publish(r);
		assert_false(far_pop(r, &none));
	}
}

/* The same shape again is not written again: that line stays in the device's cache.
 * Another shape is, and other slots' tables are not touched.
 */
static void
shapes_are_written_when_they_change(void **state)
{
	struct vq_entry *e;
	uint16_t slot, i;

	(void)state;
	RIG_EACH(r) {
		if (!r->v.indirect || r->entries < 4)
			continue;
		slot = rig_next_slot(r);
		e = vq_table(&r->vq, slot);
		rig_shape(r, slot, 2, 1);
		memset(r->tables.base, RIG_POISON, r->tables.len);
		rig_shape(r, slot, 2, 1);
		for (i = 0; i < 4; i++)
			assert_int_equal(le16_to_cpu(e[i].tail[0]), RIG_POISON * 257);
		rig_shape(r, slot, 1, 2);
		for (i = 0; i < 3; i++)
			assert_int_not_equal(le16_to_cpu(e[i].tail[0]), RIG_POISON * 257);
		for (i = 0; i < 3; i++) {
			assert_int_equal(le32_to_cpu(e[i].len), RIG_POISON * UINT32_C(0x1010101));
			memset(&e[i], RIG_POISON, sizeof(e[i]));
		}
		for (i = 0; i < r->tables.len; i++)
			assert_int_equal(r->tables.base[i], RIG_POISON);
	}
}

/* Whatever the device writes over the memory that is only ours to write, the right
 * requests come back, and lengths and addresses are never read from there.
 */
static void
scribbled_memory_is_not_read_back(void **state)
{
	uint32_t lap, i;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		for (lap = 0; lap < 4; lap++) {
			rig_feed(r, rig_capacity(r));
			rig_publish(r);
			if (lap == 0 || VQ_IS_PACKED(r->v.kind))
				pop_all(r, &h);
			else	/* the first lap's scribbling is what it would find */
				for (i = 0, h.nb = rig_capacity(r); i < h.nb; i++)
					h.req[i] = (struct far_req){
						.seq = r->seq - h.nb + i,
						.id = rig_op(r, r->seq - h.nb + i)->slot };
			memset(r->tables.base, 0x11 + (int)lap, r->tables.len);
			if (!VQ_IS_PACKED(r->v.kind))
				memset(r->ring.base + r->areas.desc, 0x77,
						r->areas.device - r->areas.desc);
			complete_all(r, &h, false);
			/* For the fences' own check. */
			memset(r->tables.base, RIG_POISON, r->tables.len);
			if (VQ_IS_PACKED(r->v.kind) && r->v.indirect)
				break;	/* tables are shaped once: nothing more to see */
		}
	}
}

/* Each of what is in flight comes back once; then the queue is fit for vq_init only. */
static void
detach_gives_everything_back(void **state)
{
	struct rig_op *op;
	uint32_t i, first;
	uint16_t slot, last = 0;
	struct held h;

	(void)state;
	RIG_EACH(r) {
		laps(r, false, false);
		first = r->seq;
		for (i = 0; i < rig_capacity(r); i++)
			rig_add(r);
		rig_publish(r);
		pop_all(r, &h);
		if (h.nb > 1) {	/* one of them completes as usual */
			far_push(r, h.req[0].id, h.req[0].nb_desc, 1);
			assert_int_equal(rig_used(r, 1), 1);
			assert_int_equal(rig_take_op(r, NULL)->seq, first++);
		}
		for (i = 0; first + i < r->seq; i++) {
			op = vq_detach(&r->vq, &slot);
			assert_non_null(op);
			assert_true(op->in_flight);
			assert_int_equal(slot, op->slot);
			op->in_flight = false;
			if (VQ_IS_IN_ORDER(r->v.kind))
				assert_int_equal(op->seq, first + i);
			else if (i > 0)
				assert_true(slot > last);
			last = slot;
			assert_int_equal(vq_nb_in_flight(&r->vq), r->seq - first - i - 1);
			assert_int_equal(vq_nb_free(&r->vq), 0);
		}
		assert_null(vq_detach(&r->vq, &slot));
		assert_non_null(vq_broken(&r->vq));
		assert_int_equal(vq_init(&r->vq, &r->cfg), 0);
		assert_null(vq_detach(&r->vq, &slot));
		assert_null(vq_broken(&r->vq));
		assert_int_equal(vq_nb_free(&r->vq), rig_capacity(r));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(laps_in_order, rig_teardown),
		cmocka_unit_test_teardown(laps_out_of_order, rig_teardown),
		cmocka_unit_test_teardown(laps_in_bursts, rig_teardown),
		cmocka_unit_test_teardown(bursts_of_taking_end_at_max, rig_teardown),
		cmocka_unit_test_teardown(full_means_full, rig_teardown),
		cmocka_unit_test_teardown(nothing_shows_before_publish, rig_teardown),
		cmocka_unit_test_teardown(not_adding_is_the_abort, rig_teardown),
		cmocka_unit_test_teardown(cancelled_is_never_seen, rig_teardown),
		cmocka_unit_test_teardown(fifo_keeps_ring_order, rig_teardown),
		cmocka_unit_test_teardown(fifo_stops_at_what_is_in_flight, rig_teardown),
		cmocka_unit_test_teardown(in_order_uses_ring_order, rig_teardown),
		cmocka_unit_test_teardown(batches_retire_many, rig_teardown),
		cmocka_unit_test_teardown(batches_behind_each_other, rig_teardown),
		cmocka_unit_test_teardown(batches_asked_now_and_then, rig_teardown),
		cmocka_unit_test_teardown(nothing_written_is_no_length, rig_teardown),
		cmocka_unit_test_teardown(a_length_without_its_flag, rig_teardown),
		cmocka_unit_test_teardown(tables_elsewhere, rig_teardown),
		cmocka_unit_test_teardown(tables_elsewhere_are_bounded, rig_teardown),
		cmocka_unit_test_teardown(shapes_are_written_when_they_change, rig_teardown),
		cmocka_unit_test_teardown(scribbled_memory_is_not_read_back, rig_teardown),
		cmocka_unit_test_teardown(detach_gives_everything_back, rig_teardown),
	};

	return rig_run("vq ring", tests, sizeof(tests) / sizeof(tests[0]));
}

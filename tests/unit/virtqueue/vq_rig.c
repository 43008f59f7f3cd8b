/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory with guard pages around it, variants, requests and their check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "vq_rig.h"

static struct rig *current;
static unsigned int variants;

/* ---- memory ---- */

/* len bytes between two pages that may not be touched; what is left of the last page
 * holds poison.
 */
static void
memory_get(struct rig_memory *m, size_t len)
{
	size_t pages = (len + 4095) / 4096 + 2;

	m->map_len = pages * 4096;
	m->mapping = mmap(NULL, m->map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(m->mapping, MAP_FAILED);
	m->base = m->mapping + 4096;
	m->len = len;
	assert_int_equal(mprotect(m->base, m->map_len - 2 * 4096, PROT_READ | PROT_WRITE), 0);
	memset(m->base, RIG_POISON, m->map_len - 2 * 4096);
}

static bool
memory_put(struct rig_memory *m)
{
	size_t i, room = m->map_len - 2 * 4096;
	bool whole = true;

	if (m->mapping == NULL)
		return true;
	for (i = m->len; i < room; i++)
		whole = whole && m->base[i] == RIG_POISON;
	munmap(m->mapping, m->map_len);
	m->mapping = NULL;
	return whole;
}

/* Poison between the tables is as it was. */
static bool
gaps_whole(const struct rig *r)
{
	size_t used = r->entries * sizeof(struct vq_entry);
	uint32_t slot, i;

	for (slot = 0; slot < r->v.size; slot++)
		for (i = (uint32_t)used; i < RIG_TABLE_STRIDE; i++)
			if (r->tables.base[slot * RIG_TABLE_STRIDE + i] != RIG_POISON)
				return false;
	return true;
}

/* ---- variants ---- */

static const uint16_t split_sizes[] = { 1, 2, 4, 8, 256 };
static const uint16_t packed_sizes[] = { 1, 2, 3, 4, 7, 8, 100, 256 };
#define NB(array)	(sizeof(array) / sizeof((array)[0]))

/* Variant number n; false past the last. */
static bool
variant(unsigned int n, struct rig_variant *v)
{
	static const uint16_t starts[] = { 0, 65530, 65535 };
	unsigned int size;

	memset(v, 0, sizeof(*v));
	v->indirect = n & 1;
	v->event_idx = n & 2;
	v->platform = n & 4;
	n >>= 3;
	v->first_idx = starts[n % NB(starts)];
	n /= NB(starts);
	v->fifo = n & 1;
	n >>= 1;
	for (v->kind = VQ_SPLIT; v->kind <= VQ_PACKED_IN_ORDER; v->kind++) {
		unsigned int nb = VQ_IS_PACKED(v->kind) ? NB(packed_sizes) : NB(split_sizes);

		if (n >= nb) {
			n -= nb;
			continue;
		}
		size = VQ_IS_PACKED(v->kind) ? packed_sizes[n] : split_sizes[n];
		v->size = (uint16_t)size;
		return true;
	}
	return false;
}

static const char *
variant_name(const struct rig_variant *v)
{
	static const char *const kinds[] = {
		"split", "split in-order", "packed", "packed in-order" };
	static char name[128];

	snprintf(name, sizeof(name), "%s, size %u, %s%s%s%s, first index %u", kinds[v->kind],
			v->size, v->indirect ? "indirect" : "direct",
			v->event_idx ? ", event-idx" : "", v->platform ? ", platform" : "",
			v->fifo ? ", fifo" : "", v->first_idx);
	return name;
}

struct rig *
rig_make(const struct rig_variant *v)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	current = r;
	r->v = *v;
	r->entries = v->size < RIG_MAX_ENTRIES ? v->size : RIG_MAX_ENTRIES;
	r->nb_ops = 4u * v->size;
	r->ops = calloc(r->nb_ops, sizeof(*r->ops));
	assert_non_null(r->ops);
	memory_get(&r->ring, vq_ring_size(v->kind, v->size));
	/* One more, for a table elsewhere. */
	memory_get(&r->tables, (v->size + (size_t)1) * RIG_TABLE_STRIDE);
	memory_get(&r->shadow, vq_shadow_size(v->size));
	r->cfg = (struct vq_config){
		.kind = v->kind,
		.size = v->size,
		.indirect = v->indirect,
		.event_idx = v->event_idx,
		.order_platform = v->platform,
		.fifo_slots = v->fifo,
		.ring = r->ring.base,
		.ring_iova = 0x40000000,
		.tables = r->tables.base,
		.tables_iova = RIG_TABLES_IOVA,
		.table_stride = RIG_TABLE_STRIDE,
		.table_entries = r->entries,
		.shadow = r->shadow.base,
		.first_idx = v->first_idx,
	};
	assert_int_equal(vq_init(&r->vq, &r->cfg), 0);
	vq_ring_areas(&r->areas, v->kind, v->size);
	r->far_avail = v->first_idx;
	r->far_used = v->first_idx;
	r->far_pos = v->first_idx % v->size;
	r->far_used_pos = r->far_pos;
	r->far_wrap = v->first_idx / v->size % 2 == 0;
	r->far_used_wrap = r->far_wrap;
	return r;
}

void
rig_free(struct rig *r)
{
	bool gaps = gaps_whole(r);
	bool ring = memory_put(&r->ring);
	bool tables = memory_put(&r->tables);
	bool shadow = memory_put(&r->shadow);

	assert_true(gaps);
	assert_true(ring && tables && shadow);
	vq_fini(&r->vq);
	vq_fini(&r->vq);
	free(r->ops);
	free(r);
	current = NULL;
}

struct rig *
rig_next(struct rig *r)
{
	static unsigned int n;
	struct rig_variant v;

	if (r == NULL)
		n = 0;
	else
		rig_free(r);
	while (variant(n++, &v)) {
		/* Ring order of slots is for tables only, and IN_ORDER has it anyway. */
		if (v.fifo && (!v.indirect || VQ_IS_IN_ORDER(v.kind)))
			continue;
		variants++;
		return rig_make(&v);
	}
	return NULL;
}

unsigned int
rig_count(void)
{
	return variants;
}

int
rig_teardown(void **state)
{
	(void)state;
	if (current != NULL)
		print_error("variant: %s\n", variant_name(&current->v));
	current = NULL;
	return 0;
}

int
rig_run(const char *name, const struct CMUnitTest *tests, size_t nb)
{
	int failed = _cmocka_run_group_tests(name, tests, nb, NULL, NULL);

	if (failed == 0 && variants == 0) {
		print_error("no variant was tested\n");
		return 1;
	}
	return failed;
}

/* ---- verbs ---- */

#define BY_KIND(kind, verb) \
	switch (kind) { \
	case VQ_SPLIT: verb(VQ_SPLIT); break; \
	case VQ_SPLIT_IN_ORDER: verb(VQ_SPLIT_IN_ORDER); break; \
	case VQ_PACKED: verb(VQ_PACKED); break; \
	default: verb(VQ_PACKED_IN_ORDER); break; \
	}

uint16_t
rig_next_slot(struct rig *r)
{
	uint16_t slot;

#define VERB(k) slot = vq_next_slot(&r->vq, k)
	BY_KIND(r->v.kind, VERB)
#undef VERB
	return slot;
}

void
rig_shape(struct rig *r, uint16_t slot, uint16_t nb_read, uint16_t nb_write)
{
#define VERB(k) vq_shape(&r->vq, k, slot, nb_read, nb_write)
	BY_KIND(r->v.kind, VERB)
#undef VERB
}

void
rig_vq_add(struct rig *r, uint16_t slot, void *token)
{
#define VERB(k) vq_add(&r->vq, k, slot, token)
	BY_KIND(r->v.kind, VERB)
#undef VERB
}

void
rig_publish(struct rig *r)
{
#define VERB(k) vq_publish(&r->vq, k)
	BY_KIND(r->v.kind, VERB)
#undef VERB
}

bool
rig_needs_kick(struct rig *r)
{
	bool kick;

#define VERB(k) kick = vq_needs_kick(&r->vq, k)
	BY_KIND(r->v.kind, VERB)
#undef VERB
	return kick;
}

bool
rig_asks_kick(struct rig *r)
{
	bool kick;

#define VERB(k) kick = vq_asks_kick(&r->vq, k)
	BY_KIND(r->v.kind, VERB)
#undef VERB
	return kick;
}

bool
rig_polls_kick(struct rig *r)
{
	unsigned int i;
	bool kick = false;

	for (i = 0; i < VQ_KICK_POLLS && !kick && vq_owes_kick(&r->vq); i++) {
#define VERB(k) kick = vq_asks_again(&r->vq, k)
		BY_KIND(r->v.kind, VERB)
#undef VERB
	}
	return kick;
}

uint32_t
rig_notify_data(struct rig *r)
{
	uint32_t data;

#define VERB(k) data = vq_notify_data(&r->vq, k)
	BY_KIND(r->v.kind, VERB)
#undef VERB
	return data;
}

bool
rig_is_idle(struct rig *r)
{
	bool idle;

#define VERB(k) idle = vq_is_idle(&r->vq, k)
	BY_KIND(r->v.kind, VERB)
#undef VERB
	return idle;
}

uint16_t
rig_used(struct rig *r, uint16_t max)
{
	uint16_t nb;

#define VERB(k) nb = vq_used(&r->vq, k, max)
	BY_KIND(r->v.kind, VERB)
#undef VERB
	return nb;
}

void *
rig_take(struct rig *r, uint16_t *slot, uint32_t *len)
{
	void *token;

#define VERB(k) token = vq_take(&r->vq, k, slot, len)
	BY_KIND(r->v.kind, VERB)
#undef VERB
	return token;
}

/* ---- requests ---- */

struct rig_op *
rig_op(struct rig *r, uint32_t seq)
{
	return &r->ops[seq % r->nb_ops];
}

/* The next request, as far as the slot's table. */
static struct rig_op *
fill(struct rig *r, uint16_t slot)
{
	struct rig_op *op = rig_op(r, r->seq);
	struct vq_entry *e = vq_table(&r->vq, slot);
	uint16_t nb = (uint16_t)(1 + r->seq % r->entries), i;

	assert_false(op->in_flight);
	assert_in_range(slot, 0, r->v.size - 1u);
	op->seq = r->seq++;
	op->slot = slot;
	op->nb_read = (uint16_t)(op->seq / 3 % (nb + 1u));
	op->nb_write = (uint16_t)(nb - op->nb_read);
	op->in_flight = true;
	for (i = 0; i < nb; i++) {
		e[i].addr = cpu_to_le64(RIG_DATA_IOVA + op->seq * UINT64_C(4096) + i);
		e[i].len = cpu_to_le32(op->seq % 1000 + i + 1);
	}
	return op;
}

struct rig_op *
rig_add(struct rig *r)
{
	struct rig_op *op = fill(r, rig_next_slot(r));

	rig_shape(r, op->slot, op->nb_read, op->nb_write);
	rig_vq_add(r, op->slot, op);
	return op;
}

void
rig_feed(struct rig *r, uint16_t nb)
{
	struct vq_feed f;
	struct rig_op *op;
	uint32_t room;

#define FEED(k, plain) \
	room = vq_feed_begin(&f, &r->vq, k, plain); \
	assert_in_range(nb, 0, room); \
	while (nb-- > 0) { \
		op = fill(r, (uint16_t)vq_feed_slot(&f, k)); \
		assert_ptr_equal(vq_feed_table(&f, op->slot), vq_table(&r->vq, op->slot)); \
		assert_ptr_equal(vq_feed_tag(&f, op->slot), vq_tag(&r->vq, op->slot)); \
		vq_shape(&r->vq, k, op->slot, op->nb_read, op->nb_write); \
		vq_feed_add(&f, k, op->slot, op); \
	} \
	vq_feed_end(&f, k)
	/* By turns with the promise, where it can be given, and without. */
#define VERB(k) \
	if (vq_is_plain(&r->vq) && r->seq % 2 != 0) { \
		FEED(k, true); \
	} else { \
		FEED(k, false); \
	}
	BY_KIND(r->v.kind, VERB)
#undef VERB
#undef FEED
}

struct rig_op *
rig_take_op(struct rig *r, uint32_t *len)
{
	uint16_t slot = 0xffff;
	struct rig_op *op = rig_take(r, &slot, len);

	if (op == NULL)
		return NULL;
	assert_ptr_equal(op, rig_op(r, op->seq));
	assert_true(op->in_flight);
	assert_int_equal(slot, op->slot);
	op->in_flight = false;
	return op;
}

uint16_t
rig_capacity(const struct rig *r)
{
	return r->v.indirect ? r->v.size : (uint16_t)(r->v.size / r->entries);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device that breaks the rules of the data queues, one case per rule, and one that
 * writes at random.  A violation costs one log line; every op in flight comes back
 * exactly once with an error; no op is taken any more; stop, close and remove end; a
 * start brings the queue back.  What is no violation costs nothing but a status.
 */
#include <pthread.h>
#include <string.h>

#include "rig.h"

#define KEY	0x5c
#define NB	8	/* ops in flight in each case */
#define SIZE	64	/* entries */

#define SPLIT			(1u << 0)	/* by index in rig_kinds */
#define SPLIT_IN_ORDER		(1u << 1)
#define PACKED			(1u << 2)
#define PACKED_IN_ORDER		(1u << 3)

struct evil {
	struct rig *r;
	void *session;
	struct rte_crypto_op *op[NB];
	unsigned int back;		/* bit per op */
	unsigned int nb_back, nb_ok, nb_error;
};

/* ---- ops in flight ---- */

static void
evil_up(struct evil *e, uint64_t features)
{
	struct rig_conf conf = { .features = features, .size = SIZE };
	unsigned int i;

	memset(e, 0, sizeof(*e));
	e->r = rig_up(&conf, 2, SIZE);
	e->session = rig_cbc_session(e->r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	/* Not at the ring's start, and every slot was used. */
	rig_traffic(e->r, 0, KEY, e->session, SIZE + 13);
	e->r->m.mode = MODEL_PUMPED;
	for (i = 0; i < NB; i++)
		e->op[i] = rig_op(e->session, 16 * (i + 1));
	assert_int_equal(rig_enqueue(e->r, 0, e->op, NB), NB);
}

/* What comes back now, a few times over; each op at most once. */
static void
collect(struct evil *e)
{
	struct rte_crypto_op *got[4];
	unsigned int polls, i, k;
	uint16_t n;

	for (polls = 0; polls < 2 * NB; polls++) {
		n = rte_cryptodev_dequeue_burst(e->r->id, 0, got, RTE_DIM(got));
		for (i = 0; i < n; i++) {
			for (k = 0; k < NB && e->op[k] != got[i]; k++)
				;
			assert_in_range(k, 0, NB - 1);
			assert_int_equal(e->back >> k & 1, 0);
			e->back |= 1u << k;
			e->nb_back++;
			e->nb_ok += got[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
			e->nb_error += got[i]->status == RTE_CRYPTO_OP_STATUS_ERROR;
		}
	}
}

static void
free_ops(struct evil *e)
{
	unsigned int i;

	assert_int_equal(e->nb_back, NB);
	for (i = 0; i < NB; i++)
		rig_op_free(e->op[i]);
}

/* The queue takes nothing any more; the other one works. */
static void
check_broken(struct evil *e)
{
	struct rte_crypto_op *op = rig_op(e->session, 64);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(rig_enqueue(e->r, 0, &op, 1), 0);
		assert_int_equal(rte_cryptodev_dequeue_burst(e->r->id, 0, &op, 1), 0);
	}
	rig_op_free(op);
	e->r->m.mode = MODEL_INLINE;
	rig_traffic(e->r, 1, KEY, e->session, 10);
}

static void
check_works(struct evil *e)
{
	e->r->m.mode = MODEL_INLINE;
	rig_traffic(e->r, 0, KEY, e->session, SIZE + 5);
	rig_traffic(e->r, 1, KEY, e->session, 5);
}

static void
evil_down(struct evil *e)
{
	rig_session_free(e->r, e->session);
	rig_close(e->r);
}

/* ---- the ring as the device sees it ---- */

static struct virtq_used *
used_ring(struct evil *e)
{
	return (struct virtq_used *)(uintptr_t)e->r->f->queue[0].device;
}

static struct pvirtq_desc *
packed_ring(struct evil *e)
{
	return (struct pvirtq_desc *)(uintptr_t)e->r->f->queue[0].desc;
}

static bool
is_packed(struct evil *e)
{
	return (e->r->f->driver_features & VIRTIO_F_RING_PACKED) != 0;
}

/* Ids of the requests that are in flight: the model took them. */
static uint16_t
id_of(struct evil *e, unsigned int i)
{
	return e->r->m.queue[0].held[i].r.id;
}

static uint16_t
free_id(struct evil *e)
{
	uint16_t id;
	unsigned int i;

	for (id = 0;; id++) {
		for (i = 0; i < e->r->m.queue[0].nb_held && id_of(e, i) != id; i++)
			;
		if (i == e->r->m.queue[0].nb_held)
			return id;
	}
}

/* The first of the model's requests is done well, and shown. */
static void
one_well(struct evil *e)
{
	model_complete(&e->r->m, 0, 0);
	model_publish(&e->r->m, 0);
}

/* ---- violations ---- */

static void
id_out_of_range(struct evil *e)
{
	model_push_raw(&e->r->m, 0, SIZE, 16);
}

static void
id_far_out_of_range(struct evil *e)
{
	model_push_raw(&e->r->m, 0, UINT16_MAX, 16);
}

/* Its low 16 bits are an id in flight. */
static void
id_of_32_bits(struct evil *e)
{
	struct virtq_used *u = used_ring(e);
	uint16_t at = le16_to_cpu(u->idx);

	u->ring[at % SIZE].id = cpu_to_le32(0x10000u + id_of(e, 0));
	u->idx = cpu_to_le16((uint16_t)(at + 1));
}

static void
id_not_in_flight(struct evil *e)
{
	model_push_raw(&e->r->m, 0, free_id(e), 16);
}

static void
id_twice(struct evil *e)
{
	uint16_t id = id_of(e, 0);

	one_well(e);
	model_push_raw(&e->r->m, 0, id, 16);
}

/* Once it was seen and its slot is free, or somebody else's. */
static void
id_again_later(struct evil *e)
{
	uint16_t id = id_of(e, 0);

	one_well(e);
	collect(e);
	assert_int_equal(e->nb_ok, 1);
	model_push_raw(&e->r->m, 0, id, 16);
}

static void
move_index(struct evil *e, uint16_t by)
{
	struct virtq_used *u = used_ring(e);

	u->idx = cpu_to_le16((uint16_t)(le16_to_cpu(u->idx) + by));
}

static void
index_one_too_far(struct evil *e)
{
	move_index(e, NB + 1);
}

static void
index_a_ring_too_far(struct evil *e)
{
	move_index(e, SIZE);
}

static void
index_half_way_round(struct evil *e)
{
	move_index(e, 0x8000);
}

static void
index_backwards(struct evil *e)
{
	move_index(e, UINT16_MAX);
}

/* In order: an id that is in flight, but of no batch that has been shown. */
static void
batch_beyond_what_is_shown(struct evil *e)
{
	model_push_raw(&e->r->m, 0, (uint16_t)((id_of(e, NB - 1) + 1) % SIZE), 16);
}

struct rule {
	const char *name;
	void (*act)(struct evil *e);
	unsigned int kinds;	/* where it is a violation that must be found */
	unsigned int nb_ok;	/* ops that come back well before */
};

static const struct rule rules[] = {
	{ "id out of range", id_out_of_range, SPLIT | PACKED | PACKED_IN_ORDER, 0 },
	{ "id far out of range", id_far_out_of_range, SPLIT | PACKED | PACKED_IN_ORDER, 0 },
	{ "id of 32 bits", id_of_32_bits, SPLIT, 0 },
	{ "id not in flight", id_not_in_flight, SPLIT | PACKED, 0 },
	{ "id twice", id_twice, SPLIT | PACKED, 1 },
	{ "id again later", id_again_later, SPLIT | PACKED, 1 },
	{ "index one too far", index_one_too_far, SPLIT | SPLIT_IN_ORDER, 0 },
	{ "index a ring too far", index_a_ring_too_far, SPLIT | SPLIT_IN_ORDER, 0 },
	{ "index half way round", index_half_way_round, SPLIT | SPLIT_IN_ORDER, 0 },
	{ "index backwards", index_backwards, SPLIT | SPLIT_IN_ORDER, 0 },
	{ "batch beyond what is shown", batch_beyond_what_is_shown, PACKED_IN_ORDER, 0 },
};

enum ending {
	START_AGAIN,
	SET_UP_AGAIN,
	CLOSE,
	REMOVE,
	NB_ENDINGS
};

static void
end_as(struct evil *e, enum ending how)
{
	if (how == REMOVE) {
		evil_down(e);
		return;
	}
	rte_cryptodev_stop(e->r->id);
	if (how == CLOSE) {
		rig_session_free(e->r, e->session);
		assert_int_equal(rte_cryptodev_close(e->r->id), 0);
		rig_close(e->r);
		return;
	}
	if (how == SET_UP_AGAIN)
		assert_int_equal(rig_setup(e->r, 0, SIZE), 0);
	assert_int_equal(rte_cryptodev_start(e->r->id), 0);
	if (e->r->m.nb_sessions == 0) {		/* it took a device reset */
		rig_session_free(e->r, e->session);
		e->r->m.mode = MODEL_INLINE;
		e->session = rig_cbc_session(e->r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	}
	check_works(e);
	evil_down(e);
}

static void
rule_is_kept(const struct rule *rule, const struct rig_variant *kind, enum ending how)
{
	uint64_t features = kind->features;
	struct evil e;

	if (how == SET_UP_AGAIN)
		features &= ~VIRTIO_F_RING_RESET;
	evil_up(&e, features);
	assert_int_equal(model_take(&e.r->m, 0, NB), NB);
	rule->act(&e);
	collect(&e);
	if (log_capture_errors() != 1 || e.nb_ok != rule->nb_ok ||
			e.nb_error != NB - rule->nb_ok)
		fail_msg("%s, %s: %u lines, %u ops well, %u with an error", kind->name, rule->name,
			log_capture_errors(), e.nb_ok, e.nb_error);
	rig_expect_errors(1, "queue pair 0 is broken");
	check_broken(&e);
	free_ops(&e);
	end_as(&e, how);
}

static void
every_rule_is_kept(void **state)
{
	unsigned int i, k, how;

	(void)state;
	for (i = 0; i < RTE_DIM(rules); i++)
		for (k = 0; k < RTE_DIM(rig_kinds); k++)
			for (how = 0; how < NB_ENDINGS; how++)
				if (rules[i].kinds >> k & 1)
					rule_is_kept(&rules[i], &rig_kinds[k], how);
}

/* A used element whose id nobody has to look at is no violation: nothing bad happens. */
static void
ids_are_not_needed_in_order(void **state)
{
	struct evil e;

	(void)state;
	evil_up(&e, rig_kinds[1].features);
	assert_int_equal(model_take(&e.r->m, 0, NB), NB);
	id_far_out_of_range(&e);
	collect(&e);
	assert_int_equal(e.nb_ok, 0);
	assert_in_range(e.nb_back, 1, NB);
	log_capture_start();
	rte_cryptodev_stop(e.r->id);
	assert_int_equal(rte_cryptodev_start(e.r->id), 0);
	collect(&e);
	assert_int_equal(e.nb_error, NB);
	free_ops(&e);
	check_works(&e);
	evil_down(&e);
}

/* ---- packed: flags that mean "not used" ---- */

static void
flags_that_mean_nothing(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 2; k < 4; k++) {
		struct evil e;
		struct vqd *d;
		uint16_t available;

		evil_up(&e, rig_kinds[k].features);
		assert_int_equal(model_take(&e.r->m, 0, NB), NB);
		d = &e.r->m.queue[0].d;
		available = d->used_wrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED;
		for (i = 0; i < 0x10000; i += 0x80) {
			bool used = i & VIRTQ_DESC_F_USED, avail = i & VIRTQ_DESC_F_AVAIL;

			if (used == d->used_wrap && avail == used)
				continue;	/* used indeed */
			packed_ring(&e)[d->used_pos].flags = cpu_to_le16((uint16_t)i);
			collect(&e);
			assert_int_equal(e.nb_back, 0);
		}
		packed_ring(&e)[d->used_pos].flags = cpu_to_le16(available);
		while (e.r->m.queue[0].nb_held != 0)
			model_complete(&e.r->m, 0, 0);
		model_publish(&e.r->m, 0);
		collect(&e);
		assert_int_equal(e.nb_ok, NB);
		for (i = 0; i < NB; i++)
			rig_op_free(e.op[i]);
		check_works(&e);
		evil_down(&e);
	}
}

/* The whole ring says "used", with ids that are in flight, more often than they are. */
static void
everything_is_used(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 2; k < 4; k++) {
		struct evil e;
		struct vqd *d;

		evil_up(&e, rig_kinds[k].features);
		assert_int_equal(model_take(&e.r->m, 0, NB), NB);
		d = &e.r->m.queue[0].d;
		for (i = 0; i < SIZE; i++) {
			bool wrap = i >= d->used_pos ? d->used_wrap : !d->used_wrap;

			packed_ring(&e)[i].id = cpu_to_le16(id_of(&e, i % NB));
			packed_ring(&e)[i].flags = cpu_to_le16(wrap ? VIRTQ_DESC_F_AVAIL |
					VIRTQ_DESC_F_USED : 0);
		}
		collect(&e);
		assert_int_equal(e.nb_back, NB);
		assert_int_equal(e.nb_error, NB);
		log_capture_start();
		free_ops(&e);
		rte_cryptodev_stop(e.r->id);
		assert_int_equal(rte_cryptodev_close(e.r->id), 0);
		rig_session_free(e.r, e.session);
		e.r->m.mode = MODEL_INLINE;
		rig_start(e.r, 2, SIZE);
		e.session = rig_cbc_session(e.r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		check_works(&e);
		evil_down(&e);
	}
}

/* ---- no violation: lengths and statuses ---- */

static void
lengths_are_not_trusted(void **state)
{
	static const uint32_t lens[] = { 0, 1, 17, 0x7fffffff, UINT32_MAX };
	unsigned int i, k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, SIZE);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

		for (i = 0; i < RTE_DIM(lens); i++) {
			r->m.used_len = lens[i];
			rig_traffic(r, 0, KEY, s, SIZE + 3);
		}
		r->m.used_len = MODEL_NONE;
		rig_session_free(r, s);
		rig_close(r);
	}
}

static uint8_t
meaning(unsigned int status)
{
	switch (status) {
	case VIRTIO_CRYPTO_OK:
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	case VIRTIO_CRYPTO_BADMSG:
	case VIRTIO_CRYPTO_KEY_REJECTED:
		return RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
	case VIRTIO_CRYPTO_INVSESS:
		return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
	default:
		return RTE_CRYPTO_OP_STATUS_ERROR;
	}
}

/* Every value that a status byte can have, and none at all. */
static void
every_status(void **state)
{
	unsigned int k;
	int status;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, SIZE);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op = rig_op(s, 48);

		for (status = 0; status < 256; status++) {
			r->m.data_status = status;
			assert_int_equal(rig_run(r, op), meaning((unsigned int)status));
			r->m.data_status = MODEL_NONE;
			/* A status of the slot's past is not this op's. */
			r->m.data_no_status = true;
			assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_ERROR);
			r->m.data_no_status = false;
			assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
		}
		rig_op_free(op);
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* ---- memory that the device scribbles over ---- */

/* Rings, slots and status bytes of queue pair 0, but nothing of the driver's own. */
struct area {
	uint8_t *at;
	size_t len;
};

static void
find_area(const struct rte_memzone *mz, void *arg)
{
	struct area *a = arg;

	if (strncmp(mz->name, "vcrypto", 7) == 0 && strstr(mz->name, "_q0_") != NULL)
		*a = (struct area){ mz->addr, mz->len };
}

static struct area
shared_memory(void)
{
	struct area a = { NULL, 0 };

	rte_memzone_walk(find_area, &a);
	assert_non_null(a.at);
	return a;
}

static void
fill(struct area a, unsigned int how)
{
	if (how < 4)
		memset(a.at, (int)how * 0x55, a.len);
	else
		rig_pattern(a.at, a.len, how);
}

static bool
inside(struct area a, const struct vqd_seg *s)
{
	return s->ptr >= a.at && s->ptr + s->len <= a.at + a.len;
}

/* Rings, headers and status bytes lie in memory of their own, payload in none of it. */
static void
payload_lies_apart(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct fake_pci_queue *q;
		struct area a;
		struct evil e;

		evil_up(&e, rig_kinds[k].features);
		a = shared_memory();
		q = &e.r->f->queue[0];
		assert_ptr_equal(a.at, (void *)(uintptr_t)q->desc);
		assert_true(q->driver - q->desc < a.len && q->device - q->desc < a.len);
		assert_int_equal(model_take(&e.r->m, 0, NB), NB);
		for (i = 0; i < NB; i++) {
			const struct model_req *h = &e.r->m.queue[0].held[i];

			assert_int_equal(h->r.nb_read + h->r.nb_write, 4);
			assert_true(inside(a, &h->seg[0]) && inside(a, &h->seg[3]));
			assert_false(inside(a, &h->seg[1]) || inside(a, &h->seg[2]));
			assert_ptr_equal(h->seg[1].ptr,
					rte_pktmbuf_mtod(e.op[i]->sym->m_src, uint8_t *));
		}
		while (e.r->m.queue[0].nb_held != 0)
			model_complete(&e.r->m, 0, 0);
		model_publish(&e.r->m, 0);
		collect(&e);
		free_ops(&e);
		e.r->m.mode = MODEL_INLINE;
		evil_down(&e);
	}
}

/* A device that was scribbled over by itself has to be set up anew. */
static void
set_up_anew(struct evil *e)
{
	rte_cryptodev_stop(e->r->id);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(e->r->id), 0);
	collect(e);
	free_ops(e);
	rte_cryptodev_stop(e->r->id);
	assert_int_equal(rte_cryptodev_close(e->r->id), 0);
	/* It complains about what it wrote itself. */
	e->r->m.violation[0] = '\0';
	rig_session_free(e->r, e->session);
	e->r->m.mode = MODEL_INLINE;
	rig_start(e->r, 2, SIZE);
	e->session = rig_cbc_session(e->r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	log_capture_start();
	check_works(e);
	evil_down(e);
}

/* Headers, tables and what the driver wrote into the split ring are not read back:
 * every op is completed as what it is.
 */
static void
scribbled_requests_are_completed(void **state)
{
	unsigned int how, k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < 8; how++) {
			struct area a;
			struct evil e;
			size_t ring;

			evil_up(&e, rig_kinds[k].features);
			assert_int_equal(model_take(&e.r->m, 0, NB), NB);
			a = shared_memory();
			/* Used entries stand behind the rest of a split ring, and in
			 * the midst of a packed one.
			 */
			ring = (size_t)(e.r->f->queue[0].device - (uintptr_t)a.at);
			fill((struct area){ a.at + 4096, a.len - 4096 }, how);
			if (!is_packed(&e))
				fill((struct area){ a.at, ring }, how);
			/* The model looks at what it took. */
			e.r->m.data_status = VIRTIO_CRYPTO_OK;
			for (i = 0; i < NB; i++)
				model_complete(&e.r->m, 0, 0);
			model_publish(&e.r->m, 0);
			e.r->m.data_status = MODEL_NONE;
			collect(&e);
			assert_int_equal(e.nb_ok, NB);
			assert_int_equal(log_capture_errors(), 0);
			set_up_anew(&e);
		}
}

/* All of it, used entries too: anything may come back, but each op once. */
static void
scribbled_rings_are_survived(void **state)
{
	unsigned int how, k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < 12; how++) {
			struct evil e;

			evil_up(&e, rig_kinds[k].features);
			if (how % 2)
				assert_int_equal(model_take(&e.r->m, 0, NB), NB);
			fill(shared_memory(), how);
			collect(&e);
			assert_in_range(log_capture_errors(), 0, 1);
			e.r->m.queue[0].enabled = false;
			set_up_anew(&e);
		}
}

/* ---- at random ---- */

static uint32_t
rnd(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* One hostile or honest step. */
static void
random_step(struct evil *e, uint32_t *x)
{
	struct model *m = &e->r->m;
	struct area a = shared_memory();
	uint32_t what = rnd(x) % 8;

	if (what < 3 && m->queue[0].nb_held != 0)
		model_complete(m, 0, rnd(x) % m->queue[0].nb_held);
	else if (what == 3)
		model_push_raw(m, 0, (uint16_t)(rnd(x) % (SIZE + 2)), rnd(x));
	else if (what == 4)
		a.at[rnd(x) % 4096] = (uint8_t)rnd(x);		/* the ring's page */
	else if (what == 5)
		a.at[rnd(x) % a.len] = (uint8_t)rnd(x);
	else if (what == 6 && !is_packed(e))
		move_index(e, (uint16_t)(rnd(x) % 4));
	else
		model_publish(m, 0);
}

static void
random_devices(void **state)
{
	unsigned int k, i;
	uint32_t x;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (x = 1000 + k; x < 1000 + 15 * 4; x += 4) {
			uint32_t seed = x * 2654435761u;
			struct evil e;

			evil_up(&e, rig_kinds[k].features);
			/* The model must not walk rings that it scribbled over. */
			assert_int_equal(model_take(&e.r->m, 0, NB), NB);
			for (i = 0; i < 30; i++) {
				random_step(&e, &seed);
				if (rnd(&seed) % 4 == 0)
					collect(&e);
			}
			e.r->m.queue[0].enabled = false;
			assert_in_range(log_capture_errors(), 0, 1);
			set_up_anew(&e);
		}
}

/* A value that was checked may change before it is used, unless it was read once. */
struct flicker {
	struct evil *e;
	bool stop;
};

static void *
flicker(void *arg)
{
	struct flicker *f = arg;
	volatile uint8_t *p = (volatile uint8_t *)used_ring(f->e);
	size_t len = sizeof(struct virtq_used) + SIZE * sizeof(struct virtq_used_elem);
	uint32_t x = 99;

	if (is_packed(f->e)) {
		p = (volatile uint8_t *)packed_ring(f->e);
		len = SIZE * sizeof(struct pvirtq_desc);
	}
	while (!__atomic_load_n(&f->stop, __ATOMIC_ACQUIRE))
		p[rnd(&x) % len] = (uint8_t)rnd(&x);
	return NULL;
}

static void
rings_that_flicker(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (i = 0; i < 5; i++) {
			struct evil e;
			struct flicker f = { &e, false };
			pthread_t thread;
			unsigned int polls;

			evil_up(&e, rig_kinds[k].features);
			assert_int_equal(pthread_create(&thread, NULL, flicker, &f), 0);
			for (polls = 0; polls < 20; polls++)
				collect(&e);
			__atomic_store_n(&f.stop, true, __ATOMIC_RELEASE);
			pthread_join(thread, NULL);
			e.r->m.queue[0].enabled = false;
			assert_in_range(log_capture_errors(), 0, 1);
			set_up_anew(&e);
		}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_is_kept),
		cmocka_unit_test(ids_are_not_needed_in_order),
		cmocka_unit_test(flags_that_mean_nothing),
		cmocka_unit_test(everything_is_used),
		cmocka_unit_test(lengths_are_not_trusted),
		cmocka_unit_test(every_status),
		cmocka_unit_test(payload_lies_apart),
		cmocka_unit_test(scribbled_requests_are_completed),
		cmocka_unit_test(scribbled_rings_are_survived),
		cmocka_unit_test(random_devices),
		cmocka_unit_test(rings_that_flicker),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

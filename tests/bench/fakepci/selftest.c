/* SPDX-License-Identifier: BSD-3-Clause
 *
 * selftest: drive fakedev by hand, as a careful driver would, to check the
 * device side itself: register behaviour, queue reset, split and packed rings,
 * chained and indirect requests, used lengths, batches of IN_ORDER, notification
 * suppression, wrap-around.  Needs no DPDK.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakedev.h"

#define SIZE	64
#define ROUNDS	20000
#define QUEUE	1		/* the queue that is driven, of 2 + 1 */
#define NB_REQS	8		/* in flight at most */
#define READABLE 3		/* descriptors: header, iv, source */
#define SEGS	5		/* and destination, status */
#define WRITTEN	65		/* bytes that a complete request writes */

static unsigned long checked;

#define MUST(cond) do { \
	checked++; \
	if (!(cond)) { \
		fprintf(stderr, "selftest.c:%d: %s\n", __LINE__, #cond); \
		abort(); \
	} \
} while (0)

static volatile struct virtio_pci_common_cfg *cfg;
static volatile uint16_t *queue_reset;

/* Zeroed memory for rings; kept, since a device may hold on to it until the end. */
static void *
mem(size_t n)
{
	static void *kept[128];
	static unsigned int nb;
	void *p;

	if (nb == sizeof(kept) / sizeof(kept[0]) || posix_memalign(&p, 4096, n) != 0)
		abort();
	memset(p, 0, n);
	kept[nb++] = p;
	return p;
}

static void
w64(volatile __le32 *lo, uint64_t v)
{
	lo[0] = (uint32_t)v;
	lo[1] = v >> 32;
}

static struct fdev *
device(uint64_t features, struct fdev_opts o)
{
	struct fdev *d;

	o.features = features | FDEV_F(VIRTIO_F_VERSION_1) |
		FDEV_F(VIRTIO_RING_F_INDIRECT_DESC) | FDEV_F(FDEV_F_RING_RESET);
	o.data_queues = 2;
	o.data_size = 128;
	o.ctrl_size = 64;
	d = fdev_create(&o);
	MUST(d != NULL);
	cfg = (volatile void *)d->bar;
	queue_reset = (volatile void *)(d->bar + FDEV_COMMON_Q_RESET);
	return d;
}

static void
features_ok(struct fdev *d, uint64_t features)
{
	cfg->device_status = 0;
	MUST(cfg->device_status == 0);
	cfg->device_status = 1;
	cfg->device_status = 3;
	cfg->device_feature_select = 1;
	MUST(cfg->device_feature == d->o.features >> 32);
	cfg->device_feature_select = 0;
	MUST(cfg->device_feature == (uint32_t)d->o.features);
	cfg->device_feature = 0x12345678;		/* read-only */
	MUST(cfg->device_feature == (uint32_t)d->o.features);

	/* a feature that was not offered must cost FEATURES_OK */
	cfg->guest_feature_select = 0;
	cfg->guest_feature = 1;
	cfg->guest_feature_select = 1;
	cfg->guest_feature = features >> 32;
	cfg->device_status = 11;
	MUST(!(cfg->device_status & 8));
	cfg->guest_feature_select = 0;
	cfg->guest_feature = (uint32_t)features;
	cfg->device_status = 11;
	MUST(cfg->device_status & 8);
}

static void
enable(void *a[3], unsigned int q)
{
	cfg->queue_select = 7;
	MUST(cfg->queue_size == 0 && *queue_reset == 0);
	cfg->queue_select = q;
	cfg->queue_size = SIZE;
	MUST(cfg->queue_size == SIZE && cfg->queue_notify_off == q);
	w64(&cfg->queue_desc_lo, (uintptr_t)a[0]);
	w64(&cfg->queue_avail_lo, (uintptr_t)a[1]);
	w64(&cfg->queue_used_lo, (uintptr_t)a[2]);
	cfg->queue_enable = 1;
	cfg->queue_size = 2;				/* too late */
	cfg->queue_select = 0;				/* banks are apart */
	MUST(cfg->queue_enable == 0 && cfg->queue_desc_lo == 0);
	cfg->queue_select = q;
	MUST(cfg->queue_enable == 1 && cfg->queue_size == SIZE);
	MUST(cfg->queue_desc_lo == (uint32_t)(uintptr_t)a[0]);
}

/* ---- requests --------------------------------------------------------------- */

struct req {
	struct virtio_crypto_op_data_req h;
	uint8_t iv[16], data[64], status;
	struct vring_desc tbl[SEGS];
	struct vring_packed_desc ptbl[SEGS];
};

struct part {
	void *addr;
	uint32_t len;
	uint16_t flags;
};

static void
parts(struct req *r, struct part p[SEGS])
{
	memset(&r->h, 0, sizeof(r->h));
	r->h.header.opcode = VIRTIO_CRYPTO_CIPHER_ENCRYPT;
	r->h.u.sym_req.op_type = VIRTIO_CRYPTO_SYM_OP_CIPHER;
	r->h.u.sym_req.u.cipher.para.iv_len = 16;
	r->h.u.sym_req.u.cipher.para.src_data_len = 64;
	r->h.u.sym_req.u.cipher.para.dst_data_len = 64;
	r->status = 0xff;
	p[0] = (struct part){ &r->h, sizeof(r->h), VRING_DESC_F_NEXT };
	p[1] = (struct part){ r->iv, 16, VRING_DESC_F_NEXT };
	p[2] = (struct part){ r->data, 64, VRING_DESC_F_NEXT };
	p[3] = (struct part){ r->data, 64, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE };
	p[4] = (struct part){ &r->status, 1, VRING_DESC_F_WRITE };
}

/* One ring of either layout, and where its driver stands in it. */
struct ring {
	struct fdev *d;
	bool packed;
	void *area[3];
	struct req *r;			/* NB_REQS */
	uint16_t next, used;		/* packed: places; split: used index */
	bool wrap, used_wrap;
	uint16_t desc;			/* split: next free descriptor */
	uint16_t id[NB_REQS], slots[NB_REQS];
};

static void
split_add(struct ring *x, unsigned int k, bool indirect)
{
	struct vring_desc *desc = x->area[0];
	struct vring_avail *av = x->area[1];
	struct req *r = &x->r[k];
	struct part p[SEGS];
	unsigned int j, at = x->desc;

	parts(r, p);
	for (j = 0; j < SEGS; j++) {
		struct vring_desc *e = indirect ? &r->tbl[j] : &desc[(at + j) % SIZE];

		e->addr = (uintptr_t)p[j].addr;
		e->len = p[j].len;
		e->flags = p[j].flags;
		e->next = indirect ? j + 1 : (at + j + 1) % SIZE;
	}
	if (indirect) {
		desc[at] = (struct vring_desc){ (uintptr_t)r->tbl, sizeof(r->tbl),
			VRING_DESC_F_INDIRECT, 0 };
	}
	x->slots[k] = indirect ? 1 : SEGS;
	x->id[k] = at;
	x->desc = (at + x->slots[k]) % SIZE;
	av->ring[(uint16_t)(av->idx + k) % SIZE] = at;
}

static void
packed_add(struct ring *x, unsigned int k, bool indirect, uint16_t *first_flags)
{
	struct vring_packed_desc *ring = x->area[0];
	struct req *r = &x->r[k];
	struct part p[SEGS];
	unsigned int j;
	uint16_t f;

	parts(r, p);
	x->slots[k] = indirect ? 1 : SEGS;
	x->id[k] = 100 + k;
	for (j = 0; indirect && j < SEGS; j++)
		r->ptbl[j] = (struct vring_packed_desc){ (uintptr_t)p[j].addr, p[j].len, 0,
			p[j].flags & VRING_DESC_F_WRITE };
	for (j = 0; j < x->slots[k]; j++) {
		struct vring_packed_desc *e = &ring[x->next];

		f = x->wrap ? 1 << VRING_PACKED_DESC_F_AVAIL : 1 << VRING_PACKED_DESC_F_USED;
		f |= indirect ? VRING_DESC_F_INDIRECT : p[j].flags;
		e->addr = indirect ? (uintptr_t)r->ptbl : (uintptr_t)p[j].addr;
		e->len = indirect ? sizeof(r->ptbl) : p[j].len;
		/* the id counts in the last descriptor only */
		e->id = j + 1 == x->slots[k] ? x->id[k] : 9999;
		if (j == 0)
			*first_flags = f;
		else
			e->flags = f;
		if (++x->next == SIZE) {
			x->next = 0;
			x->wrap = !x->wrap;
		}
	}
}

static void
add_batch(struct ring *x, unsigned int n)
{
	struct vring_packed_desc *ring = x->area[0];
	struct vring_avail *av = x->area[1];
	unsigned int k, first;
	uint16_t f;

	for (k = 0; k < n; k++) {
		bool indirect = rand() & 1;

		if (!x->packed) {
			split_add(x, k, indirect);
			continue;
		}
		first = x->next;
		packed_add(x, k, indirect, &f);
		__atomic_store_n(&ring[first].flags, f, __ATOMIC_RELEASE);
	}
	if (!x->packed)
		__atomic_store_n(&av->idx, av->idx + n, __ATOMIC_RELEASE);
}

static void
one_used(struct ring *x, uint16_t id, uint32_t len, unsigned int skip)
{
	struct vring_packed_desc *ring = x->area[0];
	struct vring_used *us = x->area[2];
	uint16_t f;

	if (!x->packed) {
		MUST(us->ring[x->used % SIZE].id == id);
		MUST(us->ring[x->used % SIZE].len == len);
		return;
	}
	f = ring[x->used].flags;
	MUST(!!(f & 1 << VRING_PACKED_DESC_F_AVAIL) == x->used_wrap);
	MUST(!!(f & 1 << VRING_PACKED_DESC_F_USED) == x->used_wrap);
	MUST(f & VRING_DESC_F_WRITE);
	MUST(ring[x->used].id == id && ring[x->used].len == len);
	x->used += skip;
	if (x->used >= SIZE) {
		x->used -= SIZE;
		x->used_wrap = !x->used_wrap;
	}
}

/* The completions of n requests, reported batch by batch. */
static void
reap(struct ring *x, unsigned int n, unsigned int batch, uint32_t len)
{
	struct vring_used *us = x->area[2];
	unsigned int k, i, skip, last;

	for (k = 0; k < n; k = last + 1) {
		last = k + batch > n ? n - 1 : k + batch - 1;
		for (skip = 0, i = k; i <= last; i++) {
			MUST(x->r[i].status == 0);
			skip += x->slots[i];
		}
		one_used(x, x->id[last], len, skip);
		if (!x->packed)
			x->used += last + 1 - k;
	}
	if (!x->packed)
		MUST(us->idx == x->used);
}

static void
ring_up(struct ring *x, struct fdev *d)
{
	memset(x, 0, sizeof(*x));
	x->d = d;
	x->packed = d->o.features & FDEV_F(VIRTIO_F_RING_PACKED);
	x->wrap = x->used_wrap = true;
	x->area[0] = mem(SIZE * 16);
	x->area[1] = mem(4096);
	x->area[2] = mem(4096);
	x->r = mem(NB_REQS * sizeof(*x->r));
	features_ok(d, d->o.features);
	enable(x->area, QUEUE);
}

static void
run(const char *name, uint64_t features, struct fdev_opts o)
{
	struct fdev *d = device(features, o);
	struct ring x;
	unsigned int i, n, batch;

	ring_up(&x, d);
	for (i = 0; i < ROUNDS; i++) {
		n = 1 + rand() % NB_REQS;
		batch = !(features & FDEV_F(FDEV_F_IN_ORDER)) ? 1 : o.batch ? o.batch : n;
		add_batch(&x, n);
		if (i == 0) {		/* nothing before DRIVER_OK */
			MUST(fdev_poll_data(d, QUEUE) == 0);
			cfg->device_status = 15;
		}
		MUST(fdev_poll_data(d, QUEUE) == n);
		reap(&x, n, batch, o.brief && !o.walk && !o.check ? 1 : WRITTEN);
		MUST(fdev_poll_data(d, QUEUE) == 0);
	}
	MUST(d->q[QUEUE].bad == 0 && d->q[QUEUE].indirect_bad == 0);
	printf("%-28s %u rounds, ok\n", name, ROUNDS);
}

/* Where a split ring's device names the index that it wants to hear of (2.7.10). */
static uint16_t
avail_event(const struct ring *x)
{
	const uint8_t *used = x->area[2];
	uint16_t v;

	memcpy(&v, used + sizeof(struct vring_used) + SIZE * sizeof(struct vring_used_elem),
		sizeof(v));
	return v;
}

/* ---- single behaviours ---------------------------------------------------------- */

/* Inconsistent requests are noticed. */
static void
noticed(void)
{
	struct fdev *d = device(FDEV_F(FDEV_F_IN_ORDER), (struct fdev_opts){ .check = true });
	struct vring_avail *av;
	struct ring x;

	ring_up(&x, d);
	cfg->device_status = 15;
	av = x.area[1];
	split_add(&x, 0, true);
	x.r[0].h.u.sym_req.u.cipher.para.src_data_len = 32;
	av->idx++;
	MUST(fdev_poll_data(d, QUEUE) == 1 && d->q[QUEUE].bad == 1);
	printf("noticed: %s\n", d->q[QUEUE].badmsg);

	d->q[QUEUE].bad = 0;
	x.desc = 7;		/* out of ring order */
	split_add(&x, 0, true);
	av->idx++;
	MUST(fdev_poll_data(d, QUEUE) == 1 && d->q[QUEUE].bad == 1);
	printf("noticed: %s\n", d->q[QUEUE].badmsg);

	d->q[QUEUE].bad = 0;
	av->idx += SIZE + 1;
	MUST(fdev_poll_data(d, QUEUE) == 0 && d->q[QUEUE].bad == 1);
}

/* A queue can be reset and set up again while the other goes on. */
static void
reset_one(uint64_t features)
{
	struct fdev *d = device(features, (struct fdev_opts){ .check = true });
	struct ring x, y;

	ring_up(&x, d);
	cfg->device_status = 15;
	add_batch(&x, 3);
	MUST(fdev_poll_data(d, QUEUE) == 3);
	add_batch(&x, 2);
	cfg->queue_select = QUEUE;
	*queue_reset = 1;
	cfg->queue_enable = 1;			/* refused while it goes on */
	MUST(*queue_reset == 1);
	MUST(*queue_reset == 1);
	MUST(*queue_reset == 0);
	MUST(cfg->queue_enable == 0 && cfg->queue_size == d->o.data_size);
	MUST(cfg->queue_desc_lo == 0);
	MUST(fdev_poll_data(d, QUEUE) == 0);
	MUST(x.r[0].status == 0xff);		/* what was available stays untouched */
	y = x;
	y.area[0] = mem(SIZE * 16);
	y.area[1] = mem(4096);
	y.area[2] = mem(4096);
	y.next = y.used = y.desc = 0;
	y.wrap = y.used_wrap = true;
	enable(y.area, QUEUE);
	add_batch(&y, 2);
	MUST(fdev_poll_data(d, QUEUE) == 2);
	reap(&y, 2, 1, WRITTEN);
	MUST(d->queue_resets == 1 && d->resets == 1);
	MUST(cfg->device_status == 15);
}

/* A device that waits for notifications does nothing without, and says what it wants. */
static void
kicked(uint64_t features)
{
	struct fdev *d = device(features, (struct fdev_opts){ .check = true, .kick = true });
	volatile uint32_t *bell;
	unsigned int i, kicks = 0;
	struct ring x;

	ring_up(&x, d);
	cfg->device_status = 15;
	bell = (volatile void *)(d->bar + FDEV_NOTIFY_OFF + QUEUE * FDEV_NOTIFY_MUL);
	for (i = 0; i < 3; i++) {
		add_batch(&x, 2);
		MUST(fdev_poll_data(d, QUEUE) == 0);
		if (!x.packed && features & FDEV_F(VIRTIO_RING_F_EVENT_IDX))
			MUST(avail_event(&x) == 2 * i);
		*(volatile uint16_t *)bell = QUEUE;
		kicks++;
		MUST(fdev_poll_data(d, QUEUE) == 2);
		reap(&x, 2, 1, WRITTEN);
		MUST(fdev_poll_data(d, QUEUE) == 0);
	}
	MUST(d->q[QUEUE].kicks == kicks && d->q[QUEUE].bad == 0);
	*(volatile uint16_t *)bell = QUEUE + 1;
	fdev_poll_data(d, QUEUE);
	MUST(d->q[QUEUE].bad == 1);
}

/* A device that polls says that it wants no notifications. */
static void
silent(uint64_t features)
{
	struct fdev *d = device(features, (struct fdev_opts){ .check = true });
	struct vring_packed_desc_event *e;
	struct vring_used *us;
	struct ring x;

	ring_up(&x, d);
	us = x.area[2];
	e = x.area[2];
	if (x.packed)
		MUST(e->flags == VRING_PACKED_EVENT_FLAG_DISABLE);
	else if (features & FDEV_F(VIRTIO_RING_F_EVENT_IDX))
		MUST(avail_event(&x) == UINT16_MAX && us->flags == 0);
	else
		MUST(us->flags == VRING_USED_F_NO_NOTIFY);
}

/* With strict, a driver must accept an offered ACCESS_PLATFORM. */
static void
strict(void)
{
	uint64_t platform = FDEV_F(VIRTIO_F_ACCESS_PLATFORM);
	struct fdev *d = device(platform, (struct fdev_opts){ .strict = true });

	features_ok(d, d->o.features);
	cfg->device_status = 0;
	cfg->device_status = 3;
	cfg->guest_feature_select = 1;
	cfg->guest_feature = (d->o.features & ~platform) >> 32;
	cfg->device_status = 11;
	MUST(!(cfg->device_status & 8));
}

/* The control queue gives out session ids and takes them back. */
static void
control(void)
{
	struct fdev *d = device(0, (struct fdev_opts){ 0 });
	struct virtio_crypto_op_ctrl_req *r = mem(sizeof(*r));
	struct virtio_crypto_session_input *in = mem(sizeof(*in));
	struct vring_desc *desc;
	struct vring_avail *av;
	struct vring_used *us;
	void *area[3] = { mem(SIZE * 16), mem(4096), mem(4096) };

	features_ok(d, d->o.features);
	enable(area, d->nb_queues - 1);
	cfg->device_status = 15;
	desc = area[0];
	av = area[1];
	us = area[2];
	desc[0] = (struct vring_desc){ (uintptr_t)r, sizeof(*r), VRING_DESC_F_NEXT, 1 };
	desc[1] = (struct vring_desc){ (uintptr_t)in, sizeof(*in), VRING_DESC_F_WRITE, 0 };
	r->header.opcode = VIRTIO_CRYPTO_CIPHER_CREATE_SESSION;
	av->idx = 1;
	in->status = 0xff;
	MUST(fdev_poll_ctrl(d) == 1 && us->idx == 1 && us->ring[0].len == sizeof(*in));
	MUST(in->status == VIRTIO_CRYPTO_OK && in->session_id != 0 && d->sessions == 1);
	r->header.opcode = VIRTIO_CRYPTO_CIPHER_DESTROY_SESSION;
	desc[1].len = 1;
	av->idx = 2;
	*(uint8_t *)in = 0xff;
	MUST(fdev_poll_ctrl(d) == 1 && us->ring[1].len == 1 && d->sessions == 0);
	MUST(*(uint8_t *)in == VIRTIO_CRYPTO_OK);
	r->header.opcode = VIRTIO_CRYPTO_OPCODE(VIRTIO_CRYPTO_SERVICE_CIPHER, 9);
	av->idx = 3;
	MUST(fdev_poll_ctrl(d) == 1 && d->q[d->nb_queues - 1].bad == 1);
	MUST(*(uint8_t *)in == VIRTIO_CRYPTO_NOTSUPP);
}

/* With ipsec there is an administration queue behind the control queue, which answers. */
static void
admin(void)
{
	struct fdev *d = device(0, (struct fdev_opts){ .ipsec = true });
	uint8_t *cmd = mem(64), *answer = mem(64);
	void *area[3] = { mem(SIZE * 16), mem(4096), mem(4096) };
	struct vring_desc *desc = area[0];
	struct vring_avail *av = area[1];
	struct vring_used *us = area[2];
	uint16_t reg[2];

	memcpy(reg, d->shadow + FDEV_COMMON_ADMIN, sizeof(reg));
	MUST(reg[0] == cfg->num_queues && reg[1] == 1 && d->nb_queues == reg[0] + 1);
	features_ok(d, d->o.features);
	enable(area, reg[0]);
	cfg->device_status = 15;
	desc[0] = (struct vring_desc){ (uintptr_t)cmd, 32, VRING_DESC_F_NEXT, 1 };
	desc[1] = (struct vring_desc){ (uintptr_t)answer, 64, VRING_DESC_F_WRITE, 0 };
	answer[0] = 0xff;
	av->idx = 1;
	MUST(fdev_poll_ctrl(d) == 1 && us->ring[0].len == 16 && answer[0] == 0);
	MUST(answer[8] == 0x83 && answer[9] == 0x3f);	/* the list of commands */
	cmd[0] = 0x0a;
	av->idx = 2;
	MUST(fdev_poll_ctrl(d) == 1 && us->ring[1].len == 8 && d->sessions == 1);
	cmd[0] = 0x3f;
	av->idx = 3;
	MUST(fdev_poll_ctrl(d) == 1 && answer[0] != 0 && d->q[reg[0]].bad == 1);
}

/* A result of IPSEC begins as a packet that fills its room. */
static void
ipsec_result(void)
{
	struct virtio_crypto_op_header h = { .opcode = FDEV_IPSEC_OUTBOUND };
	uint8_t dst[300] = { 0 }, status = 0xff;
	struct fdev_seg s[] = { { (uint8_t *)&h, sizeof(h), false }, { dst, 300, true },
		{ &status, 1, true } };

	MUST(fdev_ipsec_result(s, 3));
	MUST(dst[0] == 0x45 && dst[2] == 1 && dst[3] == 44 && dst[4] == 0 && status == 0xff);
	h.opcode = VIRTIO_CRYPTO_CIPHER_ENCRYPT;
	dst[0] = 0;
	MUST(!fdev_ipsec_result(s, 3) && dst[0] == 0);
}

int
main(void)
{
	const uint64_t packed = FDEV_F(VIRTIO_F_RING_PACKED), order = FDEV_F(FDEV_F_IN_ORDER),
		event = FDEV_F(VIRTIO_RING_F_EVENT_IDX);

	if (fdev_signals_init() != 0)
		return 1;
	run("split", 0, (struct fdev_opts){ .check = true });
	run("split, unchecked", 0, (struct fdev_opts){ 0 });
	run("split, brief", event, (struct fdev_opts){ .brief = true });
	run("split, in order", order, (struct fdev_opts){ .check = true });
	run("split, in order, batch 3", order, (struct fdev_opts){ .batch = 3 });
	run("packed", packed, (struct fdev_opts){ .check = true });
	run("packed, walked", packed | event, (struct fdev_opts){ .walk = true });
	run("packed, in order", packed | order, (struct fdev_opts){ 0 });
	run("packed, in order, batch 1", packed | order,
		(struct fdev_opts){ .batch = 1, .check = true });
	run("packed, in order, batch 3", packed | order, (struct fdev_opts){ .batch = 3 });
	noticed();
	reset_one(0);
	reset_one(packed);
	kicked(0);
	kicked(event);
	kicked(packed);
	silent(0);
	silent(event);
	silent(packed | event);
	strict();
	control();
	admin();
	ipsec_result();
	printf("%lu conditions held\n", checked);
	return checked > 0 ? 0 : 1;
}

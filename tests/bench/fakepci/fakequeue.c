/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fakequeue: the queues of the fake device, split and packed.  Completes data
 * requests without doing any crypto and answers control requests.  Called from
 * the device thread, or from the driver's own ("inline").
 */
#include <stdlib.h>
#include <string.h>

#include "fakedev.h"

#define LOAD_ACQ(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define STORE_REL(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

#define BAD(q, ...) do { \
	if ((q)->bad++ == 0) \
		snprintf((q)->badmsg, sizeof((q)->badmsg), __VA_ARGS__); \
} while (0)

#define MAX_SEGS	64
#define ROUND		32	/* requests completed per used-index update */
#define IDLE		UINT32_MAX	/* in a doorbell: nothing was written */

void
fdev_complain(struct fdev_queue *q, const char *what)
{
	BAD(q, "%s", what);
}

/* ---- control requests ------------------------------------------------------ */

uint32_t
fdev_gather(const struct fdev_seg *s, unsigned int n, void *dst, uint32_t len)
{
	uint32_t got = 0, c;
	unsigned int i;

	for (i = 0; i < n && !s[i].w && got < len; i++) {
		c = s[i].len < len - got ? s[i].len : len - got;
		memcpy((uint8_t *)dst + got, s[i].p, c);
		got += c;
	}
	return got;
}

static uint32_t
create_session(struct fdev *d, struct fdev_queue *q, struct fdev_seg *answer)
{
	struct virtio_crypto_session_input in = {
		.session_id = d->next_session++,
		.status = VIRTIO_CRYPTO_OK,
	};

	if (answer->len < sizeof(in)) {
		BAD(q, "session input of %u bytes", answer->len);
		return 0;
	}
	memcpy(answer->p, &in, sizeof(in));
	d->sessions++;
	return sizeof(in);
}

static uint32_t
serve_ctrl(struct fdev *d, struct fdev_queue *q, struct fdev_seg *s, unsigned int n)
{
	struct virtio_crypto_op_ctrl_req r;
	struct fdev_seg *last = &s[n - 1];

	memset(&r, 0, sizeof(r));
	if (n < 2 || !last->w || fdev_gather(s, n, &r, sizeof(r)) < sizeof(r.header)) {
		BAD(q, "malformed control request");
		return 0;
	}
	switch (r.header.opcode & 0xff) {
	case 2:		/* create a session; AKCIPHER: 4 */
	case 4:
		return create_session(d, q, last);
	case 3:		/* destroy it; AKCIPHER: 5 */
	case 5:
		last->p[0] = VIRTIO_CRYPTO_OK;
		d->sessions--;
		return 1;
	default:
		last->p[last->len > 1 ? 8 : 0] = VIRTIO_CRYPTO_NOTSUPP;
		BAD(q, "control opcode %#x", r.header.opcode);
		return 1;
	}
}

/* ---- data requests, examined ------------------------------------------------- */

/* Bytes of the variable part that the parameters call for; false: unknown request. */
static bool
data_needs(const struct virtio_crypto_op_data_req *r, uint64_t *rd, uint64_t *wr)
{
	const struct virtio_crypto_cipher_para *c = &r->u.sym_req.u.cipher.para;
	const struct virtio_crypto_alg_chain_data_para *h = &r->u.sym_req.u.chain.para;
	const struct virtio_crypto_aead_para *a = &r->u.aead_req.para;

	switch (r->header.opcode) {
	case VIRTIO_CRYPTO_CIPHER_ENCRYPT:
	case VIRTIO_CRYPTO_CIPHER_DECRYPT:
		if (r->u.sym_req.op_type == VIRTIO_CRYPTO_SYM_OP_CIPHER) {
			*rd = (uint64_t)c->iv_len + c->src_data_len;
			*wr = c->dst_data_len;
		} else {
			*rd = (uint64_t)h->iv_len + h->src_data_len + h->aad_len;
			*wr = (uint64_t)h->dst_data_len + h->hash_result_len;
		}
		return true;
	case VIRTIO_CRYPTO_HASH:
	case VIRTIO_CRYPTO_MAC:
		*rd = r->u.hash_req.para.src_data_len;
		*wr = r->u.hash_req.para.hash_result_len;
		return true;
	case VIRTIO_CRYPTO_AEAD_ENCRYPT:
	case VIRTIO_CRYPTO_AEAD_DECRYPT:
		*rd = (uint64_t)a->iv_len + a->src_data_len + a->aad_len;
		*wr = a->dst_data_len;
		return true;
	default:
		return false;
	}
}

static void
check_data(struct fdev_queue *q, const struct fdev_seg *s, unsigned int n)
{
	struct virtio_crypto_op_data_req r;
	uint64_t rd = 0, wr = 0, need_r, need_w;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (s[i].w)
			wr += s[i].len;
		else
			rd += s[i].len;
	}
	memset(&r, 0, sizeof(r));
	if (fdev_gather(s, n, &r, sizeof(r)) != sizeof(r))
		BAD(q, "request header is short");
	else if (!data_needs(&r, &need_r, &need_w))
		BAD(q, "opcode %#x", r.header.opcode);
	else if (rd != sizeof(r) + need_r || wr != need_w + 1)
		BAD(q, "opcode %#x op_type %u: %lu readable and %lu writable bytes,"
			" parameters call for %lu and %lu", r.header.opcode,
			r.u.sym_req.op_type, (unsigned long)rd, (unsigned long)wr,
			(unsigned long)(sizeof(r) + need_r), (unsigned long)(need_w + 1));
}

/* Complete a request whose segments were read one by one; bytes written. */
static uint32_t
complete_walked(struct fdev *d, struct fdev_queue *q, struct fdev_seg *s, unsigned int n,
		bool ctrl)
{
	uint32_t len = 0;
	unsigned int i;

	if (ctrl)
		return q->index > d->o.data_queues ? fdev_admin(d, q, s, n) :
			serve_ctrl(d, q, s, n);
	q->descs += n;
	if (!(d->o.ipsec && fdev_ipsec_result(s, n)) && d->o.check)
		check_data(q, s, n);
	if (n == 0 || !s[n - 1].w || s[n - 1].len == 0) {
		BAD(q, "no writable status");
		return 0;
	}
	s[n - 1].p[s[n - 1].len - 1] = d->o.status;
	for (i = 0; i < n; i++)
		len += s[i].w ? s[i].len : 0;
	return len;
}

/* ---- split ------------------------------------------------------------------- */

/* Flatten one request of a split ring. */
static unsigned int
split_segs(struct fdev_queue *q, uint16_t head, struct fdev_seg *s)
{
	const struct vring_desc *t = q->desc, *e;
	uint32_t i = head, n = q->size, k = 0;

	if (t[head].flags & VRING_DESC_F_INDIRECT) {
		q->indirect_bad += !q->indirect_ok;
		n = t[head].len / sizeof(*t);
		if (t[head].len % sizeof(*t) || n == 0)
			BAD(q, "indirect table of %u bytes", t[head].len);
		t = (const struct vring_desc *)(uintptr_t)t[head].addr;
		i = 0;
	}
	for (;;) {
		if (i >= n || k == MAX_SEGS) {
			BAD(q, "descriptor chain leaves its table");
			return k;
		}
		e = &t[i];
		s[k].p = (uint8_t *)(uintptr_t)e->addr;
		s[k].len = e->len;
		s[k].w = e->flags & VRING_DESC_F_WRITE;
		if (k > 0 && s[k - 1].w && !s[k].w)
			BAD(q, "readable descriptor after a writable one");
		k++;
		if (!(e->flags & VRING_DESC_F_NEXT))
			return k;
		i = e->next;
	}
}

/* IN_ORDER: descriptors are used in ring order (virtio 1.4, 2.7.9). */
static void
split_check_order(struct fdev_queue *q, uint16_t head, unsigned int segs)
{
	const struct vring_desc *t = q->desc;

	if (head != q->next_desc)
		BAD(q, "IN_ORDER: head %u where %u is next", head, q->next_desc);
	q->next_desc = (head + (t[head].flags & VRING_DESC_F_INDIRECT ? 1 : segs)) % q->size;
}

/*
 * Complete a data request by its writable end alone: an indirect table in position
 * order ends with the status.  Bytes written, or 1 where the model is brief.
 */
static inline uint32_t
complete_split(struct fdev *d, struct fdev_queue *q, uint16_t head)
{
	const struct vring_desc *t = q->desc, *e = &t[head];
	uint32_t len = 0, n;

	if (!(e->flags & VRING_DESC_F_INDIRECT)) {
		for (; e->flags & VRING_DESC_F_NEXT; e = &t[e->next])
			len += e->flags & VRING_DESC_F_WRITE ? e->len : 0;
		len += e->len;
	} else {
		t = (const struct vring_desc *)(uintptr_t)e->addr;
		n = e->len / sizeof(*t);
		e = &t[n - 1];
		len = e->len;
		if (!d->o.brief)
			for (; n > 1 && t[n - 2].flags & VRING_DESC_F_WRITE; n--)
				len += t[n - 2].len;
	}
	*((uint8_t *)(uintptr_t)e->addr + e->len - 1) = d->o.status;
	return d->o.brief ? 1 : len;
}

/* Read the heads that are available, and what decides about them, ahead of use. */
static inline void
split_heads(const struct fdev_queue *q, uint16_t *head, unsigned int n, bool tables)
{
	const struct vring_avail *av = q->driver;
	const struct vring_desc *desc = q->desc;
	uint16_t mask = q->size - 1;
	unsigned int i;

	for (i = 0; i < n; i++) {
		head[i] = av->ring[(q->last_avail + i) & mask] & mask;
		__builtin_prefetch(&desc[head[i]]);
	}
	for (i = 0; tables && i < n; i++) {
		const struct vring_desc *e = &desc[head[i]];

		if (e->flags & VRING_DESC_F_INDIRECT)
			__builtin_prefetch((void *)(uintptr_t)(e->addr + e->len - 1));
	}
}

static inline void
split_used(struct fdev_queue *q, uint16_t at, uint16_t id, uint32_t len)
{
	struct vring_used *us = q->device;
	struct vring_used_elem *ue = &us->ring[(uint16_t)(q->used_idx + at) & (q->size - 1)];

	ue->id = id;
	ue->len = len;
}

static inline unsigned int
poll_split(struct fdev *d, struct fdev_queue *q, bool ctrl)
{
	const struct vring_avail *av = q->driver;
	struct vring_used *us = q->device;
	bool walk = ctrl || d->o.walk || d->o.check || d->o.ipsec;
	uint16_t n = LOAD_ACQ(&av->idx) - q->last_avail, head[ROUND];
	unsigned int i, k, first = 0, batch = 1;
	struct fdev_seg s[MAX_SEGS];
	uint32_t len;

	if (n == 0)
		return 0;
	if (n > q->size) {
		BAD(q, "available index jumped by %u", n);
		return 0;
	}
	n = n > ROUND ? ROUND : n;
	if (q->in_order && !ctrl)
		batch = d->o.batch != 0 && d->o.batch < n ? d->o.batch : n;
	split_heads(q, head, n, !ctrl);
	for (i = 0; i < n; i++) {
		if (walk) {
			k = split_segs(q, head[i], s);
			if (q->in_order)
				split_check_order(q, head[i], k);
			len = complete_walked(d, q, s, k, ctrl);
		} else {
			len = complete_split(d, q, head[i]);
		}
		/* One entry for a batch: at its first place, naming its last (2.7.9). */
		if (i + 1 - first == batch || i + 1 == n) {
			split_used(q, first, head[i], len);
			first = i + 1;
		}
	}
	q->last_avail += n;
	q->used_idx += n;
	STORE_REL(&us->idx, q->used_idx);
	return n;
}

/* ---- packed ------------------------------------------------------------------- */

/* Flatten one request of a packed ring; *slots is what it takes in the ring. */
static unsigned int
packed_segs(struct fdev_queue *q, uint16_t at, struct fdev_seg *s, uint16_t *slots,
		uint16_t *id)
{
	const struct vring_packed_desc *t = q->desc, *e = &t[at];
	uint32_t n, k = 0;

	*slots = 1;
	*id = e->id;
	if (e->flags & VRING_DESC_F_INDIRECT) {
		q->indirect_bad += !q->indirect_ok;
		t = (const struct vring_packed_desc *)(uintptr_t)e->addr;
		n = e->len / sizeof(*t);
		for (; k < n && k < MAX_SEGS; k++) {
			s[k].p = (uint8_t *)(uintptr_t)t[k].addr;
			s[k].len = t[k].len;
			s[k].w = t[k].flags & VRING_DESC_F_WRITE;
		}
		return k;
	}
	for (;;) {
		if (k == MAX_SEGS) {
			BAD(q, "descriptor chain too long");
			return k;
		}
		e = &t[at];
		s[k].p = (uint8_t *)(uintptr_t)e->addr;
		s[k].len = e->len;
		s[k].w = e->flags & VRING_DESC_F_WRITE;
		k++;
		*id = e->id;
		if (!(e->flags & VRING_DESC_F_NEXT))
			break;
		if (++at == q->size)
			at = 0;
	}
	*slots = k;
	return k;
}

/* As complete_split, for an indirect table. */
static inline uint32_t
complete_packed(struct fdev *d, const struct vring_packed_desc *e)
{
	const struct vring_packed_desc *t = (const void *)(uintptr_t)e->addr;
	uint32_t n = e->len / sizeof(*t), len = t[n - 1].len;

	*(uint8_t *)(uintptr_t)(t[n - 1].addr + len - 1) = d->o.status;
	if (d->o.brief)
		return 1;
	for (; n > 1 && t[n - 2].flags & VRING_DESC_F_WRITE; n--)
		len += t[n - 2].len;
	return len;
}

static inline bool
packed_avail(const struct fdev_queue *q)
{
	const struct vring_packed_desc *e =
		(const struct vring_packed_desc *)q->desc + q->last_avail;
	uint16_t f = LOAD_ACQ(&e->flags);

	return !!(f & 1 << VRING_PACKED_DESC_F_AVAIL) == q->avail_wrap &&
		!!(f & 1 << VRING_PACKED_DESC_F_USED) != q->avail_wrap;
}

/* Mark the next used place with id and len, and skip slots entries. */
static inline void
packed_used(struct fdev_queue *q, uint16_t id, uint32_t len, unsigned int slots)
{
	struct vring_packed_desc *u = (struct vring_packed_desc *)q->desc + q->used_idx;
	uint16_t f = VRING_DESC_F_WRITE;

	u->id = id;
	u->len = len;
	if (q->used_wrap)
		f |= 1 << VRING_PACKED_DESC_F_AVAIL | 1 << VRING_PACKED_DESC_F_USED;
	STORE_REL(&u->flags, f);
	slots += q->used_idx;
	if (slots >= q->size) {
		slots -= q->size;
		q->used_wrap = !q->used_wrap;
	}
	q->used_idx = slots;
}

/* Take and complete the request at last_avail. */
static inline uint32_t
packed_next(struct fdev *d, struct fdev_queue *q, bool ctrl, uint16_t *id, uint16_t *slots)
{
	const struct vring_packed_desc *e =
		(const struct vring_packed_desc *)q->desc + q->last_avail;
	struct fdev_seg s[MAX_SEGS];
	unsigned int k;
	uint32_t len;

	if (ctrl || d->o.walk || d->o.check || d->o.ipsec ||
			!(e->flags & VRING_DESC_F_INDIRECT)) {
		k = packed_segs(q, q->last_avail, s, slots, id);
		len = complete_walked(d, q, s, k, ctrl);
	} else {
		*slots = 1;
		*id = e->id;
		len = complete_packed(d, e);
	}
	q->last_avail += *slots;
	if (q->last_avail >= q->size) {
		q->last_avail -= q->size;
		q->avail_wrap = !q->avail_wrap;
	}
	return len;
}

static inline unsigned int
poll_packed(struct fdev *d, struct fdev_queue *q, bool ctrl)
{
	unsigned int n = 0, in_batch = 0, skip = 0, batch = 1;
	uint16_t id = 0, slots;
	uint32_t len = 0;

	if (q->in_order && !ctrl)
		batch = d->o.batch != 0 ? d->o.batch : ROUND;
	while (n < ROUND && packed_avail(q)) {
		len = packed_next(d, q, ctrl, &id, &slots);
		skip += slots;
		n++;
		if (++in_batch == batch) {
			packed_used(q, id, len, skip);
			in_batch = skip = 0;
		}
	}
	if (in_batch > 0)
		packed_used(q, id, len, skip);
	return n;
}

/* ---- notifications ------------------------------------------------------------- */

/*
 * Ask for a notification of what comes next.  With EVENT_IDX that is an index; a
 * device that does not want any leaves the index where it is (one notification in
 * 65 536 requests), as a polling device does.
 */
static void
want_kick(struct fdev_queue *q, bool want)
{
	if (q->packed) {
		struct vring_packed_desc_event *e = q->device;

		if (!want) {
			e->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
		} else if (q->event_idx) {
			e->off_wrap = q->last_avail |
				q->avail_wrap << VRING_PACKED_EVENT_F_WRAP_CTR;
			STORE_REL(&e->flags, VRING_PACKED_EVENT_FLAG_DESC);
		} else {
			e->flags = VRING_PACKED_EVENT_FLAG_ENABLE;
		}
	} else {
		struct vring_used *u = q->device;
		uint16_t *event = (uint16_t *)&u->ring[q->size];

		if (q->event_idx)
			*event = want ? q->last_avail : q->last_avail - 1;
		else
			u->flags = want ? 0 : VRING_USED_F_NO_NOTIFY;
	}
}

void
fdev_queue_start(struct fdev *d, struct fdev_queue *q)
{
	q->last_avail = q->used_idx = q->next_desc = 0;
	q->avail_wrap = q->used_wrap = true;
	q->done = 0;
	want_kick(q, d->o.kick);
}

/* What a notification says must be true (virtio 1.4, 4.1.5.2). */
static void
check_doorbell(struct fdev_queue *q, uint32_t v)
{
	uint16_t next = v >> 16, idx;

	if ((v & 0xffff) != q->index)
		BAD(q, "notification %#x on queue %u", v, q->index);
	else if (q->notify_data && q->packed && (next & 0x7fff) >= q->size)
		BAD(q, "NOTIFICATION_DATA: offset %u of %u", next & 0x7fff, q->size);
	if (!q->notify_data || q->packed)
		return;
	/* The driver may have gone on since, by at most a ring. */
	idx = LOAD_ACQ(&((struct vring_avail *)q->driver)->idx);
	if ((uint16_t)(idx - next) > q->size)
		BAD(q, "NOTIFICATION_DATA: index %u, available index %u", next, idx);
}

static inline unsigned int
poll_once(struct fdev *d, struct fdev_queue *q, bool ctrl)
{
	return q->packed ? poll_packed(d, q, ctrl) : poll_split(d, q, ctrl);
}

/* Serve a queue only once its doorbell was written, then until it is empty. */
static unsigned int
poll_kicked(struct fdev *d, struct fdev_queue *q, bool ctrl)
{
	unsigned int n, t = 0;
	uint32_t v = *q->doorbell;

	if (v == IDLE)
		return 0;
	*q->doorbell = IDLE;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	q->kicks++;
	if (d->o.check)
		check_doorbell(q, v);
	do {
		do {
			n = poll_once(d, q, ctrl);
			t += n;
		} while (n > 0);
		if (!q->event_idx)
			break;
		/* Partner: the driver's full barrier between index and event. */
		want_kick(q, true);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		n = poll_once(d, q, ctrl);
		t += n;
	} while (n > 0);
	return t;
}

static inline unsigned int
poll_queue(struct fdev *d, struct fdev_queue *q, bool ctrl)
{
	unsigned int t;

	if (!d->live || !LOAD_ACQ(&q->on))
		return 0;
	t = d->o.kick ? poll_kicked(d, q, ctrl) : poll_once(d, q, ctrl);
	if (t > 0)
		q->done += t;
	return t;
}

unsigned int
fdev_poll_ctrl(struct fdev *d)
{
	unsigned int i, n = 0;

	for (i = d->o.data_queues; i < d->nb_queues; i++)
		n += poll_queue(d, &d->q[i], true);
	return n;
}

unsigned int
fdev_poll_data(struct fdev *d, unsigned int i)
{
	return poll_queue(d, &d->q[i], false);
}

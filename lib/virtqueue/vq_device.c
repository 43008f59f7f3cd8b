/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half's part that both layouts share: set-up, bursts, the walk's checks
 * on single buffers and tables, the broken state.
 *
 * May call the two layouts; trusts nothing that the driver wrote.
 */
#include <errno.h>
#include <string.h>

#include "vq_device_walk.h"

/* Heads taken out of the ring before their chains are walked. */
#define BURST		32

static bool
aligned(const void *p, size_t to)
{
	return p != NULL && (uintptr_t)p % to == 0;
}

static bool
config_ok(const struct vqd_config *cfg)
{
	if (cfg->size == 0 || cfg->size > VIRTQ_MAX_SIZE || cfg->translate == NULL)
		return false;
	if (!aligned(cfg->desc, VIRTQ_DESC_ALIGN) || !aligned(cfg->device, VIRTQ_USED_ALIGN))
		return false;
	if (!cfg->packed)
		return aligned(cfg->driver, VIRTQ_AVAIL_ALIGN) &&
				(cfg->size & (cfg->size - 1)) == 0;
	return aligned(cfg->driver, PVIRTQ_EVENT_ALIGN);
}

static int
set_split_base(struct vqd *d, uint16_t avail, uint16_t used)
{
	if ((uint16_t)(avail - used) > d->size)
		return -EINVAL;
	d->avail_idx = avail;
	d->avail_seen = avail;
	d->used_idx = used;
	d->used_shown = used;
	d->call_idx = used;
	d->batch_idx = used;
	return 0;
}

/* What a predecessor popped and did not push is lost, but its descriptors count. */
static int
set_packed_base(struct vqd *d, uint16_t avail, uint16_t used)
{
	d->avail_pos = avail & 0x7fff;
	d->avail_wrap = avail >> 15;
	d->used_pos = used & 0x7fff;
	d->used_wrap = used >> 15;
	d->call_pos = d->used_pos;
	d->call_wrap = d->used_wrap;
	if (d->avail_pos >= d->size || d->used_pos >= d->size)
		return -EINVAL;
	d->nb_desc = d->avail_pos - d->used_pos;
	if (d->avail_wrap != d->used_wrap)
		d->nb_desc += d->size;
	return d->nb_desc <= d->size ? 0 : -EINVAL;
}

int
vqd_init(struct vqd *d, const struct vqd_config *cfg)
{
	memset(d, 0, sizeof(*d));
	if (!config_ok(cfg))
		return -EINVAL;
	d->desc = cfg->desc;
	d->avail = cfg->driver;
	d->used = cfg->device;
	d->translate = cfg->translate;
	d->ctx = cfg->ctx;
	d->size = cfg->size;
	d->mask = (uint32_t)cfg->size - 1;
	d->packed = cfg->packed;
	d->indirect = cfg->indirect;
	d->event_idx = cfg->event_idx;
	d->batches = cfg->batches;
	d->lasting = cfg->lasting;
	if (cfg->packed)
		return set_packed_base(d, cfg->avail_base, cfg->used_base);
	return set_split_base(d, cfg->avail_base, cfg->used_base);
}

void
vqd_fini(struct vqd *d)
{
	memset(d, 0, sizeof(*d));
}

uint16_t
vqd_avail_base(const struct vqd *d)
{
	if (d->packed)
		return (uint16_t)(d->avail_pos | (uint32_t)d->avail_wrap << 15);
	return d->avail_idx;
}

uint16_t
vqd_used_base(const struct vqd *d)
{
	if (d->packed)
		return (uint16_t)(d->used_pos | (uint32_t)d->used_wrap << 15);
	return d->used_idx;
}

const char *
vqd_broken(const struct vqd *d)
{
	return d->broken;
}

void
vqd_break(struct vqd *d, const char *why)
{
	if (d->broken == NULL)
		d->broken = why;
}

const char *
vqd_why(const struct vqd *d)
{
	return d->why;
}

int
vqd_refuse(struct vqd *d, int err, const char *why)
{
	d->why = why;
	return err;
}

int
vqd_refuse_ring(struct vqd *d, const char *why)
{
	vqd_break(d, why);
	return vqd_refuse(d, -EIO, why);
}

/* Where the *len bytes at addr are mapped, as vqd_translate. */
static void *
locate(struct vqd *d, uint64_t addr, uint64_t *len, bool write)
{
	uint64_t want = *len, got = UINT64_MAX - addr;
	uint8_t *ptr = vqd_in_window(d, addr, want, write);

	if (ptr != NULL)
		return ptr;
	if (!d->lasting)
		return d->translate(d->ctx, addr, len, write);
	if (got < want)
		got = want;
	ptr = d->translate(d->ctx, addr, &got, write);
	if (ptr == NULL || got == 0 || got > (want > UINT64_MAX - addr ? want : UINT64_MAX - addr))
		return NULL;
	d->window[write] = (struct vqd_window){ addr, got, ptr };
	*len = got < want ? got : want;
	return ptr;
}

/* A buffer's bytes as segments: one for each stretch that is mapped contiguously. */
static int
add_segments(struct vqd_walk *w, uint64_t addr, uint64_t len, bool write)
{
	while (len > 0) {
		uint64_t got = len;
		uint8_t *ptr = locate(w->d, addr, &got, write);
		uint32_t at = w->nb_read + w->nb_write;

		if (ptr == NULL || got == 0 || got > len)
			return vqd_refuse(w->d, -EFAULT, "buffer outside of the driver's memory");
		if (at >= w->max)
			return vqd_refuse(w->d, -E2BIG, "request of too many pieces");
		w->seg[at].ptr = ptr;
		w->seg[at].len = (uint32_t)got;
		if (write)
			w->nb_write++;
		else
			w->nb_read++;
		addr += got;
		len -= got;
	}
	return 0;
}

int
vqd_walk_any(struct vqd_walk *w, uint64_t addr, uint32_t len, bool write)
{
	uint32_t *total = write ? &w->write_len : &w->read_len;

	if (w->left == 0)
		return vqd_refuse(w->d, -EBADMSG, "chain with a loop or longer than the queue");
	w->left--;
	if (w->writable && !write)
		return vqd_refuse(w->d, -EBADMSG, "device-readable buffer after a writable one");
	w->writable = write;
	if (len == 0)
		return 0;
	if (addr > UINT64_MAX - (len - 1))
		return vqd_refuse(w->d, -EFAULT, "buffer beyond the end of addresses");
	if (len > UINT32_MAX - *total)
		return vqd_refuse(w->d, -EBADMSG, "request of more than 2^32 - 1 bytes");
	*total += len;
	return add_segments(w, addr, len, write);
}

int
vqd_walk_table(struct vqd *d, uint32_t left, const struct vqd_entry *ref, bool next,
		uint32_t *nb)
{
	*nb = ref->len / (uint32_t)sizeof(struct virtq_desc);
	if (!d->indirect)
		return vqd_refuse(d, -EBADMSG, "indirect table, but not negotiated");
	if (next)
		return vqd_refuse(d, -EBADMSG, "indirect table with NEXT");
	if (ref->len == 0 || ref->len % sizeof(struct virtq_desc) != 0)
		return vqd_refuse(d, -EBADMSG, "indirect table of no or broken length");
	if (*nb > left)
		return vqd_refuse(d, -EBADMSG, "indirect table longer than the queue");
	if (ref->addr > UINT64_MAX - (ref->len - 1))
		return vqd_refuse(d, -EFAULT, "indirect table beyond the end of addresses");
	return 0;
}

void
vqd_find_table(struct vqd *d, struct vqd_head *head)
{
	uint64_t len = head->entry.len;
	uint64_t got = len;

	head->table = NULL;
	if (len == 0 || len > d->size * sizeof(struct virtq_desc) ||
			head->entry.addr > UINT64_MAX - (len - 1))
		return;
	head->table = locate(d, head->entry.addr, &got, false);
	if (got != len || !aligned(head->table, sizeof(uint64_t)))
		head->table = NULL;
	if (head->table != NULL)
		vqd_fetch(head->table, len);
}

int
vqd_gather_entry(struct vqd *d, uint64_t addr, struct vqd_entry *entry)
{
	le64 copy[2];
	uint64_t done = 0;

	while (done < sizeof(copy)) {
		uint64_t got = sizeof(copy) - done;
		const void *p = locate(d, addr + done, &got, false);

		if (p == NULL || got == 0 || got > sizeof(copy) - done)
			return vqd_refuse(d, -EFAULT,
					"indirect table outside of the driver's memory");
		vq_copy_once((uint8_t *)copy + done, p, got);
		done += got;
	}
	vqd_read_entry(entry, copy);
	return 0;
}

static int
begin(struct vqd *d, struct vqd_head *head)
{
	if (d->broken != NULL)
		return vqd_refuse(d, -EIO, d->broken);
	return d->packed ? vqd_packed_begin(d, head) : vqd_split_begin(d, head);
}

static int
finish(struct vqd *d, const struct vqd_head *head, struct vqd_req *req)
{
	return d->packed ? vqd_packed_finish(d, head, req) : vqd_split_finish(d, head, req);
}

/* Put heads back that were begun and not finished. */
static void
rewind_heads(struct vqd *d, const struct vqd_head *heads, uint16_t nb)
{
	if (nb == 0)
		return;
	if (d->packed) {
		d->avail_pos = heads[0].at;
		d->avail_wrap = heads[0].wrap;
	} else {
		d->avail_idx = (uint16_t)(d->avail_idx - nb);
	}
}

/* The request is out of the ring now, well-formed or not. */
static void
account(struct vqd *d, const struct vqd_req *req)
{
	if (d->packed)
		d->nb_desc += req->nb_desc;
}

int
vqd_pop(struct vqd *d, struct vqd_req *req)
{
	struct vqd_head head;
	int rc = begin(d, &head);

	if (rc <= 0)
		return rc;
	rc = finish(d, &head, req);
	account(d, req);
	return rc < 0 ? rc : 1;
}

/* Segments that the requests of a burst share. */
struct pool {
	struct vqd_seg *seg;
	uint32_t left;
};

static void
pool_take(struct pool *pool, struct vqd_req *req)
{
	req->seg = pool->seg;
	req->max_segs = (uint16_t)(pool->left < UINT16_MAX ? pool->left : UINT16_MAX);
}

static void
pool_keep(struct pool *pool, const struct vqd_req *req)
{
	uint32_t nb = (uint32_t)req->nb_read + req->nb_write;

	pool->seg += nb;
	pool->left -= nb;
}

/* Walk what was begun, up to the first that is malformed; how many are good. */
static uint16_t
finish_some(struct vqd *d, const struct vqd_head *heads, struct vqd_req *reqs, uint16_t nb,
		struct pool *pool, int *rc)
{
	uint16_t i;

	for (i = 0; i < nb; i++) {
		if (pool != NULL)
			pool_take(pool, &reqs[i]);
		*rc = finish(d, &heads[i], &reqs[i]);
		if (*rc != 0)
			break;
		account(d, &reqs[i]);
		if (pool != NULL)
			pool_keep(pool, &reqs[i]);
		/* What a device looks at first. */
		if (reqs[i].nb_read != 0)
			vqd_fetch(reqs[i].seg->ptr, reqs[i].seg->len);
	}
	return i;
}

/* Up to BURST of them.  An error is reported, and its request taken, only where the
 * caller would see it: with report set and no request before it.
 */
static int
pop_some(struct vqd *d, struct vqd_req *reqs, uint16_t nb, struct pool *pool, bool report)
{
	struct vqd_head heads[BURST];
	uint16_t begun = 0, good;
	int rc = 0;

	/* A chain in a packed ring tells only at its end where the next head is. */
	while (begun < nb && begun < BURST && (rc = begin(d, &heads[begun])) > 0) {
		begun++;
		if (rc == VQD_BEGUN_CHAIN)
			break;
	}
	if (begun == 0)
		return report ? rc : 0;
	good = finish_some(d, heads, reqs, begun, pool, &rc);
	if (rc < 0 && good == 0 && report) {
		account(d, &reqs[0]);
		rewind_heads(d, &heads[1], (uint16_t)(begun - 1));
		return rc;
	}
	rewind_heads(d, &heads[good], (uint16_t)(begun - good));
	return good;
}

static int
pop_all(struct vqd *d, struct vqd_req *reqs, uint16_t nb, struct pool *pool)
{
	uint16_t done = 0;

	while (done < nb) {
		int rc = pop_some(d, reqs + done, (uint16_t)(nb - done), pool, done == 0);

		if (rc < 0)
			return rc;
		if (rc == 0)
			break;
		done = (uint16_t)(done + rc);
	}
	return done;
}

int
vqd_pop_burst(struct vqd *d, struct vqd_req *reqs, uint16_t nb)
{
	return pop_all(d, reqs, nb, NULL);
}

int
vqd_pop_pool(struct vqd *d, struct vqd_req *reqs, uint16_t nb, struct vqd_seg *segs,
		uint32_t nb_segs)
{
	struct pool pool = { segs, nb_segs };

	return pop_all(d, reqs, nb, &pool);
}

bool
vqd_has_avail(const struct vqd *d)
{
	if (d->broken != NULL)
		return true;
	return d->packed ? vqd_packed_has_avail(d) : vqd_split_has_avail(d);
}

void
vqd_push(struct vqd *d, const struct vqd_req *req, uint32_t written)
{
	if (d->broken != NULL)
		return;
	if (d->packed)
		vqd_packed_push(d, req, written);
	else
		vqd_split_push(d, req, written);
}

void
vqd_cut(struct vqd *d)
{
	if (!d->batch_open)
		return;
	if (d->packed)
		vqd_packed_cut(d);
	else
		vqd_split_cut(d);
	d->batch_open = false;
}

void
vqd_publish(struct vqd *d)
{
	vqd_cut(d);
	if (d->packed)
		vqd_packed_publish(d);
	else
		vqd_split_publish(d);
}

bool
vqd_needs_call(struct vqd *d)
{
	return d->packed ? vqd_packed_needs_call(d) : vqd_split_needs_call(d);
}

void
vqd_notify_off(struct vqd *d)
{
	d->quiet = true;
	if (d->packed)
		vqd_packed_notify(d, false);
	else
		vqd_split_notify(d, false);
}

bool
vqd_notify_on(struct vqd *d)
{
	d->quiet = false;
	if (d->packed)
		vqd_packed_notify(d, true);
	else
		vqd_split_notify(d, true);
	/* Partner: the driver's settle between its publish and its look at this. */
	vq_settle(false);
	return vqd_has_avail(d);
}

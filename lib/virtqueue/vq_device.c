/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The functions that vq_device.h declares: set-up, bursts, the broken state.
 *
 * Calls the two layouts, which call vq_device_walk.c; is called by none of them.  Trusts
 * nothing that the driver wrote.
 */
#include <errno.h>
#include <string.h>

#include "vq_device_packed.h"
#include "vq_device_split.h"

/* Heads taken out of the ring before their chains are walked. */
#define BURST		32

static bool
device_aligned(const void *p, size_t to)
{
	return p != NULL && (uintptr_t)p % to == 0;
}

static bool
device_config_ok(const struct vqd_config *cfg)
{
	if (cfg->size == 0 || cfg->size > VIRTQ_MAX_SIZE || cfg->table_max > VIRTQ_MAX_SIZE ||
			cfg->translate == NULL)
		return false;
	if (!device_aligned(cfg->desc, VIRTQ_DESC_ALIGN) ||
			!device_aligned(cfg->device, VIRTQ_USED_ALIGN))
		return false;
	if (!cfg->packed)
		return device_aligned(cfg->driver, VIRTQ_AVAIL_ALIGN) &&
				(cfg->size & (cfg->size - 1)) == 0;
	return device_aligned(cfg->driver, PVIRTQ_EVENT_ALIGN);
}

static int
device_set_split_base(struct vqd *d, uint16_t avail, uint16_t used)
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
device_set_packed_base(struct vqd *d, uint16_t avail, uint16_t used)
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
	if (!device_config_ok(cfg))
		return -EINVAL;
	d->desc = cfg->desc;
	d->avail = cfg->driver;
	d->used = cfg->device;
	d->translate = cfg->translate;
	d->ctx = cfg->ctx;
	d->size = cfg->size;
	d->mask = (uint32_t)cfg->size - 1;
	d->table_extra = cfg->table_max > cfg->size ? (uint32_t)cfg->table_max - cfg->size : 0;
	d->packed = cfg->packed;
	d->indirect = cfg->indirect;
	d->event_idx = cfg->event_idx;
	d->batches = cfg->batches;
	d->lasting = cfg->lasting;
	d->pop_bytes = cfg->pop_bytes != 0 ? cfg->pop_bytes : UINT64_MAX;
	if (cfg->packed)
		return device_set_packed_base(d, cfg->avail_base, cfg->used_base);
	return device_set_split_base(d, cfg->avail_base, cfg->used_base);
}

void
vqd_fini(struct vqd *d)
{
	memset(d, 0, sizeof(*d));
}

void
vqd_forget(struct vqd *d)
{
	memset(d->window, 0, sizeof(d->window));
	/* It refers to the windows. */
	d->shape.len = 0;
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

void
vqd_break(struct vqd *d, const char *error)
{
	if (d->broken == NULL)
		d->broken = error;
}

const char *
vqd_error(const struct vqd *d)
{
	return d->error;
}

static int
device_begin(struct vqd *d, struct vqd_head *heads, uint16_t nb)
{
	if (d->broken != NULL)
		return vqd_refuse(d, -EIO, d->broken);
	return d->packed ? vqd_packed_begin(d, heads, nb) : vqd_split_begin(d, heads, nb);
}

static inline int
device_finish(struct vqd *d, const struct vqd_head *head, struct vqd_req *req)
{
	return d->packed ? vqd_packed_finish(d, head, req) : vqd_split_finish(d, head, req);
}

/* Put heads back that were begun and not finished. */
static void
device_rewind(struct vqd *d, const struct vqd_head *heads, uint16_t nb)
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
device_account(struct vqd *d, const struct vqd_req *req)
{
	if (d->packed)
		d->nb_desc += req->nb_desc;
}

/* Segments that the requests of a burst share. */
struct device_pool {
	struct vqd_seg *seg;
	uint32_t left;
	uint64_t bytes;		/* device-readable ones that may still be taken */
	bool full;		/* the next one has more */
};

/* Walk what was begun, up to the first that is malformed; how many are good. */
static uint16_t
device_finish_some(struct vqd *d, const struct vqd_head *heads, struct vqd_req *reqs, uint16_t nb,
		struct device_pool *pool, int *rc)
{
	struct vqd_seg *seg = pool->seg, *end = seg + pool->left;
	uint64_t bytes = pool->bytes;
	uint16_t i;

	for (i = 0; i < nb; i++) {
		struct vqd_req *req = &reqs[i];

		req->seg = seg;
		req->max_segs = (uint16_t)(end - seg < UINT16_MAX ? end - seg : UINT16_MAX);
		*rc = device_finish(d, &heads[i], req);
		if (VQ_UNLIKELY(*rc != 0))
			break;
		if (VQ_UNLIKELY(req->read_len > bytes)) {
			pool->full = true;
			if (bytes != d->pop_bytes)
				break;
			bytes = req->read_len;
		}
		device_account(d, req);
		/* The device reads the first segment first. */
		if (req->nb_read != 0)
			vqd_fetch(seg->ptr, seg->len);
		seg += req->nb_read + req->nb_write;
		bytes -= req->read_len;
	}
	pool->seg = seg;
	pool->left = (uint32_t)(end - seg);
	pool->bytes = bytes;
	return i;
}

/* A request that has bytes outside of the driver's memory, which is the next one again: its
 * walk is repeated, past what is not mapped, for the place of an answer.  -EFAULT, or what else
 * is wrong with it; nothing was read twice for one decision.
 */
static int
device_pop_lost(struct vqd *d, struct vqd_req *req)
{
	const char *error = d->error;
	struct vqd_head head;
	int rc;

	memset(&d->lost, 0, sizeof(d->lost));
	d->lost.on = true;
	rc = device_begin(d, &head, 1);
	/* 0: a driver that has taken it back, which it may not. */
	if (rc > 0)
		rc = device_finish(d, &head, req);
	else if (rc == 0)
		rc = vqd_refuse_ring(d, "available request taken back");
	d->lost.on = false;
	if (rc != 0) {
		req->nb_read = req->nb_write = 0;
		return rc;
	}
	vqd_walk_salvage(d, req);
	return vqd_refuse(d, -EFAULT, error);
}

/* Up to BURST of them.  An error is reported, and its request taken, only where the
 * caller would see it: with report set and no request before it.
 */
static int
device_pop_some(struct vqd *d, struct vqd_req *reqs, uint16_t nb, struct device_pool *pool,
		bool report)
{
	struct vqd_head heads[BURST];
	uint16_t begun, good;
	int rc;

	rc = device_begin(d, heads, nb < BURST ? nb : BURST);
	if (rc <= 0)
		return report ? rc : 0;
	begun = (uint16_t)rc;
	good = device_finish_some(d, heads, reqs, begun, pool, &rc);
	if (rc < 0 && good == 0 && report) {
		if (rc == -EFAULT) {
			device_rewind(d, heads, begun);
			rc = device_pop_lost(d, &reqs[0]);
		} else {
			device_rewind(d, &heads[1], (uint16_t)(begun - 1));
		}
		device_account(d, &reqs[0]);
		return rc;
	}
	device_rewind(d, &heads[good], (uint16_t)(begun - good));
	return good;
}

int
vqd_pop_pool(struct vqd *d, struct vqd_req *reqs, uint16_t nb, struct vqd_seg *segs,
		uint32_t nb_segs)
{
	struct device_pool pool = { segs, nb_segs, d->pop_bytes, false };
	uint16_t done = 0;

	while (done < nb && !pool.full) {
		int rc = device_pop_some(d, reqs + done, (uint16_t)(nb - done), &pool, done == 0);

		if (rc < 0)
			return rc;
		if (rc == 0)
			break;
		done = (uint16_t)(done + rc);
	}
	return done;
}

void
vqd_unpop(struct vqd *d, const struct vqd_req *reqs, uint16_t nb)
{
	uint32_t nb_desc = 0;
	uint16_t i;

	if (!d->packed) {
		d->avail_idx = (uint16_t)(d->avail_idx - nb);
		return;
	}
	for (i = 0; i < nb; i++)
		nb_desc += reqs[i].nb_desc;
	d->nb_desc -= nb_desc;
	if (d->avail_pos < nb_desc) {
		d->avail_pos += d->size;
		d->avail_wrap = !d->avail_wrap;
	}
	d->avail_pos -= nb_desc;
}

/* Is there something to pop, or an error to find? */
static bool
device_has_avail(const struct vqd *d)
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
vqd_push_all(struct vqd *d, const struct vqd_req *reqs, uint16_t nb, uint32_t written)
{
	struct vqd_req all = reqs[nb - 1];
	uint16_t i;

	/* Not more than the ring has: all were popped from it. */
	for (i = 0; i < nb - 1; i++)
		all.nb_desc = (uint16_t)(all.nb_desc + reqs[i].nb_desc);
	if (d->broken == NULL && !d->packed)
		d->used_idx = (uint16_t)(d->used_idx + nb - 1);
	vqd_push(d, &all, written);
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

/* Entries that were published since the last time. */
static uint32_t
device_call_added(struct vqd *d)
{
	uint32_t added = d->packed ? vqd_packed_call_added(d) : vqd_split_call_added(d);
	uint32_t open = d->call_open + added;

	/* No driver waits for more than the ring holds. */
	d->call_open = open < d->size ? open : d->size;
	return added;
}

/* Does the driver's wish concern the newest nb entries, nb not 0? */
static bool
device_call_wanted(const struct vqd *d, uint32_t nb)
{
	return d->packed ? vqd_packed_call_wanted(d, nb) : vqd_split_call_wanted(d, nb);
}

static void
device_call_close(struct vqd *d)
{
	d->call_open = 0;
	d->call_polls = 0;
}

bool
vqd_asks_call(struct vqd *d)
{
	uint32_t added = device_call_added(d);

	if (added == 0 || !device_call_wanted(d, added))
		return false;
	device_call_close(d);
	return true;
}

bool
vqd_needs_call(struct vqd *d)
{
	uint32_t nb;

	(void)device_call_added(d);
	nb = d->call_open;
	device_call_close(d);
	if (nb == 0)
		return false;
	/* Partner: a driver that enables notifications, then reads the ring again. */
	vq_settle(false);
	return device_call_wanted(d, nb);
}

bool
vqd_asks_call_again(struct vqd *d)
{
	if (d->call_open == 0)
		return false;
	if (++d->call_polls >= VQD_CALL_POLLS)
		return vqd_needs_call(d);
	if (d->event_idx || !device_call_wanted(d, d->call_open))
		return false;
	device_call_close(d);
	return true;
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
	/* Partner: the driver's settle between its publish and its read of this word. */
	vq_settle(false);
	return device_has_avail(d);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half's walk over a chain: the checks on single buffers and on tables, which
 * are the same for both layouts, and the translation of addresses.
 *
 * Called by the two layouts and by vq_device_walk.h's inline functions; calls the
 * device's translate alone.
 */
#include <errno.h>
#include <string.h>

#include "vq_device_walk.h"

int
vqd_refuse(struct vqd *d, int rc, const char *error)
{
	d->error = error;
	return rc;
}

int
vqd_refuse_ring(struct vqd *d, const char *error)
{
	if (d->broken == NULL)
		d->broken = error;
	return vqd_refuse(d, -EIO, error);
}

/* Where the *len bytes at addr are mapped, as vqd_translate. */
static void *
walk_locate(struct vqd *d, uint64_t addr, uint64_t *len, bool write)
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

/* Bytes of a buffer up to last are not mapped: refused, or passed over by a walk that looks
 * for the place of a status.
 */
static int
walk_unmapped(struct vqd_walk *w, uint64_t last, bool write, const char *error)
{
	struct vqd *d = w->d;

	if (!d->lost.on)
		return vqd_refuse(d, -EFAULT, error);
	if (write) {
		d->lost.write = true;
		d->lost.nb_write = (uint16_t)w->nb_write;
		d->lost.last = last;
	}
	return 0;
}

/* A buffer's bytes as segments: one for each stretch that is mapped contiguously. */
static int
walk_add_segments(struct vqd_walk *w, uint64_t addr, uint64_t len, bool write)
{
	while (len > 0) {
		uint64_t got = len;
		uint8_t *ptr = walk_locate(w->d, addr, &got, write);
		uint32_t at = w->nb_read + w->nb_write;

		if (ptr == NULL || got == 0 || got > len)
			return walk_unmapped(w, addr + (len - 1), write,
					"buffer outside of the driver's memory");
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
		return walk_unmapped(w, addr + (len - 1), write,
				"buffer that wraps around the address space");
	if (len > UINT32_MAX - *total)
		return vqd_refuse(w->d, -EBADMSG, "request of more than 2^32 - 1 bytes");
	*total += len;
	return walk_add_segments(w, addr, len, write);
}

int
vqd_walk_table(struct vqd *d, uint32_t left, const struct vqd_entry *ref, bool next,
		uint32_t *nb)
{
	*nb = ref->len / (uint32_t)sizeof(struct virtq_desc);
	if (!d->indirect)
		return vqd_refuse(d, -EBADMSG,
				"indirect table, but INDIRECT_DESC is not negotiated");
	if (next)
		return vqd_refuse(d, -EBADMSG, "indirect table with NEXT");
	if (ref->len == 0 || ref->len % sizeof(struct virtq_desc) != 0)
		return vqd_refuse(d, -EBADMSG,
				"indirect table whose length is 0 or no multiple of 16");
	if (*nb > left)
		return vqd_refuse(d, -EBADMSG, "indirect table longer than the queue");
	if (ref->addr > UINT64_MAX - (ref->len - 1))
		return vqd_refuse(d, -EFAULT, "indirect table that wraps around the address space");
	return 0;
}

void
vqd_walk_salvage(struct vqd *d, struct vqd_req *req)
{
	uint64_t len = 1;
	uint8_t *ptr;

	memmove(req->seg, req->seg + req->nb_read, req->nb_write * sizeof(req->seg[0]));
	req->nb_read = 0;
	req->read_len = 0;
	if (!d->lost.write)
		return;
	/* The last byte, which a status needs: of a later buffer, or of this one. */
	if (req->nb_write > d->lost.nb_write) {
		const struct vqd_seg *seg = &req->seg[req->nb_write - 1];

		ptr = seg->ptr + (seg->len - 1);
	} else {
		ptr = walk_locate(d, d->lost.last, &len, true);
	}
	req->nb_write = ptr != NULL && len == 1;
	if (req->nb_write != 0)
		req->seg[0] = (struct vqd_seg){ ptr, 1 };
}

void
vqd_find_table_any(struct vqd *d, struct vqd_head *head)
{
	uint64_t len = head->entry.len;
	uint64_t got = len;

	head->table = NULL;
	if (len == 0 || len > (d->size + d->table_extra) * sizeof(struct virtq_desc) ||
			head->entry.addr > UINT64_MAX - (len - 1))
		return;
	head->table = walk_locate(d, head->entry.addr, &got, false);
	if (got != len || (uintptr_t)head->table % sizeof(uint64_t) != 0)
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
		const void *p = walk_locate(d, addr + done, &got, false);

		if (p == NULL || got == 0 || got > sizeof(copy) - done)
			return vqd_refuse(d, -EFAULT,
					"indirect table outside of the driver's memory");
		vq_copy_once((uint8_t *)copy + done, p, got);
		done += got;
	}
	vqd_read_entry(entry, copy);
	return 0;
}

/* Flags and link of entry i of nb, whose second word is given, in the place where they lie in
 * it; WRITE aside, a good one.  UINT64_MAX: not a usual one.
 */
static uint64_t
shape_want(const struct vqd *d, uint64_t word, uint32_t i, uint32_t nb)
{
	const uint64_t next = (uint64_t)VIRTQ_DESC_F_NEXT << 32;
	const uint64_t write = (uint64_t)VIRTQ_DESC_F_WRITE << (d->packed ? 48 : 32);
	uint64_t want = (word & d->shape.mask[1]) >> 32 << 32;

	if (d->packed)
		return want;
	if (i + 1 < nb)
		return (want & ~write) == (next | (uint64_t)(i + 1) << 48) ? want : UINT64_MAX;
	/* The next of the last one has no meaning, and is mostly the same. */
	return (want & ~write) << 16 == 0 ? want : UINT64_MAX;
}

static bool
shape_note(struct vqd *d, const le64 *word, uint32_t nb)
{
	const uint64_t write = (uint64_t)VIRTQ_DESC_F_WRITE << (d->packed ? 48 : 32);
	struct vqd_shape *shape = &d->shape;
	uint32_t i;

	shape->nb_read = 0;
	for (i = 0; i < nb; i++) {
		uint64_t want = shape_want(d, vq_read64(&word[2 * i + 1]), i, nb);
		bool writable = (want & write) != 0;

		if (want == UINT64_MAX || (!writable && shape->nb_read < i))
			return false;
		if (!writable)
			shape->nb_read++;
		shape->want[i][0] = d->window[writable].addr;
		shape->want[i][1] = want | 1;
	}
	return true;
}

void
vqd_note_shape(struct vqd *d, const void *table, uint32_t len)
{
	struct vqd_shape *shape = &d->shape;
	unsigned int write;

	shape->len = 0;
	if (!VQD_HAS_PAIRS || len > sizeof(shape->want))
		return;
	/* The id in a packed table has no meaning, nor have flags but WRITE (2.8.8). */
	shape->mask[0] = UINT64_MAX;
	shape->mask[1] = d->packed ? UINT32_MAX | (uint64_t)VIRTQ_DESC_F_WRITE << 48 : UINT64_MAX;
	for (write = 0; write < 2; write++) {
		if (d->window[write].len - 1 >= VQD_WINDOW_MAX)
			return;
		shape->size[write][0] = d->window[write].len - 1;
		shape->to[write][0] = (uint64_t)(uintptr_t)d->window[write].ptr;
		shape->to[write][1] = 1;
	}
	if (shape_note(d, table, len / (uint32_t)sizeof(shape->want[0])))
		shape->len = len;
}

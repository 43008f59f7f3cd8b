/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A vfio-user client's memory; see dma.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "dma.h"

int
vcryptod_dma_init(struct vcryptod_dma *d, struct vcryptod_device *dev)
{
	memset(d, 0, sizeof(*d));
	if (pthread_mutex_init(&d->lock, NULL) != 0)
		return -ENOMEM;
	d->dev = dev;
	dev->memory.nb = 0;
	dev->memory.lock = &d->lock;
	return 0;
}

void
vcryptod_dma_fini(struct vcryptod_dma *d)
{
	if (d->dev == NULL)
		return;
	vcryptod_dma_clear(d);
	d->dev->memory.lock = NULL;
	pthread_mutex_destroy(&d->lock);
	memset(d, 0, sizeof(*d));
}

/* ---- files ---- */

static bool
dma_file_covers(const struct vcryptod_dma_file *f, const struct vfu_dma_range *r)
{
	const struct vcryptod_mapping *m = f->mapping;

	return r->offset >= m->offset && r->offset - m->offset <= m->len &&
			r->size <= m->len - (r->offset - m->offset);
}

/* One that has the range already, or NULL. */
static struct vcryptod_dma_file *
dma_find_file(struct vcryptod_dma *d, const struct vfu_dma_range *r,
		const struct vcryptod_file *file)
{
	struct vcryptod_dma_file *f;

	for (f = d->file; f < d->file + d->nb_files; f++)
		if (f->users != 0 && f->inode == file->inode && f->device == file->device &&
				f->writable == r->writable && dma_file_covers(f, r))
			return f;
	return NULL;
}

/* There is a free place: no more files are in use than there are ranges. */
static struct vcryptod_dma_file *
dma_free_file(struct vcryptod_dma *d)
{
	struct vcryptod_dma_file *f = d->file;

	while (f < d->file + d->nb_files && f->users != 0)
		f++;
	if (f == d->file + d->nb_files)
		d->nb_files++;
	return f;
}

_Static_assert(VCRYPTOD_MAPPINGS >= 2 * VCRYPTOD_DMA_MAX, "a file has no place in the list");

/* Maps all of the file, which later ranges will want too; or the range alone, if the file is
 * larger than there are addresses for.
 */
static int
dma_map_file(struct vcryptod_mapping **m, const struct vfu_dma_range *r,
		const struct vcryptod_file *file, const char **why)
{
	if (vcryptod_mapping_create(m, file, 0, file->size, r->writable, why) == 0)
		return 0;
	return vcryptod_mapping_create(m, file, r->offset, r->size, r->writable, why);
}

static int
dma_use_file(struct vcryptod_dma *d, struct vcryptod_dma_file **used,
		const struct vfu_dma_range *r, int fd, const char **why)
{
	struct vcryptod_dma_file *f;
	struct vcryptod_mapping *m;
	struct vcryptod_file file;
	int rc = vcryptod_file_check(&file, fd, r->offset, r->size, why);

	if (rc != 0)
		return rc;
	/* Whether the file is mapped already makes no difference. */
	if (r->writable && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR) {
		*why = "a region that is to be written comes with a descriptor that must not";
		return -EACCES;
	}
	f = dma_find_file(d, r, &file);
	if (f == NULL) {
		rc = dma_map_file(&m, r, &file, why);
		if (rc != 0)
			return rc;
		f = dma_free_file(d);
		*f = (struct vcryptod_dma_file){ .device = file.device, .inode = file.inode,
			.writable = r->writable, .mapping = m };
	}
	f->users++;
	*used = f;
	return 0;
}

/* Once nothing uses what their ranges were. */
static void
dma_unmap_files(struct vcryptod_dma *d)
{
	struct vcryptod_dma_file *f;

	for (f = d->file; f < d->file + d->nb_files; f++) {
		if (f->users != 0)
			continue;
		vcryptod_mapping_destroy(f->mapping);
		f->mapping = NULL;
	}
}

/* ---- ranges ---- */

static const char *
dma_why(int rc)
{
	switch (rc) {
	case -EEXIST: return "two regions overlap";
	case -ENOSPC: return "there are too many regions";
	default: return "a region is empty or wraps";
	}
}

int
vcryptod_dma_map(struct vcryptod_dma *d, const struct vfu_dma_range *r, int fd, const char **why)
{
	struct vcryptod_region region = { .guest = r->addr, .size = r->size,
		.readable = r->readable, .writable = r->writable };
	struct vcryptod_memory *m = &d->dev->memory;
	struct vcryptod_dma_file *f;
	int rc;

	rc = vcryptod_memory_check(m, r->addr, r->size);
	if (rc != 0) {
		*why = dma_why(rc);
		return rc;
	}
	if (fd >= 0) {
		rc = dma_use_file(d, &f, r, fd, why);
		if (rc != 0)
			return rc;
		region.host = vcryptod_mapping_at(f->mapping, r->offset);
		region.piece = (uint32_t)(f - d->file) + 1;
	}
	/* Cannot fail: it was checked. */
	return vcryptod_memory_insert(m, &region);
}

/* Out of the table, and in use still: into *gone.  False: nothing can use it. */
static bool
dma_take_out(struct vcryptod_dma *d, struct vcryptod_region *gone, uint64_t addr, uint64_t size)
{
	struct vcryptod_region r;

	if (vcryptod_memory_remove(&d->dev->memory, &r, addr, size) != 0 || r.host == NULL)
		return false;
	d->file[r.piece - 1].users--;
	*gone = r;
	return true;
}

/* Waits once, however many ranges it is. */
static void
dma_let_go(struct vcryptod_dma *d, const struct vcryptod_region *gone, unsigned int nb)
{
	if (nb == 0)
		return;
	if (nb == 1)
		vcryptod_device_lose(d->dev, gone->host, gone->size);
	else
		vcryptod_device_lose(d->dev, NULL, SIZE_MAX);
	dma_unmap_files(d);
}

int
vcryptod_dma_unmap(struct vcryptod_dma *d, uint64_t addr, uint64_t size)
{
	const struct vcryptod_memory *m = &d->dev->memory;
	const uint64_t last = addr + (size - 1);
	const struct vcryptod_region *r = vcryptod_memory_from(m, addr);
	struct vcryptod_region gone;
	unsigned int nb = 0;

	if (r != NULL && r->guest < addr)
		return -EINVAL;
	r = vcryptod_memory_from(m, last);
	if (r != NULL && r->guest <= last && r->guest + (r->size - 1) > last)
		return -EINVAL;
	for (;;) {
		r = vcryptod_memory_from(m, addr);
		if (r == NULL || r->guest > last)
			break;
		nb += dma_take_out(d, &gone, r->guest, r->size);
	}
	dma_let_go(d, &gone, nb);
	return 0;
}

void
vcryptod_dma_clear(struct vcryptod_dma *d)
{
	struct vcryptod_dma_file *f;

	vcryptod_memory_clear(&d->dev->memory);
	vcryptod_device_lose(d->dev, NULL, SIZE_MAX);
	for (f = d->file; f < d->file + d->nb_files; f++)
		f->users = 0;
	dma_unmap_files(d);
	d->nb_files = 0;
}

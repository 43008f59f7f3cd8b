/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory that a vfio-user client shares: ranges of its device's addresses, each a part of a
 * file, which come and go while rings run.  Fills the device's table of memory (memory.h), in which
 * each address is looked up when it is used; maps each file once, and counts its ranges.
 *
 * A range that comes disturbs nothing.  When a range is gone, nothing uses its memory: turns at
 * hand have ended, slow requests of this memory too, and a ring that lay in it has stopped and
 * is unusable (vcryptod_device_lose).  Requests of other memory are not touched.
 *
 * A file is mapped whole, so that the process has more of it in its reach than the ranges are; the
 * table alone says what a request may reach.  Two files are the same if device and inode are,
 * which holds while one of them is mapped; a file system that lies about it confuses its own
 * client.  What may only be read is mapped so, apart from what may be written.  A file that is
 * cut later ends the process with a line (mapping.h).
 *
 * Threads: one, which also starts and stops rings.
 */
#ifndef VCRYPTOD_DMA_H
#define VCRYPTOD_DMA_H

#include <pthread.h>

#include "../device.h"
#include "../mapping.h"
#include "vfu_request.h"

/* Ranges at the same time, to be announced as max_dma_maps. */
#define VCRYPTOD_DMA_MAX	VCRYPTOD_MEMORY_MAX

/* A mapping of a file, or of a part of one that is too large. */
struct vcryptod_dma_file {
	unsigned int users;		/* ranges; 0: this place is free, once it is unmapped */
	uint64_t device, inode;
	bool writable;
	struct vcryptod_mapping *mapping;
};

struct vcryptod_dma {
	struct vcryptod_device *dev;
	pthread_mutex_t lock;		/* of dev->memory */
	unsigned int nb_files;		/* places that were used: not all of them are */
	struct vcryptod_dma_file file[VCRYPTOD_DMA_MAX];
};

/* 0 or -errno.  From now on dev->memory is changed by the functions below alone; dev->memory_ok
 * remains the caller's.  dev must stay until vcryptod_dma_fini.
 */
int vcryptod_dma_init(struct vcryptod_dma *d, struct vcryptod_device *dev);
/* No ring and no worker runs.  Accepts a zeroed struct; may be called twice. */
void vcryptod_dma_fini(struct vcryptod_dma *d);

/* Adds a range of fd's file, or one without a file (fd -1: known, but nothing can reach it).  fd
 * stays the caller's and is not needed any more.  0; -EEXIST it overlaps; -ENOSPC there are
 * VCRYPTOD_DMA_MAX; -EACCES it is to be written, and fd must not; -EINVAL no regular file, too
 * short, or the range is empty or wraps; -errno of mmap.  *why: in words, where it fails.
 */
int vcryptod_dma_map(struct vcryptod_dma *d, const struct vfu_dma_range *r, int fd,
		const char **why);
/* Takes all ranges out that lie in [addr, addr + size), which neither is empty nor wraps; there may
 * be none.  -EINVAL: one lies in it in part, and nothing has changed.
 */
int vcryptod_dma_unmap(struct vcryptod_dma *d, uint64_t addr, uint64_t size);
/* All ranges. */
void vcryptod_dma_clear(struct vcryptod_dma *d);

#endif

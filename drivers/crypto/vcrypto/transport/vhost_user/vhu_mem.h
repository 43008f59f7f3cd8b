/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory that is shared with a back end: all of DPDK's memory segments, by the files
 * behind them, under their virtual addresses; and the messages that announce it.
 *
 * Threads: under the transport's lock.
 */
#ifndef VCRYPTO_VHU_MEM_H
#define VCRYPTO_VHU_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/vhost_user/vhu_link.h"

/* Bound of the regions kept: more than any known back end has slots for. */
#define VCRYPTO_VHU_MEM_MAX	512

struct vcrypto_vhu_mem {
	unsigned int nb;	/* regions found; more than VCRYPTO_VHU_MEM_MAX are not kept */
	struct vhu_mem_region region[VCRYPTO_VHU_MEM_MAX];
	int fd[VCRYPTO_VHU_MEM_MAX];	/* DPDK's, valid while the segment exists */
};

/*
 * Collects the regions that exist now, except those in [skip, skip + skip_len).
 * Segments of one file become one region, with the gaps between them.
 * The caller holds DPDK's memory lock, or runs in a memory event callback.
 * 0; -ENOTSUP if a segment has no file, with one line that states how to get one.
 */
int vcrypto_vhu_mem_collect(struct vcrypto_vhu_mem *mem, const char *name, const void *skip,
		size_t skip_len);

/* 0 if the back end accepts as many regions, else -E2BIG with one line. */
int vcrypto_vhu_mem_check(const struct vcrypto_vhu_mem *mem, const struct vcrypto_vhu_link *l);

bool vcrypto_vhu_mem_equal(const struct vcrypto_vhu_mem *a, const struct vcrypto_vhu_mem *b);

/* Replaces the back end's memory table *announced, which may be empty (nb 0), by *mem.  0:
 * the back end has processed it, and *announced equals *mem; -E2BIG, or the link's
 * errors.  The caller disables enabled rings before.
 */
int vcrypto_vhu_mem_announce(struct vcrypto_vhu_link *l, struct vcrypto_vhu_mem *announced,
		const struct vcrypto_vhu_mem *mem);

#endif

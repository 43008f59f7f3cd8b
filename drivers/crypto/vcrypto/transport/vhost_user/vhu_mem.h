/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory that a back end shares with us: all of DPDK's memory segments, by the
 * files behind them, under their virtual addresses; and how it is told.
 */
#ifndef VCRYPTO_VHU_MEM_H
#define VCRYPTO_VHU_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/vhost_user/vhu_link.h"

/* More than any back end offers slots for. */
#define VCRYPTO_VHU_MEM_MAX	512

struct vcrypto_vhu_mem {
	unsigned int nb;	/* regions found; more than VCRYPTO_VHU_MEM_MAX are not kept */
	struct vhu_mem_region region[VCRYPTO_VHU_MEM_MAX];
	int fd[VCRYPTO_VHU_MEM_MAX];	/* DPDK's, valid while the segment is there */
};

/*
 * Collect the regions as they are now, without those of [skip, skip + skip_len).
 * Neighbours in one file become one region, with what lies between them.
 * The caller holds DPDK's memory lock, or is in a memory event callback.
 * 0; -ENOTSUP if a segment has no file, with one line that says how to get one.
 */
int vcrypto_vhu_mem_collect(struct vcrypto_vhu_mem *mem, const char *name, const void *skip,
		size_t skip_len);

/* Does the back end take that many?  0, or -E2BIG with one line. */
int vcrypto_vhu_mem_check(const struct vcrypto_vhu_mem *mem, const struct vcrypto_vhu_link *l);

bool vcrypto_vhu_mem_equal(const struct vcrypto_vhu_mem *a, const struct vcrypto_vhu_mem *b);

/* Make the back end's table mem, where it is told now: old may be empty (nb 0).
 * On return the back end has dealt with it, and *told is mem.  Rings that run are
 * the caller's to disable.
 */
int vcrypto_vhu_mem_announce(struct vcrypto_vhu_link *l, struct vcrypto_vhu_mem *told,
		const struct vcrypto_vhu_mem *mem);

#endif

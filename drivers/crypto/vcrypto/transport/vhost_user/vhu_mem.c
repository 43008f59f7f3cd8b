/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the translation of DPDK's memory segments into vhost-user memory regions, and the
 * messages that announce them.  Guest address and user address are both the virtual
 * address, so that the IOVA mode does not matter.  Calls vhu_link and EAL's memory walk.
 *
 * Must not allocate: it runs within memory event callbacks.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_memory.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_user/vhu_mem.h"

/* ---- collecting ---- */

struct mem_walk {
	struct vcrypto_vhu_mem *mem;
	const char *name;
	const void *skip;
	size_t skip_len;	/* bytes */
	bool external;		/* external memory was found, which cannot be shared */
};

static bool
mem_is_skipped(const struct mem_walk *w, const struct rte_memseg *ms)
{
	const char *at = ms->addr, *from = w->skip;

	return w->skip_len != 0 && at >= from && at < from + w->skip_len;
}

/* Does a segment continue region i: the same file, the same distance from its start? */
static bool
mem_joins(const struct vcrypto_vhu_mem *mem, unsigned int i, int fd, uint64_t addr, uint64_t off)
{
	const struct vhu_mem_region *r = &mem->region[i];

	return mem->fd[i] == fd && r->user_addr - r->mmap_offset == addr - off;
}

/* Extends region r over [addr, addr + len).  Gaps in between are holes in the file, or
 * memory that DPDK has freed: no request has an address in either.
 */
static void
mem_extend(struct vhu_mem_region *r, uint64_t addr, uint64_t off, uint64_t len)
{
	uint64_t end = r->user_addr + r->size;

	if (addr + len > end)
		end = addr + len;
	if (addr < r->user_addr) {
		r->user_addr = addr;
		r->guest_addr = addr;
		r->mmap_offset = off;
	}
	r->size = end - r->user_addr;
}

static void
mem_add(struct vcrypto_vhu_mem *mem, int fd, uint64_t addr, uint64_t off, uint64_t len)
{
	unsigned int kept = mem->nb < VCRYPTO_VHU_MEM_MAX ? mem->nb : VCRYPTO_VHU_MEM_MAX;
	unsigned int i;

	/* Segments arrive in order of address: the last region is the most likely one. */
	for (i = kept; i-- > 0; ) {
		if (mem_joins(mem, i, fd, addr, off)) {
			mem_extend(&mem->region[i], addr, off, len);
			return;
		}
	}
	if (mem->nb++ >= VCRYPTO_VHU_MEM_MAX)
		return;
	mem->fd[i = kept] = fd;
	mem->region[i] = (struct vhu_mem_region){
		.guest_addr = addr, .user_addr = addr, .size = len, .mmap_offset = off,
	};
}

static int
mem_visit(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	struct mem_walk *w = arg;
	size_t off;
	int fd;

	if (msl->external) {
		w->external = true;
		return 0;
	}
	if (mem_is_skipped(w, ms))
		return 0;
	fd = rte_memseg_get_fd_thread_unsafe(ms);
	if (fd < 0 || rte_memseg_get_fd_offset_thread_unsafe(ms, &off) != 0) {
		VCRYPTO_ERR("%s: the memory at %p has no file to share with a back end (%s): start "
			"with --in-memory --single-file-segments, or with --no-huge on a system "
			"that has memfd_create", w->name, ms->addr, rte_strerror(rte_errno));
		return -1;
	}
	mem_add(w->mem, fd, (uintptr_t)ms->addr, off, ms->len);
	return 0;
}

int
vcrypto_vhu_mem_collect(struct vcrypto_vhu_mem *mem, const char *name, const void *skip,
		size_t skip_len)
{
	struct mem_walk w = { .mem = mem, .name = name, .skip = skip, .skip_len = skip_len };

	mem->nb = 0;
	if (rte_memseg_walk_thread_unsafe(mem_visit, &w) != 0)
		return -ENOTSUP;
	if (w.external)
		VCRYPTO_DBG("%s: external memory is not shared with the back end: ops must not "
			"have their data there", name);
	return 0;
}

int
vcrypto_vhu_mem_check(const struct vcrypto_vhu_mem *mem, const struct vcrypto_vhu_link *l)
{
	unsigned int max = l->mem_slots < VCRYPTO_VHU_MEM_MAX ? l->mem_slots : VCRYPTO_VHU_MEM_MAX;

	if (mem->nb <= max)
		return 0;
	VCRYPTO_ERR("%s: DPDK's memory has %u pieces, the back end at path=%s takes %u: add the "
		"EAL option --single-file-segments", l->args->name, mem->nb, l->args->path, max);
	return -E2BIG;
}

bool
vcrypto_vhu_mem_equal(const struct vcrypto_vhu_mem *a, const struct vcrypto_vhu_mem *b)
{
	return a->nb == b->nb && a->nb <= VCRYPTO_VHU_MEM_MAX &&
		memcmp(a->region, b->region, a->nb * sizeof(a->region[0])) == 0 &&
		memcmp(a->fd, b->fd, a->nb * sizeof(a->fd[0])) == 0;
}

/* ---- announcing ---- */

static int
mem_send_table(struct vcrypto_vhu_link *l, const struct vcrypto_vhu_mem *mem)
{
	struct vhu_mem_table t = { .nb_regions = mem->nb };
	struct vhu_out out = {
		.request = VHU_SET_MEM_TABLE, .payload = &t,
		.size = (uint32_t)(offsetof(struct vhu_mem_table, regions) +
			mem->nb * sizeof(t.regions[0])),
		.fds = mem->fd, .nb_fds = mem->nb,
	};

	memcpy(t.regions, mem->region, mem->nb * sizeof(t.regions[0]));
	return vcrypto_vhu_link_command(l, &out);
}

static int
mem_send_region(struct vcrypto_vhu_link *l, uint32_t request, const struct vcrypto_vhu_mem *mem,
		unsigned int i)
{
	struct vhu_mem_one one = { .region = mem->region[i] };
	struct vhu_out out = {
		.request = request, .payload = &one, .size = sizeof(one),
		.fds = &mem->fd[i], .nb_fds = request == VHU_ADD_MEM_REG ? 1 : 0,
	};

	return vcrypto_vhu_link_command(l, &out);
}

static bool
mem_has(const struct vcrypto_vhu_mem *mem, const struct vcrypto_vhu_mem *of, unsigned int i)
{
	unsigned int k;

	for (k = 0; k < mem->nb; k++)
		if (mem->fd[k] == of->fd[i] && memcmp(&mem->region[k], &of->region[i],
				sizeof(mem->region[k])) == 0)
			return true;
	return false;
}

/* Sends removals first, so that no regions overlap and slots suffice. */
static int
mem_send_changes(struct vcrypto_vhu_link *l, const struct vcrypto_vhu_mem *announced,
		const struct vcrypto_vhu_mem *mem)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < announced->nb && rc == 0; i++)
		if (!mem_has(mem, announced, i))
			rc = mem_send_region(l, VHU_REM_MEM_REG, announced, i);
	for (i = 0; i < mem->nb && rc == 0; i++)
		if (!mem_has(announced, mem, i))
			rc = mem_send_region(l, VHU_ADD_MEM_REG, mem, i);
	return rc;
}

int
vcrypto_vhu_mem_announce(struct vcrypto_vhu_link *l, struct vcrypto_vhu_mem *announced,
		const struct vcrypto_vhu_mem *mem)
{
	int rc = vcrypto_vhu_mem_check(mem, l);

	if (rc != 0)
		return rc;
	if (l->proto & VHU_PROTO_F_CONFIGURE_MEM_SLOTS)
		rc = mem_send_changes(l, announced, mem);
	else
		rc = mem_send_table(l, mem);
	if (rc == 0)
		rc = vcrypto_vhu_link_barrier(l);
	if (rc == 0)
		*announced = *mem;
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A front end's memory, mapped; see map.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../log.h"
#include "map.h"

#define MAP_BLOCK_MAX	(UINT64_C(1) << 30)	/* bytes: the largest huge page */

static struct {
	const struct vcryptod_map *map;
	const char *name;
} map_caught;

/* ---- one region ---- */

/* Does [a, a + size) meet [b, b + other)?  Neither wraps. */
static bool
map_meets(uint64_t a, uint64_t size, uint64_t b, uint64_t other)
{
	return a <= b + (other - 1) && b <= a + (size - 1);
}

static const char *
map_check_region(const struct vcryptod_map *m, const struct vhu_mem_region *r)
{
	const struct vhu_mem_region *o;
	unsigned int i;

	if (r->size == 0)
		return "a region is empty";
	if (r->guest_addr + (r->size - 1) < r->guest_addr ||
			r->user_addr + (r->size - 1) < r->user_addr ||
			r->size > INT64_MAX || r->mmap_offset > INT64_MAX - r->size)
		return "a region wraps";
	for (i = 0; i < m->nb; i++) {
		o = &m->region[i].r;
		if (map_meets(r->guest_addr, r->size, o->guest_addr, o->size) ||
				map_meets(r->user_addr, r->size, o->user_addr, o->size))
			return "two regions overlap";
	}
	return m->nb == VCRYPTOD_REGIONS ? "there are too many regions" : NULL;
}

/* Looks at the file without asking a server behind it (a FUSE file system may never answer).
 * *block: what offset and length of a mapping must be multiples of.
 */
static const char *
map_check_file(const struct vhu_mem_region *r, int fd, uint64_t *block)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_SIZE, &st) != 0)
		return "a region's file cannot be looked at";
	if (!S_ISREG(st.stx_mode))
		return "a region's descriptor is no regular file or memfd";
	if (r->mmap_offset + r->size > st.stx_size)
		return "a region is longer than its file";
	*block = page;
	/* A huge page on hugetlbfs. */
	if (st.stx_blksize > page && st.stx_blksize <= MAP_BLOCK_MAX &&
			(st.stx_blksize & (st.stx_blksize - 1)) == 0)
		*block = st.stx_blksize;
	return NULL;
}

int
vcryptod_map_add(struct vcryptod_map *m, const struct vhu_mem_region *r, int fd, const char **why)
{
	struct vcryptod_map_region *n = &m->region[m->nb];
	uint64_t block, before;
	int seals;

	*why = map_check_region(m, r);
	if (*why == NULL)
		*why = map_check_file(r, fd, &block);
	if (*why != NULL)
		return -EINVAL;
	before = r->mmap_offset & (block - 1);
	n->r = *r;
	n->len = (size_t)((r->size + before + block - 1) & ~(block - 1));
	n->start = mmap(NULL, n->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
			(off_t)(r->mmap_offset - before));
	if (n->start == MAP_FAILED) {
		*why = strerror(errno);
		return -errno;
	}
	n->host = (uint8_t *)n->start + before;
	seals = fcntl(fd, F_GET_SEALS);
	n->sealed = seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
	/* Best effort: a guest's memory has no place in a core file of ours. */
	(void)madvise(n->start, n->len, MADV_DONTDUMP);
	m->nb++;
	return 0;
}

int
vcryptod_map_remove(struct vcryptod_map *m, const struct vhu_mem_region *r)
{
	const struct vhu_mem_region *o;
	unsigned int i;

	for (i = 0; i < m->nb; i++) {
		o = &m->region[i].r;
		if (o->guest_addr != r->guest_addr || o->user_addr != r->user_addr ||
				o->size != r->size)
			continue;
		munmap(m->region[i].start, m->region[i].len);
		m->region[i] = m->region[--m->nb];
		return 0;
	}
	return -ENOENT;
}

void
vcryptod_map_clear(struct vcryptod_map *m)
{
	while (m->nb > 0) {
		m->nb--;
		munmap(m->region[m->nb].start, m->region[m->nb].len);
	}
}

/* ---- addresses ---- */

void *
vcryptod_map_user(const struct vcryptod_map *m, uint64_t user)
{
	const struct vhu_mem_region *r;
	unsigned int i;

	for (i = 0; i < m->nb; i++) {
		r = &m->region[i].r;
		if (user >= r->user_addr && user - r->user_addr < r->size)
			return m->region[i].host + (user - r->user_addr);
	}
	return NULL;
}

void
vcryptod_map_to_memory(const struct vcryptod_map *m, struct vcryptod_memory *mem)
{
	unsigned int i;

	mem->nb = 0;
	for (i = 0; i < m->nb; i++)
		/* Cannot fail: checked by vcryptod_map_add, and as many as there is room for. */
		(void)vcryptod_memory_add(mem, m->region[i].r.guest_addr, m->region[i].r.size,
				m->region[i].host);
}

/* ---- a file that was cut ---- */

static const struct vcryptod_map_region *
map_region_of(const struct vcryptod_map *m, uint64_t at)
{
	uint64_t start;
	unsigned int i;

	for (i = 0; i < m->nb; i++) {
		start = (uint64_t)(uintptr_t)m->region[i].start;
		if (at >= start && at - start < m->region[i].len)
			return &m->region[i];
	}
	return NULL;
}

/* In a signal handler: only write and _exit.  The number is put together by hand. */
static void
map_on_sigbus(int sig, siginfo_t *info, void *context)
{
	static const char middle[] = ": a front end cut the file of its memory at guest address 0x",
		end[] = ": this device starts again\n", digits[] = "0123456789abcdef";
	const struct vcryptod_map_region *r;
	char line[256] = "vcryptod: ";
	size_t len = strlen(line), name = strlen(map_caught.name);
	int shift;

	(void)context;
	r = map_region_of(map_caught.map, (uint64_t)(uintptr_t)info->si_addr);
	if (r == NULL) {
		(void)signal(sig, SIG_DFL);
		return;		/* the access is made again, and has the usual effect */
	}
	memcpy(line + len, map_caught.name, name);
	len += name;
	memcpy(line + len, middle, sizeof(middle) - 1);
	len += sizeof(middle) - 1;
	for (shift = 60; shift >= 0; shift -= 4)
		line[len++] = digits[r->r.guest_addr >> shift & 0xf];
	memcpy(line + len, end, sizeof(end) - 1);
	len += sizeof(end) - 1;
	/* A pipe that is full loses the line; the exit status remains. */
	if (write(STDERR_FILENO, line, len) < 0)
		len = 0;
	_exit(VCRYPTOD_EXIT_AGAIN);
}

int
vcryptod_map_catch_sigbus(const struct vcryptod_map *m, const char *name)
{
	struct sigaction act = { .sa_sigaction = map_on_sigbus, .sa_flags = SA_SIGINFO };

	/* A socket's path has at most 107 bytes, so that a line fits. */
	if (strlen(name) > 107)
		return -ENAMETOOLONG;
	map_caught.map = m;
	map_caught.name = name;
	sigemptyset(&act.sa_mask);
	return sigaction(SIGBUS, &act, NULL) == 0 ? 0 : -errno;
}

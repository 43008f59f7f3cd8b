/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files that the other side shares, mapped; see mapping.h.
 *
 * The list of mappings is the process', as its signal handlers are: a place in it is filled in
 * before its start is stored, and free once that is NULL.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mapping.h"

#define MAPPING_BLOCK_MAX	(UINT64_C(1) << 30)	/* bytes: the largest huge page */
#define MAPPING_NAME_MAX	107			/* bytes of a socket's path */

static struct vcryptod_mapping mapping_list[VCRYPTOD_MAPPINGS];
static unsigned int mapping_nb;		/* atomic: places from here on were never filled */
static const char *mapping_name;

/* ---- files ---- */

int
vcryptod_file_check(struct vcryptod_file *file, int fd, uint64_t offset, uint64_t size,
		const char **why)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct statx st;

	*why = NULL;
	if (size == 0 || size > INT64_MAX || offset > INT64_MAX - size)
		*why = "a region wraps";
	else if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
			STATX_TYPE | STATX_SIZE | STATX_INO, &st) != 0)
		*why = "a region's file cannot be looked at";
	else if (!S_ISREG(st.stx_mode))
		*why = "a region's descriptor is no regular file or memfd";
	else if (offset + size > st.stx_size)
		*why = "a region is longer than its file";
	if (*why != NULL)
		return -EINVAL;
	*file = (struct vcryptod_file){ .fd = fd, .size = st.stx_size, .block = page,
		.device = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor,
		.inode = st.stx_ino };
	/* A huge page on hugetlbfs. */
	if (st.stx_blksize > page && st.stx_blksize <= MAPPING_BLOCK_MAX &&
			(st.stx_blksize & (st.stx_blksize - 1)) == 0)
		file->block = st.stx_blksize;
	return 0;
}

/* ---- mappings ---- */

static struct vcryptod_mapping *
mapping_place(void)
{
	unsigned int i;

	for (i = 0; i < mapping_nb && mapping_list[i].start != NULL; i++)
		;
	return i < VCRYPTOD_MAPPINGS ? &mapping_list[i] : NULL;
}

int
vcryptod_mapping_create(struct vcryptod_mapping **m, const struct vcryptod_file *file,
		uint64_t offset, uint64_t size, bool write, const char **why)
{
	uint64_t before = offset & (file->block - 1);
	struct vcryptod_mapping *n = mapping_place();
	void *start;
	int seals;

	if (n == NULL) {
		*why = "there are too many mappings";
		return -ENOSPC;
	}
	n->len = (size_t)((size + before + file->block - 1) & ~(file->block - 1));
	n->offset = offset - before;
	n->has_guest = false;
	seals = fcntl(file->fd, F_GET_SEALS);
	n->sealed = seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
	start = mmap(NULL, n->len, write ? PROT_READ | PROT_WRITE : PROT_READ,
			MAP_SHARED | MAP_NORESERVE, file->fd, (off_t)n->offset);
	if (start == MAP_FAILED) {
		*why = strerror(errno);
		return -errno;
	}
	/* Best effort: a guest's memory has no place in a core file of ours. */
	(void)madvise(start, n->len, MADV_DONTDUMP);
	__atomic_store_n(&n->start, start, __ATOMIC_RELEASE);
	if (n == &mapping_list[mapping_nb])
		__atomic_store_n(&mapping_nb, mapping_nb + 1, __ATOMIC_RELEASE);
	*m = n;
	return 0;
}

void
vcryptod_mapping_destroy(struct vcryptod_mapping *m)
{
	void *start;

	if (m == NULL)
		return;
	start = m->start;
	__atomic_store_n(&m->start, NULL, __ATOMIC_RELEASE);
	munmap(start, m->len);
}

/* ---- a file that was cut ---- */

static const struct vcryptod_mapping *
mapping_of(uint64_t at)
{
	unsigned int i, nb = __atomic_load_n(&mapping_nb, __ATOMIC_ACQUIRE);
	uint64_t start;

	for (i = 0; i < nb; i++) {
		start = (uint64_t)(uintptr_t)__atomic_load_n(&mapping_list[i].start,
				__ATOMIC_ACQUIRE);
		if (start != 0 && at >= start && at - start < mapping_list[i].len)
			return &mapping_list[i];
	}
	return NULL;
}

static char *
mapping_append(char *line, const char *text)
{
	while (*text != '\0')
		*line++ = *text++;
	return line;
}

static char *
mapping_append_hex(char *line, uint64_t n)
{
	int shift;

	for (shift = 60; shift >= 0; shift -= 4)
		*line++ = "0123456789abcdef"[n >> shift & 0xf];
	return line;
}

/* In a signal handler: only write and _exit.  The line is put together by hand. */
static void
mapping_on_sigbus(int sig, siginfo_t *info, void *context)
{
	uint64_t at = (uint64_t)(uintptr_t)info->si_addr;
	const struct vcryptod_mapping *m = mapping_of(at);
	char line[MAPPING_NAME_MAX + 160], *end = line;

	(void)context;
	if (m == NULL) {
		(void)signal(sig, SIG_DFL);
		return;		/* the access is made again, and has the usual effect */
	}
	end = mapping_append(end, "vcryptod: ");
	end = mapping_append(end, mapping_name);
	end = mapping_append(end, ": a front end cut the file of its memory at ");
	end = mapping_append(end, m->has_guest ? "guest address 0x" : "byte 0x");
	end = mapping_append_hex(end, m->has_guest ? m->guest :
			at - (uint64_t)(uintptr_t)m->start + m->offset);
	end = mapping_append(end, ": this device starts again\n");
	/* A pipe that is full loses the line; the exit status remains. */
	if (write(STDERR_FILENO, line, (size_t)(end - line)) < 0)
		end = line;
	_exit(VCRYPTOD_EXIT_AGAIN);
}

int
vcryptod_mapping_catch_sigbus(const char *name)
{
	struct sigaction act = { .sa_sigaction = mapping_on_sigbus, .sa_flags = SA_SIGINFO };

	if (strlen(name) > MAPPING_NAME_MAX)
		return -ENAMETOOLONG;
	mapping_name = name;
	sigemptyset(&act.sa_mask);
	return sigaction(SIGBUS, &act, NULL) == 0 ? 0 : -errno;
}

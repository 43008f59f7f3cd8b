/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files that the other side shares, mapped here.  It is not trusted: a file is looked at before it
 * is mapped, and the first access beyond its end is kept from happening as far as it can be.  A
 * file that is not sealed (F_SEAL_SHRINK) may still be cut after it was mapped.  The next access
 * is then SIGBUS, which ends this process with a line that names the place: see
 * vcryptod_mapping_catch_sigbus().  Knows no protocol and no table of addresses.
 *
 * Threads: one makes and ends mappings.  The signal may come to any, at any time.
 */
#ifndef VCRYPTOD_MAPPING_H
#define VCRYPTOD_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the process, which has one front end.  The larger table is that of vfio-user, with at most one
 * file for each of VCRYPTOD_DMA_MAX ranges; vhost-user has 64 regions.  Twice as many, so that a
 * file is mapped while those that it replaces still are.
 */
#define VCRYPTOD_MAPPINGS	8192

struct vcryptod_file {
	int fd;
	uint64_t device, inode;		/* which file it is */
	uint64_t size;			/* bytes, when it was looked at */
	uint64_t block;			/* what place and length of a mapping are multiples of */
};

struct vcryptod_mapping {
	uint8_t *start;			/* atomic; NULL: this is none */
	size_t len;			/* bytes */
	uint64_t offset;		/* of start, in the file */
	bool sealed;			/* the file cannot become shorter */
	/* Where the driver knows it, for the line; else it names the place in the file. */
	bool has_guest;
	uint64_t guest;
};

/* Looks at fd, of which [offset, offset + size) is to be mapped, without asking a server behind it
 * (a FUSE file system may never answer).  0; -EINVAL, and *why in words: it is no regular file, or
 * too short, or the range wraps.
 */
int vcryptod_file_check(struct vcryptod_file *file, int fd, uint64_t offset, uint64_t size,
		const char **why);

/* Maps [offset, offset + size) of a file that was looked at, and what its blocks have besides.
 * 0; else -errno, and *why in words.
 */
int vcryptod_mapping_create(struct vcryptod_mapping **m, const struct vcryptod_file *file,
		uint64_t offset, uint64_t size, bool write, const char **why);
/* NULL is accepted. */
void vcryptod_mapping_destroy(struct vcryptod_mapping *m);

static inline uint8_t *
vcryptod_mapping_at(const struct vcryptod_mapping *m, uint64_t offset)
{
	return m->start + (offset - m->offset);
}

/* From now on SIGBUS in a mapping ends the process with VCRYPTOD_EXIT_AGAIN and a line that
 * names the socket; SIGBUS elsewhere has its usual effect.  name must stay.  -errno.
 */
int vcryptod_mapping_catch_sigbus(const char *name);

#endif

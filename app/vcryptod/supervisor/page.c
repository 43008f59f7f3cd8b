/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Pages of figures; see page.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "page.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x0008U		/* of Linux 6.3 */
#endif

/* Without the flag a machine with vm.memfd_noexec=2 refuses it; older kernels do not know it. */
static int
page_create(void)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("vcryptod-figures", flags | MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create("vcryptod-figures", flags) : fd;
}

int
vcryptod_page_renew(struct vcryptod_page *p)
{
	int fd = page_create(), rc;
	void *word = MAP_FAILED;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)p->size) == 0 &&
			fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		word = mmap(NULL, p->size, PROT_READ, MAP_SHARED, fd, 0);
	if (word == MAP_FAILED) {
		rc = -errno;
		close(fd);
		return rc;
	}
	vcryptod_page_fini(p);
	p->word = word;
	return fd;
}

void
vcryptod_page_read(const struct vcryptod_page *p, uint64_t *to)
{
	size_t i;

	if (p->word == NULL) {
		memset(to, 0, p->size);
		return;
	}
	/* Word by word, each once: the process writes meanwhile. */
	for (i = 0; i < p->size / sizeof(*to); i++)
		to[i] = __atomic_load_n(&p->word[i], __ATOMIC_RELAXED);
}

void
vcryptod_page_fini(struct vcryptod_page *p)
{
	if (p->word != NULL)
		munmap((void *)(uintptr_t)p->word, p->size);
	p->word = NULL;
}

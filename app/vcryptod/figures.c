/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The page of a device's live figures; see figures.h.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figures.h"

static pthread_mutex_t figures_mutex = PTHREAD_MUTEX_INITIALIZER;

struct vcryptod_figures *
vcryptod_figures_open(int fd, unsigned int nb_queues)
{
	size_t size = vcryptod_figures_size(nb_queues);
	struct stat st;
	void *p;

	if (fd < 0) {
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	} else if (fstat(fd, &st) != 0 || (uint64_t)st.st_size < size) {
		errno = EINVAL;
		p = MAP_FAILED;
	} else {
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	}
	if (fd >= 0)
		close(fd);
	return p != MAP_FAILED ? p : NULL;
}

void
vcryptod_figures_close(struct vcryptod_figures *f, unsigned int nb_queues)
{
	if (f != NULL)
		munmap(f, vcryptod_figures_size(nb_queues));
}

void
vcryptod_figures_lock(void)
{
	pthread_mutex_lock(&figures_mutex);
}

void
vcryptod_figures_unlock(void)
{
	pthread_mutex_unlock(&figures_mutex);
}

unsigned int
vcryptod_figures_row(struct vcryptod_figures *f, uint64_t key)
{
	unsigned int i;

	/* A row has one key for good: most have been there for long. */
	for (i = VCRYPTOD_ROW_FIRST; i < VCRYPTOD_ROW_REST; i++)
		if (__atomic_load_n(&f->row[i], __ATOMIC_RELAXED) == key)
			return i;
	i = VCRYPTOD_ROW_FIRST;
	vcryptod_figures_lock();
	while (i < VCRYPTOD_ROW_REST && f->row[i] != key && f->row[i] != 0)
		i++;
	if (i < VCRYPTOD_ROW_REST)
		vcryptod_figures_set(&f->row[i], key);
	vcryptod_figures_unlock();
	return i;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where a secret lies; see the header.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_memory.h>
#include <rte_memzone.h>

#include "secrets.h"

uint8_t secret[32];

static void
look_into(const struct rte_memzone *mz, void *arg)
{
	if (strncmp(mz->name, "vcrypto", 7) == 0 &&
			memmem(mz->addr, mz->len, secret, sizeof(secret)) != NULL)
		++*(unsigned int *)arg;
}

unsigned int
secrets_shared(void)
{
	unsigned int n = 0;

	rte_memzone_walk(look_into, &n);
	return n;
}

static int
look_everywhere(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len,
		void *arg)
{
	const uint8_t *p = ms->addr, *end = p + len;

	(void)msl;
	while ((p = memmem(p, (size_t)(end - p), secret, sizeof(secret))) != NULL) {
		++*(unsigned int *)arg;
		p++;
	}
	return 0;
}

unsigned int
secrets_anywhere(void)
{
	unsigned int n = 0;

	rte_memseg_contig_walk(look_everywhere, &n);
	return n;
}

/* The blocks of the process's own heap that were allocated since a test began to look, as
 * far as they are not freed.
 */
static struct {
	bool looks;
	struct {
		void *p;
		size_t len;
	} block[256];
	unsigned int nb_freed_with_secret;	/* must stay 0: wiped first */
} heap;

void *__real_calloc(size_t nb, size_t size);
void *__wrap_calloc(size_t nb, size_t size);
void *
__wrap_calloc(size_t nb, size_t size)
{
	void *p = __real_calloc(nb, size);
	unsigned int i;

	for (i = 0; heap.looks && i < RTE_DIM(heap.block); i++)
		if (heap.block[i].p == NULL) {
			heap.block[i].p = p;
			heap.block[i].len = nb * size;
			return p;
		}
	/* One that is not known would not be looked into. */
	if (heap.looks)
		abort();
	return p;
}

void __real_free(void *p);
void __wrap_free(void *p);
void
__wrap_free(void *p)
{
	unsigned int i;

	for (i = 0; p != NULL && i < RTE_DIM(heap.block); i++)
		if (heap.block[i].p == p) {
			heap.nb_freed_with_secret += memmem(p, heap.block[i].len, secret,
					sizeof(secret)) != NULL;
			heap.block[i].p = NULL;
		}
	__real_free(p);
}

unsigned int
secrets_in_heap(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < RTE_DIM(heap.block); i++)
		n += heap.block[i].p != NULL && memmem(heap.block[i].p, heap.block[i].len, secret,
				sizeof(secret)) != NULL;
	return n;
}

void
secrets_look(bool looks)
{
	heap.looks = looks;
}

unsigned int
secrets_nb_freed(void)
{
	return heap.nb_freed_with_secret;
}

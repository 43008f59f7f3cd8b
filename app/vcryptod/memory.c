/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A front end's memory table; see memory.h.
 */
#include <errno.h>
#include <string.h>

#include "memory.h"

static void
memory_lock(const struct vcryptod_memory *m)
{
	if (m->lock != NULL)
		pthread_mutex_lock(m->lock);
}

static void
memory_unlock(const struct vcryptod_memory *m)
{
	if (m->lock != NULL)
		pthread_mutex_unlock(m->lock);
}

/* How many regions begin at addr or before. */
static unsigned int
memory_count_to(const struct vcryptod_memory *m, uint64_t addr)
{
	unsigned int low = 0, high = m->nb, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (m->region[mid].guest <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- changes ---- */

/* Is b used as what follows a? */
static bool
memory_is_joined(const struct vcryptod_region *a, const struct vcryptod_region *b)
{
	return a->piece != 0 && a->piece == b->piece && a->host != NULL && b->host != NULL &&
			a->guest + (a->size - 1) == b->guest - 1 && a->host + a->size == b->host &&
			a->readable == b->readable && a->writable == b->writable;
}

/* Region i or the one behind it is new: its run, and of those before that are used as one with it.
 */
static void
memory_set_runs(struct vcryptod_memory *m, unsigned int i)
{
	struct vcryptod_region *r = &m->region[i];

	r->run = r->size;
	if (i + 1 < m->nb && memory_is_joined(r, r + 1))
		r->run += r[1].run;
	for (; i > 0 && memory_is_joined(&m->region[i - 1], &m->region[i]); i--)
		m->region[i - 1].run = m->region[i - 1].size + m->region[i].run;
}

int
vcryptod_memory_check(const struct vcryptod_memory *m, uint64_t guest, uint64_t size)
{
	unsigned int i = memory_count_to(m, guest);

	if (size == 0 || guest + (size - 1) < guest)
		return -EINVAL;
	if (i > 0 && guest - m->region[i - 1].guest < m->region[i - 1].size)
		return -EEXIST;
	if (i < m->nb && m->region[i].guest - guest < size)
		return -EEXIST;
	return m->nb < VCRYPTOD_MEMORY_MAX ? 0 : -ENOSPC;
}

int
vcryptod_memory_insert(struct vcryptod_memory *m, const struct vcryptod_region *r)
{
	int rc = vcryptod_memory_check(m, r->guest, r->size);
	unsigned int i;

	if (rc != 0)
		return rc;
	i = memory_count_to(m, r->guest);
	memory_lock(m);
	memmove(&m->region[i + 1], &m->region[i], (m->nb - i) * sizeof(m->region[0]));
	m->region[i] = *r;
	m->nb++;
	memory_set_runs(m, i);
	memory_unlock(m);
	return 0;
}

int
vcryptod_memory_add(struct vcryptod_memory *m, uint64_t guest, uint64_t size, void *host)
{
	const struct vcryptod_region r = { .guest = guest, .size = size, .host = host,
		.readable = true, .writable = true };

	return size == 0 ? 0 : vcryptod_memory_insert(m, &r);
}

int
vcryptod_memory_remove(struct vcryptod_memory *m, struct vcryptod_region *gone, uint64_t guest,
		uint64_t size)
{
	unsigned int i = memory_count_to(m, guest);

	if (i == 0 || m->region[i - 1].guest != guest || m->region[i - 1].size != size)
		return -ENOENT;
	i--;
	*gone = m->region[i];
	memory_lock(m);
	m->nb--;
	memmove(&m->region[i], &m->region[i + 1], (m->nb - i) * sizeof(m->region[0]));
	if (i > 0)
		memory_set_runs(m, i - 1);
	memory_unlock(m);
	return 0;
}

void
vcryptod_memory_clear(struct vcryptod_memory *m)
{
	memory_lock(m);
	m->nb = 0;
	memory_unlock(m);
}

const struct vcryptod_region *
vcryptod_memory_from(const struct vcryptod_memory *m, uint64_t addr)
{
	unsigned int i = memory_count_to(m, addr);

	if (i > 0 && addr - m->region[i - 1].guest < m->region[i - 1].size)
		i--;
	return i < m->nb ? &m->region[i] : NULL;
}

/* ---- addresses ---- */

static bool
memory_allows(const struct vcryptod_region *r, bool write)
{
	return r->host != NULL && (write ? r->writable : r->readable);
}

bool
vcryptod_memory_holds(const struct vcryptod_memory *m, const void *p, uint64_t len, bool write)
{
	uint64_t at = (uint64_t)(uintptr_t)p, base;
	const struct vcryptod_region *r;

	for (r = m->region; r < m->region + m->nb; r++) {
		base = (uint64_t)(uintptr_t)r->host;
		if (at >= base && at - base < r->size && len <= r->run - (at - base) &&
				memory_allows(r, write))
			return true;
	}
	return false;
}

void *
vcryptod_memory_translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	const struct vcryptod_memory *m = ctx;
	const struct vcryptod_region *r;
	uint8_t *host = NULL;
	unsigned int i;
	uint64_t off;

	memory_lock(m);
	i = memory_count_to(m, addr);
	if (i > 0) {
		r = &m->region[i - 1];
		off = addr - r->guest;
		if (off < r->size && memory_allows(r, write)) {
			host = r->host + off;
			if (*len > r->run - off)
				*len = r->run - off;
		}
	}
	memory_unlock(m);
	return host;
}

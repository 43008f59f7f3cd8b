/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A front end's memory, mapped; see map.h.
 */
#include <errno.h>

#include "map.h"

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
			r->user_addr + (r->size - 1) < r->user_addr)
		return "a region wraps";
	for (i = 0; i < m->nb; i++) {
		o = &m->region[i].r;
		if (map_meets(r->guest_addr, r->size, o->guest_addr, o->size) ||
				map_meets(r->user_addr, r->size, o->user_addr, o->size))
			return "two regions overlap";
	}
	return m->nb == VCRYPTOD_REGIONS ? "there are too many regions" : NULL;
}

int
vcryptod_map_add(struct vcryptod_map *m, const struct vhu_mem_region *r, int fd, const char **why)
{
	struct vcryptod_map_region *n = &m->region[m->nb];
	struct vcryptod_file file;
	int rc;

	*why = map_check_region(m, r);
	if (*why != NULL)
		return -EINVAL;
	rc = vcryptod_file_check(&file, fd, r->mmap_offset, r->size, why);
	if (rc == 0)
		rc = vcryptod_mapping_create(&n->mapping, &file, r->mmap_offset, r->size, true,
				why);
	if (rc != 0)
		return rc;
	n->r = *r;
	n->host = vcryptod_mapping_at(n->mapping, r->mmap_offset);
	n->mapping->guest = r->guest_addr;
	n->mapping->has_guest = true;
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
		vcryptod_mapping_destroy(m->region[i].mapping);
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
		vcryptod_mapping_destroy(m->region[m->nb].mapping);
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

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The functions that virtqueue.h declares: sizes, set-up with all its checks, the
 * broken state, and taking requests back from a dead device.
 *
 * Calls vq_split.c and vq_packed.c for what differs, and is called by neither;
 * allocates nothing.
 */
#include <errno.h>
#include <string.h>

#include "vq_hot.h"

/* Ring areas that different sides write lie this far apart, bytes: processors fetch
 * lines in pairs.
 */
#define AREA_GAP	(2 * VQ_CACHE_LINE)

#define VQ_PLACE_GROUP	64u	/* slots, a power of two */

static size_t
vq_round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

void
vq_ring_areas(struct vq_areas *areas, enum vq_kind kind, uint16_t size)
{
	size_t driver_len;

	areas->desc = 0;
	areas->driver = vq_round_up((size_t)size * sizeof(struct virtq_desc), AREA_GAP);
	if (VQ_IS_PACKED(kind))
		driver_len = sizeof(struct pvirtq_event_suppress);
	else
		driver_len = sizeof(struct virtq_avail) + ((size_t)size + 1) * sizeof(le16);
	areas->device = vq_round_up(areas->driver + driver_len, AREA_GAP);
}

size_t
vq_ring_size(enum vq_kind kind, uint16_t size)
{
	struct vq_areas areas;

	vq_ring_areas(&areas, kind, size);
	if (VQ_IS_PACKED(kind))
		return vq_round_up(areas.device + sizeof(struct pvirtq_event_suppress), AREA_GAP);
	return vq_round_up(areas.device + sizeof(struct virtq_used) +
			(size_t)size * sizeof(struct virtq_used_elem) + sizeof(le16), AREA_GAP);
}

/* Offsets of the private arrays, and their total, bytes. */
struct vq_shadow_map {
	size_t slots, free_slot, link, total;
};

static void
vq_map_shadow(struct vq_shadow_map *map, size_t size)
{
	map->slots = 0;
	/* One more of both than there are slots: see vq_feed_next_table. */
	map->free_slot = vq_round_up(map->slots + (size + 1) * sizeof(struct vq_slot),
			VQ_CACHE_LINE);
	map->link = vq_round_up(map->free_slot + (size + 1) * sizeof(uint16_t), VQ_CACHE_LINE);
	map->total = vq_round_up(map->link + size * sizeof(uint16_t), VQ_CACHE_LINE);
}

size_t
vq_shadow_size(uint16_t size)
{
	struct vq_shadow_map map;

	vq_map_shadow(&map, size);
	return map.total;
}

static bool
vq_aligned(uintptr_t p, size_t to)
{
	return p % to == 0;
}

static bool
vq_size_ok(const struct vq_config *cfg)
{
	if (cfg->size == 0 || cfg->size > VIRTQ_MAX_SIZE)
		return false;
	return VQ_IS_PACKED(cfg->kind) || (cfg->size & (cfg->size - 1)) == 0;
}

static bool
vq_tables_ok(const struct vq_config *cfg)
{
	uint64_t len = (uint64_t)cfg->size * cfg->table_stride;

	/* No chain may be longer than the queue (2.7.5.3.1, 2.8.17). */
	if (cfg->table_entries == 0 || cfg->table_entries > cfg->size)
		return false;
	if (cfg->table_stride < cfg->table_entries * sizeof(struct vq_entry))
		return false;
	return cfg->tables != NULL && cfg->tables_iova <= UINT64_MAX - len &&
			vq_aligned(cfg->table_stride, sizeof(struct vq_entry)) &&
			vq_aligned((uintptr_t)cfg->tables, sizeof(struct vq_entry)) &&
			vq_aligned((uintptr_t)cfg->tables_iova, sizeof(struct vq_entry));
}

static bool
vq_config_ok(const struct vq_config *cfg)
{
	if ((unsigned int)cfg->kind > VQ_PACKED_IN_ORDER || !vq_size_ok(cfg) || !vq_tables_ok(cfg))
		return false;
	/* Ring order of slots is of use only to a device that takes whole tables. */
	if (cfg->fifo_slots && !cfg->indirect && !VQ_IS_IN_ORDER(cfg->kind))
		return false;
	if (cfg->ring == NULL || !vq_aligned((uintptr_t)cfg->ring, VQ_RING_ALIGN) ||
			!vq_aligned((uintptr_t)cfg->ring_iova, VQ_RING_ALIGN) ||
			cfg->ring_iova > UINT64_MAX - vq_ring_size(cfg->kind, cfg->size))
		return false;
	return cfg->shadow != NULL && vq_aligned((uintptr_t)cfg->shadow, VQ_SHADOW_ALIGN);
}

static uint8_t
vq_form_of(const struct vq_config *cfg)
{
	if (!cfg->indirect)
		return VQ_FORM_DIRECT;
	return cfg->fifo_slots && !VQ_IS_IN_ORDER(cfg->kind) ? VQ_FORM_FIFO : VQ_FORM_PLAIN;
}

static void
vq_set_options(struct vq *vq, const struct vq_config *cfg)
{
	vq->kind = cfg->kind;
	vq->size = cfg->size;
	vq->mask = (uint32_t)cfg->size - 1;
	vq->packed = VQ_IS_PACKED(cfg->kind);
	vq->form = vq_form_of(cfg);
	vq->room = vq->form == VQ_FORM_DIRECT ? VQ_ROOM_DESC : VQ_ROOM_SLOTS;
	vq->event_idx = cfg->event_idx;
	vq->platform = cfg->order_platform;
	vq->iova_delta = cfg->tables_iova - (uintptr_t)cfg->tables;
	vq->table_entries = cfg->table_entries;
	vq->desc_free = cfg->size;
}

/* Slots in use follow each other in the ring.  Were their tables to follow each other in
 * memory, a processor's prefetcher would see the stride and fetch, for the device that reads
 * the tables, those that the driver is about to write next: each line would travel twice.  So
 * within groups of slots no distance from one table to the next occurs twice: triangular
 * numbers, which modulo a power of two are a permutation.
 */
static size_t
vq_place(uint32_t slot, uint32_t size)
{
	uint32_t group = VQ_PLACE_GROUP, at;

	while (group > size)
		group /= 2;
	at = slot & (group - 1);
	if (slot - at + group > size)
		return slot;
	return slot - at + ((at * (at + 1) / 2) & (group - 1));
}

static void
vq_set_shadow(struct vq *vq, const struct vq_config *cfg)
{
	uint8_t *base = cfg->shadow, *tables = cfg->tables;
	struct vq_shadow_map map;
	uint32_t i;

	vq_map_shadow(&map, vq->size);
	memset(base, 0, map.total);
	vq->slots = (void *)(base + map.slots);
	vq->free_slot = (void *)(base + map.free_slot);
	vq->link = (void *)(base + map.link);
	for (i = 0; i < vq->size; i++)
		vq->slots[i].table = (void *)(tables + vq_place(i, vq->size) * cfg->table_stride);
	vq->slots[vq->size].table = vq->slots[0].table;
}

static void
vq_fill_free(struct vq *vq, uint16_t first_idx)
{
	bool stack = vq->form == VQ_FORM_DIRECT;
	uint32_t i;

	for (i = 0; i < vq->size; i++)
		vq->free_slot[i] = (uint16_t)(stack ? vq->size - 1 - i : i);
	vq->top = vq->base = vq->size;
	vq->fifo_slot = (uint16_t)(first_idx % vq->size);
}

int
vq_init(struct vq *vq, const struct vq_config *cfg)
{
	struct vq_areas areas;
	uint8_t *ring = cfg->ring;
	uint32_t i;

	memset(vq, 0, sizeof(*vq));
	if (!vq_config_ok(cfg))
		return -EINVAL;

	vq_set_options(vq, cfg);
	vq_set_shadow(vq, cfg);
	vq_fill_free(vq, cfg->first_idx);
	memset(ring, 0, vq_ring_size(cfg->kind, cfg->size));
	for (i = 0; i < vq->size; i++)
		memset(vq_table(vq, (uint16_t)i), 0,
				cfg->table_entries * sizeof(struct vq_entry));
	vq_ring_areas(&areas, cfg->kind, cfg->size);
	vq->desc = (void *)(ring + areas.desc);
	if (vq->packed)
		vq_packed_init(vq, ring + areas.driver, ring + areas.device, cfg->first_idx);
	else
		vq_split_init(vq, ring + areas.driver, ring + areas.device, cfg->first_idx);
	return 0;
}

void
vq_fini(struct vq *vq)
{
	memset(vq, 0, sizeof(*vq));
}

const char *
vq_broken(const struct vq *vq)
{
	static const char *const text[VQ_NB_ERRORS] = {
		[VQ_USED_IDX] = "used index beyond what is in flight",
		[VQ_USED_RANGE] = "used id out of range",
		[VQ_USED_IDLE] = "used id not in flight",
		[VQ_USED_ORDER] = "used id outside of what is in flight",
		[VQ_TAKEN_BACK] = "requests were taken back: set the queue up anew",
		[VQ_STOPPED] = "stopped",
		[VQ_LOST] = "the device was lost",
	};

	return text[vq->broken];
}

void
vq_break(struct vq *vq, enum vq_error error)
{
	vq_rule_broken(vq, error);
}

int
vq_add_ext(struct vq *vq, enum vq_kind kind, uint16_t slot, void *token,
		struct vq_entry *table, uint64_t table_iova,
		uint16_t nb_read, uint16_t nb_write)
{
	struct vq_slot *s = &vq->slots[slot];
	uint32_t nb = (uint32_t)nb_read + nb_write;

	if (vq->form == VQ_FORM_DIRECT || nb == 0 || nb > vq->size)
		return -EINVAL;
	/* Not the slot's own table any more: the next vq_shape starts afresh. */
	s->shape = 0;
	if (vq->packed) {
		s->token = token;
		vq_packed_shape_ext(table, nb_read, nb_write);
		vq_packed_add_ext(vq, slot, table_iova, nb * (uint32_t)sizeof(*table));
	} else {
		vq_split_shape_ext(vq, slot, table, table_iova, nb_read, nb_write);
		vq_add(vq, kind, slot, token);
	}
	return 0;
}

void
vq_cancel(struct vq *vq, uint16_t slot)
{
	if (vq->packed)
		vq_packed_cancel(vq, slot);
	else
		vq_split_cancel(vq, slot);
	vq->slots[slot].token = NULL;
}

/* The oldest request, where requests are used in ring order. */
static void *
vq_detach_oldest(struct vq *vq, uint16_t *slot)
{
	*slot = vq->packed ? vq_packed_oldest(vq) : vq_split_oldest(vq);
	return vq->slots[*slot].token;
}

void *
vq_detach(struct vq *vq, uint16_t *slot)
{
	void *token;

	if (vq->size == 0 || vq_nb_in_flight(vq) == 0)
		return NULL;
	vq_break(vq, VQ_TAKEN_BACK);
	if (VQ_IS_IN_ORDER(vq->kind)) {
		token = vq_detach_oldest(vq, slot);
	} else {
		while (vq->detach_slot < vq->size && vq->slots[vq->detach_slot].token == NULL)
			vq->detach_slot++;
		/* Its owner was cut off in mid-burst, and a token is missing. */
		if (vq->detach_slot == vq->size)
			return NULL;
		*slot = vq->detach_slot;
		token = vq->slots[*slot].token;
		vq->slots[*slot].token = NULL;
	}
	if (vq->packed)
		vq->top++;
	else
		vq->used_seen = ++vq->used_idx;
	return token;
}

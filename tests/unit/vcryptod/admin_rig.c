/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device with an administration queue, and its driver; see admin_rig.h.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "admin_rig.h"
#include "fixture.h"

#define GUEST_OFF	UINT64_C(0x7000000000)	/* the driver's addresses are not ours */
#define MEM_SIZE	(1u << 20)
#define RING_OFF	0x1000u
#define TABLES_OFF	0x40000u
#define COMMANDS_OFF	0x80000u
#define SLOT_SIZE	1024u
#define RESULT_OFF	512u			/* in a slot */
#define ENTRIES		4			/* of a table */

static struct ar_rig *rig;

/* ---- set-up ---- */

/* The driver has set up no other ring. */
static int
ring_get(struct vcryptod_device *dev, unsigned int index, struct vcryptod_vring_setup *s)
{
	(void)dev;
	if (index != AR_ADMIN)
		return -EAGAIN;
	s->size = rig->setup.size;
	s->desc = rig->setup.desc;
	s->driver = rig->setup.driver;
	s->device = rig->setup.device;
	s->avail_base = rig->setup.avail_base;
	s->used_base = rig->setup.used_base;
	s->kick_fd = rig->setup.kick_fd;
	s->call_fd = -1;
	return 0;
}

static void
ring_put(struct vcryptod_device *dev, unsigned int index, uint16_t avail, uint16_t used)
{
	(void)dev;
	assert_int_equal(index, AR_ADMIN);
	rig->setup.avail_base = avail;
	rig->setup.used_base = used;
}

uint64_t
ar_guest(const void *p)
{
	return GUEST_OFF + (uint64_t)(uintptr_t)p;
}

static void
make_ring(struct ar_rig *g)
{
	const struct ar_variant *v = &g->v;
	bool packed = VQ_IS_PACKED(v->kind);
	struct vq_config cfg = {
		.kind = v->kind, .size = AR_ENTRIES, .indirect = v->indirect,
		.event_idx = v->event_idx, .ring = g->mem + RING_OFF,
		.tables = g->mem + TABLES_OFF, .table_stride = ENTRIES * sizeof(struct vq_entry),
		.table_entries = ENTRIES, .first_idx = packed ? 0 : 65530,
	};
	struct vq_areas areas;

	cfg.ring_iova = ar_guest(cfg.ring);
	cfg.tables_iova = ar_guest(cfg.tables);
	g->shadow = aligned_alloc(VQ_SHADOW_ALIGN,
			(vq_shadow_size(AR_ENTRIES) + VQ_SHADOW_ALIGN - 1) &
			~(VQ_SHADOW_ALIGN - 1ul));
	cfg.shadow = g->shadow;
	assert_non_null(cfg.shadow);
	assert_int_equal(vq_init(&g->vq, &cfg), 0);
	vq_ring_areas(&areas, v->kind, AR_ENTRIES);
	g->setup = (struct vcryptod_vring_setup){
		.size = AR_ENTRIES, .desc = g->mem + RING_OFF + areas.desc,
		.driver = g->mem + RING_OFF + areas.driver,
		.device = g->mem + RING_OFF + areas.device,
		.avail_base = packed ? 0x8000 : 65530, .used_base = packed ? 0x8000 : 65530,
		.kick_fd = eventfd(0, EFD_CLOEXEC),
	};
}

static uint64_t
features_of(const struct ar_variant *v)
{
	return VIRTIO_F_VERSION_1 | VIRTIO_F_ADMIN_VQ |
			(VQ_IS_PACKED(v->kind) ? VIRTIO_F_RING_PACKED : 0) |
			(VQ_IS_IN_ORDER(v->kind) ? VIRTIO_F_IN_ORDER : 0) |
			(v->indirect ? VIRTIO_F_INDIRECT_DESC : 0) |
			(v->event_idx ? VIRTIO_F_EVENT_IDX : 0);
}

struct ar_rig *
ar_create(const struct ar_variant *v, const char *name)
{
	const struct vcryptod_engine *engine = vcryptod_engine_find(name);
	struct vcryptod_model_config cfg = { .engine = engine, .max_dataqueues = AR_QUEUES,
		.max_size = FX_MAX_SIZE, .max_sessions = 1, .nb_lanes = 1, .max_sas = AR_SAS,
		.max_window = 1024 };
	struct ar_rig *g;

	if (engine == NULL)
		return NULL;
	g = aligned_alloc(64, (sizeof(*g) + 63) & ~63ul);
	assert_non_null(g);
	memset(g, 0, sizeof(*g));
	g->v = *v;
	rig = g;
	assert_int_equal(engine->init(&cfg.caps), 0);
	g->attention = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	cfg.figures = vcryptod_figures_open(-1, AR_QUEUES);
	assert_non_null(cfg.figures);
	assert_int_equal(vcryptod_device_init(&g->dev, "test", &cfg, REQ_VHU_LAYOUT_AUTO, 3,
			g->attention), 0);
	assert_int_equal(g->dev.nb_rings, AR_ADMIN + 1);
	g->mem = aligned_alloc(4096, MEM_SIZE);
	assert_non_null(g->mem);
	memset(g->mem, 0, MEM_SIZE);
	make_ring(g);
	g->dev.ring_get = ring_get;
	g->dev.ring_put = ring_put;
	assert_int_equal(vcryptod_worker_start(&g->dev.control), 0);
	g->dev.connected = true;
	g->dev.features = features_of(v);
	assert_int_equal(vcryptod_memory_add(&g->dev.memory, ar_guest(g->mem), MEM_SIZE, g->mem),
			0);
	g->dev.memory_ok = true;
	g->dev.ring[AR_ADMIN].enabled = g->dev.ring[AR_ADMIN].kicked = true;
	vcryptod_device_update(&g->dev);
	assert_true(vcryptod_vring_is_active(&g->dev.ring[AR_ADMIN].vring));
	return g;
}

void
ar_destroy(struct ar_rig *g)
{
	const struct vcryptod_engine *engine = g->dev.model.cfg.engine;
	struct vcryptod_figures *figures = g->dev.model.cfg.figures;

	vcryptod_worker_stop(&g->dev.control);
	vcryptod_device_stop_all(&g->dev);
	vcryptod_device_fini(&g->dev);
	vcryptod_figures_close(figures, AR_QUEUES);
	engine->fini();
	close(g->setup.kick_fd);
	close(g->attention);
	vq_fini(&g->vq);
	free(g->shadow);
	free(g->mem);
	free(g);
}

/* ---- the driver ---- */

void
ar_entry(struct vq_entry *e, uint64_t addr, uint32_t len)
{
	e->addr = cpu_to_le64(addr);
	e->len = cpu_to_le32(len);
}

uint8_t *
ar_add(struct ar_rig *g, const uint8_t *cmd, uint32_t len, uint32_t room)
{
	enum vq_kind kind = g->v.kind;
	uint16_t slot = vq_next_slot(&g->vq, kind);
	struct vq_entry *t = vq_table(&g->vq, slot);
	uint8_t *p = g->mem + COMMANDS_OFF + slot * SLOT_SIZE;

	memcpy(p, cmd, len);
	g->room = room;
	memset(p + RESULT_OFF, 0xee, room);
	ar_entry(&t[0], ar_guest(p), 10);
	ar_entry(&t[1], ar_guest(p + 10), len - 10);
	ar_entry(&t[2], ar_guest(p + RESULT_OFF), 3);
	ar_entry(&t[3], ar_guest(p + RESULT_OFF + 3), room - 3);
	vq_shape(&g->vq, kind, slot, 2, 2);
	vq_add(&g->vq, kind, slot, p);
	return p + RESULT_OFF;
}

void
ar_publish(struct ar_rig *g)
{
	uint64_t one = 1;

	vq_publish(&g->vq, g->v.kind);
	if (vq_needs_kick(&g->vq, g->v.kind))
		assert_int_equal(write(g->setup.kick_fd, &one, sizeof(one)), sizeof(one));
}

bool
ar_is_used(struct ar_rig *g, unsigned int ms)
{
	for (; vq_used(&g->vq, g->v.kind, AR_ENTRIES) == 0 && ms > 0; ms--)
		poll(NULL, 0, 1);
	return vq_used(&g->vq, g->v.kind, AR_ENTRIES) != 0;
}

int
ar_take(struct ar_rig *g)
{
	uint16_t slot;
	uint8_t *p;

	assert_true(ar_is_used(g, FX_WAIT_MS));
	p = vq_take(&g->vq, g->v.kind, &slot, &g->used);
	assert_non_null(p);
	assert_true(g->used <= g->room);
	memcpy(g->answer, p + RESULT_OFF, g->room);
	explicit_bzero(p, RESULT_OFF);
	return req_admin_result_parse(&g->r, g->answer, g->room, g->used);
}

void
ar_send(struct ar_rig *g, const struct req_admin *c, uint32_t room)
{
	uint8_t buf[RESULT_OFF];
	int len = req_admin_build(buf, sizeof(buf), c);

	assert_true(len > 0);
	ar_add(g, buf, (uint32_t)len, room);
	explicit_bzero(buf, sizeof(buf));
	ar_publish(g);
}

int
ar_command(struct ar_rig *g, const struct req_admin *c)
{
	ar_send(g, c, AR_ROOM);
	return ar_take(g);
}

int
ar_open_sa(struct ar_rig *g, uint32_t id, const struct req_ipsec_sa *p, size_t cut)
{
	uint8_t buf[REQ_IPSEC_SA_MAX];
	struct req_admin c = { .opcode = AR_CMD(RESOURCE_OBJ_CREATE), .obj_id = id,
		.obj_type = req_ipsec_obj_type(p->inbound), .data = buf };
	int len = req_ipsec_sa_build(buf, sizeof(buf), p, 0);
	int rc;

	assert_true(len > 0);
	c.data_len = (size_t)len - cut;
	rc = ar_command(g, &c);
	explicit_bzero(buf, sizeof(buf));
	return rc;
}

struct req_admin
ar_destroy_sa(bool inbound, uint32_t id)
{
	return (struct req_admin){ .opcode = AR_CMD(RESOURCE_OBJ_DESTROY), .obj_id = id,
		.obj_type = req_ipsec_obj_type(inbound) };
}

void
ar_discover(struct ar_rig *g)
{
	struct req_admin c = { .opcode = AR_CMD(LIST_QUERY) };
	uint8_t buf[REQ_IPSEC_CAPS_MAX];
	struct req_ipsec_limits limits;
	struct req_ipsec_caps caps;

	assert_int_equal(ar_command(g, &c), 0);
	c = (struct req_admin){ .opcode = AR_CMD(LIST_USE),
		.opcodes = req_admin_list_first(g->r.data, g->r.len) };
	assert_true((c.opcodes & REQ_ADMIN_OBJECTS) == REQ_ADMIN_OBJECTS);
	assert_int_equal(ar_command(g, &c), 0);
	c = (struct req_admin){ .opcode = AR_CMD(CAP_ID_LIST_QUERY) };
	assert_int_equal(ar_command(g, &c), 0);
	assert_true(req_admin_list_has(g->r.data, g->r.len, VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP));
	assert_true(req_admin_list_has(g->r.data, g->r.len, VIRTIO_CRYPTO_IPSEC_SA_CAP));
	c = (struct req_admin){ .opcode = AR_CMD(DEVICE_CAP_GET),
		.cap_id = VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP };
	assert_int_equal(ar_command(g, &c), 0);
	req_ipsec_limits_parse(&limits, g->r.data, g->r.len);
	assert_int_equal(limits.inbound, AR_SAS);
	c.opcode = AR_CMD(DRIVER_CAP_SET);
	c.data = buf;
	c.data_len = (size_t)req_ipsec_limits_build(buf, sizeof(buf), &limits);
	assert_int_equal(ar_command(g, &c), 0);
	c = (struct req_admin){ .opcode = AR_CMD(DEVICE_CAP_GET),
		.cap_id = VIRTIO_CRYPTO_IPSEC_SA_CAP };
	assert_int_equal(ar_command(g, &c), 0);
	req_ipsec_caps_parse(&caps, g->r.data, g->r.len, 0);
	assert_int_equal(caps.mode[0].max_replay_win_sz, 1024);
	c.opcode = AR_CMD(DRIVER_CAP_SET);
	c.data = buf;
	c.data_len = (size_t)req_ipsec_caps_build(buf, sizeof(buf), &caps, 0);
	assert_int_equal(ar_command(g, &c), 0);
}

uint32_t
ar_alive(struct ar_rig *g)
{
	return vcryptod_ipsec_sas_count(&g->dev.model.admin->sas);
}

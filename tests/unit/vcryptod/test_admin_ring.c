/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The administration queue of a device, in every layout, as a driver with one ring alone uses it:
 * from the list of commands to the end of an association; what it does not survive; chains that
 * break the rules; an association that is destroyed while a data queue may use it.
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

#include "device.h"
#include "fixture.h"
#include "vq_hot.h"

#define GUEST_OFF	UINT64_C(0x7000000000)	/* the driver's addresses are not ours */
#define MEM_SIZE	(1u << 20)
#define RING_OFF	0x1000u
#define TABLES_OFF	0x40000u
#define COMMANDS_OFF	0x80000u
#define SLOT_SIZE	1024u
#define RESULT_OFF	512u			/* in a slot */
#define SIZE		16u			/* entries */
#define ENTRIES		4
#define QUEUES		1u
#define ADMIN		(QUEUES + 1)
#define SAS		4u
#define CMD(c)		VIRTIO_ADMIN_CMD_##c

struct variant {
	enum vq_kind kind;
	bool indirect, event_idx;
};

struct rig {
	struct vcryptod_device dev;
	struct variant v;
	struct vq vq;
	void *shadow;
	uint8_t *mem;
	struct vcryptod_vring_setup setup;
	int attention;
	struct req_admin_result r;	/* of the last command, in answer */
	uint8_t answer[RESULT_OFF];
	uint32_t room, used;		/* bytes */
};

static struct rig *rig;

/* ---- set-up ---- */

/* The driver has set up no other ring. */
static int
ring_get(struct vcryptod_device *dev, unsigned int index, struct vcryptod_vring_setup *s)
{
	(void)dev;
	if (index != ADMIN)
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
	assert_int_equal(index, ADMIN);
	rig->setup.avail_base = avail;
	rig->setup.used_base = used;
}

static uint64_t
guest(const void *p)
{
	return GUEST_OFF + (uint64_t)(uintptr_t)p;
}

static void
make_ring(struct rig *g)
{
	const struct variant *v = &g->v;
	bool packed = VQ_IS_PACKED(v->kind);
	struct vq_config cfg = {
		.kind = v->kind, .size = SIZE, .indirect = v->indirect,
		.event_idx = v->event_idx, .ring = g->mem + RING_OFF,
		.tables = g->mem + TABLES_OFF, .table_stride = ENTRIES * sizeof(struct vq_entry),
		.table_entries = ENTRIES, .first_idx = packed ? 0 : 65530,
	};
	struct vq_areas areas;

	cfg.ring_iova = guest(cfg.ring);
	cfg.tables_iova = guest(cfg.tables);
	g->shadow = aligned_alloc(VQ_SHADOW_ALIGN,
			(vq_shadow_size(SIZE) + VQ_SHADOW_ALIGN - 1) & ~(VQ_SHADOW_ALIGN - 1ul));
	cfg.shadow = g->shadow;
	assert_non_null(cfg.shadow);
	assert_int_equal(vq_init(&g->vq, &cfg), 0);
	vq_ring_areas(&areas, v->kind, SIZE);
	g->setup = (struct vcryptod_vring_setup){
		.size = SIZE, .desc = g->mem + RING_OFF + areas.desc,
		.driver = g->mem + RING_OFF + areas.driver,
		.device = g->mem + RING_OFF + areas.device,
		.avail_base = packed ? 0x8000 : 65530, .used_base = packed ? 0x8000 : 65530,
		.kick_fd = eventfd(0, EFD_CLOEXEC),
	};
}

static uint64_t
features_of(const struct variant *v)
{
	return VIRTIO_F_VERSION_1 | VIRTIO_F_ADMIN_VQ |
			(VQ_IS_PACKED(v->kind) ? VIRTIO_F_RING_PACKED : 0) |
			(VQ_IS_IN_ORDER(v->kind) ? VIRTIO_F_IN_ORDER : 0) |
			(v->indirect ? VIRTIO_F_INDIRECT_DESC : 0) |
			(v->event_idx ? VIRTIO_F_EVENT_IDX : 0);
}

static struct rig *
rig_create(const struct variant *v)
{
	const struct vcryptod_engine *engine = vcryptod_engine_find("openssl");
	struct vcryptod_model_config cfg = { .engine = engine, .max_dataqueues = QUEUES,
		.max_size = FX_MAX_SIZE, .max_sessions = 1, .nb_lanes = 1, .max_sas = SAS,
		.max_window = 1024 };
	struct rig *g = aligned_alloc(64, (sizeof(*g) + 63) & ~63ul);

	assert_non_null(g);
	memset(g, 0, sizeof(*g));
	g->v = *v;
	rig = g;
	assert_int_equal(engine->init(&cfg.caps), 0);
	g->attention = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(vcryptod_device_init(&g->dev, "test", &cfg, REQ_VHU_LAYOUT_AUTO, 3,
			g->attention), 0);
	assert_int_equal(g->dev.nb_rings, ADMIN + 1);
	g->mem = aligned_alloc(4096, MEM_SIZE);
	assert_non_null(g->mem);
	memset(g->mem, 0, MEM_SIZE);
	make_ring(g);
	g->dev.ring_get = ring_get;
	g->dev.ring_put = ring_put;
	assert_int_equal(vcryptod_worker_start(&g->dev.control), 0);
	g->dev.connected = true;
	g->dev.features = features_of(v);
	assert_int_equal(vcryptod_memory_add(&g->dev.memory, guest(g->mem), MEM_SIZE, g->mem), 0);
	g->dev.memory_ok = true;
	g->dev.ring[ADMIN].enabled = g->dev.ring[ADMIN].kicked = true;
	vcryptod_device_update(&g->dev);
	assert_true(vcryptod_vring_is_active(&g->dev.ring[ADMIN].vring));
	return g;
}

static void
rig_destroy(struct rig *g)
{
	const struct vcryptod_engine *engine = g->dev.model.cfg.engine;

	vcryptod_worker_stop(&g->dev.control);
	vcryptod_device_stop_all(&g->dev);
	vcryptod_device_fini(&g->dev);
	engine->fini();
	close(g->setup.kick_fd);
	close(g->attention);
	vq_fini(&g->vq);
	free(g->shadow);
	free(g->mem);
	free(g);
}

/* ---- the driver ---- */

static void
entry(struct vq_entry *e, uint64_t addr, uint32_t len)
{
	e->addr = cpu_to_le64(addr);
	e->len = cpu_to_le32(len);
}

/* In two pieces, with room for an answer, in two pieces as well. */
static void
add(struct rig *g, const uint8_t *cmd, uint32_t len)
{
	enum vq_kind kind = g->v.kind;
	uint16_t slot = vq_next_slot(&g->vq, kind);
	struct vq_entry *t = vq_table(&g->vq, slot);
	uint8_t *p = g->mem + COMMANDS_OFF + slot * SLOT_SIZE;

	memcpy(p, cmd, len);
	memset(p + RESULT_OFF, 0xee, g->room);
	entry(&t[0], guest(p), 10);
	entry(&t[1], guest(p + 10), len - 10);
	entry(&t[2], guest(p + RESULT_OFF), 3);
	entry(&t[3], guest(p + RESULT_OFF + 3), g->room - 3);
	vq_shape(&g->vq, kind, slot, 2, 2);
	vq_add(&g->vq, kind, slot, p);
}

static void
publish(struct rig *g)
{
	uint64_t one = 1;

	vq_publish(&g->vq, g->v.kind);
	if (vq_needs_kick(&g->vq, g->v.kind))
		assert_int_equal(write(g->setup.kick_fd, &one, sizeof(one)), sizeof(one));
}

static bool
is_used(struct rig *g, unsigned int ms)
{
	for (; vq_used(&g->vq, g->v.kind, SIZE) == 0 && ms > 0; ms--)
		poll(NULL, 0, 1);
	return vq_used(&g->vq, g->v.kind, SIZE) != 0;
}

/* The status of the command that comes back next. */
static int
take(struct rig *g)
{
	uint16_t slot;
	uint8_t *p;

	assert_true(is_used(g, FX_WAIT_MS));
	p = vq_take(&g->vq, g->v.kind, &slot, &g->used);
	assert_non_null(p);
	assert_true(g->used <= g->room);
	memcpy(g->answer, p + RESULT_OFF, g->room);
	return req_admin_result_parse(&g->r, g->answer, g->room, g->used);
}

static void
send_command(struct rig *g, const struct req_admin *c, uint32_t room)
{
	uint8_t buf[RESULT_OFF];
	int len = req_admin_build(buf, sizeof(buf), c);

	assert_true(len > 0);
	g->room = room;
	add(g, buf, (uint32_t)len);
	publish(g);
}

static int
command(struct rig *g, const struct req_admin *c)
{
	send_command(g, c, 8 + 272);
	return take(g);
}

static int
create(struct rig *g, bool inbound, uint32_t id)
{
	static const uint8_t keys[32] = { 9 };
	const struct req_ipsec_sa p = { .mode = VIRTIO_CRYPTO_IPSEC_MODE_ESP_TRANSPORT,
		.inbound = inbound, .spi = 0x1000, .replay_win_sz = inbound ? 64 : 0,
		.cipher = VIRTIO_CRYPTO_CIPHER_AES_CBC, .auth = VIRTIO_CRYPTO_MAC_HMAC_SHA_256,
		.key = keys, .key_len = 16, .auth_key = keys, .auth_key_len = 32 };
	uint8_t buf[REQ_IPSEC_SA_MAX];
	struct req_admin c = { .opcode = CMD(RESOURCE_OBJ_CREATE), .obj_id = id,
		.obj_type = req_ipsec_obj_type(inbound), .data = buf };
	int len = req_ipsec_sa_build(buf, sizeof(buf), &p, 0);

	assert_true(len > 0);
	c.data_len = (size_t)len;
	return command(g, &c);
}

static struct req_admin
destroy(bool inbound, uint32_t id)
{
	return (struct req_admin){ .opcode = CMD(RESOURCE_OBJ_DESTROY), .obj_id = id,
		.obj_type = req_ipsec_obj_type(inbound) };
}

/* As a driver has to before it makes objects; what it is told is what the model has. */
static void
discover(struct rig *g)
{
	struct req_admin c = { .opcode = CMD(LIST_QUERY) };
	uint8_t buf[REQ_IPSEC_CAPS_MAX];
	struct req_ipsec_limits limits;
	struct req_ipsec_caps caps;

	assert_int_equal(command(g, &c), 0);
	c = (struct req_admin){ .opcode = CMD(LIST_USE),
		.opcodes = req_admin_list_first(g->r.data, g->r.len) };
	assert_true((c.opcodes & REQ_ADMIN_OBJECTS) == REQ_ADMIN_OBJECTS);
	assert_int_equal(command(g, &c), 0);
	c = (struct req_admin){ .opcode = CMD(CAP_ID_LIST_QUERY) };
	assert_int_equal(command(g, &c), 0);
	assert_true(req_admin_list_has(g->r.data, g->r.len, VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP));
	assert_true(req_admin_list_has(g->r.data, g->r.len, VIRTIO_CRYPTO_IPSEC_SA_CAP));
	c = (struct req_admin){ .opcode = CMD(DEVICE_CAP_GET),
		.cap_id = VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP };
	assert_int_equal(command(g, &c), 0);
	req_ipsec_limits_parse(&limits, g->r.data, g->r.len);
	assert_int_equal(limits.inbound, SAS);
	c.opcode = CMD(DRIVER_CAP_SET);
	c.data = buf;
	c.data_len = (size_t)req_ipsec_limits_build(buf, sizeof(buf), &limits);
	assert_int_equal(command(g, &c), 0);
	c = (struct req_admin){ .opcode = CMD(DEVICE_CAP_GET),
		.cap_id = VIRTIO_CRYPTO_IPSEC_SA_CAP };
	assert_int_equal(command(g, &c), 0);
	req_ipsec_caps_parse(&caps, g->r.data, g->r.len, 0);
	assert_int_equal(caps.mode[0].max_replay_win_sz, 1024);
	c.opcode = CMD(DRIVER_CAP_SET);
	c.data = buf;
	c.data_len = (size_t)req_ipsec_caps_build(buf, sizeof(buf), &caps, 0);
	assert_int_equal(command(g, &c), 0);
}

static uint32_t
alive(struct rig *g)
{
	return vcryptod_ipsec_sas_count(&g->dev.model.admin->sas);
}

/* ---- tests ---- */

static void
life_of_associations(struct rig *g)
{
	struct req_admin c = destroy(false, 0);
	uint32_t id;

	assert_int_equal(command(g, &c), -EINVAL);	/* not in use yet */
	discover(g);
	for (id = 0; id < SAS; id++) {
		assert_int_equal(create(g, false, id), 0);
		assert_int_equal(create(g, true, id), 0);
	}
	assert_int_equal(alive(g), 2 * SAS);
	assert_int_equal(create(g, true, 1), -EEXIST);
	assert_int_equal(create(g, true, SAS), -EINVAL);
	/* A ring that stops and starts again is no reset. */
	vcryptod_device_stop(&g->dev, ADMIN);
	vcryptod_device_update(&g->dev);
	for (id = 0; id < SAS; id++) {
		c = destroy(id % 2 != 0, id);
		assert_int_equal(command(g, &c), 0);
		assert_int_equal(command(g, &c), -ENXIO);
	}
	assert_int_equal(alive(g), SAS);
	vcryptod_device_reset(&g->dev);
	assert_int_equal(alive(g), 0);
	assert_int_equal(g->dev.model.admin->created, 2 * SAS);
	assert_int_equal(g->dev.model.admin->destroyed, 2 * SAS);
	assert_int_equal(g->dev.model.admin->refused, 2);
}

static void
every_layout(void **state)
{
	struct variant v;
	unsigned int i, n = 0;
	struct rig *g;

	(void)state;
	for (v.kind = VQ_SPLIT; v.kind <= VQ_PACKED_IN_ORDER; v.kind++) {
		for (i = 0; i < 4; i++) {
			v.indirect = i & 1;
			v.event_idx = i & 2;
			g = rig_create(&v);
			life_of_associations(g);
			rig_destroy(g);
			n++;
		}
	}
	assert_int_equal(n, 16);
}

/* All that the ring holds at once: answered in the order in which it came. */
static void
a_full_ring(void **state)
{
	const struct variant v = { .kind = VQ_PACKED, .indirect = true };
	const struct req_admin c = { .opcode = CMD(LIST_QUERY) };
	struct rig *g = rig_create(&v);
	uint8_t buf[64], *first;
	unsigned int i;
	uint16_t slot;
	int len;

	(void)state;
	len = req_admin_build(buf, sizeof(buf), &c);
	g->room = 16;
	first = g->mem + COMMANDS_OFF + vq_next_slot(&g->vq, v.kind) * SLOT_SIZE;
	for (i = 0; i < SIZE; i++)
		add(g, buf, (uint32_t)len);
	publish(g);
	assert_true(is_used(g, FX_WAIT_MS));
	assert_ptr_equal(vq_take(&g->vq, v.kind, &slot, &g->used), first);
	for (i = 1; i < SIZE; i++)
		assert_int_equal(take(g), 0);
	rig_destroy(g);
}

/* Without ADMIN_VQ the ring does not run, whatever was said of it; what runs stops. */
static void
only_with_the_feature(void **state)
{
	const struct variant v = { .kind = VQ_SPLIT };
	struct rig *g = rig_create(&v);

	(void)state;
	assert_true(vcryptod_device_has_ring(&g->dev, ADMIN));
	g->dev.features &= ~VIRTIO_F_ADMIN_VQ;
	vcryptod_device_update(&g->dev);
	assert_false(vcryptod_device_has_ring(&g->dev, ADMIN));
	assert_true(vcryptod_device_has_ring(&g->dev, QUEUES));
	assert_false(vcryptod_vring_is_active(&g->dev.ring[ADMIN].vring));
	rig_destroy(g);
}

/* A command that lies outside of the driver's memory is none: not the one whose bytes are zero,
 * LIST_QUERY.
 */
static void
commands_of_nobody(void **state)
{
	const struct variant v = { .kind = VQ_SPLIT, .indirect = true };
	const struct req_admin c = { .opcode = CMD(LIST_QUERY) };
	struct rig *g = rig_create(&v);
	struct vq_entry *t;
	uint64_t events;

	(void)state;
	vcryptod_device_stop(&g->dev, ADMIN);
	t = vq_table(&g->vq, vq_next_slot(&g->vq, v.kind));
	send_command(g, &c, 16);
	entry(&t[1], 0x1000, 14);
	vcryptod_device_update(&g->dev);
	assert_int_equal(take(g), -EINVAL);
	assert_int_equal(g->r.status.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_COMMAND);
	assert_int_equal(command(g, &c), 0);
	/* No room for all of the answer: nothing can be said, and the queue stops. */
	vcryptod_device_stop(&g->dev, ADMIN);
	t = vq_table(&g->vq, vq_next_slot(&g->vq, v.kind));
	send_command(g, &c, 16);
	entry(&t[3], 0x1000, 13);
	vcryptod_device_update(&g->dev);
	assert_int_equal(poll(&(struct pollfd){ .fd = g->attention, .events = POLLIN }, 1,
			FX_WAIT_MS), 1);
	assert_int_equal(read(g->attention, &events, sizeof(events)), sizeof(events));
	assert_true(vcryptod_vring_is_broken(&g->dev.ring[ADMIN].vring));
	assert_true(vcryptod_device_needs_reset(&g->dev));
	rig_destroy(g);
}

/* DESTROY is answered when the data queue's turn, in which the association may have been found,
 * has ended; nobody finds it meanwhile.
 */
static void
destroy_waits_for_a_turn(void **state)
{
	const struct variant v = { .kind = VQ_SPLIT };
	struct req_admin c = destroy(true, 2);
	struct rig *g = rig_create(&v);
	struct vcryptod_reader *reader = &g->dev.model.sessions.reader[0];
	const struct vcryptod_ipsec_sas *sas = &g->dev.model.admin->sas;
	unsigned int ms;

	(void)state;
	discover(g);
	assert_int_equal(create(g, true, 2), 0);
	vcryptod_reader_enter(reader);
	assert_non_null(vcryptod_ipsec_sas_find(sas, true, 2));
	send_command(g, &c, 8);
	for (ms = 0; vcryptod_ipsec_sas_find(sas, true, 2) != NULL; ms++) {
		assert_true(ms < FX_WAIT_MS);
		poll(NULL, 0, 1);
	}
	assert_false(is_used(g, 20));
	vcryptod_reader_leave(reader);
	assert_int_equal(take(g), 0);
	rig_destroy(g);
}

/* The configuration space names the service, and a model without associations has none of it. */
static void
configuration_space(void **state)
{
	const struct variant v = { .kind = VQ_SPLIT };
	struct rig *g = rig_create(&v);
	struct virtio_crypto_config c;
	struct vcryptod_model_config cfg = g->dev.model.cfg;
	struct vcryptod_model plain;

	(void)state;
	vcryptod_model_config_read(&g->dev.model, 0, &c, sizeof(c));
	assert_int_equal(le32_to_cpu(c.crypto_services), 0x3f);
	cfg.max_sas = 0;
	assert_int_equal(vcryptod_model_init(&plain, &cfg), 0);
	assert_null(plain.admin);
	vcryptod_model_config_read(&plain, 0, &c, sizeof(c));
	assert_int_equal(le32_to_cpu(c.crypto_services), 0x1f);
	vcryptod_model_fini(&plain);
	cfg.max_sas = VCRYPTOD_IPSEC_SAS_MAX + 1;
	assert_int_equal(vcryptod_model_init(&plain, &cfg), -EINVAL);
	cfg.max_sas = 1;
	cfg.max_window = VCRYPTOD_IPSEC_WINDOW_MAX + 1;
	assert_int_equal(vcryptod_model_init(&plain, &cfg), -EINVAL);
	rig_destroy(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout),
		cmocka_unit_test(a_full_ring),
		cmocka_unit_test(only_with_the_feature),
		cmocka_unit_test(commands_of_nobody),
		cmocka_unit_test(destroy_waits_for_a_turn),
		cmocka_unit_test(configuration_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

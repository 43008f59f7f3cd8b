/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Administration commands as a driver sends them, in pieces of any size and of any length, each
 * on the heap with exactly its bytes: lists, capabilities, objects; what each refusal says, and
 * that it has changed nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "log.h"
#include "model_admin.h"

#define SAS		4u
#define WINDOW		1024u
#define CMD(c)		VIRTIO_ADMIN_CMD_##c
#define OUTBOUND	VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_OUTBOUND_SA
#define INBOUND		VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_INBOUND_SA
#define LIMITS		VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP
#define CAPS		VIRTIO_CRYPTO_IPSEC_SA_CAP

/* ---- an engine that keeps no keys ---- */

static int fake_open, fake_rc;

static int
fake_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	(void)p;
	(void)nb_lanes;
	if (fake_rc != 0)
		return fake_rc;
	fake_open++;
	*session = &fake_open;
	return 0;
}

static void
fake_destroy(void *session)
{
	(void)session;
	fake_open--;
}

static const struct vcryptod_engine fake = {
	.name = "fake",
	.session_create = fake_create,
	.session_destroy = fake_destroy,
};

/* ---- a device and its driver ---- */

struct rig {
	struct vcryptod_sessions sessions;
	struct vcryptod_figures *figures;
	struct vcryptod_admin a;
	uint32_t piece;			/* bytes of a segment */
	struct req_admin_result r;	/* of the last command, in answer */
	uint8_t answer[1024];
	uint32_t written;
};

static int
rig_up(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));
	struct vcryptod_admin_config cfg = { .nb_lanes = 2, .max_sas = SAS, .max_window = WINDOW };

	assert_non_null(g);
	assert_int_equal(vcryptod_sessions_init(&g->sessions, &fake, 1, 2), 0);
	cfg.sessions = &g->sessions;
	g->figures = cfg.figures = vcryptod_figures_open(-1, 1);
	assert_non_null(cfg.figures);
	cfg.caps.mask[VIRTIO_CRYPTO_SERVICE_CIPHER] = UINT64_MAX;
	cfg.caps.mask[VIRTIO_CRYPTO_SERVICE_MAC] = UINT64_MAX;
	cfg.caps.mask[VIRTIO_CRYPTO_SERVICE_AEAD] = UINT64_MAX;
	assert_int_equal(vcryptod_admin_init(&g->a, &cfg), 0);
	fake_rc = 0;
	*state = g;
	return 0;
}

static int
rig_down(void **state)
{
	struct rig *g = *state;

	vcryptod_admin_fini(&g->a);
	vcryptod_admin_fini(&g->a);
	vcryptod_sessions_fini(&g->sessions);
	vcryptod_figures_close(g->figures, 1);
	free(g);
	assert_int_equal(fake_open, 0);
	return 0;
}

/* The status as 0 or -errno; room bytes for the answer. */
static int
send_bytes(struct rig *g, const uint8_t *cmd, size_t len, size_t room)
{
	unsigned int nb_r, nb_w;
	struct vqd_seg *r = fx_segs(&nb_r, cmd, len, g->piece);
	struct vqd_seg *w;

	assert_true(room <= sizeof(g->answer));
	memset(g->answer, 0xa5, sizeof(g->answer));
	w = fx_segs(&nb_w, g->answer, room, g->piece);
	g->written = vcryptod_admin_command(&g->a, r, nb_r, w, nb_w);
	assert_true(g->written <= room);
	fx_segs_free(g->answer, w, nb_w);
	fx_segs_free(NULL, r, nb_r);
	return req_admin_result_parse(&g->r, g->answer, room, g->written);
}

static int
command(struct rig *g, const struct req_admin *c)
{
	uint8_t buf[2048];
	int len = req_admin_build(buf, sizeof(buf), c);

	assert_true(len > 0);
	return send_bytes(g, buf, (size_t)len, 512);
}

static int
refused(struct rig *g, const struct req_admin *c, uint16_t status, uint16_t qualifier)
{
	int rc = command(g, c);

	return rc == req_admin_errno(status) && g->r.status.status == status &&
			g->r.status.qualifier == qualifier && g->r.len == 0;
}
#define assert_refused(g, c, st, q) \
	assert_true(refused(g, c, VIRTIO_ADMIN_STATUS_##st, VIRTIO_ADMIN_STATUS_Q_##q))

static int
list_use(struct rig *g, uint64_t opcodes)
{
	const struct req_admin c = { .opcode = CMD(LIST_USE), .opcodes = opcodes };

	return command(g, &c);
}

static struct req_admin
set_limits(uint8_t buf[REQ_IPSEC_LIMITS_LEN], uint32_t inbound, uint32_t outbound)
{
	const struct req_ipsec_limits l = { inbound, outbound };
	struct req_admin c = { .opcode = CMD(DRIVER_CAP_SET), .cap_id = LIMITS, .data = buf };

	c.data_len = (size_t)req_ipsec_limits_build(buf, REQ_IPSEC_LIMITS_LEN, &l);
	return c;
}

static struct req_admin
set_caps(uint8_t buf[REQ_IPSEC_CAPS_MAX], const struct req_ipsec_caps *caps)
{
	struct req_admin c = { .opcode = CMD(DRIVER_CAP_SET), .cap_id = CAPS, .data = buf };

	c.data_len = (size_t)req_ipsec_caps_build(buf, REQ_IPSEC_CAPS_MAX, caps, 0);
	return c;
}

/* A driver that has said all that comes before objects. */
static void
discover(struct rig *g)
{
	uint8_t limits[REQ_IPSEC_LIMITS_LEN], caps[REQ_IPSEC_CAPS_MAX];
	struct req_admin c = set_limits(limits, SAS, SAS - 1);

	assert_int_equal(list_use(g, REQ_ADMIN_ALL), 0);
	assert_int_equal(command(g, &c), 0);
	c = set_caps(caps, &g->a.caps);
	assert_int_equal(command(g, &c), 0);
}

static const uint8_t keys[32] = { 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77 };

static struct req_ipsec_sa
sa_params(bool inbound)
{
	struct req_ipsec_sa p = { .mode = VIRTIO_CRYPTO_IPSEC_MODE_ESP_TUNNEL,
		.inbound = inbound, .spi = 0x11223344, .salt = { 0x77, 0x77, 0x77, 0x77 },
		.cipher = VIRTIO_CRYPTO_CIPHER_AES_CBC, .auth = VIRTIO_CRYPTO_MAC_HMAC_SHA_256,
		.key = keys, .key_len = 16, .auth_key = keys, .auth_key_len = 32 };

	return p;
}

static struct req_admin
create(uint8_t buf[REQ_IPSEC_SA_MAX], uint32_t id, const struct req_ipsec_sa *p)
{
	struct req_admin c = { .opcode = CMD(RESOURCE_OBJ_CREATE), .obj_id = id,
		.obj_type = req_ipsec_obj_type(p->inbound), .data = buf };
	int len = req_ipsec_sa_build(buf, REQ_IPSEC_SA_MAX, p, 0);

	assert_true(len > 0);
	c.data_len = (size_t)len;
	return c;
}

static struct req_admin
object_cmd(uint16_t opcode, uint16_t type, uint32_t id)
{
	return (struct req_admin){ .opcode = opcode, .obj_type = type, .obj_id = id };
}

/* ---- lists ---- */

static void
lists_of_commands(void **state)
{
	const struct req_admin query = { .opcode = CMD(LIST_QUERY) };
	const struct req_admin caps = { .opcode = CMD(CAP_ID_LIST_QUERY) };
	const uint64_t two = REQ_ADMIN_FIRST | REQ_ADMIN_BIT(CMD(CAP_ID_LIST_QUERY));
	struct rig *g = *state;

	assert_int_equal(command(g, &query), 0);
	assert_true(req_admin_list_first(g->r.data, g->r.len) == REQ_ADMIN_ALL);
	assert_refused(g, &caps, EINVAL, INVALID_OPCODE);
	/* One that nobody has: the list stays as it was. */
	assert_int_equal(list_use(g, REQ_ADMIN_ALL | REQ_ADMIN_BIT(2)), -EINVAL);
	assert_int_equal(g->r.status.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
	assert_refused(g, &caps, EINVAL, INVALID_OPCODE);
	assert_int_equal(list_use(g, two), 0);
	assert_int_equal(command(g, &caps), 0);
	assert_true(req_admin_list_has(g->r.data, g->r.len, LIMITS));
	assert_true(req_admin_list_has(g->r.data, g->r.len, CAPS));
	assert_false(req_admin_list_has(g->r.data, g->r.len, CAPS + 1));
	vcryptod_admin_reset(&g->a);
	assert_refused(g, &caps, EINVAL, INVALID_OPCODE);
}

/* ---- capabilities ---- */

static void
capabilities(void **state)
{
	struct req_admin get = { .opcode = CMD(DEVICE_CAP_GET), .cap_id = LIMITS }, set;
	uint8_t limits[REQ_IPSEC_LIMITS_LEN], buf[REQ_IPSEC_CAPS_MAX];
	struct req_ipsec_limits l;
	struct req_ipsec_caps c;
	struct rig *g = *state;

	assert_int_equal(list_use(g, REQ_ADMIN_ALL), 0);
	assert_int_equal(command(g, &get), 0);
	req_ipsec_limits_parse(&l, g->r.data, g->r.len);
	assert_true(l.inbound == SAS && l.outbound == SAS);
	get.cap_id = CAPS;
	assert_int_equal(command(g, &get), 0);
	assert_int_equal(req_ipsec_caps_gaps(g->r.data, g->r.len), REQ_IPSEC_GAPS_NONE);
	req_ipsec_caps_parse(&c, g->r.data, g->r.len, 0);
	assert_memory_equal(&c, &g->a.caps, sizeof(c));
	assert_int_equal(c.mode[0].max_replay_win_sz, WINDOW);
	get.cap_id = CAPS + 1;
	assert_refused(g, &get, ENXIO, INVALID_FIELD);

	/* Less is taken, more is not and changes nothing. */
	set = set_limits(limits, 1, SAS);
	assert_int_equal(command(g, &set), 0);
	set = set_limits(limits, SAS + 1, 0);
	assert_refused(g, &set, EINVAL, INVALID_FIELD);
	set = set_limits(limits, 0, UINT32_MAX);
	assert_refused(g, &set, EINVAL, INVALID_FIELD);
	assert_true(g->a.driver_limits.inbound == 1 && g->a.driver_limits.outbound == SAS);
	c.mode[1].offered = false;
	c.mode[0].options = 0;
	set = set_caps(buf, &c);
	assert_int_equal(command(g, &set), 0);
	c.mode[0].max_replay_win_sz = WINDOW + 1;
	set = set_caps(buf, &c);
	assert_refused(g, &set, EINVAL, INVALID_FIELD);
	assert_int_equal(g->a.driver_caps.mode[0].max_replay_win_sz, WINDOW);
	set.cap_id = CAPS + 1;
	assert_refused(g, &set, ENXIO, INVALID_FIELD);
}

/* ---- objects ---- */

static void
objects(void **state)
{
	uint8_t buf[REQ_IPSEC_SA_MAX], limits[REQ_IPSEC_LIMITS_LEN];
	struct req_ipsec_sa out = sa_params(false), in = sa_params(true);
	struct req_admin c = create(buf, 0, &out);
	struct rig *g = *state;

	/* Neither capability was set. */
	assert_int_equal(list_use(g, REQ_ADMIN_ALL), 0);
	assert_refused(g, &c, EINVAL, INVALID_OPCODE);
	discover(g);
	assert_int_equal(command(g, &c), 0);
	assert_non_null(vcryptod_ipsec_sas_find(&g->a.sas, false, 0));
	assert_refused(g, &c, EEXIST, INVALID_FIELD);
	/* Another direction, the same SPI; ids are below the driver's limits. */
	c = create(buf, SAS - 1, &in);
	assert_int_equal(command(g, &c), 0);
	c = create(buf, SAS - 1, &out);
	assert_refused(g, &c, EINVAL, INVALID_FIELD);
	c.obj_id = UINT32_MAX;
	assert_refused(g, &c, EINVAL, INVALID_FIELD);
	c.obj_id = 1;
	c.obj_type = INBOUND + 1;
	assert_refused(g, &c, EINVAL, INVALID_FIELD);
	/* An object whose direction is not its type's. */
	c.obj_type = INBOUND;
	assert_refused(g, &c, EINVAL, INVALID_FIELD);

	/* While there are objects no capability changes. */
	c = set_limits(limits, 1, 1);
	assert_refused(g, &c, EBUSY, INVALID_COMMAND);
	c = object_cmd(CMD(RESOURCE_OBJ_DESTROY), OUTBOUND, 0);
	assert_int_equal(command(g, &c), 0);
	assert_refused(g, &c, ENXIO, INVALID_FIELD);
	c.obj_id = UINT32_MAX;
	assert_refused(g, &c, ENXIO, INVALID_FIELD);
	c = create(buf, 0, &out);
	assert_int_equal(command(g, &c), 0);
	assert_int_equal(g->a.created, 3);
	assert_int_equal(g->a.destroyed, 1);

	vcryptod_admin_reset(&g->a);
	assert_int_equal(fake_open, 0);
	assert_int_equal(g->a.destroyed, 3);
	assert_int_equal(list_use(g, REQ_ADMIN_ALL), 0);
	assert_refused(g, &c, EINVAL, INVALID_OPCODE);
	discover(g);
	assert_int_equal(command(g, &c), 0);
}

static uint64_t
stands_still(void)
{
	return 1;
}

#define NB_TOLD	20

/* A line for whoever runs the daemon, and few of them, however often a driver asks. */
static void
no_memory_is_said(struct rig *g, const struct req_admin *c)
{
	char text[2 * VCRYPTOD_LOG_BURST * VCRYPTOD_LOG_LINE];
	const char *line = text;
	unsigned int i;
	int fd[2];
	ssize_t n;

	assert_int_equal(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
	vcryptod_log_redirect(fd[1], stands_still);
	g->a.cfg.name = "test";
	fake_rc = -ENOMEM;
	for (i = 0; i < NB_TOLD + 1; i++)
		assert_refused(g, c, ENOMEM, NORESOURCE);
	g->a.cfg.name = NULL;
	vcryptod_log_redirect(STDERR_FILENO, NULL);
	n = read(fd[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	assert_non_null(strstr(text, "test: security association refused: no memory"));
	for (i = 0; (line = strchr(line, '\n')) != NULL; i++)
		line++;
	assert_int_equal(i, VCRYPTOD_LOG_BURST);
	close(fd[0]);
	close(fd[1]);
}

static void
objects_that_are_refused(void **state)
{
	uint8_t buf[REQ_IPSEC_SA_MAX], caps[REQ_IPSEC_CAPS_MAX];
	struct req_ipsec_sa p = sa_params(true);
	struct rig *g = *state;
	struct req_ipsec_caps less = g->a.caps;
	struct req_admin c;

	discover(g);
	/* What the driver itself has not announced. */
	less.mode[0].macs = 1u << VIRTIO_CRYPTO_MAC_HMAC_SHA1;
	c = set_caps(caps, &less);
	assert_int_equal(command(g, &c), 0);
	c = create(buf, 0, &p);
	assert_refused(g, &c, EINVAL, INVALID_FIELD);
	c = set_caps(caps, &g->a.caps);
	assert_int_equal(command(g, &c), 0);
	p.replay_win_sz = WINDOW + 1;
	c = create(buf, 0, &p);
	assert_refused(g, &c, EINVAL, INVALID_FIELD);
	p.replay_win_sz = WINDOW;
	c = create(buf, 0, &p);
	/* The engine: no memory can be tried again, a key that it does not like cannot. */
	no_memory_is_said(g, &c);
	fake_rc = -EINVAL;
	assert_refused(g, &c, EINVAL, INVALID_FIELD);
	assert_int_equal(vcryptod_ipsec_sas_count(&g->a.sas), 0);
	fake_rc = 0;
	assert_int_equal(command(g, &c), 0);
	assert_int_equal(g->a.refused, 4 + NB_TOLD);
}

/* An object comes back as it was sent, but for keys and salt. */
static void
query_and_modify(void **state)
{
	uint8_t buf[REQ_IPSEC_SA_MAX], want[REQ_IPSEC_SA_MAX];
	struct req_ipsec_sa p = sa_params(false);
	struct virtio_crypto_ipsec_sa *o = (void *)want;
	struct req_admin c = create(buf, 1, &p), modify = c;
	struct rig *g = *state;
	uint32_t i;

	discover(g);
	assert_int_equal(command(g, &c), 0);
	memcpy(want, buf, sizeof(want));
	memset(o->cipher.data, 0, sizeof(o->cipher.data));
	memset(o->auth.data, 0, sizeof(o->auth.data));
	memset(o->head.salt, 0, sizeof(o->head.salt));
	c = object_cmd(CMD(RESOURCE_OBJ_QUERY), OUTBOUND, 1);
	assert_int_equal(command(g, &c), 0);
	assert_true(g->r.len >= sizeof(*o));
	assert_memory_equal(g->r.data, want, sizeof(*o));
	for (i = 0; i < g->written; i++)
		assert_int_not_equal(g->answer[i], 0x77);
	c.obj_id = 2;
	assert_refused(g, &c, ENXIO, INVALID_FIELD);

	modify.opcode = CMD(RESOURCE_OBJ_MODIFY);
	assert_refused(g, &modify, EINVAL, INVALID_FIELD);
	modify.obj_id = 2;
	assert_refused(g, &modify, ENXIO, INVALID_FIELD);
	/* QUERY's number with an object: whoever sends it means MODIFY. */
	modify.opcode = CMD(RESOURCE_OBJ_QUERY);
	modify.obj_id = 1;
	modify.data = NULL;
	modify.data_len = 0;
	assert_int_equal(command(g, &modify), 0);
}

/* ---- bytes ---- */

/* Every length of both parts, in pieces: a status if there is room for one. */
static void
cut_anywhere(void **state)
{
	uint8_t obj[REQ_IPSEC_SA_MAX], buf[2048];
	struct req_ipsec_sa p = sa_params(false);
	struct req_admin c = create(obj, 0, &p), query, destroy;
	struct rig *g = *state;
	unsigned int made = 0;
	int len, cut, rc;
	size_t room;

	discover(g);
	destroy = object_cmd(CMD(RESOURCE_OBJ_DESTROY), OUTBOUND, 0);
	for (g->piece = 1; g->piece <= 64; g->piece *= 8) {
		len = req_admin_build(buf, sizeof(buf), &c);
		for (cut = 0; cut <= len; cut++) {
			rc = send_bytes(g, buf, (size_t)cut, 64);
			assert_true(rc == 0 || rc == -EINVAL);
			assert_true(rc == 0 || vcryptod_ipsec_sas_count(&g->a.sas) == 0);
			/* Fewer than 24 bytes are LIST_QUERY, if they are 0. */
			if (vcryptod_ipsec_sas_count(&g->a.sas) == 0)
				continue;
			assert_int_equal(command(g, &destroy), 0);
			made++;
		}
		/* Too long. */
		memset(buf + len, 0xff, sizeof(buf) - (size_t)len);
		assert_int_equal(send_bytes(g, buf, sizeof(buf), 512), 0);
		query = object_cmd(CMD(RESOURCE_OBJ_QUERY), OUTBOUND, 0);
		len = req_admin_build(buf, sizeof(buf), &query);
		for (room = 0; room < 300; room++) {
			rc = send_bytes(g, buf, (size_t)len, room);
			assert_int_equal(rc, room < 4 ? -EBADMSG : 0);
			assert_int_equal(g->written, room < 208 ? room : 208);
		}
		assert_int_equal(command(g, &destroy), 0);
	}
	/* Without its last bytes, a lifetime of 0, an object is one. */
	assert_true(made >= 3);
}

static void
configurations(void **state)
{
	struct rig *g = *state;
	struct vcryptod_admin_config cfg = g->a.cfg;
	struct vcryptod_admin a;

	cfg.max_window = VCRYPTOD_IPSEC_WINDOW_MAX + 1;
	assert_int_equal(vcryptod_admin_init(&a, &cfg), -EINVAL);
	cfg.max_window = 0;
	cfg.max_sas = 0;
	assert_int_equal(vcryptod_admin_init(&a, &cfg), -EINVAL);
	cfg.max_sas = 1;
	assert_int_equal(vcryptod_admin_init(&a, &cfg), 0);
	vcryptod_admin_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_of_commands, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(capabilities, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(objects, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(objects_that_are_refused, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(query_and_modify, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(cut_anywhere, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(configurations, rig_up, rig_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

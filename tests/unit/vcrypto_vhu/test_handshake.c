/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Creating the transport: wrong paths, a back end that misbehaves at each message of
 * the handshake, and what is made of what a back end offers.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "test_vcrypto_vhu.h"

/* ---- paths ---- */

static void
test_path_missing(void **state)
{
	struct fixture *f = *state;

	create_fails(f, -ENOENT, f->fb.path, "no such file", "start the back end", NULL);
}

static void
test_path_not_a_socket(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->fb.path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	create_fails(f, -ENOTSOCK, f->fb.path, "no socket", NULL);
	unlink(f->fb.path);
	assert_int_equal(mkdir(f->fb.path, 0700), 0);
	create_fails(f, -ENOTSOCK, f->fb.path, "no socket", NULL);
	rmdir(f->fb.path);
}

static void
bind_socket(const char *path, int type, int backlog, int *fd)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	strcpy(un.sun_path, path);
	*fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&un, sizeof(un)), 0);
	if (backlog >= 0)
		assert_int_equal(listen(*fd, backlog), 0);
}

static void
test_path_refused(void **state)
{
	struct fixture *f = *state;
	int fd;

	bind_socket(f->fb.path, SOCK_STREAM, -1, &fd);
	create_fails(f, -ECONNREFUSED, f->fb.path, "nobody listens", NULL);
	close(fd);
	create_fails(f, -ECONNREFUSED, f->fb.path, "nobody listens", NULL);
	unlink(f->fb.path);
	bind_socket(f->fb.path, SOCK_DGRAM, -1, &fd);
	create_fails(f, -EPROTOTYPE, f->fb.path, "not a stream socket", NULL);
	close(fd);
	unlink(f->fb.path);
}

/* A listener that never accepts, with a backlog that is full or not. */
static void
test_path_nobody_accepts(void **state)
{
	struct fixture *f = *state;
	int fd;

	bind_socket(f->fb.path, SOCK_STREAM, 0, &fd);
	create_fails(f, -ETIMEDOUT, f->fb.path, "GET_FEATURES", "does not answer", NULL);
	/* The one before is still in the backlog. */
	create_fails(f, -ETIMEDOUT, f->fb.path, "busy", NULL);
	close(fd);
	unlink(f->fb.path);
}

static void
test_path_too_long(void **state)
{
	struct fixture *f = *state;
	char path[200];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	f->args.path = path;
	create_fails(f, -ENAMETOOLONG, "path=xxx", "longer", NULL);
	path[108] = '\0';
	create_fails(f, -ENAMETOOLONG, "longer", NULL);
	path[107] = '\0';
	create_fails(f, -ENOENT, "no such file", NULL);
}

static void
test_arguments(void **state)
{
	struct fixture *f = *state;

	f->args.queues = 0;
	create_fails(f, -EINVAL, "0 queues", NULL);
	f->args.queues = VHU_MAX_VRINGS;
	create_fails(f, -EINVAL, "256 queues", NULL);
	f->args.queues = 1;
	f->args.queue_size = 0;
	create_fails(f, -EINVAL, "0 entries", NULL);
}

/* ---- a back end that misbehaves at one message ---- */

static const struct {
	uint32_t request;
	bool answers;		/* with a payload of its own */
	const char *name;
} handshake[] = {
	{ VHU_GET_FEATURES, true, "GET_FEATURES" },
	{ VHU_GET_PROTOCOL_FEATURES, true, "GET_PROTOCOL_FEATURES" },
	{ VHU_SET_PROTOCOL_FEATURES, false, "SET_PROTOCOL_FEATURES" },
	{ VHU_GET_QUEUE_NUM, true, "GET_QUEUE_NUM" },
	{ VHU_SET_OWNER, false, "SET_OWNER" },
	{ VHU_GET_MAX_MEM_SLOTS, true, "GET_MAX_MEM_SLOTS" },
	{ VHU_GET_CONFIG, true, "GET_CONFIG" },
};
#define NB_HANDSHAKE	(sizeof(handshake) / sizeof(handshake[0]))

/* What creation returns; 1: not an error at this message. */
static int
expected(size_t i, enum backend_act act)
{
	uint32_t request = handshake[i].request;

	/* Nothing is answered here, but for hanging up: noticed at the next message. */
	if (request == VHU_SET_PROTOCOL_FEATURES)
		return act == BACKEND_CLOSE || act == BACKEND_REFUSE ? -ENODEV : 1;
	if (request == VHU_GET_CONFIG && (act == BACKEND_EMPTY || act == BACKEND_REFUSE))
		return 1;
	switch (act) {
	case BACKEND_OBEY:
		return 1;
	case BACKEND_CLOSE:
	case BACKEND_CLOSE_MID:
		return -ENODEV;
	case BACKEND_SILENT:
		return -ETIMEDOUT;
	case BACKEND_REFUSE:
		/* No acknowledgement was asked for: the answer never comes, or the
		 * connection ends.
		 */
		return handshake[i].answers ? -ENODEV : -EIO;
	default:
		return -EPROTO;
	}
}

static void
misbehave(struct fixture *f, size_t i, enum backend_act act)
{
	int want = expected(i, act);
	bool next = handshake[i].request == VHU_SET_PROTOCOL_FEATURES;

	backend_init(&f->fb);
	f->args.path = f->fb.path;
	f->fb.proto |= VHU_PROTO_F_CONFIGURE_MEM_SLOTS;
	f->fb.fault.request = handshake[i].request;
	f->fb.fault.act = act;
	backend_start(&f->fb);
	if (want == 1) {
		create(f);
		destroy(f);
	} else {
		create_fails(f, want, f->fb.path, next ? "GET_QUEUE_NUM" : handshake[i].name,
			"no agreement", NULL);
	}
	backend_stop(&f->fb);
	assert_null(f->fb.objection);
}

static void
test_misbehaving(void **state)
{
	struct fixture *f = *state;
	unsigned int before = fds_open();
	size_t i;
	int act;

	for (i = 0; i < NB_HANDSHAKE; i++) {
		for (act = BACKEND_OBEY; act < BACKEND_NB_ACTS; act++) {
			/* These wait, each in one way whatever the message. */
			if (i % 3 != 0 && (act == BACKEND_SILENT || act == BACKEND_CLOSE_MID ||
					act == BACKEND_REFUSE) && handshake[i].answers)
				continue;
			misbehave(f, i, (enum backend_act)act);
		}
		assert_int_equal(fds_open(), before);
	}
}

/* Dropped twice, then served: a listener that was going away. */
static void
test_dropped_and_served(void **state)
{
	struct fixture *f = *state;

	f->fb.fault.request = VHU_GET_FEATURES;
	f->fb.fault.nth = 1;
	f->fb.fault.act = BACKEND_CLOSE;
	backend_start(&f->fb);
	create(f);
	assert_int_equal(f->fb.nb_connections, 2);
	assert_int_equal(log_capture_errors(), 0);
}

/* ---- what a back end offers ---- */

static void
test_offers_everything(void **state)
{
	struct fixture *f = *state;

	backend_start(&f->fb);
	create(f);
	assert_true(f->t->traits.has_ctrlq);
	assert_false(f->t->traits.strict_framing);
	assert_true(f->t->traits.addr_is_va);
	assert_string_equal(f->t->ops->name, "vhost-user");
	assert_string_equal(f->t->name, "vhu0");
	/* Two data queues are used of four, and the control queue is shown behind them. */
	assert_int_equal(f->t->ops->nb_queues(f->t), 3);
	assert_int_equal(f->t->ops->queue_max_size(f->t, 0), 64);
	assert_int_equal(f->t->ops->queue_max_size(f->t, 2), 64);
	assert_int_equal(f->t->ops->queue_max_size(f->t, 3), 0);
	assert_int_equal(f->t->traits.features_allowed & VIRTIO_F_ACCESS_PLATFORM, 0);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.proto_set, f->fb.proto & ~(VIRTIO_BIT(1) | VIRTIO_BIT(2) |
			VIRTIO_BIT(63)));
	backend_unlock(&f->fb);
	assert_int_equal(log_capture_errors(), 0);
}

static void
test_no_protocol_features(void **state)
{
	struct fixture *f = *state;

	f->fb.features &= ~VHU_F_PROTOCOL_FEATURES;
	backend_start(&f->fb);
	create_fails(f, -ENOTSUP, "no protocol features", "no crypto device", NULL);
}

static void
test_no_queues(void **state)
{
	struct fixture *f = *state;

	f->fb.nb_vrings = 0;
	backend_start(&f->fb);
	create_fails(f, -EPROTO, "no queues", NULL);
}

/* Without MQ nobody says how many vrings there are: the configuration does. */
static void
test_no_mq(void **state)
{
	struct fixture *f = *state;

	f->fb.proto &= ~VHU_PROTO_F_MQ;
	backend_start(&f->fb);
	create(f);
	assert_true(f->t->traits.has_ctrlq);
	assert_int_equal(f->t->ops->nb_queues(f->t), 3);
	assert_int_equal(backend_count(&f->fb, VHU_GET_QUEUE_NUM), 0);
}

static void
test_no_config(void **state)
{
	struct fixture *f = *state;
	struct virtio_crypto_config c;

	f->fb.proto &= ~VHU_PROTO_F_CONFIG;
	backend_start(&f->fb);
	create(f);
	assert_int_equal(backend_count(&f->fb, VHU_GET_CONFIG), 0);
	assert_false(f->t->traits.has_ctrlq);
	assert_true(f->t->traits.strict_framing);
	assert_int_equal(f->t->ops->nb_queues(f->t), 2);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &c, sizeof(c)), 0);
	assert_int_equal(le32_to_cpu(c.status), VIRTIO_CRYPTO_S_HW_READY);
	assert_int_equal(le32_to_cpu(c.max_dataqueues), 2);
	assert_int_equal(le32_to_cpu(c.crypto_services), 1 << 0 | 1 << 2);
	assert_int_not_equal(le32_to_cpu(c.cipher_algo_l) & 1 << VIRTIO_CRYPTO_CIPHER_AES_CBC, 0);
	assert_int_equal(le64_to_cpu(c.max_size), 16 + 2 * 2176);
	assert_int_equal(f->t->ops->read_config(f->t, 52, &c, 4), 0);
	assert_int_equal(f->t->ops->read_config(f->t, 52, &c, 8), -ERANGE);
	assert_int_equal(f->t->ops->read_config(f->t, 60, &c, 0), -ERANGE);
}

/* DPDK's vhost_crypto offers CONFIG and does not serve it. */
static void
test_config_refused(void **state)
{
	struct fixture *f = *state;

	f->fb.serves_config = false;
	backend_start(&f->fb);
	create(f);
	assert_false(f->t->traits.has_ctrlq);
	assert_true(f->t->traits.strict_framing);
	assert_int_equal(f->fb.nb_connections, 1);
	assert_int_equal(log_capture_errors(), 0);
}

/* As many vrings as data queues: none is left for control. */
static void
test_no_control_vring(void **state)
{
	struct fixture *f = *state;

	f->fb.nb_vrings = 4;
	backend_start(&f->fb);
	create(f);
	assert_false(f->t->traits.has_ctrlq);
	assert_false(f->t->traits.strict_framing);
	assert_int_equal(f->t->ops->nb_queues(f->t), 2);
}

static void
test_sessions_ctrlq(void **state)
{
	struct fixture *f = *state;

	f->args.sessions = VCRYPTO_VHU_SESSIONS_CTRLQ;
	f->fb.nb_vrings = 4;
	backend_start(&f->fb);
	create_fails(f, -ENOTSUP, "no vring for a control queue", "sessions=message", NULL);
	backend_lock(&f->fb);
	f->fb.nb_vrings = 5;
	backend_unlock(&f->fb);
	create(f);
	assert_true(f->t->traits.has_ctrlq);
	destroy(f);
	backend_lock(&f->fb);
	f->fb.serves_config = false;
	backend_unlock(&f->fb);
	create_fails(f, -ENOTSUP, "GET_CONFIG", "sessions=message", NULL);
}

static void
test_sessions_message(void **state)
{
	struct fixture *f = *state;
	uint32_t max;

	f->args.sessions = VCRYPTO_VHU_SESSIONS_MESSAGE;
	backend_start(&f->fb);
	create(f);
	assert_false(f->t->traits.has_ctrlq);
	assert_false(f->t->traits.strict_framing);
	assert_int_equal(f->t->ops->read_config(f->t, 4, &max, 4), 0);
	assert_int_equal(max, 2);
	destroy(f);
	backend_lock(&f->fb);
	f->fb.proto &= ~VHU_PROTO_F_CRYPTO_SESSION;
	backend_unlock(&f->fb);
	create_fails(f, -ENOTSUP, "CRYPTO_SESSION", NULL);
}

static void
test_no_sessions_at_all(void **state)
{
	struct fixture *f = *state;

	f->fb.proto &= ~(VHU_PROTO_F_CRYPTO_SESSION | VHU_PROTO_F_CONFIG);
	backend_start(&f->fb);
	create_fails(f, -ENOTSUP, "no crypto device", NULL);
}

static void
test_too_few_queues(void **state)
{
	struct fixture *f = *state;

	f->args.queues = 5;
	backend_start(&f->fb);
	create_fails(f, -ENOTSUP, "queues=5", "has 4", NULL);
	f->args.sessions = VCRYPTO_VHU_SESSIONS_MESSAGE;
	f->args.queues = 6;
	create_fails(f, -ENOTSUP, "queues=6", "has 5", NULL);
}

static void
test_max_dataqueues_absurd(void **state)
{
	static const uint32_t bad[] = { 0, 256, 0xffffffff };
	struct fixture *f = *state;
	size_t i;

	backend_start(&f->fb);
	for (i = 0; i < 3; i++) {
		backend_lock(&f->fb);
		f->fb.config.max_dataqueues = cpu_to_le32(bad[i]);
		backend_unlock(&f->fb);
		create_fails(f, -ENOTSUP, "max_dataqueues", NULL);
	}
}

static void
test_read_config(void **state)
{
	struct fixture *f = *state;
	struct virtio_crypto_config c;
	uint8_t big[VHU_CONFIG_SPACE_MAX + 1];

	backend_start(&f->fb);
	create(f);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &c, sizeof(c)), 0);
	assert_int_equal(le32_to_cpu(c.max_dataqueues), 2);
	c.max_dataqueues = f->fb.config.max_dataqueues;
	assert_memory_equal(&c, &f->fb.config, sizeof(c));
	memset(&c, 0xee, sizeof(c));
	assert_int_equal(f->t->ops->read_config(f->t, 48, &c, 8), 0);
	assert_memory_equal(&c, &f->fb.config.max_size, 8);
	assert_int_equal(((uint8_t *)&c)[8], 0xee);
	/* More than there is reads as zero, more than can be asked for is refused. */
	assert_int_equal(f->t->ops->read_config(f->t, 0, big, VHU_CONFIG_SPACE_MAX), 0);
	assert_int_equal(big[200], 0);
	assert_int_equal(f->t->ops->read_config(f->t, 1, big, VHU_CONFIG_SPACE_MAX), -ERANGE);
	assert_int_equal(f->t->ops->read_config(f->t, SIZE_MAX, big, 2), -ERANGE);
	assert_int_equal(f->t->ops->read_config(f->t, 2, big, SIZE_MAX), -ERANGE);
	backend_lock(&f->fb);
	f->fb.config.max_dataqueues = cpu_to_le32(3);
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &c, sizeof(c)), -EPROTO);
	assert_true(log_capture_count("create it again"));
}

static void
test_config_lies(void **state)
{
	struct fixture *f = *state;
	uint32_t v;

	f->fb.fault.request = VHU_GET_CONFIG;
	f->fb.fault.nth = 2;
	f->fb.fault.act = BACKEND_EMPTY;
	backend_start(&f->fb);
	create(f);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &v, 4), -ERANGE);
	backend_lock(&f->fb);
	f->fb.fault.nth = 3;
	f->fb.fault.act = BACKEND_SHORT;
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &v, 4), -EPROTO);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &v, 4), -ENODEV);
}

/* ---- server=1 ---- */

static void
test_server(void **state)
{
	struct fixture *f = *state;

	f->args.server = true;
	f->fb.client = true;
	backend_start(&f->fb);
	create(f);
	assert_int_equal(access(f->fb.path, F_OK), 0);
	assert_true(f->t->traits.has_ctrlq);
	destroy(f);
	assert_int_equal(access(f->fb.path, F_OK), -1);
}

static void
test_server_waits_in_vain(void **state)
{
	struct fixture *f = *state;

	f->args.server = true;
	create_fails(f, -ENODEV, "no back end connected", f->fb.path, NULL);
	assert_int_equal(access(f->fb.path, F_OK), -1);
}

static void
test_server_path_taken(void **state)
{
	struct fixture *f = *state;
	int fd;

	f->args.server = true;
	bind_socket(f->fb.path, SOCK_STREAM, -1, &fd);
	create_fails(f, -EADDRINUSE, "the file exists", f->fb.path, NULL);
	close(fd);
	/* Somebody else's file is not removed. */
	assert_int_equal(unlink(f->fb.path), 0);
	f->args.path = "/no/such/folder/socket";
	create_fails(f, -ENOENT, "cannot listen", NULL);
}

const struct CMUnitTest handshake_tests[] = {
	T(test_path_missing), T(test_path_not_a_socket), T(test_path_refused),
	T(test_path_nobody_accepts), T(test_path_too_long), T(test_arguments),
	T(test_misbehaving), T(test_dropped_and_served), T(test_offers_everything),
	T(test_no_protocol_features), T(test_no_queues), T(test_no_mq), T(test_no_config),
	T(test_config_refused), T(test_no_control_vring), T(test_sessions_ctrlq),
	T(test_sessions_message), T(test_no_sessions_at_all), T(test_too_few_queues),
	T(test_max_dataqueues_absurd), T(test_read_config), T(test_config_lies),
	T(test_server), T(test_server_waits_in_vain), T(test_server_path_taken),
};
const size_t nb_handshake_tests = sizeof(handshake_tests) / sizeof(handshake_tests[0]);

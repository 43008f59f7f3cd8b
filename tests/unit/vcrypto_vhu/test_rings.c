/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Features, status, queues: what the back end is told, in which order, and what
 * becomes of it at a reset.
 */
#include <sys/eventfd.h>

#include "test_vcrypto_vhu.h"

#define FEATURES	(VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC)

/* The ring with number vring as the back end has it, for queue index. */
static void
expect_ring(struct fixture *f, unsigned int vring, uint16_t index, uint32_t size, uint32_t base)
{
	struct backend_vring *v = &f->fb.vring[vring];

	assert_int_equal(v->num, size);
	assert_int_equal(v->base, base);
	assert_int_equal(v->addr.desc, (uintptr_t)memseg_at(0, index * 3u));
	assert_int_equal(v->addr.avail, (uintptr_t)memseg_at(0, index * 3u + 1));
	assert_int_equal(v->addr.used, (uintptr_t)memseg_at(0, index * 3u + 2));
	assert_int_equal(v->addr.flags, 0);
	assert_true(v->kick_fd >= 0);
	assert_true(v->call_fd >= 0);
	assert_true(v->enabled);
}

static void
test_split(void **state)
{
	struct fixture *f = *state;

	backend_start(&f->fb);
	create(f);
	bring_up(f, FEATURES);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.driver_features, FEATURES | VHU_F_PROTOCOL_FEATURES);
	assert_int_equal(f->fb.status, 0xf);
	expect_ring(f, 0, 0, 64, 0);
	expect_ring(f, 1, 1, 32, 0);
	/* The control queue is the driver's third and the back end's fifth. */
	expect_ring(f, 4, 2, 16, 0);
	assert_int_equal(f->fb.vring[2].kick_fd, -1);
	assert_int_equal(f->fb.vring[3].kick_fd, -1);
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->check(f->t), 0);
	assert_int_equal(log_capture_errors(), 0);
}

static void
test_packed(void **state)
{
	struct fixture *f = *state;

	backend_start(&f->fb);
	create(f);
	bring_up(f, FEATURES | VIRTIO_F_RING_PACKED);
	backend_lock(&f->fb);
	expect_ring(f, 0, 0, 64, 0x80008000);
	expect_ring(f, 4, 2, 16, 0x80008000);
	backend_unlock(&f->fb);
}

/* The administration queue is the driver's fourth and the back end's sixth. */
static void
test_admin(void **state)
{
	struct fixture *f = *state;
	const uint64_t features = FEATURES | VIRTIO_F_ADMIN_VQ | VIRTIO_F_RING_RESET;
	unsigned int i;

	f->fb.features |= VIRTIO_F_ADMIN_VQ | VIRTIO_F_RING_RESET;
	f->fb.nb_vrings = 6;
	backend_start(&f->fb);
	create(f);
	assert_int_equal(f->t->ops->admin_queue(f->t), 0);
	for (i = 0; i < 2; i++) {
		negotiate(f, features);
		assert_int_equal(f->t->ops->nb_queues(f->t), 3);
		assert_int_equal(f->t->ops->admin_queue(f->t), 3);
		assert_int_equal(f->t->ops->queue_max_size(f->t, 3), 64);
		assert_int_equal(f->t->ops->queue_max_size(f->t, 4), 0);
		enable_queue(f, 0, 64, false);
		enable_queue(f, 2, 16, false);
		enable_queue(f, 3, 8, false);
		driver_ok(f);
		backend_lock(&f->fb);
		expect_ring(f, 0, 0, 64, 0);
		expect_ring(f, 4, 2, 16, 0);
		expect_ring(f, 5, 3, 8, 0);
		backend_unlock(&f->fb);
		assert_int_equal(f->t->ops->queue_reset(f->t, 3), 0);
		enable_queue(f, 3, 8, false);
		assert_int_equal(f->t->ops->reset(f->t), 0);
		assert_int_equal(f->t->ops->admin_queue(f->t), 0);
		assert_int_equal(f->t->ops->queue_max_size(f->t, 3), 0);
	}
	assert_int_equal(log_capture_errors(), 0);
}

/* ADMIN_VQ alone, or a vring more alone, is none: neither is seen. */
static void
test_no_admin(void **state)
{
	struct fixture *f = *state;
	struct vcrypto_queue_desc q = { .index = 3, .size = 8 };
	uint64_t offered;

	f->fb.features |= VIRTIO_F_ADMIN_VQ;
	backend_start(&f->fb);
	create(f);
	negotiate(f, FEATURES);
	assert_int_equal(f->t->ops->get_features(f->t, &offered), 0);
	assert_int_equal(offered & VIRTIO_F_ADMIN_VQ, 0);
	/* The next back end has the vring as well: it was only declined before. */
	backend_lock(&f->fb);
	f->fb.nb_vrings = 6;
	backend_unlock(&f->fb);
	backend_hang_up(&f->fb);
	negotiate(f, FEATURES);
	assert_int_equal(f->t->ops->get_features(f->t, &offered), 0);
	assert_true((offered & VIRTIO_F_ADMIN_VQ) != 0);
	assert_int_equal(f->t->ops->admin_queue(f->t), 0);
	log_capture_start();
	assert_int_equal(f->t->ops->queue_enable(f->t, &q), -EINVAL);
	assert_true(log_capture_count("3 split queues"));
	negotiate(f, FEATURES | VIRTIO_F_ADMIN_VQ);
	assert_int_equal(f->t->ops->admin_queue(f->t), 3);
}

/* Calls of all, then each ring in turn, then the enabling of all, then DRIVER_OK. */
static void
test_order(void **state)
{
	static const uint32_t order[] = {
		VHU_SET_MEM_TABLE, VHU_SET_VRING_CALL, VHU_SET_VRING_CALL, VHU_SET_VRING_CALL,
		VHU_SET_VRING_NUM, VHU_SET_VRING_BASE, VHU_SET_VRING_ADDR, VHU_SET_VRING_KICK,
		VHU_SET_VRING_NUM, VHU_SET_VRING_BASE, VHU_SET_VRING_ADDR, VHU_SET_VRING_KICK,
		VHU_SET_VRING_NUM, VHU_SET_VRING_BASE, VHU_SET_VRING_ADDR, VHU_SET_VRING_KICK,
		VHU_SET_VRING_ENABLE, VHU_SET_VRING_ENABLE, VHU_SET_VRING_ENABLE, VHU_SET_STATUS,
	};
	struct fixture *f = *state;
	unsigned int before;

	backend_start(&f->fb);
	create(f);
	negotiate(f, FEATURES);
	backend_lock(&f->fb);
	before = f->fb.nb_messages;
	backend_unlock(&f->fb);
	enable_queue(f, 2, 16, false);
	enable_queue(f, 0, 64, false);
	enable_queue(f, 1, 32, false);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_messages, before);
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->set_status(f->t, 0xf), 0);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_messages, before + sizeof(order) / sizeof(order[0]));
	assert_memory_equal(&f->fb.message[before], order, sizeof(order));
	backend_unlock(&f->fb);
}

static void
test_kick(void **state)
{
	struct fixture *f = *state;
	uint64_t n;
	int i;

	backend_start(&f->fb);
	create(f);
	bring_up(f, FEATURES);
	for (i = 0; i < 3; i++)
		kick(f, 1);
	kick(f, 2);
	backend_lock(&f->fb);
	assert_int_equal(read(f->fb.vring[1].kick_fd, &n, sizeof(n)), sizeof(n));
	assert_int_equal(n, 3);
	assert_int_equal(read(f->fb.vring[4].kick_fd, &n, sizeof(n)), sizeof(n));
	assert_int_equal(n, 1);
	/* Not blocking, and nothing there: nobody kicked this one. */
	assert_int_equal(read(f->fb.vring[0].kick_fd, &n, sizeof(n)), -1);
	/* A full counter loses nothing and stops nobody. */
	n = UINT64_MAX - 1;
	assert_int_equal(write(f->fb.vring[1].kick_fd, &n, sizeof(n)), sizeof(n));
	backend_unlock(&f->fb);
	kick(f, 1);
}

static void
expect_no_kick(struct fixture *f, unsigned int vring)
{
	uint64_t n;

	assert_int_equal(read(f->fb.vring[vring].kick_fd, &n, sizeof(n)), -1);
	assert_int_equal(errno, EAGAIN);
}

/* Notifications that a back end left are not the next one's, whoever that is. */
static void
test_no_stale_kick(void **state)
{
	struct fixture *f = *state;
	uint64_t features = FEATURES | VIRTIO_F_RING_RESET, n;

	f->fb.features |= VIRTIO_F_RING_RESET;
	backend_start(&f->fb);
	create(f);
	bring_up(f, features);
	kick(f, 0);
	kick(f, 0);
	kick(f, 2);
	assert_int_equal(f->t->ops->queue_reset(f->t, 0), 0);
	enable_queue(f, 0, 64, false);
	backend_lock(&f->fb);
	expect_no_kick(f, 0);
	backend_unlock(&f->fb);
	kick(f, 0);
	backend_hang_up(&f->fb);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	bring_up(f, features);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.nb_connections, 2);
	expect_no_kick(f, 0);
	expect_no_kick(f, 4);
	backend_unlock(&f->fb);
	kick(f, 0);
	backend_lock(&f->fb);
	assert_int_equal(read(f->fb.vring[0].kick_fd, &n, sizeof(n)), sizeof(n));
	assert_int_equal(n, 1);
	backend_unlock(&f->fb);
}

static void
test_bad_queues(void **state)
{
	struct fixture *f = *state;
	static const struct vcrypto_queue_desc bad[] = {
		{ .index = 3, .size = 16 }, { .index = 0, .size = 0 }, { .index = 0, .size = 128 },
		{ .index = 0, .size = 12 }, { .index = 0, .size = 16, .packed = true },
	};
	struct vcrypto_queue_desc q = { .index = 0, .size = 16 };
	size_t i;

	backend_start(&f->fb);
	create(f);
	negotiate(f, FEATURES);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		log_capture_start();
		assert_int_equal(f->t->ops->queue_enable(f->t, &bad[i]), -EINVAL);
		assert_int_equal(log_capture_errors(), 1);
	}
	enable_queue(f, 0, 16, false);
	assert_int_equal(f->t->ops->queue_enable(f->t, &q), -EBUSY);
	assert_int_equal(f->t->ops->queue_reset(f->t, 3), -EINVAL);
	assert_int_equal(f->t->ops->set_status(f->t, 0), -EINVAL);
	assert_int_equal(f->t->ops->set_features(f->t, VIRTIO_F_ACCESS_PLATFORM), -EINVAL);
}

static void
test_features_refused(void **state)
{
	struct fixture *f = *state;

	f->fb.features &= ~VIRTIO_F_EVENT_IDX;
	backend_start(&f->fb);
	create(f);
	log_capture_start();
	assert_int_equal(f->t->ops->set_features(f->t, VIRTIO_F_EVENT_IDX), -EIO);
	assert_int_equal(log_capture_errors(), 1);
	assert_true(log_capture_count("refused SET_FEATURES"));
	/* Refused, and still there. */
	assert_int_equal(f->t->ops->set_features(f->t, VIRTIO_F_VERSION_1), 0);
}

/* ---- reset ---- */

static void
expect_nothing_runs(struct fixture *f)
{
	unsigned int i;

	backend_lock(&f->fb);
	for (i = 0; i < VHU_MAX_VRINGS; i++)
		assert_int_equal(f->fb.vring[i].kick_fd, -1);
	backend_unlock(&f->fb);
}

static void
reset_and_again(struct fixture *f)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		bring_up(f, FEATURES);
		assert_int_equal(f->t->ops->reset(f->t), 0);
		expect_nothing_runs(f);
		assert_int_equal(f->t->ops->get_status(f->t), 0);
	}
	assert_int_equal(f->fb.nb_connections, 1);
	assert_int_equal(log_capture_errors(), 0);
}

static void
test_reset_by_status(void **state)
{
	struct fixture *f = *state;

	f->fb.slow_reset = true;
	backend_start(&f->fb);
	create(f);
	reset_and_again(f);
	assert_true(backend_count(&f->fb, VHU_GET_STATUS) >= 9);
	assert_int_equal(backend_count(&f->fb, VHU_RESET_DEVICE), 0);
}

static void
test_reset_by_message(void **state)
{
	struct fixture *f = *state;

	f->fb.proto &= ~VHU_PROTO_F_STATUS;
	backend_start(&f->fb);
	create(f);
	reset_and_again(f);
	assert_int_equal(backend_count(&f->fb, VHU_SET_STATUS), 0);
	assert_true(backend_count(&f->fb, VHU_RESET_DEVICE) >= 3);
}

static void
test_reset_by_stopping_rings(void **state)
{
	struct fixture *f = *state;

	f->fb.proto &= ~(VHU_PROTO_F_STATUS | VHU_PROTO_F_RESET_DEVICE | VHU_PROTO_F_REPLY_ACK);
	backend_start(&f->fb);
	create(f);
	reset_and_again(f);
	assert_int_equal(backend_count(&f->fb, VHU_RESET_DEVICE), 0);
	assert_int_equal(backend_count(&f->fb, VHU_GET_VRING_BASE), 9);
}

static void
test_reset_never_done(void **state)
{
	struct fixture *f = *state;

	f->fb.no_reset = f->fb.lingers = true;
	backend_start(&f->fb);
	create(f);
	log_capture_start();
	assert_int_equal(f->t->ops->reset(f->t), -ETIMEDOUT);
	assert_true(log_capture_count("did not finish a reset"));
	/* It may still use its memory, until it hangs up. */
	assert_int_equal(f->t->ops->reset(f->t), -ETIMEDOUT);
	backend_stop(&f->fb);
	assert_int_equal(f->t->ops->reset(f->t), 0);
}

#define SLOW_MS		(TIMEOUT * 9 / 10)	/* within the bound of a message */

static uint32_t slow_request;

static void
answer_late(uint32_t request)
{
	if (request == slow_request)
		virtual_time_jump(SLOW_MS);
}

/* Each answer comes in time, and says that the work is not done: one deadline ends it. */
static void
reset_is_slow(struct fixture *f, uint32_t request, bool lingers)
{
	uint64_t begin;

	backend_init(&f->fb);
	f->args.path = f->fb.path;
	f->fb.no_reset = true;
	f->fb.lingers = lingers;
	f->fb.before = answer_late;
	slow_request = UINT32_MAX;
	backend_start(&f->fb);
	create(f);
	f->fb.no_reset = false;		/* the thread waits */
	bring_up(f, FEATURES);
	backend_lock(&f->fb);
	f->fb.no_reset = true;
	slow_request = request;
	backend_unlock(&f->fb);
	begin = virtual_time_ms();
	assert_int_equal(f->t->ops->reset(f->t), lingers ? -ETIMEDOUT : 0);
	if (virtual_time_ms() - begin > (lingers ? 2 : 1) * TIMEOUT + SLOW_MS)
		fail_msg("request %u: %u ms", request, (unsigned int)(virtual_time_ms() - begin));
	/* The premise: it was late more than once, or is the only one of its kind. */
	assert_true(virtual_time_ms() - begin >= SLOW_MS);
	destroy(f);
	backend_stop(&f->fb);
}

static void
test_slow_reset_has_one_deadline(void **state)
{
	static const uint32_t request[] = {
		VHU_GET_STATUS, VHU_SET_STATUS, VHU_GET_VRING_BASE, VHU_SET_VRING_ENABLE,
	};
	size_t i;

	for (i = 0; i < sizeof(request) / sizeof(request[0]); i++) {
		reset_is_slow(*state, request[i], false);
		reset_is_slow(*state, request[i], true);
	}
}

/* A back end that does not stop a ring is asked to hang up, and may be believed then. */
static void
stop_fails(struct fixture *f, enum backend_act act, bool lingers, int rc)
{
	backend_init(&f->fb);
	f->args.path = f->fb.path;
	f->fb.fault.request = VHU_GET_VRING_BASE;
	f->fb.fault.act = act;
	f->fb.lingers = lingers;
	backend_start(&f->fb);
	create(f);
	bring_up(f, FEATURES);
	assert_int_equal(f->t->ops->reset(f->t), rc);
	destroy(f);
	backend_stop(&f->fb);
}

static void
test_ring_not_stopped(void **state)
{
	stop_fails(*state, BACKEND_SILENT, false, 0);
	stop_fails(*state, BACKEND_SHORT, false, 0);
	stop_fails(*state, BACKEND_OTHER_REQUEST, false, 0);
	stop_fails(*state, BACKEND_ONE_FD, false, 0);
	stop_fails(*state, BACKEND_OTHER_VALUE, true, -ETIMEDOUT);
	stop_fails(*state, BACKEND_CLOSE, false, 0);
	stop_fails(*state, BACKEND_SILENT, true, -ETIMEDOUT);
	stop_fails(*state, BACKEND_LONG, true, -ETIMEDOUT);
}

/* ---- queue reset ---- */

static void
test_queue_reset(void **state)
{
	struct fixture *f = *state;
	uint64_t features = FEATURES | VIRTIO_F_RING_RESET;

	f->fb.features |= VIRTIO_F_RING_RESET;
	backend_start(&f->fb);
	create(f);
	bring_up(f, features);
	assert_int_equal(f->t->ops->queue_reset(f->t, 1), 0);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.vring[1].kick_fd, -1);
	assert_true(f->fb.vring[0].enabled);
	backend_unlock(&f->fb);
	/* Twice does no harm, and afterwards it is set up at once, the others as they are. */
	assert_int_equal(f->t->ops->queue_reset(f->t, 1), 0);
	enable_queue(f, 1, 16, false);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.vring[1].num, 16);
	assert_true(f->fb.vring[1].enabled);
	backend_unlock(&f->fb);
	assert_int_equal(backend_count(&f->fb, VHU_SET_MEM_TABLE), 1);
	assert_int_equal(backend_count(&f->fb, VHU_SET_VRING_CALL), 4);
}

/* ---- a back end that misbehaves at one message after the handshake ---- */

static const struct {
	uint32_t request;
	unsigned int nth;
} later[] = {
	{ VHU_SET_STATUS, 1 }, { VHU_GET_STATUS, 1 }, { VHU_SET_STATUS, 2 },
	{ VHU_GET_FEATURES, 2 }, { VHU_SET_FEATURES, 1 }, { VHU_SET_MEM_TABLE, 1 },
	{ VHU_SET_VRING_CALL, 1 }, { VHU_SET_VRING_CALL, 3 }, { VHU_SET_VRING_NUM, 2 },
	{ VHU_SET_VRING_BASE, 1 }, { VHU_SET_VRING_ADDR, 3 }, { VHU_SET_VRING_KICK, 2 },
	{ VHU_SET_VRING_ENABLE, 1 }, { VHU_SET_VRING_ENABLE, 3 }, { VHU_SET_STATUS, 5 },
};

static void
misbehave_later(struct fixture *f, size_t i, enum backend_act act)
{
	int rc;

	backend_init(&f->fb);
	f->args.path = f->fb.path;
	backend_start(&f->fb);
	create(f);
	backend_lock(&f->fb);
	f->fb.fault.request = later[i].request;
	f->fb.fault.nth = later[i].nth;
	f->fb.fault.act = act;
	backend_unlock(&f->fb);
	log_capture_start();
	rc = try_bring_up(f);
	/* The reset at the start drops a bad connection: then it went well on a new one. */
	if (rc == 0)
		assert_true(act == BACKEND_OBEY || later[i].nth == 1);
	else
		assert_true(log_capture_errors() >= 1);
	/* Whatever happened: it can be reset, and brought up, since the fault is over. */
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(try_bring_up(f), 0);
	assert_int_equal(f->t->ops->check(f->t), 0);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	destroy(f);
	backend_stop(&f->fb);
	assert_null(f->fb.objection);
}

static void
test_misbehaving_later(void **state)
{
	struct fixture *f = *state;
	unsigned int before = fds_open();
	size_t i;
	int act;

	for (i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		for (act = BACKEND_OBEY; act < BACKEND_NB_ACTS; act++)
			if (act != BACKEND_SILENT || i % 5 == 0)
				misbehave_later(f, i, (enum backend_act)act);
		assert_int_equal(fds_open(), before);
	}
}

const struct CMUnitTest rings_tests[] = {
	T(test_split), T(test_packed), T(test_admin), T(test_no_admin), T(test_order),
	T(test_kick), T(test_no_stale_kick),
	T(test_bad_queues),
	T(test_features_refused), T(test_reset_by_status), T(test_reset_by_message),
	T(test_reset_by_stopping_rings), T(test_reset_never_done),
	T(test_slow_reset_has_one_deadline), T(test_ring_not_stopped),
	T(test_queue_reset), T(test_misbehaving_later),
};
const size_t nb_rings_tests = sizeof(rings_tests) / sizeof(rings_tests[0]);

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The administration queue against a device that answers each command when it is notified, or
 * never, or wrongly.  A wait that the device does not end is ended by the transport's check.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/crypto/vcrypto/device/vcrypto_log.h"
#include "drivers/crypto/vcrypto/session/vcrypto_adminq.h"
#include "drivers/crypto/vcrypto/session/vcrypto_ctrl_message.h"
#include "drivers/crypto/vcrypto/transport/transport.h"
#include "fake_mem.h"
#include "log_capture.h"
#include "vq_device.h"
#include "vq_hot.h"

RTE_LOG_REGISTER(vcrypto_logtype, pmd.crypto.vcrypto, NOTICE)

#define ADMIN_INDEX	5
#define MAX_SEGS	4
#define OBJ_LEN		196	/* bytes */
#define KEY_BYTE	0xa5
#define KEY_RUN		4	/* so many in a row are of a key; fewer may be of an address */

/* What the device does with a command. */
struct reply {
	uint16_t status, qualifier;
	size_t len;		/* bytes of the result */
	bool silent;
	bool unwritten;		/* says that it wrote, and does not */
	uint32_t used_len;	/* UINT32_MAX: what it wrote */
};

static struct {
	struct vcrypto_dev dev;
	struct vcrypto_transport t;
	struct rte_cryptodev cdev;
	struct rte_cryptodev_data data;
	struct vqd d;
	uint16_t max_size, index;	/* of the queue, as the device says */
	struct reply reply;
	unsigned int nb_busy;	/* so many commands are answered with EAGAIN before */
	bool resets;		/* the next look at the device is after a reset */

	/* The last command that the device saw, and the one that it holds. */
	unsigned int nb_seen;
	struct req_admin seen;
	uint8_t bytes[VCRYPTO_ADMIN_REQ_MAX];
	size_t room;
	struct vqd_req held;
	struct vqd_seg seg[MAX_SEGS];
} w;

static uint8_t answer[VCRYPTO_ADMIN_ANSWER_MAX];

/* ---- in place of the rest of the driver; its memory is fake_mem.c's ---- */

void
vcrypto_ctrl_message_abandon(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call)
{
	(void)dev;
	(void)call;
}

/* ---- the device ---- */

static void
device_open(void)
{
	struct vqd_config cfg = { .indirect = true, .size = w.dev.adminq.size };

	fake_mem_device(&cfg, w.dev.kind);
	assert_int_equal(vqd_init(&w.d, &cfg), 0);
}

/* Answers the command that it holds. */
static void
device_answer(struct reply reply)
{
	static const uint8_t result[VCRYPTO_ADMIN_ANSWER_MAX] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct req_admin_status s = { reply.status, reply.qualifier };
	size_t n = 0;

	if (!reply.unwritten)
		n = req_admin_result_build(w.held.seg[1].ptr, w.held.seg[1].len, &s, result,
				reply.len);
	vqd_push(&w.d, &w.held, reply.used_len != UINT32_MAX ? reply.used_len : (uint32_t)n);
	vqd_publish(&w.d);
}

void
vcrypto_notify(const struct vcrypto_notify *n, uint32_t data)
{
	struct req_admin_status why;
	struct reply busy = { .status = VIRTIO_ADMIN_STATUS_EAGAIN, .used_len = UINT32_MAX };

	(void)data;
	assert_ptr_equal(n, &w.dev.adminq.notify);
	assert_int_equal(vqd_pop_pool(&w.d, &w.held, 1, w.seg, MAX_SEGS), 1);
	assert_int_equal(w.held.nb_read, 1);
	assert_int_equal(w.held.nb_write, 1);
	assert_true(w.held.read_len <= sizeof(w.bytes) && w.held.read_len % 8 == 0);
	memcpy(w.bytes, w.held.seg[0].ptr, w.held.read_len);
	w.room = w.held.write_len;
	assert_int_equal(req_admin_parse(&w.seen, &why, w.bytes, w.held.read_len,
			REQ_ADMIN_ALL), 0);
	w.nb_seen++;
	if (w.nb_busy != 0) {
		w.nb_busy--;
		device_answer(busy);
	} else if (!w.reply.silent) {
		device_answer(w.reply);
	}
}

static void
device_reset(void)
{
	w.dev.live = false;
	w.dev.generation++;
	vcrypto_adminq_abort(&w.dev);
}

static int
check(struct vcrypto_transport *t)
{
	(void)t;
	if (!w.resets)
		return -ETIMEDOUT;
	w.resets = false;
	device_reset();
	return 0;
}

static uint16_t
queue_max_size(struct vcrypto_transport *t, uint16_t index)
{
	(void)t;
	assert_int_equal(index, ADMIN_INDEX);
	return w.max_size;
}

static uint16_t
admin_queue(struct vcrypto_transport *t)
{
	(void)t;
	return w.index;
}

static const struct vcrypto_transport_ops ops = {
	.name = "scripted", .queue_max_size = queue_max_size, .admin_queue = admin_queue,
	.check = check,
};

static void
bring_up(void)
{
	device_reset();
	assert_int_equal(vcrypto_adminq_setup(&w.dev), 0);
	device_open();
	w.dev.live = true;
}

static int
setup(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.max_size = 8;
	w.index = ADMIN_INDEX;
	w.reply.used_len = UINT32_MAX;
	w.t.ops = &ops;
	w.dev.t = &w.t;
	w.dev.cdev = &w.cdev;
	w.cdev.data = &w.data;
	w.dev.data = &w.data;
	w.dev.traits.has_ctrlq = true;
	w.dev.kind = VQ_SPLIT;
	w.dev.features = VIRTIO_F_INDIRECT_DESC | VIRTIO_F_ADMIN_VQ;
	w.dev.args.ctrl_timeout_ms = 60000;
	rte_spinlock_init(&w.dev.ctrlq.lock);
	log_capture_start();
	bring_up();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	vcrypto_adminq_release(&w.dev);
	vcrypto_adminq_release(&w.dev);
	log_capture_stop();
	return fake_mem_zone.addr == NULL ? 0 : -1;
}

/* ---- commands ---- */

static int
query(struct req_admin_result *r)
{
	struct req_admin c = { .opcode = VIRTIO_ADMIN_CMD_LIST_QUERY };

	memset(answer, 0x77, sizeof(answer));
	return vcrypto_admin_call(&w.dev, r, answer, 64, &c, NULL, vcrypto_cookie(&w.dev));
}

static int
write_keys(uint8_t *at, size_t len, const void *arg)
{
	size_t i;

	assert_int_equal(len, OBJ_LEN);
	for (i = 0; i < len; i++)
		assert_int_equal(at[i], 0);
	memset(at, KEY_BYTE, len);
	return *(const int *)arg;
}

static int
create(struct req_admin_result *r, int fails)
{
	struct req_admin c = {
		.opcode = VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE, .obj_type = 3, .obj_id = 7,
		.data_len = OBJ_LEN,
	};
	struct vcrypto_admin_fill fill = { .write = write_keys, .arg = &fails };

	return vcrypto_admin_call(&w.dev, r, answer, 8, &c, &fill, vcrypto_cookie(&w.dev));
}

static unsigned int
keys_in_memory(void)
{
	const uint8_t *p = fake_mem_zone.addr;
	unsigned int n = 0, run;
	size_t i;

	for (i = 0; i < fake_mem_zone.len; i += run + 1) {
		for (run = 0; i + run < fake_mem_zone.len && p[i + run] == KEY_BYTE; run++)
			;
		n += run >= KEY_RUN ? run : 0;
	}
	return n;
}

static void
results_arrive(void **state)
{
	struct req_admin_result r;

	(void)state;
	w.reply.len = 9;
	assert_int_equal(query(&r), 0);
	assert_int_equal(w.seen.opcode, VIRTIO_ADMIN_CMD_LIST_QUERY);
	assert_int_equal(w.room, 64);
	assert_int_equal(r.status.status, VIRTIO_ADMIN_STATUS_OK);
	assert_int_equal(r.len, 16);	/* filled up by the device */
	assert_ptr_equal(r.data, answer + 8);
	assert_int_equal(r.data[8], 9);
	assert_int_equal(r.data[9], 0);
	assert_int_equal(answer[64], 0x77);
	assert_int_equal(log_capture_errors(), 0);
}

/* In the device's memory while it works, and nowhere afterwards. */
static void
keys_are_written_in_place_and_wiped(void **state)
{
	struct req_admin_result r;

	(void)state;
	assert_int_equal(create(&r, 0), 0);
	assert_int_equal(w.seen.opcode, VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE);
	assert_int_equal(w.seen.obj_id, 7);
	assert_true(w.seen.data_len >= OBJ_LEN);
	assert_int_equal(w.seen.data[OBJ_LEN - 1], KEY_BYTE);
	assert_int_equal(keys_in_memory(), 0);
	/* A command that is not sent leaves none either. */
	assert_int_equal(create(&r, -ENOTSUP), -ENOTSUP);
	assert_int_equal(w.nb_seen, 1);
	assert_int_equal(keys_in_memory(), 0);
	/* One without an answer is the device's, until a reset. */
	w.reply.silent = true;
	assert_int_equal(create(&r, 0), -ETIMEDOUT);
	assert_int_equal(r.status.status, VIRTIO_ADMIN_STATUS_OK);
	assert_true(keys_in_memory() >= OBJ_LEN);
	assert_int_equal(log_capture_count("no answer on the administration queue"), 1);
	device_reset();
	assert_int_equal(keys_in_memory(), 0);
}

static void
statuses_are_errors(void **state)
{
	struct req_admin_result r;

	(void)state;
	w.reply.status = VIRTIO_ADMIN_STATUS_EEXIST;
	w.reply.qualifier = VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD;
	w.reply.len = 8;
	assert_int_equal(query(&r), -EEXIST);
	assert_int_equal(r.status.status, VIRTIO_ADMIN_STATUS_EEXIST);
	assert_int_equal(r.status.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
	assert_int_equal(r.len, 0);
	w.reply.status = 0xffff;
	assert_int_equal(query(&r), -EINVAL);
	assert_int_equal(w.nb_seen, 2);	/* neither is sent again */
	assert_int_equal(log_capture_errors(), 0);
}

static void
lengths_are_not_trusted(void **state)
{
	static const struct {
		uint32_t used_len;
		int rc;
		size_t len;
	} lies[] = {
		{ 0, -EBADMSG, 0 }, { 3, -EBADMSG, 0 }, { 4, 0, 0 }, { 8, 0, 0 }, { 9, 0, 1 },
		{ 64, 0, 56 },
	};
	struct req_admin_result r;
	size_t i;

	(void)state;
	w.reply.len = 56;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		w.reply.used_len = lies[i].used_len;
		assert_int_equal(query(&r), lies[i].rc);
		assert_int_equal(r.len, lies[i].len);
	}
	/* Nothing was written, whatever it says: no success, and no earlier result. */
	w.reply.unwritten = true;
	assert_int_equal(query(&r), -EINVAL);
	assert_int_equal(r.status.status, 0xffff);
	/* More than there is room for. */
	w.reply.unwritten = false;
	w.reply.used_len = UINT32_MAX - 1;
	assert_true(query(&r) == 0 ? r.len == 56 : vq_broken(w.dev.adminq.vq) != NULL);
	assert_int_equal(answer[64], 0x77);
}

static void
busy_devices_are_asked_again(void **state)
{
	struct req_admin_result r;

	(void)state;
	w.nb_busy = 3;
	assert_int_equal(create(&r, 0), 0);
	assert_int_equal(w.nb_seen, 4);
	assert_int_equal(keys_in_memory(), 0);
	/* For ever: there is a bound. */
	w.nb_seen = 0;
	w.nb_busy = UINT32_MAX;
	assert_int_equal(query(&r), -EAGAIN);
	assert_int_equal(r.status.status, VIRTIO_ADMIN_STATUS_EAGAIN);
	assert_int_equal(w.nb_seen, VCRYPTO_ADMIN_TRIES);
}

/* Quarantined slots fill the queue; then a reset in the middle of a wait ends it. */
static void
commands_are_of_one_generation(void **state)
{
	uint64_t cookie = vcrypto_cookie(&w.dev);
	struct req_admin c = { .opcode = VIRTIO_ADMIN_CMD_LIST_QUERY };
	struct req_admin_result r;
	unsigned int i;

	(void)state;
	w.reply.silent = true;
	for (i = 0; i < w.max_size; i++) {
		assert_true(vcrypto_adminq_usable(&w.dev));
		assert_int_equal(query(&r), -ETIMEDOUT);
	}
	assert_false(vcrypto_adminq_usable(&w.dev));
	w.resets = true;
	assert_int_equal(query(&r), -EAGAIN);
	assert_int_equal(r.status.status, VIRTIO_ADMIN_STATUS_OK);
	assert_int_equal(w.nb_seen, w.max_size);
	w.reply.silent = false;
	bring_up();
	assert_int_equal(vcrypto_admin_call(&w.dev, &r, answer, 8, &c, NULL, cookie), -EAGAIN);
	assert_int_equal(query(&r), 0);
	assert_int_equal(w.nb_seen, w.max_size + 1);
}

static void
queues_that_are_none(void **state)
{
	struct req_admin_result r;

	(void)state;
	w.max_size = 1;
	device_reset();
	assert_int_equal(vcrypto_adminq_setup(&w.dev), -ENODEV);
	assert_int_equal(log_capture_count("no usable administration queue"), 1);
	w.dev.live = true;
	assert_int_equal(query(&r), -EAGAIN);
	w.max_size = 8;
	w.index = 0;
	device_reset();
	assert_int_equal(vcrypto_adminq_setup(&w.dev), -ENODEV);
	assert_int_equal(log_capture_count("no usable administration queue"), 2);
	w.dev.live = true;
	assert_int_equal(query(&r), -EAGAIN);
	assert_true(vcrypto_adminq_usable(&w.dev));
	assert_int_equal(w.nb_seen, 0);
	w.index = ADMIN_INDEX;
	bring_up();
	assert_int_equal(query(&r), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(results_arrive, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_written_in_place_and_wiped, setup,
			teardown),
		cmocka_unit_test_setup_teardown(statuses_are_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_are_not_trusted, setup, teardown),
		cmocka_unit_test_setup_teardown(busy_devices_are_asked_again, setup, teardown),
		cmocka_unit_test_setup_teardown(commands_are_of_one_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(queues_that_are_none, setup, teardown),
	};

	return cmocka_run_group_tests_name("adminq", tests, NULL, NULL);
}

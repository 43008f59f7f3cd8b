/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands that wait for a slot while another thread resets the device: here the reset
 * happens inside of the wait, from the transport's check, so that no thread is needed.
 * And a device that comes back from a reset without a usable control queue.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_malloc.h>

#include "drivers/crypto/vcrypto/session/vcrypto_ctrlq.h"
#include "drivers/crypto/vcrypto/transport/transport.h"
#include "drivers/crypto/vcrypto/device/vcrypto_mem.h"
#include "lib/request/req_ctrl.h"
#include "log_capture.h"

RTE_LOG_REGISTER(vcrypto_logtype, pmd.crypto.vcrypto, NOTICE)

static struct {
	struct vcrypto_dev dev;
	struct vcrypto_transport t;
	struct rte_cryptodev cdev;
	struct rte_cryptodev_data data;
	unsigned int kicks;
	uint16_t max_size;	/* entries of the control queue, as the device says */
	bool resets;		/* the next look at the device is after a reset */
} w;

/* ---- in place of the rest of the driver; its memory is fake_mem.c's ---- */

unsigned int
vcrypto_req_flags(const struct vcrypto_dev *dev, enum virtio_crypto_service service)
{
	(void)service;
	return (dev->features & VIRTIO_CRYPTO_F_REVISION_1) != 0 ? REQ_F_REVISION_1 : 0;
}

/* ---- a device that never answers ---- */

static void
reset(void)
{
	w.dev.live = false;
	w.dev.generation++;
	vcrypto_ctrlq_abort(&w.dev);
}

static void
bring_up(uint64_t features)
{
	reset();
	w.dev.features = VIRTIO_F_INDIRECT_DESC | features;
	assert_int_equal(vcrypto_ctrlq_setup(&w.dev), 0);
	w.dev.live = true;
	w.kicks = 0;
}

/* Its look ends every wait, unless it is a reset that does. */
static int
check(struct vcrypto_transport *t)
{
	(void)t;
	if (!w.resets)
		return -ETIMEDOUT;
	w.resets = false;
	bring_up(VIRTIO_CRYPTO_F_REVISION_1);
	return 0;
}

void
vcrypto_notify(const struct vcrypto_notify *n, uint32_t data)
{
	(void)n;
	(void)data;
	w.kicks++;
}

static uint16_t
queue_max_size(struct vcrypto_transport *t, uint16_t index)
{
	(void)t;
	(void)index;
	return w.max_size;
}

static const struct vcrypto_transport_ops ops = {
	.name = "silent", .queue_max_size = queue_max_size, .check = check,
};

static int
create(uint64_t cookie)
{
	static const uint8_t key[16];
	struct req_session s = {
		.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = sizeof(key),
	};
	uint64_t id;

	return vcrypto_ctrl_create(&w.dev, &id, &s, cookie);
}

/* Every slot is with the device. */
static int
setup(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.max_size = 2;
	w.t.ops = &ops;
	w.dev.traits.has_ctrlq = true;
	w.dev.t = &w.t;
	w.dev.cdev = &w.cdev;
	w.cdev.data = &w.data;
	w.dev.data = &w.data;
	w.dev.kind = VQ_SPLIT;
	w.dev.args.ctrl_timeout_ms = 60000;
	rte_spinlock_init(&w.dev.ctrlq.lock);
	log_capture_start();
	bring_up(0);
	while (vcrypto_ctrlq_usable(&w.dev))
		assert_int_equal(create(vcrypto_cookie(&w.dev)), -ETIMEDOUT);
	assert_true(w.kicks > 0);
	w.resets = true;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	vcrypto_ctrlq_release(&w.dev);
	log_capture_stop();
	return 0;
}

/* The id may be another session's by now. */
static void
destroy_is_of_one_generation(void **state)
{
	uint64_t cookie = vcrypto_cookie(&w.dev);

	(void)state;
	assert_int_equal(vcrypto_ctrl_destroy(&w.dev, REQ_CIPHER, 1, cookie), -EAGAIN);
	assert_false(w.resets);
	assert_int_equal(w.kicks, 0);
	assert_int_equal(vcrypto_ctrl_destroy(&w.dev, REQ_CIPHER, 1, cookie), -EAGAIN);
	assert_int_equal(w.kicks, 0);
	/* Of this generation it is sent. */
	w.dev.ctrlq.timed_out = 0;
	assert_int_equal(vcrypto_ctrl_destroy(&w.dev, REQ_CIPHER, 1, vcrypto_cookie(&w.dev)),
		-ETIMEDOUT);
	assert_int_equal(w.kicks, 1);
	assert_int_equal(w.dev.ctrlq.timed_out, 1);
}

/* Nobody would know of the session; and requests may have another layout since. */
static void
create_is_of_one_generation(void **state)
{
	(void)state;
	assert_int_equal(create(vcrypto_cookie(&w.dev)), -EAGAIN);
	assert_false(w.resets);
	assert_int_equal(w.kicks, 0);
	assert_int_equal(create(vcrypto_cookie(&w.dev)), -ETIMEDOUT);
	assert_int_equal(w.kicks, 1);
}

/* The ring from before the reset takes no command, not even if the device is said to live. */
static void
failed_setup_leaves_no_queue(void **state)
{
	(void)state;
	w.resets = false;
	w.kicks = 0;
	w.max_size = 1;
	reset();
	assert_int_equal(vcrypto_ctrlq_setup(&w.dev), -ENODEV);
	assert_null(w.dev.ctrlq.q.vq);
	assert_int_equal(w.dev.ctrlq.q.size, 0);
	assert_int_equal(create(vcrypto_cookie(&w.dev)), -EAGAIN);
	w.dev.live = true;
	assert_int_equal(create(vcrypto_cookie(&w.dev)), -EAGAIN);
	assert_int_equal(w.kicks, 0);
	/* With a queue again it is as new. */
	w.max_size = 2;
	bring_up(0);
	assert_int_equal(create(vcrypto_cookie(&w.dev)), -ETIMEDOUT);
	assert_int_equal(w.kicks, 1);
}

/* As many as there is room for; whoever gives up, or a reset, ends the others' wait. */
static void
commands_in_steps(void **state)
{
	static const uint8_t key[16];
	const struct req_session s = {
		.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = sizeof(key),
	};
	static struct vcrypto_ctrl_call call[VCRYPTO_CTRLQ_SIZE], more;
	unsigned int i, nb_lines = log_capture_count("no answer on the control queue");
	uint64_t cookie, id, nb_timed_out = w.dev.ctrlq.timed_out;

	(void)state;
	w.resets = false;
	w.max_size = VCRYPTO_CTRLQ_SIZE;
	reset();
	bring_up(0);
	cookie = vcrypto_cookie(&w.dev);
	for (i = 0; i < VCRYPTO_CTRLQ_SIZE; i++)
		assert_int_equal(vcrypto_ctrl_create_begin(&w.dev, &call[i], &s, cookie, false), 0);
	assert_int_equal(w.kicks, VCRYPTO_CTRLQ_SIZE);
	assert_int_equal(vcrypto_ctrl_create_begin(&w.dev, &more, &s, cookie, false), -EBUSY);
	assert_int_equal(vcrypto_ctrl_destroy_unheard(&w.dev, REQ_CIPHER, 1, cookie), -EBUSY);
	/* Full for longer than a command may take: it hangs. */
	w.dev.args.ctrl_timeout_ms = 0;
	assert_int_equal(vcrypto_ctrl_create_begin(&w.dev, &more, &s, cookie, false),
		-ETIMEDOUT);
	w.dev.args.ctrl_timeout_ms = 60000;
	assert_int_equal(vcrypto_ctrl_create_poll(&w.dev, &call[0], &id), -EINPROGRESS);
	vcrypto_ctrl_cancel(&w.dev, &call[0]);
	call[1].end = 0;	/* its time is over */
	assert_int_equal(vcrypto_ctrl_create_poll(&w.dev, &call[1], &id), -ETIMEDOUT);
	assert_int_equal(log_capture_count("no answer on the control queue"), nb_lines + 1);
	reset();
	for (i = 2; i < VCRYPTO_CTRLQ_SIZE; i++)
		assert_int_equal(vcrypto_ctrl_create_end(&w.dev, &call[i], &id), -EIO);
	assert_false(call[0].done);
	assert_false(call[1].done);
	assert_int_equal(w.dev.ctrlq.timed_out, nb_timed_out + 2);
}

/* A reset ends posted messages, too; what the thread has not sent knows no caller any more. */
static void
messages_end_with_a_reset(void **state)
{
	static const uint8_t key[16];
	const struct req_session s = {
		.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = sizeof(key),
	};
	static struct vcrypto_ctrl_call call[2];
	uint64_t id;

	(void)state;
	bring_up(0);
	vcrypto_ctrlq_init(&w.dev);
	w.dev.traits.has_ctrlq = false;
	w.dev.ctrlq.sends = true;	/* by a thread that gets no turn */
	assert_int_equal(vcrypto_ctrl_create_begin(&w.dev, &call[0], &s, vcrypto_cookie(&w.dev),
			false), 0);
	assert_int_equal(vcrypto_ctrl_create_begin(&w.dev, &call[1], &s, vcrypto_cookie(&w.dev),
			false), 0);
	assert_int_equal(vcrypto_ctrl_create_poll(&w.dev, &call[0], &id), -EINPROGRESS);
	vcrypto_ctrl_cancel(&w.dev, &call[1]);
	reset();
	assert_int_equal(vcrypto_ctrl_create_poll(&w.dev, &call[0], &id), -EAGAIN);
	assert_false(call[1].done);
	memset(call, 0, sizeof(call));
	assert_int_equal(w.dev.ctrlq.nb_posts, 2);
	w.dev.ctrlq.sends = false;
	vcrypto_ctrlq_fini(&w.dev);
	assert_false(call[0].done);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(destroy_is_of_one_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(create_is_of_one_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_setup_leaves_no_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(commands_in_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(messages_end_with_a_reset, setup, teardown),
	};

	return cmocka_run_group_tests_name("ctrlq", tests, NULL, NULL);
}

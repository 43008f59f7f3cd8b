/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The channel on which a back end says by itself that it has changed (BACKEND_REQ), with
 * EAL's own interrupt and alarm threads: what it says is heeded sooner than polling could
 * notice it, a new back end has a channel too, and one that says too much, or nonsense, is
 * not heard any more and does no harm.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_cryptodev.h>
#include <cryptodev_pmd.h>

#include "device/vcrypto_device.h"
#include "log_capture.h"
#include "rhythm.h"
#include "vcrypto_health.h"
#include "vdev.h"

/* A periodic check takes the answer to what the one before has asked: polling cannot notice
 * a change within one period.  A machine that is loaded may be late, but not each time.
 */
#define SOON_MS		(VCRYPTO_HEALTH_MS - 20)
#define TRIES		20
#define PATIENCE_MS	100000	/* only what has failed takes so long */

static const struct vhu_header config_changed = {
	.request = VHU_BACKEND_CONFIG_CHANGE, .flags = VHU_VERSION,
};

static struct vcrypto_dev *
device(void)
{
	return vcrypto_dev_of(rte_cryptodev_pmd_get_dev(VDEV_ID));
}

static bool
is_lost(void)
{
	return __atomic_load_n(&device()->lost, __ATOMIC_RELAXED) != VCRYPTO_NOT_LOST;
}

static void
set_ready(bool ready)
{
	backend_lock(&vdev_fb);
	vdev_fb.config.status = cpu_to_le32(ready ? VIRTIO_CRYPTO_S_HW_READY : 0);
	backend_unlock(&vdev_fb);
}

/* On the back end's channel; waits (bounded) for an answer if len_back is not 0. */
static bool
say_and_hear(const void *bytes, size_t len, void *back, size_t len_back)
{
	struct pollfd p = { .events = POLLIN };
	bool ok;

	backend_lock(&vdev_fb);
	p.fd = vdev_fb.channel;
	ok = p.fd >= 0 && send(p.fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
	if (ok && len_back != 0)
		ok = poll(&p, 1, PATIENCE_MS) == 1 &&
			recv(p.fd, back, len_back, MSG_DONTWAIT) == (ssize_t)len_back;
	backend_unlock(&vdev_fb);
	return ok;
}

static bool
say(const void *bytes, size_t len)
{
	return say_and_hear(bytes, len, NULL, 0);
}

static int
up(void **state)
{
	(void)state;
	backend_init(&vdev_fb);
	vdev_fb.proto |= VHU_PROTO_F_BACKEND_REQ;
	backend_start(&vdev_fb);
	if (vdev_up(1, 64, "") != 0)
		return -1;
	log_capture_start();
	return 0;
}

static int
down(void **state)
{
	rte_cryptodev_stop(VDEV_ID);
	vdev_unplug();
	return vdev_backend_stop(state);
}

/* Says so, and counts ms until the driver has noticed. */
static uint64_t
lose(void)
{
	uint64_t begin = rhythm_now_ms();

	set_ready(false);
	assert_true(say(&config_changed, sizeof(config_changed)));
	while (!is_lost()) {
		assert_true(rhythm_now_ms() - begin < PATIENCE_MS);
		usleep(500);
	}
	return rhythm_now_ms() - begin;
}

static void
again(void)
{
	set_ready(true);
	rte_cryptodev_stop(VDEV_ID);
	assert_int_equal(rte_cryptodev_start(VDEV_ID), 0);
	assert_false(is_lost());
}

static void
noticed_at_once(void)
{
	uint64_t soonest = PATIENCE_MS, ms;
	unsigned int i;

	for (i = 0; i < TRIES && soonest > SOON_MS; i++) {
		ms = lose();
		soonest = ms < soonest ? ms : soonest;
		again();
	}
	printf("noticed after %u ms at best, %u tries\n", (unsigned int)soonest, i);
	assert_true(soonest <= SOON_MS);
}

static void
told(void **state)
{
	(void)state;
	noticed_at_once();
}

/* The channel belongs to a connection: the next one has its own. */
static void
told_by_the_next(void **state)
{
	(void)state;
	backend_hang_up(&vdev_fb);
	again();
	noticed_at_once();
}

static void
an_answer_is_given(void **state)
{
	static const struct {
		uint32_t request;
		uint64_t ack;
	} asked[] = { { VHU_BACKEND_CONFIG_CHANGE, 0 }, { VHU_BACKEND_IOTLB_MSG, 1 } };
	struct {
		struct vhu_header hdr;
		uint64_t ack;
	} __attribute__((packed)) back;
	struct vhu_header hdr = { .flags = VHU_VERSION | VHU_FLAG_NEED_REPLY };
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(asked); i++) {
		hdr.request = asked[i].request;
		assert_true(say_and_hear(&hdr, sizeof(hdr), &back, sizeof(back)));
		assert_int_equal(back.hdr.request, asked[i].request);
		assert_int_equal(back.hdr.flags, VHU_VERSION | VHU_FLAG_REPLY);
		assert_int_equal(back.ack, asked[i].ack);
	}
	assert_false(is_lost());
}

static void
await_line(const char *text)
{
	uint64_t end = rhythm_now_ms() + PATIENCE_MS;

	while (log_capture_count(text) == 0) {
		assert_true(rhythm_now_ms() < end);
		usleep(1000);
	}
}

/* A hint that is false is no loss, and too many of them end the hearing. */
static void
too_much(void **state)
{
	struct vhu_header many[4 * VCRYPTO_HINTS_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(many); i++)
		many[i] = config_changed;
	assert_true(say(many, sizeof(many)));
	await_line("they are switched off");
	(void)say(many, sizeof(many));
	usleep(3 * VCRYPTO_HEALTH_MS * 1000);
	assert_int_equal(log_capture_count("they are switched off"), 1);
	assert_false(is_lost());
	again();
	noticed_at_once();
}

static void
nonsense(void **state)
{
	static const struct {
		struct vhu_header hdr;
		size_t len;
	} bad[] = {
		{ { VHU_BACKEND_CONFIG_CHANGE, 2, 0 }, sizeof(struct vhu_header) },
		{ { VHU_BACKEND_CONFIG_CHANGE, VHU_VERSION, UINT32_MAX },
			sizeof(struct vhu_header) },
		{ { VHU_BACKEND_CONFIG_CHANGE, VHU_VERSION, 8 }, sizeof(struct vhu_header) },
		{ { VHU_BACKEND_CONFIG_CHANGE, VHU_VERSION, 0 }, 5 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		log_capture_start();
		assert_true(say(&bad[i].hdr, bad[i].len));
		await_line("is not read any more");
		assert_false(is_lost());
		/* Until the next connection. */
		backend_hang_up(&vdev_fb);
		again();
	}
	noticed_at_once();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(told, up, down),
		cmocka_unit_test_setup_teardown(told_by_the_next, up, down),
		cmocka_unit_test_setup_teardown(an_answer_is_given, up, down),
		cmocka_unit_test_setup_teardown(too_much, up, down),
		cmocka_unit_test_setup_teardown(nonsense, up, down),
	};

	if (vdev_eal() != 0)
		return 1;
	return cmocka_run_group_tests_name("vdev_told", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The whole driver on a vhost-vdpa device, in the real EAL: its life, again and again; every
 * request refused; a device that fails, and comes back by recovery.  The device is the double
 * of the unit tests, so that /dev/null can stand for its file.
 */
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_eal.h>

#include "log_capture.h"
#include "test_vcrypto_vdpa.h"
#include "vdev.h"

#define ROUNDS		3
#define NEW_LOOK_US	20000	/* after this the driver asks for the status again */
#define PATIENCE_MS	20000	/* for what takes milliseconds on a quiet machine */

static int
device_new(void **state)
{
	(void)state;
	fake_init();
	fake.config.crypto_services = cpu_to_le32(1u << VIRTIO_CRYPTO_SERVICE_CIPHER);
	fake.config.cipher_algo_l = cpu_to_le32(1u << VIRTIO_CRYPTO_CIPHER_AES_CBC);
	fake.config.max_cipher_key_len = cpu_to_le32(64);
	fake.config.max_size = cpu_to_le64(1u << 20);
	strcpy(vdev_fb.path, "/dev/null");	/* any character device */
	return 0;
}

static int
device_old(void **state)
{
	(void)state;
	log_capture_stop();
	return fake_is_content() && fake.fd < 0 && rte_cryptodev_count() == 0 ? 0 : -1;
}

static void
stop_and_unplug(void)
{
	rte_cryptodev_stop(VDEV_ID);
	vdev_unplug();
	assert_int_equal(fake.fd, -1);
}

/* Both layouts of rings, both ways of notification; nothing is left of any round. */
static void
again_and_again(void **state)
{
	struct rte_cryptodev_info info;
	struct vdev_usage before, after;
	unsigned int i;

	(void)state;
	for (i = 0; i < 4 * ROUNDS; i++) {
		if (i == 4)
			vdev_usage_now(&before);	/* what EAL keeps is there now */
		fake_trace_clear();
		fake.areas = i & 1 ? 5 : 0;
		assert_int_equal(vdev_up(2, 128, i & 2 ? ",queues=2,packed_vq=1" :
				",queues=2"), 0);
		rte_cryptodev_info_get(VDEV_ID, &info);
		assert_int_equal(info.max_nb_queue_pairs, 2);
		assert_string_equal(info.driver_name, "crypto_virtio");
		assert_int_equal(fake_status(), 0xf);
		assert_true(fake.ring[0].enabled && fake.ring[1].enabled && fake.ring[4].enabled);
		assert_true(fake.nb_maps != 0);
		assert_int_equal(fake.nb_areas, i & 1 ? 3 : 0);
		rte_cryptodev_stop(VDEV_ID);
		assert_int_equal(rte_cryptodev_start(VDEV_ID), 0);
		stop_and_unplug();
	}
	vdev_usage_now(&after);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* Whatever the device refuses at a start, the driver says so and can start it later. */
static void
refusals(void **state)
{
	static const unsigned long each[] = {
		VDPA_SET_VRING_CALL, VDPA_SET_VRING_NUM, VDPA_SET_VRING_BASE, VDPA_SET_VRING_ADDR,
		VDPA_SET_VRING_KICK, VDPA_SET_VRING_ENABLE, VDPA_SET_FEATURES, VDPA_GET_FEATURES,
		VDPA_GET_CONFIG,
	};
	size_t i;

	(void)state;
	assert_int_equal(vdev_up(2, 128, ",queues=2"), 0);
	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		rte_cryptodev_stop(VDEV_ID);
		fake_fail();			/* so that a start initialises it */
		usleep(NEW_LOOK_US);
		log_capture_start();
		fake.refused = each[i];
		fake.refusal = EIO;
		assert_int_not_equal(rte_cryptodev_start(VDEV_ID), 0);
		assert_int_not_equal(log_capture_count("refuses"), 0);
		assert_int_equal(fake_status() & VIRTIO_S_DRIVER_OK, 0);
		assert_int_equal(fake.nb_maps, 0);
		log_capture_stop();
		fake.refusal = 0;
		assert_int_equal(rte_cryptodev_start(VDEV_ID), 0);
		assert_int_equal(fake_status(), 0xf);
	}
	stop_and_unplug();
}

static bool
await_status(uint8_t status)
{
	unsigned int ms;

	for (ms = 0; ms < PATIENCE_MS && fake_status() != status; ms++)
		usleep(1000);
	return fake_status() == status;
}

/* NEEDS_RESET: the device is reset; the application starts it again. */
static void
fails_and_is_started(void **state)
{
	(void)state;
	assert_int_equal(vdev_up(2, 128, ",queues=2"), 0);
	assert_true(fake.config_fd >= 0);
	fake_fail();
	assert_true(await_status(0));
	rte_cryptodev_stop(VDEV_ID);
	assert_int_equal(rte_cryptodev_start(VDEV_ID), 0);
	assert_int_equal(fake_status(), 0xf);
	stop_and_unplug();
}

/* Queue pairs that are polled, as those of a program, let it come back by itself. */
static void
fails_and_comes_back(void **state)
{
	struct rte_crypto_op *op;
	unsigned int ms;

	(void)state;
	assert_int_equal(vdev_up(1, 128, ",queues=2,recover=1"), 0);
	log_capture_start();
	fake_fail();
	for (ms = 0; ms < PATIENCE_MS && log_capture_count("the device is back") == 0; ms++) {
		assert_int_equal(rte_cryptodev_dequeue_burst(VDEV_ID, 0, &op, 1), 0);
		usleep(1000);
	}
	assert_int_equal(log_capture_count("the device is back"), 1);
	assert_int_equal(fake_status(), 0xf);
	stop_and_unplug();
}

#define TD(f)	cmocka_unit_test_setup_teardown(f, device_new, device_old)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TD(again_and_again), TD(refusals), TD(fails_and_is_started),
		TD(fails_and_comes_back),
	};
	int rc;

	if (vdev_eal() != 0)
		return 1;
	rc = cmocka_run_group_tests_name("vdev_vdpa", tests, NULL, NULL);
	rte_eal_cleanup();
	return rc;
}

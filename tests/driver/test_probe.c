/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bad input from the command line and from devices: the probe, or the start, fails with
 * one line that says why, everything is given back, and other devices go on.
 */
#include <errno.h>
#include <string.h>

#include "lib/wire/virtio_pci.h"
#include "rig.h"

#define KEY	0x17

/* ---- another device, which works all the time ---- */

static struct rig *other;
static void *other_session;

static int
other_up(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[2].features };

	(void)state;
	other = rig_up(&conf, 1, 32);
	other_session = rig_cbc_session(other, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	assert_non_null(other_session);
	return 0;
}

static int
other_down(void **state)
{
	(void)state;
	rig_session_free(other, other_session);
	rig_close(other);
	return 0;
}

static void
other_works(void)
{
	rig_traffic(other, 0, KEY, other_session, 5);
}

/* ---- devargs ---- */

static void
refused(const char *devargs, const char *text)
{
	struct rig_conf conf = { .devargs = devargs };
	struct rig *r = rig_open(&conf);

	if (rig_probe(r) != -EINVAL)
		fail_msg("devargs \"%s\" are accepted", devargs);
	rig_expect_errors(1, text);
	/* The device was not even touched. */
	assert_int_equal(r->f->nb_mmio, 0);
	rig_close(r);
	other_works();
}

static void
malformed_devargs(void **state)
{
	(void)state;
	refused("frobnicate=1", "unknown device argument 'frobnicate'");
	refused("ctrl_timeout_ms=5,frobnicate", "frobnicate");
	refused("path=/run/some.sock", "unknown device argument 'path'");
	refused("=1", "");
	refused("a==b=", "");
	refused("algos=[aes-cbc", "");
}

static void
numbers_out_of_range(void **state)
{
	static const char *const bad[] = {
		"ctrl_timeout_ms=", "ctrl_timeout_ms", "ctrl_timeout_ms=0",
		"ctrl_timeout_ms=60001", "ctrl_timeout_ms=-1", "ctrl_timeout_ms=+1",
		"ctrl_timeout_ms=1x", "ctrl_timeout_ms=0x10", "ctrl_timeout_ms=1.5",
		"ctrl_timeout_ms=99999999999999999999", "ctrl_timeout_ms=soon",
		"ctrl_timeout_ms=4294967297",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++)
		refused(bad[i], "give a number from 1 to 60000");
	refused("recover=1,recover_timeout_ms=60001", "give a number from 0 to 60000");
	refused("recover=1,recover_timeout_ms=", "give a number from 0 to 60000");
	refused("recover_timeout_ms=100", "recover_timeout_ms needs recover=1");
	refused("recover_timeout_ms=100,recover=0", "recover_timeout_ms needs recover=1");
	refused("max_segments=2", "give a number from 3 to 1019");
	refused("max_segments=1020", "give a number from 3 to 1019");
	refused("ipsec_layout=packed", "give text or aligned");
	refused("ipsec_layout=", "give text or aligned");
	refused("ipsec_addr=text", "give number or bytes");
	refused("ipsec=0,ipsec_layout=aligned", "need ipsec=1");
	refused("ipsec_addr=bytes,ipsec=0", "need ipsec=1");
	refused("ipsec_in_place=1,ipsec=0", "need ipsec=1");
	refused("ipsec_recover_inbound=1", "ipsec_recover_inbound=1 needs recover=1");
	refused("ipsec_recover_inbound=1,recover=0", "ipsec_recover_inbound=1 needs recover=1");
	refused("ipsec_recover_inbound=1,recover=1,ipsec=0", "need ipsec=1");
}

static void
flags_that_are_none(void **state)
{
	static const char *const keys[] = {
		"revision_1", "packed_vq", "in_order", "stateless", "recover", "ipsec",
		"ipsec_in_place", "ipsec_recover_inbound"
	};
	static const char *const values[] = { "=", "", "=2", "=yes", "=-1", "=1 ", "=01x" };
	char args[64];
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(keys); i++)
		for (k = 0; k < RTE_DIM(values); k++) {
			snprintf(args, sizeof(args), "%s%s", keys[i], values[k]);
			refused(args, "give a number from 0 to 1");
		}
}

/* An argument that would be ignored, or that another one contradicts. */
static void
contradictions(void **state)
{
	static const char *const twice[] = {
		"ctrl_timeout_ms=5,ctrl_timeout_ms=6", "revision_1=1,revision_1=1",
		"packed_vq=0,in_order=0,packed_vq=1", "stateless=1,stateless=0",
		"recover=1,recover=0", "recover=0,recover=1",
		"driver=crypto_virtio,driver=crypto_virtio",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(twice); i++)
		refused(twice[i], "given more than once");
	refused("stateless=1,revision_1=0", "stateless=1 needs revision_1=1");
	refused("revision_1=0,stateless=1", "stateless=1 needs revision_1=1");
	refused("driver=crypto_qat", "driver=crypto_qat: the driver of this device is");
	refused("driver", "the driver of this device is crypto_virtio");
}

static void
unknown_algorithms(void **state)
{
	(void)state;
	refused("algos=", "no algorithm is called ''");
	refused("algos", "no algorithm is called ''");
	refused("algos=rot13", "no algorithm is called 'rot13'");
	refused("algos=aes-ctr:rot13", "'rot13'");
	refused("algos=rot13:aes-ctr", "'rot13'");
	refused("algos=AES-CTR", "'AES-CTR'");
	refused("algos=[aes-ctr,rot13]", "'rot13'");
	refused("algos=aes-ctr:", "''");
	refused("algos=:aes-ctr", "''");
}

/* ---- devices ---- */

static void
no_version_1(struct rig *r)
{
	r->f->device_features &= ~VIRTIO_F_VERSION_1;
}

static void
no_access_platform(struct rig *r)
{
	r->f->device_features &= ~VIRTIO_F_ACCESS_PLATFORM;
}

static void
features_refused(struct rig *r)
{
	r->f->refused_features = VIRTIO_F_VERSION_1;
}

static void
reset_never_answered(struct rig *r)
{
	r->f->reset_us = FAKE_PCI_NEVER;
}

static void
config_flaps(struct rig *r)
{
	r->f->config_flaps = FAKE_PCI_NEVER;
}

static void
no_data_queue(struct rig *r)
{
	r->f->device_cfg.max_dataqueues = cpu_to_le32(0);
}

static void
too_many_data_queues(struct rig *r)
{
	r->f->device_cfg.max_dataqueues = cpu_to_le32(65536);
}

static void
far_too_many_data_queues(struct rig *r)
{
	r->f->device_cfg.max_dataqueues = cpu_to_le32(UINT32_MAX);
}

static void
more_data_queues_than_virtqueues(struct rig *r)
{
	r->f->device_cfg.max_dataqueues = cpu_to_le32(r->f->nb_queues);
}

static void
not_ready(struct rig *r)
{
	r->f->device_cfg.status = cpu_to_le32(~VIRTIO_CRYPTO_S_HW_READY);
}

static void
gone_at_once(struct rig *r)
{
	fake_pci_remove(r->f);
}

static void
cannot_be_mapped(struct rig *r)
{
	r->f->map_result = -1;
}

static void
no_common_capability(struct rig *r)
{
	fake_pci_clear_caps(r->f);
}

static void
short_device_config(struct rig *r)
{
	fake_pci_cap_at(r->f, FAKE_PCI_CAP_DEVICE)->cap.length = cpu_to_le32(16);
}

struct bad_device {
	const char *name;
	void (*prepare)(struct rig *r);
	int rc;
	const char *text, *text2;
	bool told;		/* the device: its status gets FAILED */
};

static const struct bad_device bad_devices[] = {
	{ "no VERSION_1", no_version_1, -ENOTSUP, "VERSION_1", "legacy", true },
	{ "no ACCESS_PLATFORM", no_access_platform, -ENOTSUP, "--iova-mode=pa",
		"iommu_platform=on", true },
	{ "features refused", features_refused, -ENOTSUP, "refuses the features", "", true },
	{ "reset never answered", reset_never_answered, -ETIMEDOUT, "did not finish a reset", "" },
	{ "config flaps", config_flaps, -EAGAIN, "configuration changed", "", true },
	{ "no data queue", no_data_queue, -ERANGE, "max_dataqueues 0", "1 to 65535", true },
	{ "65536 data queues", too_many_data_queues, -ERANGE, "max_dataqueues 65536", "", true },
	{ "2^32 - 1 data queues", far_too_many_data_queues, -ERANGE, "max_dataqueues", "", true },
	{ "more than virtqueues", more_data_queues_than_virtqueues, -ERANGE, "virtqueues", "",
		true },
	{ "not ready", not_ready, -EIO, "HW_READY", "", true },
	{ "gone", gone_at_once, -EIO, "", "" },
	{ "not mapped", cannot_be_mapped, -EIO, "cannot map", "" },
	{ "no capabilities", no_common_capability, -ENOENT, "", "" },
	{ "short config", short_device_config, -EINVAL, "", "" },
};

static void
bad_device_is_refused(const struct bad_device *b)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);
	int rc;

	b->prepare(r);
	rc = rig_probe(r);
	if (rc >= 0)
		fail_msg("%s: accepted", b->name);
	if (strstr(log_capture_last(), b->text2) == NULL)
		fail_msg("%s: \"%s\"", b->name, log_capture_last());
	rig_expect_errors(1, b->text);
	if (b->rc != -EIO && b->rc != -ENOENT)
		assert_int_equal(rc, b->rc);
	assert_int_equal(r->m.nb_failed != 0, b->told);
	rig_close(r);
	other_works();
}

static void
bad_devices_are_refused(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad_devices); i++)
		bad_device_is_refused(&bad_devices[i]);
}

/* Each read and write of configuration space fails in turn; the last time none does. */
static void
configuration_space_fails(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	unsigned int failed = 0;
	uint64_t n;
	int rc;

	(void)state;
	for (n = 1, rc = -1; n < 200 && rc != 0; n++) {
		struct rig *r = rig_open(&conf);

		r->f->cfg_fail_at = n;
		r->f->cfg_short = n % 2 == 0;
		rc = rig_probe(r);
		if (rc != 0) {
			failed++;
			rig_expect_errors(1, r->f->dev.name);
		}
		rig_close(r);
		other_works();
	}
	assert_int_equal(rc, 0);
	assert_in_range(failed, 10, 198);
}

/* The device vanishes after each register access in turn. */
static void
gone_after_any_access(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	unsigned int failed = 0;
	uint64_t n;
	int rc;

	(void)state;
	for (n = 1, rc = -1; n < 400 && rc != 0; n++) {
		struct rig *r = rig_open(&conf);

		r->f->gone_at = n;
		rc = rig_probe(r);
		failed += rc != 0;
		/* Where the probe just managed, removal says it. */
		rig_remove(r);
		rig_expect_errors(1, "the device is gone");
		rig_close(r);
	}
	other_works();
	assert_int_equal(rc, 0);
	assert_in_range(failed, 10, 398);
}

static void
bound_to_no_driver(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);

	(void)state;
	r->f->map_result = 1;
	assert_int_equal(rig_probe(r), 1);	/* not ours: no error to the bus */
	rig_close(r);
	/* Named on the allow-list: no other driver may try it after this one. */
	conf.devargs = "in_order=1";
	r = rig_open(&conf);
	r->f->map_result = 1;
	assert_int_equal(rig_probe(r), -ENODEV);
	rig_expect_errors(1, "bind it to vfio-pci");
	rig_close(r);
}

/* Options that are legal do what they say. */
static void
options_decline_features(void **state)
{
	static const struct {
		const char *devargs;
		uint64_t declined, kept;
	} c[] = {
		{ NULL, VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE,
			VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER },
		{ "packed_vq=0", VIRTIO_F_RING_PACKED, VIRTIO_F_IN_ORDER },
		{ "in_order=0", VIRTIO_F_IN_ORDER, VIRTIO_F_RING_PACKED },
		{ "packed_vq=0,in_order=0", VIRTIO_F_IN_ORDER | VIRTIO_F_RING_PACKED, 0 },
		{ "revision_1=1", VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE,
			VIRTIO_CRYPTO_F_REVISION_1 },
		{ "stateless=1", 0, VIRTIO_CRYPTO_F_REVISION_1 |
			VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE },
		{ "ctrl_timeout_ms=60000,recover=0", 0, 0 },
		{ "algos=aes-ctr,algos=aes-cbc:aes-ctr", 0, 0 },
		{ "stateless=0,revision_1=0", VIRTIO_CRYPTO_F_REVISION_1, 0 },
		/* As EAL's layered form hands them over. */
		{ "driver=crypto_virtio,packed_vq=0", VIRTIO_F_RING_PACKED, VIRTIO_F_IN_ORDER },
		{ "recover_timeout_ms=0,recover=1", 0, 0 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(c); i++) {
		struct rig_conf conf = { .devargs = c[i].devargs,
			.features = rig_kinds[3].features | VIRTIO_CRYPTO_F_REVISION_1 |
				VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE | VIRTIO_BIT(63) |
				VIRTIO_BIT(24) | VIRTIO_BIT(41) };
		struct rig *r = rig_up(&conf, 1, 16);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

		/* Programs index arrays by it, and the fake function's is unknown. */
		assert_int_equal(rte_cryptodev_socket_id(r->id), 0);
		assert_int_equal(r->f->driver_features & c[i].declined, 0);
		assert_true((r->f->driver_features & c[i].kept) == c[i].kept);
		assert_false(r->f->driver_features & (VIRTIO_BIT(63) | VIRTIO_BIT(24)));
		/* Of a device with IPSEC alone. */
		assert_false(r->f->driver_features & VIRTIO_F_ADMIN_VQ);
		assert_non_null(s);
		rig_traffic(r, 0, KEY, s, 20);
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* ---- start ---- */

static void
data_queue_vanishes(struct rig *r)
{
	r->f->queue[0].max_size = 0;
}

static void
control_queue_vanishes(struct rig *r)
{
	r->f->queue[2].max_size = 0;
}

static void
control_queue_of_one(struct rig *r)
{
	r->f->queue[2].max_size = 1;
}

static void
data_queue_shrinks(struct rig *r)
{
	r->f->queue[0].max_size = 16;
}

static void
enable_does_not_stick(struct rig *r)
{
	r->f->enable_stuck = true;
}

static void
asks_for_a_reset(struct rig *r)
{
	r->m.break_at_start = true;
}

static const struct bad_device bad_starts[] = {
	{ "no VERSION_1", no_version_1, -ENOTSUP, "VERSION_1", "" },
	{ "no ACCESS_PLATFORM", no_access_platform, -ENOTSUP, "--iova-mode=pa", "" },
	{ "features refused", features_refused, -ENOTSUP, "refuses the features", "" },
	{ "config flaps", config_flaps, -EAGAIN, "configuration changed", "" },
	{ "no data queue", no_data_queue, -ERANGE, "max_dataqueues 0", "" },
	{ "not ready", not_ready, -EIO, "HW_READY", "" },
	{ "data queue vanishes", data_queue_vanishes, -ENXIO, "has no queue 0", "" },
	{ "data queue shrinks", data_queue_shrinks, -EINVAL, "up to 16", "" },
	{ "control queue vanishes", control_queue_vanishes, -ENODEV, "no usable control queue",
		"" },
	{ "control queue of one", control_queue_of_one, -ENODEV, "no usable control queue", "" },
	{ "enable does not stick", enable_does_not_stick, -EIO, "did not enable queue 0", "" },
	{ "asks for a reset", asks_for_a_reset, -EIO, "needs a reset", "" },
};

/* Back to a device that works. */
static void
repair(struct rig *r)
{
	r->f->device_features |= VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM;
	r->f->refused_features = 0;
	r->f->config_flaps = 0;
	model_config(&r->f->device_cfg, 2);
	r->f->queue[0].max_size = r->f->queue[2].max_size = 256;
	r->f->queue[0].size = r->f->queue[2].size = 256;
	r->f->enable_stuck = false;
	r->m.break_at_start = false;
}

static void
bad_start_is_refused(const struct bad_device *b, bool first)
{
	struct rig_conf conf = { .features = rig_kinds[0].features & ~VIRTIO_F_RING_RESET };
	struct rig *r = rig_open(&conf);
	void *s;
	int rc;

	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(rig_configure(r, 1), 0);
	assert_int_equal(rig_setup(r, 0, 64), 0);
	if (!first) {
		assert_int_equal(rte_cryptodev_start(r->id), 0);
		rte_cryptodev_stop(r->id);
		assert_int_equal(rig_setup(r, 0, 128), 0);	/* the next start: a reset */
	}
	b->prepare(r);
	rc = rte_cryptodev_start(r->id);
	if (rc != b->rc)
		fail_msg("%s: %d instead of %d", b->name, rc, b->rc);
	rig_expect_errors(1, b->text);
	/* No session now, no op; the device was told and reset. */
	assert_null(rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT));
	log_capture_start();
	assert_int_equal(r->f->status & VIRTIO_S_DRIVER_OK, 0);
	/* Given up for good where that was said, before the reset: here it is undone. */
	assert_true(r->m.nb_failed != 0);
	other_works();
	repair(r);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	rig_traffic(r, 0, KEY, s, 20);
	rig_session_free(r, s);
	rig_close(r);
}

static void
bad_starts_are_refused(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad_starts); i++) {
		bad_start_is_refused(&bad_starts[i], true);
		bad_start_is_refused(&bad_starts[i], false);
	}
}

/* ---- a device that never confirms its reset keeps its memory ---- */

static void
reset_never_answered_at_close(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features & ~VIRTIO_F_RING_RESET };
	struct rig *r = rig_up(&conf, 1, 64);
	struct rig_usage after;

	(void)state;
	r->f->reset_us = FAKE_PCI_NEVER;
	rte_cryptodev_stop(r->id);
	log_capture_start();
	rig_remove(r);
	assert_in_range(log_capture_errors(), 1, 4);
	assert_in_range(log_capture_count("does not let go of its memory"), 1, 1);
	log_capture_start();
	rig_usage_now(&after);
	/* Rings and slots, data and control. */
	assert_int_equal(after.memzones, r->before.memzones + 2);
	r->memory_lost = other->memory_lost = true;
	rig_close(r);
	other_works();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_devargs),
		cmocka_unit_test(numbers_out_of_range),
		cmocka_unit_test(flags_that_are_none),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(unknown_algorithms),
		cmocka_unit_test(bad_devices_are_refused),
		cmocka_unit_test(configuration_space_fails),
		cmocka_unit_test(gone_after_any_access),
		cmocka_unit_test(bound_to_no_driver),
		cmocka_unit_test(options_decline_features),
		cmocka_unit_test(bad_starts_are_refused),
		cmocka_unit_test(reset_never_answered_at_close),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, other_up, other_down);
}

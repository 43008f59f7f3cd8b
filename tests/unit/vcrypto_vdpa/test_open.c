/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Creation: what is asked of the device, and every device that is refused.
 */
#include "test_vcrypto_vdpa.h"

static void
test_sequence(void **state)
{
	struct fixture *f = *state;

	create(f);
	assert_string_equal(fake.trace, "OPEN ID OWNER BACKEND AGREE SIZE CONFIG CONFIG VQS MAX "
		"RANGE SPACES GROUPS");
	assert_int_equal(fake.agreed_backend, fake.backend & 0xe);
	assert_int_equal(f->t->ops->nb_queues(f->t), 3);
	assert_int_equal(f->t->ops->queue_max_size(f->t, 2), 64);
	assert_int_equal(f->t->ops->queue_max_size(f->t, 3), 0);
	assert_true(f->t->traits.addr_is_va && f->t->traits.has_ctrlq);
	assert_int_equal(fake.nb_maps, 0);
	destroy(f);
	assert_int_equal(fake.fd, -1);
}

static void
test_open_errors(void **state)
{
	static const struct { int err; const char *word; } each[] = {
		{ ENOENT, "vdpa dev add" }, { EBUSY, "another process" }, { EACCES, "permission" },
		{ ENODEV, "bind the device" }, { EMFILE, "cannot open path=" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		fake.open_error = each[i].err;
		create_fails(f, -each[i].err, "/dev/vhost-vdpa-0", each[i].word, NULL);
	}
}

static void
test_not_a_device(void **state)
{
	struct fixture *f = *state;

	fake.refused = VDPA_GET_DEVICE_ID;
	fake.refusal = ENOTTY;
	create_fails(f, -ENOTTY, "no vhost-vdpa device", NULL);
	fake.refusal = 0;
	fake.device_id = 1;
	create_fails(f, -ENOTSUP, "virtio device 1", "not a crypto device", NULL);
	assert_false(fake.owned);
}

static void
test_each_request_refused(void **state)
{
	static const unsigned long each[] = {
		VDPA_GET_DEVICE_ID, VDPA_SET_OWNER, VDPA_GET_BACKEND_FEATURES,
		VDPA_SET_BACKEND_FEATURES, VDPA_GET_CONFIG_SIZE, VDPA_GET_CONFIG,
		VDPA_GET_VQS_COUNT, VDPA_GET_VRING_NUM, VDPA_GET_IOVA_RANGE, VDPA_GET_AS_NUM,
		VDPA_GET_GROUP_NUM,
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		fake.refused = each[i];
		fake.refusal = EIO;
		create_fails(f, each[i] == VDPA_GET_DEVICE_ID ? -ENOTTY : -EIO, "vdpa0",
			"/dev/vhost-vdpa-0", NULL);
		fake.refusal = ENODEV;
		create_fails(f, -ENODEV, "is gone", NULL);
	}
}

/* What kernels before 5.19 and simple drivers do not know. */
static void
test_old_kernel(void **state)
{
	static const unsigned long each[] = {
		VDPA_GET_CONFIG_SIZE, VDPA_GET_VQS_COUNT, VDPA_GET_IOVA_RANGE, VDPA_GET_AS_NUM,
		VDPA_GET_GROUP_NUM,
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		fake.refused = each[i];
		fake.refusal = i % 2 == 0 ? ENOTTY : EOPNOTSUPP;
		create(f);
		bring_up(f, VDPA_FEATURES_USED);
		assert_int_equal(f->t->ops->reset(f->t), 0);
		destroy(f);
	}
	assert_int_equal(log_capture_errors(), 0);
}

static void
test_no_batch(void **state)
{
	struct fixture *f = *state;

	fake.backend = VDPA_BACKEND_F_IOTLB_MSG_V2;
	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(fake.batches, 0);
	assert_int_equal(fake.nb_maps, 1);
	destroy(f);
	fake.backend = VDPA_BACKEND_F_IOTLB_BATCH;
	create_fails(f, -ENOTSUP, "IOTLB_MSG_V2", NULL);
}

static void
test_hostile_numbers(void **state)
{
	struct fixture *f = *state;

	fake.config.max_dataqueues = cpu_to_le32(0);
	create_fails(f, -EPROTO, "0 data queues", NULL);
	fake.config.max_dataqueues = cpu_to_le32(UINT32_MAX);
	create_fails(f, -EPROTO, "4294967295 data queues", NULL);
	fake.config.max_dataqueues = cpu_to_le32(65535);
	fake.nb_vrings = 65536;
	create_fails(f, -EPROTO, "65535 data queues", NULL);
	fake.config.max_dataqueues = cpu_to_le32(4);
	fake.nb_vrings = 4;			/* no control queue */
	create_fails(f, -EPROTO, "4 virtqueues", NULL);
	fake.nb_vrings = 5;
	fake.config_size = 55;
	create_fails(f, -EPROTO, "shorter configuration", NULL);
	fake.config_size = 56;
	fake.max_size = 0;
	create_fails(f, -EPROTO, "no entries", NULL);
	fake.max_size = 256;
	fake.range.first = 2;
	fake.range.last = 1;
	create_fails(f, -EPROTO, "no address", NULL);
	fake.range.first = 0;
	fake.range.last = UINT64_MAX;
	fake.nb_spaces = 0;
	create_fails(f, -EPROTO, "no address space", NULL);
	fake.nb_spaces = 1;
	fake.nb_groups = 0;
	create_fails(f, -EPROTO, "no address space", NULL);
	fake.nb_groups = 1;
	fake.flaps = true;
	create_fails(f, -EAGAIN, "does not stay the same", NULL);
}

static void
test_arguments(void **state)
{
	struct fixture *f = *state;

	f->args.queues = 5;
	create_fails(f, -EINVAL, "queues=5", "it has 4", NULL);
	f->args.queues = 0;
	create_fails(f, -EINVAL, "at least one", NULL);
	f->args.queues = 4;
	f->args.queue_size = 48;
	create_fails(f, -EINVAL, "power of two", NULL);
	f->args.queue_size = 1024;
	create(f);
	assert_int_equal(f->t->ops->queue_max_size(f->t, 0), 256);
	assert_int_equal(f->t->ops->nb_queues(f->t), 5);
}

/* A function's whole BAR is its configuration (vp_vdpa). */
static void
test_long_config(void **state)
{
	struct fixture *f = *state;
	struct virtio_crypto_config c;
	uint32_t word;

	fake.config_size = 4096;
	create(f);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &c, sizeof(c)), 0);
	/* To the driver the device has as many data queues as it asked for. */
	assert_int_equal(le32_to_cpu(c.max_dataqueues), 2);
	assert_int_equal(le32_to_cpu(c.status), VIRTIO_CRYPTO_S_HW_READY);
	assert_int_equal(f->t->ops->read_config(f->t, 4092, &word, 4), 0);
	assert_int_equal(f->t->ops->read_config(f->t, 4096, &word, 4), -ERANGE);
	assert_int_equal(f->t->ops->read_config(f->t, SIZE_MAX, &word, 4), -ERANGE);
	fake.config.max_dataqueues = cpu_to_le32(3);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &c, sizeof(c)), -EPROTO);
	assert_true(log_capture_count("had 4 data queues and now has 3"));
}

static void
test_out_of_range(void **state)
{
	struct fixture *f = *state;

	fake.range.last = 0xffffffff;
	create_fails(f, -ERANGE, "--base-virtaddr", "0xffffffff", NULL);
}

const struct CMUnitTest open_tests[] = {
	T(test_sequence), T(test_open_errors), T(test_not_a_device), T(test_each_request_refused),
	T(test_old_kernel), T(test_no_batch), T(test_hostile_numbers), T(test_arguments),
	T(test_long_config), T(test_out_of_range),
};
const size_t nb_open_tests = sizeof(open_tests) / sizeof(open_tests[0]);

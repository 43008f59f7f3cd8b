/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The PCI transport against the fake PCI function: creation, reset, negotiation,
 * device configuration, check; each with a device that behaves and one that does not.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pci_fixture.h"

/* Allocation that fails on request: linked with --wrap=calloc. */
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
static bool no_memory;

void *
__wrap_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : __real_calloc(n, size);
}

static void
expect_no_transport(struct pci_fixture *x, int err, const char *text)
{
	assert_int_equal(vcrypto_transport_pci_create(&x->t, &x->f->dev), err);
	assert_null(x->t);
	assert_int_equal(x->f->nb_mapped, 0);
	pci_expect_line(x, text);
}

/* ---- creation ---- */

static void
create_reads_only(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t;

	x->f->dev.device.numa_node = 1;
	x->f->status = VIRTIO_S_ACKNOWLEDGE;	/* somebody used it before */
	t = pci_create(x);
	assert_string_equal(t->name, x->f->dev.name);
	assert_string_equal(t->ops->name, "pci");
	assert_int_equal(t->traits.numa_node, 1);
	assert_false(t->traits.addr_is_va);
	assert_false(t->traits.strict_framing);
	assert_true(t->traits.has_ctrlq);
	assert_int_equal(t->ops->nb_queues(t), NB_QUEUES);
	assert_int_equal(x->f->status, VIRTIO_S_ACKNOWLEDGE);
	assert_int_equal(x->f->nb_resets, 0);
}

static void
create_at_any_revision(void **state)
{
	struct pci_fixture *x = *state;
	unsigned int revision;

	for (revision = 0; revision < 256; revision++) {
		x->f->config[0x08] = (uint8_t)revision;
		pci_create(x);
		x->t->ops->destroy(x->t);
		x->t = NULL;
	}
}

static void
masters_the_bus(void **state)
{
	struct pci_fixture *x = *state;
	uint8_t *command = &x->f->config[PCI_CFG_COMMAND];

	*command = 0x02;
	pci_create(x);
	assert_int_equal(*command, 0x02 | PCI_CFG_COMMAND_MASTER);
	x->t->ops->destroy(x->t);
	assert_int_equal(*command, 0x02);	/* as it was found */

	*command = 0x06;
	pci_create(x);
	assert_int_equal(*command, 0x06);
	x->t->ops->destroy(x->t);
	x->t = NULL;
	assert_int_equal(*command, 0x06);
}

static void
mapping_fails(void **state)
{
	struct pci_fixture *x = *state;

	x->f->map_result = -1;
	expect_no_transport(x, -EIO, "cannot map");
}

/* Bound to the kernel's own driver: not ours, and no error. */
static void
not_bound(void **state)
{
	struct pci_fixture *x = *state;

	x->f->map_result = 1;
	assert_int_equal(vcrypto_transport_pci_create(&x->t, &x->f->dev), -ENXIO);
	assert_null(x->t);
	assert_int_equal(log_capture_errors(), 0);
}

static void
every_config_access_can_fail(void **state)
{
	struct pci_fixture *x = *state;
	uint64_t n, all;

	pci_create(x);
	all = x->f->nb_cfg;	/* creation's; destruction may ignore its own */
	x->t->ops->destroy(x->t);
	x->t = NULL;
	for (n = 1; n <= all; n++) {
		x->f->nb_cfg = 0;
		x->f->cfg_fail_at = n;
		x->f->cfg_short = n % 2;
		x->f->config[PCI_CFG_COMMAND] = 0x02;
		assert_int_equal(vcrypto_transport_pci_create(&x->t, &x->f->dev), -EIO);
		assert_null(x->t);
		assert_int_equal(x->f->nb_mapped, 0);
		assert_int_equal(log_capture_errors(), 1);
		log_capture_start();
	}
	x->f->cfg_fail_at = 0;
	pci_create(x);
}

static void
create_refuses(void **state)
{
	struct pci_fixture *x = *state;

	x->f->config[x->f->cap_tail + 1] = 0x40;
	expect_no_transport(x, -EINVAL, "loops");
	x->f->config[x->f->cap_tail + 1] = 0;

	fake_pci_cap_at(x->f, FAKE_PCI_CAP_DEVICE)->cap.length = cpu_to_le32(48);
	expect_no_transport(x, -EINVAL, "device configuration structure");
	fake_pci_cap_at(x->f, FAKE_PCI_CAP_DEVICE)->cap.length = cpu_to_le32(56);

	fake_pci_cap_at(x->f, FAKE_PCI_CAP_COMMON)->cap.cfg_type = 0;
	expect_no_transport(x, -ENOTSUP, "disable-legacy=on");
	fake_pci_cap_at(x->f, FAKE_PCI_CAP_COMMON)->cap.cfg_type = VIRTIO_PCI_CAP_COMMON_CFG;

	x->f->nb_queues = 0;
	expect_no_transport(x, -EINVAL, "no queues");
	x->f->nb_queues = NB_QUEUES;

	no_memory = true;
	expect_no_transport(x, -ENOMEM, "no memory");
	no_memory = false;

	fake_pci_remove(x->f);
	expect_no_transport(x, -ENODEV, "is gone");
}

/* Registers that are gone while configuration space still answers. */
static void
create_without_registers(void **state)
{
	struct pci_fixture *x = *state;

	x->f->gone_at = 0;
	expect_no_transport(x, -ENODEV, "is gone");
}

static uint64_t
allowed_with(struct pci_fixture *x, uint32_t common_len, uint32_t notify_off, uint32_t notify_len,
		uint32_t multiplier)
{
	struct virtio_pci_notify_cap *c = fake_pci_cap_at(x->f, FAKE_PCI_CAP_NOTIFY);
	uint64_t allowed;

	fake_pci_cap_at(x->f, FAKE_PCI_CAP_COMMON)->cap.length = cpu_to_le32(common_len);
	c->cap.offset = cpu_to_le32(notify_off);
	c->cap.length = cpu_to_le32(notify_len);
	c->notify_off_multiplier = cpu_to_le32(multiplier);
	allowed = pci_create(x)->traits.features_allowed;
	x->t->ops->destroy(x->t);
	x->t = NULL;
	return allowed;
}

/* Features are carried only where the structures are large enough for them. */
static void
features_by_structure(void **state)
{
	const uint64_t all = BASE_FEATURES | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM |
		VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER | VIRTIO_F_RING_RESET |
		VIRTIO_F_NOTIFICATION_DATA | VIRTIO_F_NOTIF_CONFIG_DATA | VIRTIO_F_ADMIN_VQ | 0x3f;
	const uint64_t short64 = all & ~VIRTIO_F_ADMIN_VQ;
	const uint64_t rr = VIRTIO_F_RING_RESET, ncd = VIRTIO_F_NOTIF_CONFIG_DATA;
	const uint64_t nd = VIRTIO_F_NOTIFICATION_DATA;
	struct pci_fixture *x = *state;

	assert_true(allowed_with(x, 0x1000, 0x3000, 0x1000, 4) == all);
	assert_true(allowed_with(x, 64, 0x3000, 4, 0) == all);
	assert_true(allowed_with(x, 63, 0x3000, 4, 0) == short64);
	assert_true(allowed_with(x, 60, 0x3000, 4, 0) == short64);
	assert_true(allowed_with(x, 59, 0x3000, 4, 4) == (short64 & ~rr));
	assert_true(allowed_with(x, 58, 0x3000, 4, 4) == (short64 & ~rr));
	assert_true(allowed_with(x, 57, 0x3000, 4, 4) == (short64 & ~rr & ~ncd));
	assert_true(allowed_with(x, 56, 0x3000, 4, 4) == (short64 & ~rr & ~ncd));
	assert_true(allowed_with(x, 64, 0x3000, 3, 4) == (all & ~nd));
	assert_true(allowed_with(x, 64, 0x3002, 4, 4) == (all & ~nd));
	assert_true(allowed_with(x, 64, 0x3000, 4, 2) == (all & ~nd));
}

/* ---- reset and status ---- */

/* A device that forgets to unmap its vectors when it is reset (4.1.5.1.2.1). */
static void
map_vector(struct fake_pci *f, void *arg, uint8_t status)
{
	(void)arg;
	if (status == 0)
		f->config_msix_vector = 1;
}

static void
reset_at_once(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	uint64_t before = fake_pci_now_us();

	x->f->status = UP;
	x->f->hooks.status = map_vector;
	assert_int_equal(t->ops->reset(t), 0);
	assert_int_equal(x->f->nb_resets, 1);
	assert_int_equal(x->f->config_msix_vector, VIRTIO_PCI_MSI_NO_VECTOR);
	assert_true(fake_pci_now_us() == before);	/* no sleep */
}

static void
reset_takes_time(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	uint64_t before = fake_pci_now_us();

	x->f->status = UP;
	x->f->reset_us = 900000;
	assert_int_equal(t->ops->reset(t), 0);
	assert_int_equal(x->f->nb_resets, 1);
	assert_true(fake_pci_now_us() - before >= 900000);
	assert_int_equal(t->ops->get_status(t), 0);
	/* and from a status that was 0 before */
	assert_int_equal(t->ops->reset(t), 0);
	assert_int_equal(x->f->nb_resets, 2);
	assert_int_equal(log_capture_errors(), 0);
}

static void
reset_never_answered(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	uint64_t before = fake_pci_now_us();

	x->f->reset_us = FAKE_PCI_NEVER;
	assert_int_equal(t->ops->reset(t), -ETIMEDOUT);
	pci_expect_line(x, "did not finish a reset within 1000 ms");
	assert_true(fake_pci_now_us() - before <= 1000000);
	assert_true(fake_pci_now_us() - before >= 999000);
}

static void
reset_of_a_removed_device(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	uint64_t before = fake_pci_now_us();

	fake_pci_remove(x->f);
	assert_int_equal(t->ops->reset(t), -ENODEV);
	pci_expect_line(x, "is gone");
	assert_true(fake_pci_now_us() == before);
}

static void
reset_forgets_queues(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES | VIRTIO_F_RING_RESET);

	assert_int_equal(pci_enable(t, 0, MAX_SIZE), 0);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	assert_int_equal(t->ops->reset(t), 0);
	pci_kick(t, 0, 0);		/* a violation if it reached the device */
	assert_int_equal(t->ops->queue_reset(t, 0), -ENOTSUP);	/* nothing is negotiated */
	assert_int_equal(pci_negotiate(t, BASE_FEATURES), 0);
	assert_int_equal(pci_enable(t, 0, MAX_SIZE / 2), 0);
	assert_int_equal(x->f->queue[0].size, MAX_SIZE / 2);
}

static void
status_is_written_as_it_is(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);

	assert_int_equal(t->ops->set_status(t, VIRTIO_S_ACKNOWLEDGE), 0);
	assert_int_equal(x->f->status, VIRTIO_S_ACKNOWLEDGE);
	assert_int_equal(t->ops->set_status(t, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_FAILED), 0);
	assert_int_equal(t->ops->get_status(t), VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_FAILED);
	assert_int_equal(t->ops->set_status(t, 0), -EINVAL);
	pci_expect_line(x, "by reset only");
	assert_int_equal(x->f->nb_resets, 0);
}

/* ---- features ---- */

static void
features_in_halves(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	uint64_t offered;

	x->f->device_features = UINT64_C(0x8000000180000001);
	x->f->device_feature_select = x->f->driver_feature_select = 77;
	assert_int_equal(t->ops->get_features(t, &offered), 0);
	assert_true(offered == UINT64_C(0x8000000180000001));
	assert_int_equal(t->ops->set_features(t, VIRTIO_F_VERSION_1 | 1), 0);
	assert_true(x->f->driver_features == (VIRTIO_F_VERSION_1 | 1));
}

static void
features_refused(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);

	x->f->device_features |= VIRTIO_F_SUSPEND;
	assert_int_equal(t->ops->set_features(t, VIRTIO_F_VERSION_1 | VIRTIO_F_SUSPEND), -EINVAL);
	pci_expect_line(x, "cannot carry features 0x80000000000");
	assert_true(x->f->driver_features == 0);

	x->f->refused_features = VIRTIO_F_EVENT_IDX;
	assert_int_equal(pci_negotiate(t, BASE_FEATURES), -EPROTO);
	assert_false(t->ops->get_status(t) & VIRTIO_S_FEATURES_OK);
	assert_int_equal(pci_negotiate(t, BASE_FEATURES & ~VIRTIO_F_EVENT_IDX), 0);
}

static void
features_of_a_removed_device(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	uint64_t offered;

	/* a strange offer is not yet a removal */
	x->f->device_features = UINT64_MAX;
	assert_int_equal(t->ops->get_features(t, &offered), 0);
	fake_pci_remove(x->f);
	assert_int_equal(t->ops->get_features(t, &offered), -ENODEV);
	pci_expect_line(x, "is gone");
}

/* ---- device configuration ---- */

static void
config_is_read(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	struct virtio_crypto_config cfg;
	le64 max_size;

	x->f->generation = UINT8_MAX;	/* a legal value, also of a removed device */
	assert_int_equal(t->ops->read_config(t, 0, &cfg, sizeof(cfg)), 0);
	assert_memory_equal(&cfg, &x->f->device_cfg, sizeof(cfg));
	assert_int_equal(t->ops->read_config(t, 48, &max_size, sizeof(max_size)), 0);
	assert_true(le64_to_cpu(max_size) == INT64_MAX);
	assert_int_equal(t->ops->read_config(t, 0, &cfg, 0), 0);
}

static void
config_out_of_range(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t;
	uint8_t buf[64];

	fake_pci_cap_at(x->f, FAKE_PCI_CAP_DEVICE)->cap.length = cpu_to_le32(58);
	t = pci_create(x);
	assert_int_equal(t->ops->read_config(t, 0, buf, 56), 0);
	assert_int_equal(t->ops->read_config(t, 0, buf, 60), -ERANGE);
	pci_expect_line(x, "(58 bytes)");
	assert_int_equal(t->ops->read_config(t, 56, buf, 4), -ERANGE);
	pci_expect_line(x, "56 + 4");
	assert_int_equal(t->ops->read_config(t, 60, buf, 0), -ERANGE);
	pci_expect_line(x, "60 + 0");
	assert_int_equal(t->ops->read_config(t, 4, buf, SIZE_MAX - 3), -ERANGE);
	pci_expect_line(x, "not in the device configuration");
	assert_int_equal(t->ops->read_config(t, 2, buf, 4), -ERANGE);
	pci_expect_line(x, "2 + 4");
	assert_int_equal(t->ops->read_config(t, 4, buf, 2), -ERANGE);
	pci_expect_line(x, "4 + 2");
}

/* All words of one version are alike; a snapshot of two versions is torn. */
struct versions {
	uint32_t left;		/* changes still to come */
	uint32_t every;		/* a change at each so many-th read of a word */
	uint32_t reads;
};

static void
change_config(struct fake_pci *f, void *arg, uint32_t off)
{
	struct versions *v = arg;
	uint32_t words[sizeof(f->device_cfg) / 4];
	unsigned int i;

	(void)off;
	if (v->left == 0 || ++v->reads % v->every != 0)
		return;
	v->left--;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = v->left;
	memcpy(&f->device_cfg, words, sizeof(words));
	fake_pci_config_changed(f);
}

static void
config_that_changes(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	struct versions v;
	uint32_t words[14], every, i;

	x->f->hooks.arg = &v;
	x->f->hooks.config_read = change_config;
	for (every = 1; every <= 14; every++) {
		/* at least one change in each attempt, until the 100th */
		v = (struct versions){ .left = 99, .every = every };
		memset(&x->f->device_cfg, 0xee, sizeof(x->f->device_cfg));
		assert_int_equal(t->ops->read_config(t, 0, words, sizeof(words)), 0);
		for (i = 1; i < 14; i++)
			assert_int_equal(words[i], words[0]);
	}
	assert_int_equal(log_capture_errors(), 0);
}

static void
config_that_flaps(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	struct virtio_crypto_config cfg;

	x->f->config_flaps = 99 * sizeof(cfg) / 4;	/* the 100th attempt is quiet */
	assert_int_equal(t->ops->read_config(t, 0, &cfg, sizeof(cfg)), 0);
	assert_int_equal(x->f->config_flaps, 0);

	x->f->config_flaps = FAKE_PCI_NEVER;
	x->f->nb_mmio = 0;
	assert_int_equal(t->ops->read_config(t, 0, &cfg, sizeof(cfg)), -EAGAIN);
	pci_expect_line(x, "changed during each of 100 reads");
	assert_int_equal(x->f->nb_mmio, 100 * (2 + sizeof(cfg) / 4));
}

static void
config_of_a_removed_device(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);
	struct virtio_crypto_config cfg;

	x->f->gone_at = x->f->nb_mmio + 5;	/* in the middle of a snapshot */
	assert_int_equal(t->ops->read_config(t, 0, &cfg, sizeof(cfg)), -ENODEV);
	pci_expect_line(x, "is gone");
}

/* ---- check ---- */

static void
check_tells_once(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);

	assert_int_equal(t->ops->set_status(t, VIRTIO_S_ACKNOWLEDGE), 0);
	assert_int_equal(t->ops->check(t), 0);
	fake_pci_break(x->f);
	assert_int_equal(t->ops->check(t), -EIO);
	pci_expect_line(x, "needs a reset");
	assert_int_equal(t->ops->check(t), -EIO);
	assert_int_equal(log_capture_errors(), 0);

	assert_int_equal(t->ops->reset(t), 0);
	assert_int_equal(t->ops->check(t), 0);
	fake_pci_break(x->f);
	assert_int_equal(t->ops->check(t), -EIO);
	pci_expect_line(x, "needs a reset");
}

/* The kernel switches bus mastering off before a function leaves it, and QEMU's device drops
 * DRIVER_OK then.
 */
static void
check_of_a_device_that_leaves(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);

	assert_int_equal(t->ops->set_status(t, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER |
			VIRTIO_S_FEATURES_OK | VIRTIO_S_DRIVER_OK), 0);
	x->f->status &= (uint8_t)~VIRTIO_S_DRIVER_OK;
	assert_int_equal(t->ops->check(t), -EIO);
	pci_expect_line(x, "not by this driver");
	x->f->config[4] &= (uint8_t)~0x4;
	assert_int_equal(t->ops->check(t), -ENODEV);
	assert_int_equal(log_capture_errors(), 0);
	assert_int_equal(t->ops->reset(t), 0);

	assert_int_equal(t->ops->set_status(t, VIRTIO_S_DRIVER_OK), 0);
	x->f->status &= (uint8_t)~VIRTIO_S_DRIVER_OK;
	assert_int_equal(t->ops->check(t), -ENODEV);
	pci_expect_line(x, "is being taken away");
	x->f->config[4] |= 0x4;
}

static void
check_of_a_removed_device(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);

	fake_pci_remove(x->f);
	assert_int_equal(t->ops->check(t), -ENODEV);	/* 0xff has NEEDS_RESET in it */
	pci_expect_line(x, "is gone");
	assert_int_equal(t->ops->check(t), -ENODEV);
	assert_int_equal(log_capture_errors(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PCI_TEST(create_reads_only),
		PCI_TEST(create_at_any_revision),
		PCI_TEST(masters_the_bus),
		PCI_TEST(mapping_fails),
		PCI_TEST(not_bound),
		PCI_TEST(every_config_access_can_fail),
		PCI_TEST(create_refuses),
		PCI_TEST(create_without_registers),
		PCI_TEST(features_by_structure),
		PCI_TEST(reset_at_once),
		PCI_TEST(reset_takes_time),
		PCI_TEST(reset_never_answered),
		PCI_TEST(reset_of_a_removed_device),
		PCI_TEST(reset_forgets_queues),
		PCI_TEST(status_is_written_as_it_is),
		PCI_TEST(features_in_halves),
		PCI_TEST(features_refused),
		PCI_TEST(features_of_a_removed_device),
		PCI_TEST(config_is_read),
		PCI_TEST(config_out_of_range),
		PCI_TEST(config_that_changes),
		PCI_TEST(config_that_flaps),
		PCI_TEST(config_of_a_removed_device),
		PCI_TEST(check_tells_once),
		PCI_TEST(check_of_a_device_that_leaves),
		PCI_TEST(check_of_a_removed_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

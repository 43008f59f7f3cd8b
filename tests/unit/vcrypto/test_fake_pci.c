/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fake PCI function itself: each rule that it watches is broken once, so that a
 * clean run of the other tests means something, and its registers are read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_pci.h"
#include "fake_pci_io.h"

#define UP	(VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK)
#define C(field)	(FAKE_PCI_COMMON + offsetof(struct virtio_pci_common_cfg, field))

static int
setup(void **state)
{
	struct fake_pci *f = fake_pci_create(2, 16);

	assert_int_equal(rte_pci_map_device(&f->dev), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	fake_pci_destroy(*state);
	return 0;
}

static void
wr(struct fake_pci *f, uint32_t off, unsigned int width, uint32_t value)
{
	fake_pci_mmio_write((uint8_t *)f->dev.mem_resource[FAKE_PCI_BAR].addr + off, width, value);
}

static uint32_t
rd(struct fake_pci *f, uint32_t off, unsigned int width)
{
	return fake_pci_mmio_read((uint8_t *)f->dev.mem_resource[FAKE_PCI_BAR].addr + off, width);
}

/* Exactly one rule was broken since the last time, and this was it. */
static void
expect_violation(struct fake_pci *f, const char *text)
{
	const char *v = fake_pci_violation(f);

	if (v == NULL || strstr(v, text) == NULL)
		fail_msg("violation is \"%s\", not \"%s\"", v != NULL ? v : "none", text);
	f->violation[0] = '\0';
}

static void
features(struct fake_pci *f, uint64_t bits)
{
	f->device_features |= bits;
	wr(f, C(driver_feature_select), 4, 0);
	wr(f, C(driver_feature), 4, (uint32_t)bits);
	wr(f, C(driver_feature_select), 4, 1);
	wr(f, C(driver_feature), 4, (uint32_t)(bits >> 32));
}

static void
start_queue(struct fake_pci *f, uint16_t i)
{
	wr(f, C(queue_select), 2, i);
	wr(f, C(queue_size), 2, 8);
	wr(f, C(queue_desc), 4, 0x1000);
	wr(f, C(queue_driver) + 4, 4, 0x2000);
	wr(f, C(queue_device), 4, 0x3000);
	wr(f, C(queue_enable), 2, 1);
}

static void
run(struct fake_pci *f, uint64_t bits)
{
	wr(f, C(device_status), 1, 0);
	features(f, VIRTIO_F_VERSION_1 | bits);
	wr(f, C(device_status), 1, UP);
	start_queue(f, 0);
	wr(f, C(device_status), 1, UP | VIRTIO_S_DRIVER_OK);
	assert_null(fake_pci_violation(f));
}

static void
registers_keep_values(void **state)
{
	struct fake_pci *f = *state;

	run(f, 0);
	assert_int_equal(rd(f, C(num_queues), 2), 2);
	assert_int_equal(rd(f, C(device_status), 1), UP | VIRTIO_S_DRIVER_OK);
	assert_int_equal(rd(f, C(queue_size), 2), 8);
	assert_int_equal(rd(f, C(queue_enable), 2), 1);
	assert_int_equal(rd(f, C(queue_desc), 4), 0x1000);
	assert_int_equal(rd(f, C(queue_driver), 4), 0);
	assert_int_equal(rd(f, C(queue_driver) + 4, 4), 0x2000);
	assert_true(f->queue[0].driver == UINT64_C(0x200000000000));
	wr(f, C(queue_select), 2, 1);
	assert_int_equal(rd(f, C(queue_size), 2), 16);
	assert_int_equal(rd(f, C(queue_enable), 2), 0);
	assert_int_equal(rd(f, C(queue_notify_off), 2), 1);
	wr(f, C(queue_select), 2, 2);	/* does not exist: not an error to ask */
	assert_int_equal(rd(f, C(queue_size), 2), 0);
	wr(f, C(device_feature_select), 4, 1);
	assert_int_equal(rd(f, C(device_feature), 4), f->device_features >> 32);
	wr(f, C(device_feature_select), 4, 2);
	assert_int_equal(rd(f, C(device_feature), 4), 0);
	assert_int_equal(rd(f, FAKE_PCI_DEVICE + 4, 4), 1);
	wr(f, C(device_status), 1, 0);
	assert_int_equal(rd(f, C(device_status), 1), 0);
	assert_int_equal(f->queue[0].size, 16);
	assert_true(f->driver_features == 0);
	assert_null(fake_pci_violation(f));
}

static void
watches_widths(void **state)
{
	struct fake_pci *f = *state;

	rd(f, C(device_status), 2);
	expect_violation(f, "device_status is read with 2 bytes");
	rd(f, C(queue_size), 4);
	expect_violation(f, "queue_size is read with 4 bytes");
	rd(f, C(queue_size) + 1, 1);
	expect_violation(f, "queue_size is read with 1 bytes");
	wr(f, C(queue_desc), 2, 0);
	expect_violation(f, "queue_desc is written with 2 bytes");
	wr(f, C(driver_feature), 1, 0);
	expect_violation(f, "driver_feature is written with 1 bytes");
	rd(f, FAKE_PCI_DEVICE, 2);
	expect_violation(f, "2 bytes of the device configuration");
	rd(f, FAKE_PCI_DEVICE + 2, 4);
	expect_violation(f, "4 bytes of the device configuration");
	rd(f, FAKE_PCI_DEVICE + 56, 4);
	expect_violation(f, "of the device configuration are read at 56");
}

static void
watches_read_only(void **state)
{
	static const uint32_t regs[][2] = {
		{ C(device_feature), 4 }, { C(num_queues), 2 }, { C(config_generation), 1 },
		{ C(queue_notify_off), 2 }, { C(queue_notif_config_data), 2 },
	};
	struct fake_pci *f = *state;
	unsigned int i;

	run(f, VIRTIO_F_NOTIF_CONFIG_DATA);
	for (i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		wr(f, regs[i][0], regs[i][1], 1);
		expect_violation(f, "read-only");
	}
	wr(f, FAKE_PCI_DEVICE, 4, 0);
	expect_violation(f, "is written at 0x2000");
	wr(f, C(admin_queue_num), 2, 0);
	expect_violation(f, "admin_queue_num is read-only");
	wr(f, sizeof(struct virtio_pci_common_cfg), 2, 0);
	expect_violation(f, "byte 64 is written");
	rd(f, FAKE_PCI_NOTIFY, 2);
	expect_violation(f, "is read at 0x3000");
}

static void
watches_features(void **state)
{
	struct fake_pci *f = *state;

	rd(f, C(queue_notif_config_data), 2);
	expect_violation(f, "queue_notif_config_data is read without its feature");
	wr(f, C(queue_reset), 2, 1);
	expect_violation(f, "queue_reset is written without its feature");
	wr(f, C(driver_feature_select), 4, 0);
	wr(f, C(driver_feature), 4, 2);
	expect_violation(f, "were not offered");
	wr(f, C(driver_feature_select), 4, 2);
	wr(f, C(driver_feature), 4, 0);
	expect_violation(f, "feature word 2");
	features(f, VIRTIO_F_VERSION_1);
	wr(f, C(device_status), 1, UP);
	wr(f, C(driver_feature), 4, 0);
	expect_violation(f, "after FEATURES_OK");
}

static void
watches_status(void **state)
{
	struct fake_pci *f = *state;

	run(f, 0);
	wr(f, C(device_status), 1, UP);
	expect_violation(f, "clears bits");
	f->reset_us = 1000;
	wr(f, C(device_status), 1, 0);
	wr(f, C(device_status), 1, 1);
	expect_violation(f, "before the reset is complete");
	wr(f, C(queue_select), 2, 0);
	expect_violation(f, "before the reset is complete");
	fake_pci_delay_us(1000);
	assert_int_equal(rd(f, C(device_status), 1), 0);
	wr(f, C(device_status), 1, 1);
	assert_null(fake_pci_violation(f));
}

static void
watches_queues(void **state)
{
	struct fake_pci *f = *state;

	wr(f, C(queue_enable), 2, 1);
	expect_violation(f, "before FEATURES_OK");
	features(f, VIRTIO_F_VERSION_1 | VIRTIO_F_RING_RESET);
	wr(f, C(device_status), 1, UP);
	wr(f, C(queue_enable), 2, 1);
	expect_violation(f, "before its addresses are set");
	wr(f, C(queue_enable), 2, 0);
	expect_violation(f, "0 is written to queue_enable");
	wr(f, C(queue_size), 2, 0);
	expect_violation(f, "queue_size 0");
	wr(f, C(queue_size), 2, 12);
	expect_violation(f, "queue_size 12");
	wr(f, C(queue_size), 2, 32);
	expect_violation(f, "queue_size 32");
	start_queue(f, 0);
	assert_null(fake_pci_violation(f));
	wr(f, C(queue_desc), 4, 0);
	expect_violation(f, "queue_desc of an enabled queue");
	wr(f, C(queue_enable), 2, 1);
	expect_violation(f, "queue_enable of an enabled queue");
	wr(f, C(queue_select), 2, 2);
	wr(f, C(queue_size), 2, 8);
	expect_violation(f, "queue 2, which does not exist");
	wr(f, C(device_status), 1, UP | VIRTIO_S_DRIVER_OK);
	start_queue(f, 1);
	expect_violation(f, "after DRIVER_OK");

	f->queue_reset_us = 1000;
	wr(f, C(queue_select), 2, 0);
	wr(f, C(queue_reset), 2, 0);
	expect_violation(f, "0 is written to queue_reset");
	assert_int_equal(rd(f, C(queue_reset), 2), 1);
	wr(f, C(queue_size), 2, 8);
	expect_violation(f, "of an enabled queue is written");
	fake_pci_delay_us(1000);
	assert_int_equal(rd(f, C(queue_reset), 2), 0);
	assert_int_equal(rd(f, C(queue_enable), 2), 0);
	start_queue(f, 0);
	assert_null(fake_pci_violation(f));
}

static void
packed_sizes(void **state)
{
	struct fake_pci *f = *state;

	features(f, VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED);
	wr(f, C(queue_size), 2, 12);
	assert_null(fake_pci_violation(f));
	wr(f, C(queue_size), 2, 0);
	expect_violation(f, "queue_size 0 of a packed queue");
}

static void
watches_notifications(void **state)
{
	struct fake_pci *f = *state;
	uint16_t size;

	run(f, 0);
	wr(f, FAKE_PCI_NOTIFY, 2, 0);
	assert_null(fake_pci_violation(f));
	assert_int_equal(f->queue[0].nb_kicks, 1);
	/* where it was when the queue was enabled: a driver reads that once */
	size = f->queue[0].max_size;
	f->queue[0].notify_off = 7;
	f->queue[0].max_size = 0;
	wr(f, FAKE_PCI_NOTIFY, 2, 0);
	assert_null(fake_pci_violation(f));
	assert_int_equal(f->queue[0].nb_kicks, 2);
	f->queue[0].notify_off = 0;
	f->queue[0].max_size = size;
	wr(f, FAKE_PCI_NOTIFY, 4, 0);
	expect_violation(f, "a notification of 4 bytes");
	wr(f, FAKE_PCI_NOTIFY, 2, 1);
	expect_violation(f, "names no queue");
	wr(f, FAKE_PCI_NOTIFY + 4, 2, 0);
	expect_violation(f, "names no queue");
	wr(f, FAKE_PCI_NOTIFY + 4, 2, 1);
	expect_violation(f, "not enabled");
	run(f, VIRTIO_F_NOTIFICATION_DATA);
	wr(f, FAKE_PCI_NOTIFY, 2, 0);
	expect_violation(f, "a notification of 2 bytes");
	wr(f, C(device_status), 1, 0);
	wr(f, FAKE_PCI_NOTIFY, 2, 0);
	expect_violation(f, "before DRIVER_OK");
	assert_int_equal(f->queue[0].nb_kicks, 2);
}

static void
watches_the_bus(void **state)
{
	struct fake_pci *f = *state;
	uint8_t buf[32] = { 0 };

	rte_pci_read_config(&f->dev, buf, 20, FAKE_PCI_CAP_PCI_CFG);
	expect_violation(f, "pci_cfg_data");
	rte_pci_read_config(&f->dev, buf, 16, FAKE_PCI_CAP_PCI_CFG);
	assert_null(fake_pci_violation(f));
	rte_pci_write_config(&f->dev, buf, 1, FAKE_PCI_CAP_COMMON);
	expect_violation(f, "is written at 0x50");
	assert_int_equal(rte_pci_read_config(&f->dev, buf, 4, PCI_CFG_SIZE - 2), 2);
	assert_int_equal(rte_pci_read_config(&f->dev, buf, 4, PCI_CFG_SIZE), -1);
	rte_pci_map_device(&f->dev);
	expect_violation(f, "mapped twice");
	f->nb_mapped = 1;
	rte_pci_unmap_device(&f->dev);
	assert_null(fake_pci_violation(f));
	rte_pci_unmap_device(&f->dev);
	expect_violation(f, "unmapped without being mapped");
	rd(f, C(num_queues), 2);
	expect_violation(f, "while the BARs are not mapped");
	rte_pci_read_config(&f->dev, buf, 4, 0);
	expect_violation(f, "before the mapping");
}

static void
removal(void **state)
{
	struct fake_pci *f = *state;
	uint32_t word;

	f->gone_at = 2;
	assert_int_equal(rd(f, C(num_queues), 2), 2);
	assert_int_equal(rd(f, C(num_queues), 2), 2);
	assert_int_equal(rd(f, C(num_queues), 2), UINT16_MAX);
	assert_int_equal(rd(f, C(device_status), 1), UINT8_MAX);
	assert_int_equal(rd(f, C(device_feature), 4), UINT32_MAX);
	wr(f, C(device_status), 1, 1);
	assert_int_equal(f->status, 0);
	assert_int_equal(rte_pci_read_config(&f->dev, &word, 4, 0), 4);
	assert_int_equal(word, UINT32_MAX);
	assert_null(fake_pci_violation(f));
}

static void
refuses_features(void **state)
{
	struct fake_pci *f = *state;

	f->refused_features = VIRTIO_F_EVENT_IDX;
	features(f, VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX);
	wr(f, C(device_status), 1, UP);
	assert_int_equal(rd(f, C(device_status), 1), UP & ~VIRTIO_S_FEATURES_OK);
	fake_pci_break(f);
	assert_true(rd(f, C(device_status), 1) & VIRTIO_S_NEEDS_RESET);
	assert_null(fake_pci_violation(f));
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(registers_keep_values),
		T(watches_widths),
		T(watches_read_only),
		T(watches_features),
		T(watches_status),
		T(watches_queues),
		T(packed_sizes),
		T(watches_notifications),
		T(watches_the_bus),
		T(removal),
		T(refuses_features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

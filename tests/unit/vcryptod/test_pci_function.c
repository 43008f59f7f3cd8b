/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The registers of the PCI function, accessed as the standard says and against it.  Offsets and
 * widths are those of the standard's structures; what comes out is what the callbacks saw.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "virtio_pci/function.h"

#define R(field)	offsetof(struct virtio_pci_common_cfg, field)
#define NO_VECTOR	VIRTIO_PCI_MSI_NO_VECTOR
#define OFFERED		(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED | VIRTIO_F_RING_RESET | \
	VIRTIO_F_ADMIN_VQ)
#define NB_QUEUES	3u
#define ADMIN		NB_QUEUES
#define QUEUE_SIZE	64u
#define NB_VECTORS	4u

/* What the callbacks saw since the last look. */
static struct seen {
	uint64_t features;
	unsigned int status, resets, enables, queue_resets, notified, vectors, interrupts, intxs;
	unsigned int msix, queue, vector;
	uint32_t value;
	bool intx, msix_on;
} seen;

static struct vcryptod_pci pci;

static void
on_features(void *ctx, uint64_t features)
{
	assert_ptr_equal(ctx, &seen);
	seen.features = features;
}

static void
on_status(void *ctx, uint8_t status)
{
	(void)ctx;
	seen.status = status;
}

static void
on_reset(void *ctx)
{
	(void)ctx;
	seen.resets++;
}

static void
on_enable(void *ctx, unsigned int queue)
{
	(void)ctx;
	seen.enables++;
	seen.queue = queue;
}

static void
on_queue_reset(void *ctx, unsigned int queue)
{
	(void)ctx;
	seen.queue_resets++;
	seen.queue = queue;
}

static void
on_notify(void *ctx, unsigned int queue, uint32_t value)
{
	(void)ctx;
	seen.notified++;
	seen.queue = queue;
	seen.value = value;
}

static void
on_vector(void *ctx, unsigned int queue)
{
	(void)ctx;
	seen.vectors++;
	seen.queue = queue;
}

static void
on_msix(void *ctx, bool on)
{
	(void)ctx;
	seen.msix++;
	seen.msix_on = on;
}

static void
on_config(void *ctx, struct virtio_crypto_config *cfg)
{
	(void)ctx;
	cfg->status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY);
	cfg->max_dataqueues = cpu_to_le32(NB_QUEUES - 1);
	cfg->max_size = cpu_to_le64(UINT64_C(0x1122334455667788));
}

static void
on_interrupt(void *ctx, unsigned int vector)
{
	(void)ctx;
	seen.interrupts++;
	seen.vector = vector;
}

static void
on_intx(void *ctx, bool on)
{
	(void)ctx;
	seen.intxs++;
	seen.intx = on;
}

static const struct vcryptod_pci_ops ops = {
	.features = on_features, .status = on_status, .reset = on_reset, .enable = on_enable,
	.queue_reset = on_queue_reset, .notify = on_notify, .vector = on_vector, .msix = on_msix,
	.config = on_config, .interrupt = on_interrupt, .intx = on_intx,
};

static const struct vcryptod_pci_config usual = {
	.ops = &ops, .ctx = &seen, .features = OFFERED, .nb_queues = NB_QUEUES, .admin = true,
	.queue_size = QUEUE_SIZE, .nb_vectors = NB_VECTORS, .intx = true,
};

static int
pci_setup(void **state)
{
	(void)state;
	assert_int_equal(vcryptod_pci_init(&pci, &usual), 0);
	memset(&seen, 0, sizeof(seen));
	return 0;
}

/* ---- accesses ---- */

static uint64_t
pci_value(const uint8_t *b, uint32_t width)
{
	uint64_t v = 0;

	while (width-- > 0)
		v = v << 8 | b[width];
	return v;
}

static uint64_t
bar_get(uint64_t off, uint32_t width)
{
	uint8_t b[8];

	assert_int_equal(vcryptod_pci_bar_read(&pci, VCRYPTOD_PCI_BAR, off, b, width), 0);
	return pci_value(b, width);
}

static void
bar_put(uint64_t off, uint32_t width, uint64_t v)
{
	uint8_t b[8];
	uint32_t i;

	for (i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	assert_int_equal(vcryptod_pci_bar_write(&pci, VCRYPTOD_PCI_BAR, off, b, width), 0);
}

static uint64_t
space_get(uint64_t off, uint32_t width)
{
	uint8_t b[8];

	assert_int_equal(vcryptod_pci_space_read(&pci, off, b, width), 0);
	return pci_value(b, width);
}

static void
space_put(uint64_t off, uint32_t width, uint64_t v)
{
	uint8_t b[8];
	uint32_t i;

	for (i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	assert_int_equal(vcryptod_pci_space_write(&pci, off, b, width), 0);
}

/* Where the capability with this id, and of this type for virtio's, is; 0: nowhere. */
static unsigned int
space_find(uint8_t id, uint8_t type)
{
	unsigned int at = (unsigned int)space_get(PCI_CFG_CAP_PTR, 1), nb;

	for (nb = 0; at != 0 && nb < 48; nb++) {
		assert_in_range(at, PCI_CFG_CAP_FIRST, PCI_CFG_SIZE - 4);
		assert_int_equal(at % 4, 0);
		if (space_get(at, 1) == id &&
				(id != PCI_CAP_VENDOR || space_get(at + 3, 1) == type))
			return at;
		at = (unsigned int)space_get(at + 1, 1);
	}
	assert_int_equal(at, 0);
	return 0;
}

static void
put_features(uint64_t features)
{
	bar_put(R(driver_feature_select), 4, 0);
	bar_put(R(driver_feature), 4, features & UINT32_MAX);
	bar_put(R(driver_feature_select), 4, 1);
	bar_put(R(driver_feature), 4, features >> 32);
}

static void
come_to(uint8_t status)
{
	bar_put(R(device_status), 1, 0);
	bar_put(R(device_status), 1, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER);
	put_features(OFFERED);
	bar_put(R(device_status), 1, 0xb);
	assert_int_equal(bar_get(R(device_status), 1), 0xb);
	bar_put(R(device_status), 1, status);
}

static void
enable_queue(uint16_t queue)
{
	bar_put(R(queue_select), 2, queue);
	bar_put(R(queue_desc), 4, 0x1000);
	bar_put(R(queue_desc) + 4, 4, 1);
	bar_put(R(queue_driver), 8, UINT64_C(0x100002000));
	bar_put(R(queue_device), 4, 0x3000);
	bar_put(R(queue_msix_vector), 2, 1);
	bar_put(R(queue_enable), 2, 1);
}

/* ---- configuration space ---- */

static void
pci_capabilities(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t offset, length;
	} want[] = {
		{ VIRTIO_PCI_CAP_COMMON_CFG, VCRYPTOD_PCI_COMMON, VIRTIO_PCI_COMMON_LEN_ADMIN_VQ },
		{ VIRTIO_PCI_CAP_NOTIFY_CFG, VCRYPTOD_PCI_NOTIFY, (NB_QUEUES + 1) * 4 },
		{ VIRTIO_PCI_CAP_ISR_CFG, VCRYPTOD_PCI_ISR, 1 },
		{ VIRTIO_PCI_CAP_DEVICE_CFG, VCRYPTOD_PCI_DEVICE, 56 },
	};
	unsigned int i, at;

	(void)state;
	assert_int_equal(space_get(PCI_CFG_VENDOR, 4), 0x10541af4);
	assert_true(space_get(PCI_CFG_REVISION, 1) >= 1);
	assert_true(space_get(PCI_CFG_STATUS, 2) & PCI_CFG_STATUS_CAP_LIST);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		at = space_find(PCI_CAP_VENDOR, want[i].type);
		assert_int_not_equal(at, 0);
		assert_int_equal(space_get(at + 4, 1), VCRYPTOD_PCI_BAR);
		assert_int_equal(space_get(at + 8, 4), want[i].offset);
		assert_int_equal(space_get(at + 12, 4), want[i].length);
	}
	at = space_find(PCI_CAP_VENDOR, VIRTIO_PCI_CAP_NOTIFY_CFG);
	assert_int_equal(space_get(at + 2, 1), 20);
	assert_int_equal(space_get(at + 16, 4), 4);
	assert_int_not_equal(space_find(PCI_CAP_VENDOR, VIRTIO_PCI_CAP_PCI_CFG), 0);
	at = space_find(PCI_CAP_MSIX, 0);
	assert_int_equal(space_get(at + 2, 2), NB_VECTORS - 1);
	assert_int_equal(space_get(at + 4, 4), VCRYPTOD_PCI_MSIX_BAR);
	assert_int_equal(space_get(at + 8, 4), VCRYPTOD_PCI_MSIX_PENDING | VCRYPTOD_PCI_MSIX_BAR);
	assert_int_equal(space_find(PCI_CAP_MSIX + 1, 0), 0);
}

static void
pci_space_writes(void **state)
{
	uint8_t before[PCI_CFG_SIZE], ones[PCI_CFG_SIZE];
	unsigned int i;

	(void)state;
	assert_int_equal(vcryptod_pci_space_read(&pci, 0, before, sizeof(before)), 0);
	space_put(PCI_CFG_BAR(0), 4, UINT32_MAX);
	assert_int_equal(space_get(PCI_CFG_BAR(0), 4), -(uint32_t)VCRYPTOD_PCI_BAR_LEN);
	space_put(PCI_CFG_BAR(1), 4, 0xfeb01234);
	assert_int_equal(space_get(PCI_CFG_BAR(1), 4), 0xfeb00000);
	space_put(PCI_CFG_BAR(2), 4, UINT32_MAX);
	assert_int_equal(space_get(PCI_CFG_BAR(2), 4), 0);
	/* Every byte, one after the other: identity and lists stay. */
	for (i = 0; i < PCI_CFG_SIZE; i++)
		space_put(i, 1, 0xff);
	assert_int_equal(vcryptod_pci_space_read(&pci, 0, ones, sizeof(ones)), 0);
	assert_memory_equal(ones, before, 4);
	assert_int_equal(space_get(PCI_CFG_COMMAND, 2), 0x0406);
	assert_memory_equal(&ones[PCI_CFG_REVISION], &before[PCI_CFG_REVISION], 8);
	assert_int_not_equal(space_find(PCI_CAP_VENDOR, VIRTIO_PCI_CAP_DEVICE_CFG), 0);
	assert_int_not_equal(space_find(PCI_CAP_MSIX, 0), 0);
	vcryptod_pci_reset(&pci);
	assert_int_equal(vcryptod_pci_space_read(&pci, 0, ones, sizeof(ones)), 0);
	assert_memory_equal(ones, before, sizeof(ones));
	assert_false(seen.msix_on);
	assert_int_equal(seen.msix, 2);
}

/* 4.1.4.9: a register behind configuration space alone. */
static void
pci_window(void **state)
{
	unsigned int at = space_find(PCI_CAP_VENDOR, VIRTIO_PCI_CAP_PCI_CFG);
	uint8_t all[PCI_CFG_SIZE];

	(void)state;
	space_put(at + 4, 1, VCRYPTOD_PCI_BAR);
	space_put(at + 8, 4, VCRYPTOD_PCI_COMMON + R(num_queues));
	space_put(at + 12, 4, 2);
	assert_int_equal(space_get(at + 16, 2), NB_QUEUES);
	space_put(at + 8, 4, VCRYPTOD_PCI_COMMON + R(queue_select));
	space_put(at + 16, 2, 2);
	assert_int_equal(bar_get(R(queue_select), 2), 2);
	/* A dump of all reads no register: the ISR stays. */
	come_to(0xf);
	vcryptod_pci_queue_intx(&pci);
	space_put(at + 8, 4, VCRYPTOD_PCI_ISR);
	space_put(at + 12, 4, 1);
	assert_int_equal(vcryptod_pci_space_read(&pci, 0, all, sizeof(all)), 0);
	assert_int_equal(space_get(at + 16, 1), VIRTIO_PCI_ISR_QUEUE);
	assert_int_equal(space_get(at + 16, 1), 0);
	/* No BAR, beyond one, no register's length, across two: 0, and no effect. */
	space_put(at + 4, 1, 2);
	assert_int_equal(space_get(at + 16, 4), 0);
	space_put(at + 4, 1, VCRYPTOD_PCI_BAR);
	space_put(at + 8, 4, UINT32_MAX);
	assert_int_equal(space_get(at + 16, 4), 0);
	space_put(at + 8, 4, R(num_queues) - 1);
	space_put(at + 12, 4, 2);
	assert_int_equal(space_get(at + 16, 4), 0);
	space_put(at + 8, 4, R(queue_select));
	space_put(at + 12, 4, 3);
	space_put(at + 16, 4, 1);
	space_put(at + 12, 4, 4);
	space_put(at + 16, 4, 1);
	assert_int_equal(bar_get(R(queue_select), 2), 0);
}

/* ---- the driver's life ---- */

static void
pci_life(void **state)
{
	(void)state;
	assert_int_equal(bar_get(R(num_queues), 2), NB_QUEUES);
	assert_int_equal(bar_get(R(admin_queue_index), 2), ADMIN);
	assert_int_equal(bar_get(R(admin_queue_num), 2), 1);
	bar_put(R(device_feature_select), 4, 1);
	assert_int_equal(bar_get(R(device_feature), 4), OFFERED >> 32);
	bar_put(R(device_feature_select), 4, 2);
	assert_int_equal(bar_get(R(device_feature), 4), 0);
	come_to(0xb);
	assert_true(seen.features == OFFERED);
	assert_int_equal(seen.status, 0xb);
	bar_put(R(queue_select), 2, 1);
	assert_int_equal(bar_get(R(queue_size), 2), QUEUE_SIZE);
	assert_int_equal(bar_get(R(queue_msix_vector), 2), NO_VECTOR);
	assert_int_equal(bar_get(R(queue_notify_off), 2), 1);
	assert_int_equal(bar_get(R(queue_notif_config_data), 2), 1);
	bar_put(R(queue_size), 2, 16);
	enable_queue(1);
	assert_int_equal(seen.enables, 1);
	assert_int_equal(seen.queue, 1);
	assert_true(pci.queue[1].desc == UINT64_C(0x100001000));
	assert_true(pci.queue[1].driver == UINT64_C(0x100002000));
	assert_true(pci.queue[1].device == 0x3000);
	assert_int_equal(pci.queue[1].size, 16);
	assert_int_equal(pci.queue[1].vector, 1);
	assert_int_equal(bar_get(R(queue_driver), 8), UINT64_C(0x100002000));
	bar_put(VCRYPTOD_PCI_NOTIFY + 4, 2, 1);
	assert_int_equal(seen.notified, 0);		/* not before DRIVER_OK */
	bar_put(R(device_status), 1, 0xf);
	bar_put(VCRYPTOD_PCI_NOTIFY + 4, 2, 1);
	bar_put(VCRYPTOD_PCI_NOTIFY + 4, 4, 0x80010001);
	assert_int_equal(seen.notified, 2);
	assert_int_equal(seen.queue, 1);
	assert_int_equal(seen.value, 0x80010001);
	assert_int_equal(bar_get(VCRYPTOD_PCI_DEVICE, 4), VIRTIO_CRYPTO_S_HW_READY);
	assert_int_equal(bar_get(VCRYPTOD_PCI_DEVICE + 48, 4), 0x55667788);
	assert_int_equal(seen.resets, 1);
	bar_put(R(device_status), 1, 0);
	assert_int_equal(seen.resets, 2);
	assert_int_equal(bar_get(R(device_status), 1), 0);
	bar_put(R(queue_select), 2, 1);
	assert_int_equal(bar_get(R(queue_enable), 2), 0);
	assert_int_equal(bar_get(R(queue_size), 2), QUEUE_SIZE);
	assert_int_equal(bar_get(R(queue_desc), 8), 0);
}

static void
pci_features_refused(void **state)
{
	static const uint64_t bad[] = { 0, VIRTIO_F_RING_PACKED, OFFERED | VIRTIO_F_IN_ORDER,
		OFFERED | 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bar_put(R(device_status), 1, 0);
		put_features(bad[i]);
		bar_put(R(device_status), 1, 0xb);
		assert_int_equal(bar_get(R(device_status), 1), 0x3);
		bar_put(R(device_status), 1, 0xf);
		assert_int_equal(bar_get(R(device_status), 1), 0x3);
		enable_queue(0);
	}
	assert_true(seen.features == 0);	/* the owner is not told */
	assert_int_equal(seen.enables, 0);
	come_to(0xb);
	put_features(VIRTIO_F_VERSION_1);	/* too late */
	assert_true(pci.features == OFFERED);
	bar_put(R(device_status), 1, 0x4);	/* bits are not cleared but by 0 */
	assert_int_equal(bar_get(R(device_status), 1), 0xf);
	bar_put(R(device_status), 1, 0xff);	/* NEEDS_RESET and SUSPEND are not the driver's */
	assert_int_equal(bar_get(R(device_status), 1), 0x8f);
}

static void
pci_queue_refused(void **state)
{
	static const uint16_t sizes[] = { 0, QUEUE_SIZE + 1, 2 * QUEUE_SIZE, UINT16_MAX };
	size_t i;

	(void)state;
	bar_put(R(device_status), 1, 0);
	put_features(VIRTIO_F_VERSION_1);
	bar_put(R(device_status), 1, 0xb);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		bar_put(R(queue_size), 2, sizes[i]);
	bar_put(R(queue_size), 2, 48);			/* no power of 2 */
	assert_int_equal(bar_get(R(queue_size), 2), QUEUE_SIZE);
	bar_put(R(queue_enable), 2, 0);
	bar_put(R(queue_enable), 2, 2);
	enable_queue(ADMIN);				/* ADMIN_VQ was not agreed to */
	assert_int_equal(seen.enables, 0);
	bar_put(R(queue_reset), 2, 1);			/* nor was RING_RESET */
	assert_int_equal(seen.queue_resets, 0);
	enable_queue(NB_QUEUES + 1);
	enable_queue(UINT16_MAX);
	assert_int_equal(bar_get(R(queue_size), 2), 0);
	assert_int_equal(bar_get(R(queue_desc), 8), 0);
	assert_int_equal(seen.enables, 0);
	enable_queue(0);
	enable_queue(0);
	assert_int_equal(seen.enables, 1);
	bar_put(R(queue_size), 2, 8);
	bar_put(R(queue_desc), 8, 0);
	assert_int_equal(pci.queue[0].size, QUEUE_SIZE);
	assert_true(pci.queue[0].desc == UINT64_C(0x100001000));
	bar_put(R(device_status), 1, 0xf);
	bar_put(VCRYPTOD_PCI_NOTIFY, 1, 0);
	bar_put(VCRYPTOD_PCI_NOTIFY, 8, 0);
	bar_put(VCRYPTOD_PCI_NOTIFY + 2, 2, 0);
	bar_put(VCRYPTOD_PCI_NOTIFY + 4, 2, 1);		/* not enabled */
	bar_put(VCRYPTOD_PCI_NOTIFY + 0xffc, 4, 1);	/* no queue */
	assert_int_equal(seen.notified, 0);
}

static void
pci_queue_reset(void **state)
{
	(void)state;
	come_to(0xf);
	bar_put(R(queue_size), 2, 48);			/* packed: any */
	enable_queue(ADMIN);
	assert_int_equal(seen.enables, 1);
	bar_put(R(queue_reset), 2, 0);
	assert_int_equal(seen.queue_resets, 0);
	bar_put(R(queue_reset), 2, 1);
	assert_int_equal(seen.queue_resets, 1);
	assert_int_equal(seen.queue, ADMIN);
	assert_int_equal(bar_get(R(queue_reset), 2), 0);
	assert_int_equal(bar_get(R(queue_enable), 2), 0);
	assert_int_equal(bar_get(R(queue_msix_vector), 2), NO_VECTOR);
	enable_queue(ADMIN);
	assert_int_equal(seen.enables, 2);
	assert_int_equal(seen.resets, 1);
}

/* ---- interrupts ---- */

static void
pci_vectors(void **state)
{
	unsigned int msix = space_find(PCI_CAP_MSIX, 0);

	(void)state;
	come_to(0xb);
	space_put(msix + 2, 2, PCI_MSIX_ENABLE);
	assert_true(seen.msix_on && vcryptod_pci_msix_is_on(&pci));
	assert_int_equal(space_get(msix + 2, 2), PCI_MSIX_ENABLE | (NB_VECTORS - 1));
	bar_put(R(config_msix_vector), 2, NB_VECTORS);
	assert_int_equal(bar_get(R(config_msix_vector), 2), NO_VECTOR);
	bar_put(R(config_msix_vector), 2, NB_VECTORS - 1);
	assert_int_equal(bar_get(R(config_msix_vector), 2), NB_VECTORS - 1);
	bar_put(R(queue_msix_vector), 2, 2);
	bar_put(R(queue_msix_vector), 2, 2);
	assert_int_equal(seen.vectors, 1);
	bar_put(R(queue_msix_vector), 2, 0x7fff);
	assert_int_equal(seen.vectors, 2);
	assert_int_equal(bar_get(R(queue_msix_vector), 2), NO_VECTOR);
	bar_put(R(device_status), 1, 0xf);
	vcryptod_pci_break(&pci);
	vcryptod_pci_break(&pci);
	assert_int_equal(bar_get(R(config_generation), 1), 0);
	assert_int_equal(seen.interrupts, 1);
	assert_int_equal(seen.vector, NB_VECTORS - 1);
	assert_int_equal(bar_get(R(device_status), 1), 0xf | VIRTIO_S_NEEDS_RESET);
	bar_put(R(device_status), 1, 0xf);		/* does not clear it */
	assert_int_equal(bar_get(R(device_status), 1), 0xf | VIRTIO_S_NEEDS_RESET);
	vcryptod_pci_queue_intx(&pci);
	assert_int_equal(bar_get(VCRYPTOD_PCI_ISR, 1), 0);
	assert_int_equal(seen.intxs, 0);
	bar_put(R(device_status), 1, 0);
	assert_int_equal(bar_get(R(config_msix_vector), 2), NO_VECTOR);
	vcryptod_pci_break(&pci);			/* of no driver */
	assert_int_equal(bar_get(R(device_status), 1), 0);
	come_to(0xb);
	vcryptod_pci_break(&pci);			/* no DRIVER_OK yet */
	assert_int_equal(bar_get(R(device_status), 1), 0xb | VIRTIO_S_NEEDS_RESET);
	assert_int_equal(seen.interrupts, 1);
}

static void
pci_intx(void **state)
{
	unsigned int msix = space_find(PCI_CAP_MSIX, 0);

	(void)state;
	come_to(0xf);
	assert_int_equal(space_get(PCI_CFG_IRQ_PIN, 1), 1);
	vcryptod_pci_queue_intx(&pci);
	vcryptod_pci_queue_intx(&pci);
	assert_true(seen.intx);
	assert_int_equal(seen.intxs, 1);
	vcryptod_pci_break(&pci);
	assert_true(space_get(PCI_CFG_STATUS, 2) & PCI_CFG_STATUS_INTX);
	assert_int_equal(bar_get(VCRYPTOD_PCI_ISR, 1),
			VIRTIO_PCI_ISR_QUEUE | VIRTIO_PCI_ISR_CONFIG);
	assert_false(seen.intx);
	assert_int_equal(bar_get(VCRYPTOD_PCI_ISR, 1), 0);
	assert_false(space_get(PCI_CFG_STATUS, 2) & PCI_CFG_STATUS_INTX);
	/* Switched off, it is asked for later. */
	space_put(PCI_CFG_COMMAND, 2, PCI_CFG_COMMAND_NO_INTX);
	vcryptod_pci_queue_intx(&pci);
	assert_int_equal(seen.intxs, 2);
	assert_true(space_get(PCI_CFG_STATUS, 2) & PCI_CFG_STATUS_INTX);
	space_put(PCI_CFG_COMMAND, 2, 0);
	assert_true(seen.intx);
	space_put(msix + 2, 2, PCI_MSIX_ENABLE);
	assert_false(seen.intx);
	space_put(msix + 2, 2, 0);
	assert_true(seen.intx);
	bar_put(R(device_status), 1, 0);
	assert_false(seen.intx);
	assert_int_equal(bar_get(VCRYPTOD_PCI_ISR, 1), 0);
}

static void
pci_without_pin(void **state)
{
	struct vcryptod_pci_config cfg = usual;

	(void)state;
	cfg.intx = cfg.admin = false;
	assert_int_equal(vcryptod_pci_init(&pci, &cfg), 0);
	memset(&seen, 0, sizeof(seen));
	come_to(0xf);
	assert_int_equal(space_get(PCI_CFG_IRQ_PIN, 1), 0);
	vcryptod_pci_queue_intx(&pci);
	assert_int_equal(seen.intxs, 0);
	assert_false(space_get(PCI_CFG_STATUS, 2) & PCI_CFG_STATUS_INTX);
	assert_int_equal(bar_get(VCRYPTOD_PCI_ISR, 1), VIRTIO_PCI_ISR_QUEUE);
	assert_int_equal(bar_get(R(admin_queue_num), 2), 0);
	enable_queue(ADMIN);
	assert_int_equal(seen.enables, 0);
}

/* ---- any access ---- */

static void
pci_table(void **state)
{
	const uint8_t entry[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t got[8];

	(void)state;
	assert_int_equal(vcryptod_pci_bar_read(&pci, 1, 12, got, 4), 0);
	assert_int_equal(got[0], 1);			/* masked */
	assert_int_equal(vcryptod_pci_bar_write(&pci, 1, 16, entry, 8), 0);
	assert_int_equal(vcryptod_pci_bar_write(&pci, 1, 16, entry, 2), 0);
	assert_int_equal(vcryptod_pci_bar_write(&pci, 1, 18, entry, 4), 0);
	assert_int_equal(vcryptod_pci_bar_write(&pci, 1, NB_VECTORS * 16, entry, 8), 0);
	assert_int_equal(vcryptod_pci_bar_write(&pci, 1, VCRYPTOD_PCI_MSIX_PENDING, entry, 8), 0);
	assert_int_equal(vcryptod_pci_bar_read(&pci, 1, 16, got, 8), 0);
	assert_memory_equal(got, entry, 8);
	assert_int_equal(vcryptod_pci_bar_read(&pci, 1, NB_VECTORS * 16, got, 8), 0);
	assert_memory_equal(got, "\0\0\0\0\0\0\0", 8);
	assert_int_equal(vcryptod_pci_bar_read(&pci, 1, VCRYPTOD_PCI_MSIX_PENDING, got, 8), 0);
	assert_memory_equal(got, "\0\0\0\0\0\0\0", 8);
}

static void
pci_bounds(void **state)
{
	static uint8_t all[VCRYPTOD_PCI_BAR_LEN + 1];
	unsigned int bar;
	uint64_t len;

	(void)state;
	for (bar = 0; bar < 2; bar++) {
		len = vcryptod_pci_bar_len(bar);
		all[len] = 0xa5;
		assert_int_equal(vcryptod_pci_bar_read(&pci, bar, 0, all, (uint32_t)len), 0);
		assert_int_equal(all[len], 0xa5);
		assert_int_equal(vcryptod_pci_bar_read(&pci, bar, len, all, 0), 0);
		assert_int_equal(vcryptod_pci_bar_read(&pci, bar, len, all, 1), -EINVAL);
		assert_int_equal(vcryptod_pci_bar_read(&pci, bar, 1, all, (uint32_t)len), -EINVAL);
		assert_int_equal(vcryptod_pci_bar_write(&pci, bar, len - 1, all, 2), -EINVAL);
		assert_int_equal(vcryptod_pci_bar_write(&pci, bar, UINT64_MAX, all, 1),
				-EINVAL);
		assert_int_equal(vcryptod_pci_bar_write(&pci, bar, 0, all, (uint32_t)len), 0);
	}
	assert_int_equal(vcryptod_pci_bar_len(2), 0);
	assert_int_equal(vcryptod_pci_bar_read(&pci, 2, 0, all, 0), -EINVAL);
	assert_int_equal(vcryptod_pci_bar_write(&pci, UINT32_MAX, 0, all, 1), -EINVAL);
	assert_int_equal(vcryptod_pci_space_read(&pci, PCI_CFG_SIZE, all, 0), 0);
	assert_int_equal(vcryptod_pci_space_read(&pci, PCI_CFG_SIZE - 1, all, 2), -EINVAL);
	assert_int_equal(vcryptod_pci_space_write(&pci, UINT64_MAX, all, 1), -EINVAL);
	assert_int_equal(seen.resets, 0);
}

/* Every place and width of the common configuration: a part of a register, or two of them, is
 * read as bytes and written to no effect.
 */
static void
pci_parts(void **state)
{
	uint8_t before[64], after[64];
	static const uint8_t ones[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint32_t off, width, changed = 0;

	(void)state;
	for (width = 1; width <= 16; width++) {
		for (off = 0; off + width <= 64; off++) {
			come_to(0xb);
			assert_int_equal(vcryptod_pci_bar_read(&pci, 0, 0, before, 64), 0);
			assert_int_equal(vcryptod_pci_bar_read(&pci, 0, off, after, width), 0);
			assert_memory_equal(after, before + off, width);
			assert_int_equal(vcryptod_pci_bar_write(&pci, 0, off, ones, width), 0);
			assert_int_equal(vcryptod_pci_bar_read(&pci, 0, 0, after, 64), 0);
			changed += memcmp(before, after, 64) != 0;
		}
	}
	/* Both feature selects, device_status, queue_select, six halves and three wholes of an
	 * address.  The rest takes no value of ones.
	 */
	assert_int_equal(changed, 2 + 1 + 1 + 6 + 3);
	assert_int_equal(seen.enables, 0);
}

static void
pci_init_refused(void **state)
{
	struct vcryptod_pci_config cfg = usual;

	(void)state;
	cfg.nb_queues = VCRYPTOD_PCI_MAX_QUEUES;
	assert_int_equal(vcryptod_pci_init(&pci, &cfg), -EINVAL);
	cfg.admin = false;
	assert_int_equal(vcryptod_pci_init(&pci, &cfg), 0);
	cfg.nb_queues = 0;
	assert_int_equal(vcryptod_pci_init(&pci, &cfg), -EINVAL);
	cfg.nb_queues = 1;
	cfg.queue_size = 48;
	assert_int_equal(vcryptod_pci_init(&pci, &cfg), -EINVAL);
	cfg.queue_size = 32768;
	cfg.nb_vectors = VCRYPTOD_PCI_MAX_VECTORS;
	assert_int_equal(vcryptod_pci_init(&pci, &cfg), 0);
	cfg.nb_vectors++;
	assert_int_equal(vcryptod_pci_init(&pci, &cfg), -EINVAL);
	cfg.nb_vectors = 0;
	assert_int_equal(vcryptod_pci_init(&pci, &cfg), -EINVAL);
}

#define T(f)	cmocka_unit_test_setup(f, pci_setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(pci_capabilities), T(pci_space_writes), T(pci_window), T(pci_life),
		T(pci_features_refused), T(pci_queue_refused), T(pci_queue_reset), T(pci_vectors),
		T(pci_intx), T(pci_without_pin), T(pci_table), T(pci_bounds), T(pci_parts),
		T(pci_init_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

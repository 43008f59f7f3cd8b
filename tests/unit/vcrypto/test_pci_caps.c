/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The walk over the capabilities (pci_caps.c): what is taken, what is skipped, what
 * is refused, and that nothing outside a BAR is ever handed out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/crypto/vcrypto/transport/pci/pci_caps.h"
#include "drivers/crypto/vcrypto/device/vcrypto_log.h"
#include "fake_pci.h"
#include "log_capture.h"

RTE_LOG_REGISTER(vcrypto_logtype, pmd.crypto.vcrypto, NOTICE)

#define CAP	sizeof(struct virtio_pci_cap)
#define NCAP	sizeof(struct virtio_pci_notify_cap)

static int
setup(void **state)
{
	struct fake_pci *f = fake_pci_create(2, 256);

	assert_int_equal(rte_pci_map_device(&f->dev), 0);
	log_capture_start();
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fake_pci *f = *state;

	log_capture_stop();
	rte_pci_unmap_device(&f->dev);
	fake_pci_destroy(f);
	return 0;
}

/* Every region lies inside the BAR whose memory it points to. */
static void
check_inside(const struct vcrypto_pci_caps *caps, const struct fake_pci *f)
{
	unsigned int s, bar, homes = 0;

	for (s = 0; s < VCRYPTO_PCI_NB_STRUCTURES; s++)
		for (bar = 0; bar < PCI_NB_BARS; bar++) {
			const struct rte_mem_resource *r = &f->dev.mem_resource[bar];
			uintptr_t a = (uintptr_t)caps->region[s].addr, base = (uintptr_t)r->addr;

			if (base != 0 && a >= base && a - base <= r->len &&
					caps->region[s].len <= r->len - (a - base))
				homes++;
		}
	assert_int_equal(homes, VCRYPTO_PCI_NB_STRUCTURES);
}

static void
expect_ok(struct vcrypto_pci_caps *caps, struct fake_pci *f)
{
	assert_int_equal(vcrypto_pci_caps_read(caps, &f->dev, f->dev.name), 0);
	assert_int_equal(log_capture_errors(), 0);
	assert_int_equal(log_capture_warnings(), 0);
	check_inside(caps, f);
	assert_null(fake_pci_violation(f));
}

/* Refused with err, and one line that names the device and has text in it. */
static void
expect_refused(struct fake_pci *f, int err, const char *text)
{
	struct vcrypto_pci_caps caps;

	assert_int_equal(vcrypto_pci_caps_read(&caps, &f->dev, f->dev.name), err);
	assert_int_equal(log_capture_errors(), 1);
	if (strstr(log_capture_last(), f->dev.name) == NULL ||
			strstr(log_capture_last(), text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", log_capture_last(), text);
	assert_null(fake_pci_violation(f));
	log_capture_start();
}

static const volatile uint8_t *
bar_at(const struct fake_pci *f, uint64_t off)
{
	return (const volatile uint8_t *)f->dev.mem_resource[FAKE_PCI_BAR].addr + off;
}

static void
finds_structures(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;

	expect_ok(&caps, f);
	assert_ptr_equal(caps.region[VCRYPTO_PCI_COMMON].addr, bar_at(f, FAKE_PCI_COMMON));
	assert_ptr_equal(caps.region[VCRYPTO_PCI_DEVICE].addr, bar_at(f, FAKE_PCI_DEVICE));
	assert_ptr_equal(caps.region[VCRYPTO_PCI_NOTIFY].addr, bar_at(f, FAKE_PCI_NOTIFY));
	assert_int_equal(caps.region[VCRYPTO_PCI_COMMON].len, 0x1000);
	assert_int_equal(caps.region[VCRYPTO_PCI_NOTIFY].len, 0x4000);
	assert_int_equal(caps.notify_multiplier, 4);
	assert_int_equal(f->nb_mmio, 0);
}

/* ---- the list ---- */

static void
list_that_loops(void **state)
{
	struct fake_pci *f = *state;

	f->config[f->cap_tail + 1] = 0x40;
	expect_refused(f, -EINVAL, "it loops");
	/* bounded: four bytes a step, a structure and its BAR at most once each */
	assert_true(f->nb_cfg < 100);

	f->config[f->cap_tail + 1] = f->cap_tail;
	expect_refused(f, -EINVAL, "it loops");
}

static void
list_of_greatest_length(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;
	uint8_t none[4] = { 0 };
	unsigned int pos;

	/* 48 capabilities of 4 bytes fill the space, and are no loop */
	fake_pci_clear_caps(f);
	for (pos = PCI_CFG_CAP_FIRST; pos < PCI_CFG_SIZE; pos += 4)
		fake_pci_add_cap(f, (uint8_t)pos, 0x01, none, 4);
	expect_refused(f, -ENOTSUP, "legacy-only");

	/* the last four bytes hold a link back to usable ones */
	fake_pci_destroy(f);
	*state = f = fake_pci_create(2, 256);
	assert_int_equal(rte_pci_map_device(&f->dev), 0);
	f->config[PCI_CFG_CAP_PTR] = 0xfc;
	f->config[0xfc] = PCI_CAP_VENDOR;
	f->config[0xfd] = 0x40;
	f->config[0xfe] = CAP;
	f->config[0xff] = VIRTIO_PCI_CAP_COMMON_CFG;
	expect_ok(&caps, f);
	assert_ptr_equal(caps.region[VCRYPTO_PCI_COMMON].addr, bar_at(f, FAKE_PCI_COMMON));
}

static void
link_into_header(void **state)
{
	struct fake_pci *f = *state;

	f->config[FAKE_PCI_CAP_ISR + 1] = 0x3c;
	expect_refused(f, -EINVAL, "points into the header");
	f->config[PCI_CFG_CAP_PTR] = 0x04;
	expect_refused(f, -EINVAL, "points into the header");
}

static void
reserved_bits_of_links(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;

	f->config[PCI_CFG_CAP_PTR] |= 0x01;
	f->config[FAKE_PCI_CAP_COMMON + 1] |= 0x03;
	f->config[f->cap_tail + 1] = 0x02;	/* masked: 0, the end */
	expect_ok(&caps, f);
}

static void
no_list(void **state)
{
	struct fake_pci *f = *state;

	f->config[PCI_CFG_STATUS] &= (uint8_t)~PCI_CFG_STATUS_CAP_LIST;
	expect_refused(f, -ENOTSUP, "legacy-only");
}

static void
legacy_only(void **state)
{
	struct fake_pci *f = *state;

	f->config[f->config[PCI_CFG_CAP_PTR] + 1] = FAKE_PCI_CAP_MSIX;
	expect_refused(f, -ENOTSUP, "disable-legacy=on");
}

static void
other_ids_ignored(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;
	struct virtio_pci_notify_cap *c = fake_pci_cap_at(f, FAKE_PCI_CAP_COMMON);

	/* looks like a common configuration, but is not a vendor capability */
	c->cap.cap_vndr = 0x05;
	expect_refused(f, -ENOTSUP, "legacy-only");
	fake_pci_add_struct(f, 0xc0, VIRTIO_PCI_CAP_COMMON_CFG, FAKE_PCI_BAR, 0, 0x1000, CAP, 0);
	expect_ok(&caps, f);
}

static void
reserved_types_ignored(void **state)
{
	static const uint8_t types[] = { 0, 6, 7, 8, 9, 10, 0xff };
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;
	unsigned int i;

	fake_pci_clear_caps(f);
	for (i = 0; i < sizeof(types); i++)
		fake_pci_add_struct(f, (uint8_t)(0x40 + 16 * i), types[i], 9, UINT32_MAX,
			UINT32_MAX, CAP, 0);
	fake_pci_add_struct(f, 0xb0, VIRTIO_PCI_CAP_COMMON_CFG, FAKE_PCI_BAR, 0, 64, CAP, 0);
	fake_pci_add_struct(f, 0xc0, VIRTIO_PCI_CAP_DEVICE_CFG, FAKE_PCI_BAR, 0x2000, 64, CAP, 0);
	fake_pci_add_struct(f, 0xd0, VIRTIO_PCI_CAP_NOTIFY_CFG, FAKE_PCI_BAR, 0x3000, 64, NCAP, 4);
	expect_ok(&caps, f);
}

/* ---- one capability ---- */

static void
missing_structure(void **state)
{
	struct fake_pci *f = *state;

	fake_pci_cap_at(f, FAKE_PCI_CAP_NOTIFY)->cap.cfg_type = VIRTIO_PCI_CAP_VENDOR_CFG;
	expect_refused(f, -EINVAL, "no notification capability");
	fake_pci_cap_at(f, FAKE_PCI_CAP_NOTIFY)->cap.cfg_type = VIRTIO_PCI_CAP_NOTIFY_CFG;
	fake_pci_cap_at(f, FAKE_PCI_CAP_DEVICE)->cap.cfg_type = VIRTIO_PCI_CAP_VENDOR_CFG;
	expect_refused(f, -EINVAL, "no device configuration capability");
}

/* A capability's bytes, changed; the others stay as they were made. */
struct change {
	const char *why;
	uint8_t pos, cap_len, bar;
	uint32_t offset, length, multiplier;
};

static const struct change bad[] = {
	{ "reserved BAR", FAKE_PCI_CAP_COMMON, CAP, 6, 0, 0x1000, 0 },
	{ "reserved BAR", FAKE_PCI_CAP_DEVICE, CAP, 0xff, 0x2000, 0x1000, 0 },
	{ "I/O space", FAKE_PCI_CAP_COMMON, CAP, FAKE_PCI_IO_BAR, 0, 0x1000, 0 },
	{ "I/O space", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_IO_BAR, 0, 4, 0 },
	{ "not mapped", FAKE_PCI_CAP_COMMON, CAP, 2, 0, 0x1000, 0 },
	{ "too short", FAKE_PCI_CAP_COMMON, CAP - 1, FAKE_PCI_BAR, 0, 0x1000, 0 },
	{ "too short", FAKE_PCI_CAP_COMMON, 0, FAKE_PCI_BAR, 0, 0x1000, 0 },
	{ "too short", FAKE_PCI_CAP_NOTIFY, NCAP - 1, FAKE_PCI_BAR, 0x3000, 0x1000, 4 },
	{ "too short", FAKE_PCI_CAP_COMMON, CAP, FAKE_PCI_BAR, 0, 55, 0 },
	{ "too short", FAKE_PCI_CAP_DEVICE, CAP, FAKE_PCI_BAR, 0x2000, 55, 0 },
	{ "too short", FAKE_PCI_CAP_DEVICE, CAP, FAKE_PCI_BAR, 0x2000, 0, 0 },
	{ "too short", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3000, 1, 4 },
	{ "not aligned", FAKE_PCI_CAP_COMMON, CAP, FAKE_PCI_BAR, 2, 0x1000, 0 },
	{ "not aligned", FAKE_PCI_CAP_DEVICE, CAP, FAKE_PCI_BAR, 0x2001, 0x100, 0 },
	{ "not aligned", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3001, 0x100, 4 },
	{ "beyond its BAR", FAKE_PCI_CAP_COMMON, CAP, FAKE_PCI_BAR, FAKE_PCI_BAR_LEN, 56, 0 },
	{ "beyond its BAR", FAKE_PCI_CAP_COMMON, CAP, FAKE_PCI_BAR, FAKE_PCI_BAR_LEN - 52, 56, 0 },
	{ "beyond its BAR", FAKE_PCI_CAP_DEVICE, CAP, FAKE_PCI_BAR, 0x2000, 0x6001, 0 },
	{ "beyond its BAR", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3000, UINT32_MAX, 4 },
	{ "beyond its BAR", FAKE_PCI_CAP_COMMON, CAP, FAKE_PCI_SMALL_BAR, 0x0ffc, 56, 0 },
	/* 32-bit sums of these are small */
	{ "beyond its BAR", FAKE_PCI_CAP_COMMON, CAP, FAKE_PCI_BAR, 0xffffffc0, 0x80, 0 },
	{ "beyond its BAR", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0xfffffffe, 2, 4 },
	{ "multiplier", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3000, 0x1000, 1 },
	{ "multiplier", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3000, 0x1000, 3 },
	{ "multiplier", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3000, 0x1000, 6 },
	{ "multiplier", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3000, 0x1000, UINT32_MAX },
};

static const struct change good[] = {
	/* exactly as long as needed, and exactly at the end of the BAR */
	{ "", FAKE_PCI_CAP_COMMON, CAP, FAKE_PCI_BAR, FAKE_PCI_BAR_LEN - 56, 56, 0 },
	{ "", FAKE_PCI_CAP_DEVICE, CAP, FAKE_PCI_SMALL_BAR, 0x1000 - 56, 56, 0 },
	{ "", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, FAKE_PCI_BAR_LEN - 2, 2, 0 },
	/* larger than specified: capability and structure */
	{ "", FAKE_PCI_CAP_COMMON, CAP + 4, FAKE_PCI_BAR, 0, FAKE_PCI_BAR_LEN, 0 },
	{ "", FAKE_PCI_CAP_DEVICE, 0x80, FAKE_PCI_BAR, 0x2000, 0x6000, 0 },
	{ "", FAKE_PCI_CAP_NOTIFY, 0xff, FAKE_PCI_BAR, 0x3002, 0x1000, 4 },
	{ "", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3000, 0x1000, 2 },
	{ "", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0x3000, 0x1000, 0x80000000 },
};

static void
apply(struct fake_pci *f, const struct change *c)
{
	struct virtio_pci_notify_cap *cap = fake_pci_cap_at(f, c->pos);

	cap->cap.cap_len = c->cap_len;
	cap->cap.bar = c->bar;
	cap->cap.offset = cpu_to_le32(c->offset);
	cap->cap.length = cpu_to_le32(c->length);
	if (c->pos == FAKE_PCI_CAP_NOTIFY)
		cap->notify_off_multiplier = cpu_to_le32(c->multiplier);
}

static void
bad_capabilities(void **state)
{
	struct fake_pci *f = *state;
	uint8_t before[PCI_CFG_SIZE];
	unsigned int i;

	memcpy(before, f->config, sizeof(before));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		apply(f, &bad[i]);
		expect_refused(f, -EINVAL, bad[i].why);
		memcpy(f->config, before, sizeof(before));
	}
}

static void
good_capabilities(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;
	uint8_t before[PCI_CFG_SIZE];
	unsigned int i;

	memcpy(before, f->config, sizeof(before));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		apply(f, &good[i]);
		expect_ok(&caps, f);
		if (good[i].pos == FAKE_PCI_CAP_NOTIFY)
			assert_int_equal(caps.notify_multiplier, good[i].multiplier);
		memcpy(f->config, before, sizeof(before));
	}
}

/* A bad capability is no obstacle to a good one of its type after it. */
static void
first_usable_taken(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;
	uint8_t before[PCI_CFG_SIZE];
	unsigned int i;

	fake_pci_add_struct(f, 0xc0, VIRTIO_PCI_CAP_COMMON_CFG, FAKE_PCI_BAR, 0x100, 60, CAP, 0);
	fake_pci_add_struct(f, 0xd0, VIRTIO_PCI_CAP_DEVICE_CFG, FAKE_PCI_BAR, 0x2100, 60, CAP, 0);
	fake_pci_add_struct(f, 0xe0, VIRTIO_PCI_CAP_NOTIFY_CFG, FAKE_PCI_BAR, 0x3100, 60, NCAP, 8);
	expect_ok(&caps, f);
	/* the first of each, not the last */
	assert_ptr_equal(caps.region[VCRYPTO_PCI_COMMON].addr, bar_at(f, FAKE_PCI_COMMON));
	assert_ptr_equal(caps.region[VCRYPTO_PCI_NOTIFY].addr, bar_at(f, FAKE_PCI_NOTIFY));
	assert_int_equal(caps.notify_multiplier, 4);

	memcpy(before, f->config, sizeof(before));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum vcrypto_pci_structure s = bad[i].pos == FAKE_PCI_CAP_COMMON ?
			VCRYPTO_PCI_COMMON : bad[i].pos == FAKE_PCI_CAP_DEVICE ?
			VCRYPTO_PCI_DEVICE : VCRYPTO_PCI_NOTIFY;

		apply(f, &bad[i]);
		expect_ok(&caps, f);
		assert_int_equal(caps.region[s].len, 60);
		assert_int_equal(caps.notify_multiplier, s == VCRYPTO_PCI_NOTIFY ? 8 : 4);
		memcpy(f->config, before, sizeof(before));
	}
}

/* The message is about the one that the device prefers. */
static void
first_unusable_told(void **state)
{
	struct fake_pci *f = *state;

	fake_pci_cap_at(f, FAKE_PCI_CAP_COMMON)->cap.bar = 6;
	fake_pci_add_struct(f, 0xc0, VIRTIO_PCI_CAP_COMMON_CFG, FAKE_PCI_BAR, 0x1, 60, CAP, 0);
	expect_refused(f, -EINVAL, "capability at 0x50: it names a reserved BAR");
}

/* The extra data of a capability at the end of the space would lie outside of it. */
static void
capability_at_the_end(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;

	fake_pci_cap_at(f, FAKE_PCI_CAP_NOTIFY)->cap.cfg_type = 0;
	fake_pci_add_struct(f, 0xf0, VIRTIO_PCI_CAP_NOTIFY_CFG, FAKE_PCI_BAR, 0x3000, 64, 16, 0);
	f->config[0xf0 + 2] = NCAP;
	expect_refused(f, -EINVAL, "too short");

	fake_pci_add_struct(f, 0xd0, VIRTIO_PCI_CAP_NOTIFY_CFG, FAKE_PCI_BAR, 0x3000, 64, NCAP, 0);
	expect_ok(&caps, f);
}

static void
bar_above_4g(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;
	struct change c = { "", FAKE_PCI_CAP_NOTIFY, NCAP, FAKE_PCI_BAR, 0xfffffffc, 0x10000, 4 };

	fake_pci_resize_bar(f, FAKE_PCI_BAR, UINT64_C(5) << 30);
	apply(f, &c);
	expect_ok(&caps, f);
	assert_ptr_equal(caps.region[VCRYPTO_PCI_NOTIFY].addr, bar_at(f, 0xfffffffc));

	fake_pci_resize_bar(f, FAKE_PCI_BAR, (UINT64_C(4) << 30) + 0x8000);
	expect_refused(f, -EINVAL, "beyond its BAR");
}

/* ---- configuration space that fails ---- */

static void
every_read_can_fail(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;
	uint64_t n, all;

	expect_ok(&caps, f);
	all = f->nb_cfg;
	assert_true(all > 10);
	for (n = 1; n <= all; n++) {
		f->cfg_short = n % 2;
		f->nb_cfg = 0;
		f->cfg_fail_at = n;
		expect_refused(f, -EIO, "cannot read PCI configuration space");
	}
}

static void
removed_device(void **state)
{
	struct fake_pci *f = *state;

	fake_pci_remove(f);
	expect_refused(f, -ENODEV, "is gone");
}

/* Lists of random bytes: whatever is accepted lies inside a BAR. */
static void
random_lists(void **state)
{
	struct fake_pci *f = *state;
	struct vcrypto_pci_caps caps;
	unsigned int i, round, accepted = 0;
	uint8_t before[PCI_CFG_SIZE];
	uint32_t seed = 1;

	memcpy(before, f->config, sizeof(before));
	for (round = 0; round < 20000; round++) {
		memcpy(f->config, before, sizeof(before));
		/* a few bytes in most rounds, all of them in some */
		for (i = 0; i < (round % 16 == 0 ? 192u : round % 8 + 1); i++) {
			seed = seed * 1664525 + 1013904223;
			f->config[PCI_CFG_CAP_FIRST + (seed >> 8) % 192] = (uint8_t)(seed >> 24);
		}
		f->config[FAKE_PCI_CAP_PCI_CFG + 3] = 0;	/* moved: not watched here */
		f->nb_cfg = 0;
		log_capture_start();
		if (vcrypto_pci_caps_read(&caps, &f->dev, f->dev.name) == 0) {
			accepted++;
			check_inside(&caps, f);
			assert_int_equal(log_capture_errors(), 0);
		} else {
			assert_int_equal(log_capture_errors(), 1);
		}
		assert_true(f->nb_cfg < 200);
	}
	assert_true(accepted > 100 && accepted < 19900);
	assert_null(fake_pci_violation(f));
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(finds_structures),
		T(list_that_loops),
		T(list_of_greatest_length),
		T(link_into_header),
		T(reserved_bits_of_links),
		T(no_list),
		T(legacy_only),
		T(other_ids_ignored),
		T(reserved_types_ignored),
		T(missing_structure),
		T(bad_capabilities),
		T(good_capabilities),
		T(first_usable_taken),
		T(first_unusable_told),
		T(capability_at_the_end),
		T(bar_above_4g),
		T(every_read_can_fail),
		T(removed_device),
		T(random_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fake PCI function: configuration space, its capability list, the bus calls
 * that a driver makes, and which device a register belongs to.  What a register
 * does is in fake_pci_regs.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fake_pci.h"
#include "fake_pci_io.h"
#include "fake_pci_regs.h"

#define PCI_CAP_PM	0x01
#define PCI_CAP_MSIX	0x11
#define PAGE		0x1000

static struct fake_pci *fakes;
static uint64_t now_us;

/* A test cannot go on: say why and end the program with a failure. */
static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("fake_pci: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}

void
fake_pci_violate(struct fake_pci *f, const char *fmt, ...)
{
	static char taken;
	va_list ap;

	/* the first one counts; kicks may come from several threads */
	while (__atomic_test_and_set(&taken, __ATOMIC_ACQUIRE))
		;
	va_start(ap, fmt);
	if (f->violation[0] == '\0')
		vsnprintf(f->violation, sizeof(f->violation), fmt, ap);
	va_end(ap);
	__atomic_clear(&taken, __ATOMIC_RELEASE);
}

const char *
fake_pci_violation(const struct fake_pci *f)
{
	return f->violation[0] != '\0' ? f->violation : NULL;
}

uint64_t
fake_pci_now_us(void)
{
	return __atomic_load_n(&now_us, __ATOMIC_RELAXED);
}

void
fake_pci_delay_us(unsigned int us)
{
	__atomic_fetch_add(&now_us, us, __ATOMIC_RELAXED);
}

/* ---- configuration space ---- */

static void
put32(struct fake_pci *f, unsigned int at, uint32_t v)
{
	le32 le = cpu_to_le32(v);

	memcpy(&f->config[at], &le, sizeof(le));
}

void
fake_pci_clear_caps(struct fake_pci *f)
{
	memset(&f->config[PCI_CFG_CAP_FIRST], 0, PCI_CFG_SIZE - PCI_CFG_CAP_FIRST);
	f->config[PCI_CFG_CAP_PTR] = 0;
	f->cap_tail = 0;
}

void
fake_pci_add_cap(struct fake_pci *f, uint8_t pos, uint8_t id, const void *body, uint8_t cap_len)
{
	size_t room = (size_t)PCI_CFG_SIZE - pos, len = cap_len < room ? cap_len : room;

	if (f->cap_tail == 0)
		f->config[PCI_CFG_CAP_PTR] = pos;
	else
		f->config[f->cap_tail + 1] = pos;
	f->cap_tail = pos;
	if (len > 2)
		memcpy(&f->config[pos + 2], (const uint8_t *)body + 2, len - 2);
	f->config[pos] = id;
	f->config[pos + 1] = 0;
}

void
fake_pci_add_struct(struct fake_pci *f, uint8_t pos, uint8_t cfg_type, uint8_t bar,
		uint32_t offset, uint32_t length, uint8_t cap_len, uint32_t extra)
{
	struct virtio_pci_notify_cap cap = {
		.cap = {
			.cap_len = cap_len,
			.cfg_type = cfg_type,
			.bar = bar,
			.offset = cpu_to_le32(offset),
			.length = cpu_to_le32(length),
		},
		.notify_off_multiplier = cpu_to_le32(extra),
	};
	uint8_t body[UINT8_MAX] = { 0 };

	memcpy(body, &cap, sizeof(cap));
	/* cap_len is what the capability claims; fewer bytes may be there to claim */
	fake_pci_add_cap(f, pos, PCI_CAP_VENDOR, body, cap_len < 16 ? 16 : cap_len);
}

struct virtio_pci_notify_cap *
fake_pci_cap_at(struct fake_pci *f, uint8_t pos)
{
	if (pos < PCI_CFG_CAP_FIRST || pos + sizeof(struct virtio_pci_notify_cap) > PCI_CFG_SIZE)
		die("no capability at 0x%02x", pos);
	return (struct virtio_pci_notify_cap *)&f->config[pos];
}

static void
default_caps(struct fake_pci *f)
{
	static const uint8_t pm[8];
	/* table of 3 vectors at 0 of the small BAR, pending bits at 0x800 */
	static const uint8_t msix[12] = { 0, 0, 2, 0, FAKE_PCI_SMALL_BAR, 0, 0, 0,
		FAKE_PCI_SMALL_BAR, 8, 0, 0 };

	fake_pci_add_cap(f, 0x40, PCI_CAP_PM, pm, sizeof(pm));
	fake_pci_add_struct(f, FAKE_PCI_CAP_COMMON, VIRTIO_PCI_CAP_COMMON_CFG, FAKE_PCI_BAR,
		FAKE_PCI_COMMON, PAGE, sizeof(struct virtio_pci_cap), 0);
	fake_pci_add_struct(f, FAKE_PCI_CAP_ISR, VIRTIO_PCI_CAP_ISR_CFG, FAKE_PCI_BAR,
		FAKE_PCI_ISR, PAGE, sizeof(struct virtio_pci_cap), 0);
	fake_pci_add_struct(f, FAKE_PCI_CAP_DEVICE, VIRTIO_PCI_CAP_DEVICE_CFG, FAKE_PCI_BAR,
		FAKE_PCI_DEVICE, PAGE, sizeof(struct virtio_pci_cap), 0);
	fake_pci_add_struct(f, FAKE_PCI_CAP_NOTIFY, VIRTIO_PCI_CAP_NOTIFY_CFG, FAKE_PCI_BAR,
		FAKE_PCI_NOTIFY, 4 * PAGE, sizeof(struct virtio_pci_notify_cap), f->multiplier);
	fake_pci_add_struct(f, FAKE_PCI_CAP_PCI_CFG, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, 0,
		sizeof(struct virtio_pci_cfg_cap), 0);
	fake_pci_add_cap(f, FAKE_PCI_CAP_MSIX, PCI_CAP_MSIX, msix, sizeof(msix));
}

static void
default_config_space(struct fake_pci *f)
{
	put32(f, PCI_CFG_VENDOR, VIRTIO_PCI_DEVICE_ID_CRYPTO << 16 | VIRTIO_PCI_VENDOR_ID);
	put32(f, PCI_CFG_COMMAND, PCI_CFG_STATUS_CAP_LIST << 16 | 0x0002);
	put32(f, PCI_CFG_BAR(FAKE_PCI_IO_BAR), 0xc000 | PCI_CFG_BAR_IO);
	put32(f, PCI_CFG_BAR(FAKE_PCI_SMALL_BAR), 0xfe000000);
	put32(f, PCI_CFG_BAR(FAKE_PCI_BAR), 0xe000000c);
	/* the upper half of the 64-bit address; its bit 0 means nothing */
	put32(f, PCI_CFG_BAR(FAKE_PCI_BAR + 1), 0x00000081);
	default_caps(f);
}

/* ---- BARs ---- */

void
fake_pci_resize_bar(struct fake_pci *f, unsigned int bar, uint64_t len)
{
	struct rte_mem_resource *r = &f->dev.mem_resource[bar];

	if (r->addr != NULL)
		munmap(r->addr, r->len);
	r->addr = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->addr == MAP_FAILED)
		die("no address space for a BAR of %llu bytes", (unsigned long long)len);
	r->len = len;
	r->phys_addr = (uintptr_t)r->addr;
}

static struct fake_pci *
find(const volatile void *reg, unsigned int *bar, uint64_t *off)
{
	uintptr_t a = (uintptr_t)reg;
	struct fake_pci *f;

	for (f = fakes; f != NULL; f = f->next)
		for (*bar = 0; *bar < PCI_NB_BARS; (*bar)++) {
			uintptr_t base = (uintptr_t)f->dev.mem_resource[*bar].addr;

			*off = a - base;
			if (base != 0 && a >= base && *off < f->dev.mem_resource[*bar].len)
				return f;
		}
	die("access to %p, which is in no BAR", (void *)a);
}

uint32_t
fake_pci_mmio_read(const volatile void *reg, unsigned int width)
{
	uint64_t off;
	unsigned int bar;
	struct fake_pci *f = find(reg, &bar, &off);

	return fake_pci_regs_read(f, bar, off, width);
}

void
fake_pci_mmio_write(volatile void *reg, unsigned int width, uint32_t value)
{
	uint64_t off;
	unsigned int bar;
	struct fake_pci *f = find(reg, &bar, &off);

	fake_pci_regs_write(f, bar, off, width, value);
}

/* ---- the bus, in place of the real one ---- */

static struct fake_pci *
of(const struct rte_pci_device *dev)
{
	struct fake_pci *f;

	for (f = fakes; f != NULL; f = f->next)
		if (&f->dev == dev)
			return f;
	die("a bus call for %s, which is not a fake device", dev->name);
}

int
rte_pci_map_device(struct rte_pci_device *dev)
{
	struct fake_pci *f = of(dev);

	if (f->map_result != 0)
		return f->map_result;
	if (f->nb_mapped != 0)
		fake_pci_violate(f, "the device is mapped twice");
	f->nb_mapped++;
	return 0;
}

void
rte_pci_unmap_device(struct rte_pci_device *dev)
{
	struct fake_pci *f = of(dev);

	if (f->nb_mapped != 1)
		fake_pci_violate(f, "the device is unmapped without being mapped");
	if (f->irq_handler != NULL || f->irq_enabled)
		fake_pci_violate(f, "the device is unmapped with its interrupt in use");
	f->nb_mapped--;
}

/* How many of len bytes at offset an access to configuration space transfers; < 0:
 * none, with an error.
 */
static int
cfg_access(struct fake_pci *f, size_t len, off_t offset)
{
	f->nb_cfg++;
	if (f->nb_mapped <= 0)
		fake_pci_violate(f, "configuration space is accessed before the mapping");
	if (f->nb_cfg == f->cfg_fail_at)
		return f->cfg_short ? (int)len - 1 : -1;
	if (offset < 0 || offset >= PCI_CFG_SIZE)
		return -1;
	return (size_t)offset + len > PCI_CFG_SIZE ? PCI_CFG_SIZE - (int)offset : (int)len;
}

int
rte_pci_read_config(const struct rte_pci_device *dev, void *buf, size_t len, off_t offset)
{
	struct fake_pci *f = of(dev);
	const unsigned int data = FAKE_PCI_CAP_PCI_CFG +
		offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
	int n = cfg_access(f, len, offset);

	if (n <= 0)
		return n;
	/* 4.1.4.9: a read of pci_cfg_data is an access to the device */
	if (f->config[FAKE_PCI_CAP_PCI_CFG + 3] == VIRTIO_PCI_CAP_PCI_CFG &&
			(unsigned int)offset < data + 4 && offset + n > (off_t)data)
		fake_pci_violate(f, "pci_cfg_data is read");
	if (fake_pci_regs_gone(f))
		memset(buf, 0xff, (size_t)n);
	else
		memcpy(buf, &f->config[offset], (size_t)n);
	return n;
}

int
rte_pci_write_config(const struct rte_pci_device *dev, const void *buf, size_t len, off_t offset)
{
	struct fake_pci *f = of(dev);
	int n = cfg_access(f, len, offset);

	if (n <= 0)
		return n;
	if (offset != PCI_CFG_COMMAND || len != 2)
		fake_pci_violate(f, "configuration space is written at 0x%02x", (int)offset);
	else if (!fake_pci_regs_gone(f))
		memcpy(&f->config[offset], buf, (size_t)n);
	return n;
}

/* ---- EAL's interrupts, in place of the real ones ---- */

static struct fake_pci *
of_handle(const struct rte_intr_handle *h)
{
	struct fake_pci *f;

	for (f = fakes; f != NULL; f = f->next)
		if (h != NULL && f->dev.intr_handle == h)
			return f;
	die("an interrupt call for a handle that is no fake device's");
}

int
rte_intr_callback_register(const struct rte_intr_handle *h, rte_intr_callback_fn cb, void *arg)
{
	struct fake_pci *f = of_handle(h);

	if (f->irq_register_result != 0)
		return f->irq_register_result;
	if (f->irq_handler != NULL)
		fake_pci_violate(f, "two interrupt handlers are installed");
	f->irq_handler = cb;
	f->irq_arg = arg;
	return 0;
}

int
rte_intr_callback_unregister_sync(const struct rte_intr_handle *h, rte_intr_callback_fn cb,
		void *arg)
{
	struct fake_pci *f = of_handle(h);

	if (f->irq_handler != cb || f->irq_arg != arg)
		fake_pci_violate(f, "an interrupt handler is removed that was not installed");
	f->irq_handler = NULL;
	return 1;
}

int
rte_intr_enable(const struct rte_intr_handle *h)
{
	struct fake_pci *f = of_handle(h);

	if (f->irq_enable_result != 0)
		return f->irq_enable_result;
	if (f->irq_enabled || f->irq_handler == NULL)
		fake_pci_violate(f, "interrupts are enabled twice, or for nobody");
	f->irq_enabled = true;
	return 0;
}

int
rte_intr_disable(const struct rte_intr_handle *h)
{
	struct fake_pci *f = of_handle(h);

	if (!f->irq_enabled)
		fake_pci_violate(f, "interrupts are disabled that were not enabled");
	f->irq_enabled = false;
	return 0;
}

void
fake_pci_add_vectors(struct fake_pci *f)
{
	f->dev.intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (f->dev.intr_handle == NULL ||
			rte_intr_type_set(f->dev.intr_handle, RTE_INTR_HANDLE_VFIO_MSIX) != 0)
		die("no interrupt handle");
}

bool
fake_pci_fire(struct fake_pci *f)
{
	if (!f->irq_enabled || f->irq_handler == NULL || f->config_msix_vector != 0)
		return false;
	f->nb_irqs++;
	f->irq_handler(f->irq_arg);
	return true;
}

/* ---- life ---- */

static void
default_device(struct fake_pci *f, uint16_t max_size)
{
	uint16_t i;

	f->device_features = VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX |
		VIRTIO_F_RING_RESET;
	f->gone_at = FAKE_PCI_NEVER;
	f->multiplier = 4;
	for (i = 0; i < f->nb_queues; i++) {
		f->queue[i].max_size = max_size;
		f->queue[i].notify_off = i;
		f->queue[i].notif_config_data = (uint16_t)(0x8000 | i);
	}
	f->device_cfg = (struct virtio_crypto_config){
		.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY),
		.max_dataqueues = cpu_to_le32(f->nb_queues - 1u),
		.crypto_services = cpu_to_le32(1u << VIRTIO_CRYPTO_SERVICE_CIPHER |
			1u << VIRTIO_CRYPTO_SERVICE_HASH | 1u << VIRTIO_CRYPTO_SERVICE_MAC |
			1u << VIRTIO_CRYPTO_SERVICE_AKCIPHER),
		.cipher_algo_l = cpu_to_le32(1u << VIRTIO_CRYPTO_CIPHER_AES_CBC),
		.hash_algo = cpu_to_le32(1u << VIRTIO_CRYPTO_HASH_SHA1),
		.akcipher_algo = cpu_to_le32(1u << VIRTIO_CRYPTO_AKCIPHER_RSA),
		.max_cipher_key_len = cpu_to_le32(64),
		.max_auth_key_len = cpu_to_le32(512),
		.max_size = cpu_to_le64(INT64_MAX),
	};
	fake_pci_regs_reset(f);
}

struct fake_pci *
fake_pci_create(uint16_t nb_queues, uint16_t max_size)
{
	static uint8_t devid;
	struct fake_pci *f = calloc(1, sizeof(*f));

	if (f == NULL)
		die("no memory");
	f->queue = calloc(nb_queues != 0 ? nb_queues : 1, sizeof(f->queue[0]));
	if (f->queue == NULL)
		die("no memory");
	f->nb_queues = nb_queues;
	default_device(f, max_size);
	default_config_space(f);
	fake_pci_resize_bar(f, FAKE_PCI_SMALL_BAR, PAGE);
	fake_pci_resize_bar(f, FAKE_PCI_BAR, FAKE_PCI_BAR_LEN);

	f->dev.addr.domain = 0xfa4e;
	f->dev.addr.devid = devid++ & 0x1f;
	f->dev.id.vendor_id = VIRTIO_PCI_VENDOR_ID;
	f->dev.id.device_id = VIRTIO_PCI_DEVICE_ID_CRYPTO;
	f->dev.kdrv = RTE_PCI_KDRV_VFIO;
	snprintf(f->dev.name, sizeof(f->dev.name), "fa4e:00:%02x.0", f->dev.addr.devid);
	f->dev.device.name = f->dev.name;
	f->dev.device.numa_node = -1;
	f->next = fakes;
	fakes = f;
	return f;
}

void
fake_pci_destroy(struct fake_pci *f)
{
	struct fake_pci **at = &fakes;
	unsigned int bar;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	for (bar = 0; bar < PCI_NB_BARS; bar++)
		if (f->dev.mem_resource[bar].addr != NULL)
			munmap(f->dev.mem_resource[bar].addr, f->dev.mem_resource[bar].len);
	rte_intr_instance_free(f->dev.intr_handle);
	free(f->queue);
	free(f);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The BARs of the PCI function, its interrupts and its reset; see function.h.
 */
#include <errno.h>
#include <string.h>

#include "registers.h"

#define FUNCTION_PAGE	0x1000

_Static_assert(VCRYPTOD_PCI_MAX_QUEUES * VCRYPTOD_PCI_NOTIFY_STEP <= FUNCTION_PAGE,
		"the notifications fit into their page");
_Static_assert(VCRYPTOD_PCI_MAX_VECTORS * PCI_MSIX_ENTRY_LEN <= VCRYPTOD_PCI_MSIX_PENDING,
		"the table ends before the pending bits");

uint64_t
vcryptod_pci_bar_len(unsigned int bar)
{
	if (bar == VCRYPTOD_PCI_BAR)
		return VCRYPTOD_PCI_BAR_LEN;
	return bar == VCRYPTOD_PCI_MSIX_BAR ? VCRYPTOD_PCI_MSIX_LEN : 0;
}

static bool
function_is_beyond(unsigned int bar, uint64_t offset, uint32_t count)
{
	uint64_t len = vcryptod_pci_bar_len(bar);

	return len == 0 || offset > len || count > len - offset;
}

/* ---- read ---- */

/* What of a structure of len bytes at start lies in [offset, offset + count) of the BAR. */
static void
function_copy(uint8_t *to, uint64_t offset, uint32_t count, uint64_t start, const void *bytes,
		uint64_t len)
{
	uint64_t first = offset > start ? offset : start, end = offset + count;

	if (end > start + len)
		end = start + len;
	if (first < end)
		memcpy(to + (first - offset), (const uint8_t *)bytes + (first - start),
				(size_t)(end - first));
}

static bool
function_meets(uint64_t offset, uint32_t count, uint64_t start, uint64_t len)
{
	return offset < start + len && offset + count > start;
}

/* The structures are told apart, so that one is made only where it is read. */
static void
function_read_structures(struct vcryptod_pci *p, uint64_t offset, uint8_t *to, uint32_t count)
{
	struct virtio_pci_common_cfg common;
	struct virtio_crypto_config device;

	if (function_meets(offset, count, VCRYPTOD_PCI_COMMON, sizeof(common))) {
		vcryptod_pci_common_image(p, &common);
		function_copy(to, offset, count, VCRYPTOD_PCI_COMMON, &common, sizeof(common));
	}
	if (function_meets(offset, count, VCRYPTOD_PCI_DEVICE, sizeof(device))) {
		memset(&device, 0, sizeof(device));
		p->cfg.ops->config(p->cfg.ctx, &device);
		function_copy(to, offset, count, VCRYPTOD_PCI_DEVICE, &device, sizeof(device));
	}
	if (function_meets(offset, count, VCRYPTOD_PCI_ISR, sizeof(p->isr))) {
		function_copy(to, offset, count, VCRYPTOD_PCI_ISR, &p->isr, sizeof(p->isr));
		p->isr = 0;
		vcryptod_pci_update_intx(p);
	}
}

int
vcryptod_pci_bar_read(struct vcryptod_pci *p, unsigned int bar, uint64_t offset, void *to,
		uint32_t count)
{
	if (function_is_beyond(bar, offset, count))
		return -EINVAL;
	memset(to, 0, count);
	if (bar == VCRYPTOD_PCI_BAR)
		function_read_structures(p, offset, to, count);
	else	/* pending bits are 0: who delivers interrupts has them */
		function_copy(to, offset, count, 0, p->table,
				(uint64_t)p->cfg.nb_vectors * PCI_MSIX_ENTRY_LEN);
	return 0;
}

/* ---- write ---- */

/* The queue is known by the place alone.  Before DRIVER_OK no driver notifies (3.1.1). */
static void
function_notify(struct vcryptod_pci *p, uint64_t at, uint32_t width, uint64_t value)
{
	uint64_t queue = at / VCRYPTOD_PCI_NOTIFY_STEP;

	if (at % VCRYPTOD_PCI_NOTIFY_STEP != 0 || (width != VIRTIO_PCI_NOTIFY_LEN &&
			width != VIRTIO_PCI_NOTIFY_DATA_LEN) || queue >= p->nb_rings ||
			(p->status & VIRTIO_S_DRIVER_OK) == 0 || !p->queue[queue].enabled)
		return;
	p->cfg.ops->notify(p->cfg.ctx, (unsigned int)queue, (uint32_t)value);
}

static void
function_write_table(struct vcryptod_pci *p, uint64_t offset, const uint8_t *from, uint32_t count)
{
	uint64_t len = (uint64_t)p->cfg.nb_vectors * PCI_MSIX_ENTRY_LEN;

	if ((count == 4 || count == 8) && offset % count == 0 && offset + count <= len)
		memcpy(&p->table[offset], from, count);
}

int
vcryptod_pci_bar_write(struct vcryptod_pci *p, unsigned int bar, uint64_t offset,
		const void *from, uint32_t count)
{
	uint64_t value;

	if (function_is_beyond(bar, offset, count))
		return -EINVAL;
	if (bar != VCRYPTOD_PCI_BAR) {
		function_write_table(p, offset, from, count);
		return 0;
	}
	if (count > sizeof(value))
		return 0;	/* no register is that wide */
	value = vcryptod_pci_get(from, count);
	if (offset >= VCRYPTOD_PCI_NOTIFY)
		function_notify(p, offset - VCRYPTOD_PCI_NOTIFY, count, value);
	else if (offset < VCRYPTOD_PCI_COMMON + sizeof(struct virtio_pci_common_cfg))
		vcryptod_pci_common_write(p, offset - VCRYPTOD_PCI_COMMON, count, value);
	vcryptod_pci_update_intx(p);
	return 0;		/* the device configuration has nothing to write (5.9.5) */
}

/* ---- interrupts ---- */

static void
function_set_isr(struct vcryptod_pci *p, uint8_t bit)
{
	p->isr |= bit;
	vcryptod_pci_update_intx(p);
}

static void
function_config_interrupt(struct vcryptod_pci *p)
{
	/* A driver that is not there yet reads all of it anyway. */
	if ((p->status & VIRTIO_S_DRIVER_OK) == 0)
		return;
	if (!vcryptod_pci_msix_is_on(p))
		function_set_isr(p, VIRTIO_PCI_ISR_CONFIG);
	else if (p->config_vector != VIRTIO_PCI_MSI_NO_VECTOR)
		p->cfg.ops->interrupt(p->cfg.ctx, p->config_vector);
}

/* 2.1.2: the driver is told by a configuration change, if DRIVER_OK is set. */
void
vcryptod_pci_break(struct vcryptod_pci *p)
{
	if ((p->status & VIRTIO_S_NEEDS_RESET) != 0 || p->status == 0)
		return;
	p->status |= VIRTIO_S_NEEDS_RESET;
	function_config_interrupt(p);
}

void
vcryptod_pci_queue_intx(struct vcryptod_pci *p)
{
	if (!vcryptod_pci_msix_is_on(p))
		function_set_isr(p, VIRTIO_PCI_ISR_QUEUE);
}

/* ---- start and reset ---- */

void
vcryptod_pci_reset(struct vcryptod_pci *p)
{
	bool was_on = vcryptod_pci_msix_is_on(p);

	p->cfg.ops->reset(p->cfg.ctx);
	vcryptod_pci_common_reset(p);
	vcryptod_pci_space_reset(p);
	vcryptod_pci_update_intx(p);
	if (was_on)
		p->cfg.ops->msix(p->cfg.ctx, false);
}

int
vcryptod_pci_init(struct vcryptod_pci *p, const struct vcryptod_pci_config *cfg)
{
	unsigned int nb = cfg->nb_queues + cfg->admin;

	memset(p, 0, sizeof(*p));
	if (cfg->nb_queues == 0 || nb > VCRYPTOD_PCI_MAX_QUEUES || cfg->nb_vectors == 0 ||
			cfg->nb_vectors > VCRYPTOD_PCI_MAX_VECTORS || cfg->queue_size == 0 ||
			(cfg->queue_size & (cfg->queue_size - 1)) != 0)
		return -EINVAL;
	p->cfg = *cfg;
	p->nb_rings = nb;
	vcryptod_pci_space_init(p);
	vcryptod_pci_common_reset(p);
	return 0;
}

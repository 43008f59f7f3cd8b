/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Configuration space of the PCI function, and its capabilities; see function.h.
 */
#include <errno.h>
#include <string.h>

#include "registers.h"

#define SPACE_CAP_COMMON	0x40
#define SPACE_CAP_NOTIFY	0x50
#define SPACE_CAP_ISR		0x64
#define SPACE_CAP_DEVICE	0x74
#define SPACE_CAP_WINDOW	0x84	/* VIRTIO_PCI_CAP_PCI_CFG */
#define SPACE_CAP_MSIX		0x98

#define SPACE_CLASS		0x108000	/* encryption controller, other */
#define SPACE_REVISION		1		/* not transitional (4.1.2.1) */

#define W(field)	(SPACE_CAP_WINDOW + offsetof(struct virtio_pci_cfg_cap, field))
#define SPACE_CONTROL	(SPACE_CAP_MSIX + offsetof(struct pci_msix_cap, control))

static uint16_t
space_get16(const struct vcryptod_pci *p, unsigned int at)
{
	return (uint16_t)vcryptod_pci_get(&p->space[at], 2);
}

bool
vcryptod_pci_msix_is_on(const struct vcryptod_pci *p)
{
	return (space_get16(p, SPACE_CONTROL) & PCI_MSIX_ENABLE) != 0;
}

void
vcryptod_pci_update_intx(struct vcryptod_pci *p)
{
	bool asks = p->isr != 0, on;

	on = asks && p->cfg.intx && !vcryptod_pci_msix_is_on(p) &&
		(space_get16(p, PCI_CFG_COMMAND) & PCI_CFG_COMMAND_NO_INTX) == 0;
	p->space[PCI_CFG_STATUS] &= (uint8_t)~PCI_CFG_STATUS_INTX;
	if (asks && p->cfg.intx && !vcryptod_pci_msix_is_on(p))
		p->space[PCI_CFG_STATUS] |= PCI_CFG_STATUS_INTX;
	if (on == p->intx_on)
		return;
	p->intx_on = on;
	p->cfg.ops->intx(p->cfg.ctx, on);
}

/* ---- layout ---- */

static void
space_add_struct(struct vcryptod_pci *p, unsigned int at, unsigned int next, uint8_t len,
		uint8_t type, uint32_t offset, uint32_t length)
{
	const struct virtio_pci_cap cap = {
		.cap_vndr = PCI_CAP_VENDOR, .cap_next = (uint8_t)next, .cap_len = len,
		.cfg_type = type, .bar = VCRYPTOD_PCI_BAR, .offset = cpu_to_le32(offset),
		.length = cpu_to_le32(length),
	};

	memcpy(&p->space[at], &cap, sizeof(cap));
}

static void
space_add_caps(struct vcryptod_pci *p)
{
	const struct pci_msix_cap msix = {
		.hdr = { .id = PCI_CAP_MSIX },
		.control = cpu_to_le16((uint16_t)(p->cfg.nb_vectors - 1)),
		.table = cpu_to_le32(VCRYPTOD_PCI_MSIX_BAR),
		.pending = cpu_to_le32(VCRYPTOD_PCI_MSIX_PENDING | VCRYPTOD_PCI_MSIX_BAR),
	};

	p->space[PCI_CFG_CAP_PTR] = SPACE_CAP_COMMON;
	space_add_struct(p, SPACE_CAP_COMMON, SPACE_CAP_NOTIFY, sizeof(struct virtio_pci_cap),
			VIRTIO_PCI_CAP_COMMON_CFG, VCRYPTOD_PCI_COMMON,
			sizeof(struct virtio_pci_common_cfg));
	space_add_struct(p, SPACE_CAP_NOTIFY, SPACE_CAP_ISR, sizeof(struct virtio_pci_notify_cap),
			VIRTIO_PCI_CAP_NOTIFY_CFG, VCRYPTOD_PCI_NOTIFY,
			p->nb_rings * VCRYPTOD_PCI_NOTIFY_STEP);
	vcryptod_pci_put(&p->space[SPACE_CAP_NOTIFY +
			offsetof(struct virtio_pci_notify_cap, notify_off_multiplier)], 4,
			VCRYPTOD_PCI_NOTIFY_STEP);
	space_add_struct(p, SPACE_CAP_ISR, SPACE_CAP_DEVICE, sizeof(struct virtio_pci_cap),
			VIRTIO_PCI_CAP_ISR_CFG, VCRYPTOD_PCI_ISR, 1);
	space_add_struct(p, SPACE_CAP_DEVICE, SPACE_CAP_WINDOW, sizeof(struct virtio_pci_cap),
			VIRTIO_PCI_CAP_DEVICE_CFG, VCRYPTOD_PCI_DEVICE,
			sizeof(struct virtio_crypto_config));
	space_add_struct(p, SPACE_CAP_WINDOW, SPACE_CAP_MSIX, sizeof(struct virtio_pci_cfg_cap),
			VIRTIO_PCI_CAP_PCI_CFG, 0, 0);
	memcpy(&p->space[SPACE_CAP_MSIX], &msix, sizeof(msix));
}

void
vcryptod_pci_space_reset(struct vcryptod_pci *p)
{
	uint8_t *s = p->space;
	unsigned int i;

	memset(s, 0, sizeof(p->space));
	vcryptod_pci_put(s + PCI_CFG_VENDOR, 2, VIRTIO_PCI_VENDOR_ID);
	vcryptod_pci_put(s + PCI_CFG_VENDOR + 2, 2, VIRTIO_PCI_DEVICE_ID_CRYPTO);
	s[PCI_CFG_STATUS] = PCI_CFG_STATUS_CAP_LIST;
	s[PCI_CFG_REVISION] = SPACE_REVISION;
	vcryptod_pci_put(s + PCI_CFG_CLASS, 3, SPACE_CLASS);
	vcryptod_pci_put(s + PCI_CFG_SUBSYSTEM_VENDOR, 2, VIRTIO_PCI_VENDOR_ID);
	vcryptod_pci_put(s + PCI_CFG_SUBSYSTEM, 2, VIRTIO_PCI_DEVICE_ID_CRYPTO);
	s[PCI_CFG_IRQ_PIN] = p->cfg.intx;
	space_add_caps(p);
	memset(p->table, 0, sizeof(p->table));
	for (i = 0; i < p->cfg.nb_vectors; i++)
		p->table[i * PCI_MSIX_ENTRY_LEN + PCI_MSIX_ENTRY_CONTROL] = 1;
}

void
vcryptod_pci_space_init(struct vcryptod_pci *p)
{
	memset(p->mask, 0, sizeof(p->mask));
	vcryptod_pci_put(&p->mask[PCI_CFG_COMMAND], 2, PCI_CFG_COMMAND_MEMORY |
			PCI_CFG_COMMAND_MASTER | PCI_CFG_COMMAND_NO_INTX);
	/* Address bits below a BAR's length read 0, which tells the length. */
	vcryptod_pci_put(&p->mask[PCI_CFG_BAR(VCRYPTOD_PCI_BAR)], 4,
			-(uint32_t)VCRYPTOD_PCI_BAR_LEN);
	vcryptod_pci_put(&p->mask[PCI_CFG_BAR(VCRYPTOD_PCI_MSIX_BAR)], 4,
			-(uint32_t)VCRYPTOD_PCI_MSIX_LEN);
	p->mask[PCI_CFG_IRQ_LINE] = 0xff;
	p->mask[W(cap.bar)] = 0xff;
	memset(&p->mask[W(cap.offset)], 0xff, 4);
	memset(&p->mask[W(cap.length)], 0xff, 4);
	memset(&p->mask[W(pci_cfg_data)], 0xff, 4);
	vcryptod_pci_put(&p->mask[SPACE_CONTROL], 2, PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
	vcryptod_pci_space_reset(p);
}

/* ---- the window into a BAR (4.1.4.9) ---- */

static bool
space_meets_window(uint64_t offset, uint32_t count)
{
	return offset < W(pci_cfg_data) + 4 && offset + count > W(pci_cfg_data);
}

/* Where the window is; false: it has a length that no register has, or lies across one. */
static bool
space_window(const struct vcryptod_pci *p, unsigned int *bar, uint64_t *offset, uint32_t *len)
{
	*bar = p->space[W(cap.bar)];
	*offset = vcryptod_pci_get(&p->space[W(cap.offset)], 4);
	*len = (uint32_t)vcryptod_pci_get(&p->space[W(cap.length)], 4);
	return (*len == 1 || *len == 2 || *len == 4) && *offset % *len == 0;
}

static void
space_window_read(struct vcryptod_pci *p)
{
	uint8_t *data = &p->space[W(pci_cfg_data)];
	unsigned int bar;
	uint64_t offset;
	uint32_t len;

	memset(data, 0, 4);
	if (space_window(p, &bar, &offset, &len))
		(void)vcryptod_pci_bar_read(p, bar, offset, data, len);
}

static void
space_window_write(struct vcryptod_pci *p)
{
	uint8_t data[4];
	unsigned int bar;
	uint64_t offset;
	uint32_t len;

	memcpy(data, &p->space[W(pci_cfg_data)], sizeof(data));
	if (space_window(p, &bar, &offset, &len))
		(void)vcryptod_pci_bar_write(p, bar, offset, data, len);
}

/* ---- access ---- */

static bool
space_is_beyond(uint64_t offset, uint32_t count)
{
	return offset > PCI_CFG_SIZE || count > PCI_CFG_SIZE - offset;
}

int
vcryptod_pci_space_read(struct vcryptod_pci *p, uint64_t offset, void *to, uint32_t count)
{
	if (space_is_beyond(offset, count))
		return -EINVAL;
	/* A dump of all has no effect on registers: an access to the window alone means it. */
	if (space_meets_window(offset, count) && count <= 4)
		space_window_read(p);
	memcpy(to, &p->space[offset], count);
	return 0;
}

int
vcryptod_pci_space_write(struct vcryptod_pci *p, uint64_t offset, const void *from,
		uint32_t count)
{
	bool was_on = vcryptod_pci_msix_is_on(p), on;
	const uint8_t *bytes = from;
	uint32_t i;
	uint8_t m;

	if (space_is_beyond(offset, count))
		return -EINVAL;
	for (i = 0; i < count; i++) {
		m = p->mask[offset + i];
		p->space[offset + i] = (uint8_t)((p->space[offset + i] & ~m) | (bytes[i] & m));
	}
	if (space_meets_window(offset, count) && count <= 4)
		space_window_write(p);
	on = vcryptod_pci_msix_is_on(p);
	if (on != was_on)
		p->cfg.ops->msix(p->cfg.ctx, on);
	vcryptod_pci_update_intx(p);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between the files of the PCI function; others include function.h.
 */
#ifndef VCRYPTOD_REGISTERS_H
#define VCRYPTOD_REGISTERS_H

#include "function.h"

/* Up to 8 bytes in little-endian order. */
static inline uint64_t
vcryptod_pci_get(const uint8_t *from, uint32_t width)
{
	uint64_t v = 0;

	while (width-- > 0)
		v = v << 8 | from[width];
	return v;
}

static inline void
vcryptod_pci_put(uint8_t *to, uint32_t width, uint64_t v)
{
	for (; width > 0; width--, v >>= 8)
		*to++ = (uint8_t)v;
}

/* The structure of common configuration: all of it as it reads now; a write of width bytes, which
 * may reset the device, so that INTx has to follow.
 */
void vcryptod_pci_common_image(const struct vcryptod_pci *p, struct virtio_pci_common_cfg *c);
void vcryptod_pci_common_write(struct vcryptod_pci *p, uint64_t offset, uint32_t width,
		uint64_t value);
/* Defaults of virtio's registers, after ops->reset; INTx has to follow. */
void vcryptod_pci_common_reset(struct vcryptod_pci *p);

/* Lays out configuration space; puts its defaults back. */
void vcryptod_pci_space_init(struct vcryptod_pci *p);
void vcryptod_pci_space_reset(struct vcryptod_pci *p);

/* INTx follows the ISR, MSI-X and the bit of the command register that switches it off. */
void vcryptod_pci_update_intx(struct vcryptod_pci *p);

#endif

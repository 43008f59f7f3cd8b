/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between the two halves of the fake PCI function; tests include fake_pci.h.
 */
#ifndef FAKE_PCI_REGS_H
#define FAKE_PCI_REGS_H

#include <stdbool.h>
#include <stdint.h>

struct fake_pci;

/* An access of width bytes at byte off of a BAR. */
uint32_t fake_pci_regs_read(struct fake_pci *f, unsigned int bar, uint64_t off,
		unsigned int width);
void fake_pci_regs_write(struct fake_pci *f, unsigned int bar, uint64_t off,
		unsigned int width, uint32_t value);
/* What a completed reset leaves. */
void fake_pci_regs_reset(struct fake_pci *f);
/* Has the device been removed? */
bool fake_pci_regs_gone(const struct fake_pci *f);

void fake_pci_violate(struct fake_pci *f, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Register accesses of the driver's PCI transport, led to the model in fake_pci.c
 * instead of to memory.  Included by the driver's pci_io.h, with
 * -DVCRYPTO_PCI_IO_HEADER="fake_pci_io.h".
 */
#ifndef FAKE_PCI_IO_H
#define FAKE_PCI_IO_H

#include <stdint.h>

/* width: bytes, 1, 2 or 4. */
uint32_t fake_pci_mmio_read(const volatile void *reg, unsigned int width);
void fake_pci_mmio_write(volatile void *reg, unsigned int width, uint32_t value);
/* Let virtual time pass. */
void fake_pci_delay_us(unsigned int us);

static inline uint8_t
vcrypto_pci_read8(const volatile void *reg)
{
	return (uint8_t)fake_pci_mmio_read(reg, 1);
}

static inline uint16_t
vcrypto_pci_read16(const volatile void *reg)
{
	return (uint16_t)fake_pci_mmio_read(reg, 2);
}

static inline uint32_t
vcrypto_pci_read32(const volatile void *reg)
{
	return fake_pci_mmio_read(reg, 4);
}

static inline void
vcrypto_pci_write8(volatile void *reg, uint8_t value)
{
	fake_pci_mmio_write(reg, 1, value);
}

static inline void
vcrypto_pci_write16(volatile void *reg, uint16_t value)
{
	fake_pci_mmio_write(reg, 2, value);
}

static inline void
vcrypto_pci_write32(volatile void *reg, uint32_t value)
{
	fake_pci_mmio_write(reg, 4, value);
}

static inline void
vcrypto_pci_delay_us(unsigned int us)
{
	fake_pci_delay_us(us);
}

#endif

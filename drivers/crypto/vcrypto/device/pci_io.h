/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Access to the device's registers: one function per width, in host byte order,
 * and the pause between polls of a register.  A write is ordered after every
 * earlier store to memory, a read before every later load.  Nothing else in the
 * driver dereferences a BAR.
 *
 * VCRYPTO_PCI_IO_HEADER replaces these functions at compile time: the unit tests
 * name a model of the device there, which sees each access with its width and
 * answers in virtual time.  Of the alternatives, a table of function pointers costs
 * an indirection per notification, and trapping accesses to protected pages does not
 * work with sanitizers.
 */
#ifndef VCRYPTO_PCI_IO_H
#define VCRYPTO_PCI_IO_H

#ifdef VCRYPTO_PCI_IO_HEADER
#include VCRYPTO_PCI_IO_HEADER
#else

#include <stdint.h>

#include <rte_cycles.h>
#include <rte_io.h>

#include "lib/wire/le.h"

static inline uint8_t
vcrypto_pci_read8(const volatile void *reg)
{
	return rte_read8(reg);
}

static inline uint16_t
vcrypto_pci_read16(const volatile void *reg)
{
	return le_swap16(rte_read16(reg));
}

static inline uint32_t
vcrypto_pci_read32(const volatile void *reg)
{
	return le_swap32(rte_read32(reg));
}

static inline void
vcrypto_pci_write8(volatile void *reg, uint8_t value)
{
	rte_write8(value, reg);
}

static inline void
vcrypto_pci_write16(volatile void *reg, uint16_t value)
{
	rte_write16(le_swap16(value), reg);
}

static inline void
vcrypto_pci_write32(volatile void *reg, uint32_t value)
{
	rte_write32(le_swap32(value), reg);
}

/* Sleeps for at least us microseconds. */
static inline void
vcrypto_pci_delay_us(unsigned int us)
{
	rte_delay_us_sleep(us);
}

#endif
#endif

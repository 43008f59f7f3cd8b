/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where a virtio function keeps its structures: the search of the capability list in
 * PCI configuration space (virtio 1.4, 4.1.4).  Every link, offset, BAR and length is
 * checked against the mapped BARs.  Internal to the PCI transport.
 */
#ifndef VCRYPTO_PCI_CAPS_H
#define VCRYPTO_PCI_CAPS_H

#include <stdint.h>

struct rte_pci_device;

/* The structures that the driver uses.  The ISR byte is not among them: queues are
 * polled, and configuration interrupts are MSI-X only.
 */
enum vcrypto_pci_structure {
	VCRYPTO_PCI_COMMON,
	VCRYPTO_PCI_NOTIFY,
	VCRYPTO_PCI_DEVICE,
	VCRYPTO_PCI_NB_STRUCTURES
};

struct vcrypto_pci_region {
	volatile uint8_t *addr;	/* in a mapped BAR */
	uint32_t len;		/* bytes from addr, all inside the BAR */
};

struct vcrypto_pci_caps {
	struct vcrypto_pci_region region[VCRYPTO_PCI_NB_STRUCTURES];
	/* Bytes per unit of queue_notify_off: 0, or a power of two of at least 2. */
	uint32_t notify_multiplier;
};

/*
 * Fills caps with the first usable structure of each type of a device whose BARs are
 * mapped, by reading its capability list; writes nothing to the device.  0, or -errno
 * with one line in the log that begins with name: -ENODEV the function is gone; -EIO
 * configuration space cannot be read; -ENOTSUP the device is legacy-only; -EINVAL a
 * structure is missing or unusable, or the list is malformed.
 */
int vcrypto_pci_caps_read(struct vcrypto_pci_caps *caps, const struct rte_pci_device *dev,
		const char *name);

#endif

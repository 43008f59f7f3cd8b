/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device as a PCI function: what a driver writes into the registers (virtio_pci/) becomes what
 * the device's rings do (device.h), and what the device has to say becomes interrupts.  Knows no
 * messages but the parts of them that name registers and interrupts.
 *
 * A ring's kick is an eventfd of our own.  Its call is the client's eventfd of its vector; without
 * MSI-X it is one eventfd for all rings, call_fd, of which the main thread makes INTx.
 *
 * Threads: one, which also handles messages.
 */
#ifndef VCRYPTOD_PCI_DEVICE_H
#define VCRYPTOD_PCI_DEVICE_H

#include "../device.h"
#include "irqs.h"

/* Entries of each ring at most, which is what drivers take.  Each area of such a ring fits into a
 * page: behind a vIOMMU, Linux gives longer ones pages that do not follow each other.
 */
#define VCRYPTOD_PCI_QUEUE_SIZE	256

/* Offered besides what the user chose: they are the transport's. */
#define VCRYPTOD_PCI_FEATURES	(VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_NOTIFICATION_DATA | \
	VIRTIO_F_NOTIF_CONFIG_DATA | VIRTIO_F_RING_RESET)

struct vcryptod_pci_ring {
	int kick_fd;
};

struct vcryptod_pci_device {
	struct vcryptod_device *dev;
	struct vcryptod_pci pci;
	struct vcryptod_irqs irqs;
	struct vcryptod_pci_ring *ring;	/* of each ring of dev */
	int call_fd;			/* see above: for the caller to poll */
	bool failed;			/* a ring cannot run; the driver is not told yet */
};

/* Becomes the owner of dev.  features: of virtio, to offer besides VCRYPTOD_PCI_FEATURES.  0, or
 * -errno, unwound.
 */
int vcryptod_pci_device_init(struct vcryptod_pci_device *d, struct vcryptod_device *dev,
		uint64_t features);
/* No ring and no worker runs.  Accepts a zeroed struct; may be called twice. */
void vcryptod_pci_device_fini(struct vcryptod_pci_device *d);

/* The function is reset, as by a bus; with forget the eventfds of the client are closed, too. */
void vcryptod_pci_device_reset(struct vcryptod_pci_device *d);
void vcryptod_pci_device_forget(struct vcryptod_pci_device *d);

/* Bytes of a region (below VFU_NB_REGIONS); 0: there is none. */
uint64_t vcryptod_pci_device_region(unsigned int region);
/* 0; -EINVAL: there is no such region, or it ends before.  to has a->count bytes. */
int vcryptod_pci_device_read(struct vcryptod_pci_device *d, const struct vfu_access *a, void *to);
int vcryptod_pci_device_write(struct vcryptod_pci_device *d, const struct vfu_access *a);

/* As vcryptod_irqs_change(); rings of a vector that changes call by its new eventfd. */
int vcryptod_pci_device_irqs(struct vcryptod_pci_device *d, const struct vfu_irq_change *c,
		int *fd, int links_fd, const char **why);

/* The memory has changed. */
void vcryptod_pci_device_update(struct vcryptod_pci_device *d);
/* call_fd can be read. */
void vcryptod_pci_device_call(struct vcryptod_pci_device *d);
/* A ring may have broken. */
void vcryptod_pci_device_announce(struct vcryptod_pci_device *d);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a PCI function says without being asked: that its configuration or its status
 * has changed (an MSI-X vector, virtio 1.4, 4.1.5.1.2), and that its removal was asked
 * for (EAL's device events).  Part of the PCI transport.
 *
 * Both come in EAL's interrupt thread and do no more there than to call changed().
 * None of it is needed: a device without vectors is polled.
 */
#ifndef VCRYPTO_PCI_EVENTS_H
#define VCRYPTO_PCI_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct rte_pci_device;

struct vcrypto_pci_events {
	/* set before the first call */
	struct rte_pci_device *dev;
	volatile uint8_t *reg;		/* config_msix_vector */

	/* between on and off */
	bool (*changed)(void *arg);
	void *arg;
	bool irq;		/* a handler is installed */
	bool removal;		/* EAL tells of removal */
	bool muted;		/* changed() had enough; written by the interrupt thread */

	/* for good; written by the interrupt thread */
	bool leaving;		/* removal was asked for */
};

/*
 * Install the handlers: changed(arg) is called in EAL's interrupt thread, until it
 * returns false (then the function's interrupts are switched off at the bus) or off.
 * Cannot fail: what the function, its kernel driver or EAL does not have is left out,
 * with a line at level info.  Not twice without off.
 */
void vcrypto_pci_events_on(struct vcrypto_pci_events *e, bool (*changed)(void *arg), void *arg);
/* Once it returns changed() does not run any more.  Not from within changed(). */
void vcrypto_pci_events_off(struct vcrypto_pci_events *e);
/* Give configuration changes their vector, which a reset of the device took away:
 * after it, and before DRIVER_OK where that is not set already.  Nothing without on.
 */
void vcrypto_pci_events_aim(struct vcrypto_pci_events *e);

#endif

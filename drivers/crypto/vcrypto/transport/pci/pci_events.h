/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Events of a PCI function: its configuration or its status has changed (an MSI-X
 * vector, virtio 1.4, 4.1.5.1.2), or its removal was requested (EAL's device events).
 * Internal to the PCI transport.
 *
 * Both arrive in EAL's interrupt thread, where they only call changed().  A device
 * without vectors works too: the health check polls it.
 *
 * Threads: on, off and aim are life-cycle calls, one at a time.
 */
#ifndef VCRYPTO_PCI_EVENTS_H
#define VCRYPTO_PCI_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct rte_pci_device;

struct vcrypto_pci_events {
	/* read-only after creation */
	struct rte_pci_device *dev;
	volatile uint8_t *reg;		/* config_msix_vector */

	/* valid between on and off */
	bool (*changed)(void *arg);
	void *arg;
	bool irq;		/* a handler is installed */
	bool removal;		/* EAL reports removal */
	bool muted;		/* changed() returned false; written by the interrupt thread */

	/* never cleared; written by the interrupt thread */
	bool leaving;		/* removal was requested; atomic */
};

/*
 * Installs the handlers: EAL's interrupt thread calls changed(arg) on each event, until
 * changed() returns false (then the function's interrupts are disabled at the bus) or
 * off is called.  Cannot fail: a source of events that the function, its kernel driver
 * or EAL lacks is left out, with one line at level info.  Must not be called twice
 * without off in between.
 */
void vcrypto_pci_events_on(struct vcrypto_pci_events *e, bool (*changed)(void *arg), void *arg);
/* Removes the handlers: changed() does not run after the return.  Must not be called from
 * within changed().  Without on, does nothing.
 */
void vcrypto_pci_events_off(struct vcrypto_pci_events *e);
/* Assigns the vector of configuration changes (4.1.5.1.2), which a reset of the device
 * clears: to be called after a reset, before DRIVER_OK is set, and after on where
 * DRIVER_OK is set already.  Without on, does nothing.
 */
void vcrypto_pci_events_aim(struct vcrypto_pci_events *e);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the handlers of a PCI function's configuration interrupt and of EAL's event of
 * its removal.  Accesses one register, config_msix_vector; calls EAL's interrupt API.
 *
 * The function is not trusted to be silent: when changed() returns false, MSI-X is
 * disabled at the bus, which does not depend on the function.
 */
#include <errno.h>

#include <bus_pci_driver.h>
#include <rte_dev.h>
#include <rte_interrupts.h>

#include "lib/wire/virtio_pci.h"
#include "transport/pci/pci_events.h"
#include "device/pci_io.h"
#include "device/vcrypto_log.h"

/* The only vector that is used: rte_intr_enable() installs it first. */
#define CONFIG_VECTOR	0

/* ---- handlers, run by EAL's interrupt thread ---- */

static void
pci_events_interrupt(void *arg)
{
	struct vcrypto_pci_events *e = arg;

	if (e->muted || e->changed(e->arg))
		return;
	e->muted = true;
	if (rte_intr_disable(e->dev->intr_handle) != 0)
		VCRYPTO_ERR("%s: the device's interrupts cannot be disabled; remove the device",
			e->dev->name);
}

/* With vfio-pci the kernel now waits until this process releases the function; other kernel
 * drivers have taken it away already.
 */
static void
pci_events_device(const char *name, enum rte_dev_event_type type, void *arg)
{
	struct vcrypto_pci_events *e = arg;

	(void)name;
	if (type != RTE_DEV_EVENT_REMOVE)
		return;
	__atomic_store_n(&e->leaving, true, __ATOMIC_RELEASE);
	(void)e->changed(e->arg);
}

/* ---- the configuration interrupt ---- */

/* Only vfio-pci with MSI-X provides a vector for configuration changes alone.  The
 * kernel's uio drivers provide the legacy interrupt, which must be acknowledged each time
 * and may be shared with other devices; igb_uio's vector cannot be told from it here.
 */
static bool
pci_events_has_vectors(const struct rte_pci_device *dev)
{
	return dev->intr_handle != NULL &&
		rte_intr_type_get(dev->intr_handle) == RTE_INTR_HANDLE_VFIO_MSIX;
}

static void
pci_events_irq_on(struct vcrypto_pci_events *e)
{
	const struct rte_pci_device *dev = e->dev;

	if (!pci_events_has_vectors(dev)) {
		VCRYPTO_INFO("%s: the device has no MSI-X: its state is polled", dev->name);
		return;
	}
	if (rte_intr_callback_register(dev->intr_handle, pci_events_interrupt, e) < 0) {
		VCRYPTO_INFO("%s: EAL refuses a handler for the device's interrupt: its state is "
			"polled", dev->name);
		return;
	}
	if (rte_intr_enable(dev->intr_handle) != 0) {
		VCRYPTO_INFO("%s: the kernel driver refuses to enable the device's interrupt: its "
			"state is polled", dev->name);
		(void)rte_intr_callback_unregister_sync(dev->intr_handle, pci_events_interrupt, e);
		return;
	}
	e->irq = true;
}

static void
pci_events_irq_off(struct vcrypto_pci_events *e)
{
	if (!e->irq)
		return;
	e->irq = false;
	vcrypto_pci_write16(e->reg, VIRTIO_PCI_MSI_NO_VECTOR);
	/* Waits for a handler that runs: muted does not change after this. */
	(void)rte_intr_callback_unregister_sync(e->dev->intr_handle, pci_events_interrupt, e);
	if (!e->muted)
		(void)rte_intr_disable(e->dev->intr_handle);
}

void
vcrypto_pci_events_aim(struct vcrypto_pci_events *e)
{
	if (!e->irq)
		return;
	vcrypto_pci_write16(e->reg, CONFIG_VECTOR);
	/* 4.1.5.1.2.2: NO_VECTOR means that the device has no vector left. */
	if (vcrypto_pci_read16(e->reg) != CONFIG_VECTOR)
		VCRYPTO_INFO("%s: the device has no vector for configuration changes: its state is "
			"polled", e->dev->name);
}

/* ---- both sources of events ---- */

void
vcrypto_pci_events_on(struct vcrypto_pci_events *e, bool (*changed)(void *arg), void *arg)
{
	e->changed = changed;
	e->arg = arg;
	e->muted = false;
	pci_events_irq_on(e);
	e->removal = rte_dev_event_callback_register(e->dev->name, pci_events_device, e) == 0;
	if (!e->removal)
		VCRYPTO_INFO("%s: EAL will not report a removal of the device", e->dev->name);
}

void
vcrypto_pci_events_off(struct vcrypto_pci_events *e)
{
	pci_events_irq_off(e);
	/* -EAGAIN: the callback runs at this moment; it ends soon, since it never waits. */
	while (e->removal && rte_dev_event_callback_unregister(e->dev->name, pci_events_device,
			e) == -EAGAIN)
		vcrypto_pci_delay_us(1);
	e->removal = false;
}

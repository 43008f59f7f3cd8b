/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the handlers of a PCI function's configuration interrupt and of EAL's event of
 * its removal.  Touches one register, config_msix_vector; calls EAL's interrupts.
 *
 * The function is not trusted to be silent: who listens ends that by returning false,
 * and then MSI-X is switched off at the bus, which needs no help from the function.
 */
#include <errno.h>

#include <bus_pci_driver.h>
#include <rte_dev.h>
#include <rte_interrupts.h>

#include "lib/wire/virtio_pci.h"
#include "transport/pci/pci_events.h"
#include "device/pci_io.h"
#include "device/vcrypto_log.h"

/* The one vector that is used: what rte_intr_enable() installs first. */
#define CONFIG_VECTOR	0

/* ---- in EAL's interrupt thread ---- */

static void
interrupted(void *arg)
{
	struct vcrypto_pci_events *e = arg;

	if (e->muted || e->changed(e->arg))
		return;
	e->muted = true;
	if (rte_intr_disable(e->dev->intr_handle) != 0)
		VCRYPTO_ERR("%s: its interrupts cannot be switched off; remove the device",
			e->dev->name);
}

/* The kernel waits for us to let the function go (vfio-pci), or has taken it already. */
static void
device_event(const char *name, enum rte_dev_event_type type, void *arg)
{
	struct vcrypto_pci_events *e = arg;

	(void)name;
	if (type != RTE_DEV_EVENT_REMOVE)
		return;
	__atomic_store_n(&e->leaving, true, __ATOMIC_RELEASE);
	(void)e->changed(e->arg);
}

/* ---- the interrupt ---- */

/* vfio-pci with MSI-X is what can be had: one vector for this alone.  The kernel's uio
 * drivers lend the legacy interrupt, which a driver must acknowledge each time and
 * may share with others, and igb_uio's vector looks the same from here.
 */
static bool
has_vectors(const struct rte_pci_device *dev)
{
	return dev->intr_handle != NULL &&
		rte_intr_type_get(dev->intr_handle) == RTE_INTR_HANDLE_VFIO_MSIX;
}

static void
irq_on(struct vcrypto_pci_events *e)
{
	const struct rte_pci_device *dev = e->dev;

	if (!has_vectors(dev)) {
		VCRYPTO_INFO("%s: no MSI-X: its state is polled", dev->name);
		return;
	}
	if (rte_intr_callback_register(dev->intr_handle, interrupted, e) < 0) {
		VCRYPTO_INFO("%s: no handler for its interrupt: its state is polled", dev->name);
		return;
	}
	if (rte_intr_enable(dev->intr_handle) != 0) {
		VCRYPTO_INFO("%s: no interrupt from its kernel driver: its state is polled",
			dev->name);
		(void)rte_intr_callback_unregister_sync(dev->intr_handle, interrupted, e);
		return;
	}
	e->irq = true;
}

static void
irq_off(struct vcrypto_pci_events *e)
{
	if (!e->irq)
		return;
	e->irq = false;
	vcrypto_pci_write16(e->reg, VIRTIO_PCI_MSI_NO_VECTOR);
	/* Then no call of the handler is under way, and muted is settled. */
	(void)rte_intr_callback_unregister_sync(e->dev->intr_handle, interrupted, e);
	if (!e->muted)
		(void)rte_intr_disable(e->dev->intr_handle);
}

void
vcrypto_pci_events_aim(struct vcrypto_pci_events *e)
{
	if (!e->irq)
		return;
	vcrypto_pci_write16(e->reg, CONFIG_VECTOR);
	/* 4.1.5.1.2.2: NO_VECTOR says that it has none left. */
	if (vcrypto_pci_read16(e->reg) != CONFIG_VECTOR)
		VCRYPTO_INFO("%s: it gives configuration changes no vector: its state is polled",
			e->dev->name);
}

/* ---- both ---- */

void
vcrypto_pci_events_on(struct vcrypto_pci_events *e, bool (*changed)(void *arg), void *arg)
{
	e->changed = changed;
	e->arg = arg;
	e->muted = false;
	irq_on(e);
	e->removal = rte_dev_event_callback_register(e->dev->name, device_event, e) == 0;
	if (!e->removal)
		VCRYPTO_INFO("%s: EAL does not tell when it is to be removed", e->dev->name);
}

void
vcrypto_pci_events_off(struct vcrypto_pci_events *e)
{
	irq_off(e);
	/* -EAGAIN: it runs now; it waits for nothing. */
	while (e->removal && rte_dev_event_callback_unregister(e->dev->name, device_event,
			e) == -EAGAIN)
		vcrypto_pci_delay_us(1);
	e->removal = false;
}

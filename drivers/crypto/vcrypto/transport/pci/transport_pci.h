/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The constructor of the PCI transport (virtio 1.4, 4.1); everything else goes
 * through transport.h.
 */
#ifndef VCRYPTO_TRANSPORT_PCI_H
#define VCRYPTO_TRANSPORT_PCI_H

#include "transport/transport.h"

struct rte_pci_device;

/*
 * Map the device's BARs, find its structures and let it master the bus.  Only PCI
 * configuration space, device_status and num_queues are read; the device is not
 * reset.  The driver must not ask the bus for a mapping (RTE_PCI_DRV_NEED_MAPPING).
 *
 * 0, and ops->destroy() undoes it all; or -errno, with nothing left mapped and one
 * line in the log: -ENXIO bound to no driver that lends the device (an INFO line;
 * probe may skip it, it is not ours); -ENODEV removed; -ENOTSUP no modern
 * interface; -EINVAL unusable capabilities or no queues; -EIO the mapping or
 * configuration space fails; -ENOMEM.
 */
int vcrypto_transport_pci_create(struct vcrypto_transport **t, struct rte_pci_device *dev);

/* Map alone, for a secondary process: no register is touched.  As above; the caller
 * unmaps.
 */
int vcrypto_transport_pci_map(struct rte_pci_device *dev);

#endif

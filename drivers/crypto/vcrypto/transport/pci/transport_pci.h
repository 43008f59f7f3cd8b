/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The constructor of the PCI transport (virtio 1.4, 4.1).  Everything after creation
 * goes through the operations of transport.h.
 */
#ifndef VCRYPTO_TRANSPORT_PCI_H
#define VCRYPTO_TRANSPORT_PCI_H

#include "transport/transport.h"

struct rte_pci_device;

/*
 * Maps the device's BARs, finds its structures and enables bus mastering.  Reads only PCI
 * configuration space, device_status and num_queues; does not reset the device.  The
 * driver must not ask the bus for a mapping (RTE_PCI_DRV_NEED_MAPPING).
 *
 * 0, and ops->destroy() undoes it all; or -errno, with nothing left mapped and one
 * line in the log: -ENXIO no kernel driver that gives access from user space is bound
 * (no line: probe says whether that is an error); -ENODEV removed; -ENOTSUP no modern
 * interface; -EINVAL unusable capabilities or no queues; -EIO mapping the BARs or
 * reading configuration space fails; -ENOMEM.
 */
int vcrypto_transport_pci_create(struct vcrypto_transport **t, struct rte_pci_device *dev);

/* Maps the BARs alone, for a secondary process; accesses no register.  0, -ENXIO or -EIO
 * as above.  The caller unmaps the device.
 */
int vcrypto_transport_pci_map(struct rte_pci_device *dev);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Virtqueues of a PCI function (virtio 1.4, 4.1.4.3, 4.1.4.4): the queue operations of
 * struct vcrypto_transport_ops, which states their arguments and errors.  Internal to
 * the PCI transport.
 */
#ifndef VCRYPTO_PCI_QUEUE_H
#define VCRYPTO_PCI_QUEUE_H

#include <stdint.h>

#include "transport/transport.h"

uint16_t vcrypto_pci_queue_count(struct vcrypto_transport *t);
uint16_t vcrypto_pci_queue_admin(struct vcrypto_transport *t);
uint16_t vcrypto_pci_queue_size(struct vcrypto_transport *t, uint16_t index);
int vcrypto_pci_queue_enable(struct vcrypto_transport *t, const struct vcrypto_queue_desc *q);
int vcrypto_pci_queue_reset(struct vcrypto_transport *t, uint16_t index);
void vcrypto_pci_queue_notify(struct vcrypto_transport *t, uint16_t index,
		struct vcrypto_notify *n);

#endif

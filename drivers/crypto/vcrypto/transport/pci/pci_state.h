/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The PCI transport's private state, the address of a common configuration register, and
 * the two questions that all of its operations share: is the device gone, and may a
 * bounded wait poll again?  Internal to the PCI transport.
 *
 * Threads: life-cycle operations, one at a time (transport.h), except where a field says
 * otherwise.
 */
#ifndef VCRYPTO_PCI_STATE_H
#define VCRYPTO_PCI_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire/virtio_pci.h"
#include "device/vcrypto_notify.h"
#include "transport/pci/pci_caps.h"
#include "transport/pci/pci_events.h"
#include "transport/transport.h"

/* Bound of the wait for a reset of the device or of a queue: a device that answers at once
 * costs no sleep; one that never answers costs POLLS sleeps of POLL_US microseconds, 1 s
 * in all.
 */
#define VCRYPTO_PCI_RESET_SPINS		16
#define VCRYPTO_PCI_RESET_POLLS		1000
#define VCRYPTO_PCI_RESET_POLL_US	1000
#define VCRYPTO_PCI_RESET_MS	(VCRYPTO_PCI_RESET_POLLS * VCRYPTO_PCI_RESET_POLL_US / 1000)

/* Registers of a removed device read all ones, at any width.  No device_status is all ones:
 * two of its bits are reserved.
 */
#define VCRYPTO_PCI_STATUS_GONE		0xff

struct vcrypto_pci_queue {
	struct vcrypto_notify notify;	/* OFF: the queue is not enabled */
	uint16_t size_limit;	/* entries: the size register before it was written */
};

struct vcrypto_pci {
	struct vcrypto_transport base;

	/* read-only after creation */
	struct rte_pci_device *dev;
	struct vcrypto_pci_caps caps;
	bool mastering;		/* this transport enabled bus mastering */
	uint16_t nb_queues;

	/* written by life-cycle operations, and by check() in any thread */
	uint64_t features;	/* as last set; 0 after a reset */
	uint16_t admin_index;	/* the administration queue's number; 0: not asked for since
				 * the last reset, or none
				 */
	bool logged_failure;	/* check() logged a failure since the last reset */
	bool logged_leaving;	/* check() logged that removal was requested; never cleared */
	bool driver_ok;		/* DRIVER_OK was set; atomic, read by any thread */
	struct vcrypto_pci_events events;

	/* nb_queues of them, then the administration queue, whatever its number is */
	struct vcrypto_pci_queue queue[];
};

/* Address of a field of the common configuration structure. */
#define VCRYPTO_PCI_REG(p, field) ((p)->caps.region[VCRYPTO_PCI_COMMON].addr + \
	offsetof(struct virtio_pci_common_cfg, field))

static inline struct vcrypto_pci *
vcrypto_pci_of(struct vcrypto_transport *t)
{
	return (struct vcrypto_pci *)t;	/* base is its first member */
}

/* -ENODEV if the device was removed, else 0.  Logs the removal once per reset.  Any thread. */
int vcrypto_pci_check_gone(struct vcrypto_pci *p);

/* Counts one more poll of a bounded wait in *polls, which begins at 0.  Sleeps before each
 * poll but the first VCRYPTO_PCI_RESET_SPINS.  False: the bound is reached.
 */
bool vcrypto_pci_poll_again(unsigned int *polls);

#endif

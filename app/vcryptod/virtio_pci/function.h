/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The registers of a virtio crypto PCI function, as software reads and writes them (virtio 1.4,
 * 4.1): configuration space with its capabilities, and two BARs.  It knows neither sockets nor
 * rings: what the driver asks for comes out through struct vcryptod_pci_ops.
 *
 * Nothing that is read or written is an error of the function: bytes of no register read 0, and
 * a write that the standard forbids, or that is not one whole register, has no effect.  All
 * accesses are bytes in little-endian order, as in a BAR.
 *
 * MSI-X's table is storage: who shows the function to a guest delivers interrupts, and knows
 * whether a vector is masked.  A VMM keeps the table to itself, so nothing here depends on what
 * it says.
 *
 * Threads: one; callbacks come in it, and may not access the function's registers.
 */
#ifndef VCRYPTOD_FUNCTION_H
#define VCRYPTOD_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio_crypto.h"
#include "virtio_pci.h"

#define VCRYPTOD_PCI_BAR	0	/* virtio's structures */
#define VCRYPTOD_PCI_MSIX_BAR	1
#define VCRYPTOD_PCI_BAR_LEN	0x4000	/* bytes */
#define VCRYPTOD_PCI_MSIX_LEN	0x2000	/* bytes */

/* Where the structures lie, each in a page of its own. */
#define VCRYPTOD_PCI_COMMON	0x0000
#define VCRYPTOD_PCI_ISR	0x1000
#define VCRYPTOD_PCI_DEVICE	0x2000
#define VCRYPTOD_PCI_NOTIFY	0x3000
#define VCRYPTOD_PCI_MSIX_PENDING 0x1000	/* in the other BAR, behind the table */

#define VCRYPTOD_PCI_NOTIFY_STEP 4	/* bytes from one queue's notification to the next's */
#define VCRYPTOD_PCI_MAX_QUEUES	256	/* all kinds together; their notifications fill no page */
#define VCRYPTOD_PCI_MAX_VECTORS 256	/* their table fills the page */

struct vcryptod_pci_queue {
	uint16_t size, vector;		/* entries; VIRTIO_PCI_MSI_NO_VECTOR: none */
	bool enabled;
	uint64_t desc, driver, device;	/* the driver's addresses */
};

struct vcryptod_pci;

/* None may be NULL. */
struct vcryptod_pci_ops {
	/* The driver agrees to features, of those offered. */
	void (*features)(void *ctx, uint64_t features);
	/* The device status is another one, and not 0. */
	void (*status)(void *ctx, uint8_t status);
	/* The device is reset; when it returns nothing of the driver's memory is used any more. */
	void (*reset)(void *ctx);
	/* Of one queue: it is enabled; it is reset, as in reset; it is notified, with what the
	 * driver wrote; its vector is another one.
	 */
	void (*enable)(void *ctx, unsigned int queue);
	void (*queue_reset)(void *ctx, unsigned int queue);
	void (*notify)(void *ctx, unsigned int queue, uint32_t value);
	void (*vector)(void *ctx, unsigned int queue);
	/* MSI-X is switched on or off. */
	void (*msix)(void *ctx, bool on);
	/* The device configuration is read. */
	void (*config)(void *ctx, struct virtio_crypto_config *cfg);
	/* An interrupt of a vector; INTx is asked for or not any more. */
	void (*interrupt)(void *ctx, unsigned int vector);
	void (*intx)(void *ctx, bool on);
};

struct vcryptod_pci_config {
	const struct vcryptod_pci_ops *ops;
	void *ctx;
	uint64_t features;		/* offered */
	unsigned int nb_queues;		/* data queues and control queue */
	bool admin;			/* there is an administration queue behind them */
	uint16_t queue_size;		/* entries at most, and by default; a power of 2 */
	unsigned int nb_vectors;
	bool intx;			/* the function has a pin for INTx */
};

struct vcryptod_pci {
	struct vcryptod_pci_config cfg;	/* read-only after init */
	unsigned int nb_rings;		/* queues of all kinds */

	/* registers of virtio */
	uint32_t device_select, driver_select;
	uint64_t features;		/* the driver's */
	uint16_t config_vector, queue_select;
	uint8_t status, isr;
	bool intx_on;			/* as last told */
	struct vcryptod_pci_queue queue[VCRYPTOD_PCI_MAX_QUEUES];

	/* those of PCI */
	uint8_t space[PCI_CFG_SIZE];	/* configuration space */
	uint8_t mask[PCI_CFG_SIZE];	/* its bits that can be written */
	uint8_t table[VCRYPTOD_PCI_MAX_VECTORS * PCI_MSIX_ENTRY_LEN];
};

/* 0; -EINVAL for a number out of its bounds. */
int vcryptod_pci_init(struct vcryptod_pci *p, const struct vcryptod_pci_config *cfg);

/* Read or write count bytes of a BAR, or of configuration space.  -EINVAL: there is no such BAR
 * or it ends before; else 0.
 */
int vcryptod_pci_bar_read(struct vcryptod_pci *p, unsigned int bar, uint64_t offset, void *to,
		uint32_t count);
int vcryptod_pci_bar_write(struct vcryptod_pci *p, unsigned int bar, uint64_t offset,
		const void *from, uint32_t count);
int vcryptod_pci_space_read(struct vcryptod_pci *p, uint64_t offset, void *to, uint32_t count);
int vcryptod_pci_space_write(struct vcryptod_pci *p, uint64_t offset, const void *from,
		uint32_t count);
/* Bytes; 0: there is no such BAR. */
uint64_t vcryptod_pci_bar_len(unsigned int bar);

/* The function is reset, configuration space included. */
void vcryptod_pci_reset(struct vcryptod_pci *p);

/* The device needs a reset: the driver is told, once. */
void vcryptod_pci_break(struct vcryptod_pci *p);
/* A queue has used buffers, and the driver wants to be told without MSI-X. */
void vcryptod_pci_queue_intx(struct vcryptod_pci *p);

bool vcryptod_pci_msix_is_on(const struct vcryptod_pci *p);

#endif

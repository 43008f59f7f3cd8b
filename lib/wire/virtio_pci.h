/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The PCI transport (virtio 1.4, 4.1): identifiers, the capabilities in PCI
 * configuration space, the common configuration structure in a BAR, and the few
 * numbers of PCI itself that a driver needs to find them and a function to show
 * them.  Layouts and numbers only; no code.
 *
 * A driver never dereferences the structures: it accesses registers one field at a
 * time, with the field's width, at the offsets stated here.
 */
#ifndef WIRE_VIRTIO_PCI_H
#define WIRE_VIRTIO_PCI_H

#include "le.h"
#include "virtio.h"

/* ---- identifiers (4.1.2) ---- */
#define VIRTIO_PCI_VENDOR_ID		0x1af4
#define VIRTIO_PCI_DEVICE_ID_BASE	0x1040	/* plus VIRTIO_ID_* */
#define VIRTIO_PCI_DEVICE_ID_CRYPTO	(VIRTIO_PCI_DEVICE_ID_BASE + VIRTIO_ID_CRYPTO)
_Static_assert(VIRTIO_PCI_DEVICE_ID_CRYPTO == 0x1054, "the crypto function is 1af4:1054");

/* ---- PCI configuration space: byte offsets and bits ---- */
#define PCI_CFG_SIZE			256	/* bytes that capabilities can lie in */
#define PCI_CFG_VENDOR			0x00
#define PCI_CFG_COMMAND			0x04
#define PCI_CFG_COMMAND_MEMORY		0x0002
#define PCI_CFG_COMMAND_MASTER		0x0004
#define PCI_CFG_COMMAND_NO_INTX		0x0400
#define PCI_CFG_STATUS			0x06
#define PCI_CFG_STATUS_INTX		0x0008	/* the function asks for INTx */
#define PCI_CFG_STATUS_CAP_LIST		0x0010
#define PCI_CFG_REVISION		0x08
#define PCI_CFG_CLASS			0x09	/* interface, subclass, class */
#define PCI_CFG_BAR(n)			(0x10 + 4 * (n))
#define PCI_CFG_BAR_IO			0x01	/* the BAR maps I/O space */
#define PCI_CFG_SUBSYSTEM_VENDOR	0x2c
#define PCI_CFG_SUBSYSTEM		0x2e
#define PCI_CFG_CAP_PTR			0x34
#define PCI_CFG_IRQ_LINE		0x3c
#define PCI_CFG_IRQ_PIN			0x3d
#define PCI_CFG_CAP_FIRST		0x40	/* capabilities lie at or above this */
#define PCI_CFG_CAP_PTR_MASK		0xfc	/* the two low bits of a link are reserved */
#define PCI_NB_BARS			6

struct pci_cap_header {
	uint8_t id;
	uint8_t next;		/* 0 ends the list */
};
WIRE_SIZE(struct pci_cap_header, 2);

#define PCI_CAP_VENDOR			0x09
#define PCI_CAP_MSIX			0x11

struct pci_msix_cap {
	struct pci_cap_header hdr;
	le16 control;
	le32 table;		/* offset within a BAR, whose number is in the three low bits */
	le32 pending;		/* the same of the pending bits */
};
WIRE_SIZE(struct pci_msix_cap, 12);
WIRE_OFFSET(struct pci_msix_cap, control, 2);
WIRE_OFFSET(struct pci_msix_cap, table, 4);
WIRE_OFFSET(struct pci_msix_cap, pending, 8);

#define PCI_MSIX_SIZE_MASK		0x07ff	/* vectors less one */
#define PCI_MSIX_MASK_ALL		0x4000
#define PCI_MSIX_ENABLE			0x8000
#define PCI_MSIX_ENTRY_LEN		16	/* bytes of a vector in the table */
#define PCI_MSIX_ENTRY_CONTROL		12	/* bit 0: the vector is masked */

/* ---- virtio structure capabilities (4.1.4) ---- */
#define VIRTIO_PCI_CAP_COMMON_CFG	1
#define VIRTIO_PCI_CAP_NOTIFY_CFG	2
#define VIRTIO_PCI_CAP_ISR_CFG		3
#define VIRTIO_PCI_CAP_DEVICE_CFG	4
#define VIRTIO_PCI_CAP_PCI_CFG		5
#define VIRTIO_PCI_CAP_SHARED_MEMORY_CFG 8
#define VIRTIO_PCI_CAP_VENDOR_CFG	9

struct virtio_pci_cap {
	uint8_t cap_vndr;	/* PCI_CAP_VENDOR */
	uint8_t cap_next;
	uint8_t cap_len;	/* bytes, from cap_vndr to the end of all extra data */
	uint8_t cfg_type;	/* VIRTIO_PCI_CAP_* */
	uint8_t bar;		/* 0..5; more is reserved */
	uint8_t id;
	uint8_t padding[2];
	le32 offset;		/* bytes, within the BAR */
	le32 length;		/* bytes */
};
WIRE_SIZE(struct virtio_pci_cap, 16);
WIRE_OFFSET(struct virtio_pci_cap, cap_len, 2);
WIRE_OFFSET(struct virtio_pci_cap, cfg_type, 3);
WIRE_OFFSET(struct virtio_pci_cap, bar, 4);
WIRE_OFFSET(struct virtio_pci_cap, id, 5);
WIRE_OFFSET(struct virtio_pci_cap, offset, 8);
WIRE_OFFSET(struct virtio_pci_cap, length, 12);

/* VIRTIO_PCI_CAP_NOTIFY_CFG (4.1.4.4) */
struct virtio_pci_notify_cap {
	struct virtio_pci_cap cap;
	le32 notify_off_multiplier;
};
WIRE_SIZE(struct virtio_pci_notify_cap, 20);
WIRE_OFFSET(struct virtio_pci_notify_cap, notify_off_multiplier, 16);

/* VIRTIO_PCI_CAP_PCI_CFG (4.1.4.9): even reading the data accesses the device. */
struct virtio_pci_cfg_cap {
	struct virtio_pci_cap cap;
	uint8_t pci_cfg_data[4];
};
WIRE_SIZE(struct virtio_pci_cfg_cap, 20);
WIRE_OFFSET(struct virtio_pci_cfg_cap, pci_cfg_data, 16);

/* ---- common configuration (4.1.4.3) ---- */
struct virtio_pci_common_cfg {
	/* the device */
	le32 device_feature_select;
	le32 device_feature;		/* read-only */
	le32 driver_feature_select;
	le32 driver_feature;
	le16 config_msix_vector;
	le16 num_queues;		/* read-only */
	uint8_t device_status;
	uint8_t config_generation;	/* read-only */
	/* the queue that queue_select names */
	le16 queue_select;
	le16 queue_size;
	le16 queue_msix_vector;
	le16 queue_enable;		/* 0 is never written */
	le16 queue_notify_off;		/* read-only */
	le64 queue_desc;		/* 64-bit fields: two 32-bit accesses */
	le64 queue_driver;
	le64 queue_device;
	/* later versions: only if the structure is long enough */
	le16 queue_notif_config_data;	/* read-only; NOTIF_CONFIG_DATA */
	le16 queue_reset;		/* RING_RESET */
	le16 admin_queue_index;		/* read-only; ADMIN_VQ */
	le16 admin_queue_num;		/* read-only; ADMIN_VQ */
};
WIRE_SIZE(struct virtio_pci_common_cfg, 64);
WIRE_OFFSET(struct virtio_pci_common_cfg, device_feature, 4);
WIRE_OFFSET(struct virtio_pci_common_cfg, driver_feature_select, 8);
WIRE_OFFSET(struct virtio_pci_common_cfg, driver_feature, 12);
WIRE_OFFSET(struct virtio_pci_common_cfg, config_msix_vector, 16);
WIRE_OFFSET(struct virtio_pci_common_cfg, num_queues, 18);
WIRE_OFFSET(struct virtio_pci_common_cfg, device_status, 20);
WIRE_OFFSET(struct virtio_pci_common_cfg, config_generation, 21);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_select, 22);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_size, 24);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_msix_vector, 26);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_enable, 28);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_notify_off, 30);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_desc, 32);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_driver, 40);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_device, 48);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_notif_config_data, 56);
WIRE_OFFSET(struct virtio_pci_common_cfg, queue_reset, 58);
WIRE_OFFSET(struct virtio_pci_common_cfg, admin_queue_index, 60);
WIRE_OFFSET(struct virtio_pci_common_cfg, admin_queue_num, 62);

/* Length of the structure, in bytes, up to and with what a feature needs. */
#define VIRTIO_PCI_COMMON_LEN		56
#define VIRTIO_PCI_COMMON_LEN_NOTIF_CONFIG_DATA	58
#define VIRTIO_PCI_COMMON_LEN_RING_RESET	60
#define VIRTIO_PCI_COMMON_LEN_ADMIN_VQ		64

#define VIRTIO_PCI_MSI_NO_VECTOR	0xffff	/* no interrupt for this event */

/* ---- ISR status (4.1.4.5): one byte, which a read clears ---- */
#define VIRTIO_PCI_ISR_QUEUE		0x01
#define VIRTIO_PCI_ISR_CONFIG		0x02

/* ---- notifications (4.1.5.2) ---- */
#define VIRTIO_PCI_NOTIFY_LEN		2	/* bytes of one notification */
#define VIRTIO_PCI_NOTIFY_DATA_LEN	4	/* with NOTIFICATION_DATA */

#endif

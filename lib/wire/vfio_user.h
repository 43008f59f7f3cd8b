/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vfio-user messages, as a client (a VMM) and a server (a process that is a PCI function)
 * exchange them over a unix socket: header, commands, payloads, and the numbers of VFIO that
 * they carry.  Layouts and numbers only; no code.
 *
 * All integers are in the order of the host: both ends run on one machine.  The names carry the
 * prefix vfu_, since Linux's header owns vfio_ and VFIO_.
 */
#ifndef WIRE_VFIO_USER_H
#define WIRE_VFIO_USER_H

#include <stdint.h>

#include "le.h"

/* ---- header ---- */
struct vfu_header {
	uint16_t id;		/* the sender's; comes back in the reply */
	uint16_t command;	/* enum vfu_command */
	uint32_t size;		/* bytes, of header and payload */
	uint32_t flags;		/* VFU_FLAG_* and the type */
	uint32_t error;		/* of a reply with VFU_FLAG_ERROR: an errno */
};
WIRE_SIZE(struct vfu_header, 16);
WIRE_OFFSET(struct vfu_header, command, 2);
WIRE_OFFSET(struct vfu_header, size, 4);
WIRE_OFFSET(struct vfu_header, flags, 8);
WIRE_OFFSET(struct vfu_header, error, 12);

#define VFU_TYPE_MASK			0xfu
#define VFU_TYPE_COMMAND		0x0u
#define VFU_TYPE_REPLY			0x1u
#define VFU_FLAG_NO_REPLY		(1u << 4)	/* of a command */
#define VFU_FLAG_ERROR			(1u << 5)	/* of a reply, which has no payload */

/* The client's, but for DMA_READ and DMA_WRITE, which are the server's. */
enum vfu_command {
	VFU_VERSION = 1,
	VFU_DMA_MAP = 2,
	VFU_DMA_UNMAP = 3,
	VFU_DEVICE_GET_INFO = 4,
	VFU_DEVICE_GET_REGION_INFO = 5,
	VFU_DEVICE_GET_REGION_IO_FDS = 6,
	VFU_DEVICE_GET_IRQ_INFO = 7,
	VFU_DEVICE_SET_IRQS = 8,
	VFU_REGION_READ = 9,
	VFU_REGION_WRITE = 10,
	VFU_DMA_READ = 11,
	VFU_DMA_WRITE = 12,
	VFU_DEVICE_RESET = 13,
	VFU_DIRTY_PAGES = 14,		/* of earlier versions */
	VFU_REGION_WRITE_MULTI = 15,
	VFU_DEVICE_FEATURE = 16,
	VFU_MIG_DATA_READ = 17,
	VFU_MIG_DATA_WRITE = 18,
};

/* ---- VERSION: these 4 bytes, then JSON that ends with a NUL; both ways ---- */
#define VFU_MAJOR			0
#define VFU_MINOR			1

struct vfu_version {
	uint16_t major;
	uint16_t minor;
};
WIRE_SIZE(struct vfu_version, 4);
WIRE_OFFSET(struct vfu_version, minor, 2);

/* What holds where the JSON names no other value. */
#define VFU_DEFAULT_MSG_FDS		1u
#define VFU_DEFAULT_DATA_XFER		(UINT64_C(1) << 20)	/* bytes */
#define VFU_DEFAULT_DMA_MAPS		65535u
#define VFU_DEFAULT_PGSIZES		UINT64_C(4096)

/* ---- DMA_MAP (at most one descriptor) and DMA_UNMAP ---- */
#define VFU_DMA_READABLE		(1u << 0)
#define VFU_DMA_WRITABLE		(1u << 1)

struct vfu_dma_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;		/* bytes into the descriptor's file */
	uint64_t addr;
	uint64_t size;			/* bytes */
};
WIRE_SIZE(struct vfu_dma_map, 32);
WIRE_OFFSET(struct vfu_dma_map, flags, 4);
WIRE_OFFSET(struct vfu_dma_map, offset, 8);
WIRE_OFFSET(struct vfu_dma_map, addr, 16);
WIRE_OFFSET(struct vfu_dma_map, size, 24);

#define VFU_UNMAP_DIRTY_BITMAP		(1u << 0)
#define VFU_UNMAP_ALL			(1u << 1)	/* address and size are 0 */

struct vfu_dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t addr;
	uint64_t size;			/* bytes */
};
WIRE_SIZE(struct vfu_dma_unmap, 24);
WIRE_OFFSET(struct vfu_dma_unmap, flags, 4);
WIRE_OFFSET(struct vfu_dma_unmap, addr, 8);
WIRE_OFFSET(struct vfu_dma_unmap, size, 16);

/* ---- what the device is ---- */
#define VFU_DEVICE_RESETS		(1u << 0)	/* obeys DEVICE_RESET */
#define VFU_DEVICE_PCI			(1u << 1)

struct vfu_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t nb_regions;
	uint32_t nb_irqs;
};
WIRE_SIZE(struct vfu_device_info, 16);
WIRE_OFFSET(struct vfu_device_info, flags, 4);
WIRE_OFFSET(struct vfu_device_info, nb_regions, 8);
WIRE_OFFSET(struct vfu_device_info, nb_irqs, 12);

/* Regions of a PCI function. */
enum vfu_region {
	VFU_REGION_BAR0 = 0,		/* and so on, up to BAR 5 */
	VFU_REGION_ROM = 6,
	VFU_REGION_CONFIG = 7,
	VFU_REGION_VGA = 8,
	VFU_NB_REGIONS
};

#define VFU_REGION_READABLE		(1u << 0)
#define VFU_REGION_WRITABLE		(1u << 1)

struct vfu_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;		/* bytes, from argsz */
	uint64_t size;			/* bytes */
	uint64_t offset;		/* bytes into the descriptor's file */
};
WIRE_SIZE(struct vfu_region_info, 32);
WIRE_OFFSET(struct vfu_region_info, flags, 4);
WIRE_OFFSET(struct vfu_region_info, index, 8);
WIRE_OFFSET(struct vfu_region_info, cap_offset, 12);
WIRE_OFFSET(struct vfu_region_info, size, 16);
WIRE_OFFSET(struct vfu_region_info, offset, 24);

/* ---- interrupts ---- */

/* Kinds of interrupts of a PCI function. */
enum vfu_irq {
	VFU_IRQ_INTX = 0,
	VFU_IRQ_MSI = 1,
	VFU_IRQ_MSIX = 2,
	VFU_IRQ_ERR = 3,
	VFU_IRQ_REQ = 4,		/* the server asks for the device to be unplugged */
	VFU_NB_IRQS
};

#define VFU_IRQ_EVENTFD			(1u << 0)
#define VFU_IRQ_MASKABLE		(1u << 1)
#define VFU_IRQ_AUTOMASKED		(1u << 2)
#define VFU_IRQ_NORESIZE		(1u << 3)

struct vfu_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;			/* enum vfu_irq */
	uint32_t count;
};
WIRE_SIZE(struct vfu_irq_info, 16);
WIRE_OFFSET(struct vfu_irq_info, flags, 4);
WIRE_OFFSET(struct vfu_irq_info, index, 8);
WIRE_OFFSET(struct vfu_irq_info, count, 12);

/* One of the first three with one of the others. */
#define VFU_IRQ_DATA_NONE		(1u << 0)
#define VFU_IRQ_DATA_BOOL		(1u << 1)	/* count bytes follow */
#define VFU_IRQ_DATA_EVENTFD		(1u << 2)	/* count descriptors come, or none */
#define VFU_IRQ_DATA_MASK		0x07u
#define VFU_IRQ_ACTION_MASK		(1u << 3)
#define VFU_IRQ_ACTION_UNMASK		(1u << 4)
#define VFU_IRQ_ACTION_TRIGGER		(1u << 5)
#define VFU_IRQ_ACTIONS			0x38u

struct vfu_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;			/* enum vfu_irq */
	uint32_t start;
	uint32_t count;
};
WIRE_SIZE(struct vfu_irq_set, 20);
WIRE_OFFSET(struct vfu_irq_set, flags, 4);
WIRE_OFFSET(struct vfu_irq_set, index, 8);
WIRE_OFFSET(struct vfu_irq_set, start, 12);
WIRE_OFFSET(struct vfu_irq_set, count, 16);

/* ---- REGION_READ, REGION_WRITE: these 16 bytes both ways; data follows the reply of the one
 * and the command of the other ----
 */
struct vfu_region_access {
	uint64_t offset;		/* bytes into the region */
	uint32_t region;		/* enum vfu_region */
	uint32_t count;			/* bytes */
};
WIRE_SIZE(struct vfu_region_access, 16);
WIRE_OFFSET(struct vfu_region_access, region, 8);
WIRE_OFFSET(struct vfu_region_access, count, 12);

#endif

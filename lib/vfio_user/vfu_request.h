/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A client's commands, taken apart and checked for what a message says of itself, and the
 * replies to them.  What a command means for a device (does the region exist, do addresses
 * overlap) is the caller's to check.  Pure functions: no sockets, no state.
 *
 * Errors: -EINVAL a payload is too short, contradicts itself or wraps; -EOPNOTSUPP the command is
 * none that a server has to know.  The connection can go on after both.
 */
#ifndef VFU_REQUEST_H
#define VFU_REQUEST_H

#include "vfu.h"

struct vfu_dma_range {
	uint64_t addr, size;		/* bytes; size is not 0 and addr + size - 1 does not wrap */
	uint64_t offset;		/* into the file; 0 without one */
	bool has_fd;			/* descriptor 0 of the message */
	bool readable, writable;
};

struct vfu_irq_change {
	uint32_t index;			/* below VFU_NB_IRQS */
	uint32_t start, count;		/* start + count does not wrap */
	uint32_t action;		/* one VFU_IRQ_ACTION_* */
	uint32_t data;			/* one VFU_IRQ_DATA_* */
	const uint8_t *bools;		/* DATA_BOOL: count bytes of the payload; else NULL */
	bool has_fds;			/* DATA_EVENTFD: count descriptors came; else none */
};

struct vfu_access {
	uint32_t region;		/* below VFU_NB_REGIONS */
	uint64_t offset;		/* offset + count does not wrap */
	uint32_t count;			/* bytes, at most VFU_MAX_DATA */
	const uint8_t *data;		/* to write: count bytes of the payload; else NULL */
};

struct vfu_request {
	enum vfu_command command;
	union {
		struct {
			uint16_t major, minor;
			const char *text;	/* of the payload */
			size_t len;		/* bytes */
		} version;
		struct vfu_dma_range map;
		struct {
			bool all;		/* addr and size are 0 */
			uint64_t addr, size;
		} unmap;
		uint32_t index;		/* of a region or of a kind of interrupts: GET_*_INFO */
		struct vfu_irq_change irqs;
		struct vfu_access access;
	} u;
};

/* Takes apart the whole message in `in`, which must stay while r is used.  *why: in words, where
 * it fails.
 */
int vfu_request_parse(struct vfu_request *r, const struct vfu_inbox *in, const char **why);

/* ---- replies, into an empty outbox; hdr is the command's ---- */

/* Without a payload: DMA_MAP, SET_IRQS, DEVICE_RESET. */
void vfu_reply_empty(struct vfu_outbox *out, const struct vfu_header *hdr);
/* The request once more: DMA_UNMAP, and REGION_WRITE without its data. */
void vfu_reply_echo(struct vfu_outbox *out, const struct vfu_inbox *in);
/* JSON of len bytes with its NUL (at most VFU_MAX_PAYLOAD - 4); see vfu_version.h. */
void vfu_reply_version(struct vfu_outbox *out, const struct vfu_header *hdr, uint16_t minor,
		const char *text, size_t len);
void vfu_reply_device_info(struct vfu_outbox *out, const struct vfu_header *hdr, uint32_t flags,
		uint32_t nb_regions, uint32_t nb_irqs);
void vfu_reply_irq_info(struct vfu_outbox *out, const struct vfu_header *hdr, uint32_t index,
		uint32_t flags, uint32_t count);
/* size: bytes; flags: VFU_REGION_READABLE, VFU_REGION_WRITABLE.  It cannot be mapped. */
void vfu_reply_region_info(struct vfu_outbox *out, const struct vfu_header *hdr, uint32_t index,
		uint32_t flags, uint64_t size);
/* The room for what was read: r->u.access.count bytes, zeroed. */
uint8_t *vfu_reply_read(struct vfu_outbox *out, const struct vfu_header *hdr,
		const struct vfu_request *r);

#endif

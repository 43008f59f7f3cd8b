/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Layouts of the split virtqueue (virtio 1.4, 2.7) and of the packed virtqueue
 * (2.8), as both sides see them in shared memory.  Layouts only; no code.
 */
#ifndef WIRE_VIRTIO_RING_H
#define WIRE_VIRTIO_RING_H

#include "le.h"

#define VIRTQ_MAX_SIZE			32768	/* entries, both layouts */

/* Descriptor flags.  AVAIL and USED are of the packed layout. */
#define VIRTQ_DESC_F_NEXT		0x0001
#define VIRTQ_DESC_F_WRITE		0x0002	/* device-writable */
#define VIRTQ_DESC_F_INDIRECT		0x0004
#define VIRTQ_DESC_F_AVAIL		0x0080
#define VIRTQ_DESC_F_USED		0x8000

/* ---- split (2.7.5 - 2.7.8) ---- */

struct virtq_desc {
	le64 addr;
	le32 len;	/* bytes */
	le16 flags;
	le16 next;
};
WIRE_SIZE(struct virtq_desc, 16);
WIRE_OFFSET(struct virtq_desc, addr, 0);
WIRE_OFFSET(struct virtq_desc, len, 8);
WIRE_OFFSET(struct virtq_desc, flags, 12);
WIRE_OFFSET(struct virtq_desc, next, 14);

#define VIRTQ_AVAIL_F_NO_INTERRUPT	1

struct virtq_avail {
	le16 flags;
	le16 idx;
	le16 ring[];	/* size entries, then le16 used_event */
};
WIRE_SIZE(struct virtq_avail, 4);
WIRE_OFFSET(struct virtq_avail, idx, 2);
WIRE_OFFSET(struct virtq_avail, ring, 4);

struct virtq_used_elem {
	le32 id;
	le32 len;	/* bytes written into device-writable memory */
};
WIRE_SIZE(struct virtq_used_elem, 8);
WIRE_OFFSET(struct virtq_used_elem, id, 0);
WIRE_OFFSET(struct virtq_used_elem, len, 4);

#define VIRTQ_USED_F_NO_NOTIFY		1

struct virtq_used {
	le16 flags;
	le16 idx;
	struct virtq_used_elem ring[];	/* size entries, then le16 avail_event */
};
WIRE_SIZE(struct virtq_used, 4);
WIRE_OFFSET(struct virtq_used, idx, 2);
WIRE_OFFSET(struct virtq_used, ring, 4);

#define VIRTQ_DESC_ALIGN		16	/* bytes (2.7) */
#define VIRTQ_AVAIL_ALIGN		2
#define VIRTQ_USED_ALIGN		4

/* ---- packed (2.8.13, 2.8.14) ---- */

struct pvirtq_desc {
	le64 addr;
	le32 len;	/* bytes */
	le16 id;	/* buffer id */
	le16 flags;
};
WIRE_SIZE(struct pvirtq_desc, 16);
WIRE_OFFSET(struct pvirtq_desc, addr, 0);
WIRE_OFFSET(struct pvirtq_desc, len, 8);
WIRE_OFFSET(struct pvirtq_desc, id, 12);
WIRE_OFFSET(struct pvirtq_desc, flags, 14);

#define PVIRTQ_EVENT_F_ENABLE		0x0
#define PVIRTQ_EVENT_F_DISABLE		0x1
#define PVIRTQ_EVENT_F_DESC		0x2	/* with EVENT_IDX only */

struct pvirtq_event_suppress {
	le16 desc;	/* bits 0-14 offset, bit 15 wrap counter */
	le16 flags;	/* bits 0-1 PVIRTQ_EVENT_F_* */
};
WIRE_SIZE(struct pvirtq_event_suppress, 4);
WIRE_OFFSET(struct pvirtq_event_suppress, desc, 0);
WIRE_OFFSET(struct pvirtq_event_suppress, flags, 2);

#define PVIRTQ_DESC_ALIGN		16	/* bytes (2.8) */
#define PVIRTQ_EVENT_ALIGN		4

#endif

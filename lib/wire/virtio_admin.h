/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Administration commands (virtio 1.4, 2.12 and 2.13): the command, its status, the lists
 * of commands and capabilities, resource objects.  Layouts and numbers only; no code.
 *
 * A command is two buffers: a device-readable one, which ends with the command's data, and
 * a device-writable one, which ends with its result.  Both are multiples of
 * VIRTIO_ADMIN_ALIGN bytes.
 */
#ifndef WIRE_VIRTIO_ADMIN_H
#define WIRE_VIRTIO_ADMIN_H

#include "le.h"

/* ---- commands (2.12.1) ---- */
enum virtio_admin_opcode {
	VIRTIO_ADMIN_CMD_LIST_QUERY = 0x0,
	VIRTIO_ADMIN_CMD_LIST_USE = 0x1,
	VIRTIO_ADMIN_CMD_CAP_ID_LIST_QUERY = 0x7,
	VIRTIO_ADMIN_CMD_DEVICE_CAP_GET = 0x8,
	VIRTIO_ADMIN_CMD_DRIVER_CAP_SET = 0x9,
	VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE = 0xa,
	/* As the table of 2.12.1 has the next two; the text of 2.12.1.3 exchanges them. */
	VIRTIO_ADMIN_CMD_RESOURCE_OBJ_QUERY = 0xb,
	VIRTIO_ADMIN_CMD_RESOURCE_OBJ_MODIFY = 0xc,
	VIRTIO_ADMIN_CMD_RESOURCE_OBJ_DESTROY = 0xd,
};

#define VIRTIO_ADMIN_GROUP_TYPE_SELF	0
#define VIRTIO_ADMIN_GROUP_TYPE_SRIOV	1

#define VIRTIO_ADMIN_ALIGN		8	/* bytes */

/* Device-readable; the command's data follows. */
struct virtio_admin_cmd {
	le16 opcode;
	le16 group_type;		/* VIRTIO_ADMIN_GROUP_TYPE_* */
	uint8_t reserved[12];
	le64 group_member_id;		/* 0 in the group of the device itself */
};
WIRE_SIZE(struct virtio_admin_cmd, 24);
WIRE_OFFSET(struct virtio_admin_cmd, group_type, 2);
WIRE_OFFSET(struct virtio_admin_cmd, reserved, 4);
WIRE_OFFSET(struct virtio_admin_cmd, group_member_id, 16);

/* Device-writable; the command's result follows. */
struct virtio_admin_result {
	le16 status;
	le16 status_qualifier;
	uint8_t reserved[4];
};
WIRE_SIZE(struct virtio_admin_result, 8);
WIRE_OFFSET(struct virtio_admin_result, status_qualifier, 2);
WIRE_OFFSET(struct virtio_admin_result, reserved, 4);

/* Numbers of Linux' errors; any other one means EINVAL. */
enum virtio_admin_status {
	VIRTIO_ADMIN_STATUS_OK = 0,
	VIRTIO_ADMIN_STATUS_ENXIO = 6,
	VIRTIO_ADMIN_STATUS_EAGAIN = 11,
	VIRTIO_ADMIN_STATUS_ENOMEM = 12,
	VIRTIO_ADMIN_STATUS_EBUSY = 16,
	/* Demanded by 2.12.1.3 and 5.9.9.9, and missing in the table: Linux' number. */
	VIRTIO_ADMIN_STATUS_EEXIST = 17,
	VIRTIO_ADMIN_STATUS_EINVAL = 22,
	VIRTIO_ADMIN_STATUS_ENOSPC = 28,
};

/* Any other one means INVALID_COMMAND. */
enum virtio_admin_qualifier {
	VIRTIO_ADMIN_STATUS_Q_OK = 0,
	VIRTIO_ADMIN_STATUS_Q_INVALID_COMMAND = 1,
	VIRTIO_ADMIN_STATUS_Q_INVALID_OPCODE = 2,
	VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD = 3,
	VIRTIO_ADMIN_STATUS_Q_INVALID_GROUP = 4,
	VIRTIO_ADMIN_STATUS_Q_INVALID_MEMBER = 5,
	VIRTIO_ADMIN_STATUS_Q_NORESOURCE = 6,
	VIRTIO_ADMIN_STATUS_Q_TRYAGAIN = 7,
};

/* ---- capabilities (2.12.1.2) ---- */
/* Data of DEVICE_CAP_GET, and of DRIVER_CAP_SET before the capability. */
struct virtio_admin_cap_data {
	le16 id;
	uint8_t reserved[6];
};
WIRE_SIZE(struct virtio_admin_cap_data, 8);
WIRE_OFFSET(struct virtio_admin_cap_data, reserved, 2);

/* ---- resource objects (2.12.1.3) ---- */
struct virtio_admin_obj_hdr {
	le16 type;
	uint8_t reserved[2];
	le32 id;			/* unique within its type; chosen by the driver */
};
WIRE_SIZE(struct virtio_admin_obj_hdr, 8);
WIRE_OFFSET(struct virtio_admin_obj_hdr, id, 4);

/* Data of CREATE, MODIFY and QUERY; the first two have the object behind it.  DESTROY has
 * the header alone.
 */
struct virtio_admin_obj_data {
	struct virtio_admin_obj_hdr hdr;
	le64 flags;			/* 0 */
};
WIRE_SIZE(struct virtio_admin_obj_data, 16);
WIRE_OFFSET(struct virtio_admin_obj_data, flags, 8);

#endif

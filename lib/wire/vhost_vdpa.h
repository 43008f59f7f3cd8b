/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The character device of vhost-vdpa (Linux): its requests, their arguments, and the
 * messages that map memory for the device.  Layouts and numbers only; no code.
 *
 * All integers are in the order of the host.  The names carry the prefix vdpa_: the
 * kernel's header names the same feature bits by their position, as this project's own
 * virtio.h does by their value, so both cannot be included together.
 */
#ifndef WIRE_VHOST_VDPA_H
#define WIRE_VHOST_VDPA_H

#include <stdint.h>

#include <sys/ioctl.h>

#include "le.h"

/* ---- arguments ---- */
struct vdpa_vring_state {
	uint32_t index;
	uint32_t num;		/* entries, first index, group, address space, or 0 / 1 */
};
WIRE_SIZE(struct vdpa_vring_state, 8);

struct vdpa_vring_file {
	uint32_t index;
	int32_t fd;		/* VDPA_NO_FD: none */
};
WIRE_SIZE(struct vdpa_vring_file, 8);

#define VDPA_NO_FD			(-1)

struct vdpa_vring_addr {
	uint32_t index;
	uint32_t flags;		/* 0 */
	uint64_t desc;		/* I/O virtual addresses, as those of requests */
	uint64_t used;		/* device area */
	uint64_t avail;		/* driver area */
	uint64_t log;		/* 0 */
};
WIRE_SIZE(struct vdpa_vring_addr, 40);
WIRE_OFFSET(struct vdpa_vring_addr, used, 16);
WIRE_OFFSET(struct vdpa_vring_addr, avail, 24);

/* Header of a request for the configuration; len bytes follow. */
struct vdpa_config {
	uint32_t off;
	uint32_t len;
};
WIRE_SIZE(struct vdpa_config, 8);

struct vdpa_iova_range {
	uint64_t first;
	uint64_t last;		/* inclusive */
};
WIRE_SIZE(struct vdpa_iova_range, 16);

/* SET_VRING_BASE of a fresh packed ring: both wrap counters are 1 (2.8.1). */
#define VDPA_BASE_PACKED_FRESH		UINT32_C(0x80008000)

/* ---- requests ---- */
#define VDPA_IOC			0xAF
#define VDPA_GET_FEATURES		_IOR(VDPA_IOC, 0x00, uint64_t)
#define VDPA_SET_FEATURES		_IOW(VDPA_IOC, 0x00, uint64_t)
#define VDPA_SET_OWNER			_IO(VDPA_IOC, 0x01)
#define VDPA_SET_VRING_NUM		_IOW(VDPA_IOC, 0x10, struct vdpa_vring_state)
#define VDPA_SET_VRING_ADDR		_IOW(VDPA_IOC, 0x11, struct vdpa_vring_addr)
#define VDPA_SET_VRING_BASE		_IOW(VDPA_IOC, 0x12, struct vdpa_vring_state)
#define VDPA_SET_VRING_KICK		_IOW(VDPA_IOC, 0x20, struct vdpa_vring_file)
#define VDPA_SET_VRING_CALL		_IOW(VDPA_IOC, 0x21, struct vdpa_vring_file)
#define VDPA_SET_BACKEND_FEATURES	_IOW(VDPA_IOC, 0x25, uint64_t)
#define VDPA_GET_BACKEND_FEATURES	_IOR(VDPA_IOC, 0x26, uint64_t)
#define VDPA_GET_DEVICE_ID		_IOR(VDPA_IOC, 0x70, uint32_t)
#define VDPA_GET_STATUS			_IOR(VDPA_IOC, 0x71, uint8_t)
#define VDPA_SET_STATUS			_IOW(VDPA_IOC, 0x72, uint8_t)
#define VDPA_GET_CONFIG			_IOR(VDPA_IOC, 0x73, struct vdpa_config)
#define VDPA_SET_VRING_ENABLE		_IOW(VDPA_IOC, 0x75, struct vdpa_vring_state)
#define VDPA_GET_VRING_NUM		_IOR(VDPA_IOC, 0x76, uint16_t)
#define VDPA_SET_CONFIG_CALL		_IOW(VDPA_IOC, 0x77, int)
#define VDPA_GET_IOVA_RANGE		_IOR(VDPA_IOC, 0x78, struct vdpa_iova_range)
#define VDPA_GET_CONFIG_SIZE		_IOR(VDPA_IOC, 0x79, uint32_t)
#define VDPA_GET_AS_NUM			_IOR(VDPA_IOC, 0x7A, uint32_t)
#define VDPA_GET_VRING_GROUP		_IOWR(VDPA_IOC, 0x7B, struct vdpa_vring_state)
#define VDPA_SET_GROUP_ASID		_IOW(VDPA_IOC, 0x7C, struct vdpa_vring_state)
#define VDPA_GET_VQS_COUNT		_IOR(VDPA_IOC, 0x80, uint32_t)
#define VDPA_GET_GROUP_NUM		_IOR(VDPA_IOC, 0x81, uint32_t)

/* ---- features of the character device itself ---- */
#define VDPA_BACKEND_F_IOTLB_MSG_V2	(UINT64_C(1) << 1)
#define VDPA_BACKEND_F_IOTLB_BATCH	(UINT64_C(1) << 2)
#define VDPA_BACKEND_F_IOTLB_ASID	(UINT64_C(1) << 3)

/* ---- messages that map memory, written to the device ---- */
#define VDPA_MSG_V2			0x2u

enum vdpa_iotlb_type {
	VDPA_IOTLB_UPDATE = 2,
	VDPA_IOTLB_INVALIDATE = 3,
	VDPA_IOTLB_BATCH_BEGIN = 5,
	VDPA_IOTLB_BATCH_END = 6,
};

#define VDPA_ACCESS_RW			0x3u

struct vdpa_iotlb_msg {
	uint32_t type;		/* VDPA_MSG_V2 */
	uint32_t asid;		/* address space */
	uint64_t iova;
	uint64_t size;		/* bytes */
	uint64_t uaddr;
	uint8_t perm;		/* VDPA_ACCESS_* */
	uint8_t iotlb_type;	/* enum vdpa_iotlb_type */
	uint8_t padding[38];
};
WIRE_SIZE(struct vdpa_iotlb_msg, 72);
WIRE_OFFSET(struct vdpa_iotlb_msg, iova, 8);
WIRE_OFFSET(struct vdpa_iotlb_msg, uaddr, 24);
WIRE_OFFSET(struct vdpa_iotlb_msg, iotlb_type, 33);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers common to every virtio device: device status and the feature bits of
 * transport and ring (virtio 1.4, 2.1 and 6).  Numbers only; no code.
 */
#ifndef WIRE_VIRTIO_H
#define WIRE_VIRTIO_H

#include <stdint.h>

#define VIRTIO_ID_CRYPTO		20

/* Device status (2.1) */
#define VIRTIO_S_RESET			0x00
#define VIRTIO_S_ACKNOWLEDGE		0x01
#define VIRTIO_S_DRIVER			0x02
#define VIRTIO_S_DRIVER_OK		0x04
#define VIRTIO_S_FEATURES_OK		0x08
#define VIRTIO_S_SUSPEND		0x10
#define VIRTIO_S_NEEDS_RESET		0x40
#define VIRTIO_S_FAILED			0x80

#define VIRTIO_BIT(n)			(UINT64_C(1) << (n))

/* Ring features (2.7, 2.8) */
#define VIRTIO_F_INDIRECT_DESC		VIRTIO_BIT(28)
#define VIRTIO_F_EVENT_IDX		VIRTIO_BIT(29)

/* Reserved feature bits (6) */
#define VIRTIO_F_VERSION_1		VIRTIO_BIT(32)
#define VIRTIO_F_ACCESS_PLATFORM	VIRTIO_BIT(33)
#define VIRTIO_F_RING_PACKED		VIRTIO_BIT(34)
#define VIRTIO_F_IN_ORDER		VIRTIO_BIT(35)
#define VIRTIO_F_ORDER_PLATFORM		VIRTIO_BIT(36)
#define VIRTIO_F_SR_IOV			VIRTIO_BIT(37)
#define VIRTIO_F_NOTIFICATION_DATA	VIRTIO_BIT(38)
#define VIRTIO_F_NOTIF_CONFIG_DATA	VIRTIO_BIT(39)
#define VIRTIO_F_RING_RESET		VIRTIO_BIT(40)
#define VIRTIO_F_ADMIN_VQ		VIRTIO_BIT(41)
#define VIRTIO_F_SUSPEND		VIRTIO_BIT(43)

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the programs about the virtual device share: counting what is in use, so that a
 * loss shows, and releasing the device.
 */
#ifndef FAULT_VDEV_H
#define FAULT_VDEV_H

#define VDEV_NAME	"crypto_virtio_user0"
#define VDEV_ID		0		/* the only device */

/* Of the whole process; blocks are those of DPDK's heap.  No padding: for memcmp. */
struct vdev_usage {
	unsigned int fds, blocks, memzones;
};

void vdev_usage_now(struct vdev_usage *u);
/* Stopped before.  Also frees what DPDK 22.11 forgets when a device is released: the
 * memory of its own callbacks.
 */
void vdev_unplug(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device half's packed layout (virtio 1.4, 2.8), as vq_device.c uses it; each function
 * does for this layout what vq_device.h says of the function without "packed".
 */
#ifndef VQ_DEVICE_PACKED_H
#define VQ_DEVICE_PACKED_H

#include "vq_device_walk.h"

/* begin takes the next head out of the ring: 1, VQD_BEGUN_CHAIN, 0 if there is none, or
 * -errno.  finish walks its chain: 0 or -errno; req's id and nb_desc are set in any case.
 */
int vqd_packed_begin(struct vqd *d, struct vqd_head *head);
int vqd_packed_finish(struct vqd *d, const struct vqd_head *head, struct vqd_req *req);

bool vqd_packed_has_avail(const struct vqd *d);
void vqd_packed_push(struct vqd *d, const struct vqd_req *req, uint32_t written);
void vqd_packed_cut(struct vqd *d);
void vqd_packed_publish(struct vqd *d);
uint32_t vqd_packed_call_added(struct vqd *d);
bool vqd_packed_call_wanted(const struct vqd *d, uint32_t nb);
/* Asks the driver for notifications, or for none. */
void vqd_packed_notify(struct vqd *d, bool on);

#endif

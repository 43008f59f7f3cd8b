/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The constructor of the vhost-vdpa transport: a device that the kernel shows as a character
 * device.  Everything after creation goes through the operations of transport.h.
 */
#ifndef VCRYPTO_TRANSPORT_VHOST_VDPA_H
#define VCRYPTO_TRANSPORT_VHOST_VDPA_H

#include "transport/transport.h"
#include "transport/vhost_vdpa/vdpa_args.h"

/*
 * Opens the device, checks what it says of itself, and follows changes of DPDK's memory;
 * nothing is mapped yet.  args and its strings are copied.
 *
 * 0, and ops->destroy() undoes it all; or -errno with nothing left open and one line in the
 * log: -EINVAL illegal queues or queue_size; -ERANGE DPDK's memory lies where the device
 * cannot reach; -ENAMETOOLONG the path; -ENOMEM; else those of vcrypto_vdpa_chr_open.
 */
int vcrypto_transport_vhost_vdpa_create(struct vcrypto_transport **t,
		const struct vcrypto_vdpa_args *args);

#endif

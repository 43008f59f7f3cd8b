/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The devices' way to their front ends: DPDK's vhost library speaks vhost-user, keeps
 * connections and maps memory; this file answers what the library leaves to a device
 * and takes from it where the rings lie.
 *
 * The library handles all messages of all sockets in one thread of its own.
 */
#ifndef VCRYPTOD_VHOST_H
#define VCRYPTOD_VHOST_H

#include "device.h"

/* Listen on dev's socket; the worker threads run already.  features: virtio feature bits
 * to offer; protocol: protocol feature bits.  0 or -errno, logged.
 */
int vcryptod_vhost_start(struct vcryptod_device *dev, uint64_t features, uint64_t protocol);
/* No connection any more, and the socket's path is gone.  The workers have ended. */
void vcryptod_vhost_stop(struct vcryptod_device *dev);

/* Notifies the front end that a ring broke, if it has set up a back channel.  From any thread. */
void vcryptod_vhost_announce(struct vcryptod_device *dev);

#endif

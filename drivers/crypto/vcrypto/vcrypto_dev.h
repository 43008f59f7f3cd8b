/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The life cycle of a device: create, configure, start, stop, close, destroy.
 *
 * Threads: life-cycle calls come from one thread at a time (rte_cryptodev's rule);
 * sessions may be created and destroyed by any thread meanwhile (session/).
 */
#ifndef VCRYPTO_DEV_H
#define VCRYPTO_DEV_H

#include "device/vcrypto_device.h"

/* How long stop waits for requests in flight before it takes the queues away. */
#define VCRYPTO_STOP_DRAIN_MS	200

/*
 * Probe: negotiate over t, read the configuration, register a cryptodev called
 * name that ops answers for.  Owns t from the call on if it returns 0; else the caller
 * still does.  0 or -errno with one line.
 */
int vcrypto_dev_create(struct rte_device *rte_dev, const char *name,
		struct vcrypto_transport *t, const struct vcrypto_args *args,
		struct rte_cryptodev_ops *ops);
/* Remove: stop, close and forget the cryptodev called name.  -ENODEV if none. */
int vcrypto_dev_destroy(const char *name);

/* rte_cryptodev_ops of the life cycle. */
int vcrypto_dev_configure(struct rte_cryptodev *cdev, struct rte_cryptodev_config *cfg);
int vcrypto_dev_start(struct rte_cryptodev *cdev);
void vcrypto_dev_stop(struct rte_cryptodev *cdev);
int vcrypto_dev_close(struct rte_cryptodev *cdev);

#endif

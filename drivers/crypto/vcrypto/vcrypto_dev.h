/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The life cycle of a device: create, configure, start, stop, close, destroy.
 *
 * Threads: life-cycle calls come from one thread at a time, as rte_cryptodev requires.
 * Meanwhile any thread may create and destroy sessions (session/).
 */
#ifndef VCRYPTO_DEV_H
#define VCRYPTO_DEV_H

#include "device/vcrypto_device.h"

/* How long stop waits for requests in flight before it takes the queues back, ms. */
#define VCRYPTO_STOP_DRAIN_MS	200
/* The same where only a reset takes queues back, and would end security associations. */
#define VCRYPTO_STOP_DRAIN_SAS_MS	2000

/* Probe: negotiates features over t, reads the configuration, and registers a cryptodev
 * called name with the operations ops.  0, and then the device owns t; or -errno with one
 * log line, and then the caller still owns t.
 */
int vcrypto_dev_create(struct rte_device *rte_dev, const char *name,
		struct vcrypto_transport *t, const struct vcrypto_args *args,
		struct rte_cryptodev_ops *ops);
/* Remove: stops, closes and frees the cryptodev called name, and destroys its transport.
 * 0, or -ENODEV if there is none.
 */
int vcrypto_dev_destroy(const char *name);

/* rte_cryptodev_ops of the life cycle. */
int vcrypto_dev_configure(struct rte_cryptodev *cdev, struct rte_cryptodev_config *cfg);
int vcrypto_dev_start(struct rte_cryptodev *cdev);
void vcrypto_dev_stop(struct rte_cryptodev *cdev);
int vcrypto_dev_close(struct rte_cryptodev *cdev);

#endif

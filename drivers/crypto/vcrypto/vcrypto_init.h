/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Initialises a device from a reset to DRIVER_OK, resets it, and enables its virtqueues or
 * takes them back.  vcrypto_dev.c and vcrypto_health.c decide when.
 *
 * Threads: called by life-cycle calls, or by the health check while the device is started,
 * never by two threads at a time.
 */
#ifndef VCRYPTO_INIT_H
#define VCRYPTO_INIT_H

#include "device/vcrypto_device.h"

/* Initialises the device as far as the probe needs: from a reset to FEATURES_OK, and reads
 * the limits.  0, or -errno with one log line, and then FAILED is set.
 */
int vcrypto_init_probe(struct vcrypto_dev *dev);
/* Reads the device's configuration into dev->lim.  0; -EIO: HW_READY is clear; -ERANGE: the
 * device has fewer virtqueues than it needs; or an error of read_config or
 * vcrypto_limits_parse().  Each error logs one line.
 */
int vcrypto_init_read_limits(struct vcrypto_dev *dev);

/* The standard's sequence from a reset to DRIVER_OK (3.1.1), with every queue pair
 * that is set up.  0, or -errno, and then the device is reset again.
 */
int vcrypto_init_bring_up(struct vcrypto_dev *dev);
/* Resets the device: it is not live afterwards, and every session of this generation has
 * ended.  0, also if the device is gone; or -errno if the device did not confirm the reset,
 * and then the memory that it can access must be kept.
 */
int vcrypto_init_reset(struct vcrypto_dev *dev);

/* Initialises the queue pair's rings and enables the queue in the device.  0 or -errno. */
int vcrypto_init_qp_enable(struct vcrypto_qp *qp);
/* Whether the device can take back a single queue (RING_RESET). */
bool vcrypto_init_has_queue_reset(const struct vcrypto_dev *dev);
/* Takes the queue back from the device, by queue reset or else by device reset, so that the
 * device does not access its memory any more.  0, or -errno if the device does not confirm
 * the reset.
 */
int vcrypto_init_qp_detach(struct vcrypto_qp *qp);

/* rte_cryptodev_ops: set up a queue pair, for the first time or again, and release it.
 * nb_descriptors is rounded up to a power of two and limited to the device's size.  Both return
 * -EBUSY, with one line, rather than reset a device that has security associations.
 */
int vcrypto_init_qp_setup(struct rte_cryptodev *cdev, uint16_t qp_id,
		const struct rte_cryptodev_qp_conf *conf, int socket_id);
int vcrypto_init_qp_release(struct rte_cryptodev *cdev, uint16_t qp_id);

#endif

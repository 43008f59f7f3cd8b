/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bringing a device from reset to DRIVER_OK and back, and giving it virtqueues or taking
 * them away.  Who may do so, and when, is vcrypto_dev's and vcrypto_health's affair.
 *
 * Threads: life-cycle calls, or the health check while the device is started; never two
 * at a time.
 */
#ifndef VCRYPTO_INIT_H
#define VCRYPTO_INIT_H

#include "device/vcrypto_device.h"

/* From a reset to FEATURES_OK, then the limits: what the probe needs to know.  0 or
 * -errno with one line, and then FAILED is set.
 */
int vcrypto_init_probe(struct vcrypto_dev *dev);
/* Reads the device's configuration into dev->lim.  0; -EIO: not HW_READY; errors of
 * read_config and vcrypto_limits_parse().  One line each.
 */
int vcrypto_init_read_limits(struct vcrypto_dev *dev);

/* The standard's sequence from a reset to DRIVER_OK (3.1.1), with every queue pair
 * that is set up.  0 or -errno, and then the device is reset.
 */
int vcrypto_init_bring_up(struct vcrypto_dev *dev);
/* Reset the device: not live any more, every session of this generation is void.
 * 0, or -errno if the device did not confirm; its memory must then be kept.
 */
int vcrypto_init_reset(struct vcrypto_dev *dev);

/* Clean rings, and the device is given them.  0 or -errno. */
int vcrypto_init_qp_enable(struct vcrypto_qp *qp);
/* Make the device forget the queue, by queue reset or else by device reset, so that
 * its memory is ours again.  0, or -errno if the device does not confirm.
 */
int vcrypto_init_qp_detach(struct vcrypto_qp *qp);

/* rte_cryptodev_ops: set up (again), release.  nb_descriptors is rounded up to a
 * power of two and cut at the device's size.
 */
int vcrypto_init_qp_setup(struct rte_cryptodev *cdev, uint16_t qp_id,
		const struct rte_cryptodev_qp_conf *conf, int socket_id);
int vcrypto_init_qp_release(struct rte_cryptodev *cdev, uint16_t qp_id);

#endif

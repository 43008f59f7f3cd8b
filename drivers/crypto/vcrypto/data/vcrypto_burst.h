/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Enqueue and dequeue: the functions that rte_cryptodev's fast path calls.
 *
 * Threads: select and those for a stopped device are life-cycle calls; the others are for
 * the one thread that uses the queue pair.  Counts are ops.
 */
#ifndef VCRYPTO_BURST_H
#define VCRYPTO_BURST_H

#include "data/vcrypto_qp.h"

/* Installs the burst functions for a kind of virtqueue; plain as vq_is_plain() says. */
void vcrypto_burst_select(struct rte_cryptodev *cdev, enum vq_kind kind, bool plain);
/* Installs the burst functions of a device that does not run: enqueue takes nothing,
 * dequeue hands out the ops that stop or the loss of the device gave back.  Before start,
 * after a start that failed, and after stop.
 */
void vcrypto_burst_stopped(struct rte_cryptodev *cdev);
/* The same for a stop, where rte_cryptodev has replaced the functions that programs call by
 * its own, which return nothing: puts the driver's in their place.  rte_cryptodev's
 * callbacks around bursts are left out until the next start.
 */
void vcrypto_burst_show_stopped(struct rte_cryptodev *cdev);

/* The burst functions by the queue's kind, which is in shared memory, and not by the
 * pointers in this process's cryptodev.
 */
uint16_t vcrypto_burst_enqueue(struct vcrypto_qp *qp, struct rte_crypto_op **ops,
		uint16_t nb_ops);
uint16_t vcrypto_burst_dequeue(struct vcrypto_qp *qp, struct rte_crypto_op **ops,
		uint16_t nb_ops);

/* For the raw data path: completes what the device used, into the done rings.  While the
 * device is lost it takes the step that is due; a queue found broken is given up.
 */
void vcrypto_burst_poll(struct vcrypto_qp *qp);

#endif

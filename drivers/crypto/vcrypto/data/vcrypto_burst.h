/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Enqueue and dequeue: what rte_cryptodev's fast path calls.
 */
#ifndef VCRYPTO_BURST_H
#define VCRYPTO_BURST_H

#include "data/vcrypto_qp.h"

/* The pair of functions for a kind of virtqueue, vq_is_plain() or not; set before start. */
void vcrypto_burst_select(struct rte_cryptodev *cdev, enum vq_kind kind, bool plain);
/* Accept nothing, return nothing: before start and after stop. */
void vcrypto_burst_none(struct rte_cryptodev *cdev);

/* In whatever process this is: by the queue's kind, not by the cryptodev. */
uint16_t vcrypto_burst_enqueue(struct vcrypto_qp *qp, struct rte_crypto_op **ops,
		uint16_t nb_ops);
uint16_t vcrypto_burst_dequeue(struct vcrypto_qp *qp, struct rte_crypto_op **ops,
		uint16_t nb_ops);

/* For the raw data path: takes what the device completed into the done rings, and does what
 * is due where the device is lost or the queue broken.
 */
void vcrypto_burst_poll(struct vcrypto_qp *qp);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two questions about the memory of an op that failed, or whose device was lost.  May it be
 * sent again?  Only if the device cannot have changed anything that the request is made from:
 * no byte that it may write is one that is read again.  Was it legal?  Not if the device
 * cannot reach its buffers.
 *
 * Threads: the one that completes or parks ops of the queue pair.
 */
#ifndef VCRYPTO_RESEND_H
#define VCRYPTO_RESEND_H

#include <stdbool.h>

#include "device/vcrypto_device.h"

/* True if the op gives the same result when its request is built and computed once more,
 * however much of the first request was done.  False in doubt, and for every op that is not
 * a symmetric one with a session.  Looks at addresses alone, never at what is there.
 */
bool vcrypto_resend_is_safe(const struct rte_crypto_op *op);
/* False if the device is a back end and a buffer of a symmetric op with a session lies in
 * memory that it was not given: the request can only fail, and may take the queue with it.
 * Takes EAL's lock of the memory map for reading.
 */
bool vcrypto_resend_in_reach(const struct vcrypto_dev *dev, const struct rte_crypto_op *op);

#endif

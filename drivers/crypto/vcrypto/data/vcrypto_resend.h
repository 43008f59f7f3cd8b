/* SPDX-License-Identifier: BSD-3-Clause
 *
 * May an op in flight on a device that was lost be sent again?  Only if the device cannot
 * have changed anything that the request is made from: no byte that it may write is one
 * that is read again.
 *
 * Threads: the one that parks the queue pair.
 */
#ifndef VCRYPTO_RESEND_H
#define VCRYPTO_RESEND_H

#include <stdbool.h>

#include "device/vcrypto_compat.h"

/* True if the op gives the same result when its request is built and computed once more,
 * however much of the first request was done.  False in doubt, and for every op that is not
 * a symmetric one with a session.  Looks at addresses alone, never at what is there.
 */
bool vcrypto_resend_is_safe(const struct rte_crypto_op *op);

#endif

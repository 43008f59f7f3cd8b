/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The outcome of building a request from an op: one type for the whole data path, which
 * cannot be confused with -errno.
 */
#ifndef VCRYPTO_VERDICT_H
#define VCRYPTO_VERDICT_H

#include <rte_crypto.h>

enum vcrypto_verdict {
	VCRYPTO_BUILT = 0,	/* the request is in the ring */

	/* The op is accepted and comes back with an error: the value is its status. */
	VCRYPTO_BAD_SIGNATURE = RTE_CRYPTO_OP_STATUS_AUTH_FAILED,
	VCRYPTO_BAD_SESSION = RTE_CRYPTO_OP_STATUS_INVALID_SESSION,
	VCRYPTO_BAD_ARGS = RTE_CRYPTO_OP_STATUS_INVALID_ARGS,
	VCRYPTO_FAILED = RTE_CRYPTO_OP_STATUS_ERROR,

	/* The op has no status yet. */
	VCRYPTO_SLOW = -1,	/* the slow path must build it: vcrypto_sym_op_build() */
	VCRYPTO_DONE = -3,	/* the op is complete without a request, with SUCCESS */
	VCRYPTO_FULL = -2,	/* no room now: the caller keeps the op */
};

#endif

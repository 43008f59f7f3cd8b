/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ECDSA ops: keys, operands and signatures (virtio 1.4, 5.9.9.8; FIPS 186-4).
 *
 * Threads: any; the functions touch nothing but their arguments.
 */
#ifndef VCRYPTO_ASYM_EC_H
#define VCRYPTO_ASYM_EC_H

#include "data/vcrypto_asym_request.h"

/* Fills in an ECDSA op's request, whose op, keys, mem and src_at are set.  VCRYPTO_BUILT,
 * VCRYPTO_BAD_ARGS or VCRYPTO_BAD_SIGNATURE.
 */
enum vcrypto_verdict vcrypto_asym_ec_describe(struct vcrypto_asym_request *a);

/* Parses the signature of len bytes that the device wrote at result into the op's r and s,
 * which get the curve's size.  Returns the op's status (RTE_CRYPTO_OP_STATUS_*).
 */
uint8_t vcrypto_asym_ec_take_signature(const struct vcrypto_asym_post *p, const uint8_t *result,
		uint32_t len);

#endif

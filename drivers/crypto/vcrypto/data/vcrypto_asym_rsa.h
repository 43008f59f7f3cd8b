/* SPDX-License-Identifier: BSD-3-Clause
 *
 * RSA ops: operands, padding and results (virtio 1.4, 5.9.9.8; RFC 8017).
 *
 * Threads: any; the functions touch nothing but their arguments.
 */
#ifndef VCRYPTO_ASYM_RSA_H
#define VCRYPTO_ASYM_RSA_H

#include "data/vcrypto_asym_request.h"

/* Fills in an RSA op's request, whose op, keys, mem, src_at and post.expect are set.
 * VCRYPTO_BUILT, VCRYPTO_BAD_ARGS or VCRYPTO_BAD_SIGNATURE.
 */
enum vcrypto_verdict vcrypto_asym_rsa_describe(struct vcrypto_asym_request *a);

/* Copies a number of size bytes (at most VCRYPTO_RSA_MAX), of which the device claims to
 * have written n, to private memory.  False if its end is missing.
 */
bool vcrypto_asym_rsa_take_number(uint8_t *to, const uint8_t *result, uint32_t n, uint32_t size);

#endif

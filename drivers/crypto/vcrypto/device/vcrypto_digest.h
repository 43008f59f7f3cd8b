/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Digests: comparison in constant time, and encryption with a key stream.  Plain memory
 * alone: knows no request and no device.
 */
#ifndef VCRYPTO_DIGEST_H
#define VCRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Are the two digests of len bytes equal?  The time taken depends on len alone.  The
 * device may write computed meanwhile: each byte is read once.
 */
static inline bool
vcrypto_digest_equal(const uint8_t *expected, const volatile uint8_t *computed, size_t len)
{
	uint8_t diff = 0;
	size_t i;

	for (i = 0; i < len; i++)
		diff |= expected[i] ^ computed[i];
	return diff == 0;
}

/* Encrypts or decrypts a digest: to ^= computed, len bytes. */
static inline void
vcrypto_digest_mask(uint8_t *to, const uint8_t *computed, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] ^= computed[i];
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Digests: comparing in constant time, and encrypting with a key stream.
 */
#ifndef VCRYPTO_DIGEST_H
#define VCRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Time depends on len alone.  computed may be device-writable: each byte is read
 * once, so that what was compared is what was there.
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

/* to ^= computed. */
static inline void
vcrypto_digest_mask(uint8_t *to, const uint8_t *computed, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] ^= computed[i];
}

#endif

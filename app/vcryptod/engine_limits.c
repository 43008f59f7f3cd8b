/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What limits every engine: set once by the daemon's options, read when a session is made.
 */
#include "engine.h"

static unsigned int limit_rsa_bits = VCRYPTOD_RSA_BITS_MAX;

void
vcryptod_engine_limit_rsa(unsigned int bits)
{
	limit_rsa_bits = bits;
}

unsigned int
vcryptod_engine_rsa_bits(void)
{
	return limit_rsa_bits;
}

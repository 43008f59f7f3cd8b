/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Wiping the stack; see wipe.h.
 */
#include <stdint.h>

#include <openssl/crypto.h>

#include "wipe.h"

#define WIPE_STACK_BYTES	16384	/* deeper than any key set-up that was seen */

__attribute__((noinline)) void
vcryptod_wipe_stack(void)
{
	uint8_t below[WIPE_STACK_BYTES];

	OPENSSL_cleanse(below, sizeof(below));
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The iv of GCM's general form (16 bytes, SP 800-38D 7.1) whose pre-counter block is
 * j0: libraries take no J0 (virtio 1.4, 5.9.9.7), but they derive one from an iv.
 * Constant time in key and iv.
 */
#ifndef VCRYPTOD_GCM_J0_H
#define VCRYPTOD_GCM_J0_H

#include <stdint.h>

struct vcryptod_gcm_j0 {
	uint64_t h_inv[2];	/* inverse of the hash subkey; secret as the key is */
};
/* h: the block cipher's image of 0.  -EINVAL if it is 0 (has no inverse). */
int vcryptod_gcm_j0_key(struct vcryptod_gcm_j0 *k, const uint8_t h[16]);
void vcryptod_gcm_j0_iv(uint8_t iv[16], const struct vcryptod_gcm_j0 *k, const uint8_t j0[16]);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * GCM with a given pre-counter block.  For an iv of other than 12 bytes GCM computes
 * J0 = GHASH_H(iv, padded, and its length); over one 16-byte block that is
 * J0 = ((iv * H) ^ L) * H with L the length block, so iv = ((J0 / H) ^ L) / H.
 * With the inverse of H computed once per key, a library that only knows ivs does the
 * rest.  Elements of GF(2^128) are two words, the polynomial's first bit on top.
 *
 * Pure functions; no branch and no address depends on a secret.
 */
#include <errno.h>
#include <string.h>

#include "gcm_j0.h"

#define REDUCTION	(UINT64_C(0xe1) << 56)	/* x^128 = 1 + x + x^2 + x^7 */

static void
j0_load(uint64_t v[2], const uint8_t b[16])
{
	int i;

	v[0] = v[1] = 0;
	for (i = 0; i < 8; i++) {
		v[0] = v[0] << 8 | b[i];
		v[1] = v[1] << 8 | b[i + 8];
	}
}

static void
j0_store(uint8_t b[16], const uint64_t v[2])
{
	int i;

	for (i = 0; i < 8; i++) {
		b[i] = (uint8_t)(v[0] >> (56 - 8 * i));
		b[i + 8] = (uint8_t)(v[1] >> (56 - 8 * i));
	}
}

static void
j0_mul(uint64_t z[2], const uint64_t x[2], const uint64_t y[2])
{
	uint64_t v[2] = { y[0], y[1] }, r[2] = { 0, 0 }, take, carry;
	int i;

	for (i = 0; i < 128; i++) {
		take = 0 - (x[i / 64] >> (63 - i % 64) & 1);
		r[0] ^= v[0] & take;
		r[1] ^= v[1] & take;
		carry = 0 - (v[1] & 1);
		v[1] = v[1] >> 1 | v[0] << 63;
		v[0] = v[0] >> 1 ^ (REDUCTION & carry);
	}
	z[0] = r[0];
	z[1] = r[1];
}

int
vcryptod_gcm_j0_key(struct vcryptod_gcm_j0 *k, const uint8_t h[16])
{
	uint64_t p[2], r[2];
	int i;

	j0_load(p, h);
	if ((p[0] | p[1]) == 0)
		return -EINVAL;
	/* 1/h = h^(2^128 - 2): the product of h^2, h^4 ... h^(2^127). */
	r[0] = UINT64_C(1) << 63;
	r[1] = 0;
	for (i = 1; i < 128; i++) {
		j0_mul(p, p, p);
		j0_mul(r, r, p);
	}
	k->h_inv[0] = r[0];
	k->h_inv[1] = r[1];
	return 0;
}

void
vcryptod_gcm_j0_iv(uint8_t iv[16], const struct vcryptod_gcm_j0 *k, const uint8_t j0[16])
{
	uint64_t x[2];

	j0_load(x, j0);
	j0_mul(x, x, k->h_inv);
	x[1] ^= 128;	/* the length block: no AAD, 128 bits of iv */
	j0_mul(x, x, k->h_inv);
	j0_store(iv, x);
}

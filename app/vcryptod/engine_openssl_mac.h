/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Digests of the OpenSSL engine: hashes and MACs, alone or as halves of chains.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_MAC_H
#define VCRYPTOD_ENGINE_OPENSSL_MAC_H

#include "engine_openssl_session.h"

/* 0, -ENOTSUP, -EINVAL for a key that the library refuses, -ENOMEM. */
int vcryptod_ossl_auth_setup(struct ossl_session *s);
/* The digest of nb spans in turn, of which out_len bytes are wanted.  false if the library
 * fails, or if the lane is halted after a piece.
 */
bool vcryptod_ossl_auth_ranges(struct ossl_session *s, struct ossl_lane *l,
		const struct vcryptod_lane *lane, uint8_t out[VCRYPTOD_DIGEST_MAX],
		uint32_t out_len, const struct vcryptod_span *parts, unsigned int nb);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ciphers, digests and chains of the OpenSSL engine, one request at a time; the result
 * is op->status.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_SYM_H
#define VCRYPTOD_ENGINE_OPENSSL_SYM_H

#include "engine_openssl_session.h"

/* 0, -ENOTSUP, -EINVAL for a key that the library refuses. */
int vcryptod_ossl_cipher_setup(struct ossl_session *s);
void vcryptod_ossl_cipher(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);
/* HASH and MAC. */
void vcryptod_ossl_auth(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);
void vcryptod_ossl_chain(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * AKCIPHER of the OpenSSL engine, one request at a time; the results are op->status and
 * op->written.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_AKCIPHER_H
#define VCRYPTOD_ENGINE_OPENSSL_AKCIPHER_H

#include "engine_openssl_session.h"

/* 0, -ENOTSUP, -EINVAL for what cannot be a key, -ENOMEM. */
int vcryptod_ossl_akcipher_setup(struct ossl_session *s);
void vcryptod_ossl_akcipher(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * AEAD of the OpenSSL engine, one request at a time; the result is op->status.
 */
#ifndef VCRYPTOD_ENGINE_OPENSSL_AEAD_H
#define VCRYPTOD_ENGINE_OPENSSL_AEAD_H

#include "engine_openssl_session.h"

/* 0, -ENOTSUP, -EINVAL for a key that the library refuses, -ENOMEM. */
int vcryptod_ossl_aead_setup(struct ossl_session *s);
void vcryptod_ossl_aead(struct ossl_session *s, struct ossl_lane *l,
		struct vcryptod_lane *lane, struct vcryptod_op *op);

#endif

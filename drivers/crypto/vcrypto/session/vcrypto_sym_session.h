/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rte_cryptodev's symmetric sessions.  Thread-safe; the device must be started, since
 * creating a session is a command to it.
 */
#ifndef VCRYPTO_SYM_SESSION_H
#define VCRYPTO_SYM_SESSION_H

#include "session/vcrypto_session.h"

/* rte_cryptodev_ops */
unsigned int vcrypto_sym_session_size(struct rte_cryptodev *cdev);
int vcrypto_sym_session_configure(struct rte_cryptodev *cdev,
		struct rte_crypto_sym_xform *xform, struct rte_cryptodev_sym_session *sess);
void vcrypto_sym_session_clear(struct rte_cryptodev *cdev,
		struct rte_cryptodev_sym_session *sess);

#endif

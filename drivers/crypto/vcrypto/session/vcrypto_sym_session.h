/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rte_cryptodev's calls for symmetric sessions.  Thread-safe.  The device must be started
 * when a session is created, because that takes a command to the device.
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

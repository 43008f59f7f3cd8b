/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device as rte_security sees it: sessions of lookaside protocol IPsec.
 */
#ifndef VCRYPTO_SECURITY_H
#define VCRYPTO_SECURITY_H

#include "device/vcrypto_device.h"

/* At probe: gives a device with IPSEC its context of rte_security, with capabilities that stay
 * as they are.  0 also for other devices; -ENOMEM with one line.
 */
int vcrypto_security_init(struct vcrypto_dev *dev);
/* At removal, or after a probe that failed.  May be called twice. */
void vcrypto_security_fini(struct vcrypto_dev *dev);

#endif

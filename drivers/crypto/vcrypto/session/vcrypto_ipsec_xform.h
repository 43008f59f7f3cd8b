/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rte_security's IPsec sessions as security associations of the standard: a pure translation.
 */
#ifndef VCRYPTO_IPSEC_XFORM_H
#define VCRYPTO_IPSEC_XFORM_H

#include "req_ipsec.h"
#include "device/vcrypto_device.h"

/* Fills all of *out but obj_id from conf, and checks that the device can do it.  Keys point into
 * conf's transforms.  0; or with one line: -ENOTSUP: what the driver, the standard or the device
 * cannot do; -EINVAL: what contradicts itself, or a key of a length that its algorithm cannot
 * have; -EMSGSIZE: a key is longer than the standard's field.
 */
int vcrypto_ipsec_params(struct req_ipsec_sa *out, const struct vcrypto_dev *dev,
		const struct rte_security_session_conf *conf);

#endif

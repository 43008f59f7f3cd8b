/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rte_security's capabilities of a device, computed from what it offers for IPSEC.
 */
#ifndef VCRYPTO_IPSEC_CAPS_H
#define VCRYPTO_IPSEC_CAPS_H

#include "req_ipsec.h"
#include "device/vcrypto_compat.h"
#include "device/vcrypto_ipsec_map.h"

/* Each mode has two directions. */
#define VCRYPTO_IPSEC_CAPS_ROWS	(2 * VIRTIO_CRYPTO_NB_IPSEC_MODES)

struct vcrypto_ipsec_caps {
	struct rte_security_capability row[VCRYPTO_IPSEC_CAPS_ROWS + 1];
	struct rte_cryptodev_capabilities algs[VIRTIO_CRYPTO_NB_IPSEC_MODES]
		[VCRYPTO_IPSEC_MAP_ROWS + 1];
};

/* Fills *out, which is zero: rows and algorithms end with a zero one. */
void vcrypto_ipsec_caps_fill(struct vcrypto_ipsec_caps *out,
		const struct req_ipsec_caps *caps, const struct req_ipsec_limits *limits);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DPDK's algorithm enums and the numbers of the IPSEC service (virtio 1.4, 5.9.9.9), which has
 * NULL encryption and GMAC, and not all that vcrypto_map.h has.
 */
#ifndef VCRYPTO_IPSEC_MAP_H
#define VCRYPTO_IPSEC_MAP_H

#include "req_ipsec.h"
#include "device/vcrypto_map.h"

/* Algorithms of IPSEC; DPDK has all that req_ipsec_alg_find() knows. */
#define VCRYPTO_IPSEC_MAP_ROWS	17

/* The row of a DPDK algorithm, or NULL if IPSEC has none. */
const struct vcrypto_map *vcrypto_ipsec_map_find(enum rte_crypto_sym_xform_type type,
		int rte_algo);
/* All rows, in the order of the capabilities; returns how many. */
unsigned int vcrypto_ipsec_map_rows(const struct vcrypto_map *rows[VCRYPTO_IPSEC_MAP_ROWS]);

/* Whether an entry of a capability has the algorithm of a row. */
bool vcrypto_ipsec_map_has(const struct req_ipsec_mode_cap *c, const struct vcrypto_map *m);
/* Takes out the modes for which there is no integrity. */
void vcrypto_ipsec_map_cut(struct req_ipsec_caps *caps);

#endif

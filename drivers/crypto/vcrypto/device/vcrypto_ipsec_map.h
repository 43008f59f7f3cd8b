/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DPDK's algorithm enums and the numbers of the IPSEC service (virtio 1.4, 5.9.9.9), which has
 * NULL encryption and GMAC, and not all that vcrypto_map.h has.
 */
#ifndef VCRYPTO_IPSEC_MAP_H
#define VCRYPTO_IPSEC_MAP_H

#include "req_ipsec.h"
#include "device/vcrypto_map.h"

/* Rows of the table. */
#define VCRYPTO_IPSEC_MAP_ROWS	17

/* The row of a DPDK algorithm, or NULL if IPSEC has none. */
const struct vcrypto_map *vcrypto_ipsec_map_find(enum rte_crypto_sym_xform_type type,
		int rte_algo);
/* The whole table, in the order of the capabilities. */
const struct vcrypto_map *vcrypto_ipsec_map_table(void);

/* Whether an entry of a capability has the algorithm of a row. */
bool vcrypto_ipsec_map_has(const struct req_ipsec_mode_cap *c, const struct vcrypto_map *m);
/* Takes out of each mode what has no row, and the modes for which no integrity is left. */
void vcrypto_ipsec_map_cut(struct req_ipsec_caps *caps);

#endif

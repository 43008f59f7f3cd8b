/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DPDK's algorithm enums and the standard's numbers: one table, read both ways.  The
 * sizes that an algorithm allows are not here but in lib/request (req_alg).
 */
#ifndef VCRYPTO_MAP_H
#define VCRYPTO_MAP_H

#include <rte_crypto_sym.h>

#include "req_alg.h"

/* One algorithm, in DPDK's and in the standard's numbering. */
struct vcrypto_map {
	enum rte_crypto_sym_xform_type type;
	int rte_algo;			/* enum rte_crypto_{cipher,auth,aead}_algorithm */
	enum virtio_crypto_service service;
	uint16_t number;		/* of the algorithm within service (5.9.4) */
	bool bits;			/* DPDK counts its data offsets and lengths in bits */
};

/* The row of a DPDK algorithm, or NULL if the device cannot be asked for it. */
const struct vcrypto_map *vcrypto_map_find(enum rte_crypto_sym_xform_type type, int rte_algo);
/* The whole table of *nb rows, in the order of the capabilities. */
const struct vcrypto_map *vcrypto_map_table(unsigned int *nb);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DPDK's algorithm enums <-> the standard's numbers: one table, read both ways.
 * Which sizes an algorithm allows is lib/request's knowledge (req_alg), not ours.
 */
#ifndef VCRYPTO_MAP_H
#define VCRYPTO_MAP_H

#include <rte_crypto_sym.h>

#include "req_alg.h"

/* What an rte algorithm is to the device. */
struct vcrypto_map {
	enum rte_crypto_sym_xform_type type;
	int rte_algo;			/* enum rte_crypto_{cipher,auth,aead}_algorithm */
	enum virtio_crypto_service service;
	uint16_t number;		/* the standard's */
	bool bits;			/* DPDK counts this one's ranges in bits */
};

/* NULL if the standard has no such algorithm. */
const struct vcrypto_map *vcrypto_map_find(enum rte_crypto_sym_xform_type type, int rte_algo);
/* The whole table, in the order of capabilities. */
const struct vcrypto_map *vcrypto_map_table(unsigned int *nb);

#endif

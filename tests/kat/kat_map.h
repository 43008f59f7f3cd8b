/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Names of algorithms (lib/request/req_alg.c's) to rte_cryptodev's numbers, and a
 * session's parameters to xforms.  Public DPDK headers only.
 */
#ifndef KAT_MAP_H
#define KAT_MAP_H

#include <rte_cryptodev.h>

#include "kat_file.h"

struct kat_alg {
	const char *name;
	enum kat_service service;	/* CIPHER, HASH, MAC or AEAD */
	int number;			/* rte_crypto_{cipher,auth,aead}_algorithm, -1: none */
	int bits;			/* lengths and offsets of an op count bits */
};

/* NULL if no row has this name. */
const struct kat_alg *kat_alg_find(const char *name);
const struct kat_alg *kat_alg_table(unsigned int *nb);

/* Whether a comma-separated list names an algorithm; NULL stands for all.  check: 0, or
 * -1 with a message for a name that no row has, which would leave nothing to run.
 */
int kat_wanted(const char *list, const char *name);
int kat_check_names(const char *list);

/* What a session is made of; lengths in bytes. */
struct kat_params {
	enum kat_service service;
	const struct kat_alg *alg;
	const struct kat_alg *auth_alg;	/* CHAIN */
	enum kat_order order;		/* CHAIN */
	int encrypt;			/* encrypt and generate; else decrypt and verify */
	const uint8_t *key;
	const uint8_t *auth_key;	/* CHAIN */
	uint16_t key_len, auth_key_len;
	uint16_t iv_len;		/* of the cipher or AEAD; of a MAC that has one */
	uint16_t digest_len, aad_len;
};

/* Where ivs lie in an op: room for the longest of the vectors, 60 bytes of GCM. */
#define KAT_IV_OFFSET \
	(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define KAT_IV_MAX		64

/* Fills x[0], and x[1] for a chain, linked in the order of this direction. */
void kat_xforms(struct rte_crypto_sym_xform x[2], const struct kat_params *p);

/* NULL if the device's capabilities cover p, else why not. */
const char *kat_unsupported(uint8_t dev_id, const struct kat_params *p);

/* The capability of one algorithm, NULL if the device has none. */
const struct rte_cryptodev_symmetric_capability *
kat_capability(uint8_t dev_id, const struct kat_alg *alg);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An association of sa_bridge from inside: a session of rte_security, or librte_ipsec's.
 */
#ifndef SA_BRIDGE_SA_H
#define SA_BRIDGE_SA_H

#include <rte_cryptodev.h>
#include <rte_security.h>

#include "sa_bridge.h"

#define SA_IV_OFFSET	(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define SA_OP_PRIVATE	64

struct bridge_library;

struct bridge_sa {
	char name[16];		/* its own, for its pools */
	uint8_t dev;
	bool outbound;
	struct rte_security_ipsec_xform ipsec;
	struct rte_crypto_sym_xform cipher;	/* or AEAD */
	struct rte_crypto_sym_xform auth;
	struct rte_crypto_sym_xform *xform;	/* the first of the chain */
	uint8_t key[64], auth_key[64];
	struct rte_mempool *ops, *sessions;
	void *session;
	struct bridge_library *library;		/* NULL: rte_security */
};

void bridge_sa_exchange(struct bridge_sa *sa, struct rte_crypto_op **ops, uint16_t n);

/* The same by librte_ipsec, ESP alone, with symmetric sessions of the device. */
void bridge_library_session(struct bridge_sa *sa);
uint16_t bridge_library_process(struct bridge_sa *sa, struct rte_mbuf **mbufs,
		struct rte_crypto_op **ops, uint16_t n);
void bridge_library_destroy(struct bridge_sa *sa);

#endif

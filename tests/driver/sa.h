/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IPsec sessions of rte_security on the rig's device, and what to make them from.
 */
#ifndef SA_H
#define SA_H

#include <rte_security.h>

#include "rig.h"

/* An IPsec session to be: change what a test is about.  It points into itself. */
struct sa_conf {
	struct rte_security_session_conf conf;
	struct rte_crypto_sym_xform first, second;
	uint8_t key[64], auth_key[64];
};

/* A device with an administration queue and IPSEC, not yet probed: all modes, options and
 * algorithms.
 */
struct rig *sa_open(unsigned int kind, const char *devargs);
/* The same, started with a queue pair. */
struct rig *sa_up(unsigned int kind, const char *devargs);

/* AES-128-GCM, ESP tunnel over IPv4. */
void sa_gcm(struct sa_conf *c, bool egress);
/* AES-256-CBC with HMAC-SHA-256, ESP transport. */
void sa_cbc(struct sa_conf *c, bool egress);
/* HMAC-SHA-1, AH tunnel over IPv6. */
void sa_ah(struct sa_conf *c, bool egress);

void *sa_create(struct rig *r, struct sa_conf *c);
void sa_destroy(struct rig *r, void *sess);
/* The context, NULL without IPSEC. */
void *sa_context(struct rig *r);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the programs about asymmetric ops share: the device with its AKCIPHER service,
 * sessions and ops of one RSA key.
 */
#ifndef ASYM_OPS_H
#define ASYM_OPS_H

#include "rig.h"
#include "tests/kat/asym/asym_host.h"

#define ASYM_N		128	/* bytes of the modulus */
#define OK		RTE_CRYPTO_OP_STATUS_SUCCESS
#define FAILED		RTE_CRYPTO_OP_STATUS_ERROR
#define FORGED		RTE_CRYPTO_OP_STATUS_AUTH_FAILED
#define ILLEGAL		RTE_CRYPTO_OP_STATUS_INVALID_ARGS

extern struct asym_rsa asym_key;
/* An operand, and where results go. */
extern uint8_t asym_msg[ASYM_N], asym_out[ASYM_N + 16];
extern const uint8_t asym_hash[32];

/* For cmocka: pools, key and operand, once; and their end. */
int asym_prepare(void **state);
int asym_done(void **state);

/* The device, with one queue pair of 64 descriptors, started. */
struct rig *asym_up_with(uint64_t features, enum model_mode mode, const char *devargs);
struct rig *asym_up(uint64_t features, enum model_mode mode);

struct rte_crypto_asym_xform asym_xform_of(bool rsa);
void *asym_session(struct rig *r, bool rsa);
/* After it the device has no session. */
void asym_free_session(struct rig *r, void *s);
/* An op of session s, with nothing in it; and one of RSA. */
struct rte_crypto_op *asym_op_of(void *s);
struct rte_crypto_op *asym_rsa_op(void *s, enum rte_crypto_asym_op_type type,
		enum rte_crypto_rsa_padding_type padding, enum rte_crypto_auth_algorithm hash);

#endif

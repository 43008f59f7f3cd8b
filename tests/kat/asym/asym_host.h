/* SPDX-License-Identifier: BSD-3-Clause
 *
 * RSA and ECDSA on the host, by OpenSSL, as the thing to compare with.  Knows no DPDK.
 * Keys are as asym_rsa_load or asym_ec_load made them; reading them is thread-safe.
 */
#ifndef ASYM_HOST_H
#define ASYM_HOST_H

#include <openssl/evp.h>

#include "asym_file.h"

#define ASYM_RSA_BYTES	1024	/* the longest modulus */
#define ASYM_EC_BYTES	66	/* the longest coordinate */
#define ASYM_DIGEST_MAX	64

/* The hashes of PKCS #1 signatures, and none. */
enum asym_hash {
	ASYM_MD5, ASYM_SHA1, ASYM_SHA224, ASYM_SHA256, ASYM_SHA384, ASYM_SHA512,
	ASYM_NB_HASHES,
	ASYM_NO_HASH = ASYM_NB_HASHES
};

extern const char * const asym_hash_name[ASYM_NB_HASHES];
uint32_t asym_hash_len(enum asym_hash hash);	/* bytes */
/* -1: no such name. */
int asym_hash_find(const char *name);
/* Returns its length; a machine whose OpenSSL lacks the hash gets a message and an end. */
uint32_t asym_digest(uint8_t *out, enum asym_hash hash, const struct kat_bytes *msg);

/* In PKCS #1's order of numbers. */
enum { RSA_N, RSA_E, RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QINV, RSA_NB };

struct asym_rsa {
	struct kat_bytes num[RSA_NB];	/* no leading zeros */
	uint32_t bits, len;		/* of the modulus; len in bytes */
	EVP_PKEY *pkey;
};

/* From n and e, perhaps d, perhaps p and q (else it has no quintuple).  0, or -1
 * with a message.  asym_rsa_free accepts a zeroed struct.
 */
int asym_rsa_load(struct asym_rsa *k, const struct kat_bytes num[ASYM_Q + 1]);
int asym_rsa_generate(struct asym_rsa *k, unsigned int bits);
void asym_rsa_free(struct asym_rsa *k);

/* out holds k->len bytes; in is k->len bytes.  -1: not below the modulus. */
int asym_rsa_public(uint8_t *out, const struct asym_rsa *k, const uint8_t *in);
int asym_rsa_private(uint8_t *out, const struct asym_rsa *k, const uint8_t *in);

/* PKCS #1 v1.5.  out holds k->len bytes.  Length of the result, or -1. */
int asym_rsa_encrypt(uint8_t *out, const struct asym_rsa *k, const struct kat_bytes *msg);
int asym_rsa_decrypt(uint8_t *out, const struct asym_rsa *k, const struct kat_bytes *cipher);
/* Of a digest; ASYM_NO_HASH: of any bytes, without DigestInfo. */
int asym_rsa_sign(uint8_t *out, const struct asym_rsa *k, enum asym_hash hash,
		const struct kat_bytes *digest);
/* 1: verifies. */
int asym_rsa_verify(const struct asym_rsa *k, enum asym_hash hash,
		const struct kat_bytes *digest, const struct kat_bytes *sig);

enum asym_curve {
	ASYM_P192, ASYM_P224, ASYM_P256, ASYM_P384, ASYM_P521,
	ASYM_NB_CURVES
};

extern const char * const asym_curve_name[ASYM_NB_CURVES];
int asym_curve_find(const char *name);

/* Numbers of a key, left-padded to len bytes each. */
struct asym_ec {
	enum asym_curve curve;
	uint32_t len;			/* bytes of a coordinate */
	int has_d;
	uint8_t d[ASYM_EC_BYTES], x[ASYM_EC_BYTES], y[ASYM_EC_BYTES];
	uint8_t order[ASYM_EC_BYTES];
	EVP_PKEY *pkey;
};

/* From d, or from x and y alone; all of them must fit.  0, or -1 with a message. */
int asym_ec_load(struct asym_ec *k, enum asym_curve curve, const struct kat_bytes *d,
		const struct kat_bytes *x, const struct kat_bytes *y);
int asym_ec_generate(struct asym_ec *k, enum asym_curve curve);
void asym_ec_free(struct asym_ec *k);

/* r and s are k->len bytes each.  0 or -1. */
int asym_ec_sign(uint8_t *r, uint8_t *s, const struct asym_ec *k,
		const struct kat_bytes *digest);
int asym_ec_verify(const struct asym_ec *k, const struct kat_bytes *digest,
		const struct kat_bytes *r, const struct kat_bytes *s);

/* Random bytes; ends the program where there are none. */
void asym_random(uint8_t *out, size_t len);

#endif

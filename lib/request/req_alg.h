/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One row per algorithm of the standard: its number, its name, and the sizes that
 * its own specification allows.  Whether a length is legal for an
 * algorithm is decided here alone.
 */
#ifndef REQ_ALG_H
#define REQ_ALG_H

#include "request.h"

/* A set of sizes in bytes: min, min + inc .. max; inc 0 means min alone. */
struct req_range {
	uint16_t min, max, inc;
};

struct req_alg {
	enum virtio_crypto_service service;
	uint16_t number;		/* VIRTIO_CRYPTO_{CIPHER,HASH,MAC,AEAD,AKCIPHER}_* */
	uint16_t block;			/* input must be a multiple; 1 for a stream */
	uint16_t min_len;		/* least input, bytes (XTS: 16; else mostly 0) */
	const char *name;		/* as in devargs: "aes-cbc", "hmac-sha1", "sha2-256" */
	struct req_range key;		/* bytes */
	struct req_range iv;		/* bytes */
	struct req_range digest;	/* bytes; max is the full length */
	struct req_range aad;		/* bytes, AEAD */
};

/* NULL if there is no such row.  A name belongs to one row of one service: lower case,
 * rte_cryptodev's spelling where it has one, a keyed hash as "hmac-" and the hash's.
 */
const struct req_alg *req_alg_find(enum virtio_crypto_service service, uint32_t number);
const struct req_alg *req_alg_by_name(const char *name, size_t name_len);
/* All rows; *nb rows. */
const struct req_alg *req_alg_table(unsigned int *nb);

static inline bool
req_range_has(const struct req_range *r, uint32_t v)
{
	if (v < r->min || v > r->max)
		return false;
	/* The usual lengths, which are checked for each request, need no division. */
	if (v == r->min || r->inc == 1)
		return true;
	return r->inc != 0 && (v - r->min) % r->inc == 0;
}

#endif

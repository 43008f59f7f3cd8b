/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The keys and signatures of AKCIPHER as bytes (virtio 1.4, 5.9.9.2 and 5.9.9.8):
 * DER of PKCS #1, RFC 5915 and RFC 3279, and SEC 1's point.
 *
 * Encoders write the numbers that the caller lends them straight into the caller's buffer: no key
 * is kept or copied elsewhere.  Decoders, for what the driver reads back, take strict DER
 * alone and point into it.  Nothing here knows arithmetic: that a number is prime, below
 * the order or on the curve is checked by the code that computes with it.
 */
#ifndef REQ_DER_H
#define REQ_DER_H

#include "request.h"

/* A number without sign: big endian, len bytes, leading zeros allowed.  A decoder
 * gives an INTEGER without leading zeros, and zero itself as one zero byte.
 */
struct req_num {
	const uint8_t *data;
	size_t len;
};

/* The longest content that is encoded or decoded, bytes: two length bytes. */
#define REQ_DER_MAX		65535

struct req_rsa_public {
	struct req_num n, e;
};

/* Two primes; every number is needed, PKCS #1 leaves none out. */
struct req_rsa_private {
	struct req_num n, e, d;
	struct req_num p, q, dp, dq, qinv;
};

/* Encoders return the length (bytes), -EINVAL for a number that is empty, zero where
 * a key cannot have it, or too long, -ENOSPC if it does not fit into size bytes.
 * Nothing is written on error.
 * Decoders return 0, -EBADMSG for anything but one DER value that fills der, and
 * -ENOTSUP for a curve that the standard does not name; on error their outputs mean
 * nothing.
 */
int req_der_rsa_public(uint8_t *buf, size_t size, const struct req_rsa_public *k);
int req_der_rsa_private(uint8_t *buf, size_t size, const struct req_rsa_private *k);
int req_der_rsa_public_parse(struct req_rsa_public *k, const uint8_t *der, size_t len);

/* Bytes of a coordinate and of the order, which agree for all of these curves; 0 for
 * a curve that the standard does not name.
 */
#define REQ_EC_MAX		66
size_t req_ec_bytes(uint32_t curve);

/* A point's coordinates, each shorter than or equal to req_ec_bytes(). */
struct req_ec_point {
	struct req_num x, y;
};

/* SEC 1, uncompressed: 4, x, y, each left-padded to the curve's size. */
int req_ec_point(uint8_t *buf, size_t size, uint32_t curve, const struct req_ec_point *pt);

/* ECPrivateKey with the curve's name, and with the public point unless pub is NULL. */
int req_der_ec_private(uint8_t *buf, size_t size, uint32_t curve, const struct req_num *d,
		const struct req_ec_point *pub);

/* Ecdsa-Sig-Value.  Zero is a legal number here: the verifier rejects it.
 * The decoder writes r and s left-padded, req_ec_bytes(curve) each.
 */
int req_der_ecdsa_sig(uint8_t *buf, size_t size, uint32_t curve, const struct req_num *r,
		const struct req_num *s);
int req_der_ecdsa_sig_parse(uint8_t *r, uint8_t *s, uint32_t curve, const uint8_t *der,
		size_t len);
/* The most bytes that an encoded signature of any curve has: 2 + 1 + 2 * (2 + 67). */
#define REQ_ECDSA_SIG_MAX	141

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What every algorithm is, by OpenSSL's libcrypto: the model of the device computes
 * with it, and the tests expect its results.  Algorithms are the standard's numbers
 * (virtio 1.4, 5.9.4), lengths are bytes.
 *
 * OpenSSL 3 has no KASUMI, SNOW 3G or ZUC: a keystream that depends on algorithm, key
 * and iv stands in for each.  The driver cannot tell: it only carries bytes.
 *
 * A call that cannot be computed ends the program: a test could not go on.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ref_key {
	const uint8_t *key;
	size_t key_len;
	const uint8_t *iv;
	size_t iv_len;
};

/* out and in may be the same. */
void ref_cipher(uint32_t algo, bool encrypt, const struct ref_key *k, uint8_t *out,
		const uint8_t *in, size_t len);
/* Return the full length of the digest; out has room for 64 bytes. */
size_t ref_hash(uint32_t algo, uint8_t *out, const uint8_t *in, size_t len);
size_t ref_mac(uint32_t algo, const uint8_t *key, size_t key_len, uint8_t *out,
		const uint8_t *in, size_t len);

struct ref_aead {
	struct ref_key k;
	const uint8_t *aad;
	size_t aad_len;
	uint8_t *tag;		/* out on encryption, in on decryption */
	size_t tag_len;
};

/* False: the tag does not fit.  An iv of 16 bytes with GCM is J0, here always a 12 byte
 * iv and the number 1, since that is the J0 which OpenSSL can be given.
 */
bool ref_aead(uint32_t algo, bool encrypt, const struct ref_aead *a, uint8_t *out,
		const uint8_t *in, size_t len);

#endif

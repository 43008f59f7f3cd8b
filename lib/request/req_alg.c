/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of algorithms: every number of virtio 1.4, 5.9.4, with the sizes that
 * the algorithm's own specification allows.  What one device can do is narrower
 * and is asked of its configuration space, not here.
 *
 * Names are rte_cryptodev's where it has one; a keyed hash is "hmac-" and the
 * hash's name.  A constant table and look-ups in it; no state.
 *
 * Sizes that need a reason:
 * - aes-xts: two AES keys of one size; IEEE 1619 defines AES-128 and AES-256 alone,
 *   so 48 bytes (AES-192 twice) is not legal.  Any input of a block or more is:
 *   ciphertext stealing covers the rest.
 * - 3des-*: three DES keys.  Devices take 24 bytes and nothing else; a two-key
 *   triple (16 bytes K1 K2) is sent as K1 K2 K1 by a driver that accepts it.
 * - aes-f8: RFC 3711, the key and then a mask of the same length.
 * - shake-*: any length is defined; more than twice the security strength gains
 *   nothing (FIPS 202, A.1), and that bound keeps each digest within 64 bytes.
 * - GCM, GMAC: SP 800-38D's 4, 8, 12 and 16 byte tags.  A 16 byte GCM iv is J0
 *   (5.9.9.7).
 * - aes-cbc-mac: plain CBC-MAC, defined on whole blocks.
 * - snow3g-uia2, zuc-eia3, GMAC: have an iv, which a MAC request cannot carry; a row
 *   with an iv is unusable for the MAC service.
 */
#include <string.h>

#include "../wire/attributes.h"
#include "req_alg.h"

#define LEN(n)		{ (n), (n), 0 }
#define NONE		{ 0, 0, 0 }
#define TO(n)		{ 1, (n), 1 }
#define AES_KEY		{ 16, 32, 8 }
#define ANY_KEY		{ 1, UINT16_MAX, 1 }	/* HMAC; DER of an asymmetric key */
#define ANY_AAD		{ 0, UINT16_MAX, 1 }
#define F8_KEY		{ 32, 64, 16 }
#define XTS_KEY		{ 32, 64, 32 }
#define GCM_IV		{ 12, 16, 4 }
#define GCM_TAG		{ 4, 16, 4 }
#define CCM_NONCE	{ 7, 13, 1 }
#define CCM_TAG		{ 4, 16, 2 }

/* The arguments are initializers, some of them in braces: they cannot be parenthesized.
 * NOLINTBEGIN(bugprone-macro-parentheses)
 */
#define CIPHER(num, nm, blk, least, k, v) \
	{ .service = VIRTIO_CRYPTO_SERVICE_CIPHER, .number = VIRTIO_CRYPTO_CIPHER_##num, \
	  .name = nm, .block = blk, .min_len = least, .key = k, .iv = v }
#define HASH(num, nm, d) \
	{ .service = VIRTIO_CRYPTO_SERVICE_HASH, .number = VIRTIO_CRYPTO_HASH_##num, \
	  .name = nm, .block = 1, .digest = d }
#define MAC(num, nm, blk, least, k, v, d) \
	{ .service = VIRTIO_CRYPTO_SERVICE_MAC, .number = VIRTIO_CRYPTO_MAC_##num, \
	  .name = nm, .block = blk, .min_len = least, .key = k, .iv = v, .digest = d }
#define AEAD(num, nm, k, v, d) \
	{ .service = VIRTIO_CRYPTO_SERVICE_AEAD, .number = VIRTIO_CRYPTO_AEAD_##num, \
	  .name = nm, .block = 1, .key = k, .iv = v, .digest = d, .aad = ANY_AAD }
#define AKCIPHER(num, nm) \
	{ .service = VIRTIO_CRYPTO_SERVICE_AKCIPHER, .number = VIRTIO_CRYPTO_AKCIPHER_##num, \
	  .name = nm, .block = 1, .key = ANY_KEY }

/* NOLINTEND(bugprone-macro-parentheses) */

static const struct req_alg alg_table[] = {
	/* number, name, block, least input, key, iv */
	CIPHER(ARC4,        "arc4",        1,  0,  TO(256),  NONE),
	CIPHER(AES_ECB,     "aes-ecb",     16, 0,  AES_KEY,  NONE),
	CIPHER(AES_CBC,     "aes-cbc",     16, 0,  AES_KEY,  LEN(16)),
	CIPHER(AES_CTR,     "aes-ctr",     1,  0,  AES_KEY,  LEN(16)),
	CIPHER(DES_ECB,     "des-ecb",     8,  0,  LEN(8),   NONE),
	CIPHER(DES_CBC,     "des-cbc",     8,  0,  LEN(8),   LEN(8)),
	CIPHER(3DES_ECB,    "3des-ecb",    8,  0,  LEN(24),  NONE),
	CIPHER(3DES_CBC,    "3des-cbc",    8,  0,  LEN(24),  LEN(8)),
	CIPHER(3DES_CTR,    "3des-ctr",    1,  0,  LEN(24),  LEN(8)),
	CIPHER(KASUMI_F8,   "kasumi-f8",   1,  0,  LEN(16),  LEN(8)),
	CIPHER(SNOW3G_UEA2, "snow3g-uea2", 1,  0,  LEN(16),  LEN(16)),
	CIPHER(AES_F8,      "aes-f8",      1,  0,  F8_KEY,   LEN(16)),
	CIPHER(AES_XTS,     "aes-xts",     1,  16, XTS_KEY,  LEN(16)),
	CIPHER(ZUC_EEA3,    "zuc-eea3",    1,  0,  LEN(16),  LEN(16)),

	/* number, name, digest */
	HASH(MD5,           "md5",       LEN(16)),
	HASH(SHA1,          "sha1",      LEN(20)),
	HASH(SHA_224,       "sha2-224",  LEN(28)),
	HASH(SHA_256,       "sha2-256",  LEN(32)),
	HASH(SHA_384,       "sha2-384",  LEN(48)),
	HASH(SHA_512,       "sha2-512",  LEN(64)),
	HASH(SHA3_224,      "sha3-224",  LEN(28)),
	HASH(SHA3_256,      "sha3-256",  LEN(32)),
	HASH(SHA3_384,      "sha3-384",  LEN(48)),
	HASH(SHA3_512,      "sha3-512",  LEN(64)),
	HASH(SHA3_SHAKE128, "shake-128", TO(32)),
	HASH(SHA3_SHAKE256, "shake-256", TO(64)),

	/* number, name, block, least input, key, iv, digest */
	MAC(HMAC_MD5,        "hmac-md5",          1,  0,  ANY_KEY, NONE,    TO(16)),
	MAC(HMAC_SHA1,       "hmac-sha1",         1,  0,  ANY_KEY, NONE,    TO(20)),
	MAC(HMAC_SHA_224,    "hmac-sha2-224",     1,  0,  ANY_KEY, NONE,    TO(28)),
	MAC(HMAC_SHA_256,    "hmac-sha2-256",     1,  0,  ANY_KEY, NONE,    TO(32)),
	MAC(HMAC_SHA_384,    "hmac-sha2-384",     1,  0,  ANY_KEY, NONE,    TO(48)),
	MAC(HMAC_SHA_512,    "hmac-sha2-512",     1,  0,  ANY_KEY, NONE,    TO(64)),
	MAC(CMAC_3DES,       "3des-cmac",         1,  0,  LEN(24), NONE,    TO(8)),
	MAC(CMAC_AES,        "aes-cmac",          1,  0,  AES_KEY, NONE,    TO(16)),
	MAC(KASUMI_F9,       "kasumi-f9",         1,  9,  LEN(16), NONE,    LEN(4)),
	MAC(SNOW3G_UIA2,     "snow3g-uia2",       1,  1,  LEN(16), LEN(16), LEN(4)),
	MAC(GMAC_AES,        "aes-gmac",          1,  0,  AES_KEY, LEN(12), GCM_TAG),
	MAC(GMAC_TWOFISH,    "twofish-gmac",      1,  0,  AES_KEY, LEN(12), GCM_TAG),
	MAC(CBCMAC_AES,      "aes-cbc-mac",       16, 16, AES_KEY, NONE,    TO(16)),
	MAC(CBCMAC_KASUMI_F9, "kasumi-f9-cbc-mac", 1,  1,  LEN(16), NONE,    LEN(4)),
	MAC(XCBC_AES,        "aes-xcbc-mac",      1,  0,  LEN(16), NONE,    TO(16)),
	MAC(ZUC_EIA3,        "zuc-eia3",          1,  1,  LEN(16), LEN(16), LEN(4)),

	/* number, name, key, iv, tag */
	AEAD(GCM,               "aes-gcm",           AES_KEY, GCM_IV,    GCM_TAG),
	AEAD(CCM,               "aes-ccm",           AES_KEY, CCM_NONCE, CCM_TAG),
	AEAD(CHACHA20_POLY1305, "chacha20-poly1305", LEN(32), LEN(12),   LEN(16)),

	AKCIPHER(RSA,   "rsa"),
	AKCIPHER(ECDSA, "ecdsa"),
};

#define NB_ROWS		WIRE_COUNT(alg_table)

const struct req_alg *
req_alg_find(enum virtio_crypto_service service, uint32_t number)
{
	size_t i;

	for (i = 0; i < NB_ROWS; i++)
		if (alg_table[i].service == service && alg_table[i].number == number)
			return &alg_table[i];
	return NULL;
}

const struct req_alg *
req_alg_by_name(const char *name, size_t name_len)
{
	size_t i;

	for (i = 0; i < NB_ROWS; i++)
		if (strlen(alg_table[i].name) == name_len &&
				memcmp(alg_table[i].name, name, name_len) == 0)
			return &alg_table[i];
	return NULL;
}

const struct req_alg *
req_alg_table(unsigned int *nb)
{
	*nb = NB_ROWS;
	return alg_table;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the table of DPDK's enums and the standard's numbers (5.9.4).  A row exists only
 * where both name the same algorithm and a request can carry it.  UIA2, EIA3 and GMAC
 * need an iv, for which HASH and MAC requests have no field; GMAC is therefore GCM with
 * the data as AAD (NIST SP 800-38D, 3).
 */
#include <rte_common.h>

#include "device/vcrypto_map.h"

#define MAP_CIPHER(rte, vio, in_bits) \
	{ RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_ ## rte, \
	  VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_ ## vio, in_bits }
#define MAP_HASH(rte, vio) \
	{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_ ## rte, \
	  VIRTIO_CRYPTO_SERVICE_HASH, VIRTIO_CRYPTO_HASH_ ## vio, false }
#define MAP_MAC(rte, vio) \
	{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_ ## rte, \
	  VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_ ## vio, false }
#define MAP_AEAD(rte, vio) \
	{ RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_ ## rte, \
	  VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_ ## vio, false }

static const struct vcrypto_map map[] = {
	MAP_CIPHER(AES_CBC, AES_CBC, false),
	MAP_CIPHER(AES_CTR, AES_CTR, false),
	MAP_CIPHER(AES_ECB, AES_ECB, false),
	MAP_CIPHER(AES_XTS, AES_XTS, false),
	MAP_CIPHER(AES_F8, AES_F8, false),
	MAP_CIPHER(3DES_CBC, 3DES_CBC, false),
	MAP_CIPHER(3DES_CTR, 3DES_CTR, false),
	MAP_CIPHER(3DES_ECB, 3DES_ECB, false),
	MAP_CIPHER(DES_CBC, DES_CBC, false),
	MAP_CIPHER(ARC4, ARC4, false),
	MAP_CIPHER(KASUMI_F8, KASUMI_F8, true),
	MAP_CIPHER(SNOW3G_UEA2, SNOW3G_UEA2, true),
	MAP_CIPHER(ZUC_EEA3, ZUC_EEA3, true),
	MAP_HASH(MD5, MD5),
	MAP_HASH(SHA1, SHA1),
	MAP_HASH(SHA224, SHA_224),
	MAP_HASH(SHA256, SHA_256),
	MAP_HASH(SHA384, SHA_384),
	MAP_HASH(SHA512, SHA_512),
	MAP_HASH(SHA3_224, SHA3_224),
	MAP_HASH(SHA3_256, SHA3_256),
	MAP_HASH(SHA3_384, SHA3_384),
	MAP_HASH(SHA3_512, SHA3_512),
#ifdef VCRYPTO_HAVE_SHAKE
	MAP_HASH(SHAKE_128, SHA3_SHAKE128),
	MAP_HASH(SHAKE_256, SHA3_SHAKE256),
#endif
	MAP_MAC(MD5_HMAC, HMAC_MD5),
	MAP_MAC(SHA1_HMAC, HMAC_SHA1),
	MAP_MAC(SHA224_HMAC, HMAC_SHA_224),
	MAP_MAC(SHA256_HMAC, HMAC_SHA_256),
	MAP_MAC(SHA384_HMAC, HMAC_SHA_384),
	MAP_MAC(SHA512_HMAC, HMAC_SHA_512),
	MAP_MAC(AES_CMAC, CMAC_AES),
	MAP_MAC(AES_CBC_MAC, CBCMAC_AES),
	MAP_MAC(AES_XCBC_MAC, XCBC_AES),
	{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_KASUMI_F9,
	  VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_KASUMI_F9, true },
	MAP_AEAD(AES_GCM, GCM),
	MAP_AEAD(AES_CCM, CCM),
	MAP_AEAD(CHACHA20_POLY1305, CHACHA20_POLY1305),
	{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_AES_GMAC,
	  VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_GCM, false },
};

const struct vcrypto_map *
vcrypto_map_find(enum rte_crypto_sym_xform_type type, int rte_algo)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(map); i++)
		if (map[i].type == type && map[i].rte_algo == rte_algo)
			return &map[i];
	return NULL;
}

const struct vcrypto_map *
vcrypto_map_table(unsigned int *nb)
{
	*nb = RTE_DIM(map);
	return map;
}

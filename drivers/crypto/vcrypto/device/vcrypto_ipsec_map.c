/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the table of DPDK's enums and the numbers of the IPSEC service.  Must not access a
 * device.
 */
#include <rte_common.h>

#include "device/vcrypto_ipsec_map.h"

#define MAP_CIPHER(rte, vio) \
	{ RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_ ## rte, \
	  VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_ ## vio, false }
#define MAP_MAC(rte, vio) \
	{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_ ## rte, \
	  VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_ ## vio, false }
#define MAP_AEAD(rte, vio) \
	{ RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_ ## rte, \
	  VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_ ## vio, false }

static const struct vcrypto_map ipsec_map[VCRYPTO_IPSEC_MAP_ROWS] = {
	MAP_AEAD(AES_GCM, GCM),
	MAP_AEAD(AES_CCM, CCM),
	MAP_AEAD(CHACHA20_POLY1305, CHACHA20_POLY1305),
	MAP_CIPHER(NULL, NO_CIPHER),
	MAP_CIPHER(AES_CBC, CIPHER_AES_CBC),
	MAP_CIPHER(AES_CTR, CIPHER_AES_CTR),
	MAP_CIPHER(3DES_CBC, CIPHER_3DES_CBC),
	MAP_CIPHER(DES_CBC, CIPHER_DES_CBC),
	MAP_MAC(MD5_HMAC, HMAC_MD5),
	MAP_MAC(SHA1_HMAC, HMAC_SHA1),
	MAP_MAC(SHA224_HMAC, HMAC_SHA_224),
	MAP_MAC(SHA256_HMAC, HMAC_SHA_256),
	MAP_MAC(SHA384_HMAC, HMAC_SHA_384),
	MAP_MAC(SHA512_HMAC, HMAC_SHA_512),
	MAP_MAC(AES_CMAC, CMAC_AES),
	MAP_MAC(AES_XCBC_MAC, XCBC_AES),
	MAP_MAC(AES_GMAC, GMAC_AES),
};

const struct vcrypto_map *
vcrypto_ipsec_map_find(enum rte_crypto_sym_xform_type type, int rte_algo)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(ipsec_map); i++)
		if (ipsec_map[i].type == type && ipsec_map[i].rte_algo == rte_algo)
			return &ipsec_map[i];
	return NULL;
}

const struct vcrypto_map *
vcrypto_ipsec_map_table(void)
{
	return ipsec_map;
}

bool
vcrypto_ipsec_map_has(const struct req_ipsec_mode_cap *c, const struct vcrypto_map *m)
{
	switch (m->service) {
	case VIRTIO_CRYPTO_SERVICE_CIPHER:
		return (c->ciphers >> m->number & 1) != 0;
	case VIRTIO_CRYPTO_SERVICE_MAC:
		return (c->macs >> m->number & 1) != 0;
	default:
		return (c->aeads >> m->number & 1) != 0;
	}
}

static uint64_t
ipsec_map_mask(enum virtio_crypto_service service)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(ipsec_map); i++)
		if (ipsec_map[i].service == service)
			mask |= UINT64_C(1) << ipsec_map[i].number;
	return mask;
}

static bool
ipsec_map_usable(const struct req_ipsec_mode_cap *c, unsigned int mode)
{
	if (req_ipsec_is_ah(mode))
		return c->macs != 0;
	return c->aeads != 0 || (c->macs != 0 && c->ciphers != 0);
}

void
vcrypto_ipsec_map_cut(struct req_ipsec_caps *caps)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++) {
		struct req_ipsec_mode_cap *c = &caps->mode[i];

		c->ciphers &= ipsec_map_mask(VIRTIO_CRYPTO_SERVICE_CIPHER);
		c->macs &= ipsec_map_mask(VIRTIO_CRYPTO_SERVICE_MAC);
		c->aeads &= (uint32_t)ipsec_map_mask(VIRTIO_CRYPTO_SERVICE_AEAD);
		c->offered = c->offered && ipsec_map_usable(c, i + 1);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns what DPDK's enums mean to the IPSEC service where that is not what they mean to the
 * others; the rest is vcrypto_map.c's.  Must not access a device.
 */
#include <rte_common.h>

#include "device/vcrypto_ipsec_map.h"

/* They go before the rows of vcrypto_map.c, for which GMAC is GCM. */
static const struct vcrypto_map ipsec_map[] = {
	{ RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_NULL,
	  VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_NO_CIPHER, false },
	{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_AES_GMAC,
	  VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_GMAC_AES, false },
};

const struct vcrypto_map *
vcrypto_ipsec_map_find(enum rte_crypto_sym_xform_type type, int rte_algo)
{
	const struct vcrypto_map *m;
	unsigned int i;

	for (i = 0; i < RTE_DIM(ipsec_map); i++)
		if (ipsec_map[i].type == type && ipsec_map[i].rte_algo == rte_algo)
			return &ipsec_map[i];
	m = vcrypto_map_find(type, rte_algo);
	return m != NULL && req_ipsec_alg_find(m->service, m->number) != NULL ? m : NULL;
}

unsigned int
vcrypto_ipsec_map_rows(const struct vcrypto_map *rows[VCRYPTO_IPSEC_MAP_ROWS])
{
	const struct vcrypto_map *map;
	unsigned int i, n = 0, nb;

	for (i = 0; i < RTE_DIM(ipsec_map); i++)
		rows[n++] = &ipsec_map[i];
	map = vcrypto_map_table(&nb);
	for (i = 0; i < nb && n < VCRYPTO_IPSEC_MAP_ROWS; i++)
		if (vcrypto_ipsec_map_find(map[i].type, map[i].rte_algo) == &map[i])
			rows[n++] = &map[i];
	return n;
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

		c->offered = c->offered && ipsec_map_usable(c, i + 1);
	}
}

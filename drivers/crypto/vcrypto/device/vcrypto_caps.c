/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the translation of the device's limits into rte_cryptodev's capabilities: each
 * entry stands for one algorithm bit of the device's configuration, bounded by the
 * device's limits and by the sizes that the algorithm allows (req_alg).  Must not access
 * the device.
 */
#include <string.h>

#include <rte_malloc.h>

#include "device/vcrypto_caps.h"
#include "device/vcrypto_device.h"
#include "device/vcrypto_map.h"

#define CAPS_NB_NULL	2
#define CAPS_NB_ASYM	2

/* Of RSA, what needs the private key: libcrypto completes it. */
#ifdef VCRYPTO_WITHOUT_LIBCRYPTO
#define CAPS_RSA_PRIVATE	0
#else
#define CAPS_RSA_PRIVATE	(1u << RTE_CRYPTO_ASYM_OP_SIGN | 1u << RTE_CRYPTO_ASYM_OP_DECRYPT)
#endif

bool
vcrypto_caps_range(struct rte_crypto_param_range *out, const struct req_range *in, uint32_t limit)
{
	uint32_t max = in->max < limit ? in->max : limit;

	if (in->min > max)
		return false;
	if (in->inc != 0)
		max = in->min + (max - in->min) / in->inc * in->inc;
	out->min = in->min;
	out->max = (uint16_t)max;
	out->increment = in->min == max ? 0 : in->inc;
	return true;
}

static bool
caps_cipher(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_alg *alg, const struct vcrypto_limits *lim)
{
	/* 12 bytes are read as session_take_ctr_iv() says.  8 are accepted, but not promised:
	 * the op has 16 all the same.
	 */
	static const struct req_range ctr_iv = { 12, 16, 4 };
	const struct req_range *iv = &alg->iv;

	cap->cipher.algo = m->rte_algo;
	cap->cipher.block_size = alg->block;
	if (m->number == VIRTIO_CRYPTO_CIPHER_AES_XTS)
		cap->cipher.dataunit_set = RTE_CRYPTO_CIPHER_DATA_UNIT_LEN_512_BYTES |
			RTE_CRYPTO_CIPHER_DATA_UNIT_LEN_4096_BYTES;
	if (m->number == VIRTIO_CRYPTO_CIPHER_AES_CTR)
		iv = &ctr_iv;
	if (!vcrypto_caps_range(&cap->cipher.iv_size, iv, UINT32_MAX) ||
			!vcrypto_caps_range(&cap->cipher.key_size, &alg->key,
				lim->max_cipher_key_len))
		return false;
	/* The driver expands shorter keys of 3DES. */
	if (m->number == VIRTIO_CRYPTO_CIPHER_3DES_CBC ||
			m->number == VIRTIO_CRYPTO_CIPHER_3DES_CTR ||
			m->number == VIRTIO_CRYPTO_CIPHER_3DES_ECB)
		cap->cipher.key_size = (struct rte_crypto_param_range){ 8, 24, 8 };
	return true;
}

static bool
caps_auth(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_alg *alg, const struct vcrypto_limits *lim)
{
	static const struct req_range gmac_iv = { 12, 12, 0 }, gmac_tag = { 4, 16, 4 };

	cap->auth.algo = m->rte_algo;
	cap->auth.block_size = alg->block;
	if (m->service == VIRTIO_CRYPTO_SERVICE_AEAD) {
		cap->auth.block_size = 16;
		return vcrypto_caps_range(&cap->auth.iv_size, &gmac_iv, UINT32_MAX) &&
			vcrypto_caps_range(&cap->auth.digest_size, &gmac_tag, UINT32_MAX) &&
			vcrypto_caps_range(&cap->auth.key_size, &alg->key, lim->max_cipher_key_len);
	}
	return vcrypto_caps_range(&cap->auth.digest_size, &alg->digest, UINT32_MAX) &&
		vcrypto_caps_range(&cap->auth.key_size, &alg->key, lim->max_auth_key_len);
}

static bool
caps_aead(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_alg *alg, const struct vcrypto_limits *lim)
{
	/* GCM: a request carries an iv of 12 bytes; 0 stands for a J0 that the application
	 * gives.  An iv of 16 bytes that must be hashed cannot be carried.
	 */
	static const struct req_range gcm_iv = { 0, 12, 12 };
	const struct req_range *iv = m->number == VIRTIO_CRYPTO_AEAD_GCM ? &gcm_iv : &alg->iv;

	cap->aead.algo = m->rte_algo;
	cap->aead.block_size = alg->block;
	return vcrypto_caps_range(&cap->aead.iv_size, iv, UINT32_MAX) &&
		vcrypto_caps_range(&cap->aead.digest_size, &alg->digest, UINT32_MAX) &&
		vcrypto_caps_range(&cap->aead.aad_size, &alg->aad, UINT32_MAX) &&
		vcrypto_caps_range(&cap->aead.key_size, &alg->key, lim->max_cipher_key_len);
}

static bool
caps_sym(struct rte_cryptodev_capabilities *cap, const struct vcrypto_map *m,
		const struct vcrypto_limits *lim)
{
	const struct req_alg *alg = req_alg_find(m->service, m->number);

	if (alg == NULL || !vcrypto_limits_has(lim, m->service, m->number))
		return false;
	cap->op = RTE_CRYPTO_OP_TYPE_SYMMETRIC;
	cap->sym.xform_type = m->type;
	if (m->type == RTE_CRYPTO_SYM_XFORM_CIPHER)
		return caps_cipher(&cap->sym, m, alg, lim);
	if (m->type == RTE_CRYPTO_SYM_XFORM_AEAD)
		return caps_aead(&cap->sym, m, alg, lim);
	return caps_auth(&cap->sym, m, alg, lim);
}

/* Writes the entries of the NULL algorithms, which the driver serves by itself, from cap on;
 * returns the entry after the last.
 */
static struct rte_cryptodev_capabilities *
caps_null(struct rte_cryptodev_capabilities *cap)
{
	memset(cap, 0, CAPS_NB_NULL * sizeof(*cap));
	cap[0].op = cap[1].op = RTE_CRYPTO_OP_TYPE_SYMMETRIC;
	cap[0].sym.xform_type = RTE_CRYPTO_SYM_XFORM_CIPHER;
	cap[0].sym.cipher.algo = RTE_CRYPTO_CIPHER_NULL;
	cap[0].sym.cipher.block_size = 1;
	cap[1].sym.xform_type = RTE_CRYPTO_SYM_XFORM_AUTH;
	cap[1].sym.auth.algo = RTE_CRYPTO_AUTH_NULL;
	cap[1].sym.auth.block_size = 1;
	return cap + CAPS_NB_NULL;
}

static uint64_t
caps_flags(const struct vcrypto_dev *dev)
{
	const struct vcrypto_limits *lim = &dev->lim;
	uint64_t ff = RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_HW_ACCELERATED |
		RTE_CRYPTODEV_FF_OOP_LB_IN_LB_OUT | RTE_CRYPTODEV_FF_SYM_RAW_DP;

	/* Without INDIRECT_DESC a request takes ring entries, too few to promise segments; and
	 * a table is no longer than the queue (2.7.5.3.1), where a small one is too short for
	 * max_segments.  Strict framing has rules of its own for them.
	 */
	if ((dev->features & VIRTIO_F_INDIRECT_DESC) != 0 && !dev->traits.strict_framing &&
			rte_align32prevpow2(dev->queue_size) >= vcrypto_table_entries(dev))
		ff |= RTE_CRYPTODEV_FF_IN_PLACE_SGL | RTE_CRYPTODEV_FF_OOP_SGL_IN_SGL_OUT |
			RTE_CRYPTODEV_FF_OOP_SGL_IN_LB_OUT | RTE_CRYPTODEV_FF_OOP_LB_IN_SGL_OUT;
	if (lim->algos[VIRTIO_CRYPTO_SERVICE_CIPHER] != 0 &&
			(lim->algos[VIRTIO_CRYPTO_SERVICE_MAC] |
			lim->algos[VIRTIO_CRYPTO_SERVICE_HASH]) != 0)
		ff |= RTE_CRYPTODEV_FF_SYM_OPERATION_CHAINING;
	if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_AES_XTS))
		ff |= RTE_CRYPTODEV_FF_CIPHER_MULTIPLE_DATA_UNITS;
	/* Not as chains in the ring, which keys make longer. */
	if ((dev->features & VIRTIO_F_INDIRECT_DESC) != 0 && (dev->features &
			VIRTIO_CRYPTO_F_STATELESS_MODES &
			~VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE) != 0)
		ff |= RTE_CRYPTODEV_FF_SYM_SESSIONLESS;
	if (dev->ipsec.offered)
		ff |= RTE_CRYPTODEV_FF_SECURITY;
	if (lim->algos[VIRTIO_CRYPTO_SERVICE_AKCIPHER] != 0) {
		ff |= RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO;
		if ((dev->features & VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE) != 0)
			ff |= RTE_CRYPTODEV_FF_ASYM_SESSIONLESS;
	}
	if (CAPS_RSA_PRIVATE != 0 &&
			vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER,
				VIRTIO_CRYPTO_AKCIPHER_RSA))
		ff |= RTE_CRYPTODEV_FF_RSA_PRIV_OP_KEY_EXP | RTE_CRYPTODEV_FF_RSA_PRIV_OP_KEY_QT;
	return ff;
}

/* Writes the entries of RSA and ECDSA from cap on; returns the entry after the last. */
static struct rte_cryptodev_capabilities *
caps_asym(struct rte_cryptodev_capabilities *cap, const struct vcrypto_limits *lim)
{
	struct rte_cryptodev_asymmetric_xform_capability *x;

	if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_RSA)) {
		memset(cap, 0, sizeof(*cap));
		cap->op = RTE_CRYPTO_OP_TYPE_ASYMMETRIC;
		x = &(cap++)->asym.xform_capa;
		x->xform_type = RTE_CRYPTO_ASYM_XFORM_RSA;
		x->op_types = CAPS_RSA_PRIVATE | 1u << RTE_CRYPTO_ASYM_OP_VERIFY |
			1u << RTE_CRYPTO_ASYM_OP_ENCRYPT;
		x->modlen.min = VCRYPTO_RSA_MIN;
		x->modlen.max = VCRYPTO_RSA_MAX;
		x->modlen.increment = 1;
	}
	if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_ECDSA)) {
		memset(cap, 0, sizeof(*cap));
		cap->op = RTE_CRYPTO_OP_TYPE_ASYMMETRIC;
		x = &(cap++)->asym.xform_capa;
		x->xform_type = RTE_CRYPTO_ASYM_XFORM_ECDSA;
		x->op_types = 1u << RTE_CRYPTO_ASYM_OP_SIGN | 1u << RTE_CRYPTO_ASYM_OP_VERIFY;
	}
	return cap;
}

struct rte_cryptodev_capabilities *
vcrypto_caps_create(void)
{
	unsigned int nb;

	(void)vcrypto_map_table(&nb);
	/* Zeroed memory: the entry after the last is RTE_CRYPTO_OP_TYPE_UNDEFINED, which ends
	 * the array.
	 */
	return rte_zmalloc("vcrypto_caps", (nb + CAPS_NB_NULL + CAPS_NB_ASYM + 1) *
			sizeof(struct rte_cryptodev_capabilities), 0);
}

void
vcrypto_caps_fill(struct vcrypto_dev *dev)
{
	struct rte_cryptodev_capabilities *cap = dev->caps;
	unsigned int i, nb;
	const struct vcrypto_map *map = vcrypto_map_table(&nb);

	for (i = 0; i < nb; i++) {
		memset(cap, 0, sizeof(*cap));
		if (caps_sym(cap, &map[i], &dev->lim))
			cap++;
	}
	if (cap != dev->caps)
		cap = caps_null(cap);
	cap = caps_asym(cap, &dev->lim);
	memset(cap, 0, sizeof(*cap));
	dev->feature_flags = caps_flags(dev);
}

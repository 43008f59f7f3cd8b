/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the step from the device's configuration to rte_cryptodev's capabilities:
 * nothing is static, every entry is the device's mask bit, bounded by the device's
 * limits and by the algorithm's own sizes (req_alg).
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_malloc.h>

#include "session/vcrypto_asym_keys.h"
#include "vcrypto_dev.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_map.h"

/* Bits that the standard defines, per service: others are ignored (5.9.5.2). */
static uint64_t
defined_algos(enum virtio_crypto_service service)
{
	unsigned int i, nb;
	const struct req_alg *alg = req_alg_table(&nb);
	uint64_t mask = 0;

	for (i = 0; i < nb; i++)
		if (alg[i].service == service && alg[i].number < 64)
			mask |= UINT64_C(1) << alg[i].number;
	return mask;
}

static uint64_t
config_algos(const struct virtio_crypto_config *c, enum virtio_crypto_service service)
{
	switch (service) {
	case VIRTIO_CRYPTO_SERVICE_CIPHER:
		return le32_to_cpu(c->cipher_algo_l) |
			(uint64_t)le32_to_cpu(c->cipher_algo_h) << 32;
	case VIRTIO_CRYPTO_SERVICE_HASH:
		return le32_to_cpu(c->hash_algo);
	case VIRTIO_CRYPTO_SERVICE_MAC:
		return le32_to_cpu(c->mac_algo_l) | (uint64_t)le32_to_cpu(c->mac_algo_h) << 32;
	case VIRTIO_CRYPTO_SERVICE_AEAD:
		return le32_to_cpu(c->aead_algo);
	case VIRTIO_CRYPTO_SERVICE_AKCIPHER:
		return le32_to_cpu(c->akcipher_algo);
	default:
		return 0;
	}
}

static void
limits_algos(struct vcrypto_limits *lim, const struct virtio_crypto_config *c,
		const struct vcrypto_args *args)
{
	unsigned int s;

	lim->services = le32_to_cpu(c->crypto_services);
	for (s = 0; s < VIRTIO_CRYPTO_NB_SERVICES; s++) {
		uint64_t offered = 0;

		if (lim->services >> s & 1)
			offered = config_algos(c, s);
		lim->algos[s] = (offered | args->extra_algos[s]) & defined_algos(s);
	}
}

int
vcrypto_limits_read(struct vcrypto_limits *lim, struct vcrypto_dev *dev)
{
	struct virtio_crypto_config c;
	uint32_t v;
	int rc = dev->t->ops->read_config(dev->t, 0, &c, sizeof(c));

	if (rc != 0)
		return rc;
	lim->ready = (le32_to_cpu(c.status) & VIRTIO_CRYPTO_S_HW_READY) != 0;
	lim->max_dataqueues = le32_to_cpu(c.max_dataqueues);
	if (lim->max_dataqueues == 0 || lim->max_dataqueues > VIRTIO_CRYPTO_MAX_DATAQUEUES) {
		VCRYPTO_ERR("%s: the device says max_dataqueues %" PRIu32 ", legal is 1 to %u: "
			"the device is faulty and not used", dev->name, lim->max_dataqueues,
			VIRTIO_CRYPTO_MAX_DATAQUEUES);
		return -ERANGE;
	}
	limits_algos(lim, &c, &dev->args);
	/* 0 means "not said" in the field, not "nothing allowed". */
	v = le32_to_cpu(c.max_cipher_key_len);
	lim->max_cipher_key_len = v != 0 ? v : UINT32_MAX;
	v = le32_to_cpu(c.max_auth_key_len);
	lim->max_auth_key_len = v != 0 ? v : UINT32_MAX;
	lim->max_size = le64_to_cpu(c.max_size);
	if (lim->max_size == 0)
		lim->max_size = UINT64_MAX;
	return 0;
}

/* A range as capabilities have it, cut at the device's limit; false if nothing is left. */
static bool
range_cap(struct rte_crypto_param_range *out, const struct req_range *in, uint32_t limit)
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
cap_cipher(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_alg *alg, const struct vcrypto_limits *lim)
{
	cap->cipher.algo = m->rte_algo;
	cap->cipher.block_size = alg->block;
	if (m->number == VIRTIO_CRYPTO_CIPHER_AES_XTS)
		cap->cipher.dataunit_set = RTE_CRYPTO_CIPHER_DATA_UNIT_LEN_512_BYTES |
			RTE_CRYPTO_CIPHER_DATA_UNIT_LEN_4096_BYTES;
	return range_cap(&cap->cipher.iv_size, &alg->iv, UINT32_MAX) &&
		range_cap(&cap->cipher.key_size, &alg->key, lim->max_cipher_key_len);
}

static bool
cap_auth(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_alg *alg, const struct vcrypto_limits *lim)
{
	static const struct req_range gmac_iv = { 12, 12, 0 }, gmac_tag = { 4, 16, 4 };

	cap->auth.algo = m->rte_algo;
	cap->auth.block_size = alg->block;
	if (m->service == VIRTIO_CRYPTO_SERVICE_AEAD) {
		cap->auth.block_size = 16;
		return range_cap(&cap->auth.iv_size, &gmac_iv, UINT32_MAX) &&
			range_cap(&cap->auth.digest_size, &gmac_tag, UINT32_MAX) &&
			range_cap(&cap->auth.key_size, &alg->key, lim->max_cipher_key_len);
	}
	return range_cap(&cap->auth.digest_size, &alg->digest, UINT32_MAX) &&
		range_cap(&cap->auth.key_size, &alg->key, lim->max_auth_key_len);
}

static bool
cap_aead(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_alg *alg, const struct vcrypto_limits *lim)
{
	/* GCM: 12 bytes, or 0 for "J0 is given"; 16 to be hashed cannot be carried. */
	static const struct req_range gcm_iv = { 0, 12, 12 };
	const struct req_range *iv = m->number == VIRTIO_CRYPTO_AEAD_GCM ? &gcm_iv : &alg->iv;

	cap->aead.algo = m->rte_algo;
	cap->aead.block_size = alg->block;
	return range_cap(&cap->aead.iv_size, iv, UINT32_MAX) &&
		range_cap(&cap->aead.digest_size, &alg->digest, UINT32_MAX) &&
		range_cap(&cap->aead.aad_size, &alg->aad, UINT32_MAX) &&
		range_cap(&cap->aead.key_size, &alg->key, lim->max_cipher_key_len);
}

static bool
cap_fill(struct rte_cryptodev_capabilities *cap, const struct vcrypto_map *m,
		const struct vcrypto_limits *lim)
{
	const struct req_alg *alg = req_alg_find(m->service, m->number);

	if (alg == NULL || !vcrypto_limits_has(lim, m->service, m->number))
		return false;
	cap->op = RTE_CRYPTO_OP_TYPE_SYMMETRIC;
	cap->sym.xform_type = m->type;
	if (m->type == RTE_CRYPTO_SYM_XFORM_CIPHER)
		return cap_cipher(&cap->sym, m, alg, lim);
	if (m->type == RTE_CRYPTO_SYM_XFORM_AEAD)
		return cap_aead(&cap->sym, m, alg, lim);
	return cap_auth(&cap->sym, m, alg, lim);
}

static uint64_t
caps_flags(const struct vcrypto_dev *dev)
{
	const struct vcrypto_limits *lim = &dev->lim;
	uint64_t ff = RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_HW_ACCELERATED |
		RTE_CRYPTODEV_FF_OOP_LB_IN_LB_OUT | RTE_CRYPTODEV_FF_SYM_RAW_DP;

	/* A request in the ring itself is too short for segments to be promised, and
	 * strict framing has rules of its own for them.
	 */
	if ((dev->features & VIRTIO_F_INDIRECT_DESC) != 0 && !dev->t->strict_framing)
		ff |= RTE_CRYPTODEV_FF_IN_PLACE_SGL | RTE_CRYPTODEV_FF_OOP_SGL_IN_SGL_OUT |
			RTE_CRYPTODEV_FF_OOP_SGL_IN_LB_OUT | RTE_CRYPTODEV_FF_OOP_LB_IN_SGL_OUT;
	if (lim->algos[VIRTIO_CRYPTO_SERVICE_CIPHER] != 0 &&
			(lim->algos[VIRTIO_CRYPTO_SERVICE_MAC] |
			lim->algos[VIRTIO_CRYPTO_SERVICE_HASH]) != 0)
		ff |= RTE_CRYPTODEV_FF_SYM_OPERATION_CHAINING;
	if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_AES_XTS))
		ff |= RTE_CRYPTODEV_FF_CIPHER_MULTIPLE_DATA_UNITS;
	/* Keys travel in the table of the request: without INDIRECT_DESC there is none. */
	if ((dev->features & VIRTIO_F_INDIRECT_DESC) != 0 && (dev->features &
			VCRYPTO_F_STATELESS & ~VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE) != 0)
		ff |= RTE_CRYPTODEV_FF_SYM_SESSIONLESS;
	if (lim->algos[VIRTIO_CRYPTO_SERVICE_AKCIPHER] != 0) {
		ff |= RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO;
		if ((dev->features & VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE) != 0)
			ff |= RTE_CRYPTODEV_FF_ASYM_SESSIONLESS;
	}
	if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_RSA))
		ff |= RTE_CRYPTODEV_FF_RSA_PRIV_OP_KEY_EXP | RTE_CRYPTODEV_FF_RSA_PRIV_OP_KEY_QT;
	return ff;
}

/* RSA and ECDSA; returns the entry after the last. */
static struct rte_cryptodev_capabilities *
fill_asym(struct rte_cryptodev_capabilities *cap, const struct vcrypto_limits *lim)
{
	static const uint32_t sign = 1u << RTE_CRYPTO_ASYM_OP_SIGN |
		1u << RTE_CRYPTO_ASYM_OP_VERIFY;
	struct rte_cryptodev_asymmetric_xform_capability *x;

	if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_RSA)) {
		memset(cap, 0, sizeof(*cap));
		cap->op = RTE_CRYPTO_OP_TYPE_ASYMMETRIC;
		x = &(cap++)->asym.xform_capa;
		x->xform_type = RTE_CRYPTO_ASYM_XFORM_RSA;
		x->op_types = sign | 1u << RTE_CRYPTO_ASYM_OP_ENCRYPT |
			1u << RTE_CRYPTO_ASYM_OP_DECRYPT;
		x->modlen.min = VCRYPTO_RSA_MIN;
		x->modlen.max = VCRYPTO_RSA_MAX;
		x->modlen.increment = 1;
	}
	if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER, VIRTIO_CRYPTO_AKCIPHER_ECDSA)) {
		memset(cap, 0, sizeof(*cap));
		cap->op = RTE_CRYPTO_OP_TYPE_ASYMMETRIC;
		x = &(cap++)->asym.xform_capa;
		x->xform_type = RTE_CRYPTO_ASYM_XFORM_ECDSA;
		x->op_types = sign;
	}
	return cap;
}

#define NB_ASYM_CAPS	2

struct rte_cryptodev_capabilities *
vcrypto_caps_create(void)
{
	unsigned int nb;

	(void)vcrypto_map_table(&nb);
	/* Zeroed: the entry after the last is RTE_CRYPTO_OP_TYPE_UNDEFINED, the end. */
	return rte_zmalloc("vcrypto_caps", (nb + NB_ASYM_CAPS + 1) *
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
		if (cap_fill(cap, &map[i], &dev->lim))
			cap++;
	}
	cap = fill_asym(cap, &dev->lim);
	memset(cap, 0, sizeof(*cap));
	dev->feature_flags = caps_flags(dev);
}

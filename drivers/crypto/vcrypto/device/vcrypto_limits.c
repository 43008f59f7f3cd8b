/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the parsing of the device's configuration: host byte order, defaults for fields
 * that are 0, and no algorithm that the standard does not define.  Must not access the
 * device: the caller has read the configuration.
 */
#include <errno.h>
#include <inttypes.h>

#include "device/vcrypto_limits.h"
#include "device/vcrypto_log.h"

/* The algorithm bits that the standard defines for a service: others are ignored (5.9.5.2). */
static uint64_t
limits_defined_algos(enum virtio_crypto_service service)
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
limits_config_algos(const struct virtio_crypto_config *c, enum virtio_crypto_service service)
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
			offered = limits_config_algos(c, s);
		lim->algos[s] = (offered | args->extra_algos[s]) & limits_defined_algos(s);
	}
}

int
vcrypto_limits_parse(struct vcrypto_limits *lim, const char *name,
		const struct virtio_crypto_config *c, const struct vcrypto_args *args)
{
	uint32_t v;

	lim->ready = (le32_to_cpu(c->status) & VIRTIO_CRYPTO_S_HW_READY) != 0;
	lim->max_dataqueues = le32_to_cpu(c->max_dataqueues);
	if (lim->max_dataqueues == 0 || lim->max_dataqueues > VIRTIO_CRYPTO_MAX_DATAQUEUES) {
		VCRYPTO_ERR("%s: the device has max_dataqueues %" PRIu32 ", legal is 1 to %u: "
			"the device is faulty and not used", name, lim->max_dataqueues,
			VIRTIO_CRYPTO_MAX_DATAQUEUES);
		return -ERANGE;
	}
	limits_algos(lim, c, args);
	/* Devices in use leave a limit at 0 for "unknown", not for "nothing allowed". */
	v = le32_to_cpu(c->max_cipher_key_len);
	lim->max_cipher_key_len = v != 0 ? v : UINT32_MAX;
	v = le32_to_cpu(c->max_auth_key_len);
	lim->max_auth_key_len = v != 0 ? v : UINT32_MAX;
	lim->max_size = le64_to_cpu(c->max_size);
	if (lim->max_size == 0)
		lim->max_size = UINT64_MAX;
	return 0;
}

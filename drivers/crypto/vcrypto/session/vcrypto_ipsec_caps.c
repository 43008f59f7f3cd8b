/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the translation of the device's capabilities of IPSEC into rte_security's: two rows for
 * each mode, which share one list of algorithms.
 *
 * May call vcrypto_ipsec_map.c, vcrypto_caps.c and lib/request.  Must not access the device.
 */
#include "device/vcrypto_caps.h"
#include "device/vcrypto_ipsec_map.h"
#include "session/vcrypto_ipsec_caps.h"

#define CAPS_ONE(n)	((struct rte_crypto_param_range){ n, n, 0 })

/* ---- algorithms ---- */

/* Key lengths that the algorithm, the device and the standard's field allow. */
static bool
sec_caps_key(struct rte_crypto_param_range *out, const struct req_range *in, uint32_t device)
{
	return vcrypto_caps_range(out, in, device == 0 ? VIRTIO_CRYPTO_IPSEC_KEY_MAX :
			RTE_MIN(device, (uint32_t)VIRTIO_CRYPTO_IPSEC_KEY_MAX));
}

/* The device makes the IV; the op's has the length that applications give in the transform. */
static struct rte_crypto_param_range
sec_caps_iv(const struct vcrypto_map *m, const struct req_alg *alg)
{
	static const struct rte_crypto_param_range ctr = { 8, 16, 4 }, ccm = { 11, 13, 1 };

	if (m->service == VIRTIO_CRYPTO_SERVICE_AEAD)
		return m->number == VIRTIO_CRYPTO_AEAD_CCM ? ccm : CAPS_ONE(12);
	if (m->number == VIRTIO_CRYPTO_CIPHER_AES_CTR)
		return ctr;
	return CAPS_ONE(alg->iv.max);
}

static bool
sec_caps_cipher(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_ipsec_mode_cap *c)
{
	const struct req_alg *alg = req_alg_find(m->service, m->number);

	cap->cipher.algo = m->rte_algo;
	cap->cipher.block_size = 1;
	if (m->number == VIRTIO_CRYPTO_NO_CIPHER)
		return true;
	cap->cipher.block_size = alg->block;
	cap->cipher.iv_size = sec_caps_iv(m, alg);
	return sec_caps_key(&cap->cipher.key_size, &alg->key, c->max_key_len);
}

static bool
sec_caps_auth(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_ipsec_mode_cap *c)
{
	const struct req_alg *alg = req_alg_find(m->service, m->number);

	cap->auth.algo = m->rte_algo;
	cap->auth.block_size = alg->block;
	cap->auth.digest_size = CAPS_ONE(req_ipsec_alg_find(m->service, m->number)->icv_len);
	cap->auth.iv_size = CAPS_ONE(alg->iv.max);
	return sec_caps_key(&cap->auth.key_size, &alg->key, c->max_auth_key_len);
}

static bool
sec_caps_aead(struct rte_cryptodev_symmetric_capability *cap, const struct vcrypto_map *m,
		const struct req_ipsec_mode_cap *c)
{
	/* SPI and a sequence number of 32 or 64 bits. */
	static const struct rte_crypto_param_range aad = { 8, 12, 4 };
	const struct req_alg *alg = req_alg_find(m->service, m->number);

	cap->aead.algo = m->rte_algo;
	cap->aead.block_size = alg->block;
	cap->aead.digest_size = CAPS_ONE(req_ipsec_alg_find(m->service, m->number)->icv_len);
	cap->aead.iv_size = sec_caps_iv(m, alg);
	cap->aead.aad_size = aad;
	return sec_caps_key(&cap->aead.key_size, &alg->key, c->max_key_len);
}

static bool
sec_caps_alg(struct rte_cryptodev_capabilities *cap, const struct vcrypto_map *m,
		const struct req_ipsec_mode_cap *c)
{
	cap->op = RTE_CRYPTO_OP_TYPE_SYMMETRIC;
	cap->sym.xform_type = m->type;
	switch (m->service) {
	case VIRTIO_CRYPTO_SERVICE_CIPHER:
		return sec_caps_cipher(&cap->sym, m, c);
	case VIRTIO_CRYPTO_SERVICE_MAC:
		return sec_caps_auth(&cap->sym, m, c);
	default:
		return sec_caps_aead(&cap->sym, m, c);
	}
}

/* AH encrypts nothing: a NULL cipher with it is the driver's to leave out. */
static bool
sec_caps_offers(const struct req_ipsec_mode_cap *c, unsigned int mode,
		const struct vcrypto_map *m)
{
	if (!req_ipsec_is_ah(mode) || m->service == VIRTIO_CRYPTO_SERVICE_MAC)
		return vcrypto_ipsec_map_has(c, m);
	return m->service == VIRTIO_CRYPTO_SERVICE_CIPHER && m->number == VIRTIO_CRYPTO_NO_CIPHER;
}

static void
sec_caps_algs(struct rte_cryptodev_capabilities *cap, const struct req_ipsec_mode_cap *c,
		unsigned int mode)
{
	const struct vcrypto_map *row[VCRYPTO_IPSEC_MAP_ROWS];
	unsigned int i, nb = vcrypto_ipsec_map_rows(row);

	for (i = 0; i < nb; i++) {
		memset(cap, 0, sizeof(*cap));
		if (sec_caps_offers(c, mode, row[i]) && sec_caps_alg(cap, row[i], c))
			cap++;
	}
	memset(cap, 0, sizeof(*cap));
}

/* ---- rows ---- */

static struct rte_security_ipsec_sa_options
sec_caps_options(uint32_t bits)
{
	return (struct rte_security_ipsec_sa_options){
		.esn = (bits & VIRTIO_CRYPTO_IPSEC_ESN) != 0,
		.udp_encap = (bits & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP) != 0,
		.copy_dscp = (bits & VIRTIO_CRYPTO_IPSEC_COPY_DSCP) != 0,
		.copy_df = (bits & VIRTIO_CRYPTO_IPSEC_COPY_DF) != 0,
		.dec_ttl = (bits & VIRTIO_CRYPTO_IPSEC_DEC_TTL) != 0,
		.ecn = (bits & VIRTIO_CRYPTO_IPSEC_ECN) != 0,
		.stats = 1,		/* the driver counts */
	};
}

static void
sec_caps_row(struct rte_security_capability *row, const struct req_ipsec_mode_cap *c,
		unsigned int mode, const struct rte_cryptodev_capabilities *algs, bool inbound)
{
	row->action = RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL;
	row->protocol = RTE_SECURITY_PROTOCOL_IPSEC;
	row->ipsec.proto = req_ipsec_is_ah(mode) ? RTE_SECURITY_IPSEC_SA_PROTO_AH :
		RTE_SECURITY_IPSEC_SA_PROTO_ESP;
	row->ipsec.mode = req_ipsec_is_tunnel(mode) ? RTE_SECURITY_IPSEC_SA_MODE_TUNNEL :
		RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT;
	row->ipsec.direction = inbound ? RTE_SECURITY_IPSEC_SA_DIR_INGRESS :
		RTE_SECURITY_IPSEC_SA_DIR_EGRESS;
	row->ipsec.options = sec_caps_options(req_ipsec_is_ah(mode) ?
			c->options & ~VIRTIO_CRYPTO_IPSEC_UDP_ENCAP : c->options);
	row->ipsec.replay_win_sz_max = inbound ? c->max_replay_win_sz : 0;
	row->crypto_capabilities = algs;
}

void
vcrypto_ipsec_caps_fill(struct vcrypto_ipsec_caps *out, const struct req_ipsec_caps *caps,
		const struct req_ipsec_limits *limits)
{
	struct rte_security_capability *row = out->row;
	unsigned int i;

	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++) {
		const struct req_ipsec_mode_cap *c = &caps->mode[i];

		if (!c->offered)
			continue;
		sec_caps_algs(out->algs[i], c, i + 1);
		if (limits->outbound != 0)
			sec_caps_row(row++, c, i + 1, out->algs[i], false);
		if (limits->inbound != 0)
			sec_caps_row(row++, c, i + 1, out->algs[i], true);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random sessions: any algorithm that the device has and OpenSSL can compute, with any
 * sizes of its own.  Knows no op.
 */
#include <string.h>

#include "soak.h"
#include "device/vcrypto_map.h"

/* Bytes: of keys of any length, and the shortest MAC that cannot be had by luck. */
#define ANY_KEY_MAX	128
#define MAC_MIN		8

void
rng_fill(uint8_t *to, size_t len, uint64_t seed)
{
	struct rng r = { seed };
	uint64_t v;
	size_t at;

	for (at = 0; at + 8 <= len; at += 8) {
		v = rng_next(&r);
		memcpy(to + at, &v, 8);
	}
	v = rng_next(&r);
	memcpy(to + at, &v, len - at);
}

static const struct rte_cryptodev_symmetric_capability *
capability(const struct soak_session *s, const struct vcrypto_map *m)
{
	struct rte_cryptodev_sym_capability_idx idx = { .type = m->type };

	switch (m->type) {
	case RTE_CRYPTO_SYM_XFORM_CIPHER:
		idx.algo.cipher = m->rte_algo;
		break;
	case RTE_CRYPTO_SYM_XFORM_AUTH:
		idx.algo.auth = m->rte_algo;
		break;
	default:
		idx.algo.aead = m->rte_algo;
		break;
	}
	return rte_cryptodev_sym_capability_get(s->home->id, &idx);
}

/* A random row of a type that the session's home has; NULL: there is none. */
static const struct vcrypto_map *
pick_row(const struct soak_session *s, enum rte_crypto_sym_xform_type type, struct rng *rng)
{
	const struct vcrypto_map *good[64];
	unsigned int nb, i, nb_good = 0;
	const struct vcrypto_map *map = vcrypto_map_table(&nb);

	/* OpenSSL has none of those that count bits. */
	for (i = 0; i < nb && nb_good < RTE_DIM(good); i++)
		if (map[i].type == type && !map[i].bits && capability(s, &map[i]) != NULL)
			good[nb_good++] = &map[i];
	return nb_good == 0 ? NULL : good[rng_below(rng, nb_good)];
}

/* From at least to at most max bytes, where the algorithm allows it. */
static uint16_t
pick_len(const struct req_range *r, uint32_t least, uint32_t max, struct rng *rng)
{
	uint32_t inc = r->inc != 0 ? r->inc : 1, low = r->min, high = RTE_MIN(r->max, max), n;

	while (low < least && low + inc <= high)
		low += inc;
	if (r->inc == 0 || high <= low)
		return (uint16_t)low;
	n = (high - low) / inc + 1;
	/* The longest half of the time. */
	return (uint16_t)(rng_one_in(rng, 2) ? low + (n - 1) * inc :
			low + rng_below(rng, n) * inc);
}

static void
take_cipher(struct soak_session *s, struct rte_crypto_sym_xform *x, const struct vcrypto_map *m,
		struct rng *rng)
{
	/* The device may take shorter keys than the algorithm. */
	uint32_t most = RTE_MIN(capability(s, m)->cipher.key_size.max, ANY_KEY_MAX);

	s->cipher = req_alg_find(m->service, m->number);
	s->key_len = pick_len(&s->cipher->key, 0, most, rng);
	s->iv_len = s->cipher->iv.max;
	rng_fill(s->key, s->key_len, rng_next(rng));
	*x = (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = s->encrypt ? RTE_CRYPTO_CIPHER_OP_ENCRYPT :
				RTE_CRYPTO_CIPHER_OP_DECRYPT,
			.algo = m->rte_algo,
			.key = { s->key, s->key_len },
			.iv = { SOAK_SYM_MARK + offsetof(struct soak_mark, iv), s->iv_len },
		},
	};
}

static void
take_auth(struct soak_session *s, struct rte_crypto_sym_xform *x, const struct vcrypto_map *m,
		struct rng *rng)
{
	s->auth = req_alg_find(m->service, m->number);
	s->gmac = m->service == VIRTIO_CRYPTO_SERVICE_AEAD;
	if (m->service != VIRTIO_CRYPTO_SERVICE_HASH)
		s->auth_key_len = pick_len(&s->auth->key, 0, ANY_KEY_MAX, rng);
	s->digest_len = pick_len(&s->auth->digest, MAC_MIN, 64, rng);
	if (s->gmac)
		s->digest_len = 16;
	rng_fill(s->auth_key, s->auth_key_len, rng_next(rng));
	*x = (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = {
			.op = s->encrypt ? RTE_CRYPTO_AUTH_OP_GENERATE :
				RTE_CRYPTO_AUTH_OP_VERIFY,
			.algo = m->rte_algo,
			.key = { s->auth_key, s->auth_key_len },
			.digest_length = s->digest_len,
		},
	};
	if (s->gmac) {
		s->iv_len = 12;
		x->auth.iv.offset = SOAK_SYM_MARK + offsetof(struct soak_mark, iv);
		x->auth.iv.length = s->iv_len;
	}
}

static void
take_aead(struct soak_session *s, const struct vcrypto_map *m, struct rng *rng)
{
	bool ccm = m->rte_algo == RTE_CRYPTO_AEAD_AES_CCM;

	s->auth = req_alg_find(m->service, m->number);
	s->key_len = pick_len(&s->auth->key, 0, 32, rng);
	s->iv_len = ccm ? pick_len(&s->auth->iv, 0, 13, rng) : 12;
	s->digest_len = pick_len(&s->auth->digest, MAC_MIN, 16, rng);
	s->aad_len = (uint16_t)(rng_one_in(rng, 3) ? 0 : rng_below(rng, SOAK_AAD + 1));
	rng_fill(s->key, s->key_len, rng_next(rng));
	s->x[0] = (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = s->encrypt ? RTE_CRYPTO_AEAD_OP_ENCRYPT :
				RTE_CRYPTO_AEAD_OP_DECRYPT,
			.algo = m->rte_algo,
			.key = { s->key, s->key_len },
			.iv = { SOAK_SYM_MARK + offsetof(struct soak_mark, iv), s->iv_len },
			.digest_length = s->digest_len,
			.aad_length = s->aad_len,
		},
	};
}

/* Cipher then MAC and back, or MAC then cipher. */
static bool
take_chain(struct soak_session *s, struct rng *rng)
{
	const struct vcrypto_map *c = pick_row(s, RTE_CRYPTO_SYM_XFORM_CIPHER, rng);
	const struct vcrypto_map *a = pick_row(s, RTE_CRYPTO_SYM_XFORM_AUTH, rng);
	bool auth_in_front;

	/* A request of a chain has one iv, and no padding for a MAC of whole blocks. */
	if (c == NULL || a == NULL || a->service == VIRTIO_CRYPTO_SERVICE_AEAD ||
			req_alg_find(a->service, a->number)->block > 1)
		return false;
	s->mac_first = s->encrypt && rng_one_in(rng, 4);
	auth_in_front = s->mac_first || !s->encrypt;
	take_cipher(s, &s->x[auth_in_front], c, rng);
	take_auth(s, &s->x[!auth_in_front], a, rng);
	s->x[0].next = &s->x[1];
	return true;
}

bool
session_choose(struct soak_session *s, struct rng *rng)
{
	static const enum rte_crypto_sym_xform_type type[] = {
		[SOAK_CIPHER] = RTE_CRYPTO_SYM_XFORM_CIPHER,
		[SOAK_DIGEST] = RTE_CRYPTO_SYM_XFORM_AUTH,
		[SOAK_AEAD] = RTE_CRYPTO_SYM_XFORM_AEAD,
	};
	const struct vcrypto_map *m;

	s->family = rng_below(rng, SOAK_RSA);
	s->encrypt = rng_one_in(rng, 2);
	if (s->family == SOAK_CHAIN)
		return take_chain(s, rng);
	m = pick_row(s, type[s->family], rng);
	if (m == NULL)
		return false;
	if (s->family == SOAK_CIPHER)
		take_cipher(s, &s->x[0], m, rng);
	else if (s->family == SOAK_DIGEST)
		take_auth(s, &s->x[0], m, rng);
	else
		take_aead(s, m, rng);
	return true;
}

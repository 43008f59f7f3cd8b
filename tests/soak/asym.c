/* SPDX-License-Identifier: BSD-3-Clause
 *
 * RSA and ECDSA: signatures made by the device and looked at by OpenSSL, and the other
 * way round, some of them forged.  One key of each kind for the whole process.
 */
#include <string.h>

#include "asym_dev.h"
#include "soak.h"

#define RSA_BITS	1024
#define DIGEST_LEN	32	/* SHA-256 */
#define FORGE_ONE_IN	4

static struct asym_rsa rsa;
static struct asym_ec ec;
static const struct asym_pad pad = { RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_SHA256 };

int
asym_init(void)
{
	return asym_rsa_generate(&rsa, RSA_BITS) != 0 || asym_ec_generate(&ec, ASYM_P256) != 0 ?
		-1 : 0;
}

void
asym_fini(void)
{
	asym_rsa_free(&rsa);
	asym_ec_free(&ec);
}

bool
asym_choose(struct soak_session *s, struct rng *rng)
{
	const struct asym_dev dev = { .id = s->home->id };
	struct asym_session as;

	s->family = rng_one_in(rng, 2) ? SOAK_RSA : SOAK_ECDSA;
	s->encrypt = rng_one_in(rng, 2);
	/* As if sessionless: the transform alone is wanted here. */
	if (s->family == SOAK_RSA)
		asym_rsa_open(&as, &dev, &rsa, rng_one_in(rng, 2) ? ASYM_EXP : ASYM_QT, &pad, true);
	else
		asym_ec_open(&as, &dev, &ec, true);
	s->ax = as.xform;
	return true;
}

/* A signature of the digest, perhaps not quite. */
static bool
sign(struct soak_mark *mark, struct rng *rng)
{
	const struct kat_bytes in = { mark->in, DIGEST_LEN };

	if (mark->s->family == SOAK_RSA ?
			asym_rsa_sign(mark->out[0], &rsa, ASYM_SHA256, &in) != (int)rsa.len :
			asym_ec_sign(mark->out[0], mark->out[1], &ec, &in) != 0)
		return false;
	mark->forged = rng_one_in(rng, FORGE_ONE_IN);
	if (mark->forged)
		mark->in[rng_below(rng, DIGEST_LEN)] ^= 0x20;
	return true;
}

static void
set_rsa(struct rte_crypto_op *op)
{
	struct rte_crypto_rsa_op_param *p = &op->asym->rsa;
	struct soak_mark *mark = mark_of(op);

	p->op_type = mark->s->encrypt ? RTE_CRYPTO_ASYM_OP_SIGN : RTE_CRYPTO_ASYM_OP_VERIFY;
	p->message = (rte_crypto_param){ .data = mark->in, .length = DIGEST_LEN };
	p->sign = (rte_crypto_param){ .data = mark->out[0],
		.length = mark->s->encrypt ? 0 : rsa.len };
}

static void
set_ec(struct rte_crypto_op *op)
{
	struct rte_crypto_ecdsa_op_param *p = &op->asym->ecdsa;
	struct soak_mark *mark = mark_of(op);
	size_t len = mark->s->encrypt ? 0 : ec.len;

	p->op_type = mark->s->encrypt ? RTE_CRYPTO_ASYM_OP_SIGN : RTE_CRYPTO_ASYM_OP_VERIFY;
	p->message = (rte_crypto_param){ .data = mark->in, .length = DIGEST_LEN };
	p->r = (rte_crypto_param){ .data = mark->out[0], .length = len };
	p->s = (rte_crypto_param){ .data = mark->out[1], .length = len };
}

struct rte_crypto_op *
asym_build(struct soak_worker *w, struct soak_session *s)
{
	/* There are more ops than can be in flight: never empty. */
	const struct asym_dev dev = { .id = w->dev->id, .ops = w->u->asym_ops };
	struct asym_session as = { .xform = s->ax, .sess = s->handle, .pad = pad,
		.ec = s->family == SOAK_ECDSA ? &ec : NULL };
	struct rte_crypto_op *op = asym_op(&dev, &as);
	struct soak_mark *mark = mark_of(op);

	mark->w = w;
	mark->s = s;
	mark->head = 0;
	mark->len = DIGEST_LEN;
	mark->forged = false;
	mark->checked = true;
	rng_fill(mark->in, sizeof(mark->in), rng_next(&w->rng));
	if (!s->encrypt && !sign(mark, &w->rng)) {
		rte_crypto_op_free(op);
		return NULL;
	}
	if (s->family == SOAK_RSA)
		set_rsa(op);
	else
		set_ec(op);
	return op;
}

const char *
asym_wrong(struct rte_crypto_op *op)
{
	struct soak_mark *mark = mark_of(op);
	const struct kat_bytes in = { mark->in, DIGEST_LEN };
	const struct kat_bytes out[2] = { { mark->out[0], ec.len }, { mark->out[1], ec.len } };
	uint8_t want[RSA_BITS / 8];

	if (!mark->s->encrypt)
		return NULL;
	if (mark->s->family == SOAK_ECDSA)
		return op->asym->ecdsa.r.length == ec.len && op->asym->ecdsa.s.length == ec.len &&
			asym_ec_verify(&ec, &in, &out[0], &out[1]) == 1 ? NULL :
			"the signature does not verify";
	return op->asym->rsa.sign.length == rsa.len &&
		asym_rsa_sign(want, &rsa, ASYM_SHA256, &in) == (int)rsa.len &&
		memcmp(want, mark->out[0], rsa.len) == 0 ? NULL : "the signature is wrong";
}

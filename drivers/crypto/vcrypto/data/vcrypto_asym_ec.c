/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the meaning of ECDSA ops: keys in DER, operands and signatures of each, and the
 * orders of the curves.  Writes a description and bounce memory; sends nothing.
 */
#include <errno.h>
#include <string.h>

#include "req_der.h"
#include "data/vcrypto_asym_ec.h"

/* An ECDSA op's message is a digest: none is longer than the longest order. */
#define EC_MESSAGE_MAX	REQ_EC_MAX	/* bytes */

/* Orders of the curves' groups (FIPS 186-4, D.1.2), big endian, req_ec_bytes() each. */
static const uint8_t ec_order[][REQ_EC_MAX] = {
	[VIRTIO_CRYPTO_CURVE_NIST_P192] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x99, 0xde, 0xf8, 0x36, 0x14, 0x6b, 0xc9, 0xb1, 0xb4, 0xd2, 0x28, 0x31 },
	[VIRTIO_CRYPTO_CURVE_NIST_P224] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x16, 0xa2, 0xe0, 0xb8, 0xf0, 0x3e, 0x13, 0xdd, 0x29, 0x45, 0x5c, 0x5c, 0x2a,
		0x3d },
	[VIRTIO_CRYPTO_CURVE_NIST_P256] = {
		0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
		0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 },
	[VIRTIO_CRYPTO_CURVE_NIST_P384] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
		0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73 },
	[VIRTIO_CRYPTO_CURVE_NIST_P521] = {
		0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc,
		0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8, 0x89,
		0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09 },
};

/* Is v between 1 and the order less 1?  Leading zeros are allowed.  The number may be a
 * private key, so the time depends on its length alone.
 */
static bool
ec_in_range(const struct req_num *v, uint32_t curve)
{
	size_t width = req_ec_bytes(curve), i;
	uint8_t high = 0, any = 0;
	unsigned int borrow = 0;

	if (v->data == NULL || v->len == 0)
		return false;
	for (i = 0; i < v->len; i++) {
		if (v->len - i > width)
			high |= v->data[i];
		any |= v->data[i];
	}
	/* v - order, from the last byte on: the subtraction borrows if v is smaller. */
	for (i = 1; i <= width; i++) {
		unsigned int d = i <= v->len ? v->data[v->len - i] : 0;

		borrow = (d - ec_order[curve][width - i] - borrow) >> 8 & 1;
	}
	return high == 0 && any != 0 && borrow != 0;
}

/* The key of an op, which DPDK keeps in the xform or in the op (vcrypto_compat.h). */
static struct vcrypto_ec_key
ec_key_of(const struct rte_crypto_ecdsa_op_param *p, const struct vcrypto_asym_keys *keys)
{
#if VCRYPTO_EC_KEY_IN_XFORM
	(void)p;
	return keys->ec;
#else
	(void)keys;
	return (struct vcrypto_ec_key){
		.d = { p->pkey.data, p->pkey.length },
		.q = { { p->q.x.data, p->q.x.length }, { p->q.y.data, p->q.y.length } },
	};
#endif
}

static enum vcrypto_verdict
ec_put_key(struct vcrypto_asym_request *a, const struct vcrypto_ec_key *k, bool private_key)
{
	int len = -EINVAL;

	vcrypto_asym_use_key(a, private_key);
	if (!private_key)
		len = req_ec_point(a->der, sizeof(a->der), a->keys->curve, &k->q);
	else if (ec_in_range(&k->d, a->keys->curve))
		/* q is left out: it is optional, and may be stale in an op that signs. */
		len = req_der_ec_private(a->der, sizeof(a->der), a->keys->curve, &k->d, NULL);
	if (len < 0)
		return VCRYPTO_BAD_ARGS;
	a->params.key = a->der;
	a->params.key_len = (uint32_t)len;
	return VCRYPTO_BUILT;
}

static enum vcrypto_verdict
ecdsa_sign(struct vcrypto_asym_request *a, struct rte_crypto_ecdsa_op_param *p)
{
	/* The device chooses k itself, so an op that gives one is illegal. */
	if ((p->k.data != NULL && p->k.length != 0) || p->r.data == NULL || p->s.data == NULL)
		return VCRYPTO_BAD_ARGS;
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_SIGN;
	a->dst_len = REQ_ECDSA_SIG_MAX;
	a->post.result_kind = VCRYPTO_ASYM_SIGNATURE;
	a->post.out = &p->r;
	a->post.out2 = &p->s;
	return vcrypto_asym_put_src(a, p->message.data, p->message.length);
}

static enum vcrypto_verdict
ecdsa_verify(struct vcrypto_asym_request *a, struct rte_crypto_ecdsa_op_param *p)
{
	struct req_num r = { p->r.data, p->r.length }, s = { p->s.data, p->s.length };
	uint8_t sig[REQ_ECDSA_SIG_MAX];
	int len;

	if (r.data == NULL || r.len == 0 || s.data == NULL || s.len == 0)
		return VCRYPTO_BAD_ARGS;
	if (!ec_in_range(&r, a->keys->curve) || !ec_in_range(&s, a->keys->curve))
		return VCRYPTO_BAD_SIGNATURE;
	len = req_der_ecdsa_sig(sig, sizeof(sig), a->keys->curve, &r, &s);
	if (len < 0 || vcrypto_asym_put_src(a, sig, (size_t)len) != VCRYPTO_BUILT)
		return VCRYPTO_BAD_ARGS;
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_VERIFY;
	a->post.result_kind = VCRYPTO_ASYM_NOTHING;
	a->sig_len = (uint32_t)len;
	a->msg_len = (uint32_t)p->message.length;
	return vcrypto_asym_put_src(a, p->message.data, p->message.length);
}

enum vcrypto_verdict
vcrypto_asym_ec_describe(struct vcrypto_asym_request *a)
{
	struct rte_crypto_ecdsa_op_param *p = &a->op->asym->ecdsa;
	struct vcrypto_ec_key key = ec_key_of(p, a->keys);
	bool sign = p->op_type == RTE_CRYPTO_ASYM_OP_SIGN;

	a->params.curve = a->post.curve = a->keys->curve;
	if ((!sign && p->op_type != RTE_CRYPTO_ASYM_OP_VERIFY) || p->message.data == NULL ||
			p->message.length == 0 || p->message.length > EC_MESSAGE_MAX ||
			ec_put_key(a, &key, sign) != VCRYPTO_BUILT)
		return VCRYPTO_BAD_ARGS;
	return sign ? ecdsa_sign(a, p) : ecdsa_verify(a, p);
}

/* ---- results ---- */

/* Length of the DER value at der, of a buffer of size bytes; 0 if it does not fit. */
static uint32_t
ecdsa_der_len(const uint8_t *der, uint32_t size)
{
	uint32_t len = der[1] < 0x80 ? 2u + der[1] : der[1] == 0x81 ? 3u + der[2] : 0;

	return len <= size ? len : 0;
}

uint8_t
vcrypto_asym_ec_take_signature(const struct vcrypto_asym_post *p, const uint8_t *result,
		uint32_t len)
{
	uint8_t der[REQ_ECDSA_SIG_MAX];

	/* Read once: what is checked is what is used. */
	memcpy(der, result, p->dst_len);
	if (len == p->dst_len)	/* the device may not have given a length */
		len = ecdsa_der_len(der, p->dst_len);
	if (req_der_ecdsa_sig_parse(p->out->data, p->out2->data, p->curve, der, len) != 0)
		return RTE_CRYPTO_OP_STATUS_ERROR;
	p->out->length = p->out2->length = req_ec_bytes(p->curve);
	return RTE_CRYPTO_OP_STATUS_SUCCESS;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns asymmetric ops on their way: which key, opcode and padding an op means, its
 * operands through bounce memory, and its result back.
 *
 * What an op cannot be for the standard's sake never reaches the device: an illegal
 * argument is INVALID_ARGS, a signature out of range or of another length than the
 * modulus AUTH_FAILED (RFC 8017, 8.2.2; FIPS 186-4, 6.4.2).
 *
 * RAW padding is not for sign and verify (5.9.9.2): raw signatures, and PKCS #1 ones
 * without a hash, which the device has no name for, are padded here and travel as
 * decryption and encryption; raw verification compares here.
 */
#include <errno.h>
#include <string.h>

#include <rte_eal.h>

#include "req_der.h"
#include "data/vcrypto_asym_op.h"
#include "data/vcrypto_build.h"
#include "device/vcrypto_digest.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_rsa_key.h"

/* An ECDSA op's message is a digest: more than the longest order is none. */
#define EC_MESSAGE_MAX	REQ_EC_MAX	/* bytes */

/* Least bytes that PKCS #1 v1.5 padding takes (RFC 8017, 7.2.1 and 9.2). */
#define PKCS1_MIN_PAD	11

/* An op, understood: session parameters, operands in bounce memory, what then. */
struct asym {
	struct rte_crypto_op *op;
	struct vcrypto_asym_keys *keys;
	struct req_session req;
	uint8_t der[VCRYPTO_EC_DER_MAX];	/* ECDSA: the key of this op */
	uint32_t opcode;
	uint8_t *mem;			/* bounce memory: [key] src | dst */
	uint32_t src_at, src_len;	/* bytes; everything that is read, the key apart */
	uint32_t sig_len, msg_len;	/* verify: the parts of src; else 0 */
	uint32_t dst_len;
	uint64_t max_size;		/* of the device, bytes */
	struct vcrypto_asym_post post;
};

/* Functions from here on say what becomes of an op: VCRYPTO_BUILT if it can go on. */
static enum vcrypto_verdict
asym_put_src(struct asym *a, const uint8_t *data, size_t len)
{
	/* No sum is made of a length that was not compared before. */
	if (data == NULL || len == 0 || len > VCRYPTO_BOUNCE_SIZE - a->src_at - a->src_len)
		return VCRYPTO_BAD_ARGS;
	memcpy(a->mem + a->src_at + a->src_len, data, len);
	a->src_len += (uint32_t)len;
	return VCRYPTO_BUILT;
}

/* A number left-padded with zeros to size bytes; it may have more leading zeros. */
static enum vcrypto_verdict
asym_put_padded(uint8_t *to, uint32_t size, const rte_crypto_param *v)
{
	const uint8_t *data = v->data;
	size_t len = v->length;

	if (data == NULL || len == 0)
		return VCRYPTO_BAD_ARGS;
	for (; len > size && *data == 0; len--)
		data++;
	if (len > size)
		return VCRYPTO_BAD_ARGS;
	memset(to, 0, size - len);
	memcpy(to + size - len, data, len);
	return VCRYPTO_BUILT;
}

/* The same for what an RSA primitive works on: it must be below the modulus. */
static enum vcrypto_verdict
rsa_put_operand(struct asym *a, const rte_crypto_param *v)
{
	uint32_t n = a->keys->n_len;
	uint8_t *to = a->mem + a->src_at;

	if (asym_put_padded(to, n, v) != VCRYPTO_BUILT || memcmp(to, a->keys->n, n) >= 0)
		return VCRYPTO_BAD_ARGS;
	a->src_len = n;
	return VCRYPTO_BUILT;
}

/* A signature: a number (raw), or exactly as long as the modulus; below it. */
static enum vcrypto_verdict
rsa_put_signature(struct asym *a, const rte_crypto_param *v, bool raw)
{
	if (v->data == NULL || v->length == 0)
		return VCRYPTO_BAD_ARGS;
	if (!raw && v->length != a->keys->n_len)
		return VCRYPTO_BAD_SIGNATURE;
	return rsa_put_operand(a, v) == VCRYPTO_BUILT ? VCRYPTO_BUILT : VCRYPTO_BAD_SIGNATURE;
}

/* EMSA-PKCS1-v1_5 without DigestInfo: 00 01 ff .. ff 00 message. */
static enum vcrypto_verdict
rsa_put_pkcs1_type1(uint8_t *to, uint32_t size, const rte_crypto_param *v)
{
	if (v->data == NULL || v->length == 0 || v->length > size - PKCS1_MIN_PAD)
		return VCRYPTO_BAD_ARGS;
	memset(to, 0xff, size);
	to[0] = 0;
	to[1] = 1;
	to[size - v->length - 1] = 0;
	memcpy(to + size - v->length, v->data, v->length);
	return VCRYPTO_BUILT;
}

/* ---- RSA ---- */

struct rsa_hash {
	enum rte_crypto_auth_algorithm rte;
	uint8_t vio, len;	/* bytes of digest */
};

static const struct rsa_hash rsa_hashes[] = {
	{ RTE_CRYPTO_AUTH_MD5, VIRTIO_CRYPTO_RSA_MD5, 16 },
	{ RTE_CRYPTO_AUTH_SHA1, VIRTIO_CRYPTO_RSA_SHA1, 20 },
	{ RTE_CRYPTO_AUTH_SHA224, VIRTIO_CRYPTO_RSA_SHA224, 28 },
	{ RTE_CRYPTO_AUTH_SHA256, VIRTIO_CRYPTO_RSA_SHA256, 32 },
	{ RTE_CRYPTO_AUTH_SHA384, VIRTIO_CRYPTO_RSA_SHA384, 48 },
	{ RTE_CRYPTO_AUTH_SHA512, VIRTIO_CRYPTO_RSA_SHA512, 64 },
};

/* NULL: no hash is named (0 and NULL), or one that the standard does not list. */
static const struct rsa_hash *
rsa_find_hash(int rte_hash, bool *named)
{
	unsigned int i;

	*named = rte_hash != 0 && rte_hash != RTE_CRYPTO_AUTH_NULL;
	for (i = 0; i < RTE_DIM(rsa_hashes); i++)
		if ((int)rsa_hashes[i].rte == rte_hash)
			return &rsa_hashes[i];
	return NULL;
}

static void
asym_use_key(struct asym *a, bool private_key)
{
	const struct vcrypto_asym_key *key = private_key ? &a->keys->priv : &a->keys->pub;

	a->req.key_type = private_key ? VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE :
		VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PUBLIC;
	a->req.key = key->der;
	a->req.key_len = key->len;
}

/* A digest, of its hash's length. */
static enum vcrypto_verdict
rsa_put_digest(struct asym *a, const rte_crypto_param *v, const struct rsa_hash *hash)
{
	return v->length != hash->len ? VCRYPTO_BAD_ARGS : asym_put_src(a, v->data, v->length);
}

/* The result is as long as the modulus; but a decrypted message as the device says. */
static enum vcrypto_verdict
rsa_result_to(struct asym *a, rte_crypto_param *out, bool message)
{
	a->dst_len = a->keys->n_len;
	a->post.then = message ? VCRYPTO_ASYM_COPY : VCRYPTO_ASYM_NUMBER;
	a->post.out = out;
	return out->data == NULL ? VCRYPTO_BAD_ARGS : VCRYPTO_BUILT;
}

/* Encrypt and decrypt: raw operands are of the modulus' length (5.9.9.8). */
static enum vcrypto_verdict
rsa_crypt(struct asym *a, struct rte_crypto_rsa_op_param *p, bool decrypt, bool raw)
{
	const rte_crypto_param *in = decrypt ? &p->cipher : &p->message;

	asym_use_key(a, decrypt);
	a->opcode = decrypt ? VIRTIO_CRYPTO_AKCIPHER_DECRYPT : VIRTIO_CRYPTO_AKCIPHER_ENCRYPT;
	if (rsa_result_to(a, decrypt ? &p->message : &p->cipher, decrypt && !raw) != VCRYPTO_BUILT)
		return VCRYPTO_BAD_ARGS;
	/* The hash is not used, and yet some devices want to hear of one. */
	if (!raw)
		a->req.rsa_hash = VIRTIO_CRYPTO_RSA_SHA1;
	if (raw || decrypt)
		return rsa_put_operand(a, in);
	return in->length > a->keys->n_len - PKCS1_MIN_PAD ? VCRYPTO_BAD_ARGS :
		asym_put_src(a, in->data, in->length);
}

static enum vcrypto_verdict
rsa_sign(struct asym *a, struct rte_crypto_rsa_op_param *p, bool raw, const struct rsa_hash *hash)
{
	asym_use_key(a, true);
	if (rsa_result_to(a, &p->sign, false) != VCRYPTO_BUILT)
		return VCRYPTO_BAD_ARGS;
	if (hash != NULL) {
		a->opcode = VIRTIO_CRYPTO_AKCIPHER_SIGN;
		a->req.rsa_hash = hash->vio;
		return rsa_put_digest(a, &p->message, hash);
	}
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_DECRYPT;
	a->req.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING;
	if (raw)
		return rsa_put_operand(a, &p->message);
	a->src_len = a->keys->n_len;
	return rsa_put_pkcs1_type1(a->mem + a->src_at, a->src_len, &p->message);
}

/* Raw: the device returns signature ^ e mod n; what it must be is noted where the
 * device cannot write.
 */
static enum vcrypto_verdict
rsa_verify_raw(struct asym *a, struct rte_crypto_rsa_op_param *p, bool raw)
{
	uint32_t n = a->keys->n_len;
	enum vcrypto_verdict verdict;

	a->opcode = VIRTIO_CRYPTO_AKCIPHER_ENCRYPT;
	a->req.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING;
	a->dst_len = n;
	a->post.then = VCRYPTO_ASYM_COMPARE;
	if (!raw) {
		verdict = rsa_put_pkcs1_type1(a->post.expect, n, &p->message);
		return verdict != VCRYPTO_BUILT ? verdict : rsa_put_signature(a, &p->sign, false);
	}
	/* With no message to compare, the decrypted signature is the answer. */
	a->post.out = p->cipher.data != NULL ? &p->cipher : NULL;
	if (p->message.data == NULL || p->message.length == 0) {
		a->post.then = VCRYPTO_ASYM_NUMBER;
		verdict = a->post.out != NULL ? VCRYPTO_BUILT : VCRYPTO_BAD_ARGS;
	} else {
		verdict = asym_put_padded(a->post.expect, n, &p->message);
	}
	return verdict != VCRYPTO_BUILT ? verdict : rsa_put_signature(a, &p->sign, true);
}

static enum vcrypto_verdict
rsa_verify(struct asym *a, struct rte_crypto_rsa_op_param *p, bool raw,
		const struct rsa_hash *hash)
{
	enum vcrypto_verdict verdict;

	asym_use_key(a, false);
	if (hash == NULL)
		return rsa_verify_raw(a, p, raw);
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_VERIFY;
	a->req.rsa_hash = hash->vio;
	a->post.then = VCRYPTO_ASYM_NOTHING;
	a->sig_len = a->keys->n_len;
	a->msg_len = hash->len;
	verdict = rsa_put_signature(a, &p->sign, false);
	if (verdict == VCRYPTO_BAD_ARGS)
		return verdict;
	/* An illegal digest is that whatever the signature. */
	return rsa_put_digest(a, &p->message, hash) != VCRYPTO_BUILT ? VCRYPTO_BAD_ARGS : verdict;
}

static enum vcrypto_verdict
rsa_describe(struct asym *a)
{
	struct rte_crypto_rsa_op_param *p = &a->op->asym->rsa;
	const struct rte_crypto_rsa_padding *pad = vcrypto_rsa_padding(p, &a->keys->padding);
	bool raw = pad->type == RTE_CRYPTO_RSA_PADDING_NONE, named = false;
	const struct rsa_hash *hash;

	if (!raw && pad->type != RTE_CRYPTO_RSA_PADDING_PKCS1_5)
		return VCRYPTO_BAD_ARGS;
	hash = raw ? NULL : rsa_find_hash((int)pad->hash, &named);
	a->req.rsa_padding = raw ? VIRTIO_CRYPTO_RSA_RAW_PADDING : VIRTIO_CRYPTO_RSA_PKCS1_PADDING;
	if (p->op_type == RTE_CRYPTO_ASYM_OP_ENCRYPT || p->op_type == RTE_CRYPTO_ASYM_OP_DECRYPT)
		return rsa_crypt(a, p, p->op_type == RTE_CRYPTO_ASYM_OP_DECRYPT, raw);
	if (hash == NULL && named)
		return VCRYPTO_BAD_ARGS;
	if (p->op_type == RTE_CRYPTO_ASYM_OP_SIGN)
		return rsa_sign(a, p, raw, hash);
	return p->op_type != RTE_CRYPTO_ASYM_OP_VERIFY ? VCRYPTO_BAD_ARGS :
		rsa_verify(a, p, raw, hash);
}

/* ---- ECDSA ---- */

/* Orders of the curves' groups (FIPS 186-4, D.1.2), req_ec_bytes() each. */
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

/* Between 1 and the order less 1; leading zeros are allowed.  The number may be a
 * private key: the time depends on its length alone.
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
	/* v - order, from the last byte on: it borrows if v is smaller. */
	for (i = 1; i <= width; i++) {
		unsigned int d = i <= v->len ? v->data[v->len - i] : 0;

		borrow = (d - ec_order[curve][width - i] - borrow) >> 8 & 1;
	}
	return high == 0 && any != 0 && borrow != 0;
}

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
ec_key(struct asym *a, const struct vcrypto_ec_key *k, bool private_key)
{
	int len = -EINVAL;

	asym_use_key(a, private_key);
	if (!private_key)
		len = req_ec_point(a->der, sizeof(a->der), a->keys->curve, &k->q);
	else if (ec_in_range(&k->d, a->keys->curve))
		/* An op's q may be a left-over of a verification: it is not needed. */
		len = req_der_ec_private(a->der, sizeof(a->der), a->keys->curve, &k->d, NULL);
	if (len < 0)
		return VCRYPTO_BAD_ARGS;
	a->req.key = a->der;
	a->req.key_len = (uint32_t)len;
	return VCRYPTO_BUILT;
}

static enum vcrypto_verdict
ecdsa_sign(struct asym *a, struct rte_crypto_ecdsa_op_param *p)
{
	/* The device chooses its own k; one that is given would be ignored. */
	if ((p->k.data != NULL && p->k.length != 0) || p->r.data == NULL || p->s.data == NULL)
		return VCRYPTO_BAD_ARGS;
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_SIGN;
	a->dst_len = REQ_ECDSA_SIG_MAX;
	a->post.then = VCRYPTO_ASYM_SIGNATURE;
	a->post.out = &p->r;
	a->post.out2 = &p->s;
	return asym_put_src(a, p->message.data, p->message.length);
}

static enum vcrypto_verdict
ecdsa_verify(struct asym *a, struct rte_crypto_ecdsa_op_param *p)
{
	struct req_num r = { p->r.data, p->r.length }, s = { p->s.data, p->s.length };
	uint8_t sig[REQ_ECDSA_SIG_MAX];
	int len;

	if (r.data == NULL || r.len == 0 || s.data == NULL || s.len == 0)
		return VCRYPTO_BAD_ARGS;
	if (!ec_in_range(&r, a->keys->curve) || !ec_in_range(&s, a->keys->curve))
		return VCRYPTO_BAD_SIGNATURE;
	len = req_der_ecdsa_sig(sig, sizeof(sig), a->keys->curve, &r, &s);
	if (len < 0 || asym_put_src(a, sig, (size_t)len) != VCRYPTO_BUILT)
		return VCRYPTO_BAD_ARGS;
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_VERIFY;
	a->post.then = VCRYPTO_ASYM_NOTHING;
	a->sig_len = (uint32_t)len;
	a->msg_len = (uint32_t)p->message.length;
	return asym_put_src(a, p->message.data, p->message.length);
}

static enum vcrypto_verdict
ecdsa_describe(struct asym *a)
{
	struct rte_crypto_ecdsa_op_param *p = &a->op->asym->ecdsa;
	struct vcrypto_ec_key key = ec_key_of(p, a->keys);
	bool sign = p->op_type == RTE_CRYPTO_ASYM_OP_SIGN;

	a->req.curve = a->post.curve = a->keys->curve;
	if ((!sign && p->op_type != RTE_CRYPTO_ASYM_OP_VERIFY) || p->message.data == NULL ||
			p->message.length == 0 || p->message.length > EC_MESSAGE_MAX ||
			ec_key(a, &key, sign) != VCRYPTO_BUILT)
		return VCRYPTO_BAD_ARGS;
	return sign ? ecdsa_sign(a, p) : ecdsa_verify(a, p);
}

/* ---- sending ---- */

static enum vcrypto_verdict
asym_describe(struct asym *a)
{
	enum vcrypto_verdict verdict;

	a->req.kind = REQ_AKCIPHER;
	a->req.algo = a->keys->algo;
	verdict = a->keys->algo == VIRTIO_CRYPTO_AKCIPHER_RSA ? rsa_describe(a) : ecdsa_describe(a);
	/* No such half of the key: illegal, whatever else the op says. */
	if (a->req.key == NULL || (verdict == VCRYPTO_BUILT &&
			((uint64_t)a->src_len + a->dst_len > a->max_size ||
			a->src_at + a->src_len + a->dst_len > VCRYPTO_BOUNCE_SIZE)))
		return VCRYPTO_BAD_ARGS;
	return verdict;
}

static enum vcrypto_verdict
asym_push(struct vcrypto_qp *qp, enum vq_kind kind, struct asym *a, unsigned int b,
		uint64_t session_id, bool stateless)
{
	unsigned int flags = vcrypto_req_flags(qp->dev, VIRTIO_CRYPTO_SERVICE_AKCIPHER);
	uint16_t slot = vq_next_slot(&qp->vq, kind);
	struct vq_entry *e = vq_table(&qp->vq, slot);
	uint8_t *hdr = vcrypto_slot(qp, slot) + VCRYPTO_SLOT_FIRST;
	uint64_t mem = qp->bounce_addr + (uint64_t)b * VCRYPTO_BOUNCE_SIZE;
	uint32_t key_len = stateless ? a->req.key_len : 0;
	uint16_t nb_write = 1;
	int len = req_data_header(hdr, VCRYPTO_SLOT_TABLE - VCRYPTO_SLOT_FIRST, &a->req,
			session_id, 0, a->opcode, flags, stateless);

	if (len < 0)
		return VCRYPTO_BAD_ARGS;
	*vq_tag(&qp->vq, slot) = 0;
	req_set_akcipher(hdr + ((flags & REQ_F_STATELESS) != 0 ? REQ_SHIFT_AKCIPHER : 0),
			a->sig_len != 0 ? a->sig_len : a->src_len,
			a->sig_len != 0 ? a->msg_len : a->dst_len);
	vcrypto_build_entry(&e[0], vcrypto_slot_addr(qp, slot) + VCRYPTO_SLOT_FIRST, (uint32_t)len);
	vcrypto_build_entry(&e[1], mem + a->src_at - key_len, key_len + a->src_len);
	e += 2;
	if (a->dst_len != 0) {
		a->post.dst_off = a->src_at + a->src_len;
		vcrypto_build_entry(e++, mem + a->post.dst_off, a->dst_len);
		nb_write++;
	}
	vcrypto_build_entry(e, qp->status_addr + slot, 1);
	a->post.dst_len = a->dst_len;
	a->post.op = a->op;
	qp->asym[b] = a->post;
	vq_shape(&qp->vq, kind, slot, 2, nb_write);
	vq_add(&qp->vq, kind, slot, (void *)((uintptr_t)&qp->asym[b] | VCRYPTO_TOKEN_ASYM));
	qp->asym_in_flight++;
	qp->detour |= VCRYPTO_DETOUR_ASYM;
	return VCRYPTO_BUILT;
}

/* What becomes of an op whose key or session could not be had: the op is at fault if the
 * device or the driver said so, else the device is.
 */
static enum vcrypto_verdict
asym_verdict_of(int rc)
{
	switch (rc) {
	case -EINVAL:
	case -ENOTSUP:
	case -EBADMSG:
	case -EKEYREJECTED:
		return VCRYPTO_BAD_ARGS;
	default:
		return VCRYPTO_FAILED;
	}
}

/* With a session: one of the device's, made if need be. */
static enum vcrypto_verdict
asym_send_session(struct vcrypto_qp *qp, enum vq_kind kind, struct asym *a, unsigned int b)
{
	int rc = vcrypto_asym_entry_get(&a->post.entry, qp->dev->cdev, a->keys, &a->req);
	enum vcrypto_verdict verdict;

	if (rc == -EBUSY)
		return VCRYPTO_FULL;
	if (rc != 0) {
		VCRYPTO_DBG("%s: no session for an asymmetric op: %s", qp->dev->name,
			strerror(-rc));
		return asym_verdict_of(rc);
	}
	verdict = asym_push(qp, kind, a, b, a->post.entry->id, false);
	if (verdict != VCRYPTO_BUILT)
		vcrypto_asym_entry_put(a->post.entry);
	return verdict;
}

static enum vcrypto_verdict
asym_build(struct vcrypto_qp *qp, enum vq_kind kind, struct asym *a, unsigned int b, bool stateless)
{
	enum vcrypto_verdict verdict;

	a->mem = qp->bounce + (size_t)b * VCRYPTO_BOUNCE_SIZE;
	a->post.expect = qp->asym_expect + (size_t)b * VCRYPTO_RSA_MAX;
	a->max_size = qp->dev->lim.max_size;
	/* A stateless request's key goes right before; the most that it takes is left free. */
	a->src_at = stateless ? VCRYPTO_RSA_DER_MAX : 0;
	verdict = asym_describe(a);
	if (verdict != VCRYPTO_BUILT)
		return verdict;
	if (!stateless)
		return asym_send_session(qp, kind, a, b);
	if ((uint64_t)a->req.key_len + a->src_len + a->dst_len > a->max_size)
		return VCRYPTO_BAD_ARGS;
	memcpy(a->mem + a->src_at - a->req.key_len, a->req.key, a->req.key_len);
	return asym_push(qp, kind, a, b, 0, true);
}

static unsigned int
asym_find_bounce(const struct vcrypto_qp *qp)
{
	unsigned int b;

	for (b = 0; b < qp->nb_bounce && qp->asym[b].op != NULL; b++)
		;
	return b;
}

/* Which half of its key a sessionless op needs. */
static unsigned int
asym_half_of(const struct rte_crypto_op *op)
{
	const struct rte_crypto_asym_op *asym = op->asym;

	return asym->xform->xform_type == RTE_CRYPTO_ASYM_XFORM_RSA &&
		(asym->rsa.op_type == RTE_CRYPTO_ASYM_OP_DECRYPT ||
		asym->rsa.op_type == RTE_CRYPTO_ASYM_OP_SIGN) ? VCRYPTO_ASYM_PRIVATE :
		VCRYPTO_ASYM_PUBLIC;
}

/* Keys of the op's session, or of its own; VCRYPTO_BUILT or a status. */
static enum vcrypto_verdict
asym_find_keys(struct vcrypto_asym_keys **keys, struct vcrypto_qp *qp,
		const struct rte_crypto_op *op)
{
	struct vcrypto_asym_session s;
	int rc;

	/* Sessions may need the control queue, which is the primary process's. */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return VCRYPTO_BAD_SESSION;
	if (op->sess_type == RTE_CRYPTO_OP_SESSIONLESS) {
		if ((qp->dev->features & VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE) == 0)
			return VCRYPTO_BAD_SESSION;
		if (op->asym->xform == NULL)
			return VCRYPTO_BAD_ARGS;
		rc = vcrypto_asym_keys_create(keys, qp->dev->cdev, op->asym->xform,
				asym_half_of(op));
		return rc == 0 ? VCRYPTO_BUILT : asym_verdict_of(rc);
	}
	if (op->sess_type != RTE_CRYPTO_OP_WITH_SESSION || op->asym->session == NULL)
		return VCRYPTO_BAD_SESSION;
	memcpy(&s, CRYPTODEV_GET_ASYM_SESS_PRIV(op->asym->session), sizeof(s));
	if (s.keys == NULL || s.keys->dev != qp->dev)
		return VCRYPTO_BAD_SESSION;
	*keys = s.keys;
	return VCRYPTO_BUILT;
}

enum vcrypto_verdict
vcrypto_asym_op_build(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op)
{
	bool stateless = op->sess_type == RTE_CRYPTO_OP_SESSIONLESS;
	struct asym a = { .op = op };
	unsigned int b = asym_find_bounce(qp);
	enum vcrypto_verdict verdict;

	if (b == qp->nb_bounce)
		return qp->nb_bounce != 0 ? VCRYPTO_FULL : VCRYPTO_BAD_ARGS;
	verdict = asym_find_keys(&a.keys, qp, op);
	if (verdict != VCRYPTO_BUILT)
		return verdict;
	verdict = asym_build(qp, kind, &a, b, stateless);
	if (verdict != VCRYPTO_BUILT)
		vcrypto_mem_wipe(a.mem, VCRYPTO_BOUNCE_SIZE);
	if (stateless)
		vcrypto_asym_keys_free(a.keys);
	vcrypto_mem_wipe(a.der, sizeof(a.der));
	return verdict;
}

/* ---- results ---- */

/* Length of the DER value at der, whose buffer holds size bytes; 0: none. */
static uint32_t
ecdsa_der_len(const uint8_t *der, uint32_t size)
{
	uint32_t len = der[1] < 0x80 ? 2u + der[1] : der[1] == 0x81 ? 3u + der[2] : 0;

	return len <= size ? len : 0;
}

static uint8_t
ecdsa_take_signature(const struct vcrypto_asym_post *p, const uint8_t *result, uint32_t len)
{
	uint8_t der[REQ_ECDSA_SIG_MAX];

	/* Read once: what is judged is what is copied. */
	memcpy(der, result, p->dst_len);
	if (len == p->dst_len)	/* the device may not have said */
		len = ecdsa_der_len(der, p->dst_len);
	if (req_der_ecdsa_sig_parse(p->out->data, p->out2->data, p->curve, der, len) != 0)
		return RTE_CRYPTO_OP_STATUS_ERROR;
	p->out->length = p->out2->length = req_ec_bytes(p->curve);
	return RTE_CRYPTO_OP_STATUS_SUCCESS;
}

/* Results of RSA's primitives have the modulus' length (RFC 8017, 4.1).  Of a device that
 * says less there are three kinds: it wrote all and says something else (behind what it
 * says the memory is not zero any more), it left leading zeros out, or it has leading
 * zeros and cut the end off instead, as QEMU's with nettle does: then the result is lost.
 */
static bool
rsa_take_number(uint8_t *to, const uint8_t *result, uint32_t n, uint32_t size)
{
	uint8_t rest = 0;
	uint32_t i;

	memcpy(to, result, size);	/* once: it may change */
	for (i = n; i < size; i++)
		rest |= to[i];
	if (rest != 0 || n == size)
		return true;
	if (n == 0 || to[0] == 0)
		return false;
	memmove(to + size - n, to, n);
	memset(to, 0, size - n);
	return true;
}

static uint8_t
asym_take_result(const struct vcrypto_asym_post *p, const uint8_t *result, uint32_t len)
{
	uint8_t number[VCRYPTO_RSA_MAX];
	uint32_t n = p->dst_len;
	bool ok;

	/* The result ends where the device says, one byte of status apart (5.9.9.8); a
	 * device that says nothing used all of it (2.7.9).
	 */
	if (len != VQ_LEN_UNKNOWN && len >= 1 && len - 1 < n)
		n = len - 1;
	switch (p->then) {
	case VCRYPTO_ASYM_COPY:
		memcpy(p->out->data, result, n);
		p->out->length = n;
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	case VCRYPTO_ASYM_NUMBER:
	case VCRYPTO_ASYM_COMPARE:
		ok = rsa_take_number(number, result, n, p->dst_len);
		if (ok && p->then == VCRYPTO_ASYM_COMPARE &&
				!vcrypto_digest_equal(p->expect, number, p->dst_len))
			return RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
		if (ok && p->out != NULL) {
			memcpy(p->out->data, number, p->dst_len);
			p->out->length = p->dst_len;
		}
		return ok ? RTE_CRYPTO_OP_STATUS_SUCCESS : RTE_CRYPTO_OP_STATUS_ERROR;
	case VCRYPTO_ASYM_SIGNATURE:
		return ecdsa_take_signature(p, result, n);
	default:
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	}
}

struct rte_crypto_op *
vcrypto_asym_op_complete(struct vcrypto_qp *qp, struct vcrypto_asym_post *p, uint8_t status,
		uint32_t len)
{
	uint8_t *mem = qp->bounce + (size_t)(p - qp->asym) * VCRYPTO_BOUNCE_SIZE;
	struct rte_crypto_op *op = p->op;

	if (status == RTE_CRYPTO_OP_STATUS_SUCCESS)
		status = asym_take_result(p, mem + p->dst_off, len);
	vcrypto_mem_wipe(mem, VCRYPTO_BOUNCE_SIZE);
	if (p->entry != NULL)
		vcrypto_asym_entry_put(p->entry);
	memset(p, 0, sizeof(*p));
	if (--qp->asym_in_flight == 0)
		qp->detour &= ~VCRYPTO_DETOUR_ASYM;
	op->status = status;
	return op;
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns asymmetric ops on their way: which key, opcode and padding an op means, its
 * operands through bounce memory, and its result back.
 *
 * RAW padding is not for sign and verify (5.9.8.2): raw signatures, and PKCS #1 ones
 * without a hash, which the device has no name for, are padded here and travel as
 * decryption and encryption; raw verification compares here.
 */
#include <errno.h>
#include <string.h>

#include "req_der.h"
#include "vcrypto_asym.h"
#include "vcrypto_build.h"
#include "vcrypto_dev.h"
#include "vcrypto_digest.h"
#include "vcrypto_log.h"
#include "vcrypto_mem.h"

#define INVALID_ARGS	RTE_CRYPTO_OP_STATUS_INVALID_ARGS

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

static bool
put_src(struct asym *a, const uint8_t *data, size_t len)
{
	if (data == NULL || a->src_at + a->src_len + len > VCRYPTO_BOUNCE_SIZE)
		return false;
	memcpy(a->mem + a->src_at + a->src_len, data, len);
	a->src_len += (uint32_t)len;
	return true;
}

/* Left-padded with zeros to size bytes; false if the number is longer. */
static bool
put_padded(uint8_t *to, uint32_t size, const rte_crypto_param *v)
{
	const uint8_t *data = v->data;
	size_t len = v->length;

	if (data == NULL)
		return false;
	while (len > size && *data == 0) {
		data++;
		len--;
	}
	if (len > size)
		return false;
	memset(to, 0, size - len);
	memcpy(to + size - len, data, len);
	return true;
}

/* EMSA-PKCS1-v1_5 without DigestInfo: 00 01 ff .. ff 00 message. */
static bool
put_pkcs1_type1(uint8_t *to, uint32_t size, const rte_crypto_param *v)
{
	if (v->data == NULL || v->length + PKCS1_MIN_PAD > size)
		return false;
	memset(to, 0xff, size);
	to[0] = 0;
	to[1] = 1;
	to[size - v->length - 1] = 0;
	memcpy(to + size - v->length, v->data, v->length);
	return true;
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
find_hash(int rte_hash, bool *named)
{
	unsigned int i;

	*named = rte_hash != 0 && rte_hash != RTE_CRYPTO_AUTH_NULL;
	for (i = 0; i < RTE_DIM(rsa_hashes); i++)
		if ((int)rsa_hashes[i].rte == rte_hash)
			return &rsa_hashes[i];
	return NULL;
}

static void
use_key(struct asym *a, bool private_key)
{
	const struct vcrypto_asym_key *key = private_key ? &a->keys->priv : &a->keys->pub;

	a->req.key_type = private_key ? VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE :
		VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PUBLIC;
	a->req.key = key->der;
	a->req.key_len = key->len;
}

/* Encrypt and decrypt: raw operands are of the modulus' length (clause of RAW). */
static bool
rsa_crypt(struct asym *a, struct rte_crypto_rsa_op_param *p, bool decrypt, bool raw)
{
	const rte_crypto_param *in = decrypt ? &p->cipher : &p->message;
	uint32_t n = a->keys->n_len;

	use_key(a, decrypt);
	a->opcode = decrypt ? VIRTIO_CRYPTO_AKCIPHER_DECRYPT : VIRTIO_CRYPTO_AKCIPHER_ENCRYPT;
	a->dst_len = n;
	a->post.then = VCRYPTO_ASYM_COPY;
	a->post.out = decrypt ? &p->message : &p->cipher;
	if (!raw) {
		/* The hash is not used, and yet some devices want to hear of one. */
		a->req.rsa_hash = VIRTIO_CRYPTO_RSA_SHA1;
		if (!decrypt && in->length + PKCS1_MIN_PAD > n)
			return false;
		if (!decrypt)
			return put_src(a, in->data, in->length);
	}
	a->src_len = n;
	return put_padded(a->mem + a->src_at, n, in);
}

static bool
rsa_sign(struct asym *a, struct rte_crypto_rsa_op_param *p, bool raw, const struct rsa_hash *hash)
{
	uint32_t n = a->keys->n_len;

	use_key(a, true);
	a->dst_len = n;
	a->post.then = VCRYPTO_ASYM_COPY;
	a->post.out = &p->sign;
	if (hash != NULL) {
		a->opcode = VIRTIO_CRYPTO_AKCIPHER_SIGN;
		a->req.rsa_hash = hash->vio;
		return p->message.length == hash->len &&
			put_src(a, p->message.data, p->message.length);
	}
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_DECRYPT;
	a->req.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING;
	a->src_len = n;
	return raw ? put_padded(a->mem + a->src_at, n, &p->message) :
		put_pkcs1_type1(a->mem + a->src_at, n, &p->message);
}

/* Raw: the device returns signature ^ e mod n; what it must be is noted where the
 * device cannot write.
 */
static bool
rsa_verify_raw(struct asym *a, struct rte_crypto_rsa_op_param *p, bool raw)
{
	uint32_t n = a->keys->n_len;
	uint8_t *expect = a->post.expect;

	a->opcode = VIRTIO_CRYPTO_AKCIPHER_ENCRYPT;
	a->req.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING;
	a->src_len = a->dst_len = n;
	a->post.then = VCRYPTO_ASYM_COMPARE;
	if (!put_padded(a->mem + a->src_at, n, &p->sign))
		return false;
	if (!raw)
		return put_pkcs1_type1(expect, n, &p->message);
	/* With no message to compare, the decrypted signature is the answer. */
	a->post.out = p->cipher.data != NULL ? &p->cipher : NULL;
	if (p->message.data == NULL || p->message.length == 0) {
		a->post.then = VCRYPTO_ASYM_COPY;
		return a->post.out != NULL;
	}
	return put_padded(expect, n, &p->message);
}

static bool
rsa_verify(struct asym *a, struct rte_crypto_rsa_op_param *p, bool raw,
		const struct rsa_hash *hash)
{
	use_key(a, false);
	if (hash == NULL)
		return rsa_verify_raw(a, p, raw);
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_VERIFY;
	a->req.rsa_hash = hash->vio;
	a->post.then = VCRYPTO_ASYM_NOTHING;
	a->sig_len = a->keys->n_len;
	a->msg_len = hash->len;
	a->src_len = a->sig_len;
	return p->sign.length <= a->sig_len && p->message.length == hash->len &&
		put_padded(a->mem + a->src_at, a->sig_len, &p->sign) &&
		put_src(a, p->message.data, p->message.length);
}

static bool
describe_rsa(struct asym *a)
{
	struct rte_crypto_rsa_op_param *p = &a->op->asym->rsa;
	const struct rsa_hash *hash;
	const struct rte_crypto_rsa_padding *pad = vcrypto_rsa_padding(p, &a->keys->padding);
	bool raw = pad->type == RTE_CRYPTO_RSA_PADDING_NONE, named;

	if (!raw && pad->type != RTE_CRYPTO_RSA_PADDING_PKCS1_5)
		return false;
	hash = raw ? NULL : find_hash((int)pad->hash, &named);
	if (!raw && hash == NULL && named)
		return false;
	a->req.rsa_padding = raw ? VIRTIO_CRYPTO_RSA_RAW_PADDING : VIRTIO_CRYPTO_RSA_PKCS1_PADDING;
	switch (p->op_type) {
	case RTE_CRYPTO_ASYM_OP_ENCRYPT:
		return rsa_crypt(a, p, false, raw);
	case RTE_CRYPTO_ASYM_OP_DECRYPT:
		return rsa_crypt(a, p, true, raw);
	case RTE_CRYPTO_ASYM_OP_SIGN:
		return rsa_sign(a, p, raw, hash);
	case RTE_CRYPTO_ASYM_OP_VERIFY:
		return rsa_verify(a, p, raw, hash);
	default:
		return false;
	}
}

/* ---- ECDSA ---- */

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

static bool
ec_key(struct asym *a, const struct vcrypto_ec_key *k, bool private_key)
{
	bool has_q = k->q.x.data != NULL && k->q.x.len != 0 && k->q.y.data != NULL &&
		k->q.y.len != 0;
	int len;

	use_key(a, private_key);
	if (private_key)
		/* An op's q may be a left-over of a verification: it is not needed. */
		len = k->d.data != NULL ? req_der_ec_private(a->der, sizeof(a->der),
				a->keys->curve, &k->d, NULL) : -EINVAL;
	else
		len = has_q ? req_ec_point(a->der, sizeof(a->der), a->keys->curve, &k->q) : -EINVAL;
	if (len < 0)
		return false;
	a->req.key = a->der;
	a->req.key_len = (uint32_t)len;
	return true;
}

static bool
describe_ecdsa(struct asym *a)
{
	struct rte_crypto_ecdsa_op_param *p = &a->op->asym->ecdsa;
	struct vcrypto_ec_key key = ec_key_of(p, a->keys);
	bool sign = p->op_type == RTE_CRYPTO_ASYM_OP_SIGN;
	struct req_num r = { p->r.data, p->r.length }, s = { p->s.data, p->s.length };
	uint8_t sig[REQ_ECDSA_SIG_MAX];
	int len;

	a->req.curve = a->post.curve = a->keys->curve;
	if ((!sign && p->op_type != RTE_CRYPTO_ASYM_OP_VERIFY) || !ec_key(a, &key, sign))
		return false;
	if (sign) {
		/* The device chooses its own k; one that is given would be ignored. */
		if (p->k.length != 0 || p->r.data == NULL || p->s.data == NULL)
			return false;
		a->opcode = VIRTIO_CRYPTO_AKCIPHER_SIGN;
		a->dst_len = REQ_ECDSA_SIG_MAX;
		a->post.then = VCRYPTO_ASYM_SIGNATURE;
		a->post.out = &p->r;
		a->post.out2 = &p->s;
		return put_src(a, p->message.data, p->message.length);
	}
	len = req_der_ecdsa_sig(sig, sizeof(sig), a->keys->curve, &r, &s);
	if (len < 0)
		return false;
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_VERIFY;
	a->post.then = VCRYPTO_ASYM_NOTHING;
	a->sig_len = (uint32_t)len;
	a->msg_len = (uint32_t)p->message.length;
	return put_src(a, sig, (size_t)len) && put_src(a, p->message.data, p->message.length);
}

/* ---- sending ---- */

static bool
describe(struct asym *a)
{
	a->req.kind = REQ_AKCIPHER;
	a->req.algo = a->keys->algo;
	if (a->keys->algo == VIRTIO_CRYPTO_AKCIPHER_RSA) {
		if (!describe_rsa(a))
			return false;
	} else if (!describe_ecdsa(a)) {
		return false;
	}
	return a->req.key != NULL && a->src_len != 0 &&
		(uint64_t)a->src_len + a->dst_len <= a->max_size;
}

static int
put_request(struct vcrypto_qp *qp, enum vq_kind kind, struct asym *a, unsigned int b,
		uint64_t session_id, bool stateless)
{
	unsigned int flags = vcrypto_req_flags(qp->dev, VIRTIO_CRYPTO_SERVICE_AKCIPHER);
	uint16_t slot = vq_next_slot(&qp->vq, kind);
	struct vq_entry *e = vq_table(&qp->vq, slot);
	uint8_t *hdr = vcrypto_slot(qp, slot) + qp->hdr_off;
	uint64_t mem = qp->bounce_addr + (uint64_t)b * VCRYPTO_BOUNCE_SIZE;
	uint32_t key_at = stateless ? 0 : a->src_at;
	uint16_t nb_write = 1;
	int len = req_data_header(hdr, VCRYPTO_SLOT_TABLE - qp->hdr_off, &a->req, session_id, 0,
			a->opcode, flags, stateless);

	if (len < 0)
		return INVALID_ARGS;
	qp->stamp[slot] = 0;
	req_set_akcipher(hdr + ((flags & REQ_F_STATELESS) != 0 ? VCRYPTO_ASYM_SHIFT : 0),
			a->sig_len != 0 ? a->sig_len : a->src_len,
			a->sig_len != 0 ? a->msg_len : a->dst_len);
	vcrypto_entry(&e[0], vcrypto_slot_addr(qp, slot) + qp->hdr_off, (uint32_t)len);
	vcrypto_entry(&e[1], mem + key_at, a->src_at - key_at + a->src_len);
	e += 2;
	if (a->dst_len != 0) {
		a->post.dst_off = a->src_at + a->src_len;
		vcrypto_entry(e++, mem + a->post.dst_off, a->dst_len);
		nb_write++;
	}
	vcrypto_entry(e, qp->status_addr + slot, 1);
	a->post.dst_len = a->dst_len;
	a->post.op = a->op;
	qp->asym[b] = a->post;
	vq_shape(&qp->vq, kind, slot, 2, nb_write);
	vq_add(&qp->vq, kind, slot, (void *)((uintptr_t)&qp->asym[b] | VCRYPTO_TOKEN_ASYM));
	qp->asym_in_flight++;
	return VCRYPTO_BUILT;
}

/* With a session: one of the device's, made if need be. */
static int
send_session(struct vcrypto_qp *qp, enum vq_kind kind, struct asym *a, unsigned int b)
{
	int rc = vcrypto_asym_entry_get(&a->post.entry, qp->dev->cdev, a->keys, &a->req);

	if (rc == -EBUSY)
		return VCRYPTO_FULL;
	if (rc != 0) {
		VCRYPTO_DBG("%s: no session for an asymmetric op: %s", qp->dev->name,
			strerror(-rc));
		return rc == -EINVAL || rc == -ENOTSUP ? INVALID_ARGS :
			RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
	}
	rc = put_request(qp, kind, a, b, a->post.entry->id, false);
	if (rc != VCRYPTO_BUILT)
		vcrypto_asym_entry_put(a->post.entry);
	return rc;
}

static int
build(struct vcrypto_qp *qp, enum vq_kind kind, struct asym *a, unsigned int b, bool stateless)
{
	a->mem = qp->bounce + (size_t)b * VCRYPTO_BOUNCE_SIZE;
	a->post.expect = qp->asym_expect + (size_t)b * VCRYPTO_RSA_MAX;
	a->max_size = qp->dev->lim.max_size;
	/* A stateless request's key goes first; the most that it takes is left free. */
	a->src_at = stateless ? VCRYPTO_RSA_DER_MAX : 0;
	if (!describe(a))
		return INVALID_ARGS;
	if (!stateless)
		return send_session(qp, kind, a, b);
	/* One readable piece: move the key right before the operands. */
	memcpy(a->mem, a->req.key, a->req.key_len);
	memmove(a->mem + a->req.key_len, a->mem + a->src_at, a->src_len);
	a->src_at = a->req.key_len;
	return put_request(qp, kind, a, b, 0, true);
}

static unsigned int
find_bounce(const struct vcrypto_qp *qp)
{
	unsigned int b;

	for (b = 0; b < qp->nb_bounce && qp->asym[b].op != NULL; b++)
		;
	return b;
}

int
vcrypto_asym_build(struct vcrypto_qp *qp, enum vq_kind kind, struct rte_crypto_op *op)
{
	struct rte_cryptodev *cdev = qp->dev->cdev;
	bool stateless = op->sess_type == RTE_CRYPTO_OP_SESSIONLESS;
	struct asym a = { .op = op };
	struct vcrypto_asym_session s;
	unsigned int b = find_bounce(qp);
	int rc;

	if (b == qp->nb_bounce)
		return qp->nb_bounce != 0 ? VCRYPTO_FULL : INVALID_ARGS;
	if (stateless) {
		if ((qp->dev->features & VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE) == 0)
			return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
		if (op->asym->xform == NULL ||
				vcrypto_asym_keys_create(&a.keys, cdev, op->asym->xform) != 0)
			return INVALID_ARGS;
	} else {
		if (op->asym->session == NULL)
			return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
		memcpy(&s, CRYPTODEV_GET_ASYM_SESS_PRIV(op->asym->session), sizeof(s));
		if (s.keys == NULL)
			return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
		a.keys = s.keys;
	}
	rc = build(qp, kind, &a, b, stateless);
	if (rc != VCRYPTO_BUILT)
		vcrypto_mem_wipe(a.mem, VCRYPTO_BOUNCE_SIZE);
	if (stateless)
		vcrypto_asym_keys_free(a.keys);
	vcrypto_mem_wipe(a.der, sizeof(a.der));
	return rc;
}

/* ---- results ---- */

/* Length of the DER value at der, whose buffer holds size bytes; 0: none. */
static uint32_t
der_len(const uint8_t *der, uint32_t size)
{
	uint32_t len = der[1] < 0x80 ? 2u + der[1] : der[1] == 0x81 ? 3u + der[2] : 0;

	return len <= size ? len : 0;
}

static uint8_t
take_result(const struct vcrypto_asym_post *p, const uint8_t *mem, uint32_t len)
{
	uint8_t der[REQ_ECDSA_SIG_MAX];
	uint32_t n = p->dst_len;

	/* The result ends where the device says, one byte of status apart (5.9.8.8). */
	if (len != VQ_LEN_UNKNOWN && len >= 1 && len - 1 < n)
		n = len - 1;
	switch (p->then) {
	case VCRYPTO_ASYM_COMPARE:
		if (!vcrypto_digest_equal(p->expect, mem + p->dst_off, p->dst_len))
			return RTE_CRYPTO_OP_STATUS_AUTH_FAILED;
		n = p->dst_len;
		/* fall through */
	case VCRYPTO_ASYM_COPY:
		if (p->out != NULL) {
			memcpy(p->out->data, mem + p->dst_off, n);
			p->out->length = n;
		}
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	case VCRYPTO_ASYM_SIGNATURE:
		/* Read once: what is judged is what is copied. */
		memcpy(der, mem + p->dst_off, p->dst_len);
		if (len == VQ_LEN_UNKNOWN)
			n = der_len(der, p->dst_len);
		if (req_der_ecdsa_sig_parse(p->out->data, p->out2->data, p->curve, der, n) != 0)
			return RTE_CRYPTO_OP_STATUS_ERROR;
		p->out->length = p->out2->length = req_ec_bytes(p->curve);
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	default:
		return RTE_CRYPTO_OP_STATUS_SUCCESS;
	}
}

struct rte_crypto_op *
vcrypto_asym_complete(struct vcrypto_qp *qp, void *post, uint8_t status, uint32_t len)
{
	struct vcrypto_asym_post *p = post;
	uint8_t *mem = qp->bounce + (size_t)(p - qp->asym) * VCRYPTO_BOUNCE_SIZE;
	struct rte_crypto_op *op = p->op;

	if (status == RTE_CRYPTO_OP_STATUS_SUCCESS)
		status = take_result(p, mem, len);
	vcrypto_mem_wipe(mem, VCRYPTO_BOUNCE_SIZE);
	if (p->entry != NULL)
		vcrypto_asym_entry_put(p->entry);
	memset(p, 0, sizeof(*p));
	qp->asym_in_flight--;
	op->status = status;
	return op;
}

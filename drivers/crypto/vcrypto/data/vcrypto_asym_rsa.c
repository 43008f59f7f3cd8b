/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the meaning of RSA ops: the half of the key, opcode, padding and operands of each,
 * and numbers as results.  Writes a description and bounce memory; sends nothing.
 *
 * RAW padding is not for sign and verify (5.9.9.2).  So a raw signature is made by a
 * decryption and verified by an encryption, whose result the driver compares.  The same
 * holds for PKCS #1 signatures without a hash, which the standard has no name for: the
 * driver pads them.
 */
#include <string.h>

#include "data/vcrypto_asym_rsa.h"
#include "session/vcrypto_rsa_key.h"

/* The fewest bytes that PKCS #1 v1.5 padding takes (RFC 8017, 7.2.1 and 9.2). */
#define PKCS1_MIN_PAD	11

/* Writes v as size bytes, left-padded with zeros; leading zeros that do not fit are cut. */
static enum vcrypto_verdict
rsa_put_padded(uint8_t *to, uint32_t size, const rte_crypto_param *v)
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

/* The same for an RSA primitive's operand, which must be below the modulus. */
static enum vcrypto_verdict
rsa_put_operand(struct vcrypto_asym_request *a, const rte_crypto_param *v)
{
	uint32_t n = a->keys->n_len;
	uint8_t *to = a->mem + a->src_at;

	if (rsa_put_padded(to, n, v) != VCRYPTO_BUILT || memcmp(to, a->keys->n, n) >= 0)
		return VCRYPTO_BAD_ARGS;
	a->src_len = n;
	return VCRYPTO_BUILT;
}

/* A signature: below the modulus, and exactly as long unless it is raw. */
static enum vcrypto_verdict
rsa_put_signature(struct vcrypto_asym_request *a, const rte_crypto_param *v, bool raw)
{
	if (v->data == NULL || v->length == 0)
		return VCRYPTO_BAD_ARGS;
	if (!raw && v->length != a->keys->n_len)
		return VCRYPTO_BAD_SIGNATURE;
	return rsa_put_operand(a, v) == VCRYPTO_BUILT ? VCRYPTO_BUILT : VCRYPTO_BAD_SIGNATURE;
}

/* Writes EMSA-PKCS1-v1_5 without DigestInfo: 00 01 ff .. ff 00 message. */
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

/* NULL if no hash is named (0 or AUTH_NULL), or if the standard does not list it. */
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

/* Appends a digest, which must have its hash's length. */
static enum vcrypto_verdict
rsa_put_digest(struct vcrypto_asym_request *a, const rte_crypto_param *v,
		const struct rsa_hash *hash)
{
	if (v->length != hash->len)
		return VCRYPTO_BAD_ARGS;
	return vcrypto_asym_put_src(a, v->data, v->length);
}

/* Sets where the result goes.  It has the modulus' length; that of a decrypted message is
 * the device's to say.
 */
static enum vcrypto_verdict
rsa_result_to(struct vcrypto_asym_request *a, rte_crypto_param *out, bool message)
{
	a->dst_len = a->keys->n_len;
	a->post.result_kind = message ? VCRYPTO_ASYM_COPY : VCRYPTO_ASYM_NUMBER;
	a->post.out = out;
	return out->data == NULL ? VCRYPTO_BAD_ARGS : VCRYPTO_BUILT;
}

/* Encrypt and decrypt.  Raw operands have the modulus' length (5.9.9.8). */
static enum vcrypto_verdict
rsa_crypt(struct vcrypto_asym_request *a, struct rte_crypto_rsa_op_param *p, bool decrypt, bool raw)
{
	const rte_crypto_param *in = decrypt ? &p->cipher : &p->message;

	vcrypto_asym_use_key(a, decrypt);
	a->opcode = decrypt ? VIRTIO_CRYPTO_AKCIPHER_DECRYPT : VIRTIO_CRYPTO_AKCIPHER_ENCRYPT;
	if (rsa_result_to(a, decrypt ? &p->message : &p->cipher, decrypt && !raw) != VCRYPTO_BUILT)
		return VCRYPTO_BAD_ARGS;
	/* These opcodes use no hash, and yet some devices expect that one is named. */
	if (!raw)
		a->params.rsa_hash = VIRTIO_CRYPTO_RSA_SHA1;
	/* A ciphertext is k octets long, leading zeros included (RFC 8017, 7.2.2, step 1). */
	if (decrypt && !raw && in->length != a->keys->n_len)
		return VCRYPTO_BAD_ARGS;
	if (raw || decrypt)
		return rsa_put_operand(a, in);
	return in->length > a->keys->n_len - PKCS1_MIN_PAD ? VCRYPTO_BAD_ARGS :
		vcrypto_asym_put_src(a, in->data, in->length);
}

static enum vcrypto_verdict
rsa_sign(struct vcrypto_asym_request *a, struct rte_crypto_rsa_op_param *p, bool raw,
		const struct rsa_hash *hash)
{
	vcrypto_asym_use_key(a, true);
	if (rsa_result_to(a, &p->sign, false) != VCRYPTO_BUILT)
		return VCRYPTO_BAD_ARGS;
	if (hash != NULL) {
		a->opcode = VIRTIO_CRYPTO_AKCIPHER_SIGN;
		a->params.rsa_hash = hash->vio;
		return rsa_put_digest(a, &p->message, hash);
	}
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_DECRYPT;
	a->params.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING;
	if (raw)
		return rsa_put_operand(a, &p->message);
	a->src_len = a->keys->n_len;
	return rsa_put_pkcs1_type1(a->mem + a->src_at, a->src_len, &p->message);
}

/* Verifies by an encryption: the device returns signature ^ e mod n, and completion compares
 * that with post.expect, which the device cannot write.
 */
static enum vcrypto_verdict
rsa_verify_raw(struct vcrypto_asym_request *a, struct rte_crypto_rsa_op_param *p, bool raw)
{
	uint32_t n = a->keys->n_len;
	enum vcrypto_verdict verdict;

	a->opcode = VIRTIO_CRYPTO_AKCIPHER_ENCRYPT;
	a->params.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING;
	a->dst_len = n;
	a->post.result_kind = VCRYPTO_ASYM_COMPARE;
	if (!raw) {
		verdict = rsa_put_pkcs1_type1(a->post.expect, n, &p->message);
		return verdict != VCRYPTO_BUILT ? verdict : rsa_put_signature(a, &p->sign, false);
	}
	/* With no message to compare, the decrypted signature is the answer. */
	a->post.out = p->cipher.data != NULL ? &p->cipher : NULL;
	if (p->message.data == NULL || p->message.length == 0) {
		a->post.result_kind = VCRYPTO_ASYM_NUMBER;
		verdict = a->post.out != NULL ? VCRYPTO_BUILT : VCRYPTO_BAD_ARGS;
	} else {
		verdict = rsa_put_padded(a->post.expect, n, &p->message);
	}
	return verdict != VCRYPTO_BUILT ? verdict : rsa_put_signature(a, &p->sign, true);
}

static enum vcrypto_verdict
rsa_verify(struct vcrypto_asym_request *a, struct rte_crypto_rsa_op_param *p, bool raw,
		const struct rsa_hash *hash)
{
	enum vcrypto_verdict verdict;

	vcrypto_asym_use_key(a, false);
	if (hash == NULL)
		return rsa_verify_raw(a, p, raw);
	a->opcode = VIRTIO_CRYPTO_AKCIPHER_VERIFY;
	a->params.rsa_hash = hash->vio;
	a->post.result_kind = VCRYPTO_ASYM_NOTHING;
	a->sig_len = a->keys->n_len;
	a->msg_len = hash->len;
	verdict = rsa_put_signature(a, &p->sign, false);
	if (verdict == VCRYPTO_BAD_ARGS)
		return verdict;
	/* A digest of another length is illegal, whatever the signature is. */
	return rsa_put_digest(a, &p->message, hash) != VCRYPTO_BUILT ? VCRYPTO_BAD_ARGS : verdict;
}

enum vcrypto_verdict
vcrypto_asym_rsa_describe(struct vcrypto_asym_request *a)
{
	struct rte_crypto_rsa_op_param *p = &a->op->asym->rsa;
	const struct rte_crypto_rsa_padding *pad = vcrypto_rsa_padding(p, &a->keys->padding);
	bool raw = pad->type == RTE_CRYPTO_RSA_PADDING_NONE, named = false;
	const struct rsa_hash *hash;

	if (!raw && pad->type != RTE_CRYPTO_RSA_PADDING_PKCS1_5)
		return VCRYPTO_BAD_ARGS;
	hash = raw ? NULL : rsa_find_hash((int)pad->hash, &named);
	a->params.rsa_padding = raw ? VIRTIO_CRYPTO_RSA_RAW_PADDING :
		VIRTIO_CRYPTO_RSA_PKCS1_PADDING;
	if (p->op_type == RTE_CRYPTO_ASYM_OP_ENCRYPT || p->op_type == RTE_CRYPTO_ASYM_OP_DECRYPT)
		return rsa_crypt(a, p, p->op_type == RTE_CRYPTO_ASYM_OP_DECRYPT, raw);
	if (hash == NULL && named)
		return VCRYPTO_BAD_ARGS;
	if (p->op_type == RTE_CRYPTO_ASYM_OP_SIGN)
		return rsa_sign(a, p, raw, hash);
	return p->op_type != RTE_CRYPTO_ASYM_OP_VERIFY ? VCRYPTO_BAD_ARGS :
		rsa_verify(a, p, raw, hash);
}

/* ---- results ---- */

/* Results of RSA's primitives have the modulus' length (RFC 8017, 4.1).  A device that
 * claims a shorter one did one of three things.  It wrote all of the number: bytes beyond
 * the claimed length are not zero any more.  It left out leading zeros.  Or it kept leading
 * zeros and cut the end off, as QEMU's device with nettle does: then the result is lost.
 */
bool
vcrypto_asym_rsa_take_number(uint8_t *to, const uint8_t *result, uint32_t n, uint32_t size)
{
	uint8_t rest = 0;
	uint32_t i;

	memcpy(to, result, size);	/* read once: the device may write again */
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

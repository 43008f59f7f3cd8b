/* SPDX-License-Identifier: BSD-3-Clause
 *
 * AKCIPHER of the OpenSSL engine: RSA (raw and PKCS #1 v1.5) and ECDSA on the curves of
 * NIST (virtio 1.4, 5.9.9.8).  Keys are read from DER here (engine_openssl_key.c);
 * private operations are the library's constant-time ones, blinded.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rsa.h>

#include "engine_openssl_akcipher.h"
#include "engine_openssl_key.h"
#include "engine_openssl_lib.h"

#define RESULT_MAX	(VCRYPTOD_RSA_BITS_MAX / 8)	/* bytes; ECDSA's signatures are shorter */

/* *md NULL: the padding has no hash. -ENOTSUP: the library does not have this hash. */
static int
akcipher_rsa_md(const EVP_MD **md, uint32_t hash)
{
	const struct vcryptod_ossl *o = &vcryptod_ossl;

	switch (hash) {
	case VIRTIO_CRYPTO_RSA_NO_HASH:
		*md = NULL;
		return 0;
	case VIRTIO_CRYPTO_RSA_MD4:
		*md = o->md4;
		break;
	case VIRTIO_CRYPTO_RSA_MD5:
		*md = o->md[VIRTIO_CRYPTO_HASH_MD5];
		break;
	case VIRTIO_CRYPTO_RSA_SHA1:
		*md = o->md[VIRTIO_CRYPTO_HASH_SHA1];
		break;
	case VIRTIO_CRYPTO_RSA_SHA224:
		*md = o->md[VIRTIO_CRYPTO_HASH_SHA_224];
		break;
	case VIRTIO_CRYPTO_RSA_SHA256:
		*md = o->md[VIRTIO_CRYPTO_HASH_SHA_256];
		break;
	case VIRTIO_CRYPTO_RSA_SHA384:
		*md = o->md[VIRTIO_CRYPTO_HASH_SHA_384];
		break;
	case VIRTIO_CRYPTO_RSA_SHA512:
		*md = o->md[VIRTIO_CRYPTO_HASH_SHA_512];
		break;
	default:
		return -ENOTSUP;
	}
	return *md != NULL ? 0 : -ENOTSUP;
}

int
vcryptod_ossl_akcipher_setup(struct ossl_session *s)
{
	const EVP_MD *md;

	if (s->p.algo == VIRTIO_CRYPTO_AKCIPHER_ECDSA)
		return vcryptod_ossl_ec_key(&s->pkey, &s->p, s->key);
	if (s->p.algo != VIRTIO_CRYPTO_AKCIPHER_RSA)
		return -ENOTSUP;
	if (s->p.rsa_padding == VIRTIO_CRYPTO_RSA_PKCS1_PADDING) {
		if (akcipher_rsa_md(&md, s->p.rsa_hash) != 0)
			return -ENOTSUP;
	} else if (s->p.rsa_padding != VIRTIO_CRYPTO_RSA_RAW_PADDING) {
		return -ENOTSUP;
	}
	return vcryptod_ossl_rsa_key(&s->pkey, &s->p, s->key);
}

/* What a key may be used for: a public one for encrypt and verify; a private one of RSA
 * for everything, of ECDSA for sign.
 */
static bool
akcipher_allows(const struct ossl_session *s, uint32_t opcode)
{
	bool private = s->p.key_type == VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE;
	bool sign_or_verify = opcode == VIRTIO_CRYPTO_AKCIPHER_SIGN ||
			opcode == VIRTIO_CRYPTO_AKCIPHER_VERIFY;

	if (s->p.algo == VIRTIO_CRYPTO_AKCIPHER_ECDSA)
		return opcode == (uint32_t)(private ? VIRTIO_CRYPTO_AKCIPHER_SIGN :
				VIRTIO_CRYPTO_AKCIPHER_VERIFY);
	if (s->p.rsa_padding == VIRTIO_CRYPTO_RSA_RAW_PADDING && sign_or_verify)
		return false;
	return private || opcode == VIRTIO_CRYPTO_AKCIPHER_ENCRYPT ||
			opcode == VIRTIO_CRYPTO_AKCIPHER_VERIFY;
}

/* A context for one operation; NULL on failure. */
static EVP_PKEY_CTX *
akcipher_begin(const struct ossl_session *s, uint32_t opcode)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(vcryptod_ossl.lib, s->pkey, NULL);
	bool raw = s->p.rsa_padding == VIRTIO_CRYPTO_RSA_RAW_PADDING, ok;
	const EVP_MD *md = NULL;

	if (ctx == NULL)
		return NULL;
	if (opcode == VIRTIO_CRYPTO_AKCIPHER_ENCRYPT)
		ok = EVP_PKEY_encrypt_init(ctx) == 1;
	else if (opcode == VIRTIO_CRYPTO_AKCIPHER_DECRYPT)
		ok = EVP_PKEY_decrypt_init(ctx) == 1;
	else if (opcode == VIRTIO_CRYPTO_AKCIPHER_SIGN)
		ok = EVP_PKEY_sign_init(ctx) == 1;
	else
		ok = EVP_PKEY_verify_init(ctx) == 1;
	if (ok && s->p.algo == VIRTIO_CRYPTO_AKCIPHER_RSA) {
		ok = EVP_PKEY_CTX_set_rsa_padding(ctx, raw ? RSA_NO_PADDING :
				RSA_PKCS1_PADDING) == 1;
		if (ok && !raw && opcode >= VIRTIO_CRYPTO_AKCIPHER_SIGN)
			ok = akcipher_rsa_md(&md, s->p.rsa_hash) == 0 && (md == NULL ||
					EVP_PKEY_CTX_set_signature_md(ctx, md) == 1);
	}
	if (ok)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* src in private memory, of RSA raw with leading zeros to the modulus' length; *len
 * bytes.  NULL: longer than any legal input.
 */
static uint8_t *
akcipher_input(struct vcryptod_lane *lane, size_t *len, const struct ossl_session *s,
		const struct vcryptod_span *src)
{
	size_t size = (size_t)EVP_PKEY_get_size(s->pkey), pad = 0;
	uint8_t *p;

	if (src->len > RESULT_MAX)
		return NULL;
	if (s->p.algo == VIRTIO_CRYPTO_AKCIPHER_RSA &&
			s->p.rsa_padding == VIRTIO_CRYPTO_RSA_RAW_PADDING) {
		if (src->len > size)
			return NULL;
		pad = size - src->len;
	}
	*len = pad + src->len;
	p = vcryptod_scratch_get(&lane->scratch, *len);
	if (p == NULL)
		return NULL;
	memset(p, 0, pad);
	vcryptod_span_read(p + pad, src);
	return p;
}

/* Result to dst: raw fills dst with leading zeros, all else starts at its begin. */
static void
akcipher_output(const struct ossl_session *s, struct vcryptod_op *op, const uint8_t *out,
		size_t len)
{
	struct vcryptod_span to;
	uint32_t lead = 0;

	if (len > op->dst.len)
		return;
	if (s->p.algo == VIRTIO_CRYPTO_AKCIPHER_RSA &&
			s->p.rsa_padding == VIRTIO_CRYPTO_RSA_RAW_PADDING)
		lead = op->dst.len - (uint32_t)len;
	to = vcryptod_span_sub(&op->dst, 0, lead);
	vcryptod_span_zero(&to);
	to = vcryptod_span_sub(&op->dst, lead, (uint32_t)len);
	vcryptod_span_write(&to, out);
	op->written = lead + (uint32_t)len;
	op->status = VIRTIO_CRYPTO_OK;
}

static void
akcipher_produce(struct ossl_session *s, struct vcryptod_lane *lane, struct vcryptod_op *op)
{
	EVP_PKEY_CTX *ctx = akcipher_begin(s, op->opcode);
	uint8_t out[RESULT_MAX], *in;
	size_t len, out_len = sizeof(out);
	bool ok;

	if (ctx == NULL)
		return;
	in = akcipher_input(lane, &len, s, &op->src);
	if (in == NULL)
		ok = false;
	else if (op->opcode == VIRTIO_CRYPTO_AKCIPHER_ENCRYPT)
		ok = EVP_PKEY_encrypt(ctx, out, &out_len, in, len) == 1;
	else if (op->opcode == VIRTIO_CRYPTO_AKCIPHER_DECRYPT)
		ok = EVP_PKEY_decrypt(ctx, out, &out_len, in, len) == 1;
	else
		ok = EVP_PKEY_sign(ctx, out, &out_len, in, len) == 1;
	if (ok)
		akcipher_output(s, op, out, out_len);
	if (in != NULL)
		OPENSSL_cleanse(in, len);
	OPENSSL_cleanse(out, sizeof(out));
	EVP_PKEY_CTX_free(ctx);
}

/* A digest of the wrong length is the driver's mistake, a signature that cannot be parsed does
 * not verify.
 */
static void
akcipher_verify(struct ossl_session *s, struct vcryptod_lane *lane, struct vcryptod_op *op)
{
	EVP_PKEY_CTX *ctx = akcipher_begin(s, op->opcode);
	uint8_t *sig = vcryptod_span_gather(&op->src, &lane->scratch);
	uint8_t *data = vcryptod_span_gather(&op->aad, &lane->scratch);
	const EVP_MD *md = NULL;

	if (ctx == NULL || sig == NULL || data == NULL || op->aad.len > RESULT_MAX)
		goto end;
	if (s->p.algo == VIRTIO_CRYPTO_AKCIPHER_RSA && (akcipher_rsa_md(&md, s->p.rsa_hash) != 0 ||
			(md != NULL && op->aad.len != (uint32_t)EVP_MD_get_size(md))))
		goto end;
	op->status = EVP_PKEY_verify(ctx, sig, op->src.len, data, op->aad.len) == 1 ?
			VIRTIO_CRYPTO_OK : VIRTIO_CRYPTO_KEY_REJECTED;
end:
	EVP_PKEY_CTX_free(ctx);
}

void
vcryptod_ossl_akcipher(struct ossl_session *s, struct ossl_lane *l, struct vcryptod_lane *lane,
		struct vcryptod_op *op)
{
	(void)l;
	op->written = 0;
	op->status = VIRTIO_CRYPTO_ERR;
	if (!akcipher_allows(s, op->opcode)) {
		op->status = VIRTIO_CRYPTO_NOTSUPP;
		return;
	}
	if (op->opcode == VIRTIO_CRYPTO_AKCIPHER_VERIFY)
		akcipher_verify(s, lane, op);
	else
		akcipher_produce(s, lane, op);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ciphers and chains of the OpenSSL engine.  Works on one request at a time, in place
 * where its memory is in one piece, through the lane's scratch where it is not.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "engine_openssl_lib.h"
#include "engine_openssl_mac.h"
#include "engine_openssl_sym.h"

#define KEYSTREAM	256	/* bytes made at a time by the composed modes */
#define AES_BLOCK	16
#define DES_BLOCK	8

static EVP_CIPHER *
sym_by_aes_len(EVP_CIPHER *const set[OSSL_NB_AES], uint32_t key_len)
{
	return key_len >= 16 && key_len <= 32 && key_len % 8 == 0 ? set[key_len / 8 - 2] : NULL;
}

static EVP_CIPHER *
sym_find_cipher(enum ossl_mode *mode, uint32_t algo, uint32_t key_len)
{
	const struct vcryptod_ossl *o = &vcryptod_ossl;

	*mode = OSSL_PLAIN;
	switch (algo) {
	case VIRTIO_CRYPTO_CIPHER_ARC4:
		*mode = OSSL_RC4;
		return o->rc4;
	case VIRTIO_CRYPTO_CIPHER_AES_ECB:
		return sym_by_aes_len(o->ecb, key_len);
	case VIRTIO_CRYPTO_CIPHER_AES_CBC:
		return sym_by_aes_len(o->cbc, key_len);
	case VIRTIO_CRYPTO_CIPHER_AES_CTR:
		return sym_by_aes_len(o->ctr, key_len);
	case VIRTIO_CRYPTO_CIPHER_AES_XTS:
		return sym_by_aes_len(o->xts, key_len / 2);
	case VIRTIO_CRYPTO_CIPHER_AES_F8:
		*mode = OSSL_AES_F8;
		return sym_by_aes_len(o->ecb, key_len / 2);
	case VIRTIO_CRYPTO_CIPHER_DES_ECB:
		return o->des_ecb;
	case VIRTIO_CRYPTO_CIPHER_DES_CBC:
		return o->des_cbc;
	case VIRTIO_CRYPTO_CIPHER_3DES_ECB:
		return o->des3_ecb;
	case VIRTIO_CRYPTO_CIPHER_3DES_CBC:
		return o->des3_cbc;
	case VIRTIO_CRYPTO_CIPHER_3DES_CTR:
		*mode = OSSL_DES3_CTR;
		return o->des3_ecb;
	default:
		return NULL;
	}
}

/* The lane's context; NULL if there is no memory, or if the key is refused. */
static EVP_CIPHER_CTX *
sym_cipher_ctx(struct ossl_session *s, struct ossl_lane *l)
{
	bool encrypt = s->p.op == VIRTIO_CRYPTO_OP_ENCRYPT || s->mode == OSSL_DES3_CTR ||
			s->mode == OSSL_AES_F8;
	bool two_keys = s->mode == OSSL_AES_F8 || s->mode == OSSL_XTS_EQUAL;
	uint32_t len = two_keys ? s->p.key_len / 2 : s->p.key_len;
	uint8_t second[32];
	uint32_t i;

	if (l->cipher != NULL)
		return l->cipher;
	if (two_keys) {
		for (i = 0; i < len; i++)
			second[i] = s->key[len + i] ^ (s->mode == OSSL_AES_F8 ? s->key[i] : 0);
		l->cipher2 = vcryptod_ossl_ctx(s->evp, second, len, 1);
		OPENSSL_cleanse(second, sizeof(second));
		if (l->cipher2 == NULL)
			return NULL;
	}
	l->cipher = vcryptod_ossl_ctx(s->evp, s->key, len, encrypt);
	return l->cipher;
}

int
vcryptod_ossl_cipher_setup(struct ossl_session *s)
{
	uint32_t half = s->p.key_len / 2;

	s->evp = sym_find_cipher(&s->mode, s->p.algo, s->p.key_len);
	if (s->evp == NULL)
		return -ENOTSUP;
	if (s->p.algo == VIRTIO_CRYPTO_CIPHER_AES_XTS &&
			CRYPTO_memcmp(s->key, s->key + half, half) == 0) {
		s->mode = OSSL_XTS_EQUAL;
		s->evp = sym_by_aes_len(vcryptod_ossl.ecb, half);
	}
	/* A key that the library refuses fails here, not later. */
	return sym_cipher_ctx(s, &s->lane[0]) != NULL ? 0 : -EINVAL;
}

static void
sym_xor(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = a[i] ^ b[i];
}

/* Counter mode of an 8-byte block: the whole block counts, big-endian. */
static bool
sym_des3_ctr(EVP_CIPHER_CTX *ctx, const struct vcryptod_lane *lane, const uint8_t iv[DES_BLOCK],
		uint8_t *out, const uint8_t *in, uint32_t len)
{
	const uint8_t *begin = in;
	uint8_t ks[KEYSTREAM];
	uint64_t count = 0;
	uint32_t n, i, b;
	bool ok = true;
	int outl;

	for (i = 0; i < DES_BLOCK; i++)
		count = count << 8 | iv[i];
	for (; len != 0 && ok; in += n, out += n, len -= n) {
		if (!vcryptod_lane_goes_on(lane, (uint64_t)(in - begin))) {
			ok = false;
			break;
		}
		n = len < KEYSTREAM ? len : KEYSTREAM;
		for (i = 0; i < n; i += DES_BLOCK, count++)
			for (b = 0; b < DES_BLOCK; b++)
				ks[i + b] = (uint8_t)(count >> (56 - 8 * b));
		ok = EVP_CipherUpdate(ctx, ks, &outl, ks, (int)i) == 1;
		if (ok)
			sym_xor(out, in, ks, n);
	}
	OPENSSL_cleanse(ks, sizeof(ks));
	return ok;
}

/* RFC 3711, 4.1.2: S(j) = E(k, IV' ^ j ^ S(j-1)), IV' = E(k ^ m, iv). */
static bool
sym_aes_f8(struct ossl_lane *l, const struct vcryptod_lane *lane, const uint8_t iv[AES_BLOCK],
		uint8_t *out, const uint8_t *in, uint32_t len)
{
	const uint8_t *begin = in;
	uint8_t iv2[AES_BLOCK], s[AES_BLOCK] = { 0 };
	uint32_t n, j = 0;
	int outl;
	bool ok;

	ok = EVP_CipherUpdate(l->cipher2, iv2, &outl, iv, AES_BLOCK) == 1;
	for (; len != 0 && ok; in += n, out += n, len -= n, j++) {
		if (!vcryptod_lane_goes_on(lane, (uint64_t)(in - begin))) {
			ok = false;
			break;
		}
		n = len < AES_BLOCK ? len : AES_BLOCK;
		sym_xor(s, s, iv2, AES_BLOCK);
		s[12] ^= (uint8_t)(j >> 24);
		s[13] ^= (uint8_t)(j >> 16);
		s[14] ^= (uint8_t)(j >> 8);
		s[15] ^= (uint8_t)j;
		ok = EVP_CipherUpdate(l->cipher, s, &outl, s, AES_BLOCK) == 1;
		if (ok)
			sym_xor(out, in, s, n);
	}
	OPENSSL_cleanse(s, sizeof(s));
	OPENSSL_cleanse(iv2, sizeof(iv2));
	return ok;
}

/* The tweak of the next block: times x in GF(2^128) (IEEE 1619, 5.2). */
static void
sym_xts_next(uint8_t tweak[AES_BLOCK])
{
	unsigned int carry = 0, i, b;

	for (i = 0; i < AES_BLOCK; i++) {
		b = tweak[i];
		tweak[i] = (uint8_t)(b << 1 | carry);
		carry = b >> 7;
	}
	tweak[0] ^= (uint8_t)(0x87 * carry);
}

static bool
sym_xts_block(EVP_CIPHER_CTX *ctx, const uint8_t tweak[AES_BLOCK], uint8_t *out, const uint8_t *in)
{
	uint8_t x[AES_BLOCK];
	int outl;
	bool ok;

	sym_xor(x, in, tweak, AES_BLOCK);
	ok = EVP_CipherUpdate(ctx, x, &outl, x, AES_BLOCK) == 1;
	sym_xor(out, x, tweak, AES_BLOCK);
	return ok;
}

/* IEEE 1619, 5.3 and 5.4, for at least one block.  With ciphertext stealing the last two
 * tweaks change places on decryption.
 */
static bool
sym_xts(const struct ossl_session *s, struct ossl_lane *l, const struct vcryptod_lane *lane,
		const uint8_t iv[AES_BLOCK], uint8_t *out, const uint8_t *in, uint32_t len)
{
	const uint8_t *begin = in;
	uint32_t rest = len % AES_BLOCK, swap = s->p.op != VIRTIO_CRYPTO_OP_ENCRYPT;
	uint32_t normal = len / AES_BLOCK - (rest != 0);
	uint8_t tweak[2][AES_BLOCK], stolen[AES_BLOCK], last[AES_BLOCK];
	int outl;
	bool ok;

	ok = EVP_CipherUpdate(l->cipher2, tweak[0], &outl, iv, AES_BLOCK) == 1;
	for (; ok && normal > 0; normal--, in += AES_BLOCK, out += AES_BLOCK) {
		ok = vcryptod_lane_goes_on(lane, (uint64_t)(in - begin)) &&
				sym_xts_block(l->cipher, tweak[0], out, in);
		sym_xts_next(tweak[0]);
	}
	if (ok && rest != 0) {
		memcpy(tweak[1], tweak[0], AES_BLOCK);
		sym_xts_next(tweak[1]);
		ok = sym_xts_block(l->cipher, tweak[swap], stolen, in);
		memcpy(last, in + AES_BLOCK, rest);
		memcpy(last + rest, stolen + rest, AES_BLOCK - rest);
		memcpy(out + AES_BLOCK, stolen, rest);
		ok = ok && sym_xts_block(l->cipher, tweak[1 - swap], out, last);
	}
	OPENSSL_cleanse(tweak, sizeof(tweak));
	OPENSSL_cleanse(stolen, sizeof(stolen));
	OPENSSL_cleanse(last, sizeof(last));
	return ok;
}

/* In pieces, so that a long message can be halted; the library takes one of XTS only whole. */
static bool
sym_update_long(const struct ossl_session *s, EVP_CIPHER_CTX *ctx,
		const struct vcryptod_lane *lane, uint8_t *out, const uint8_t *in, uint32_t len)
{
	bool whole = s->p.algo == VIRTIO_CRYPTO_CIPHER_AES_XTS;
	const uint8_t *begin = in;
	bool ok = true;
	uint32_t n;
	int outl;

	for (; len != 0 && ok; in += n, out += n, len -= n) {
		n = len > VCRYPTOD_PIECE && !whole ? VCRYPTOD_PIECE : len;
		ok = vcryptod_lane_goes_on(lane, (uint64_t)(in - begin)) &&
				EVP_CipherUpdate(ctx, out, &outl, in, (int)n) == 1 &&
				outl == (int)n;
	}
	return ok;
}

/* One message in one piece; false if the library fails, or if it is halted. */
static bool
sym_cipher_run(struct ossl_session *s, struct ossl_lane *l, const struct vcryptod_lane *lane,
		const uint8_t *iv, uint8_t *out, const uint8_t *in, uint32_t len)
{
	EVP_CIPHER_CTX *ctx = sym_cipher_ctx(s, l);
	int outl = 0;

	if (ctx == NULL)
		return false;
	if (len == 0)
		return true;
	switch (s->mode) {
	case OSSL_DES3_CTR:
		return sym_des3_ctr(ctx, lane, iv, out, in, len);
	case OSSL_AES_F8:
		return sym_aes_f8(l, lane, iv, out, in, len);
	case OSSL_XTS_EQUAL:
		return sym_xts(s, l, lane, iv, out, in, len);
	case OSSL_RC4:
		if (EVP_CipherInit_ex2(ctx, NULL, s->key, NULL, -1, NULL) != 1)
			return false;
		break;
	case OSSL_PLAIN:
	default:
		if (EVP_CipherInit_ex2(ctx, NULL, NULL, iv, -1, NULL) != 1)
			return false;
		break;
	}
	if (len > VCRYPTOD_PIECE)
		return sym_update_long(s, ctx, lane, out, in, len);
	return EVP_CipherUpdate(ctx, out, &outl, in, (int)len) == 1 && outl == (int)len;
}

/* The same over spans of one length. */
static bool
sym_cipher_spans(struct ossl_session *s, struct ossl_lane *l, struct vcryptod_lane *lane,
		const uint8_t *iv, const struct vcryptod_span *dst,
		const struct vcryptod_span *src)
{
	uint8_t *in = vcryptod_span_gather(src, &lane->scratch);
	uint8_t *out = vcryptod_span_linear(dst);

	if (in == NULL)
		return false;
	if (out != NULL || dst->len == 0)
		return sym_cipher_run(s, l, lane, iv, out, in, src->len);
	out = vcryptod_scratch_get(&lane->scratch, dst->len);
	if (out == NULL || !sym_cipher_run(s, l, lane, iv, out, in, src->len))
		return false;
	vcryptod_span_write(dst, out);
	return true;
}

void
vcryptod_ossl_cipher(struct ossl_session *s, struct ossl_lane *l, struct vcryptod_lane *lane,
		struct vcryptod_op *op)
{
	op->status = sym_cipher_spans(s, l, lane, op->iv, &op->dst, &op->src) ?
			VIRTIO_CRYPTO_OK : VIRTIO_CRYPTO_ERR;
}

/* What lies in src outside the ciphered range goes to dst as it is, as far as dst
 * reaches.
 */
static void
sym_chain_copy(const struct vcryptod_op *op)
{
	uint32_t end = op->cipher_off + op->cipher_len;
	uint32_t both = op->src.len < op->dst.len ? op->src.len : op->dst.len;
	struct vcryptod_span from, to;

	from = vcryptod_span_sub(&op->src, 0, op->cipher_off);
	to = vcryptod_span_sub(&op->dst, 0, op->cipher_off);
	vcryptod_span_copy(&to, &from);
	from = vcryptod_span_sub(&op->src, end, both - end);
	to = vcryptod_span_sub(&op->dst, end, both - end);
	vcryptod_span_copy(&to, &from);
}

/* [from, to) of the message whose ciphered range was replaced by dst's: up to three
 * parts.
 */
static unsigned int
sym_chain_parts(struct vcryptod_span parts[3], const struct vcryptod_op *op)
{
	uint32_t at = op->hash_off, end = op->hash_off + op->hash_len;
	uint32_t limit[3] = { op->cipher_off, op->cipher_off + op->cipher_len, op->src.len };
	unsigned int i, nb = 0;
	uint32_t stop;

	for (i = 0; i < 3; i++) {
		stop = end < limit[i] ? end : limit[i];
		if (at >= stop)
			continue;
		parts[nb++] = vcryptod_span_sub(i == 1 ? &op->dst : &op->src, at, stop - at);
		at = stop;
	}
	return nb;
}

static bool
sym_chain_auth(struct ossl_session *s, struct ossl_lane *l, const struct vcryptod_lane *lane,
		uint8_t digest[VCRYPTOD_DIGEST_MAX], const struct vcryptod_op *op,
		bool after_cipher)
{
	struct vcryptod_span parts[4];
	unsigned int nb = 1;

	parts[0] = op->aad;
	if (after_cipher)
		nb += sym_chain_parts(&parts[1], op);
	else
		parts[nb++] = vcryptod_span_sub(&op->src, op->hash_off, op->hash_len);
	return vcryptod_ossl_auth_ranges(s, l, lane, digest, op->digest.len, parts, nb);
}

void
vcryptod_ossl_chain(struct ossl_session *s, struct ossl_lane *l, struct vcryptod_lane *lane,
		struct vcryptod_op *op)
{
	bool hash_first = s->p.chain_order == VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_HASH_THEN_CIPHER;
	struct vcryptod_span src = vcryptod_span_sub(&op->src, op->cipher_off, op->cipher_len);
	struct vcryptod_span dst = vcryptod_span_sub(&op->dst, op->cipher_off, op->cipher_len);
	uint8_t digest[VCRYPTOD_DIGEST_MAX];

	op->status = VIRTIO_CRYPTO_ERR;
	if (hash_first && !sym_chain_auth(s, l, lane, digest, op, false))
		return;
	sym_chain_copy(op);
	if (!sym_cipher_spans(s, l, lane, op->iv, &dst, &src))
		return;
	if (!hash_first && !sym_chain_auth(s, l, lane, digest, op, true))
		return;
	vcryptod_span_write(&op->digest, digest);
	op->status = VIRTIO_CRYPTO_OK;
}

void
vcryptod_ossl_auth(struct ossl_session *s, struct ossl_lane *l, struct vcryptod_lane *lane,
		struct vcryptod_op *op)
{
	uint8_t digest[VCRYPTOD_DIGEST_MAX];

	op->status = VIRTIO_CRYPTO_ERR;
	if (!vcryptod_ossl_auth_ranges(s, l, lane, digest, op->digest.len, &op->src, 1))
		return;
	vcryptod_span_write(&op->digest, digest);
	op->status = VIRTIO_CRYPTO_OK;
}

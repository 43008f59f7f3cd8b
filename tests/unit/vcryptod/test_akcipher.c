/* SPDX-License-Identifier: BSD-3-Clause
 *
 * RSA and ECDSA through the device model, against OpenSSL's own one-shot calls: sizes,
 * curves, paddings and hashes, results and their lengths, statuses of what is wrong, and
 * DER that is no key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "fixture.h"

#define RESULT_MAX	1024

static struct fx fx;

/* A key pair and its two encodings. */
struct key {
	EVP_PKEY *pkey;
	uint8_t *private, *public;
	int private_len, public_len;
};

static void
encode(struct key *k)
{
	k->private = k->public = NULL;
	assert_non_null(k->pkey);
	k->private_len = i2d_PrivateKey(k->pkey, &k->private);
	k->public_len = i2d_PublicKey(k->pkey, &k->public);
	assert_true(k->private_len > 0 && k->public_len > 0);
}

static void
release(struct key *k)
{
	OPENSSL_free(k->private);
	OPENSSL_free(k->public);
	EVP_PKEY_free(k->pkey);
}

static struct req_session
session(const struct key *k, uint32_t algo, bool private, uint32_t padding, uint32_t hash,
		uint32_t curve)
{
	return (struct req_session){
		.kind = REQ_AKCIPHER, .algo = algo,
		.key_type = private ? VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE :
			VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PUBLIC,
		.key = private ? k->private : k->public,
		.key_len = (uint32_t)(private ? k->private_len : k->public_len),
		.rsa_padding = padding, .rsa_hash = hash, .curve = curve,
	};
}

/* One operation; *len is the room, then the result's length by the used length. */
static uint32_t
operate(const struct req_session *s, uint32_t opcode, uint8_t *out, uint32_t *len,
		const uint8_t *in, uint32_t in_len)
{
	struct fx_op op = {
		.s = s, .akcipher_opcode = opcode, .src = { in, in_len }, .dst_len = *len,
		.piece = 50,
	};
	uint8_t digest[1];
	uint32_t status = fx_once(&fx, &op, out, digest);

	if (status == VIRTIO_CRYPTO_OK) {
		assert_true(op.written >= 1 && op.written - 1 <= *len);
		*len = op.written - 1;
	}
	return status;
}

static uint32_t
verify(const struct req_session *s, const uint8_t *sig, uint32_t sig_len, const uint8_t *data,
		uint32_t data_len)
{
	struct fx_op op = {
		.s = s, .akcipher_opcode = VIRTIO_CRYPTO_AKCIPHER_VERIFY, .src = { sig, sig_len },
		.data = { data, data_len },
	};
	uint8_t none[1];

	return fx_once(&fx, &op, none, none);
}

/* ---- RSA ---- */

static const struct {
	uint32_t hash;
	const char *name;
} hashes[] = {
	{ VIRTIO_CRYPTO_RSA_NO_HASH, NULL },
	{ VIRTIO_CRYPTO_RSA_MD5, "MD5" },
	{ VIRTIO_CRYPTO_RSA_SHA1, "SHA1" },
	{ VIRTIO_CRYPTO_RSA_SHA224, "SHA224" },
	{ VIRTIO_CRYPTO_RSA_SHA256, "SHA256" },
	{ VIRTIO_CRYPTO_RSA_SHA384, "SHA384" },
	{ VIRTIO_CRYPTO_RSA_SHA512, "SHA512" },
};

/* Raw sessions are not for signatures; lib/request builds no such request itself. */
static void
rsa_raw_sign(const struct req_session *raw, uint32_t size)
{
	struct req_session pkcs1 = *raw;
	uint8_t in[RESULT_MAX] = { 0 }, out[RESULT_MAX], none[1];
	struct fx_op op = {
		.s = &pkcs1, .akcipher_opcode = VIRTIO_CRYPTO_AKCIPHER_SIGN, .src = { in, size },
		.dst_len = size,
	};

	if (fx.layout == FX_STATELESS)
		return;
	pkcs1.rsa_padding = VIRTIO_CRYPTO_RSA_PKCS1_PADDING;
	assert_int_equal(fx_create(&fx, &op.id, raw), VIRTIO_CRYPTO_OK);
	assert_int_equal(fx_run(&fx, &op, out, none), VIRTIO_CRYPTO_NOTSUPP);
	assert_int_equal(fx_destroy(&fx, REQ_AKCIPHER, op.id), VIRTIO_CRYPTO_OK);
}

static void
rsa_raw(const struct key *k)
{
	struct req_session pub = session(k, VIRTIO_CRYPTO_AKCIPHER_RSA, false,
			VIRTIO_CRYPTO_RSA_RAW_PADDING, 0, 0);
	struct req_session priv = session(k, VIRTIO_CRYPTO_AKCIPHER_RSA, true,
			VIRTIO_CRYPTO_RSA_RAW_PADDING, 0, 0);
	uint32_t size = (uint32_t)EVP_PKEY_get_size(k->pkey), len = size + 9;
	uint8_t in[RESULT_MAX] = { 0 }, c[RESULT_MAX + 9], out[RESULT_MAX + 9];

	/* 0x42 with leading zeros; the result fills dst, with leading zeros too. */
	in[size - 1] = 0x42;
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT, c, &len, in, size), 0);
	assert_int_equal(len, size + 9);
	assert_memory_equal(c, (uint8_t[9]){ 0 }, 9);
	len = size;
	assert_int_equal(operate(&priv, VIRTIO_CRYPTO_AKCIPHER_DECRYPT, out, &len, c + 9, size), 0);
	assert_int_equal(len, size);
	assert_memory_equal(out, in, size);
	/* Shorter input is padded in front. */
	len = size;
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT, out, &len, in + size - 1, 1),
			0);
	assert_memory_equal(out, c + 9, size);
	rsa_raw_sign(&priv, size);
	/* Not beyond the modulus; not without room. */
	len = size;
	memset(in, 0xff, size);
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT, out, &len, in, size),
			VIRTIO_CRYPTO_ERR);
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT, out, &len, in, size + 1),
			VIRTIO_CRYPTO_ERR);
	in[0] = 0;
	len = size - 1;
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT, out, &len, in, size),
			VIRTIO_CRYPTO_ERR);
}

static void
rsa_pkcs1(const struct key *k)
{
	struct req_session pub = session(k, VIRTIO_CRYPTO_AKCIPHER_RSA, false,
			VIRTIO_CRYPTO_RSA_PKCS1_PADDING, 0, 0);
	struct req_session priv = session(k, VIRTIO_CRYPTO_AKCIPHER_RSA, true,
			VIRTIO_CRYPTO_RSA_PKCS1_PADDING, 0, 0);
	uint32_t size = (uint32_t)EVP_PKEY_get_size(k->pkey), len = size, i;
	uint8_t in[RESULT_MAX] = { 1, 2, 3 }, c[RESULT_MAX], out[RESULT_MAX];

	for (i = 0; i < 60; i += 20) {
		len = size;
		assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT, c, &len, in, i), 0);
		assert_int_equal(len, size);
		/* The plaintext's length is the used length's. */
		assert_int_equal(operate(&priv, VIRTIO_CRYPTO_AKCIPHER_DECRYPT, out, &len, c, size),
				0);
		assert_int_equal(len, i);
		assert_memory_equal(out, in, i);
	}
	len = size;
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT, out, &len, in, size - 10),
			VIRTIO_CRYPTO_ERR);
	/* A public key has nothing private. */
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_DECRYPT, out, &len, c, size),
			VIRTIO_CRYPTO_NOTSUPP);
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_SIGN, out, &len, in, 20),
			VIRTIO_CRYPTO_NOTSUPP);
}

/* OpenSSL's opinion of a signature. */
static bool
openssl_verifies(EVP_PKEY *pkey, const char *md_name, const uint8_t *sig, size_t sig_len,
		const uint8_t *data, size_t data_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok;

	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	if (EVP_PKEY_is_a(pkey, "RSA"))
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
	if (md_name != NULL)
		assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(md_name)),
				1);
	ok = EVP_PKEY_verify(ctx, sig, sig_len, data, data_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static void
rsa_sign(const struct key *k, unsigned int h)
{
	struct req_session pub = session(k, VIRTIO_CRYPTO_AKCIPHER_RSA, false,
			VIRTIO_CRYPTO_RSA_PKCS1_PADDING, hashes[h].hash, 0);
	struct req_session priv = session(k, VIRTIO_CRYPTO_AKCIPHER_RSA, true,
			VIRTIO_CRYPTO_RSA_PKCS1_PADDING, hashes[h].hash, 0);
	uint32_t size = (uint32_t)EVP_PKEY_get_size(k->pkey), len = size, d = 30;
	uint8_t sig[RESULT_MAX], out[RESULT_MAX], digest[64];

	memset(digest, 0xa5, sizeof(digest));
	if (hashes[h].name != NULL)
		d = (uint32_t)EVP_MD_get_size(EVP_get_digestbyname(hashes[h].name));
	assert_int_equal(operate(&priv, VIRTIO_CRYPTO_AKCIPHER_SIGN, sig, &len, digest, d), 0);
	assert_int_equal(len, size);
	assert_true(openssl_verifies(k->pkey, hashes[h].name, sig, len, digest, d));
	assert_int_equal(verify(&pub, sig, size, digest, d), VIRTIO_CRYPTO_OK);
	assert_int_equal(verify(&priv, sig, size, digest, d), VIRTIO_CRYPTO_OK);
	digest[0] ^= 1;
	assert_int_equal(verify(&pub, sig, size, digest, d), VIRTIO_CRYPTO_KEY_REJECTED);
	digest[0] ^= 1;
	sig[size / 2] ^= 1;
	assert_int_equal(verify(&pub, sig, size, digest, d), VIRTIO_CRYPTO_KEY_REJECTED);
	sig[size / 2] ^= 1;
	assert_int_equal(verify(&pub, sig, size - 1, digest, d), VIRTIO_CRYPTO_KEY_REJECTED);
	assert_int_equal(verify(&pub, sig, 0, digest, d), VIRTIO_CRYPTO_KEY_REJECTED);
	if (hashes[h].name == NULL)
		return;
	assert_int_equal(verify(&pub, sig, size, digest, d - 1), VIRTIO_CRYPTO_ERR);
	assert_int_equal(operate(&priv, VIRTIO_CRYPTO_AKCIPHER_SIGN, out, &len, digest, d - 1),
			VIRTIO_CRYPTO_ERR);
	len = size - 1;
	assert_int_equal(operate(&priv, VIRTIO_CRYPTO_AKCIPHER_SIGN, out, &len, digest, d),
			VIRTIO_CRYPTO_ERR);
}

static void
rsa(void **state)
{
	static const unsigned int bits[] = { 1024, 2048, 4096 };
	unsigned int i, h, l;
	struct key k;

	(void)state;
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		k.pkey = EVP_RSA_gen(bits[i]);
		encode(&k);
		for (l = 0; l < FX_NB_LAYOUTS; l++) {
			fx_layout(&fx, (enum fx_layout)l);
			rsa_raw(&k);
			rsa_pkcs1(&k);
			for (h = 0; h < sizeof(hashes) / sizeof(hashes[0]) && bits[i] < 4096; h++)
				rsa_sign(&k, h);
		}
		release(&k);
	}
}

/* SEQUENCE { 0, n, e, d, 0, 0, 0, 0, 0 }: the private exponent and no primes. */
static void
rsa_exponent_only(void **state)
{
	static const char * const name[] = {
		OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	};
	uint8_t body[4096], der[4096], *p = body;
	struct key k, short_key;
	unsigned int i;
	BIGNUM *bn;
	int len;

	(void)state;
	fx_layout(&fx, FX_PADDED);
	k.pkey = EVP_RSA_gen(2048);
	encode(&k);
	memcpy(p, "\x02\x01\x00", 3);
	p += 3;
	for (i = 0; i < 3; i++) {
		bn = NULL;
		assert_int_equal(EVP_PKEY_get_bn_param(k.pkey, name[i], &bn), 1);
		len = BN_num_bytes(bn) + 1;
		*p++ = 0x02;
		*p++ = 0x82;
		*p++ = (uint8_t)(len >> 8);
		*p++ = (uint8_t)len;
		*p++ = 0;
		p += BN_bn2bin(bn, p);
		BN_free(bn);
	}
	for (i = 0; i < 5; i++, p += 3)
		memcpy(p, "\x02\x01\x00", 3);
	len = (int)(p - body);
	der[0] = 0x30;
	der[1] = 0x82;
	der[2] = (uint8_t)(len >> 8);
	der[3] = (uint8_t)len;
	memcpy(der + 4, body, (size_t)len);
	short_key = k;
	short_key.private = der;
	short_key.private_len = len + 4;
	rsa_raw(&short_key);
	rsa_sign(&short_key, 4);
	release(&k);
}

/* One TLV with a two-byte length, whatever its content. */
static int
put_tlv(uint8_t *to, uint8_t tag, const uint8_t *content, int len)
{
	const uint8_t head[] = { tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len };

	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), content, (size_t)len);
	return len + (int)sizeof(head);
}

/* der, a SEQUENCE of INTEGERs, into to without sign bytes; *nb: how many had one. */
static int
strip_sign_bytes(uint8_t *to, unsigned int *nb, const uint8_t *der, int der_len)
{
	const uint8_t *p = der, *end = der + der_len;
	uint8_t body[4096];
	int len = 0, tag, class;
	long content;

	*nb = 0;
	ASN1_get_object(&p, &content, &tag, &class, end - p);
	assert_int_equal(tag, V_ASN1_SEQUENCE);
	while (p < end) {
		ASN1_get_object(&p, &content, &tag, &class, end - p);
		assert_int_equal(tag, V_ASN1_INTEGER);
		if (content > 1 && p[0] == 0) {
			assert_true(p[1] & 0x80);
			p++;
			content--;
			++*nb;
		}
		len += put_tlv(body + len, V_ASN1_INTEGER, p, (int)content);
		p += content;
	}
	return put_tlv(to, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, body, len);
}

/* Modulus and primes whose top bits are set, written as if they were negative. */
static void
rsa_without_sign_bytes(void **state)
{
	uint8_t private[4096], public[4096];
	struct key k, bare;
	unsigned int nb;

	(void)state;
	fx_layout(&fx, FX_PADDED);
	k.pkey = EVP_RSA_gen(2048);
	encode(&k);
	bare = k;
	bare.public = public;
	bare.public_len = strip_sign_bytes(public, &nb, k.public, k.public_len);
	assert_int_equal(nb, 1);
	bare.private = private;
	bare.private_len = strip_sign_bytes(private, &nb, k.private, k.private_len);
	assert_true(nb >= 3);
	rsa_raw(&bare);
	rsa_pkcs1(&bare);
	rsa_sign(&bare, 4);
	release(&k);
}

/* Every single byte of a key changed, cut at every length: an answer, never a crash. */
static void
rsa_bad_der(void **state)
{
	struct req_session s;
	unsigned int created = 0;
	uint64_t id;
	struct key k;
	int i;

	(void)state;
	fx_layout(&fx, FX_PADDED);
	k.pkey = EVP_RSA_gen(1024);
	encode(&k);
	s = session(&k, VIRTIO_CRYPTO_AKCIPHER_RSA, true, VIRTIO_CRYPTO_RSA_PKCS1_PADDING, 0, 0);
	for (i = 0; i < k.private_len; i++) {
		s.key_len = (uint32_t)i;
		assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_ERR);
		s.key_len = (uint32_t)k.private_len;
		k.private[i] ^= 0x81;
		if (fx_create(&fx, &id, &s) == VIRTIO_CRYPTO_OK) {
			created++;
			assert_int_equal(fx_destroy(&fx, REQ_AKCIPHER, id), VIRTIO_CRYPTO_OK);
		}
		k.private[i] ^= 0x81;
	}
	/* Exponents and the coefficient may be wrong unseen; modulus and primes may not. */
	assert_true(created < (unsigned int)k.private_len * 7 / 10);
	s = session(&k, VIRTIO_CRYPTO_AKCIPHER_RSA, false, 2, 0, 0);
	assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_NOTSUPP);
	s = session(&k, VIRTIO_CRYPTO_AKCIPHER_RSA, false, VIRTIO_CRYPTO_RSA_PKCS1_PADDING,
			VIRTIO_CRYPTO_RSA_MD2, 0);
	assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_NOTSUPP);
	release(&k);
}

/* What one operation may cost: numbers in the order of RSAPrivateKey, not primes. */
enum { N, E, D, P, Q, DP, DQ, QINV, NB_RSA };

/* DER of the first nb of them, without sign bytes. */
static uint32_t
put_rsa(uint8_t *to, BIGNUM *const v[NB_RSA], unsigned int nb)
{
	uint32_t at = 4, len;
	unsigned int i;

	if (nb == NB_RSA) {
		memcpy(to + at, (const uint8_t[]){ V_ASN1_INTEGER, 1, 0 }, 3);
		at += 3;
	}
	for (i = 0; i < nb; i++) {
		len = BN_is_zero(v[i]) ? 1 : (uint32_t)BN_num_bytes(v[i]);
		to[at] = V_ASN1_INTEGER;
		to[at + 1] = 0x82;
		to[at + 2] = (uint8_t)(len >> 8);
		to[at + 3] = (uint8_t)len;
		assert_int_equal(BN_bn2binpad(v[i], to + at + 4, (int)len), (int)len);
		at += 4 + len;
	}
	to[0] = V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED;
	to[1] = 0x82;
	to[2] = (uint8_t)((at - 4) >> 8);
	to[3] = (uint8_t)(at - 4);
	return at;
}

static uint32_t
create_rsa(BIGNUM *const v[NB_RSA], bool private)
{
	uint8_t der[8192];
	struct req_session s = {
		.kind = REQ_AKCIPHER, .algo = VIRTIO_CRYPTO_AKCIPHER_RSA, .key = der,
		.key_type = private ? VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE :
			VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PUBLIC,
		.key_len = put_rsa(der, v, private ? NB_RSA : E + 1),
		.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING,
	};
	uint64_t id;
	uint32_t status = fx_create(&fx, &id, &s);

	if (status == VIRTIO_CRYPTO_OK)
		assert_int_equal(fx_destroy(&fx, REQ_AKCIPHER, id), VIRTIO_CRYPTO_OK);
	return status;
}

static bool
has_small_factor(const BIGNUM *n)
{
	unsigned int i;

	for (i = 3; i < 256; i += 2)
		if (BN_mod_word(n, i) == 0)
			return true;
	return false;
}

/* Odd "primes" of these lengths, and what may go with them. */
static void
make_rsa(BIGNUM *v[NB_RSA], int p_bits, int q_bits)
{
	BN_CTX *ctx = BN_CTX_new();

	do {
		assert_int_equal(BN_rand(v[P], p_bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD), 1);
		assert_int_equal(BN_rand(v[Q], q_bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD), 1);
		assert_int_equal(BN_mul(v[N], v[P], v[Q], ctx), 1);
	} while (has_small_factor(v[N]));
	BN_CTX_free(ctx);
	assert_int_equal(BN_num_bits(v[N]), p_bits + q_bits);
	assert_true(BN_set_word(v[E], 65537) && BN_copy(v[D], v[N]) && BN_sub_word(v[D], 2) &&
			BN_copy(v[DP], v[P]) && BN_sub_word(v[DP], 2) && BN_copy(v[DQ], v[Q]) &&
			BN_sub_word(v[DQ], 2) && BN_set_word(v[QINV], 3));
}

static void
rsa_lengths(BIGNUM *v[NB_RSA])
{
	static const struct {
		int p, q;
		uint32_t limited, unlimited;	/* to 4096 bits, and to VCRYPTOD_RSA_BITS_MAX */
	} t[] = {
		{ 2048, 2048, VIRTIO_CRYPTO_OK, VIRTIO_CRYPTO_OK },
		{ 2049, 2048, VIRTIO_CRYPTO_NOTSUPP, VIRTIO_CRYPTO_OK },
		{ 4096, 4096, VIRTIO_CRYPTO_NOTSUPP, VIRTIO_CRYPTO_OK },
		{ 4097, 4096, VIRTIO_CRYPTO_NOTSUPP, VIRTIO_CRYPTO_NOTSUPP },
		{ 255, 256, VIRTIO_CRYPTO_NOTSUPP, VIRTIO_CRYPTO_NOTSUPP },
		{ 2304, 1792, VIRTIO_CRYPTO_OK, VIRTIO_CRYPTO_OK },
		{ 1792, 2304, VIRTIO_CRYPTO_OK, VIRTIO_CRYPTO_OK },
		{ 2400, 1696, VIRTIO_CRYPTO_ERR, VIRTIO_CRYPTO_ERR },
		{ 1696, 2400, VIRTIO_CRYPTO_ERR, VIRTIO_CRYPTO_ERR },
		{ 10, 4086, VIRTIO_CRYPTO_ERR, VIRTIO_CRYPTO_ERR },
	};
	unsigned int i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		make_rsa(v, t[i].p, t[i].q);
		vcryptod_engine_limit_rsa(4096);
		assert_int_equal(create_rsa(v, true), t[i].limited);
		vcryptod_engine_limit_rsa(VCRYPTOD_RSA_BITS_MAX);
		assert_int_equal(create_rsa(v, true), t[i].unlimited);
		/* A public key has no primes. */
		if (t[i].limited == VIRTIO_CRYPTO_ERR)
			assert_int_equal(create_rsa(v, false), VIRTIO_CRYPTO_OK);
		else
			assert_int_equal(create_rsa(v, false), t[i].unlimited);
		/* Nor does one that gives none. */
		BN_zero(v[P]);
		vcryptod_engine_limit_rsa(4096);
		assert_int_equal(create_rsa(v, true), t[i].limited == VIRTIO_CRYPTO_ERR ?
				(uint32_t)VIRTIO_CRYPTO_OK : t[i].limited);
		vcryptod_engine_limit_rsa(VCRYPTOD_RSA_BITS_MAX);
	}
}

/* One number wrong at a time. */
static void
rsa_absurd_numbers(BIGNUM *v[NB_RSA])
{
	static const struct {
		unsigned int which;
		int like;	/* of this number's value, plus add; or -1: add alone, shifted */
		unsigned int add, shift;
		uint32_t status;
	} t[] = {
		{ E, -1, 2, 0, VIRTIO_CRYPTO_ERR }, { E, -1, 1, 0, VIRTIO_CRYPTO_ERR },
		{ E, E, 1, 0, VIRTIO_CRYPTO_ERR }, { E, -1, 1, 64, VIRTIO_CRYPTO_NOTSUPP },
		{ D, N, 0, 0, VIRTIO_CRYPTO_ERR }, { D, N, 1, 0, VIRTIO_CRYPTO_ERR },
		{ D, -1, 0, 0, VIRTIO_CRYPTO_ERR }, { DP, P, 0, 0, VIRTIO_CRYPTO_ERR },
		{ DP, N, 0, 0, VIRTIO_CRYPTO_ERR }, { DQ, Q, 0, 0, VIRTIO_CRYPTO_ERR },
		{ DQ, -1, 0, 0, VIRTIO_CRYPTO_ERR }, { QINV, P, 0, 0, VIRTIO_CRYPTO_ERR },
		{ P, P, 2, 0, VIRTIO_CRYPTO_ERR }, { N, N, 1, 0, VIRTIO_CRYPTO_ERR },
		{ N, N, 2, 0, VIRTIO_CRYPTO_ERR }, { DP, DP, 1, 0, VIRTIO_CRYPTO_OK },
	};
	BIGNUM *good = BN_new();
	unsigned int i;

	assert_non_null(good);
	make_rsa(v, 1024, 1024);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_non_null(BN_copy(good, v[t[i].which]));
		if (t[i].like >= 0)
			assert_non_null(BN_copy(v[t[i].which], v[t[i].like]));
		else
			BN_zero(v[t[i].which]);
		assert_true(BN_add_word(v[t[i].which], t[i].add) == 1);
		if (t[i].shift != 0)
			assert_true(BN_lshift(v[t[i].which], v[t[i].which], (int)t[i].shift) == 1 &&
					BN_add_word(v[t[i].which], 1) == 1);
		if (create_rsa(v, true) != t[i].status)
			fail_msg("case %u: not status %u", i, t[i].status);
		assert_non_null(BN_copy(v[t[i].which], good));
		assert_int_equal(create_rsa(v, true), VIRTIO_CRYPTO_OK);
	}
	/* A modulus of many small factors, which blinding has to try again and again. */
	assert_true(BN_mul_word(v[N], 3) == 1);
	assert_int_equal(create_rsa(v, false), VIRTIO_CRYPTO_ERR);
	BN_free(good);
}

static void
rsa_costs(void **state)
{
	BIGNUM *v[NB_RSA];
	unsigned int i;

	(void)state;
	fx_layout(&fx, FX_PADDED);
	for (i = 0; i < NB_RSA; i++) {
		v[i] = BN_new();
		assert_non_null(v[i]);
	}
	rsa_lengths(v);
	rsa_absurd_numbers(v);
	for (i = 0; i < NB_RSA; i++)
		BN_free(v[i]);
}

/* ---- ECDSA ---- */

static const struct {
	uint32_t id, len;
	const char *name;
} curves[] = {
	{ VIRTIO_CRYPTO_CURVE_NIST_P192, 24, "P-192" },
	{ VIRTIO_CRYPTO_CURVE_NIST_P224, 28, "P-224" },
	{ VIRTIO_CRYPTO_CURVE_NIST_P256, 32, "P-256" },
	{ VIRTIO_CRYPTO_CURVE_NIST_P384, 48, "P-384" },
	{ VIRTIO_CRYPTO_CURVE_NIST_P521, 66, "P-521" },
};

static void
ecdsa_key(const struct key *k, unsigned int c)
{
	struct req_session pub = session(k, VIRTIO_CRYPTO_AKCIPHER_ECDSA, false, 0, 0,
			curves[c].id);
	struct req_session priv = session(k, VIRTIO_CRYPTO_AKCIPHER_ECDSA, true, 0, 0,
			curves[c].id);
	static const uint8_t zero_r[] = { 0x30, 6, 2, 1, 0, 2, 1, 1 };
	uint8_t sig[RESULT_MAX], digest[64];
	uint32_t room = 2 * curves[c].len + 9, len = room;

	memset(digest, 0x3c, sizeof(digest));
	assert_int_equal(operate(&priv, VIRTIO_CRYPTO_AKCIPHER_SIGN, sig, &len, digest, 32), 0);
	assert_true(len <= room && openssl_verifies(k->pkey, NULL, sig, len, digest, 32));
	assert_int_equal(verify(&pub, sig, len, digest, 32), VIRTIO_CRYPTO_OK);
	digest[31] ^= curves[c].len < 32 ? 0 : 1;
	digest[0] ^= 1;
	assert_int_equal(verify(&pub, sig, len, digest, 32), VIRTIO_CRYPTO_KEY_REJECTED);
	digest[0] ^= 1;
	digest[31] ^= curves[c].len < 32 ? 0 : 1;
	sig[len - 1] ^= 1;
	assert_int_equal(verify(&pub, sig, len, digest, 32), VIRTIO_CRYPTO_KEY_REJECTED);
	sig[len - 1] ^= 1;
	assert_int_equal(verify(&pub, sig, len - 1, digest, 32), VIRTIO_CRYPTO_KEY_REJECTED);
	assert_int_equal(verify(&pub, zero_r, sizeof(zero_r), digest, 32),
			VIRTIO_CRYPTO_KEY_REJECTED);
	/* The other half of the pair, encryption, no room. */
	assert_int_equal(verify(&priv, sig, len, digest, 32), VIRTIO_CRYPTO_NOTSUPP);
	len = room;
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_SIGN, sig, &len, digest, 32),
			VIRTIO_CRYPTO_NOTSUPP);
	assert_int_equal(operate(&pub, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT, sig, &len, digest, 32),
			VIRTIO_CRYPTO_NOTSUPP);
	len = 8;
	assert_int_equal(operate(&priv, VIRTIO_CRYPTO_AKCIPHER_SIGN, sig, &len, digest, 32),
			VIRTIO_CRYPTO_ERR);
}

static void
ecdsa_bad_keys(struct key *k, unsigned int c)
{
	struct req_session s = session(k, VIRTIO_CRYPTO_AKCIPHER_ECDSA, false, 0, 0, curves[c].id);
	uint64_t id;
	int i;

	/* Not on the curve; at infinity; on another curve; on none. */
	k->public[k->public_len - 1] ^= 1;
	assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_ERR);
	k->public[k->public_len - 1] ^= 1;
	s.key = (const uint8_t[1]){ 0 };
	s.key_len = 1;
	assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_ERR);
	s = session(k, VIRTIO_CRYPTO_AKCIPHER_ECDSA, false, 0, 0, curves[(c + 1) % 5].id);
	assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_ERR);
	s = session(k, VIRTIO_CRYPTO_AKCIPHER_ECDSA, true, 0, 0, curves[(c + 1) % 5].id);
	assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_ERR);
	s.curve = 0;
	assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_NOTSUPP);
	s.curve = 6;
	assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_NOTSUPP);
	s.curve = curves[c].id;
	for (i = 0; i < k->private_len; i++) {
		s.key_len = (uint32_t)i;
		assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_ERR);
		s.key_len = (uint32_t)k->private_len;
		k->private[i] ^= 0x55;
		if (fx_create(&fx, &id, &s) == VIRTIO_CRYPTO_OK)
			assert_int_equal(fx_destroy(&fx, REQ_AKCIPHER, id), VIRTIO_CRYPTO_OK);
		k->private[i] ^= 0x55;
	}
}

static void
ecdsa(void **state)
{
	unsigned int c, l;
	struct key k;

	(void)state;
	for (c = 0; c < sizeof(curves) / sizeof(curves[0]); c++) {
		k.pkey = EVP_EC_gen(curves[c].name);
		encode(&k);
		for (l = 0; l < FX_NB_LAYOUTS; l++) {
			fx_layout(&fx, (enum fx_layout)l);
			ecdsa_key(&k, c);
		}
		fx_layout(&fx, FX_PADDED);
		ecdsa_bad_keys(&k, c);
		release(&k);
	}
}

static int
set_up(void **state)
{
	(void)state;
	return fx_init(&fx, "auto") ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	fx_fini(&fx);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa),
		cmocka_unit_test(rsa_exponent_only),
		cmocka_unit_test(rsa_without_sign_bytes),
		cmocka_unit_test(rsa_bad_der),
		cmocka_unit_test(rsa_costs),
		cmocka_unit_test(ecdsa),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

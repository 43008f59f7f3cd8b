/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Published vectors (tests/kat) through the device model: each engine, each layout of
 * requests, in one piece, in place, and in pieces of 7 and 33 bytes.  Ciphers and AEADs
 * both ways, AEADs also with a wrong tag.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "fixture.h"
#include "kat_file.h"

#define DATA_MAX	70000

static struct kat_set set;
static struct fx fx;
static unsigned int checked, skipped;

static const struct {
	uint32_t piece;
	bool in_place;
} framing[] = { { 0, false }, { 0, true }, { 7, false }, { 33, false } };

static enum virtio_crypto_service
service_of(enum kat_service s)
{
	switch (s) {
	case KAT_HASH:
		return VIRTIO_CRYPTO_SERVICE_HASH;
	case KAT_MAC:
		return VIRTIO_CRYPTO_SERVICE_MAC;
	case KAT_AEAD:
		return VIRTIO_CRYPTO_SERVICE_AEAD;
	default:
		return VIRTIO_CRYPTO_SERVICE_CIPHER;
	}
}

static const struct req_alg *
alg_of(const char *name, enum virtio_crypto_service service)
{
	const struct req_alg *alg = req_alg_by_name(name, strlen(name));

	if (alg == NULL || alg->service != service ||
			!(fx.caps.mask[service] & VIRTIO_BIT(alg->number)))
		return NULL;
	return alg;
}

/* False: this device has not the algorithm. */
static bool
to_session(struct req_session *s, const struct kat_vec *v, bool decrypt)
{
	static const enum req_kind kind[] = {
		[KAT_CIPHER] = REQ_CIPHER, [KAT_HASH] = REQ_HASH, [KAT_MAC] = REQ_MAC,
		[KAT_AEAD] = REQ_AEAD, [KAT_CHAIN] = REQ_CHAIN,
	};
	const struct req_alg *alg = alg_of(v->alg, service_of(v->service)), *auth;
	bool cipher_first = v->order == KAT_CIPHER_THEN_AUTH;

	if (alg == NULL)
		return false;
	*s = (struct req_session){
		.kind = kind[v->service], .algo = alg->number,
		.op = decrypt ? VIRTIO_CRYPTO_OP_DECRYPT : VIRTIO_CRYPTO_OP_ENCRYPT,
		.key = v->key.data, .key_len = v->key.len, .digest_len = v->digest.len,
		.aad_len = v->aad.len,
	};
	if (v->service == KAT_HASH || v->service == KAT_MAC)
		s->op = 0;
	if (v->service != KAT_CHAIN)
		return true;
	/* Backwards the order is the other one: verify, then decrypt. */
	s->chain_order = cipher_first != decrypt ?
			VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH :
			VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_HASH_THEN_CIPHER;
	s->hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH;
	auth = alg_of(v->auth_alg, VIRTIO_CRYPTO_SERVICE_MAC);
	if (auth == NULL) {
		s->hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN;
		auth = alg_of(v->auth_alg, VIRTIO_CRYPTO_SERVICE_HASH);
	}
	if (auth == NULL)
		return false;
	s->auth_algo = auth->number;
	s->auth_key = v->auth_key.data;
	s->auth_key_len = v->auth_key.len;
	return true;
}

/* GHASH by the book, a bit at a time (SP 800-38D, 6.3 and 6.4). */
static void
ghash_block(uint8_t y[16], const uint8_t h[16], const uint8_t block[16])
{
	uint8_t z[16] = { 0 }, v[16], carry;
	int i, k;

	memcpy(v, h, 16);
	for (i = 0; i < 16; i++)
		y[i] ^= block[i];
	for (i = 0; i < 128; i++) {
		for (k = 0; k < 16 && (y[i / 8] & 0x80 >> i % 8); k++)
			z[k] ^= v[k];
		carry = v[15] & 1;
		for (k = 15; k > 0; k--)
			v[k] = (uint8_t)(v[k] >> 1 | v[k - 1] << 7);
		v[0] = (uint8_t)(v[0] >> 1 ^ (carry ? 0xe1 : 0));
	}
	memcpy(y, z, 16);
}

/* A request has 12 bytes of iv, or J0; J0 of a longer or shorter iv (7.1). */
static void
gcm_j0(uint8_t j0[16], const struct kat_vec *v)
{
	static const char * const name[] = { "AES-128-ECB", "AES-192-ECB", "AES-256-ECB" };
	EVP_CIPHER *ecb = EVP_CIPHER_fetch(NULL, name[v->key.len / 8 - 2], NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t h[16] = { 0 }, block[16] = { 0 };
	uint32_t at, n;
	int len;

	assert_true(EVP_EncryptInit_ex2(ctx, ecb, v->key.data, NULL, NULL) == 1);
	assert_true(EVP_EncryptUpdate(ctx, h, &len, h, 16) == 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(ecb);
	memset(j0, 0, 16);
	for (at = 0; at < v->iv.len; at += 16) {
		n = v->iv.len - at < 16 ? v->iv.len - at : 16;
		memset(block, 0, 16);
		memcpy(block, v->iv.data + at, n);
		ghash_block(j0, h, block);
	}
	memset(block, 0, 16);
	block[14] = (uint8_t)(v->iv.len * 8 >> 8);
	block[15] = (uint8_t)(v->iv.len * 8);
	ghash_block(j0, h, block);
}

static void
to_op(struct fx_op *op, const struct kat_vec *v, const struct req_session *s, bool decrypt,
		uint8_t *src)
{
	const struct kat_bytes *in = decrypt ? &v->out : &v->in;
	uint32_t tag = v->service == KAT_AEAD ? v->digest.len : 0;
	static uint8_t j0[16];

	memset(op, 0, sizeof(*op));
	op->s = s;
	op->iv = (struct fx_bytes){ v->iv.data, v->iv.len };
	if (strcmp(v->alg, "aes-gcm") == 0 && v->iv.len != 12) {
		gcm_j0(j0, v);
		op->iv = (struct fx_bytes){ j0, sizeof(j0) };
	}
	op->aad = (struct fx_bytes){ v->aad.data, v->aad.len };
	assert_true(in->len + tag <= DATA_MAX);
	if (in->len != 0)
		memcpy(src, in->data, in->len);
	op->src = (struct fx_bytes){ src, in->len };
	op->dst_len = v->service == KAT_HASH || v->service == KAT_MAC ? 0 : in->len;
	op->digest_len = v->digest.len;
	op->range.cipher_off = v->cipher.off;
	op->range.cipher_len = v->cipher.len;
	op->range.hash_off = v->auth.off;
	op->range.hash_len = v->auth.len;
	if (tag != 0 && decrypt) {
		memcpy(src + in->len, v->digest.data, tag);
		op->src.len += tag;
	} else {
		op->dst_len += tag;
	}
}

static void
check(const struct kat_vec *v, bool ok, const char *what, bool decrypt, unsigned int frame)
{
	if (!ok)
		fail_msg("%s:%u %s %s: %s, %s, layout %d, framing %u", v->file, v->line, v->alg,
				v->name, what, decrypt ? "decrypt" : "encrypt", (int)fx.layout,
				frame);
}

static bool
same(const uint8_t *a, const uint8_t *b, uint32_t len)
{
	return len == 0 || memcmp(a, b, len) == 0;
}

static void
check_output(const struct kat_vec *v, const struct fx_op *op, const uint8_t *dst,
		const uint8_t *digest, bool decrypt, unsigned int frame)
{
	const struct kat_bytes *want = decrypt ? &v->in : &v->out;

	if (v->service == KAT_AEAD) {
		check(v, same(dst, want->data, want->len), "data", decrypt, frame);
		check(v, decrypt || same(dst + want->len, v->digest.data, v->digest.len), "tag",
				decrypt, frame);
		return;
	}
	check(v, same(dst, want->data, op->dst_len), "data", decrypt, frame);
	check(v, same(digest, v->digest.data, op->digest_len), "digest", decrypt, frame);
}

/* The tag's last bit wrong: refused, and no plaintext is left. */
static void
check_tag(const struct kat_vec *v, struct fx_op *op, uint8_t *src, unsigned int frame)
{
	uint8_t dst[DATA_MAX], digest[VCRYPTOD_DIGEST_MAX];
	uint32_t i;

	if (v->service != KAT_AEAD)
		return;
	src[op->src.len - 1] ^= 1;
	check(v, fx_once(&fx, op, dst, digest) == VIRTIO_CRYPTO_BADMSG, "wrong tag", true, frame);
	src[op->src.len - 1] ^= 1;
	for (i = 0; i < op->dst_len; i++)
		check(v, dst[i] == 0, "plaintext after a wrong tag", true, frame);
	checked++;
}

static void
run_vector(const struct kat_vec *v, bool decrypt)
{
	static uint8_t src[DATA_MAX], dst[DATA_MAX];
	uint8_t digest[VCRYPTOD_DIGEST_MAX];
	struct req_session s;
	struct fx_op op;
	unsigned int i;

	if (!to_session(&s, v, decrypt)) {
		skipped++;
		return;
	}
	for (i = 0; i < sizeof(framing) / sizeof(framing[0]); i++) {
		if (framing[i].in_place && (v->service == KAT_HASH || v->service == KAT_MAC))
			continue;
		to_op(&op, v, &s, decrypt, src);
		op.piece = framing[i].piece;
		op.in_place = framing[i].in_place;
		check(v, fx_once(&fx, &op, dst, digest) == VIRTIO_CRYPTO_OK, "status", decrypt, i);
		check_output(v, &op, dst, digest, decrypt, i);
		checked++;
		if (decrypt)
			check_tag(v, &op, src, i);
	}
}

/* How many vectors are of an algorithm that the engine has not. */
static unsigned int
run_engine(const char *engine)
{
	unsigned int l, i;

	checked = skipped = 0;
	if (!fx_init(&fx, engine)) {
		print_message("engine %s is not of this build\n", engine);
		skip();
	}
	for (l = 0; l < FX_NB_LAYOUTS; l++) {
		fx_layout(&fx, (enum fx_layout)l);
		for (i = 0; i < set.nb; i++) {
			run_vector(&set.vec[i], false);
			if (set.vec[i].service != KAT_HASH && set.vec[i].service != KAT_MAC)
				run_vector(&set.vec[i], true);
		}
	}
	fx_fini(&fx);
	print_message("engine %s: %u requests checked, %u vectors without the algorithm\n", engine,
			checked, skipped / FX_NB_LAYOUTS);
	assert_true(checked > 1000);
	return skipped / FX_NB_LAYOUTS;
}

static void
openssl(void **state)
{
	(void)state;
	(void)run_engine("openssl");
}

static void
ipsec_mb(void **state)
{
	(void)state;
	(void)run_engine("ipsec-mb");
}

/* Only MACs with an iv are missing, which do not fit into a request. */
static void
both(void **state)
{
	unsigned int without = run_engine("auto"), macs = 0, i;
	const struct req_alg *alg;

	(void)state;
	for (i = 0; i < set.nb; i++) {
		alg = req_alg_by_name(set.vec[i].alg, strlen(set.vec[i].alg));
		macs += set.vec[i].service == KAT_MAC && alg != NULL && alg->iv.max != 0;
	}
	if (vcryptod_engine_find("ipsec-mb") != NULL)
		assert_int_equal(without, macs);
}

static int
load(void **state)
{
	(void)state;
	return kat_load(&set, KAT_VECTORS);
}

static int
unload(void **state)
{
	(void)state;
	kat_free(&set);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl),
		cmocka_unit_test(ipsec_mb),
		cmocka_unit_test(both),
	};

	return cmocka_run_group_tests(tests, load, unload);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Long requests of a queue that has to stop: one of more than VCRYPTOD_PIECE ends with ERR,
 * one that is not longer is finished, and without a stop both have the result of the library's
 * single call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "model.h"

#define LONG_LEN	(2 * VCRYPTOD_PIECE + 512)
#define TAG		16u
#define GCM		11u	/* in the table below */

static struct vcryptod_model model;
static struct vcryptod_lane lane;
static uint8_t *src, *dst;
static const bool yes = true;

static const uint8_t key[32] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
};

#define CIPHER(a, k, i)	{ .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_ ## a, .key = key, \
	.key_len = k, .op = VIRTIO_CRYPTO_OP_ENCRYPT }, i
#define HASH(a, d)	{ .kind = REQ_HASH, .algo = VIRTIO_CRYPTO_HASH_ ## a, .digest_len = d }, 0
#define MAC(a, k, d)	{ .kind = REQ_MAC, .algo = VIRTIO_CRYPTO_MAC_ ## a, .key = key, \
	.key_len = k, .digest_len = d }, 0
#define AEAD(a, k)	{ .kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_ ## a, .key = key, \
	.key_len = k, .digest_len = TAG, .op = VIRTIO_CRYPTO_OP_ENCRYPT }, 12

static const struct {
	struct req_session s;
	uint32_t iv_len;
} kinds[] = {
	{ CIPHER(AES_CBC, 16, 16) },
	{ CIPHER(AES_CTR, 16, 16) },
	{ CIPHER(3DES_CBC, 24, 8) },
	{ CIPHER(3DES_CTR, 24, 8) },
	{ CIPHER(AES_F8, 32, 16) },
	{ HASH(SHA_256, 32) },
	{ HASH(SHA3_512, 64) },
	{ MAC(HMAC_SHA_256, 32, 32) },
	{ MAC(CMAC_3DES, 24, 8) },
	{ MAC(CBCMAC_AES, 16, 16) },
	{ MAC(XCBC_AES, 16, 16) },
	{ AEAD(GCM, 16) },
	{ AEAD(CHACHA20_POLY1305, 32) },
};

/* The status of one request of len bytes; its result is in dst. */
static uint8_t
run(unsigned int kind, uint32_t len, const bool *halt)
{
	const struct req_session *s = &kinds[kind].s;
	bool is_aead = s->kind == REQ_AEAD;
	uint32_t out = s->kind == REQ_CIPHER ? len : is_aead ? len + TAG : s->digest_len;
	uint8_t hdr[REQ_DATA_HDR_SESSION + 16] = { 0 }, status = 0xee;
	struct vqd_seg readable[] = {
		{ hdr, REQ_DATA_HDR_SESSION + kinds[kind].iv_len }, { src, 700 },
		{ src + 700, len - 700 } };
	struct vqd_seg writable[] = { { dst, out }, { &status, 1 } };
	struct vcryptod_request r = { .readable = readable, .nb_readable = 3,
		.writable = writable, .nb_writable = 2 }, *rp = &r;
	uint64_t id;

	assert_int_equal(vcryptod_model_create(&model, &id, s), VIRTIO_CRYPTO_OK);
	assert_true(req_data_header(hdr, sizeof(hdr), s, id, kinds[kind].iv_len, 0, 0, 0) > 0);
	if (s->kind == REQ_CIPHER)
		req_set_cipher(hdr, len, len);
	else if (is_aead)
		req_set_aead(hdr, 0, len, out);
	else
		req_set_hash(hdr, len);
	memset(dst, 0, LONG_LEN + TAG);
	lane.halt = halt;
	(void)vcryptod_model_turn(&model, &lane, &rp, 1);
	lane.halt = NULL;
	assert_false(r.malformed);
	assert_int_equal(vcryptod_model_destroy(&model, id), VIRTIO_CRYPTO_OK);
	return status;
}

static void
long_requests_end(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(run(i, LONG_LEN, &yes), VIRTIO_CRYPTO_ERR);
		assert_int_equal(run(i, VCRYPTOD_PIECE + 256, &yes), VIRTIO_CRYPTO_ERR);
		assert_int_equal(run(i, VCRYPTOD_PIECE, &yes), VIRTIO_CRYPTO_OK);
		assert_int_equal(run(i, LONG_LEN, NULL), VIRTIO_CRYPTO_OK);
	}
}

/* Pieces have no seam. */
static void
pieces_fit(void **state)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *want = malloc(LONG_LEN + TAG), md[32];
	unsigned int n;
	int len;

	(void)state;
	assert_non_null(ctx);
	assert_non_null(want);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, iv), 1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, want, &len, src, LONG_LEN), 1);
	assert_int_equal(len, LONG_LEN);
	assert_int_equal(run(0, LONG_LEN, NULL), VIRTIO_CRYPTO_OK);
	assert_memory_equal(dst, want, LONG_LEN);
	assert_int_equal(EVP_Digest(src, LONG_LEN, md, &n, EVP_sha256(), NULL), 1);
	assert_int_equal(run(5, LONG_LEN, NULL), VIRTIO_CRYPTO_OK);
	assert_memory_equal(dst, md, 32);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, want, &len, src, LONG_LEN), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, want, &len), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, want + LONG_LEN), 1);
	assert_int_equal(kinds[GCM].s.algo, VIRTIO_CRYPTO_AEAD_GCM);
	assert_int_equal(run(GCM, LONG_LEN, NULL), VIRTIO_CRYPTO_OK);
	assert_memory_equal(dst, want, LONG_LEN + TAG);
	EVP_CIPHER_CTX_free(ctx);
	free(want);
}

static int
group_set_up(void **state)
{
	struct vcryptod_model_config cfg = {
		.engine = &vcryptod_engine_openssl, .max_dataqueues = 1,
		.max_size = 4 * LONG_LEN, .max_sessions = 4, .nb_lanes = 1,
	};
	unsigned int i;

	(void)state;
	assert_int_equal(cfg.engine->init(&cfg.caps), 0);
	cfg.figures = vcryptod_figures_open(-1, 1);
	assert_non_null(cfg.figures);
	assert_int_equal(vcryptod_model_init(&model, &cfg), 0);
	lane.counters = cfg.figures->queue[0].by;
	vcryptod_model_features(&model, 0);
	assert_int_equal(vcryptod_scratch_init(&lane.scratch,
			vcryptod_model_scratch(cfg.max_size)), 0);
	src = malloc(LONG_LEN);
	dst = malloc(LONG_LEN + TAG);
	assert_non_null(src);
	assert_non_null(dst);
	for (i = 0; i < LONG_LEN; i++)
		src[i] = (uint8_t)(i * 7 + (i >> 8));
	return 0;
}

static int
group_tear_down(void **state)
{
	(void)state;
	free(dst);
	free(src);
	vcryptod_scratch_fini(&lane.scratch);
	vcryptod_model_fini(&model);
	vcryptod_figures_close(model.cfg.figures, 1);
	vcryptod_engine_openssl.fini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_requests_end),
		cmocka_unit_test(pieces_fit),
	};

	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}

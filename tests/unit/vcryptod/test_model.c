/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device model beside the algorithms: configuration space, statuses of control and
 * data requests, ids of sessions, and requests that no driver should send.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "fixture.h"
#include "log.h"

static const uint8_t bytes[256];	/* zeros, for keys and data */

static const struct req_session cbc = {
	.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
	.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = bytes, .key_len = 16,
};

static int
set_up(void **state)
{
	static struct fx fx;

	*state = &fx;
	if (!fx_init(&fx, "openssl"))
		return -1;
	fx_layout(&fx, FX_PADDED);
	return 0;
}

static int
tear_down(void **state)
{
	fx_fini(*state);
	return 0;
}

/* ---- configuration space ---- */

static void
config_space(void **state)
{
	struct fx *fx = *state;
	struct virtio_crypto_config c;
	uint8_t part[80];

	vcryptod_model_config_read(&fx->model, 0, &c, sizeof(c));
	assert_int_equal(le32_to_cpu(c.status), VIRTIO_CRYPTO_S_HW_READY);
	assert_int_equal(le32_to_cpu(c.max_dataqueues), 1);
	assert_int_equal(le32_to_cpu(c.crypto_services), 0x1f);
	assert_true(le32_to_cpu(c.cipher_algo_l) & 1u << VIRTIO_CRYPTO_CIPHER_AES_XTS);
	assert_int_equal(le32_to_cpu(c.cipher_algo_h), 0);
	assert_true(le32_to_cpu(c.mac_algo_h) & 1u << (VIRTIO_CRYPTO_MAC_XCBC_AES - 32));
	assert_false(le32_to_cpu(c.mac_algo_h) & 1u << (VIRTIO_CRYPTO_MAC_GMAC_AES - 32));
	assert_int_equal(le64_to_cpu(c.max_size), FX_MAX_SIZE);
	/* Any part, and zeros behind the end. */
	memset(part, 0xff, sizeof(part));
	vcryptod_model_config_read(&fx->model, 50, part, 30);
	assert_memory_equal(part, (uint8_t *)&c + 50, 6);
	assert_memory_equal(part + 6, bytes, 24);
	assert_int_equal(part[30], 0xff);
	vcryptod_model_config_read(&fx->model, UINT32_MAX, part, 4);
	assert_memory_equal(part, bytes, 4);
}

/* ---- sessions ---- */

struct create_case {
	const char *name;
	struct req_session s;
	uint32_t status;
};

static const struct create_case create_cases[] = {
	{ "an algorithm that nobody has", { .kind = REQ_CIPHER, .algo = 63, .op = 1, .key = bytes,
		.key_len = 16 }, VIRTIO_CRYPTO_NOTSUPP },
	{ "an algorithm number beyond the masks", { .kind = REQ_CIPHER, .algo = 64 + 3, .op = 1,
		.key = bytes, .key_len = 16 }, VIRTIO_CRYPTO_NOTSUPP },
	{ "an algorithm that the engine has not", { .kind = REQ_CIPHER,
		.algo = VIRTIO_CRYPTO_CIPHER_ZUC_EEA3, .op = 1, .key = bytes, .key_len = 16 },
		VIRTIO_CRYPTO_NOTSUPP },
	{ "no algorithm", { .kind = REQ_CIPHER, .algo = 0, .op = 1, .key = bytes, .key_len = 16 },
		VIRTIO_CRYPTO_NOTSUPP },
	{ "a key too short", { .kind = REQ_CIPHER, .algo = 3, .op = 1, .key = bytes,
		.key_len = 15 }, VIRTIO_CRYPTO_ERR },
	{ "no key", { .kind = REQ_CIPHER, .algo = 3, .op = 1, .key_len = 0 }, VIRTIO_CRYPTO_ERR },
	{ "a digest longer than the hash", { .kind = REQ_HASH, .algo = VIRTIO_CRYPTO_HASH_SHA1,
		.digest_len = 21 }, VIRTIO_CRYPTO_ERR },
	{ "a MAC of no bytes", { .kind = REQ_MAC, .algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .key = bytes,
		.key_len = 20, .digest_len = 0 }, VIRTIO_CRYPTO_ERR },
	{ "a MAC key longer than offered", { .kind = REQ_MAC, .algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1,
		.key = bytes, .key_len = 1025, .digest_len = 20 }, VIRTIO_CRYPTO_ERR },
	{ "a MAC that needs an iv", { .kind = REQ_MAC, .algo = VIRTIO_CRYPTO_MAC_GMAC_AES,
		.key = bytes, .key_len = 16, .digest_len = 16 }, VIRTIO_CRYPTO_NOTSUPP },
	{ "a GCM tag of 17 bytes", { .kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_GCM, .op = 1,
		.key = bytes, .key_len = 16, .digest_len = 17 }, VIRTIO_CRYPTO_ERR },
	{ "a chain with an unknown MAC", { .kind = REQ_CHAIN, .algo = 3, .op = 1, .key = bytes,
		.key_len = 16, .chain_order = 1, .hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH,
		.auth_algo = 63, .auth_key = bytes, .auth_key_len = 16, .digest_len = 16 },
		VIRTIO_CRYPTO_NOTSUPP },
};

static void
create_statuses(void **state)
{
	struct fx *fx = *state;
	const struct create_case *c;
	static uint8_t key[2048];
	struct req_session s;
	uint64_t id;
	unsigned int i;

	for (i = 0; i < sizeof(create_cases) / sizeof(create_cases[0]); i++) {
		c = &create_cases[i];
		s = c->s;
		s.key = key;
		if (fx_create(fx, &id, &s) != c->status)
			fail_msg("%s", c->name);
	}
	assert_int_equal(fx->model.sessions.nb, 0);
	assert_int_equal(fx->model.refused, i);
}

static void
ids(void **state)
{
	uint64_t id[FX_SESSIONS], again;
	struct fx *fx = *state;
	unsigned int i, k;

	for (i = 0; i < FX_SESSIONS; i++) {
		assert_int_equal(fx_create(fx, &id[i], &cbc), VIRTIO_CRYPTO_OK);
		assert_true(id[i] >> 62 == 0);
		for (k = 0; k < i; k++)
			assert_true(id[i] != id[k]);
	}
	/* No more than was said; the word for it comes with REVISION_1. */
	assert_int_equal(fx_create(fx, &again, &cbc), VIRTIO_CRYPTO_ERR);
	vcryptod_model_features(&fx->model, VIRTIO_CRYPTO_F_REVISION_1);
	fx->layout = FX_REVISION_1;
	assert_int_equal(fx_create(fx, &again, &cbc), VIRTIO_CRYPTO_NOSPC);
	/* Gone is gone, and no id comes back soon. */
	assert_int_equal(fx_destroy(fx, REQ_CIPHER, id[3]), VIRTIO_CRYPTO_OK);
	assert_int_equal(fx_destroy(fx, REQ_CIPHER, id[3]), VIRTIO_CRYPTO_ERR);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(fx_create(fx, &again, &cbc), VIRTIO_CRYPTO_OK);
		assert_true(again != id[3]);
		assert_int_equal(fx_destroy(fx, REQ_CIPHER, again), VIRTIO_CRYPTO_OK);
	}
	assert_int_equal(fx_destroy(fx, REQ_CIPHER, 0xffffffffffffffffu), VIRTIO_CRYPTO_ERR);
	vcryptod_model_reset(&fx->model);
	assert_int_equal(fx->model.sessions.nb, 0);
	fx_layout(fx, FX_PADDED);
	assert_int_equal(fx_destroy(fx, REQ_CIPHER, id[0]), VIRTIO_CRYPTO_ERR);
}

static uint64_t
stands_still(void)
{
	return 1;
}

/* What was written into the pipe since the last call. */
static const char *
said(int fd)
{
	static char text[8 * VCRYPTOD_LOG_LINE];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* A line that names the limit and the option, and few of them, however often a driver asks. */
static void
full_is_said(void **state)
{
	struct fx *fx = *state;
	const char *line;
	unsigned int i;
	uint64_t id;
	int fd[2];

	for (i = 0; i < FX_SESSIONS; i++)
		assert_int_equal(fx_create(fx, &id, &cbc), VIRTIO_CRYPTO_OK);
	fx->model.cfg.name = "test";
	assert_int_equal(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
	vcryptod_log_redirect(fd[1], stands_still);
	assert_int_equal(fx_create(fx, &id, &cbc), VIRTIO_CRYPTO_ERR);
	line = said(fd[0]);
	assert_non_null(strstr(line, "test: session refused: all 16 are in use (1 refused"));
	assert_non_null(strstr(line, "--sessions"));
	for (i = 1; i < 100; i++)
		assert_int_equal(fx_create(fx, &id, &cbc), VIRTIO_CRYPTO_ERR);
	for (i = 1, line = said(fd[0]); (line = strchr(line, '\n')) != NULL; i++)
		line++;
	assert_int_equal(i, VCRYPTOD_LOG_BURST);
	assert_int_equal(vcryptod_log_missing(), 100 - VCRYPTOD_LOG_BURST);
	vcryptod_log_redirect(STDERR_FILENO, NULL);
	close(fd[0]);
	close(fd[1]);
}

/* ---- control requests that are no requests ---- */

static int
raw_ctrl(struct fx *fx, const void *req, uint32_t len, void *answer, uint32_t room,
		uint32_t *written)
{
	struct vqd_seg *readable, *writable;
	unsigned int nb_readable, nb_writable;
	int ret;

	readable = fx_segs(&nb_readable, req, len, 0);
	writable = fx_segs(&nb_writable, NULL, room, 0);
	ret = vcryptod_model_ctrl(&fx->model, written, readable, nb_readable, writable,
			nb_writable);
	fx_segs_free(answer, writable, nb_writable);
	fx_segs_free(NULL, readable, nb_readable);
	return ret;
}

static void
bad_control(void **state)
{
	struct virtio_crypto_create_session_input in;
	struct fx *fx = *state;
	uint32_t written, op;
	uint8_t req[512];
	int len, i;

	len = req_create_build(req, sizeof(req), &cbc, 0);
	/* Cut anywhere: refused, unless nothing but the answer's room is missing. */
	for (i = 0; i < len; i++) {
		assert_int_equal(raw_ctrl(fx, req, (uint32_t)i, &in, sizeof(in), &written), 0);
		assert_true(le32_to_cpu(in.status) == VIRTIO_CRYPTO_ERR ||
				le32_to_cpu(in.status) == VIRTIO_CRYPTO_NOTSUPP);
	}
	for (i = 0; i < (int)sizeof(in); i++)
		assert_int_equal(raw_ctrl(fx, req, (uint32_t)len, &in, (uint32_t)i, &written),
				-EBADMSG);
	assert_int_equal(fx->model.sessions.nb, 0);
	/* A key of 4 GiB. */
	memset(req + 16 + 4, 0xff, 4);
	assert_int_equal(raw_ctrl(fx, req, (uint32_t)len, &in, sizeof(in), &written), 0);
	assert_int_equal(le32_to_cpu(in.status), VIRTIO_CRYPTO_ERR);
	/* Opcodes that do not exist, answered in the form that fits. */
	for (op = 0; op < 0x700; op++) {
		memset(req, 0, sizeof(req));
		memcpy(req, &(le32){ cpu_to_le32(op | 0x80).raw }, sizeof(le32));
		assert_int_equal(raw_ctrl(fx, req, 72, &in, sizeof(in), &written), 0);
		assert_int_equal(written, sizeof(in));
		assert_int_equal(le32_to_cpu(in.status), VIRTIO_CRYPTO_NOTSUPP);
		assert_int_equal(raw_ctrl(fx, req, 72, &in, 1, &written), 0);
		assert_int_equal(*(uint8_t *)&in, VIRTIO_CRYPTO_NOTSUPP);
	}
}

static void
control_noise(void **state)
{
	struct virtio_crypto_create_session_input in;
	struct fx *fx = *state;
	uint8_t req[200];
	uint32_t written;
	unsigned int i, k;

	srand(1);
	for (i = 0; i < 20000; i++) {
		for (k = 0; k < sizeof(req); k++)
			req[k] = (uint8_t)(rand() >> 8);
		/* Close to a request: opcodes and small numbers. */
		req[0] = (uint8_t)(2 + rand() % 4);
		req[1] = (uint8_t)(rand() % 6);
		req[2] = req[3] = 0;
		for (k = 16; k < 72; k++)
			if (k % 4 != 0 || rand() % 3 == 0)
				req[k] = 0;
			else
				req[k] = (uint8_t)(rand() % 33);
		assert_int_equal(raw_ctrl(fx, req, (uint32_t)(rand() % (int)sizeof(req)), &in,
				sizeof(in), &written), 0);
		if (fx->model.sessions.nb == FX_SESSIONS)
			vcryptod_model_reset(&fx->model);
	}
	assert_true(fx->model.created > 0);
}

/* ---- data requests ---- */

static uint32_t
raw_data(struct fx *fx, const void *req, uint32_t len, uint32_t room, bool *malformed)
{
	struct vqd_seg *readable, *writable;
	unsigned int nb_readable, nb_writable;
	struct vcryptod_request r, *rp = &r;
	uint8_t *out = calloc(1, room + 1);
	uint32_t status;

	memset(&r, 0, sizeof(r));
	readable = fx_segs(&nb_readable, req, len, 0);
	writable = fx_segs(&nb_writable, NULL, room, 0);
	r.readable = readable;
	r.nb_readable = nb_readable;
	r.writable = writable;
	r.nb_writable = nb_writable;
	fx_serve(&fx->model, &fx->lane[0], &rp, 1);
	*malformed = r.malformed;
	fx_segs_free(out, writable, nb_writable);
	fx_segs_free(NULL, readable, nb_readable);
	status = room != 0 ? out[room - 1] : VIRTIO_CRYPTO_ERR;
	free(out);
	return status;
}

/* An XTS key of two equal halves: OpenSSL decrypts with it alone. */
static void
xts_openssl_decrypts(uint8_t *out, const uint8_t *in, int len, const uint8_t *key, uint32_t key_len)
{
	const EVP_CIPHER *type = key_len == 32 ? EVP_aes_128_xts() : EVP_aes_256_xts();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int got;

	assert_int_equal(EVP_DecryptInit_ex(ctx, type, NULL, key, bytes), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, out, &got, in, len), 1);
	assert_int_equal(got, len);
	EVP_CIPHER_CTX_free(ctx);
}

/* IEEE 1619, vector 1, and every way to end, with both sizes of key, there and back. */
static void
xts_with_equal_keys(void **state)
{
	static const uint8_t want[32] = {
		0x91, 0x7c, 0xf6, 0x9e, 0xbd, 0x68, 0xb2, 0xec,
		0x9b, 0x9f, 0xe9, 0xa3, 0xea, 0xdd, 0xa6, 0x92,
		0xcd, 0x43, 0xd2, 0xf5, 0x95, 0x98, 0xed, 0x85,
		0x8c, 0x02, 0xc2, 0x65, 0x2f, 0xbf, 0x92, 0x2e,
	};
	struct req_session s = {
		.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_XTS, .key = bytes,
	};
	struct fx_op op = { .s = &s, .iv = { bytes, 16 }, .src = { bytes, 0 } };
	uint8_t cipher[256], back[256], digest[1];

	for (s.key_len = 32; s.key_len <= 64; s.key_len += 32)
		for (op.dst_len = 16; op.dst_len <= 80; op.dst_len++) {
			op.piece = op.dst_len % 3 == 0 ? 7 : 0;
			op.src = (struct fx_bytes){ bytes, op.dst_len };
			s.op = VIRTIO_CRYPTO_OP_ENCRYPT;
			assert_int_equal(fx_once(*state, &op, cipher, digest), VIRTIO_CRYPTO_OK);
			xts_openssl_decrypts(back, cipher, (int)op.dst_len, bytes, s.key_len);
			assert_memory_equal(back, bytes, op.dst_len);
			op.src.p = cipher;
			s.op = VIRTIO_CRYPTO_OP_DECRYPT;
			assert_int_equal(fx_once(*state, &op, back, digest), VIRTIO_CRYPTO_OK);
			assert_memory_equal(back, bytes, op.dst_len);
			op.in_place = op.piece == 0;
			assert_int_equal(fx_once(*state, &op, back, digest), VIRTIO_CRYPTO_OK);
			assert_memory_equal(back, bytes, op.dst_len);
			op.in_place = false;
			if (s.key_len == 32 && op.dst_len == sizeof(want))
				assert_memory_equal(cipher, want, sizeof(want));
		}
}

static void
data_statuses(void **state)
{
	struct fx *fx = *state;
	struct fx_op op = { .s = &cbc, .iv = { bytes, 16 }, .src = { bytes, 64 }, .dst_len = 64 };
	struct req_session other = cbc;
	uint8_t dst[256], digest[VCRYPTOD_DIGEST_MAX];
	uint64_t id;

	assert_int_equal(fx_create(fx, &id, &cbc), VIRTIO_CRYPTO_OK);
	op.id = id;
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_OK);
	assert_int_equal(op.written, 65);
	op.id = id + 1;
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_INVSESS);
	assert_int_equal(op.written, 1);
	op.id = id ^ UINT64_C(1) << 40;
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_INVSESS);
	op.id = id;
	op.src.len = op.dst_len = 63;
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_ERR);
	op.src.len = op.dst_len = 64;
	op.iv.len = 12;
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_ERR);
	op.iv.len = 16;
	/* The other direction, another kind. */
	other.op = VIRTIO_CRYPTO_OP_DECRYPT;
	op.s = &other;
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_ERR);
	other = (struct req_session){ .kind = REQ_HASH, .algo = VIRTIO_CRYPTO_HASH_SHA1 };
	op.digest_len = 20;
	op.dst_len = 0;
	op.iv.len = 0;
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_ERR);
}

static void
max_size(void **state)
{
	static uint8_t src[FX_MAX_SIZE], dst[FX_MAX_SIZE];
	struct fx *fx = *state;
	struct fx_op op = { .s = &cbc, .iv = { bytes, 16 }, .src = { src, 0 } };
	uint8_t digest[1];

	/* iv, src and dst together. */
	op.src.len = op.dst_len = (FX_MAX_SIZE - 16) / 2 / 16 * 16;
	assert_int_equal(fx_once(fx, &op, dst, digest), VIRTIO_CRYPTO_OK);
	op.src.len = op.dst_len += 16;
	assert_int_equal(fx_once(fx, &op, dst, digest), VIRTIO_CRYPTO_ERR);
}

static void
empty_messages(void **state)
{
	struct fx *fx = *state;
	struct fx_op op = { .s = &cbc, .iv = { bytes, 16 }, .src = { bytes, 0 } };
	uint8_t dst[1], digest[1];

	assert_int_equal(fx_once(fx, &op, dst, digest), VIRTIO_CRYPTO_OK);
	assert_int_equal(op.written, 1);
}

/* Modes where they are not negotiated. */
static void
modes(void **state)
{
	struct fx *fx = *state;
	struct fx_op op = { .s = &cbc, .iv = { bytes, 16 }, .src = { bytes, 64 }, .dst_len = 64 };
	uint8_t dst[64], digest[1];

	/* flag 0 with REVISION_1 and without the stateless bit (5.9.9.3). */
	fx_layout(fx, FX_STATELESS);
	vcryptod_model_features(&fx->model, VIRTIO_CRYPTO_F_REVISION_1);
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_NOTSUPP);
	/* A stateless bit without REVISION_1 does not count. */
	vcryptod_model_features(&fx->model, VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE);
	assert_int_equal(fx->model.layout[VIRTIO_CRYPTO_SERVICE_CIPHER], 0);
	fx_layout(fx, FX_STATELESS);
	assert_int_equal(fx_run(fx, &op, dst, digest), VIRTIO_CRYPTO_OK);
	assert_int_equal(fx->model.sessions.nb, 0);
}

static void
bad_data(void **state)
{
	uint8_t req[256] = { 0 };
	struct fx *fx = *state;
	bool malformed;
	uint64_t id;
	int len, i;

	assert_int_equal(fx_create(fx, &id, &cbc), VIRTIO_CRYPTO_OK);
	len = req_data_header(req, sizeof(req), &cbc, id, 16, 0, 0, 0);
	req_set_cipher(req, 64, 64);
	len += 16 + 64;
	assert_int_equal(raw_data(fx, req, (uint32_t)len, 65, &malformed), VIRTIO_CRYPTO_OK);
	/* Too little memory on either side. */
	for (i = 0; i < len; i++) {
		assert_int_not_equal(raw_data(fx, req, (uint32_t)i, 65, &malformed),
				VIRTIO_CRYPTO_OK);
		assert_false(malformed);
	}
	for (i = 1; i < 65; i++)
		assert_int_equal(raw_data(fx, req, (uint32_t)len, (uint32_t)i, &malformed),
				VIRTIO_CRYPTO_ERR);
	raw_data(fx, req, (uint32_t)len, 0, &malformed);
	assert_true(malformed);
	/* More than needed does no harm. */
	assert_int_equal(raw_data(fx, req, sizeof(req), 200, &malformed), VIRTIO_CRYPTO_OK);
	/* Lengths whose sum wraps in 32 bits. */
	req_set_cipher(req, 0xfffffff0u, 0xfffffff0u);
	assert_int_equal(raw_data(fx, req, (uint32_t)len, 65, &malformed), VIRTIO_CRYPTO_ERR);
}

static void
data_noise(void **state)
{
	struct req_session s = {
		.kind = REQ_CHAIN, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .op = 1, .key = bytes,
		.key_len = 16, .chain_order = 1, .hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH,
		.auth_algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .auth_key = bytes, .auth_key_len = 20,
		.digest_len = 20,
	};
	struct fx *fx = *state;
	unsigned int i, k, ok = 0;
	uint8_t req[200];
	bool malformed;
	uint64_t id;
	le64 wire_id;

	assert_int_equal(fx_create(fx, &id, &s), VIRTIO_CRYPTO_OK);
	wire_id = cpu_to_le64(id);
	srand(2);
	for (i = 0; i < 50000; i++) {
		vcryptod_model_features(&fx->model, i % 3 == 0 ? 0 : i % 3 == 1 ?
				VIRTIO_CRYPTO_F_REVISION_1 : VCRYPTOD_FEATURES);
		memset(req, 0, sizeof(req));
		assert_true(req_data_header(req, sizeof(req), &s, id, 16, 0, 0, 0) > 0);
		req_set_chain(req, 64, 64, 0, 64, 0, 64);
		for (k = 0; k < 4; k++)
			req[rand() % 96] = (uint8_t)(rand() % 3 == 0 ? rand() >> 4 : rand() % 70);
		if (i % 5 == 0)
			memcpy(req + 8, &wire_id, sizeof(wire_id));
		ok += raw_data(fx, req, (uint32_t)(rand() % 200), (uint32_t)(rand() % 120),
				&malformed) == VIRTIO_CRYPTO_OK;
	}
	assert_true(ok > 100);
}

/* ---- sessions come and go while requests run ---- */

struct churn {
	struct fx *fx;
	uint64_t id[8];		/* atomic: what may be used, or what was */
	bool stop;
	unsigned int ok, gone;
};

static void *
use_sessions(void *arg)
{
	alignas(8) uint8_t hdr[REQ_DATA_HDR_SESSION + 16];
	struct vqd_seg readable[2], writable[1];
	struct vcryptod_request r, *rp = &r;
	uint8_t src[64], dst[65];
	struct churn *c = arg;
	unsigned int i = 0;

	memset(src, 0, sizeof(src));
	while (!__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE)) {
		memset(&r, 0, sizeof(r));
		memset(hdr, 0, sizeof(hdr));
		req_data_header(hdr, sizeof(hdr), &cbc, __atomic_load_n(&c->id[i++ % 8],
				__ATOMIC_ACQUIRE), 16, 0, 0, 0);
		req_set_cipher(hdr, 64, 64);
		readable[0] = (struct vqd_seg){ hdr, sizeof(hdr) };
		readable[1] = (struct vqd_seg){ src, sizeof(src) };
		writable[0] = (struct vqd_seg){ dst, sizeof(dst) };
		r.readable = readable;
		r.nb_readable = 2;
		r.writable = writable;
		r.nb_writable = 1;
		/* Every second time as one that takes long. */
		if (i / 8 % 2 != 0)
			(void)vcryptod_model_turn(&c->fx->model, &c->fx->lane[1], &rp, 1);
		else
			vcryptod_model_long(&c->fx->model, &c->fx->lane[1], &r);
		__atomic_fetch_add(&c->ok, dst[64] == VIRTIO_CRYPTO_OK, __ATOMIC_RELAXED);
		c->gone += dst[64] == VIRTIO_CRYPTO_INVSESS;
	}
	return NULL;
}

static void
churn(void **state)
{
	struct churn c = { .fx = *state };
	unsigned int i, rounds = 0;
	uint64_t id;
	pthread_t t;

	for (i = 0; i < 8; i++) {
		assert_int_equal(fx_create(c.fx, &id, &cbc), VIRTIO_CRYPTO_OK);
		__atomic_store_n(&c.id[i], id, __ATOMIC_RELEASE);
	}
	assert_int_equal(pthread_create(&t, NULL, use_sessions, &c), 0);
	/* And on, until the other thread has got its turn. */
	for (i = 0; i < 20000 || __atomic_load_n(&c.ok, __ATOMIC_RELAXED) == 0; i++) {
		id = c.id[i % 8];
		/* Destroyed while the other thread may be using it. */
		assert_int_equal(vcryptod_model_destroy(&c.fx->model, id), VIRTIO_CRYPTO_OK);
		assert_int_equal(vcryptod_model_create(&c.fx->model, &id, &cbc), VIRTIO_CRYPTO_OK);
		__atomic_store_n(&c.id[i % 8], id, __ATOMIC_RELEASE);
		rounds++;
	}
	__atomic_store_n(&c.stop, true, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	print_message("%u requests served, %u found their session gone\n", c.ok, c.gone);
	assert_true(c.ok > 0 && rounds >= 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(config_space, set_up, tear_down),
		cmocka_unit_test_setup_teardown(create_statuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(full_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_control, set_up, tear_down),
		cmocka_unit_test_setup_teardown(control_noise, set_up, tear_down),
		cmocka_unit_test_setup_teardown(xts_with_equal_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(data_statuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(max_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(empty_messages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_data, set_up, tear_down),
		cmocka_unit_test_setup_teardown(data_noise, set_up, tear_down),
		cmocka_unit_test_setup_teardown(churn, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

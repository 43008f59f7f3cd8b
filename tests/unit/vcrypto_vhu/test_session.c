/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions by messages: each layout's bytes, the layout found out, and failures.
 */
#include "test_vcrypto_vhu.h"
#include "transport/vhost_user/vhu_session.h"

static uint8_t key32[32], key20[20], key_rsa[600];

static const struct req_session cipher = {
	.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .op = VIRTIO_CRYPTO_OP_DECRYPT,
	.key = key32, .key_len = sizeof(key32),
};
static const struct req_session chain = {
	.kind = REQ_CHAIN, .algo = VIRTIO_CRYPTO_CIPHER_3DES_CBC, .op = VIRTIO_CRYPTO_OP_ENCRYPT,
	.key = key32, .key_len = 24,
	.chain_order = VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH,
	.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH, .auth_algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1,
	.auth_key = key20, .auth_key_len = sizeof(key20), .digest_len = 12,
};
static const struct req_session rsa = {
	.kind = REQ_AKCIPHER, .algo = VIRTIO_CRYPTO_AKCIPHER_RSA,
	.key = key_rsa, .key_len = sizeof(key_rsa),
	.key_type = VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE,
	.rsa_padding = VIRTIO_CRYPTO_RSA_PKCS1_PADDING, .rsa_hash = VIRTIO_CRYPTO_RSA_SHA256,
};

static void
start(struct fixture *f, enum backend_layout there, enum req_vhu_layout here)
{
	size_t i;

	for (i = 0; i < sizeof(key_rsa); i++)
		key_rsa[i] = key32[i % 32] = key20[i % 20] = (uint8_t)(i * 3 + 1);
	f->args.sessions = VCRYPTO_VHU_SESSIONS_MESSAGE;
	f->args.layout = here;
	f->fb.layout = there;
	backend_start(&f->fb);
	create(f);
	bring_up(f, VIRTIO_F_VERSION_1);
}

static int
make(struct fixture *f, const struct req_session *s, uint64_t *id, uint32_t *status)
{
	*id = UINT64_MAX;
	*status = 99;
	return f->t->ops->session_create(f->t, id, status, s);
}

static void
make_ok(struct fixture *f, const struct req_session *s)
{
	uint64_t id;
	uint32_t status;

	assert_int_equal(make(f, s, &id, &status), 0);
	assert_int_equal(status, VIRTIO_CRYPTO_OK);
	assert_int_equal(id, 7);
}

/* A request that ends with this status. */
static void
make_status(struct fixture *f, const struct req_session *s, uint32_t expected)
{
	uint64_t id;
	uint32_t status;

	assert_int_equal(make(f, s, &id, &status), 0);
	assert_int_equal(status, expected);
}

static void
expect_cipher(struct fixture *f)
{
	const struct vhu_session_sym *m = &f->fb.session.sym;

	backend_lock(&f->fb);
	assert_int_equal(m->op_type, VIRTIO_CRYPTO_SYM_OP_CIPHER);
	assert_int_equal(m->cipher_algo, VIRTIO_CRYPTO_CIPHER_AES_CBC);
	assert_int_equal(m->direction, VIRTIO_CRYPTO_OP_DECRYPT);
	assert_int_equal(m->cipher_key_len, 32);
	assert_int_equal(m->hash_algo | m->auth_key_len | m->digest_len | m->hash_mode, 0);
	assert_memory_equal(f->fb.session.cipher_key, key32, 32);
	assert_int_equal(f->fb.session.cipher_key[32], 0);
	backend_unlock(&f->fb);
}

static void
expect_chain(struct fixture *f, bool with_auth_key)
{
	const struct vhu_session_sym *m = &f->fb.session.sym;

	backend_lock(&f->fb);
	assert_int_equal(m->op_type, VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING);
	assert_int_equal(m->cipher_algo, VIRTIO_CRYPTO_CIPHER_3DES_CBC);
	assert_int_equal(m->direction, VIRTIO_CRYPTO_OP_ENCRYPT);
	assert_int_equal(m->cipher_key_len, 24);
	assert_int_equal(m->hash_algo, VIRTIO_CRYPTO_MAC_HMAC_SHA1);
	assert_int_equal(m->hash_mode, VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH);
	assert_int_equal(m->auth_key_len, 20);
	assert_int_equal(m->digest_len, 12);
	assert_int_equal(m->aad_len, 0);
	assert_int_equal(m->chain_order, VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH);
	if (with_auth_key)
		assert_memory_equal(f->fb.session.auth_key, key20, 20);
	backend_unlock(&f->fb);
}

static void
layout(struct fixture *f, enum backend_layout there, enum req_vhu_layout here)
{
	uint32_t status = 99;

	start(f, there, here);
	make_ok(f, &cipher);
	expect_cipher(f);
	make_ok(f, &chain);
	expect_chain(f, there != BACKEND_LAYOUT_UNION);
	assert_int_equal(backend_count(&f->fb, VHU_CREATE_CRYPTO_SESSION), 2);
	assert_int_equal(f->t->ops->session_destroy(f->t, 0x123456789a, &status), 0);
	assert_int_equal(status, VIRTIO_CRYPTO_OK);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.closed_session, 0x123456789a);
	if (there != BACKEND_LAYOUT_PLAIN)
		assert_int_equal(f->fb.session.op_code, VIRTIO_CRYPTO_CIPHER_CREATE_SESSION);
	backend_unlock(&f->fb);
}

static void
test_opcode(void **state)
{
	layout(*state, BACKEND_LAYOUT_OPCODE, REQ_VHU_LAYOUT_OPCODE);
}

static void
test_plain(void **state)
{
	layout(*state, BACKEND_LAYOUT_PLAIN, REQ_VHU_LAYOUT_PLAIN);
}

static void
test_union(void **state)
{
	layout(*state, BACKEND_LAYOUT_UNION, REQ_VHU_LAYOUT_UNION);
}

static void
test_auto_opcode(void **state)
{
	layout(*state, BACKEND_LAYOUT_OPCODE, REQ_VHU_LAYOUT_AUTO);
}

/* The first message says nothing to this one, and the second does; then it is known. */
static void
test_auto_union(void **state)
{
	struct fixture *f = *state;

	start(f, BACKEND_LAYOUT_UNION, REQ_VHU_LAYOUT_AUTO);
	make_ok(f, &cipher);
	expect_cipher(f);
	assert_int_equal(backend_count(&f->fb, VHU_CREATE_CRYPTO_SESSION), 2);
	make_ok(f, &chain);
	assert_int_equal(backend_count(&f->fb, VHU_CREATE_CRYPTO_SESSION), 3);
	/* A new back end may be an older one. */
	backend_hang_up(&f->fb);
	backend_lock(&f->fb);
	f->fb.layout = BACKEND_LAYOUT_OPCODE;
	backend_unlock(&f->fb);
	bring_up(f, VIRTIO_F_VERSION_1);
	make_ok(f, &chain);
	expect_chain(f, true);
	assert_int_equal(backend_count(&f->fb, VHU_CREATE_CRYPTO_SESSION), 4);
}

static void
test_rsa(void **state)
{
	struct fixture *f = *state;

	start(f, BACKEND_LAYOUT_UNION, REQ_VHU_LAYOUT_AUTO);
	make_ok(f, &rsa);
	backend_lock(&f->fb);
	assert_int_equal(f->fb.session.op_code, VIRTIO_CRYPTO_AKCIPHER_CREATE_SESSION);
	assert_int_equal(f->fb.session.asym.algo, VIRTIO_CRYPTO_AKCIPHER_RSA);
	assert_int_equal(f->fb.session.asym.key_type, VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE);
	assert_int_equal(f->fb.session.asym.key_len, sizeof(key_rsa));
	assert_int_equal(f->fb.session.asym.rsa_padding, VIRTIO_CRYPTO_RSA_PKCS1_PADDING);
	assert_int_equal(f->fb.session.asym.rsa_hash, VIRTIO_CRYPTO_RSA_SHA256);
	assert_memory_equal(f->fb.session.asym.key, key_rsa, sizeof(key_rsa));
	backend_unlock(&f->fb);
}

static void
test_what_no_message_says(void **state)
{
	struct fixture *f = *state;
	struct req_session hash = {
		.kind = REQ_HASH, .algo = VIRTIO_CRYPTO_HASH_SHA_256, .digest_len = 32,
	};
	struct req_session mac = {
		.kind = REQ_MAC, .algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .key = key20,
		.key_len = sizeof(key20), .digest_len = 20,
	};
	struct req_session aead = {
		.kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_GCM, .op = VIRTIO_CRYPTO_OP_ENCRYPT,
		.key = key32, .key_len = 32, .digest_len = 16,
	};

	start(f, BACKEND_LAYOUT_OPCODE, REQ_VHU_LAYOUT_OPCODE);
	make_status(f, &hash, VIRTIO_CRYPTO_NOTSUPP);
	make_status(f, &mac, VIRTIO_CRYPTO_NOTSUPP);
	make_status(f, &aead, VIRTIO_CRYPTO_NOTSUPP);
	make_status(f, &rsa, VIRTIO_CRYPTO_NOTSUPP);
	assert_int_equal(backend_count(&f->fb, VHU_CREATE_CRYPTO_SESSION), 0);
}

/* ... is not offered either, whatever the back end has. */
static void
test_what_is_not_offered(void **state)
{
	const uint32_t sym = 1u << VIRTIO_CRYPTO_SERVICE_CIPHER |
		1u << VIRTIO_CRYPTO_SERVICE_HASH | 1u << VIRTIO_CRYPTO_SERVICE_MAC;
	const uint32_t rsa_bit = 1u << VIRTIO_CRYPTO_AKCIPHER_RSA;
	struct fixture *f = *state;
	struct virtio_crypto_config c;

	f->fb.config.crypto_services = cpu_to_le32(UINT32_MAX);
	f->fb.config.akcipher_algo = cpu_to_le32(UINT32_MAX);
	start(f, BACKEND_LAYOUT_OPCODE, REQ_VHU_LAYOUT_OPCODE);
	assert_int_equal(f->t->ops->read_config(f->t, 0, &c, sizeof(c)), 0);
	assert_int_equal(le32_to_cpu(c.crypto_services), sym);
	assert_int_equal(le32_to_cpu(c.akcipher_algo), rsa_bit);

	vcrypto_vhu_session_limit(&f->fb.config, REQ_VHU_LAYOUT_UNION);
	assert_int_equal(le32_to_cpu(f->fb.config.crypto_services),
			sym | 1u << VIRTIO_CRYPTO_SERVICE_AKCIPHER);
}

static void
test_key_too_long(void **state)
{
	struct fixture *f = *state;
	static uint8_t big[2000];
	struct req_session s = cipher;
	uint64_t id;
	uint32_t status;

	start(f, BACKEND_LAYOUT_UNION, REQ_VHU_LAYOUT_UNION);
	s.key = big;
	s.key_len = 65;
	assert_int_equal(make(f, &s, &id, &status), -EMSGSIZE);
	s = chain;
	s.auth_key = big;
	s.auth_key_len = 513;
	assert_int_equal(make(f, &s, &id, &status), -EMSGSIZE);
	s = rsa;
	s.key = big;
	s.key_len = 1025;
	assert_int_equal(make(f, &s, &id, &status), -EMSGSIZE);
	s.key_len = 1024;
	make_ok(f, &s);
}

static void
test_failures(void **state)
{
	static const struct {
		int64_t answer;
		uint32_t status;
	} cases[] = {
		{ -1, VIRTIO_CRYPTO_ERR }, { -2, VIRTIO_CRYPTO_BADMSG },
		{ -3, VIRTIO_CRYPTO_NOTSUPP }, { -5, VIRTIO_CRYPTO_NOSPC },
		{ -6, VIRTIO_CRYPTO_KEY_REJECTED }, { -7, VIRTIO_CRYPTO_ERR },
		{ -1000, VIRTIO_CRYPTO_ERR }, { INT64_MIN + 1, VIRTIO_CRYPTO_ERR },
		{ INT64_MIN, VIRTIO_CRYPTO_ERR },
	};
	struct fixture *f = *state;
	uint32_t status;
	size_t i;

	start(f, BACKEND_LAYOUT_OPCODE, REQ_VHU_LAYOUT_OPCODE);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		backend_lock(&f->fb);
		f->fb.session_answer = cases[i].answer;
		backend_unlock(&f->fb);
		make_status(f, &cipher, cases[i].status);
	}
	/* A back end that does not know the message says so by an acknowledgement. */
	backend_lock(&f->fb);
	f->fb.fault.request = VHU_CREATE_CRYPTO_SESSION;
	f->fb.fault.act = BACKEND_REFUSE;
	backend_unlock(&f->fb);
	make_status(f, &cipher, VIRTIO_CRYPTO_ERR);
	backend_lock(&f->fb);
	f->fb.fault.request = VHU_CLOSE_CRYPTO_SESSION;
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->session_destroy(f->t, 1, &status), 0);
	assert_int_equal(status, VIRTIO_CRYPTO_ERR);
	assert_int_equal(f->fb.nb_connections, 1);
	/* An answer that is not one. */
	backend_lock(&f->fb);
	f->fb.fault.act = BACKEND_OBEY;
	backend_unlock(&f->fb);
	assert_int_equal(f->t->ops->check(f->t), 0);
}

static void
test_answer_of_wrong_size(void **state)
{
	struct fixture *f = *state;
	uint64_t id;
	uint32_t status;

	start(f, BACKEND_LAYOUT_OPCODE, REQ_VHU_LAYOUT_OPCODE);
	backend_lock(&f->fb);
	f->fb.fault.request = VHU_CREATE_CRYPTO_SESSION;
	f->fb.fault.act = BACKEND_SHORT;
	backend_unlock(&f->fb);
	log_capture_start();
	assert_int_equal(make(f, &cipher, &id, &status), -EPROTO);
	assert_int_equal(log_capture_errors(), 1);
	assert_int_equal(make(f, &cipher, &id, &status), -ENODEV);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	assert_int_equal(log_capture_errors(), 1);
}

/* The id is looked for where this layout has it, and nobody put one there. */
static void
test_wrong_layout(void **state)
{
	struct fixture *f = *state;

	start(f, BACKEND_LAYOUT_OPCODE, REQ_VHU_LAYOUT_UNION);
	make_status(f, &cipher, VIRTIO_CRYPTO_ERR);
}

static void
test_bad_request(void **state)
{
	struct fixture *f = *state;
	struct req_session s;
	uint64_t id;
	uint32_t status;

	start(f, BACKEND_LAYOUT_OPCODE, REQ_VHU_LAYOUT_OPCODE);
	s = cipher;
	s.op = 0;
	assert_int_equal(make(f, &s, &id, &status), -EINVAL);
	s = chain;
	s.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_NESTED;
	assert_int_equal(make(f, &s, &id, &status), -EINVAL);
	s = chain;
	s.auth_key = NULL;
	assert_int_equal(make(f, &s, &id, &status), -EINVAL);
	assert_int_equal(backend_count(&f->fb, VHU_CREATE_CRYPTO_SESSION), 0);
}

const struct CMUnitTest session_tests[] = {
	T(test_opcode), T(test_plain), T(test_union), T(test_auto_opcode), T(test_auto_union),
	T(test_rsa), T(test_what_no_message_says), T(test_what_is_not_offered),
	T(test_key_too_long), T(test_failures),
	T(test_answer_of_wrong_size), T(test_wrong_layout),
	T(test_bad_request),
};
const size_t nb_session_tests = sizeof(session_tests) / sizeof(session_tests[0]);

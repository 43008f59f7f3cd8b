/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Session messages: each layout against the structs of lib/wire, build and parse give
 * the same session over all layouts and kinds, and what is too short, too long or
 * undefined is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

#include "req_vhost_user.h"
#include "req_test.h"

#define NB_MSG_LAYOUTS	3

static uint8_t key[VHU_SESSION_ASYM_KEY_MAX + 1], auth_key[VHU_SESSION_AUTH_KEY_MAX + 1];

static const struct req_session cipher = {
	.kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_XTS, .op = VIRTIO_CRYPTO_OP_DECRYPT,
	.key = key, .key_len = 64,
};
static const struct req_session chain = {
	.kind = REQ_CHAIN, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .op = VIRTIO_CRYPTO_OP_ENCRYPT,
	.key = key, .key_len = 16,
	.chain_order = VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_HASH_THEN_CIPHER,
	.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH, .auth_algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1,
	.auth_key = auth_key, .auth_key_len = 512, .digest_len = 20, .aad_len = 0x01020304,
};
static const struct req_session chain_plain = {
	.kind = REQ_CHAIN, .algo = VIRTIO_CRYPTO_CIPHER_AES_CTR, .op = VIRTIO_CRYPTO_OP_DECRYPT,
	.key = key, .key_len = 32,
	.chain_order = VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH,
	.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN, .auth_algo = VIRTIO_CRYPTO_HASH_SHA_256,
	.digest_len = 32,
};
static const struct req_session rsa = {
	.kind = REQ_AKCIPHER, .algo = VIRTIO_CRYPTO_AKCIPHER_RSA, .key = key, .key_len = 1024,
	.key_type = VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE,
	.rsa_padding = VIRTIO_CRYPTO_RSA_PKCS1_PADDING, .rsa_hash = VIRTIO_CRYPTO_RSA_SHA256,
};

static const enum req_vhu_layout layouts[NB_MSG_LAYOUTS] = {
	REQ_VHU_LAYOUT_OPCODE, REQ_VHU_LAYOUT_PLAIN, REQ_VHU_LAYOUT_UNION,
};
static const size_t layout_len[NB_MSG_LAYOUTS] = { 632, 632, 1072 };

static int
setup(void **state)
{
	uint64_t seed = 5;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(prng(&seed) | 1);
	for (i = 0; i < sizeof(auth_key); i++)
		auth_key[i] = (uint8_t)(prng(&seed) | 1);
	return 0;
}

static void
same_key(const uint8_t *got, uint32_t got_len, const uint8_t *want, uint32_t want_len)
{
	assert_int_equal(got_len, want_len);
	if (want_len != 0)
		assert_memory_equal(got, want, want_len);
}

static void
same_session(const struct req_session *got, const struct req_session *want)
{
	struct req_session g = *got, w = *want;

	same_key(g.key, g.key_len, w.key, w.key_len);
	same_key(g.auth_key, g.auth_key_len, w.auth_key, w.auth_key_len);
	g.key = w.key = g.auth_key = w.auth_key = NULL;
	assert_memory_equal(&g, &w, sizeof(g));
}

/* Both halves against each other, in memory of exactly the message's size. */
static void
round_trip(const struct req_session *s, unsigned int l, bool guess)
{
	enum req_vhu_layout layout = guess ? REQ_VHU_LAYOUT_AUTO : layouts[l];
	uint8_t *msg = malloc(layout_len[l]);
	struct req_session got;
	int64_t id = 0;

	assert_non_null(msg);
	memset(msg, 0xa5, layout_len[l]);
	assert_int_equal(req_vhu_session_build(msg, layout_len[l], layouts[l], s), layout_len[l]);
	assert_int_equal(req_vhu_session_parse(&got, &layout, msg, layout_len[l]), 0);
	assert_int_equal(layout, layouts[l]);
	same_session(&got, s);
	assert_int_equal(req_vhu_answer_parse(&id, layout, msg, layout_len[l]), 0);
	assert_true(id == REQ_VHU_ID_UNANSWERED);
	free(msg);
}

static void
test_round_trips(void **state)
{
	unsigned int l;

	(void)state;
	for (l = 0; l < NB_MSG_LAYOUTS; l++) {
		round_trip(&cipher, l, false);
		round_trip(&cipher, l, true);
		round_trip(&chain, l, false);
		round_trip(&chain, l, true);
		round_trip(&chain_plain, l, false);
		round_trip(&chain_plain, l, true);
	}
	round_trip(&rsa, NB_MSG_LAYOUTS - 1, false);
	round_trip(&rsa, NB_MSG_LAYOUTS - 1, true);
}

static void
is_chain(const struct vhu_session_sym *m, const uint8_t *cipher_key, const uint8_t *mac_key)
{
	assert_int_equal(m->op_type, VIRTIO_CRYPTO_SYM_OP_ALGORITHM_CHAINING);
	assert_int_equal(m->cipher_algo, VIRTIO_CRYPTO_CIPHER_AES_CBC);
	assert_int_equal(m->direction, VIRTIO_CRYPTO_OP_ENCRYPT);
	assert_int_equal(m->hash_algo, VIRTIO_CRYPTO_MAC_HMAC_SHA1);
	assert_int_equal(m->hash_mode, VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH);
	assert_int_equal(m->chain_order, VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_HASH_THEN_CIPHER);
	assert_int_equal(m->digest_len, 20);
	assert_int_equal(m->aad_len, 0x01020304);
	same_key(cipher_key, m->cipher_key_len, key, 16);
	same_key(mac_key, m->auth_key_len, auth_key, 512);
	assert_int_equal(cipher_key[16], 0);
}

/* Build against the structs that the layouts are. */
static void
test_layouts(void **state)
{
	struct vhu_session_opcode o;
	struct vhu_session_plain p;
	struct vhu_session_union u;

	(void)state;
	assert_int_equal(req_vhu_session_build((uint8_t *)&o, sizeof(o), REQ_VHU_LAYOUT_OPCODE,
			&chain), sizeof(o));
	assert_int_equal(o.op_code, VIRTIO_CRYPTO_CIPHER_CREATE_SESSION);
	is_chain(&o.sym, o.cipher_key, o.auth_key);
	assert_int_equal(o.pointers[0] | o.pointers[1], 0);
	assert_true(o.session_id == REQ_VHU_ID_UNANSWERED);

	assert_int_equal(req_vhu_session_build((uint8_t *)&p, sizeof(p), REQ_VHU_LAYOUT_PLAIN,
			&chain), sizeof(p));
	is_chain(&p.sym, p.cipher_key, p.auth_key);
	assert_int_equal(p.padding | p.pointers[0] | p.pointers[1], 0);
	assert_true(p.session_id == REQ_VHU_ID_UNANSWERED);

	assert_int_equal(req_vhu_session_build((uint8_t *)&u, sizeof(u), REQ_VHU_LAYOUT_UNION,
			&chain), sizeof(u));
	assert_int_equal(u.op_code, VIRTIO_CRYPTO_CIPHER_CREATE_SESSION);
	is_chain(&u.u.sym.sym, u.u.sym.cipher_key, u.u.sym.auth_key);
	assert_true(u.session_id == REQ_VHU_ID_UNANSWERED);

	assert_int_equal(req_vhu_session_build((uint8_t *)&u, sizeof(u), REQ_VHU_LAYOUT_UNION,
			&rsa), sizeof(u));
	assert_int_equal(u.op_code, VIRTIO_CRYPTO_AKCIPHER_CREATE_SESSION);
	assert_int_equal(u.u.asym.algo, VIRTIO_CRYPTO_AKCIPHER_RSA);
	assert_int_equal(u.u.asym.key_type, VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE);
	assert_int_equal(u.u.asym.rsa_padding, VIRTIO_CRYPTO_RSA_PKCS1_PADDING);
	assert_int_equal(u.u.asym.rsa_hash, VIRTIO_CRYPTO_RSA_SHA256);
	assert_int_equal(u.u.asym.padding | u.u.asym.pointer, 0);
	same_key(u.u.asym.key, u.u.asym.key_len, key, 1024);
}

/* A layout is found where the fields of the other one hold numbers too. */
static void
test_guess(void **state)
{
	struct vhu_session_opcode o;
	struct vhu_session_plain p;
	enum req_vhu_layout layout = REQ_VHU_LAYOUT_AUTO;
	struct req_session s;

	(void)state;
	(void)req_vhu_session_build((uint8_t *)&o, sizeof(o), REQ_VHU_LAYOUT_OPCODE, &chain);
	/* PLAIN has its operation and direction here. */
	o.sym.aad_len = 0x01020102;
	assert_int_equal(req_vhu_session_parse(&s, &layout, (uint8_t *)&o, sizeof(o)), 0);
	assert_int_equal(layout, REQ_VHU_LAYOUT_OPCODE);

	(void)req_vhu_session_build((uint8_t *)&p, sizeof(p), REQ_VHU_LAYOUT_PLAIN, &chain);
	p.padding = 1;
	layout = REQ_VHU_LAYOUT_AUTO;
	assert_int_equal(req_vhu_session_parse(&s, &layout, (uint8_t *)&p, sizeof(p)), -EBADMSG);
	layout = REQ_VHU_LAYOUT_PLAIN;
	assert_int_equal(req_vhu_session_parse(&s, &layout, (uint8_t *)&p, sizeof(p)), 0);
	/* A plain hash has no key, and a cipher no hash. */
	p.sym.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN;
	assert_int_equal(req_vhu_session_parse(&s, &layout, (uint8_t *)&p, sizeof(p)), 0);
	assert_int_equal(s.auth_key_len, 0);
	assert_null(s.auth_key);
	p.sym.op_type = VIRTIO_CRYPTO_SYM_OP_CIPHER;
	assert_int_equal(req_vhu_session_parse(&s, &layout, (uint8_t *)&p, sizeof(p)), 0);
	assert_int_equal(s.kind, REQ_CIPHER);
	assert_int_equal(s.auth_algo | s.digest_len | s.aad_len | s.hash_mode, 0);
}

static void
test_build_refuses(void **state)
{
	static const enum req_kind no_message[] = { REQ_HASH, REQ_MAC, REQ_AEAD };
	uint8_t msg[REQ_VHU_SESSION_MAX], before[REQ_VHU_SESSION_MAX];
	struct req_session s;
	unsigned int l, i;

	(void)state;
	memset(msg, 0x5a, sizeof(msg));
	memcpy(before, msg, sizeof(msg));
	for (l = 0; l < NB_MSG_LAYOUTS; l++) {
		assert_int_equal(req_vhu_session_build(msg, layout_len[l] - 1, layouts[l],
				&cipher), -ENOSPC);
		for (i = 0; i < DIM(no_message); i++) {
			s = cipher;
			s.kind = no_message[i];
			assert_int_equal(req_vhu_session_build(msg, sizeof(msg), layouts[l], &s),
					-ENOTSUP);
		}
		s = cipher;
		s.key_len = VHU_SESSION_CIPHER_KEY_MAX + 1;
		assert_int_equal(req_vhu_session_build(msg, sizeof(msg), layouts[l], &s),
				-EMSGSIZE);
		s.key_len = UINT32_MAX;
		assert_int_equal(req_vhu_session_build(msg, sizeof(msg), layouts[l], &s),
				-EMSGSIZE);
		s = chain;
		s.auth_key_len = VHU_SESSION_AUTH_KEY_MAX + 1;
		assert_int_equal(req_vhu_session_build(msg, sizeof(msg), layouts[l], &s),
				-EMSGSIZE);
		s = chain;
		s.auth_key = NULL;
		assert_int_equal(req_vhu_session_build(msg, sizeof(msg), layouts[l], &s),
				-EINVAL);
		s.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_NESTED;
		assert_int_equal(req_vhu_session_build(msg, sizeof(msg), layouts[l], &s),
				-EINVAL);
		s = cipher;
		s.op = 3;
		assert_int_equal(req_vhu_session_build(msg, sizeof(msg), layouts[l], &s),
				-EINVAL);
	}
	s = rsa;
	s.key_len = VHU_SESSION_ASYM_KEY_MAX + 1;
	assert_int_equal(req_vhu_session_build(msg, sizeof(msg), REQ_VHU_LAYOUT_UNION, &s),
			-EMSGSIZE);
	s = rsa;
	s.algo = VIRTIO_CRYPTO_AKCIPHER_ECDSA;
	assert_int_equal(req_vhu_session_build(msg, sizeof(msg), REQ_VHU_LAYOUT_UNION, &s),
			-ENOTSUP);
	s.algo = 99;
	assert_int_equal(req_vhu_session_build(msg, sizeof(msg), REQ_VHU_LAYOUT_UNION, &s),
			-EINVAL);
	assert_int_equal(req_vhu_session_build(msg, sizeof(msg), REQ_VHU_LAYOUT_OPCODE, &rsa),
			-ENOTSUP);
	assert_int_equal(req_vhu_session_build(msg, sizeof(msg), REQ_VHU_LAYOUT_PLAIN, &rsa),
			-ENOTSUP);
	assert_memory_equal(msg, before, sizeof(msg));
}

static void
test_undefined_layouts(void **state)
{
	static const enum req_vhu_layout undefined[] = {
		REQ_VHU_NB_LAYOUTS, (enum req_vhu_layout)99,
	};
	uint8_t msg[REQ_VHU_SESSION_MAX] = { 0 };
	enum req_vhu_layout layout;
	struct req_session s;
	int64_t id;
	size_t i;

	(void)state;
	for (i = 0; i < DIM(undefined); i++) {
		layout = undefined[i];
		assert_int_equal(req_vhu_session_build(msg, sizeof(msg), layout, &cipher),
				-EINVAL);
		assert_int_equal(req_vhu_session_parse(&s, &layout, msg, 632), -EINVAL);
		assert_int_equal(req_vhu_answer_build(msg, 632, layout, 1), -EBADMSG);
		assert_int_equal(req_vhu_answer_parse(&id, layout, msg, 632), -EBADMSG);
		assert_null(req_vhu_layout_name(layout));
	}
	assert_int_equal(req_vhu_session_build(msg, sizeof(msg), REQ_VHU_LAYOUT_AUTO, &cipher),
			-EINVAL);
	assert_int_equal(req_vhu_answer_build(msg, 0, REQ_VHU_LAYOUT_AUTO, 1), -EBADMSG);
	assert_string_equal(req_vhu_layout_name(REQ_VHU_LAYOUT_AUTO), "auto");
	assert_string_equal(req_vhu_layout_name(REQ_VHU_LAYOUT_OPCODE), "opcode");
	assert_string_equal(req_vhu_layout_name(REQ_VHU_LAYOUT_PLAIN), "plain");
	assert_string_equal(req_vhu_layout_name(REQ_VHU_LAYOUT_UNION), "union");
}

/* Every length but a layout's own, given that layout and none, in exactly that memory. */
static void
test_lengths(void **state)
{
	uint8_t msg[REQ_VHU_SESSION_MAX + 8] = { 0 };
	enum req_vhu_layout layout;
	struct req_session s;
	unsigned int l;
	uint8_t *copy;
	size_t len;

	(void)state;
	for (len = 0; len <= sizeof(msg); len++) {
		copy = exact(msg, len);
		for (l = 0; l < NB_MSG_LAYOUTS; l++) {
			layout = layouts[l];
			if (len != layout_len[l])
				assert_int_equal(req_vhu_session_parse(&s, &layout, copy, len),
						-EBADMSG);
			if (len != layout_len[l])
				assert_int_equal(req_vhu_answer_build(copy, len, layout, 1),
						-EBADMSG);
		}
		layout = REQ_VHU_LAYOUT_AUTO;
		if (len != 632 && len != 1072)
			assert_int_equal(req_vhu_session_parse(&s, &layout, copy, len), -EBADMSG);
		free(copy);
	}
}

static void
test_parse_refuses(void **state)
{
	enum req_vhu_layout plain = REQ_VHU_LAYOUT_PLAIN, both = REQ_VHU_LAYOUT_UNION;
	struct vhu_session_plain p, good;
	struct vhu_session_union u;
	struct req_session s;

	(void)state;
	(void)req_vhu_session_build((uint8_t *)&good, sizeof(good), plain, &chain);
	p = good;
	p.sym.cipher_key_len = VHU_SESSION_CIPHER_KEY_MAX + 1;
	assert_int_equal(req_vhu_session_parse(&s, &plain, (uint8_t *)&p, sizeof(p)), -EBADMSG);
	p = good;
	p.sym.auth_key_len = UINT32_MAX;
	assert_int_equal(req_vhu_session_parse(&s, &plain, (uint8_t *)&p, sizeof(p)), -EBADMSG);
	p = good;
	p.sym.op_type = 3;
	assert_int_equal(req_vhu_session_parse(&s, &plain, (uint8_t *)&p, sizeof(p)), -ENOTSUP);
	p = good;
	p.sym.direction = 0;
	assert_int_equal(req_vhu_session_parse(&s, &plain, (uint8_t *)&p, sizeof(p)), -ENOTSUP);
	/* Algorithms are numbers here; what a device has is for the device to say. */
	p = good;
	p.sym.cipher_algo = p.sym.hash_algo = 9999;
	assert_int_equal(req_vhu_session_parse(&s, &plain, (uint8_t *)&p, sizeof(p)), 0);
	assert_int_equal(s.algo, 9999);
	assert_int_equal(s.auth_algo, 9999);

	(void)req_vhu_session_build((uint8_t *)&u, sizeof(u), both, &rsa);
	u.u.asym.key_len = VHU_SESSION_ASYM_KEY_MAX + 1;
	assert_int_equal(req_vhu_session_parse(&s, &both, (uint8_t *)&u, sizeof(u)), -EBADMSG);
	u.u.asym.key_len = 4;
	u.u.asym.algo = VIRTIO_CRYPTO_AKCIPHER_ECDSA;
	assert_int_equal(req_vhu_session_parse(&s, &both, (uint8_t *)&u, sizeof(u)), -ENOTSUP);
	u.u.asym.algo = 99;
	assert_int_equal(req_vhu_session_parse(&s, &both, (uint8_t *)&u, sizeof(u)), -ENOTSUP);
	u.op_code = VIRTIO_CRYPTO_HASH_CREATE_SESSION;
	assert_int_equal(req_vhu_session_parse(&s, &both, (uint8_t *)&u, sizeof(u)), -ENOTSUP);
	u.op_code = VIRTIO_CRYPTO_CIPHER_CREATE_SESSION | UINT64_C(1) << 32;
	assert_int_equal(req_vhu_session_parse(&s, &both, (uint8_t *)&u, sizeof(u)), -ENOTSUP);
}

/* Keys that are found lie within the message, whatever it holds. */
static void
test_noise(void **state)
{
	uint64_t seed = 4;
	enum req_vhu_layout layout;
	struct req_session s;
	unsigned int i, k, good = 0;
	uint8_t *msg;
	size_t len;

	(void)state;
	for (i = 0; i < 20000; i++) {
		len = i % 2 ? 632 : 1072;
		msg = calloc(1, len);
		assert_non_null(msg);
		for (k = 0; k < 60; k++)
			msg[k] = (uint8_t)(prng(&seed) % 3 == 0 ? prng(&seed) >> 8 & 3 : 0);
		layout = (enum req_vhu_layout)(i / 2 % REQ_VHU_NB_LAYOUTS);
		if (req_vhu_session_parse(&s, &layout, msg, len) == 0) {
			good++;
			assert_true(s.key >= msg && s.key + s.key_len <= msg + len);
			if (s.auth_key_len != 0)
				assert_true(s.auth_key >= msg &&
						s.auth_key + s.auth_key_len <= msg + len);
		}
		free(msg);
	}
	assert_true(good > 10);
}

static void
test_answer(void **state)
{
	static const int64_t answer = -5;
	const uint8_t *bytes = (const uint8_t *)&answer;	/* as the host has them */
	uint8_t msg[REQ_VHU_SESSION_MAX];
	int64_t id;
	unsigned int l;
	size_t i;

	(void)state;
	for (l = 0; l < NB_MSG_LAYOUTS; l++) {
		size_t at = layouts[l] == REQ_VHU_LAYOUT_UNION ? 1064 : 0;

		(void)req_vhu_session_build(msg, sizeof(msg), layouts[l], &chain);
		assert_int_equal(req_vhu_answer_build(msg, layout_len[l], layouts[l], answer), 0);
		assert_int_equal(req_vhu_answer_parse(&id, layouts[l], msg, layout_len[l]), 0);
		assert_int_equal(id, answer);
		for (i = 0; i < layout_len[l]; i++)
			assert_int_equal(msg[i], i >= at && i < at + 8 ? bytes[i - at] : 0);
		assert_int_equal(req_vhu_answer_parse(&id, layouts[l], msg, layout_len[l] - 1),
				-EBADMSG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_build_refuses),
		cmocka_unit_test(test_undefined_layouts),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests_name("req_vhost_user", tests, setup, NULL);
}

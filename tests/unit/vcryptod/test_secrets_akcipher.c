/* SPDX-License-Identifier: BSD-3-Clause
 *
 * No part of an asymmetric key outlives its session, as test_secrets.c has it for symmetric
 * ones: primes and exponents of RSA, the scalar of ECDSA, and what was signed or decrypted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "fixture.h"
#include "scan.h"
#include "wipe.h"

#define DER_MAX		4096	/* bytes */
#define RSA_BITS	1024
#define DATA_LEN	32
#define MASK		0x5a

static struct fx fx;
static uint8_t masked[DER_MAX], der[DER_MAX], out[DER_MAX];
static struct req_session s;

static void
start_or_skip(const char *engine)
{
	if (!scan_is_possible())
		skip();
	assert_true(fx_init(&fx, engine));
	fx_layout(&fx, FX_REVISION_1);
}

/* The key stays masked; what looks for it is told its numbers. */
static void
key_take(EVP_PKEY *pkey, const char *const *name, unsigned int nb)
{
	uint8_t number[512], *at = der;
	unsigned int k;
	BIGNUM *v;
	int len, i;

	assert_non_null(pkey);
	scan_forget();
	for (k = 0; k < nb; k++) {
		v = NULL;
		assert_int_equal(EVP_PKEY_get_bn_param(pkey, name[k], &v), 1);
		len = BN_bn2bin(v, number);
		scan_add_number(name[k], number, (size_t)len);
		BN_clear_free(v);
	}
	explicit_bzero(number, sizeof(number));
	assert_true(i2d_PrivateKey(pkey, NULL) <= DER_MAX);
	len = i2d_PrivateKey(pkey, &at);
	EVP_PKEY_free(pkey);
	for (i = 0; i < len; i++)
		masked[i] = der[i] ^ MASK;
	explicit_bzero(der, sizeof(der));
	s.key = der;
	s.key_len = (uint32_t)len;
	vcryptod_wipe_stack();
}

static void
der_show(void)
{
	unsigned int i;

	for (i = 0; i < s.key_len; i++)
		der[i] = masked[i] ^ MASK;
}

static void
own_wipe(void)
{
	explicit_bzero(der, sizeof(der));
	explicit_bzero(out, sizeof(out));
}

static void
create(uint64_t *id)
{
	der_show();
	assert_int_equal(fx_create(&fx, id, &s), VIRTIO_CRYPTO_OK);
	own_wipe();
}

/* opcode on random data, which is looked for. */
static void
run(uint64_t id, uint32_t opcode, uint32_t len)
{
	uint8_t data[512], none[1];
	struct fx_op op = {
		.s = &s, .id = id, .akcipher_opcode = opcode, .src = { data, len },
		.dst_len = 512, .piece = 20,
	};
	unsigned int i;

	for (i = 0; i < len; i++)
		data[i] = i == 0 ? 0 : (uint8_t)(rand() >> 7);
	scan_add_words(SCAN_DATA, "data", data, len);
	der_show();
	(void)fx_run(&fx, &op, out, none);
	own_wipe();
	explicit_bzero(data, sizeof(data));
}

static void
check(const char *when, bool alive)
{
	struct scan_found f = scan_memory(alive ? SCAN_TELL_OUTSIDE : SCAN_TELL_ALL);

	if (f.outside[SCAN_KEY] != 0 || f.outside[SCAN_DATA] != 0)
		fail_msg("found outside of the memory for keys %s", when);
	if (alive && f.inside[SCAN_KEY] == 0)
		fail_msg("the key of a session is not found: the search is wrong");
	if (!alive && f.inside[SCAN_KEY] + f.inside[SCAN_DATA] != 0)
		fail_msg("found %s", when);
}

static void
lives_and_ends(const uint32_t *opcode, unsigned int nb, uint32_t len)
{
	uint64_t id;
	unsigned int i;

	create(&id);
	check("while it lives", true);
	for (i = 0; i < nb; i++)
		run(id, opcode[i], len);
	vcryptod_wipe_lane(&fx.lane[0], fx.model.cfg.engine);
	check("while it lives, after requests", true);
	assert_int_equal(fx_destroy(&fx, REQ_AKCIPHER, id), VIRTIO_CRYPTO_OK);
	vcryptod_wipe_lane_if_ended(&fx.lane[0], fx.model.cfg.engine);
	check("after it was destroyed", false);

	create(&id);
	run(id, opcode[0], len);
	fx_layout(&fx, fx.layout);
	vcryptod_wipe_lane_if_ended(&fx.lane[0], fx.model.cfg.engine);
	check("after a reset", false);

	fx_layout(&fx, FX_STATELESS);
	run(0, opcode[0], len);
	vcryptod_wipe_lane_if_ended(&fx.lane[0], fx.model.cfg.engine);
	check("after a stateless request", false);
	fx_layout(&fx, FX_REVISION_1);
}

/* A byte of the key is wrong: its last one, then one in its middle.  Another one is missing. */
static void
is_refused(void)
{
	uint64_t id;
	int i;

	for (i = 0; i < 3; i++) {
		der_show();
		if (i < 2)
			der[i == 0 ? s.key_len - 1 : s.key_len / 2] ^= 0xff;
		s.key_len -= i == 2;
		(void)vcryptod_model_create(&fx.model, &id, &s);
		s.key_len += i == 2;
		own_wipe();
		fx_layout(&fx, fx.layout);
		check("after it was refused", false);
	}
}

static void
rsa(void **state)
{
	static const char * const name[] = {
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	static const uint32_t padded[] = {
		VIRTIO_CRYPTO_AKCIPHER_SIGN, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT,
	};
	static const uint32_t whole[] = {
		VIRTIO_CRYPTO_AKCIPHER_DECRYPT, VIRTIO_CRYPTO_AKCIPHER_ENCRYPT,
	};

	start_or_skip(*state);
	s = (struct req_session){
		.kind = REQ_AKCIPHER, .algo = VIRTIO_CRYPTO_AKCIPHER_RSA,
		.key_type = VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE,
		.rsa_padding = VIRTIO_CRYPTO_RSA_PKCS1_PADDING,
		.rsa_hash = VIRTIO_CRYPTO_RSA_SHA256,
	};
	key_take(EVP_RSA_gen(RSA_BITS), name, sizeof(name) / sizeof(name[0]));
	lives_and_ends(padded, 2, DATA_LEN);
	/* Decryption fails: there is no padding in what comes out. */
	lives_and_ends(whole, 1, RSA_BITS / 8);
	s.rsa_padding = VIRTIO_CRYPTO_RSA_RAW_PADDING;
	lives_and_ends(whole, 2, RSA_BITS / 8);
	is_refused();
	fx_fini(&fx);
}

static void
ecdsa(void **state)
{
	static const struct {
		const char *name;
		uint32_t id;
	} curve[] = {
		{ "P-192", VIRTIO_CRYPTO_CURVE_NIST_P192 },
		{ "P-224", VIRTIO_CRYPTO_CURVE_NIST_P224 },
		{ "P-256", VIRTIO_CRYPTO_CURVE_NIST_P256 },
		{ "P-384", VIRTIO_CRYPTO_CURVE_NIST_P384 },
		{ "P-521", VIRTIO_CRYPTO_CURVE_NIST_P521 },
	};
	static const char * const name[] = { OSSL_PKEY_PARAM_PRIV_KEY };
	static const uint32_t sign[] = { VIRTIO_CRYPTO_AKCIPHER_SIGN };
	unsigned int i;

	start_or_skip(*state);
	for (i = 0; i < sizeof(curve) / sizeof(curve[0]); i++) {
		s = (struct req_session){
			.kind = REQ_AKCIPHER, .algo = VIRTIO_CRYPTO_AKCIPHER_ECDSA,
			.key_type = VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE, .curve = curve[i].id,
		};
		key_take(EVP_EC_gen(curve[i].name), name, 1);
		lives_and_ends(sign, 1, DATA_LEN);
		is_refused();
	}
	fx_fini(&fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "rsa, openssl", rsa, NULL, NULL, (char[]){ "openssl" } },
		{ "ecdsa, openssl", ecdsa, NULL, NULL, (char[]){ "openssl" } },
		{ "rsa, auto", rsa, NULL, NULL, (char[]){ "auto" } },
		{ "ecdsa, auto", ecdsa, NULL, NULL, (char[]){ "auto" } },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

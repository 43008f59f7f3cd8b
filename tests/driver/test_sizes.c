/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sizes of keys and ivs that the driver completes: 3DES with one and two keys, and the
 * counter block of AES-CTR from 8, 12 and 16 bytes; alone, in chains, sessionless, on the
 * fast and on the slow path.
 */
#include <string.h>

#include "ops.h"
#include "reference.h"

#define STATELESS \
	(VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE | \
	 VIRTIO_CRYPTO_F_MAC_STATELESS_MODE)
#define LEN	64u

static uint8_t key[24], auth_key[20];

static struct rte_crypto_sym_xform
cipher_x(enum rte_crypto_cipher_algorithm algo, uint16_t key_len, uint16_t iv_len, bool encrypt)
{
	ops_key(key, sizeof(key), 4);
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = { .op = encrypt ? RTE_CRYPTO_CIPHER_OP_ENCRYPT :
				RTE_CRYPTO_CIPHER_OP_DECRYPT,
			.algo = algo, .key = { key, key_len }, .iv = { RIG_IV, iv_len } },
	};
}

/* One op of a session or, without one, of x: right with that key and iv, and the op's own
 * bytes are as they were.
 */
static void
one(struct rig *r, void *session, struct rte_crypto_sym_xform *x, uint32_t number,
		const struct ref_key *k, enum ops_shape shape)
{
	struct rte_crypto_op *op = ops_bare(session);
	bool encrypt = x->cipher.op == RTE_CRYPTO_CIPHER_OP_ENCRYPT;
	uint8_t want[LEN], iv[16];
	struct ops_buffers b;
	unsigned int n;

	if (session == NULL) {
		op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
		op->sym->xform = x;
	}
	ops_buffers(op, &b, shape, 3, 0, LEN, shape + 1);
	op->sym->cipher.data.offset = op->sym->auth.data.offset = 0;
	op->sym->cipher.data.length = op->sym->auth.data.length = LEN;
	op->sym->auth.digest.data = ops_digest(op);
	op->sym->auth.digest.phys_addr = ops_iova(op, RIG_DIGEST);
	memcpy(rig_iv(op), k->iv, 16);
	if (x->cipher.iv.length == 12)
		memset(rig_iv(op) + 12, 0xee, 4);	/* not the op's to say */
	memcpy(iv, rig_iv(op), sizeof(iv));
	ref_cipher(number, encrypt, k, want, b.src, LEN);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_true(ops_result_is(op, &b, 0, want, LEN));
	assert_memory_equal(rig_iv(op), iv, sizeof(iv));
	ops_free(op);
}

static void
each_way(struct rig *r, struct rte_crypto_sym_xform *x, uint32_t number, const struct ref_key *k)
{
	struct rte_crypto_sym_xform auth = {
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = { .op = RTE_CRYPTO_AUTH_OP_GENERATE, .algo = RTE_CRYPTO_AUTH_SHA1_HMAC,
			.key = { auth_key, 20 }, .digest_length = 20 },
	};
	unsigned int chain, shape, i;
	void *session;

	for (chain = 0; chain < 2; chain++) {
		x->next = chain ? &auth : NULL;
		session = rig_session(r, x);
		assert_non_null(session);
		for (i = 0; i < 3; i++)		/* the slot holds the template, or does not */
			for (shape = 0; shape < OPS_NB_SHAPES; shape++)
				one(r, session, x, number, k, shape);
		rig_session_free(r, session);
	}
	x->next = NULL;
	one(r, NULL, x, number, k, OPS_IN_PLACE);
	one(r, NULL, x, number, k, OPS_SGL_TO_SGL);
}

static struct rig *
up(unsigned int k)
{
	struct rig_conf conf = { .features = rig_kinds[k].features | STATELESS,
		.devargs = "stateless=1" };

	return rig_up(&conf, 1, 128);
}

static void
short_3des_keys(void **state)
{
	static const struct {
		enum rte_crypto_cipher_algorithm rte;
		uint32_t number;
		uint16_t iv;
	} c[] = {
		{ RTE_CRYPTO_CIPHER_3DES_CBC, VIRTIO_CRYPTO_CIPHER_3DES_CBC, 8 },
		{ RTE_CRYPTO_CIPHER_3DES_CTR, VIRTIO_CRYPTO_CIPHER_3DES_CTR, 8 },
		{ RTE_CRYPTO_CIPHER_3DES_ECB, VIRTIO_CRYPTO_CIPHER_3DES_ECB, 0 },
	};
	unsigned int k, i, len, encrypt;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(k);

		for (i = 0; i < RTE_DIM(c); i++)
			for (len = 8; len <= 24; len += 8)
				for (encrypt = 0; encrypt < 2; encrypt++) {
					struct rte_crypto_sym_xform x = cipher_x(c[i].rte,
							(uint16_t)len, c[i].iv, encrypt);
					uint8_t full[24], iv[16];
					struct ref_key ref = { full, 24, iv, c[i].iv };
					unsigned int at;

					for (at = 0; at < 24; at++)	/* K1 K2 K1; K K K */
						full[at] = key[at % len];
					rig_pattern(iv, 16, len);
					each_way(r, &x, c[i].number, &ref);
				}
		rig_close(r);
	}
}

/* 16 bytes are the counter block, and with 8 the op has it too; behind 12 the counter is 1. */
static void
counter_blocks(void **state)
{
	unsigned int k, len;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(k);

		for (len = 8; len <= 16; len += 4) {
			struct rte_crypto_sym_xform x = cipher_x(RTE_CRYPTO_CIPHER_AES_CTR, 16,
					(uint16_t)len, true);
			uint8_t block[16];
			struct ref_key ref = { key, 16, block, 16 };

			rig_pattern(block, 16, len);
			if (len == 12)
				memcpy(block + 12, (const uint8_t[]){ 0, 0, 0, 1 }, 4);
			each_way(r, &x, VIRTIO_CRYPTO_CIPHER_AES_CTR, &ref);
		}
		rig_close(r);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_3des_keys),
		cmocka_unit_test(counter_blocks),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

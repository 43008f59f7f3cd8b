/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where the keys of symmetric sessions are while a session lives, and afterwards: in DPDK's
 * memory, which devices can reach, and in the process's own heap.
 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "ops.h"
#include "secrets.h"

#define KEY	0x61
#define CTRL	2	/* the control queue's number, with 2 data queues */

static void *
cbc(struct rig *r)
{
	return rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
}

static struct rig *
up_with(const struct rig_variant *v, const char *devargs)
{
	struct rig_conf conf = { .features = v->features, .devargs = devargs };

	return rig_up(&conf, 1, 64);
}

/* ---- the tests ---- */

static struct rte_crypto_sym_xform
secret_xform(unsigned int kind)
{
	struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER };

	if (kind == 0) {
		x.cipher.algo = RTE_CRYPTO_CIPHER_AES_CBC;
		x.cipher.key = (__typeof__(x.cipher.key)){ secret, sizeof(secret) };
		x.cipher.iv = (__typeof__(x.cipher.iv)){ RIG_IV, 16 };
	} else if (kind == 1) {
		x.type = RTE_CRYPTO_SYM_XFORM_AUTH;
		x.auth.algo = RTE_CRYPTO_AUTH_SHA256_HMAC;
		x.auth.key = (__typeof__(x.auth.key)){ secret, sizeof(secret) };
		x.auth.digest_length = 32;
	} else {
		x.type = RTE_CRYPTO_SYM_XFORM_AEAD;
		x.aead.algo = RTE_CRYPTO_AEAD_AES_GCM;
		x.aead.key = (__typeof__(x.aead.key)){ secret, sizeof(secret) };
		x.aead.iv = (__typeof__(x.aead.iv)){ RIG_IV, 12 };
		x.aead.digest_length = 16;
	}
	return x;
}

static void
keys_are_wiped(void **state)
{
	unsigned int k, kind;

	(void)state;
	rig_pattern(secret, sizeof(secret), 0xc0ffee);
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (kind = 0; kind < 3; kind++) {
			struct rig *r = up_with(&rig_kinds[k], "ctrl_timeout_ms=10");
			struct rte_crypto_sym_xform x = secret_xform(kind);
			void *s = rig_session(r, &x);

			assert_non_null(s);
			assert_int_equal(secrets_anywhere(), 0);
			r->m.ctrl_status = VIRTIO_CRYPTO_ERR;
			assert_null(rig_session(r, &x));
			assert_int_equal(secrets_anywhere(), 0);
			r->m.ctrl_status = MODEL_NONE;
			/* Not answered: it is with the device, and proves that we can see. */
			r->m.ctrl_silent = true;
			assert_null(rig_session(r, &x));
			assert_int_equal(secrets_shared(), 1);
			assert_int_equal(secrets_anywhere(), 1);
			r->m.ctrl_silent = false;
			assert_int_equal(model_work_queue(&r->m, CTRL), 1);
			rig_session_free(r, s);
			assert_int_equal(secrets_anywhere(), 0);
			r->m.ctrl_silent = true;
			assert_null(rig_session(r, &x));
			assert_int_equal(secrets_anywhere(), 1);
			log_capture_start();
			rte_cryptodev_stop(r->id);
			assert_int_equal(rte_cryptodev_close(r->id), 0);
			assert_int_equal(secrets_anywhere(), 0);
			rig_close(r);
		}
}

/* What other devices and recovery need is kept where no device can read it, and goes with
 * the session.
 */
static void
keys_kept_for_recovery(void **state)
{
	unsigned int kind, recover;

	(void)state;
	rig_pattern(secret, sizeof(secret), 0xdecaf);
	for (kind = 0; kind < 3; kind++)
		for (recover = 0; recover < 2; recover++) {
			struct rig *r = up_with(&rig_kinds[0], recover ? "recover=1" : NULL);
			struct rte_crypto_sym_xform x = secret_xform(kind);
			void *s, *other;

			secrets_look(true);
			s = rig_session(r, &x);
			other = cbc(r);
			assert_int_equal(secrets_anywhere(), 0);
			assert_int_equal(secrets_in_heap(), 1);
			rig_session_free(r, s);
			assert_int_equal(secrets_in_heap(), 0);
			assert_int_equal(secrets_nb_freed(), 0);
			rig_session_free(r, other);
			secrets_look(false);
			rig_close(r);
		}
}

/* The program forgets a session; with the driver's last device its key goes. */
static void
keys_go_with_the_last_device(void **state)
{
	struct rig *r = up_with(&rig_kinds[0], NULL), *later;
	struct rte_crypto_sym_xform x;
	struct rte_crypto_op *op;
	void *s;

	(void)state;
	rig_pattern(secret, sizeof(secret), 0xfeed);
	x = secret_xform(0);
	secrets_look(true);
	s = rig_session(r, &x);
	op = rig_op(s, 64);
	assert_int_equal(secrets_in_heap(), 1);
	rig_remove(r);
	assert_int_equal(secrets_in_heap(), 0);
	assert_int_equal(secrets_nb_freed(), 0);
	later = up_with(&rig_kinds[1], NULL);
	assert_int_equal(rig_run(later, op), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	rig_op_free(op);
	rig_session_free(later, s);
	assert_int_equal(later->m.nb_ctrl, 0);
	secrets_look(false);
	later->before = r->before;
	rig_close(later);
	log_capture_start();
	rig_close(r);
}

/* The device does not say how long keys may be: one command's memory is the limit. */
static void
keys_of_any_length(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);
	static uint8_t key_bytes[16384];
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = { .algo = RTE_CRYPTO_AUTH_SHA1_HMAC, .key = { key_bytes, 1000 },
			.digest_length = 20 },
	};
	uint16_t len;
	void *s;

	(void)state;
	memset(key_bytes, 0x5a, sizeof(key_bytes));
	memcpy(secret, key_bytes, sizeof(secret));
	r->f->device_cfg.max_auth_key_len = r->f->device_cfg.max_cipher_key_len = cpu_to_le32(0);
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 64);
	s = rig_session(r, &x);
	assert_non_null(s);
	rig_session_free(r, s);
	for (len = 8192; len <= 16384; len += 8192) {
		x.auth.key.length = len;
		assert_null(rig_session(r, &x));
		assert_int_equal(rte_errno, EMSGSIZE);
	}
	assert_int_equal(secrets_anywhere(), 0);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_wiped),
		cmocka_unit_test(keys_kept_for_recovery),
		cmocka_unit_test(keys_go_with_the_last_device),
		cmocka_unit_test(keys_of_any_length),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

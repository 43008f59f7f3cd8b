/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ops without a session, by the standard's stateless mode: every service against
 * OpenSSL, what is illegal, keys gone from the request's memory afterwards; and ops with
 * a session where that mode is negotiated, whose requests have another layout then.
 */
#include <errno.h>
#include <string.h>

#include <rte_memory.h>

#include "ops.h"
#include "reference.h"

#define STATELESS \
	(VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE | \
	 VIRTIO_CRYPTO_F_HASH_STATELESS_MODE | VIRTIO_CRYPTO_F_MAC_STATELESS_MODE | \
	 VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE)

static uint8_t key[64], auth_key[64];

static struct rig *
up(uint64_t features, uint64_t stateless, uint32_t nb_desc)
{
	struct rig_conf conf = { .features = features | stateless, .devargs = "stateless=1" };

	ops_key(key, sizeof(key), 1);
	ops_key(auth_key, sizeof(auth_key), 2);
	return rig_up(&conf, 1, nb_desc);
}

/* ---- xforms ---- */

static struct rte_crypto_sym_xform
cipher_x(enum rte_crypto_cipher_algorithm algo, uint16_t key_len, uint16_t iv_len, bool encrypt)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = encrypt ? RTE_CRYPTO_CIPHER_OP_ENCRYPT :
				RTE_CRYPTO_CIPHER_OP_DECRYPT,
			.algo = algo, .key = { key, key_len }, .iv = { RIG_IV, iv_len } },
	};
}

static struct rte_crypto_sym_xform
auth_x(enum rte_crypto_auth_algorithm algo, uint16_t key_len, uint16_t digest_len, bool verify)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = {
			.op = verify ? RTE_CRYPTO_AUTH_OP_VERIFY : RTE_CRYPTO_AUTH_OP_GENERATE,
			.algo = algo, .key = { auth_key, key_len }, .digest_length = digest_len },
	};
}

static struct rte_crypto_sym_xform
gcm_x(uint16_t aad_len, bool encrypt)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = encrypt ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
			.algo = RTE_CRYPTO_AEAD_AES_GCM, .key = { key, 32 }, .iv = { RIG_IV, 12 },
			.digest_length = 16, .aad_length = aad_len },
	};
}

static struct rte_crypto_op *
op_with(struct rte_crypto_sym_xform *x, struct ops_buffers *b, enum ops_shape shape, uint32_t len)
{
	struct rte_crypto_op *op = ops_bare(NULL);

	op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
	op->sym->xform = x;
	ops_buffers(op, b, shape, 3, 4, len, len);
	op->sym->cipher.data.offset = 4;
	op->sym->cipher.data.length = len;
	return op;
}

static void
put_digest(struct rte_crypto_op *op, uint32_t off, uint32_t len, bool iova)
{
	op->sym->auth.data.offset = off;
	op->sym->auth.data.length = len;
	op->sym->auth.digest.data = ops_digest(op);
	op->sym->auth.digest.phys_addr = iova ? ops_iova(op, RIG_DIGEST) : 0;
}

static void
run_well(struct rig *r, struct rte_crypto_op *op, const char *what)
{
	unsigned int n;
	uint8_t status = ops_run(r, op, &n);

	if (status != RTE_CRYPTO_OP_STATUS_SUCCESS || n != 1 || !r->m.last.stateless)
		fail_msg("%s: status %u, %u requests, stateless %d", what, status, n,
			r->m.last.stateless);
}

/* ---- each service ---- */

static void
ciphers(struct rig *r)
{
	static const struct {
		enum rte_crypto_cipher_algorithm rte;
		uint32_t number;
		uint16_t key, iv;
		bool bits;
	} c[] = {
		{ RTE_CRYPTO_CIPHER_AES_CBC, VIRTIO_CRYPTO_CIPHER_AES_CBC, 16, 16, false },
		{ RTE_CRYPTO_CIPHER_AES_CBC, VIRTIO_CRYPTO_CIPHER_AES_CBC, 32, 16, false },
		{ RTE_CRYPTO_CIPHER_AES_CTR, VIRTIO_CRYPTO_CIPHER_AES_CTR, 24, 16, false },
		{ RTE_CRYPTO_CIPHER_AES_XTS, VIRTIO_CRYPTO_CIPHER_AES_XTS, 64, 16, false },
		{ RTE_CRYPTO_CIPHER_3DES_CBC, VIRTIO_CRYPTO_CIPHER_3DES_CBC, 24, 8, false },
		{ RTE_CRYPTO_CIPHER_AES_ECB, VIRTIO_CRYPTO_CIPHER_AES_ECB, 16, 0, false },
		{ RTE_CRYPTO_CIPHER_KASUMI_F8, VIRTIO_CRYPTO_CIPHER_KASUMI_F8, 16, 8, true },
	};
	unsigned int i, shape, encrypt;

	for (i = 0; i < RTE_DIM(c); i++)
		for (encrypt = 0; encrypt < 2; encrypt++)
			for (shape = 0; shape < OPS_NB_SHAPES; shape++) {
				struct rte_crypto_sym_xform x = cipher_x(c[i].rte, c[i].key,
						c[i].iv, encrypt);
				uint32_t len = 64 + 48 * shape;
				struct ops_buffers b;
				struct rte_crypto_op *op = op_with(&x, &b, shape, len);
				struct ref_key k = { key, c[i].key, rig_iv(op), c[i].iv };
				uint8_t want[OPS_MAX];

				ref_cipher(c[i].number, encrypt, &k, want, b.src + 4, len);
				if (c[i].bits) {
					op->sym->cipher.data.offset *= 8;
					op->sym->cipher.data.length *= 8;
				}
				run_well(r, op, "cipher");
				assert_true(ops_result_is(op, &b, 4, want, len));
				ops_free(op);
			}
}

static void
digest_one(struct rig *r, struct rte_crypto_sym_xform *x, const uint8_t *want, uint32_t len,
		bool iova)
{
	bool verify = x->auth.op == RTE_CRYPTO_AUTH_OP_VERIFY;
	uint16_t digest_len = x->auth.digest_length;
	struct ops_buffers b;
	struct rte_crypto_op *op = op_with(x, &b, len % 2 ? OPS_IN_PLACE_SGL : OPS_IN_PLACE, len);
	unsigned int n;

	put_digest(op, 4, len, iova);
	memset(ops_digest(op), 0, 64);
	if (verify)
		memcpy(ops_digest(op), want, digest_len);
	run_well(r, op, "digest");
	assert_memory_equal(ops_digest(op), want, digest_len);
	if (verify) {
		ops_digest(op)[0] ^= 8;
		assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	}
	ops_free(op);
}

static void
digests(struct rig *r)
{
	static const uint32_t lens[] = { 64, 100, 1000, 33 };
	unsigned int i, verify;

	for (verify = 0; verify < 2; verify++)
		for (i = 0; i < RTE_DIM(lens); i++) {
			struct rte_crypto_sym_xform x;
			uint8_t in[OPS_MAX], want[64], iv[64];
			struct ref_aead a = { .tag = want, .tag_len = 16 };

			/* What op_with() fills the buffer with. */
			rig_pattern(in, 4 + lens[i] + OPS_GUARD, lens[i]);
			x = auth_x(RTE_CRYPTO_AUTH_SHA256, 0, 32, verify);
			ref_hash(VIRTIO_CRYPTO_HASH_SHA_256, want, in + 4, lens[i]);
			digest_one(r, &x, want, lens[i], i % 2);
			x = auth_x(RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 12, verify);
			ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, auth_key, 20, want, in + 4, lens[i]);
			digest_one(r, &x, want, lens[i], i % 2);
			x = auth_x(RTE_CRYPTO_AUTH_AES_GMAC, 16, 16, verify);
			x.auth.iv.offset = RIG_IV;
			x.auth.iv.length = 12;
			rig_pattern(iv, sizeof(iv), 4711);	/* as ops_bare() does */
			a.k = (struct ref_key){ auth_key, 16, iv, 12 };
			a.aad = in + 4;
			a.aad_len = lens[i];
			ref_aead(VIRTIO_CRYPTO_AEAD_GCM, true, &a, iv, iv, 0);
			digest_one(r, &x, want, lens[i], i % 2);
		}
}

static void
chain_one(struct rig *r, bool cipher_first, bool verify, bool plain, enum ops_shape shape)
{
	struct rte_crypto_sym_xform c = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 24, 16, cipher_first);
	struct rte_crypto_sym_xform a = plain ? auth_x(RTE_CRYPTO_AUTH_SHA1, 0, 20, verify) :
		auth_x(RTE_CRYPTO_AUTH_SHA256_HMAC, 32, 32, verify);
	struct ops_buffers b;
	struct rte_crypto_op *op = op_with(cipher_first ? &c : &a, &b, shape, 128);
	struct ref_key k = { key, 24, rig_iv(op), 16 };
	uint8_t want[OPS_MAX], digest[64];
	const uint8_t *hashed;
	unsigned int n;

	if (cipher_first)
		c.next = &a;
	else
		a.next = &c;
	op->sym->cipher.data.offset = 20;
	op->sym->cipher.data.length = 96;
	put_digest(op, 4, 128, shape % 2);
	memcpy(want, b.src, b.total);
	ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CBC, cipher_first, &k, want + 20, b.src + 20, 96);
	hashed = (cipher_first ? want : b.src) + 4;
	if (plain)
		ref_hash(VIRTIO_CRYPTO_HASH_SHA1, digest, hashed, 128);
	else
		ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA_256, auth_key, 32, digest, hashed, 128);
	memcpy(ops_digest(op), digest, verify ? a.auth.digest_length : 0);
	run_well(r, op, "chain");
	assert_true(ops_result_is(op, &b, 4, want + 4, 128));
	assert_memory_equal(ops_digest(op), digest, a.auth.digest_length);
	if (verify) {
		ops_digest(op)[1] ^= 1;
		assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	}
	ops_free(op);
}

static void
gcm_one(struct rig *r, uint16_t aad_len, bool encrypt, enum ops_shape shape, uint32_t len)
{
	struct rte_crypto_sym_xform x = gcm_x(aad_len, encrypt);
	struct ops_buffers b;
	struct rte_crypto_op *op = op_with(&x, &b, shape, len);
	uint8_t *aad = rte_crypto_op_ctod_offset(op, uint8_t *, RIG_AAD);
	uint8_t text[OPS_MAX], cipher[OPS_MAX], tag[16];
	struct ref_aead a = { { key, 32, rig_iv(op), 12 }, aad, aad_len, tag, 16 };
	unsigned int n;

	rig_pattern(aad, aad_len, 9);
	memcpy(text, b.src + 4, len);
	ref_aead(VIRTIO_CRYPTO_AEAD_GCM, true, &a, cipher, text, len);
	if (!encrypt) {
		memcpy(b.src + 4, cipher, len);
		ops_write(op->sym->m_src, b.src, b.total);
		memcpy(ops_digest(op), tag, 16);
	}
	op->sym->aead.data.offset = 4;
	op->sym->aead.data.length = len;
	op->sym->aead.digest.data = ops_digest(op);
	op->sym->aead.digest.phys_addr = len % 2 ? 0 : ops_iova(op, RIG_DIGEST);
	op->sym->aead.aad.data = aad;
	op->sym->aead.aad.phys_addr = len % 3 ? 0 : ops_iova(op, RIG_AAD);
	run_well(r, op, "gcm");
	assert_true(ops_result_is(op, &b, 4, encrypt ? cipher : text, len));
	assert_memory_equal(ops_digest(op), tag, 16);
	if (!encrypt) {
		ops_digest(op)[15] ^= 1;
		assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	}
	ops_free(op);
}

static void
every_service(void **state)
{
	unsigned int k, i, shape;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(rig_kinds[k].features, STATELESS, 64);
		struct rte_cryptodev_info info;

		rte_cryptodev_info_get(r->id, &info);
		assert_true(info.feature_flags & RTE_CRYPTODEV_FF_SYM_SESSIONLESS);
		ciphers(r);
		digests(r);
		for (shape = 0; shape < OPS_NB_SHAPES; shape++)
			for (i = 0; i < 8; i++)
				chain_one(r, i & 1, i & 2, i & 4, shape);
		for (shape = 0; shape < OPS_NB_SHAPES; shape++)
			for (i = 0; i < 8; i++)
				gcm_one(r, i & 1 ? 20 : 0, i & 2, shape, i & 4 ? 0 : 50 + i);
		assert_int_equal(r->m.nb_ctrl, 0);
		rig_close(r);
	}
}

/* ---- not negotiated, or only for some ---- */

static void
refused(struct rig *r, struct rte_crypto_op *op, uint8_t status)
{
	unsigned int n;

	assert_int_equal(ops_run(r, op, &n), status);
	assert_int_equal(n, 0);
}

static void
bits_of_one_service(void **state)
{
	struct rig *r = up(rig_kinds[0].features, VIRTIO_CRYPTO_F_REVISION_1 |
			VIRTIO_CRYPTO_F_HASH_STATELESS_MODE, 64);
	struct rte_crypto_sym_xform cbc = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16, true);
	struct rte_crypto_sym_xform sha = auth_x(RTE_CRYPTO_AUTH_SHA1, 0, 20, false);
	struct ops_buffers b;
	struct rte_crypto_op *op = op_with(&cbc, &b, OPS_IN_PLACE, 64);

	(void)state;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	op->sym->xform = &sha;
	put_digest(op, 4, 64, true);
	run_well(r, op, "sha1");
	ops_free(op);
	rig_close(r);
}

/* Without tables there is no room for keys in a request: it is said, and no op taken. */
static void
not_without_indirect(void **state)
{
	struct rig *r = up(rig_kinds[2].features & ~VIRTIO_F_INDIRECT_DESC, STATELESS, 64);
	struct rte_crypto_sym_xform cbc = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16, true);
	struct ops_buffers b;
	struct rte_crypto_op *op = op_with(&cbc, &b, OPS_IN_PLACE, 64);
	struct rte_cryptodev_info info;
	void *s;

	(void)state;
	rte_cryptodev_info_get(r->id, &info);
	assert_false(info.feature_flags & RTE_CRYPTODEV_FF_SYM_SESSIONLESS);
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	ops_free(op);
	s = rig_cbc_session(r, 1, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	rig_traffic(r, 0, 1, s, 30);
	rig_session_free(r, s);
	rig_close(r);
}

static void
illegal_ops(void **state)
{
	struct rig *r = up(rig_kinds[0].features, STATELESS, 64);
	struct rte_crypto_sym_xform x = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 17, 16, true);
	struct ops_buffers b;
	struct rte_crypto_op *op = op_with(&x, &b, OPS_IN_PLACE, 64);

	(void)state;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	x = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 12, true);
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	x = cipher_x(RTE_CRYPTO_CIPHER_AES_DOCSISBPI, 16, 16, true);
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	x = cipher_x(RTE_CRYPTO_CIPHER_AES_XTS, 32, 16, true);
	x.cipher.dataunit_len = 32;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	x = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16, true);
	op->sym->cipher.data.length = 65;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	op->sym->cipher.data.length = 64 + OPS_GUARD + 3;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	op->sym->cipher.data.length = 0;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	op->sym->cipher.data.length = 64;
	op->sym->xform = NULL;
	refused(r, op, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	assert_true(ops_untouched(op, &b));
	op->sym->xform = &x;
	run_well(r, op, "after all that");
	ops_free(op);
	log_capture_start();
	rig_close(r);
}

/* ---- keys ---- */

static unsigned int
secrets(void)
{
	const struct rte_memzone *mz;
	unsigned int n = 0, i;
	char name[RTE_MEMZONE_NAMESIZE];

	/* Names end with a number that counts up. */
	for (i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "vcrypto0_q0_%u", i);
		mz = rte_memzone_lookup(name);
		if (mz != NULL)
			n += memmem(mz->addr, mz->len, key, 16) != NULL ||
				memmem(mz->addr, mz->len, auth_key, 20) != NULL;
	}
	return n;
}

/* A used entry that no device may write, in either layout. */
static void
break_queue(struct rig *r)
{
	struct virtq_used *u = (struct virtq_used *)(uintptr_t)r->f->queue[0].device;

	if ((r->f->driver_features & VIRTIO_F_RING_PACKED) != 0)
		model_push_raw(&r->m, 0, 64, 0);
	else
		u->idx = cpu_to_le16((uint16_t)(le16_to_cpu(u->idx) + 9));
	r->m.data_silent = true;
}

static void
keys_are_wiped(void **state)
{
	unsigned int k, way;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (way = 0; way < 6; way++) {
			struct rig *r = up(rig_kinds[k].features, STATELESS, 64);
			struct rte_crypto_sym_xform c = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16,
					true);
			struct rte_crypto_sym_xform a = auth_x(RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 20,
					false);
			struct ops_buffers b;
			struct rte_crypto_op *op = op_with(&c, &b, OPS_IN_PLACE, 64), *got;

			c.next = &a;
			put_digest(op, 4, 64, true);
			r->m.mode = MODEL_PUMPED;
			assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
			assert_int_equal(secrets(), 1);
			if (way == 1)
				r->m.data_status = VIRTIO_CRYPTO_ERR;
			else if (way == 2)
				r->m.data_no_status = true;
			if (way == 3) {
				r->m.data_silent = true;
				rte_cryptodev_stop(r->id);
				assert_int_equal(secrets(), 0);
				assert_int_equal(rte_cryptodev_start(r->id), 0);
			} else if (way == 4) {		/* lost */
				fake_pci_break(r->f);
				rig_tick();
			} else if (way == 5) {		/* broken */
				break_queue(r);
			}
			assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
			assert_int_equal(got->status, way == 0 ? RTE_CRYPTO_OP_STATUS_SUCCESS :
					RTE_CRYPTO_OP_STATUS_ERROR);
			assert_int_equal(secrets(), 0);
			ops_free(op);
			log_capture_start();
			rig_close(r);
		}
}

/* ---- a full queue ---- */

/* Every slot has memory for keys. */
static void
every_slot_holds_keys(void **state)
{
	enum { NB = 32 };
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(rig_kinds[k].features, STATELESS, NB);
		struct rte_crypto_sym_xform x = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16, true);
		struct rte_crypto_op *op[NB + 1], *got[NB];
		struct ops_buffers b;

		for (i = 0; i <= NB; i++)
			op[i] = op_with(&x, &b, OPS_IN_PLACE, 64);
		r->m.mode = MODEL_PUMPED;
		assert_int_equal(rig_enqueue(r, 0, op, NB + 1), NB);
		assert_int_equal(rig_dequeue(r, 0, got, NB), NB);
		for (i = 0; i < NB; i++) {
			assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
			ops_free(got[i]);
		}
		ops_free(op[NB]);
		rig_close(r);
	}
}

/* ---- sessions where the mode is negotiated ---- */

static void
sessions_in_the_long_layout(void **state)
{
	static const uint64_t layouts[] = { VIRTIO_CRYPTO_F_REVISION_1, STATELESS };
	unsigned int k, l, i;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++)
		for (l = 0; l < RTE_DIM(layouts); l++) {
			struct rig *r = up(rig_variants[k].features, layouts[l], 32);
			struct rte_crypto_sym_xform a = auth_x(RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 20,
					false);
			struct rte_crypto_sym_xform g = gcm_x(8, true);
			struct rte_crypto_sym_xform c = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16,
					true);
			void *s[4];

			s[0] = rig_cbc_session(r, 5, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
			s[1] = rig_session(r, &a);
			s[2] = rig_session(r, &g);
			c.next = &a;
			s[3] = rig_session(r, &c);
			for (i = 0; i < 40; i++) {
				struct rte_crypto_op *op = ops_bare(s[1 + i % 3]);
				struct ops_buffers b;

				rig_traffic(r, 0, 5, s[0], 1);
				assert_false(r->m.last.stateless);
				ops_buffers(op, &b, i % 5, 2, 0, 64, i);
				op->sym->cipher.data.offset = 0;
				op->sym->cipher.data.length = 64;
				put_digest(op, 0, 64, true);
				if (i % 3 == 1) {
					op->sym->aead.data.offset = 0;
					op->sym->aead.data.length = 64;
					op->sym->aead.digest.data = ops_digest(op);
					op->sym->aead.digest.phys_addr = ops_iova(op, RIG_DIGEST);
					op->sym->aead.aad.data = ops_digest(op) + 32;
					op->sym->aead.aad.phys_addr = 0;
				}
				assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
				ops_free(op);
			}
			for (i = 0; i < 4; i++)
				rig_session_free(r, s[i]);
			rig_close(r);
		}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_service),
		cmocka_unit_test(bits_of_one_service),
		cmocka_unit_test(not_without_indirect),
		cmocka_unit_test(illegal_ops),
		cmocka_unit_test(keys_are_wiped),
		cmocka_unit_test(every_slot_holds_keys),
		cmocka_unit_test(sessions_in_the_long_layout),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

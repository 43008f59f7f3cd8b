/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Digests: hash, MAC and GMAC, chains with ciphers, AEAD; generated and verified, in
 * buffers of every shape, with digest and AAD in DMA memory or not; and what is wrong
 * with them.
 */
#include <errno.h>
#include <string.h>

#include "ops.h"
#include "reference.h"

#define VIO_HASH(n)	false, VIRTIO_CRYPTO_HASH_ ## n
#define VIO_MAC(n)	true, VIRTIO_CRYPTO_MAC_ ## n

static const struct auth {
	const char *name;
	enum rte_crypto_auth_algorithm rte;
	bool keyed;
	uint32_t number;
	uint16_t digest;		/* bytes, in full */
	uint16_t key[3];
	uint16_t unit;			/* bytes of which input is a multiple */
	bool exact;			/* no shorter digests */
} auths[] = {
	{ "md5", RTE_CRYPTO_AUTH_MD5, VIO_HASH(MD5), 16, { 0 }, 1, true },
	{ "sha1", RTE_CRYPTO_AUTH_SHA1, VIO_HASH(SHA1), 20, { 0 }, 1, true },
	{ "sha2-224", RTE_CRYPTO_AUTH_SHA224, VIO_HASH(SHA_224), 28, { 0 }, 1, true },
	{ "sha2-256", RTE_CRYPTO_AUTH_SHA256, VIO_HASH(SHA_256), 32, { 0 }, 1, true },
	{ "sha2-384", RTE_CRYPTO_AUTH_SHA384, VIO_HASH(SHA_384), 48, { 0 }, 1, true },
	{ "sha2-512", RTE_CRYPTO_AUTH_SHA512, VIO_HASH(SHA_512), 64, { 0 }, 1, true },
	{ "sha3-224", RTE_CRYPTO_AUTH_SHA3_224, VIO_HASH(SHA3_224), 28, { 0 }, 1, true },
	{ "sha3-256", RTE_CRYPTO_AUTH_SHA3_256, VIO_HASH(SHA3_256), 32, { 0 }, 1, true },
	{ "sha3-384", RTE_CRYPTO_AUTH_SHA3_384, VIO_HASH(SHA3_384), 48, { 0 }, 1, true },
	{ "sha3-512", RTE_CRYPTO_AUTH_SHA3_512, VIO_HASH(SHA3_512), 64, { 0 }, 1, true },
	{ "hmac-md5", RTE_CRYPTO_AUTH_MD5_HMAC, VIO_MAC(HMAC_MD5), 16, { 16, 1, 64 }, 1 },
	{ "hmac-sha1", RTE_CRYPTO_AUTH_SHA1_HMAC, VIO_MAC(HMAC_SHA1), 20, { 20, 64, 100 }, 1 },
	{ "hmac-sha2-224", RTE_CRYPTO_AUTH_SHA224_HMAC, VIO_MAC(HMAC_SHA_224), 28, { 28 }, 1 },
	{ "hmac-sha2-256", RTE_CRYPTO_AUTH_SHA256_HMAC, VIO_MAC(HMAC_SHA_256), 32, { 32, 512 }, 1 },
	{ "hmac-sha2-384", RTE_CRYPTO_AUTH_SHA384_HMAC, VIO_MAC(HMAC_SHA_384), 48, { 48 }, 1 },
	{ "hmac-sha2-512", RTE_CRYPTO_AUTH_SHA512_HMAC, VIO_MAC(HMAC_SHA_512), 64, { 128 }, 1 },
	{ "aes-cmac", RTE_CRYPTO_AUTH_AES_CMAC, VIO_MAC(CMAC_AES), 16, { 16, 24, 32 }, 1 },
	{ "aes-cbc-mac", RTE_CRYPTO_AUTH_AES_CBC_MAC, VIO_MAC(CBCMAC_AES), 16, { 16, 32 }, 16 },
	{ "aes-xcbc-mac", RTE_CRYPTO_AUTH_AES_XCBC_MAC, VIO_MAC(XCBC_AES), 16, { 16 }, 1 },
};

static const struct auth *
auth_of(enum rte_crypto_auth_algorithm rte)
{
	unsigned int i;

	for (i = 0; auths[i].rte != rte; i++)
		;
	return &auths[i];
}

struct sess {
	const struct auth *a;
	bool verify;
	uint8_t key[512], cipher_key[32];
	uint16_t key_len, digest_len;
	void *handle;
};

static struct rte_crypto_sym_xform
auth_xform(struct sess *s, const struct auth *a, uint16_t key_len, uint16_t digest_len,
		bool verify)
{
	s->a = a;
	s->verify = verify;
	s->key_len = key_len;
	s->digest_len = digest_len;
	ops_key(s->key, key_len, a->number);
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = {
			.op = verify ? RTE_CRYPTO_AUTH_OP_VERIFY : RTE_CRYPTO_AUTH_OP_GENERATE,
			.algo = a->rte,
			.key = { s->key, key_len },
			.digest_length = digest_len,
		},
	};
}

static void
auth_open(struct sess *s, struct rig *r, const struct auth *a, uint16_t key_len,
		uint16_t digest_len, bool verify)
{
	struct rte_crypto_sym_xform x = auth_xform(s, a, key_len, digest_len, verify);

	s->handle = rig_session(r, &x);
	if (s->handle == NULL)
		fail_msg("%s, key %u, digest %u: %s", a->name, key_len, digest_len,
			log_capture_last());
}

static void
auth_reference(const struct sess *s, uint8_t *out, const uint8_t *in, uint32_t len)
{
	if (s->a->keyed)
		ref_mac(s->a->number, s->key, s->key_len, out, in, len);
	else
		ref_hash(s->a->number, out, in, len);
}

/* ---- hash and MAC ---- */

static void
set_auth(struct rte_crypto_op *op, uint32_t off, uint32_t len, enum ops_place where)
{
	op->sym->auth.data.offset = off;
	op->sym->auth.data.length = len;
	op->sym->auth.digest.data = ops_place_digest(op, where, &op->sym->auth.digest.phys_addr);
}

static void
auth_failed(const struct sess *s, const char *what, uint32_t len, uint8_t status)
{
	fail_msg("%s, key %u, digest %u, %u bytes: %s: status %u", s->a->name, s->key_len,
		s->digest_len, len, what, status);
}

/* Generates, or verifies a right digest and then one with each of two bits flipped. */
static void
auth_one(struct rig *r, struct sess *s, enum ops_shape shape, unsigned int nb_segs,
		uint32_t off, uint32_t len, enum ops_place where)
{
	struct rte_crypto_op *op = ops_bare(s->handle);
	uint8_t want[64], *digest, status;
	struct ops_buffers b;
	unsigned int n;

	ops_buffers(op, &b, shape, nb_segs, off, len, len + off);
	auth_reference(s, want, b.src + off, len);
	set_auth(op, off, len, where);
	digest = op->sym->auth.digest.data;
	memset(digest, 0xee, 64);
	if (s->verify)
		memcpy(digest, want, s->digest_len);
	status = ops_run(r, op, &n);
	if (status != RTE_CRYPTO_OP_STATUS_SUCCESS || n != 1)
		auth_failed(s, "run", len, status);
	if (memcmp(digest, want, s->digest_len) != 0 ||
			(s->digest_len < 64 && digest[s->digest_len] != 0xee))
		auth_failed(s, "digest", len, status);
	assert_true(ops_untouched(op, &b));
	if (s->verify) {
		digest[0] ^= 1;
		status = ops_run(r, op, &n);
		if (status != RTE_CRYPTO_OP_STATUS_AUTH_FAILED)
			auth_failed(s, "first bit", len, status);
		digest[0] ^= 1;
		digest[s->digest_len - 1] ^= 0x80;
		status = ops_run(r, op, &n);
		if (status != RTE_CRYPTO_OP_STATUS_AUTH_FAILED)
			auth_failed(s, "last bit", len, status);
		assert_true(ops_untouched(op, &b));
	}
	ops_free(op);
}

static const uint32_t lens[] = { 16, 64, 160, 1024, 1, 63, 65, 1000, 0 };

static void
auths_on(struct rig *r, bool direct)
{
	unsigned int i, k, verify;
	struct sess s;

	for (i = 0; i < RTE_DIM(auths); i++)
		for (verify = 0; verify < 2; verify++) {
			const struct auth *a = &auths[i];

			auth_open(&s, r, a, a->key[0], a->digest, verify);
			for (k = 0; k < RTE_DIM(lens); k++) {
				if (lens[k] % a->unit != 0 || (a->unit != 1 && lens[k] == 0))
					continue;
				auth_one(r, &s, OPS_IN_PLACE, 1, k % 4, lens[k], k % OPS_NB_PLACES);
				auth_one(r, &s, OPS_IN_PLACE_SGL, direct ? 3 : 2 + k, k, lens[k],
						(k + 1) % OPS_NB_PLACES);
			}
			rig_session_free(r, s.handle);
		}
}

static void
hash_and_mac(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < rig_nb_variants; k += 3) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 32);

		auths_on(r, !(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC));
		rig_close(r);
	}
}

static void
every_key_and_digest_length(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[2].features };
	struct rig *r = rig_up(&conf, 1, 32);
	unsigned int i, k;
	uint16_t d;
	struct sess s;

	(void)state;
	for (i = 0; i < RTE_DIM(auths); i++)
		for (k = 0; k < 3 && (k == 0 || auths[i].key[k] != 0); k++)
			for (d = auths[i].exact ? auths[i].digest : 1; d <= auths[i].digest; d++) {
				auth_open(&s, r, &auths[i], auths[i].key[k], d, d % 2);
				auth_one(r, &s, OPS_IN_PLACE, 1, 0, 64, d % OPS_NB_PLACES);
				rig_session_free(r, s.handle);
			}
	rig_close(r);
}

/* A device that answers OK and computes nothing verifies nothing (also where an old,
 * right digest could lie in the slot).
 */
static void
ok_alone_verifies_nothing(void **state)
{
	unsigned int k, i, n;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, 8);
		struct rte_crypto_op *op;
		struct ops_buffers b;
		uint8_t want[64];
		struct sess s;

		auth_open(&s, r, auth_of(RTE_CRYPTO_AUTH_SHA1_HMAC), 20, 20, true);
		op = ops_bare(s.handle);
		ops_buffers(op, &b, OPS_IN_PLACE, 1, 0, 64, 1);
		auth_reference(&s, want, b.src, 64);
		set_auth(op, 0, 64, OPS_IN_OP);
		memcpy(ops_digest(op), want, 20);
		for (i = 0; i < 20; i++) {
			assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
			r->m.data_status = VIRTIO_CRYPTO_OK;
			assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
			r->m.data_status = MODEL_NONE;
		}
		ops_free(op);
		rig_session_free(r, s.handle);
		rig_close(r);
	}
}

static void
refused(struct rig *r, struct rte_crypto_op *op, const char *what)
{
	unsigned int n;
	uint8_t status = ops_run(r, op, &n);

	if (status != RTE_CRYPTO_OP_STATUS_INVALID_ARGS || n != 0)
		fail_msg("%s: status %u, %u requests", what, status, n);
}

static void
illegal_digest_ops(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);
	struct rte_crypto_op *op;
	struct ops_buffers b;
	unsigned int shape;
	struct sess s;

	(void)state;
	r->f->device_cfg.max_size = cpu_to_le64(1000);
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 64);
	auth_open(&s, r, auth_of(RTE_CRYPTO_AUTH_SHA256_HMAC), 32, 32, false);
	for (shape = OPS_IN_PLACE; shape <= OPS_IN_PLACE_SGL; shape += 2) {
		op = ops_bare(s.handle);
		ops_buffers(op, &b, shape, 3, 0, 1500, 1);
		set_auth(op, 0, 1500 + OPS_GUARD + 1, OPS_IN_OP);
		refused(r, op, "beyond the buffer");
		set_auth(op, 1500, 100, OPS_IN_OP);
		refused(r, op, "beyond the buffer");
		set_auth(op, UINT32_MAX - 9, 20, OPS_IN_OP);
		refused(r, op, "offset wraps");
		set_auth(op, 0, 1000, OPS_IN_OP);
		refused(r, op, "beyond max_size");
		set_auth(op, 0, 64, OPS_IN_OP);
		op->sym->auth.digest.data = NULL;
		refused(r, op, "no digest");
		set_auth(op, 0, 0, OPS_IN_OP);
		op->sym->auth.digest.data = NULL;
		refused(r, op, "no digest, no data");
		assert_true(ops_untouched(op, &b));
		ops_free(op);
	}
	rig_session_free(r, s.handle);
	rig_close(r);
}

/* ---- GMAC ---- */

static void
gmac_one(struct rig *r, void *session, const uint8_t *key, uint16_t tag_len, bool verify,
		enum ops_shape shape, uint32_t len, enum ops_place where)
{
	struct rte_crypto_op *op = ops_bare(session);
	struct ops_buffers b;
	uint8_t tag[16], none[1], *digest;
	struct ref_aead a = { .k = { key, 16, rig_iv(op), 12 }, .tag = tag, .tag_len = tag_len };
	unsigned int n;

	ops_buffers(op, &b, shape, 3, 2, len, len);
	a.aad = b.src + 2;
	a.aad_len = len;
	assert_true(ref_aead(VIRTIO_CRYPTO_AEAD_GCM, true, &a, none, none, 0));
	set_auth(op, 2, len, where);
	digest = op->sym->auth.digest.data;
	memset(digest, 0, 16);
	if (verify)
		memcpy(digest, tag, tag_len);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
	assert_int_equal(n, 1);
	assert_memory_equal(digest, tag, tag_len);
	if (verify) {
		digest[tag_len - 1] ^= 4;
		assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	}
	ops_free(op);
}

static void
gmac(void **state)
{
	static const uint16_t tags[] = { 4, 8, 12, 16 };
	struct rig_conf conf = { .features = rig_kinds[3].features };
	struct rig *r = rig_up(&conf, 1, 32);
	uint8_t key[16];
	unsigned int i, verify;
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = { .algo = RTE_CRYPTO_AUTH_AES_GMAC, .key = { key, 16 },
			.iv = { RIG_IV, 12 } },
	};

	(void)state;
	ops_key(key, sizeof(key), 5);
	for (i = 0; i < RTE_DIM(tags); i++)
		for (verify = 0; verify < 2; verify++) {
			void *s;
			uint32_t len;

			x.auth.digest_length = tags[i];
			x.auth.op = verify ? RTE_CRYPTO_AUTH_OP_VERIFY :
				RTE_CRYPTO_AUTH_OP_GENERATE;
			s = rig_session(r, &x);
			assert_non_null(s);
			for (len = 0; len < 200; len += 1 + len / 3) {
				gmac_one(r, s, key, tags[i], verify, OPS_IN_PLACE, len,
						len % OPS_NB_PLACES);
				gmac_one(r, s, key, tags[i], verify, OPS_IN_PLACE_SGL, len,
						(len + 1) % OPS_NB_PLACES);
			}
			rig_session_free(r, s);
		}
	rig_close(r);
}

/* ---- chains ---- */

struct ranges {
	uint32_t c_off, c_len, a_off, a_len;
};

static const struct ranges ranges[] = {
	{ 0, 64, 0, 64 },
	{ 16, 160, 0, 176 },		/* a header is authenticated only */
	{ 0, 160, 16, 80 },		/* less is authenticated than ciphered */
	{ 32, 32, 0, 16 },		/* apart */
	{ 7, 48, 60, 33 },
	{ 3, 1024, 1, 1030 },
	{ 5, 16, 5, 0 },
};

struct chain {
	struct sess s;
	bool encrypt, cipher_first;
	uint32_t cipher;		/* the standard's number */
};

static void
chain_open(struct chain *c, struct rig *r, const struct auth *a, bool encrypt, bool cipher_first,
		bool verify)
{
	struct rte_crypto_sym_xform auth = auth_xform(&c->s, a, a->key[0], a->digest, verify);
	struct rte_crypto_sym_xform cipher = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = encrypt ? RTE_CRYPTO_CIPHER_OP_ENCRYPT :
				RTE_CRYPTO_CIPHER_OP_DECRYPT,
			.algo = RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { c->s.cipher_key, 32 },
			.iv = { RIG_IV, 16 },
		},
	};

	c->encrypt = encrypt;
	c->cipher_first = cipher_first;
	c->cipher = VIRTIO_CRYPTO_CIPHER_AES_CBC;
	ops_key(c->s.cipher_key, 32, 31);
	if (cipher_first)
		cipher.next = &auth;
	else
		auth.next = &cipher;
	c->s.handle = rig_session(r, cipher_first ? &cipher : &auth);
	if (c->s.handle == NULL)
		fail_msg("chain with %s: %s", a->name, log_capture_last());
}

/* What the whole buffer and the digest must be. */
static void
chain_reference(const struct chain *c, const uint8_t *iv, const struct ranges *g, uint8_t *out,
		const uint8_t *in, uint32_t total, uint8_t *digest)
{
	struct ref_key k = { c->s.cipher_key, 32, iv, 16 };

	memcpy(out, in, total);
	ref_cipher(c->cipher, c->encrypt, &k, out + g->c_off, in + g->c_off, g->c_len);
	auth_reference(&c->s, digest, (c->cipher_first ? out : in) + g->a_off, g->a_len);
}

static void
chain_one(struct rig *r, struct chain *c, const struct ranges *g, enum ops_shape shape,
		unsigned int nb_segs, enum ops_place where)
{
	struct rte_crypto_op *op = ops_bare(c->s.handle);
	uint32_t begin = RTE_MIN(g->c_off, g->a_off);
	uint32_t end = RTE_MAX(g->c_off + g->c_len, g->a_off + g->a_len);
	uint8_t want[OPS_MAX], digest[64], *got;
	struct ops_buffers b;
	unsigned int n;
	uint8_t status;

	ops_buffers(op, &b, shape, nb_segs, 0, end, end);
	chain_reference(c, rig_iv(op), g, want, b.src, b.total, digest);
	set_auth(op, g->a_off, g->a_len, where);
	op->sym->cipher.data.offset = g->c_off;
	op->sym->cipher.data.length = g->c_len;
	got = op->sym->auth.digest.data;
	memset(got, 0x11, 64);
	if (c->s.verify)
		memcpy(got, digest, c->s.digest_len);
	status = ops_run(r, op, &n);
	if (status != RTE_CRYPTO_OP_STATUS_SUCCESS || n != 1)
		auth_failed(&c->s, "chain", end, status);
	/* Between the two ranges dst mirrors src; before and behind it is untouched. */
	if (!ops_result_is(op, &b, begin, want + begin, end - begin) ||
			memcmp(got, digest, c->s.digest_len) != 0)
		auth_failed(&c->s, "chain's result", end, status);
	ops_free(op);
}

/* A digest that is wrong is found, whatever became of the payload. */
static void
chain_wrong(struct rig *r, struct chain *c)
{
	struct rte_crypto_op *op = ops_bare(c->s.handle);
	struct ops_buffers b;
	unsigned int n;

	ops_buffers(op, &b, OPS_OUT_OF_PLACE, 1, 0, 64, 1);
	set_auth(op, 0, 64, OPS_IN_OP);
	op->sym->cipher.data.offset = 0;
	op->sym->cipher.data.length = 64;
	memset(ops_digest(op), 0x77, 64);
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	assert_int_equal(n, 1);
	op->sym->cipher.data.length = 65;
	refused(r, op, "cipher length");
	/* Authentication alone is legal, and finds it too. */
	op->sym->cipher.data.length = 0;
	assert_int_equal(ops_run(r, op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	op->sym->cipher.data.length = 64;
	op->sym->cipher.data.offset = UINT32_MAX - 63;
	refused(r, op, "cipher offset");
	op->sym->cipher.data.offset = 0;
	op->sym->auth.data.offset = UINT32_MAX;
	refused(r, op, "auth offset");
	op->sym->auth.data.offset = 0;
	op->sym->auth.digest.data = NULL;
	refused(r, op, "no digest");
	ops_free(op);
}

static void
chains_on(struct rig *r, const struct auth *a, bool direct)
{
	unsigned int way, i;
	struct chain c;

	for (way = 0; way < 8; way++) {
		bool verify = way & 4;

		chain_open(&c, r, a, way & 1, way & 2, verify);
		for (i = 0; i < RTE_DIM(ranges); i++) {
			if (ranges[i].a_len % a->unit != 0 || ranges[i].a_len < a->unit - 1u)
				continue;
			chain_one(r, &c, &ranges[i], OPS_IN_PLACE, 1, i % OPS_NB_PLACES);
			chain_one(r, &c, &ranges[i], OPS_OUT_OF_PLACE, 1, i % 2);
			chain_one(r, &c, &ranges[i], OPS_IN_PLACE_SGL, direct ? 2 : 4, i % 2);
			chain_one(r, &c, &ranges[i], OPS_LINEAR_TO_SGL, direct ? 2 : 3, i % 2);
		}
		if (verify)
			chain_wrong(r, &c);
		rig_session_free(r, c.s.handle);
	}
}

static void
chains(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < rig_nb_variants; k += 2) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 32);

		for (i = k % 5; i < RTE_DIM(auths); i += 4)
			chains_on(r, &auths[i],
				!(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC));
		rig_close(r);
	}
}

/* ---- AEAD ---- */

static const struct aead {
	const char *name;
	enum rte_crypto_aead_algorithm rte;
	uint32_t number;
	uint16_t key, iv;		/* bytes; iv as the xform has it */
	uint16_t wire_iv;
	uint16_t iv_at, aad_at;		/* where DPDK wants them */
	uint16_t tags[4];
} aeads[] = {
	{ "gcm-128", RTE_CRYPTO_AEAD_AES_GCM, VIRTIO_CRYPTO_AEAD_GCM, 16, 12, 12, 0, 0,
		{ 16, 12, 8, 4 } },
	{ "gcm-256 j0", RTE_CRYPTO_AEAD_AES_GCM, VIRTIO_CRYPTO_AEAD_GCM, 32, 0, 16, 0, 0, { 16 } },
	{ "ccm-128", RTE_CRYPTO_AEAD_AES_CCM, VIRTIO_CRYPTO_AEAD_CCM, 16, 13, 13, 1, 18,
		{ 16, 4, 6, 14 } },
	{ "ccm-256", RTE_CRYPTO_AEAD_AES_CCM, VIRTIO_CRYPTO_AEAD_CCM, 32, 7, 7, 1, 18, { 8 } },
	{ "chacha20", RTE_CRYPTO_AEAD_CHACHA20_POLY1305, VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305, 32,
		12, 12, 0, 0, { 16 } },
};

struct aead_sess {
	const struct aead *a;
	uint8_t key[32];
	uint16_t tag_len, aad_len;
	bool encrypt;
	void *handle;
};

static void
aead_open(struct aead_sess *s, struct rig *r, const struct aead *a, uint16_t tag_len,
		uint16_t aad_len, bool encrypt)
{
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = encrypt ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
			.algo = a->rte,
			.key = { s->key, a->key },
			.iv = { RIG_IV, a->iv },
			.digest_length = tag_len,
			.aad_length = aad_len,
		},
	};

	*s = (struct aead_sess){ .a = a, .tag_len = tag_len, .aad_len = aad_len,
		.encrypt = encrypt };
	ops_key(s->key, a->key, a->number);
	s->handle = rig_session(r, &x);
	if (s->handle == NULL)
		fail_msg("%s, tag %u, AAD %u: %s", a->name, tag_len, aad_len, log_capture_last());
}

/* An op ready to run, what it must give, and for decryption what it starts from. */
struct aead_case {
	struct rte_crypto_op *op;
	struct ops_buffers b;
	uint8_t want[OPS_MAX], tag[16];
};

static void
aead_fields(struct rte_crypto_op *op, const struct aead_sess *s, uint32_t off, uint32_t len,
		enum ops_place where, bool aad_iova)
{
	static uint8_t far_aad[256];
	uint8_t *aad = rte_crypto_op_ctod_offset(op, uint8_t *, RIG_AAD);

	op->sym->aead.data.offset = off;
	op->sym->aead.data.length = len;
	op->sym->aead.digest.data = ops_place_digest(op, where, &op->sym->aead.digest.phys_addr);
	op->sym->aead.aad.data = aad_iova ? aad : far_aad;
	op->sym->aead.aad.phys_addr = aad_iova ? ops_iova(op, RIG_AAD) : 0;
	rig_pattern(op->sym->aead.aad.data, s->a->aad_at + s->aad_len, len);
}

static void
aead_prepare(struct aead_case *c, const struct aead_sess *s, enum ops_shape shape, uint32_t off,
		uint32_t len, enum ops_place where, bool aad_iova)
{
	struct ref_aead a = { .tag = c->tag, .tag_len = s->tag_len, .aad_len = s->aad_len };
	static const uint8_t one[4] = { 0, 0, 0, 1 };
	uint8_t *iv;

	c->op = ops_bare(s->handle);
	iv = rig_iv(c->op) + s->a->iv_at;
	if (s->a->wire_iv == 16)
		memcpy(iv + 12, one, sizeof(one));
	ops_buffers(c->op, &c->b, shape, 2, off, len, len + off);
	aead_fields(c->op, s, off, len, where, aad_iova);
	a.k = (struct ref_key){ s->key, s->a->key, iv, s->a->wire_iv };
	a.aad = c->op->sym->aead.aad.data + s->a->aad_at;
	if (s->encrypt) {
		assert_true(ref_aead(s->a->number, true, &a, c->want, c->b.src + off, len));
		memset(c->op->sym->aead.digest.data, 0x99, 16);
		return;
	}
	/* The pattern is the plaintext, its ciphertext goes into the buffer. */
	memcpy(c->want, c->b.src + off, len);
	assert_true(ref_aead(s->a->number, true, &a, c->b.src + off, c->want, len));
	ops_write(c->op->sym->m_src, c->b.src, c->b.total);
	memcpy(c->op->sym->aead.digest.data, c->tag, s->tag_len);
}

static void
aead_one(struct rig *r, const struct aead_sess *s, enum ops_shape shape, uint32_t off,
		uint32_t len, enum ops_place where, bool aad_iova)
{
	struct aead_case c;
	unsigned int n;
	uint8_t status;

	aead_prepare(&c, s, shape, off, len, where, aad_iova);
	status = ops_run(r, c.op, &n);
	if (status != RTE_CRYPTO_OP_STATUS_SUCCESS || n != 1 ||
			!ops_result_is(c.op, &c.b, off, c.want, len) ||
			memcmp(c.op->sym->aead.digest.data, c.tag, s->tag_len) != 0)
		fail_msg("%s %s, tag %u, AAD %u, shape %d, %u + %u bytes, tag at %d: status %u, "
			"%u requests", s->a->name, s->encrypt ? "encrypt" : "decrypt", s->tag_len,
			s->aad_len, shape, off, len, where, status, n);
	ops_free(c.op);
}

/* A bit of the tag, the text, the AAD or the iv is wrong. */
static void
aead_wrong(struct rig *r, const struct aead_sess *s, unsigned int what)
{
	struct aead_case c;
	unsigned int n;

	aead_prepare(&c, s, OPS_OUT_OF_PLACE, 0, 64, what % 2 ? OPS_IN_OP : OPS_NO_IOVA, true);
	switch (what / 2) {
	case 0:
		c.op->sym->aead.digest.data[s->tag_len - 1] ^= 1;
		break;
	case 1:
		*rte_pktmbuf_mtod(c.op->sym->m_src, uint8_t *) ^= 1;
		break;
	case 2:
		c.op->sym->aead.aad.data[s->a->aad_at] ^= 1;
		break;
	default:
		rig_iv(c.op)[s->a->iv_at] ^= 1;
		break;
	}
	assert_int_equal(ops_run(r, c.op, &n), RTE_CRYPTO_OP_STATUS_AUTH_FAILED);
	assert_int_equal(n, 1);
	ops_free(c.op);
}

static void
aeads_on(struct rig *r, const struct aead *a)
{
	static const uint16_t aad_lens[] = { 0, 8, 20, 64 };
	static const uint32_t text[] = { 0, 1, 16, 63, 64, 1000 };
	unsigned int t, i, k, encrypt, shape;
	struct aead_sess s;

	for (t = 0; t < 4 && a->tags[t] != 0; t++)
		for (i = 0; i < RTE_DIM(aad_lens); i++)
			for (encrypt = 0; encrypt < 2; encrypt++) {
				aead_open(&s, r, a, a->tags[t], aad_lens[i], encrypt);
				for (k = 0; k < RTE_DIM(text); k++)
					for (shape = 0; shape < OPS_NB_SHAPES; shape++)
						aead_one(r, &s, shape, k, text[k],
							(k + shape) % OPS_NB_PLACES, (k + i) % 2);
				for (k = 0; !encrypt && k < 8; k++)
					if (k / 2 != 2 || aad_lens[i] != 0)
						aead_wrong(r, &s, k);
				rig_session_free(r, s.handle);
			}
}

static void
aead(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r;

		/* Header, src, src, tag, AAD, dst, dst, status: that is a whole table. */
		r = rig_up(&conf, 1, 32);
		aeads_on(r, &aeads[k % RTE_DIM(aeads)]);
		rig_close(r);
	}
}

static void
illegal_aead_ops(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[2].features };
	struct rig *r = rig_up(&conf, 1, 64);
	struct aead_sess s;
	struct aead_case c;
	unsigned int encrypt, k, n;
	uint32_t len;

	(void)state;
	for (encrypt = 0; encrypt < 2; encrypt++)
		for (k = 0; k < 2; k++) {
			len = k * 64;
			aead_open(&s, r, &aeads[0], 16, 200, encrypt);
			aead_prepare(&c, &s, OPS_IN_PLACE, 0, len, OPS_IN_OP, true);
			assert_int_equal(ops_run(r, c.op, &n), RTE_CRYPTO_OP_STATUS_SUCCESS);
			aead_fields(c.op, &s, 0, len, OPS_IN_OP, false);
			refused(r, c.op, "long AAD without an address");
			aead_fields(c.op, &s, 0, len, OPS_IN_OP, true);
			c.op->sym->aead.aad.data = NULL;
			c.op->sym->aead.aad.phys_addr = 0;
			refused(r, c.op, "no AAD");
			aead_fields(c.op, &s, 0, len, OPS_IN_OP, true);
			c.op->sym->aead.digest.data = NULL;
			refused(r, c.op, "no tag");
			aead_fields(c.op, &s, 100, 64, OPS_IN_OP, true);
			refused(r, c.op, "beyond the buffer");
			aead_fields(c.op, &s, UINT32_MAX - 3, 64, OPS_IN_OP, true);
			refused(r, c.op, "offset wraps");
			ops_free(c.op);
			rig_session_free(r, s.handle);
		}
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_and_mac),
		cmocka_unit_test(every_key_and_digest_length),
		cmocka_unit_test(ok_alone_verifies_nothing),
		cmocka_unit_test(illegal_digest_ops),
		cmocka_unit_test(gmac),
		cmocka_unit_test(chains),
		cmocka_unit_test(aead),
		cmocka_unit_test(illegal_aead_ops),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What makes no session: sizes that an algorithm forbids, what the device, DPDK or the
 * standard has not, combinations that mean nothing.  No command is sent for it.  And
 * devarg algos=, which adds what a device does not advertise.
 */
#include <errno.h>

#include <rte_errno.h>

#include "rig.h"

static struct rig *
up(void)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };

	return rig_up(&conf, 1, 64);
}

static uint8_t key_bytes[1024];

static void
not_made(struct rig *r, struct rte_crypto_sym_xform *x, int err, const char *what)
{
	uint64_t sent = r->m.nb_ctrl;
	void *s = rig_session(r, x);

	if (s != NULL || rte_errno != err || r->m.nb_ctrl != sent)
		fail_msg("%s: errno %d instead of %d, %u commands", what, rte_errno, err,
			(unsigned int)(r->m.nb_ctrl - sent));
	log_capture_start();
}

static struct rte_crypto_sym_xform
cipher_x(enum rte_crypto_cipher_algorithm algo, uint16_t key_len, uint16_t iv_len)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = { .algo = algo, .key = { key_bytes, key_len }, .iv = { RIG_IV, iv_len } },
	};
}

static struct rte_crypto_sym_xform
auth_x(enum rte_crypto_auth_algorithm algo, uint16_t key_len, uint16_t digest_len)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = { .algo = algo, .key = { key_bytes, key_len },
			.digest_length = digest_len },
	};
}

static struct rte_crypto_sym_xform
aead_x(enum rte_crypto_aead_algorithm algo, uint16_t key_len, uint16_t iv_len, uint16_t tag_len)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = { .algo = algo, .key = { key_bytes, key_len }, .iv = { RIG_IV, iv_len },
			.digest_length = tag_len },
	};
}

static void
illegal_ciphers(void **state)
{
	static const struct {
		enum rte_crypto_cipher_algorithm algo;
		uint16_t key_len, iv_len;
		int err;
	} c[] = {
		{ RTE_CRYPTO_CIPHER_AES_CBC, 0, 16, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_CBC, 15, 16, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_CBC, 17, 16, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_CBC, 33, 16, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_CBC, 40, 16, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_CBC, 16, 0, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_CBC, 16, 8, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_CBC, 16, 17, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_XTS, 16, 16, EINVAL },
		{ RTE_CRYPTO_CIPHER_AES_XTS, 48, 16, EINVAL },
		{ RTE_CRYPTO_CIPHER_3DES_CBC, 12, 8, EINVAL },
		{ RTE_CRYPTO_CIPHER_3DES_CBC, 0, 8, EINVAL },
		{ RTE_CRYPTO_CIPHER_3DES_CBC, 24, 16, EINVAL },
		{ RTE_CRYPTO_CIPHER_DES_CBC, 7, 8, EINVAL },
		{ RTE_CRYPTO_CIPHER_ARC4, 0, 0, EINVAL },
		{ RTE_CRYPTO_CIPHER_ARC4, 65, 0, ENOTSUP },	/* max_cipher_key_len 64 */
		{ RTE_CRYPTO_CIPHER_AES_DOCSISBPI, 16, 16, ENOTSUP },
		{ 9999, 16, 16, ENOTSUP },
	};
	struct rig *r = up();
	struct rte_crypto_sym_xform x;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(c); i++) {
		x = cipher_x(c[i].algo, c[i].key_len, c[i].iv_len);
		not_made(r, &x, c[i].err, "cipher");
	}
	x = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16);
	x.cipher.dataunit_len = 512;
	not_made(r, &x, ENOTSUP, "data units of CBC");
	x = cipher_x(RTE_CRYPTO_CIPHER_AES_XTS, 32, 16);
	x.cipher.dataunit_len = 500;
	not_made(r, &x, EINVAL, "data units of 500");
	x.type = RTE_CRYPTO_SYM_XFORM_NOT_SPECIFIED;
	not_made(r, &x, ENOTSUP, "no type");
	x.type = 42;
	not_made(r, &x, ENOTSUP, "unknown type");
	rig_close(r);
}

static void
illegal_digests(void **state)
{
	static const struct {
		enum rte_crypto_auth_algorithm algo;
		uint16_t key_len, digest_len;
		int err;
	} c[] = {
		{ RTE_CRYPTO_AUTH_SHA1, 0, 0, EINVAL },
		{ RTE_CRYPTO_AUTH_SHA1, 0, 12, EINVAL },
		{ RTE_CRYPTO_AUTH_SHA1, 0, 21, EINVAL },
		{ RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 0, EINVAL },
		{ RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 21, EINVAL },
		{ RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 276, EINVAL },	/* 20 in eight bits */
		{ RTE_CRYPTO_AUTH_SHA1_HMAC, 0, 20, EINVAL },
		{ RTE_CRYPTO_AUTH_SHA1_HMAC, 513, 20, ENOTSUP },	/* 512 at most */
		{ RTE_CRYPTO_AUTH_AES_CMAC, 17, 16, EINVAL },
		{ RTE_CRYPTO_AUTH_AES_XCBC_MAC, 32, 16, EINVAL },
		{ RTE_CRYPTO_AUTH_SNOW3G_UIA2, 16, 4, ENOTSUP },
		{ RTE_CRYPTO_AUTH_ZUC_EIA3, 16, 4, ENOTSUP },
		{ RTE_CRYPTO_AUTH_ZUC_EIA3, 0, 0, ENOTSUP },
		{ RTE_CRYPTO_AUTH_AES_GMAC, 16, 16, ENOTSUP },	/* no iv */
		{ 9999, 16, 16, ENOTSUP },
	};
	struct rig *r = up();
	struct rte_crypto_sym_xform x;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(c); i++) {
		x = auth_x(c[i].algo, c[i].key_len, c[i].digest_len);
		not_made(r, &x, c[i].err, "auth");
	}
	x = auth_x(RTE_CRYPTO_AUTH_AES_GMAC, 16, 5);
	x.auth.iv.length = 12;
	not_made(r, &x, ENOTSUP, "GMAC of 5 bytes");
	x = auth_x(RTE_CRYPTO_AUTH_AES_GMAC, 17, 16);
	x.auth.iv.length = 12;
	not_made(r, &x, EINVAL, "GMAC with a key of 17 bytes");
	rig_close(r);
}

static void
illegal_aeads(void **state)
{
	static const struct {
		enum rte_crypto_aead_algorithm algo;
		uint16_t key_len, iv_len, tag_len;
		int err;
	} c[] = {
		{ RTE_CRYPTO_AEAD_AES_GCM, 15, 12, 16, EINVAL },
		{ RTE_CRYPTO_AEAD_AES_GCM, 16, 11, 16, ENOTSUP },
		{ RTE_CRYPTO_AEAD_AES_GCM, 16, 16, 16, ENOTSUP },
		{ RTE_CRYPTO_AEAD_AES_GCM, 16, 12, 5, EINVAL },
		{ RTE_CRYPTO_AEAD_AES_GCM, 16, 12, 0, EINVAL },
		{ RTE_CRYPTO_AEAD_AES_GCM, 16, 12, 272, EINVAL },
		{ RTE_CRYPTO_AEAD_AES_CCM, 16, 6, 16, EINVAL },
		{ RTE_CRYPTO_AEAD_AES_CCM, 16, 14, 16, EINVAL },
		{ RTE_CRYPTO_AEAD_AES_CCM, 16, 12, 15, EINVAL },
		{ RTE_CRYPTO_AEAD_CHACHA20_POLY1305, 16, 12, 16, EINVAL },
		{ RTE_CRYPTO_AEAD_CHACHA20_POLY1305, 32, 12, 12, EINVAL },
		{ 9999, 16, 12, 16, ENOTSUP },
	};
	struct rig *r = up();
	struct rte_crypto_sym_xform x;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(c); i++) {
		x = aead_x(c[i].algo, c[i].key_len, c[i].iv_len, c[i].tag_len);
		not_made(r, &x, c[i].err, "AEAD");
	}
	rig_close(r);
}

static void
illegal_chains(void **state)
{
	struct rig *r = up();
	struct rte_crypto_sym_xform a = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16), b = a, c;

	(void)state;
	a.next = &b;
	not_made(r, &a, ENOTSUP, "two ciphers");
	b = auth_x(RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 20);
	b.next = &c;
	c = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16);
	not_made(r, &a, ENOTSUP, "a chain of three");
	b = aead_x(RTE_CRYPTO_AEAD_AES_GCM, 16, 12, 16);
	not_made(r, &a, ENOTSUP, "a cipher and an AEAD");
	b = auth_x(RTE_CRYPTO_AUTH_AES_GMAC, 16, 16);
	b.auth.iv.length = 12;
	not_made(r, &a, ENOTSUP, "a cipher and GMAC");
	b = auth_x(RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 30);
	not_made(r, &a, EINVAL, "a digest that is too long");
	b = auth_x(RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 20);
	a.cipher.key.length = 17;
	not_made(r, &a, EINVAL, "a key that is too long");
	a = cipher_x(RTE_CRYPTO_CIPHER_KASUMI_F8, 16, 8);
	a.next = &b;
	not_made(r, &a, ENOTSUP, "ranges in bits");
	a = cipher_x(RTE_CRYPTO_CIPHER_AES_XTS, 32, 16);
	a.cipher.dataunit_len = 512;
	a.next = &b;
	not_made(r, &a, ENOTSUP, "data units");
	rig_close(r);
}

/* max_size leaves room for nothing. */
static void
no_room_for_data(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);
	struct rte_crypto_sym_xform x = cipher_x(RTE_CRYPTO_CIPHER_AES_CBC, 16, 16);

	(void)state;
	r->f->device_cfg.max_size = cpu_to_le64(16 + 31);
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 64);
	not_made(r, &x, ENOTSUP, "max_size of 47");
	rig_close(r);
}

/* ---- capabilities ---- */

/* The least, the most, and one step from each. */
static unsigned int
ends_of(uint16_t v[4], const struct rte_crypto_param_range *r)
{
	v[0] = r->min;
	v[1] = r->max;
	v[2] = (uint16_t)(r->min + r->increment);
	v[3] = (uint16_t)(r->max - r->increment);
	return r->min == r->max ? 1 : 4;
}

static void
made(struct rig *r, struct rte_crypto_sym_xform *x, const char *what)
{
	void *s = rig_session(r, x);

	if (s == NULL)
		fail_msg("%s: errno %d: %s", what, rte_errno, log_capture_last());
	rig_session_free(r, s);
}

static void
cipher_is_true(struct rig *r, const struct rte_cryptodev_symmetric_capability *c)
{
	uint16_t key[4], iv[4];
	unsigned int nb = ends_of(key, &c->cipher.key_size), i;
	unsigned int nb_iv = ends_of(iv, &c->cipher.iv_size);

	for (i = 0; i < nb * nb_iv; i++) {
		struct rte_crypto_sym_xform x = cipher_x(c->cipher.algo, key[i % nb], iv[i / nb]);

		made(r, &x, rte_crypto_cipher_algorithm_strings[c->cipher.algo]);
	}
}

static void
auth_is_true(struct rig *r, const struct rte_cryptodev_symmetric_capability *c)
{
	uint16_t key[4], digest[4];
	unsigned int nb_key = ends_of(key, &c->auth.key_size);
	unsigned int nb_digest = ends_of(digest, &c->auth.digest_size), i, k;

	for (i = 0; i < nb_key; i++)
		for (k = 0; k < nb_digest; k++) {
			struct rte_crypto_sym_xform x = auth_x(c->auth.algo, key[i], digest[k]);

			x.auth.iv.length = c->auth.iv_size.min;
			made(r, &x, rte_crypto_auth_algorithm_strings[c->auth.algo]);
		}
}

static void
aead_is_true(struct rig *r, const struct rte_cryptodev_symmetric_capability *c)
{
	uint16_t key[4], iv[4], tag[4], aad[4];
	unsigned int nb_key = ends_of(key, &c->aead.key_size);
	unsigned int nb_tag = ends_of(tag, &c->aead.digest_size);
	unsigned int nb_aad = ends_of(aad, &c->aead.aad_size);
	unsigned int nb_iv = ends_of(iv, &c->aead.iv_size), i, k;

	for (i = 0; i < nb_key * nb_iv; i++)
		for (k = 0; k < nb_tag * nb_aad; k++) {
			struct rte_crypto_sym_xform x = aead_x(c->aead.algo, key[i % nb_key],
					iv[i / nb_key], tag[k % nb_tag]);

			x.aead.aad_length = aad[k / nb_tag];
			made(r, &x, rte_crypto_aead_algorithm_strings[c->aead.algo]);
		}
}

static unsigned int
check_capabilities(struct rig *r)
{
	const struct rte_cryptodev_capabilities *c;
	struct rte_cryptodev_info info;
	unsigned int nb = 0;

	rte_cryptodev_info_get(r->id, &info);
	for (c = info.capabilities; c->op != RTE_CRYPTO_OP_TYPE_UNDEFINED; c++, nb++) {
		assert_int_equal(c->op, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
		if (c->sym.xform_type == RTE_CRYPTO_SYM_XFORM_CIPHER)
			cipher_is_true(r, &c->sym);
		else if (c->sym.xform_type == RTE_CRYPTO_SYM_XFORM_AUTH)
			auth_is_true(r, &c->sym);
		else
			aead_is_true(r, &c->sym);
	}
	return nb;
}

static bool
has(struct rig *r, enum rte_crypto_sym_xform_type type, int algo)
{
	struct rte_cryptodev_sym_capability_idx idx = { .type = type };

	if (type == RTE_CRYPTO_SYM_XFORM_CIPHER)
		idx.algo.cipher = algo;
	else if (type == RTE_CRYPTO_SYM_XFORM_AUTH)
		idx.algo.auth = algo;
	else
		idx.algo.aead = algo;
	return rte_cryptodev_sym_capability_get(r->id, &idx) != NULL;
}

/* What the device says about its keys, and what that leaves. */
static void
capabilities_are_true(void **state)
{
	static const uint32_t max_key[] = { 512, 16, 1 };
	static const struct {
		enum rte_crypto_sym_xform_type type;
		int algo;
		uint32_t least;		/* max_key that it needs */
	} c[] = {
		{ RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_AES_CBC, 16 },
		{ RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_AES_XTS, 32 },
		{ RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_AES_F8, 32 },
		{ RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_3DES_CBC, 24 },
		{ RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_ARC4, 1 },
		{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_SHA1, 0 },
		{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_SHA1_HMAC, 1 },
		{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_AES_CMAC, 16 },
		{ RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_AES_GMAC, 16 },
		{ RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_AES_GCM, 16 },
		{ RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_CHACHA20_POLY1305, 32 },
	};
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(max_key); i++) {
		struct rig_conf conf = { .features = rig_kinds[0].features };
		struct rig *r = rig_open(&conf);

		r->f->device_cfg.max_cipher_key_len = cpu_to_le32(max_key[i]);
		r->f->device_cfg.max_auth_key_len = cpu_to_le32(max_key[i]);
		assert_int_equal(rig_probe(r), 0);
		rig_start(r, 1, 64);
		assert_in_range(check_capabilities(r), 1, 200);
		for (k = 0; k < RTE_DIM(c); k++)
			if (has(r, c[k].type, c[k].algo) != (c[k].least <= max_key[i]))
				fail_msg("keys of %u: type %d, algorithm %d", max_key[i],
					c[k].type, c[k].algo);
		rig_close(r);
	}
}

/* A device without services can do nothing; bits of none do not matter. */
static void
capabilities_follow_services(void **state)
{
	static const struct {
		uint32_t services;
		bool cbc, sha1, hmac, gcm;
	} c[] = {
		{ 0, false, false, false, false },
		{ 1u << VIRTIO_CRYPTO_SERVICE_CIPHER, true, false, false, false },
		{ 1u << VIRTIO_CRYPTO_SERVICE_HASH, false, true, false, false },
		{ 1u << VIRTIO_CRYPTO_SERVICE_MAC, false, false, true, false },
		{ 1u << VIRTIO_CRYPTO_SERVICE_AEAD, false, false, false, true },
		{ 0xffffffc0, false, false, false, false },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(c); i++) {
		bool any = c[i].cbc || c[i].sha1 || c[i].hmac || c[i].gcm;
		struct rig_conf conf = { .features = rig_kinds[0].features };
		struct rig *r = rig_open(&conf);

		r->f->device_cfg.crypto_services = cpu_to_le32(c[i].services);
		assert_int_equal(rig_probe(r), 0);
		rig_start(r, 1, 64);
		assert_int_equal(check_capabilities(r) != 0, any);
		assert_int_equal(has(r, RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_AES_CBC),
				c[i].cbc);
		assert_int_equal(has(r, RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_SHA1),
				c[i].sha1);
		assert_int_equal(has(r, RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_SHA1_HMAC),
				c[i].hmac);
		assert_int_equal(has(r, RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_AES_GCM),
				c[i].gcm);
		assert_int_equal(has(r, RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_AES_GMAC),
				c[i].gcm);
		rig_close(r);
	}
}

static unsigned int
count_capabilities(struct rig *r)
{
	const struct rte_cryptodev_capabilities *c;
	struct rte_cryptodev_info info;
	unsigned int n = 0;

	rte_cryptodev_info_get(r->id, &info);
	for (c = info.capabilities; c->op != RTE_CRYPTO_OP_TYPE_UNDEFINED; c++)
		n++;
	return n;
}

/* A device that claims every bit there is has the algorithms that have names. */
static void
undefined_algorithms_are_ignored(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	unsigned int n[2], i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct rig *r = rig_open(&conf);
		struct virtio_crypto_config *c = &r->f->device_cfg;

		c->crypto_services = cpu_to_le32(i == 0 ? 0x3f : UINT32_MAX);
		c->akcipher_algo = cpu_to_le32(1u << VIRTIO_CRYPTO_AKCIPHER_RSA |
				1u << VIRTIO_CRYPTO_AKCIPHER_ECDSA);
		if (i == 1)
			c->cipher_algo_l = c->cipher_algo_h = c->hash_algo = c->mac_algo_l =
				c->mac_algo_h = c->aead_algo = c->akcipher_algo =
				cpu_to_le32(UINT32_MAX);
		assert_int_equal(rig_probe(r), 0);
		rig_start(r, 1, 64);
		n[i] = count_capabilities(r);
		rig_close(r);
	}
	assert_int_equal(n[0], n[1]);
}

/* ---- algos= ---- */

static void
algorithms_by_devarg(void **state)
{
	static const char *const args[] = { NULL, "algos=aes-ctr:hmac-sha1",
		"algos=[aes-ctr,hmac-sha1]", "algos=aes-ctr,algos=hmac-sha1" };
	struct rte_cryptodev_sym_capability_idx ctr = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.algo.cipher = RTE_CRYPTO_CIPHER_AES_CTR };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(args); i++) {
		struct rig_conf conf = { .features = rig_kinds[0].features, .devargs = args[i] };
		struct rte_crypto_sym_xform x = cipher_x(RTE_CRYPTO_CIPHER_AES_CTR, 16, 16);
		struct rte_crypto_sym_xform hmac = auth_x(RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 20);
		struct rig *r = rig_open(&conf);
		void *s;

		r->f->device_cfg.cipher_algo_l = cpu_to_le32(1u << VIRTIO_CRYPTO_CIPHER_AES_CBC);
		r->f->device_cfg.mac_algo_l = cpu_to_le32(0);
		assert_int_equal(rig_probe(r), 0);
		rig_start(r, 1, 64);
		if (i == 0) {
			assert_null(rte_cryptodev_sym_capability_get(r->id, &ctr));
			not_made(r, &x, ENOTSUP, "aes-ctr");
			not_made(r, &hmac, ENOTSUP, "hmac-sha1");
			log_capture_start();
		} else {
			assert_non_null(rte_cryptodev_sym_capability_get(r->id, &ctr));
			s = rig_session(r, &x);
			assert_non_null(s);
			rig_session_free(r, s);
			s = rig_session(r, &hmac);
			assert_non_null(s);
			rig_session_free(r, s);
		}
		rig_close(r);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(illegal_ciphers),
		cmocka_unit_test(illegal_digests),
		cmocka_unit_test(illegal_aeads),
		cmocka_unit_test(illegal_chains),
		cmocka_unit_test(no_room_for_data),
		cmocka_unit_test(capabilities_are_true),
		cmocka_unit_test(capabilities_follow_services),
		cmocka_unit_test(undefined_algorithms_are_ignored),
		cmocka_unit_test(algorithms_by_devarg),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

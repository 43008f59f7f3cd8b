/* SPDX-License-Identifier: BSD-3-Clause
 *
 * No key of a security association outlives it, or a command that is refused: while it lives, its
 * keys are in the memory of secret.h alone; when it has been destroyed, reset or refused, nothing
 * of them is found anywhere in this process.  The commands go through the administration queue,
 * and so through the device's thread for them.  Every engine, every algorithm.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin_rig.h"
#include "fixture.h"
#include "scan.h"
#include "wipe.h"

#define MASK	0x5a

/* One pair of algorithms; 0: none.  Lengths in bytes. */
struct pair {
	const char *name;
	enum virtio_crypto_ipsec_mode mode;
	uint32_t cipher, aead, auth;
	uint16_t key_len, auth_key_len;
};

#define ESP	VIRTIO_CRYPTO_IPSEC_MODE_ESP_TRANSPORT
#define AH	VIRTIO_CRYPTO_IPSEC_MODE_AH_TRANSPORT
#define C(c)	VIRTIO_CRYPTO_CIPHER_##c
#define M(m)	VIRTIO_CRYPTO_MAC_##m
#define A(a)	VIRTIO_CRYPTO_AEAD_##a

static const struct pair pairs[] = {
	{ "gcm 16", ESP, 0, A(GCM), 0, 16, 0 },
	{ "gcm 32", ESP, 0, A(GCM), 0, 32, 0 },
	{ "ccm", ESP, 0, A(CCM), 0, 16, 0 },
	{ "chacha20-poly1305", ESP, 0, A(CHACHA20_POLY1305), 0, 32, 0 },
	{ "cbc, sha-1", ESP, C(AES_CBC), 0, M(HMAC_SHA1), 16, 20 },
	{ "cbc 32, sha-256", ESP, C(AES_CBC), 0, M(HMAC_SHA_256), 32, 32 },
	{ "ctr, cmac", ESP, C(AES_CTR), 0, M(CMAC_AES), 16, 16 },
	{ "3des, md5", ESP, C(3DES_CBC), 0, M(HMAC_MD5), 24, 16 },
	{ "null, xcbc", ESP, 0, 0, M(XCBC_AES), 0, 16 },
	{ "ah, sha-256", AH, 0, 0, M(HMAC_SHA_256), 0, 32 },
	{ "ah, gmac", AH, 0, 0, M(GMAC_AES), 0, 16 },
};

/* Any one: bytes beside the salt, which alone is too short to be looked for. */
#define OPTIONS	(VIRTIO_CRYPTO_IPSEC_ESN | VIRTIO_CRYPTO_IPSEC_SA_LIFETIME)

/* Of the association that is looked for: masked, since a search finds everything. */
static uint8_t masked[2][32], masked_salt[4], masked_spi[4];
static unsigned int nb_checked;

static void
keys_take(uint8_t own[2][32])
{
	unsigned int k, i;

	for (k = 0; k < 2; k++)
		for (i = 0; i < 32; i++)
			own[k][i] = masked[k][i] ^ MASK;
}

/* As an object has it, behind its SPI, and as it is parsed, behind its options too. */
static void
salt_look_for(const char *name)
{
	const uint32_t options = OPTIONS;
	uint8_t own[12];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		own[i] = masked_spi[i] ^ MASK;
		own[4 + i] = masked_salt[i] ^ MASK;
	}
	scan_add(SCAN_KEY, name, own, 8);
	memcpy(own + 8, own + 4, 4);
	memcpy(own + 4, &options, sizeof(options));
	scan_add(SCAN_KEY, name, own, sizeof(own));
	explicit_bzero(own, sizeof(own));
}

static void
keys_new(const struct pair *p)
{
	uint8_t own[2][32];
	unsigned int k, i;

	for (k = 0; k < 2; k++)
		for (i = 0; i < 32; i++)
			masked[k][i] = (uint8_t)(rand() >> 7);
	for (i = 0; i < 4; i++) {
		masked_salt[i] = (uint8_t)(rand() >> 7);
		masked_spi[i] = (uint8_t)(rand() >> 7);
	}
	keys_take(own);
	scan_forget();
	if (p->key_len != 0)
		scan_add_key(p->name, own[0], p->key_len);
	if (p->auth_key_len != 0)
		scan_add_key(p->name, own[1], p->auth_key_len);
	salt_look_for(p->name);
	explicit_bzero(own, sizeof(own));
}

static int
open_pair(struct ar_rig *g, const struct pair *p, bool inbound, uint32_t id, uint32_t window,
		size_t cut)
{
	uint8_t own[2][32];
	struct req_ipsec_sa sa = { .mode = p->mode, .inbound = inbound, .options = OPTIONS,
		.cipher = p->cipher, .aead = p->aead, .auth = p->auth, .key_len = p->key_len,
		.auth_key_len = p->auth_key_len, .replay_win_sz = window };
	unsigned int i;
	int rc;

	keys_take(own);
	sa.key = own[0];
	sa.auth_key = own[1];
	for (i = 0; i < 4; i++) {
		sa.spi |= (uint32_t)(masked_spi[i] ^ MASK) << 8 * i;
		sa.salt[i] = masked_salt[i] ^ MASK;
	}
	rc = ar_open_sa(g, id, &sa, cut);
	explicit_bzero(own, sizeof(own));
	explicit_bzero(&sa, sizeof(sa));
	/* What the command was built with. */
	vcryptod_wipe_stack();
	return rc;
}

/* Nothing is left anywhere. */
static void
nothing_is_found(const char *when, const char *name)
{
	struct scan_found f = scan_memory(SCAN_TELL_ALL);

	nb_checked++;
	if (f.inside[SCAN_KEY] + f.outside[SCAN_KEY] != 0)
		fail_msg("%s: keys are left after it was %s", name, when);
}

static void
lives(struct ar_rig *g, const struct pair *p, bool inbound)
{
	struct req_admin c = ar_destroy_sa(inbound, 1);
	struct scan_found f;

	assert_int_equal(open_pair(g, p, inbound, 1, 0, 0), 0);
	f = scan_memory(SCAN_TELL_OUTSIDE);
	if (f.outside[SCAN_KEY] != 0)
		fail_msg("%s: keys lie outside of the memory for secrets", p->name);
	if (strcmp(g->dev.model.cfg.engine->name, "null") != 0)
		assert_true(f.inside[SCAN_KEY] != 0);
	/* Who asks for the object gets no key, and leaves none. */
	c.opcode = AR_CMD(RESOURCE_OBJ_QUERY);
	assert_int_equal(ar_command(g, &c), 0);
	f = scan_memory(SCAN_TELL_OUTSIDE);
	assert_int_equal(f.outside[SCAN_KEY], 0);
	c.opcode = AR_CMD(RESOURCE_OBJ_DESTROY);
	assert_int_equal(ar_command(g, &c), 0);
	nothing_is_found("destroyed", p->name);
}

/* By the limit, by the parser, and by what there is already. */
static void
is_refused(struct ar_rig *g, const struct pair *p)
{
	struct req_admin c = ar_destroy_sa(false, 0);

	assert_int_equal(open_pair(g, p, false, AR_SAS, 0, 0), -EINVAL);
	nothing_is_found("beyond the limit", p->name);
	assert_int_equal(open_pair(g, p, true, 0, 2048, 0), -EINVAL);
	nothing_is_found("asked for a window too long", p->name);
	/* The last bytes of a key are missing, more than a command is filled up with. */
	assert_int_equal(open_pair(g, p, false, 0, 0, p->auth_key_len != 0 ?
			sizeof(struct virtio_crypto_ipsec_sa) - (132 + p->auth_key_len - 9) :
			sizeof(struct virtio_crypto_ipsec_sa) - (88 + p->key_len - 9)), -EINVAL);
	nothing_is_found("cut", p->name);
	/* Another one, whose keys are not looked for, is there. */
	assert_int_equal(open_pair(g, p, false, 0, 0, 0), 0);
	keys_new(p);
	assert_int_equal(open_pair(g, p, false, 0, 0, 0), -EEXIST);
	nothing_is_found("there already", p->name);
	assert_int_equal(ar_command(g, &c), 0);
}

static void
every_pair(void **state)
{
	const struct ar_variant v = { .kind = VQ_SPLIT, .indirect = true };
	const char *engine = *state;
	struct ar_rig *g;
	unsigned int i;

	if (!scan_is_possible())
		skip();
	g = ar_create(&v, engine);
	if (g == NULL)
		skip();
	nb_checked = 0;
	srand(5);
	ar_discover(g);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		keys_new(&pairs[i]);
		if (open_pair(g, &pairs[i], true, 0, 0, 0) != 0) {
			print_message("%s: %s is not offered\n", engine, pairs[i].name);
			nothing_is_found("not offered", pairs[i].name);
			continue;
		}
		vcryptod_device_reset(&g->dev);
		vcryptod_device_update(&g->dev);
		nothing_is_found("reset", pairs[i].name);
		g->dev.ring[AR_ADMIN].kicked = true;
		vcryptod_device_update(&g->dev);
		ar_discover(g);
		lives(g, &pairs[i], true);
		keys_new(&pairs[i]);
		lives(g, &pairs[i], false);
		is_refused(g, &pairs[i]);
	}
	ar_destroy(g);
	print_message("%s: searched %u times\n", engine, nb_checked);
	assert_true(nb_checked > 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "openssl", every_pair, NULL, NULL, (char[]){ "openssl" } },
		{ "ipsec_mb", every_pair, NULL, NULL, (char[]){ "ipsec-mb" } },
		{ "auto", every_pair, NULL, NULL, (char[]){ "auto" } },
		{ "null", every_pair, NULL, NULL, (char[]){ "null" } },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * No key outlives its session: after destroying, and after a control request, nothing of
 * a key is found anywhere in this process' writable memory.  The test keeps its keys
 * masked, so that it does not find its own.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

#define KEY_LEN		32
#define MASK		0x5a
#define PIECE		(1u << 16)

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

static struct fx fx;
static uint8_t masked[KEY_LEN];

static void
new_key(void)
{
	unsigned int i;

	for (i = 0; i < KEY_LEN; i++)
		masked[i] = (uint8_t)rand();
}

static void
unmask(uint8_t key[KEY_LEN])
{
	unsigned int i;

	for (i = 0; i < KEY_LEN; i++)
		key[i] = masked[i] ^ MASK;
}

/* Half of the key at p?  Byte by byte: no unmasked copy is made. */
static bool
is_key(const uint8_t *p)
{
	unsigned int i;

	for (i = 0; i < KEY_LEN / 2; i++)
		if ((p[i] ^ MASK) != masked[i])
			return false;
	return true;
}

static unsigned int
search_piece(const uint8_t *buf, size_t len)
{
	unsigned int found = 0;
	size_t i;

	for (i = 0; i + KEY_LEN / 2 <= len; i++)
		if ((buf[i] ^ MASK) == masked[0])
			found += is_key(buf + i);
	return found;
}

/* How often the key's first half stands in writable memory, this function's own aside. */
static unsigned int
search(void)
{
	static uint8_t buf[PIECE + KEY_LEN];
	unsigned long from, to, at;
	unsigned int found = 0;
	char line[256], mode[5];
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[1] != 'w' ||
				to - from > (1ul << 30))
			continue;
		for (at = from; at < to; at += PIECE) {
			n = pread(mem, buf, sizeof(buf), (off_t)at);
			/* buf itself lies in one of the ranges: what it holds was just read. */
			if (n > 0 && !(at < (unsigned long)(uintptr_t)buf + sizeof(buf) &&
					at + (unsigned long)n > (unsigned long)(uintptr_t)buf))
				found += search_piece(buf, (size_t)n);
		}
		memset(buf, 0, sizeof(buf));
	}
	close(mem);
	fclose(maps);
	return found;
}

static void
one_session(struct req_session s)
{
	static const uint8_t zero[64];
	struct fx_op op = { .s = &s, .src = { zero, 64 }, .dst_len = 64 };
	uint8_t key[KEY_LEN], dst[128], digest[VCRYPTOD_DIGEST_MAX];
	uint32_t status;

	new_key();
	unmask(key);
	s.key = key;
	s.key_len = KEY_LEN;
	if (s.kind == REQ_CHAIN) {
		s.auth_key = key;
		s.auth_key_len = KEY_LEN;
		op.range.cipher_len = op.range.hash_len = 64;
	}
	if (s.kind == REQ_MAC)
		op.dst_len = 0;
	if (s.kind == REQ_AEAD)
		op.dst_len += s.digest_len;
	op.iv = (struct fx_bytes){ zero, s.kind == REQ_AEAD ? 12 : s.kind == REQ_MAC ? 0 : 16 };
	op.digest_len = s.digest_len;
	assert_int_equal(vcryptod_model_create(&fx.model, &op.id, &s), VIRTIO_CRYPTO_OK);
	explicit_bzero(key, sizeof(key));
	status = fx_run(&fx, &op, dst, digest);
	assert_int_equal(status, VIRTIO_CRYPTO_OK);
	/* The search works: a living session has its key somewhere. */
	assert_true(search() > 0);
	assert_int_equal(vcryptod_model_destroy(&fx.model, op.id), VIRTIO_CRYPTO_OK);
	if (search() != 0)
		fail_msg("kind %d algorithm %u: the key is still there", (int)s.kind, s.algo);
}

static void
sessions(const char *engine)
{
	static const struct req_session kinds[] = {
		{ .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .op = 1 },
		{ .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CTR, .op = 2 },
		{ .kind = REQ_MAC, .algo = VIRTIO_CRYPTO_MAC_HMAC_SHA_256, .digest_len = 32 },
		{ .kind = REQ_MAC, .algo = VIRTIO_CRYPTO_MAC_CMAC_AES, .digest_len = 16 },
		{ .kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_GCM, .op = 1, .digest_len = 16 },
		{ .kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305, .op = 1,
			.digest_len = 16 },
		{ .kind = REQ_CHAIN, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .op = 1,
			.chain_order = VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH,
			.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH,
			.auth_algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .digest_len = 20 },
	};
	unsigned int i;

#ifdef SANITIZED
	print_message("a sanitizer keeps copies of its own\n");
	skip();
#endif
	if (!fx_init(&fx, engine)) {
		print_message("engine %s is not of this build\n", engine);
		skip();
	}
	fx_layout(&fx, FX_PADDED);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		one_session(kinds[i]);
	fx_fini(&fx);
}

static void
openssl(void **state)
{
	(void)state;
	sessions("openssl");
}

static void
ipsec_mb(void **state)
{
	(void)state;
	sessions("ipsec-mb");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl),
		cmocka_unit_test(ipsec_mb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of algorithms: complete, without doubles, findable, and its sizes
 * against lists written out by hand; statuses and services.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "req_alg.h"
#include "req_test.h"

/* Every number of virtio 1.4, 5.9.4, and no other. */
static void
every_number_has_a_row(void **state)
{
	static const uint64_t defined[VIRTIO_CRYPTO_NB_SERVICES] = {
		[VIRTIO_CRYPTO_SERVICE_CIPHER] = 0x7ffe,	/* 1 to 14 */
		[VIRTIO_CRYPTO_SERVICE_HASH] = 0x1ffe,		/* 1 to 12 */
		[VIRTIO_CRYPTO_SERVICE_MAC] = 0x7e | UINT64_C(0xf) << 25 |
				UINT64_C(3) << 41 | UINT64_C(3) << 49 | UINT64_C(3) << 53,
		[VIRTIO_CRYPTO_SERVICE_AEAD] = 0xe,
		[VIRTIO_CRYPTO_SERVICE_AKCIPHER] = 6,
	};
	unsigned int service, number, nb, rows = 0;

	(void)state;
	for (service = 0; service < VIRTIO_CRYPTO_NB_SERVICES; service++) {
		for (number = 0; number < 64; number++) {
			const struct req_alg *a = req_alg_find(
					(enum virtio_crypto_service)service, number);

			assert_int_equal(a != NULL, defined[service] >> number & 1);
			if (a == NULL)
				continue;
			assert_int_equal(a->service, service);
			assert_int_equal(a->number, number);
			rows++;
		}
		assert_null(req_alg_find((enum virtio_crypto_service)service, 0x10003));
	}
	req_alg_table(&nb);
	assert_int_equal(nb, rows);	/* so no number has two rows */
}

static void
names_find_their_rows(void **state)
{
	unsigned int nb, i;
	const struct req_alg *t = req_alg_table(&nb);

	(void)state;
	for (i = 0; i < nb; i++) {
		size_t len = strlen(t[i].name);

		assert_ptr_equal(req_alg_by_name(t[i].name, len), &t[i]);
		assert_null(req_alg_by_name(t[i].name, len - 1));
		assert_int_equal(strspn(t[i].name, "abcdefghijklmnopqrstuvwxyz0123456789-"), len);
	}
	/* as rte_cryptodev and devargs have them */
	assert_int_equal(req_alg_by_name("aes-cbc", 7)->number, VIRTIO_CRYPTO_CIPHER_AES_CBC);
	assert_int_equal(req_alg_by_name("aes-cbc,aes-ctr", 7)->number,
			VIRTIO_CRYPTO_CIPHER_AES_CBC);
	assert_int_equal(req_alg_by_name("hmac-sha1", 9)->number, VIRTIO_CRYPTO_MAC_HMAC_SHA1);
	assert_int_equal(req_alg_by_name("sha2-256", 8)->number, VIRTIO_CRYPTO_HASH_SHA_256);
	assert_null(req_alg_by_name("AES-CBC", 7));
	assert_null(req_alg_by_name("aes-cbc ", 8));
	assert_null(req_alg_by_name("", 0));
}

static void
rows_are_sane(void **state)
{
	unsigned int nb, i, j;
	const struct req_alg *t = req_alg_table(&nb);

	(void)state;
	for (i = 0; i < nb; i++) {
		const struct req_range *r[] = { &t[i].key, &t[i].iv, &t[i].digest, &t[i].aad };

		for (j = 0; j < DIM(r); j++) {
			assert_true(r[j]->min <= r[j]->max);
			assert_true(req_range_has(r[j], r[j]->min));
			assert_true(req_range_has(r[j], r[j]->max));
			assert_int_equal(r[j]->inc == 0, r[j]->min == r[j]->max);
		}
		assert_true(t[i].block >= 1);
		/* slots keep digests in 64 bytes and ivs in 16 */
		assert_true(t[i].digest.max <= 64);
		assert_true(t[i].iv.max <= 16);
	}
}

/* The sizes that a range has, as a list; checked up to 300 bytes. */
static void
has_just(const struct req_range *r, const char *list)
{
	unsigned int v;
	char word[16];

	for (v = 0; v <= 300; v++) {
		snprintf(word, sizeof(word), " %u ", v);
		assert_int_equal(req_range_has(r, v), strstr(list, word) != NULL);
	}
}

static void
sizes_are_the_specifications(void **state)
{
	static const struct {
		const char *name, *key, *iv, *digest;
		unsigned int block, min_len;
	} t[] = {
		{ "aes-ecb", " 16 24 32 ", " 0 ", " 0 ", 16, 0 },
		{ "aes-cbc", " 16 24 32 ", " 16 ", " 0 ", 16, 0 },
		{ "aes-ctr", " 16 24 32 ", " 16 ", " 0 ", 1, 0 },
		{ "aes-xts", " 32 64 ", " 16 ", " 0 ", 1, 16 },	/* 48 is no XTS key */
		{ "aes-f8", " 32 48 64 ", " 16 ", " 0 ", 1, 0 },
		{ "des-cbc", " 8 ", " 8 ", " 0 ", 8, 0 },
		{ "3des-cbc", " 24 ", " 8 ", " 0 ", 8, 0 },
		{ "3des-ecb", " 24 ", " 0 ", " 0 ", 8, 0 },
		{ "3des-ctr", " 24 ", " 8 ", " 0 ", 1, 0 },
		{ "kasumi-f8", " 16 ", " 8 ", " 0 ", 1, 0 },
		{ "snow3g-uea2", " 16 ", " 16 ", " 0 ", 1, 0 },
		{ "zuc-eea3", " 16 ", " 16 ", " 0 ", 1, 0 },
		{ "md5", " 0 ", " 0 ", " 16 ", 1, 0 },
		{ "sha3-384", " 0 ", " 0 ", " 48 ", 1, 0 },
		{ "3des-cmac", " 24 ", " 0 ", " 1 2 3 4 5 6 7 8 ", 1, 0 },
		{ "aes-gmac", " 16 24 32 ", " 12 ", " 4 8 12 16 ", 1, 0 },
		{ "kasumi-f9", " 16 ", " 0 ", " 4 ", 1, 9 },
		{ "aes-gcm", " 16 24 32 ", " 12 16 ", " 4 8 12 16 ", 1, 0 },
		{ "aes-ccm", " 16 24 32 ", " 7 8 9 10 11 12 13 ", " 4 6 8 10 12 14 16 ", 1, 0 },
		{ "chacha20-poly1305", " 32 ", " 12 ", " 16 ", 1, 0 },
	};
	const struct req_alg *a;
	size_t i;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		a = req_alg_by_name(t[i].name, strlen(t[i].name));
		assert_non_null(a);
		has_just(&a->key, t[i].key);
		has_just(&a->iv, t[i].iv);
		has_just(&a->digest, t[i].digest);
		assert_int_equal(a->block, t[i].block);
		assert_int_equal(a->min_len, t[i].min_len);
	}
	a = req_alg_by_name("hmac-sha2-512", 13);
	assert_false(req_range_has(&a->key, 0));
	assert_true(req_range_has(&a->key, 65535));
	assert_false(req_range_has(&a->key, 65536));
	assert_true(req_range_has(&a->digest, 1) && req_range_has(&a->digest, 64));
	assert_false(req_range_has(&a->digest, 65));
	/* a value whose low 16 bits are legal is not */
	assert_false(req_range_has(&a->digest, 0x10010));
}

static void
statuses(void **state)
{
	static const struct {
		uint32_t status;
		int err;
		const char *name;
	} t[] = {
		{ 0, 0, "OK" }, { 1, -EIO, "ERR" }, { 2, -EBADMSG, "BADMSG" },
		{ 3, -ENOTSUP, "NOTSUPP" }, { 4, -ENOENT, "INVSESS" }, { 5, -ENOSPC, "NOSPC" },
		{ 6, -EKEYREJECTED, "KEY_REJECTED" }, { 7, -EIO, "IPSEC_SA_SOFT_EXPIRY" },
		{ 8, -EIO, "undefined status" }, { 255, -EIO, "undefined status" },
		{ UINT32_MAX, -EIO, "undefined status" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		assert_int_equal(req_status_errno(t[i].status), t[i].err);
		assert_string_equal(req_status_name(t[i].status), t[i].name);
	}
}

static void
service_names(void **state)
{
	static const char *const names[] = {
		"cipher", "hash", "mac", "aead", "akcipher", "ipsec", "undefined service",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < DIM(names); i++)
		assert_string_equal(req_service_name(i), names[i]);
	assert_string_equal(req_service_name(UINT32_MAX), "undefined service");
}

static void
services(void **state)
{
	(void)state;
	assert_int_equal(req_kind_service(REQ_CIPHER), 0);
	assert_int_equal(req_kind_service(REQ_CHAIN), 0);
	assert_int_equal(req_kind_service(REQ_HASH), 1);
	assert_int_equal(req_kind_service(REQ_MAC), 2);
	assert_int_equal(req_kind_service(REQ_AEAD), 3);
	assert_int_equal(req_kind_service(REQ_AKCIPHER), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_has_a_row),
		cmocka_unit_test(names_find_their_rows),
		cmocka_unit_test(rows_are_sane),
		cmocka_unit_test(sizes_are_the_specifications),
		cmocka_unit_test(statuses),
		cmocka_unit_test(service_names),
		cmocka_unit_test(services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

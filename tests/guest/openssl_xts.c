/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `openssl enc` leaves out: AES-XTS of a file, by libcrypto.  The independent
 * answer that encrypt_file is compared with.  Data units of UNIT bytes (0: the file
 * is one), each with the tweak of the one before plus 1, little endian.
 *
 * usage: openssl_xts KEYHEX IVHEX UNIT <in >out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define FILE_MAX (4 * 1024 * 1024)	/* bytes */
#define TWEAK_LEN 16

static void
next_tweak(unsigned char *tweak)
{
	for (int i = 0; i < TWEAK_LEN; i++)
		if (++tweak[i] != 0)
			break;
}

/* One data unit, in place.  1 if it worked, as libcrypto counts. */
static int
encrypt_unit(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const unsigned char *key,
	const unsigned char *tweak, unsigned char *data, int len)
{
	int out_len;

	return EVP_EncryptInit_ex(ctx, cipher, NULL, key, tweak) == 1 &&
		EVP_EncryptUpdate(ctx, data, &out_len, data, len) == 1 && out_len == len;
}

static int
encrypt_all(unsigned char *data, size_t len, size_t unit, const unsigned char *key, int key_bits,
	unsigned char *tweak)
{
	const EVP_CIPHER *cipher = key_bits == 512 ? EVP_aes_256_xts() : EVP_aes_128_xts();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int good = ctx != NULL;

	for (size_t off = 0; good && off < len; off += unit) {
		size_t n = len - off < unit ? len - off : unit;

		good = encrypt_unit(ctx, cipher, key, tweak, data + off, (int)n);
		next_tweak(tweak);
	}
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

int
main(int argc, char **argv)
{
	unsigned char *data = malloc(FILE_MAX), *key = NULL, *tweak = NULL;
	long key_len = 0, tweak_len = 0;
	size_t len, unit;
	int ret = EXIT_FAILURE;

	if (argc == 4) {
		key = OPENSSL_hexstr2buf(argv[1], &key_len);
		tweak = OPENSSL_hexstr2buf(argv[2], &tweak_len);
	}
	if (data == NULL || (key_len != 32 && key_len != 64) || tweak_len != TWEAK_LEN) {
		fprintf(stderr, "usage: openssl_xts KEYHEX IVHEX UNIT <in >out\n");
		goto out;
	}
	len = fread(data, 1, FILE_MAX, stdin);
	unit = strtoul(argv[3], NULL, 10);
	if (encrypt_all(data, len, unit == 0 ? len : unit, key, (int)key_len * 8, tweak) &&
			fwrite(data, 1, len, stdout) == len)
		ret = EXIT_SUCCESS;
	else
		fprintf(stderr, "openssl_xts: libcrypto refused\n");
out:
	OPENSSL_free(tweak);
	OPENSSL_free(key);
	free(data);
	return ret;
}

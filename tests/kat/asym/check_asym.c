/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Checks the vector files with OpenSSL, so that a typo shows before a device is blamed:
 * every signature is verified, made again where that has one result, and every
 * ciphertext decrypted; what is marked bad must not verify.
 *
 *	check_asym FILE...
 */
#include <stdio.h>
#include <string.h>

#include "asym_host.h"

static unsigned int passed, failed;

static void
judge(const struct asym_vec *v, int ok, const char *what)
{
	if (ok) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL %s:%u %s: %s\n", v->file, v->line, v->name, what);
}

static int
same(const uint8_t *got, int len, const struct kat_bytes *want)
{
	return len >= 0 && (uint32_t)len == want->len && memcmp(got, want->data, want->len) == 0;
}

static void
check_rsa(const struct asym_vec *v, const struct asym_rsa *k)
{
	uint8_t out[ASYM_RSA_BYTES], digest[ASYM_DIGEST_MAX];
	enum asym_hash hash = (enum asym_hash)asym_hash_find(v->hash);
	struct kat_bytes d = { digest, 0 };

	if (v->kind == ASYM_RSA_KEY) {
		judge(v, k->len <= ASYM_RSA_BYTES && k->num[RSA_QINV].len != 0, "no whole key");
		return;
	}
	if (v->kind == ASYM_RSA_CRYPT) {
		judge(v, same(out, asym_rsa_decrypt(out, k, &v->f[ASYM_OUT]), &v->f[ASYM_MSG]),
				"does not decrypt to its message");
		return;
	}
	d.len = asym_digest(digest, hash, &v->f[ASYM_MSG]);
	judge(v, asym_rsa_verify(k, hash, &d, &v->f[ASYM_OUT]) == !v->bad,
			v->bad ? "verifies" : "does not verify");
	if (k->num[RSA_D].len != 0)
		judge(v, same(out, asym_rsa_sign(out, k, hash, &d), &v->f[ASYM_OUT]),
				"is not the key's signature");
}

static void
check_ecdsa(const struct asym_vec *v)
{
	enum asym_hash hash = (enum asym_hash)asym_hash_find(v->hash);
	enum asym_curve curve = (enum asym_curve)asym_curve_find(v->curve);
	uint8_t digest[ASYM_DIGEST_MAX], r[ASYM_EC_BYTES], s[ASYM_EC_BYTES];
	struct kat_bytes d = { digest, asym_digest(digest, hash, &v->f[ASYM_MSG]) };
	struct asym_ec k;

	judge(v, asym_ec_load(&k, curve, &v->f[ASYM_D], &v->f[ASYM_X], &v->f[ASYM_Y]) == 0,
			"no key");
	if (k.pkey != NULL)
		judge(v, asym_ec_verify(&k, &d, &v->f[ASYM_R], &v->f[ASYM_S]) == !v->bad,
				v->bad ? "verifies" : "does not verify");
	/* What the private key signs, the public one must verify. */
	if (k.pkey != NULL && k.has_d)
		judge(v, asym_ec_sign(r, s, &k, &d) == 0 && asym_ec_verify(&k, &d,
				&(struct kat_bytes){ r, k.len }, &(struct kat_bytes){ s, k.len }),
				"private and public key do not belong together");
	asym_ec_free(&k);
}

static void
check(const struct asym_vec *v)
{
	struct asym_rsa k;

	if ((v->kind == ASYM_RSA_SIGN || v->kind == ASYM_ECDSA) && asym_hash_find(v->hash) < 0) {
		judge(v, 0, "no such hash");
	} else if (v->kind == ASYM_ECDSA) {
		if (asym_curve_find(v->curve) < 0)
			judge(v, 0, "no such curve");
		else
			check_ecdsa(v);
	} else if (asym_rsa_load(&k, v->f) == 0) {
		check_rsa(v, &k);
		asym_rsa_free(&k);
	} else {
		judge(v, 0, "no key");
	}
}

int
main(int argc, char **argv)
{
	unsigned int i;
	int a;

	for (a = 1; a < argc; a++) {
		struct asym_set set = { 0 };

		if (asym_set_load(&set, argv[a]) != 0)
			failed++;
		for (i = 0; i < set.nb; i++)
			check(&set.vec[i]);
		printf("%s: %u vectors\n", argv[a], set.nb);
		asym_set_free(&set);
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed == 0 && passed > 0 ? 0 : 1;
}

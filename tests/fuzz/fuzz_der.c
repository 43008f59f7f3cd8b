/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The decoders of public keys and signatures.
 *
 * Input: which, curve, then DER in memory of exactly that length.  The decoders take
 * strict DER alone, so what one accepts is encoded again to the same bytes.
 */
#include <errno.h>

#include "fuzz_input.h"
#include "req_der.h"

#define MAX_BYTES	4096u

static uint8_t out[2 * MAX_BYTES];

static void
same(int n, const uint8_t *der, size_t len)
{
	FUZZ_CHECK(n >= 0 && (size_t)n == len);
	FUZZ_CHECK(memcmp(out, der, len) == 0);
}

static void
within(const struct req_num *n, const uint8_t *der, size_t len)
{
	FUZZ_CHECK(n->len != 0 && n->data >= der && n->len <= len - (size_t)(n->data - der));
}

static void
rsa_public(const uint8_t *der, size_t len)
{
	struct req_rsa_public k;
	int n;

	if (req_der_rsa_public_parse(&k, der, len) != 0)
		return;
	within(&k.n, der, len);
	within(&k.e, der, len);
	/* Zero is well-formed, and no key has it: the encoder refuses. */
	n = req_der_rsa_public(out, sizeof(out), &k);
	if (n != -EINVAL)
		same(n, der, len);
}

static void
signature(uint32_t curve, const uint8_t *der, size_t len)
{
	uint8_t r[REQ_EC_MAX], s[REQ_EC_MAX];
	size_t size = req_ec_bytes(curve);
	struct req_num a = { r, size }, b = { s, size };

	if (req_der_ecdsa_sig_parse(r, s, curve, der, len) != 0)
		return;
	FUZZ_CHECK(size != 0 && size <= REQ_EC_MAX);
	same(req_der_ecdsa_sig(out, sizeof(out), curve, &a, &b), der, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t which = fuzz_u8(&in), curve = fuzz_u8(&in);
	size_t len;
	const uint8_t *p = fuzz_bytes(&in, &len, MAX_BYTES);
	uint8_t *der = fuzz_copy(p, len);

	if (which % 5 == 4)
		signature(curve, der, len);
	else
		rsa_public(der, len);
	free(der);
	return 0;
}

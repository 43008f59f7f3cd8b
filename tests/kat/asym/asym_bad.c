/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What must not succeed with RSA: keys that are none, operands that are none,
 * signatures that do not verify, paddings that nobody offers.  Each has one right
 * status; next to each stands its nearest legal neighbour.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asym_case.h"

#define OK		RTE_CRYPTO_OP_STATUS_SUCCESS
#define BAD_ARGS	RTE_CRYPTO_OP_STATUS_INVALID_ARGS
#define BAD_SIGNATURE	RTE_CRYPTO_OP_STATUS_AUTH_FAILED

#define KEY_BITS	1024

static const struct asym_pad raw = { RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL };
static const struct asym_pad plain = { RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_NULL };
static const struct asym_pad sha256 = { RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_SHA256 };

/* ---- keys ---- */

/* A session of a key that was changed, or an op with it: -EINVAL or INVALID_ARGS. */
static void
bad_key(struct asym_run *run, const struct rte_crypto_asym_xform *x, int want, const char *what)
{
	struct kat_line *line = asym_line(run, "rsa keys");
	struct asym_session s = { .xform = *x, .pad = sha256 };
	uint8_t msg[32] = { 1 };
	struct asym_rsa_case c = { .s = &s, .type = RTE_CRYPTO_ASYM_OP_SIGN,
		.in = { msg, sizeof(msg) }, .want = want == 0 ? OK : BAD_ARGS };
	int rc;

#if ASYM_PADDING_IN_XFORM
	s.xform.rsa.padding.type = s.pad.type;
	s.xform.rsa.padding.hash = s.pad.hash;
#endif
	rc = asym_session_make(&s, &run->dev, run->sessionless);
	if (run->sessionless) {
		asym_rsa_do(run, line, &c, "%s", what);
		return;
	}
	asym_check(run, line, rc == want, "%s gives %d (got %d)", what, want, rc);
	line->negative += want != 0;
	if (rc == 0 && want == 0)
		asym_rsa_do(run, line, &c, "%s: sign", what);
	if (rc == 0)
		asym_session_close(&s, &run->dev);
	else
		s.sess = NULL;
}

/* A copy of a number with its last byte changed. */
static rte_crypto_uint
changed(uint8_t *buf, const struct kat_bytes *b, uint8_t by)
{
	memcpy(buf, b->data, b->len);
	buf[b->len - 1] ^= by;
	return (rte_crypto_uint){ .data = buf, .length = b->len };
}

/* The number with n zeros before it. */
static rte_crypto_uint
zeros_before(uint8_t *buf, const struct kat_bytes *b, uint32_t n)
{
	memset(buf, 0, n);
	memcpy(buf + n, b->data, b->len);
	return (rte_crypto_uint){ .data = buf, .length = n + b->len };
}

static void
bad_numbers(struct asym_run *run, const struct asym_rsa *k)
{
	uint8_t buf[2 * ASYM_RSA_BYTES], one[] = { 0, 1 }, zero[] = { 0, 0 };
	uint8_t long_e[9] = { 1, 0, 0, 0, 0, 0, 0, 0, 1 };
	struct rte_crypto_asym_xform good, x;

	asym_rsa_xform(&good, k, ASYM_EXP);
#define TRY(member, value, want, what) do { \
	x = good; \
	x.rsa.member = value; \
	bad_key(run, &x, want, what); \
} while (0)
	bad_key(run, &good, 0, "the key itself");
	TRY(n, changed(buf, &k->num[RSA_N], 1), -EINVAL, "n even");
	TRY(n, changed(buf, &k->num[RSA_N], 2), -EINVAL, "n another number");
	TRY(n, ((rte_crypto_uint){ 0 }), -EINVAL, "no n");
	TRY(n, ((rte_crypto_uint){ .data = zero, .length = 2 }), -EINVAL, "n zero");
	TRY(e, changed(buf, &k->num[RSA_E], 1), -EINVAL, "e even");
	TRY(e, changed(buf, &k->num[RSA_E], 2), -EINVAL, "e another number");
	TRY(e, ((rte_crypto_uint){ .data = one, .length = 2 }), -EINVAL, "e one");
	TRY(e, ((rte_crypto_uint){ .data = zero, .length = 2 }), -EINVAL, "e zero");
	TRY(e, ((rte_crypto_uint){ 0 }), -EINVAL, "no e");
	TRY(d, changed(buf, &k->num[RSA_D], 2), -EINVAL, "d another number");
	TRY(d, changed(buf, &k->num[RSA_D], 1), -EINVAL, "d even");
	TRY(d, ((rte_crypto_uint){ .data = one, .length = 2 }), -EINVAL, "d one");
	TRY(d, ((rte_crypto_uint){ .data = zero, .length = 2 }), -EINVAL, "d zero");
	TRY(key_type, 7, -EINVAL, "no form of key");
	TRY(n, zeros_before(buf, &k->num[RSA_N], 1), 0, "n with a leading zero");
	TRY(n, zeros_before(buf, &k->num[RSA_N], 1024), 0, "n with 1024 leading zeros");
	TRY(e, zeros_before(buf, &k->num[RSA_E], 1022), 0, "e with leading zeros");
	TRY(e, ((rte_crypto_uint){ .data = long_e, .length = 9 }), -ENOTSUP, "e of 65 bits");
	TRY(d, zeros_before(buf, &k->num[RSA_D], 1024), 0, "d with leading zeros");

	asym_rsa_xform(&good, k, ASYM_QT);
	bad_key(run, &good, 0, "the quintuple itself");
	TRY(qt.p, changed(buf, &k->num[RSA_P], 2), -EINVAL, "p another number");
	TRY(qt.q, changed(buf, &k->num[RSA_Q], 2), -EINVAL, "q another number");
	TRY(qt.dP, changed(buf, &k->num[RSA_DP], 2), -EINVAL, "dP another number");
	TRY(qt.dQ, changed(buf, &k->num[RSA_DQ], 2), -EINVAL, "dQ another number");
	TRY(qt.qInv, changed(buf, &k->num[RSA_QINV], 2), -EINVAL, "qInv another number");
	TRY(qt.q, ((rte_crypto_uint){ 0 }), -EINVAL, "no q");
	TRY(qt.p, zeros_before(buf, &k->num[RSA_P], 3), 0, "p with leading zeros");
	TRY(qt.qInv, zeros_before(buf, &k->num[RSA_QINV], 1000), 0, "qInv with leading zeros");
#undef TRY
}

/* Sizes that are not offered, transforms of which there are none. */
static void
bad_kinds(struct asym_run *run)
{
	struct kat_line *line = asym_line(run, "refused transforms");
	uint8_t n[ASYM_RSA_BYTES + 1], e[] = { 1, 0, 1 };
	struct rte_crypto_asym_xform x = { .xform_type = RTE_CRYPTO_ASYM_XFORM_RSA };
	struct asym_session s = { 0 };

	if (run->sessionless)
		return;
	memset(n, 0xff, sizeof(n));
	x.rsa.n = (rte_crypto_uint){ .data = n, .length = 127 };
	x.rsa.e = (rte_crypto_uint){ .data = e, .length = sizeof(e) };
	s.xform = x;
	asym_check(run, line, asym_session_make(&s, &run->dev, false) == -ENOTSUP, "1016 bits");
	s.xform.rsa.n.length = ASYM_RSA_BYTES + 1;
	asym_check(run, line, asym_session_make(&s, &run->dev, false) == -ENOTSUP, "8200 bits");
	memset(&s, 0, sizeof(s));
	s.xform.xform_type = RTE_CRYPTO_ASYM_XFORM_MODEX;
	asym_check(run, line, asym_session_make(&s, &run->dev, false) == -ENOTSUP, "modex");
	s.xform.xform_type = RTE_CRYPTO_ASYM_XFORM_DSA;
	asym_check(run, line, asym_session_make(&s, &run->dev, false) == -ENOTSUP, "dsa");
	s.xform.xform_type = RTE_CRYPTO_ASYM_XFORM_ECDSA;
	s.xform.ec.curve_id = 1;	/* TLS group 1 */
	asym_check(run, line, asym_session_make(&s, &run->dev, false) == -ENOTSUP, "curve");
}

void
asym_bad_keys(struct asym_run *run)
{
	struct asym_rsa k;

	asym_key(&k, run, KEY_BITS);
	bad_numbers(run, &k);
	bad_kinds(run);
	asym_rsa_free(&k);
}

/* ---- operands ---- */

/* What the groups below share: a key, sessions of it, memory. */
struct bad {
	struct asym_run *run;
	struct kat_line *line;
	struct asym_rsa k;
	struct asym_session s;
	struct asym_rsa_case c;
	uint8_t buf[2 * ASYM_RSA_BYTES];
};

#define BAD(b, op, status, ...) do { \
	(b)->c.type = RTE_CRYPTO_ASYM_OP_ ## op; \
	(b)->c.want = (status); \
	asym_rsa_do((b)->run, (b)->line, &(b)->c, __VA_ARGS__); \
} while (0)

static bool
bad_open(struct bad *b, enum asym_form form, struct asym_pad pad)
{
	int rc = asym_rsa_open(&b->s, &b->run->dev, &b->k, form, &pad, b->run->sessionless);

	memset(&b->c, 0, sizeof(b->c));
	b->c.s = &b->s;
	return asym_check(b->run, b->line, rc == 0, "session (%d)", rc) == 0;
}

static void
bad_close(struct bad *b)
{
	asym_session_close(&b->s, &b->run->dev);
}

/* Raw: a number below the modulus, however many zeros stand before it. */
static void
bad_raw(struct bad *b)
{
	uint32_t n = b->k.len;
	uint8_t *p = b->buf;

	if (!bad_open(b, ASYM_EXP, raw))
		return;
	b->c.in = b->k.num[RSA_N];
	BAD(b, ENCRYPT, BAD_ARGS, "raw encrypt of n");
	BAD(b, DECRYPT, BAD_ARGS, "raw decrypt of n");
	BAD(b, SIGN, BAD_ARGS, "raw sign of n");
	memset(p, 0xff, n);
	b->c.in = (struct kat_bytes){ p, n };
	BAD(b, ENCRYPT, BAD_ARGS, "raw encrypt of the largest number of that size");
	memcpy(p, b->k.num[RSA_N].data, n);
	p[n - 1] ^= 1;		/* n is odd */
	BAD(b, ENCRYPT, OK, "raw encrypt of n - 1");
	BAD(b, SIGN, OK, "raw sign of n - 1");
	memset(p, 0, sizeof(b->buf));
	p[0] = 1;
	b->c.in = (struct kat_bytes){ p, n + 1 };
	BAD(b, ENCRYPT, BAD_ARGS, "raw encrypt of one byte more");
	p[0] = 0;
	p[n] = 7;
	BAD(b, ENCRYPT, OK, "raw encrypt with a leading zero beyond the size");
	b->c.in = (struct kat_bytes){ p + n, 1 };
	BAD(b, ENCRYPT, OK, "raw encrypt of one byte");
	b->c.in.len = 0;
	BAD(b, ENCRYPT, BAD_ARGS, "raw encrypt of nothing");
	b->c.in = (struct kat_bytes){ NULL, n };
	BAD(b, ENCRYPT, BAD_ARGS, "raw encrypt of NULL");
	BAD(b, SIGN, BAD_ARGS, "raw sign of NULL");
	b->c.in = (struct kat_bytes){ p + n, 1 };
	b->c.no_out = true;
	BAD(b, ENCRYPT, BAD_ARGS, "raw encrypt to NULL");
	BAD(b, DECRYPT, BAD_ARGS, "raw decrypt to NULL");
	BAD(b, SIGN, BAD_ARGS, "raw sign to NULL");
	b->c.no_out = false;
	BAD(b, LIST_END, BAD_ARGS, "no type of operation");
	bad_close(b);
}

/* PKCS #1 without a hash: at most k - 11 bytes. */
static void
bad_plain(struct bad *b)
{
	uint32_t n = b->k.len, i;
	uint8_t *p = b->buf;
	int len;

	if (!bad_open(b, ASYM_EXP, plain))
		return;
	memset(p, 0x55, sizeof(b->buf));
	b->c.in = (struct kat_bytes){ p, n - 10 };
	BAD(b, ENCRYPT, BAD_ARGS, "pkcs1 encrypt of k - 10 bytes");
	BAD(b, SIGN, BAD_ARGS, "pkcs1 sign of k - 10 bytes");
	b->c.in.len = UINT32_MAX;
	BAD(b, ENCRYPT, BAD_ARGS, "pkcs1 encrypt of 4 GiB");
	BAD(b, SIGN, BAD_ARGS, "pkcs1 sign of 4 GiB");
	b->c.in.len = n - 11;
	BAD(b, ENCRYPT, OK, "pkcs1 encrypt of k - 11 bytes");
	if (asym_raw(b->run, b->line))
		BAD(b, SIGN, OK, "pkcs1 sign of k - 11 bytes");
	b->c.in.len = 0;
	BAD(b, ENCRYPT, BAD_ARGS, "pkcs1 encrypt of nothing");
	BAD(b, SIGN, BAD_ARGS, "pkcs1 sign of nothing");
	b->c.in = b->k.num[RSA_N];
	BAD(b, DECRYPT, BAD_ARGS, "pkcs1 decrypt of n");
	b->c.in = (struct kat_bytes){ p, n + 1 };
	BAD(b, DECRYPT, BAD_ARGS, "pkcs1 decrypt of k + 1 bytes");
	p[0] = 0;
	BAD(b, DECRYPT, BAD_ARGS, "pkcs1 decrypt of k bytes behind a zero");
	b->c.in = (struct kat_bytes){ p + 1, n - 1 };
	BAD(b, DECRYPT, BAD_ARGS, "pkcs1 decrypt of k - 1 bytes");
	/* Not padded: the device says so, unless its library hides that on purpose, and
	 * OpenSSL's does the same here.
	 */
	for (i = 0; i < 4; i++) {
		uint8_t hidden[ASYM_RSA_BYTES];

		asym_random(p, n);
		p[0] = 0;
		b->c.in = (struct kat_bytes){ p, n };
		len = asym_rsa_decrypt(hidden, &b->k, &b->c.in);
		if (len < 0)
			BAD(b, DECRYPT, ASYM_ANY_ERROR, "pkcs1 decrypt of something else");
	}
	bad_close(b);
}

/* With a hash: a digest of its length and nothing else. */
static void
bad_digests(struct bad *b)
{
	struct asym_pad pad = sha256;
	uint8_t *p = b->buf;

	if (!bad_open(b, ASYM_QT, pad))
		return;
	memset(p, 1, sizeof(b->buf));
	b->c.sig = (struct kat_bytes){ p, b->k.len };
	b->c.in = (struct kat_bytes){ p, 32 };
	BAD(b, SIGN, OK, "sign a digest");
	b->c.in.len = 31;
	BAD(b, SIGN, BAD_ARGS, "sign a digest that is too short");
	BAD(b, VERIFY, BAD_ARGS, "verify a digest that is too short");
	b->c.in.len = 33;
	BAD(b, SIGN, BAD_ARGS, "sign a digest that is too long");
	BAD(b, VERIFY, BAD_ARGS, "verify a digest that is too long");
	b->c.in.len = 0;
	BAD(b, SIGN, BAD_ARGS, "sign no digest");
	BAD(b, VERIFY, BAD_ARGS, "verify no digest");
	b->c.in = (struct kat_bytes){ NULL, 32 };
	BAD(b, SIGN, BAD_ARGS, "sign NULL");
	b->c.in.data = p;
	b->c.sig = (struct kat_bytes){ NULL, b->k.len };
	BAD(b, VERIFY, BAD_ARGS, "verify NULL");
	b->c.sig = (struct kat_bytes){ p, 0 };
	BAD(b, VERIFY, BAD_ARGS, "verify nothing");
	bad_close(b);
}

#if !ASYM_PADDING_IN_XFORM
#define REFUSED(b, pad_, what) do { \
	(b)->s.pad = (pad_); \
	BAD(b, SIGN, BAD_ARGS, what ": sign"); \
	BAD(b, ENCRYPT, BAD_ARGS, what ": encrypt"); \
} while (0)
#else
#define REFUSED(b, pad_, what) do { \
	struct asym_session no; \
	struct asym_pad padding = (pad_); \
	int rc = asym_rsa_open(&no, &(b)->run->dev, &(b)->k, ASYM_QT, &padding, false); \
	asym_check((b)->run, (b)->line, rc == -ENOTSUP, what " (%d)", rc); \
} while (0)
#endif

/* Paddings that the standard has no name for. */
static void
bad_paddings(struct bad *b)
{
	const struct asym_pad oaep = { RTE_CRYPTO_RSA_PADDING_OAEP, RTE_CRYPTO_AUTH_SHA256 };
	const struct asym_pad pss = { RTE_CRYPTO_RSA_PADDING_PSS, RTE_CRYPTO_AUTH_SHA256 };
	const struct asym_pad other = { (enum rte_crypto_rsa_padding_type)9,
		RTE_CRYPTO_AUTH_SHA256 };
	uint8_t *p = b->buf;

	if (!bad_open(b, ASYM_QT, sha256))
		return;
	memset(p, 1, 32);
	b->c.in = (struct kat_bytes){ p, 32 };
	REFUSED(b, oaep, "OAEP");
	REFUSED(b, pss, "PSS");
	REFUSED(b, other, "a padding without a name");
#if !ASYM_PADDING_IN_XFORM
	b->s.pad = (struct asym_pad){ RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_SHA3_256 };
	BAD(b, SIGN, BAD_ARGS, "SHA3-256: sign");
	BAD(b, VERIFY, BAD_ARGS, "SHA3-256: verify");
#endif
	bad_close(b);
}

/* ---- the wrong half of a key ---- */

static void
bad_half(struct bad *b)
{
	uint8_t *p = b->buf;

	memset(p, 1, sizeof(b->buf));
	if (bad_open(b, ASYM_PUBLIC, raw)) {
		b->c.in = (struct kat_bytes){ p, 32 };
		BAD(b, SIGN, BAD_ARGS, "raw sign with a public key");
		BAD(b, DECRYPT, BAD_ARGS, "raw decrypt with a public key");
		if (asym_raw(b->run, b->line))
			BAD(b, ENCRYPT, OK, "raw encrypt with a public key");
		bad_close(b);
	}
	if (bad_open(b, ASYM_PUBLIC, sha256)) {
		b->c.in = (struct kat_bytes){ p, 32 };
		BAD(b, SIGN, BAD_ARGS, "pkcs1 sign with a public key");
		b->c.in.len = b->k.len;
		BAD(b, DECRYPT, BAD_ARGS, "pkcs1 decrypt with a public key");
		bad_close(b);
	}
}

/* ---- signatures ---- */

/* A good one and all that is close to it. */
static void
bad_signatures(struct bad *b, struct asym_pad pad, enum asym_hash hash)
{
	uint32_t n = b->k.len, len = hash == ASYM_NO_HASH ? 20 : asym_hash_len(hash), i;
	uint8_t digest[ASYM_DIGEST_MAX] = { 3 }, *sig = b->buf;
	struct kat_bytes d = { digest, len };

	if (!bad_open(b, ASYM_QT, pad))
		return;
	memset(b->buf, 0, sizeof(b->buf));
	asym_check(b->run, b->line, asym_rsa_sign(sig, &b->k, hash, &d) == (int)n,
			"OpenSSL signs");
	b->c.in = d;
	b->c.sig = (struct kat_bytes){ sig, n };
	BAD(b, VERIFY, OK, "the signature itself");
	for (i = 0; i < n; i += n / 4 - 1) {
		sig[i] ^= 0x10;
		BAD(b, VERIFY, BAD_SIGNATURE, "byte %u of the signature changed", i);
		sig[i] ^= 0x10;
	}
	digest[len - 1] ^= 1;
	BAD(b, VERIFY, BAD_SIGNATURE, "the digest changed");
	digest[len - 1] ^= 1;
	b->c.sig.len = n - 1;
	BAD(b, VERIFY, BAD_SIGNATURE, "the last byte of the signature cut off");
	b->c.sig = (struct kat_bytes){ sig + 1, n - 1 };
	BAD(b, VERIFY, BAD_SIGNATURE, "the first byte of the signature cut off");
	b->c.sig = (struct kat_bytes){ sig, 1 };
	BAD(b, VERIFY, BAD_SIGNATURE, "one byte of the signature");
	b->c.sig = (struct kat_bytes){ sig, n + 1 };
	BAD(b, VERIFY, BAD_SIGNATURE, "a zero behind the signature");
	memmove(sig + 1, sig, n);
	sig[0] = 0;
	BAD(b, VERIFY, BAD_SIGNATURE, "a zero before the signature");
	b->c.sig = b->k.num[RSA_N];
	BAD(b, VERIFY, BAD_SIGNATURE, "n for a signature");
	memset(sig, 0, n);
	b->c.sig = (struct kat_bytes){ sig, n };
	BAD(b, VERIFY, BAD_SIGNATURE, "zeros for a signature");
	sig[n - 1] = 1;
	BAD(b, VERIFY, BAD_SIGNATURE, "one for a signature");
	memset(sig, 0xff, n);
	BAD(b, VERIFY, BAD_SIGNATURE, "a signature above n");
	bad_close(b);
}

/* Another hash's name in the signature, and a signature of the bare digest. */
static void
bad_names(struct bad *b)
{
	uint8_t digest[32] = { 9 }, *sig = b->buf;
	struct kat_bytes d = { digest, sizeof(digest) };

	if (!bad_open(b, ASYM_QT, sha256))
		return;
	b->c.in = d;
	b->c.sig = (struct kat_bytes){ sig, b->k.len };
	asym_rsa_sign(sig, &b->k, ASYM_NO_HASH, &d);
	BAD(b, VERIFY, BAD_SIGNATURE, "the bare digest signed");
	memset(sig, 0, b->k.len);
	memcpy(sig + b->k.len - 32, digest, 32);
	asym_rsa_private(sig, &b->k, sig);
	BAD(b, VERIFY, BAD_SIGNATURE, "the digest signed without padding");
	bad_close(b);
	if (!asym_raw(b->run, b->line) || !bad_open(b, ASYM_QT, plain))
		return;
	asym_rsa_sign(sig, &b->k, ASYM_SHA256, &d);
	b->c.in = d;
	b->c.sig = (struct kat_bytes){ sig, b->k.len };
	BAD(b, VERIFY, BAD_SIGNATURE, "a signature with a hash's name, verified without one");
	bad_close(b);
}

/* Raw: the number must be the message. */
static void
bad_raw_signatures(struct bad *b)
{
	uint32_t n = b->k.len;
	uint8_t msg[ASYM_RSA_BYTES] = { 0 }, *sig = b->buf;

	if (!bad_open(b, ASYM_QT, raw))
		return;
	memset(b->buf, 0, sizeof(b->buf));
	msg[n - 1] = 5;
	asym_rsa_private(sig, &b->k, msg);
	b->c.in = (struct kat_bytes){ msg + n - 1, 1 };
	b->c.sig = (struct kat_bytes){ sig, n };
	BAD(b, VERIFY, OK, "raw, a short message");
	msg[n - 1] = 4;
	BAD(b, VERIFY, BAD_SIGNATURE, "raw, another message");
	b->c.decrypted = true;
	BAD(b, VERIFY, BAD_SIGNATURE, "raw, another message, with room for the decrypted one");
	b->c.in.len = 0;
	b->c.decrypted = false;
	BAD(b, VERIFY, BAD_ARGS, "raw, no message and no room for the decrypted one");
	b->c.in = (struct kat_bytes){ msg, n };
	b->c.sig = b->k.num[RSA_N];
	BAD(b, VERIFY, BAD_SIGNATURE, "raw, n for a signature");
	b->c.sig.len = 0;
	BAD(b, VERIFY, BAD_ARGS, "raw, no signature");
	bad_close(b);
}

/* ---- no session ---- */

static void
bad_session(struct bad *b)
{
	struct rte_crypto_op *op;

	if (b->run->sessionless || !bad_open(b, ASYM_QT, raw))
		return;
	op = asym_op(&b->run->dev, &b->s);
	op->asym->session = NULL;
	asym_run(&b->run->dev, 0, &op, 1);
	asym_check(b->run, b->line, op->status == RTE_CRYPTO_OP_STATUS_INVALID_SESSION,
			"an op without a session is INVALID_SESSION");
	rte_crypto_op_free(op);
	if ((b->run->dev.feature_flags & RTE_CRYPTODEV_FF_ASYM_SESSIONLESS) == 0) {
		op = asym_op(&b->run->dev, &b->s);
		op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
		op->asym->xform = &b->s.xform;
		asym_run(&b->run->dev, 0, &op, 1);
		asym_check(b->run, b->line, op->status == RTE_CRYPTO_OP_STATUS_INVALID_SESSION,
				"a sessionless op where none was negotiated is INVALID_SESSION");
		rte_crypto_op_free(op);
	}
	op = asym_op(&b->run->dev, &b->s);
	op->sess_type = RTE_CRYPTO_OP_SECURITY_SESSION;
	asym_run(&b->run->dev, 0, &op, 1);
	asym_check(b->run, b->line, op->status == RTE_CRYPTO_OP_STATUS_INVALID_SESSION,
			"an op with a security session is INVALID_SESSION");
	rte_crypto_op_free(op);
	bad_close(b);
}

void
asym_bad_rsa(struct asym_run *run)
{
	struct bad b = { .run = run };

	asym_key(&b.k, run, KEY_BITS);
	b.line = asym_line(run, "rsa operands");
	if (asym_raw(run, b.line))
		bad_raw(&b);
	bad_plain(&b);
	bad_digests(&b);
	bad_paddings(&b);
	bad_half(&b);
	bad_session(&b);
	b.line = asym_line(run, "rsa signatures");
	bad_signatures(&b, sha256, ASYM_SHA256);
	bad_names(&b);
	if (asym_raw(run, b.line)) {
		bad_signatures(&b, plain, ASYM_NO_HASH);
		bad_raw_signatures(&b);
	}
	asym_rsa_free(&b.k);
}

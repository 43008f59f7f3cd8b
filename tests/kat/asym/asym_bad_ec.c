/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What must not succeed with ECDSA, on every curve: r and s out of range, other keys,
 * other digests, a k of the caller's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asym_case.h"

#define OK		RTE_CRYPTO_OP_STATUS_SUCCESS
#define BAD_ARGS	RTE_CRYPTO_OP_STATUS_INVALID_ARGS
#define BAD_SIGNATURE	RTE_CRYPTO_OP_STATUS_AUTH_FAILED

/* A key, its session, and a good signature. */
struct bad {
	struct asym_run *run;
	struct kat_line *line;
	struct asym_ec k;
	struct asym_session s;
	struct asym_ec_case c;
	uint8_t digest[32], r[ASYM_EC_BYTES], s_[ASYM_EC_BYTES];
};

#define BAD(b, signs, status, ...) do { \
	(b)->c.sign = (signs); \
	(b)->c.want = (status); \
	asym_ec_do((b)->run, (b)->line, &(b)->c, __VA_ARGS__); \
} while (0)

/* b->c verifies again. */
static void
restore(struct bad *b)
{
	memset(&b->c, 0, sizeof(b->c));
	b->c.s = &b->s;
	b->c.msg = (struct kat_bytes){ b->digest, sizeof(b->digest) };
	b->c.r = (struct kat_bytes){ b->r, b->k.len };
	b->c.s_ = (struct kat_bytes){ b->s_, b->k.len };
}

/* One of r and s, which is what the name says; the other stays. */
static void
bad_number(struct bad *b, struct kat_bytes *v, const char *name)
{
	uint8_t buf[2 * ASYM_EC_BYTES] = { 0 };
	struct kat_bytes good = *v;
	uint32_t len = b->k.len;

	*v = (struct kat_bytes){ buf, len };
	BAD(b, false, BAD_SIGNATURE, "%s is 0", name);
	v->len = 1;
	BAD(b, false, BAD_SIGNATURE, "%s is 0 in one byte", name);
	v->len = len;
	memcpy(buf, b->k.order, len);
	BAD(b, false, BAD_SIGNATURE, "%s is n", name);
	buf[len - 1]++;		/* none of the orders ends with ff */
	BAD(b, false, BAD_SIGNATURE, "%s is n + 1", name);
	buf[len - 1] -= 2;
	BAD(b, false, BAD_SIGNATURE, "%s is n - 1", name);
	memset(buf, 0xff, len);
	BAD(b, false, BAD_SIGNATURE, "%s is the largest number of its size", name);
	memcpy(buf, good.data, len);
	buf[len - 1] ^= 1;
	BAD(b, false, BAD_SIGNATURE, "%s changed", name);
	v->len = len - 1;
	BAD(b, false, BAD_SIGNATURE, "%s cut off", name);
	memset(buf, 0, sizeof(buf));
	memcpy(buf + 5, good.data, len);
	v->len = len + 5;
	BAD(b, false, OK, "%s with leading zeros", name);
	buf[4] = 1;
	BAD(b, false, BAD_SIGNATURE, "%s with a byte before it", name);
	v->len = 0;
	BAD(b, false, BAD_ARGS, "%s empty", name);
	*v = (struct kat_bytes){ NULL, len };
	BAD(b, false, BAD_ARGS, "%s NULL", name);
	*v = good;
}

static void
bad_message(struct bad *b)
{
	uint8_t longer[ASYM_EC_BYTES + 1] = { 1 };

	b->digest[0] ^= 0x80;
	BAD(b, false, BAD_SIGNATURE, "another digest");
	b->digest[0] ^= 0x80;
	b->c.msg.len = 0;
	BAD(b, false, BAD_ARGS, "no digest: verify");
	BAD(b, true, BAD_ARGS, "no digest: sign");
	b->c.msg = (struct kat_bytes){ NULL, 32 };
	BAD(b, false, BAD_ARGS, "digest NULL: verify");
	BAD(b, true, BAD_ARGS, "digest NULL: sign");
	b->c.msg = (struct kat_bytes){ longer, sizeof(longer) };
	BAD(b, false, BAD_ARGS, "a message instead of a digest: verify");
	BAD(b, true, BAD_ARGS, "a message instead of a digest: sign");
	restore(b);
	b->c.r.data = b->s_;
	b->c.s_.data = b->r;
	BAD(b, false, BAD_SIGNATURE, "r and s exchanged");
	restore(b);
}

static void
bad_sign(struct bad *b)
{
	uint8_t k[ASYM_EC_BYTES] = { 0 };

	k[b->k.len - 1] = 7;
	b->c.k = (struct kat_bytes){ k, b->k.len };
	BAD(b, true, BAD_ARGS, "the caller's k");
	b->c.k = (struct kat_bytes){ NULL, b->k.len };
	BAD(b, true, OK, "a k of NULL");
	b->c.no_out = true;
	b->c.r = b->c.s_ = (struct kat_bytes){ NULL, 0 };
	BAD(b, true, BAD_ARGS, "no room for r and s");
	restore(b);
}

/* Keys that the op brings (until 23.07). */
static void
bad_keys(struct bad *b)
{
	uint8_t buf[2 * ASYM_EC_BYTES] = { 0 };
	struct kat_bytes key = { buf, b->k.len }, none = { NULL, 0 };
	struct asym_ec other;

	b->c.d = &key;
	BAD(b, true, BAD_ARGS, "d is 0");
	memcpy(buf, b->k.order, b->k.len);
	BAD(b, true, BAD_ARGS, "d is n");
	memset(buf, 0xff, b->k.len);
	BAD(b, true, BAD_ARGS, "d is the largest number of its size");
	memcpy(buf, b->k.order, b->k.len);
	buf[b->k.len - 1]--;
	BAD(b, true, OK, "d is n - 1");
	memset(buf, 0, sizeof(buf));
	memcpy(buf + 3, b->k.d, b->k.len);
	key.len = b->k.len + 3;
	BAD(b, true, OK, "d with leading zeros");
	b->c.d = &none;
	BAD(b, true, BAD_ARGS, "no d");
	restore(b);
	b->c.x = &none;
	BAD(b, false, BAD_ARGS, "no x");
	b->c.x = NULL;
	b->c.y = &none;
	BAD(b, false, BAD_ARGS, "no y");
	b->c.y = &key;
	memset(buf, 1, sizeof(buf));
	key.len = b->k.len + 1;
	BAD(b, false, BAD_ARGS, "y too long");
	key.len = b->k.len;
	BAD(b, false, ASYM_ANY_ERROR, "a point that is not on the curve");
	if (asym_ec_generate(&other, b->k.curve) != 0)
		exit(1);
	b->c.x = &(struct kat_bytes){ other.x, other.len };
	b->c.y = &(struct kat_bytes){ other.y, other.len };
	BAD(b, false, BAD_SIGNATURE, "another's key");
	asym_ec_free(&other);
	restore(b);
}

/* More keys than an rte session keeps of the device's: each op finds its own. */
static void
many_keys(struct bad *b)
{
	struct asym_ec other[11];
	unsigned int i, round;

	for (i = 0; i < RTE_DIM(other); i++)
		if (asym_ec_generate(&other[i], b->k.curve) != 0)
			exit(1);
	for (round = 0; round < 3; round++)
		for (i = 0; i < RTE_DIM(other); i++) {
			struct asym_ec *k = &other[round == 1 ? RTE_DIM(other) - 1 - i : i];

			b->c.x = &(struct kat_bytes){ k->x, k->len };
			b->c.y = &(struct kat_bytes){ k->y, k->len };
			asym_ec_sign(b->r, b->s_, k, &b->c.msg);
			BAD(b, false, OK, "key %u of many, round %u", i, round);
		}
	for (i = 0; i < RTE_DIM(other); i++)
		asym_ec_free(&other[i]);
}

void
asym_bad_ec(struct asym_run *run)
{
	struct bad b = { .run = run, .line = asym_line(run, "ecdsa, bad input") };
	unsigned int c;

	for (c = 0; c < ASYM_NB_CURVES && run->dev.ecdsa; c++) {
		if (asym_ec_generate(&b.k, (enum asym_curve)c) != 0)
			exit(1);
		asym_random(b.digest, sizeof(b.digest));
		restore(&b);
		asym_ec_sign(b.r, b.s_, &b.k, &b.c.msg);
		if (asym_check(run, b.line, asym_ec_open(&b.s, &run->dev, &b.k,
				run->sessionless) == 0, "session") == 0) {
			BAD(&b, false, OK, "the signature itself");
			bad_number(&b, &b.c.r, "r");
			bad_number(&b, &b.c.s_, "s");
			bad_message(&b);
			bad_sign(&b);
			bad_keys(&b);
			many_keys(&b);
			asym_session_close(&b.s, &run->dev);
		}
		asym_ec_free(&b.k);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Known answers, and round trips between the device and OpenSSL on the host: every
 * operation, padding, hash, form of key, size and curve.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asym_case.h"

#define OK	RTE_CRYPTO_OP_STATUS_SUCCESS

static const char * const form_name[] = {
	[ASYM_EXP] = "exponent", [ASYM_QT] = "quintuple", [ASYM_PUBLIC] = "public key alone",
};

static const struct asym_pad raw = { RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL };

static struct asym_pad
pkcs1(enum asym_hash hash)
{
	return (struct asym_pad){ RTE_CRYPTO_RSA_PADDING_PKCS1_5, asym_rte_hash(hash) };
}

static bool
open_rsa(struct asym_session *s, struct asym_run *run, struct kat_line *line,
		const struct asym_rsa *k, enum asym_form form, struct asym_pad pad)
{
	int rc = asym_rsa_open(s, &run->dev, k, form, &pad, run->sessionless);

	if (rc != 0)
		asym_check(run, line, false, "session of %u bits, %s: %d", k->bits,
				form_name[form], rc);
	return rc == 0;
}

/* ---- known answers ---- */

static void
known_sign(struct asym_run *run, const struct asym_vec *v, const struct asym_rsa *k)
{
	enum asym_hash hash = (enum asym_hash)asym_hash_find(v->hash);
	enum asym_form form = k->num[RSA_QINV].len != 0 ? ASYM_QT : ASYM_PUBLIC;
	struct asym_rsa_case c = { .type = RTE_CRYPTO_ASYM_OP_VERIFY, .sig = v->f[ASYM_OUT] };
	uint8_t digest[ASYM_DIGEST_MAX];
	struct asym_session s;
	struct kat_line *line;
	char name[64];

	snprintf(name, sizeof(name), "known rsa pkcs1 %s", v->hash);
	line = asym_line(run, name);
	if (!run->hashes[hash]) {
		kat_skip(line, "the device is said not to have the hash");
		return;
	}
	if (!open_rsa(&s, run, line, k, form, pkcs1(hash)))
		return;
	c.s = &s;
	c.in = (struct kat_bytes){ digest, asym_digest(digest, hash, &v->f[ASYM_MSG]) };
	c.want = v->bad ? RTE_CRYPTO_OP_STATUS_AUTH_FAILED : OK;
	asym_rsa_do(run, line, &c, "%s:%u %s: verify", v->file, v->line, v->name);
	if (form == ASYM_QT) {
		c.type = RTE_CRYPTO_ASYM_OP_SIGN;
		c.want = OK;
		c.out = v->f[ASYM_OUT];
		asym_rsa_do(run, line, &c, "%s:%u %s: sign", v->file, v->line, v->name);
	}
	asym_session_close(&s, &run->dev);
}

static void
known_crypt(struct asym_run *run, const struct asym_vec *v, const struct asym_rsa *k)
{
	struct kat_line *line = asym_line(run, "known rsa pkcs1 decrypt");
	struct asym_rsa_case c = { .type = RTE_CRYPTO_ASYM_OP_DECRYPT, .in = v->f[ASYM_OUT],
		.out = v->f[ASYM_MSG] };
	struct asym_session s;

	c.s = &s;
	if (!open_rsa(&s, run, line, k, ASYM_EXP, pkcs1(ASYM_NO_HASH)))
		return;
	asym_rsa_do(run, line, &c, "%s:%u %s", v->file, v->line, v->name);
	asym_session_close(&s, &run->dev);
}

static void
known_ecdsa(struct asym_run *run, const struct asym_vec *v)
{
	uint8_t digest[ASYM_DIGEST_MAX];
	struct asym_session s = { 0 };
	struct asym_ec_case c = { .s = &s, .r = v->f[ASYM_R], .s_ = v->f[ASYM_S] };
	enum asym_hash hash = (enum asym_hash)asym_hash_find(v->hash);
	struct kat_line *line;
	struct asym_ec k;
	char name[64];

	snprintf(name, sizeof(name), "known ecdsa %s", v->curve);
	line = asym_line(run, name);
	if (asym_ec_load(&k, (enum asym_curve)asym_curve_find(v->curve), &v->f[ASYM_D],
			&v->f[ASYM_X], &v->f[ASYM_Y]) != 0 ||
			asym_ec_open(&s, &run->dev, &k, run->sessionless) != 0) {
		asym_check(run, line, false, "%s:%u session", v->file, v->line);
		goto end;
	}
	c.msg = (struct kat_bytes){ digest, asym_digest(digest, hash, &v->f[ASYM_MSG]) };
	c.want = v->bad ? RTE_CRYPTO_OP_STATUS_AUTH_FAILED : OK;
	asym_ec_do(run, line, &c, "%s:%u %s: verify", v->file, v->line, v->name);
	if (k.has_d) {	/* a new signature each time: it must verify */
		c.sign = true;
		c.want = OK;
		if (asym_ec_do(run, line, &c, "%s:%u %s: sign", v->file, v->line, v->name) == 0)
			asym_check(run, line, asym_ec_verify(&k, &c.msg,
					&(struct kat_bytes){ c.out_r, k.len },
					&(struct kat_bytes){ c.out_s, k.len }),
					"%s:%u %s: signature verifies", v->file, v->line, v->name);
	}
end:
	asym_session_close(&s, &run->dev);
	asym_ec_free(&k);
}

void
asym_known(struct asym_run *run, const struct asym_set *set)
{
	struct asym_rsa k;
	unsigned int i;

	for (i = 0; i < set->nb; i++) {
		const struct asym_vec *v = &set->vec[i];

		if (v->kind == ASYM_ECDSA) {
			if (run->dev.ecdsa)
				known_ecdsa(run, v);
			else
				kat_skip(asym_line(run, "known ecdsa"), "not a capability");
			continue;
		}
		if (asym_rsa_load(&k, v->f) != 0)
			exit(1);
		if (v->kind == ASYM_RSA_SIGN)
			known_sign(run, v, &k);
		else if (v->kind == ASYM_RSA_CRYPT)
			known_crypt(run, v, &k);
		asym_rsa_free(&k);
	}
}

/* ---- RSA round trips ---- */

/* A key, a session's parameters, and memory for operands. */
struct trip {
	struct asym_run *run;
	struct kat_line *line;
	const struct asym_rsa *k;
	enum asym_form form;
	struct asym_rsa_case c;
	uint8_t msg[ASYM_RSA_BYTES], other[ASYM_RSA_BYTES];
	uint8_t mod[ASYM_RSA_BYTES];	/* of c.out */
};

#define TRIP(t, want_type, ...) \
	((t)->c.type = RTE_CRYPTO_ASYM_OP_ ## want_type, \
	asym_rsa_do((t)->run, (t)->line, &(t)->c, __VA_ARGS__))

/* A random number below the modulus, of its length. */
static struct kat_bytes
random_operand(struct trip *t)
{
	asym_random(t->msg, t->k->len);
	t->msg[0] = 0;
	return (struct kat_bytes){ t->msg, t->k->len };
}

static struct kat_bytes
host(struct trip *t, int len, const char *what)
{
	if (len <= 0)
		asym_check(t->run, t->line, false, "OpenSSL %s", what);
	return (struct kat_bytes){ t->other, len > 0 ? (uint32_t)len : 0 };
}

static void
trip_raw(struct trip *t)
{
	struct kat_bytes m = random_operand(t), none = { 0 };
	const char *form = form_name[t->form];

	asym_rsa_public(t->other, t->k, m.data);
	t->c.in = m;
	t->c.out = host(t, (int)t->k->len, "public");
	TRIP(t, ENCRYPT, "raw encrypt, %s", form);
	if (t->form != ASYM_PUBLIC) {
		t->c.in = t->c.out;
		t->c.out = m;
		TRIP(t, DECRYPT, "raw decrypt, %s", form);
		asym_rsa_private(t->other, t->k, m.data);
		t->c.in = m;
		t->c.out = host(t, (int)t->k->len, "private");
		TRIP(t, SIGN, "raw sign, %s", form);
	} else {
		asym_rsa_private(t->other, t->k, m.data);
	}
	t->c.sig = (struct kat_bytes){ t->other, t->k->len };
	t->c.in = m;
	t->c.out = none;
	TRIP(t, VERIFY, "raw verify, %s", form);
	t->c.decrypted = true;
	t->c.out = m;
	TRIP(t, VERIFY, "raw verify with a message, and what was signed, %s", form);
	t->c.in = none;
	TRIP(t, VERIFY, "raw verify without a message, %s", form);
	t->c.decrypted = false;
	t->c.out = none;
}

static void
trip_crypt(struct trip *t, uint32_t len)
{
	uint8_t back[ASYM_RSA_BYTES];
	struct kat_bytes m = { t->msg, len }, none = { 0 }, cipher;
	const char *form = form_name[t->form];

	asym_random(t->msg, len);
	t->c.in = m;
	t->c.out = none;
	cipher = (struct kat_bytes){ t->c.result, t->k->len };
	if (TRIP(t, ENCRYPT, "pkcs1 encrypt of %u bytes, %s", len, form) == 0)
		asym_check(t->run, t->line, t->c.result_len == t->k->len &&
				asym_rsa_decrypt(back, t->k, &cipher) == (int)len &&
				memcmp(back, t->msg, len) == 0,
				"%u encrypted bytes decrypt on the host, %s", len, form);
	if (t->form == ASYM_PUBLIC)
		return;
	t->c.in = host(t, asym_rsa_encrypt(t->other, t->k, &m), "encrypt");
	t->c.out = m;
	TRIP(t, DECRYPT, "pkcs1 decrypt of %u bytes, %s", len, form);
}

static void
trip_sign(struct trip *t, enum asym_hash hash)
{
	uint32_t len = hash == ASYM_NO_HASH ? t->k->len - 11 : asym_hash_len(hash);
	const char *name = hash == ASYM_NO_HASH ? "no hash" : asym_hash_name[hash];
	struct kat_bytes digest = { t->msg, len }, none = { 0 };

	asym_random(t->msg, len);
	t->c.in = digest;
	t->c.sig = host(t, asym_rsa_sign(t->other, t->k, hash, &digest), "sign");
	t->c.out = t->c.sig;
	if (t->form != ASYM_PUBLIC)
		TRIP(t, SIGN, "pkcs1 sign, %s, %s", name, form_name[t->form]);
	t->c.out = none;
	TRIP(t, VERIFY, "pkcs1 verify, %s, %s", name, form_name[t->form]);
}

static void
round_form(struct asym_run *run, struct kat_line *line, const struct asym_rsa *k,
		enum asym_form form)
{
	struct trip t = { .run = run, .line = line, .k = k, .form = form };
	struct asym_session s;
	unsigned int h;

	t.c.s = &s;
	if (asym_raw(run, line) && open_rsa(&s, run, line, k, form, raw)) {
		trip_raw(&t);
		asym_session_close(&s, &run->dev);
	}
	for (h = 0; h <= ASYM_NO_HASH; h++) {
		if (!run->hashes[h] || !open_rsa(&s, run, line, k, form, pkcs1(h)))
			continue;
		/* Of the long keys one signature is enough where each op completes the key. */
		if ((!run->sessionless || form != ASYM_EXP || k->bits <= 2048 ||
				h == ASYM_SHA256) &&
				(h != ASYM_NO_HASH || asym_raw(run, line)))
			trip_sign(&t, h);
		if (h == ASYM_NO_HASH) {
			trip_crypt(&t, 1);
			trip_crypt(&t, k->len - 11);
		}
		asym_session_close(&s, &run->dev);
	}
}

/* One session for everything: until 24.07 the op says what padding it wants. */
static void
round_one_session(struct asym_run *run, struct kat_line *line, const struct asym_rsa *k)
{
#if !ASYM_PADDING_IN_XFORM
	struct trip t = { .run = run, .line = line, .k = k, .form = ASYM_QT };
	struct asym_session s;
	unsigned int h, i;

	t.c.s = &s;
	if (!open_rsa(&s, run, line, k, ASYM_QT, raw))
		return;
	for (i = 0; i < 3; i++) {
		s.pad = raw;
		if (asym_raw(run, line))
			trip_raw(&t);
		for (h = 0; h <= ASYM_NO_HASH; h++) {
			s.pad = pkcs1(h);
			if (run->hashes[h] && (h != ASYM_NO_HASH || run->raw))
				trip_sign(&t, h);
		}
		trip_crypt(&t, 20);
	}
	asym_session_close(&s, &run->dev);
#else
	(void)run;
	(void)k;
	kat_skip(line, "one session has one padding");
#endif
}

void
asym_round_rsa(struct asym_run *run)
{
	struct asym_rsa k;
	unsigned int i, form;
	char name[64];

	for (i = 0; i < run->nb_sizes; i++) {
		struct kat_line *line;

		asym_key(&k, run, run->size[i]);
		snprintf(name, sizeof(name), "rsa round trips, %u bits", k.bits);
		line = asym_line(run, name);
		for (form = ASYM_EXP; form <= ASYM_PUBLIC; form++)
			round_form(run, line, &k, (enum asym_form)form);
		if (i == 0 && !run->sessionless)
			round_one_session(run, asym_line(run, "rsa, one session"), &k);
		asym_rsa_free(&k);
	}
}

/* Results that begin with zeros: they have the modulus' length all the same, whether or
 * not the device leaves the zeros out.
 */
void
asym_leading_zeros(struct asym_run *run)
{
	struct kat_line *line = asym_line(run, "rsa, results with leading zeros");
	uint8_t digest[32] = { 0 }, sig[ASYM_RSA_BYTES];
	struct asym_rsa_case c = { .type = RTE_CRYPTO_ASYM_OP_SIGN, .in = { digest, 32 } };
	struct asym_session s;
	struct asym_rsa k;
	unsigned int i, nb = 0;

	asym_key(&k, run, 1024);
	c.s = &s;
	if (open_rsa(&s, run, line, &k, ASYM_QT, pkcs1(ASYM_SHA256))) {
		/* One in 256 begins with a zero. */
		for (i = 0; i < 20000 && nb < 3; i++) {
			memcpy(digest, &i, sizeof(i));
			asym_rsa_sign(sig, &k, ASYM_SHA256, &c.in);
			if (sig[0] != 0)
				continue;
			c.out = (struct kat_bytes){ sig, k.len };
			asym_rsa_do(run, line, &c, "sign, try %u", i);
			nb++;
		}
		asym_check(run, line, nb == 3, "three signatures begin with a zero");
		asym_session_close(&s, &run->dev);
	}
	asym_rsa_free(&k);
}

/* ---- ECDSA round trips ---- */

static void
round_digest(struct asym_run *run, struct kat_line *line, struct asym_ec_case *c,
		const struct asym_ec *k, uint32_t len)
{
	uint8_t msg[ASYM_EC_BYTES], r[ASYM_EC_BYTES], s[ASYM_EC_BYTES];

	asym_random(msg, len);
	c->msg = (struct kat_bytes){ msg, len };
	c->sign = true;
	if (asym_ec_do(run, line, c, "sign %u bytes", len) == 0)
		asym_check(run, line, asym_ec_verify(k, &c->msg,
				&(struct kat_bytes){ c->out_r, k->len },
				&(struct kat_bytes){ c->out_s, k->len }),
				"the signature of %u bytes verifies on the host", len);
	if (asym_check(run, line, asym_ec_sign(r, s, k, &c->msg) == 0, "OpenSSL signs") != 0)
		return;
	c->sign = false;
	c->r = (struct kat_bytes){ r, k->len };
	c->s_ = (struct kat_bytes){ s, k->len };
	asym_ec_do(run, line, c, "verify %u bytes", len);
}

void
asym_round_ec(struct asym_run *run)
{
	static const uint32_t lens[] = { 1, 20, 28, 32, 48, 64, 66 };
	struct asym_session s;
	struct asym_ec k;
	unsigned int c, i;
	char name[64];

	for (c = 0; c < ASYM_NB_CURVES && run->dev.ecdsa; c++) {
		struct asym_ec_case ec = { .s = &s };
		struct kat_line *line;

		snprintf(name, sizeof(name), "ecdsa round trips, %s", asym_curve_name[c]);
		line = asym_line(run, name);
		if (asym_ec_generate(&k, (enum asym_curve)c) != 0)
			exit(1);
		if (asym_check(run, line, asym_ec_open(&s, &run->dev, &k,
				run->sessionless) == 0, "session") == 0) {
			for (i = 0; i < RTE_DIM(lens); i++)
				round_digest(run, line, &ec, &k, lens[i]);
			asym_session_close(&s, &run->dev);
		}
		asym_ec_free(&k);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs single operations: the op from a case, its status and result against what was
 * expected, and the guards behind the result.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asym_case.h"
#include "status.h"

#define GUARD	0xa5

struct kat_line *
asym_line(struct asym_run *run, const char *name)
{
	return kat_line(&run->tally, run->sessionless ? "sessionless " : "", name);
}

bool
asym_raw(struct asym_run *run, struct kat_line *line)
{
	if (!run->raw)
		kat_skip(line, "the device refuses raw RSA");
	return run->raw;
}

void
asym_key(struct asym_rsa *k, struct asym_run *run, uint32_t bits)
{
	unsigned int i;
	int rc = -1;

	for (i = 0; i < run->keys.nb && rc != 0; i++)
		if (run->keys.vec[i].f[ASYM_N].len * 8 == bits)
			rc = asym_rsa_load(k, run->keys.vec[i].f);
	if (rc != 0)
		rc = asym_rsa_generate(k, bits);
	if (rc != 0)
		exit(1);
}

static int
verdict(struct asym_run *run, struct kat_line *line, const char *wrong, int want, const char *fmt,
		va_list ap)
{
	char what[160];

	if (wrong == NULL) {
		line->passed++;
		line->negative += want != RTE_CRYPTO_OP_STATUS_SUCCESS;
		return 0;
	}
	vsnprintf(what, sizeof(what), fmt, ap);
	kat_fail(&run->tally, line, "%s, %s: %s", line->label, what, wrong);
	return -1;
}

int
asym_check(struct asym_run *run, struct kat_line *line, bool ok, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = verdict(run, line, ok ? NULL : "is not so", RTE_CRYPTO_OP_STATUS_SUCCESS, fmt, ap);
	va_end(ap);
	return rc;
}

/* NULL, or why the status is not the one that was wanted. */
static const char *
judge_status(int status, int want)
{
	if (want == ASYM_ANY_ERROR)
		return status != RTE_CRYPTO_OP_STATUS_SUCCESS &&
			status != RTE_CRYPTO_OP_STATUS_NOT_PROCESSED ? NULL :
			status_name(status);
	return status == want ? NULL : status_name(status);
}

/* Is everything from the n-th byte on as it was before the op? */
static bool
untouched(const uint8_t *buf, size_t size, size_t n)
{
	for (; n < size; n++)
		if (buf[n] != GUARD)
			return false;
	return true;
}

int
asym_want(const struct asym_run *run, const struct kat_bytes *out)
{
	return run->lossy && out->len != 0 && out->data[0] == 0 ? RTE_CRYPTO_OP_STATUS_ERROR :
		RTE_CRYPTO_OP_STATUS_SUCCESS;
}

/* ---- RSA ---- */

static rte_crypto_param
param(const struct kat_bytes *b)
{
	return (rte_crypto_param){ .data = b->data, .length = b->len };
}

/* The parameter that the op writes; NULL: none. */
static rte_crypto_param *
output(struct rte_crypto_rsa_op_param *p, const struct asym_rsa_case *c)
{
	switch (c->type) {
	case RTE_CRYPTO_ASYM_OP_ENCRYPT:
		return &p->cipher;
	case RTE_CRYPTO_ASYM_OP_DECRYPT:
		return &p->message;
	case RTE_CRYPTO_ASYM_OP_SIGN:
		return &p->sign;
	default:
		return c->decrypted ? &p->cipher : NULL;
	}
}

static const char *
judge_result(struct asym_rsa_case *c, const struct rte_crypto_op *op, const rte_crypto_param *out)
{
	const char *wrong = judge_status(op->status, c->want);
	size_t written = 0;

	if (wrong != NULL)
		return wrong;
	if (op->status == RTE_CRYPTO_OP_STATUS_SUCCESS && out != NULL) {
		written = c->result_len = out->length;
		if (written == 0 || written > ASYM_RSA_BYTES)
			return "no length was given";
		if (c->out.len != 0 && (written != c->out.len ||
				memcmp(c->result, c->out.data, written) != 0))
			return "a wrong result";
	}
	return untouched(c->result, sizeof(c->result), written) ? NULL :
		"written beyond the result";
}

int
asym_rsa_do(struct asym_run *run, struct kat_line *line, struct asym_rsa_case *c,
		const char *fmt, ...)
{
	struct rte_crypto_op *op = asym_op(&run->dev, c->s);
	struct rte_crypto_rsa_op_param *p = &op->asym->rsa;
	rte_crypto_param *out = output(p, c);
	bool made = c->type == RTE_CRYPTO_ASYM_OP_ENCRYPT || c->type == RTE_CRYPTO_ASYM_OP_SIGN;
	int rc, want = c->want;
	va_list ap;

	p->op_type = c->type;
	*(c->type == RTE_CRYPTO_ASYM_OP_DECRYPT ? &p->cipher : &p->message) = param(&c->in);
	if (c->type == RTE_CRYPTO_ASYM_OP_VERIFY)
		p->sign = param(&c->sig);
	memset(c->result, GUARD, sizeof(c->result));
	if (out != NULL && !c->no_out)
		out->data = c->result;
	asym_run(&run->dev, 0, &op, 1);
	if (made && want == RTE_CRYPTO_OP_STATUS_SUCCESS)
		c->want = asym_want(run, &c->out);
	if (made && run->lossy && c->out.len == 0 && want == RTE_CRYPTO_OP_STATUS_SUCCESS &&
			op->status == RTE_CRYPTO_OP_STATUS_ERROR) {
		kat_skip(line, "the device lost a result");
		c->result_len = 0;
		rc = -1;
	} else {
		va_start(ap, fmt);
		rc = verdict(run, line, judge_result(c, op, out), c->want, fmt, ap);
		va_end(ap);
	}
	c->want = want;
	rte_crypto_op_free(op);
	return rc;
}

/* ---- ECDSA ---- */

static const char *
judge_ec(const struct asym_ec_case *c, const struct rte_crypto_op *op)
{
	const struct rte_crypto_ecdsa_op_param *p = &op->asym->ecdsa;
	const char *wrong = judge_status(op->status, c->want);
	size_t written = 0;

	if (wrong != NULL)
		return wrong;
	if (c->sign && op->status == RTE_CRYPTO_OP_STATUS_SUCCESS) {
		written = c->s->ec->len;
		if (p->r.length != written || p->s.length != written)
			return "r and s have the wrong length";
	}
	return untouched(c->out_r, sizeof(c->out_r), written) &&
		untouched(c->out_s, sizeof(c->out_s), written) ? NULL : "written beyond the result";
}

static void
fill_ec(struct rte_crypto_op *op, struct asym_ec_case *c)
{
	struct rte_crypto_ecdsa_op_param *p = &op->asym->ecdsa;

	p->op_type = c->sign ? RTE_CRYPTO_ASYM_OP_SIGN : RTE_CRYPTO_ASYM_OP_VERIFY;
	p->message = param(&c->msg);
	p->k = param(&c->k);
	p->r = param(&c->r);
	p->s = param(&c->s_);
	if (c->sign && !c->no_out) {
		p->r = (rte_crypto_param){ .data = c->out_r };
		p->s = (rte_crypto_param){ .data = c->out_s };
	}
#if !ASYM_EC_KEY_IN_XFORM
	if (c->d != NULL)
		p->pkey = param(c->d);
	if (c->x != NULL)
		p->q.x = param(c->x);
	if (c->y != NULL)
		p->q.y = param(c->y);
#endif
}

int
asym_ec_do(struct asym_run *run, struct kat_line *line, struct asym_ec_case *c,
		const char *fmt, ...)
{
	struct rte_crypto_op *op;
	va_list ap;
	int rc;

#if ASYM_EC_KEY_IN_XFORM
	if (c->d != NULL || c->x != NULL || c->y != NULL) {
		kat_skip(line, "keys come with the session");
		return 0;
	}
#endif
	op = asym_op(&run->dev, c->s);
	fill_ec(op, c);
	memset(c->out_r, GUARD, sizeof(c->out_r));
	memset(c->out_s, GUARD, sizeof(c->out_s));
	asym_run(&run->dev, 0, &op, 1);
	va_start(ap, fmt);
	rc = verdict(run, line, judge_ec(c, op), c->want, fmt, ap);
	va_end(ap);
	rte_crypto_op_free(op);
	return rc;
}

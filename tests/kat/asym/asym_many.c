/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Many ops at once: more in flight than the device takes, symmetric and asymmetric ones
 * on one queue pair, threads with queue pairs of their own that share a session.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "asym_case.h"
#include "status.h"

#define KEY_BITS	1024
#define NB_JOBS		200	/* of one group */
#define SYM_LEN		256	/* bytes */
#define DIGEST_LEN	32

static const struct asym_pad sha256 = { RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_SHA256 };
static const struct asym_pad plain = { RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_NULL };

enum job_kind { SIGN, VERIFY, VERIFY_BAD, DECRYPT, EC_SIGN, EC_VERIFY, CIPHER, NB_KINDS };

/* One op among many, with what it needs and what must become of it. */
struct job {
	enum job_kind kind;
	struct rte_crypto_op *op;
	unsigned int seen;		/* how often it came back */
	uint32_t len;			/* DECRYPT: bytes of message */
	uint8_t msg[SYM_LEN], sig[256], out[256], out2[ASYM_EC_BYTES];
};

/* Keys, sessions, and a symmetric session, which may be NULL. */
struct bench {
	struct asym_run *run;
	struct asym_rsa rsa;
	struct asym_ec ec;
	struct asym_session rsa_sign, rsa_plain, ecdsa;
	void *cipher;
	uint8_t cipher_key[16];
	struct job job[NB_JOBS];
};

/* ---- set-up ---- */

static void *
cipher_session(struct bench *b)
{
	struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER };

	asym_random(b->cipher_key, sizeof(b->cipher_key));
	x.cipher.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT;
	x.cipher.algo = RTE_CRYPTO_CIPHER_AES_CBC;
	x.cipher.key.data = b->cipher_key;
	x.cipher.key.length = sizeof(b->cipher_key);
	x.cipher.iv.offset = sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_asym_op);
	x.cipher.iv.length = 16;
	return rte_cryptodev_sym_session_create(b->run->dev.id, &x, b->run->dev.sym_sessions);
}

static struct bench *
bench_open(struct asym_run *run, struct kat_line *line, bool sym)
{
	struct bench *b = calloc(1, sizeof(*b));
	int rc;

	if (b == NULL)
		exit(1);
	b->run = run;
	asym_key(&b->rsa, run, KEY_BITS);
	rc = asym_rsa_open(&b->rsa_sign, &run->dev, &b->rsa, ASYM_QT, &sha256, run->sessionless);
	if (rc == 0)
		rc = asym_rsa_open(&b->rsa_plain, &run->dev, &b->rsa, ASYM_QT, &plain,
				run->sessionless);
	if (run->dev.ecdsa && asym_ec_generate(&b->ec, ASYM_P256) != 0)
		exit(1);
	if (rc == 0 && run->dev.ecdsa)
		rc = asym_ec_open(&b->ecdsa, &run->dev, &b->ec, run->sessionless);
	asym_check(run, line, rc == 0, "sessions (%d)", rc);
	if (sym)
		b->cipher = cipher_session(b);
	asym_check(run, line, !sym || b->cipher != NULL, "a session of AES-CBC");
	if (rc != 0)
		exit(1);
	return b;
}

static void
bench_close(struct bench *b)
{
	asym_session_close(&b->rsa_sign, &b->run->dev);
	asym_session_close(&b->rsa_plain, &b->run->dev);
	asym_session_close(&b->ecdsa, &b->run->dev);
	if (b->cipher != NULL)
		rte_cryptodev_sym_session_free(b->run->dev.id, b->cipher);
	asym_rsa_free(&b->rsa);
	asym_ec_free(&b->ec);
	free(b);
}

/* ---- jobs ---- */

static uint8_t *
cipher_iv(struct rte_crypto_op *op)
{
	return rte_crypto_op_ctod_offset(op, uint8_t *,
			sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_asym_op));
}

static void
make_cipher(struct job *j, struct bench *b)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->run->dev.mbufs);
	char *data;

	j->op = rte_crypto_op_alloc(b->run->dev.ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	data = m != NULL ? rte_pktmbuf_append(m, SYM_LEN) : NULL;
	if (j->op == NULL || data == NULL)
		exit(1);
	asym_random(j->msg, SYM_LEN);
	memcpy(data, j->msg, SYM_LEN);
	asym_random(cipher_iv(j->op), 16);
	j->op->sym->m_src = m;
	j->op->sym->cipher.data.offset = 0;
	j->op->sym->cipher.data.length = SYM_LEN;
	rte_crypto_op_attach_sym_session(j->op, b->cipher);
}

static void
make_rsa(struct job *j, struct bench *b)
{
	struct rte_crypto_rsa_op_param *p;
	struct kat_bytes d = { j->msg, DIGEST_LEN };
	int len;

	j->op = asym_op(&b->run->dev, j->kind == DECRYPT ? &b->rsa_plain : &b->rsa_sign);
	p = &j->op->asym->rsa;
	asym_random(j->msg, b->rsa.len);
	if (j->kind == DECRYPT) {
		d.len = j->len = 1 + j->msg[0] % (b->rsa.len - 11);
		len = asym_rsa_encrypt(j->sig, &b->rsa, &d);
		p->op_type = RTE_CRYPTO_ASYM_OP_DECRYPT;
		p->cipher = (rte_crypto_param){ .data = j->sig, .length = (size_t)len };
		p->message.data = j->out;
		return;
	}
	len = asym_rsa_sign(j->sig, &b->rsa, ASYM_SHA256, &d);
	if (j->kind == VERIFY_BAD)
		j->sig[len / 2] ^= 1;
	p->message = (rte_crypto_param){ .data = j->msg, .length = DIGEST_LEN };
	p->op_type = j->kind == SIGN ? RTE_CRYPTO_ASYM_OP_SIGN : RTE_CRYPTO_ASYM_OP_VERIFY;
	if (j->kind == SIGN)
		p->sign.data = j->out;
	else
		p->sign = (rte_crypto_param){ .data = j->sig, .length = (size_t)len };
}

static void
make_ec(struct job *j, struct bench *b)
{
	struct rte_crypto_ecdsa_op_param *p;
	struct kat_bytes d = { j->msg, DIGEST_LEN };

	j->op = asym_op(&b->run->dev, &b->ecdsa);
	p = &j->op->asym->ecdsa;
	asym_random(j->msg, DIGEST_LEN);
	p->message = (rte_crypto_param){ .data = j->msg, .length = DIGEST_LEN };
	p->op_type = j->kind == EC_SIGN ? RTE_CRYPTO_ASYM_OP_SIGN : RTE_CRYPTO_ASYM_OP_VERIFY;
	p->r = (rte_crypto_param){ .data = j->out, .length = b->ec.len };
	p->s = (rte_crypto_param){ .data = j->out2, .length = b->ec.len };
	if (j->kind == EC_VERIFY)
		asym_ec_sign(j->out, j->out2, &b->ec, &d);
}

static void
make(struct job *j, struct bench *b, enum job_kind kind)
{
	memset(j, 0, sizeof(*j));
	j->kind = kind;
	if (kind == CIPHER)
		make_cipher(j, b);
	else if (kind == EC_SIGN || kind == EC_VERIFY)
		make_ec(j, b);
	else
		make_rsa(j, b);
}

static bool
cipher_right(const struct job *j, const struct bench *b)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t want[SYM_LEN];
	int len = 0;
	bool ok = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, b->cipher_key,
			cipher_iv(j->op)) == 1 &&
		EVP_EncryptUpdate(ctx, want, &len, j->msg, SYM_LEN) == 1 && len == SYM_LEN &&
		memcmp(want, rte_pktmbuf_mtod(j->op->sym->m_src, uint8_t *), SYM_LEN) == 0;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* Is the op what it must be by now? */
static bool
right(const struct job *j, const struct bench *b)
{
	const struct rte_crypto_op *op = j->op;
	struct kat_bytes d = { (uint8_t *)(uintptr_t)j->msg, DIGEST_LEN };
	struct kat_bytes sig = { (uint8_t *)(uintptr_t)j->sig, b->rsa.len };
	int want = j->kind == VERIFY_BAD ? RTE_CRYPTO_OP_STATUS_AUTH_FAILED :
		j->kind == SIGN ? asym_want(b->run, &sig) : RTE_CRYPTO_OP_STATUS_SUCCESS;

	if (op->status != want || j->seen != 1)
		return false;
	if (want != RTE_CRYPTO_OP_STATUS_SUCCESS)
		return true;
	switch (j->kind) {
	case SIGN:
		return op->asym->rsa.sign.length == b->rsa.len &&
			memcmp(j->out, j->sig, b->rsa.len) == 0;
	case DECRYPT:
		return op->asym->rsa.message.length == j->len &&
			memcmp(j->out, j->msg, j->len) == 0;
	case EC_SIGN:
		return op->asym->ecdsa.r.length == b->ec.len && asym_ec_verify(&b->ec, &d,
				&(struct kat_bytes){ (uint8_t *)(uintptr_t)j->out, b->ec.len },
				&(struct kat_bytes){ (uint8_t *)(uintptr_t)j->out2, b->ec.len });
	case CIPHER:
		return cipher_right(j, b);
	default:
		return true;
	}
}

static void
unmake(struct job *j)
{
	if (j->kind == CIPHER)
		rte_pktmbuf_free(j->op->sym->m_src);
	rte_crypto_op_free(j->op);
}

/* ---- running them ---- */

struct flow {
	unsigned int enqueue, dequeue;	/* burst sizes */
	unsigned int ahead;		/* enqueued, not yet dequeued, at most */
	unsigned int most;		/* out: in flight at once */
	bool full;			/* out: enqueue did not take all */
};

static void
note(struct bench *b, const struct rte_crypto_op *op)
{
	unsigned int i;

	for (i = 0; i < NB_JOBS; i++)
		if (b->job[i].op == op)
			b->job[i].seen++;
}

/* 0, or -1 if ops did not come back. */
static int
run_jobs(struct bench *b, uint16_t qp, struct flow *f)
{
	uint64_t end = rte_get_timer_cycles() + ASYM_TIMEOUT_S * rte_get_timer_hz();
	struct rte_crypto_op *ops[NB_JOBS], *done[NB_JOBS];
	unsigned int in = 0, out = 0, i, want;
	uint16_t n;

	for (i = 0; i < NB_JOBS; i++)
		ops[i] = b->job[i].op;
	while (out < NB_JOBS) {
		want = RTE_MIN(RTE_MIN(f->enqueue, NB_JOBS - in), f->ahead - (in - out));
		n = want == 0 ? 0 : rte_cryptodev_enqueue_burst(b->run->dev.id, qp, &ops[in],
				(uint16_t)want);
		f->full |= n < want;
		in += n;
		f->most = RTE_MAX(f->most, in - out);
		n = rte_cryptodev_dequeue_burst(b->run->dev.id, qp, done, (uint16_t)f->dequeue);
		for (i = 0; i < n; i++)
			note(b, done[i]);
		out += n;
		if (rte_get_timer_cycles() > end)
			return -1;
	}
	return 0;
}

static const char * const kind_name[NB_KINDS] = {
	"rsa sign", "rsa verify", "rsa verify of a wrong signature", "rsa decrypt",
	"ecdsa sign", "ecdsa verify", "aes-cbc",
};

static void
judge_jobs(struct bench *b, struct kat_line *line, const char *what)
{
	unsigned int i;

	for (i = 0; i < NB_JOBS; i++) {
		struct job *j = &b->job[i];

		asym_check(b->run, line, right(j, b),
				"%s: job %u, %s, is right (%s, seen %u times)", what, i,
				kind_name[j->kind], status_name(j->op->status), j->seen);
		unmake(j);
	}
}

/* Kinds in an order that looks random and is the same each time. */
static enum job_kind
pick(unsigned int *state, const struct bench *b, bool sym_only)
{
	enum job_kind kind;

	do {
		*state = *state * 1103515245 + 12345;
		kind = (enum job_kind)((*state >> 16) % NB_KINDS);
		if ((*state >> 8) % 2 == 0 && b->cipher != NULL)
			kind = CIPHER;
	} while ((kind == CIPHER && b->cipher == NULL) ||
			((kind == EC_SIGN || kind == EC_VERIFY) && !b->run->dev.ecdsa) ||
			(sym_only && kind != CIPHER));
	return kind;
}

/* The first nb_sym jobs are symmetric ones. */
static void
run_mix(struct bench *b, struct kat_line *line, struct flow f, unsigned int nb_sym,
		const char *what)
{
	unsigned int state = f.enqueue * 7919 + f.dequeue, i;

	for (i = 0; i < NB_JOBS; i++)
		make(&b->job[i], b, pick(&state, b, i < nb_sym));
	if (run_jobs(b, 0, &f) != 0) {
		asym_check(b->run, line, false, "%s: all ops come back", what);
		exit(kat_report(&b->run->tally));
	}
	judge_jobs(b, line, what);
	if (f.ahead > 64)
		asym_check(b->run, line, f.most > 16, "%s: more than 16 in flight (%u)", what,
				f.most);
}

/* Enqueued all at once: what the queue pair does not take it takes later. */
void
asym_in_flight(struct asym_run *run)
{
	struct kat_line *line = asym_line(run, "many in flight");
	struct bench *b = bench_open(run, line, false);
	struct flow f = { .enqueue = NB_JOBS, .dequeue = 4, .ahead = NB_JOBS };
	unsigned int i;

	for (i = 0; i < NB_JOBS; i++)
		make(&b->job[i], b, SIGN);
	if (run_jobs(b, 0, &f) != 0) {
		asym_check(run, line, false, "all ops come back");
		exit(kat_report(&run->tally));
	}
	judge_jobs(b, line, "signatures");
	asym_check(run, line, f.most >= 16, "16 signatures in flight at once (%u)", f.most);
	asym_check(run, line, f.full, "enqueue stopped when there was no more room");
	bench_close(b);
}

void
asym_mixed(struct asym_run *run)
{
	const struct rte_cryptodev_sym_capability_idx aes_cbc = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER, .algo.cipher = RTE_CRYPTO_CIPHER_AES_CBC,
	};
	struct kat_line *line = asym_line(run, "symmetric and asymmetric");
	struct bench *b;

	/* A feature flag would say less: the driver has NULL algorithms on any device. */
	if (rte_cryptodev_sym_capability_get(run->dev.id, &aes_cbc) == NULL) {
		kat_skip(line, "no AES-CBC");
		return;
	}
	b = bench_open(run, line, true);
	if (b->cipher != NULL) {
		run_mix(b, line, (struct flow){ .enqueue = 1, .dequeue = 1, .ahead = 1 }, 0,
				"one by one");
		run_mix(b, line, (struct flow){ .enqueue = 32, .dequeue = 32, .ahead = 128 }, 0,
				"bursts of 32");
		run_mix(b, line, (struct flow){ .enqueue = 7, .dequeue = 3, .ahead = 100 }, 0,
				"bursts of 7 and 3");
		/* Completions of the first part still wait when the second is enqueued. */
		run_mix(b, line, (struct flow){ .enqueue = 48, .dequeue = 1, .ahead = 100 }, 96,
				"symmetric ones first");
	}
	bench_close(b);
}

/* ---- threads ---- */

struct worker {
	struct bench *b;
	uint16_t qp;
	bool ok;
	pthread_t thread;
};

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct flow f = { .enqueue = 8, .dequeue = 8, .ahead = 16 };

	w->ok = rte_thread_register() == 0 && run_jobs(w->b, w->qp, &f) == 0;
	rte_thread_unregister();
	return NULL;
}

/* Another one's keys and sessions, with jobs of its own. */
static struct bench *
bench_share(const struct bench *b)
{
	struct bench *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		exit(1);
	*copy = *b;
	return copy;
}

/* Each thread has a queue pair and jobs of its own; keys and sessions are the first's,
 * and new, so that all of them meet sessions that the device does not have yet.
 */
static void
thread_round(struct asym_run *run, struct kat_line *line, unsigned int state)
{
	struct worker w[ASYM_MAX_QPS] = { { 0 } };
	unsigned int i, k, n = run->dev.nb_qps;

	for (i = 0; i < n; i++) {
		w[i].b = i == 0 ? bench_open(run, line, false) : bench_share(w[0].b);
		w[i].qp = (uint16_t)i;
		for (k = 0; k < NB_JOBS; k++)
			make(&w[i].b->job[k], w[i].b, pick(&state, w[i].b, false));
	}
	for (i = 0; i < n; i++)
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			exit(1);
	for (i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		asym_check(run, line, w[i].ok, "thread %u ends", i);
	}
	for (i = 0; i < n; i++)
		judge_jobs(w[i].b, line, "threads");
	for (i = 1; i < n; i++)
		free(w[i].b);
	bench_close(w[0].b);
}

void
asym_threads(struct asym_run *run)
{
	struct kat_line *line = asym_line(run, "threads that share a session");
	unsigned int round;

	if (run->dev.nb_qps < 2) {
		kat_skip(line, "the device has one queue pair");
		return;
	}
	for (round = 0; round < 4; round++)
		thread_round(run, line, round);
}

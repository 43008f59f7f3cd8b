/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Pools, sessions, operations and their answers.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "work.h"

#define NB_OPS		1024
#define BUF_LEN		2048	/* bytes of a buffer */
#define ROUND_MS	100000	/* the most that a burst may take, emulated too */
#define IV_OFF		(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define GCM_IV_LEN	12
#define DIGEST_LEN	32
#define TAG_LEN		16

static const uint8_t key[32] = "the key of both, the same bytes";
static struct rte_mempool *ops_pool, *bufs_pool, *sess_pool;

static void
need(const void *p, const char *what)
{
	if (p != NULL)
		return;
	fprintf(stderr, "no %s: %s\n", what, rte_strerror(rte_errno));
	exit(2);
}

/* ---- pools and sessions; caches are by lcore, which two processes may share: none ---- */

static void *
make_session(uint8_t dev_id, enum work_kind kind)
{
	struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER };

	if (kind == WORK_HMAC) {
		x.type = RTE_CRYPTO_SYM_XFORM_AUTH;
		x.auth.op = RTE_CRYPTO_AUTH_OP_GENERATE;
		x.auth.algo = RTE_CRYPTO_AUTH_SHA256_HMAC;
		x.auth.key.data = key;
		x.auth.key.length = 32;
		x.auth.digest_length = DIGEST_LEN;
	} else if (kind == WORK_GCM) {
		x.type = RTE_CRYPTO_SYM_XFORM_AEAD;
		x.aead.op = RTE_CRYPTO_AEAD_OP_ENCRYPT;
		x.aead.algo = RTE_CRYPTO_AEAD_AES_GCM;
		x.aead.key.data = key;
		x.aead.key.length = 16;
		x.aead.iv.offset = IV_OFF;
		x.aead.iv.length = GCM_IV_LEN;
		x.aead.digest_length = TAG_LEN;
	} else {
		x.cipher.op = kind == WORK_ENCRYPT ? RTE_CRYPTO_CIPHER_OP_ENCRYPT :
			RTE_CRYPTO_CIPHER_OP_DECRYPT;
		x.cipher.algo = RTE_CRYPTO_CIPHER_AES_CBC;
		x.cipher.key.data = key;
		x.cipher.key.length = 16;
		x.cipher.iv.offset = IV_OFF;
		x.cipher.iv.length = 16;
	}
	return rte_cryptodev_sym_session_create(dev_id, &x, sess_pool);
}

void
work_create(struct shared *s, uint8_t dev_id)
{
	int kind;

	ops_pool = rte_crypto_op_pool_create("procs_ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, NB_OPS, 0,
			16, SOCKET_ID_ANY);
	need(ops_pool, "pool of ops");
	bufs_pool = rte_pktmbuf_pool_create("procs_bufs", NB_OPS, 0, 0,
			RTE_PKTMBUF_HEADROOM + BUF_LEN, SOCKET_ID_ANY);
	need(bufs_pool, "pool of buffers");
	sess_pool = rte_cryptodev_sym_session_pool_create("procs_sessions", 16,
			rte_cryptodev_sym_get_private_session_size(dev_id), 0, 0, SOCKET_ID_ANY);
	need(sess_pool, "pool of sessions");
	for (kind = 0; kind < WORK_SESSIONS; kind++)
		s->session[kind] = make_session(dev_id, kind);
	need(s->session[WORK_ENCRYPT], "session");
	need(s->session[WORK_DECRYPT], "session");
}

void
work_free(struct shared *s, uint8_t dev_id)
{
	int kind;

	for (kind = 0; kind < WORK_SESSIONS; kind++)
		if (s->session[kind] != NULL)
			rte_cryptodev_sym_session_free(dev_id, s->session[kind]);
}

void
work_find(void)
{
	ops_pool = rte_mempool_lookup("procs_ops");
	need(ops_pool, "pool of ops");
	bufs_pool = rte_mempool_lookup("procs_bufs");
	need(bufs_pool, "pool of buffers");
	sess_pool = rte_mempool_lookup("procs_sessions");
	need(sess_pool, "pool of sessions");
}

unsigned int
work_ops_left(void)
{
	return rte_mempool_in_use_count(ops_pool);
}

/* ---- one op ---- */

struct job {
	struct rte_crypto_op *op;
	enum work_kind kind;
	uint32_t len;
	uint8_t in[BUF_LEN], iv[16];
};

static uint8_t *
digest_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, uint8_t *) + BUF_LEN - 64;
}

static void
prepare(const struct shared *s, struct job *j, uint32_t seed)
{
	struct rte_crypto_sym_op *sym;
	struct rte_mbuf *m = rte_pktmbuf_alloc(bufs_pool);
	uint32_t i;

	j->op = rte_crypto_op_alloc(ops_pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	need(j->op, "op");
	need(m, "buffer");
	j->kind = seed % WORK_SESSIONS;
	if (s->session[j->kind] == NULL)
		j->kind = WORK_ENCRYPT;
	j->len = 16 * (1 + seed * 7 % 90);
	for (i = 0; i < j->len; i++)
		j->in[i] = (uint8_t)(i * 31 + seed);
	for (i = 0; i < sizeof(j->iv); i++)
		j->iv[i] = (uint8_t)(seed + i * 3);
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), j->in, j->len);
	m->data_len = BUF_LEN;
	m->pkt_len = BUF_LEN;
	sym = j->op->sym;
	sym->m_src = m;
	memcpy(rte_crypto_op_ctod_offset(j->op, uint8_t *, IV_OFF), j->iv, sizeof(j->iv));
	rte_crypto_op_attach_sym_session(j->op, s->session[j->kind]);
	if (j->kind == WORK_HMAC) {
		sym->auth.data.length = j->len;
		sym->auth.digest.data = digest_of(m);
		sym->auth.digest.phys_addr = rte_pktmbuf_iova_offset(m, BUF_LEN - 64);
	} else if (j->kind == WORK_GCM) {
		sym->aead.data.length = j->len;
		sym->aead.digest.data = digest_of(m);
		sym->aead.digest.phys_addr = rte_pktmbuf_iova_offset(m, BUF_LEN - 64);
	} else {
		sym->cipher.data.length = j->len;
	}
}

static bool
cipher_right(const struct job *j, const uint8_t *got)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t want[BUF_LEN + 32], tag[TAG_LEN];
	int n = 0, more = 0, ok;

	ok = EVP_CipherInit_ex(c, j->kind == WORK_GCM ? EVP_aes_128_gcm() : EVP_aes_128_cbc(),
			NULL, key, j->iv, j->kind != WORK_DECRYPT) == 1;
	EVP_CIPHER_CTX_set_padding(c, 0);
	ok = ok && EVP_CipherUpdate(c, want, &n, j->in, (int)j->len) == 1 &&
		EVP_CipherFinal_ex(c, want + n, &more) == 1 && n + more == (int)j->len &&
		memcmp(got, want, j->len) == 0;
	if (ok && j->kind == WORK_GCM)
		ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag) == 1 &&
			memcmp(digest_of(j->op->sym->m_src), tag, TAG_LEN) == 0;
	EVP_CIPHER_CTX_free(c);
	return ok;
}

static bool
right(const struct job *j)
{
	const uint8_t *got = rte_pktmbuf_mtod(j->op->sym->m_src, uint8_t *);
	uint8_t want[DIGEST_LEN];
	unsigned int n = 0;

	if (j->kind != WORK_HMAC)
		return cipher_right(j, got);
	return HMAC(EVP_sha256(), key, 32, j->in, j->len, want, &n) != NULL && n == DIGEST_LEN &&
		memcmp(digest_of(j->op->sym->m_src), want, DIGEST_LEN) == 0;
}

static void
drop(struct rte_crypto_op *op)
{
	rte_pktmbuf_free(op->sym->m_src);
	rte_crypto_op_free(op);
}

/* ---- bursts ---- */

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool
judge(struct job *jobs, const struct rte_crypto_op *op, uint64_t *errors)
{
	struct job *j = NULL;
	int i;

	for (i = 0; i < WORK_BURST; i++)
		if (jobs[i].op == op)
			j = &jobs[i];
	if (j == NULL) {
		fprintf(stderr, "an op came back that was not sent, or twice\n");
		return false;
	}
	if (op->status != RTE_CRYPTO_OP_STATUS_SUCCESS && errors != NULL) {
		__atomic_fetch_add(errors, 1, __ATOMIC_RELAXED);
	} else if (op->status != RTE_CRYPTO_OP_STATUS_SUCCESS || !right(j)) {
		fprintf(stderr, "an op of kind %d, %u bytes: %s\n", j->kind, j->len,
			op->status == RTE_CRYPTO_OP_STATUS_SUCCESS ? "wrong" : "failed");
		return false;
	}
	drop(j->op);
	j->op = NULL;
	return true;
}

bool
work_round(const struct shared *s, uint8_t dev_id, uint16_t qp, uint32_t seed, uint64_t *errors)
{
	struct rte_crypto_op *ops[WORK_BURST], *back[WORK_BURST];
	uint64_t end = now_ms() + ROUND_MS;
	uint16_t sent = 0, got = 0, n, i;
	struct job jobs[WORK_BURST];

	for (i = 0; i < WORK_BURST; i++) {
		prepare(s, &jobs[i], seed * WORK_BURST + i);
		ops[i] = jobs[i].op;
	}
	while (got < WORK_BURST) {
		sent += rte_cryptodev_enqueue_burst(dev_id, qp, ops + sent,
				(uint16_t)(WORK_BURST - sent));
		n = rte_cryptodev_dequeue_burst(dev_id, qp, back, WORK_BURST);
		for (i = 0; i < n; i++)
			if (!judge(jobs, back[i], errors))
				return false;
		got += n;
		if (n == 0)
			sched_yield();
		if (n == 0 && now_ms() > end) {
			fprintf(stderr, "queue pair %u: %u of %u ops sent, %u came back\n", qp,
				sent, WORK_BURST, got);
			return false;
		}
	}
	return true;
}

uint16_t
work_leave(const struct shared *s, uint8_t dev_id, uint16_t qp)
{
	struct rte_crypto_op *ops[WORK_BURST];
	static struct job jobs[WORK_BURST];
	uint16_t i, sent;

	for (i = 0; i < WORK_BURST; i++) {
		prepare(s, &jobs[i], i);
		ops[i] = jobs[i].op;
	}
	sent = rte_cryptodev_enqueue_burst(dev_id, qp, ops, WORK_BURST);
	for (i = sent; i < WORK_BURST; i++)
		drop(ops[i]);
	return sent;
}

void
work_churn(struct shared *s, uint8_t dev_id, uint16_t qp)
{
	struct rte_crypto_op *ops[WORK_BURST];
	static struct job jobs[WORK_BURST];
	uint16_t i, have = WORK_BURST, n;

	for (i = 0; i < WORK_BURST; i++) {
		prepare(s, &jobs[i], i);
		ops[i] = jobs[i].op;
	}
	while (__atomic_load_n(&s->quit, __ATOMIC_RELAXED) == 0) {
		n = rte_cryptodev_enqueue_burst(dev_id, qp, ops, have);
		have = (uint16_t)(have - n);
		memmove(ops, ops + n, have * sizeof(ops[0]));
		have = (uint16_t)(have + rte_cryptodev_dequeue_burst(dev_id, qp, ops + have,
				(uint16_t)(WORK_BURST - have)));
		__atomic_store_n(&s->rounds, s->rounds + (n != 0), __ATOMIC_RELAXED);
	}
	while (have < WORK_BURST)
		have = (uint16_t)(have + rte_cryptodev_dequeue_burst(dev_id, qp, ops + have,
				(uint16_t)(WORK_BURST - have)));
	for (i = 0; i < WORK_BURST; i++)
		drop(jobs[i].op);
}

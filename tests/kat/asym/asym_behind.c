/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How long an AES-CBC op of 64 bytes takes while RSA-4096 signs without a pause: with no RSA,
 * with it on another queue pair of the device, and on the op's own.  One AES op at a time, right
 * behind each other and with a pause, so that a device's thread is met awake and asleep.  A figure
 * is the time from enqueue to dequeue.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "asym_case.h"

#define RSA_BITS	4096
#define DEPTH		8	/* signatures in flight */
#define AES_LEN		64	/* bytes */
#define DIGEST_LEN	32
#define PAUSE_US	200
#define MAX_SAMPLES	(1u << 20)

enum { NO_RSA, RSA_BESIDE, RSA_BEFORE, NB_PLACES };

static const struct asym_pad pad = { RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_SHA256 };

struct behind {
	const struct asym_dev *dev;
	struct asym_rsa key;
	struct asym_session rsa;
	struct rte_crypto_op *sign[DEPTH], *aes;
	uint8_t digest[DIGEST_LEN], sig[DEPTH][RSA_BITS / 8];
	uint64_t sent;		/* cycles; 0: the AES op is here */
	uint64_t signatures;
	uint32_t *sample;	/* cycles */
	unsigned int nb_samples;
};

static void
behind_die(const char *what)
{
	fprintf(stderr, "--behind: %s\n", what);
	exit(1);
}

static void
make_aes(struct behind *b)
{
	static uint8_t key[16];
	struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER };
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->dev->mbufs);
	void *session;

	x.cipher.algo = RTE_CRYPTO_CIPHER_AES_CBC;
	x.cipher.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT;
	x.cipher.key.data = key;
	x.cipher.key.length = sizeof(key);
	x.cipher.iv.offset = sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_asym_op);
	x.cipher.iv.length = 16;
	session = rte_cryptodev_sym_session_create(b->dev->id, &x, b->dev->sym_sessions);
	b->aes = rte_crypto_op_alloc(b->dev->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	if (session == NULL || m == NULL || b->aes == NULL ||
			rte_pktmbuf_append(m, AES_LEN) == NULL)
		behind_die("no session of AES-CBC, or no memory");
	rte_crypto_op_attach_sym_session(b->aes, session);
	b->aes->sym->m_src = m;
	b->aes->sym->cipher.data.length = AES_LEN;
}

static void
fill_sign(struct behind *b, struct rte_crypto_op *op, unsigned int i)
{
	op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	op->asym->rsa.op_type = RTE_CRYPTO_ASYM_OP_SIGN;
	op->asym->rsa.message = (rte_crypto_param){ .data = b->digest, .length = DIGEST_LEN };
	op->asym->rsa.sign = (rte_crypto_param){ .data = b->sig[i], .length = RSA_BITS / 8 };
}

static void
make_signs(struct behind *b, struct asym_run *run)
{
	unsigned int i;

	asym_key(&b->key, run, RSA_BITS);
	if (asym_rsa_open(&b->rsa, b->dev, &b->key, ASYM_QT, &pad, false) != 0)
		behind_die("no session of RSA-4096");
	for (i = 0; i < DEPTH; i++)
		b->sign[i] = asym_op(b->dev, &b->rsa);
}

static void
send_sign(struct behind *b, unsigned int i)
{
	fill_sign(b, b->sign[i], i);
	if (rte_cryptodev_enqueue_burst(b->dev->id, 0, &b->sign[i], 1) != 1)
		behind_die("a signature is not taken");
}

/* What came back on a queue pair. */
static void
take(struct behind *b, uint16_t qp, bool more)
{
	struct rte_crypto_op *op;
	unsigned int i;

	while (rte_cryptodev_dequeue_burst(b->dev->id, qp, &op, 1) == 1) {
		if (op->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
			behind_die("an op failed");
		if (op == b->aes) {
			if (b->nb_samples < MAX_SAMPLES)
				b->sample[b->nb_samples++] = (uint32_t)(rte_rdtsc() - b->sent);
			b->sent = 0;
			continue;
		}
		b->signatures++;
		for (i = 0; i < DEPTH && b->sign[i] != op; i++)
			;
		if (more)
			send_sign(b, i);
	}
}

static int
by_length(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
report(struct behind *b, const char *name, double seconds)
{
	static const double part[] = { 0.5, 0.99, 0.999, 1 };
	double us = 1e6 / (double)rte_get_tsc_hz();
	unsigned int i, at;

	qsort(b->sample, b->nb_samples, sizeof(b->sample[0]), by_length);
	printf("%-40s", name);
	for (i = 0; i < RTE_DIM(part); i++) {
		at = (unsigned int)(part[i] * (b->nb_samples - 1));
		printf(" %9.1f", b->sample[at] * us);
	}
	printf(" %9u %9.0f\n", b->nb_samples, (double)b->signatures / seconds);
}

static void
measure(struct behind *b, int place, uint64_t pause, const char *name, double seconds)
{
	uint16_t qp = place == RSA_BESIDE ? 1 : 0;
	uint64_t start, end, next = 0, want;
	unsigned int i;

	b->nb_samples = 0;
	b->signatures = 0;
	for (i = 0; i < DEPTH && place != NO_RSA; i++)
		send_sign(b, i);
	start = rte_rdtsc();
	end = start + (uint64_t)(seconds * (double)rte_get_tsc_hz());
	while (rte_rdtsc() < end) {
		if (b->sent == 0 && rte_rdtsc() >= next) {
			b->aes->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
			b->sent = rte_rdtsc();
			if (rte_cryptodev_enqueue_burst(b->dev->id, qp, &b->aes, 1) != 1)
				behind_die("an op is not taken");
		}
		want = b->sent;
		take(b, qp, true);
		if (qp != 0)
			take(b, 0, true);
		if (want != 0 && b->sent == 0)
			next = rte_rdtsc() + pause;
	}
	report(b, name, seconds);
	want = b->signatures + (place != NO_RSA ? DEPTH : 0);
	while (b->sent != 0 || b->signatures < want) {
		take(b, qp, false);
		if (qp != 0)
			take(b, 0, false);
	}
}

void
asym_behind(struct asym_run *run, double seconds)
{
	static const char * const names[NB_PLACES] = {
		"no RSA", "RSA-4096 on another queue", "RSA-4096 on the same queue",
	};
	struct behind b = { .dev = &run->dev };
	uint64_t pause = rte_get_tsc_hz() / 1000000 * PAUSE_US;
	char name[64];
	int place, paused;

	b.sample = calloc(MAX_SAMPLES, sizeof(b.sample[0]));
	if (run->dev.nb_qps < 2 || b.sample == NULL)
		behind_die("it needs a device with two queues");
	asym_random(b.digest, sizeof(b.digest));
	make_aes(&b);
	make_signs(&b, run);
	asym_run(&run->dev, 0, &b.aes, 1);
	fill_sign(&b, b.sign[0], 0);
	asym_run(&run->dev, 0, b.sign, 1);
	printf("%-40s %9s %9s %9s %9s %9s %9s\n", "AES-CBC, 64 bytes: microseconds", "median",
			"p99", "p99.9", "most", "ops", "RSA/s");
	for (paused = 0; paused < 2; paused++) {
		for (place = 0; place < NB_PLACES; place++) {
			snprintf(name, sizeof(name), "%s%s", names[place],
					paused ? ", op each 200 us" : "");
			measure(&b, place, paused ? pause : 0, name, seconds);
		}
	}
	free(b.sample);
	asym_rsa_free(&b.key);
}

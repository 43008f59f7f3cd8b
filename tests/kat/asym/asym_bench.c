/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Operations per second of one queue pair, with a few in flight, and of OpenSSL on the
 * same core for comparison.  Answers are checked for their status alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "asym_case.h"

#define RSA_BITS	2048
#define DEPTH		16	/* ops in flight */
#define DIGEST_LEN	32

static const struct asym_pad sha256 = { RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_SHA256 };

struct load {
	const char *name;
	bool ec, sign;
	struct asym_rsa rsa;
	struct asym_ec key;
	struct asym_session s;
	uint8_t digest[DIGEST_LEN], sig[RSA_BITS / 8], r[ASYM_EC_BYTES], s_[ASYM_EC_BYTES];
	uint8_t out[DEPTH][RSA_BITS / 8];
};

static void
prepare(struct load *l, struct asym_run *run)
{
	struct kat_bytes d = { l->digest, DIGEST_LEN };
	int rc;

	asym_random(l->digest, DIGEST_LEN);
	if (l->ec) {
		if (asym_ec_generate(&l->key, ASYM_P256) != 0)
			exit(1);
		asym_ec_sign(l->r, l->s_, &l->key, &d);
		rc = asym_ec_open(&l->s, &run->dev, &l->key, false);
	} else {
		asym_key(&l->rsa, run, RSA_BITS);
		asym_rsa_sign(l->sig, &l->rsa, ASYM_SHA256, &d);
		rc = asym_rsa_open(&l->s, &run->dev, &l->rsa, ASYM_QT, &sha256, false);
	}
	if (rc != 0) {
		fprintf(stderr, "%s: no session\n", l->name);
		exit(1);
	}
}

static void
fill(struct rte_crypto_op *op, struct load *l, unsigned int i)
{
	enum rte_crypto_asym_op_type type = l->sign ? RTE_CRYPTO_ASYM_OP_SIGN :
		RTE_CRYPTO_ASYM_OP_VERIFY;
	rte_crypto_param msg = { .data = l->digest, .length = DIGEST_LEN };

	op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	if (l->ec) {
		op->asym->ecdsa.op_type = type;
		op->asym->ecdsa.message = msg;
		op->asym->ecdsa.r = (rte_crypto_param){ .data = l->sign ? l->out[i] : l->r,
			.length = l->key.len };
		op->asym->ecdsa.s = (rte_crypto_param){ .data = l->sign ?
			l->out[i] + ASYM_EC_BYTES : l->s_, .length = l->key.len };
	} else {
		op->asym->rsa.op_type = type;
		op->asym->rsa.message = msg;
		op->asym->rsa.sign = (rte_crypto_param){ .data = l->sign ? l->out[i] : l->sig,
			.length = l->rsa.len };
	}
}

/* Ops per second of the device; -1 if an op failed. */
static double
device_rate(struct load *l, struct asym_run *run, double seconds)
{
	uint64_t start = rte_get_timer_cycles(), done = 0;
	uint64_t end = start + (uint64_t)(seconds * (double)rte_get_timer_hz());
	struct rte_crypto_op *idle[DEPTH], *back[DEPTH];
	unsigned int nb_idle = DEPTH, i;
	uint16_t n;

	for (i = 0; i < DEPTH; i++) {
		idle[i] = asym_op(&run->dev, &l->s);
		fill(idle[i], l, i);
	}
	while (rte_get_timer_cycles() < end || nb_idle < DEPTH) {
		if (rte_get_timer_cycles() < end)
			nb_idle -= rte_cryptodev_enqueue_burst(run->dev.id, 0,
					&idle[0], (uint16_t)nb_idle) == nb_idle ? nb_idle : 0;
		n = rte_cryptodev_dequeue_burst(run->dev.id, 0, back, DEPTH);
		for (i = 0; i < n; i++) {
			if (back[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
				return -1;
			idle[nb_idle++] = back[i];
		}
		done += n;
	}
	for (i = 0; i < DEPTH; i++)
		rte_crypto_op_free(idle[i]);
	return (double)done * (double)rte_get_timer_hz() /
		(double)(rte_get_timer_cycles() - start);
}

/* The same by the library, one after the other. */
static double
host_rate(struct load *l, double seconds)
{
	uint64_t start = rte_get_timer_cycles(), done;
	uint64_t end = start + (uint64_t)(seconds * (double)rte_get_timer_hz());
	struct kat_bytes d = { l->digest, DIGEST_LEN }, sig = { l->sig, l->rsa.len };
	struct kat_bytes r = { l->r, l->key.len }, s = { l->s_, l->key.len };
	bool ok = true;

	for (done = 0; rte_get_timer_cycles() < end && ok; done++) {
		if (l->ec && l->sign)
			ok = asym_ec_sign(l->out[0], l->out[1], &l->key, &d) == 0;
		else if (l->ec)
			ok = asym_ec_verify(&l->key, &d, &r, &s) == 1;
		else if (l->sign)
			ok = asym_rsa_sign(l->out[0], &l->rsa, ASYM_SHA256, &d) > 0;
		else
			ok = asym_rsa_verify(&l->rsa, ASYM_SHA256, &d, &sig) == 1;
	}
	return ok ? (double)done * (double)rte_get_timer_hz() /
		(double)(rte_get_timer_cycles() - start) : -1;
}

void
asym_bench(struct asym_run *run, double seconds)
{
	static struct load loads[] = {
		{ .name = "RSA-2048 PKCS #1 SHA-256 sign", .sign = true },
		{ .name = "RSA-2048 PKCS #1 SHA-256 verify" },
		{ .name = "ECDSA P-256 sign", .ec = true, .sign = true },
		{ .name = "ECDSA P-256 verify", .ec = true },
	};
	unsigned int i;

	printf("%-34s %12s %12s  (operations a second)\n", "", run->dev.name, "OpenSSL");
	for (i = 0; i < RTE_DIM(loads); i++) {
		struct load *l = &loads[i];

		if (l->ec && !run->dev.ecdsa) {
			printf("%-34s %12s\n", l->name, "none");
			continue;
		}
		prepare(l, run);
		printf("%-34s %12.0f", l->name, device_rate(l, run, seconds));
		printf(" %12.0f\n", host_rate(l, seconds));
		asym_session_close(&l->s, &run->dev);
		asym_rsa_free(&l->rsa);
		asym_ec_free(&l->key);
	}
}

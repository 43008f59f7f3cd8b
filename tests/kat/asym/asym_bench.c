/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Operations per second of one queue pair with a few in flight, of a second device
 * likewise, and of OpenSSL alone on the same core: in turn, round by round, so that what
 * the machine does meanwhile hits all of them.  Answers are checked for their status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "asym_case.h"

#define RSA_BITS	2048
#define DEPTH		16	/* ops in flight */
#define DIGEST_LEN	32
#define ROUNDS		7

/* Without a hash's name, as crypto_openssl of 22.11 has it whatever hash is named. */
static const struct asym_pad pad = { RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_NULL };

enum { OURS, REFERENCE, LIBRARY, NB_TARGETS };

/* What is measured: keys, a good signature, memory for results. */
struct load {
	const char *name;
	bool ec, sign;
	struct asym_rsa rsa;
	struct asym_ec key;
	uint8_t digest[DIGEST_LEN], sig[RSA_BITS / 8], r[ASYM_EC_BYTES], s_[ASYM_EC_BYTES];
	uint8_t out[DEPTH][RSA_BITS / 8];
};

static void
prepare(struct load *l, struct asym_run *run)
{
	struct kat_bytes d = { l->digest, DIGEST_LEN };

	asym_random(l->digest, DIGEST_LEN);
	if (l->ec) {
		if (asym_ec_generate(&l->key, ASYM_P256) != 0)
			exit(1);
		asym_ec_sign(l->r, l->s_, &l->key, &d);
	} else {
		asym_key(&l->rsa, run, RSA_BITS);
		asym_rsa_sign(l->sig, &l->rsa, ASYM_NO_HASH, &d);
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

/* Keeps DEPTH ops in flight until end; how many came back, or -1 if one failed. */
static double
drive(struct load *l, const struct asym_dev *dev, struct rte_crypto_op **idle, uint64_t end)
{
	struct rte_crypto_op *back[DEPTH];
	unsigned int nb_idle = DEPTH, i;
	double done = 0;
	uint16_t n;

	while (rte_get_timer_cycles() < end || nb_idle < DEPTH) {
		n = rte_get_timer_cycles() >= end ? 0 : rte_cryptodev_enqueue_burst(dev->id, 0,
				idle, (uint16_t)nb_idle);
		nb_idle -= n;
		memmove(idle, idle + n, nb_idle * sizeof(idle[0]));
		n = rte_cryptodev_dequeue_burst(dev->id, 0, back, DEPTH);
		for (i = 0; i < n; i++) {
			if (back[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
				return -1;
			fill(back[i], l, nb_idle);
			idle[nb_idle++] = back[i];
		}
		done += n;
	}
	return done;
}

/* Ops per second; -1 if there is no session or an op failed. */
static double
device_rate(struct load *l, const struct asym_dev *dev, double seconds)
{
	struct rte_crypto_op *ops[DEPTH];
	struct asym_session s;
	uint64_t start;
	unsigned int i;
	double done;
	int rc = l->ec ? asym_ec_open(&s, dev, &l->key, false) :
		asym_rsa_open(&s, dev, &l->rsa, ASYM_QT, &pad, false);

	if (rc != 0)
		return -1;
	for (i = 0; i < DEPTH; i++) {
		ops[i] = asym_op(dev, &s);
		fill(ops[i], l, i);
	}
	asym_run(dev, 0, ops, 1);	/* the device's session is made here */
	fill(ops[0], l, 0);
	start = rte_get_timer_cycles();
	done = drive(l, dev, ops, start + (uint64_t)(seconds * (double)rte_get_timer_hz()));
	if (done < 0)
		return -1;
	done *= (double)rte_get_timer_hz() / (double)(rte_get_timer_cycles() - start);
	for (i = 0; i < DEPTH; i++)
		rte_crypto_op_free(ops[i]);
	asym_session_close(&s, dev);
	return done;
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
			ok = asym_rsa_sign(l->out[0], &l->rsa, ASYM_NO_HASH, &d) > 0;
		else
			ok = asym_rsa_verify(&l->rsa, ASYM_NO_HASH, &d, &sig) == 1;
	}
	return ok ? (double)done * (double)rte_get_timer_hz() /
		(double)(rte_get_timer_cycles() - start) : -1;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median, least and most of the rounds. */
static void
print_rates(double rate[ROUNDS])
{
	qsort(rate, ROUNDS, sizeof(rate[0]), compare);
	if (rate[0] < 0)
		printf("  %26s", "none");
	else
		printf("  %8.0f (%6.0f to %6.0f)", rate[ROUNDS / 2], rate[0], rate[ROUNDS - 1]);
}

void
asym_bench(struct asym_run *run, const struct asym_dev *ref, double seconds)
{
	static struct load loads[] = {
		{ .name = "RSA-2048 sign, PKCS #1", .sign = true },
		{ .name = "RSA-2048 verify, PKCS #1" },
		{ .name = "ECDSA P-256 sign", .ec = true, .sign = true },
		{ .name = "ECDSA P-256 verify", .ec = true },
	};
	double rate[NB_TARGETS][ROUNDS];
	unsigned int i, round, t;

	printf("operations a second: median (least to most) of %u rounds of %g s\n", ROUNDS,
			seconds);
	printf("%-32s  %26s  %26s  %26s\n", "", run->dev.name, ref != NULL ? ref->name : "",
			"OpenSSL alone");
	for (i = 0; i < RTE_DIM(loads); i++) {
		struct load *l = &loads[i];

		prepare(l, run);
		for (round = 0; round < ROUNDS; round++) {
			rate[OURS][round] = device_rate(l, &run->dev, seconds);
			rate[REFERENCE][round] = ref != NULL ? device_rate(l, ref, seconds) : -1;
			rate[LIBRARY][round] = host_rate(l, seconds);
		}
		printf("%-32s", l->name);
		for (t = 0; t < NB_TARGETS; t++)
			print_rates(rate[t]);
		printf("\n");
		asym_rsa_free(&l->rsa);
		asym_ec_free(&l->key);
	}
}

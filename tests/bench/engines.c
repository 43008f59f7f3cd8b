/* SPDX-License-Identifier: BSD-3-Clause
 *
 * engines: what a request costs in vcryptod's engines themselves, with nothing around them: for
 * each algorithm that OpenSSL and ipsec-mb have, in one call of process for one request and for
 * 32, in place.
 *
 *	engines [CPU]
 *
 * Prints TSC cycles per request, the least of its rounds: openssl, ipsec-mb, auto.  x86 only.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "engine.h"
#include "req_alg.h"

#define BATCH		32
#define MAX_LEN		16384	/* bytes */
#define ROUNDS		9
#define SCRATCH		(1u << 20)
#define NB_ENGINES	3

struct bench {
	const struct vcryptod_engine *engine;
	struct vcryptod_caps caps;
	struct vcryptod_lane lane;
};

static const char * const names[NB_ENGINES] = { "openssl", "ipsec-mb", "auto" };
static const uint32_t lengths[] = { 64, 256, 1024, 16384 };
static uint8_t data[BATCH][MAX_LEN], digest[BATCH][VCRYPTOD_DIGEST_MAX];

static int
start(struct bench *b, const char *name)
{
	b->engine = vcryptod_engine_find(name);
	if (b->engine == NULL || b->engine->init(&b->caps) != 0 ||
			vcryptod_scratch_init(&b->lane.scratch, SCRATCH) != 0)
		return -1;
	if (b->engine->lane_create != NULL)
		b->lane.engine = b->engine->lane_create();
	return 0;
}

static void
fill(struct vcryptod_op *op, struct vqd_seg *seg, const struct req_session *p, void *session,
		uint32_t iv_len, uint32_t len)
{
	memset(op, 0, sizeof(*op));
	op->session = session;
	op->iv_len = iv_len;
	seg[0].len = len;
	op->src = (struct vcryptod_span){ &seg[0], 0, len };
	if (p->kind == REQ_CIPHER || p->kind == REQ_AEAD)
		op->dst = op->src;
	if (p->kind != REQ_CIPHER)
		op->digest = (struct vcryptod_span){ &seg[1], 0, p->digest_len };
}

/* Cycles of a request; negative: the engine refuses it. */
static double
measure(struct bench *b, const struct req_session *p, uint32_t iv_len, uint32_t len,
		unsigned int nb)
{
	struct vcryptod_op op[BATCH], *ops[BATCH];
	struct vqd_seg seg[BATCH][2];
	unsigned int calls = 4 + 200000 / (len * nb + 200), r, i, k;
	double least = 1e18, cycles;
	uint64_t sum, before;
	void *session;

	if (b->engine->session_create(&session, p, 1) != 0)
		return -1;
	for (r = 0; r < ROUNDS; r++) {
		for (sum = 0, k = 0; k < calls; k++) {
			for (i = 0; i < nb; i++) {
				seg[i][0].ptr = data[i];
				seg[i][1] = (struct vqd_seg){ digest[i], VCRYPTOD_DIGEST_MAX };
				fill(&op[i], seg[i], p, session, iv_len, len);
				ops[i] = &op[i];
			}
			before = __rdtsc();
			b->engine->process(&b->lane, ops, nb);
			sum += __rdtsc() - before;
		}
		cycles = (double)sum / calls / nb;
		least = cycles < least ? cycles : least;
	}
	b->engine->session_destroy(session);
	return op[0].status == VIRTIO_CRYPTO_OK ? least : -1;
}

static void
line(struct bench *b, const struct req_alg *alg, uint32_t dir)
{
	static const enum req_kind kind[] = {
		[VIRTIO_CRYPTO_SERVICE_CIPHER] = REQ_CIPHER,
		[VIRTIO_CRYPTO_SERVICE_HASH] = REQ_HASH,
		[VIRTIO_CRYPTO_SERVICE_MAC] = REQ_MAC,
		[VIRTIO_CRYPTO_SERVICE_AEAD] = REQ_AEAD,
	};
	uint8_t key[64];
	struct req_session p = { .kind = kind[alg->service], .algo = alg->number, .op = dir,
		.key = key, .digest_len = alg->digest.max };
	unsigned int l, nb, e, i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 37 + 11);
	p.key_len = alg->key.min >= 16 || alg->key.max < 16 ? alg->key.min : 16;
	if (alg->service == VIRTIO_CRYPTO_SERVICE_MAC && alg->number == VIRTIO_CRYPTO_MAC_XCBC_AES)
		p.digest_len = alg->digest.min;	/* IPsec's, the library has no other */
	printf("%-18s %s", alg->name, dir == VIRTIO_CRYPTO_OP_DECRYPT ? "dec" : "   ");
	for (nb = 1; nb <= BATCH; nb *= BATCH)
		for (l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++)
			for (e = 0; e < NB_ENGINES; e++)
				printf("%s%.0f", e == 0 ? " | " : " ", measure(&b[e], &p,
						alg->iv.min, lengths[l], nb));
	printf("\n");
}

int
main(int argc, char **argv)
{
	static struct bench b[NB_ENGINES];
	const struct req_alg *alg;
	unsigned int nb, i, e;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(argc > 1 ? (unsigned int)atoi(argv[1]) : 0, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		return 1;
	for (e = 0; e < NB_ENGINES; e++)
		if (start(&b[e], names[e]) != 0)
			return 1;
	printf("one request of 64 | 256 | 1024 | 16384 bytes, then the same in batches of 32\n");
	alg = req_alg_table(&nb);
	for (i = 0; i < nb; i++) {
		if ((b[0].caps.mask[alg[i].service] & b[1].caps.mask[alg[i].service] &
				VIRTIO_BIT(alg[i].number)) == 0)
			continue;
		line(b, &alg[i], alg[i].service == VIRTIO_CRYPTO_SERVICE_HASH ||
				alg[i].service == VIRTIO_CRYPTO_SERVICE_MAC ? 0 :
				VIRTIO_CRYPTO_OP_ENCRYPT);
		if (alg[i].service == VIRTIO_CRYPTO_SERVICE_CIPHER)
			line(b, &alg[i], VIRTIO_CRYPTO_OP_DECRYPT);
	}
	return 0;
}

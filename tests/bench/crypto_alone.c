/* SPDX-License-Identifier: BSD-3-Clause
 *
 * crypto_alone: what the ipsec-mb library itself takes for an op, with nothing around it:
 * the calls that vcryptod's engine makes, in batches of 64, in place, over a set of
 * buffers that is used round and round.  32 buffers are what a software driver in a
 * closed loop touches; as many as a ring is long are what a device touches.
 *
 *	crypto_alone [CPU]
 *
 * Prints TSC cycles per op, the median of its rounds.  x86 only.
 */
#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#define BATCH		64
#define ROUNDS		101
#define MAX_BUFFERS	1024
#define HEAD		640	/* bytes of an op and of a message buffer before its data */
#define OPS		8192	/* in a round */

static uint8_t enc[15 * 16] __attribute__((aligned(64)));
static uint8_t dec[15 * 16] __attribute__((aligned(64)));
static struct gcm_key_data gcm_key __attribute__((aligned(64)));
static const uint8_t iv[16], aad[16];

static void
batch_cbc(IMB_MGR *mgr, uint8_t **buffer, uint32_t len)
{
	static IMB_JOB job[BATCH];
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		job[i].enc_keys = enc;
		job[i].dec_keys = dec;
		job[i].key_len_in_bytes = IMB_KEY_128_BYTES;
		job[i].src = job[i].dst = buffer[i];
		job[i].msg_len_to_cipher_in_bytes = len;
		job[i].iv = iv;
		job[i].iv_len_in_bytes = sizeof(iv);
	}
	IMB_SUBMIT_CIPHER_BURST_NOCHECK(mgr, job, BATCH, IMB_CIPHER_CBC, IMB_DIR_ENCRYPT,
			IMB_KEY_128_BYTES);
}

static void
batch_gcm(IMB_MGR *mgr, uint8_t **buffer, uint32_t len)
{
	struct gcm_context_data ctx;
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		IMB_AES128_GCM_ENC(mgr, &gcm_key, &ctx, buffer[i], buffer[i], len, iv, aad,
				sizeof(aad), buffer[i] + len, 16);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(IMB_MGR *mgr, int gcm, uint32_t len, unsigned int nb, uint8_t *memory)
{
	size_t stride = (len + HEAD + 16 + 63) & ~(size_t)63;
	double cycles[ROUNDS];
	uint8_t *buffer[BATCH];
	unsigned int r, i, k, next = 0;
	uint64_t start;

	for (r = 0; r < ROUNDS; r++) {
		start = __rdtsc();
		for (i = 0; i < OPS; i += BATCH) {
			for (k = 0; k < BATCH; k++, next = (next + 1) % nb)
				buffer[k] = memory + next * stride + HEAD;
			(gcm ? batch_gcm : batch_cbc)(mgr, buffer, len);
		}
		cycles[r] = (double)(__rdtsc() - start) / OPS;
	}
	qsort(cycles, ROUNDS, sizeof(cycles[0]), by_value);
	printf("%-12s %6u B %5u buffers %8.0f cycles per op\n",
			gcm ? "AES-128-GCM" : "AES-128-CBC", len, nb, cycles[ROUNDS / 2]);
}

int
main(int argc, char **argv)
{
	static const uint32_t size[] = { 64, 1024, 4096, 16384 };
	static const unsigned int nb[] = { 32, 256, MAX_BUFFERS };
	uint8_t *memory = calloc(MAX_BUFFERS, size[3] + HEAD + 128);
	IMB_MGR *mgr = alloc_mb_mgr(0);
	cpu_set_t set;
	unsigned int a, s, n;

	if (memory == NULL || mgr == NULL)
		return 1;
	CPU_ZERO(&set);
	CPU_SET(argc > 1 ? atoi(argv[1]) : 0, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		fprintf(stderr, "crypto_alone: not pinned\n");
	init_mb_mgr_auto(mgr, NULL);
	IMB_AES_KEYEXP_128(mgr, aad, enc, dec);
	IMB_AES128_GCM_PRE(mgr, aad, &gcm_key);
	for (a = 0; a < 2; a++)
		for (s = 0; s < 4; s++)
			for (n = 0; n < 3; n++)
				measure(mgr, (int)a, size[s], nb[n], memory);
	free_mb_mgr(mgr);
	free(memory);
	return 0;
}

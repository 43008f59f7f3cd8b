/* SPDX-License-Identifier: BSD-3-Clause
 *
 * RSA and ECDSA on one device: known answers, round trips with OpenSSL on the host, what
 * must not succeed, many ops at once.  Everything with sessions and, where the device
 * has them, sessionless.  Public DPDK API only; 22.11 to 25.11.
 *
 *	asym_runner [EAL arguments] -- [--dev NAME] ...
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "asym_case.h"

static const char * const files[] = { "rsa-sign.asym", "rsa-crypt.asym", "ecdsa.asym" };

static struct asym_run run;
static const char *vectors = ASYM_VECTORS;
static const char *dev_name = "crypto_virtio_user0";
static const char *ref_name;
static double bench_seconds, behind_seconds;
static bool known_only, raw_optional;

static void
usage(const char *name)
{
	fprintf(stderr,
"usage: %s [EAL arguments] -- [options]\n"
"  --dev NAME       the device (crypto_virtio_user0)\n"
"  --vectors DIR    the vector files (where the build found them)\n"
"  --sizes LIST     RSA sizes of the round trips, bits (1024,1025,1031,1536,2048,3072,\n"
"                   4096,8192)\n"
"  --hashes LIST    of md5, sha1, sha224, sha256, sha384, sha512 (all): those that the\n"
"                   device has with PKCS #1; rte_cryptodev does not tell\n"
"  --raw-optional   the device may refuse raw RSA: skip what needs it\n"
"  --lossy          results that begin with zeros are lost, ERROR, on a device that refuses\n"
"                   raw RSA, too (QEMU with nettle; one with libgcrypt does neither)\n"
"  --known          the vector files alone\n"
"  --expect-failed N  succeed if so many checks fail\n"
"  --bench SECONDS  measure instead: ops per second, rounds of so long\n"
"  --behind SECONDS measure instead: AES ops beside RSA-4096, so long each; needs two queues\n"
"  --ref NAME       with --bench: a second device to compare with\n", name);
}

static void
set_sizes(const char *list)
{
	char *end;

	for (run.nb_sizes = 0; run.nb_sizes < RTE_DIM(run.size); list = end + 1) {
		run.size[run.nb_sizes++] = (uint32_t)strtoul(list, &end, 10);
		if (*end != ',')
			break;
	}
}

static int
set_hashes(const char *list)
{
	char word[16];
	int n, hash;

	memset(run.hashes, 0, sizeof(run.hashes));
	run.hashes[ASYM_NO_HASH] = true;
	for (; sscanf(list, "%15[^,]%n", word, &n) == 1; list += n + (list[n] == ',')) {
		hash = asym_hash_find(word);
		if (hash < 0)
			return -1;
		run.hashes[hash] = true;
	}
	return 0;
}

static int
parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "vectors", required_argument, NULL, 'v' },
		{ "sizes", required_argument, NULL, 's' },
		{ "hashes", required_argument, NULL, 'h' },
		{ "bench", required_argument, NULL, 'b' },
		{ "behind", required_argument, NULL, 'e' },
		{ "ref", required_argument, NULL, 'f' },
		{ "known", no_argument, NULL, 'k' },
		{ "raw-optional", no_argument, NULL, 'r' },
		{ "lossy", no_argument, NULL, 'l' },
		{ "expect-failed", required_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	set_sizes("1024,1025,1031,1536,2048,3072,4096,8192");
	memset(run.hashes, true, sizeof(run.hashes));
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd')
			dev_name = optarg;
		else if (c == 'v')
			vectors = optarg;
		else if (c == 's')
			set_sizes(optarg);
		else if (c == 'b')
			bench_seconds = atof(optarg);
		else if (c == 'e')
			behind_seconds = atof(optarg);
		else if (c == 'f')
			ref_name = optarg;
		else if (c == 'k')
			known_only = true;
		else if (c == 'r')
			raw_optional = true;
		else if (c == 'l')
			run.lossy = true;
		else if (c == 'x')
			run.tally.expect_failed = strtoul(optarg, NULL, 10);
		else if (c != 'h' || set_hashes(optarg) != 0)
			return -1;
	}
	return optind == argc ? 0 : -1;
}

static int
load(struct asym_set *set, const char *file)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", vectors, file);
	return asym_set_load(set, path);
}

static int
known(void)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < RTE_DIM(files) && rc == 0; i++) {
		struct asym_set set = { 0 };

		rc = load(&set, files[i]);
		if (rc == 0)
			asym_known(&run, &set);
		asym_set_free(&set);
	}
	return rc;
}

/* Is raw RSA served?  Taken for granted where that is not left open. */
static bool
has_raw(void)
{
	const struct asym_pad raw = { RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL };
	uint8_t two[] = { 2 }, out[ASYM_RSA_BYTES];
	struct rte_crypto_op *op;
	struct asym_session s;
	struct asym_rsa k;
	bool ok = true;

	if (!raw_optional)
		return true;
	asym_key(&k, &run, 1024);
	if (asym_rsa_open(&s, &run.dev, &k, ASYM_PUBLIC, &raw, false) == 0) {
		op = asym_op(&run.dev, &s);
		op->asym->rsa.op_type = RTE_CRYPTO_ASYM_OP_ENCRYPT;
		op->asym->rsa.message = (rte_crypto_param){ .data = two, .length = 1 };
		op->asym->rsa.cipher.data = out;
		asym_run(&run.dev, 0, &op, 1);
		ok = op->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
		rte_crypto_op_free(op);
		asym_session_close(&s, &run.dev);
	}
	asym_rsa_free(&k);
	return ok;
}

/* All groups, with sessions or without. */
static int
pass(bool sessionless)
{
	run.sessionless = sessionless;
	if (known() != 0)
		return -1;
	if (known_only)
		return 0;
	asym_round_rsa(&run);
	asym_leading_zeros(&run);
	asym_round_ec(&run);
	asym_bad_keys(&run);
	asym_bad_rsa(&run);
	asym_bad_ec(&run);
	asym_in_flight(&run);
	asym_mixed(&run);
	asym_threads(&run);
	return 0;
}

static int
test(void)
{
	run.raw = has_raw();
	run.lossy = run.lossy && !run.raw;
	if (pass(false) != 0)
		return 1;
	if ((run.dev.feature_flags & RTE_CRYPTODEV_FF_ASYM_SESSIONLESS) != 0) {
		if (pass(true) != 0)
			return 1;
	} else {
		kat_skip(kat_line(&run.tally, "", "sessionless"),
				"the device does not offer it");
	}
	return kat_report(&run.tally);
}

static int
bench(void)
{
	struct asym_dev ref = { 0 };
	int rc = ref_name == NULL ? 0 : asym_dev_open(&ref, ref_name);

	if (rc == 0)
		asym_bench(&run, ref_name != NULL ? &ref : NULL, bench_seconds);
	asym_dev_close(&ref);
	return rc != 0;
}

int
main(int argc, char **argv)
{
	int n = rte_eal_init(argc, argv), rc = 1;

	if (n < 0) {
		fprintf(stderr, "EAL does not start\n");
		return 1;
	}
	argv[n] = argv[0];
	if (parse(argc - n, argv + n) != 0) {
		usage(argv[0]);
		return 2;
	}
	if ((known_only || load(&run.keys, "rsa-keys.asym") == 0) &&
			asym_dev_open(&run.dev, dev_name) == 0) {
		if (!run.dev.rsa) {
			fprintf(stderr, "%s: no RSA\n", dev_name);
		} else if (bench_seconds > 0) {
			rc = bench();
		} else if (behind_seconds > 0) {
			asym_behind(&run, behind_seconds);
			rc = 0;
		} else {
			rc = test();
		}
	}
	asym_dev_close(&run.dev);
	asym_set_free(&run.keys);
	rte_eal_cleanup();
	return rc;
}

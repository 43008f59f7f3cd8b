/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random operations on two devices in one process, compared bit for bit: the one
 * under test, and the first reference that has the algorithm; where none has, the
 * host's libraries (kat_host.c).  Both directions, every layout of buffers that the
 * device under test promises, and one verification in eight of a forged digest.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_random.h>

#include "kat_host.h"
#include "kat_op.h"
#include "kat_tally.h"

#define REFS_MAX	4
#define KEY_MAX		256	/* bytes; longer HMAC keys are hashed first anyway */
#define AAD_MAX		240
#define DIGEST_MAX	64
#define LEN_MAX		16384
#define CHAIN_SHARE	20	/* a pair of a chain gets a 20th of the operations */
#define CHAIN_LEAST	64
#define HEAD_MAX	96

static struct kat_dev dut, ref[REFS_MAX];
static struct kat_pools pools;
static struct kat_tally tally;

static struct options {
	const char *dev;
	const char *ref[REFS_MAX];
	unsigned int nb_refs;
	const char *algs;
	unsigned long ops, max_len, seed;
	int linear, chains;
} opt = { .ops = 10000, .max_len = 2048, .seed = 1, .chains = 1 };

/* One algorithm, or one chain, and where its answers come from. */
struct pair {
	struct kat_vec v;	/* names, order, and the session's bytes for the host */
	struct kat_params p;
	struct kat_line *line;
	const struct kat_dev *ref;	/* NULL: the host */
	uint8_t key[KEY_MAX], auth_key[KEY_MAX];
	uint16_t block;		/* lengths are multiples of it */
	uint16_t auth_block;	/* CHAIN: the same for the range of its MAC */
	uint32_t least;		/* bytes */
	uint16_t key_max, digest_max, iv_min, iv_max;
};

/* One operation: what goes in, what the reference made of it. */
struct item {
	uint8_t in[LEN_MAX], out[LEN_MAX], got[LEN_MAX];
	uint8_t digest[DIGEST_MAX], got_digest[DIGEST_MAX];
	uint8_t iv[KAT_IV_MAX], aad[AAD_MAX];
	struct kat_work w;
	const struct kat_layout *l;
	int forged;
};
static struct item *items;	/* KAT_BURST of them */

static uint32_t
below(uint32_t n)
{
	return n <= 1 ? 0 : (uint32_t)rte_rand_max(n);
}

static void
random_bytes(uint8_t *p, uint32_t n)
{
	while (n-- > 0)
		*p++ = (uint8_t)rte_rand();
}

/* ---- parameters that both sides have ---- */

/* Sets a field to a random value, out of [0, max], that the device and the reference
 * take; tries values until one fits, at most a bounded number of times.
 */
static int
pick(struct pair *c, uint16_t *field, uint16_t max, int zero_too)
{
	uint16_t good[KEY_MAX + 1];
	unsigned int nb = 0, v;

	for (v = zero_too ? 0 : 1; v <= max; v++) {
		*field = (uint16_t)v;
		if (kat_unsupported(dut.id, &c->p) == NULL &&
				(c->ref == NULL || kat_unsupported(c->ref->id, &c->p) == NULL))
			good[nb++] = (uint16_t)v;
	}
	if (nb == 0)
		return -1;
	*field = good[below(nb)];
	return 0;
}

/* A value of the range's start: something to begin with while other fields vary. */
static void
begin_with(struct kat_params *p, const struct rte_cryptodev_symmetric_capability *cap)
{
	switch (cap->xform_type) {
	case RTE_CRYPTO_SYM_XFORM_CIPHER:
		p->key_len = cap->cipher.key_size.min;
		p->iv_len = cap->cipher.iv_size.max;
		break;
	case RTE_CRYPTO_SYM_XFORM_AEAD:
		p->key_len = cap->aead.key_size.min;
		p->iv_len = cap->aead.iv_size.max;
		p->digest_len = cap->aead.digest_size.max;
		p->aad_len = cap->aead.aad_size.min;
		break;
	default:
		p->digest_len = cap->auth.digest_size.max;
		if (p->service == KAT_CHAIN) {
			p->auth_key_len = cap->auth.key_size.min;
			break;
		}
		p->key_len = cap->auth.key_size.min;
		p->iv_len = cap->auth.iv_size.max;
		break;
	}
}

/* Starts where both sides can: the smaller of the largest, the larger of the smallest. */
static void
begin(struct kat_params *p, const struct kat_dev *r, const struct kat_alg *a)
{
	struct kat_params other = *p;

	begin_with(p, kat_capability(dut.id, a));
	if (r == NULL)
		return;
	begin_with(&other, kat_capability(r->id, a));
	p->iv_len = RTE_MIN(p->iv_len, other.iv_len);
	p->digest_len = RTE_MIN(p->digest_len, other.digest_len);
	p->key_len = RTE_MAX(p->key_len, other.key_len);
	p->auth_key_len = RTE_MAX(p->auth_key_len, other.auth_key_len);
	p->aad_len = RTE_MAX(p->aad_len, other.aad_len);
}

/* Some drivers take more than virtio names: ZUC with keys of 256 bits and longer tags,
 * CTR with an iv of 12 bytes and a counter of their own; and GCM's iv of no bytes is
 * J0, which has its own known answers.
 */
static void
set_limits(struct pair *c)
{
	const struct kat_alg *a = c->p.alg;

	c->key_max = a->bits ? 16 : KEY_MAX;
	c->digest_max = a->bits && a->service == KAT_MAC ? 4 : DIGEST_MAX;
	c->iv_min = strcmp(a->name, "aes-ctr") == 0 ? 16 : 0;
	c->iv_max = 16;
	if (strcmp(a->name, "aes-gcm") == 0)
		c->iv_min = c->iv_max = 12;
}

static int
choose(struct pair *c)
{
	struct kat_params *p = &c->p;

	if (p->iv_len != 0)
		p->iv_len = RTE_MAX(c->iv_min, RTE_MIN(p->iv_len, c->iv_max));
	if (p->service != KAT_HASH && pick(c, &p->key_len, c->key_max, 0) != 0)
		return -1;
	if (p->iv_len != 0 && c->iv_min == 0 && pick(c, &p->iv_len, c->iv_max, 0) != 0)
		return -1;
	if (p->service == KAT_AEAD && pick(c, &p->aad_len, AAD_MAX, 1) != 0)
		return -1;
	if (p->digest_len != 0 && pick(c, &p->digest_len, c->digest_max, 0) != 0)
		return -1;
	if (p->auth_key_len != 0 && pick(c, &p->auth_key_len, KEY_MAX, 0) != 0)
		return -1;
	random_bytes(c->key, p->key_len);
	random_bytes(c->auth_key, p->auth_key_len);
	c->v.key = (struct kat_bytes){ c->key, p->key_len };
	c->v.auth_key = (struct kat_bytes){ c->auth_key, p->auth_key_len };
	return 0;
}

/* ---- operations ---- */

static uint32_t
random_len(const struct pair *c)
{
	uint32_t max = (uint32_t)opt.max_len, n;

	if (below(4) == 0)	/* many short ones: that is where tails are wrong */
		max = RTE_MIN(max, 64u);
	n = c->least + below(max);
	n -= n % c->block;
	return RTE_MAX(n, (uint32_t)RTE_MAX(c->least, c->block));
}

/* A part of n bytes: whole blocks, at least one. */
static struct kat_range
random_range(uint32_t n, uint32_t block)
{
	struct kat_range r;

	r.off = below(n - block + 1);
	r.len = block * (1 + below((n - r.off) / block));
	return r;
}

static void
make_work(const struct pair *c, struct item *it)
{
	uint32_t n = random_len(c);

	random_bytes(it->in, n);
	random_bytes(it->iv, sizeof(it->iv));
	random_bytes(it->aad, sizeof(it->aad));
	it->w = (struct kat_work){
		.iv = { it->iv, c->p.iv_len }, .aad = { it->aad, c->p.aad_len },
		.in = { it->in, n }, .cipher = { 0, n }, .auth = { 0, n },
		.digest = { it->digest, c->p.digest_len },
	};
	it->forged = 0;
	if (c->p.service != KAT_CHAIN)
		return;
	it->w.cipher = random_range(n, c->block);
	it->w.auth = random_range(n, c->auth_block);
}

static const struct kat_layout reference_layout = { .name = "reference", .src_segs = 1 };

static const struct kat_layout *
random_layout(const struct pair *c, const struct item *it)
{
	static struct kat_layout all[KAT_BURST];
	static unsigned int next;
	struct kat_layout *l = &all[next++ % KAT_BURST];

	do {
		*l = (struct kat_layout){ .name = "random layout", .src_segs = 1,
			.head = (uint16_t)below(HEAD_MAX), .oop = (uint8_t)below(2),
			.digest_in_buf = (uint8_t)below(2) };
		if (!opt.linear && below(2))
			l->src_segs = (uint8_t)(1 + below(4));
		l->dst_segs = 1;
		if (!opt.linear && below(2))
			l->dst_segs = (uint8_t)(1 + below(4));
		if (!l->oop)
			l->needs = l->src_segs > 1 ? RTE_CRYPTODEV_FF_IN_PLACE_SGL : 0;
		else if (l->src_segs > 1)
			l->needs = l->dst_segs > 1 ? RTE_CRYPTODEV_FF_OOP_SGL_IN_SGL_OUT :
					RTE_CRYPTODEV_FF_OOP_SGL_IN_LB_OUT;
		else
			l->needs = l->dst_segs > 1 ? RTE_CRYPTODEV_FF_OOP_LB_IN_SGL_OUT :
					RTE_CRYPTODEV_FF_OOP_LB_IN_LB_OUT;
		/* ends: in place and linear is always there */
	} while ((dut.feature_flags & l->needs) != l->needs ||
			!kat_layout_fits(l, &c->p, &it->w));
	return l;
}

static void
fail(const struct pair *c, const struct item *it, const char *what)
{
	const struct kat_layout *l = it->l;

	kat_fail(&tally, c->line, "%s%s%s, %s: key %u, iv %u, aad %u, digest %u, auth key %u, "
			"%u bytes, cipher %u+%u, auth %u+%u, at %u, segments %u to %u%s%s: %s",
			c->v.alg, c->p.service == KAT_CHAIN ? "+" : "", c->v.auth_alg,
			c->p.encrypt ? "encrypt" : "decrypt", c->p.key_len, c->p.iv_len,
			c->p.aad_len, c->p.digest_len, c->p.auth_key_len, it->w.in.len,
			it->w.cipher.off, it->w.cipher.len, it->w.auth.off, it->w.auth.len,
			l->head, l->src_segs, l->oop ? l->dst_segs : 0,
			l->oop ? "" : " (in place)", l->digest_in_buf ? ", digest in it" : "",
			what);
}

/* Runs a burst on a device.  status[i], and where it succeeded data and digest. */
static int
run_burst(const struct pair *c, const struct kat_dev *d, unsigned int nb,
		enum rte_crypto_op_status *status, const char **damage, int to_out)
{
	struct kat_op k[KAT_BURST] = { 0 };
	struct rte_crypto_op *ops[KAT_BURST];
	unsigned int i, made;
	void *session;
	int ret = 0;

	session = kat_session_create(d, &c->p);
	if (session == NULL)
		return -rte_errno;
	for (made = 0; made < nb && ret == 0; made++) {
		ret = kat_op_make(&k[made], &pools, session, &c->p, &items[made].w,
				d == &dut ? items[made].l : &reference_layout);
		ops[made] = k[made].op;
	}
	if (ret == 0)
		ret = kat_run(d, ops, nb);
	if (ret == -ETIMEDOUT) {
		kat_fail(&tally, c->line, "%s: the device %s lost operations", c->v.alg, d->name);
		kat_report(&tally);
		exit(1);
	}
	for (i = 0; i < made; i++) {
		if (ret == 0) {
			status[i] = k[i].op->status;
			damage[i] = kat_op_damage(&k[i], &items[i].w);
			kat_op_result(&k[i], to_out ? items[i].out : items[i].got,
					to_out ? items[i].digest : items[i].got_digest);
		}
		if (k[i].op != NULL)
			kat_op_free(&k[i]);
	}
	kat_session_free(d, session);
	return ret;
}

/* Encryption by the host, into out and digest. */
static int
run_host(struct pair *c, unsigned int nb)
{
	static uint8_t out[KAT_HOST_MAX];
	int digest_only = c->p.service == KAT_HASH || c->p.service == KAT_MAC;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		struct item *it = &items[i];

		c->v.iv = it->w.iv;
		c->v.aad = it->w.aad;
		c->v.in = it->w.in;
		c->v.cipher = it->w.cipher;
		c->v.auth = it->w.auth;
		c->v.digest = it->w.digest;
		if (kat_host_compute(out, &c->v) != 0)
			return -ENOTSUP;
		memcpy(it->out, digest_only ? it->in : out, it->w.in.len);
		memcpy(it->digest, digest_only ? out : out + it->w.in.len, c->p.digest_len);
	}
	return 0;
}

static void
compare(const struct pair *c, const struct item *it, enum rte_crypto_op_status status,
		const char *damage, const uint8_t *want)
{
	if (it->forged && status != RTE_CRYPTO_OP_STATUS_AUTH_FAILED)
		fail(c, it, "a forged digest was not refused");
	else if (!it->forged && status != RTE_CRYPTO_OP_STATUS_SUCCESS)
		fail(c, it, status == RTE_CRYPTO_OP_STATUS_AUTH_FAILED ? "AUTH_FAILED" :
				"no success");
	else if (!it->forged && memcmp(it->got, want, it->w.in.len) != 0)
		fail(c, it, "the data differ");
	else if (c->p.encrypt && memcmp(it->got_digest, it->digest, c->p.digest_len) != 0)
		fail(c, it, "the digests differ");
	else if (damage != NULL)
		fail(c, it, damage);
	else {
		c->line->passed++;
		c->line->negative += (unsigned int)it->forged;
	}
}

/* nb operations encrypted on both sides. */
static int
check_encrypt(struct pair *c, unsigned int nb)
{
	enum rte_crypto_op_status status[KAT_BURST];
	const char *damage[KAT_BURST];
	unsigned int i;
	int ret;

	c->p.encrypt = 1;
	for (i = 0; i < nb; i++) {
		make_work(c, &items[i]);
		items[i].l = random_layout(c, &items[i]);
	}
	ret = c->ref == NULL ? run_host(c, nb) : run_burst(c, c->ref, nb, status, damage, 1);
	if (ret != 0)
		return ret;
	for (i = 0; c->ref != NULL && i < nb; i++)
		if (status[i] != RTE_CRYPTO_OP_STATUS_SUCCESS)
			fail(c, &items[i], "the reference did not succeed");
	ret = run_burst(c, &dut, nb, status, damage, 0);
	for (i = 0; ret == 0 && i < nb; i++)
		compare(c, &items[i], status[i], damage[i], items[i].out);
	return ret;
}

/* The same back: what the reference encrypted, some of it with a forged digest. */
static int
check_decrypt(struct pair *c, unsigned int nb)
{
	enum rte_crypto_op_status status[KAT_BURST];
	const char *damage[KAT_BURST];
	unsigned int i;
	int ret;

	c->p.encrypt = 0;
	for (i = 0; i < nb; i++) {
		items[i].w.in.data = items[i].out;
		items[i].forged = c->p.digest_len != 0 && below(8) == 0;
		if (items[i].forged)
			items[i].digest[below(c->p.digest_len)] ^= (uint8_t)(1 + below(255));
		items[i].l = random_layout(c, &items[i]);
	}
	ret = run_burst(c, &dut, nb, status, damage, 0);
	for (i = 0; ret == 0 && i < nb; i++)
		compare(c, &items[i], status[i], damage[i], items[i].in);
	return ret;
}

/* 0: done, and counted; -ENOTSUP: one side does not do it. */
static int
run_pair(struct pair *c, unsigned long ops)
{
	const struct kat_params start = c->p;
	unsigned long done = 0;
	unsigned int nb;
	int ret = 0;

	while (ret == 0 && done < ops) {
		c->p = start;
		c->p.encrypt = 1;
		if (choose(c) != 0)
			return -ENOTSUP;
		nb = (unsigned int)RTE_MIN((ops - done + 1) / 2, (unsigned long)KAT_BURST);
		ret = check_encrypt(c, nb);
		if (ret == 0)
			ret = check_decrypt(c, nb);
		done += 2 * nb;
	}
	if (ret != 0 && ret != -ENOTSUP)
		kat_fail(&tally, c->line, "%s: %s", c->v.alg, rte_strerror(-ret));
	return ret == -ENOTSUP ? ret : 0;
}

/* ---- which algorithms ---- */

static int
ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && strcmp(s + n - m, with) == 0;
}

static void
set_block(struct pair *c)
{
	const char *alg = c->p.alg->name;
	int des = strstr(alg, "des-") != NULL;

	c->block = 1;
	c->auth_block = 1;
	c->least = 1;
	if (ends(alg, "-cbc") || ends(alg, "-ecb"))
		c->block = des ? 8 : 16;
	else if (strcmp(alg, "aes-cbc-mac") == 0)
		c->block = 16;
	else if (strcmp(alg, "aes-xts") == 0)
		c->least = c->block = 16;	/* stealing: see the known answers */
	else if (strcmp(alg, "kasumi-f9") == 0)
		c->least = 9;			/* COUNT, FRESH, something signed */
	if (c->p.auth_alg != NULL && strcmp(c->p.auth_alg->name, "aes-cbc-mac") == 0)
		c->least = c->auth_block = 16;
}

/* The first reference with the algorithm, or with both of a chain. */
static const struct kat_dev *
find_ref(const struct kat_alg *a, const struct kat_alg *b)
{
	unsigned int i;

	for (i = 0; i < opt.nb_refs; i++)
		if (kat_capability(ref[i].id, a) != NULL &&
				(b == NULL || kat_capability(ref[i].id, b) != NULL))
			return &ref[i];
	return NULL;
}

static void
start_pair(struct pair *c, const struct kat_dev *r, const struct kat_alg *a,
		const struct kat_alg *b, enum kat_order order)
{
	char label[64];

	memset(c, 0, sizeof(*c));
	c->p.service = b != NULL ? KAT_CHAIN : a->service;
	c->p.alg = a;
	c->p.auth_alg = b;
	c->p.order = order;
	c->p.key = c->key;
	c->p.auth_key = c->auth_key;
	c->v.service = c->p.service;
	c->v.order = order;
	snprintf(c->v.alg, sizeof(c->v.alg), "%s", a->name);
	if (b != NULL)
		snprintf(c->v.auth_alg, sizeof(c->v.auth_alg), "%s", b->name);
	c->ref = r;
	snprintf(label, sizeof(label), "%s with %s", a->name, r != NULL ? r->name : "the host");
	c->line = kat_line(&tally, b != NULL ? "chain " : "", label);
	begin(&c->p, r, a);
	if (b != NULL)
		begin(&c->p, r, b);
	set_block(c);
	set_limits(c);
}

/* An algorithm alone (b NULL) or a chain: against the reference, or against the host
 * if there is none that does these very lengths or this combination.
 */
static void
run_one(const struct kat_alg *a, const struct kat_alg *b, enum kat_order order,
		unsigned long ops)
{
	const struct kat_dev *r = find_ref(a, b);
	static struct pair c;

	start_pair(&c, r, a, b, order);
	if (run_pair(&c, ops) == 0)
		return;
	if (r != NULL) {
		start_pair(&c, NULL, a, b, order);
		if (run_pair(&c, ops) == 0)
			return;
	}
	kat_skip(c.line, "refused at session creation, or nothing to compare with");
}

static void
run_single(const struct kat_alg *a)
{
	if (kat_capability(dut.id, a) != NULL)
		run_one(a, NULL, KAT_CIPHER_THEN_AUTH, opt.ops);
	else
		kat_skip(kat_line(&tally, "", a->name), "not in device capabilities");
}

static void
run_chains(const struct kat_alg *a)
{
	const struct rte_cryptodev_symmetric_capability *cap;
	unsigned long ops = RTE_MAX(opt.ops / CHAIN_SHARE, (unsigned long)CHAIN_LEAST);
	const struct kat_alg *b;
	unsigned int nb, i;

	if (kat_capability(dut.id, a) == NULL || !opt.chains ||
			!(dut.feature_flags & RTE_CRYPTODEV_FF_SYM_OPERATION_CHAINING))
		return;
	b = kat_alg_table(&nb);
	for (i = 0; i < nb; i++) {
		cap = b[i].service == KAT_HASH || b[i].service == KAT_MAC ?
				kat_capability(dut.id, &b[i]) : NULL;
		if (cap == NULL || cap->auth.iv_size.max != 0)
			continue;
		run_one(a, &b[i], KAT_CIPHER_THEN_AUTH, ops);
		run_one(a, &b[i], KAT_AUTH_THEN_CIPHER, ops);
	}
}

static int
run_all(void)
{
	const struct kat_alg *t;
	unsigned int nb, i;

	printf("%s, %lu operations an algorithm, seed %lu\n", dut.name, opt.ops, opt.seed);
	rte_srand(opt.seed);
	t = kat_alg_table(&nb);
	for (i = 0; i < nb; i++)
		if (kat_wanted(opt.algs, t[i].name))
			run_single(&t[i]);
	for (i = 0; i < nb; i++)
		if (t[i].service == KAT_CIPHER && kat_wanted(opt.algs, t[i].name))
			run_chains(&t[i]);
	return kat_report(&tally);
}

static void
usage(const char *program)
{
	fprintf(stderr, "usage: %s [EAL arguments] -- --dev NAME [OPTION...]\n"
		"  --dev NAME       the device under test\n"
		"  --ref NAME       a device to compare with; up to %u, the first that has the\n"
		"                   algorithm is asked, the host's libraries if none has\n"
		"  --ops N          operations an algorithm (default 10000)\n"
		"  --max-len BYTES  longest data (default 2048, at most %u)\n"
		"  --seed N         default 1\n"
		"  --alg NAME[,...] these algorithms and no others\n"
		"  --linear         no segmented buffers, even if the device promises them\n"
		"  --no-chains      no chains\n", program, REFS_MAX, LEN_MAX - 16);
}

static int
parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "ref", required_argument, NULL, 'r' },
		{ "ops", required_argument, NULL, 'o' },
		{ "max-len", required_argument, NULL, 'm' },
		{ "seed", required_argument, NULL, 's' },
		{ "alg", required_argument, NULL, 'a' },
		{ "linear", no_argument, &opt.linear, 1 },
		{ "no-chains", no_argument, &opt.chains, 0 },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'd')
			opt.dev = optarg;
		else if (o == 'r' && opt.nb_refs < REFS_MAX)
			opt.ref[opt.nb_refs++] = optarg;
		else if (o == 'o')
			opt.ops = strtoul(optarg, NULL, 10);
		else if (o == 'm')
			opt.max_len = strtoul(optarg, NULL, 10);
		else if (o == 's')
			opt.seed = strtoul(optarg, NULL, 10);
		else if (o == 'a')
			opt.algs = optarg;
		else if (o != 0)
			return -1;
	}
	if (optind != argc || opt.dev == NULL || opt.ops == 0)
		return -1;
	return opt.max_len >= 64 && opt.max_len <= LEN_MAX - 16 ? 0 : -1;
}

/* Opens everything, runs, closes what was opened. */
static int
open_and_run(void)
{
	unsigned int i;
	int ret = 1;

	items = calloc(KAT_BURST, sizeof(*items));
	if (items == NULL || kat_host_open() != 0)
		goto out;
	if (kat_pools_create(&pools) != 0 || kat_dev_open(&dut, opt.dev, NULL) != 0)
		goto out;
	for (i = 0; i < opt.nb_refs; i++)
		if (kat_dev_open(&ref[i], opt.ref[i], NULL) != 0)
			goto out;
	ret = run_all();
out:
	for (i = 0; i < REFS_MAX; i++)
		kat_dev_close(&ref[i]);
	kat_dev_close(&dut);
	kat_pools_free(&pools);
	kat_host_close();
	free(items);
	return ret;
}

int
main(int argc, char **argv)
{
	int ret;

	ret = rte_eal_init(argc, argv);
	if (ret < 0)
		return 1;
	if (parse(argc - ret, argv + ret) != 0 || kat_check_names(opt.algs) != 0) {
		usage(argv[0]);
		ret = 2;
	} else {
		ret = open_and_run();
	}
	rte_eal_cleanup();
	return ret;
}

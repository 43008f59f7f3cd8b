/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs the known answers on one device, any driver's: every vector in every layout
 * of buffers that the device's feature flags promise, both directions, and the
 * cases that must fail.  Public DPDK API only.
 *
 *	kat_runner [EAL arguments] -- [--dev NAME | --driver NAME] ...
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "kat_op.h"
#include "kat_tally.h"
#include "status.h"

#define DATA_MAX	8192	/* bytes of the longest vector, with room */
#define DIGEST_MAX	64
#define DIGEST_LEAST	4	/* bytes: a shorter one is in no standard */

static const struct kat_layout layouts[] = {
	{ .name = "in place", .src_segs = 1 },
	{ .name = "in place, at offset 13", .head = 13, .src_segs = 1 },
	{ .name = "in place, digest after the data", .src_segs = 1, .digest_in_buf = 1 },
	{ .name = "iv as J0", .src_segs = 1, .gcm_j0 = 1 },
	{ .name = "out of place", .src_segs = 1, .dst_segs = 1, .oop = 1,
	  .needs = RTE_CRYPTODEV_FF_OOP_LB_IN_LB_OUT },
	{ .name = "out of place, at offset 64, digest after the data", .head = 64,
	  .src_segs = 1, .dst_segs = 1, .oop = 1, .digest_in_buf = 1,
	  .needs = RTE_CRYPTODEV_FF_OOP_LB_IN_LB_OUT },
	{ .name = "in place, 3 segments", .src_segs = 3,
	  .needs = RTE_CRYPTODEV_FF_IN_PLACE_SGL },
	{ .name = "in place, 2 segments, at offset 5, digest after the data", .head = 5,
	  .src_segs = 2, .digest_in_buf = 1, .needs = RTE_CRYPTODEV_FF_IN_PLACE_SGL },
	{ .name = "3 segments to 2", .src_segs = 3, .dst_segs = 2, .oop = 1,
	  .needs = RTE_CRYPTODEV_FF_OOP_SGL_IN_SGL_OUT },
	{ .name = "3 segments to 1", .src_segs = 3, .dst_segs = 1, .oop = 1,
	  .needs = RTE_CRYPTODEV_FF_OOP_SGL_IN_LB_OUT },
	{ .name = "1 segment to 3, at offset 7", .head = 7, .src_segs = 1, .dst_segs = 3,
	  .oop = 1, .needs = RTE_CRYPTODEV_FF_OOP_LB_IN_SGL_OUT },
};

static struct kat_dev dev;
static struct kat_pools pools;
static struct kat_tally tally;
static const char *algs;	/* a comma-separated list, NULL for all */
static int pairs = 1;
static int linear;	/* no segmented buffers, whatever the feature flags say */
static int lax;		/* sessions of illegal lengths are not held against the device */

/* One vector being run. */
struct run {
	const struct kat_vec *v;
	struct kat_line *line;
	struct kat_params p;
	void *session;
};

static void
fail(const struct run *r, const char *where, const char *what)
{
	kat_fail(&tally, r->line, "%s:%u %s%s%s, %s [%s, %s]: %s", r->v->file, r->v->line,
			r->v->alg, r->v->service == KAT_CHAIN ? "+" : "", r->v->auth_alg,
			r->v->name, r->p.encrypt ? "encrypt or generate" : "decrypt or verify",
			where, what);
}

/* Sends one operation; a device that keeps it ends the program: its buffers are lost. */
static void
run_op(const struct run *r, struct kat_op *k)
{
	if (kat_run(&dev, &k->op, 1) == 0)
		return;
	fail(r, k->l->name, "no answer: the device lost the operation");
	kat_report(&tally);
	exit(1);
}

static struct kat_work
work_of(const struct run *r)
{
	const struct kat_vec *v = r->v;
	int from_out = !r->p.encrypt && v->service != KAT_HASH && v->service != KAT_MAC;

	return (struct kat_work){
		.iv = v->iv, .aad = v->aad, .in = from_out ? v->out : v->in,
		.cipher = v->cipher, .auth = v->auth, .digest = v->digest,
	};
}

/* NULL, or what is wrong with a finished operation that should have succeeded. */
static const char *
judge(const struct run *r, const struct kat_op *k, const struct kat_work *w)
{
	const struct kat_vec *v = r->v;
	uint8_t data[DATA_MAX], digest[DIGEST_MAX];
	const uint8_t *want = v->in.data;

	if (k->op->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
		return status_name(k->op->status);
	kat_op_result(k, data, digest);
	if (r->p.encrypt && v->out.len != 0)
		want = v->out.data;
	if (w->in.len != 0 && memcmp(data, want, w->in.len) != 0)
		return "wrong data";
	if (r->p.encrypt && r->p.digest_len != 0 &&
			memcmp(digest, v->digest.data, r->p.digest_len) != 0)
		return "wrong digest";
	return kat_op_damage(k, w);
}

static void
run_known(const struct run *r, const struct kat_layout *l)
{
	struct kat_work w = work_of(r);
	const char *wrong;
	struct kat_op k;

	if (kat_op_make(&k, &pools, r->session, &r->p, &w, l) != 0) {
		fail(r, l->name, "no buffers");
		return;
	}
	run_op(r, &k);
	wrong = judge(r, &k, &w);
	if (wrong != NULL)
		fail(r, l->name, wrong);
	else
		r->line->passed++;
	kat_op_free(&k);
}

/* Verification of something with one byte changed. */
static void
run_forged(const struct run *r, const struct kat_layout *l, const struct kat_work *w,
		const char *what)
{
	const char *damage;
	struct kat_op k;

	if (kat_op_make(&k, &pools, r->session, &r->p, w, l) != 0) {
		fail(r, what, "no buffers");
		return;
	}
	run_op(r, &k);
	damage = kat_op_damage(&k, w);
	if (k.op->status != RTE_CRYPTO_OP_STATUS_AUTH_FAILED) {
		fail(r, what, status_name(k.op->status));
	} else if (damage != NULL) {
		fail(r, what, damage);
	} else {
		r->line->passed++;
		r->line->negative++;
	}
	kat_op_free(&k);
}

/* A copy of b with the byte at i changed, in buf. */
static struct kat_bytes
changed(uint8_t *buf, const struct kat_bytes *b, uint32_t i)
{
	memcpy(buf, b->data, b->len);
	buf[i] ^= 0x40;
	return (struct kat_bytes){ buf, b->len };
}

/* Every place where one byte decides: digest, data, associated data. */
static void
run_forgeries(const struct run *r)
{
	const struct kat_work w = work_of(r);
	struct kat_work bad;
	uint8_t buf[DATA_MAX];
	unsigned int i;

	for (i = 0; i < RTE_DIM(layouts); i++) {
		if (layouts[i].head != 0 || layouts[i].src_segs > 1 || layouts[i].gcm_j0 ||
				layouts[i].oop || !kat_layout_fits(&layouts[i], &r->p, &w))
			continue;
		bad = w;
		bad.digest = changed(buf, &w.digest, 0);
		run_forged(r, &layouts[i], &bad, "first byte of the digest changed");
		bad.digest = changed(buf, &w.digest, r->p.digest_len - 1u);
		run_forged(r, &layouts[i], &bad, "last byte of the digest changed");
		bad = w;
		if (w.auth.len != 0) {
			bad.in = changed(buf, &w.in, w.auth.off + w.auth.len - 1);
			run_forged(r, &layouts[i], &bad, "last byte of the data changed");
		}
		bad = w;
		if (w.aad.len != 0) {
			bad.aad = changed(buf, &w.aad, 0);
			run_forged(r, &layouts[i], &bad, "first byte of the aad changed");
		}
	}
}

static int
layout_offered(const struct run *r, const struct kat_layout *l)
{
	struct kat_work w = work_of(r);
	struct kat_params p = r->p;

	if (!kat_layout_fits(l, &r->p, &w) || (dev.feature_flags & l->needs) != l->needs)
		return 0;
	if (linear && (l->src_segs > 1 || l->dst_segs > 1))
		return 0;
	if (!l->gcm_j0)
		return 1;
	p.iv_len = 0;
	return kat_unsupported(dev.id, &p) == NULL;
}

/* A session and what it is for; counts a refusal as a skip if the device says that it
 * does not support the combination.
 */
static int
open_session(struct run *r)
{
	r->session = kat_session_create(&dev, &r->p);
	if (r->session != NULL)
		return 0;
	if (rte_errno == ENOTSUP)
		kat_skip(r->line, "refused at session creation: not supported");
	else
		fail(r, "session creation", rte_strerror(rte_errno));
	return -1;
}

/* J0 is a session of its own: its iv length is 0. */
static void
run_j0(const struct run *r, const struct kat_layout *l)
{
	struct run j0 = *r;

	j0.p.iv_len = 0;
	if (open_session(&j0) != 0)
		return;
	run_known(&j0, l);
	kat_session_free(&dev, j0.session);
}

static int
run_direction(struct run *r, int encrypt)
{
	unsigned int i;

	r->p.encrypt = encrypt;
	if (open_session(r) != 0)
		return -1;
	for (i = 0; i < RTE_DIM(layouts); i++) {
		if (!layout_offered(r, &layouts[i]))
			continue;
		if (layouts[i].gcm_j0)
			run_j0(r, &layouts[i]);
		else
			run_known(r, &layouts[i]);
	}
	if (!encrypt && r->p.digest_len != 0)
		run_forgeries(r);
	kat_session_free(&dev, r->session);
	return 0;
}

/* A length next to len that the capabilities do not have; -1 if all are there. */
static int
illegal_length(struct kat_params *p, uint16_t *field)
{
	static const int step[] = { 1, -1, 2, 3 };
	uint16_t good = *field;
	unsigned int i;

	for (i = 0; i < RTE_DIM(step); i++) {
		*field = (uint16_t)(good + step[i]);
		if (kat_unsupported(dev.id, p) != NULL)
			return 0;
	}
	*field = 0;
	if (kat_unsupported(dev.id, p) != NULL)
		return 0;
	*field = good;
	return -1;
}

/* key: room for a key that is a little longer than the vector's. */
static void
refuse_length(const struct run *r, size_t field, const char *what)
{
	uint8_t key[DATA_MAX] = { 0 };
	struct run bad = *r;
	uint16_t *len = (uint16_t *)((uint8_t *)&bad.p + field);

	if (*len == 0 || *len > sizeof(key) - 8 || illegal_length(&bad.p, len) != 0)
		return;
	if (r->p.key_len != 0)
		memcpy(key, r->p.key, r->p.key_len);
	bad.p.key = key;
	bad.session = kat_session_create(&dev, &bad.p);
	if (bad.session == NULL) {
		r->line->passed++;
		r->line->negative++;
		return;
	}
	kat_session_free(&dev, bad.session);
	if (lax)
		kat_skip(r->line, "a session of an illegal length was made");
	else
		fail(&bad, what, "the device made a session of it");
}

/* MACs and GCM may be truncated: the longest digest that the device has. */
static void
fit_digest(struct run *r)
{
	struct kat_params p = r->p;

	if (r->v->service == KAT_HASH || strcmp(r->v->alg, "aes-ccm") == 0)
		return;
	for (; p.digest_len >= DIGEST_LEAST; p.digest_len--)
		if (kat_unsupported(dev.id, &p) == NULL) {
			r->p.digest_len = p.digest_len;
			return;
		}
}

static struct run
run_of(const struct kat_vec *v)
{
	struct run r = {
		.v = v,
		.line = kat_line(&tally, v->service == KAT_CHAIN ? "chain " : "", v->alg),
		.p = {
			.service = v->service, .alg = kat_alg_find(v->alg),
			.auth_alg = kat_alg_find(v->auth_alg), .order = v->order,
			.encrypt = 1, .key = v->key.data, .auth_key = v->auth_key.data,
			.key_len = (uint16_t)v->key.len,
			.auth_key_len = (uint16_t)v->auth_key.len,
			.iv_len = (uint16_t)v->iv.len,
			.digest_len = (uint16_t)v->digest.len,
			.aad_len = (uint16_t)v->aad.len,
		},
	};

	return r;
}

/* The vector with the shortest digest too, where the device truncates. */
static void
run_truncated(struct run *r)
{
	struct kat_params p = r->p;

	if (r->v->service != KAT_MAC)
		return;
	for (p.digest_len = DIGEST_LEAST; p.digest_len < r->p.digest_len; p.digest_len++) {
		if (kat_unsupported(dev.id, &p) != NULL)
			continue;
		r->p.digest_len = p.digest_len;
		if (run_direction(r, 1) == 0)
			run_direction(r, 0);
		return;
	}
}

static void
run_vec(const struct kat_vec *v)
{
	struct run r = run_of(v);
	const char *why;

	if (r.p.alg == NULL || (v->service == KAT_CHAIN && r.p.auth_alg == NULL)) {
		kat_fail(&tally, r.line, "%s:%u: kat_map.c lacks the algorithm", v->file, v->line);
		return;
	}
	fit_digest(&r);
	why = kat_unsupported(dev.id, &r.p);
	if (why != NULL) {
		kat_skip(r.line, why);
		return;
	}
	if (run_direction(&r, 1) != 0)
		return;
	run_direction(&r, 0);
	refuse_length(&r, offsetof(struct kat_params, key_len), "wrong key length");
	refuse_length(&r, offsetof(struct kat_params, iv_len), "wrong iv length");
	run_truncated(&r);
}

/* ---- chains out of two vectors: ranges that do not touch, so both answers hold ---- */

static struct kat_bytes
joined(const struct kat_bytes *a, const struct kat_bytes *b)
{
	struct kat_bytes out = { malloc(a->len + b->len + 1), a->len + b->len };

	if (out.data == NULL)
		exit(1);
	if (a->len != 0)
		memcpy(out.data, a->data, a->len);
	if (b->len != 0)
		memcpy(out.data + a->len, b->data, b->len);
	return out;
}

static void
run_pair(const struct kat_vec *c, const struct kat_vec *m, enum kat_order order)
{
	const struct kat_vec *first = order == KAT_CIPHER_THEN_AUTH ? c : m;
	const struct kat_vec *second = first == c ? m : c;
	struct kat_vec v = *c;

	v.service = KAT_CHAIN;
	v.order = order;
	strcpy(v.auth_alg, m->alg);
	snprintf(v.name, sizeof(v.name), "%.24s and %.24s", c->name, m->name);
	v.auth_key = m->key;
	v.digest = m->digest;
	v.in = joined(&first->in, &second->in);
	v.out = joined(first == c ? &c->out : &m->in, second == c ? &c->out : &m->in);
	v.cipher = (struct kat_range){ first == c ? 0 : m->in.len, c->in.len };
	v.auth = (struct kat_range){ first == m ? 0 : c->in.len, m->in.len };
	run_vec(&v);
	free(v.in.data);
	free(v.out.data);
}

/* Whether the device runs this vector by itself. */
static int
alone(const struct kat_vec *v)
{
	struct run r = run_of(v);

	return r.p.alg != NULL && kat_unsupported(dev.id, &r.p) == NULL;
}

/* The first vector of each algorithm, with a message and runnable by itself. */
static int
is_first(const struct kat_set *set, unsigned int i)
{
	const struct kat_vec *v = &set->vec[i];
	unsigned int j;

	if (v->in.len == 0 || !kat_wanted(algs, v->alg) || !alone(v))
		return 0;
	for (j = 0; j < i; j++)
		if (strcmp(set->vec[j].alg, v->alg) == 0 && set->vec[j].service == v->service &&
				set->vec[j].in.len != 0 && alone(&set->vec[j]))
			return 0;
	return 1;
}

static void
run_pairs(const struct kat_set *set)
{
	unsigned int c, m;

	if (!(dev.feature_flags & RTE_CRYPTODEV_FF_SYM_OPERATION_CHAINING))
		return;
	for (c = 0; c < set->nb; c++) {
		if (set->vec[c].service != KAT_CIPHER || !is_first(set, c))
			continue;
		for (m = 0; m < set->nb; m++) {
			if ((set->vec[m].service != KAT_MAC && set->vec[m].service != KAT_HASH) ||
					set->vec[m].iv.len != 0 || !is_first(set, m))
				continue;
			run_pair(&set->vec[c], &set->vec[m], KAT_CIPHER_THEN_AUTH);
			run_pair(&set->vec[c], &set->vec[m], KAT_AUTH_THEN_CIPHER);
		}
	}
}

struct options {
	const char *dev, *driver, *vectors;
};

static void
usage(const char *program)
{
	fprintf(stderr, "usage: %s [EAL arguments] -- [OPTION...]\n"
		"  --dev NAME       the device of this name\n"
		"  --driver NAME    the first device of this driver (default crypto_virtio)\n"
		"  --vectors PATH   a file or a folder (default %s)\n"
		"  --alg NAME[,...] these algorithms and no others\n"
		"  --no-pairs       no chains made of two vectors\n"
		"  --linear         no segmented buffers, even if the device promises them\n"
		"  --expect-failed N  succeed if exactly N checks fail: for wrong vectors\n"
		"  --lax            illegal key and iv lengths may make a session, as with\n"
		"                   some of DPDK's software drivers\n",
		program, KAT_VECTORS);
}

static int
parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "driver", required_argument, NULL, 'r' },
		{ "vectors", required_argument, NULL, 'v' },
		{ "alg", required_argument, NULL, 'a' },
		{ "expect-failed", required_argument, NULL, 'e' },
		{ "no-pairs", no_argument, &pairs, 0 },
		{ "linear", no_argument, &linear, 1 },
		{ "lax", no_argument, &lax, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	*o = (struct options){ .driver = "crypto_virtio", .vectors = KAT_VECTORS };
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 0:
			break;
		case 'd':
			o->dev = optarg;
			break;
		case 'r':
			o->driver = optarg;
			break;
		case 'v':
			o->vectors = optarg;
			break;
		case 'a':
			algs = optarg;
			break;
		case 'e':
			tally.expect_failed = strtoul(optarg, NULL, 10);
			break;
		default:
			return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

static int
run_all(const struct options *o)
{
	struct kat_set set = { 0 };
	unsigned int i;
	int ret = 1;

	if (kat_load(&set, o->vectors) != 0 || kat_pools_create(&pools) != 0)
		goto out;
	if (kat_dev_open(&dev, o->dev, o->driver) != 0)
		goto out;
	printf("%s (%s)\n", dev.name, dev.driver);
	for (i = 0; i < set.nb; i++)
		if (kat_wanted(algs, set.vec[i].alg))
			run_vec(&set.vec[i]);
	if (pairs)
		run_pairs(&set);
	ret = kat_report(&tally);
	kat_dev_close(&dev);
out:
	kat_pools_free(&pools);
	kat_free(&set);
	return ret;
}

int
main(int argc, char **argv)
{
	struct options o;
	int ret;

	ret = rte_eal_init(argc, argv);
	if (ret < 0)
		return 1;
	if (parse(&o, argc - ret, argv + ret) != 0 || kat_check_names(algs) != 0) {
		usage(argv[0]);
		ret = 2;
	} else {
		ret = run_all(&o);
	}
	rte_eal_cleanup();
	return ret;
}

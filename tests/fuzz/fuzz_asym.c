/* SPDX-License-Identifier: BSD-3-Clause
 *
 * RSA and ECDSA of the whole driver: keys and operands that are none, and a device whose
 * results have any bytes, length and status.
 *
 * Input: ring layout, then calls: sessions of a key with any of its numbers changed, ops
 * with any operands, with a session or without, what the device answers next.  Operands
 * and room for results are heap memory of exactly their bytes.  Each op comes back once; a
 * result that succeeds has its length, one that does not leaves its room as it was; a raw
 * signature verifies only if the device said what it must be.
 */
#include <openssl/bn.h>

#include "fuzz_rig.h"

#define MAX_CALLS	32u
#define NB_KEYS		4u
#define MAX_IN_FLIGHT	16u
#define DRAIN_POLLS	200u
#define NB_DESC		16u
#define N		128u	/* bytes of the modulus */
#define NB_NUMS		8u
#define NB_MEMS		8u
#define UNSET		0xa5

/* Two primes of a key that protects nothing. */
#define PRIME_P \
	"f5a0980174511baf7119a4aaa00e5af3ca3c23ab2c90413ed42a44436f5877d1" \
	"649c891e5e5de08c17d8b5f1893572067401de0b97f4d3e09837e7813767ab49"
#define PRIME_Q \
	"e2d37a372b780779a59bb501069789f26222e6dc1d19f7faf9ad7818b3858f66" \
	"76f047eeb43bec45977550e148a3c1613d9f0aa2d3510a1da7fe3955b5a67a67"

enum { RSA_N, RSA_E, RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QINV };

struct key {
	struct rte_crypto_asym_xform x;
	uint8_t *mem[NB_NUMS];
	void *session;			/* NULL: only for sessionless ops */
	uint32_t ec_len;		/* bytes of a coordinate; 0: RSA */
};

struct job {
	struct rte_crypto_op *op;
	uint8_t *mem[NB_MEMS];
	unsigned int nb_mems;
	struct {
		rte_crypto_param *at;
		uint32_t len;		/* bytes that it has */
	} room[2];
	unsigned int nb_rooms;
	bool message;			/* the result's length is the device's choice */
	bool compares;			/* with expect; no zero in front */
	uint8_t expect[N];
};

struct state {
	struct fuzz_rig f;
	struct fuzz_input *in;
	struct key key[NB_KEYS];
	unsigned int nb_keys;
	struct job job[MAX_IN_FLIGHT];
	unsigned int nb_jobs;
	bool started;
	uint8_t *result;		/* the device's next ones */
	uint8_t said[MAX_CALLS][N];	/* all that it ever had, zeros behind */
	unsigned int nb_said;
};

static struct rte_mempool *pool_ops, *pool_sessions;
static uint8_t *num[NB_NUMS];
static uint32_t num_len[NB_NUMS];

/* ---- in place of libcrypto's random numbers ---- */

static uint64_t base_seed;	/* set anew for each input */

/* The bases by which the driver factors a modulus: an input has the same ones each time, or
 * how many the driver tries would make another coverage of it.
 */
int __wrap_BN_rand_range(BIGNUM *r, const BIGNUM *range);
int
__wrap_BN_rand_range(BIGNUM *r, const BIGNUM *range)
{
	BN_CTX *ctx = BN_CTX_new();
	uint8_t bytes[N + 8];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++) {
		base_seed = base_seed * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(base_seed >> 56);
	}
	FUZZ_CHECK(ctx != NULL && BN_bin2bn(bytes, sizeof(bytes), r) != NULL);
	FUZZ_CHECK(BN_nnmod(r, r, range, ctx) == 1);
	BN_CTX_free(ctx);
	return 1;
}

/* ---- once: a key, pools ---- */

static BIGNUM *
less_one(const BIGNUM *v)
{
	BIGNUM *b = BN_dup(v);

	FUZZ_CHECK(b != NULL && BN_sub_word(b, 1) == 1);
	return b;
}

static void
make_key(void)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *b[NB_NUMS], *p1, *q1, *phi = BN_new();
	unsigned int i;

	for (i = 0; i < NB_NUMS; i++)
		b[i] = BN_new();
	FUZZ_CHECK(BN_hex2bn(&b[RSA_P], PRIME_P) == 128 && BN_hex2bn(&b[RSA_Q], PRIME_Q) == 128);
	p1 = less_one(b[RSA_P]);
	q1 = less_one(b[RSA_Q]);
	BN_set_word(b[RSA_E], 65537);
	BN_mul(b[RSA_N], b[RSA_P], b[RSA_Q], ctx);
	BN_mul(phi, p1, q1, ctx);
	BN_mod_inverse(b[RSA_D], b[RSA_E], phi, ctx);
	BN_mod(b[RSA_DP], b[RSA_D], p1, ctx);
	BN_mod(b[RSA_DQ], b[RSA_D], q1, ctx);
	BN_mod_inverse(b[RSA_QINV], b[RSA_Q], b[RSA_P], ctx);
	for (i = 0; i < NB_NUMS; i++) {
		num_len[i] = (uint32_t)BN_num_bytes(b[i]);
		num[i] = malloc(num_len[i]);
		BN_bn2bin(b[i], num[i]);
		BN_free(b[i]);
	}
	FUZZ_CHECK(num_len[RSA_N] == N);
	BN_free(p1);
	BN_free(q1);
	BN_free(phi);
	BN_CTX_free(ctx);
}

static struct rig *
open_rig(uint64_t features, const char *devargs)
{
	struct rig_conf conf = { .features = features, .size = 32, .devargs = devargs };
	struct rig *r = rig_open(&conf);
	struct virtio_crypto_config *c = &r->f->device_cfg;

	c->crypto_services = cpu_to_le32(le32_to_cpu(c->crypto_services) |
			1u << VIRTIO_CRYPTO_SERVICE_AKCIPHER);
	c->akcipher_algo = cpu_to_le32(1u << VIRTIO_CRYPTO_AKCIPHER_RSA |
			1u << VIRTIO_CRYPTO_AKCIPHER_ECDSA);
	return r;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct rig *r;

	(void)argc;
	(void)argv;
	rig_init("fuzz_asym");
	make_key();
	pool_ops = rte_crypto_op_pool_create("asym_ops", RTE_CRYPTO_OP_TYPE_ASYMMETRIC, 64, 0, 0,
			SOCKET_ID_ANY);
	/* The pool asks the device how large a session is. */
	r = open_rig(0, NULL);
	FUZZ_CHECK(rig_probe(r) == 0);
	pool_sessions = rte_cryptodev_asym_session_pool_create("asym_sessions", 16, 0, 0,
			SOCKET_ID_ANY);
	FUZZ_CHECK(pool_ops != NULL && pool_sessions != NULL);
	r->memory_lost = true;		/* the pool stays */
	rig_close(r);
	return 0;
}

/* ---- keys ---- */

/* The number as it is, or changed: cut, longer, another byte, nothing. */
static rte_crypto_uint
number(struct state *s, struct key *k, unsigned int i)
{
	uint8_t how = fuzz_u8(s->in), value = how < 0xc0 ? 0 : fuzz_u8(s->in);
	rte_crypto_uint v = { .length = num_len[i] };

	if (how >= 0xf0)
		v.length = value;
	v.data = k->mem[i] = calloc(1, v.length + 1u);
	memcpy(v.data, num[i], v.length < num_len[i] ? v.length : num_len[i]);
	if (how >= 0xc0 && how < 0xe0 && v.length != 0)
		v.data[value % v.length] ^= fuzz_u8(s->in);
	if (how >= 0xe0 && how < 0xe8)
		v.data = NULL;
	return v;
}

static void
rsa_key(struct state *s, struct key *k, uint8_t how)
{
	struct rte_crypto_rsa_xform *x = &k->x.rsa;

	k->x.xform_type = RTE_CRYPTO_ASYM_XFORM_RSA;
	x->key_type = how & 8 ? RTE_RSA_KEY_TYPE_QT : RTE_RSA_KEY_TYPE_EXP;
	if ((how & 0xe0) == 0xe0)
		x->key_type = (enum rte_crypto_rsa_priv_key_type)(how & 31);
	x->n = number(s, k, RSA_N);
	x->e = number(s, k, RSA_E);
	if (x->key_type != RTE_RSA_KEY_TYPE_QT) {
		x->d = number(s, k, RSA_D);
		return;
	}
	x->qt.p = number(s, k, RSA_P);
	x->qt.q = number(s, k, RSA_Q);
	x->qt.dP = number(s, k, RSA_DP);
	x->qt.dQ = number(s, k, RSA_DQ);
	x->qt.qInv = number(s, k, RSA_QINV);
}

static void
ec_key(struct key *k, uint8_t how)
{
	static const struct {
		int id;
		uint32_t len;
	} curves[8] = {
		{ RTE_CRYPTO_EC_GROUP_SECP192R1, 24 }, { RTE_CRYPTO_EC_GROUP_SECP224R1, 28 },
		{ RTE_CRYPTO_EC_GROUP_SECP256R1, 32 }, { RTE_CRYPTO_EC_GROUP_SECP384R1, 48 },
		{ RTE_CRYPTO_EC_GROUP_SECP521R1, 66 }, { RTE_CRYPTO_EC_GROUP_SECP256R1, 32 },
		{ RTE_CRYPTO_EC_GROUP_SECP521R1, 66 }, { 77, 66 },
	};

	k->x.xform_type = how & 0x80 && how & 0x40 ? RTE_CRYPTO_ASYM_XFORM_DSA :
		RTE_CRYPTO_ASYM_XFORM_ECDSA;
	k->x.ec.curve_id = (enum rte_crypto_curve_id)curves[how >> 2 & 7].id;
	k->ec_len = curves[how >> 2 & 7].len;
}

static void
key_create(struct state *s)
{
	uint8_t how = fuzz_u8(s->in);
	struct key *k = &s->key[s->nb_keys];
	unsigned int avail;

	if (s->nb_keys == NB_KEYS)
		return;
	memset(k, 0, sizeof(*k));
	if (how & 1)
		ec_key(k, how);
	else
		rsa_key(s, k, how);
	s->nb_keys++;
	avail = rte_mempool_avail_count(pool_sessions);
	if (rte_cryptodev_asym_session_create(s->f.r->id, &k->x, pool_sessions,
			&k->session) == 0)
		return;
	/* DPDK 22.11 does not put back what it took. */
	if (rte_mempool_avail_count(pool_sessions) != avail)
		rte_mempool_put(pool_sessions, k->session);
	k->session = NULL;
}

/* The last one, with no op that may use it. */
static void
key_free(struct state *s)
{
	struct key *k;
	unsigned int i;

	if (s->nb_keys == 0 || s->nb_jobs != 0)
		return;
	k = &s->key[--s->nb_keys];
	if (k->session != NULL)
		FUZZ_CHECK(rte_cryptodev_asym_session_free(s->f.r->id, k->session) == 0);
	for (i = 0; i < NB_NUMS; i++)
		free(k->mem[i]);
}

/* ---- ops ---- */

/* Something to read: of len bytes and below the modulus, or what the input says. */
static rte_crypto_param
operand(struct state *s, struct job *j, uint32_t len)
{
	uint8_t how = fuzz_u8(s->in);
	rte_crypto_param v = { .length = how < 0xc0 ? len : fuzz_u8(s->in) };

	v.data = j->mem[j->nb_mems++] = calloc(1, v.length + 1u);
	memset(v.data, how, v.length);
	if (how >= 0x80 && how < 0xf0)
		fuzz_take(s->in, v.data, v.length < 16 ? v.length : 16);
	else if (v.length != 0 && how != 0x7f)
		v.data[0] = 1;
	if (how >= 0xf8)
		v.data = NULL;
	return v;
}

/* Exactly so much to write to; the length that an op says first is nobody's business. */
static rte_crypto_param
room(struct state *s, struct job *j, rte_crypto_param *at, uint32_t len)
{
	rte_crypto_param v = { .length = fuzz_u8(s->in) };

	v.data = j->mem[j->nb_mems++] = malloc(len);
	memset(v.data, UNSET, len);
	j->room[j->nb_rooms].at = at;
	j->room[j->nb_rooms++].len = len;
	return v;
}

static void
rsa_op(struct state *s, struct job *j, uint8_t how)
{
	static const uint8_t hashes[8] = { 0, RTE_CRYPTO_AUTH_NULL, RTE_CRYPTO_AUTH_MD5,
		RTE_CRYPTO_AUTH_SHA1, RTE_CRYPTO_AUTH_SHA256, RTE_CRYPTO_AUTH_SHA512,
		RTE_CRYPTO_AUTH_SHA384, RTE_CRYPTO_AUTH_SHA3_256 };
	static const uint8_t lens[8] = { N, N, 16, 20, 32, 64, 48, 32 };
	struct rte_crypto_rsa_op_param *p = &j->op->asym->rsa;
	uint8_t hash = fuzz_u8(s->in) & 7;
	bool raw = (how & 16) != 0;

	p->op_type = (enum rte_crypto_asym_op_type)(how & 12 ? how >> 2 & 3 : fuzz_u8(s->in) & 7);
	p->padding.type = raw ? RTE_CRYPTO_RSA_PADDING_NONE : RTE_CRYPTO_RSA_PADDING_PKCS1_5;
	if ((how & 0xe0) == 0xe0)
		p->padding.type = (enum rte_crypto_rsa_padding_type)(fuzz_u8(s->in) & 7);
	raw = p->padding.type == RTE_CRYPTO_RSA_PADDING_NONE;
	p->padding.hash = (enum rte_crypto_auth_algorithm)hashes[hash];
	p->message.data = p->cipher.data = p->sign.data = NULL;
	if (p->op_type == RTE_CRYPTO_ASYM_OP_DECRYPT) {
		p->cipher = operand(s, j, N);
		p->message = room(s, j, &p->message, N);
		j->message = p->padding.type == RTE_CRYPTO_RSA_PADDING_PKCS1_5;
		return;
	}
	p->message = operand(s, j, raw ? N : hash < 2 ? 30 : lens[hash]);
	if (p->op_type == RTE_CRYPTO_ASYM_OP_ENCRYPT)
		p->cipher = room(s, j, &p->cipher, N);
	else if (p->op_type == RTE_CRYPTO_ASYM_OP_SIGN)
		p->sign = room(s, j, &p->sign, N);
	else
		p->sign = operand(s, j, N);
	if (p->op_type != RTE_CRYPTO_ASYM_OP_VERIFY || !raw)
		return;
	j->compares = p->message.data != NULL && p->message.length == N &&
		p->message.data[0] != 0;
	if (j->compares)
		memcpy(j->expect, p->message.data, N);
	if (how & 32)
		p->cipher = room(s, j, &p->cipher, N);
}

static void
ec_op(struct state *s, struct job *j, const struct key *k, uint8_t how)
{
	struct rte_crypto_ecdsa_op_param *p = &j->op->asym->ecdsa;
	bool sign;

	p->op_type = how & 4 ? RTE_CRYPTO_ASYM_OP_SIGN : RTE_CRYPTO_ASYM_OP_VERIFY;
	if ((how & 0xe0) == 0xe0)
		p->op_type = (enum rte_crypto_asym_op_type)(fuzz_u8(s->in) & 7);
	sign = p->op_type == RTE_CRYPTO_ASYM_OP_SIGN;
	p->message = operand(s, j, 32);
	p->pkey = operand(s, j, k->ec_len);
	p->q.x = operand(s, j, k->ec_len);
	p->q.y = how & 8 ? p->q.x : operand(s, j, k->ec_len);
	p->k = (rte_crypto_uint){ .data = how & 16 ? p->q.x.data : NULL, .length = 4 };
	p->r = sign ? room(s, j, &p->r, k->ec_len) : operand(s, j, k->ec_len);
	p->s = sign ? room(s, j, &p->s, k->ec_len) : operand(s, j, k->ec_len);
}

static void
job_free(struct job *j)
{
	while (j->nb_mems > 0)
		free(j->mem[--j->nb_mems]);
	rte_crypto_op_free(j->op);
}

static void
enqueue(struct state *s)
{
	uint8_t which = fuzz_u8(s->in), how = fuzz_u8(s->in);
	struct job *j = &s->job[s->nb_jobs];
	struct key *k;

	if (!s->started || s->nb_keys == 0 || s->nb_jobs == MAX_IN_FLIGHT)
		return;
	k = &s->key[which % s->nb_keys];
	memset(j, 0, sizeof(*j));
	j->op = rte_crypto_op_alloc(pool_ops, RTE_CRYPTO_OP_TYPE_ASYMMETRIC);
	FUZZ_CHECK(j->op != NULL);
	if (k->session == NULL || which & 64) {
		j->op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
		j->op->asym->xform = which == 0xff ? NULL : &k->x;
	} else {
		rte_crypto_op_attach_asym_session(j->op, k->session);
	}
	if (k->ec_len == 0)
		rsa_op(s, j, how);
	else
		ec_op(s, j, k, how);
	if (rig_enqueue(s->f.r, 0, &j->op, 1) == 1)
		s->nb_jobs++;
	else
		job_free(j);
}

/* ---- results ---- */

static bool
was_said(const struct state *s, const uint8_t *expect)
{
	unsigned int i;

	for (i = 0; i < s->nb_said && memcmp(s->said[i], expect, N) != 0; i++)
		;
	return i < s->nb_said;
}

static void
check_job(struct state *s, const struct job *j)
{
	bool ok = j->op->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
	unsigned int i, b;

	FUZZ_CHECK(j->op->status != RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
	for (i = 0; i < j->nb_rooms; i++) {
		const rte_crypto_param *v = j->room[i].at;

		if (!ok)
			for (b = 0; b < j->room[i].len; b++)
				FUZZ_CHECK(v->data[b] == UNSET);
		else if (j->message)
			FUZZ_CHECK(v->length <= j->room[i].len);
		else
			FUZZ_CHECK(v->length == j->room[i].len);
	}
	if (ok && j->compares)
		FUZZ_CHECK(was_said(s, j->expect));
}

static void
dequeue(struct state *s)
{
	struct rte_crypto_op *got[8];
	unsigned int k;
	uint16_t n, i;

	if (!s->started)
		return;
	n = rte_cryptodev_dequeue_burst(s->f.r->id, 0, got, 8);
	FUZZ_CHECK(n <= 8);
	for (i = 0; i < n; i++) {
		for (k = 0; k < s->nb_jobs && s->job[k].op != got[i]; k++)
			;
		FUZZ_CHECK(k < s->nb_jobs);
		check_job(s, &s->job[k]);
		job_free(&s->job[k]);
		s->nb_jobs--;
		memmove(&s->job[k], &s->job[k + 1], (s->nb_jobs - k) * sizeof(s->job[0]));
	}
}

/* ---- the device ---- */

/* What the next requests get: what the oldest op expects, a signature, any bytes. */
static void
answer(struct state *s)
{
	static const uint8_t sig[] = { 0x30, 0x08, 0x02, 0x02, 0x11, 0x22, 0x02, 0x02, 0x33, 0x44 };
	struct model *m = &s->f.r->m;
	uint8_t how = fuzz_u8(s->in), len = how & 16 ? fuzz_u8(s->in) : N, bytes[256] = { 0 };

	if (s->nb_said == MAX_CALLS)
		return;
	if (how & 1)
		memcpy(bytes, sig, sizeof(sig));
	if ((how & 2) && s->nb_jobs != 0)
		memcpy(bytes, s->job[0].expect, N);
	if (how & 4)
		fuzz_take(s->in, bytes, fuzz_u8(s->in));
	if (how & 8)
		bytes[fuzz_u8(s->in)] = fuzz_u8(s->in);
	free(s->result);
	s->result = fuzz_copy(bytes, len);
	memcpy(s->said[s->nb_said++], bytes, len < N ? len : N);
	m->ak_result = s->result;
	m->ak_len = len;
	m->used_len = how & 32 ? (int64_t)fuzz_u8(s->in) : MODEL_NONE;
	m->ak_status = how & 64 ? fuzz_u8(s->in) : VIRTIO_CRYPTO_OK;
}

/* ---- life ---- */

static void
start(struct state *s)
{
	if (s->started || rig_configure(s->f.r, 1) != 0 || rig_setup(s->f.r, 0, NB_DESC) != 0)
		return;
	s->started = rte_cryptodev_start(s->f.r->id) == 0;
}

/* Whatever the device does: once it wants a reset, everything comes back. */
static void
stop(struct state *s)
{
	unsigned int polls;

	if (!s->started)
		return;
	if (s->nb_jobs != 0)
		fake_pci_break(s->f.r->f);
	for (polls = 0; polls < DRAIN_POLLS && s->nb_jobs != 0; polls++) {
		rig_tick();
		dequeue(s);
	}
	FUZZ_CHECK(s->nb_jobs == 0);
	rte_cryptodev_stop(s->f.r->id);
	s->started = false;
}

static void
call(struct state *s)
{
	uint8_t op = fuzz_u8(s->in);

	switch (op % 16) {
	case 0: case 1: key_create(s); break;
	case 2: case 3: case 4: case 5: enqueue(s); break;
	case 6: case 7: case 8: answer(s); break;
	case 9: case 10: dequeue(s); break;
	case 11: model_work(&s->f.r->m); break;
	case 12: fuzz_rig_behave(&s->f, s->in); break;
	case 13:
		if (op & 16)
			fuzz_rig_scribble(&s->f, s->in);
		else
			rig_tick();
		break;
	case 14: key_free(s); break;
	case 15:
		if (op & 64)
			s->f.r->m.mode = op & 32 ? MODEL_INLINE : MODEL_PUMPED;
		else if (op & 16)
			stop(s);
		else
			start(s);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	static struct state s;
	unsigned int calls = 0;
	uint8_t how = fuzz_u8(&in);

	memset(&s, 0, sizeof(s));
	base_seed = 0;
	s.in = &in;
	s.f.r = open_rig(rig_kinds[how & 3].features | (how & 4 ? VIRTIO_CRYPTO_F_REVISION_1 : 0) |
		(how & 8 ? VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE : 0),
		how & 16 ? "ctrl_timeout_ms=1,recover=1,stateless=1" :
		"ctrl_timeout_ms=1,revision_1=1,stateless=1");
	FUZZ_CHECK(rig_probe(s.f.r) == 0);
	start(&s);
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&s);
	stop(&s);
	s.f.r->m.ctrl_silent = false;
	while (s.nb_keys > 0)
		key_free(&s);
	fuzz_rig_close(&s.f);
	free(s.result);
	return 0;
}

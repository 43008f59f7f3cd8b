/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric ops against a device that says what the test likes: every status, results
 * that are no results, lengths that are not true, sessions that it refuses; how many of
 * its sessions an rte session has, and that nothing of a key or an operand stays behind.
 * That results are right is tests/kat/asym.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_memory.h>

#include "rig.h"
#include "tests/kat/asym/asym_host.h"

#define N		128	/* bytes of the modulus */
#define OK		RTE_CRYPTO_OP_STATUS_SUCCESS
#define FAILED		RTE_CRYPTO_OP_STATUS_ERROR
#define FORGED		RTE_CRYPTO_OP_STATUS_AUTH_FAILED
#define ILLEGAL		RTE_CRYPTO_OP_STATUS_INVALID_ARGS

static struct rte_mempool *ops, *sessions;
static struct asym_rsa key;
static uint8_t msg[N], out[N + 16], out2[N];
static const uint8_t digest[32] = { 0x77, 0x11, 0x42 };

static int
done(void **state)
{
	(void)state;
	rte_mempool_free(ops);
	rte_mempool_free(sessions);
	asym_rsa_free(&key);
	return 0;
}

/* ---- the device, sessions, ops ---- */

static struct rig *
up_with(uint64_t features, enum model_mode mode, const char *devargs)
{
	struct rig_conf conf = { .features = features, .mode = mode, .devargs = devargs };
	struct rig *r = rig_open(&conf);
	struct virtio_crypto_config *c = &r->f->device_cfg;

	c->crypto_services = cpu_to_le32(le32_to_cpu(c->crypto_services) |
			1u << VIRTIO_CRYPTO_SERVICE_AKCIPHER);
	c->akcipher_algo = cpu_to_le32(1u << VIRTIO_CRYPTO_AKCIPHER_RSA |
			1u << VIRTIO_CRYPTO_AKCIPHER_ECDSA);
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 64);
	return r;
}

static struct rig *
up(uint64_t features, enum model_mode mode)
{
	return up_with(features, mode, NULL);
}

/* Pools; that of the sessions asks the device how large they are. */
static int
prepare(void **state)
{
	struct rig *r;
	unsigned int i;

	(void)state;
	ops = rte_crypto_op_pool_create("asym_ops", RTE_CRYPTO_OP_TYPE_ASYMMETRIC, 128, 0, 0,
			SOCKET_ID_ANY);
	r = up(rig_kinds[0].features, MODEL_INLINE);
	sessions = rte_cryptodev_asym_session_pool_create("asym_sessions", 64, 0, 0,
			SOCKET_ID_ANY);
	r->memory_lost = true;	/* the pool stays */
	rig_close(r);
	for (i = 0; i < N; i++)
		msg[i] = (uint8_t)(i * 7 + 1);
	msg[0] = 0;
	return ops == NULL || sessions == NULL || asym_rsa_generate(&key, 8 * N) != 0;
}

static struct rte_crypto_asym_xform
xform_of(bool rsa)
{
	struct rte_crypto_asym_xform x = { .xform_type = RTE_CRYPTO_ASYM_XFORM_ECDSA };

	x.ec.curve_id = RTE_CRYPTO_EC_GROUP_SECP256R1;
	if (rsa) {
		x.xform_type = RTE_CRYPTO_ASYM_XFORM_RSA;
		x.rsa.n = (rte_crypto_uint){ .data = key.num[RSA_N].data, .length = N };
		x.rsa.e = (rte_crypto_uint){ .data = key.num[RSA_E].data,
			.length = key.num[RSA_E].len };
		x.rsa.key_type = RTE_RSA_KEY_TYPE_EXP;
		x.rsa.d = (rte_crypto_uint){ .data = key.num[RSA_D].data,
			.length = key.num[RSA_D].len };
	}
	return x;
}

static void *
session(struct rig *r, bool rsa)
{
	struct rte_crypto_asym_xform x = xform_of(rsa);
	void *s = NULL;

	assert_int_equal(rte_cryptodev_asym_session_create(r->id, &x, sessions, &s), 0);
	return s;
}

static struct rte_crypto_op *
op_of(void *s)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(ops, RTE_CRYPTO_OP_TYPE_ASYMMETRIC);

	assert_non_null(op);
	rte_crypto_op_attach_asym_session(op, s);
	return op;
}

static struct rte_crypto_op *
rsa_op(void *s, enum rte_crypto_asym_op_type type, enum rte_crypto_rsa_padding_type padding,
		enum rte_crypto_auth_algorithm hash)
{
	struct rte_crypto_op *op = op_of(s);
	struct rte_crypto_rsa_op_param *p = &op->asym->rsa;
	rte_crypto_param in = { .data = msg, .length = N }, room = { .data = out };

	if (padding == RTE_CRYPTO_RSA_PADDING_PKCS1_5 && type != RTE_CRYPTO_ASYM_OP_DECRYPT)
		in = (rte_crypto_param){ .data = (uint8_t *)(uintptr_t)digest, .length = 32 };
	memset(out, 0xa5, sizeof(out));
	p->op_type = type;
	p->padding.type = padding;
	p->padding.hash = hash;
	p->message = type == RTE_CRYPTO_ASYM_OP_DECRYPT ? room : in;
	p->cipher = type == RTE_CRYPTO_ASYM_OP_DECRYPT ? in : room;
	p->sign = type == RTE_CRYPTO_ASYM_OP_SIGN ? room :
		(rte_crypto_param){ .data = msg, .length = N };
	return op;
}

static struct rte_crypto_op *
ecdsa_op(void *s, bool sign)
{
	struct rte_crypto_op *op = op_of(s);
	struct rte_crypto_ecdsa_op_param *p = &op->asym->ecdsa;

	memset(out, 0xa5, sizeof(out));
	memset(out2, 0xa5, sizeof(out2));
	p->op_type = sign ? RTE_CRYPTO_ASYM_OP_SIGN : RTE_CRYPTO_ASYM_OP_VERIFY;
	p->message = (rte_crypto_param){ .data = (uint8_t *)(uintptr_t)digest, .length = 32 };
	p->pkey = (rte_crypto_uint){ .data = msg, .length = 32 };
	p->q.x = p->q.y = p->pkey;
	p->r = (rte_crypto_param){ .data = sign ? out : msg, .length = sign ? 0 : 32 };
	p->s = (rte_crypto_param){ .data = sign ? out2 : msg, .length = sign ? 0 : 32 };
	return op;
}

static bool
untouched(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(out) && out[i] == 0xa5; i++)
		;
	return i == sizeof(out);
}

/* What the device held back is served from now on when ops are dequeued. */
static void
let_go(struct rig *r)
{
	r->m.data_silent = false;
	r->m.mode = MODEL_PUMPED;
}

static void
free_session(struct rig *r, void *s)
{
	assert_int_equal(rte_cryptodev_asym_session_free(r->id, s), 0);
	assert_int_equal(r->m.nb_sessions, 0);
}

/* ---- results ---- */

/* A number: what the device wrote, what it says, what the op must get. */
static void
number(struct rig *r, void *s, const uint8_t *wrote, uint32_t wrote_len, int64_t used_len,
		uint8_t want, const uint8_t *result)
{
	struct rte_crypto_op *op = rsa_op(s, RTE_CRYPTO_ASYM_OP_ENCRYPT,
			RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL);

	r->m.ak_result = wrote;
	r->m.ak_len = wrote_len;
	r->m.used_len = used_len;
	assert_int_equal(rig_run(r, op), want);
	if (want == OK) {
		assert_int_equal(op->asym->rsa.cipher.length, N);
		assert_memory_equal(out, result, N);
		assert_int_equal(out[N], 0xa5);
	} else {
		assert_true(untouched());
	}
	rte_crypto_op_free(op);
}

static void
numbers_have_the_modulus_length(void **state)
{
	static const int64_t said[] = { MODEL_NONE, 0, 1, 2, 73, N, N + 1, N + 2, UINT32_MAX };
	uint8_t full[N], zero[N], cut[N] = { 0 };
	unsigned int k, i;

	(void)state;
	for (i = 0; i < N; i++)
		full[i] = (uint8_t)(0x80 + i);
	memcpy(zero, full, N);
	zero[0] = zero[1] = 0;
	memcpy(cut, zero, N - 2);
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(rig_kinds[k].features, MODEL_INLINE);
		void *s = session(r, true);

		/* All was written: whatever the device says, nobody believes it. */
		for (i = 0; i < RTE_DIM(said); i++) {
			number(r, s, full, N, said[i], OK, full);
			number(r, s, zero, N, said[i], OK, zero);
		}
		/* Leading zeros left out, and said so. */
		number(r, s, zero + 2, N - 2, N - 2 + 1, OK, zero);
		/* The end cut off instead. */
		number(r, s, cut, N, N - 2 + 1, FAILED, NULL);
		/* Nothing written. */
		number(r, s, NULL, 0, 1, FAILED, NULL);
		r->m.used_len = MODEL_NONE;
		free_session(r, s);
		rig_close(r);
	}
}

/* A decrypted message ends where the device says, within the room. */
static void
messages_have_the_said_length(void **state)
{
	static const struct {
		int64_t said;
		uint32_t len;
	} t[] = { { 1, 0 }, { 2, 1 }, { 21, 20 }, { N, N - 1 }, { N + 1, N }, { N + 2, N },
		{ UINT32_MAX, N }, { 0, N } };
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(rig_kinds[k].features, MODEL_INLINE);
		void *s = session(r, true);

		r->m.ak_result = key.num[RSA_N].data;
		r->m.ak_len = N;
		for (i = 0; i < RTE_DIM(t); i++) {
			struct rte_crypto_op *op = rsa_op(s, RTE_CRYPTO_ASYM_OP_DECRYPT,
					RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_NULL);

			r->m.used_len = t[i].said;
			assert_int_equal(rig_run(r, op), OK);
			assert_int_equal(op->asym->rsa.message.length, t[i].len);
			assert_memory_equal(out, r->m.ak_result, t[i].len);
			assert_int_equal(out[t[i].len], 0xa5);
			rte_crypto_op_free(op);
		}
		r->m.used_len = MODEL_NONE;
		free_session(r, s);
		rig_close(r);
	}
}

/* Raw verification compares here: OK of the device is not enough. */
static void
comparison_is_the_drivers(void **state)
{
	uint8_t other[N];
	struct rig *r = up(rig_kinds[0].features, MODEL_INLINE);
	void *s = session(r, true);
	unsigned int i;

	(void)state;
	for (i = 0; i <= N; i++) {
		struct rte_crypto_op *op = rsa_op(s, RTE_CRYPTO_ASYM_OP_VERIFY,
				RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL);

		memcpy(other, msg, N);
		if (i < N)
			other[i] ^= 0x20;
		r->m.ak_result = other;
		r->m.ak_len = N;
		assert_int_equal(rig_run(r, op), i < N ? FORGED : OK);
		assert_true(i == N || untouched());
		rte_crypto_op_free(op);
	}
	free_session(r, s);
	rig_close(r);
}

/* Signatures of ECDSA are read strictly. */
static void
signatures_are_parsed(void **state)
{
	static const uint8_t good[] = { 0x30, 6, 2, 1, 5, 2, 1, 7 };
	static const uint8_t bad[][10] = {
		{ 0x31, 6, 2, 1, 5, 2, 1, 7 }, { 0x30, 7, 2, 1, 5, 2, 1, 7 },
		{ 0x30, 5, 2, 1, 5, 2, 1, 7 }, { 0x30, 6, 3, 1, 5, 2, 1, 7 },
		{ 0x30, 6, 2, 1, 0x85, 2, 1, 7 }, { 0x30, 6, 2, 0, 5, 2, 1, 7 },
		{ 0x30, 0x80, 2, 1, 5, 2, 1, 7 }, { 0x30, 0x82, 2, 1, 5, 2, 1, 7 },
		{ 0x30, 0x81, 6, 2, 1, 5, 2, 1, 7 }, { 0 },
	};
	uint8_t longer[42] = { 0x30, 40, 2, 33, 1 };
	struct rig *r = up(rig_kinds[0].features, MODEL_INLINE);
	void *s = session(r, false);
	struct rte_crypto_op *op = ecdsa_op(s, true);
	unsigned int i;

	(void)state;
	r->m.ak_result = good;
	r->m.ak_len = sizeof(good);
	for (i = 0; i < 3; i++) {	/* said, not said, said wrongly */
		r->m.used_len = i == 0 ? (int64_t)sizeof(good) + 1 : i == 1 ? MODEL_NONE : 6;
		assert_int_equal(rig_run(r, op), i < 2 ? OK : FAILED);
		assert_true(i == 2 || (out[31] == 5 && out2[31] == 7 && out[0] == 0 &&
				op->asym->ecdsa.r.length == 32 && op->asym->ecdsa.s.length == 32));
	}
	memset(out, 0xa5, sizeof(out));
	for (i = 0; i <= RTE_DIM(bad); i++) {
		r->m.ak_result = i < RTE_DIM(bad) ? bad[i] : longer;
		r->m.ak_len = i < RTE_DIM(bad) ? sizeof(bad[i]) : sizeof(longer);
		r->m.used_len = MODEL_NONE;
		assert_int_equal(rig_run(r, op), FAILED);
		r->m.used_len = 9;
		assert_int_equal(rig_run(r, op), FAILED);
		assert_true(untouched());
	}
	r->m.used_len = MODEL_NONE;
	rte_crypto_op_free(op);
	free_session(r, s);
	rig_close(r);
}

/* ---- statuses ---- */

static uint8_t
status_of(unsigned int status)
{
	switch (status) {
	case VIRTIO_CRYPTO_OK:
		return OK;
	case VIRTIO_CRYPTO_BADMSG:
	case VIRTIO_CRYPTO_KEY_REJECTED:
		return FORGED;
	case VIRTIO_CRYPTO_INVSESS:
		return RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
	default:
		return FAILED;
	}
}

static void
every_status(void **state)
{
	struct rig *r = up(rig_kinds[2].features, MODEL_INLINE);
	void *rsa = session(r, true), *ec = session(r, false);
	unsigned int status;

	(void)state;
	for (status = 0; status <= 256; status++) {
		struct rte_crypto_op *a = rsa_op(rsa, RTE_CRYPTO_ASYM_OP_VERIFY,
				RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_SHA256);
		struct rte_crypto_op *b = ecdsa_op(ec, false);

		r->m.ak_status = (uint8_t)status;
		r->m.data_no_status = status == 256;
		assert_int_equal(rig_run(r, a), status == 256 ? FAILED : status_of(status));
		assert_int_equal(rig_run(r, b), status == 256 ? FAILED : status_of(status));
		rte_crypto_op_free(a);
		rte_crypto_op_free(b);
	}
	assert_int_equal(rte_cryptodev_asym_session_free(r->id, ec), 0);
	free_session(r, rsa);
	rig_close(r);
}

/* A session that the device refuses: the op says so, again and again, and the next one
 * that it takes works.
 */
static void
refused_sessions(void **state)
{
	struct rig *r = up(rig_kinds[0].features, MODEL_INLINE);
	void *s = session(r, true);
	unsigned int status, i;

	(void)state;
	for (status = 1; status <= 8; status++)
		for (i = 0; i < 20; i++) {
			struct rte_crypto_op *op = rsa_op(s, RTE_CRYPTO_ASYM_OP_VERIFY,
					RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_SHA256);
			bool illegal = status == VIRTIO_CRYPTO_NOTSUPP ||
				status == VIRTIO_CRYPTO_BADMSG ||
				status == VIRTIO_CRYPTO_KEY_REJECTED;

			r->m.ctrl_status = (int)status;
			assert_int_equal(rig_run(r, op), illegal ? ILLEGAL : FAILED);
			rte_crypto_op_free(op);
		}
	r->m.ctrl_status = MODEL_NONE;
	assert_int_equal(r->m.nb_data, 0);
	number(r, s, msg, N, MODEL_NONE, OK, msg);
	free_session(r, s);
	rig_close(r);
}

/* ---- sessions of the device ---- */

/* One of its sessions for each key, as many as an rte session keeps; the oldest idle one
 * makes room, one in flight never.
 */
static void
sessions_change(void **state)
{
	struct rig *r = up(rig_kinds[0].features, MODEL_INLINE);
	struct rte_crypto_op *op[12], *got;
	void *s = session(r, false);
	uint8_t d[12][32];
	unsigned int i, n;

	(void)state;
	r->m.ak_result = (const uint8_t []){ 0x30, 6, 2, 1, 5, 2, 1, 7 };
	r->m.ak_len = 8;
	for (i = 0; i < 12; i++) {
		memset(d[i], (int)i + 1, 32);
		op[i] = ecdsa_op(s, true);
		op[i]->asym->ecdsa.pkey.data = d[i];
		assert_int_equal(rig_run(r, op[i]), OK);
		assert_int_equal(rig_run(r, op[i]), OK);	/* the same one */
		assert_int_equal(r->m.nb_creates, i + 1);
		assert_true(r->m.nb_sessions <= 8);
	}
	assert_int_equal(rig_run(r, op[11 - 7]), OK);	/* still there */
	assert_int_equal(r->m.nb_creates, 12);
	assert_int_equal(rig_run(r, op[0]), OK);		/* gone; 5, now the oldest, goes */
	assert_int_equal(rig_run(r, op[4]), OK);
	assert_int_equal(r->m.nb_creates, 13);
	assert_int_equal(rig_run(r, op[5]), OK);
	assert_int_equal(r->m.nb_creates, 14);
	/* Eight in flight: the ninth key waits, and is taken when one is back. */
	r->m.data_silent = true;
	for (n = 0; n < 12 && rig_enqueue(r, 0, &op[n], 1) == 1; n++)
		;
	assert_int_equal(n, 8);
	let_go(r);
	for (i = 0; i < 8; i++) {
		assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
		assert_int_equal(got->status, OK);
	}
	r->m.mode = MODEL_INLINE;
	assert_int_equal(rig_run(r, op[8]), OK);
	for (i = 0; i < 12; i++)
		rte_crypto_op_free(op[i]);
	free_session(r, s);
	rig_close(r);
}

/* After a reset the device's sessions are made again by the ops that need them. */
static void
sessions_come_back(void **state)
{
	struct rig *r = up(VIRTIO_F_INDIRECT_DESC, MODEL_INLINE);	/* no RING_RESET */
	struct rte_crypto_op *op, *got;
	void *s = session(r, true);

	(void)state;
	number(r, s, msg, N, MODEL_NONE, OK, msg);
	r->m.used_len = MODEL_NONE;
	op = rsa_op(s, RTE_CRYPTO_ASYM_OP_ENCRYPT, RTE_CRYPTO_RSA_PADDING_NONE,
			RTE_CRYPTO_AUTH_NULL);
	r->m.data_silent = true;
	assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
	rte_cryptodev_stop(r->id);	/* the op does not come back: a reset */
	r->m.data_silent = false;
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
	assert_ptr_equal(got, op);
	assert_int_equal(got->status, FAILED);
	assert_true(untouched());
	rte_crypto_op_free(op);
	number(r, s, msg, N, MODEL_NONE, OK, msg);
	assert_int_equal(r->m.nb_creates, 2);
	free_session(r, s);
	log_capture_start();	/* it says that requests did not come back */
	rig_close(r);
}

/* ---- what stays ---- */

/* Is it in any memory that the device sees? */
static bool
found(const void *secret, size_t len)
{
	const struct rte_memzone *mz;
	static const char * const what[] = { "q0", "ctrl" };
	char name[RTE_MEMZONE_NAMESIZE];
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "vcrypto0_%s_%u", what[i % 2], i / 2);
		mz = rte_memzone_lookup(name);
		if (mz != NULL && memmem(mz->addr, mz->len, secret, len) != NULL)
			return true;
	}
	return false;
}

static void
nothing_stays(void **state)
{
	static const uint8_t statuses[] = { VIRTIO_CRYPTO_OK, VIRTIO_CRYPTO_ERR };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(statuses) * RTE_DIM(rig_kinds); i++) {
		struct rig *r = up(rig_kinds[i / RTE_DIM(statuses)].features, MODEL_INLINE);
		uint8_t status = statuses[i % RTE_DIM(statuses)];
		struct rte_crypto_op *op, *got;
		void *s = session(r, true);

		r->m.ak_result = key.num[RSA_Q].data;	/* for a secret result */
		r->m.ak_len = key.num[RSA_Q].len;
		r->m.ak_status = status;
		op = rsa_op(s, RTE_CRYPTO_ASYM_OP_SIGN, RTE_CRYPTO_RSA_PADDING_NONE,
				RTE_CRYPTO_AUTH_NULL);
		r->m.data_silent = true;
		assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
		assert_true(found(msg + 1, 32));	/* the look works */
		assert_false(found(key.num[RSA_D].data, 32));
		assert_false(found(key.num[RSA_P].data, 32));
		let_go(r);
		assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
		r->m.mode = MODEL_INLINE;
		assert_int_equal(got->status, status_of(status));
		assert_false(found(msg + 1, 32));
		assert_false(found(key.num[RSA_Q].data, 32));
		rte_crypto_op_free(op);
		r->m.ak_status = VIRTIO_CRYPTO_OK;
		free_session(r, s);
		rig_close(r);
	}
}

struct look {
	const uint8_t *secret;
	bool seen;
};

static int
look_into(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len, void *arg)
{
	struct look *l = arg;

	(void)msl;
	l->seen = l->seen || memmem(ms->addr, len, l->secret, 32) != NULL;
	return 0;
}

/* In all of EAL's memory, whoever has it now. */
static bool
anywhere(const uint8_t *secret)
{
	struct look l = { secret, false };

	rte_memseg_contig_walk(look_into, &l);
	return l.seen;
}

enum ending {
	ANSWERED,
	REFUSED,
	STOPPED,
	LOST,
	REMOVED,
	NB_ENDINGS
};

/* However an op ends: neither the key that came with it nor its operand is left. */
static void
end_op(struct rig *r, struct rte_crypto_op *op, enum ending how)
{
	struct rte_crypto_op *got = NULL;

	r->m.ak_status = how == REFUSED ? VIRTIO_CRYPTO_ERR : VIRTIO_CRYPTO_OK;
	if (how == STOPPED) {
		rte_cryptodev_stop(r->id);
		assert_false(found(key.num[RSA_P].data, 32) || found(msg + 1, 32));
		assert_int_equal(rte_cryptodev_start(r->id), 0);
	} else if (how == LOST) {
		fake_pci_break(r->f);
		rig_tick();
	}
	let_go(r);
	if (how == REMOVED) {
		r->m.data_silent = true;
		rte_cryptodev_stop(r->id);
		assert_int_equal(rte_cryptodev_close(r->id), 0);
		assert_false(anywhere(key.num[RSA_P].data) || anywhere(msg + 1));
		return;
	}
	assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
	assert_ptr_equal(got, op);
	assert_int_equal(got->status, how == ANSWERED ? OK : FAILED);
	assert_false(found(key.num[RSA_P].data, 32));
	assert_false(found(key.num[RSA_D].data, 32));
	assert_false(found(msg + 1, 32));
}

static void
keys_of_sessionless_ops(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_ENDINGS; how++) {
			struct rig *r = up_with(rig_kinds[k].features | VIRTIO_CRYPTO_F_REVISION_1 |
				VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE, MODEL_INLINE,
				"stateless=1");
			struct rte_crypto_asym_xform x = xform_of(true);
			struct rte_crypto_op *op = rsa_op(NULL, RTE_CRYPTO_ASYM_OP_SIGN,
					RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL);

			op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
			op->asym->xform = &x;
			r->m.ak_result = msg;
			r->m.ak_len = N;
			r->m.data_silent = true;
			assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
			assert_true(found(key.num[RSA_P].data, 32));	/* the look works */
			assert_true(found(key.num[RSA_D].data, 32));
			assert_true(found(msg + 1, 32) && anywhere(msg + 1));
			end_op(r, op, how);
			rte_crypto_op_free(op);
			log_capture_start();
			rig_close(r);
		}
}

/* 16 at a time; the others wait, and symmetric ones go on meanwhile. */
static void
sixteen_at_a_time(void **state)
{
	struct rig *r = up(rig_kinds[0].features, MODEL_INLINE);
	struct rte_crypto_op *op[20], *got, *cbc;
	void *s = session(r, true), *sym = rig_cbc_session(r, 3, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	unsigned int i, n;
	uint32_t seed = 9;	/* for rig_cbc_right */

	(void)state;
	r->m.ak_result = msg;
	r->m.ak_len = N;
	for (i = 0; i < 20; i++)
		op[i] = rsa_op(s, RTE_CRYPTO_ASYM_OP_ENCRYPT, RTE_CRYPTO_RSA_PADDING_NONE,
				RTE_CRYPTO_AUTH_NULL);
	r->m.data_silent = true;
	assert_int_equal(rig_enqueue(r, 0, op, 20), 16);
	assert_int_equal(rig_enqueue(r, 0, &op[16], 4), 0);
	cbc = rig_op(sym, 64);
	rig_pattern(rte_pktmbuf_mtod(cbc->sym->m_src, uint8_t *), 64, seed);
	memcpy(rte_crypto_op_ctod_offset(cbc, uint8_t *, RIG_AAD), &seed, sizeof(seed));
	assert_int_equal(rig_enqueue(r, 0, &cbc, 1), 1);
	let_go(r);
	for (n = 0; n < 17; n++) {
		assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
		assert_int_equal(got->status, OK);
	}
	assert_true(rig_cbc_right(cbc, 3));
	assert_int_equal(rig_enqueue(r, 0, &op[16], 4), 4);
	for (n = 0; n < 4; n++)
		assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
	r->m.mode = MODEL_INLINE;
	for (i = 0; i < 20; i++)
		rte_crypto_op_free(op[i]);
	rig_op_free(cbc);
	rig_session_free(r, sym);
	free_session(r, s);
	rig_close(r);
}

/* ---- ops that wait for the device's session, while the control queue is silent ---- */

#define CTRL	2	/* the control queue, behind two data queues */
#define WAITING	3

struct waiting {
	struct rig *r;
	void *s, *sym;
	struct rte_crypto_op *op[WAITING];
	unsigned int nb_late;	/* sessions that come too late, and that nobody knows */
};

/* Three ops of one session that the device does not have yet, taken at once. */
static void
wait_begin(struct waiting *w, unsigned int kind, const char *devargs)
{
	struct rig *r = up_with(rig_kinds[kind].features, MODEL_INLINE, devargs);
	struct rte_crypto_op *got;
	unsigned int i;

	w->r = r;
	w->nb_late = 0;
	w->s = session(r, true);
	w->sym = rig_cbc_session(r, 3, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	r->m.ak_result = msg;
	r->m.ak_len = N;
	r->m.ctrl_silent = true;
	for (i = 0; i < WAITING; i++)
		w->op[i] = rsa_op(w->s, RTE_CRYPTO_ASYM_OP_ENCRYPT, RTE_CRYPTO_RSA_PADDING_NONE,
				RTE_CRYPTO_AUTH_NULL);
	assert_int_equal(rig_enqueue(r, 0, w->op, WAITING), WAITING);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 0);
	assert_int_equal(r->m.nb_data, 0);
}

static void
wait_end(struct waiting *w, uint8_t status)
{
	struct rte_crypto_op *got[WAITING + 1];
	unsigned int i;

	assert_int_equal(rte_cryptodev_dequeue_burst(w->r->id, 0, got, WAITING + 1), WAITING);
	for (i = 0; i < WAITING; i++) {
		assert_int_equal(w->op[i]->status, status);
		rte_crypto_op_free(w->op[i]);
	}
	w->r->m.ctrl_silent = false;
	model_work_queue(&w->r->m, CTRL);
	rig_session_free(w->r, w->sym);
	assert_int_equal(rte_cryptodev_asym_session_free(w->r->id, w->s), 0);
	assert_int_equal(w->r->m.nb_sessions, w->nb_late);
	rig_close(w->r);
}

/* Other ops of the queue pair overtake them; one command makes the session for all. */
static void
ops_wait_for_their_session(void **state)
{
	struct rte_crypto_op *cbc, *got;
	struct waiting w;
	unsigned int k;

	(void)state;
	for (k = 0; k < 4; k++) {
		wait_begin(&w, k, NULL);
		cbc = rig_op(w.sym, 64);
		assert_int_equal(rig_run(w.r, cbc), OK);
		rig_op_free(cbc);
		w.r->m.ctrl_silent = false;
		assert_int_equal(model_work_queue(&w.r->m, CTRL), 1);
		/* This sends them, and the device is quick. */
		got = NULL;
		assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, &got, 0), 0);
		assert_int_equal(w.r->m.nb_data, 1 + WAITING);
		assert_int_equal(w.r->m.nb_creates, 2);
		wait_end(&w, OK);
	}
}

static void
ops_wait_for_a_refusal(void **state)
{
	struct waiting w;

	(void)state;
	wait_begin(&w, 0, NULL);
	w.r->m.ctrl_silent = false;
	w.r->m.ctrl_status = VIRTIO_CRYPTO_NOTSUPP;
	assert_int_equal(model_work_queue(&w.r->m, CTRL), 1);
	w.r->m.ctrl_status = MODEL_NONE;
	wait_end(&w, ILLEGAL);
}

/* The wait has its bound, and whoever polls finds that it is over. */
static void
ops_wait_for_nothing(void **state)
{
	struct rte_crypto_op *none;
	struct waiting w;

	(void)state;
	wait_begin(&w, 0, "ctrl_timeout_ms=1");
	usleep(5000);
	assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, &none, 0), 0);
	rig_expect_errors(1, "no answer on the control queue");
	w.nb_late = 1;
	wait_end(&w, FAILED);
}

/* A stop sends nothing any more, and gives them back; the next start shows them. */
static void
ops_that_wait_are_stopped(void **state)
{
	struct waiting w;

	(void)state;
	wait_begin(&w, 0, NULL);
	rte_cryptodev_stop(w.r->id);
	assert_int_equal(rte_cryptodev_start(w.r->id), 0);
	assert_int_equal(w.r->m.nb_data, 0);
	wait_end(&w, FAILED);
}

/* A device that is lost takes nobody's op with it, recover=1 or not. */
static void
ops_that_wait_survive_a_loss(void **state)
{
	struct rte_crypto_op *none;
	struct waiting w;
	unsigned int recover;

	(void)state;
	for (recover = 0; recover < 2; recover++) {
		wait_begin(&w, 0, recover ? "recover=1" : NULL);
		fake_pci_break(w.r->f);
		rig_tick();
		assert_int_equal(rte_cryptodev_dequeue_burst(w.r->id, 0, &none, 0), 0);
		log_capture_start();
		wait_end(&w, FAILED);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_the_modulus_length),
		cmocka_unit_test(messages_have_the_said_length),
		cmocka_unit_test(comparison_is_the_drivers),
		cmocka_unit_test(signatures_are_parsed),
		cmocka_unit_test(every_status),
		cmocka_unit_test(refused_sessions),
		cmocka_unit_test(sessions_change),
		cmocka_unit_test(sessions_come_back),
		cmocka_unit_test(nothing_stays),
		cmocka_unit_test(keys_of_sessionless_ops),
		cmocka_unit_test(sixteen_at_a_time),
		cmocka_unit_test(ops_wait_for_their_session),
		cmocka_unit_test(ops_wait_for_a_refusal),
		cmocka_unit_test(ops_wait_for_nothing),
		cmocka_unit_test(ops_that_wait_are_stopped),
		cmocka_unit_test(ops_that_wait_survive_a_loss),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, prepare, done);
}

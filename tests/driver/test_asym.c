/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric ops against a device that says what the test likes: every status, results
 * that are no results, lengths that are not true, sessions that it refuses; how many of
 * its sessions an rte session has, and that nothing of a asym_key or an operand stays behind.
 * That results are right is tests/kat/asym.
 */
#include <errno.h>
#include <string.h>

#include <rte_memory.h>

#include "asym_ops.h"

static uint8_t out2[ASYM_N];

/* ---- ops ---- */

static struct rte_crypto_op *
ecdsa_op(void *s, bool sign)
{
	struct rte_crypto_op *op = asym_op_of(s);
	struct rte_crypto_ecdsa_op_param *p = &op->asym->ecdsa;

	memset(asym_out, 0xa5, sizeof(asym_out));
	memset(out2, 0xa5, sizeof(out2));
	p->op_type = sign ? RTE_CRYPTO_ASYM_OP_SIGN : RTE_CRYPTO_ASYM_OP_VERIFY;
	p->message = (rte_crypto_param){ .data = (uint8_t *)(uintptr_t)asym_hash, .length = 32 };
	p->pkey = (rte_crypto_uint){ .data = asym_msg, .length = 32 };
	p->q.x = p->q.y = p->pkey;
	p->r = (rte_crypto_param){ .data = sign ? asym_out : asym_msg, .length = sign ? 0 : 32 };
	p->s = (rte_crypto_param){ .data = sign ? out2 : asym_msg, .length = sign ? 0 : 32 };
	return op;
}

static bool
untouched(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(asym_out) && asym_out[i] == 0xa5; i++)
		;
	return i == sizeof(asym_out);
}

/* What the device held back is served from now on when ops are dequeued. */
static void
let_go(struct rig *r)
{
	r->m.data_silent = false;
	r->m.mode = MODEL_PUMPED;
}

/* ---- results ---- */

/* A number: what the device wrote, what it says, what the op must get. */
static void
number(struct rig *r, void *s, const uint8_t *wrote, uint32_t wrote_len, int64_t used_len,
		uint8_t want, const uint8_t *result)
{
	struct rte_crypto_op *op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_ENCRYPT,
			RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL);

	r->m.ak_result = wrote;
	r->m.ak_len = wrote_len;
	r->m.used_len = used_len;
	assert_int_equal(rig_run(r, op), want);
	if (want == OK) {
		assert_int_equal(op->asym->rsa.cipher.length, ASYM_N);
		assert_memory_equal(asym_out, result, ASYM_N);
		assert_int_equal(asym_out[ASYM_N], 0xa5);
	} else {
		assert_true(untouched());
	}
	rte_crypto_op_free(op);
}

static void
numbers_have_the_modulus_length(void **state)
{
	static const int64_t said[] = { MODEL_NONE, 0, 1, 2, 73, ASYM_N, ASYM_N + 1, ASYM_N + 2,
		UINT32_MAX };
	uint8_t full[ASYM_N], zero[ASYM_N], cut[ASYM_N] = { 0 };
	unsigned int k, i;

	(void)state;
	for (i = 0; i < ASYM_N; i++)
		full[i] = (uint8_t)(0x80 + i);
	memcpy(zero, full, ASYM_N);
	zero[0] = zero[1] = 0;
	memcpy(cut, zero, ASYM_N - 2);
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = asym_up(rig_kinds[k].features, MODEL_INLINE);
		void *s = asym_session(r, true);

		/* All was written: whatever the device says, nobody believes it. */
		for (i = 0; i < RTE_DIM(said); i++) {
			number(r, s, full, ASYM_N, said[i], OK, full);
			number(r, s, zero, ASYM_N, said[i], OK, zero);
		}
		/* Leading zeros left asym_out, and said so. */
		number(r, s, zero + 2, ASYM_N - 2, ASYM_N - 2 + 1, OK, zero);
		/* The end cut off instead. */
		number(r, s, cut, ASYM_N, ASYM_N - 2 + 1, FAILED, NULL);
		/* Nothing written. */
		number(r, s, NULL, 0, 1, FAILED, NULL);
		r->m.used_len = MODEL_NONE;
		asym_free_session(r, s);
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
	} t[] = { { 1, 0 }, { 2, 1 }, { 21, 20 }, { ASYM_N, ASYM_N - 1 }, { ASYM_N + 1, ASYM_N },
		{ ASYM_N + 2, ASYM_N }, { UINT32_MAX, ASYM_N }, { 0, ASYM_N } };
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = asym_up(rig_kinds[k].features, MODEL_INLINE);
		void *s = asym_session(r, true);

		r->m.ak_result = asym_key.num[RSA_N].data;
		r->m.ak_len = ASYM_N;
		for (i = 0; i < RTE_DIM(t); i++) {
			struct rte_crypto_op *op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_DECRYPT,
					RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_NULL);

			r->m.used_len = t[i].said;
			assert_int_equal(rig_run(r, op), OK);
			assert_int_equal(op->asym->rsa.message.length, t[i].len);
			assert_memory_equal(asym_out, r->m.ak_result, t[i].len);
			assert_int_equal(asym_out[t[i].len], 0xa5);
			rte_crypto_op_free(op);
		}
		r->m.used_len = MODEL_NONE;
		asym_free_session(r, s);
		rig_close(r);
	}
}

/* A ciphertext of PKCS #1 has the modulus' length: leading zeros are neither added nor left
 * out (RFC 8017, 7.2.2).  A raw operand is a number.
 */
static void
ciphertexts_have_the_exact_length(void **state)
{
	static uint8_t padded[ASYM_N + 4];
	struct rig *r = asym_up(rig_kinds[0].features, MODEL_INLINE);
	void *s = asym_session(r, true);
	unsigned int raw, zeros;

	(void)state;
	memcpy(padded + 4, asym_msg, ASYM_N);
	r->m.ak_result = asym_key.num[RSA_N].data;
	r->m.ak_len = ASYM_N;
	for (raw = 0; raw < 2; raw++)
		for (zeros = 0; zeros < 7; zeros++) {
			struct rte_crypto_op *op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_DECRYPT,
					raw ? RTE_CRYPTO_RSA_PADDING_NONE :
					RTE_CRYPTO_RSA_PADDING_PKCS1_5, RTE_CRYPTO_AUTH_NULL);
			rte_crypto_param *c = &op->asym->rsa.cipher;
			uint64_t before = r->m.nb_data;
			bool legal = raw || zeros == 0;

			/* With up to four zeros in front, or without one or two bytes. */
			c->data = zeros <= 4 ? padded + 4 - zeros : padded + zeros;
			c->length = zeros <= 4 ? ASYM_N + zeros : ASYM_N + 4 - zeros;
			assert_int_equal(rig_run(r, op), legal ? OK : ILLEGAL);
			assert_int_equal(r->m.nb_data - before, legal);
			rte_crypto_op_free(op);
		}
	asym_free_session(r, s);
	rig_close(r);
}

/* Raw verification compares here: OK of the device is not enough. */
static void
comparison_is_the_drivers(void **state)
{
	uint8_t other[ASYM_N];
	struct rig *r = asym_up(rig_kinds[0].features, MODEL_INLINE);
	void *s = asym_session(r, true);
	unsigned int i;

	(void)state;
	for (i = 0; i <= ASYM_N; i++) {
		struct rte_crypto_op *op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_VERIFY,
				RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL);

		memcpy(other, asym_msg, ASYM_N);
		if (i < ASYM_N)
			other[i] ^= 0x20;
		r->m.ak_result = other;
		r->m.ak_len = ASYM_N;
		assert_int_equal(rig_run(r, op), i < ASYM_N ? FORGED : OK);
		assert_true(i == ASYM_N || untouched());
		rte_crypto_op_free(op);
	}
	asym_free_session(r, s);
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
	struct rig *r = asym_up(rig_kinds[0].features, MODEL_INLINE);
	void *s = asym_session(r, false);
	struct rte_crypto_op *op = ecdsa_op(s, true);
	unsigned int i;

	(void)state;
	r->m.ak_result = good;
	r->m.ak_len = sizeof(good);
	for (i = 0; i < 3; i++) {	/* said, not said, said wrongly */
		r->m.used_len = i == 0 ? (int64_t)sizeof(good) + 1 : i == 1 ? MODEL_NONE : 6;
		assert_int_equal(rig_run(r, op), i < 2 ? OK : FAILED);
		assert_true(i == 2 || (asym_out[31] == 5 && out2[31] == 7 && asym_out[0] == 0 &&
				op->asym->ecdsa.r.length == 32 && op->asym->ecdsa.s.length == 32));
	}
	memset(asym_out, 0xa5, sizeof(asym_out));
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
	asym_free_session(r, s);
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
	struct rig *r = asym_up(rig_kinds[2].features, MODEL_INLINE);
	void *rsa = asym_session(r, true), *ec = asym_session(r, false);
	unsigned int status;

	(void)state;
	for (status = 0; status <= 256; status++) {
		struct rte_crypto_op *a = asym_rsa_op(rsa, RTE_CRYPTO_ASYM_OP_VERIFY,
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
	asym_free_session(r, rsa);
	rig_close(r);
}

/* A session that the device refuses: the op says so, again and again, and the next one
 * that it takes works.
 */
static void
refused_sessions(void **state)
{
	struct rig *r = asym_up(rig_kinds[0].features, MODEL_INLINE);
	void *s = asym_session(r, true);
	unsigned int status, i;

	(void)state;
	for (status = 1; status <= 8; status++)
		for (i = 0; i < 20; i++) {
			struct rte_crypto_op *op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_VERIFY,
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
	number(r, s, asym_msg, ASYM_N, MODEL_NONE, OK, asym_msg);
	asym_free_session(r, s);
	rig_close(r);
}

/* ---- sessions of the device ---- */

/* One of its sessions for each asym_key, as many as an rte session keeps; the oldest idle one
 * makes room, one in flight never.
 */
static void
sessions_change(void **state)
{
	struct rig *r = asym_up(rig_kinds[0].features, MODEL_INLINE);
	struct rte_crypto_op *op[12], *got;
	void *s = asym_session(r, false);
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
	/* Eight in flight: the ninth asym_key waits, and is taken when one is back. */
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
	asym_free_session(r, s);
	rig_close(r);
}

/* After a reset the device's sessions are made again by the ops that need them. */
static void
sessions_come_back(void **state)
{
	struct rig *r = asym_up(VIRTIO_F_INDIRECT_DESC, MODEL_INLINE);	/* no RING_RESET */
	struct rte_crypto_op *op, *got;
	void *s = asym_session(r, true);

	(void)state;
	number(r, s, asym_msg, ASYM_N, MODEL_NONE, OK, asym_msg);
	r->m.used_len = MODEL_NONE;
	op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_ENCRYPT, RTE_CRYPTO_RSA_PADDING_NONE,
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
	number(r, s, asym_msg, ASYM_N, MODEL_NONE, OK, asym_msg);
	assert_int_equal(r->m.nb_creates, 2);
	asym_free_session(r, s);
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
		struct rig *r = asym_up(rig_kinds[i / RTE_DIM(statuses)].features, MODEL_INLINE);
		uint8_t status = statuses[i % RTE_DIM(statuses)];
		struct rte_crypto_op *op, *got;
		void *s = asym_session(r, true);

		r->m.ak_result = asym_key.num[RSA_Q].data;	/* for a secret result */
		r->m.ak_len = asym_key.num[RSA_Q].len;
		r->m.ak_status = status;
		op = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_SIGN, RTE_CRYPTO_RSA_PADDING_NONE,
				RTE_CRYPTO_AUTH_NULL);
		r->m.data_silent = true;
		assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
		assert_true(found(asym_msg + 1, 32));	/* the look works */
		assert_false(found(asym_key.num[RSA_D].data, 32));
		assert_false(found(asym_key.num[RSA_P].data, 32));
		let_go(r);
		assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
		r->m.mode = MODEL_INLINE;
		assert_int_equal(got->status, status_of(status));
		assert_false(found(asym_msg + 1, 32));
		assert_false(found(asym_key.num[RSA_Q].data, 32));
		rte_crypto_op_free(op);
		r->m.ak_status = VIRTIO_CRYPTO_OK;
		asym_free_session(r, s);
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

/* However an op ends: neither the asym_key that came with it nor its operand is left. */
static void
end_op(struct rig *r, struct rte_crypto_op *op, enum ending how)
{
	struct rte_crypto_op *got = NULL;

	r->m.ak_status = how == REFUSED ? VIRTIO_CRYPTO_ERR : VIRTIO_CRYPTO_OK;
	if (how == STOPPED) {
		rte_cryptodev_stop(r->id);
		assert_false(found(asym_key.num[RSA_P].data, 32) || found(asym_msg + 1, 32));
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
		assert_false(anywhere(asym_key.num[RSA_P].data) || anywhere(asym_msg + 1));
		return;
	}
	assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
	assert_ptr_equal(got, op);
	assert_int_equal(got->status, how == ANSWERED ? OK : FAILED);
	assert_false(found(asym_key.num[RSA_P].data, 32));
	assert_false(found(asym_key.num[RSA_D].data, 32));
	assert_false(found(asym_msg + 1, 32));
}

static void
keys_of_sessionless_ops(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_ENDINGS; how++) {
			struct rig *r = asym_up_with(rig_kinds[k].features |
				VIRTIO_CRYPTO_F_REVISION_1 |
				VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE, MODEL_INLINE,
				"stateless=1");
			struct rte_crypto_asym_xform x = asym_xform_of(true);
			struct rte_crypto_op *op = asym_rsa_op(NULL, RTE_CRYPTO_ASYM_OP_SIGN,
					RTE_CRYPTO_RSA_PADDING_NONE, RTE_CRYPTO_AUTH_NULL);

			op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
			op->asym->xform = &x;
			r->m.ak_result = asym_msg;
			r->m.ak_len = ASYM_N;
			r->m.data_silent = true;
			assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
			assert_true(found(asym_key.num[RSA_P].data, 32));	/* the look works */
			assert_true(found(asym_key.num[RSA_D].data, 32));
			assert_true(found(asym_msg + 1, 32) && anywhere(asym_msg + 1));
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
	struct rig *r = asym_up(rig_kinds[0].features, MODEL_INLINE);
	struct rte_crypto_op *op[20], *got, *cbc;
	void *s = asym_session(r, true), *sym = rig_cbc_session(r, 3, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	unsigned int i, n;

	(void)state;
	r->m.ak_result = asym_msg;
	r->m.ak_len = ASYM_N;
	for (i = 0; i < 20; i++)
		op[i] = asym_rsa_op(s, RTE_CRYPTO_ASYM_OP_ENCRYPT, RTE_CRYPTO_RSA_PADDING_NONE,
				RTE_CRYPTO_AUTH_NULL);
	r->m.data_silent = true;
	assert_int_equal(rig_enqueue(r, 0, op, 20), 16);
	assert_int_equal(rig_enqueue(r, 0, &op[16], 4), 0);
	cbc = rig_op_seeded(sym, 64, 9);
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
	asym_free_session(r, s);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_the_modulus_length),
		cmocka_unit_test(messages_have_the_said_length),
		cmocka_unit_test(ciphertexts_have_the_exact_length),
		cmocka_unit_test(comparison_is_the_drivers),
		cmocka_unit_test(signatures_are_parsed),
		cmocka_unit_test(every_status),
		cmocka_unit_test(refused_sessions),
		cmocka_unit_test(sessions_change),
		cmocka_unit_test(sessions_come_back),
		cmocka_unit_test(nothing_stays),
		cmocka_unit_test(keys_of_sessionless_ops),
		cmocka_unit_test(sixteen_at_a_time),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, asym_prepare, asym_done);
}

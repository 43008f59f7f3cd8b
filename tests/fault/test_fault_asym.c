/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric keys on a PCI function: in session creation, and in an op that brings its
 * key along, the nth call fails, libcrypto's allocations among them, for every n until
 * there is no fault.  What fails says that memory is short, and not that the key is bad;
 * nothing is left behind, and the same without a fault works.
 */
#include <errno.h>
#include <stdio.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "fault.h"
#include "rig.h"
#include "tests/kat/asym/asym_host.h"

#define N	128	/* bytes of the modulus */
#define NB_DESC	32

static struct rte_mempool *ops, *sessions;
static struct asym_rsa key;
static uint8_t msg[N], out[N];
static void *session;

/* ---- libcrypto ---- */

static unsigned int nb_blocks;	/* of memory that it holds */

static void *
crypto_malloc(size_t size, const char *file, int line)
{
	void *p = fault_strikes("CRYPTO_malloc") ? NULL : malloc(size);

	(void)file;
	(void)line;
	nb_blocks += p != NULL;
	return p;
}

static void *
crypto_realloc(void *p, size_t size, const char *file, int line)
{
	void *q = fault_strikes("CRYPTO_realloc") ? NULL : realloc(p, size);

	(void)file;
	(void)line;
	nb_blocks += p == NULL && q != NULL;
	return q;
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	nb_blocks -= p != NULL;
	free(p);
}

/* The bases of the factoring come in one order, so that each life makes the same calls. */
static BN_ULONG base;

int __wrap_BN_rand_range(BIGNUM *r, const BIGNUM *range);
int
__wrap_BN_rand_range(BIGNUM *r, const BIGNUM *range)
{
	(void)range;
	return fault_strikes("BN_rand_range") ? 0 : BN_set_word(r, ++base + 1);
}

/* ---- keys, sessions, ops ---- */

static rte_crypto_uint
number(unsigned int i)
{
	return (rte_crypto_uint){ .data = key.num[i].data, .length = key.num[i].len };
}

static struct rte_crypto_asym_xform
rsa_key(bool quintuple)
{
	struct rte_crypto_asym_xform x = { .xform_type = RTE_CRYPTO_ASYM_XFORM_RSA };

	x.rsa.n = number(RSA_N);
	x.rsa.e = number(RSA_E);
	if (!quintuple) {
		x.rsa.key_type = RTE_RSA_KEY_TYPE_EXP;
		x.rsa.d = number(RSA_D);
		return x;
	}
	x.rsa.key_type = RTE_RSA_KEY_TYPE_QT;
	x.rsa.qt.p = number(RSA_P);
	x.rsa.qt.q = number(RSA_Q);
	x.rsa.qt.dP = number(RSA_DP);
	x.rsa.qt.dQ = number(RSA_DQ);
	x.rsa.qt.qInv = number(RSA_QINV);
	return x;
}

static int
create(struct rig *r, struct rte_crypto_asym_xform *x)
{
	unsigned int avail = rte_mempool_avail_count(sessions);
	int rc = rte_cryptodev_asym_session_create(r->id, x, sessions, &session);

	/* DPDK 22.11 does not put back what it took. */
	if (rc != 0 && rte_mempool_avail_count(sessions) != avail)
		rte_mempool_put(sessions, session);
	if (rc != 0)
		session = NULL;
	return rc;
}

static int
create_exponent(struct rig *r)
{
	struct rte_crypto_asym_xform x = rsa_key(false);

	return create(r, &x);
}

static int
create_quintuple(struct rig *r)
{
	struct rte_crypto_asym_xform x = rsa_key(true);

	return create(r, &x);
}

static int
create_ecdsa(struct rig *r)
{
	struct rte_crypto_asym_xform x = { .xform_type = RTE_CRYPTO_ASYM_XFORM_ECDSA };

	x.ec.curve_id = RTE_CRYPTO_EC_GROUP_SECP256R1;
	return create(r, &x);
}

/* A decryption, with a session or with its key; 0 or what its status means. */
static int
decrypt(struct rig *r, struct rte_crypto_asym_xform *x)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(ops, RTE_CRYPTO_OP_TYPE_ASYMMETRIC), *got;
	uint8_t status;

	assert_non_null(op);
	if (x == NULL) {
		rte_crypto_op_attach_asym_session(op, session);
	} else {
		op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
		op->asym->xform = x;
	}
	op->asym->rsa.op_type = RTE_CRYPTO_ASYM_OP_DECRYPT;
	op->asym->rsa.padding.type = RTE_CRYPTO_RSA_PADDING_NONE;
	op->asym->rsa.cipher = (rte_crypto_param){ .data = msg, .length = N };
	op->asym->rsa.message = (rte_crypto_param){ .data = out };
	assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
	assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
	assert_ptr_equal(got, op);
	status = op->status;
	rte_crypto_op_free(op);
	return status == RTE_CRYPTO_OP_STATUS_SUCCESS ? 0 :
		status == RTE_CRYPTO_OP_STATUS_ERROR ? -ENOMEM : -EINVAL;
}

static int
sessionless_exponent(struct rig *r)
{
	struct rte_crypto_asym_xform x = rsa_key(false);

	return decrypt(r, &x);
}

static int
sessionless_quintuple(struct rig *r)
{
	struct rte_crypto_asym_xform x = rsa_key(true);

	return decrypt(r, &x);
}

struct operation {
	const char *name;
	unsigned int least;	/* calls that are known to be made, each of them fatal */
	int (*run)(struct rig *r);
	bool decrypts;		/* what it made can */
};

static const struct operation operations[] = {
	{ "session, exponent", 40, create_exponent, true },
	{ "session, quintuple", 30, create_quintuple, true },
	{ "session, ecdsa", 1, create_ecdsa, false },
	{ "sessionless, exponent", 40, sessionless_exponent, false },
	{ "sessionless, quintuple", 30, sessionless_quintuple, false },
};

/* ---- every call of one ---- */

static struct rig *
open_rig(void)
{
	struct rig_conf conf = {
		.features = rig_kinds[0].features | VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE |
			VIRTIO_CRYPTO_F_REVISION_1,
		.mode = MODEL_INLINE,
		.devargs = "stateless=1,ctrl_timeout_ms=9",
	};
	struct rig *r = rig_open(&conf);
	struct virtio_crypto_config *c = &r->f->device_cfg;

	c->crypto_services = cpu_to_le32(le32_to_cpu(c->crypto_services) |
			1u << VIRTIO_CRYPTO_SERVICE_AKCIPHER);
	c->akcipher_algo = cpu_to_le32(1u << VIRTIO_CRYPTO_AKCIPHER_RSA |
			1u << VIRTIO_CRYPTO_AKCIPHER_ECDSA);
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, NB_DESC);
	r->m.ak_result = msg;
	r->m.ak_len = N;
	return r;
}

/* One life with the nth call failing; what failed, NULL if nothing did. */
static const char *
life(const struct operation *op, unsigned int n, bool lasting, unsigned int *failed)
{
	struct rig *r = open_rig();
	const char *struck;
	int rc;

	session = NULL;
	base = 0;
	fault_arm(n, ENOMEM, lasting);
	rc = op->run(r);
	struck = fault_disarm();
	if (rc != (rc != 0 ? -ENOMEM : 0) || (struck == NULL && rc != 0))
		fail_msg("%s, call %u (%s): %d", op->name, n, struck != NULL ? struck : "-", rc);
	if (rc != 0) {
		++*failed;
		rc = op->run(r);
		if (rc != 0)
			fail_msg("%s after call %u (%s) failed: %d", op->name, n, struck, rc);
	}
	if (op->decrypts)
		assert_int_equal(decrypt(r, NULL), 0);
	if (session != NULL)
		assert_int_equal(rte_cryptodev_asym_session_free(r->id, session), 0);
	rte_cryptodev_stop(r->id);
	log_capture_start();	/* what failed was said */
	rig_close(r);		/* memory, memzones, mappings, rules */
	ERR_clear_error();
	return struck;
}

static void
each_call(const struct operation *op, bool lasting)
{
	unsigned int n, failed = 0, before;

	(void)life(op, FAULT_MAX, false, &failed);	/* what libcrypto sets up once and keeps */
	before = nb_blocks;
	for (n = 1; life(op, n, lasting, &failed) != NULL; n++) {
		assert_true(n < FAULT_MAX);
		if (nb_blocks != before)
			fail_msg("%s, call %u: libcrypto holds %u blocks instead of %u", op->name,
				n, nb_blocks, before);
	}
	printf("# %s%s: %u calls, %u of them fatal\n", op->name, lasting ? ", lasting" : "", n - 1,
		failed);
	assert_true(n - 1 >= op->least);
	assert_true(failed >= op->least);
}

static void
test_operation(void **state)
{
	each_call(*state, false);
	each_call(*state, true);
}

static int
prepare(void **state)
{
	struct rig *r;

	(void)state;
	memset(msg, 0x5a, sizeof(msg));
	msg[0] = 0;
	ops = rte_crypto_op_pool_create("asym_ops", RTE_CRYPTO_OP_TYPE_ASYMMETRIC, 16, 0, 0,
			SOCKET_ID_ANY);
	/* The pool asks the device how large a session is. */
	r = open_rig();
	sessions = rte_cryptodev_asym_session_pool_create("asym_sessions", 16, 0, 0,
			SOCKET_ID_ANY);
	rte_cryptodev_stop(r->id);
	r->memory_lost = true;		/* the pool stays */
	rig_close(r);
	return ops == NULL || sessions == NULL || asym_rsa_generate(&key, 8 * N) != 0;
}

static int
done(void **state)
{
	(void)state;
	rte_mempool_free(ops);
	rte_mempool_free(sessions);
	asym_rsa_free(&key);
	return 0;
}

int
main(void)
{
	struct CMUnitTest tests[RTE_DIM(operations)];
	unsigned int i;

	/* Before its first allocation. */
	if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
		return 1;
	rig_init("test_fault_asym");
	for (i = 0; i < RTE_DIM(operations); i++)
		tests[i] = (struct CMUnitTest){ operations[i].name, test_operation, NULL, NULL,
			(void *)(uintptr_t)&operations[i] };
	return cmocka_run_group_tests_name("fault_asym", tests, prepare, done);
}

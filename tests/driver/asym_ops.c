/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See asym_ops.h.
 */
#include <string.h>

#include "asym_ops.h"

static struct rte_mempool *ops, *sessions;
struct asym_rsa asym_key;
uint8_t asym_msg[ASYM_N], asym_out[ASYM_N + 16];
const uint8_t asym_hash[32] = { 0x77, 0x11, 0x42 };

int
asym_done(void **state)
{
	(void)state;
	rte_mempool_free(ops);
	rte_mempool_free(sessions);
	asym_rsa_free(&asym_key);
	return 0;
}

struct rig *
asym_up_with(uint64_t features, enum model_mode mode, const char *devargs)
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

struct rig *
asym_up(uint64_t features, enum model_mode mode)
{
	return asym_up_with(features, mode, NULL);
}

/* Pools; that of the sessions asks the device how large they are. */
int
asym_prepare(void **state)
{
	struct rig *r;
	unsigned int i;

	(void)state;
	ops = rte_crypto_op_pool_create("asym_ops", RTE_CRYPTO_OP_TYPE_ASYMMETRIC, 128, 0, 0,
			SOCKET_ID_ANY);
	r = asym_up(rig_kinds[0].features, MODEL_INLINE);
	sessions = rte_cryptodev_asym_session_pool_create("asym_sessions", 64, 0, 0,
			SOCKET_ID_ANY);
	r->memory_lost = true;	/* the pool stays */
	rig_close(r);
	for (i = 0; i < ASYM_N; i++)
		asym_msg[i] = (uint8_t)(i * 7 + 1);
	asym_msg[0] = 0;
	return ops == NULL || sessions == NULL || asym_rsa_generate(&asym_key, 8 * ASYM_N) != 0;
}

struct rte_crypto_asym_xform
asym_xform_of(bool rsa)
{
	struct rte_crypto_asym_xform x = { .xform_type = RTE_CRYPTO_ASYM_XFORM_ECDSA };

	x.ec.curve_id = RTE_CRYPTO_EC_GROUP_SECP256R1;
	if (rsa) {
		x.xform_type = RTE_CRYPTO_ASYM_XFORM_RSA;
		x.rsa.n = (rte_crypto_uint){ .data = asym_key.num[RSA_N].data, .length = ASYM_N };
		x.rsa.e = (rte_crypto_uint){ .data = asym_key.num[RSA_E].data,
			.length = asym_key.num[RSA_E].len };
		x.rsa.key_type = RTE_RSA_KEY_TYPE_EXP;
		x.rsa.d = (rte_crypto_uint){ .data = asym_key.num[RSA_D].data,
			.length = asym_key.num[RSA_D].len };
	}
	return x;
}

void *
asym_session(struct rig *r, bool rsa)
{
	struct rte_crypto_asym_xform x = asym_xform_of(rsa);
	void *s = NULL;

	assert_int_equal(rte_cryptodev_asym_session_create(r->id, &x, sessions, &s), 0);
	return s;
}

struct rte_crypto_op *
asym_op_of(void *s)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(ops, RTE_CRYPTO_OP_TYPE_ASYMMETRIC);

	assert_non_null(op);
	rte_crypto_op_attach_asym_session(op, s);
	return op;
}

struct rte_crypto_op *
asym_rsa_op(void *s, enum rte_crypto_asym_op_type type, enum rte_crypto_rsa_padding_type padding,
		enum rte_crypto_auth_algorithm hash)
{
	struct rte_crypto_op *op = asym_op_of(s);
	struct rte_crypto_rsa_op_param *p = &op->asym->rsa;
	rte_crypto_param in = { .data = asym_msg, .length = ASYM_N }, room = { .data = asym_out };

	if (padding == RTE_CRYPTO_RSA_PADDING_PKCS1_5 && type != RTE_CRYPTO_ASYM_OP_DECRYPT)
		in = (rte_crypto_param){ .data = (uint8_t *)(uintptr_t)asym_hash, .length = 32 };
	memset(asym_out, 0xa5, sizeof(asym_out));
	p->op_type = type;
	p->padding.type = padding;
	p->padding.hash = hash;
	p->message = type == RTE_CRYPTO_ASYM_OP_DECRYPT ? room : in;
	p->cipher = type == RTE_CRYPTO_ASYM_OP_DECRYPT ? in : room;
	p->sign = type == RTE_CRYPTO_ASYM_OP_SIGN ? room :
		(rte_crypto_param){ .data = asym_msg, .length = ASYM_N };
	return op;
}

void
asym_free_session(struct rig *r, void *s)
{
	assert_int_equal(rte_cryptodev_asym_session_free(r->id, s), 0);
	assert_int_equal(r->m.nb_sessions, 0);
}


/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Opens a device and runs asymmetric ops on it.  Knows nothing of what is tested.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "asym_dev.h"

#define MBUF_ROOM	2048	/* bytes */
#define BURST		32

/* ---- the device ---- */

static const char *
pool_name(const struct asym_dev *d, const char *what)
{
	static char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "%s_%u", what, d->id);
	return name;
}

static int
pools_create(struct asym_dev *d)
{
	unsigned int nb = 4 * ASYM_DESCRIPTORS;

	d->ops = rte_crypto_op_pool_create(pool_name(d, "asym_ops"),
			RTE_CRYPTO_OP_TYPE_UNDEFINED, nb, 0, 32, SOCKET_ID_ANY);
	d->mbufs = rte_pktmbuf_pool_create(pool_name(d, "asym_mbufs"), nb, 0, 0,
			MBUF_ROOM + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	d->sessions = rte_cryptodev_asym_session_pool_create(pool_name(d, "asym_sess"),
			ASYM_SESSIONS, 0, 0, SOCKET_ID_ANY);
	d->sym_sessions = rte_cryptodev_sym_session_pool_create(pool_name(d, "sym_sess"),
			ASYM_SESSIONS, rte_cryptodev_sym_get_private_session_size(d->id), 0, 0,
			SOCKET_ID_ANY);
	if (d->ops != NULL && d->mbufs != NULL && d->sessions != NULL && d->sym_sessions != NULL)
		return 0;
	fprintf(stderr, "no memory for the pools: give EAL more (-m 512)\n");
	return -ENOMEM;
}

static int
configure(struct asym_dev *d)
{
	struct rte_cryptodev_config conf = { .socket_id = SOCKET_ID_ANY,
		.nb_queue_pairs = d->nb_qps };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = ASYM_DESCRIPTORS };
	uint16_t i;
	int rc = rte_cryptodev_configure(d->id, &conf);

	for (i = 0; i < d->nb_qps && rc == 0; i++)
		rc = rte_cryptodev_queue_pair_setup(d->id, i, &qp, SOCKET_ID_ANY);
	return rc != 0 ? rc : rte_cryptodev_start(d->id);
}

static bool
has(const struct asym_dev *d, enum rte_crypto_asym_xform_type type)
{
	struct rte_cryptodev_asym_capability_idx idx = { .type = type };

	return rte_cryptodev_asym_capability_get(d->id, &idx) != NULL;
}

int
asym_dev_open(struct asym_dev *d, const char *name)
{
	struct rte_cryptodev_info info = { 0 };
	int id = rte_cryptodev_get_dev_id(name), rc;

	memset(d, 0, sizeof(*d));
	if (id < 0) {
		fprintf(stderr, "no device named %s: give EAL its --vdev or -a\n", name);
		return -ENODEV;
	}
	d->id = (uint8_t)id;
	d->name = name;
	rte_cryptodev_info_get(d->id, &info);
	d->feature_flags = info.feature_flags;
	d->nb_qps = (uint16_t)RTE_MIN(info.max_nb_queue_pairs, (unsigned int)ASYM_MAX_QPS);
	d->rsa = has(d, RTE_CRYPTO_ASYM_XFORM_RSA);
	d->ecdsa = has(d, RTE_CRYPTO_ASYM_XFORM_ECDSA);
	rc = pools_create(d);
	if (rc == 0)
		rc = configure(d);
	if (rc != 0)
		fprintf(stderr, "%s: can't be set up: %s\n", name, rte_strerror(-rc));
	return rc;
}

void
asym_dev_close(struct asym_dev *d)
{
	if (d->name != NULL) {
		rte_cryptodev_stop(d->id);
		rte_cryptodev_close(d->id);
	}
	rte_mempool_free(d->sessions);
	rte_mempool_free(d->sym_sessions);
	rte_mempool_free(d->ops);
	rte_mempool_free(d->mbufs);
	memset(d, 0, sizeof(*d));
}

/* ---- sessions ---- */

enum rte_crypto_auth_algorithm
asym_rte_hash(enum asym_hash hash)
{
	static const enum rte_crypto_auth_algorithm rte[] = {
		[ASYM_MD5] = RTE_CRYPTO_AUTH_MD5,
		[ASYM_SHA1] = RTE_CRYPTO_AUTH_SHA1,
		[ASYM_SHA224] = RTE_CRYPTO_AUTH_SHA224,
		[ASYM_SHA256] = RTE_CRYPTO_AUTH_SHA256,
		[ASYM_SHA384] = RTE_CRYPTO_AUTH_SHA384,
		[ASYM_SHA512] = RTE_CRYPTO_AUTH_SHA512,
		[ASYM_NO_HASH] = RTE_CRYPTO_AUTH_NULL,
	};

	return rte[hash];
}

enum rte_crypto_curve_id
asym_rte_curve(enum asym_curve curve)
{
	static const enum rte_crypto_curve_id rte[] = {
		[ASYM_P192] = RTE_CRYPTO_EC_GROUP_SECP192R1,
		[ASYM_P224] = RTE_CRYPTO_EC_GROUP_SECP224R1,
		[ASYM_P256] = RTE_CRYPTO_EC_GROUP_SECP256R1,
		[ASYM_P384] = RTE_CRYPTO_EC_GROUP_SECP384R1,
		[ASYM_P521] = RTE_CRYPTO_EC_GROUP_SECP521R1,
	};

	return rte[curve];
}

static rte_crypto_uint
number(const struct kat_bytes *b)
{
	return (rte_crypto_uint){ .data = b->data, .length = b->len };
}

void
asym_rsa_xform(struct rte_crypto_asym_xform *x, const struct asym_rsa *k, enum asym_form form)
{
	memset(x, 0, sizeof(*x));
	x->xform_type = RTE_CRYPTO_ASYM_XFORM_RSA;
	x->rsa.n = number(&k->num[RSA_N]);
	x->rsa.e = number(&k->num[RSA_E]);
	x->rsa.key_type = form == ASYM_QT ? RTE_RSA_KEY_TYPE_QT : RTE_RSA_KEY_TYPE_EXP;
	if (form == ASYM_EXP) {
		x->rsa.d = number(&k->num[RSA_D]);
	} else if (form == ASYM_QT) {
		x->rsa.qt.p = number(&k->num[RSA_P]);
		x->rsa.qt.q = number(&k->num[RSA_Q]);
		x->rsa.qt.dP = number(&k->num[RSA_DP]);
		x->rsa.qt.dQ = number(&k->num[RSA_DQ]);
		x->rsa.qt.qInv = number(&k->num[RSA_QINV]);
	}
}

int
asym_session_make(struct asym_session *s, const struct asym_dev *d, bool sessionless)
{
	s->sess = NULL;
	if (sessionless)
		return 0;
	return rte_cryptodev_asym_session_create(d->id, &s->xform, d->sessions, &s->sess);
}

int
asym_rsa_open(struct asym_session *s, const struct asym_dev *d, const struct asym_rsa *k,
		enum asym_form form, const struct asym_pad *pad, bool sessionless)
{
	memset(s, 0, sizeof(*s));
	asym_rsa_xform(&s->xform, k, form);
	s->pad = *pad;
#if ASYM_PADDING_IN_XFORM
	s->xform.rsa.padding.type = pad->type;
	s->xform.rsa.padding.hash = pad->hash;
#endif
	return asym_session_make(s, d, sessionless);
}

#if ASYM_EC_KEY_IN_XFORM
static rte_crypto_uint
coordinate(const struct asym_ec *k, const uint8_t *data)
{
	return (rte_crypto_uint){ .data = (uint8_t *)(uintptr_t)data, .length = k->len };
}
#endif

int
asym_ec_open(struct asym_session *s, const struct asym_dev *d, const struct asym_ec *k,
		bool sessionless)
{
	memset(s, 0, sizeof(*s));
	s->xform.xform_type = RTE_CRYPTO_ASYM_XFORM_ECDSA;
	s->xform.ec.curve_id = asym_rte_curve(k->curve);
	s->ec = k;
#if ASYM_EC_KEY_IN_XFORM
	if (k->has_d)
		s->xform.ec.pkey = coordinate(k, k->d);
	s->xform.ec.q.x = coordinate(k, k->x);
	s->xform.ec.q.y = coordinate(k, k->y);
#endif
	return asym_session_make(s, d, sessionless);
}

void
asym_session_close(struct asym_session *s, const struct asym_dev *d)
{
	if (s->sess != NULL)
		rte_cryptodev_asym_session_free(d->id, s->sess);
	s->sess = NULL;
}

/* ---- ops ---- */

struct rte_crypto_op *
asym_op(const struct asym_dev *d, struct asym_session *s)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(d->ops, RTE_CRYPTO_OP_TYPE_ASYMMETRIC);

	if (op == NULL) {
		fprintf(stderr, "no op is left in the pool: some were not freed\n");
		exit(1);
	}
	if (s->sess != NULL) {
		rte_crypto_op_attach_asym_session(op, s->sess);
	} else {
		op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
		op->asym->xform = &s->xform;
	}
#if !ASYM_PADDING_IN_XFORM
	if (s->xform.xform_type == RTE_CRYPTO_ASYM_XFORM_RSA) {
		op->asym->rsa.padding.type = s->pad.type;
		op->asym->rsa.padding.hash = s->pad.hash;
	}
#endif
#if !ASYM_EC_KEY_IN_XFORM
	if (s->ec != NULL) {
		struct asym_ec *k = (struct asym_ec *)(uintptr_t)s->ec;
		struct rte_crypto_ecdsa_op_param *p = &op->asym->ecdsa;

		if (k->has_d)
			p->pkey = (rte_crypto_uint){ .data = k->d, .length = k->len };
		p->q.x = (rte_crypto_uint){ .data = k->x, .length = k->len };
		p->q.y = (rte_crypto_uint){ .data = k->y, .length = k->len };
	}
#endif
	return op;
}

void
asym_run(const struct asym_dev *d, uint16_t qp, struct rte_crypto_op **ops, unsigned int nb)
{
	uint64_t end = rte_get_timer_cycles() + ASYM_TIMEOUT_S * rte_get_timer_hz();
	struct rte_crypto_op *done[BURST];
	unsigned int in = 0, out = 0;

	while (out < nb) {
		if (in < nb)
			in += rte_cryptodev_enqueue_burst(d->id, qp, &ops[in],
					(uint16_t)RTE_MIN(nb - in, (unsigned int)BURST));
		out += rte_cryptodev_dequeue_burst(d->id, qp, done, BURST);
		if (rte_get_timer_cycles() > end) {
			printf("FAIL %u of %u ops did not come back\n", nb - out, nb);
			printf("0 passed, 1 failed, 0 skipped\n");
			exit(1);
		}
	}
}

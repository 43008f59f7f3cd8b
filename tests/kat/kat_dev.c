/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Opens a device and runs operations on it.  Knows nothing of vectors.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "kat_dev.h"

int
kat_pools_create(struct kat_pools *p)
{
	memset(p, 0, sizeof(*p));
	p->ops = rte_crypto_op_pool_create("kat_ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC,
			2 * KAT_DESCRIPTORS, 0, KAT_IV_MAX, SOCKET_ID_ANY);
	p->mbufs = rte_pktmbuf_pool_create("kat_mbufs", KAT_MBUFS, 0, 0,
			KAT_ROOM + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	if (p->ops != NULL && p->mbufs != NULL)
		return 0;
	fprintf(stderr, "no memory for the pools: give EAL more (-m 512)\n");
	kat_pools_free(p);
	return -ENOMEM;
}

void
kat_pools_free(struct kat_pools *p)
{
	rte_mempool_free(p->ops);
	rte_mempool_free(p->mbufs);
	memset(p, 0, sizeof(*p));
}

static int
find(struct kat_dev *d, const char *name, const char *driver)
{
	struct rte_cryptodev_info info;
	uint8_t id;

	for (id = 0; id < RTE_CRYPTO_MAX_DEVS; id++) {
		if (!rte_cryptodev_is_valid_dev(id))
			continue;
		memset(&info, 0, sizeof(info));
		rte_cryptodev_info_get(id, &info);
		if (name != NULL ? strcmp(rte_cryptodev_name_get(id), name) != 0 :
				strcmp(info.driver_name, driver) != 0)
			continue;
		d->id = id;
		d->name = rte_cryptodev_name_get(id);
		d->driver = info.driver_name;
		d->feature_flags = info.feature_flags;
		return 0;
	}
	fprintf(stderr, "no device %s%s: give EAL its --vdev or -a\n",
			name != NULL ? "named " : "of driver ", name != NULL ? name : driver);
	return -ENODEV;
}

static int
configure(struct kat_dev *d)
{
	struct rte_cryptodev_config conf = { .socket_id = SOCKET_ID_ANY, .nb_queue_pairs = 1,
		.ff_disable = RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = KAT_DESCRIPTORS };
	char name[RTE_MEMPOOL_NAMESIZE];
	int ret;

	snprintf(name, sizeof(name), "kat_sess_%u", d->id);
	d->sessions = rte_cryptodev_sym_session_pool_create(name, KAT_SESSIONS,
			rte_cryptodev_sym_get_private_session_size(d->id), 0, 0, SOCKET_ID_ANY);
	if (d->sessions == NULL)
		return -ENOMEM;
	qp.mp_session = d->sessions;
	ret = rte_cryptodev_configure(d->id, &conf);
	if (ret == 0)
		ret = rte_cryptodev_queue_pair_setup(d->id, 0, &qp, SOCKET_ID_ANY);
	return ret != 0 ? ret : rte_cryptodev_start(d->id);
}

int
kat_dev_open(struct kat_dev *d, const char *name, const char *driver)
{
	int ret;

	memset(d, 0, sizeof(*d));
	ret = find(d, name, driver);
	if (ret != 0)
		return ret;
	ret = configure(d);
	if (ret != 0) {
		fprintf(stderr, "%s: can't be set up: %s\n", d->name, rte_strerror(-ret));
		kat_dev_close(d);
	}
	return ret;
}

void
kat_dev_close(struct kat_dev *d)
{
	if (d->name != NULL) {
		rte_cryptodev_stop(d->id);
		rte_cryptodev_close(d->id);
	}
	rte_mempool_free(d->sessions);
	memset(d, 0, sizeof(*d));
}

void *
kat_session_create(const struct kat_dev *d, const struct kat_params *p)
{
	struct rte_crypto_sym_xform x[2];

	kat_xforms(x, p);
	return rte_cryptodev_sym_session_create(d->id, x, d->sessions);
}

void
kat_session_free(const struct kat_dev *d, void *session)
{
	if (session != NULL)
		rte_cryptodev_sym_session_free(d->id, session);
}

/* Some drivers refuse an operation at the burst and leave its status behind instead of
 * giving it back: then this is its answer.
 */
static int
refused(const struct rte_crypto_op *op)
{
	return op->status != RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
}

int
kat_run(const struct kat_dev *d, struct rte_crypto_op **ops, unsigned int nb)
{
	uint64_t end = rte_get_timer_cycles() + KAT_TIMEOUT_S * rte_get_timer_hz();
	struct rte_crypto_op *done[KAT_BURST];
	unsigned int in = 0, out = 0, n;

	while (out < nb) {
		n = in == nb ? 0 : rte_cryptodev_enqueue_burst(d->id, 0, &ops[in],
				(uint16_t)RTE_MIN(nb - in, (unsigned int)KAT_BURST));
		in += n;
		if (n == 0 && in < nb && refused(ops[in])) {
			in++;
			out++;
		}
		out += rte_cryptodev_dequeue_burst(d->id, 0, done, KAT_BURST);
		if (rte_get_timer_cycles() > end)
			return -ETIMEDOUT;
	}
	return 0;
}

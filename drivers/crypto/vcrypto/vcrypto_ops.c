/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the rte_cryptodev_ops table, and the two answers that need no other file:
 * device information and statistics.
 */
#include <string.h>

#include "session/vcrypto_asym_keys.h"
#include "vcrypto_dev.h"
#include "data/vcrypto_qp.h"
#include "data/vcrypto_raw.h"

static void
info_get(struct rte_cryptodev *cdev, struct rte_cryptodev_info *info)
{
	const struct vcrypto_dev *dev = vcrypto_dev_of(cdev);

	info->driver_id = vcrypto_driver_id;
	info->feature_flags = dev->feature_flags;
	info->capabilities = dev->caps;
	info->max_nb_queue_pairs = dev->max_nb_qps;
	info->sym.max_nb_sessions = 0;	/* the device does not say; it answers NOSPC */
	info->min_mbuf_headroom_req = 0;
	info->min_mbuf_tailroom_req = 0;
}

static void
stats_get(struct rte_cryptodev *cdev, struct rte_cryptodev_stats *stats)
{
	uint16_t i;

	for (i = 0; i < cdev->data->nb_queue_pairs; i++) {
		const struct vcrypto_qp *qp = cdev->data->queue_pairs[i];

		if (qp == NULL)
			continue;
		stats->enqueued_count += qp->stats.enqueued;
		stats->dequeued_count += qp->stats.dequeued;
		stats->enqueue_err_count += qp->stats.enqueue_err;
		stats->dequeue_err_count += qp->stats.dequeue_err;
	}
}

static void
stats_reset(struct rte_cryptodev *cdev)
{
	uint16_t i;

	for (i = 0; i < cdev->data->nb_queue_pairs; i++) {
		struct vcrypto_qp *qp = cdev->data->queue_pairs[i];

		if (qp != NULL)
			memset(&qp->stats, 0, sizeof(qp->stats));
	}
}

struct rte_cryptodev_ops vcrypto_ops = {
	.dev_configure = vcrypto_dev_configure,
	.dev_start = vcrypto_dev_start,
	.dev_stop = vcrypto_dev_stop,
	.dev_close = vcrypto_dev_close,
	.dev_infos_get = info_get,
	.stats_get = stats_get,
	.stats_reset = stats_reset,
	.queue_pair_setup = vcrypto_qp_setup,
	.queue_pair_release = vcrypto_qp_release,
	.sym_session_get_size = vcrypto_sym_session_size,
	.sym_session_configure = vcrypto_sym_session_configure,
	.sym_session_clear = vcrypto_sym_session_clear,
	.asym_session_get_size = vcrypto_asym_session_size,
	.asym_session_configure = vcrypto_asym_session_configure,
	.asym_session_clear = vcrypto_asym_session_clear,
	.sym_get_raw_dp_ctx_size = vcrypto_raw_ctx_size,
	.sym_configure_raw_dp_ctx = vcrypto_raw_configure,
};

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the device as a secondary process sees it: bursts, information and statistics, and
 * a refusal of everything else.  Never touches registers or the control queue.
 *
 * DPDK copies burst functions when the process attaches, but the primary may start, stop
 * and recover the device later, with rings of another kind.  So each burst checks in shared
 * memory whether it may run, and goes by the queue's kind of that moment.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include "data/vcrypto_burst.h"
#include "device/vcrypto_log.h"
#include "multiproc/vcrypto_secondary.h"
#include "multiproc/vcrypto_share_fd.h"
#include "session/vcrypto_asym_keys.h"
#include "session/vcrypto_sym_session.h"

/* Features of the primary alone: an asymmetric op may need the control queue in mid-burst,
 * calls of the raw data path do not tell where a burst ends, and SAs of rte_security need the
 * administration queue, whose notifications are not shared.  Without the latter feature DPDK
 * gives out no context for IPsec sessions.
 */
#define SECONDARY_FF_OFF	(RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO | \
	RTE_CRYPTODEV_FF_SYM_RAW_DP | RTE_CRYPTODEV_FF_SECURITY)

static uint32_t secondary_pid;	/* this process, never 0 */

/* ---- bursts ---- */

/* Takes the queue pair for one burst.  False while the device is stopped, and while another
 * process is in a burst on it or died in one.
 */
static bool
secondary_enter(struct vcrypto_qp *qp)
{
	uint32_t nobody = 0;

	if (qp == NULL || !__atomic_compare_exchange_n(&qp->holder, &nobody, secondary_pid, false,
			__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	qp->shared = true;
	return true;
}

/* Gives the queue pair back, unless the primary took it by force meanwhile. */
static void
secondary_leave(struct vcrypto_qp *qp)
{
	uint32_t mine = secondary_pid;

	(void)__atomic_compare_exchange_n(&qp->holder, &mine, 0, false, __ATOMIC_RELEASE,
			__ATOMIC_RELAXED);
}

static uint16_t
secondary_burst_none(void *p, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	(void)p;
	(void)ops;
	(void)nb_ops;
	return 0;
}

static uint16_t
secondary_enqueue(void *p, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	struct vcrypto_qp *qp = p;
	uint16_t n = 0;

	if (!secondary_enter(qp))
		return 0;
	/* No op is taken that this process could not notify the device of. */
	if (vcrypto_share_fd_ready(qp))
		n = vcrypto_burst_enqueue(qp, ops, nb_ops);
	secondary_leave(qp);
	return n;
}

static uint16_t
secondary_dequeue(void *p, struct rte_crypto_op **ops, uint16_t nb_ops)
{
	struct vcrypto_qp *qp = p;
	uint16_t n = 0;

	if (!secondary_enter(qp))
		return 0;
	/* Needs notifications too: after a recovery, a dequeue sends ops again. */
	if (vcrypto_share_fd_ready(qp))
		n = vcrypto_burst_dequeue(qp, ops, nb_ops);
	secondary_leave(qp);
	return n;
}

/* ---- DPDK's callbacks around bursts ---- */

/* rte_cryptodev's bursts read these lists.  DPDK makes them when a process configures the
 * device, which this process never does.
 */
static void
secondary_callbacks_free(struct rte_cryptodev_cb_rcu **lists, uint16_t nb)
{
	uint16_t i;

	for (i = 0; *lists != NULL && i < nb; i++)
		rte_free((*lists)[i].qsbr);
	rte_free(*lists);
	*lists = NULL;
}

static int
secondary_callbacks_make(struct rte_cryptodev_cb_rcu **lists, uint16_t nb)
{
	size_t size = rte_rcu_qsbr_get_memsize(1);
	uint16_t i;

	*lists = rte_zmalloc("vcrypto_cbs", nb * sizeof(**lists), 0);
	if (*lists == NULL)
		return -ENOMEM;
	for (i = 0; i < nb; i++) {
		(*lists)[i].qsbr = rte_zmalloc("vcrypto_cbs", size, RTE_CACHE_LINE_SIZE);
		if ((*lists)[i].qsbr == NULL || rte_rcu_qsbr_init((*lists)[i].qsbr, 1) != 0) {
			secondary_callbacks_free(lists, nb);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Frees the lists that are there, of nb queue pairs, and makes new ones for all that the
 * device has.  0 or -ENOMEM with one line; bursts then take and return nothing.
 */
static int
secondary_callbacks_renew(struct rte_cryptodev *cdev, uint16_t nb)
{
	const struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	int rc;

	secondary_callbacks_free(&cdev->enq_cbs, nb);
	secondary_callbacks_free(&cdev->deq_cbs, nb);
	rc = secondary_callbacks_make(&cdev->enq_cbs, dev->max_nb_qps);
	if (rc == 0)
		rc = secondary_callbacks_make(&cdev->deq_cbs, dev->max_nb_qps);
	if (rc != 0) {
		VCRYPTO_ERR("%s: no memory for the callbacks of %u queue pairs: give EAL more "
			"memory", dev->name, dev->max_nb_qps);
		secondary_callbacks_free(&cdev->enq_cbs, dev->max_nb_qps);
		cdev->enqueue_burst = cdev->dequeue_burst = secondary_burst_none;
	}
	return rc;
}

/* ---- rte_cryptodev_ops ---- */

static int
secondary_refuse(const struct rte_cryptodev *cdev, const char *what)
{
	VCRYPTO_ERR("%s: only the primary process may %s: nothing is changed",
		vcrypto_dev_of(cdev)->name, what);
	return -ENOTSUP;
}

/* DPDK has already overwritten the number of queue pairs in shared memory and made its lists
 * anew: both are put right.
 */
static int
secondary_configure(struct rte_cryptodev *cdev, struct rte_cryptodev_config *cfg)
{
	cdev->data->nb_queue_pairs = vcrypto_dev_of(cdev)->nb_qps;
	(void)secondary_callbacks_renew(cdev, cfg->nb_queue_pairs);
	cryptodev_fp_ops_set(&rte_crypto_fp_ops[cdev->data->dev_id], cdev);
	return secondary_refuse(cdev, "configure the device");
}

static int
secondary_start(struct rte_cryptodev *cdev)
{
	return secondary_refuse(cdev, "start the device");
}

/* DPDK has already replaced this process's burst functions, and will mark the device as
 * stopped in shared memory.  The former is undone here, the latter by the primary's health
 * check.
 */
static void
secondary_stop(struct rte_cryptodev *cdev)
{
	(void)secondary_refuse(cdev, "stop the device");
	cryptodev_fp_ops_set(&rte_crypto_fp_ops[cdev->data->dev_id], cdev);
}

static int
secondary_close(struct rte_cryptodev *cdev)
{
	return secondary_refuse(cdev, "close the device");
}

static void
secondary_stats_reset(struct rte_cryptodev *cdev)
{
	(void)secondary_refuse(cdev, "reset statistics");
}

static int
secondary_qp_setup(struct rte_cryptodev *cdev, uint16_t qp_id,
		const struct rte_cryptodev_qp_conf *conf, int socket_id)
{
	(void)qp_id;
	(void)conf;
	(void)socket_id;
	return secondary_refuse(cdev, "set up queue pairs");
}

/* Called by a configure with fewer queue pairs, before which DPDK has freed its lists. */
static int
secondary_qp_release(struct rte_cryptodev *cdev, uint16_t qp_id)
{
	(void)qp_id;
	(void)secondary_callbacks_renew(cdev, 0);
	cryptodev_fp_ops_set(&rte_crypto_fp_ops[cdev->data->dev_id], cdev);
	return secondary_refuse(cdev, "release queue pairs");
}

static int
secondary_sym_configure(struct rte_cryptodev *cdev, struct rte_crypto_sym_xform *xform,
		struct rte_cryptodev_sym_session *sess)
{
	(void)xform;
	(void)sess;
	return secondary_refuse(cdev, "create sessions");
}

/* DPDK wipes the session and returns it to its pool, whatever is done here. */
static void
secondary_sym_clear(struct rte_cryptodev *cdev, struct rte_cryptodev_sym_session *sess)
{
	(void)sess;
	VCRYPTO_ERR("%s: a session was freed that only the primary process may free: the device "
		"keeps it until it is reset", vcrypto_dev_of(cdev)->name);
}

static int
secondary_asym_configure(struct rte_cryptodev *cdev, struct rte_crypto_asym_xform *xform,
		struct rte_cryptodev_asym_session *sess)
{
	(void)xform;
	(void)sess;
	return secondary_refuse(cdev, "create sessions");
}

static void
secondary_asym_clear(struct rte_cryptodev *cdev, struct rte_cryptodev_asym_session *sess)
{
	(void)sess;
	(void)secondary_refuse(cdev, "free sessions");
}

static void
secondary_info_get(struct rte_cryptodev *cdev, struct rte_cryptodev_info *info)
{
	vcrypto_device_info(cdev, info);
	info->feature_flags &= ~(uint64_t)SECONDARY_FF_OFF;
}

static struct rte_cryptodev_ops secondary_ops = {
	.dev_configure = secondary_configure,
	.dev_start = secondary_start,
	.dev_stop = secondary_stop,
	.dev_close = secondary_close,
	.dev_infos_get = secondary_info_get,
	.stats_get = vcrypto_qp_stats_get,
	.stats_reset = secondary_stats_reset,
	.queue_pair_setup = secondary_qp_setup,
	.queue_pair_release = secondary_qp_release,
	.sym_session_get_size = vcrypto_sym_session_size,
	.sym_session_configure = secondary_sym_configure,
	.sym_session_clear = secondary_sym_clear,
	.asym_session_get_size = vcrypto_asym_session_size,
	.asym_session_configure = secondary_asym_configure,
	.asym_session_clear = secondary_asym_clear,
};

void
vcrypto_secondary_remove(struct rte_cryptodev *cdev)
{
	uint16_t nb = vcrypto_dev_of(cdev)->max_nb_qps;

	secondary_callbacks_free(&cdev->enq_cbs, nb);
	secondary_callbacks_free(&cdev->deq_cbs, nb);
	cdev->dev_ops = NULL;	/* else DPDK would close the device */
}

int
vcrypto_secondary_install(struct rte_cryptodev *cdev)
{
	const struct vcrypto_dev *dev = vcrypto_dev_of(cdev);

	cdev->enq_cbs = cdev->deq_cbs = NULL;
	cdev->security_ctx = NULL;
	secondary_pid = (uint32_t)getpid();
	cdev->driver_id = vcrypto_driver_id;
	cdev->dev_ops = &secondary_ops;
	cdev->feature_flags = dev->feature_flags & ~(dev->disabled_flags | SECONDARY_FF_OFF);
	cdev->enqueue_burst = secondary_enqueue;
	cdev->dequeue_burst = secondary_dequeue;
	return secondary_callbacks_renew(cdev, 0);
}

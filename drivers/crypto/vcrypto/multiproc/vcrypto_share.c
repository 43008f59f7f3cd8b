/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns vcrypto_qp.holder, the word that says who runs bursts on a queue pair, on the
 * primary's side, and how a secondary attaches to a device.  The secondary's bursts and
 * operations are in vcrypto_secondary.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "data/vcrypto_asym_request.h"
#include "data/vcrypto_park.h"
#include "device/vcrypto_log.h"
#include "multiproc/vcrypto_secondary.h"
#include "multiproc/vcrypto_share.h"
#include "multiproc/vcrypto_share_fd.h"

/* ---- the primary's side ---- */

uint64_t
vcrypto_share_build(void)
{
	const size_t sizes[] = { sizeof(struct vcrypto_dev), sizeof(struct vcrypto_qp),
		sizeof(struct vcrypto_session), sizeof(struct vcrypto_asym_request),
		sizeof(struct vcrypto_asym_entry) };
	uint64_t build = RTE_VERSION;
	unsigned int i;

	for (i = 0; i < RTE_DIM(sizes); i++)
		build = build * 1000003 + sizes[i];
	return build;
}

/* Takes a queue pair that no process is using. */
static bool
share_try_hold(struct vcrypto_qp *qp)
{
	uint32_t nobody = 0;

	return __atomic_compare_exchange_n(&qp->holder, &nobody, VCRYPTO_HELD, false,
			__ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Takes a queue pair from a process that is in the middle of a burst and is not expected to
 * end it.  The state of the ring is unknown, so the queue is broken.
 */
static void
share_hold_by_force(struct vcrypto_dev *dev, struct vcrypto_qp *qp)
{
	uint32_t pid = __atomic_exchange_n(&qp->holder, VCRYPTO_HELD, __ATOMIC_ACQUIRE);

	VCRYPTO_WARN("%s: queue pair %u: process %" PRIu32 " died or hangs in the middle of a "
		"burst: its ops in flight come back with errors", dev->name, qp->index, pid);
	vq_break(&qp->vq, VQ_STOPPED);
}

void
vcrypto_share_open(struct vcrypto_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++) {
		vcrypto_qp_at(dev, i)->shared = false;
		vcrypto_qp_at(dev, i)->overdue = 0;
		__atomic_store_n(&vcrypto_qp_at(dev, i)->holder, 0, __ATOMIC_RELEASE);
	}
}

void
vcrypto_share_close(struct vcrypto_dev *dev)
{
	uint64_t end = rte_get_timer_cycles() +
		(uint64_t)VCRYPTO_SHARE_WAIT_MS * rte_get_timer_hz() / 1000;
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++) {
		struct vcrypto_qp *qp = vcrypto_qp_at(dev, i);

		while (!share_try_hold(qp)) {
			if (rte_get_timer_cycles() > end) {
				share_hold_by_force(dev, qp);
				break;
			}
			rte_pause();
		}
	}
}

/* Is the queue pair still to be parked, and not by the primary's own thread, which holds no
 * queue pair and does not die alone?
 */
static bool
share_must_park(const struct vcrypto_qp *qp, uint32_t down)
{
	return down == VCRYPTO_DOWN || (down == VCRYPTO_PARKING &&
		__atomic_load_n(&qp->holder, __ATOMIC_ACQUIRE) != 0);
}

void
vcrypto_share_park(struct vcrypto_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_queue_pairs; i++) {
		struct vcrypto_qp *qp = vcrypto_qp_at(dev, i);
		uint32_t down = __atomic_load_n(&qp->down, __ATOMIC_ACQUIRE);

		if (!qp->shared || !share_must_park(qp, down))
			continue;
		if (!share_try_hold(qp)) {
			if (++qp->overdue < VCRYPTO_SHARE_CHECKS)
				continue;
			share_hold_by_force(dev, qp);
			/* It may have died while it parked: that is done again. */
			if (down == VCRYPTO_PARKING)
				__atomic_store_n(&qp->down, VCRYPTO_DOWN, __ATOMIC_RELEASE);
		}
		qp->overdue = 0;
		(void)vcrypto_park_step(qp);
		__atomic_store_n(&qp->holder, 0, __ATOMIC_RELEASE);
	}
}

/* ---- a secondary's side ---- */

/* Is the device in shared memory the one of this name, made by the same driver? */
static int
share_check_device(const struct rte_cryptodev *cdev, const char *name)
{
	const struct vcrypto_dev *dev = vcrypto_dev_of(cdev);

	/* Each process numbers its devices by itself. */
	if (strcmp(cdev->data->name, name) != 0) {
		VCRYPTO_ERR("%s: device %u of the primary process is '%s': give both processes the "
			"same devices in the same order (-a, --vdev)", name, cdev->data->dev_id,
			cdev->data->name);
		return -ENODEV;
	}
	if (dev == NULL || __atomic_load_n(&dev->build, __ATOMIC_ACQUIRE) !=
			vcrypto_share_build()) {
		VCRYPTO_ERR("%s: the primary process drives the device with another driver, or "
			"another build of this one: load the same plugin in both", name);
		return -ENOTSUP;
	}
	if (dev->driver_id != vcrypto_driver_id) {
		VCRYPTO_ERR("%s: this driver has number %u here and %u in the primary process: "
			"load the same drivers in the same order (-d)", name, vcrypto_driver_id,
			dev->driver_id);
		return -ENOTSUP;
	}
	if (dev->traits.own_registers) {
		VCRYPTO_ERR("%s: the device is notified by pages that the primary process alone "
			"has mapped: give it notify_area=0 there to use it in other processes",
			name);
		return -ENOTSUP;
	}
	return 0;
}

int
vcrypto_share_attach(struct rte_device *rte_dev, const char *name)
{
	struct rte_cryptodev_pmd_init_params params = {
		.private_data_size = sizeof(struct vcrypto_dev),
		.socket_id = rte_dev->numa_node,
	};
	struct rte_cryptodev *cdev = rte_cryptodev_pmd_create(name, rte_dev, &params);
	int rc;

	if (cdev == NULL) {
		VCRYPTO_ERR("%s: the primary process has no such device, so this process does not "
			"use it", name);
		return -ENODEV;
	}
	/* Left by the last device of this entry: its close must not be called. */
	cdev->dev_ops = NULL;
	rc = share_check_device(cdev, name);
	if (rc != 0)
		goto destroy;
	rc = vcrypto_share_fd_attach(vcrypto_dev_of(cdev));
	if (rc != 0)
		goto destroy;
	rc = vcrypto_secondary_install(cdev);
	if (rc != 0)
		goto fd_detach;
	rte_cryptodev_pmd_probing_finish(cdev);
	return 0;

fd_detach:
	vcrypto_share_fd_detach(cdev->data->dev_id);
destroy:
	cdev->dev_ops = NULL;
	rte_cryptodev_pmd_destroy(cdev);
	return rc;
}

int
vcrypto_share_detach(const char *name)
{
	struct rte_cryptodev *cdev = rte_cryptodev_pmd_get_named_dev(name);

	if (cdev == NULL)
		return -ENODEV;
	vcrypto_share_fd_detach(cdev->data->dev_id);
	vcrypto_secondary_remove(cdev);
	rte_cryptodev_pmd_destroy(cdev);
	return 0;
}

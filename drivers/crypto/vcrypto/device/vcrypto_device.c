/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the data that a process has once (the driver id, the counter of generations) and
 * the accessors of struct vcrypto_dev that take more than a line.  Must not change a
 * device.
 */
#include "device/vcrypto_device.h"

uint8_t vcrypto_driver_id;

/* Counted across devices: the cookie left in a freed session, or in one of a device that was
 * removed, matches no device.
 */
uint32_t
vcrypto_generation_next(void)
{
	static uint32_t last;

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

const char *
vcrypto_lost_text(const struct vcrypto_dev *dev)
{
	static const char *const text[VCRYPTO_NB_LOST] = {
		[VCRYPTO_NOT_LOST] = "",
		[VCRYPTO_LOST_GONE] = "the device is gone",
		[VCRYPTO_LOST_NEEDS_RESET] = "the device asks to be reset",
		[VCRYPTO_LOST_NOT_READY] = "the device is not ready any more (HW_READY)",
	};

	return text[__atomic_load_n(&dev->lost, __ATOMIC_RELAXED)];
}

unsigned int
vcrypto_req_flags(const struct vcrypto_dev *dev, enum virtio_crypto_service service)
{
	return req_layout_flags(dev->features, service);
}

void
vcrypto_device_info(struct rte_cryptodev *cdev, struct rte_cryptodev_info *info)
{
	const struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	bool security = (dev->feature_flags & RTE_CRYPTODEV_FF_SECURITY) != 0;

	info->driver_id = vcrypto_driver_id;
	info->feature_flags = dev->feature_flags;
	info->capabilities = dev->caps;
	info->max_nb_queue_pairs = dev->max_nb_qps;
	info->sym.max_nb_sessions = 0;	/* no limit known: the device answers NOSPC */
	info->min_mbuf_headroom_req = security ? VCRYPTO_IPSEC_HEADROOM : 0;
	info->min_mbuf_tailroom_req = security ? VCRYPTO_IPSEC_TAILROOM : 0;
}

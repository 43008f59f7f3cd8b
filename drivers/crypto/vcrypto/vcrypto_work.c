/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the thread of vcrypto_work.h, from its creation until it is joined.  Must not know
 * what it does.
 */
#include "device/vcrypto_device.h"
#include "vcrypto_work.h"

static vcrypto_thread_result
work_run(void *arg)
{
	struct vcrypto_dev *dev = arg;

	dev->work.rc = dev->work.call(dev);
	/* Pairs with vcrypto_work_ended(): what the call has written is seen there. */
	__atomic_store_n(&dev->work.done, true, __ATOMIC_RELEASE);
	return 0;
}

int
vcrypto_work_begin(struct vcrypto_dev *dev, int (*call)(struct vcrypto_dev *dev))
{
	int rc;

	dev->work.call = call;
	dev->work.done = false;
	__atomic_store_n(&dev->work.cancelled, false, __ATOMIC_RELAXED);
	rc = vcrypto_thread_start(&dev->work.thread, "vcrypto-recover", work_run, dev);
	dev->work.begun = rc == 0;
	return rc;
}

static bool
work_join(struct vcrypto_dev *dev, int *rc)
{
	vcrypto_thread_join(dev->work.thread);
	dev->work.begun = false;
	__atomic_store_n(&dev->work.cancelled, false, __ATOMIC_RELAXED);
	*rc = dev->work.rc;
	return true;
}

bool
vcrypto_work_ended(struct vcrypto_dev *dev, int *rc)
{
	return dev->work.begun && __atomic_load_n(&dev->work.done, __ATOMIC_ACQUIRE) &&
		work_join(dev, rc);
}

bool
vcrypto_work_cancel(struct vcrypto_dev *dev, int *rc)
{
	if (!dev->work.begun)
		return false;
	__atomic_store_n(&dev->work.cancelled, true, __ATOMIC_RELAXED);
	return work_join(dev, rc);
}

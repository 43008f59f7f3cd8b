/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the table of this driver's devices and the counts of who holds them.  Must not call
 * a device.
 */
#include <unistd.h>

#include <rte_spinlock.h>

#include "device/vcrypto_device.h"
#include "device/vcrypto_registry.h"

#define REGISTRY_POLL_US	100

static rte_spinlock_t registry_lock = RTE_SPINLOCK_INITIALIZER;
static struct {
	struct vcrypto_dev *dev;	/* NULL: none, or it is being removed */
	unsigned int holders;
} registry[RTE_CRYPTO_MAX_DEVS];
static unsigned int registry_nb;

void
vcrypto_registry_add(struct vcrypto_dev *dev)
{
	rte_spinlock_lock(&registry_lock);
	registry[dev->data->dev_id].dev = dev;
	registry_nb++;
	rte_spinlock_unlock(&registry_lock);
}

void
vcrypto_registry_remove(struct vcrypto_dev *dev)
{
	rte_spinlock_lock(&registry_lock);
	registry[dev->data->dev_id].dev = NULL;
	registry_nb--;
	rte_spinlock_unlock(&registry_lock);
}

bool
vcrypto_registry_is_empty(void)
{
	bool empty;

	rte_spinlock_lock(&registry_lock);
	empty = registry_nb == 0;
	rte_spinlock_unlock(&registry_lock);
	return empty;
}

void
vcrypto_registry_await(const struct vcrypto_dev *dev)
{
	unsigned int holders;

	do {
		rte_spinlock_lock(&registry_lock);
		holders = registry[dev->data->dev_id].holders;
		rte_spinlock_unlock(&registry_lock);
		if (holders != 0)
			usleep(REGISTRY_POLL_US);
	} while (holders != 0);
}

struct vcrypto_dev *
vcrypto_registry_hold(unsigned int dev_id)
{
	struct vcrypto_dev *dev;

	if (dev_id >= RTE_CRYPTO_MAX_DEVS)
		return NULL;
	rte_spinlock_lock(&registry_lock);
	dev = registry[dev_id].dev;
	registry[dev_id].holders += dev != NULL;
	rte_spinlock_unlock(&registry_lock);
	return dev;
}

void
vcrypto_registry_release(const struct vcrypto_dev *dev)
{
	rte_spinlock_lock(&registry_lock);
	registry[dev->data->dev_id].holders--;
	rte_spinlock_unlock(&registry_lock);
}

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the reservation of memory that is shared with the device, and the wiping of
 * memory.  Calls rte_memzone.  Must not run on the hot path.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_memory.h>

#include "device/vcrypto_device.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"

const struct rte_memzone *
vcrypto_mem_reserve(struct vcrypto_dev *dev, const char *purpose, size_t len)
{
	static uint32_t seq;
	const struct rte_memzone *mz;
	char name[RTE_MEMZONE_NAMESIZE];

	/* A number makes each name new: memory that a device did not give back keeps its
	 * name.
	 */
	(void)snprintf(name, sizeof(name), "vcrypto%u_%s_%u", dev->data->dev_id, purpose,
		__atomic_fetch_add(&seq, 1, __ATOMIC_RELAXED));
	mz = rte_memzone_reserve_aligned(name, len, vcrypto_mem_socket(dev),
			RTE_MEMZONE_IOVA_CONTIG, VQ_RING_ALIGN);
	if (mz == NULL && rte_errno == ENOMEM)
		mz = rte_memzone_reserve_aligned(name, len, SOCKET_ID_ANY,
				RTE_MEMZONE_IOVA_CONTIG, VQ_RING_ALIGN);
	if (mz == NULL) {
		VCRYPTO_ERR("%s: cannot reserve %zu bytes for '%s' (%s): give EAL more memory, "
			"or use fewer descriptors", dev->name, len, name, rte_strerror(rte_errno));
		return NULL;
	}
	memset(mz->addr, 0, mz->len);
	return mz;
}

void
vcrypto_mem_free(const struct rte_memzone **mz)
{
	if (*mz != NULL)
		rte_memzone_free(*mz);
	*mz = NULL;
}

uint64_t
vcrypto_mem_addr(const struct vcrypto_dev *dev, const struct rte_memzone *mz)
{
	return dev->traits.addr_is_va ? (uint64_t)(uintptr_t)mz->addr : mz->iova;
}

int
vcrypto_mem_socket(const struct vcrypto_dev *dev)
{
	return dev->traits.numa_node < 0 ? SOCKET_ID_ANY : dev->traits.numa_node;
}

void
vcrypto_mem_wipe(void *p, size_t len)
{
	memset(p, 0, len);
	/* The memory clobber makes the zeros observable: the compiler must store them. */
	__asm__ volatile("" : : "r"(p) : "memory");
}

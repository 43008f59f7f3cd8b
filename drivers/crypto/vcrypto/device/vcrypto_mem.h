/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that the device accesses, and its wiping.  Rings and requests lie in
 * memzones of their own, apart from payload, on the device's NUMA node where possible.
 *
 * Threads: any.
 */
#ifndef VCRYPTO_MEM_H
#define VCRYPTO_MEM_H

#include <stddef.h>
#include <stdint.h>

#include <rte_memzone.h>

struct vcrypto_dev;

/* Reserves len bytes, IOVA-contiguous, aligned to a page, zeroed.  purpose becomes part of
 * the memzone's name.  The caller frees it with vcrypto_mem_free().  NULL with one line
 * logged if there is no memory.
 */
const struct rte_memzone *vcrypto_mem_reserve(struct vcrypto_dev *dev, const char *purpose,
		size_t len);
/* Frees *mz and sets it to NULL; *mz may be NULL. */
void vcrypto_mem_free(const struct rte_memzone **mz);
/* The memzone's address as the device uses it: virtual (traits.addr_is_va) or IOVA. */
uint64_t vcrypto_mem_addr(const struct vcrypto_dev *dev, const struct rte_memzone *mz);
/* The device's NUMA node, or SOCKET_ID_ANY if it has none. */
int vcrypto_mem_socket(const struct vcrypto_dev *dev);
/* Overwrites len bytes with zeros; the compiler cannot remove the stores. */
void vcrypto_mem_wipe(void *p, size_t len);

#endif

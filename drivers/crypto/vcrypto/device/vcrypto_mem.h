/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that the device sees, and its wiping.  Rings and requests come from
 * memzones of their own, apart from payload, on the device's NUMA node.
 */
#ifndef VCRYPTO_MEM_H
#define VCRYPTO_MEM_H

#include <stddef.h>
#include <stdint.h>

#include <rte_memzone.h>

struct vcrypto_dev;

/* IOVA-contiguous, page aligned, zeroed; what is a word for its name.  NULL with
 * one line logged.  len in bytes.
 */
const struct rte_memzone *vcrypto_mem_reserve(struct vcrypto_dev *dev, const char *what,
		size_t len);
/* Frees and sets to NULL; accepts NULL inside. */
void vcrypto_mem_free(const struct rte_memzone **mz);
/* Its address in the device's terms. */
uint64_t vcrypto_mem_addr(const struct vcrypto_dev *dev, const struct rte_memzone *mz);
/* The device's NUMA node, or SOCKET_ID_ANY. */
int vcrypto_mem_socket(const struct vcrypto_dev *dev);
/* Overwrites with zeros, and no compiler takes it away. */
void vcrypto_mem_wipe(void *p, size_t len);

#endif

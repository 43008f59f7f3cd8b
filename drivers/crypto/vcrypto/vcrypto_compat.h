/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The one place that knows DPDK's versions: 22.11 is the reference, 24.11 and
 * 25.11 differ as said here.  Everything else includes this and asks no version.
 */
#ifndef VCRYPTO_COMPAT_H
#define VCRYPTO_COMPAT_H

#include <stdbool.h>

#include <rte_version.h>
#include <rte_mbuf.h>
#include <rte_cryptodev.h>
#include <cryptodev_pmd.h>

/* SHAKE-128 and SHAKE-256 have names since 23.03. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define VCRYPTO_HAVE_SHAKE 1
#endif

/* Offset in a struct rte_mbuf of the buffer's address in the device's terms. */
static inline size_t
vcrypto_mbuf_addr_offset(bool use_va)
{
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0) || \
	(defined(RTE_IOVA_IN_MBUF) && RTE_IOVA_IN_MBUF)
	return use_va ? offsetof(struct rte_mbuf, buf_addr) : offsetof(struct rte_mbuf, buf_iova);
#else
	(void)use_va;	/* built without the field: IOVA is VA */
	return offsetof(struct rte_mbuf, buf_addr);
#endif
}

#endif

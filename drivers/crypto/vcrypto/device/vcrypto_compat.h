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

/* Padding of RSA: in the op until 24.07, in the xform since 24.11. */
#define VCRYPTO_RSA_PADDING_IN_XFORM	(RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0))
/* ECDSA keys: in the op until 23.07, in the xform since 23.11. */
#define VCRYPTO_EC_KEY_IN_XFORM		(RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0))

/* The padding that holds for an op: its own, or its xform's (a copy of it). */
static inline const struct rte_crypto_rsa_padding *
vcrypto_rsa_padding(const struct rte_crypto_rsa_op_param *op,
		const struct rte_crypto_rsa_padding *of_xform)
{
#if VCRYPTO_RSA_PADDING_IN_XFORM
	(void)op;
	return of_xform;
#else
	(void)of_xform;
	return &op->padding;
#endif
}

#ifndef CRYPTODEV_GET_ASYM_SESS_PRIV
#define CRYPTODEV_GET_ASYM_SESS_PRIV(s)	((void *)(s)->sess_private_data)
#endif

/* Telemetry's unsigned values: _u64 until 22.11, _uint since 23.03. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define vcrypto_tel_dict_u64(d, name, v)	rte_tel_data_add_dict_uint(d, name, v)
#else
#define vcrypto_tel_dict_u64(d, name, v)	rte_tel_data_add_dict_u64(d, name, v)
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

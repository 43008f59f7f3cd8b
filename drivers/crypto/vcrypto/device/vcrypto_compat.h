/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The differences between DPDK's versions: 22.11 is the reference, and 24.11 and 25.11
 * differ as stated here.  All other files include this one and must not test the version.
 */
#ifndef VCRYPTO_COMPAT_H
#define VCRYPTO_COMPAT_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include <rte_version.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_cryptodev.h>
#include <cryptodev_pmd.h>
/* Has struct rte_security_ctx since 23.11, and includes what has it until then. */
#include <rte_security_driver.h>

/* DPDK has names for SHAKE-128 and SHAKE-256 since 23.03. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define VCRYPTO_HAVE_SHAKE 1
#endif

/* RSA padding is a field of the op until 24.07, of the xform since 24.11. */
#define VCRYPTO_RSA_PADDING_IN_XFORM	(RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0))
/* ECDSA keys are fields of the op until 23.07, of the xform since 23.11. */
#define VCRYPTO_EC_KEY_IN_XFORM		(RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0))

/* The last field of IPsec's options, which the driver refuses.  reserved_opts fills the structure
 * until 23.07; the bits after ingress_oop, since 23.11, belong to nobody, and applications need
 * not clear them: never compare the whole structure.
 */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#define VCRYPTO_IPSEC_LAST_OPTION	ingress_oop
#else
#define VCRYPTO_IPSEC_LAST_OPTION	reserved_opts
#endif

/* The padding that applies to an op: its own, or of_xform, a copy of its xform's. */
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

/* Did this driver make the session?  rte_cryptodev checks that only when it frees one.  Not
 * NULL.
 */
static inline bool
vcrypto_sym_session_is_of(const void *session, uint8_t driver_id)
{
	const struct rte_cryptodev_sym_session *s = session;

	return s->driver_id == driver_id;
}

static inline bool
vcrypto_asym_session_is_of(const void *session, uint8_t driver_id)
{
	const struct rte_cryptodev_asym_session *s = session;

	return s->driver_id == driver_id;
}

#ifndef CRYPTODEV_GET_ASYM_SESS_PRIV
#define CRYPTODEV_GET_ASYM_SESS_PRIV(s)	((void *)(s)->sess_private_data)
#endif

/* The call that adds an unsigned value to telemetry's answer ends in _u64 until 22.11, in
 * _uint since 23.03.
 */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define vcrypto_tel_dict_u64(d, name, v)	rte_tel_data_add_dict_uint(d, name, v)
#else
#define vcrypto_tel_dict_u64(d, name, v)	rte_tel_data_add_dict_u64(d, name, v)
#endif

/* A thread of EAL's kind for control, which stays off the lcores: pthreads until 23.07,
 * EAL's own type since 23.11.
 */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
typedef rte_thread_t vcrypto_thread;
typedef uint32_t vcrypto_thread_result;
#define vcrypto_thread_spawn(t, name, run, arg) \
	rte_thread_create_control(t, name, run, arg)
#define vcrypto_thread_join(t)	((void)rte_thread_join(t, NULL))
#else
typedef pthread_t vcrypto_thread;
typedef void *vcrypto_thread_result;
#define vcrypto_thread_spawn(t, name, run, arg) \
	rte_ctrl_thread_create(t, name, NULL, run, arg)
#define vcrypto_thread_join(t)	((void)pthread_join(t, NULL))
#endif

typedef vcrypto_thread_result vcrypto_thread_run(void *arg);

/* Starts such a thread, to which no signal of the application is delivered.  0 or -errno. */
static inline int
vcrypto_thread_start(vcrypto_thread *t, const char *name, vcrypto_thread_run *run,
		void *arg)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = vcrypto_thread_spawn(t, name, run, arg);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc > 0 ? -rc : rc;
}

/* Offset in a struct rte_mbuf of the field with the buffer's address as the device uses it:
 * a virtual address (use_va) or an IOVA.
 */
static inline size_t
vcrypto_mbuf_addr_offset(bool use_va)
{
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0) || \
	(defined(RTE_IOVA_IN_MBUF) && RTE_IOVA_IN_MBUF)
	return use_va ? offsetof(struct rte_mbuf, buf_addr) : offsetof(struct rte_mbuf, buf_iova);
#else
	(void)use_va;	/* built without buf_iova: IOVA is VA */
	return offsetof(struct rte_mbuf, buf_addr);
#endif
}

#endif

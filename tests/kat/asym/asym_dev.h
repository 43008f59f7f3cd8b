/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A cryptodev for asymmetric ops: opening, sessions, running ops.  The one place that
 * knows which version of DPDK has padding and ECDSA keys where.  Public API only.
 */
#ifndef ASYM_DEV_H
#define ASYM_DEV_H

#include <stdbool.h>

#include <rte_cryptodev.h>
#include <rte_version.h>

#include "asym_host.h"

/* Padding of RSA: in the op until 24.07, in the transform since 24.11. */
#define ASYM_PADDING_IN_XFORM	(RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0))
/* ECDSA keys: in the op until 23.07, in the transform since 23.11. */
#define ASYM_EC_KEY_IN_XFORM	(RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0))

/* Bound on a wait for ops, seconds: an RSA-8192 signature takes a tenth of one. */
#define ASYM_TIMEOUT_S		300
#define ASYM_DESCRIPTORS	256
/* DPDK 22.11 does not give back the objects of sessions that were refused. */
#define ASYM_SESSIONS		512
#define ASYM_MAX_QPS		2

struct asym_dev {
	uint8_t id;
	const char *name;
	uint64_t feature_flags;
	uint16_t nb_qps;		/* configured: as many as there are, 2 at most */
	bool rsa, ecdsa;		/* it has the capability */
	struct rte_mempool *sessions, *sym_sessions, *ops, *mbufs;
};

/* Configured and started.  0 or -errno with a message. */
int asym_dev_open(struct asym_dev *d, const char *name);
void asym_dev_close(struct asym_dev *d);

enum asym_form {
	ASYM_EXP,		/* n, e, d */
	ASYM_QT,		/* n, e, and the quintuple */
	ASYM_PUBLIC,		/* n, e, and an empty d */
};

/* Padding of an RSA op; of its session since DPDK 24.11. */
struct asym_pad {
	enum rte_crypto_rsa_padding_type type;
	enum rte_crypto_auth_algorithm hash;
};

enum rte_crypto_auth_algorithm asym_rte_hash(enum asym_hash hash);
enum rte_crypto_curve_id asym_rte_curve(enum asym_curve curve);

/* Either a session of the device's or, sessionless, the transform that each op names. */
struct asym_session {
	struct rte_crypto_asym_xform xform;	/* points into the key */
	void *sess;				/* NULL: sessionless */
	struct asym_pad pad;
	const struct asym_ec *ec;		/* until 23.07 each op takes the key */
};

void asym_rsa_xform(struct rte_crypto_asym_xform *x, const struct asym_rsa *k,
		enum asym_form form);
/* 0 or the device's -errno. */
int asym_rsa_open(struct asym_session *s, const struct asym_dev *d, const struct asym_rsa *k,
		enum asym_form form, const struct asym_pad *pad, bool sessionless);
int asym_ec_open(struct asym_session *s, const struct asym_dev *d, const struct asym_ec *k,
		bool sessionless);
int asym_session_make(struct asym_session *s, const struct asym_dev *d, bool sessionless);
void asym_session_close(struct asym_session *s, const struct asym_dev *d);

/* An op of the session, its parameters cleared but for what the session decides.  Ends
 * the program where there is none.
 */
struct rte_crypto_op *asym_op(const struct asym_dev *d, struct asym_session *s);

/* Runs nb ops on a queue pair and waits for all.  An answer that does not come ends
 * the program: the ops belong to the device.
 */
void asym_run(const struct asym_dev *d, uint16_t qp, struct rte_crypto_op **ops,
		unsigned int nb);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the parts of the soak share.  A unit is one or more devices with their pools,
 * sessions and counters; its ops carry a mark, so that each is known to come back once, to
 * whom it was sent, and with what it has to hold.  Two kinds of units run at once: two
 * virtual devices, each on a daemon that is killed and frozen, which share their sessions
 * (daemon.c), and a PCI device made of memory that does what it likes (evil.c).
 *
 * Whatever goes wrong is a problem: counted, and the first few printed.
 */
#ifndef SOAK_H
#define SOAK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_cryptodev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "lib/request/req_alg.h"

#define SOAK_DEVS	2	/* of a unit, at most */
#define SOAK_QPS	2	/* of a device, at most */
#define SOAK_WORKERS	(SOAK_DEVS * SOAK_QPS)
#define SOAK_BURST	64
#define SOAK_SESSIONS	48	/* of a unit, at most */
#define SOAK_ASYM	6	/* of these, at most */
#define SOAK_NB_OPS	2048
#define SOAK_NB_MBUFS	4096
#define SOAK_NB_BIGS	640
#define SOAK_BUF	2048	/* bytes of a small mbuf, headroom apart */
#define SOAK_BIG	17408	/* the same for a big one */
#define SOAK_LEN	16384	/* the longest payload */
#define SOAK_KEY	256
#define SOAK_IV		16
#define SOAK_AAD	64
#define SOAK_GUARD	7	/* bytes behind the payload that stay as they are */
#define SOAK_HEAD	32	/* most bytes before it */
#define SOAK_ROOM	(SOAK_HEAD + SOAK_LEN + SOAK_GUARD + 64)

/* ---- random numbers: a seed, the same numbers ---- */

struct rng {
	uint64_t x;
};

static inline uint64_t
rng_next(struct rng *r)
{
	uint64_t z = (r->x += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0 to n - 1; n is not 0. */
static inline uint32_t
rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

static inline bool
rng_one_in(struct rng *r, uint32_t n)
{
	return rng_below(r, n) == 0;
}

void rng_fill(uint8_t *to, size_t len, uint64_t seed);

/* ---- sessions ---- */

enum soak_family {
	SOAK_CIPHER,
	SOAK_DIGEST,		/* hash, MAC, GMAC */
	SOAK_CHAIN,
	SOAK_AEAD,
	SOAK_RSA,
	SOAK_ECDSA,
	SOAK_NB_FAMILIES
};

struct soak_unit;
struct soak_dev;

struct soak_session {
	/* under the unit's lock */
	bool used, busy;		/* busy: being made or destroyed */
	bool stale;			/* for no new op */
	unsigned int refs;		/* ops that have it */

	/* constant while it is used */
	enum soak_family family;
	void *handle;			/* NULL: sessionless */
	struct soak_dev *home;		/* the device that it was made on */
	uint32_t home_shocks, shocks;	/* of home and of the unit, before it was made */
	struct rte_crypto_sym_xform x[2];
	struct rte_crypto_asym_xform ax;
	const struct req_alg *cipher, *auth;	/* auth: the AEAD, too */
	bool encrypt;			/* or generate, sign */
	bool mac_first;			/* CHAIN: the MAC is of the plain text */
	bool gmac;
	uint16_t key_len, auth_key_len, digest_len, aad_len, iv_len;
	uint8_t key[SOAK_KEY], auth_key[SOAK_KEY];
};

/* ---- ops ---- */

enum mark_state {
	MARK_FREE = 0x5eed0,
	MARK_IN_FLIGHT = 0x5eed1,
};

/* In an op's private area. */
struct soak_mark {
	enum mark_state state;
	struct soak_session *s;
	const struct soak_worker *w;	/* who sent it */
	uint32_t dev_shocks, shocks;	/* of the device and of the unit, when it was sent */
	uint64_t timeouts;		/* of the device's control queue, then */
	bool refusing;			/* it may refuse to ask the device for a session */
	bool checked;			/* its bytes are known */
	bool forged;			/* its digest must not verify */
	uint32_t head, len;		/* bytes */
	uint64_t seed;			/* of its bytes */
	uint8_t iv[SOAK_IV];
	uint8_t digest[64];
	uint8_t aad[18 + SOAK_AAD];
	/* ECDSA and RSA: message, result */
	uint8_t in[64], out[2][256];
};

#define SOAK_SYM_MARK	(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define SOAK_ASYM_MARK	(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_asym_op))

static inline struct soak_mark *
mark_of(struct rte_crypto_op *op)
{
	return rte_crypto_op_ctod_offset(op, struct soak_mark *,
		op->type == RTE_CRYPTO_OP_TYPE_ASYMMETRIC ? SOAK_ASYM_MARK : SOAK_SYM_MARK);
}

/* ---- a unit ---- */

struct soak_tally {
	uint64_t submitted, returned;
	uint64_t ok, right;		/* SUCCESS; of these, compared with OpenSSL's result */
	uint64_t forged;		/* AUTH_FAILED, as it has to be */
	uint64_t shared;		/* SUCCESS with a session of another device */
	uint64_t lost;			/* ERROR, around a fault */
	uint64_t no_session;		/* INVALID_SESSION, around a fault */
	uint64_t family[SOAK_NB_FAMILIES];	/* SUCCESS, by family */
	uint64_t bytes;			/* of payload sent */
};

/* What was done to a unit. */
struct soak_events {
	uint64_t lives, restarts, sessions, destroyed, refused;
	uint64_t freed_elsewhere;	/* sessions, by another device than they were made on */
	uint64_t kills, freezes, replaced, recoveries, told, acts;
};

struct soak_dev {
	uint8_t id;
	uint16_t nb_qps;
	bool stateless;			/* sessionless ops may be sent */
	bool segments;			/* it takes buffers in pieces */
	/* Odd during a fault: ops and sessions that saw it may fail. */
	uint32_t shocks;
	bool quiet;			/* send nothing new */
};

/* Who sends and takes: one for each queue pair, one thread at a time. */
struct soak_worker {
	struct soak_unit *u;
	struct soak_dev *dev;
	uint16_t qp;
	struct rng rng;
	unsigned int in_flight;
	uint64_t timeouts;		/* of the device's control queue, as last seen */
	uint64_t timed_out;		/* the clock, when they last were more */
	uint32_t ok_shocks;		/* dev_shocks of the op that was SUCCESS last */
	/* dev_shocks before the last dequeue: it is dequeue that resumes a queue pair whose
	 * device is back.
	 */
	uint32_t took;
	struct soak_tally t;
	uint8_t *in, *want, *got;	/* SOAK_ROOM each */
};

struct soak_unit {
	const char *name;
	uint16_t nb_devs;
	struct soak_dev dev[SOAK_DEVS];
	bool hostile;			/* results mean nothing around a fault */
	bool asym;
	struct rng rng;			/* of the thread that owns the unit */
	struct rte_mempool *ops, *asym_ops, *mbufs, *bigs, *sess, *asym_sess;

	/* Held for reading while the device is used, for writing while it is not. */
	pthread_rwlock_t gate;

	pthread_mutex_t lock;		/* sessions */
	struct soak_session session[SOAK_SESSIONS];
	struct soak_worker worker[SOAK_WORKERS];	/* SOAK_QPS for each device */
	struct soak_events ev;
};

/* 0, or -1 with a message. */
int unit_init(struct soak_unit *u, const char *name, uint16_t nb_devs, uint64_t seed);
void unit_fini(struct soak_unit *u);
struct soak_tally unit_tally(const struct soak_unit *u);

/* Opens the fault, ends it. */
static inline void
dev_shock(struct soak_dev *dev)
{
	__atomic_add_fetch(&dev->shocks, 1, __ATOMIC_ACQ_REL);
}

/* Within a fault: ops that are sent from now on are told from those before. */
static inline void
dev_shock_again(struct soak_dev *dev)
{
	__atomic_add_fetch(&dev->shocks, 2, __ATOMIC_ACQ_REL);
}

static inline uint32_t
dev_shocks(const struct soak_dev *dev)
{
	return __atomic_load_n(&dev->shocks, __ATOMIC_ACQUIRE);
}

/* Of all devices: changes with each. */
static inline uint32_t
unit_shocks(const struct soak_unit *u)
{
	uint32_t sum = 0, i;

	for (i = 0; i < u->nb_devs; i++)
		sum += dev_shocks(&u->dev[i]);
	return sum;
}

static inline void
dev_hush(struct soak_dev *dev, bool quiet)
{
	__atomic_store_n(&dev->quiet, quiet, __ATOMIC_RELEASE);
}

static inline bool
dev_is_quiet(const struct soak_dev *dev)
{
	return __atomic_load_n(&dev->quiet, __ATOMIC_ACQUIRE);
}

/* Configures and sets up; not started. */
int dev_configure(struct soak_unit *u, struct soak_dev *dev, uint32_t nb_desc);
/* Counts RTE_CRYPTODEV_EVENT_ERROR from now on. */
void dev_listen(struct soak_unit *u, const struct soak_dev *dev);
/* No more; and gives back what DPDK 22.11 keeps of a device that is to be removed. */
void dev_forget_callbacks(struct soak_unit *u, const struct soak_dev *dev);
/* A burst out, a burst in; how many ops moved.  By the queue pair's owner. */
unsigned int worker_step(struct soak_worker *w);
/* Makes a session on a device, or destroys by it one that no op uses. */
void unit_session_step(struct soak_unit *u, struct soak_dev *dev, struct rng *rng);
/* All of them, those that ops have excepted; how many are left. */
unsigned int unit_sessions_end(struct soak_unit *u);
/* Problems where a pool is not full: at the end of a life. */
void unit_check_pools(const struct soak_unit *u);

/* session.c: parameters of a random session that its home has.  False: none. */
bool session_choose(struct soak_session *s, struct rng *rng);

/* op.c: an op of session s with all that belongs to it, but its place in the mark's
 * list of owners.  NULL: a pool is empty for the moment.
 */
struct rte_crypto_op *op_build(struct soak_worker *w, struct soak_session *s);
/* NULL: the bytes are as they must be; else what is wrong. */
const char *op_wrong(struct soak_worker *w, struct rte_crypto_op *op);
void op_free(struct rte_crypto_op *op);

/* asym.c: keys of the process; the same for asymmetric sessions and ops. */
int asym_init(void);
void asym_fini(void);
bool asym_choose(struct soak_session *s, struct rng *rng);
struct rte_crypto_op *asym_build(struct soak_worker *w, struct soak_session *s);
const char *asym_wrong(struct rte_crypto_op *op);

/* One life of a device after the other until soak_ended(); both return after the first
 * one if once is set.
 */
void daemon_run(struct soak_unit *u, bool once);
void evil_run(struct soak_unit *u, bool once);
/* Before anything else: where the daemon's program is, the folder of its logs, and how the
 * sockets begin.  The strings stay.
 */
void daemon_setup(const char *program, const char *folder, const char *socket);
/* Acts by name, for the table; NULL ends them. */
const char *evil_act(unsigned int i, uint64_t *times);

/* ---- soak.c ---- */

void soak_problem(const struct soak_unit *u, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool soak_ended(void);
/* Devices come and go by one thread at a time: DPDK has no lock there. */
extern pthread_mutex_t soak_bus;

/* A fault planted on purpose, to see that it is noticed. */
enum soak_plant {
	PLANT_NONE,
	PLANT_LOST,		/* an op that came back is forgotten */
	PLANT_TWICE,		/* an op is taken twice */
	PLANT_WRONG,		/* a byte of a result is changed */
	PLANT_LEAK,		/* a buffer is not given back */
	PLANT_FD,		/* a descriptor stays open */
	PLANT_NB
};
/* True once, for the worker that is to do it. */
bool soak_plant(enum soak_plant what);

/* Alarms of the driver that this thread sets run when it says so, not in EAL's thread:
 * what a seed does is the same each time.
 */
void alarms_by_hand(void);
unsigned int alarms_run(void);

#endif

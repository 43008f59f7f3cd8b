/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies: what a symmetric session is on the devices of the driver that did not make it.  An
 * rte session belongs to the driver, so its ops may come to any of them.  The device that
 * made the session has its data inline (struct vcrypto_session in the private data); each
 * other one gets a copy, with limits, header and id of its own, when its first op comes.
 *
 * A copy is created by a command that the caller polls, as asymmetric sessions are.  It is
 * of one generation of its device: after a reset the next op creates it anew.  Copies lie in
 * the process's own heap and hold no key.
 *
 * Threads: any, for devices that are not removed meanwhile.  The lock of a session's copies
 * is a spinlock, taken before ctrlq.lock, and never held while a device works.  A copy that
 * is there is found without it.
 */
#ifndef VCRYPTO_COPY_H
#define VCRYPTO_COPY_H

#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_session.h"

/* A copy that a device refused is not asked for again before so many ms have passed. */
#define VCRYPTO_COPY_RETRY_MS	1000

enum vcrypto_copy_state {
	VCRYPTO_COPY_EMPTY,
	VCRYPTO_COPY_CREATING,	/* its command is in flight */
	VCRYPTO_COPY_READY,
	VCRYPTO_COPY_FAILED,
};

struct vcrypto_copy {
	uint64_t ready;		/* s may be used with this cookie; 0: not now; atomic */
	struct vcrypto_session s;	/* written only while ready is no current cookie */
	/* under the lock of the session's copies */
	enum vcrypto_copy_state state;
	int error;		/* -errno, where state is FAILED */
	uint64_t cookie;	/* generation of its device that state is of */
	uint64_t retry_at;	/* TSC, where state is FAILED */
	struct req_session req;	/* without keys */
	struct vcrypto_ctrl_call call;
};

struct vcrypto_copies {
	rte_spinlock_t lock;
	struct vcrypto_copy *of[RTE_CRYPTO_MAX_DEVS];	/* by dev_id; atomic */
};

/* The copy that serves ops under this cookie, or NULL.  Takes no lock. */
static inline const struct vcrypto_session *
vcrypto_copy_find(const struct vcrypto_session *s, uint64_t cookie)
{
	const struct vcrypto_copies *all = __atomic_load_n(&s->copies, __ATOMIC_ACQUIRE);
	const struct vcrypto_copy *c;

	if (all == NULL)
		return NULL;
	c = __atomic_load_n(&all->of[vcrypto_cookie_dev(cookie)], __ATOMIC_ACQUIRE);
	if (c == NULL || __atomic_load_n(&c->ready, __ATOMIC_ACQUIRE) != cookie)
		return NULL;
	return &c->s;
}

/* The word that says which cookie a copy serves: the copy is written while it is another. */
static inline const uint64_t *
vcrypto_copy_ready(const struct vcrypto_session *copy)
{
	return &container_of(copy, const struct vcrypto_copy, s)->ready;
}

/* Starts the creation of the copy of s on dev, or looks how far it is; does not wait.
 * cookie: vcrypto_cookie(dev), as the caller's queue pair has it.  0: *copy may be used.
 * -EINPROGRESS: call again; the command ends within ctrl_timeout_ms.  -EBUSY: the control
 * queue is full.  -ENOENT: this device cannot have it (vcrypto_record_xform()).  Otherwise an
 * error of vcrypto_session_params() or vcrypto_ctrl_create(), for VCRYPTO_COPY_RETRY_MS.
 */
int vcrypto_copy_get(const struct vcrypto_session **copy, struct vcrypto_dev *dev,
		struct vcrypto_session *s, uint64_t cookie);
/* The same, but waits for the command. */
int vcrypto_copy_wait(const struct vcrypto_session **copy, struct vcrypto_dev *dev,
		struct vcrypto_session *s, uint64_t cookie);

/* Destroys the copies of a session that is freed, on every device, and frees them.  Waits
 * for the devices' answers, for all of them together.
 */
void vcrypto_copy_destroy_all(struct vcrypto_session *s);

#endif

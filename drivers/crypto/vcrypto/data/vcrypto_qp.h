/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A queue pair: a data virtqueue, the request memory of its slots
 * (device/vcrypto_slot.h), and the ops that wait to be dequeued without a request of
 * their own.  Plain data, its memory, and accessors; what happens to ops is in
 * vcrypto_burst, vcrypto_complete and vcrypto_park.
 *
 * Threads: one thread at a time enqueues and dequeues on a queue pair (rte_cryptodev's
 * rule); the health check shares the word down with it, see vcrypto_park.h.
 */
#ifndef VCRYPTO_QP_H
#define VCRYPTO_QP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_memzone.h>

#include "device/vcrypto_device.h"
#include "device/vcrypto_slot.h"
#include "session/vcrypto_session.h"
#include "vq_hot.h"

struct vcrypto_asym_entry;

/* Tables for requests of more segments than a slot's own table holds. */
#define VCRYPTO_EXT_TABLES	16	/* at most; one per 64 slots */
#define VCRYPTO_EXT_ENTRIES	128	/* at most; never more than the queue's size */
#define VCRYPTO_STRICT_ENTRIES	32	/* the most that a peer of strict framing takes */
#define VCRYPTO_NO_EXT		UINT8_MAX
/* A stateless request's table ends here, and its keys and iv begin. */
#define VCRYPTO_KEYS_ENTRY	64	/* entry */
#define VCRYPTO_KEYS_MAX \
	((VCRYPTO_EXT_ENTRIES - VCRYPTO_KEYS_ENTRY) * sizeof(struct vq_entry))	/* bytes */

/* Memory for the operands of asymmetric ops, where the device has AKCIPHER: a
 * stateless RSA-8192 request takes 5120 of key, 1024 in, 1024 out.
 */
#define VCRYPTO_NB_BOUNCE	16	/* such ops in flight, at most */
#define VCRYPTO_BOUNCE_SIZE	8192	/* bytes */

/* A status that no device says: presets every status byte. */
#define VCRYPTO_STATUS_UNSET	0xff

/* A request of the largest shape must fit into the queue (2.7.5.3.1). */
#define VCRYPTO_QP_MIN_SIZE	8	/* entries; what fewer descriptors are rounded to */
#define VCRYPTO_QP_MIN_DEVICE	VCRYPTO_QP_MIN_SIZE	/* a device's queue has as many */

/* The token of a request in flight is a pointer, and its low three bits: what the pointer
 * is, and whether the slot's vcrypto_post applies when the request completes.
 */
#define VCRYPTO_TOKEN_POST	1u
#define VCRYPTO_TOKEN_KIND	6u
#define VCRYPTO_TOKEN_OP	0u	/* kind: an op */
#define VCRYPTO_TOKEN_PART	2u	/* kind: a struct vcrypto_group */
#define VCRYPTO_TOKEN_RAW	4u	/* kind: an entry of vcrypto_qp.raw */
#define VCRYPTO_TOKEN_ASYM	6u	/* kind: a struct vcrypto_asym_post */
#define VCRYPTO_TOKEN_BITS	(VCRYPTO_TOKEN_KIND | VCRYPTO_TOKEN_POST)

/* Does the device know a queue pair's rings (vcrypto_qp.ring)? */
enum vcrypto_ring {
	VCRYPTO_RING_ABSENT,	/* no, and not since the device's last reset */
	VCRYPTO_RING_ENABLED,
	VCRYPTO_RING_DETACHED,	/* it did, before a queue reset */
};

/* What the health check and the queue's owner say to each other (vcrypto_qp.down); the
 * steps are in vcrypto_park.h.
 */
enum vcrypto_down {
	VCRYPTO_UP,
	VCRYPTO_DOWN,		/* by the health check: the device is lost */
	VCRYPTO_PARKING,	/* by who parks it: the queue's thread, or the health check */
	VCRYPTO_PARKED,		/* by the same: nothing is in flight */
	VCRYPTO_RESUME,		/* by the health check: the rings are new, go on */
};

/* Why a dequeue cannot go straight to the ring (vcrypto_qp.detour). */
#define VCRYPTO_DETOUR_DONE	1u	/* ops are in the done ring */
#define VCRYPTO_DETOUR_ASYM	2u	/* used lengths are of interest: asym_in_flight */
#define VCRYPTO_DETOUR_BROKEN	4u	/* nothing comes from the ring any more */

/* Statuses that are counted: the standard's, and all others together. */
#define VCRYPTO_NB_ERRORS	9

/* What remains to be done for a slot's op on completion. */
struct vcrypto_post {
	uint8_t *digest;		/* the op's digest */
	uint8_t digest_len;		/* bytes; 0: none */
	bool verify;			/* compare, else copy out */
	bool mask;			/* copy out by XOR with what is there */
	uint8_t ext;			/* table to give back, or VCRYPTO_NO_EXT */
	bool keys;			/* it holds keys: wipe it */
};

/* One op that became several requests (AES-XTS data units). */
struct vcrypto_group {
	struct rte_crypto_op *op;	/* NULL: free */
	uint16_t left;			/* requests not yet completed */
	uint8_t status;			/* first error, else SUCCESS */
};

/* A completed operation of the raw data path. */
struct vcrypto_raw_done {
	void *user_data;
	uint8_t status;			/* RTE_CRYPTO_OP_STATUS_* */
};

/* An asymmetric request in flight: where its result goes. */
enum vcrypto_asym_result_kind {
	VCRYPTO_ASYM_COPY,	/* the result into out */
	VCRYPTO_ASYM_NUMBER,	/* the same, left-padded to dst_len */
	VCRYPTO_ASYM_COMPARE,	/* a number: it must be what was expected; out too if any */
	VCRYPTO_ASYM_SIGNATURE,	/* DER to r and s */
	VCRYPTO_ASYM_NOTHING,	/* the status is the answer */
};

struct vcrypto_asym_post {
	struct rte_crypto_op *op;	/* NULL: free */
	struct vcrypto_asym_entry *entry;	/* NULL: stateless */
	enum vcrypto_asym_result_kind result_kind;
	rte_crypto_param *out, *out2;	/* r and s, or the result alone */
	uint32_t dst_off, dst_len;	/* of the result in the bounce memory, bytes */
	uint8_t *expect;		/* COMPARE: dst_len bytes, in private memory */
	uint32_t curve;
};

struct vcrypto_qp {
	/* read-only after set-up */
	uint8_t *slots;
	uint64_t slots_addr;		/* in the device's terms */
	uint8_t *status;		/* one byte per slot; device writes */
	uint64_t status_addr;
	struct vcrypto_post *post;	/* by slot */
	uint64_t cookie;		/* sessions of this device and generation */
	uint16_t index;			/* virtqueue number */
	uint16_t size;			/* entries */
	/* Written rarely, and looked at by each burst as one word: vcrypto_all_well(). */
	union {
		uint64_t alert;
		struct {
			uint32_t down;	/* enum vcrypto_down; atomic */
			uint32_t detour;	/* VCRYPTO_DETOUR_*; by the queue's thread */
		};
	};

	/* written by the queue's thread */
	struct {
		uint64_t enqueued, dequeued, enqueue_err, dequeue_err;
		uint64_t publishes, kicks, full;
		uint64_t errors[VCRYPTO_NB_ERRORS];	/* by the device's status */
	} stats;
	/* Ops that are complete without a completion: illegal ones, and what stop
	 * or a broken queue gave back.  A ring of done_mask + 1, twice the size.
	 */
	struct rte_crypto_op **done;
	uint32_t done_head, done_tail, done_mask;
	/* The same for the raw data path. */
	struct vcrypto_raw_done *raw_done;
	uint32_t raw_head, raw_tail;
	void **raw;			/* by slot: the caller's pointer */

	/* rarely */
	struct vcrypto_notify notify;
	struct rte_crypto_op **resend;	/* size of them: for when the device is back */
	uint16_t nb_resend;
	struct vcrypto_group *groups;	/* size of them */
	struct vq_entry *ext;		/* VCRYPTO_EXT_TABLES tables; NULL: none */
	uint64_t ext_addr;
	uint32_t ext_free;		/* bit per table */
	uint16_t ext_tables, ext_entries;	/* tables, and entries of each */
	uint8_t *bounce;		/* nb_bounce pieces */
	uint64_t bounce_addr;
	uint8_t *asym_expect;		/* nb_bounce pieces, private */
	struct vcrypto_asym_post *asym;	/* nb_bounce of them */
	uint16_t nb_bounce;
	uint16_t asym_in_flight;
	struct vcrypto_dev *dev;
	const struct rte_memzone *mz;
	void *shadow;			/* of vq */
	enum vcrypto_ring ring;
	bool logged_broken;
	/* Secondary processes, see vcrypto_share.h. */
	uint32_t holder;		/* who runs bursts, VCRYPTO_HELD: the primary; atomic */
	bool shared;			/* a secondary did so since start */
	uint8_t overdue;		/* checks since its burst should have ended */

	struct vq vq;			/* own cache lines */
};

/* Neither down nor detour says anything, as far as this call knows: a plain load, since
 * what the health check says is obeyed with the next burst, not within one.
 */
static inline bool
vcrypto_all_well(const struct vcrypto_qp *qp)
{
	return qp->alert == 0;
}

static inline uint8_t *
vcrypto_slot(const struct vcrypto_qp *qp, size_t slot)
{
	return qp->slots + slot * VCRYPTO_SLOT_SIZE;
}

static inline uint64_t
vcrypto_slot_addr(const struct vcrypto_qp *qp, size_t slot)
{
	return qp->slots_addr + (uint64_t)slot * VCRYPTO_SLOT_SIZE;
}

static inline uint32_t
vcrypto_done_count(const struct vcrypto_qp *qp)
{
	return qp->done_tail - qp->done_head;
}

static inline uint32_t
vcrypto_raw_count(const struct vcrypto_qp *qp)
{
	return qp->raw_tail - qp->raw_head;
}

/* Appends an op that has its status.  Never full: nothing is enqueued while more than
 * size ops wait here, and no more than size requests are in flight.
 */
static inline void
vcrypto_done_put(struct vcrypto_qp *qp, struct rte_crypto_op *op)
{
	qp->done[qp->done_tail++ & qp->done_mask] = op;
	qp->detour |= VCRYPTO_DETOUR_DONE;
}

/* After publishing: at most one notification. */
static inline void
vcrypto_qp_kick(struct vcrypto_qp *qp, enum vq_kind kind)
{
	qp->stats.publishes++;
	if (vq_needs_kick(&qp->vq, kind)) {
		qp->stats.kicks++;
		vcrypto_notify(&qp->notify, vq_notify_data(&qp->vq, kind));
	}
}

/* A queue pair of size entries (a power of two), on the device's node: its memory, and
 * nothing in it.  NULL with one line logged.
 */
struct vcrypto_qp *vcrypto_qp_create(struct vcrypto_dev *dev, uint16_t qp_id, uint16_t size);
/* Frees all of it; the device must not know its rings.  Accepts NULL. */
void vcrypto_qp_destroy(struct vcrypto_qp *qp);
/* Clean rings and slots; the device must not know the queue.  0 or -errno of vq_init(). */
int vcrypto_qp_init_rings(struct vcrypto_qp *qp);

/* rte_cryptodev_ops: counters of all queue pairs, added up. */
void vcrypto_qp_stats_get(struct rte_cryptodev *cdev, struct rte_cryptodev_stats *stats);
void vcrypto_qp_stats_reset(struct rte_cryptodev *cdev);

#endif

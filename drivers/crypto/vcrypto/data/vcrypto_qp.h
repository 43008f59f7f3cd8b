/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A queue pair: a data virtqueue, the request memory of its slots
 * (device/vcrypto_slot.h), and the done rings, whose ops wait to be dequeued without a
 * request in flight.  Plain data, its memory, and accessors; vcrypto_burst,
 * vcrypto_complete and vcrypto_park process ops.
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
struct vcrypto_asym_request;

/* A long table is for requests of more entries than a slot's own table holds.  Each slot has
 * one, of vcrypto_table_entries(), so that a request never waits for it.
 */
#define VCRYPTO_STRICT_ENTRIES	32	/* the most that a peer of strict framing takes */
/* Room of each slot for a stateless request's keys and iv, bytes; only with stateless=1. */
#define VCRYPTO_KEYS_MAX	1024

/* Bounce memory for the operands of asymmetric ops, if the device has AKCIPHER: a stateless
 * RSA-8192 request takes 5120 bytes of key, 1024 in and 1024 out.
 */
#define VCRYPTO_NB_BOUNCE	16	/* pieces, so asymmetric ops in flight, at most */
#define VCRYPTO_BOUNCE_SIZE	8192	/* bytes */

/* Bounce memory of each slot for the result of an op in place of a security association, if the
 * device has IPSEC and args.ipsec_in_place is not set; bytes.
 */
#define VCRYPTO_IPSEC_BOUNCE	2048

/* The preset of every status byte: a status that no device writes. */
#define VCRYPTO_STATUS_UNSET	0xff

/* A slot's own table must fit into the queue (2.7.5.3.1). */
#define VCRYPTO_QP_MIN_SIZE	8	/* entries; fewer descriptors are rounded up */
#define VCRYPTO_QP_MIN_DEVICE	VCRYPTO_QP_MIN_SIZE	/* the least that a device's queue has */

/* The ring's token for a request in flight is a pointer whose low three bits say what it
 * points to, and whether the slot's vcrypto_post applies when the request completes.
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
	VCRYPTO_RING_ABSENT,	/* no: not enabled since the device's last reset */
	VCRYPTO_RING_ENABLED,
	VCRYPTO_RING_DETACHED,	/* no: enabled once, then a queue reset */
};

/* The handshake of the health check and the queue's thread (vcrypto_qp.down); its steps
 * are in vcrypto_park.h.
 */
enum vcrypto_down {
	VCRYPTO_UP,
	VCRYPTO_DOWN,		/* set by the health check: the device is lost */
	VCRYPTO_PARKING,	/* set by the thread that parks it */
	VCRYPTO_PARKED,		/* set by the same thread: nothing is in flight */
	VCRYPTO_RESUME,		/* set by the health check: the rings are new, bursts may go on */
};

/* Why a dequeue cannot go straight to the ring (vcrypto_qp.detour). */
#define VCRYPTO_DETOUR_DONE	1u	/* there are ops in the done ring */
#define VCRYPTO_DETOUR_LENS	2u	/* lens_in_flight is not 0: used lengths are read */
#define VCRYPTO_DETOUR_WAIT	8u	/* asymmetric ops wait for their sessions */
#define VCRYPTO_DETOUR_BROKEN	4u	/* the queue is broken: nothing comes from the ring */
#define VCRYPTO_DETOUR_CACHED	16u	/* nb_cached is not 0: bursts take no ops */
#define VCRYPTO_DETOUR_COPY	32u	/* symmetric ops wait for their session's copy */
#define VCRYPTO_DETOUR_RESEND	64u	/* ops are to be sent again: bursts take no others */

/* Entries of the done rings for each entry of the queue; a power of two. */
#define VCRYPTO_DONE_FACTOR	4u

/* Counters by the device's status: one for each of the standard's, the last for all others. */
#define VCRYPTO_NB_ERRORS	9

/* Post-processing: what a slot's op needs on completion.  Private memory. */
struct vcrypto_post {
	union {
		uint8_t *digest;	/* the op's; compared with, or written */
		/* ipsec: of the result */
		struct {
			uint32_t len;	/* room, bytes */
			uint16_t front;	/* bytes that it begins before the buffer's data */
			bool bounced;
			bool exact;	/* it has len bytes, or is wrong */
		} result;
	};
	uint8_t digest_len;		/* bytes; 0: none */
	bool verify;			/* compare, else copy out */
	bool mask;			/* XOR onto the digest, whose bytes are key stream */
	bool keys;			/* the slot's memory for keys is to be wiped */
	bool ipsec;			/* vcrypto_ipsec_op_complete() knows; no digest */
	bool easy;			/* besides, vcrypto_ipsec_op_succeed() may be asked */
};

/* An op that takes several requests, one for each of its data units (AES-XTS). */
struct vcrypto_group {
	struct rte_crypto_op *op;	/* NULL: free */
	uint16_t left;			/* requests not yet completed */
	uint8_t status;			/* first error, else SUCCESS */
};

#define VCRYPTO_NO_SLOT	UINT16_MAX

/* How a request was put into the ring, so that it can be put there again. */
struct vcrypto_placed {
	uintptr_t token;		/* of vq_add; or, without a slot, the caller's pointer of a
					 * raw operation that needs no request
					 */
	struct vq_entry *table;		/* a long table; NULL: the slot's own */
	uint64_t table_addr;		/* in the device's terms */
	uint16_t slot, nb_read, nb_write;
};

/* An operation of the raw data path whose request is in the ring.  Private memory. */
struct vcrypto_raw_op {
	void *user_data;
	bool cached;			/* the device has not been shown it */
};

/* A completed operation of the raw data path. */
struct vcrypto_raw_done {
	void *user_data;
	uint8_t status;			/* RTE_CRYPTO_OP_STATUS_* */
};

/* What becomes of the result of an asymmetric request. */
enum vcrypto_asym_result_kind {
	VCRYPTO_ASYM_COPY,	/* as many bytes as the device wrote go to out */
	VCRYPTO_ASYM_NUMBER,	/* a number, left-padded to dst_len, goes to out */
	VCRYPTO_ASYM_COMPARE,	/* a number is compared with expect; goes to out, if set */
	VCRYPTO_ASYM_SIGNATURE,	/* a signature in DER goes to r and s */
	VCRYPTO_ASYM_NOTHING,	/* there is none: the status is the answer */
};

/* An asymmetric request in flight, by its piece of bounce memory.  Private memory. */
struct vcrypto_asym_post {
	struct rte_crypto_op *op;	/* NULL: free */
	struct vcrypto_asym_entry *entry;	/* NULL: stateless */
	enum vcrypto_asym_result_kind result_kind;
	rte_crypto_param *out, *out2;	/* r and s, or the result alone */
	uint32_t dst_off, dst_len;	/* of the result in the piece, bytes */
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
	uint64_t cookie;		/* of the sessions of this device and generation */
	uint16_t index;			/* virtqueue number */
	uint16_t size;			/* entries */
	/* Written rarely, and read by each burst as one word: vcrypto_all_well(). */
	union {
		uint64_t alert;
		struct {
			uint32_t down;	/* enum vcrypto_down; atomic */
			uint32_t detour;	/* VCRYPTO_DETOUR_*; the queue's thread's */
		};
	};

	/* written by the queue's thread */
	struct {
		uint64_t enqueued, dequeued, enqueue_err, dequeue_err;
		uint64_t publishes, kicks, full;
		uint64_t errors[VCRYPTO_NB_ERRORS];	/* by the device's status */
	} stats;
	/* The done ring: ops that are complete without a used entry, because they were
	 * illegal or a stop, a lost device or a broken queue gave them back.  It has
	 * done_mask + 1 entries, VCRYPTO_DONE_FACTOR times the queue's size.
	 */
	struct rte_crypto_op **done;
	uint32_t done_head, done_tail, done_mask;
	/* The done ring of the raw data path. */
	struct vcrypto_raw_done *raw_done;
	uint32_t raw_head, raw_tail;
	struct vcrypto_raw_op *raw;	/* by slot */
	/* Operations that are enqueued and not submitted: the ring's newest requests. */
	struct vcrypto_placed *cached;	/* room for size of them, oldest first */
	uint16_t nb_cached;
	bool cached_used;		/* the device used one, which breaks a rule */

	/* rarely */
	struct vcrypto_notify notify;
	struct rte_crypto_op **resend;	/* ops to be sent again; room for size of them */
	uint16_t nb_resend;
	struct vcrypto_group *groups;	/* size of them */
	struct vq_entry *ext;		/* long tables, by slot */
	uint64_t ext_addr;
	uint16_t ext_stride;		/* entries from one to the next; 0: there are none */
	uint16_t max_entries;		/* of a request */
	uint8_t *keys;			/* VCRYPTO_KEYS_MAX by slot; NULL without stateless=1 */
	uint64_t keys_addr;
	uint8_t *bounce;		/* nb_bounce pieces */
	uint64_t bounce_addr;
	uint8_t *ipsec;			/* VCRYPTO_IPSEC_BOUNCE by slot; or NULL */
	uint64_t ipsec_addr;
	uint8_t *asym_expect;		/* nb_bounce pieces, private */
	struct vcrypto_asym_post *asym;	/* nb_bounce of them */
	uint16_t nb_bounce;
	uint16_t lens_in_flight;	/* requests whose used length is read */
	struct vcrypto_asym_request *asym_wait;	/* nb_bounce: those with an op wait */
	uint16_t asym_waiting;		/* how many of them */
	struct rte_crypto_op **wait;	/* symmetric ops that wait: room for size of them */
	uint32_t wait_head, wait_tail;	/* free-running */
	struct vcrypto_dev *dev;
	const struct rte_memzone *mz;
	void *shadow;			/* of vq */
	enum vcrypto_ring ring;
	bool logged_broken;
	/* Secondary processes, see vcrypto_share.h. */
	uint32_t holder;		/* who runs bursts: a process id, VCRYPTO_HELD; atomic */
	bool shared;			/* a secondary ran bursts since start */
	uint8_t overdue;		/* health checks since its burst should have ended */
	uint64_t keep_until;		/* TSC: from then on resend comes back with ERROR */

	struct vq vq;			/* own cache lines */
};

/* True if down is VCRYPTO_UP and detour is 0.  A plain load: what the health check writes
 * takes effect with the next burst, not within one.
 */
static inline bool
vcrypto_all_well(const struct vcrypto_qp *qp)
{
	return qp->alert == 0;
}

static inline uint8_t *
vcrypto_slot(const struct vcrypto_qp *qp, size_t slot)
{
	return (uint8_t *)vq_table(&qp->vq, (uint16_t)slot) - VCRYPTO_SLOT_TABLE;
}

static inline uint64_t
vcrypto_slot_addr(const struct vcrypto_qp *qp, size_t slot)
{
	return qp->slots_addr + (uint64_t)(vcrypto_slot(qp, slot) - qp->slots);
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

/* Ops and raw operations that are complete and were not dequeued. */
static inline uint32_t
vcrypto_qp_nb_kept(const struct vcrypto_qp *qp)
{
	return vcrypto_done_count(qp) + vcrypto_raw_count(qp);
}

/* Appends an op that has its status.  Never full: at most size ops are in it when
 * one more op is accepted, be it sent, to wait or illegal.  At most size requests in flight,
 * size - 1 symmetric and size asymmetric ops that wait for a session can follow them; those
 * that are kept to be sent again were in flight.
 */
static inline void
vcrypto_done_put(struct vcrypto_qp *qp, struct rte_crypto_op *op)
{
	qp->done[qp->done_tail++ & qp->done_mask] = op;
	qp->detour |= VCRYPTO_DETOUR_DONE;
}

/* To be called after publishing: sends at most one notification.  If it sends none, polls that
 * find nothing must go on asking (vcrypto_qp_poll_kick()).
 */
static inline void
vcrypto_qp_kick(struct vcrypto_qp *qp, enum vq_kind kind)
{
	qp->stats.publishes++;
	if (vq_asks_kick(&qp->vq, kind)) {
		qp->stats.kicks++;
		vcrypto_notify(&qp->notify, vq_notify_data(&qp->vq, kind));
	}
}

/* The device may want a notification that it did not get: asks again, and sends it. */
void vcrypto_qp_kick_owed(struct vcrypto_qp *qp, enum vq_kind kind);

/* To be called when a poll finds nothing, or a burst no room: sends at most one notification,
 * for what was published before.
 */
static inline void
vcrypto_qp_poll_kick(struct vcrypto_qp *qp, enum vq_kind kind)
{
	if (vq_owes_kick(&qp->vq))
		vcrypto_qp_kick_owed(qp, kind);
}

/* Allocates a queue pair of size entries (a power of two) on the device's NUMA node; its
 * rings are not set up.  NULL with one line logged.
 */
struct vcrypto_qp *vcrypto_qp_create(struct vcrypto_dev *dev, uint16_t qp_id, uint16_t size);
/* Frees it; the device must not know its rings any more.  Accepts NULL. */
void vcrypto_qp_destroy(struct vcrypto_qp *qp);
/* No operation of the raw data path is enqueued and not submitted: their requests were all
 * taken back.  By the queue's thread, or while no thread uses the queue pair.
 */
void vcrypto_qp_forget_cached(struct vcrypto_qp *qp);
/* What the queue's thread knows of the last ring does not count for the new one.  Called by
 * that thread, or by the life cycle while no thread uses the queue pair.
 */
void vcrypto_qp_forget_ring(struct vcrypto_qp *qp);
/* Sets up new rings and slots; the device must not know the queue.  0 or -errno of
 * vq_init().  Writes nothing that the queue's thread writes while it is parked.
 */
int vcrypto_qp_init_rings(struct vcrypto_qp *qp);

/* rte_cryptodev_ops: counters of all queue pairs, added up. */
void vcrypto_qp_stats_get(struct rte_cryptodev *cdev, struct rte_cryptodev_stats *stats);
void vcrypto_qp_stats_reset(struct rte_cryptodev *cdev);

#endif

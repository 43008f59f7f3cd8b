/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A queue pair: a data virtqueue, the request memory of its slots, and the ops
 * that wait to be dequeued without a request of their own.
 *
 * Memory of one slot, shared with the device, by who writes what when (bytes):
 *
 *	8	header of the request, which ends at	once per session, but for the
 *		112					lengths: per op
 *	112	iv					per op
 *	128	table of 8 entries			per op: addresses and lengths
 *	256	digest that the device computes, or a	by the device; per op, rarely
 *		received tag, that lie in no DMA memory
 *	320	AAD that lies in no DMA memory		per op, rarely
 *	384
 *
 * A header of 72 bytes, that of every session request today, begins at 40, and what
 * changes in it lies from 64 on: an op of the session that used the slot before
 * writes two lines, [64, 128) and the table's first.  Where a stateless mode is
 * negotiated headers are up to 104 bytes long.  Header and iv lie at fixed distances
 * from the table, so that one address is enough to fill them all.  Status bytes lie
 * packed, one per slot, in an array of their own: a burst of completions is read
 * from one line.
 */
#ifndef VCRYPTO_QP_H
#define VCRYPTO_QP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_memzone.h>

#include "device/vcrypto_compat.h"
#include "device/vcrypto_notify.h"
#include "session/vcrypto_session.h"
#include "vq_hot.h"

struct vcrypto_dev;
struct vcrypto_asym_post;

#define VCRYPTO_SLOT_FIRST	8	/* offsets, bytes: where the longest header begins */
#define VCRYPTO_SLOT_IV		112	/* and where each ends */
#define VCRYPTO_SLOT_TABLE	128
#define VCRYPTO_SLOT_DIGEST	256
#define VCRYPTO_SLOT_AAD	320
#define VCRYPTO_SLOT_SIZE	384
#define VCRYPTO_SLOT_ENTRIES	8
#define VCRYPTO_IV_MAX		(VCRYPTO_SLOT_TABLE - VCRYPTO_SLOT_IV)	/* bytes */
#define VCRYPTO_DIGEST_MAX	64	/* bytes */
#define VCRYPTO_AAD_COPY_MAX	64	/* bytes */

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
/* Bytes by which the stateless layout of AKCIPHER moves the lengths (5.9.9.8). */
#define VCRYPTO_ASYM_SHIFT	20

/* A status that no device says: presets every status byte. */
#define VCRYPTO_STATUS_UNSET	0xff

/* A request of the largest shape must fit into the queue (2.7.5.3.1). */
#define VCRYPTO_QP_MIN_SIZE	8	/* entries; what fewer descriptors are rounded to */
#define VCRYPTO_QP_MIN_DEVICE	VCRYPTO_QP_MIN_SIZE	/* a device's queue has as many */

/* The token of a request in flight is its op; the low bits say what is to be done
 * when it completes.
 */
#define VCRYPTO_TOKEN_POST	1u	/* vcrypto_post of the slot applies */
#define VCRYPTO_TOKEN_PART	2u	/* points to a struct vcrypto_group, not to an op */
#define VCRYPTO_TOKEN_RAW	4u	/* points to an entry of vcrypto_qp.raw */
#define VCRYPTO_TOKEN_ASYM	6u	/* points to a struct vcrypto_asym_post */
#define VCRYPTO_TOKEN_BITS	7u

/* Why dequeue cannot go straight to the ring, vcrypto_qp.odd. */
#define VCRYPTO_ODD_DONE	1u	/* ops are in the done ring */
#define VCRYPTO_ODD_ASYM	2u	/* used lengths are of interest: asym_in_flight */
#define VCRYPTO_ODD_BROKEN	4u	/* nothing comes from the ring any more */

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
	bool iv_entry;			/* strict framing: the iv has a table entry of its own */
	/* Written rarely, and looked at by each burst as one word: vcrypto_all_well(). */
	union {
		uint64_t alert;
		struct {
			uint32_t down;	/* enum vcrypto_down; atomic, also by the watch */
			uint32_t odd;	/* VCRYPTO_ODD_*; by the queue's thread */
		};
	};

	/* written by the queue's thread */
	struct {
		uint64_t enqueued, dequeued, enqueue_err, dequeue_err;
		uint64_t publishes, kicks, full;
		uint64_t errors[VCRYPTO_NB_ERRORS];	/* by the device's status */
	} stats;
	/* Ops that are complete without a completion: refused ones, and what stop
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
	uint16_t ext_entries;
	uint8_t *bounce;		/* nb_bounce pieces */
	uint64_t bounce_addr;
	uint8_t *asym_expect;		/* nb_bounce pieces, private */
	struct vcrypto_asym_post *asym;	/* nb_bounce of them */
	uint16_t nb_bounce;
	uint16_t asym_in_flight;
	struct vcrypto_dev *dev;
	const struct rte_memzone *mz;
	bool live;			/* the device knows its rings */
	bool was_live;			/* it did since its last reset */
	bool broken_said;
	/* Secondary processes, see vcrypto_share.h. */
	uint32_t holder;		/* who runs bursts; atomic */
	bool shared;			/* a secondary did so since start */
	uint8_t overdue;		/* looks since its burst should have ended */

	struct vq vq;			/* own cache lines */
};

/* Nothing of down and odd is the case, as far as this call knows: a plain load, since
 * what the watch says is obeyed with the next burst, not within one.
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
	qp->odd |= VCRYPTO_ODD_DONE;
}

/* rte_cryptodev_ops: set up (again), release.  nb_descriptors is rounded up to a
 * power of two and cut at the device's size.
 */
int vcrypto_qp_setup(struct rte_cryptodev *cdev, uint16_t qp_id,
		const struct rte_cryptodev_qp_conf *conf, int socket_id);
int vcrypto_qp_release(struct rte_cryptodev *cdev, uint16_t qp_id);

/* Make the device forget the queue, by queue reset or else by device reset, so that
 * its memory is ours again.  0, or -errno if the device does not confirm.
 */
int vcrypto_qp_detach(struct vcrypto_qp *qp);
/* Clean rings and slots; the device must not know the queue. */
int vcrypto_qp_init_rings(struct vcrypto_qp *qp);
/* Every request in flight comes back as an op with ERROR, through the done ring.
 * Only once the device cannot touch them any more, or the queue is broken.
 */
void vcrypto_qp_fail_in_flight(struct vcrypto_qp *qp);
/* Complete what the device completed, into the done ring.  Returns what is still
 * in flight (requests).
 */
uint16_t vcrypto_qp_drain(struct vcrypto_qp *qp);
/* The same for who polls: a queue that is found broken is given up. */
void vcrypto_poll(struct vcrypto_qp *qp);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver's state of one device: plain data, and accessors that only read it.  Rooms
 * above change it: vcrypto_dev (life cycle), vcrypto_init (the standard's
 * initialisation), vcrypto_health, session/ and data/.
 *
 * A device is "live" between DRIVER_OK and its next reset.  A stop leaves it live
 * if every request came back, so that sessions survive stop and start; a reset
 * ends a generation, and with it every session of that generation.
 *
 * It lies in memory that secondary processes share (multiproc/vcrypto_share.h).
 */
#ifndef VCRYPTO_DEVICE_H
#define VCRYPTO_DEVICE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_memzone.h>
#include <rte_spinlock.h>

#include "req_ipsec.h"
#include "request.h"
#include "virtqueue.h"
#include "device/vcrypto_args.h"
#include "device/vcrypto_compat.h"
#include "device/vcrypto_limits.h"
#include "device/vcrypto_notify.h"
#include "device/vcrypto_traits.h"

/* IPSEC: bytes that a result of ESP can be longer than its source, before and behind it, rounded
 * up: outer IPv6 header, UDP, ESP, IV; padding, trailer, ICV.  AH's are fewer than the sum, and
 * what headroom lacks tailroom may have.
 */
#define VCRYPTO_IPSEC_HEADROOM	72
#define VCRYPTO_IPSEC_TAILROOM	64

/* One driver id, "crypto_virtio", for every transport. */
extern uint8_t vcrypto_driver_id;

struct vcrypto_ctrl_call;
struct vcrypto_ctrl_post;
struct vcrypto_dev;
struct vcrypto_qp;
struct vcrypto_record;
struct vcrypto_transport;

enum vcrypto_state {
	VCRYPTO_PROBED,		/* negotiated once; no queue pair */
	VCRYPTO_CONFIGURED,	/* configured, or stopped */
	VCRYPTO_STARTED,
	VCRYPTO_CLOSED,
	VCRYPTO_NB_STATES
};

/* Why a started device is down. */
enum vcrypto_lost {
	VCRYPTO_NOT_LOST,
	VCRYPTO_LOST_GONE,
	VCRYPTO_LOST_NEEDS_RESET,
	VCRYPTO_LOST_NOT_READY,
	VCRYPTO_NB_LOST
};

/* What the health check does with a started device. */
enum vcrypto_watch {
	VCRYPTO_WATCH_WELL,		/* checks it */
	VCRYPTO_WATCH_LOST,		/* is about to reset it */
	VCRYPTO_WATCH_RESETTING,	/* work resets it */
	VCRYPTO_WATCH_DOWN,		/* waits for the queue pairs, and for the next attempt */
	VCRYPTO_WATCH_RECOVERING,	/* work brings it back */
};

/* A call in a thread of its own (vcrypto_work.h). */
struct vcrypto_work {
	int (*call)(struct vcrypto_dev *dev);
	vcrypto_thread thread;
	bool begun;		/* until its end was taken: thread is to be joined */
	bool done;		/* the call has returned rc; atomic */
	bool cancelled;		/* it is to end early; atomic */
	int rc;
};

#define VCRYPTO_CTRLQ_SIZE	16	/* entries; a larger queue is not used in full */

/* A virtqueue of commands (session/vcrypto_cmdq.h); all under ctrlq.lock, once set up. */
struct vcrypto_cmdq {
	struct vq *vq;			/* NULL: not set up */
	struct vcrypto_notify notify;
	uint16_t index;			/* virtqueue number */
	uint16_t size;			/* entries; 0 without vq */
	uint16_t request_at;		/* offset in a slot, bytes */
	uint32_t slot_size;		/* bytes */
	char name[16];			/* for messages */
	const struct rte_memzone *mz;	/* rings, slots; shared with the device */
	void *priv;			/* memory of vq and its shadow, private */
	uint8_t *slots;			/* within mz */
	uint64_t slots_addr;		/* the same as the device addresses it */
	struct vcrypto_ctrl_call *waiter[VCRYPTO_CTRLQ_SIZE];	/* NULL: abandoned */
	uint16_t req_len[VCRYPTO_CTRLQ_SIZE];	/* bytes to wipe, by slot */
	bool logged_broken;
	uint64_t full_since;		/* TSC; 0: a slot was free at the last look */
	uint64_t refuse_until;		/* TSC: bursts send nothing, since a command timed
					 * out; 0: the device answers
					 */
};

/* The control virtqueue (session/vcrypto_ctrlq.h). */
struct vcrypto_ctrlq {
	pthread_mutex_t messages;	/* held across a session message; has_ctrlq false */
	rte_spinlock_t lock;		/* protects everything below, once set up, but for
					 * sender, sends and sender_ends
					 */
	struct vcrypto_cmdq q;
	uint64_t logged_refusal;	/* TSC of the last line about a refused session */
	unsigned int unsaid_refusals;	/* refused since that line */
	/* Posted session messages (session/vcrypto_ctrl_message.h); has_ctrlq false. */
	TAILQ_HEAD(, vcrypto_ctrl_post) posts;
	unsigned int nb_posts;
	sem_t posted;			/* wakes the thread that sends */
	vcrypto_thread sender;
	bool sends;			/* sender exists; atomic */
	bool sender_ends;		/* atomic */
	/* Counters of sessions; atomic. */
	uint64_t created, destroyed, refused, timed_out;
};

/* Ids of security associations of one direction (session/vcrypto_ipsec_id.h). */
struct vcrypto_ipsec_ids {
	uint64_t *taken;	/* one bit per id, on DPDK's heap; NULL: no id can be taken */
	uint32_t limit;		/* ids are below */
	uint32_t next;		/* where the search begins */
	uint32_t nb_taken;	/* lost ones included */
	uint32_t nb_lost;
};

/* What the device does for IPSEC (session/vcrypto_ipsec_dev.h). */
struct vcrypto_ipsec {
	bool offered;			/* found at probe */
	bool ready;			/* SAs of this generation may be created; under
					 * ctrlq.lock
					 */
	unsigned int dialect;		/* REQ_IPSEC_* */
	struct req_ipsec_limits limits;
	struct req_ipsec_caps caps;
};

struct vcrypto_dev {
	/* Read-only after probe.  t and cdev point to memory of the primary process alone,
	 * data to shared memory.
	 */
	struct vcrypto_transport *t;	/* owned */
	struct rte_cryptodev *cdev;
	struct rte_cryptodev_data *data;
	uint64_t build;			/* vcrypto_share_build(); 0: not probed yet */
	uint8_t driver_id;		/* the primary's */
	char transport[16];		/* the transport's name */
	struct vcrypto_traits traits;
	struct vcrypto_args args;
	char name[64];

	enum vcrypto_state state;
	bool live;			/* DRIVER_OK is set and nothing was reset since */
	uint64_t features;		/* negotiated */
	enum vq_kind kind;		/* of every virtqueue */
	uint32_t generation;		/* new after each reset; part of every
					 * session's cookie; written under ctrlq.lock,
					 * atomic
					 */

	uint64_t resets;		/* number of resets since probe */
	struct vcrypto_limits lim;	/* what the device's configuration says */
	struct rte_cryptodev_capabilities *caps;	/* ends with an UNDEFINED entry */
	uint64_t feature_flags;		/* RTE_CRYPTODEV_FF_*: what the device can do */
	uint64_t disabled_flags;	/* of these, what the application does without */
	uint16_t queue_size;		/* entries of the device's first data queue */
	uint16_t max_nb_qps;		/* fixed at probe, as rte_cryptodev's array is */
	uint16_t nb_qps;		/* as configured */
	struct rte_cryptodev_cb_rcu *no_callbacks;	/* max_nb_qps empty lists: stopped */

	/* Written by the health check (vcrypto_health.c) while the device is started. */
	uint32_t lost;			/* enum vcrypto_lost; atomic */
	enum vcrypto_watch watch;	/* written by one thread at a time */
	unsigned int recover_ms;	/* pause after the next failed attempt, ms */
	unsigned int next_ms;		/* from this periodic check to the next, ms */
	unsigned int nb_well;		/* periodic checks in a row that found it well */
	struct vcrypto_work work;
	bool logged_thread;		/* one line, that no thread can be had */
	bool watched;			/* the health timer re-arms itself */
	bool hinted;			/* an extra, immediate check is scheduled */
	unsigned int nb_hints;		/* since the last periodic check */

	LIST_HEAD(, vcrypto_record) records;	/* sessions that it made; vcrypto_record_lock */

	struct vcrypto_ctrlq ctrlq;
	struct vcrypto_cmdq adminq;	/* session/vcrypto_adminq.h; unused without ADMIN_VQ */
	struct vcrypto_ipsec ipsec;
	struct vcrypto_ipsec_ids ipsec_ids[2];	/* outbound, inbound; under ctrlq.lock */
	/* Inbound SAs to be made again (session/vcrypto_ipsec_record.c, which has the lock). */
	TAILQ_HEAD(, vcrypto_ipsec_record) ipsec_records;
	uint32_t ipsec_records_since;	/* generation: SAs of earlier ones have no record */
	uint32_t logged_services;	/* bits of services whose refusal was logged */
};

static inline struct vcrypto_dev *
vcrypto_dev_of(const struct rte_cryptodev *cdev)
{
	return cdev->data->dev_private;
}

/* Queue pair i, or NULL if it is not set up. */
static inline struct vcrypto_qp *
vcrypto_qp_at(const struct vcrypto_dev *dev, uint16_t i)
{
	return dev->data->queue_pairs[i];
}

/* The value that a session must carry to be used with this device in this generation. */
static inline uint64_t
vcrypto_cookie(const struct vcrypto_dev *dev)
{
	return (uint64_t)dev->data->dev_id << 32 |
		__atomic_load_n(&dev->generation, __ATOMIC_RELAXED);
}

/* The dev_id of the device that a cookie names. */
static inline unsigned int
vcrypto_cookie_dev(uint64_t cookie)
{
	return (unsigned int)(cookie >> 32);
}

/* True if the thread of vcrypto_work.h, which asks it between two steps, is to end early.
 * False in every other thread: a life-cycle call runs when that thread has ended.
 */
static inline bool
vcrypto_cancelled(const struct vcrypto_dev *dev)
{
	return __atomic_load_n(&dev->work.cancelled, __ATOMIC_RELAXED);
}

/* A new generation: a number that no device had before, never 0.  Any thread. */
uint32_t vcrypto_generation_next(void);

/* True if the device is lost and recovery does not wait for it.  Any thread: the health
 * check may find at any time that a device which it recovers is gone for good.
 */
static inline bool
vcrypto_lost_for_good(const struct vcrypto_dev *dev)
{
	return __atomic_load_n(&dev->lost, __ATOMIC_RELAXED) == VCRYPTO_LOST_GONE &&
		!dev->traits.may_return;
}

/* True if recovery brings the device back from a loss. */
static inline bool
vcrypto_recovers(const struct vcrypto_dev *dev)
{
	return dev->args.recover && !vcrypto_lost_for_good(dev);
}

/* Entries of a table for max_segments (vcrypto_args.h) with all that a request has besides:
 * header, iv or keys, AAD, tag or digest, status; a whole number of cache lines.
 */
static inline uint16_t
vcrypto_table_entries(const struct vcrypto_dev *dev)
{
	return (uint16_t)RTE_ALIGN_CEIL(dev->args.max_segments + 5u, 4u);
}

/* The reason why the device is lost, as text; "" while it is well. */
const char *vcrypto_lost_text(const struct vcrypto_dev *dev);

/* Layout flags (REQ_F_*) of a service's requests, from the negotiated features. */
unsigned int vcrypto_req_flags(const struct vcrypto_dev *dev,
		enum virtio_crypto_service service);

/* rte_cryptodev_ops.dev_infos_get. */
void vcrypto_device_info(struct rte_cryptodev *cdev, struct rte_cryptodev_info *info);

#endif

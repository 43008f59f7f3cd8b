/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The control virtqueue: commands that create and destroy sessions (virtio 1.4,
 * 5.9.9.2), each a bounded, synchronous call.
 *
 * The lock is held to submit and to reap, never for the device's answer, so
 * commands of several threads are in flight together.  A command that times out
 * leaves its slot with the device: nobody gets that memory before the device
 * returns it or is reset, and its late answer reaches nobody.
 */
#ifndef VCRYPTO_CTRLQ_H
#define VCRYPTO_CTRLQ_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_memzone.h>
#include <rte_spinlock.h>

#include "request.h"
#include "device/vcrypto_notify.h"

struct vcrypto_dev;
struct vcrypto_ctrl_call;

#define VCRYPTO_CTRLQ_SIZE	16	/* entries, the most that is used */
/* Bytes of one command, keys included: an RSA-8192 private key takes 4700. */
#define VCRYPTO_CTRL_REQ_MAX	8192

struct vcrypto_ctrlq {
	rte_spinlock_t lock;		/* everything below, once set up */
	struct vq *vq;			/* NULL: no control queue set up */
	struct vcrypto_notify notify;
	uint16_t index;			/* virtqueue number */
	uint16_t size;			/* entries; 0 without vq */
	const struct rte_memzone *mz;	/* rings, slots; shared with the device */
	void *priv;			/* vq and its shadow, private */
	uint8_t *slots;			/* within mz */
	uint64_t slots_addr;		/* the same in the device's terms */
	struct vcrypto_ctrl_call *waiter[VCRYPTO_CTRLQ_SIZE];	/* NULL: abandoned */
	uint16_t req_len[VCRYPTO_CTRLQ_SIZE];	/* bytes to wipe, by slot */
	bool broken_said;		/* the log line for a broken queue is out */
	/* Counters of sessions; atomic. */
	uint64_t created, destroyed, refused, timed_out;
};

/* What came back. */
struct vcrypto_ctrl_answer {
	uint64_t session_id;
	uint32_t status;		/* enum virtio_crypto_status, or anything */
};

/* Memory and ring for the control queue, of the transport's size; not yet known
 * to the device.  0, -ENOMEM, -ENODEV if the device has no such queue.
 * Called again it starts over with clean rings in the same memory; the device
 * must have been reset.  If it fails, there is no control queue, not even the last one:
 * commands end with -EAGAIN.
 */
int vcrypto_ctrlq_setup(struct vcrypto_dev *dev);
/* False: it is broken, or every slot is with a device that does not answer; only a
 * reset makes it usable again.
 */
bool vcrypto_ctrlq_usable(const struct vcrypto_dev *dev);
/* Wipes and frees; the device must have been reset. May be called twice. */
void vcrypto_ctrlq_release(struct vcrypto_dev *dev);
/* After a reset: commands in flight end with -EIO for their callers; memory wiped. */
void vcrypto_ctrlq_abort(struct vcrypto_dev *dev);

/*
 * Create a session: 0 and its id, or -errno: the device's status as
 * req_status_errno() has it, -ETIMEDOUT, -EIO (NEEDS_RESET), -ENODEV,
 * -EMSGSIZE (keys too long for a command), -EAGAIN (device not live, or reset since
 * the caller took its cookie: then nothing was sent).  Thread-safe.
 */
int vcrypto_ctrl_create(struct vcrypto_dev *dev, uint64_t *session_id,
		const struct req_session *s, uint64_t cookie);
/* Destroy a session of the generation that cookie names.  Same errors.  Thread-safe. */
int vcrypto_ctrl_destroy(struct vcrypto_dev *dev, enum req_kind kind, uint64_t session_id,
		uint64_t cookie);

#endif

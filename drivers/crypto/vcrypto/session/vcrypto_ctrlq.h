/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The control virtqueue: commands that create and destroy sessions (virtio 1.4,
 * 5.9.9.2), each bounded by devarg ctrl_timeout_ms.  A transport without one
 * (has_ctrlq false) carries the same commands as messages, each bounded by its own
 * time-out.
 *
 * Locks: ctrlq.lock is a spinlock, held to submit and to reap, never for the device's
 * answer, so commands of several threads are in flight together.  ctrlq.messages is a
 * mutex, held across a message.  A command that times out leaves its slot with the
 * device: nobody gets that memory before the device returns it or is reset, and its
 * late answer reaches nobody.
 */
#ifndef VCRYPTO_CTRLQ_H
#define VCRYPTO_CTRLQ_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"
#include "device/vcrypto_device.h"

/* Bytes of one command, keys included: an RSA-8192 private key takes 4700. */
#define VCRYPTO_CTRL_REQ_MAX	8192

/* The locks; once, before anything else, and at the end of the device. */
void vcrypto_ctrlq_init(struct vcrypto_dev *dev);
void vcrypto_ctrlq_fini(struct vcrypto_dev *dev);

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
/* Before a reset, once the device is not live: returns when no session's message is on its
 * way any more, and none follows.  Sleeps for as long as a message may take.
 */
void vcrypto_ctrlq_quiesce(struct vcrypto_dev *dev);

/* A command on its way, in its caller's memory, which must stay until the command has
 * ended or was cancelled.
 */
struct vcrypto_ctrl_call {
	uint64_t end;		/* of the wait: TSC */
	uint32_t polls;		/* while somebody waits */
	uint16_t answer_len;	/* device-writable bytes: 16 create, 1 destroy */
	bool done;		/* this and the rest: under ctrlq.lock, by whoever reaps */
	int err;		/* -errno if it ended without an answer */
	uint8_t answer[sizeof(struct virtio_crypto_create_session_input)];
};

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

/*
 * The same in steps, so that several commands are in flight for one thread, or a thread
 * does something else meanwhile.  begin sends the command and returns 0, and then end or
 * poll or cancel follows; errors as above.  wait: wait for a free slot of the queue, else
 * -EBUSY.  Where sessions are messages, begin waits for the answer whatever wait says.
 * end waits for the answer; poll returns -EINPROGRESS until it is there or the time is
 * over.
 */
int vcrypto_ctrl_create_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct req_session *s, uint64_t cookie, bool wait);
int vcrypto_ctrl_create_end(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id);
int vcrypto_ctrl_create_poll(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id);
/* The answer reaches nobody. */
void vcrypto_ctrl_cancel(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call);
/* Sends a destroy command whose answer is not waited for.  -EBUSY: no free slot. */
int vcrypto_ctrl_destroy_unheard(struct vcrypto_dev *dev, enum req_kind kind,
		uint64_t session_id, uint64_t cookie);

#endif

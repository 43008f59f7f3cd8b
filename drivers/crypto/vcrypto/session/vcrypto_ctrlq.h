/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The control virtqueue: commands that create and destroy sessions (virtio 1.4,
 * 5.9.9.2).  A transport without a control queue (has_ctrlq false) sends the same commands
 * as messages.  Either way a caller waits for at most devarg ctrl_timeout_ms.
 *
 * Locks: ctrlq.lock, as vcrypto_cmdq.h says, which also says what becomes of a command that
 * timed out.  Messages: vcrypto_ctrl_message.h.
 */
#ifndef VCRYPTO_CTRLQ_H
#define VCRYPTO_CTRLQ_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"
#include "device/vcrypto_device.h"
#include "session/vcrypto_ctrl_call.h"

/* Most bytes of one command, keys included; an RSA-8192 private key takes 4700. */
#define VCRYPTO_CTRL_REQ_MAX	8192

/* Create and destroy the locks: init before any other function here, fini as the last.  fini
 * may wait for a message.
 */
void vcrypto_ctrlq_init(struct vcrypto_dev *dev);
void vcrypto_ctrlq_fini(struct vcrypto_dev *dev);

/* Before the first command: starts the thread that sends them where sessions are messages.
 * 0; -EAGAIN with one line.
 */
int vcrypto_ctrlq_start(struct vcrypto_dev *dev);

/* Allocates memory and initialises the ring of the control queue, at most as large as the
 * device's queue; does not enable it in the device.  0, -ENOMEM, or -ENODEV if the device
 * has no usable control queue.  A later call initialises the ring anew in the same memory;
 * the device must have been reset before.  After a failure there is no control queue, and
 * commands end with -EAGAIN.
 */
int vcrypto_ctrlq_setup(struct vcrypto_dev *dev);
/* False if the queue is broken, or if the device holds every slot and does not answer.
 * Only a reset makes the queue usable again.
 */
bool vcrypto_ctrlq_usable(struct vcrypto_dev *dev);
/* Wipes and frees the memory; the device must have been reset.  May be called twice. */
void vcrypto_ctrlq_release(struct vcrypto_dev *dev);
/* After a reset: ends the commands in flight with -EIO (messages: -EAGAIN) and wipes their
 * memory.  Nothing writes into their calls afterwards.
 */
void vcrypto_ctrlq_abort(struct vcrypto_dev *dev);
/* Before a reset, once the device is not live: returns when no session message is in
 * flight; none is sent afterwards.  Sleeps for as long as a message may take.
 */
void vcrypto_ctrlq_quiesce(struct vcrypto_dev *dev);

/* Creates a session.  0 and its id, or -errno: the device's status as req_status_errno()
 * maps it; -ETIMEDOUT; -EIO (NEEDS_RESET, or a broken queue); -ENODEV; -EMSGSIZE (the keys
 * do not fit into a command); -EAGAIN (the device is not live, or was reset since the
 * caller read cookie: nothing was sent).  Thread-safe.
 */
int vcrypto_ctrl_create(struct vcrypto_dev *dev, uint64_t *session_id,
		const struct req_session *s, uint64_t cookie);
/* Destroys a session of the generation that cookie names.  Same errors.  Thread-safe. */
int vcrypto_ctrl_destroy(struct vcrypto_dev *dev, enum req_kind kind, uint64_t session_id,
		uint64_t cookie);

/* Creates a session in steps, so that one thread can have several commands in flight, or
 * can do other work while it waits.  begin sends the command and returns 0; then the
 * caller calls end, poll or cancel.  Errors as above.  If no slot is free, begin waits for
 * one if wait is set, else returns -EBUSY, or -ETIMEDOUT once there was none for as long as
 * a command may take, or for VCRYPTO_CTRL_REFUSE_MS after a command timed out.  end waits
 * for the answer.  poll returns -EINPROGRESS until the answer has arrived or the time is
 * over.
 */
int vcrypto_ctrl_create_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct req_session *s, uint64_t cookie, bool wait);
int vcrypto_ctrl_create_end(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id);
int vcrypto_ctrl_create_poll(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id);
/* The command has its full time again, from now on: for one that was sent behind others. */
void vcrypto_ctrl_renew(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call);
/* Ends a command that was begun: its answer is dropped. */
void vcrypto_ctrl_cancel(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call);
/* The same for destroying, so that commands to several devices are in flight together. */
int vcrypto_ctrl_destroy_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		enum req_kind kind, uint64_t session_id, uint64_t cookie);
/* The same for a session that was created in steps: creating if the answer of call was not
 * taken, which this then waits for, else *session_id is its id.  Cancels a command of an
 * earlier generation.  True if the caller is to call destroy_end; if not, the control queue
 * does not know the call any more.
 */
bool vcrypto_ctrl_drop_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		enum req_kind kind, bool creating, uint64_t *session_id, uint64_t cookie);
int vcrypto_ctrl_destroy_end(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call);
/* Sends a destroy command and does not wait for its answer.  -EBUSY or -ETIMEDOUT as above
 * without wait.
 */
int vcrypto_ctrl_destroy_unheard(struct vcrypto_dev *dev, enum req_kind kind,
		uint64_t session_id, uint64_t cookie);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A virtqueue of commands: its memory, and one command's way to the device and back.  The
 * control queue and the administration queue are such queues; they know what the bytes mean.
 * A caller waits for at most devarg ctrl_timeout_ms.
 *
 * Locks: ctrlq.lock, one spinlock for both queues, since it protects the device's state and
 * generation too.  It is held to submit and to reap and never while the device works, so
 * commands of several threads are in flight together.  The slot of a command that timed out
 * stays with the device: its memory is not used again before the device returns it or is
 * reset, and a late answer is dropped.
 */
#ifndef VCRYPTO_CMDQ_H
#define VCRYPTO_CMDQ_H

#include <stdbool.h>
#include <stdint.h>

#include "device/vcrypto_device.h"
#include "session/vcrypto_ctrl_call.h"

/* What distinguishes the queues. */
struct vcrypto_cmdq_conf {
	const char *name;	/* "control", in messages */
	const char *zone;	/* of its memory zone's name */
	uint16_t index;		/* virtqueue number */
	uint16_t request_room;	/* most bytes of a command */
	uint16_t answer_room;	/* most bytes of an answer, a multiple of 32 */
};

/* Allocates memory and initialises the ring, at most as large as the device's queue; does not
 * enable it in the device.  0, -ENOMEM with one line, or -ENODEV without one if the device's
 * queue is too small.  A later call, with the same conf but for the index, initialises the
 * ring anew in the same memory; the device must have been reset before.  After a failure
 * there is no queue, and commands end with -EAGAIN.
 */
int vcrypto_cmdq_setup(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		const struct vcrypto_cmdq_conf *conf);
/* Wipes and frees the memory; the device must have been reset.  May be called twice. */
void vcrypto_cmdq_release(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq);
/* Under the lock, after a reset: ends the commands in flight with -EIO, and wipes them. */
void vcrypto_cmdq_abort(struct vcrypto_cmdq *cq);
/* False if the queue is broken, or if the device holds every slot and does not answer.
 * Only a reset makes the queue usable again.
 */
bool vcrypto_cmdq_usable(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq);

/* Reserves a free slot for call, whose deadline and answer_len are set, and waits for one if
 * wait is set, else returns -EBUSY, or -ETIMEDOUT once there was none for as long as a
 * command may take.  The device may be reset during the wait and then gives out the same ids
 * again, so each attempt checks cookie: -EAGAIN.  -EIO: the queue is broken.
 * On success the lock is held on return: the caller writes its command to *request and calls
 * send.
 */
int vcrypto_cmdq_reserve(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		struct vcrypto_ctrl_call *call, uint16_t *slot, uint8_t **request, uint64_t cookie,
		bool wait);
/* Sends the len bytes that were written; below 0: wipes them, and returns len.  Releases the
 * lock.
 */
int vcrypto_cmdq_send(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		struct vcrypto_ctrl_call *call, uint16_t slot, int len);

/* Takes what has arrived.  0: the command ended well; or how it failed; or else pending:
 * -EINPROGRESS, or why the caller waits no longer.  Unless -EINPROGRESS is returned, the
 * queue does not know the call any more.
 */
int vcrypto_cmdq_poll(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		struct vcrypto_ctrl_call *call, int pending);
/* Waits for the answer.  Errors as poll's. */
int vcrypto_cmdq_wait(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		struct vcrypto_ctrl_call *call);
/* Ends a command that was sent: its answer is dropped. */
void vcrypto_cmdq_cancel(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq,
		const struct vcrypto_ctrl_call *call);
/* True for VCRYPTO_CTRL_REFUSE_MS after a time-out, unless the device has answered since. */
bool vcrypto_cmdq_refuses(struct vcrypto_dev *dev, struct vcrypto_cmdq *cq);

/* When a command that is sent now times out, TSC. */
uint64_t vcrypto_cmdq_deadline(const struct vcrypto_dev *dev);
/* One step of a wait.  0: poll again; -ETIMEDOUT; or the error of the transport's check. */
int vcrypto_cmdq_wait_step(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call);
/* One line, that no answer came. */
void vcrypto_cmdq_log_timeout(const struct vcrypto_dev *dev, const struct vcrypto_cmdq *cq);

#endif

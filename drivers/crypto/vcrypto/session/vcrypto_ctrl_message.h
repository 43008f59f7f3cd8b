/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Session commands as messages of the transport, for a device without a control queue
 * (has_ctrlq false).  Part of the control queue: vcrypto_ctrlq.c alone calls it.
 *
 * A message may take the transport's time-out, which is longer than ctrl_timeout_ms, and a
 * burst must not wait at all.  So commands are posted, and a thread of the device sends them,
 * one after the other; who waits for the answer gives up when its time is over.  A session
 * that nobody waits for any more is destroyed again.  A posted command is a copy, keys
 * included, in the process's own heap, and is wiped once it was sent.
 *
 * Locks: ctrlq.messages is held across a message, ctrlq.lock over the list of posts.
 */
#ifndef VCRYPTO_CTRL_MESSAGE_H
#define VCRYPTO_CTRL_MESSAGE_H

#include <errno.h>

#include "device/vcrypto_device.h"
#include "session/vcrypto_ctrl_call.h"

/* Under ctrlq.lock: 0 if the device is live in the generation that cookie names, else
 * -EAGAIN.
 */
static inline int
vcrypto_ctrl_check_live(const struct vcrypto_dev *dev, uint64_t cookie)
{
	return dev->live && vcrypto_cookie(dev) == cookie ? 0 : -EAGAIN;
}

void vcrypto_ctrl_message_init(struct vcrypto_dev *dev);
/* Starts the thread, once: before the first post.  0; -EAGAIN with one line. */
int vcrypto_ctrl_message_start(struct vcrypto_dev *dev);
/* Ends the thread and drops what it has not sent.  Waits for the message in flight. */
void vcrypto_ctrl_message_fini(struct vcrypto_dev *dev);

/* Has the command sent; call is done later.  0;
 * -EBUSY: as many commands are posted as a control queue holds; -ENOMEM; -EAGAIN as
 * vcrypto_ctrl_create().  Does not wait.
 */
int vcrypto_ctrl_message_post(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd);
/* Under ctrlq.lock: nobody waits for this call any more. */
void vcrypto_ctrl_message_abandon(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call);
/* Under ctrlq.lock, after a reset: ends the calls of all posts with -EAGAIN.  The thread drops
 * the posts, which are of an earlier generation.
 */
void vcrypto_ctrl_message_abort(struct vcrypto_dev *dev);

#endif

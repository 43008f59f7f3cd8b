/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Session commands as messages of the transport, for a device without a control queue
 * (has_ctrlq false).  Part of the control queue: vcrypto_ctrlq.c alone calls it.
 *
 * Who may wait sends its message itself.  A burst must not, so it posts the command and a
 * thread of the device sends it, one after the other.  A posted command is a copy, keys
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
/* Starts the thread, once: before bursts.  0; -EAGAIN with one line. */
int vcrypto_ctrl_message_start(struct vcrypto_dev *dev);
/* Ends the thread and drops what it has not sent.  Waits for one message at most. */
void vcrypto_ctrl_message_fini(struct vcrypto_dev *dev);

/* Sends the command and waits for the answer: call is done on return. */
void vcrypto_ctrl_message_send(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd);
/* Has the command sent; call, or NULL for an answer that nobody wants, is done later.  0;
 * -EBUSY: as many commands are posted as a control queue holds; -ENOMEM; -EAGAIN as
 * vcrypto_ctrl_create().  Does not wait.
 */
int vcrypto_ctrl_message_post(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd);
/* Under ctrlq.lock: nobody waits for this call any more. */
void vcrypto_ctrl_message_abandon(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call);

#endif

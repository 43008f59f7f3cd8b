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

#include "request.h"
#include "device/vcrypto_device.h"

/* Bytes of one command, keys included: an RSA-8192 private key takes 4700. */
#define VCRYPTO_CTRL_REQ_MAX	8192

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

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The administration virtqueue: commands of capabilities and resource objects (virtio 1.4,
 * 2.12, 2.13).  It is a queue of commands as vcrypto_cmdq.h describes, with its locks, its
 * bounded waits and its quarantine.
 */
#ifndef VCRYPTO_ADMINQ_H
#define VCRYPTO_ADMINQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "req_admin.h"
#include "req_ipsec.h"
#include "device/vcrypto_device.h"

/* Most bytes of a command: a security association or the capability of all modes. */
#define VCRYPTO_ADMIN_REQ_MAX	256
/* Most bytes of an answer: a capability with modes to come. */
#define VCRYPTO_ADMIN_ANSWER_MAX	1568

/* A command whose device is busy for now, or has no memory for now, is sent again so often,
 * after a pause, within the time of one command.
 */
#define VCRYPTO_ADMIN_TRIES	50
#define VCRYPTO_ADMIN_RETRY_US	1000

/* Between FEATURES_OK and DRIVER_OK, with ADMIN_VQ negotiated: allocates memory and
 * initialises the ring; does not enable it in the device.  0, -ENOMEM, or -ENODEV, with one
 * line, if the device has no usable administration queue; then there is none, and commands
 * end with -EAGAIN.  May be called again after a reset.
 */
int vcrypto_adminq_setup(struct vcrypto_dev *dev);
/* False if only a reset makes the queue usable again; true if there is none. */
bool vcrypto_adminq_usable(struct vcrypto_dev *dev);
/* After a reset: ends the commands in flight with -EIO and wipes their memory. */
void vcrypto_adminq_abort(struct vcrypto_dev *dev);
/* Aborts, and frees the memory.  May be called twice, and without a queue. */
void vcrypto_adminq_release(struct vcrypto_dev *dev);

/* Writes the data of a command into memory that the device reads, so that keys are there
 * alone: all of len bytes, which are zero.  0 or -errno.  Called under the lock: must not wait.
 */
struct vcrypto_admin_fill {
	int (*write)(uint8_t *at, size_t len, const void *arg);
	const void *arg;
};

/* Sends c, whose data is NULL and is written by fill if that is not NULL, and waits for the
 * answer.  answer has size bytes, a multiple of VIRTIO_ADMIN_ALIGN and at most
 * VCRYPTO_ADMIN_ANSWER_MAX; r->data points into it.  0: the device's status was OK; or what
 * req_admin_errno() says of it, and then *r has the status; or, with status OK in *r:
 * -EBADMSG: it wrote no status; -ETIMEDOUT: the command may yet be carried out; -EIO
 * (NEEDS_RESET, a broken queue, or a reset under way: it may have been carried out); -ENODEV;
 * -EMSGSIZE: the command is too long; -EAGAIN: there is no queue, the device is not live, or
 * was reset since the caller read cookie: nothing was sent; or what fill says.
 * Logs a time-out; a status is the caller's to log.  Thread-safe.
 */
int vcrypto_admin_call(struct vcrypto_dev *dev, struct req_admin_result *r, uint8_t *answer,
		size_t size, const struct req_admin *c, const struct vcrypto_admin_fill *fill,
		uint64_t cookie);

#endif

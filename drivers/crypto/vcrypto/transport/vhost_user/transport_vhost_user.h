/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The constructor of the vhost-user transport, the front end of a crypto device that
 * another process implements.  Everything after creation goes through the operations of
 * transport.h.
 */
#ifndef VCRYPTO_TRANSPORT_VHOST_USER_H
#define VCRYPTO_TRANSPORT_VHOST_USER_H

#include "transport/transport.h"
#include "transport/vhost_user/vhu_args.h"

/*
 * Connects (or listens and waits for a connection), negotiates the protocol features,
 * reads what the back end offers, and collects the memory to be shared with it.  args and
 * its strings are copied.  Every wait is bounded.
 *
 * 0, and ops->destroy() undoes it all; or -errno with nothing left open and one line
 * in the log: -ENOENT, -ECONNREFUSED, -EACCES, ... errors of connect and bind;
 * -ENOTSOCK the path is no socket; -ENAMETOOLONG it is too long; -EINVAL illegal queues
 * or queue_size; -ENODEV the back end closed the connection, or never connected;
 * -ETIMEDOUT it does not answer; -EPROTO it violates the protocol; -EIO it refused a
 * request; -ENOTSUP it is no crypto device, or lacks what args ask for; -E2BIG it accepts
 * fewer memory regions than there are; -ENOMEM.
 */
int vcrypto_transport_vhost_user_create(struct vcrypto_transport **t,
		const struct vcrypto_vhu_args *args);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The constructor of the vhost-user transport, the front end of a crypto device
 * that another process is; everything else goes through transport.h.
 */
#ifndef VCRYPTO_TRANSPORT_VHOST_USER_H
#define VCRYPTO_TRANSPORT_VHOST_USER_H

#include "transport/transport.h"
#include "transport/vhost_user/vhu_args.h"

/*
 * Connect (or listen and wait for the connection), agree on the protocol, read what
 * the back end offers, and collect the memory that it will share.  args and its
 * strings are copied.
 *
 * 0, and ops->destroy() undoes it all; or -errno with nothing left open and one line
 * in the log: -ENOENT, -ECONNREFUSED, -EACCES, ... as connect and bind say;
 * -ENOTSOCK; -ENODEV the back end closed the connection, or never came; -ETIMEDOUT it
 * does not answer; -EPROTO it breaks the protocol; -EIO it refused a request;
 * -ENOTSUP it is no crypto device, or lacks what args ask for; -E2BIG it takes fewer
 * memory regions than there are; -ENOMEM.
 */
int vcrypto_transport_vhost_user_create(struct vcrypto_transport **t,
		const struct vcrypto_vhu_args *args);

#endif

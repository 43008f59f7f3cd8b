/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Connected unix sockets: made by connecting as a client, or by accepting a connection as
 * a server.  Every call returns 0 or -errno with one line logged.
 *
 * Threads: under the transport's lock, or while the transport is created.
 */
#ifndef VCRYPTO_VHU_SOCKET_H
#define VCRYPTO_VHU_SOCKET_H

#include "transport/vhost_user/vhu_args.h"

/* Connects to args->path, and waits (bounded) while its listener is busy, if wait is set.
 * *sock is a non-blocking socket, which the caller closes.
 */
int vcrypto_vhu_socket_connect(int *sock, const struct vcrypto_vhu_args *args, bool wait);

/* Listens on args->path, which must not exist.  The caller closes *listener and unlinks the
 * path.
 */
int vcrypto_vhu_socket_listen(int *listener, const struct vcrypto_vhu_args *args);
/* Waits (bounded) for a connection if wait is set; -ENODEV if none arrives, or none is there.
 * *sock as above.
 */
int vcrypto_vhu_socket_accept(int *sock, int listener, const struct vcrypto_vhu_args *args,
		bool wait);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a connected unix socket comes about: as a client, or by waiting for one.
 */
#ifndef VCRYPTO_VHU_SOCKET_H
#define VCRYPTO_VHU_SOCKET_H

#include "transport/vhost_user/vhu_args.h"

/* Connect to args->path, waiting (bounded) where its listener is busy.  *sock is a
 * non-blocking socket.  -errno with one line logged.
 */
int vcrypto_vhu_socket_connect(int *sock, const struct vcrypto_vhu_args *args);

/* Listen on args->path, which must not exist; the caller unlinks it. */
int vcrypto_vhu_socket_listen(int *listener, const struct vcrypto_vhu_args *args);
/* Wait (bounded) for a connection: -ENODEV if none comes. */
int vcrypto_vhu_socket_accept(int *sock, int listener, const struct vcrypto_vhu_args *args);

#endif

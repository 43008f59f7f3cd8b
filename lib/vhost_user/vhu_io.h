/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The step that both ways to receive a message share: vhu_io.c, which waits until a
 * deadline, and vhu_stream.c, which never waits.  For files of this folder only.
 */
#ifndef VHU_IO_H
#define VHU_IO_H

#include <sys/types.h>

#include "vhu.h"

/* Descriptors that came in and were not handed on yet. */
struct vhu_fd_list {
	int fd[VHU_MAX_FDS];
	unsigned int nb;
};

void vhu_io_close_all(struct vhu_fd_list *l);

/* One recvmsg of at most len bytes (not 0), which does not wait; descriptors are added to l, also
 * when it fails.  Bytes, at least one; -ECONNRESET at the stream's end; -EPROTO: more
 * descriptors than l holds; else -errno, -EAGAIN if nothing is there.
 */
ssize_t vhu_io_recv(int sock, void *buf, size_t len, struct vhu_fd_list *l);

#endif

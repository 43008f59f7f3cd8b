/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The system calls on the character device, and nothing else: tests replace this one object
 * by a device of their own.  Results are 0 or -errno, a descriptor or -errno.
 */
#ifndef VCRYPTO_VDPA_SYS_H
#define VCRYPTO_VDPA_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int vcrypto_vdpa_sys_open(const char *path);
void vcrypto_vdpa_sys_close(int fd);
/* Does the kernel's list of character devices (sysfs) have the device behind fd?  True as well
 * if it cannot be told.
 */
bool vcrypto_vdpa_sys_listed(int fd);
int vcrypto_vdpa_sys_ioctl(int fd, unsigned long request, void *arg);
/* Writes all of len bytes, or fails. */
int vcrypto_vdpa_sys_write(int fd, const void *buf, size_t len);
/* Maps a page of the device at off bytes for writing, shared; NULL where that fails. */
void *vcrypto_vdpa_sys_map(int fd, size_t page, uint64_t off);
void vcrypto_vdpa_sys_unmap(void *at, size_t page);

#endif

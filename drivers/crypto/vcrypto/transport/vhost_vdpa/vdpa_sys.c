/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the system calls on the character device.  Must not log, and must not know what a
 * request means.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "transport/vhost_vdpa/vdpa_sys.h"

/* A signal may interrupt a call that waits for the kernel's lock of the device: so many
 * times it is made again.
 */
#define SYS_TRIES	100

int
vcrypto_vdpa_sys_open(const char *path)
{
	/* Not blocking: a path that has become a FIFO must not hold the caller. */
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 ? fd : -errno;
}

void
vcrypto_vdpa_sys_close(int fd)
{
	close(fd);
}

bool
vcrypto_vdpa_sys_listed(int fd)
{
	char path[64];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return true;
	(void)snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", major(st.st_rdev),
		minor(st.st_rdev));
	return access(path, F_OK) == 0 || errno != ENOENT;
}

int
vcrypto_vdpa_sys_ioctl(int fd, unsigned long request, void *arg)
{
	unsigned int tries;
	int rc = -EINTR;

	for (tries = 0; tries < SYS_TRIES && rc == -EINTR; tries++)
		rc = ioctl(fd, request, arg) >= 0 ? 0 : -errno;
	return rc;
}

int
vcrypto_vdpa_sys_write(int fd, const void *buf, size_t len)
{
	unsigned int tries;
	ssize_t n = -1;

	for (tries = 0; tries < SYS_TRIES && n < 0; tries++) {
		n = write(fd, buf, len);
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	if (n < 0)
		return -EINTR;
	return (size_t)n == len ? 0 : -EIO;
}

void *
vcrypto_vdpa_sys_map(int fd, size_t page, uint64_t off)
{
	/* The kernel refuses a mapping that could be read. */
	void *at = mmap(NULL, page, PROT_WRITE, MAP_SHARED, fd, (off_t)off);

	return at != MAP_FAILED ? at : NULL;
}

void
vcrypto_vdpa_sys_unmap(void *at, size_t page)
{
	munmap(at, page);
}

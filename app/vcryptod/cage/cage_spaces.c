/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Namespaces and the empty root; see cage.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cage.h"

/* In the headers of kernels and C libraries of 2019 and later. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE		1
#endif

int
vcryptod_cage_unshare(struct vcryptod_cage *c, bool in_user_ns)
{
	int flags = CLONE_NEWNS;

	if (vcryptod_cage_wants(c, VCRYPTOD_CAGE_NAMESPACES))
		flags |= CLONE_NEWNET | CLONE_NEWIPC;
	/* No user of it is mapped: the process needs none. */
	if (in_user_ns)
		flags |= CLONE_NEWUSER;
	if (unshare(flags) != 0)
		return -errno;
	/* What is mounted from here on is seen by this process alone. */
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ? 0 : -errno;
}

/* The folder's links name each open file, but its parent leads to the old root: a mount of the
 * folder alone has no parent.  Needs Linux 5.2; before, the folder stays as it is.
 */
static void
spaces_cut_links(int links_fd)
{
#ifdef SYS_open_tree
	int fd;

	if (links_fd < 0)
		return;
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/proc/self/fd",
			OPEN_TREE_CLONE | O_CLOEXEC);
	if (fd < 0)
		return;
	if (dup3(fd, links_fd, O_CLOEXEC) < 0)
		errno = 0;
	close(fd);
#else
	(void)links_fd;
#endif
}

int
vcryptod_cage_empty_root(int links_fd)
{
	static const char at[] = "/proc";	/* it is there: this program came from it */

	spaces_cut_links(links_fd);
	/* One inode is the root itself. */
	if (mount("none", at, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
			"mode=0555,nr_inodes=1,size=4k") != 0 || chdir(at) != 0)
		return -errno;
	/* The old root comes to lie on the new one, and goes. */
	if (syscall(SYS_pivot_root, ".", ".") != 0)
		return -errno;
	if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
		return -errno;
	return 0;
}

/* Nothing can be put into a folder that was removed. */
int
vcryptod_cage_chroot(void)
{
	char at[] = "/tmp/vcryptod-XXXXXX";
	int rc;

	if (mkdtemp(at) == NULL)
		return -errno;
	rc = chdir(at) == 0 ? 0 : -errno;
	if (rmdir(at) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0)
		rc = chroot(".") == 0 ? 0 : -errno;
	return rc == 0 && chdir("/") != 0 ? -errno : rc;
}

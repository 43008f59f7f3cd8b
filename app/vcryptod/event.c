/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Is a descriptor an eventfd?  See event.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "event.h"

int
vcryptod_event_open_links(void)
{
	return open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool
vcryptod_event_is_eventfd(int links_fd, int fd)
{
	static const char eventfd[] = "anon_inode:[eventfd]";
	char name[16], link[sizeof(eventfd)] = { 0 };
	struct statx st;

	(void)snprintf(name, sizeof(name), "%d", fd);
	if (links_fd >= 0 && readlinkat(links_fd, name, link, sizeof(link)) >= 0)
		return memcmp(link, eventfd, sizeof(eventfd) - 1) == 0 &&
			link[sizeof(eventfd) - 1] == '\0';
	/* Without /proc: no file, socket, pipe or device; a file's server is not asked. */
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) == 0 &&
		(st.stx_mode & S_IFMT) == 0;
}

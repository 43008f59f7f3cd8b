/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a service manager is told; see notify.h.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notify.h"

int
vcryptod_notify_init(struct vcryptod_notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path != NULL ? strlen(path) : 0;
	int rc = 0;

	memset(n, 0, sizeof(*n));
	if (len > 0 && len < sizeof(n->un.sun_path) && (*path == '/' || *path == '@')) {
		n->un.sun_family = AF_UNIX;
		memcpy(n->un.sun_path, path, len);
		if (*path == '@')	/* a name without a file begins with 0 */
			n->un.sun_path[0] = '\0';
		n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	} else if (len > 0) {
		rc = -EINVAL;
	}
	(void)unsetenv("NOTIFY_SOCKET");
	return rc;
}

int
vcryptod_notify_say(const struct vcryptod_notify *n, const char *what)
{
	int fd, rc;

	if (n->len == 0)
		return 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = sendto(fd, what, strlen(what), MSG_NOSIGNAL, (const struct sockaddr *)&n->un,
			n->len) >= 0 ? 0 : -errno;
	close(fd);
	return rc;
}

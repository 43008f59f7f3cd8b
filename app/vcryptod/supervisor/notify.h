/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a service manager is told, where one started the daemon and listens (NOTIFY_SOCKET of
 * systemd: a datagram is a line NAME=VALUE).  Nothing waits.  Threads: one.
 */
#ifndef VCRYPTOD_SUPERVISOR_NOTIFY_H
#define VCRYPTOD_SUPERVISOR_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

struct vcryptod_notify {
	struct sockaddr_un un;
	socklen_t len;			/* of un; 0: nobody listens */
};

/* Takes the address out of the environment: device processes have nothing to tell.  0;
 * -EINVAL: it is none, and nobody is told anything.
 */
int vcryptod_notify_init(struct vcryptod_notify *n);
/* 0: told, or nobody listens; -EAGAIN: no room now; -errno. */
int vcryptod_notify_say(const struct vcryptod_notify *n, const char *what);

#endif

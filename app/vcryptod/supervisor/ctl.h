/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The socket of --ctl: who connects gets the figures of all devices and the end of the
 * stream.  Nothing is read from a client, so it can say nothing wrong.
 *
 * A client is not trusted, and the supervisor never waits for one: what a socket does not take at
 * once waits in a buffer of one device's figures, VCRYPTOD_CTL_CLIENTS clients are served at a
 * time, others wait in the socket, and one that has not read all within VCRYPTOD_CTL_WAIT_MS is
 * closed.  A device's figures are copied when the client has taken those of the device before.
 *
 * Threads: the supervisor's one.
 */
#ifndef VCRYPTOD_CTL_H
#define VCRYPTOD_CTL_H

#include <poll.h>
#include <stdbool.h>

#include "listen.h"

#define VCRYPTOD_CTL_CLIENTS	8
#define VCRYPTOD_CTL_WAIT_MS	2000
#define VCRYPTOD_CTL_FDS	(1 + VCRYPTOD_CTL_CLIENTS)

/* The stream: a head, then for each device a struct vcryptod_ctl_device and the words of its page.
 * Numbers are the machine's: client and daemon are one program.
 */
#define VCRYPTOD_CTL_MAGIC	"vcryptod figures"	/* with its final 0 */
#define VCRYPTOD_CTL_VERSION	1

struct vcryptod_ctl_head {
	char magic[24];
	uint64_t version;
	uint64_t layout;		/* of the page's words, as the daemon's main part said */
	uint64_t nb_devices;
	uint64_t nb_queues;		/* of each device */
	uint64_t page_size;		/* bytes of each device's page */
};

struct vcryptod_ctl_device {
	char path[112];			/* of its socket */
	uint64_t pid;			/* 0: there is no process now */
	uint64_t ready;			/* it serves its socket: 0 or 1 */
	uint64_t starts;		/* processes so far, this one included */
	uint64_t age_ms;		/* since this process was started */
	uint64_t now_ns;		/* when these figures were copied, of a monotonic clock */
	uint64_t resident;		/* bytes that the process has in memory; 0: not known */
	uint64_t shared;		/* bytes of those that others share, as the guest */
};

struct vcryptod_child;
struct vcryptod_relay;

struct vcryptod_ctl_client {
	int fd;				/* -1: none */
	uint64_t until_ms;		/* when it is closed */
	unsigned int next;		/* device whose figures come next */
	uint8_t *buffer;		/* buffer_size bytes; kept for the next client */
	size_t len, sent;		/* bytes of it */
};

struct vcryptod_ctl {
	struct vcryptod_listen listen;
	const struct vcryptod_child *child;
	struct vcryptod_relay *relay;
	struct vcryptod_ctl_head head;
	size_t buffer_size;
	uint64_t pause_until_ms;	/* no accept before, since one failed; 0: none */
	struct vcryptod_ctl_client client[VCRYPTOD_CTL_CLIENTS];
};

/* Listens at path, for this user alone; without a path there is no such socket, and the rest does
 * nothing.  head: what is said of all devices, whose children are nb_devices from child on.  0, or
 * -errno with ctl->listen.why.
 */
int vcryptod_ctl_init(struct vcryptod_ctl *ctl, const char *path,
		const struct vcryptod_ctl_head *head, const struct vcryptod_child *child,
		struct vcryptod_relay *relay);
/* Fills in VCRYPTOD_CTL_FDS; *until becomes lower if something is due before. */
void vcryptod_ctl_fds(const struct vcryptod_ctl *ctl, struct pollfd *fds, uint64_t now_ms,
		uint64_t *until);
/* One new client at most, and for each one a device's figures at most. */
void vcryptod_ctl_handle(struct vcryptod_ctl *ctl, const struct pollfd *fds, uint64_t now_ms);
/* Closes all, and removes the path.  Accepts a zeroed struct; may be called twice. */
void vcryptod_ctl_fini(struct vcryptod_ctl *ctl);

#endif

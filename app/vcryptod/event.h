/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Eventfds: those that a front end sends, and writing to one.
 */
#ifndef VCRYPTOD_EVENT_H
#define VCRYPTOD_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

/* The folder that tells what a descriptor is; -1: there is none, without /proc.  The caller
 * closes it.
 */
int vcryptod_event_open_links(void);
/* Nothing but an eventfd never blocks once O_NONBLOCK is set, and always wakes a poll.  links_fd
 * is that folder, or -1.
 */
bool vcryptod_event_is_eventfd(int links_fd, int fd);

/* Adds one to an eventfd; does not block if it is non-blocking. */
static inline void
vcryptod_event_set(int fd)
{
	const uint64_t one = 1;

	/* A failure needs no action: a full counter means that an event is pending, and a
	 * descriptor that cannot be written is the front end's mistake.
	 */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

#endif

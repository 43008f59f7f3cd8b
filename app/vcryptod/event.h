/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Writing to an eventfd.
 */
#ifndef VCRYPTOD_EVENT_H
#define VCRYPTOD_EVENT_H

#include <stdint.h>
#include <unistd.h>

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

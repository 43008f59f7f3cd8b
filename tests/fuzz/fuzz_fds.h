/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How many descriptors are open: one that an input leaves behind may have any number, so the
 * lowest free one does not tell.  One system call.
 */
#ifndef FUZZ_FDS_H
#define FUZZ_FDS_H

#include <poll.h>

#include "fuzz_input.h"

#define FUZZ_FDS	256	/* more than a target has open at once */

static inline unsigned int
fuzz_fds_open(void)
{
	struct pollfd fds[FUZZ_FDS];
	unsigned int nb = 0;
	int i;

	for (i = 0; i < FUZZ_FDS; i++)
		fds[i] = (struct pollfd){ .fd = i };
	FUZZ_CHECK(poll(fds, FUZZ_FDS, 0) >= 0);
	for (i = 0; i < FUZZ_FDS; i++)
		nb += (fds[i].revents & POLLNVAL) == 0;
	return nb;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What all front ends of a device have in common: a listener, one connection, messages that come
 * and answers that go.  Which messages those are is the front end's (vhost_user/front.h,
 * vfio_user/client.h), behind a table of functions; process.c knows a front end as a link alone.
 *
 * A front end is trusted no more than the driver behind it, and nothing here ever waits for it.  A
 * connection ends, with one line, when a message breaks the protocol, does not arrive within
 * VCRYPTOD_LINK_WAIT_MS once it has begun, or its answer is not read within that time; and when
 * the table's functions say so.  There is one front end at a time: another one is sent away.
 * A line tells who is connected once it has agreed to features, and another one when it is gone.
 *
 * Threads: all calls come from one thread, the device process's main thread.
 */
#ifndef VCRYPTOD_LINK_H
#define VCRYPTOD_LINK_H

#include <poll.h>

#include "device.h"

#define VCRYPTOD_LINK_FDS	3	/* to poll: the listener, the connection, the front end's */
#define VCRYPTOD_LINK_WAIT_MS	10000	/* for the rest of a message, for an answer to be read */
#define VCRYPTOD_LINK_REFUSALS	64	/* refused messages of one connection, for front ends */

/* Those before `event` concern the connection, as the link's caller goes on with it. */
struct vcryptod_link_ops {
	const char *protocol;		/* its name */
	/* Takes what has come of one message.  0: it is whole; -EAGAIN: more must come; -EPROTO;
	 * -ECONNRESET: the front end is gone; another -errno.
	 */
	int (*receive)(void *ctx, int sock);
	/* A message has begun. */
	bool (*has_begun)(const void *ctx);
	/* Obeys the whole message, of which nothing is left afterwards, and keeps an answer if
	 * there is one.  -EPROTO: the connection must end, for the reason *why.
	 */
	int (*obey)(void *ctx, const char **why);
	/* Sends the answer.  0: all is sent; -EAGAIN: the front end must read first; else as in
	 * receive.
	 */
	int (*send)(void *ctx, int sock);
	bool (*is_sent)(const void *ctx);
	/* The connection ends: all that it brought is forgotten, and no ring runs. */
	void (*end)(void *ctx);

	/* event_fd can be read. */
	void (*event)(void *ctx);
	/* A ring broke: the driver is told, where there is a way. */
	void (*announce)(void *ctx);
	/* After the link's end. */
	void (*fini)(void *ctx);
};

struct vcryptod_link {
	const struct vcryptod_link_ops *ops;
	void *ctx;
	struct vcryptod_device *dev;
	int listen_fd;			/* -1: sock is all that there will be */
	int event_fd;			/* the front end's, to poll for input; -1: none */
	int links_fd;			/* for vcryptod_event_is_eventfd; -1 */
	uint64_t pause_until;		/* ms: no accept before, since one failed; 0: none */
	int sock;			/* the connection; -1: none */
	uint64_t deadline;		/* ms: for what has begun; 0: nothing has */
	pid_t peer;			/* the front end's process; 0: the kernel does not tell */
	uint64_t since;			/* ms: when it was let in */
	bool shown;			/* its features are known, and a line has told them */
};

/* Takes over listen_fd, a unix stream socket that listens, or is the one connection that there will
 * be.  Cannot fail.
 */
void vcryptod_link_init(struct vcryptod_link *l, const struct vcryptod_link_ops *ops, void *ctx,
		struct vcryptod_device *dev, int listen_fd);
/* Ends the connection, and calls ops->fini.  Accepts a zeroed struct; may be called twice. */
void vcryptod_link_fini(struct vcryptod_link *l);

/* Was its one connection given, and is it gone? */
bool vcryptod_link_is_over(const struct vcryptod_link *l);

/* What to poll for now: at most VCRYPTOD_LINK_FDS entries; and for how long (ms; -1: no end). */
unsigned int vcryptod_link_fds(const struct vcryptod_link *l, struct pollfd *fds);
int vcryptod_link_timeout_ms(const struct vcryptod_link *l);
/* Does what can be done at once; fds as filled in above, with their events.  Call it after each
 * poll, whether anything came or not.
 */
void vcryptod_link_handle(struct vcryptod_link *l, const struct pollfd *fds, unsigned int nb);

/* A time in the future, in ms of a clock that only goes forward; 0: now. */
uint64_t vcryptod_link_time(unsigned int ms);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The channel on which the back end says by itself that its configuration or its status has
 * changed (protocol feature BACKEND_REQ): a socket beside the connection.  Internal to the
 * vhost-user transport.
 *
 * What arrives there is a hint and no more: each whole message counts as one, whatever it
 * says.  EAL's interrupt thread reads one message at a time and never waits; a channel that
 * breaks the protocol, or whose hints are not wanted any more, is not read again.
 *
 * Threads: on and off are life-cycle calls, one at a time; neither in EAL's interrupt thread.
 */
#ifndef VCRYPTO_VHU_EVENTS_H
#define VCRYPTO_VHU_EVENTS_H

#include <stdbool.h>

struct rte_intr_handle;

struct vcrypto_vhu_events {
	const char *name;		/* of the device, for messages */
	struct rte_intr_handle *intr;	/* NULL: not listening */
	int sock;			/* the channel, while it listens */
	bool (*changed)(void *arg);	/* false: no more calls */
	void *arg;
};

/* Calls changed(arg) in EAL's interrupt thread for each message that arrives at sock, until
 * it returns false or off is called.  sock below 0: the back end has no channel, and no call
 * is made.  Cannot fail: without a handler the device is polled, with one line at level info.
 */
void vcrypto_vhu_events_on(struct vcrypto_vhu_events *e, int sock, bool (*changed)(void *arg),
		void *arg);
/* changed() does not run after the return, and sock may be closed.  Without on, does nothing. */
void vcrypto_vhu_events_off(struct vcrypto_vhu_events *e);

#endif

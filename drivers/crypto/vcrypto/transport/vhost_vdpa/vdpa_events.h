/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The configuration interrupt: an event descriptor that the kernel writes when the device
 * says that its configuration or its status has changed.
 *
 * Threads: on, aim and off are life-cycle calls, one at a time; none in EAL's interrupt
 * thread.
 */
#ifndef VCRYPTO_VDPA_EVENTS_H
#define VCRYPTO_VDPA_EVENTS_H

#include <stdbool.h>

#include "transport/vhost_vdpa/vdpa_chr.h"

struct rte_intr_handle;

struct vcrypto_vdpa_events {
	struct rte_intr_handle *intr;	/* NULL: not listening */
	int fd;				/* the event descriptor, while it listens */
	struct vcrypto_vdpa_chr *chr;	/* whose interrupt it is */
	bool (*changed)(void *arg);	/* false: no more calls */
	void *arg;
};

/* Registers changed(arg) for EAL's interrupt thread, until it returns false or off is called.
 * Cannot fail: without a handler the device is polled, with one line at level info.
 */
void vcrypto_vdpa_events_on(struct vcrypto_vdpa_events *e, struct vcrypto_vdpa_chr *chr,
		bool (*changed)(void *arg), void *arg);
/* Gives the descriptor to the device: needed again after each reset, which may drop it.
 * Does nothing while nobody listens.
 */
void vcrypto_vdpa_events_aim(struct vcrypto_vdpa_events *e);
/* changed() does not run after the return.  Without on, does nothing. */
void vcrypto_vdpa_events_off(struct vcrypto_vdpa_events *e);

#endif

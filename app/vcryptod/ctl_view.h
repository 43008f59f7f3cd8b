/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The figures of all devices as `vcryptod ctl` has read them, checked and added up.
 *
 * The daemon's supervisor is believed, a device's page is not: its process may have been taken over
 * by its guest.  Numbers of it are printed as numbers, and those that select something (an
 * algorithm, a state) are checked here; whatever they are, sums and rates are some number.
 *
 * Threads: one.
 */
#ifndef VCRYPTOD_CTL_VIEW_H
#define VCRYPTOD_CTL_VIEW_H

#include <stdbool.h>

#include "figures.h"
#include "supervisor/ctl.h"

#define VCRYPTOD_VIEW_WAIT_MS	5000	/* for a place in the queue, and for all figures */

struct vcryptod_view_row {
	const char *kind;		/* "cipher", "ipsec" ...; NULL: nothing is counted */
	char alg[64];
};

struct vcryptod_view_queue {
	const char *state;			/* "off", "runs", "stopped" */
	struct vcryptod_counters sum;		/* of all threads */
};

struct vcryptod_view_device {
	struct vcryptod_ctl_device about;	/* but for path */
	char path[4 * sizeof(((struct vcryptod_ctl_device *)0)->path)];	/* printable ASCII */
	struct vcryptod_figures *page;		/* as it was copied */
	unsigned int nb_queues;			/* as the page says, of those that it has */
	struct vcryptod_view_row row[VCRYPTOD_FIGURES_ROWS];
	struct vcryptod_view_queue *queue;	/* of all that the page has */
	struct vcryptod_counters sum;		/* of all queues */
};

struct vcryptod_view {
	unsigned int nb_devices;
	unsigned int nb_queues;			/* that there is room for in each page */
	size_t page_size;
	struct vcryptod_view_device *device;
};

/* Bytes that follow a head in the stream; 0, with *why: it is none that this program knows. */
size_t vcryptod_view_size(const struct vcryptod_ctl_head *head, const char **why);
/* Takes over what is in body, of the size that the head calls for, by copying.  0; -ENOMEM, with
 * nothing to be freed.
 */
int vcryptod_view_parse(struct vcryptod_view *v, const struct vcryptod_ctl_head *head,
		const void *body);
/* Asks the daemon at path.  0; -errno, with *why. */
int vcryptod_view_fetch(struct vcryptod_view *v, const char *path, const char **why);
/* Accepts a zeroed struct; may be called twice. */
void vcryptod_view_fini(struct vcryptod_view *v);

/* The time, in ns, that a part of a thousand of the requests did not exceed, as exactly as the
 * classes are; 0: nothing was counted.
 */
uint64_t vcryptod_view_quantile(const struct vcryptod_counters *c, unsigned int per_mille);
/* Requests without a result: OK and SOFT_EXPIRY have one. */
uint64_t vcryptod_view_failed(const struct vcryptod_counters *c);

/* What has come between two views of one process, which before is NULL or of another one else:
 * then all of it is 0, and false is returned.
 */
bool vcryptod_view_since(struct vcryptod_counters *diff, const struct vcryptod_counters *now,
		const struct vcryptod_counters *before);
/* The device of an earlier view that is the same process; NULL: there is none. */
const struct vcryptod_view_device *vcryptod_view_same(const struct vcryptod_view *before,
		const struct vcryptod_view_device *d);
/* Nanoseconds between two views of one device, at least 1. */
uint64_t vcryptod_view_elapsed(const struct vcryptod_view_device *now,
		const struct vcryptod_view_device *before);

#endif

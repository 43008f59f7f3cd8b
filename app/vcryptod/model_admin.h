/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Administration commands of the device (virtio 1.4, 2.12 and 2.13): the lists of commands and
 * capabilities, and the resource objects of the IPSEC service.  Knows no rings: a command comes
 * as the memory that its descriptors name, translated and bounds-checked.
 *
 * The driver is not trusted.  A command is copied before it is looked at, and its copy, which
 * may hold keys, is wiped.  A command that fails has changed nothing.
 *
 * Threads: commands from any thread, ordered by a lock; none may be inside as a reader of
 * sessions.  Look-ups of associations as ipsec_sa.h says.  init, reset and fini while no
 * other call is under way.
 */
#ifndef VCRYPTOD_MODEL_ADMIN_H
#define VCRYPTOD_MODEL_ADMIN_H

#include "figures.h"
#include "ipsec_sa.h"
#include "req_admin.h"

struct vcryptod_admin_config {
	const char *name;			/* of the socket, for messages; NULL: none */
	struct vcryptod_sessions *sessions;	/* of the device: readers, and the engine */
	unsigned int nb_lanes;			/* of the engine's sessions */
	struct vcryptod_caps caps;		/* the device's */
	struct vcryptod_figures *figures;	/* the device's */
	uint32_t max_sas;			/* of each direction, 1 to VCRYPTOD_IPSEC_SAS_MAX */
	uint32_t max_window;			/* numbers, to VCRYPTOD_IPSEC_WINDOW_MAX */
};

struct vcryptod_admin {
	struct vcryptod_admin_config cfg;
	struct req_ipsec_limits limits;		/* what the device can */
	struct req_ipsec_caps caps;
	struct vcryptod_ipsec_sas sas;

	pthread_mutex_t lock;
	/* Under lock: what the driver has said since the reset. */
	uint64_t in_use;			/* REQ_ADMIN_BIT()s */
	struct req_ipsec_limits driver_limits;	/* 0 before it has set them */
	struct req_ipsec_caps driver_caps;
	/* Atomic: objects. */
	uint64_t created, destroyed, refused;
};

/* 0, -ENOMEM, -EINVAL. */
int vcryptod_admin_init(struct vcryptod_admin *a, const struct vcryptod_admin_config *cfg);
/* Accepts a zeroed struct. */
void vcryptod_admin_fini(struct vcryptod_admin *a);
/* No objects, no capabilities of the driver, the first list of commands. */
void vcryptod_admin_reset(struct vcryptod_admin *a);

/* One command.  Neither part may be too short or too long (2.13.1), but a command without any
 * byte is refused: what lies outside of the driver's memory comes as one.  The bytes written, for
 * the used ring.
 */
uint32_t vcryptod_admin_command(struct vcryptod_admin *a,
		const struct vqd_seg *readable, unsigned int nb_readable,
		const struct vqd_seg *writable, unsigned int nb_writable);

#endif

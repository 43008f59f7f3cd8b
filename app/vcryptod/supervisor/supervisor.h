/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The supervisor: makes the listening sockets and gives each to a device process of its
 * own.  It starts again what dies, kills what no longer answers, hands signals on, and has
 * ended VCRYPTOD_END_MS after SIGTERM or SIGINT, whatever its children do.
 *
 * It holds no guest's memory, no key and no engine, and reads nothing from a front end:
 * connections wait in the listening socket, which stays open while a device process is
 * started again.
 */
#ifndef VCRYPTOD_SUPERVISOR_H
#define VCRYPTOD_SUPERVISOR_H

#include <sys/types.h>

#define VCRYPTOD_END_MS		2000	/* from SIGTERM to the end */

struct vcryptod_supervisor_config {
	const char *program;		/* what is executed as a device process */
	char *const *argv;		/* with these arguments, and VCRYPTOD_SPAWN_OPTION */
	const char *const *socket;	/* paths */
	unsigned int nb_sockets;
	mode_t mode;			/* of the sockets' files */
	gid_t gid;			/* of the sockets' files; (gid_t)-1: as they come */
	unsigned int watchdog;		/* seconds without an answer; 0: nothing is asked */
};

/* Returns what the process exits with: 0 after a signal; 1, logged, if it did not start or a
 * device process did not end as it should.  One that a peer keeps from it is no failure.
 * Must be called while the process has one thread.
 */
int vcryptod_supervise(const struct vcryptod_supervisor_config *cfg);

#endif

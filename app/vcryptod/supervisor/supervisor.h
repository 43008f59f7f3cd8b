/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The supervisor: makes the listening sockets and gives each to a device process of its
 * own.  It starts again what dies, kills what no longer answers, hands signals on, and has
 * ended VCRYPTOD_END_MS after SIGTERM or SIGINT, whatever its children do.  SIGHUP opens the log
 * file again; without one it is as SIGTERM.
 *
 * A socket that was given and is connected has one front end: when that is gone, the daemon ends.
 *
 * It holds no guest's memory, no key and no engine, and reads nothing from a front end:
 * connections wait in the listening socket, which stays open while a device process is
 * started again.  Of a device it knows a page of figures, words that it copies for
 * who asks at the socket of --ctl (ctl.h, page.h).
 */
#ifndef VCRYPTOD_SUPERVISOR_H
#define VCRYPTOD_SUPERVISOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "relay.h"

#define VCRYPTOD_END_MS		2000	/* from SIGTERM to the end */

struct vcryptod_supervisor_config {
	const char *program;		/* what is executed as a device process */
	/* With these arguments for each socket, and VCRYPTOD_SPAWN_OPTION. */
	char *const *const *argv;
	const char *const *socket;	/* paths, or names where a socket is given */
	const int *given;		/* such a socket; -1: it is made at its path */
	unsigned int nb_sockets;
	mode_t mode;			/* of the sockets' files */
	gid_t gid;			/* of the sockets' files; (gid_t)-1: as they come */
	unsigned int watchdog;		/* seconds without an answer; 0: nothing is asked */
	int log_level;			/* of syslog: nothing above it is said on stderr */
	enum vcryptod_relay_form log_form;
	const char *log_file;		/* in place of stderr; NULL: none */
	const char *ctl;		/* path of the socket with figures; NULL: none */
	/* Of the figures: what the words are, for who reads them; the data queues of each device;
	 * bytes of each device's page, 0: there are none.
	 */
	uint64_t layout;
	unsigned int nb_queues;
	size_t page_size;
};

/* Returns what the process exits with: 0 after a signal; 1, logged, if it did not start or a
 * device process did not end as it should.  One that a peer keeps from it is no failure.
 * Must be called while the process has one thread.
 */
int vcryptod_supervise(const struct vcryptod_supervisor_config *cfg);

#endif

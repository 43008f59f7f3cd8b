/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One device process as the supervisor sees it: started, ready, asked whether it still
 * answers, told to end, found dead, started again.
 *
 * The watch is a socket between the two.  The device process writes VCRYPTOD_WATCH_READY
 * once, when it serves its socket, and answers each VCRYPTOD_WATCH_PING with the same byte; one
 * that writes anything else is killed.
 * Its end is closed with the process; so is ours, which tells the device process that it
 * is alone.
 */
#ifndef VCRYPTOD_CHILD_H
#define VCRYPTOD_CHILD_H

#include <poll.h>

#include "listen.h"
#include "page.h"
#include "relay.h"
#include "spawn.h"

#define VCRYPTOD_WATCH_READY	'r'
#define VCRYPTOD_WATCH_PING	'p'

#define VCRYPTOD_CHILD_FDS	4	/* watch, two pipes, the listening socket */
#define VCRYPTOD_CHILD_FAILED	1	/* exit status: it does not start, and has said why */
#define VCRYPTOD_CHILD_TOLD	3	/* exit status: it has said why, its peers are to blame */

/* Of all children. */
struct vcryptod_child_config {
	const char *program;
	char *const *const *argv;	/* of each child */
	unsigned int watchdog;		/* seconds; 0: never */
	size_t page_size;		/* bytes of each one's page of figures; 0: none */
	struct vcryptod_relay *relay;
};

struct vcryptod_child {
	const struct vcryptod_child_config *cfg;
	unsigned int index;
	struct vcryptod_listen listen;
	pid_t pid;			/* 0: not there */
	int watch_fd;			/* -1: none */
	struct vcryptod_relay_pipe out, err;
	struct vcryptod_page page;	/* of this process, or of the last one */
	int statm_fd;			/* what memory this process has; -1: not known */
	unsigned int starts;		/* processes so far */
	uint64_t started_ms;		/* when it was started */
	uint64_t again_ms;		/* when it is to be started; 0: not known */
	unsigned int backoff_ms;	/* waited after the last death; 0: none yet */
	unsigned int missed;		/* times that it was to be asked, and had not answered */
	bool ready;			/* this process */
	bool was_ready;			/* any */
	bool asked;			/* and has not answered yet */
	bool shut;			/* has shut its socket down, and is killed */
	bool quiet;			/* ended by its own will: a line when it starts again */
};

/* fds of all are none; the listening socket is made by the caller. */
void vcryptod_child_init(struct vcryptod_child *c, const struct vcryptod_child_config *cfg,
		unsigned int index);
/* Starts it.  False, logged: it cannot be; it is due again after a while. */
bool vcryptod_child_start(struct vcryptod_child *c, uint64_t now_ms);
/* What it has said.  True: it has become ready. */
bool vcryptod_child_handle(struct vcryptod_child *c, const struct pollfd *fds, uint64_t now_ms);
/* Fills in VCRYPTOD_CHILD_FDS; those of a pipe that is not heard for now are none.  *until
 * becomes lower if a pipe is heard again before.
 */
void vcryptod_child_fds(const struct vcryptod_child *c, struct pollfd *fds, uint64_t now_ms,
		uint64_t *until);

/* How often a process is asked, in ms; 0: never. */
unsigned int vcryptod_child_ask_ms(unsigned int watchdog);
/* Once in each such time: asks, or kills a process that has not answered for long. */
void vcryptod_child_ask(struct vcryptod_child *c);
/* Kills a process that has not become ready in time, if that time has come; *until as above. */
void vcryptod_child_check_start(struct vcryptod_child *c, uint64_t now_ms, uint64_t *until);
/* SIGTERM, SIGKILL or SIGUSR1, if there is a process. */
void vcryptod_child_signal(const struct vcryptod_child *c, int number);

/* Has its process ended?  Then its last words are taken, and *how is waitpid's. */
bool vcryptod_child_reap(struct vcryptod_child *c, int *how);
/* It was to end: with status 0 or VCRYPTOD_CHILD_TOLD, else a line says how it did. */
bool vcryptod_child_ended_well(const struct vcryptod_child *c, int how);
/* It was not to end: says how it did, unless it has said so itself, and when it is started
 * again.
 */
void vcryptod_child_lost(struct vcryptod_child *c, int how, uint64_t now_ms);

void vcryptod_child_fini(struct vcryptod_child *c);

#endif

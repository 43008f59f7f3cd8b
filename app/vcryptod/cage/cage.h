/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a device process gives up before it serves a front end.  Its parts are independent; each
 * can be switched off.  Three steps, since what is given up early would be missed at start:
 *
 *   begin   first of all in the process: limits, no core file
 *   enter   single-threaded, when every file is open and the engine has loaded its libraries:
 *           namespaces, empty root, user, capabilities, no new privileges
 *   shut    last, when each thread runs and has its CPU: system calls
 *
 * After enter nothing can be opened by name.  After shut no thread can be started, nor can
 * one set its CPUs (sched_setaffinity) or call prctl.
 *
 * A part that the process itself could not take is an error.  What a kernel or a container
 * refuses (namespaces, root, capabilities) is no error: vcryptod_cage_line tells it.
 *
 * Threads: one.  Lines of errors go to stderr and name the device by path.
 */
#ifndef VCRYPTOD_CAGE_H
#define VCRYPTOD_CAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum vcryptod_cage_part {
	VCRYPTOD_CAGE_LIMITS,		/* of descriptors, no core file */
	VCRYPTOD_CAGE_DUMPS,		/* not dumpable: not traced by its own user either */
	VCRYPTOD_CAGE_NAMESPACES,	/* its own mounts, network, IPC */
	VCRYPTOD_CAGE_ROOT,		/* an empty, read-only root folder */
	VCRYPTOD_CAGE_CAPABILITIES,	/* none, and none to get */
	VCRYPTOD_CAGE_PRIVILEGES,	/* no_new_privs */
	VCRYPTOD_CAGE_SECCOMP,		/* a list of system calls */
	VCRYPTOD_CAGE_NB_PARTS
};

#define VCRYPTOD_CAGE_BIT(part)	(UINT32_C(1) << (part))
#define VCRYPTOD_CAGE_ALL	(VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_NB_PARTS) - 1)
#define VCRYPTOD_CAGE_LINE	512	/* bytes that hold any line */

struct vcryptod_cage {
	/* What is wanted: vcryptod_cage_init, then the two parsers. */
	uint32_t parts;			/* VCRYPTOD_CAGE_BIT */
	bool tell;			/* a line for the system call that ends the process */
	bool has_user;
	uid_t uid;			/* if has_user */
	gid_t gid;

	/* What is so. */
	uint32_t in_force;		/* VCRYPTOD_CAGE_BIT */
	int refused[VCRYPTOD_CAGE_NB_PARTS];	/* errno; 0: not refused */
	unsigned int nb_fds;		/* limit of descriptors */
	unsigned int nb_calls;		/* system calls in the list */
	bool is_root;			/* when it began */
	bool in_user_ns;		/* namespaces without privilege */
	bool is_chroot;			/* the root was changed by chroot alone */
	bool has_bounds;		/* the bounding set is not empty; without new privileges
					 * nothing comes of it
					 */
};

/* Every part but those that would blind a sanitizer in a build with one. */
void vcryptod_cage_init(struct vcryptod_cage *c);
/* --cage LIST: names separated by commas, of the parts, `all`, `none` and `tell`.  A list that
 * begins with -NAME takes away from what vcryptod_cage_init chose.  NULL, or why not.
 */
const char *vcryptod_cage_parse(struct vcryptod_cage *c, const char *list);
/* --user NAME[:GROUP], names or numbers; the group is else the user's.  NULL, or why not. */
const char *vcryptod_cage_parse_user(struct vcryptod_cage *c, const char *arg);

/* nb_fds: descriptors that the process has at the most.  0; -EMFILE if the limit is lower and
 * cannot be raised; -errno.  Logged.
 */
int vcryptod_cage_begin(struct vcryptod_cage *c, const char *path, unsigned int nb_fds);
/* links_fd: -1, or an open /proc/self/fd, which is replaced by one that leads nowhere else.
 * The process ends with its parent from here on.  0 or -errno, logged.
 */
int vcryptod_cage_enter(struct vcryptod_cage *c, const char *path, int links_fd);
/* For all threads of the process.  0 or -errno, logged. */
int vcryptod_cage_shut(struct vcryptod_cage *c, const char *path);

/* "cage: ...": in force, refused and why, off.  Whole, in VCRYPTOD_CAGE_LINE bytes. */
void vcryptod_cage_line(const struct vcryptod_cage *c, char *line, size_t size);

/* Was the program built with a sanitizer, so that the list of system calls is longer? */
bool vcryptod_cage_is_sanitized(void);

/* ---- between the files of this folder ---- */

bool vcryptod_cage_wants(const struct vcryptod_cage *c, enum vcryptod_cage_part part);
/* rc: 0 or -errno.  Notes it. */
void vcryptod_cage_note(struct vcryptod_cage *c, enum vcryptod_cage_part part, int rc);

/* cage_spaces.c: by the capabilities that the process has, or in a user namespace. */
int vcryptod_cage_unshare(struct vcryptod_cage *c, bool in_user_ns);
int vcryptod_cage_empty_root(int links_fd);
int vcryptod_cage_chroot(void);

/* cage_user.c.  The bounding set: 0 if it is empty, -EPERM without CAP_SETPCAP. */
int vcryptod_cage_drop_bounds(void);
int vcryptod_cage_become(const struct vcryptod_cage *c, bool keep_chroot);
int vcryptod_cage_drop_capabilities(void);

/* cage_calls.c: builds the list and loads it. */
int vcryptod_cage_load_calls(struct vcryptod_cage *c, const char *path);

#endif

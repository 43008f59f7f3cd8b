/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sockets that a service manager made and listens on (LISTEN_FDS of systemd: descriptors from 3
 * on).  Threads: one.
 */
#ifndef VCRYPTOD_SUPERVISOR_ACTIVATE_H
#define VCRYPTOD_SUPERVISOR_ACTIVATE_H

#define VCRYPTOD_ACTIVATE_FIRST	3	/* the first such descriptor */

/* Sets given[i] where one of them is bound to path[i], and takes all of it out of the environment:
 * device processes are given nothing.  0; -EINVAL, logged: one is bound to no path of these, or to
 * that of another, or the variable is no number.
 */
int vcryptod_activate(int *given, const char *const *path, unsigned int nb);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `vcryptod ctl`: shows the figures that a running daemon has at the socket of its --ctl.
 */
#ifndef VCRYPTOD_CTL_CLIENT_H
#define VCRYPTOD_CTL_CLIENT_H

/* argv[0] is "ctl".  What the process exits with: 0; 1, said on stderr: there are no figures; 2: a
 * wrong command line.
 */
int vcryptod_ctl_run(int argc, char **argv);

#endif

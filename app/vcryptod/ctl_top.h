/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `vcryptod ctl --top`: a screen that shows one device and is drawn again and again.
 */
#ifndef VCRYPTOD_CTL_TOP_H
#define VCRYPTOD_CTL_TOP_H

/* Until q, Ctrl-C, SIGTERM or SIGHUP; the terminal is as before then.  What the process exits
 * with; 1: stdin and stdout are no terminal, or the daemon is gone: a line says so.
 */
int vcryptod_top_run(const char *path, unsigned int interval_ms);

#endif

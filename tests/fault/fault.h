/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The nth call fails: allocations, memzones, bus and system calls that the driver makes,
 * in the thread that armed it.  The linker sends the driver's calls here (--wrap);
 * DPDK's own inside its libraries are not touched.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>

/* More calls than any one operation makes. */
#define FAULT_MAX	2000u

/* The nth call from now on fails, with err where it sets errno; with lasting also each
 * later call of the same function, so that a second try elsewhere fails too.
 */
void fault_arm(unsigned int n, int err, bool lasting);
/* Back to normal.  The name of what failed; NULL if there were fewer than n calls. */
const char *fault_disarm(void);

/* Of an operation whose nth call failed (struck) and which returned rc: it fails the test unless
 * rc is 0, or negative by a call that failed, of which the log has a line since it was captured.
 */
void fault_judge(const char *operation, unsigned int n, const char *struck, int rc);

/* A call of what is made: must it fail?  For functions that the test replaces itself. */
bool fault_strikes(const char *what);

/* While the device works in the driver's thread, its calls are not the driver's. */
void fault_pause(void);
void fault_resume(void);

#endif

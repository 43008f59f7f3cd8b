/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Wiping what libraries leave behind when they set up keys.
 */
#ifndef VCRYPTOD_WIPE_H
#define VCRYPTOD_WIPE_H

/* Wipes the stack below its caller.  Not for the path of requests. */
void vcryptod_wipe_stack(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A worker's turn beside the thread that handles messages, both in one thread, so that an
 * input repeats: the turn has a stack of its own.  It pauses at points of its code that the
 * harness names, and goes on when the harness says so, or when the other side waits: code
 * that waits for a turn calls nanosleep or sched_yield, which are replaced here.
 */
#ifndef FUZZ_TURN_H
#define FUZZ_TURN_H

#include <stdbool.h>

#define FUZZ_TURN_NO_PAUSE	~0u

/* What one turn does; once per program. */
void fuzz_turn_init(void (*body)(void));
/* While it is set, a wait without a turn ends the program: it would have no end.  Else waits are
 * libc's.
 */
void fuzz_turn_watch(bool watch);
/* Has one begun, and not ended? */
bool fuzz_turn_is_on(void);
/* Begins a turn, or resumes the one that is on; it pauses at the point number pause (from 0,
 * counted from here), or ends.
 */
void fuzz_turn_go(unsigned int pause);
/* From code of the turn; elsewhere it does nothing. */
void fuzz_turn_point(void);

#endif

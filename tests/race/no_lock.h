/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Takes the lock out of a source that is compiled with -include of this: the planted
 * race, which the thread sanitizer has to find (test_race.c, RACE_BROKEN).
 */
#ifndef NO_LOCK_H
#define NO_LOCK_H

#include <rte_spinlock.h>

#define rte_spinlock_lock(lock)		((void)(lock))
#define rte_spinlock_unlock(lock)	((void)(lock))

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The thread in which a lost device is reset or brought back.  Both take as long as the
 * device, or another process, lets them take: up to seconds.  So they run neither in EAL's
 * alarm thread, which belongs to the whole program, nor in a thread of the application.
 * The thread exists for one call of one function; a device has at most one.
 *
 * While it runs, it alone makes life-cycle calls of the transport and changes the device's
 * state, in place of the health check.
 *
 * Threads: these functions are called by the health check or, once that has ended, by stop;
 * never by two threads at a time.
 */
#ifndef VCRYPTO_WORK_H
#define VCRYPTO_WORK_H

#include <stdbool.h>

struct vcrypto_dev;

/* Calls call(dev) in a thread of its own.  0, or -errno if no thread can be had. */
int vcrypto_work_begin(struct vcrypto_dev *dev, int (*call)(struct vcrypto_dev *dev));
/* True if the call has returned *rc: the thread has ended.  Never waits for the call. */
bool vcrypto_work_ended(struct vcrypto_dev *dev, int *rc);
/* Tells a call that runs to end early (vcrypto_cancelled()), and waits for it: for as long
 * as the operation of the transport, or the command, that it is in.  True: *rc is what it
 * returned; false: no call was begun, or its end was taken before.
 */
bool vcrypto_work_cancel(struct vcrypto_dev *dev, int *rc);

#endif

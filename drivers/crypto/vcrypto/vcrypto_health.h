/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Watching a started device, and recovery.
 *
 * A look from EAL's alarm thread, periodic, and at once where the device gives a hint
 * (its configuration interrupt), finds a device that is gone, that asks to be reset, or
 * whose HW_READY is clear.  Then the device is taken down: reset if it
 * is still there, not live, and every queue pair told.  The thread that owns a queue
 * pair sees that at its next dequeue, gives its ops back and parks the queue.
 *
 * With recover=1 the watch goes on: once every queue pair is parked it initialises
 * the device anew, makes the live sessions again, and lets the queue pairs go on;
 * their owners send again what can be sent twice.
 */
#ifndef VCRYPTO_HEALTH_H
#define VCRYPTO_HEALTH_H

#include <stdint.h>

struct vcrypto_dev;
struct vcrypto_qp;

/* How often a started device is looked at. */
#define VCRYPTO_HEALTH_MS	100
/* Hints of the device in that time which are acted on; one more, and it is not
 * listened to any more.
 */
#define VCRYPTO_HINTS_MAX	16
/* How long recovery waits after a failed try before the next. */
#define VCRYPTO_RECOVER_MS	300	/* the first time; then twice as long each time */
#define VCRYPTO_RECOVER_MAX_MS	5000

/* Start and stop looking; life-cycle calls only.  stop waits for a look that runs,
 * and puts into the done rings what recovery still held back.
 */
int vcrypto_health_start(struct vcrypto_dev *dev);
/* Take the device's hints, before it is set live; where start fails, unlisten. */
void vcrypto_health_listen(struct vcrypto_dev *dev);
void vcrypto_health_unlisten(struct vcrypto_dev *dev);
void vcrypto_health_stop(struct vcrypto_dev *dev);

#endif

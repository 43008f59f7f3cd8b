/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The health check of a started device, and recovery.
 *
 * EAL's alarm thread checks the device periodically, and at once after a hint of the device
 * (its configuration interrupt).  The check detects a device that is gone, that asks for a
 * reset, or whose HW_READY is clear.  It then has the device reset, and sets every queue
 * pair DOWN.  The thread that owns a queue pair reads this at its next
 * dequeue, returns the pair's ops and parks it.
 *
 * With recover=1 the health check continues.  When every queue pair is parked it has the
 * device initialised from a reset and the live sessions created again, and sets the queue
 * pairs to RESUME.  Their owners then send again the ops that may be sent twice.
 */
#ifndef VCRYPTO_HEALTH_H
#define VCRYPTO_HEALTH_H

#include <stdint.h>

struct vcrypto_dev;
struct vcrypto_qp;

/* Period of the health check of a started device, ms. */
#define VCRYPTO_HEALTH_MS	100
/* Bound of one look, ms, whatever the device does: what a transport's check() may take, and
 * read_config() where that is cheap.  What takes longer is done in a thread of its own
 * (vcrypto_work.h), at whose end the health check looks so often.
 */
#define VCRYPTO_LOOK_MS		10
#define VCRYPTO_WORK_LOOK_MS	10
/* Hints of the device that are accepted in one period.  One more ends the acceptance of
 * hints until the next start.
 */
#define VCRYPTO_HINTS_MAX	16
/* Pause of recovery after the first failed attempt, ms; each further one doubles it. */
#define VCRYPTO_RECOVER_MS	300
#define VCRYPTO_RECOVER_MAX_MS	5000	/* the longest pause */
/* A device that recovery brought back is well again when so many periodic health checks in
 * a row found it well: 10 s.  If it is lost before, the pauses go on from where they were,
 * and the first attempt has to wait for one too.
 */
#define VCRYPTO_WELL_CHECKS	100

/* All four are for life-cycle calls alone.  start begins the periodic health check: 0, or
 * -errno if no alarm can be set.  stop ends it and the hints: it waits for a check that
 * runs, and for the step that a reset or a recovery is in (vcrypto_work.h); then it puts the
 * ops that recovery kept into the done rings.
 */
int vcrypto_health_start(struct vcrypto_dev *dev);
void vcrypto_health_stop(struct vcrypto_dev *dev);
/* listen accepts the device's hints; to be called before the device is live.  If the start
 * of the device fails after that, unlisten ends it.
 */
void vcrypto_health_listen(struct vcrypto_dev *dev);
void vcrypto_health_unlisten(struct vcrypto_dev *dev);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The queue pair's half of the loss of a device; the other half is vcrypto_health.h.
 *
 * The health check says DOWN.  Whoever runs the queue pair parks it at its next dequeue:
 * DOWN, PARKING, PARKED.  With recover=1 the ops that may be sent twice are kept, and
 * when the device is back the health check says RESUME: the next dequeue sends them
 * again, and the queue pair is UP.  Between DOWN and PARKED only the owner touches the
 * ring, between PARKED and RESUME only the health check.
 */
#ifndef VCRYPTO_PARK_H
#define VCRYPTO_PARK_H

#include "data/vcrypto_qp.h"

/* By the queue's thread, from dequeue, where down is not UP: takes the step that is due.
 * True: the queue pair is UP now; the caller sends vcrypto_qp.resend again and calls
 * vcrypto_park_resent().
 */
bool vcrypto_park_step(struct vcrypto_qp *qp);
/* nb_sent of vcrypto_qp.resend are in the ring; the others come back with ERROR. */
void vcrypto_park_resent(struct vcrypto_qp *qp, uint16_t nb_sent);
/* By stop, when nobody runs the queue pair any more: finishes what was begun.  What waits
 * to be sent again comes back with ERROR.
 */
void vcrypto_park_settle(struct vcrypto_qp *qp);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The queue pair's half of the loss of a device; the other half is vcrypto_health.h.
 *
 * The health check sets the word down to DOWN.  The thread that uses the queue pair parks
 * it at its next dequeue: PARKING, then PARKED.  With recover=1 the ops that may be sent
 * twice are kept; when the device is back, the health check sets RESUME, and the next
 * dequeue sets UP and sends them again.  Between DOWN and PARKED only that thread touches
 * the ring, between PARKED and RESUME only the health check.
 *
 * Not all may fit at once: for a session of another device the queue pair needs a copy, and
 * few create commands are in flight at a time.  Each dequeue sends more of them, and
 * enqueue takes nothing before all are sent.
 *
 * An op is kept for recover_timeout_ms at most, from the first loss that met it: the first
 * dequeue after that gives it back with ERROR, whatever recovery is doing.
 */
#ifndef VCRYPTO_PARK_H
#define VCRYPTO_PARK_H

#include "data/vcrypto_qp.h"

/* Takes the step that is due while down is not UP.  Called by the queue's thread, from
 * dequeue, or by the health check if that thread's process may be dead.  True: the queue
 * pair is UP now; the caller sends vcrypto_qp.resend and calls vcrypto_park_resent().
 */
bool vcrypto_park_step(struct vcrypto_qp *qp);
/* The first nb_sent ops of vcrypto_qp.resend were enqueued.  The others are kept for the
 * next dequeue (VCRYPTO_DETOUR_RESEND); if the queue is broken or their time is over, they
 * go into the done ring with ERROR.
 */
void vcrypto_park_resent(struct vcrypto_qp *qp, uint16_t nb_sent);
/* For stop, when no thread uses the queue pair any more: parks it if that is due, puts the
 * ops that wait to be sent again into the done ring with ERROR, and sets UP.
 */
void vcrypto_park_settle(struct vcrypto_qp *qp);

#endif

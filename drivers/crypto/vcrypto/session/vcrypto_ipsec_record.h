/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records of inbound security associations: their parameters with keys and salt, from which
 * recovery makes them again in the device (devarg ipsec_recover_inbound=1).  Without that
 * argument there is none, and there is never one of an outbound SA: made again it would
 * begin with the first sequence number, and repeat nonces.
 *
 * They lie in the process's own heap, of which no device and no back end gets the address, and
 * are wiped when the session is destroyed, when the device refuses the SA, and when the device
 * is closed, or is started from a reset.
 *
 * Threads: any, but for init, drop and restore, which are called one at a time.  A spinlock of
 * the process protects the lists; it is never held across a command, and no other lock is
 * taken under it.
 */
#ifndef VCRYPTO_IPSEC_RECORD_H
#define VCRYPTO_IPSEC_RECORD_H

#include "session/vcrypto_ipsec_sa.h"

/* At probe, once the device has its generation. */
void vcrypto_ipsec_record_init(struct vcrypto_dev *dev);
/* Keeps what sa, which was just created, is made from, if it may be made again.  0, or -ENOMEM
 * with one line.
 */
int vcrypto_ipsec_record_add(struct vcrypto_dev *dev, struct vcrypto_ipsec_sa *sa,
		const struct req_ipsec_sa *req);
/* Before the SA ends: wipes and frees its record, if it has one.  From then on recovery does
 * not touch sa.
 */
void vcrypto_ipsec_record_remove(struct vcrypto_dev *dev, struct vcrypto_ipsec_sa *sa);
/* After a reset, while nothing recovers the device: wipes and frees all records.  Does not
 * touch sessions, which may have gone with their pool.
 */
void vcrypto_ipsec_record_drop(struct vcrypto_dev *dev);
/* Makes every SA that has a record again, in place, so that handles stay valid, one command
 * after the other.  Sends nothing more once the device did not answer, or once nobody waits
 * (vcrypto_cancelled()): what is left is tried at the next recovery.  Must be called only while
 * no queue pair of dev reads sessions.  *made: how many were made; returns how many were not.
 */
unsigned int vcrypto_ipsec_record_restore(struct vcrypto_dev *dev, unsigned int *made);

#endif

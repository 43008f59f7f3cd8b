/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records for recovery: a session's parameters with its keys, from which the session is
 * created again.  They are kept only with recover=1, in memory whose address the device
 * does not get, and are wiped when the session is destroyed.
 *
 * Threads: any.  One spinlock per device protects the list.  It is never held across a
 * command, so a session may be destroyed while recovery creates it again.
 */
#ifndef VCRYPTO_RECORD_H
#define VCRYPTO_RECORD_H

#include "session/vcrypto_session.h"

/* Adds the record of a live session.  0 or -ENOMEM; does nothing without recover=1. */
int vcrypto_record_add(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req);
/* Wipes and frees a session's record, in constant time; a session without a record is no
 * error.
 */
void vcrypto_record_remove(struct vcrypto_dev *dev, struct vcrypto_session *s);
/* Wipes and frees all records at removal, whether their sessions were freed or not. */
void vcrypto_record_clear(struct vcrypto_dev *dev);
/* Creates every recorded session again in the device, in place, so that handles stay valid.
 * Sends commands in batches of VCRYPTO_CTRLQ_SIZE.  Must be called only while no queue pair
 * reads sessions.  Returns how many sessions could not be created.
 */
unsigned int vcrypto_record_restore(struct vcrypto_dev *dev);

#endif

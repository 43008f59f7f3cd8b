/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What recovery needs to make a session again: its parameters with the keys, in
 * private memory that no device sees, wiped when the session goes.  Kept only with
 * recover=1.
 *
 * Threads: any.  One spinlock per device, held for list work and memory copies, never
 * for a command: a session may go while its successor is being made.
 */
#ifndef VCRYPTO_RECORD_H
#define VCRYPTO_RECORD_H

#include "session/vcrypto_session.h"

/* Remembers a live session.  0 or -ENOMEM; 0 at once without recover=1. */
int vcrypto_record_add(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req);
/* Forgets and wipes; a session that was never remembered is no error. */
void vcrypto_record_remove(struct vcrypto_dev *dev, const struct vcrypto_session *s);
/* Forgets and wipes all: the device goes, whether its sessions were freed or not. */
void vcrypto_record_clear(struct vcrypto_dev *dev);
/* Makes every remembered session again, in place: handles stay valid.  As many commands
 * as the control queue holds are in flight together.  Only while no queue pair reads
 * sessions.  Returns how many could not be made.
 */
unsigned int vcrypto_record_restore(struct vcrypto_dev *dev);

#endif

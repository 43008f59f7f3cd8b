/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records: a session's parameters with its keys, from which the session is created on
 * another device of the driver, or again after the loss of its own.  They lie in the
 * process's own heap, of which no device and no back end gets the address, and are wiped
 * when the session is freed, or once no device of the driver is left.
 *
 * Threads: any.  One spinlock of the process protects the lists.  It is never held across a
 * command, so a session may be destroyed while recovery creates it again; no other lock is
 * taken under it.
 */
#ifndef VCRYPTO_RECORD_H
#define VCRYPTO_RECORD_H

#include "session/vcrypto_session.h"

extern rte_spinlock_t vcrypto_record_lock;

/* Adds the record of a live session: req for recovery, xform for other devices.  0 or
 * -ENOMEM.
 */
int vcrypto_record_add(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req, const struct rte_crypto_sym_xform *xform);
/* The xforms of a session that the device dev_id may create again: NULL on the device that
 * made the session, where it lives or has ended with a reset, and if the keys are gone.
 * Valid until the session is freed.
 */
const struct rte_crypto_sym_xform *vcrypto_record_xform(const struct vcrypto_session *s,
		unsigned int dev_id);
/* Wipes and frees a session's record, in constant time; a session without a record is no
 * error.
 */
void vcrypto_record_remove(struct vcrypto_session *s);
/* After the removal of a device from the registry: others keep its sessions.  If it
 * was the driver's last one, wipes the keys of all sessions that were not freed; what remains
 * of their records is freed with them.
 */
void vcrypto_record_orphan(struct vcrypto_dev *dev);
/* Creates every session that dev made again in the device, in place, so that handles stay
 * valid.  Sends commands in batches of VCRYPTO_CTRLQ_SIZE.  Must be called only while no queue
 * pair of dev reads sessions.  Returns how many sessions could not be created.
 */
unsigned int vcrypto_record_restore(struct vcrypto_dev *dev);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the device can do for IPSEC (virtio 1.4, 5.9.9.9.5): the commands and capabilities that
 * are agreed on over the administration queue, in dev->ipsec.
 *
 * Threads: life-cycle calls, one at a time.
 */
#ifndef VCRYPTO_IPSEC_DEV_H
#define VCRYPTO_IPSEC_DEV_H

#include "device/vcrypto_device.h"

/* SAs of one direction that the driver uses at most, whatever the device allows. */
#define VCRYPTO_IPSEC_MAX_SAS	(UINT32_C(1) << 20)

/* Of a live device: finds out what it offers, and tells it nothing but the commands in use.
 * dev->ipsec.offered says whether there is something that the driver can use.  0; -ENOTSUP
 * with one line: there is not; or the error of a command, with one line.
 */
int vcrypto_ipsec_find(struct vcrypto_dev *dev);
/* Of a live device, once in each generation: finds out again, and sets what
 * vcrypto_ipsec_find() found, which the application may have been told; dev->ipsec.ready says
 * that SAs may be created.  0 also if nothing was found then; -ERANGE with one line: the
 * device offers less than it did; -ENOMEM with one line; -ECANCELED (vcrypto_cancelled())
 * without one: it is not known what was agreed on; or the error of a command, with one line.
 */
int vcrypto_ipsec_agree(struct vcrypto_dev *dev);

/* How many SAs this generation has. */
unsigned int vcrypto_ipsec_count(struct vcrypto_dev *dev);
/* Under ctrlq.lock: a reset of the device ends its generation, and all SAs with it.  Returns
 * how many there were.
 */
unsigned int vcrypto_ipsec_end(struct vcrypto_dev *dev);
/* Frees the sets of ids, after a reset; the next vcrypto_ipsec_agree() makes new ones. */
void vcrypto_ipsec_fini(struct vcrypto_dev *dev);

#endif

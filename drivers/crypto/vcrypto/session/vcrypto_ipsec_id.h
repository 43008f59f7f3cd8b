/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ids of security associations, which the driver chooses (virtio 1.4, 2.12.1.3): one set for
 * each direction.  An id is free again only when the device has said that no object has it, so
 * that none is used twice (2.12.1.3.6).
 *
 * Threads: one at a time; the caller has a lock.
 */
#ifndef VCRYPTO_IPSEC_ID_H
#define VCRYPTO_IPSEC_ID_H

#include "device/vcrypto_device.h"

/* For ids below limit, none of them taken.  0 or -ENOMEM.  fini accepts a zeroed struct and may
 * be called twice.
 */
int vcrypto_ipsec_ids_init(struct vcrypto_ipsec_ids *ids, uint32_t limit, int socket);
void vcrypto_ipsec_ids_fini(struct vcrypto_ipsec_ids *ids);
/* A reset of the device has ended all objects: all ids are free. */
void vcrypto_ipsec_ids_reset(struct vcrypto_ipsec_ids *ids);

/* Takes the id that was free for long: a late request with an old id meets no new object.  0, or
 * -ENOSPC.
 */
int vcrypto_ipsec_ids_take(struct vcrypto_ipsec_ids *ids, uint32_t *id);
/* The device says that no object has this id, which was taken. */
void vcrypto_ipsec_ids_free(struct vcrypto_ipsec_ids *ids, uint32_t id);
/* Nobody knows whether an object has this id, which was taken: it stays so until a reset. */
void vcrypto_ipsec_ids_lose(struct vcrypto_ipsec_ids *ids, uint32_t id);

#endif

/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The devices of this driver that exist in the primary process, by their dev_id.  A session
 * has device sessions on several of them, so freeing it through one device sends commands
 * to others, which another thread may be removing: a device that is held stays.
 *
 * Threads: any.  One spinlock, held for a few instructions; no other lock is taken under it.
 */
#ifndef VCRYPTO_REGISTRY_H
#define VCRYPTO_REGISTRY_H

#include <stdbool.h>

struct vcrypto_dev;

void vcrypto_registry_add(struct vcrypto_dev *dev);
/* From now on nobody can hold the device; who holds it still does. */
void vcrypto_registry_remove(struct vcrypto_dev *dev);
/* True if no device of this driver is left. */
bool vcrypto_registry_is_empty(void);
/* After remove and a reset: sleeps until nobody holds the device.  A holder waits for
 * commands only, which the reset has ended.
 */
void vcrypto_registry_await(const struct vcrypto_dev *dev);
/* The device, held, or NULL if there is none.  A hold must be short: the time of a command. */
struct vcrypto_dev *vcrypto_registry_hold(unsigned int dev_id);
void vcrypto_registry_release(const struct vcrypto_dev *dev);

#endif
